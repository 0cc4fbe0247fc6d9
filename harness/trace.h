/* SPDX-License-Identifier: ISC */
/* trace.h: `gauntlet trace`: which requirement is tried by which case, and what became of it with which backend.
 *
 * It reads the tables of docs/requirements.md, all scenario files, and the results.json of the runs it is given. It
 * objects when the three do not agree: an id that is cited and not listed, a state that is not true, a MUST that nothing
 * tries and that does not say what is missing.
 *
 *   trace.c         the tables, what is cited, what was run, what is wrong (pure)
 *   trace_report.c  for people, and as JSON (pure)
 *   trace_main.c    the command
 */
#ifndef HARNESS_TRACE_H
#define HARNESS_TRACE_H

#include "harness/diag.h"
#include "harness/results.h"
#include "harness/select.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TRACE_AREAS_MAX    64
#define TRACE_BACKENDS_MAX 8
#define TRACE_ID_MAX       16
#define TRACE_TITLE_MAX    80
#define TRACE_FILE_MAX     (1u << 20)

enum trace_level { TRACE_MUST, TRACE_SHOULD, TRACE_MAY };

enum trace_state {
	TRACE_COVERED,  /* at least one case cites it */
	TRACE_PLANNED,  /* none does; the last column says why */
	TRACE_MEASURED, /* none does: a bench prints its figure */
};

struct trace_requirement {
	char id[TRACE_ID_MAX];
	unsigned line; /* in the file */
	size_t area;
	enum trace_level level;
	enum trace_state state;
	bool says_needs; /* its last column begins with "needs " and something behind it */
};

/* What became of an item: the worst of all runs. From the least to the most that is known. */
enum trace_fate {
	TRACE_NOT_RUN,
	TRACE_SKIPPED,
	TRACE_PASSED,
	TRACE_EXPECTED, /* XFAIL */
	TRACE_FAILED,
	TRACE_FATE_COUNT
};

/* What can cite: a case of statements, a row, or a probe of `gauntlet doctor` or `gauntlet fleet`. */
struct trace_item {
	char name[OUTCOME_NAME_MAX];
	size_t case_len; /* of the name, the letters that are SUITE/CASE */
	bool probe;      /* no run plays it */
	struct req_list req;
	enum trace_fate fate[TRACE_BACKENDS_MAX];
};

struct trace_ref {
	struct trace_item *item;
};

struct trace {
	char areas[TRACE_AREAS_MAX][TRACE_TITLE_MAX];
	size_t area_count;
	struct trace_requirement *list;
	size_t count, size;
	struct trace_item *items;
	size_t item_count, item_size;
	struct trace_ref *sorted; /* by name; NULL until the first results */
	char backends[TRACE_BACKENDS_MAX][SCN_NAME_MAX];
	size_t backend_count;
	size_t strangers; /* outcomes of cases that these scenarios do not have */
};

/* Reads the tables of a file in Markdown: rows `| ID | level | sentence | state | why |` below `## Title`. Errors go to
 * `diag`. *t is zeroed before; trace_free() in any case. */
void trace_parse(struct trace *t, const char *path, const char *text, size_t len,
                 struct diag *diag);
void trace_free(struct trace *t);
void trace_add_suite(struct trace *t, const struct suite *s);
void trace_add_probe(struct trace *t, const char *name, const char *req);
/* After all suites. false when there are more backends than TRACE_BACKENDS_MAX. */
bool trace_add_results(struct trace *t, const struct results *r);
/* What does not agree, as errors of the file with the tables. */
void trace_check(const struct trace *t, struct diag *diag);

bool trace_cites(const struct trace_item *item, const char *id);
/* How many items cite it; with `fates` not NULL how many came to which with a backend, probes left out. */
size_t trace_count(const struct trace *t, const char *id, size_t backend,
                   size_t fates[TRACE_FATE_COUNT]);
extern const char *const trace_level_words[], *const trace_state_words[], *const trace_fate_words[];

/* A table by area and totals; with `cases` also each case that cites. */
void trace_print(const struct trace *t, bool cases, FILE *to);
void trace_print_totals(const struct trace *t, FILE *to);
void trace_write_json(const struct trace *t, const struct diag *diag, FILE *to);

int trace_main(int argc, char **argv);

#endif
