/* SPDX-License-Identifier: ISC */
/* trace.c: see trace.h. */
#include "harness/trace.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define CELLS 5 /* id, level, sentence, state, why */

const char *const trace_level_words[] = {"MUST", "SHOULD", "MAY", NULL};
const char *const trace_state_words[] = {"covered", "planned", "measured", NULL};
const char *const trace_fate_words[] = {"not run", "skipped", "passed", "failed as expected",
                                        "failed",  NULL};

/* Makes room for one more. */
static void *grow(void *list, size_t count, size_t *size, size_t each)
{
	if (count < *size)
		return list;
	*size = *size ? 2 * *size : 256;
	list = reallocarray(list, *size, each);
	if (list)
		return list;
	fputs("gauntlet trace: out of memory\n", stderr);
	exit(4);
}

/* ---- the tables ---- */

struct cell {
	const char *p;
	size_t len;
};

/* The cells of a line of a table, without the spaces around them; their number, CELLS + 1 for too many. */
static size_t split(const char *line, const char *end, struct cell cells[CELLS])
{
	size_t n = 0;

	for (const char *p = line + 1; p < end; n++) {
		const char *bar = memchr(p, '|', (size_t)(end - p)), *to;

		if (!bar)
			return CELLS + 1; /* the last bar is missing */
		for (to = bar; to > p && isspace((unsigned char)to[-1]); to--)
			;
		while (p < to && isspace((unsigned char)*p))
			p++;
		if (n == CELLS)
			return CELLS + 1;
		cells[n] = (struct cell){p, (size_t)(to - p)};
		p = bar + 1;
	}
	return n;
}

/* AREA-NNN */
static bool is_id(const struct cell *c)
{
	size_t i = 0;

	while (i < c->len && (isupper((unsigned char)c->p[i]) || isdigit((unsigned char)c->p[i])))
		i++;
	return i && c->len == i + 4 && c->len < TRACE_ID_MAX && c->p[i] == '-' &&
	       isdigit((unsigned char)c->p[i + 1]) && isdigit((unsigned char)c->p[i + 2]) &&
	       isdigit((unsigned char)c->p[i + 3]);
}

static int word_of(const struct cell *c, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (strlen(words[i]) == c->len && !memcmp(words[i], c->p, c->len))
			return i;
	return -1;
}

static const struct trace_requirement *find(const struct trace *t, const char *id)
{
	for (size_t i = 0; i < t->count; i++)
		if (!strcmp(t->list[i].id, id))
			return &t->list[i];
	return NULL;
}

static void complain(struct diag *diag, const char *line, unsigned number, const struct cell *c,
                     const char *what)
{
	diag_error(diag, number, (unsigned)(c->p - line) + 1, (unsigned)c->len, "%s", what);
}

static void read_row(struct trace *t, const char *line, const char *end, unsigned number,
                     struct diag *diag)
{
	static const char needs[] = "needs ";
	struct trace_requirement r = {.line = number,
	                              .area = t->area_count ? t->area_count - 1 : 0};
	struct cell cells[CELLS] = {{"", 0}};
	size_t n = split(line, end, cells);
	int level, state;

	if (!n || !is_id(&cells[0]))
		return; /* a header, or another table */
	if (n != CELLS) {
		diag_error(diag, number, 0, 0,
		           "a requirement has %d cells: id, level, sentence, state, why", CELLS);
		return;
	}
	memcpy(r.id, cells[0].p, cells[0].len);
	level = word_of(&cells[1], trace_level_words);
	state = word_of(&cells[3], trace_state_words);
	if (level < 0)
		complain(diag, line, number, &cells[1], "a level is MUST, SHOULD or MAY");
	if (state < 0)
		complain(diag, line, number, &cells[3], "a state is covered, planned or measured");
	if (find(t, r.id))
		complain(diag, line, number, &cells[0], "this id stands in the tables already");
	if (!t->area_count)
		complain(diag, line, number, &cells[0], "no heading stands in front of this table");
	if (level < 0 || state < 0 || find(t, r.id) || !t->area_count)
		return;
	r.level = (enum trace_level)level;
	r.state = (enum trace_state)state;
	r.says_needs = cells[4].len >= sizeof(needs) && !memcmp(cells[4].p, needs, strlen(needs));
	t->list = grow(t->list, t->count, &t->size, sizeof(*t->list));
	t->list[t->count++] = r;
}

