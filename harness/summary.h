/* SPDX-License-Identifier: ISC */
/* summary.h: the last lines of a run. */
#ifndef HARNESS_SUMMARY_H
#define HARNESS_SUMMARY_H

#include "harness/run.h"

#include <stdio.h>

/* What became of how many. */
struct count {
	unsigned run, passed, skipped;
	unsigned expected; /* failures that the baseline knows: neither passed nor failed */
	double seconds;
};

struct count summary_count(const struct results *r, double seconds);
/* "630 run, 630 passed, 0 failed, 0 skipped in 21.78 s", without an end of line; ci/test reads it. */
void summary_print_count(const struct count *c, FILE *to);
/* All of it: the first ten that failed, counts, where the results are. At most some twenty lines. */
void summary_print(const struct run *r, const struct count *c, FILE *to);

#endif
