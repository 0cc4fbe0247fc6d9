/* SPDX-License-Identifier: ISC */
/* plan_fixture.h: for tests only. Two suites made by hand:
 *
 *   one   table (rows drop, terminate, pass, terminate, a program), steps, guests (a table of the vm plane)
 *   two   flood (a case of statements)
 */
#ifndef HARNESS_PLAN_FIXTURE_H
#define HARNESS_PLAN_FIXTURE_H

#include "harness/plan.h"

#include <string.h>

struct plan_fixture {
	struct row rows[5], guest_rows[2];
	struct step flood;
	struct scn_case cases[3], other;
	struct suite one, two;
	struct selection sel[2];
	struct plan plan;
};

static inline void plan_fixture_row(struct row *r, const char *id, enum row_verdict verdict)
{
	*r = (struct row){.verdict = verdict};
	strcpy(r->id, id);
}

static inline void plan_fixture_make(struct plan_fixture *f)
{
	memset(f, 0, sizeof(*f));
	plan_fixture_row(&f->rows[0], "drop", ROW_DROP);
	plan_fixture_row(&f->rows[1], "end-a", ROW_TERMINATE);
	plan_fixture_row(&f->rows[2], "pass", ROW_PASS);
	plan_fixture_row(&f->rows[3], "end-b", ROW_TERMINATE);
	plan_fixture_row(&f->rows[4], "program", ROW_DROP);
	f->rows[4].recipe.kind = RECIPE_RUN;
	plan_fixture_row(&f->guest_rows[0], "a", ROW_DROP);
	plan_fixture_row(&f->guest_rows[1], "b", ROW_DROP);
	f->guest_rows[0].recipe.kind = f->guest_rows[1].recipe.kind = RECIPE_RUN;
	f->cases[0] = (struct scn_case){.name = "table",
	                                .planes = PLANES_ALL,
	                                .attack = true,
	                                .rows = f->rows,
	                                .row_count = 5};
	f->cases[1] = (struct scn_case){.name = "steps", .planes = PLANES_ALL};
	f->cases[2] = (struct scn_case){.name = "guests",
	                                .planes = PLANES_GUEST,
	                                .attack = true,
	                                .rows = f->guest_rows,
	                                .row_count = 2};
	f->flood = (struct step){.kind = STEP_FLOOD, .number = 100000, .within_ms = 20000};
	f->other = (struct scn_case){
	        .name = "flood", .planes = PLANE_WIRE, .steps = &f->flood, .step_count = 1};
	f->one = (struct suite){
	        .name = "one", .planes = PLANES_ALL, .cases = f->cases, .case_count = 3};
	f->two = (struct suite){
	        .name = "two", .planes = PLANE_WIRE, .cases = &f->other, .case_count = 1};
	f->sel[0].suite = &f->one;
	f->sel[1].suite = &f->two;
}

static inline void plan_fixture_plan(struct plan_fixture *f, enum scn_plane plane, unsigned i,
                                     unsigned n)
{
	const struct shard shard = {i, n};

	plan_free(&f->plan);
	plan_make(&f->plan, f->sel, 2, plane, &shard);
}

#endif
