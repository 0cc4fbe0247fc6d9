/* SPDX-License-Identifier: ISC */
/* matrix.c: see matrix.h. */
#include "harness/matrix.h"

#include "harness/judge.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *const fates[] = {
        [FATE_KILLED] = "killed", [FATE_VACUOUS] = "vacuous", [FATE_SURVIVED] = "survived"};
static_assert(sizeof(fates) / sizeof(fates[0]) == FATE_COUNT, "every fate has a name");

const char *fate_name(enum fate f)
{
	return f < FATE_COUNT ? fates[f] : "?";
}

static void *need(void *p)
{
	if (p)
		return p;
	fputs("gauntlet matrix: out of memory\n", stderr);
	exit(4);
}

static int compare_outcomes(const struct matrix *m, size_t i, const char *name, const char *plane)
{
	char own[OUTCOME_NAME_MAX];
	int order = strcmp(outcome_name(&m->baseline.outcomes[i], own), name);

	return order ? order : strcmp(m->planes[i], plane);
}

static int compare_indices(const void *a, const void *b, void *matrix)
{
	const struct matrix *m = matrix;
	const size_t right = *(const size_t *)b;
	char name[OUTCOME_NAME_MAX];

	return compare_outcomes(m, *(const size_t *)a,
	                        outcome_name(&m->baseline.outcomes[right], name), m->planes[right]);
}

static bool same_suite(const struct outcome *a, const struct outcome *b)
{
	const size_t len = strcspn(a->id, "/");

	return len == strcspn(b->id, "/") && !strncmp(a->id, b->id, len);
}

/* The number of the suite of outcome `i`, of which all in front of it have one. */
static size_t number_suite(struct matrix *m, size_t i)
{
	for (size_t j = i; j-- > 0;)
		if (same_suite(&m->baseline.outcomes[i], &m->baseline.outcomes[j]))
			return m->suites[j];
	return m->suite_count++;
}

static void take_over(struct matrix *m, struct results *run)
{
	for (size_t i = 0; i < run->count; i++) {
		m->planes[m->baseline.count] = run->plane;
		*results_add(&m->baseline) = run->outcomes[i];
	}
	results_free(run);
}

void matrix_init(struct matrix *m, struct results *baselines, size_t count)
{
	size_t n = 0;

	*m = (struct matrix){.count = 0};
	for (size_t i = 0; i < count; i++)
		n += baselines[i].count;
	m->planes = need(calloc(n + 1, sizeof(*m->planes)));
	m->suites = need(calloc(n + 1, sizeof(*m->suites)));
	m->order = need(calloc(n + 1, sizeof(*m->order)));
	m->proofs = need(calloc(n + 1, sizeof(*m->proofs)));
	m->negative = need(calloc(n + 1, sizeof(*m->negative)));
	for (size_t i = 0; i < count; i++)
		take_over(m, &baselines[i]);
	for (size_t i = 0; i < n; i++) {
		m->order[i] = i;
		m->suites[i] = number_suite(m, i);
	}
	qsort_r(m->order, n, sizeof(*m->order), compare_indices, m);
}

void matrix_free(struct matrix *m)
{
	for (size_t i = 0; i < m->count; i++) {
		free(m->list[i].killers);
		free(m->list[i].played);
	}
	free(m->list);
	free(m->planes);
	free(m->suites);
	free(m->order);
	free(m->proofs);
	free(m->negative);
	results_free(&m->baseline);
	*m = (struct matrix){.count = 0};
}

