/* SPDX-License-Identifier: ISC */
/* scenario_vary.c: `vary NAME VALUE...` above a table, and the rows that are written once for all its values.
 *
 * A row is expanded as text, before its cells are read: so {NAME} may stand for any part of any cell. Errors are found in
 * the expanded text and then moved to where they stand in the file.
 */
#include "harness/scenario_parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MANY "a `vary` has at most %d values, and an attack %d of them"

/* ---- the statement ---- */

static bool is_letter(char c)
{
	return isupper((unsigned char)c) || isdigit((unsigned char)c);
}

static bool is_vary_name(const char *s)
{
	size_t n = 0;

	if (!isupper((unsigned char)*s))
		return false;
	while (is_letter(s[n]))
		n++;
	return !s[n] && n < SCN_VARY_NAME_MAX;
}

static struct scn_vary *find(struct parse *p, const char *name, size_t len)
{
	for (unsigned i = 0; i < p->vary_count; i++)
		if (strlen(p->vary[i].name) == len && !memcmp(p->vary[i].name, name, len))
			return &p->vary[i];
	return NULL;
}

/* It becomes a part of a row's name. */
static bool is_value(const char *s)
{
	return *s && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-") == strlen(s) &&
	       strlen(s) < SCN_NAME_MAX;
}

static bool add_value(struct parse *p, struct scn_vary *v, const char *text)
{
	if (v->count == SCN_VARY_VALUES_MAX) {
		lex_error(&p->lx, MANY, SCN_VARY_VALUES_MAX, SCN_VARY_MAX);
		return false;
	}
	for (size_t i = 0; i < v->count; i++)
		if (!strcmp(v->values[i], text)) {
			lex_error(&p->lx, "the value '%s' stands here twice", text);
			return false;
		}
	v->values = scn_grow(v->values, v->count, sizeof(*v->values));
	memcpy(v->values[v->count++], text, strlen(text) + 1);
	return true;
}

/* 17, or 0x11; *end is what stands behind it. */
static bool read_number(const char *s, unsigned long *out, const char **end)
{
	bool hex = s[0] == '0' && s[1] == 'x';
	const char *digits = hex ? s + 2 : s;
	size_t n = strspn(digits, hex ? "0123456789abcdef" : "0123456789");

	if (!n || n > 8)
		return false;
	*out = strtoul(digits, NULL, hex ? 16 : 10);
	*end = digits + n;
	return true;
}

/* A..B, or A..B/STEP: as wide as A is written when it is hexadecimal. */
static void add_range(struct parse *p, struct scn_vary *v)
{
	const char *word = p->lx.word, *behind;
	bool hex = word[1] == 'x';
	unsigned long from, to, step = 1;
	int width;

	if (!read_number(word, &from, &behind) || strncmp(behind, "..", 2) != 0) {
		lex_error(&p->lx, "a range is written 1..8, 0x00..0xff or 0..255/5");
		return;
	}
	width = hex ? (int)(behind - word) - 2 : 0;
	if (!read_number(behind + 2, &to, &behind) ||
	    (*behind && (*behind != '/' || !read_number(behind + 1, &step, &behind) || *behind)) ||
	    from > to || !step) {
		lex_error(&p->lx, "a range is written 1..8, 0x00..0xff or 0..255/5");
		return;
	}
	for (; from <= to; from += step) {
		char text[SCN_NAME_MAX];

		snprintf(text, sizeof(text), hex ? "0x%0*lx" : "%0*lu", width, from);
		if (!add_value(p, v, text))
			return;
	}
}

static bool is_in_place(struct parse *p)
{
	if (!p->in_case || !scn_open_case(p)->attack)
		lex_error(&p->lx, "'vary' belongs below an `attack` or a `talk`, above its table");
	else if (p->table.has_header)
		lex_error(&p->lx, "'vary' belongs above the table");
	else
		return true;
	return false;
}

