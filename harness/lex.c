/* SPDX-License-Identifier: ISC */
/* lex.c: one line of a scenario file, cut into words. */
#include "harness/lex.h"

#include "harness/addr.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void lex_init_window(struct lex *lx, const char *line_start, const char *p, const char *end,
                     unsigned line_number, struct diag *diag)
{
	lx->p = p;
	lx->end = end;
	lx->line_start = line_start;
	lx->line = line_number;
	lx->diag = diag;
	lx->bad = false;
	lx->word[0] = '\0';
	lx->len = 0;
	lx->column = (unsigned)(p - line_start) + 1;
	lx->width = 0;
	lx->string = false;
}

void lex_init(struct lex *lx, const char *line, size_t len, unsigned line_number, struct diag *diag)
{
	lex_init_window(lx, line, line, line + len, line_number, diag);
}

static unsigned column_of(const struct lex *lx, const char *p)
{
	return (unsigned)(p - lx->line_start) + 1;
}

static void complain(struct lex *lx, const char *from, const char *to, const char *what)
{
	diag_error(lx->diag, lx->line, column_of(lx, from), (unsigned)(to - from), "%s", what);
	lx->bad = true;
}

/* Appends one byte to the word; what does not fit is left out, and lex_next() complains. */
static void append(struct lex *lx, char c, bool *overflow)
{
	if (lx->len + 1 < sizeof(lx->word))
		lx->word[lx->len++] = c;
	else
		*overflow = true;
}

/* The escape at lx->p, which stands on the backslash. Returns the byte it means, or 0 after a
 * complaint; moves behind it. */
static char read_escape(struct lex *lx)
{
	static const char letters[] = "nrt\\\"|";
	static const char meaning[] = "\n\r\t\\\"|";
	const char *start = lx->p++;
	const char *letter;

	if (lx->p == lx->end)
		return 0; /* the string has no end, which is complained about elsewhere */
	letter = *lx->p ? strchr(letters, *lx->p) : NULL;
	if (letter) {
		lx->p++;
		return meaning[letter - letters];
	}
	if (*lx->p == 'x') {
		int high = lx->end - lx->p > 2 ? addr_hex_digit(lx->p[1]) : -1;
		int low = high >= 0 ? addr_hex_digit(lx->p[2]) : -1;

		lx->p++;
		if (high < 0 || low < 0) {
			complain(lx, start, lx->p, "\\x needs two hexadecimal digits");
			return 0;
		}
		lx->p += 2;
		if (!(high << 4 | low))
			complain(lx, start, lx->p, "a string cannot hold a zero byte; use hex");
		return (char)(high << 4 | low);
	}
	lx->p++;
	complain(lx, start, lx->p, "unknown escape; there are \\n \\r \\t \\\\ \\\" \\| and \\xHH");
	return 0;
}

static void read_string(struct lex *lx, bool *overflow)
{
	const char *start = lx->p++;

	lx->string = true;
	while (lx->p < lx->end && *lx->p != '"') {
		char c = *lx->p == '\\' ? read_escape(lx) : *lx->p++;

		if (c)
			append(lx, c, overflow);
	}
	if (lx->p == lx->end) {
		complain(lx, start, lx->p, "string without end");
		return;
	}
	lx->p++;
	if (lx->p < lx->end && *lx->p != ' ' && *lx->p != '\t')
		complain(lx, lx->p, lx->p + 1, "a space must follow the end of a string");
}

static void read_bare(struct lex *lx, bool *overflow)
{
	while (lx->p < lx->end && *lx->p != ' ' && *lx->p != '\t') {
		if (*lx->p == '"') {
			complain(lx, lx->p, lx->p + 1, "a string must stand alone, not in a word");
			return; /* go on with the string as the next word */
		}
		append(lx, *lx->p++, overflow);
	}
}

bool lex_next(struct lex *lx)
{
	const char *start;
	bool overflow = false;

	while (lx->p < lx->end && (*lx->p == ' ' || *lx->p == '\t'))
		lx->p++;
	lx->len = 0;
	lx->word[0] = '\0';
	lx->string = false;
	if (lx->p < lx->end && *lx->p == '#')
		lx->p = lx->end;
	if (lx->p == lx->end) {
		lx->column += lx->width; /* behind the last word, however often one asks */
		lx->width = 0;
		return false;
	}
	start = lx->p;
	lx->column = column_of(lx, start);
	if (*lx->p == '"')
		read_string(lx, &overflow);
	else
		read_bare(lx, &overflow);
	lx->word[lx->len] = '\0';
	lx->width = (unsigned)(lx->p - start);
	if (overflow)
		complain(lx, start, lx->p, "this word is too long");
	return true;
}

bool lex_peek(struct lex *lx)
{
	const char *p = lx->p;
	bool any = lex_next(lx);

	/* At the end of the line nothing is left to be read again but a comment. */
	if (any)
		lx->p = p;
	return any;
}

bool lex_is(const struct lex *lx, const char *s)
{
	return !lx->string && lx->width > 0 && strcmp(lx->word, s) == 0;
}

void lex_error(struct lex *lx, const char *fmt, ...)
{
	char text[DIAG_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_error(lx->diag, lx->line, lx->column, lx->width, "%s", text);
}

const char *lex_unknown(struct lex *lx, const char *what, const char *const *words)
{
	const char *nearest = diag_nearest(lx->word, words);
	char list[DIAG_TEXT_MAX / 2] = "";
	size_t len = 0;

	if (nearest && lx->string && !strcmp(nearest, lx->word)) {
		lex_error(lx, "%s '%s' is written without quotes", what, nearest);
		return nearest;
	}
	if (nearest) {
		lex_error(lx, "unknown %s '%.64s'; did you mean '%s'?", what, lx->word, nearest);
		return nearest;
	}
	for (; *words && len < sizeof(list); words++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", len ? ", " : "",
		                        *words);
	lex_error(lx, "unknown %s '%.64s'; there are: %s", what, lx->word, list);
	return NULL;
}
