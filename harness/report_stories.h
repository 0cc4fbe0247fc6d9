/* SPDX-License-Identifier: ISC */
/* report_stories.h: the stories of all runs (story_json.h), small enough for one page.
 *
 * Rows of a batch share most of their lines, and all of them many words, so both are kept once and named
 * by number.
 */
#ifndef HARNESS_REPORT_STORIES_H
#define HARNESS_REPORT_STORIES_H

#include "harness/strtab.h"

#include <stdio.h>

struct story_text {
	size_t sends, expects, why, flags, repro; /* numbers of texts, or STRTAB_NONE */
	size_t *lines;
	size_t line_count;
};

/* The stories of one run. */
struct story_list {
	struct strtab names;
	struct story_text *list; /* by number of the name */
};

/* What all runs share. */
struct story_pool {
	struct strtab texts;
	struct strtab lines; /* as they stand in the page: JSON, fit for a <script> */
};

/* Reads DIR/stories.jsonl. 0; 1 when there is none; -1 with a message on stderr that names file and line.
 * Of a name that comes twice the last counts. */
int stories_load(struct story_list *l, struct story_pool *pool, const char *dir);
/* One line of it; NULL, or what is wrong with it. */
const char *stories_parse(struct story_list *l, struct story_pool *pool, const char *line,
                          size_t len);
void stories_free(struct story_list *l);
void story_pool_free(struct story_pool *pool);

/* NULL when there is none. */
const struct story_text *stories_find(const struct story_list *l, const char *name);
/* The text with this number, or NULL for STRTAB_NONE. */
const char *story_words(const struct story_pool *pool, size_t number);

/* A JSON string that cannot end a <script>: <, > and & are written as \u00XX. NULL is null. */
void report_json(FILE *to, const char *text);

#endif
