/* SPDX-License-Identifier: ISC */
/* diag.h: errors in files people write: file:line:column, what is wrong, the line, a caret, and a
 * suggestion. All errors of a file are collected in one pass; nothing stops at the first.
 *
 *   scenarios/egress.scn:12:10: error: unknown statement 'injekt'; did you mean 'inject'?
 *     12 |   injekt udp $VM:40000 > $CONSUMER
 *        |   ^~~~~~
 */
#ifndef HARNESS_DIAG_H
#define HARNESS_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define DIAG_TEXT_MAX  320
#define DIAG_ERROR_MAX 100 /* errors kept per file; further ones are only counted */

struct diag_error {
	unsigned line;   /* 1-based; 0 = about the file as a whole */
	unsigned column; /* 1-based, in bytes; 0 = about the whole line */
	unsigned width;  /* length of the underline, at least 1 */
	char text[DIAG_TEXT_MAX];
};

struct diag {
	const char *path;   /* as the user named it; borrowed */
	const char *source; /* whole text of the file, for the excerpt; borrowed, may be NULL */
	size_t source_len;
	size_t count; /* all errors, also those beyond DIAG_ERROR_MAX */
	struct diag_error errors[DIAG_ERROR_MAX];
};

void diag_init(struct diag *d, const char *path, const char *source, size_t source_len);
/* Adds one error. Control characters in the text are replaced, and an error that is equal to the
 * last one is not added again (a peeked word is read twice). `width` 0 counts as 1. */
void diag_error(struct diag *d, unsigned line, unsigned column, unsigned width, const char *fmt,
                ...) __attribute__((format(printf, 5, 6)));
/* Prints all errors in the order of their lines, then how many there are; nothing when there are
 * none. Colour only when `to` is a terminal and NO_COLOR is not set. */
void diag_print(const struct diag *d, FILE *to);

/* The entry of `words` (NULL-terminated) nearest to `word`, or NULL when none is near enough to be
 * what was meant (edit distance above 2, or above a third of the longer of the two; a swap of two
 * neighbours is one edit, upper and lower case are the same). */
const char *diag_nearest(const char *word, const char *const *words);

/* The length of the UTF-8 character at `p`, of which `n` bytes are there: 1..4, or 0 when it is
 * malformed, cut off or a control character other than tab. */
size_t diag_char_len(const char *p, size_t n);

#endif
