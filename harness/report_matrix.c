/* SPDX-License-Identifier: ISC */
/* report_matrix.c: areas, requirements, cases and rows, with a mark for each run. See report_html.h. */
#include "harness/report_html.h"

#include "harness/escape.h"
#include "harness/report_words.h"

#include <stdlib.h>
#include <string.h>

#define OPEN_AT_MOST 8 /* with more faulty cases than that, nothing is open at first */

/* A case in which something is red by surprise. */
static bool is_faulty(const struct report_model *m, const struct report_case *c)
{
	for (size_t r = 0; r < m->run_count; r++) {
		enum result worst;

		if (report_case_worst(m, c, r, &worst) && !result_is_expected(worst))
			return true;
	}
	return false;
}

static bool is_area_faulty(const struct report_model *m, const struct report_area *a)
{
	for (size_t i = 0; i < a->requirement_count; i++) {
		const struct report_requirement *q = &m->requirements[a->requirements[i]];

		for (size_t k = 0; k < q->case_count; k++)
			if (is_faulty(m, &m->cases[q->cases[k]]))
				return true;
	}
	return false;
}

static bool few_are_faulty(const struct report_model *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->case_ids.count; i++)
		n += is_faulty(m, &m->cases[i]);
	return n <= OPEN_AT_MOST;
}

/* "<b>2 FAIL</b> crossed the wire: ..." */
static void write_reason(const struct outcome *o, size_t run, size_t count, FILE *to)
{
	fprintf(to, "<p class=\"d\"><b class=\"w %s\"><span class=\"num\">%zu</span> %s</b>",
	        report_class(o->result), run + 1, result_name(o->result));
	if (count > 1)
		fprintf(to, " (all %zu)", count);
	putc(' ', to);
	escape_xml(to, o->detail);
	fputs("</p>\n", to);
}

/* What has a reason that is not said for the whole case already. */
static void write_reasons(const struct report_page *p, const struct report_case *c,
                          const struct report_row *row, FILE *to)
{
	for (size_t r = 0; r < p->model->run_count; r++) {
		const struct outcome *o = row->outcomes[r];

		if (o && o->result != RESULT_PASS && *o->detail &&
		    !report_case_agrees(p->model, c, r))
			write_reason(o, r, 1, to);
	}
}

static void write_shared_reasons(const struct report_page *p, const struct report_case *c, FILE *to)
{
	for (size_t r = 0; r < p->model->run_count; r++) {
		const struct outcome *o = p->model->rows[c->rows[0]].outcomes[r];

		if (o && o->result != RESULT_PASS && *o->detail &&
		    report_case_agrees(p->model, c, r))
			write_reason(o, r, c->row_count, to);
	}
}

static void write_cells(const struct report_page *p, const struct report_row *row, FILE *to)
{
	fputs("<span class=\"cs\">", to);
	for (size_t r = 0; r < p->model->run_count; r++)
		report_write_cell(p, row, r, to);
	fputs("</span>", to);
}

static void write_marks(const struct report_page *p, const struct report_case *c, FILE *to)
{
	fputs("<span class=\"cs\">", to);
	for (size_t r = 0; r < p->model->run_count; r++) {
		enum result worst;
		size_t n = report_case_worst(p->model, c, r, &worst);

		if (n)
			report_write_mark(worst, n, r, to);
		else
			fputs("<span class=\"c none\"></span>", to);
	}
	fputs("</span>", to);
}

/* The story of the row in any run, for what does not depend on the run: flags and the reason it is there. */
static const struct story_text *story_of(const struct report_page *p, const struct report_row *row)
{
	for (size_t r = 0; r < p->model->run_count; r++) {
		const struct story_text *s = stories_find(&p->stories[r], row->name);

		if (s)
			return s;
	}
	return NULL;
}

/* What the filter looks at, beside what can be read: flags, and results as their classes. */
static void write_filter_data(const struct report_page *p, const struct report_row *row, FILE *to)
{
	const struct story_text *s = story_of(p, row);
	const char *flags = s ? story_words(p->pool, s->flags) : NULL;

	fputs(" data-f=\"", to);
	escape_xml(to, flags);
	putc('"', to);
}

