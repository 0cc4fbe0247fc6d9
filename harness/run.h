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

#include <stdbool.h>
#include <stddef.h>

#define EXIT_UNEXPECTED  1
#define EXIT_USAGE       2
#define EXIT_NOTHING     3
#define EXIT_ENV         4
#define EXIT_INTERRUPTED 130

struct backend;
struct world;

/* Everything one run needs; filled from the command line by run.c. */
struct run {
	const char *backend_name;
	enum scn_plane plane;
	const char *out;       /* folder for results and evidence; NULL: none are written */
	const char *scenarios; /* as given, NULL otherwise */
	const char *transport; /* a word of transport.h, or "all" */
	bool image_given;
	const char *image;   /* vm plane: folder of the guest's image */
	enum vm_accel accel; /* vm plane */
	bool story;          /* tell each item */
	bool live;           /* stdout is a terminal: one line that moves, colour */

	struct backend *backend;
	struct world *world;
	uint32_t run_id;
	struct results results;
	unsigned proved;                 /* attacks that were dropped, with proof */
	bool closed;                     /* a batch has found the way through the backend closed */
	bool hung;                       /* a backend process did not end in time */
	bool broken, env;                /* the contract, the environment: the run is over */
	char boot_log[4096];             /* of the last guest, or "" */
	double boot_ms[BOOT_MARK_COUNT]; /* of the last guest, see boot.h */
};

/* Runs what `sel` stands for and adds its outcomes (suite_run.c). */
void suite_run(struct run *r, const struct selection *sel);

int run_main(int argc, char **argv);
int scenario_main(int argc, char **argv);

#endif
