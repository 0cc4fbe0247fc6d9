/* SPDX-License-Identifier: ISC */
/* results.h: what became of every case, and the three files that say so.
 *
 * results.json is the source; results.tap (TAP 14) and junit.xml say the same to other tools.
 */
#ifndef HARNESS_RESULTS_H
#define HARNESS_RESULTS_H

#include "harness/scenario.h"
#include "harness/shard.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum result {
	RESULT_PASS,
	RESULT_FAIL,
	RESULT_XFAIL, /* failed as the backend's baseline says */
	RESULT_XPASS, /* passed although the baseline says it fails */
	RESULT_SKIP,  /* a capability or the plane is missing; detail says which */
	RESULT_NA,
	RESULT_VACUOUS,   /* nothing crossed, but nothing could have: the positive control failed */
	RESULT_LIE,       /* the backend's events claim a drop of what was seen on the wire */
	RESULT_AUDIT_GAP, /* dropped, but the backend did not say so */
	RESULT_CRASH,
	RESULT_HANG,
	RESULT_ENV, /* the environment is at fault; proves nothing */
	RESULT_COUNT
};

struct outcome {
	char id[2 * SCN_NAME_MAX + 2]; /* suite/case */
	char row[SCN_NAME_MAX];        /* "" when the case has no rows */
	enum result result;
	struct req_list req;
	double ms;        /* time the case took; a row's share of its batch */
	char detail[512]; /* one sentence for people; "" for a plain pass */
	unsigned at;      /* number of its case in the whole selection, see plan.h */
	unsigned number;  /* of its row in the case; not in results.json */
	bool proved;      /* an attack that was dropped, with proof; not in results.json */
};

/* What the shards of one run have in common: the cases of the whole selection. */
struct results_selection {
	unsigned cases;
	uint64_t print; /* of their names, see plan.h */
	bool whole;     /* nothing was left out by names */
};

struct results {
	char backend[SCN_NAME_MAX];
	char backend_version[SCN_NAME_MAX]; /* "" when it was not recorded */
	const char *plane;
	const char *transport; /* NULL when it was not recorded */
	bool whole; /* all cases of all suites of the plane: nothing was left out by names or --shard */
	bool unfinished;                    /* the run ended before its last case */
	char baseline[PATH_MAX];            /* the file of known failures (expect.h), or "" */
	struct shard shard;                 /* of 0: not a part */
	struct results_selection selection; /* of a shard */
	struct outcome *outcomes;
	size_t count, size;
};

const char *result_name(enum result r); /* "PASS", "AUDIT-GAP", ... */
/* The result with this name; false, *out untouched, when there is none. */
bool result_parse(const char *name, enum result *out);
/* PASS, XFAIL, SKIP and NA do not make a run fail. */
bool result_is_expected(enum result r);

struct outcome *results_add(struct results *r); /* zeroed; valid until the next call */
void results_free(struct results *r);
/* "suite/case" or "suite/case/row". `out` holds OUTCOME_NAME_MAX bytes; returns it. */
#define OUTCOME_NAME_MAX (3 * SCN_NAME_MAX + 3)
char *outcome_name(const struct outcome *o, char *out);
void results_tally(const struct results *r, unsigned tally[RESULT_COUNT]);

/* Writes DIR/results.json, DIR/results.tap, DIR/junit.xml, each by a temporary file and rename so
 * that a reader never sees half of one. Returns 0, or -1 with a message on stderr that names the
 * file. */
int results_write(const struct results *r, const char *dir);

/* As `gauntlet run` does: by case, and in a case by row. */
void results_sort(struct results *r);

/* Reads DIR/results.json, as results_write() wrote it, into *r, which needs no initialisation.
 * Returns 0 and the caller calls results_free(), or -1 with a message on stderr that names the file
 * and what is wrong with it. */
int results_read(struct results *r, const char *dir);

/* The exit code of `gauntlet run`: 0 all as expected; 1 something unexpected; 3 nothing ran (all
 * skipped, or no outcome at all); 4 a result was ENV and none was unexpected otherwise. */
int results_exit_code(const struct results *r);

#endif
