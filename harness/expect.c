/* SPDX-License-Identifier: ISC */
/* expect.c: which line stands for an outcome, what it makes of it, and which lines are wrong. */
#include "harness/expect.h"

#include <string.h>

#define HEAD_MAX (EXPECT_TEXT_MAX + 120) /* of a line's words in front of an outcome's */

bool expect_glob(const char *glob, const char *name)
{
	const char *star = NULL, *back = NULL;

	while (*name) {
		if (*glob == '*') {
			star = ++glob;
			back = name;
		} else if (*glob == '?' || *glob == *name) {
			glob++;
			name++;
		} else if (star) {
			glob = star;
			name = ++back;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return !*glob;
}

bool expect_fits(const struct expect_line *l, const struct expect_place *at)
{
	return (l->planes & at->plane) &&
	       (!l->transport[0] || (at->transport && !strcmp(l->transport, at->transport)));
}

size_t expect_find(const struct expect *e, const char *name, const struct expect_place *at)
{
	for (size_t i = 0; i < e->count; i++)
		if (expect_fits(&e->lines[i], at) && expect_glob(e->lines[i].glob, name))
			return i;
	return EXPECT_NOBODY;
}

char *expect_day(unsigned day, char *out)
{
	snprintf(out, 16, "%04u-%02u-%02u", day / 10000 % 10000, day / 100 % 100, day % 100);
	return out;
}

static struct expect_line *line_of(struct expect *e, const struct expect_place *at,
                                   const struct outcome *o)
{
	char name[OUTCOME_NAME_MAX];
	size_t i = expect_find(e, outcome_name(o, name), at);

	return i == EXPECT_NOBODY ? NULL : &e->lines[i];
}

static void count(struct expect_line *l, enum result r)
{
	if (r == RESULT_SKIP || r == RESULT_NA)
		l->skipped++;
	else
		l->played++;
}

void expect_recount(struct expect *e, const struct expect_place *at, const struct results *r)
{
	for (size_t i = 0; i < e->count; i++)
		e->lines[i].played = e->lines[i].skipped = 0;
	for (size_t i = 0; i < r->count; i++) {
		struct expect_line *l = line_of(e, at, &r->outcomes[i]);

		if (l)
			count(l, r->outcomes[i].result);
	}
}

static bool may_be_flaky(enum result r)
{
	return r == RESULT_FAIL || r == RESULT_VACUOUS || r == RESULT_HANG;
}

/* What a line says in front of the outcome's own words, which are cut where they no longer fit. */
static void reword(struct outcome *o, const char *head)
{
	char old[sizeof(o->detail)];
	size_t len = strnlen(head, HEAD_MAX), room = sizeof(o->detail) - 1 - len;

	memcpy(old, o->detail, sizeof(old));
	snprintf(o->detail, sizeof(o->detail), "%.*s%s%.*s", (int)len, head, *old ? ": " : "",
	         (int)(room - 2), old);
}

static void excuse(struct outcome *o, const struct expect_line *l)
{
	char head[HEAD_MAX], day[16];

	snprintf(head, sizeof(head), "%s, %s until %s because %s", result_name(o->result),
	         l->flaky ? "flaky" : "expected", expect_day(l->until, day), l->because);
	o->result = RESULT_XFAIL;
	reword(o, head);
}

void expect_judge(struct expect *e, const struct expect_place *at, bool negative, struct outcome *o)
{
	struct expect_line *l = line_of(e, at, o);
	char head[HEAD_MAX];

	if (!l)
		return;
	count(l, o->result);
	if (at->today > l->until)
		return;
	if (l->flaky) {
		if (!negative && may_be_flaky(o->result))
			excuse(o, l);
	} else if (o->result == l->result && strstr(o->detail, l->says)) {
		excuse(o, l);
	} else if (o->result == RESULT_PASS) {
		o->result = RESULT_XPASS;
		snprintf(head, sizeof(head),
		         "passes, but line %u of the baseline expects %s because %s; remove the "
		         "line",
		         l->line, result_name(l->result), l->because);
		reword(o, head);
	} else if (o->result == l->result) {
		snprintf(head, sizeof(head),
		         "not the failure that line %u of the baseline expects (\"%s\")", l->line,
		         l->says);
		reword(o, head);
	}
}

/* ---- complaints ---- */

static bool is_dead(const struct expect_line *l, const struct expect_place *at)
{
	if (l->played || !expect_fits(l, at))
		return false;
	/* What other planes play cannot come up here. */
	return !l->learned || !l->reaches || (l->reaches & at->plane);
}

static void say_dead(const struct expect *e, const struct expect_line *l,
                     const struct expect_place *at, FILE *to)
{
	fprintf(to, "%s:%u: ", e->path, l->line);
	if (l->skipped)
		fprintf(to, "everything that '%s' names was skipped, so the line says nothing",
		        l->glob);
	else if (l->shadow)
		fprintf(to, "line %u comes first for everything that '%s' names", l->shadow,
		        l->glob);
	else
		fprintf(to, "nothing that '%s' names was played on the %s plane", l->glob,
		        plane_name(at->plane));
	fprintf(to, "; remove the line or mend its name\n");
}

unsigned expect_complain(const struct expect *e, const struct expect_place *at, bool whole,
                         FILE *to)
{
	unsigned complaints = 0;
	char day[16];

	for (size_t i = 0; i < e->count; i++) {
		const struct expect_line *l = &e->lines[i];

		if (at->today > l->until && (whole ? expect_fits(l, at) : l->played > 0)) {
			fprintf(to,
			        "%s:%u: '%s' was excused until %s: mend the backend, or give the "
			        "line another day\n",
			        e->path, l->line, l->glob, expect_day(l->until, day));
			complaints++;
		} else if (whole && is_dead(l, at)) {
			say_dead(e, l, at, to);
			complaints++;
		}
	}
	return complaints;
}

void expect_check_days(const struct expect *e, unsigned today, struct diag *diag)
{
	char day[16];

	for (size_t i = 0; i < e->count; i++)
		if (today > e->lines[i].until)
			diag_error(diag, e->lines[i].line, e->lines[i].column, e->lines[i].width,
			           "was excused until %s: mend the backend, or give the line "
			           "another day",
			           expect_day(e->lines[i].until, day));
}
