/* SPDX-License-Identifier: ISC */
/* plan.c: see plan.h. */
#include "harness/plan.h"

#include "harness/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

/* Milliseconds, very roughly. Only their order matters. */
#define WEIGHT_PROCESS    50.0
#define WEIGHT_ROW        0.2
#define WEIGHT_PROGRAM    30.0
#define WEIGHT_BOOT       2000.0
#define WEIGHT_GUEST      600.0
#define WEIGHT_FLOOD_UNIT 0.01
#define WEIGHT_PATIENCE   0.1 /* of what a statement may take beyond the usual */

static void *grow(void *list, size_t count, size_t size)
{
	/* In powers of two: grown when the list is full. */
	if (count & (count - 1))
		return list;
	list = reallocarray(list, count ? 2 * count : 1, size);
	if (list)
		return list;
	fputs("gauntlet: out of memory: the run cannot be planned\n", stderr);
	exit(4);
}

static uint64_t print_add(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * FNV_PRIME;
	return (hash ^ '\n') * FNV_PRIME; /* no byte of a name */
}

bool plan_has_row(const struct plan_case *c, const struct row *row, enum scn_plane plane)
{
	return select_has_row(c->sel, row) &&
	       (row->recipe.kind != RECIPE_RUN || plane != PLANE_WIRE ||
	        !(c->scn_case->planes & plane));
}

static size_t rows_of(const struct plan_case *c, enum scn_plane plane)
{
	size_t n = 0;

	for (size_t i = 0; i < c->scn_case->row_count; i++)
		n += plan_has_row(c, &c->scn_case->rows[i], plane);
	return n;
}

static double weigh_step(const struct step *st)
{
	unsigned usual = st->kind == STEP_FLOOD ? SCN_FLOOD_MS
	                 : st->kind == STEP_RUN ? SCN_RUN_MS
	                                        : SCN_WITHIN_MS;
	double weight = st->kind == STEP_RUN || st->kind == STEP_SERVE ? WEIGHT_PROGRAM : 0;

	if (st->kind == STEP_FLOOD)
		weight += (double)st->number * WEIGHT_FLOOD_UNIT;
	if (st->within_ms > usual)
		weight += (st->within_ms - usual) * WEIGHT_PATIENCE;
	return weight;
}

static double weigh_row(const struct row *row)
{
	return row->recipe.kind == RECIPE_RUN ? WEIGHT_PROGRAM : WEIGHT_ROW;
}

bool plan_boots(const struct plan *p, const struct unit *u)
{
	return case_boot(p->cases[u->first].scn_case) != NULL;
}

bool plan_unit_has_case(const struct plan *p, const struct unit *u, size_t index)
{
	return index == u->first || (index > u->first && index < u->first + u->count &&
	                             !case_boot(p->cases[index].scn_case));
}

/* After whose row the backend is not there any more. */
static bool is_alone(const struct scn_case *c, const struct row *row)
{
	return judge_wants_end(&(struct judge_item){.scn_case = c, .row = row});
}

static void add_unit(struct plan *p, size_t first, size_t row, double weight)
{
	p->units = grow(p->units, p->unit_count, sizeof(*p->units));
	p->units[p->unit_count++] = (struct unit){
	        .first = first, .count = 1, .row = row, .weight = WEIGHT_PROCESS + weight};
	p->cases[first].units++;
}

/* A table's rows together, and each row that ends the VM by itself; or a case of statements. */
static void add_units(struct plan *p, size_t index, enum scn_plane plane)
{
	const struct plan_case *pc = &p->cases[index];
	const struct scn_case *c = pc->scn_case;
	size_t together = 0;
	double weight = 0;

	for (size_t i = 0; i < c->step_count; i++)
		weight += weigh_step(&c->steps[i]);
	for (size_t i = 0; i < c->row_count; i++)
		if (plan_has_row(pc, &c->rows[i], plane) && !is_alone(c, &c->rows[i])) {
			together++;
			weight += weigh_row(&c->rows[i]);
		}
	if (!c->attack || together)
		add_unit(p, index, PLAN_TOGETHER, weight);
	for (size_t i = 0; i < c->row_count; i++)
		if (plan_has_row(pc, &c->rows[i], plane) && is_alone(c, &c->rows[i]))
			add_unit(p, index, i, weigh_row(&c->rows[i]));
}

