/* SPDX-License-Identifier: ISC */
/* matrix.h: `gauntlet matrix`: which case has seen which deliberately broken backend.
 *
 * A mutant is a backend with one bug put in on purpose. A case kills it when it passed with the
 * sound backend (the baseline of its plane) and finds fault now: FAIL, LIE, AUDIT-GAP, CRASH, HANG
 * or XPASS. A mutant that nobody kills is a hole in the suite. A mutant that lets nothing through at
 * all is not killed but makes the cases VACUOUS: that the suite says so, instead of praising its
 * drops, is what it is for.
 *
 * A negative case (enum negative) that has caught no mutant by its own doing, rather than failing
 * with all others, proves nothing yet.
 *
 * matrix.c compares, matrix_negative.c asks the scenarios what a case forbids, matrix_report.c
 * writes what was found, matrix_main.c is the sub-command.
 */
#ifndef HARNESS_MATRIX_H
#define HARNESS_MATRIX_H

#include "harness/results.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum fate { FATE_KILLED, FATE_VACUOUS, FATE_SURVIVED, FATE_COUNT };

/* What a case forbids, and so what its failure has to look like to be its own doing. */
enum negative {
	NEGATIVE_NOT, /* it asks for something that a backend without function would not do */
	NEGATIVE_ROW, /* a row that says drop: something crossed, or answered */
	NEGATIVE_END, /* a row that runs alone and says how the backend ends; another row of its table
	                * still held, so it is not all ends that are broken */
	NEGATIVE_CASE, /* a case with `none` or `ends`, or one that waits for nothing on the wire or at
	                * the guest: it runs alone, so one of its statements did not hold */
};

struct mutant {
	const char *name;  /* borrowed */
	const char *plane; /* of its run; never freed */
	enum fate expected;
	enum fate fate;
	size_t *killers; /* indices into the baseline's outcomes, in their order; owned */
	size_t killer_count;
	char *played; /* per suite of the matrix: 1 when the run holds an outcome of it; owned */
};

struct matrix {
	struct results baseline; /* of all planes, one behind the other */
	const char **planes; /* per outcome of the baseline: its plane; owned, the names are not */
	size_t *suites;      /* per outcome: the number of its suite; owned */
	size_t suite_count;  /* suites are numbered in the order of the baseline */
	size_t *order;       /* indices into baseline.outcomes, sorted by name and plane; owned */
	unsigned *proofs;    /* per outcome: mutants that it caught by its own doing; owned */
	enum negative *negative; /* per outcome that passed; owned */
	struct mutant *list;     /* owned */
	size_t count;
};

const char *fate_name(enum fate f); /* "killed", "vacuous", "survived" */

/* Takes over the outcomes of `count` baselines, one for each plane; matrix_free() frees them. Out of
 * memory ends the program. */
void matrix_init(struct matrix *m, struct results *baselines, size_t count);
void matrix_free(struct matrix *m);
/* Says what the case "suite/case" or "suite/case/row" forbids, on each plane where it passed; a name
 * that the baseline does not have is ignored. To be called before mutants are added. */
void matrix_mark_negative(struct matrix *m, const char *name, enum negative kind);
/* Marks whatever the scenarios in `dir` forbid. 0, or -1 with messages on stderr. */
int matrix_mark_scenarios(struct matrix *m, const char *dir);
/* Whether there is a baseline of that plane. */
bool matrix_has_plane(const struct matrix *m, const char *plane);
/* Adds a mutant and its run, which is compared with the baseline of its plane; `name` is borrowed,
 * `run` may be freed afterwards. */
void matrix_add(struct matrix *m, const char *name, enum fate expected, const struct results *run);
/* No mutant met another fate than the expected one. */
bool matrix_is_as_expected(const struct matrix *m);

/* Whether outcome `i` of the baseline is negative and has caught nothing by its own doing, on its
 * plane or any other. A name is reported for the first of its planes only. */
bool matrix_is_idle(const struct matrix *m, size_t i);

/* The matrix for people: mutants by suites. `verbose` adds the names of those that killed each
 * mutant, and of the negative cases that caught nothing. */
void matrix_print(const struct matrix *m, bool verbose, FILE *to);
/* {"mutants":[{"name":"allow-all","plane":"wire","result":"killed","expected":"killed",
 * "killed_by":["suite/case/row"]}],"negative":420,"proves_nothing":["suite/case/row"]} */
void matrix_write_json(const struct matrix *m, FILE *to);

/* The sub-command; argv[0] is its name. Exit code 0 all as expected, 1 a mutant was not, 2 for a
 * usage error or a file that cannot be read or written. */
int matrix_main(int argc, char **argv);

#endif
