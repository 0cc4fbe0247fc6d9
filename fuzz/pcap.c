/* SPDX-License-Identifier: ISC */
/* pcap.c: fuzz target: any bytes as a capture file (harness/replay.h), beside a second reader of the
 * classic format; what is read is written as pcapng (harness/pcapng.h) and read again. */
#include "fuzz/fuzz.h"
#include "fuzz/rig/pcap_rules.h"
#include "harness/pcapng.h"

#define COPY_MAX 65536

struct reading {
	struct pcap_rules rules; /* the second reader */
	FILE *copy;
	uint32_t number, stop_at; /* 0: never */
	bool copied;              /* what a capture cut off is forgotten */
};

static bool hold_frame(void *arg, const struct replay_frame *frame)
{
	struct reading *r = arg;
	struct replay_frame expected;

	HOLDS("frames are numbered from 1", frame->number == ++r->number);
	if (r->rules.known && pcap_rules_next(&r->rules, &expected))
		HOLDS("a frame is what stands in the file",
		      expected.len == frame->len &&
		              (r->copied ? expected.len : expected.wire_len) == frame->wire_len &&
		              expected.t_unix_ns == frame->t_unix_ns &&
		              (!frame->len || !memcmp(expected.data, frame->data, frame->len)));
	else
		HOLDS("there are no more frames than stand in the file", !r->rules.known);
	if (r->copy)
		pcapng_write_packet(r->copy, 0, frame->t_unix_ns, frame->number % 2, frame->data,
		                    frame->len, "why not");
	return frame->number != r->stop_at;
}

static long read_bytes(const void *bytes, size_t size, struct reading *r)
{
	char why[REPLAY_WHY_MAX] = "";
	FILE *f = fmemopen((void *)(uintptr_t)bytes, size, "r");
	const long count = f ? replay_read(f, hold_frame, r, why) : -1;

	HOLDS("frames are counted, and told by the end", count < 0 || count == r->number);
	HOLDS("a file has a reason just where it is refused", !f || (count < 0) == (*why != '\0'));
	return count;
}

static void read_copy(const char *copy, size_t len, struct rd file, uint32_t count)
{
	struct reading again = {.rules = pcap_rules_of(file), .copied = true};

	HOLDS("what was written as pcapng is read", read_bytes(copy, len, &again) == count);
	again = (struct reading){.stop_at = 1};
	HOLDS("who stops is told of one", read_bytes(copy, len, &again) == (count > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char copy[COPY_MAX];
	const struct rd file = rd_of(data, size);
	struct reading r = {.rules = pcap_rules_of(file)};
	const bool known = r.rules.known;
	struct replay_frame more;
	long count, len;

	if (size > COPY_MAX / 4) /* each record grows by less than three times its head */
		return 0;
	r.copy = fmemopen(copy, sizeof(copy), "w");
	pcapng_write_header(r.copy, "fuzz");
	pcapng_write_interface(r.copy, "eth0", "a card");
	count = size ? read_bytes(data, size, &r) : -1;
	len = ftell(r.copy);
	fclose(r.copy);
	HOLDS("all frames of a file that is known were read, and its end is known",
	      !known || (!pcap_rules_next(&r.rules, &more) &&
	                 (!r.rules.known || (count >= 0) == !r.rules.rest.n)));
	if (count >= 0)
		read_copy(copy, (size_t)len, file, r.number);
	return 0;
}
