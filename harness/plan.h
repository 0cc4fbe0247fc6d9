/* SPDX-License-Identifier: ISC */
/* plan.h: what a run plays, in order, cut into units that can be played apart from each other.
 *
 * A case is an attack table or a case of statements; cases are counted over the whole selection, and the count depends
 * on names and plane alone, not on shards, processes or the backend. A unit is what one backend process plays: the rows
 * of a table together, a row that ends the VM, a case of statements. On the vm plane, where a guest takes its time to
 * come up, it is all that a suite has in one shard, but for cases with `boot`: each of them has a unit, and a guest, of
 * its own.
 */
#ifndef HARNESS_PLAN_H
#define HARNESS_PLAN_H

#include "harness/scenario.h"
#include "harness/select.h"
#include "harness/shard.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAN_TOGETHER SIZE_MAX /* in place of a row: all that do not have a unit of their own */

struct plan_case {
	const struct selection *sel;
	const struct scn_case *scn_case;
	unsigned at;  /* its number in the whole selection */
	size_t units; /* how many it has; 0 on the vm plane for all but the first of a suite */
};

struct unit {
	size_t first,
	        count; /* its cases: one, but on the vm plane, where those between that `boot` are not its own */
	size_t row;    /* index into the case's rows, or PLAN_TOGETHER */
	double weight; /* a guess how long it takes, for what is begun first */
};

struct plan {
	struct plan_case *cases; /* those of the shard, in order */
	size_t case_count;
	struct unit *units; /* in the order of their cases */
	size_t unit_count;
	unsigned all_cases; /* of the whole selection, on this plane */
	uint64_t
	        print; /* of the names of all of these: who has the same one counts the same cases */
	size_t rows;   /* outcomes that are to come */
};

/* Whether a row of this case comes to an outcome on `plane`: programs do not run on the wire plane, but a case that is
 * not for the plane at all is skipped with all its rows. */
bool plan_has_row(const struct plan_case *c, const struct row *row, enum scn_plane plane);

/* Suites that are not for the plane are left out unless they were named. The plan points into `sel`. Ends the program
 * when memory does. The caller frees with plan_free(). */
void plan_make(struct plan *p, const struct selection *sel, size_t count, enum scn_plane plane,
               const struct shard *shard);
void plan_free(struct plan *p);

/* Whether the unit is a case with `boot`; whether case `index` of the plan is played in it. */
bool plan_boots(const struct plan *p, const struct unit *u);
bool plan_unit_has_case(const struct plan *p, const struct unit *u, size_t index);

/* Whether row `row` of a case of the unit is played in it. */
bool plan_unit_has_row(const struct unit *u, const struct plan_case *c, size_t row,
                       enum scn_plane plane);

/* The place of a row, or of the case itself (NULL), among the outcomes of its case. */
unsigned plan_number(const struct scn_case *c, const struct row *row);

/* The units in the order in which they should be begun when several run at once: those that seem long first, else
 * as they stand. `out` holds p->unit_count. */
void plan_longest_first(const struct plan *p, uint32_t *out);

#endif