static void read_heading(struct trace *t, const char *p, const char *end, unsigned number,
                         struct diag *diag)
{
	if (t->area_count == TRACE_AREAS_MAX) {
		diag_error(diag, number, 0, 0, "there are at most %d headings", TRACE_AREAS_MAX);
		return;
	}
	snprintf(t->areas[t->area_count++], TRACE_TITLE_MAX, "%.*s", (int)(end - p), p);
}

void trace_parse(struct trace *t, const char *path, const char *text, size_t len, struct diag *diag)
{
	unsigned number = 1;

	*t = (struct trace){.list = NULL};
	diag_init(diag, path, text, len);
	for (const char *p = text, *last = text + len, *next; p < last; p = next, number++) {
		const char *newline = memchr(p, '\n', (size_t)(last - p)),
		           *end = newline ? newline : last;

		next = newline ? newline + 1 : last;
		if (end - p > 3 && !memcmp(p, "## ", 3))
			read_heading(t, p + 3, end, number, diag);
		else if (p < end && *p == '|')
			read_row(t, p, end, number, diag);
	}
	if (!t->count && !diag->count)
		diag_error(diag, 0, 0, 0, "no requirement stands in it");
}

void trace_free(struct trace *t)
{
	free(t->list);
	free(t->items);
	free(t->sorted);
	*t = (struct trace){.list = NULL};
}

/* ---- what cites ---- */

static struct trace_item *add_item(struct trace *t)
{
	t->items = grow(t->items, t->item_count, &t->item_size, sizeof(*t->items));
	t->items[t->item_count] = (struct trace_item){.probe = false};
	return &t->items[t->item_count++];
}

static void add_row(struct trace *t, const struct suite *s, const struct scn_case *c,
                    const struct row *row)
{
	struct trace_item *item = add_item(t);

	item->case_len = (size_t)snprintf(item->name, sizeof(item->name), "%s/%s", s->name,
	                                  c->name);
	item->req = c->req;
	if (!row)
		return;
	snprintf(item->name + item->case_len, sizeof(item->name) - item->case_len, "/%s", row->id);
	for (unsigned i = 0; i < row->req.count && item->req.count < SCN_REQ_MAX; i++)
		memcpy(item->req.id[item->req.count++], row->req.id[i], sizeof(row->req.id[i]));
}

void trace_add_suite(struct trace *t, const struct suite *s)
{
	for (size_t i = 0; i < s->case_count; i++) {
		const struct scn_case *c = &s->cases[i];

		if (!c->attack)
			add_row(t, s, c, NULL);
		for (size_t k = 0; k < c->row_count; k++)
			add_row(t, s, c, &c->rows[k]);
	}
}

void trace_add_probe(struct trace *t, const char *name, const char *req)
{
	struct trace_item *item = add_item(t);

	item->case_len = (size_t)snprintf(item->name, sizeof(item->name), "%s", name);
	item->probe = true;
	item->req.count = 1;
	snprintf(item->req.id[0], sizeof(item->req.id[0]), "%s", req);
}

bool trace_cites(const struct trace_item *item, const char *id)
{
	for (unsigned i = 0; i < item->req.count; i++)
		if (!strcmp(item->req.id[i], id))
			return true;
	return false;
}

/* ---- what was run ---- */

static int compare_items(const void *a, const void *b)
{
	return strcmp(((const struct trace_ref *)a)->item->name,
	              ((const struct trace_ref *)b)->item->name);
}