static void write_row(const struct report_page *p, const struct report_case *c,
                      const struct report_row *row, FILE *to)
{
	const struct story_text *s = story_of(p, row);

	fputs("<li class=\"row\" id=\"", to);
	escape_xml(to, row->name);
	putc('"', to);
	write_filter_data(p, row, to);
	fputs("><div class=\"line\"><span class=\"n\">", to);
	escape_xml(to, row->id);
	fputs("</span><span class=\"y\">", to);
	escape_xml(to, s ? story_words(p->pool, s->why) : NULL);
	fputs("</span>", to);
	write_cells(p, row, to);
	fputs("</div>\n", to);
	write_reasons(p, c, row, to);
	fputs("</li>\n", to);
}

/* "suite/" small, the case's own name plain */
static void write_case_name(const char *id, FILE *to)
{
	const char *slash = strchr(id, '/');
	char suite[2 * SCN_NAME_MAX + 2];

	snprintf(suite, sizeof(suite), "%.*s", slash ? (int)(slash + 1 - id) : 0, id);
	fputs("<span class=\"n\"><small>", to);
	escape_xml(to, suite);
	fputs("</small>", to);
	escape_xml(to, slash ? slash + 1 : id);
	fputs("</span>", to);
}

static void write_case(const struct report_page *p, const struct report_case *c, bool open,
                       FILE *to)
{
	const struct report_row *first = &p->model->rows[c->rows[0]];

	fputs("<li class=\"case\" id=\"", to);
	escape_xml(to, c->id);
	putc('"', to);
	if (!*first->id) {
		write_filter_data(p, first, to);
		fputs("><div class=\"line\">", to);
		write_case_name(c->id, to);
		fputs("<span class=\"y\"></span>", to);
		write_cells(p, first, to);
		fputs("</div>\n", to);
		write_reasons(p, c, first, to);
		fputs("</li>\n", to);
		return;
	}
	fprintf(to, "><details%s><summary class=\"line\">",
	        open && is_faulty(p->model, c) ? " open" : "");
	write_case_name(c->id, to);
	fprintf(to, "<span class=\"y\">%zu %s</span>", c->row_count,
	        c->row_count == 1 ? "row" : "rows");
	write_marks(p, c, to);
	fputs("</summary>\n", to);
	write_shared_reasons(p, c, to);
	fputs("<ul class=\"rows\">\n", to);
	for (size_t i = 0; i < c->row_count; i++)
		write_row(p, c, &p->model->rows[c->rows[i]], to);
	fputs("</ul></details></li>\n", to);
}

static void write_also(const struct report_model *m, const struct report_requirement *q, FILE *to)
{
	if (!q->also_count)
		return;
	fputs("<p class=\"also\">", to);
	fputs(q->case_count ? "also tried by " : "tried by ", to);
	for (size_t i = 0; i < q->also_count; i++) {
		fputs(i ? ", <a href=\"#" : "<a href=\"#", to);
		escape_xml(to, m->cases[q->also[i]].id);
		fputs("\">", to);
		escape_xml(to, m->cases[q->also[i]].id);
		fputs("</a>", to);
	}
	fputs("</p>\n", to);
}

static void write_requirement(const struct report_page *p, const struct report_requirement *q,
                              bool open, FILE *to)
{
	fputs("<section class=\"req\"><h4 id=\"req-", to);
	escape_xml(to, q->id);
	fputs("\"><span class=\"id\">", to);
	escape_xml(to, *q->id ? q->id : "no requirement");
	fputs("</span> ", to);
	if (q->known) {
		fputs("<span class=\"says\">", to);
		escape_xml(to, q->known->sentence);
		fputs("</span>", to);
	}
	fputs("</h4>\n", to);
	if (q->case_count)
		fputs("<ul class=\"cases\">\n", to);
	for (size_t i = 0; i < q->case_count; i++)
		write_case(p, &p->model->cases[q->cases[i]], open, to);
	if (q->case_count)
		fputs("</ul>\n", to);
	write_also(p->model, q, to);
	fputs("</section>\n", to);
}

