/* SPDX-License-Identifier: ISC */
/* report_policies.c: the same attack under other policies, as a truth table. See report_html.h.
 *
 * Rows of attack tables that have the same id in several suites are meant to be the same attack. What is
 * expected of each comes from its story, so a run without stories has no table.
 */
#include "harness/report_html.h"

#include "harness/escape.h"
#include "harness/report_words.h"

#include <stdlib.h>
#include <string.h>

#define SHARED_MIN 3 /* a suite with fewer attacks in common is not worth a column */

struct table {
	struct strtab suites, ids;
	const struct report_row **at; /* [id * suites.count + suite] */
	size_t *shared;               /* of each suite: ids that another one has as well */
	size_t *times; /* of each id: suites that have it, counting only those worth a column */
};

static void *need(void *p)
{
	if (p)
		return p;
	fputs("gauntlet: out of memory: the report cannot be made\n", stderr);
	exit(4);
}

static size_t suite_of(struct strtab *suites, const struct report_row *row, bool put)
{
	char name[SCN_NAME_MAX];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(row->name, "/"), row->name);
	return put ? strtab_put(suites, name, NULL) : strtab_find(suites, name);
}

static bool counts(const struct report_row *row, size_t run)
{
	return *row->id && row->outcomes[run];
}

/* The first of a suite counts where two tables of it have the same id. */
static void fill(struct table *t, const struct report_model *m, size_t run)
{
	for (size_t i = 0; i < m->names.count; i++)
		if (counts(&m->rows[i], run)) {
			suite_of(&t->suites, &m->rows[i], true);
			strtab_put(&t->ids, m->rows[i].id, NULL);
		}
	t->at = need(calloc(t->suites.count * t->ids.count + 1, sizeof(const struct report_row *)));
	t->shared = need(calloc(t->suites.count + 1, sizeof(*t->shared)));
	t->times = need(calloc(t->ids.count + 1, sizeof(*t->times)));
	for (size_t i = 0; i < m->names.count; i++) {
		const struct report_row **place;

		if (!counts(&m->rows[i], run))
			continue;
		place = &t->at[strtab_find(&t->ids, m->rows[i].id) * t->suites.count +
		               suite_of(&t->suites, &m->rows[i], false)];
		if (!*place)
			*place = &m->rows[i];
	}
}

static size_t times_of(const struct table *t, size_t id, bool worth)
{
	size_t n = 0;

	for (size_t s = 0; s < t->suites.count; s++)
		n += t->at[id * t->suites.count + s] && (!worth || t->shared[s] >= SHARED_MIN);
	return n;
}

static void count_shared(struct table *t)
{
	for (size_t s = 0; s < t->suites.count; s++)
		for (size_t i = 0; i < t->ids.count; i++)
			t->shared[s] += t->at[i * t->suites.count + s] && times_of(t, i, false) > 1;
	for (size_t i = 0; i < t->ids.count; i++)
		t->times[i] = times_of(t, i, true);
}

static void free_table(struct table *t)
{
	strtab_free(&t->suites);
	strtab_free(&t->ids);
	free(t->at);
	free(t->shared);
	free(t->times);
}

/* "drop" of "drop: nothing crosses ..."; "" when it is not known. */
static void expected_word(const struct report_page *p, size_t run, const struct report_row *row,
                          char out[16])
{
	const struct story_text *s = stories_find(&p->stories[run], row->name);
	const char *expects = s ? story_words(p->pool, s->expects) : NULL;
	size_t n = expects ? strcspn(expects, ":\n") : 0;

	snprintf(out, 16, "%.*s", expects && expects[n] == ':' && n < 16 ? (int)n : 0,
	         expects ? expects : "");
}

/* What was seen, when it is not what was expected. */
static const char *seen_word(const struct outcome *o)
{
	if (strstr(o->detail, "crossed the wire"))
		return "crossed";
	return result_name(o->result);
}

static void write_place(const struct report_page *p, size_t run, const struct report_row *row,
                        FILE *to)
{
	const struct outcome *o = row ? row->outcomes[run] : NULL;
	char word[16];

	if (!o) {
		fputs("<td></td>", to);
		return;
	}
	expected_word(p, run, row, word);
	fprintf(to, "<td class=\"%s\">", report_class(o->result));
	report_write_cell(p, row, run, to);
	fputs(" <span class=\"v\">", to);
	escape_xml(to, *word ? word : o->result == RESULT_SKIP ? "" : "?");
	if (o->result != RESULT_PASS) {
		fputs(" <b>", to);
		escape_xml(to, seen_word(o));
		fputs("</b>", to);
	}
	fputs("</span></td>", to);
}

static void write_attack(const struct report_page *p, const struct table *t, size_t id, size_t run,
                         FILE *to)
{
	fputs("<tr><th scope=\"row\">", to);
	escape_xml(to, t->ids.text[id]);
	fputs("</th>", to);
	for (size_t s = 0; s < t->suites.count; s++)
		if (t->shared[s] >= SHARED_MIN)
			write_place(p, run, t->at[id * t->suites.count + s], to);
	fputs("</tr>\n", to);
}

/* Those that most suites have come first. */
static void write_table(const struct report_page *p, const struct table *t, size_t run, FILE *to)
{
	fputs("<table>\n<thead><tr><th scope=\"col\">attack</th>", to);
	for (size_t s = 0; s < t->suites.count; s++) {
		if (t->shared[s] < SHARED_MIN)
			continue;
		fputs("<th scope=\"col\">", to);
		escape_xml(to, t->suites.text[s]);
		fputs("</th>", to);
	}
	fputs("</tr></thead>\n<tbody>\n", to);
	for (size_t times = t->suites.count; times >= 2; times--)
		for (size_t i = 0; i < t->ids.count; i++)
			if (t->times[i] == times)
				write_attack(p, t, i, run, to);
	fputs("</tbody>\n</table>\n", to);
}

static bool write_run(const struct report_page *p, size_t run, bool first, FILE *to)
{
	char name[2 * REPORT_LABEL_MAX];
	struct table t = {0};
	size_t rows = 0;

	if (!p->stories[run].names.count)
		return false;
	fill(&t, p->model, run);
	count_shared(&t);
	for (size_t i = 0; i < t.ids.count; i++)
		rows += t.times[i] > 1;
	report_run_name(&p->model->runs[run], name, sizeof(name));
	if (rows) {
		fprintf(to,
		        "<details class=\"policy\"%s><summary><h3><span class=\"num\">%zu</span> ",
		        first ? " open" : "", run + 1);
		escape_xml(to, name);
		fprintf(to, "</h3> <span class=\"y\">%zu attacks</span></summary>\n", rows);
		fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Truth "
		      "table of ",
		      to);
		escape_xml(to, name);
		fputs("\">\n", to);
		write_table(p, &t, run, to);
		fputs("</div></details>\n", to);
	}
	free_table(&t);
	return rows > 0;
}

void report_write_policies(const struct report_page *p, FILE *to)
{
	bool any = false;

	fputs("<section id=\"policies\">\n<h2>The same attack under other "
	      "policies</h2>\n<p>Attacks that "
	      "stand in several suites, each of which has a policy of its own: what is expected of "
	      "it, and "
	      "in bold what was seen instead.</p>\n",
	      to);
	for (size_t r = 0; r < p->model->run_count; r++)
		any |= write_run(p, r, !any, to);
	if (!any)
		fputs("<p class=\"note\">No attack stands in two suites of these runs, or there "
		      "are no "
		      "stories of them.</p>\n",
		      to);
	fputs("</section>\n", to);
}