static void sort_items(struct trace *t)
{
	if (t->sorted || !t->item_count)
		return;
	t->sorted = calloc(t->item_count, sizeof(*t->sorted));
	if (!t->sorted)
		return;
	for (size_t i = 0; i < t->item_count; i++)
		t->sorted[i].item = &t->items[i];
	qsort(t->sorted, t->item_count, sizeof(*t->sorted), compare_items);
}

static enum trace_fate fate_of(enum result r)
{
	if (r == RESULT_PASS)
		return TRACE_PASSED;
	if (r == RESULT_XFAIL)
		return TRACE_EXPECTED;
	return r == RESULT_SKIP || r == RESULT_NA ? TRACE_SKIPPED : TRACE_FAILED;
}

bool trace_add_results(struct trace *t, const struct results *r)
{
	size_t b = 0;

	while (b < t->backend_count && strcmp(t->backends[b], r->backend))
		b++;
	if (b == TRACE_BACKENDS_MAX)
		return false;
	if (b == t->backend_count)
		snprintf(t->backends[t->backend_count++], SCN_NAME_MAX, "%s", r->backend);
	sort_items(t);
	for (size_t i = 0; i < r->count; i++) {
		enum trace_fate fate = fate_of(r->outcomes[i].result);
		struct trace_item key;
		struct trace_ref wanted = {&key}, *found = NULL;

		outcome_name(&r->outcomes[i], key.name);
		if (t->sorted)
			found = bsearch(&wanted, t->sorted, t->item_count, sizeof(*t->sorted),
			                compare_items);
		if (!found)
			t->strangers++;
		else if (fate > found->item->fate[b])
			found->item->fate[b] = fate;
	}
	return true;
}

size_t trace_count(const struct trace *t, const char *id, size_t backend,
                   size_t fates[TRACE_FATE_COUNT])
{
	size_t n = 0;

	for (int i = 0; fates && i < TRACE_FATE_COUNT; i++)
		fates[i] = 0;
	for (size_t i = 0; i < t->item_count; i++) {
		if (!trace_cites(&t->items[i], id))
			continue;
		n++;
		if (fates && !t->items[i].probe)
			fates[t->items[i].fate[backend]]++;
	}
	return n;
}

/* ---- what is wrong ---- */

static void check_citations(const struct trace *t, struct diag *diag)
{
	for (size_t i = 0; i < t->item_count; i++) {
		const struct trace_item *item = &t->items[i];

		for (unsigned k = 0; k < item->req.count; k++)
			if (!find(t,
			          item->req.id
			                  [k])) /* rows say it once, for a case says it for all of them */
				diag_error(diag, 0, 0, 0, "%.*s cites %s, which no table lists",
				           (int)item->case_len, item->name, item->req.id[k]);
	}
}

static const char *first_citation(const struct trace *t, const char *id)
{
	for (size_t i = 0; i < t->item_count; i++)
		if (trace_cites(&t->items[i], id))
			return t->items[i].name;
	return NULL;
}

void trace_check(const struct trace *t, struct diag *diag)
{
	check_citations(t, diag);
	for (size_t i = 0; i < t->count; i++) {
		const struct trace_requirement *r = &t->list[i];
		const char *by = first_citation(t, r->id);

		if (by && r->state != TRACE_COVERED)
			diag_error(diag, r->line, 3, (unsigned)strlen(r->id),
			           "%s is %s, but %s cites it", r->id, trace_state_words[r->state],
			           by);
		else if (!by && r->state == TRACE_COVERED)
			diag_error(diag, r->line, 3, (unsigned)strlen(r->id),
			           "%s is covered, but no case cites it", r->id);
		else if (!by && r->level == TRACE_MUST && !r->says_needs)
			diag_error(diag, r->line, 3, (unsigned)strlen(r->id),
			           "no case cites %s, a MUST: write one, or begin the last column "
			           "with `needs` and what is "
			           "not built yet",
			           r->id);
	}
}
