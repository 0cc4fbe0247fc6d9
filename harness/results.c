/* SPDX-License-Identifier: ISC */
/* results.c: the list of outcomes and what follows from it. The files are written by
 * results_json.c, results_tap.c and results_junit.c. */
#include "harness/results.h"

#include "harness/files.h"
#include "harness/results_forms.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESULTS_FIRST_SIZE 64

static const char *const names[] = {
        [RESULT_PASS] = "PASS",       [RESULT_FAIL] = "FAIL", [RESULT_XFAIL] = "XFAIL",
        [RESULT_XPASS] = "XPASS",     [RESULT_SKIP] = "SKIP", [RESULT_NA] = "NA",
        [RESULT_VACUOUS] = "VACUOUS", [RESULT_LIE] = "LIE",   [RESULT_AUDIT_GAP] = "AUDIT-GAP",
        [RESULT_CRASH] = "CRASH",     [RESULT_HANG] = "HANG", [RESULT_ENV] = "ENV",
};
static_assert(sizeof(names) / sizeof(names[0]) == RESULT_COUNT, "every result has a name");

const char *result_name(enum result r)
{
	return r < RESULT_COUNT ? names[r] : "?";
}

bool result_parse(const char *name, enum result *out)
{
	for (unsigned i = 0; i < RESULT_COUNT; i++) {
		if (strcmp(names[i], name) == 0) {
			*out = (enum result)i;
			return true;
		}
	}
	return false;
}

bool result_is_expected(enum result r)
{
	return r == RESULT_PASS || r == RESULT_XFAIL || r == RESULT_SKIP || r == RESULT_NA;
}

char *outcome_name(const struct outcome *o, char *out)
{
	snprintf(out, OUTCOME_NAME_MAX, "%s%s%s", o->id, o->row[0] ? "/" : "", o->row);
	return out;
}

struct outcome *results_add(struct results *r)
{
	struct outcome *o;

	if (r->count == r->size) {
		r->size = r->size ? 2 * r->size : RESULTS_FIRST_SIZE;
		r->outcomes = reallocarray(r->outcomes, r->size, sizeof(*r->outcomes));
		if (!r->outcomes) {
			fputs("gauntlet: out of memory: the results cannot be kept\n", stderr);
			exit(4);
		}
	}
	o = &r->outcomes[r->count++];
	memset(o, 0, sizeof(*o));
	return o;
}

void results_free(struct results *r)
{
	free(r->outcomes);
	r->outcomes = NULL;
	r->count = r->size = 0;
}

static int compare_places(const void *a, const void *b)
{
	const struct outcome *left = a, *right = b;

	if (left->at != right->at)
		return left->at < right->at ? -1 : 1;
	return (left->number > right->number) - (left->number < right->number);
}

void results_sort(struct results *r)
{
	if (r->count)
		qsort(r->outcomes, r->count, sizeof(*r->outcomes), compare_places);
}

void results_tally(const struct results *r, unsigned tally[RESULT_COUNT])
{
	memset(tally, 0, RESULT_COUNT * sizeof(tally[0]));
	for (size_t i = 0; i < r->count; i++)
		tally[r->outcomes[i].result]++;
}

int results_write(const struct results *r, const char *dir)
{
	static const struct {
		const char *name;
		void (*write)(const struct results *r, FILE *to);
	} forms[] = {
	        {"results.json", results_write_json},
	        {"results.tap", results_write_tap},
	        {"junit.xml", results_write_junit},
	};
	struct new_file n;

	if (file_make_folder(dir))
		return -1;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (file_begin(&n, dir, forms[i].name, 0666))
			return -1;
		forms[i].write(r, n.f);
		if (file_finish(&n))
			return -1;
	}
	return 0;
}

int results_exit_code(const struct results *r)
{
	unsigned tally[RESULT_COUNT];

	results_tally(r, tally);
	if (tally[RESULT_SKIP] + tally[RESULT_NA] == r->count)
		return 3;
	for (unsigned i = 0; i < RESULT_COUNT; i++) {
		if (tally[i] && i != RESULT_ENV && !result_is_expected((enum result)i))
			return 1;
	}
	return tally[RESULT_ENV] ? 4 : 0;
}
