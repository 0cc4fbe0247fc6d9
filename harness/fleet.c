/* SPDX-License-Identifier: ISC */
/* fleet.c: the fleet sub-command. */
#include "harness/fleet.h"

#include "harness/escape.h"
#include "harness/files.h"
#include "harness/fleet_part.h"
#include "harness/run.h"

#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

const struct doctor_cite fleet_cites[] = {
        {"fleet/isolation", "NAT-007"},
        {"fleet/shares", "LIFE-005"},
        {"fleet/churn", "LIFE-003"},
        {NULL, NULL},
};

double fleet_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void fleet_check(struct fleet *f, bool ok, const char *why, const char *fmt, ...)
{
	struct fleet_check *c = &f->checks[f->check_count];
	va_list ap;

	if (f->check_count == FLEET_CHECKS_MAX)
		return;
	f->check_count++;
	f->failed += !ok;
	c->ok = ok;
	snprintf(c->why, sizeof(c->why), "%s", ok ? "" : why);
	va_start(ap, fmt);
	vsnprintf(c->name, sizeof(c->name), fmt, ap);
	va_end(ap);
	if (ok)
		printf("  ok      %s\n", c->name);
	else
		printf("  FAIL    %s: %s\n", c->name, c->why);
	fflush(stdout);
}

/* ---- the command line ---- */

static const char help[] =
        "usage: gauntlet fleet [OPTION]...\n"
        "Several VMs at once, each with a backend of its own, on one provider: they must not\n"
        "see each other, must share fairly, and must leave nothing behind.\n"
        "\n"
        "  --count N          VMs at once, 2..8 (4)\n"
        "  --churn N          starts and stops of a VM, 0..1000 (50; with --cold 12)\n"
        "  --only PART        isolation, shares or churn (all three)\n"
        "  --backend B        a name or a path (refnat)\n"
        "  --image DIR        made by vm-images/build (build/vm)\n"
        "  --accel WHICH      auto, tcg or kvm (auto: KVM when a guest really boots under it)\n"
        "  --out DIR          fleet.json, policies and boot logs go there (build/fleet)\n"
        "  --cold             boots each VM, instead of restoring a snapshot\n"
        "  --help             this text\n"
        "\n"
        "Exit: 0 all held, 1 something did not, 2 usage, 3 the backend breaks the contract,\n"
        "4 no QEMU, no image, no READY, no laboratory, 130 interrupted.\n";

static int parse_number(const char *option, const char *s, unsigned least, unsigned most,
                        unsigned *out)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	if (*s >= '0' && *s <= '9' && !*end && n >= least && n <= most) {
		*out = (unsigned)n;
		return 0;
	}
	fprintf(stderr, "gauntlet fleet: %s %s: %u to %u\n", option, s, least, most);
	return EXIT_USAGE;
}

static int parse_part(const char *s, struct fleet *f)
{
	static const char *const names[FLEET_PARTS] = {"isolation", "shares", "churn"};

	for (int i = 0; i < FLEET_PARTS; i++)
		if (!strcmp(s, names[i])) {
			f->parts = 1u << i;
			return 0;
		}
	fprintf(stderr, "gauntlet fleet: --only %s: there are isolation, shares and churn\n", s);
	return EXIT_USAGE;
}

/* 0, or the exit code when the program is to end with it; -1: help was asked for. */
static int parse_options(int argc, char **argv, struct fleet *f)
{
	static const struct option options[] = {
	        {"count", required_argument, NULL, 'n'}, {"churn", required_argument, NULL, 'r'},
	        {"only", required_argument, NULL, 'p'},  {"backend", required_argument, NULL, 'b'},
	        {"image", required_argument, NULL, 'i'}, {"accel", required_argument, NULL, 'a'},
	        {"out", required_argument, NULL, 'o'},   {"cold", no_argument, NULL, 'c'},
	        {"help", no_argument, NULL, 'h'},        {0}};
	bool churn = false;
	int c, code = 0;

	optind = 0;
	while (!code && (c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'n')
			code = parse_number("--count", optarg, 2, FLEET_MAX, &f->count);
		else if (c == 'r')
			code = parse_number("--churn", optarg, 0, 1000, &f->churn), churn = true;
		else if (c == 'p')
			code = parse_part(optarg, f);
		else if (c == 'b')
			f->backend_name = optarg;
		else if (c == 'i')
			f->image = optarg;
		else if (c == 'a')
			code = vm_parse_accel(optarg, &f->accel) ? 0 : EXIT_USAGE;
		else if (c == 'o')
			f->out = optarg;
		else if (c == 'c')
			f->cold = true;
		else
			code = c == 'h' ? -1 : EXIT_USAGE;
	}
	if (!code && optind < argc) {
		fprintf(stderr, "gauntlet fleet: unexpected '%s'\n", argv[optind]);
		code = EXIT_USAGE;
	}
	if (!churn)
		f->churn = f->cold ? FLEET_CHURN_COLD : FLEET_CHURN;
	return code;
}

