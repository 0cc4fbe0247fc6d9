/* SPDX-License-Identifier: ISC */
/* run.c: the command line of `gauntlet run` and `gauntlet scenario`, and the order of a run. */
#include "harness/run.h"

#include "harness/backend.h"
#include "harness/evidence.h"
#include "harness/files.h"
#include "harness/lab.h"
#include "harness/session.h"
#include "harness/version.h"
#include "harness/world.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static void usage(FILE *to, bool story)
{
	if (story)
		fprintf(to, "usage: gauntlet scenario [OPTION...] SUITE[/CASE[/ROW]]\n"
		            "Runs what the name stands for and tells it as a story: what was sent, "
		            "what was\n"
		            "expected, what crossed the wire, the verdict.\n\n");
	else
		fprintf(to,
		        "usage: gauntlet run [OPTION...] [SUITE[/CASE[/ROW]]...]\n"
		        "Runs suites (all of the plane when none is named) against a backend.\n\n");
	fprintf(to,
	        "  --backend NAME|PATH  the program under test (default: refnat)\n"
	        "  --plane wire|vm      who plays the VM: the harness, or QEMU (default: wire)\n"
	        "  --out DIR            results and evidence of failures go here%s\n"
	        "  --scenarios DIR      where the .scn files are (default: scenarios)\n"
	        "  --image DIR          vm plane: the guest's image (default: build/vm)\n"
	        "  --accel auto|kvm|tcg vm plane: how the guest runs (default: auto)\n"
	        "  --help               this text\n\n"
	        "exit: 0 as expected, 1 something was not, 2 usage or scenario error,\n"
	        "      3 nothing ran or the backend breaks the contract, 4 the environment is at "
	        "fault\n",
	        story ? " (default: nowhere)" : " (default: build/results)");
}

static const struct option options[] = {
        {"backend", required_argument, NULL, 'b'}, {"plane", required_argument, NULL, 'p'},
        {"out", required_argument, NULL, 'o'},     {"scenarios", required_argument, NULL, 's'},
        {"image", required_argument, NULL, 'i'},   {"accel", required_argument, NULL, 'a'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
};

static bool parse_plane(const char *word, enum scn_plane *out)
{
	if (!strcmp(word, "wire"))
		*out = PLANE_WIRE;
	else if (!strcmp(word, "vm"))
		*out = PLANE_VM;
	else
		fprintf(stderr, "gauntlet: unknown plane '%s'; there are wire and vm\n", word);
	return !strcmp(word, "wire") || !strcmp(word, "vm");
}

/* 0 to go on, 1 to end with *code. */
static int parse_options(int argc, char **argv, struct run *r, int *code)
{
	int c;

	*code = EXIT_USAGE;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'b':
			r->backend_name = optarg;
			break;
		case 'p':
			if (!parse_plane(optarg, &r->plane))
				return 1;
			break;
		case 'o':
			r->out = optarg;
			break;
		case 's':
			r->scenarios = optarg;
			break;
		case 'i':
			r->image = optarg;
			r->image_given = true;
			break;
		case 'a':
			if (!vm_parse_accel(optarg, &r->accel))
				return 1;
			break;
		case 'h':
			usage(stdout, r->story);
			*code = 0;
			return 1;
		default:
			fprintf(stderr, "Try `gauntlet %s --help`.\n",
			        r->story ? "scenario" : "run");
			return 1;
		}
	}
	return 0;
}

static void on_signal(int sig)
{
	(void)sig;
	session_interrupted = 1;
	signal(SIGINT, SIG_DFL); /* a second one ends at once; the kernel cleans up after us */
}

static void catch_signals(void)
{
	struct sigaction sa = {.sa_handler = on_signal};

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* The laboratory comes before the first process: an ordinary user may start one in a PID namespace of its own only
 * inside a user namespace. */
static int set_up(struct run *r)
{
	if (backend_find(r->backend_name, r->backend) != BACKEND_OK)
		return EXIT_USAGE;
	if (r->out && (file_make_folder(r->out) || evidence_clear(r->out)))
		return EXIT_ENV;
	if (lab_enter() || world_open(r->world))
		return EXIT_ENV;
	if (backend_describe(r->backend) != BACKEND_OK) {
		world_close(r->world);
		return EXIT_NOTHING;
	}
	snprintf(r->results.backend, sizeof(r->results.backend), "%s", r->backend->name);
	return 0;
}

static double seconds_since(const struct timespec *start)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)(t.tv_sec - start->tv_sec) + (double)(t.tv_nsec - start->tv_nsec) / 1e9;
}

