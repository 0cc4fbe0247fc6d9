/* SPDX-License-Identifier: ISC */
/* expect_parse.c: the text of a baseline to its lines. */
#include "harness/expect.h"

#include "harness/lex.h"
#include "harness/transport.h"

#include <stdlib.h>
#include <string.h>

enum clause {
	CLAUSE_PLANE,
	CLAUSE_TRANSPORT,
	CLAUSE_UNTIL,
	CLAUSE_SAYS,
	CLAUSE_BECAUSE,
	CLAUSE_COUNT
};

static const char *const clause_words[] = {"plane", "transport", "until", "says", "because", NULL};
static const char *const first_words[] = {"expect", "flaky", NULL};
static const char *const plane_words[] = {"wire", "kernel", "vm", NULL};
static const enum scn_plane planes[] = {PLANE_WIRE, PLANE_KERNEL, PLANE_VM};

/* Results that a line may expect: neither a pass nor what proves nothing about the backend. */
static const char *const result_words[] = {"fail", "lie",     "audit-gap", "crash",
                                           "hang", "vacuous", NULL};
static const enum result results[] = {RESULT_FAIL,  RESULT_LIE,  RESULT_AUDIT_GAP,
                                      RESULT_CRASH, RESULT_HANG, RESULT_VACUOUS};

/* Index of the current word, reported as an unknown `what` when it is none of them. */
static int one_of(struct lex *lx, const char *what, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (lex_is(lx, words[i]))
			return i;
	lex_unknown(lx, what, words);
	return -1;
}

static void read_glob(struct lex *lx, struct expect_line *l)
{
	if (!lex_next(lx)) {
		lex_error(lx, "the name is missing: SUITE/CASE or SUITE/CASE/ROW; * and ? stand "
		              "for others");
		return;
	}
	l->line = lx->line;
	l->column = lx->column;
	l->width = lx->width;
	if (lx->len >= sizeof(l->glob))
		lex_error(lx, "a name has at most %zu letters", sizeof(l->glob) - 1);
	else if (!strpbrk(lx->word, "/*"))
		lex_error(lx, "'%.64s' names no case: write SUITE/CASE or SUITE/CASE/ROW",
		          lx->word);
	else
		memcpy(l->glob, lx->word, lx->len + 1);
}

