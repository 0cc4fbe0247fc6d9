/* SPDX-License-Identifier: ISC */
/* results_forms.h: the three forms of results.h's files. Only results.c and the tests call them;
 * each writes a whole document to `to` and leaves it to the caller to look for write errors. */
#ifndef HARNESS_RESULTS_FORMS_H
#define HARNESS_RESULTS_FORMS_H

#include "harness/results.h"

#include <stdio.h>

/* One object; every case stands on a line of its own, so that two runs can be compared by diff. */
void results_write_json(const struct results *r, FILE *to);

/* TAP 14. SKIP and NA are skipped, XFAIL is a failing TODO; whatever else did not pass is "not ok"
 * with a YAML block. */
void results_write_tap(const struct results *r, FILE *to);

/* JUnit XML in the dialect that CI systems agree on: one testsuite per suite. CRASH, HANG and ENV
 * are errors; SKIP, NA and XFAIL are skipped; whatever else did not pass is a failure. */
void results_write_junit(const struct results *r, FILE *to);

#endif
