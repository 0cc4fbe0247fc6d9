/* SPDX-License-Identifier: ISC */
/* replay.c: see replay.h. */
#include "harness/replay.h"

#include "harness/decode.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEX_COLUMNS 16

static const char help[] =
        "usage: gauntlet replay [OPTION...] FILE.pcap|FILE.pcapng\n"
        "\n"
        "Lists the frames of a capture file: number, milliseconds since the first, what they say.\n"
        "With --backend, sends them into a backend as the VM and shows what came of each.\n"
        "\n"
        "  --frame N            only frame N, with its bytes\n"
        "  --backend NAME|PATH  send the frames into this program\n"
        "  --policy FILE        which it is to enforce (scenarios/policies/one-udp-endpoint.json)\n"
        "  --help               this text\n";

struct listing {
	uint32_t wanted; /* 0: all */
	bool found;
	uint64_t first_ns;
};

static void print_hex(const uint8_t *p, size_t len)
{
	for (size_t at = 0; at < len; at += HEX_COLUMNS) {
		printf("  %04zx ", at);
		for (size_t i = at; i < at + HEX_COLUMNS; i++) {
			if (i < len)
				printf("%s%02x", i % 8 ? " " : "  ", p[i]);
			else
				printf("%s", i % 8 ? "   " : "    ");
		}
		printf("  ");
		for (size_t i = at; i < at + HEX_COLUMNS && i < len; i++)
			putchar(p[i] >= 0x20 && p[i] < 0x7f ? p[i] : '.');
		putchar('\n');
	}
}

static bool list_frame(void *arg, const struct replay_frame *frame)
{
	struct listing *l = arg;
	char line[DECODE_LINE];
	struct seen seen;

	if (frame->number == 1)
		l->first_ns = frame->t_unix_ns;
	if (l->wanted && frame->number != l->wanted)
		return true;
	decode(frame->data, frame->len, &seen);
	printf("%6" PRIu32 "  %10.3f ms  %s", frame->number,
	       (double)(int64_t)(frame->t_unix_ns - l->first_ns) / 1e6, decode_line(&seen, line));
	if (frame->len < frame->wire_len)
		printf("  [%zu of %zu bytes captured]", frame->len, frame->wire_len);
	putchar('\n');
	l->found = true;
	if (l->wanted)
		print_hex(frame->data, frame->len);
	return !l->wanted;
}

static bool parse_number(const char *text, uint32_t *out)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || n < 1 || n > UINT32_MAX)
		return false;
	*out = (uint32_t)n;
	return true;
}

int replay_main(int argc, char **argv)
{
	static const struct option options[] = {{"frame", required_argument, NULL, 'f'},
	                                        {"backend", required_argument, NULL, 'b'},
	                                        {"policy", required_argument, NULL, 'p'},
	                                        {"help", no_argument, NULL, 'h'},
	                                        {NULL, 0, NULL, 0}};
	const char *backend = NULL, *policy = "scenarios/policies/one-udp-endpoint.json";
	struct listing l = {.wanted = 0};
	char why[REPLAY_WHY_MAX];
	long frames;
	int option;

	optind = 0; /* GNU: begin anew, main() may have used it */
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			fputs(help, stdout);
			return 0;
		case 'f':
			if (parse_number(optarg, &l.wanted))
				break;
			fprintf(stderr,
			        "gauntlet replay: '%s' is not a frame number; the first "
			        "is 1\n",
			        optarg);
			return 2;
		case 'b':
			backend = optarg;
			break;
		case 'p':
			policy = optarg;
			break;
		default: /* getopt has said what is wrong */
			fputs(help, stderr);
			return 2;
		}
	}
	if (argc - optind != 1) {
		fputs(help, stderr);
		return 2;
	}
	if (backend)
		return replay_into(argv[optind], l.wanted, backend, policy);
	frames = replay_load(argv[optind], list_frame, &l, why);
	if (frames < 0) {
		fflush(stdout);
		fprintf(stderr, "gauntlet replay: %s: %s\n", argv[optind], why);
		return 2;
	}
	if (l.wanted && !l.found) {
		fprintf(stderr, "gauntlet replay: %s: there is no frame %" PRIu32 ", only %ld\n",
		        argv[optind], l.wanted, frames);
		return 2;
	}
	return 0;
}
