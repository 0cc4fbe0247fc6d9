/* SPDX-License-Identifier: ISC */
/* report_model.c: see report_model.h. */
#include "harness/report_model.h"

#include "harness/report_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *need(void *p)
{
	if (p)
		return p;
	fputs("gauntlet: out of memory: the report cannot be made\n", stderr);
	exit(4);
}

static void append(size_t **list, size_t *count, size_t value)
{
	/* doubles whenever the count is a power of two */
	if (!(*count & (*count - 1)))
		*list = need(reallocarray(*list, *count ? 2 * *count : 1, sizeof(**list)));
	(*list)[(*count)++] = value;
}

/* ---- rows and cases ---- */

static size_t put_case(struct report_model *m, const struct outcome *o)
{
	bool fresh;
	size_t at = strtab_put(&m->case_ids, o->id, &fresh);

	if (fresh) {
		m->cases = need(reallocarray(m->cases, at + 1, sizeof(*m->cases)));
		m->cases[at] = (struct report_case){.id = m->case_ids.text[at]};
	}
	return at;
}

static size_t put_row(struct report_model *m, const struct outcome *o)
{
	char name[OUTCOME_NAME_MAX];
	bool fresh;
	size_t at = strtab_put(&m->names, outcome_name(o, name), &fresh), in;

	if (!fresh)
		return at;
	in = put_case(m, o);
	m->rows = need(reallocarray(m->rows, at + 1, sizeof(*m->rows)));
	m->rows[at] = (struct report_row){
	        .id = o->row,
	        .name = m->names.text[at],
	        .scn_case = in,
	        .outcomes = need(calloc(m->run_count, sizeof(const struct outcome *))),
	};
	append(&m->cases[in].rows, &m->cases[in].row_count, at);
	return at;
}

static void put_outcomes(struct report_model *m)
{
	for (size_t r = 0; r < m->run_count; r++)
		for (size_t i = 0; i < m->runs[r].results.count; i++) {
			const struct outcome *o = &m->runs[r].results.outcomes[i];
			size_t at = put_row(m, o); /* may move the rows */

			m->rows[at].outcomes[r] = o;
		}
}

/* ---- requirements ---- */

/* The area of an id that docs/requirements.md lacks is what stands before its dash. */
static size_t put_area(struct report_model *m, const char *code, const char *title)
{
	for (size_t i = 0; i < m->area_count; i++)
		if (!strcmp(m->areas[i].code, code))
			return i;
	m->areas = need(reallocarray(m->areas, m->area_count + 1, sizeof(*m->areas)));
	m->areas[m->area_count] = (struct report_area){.title = title};
	snprintf(m->areas[m->area_count].code, sizeof(m->areas->code), "%s", code);
	return m->area_count++;
}

static size_t put_requirement(struct report_model *m, const char *id,
                              const struct requirements *known)
{
	bool fresh;
	size_t at = strtab_put(&m->requirement_ids, id, &fresh);
	struct report_requirement q = {.id = m->requirement_ids.text[at]};
	char code[16];

	if (!fresh)
		return at;
	q.known = requirements_find(known, id);
	snprintf(code, sizeof(code), "%.*s", (int)strcspn(id, "-"), id);
	if (q.known)
		q.area = put_area(m, known->areas[q.known->area].code,
		                  known->areas[q.known->area].title);
	else
		q.area = put_area(m, *code ? code : "?", NULL);
	m->requirements = need(reallocarray(m->requirements, at + 1, sizeof(q)));
	m->requirements[at] = q;
	m->requirement_count = at + 1;
	append(&m->areas[q.area].requirements, &m->areas[q.area].requirement_count, at);
	return at;
}

/* Those that are cited at all, in the page's order; what it lacks follows as it comes. */
static void put_known(struct report_model *m, const struct requirements *known)
{
	struct strtab cited = {0};

	for (size_t r = 0; r < m->run_count; r++)
		for (size_t i = 0; i < m->runs[r].results.count; i++) {
			const struct req_list *req = &m->runs[r].results.outcomes[i].req;

			for (unsigned k = 0; k < req->count; k++)
				strtab_put(&cited, req->id[k], NULL);
		}
	for (size_t i = 0; i < known->count; i++)
		if (strtab_find(&cited, known->list[i].id) != STRTAB_NONE)
			put_requirement(m, known->list[i].id, known);
	strtab_free(&cited);
}

