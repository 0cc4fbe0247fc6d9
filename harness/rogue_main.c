/* SPDX-License-Identifier: ISC */
/* rogue_main.c: the rogue sub-command. See rogue.h. */
#include "harness/rogue.h"

#include "harness/backend.h"
#include "harness/files.h"
#include "harness/lab.h"
#include "harness/run.h"
#include "harness/session.h"
#include "harness/vm.h"
#include "harness/vm_snapshot.h"
#include "harness/world.h"

#include <getopt.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COUNT_MAX 1000
#define DIRECT    "scenarios/policies/mode-direct.json"
#define TERMINATE "scenarios/policies/terminate.json"

static const char help[] =
        "usage: gauntlet rogue [OPTION]...\n"
        "Lets a real guest break out, again and again, and measures how long it takes until its VM "
        "is\n"
        "gone: seen by a detector on the world's side, or told by the backend's own end; ended by "
        "QMP\n"
        "quit, or by SIGKILL. Each try must take less than 1 s.\n"
        "\n"
        "  --count N       tries, spread over the kinds, 1..1000 (50)\n"
        "  --kind KIND     only this, may be repeated: detector-quit, detector-kill, "
        "backend-quit,\n"
        "                  backend-kill: who notices, and how the VM is ended (all four)\n"
        "  --image DIR     made by vm-images/build (build/vm)\n"
        "  --backend NAME  the filter between (refnat)\n"
        "  --accel WHICH   auto, tcg or kvm (auto: KVM when a guest really boots under it)\n"
        "  --cold          boots each guest, instead of restoring a snapshot\n"
        "  --out DIR       leaves rogue.json, results.json and boot.log there "
        "(build/results/rogue)\n"
        "  --without WHAT  leaves out what must not be: `policy` (it allows the rogue's "
        "destination) or\n"
        "                  `kill` (nobody is ended). All tries must fail then\n"
        "  --help          this text\n"
        "\n"
        "Exit: 0 each was gone in time, 1 one was not, or something crossed that must not, 2 "
        "usage,\n"
        "3 the backend breaks the contract or offers neither mode, 4 no QEMU, no image, no "
        "laboratory,\n"
        "130 interrupted.\n";

struct request {
	const char *image, *backend, *out;
	enum vm_accel accel;
	unsigned count;
	bool cold, without_policy, without_kill;
	bool kinds[ROGUE_KINDS], some_kinds;
};

struct rogues {
	const struct request *r;
	struct backend *backend;
	struct rogue_bed bed;
	struct rogue_try *tries;
	size_t count;
	bool kinds[ROGUE_KINDS]; /* that the backend can be tried with */
	char control[2][PATH_MAX], log[PATH_MAX], snapshot[PATH_MAX];
};

static void on_signal(int sig)
{
	(void)sig;
	session_interrupted = 1;
	signal(SIGINT, SIG_DFL);
}

static void catch_signals(void)
{
	struct sigaction sa = {.sa_handler = on_signal};

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int parse_count(const char *text, unsigned *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text >= '0' && *text <= '9' && !*end && n >= 1 && n <= COUNT_MAX) {
		*out = (unsigned)n;
		return 0;
	}
	fprintf(stderr, "gauntlet rogue: --count %s: 1 to %d\n", text, COUNT_MAX);
	return 2;
}

static int parse_kind(const char *text, struct request *r)
{
	for (int k = 0; k < ROGUE_KINDS; k++)
		if (!strcmp(text, rogue_kind_name((enum rogue_kind)k)))
			return r->kinds[k] = r->some_kinds = true, 0;
	fprintf(stderr,
	        "gauntlet rogue: --kind %s: detector-quit, detector-kill, backend-quit or "
	        "backend-kill\n",
	        text);
	return 2;
}

static int parse_without(const char *text, struct request *r)
{
	r->without_policy |= !strcmp(text, "policy");
	r->without_kill |= !strcmp(text, "kill");
	if (!strcmp(text, "policy") || !strcmp(text, "kill"))
		return 0;
	fprintf(stderr, "gauntlet rogue: --without %s: policy or kill\n", text);
	return 2;
}