static void write_area_marks(const struct report_page *p, const struct report_area *a, FILE *to)
{
	fputs("<span class=\"cs\">", to);
	for (size_t r = 0; r < p->model->run_count; r++) {
		unsigned tally[RESULT_COUNT];
		bool found = false;

		report_area_tally(p->model, a, r, tally);
		for (unsigned i = 0; i < RESULT_COUNT && !found; i++)
			if (tally[report_by_rank[i]]) {
				report_write_mark(report_by_rank[i], tally[report_by_rank[i]], r,
				                  to);
				found = true;
			}
		if (!found)
			fputs("<span class=\"c none\"></span>", to);
	}
	fputs("</span>", to);
}

static void write_area(const struct report_page *p, const struct report_area *a, bool open,
                       FILE *to)
{
	fputs("<details class=\"area\" id=\"area-", to);
	escape_xml(to, a->code);
	fprintf(to, "\"%s><summary class=\"line\"><h3 class=\"n\">",
	        open && is_area_faulty(p->model, a) ? " open" : "");
	escape_xml(to, a->title);
	fprintf(to, "</h3><span class=\"y\">%zu %s</span>", a->requirement_count,
	        a->requirement_count == 1 ? "requirement" : "requirements");
	write_area_marks(p, a, to);
	fputs("</summary>\n", to);
	for (size_t i = 0; i < a->requirement_count; i++)
		write_requirement(p, &p->model->requirements[a->requirements[i]], open, to);
	fputs("</details>\n", to);
}

/* The script shows it. */
static void write_filter(const struct report_page *p, FILE *to)
{
	unsigned all[RESULT_COUNT] = {0}, tally[RESULT_COUNT];

	for (size_t r = 0; r < p->model->run_count; r++) {
		results_tally(&p->model->runs[r].results, tally);
		for (unsigned i = 0; i < RESULT_COUNT; i++)
			all[i] += tally[i];
	}
	fputs("<div id=\"filter\" role=\"search\" aria-label=\"Filter the cases\" hidden>\n"
	      "<label for=\"words\">Filter</label> <input id=\"words\" type=\"search\" "
	      "placeholder=\"dns, MODE-001, spoofed ...\" autocomplete=\"off\" "
	      "spellcheck=\"false\">\n"
	      "<label for=\"flag\">Flag</label> <select id=\"flag\"><option value=\"\">any"
	      "</option></select>\n<div class=\"chips\" role=\"group\" aria-label=\"Results\">\n",
	      to);
	for (unsigned i = 0; i < RESULT_COUNT; i++) {
		enum result r = report_by_rank[i];

		if (all[r])
			fprintf(to,
			        "<button type=\"button\" class=\"chip\" data-c=\"%s\" "
			        "aria-pressed=\"false\"><span class=\"c %s\" "
			        "aria-hidden=\"true\">%s"
			        "</span> %s <i>%u</i></button>\n",
			        report_class(r), report_class(r), report_letter(r), result_name(r),
			        all[r]);
	}
	fputs("</div>\n<div class=\"acts\"><button type=\"button\" id=\"open-all\">Open "
	      "all</button> "
	      "<button type=\"button\" id=\"close-all\">Close all</button> "
	      "<span id=\"found\" role=\"status\"></span></div>\n</div>\n",
	      to);
}

/* Which figure is which run. */
static void write_key(const struct report_page *p, FILE *to)
{
	char name[2 * REPORT_LABEL_MAX];

	fputs("<ol class=\"key\" aria-label=\"Runs\">\n", to);
	for (size_t r = 0; r < p->model->run_count; r++) {
		fprintf(to, "<li><span class=\"num\">%zu</span> <a href=\"#run-%zu\">", r + 1,
		        r + 1);
		escape_xml(to, report_run_name(&p->model->runs[r], name, sizeof(name)));
		fputs("</a></li>\n", to);
	}
	fputs("</ol>\n", to);
}

void report_write_matrix(const struct report_page *p, FILE *to)
{
	bool open = few_are_faulty(p->model);

	fputs("<section id=\"cases\" tabindex=\"-1\">\n<h2>Cases by requirement</h2>\n", to);
	write_key(p, to);
	write_filter(p, to);
	fputs("<div id=\"matrix\">\n", to);
	for (size_t i = 0; i < p->model->area_count; i++)
		write_area(p, &p->model->areas[i], open, to);
	fputs("</div>\n</section>\n", to);
}