static void place_case(struct report_model *m, size_t at, const struct requirements *known)
{
	struct report_case *c = &m->cases[at];
	bool placed = false;

	for (size_t i = 0; i < c->row_count; i++)
		for (size_t r = 0; r < m->run_count; r++) {
			const struct outcome *o = m->rows[c->rows[i]].outcomes[r];

			for (unsigned k = 0; o && k < o->req.count; k++) {
				if (!placed)
					c->home = put_requirement(m, o->req.id[k], known);
				else if (strcmp(o->req.id[k], m->requirements[c->home].id) != 0)
					strtab_put(&c->also, o->req.id[k], NULL);
				placed = true;
			}
		}
	if (!placed)
		c->home = put_requirement(m, "", known);
	append(&m->requirements[c->home].cases, &m->requirements[c->home].case_count, at);
	for (size_t i = 0; i < c->also.count; i++) {
		size_t q = put_requirement(m, c->also.text[i], known);

		append(&m->requirements[q].also, &m->requirements[q].also_count, at);
	}
}

void report_model_make(struct report_model *m, const struct report_run *runs, size_t count,
                       const struct requirements *known)
{
	*m = (struct report_model){.runs = runs, .run_count = count};
	put_outcomes(m);
	put_known(m, known);
	for (size_t i = 0; i < m->case_ids.count; i++)
		place_case(m, i, known);
	for (size_t i = 0; i < m->area_count; i++)
		if (!m->areas[i].title)
			m->areas[i].title = m->areas[i].code;
}

void report_model_free(struct report_model *m)
{
	for (size_t i = 0; i < m->names.count; i++)
		free(m->rows[i].outcomes);
	for (size_t i = 0; i < m->case_ids.count; i++) {
		free(m->cases[i].rows);
		strtab_free(&m->cases[i].also);
	}
	for (size_t i = 0; i < m->requirement_count; i++) {
		free(m->requirements[i].cases);
		free(m->requirements[i].also);
	}
	for (size_t i = 0; i < m->area_count; i++)
		free(m->areas[i].requirements);
	free(m->rows);
	free(m->cases);
	free(m->requirements);
	free(m->areas);
	strtab_free(&m->names);
	strtab_free(&m->case_ids);
	strtab_free(&m->requirement_ids);
	*m = (struct report_model){0};
}

/* ---- questions ---- */

static void tally_case(const struct report_model *m, const struct report_case *c, size_t run,
                       unsigned tally[RESULT_COUNT])
{
	for (size_t i = 0; i < c->row_count; i++) {
		const struct outcome *o = m->rows[c->rows[i]].outcomes[run];

		if (o)
			tally[o->result]++;
	}
}

size_t report_case_worst(const struct report_model *m, const struct report_case *c, size_t run,
                         enum result *out)
{
	unsigned tally[RESULT_COUNT] = {0};

	tally_case(m, c, run, tally);
	for (unsigned i = 0; i < RESULT_COUNT; i++)
		if (tally[report_by_rank[i]]) {
			*out = report_by_rank[i];
			return tally[*out];
		}
	return 0;
}

void report_area_tally(const struct report_model *m, const struct report_area *a, size_t run,
                       unsigned tally[RESULT_COUNT])
{
	memset(tally, 0, RESULT_COUNT * sizeof(tally[0]));
	for (size_t i = 0; i < a->requirement_count; i++) {
		const struct report_requirement *q = &m->requirements[a->requirements[i]];

		for (size_t k = 0; k < q->case_count; k++)
			tally_case(m, &m->cases[q->cases[k]], run, tally);
	}
}

bool report_case_agrees(const struct report_model *m, const struct report_case *c, size_t run)
{
	const struct outcome *first = m->rows[c->rows[0]].outcomes[run];

	for (size_t i = 1; i < c->row_count; i++) {
		const struct outcome *o = m->rows[c->rows[i]].outcomes[run];

		if (!first || !o || o->result != first->result ||
		    strcmp(o->detail, first->detail) != 0)
			return false;
	}
	return c->row_count > 1;
}
