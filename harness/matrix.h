/* SPDX-License-Identifier: ISC */
/* matrix.h: `gauntlet matrix`: which case has seen which deliberately broken backend.
 *
 * A mutant is a backend with one bug put in on purpose. A case kills it when it passed with the
 * sound backend (the baseline) and finds fault now: FAIL, LIE, AUDIT-GAP, CRASH, HANG or XPASS. A
 * mutant that nobody kills is a hole in the suite; a negative case that has caught no mutant's leak
 * by itself, rather than failing with all others, proves nothing yet. A mutant that lets nothing through at all is not killed but makes the cases VACUOUS:
 * that the suite says so, instead of praising its drops, is what it is for.
 *
 * matrix.c runs the sub-command, matrix_report.c writes what it found.
 */
#ifndef HARNESS_MATRIX_H
#define HARNESS_MATRIX_H

#include "harness/results.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum fate { FATE_KILLED, FATE_VACUOUS, FATE_SURVIVED, FATE_COUNT };

struct mutant {
	const char *name; /* borrowed */
	enum fate expected;
	enum fate fate;
	size_t *killers; /* indices into the baseline's outcomes, in their order; owned */
	size_t killer_count;
};

struct matrix {
	struct results baseline;
	size_t *order;       /* indices into baseline.outcomes, sorted by name; owned */
	unsigned *proofs;    /* per outcome of the baseline: mutants whose leak it caught; owned */
	bool *negative;      /* per outcome: it is a row that says drop, and passed; owned */
	struct mutant *list; /* owned */
	size_t count;
};

const char *fate_name(enum fate f); /* "killed", "vacuous", "survived" */

/* Takes over the baseline's outcomes; matrix_free() frees them. Out of memory ends the program. */
void matrix_init(struct matrix *m, struct results *baseline);
void matrix_free(struct matrix *m);
/* Adds a mutant and its run; `name` is borrowed, `run` may be freed afterwards. */
void matrix_add(struct matrix *m, const char *name, enum fate expected, const struct results *run);
/* Marks the case "suite/case/row" as negative; names that the baseline does not have are ignored.
 */
void matrix_mark_negative(struct matrix *m, const char *name);
/* No mutant met another fate than the expected one. */
bool matrix_is_as_expected(const struct matrix *m);

/* The matrix for people. `verbose` lists the negative cases that caught nothing. */
void matrix_print(const struct matrix *m, bool verbose, FILE *to);
/* {"mutants":[{"name":"allow-all","result":"killed","killed_by":["suite/case/row"]}]} */
void matrix_write_json(const struct matrix *m, FILE *to);

/* The sub-command; argv[0] is its name. Exit code 0 all as expected, 1 a mutant was not, 2 for a
 * usage error or a file that cannot be read or written. */
int matrix_main(int argc, char **argv);

#endif
