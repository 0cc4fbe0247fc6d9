/* SPDX-License-Identifier: ISC */
/* run.h: the sub-commands that judge a backend.
 *
 * `gauntlet run` runs suites and writes results; `gauntlet scenario` runs what one name stands for
 * and tells it as a story. Exit codes: 0 as expected, 1 something was not, 2 usage or scenario
 * error, 3 nothing ran or the backend breaks the contract, 4 the environment is at fault, 130
 * interrupted.
 */
#ifndef HARNESS_RUN_H
#define HARNESS_RUN_H

#include "harness/boot.h"
#include "harness/results.h"
#include "harness/scenario.h"
#include "harness/select.h"
#include "harness/transport.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define EXIT_UNEXPECTED  1
#define EXIT_USAGE       2
#define EXIT_NOTHING     3
#define EXIT_ENV         4
#define EXIT_INTERRUPTED 130

struct backend;
struct plan;
struct progress;
struct count; /* summary.h */
struct expect;
struct profile;
struct unit;
struct world;

/* What one batch has found out and the others need not, with full patience, find out again. Several processes share it:
 * the first two become 1 and never 0 again. */
struct run_found {
	volatile int closed; /* the way through the backend is closed */
	volatile int hung;   /* a backend process did not end in time */
	volatile double boot_ms,
	        restore_ms; /* of the last guest that booted, and that was restored; 0: none was */
};

/* Everything one run needs; filled from the command line by run.c. */
struct run {
	const char *backend_name;
	enum scn_plane plane;
	const char *out;           /* folder for results and evidence; NULL: none are written */
	const char *scenarios;     /* as given, NULL otherwise */
	const char *transport;     /* a word of transport.h, or "all" */
	const char *expect_option; /* a file, "none", or NULL: see expect_path() */
	const char *profile_name;  /* NULL: none */
	bool image_given;
	const char *image;   /* vm plane: folder of the guest's image */
	enum vm_accel accel; /* vm plane */
	bool cold;           /* vm plane: the guests of suites boot, instead of being restored */
	const char *guest_without; /* vm plane: a rule that every set-up leaves out, or NULL */
	bool story;                /* tell each item */
	bool live;                 /* stdout is a terminal: one line that moves, colour */

	struct shard shard; /* --shard; of 0: all */
	unsigned jobs;      /* --jobs: processes that play at once; 0: as many as seem right */
	bool by_name;       /* the command line names suites, cases or rows */

	struct backend *backend;
	struct world *world;
	uint32_t run_id;
	struct results results;
	struct expect *expect;         /* the baseline, or NULL */
	const struct profile *profile; /* what the backend may not lack, or NULL */
	struct run_found *found;
	bool broken, env;           /* the contract, the environment: the run is over */
	char boot_log[4096];        /* of the last guest, or "" */
	double boot_ms, restore_ms; /* as in run_found, when the run is over */

	/* Plays a unit and adds its outcomes to `results`: unit_play(), and in tests something else. */
	void (*play)(struct run *r, const struct plan *plan, size_t unit);
	const struct plan *plan; /* while a unit is played */
	const struct unit *unit;
	struct progress
	        *progress; /* where the unit is played by the process that shows it, else NULL */
	FILE *notes;       /* a failure told in a few lines goes here; NULL: not wanted */
	FILE *stories;     /* one line for each outcome, of stories.jsonl; NULL: not wanted */
	FILE *windows; /* one line for each case with `boot`, of windows.jsonl; NULL: not wanted */
	FILE *boots;   /* one line for each guest, of boots.jsonl; NULL: not wanted */
};

/* Plays one unit of the plan and adds its outcomes to r->results (suite_run.c). */
void unit_play(struct run *r, const struct plan *plan, size_t unit);

/* Plays all units of the plan, one after the other or in several processes, and puts what they came to into
 * r->results, in order (run_units.c). r->progress shows it. */
void run_units(struct run *r, const struct plan *plan);
/* How many processes play when --jobs does not say (run_units.c). */
unsigned run_units_jobs(const struct run *r);

/* The whole selection over each transport that r->transport asks for (run_transports.c), or over one of them as a
 * run of its own; `sub` is then where its results go below r->out, or NULL (run.c). Return exit codes. */
int run_transports(const struct run *r, struct selection *sel, size_t selected);
int run_over_transport(const struct run *whole, enum transport_kind kind, const char *sub,
                       struct selection *sel, size_t selected, struct count *count);

int run_main(int argc, char **argv);
int scenario_main(int argc, char **argv);

#endif
