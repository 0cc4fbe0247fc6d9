/* SPDX-License-Identifier: ISC */
/* report_model.h: the outcomes of several runs put side by side: areas, requirements, cases, rows.
 *
 * Pure: it borrows the runs and the requirements, which must outlive it. A case stands under the first
 * requirement it cites; the other requirements only point at it. Areas and requirements come in the
 * order of docs/requirements.md, those it does not list at the end; cases in the order of the runs.
 */
#ifndef HARNESS_REPORT_MODEL_H
#define HARNESS_REPORT_MODEL_H

#include "harness/report_requirements.h"
#include "harness/results.h"
#include "harness/strtab.h"

#include <stdbool.h>

#define REPORT_LABEL_MAX 96

/* One run. The label tells it from the others in the report. */
struct report_run {
	char label[REPORT_LABEL_MAX];
	char transport[24]; /* "" when it was not recorded */
	bool unfinished;    /* it ended before its last case, so that it cannot be said to hold */
	char part
	        [48]; /* which part of the cases was selected, "" for all or when it is not known */
	struct results results;
};

struct report_row {
	const char *id;                  /* "" in a case without rows */
	const char *name;                /* suite/case[/row] */
	size_t scn_case;                 /* index into cases */
	const struct outcome **outcomes; /* one for each run, NULL where it was not met */
};

struct report_case {
	const char *id; /* suite/case */
	size_t *rows;   /* indices into rows */
	size_t row_count;
	size_t home;        /* index into requirements: where it is listed */
	struct strtab also; /* ids of the other requirements */
};

struct report_requirement {
	const char *id;
	const struct requirement *known; /* NULL when docs/requirements.md lacks it */
	size_t area;                     /* index into areas */
	size_t *cases;                   /* listed here */
	size_t case_count;
	size_t *also; /* cases that are listed elsewhere and cite it, too */
	size_t also_count;
};

struct report_area {
	char code[16];
	const char *title; /* the code again when docs/requirements.md lacks it */
	size_t *requirements;
	size_t requirement_count;
};

struct report_model {
	const struct report_run *runs;
	size_t run_count;
	struct strtab names, case_ids, requirement_ids; /* of the next three, by index */
	struct report_row *rows;
	struct report_case *cases;
	struct report_requirement *requirements;
	size_t requirement_count;
	struct report_area *areas;
	size_t area_count;
};

void report_model_make(struct report_model *m, const struct report_run *runs, size_t count,
                       const struct requirements *known);
void report_model_free(struct report_model *m);

/* The worst result of the case in run `run`, in *out, and how often it came; 0 when no row was met. */
size_t report_case_worst(const struct report_model *m, const struct report_case *c, size_t run,
                         enum result *out);
/* The same of a whole area: counts by result. */
void report_area_tally(const struct report_model *m, const struct report_area *a, size_t run,
                       unsigned tally[RESULT_COUNT]);
/* Whether every row of the case has the same result in run `run` for the same reason: then one line says it. */
bool report_case_agrees(const struct report_model *m, const struct report_case *c, size_t run);

#endif