static void summarise(const struct run *r, double seconds)
{
	unsigned tally[RESULT_COUNT], run = 0, passed, skipped;

	results_tally(&r->results, tally);
	passed = tally[RESULT_PASS] + tally[RESULT_XFAIL];
	skipped = tally[RESULT_SKIP] + tally[RESULT_NA];
	run = (unsigned)r->results.count - skipped;
	printf("\n%u run, %u passed, %u failed, %u skipped in %.2f s", run, passed, run - passed,
	       skipped, seconds);
	if (run)
		printf(" (%.0f rows/s)", run / seconds);
	printf("\n");
	for (int i = 0; i < RESULT_COUNT; i++)
		if (tally[i] && i != RESULT_PASS)
			printf("  %-9s %u\n", result_name((enum result)i), tally[i]);
	if (r->proved)
		printf("%u attacks dropped, with allowed traffic flowing before and after them\n",
		       r->proved);
	if (r->plane == PLANE_VM && r->boot_ms[BOOT_READY] > 0)
		printf("BOOT_MS %.0f\n", r->boot_ms[BOOT_READY]);
	if (r->out)
		printf("results: %s/results.json\n", r->out);
}

static int finish(struct run *r)
{
	int code = results_exit_code(&r->results);

	if (r->out && results_write(&r->results, r->out))
		return EXIT_ENV;
	if (session_interrupted) {
		fprintf(stderr, "gauntlet: interrupted; results hold what was finished\n");
		return EXIT_INTERRUPTED;
	}
	return r->broken ? EXIT_NOTHING : r->env ? EXIT_ENV : code;
}

static int judge_backend(struct run *r, const char *dir, char *const *names, size_t count)
{
	struct selection *sel;
	struct timespec start;
	static struct world world;
	size_t selected;
	int code;

	sel = select_load(dir, names, count, &selected);
	if (!sel)
		return EXIT_USAGE;
	r->world = &world;
	code = set_up(r);
	if (code) {
		select_free(sel, selected);
		return code;
	}
	catch_signals();
	clock_gettime(CLOCK_MONOTONIC, &start);
	if (!r->story)
		printf("gauntlet %s: %s %s on the %s plane\n\n", GAUNTLET_VERSION, r->backend->name,
		       r->backend->version, plane_name(r->plane));
	for (size_t i = 0; i < selected && !r->broken && !r->env && !session_interrupted; i++)
		if (sel[i].named || (sel[i].suite->planes & r->plane))
			suite_run(r, &sel[i]);
	if (!r->story)
		summarise(r, seconds_since(&start));
	code = finish(r);
	world_close(&world);
	select_free(sel, selected);
	return code;
}

static int common_main(int argc, char **argv, bool story)
{
	static struct backend backend;
	struct run r = {.backend_name = "refnat",
	                .plane = PLANE_WIRE,
	                .out = story ? NULL : "build/results",
	                .image = "build/vm",
	                .story = story,
	                .live = isatty(STDOUT_FILENO),
	                .backend = &backend};
	int code;

	if (parse_options(argc, argv, &r, &code))
		return code;
	if (story && optind == argc) {
		usage(stderr, true);
		return EXIT_USAGE;
	}
	r.results.plane = plane_name(r.plane);
	if (getrandom(&r.run_id, sizeof(r.run_id), 0) != sizeof(r.run_id)) {
		fprintf(stderr, "gauntlet: getrandom: %s\n", strerror(errno));
		return EXIT_ENV;
	}
	code = judge_backend(&r, scenario_dir(r.scenarios), argv + optind, (size_t)(argc - optind));
	results_free(&r.results);
	return code;
}

int run_main(int argc, char **argv)
{
	return common_main(argc, argv, false);
}

int scenario_main(int argc, char **argv)
{
	return common_main(argc, argv, true);
}
