/* SPDX-License-Identifier: ISC */
/* report_data.c: what the script of the page reads. See report_html.h.
 *
 *   {"runs":["refnat, wire plane"],
 *    "sentences":{"MODE-001":"..."},
 *    "rows":{"suite/case/row":[req, [result, ms, detail, sends, expects, why, flags, repro, [line, ...]], 0]},
 *    "lines":[[8.4,0,"udp ...","LEAK",1], ...],
 *    "texts":["..."]}
 *
 * A row has an entry for each run, 0 where it was not met. What is said in words is the number of a text, or -1.
 * A line is milliseconds, side, words, mark (or null), and 1 when it is bad, 2 when it is the row's own, 3 for both.
 */
#include "harness/report_html.h"

#include "harness/report_words.h"

#include <string.h>

static void write_number(size_t number, FILE *to)
{
	if (number == STRTAB_NONE)
		fputs(",-1", to);
	else
		fprintf(to, ",%zu", number);
}

static size_t put(const struct report_page *p, const char *text)
{
	return text && *text ? strtab_put(&p->pool->texts, text, NULL) : STRTAB_NONE;
}

static void write_outcome(const struct report_page *p, const struct report_row *row, size_t run,
                          FILE *to)
{
	const struct story_text *s = stories_find(&p->stories[run], row->name);
	const struct outcome *o = row->outcomes[run];

	if (!o) {
		fputs(",0", to);
		return;
	}
	fprintf(to, ",[\"%s\",%.1f", result_name(o->result), o->ms);
	write_number(put(p, o->detail), to);
	if (s) {
		write_number(s->sends, to);
		write_number(s->expects, to);
		write_number(s->why, to);
		write_number(s->flags, to);
		write_number(s->repro, to);
		fputs(",[", to);
		for (size_t i = 0; i < s->line_count; i++)
			fprintf(to, "%s%zu", i ? "," : "", s->lines[i]);
		putc(']', to);
	}
	putc(']', to);
}

/* "MODE-001 EGR-010" */
static size_t put_requirements(const struct report_page *p, const struct report_row *row)
{
	char all[SCN_REQ_MAX * 17 + 1] = "";
	size_t used = 0;

	for (size_t r = 0; r < p->model->run_count && !used; r++)
		for (unsigned i = 0; row->outcomes[r] && i < row->outcomes[r]->req.count; i++)
			used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s",
			                         used ? " " : "", row->outcomes[r]->req.id[i]);
	return put(p, all);
}

static void write_rows(const struct report_page *p, FILE *to)
{
	for (size_t i = 0; i < p->model->names.count; i++) {
		const struct report_row *row = &p->model->rows[i];
		size_t req = put_requirements(p, row);

		fputs(i ? ",\n" : "\n", to);
		report_json(to, row->name);
		if (req == STRTAB_NONE)
			fputs(":[-1", to);
		else
			fprintf(to, ":[%zu", req);
		for (size_t r = 0; r < p->model->run_count; r++)
			write_outcome(p, row, r, to);
		putc(']', to);
	}
}

void report_write_data(const struct report_page *p, FILE *to)
{
	const struct report_model *m = p->model;
	char name[2 * REPORT_LABEL_MAX];
	const char *before = "";

	fputs("{\"runs\":[", to);
	for (size_t r = 0; r < m->run_count; r++) {
		fputs(r ? "," : "", to);
		report_json(to, report_run_name(&m->runs[r], name, sizeof(name)));
	}
	fputs("],\n\"sentences\":{", to);
	for (size_t i = 0; i < m->requirement_count; i++) {
		if (!m->requirements[i].known)
			continue;
		fputs(before, to);
		report_json(to, m->requirements[i].id);
		putc(':', to);
		report_json(to, m->requirements[i].known->sentence);
		before = ",\n";
	}
	fputs("},\n\"rows\":{", to);
	write_rows(p, to);
	fputs("},\n\"lines\":[", to);
	for (size_t i = 0; i < p->pool->lines.count; i++)
		fprintf(to, "%s%s", i ? ",\n" : "\n", p->pool->lines.text[i]);
	fputs("],\n\"texts\":[", to); /* last: the rows put some in */
	for (size_t i = 0; i < p->pool->texts.count; i++) {
		fputs(i ? ",\n" : "\n", to);
		report_json(to, p->pool->texts.text[i]);
	}
	fputs("]}\n", to);
}
