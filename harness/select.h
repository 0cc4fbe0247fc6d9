/* SPDX-License-Identifier: ISC */
/* select.h: which suites, cases and rows the user named: SUITE[/CASE[/ROW]]. */
#ifndef HARNESS_SELECT_H
#define HARNESS_SELECT_H

#include "harness/scenario.h"

#include <stdbool.h>
#include <stddef.h>

struct selection {
	struct suite *suite;
	const struct scn_case *scn_case; /* NULL: all of the suite */
	const struct row *row;           /* NULL: all of the case */
	bool named;                      /* by the user, rather than by asking for everything */
};

/* Loads the suites that `names` (count of them; 0 means all there are) ask for, each once per name.
 * All errors of all files are printed to stderr, unknown names with a suggestion. Returns a
 * malloc'ed array, or NULL after an error. The caller frees with select_free(). */
struct selection *select_load(const char *dir, char *const *names, size_t count, size_t *out_count);
void select_free(struct selection *s, size_t count);

bool select_has_case(const struct selection *s, const struct scn_case *c);
bool select_has_row(const struct selection *s, const struct row *r);

#endif
