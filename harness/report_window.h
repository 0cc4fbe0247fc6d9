/* SPDX-License-Identifier: ISC */
/* report_window.h: the boot windows of a run (window.h) in a report: read, drawn, put into a table.
 *
 * report_window_load.c reads DIR/windows.jsonl, report_window_svg.c draws one case, report_window.c is the section.
 * Nothing in the file is trusted: what does not fit is refused, times that are no numbers as well, and words are escaped.
 */
#ifndef HARNESS_REPORT_WINDOW_H
#define HARNESS_REPORT_WINDOW_H

#include "harness/window.h"

#include <stdio.h>

#define WINDOW_WORD   16    /* of a mode, of packages, with its end */
#define WINDOW_NAME   160   /* suite/case */
#define WINDOW_MS_MAX 3.6e6 /* no case takes an hour */

struct window_case {
	char name[WINDOW_NAME];
	char mode[WINDOW_WORD], packages[WINDOW_WORD], boot[WINDOW_WORD];
	double locked_ms, off_ms; /* or WINDOW_NEVER */
	char mark_names[WINDOW_MARKS][32];
	struct window_mark marks[WINDOW_MARKS]; /* their names are those above */
	size_t mark_count;
	struct window w;
};

/* Those of one run, in its order. */
struct window_list {
	struct window_case **list;
	size_t count;
};

/* Reads DIR/windows.jsonl. 0; 1 when there is none; -1 with a message on stderr that names file and line. */
int windows_load(struct window_list *l, const char *dir);
/* One line of it; NULL, or what is wrong with it. */
const char *windows_parse(struct window_list *l, const char *line, size_t len);
void windows_free(struct window_list *l);

/* Whether anything crossed that is not allowed. */
bool window_is_open(const struct window_case *c);
/* "Open for 572 ms: 14 packets to 3 destinations that are not allowed crossed", or what else can be said. Plain text
 * without a full stop. */
void window_sentence(const struct window_case *c, FILE *to);

/* The drawing, an <svg> with `id` as the beginning of its ids (a word that needs no escaping). */
void report_write_window_svg(const struct window_case *c, const char *id, FILE *to);

#endif