void scn_vary(struct parse *p)
{
	struct scn_vary *v;

	if (!is_in_place(p))
		return;
	if (!lex_next(&p->lx) || p->lx.string || !is_vary_name(p->lx.word)) {
		lex_error(&p->lx, "a name of A-Z and 0-9 follows 'vary'; rows have it as {NAME}");
		return;
	}
	if (find(p, p->lx.word, p->lx.len)) {
		lex_error(&p->lx, "'%s' varies already", p->lx.word);
		return;
	}
	if (p->vary_count == SCN_VARY_MAX) {
		lex_error(&p->lx, MANY, SCN_VARY_VALUES_MAX, SCN_VARY_MAX);
		return;
	}
	v = &p->vary[p->vary_count++];
	*v = (struct scn_vary){.place = scn_here(p)};
	memcpy(v->name, p->lx.word, p->lx.len + 1);
	while (lex_next(&p->lx)) {
		if (p->lx.string || !is_value(p->lx.word)) {
			if (!p->lx.string && strstr(p->lx.word, ".."))
				add_range(p, v);
			else
				lex_error(&p->lx, "a value becomes a part of names: it is made of "
				                  "a-z, 0-9, '.' and '-'");
		} else if (strstr(p->lx.word, "..")) {
			add_range(p, v);
		} else {
			add_value(p, v, p->lx.word);
		}
	}
	if (!v->count && p->diag->count == p->case_errors)
		lex_error(&p->lx, "the values of %s are missing", v->name);
}

void scn_vary_check(struct parse *p)
{
	for (unsigned i = 0; i < p->vary_count; i++)
		if (!p->vary[i].used && p->diag->count == p->case_errors)
			diag_error(p->diag, p->vary[i].place.line, p->vary[i].place.column,
			           p->vary[i].place.width, "no row has {%s} in its id",
			           p->vary[i].name);
}

void scn_vary_clear(struct parse *p)
{
	while (p->vary_count)
		free(p->vary[--p->vary_count].values);
}

/* ---- the rows ---- */

/* The next {NAME} in a text; *end is behind it. ${NAME} is the shell's. */
static const char *next_mark(const char *s, const char *stop, const char **end)
{
	for (const char *from = s; s < stop; s++) {
		const char *e = s + 1;

		if (*s != '{' || (s > from && s[-1] == '$'))
			continue;
		while (e < stop && is_letter(*e))
			e++;
		if (e < stop && *e == '}' && isupper((unsigned char)s[1])) {
			*end = e + 1;
			return s;
		}
	}
	return NULL;
}

static void error_at(struct parse *p, const char *line, const char *at, const char *end,
                     const char *text)
{
	diag_error(p->diag, p->lx.line, (unsigned)(at - line) + 1, (unsigned)(end - at), "%s",
	           text);
}

bool scn_vary_marks(struct parse *p, const char *line, const char *s, const char *stop, bool id,
                    unsigned *mask)
{
	const char *names[SCN_VARY_MAX + 1] = {NULL}, *end;

	for (unsigned i = 0; i < p->vary_count; i++)
		names[i] = p->vary[i].name;
	while ((s = next_mark(s, stop, &end))) {
		const struct scn_vary *v = find(p, s + 1, (size_t)(end - s) - 2);
		char text[200], name[64];

		if (v && (id || *mask >> (v - p->vary) & 1)) {
			*mask |= 1u << (v - p->vary);
			s = end;
			continue;
		}
		snprintf(name, sizeof(name), "%.*s", (int)(end - s) - 2, s + 1);
		if (v)
			snprintf(text, sizeof(text),
			         "{%s} must stand in the row's id, too, or the rows would have one "
			         "name",
			         name);
		else if (diag_nearest(name, names))
			snprintf(text, sizeof(text),
			         "nothing called {%s} varies; did you mean {%s}?", name,
			         diag_nearest(name, names));
		else
			snprintf(text, sizeof(text), "nothing called {%s} varies in this attack",
			         name);
		error_at(p, line, s, end, text);
		return false;
	}
	return true;
}

