/* SPDX-License-Identifier: ISC */
/* report_trend.h: what is different from an earlier run. Pure. */
#ifndef HARNESS_REPORT_TREND_H
#define HARNESS_REPORT_TREND_H

#include "harness/results.h"

#include <stddef.h>

enum change {
	CHANGE_FAILING, /* passed then, does not now */
	CHANGE_PASSING, /* the other way round */
	CHANGE_OTHER,   /* another result, neither of the two */
	CHANGE_NEW,
	CHANGE_GONE,
	CHANGE_SLOWER, /* the same result, TREND_SLOWER times as long and TREND_SLOWER_MS more */
	CHANGE_COUNT
};

#define TREND_SLOWER    2.0
#define TREND_SLOWER_MS 100.0

struct change_entry {
	enum change change;
	const struct outcome *then, *now; /* NULL: new, gone; borrowed from the results */
};

struct trend {
	struct change_entry *
	        list; /* by kind, in it by the order of the run; those that are gone as they were */
	size_t count;
	size_t of[CHANGE_COUNT];
};

/* The caller frees with trend_free(). */
void trend_compare(struct trend *t, const struct results *then, const struct results *now);
void trend_free(struct trend *t);
const char *change_name(enum change c); /* "newly failing", ... */

#endif
