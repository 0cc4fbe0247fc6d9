/* SPDX-License-Identifier: ISC */
/* diag.c: collects the errors of one file and prints them as compilers do. */
#include "harness/diag.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAB_STOP      8
#define EXCERPT_WIDTH 120 /* longer lines are shown in part */
#define NEAREST_MAX   64  /* longer words are never suggested nor corrected */

struct colours {
	const char *bold, *error, *caret, *off;
};

size_t diag_char_len(const char *p, size_t n)
{
	const uint8_t *s = (const uint8_t *)p;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t code;
	size_t len;

	if (!n)
		return 0;
	if (s[0] < 0x80)
		return s[0] == '\t' || (s[0] >= 0x20 && s[0] != 0x7f);
	len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || len > n)
		return 0;
	code = s[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < least[len] || code < 0xa0 || (code >= 0xd800 && code < 0xe000) ||
	    code > 0x10ffff)
		return 0;
	return len;
}

void diag_init(struct diag *d, const char *path, const char *source, size_t source_len)
{
	d->path = path;
	d->source = source;
	d->source_len = source_len;
	d->count = 0;
}

/* What people wrote is quoted in messages; it must not be able to steer their terminal. */
static void make_printable(char *text)
{
	size_t left = strlen(text);

	while (left) {
		size_t len = diag_char_len(text, left);

		if (!len || *text == '\t') {
			*text = '?';
			len = 1;
		}
		text += len;
		left -= len;
	}
}

void diag_error(struct diag *d, unsigned line, unsigned column, unsigned width, const char *fmt,
                ...)
{
	struct diag_error e = {.line = line, .column = column, .width = width ? width : 1};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e.text, sizeof(e.text), fmt, ap);
	va_end(ap);
	make_printable(e.text);
	if (d->count && d->count <= DIAG_ERROR_MAX) {
		const struct diag_error *last = &d->errors[d->count - 1];

		if (last->line == line && last->column == column && !strcmp(last->text, e.text))
			return;
	}
	if (d->count < DIAG_ERROR_MAX)
		d->errors[d->count] = e;
	d->count++;
}

/* The text of line `number` without its end, or false when there is none. */
static bool find_line(const struct diag *d, unsigned number, const char **line, size_t *len)
{
	const char *p = d->source, *end;

	if (!d->source || !number)
		return false;
	end = p + d->source_len;
	while (--number) {
		p = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
		if (!p)
			return false;
		p++;
	}
	*line = p;
	*len = (size_t)(end - p);
	if (*len && memchr(p, '\n', *len))
		*len = (size_t)((const char *)memchr(p, '\n', *len) - p);
	if (*len && p[*len - 1] == '\r')
		--*len;
	return true;
}

/* One source character on its way to the screen: how many bytes it has, how many columns it fills
 * when it starts in column `at`. Malformed bytes are shown as '?'. */
struct glyph {
	size_t bytes;
	unsigned columns;
	bool shown; /* the bytes may be printed as they are */
};

static struct glyph next_glyph(const char *p, size_t n, unsigned at)
{
	size_t len = diag_char_len(p, n);

	if (*p == '\t')
		return (struct glyph){1, TAB_STOP - at % TAB_STOP, false};
	return (struct glyph){len ? len : 1, 1, len > 0};
}

/* The screen column (from 0) in which byte `offset` of the line stands. */
static unsigned screen_column(const char *line, size_t len, size_t offset)
{
	unsigned at = 0;
	size_t i = 0;

	while (i < len && i < offset) {
		struct glyph g = next_glyph(line + i, len - i, at);

		at += g.columns;
		i += g.bytes;
	}
	return i < offset ? at + (unsigned)(offset - i) : at;
}

/* Prints the screen columns from..to of the line. */
static void print_columns(const char *line, size_t len, unsigned from, unsigned to, FILE *f)
{
	unsigned at = 0;

	for (size_t i = 0; i < len && at < to;) {
		struct glyph g = next_glyph(line + i, len - i, at);

		if (g.shown && at >= from)
			fwrite(line + i, 1, g.bytes, f);
		else
			for (unsigned c = at; c < at + g.columns && c < to; c++)
				if (c >= from)
					fputc(line[i] == '\t' ? ' ' : '?', f);
		at += g.columns;
		i += g.bytes;
	}
}

