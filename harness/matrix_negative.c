/* SPDX-License-Identifier: ISC */
/* matrix_negative.c: which cases say what must not happen. results.json does not; the scenarios do. */
#include "harness/matrix.h"

#include "harness/scenario.h"
#include "harness/select.h"

static void mark_rows(struct matrix *m, const struct suite *suite, const struct scn_case *c)
{
	char name[OUTCOME_NAME_MAX];

	for (size_t i = 0; i < c->row_count; i++) {
		const enum row_verdict verdict = c->rows[i].verdict;

		if (verdict == ROW_PASS || verdict == ROW_ANSWER)
			continue;
		snprintf(name, sizeof(name), "%s/%s/%s", suite->name, c->name, c->rows[i].id);
		matrix_mark_negative(m, name,
		                     verdict == ROW_DROP || verdict == ROW_ASK ? NEGATIVE_ROW
		                                                               : NEGATIVE_END);
	}
}

static bool has_step(const struct scn_case *c, enum step_kind kind)
{
	for (size_t i = 0; i < c->step_count; i++)
		if (c->steps[i].kind == kind)
			return true;
	return false;
}

static void mark_steps(struct matrix *m, const struct suite *suite, const struct scn_case *c)
{
	char name[OUTCOME_NAME_MAX];

	snprintf(name, sizeof(name), "%s/%s", suite->name, c->name);
	if (case_ends(c) || has_step(c, STEP_NONE_GUEST) || has_step(c, STEP_NONE_EVENT) ||
	    has_step(c, STEP_NONE_SENDS) || has_step(c, STEP_GUEST_OFF) ||
	    (!has_step(c, STEP_WIRE) && !has_step(c, STEP_GUEST)))
		matrix_mark_negative(m, name, NEGATIVE_CASE);
}

int matrix_mark_scenarios(struct matrix *m, const char *dir)
{
	size_t count;
	struct selection *all = select_load(dir, NULL, 0, &count);

	if (!all)
		return -1;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < all[i].suite->case_count; j++) {
			const struct scn_case *c = &all[i].suite->cases[j];

			mark_rows(m, all[i].suite, c);
			if (!c->attack)
				mark_steps(m, all[i].suite, c);
		}
	}
	select_free(all, count);
	return 0;
}
