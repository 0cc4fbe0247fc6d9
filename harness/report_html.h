/* SPDX-License-Identifier: ISC */
/* report_html.h: the page. One file: style, script and data are in it, and its Content-Security-Policy
 * lets it load nothing and run nothing else. Whatever a backend, a scenario or a file said is escaped.
 *
 * Without its script everything but the timelines is there. harness/report/report.css and report.js are
 * the other two parts; report_html.c is the page's frame, report_matrix.c its cases, report_policies.c,
 * report_changes.c and report_window.c more sections, report_data.c what the script reads.
 */
#ifndef HARNESS_REPORT_HTML_H
#define HARNESS_REPORT_HTML_H

#include "harness/report_model.h"
#include "harness/report_stories.h"
#include "harness/report_trend.h"
#include "harness/report_window.h"

#include <stdbool.h>
#include <stdio.h>

/* What a run is compared with. */
struct report_past {
	bool known;
	const char *dir; /* borrowed */
	struct trend trend;
};

struct report_page {
	const struct report_model *model;
	const struct story_list *stories;  /* one for each run */
	const struct report_past *past;    /* one for each run, or NULL */
	struct story_pool *pool;           /* more texts are put in */
	const char *made;                  /* when, for people */
	const struct window_list *windows; /* one for each run, or NULL */
	char *const *rogue;                /* paths of rogue.json that were found, or NULL */
	size_t rogue_count;
};

void report_html_write(const struct report_page *p, FILE *to);

/* The parts, for report_html.c and the tests. Each writes a whole <section>, or nothing when it has nothing to
 * say. */
void report_write_changes(const struct report_page *p, FILE *to);
void report_write_matrix(const struct report_page *p, FILE *to);
void report_write_policies(const struct report_page *p, FILE *to);
void report_write_windows(const struct report_page *p, FILE *to);
void report_write_data(const struct report_page *p, FILE *to); /* a JSON object */

bool report_has_windows(const struct report_page *p);

/* "refnat, kernel plane", with the transport when it is not the usual one. Not escaped. */
char *report_run_name(const struct report_run *run, char *out, size_t size);
/* The mark of one outcome as a link to its row; an empty place when it is NULL. */
void report_write_cell(const struct report_page *p, const struct report_row *row, size_t run,
                       FILE *to);
/* A mark that is no link, "P" or "F 28", for many outcomes. */
void report_write_mark(enum result r, size_t count, size_t run, FILE *to);

#endif
