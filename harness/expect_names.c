/* SPDX-License-Identifier: ISC */
/* expect_names.c: the lines of a baseline against the names that the scenarios have. */
#include "harness/expect.h"

#include "harness/transport.h"

#include <stdlib.h>
#include <string.h>

static const enum scn_plane planes[] = {PLANE_WIRE, PLANE_KERNEL, PLANE_VM};

static bool is_negative_step(enum step_kind kind)
{
	static const enum step_kind negative[] = {
	        STEP_NONE_GUEST,  STEP_NONE_SENDS, STEP_GUEST_OFF,   STEP_NONE_EVENT,
	        STEP_NONE_BESIDE, STEP_ENDS,       STEP_BESIDE_ENDS, STEP_EARLY,
	        STEP_KILL,        STEP_LIMIT,      STEP_CYCLE};

	for (size_t i = 0; i < sizeof(negative) / sizeof(negative[0]); i++)
		if (negative[i] == kind)
			return true;
	return false;
}

bool expect_is_negative(const struct scn_case *c, const struct row *row)
{
	if (row)
		return row->verdict == ROW_DROP || row->verdict == ROW_TERMINATE ||
		       row->verdict == ROW_REFUSE || row->verdict == ROW_ASK;
	for (size_t i = 0; i < c->step_count; i++)
		if (is_negative_step(c->steps[i].kind))
			return true;
	return false;
}

/* ---- every name there is ---- */

struct name {
	char text[OUTCOME_NAME_MAX];
	const struct suite *suite;
	const struct scn_case *scn_case;
	const struct row *row;
};

typedef void on_name(void *arg, const struct name *n);

static void each_row(const struct selection *sel, const struct scn_case *c, on_name *f, void *arg)
{
	struct name n = {.suite = sel->suite, .scn_case = c};

	if (!c->attack) {
		snprintf(n.text, sizeof(n.text), "%s/%s", sel->suite->name, c->name);
		f(arg, &n);
	}
	for (size_t i = 0; i < c->row_count; i++) {
		n.row = &c->rows[i];
		if (!select_has_row(sel, n.row))
			continue;
		snprintf(n.text, sizeof(n.text), "%s/%s/%s", sel->suite->name, c->name, n.row->id);
		f(arg, &n);
	}
}

static void each_name(const struct selection *sel, size_t count, on_name *f, void *arg)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < sel[i].suite->case_count; j++)
			if (select_has_case(&sel[i], &sel[i].suite->cases[j]))
				each_row(&sel[i], &sel[i].suite->cases[j], f, arg);
}

/* ---- what they are to the lines ---- */

static void learn_place(struct expect *e, const struct name *n, const struct expect_place *at)
{
	size_t first = expect_find(e, n->text, at);

	if (first == EXPECT_NOBODY)
		return;
	e->lines[first].reaches |= at->plane;
	if (e->lines[first].flaky && !e->lines[first].negative[0] &&
	    expect_is_negative(n->scn_case, n->row))
		memcpy(e->lines[first].negative, n->text, sizeof(n->text));
	for (size_t i = first + 1; i < e->count; i++)
		if (!e->lines[i].shadow && expect_fits(&e->lines[i], at) &&
		    expect_glob(e->lines[i].glob, n->text))
			e->lines[i].shadow = e->lines[first].line;
}

static void learn_name(void *arg, const struct name *n)
{
	struct expect *e = arg;

	for (size_t i = 0; i < sizeof(planes) / sizeof(planes[0]); i++) {
		struct expect_place at = {.plane = planes[i]};

		if (!(n->scn_case->planes & planes[i]) ||
		    (planes[i] == PLANE_WIRE && n->row && n->row->recipe.kind == RECIPE_RUN))
			continue;
		for (size_t k = 0; transport_names[k]; k++) {
			at.transport = transport_names[k];
			learn_place(e, n, &at);
		}
	}
}

void expect_learn(struct expect *e, const struct selection *sel, size_t count)
{
	for (size_t i = 0; i < e->count; i++) {
		e->lines[i].learned = true;
		e->lines[i].reaches = e->lines[i].shadow = 0;
		e->lines[i].negative[0] = '\0';
	}
	each_name(sel, count, learn_name, e);
}

/* ---- errors ---- */

struct names {
	char **text;
	size_t count, size;
	const char *glob; /* looked for below attacks: GLOB/... */
	bool is_attack, is_elsewhere;
};

static void keep_name(void *arg, const struct name *n)
{
	struct names *all = arg;
	char below[OUTCOME_NAME_MAX + 2];

	snprintf(below, sizeof(below), "%s/*", all->glob);
	all->is_attack |= n->row && expect_glob(below, n->text);
	all->is_elsewhere |= expect_glob(all->glob, n->text);
	if (all->count + 1 >= all->size)
		return;
	all->text[all->count++] = strdup(n->text);
}

static void count_name(void *arg, const struct name *n)
{
	size_t *all = arg;

	(void)n;
	++*all;
}

/* The line names nothing. */
static void say_unknown(const struct expect_line *l, const struct selection *sel, size_t count,
                        struct diag *diag)
{
	struct names all = {.glob = l->glob, .size = 1};
	const char *near;

	each_name(sel, count, count_name, &all.size);
	all.text = calloc(all.size, sizeof(*all.text));
	if (!all.text)
		return;
	each_name(sel, count, keep_name, &all);
	near = diag_nearest(l->glob, (const char *const *)all.text);
	if (all.is_elsewhere)
		diag_error(diag, l->line, l->column, l->width,
		           "what '%s' names is not played on the plane that the line asks for",
		           l->glob);
	else if (all.is_attack)
		diag_error(diag, l->line, l->column, l->width,
		           "'%s' is an attack, and results are those of its rows: write %s/*",
		           l->glob, l->glob);
	else
		diag_error(diag, l->line, l->column, l->width, "there is no case '%s'%s%s%s",
		           l->glob, near ? "; did you mean '" : "", near ? near : "",
		           near ? "'?" : "");
	for (size_t i = 0; i < all.count; i++)
		free(all.text[i]);
	free(all.text);
}

void expect_check_names(const struct expect *e, const struct selection *sel, size_t count, bool all,
                        struct diag *diag)
{
	for (size_t i = 0; i < e->count; i++) {
		const struct expect_line *l = &e->lines[i];

		if (l->negative[0])
			diag_error(diag, l->line, l->column, l->width,
			           "%s wants something not to happen, and such a case is never "
			           "flaky: write `expect`, or mend it",
			           l->negative);
		else if (all && !l->reaches && l->shadow)
			diag_error(diag, l->line, l->column, l->width,
			           "line %u comes first for everything that '%s' names", l->shadow,
			           l->glob);
		else if (all && !l->reaches)
			say_unknown(l, sel, count, diag);
	}
}