/* Where in `order` the first outcome stands that is not in front of (name, plane). */
static size_t lower_bound(const struct matrix *m, const char *name, const char *plane)
{
	size_t low = 0, high = m->baseline.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_outcomes(m, m->order[middle], name, plane) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The baseline's outcome of that name on that plane, or false. */
static bool find(const struct matrix *m, const char *name, const char *plane, size_t *out)
{
	const size_t at = lower_bound(m, name, plane);

	if (at == m->baseline.count || compare_outcomes(m, m->order[at], name, plane))
		return false;
	*out = m->order[at];
	return true;
}

bool matrix_has_plane(const struct matrix *m, const char *plane)
{
	for (size_t i = 0; i < m->baseline.count; i++)
		if (!strcmp(m->planes[i], plane))
			return true;
	return false;
}

/* Places in `order` of all outcomes with this name: from *first up to the result. */
static size_t all_planes(const struct matrix *m, const char *name, size_t *first)
{
	char other[OUTCOME_NAME_MAX];
	size_t end;

	*first = end = lower_bound(m, name, "");
	while (end < m->baseline.count &&
	       !strcmp(outcome_name(&m->baseline.outcomes[m->order[end]], other), name))
		end++;
	return end;
}

void matrix_mark_negative(struct matrix *m, const char *name, enum negative kind)
{
	size_t first, end = all_planes(m, name, &first);

	for (size_t i = first; i < end; i++)
		if (m->baseline.outcomes[m->order[i]].result == RESULT_PASS)
			m->negative[m->order[i]] = kind;
}

bool matrix_is_idle(const struct matrix *m, size_t i)
{
	char name[OUTCOME_NAME_MAX];
	size_t first, end = all_planes(m, outcome_name(&m->baseline.outcomes[i], name), &first);

	if (!m->negative[i])
		return false;
	for (size_t j = first; j < end; j++) {
		const size_t other = m->order[j];

		if (m->proofs[other] || (other < i && m->negative[other]))
			return false;
	}
	return true;
}

static bool finds_fault(enum result r)
{
	return r == RESULT_FAIL || r == RESULT_LIE || r == RESULT_AUDIT_GAP || r == RESULT_CRASH ||
	       r == RESULT_HANG || r == RESULT_XPASS;
}

static int compare_sizes(const void *a, const void *b)
{
	size_t left = *(const size_t *)a, right = *(const size_t *)b;

	return (left > right) - (left < right);
}

static bool is_a_leak(const struct outcome *o)
{
	static const char *const words[] = {JUDGE_CROSSED, JUDGE_REACHED_HOST, JUDGE_ANSWERED};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncmp(o->detail, words[i], strlen(words[i])))
			return o->result == RESULT_FAIL || o->result == RESULT_LIE;
	return false;
}

/* Whether another row of its table that also runs alone still holds. */
static bool has_neighbour_that_holds(const struct matrix *m, const struct results *run,
                                     const struct outcome *o)
{
	char name[OUTCOME_NAME_MAX];
	size_t i;

	for (size_t j = 0; j < run->count; j++)
		if (run->outcomes[j].result == RESULT_PASS && !strcmp(run->outcomes[j].id, o->id) &&
		    find(m, outcome_name(&run->outcomes[j], name), run->plane, &i) &&
		    m->negative[i] == NEGATIVE_END)
			return true;
	return false;
}

/* A case proves its own demand when it failed by its own doing. That everything fails behind a
 * silent, a stuttering or a hanging backend says nothing about what this one forbids. */
static bool proves_itself(const struct matrix *m, const struct results *run,
                          const struct outcome *o, enum negative kind)
{
	if (is_a_leak(o) || o->result == RESULT_CRASH)
		return true;
	if (o->result != RESULT_FAIL && o->result != RESULT_LIE && o->result != RESULT_AUDIT_GAP)
		return false;
	switch (kind) {
	case NEGATIVE_END:
		return has_neighbour_that_holds(m, run, o);
	case NEGATIVE_CASE:
		return true;
	case NEGATIVE_NOT:
	case NEGATIVE_ROW:
	default:
		return false;
	}
}

static void note_killer(struct matrix *m, struct mutant *mutant, const struct results *run,
                        const struct outcome *o)
{
	char id[OUTCOME_NAME_MAX];
	size_t i;

	if (!find(m, outcome_name(o, id), run->plane, &i))
		return;
	mutant->played[m->suites[i]] = 1;
	if (!finds_fault(o->result) || m->baseline.outcomes[i].result != RESULT_PASS)
		return;
	mutant->killers[mutant->killer_count++] = i;
	m->proofs[i] += m->negative[i] && proves_itself(m, run, o, m->negative[i]);
}

void matrix_add(struct matrix *m, const char *name, enum fate expected, const struct results *run)
{
	bool vacuous = false;
	struct mutant *mutant;

	m->list = need(reallocarray(m->list, m->count + 1, sizeof(*m->list)));
	mutant = &m->list[m->count++];
	*mutant = (struct mutant){.name = name, .plane = run->plane, .expected = expected};
	mutant->killers = need(calloc(run->count + 1, sizeof(*mutant->killers)));
	mutant->played = need(calloc(m->suite_count + 1, 1));
	for (size_t j = 0; j < run->count; j++) {
		vacuous |= run->outcomes[j].result == RESULT_VACUOUS;
		note_killer(m, mutant, run, &run->outcomes[j]);
	}
	qsort(mutant->killers, mutant->killer_count, sizeof(*mutant->killers), compare_sizes);
	mutant->fate = mutant->killer_count ? FATE_KILLED : vacuous ? FATE_VACUOUS : FATE_SURVIVED;
}

bool matrix_is_as_expected(const struct matrix *m)
{
	for (size_t i = 0; i < m->count; i++) {
		if (m->list[i].fate != m->list[i].expected)
			return false;
	}
	return true;
}
