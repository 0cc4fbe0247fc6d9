/* SPDX-License-Identifier: ISC */
/* report_changes.c: what is different from the run before. See report_html.h. */
#include "harness/report_html.h"

#include "harness/escape.h"
#include "harness/report_words.h"

#define OPEN_AT_MOST 15 /* a longer list is folded */

static void write_result(const struct outcome *o, FILE *to)
{
	fprintf(to, "<b class=\"w %s\">%s</b>", report_class(o->result), result_name(o->result));
}

static void write_change(const struct change_entry *e, size_t run, FILE *to)
{
	char name[OUTCOME_NAME_MAX];

	outcome_name(e->now ? e->now : e->then, name);
	fputs("<li>", to);
	if (e->now) {
		fprintf(to, "<a data-r=\"%zu\" href=\"#", run + 1);
		escape_xml(to, name);
		fputs("\">", to);
		escape_xml(to, name);
		fputs("</a> ", to);
	} else {
		escape_xml(to, name);
		putc(' ', to);
	}
	if (e->change == CHANGE_SLOWER) {
		fprintf(to, "<span class=\"d\">%.0f ms, was %.0f ms</span></li>\n", e->now->ms,
		        e->then->ms);
		return;
	}
	if (e->then)
		write_result(e->then, to);
	if (e->then && e->now)
		fputs(" &rarr; ", to);
	if (e->now)
		write_result(e->now, to);
	if (e->now && e->now->result != RESULT_PASS) {
		fputs(" <span class=\"d\">", to);
		escape_xml(to, e->now->detail);
		fputs("</span>", to);
	}
	fputs("</li>\n", to);
}

/* What got worse is open while it can be overlooked, the rest is for who wants to know. */
static void write_kind(const struct trend *t, enum change c, size_t run, FILE *to)
{
	if (!t->of[c])
		return;
	fprintf(to, "<details class=\"change %s\"%s><summary>%s <b>%zu</b></summary>\n<ul>\n",
	        c == CHANGE_FAILING ? "worse" : "other",
	        c == CHANGE_FAILING && t->of[c] <= OPEN_AT_MOST ? " open" : "", change_name(c),
	        t->of[c]);
	for (size_t i = 0; i < t->count; i++)
		if (t->list[i].change == c)
			write_change(&t->list[i], run, to);
	fputs("</ul></details>\n", to);
}

static void write_run(const struct report_page *p, size_t run, FILE *to)
{
	const struct report_past *past = &p->past[run];
	char name[2 * REPORT_LABEL_MAX];

	fprintf(to, "<h3><span class=\"num\">%zu</span> ", run + 1);
	escape_xml(to, report_run_name(&p->model->runs[run], name, sizeof(name)));
	fputs(" <small>compared with <code>", to);
	escape_xml(to, past->dir);
	fputs("</code></small></h3>\n", to);
	if (!past->trend.count)
		fputs("<p>Nothing: the same cases with the same results.</p>\n", to);
	for (unsigned c = 0; c < CHANGE_COUNT; c++)
		write_kind(&past->trend, (enum change)c, run, to);
}

void report_write_changes(const struct report_page *p, FILE *to)
{
	bool any = false;

	for (size_t i = 0; p->past && i < p->model->run_count; i++)
		any |= p->past[i].known;
	if (!any)
		return;
	fputs("<section id=\"changes\">\n<h2>What changed</h2>\n", to);
	for (size_t i = 0; i < p->model->run_count; i++)
		if (p->past[i].known)
			write_run(p, i, to);
	fputs("</section>\n", to);
}