/* ---- the report ---- */

static void write_shares(const struct fleet *f, FILE *to)
{
	const struct fleet_shares *s = &f->shares;

	fprintf(to,
	        ",\n \"shares\":{\"seconds\":%.3f,\"factor\":%.3f,\"offered_factor\":%.3f,"
	        "\"goal\":%.2f,\n  \"cores\":{\"qemu\":%.2f,\"backends\":%.2f,\"gauntlet\":%.2f},"
	        "\n  \"vms\":[",
	        s->seconds, isinf(s->factor) ? -1 : s->factor,
	        isinf(s->offered_factor) ? -1 : s->offered_factor, FLEET_SHARE_FACTOR, s->cpu_qemu,
	        s->cpu_backends, s->cpu_self);
	for (unsigned i = 0; i < f->count; i++)
		fprintf(to, "%s{\"offered_s\":%.0f,\"delivered_s\":%.0f}", i ? "," : "",
		        s->offered[i] / s->seconds, s->delivered[i] / s->seconds);
	fprintf(to, "]}");
}

static int write_json(const struct fleet *f)
{
	struct new_file n;

	if (file_begin(&n, f->out, "fleet.json", 0644))
		return -1;
	fprintf(n.f, "{\"version\":1,\"backend\":");
	escape_json(n.f, f->backend.name);
	fprintf(n.f,
	        ",\"vms\":%u,\"accelerator\":\"%s\",\"cold\":%s,\"passed\":%zu,\"failed\":%zu,\n "
	        "\"ready_ms\":%.0f,\"isolation_s\":%.2f,\"shares_s\":%.2f,\"churn_s\":%.2f,"
	        "\"churned\":%u,\n \"checks\":[",
	        f->count, f->accel == VM_ACCEL_KVM ? "kvm" : "tcg", f->cold ? "true" : "false",
	        f->check_count - f->failed, f->failed, f->boot_ms, f->isolation_s, f->shares_s,
	        f->churn_s, f->churned);
	for (size_t i = 0; i < f->check_count; i++) {
		const struct fleet_check *c = &f->checks[i];

		fprintf(n.f, "%s\n  {\"name\":", i ? "," : "");
		escape_json(n.f, c->name);
		fprintf(n.f, ",\"ok\":%s", c->ok ? "true" : "false");
		if (!c->ok) {
			fprintf(n.f, ",\"why\":");
			escape_json(n.f, c->why);
		}
		putc('}', n.f);
	}
	fprintf(n.f, "],\n \"reached\":[");
	for (unsigned i = 0; i < f->count; i++)
		for (unsigned j = 0; j < f->count; j++)
			fprintf(n.f, "%s%u%s",
			        j   ? ","
			        : i ? ",["
			            : "[",
			        f->reached[i][j], j + 1 == f->count ? "]" : "");
	fprintf(n.f, "]");
	if (f->shares.done)
		write_shares(f, n.f);
	fprintf(n.f, "}\n");
	return file_finish(&n);
}

/* ---- the order of things ---- */

static void on_signal(int sig)
{
	(void)sig;
	session_interrupted = 1;
}

static int trouble(const struct fleet *f)
{
	fprintf(stderr, "gauntlet fleet: %s\n", session_interrupted ? "interrupted" : f->why);
	return session_interrupted ? EXIT_INTERRUPTED : EXIT_ENV;
}