/* 0, 2, or -1: help was asked for. */
static int parse_options(int argc, char **argv, struct request *r)
{
	static const struct option options[] = {
	        {"count", required_argument, NULL, 'n'},   {"kind", required_argument, NULL, 'k'},
	        {"without", required_argument, NULL, 'w'}, {"image", required_argument, NULL, 'i'},
	        {"backend", required_argument, NULL, 'b'}, {"accel", required_argument, NULL, 'a'},
	        {"cold", no_argument, NULL, 'c'},          {"out", required_argument, NULL, 'o'},
	        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
	int c, code = 0;

	optind = 0;
	while (!code && (c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'n') {
			code = parse_count(optarg, &r->count);
		} else if (c == 'k') {
			code = parse_kind(optarg, r);
		} else if (c == 'w') {
			code = parse_without(optarg, r);
		} else if (c == 'i') {
			r->image = optarg;
		} else if (c == 'b') {
			r->backend = optarg;
		} else if (c == 'o') {
			r->out = optarg;
		} else if (c == 'a') {
			code = vm_parse_accel(optarg, &r->accel) ? 0 : 2;
		} else if (c == 'c') {
			r->cold = true;
		} else {
			code = c == 'h' ? -1 : 2;
		}
	}
	if (!code && optind < argc) {
		fprintf(stderr, "gauntlet rogue: unexpected '%s'\n", argv[optind]);
		code = 2;
	}
	return code;
}

/* ---- before ---- */

/* The policy `from`, allowing the rogue's destination too, as DIR/name. */
static int make_control(const char *from, const char *dir, const char *name, char *path)
{
	json_error_t error;
	json_t *root = json_load_file(from, 0, &error);
	json_t *entry = json_pack("{s:s, s:s, s:s, s:i}", "id", "rogue", "proto", "udp", "ip",
	                          "198.18.0.7", "port", 53);
	struct new_file n;
	int status = -1;

	if (!root || !entry || json_array_append_new(json_object_get(root, "allow"), entry) ||
	    snprintf(path, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX)
		fprintf(stderr, "gauntlet rogue: %s: no policy with an allow list\n", from);
	else if (!file_begin(&n, dir, name, 0644)) {
		json_dumpf(root, n.f, JSON_INDENT(1));
		status = file_finish(&n);
	}
	json_decref(root);
	return status;
}

/* Which kinds make sense with this backend and were asked for; false when none does. */
static bool choose_kinds(struct rogues *g)
{
	bool direct = word_list_has(&g->backend->modes, "direct");
	bool ends = word_list_has(&g->backend->caps, "terminate");

	bool any = false;

	for (int k = 0; k < ROGUE_KINDS; k++) {
		g->kinds[k] = (k < ROGUE_BACKEND_QUIT ? direct : ends) &&
		              (!g->r->some_kinds || g->r->kinds[k]);
		any |= g->kinds[k];
	}
	if (!direct)
		printf("  SKIP  the detector: %s has no mode direct, in which something could get "
		       "out\n",
		       g->backend->name);
	if (!ends)
		printf("  SKIP  the backend's end: %s does not offer `terminate`\n",
		       g->backend->name);
	return any;
}

/* A boot each time is only slower. */
static void find_snapshot(struct rogues *g)
{
	const struct vm_options o = {.image = g->r->image, .accel = g->r->accel, .frame_fd = -1};
	char why[VM_WHY_MAX];

	if (g->r->cold)
		return;
	if (vm_snapshot_get(&o, g->snapshot, why))
		g->bed.restore = g->snapshot;
	else
		printf("each guest is booted: no snapshot: %s\n", why);
}

static int set_up(struct rogues *g, struct world *world)
{
	const struct request *r = g->r;

	if (backend_find(r->backend, g->backend) != BACKEND_OK)
		return EXIT_USAGE;
	if (file_make_folder(r->out) ||
	    snprintf(g->log, sizeof(g->log), "%s/boot.log", r->out) >= (int)sizeof(g->log) ||
	    make_control(DIRECT, r->out, "policy-direct.json", g->control[0]) ||
	    make_control(TERMINATE, r->out, "policy-terminate.json", g->control[1]))
		return EXIT_ENV;
	if (lab_enter() || world_open(world))
		return EXIT_ENV;
	if (backend_describe(g->backend) != BACKEND_OK || !choose_kinds(g)) {
		world_close(world);
		return EXIT_NOTHING;
	}
	g->bed = (struct rogue_bed){.backend = g->backend,
	                            .world = world,
	                            .image = r->image,
	                            .accel = (int)r->accel,
	                            .log = g->log,
	                            .policy = {r->without_policy ? g->control[0] : DIRECT,
	                                       r->without_policy ? g->control[1] : TERMINATE,
	                                       g->control[0], g->control[1]},
	                            .spare = r->without_kill};
	find_snapshot(g);
	return 0;
}

/* ---- tries ---- */

/* False: no further one. */
static bool play_one(struct rogues *g, enum rogue_kind kind, bool control)
{
	struct rogue_try *t = &g->tries[g->count];
	bool go_on = rogue_play(&g->bed, kind, control, (unsigned)g->count, t);

	if (!go_on)
		return false;
	g->count++;
	if (t->result != RESULT_PASS)
		printf("  %-4s  %s%s, try %zu: %s\n", result_name(t->result), rogue_kind_name(kind),
		       control ? ", control" : "", g->count, t->why);
	else if (control)
		printf("  ok    %s: what is allowed ends nobody\n",
		       kind < ROGUE_BACKEND_QUIT ? "the detector" : "the backend");
	fflush(stdout);
	return t->result != RESULT_ENV;
}

static void play_all(struct rogues *g)
{
	unsigned kind = 0;

	for (unsigned k = 0; k < ROGUE_KINDS; k += 2) /* of either who notices */
		if ((g->kinds[k] || g->kinds[k + 1]) &&
		    !play_one(g, (enum rogue_kind)(g->kinds[k] ? k : k + 1), true))
			return;
	for (unsigned i = 0; i < g->r->count; i++) {
		while (!g->kinds[kind % ROGUE_KINDS])
			kind++;
		if (!play_one(g, (enum rogue_kind)(kind++ % ROGUE_KINDS), false))
			return;
	}
}

/* ---- after ---- */

static int write_files(const struct rogues *g, const struct results *results)
{
	struct new_file n;

	if (file_begin(&n, g->r->out, "rogue.json", 0644))
		return -1;
	rogue_write_json(g->tries, g->count, g->backend->name,
	                 g->r->accel == VM_ACCEL_KVM ? "kvm" : "tcg", g->bed.restore, n.f);
	return file_finish(&n) || results_write(results, g->r->out) ? -1 : 0;
}

static int sum_up(const struct rogues *g, double seconds)
{
	struct results results = {.plane = "vm", .unfinished = session_interrupted};
	unsigned passed = 0, failed = 0;
	int code;

	snprintf(results.backend, sizeof(results.backend), "%s", g->backend->name);
	snprintf(results.backend_version, sizeof(results.backend_version), "%s",
	         g->backend->version);
	rogue_results(g->tries, g->count, &results);
	rogue_write_text(g->tries, g->count, stdout);
	for (size_t i = 0; i < g->count; i++) {
		passed += g->tries[i].result == RESULT_PASS;
		failed += g->tries[i].result != RESULT_PASS;
	}
	code = results_exit_code(&results);
	if (write_files(g, &results))
		code = EXIT_ENV;
	results_free(&results);
	printf("\n%zu run, %u passed, %u failed in %.1f s (%.2f s a try)\n", g->count, passed,
	       failed, seconds, g->count ? seconds / (double)g->count : 0);
	printf("results: %s/rogue.json\n", g->r->out);
	return session_interrupted ? EXIT_INTERRUPTED : code;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int run_rogues(struct rogues *g)
{
	struct world world;
	double began;
	int code = set_up(g, &world);

	if (code)
		return code;
	catch_signals();
	began = now_s();
	play_all(g);
	code = sum_up(g, now_s() - began);
	world_close(&world);
	return code;
}

int rogue_main(int argc, char **argv)
{
	struct request r = {.image = "build/vm",
	                    .backend = "refnat",
	                    .out = "build/results/rogue",
	                    .count = ROGUE_TRIES};
	static struct backend backend;
	char why[VM_WHY_MAX] = "as asked";
	static struct rogues g;
	int code = parse_options(argc, argv, &r);

	if (code == -1)
		fputs(help, stdout);
	else if (code)
		fputs("try: gauntlet rogue --help\n", stderr);
	if (code)
		return code == -1 ? 0 : code;
	if (r.accel == VM_ACCEL_AUTO)
		r.accel = vm_probe_accel(r.image, why);
	printf("accelerator: %s (%s)\n", r.accel == VM_ACCEL_KVM ? "KVM" : "TCG", why);
	fflush(stdout);
	g = (struct rogues){.r = &r,
	                    .backend = &backend,
	                    .tries = calloc(r.count + 2, sizeof(struct rogue_try))};
	if (!g.tries)
		return EXIT_ENV;
	code = run_rogues(&g);
	free(g.tries);
	return code;
}
