/* SPDX-License-Identifier: ISC */
/* summary.c: see summary.h. */
#include "harness/summary.h"

#include "harness/escape.h"

#include <stdio.h>
#include <string.h>

#define SUMMARY_FAILED 10 /* more would not fit a screen */
#define SUMMARY_DETAIL 100

struct count summary_count(const struct results *r, double seconds)
{
	unsigned tally[RESULT_COUNT];
	struct count c = {.seconds = seconds};

	results_tally(r, tally);
	c.passed = tally[RESULT_PASS];
	c.expected = tally[RESULT_XFAIL];
	c.skipped = tally[RESULT_SKIP] + tally[RESULT_NA];
	c.run = (unsigned)r->count - c.skipped;
	return c;
}

void summary_print_count(const struct count *c, FILE *to)
{
	fprintf(to, "%u run, %u passed, %u failed, %u skipped", c->run, c->passed,
	        c->run - c->passed - c->expected, c->skipped);
	if (c->expected)
		fprintf(to, ", %u failed as expected", c->expected);
	fprintf(to, " in %.2f s", c->seconds);
}

/* The first of those that failed, each on one line. */
static void print_failed(const struct results *r, FILE *to)
{
	char name[OUTCOME_NAME_MAX], detail[SUMMARY_DETAIL];
	size_t failed = 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct outcome *o = &r->outcomes[i];

		if (result_is_expected(o->result))
			continue;
		if (failed++ >= SUMMARY_FAILED)
			continue;
		escape_line(o->detail, strlen(o->detail), detail, sizeof(detail));
		fprintf(to, "  %-9s %s: %s%s\n", result_name(o->result), outcome_name(o, name),
		        detail, strlen(o->detail) > strlen(detail) ? ".." : "");
	}
	if (failed > SUMMARY_FAILED)
		fprintf(to, "  ... and %zu more\n", failed - SUMMARY_FAILED);
}

void summary_print(const struct run *r, const struct count *c, FILE *to)
{
	unsigned tally[RESULT_COUNT], proved = 0;
	const char *between = "  ";

	results_tally(&r->results, tally);
	fprintf(to, "\n");
	if (c->run > c->passed + c->expected) {
		print_failed(&r->results, to);
		fprintf(to, "\n");
	}
	summary_print_count(c, to);
	if (c->run)
		fprintf(to, " (%.0f rows/s)", c->run / c->seconds);
	fprintf(to, "\n");
	for (int i = 0; i < RESULT_COUNT; i++)
		if (tally[i] && i != RESULT_PASS) {
			fprintf(to, "%s%s %u", between, result_name((enum result)i), tally[i]);
			between = ", ";
		}
	fprintf(to, "%s", *between == ',' ? "\n" : "");
	for (size_t i = 0; i < r->results.count; i++)
		proved += r->results.outcomes[i].proved;
	if (proved)
		fprintf(to,
		        "%u attacks dropped, with allowed traffic flowing before and after them\n",
		        proved);
	if (r->boot_ms > 0)
		fprintf(to, "BOOT_MS %.0f\n", r->boot_ms);
	if (r->restore_ms > 0)
		fprintf(to, "RESTORE_MS %.0f\n", r->restore_ms);
	if (r->out && c->run > c->passed)
		fprintf(to, "evidence: %s/failures/\n", r->out);
	if (r->out)
		fprintf(to, "results: %s/results.json\n", r->out);
}
