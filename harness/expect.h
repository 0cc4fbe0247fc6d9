/* SPDX-License-Identifier: ISC */
/* expect.h: baselines: the failures of a backend that are known, one a line, each with an end.
 *
 *   expect fail plain-nat/broken* plane wire until 2027-03-31 says "crossed the wire" because "it mends checksums"
 *   expect lie  audit/x transport tap until 2027-03-31 says "claims a drop" because "issue 12"
 *   flaky kernel-tcp/soak until 2027-01-31 because "times out on one core"
 *
 * What is expected to fail is always run. A result that meets its line (result, and `says` in its sentence) becomes
 * XFAIL; a pass becomes XPASS, which fails the run; any other result stays what it is. The first line that fits a name,
 * plane and transport is the only one that is asked. Behind the day of `until` a line excuses nothing. Lines that are
 * expired, or stand for nothing that is played (dead), fail a run too: a baseline says how things are, or it is wrong.
 *
 * `flaky` excuses FAIL, VACUOUS and HANG of a case that also passes at times; never a LIE, a CRASH, an AUDIT-GAP, and
 * never a negative case: a leak that happens sometimes is a leak.
 *
 *   expect_parse.c  the file, as text
 *   expect.c        names, verdicts, complaints
 *   expect_names.c  what lines stand for in the scenarios there are
 *   expect_load.c   where the file is; reading it for a run, for lint, for results that were merged
 *
 * All but expect_load.c is pure: no file, no clock.
 */
#ifndef HARNESS_EXPECT_H
#define HARNESS_EXPECT_H

#include "harness/diag.h"
#include "harness/results.h"
#include "harness/select.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define EXPECT_LINES_MAX     1024
#define EXPECT_FILE_MAX      (1u << 20)
#define EXPECT_TEXT_MAX      200 /* of `says` and `because` */
#define EXPECT_TRANSPORT_MAX 24
#define EXPECT_NOBODY        SIZE_MAX

struct expect_line {
	unsigned line, column, width; /* where the glob stands in the file */
	bool flaky;
	enum result result; /* unless flaky */
	char glob[OUTCOME_NAME_MAX];
	unsigned planes;                      /* mask of enum scn_plane */
	char transport[EXPECT_TRANSPORT_MAX]; /* "": any */
	unsigned until;                       /* the last day: 20270331 */
	char says[EXPECT_TEXT_MAX];           /* "" when flaky */
	char because[EXPECT_TEXT_MAX];

	/* filled by expect_learn() */
	bool learned;
	unsigned reaches;                /* planes on which it is the first line for some case */
	unsigned shadow;                 /* line that comes first for what it names; 0: none */
	char negative[OUTCOME_NAME_MAX]; /* a negative case that a flaky line names, or "" */

	/* filled by expect_judge() and expect_recount() */
	unsigned played, skipped; /* outcomes for which it came first */
};

struct expect {
	char path[PATH_MAX]; /* of the file */
	struct expect_line *lines;
	size_t count;
};

/* Where and when: what a line must fit besides a name. */
struct expect_place {
	enum scn_plane plane;
	const char *transport; /* a word of transport.h, or NULL: fits every line without one */
	unsigned today;        /* 20261231 */
};

/* Reads a baseline. All errors go to `diag`, which keeps pointers to `path` and `text`; a line with one is left out. The
 * caller frees with expect_free(), also when there were errors. */
void expect_parse(const char *path, const char *text, size_t len, struct diag *diag,
                  struct expect *out);
void expect_free(struct expect *e);

/* `*` stands for any bytes, `/` too, `?` for one. */
bool expect_glob(const char *glob, const char *name);
/* Whether a line is about this plane and transport. */
bool expect_fits(const struct expect_line *l, const struct expect_place *at);
/* Index of the first line that fits, or EXPECT_NOBODY. */
size_t expect_find(const struct expect *e, const char *name, const struct expect_place *at);
/* "2027-03-31" of 20270331; `out` holds 16 bytes; returns it. */
char *expect_day(unsigned day, char *out);

/* What an outcome is to the baseline: counts it for its line, and changes its result and sentence where the line says
 * so. A flaky line does nothing for a negative case. */
void expect_judge(struct expect *e, const struct expect_place *at, bool negative,
                  struct outcome *o);
/* Counts for each line the outcomes for which it comes first, judged before or not played, from 0. */
void expect_recount(struct expect *e, const struct expect_place *at, const struct results *r);

/* Notes what the lines stand for in these suites. */
void expect_learn(struct expect *e, const struct selection *sel, size_t count);
/* Whether a case (row NULL) or a row wants something *not* to happen. */
bool expect_is_negative(const struct scn_case *c, const struct row *row);
/* After expect_learn(): flaky lines that name negative cases; when `all` suites were learned also lines that name
 * nothing, or come first for nothing. As errors of the file. */
void expect_check_names(const struct expect *e, const struct selection *sel, size_t count, bool all,
                        struct diag *diag);
/* Lines whose day is over, as errors of the file. */
void expect_check_days(const struct expect *e, unsigned today, struct diag *diag);

/* After a run: a sentence to `to` for each line that is expired or dead; returns how many. `whole`: everything that the
 * plane has was played; else only lines that were asked are looked at. */
unsigned expect_complain(const struct expect *e, const struct expect_place *at, bool whole,
                         FILE *to);

/* ---- shell: expect_load.c ---- */

/* Today in UTC, as in struct expect_place. */
unsigned expect_today(void);
/* The baseline of a backend: `option` (the argument of --expect: a file, or "none") when it is not NULL; else
 * harness/backends/NAME/expect.txt for `backend` NAME, or expect.txt beside a PATH that ends in /backend. `out` holds
 * PATH_MAX bytes and is "" when there is none. */
void expect_path(const char *option, const char *backend, char *out);
/* Reads the baseline for a run over these suites (`all`: all there are), NULL in *out when there is none. 0, or -1 with
 * all errors on stderr. The caller frees with expect_close(). */
int expect_open(const char *option, const char *backend, const struct selection *sel, size_t count,
                bool all, struct expect **out);
void expect_close(struct expect *e);
/* For `gauntlet lint`: one file against all suites of `dir`; all below harness/backends. Errors to stderr; returns their
 * number. *files counts those read. */
size_t expect_lint(const char *path, const char *dir, size_t *files);
size_t expect_lint_all(const char *dir, size_t *files);
/* For results that were judged with the baseline `path` in pieces and are whole only now: complaints to `to`, their
 * number, or -1 with a message when the baseline or the scenarios cannot be read. "" is no baseline: 0. */
int expect_check_results(const struct results *r, const char *path, const char *dir, FILE *to);

#endif
