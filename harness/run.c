/* SPDX-License-Identifier: ISC */
/* run.c: the command line of `gauntlet run` and `gauntlet scenario`, and the order of a run. */
#include "harness/run.h"

#include "harness/backend.h"
#include "harness/evidence.h"
#include "harness/files.h"
#include "harness/lab.h"
#include "harness/session.h"
#include "harness/transport.h"
#include "harness/version.h"
#include "harness/world.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
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
	        "  --plane wire|kernel|vm\n"
	        "                       who plays the VM: the harness, a Linux stack, QEMU "
	        "(default: "
	        "wire)\n"
	        "  --transport KIND|all how frames reach the backend (default: fd), or all that it "
	        "describes, one\n"
	        "                       after the other, each with its results in DIR/KIND\n"
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
        {"backend", required_argument, NULL, 'b'},
        {"plane", required_argument, NULL, 'p'},
        {"out", required_argument, NULL, 'o'},
        {"scenarios", required_argument, NULL, 's'},
        {"image", required_argument, NULL, 'i'},
        {"accel", required_argument, NULL, 'a'},
        {"transport", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
};

static bool parse_plane(const char *word, enum scn_plane *out)
{
	static const enum scn_plane all[] = {PLANE_WIRE, PLANE_KERNEL, PLANE_VM};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(word, plane_name(all[i]))) {
			*out = all[i];
			return true;
		}
	fprintf(stderr, "gauntlet: unknown plane '%s'; there are wire, kernel and vm\n", word);
	return false;
}

static bool check_transport(const char *word)
{
	enum transport_kind kind;

	if (!strcmp(word, "all") || transport_parse(word, &kind))
		return true;
	fprintf(stderr, "gauntlet: unknown transport '%s'; there are", word);
	for (size_t i = 0; transport_names[i]; i++)
		fprintf(stderr, " %s,", transport_names[i]);
	fprintf(stderr, " and all\n");
	return false;
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
		case 't':
			if (!check_transport(optarg))
				return 1;
			r->transport = optarg;
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

/* What became of how many. */
struct count {
	unsigned run, passed, skipped;
	double seconds;
};

static struct count count_results(const struct results *r, double seconds)
{
	unsigned tally[RESULT_COUNT];
	struct count c = {.seconds = seconds};

	results_tally(r, tally);
	c.passed = tally[RESULT_PASS] + tally[RESULT_XFAIL];
	c.skipped = tally[RESULT_SKIP] + tally[RESULT_NA];
	c.run = (unsigned)r->count - c.skipped;
	return c;
}

static void print_count(const struct count *c)
{
	printf("%u run, %u passed, %u failed, %u skipped in %.2f s", c->run, c->passed,
	       c->run - c->passed, c->skipped, c->seconds);
}

static void summarise(const struct run *r, const struct count *c)
{
	unsigned tally[RESULT_COUNT];

	results_tally(&r->results, tally);
	printf("\n");
	print_count(c);
	if (c->run)
		printf(" (%.0f rows/s)", c->run / c->seconds);
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

/* ---- transports ---- */

/* Those that were asked for; 0, with a message, when the backend does not describe them. */
static size_t pick_transports(const struct run *r, enum transport_kind out[TRANSPORT_COUNT])
{
	const struct word_list *has = &r->backend->transports;
	bool all = !strcmp(r->transport, "all");
	size_t n = 0;

	for (int i = 0; i < TRANSPORT_COUNT; i++)
		if ((all || !strcmp(transport_names[i], r->transport)) &&
		    word_list_has(has, transport_names[i]))
			out[n++] = (enum transport_kind)i;
	if (n)
		return n;
	fprintf(stderr, "gauntlet: %s does not describe the transport %s; it has", r->backend->name,
	        r->transport);
	for (size_t i = 0; i < has->count; i++)
		fprintf(stderr, "%s %s", i ? "," : "", has->word[i]);
	fprintf(stderr, "%s\n", has->count ? "" : " none");
	return 0;
}

/* The whole selection over one transport, as a run of its own. `sub` is where its results go below --out, or NULL. */
static int judge_over(const struct run *whole, enum transport_kind kind, const char *sub,
                      struct selection *sel, size_t selected, struct count *count)
{
	struct run r = *whole;
	struct timespec start;
	char out[PATH_MAX];
	int code;

	if (whole->out && sub) {
		if (snprintf(out, sizeof(out), "%s/%s", whole->out, sub) >= (int)sizeof(out) ||
		    file_make_folder(out) || evidence_clear(out))
			return EXIT_ENV;
		r.out = out;
	}
	r.transport = transport_names[kind];
	r.backend->transport = kind;
	r.results.transport = r.transport;
	clock_gettime(CLOCK_MONOTONIC, &start);
	if (!r.story)
		printf("gauntlet %s: %s %s on the %s plane%s%s\n\n", GAUNTLET_VERSION,
		       r.backend->name, r.backend->version, plane_name(r.plane),
		       kind == TRANSPORT_FD ? "" : ", frames over ",
		       kind == TRANSPORT_FD ? "" : r.transport);
	for (size_t i = 0; i < selected && !r.broken && !r.env && !session_interrupted; i++)
		if (sel[i].named || (sel[i].suite->planes & r.plane))
			suite_run(&r, &sel[i]);
	*count = count_results(&r.results, seconds_since(&start));
	if (!r.story)
		summarise(&r, count);
	code = finish(&r);
	results_free(&r.results);
	return code;
}

/* 130 before 3, 3 before 4, 4 before 1. */
static int worse(int a, int b)
{
	static const int order[] = {EXIT_INTERRUPTED, EXIT_NOTHING, EXIT_ENV, EXIT_UNEXPECTED};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return 0;
}

/* Each transport that was asked for; with --transport all, a line for each and one for all of them at the end. */
static int judge_all(const struct run *r, struct selection *sel, size_t selected)
{
	enum transport_kind kinds[TRANSPORT_COUNT];
	struct count count[TRANSPORT_COUNT] = {0}, sum = {0};
	size_t n = pick_transports(r, kinds);
	bool all = !strcmp(r->transport, "all");
	int code = n ? 0 : EXIT_USAGE;

	for (size_t i = 0; i < n && !session_interrupted; i++) {
		if (i && !r->story)
			printf("\n");
		code = worse(code, judge_over(r, kinds[i], all ? transport_names[kinds[i]] : NULL,
		                              sel, selected, &count[i]));
	}
	if (!n || !all || r->story)
		return code;
	printf("\n");
	for (size_t i = 0; i < n; i++) {
		printf("  %-15s", transport_names[kinds[i]]);
		print_count(&count[i]);
		printf("\n");
		sum.run += count[i].run;
		sum.passed += count[i].passed;
		sum.skipped += count[i].skipped;
		sum.seconds += count[i].seconds;
	}
	print_count(&sum);
	printf("\n");
	return code;
}

static int judge_backend(struct run *r, const char *dir, char *const *names, size_t count)
{
	struct selection *sel;
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
	code = judge_all(r, sel, selected);
	world_close(&world);
	select_free(sel, selected);
	return code;
}

static int common_main(int argc, char **argv, bool story)
{
	static struct backend backend;
	struct run r = {.backend_name = "refnat",
	                .plane = PLANE_WIRE,
	                .transport = transport_names[TRANSPORT_FD],
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
	return judge_backend(&r, scenario_dir(r.scenarios), argv + optind, (size_t)(argc - optind));
}

int run_main(int argc, char **argv)
{
	return common_main(argc, argv, false);
}

int scenario_main(int argc, char **argv)
{
	return common_main(argc, argv, true);
}
