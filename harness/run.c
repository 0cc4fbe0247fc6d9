/* SPDX-License-Identifier: ISC */
/* run.c: the order of `gauntlet run` and `gauntlet scenario`. */
#include "harness/run.h"

#include "harness/backend.h"
#include "harness/evidence.h"
#include "harness/expect_run.h"
#include "harness/files.h"
#include "harness/lab.h"
#include "harness/plan.h"
#include "harness/profile.h"
#include "harness/run_options.h"
#include "harness/session.h"
#include "harness/story_json.h"
#include "harness/summary.h"
#include "harness/transport.h"
#include "harness/version.h"
#include "harness/vmplane.h"
#include "harness/window.h"
#include "harness/world.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

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
	if (r->out && (file_make_folder(r->out) || evidence_clear(r->out) ||
	               story_json_clear(r->out) || window_clear(r->out) || vmplane_clear(r->out)))
		return EXIT_ENV;
	if (lab_enter() || world_open(r->world))
		return EXIT_ENV;
	if (backend_describe(r->backend) != BACKEND_OK) {
		world_close(r->world);
		return EXIT_NOTHING;
	}
	snprintf(r->results.backend, sizeof(r->results.backend), "%s", r->backend->name);
	snprintf(r->results.backend_version, sizeof(r->results.backend_version), "%s",
	         r->backend->version);
	return 0;
}

static double seconds_since(const struct timespec *start)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)(t.tv_sec - start->tv_sec) + (double)(t.tv_nsec - start->tv_nsec) / 1e9;
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
	/* Where all of a shard is skipped the others may have something; if none has, the merged results say so. */
	if (code == EXIT_NOTHING && r->shard.of)
		code = 0;
	if (expect_run_end(r) && !code)
		code = EXIT_UNEXPECTED;
	return r->broken ? EXIT_NOTHING : r->env ? EXIT_ENV : code;
}

/* What of all cases the results are about. */
static void note_extent(struct run *r, const struct plan *plan)
{
	struct results *s = &r->results;

	s->whole = !r->by_name && !r->shard.of;
	s->shard = r->shard;
	s->selection = (struct results_selection){
	        .cases = plan->all_cases, .print = plan->print, .whole = !r->by_name};
}

/* The whole selection over one transport, as a run of its own. `sub` is where its results go below --out, or NULL. */
int run_over_transport(const struct run *whole, enum transport_kind kind, const char *sub,
                       struct selection *sel, size_t selected, struct count *count)
{
	struct run r = *whole;
	struct timespec start;
	struct plan plan;
	char out[PATH_MAX];
	int code;

	if (whole->out && sub) {
		if (snprintf(out, sizeof(out), "%s/%s", whole->out, sub) >= (int)sizeof(out) ||
		    file_make_folder(out) || evidence_clear(out) || story_json_clear(out) ||
		    window_clear(out) || vmplane_clear(out))
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
	plan_make(&plan, sel, selected, r.plane, &r.shard);
	note_extent(&r, &plan);
	if (r.plane == PLANE_VM && plan.unit_count)
		vmplane_prepare(&r);
	run_units(&r, &plan);
	profile_end(&r);
	*count = summary_count(&r.results, seconds_since(&start));
	if (!r.story)
		summary_print(&r, count, stdout);
	code = finish(&r);
	results_free(&r.results);
	plan_free(&plan);
	return code;
}

static int judge_backend(struct run *r, const char *dir, char *const *names, size_t count)
{
	struct selection *sel;
	static struct world world;
	size_t selected;
	int code;

	sel = r->profile_name ? profile_select(r, dir, &selected)
	                      : select_load(dir, names, count, &selected);
	if (!sel)
		return EXIT_USAGE;
	r->world = &world;
	code = expect_run_begin(r, sel, selected, !r->by_name);
	if (!code)
		code = set_up(r);
	if (!code) {
		catch_signals();
		code = run_transports(r, sel, selected);
		world_close(&world);
	}
	expect_run_close(r);
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
	                .backend = &backend,
	                .play = unit_play};
	int code;

	if (run_options_parse(argc, argv, &r, &code))
		return code;
	if (story && optind == argc) {
		run_options_help(stderr, true);
		return EXIT_USAGE;
	}
	r.results.plane = plane_name(r.plane);
	if (r.profile_name && optind < argc) {
		fprintf(stderr,
		        "gauntlet: a profile names its suites: leave out '%s', or --profile\n",
		        argv[optind]);
		return EXIT_USAGE;
	}
	r.by_name = optind < argc || r.profile_name;
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
