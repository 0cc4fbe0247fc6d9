/* SPDX-License-Identifier: ISC */
/* report_trend.c: see report_trend.h. */
#include "harness/report_trend.h"

#include "harness/report_words.h"
#include "harness/strtab.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
        [CHANGE_FAILING] = "newly failing",
        [CHANGE_PASSING] = "newly passing",
        [CHANGE_OTHER] = "changed",
        [CHANGE_NEW] = "new",
        [CHANGE_GONE] = "gone",
        [CHANGE_SLOWER] = "slower",
};
static_assert(sizeof(names) / sizeof(names[0]) == CHANGE_COUNT, "every change has a name");

const char *change_name(enum change c)
{
	return c < CHANGE_COUNT ? names[c] : "?";
}

/* CHANGE_COUNT: nothing worth a line. */
static enum change change_of(const struct outcome *then, const struct outcome *now)
{
	if (!then)
		return CHANGE_NEW;
	if (!now)
		return CHANGE_GONE;
	if (then->result == now->result)
		return now->ms > TREND_SLOWER * then->ms && now->ms > then->ms + TREND_SLOWER_MS
		               ? CHANGE_SLOWER
		               : CHANGE_COUNT;
	if (then->result == RESULT_PASS &&
	    (report_is_red(now->result) || now->result == RESULT_ENV))
		return CHANGE_FAILING;
	if (now->result == RESULT_PASS &&
	    (report_is_red(then->result) || then->result == RESULT_ENV))
		return CHANGE_PASSING;
	return CHANGE_OTHER;
}

static void add(struct trend *t, const struct outcome *then, const struct outcome *now)
{
	enum change c = change_of(then, now);

	if (c == CHANGE_COUNT)
		return;
	t->list[t->count++] = (struct change_entry){c, then, now};
	t->of[c]++;
}

/* Stable, and there are few kinds. */
static void sort_by_kind(struct trend *t, struct change_entry *scratch)
{
	size_t n = 0;

	for (unsigned c = 0; c < CHANGE_COUNT; c++)
		for (size_t i = 0; i < t->count; i++)
			if (t->list[i].change == (enum change)c)
				scratch[n++] = t->list[i];
	if (n)
		memcpy(t->list, scratch, n * sizeof(*scratch));
}

void trend_compare(struct trend *t, const struct results *then, const struct results *now)
{
	struct strtab before = {0}, after = {0};
	char name[OUTCOME_NAME_MAX];
	size_t room = then->count + now->count + 1;
	struct change_entry *scratch = calloc(room, sizeof(*scratch));
	const struct outcome **known = calloc(room, sizeof(const struct outcome *)); /* by number */

	*t = (struct trend){.list = calloc(room, sizeof(*t->list))};
	if (!t->list || !scratch || !known) {
		fputs("gauntlet: out of memory: the runs cannot be compared\n", stderr);
		exit(4);
	}
	for (size_t i = 0; i < then->count; i++)
		known[strtab_put(&before, outcome_name(&then->outcomes[i], name), NULL)] =
		        &then->outcomes[i];
	for (size_t i = 0; i < now->count; i++) {
		size_t at = strtab_find(&before, outcome_name(&now->outcomes[i], name));

		strtab_put(&after, name, NULL);
		add(t, at == STRTAB_NONE ? NULL : known[at], &now->outcomes[i]);
	}
	for (size_t i = 0; i < then->count; i++)
		if (strtab_find(&after, outcome_name(&then->outcomes[i], name)) == STRTAB_NONE)
			add(t, &then->outcomes[i], NULL);
	sort_by_kind(t, scratch);
	free(scratch);
	free(known);
	strtab_free(&before);
	strtab_free(&after);
}

void trend_free(struct trend *t)
{
	free(t->list);
	*t = (struct trend){0};
}