/* Isolation and shares, with the same VMs. */
static int play_together(struct fleet *f)
{
	double began = fleet_seconds();
	char why[FLEET_WHY_MAX];
	int code = 0;

	if (!fleet_begin(f, f->count)) {
		code = trouble(f);
	} else {
		f->boot_ms = (fleet_seconds() - began) * 1000;
		printf("%u VMs are READY after %.0f ms\n", f->count, f->boot_ms);
		began = fleet_seconds();
		if (f->parts & 1u << FLEET_ISOLATION && !fleet_isolation(f))
			code = trouble(f);
		f->isolation_s = fleet_seconds() - began;
		began = fleet_seconds();
		if (!code && f->parts & 1u << FLEET_SHARES && !fleet_shares(f))
			code = trouble(f);
		f->shares_s = fleet_seconds() - began;
	}
	snprintf(why, sizeof(why), "%s", f->why);
	if (!fleet_end(f, FLEET_QUIT) && !code)
		fleet_check(f, false, f->why, "all of it ends");
	fleet_free(f);
	return code;
}

static int play(struct fleet *f)
{
	double began;
	int code = f->parts == 1u << FLEET_CHURN_PART ? 0 : play_together(f);

	began = fleet_seconds();
	if (!code && f->parts & 1u << FLEET_CHURN_PART && f->churn && !fleet_churn(f))
		code = trouble(f);
	f->churn_s = fleet_seconds() - began;
	if (code)
		return code;
	if (write_json(f))
		return EXIT_ENV;
	printf("\n%zu passed, %zu failed\n", f->check_count - f->failed, f->failed);
	return f->failed ? EXIT_UNEXPECTED : 0;
}

/* Everything that must be there before the first VM is started. 0, or the exit code. */
static int prepare(struct fleet *f, char tmp[PATH_MAX])
{
	struct sigaction sa = {.sa_handler = on_signal};
	char why[VM_WHY_MAX];
	enum backend_status st;

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	st = backend_find(f->backend_name, &f->backend);
	if (st == BACKEND_OK)
		st = backend_describe(&f->backend);
	if (st != BACKEND_OK)
		return st == BACKEND_UNKNOWN ? EXIT_USAGE : EXIT_NOTHING;
	if (snprintf(tmp, PATH_MAX, "%s/tmp", f->out) >= PATH_MAX - 64 || file_make_folder(tmp))
		return EXIT_ENV;
	if (f->accel == VM_ACCEL_AUTO)
		f->accel = vm_probe_accel(f->image, why);
	printf("gauntlet fleet: %u VMs (%s, %s) behind %s %s\n", f->count,
	       f->accel == VM_ACCEL_KVM ? "KVM" : "TCG", f->cold ? "booted" : "restored",
	       f->backend.name, f->backend.version);
	if (!f->cold && !fleet_snapshots(f)) {
		printf("%s; each VM is booted\n", f->why);
		f->cold = true;
		f->churn = f->churn < FLEET_CHURN_COLD ? f->churn : FLEET_CHURN_COLD;
	}
	if (getrandom(&f->run, sizeof(f->run), 0) != sizeof(f->run))
		f->run = (uint32_t)time(NULL);
	return lab_enter() || world_open(&f->world) ? EXIT_ENV : 0;
}

int fleet_main(int argc, char **argv)
{
	struct fleet *f = calloc(1, sizeof(*f));
	char tmp[PATH_MAX] = "";
	int code;

	if (!f)
		return EXIT_ENV;
	f->count = 4;
	f->parts = (1u << FLEET_PARTS) - 1;
	f->image = "build/vm";
	f->out = "build/fleet";
	f->backend_name = "refnat";
	f->world = (struct world){.capture_fd = -1, .consumer_fd = -1, .raw_fd = -1};
	code = parse_options(argc, argv, f);
	if (code == -1)
		fputs(help, stdout);
	else if (code)
		fputs("try: gauntlet fleet --help\n", stderr);
	if (!code && !(code = prepare(f, tmp))) {
		setenv("TMPDIR", tmp, 1);
		code = play(f);
	}
	world_close(&f->world);
	if (*tmp)
		rmdir(tmp);
	free(f);
	return code == -1 ? 0 : code;
}