/* One row as text: the line with the values that `at` counts. origin[i] is where byte i came from. */
struct expanded {
	size_t len;
	char text[SCN_LINE_MAX + 1];
	unsigned origin[SCN_LINE_MAX + 2];
};

static bool put(struct expanded *x, const char *s, size_t n, size_t from, size_t step)
{
	if (x->len + n > SCN_LINE_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		x->text[x->len] = s[i];
		x->origin[x->len++] = (unsigned)(from + i * step);
	}
	return true;
}

static bool expand(struct parse *p, const char *line, size_t len, const size_t *at,
                   struct expanded *x)
{
	const char *s = line, *stop = line + len, *mark, *end;
	bool fits = true;

	x->len = 0;
	while ((mark = next_mark(s, stop, &end))) {
		const struct scn_vary *v = find(p, mark + 1, (size_t)(end - mark) - 2);
		const char *value = v ? v->values[at[v - p->vary]] : "";

		fits = fits && put(x, s, (size_t)(mark - s), (size_t)(s - line), 1) &&
		       put(x, value, strlen(value), (size_t)(mark - line), 0);
		s = end;
	}
	fits = fits && put(x, s, (size_t)(stop - s), (size_t)(s - line), 1);
	x->text[x->len] = '\0';
	x->origin[x->len] = (unsigned)len;
	return fits;
}

/* The errors from `first` on stand in the expanded text; moves them into the file, and says with which values. */
static void move_errors(struct parse *p, const struct expanded *x, size_t first, const size_t *at,
                        unsigned mask)
{
	for (size_t i = first; i < p->diag->count && i < DIAG_ERROR_MAX; i++) {
		struct diag_error *e = &p->diag->errors[i];
		size_t n = strlen(e->text);

		if (e->line != p->lx.line)
			continue;
		if (e->column && e->column - 1 <= x->len) {
			unsigned from = x->origin[e->column - 1];
			size_t last = e->column - 1 + e->width;
			unsigned to = x->origin[last <= x->len ? last : x->len];

			e->column = from + 1;
			e->width = to > from ? to - from : 1;
		}
		for (unsigned v = 0; v < p->vary_count; v++)
			if (mask >> v & 1 && n < sizeof(e->text))
				n += (size_t)snprintf(e->text + n, sizeof(e->text) - n,
				                      ", with %s=%s", p->vary[v].name,
				                      p->vary[v].values[at[v]]);
	}
}

/* The next of the cross product, the last name first; false when it was the last. */
static bool advance(const struct parse *p, unsigned mask, size_t *at)
{
	for (unsigned v = p->vary_count; v-- > 0;) {
		if (!(mask >> v & 1))
			continue;
		if (++at[v] < p->vary[v].count)
			return true;
		at[v] = 0;
	}
	return false;
}

void scn_vary_rows(struct parse *p, const char *line, size_t len, unsigned mask,
                   void (*row)(struct parse *p, const char *line, size_t len))
{
	struct expanded *x = scn_alloc(sizeof(*x));
	size_t at[SCN_VARY_MAX] = {0}, first = p->diag->count;
	bool more = true;

	for (unsigned v = 0; v < p->vary_count; v++) {
		p->vary[v].used |= mask >> v & 1;
		more = more && (!(mask >> v & 1) || p->vary[v].count);
	}
	/* What is wrong with one is wrong with all. */
	while (more && p->diag->count == first) {
		if (expand(p, line, len, at, x))
			row(p, x->text, x->len);
		else
			diag_error(p->diag, p->lx.line, 0, 0,
			           "a line has at most %d bytes, with its values", SCN_LINE_MAX);
		if (p->diag->count != first)
			move_errors(p, x, first, at, mask);
		more = advance(p, mask, at);
	}
	free(x);
}
