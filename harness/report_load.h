/* SPDX-License-Identifier: ISC */
/* report_load.h: finds and reads the runs that a report is made of. */
#ifndef HARNESS_REPORT_LOAD_H
#define HARNESS_REPORT_LOAD_H

#include "harness/report_model.h"
#include "harness/report_stories.h"
#include "harness/report_window.h"

#include <limits.h>

#define REPORT_DEPTH 4 /* folders below the one that was named */

/* One folder with a results.json. */
struct loaded_run {
	struct report_run run;
	struct story_list stories;
	struct window_list windows;
	char dir[PATH_MAX];
	bool has_stories;
};

struct loaded {
	struct loaded_run *list;
	size_t count;
	struct story_pool pool;
	char **rogue; /* paths of rogue.json, which `gauntlet rogue` leaves, in the same folders */
	size_t rogue_count;
};

/* Adds the run in `what`, DIR or NAME=DIR, or, when there is none in it, those in the folders below it, in the
 * order of their paths. NAME becomes the label instead of the backend's own name. 0, or -1 with a message
 * on stderr: nothing there, or something that cannot be read. `stories` false leaves them out. */
int load_runs(struct loaded *l, const char *what, bool stories);
/* Makes labels differ: runs of one backend, plane and transport also get the last part of their paths that tells
 * them apart. */
void load_name_runs(struct loaded *l);
/* The one of `past` that is like `run`: backend (or label), plane, transport; else the only one there, when
 * `only`. NULL when there is none. */
const struct loaded_run *load_find_like(const struct loaded *past, const struct loaded_run *run,
                                        bool only);
void load_free(struct loaded *l);

#endif