static void print_excerpt(const struct diag *d, const struct diag_error *e,
                          const struct colours *colour, FILE *f)
{
	const char *line;
	size_t len, end;
	unsigned caret, behind, from = 0;

	if (!find_line(d, e->line, &line, &len) || !len)
		return;
	if (!e->column) {
		fprintf(f, "%5u | ", e->line);
		print_columns(line, len, 0, EXCERPT_WIDTH, f);
		fputc('\n', f);
		return;
	}
	caret = screen_column(line, len, e->column - 1);
	end = (size_t)e->column - 1 + e->width;
	behind = screen_column(line, len, end < len ? end : len);
	if (behind > EXCERPT_WIDTH && caret > EXCERPT_WIDTH / 2)
		from = caret - EXCERPT_WIDTH / 2;
	if (behind > from + EXCERPT_WIDTH)
		behind = from + EXCERPT_WIDTH;

	fprintf(f, "%5u | ", e->line);
	print_columns(line, len, from, from + EXCERPT_WIDTH, f);
	fprintf(f, "\n      | %*s%s^", (int)(caret - from), "", colour->caret);
	for (unsigned c = caret + 1; c < behind; c++)
		fputc('~', f);
	fprintf(f, "%s\n", colour->off);
}

static bool stands_before(const struct diag_error *a, const struct diag_error *b)
{
	return a->line != b->line ? a->line < b->line : a->column < b->column;
}

void diag_print(const struct diag *d, FILE *to)
{
	static const struct colours plain = {"", "", "", ""};
	static const struct colours bright = {"\033[1m", "\033[1;31m", "\033[1;32m", "\033[0m"};
	bool terminal = isatty(fileno(to)) && !getenv("NO_COLOR");
	const struct colours *colour = terminal ? &bright : &plain;
	size_t kept = d->count < DIAG_ERROR_MAX ? d->count : DIAG_ERROR_MAX;
	size_t order[DIAG_ERROR_MAX];

	for (size_t i = 0; i < kept; i++) { /* insertion sort keeps equal places in order */
		size_t j = i;

		for (; j && stands_before(&d->errors[i], &d->errors[order[j - 1]]); j--)
			order[j] = order[j - 1];
		order[j] = i;
	}
	for (size_t i = 0; i < kept; i++) {
		const struct diag_error *e = &d->errors[order[i]];

		fprintf(to, "%s%s:", colour->bold, d->path);
		if (e->line)
			fprintf(to, "%u:", e->line);
		if (e->line && e->column)
			fprintf(to, "%u:", e->column);
		fprintf(to, "%s %serror:%s %s\n", colour->off, colour->error, colour->off, e->text);
		print_excerpt(d, e, colour, to);
	}
	if (d->count > kept)
		fprintf(to, "(%zu more not shown)\n", d->count - kept);
	if (d->count)
		fprintf(to, "%zu error%s in %s\n", d->count, d->count == 1 ? "" : "s", d->path);
}

static unsigned min_of(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment distance: inserted, lost, changed letters and swapped neighbours. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned row[3][NEAREST_MAX + 1]; /* the one before the last, the last, this one */

	for (size_t j = 0; j <= b_len; j++)
		row[1][j] = (unsigned)j;
	memset(row[0], 0, sizeof(row[0]));
	for (size_t i = 1; i <= a_len; i++) {
		row[2][0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			int x = tolower((unsigned char)a[i - 1]);
			int y = tolower((unsigned char)b[j - 1]);
			unsigned best = row[1][j - 1] + (x != y);

			best = min_of(best, min_of(row[1][j], row[2][j - 1]) + 1);
			if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
			    y == tolower((unsigned char)a[i - 2]))
				best = min_of(best, row[0][j - 2] + 1);
			row[2][j] = best;
		}
		memcpy(row[0], row[1], sizeof(row[0]));
		memcpy(row[1], row[2], sizeof(row[1]));
	}
	return row[1][b_len];
}

const char *diag_nearest(const char *word, const char *const *words)
{
	size_t len = strlen(word);
	const char *best = NULL;
	unsigned best_distance = 3;

	if (len > NEAREST_MAX)
		return NULL;
	for (; *words; words++) {
		size_t n = strlen(*words);
		unsigned apart;

		if (n > NEAREST_MAX)
			continue;
		apart = distance(word, len, *words, n);
		if (apart < best_distance && apart <= (len > n ? len : n) / 3) {
			best = *words;
			best_distance = apart;
		}
	}
	return best;
}
