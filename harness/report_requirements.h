/* SPDX-License-Identifier: ISC */
/* report_requirements.h: the sentences of docs/requirements.md, read from its tables.
 *
 *   ## Link (LINK)                                        an area: title and code
 *   | LINK-001 | MUST | Frames below 14 bytes ... | ...   a requirement: id, level, sentence
 *
 * Whatever else stands in the file is passed over.
 */
#ifndef HARNESS_REPORT_REQUIREMENTS_H
#define HARNESS_REPORT_REQUIREMENTS_H

#include <stddef.h>

struct requirement {
	char id[16];
	char level[8];
	char *sentence;
	size_t area; /* index into areas */
};

struct requirement_area {
	char *title; /* "Link" */
	char code[16];
};

struct requirements {
	struct requirement_area *areas;
	size_t area_count;
	struct requirement *list;
	size_t count;
};

/* Reads a whole text. *r needs no initialisation; the caller frees it with requirements_free(). */
void requirements_parse(struct requirements *r, const char *text);
/* The same from a file; one that cannot be read leaves *r empty and returns -1, without a message. */
int requirements_load(struct requirements *r, const char *path);
void requirements_free(struct requirements *r);
/* NULL when it is not listed. */
const struct requirement *requirements_find(const struct requirements *r, const char *id);

#endif
