/* SPDX-License-Identifier: ISC */
/* summary_test.c: the end of a run fits a screen, however much has failed. */
#include "harness/summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct run run;

static void fill(unsigned good, unsigned bad)
{
	run = (struct run){.plane = PLANE_WIRE, .out = "some/where"};
	for (unsigned i = 0; i < good + bad; i++) {
		struct outcome *o = results_add(&run.results);

		snprintf(o->id, sizeof(o->id), "suite/case-%u", i);
		o->result = i < good ? RESULT_PASS : i % 2 ? RESULT_FAIL : RESULT_CRASH;
		o->proved = i < good;
		memset(o->detail, 'x', sizeof(o->detail) - 1);
	}
}

static char *print(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	struct count c = summary_count(&run.results, 2.0);

	summary_print(&run, &c, to);
	fclose(to);
	results_free(&run.results);
	return text;
}

static unsigned lines_of(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void a_good_run_is_three_lines(void **state)
{
	char *text;

	(void)state;
	fill(4, 0);
	text = print();
	assert_string_equal(
	        text, "\n4 run, 4 passed, 0 failed, 0 skipped in 2.00 s (2 rows/s)\n"
	              "4 attacks dropped, with allowed traffic flowing before and after them\n"
	              "results: some/where/results.json\n");
	free(text);
}

static void what_failed_is_named(void **state)
{
	char *text;

	(void)state;
	fill(1, 2);
	text = print();
	assert_non_null(strstr(text, "  FAIL      suite/case-1: xxxx"));
	assert_non_null(strstr(text, "  CRASH     suite/case-2: xxxx"));
	assert_non_null(strstr(text, "3 run, 1 passed, 2 failed, 0 skipped"));
	assert_non_null(strstr(text, "  FAIL 1, CRASH 1\n"));
	assert_non_null(strstr(text, "evidence: some/where/failures/\n"));
	assert_null(strstr(text, "more"));
	free(text);
}

static void of_many_failures_ten_are_named(void **state)
{
	char *text;

	(void)state;
	fill(10, 500);
	text = print();
	assert_non_null(strstr(text, "suite/case-19:"));
	assert_null(strstr(text, "suite/case-20:"));
	assert_non_null(strstr(text, "  ... and 490 more\n"));
	assert_in_range(lines_of(text), 12, 20);
	for (const char *p = text; *p; p += strcspn(p, "\n") + 1)
		assert_in_range(strcspn(p, "\n"), 0, 140);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_good_run_is_three_lines),
	        cmocka_unit_test(what_failed_is_named),
	        cmocka_unit_test(of_many_failures_ten_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