/* The vm plane: one unit for all of a suite, and one for each case with a guest of its own. */
static void add_to_guest(struct plan *p, size_t index)
{
	const struct scn_case *c = p->cases[index].scn_case;
	struct unit *shared = NULL;
	double weight = 0;

	for (size_t i = 0; i < c->step_count; i++)
		weight += weigh_step(&c->steps[i]);
	if (case_boot(c)) {
		add_unit(p, index, PLAN_TOGETHER, WEIGHT_BOOT + weight);
		return;
	}
	for (size_t i = 0; i < c->row_count; i++)
		weight += weigh_row(&c->rows[i]);
	for (size_t i = p->unit_count; i-- > 0 && !shared;)
		if (p->cases[p->units[i].first].sel == p->cases[index].sel &&
		    !plan_boots(p, &p->units[i]))
			shared = &p->units[i];
	if (shared) {
		shared->count = index + 1 - shared->first;
		shared->weight += weight;
	} else {
		add_unit(p, index, PLAN_TOGETHER, WEIGHT_GUEST + weight);
	}
}

static void add_case(struct plan *p, const struct selection *sel, const struct scn_case *c,
                     enum scn_plane plane, const struct shard *shard)
{
	struct plan_case pc = {.sel = sel, .scn_case = c, .at = p->all_cases};
	size_t rows = rows_of(&pc, plane) + !c->attack;

	if (!rows)
		return;
	p->print = print_add(print_add(p->print, sel->suite->name), c->name);
	if (sel->row)
		p->print = print_add(p->print, sel->row->id);
	if (!shard_has(shard, p->all_cases++))
		return;
	p->rows += rows;
	p->cases = grow(p->cases, p->case_count, sizeof(*p->cases));
	p->cases[p->case_count++] = pc;
	if (plane == PLANE_VM)
		add_to_guest(p, p->case_count - 1);
	else
		add_units(p, p->case_count - 1, plane);
}

void plan_make(struct plan *p, const struct selection *sel, size_t count, enum scn_plane plane,
               const struct shard *shard)
{
	*p = (struct plan){.print = FNV_BASIS};
	for (size_t i = 0; i < count; i++) {
		const struct suite *s = sel[i].suite;

		if (!sel[i].named && !(s->planes & plane))
			continue;
		for (size_t k = 0; k < s->case_count; k++)
			if (select_has_case(&sel[i], &s->cases[k]))
				add_case(p, &sel[i], &s->cases[k], plane, shard);
	}
}

void plan_free(struct plan *p)
{
	free(p->cases);
	free(p->units);
	*p = (struct plan){0};
}

bool plan_unit_has_row(const struct unit *u, const struct plan_case *c, size_t row,
                       enum scn_plane plane)
{
	const struct row *it = &c->scn_case->rows[row];

	if (u->row != PLAN_TOGETHER)
		return row == u->row;
	return plan_has_row(c, it, plane) && (plane == PLANE_VM || !is_alone(c->scn_case, it));
}

unsigned plan_number(const struct scn_case *c, const struct row *row)
{
	return row ? (unsigned)(row - c->rows) + !c->attack : 0;
}

static int compare(const void *a, const void *b, void *arg)
{
	const struct plan *p = arg;
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	double w = p->units[left].weight, v = p->units[right].weight;

	if (w != v)
		return w > v ? -1 : 1;
	return (left > right) - (left < right);
}

void plan_longest_first(const struct plan *p, uint32_t *out)
{
	for (size_t i = 0; i < p->unit_count; i++)
		out[i] = (uint32_t)i;
	qsort_r(out, p->unit_count, sizeof(*out), compare, (void *)(uintptr_t)p);
}
