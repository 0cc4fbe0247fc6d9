/* SPDX-License-Identifier: ISC */
/* lex.h: one line of a scenario file, cut into words.
 *
 * Words are separated by spaces and tabs; "..." is a string with the escapes \n \r \t \\ \" \| \xHH
 * (it is one word, quotes removed, may hold any byte but NUL); a # at the start of a word starts a
 * comment (inside a word it is an ordinary character: bypass.pcap#12).
 * The lexer owns nothing: it copies each word into its own buffer, valid until the next call.
 *
 * A malformed word (string without end, unknown escape, a quote inside a word, too long) is
 * reported to `diag`, sets `bad`, and is delivered as far as it could be read, so that the rest of
 * the line is still looked at.
 */
#ifndef HARNESS_LEX_H
#define HARNESS_LEX_H

#include "harness/diag.h"

#include <stdbool.h>
#include <stddef.h>

#define LEX_WORD_MAX 2048

struct lex {
	const char *p; /* next unread byte of the line */
	const char *end;
	const char *line_start;
	unsigned line;     /* 1-based line number */
	struct diag *diag; /* receives "string without end", "word too long", ... */
	bool bad;          /* a word of this line was malformed, and that was reported */

	/* the current word */
	char word[LEX_WORD_MAX];
	size_t len;
	unsigned column, width; /* where it stands, 1-based; width in source bytes */
	bool string;            /* was written in quotes */
};

void lex_init(struct lex *lx, const char *line, size_t len, unsigned line_number,
              struct diag *diag);
/* For a window of a line (a table cell): columns are counted from `line_start`. */
void lex_init_window(struct lex *lx, const char *line_start, const char *p, const char *end,
                     unsigned line_number, struct diag *diag);

/* Reads the next word into lx->word; false at the end of the line (then the word is empty and
 * column points just behind the last word). */
bool lex_next(struct lex *lx);
/* As lex_next(), but the word is not consumed. */
bool lex_peek(struct lex *lx);
/* The current word is unquoted and equal to `s`. */
bool lex_is(const struct lex *lx, const char *s);
/* Reports an error at the current word, or just behind the last one at the end of the line. */
void lex_error(struct lex *lx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Reports that the current word is none of `words` (NULL-terminated): "unknown WHAT 'wrd'; did you
 * mean 'word'?", or with the list when none is near. Returns the one that was probably meant, or
 * NULL. */
const char *lex_unknown(struct lex *lx, const char *what, const char *const *words);

#endif