static unsigned days_in(unsigned year, unsigned month)
{
	static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* YYYY-MM-DD, a day that exists, as a number; 0 otherwise. */
static unsigned parse_day(const char *s)
{
	static const char form[] = "0000-00-00";
	unsigned year, month, day;

	for (size_t i = 0; i < sizeof(form); i++) /* its end, too */
		if (form[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
			return 0;
	year = (unsigned)strtoul(s, NULL, 10);
	month = (unsigned)strtoul(s + 5, NULL, 10);
	day = (unsigned)strtoul(s + 8, NULL, 10);
	if (year < 2000 || !month || month > 12 || !day || day > days_in(year, month))
		return 0;
	return year * 10000 + month * 100 + day;
}

static void read_until(struct lex *lx, struct expect_line *l)
{
	l->until = lx->string ? 0 : parse_day(lx->word);
	if (!l->until)
		lex_error(lx, "'%.32s' is no day: `until` takes the last one, as 2027-03-31",
		          lx->word);
}

static void read_text(struct lex *lx, const char *clause, char out[EXPECT_TEXT_MAX])
{
	if (!lx->string)
		lex_error(lx, "`%s` takes a text in quotes", clause);
	else if (!lx->len || strspn(lx->word, " \t") == lx->len)
		lex_error(lx, "`%s` needs a text that says something", clause);
	else if (lx->len >= EXPECT_TEXT_MAX)
		lex_error(lx, "`%s` takes at most %d bytes", clause, EXPECT_TEXT_MAX - 1);
	else
		memcpy(out, lx->word, lx->len + 1);
}

static void read_clause(struct lex *lx, enum clause c, struct expect_line *l)
{
	int i;

	if (!lex_next(lx)) {
		lex_error(lx, "nothing follows `%s`", clause_words[c]);
		return;
	}
	switch (c) {
	case CLAUSE_PLANE:
		i = one_of(lx, "plane", plane_words);
		if (i >= 0)
			l->planes = planes[i];
		break;
	case CLAUSE_TRANSPORT:
		i = one_of(lx, "transport", transport_names);
		if (i >= 0)
			snprintf(l->transport, sizeof(l->transport), "%s", transport_names[i]);
		break;
	case CLAUSE_UNTIL:
		read_until(lx, l);
		break;
	case CLAUSE_SAYS:
		read_text(lx, "says", l->says);
		break;
	case CLAUSE_BECAUSE:
		read_text(lx, "because", l->because);
		break;
	case CLAUSE_COUNT:
		break;
	}
}

/* `plane P`, `until DAY` and so on, in any order, each once. Returns the mask of those there were. */
static unsigned read_clauses(struct lex *lx, struct expect_line *l)
{
	unsigned seen = 0;

	while (lex_next(lx)) {
		int c = one_of(lx, "word", clause_words);

		if (c < 0)
			return ~0u; /* what follows would be reported as a consequence */
		if (seen & (1u << c))
			lex_error(lx, "`%s` stands here twice", clause_words[c]);
		seen |= 1u << c;
		if (c == CLAUSE_SAYS && l->flaky)
			lex_error(lx, "a flaky case fails in no particular way: leave `says` out");
		read_clause(lx, (enum clause)c, l);
	}
	return seen;
}

static void check_clauses(struct lex *lx, unsigned seen, const struct expect_line *l)
{
	if (!(seen & (1u << CLAUSE_UNTIL)))
		lex_error(lx, "`until YYYY-MM-DD` is missing: an excuse has an end");
	if (!l->flaky && !(seen & (1u << CLAUSE_SAYS)))
		lex_error(lx,
		          "`says \"TEXT\"` is missing: a part of the sentence that it fails with");
	if (!(seen & (1u << CLAUSE_BECAUSE)))
		lex_error(lx, "`because \"TEXT\"` is missing: why it fails, or who mends it");
}

/* The same name, plane and transport twice: the second could never be asked. */
static void check_new(const struct expect *e, struct diag *diag, const struct expect_line *l)
{
	for (size_t i = 0; i < e->count; i++)
		if (!strcmp(e->lines[i].glob, l->glob) &&
		    !strcmp(e->lines[i].transport, l->transport) &&
		    e->lines[i].planes == l->planes) {
			diag_error(diag, l->line, l->column, l->width,
			           "line %u is about the same already, and comes first",
			           e->lines[i].line);
			return;
		}
}

static void read_line(struct lex *lx, struct expect_line *l)
{
	size_t errors = lx->diag->count;
	int word = one_of(lx, "word", first_words), i;
	unsigned seen;

	*l = (struct expect_line){.planes = PLANES_ALL, .line = lx->line};
	if (word < 0)
		return;
	l->flaky = word == 1;
	if (!l->flaky) {
		if (!lex_next(lx)) {
			lex_error(lx, "the result is missing: `expect fail NAME ...`");
			return;
		}
		i = one_of(lx, "result", result_words);
		if (i >= 0)
			l->result = results[i];
	}
	read_glob(lx, l);
	seen = read_clauses(lx, l);
	if (lx->diag->count == errors) /* else they may be missing for what was told already */
		check_clauses(lx, seen, l);
}

static void add_line(struct expect *e, const struct expect_line *l)
{
	if (!(e->count & (e->count - 1))) { /* room doubles at each power of two */
		e->lines = reallocarray(e->lines, e->count ? 2 * e->count : 1, sizeof(*e->lines));
		if (!e->lines) {
			fputs("gauntlet: out of memory: the baseline cannot be read\n", stderr);
			exit(4);
		}
	}
	e->lines[e->count++] = *l;
}

void expect_parse(const char *path, const char *text, size_t len, struct diag *diag,
                  struct expect *out)
{
	unsigned number = 1;
	struct lex lx;

	*out = (struct expect){.lines = NULL};
	snprintf(out->path, sizeof(out->path), "%s", path);
	diag_init(diag, path, text, len);
	for (const char *p = text, *end = text + len, *next; p < end; p = next, number++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t errors = diag->count;
		struct expect_line l;

		next = newline ? newline + 1 : end;
		lex_init(&lx, p, (size_t)((newline ? newline : end) - p), number, diag);
		if (!lex_next(&lx))
			continue;
		read_line(&lx, &l);
		if (diag->count == errors)
			check_new(out, diag, &l);
		if (diag->count != errors)
			continue;
		if (out->count == EXPECT_LINES_MAX) {
			diag_error(diag, number, 0, 0, "a baseline has at most %d lines",
			           EXPECT_LINES_MAX);
			return;
		}
		add_line(out, &l);
	}
}

void expect_free(struct expect *e)
{
	free(e->lines);
	e->lines = NULL;
	e->count = 0;
}
