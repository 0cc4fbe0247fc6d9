/* SPDX-License-Identifier: ISC */
/* progress_test.c: plain lines come in order whatever is finished first; a terminal sees failures at once. */
#include "harness/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "harness/plan_fixture.h"

#define UNITS 6 /* of the fixture on the wire plane */

struct screen {
	struct plan_fixture f;
	struct played played[UNITS];
	struct outcome outcomes[UNITS][4];
	struct progress p;
	char *text;
	size_t size;
	FILE *to;
};

static struct screen screen;

static void add(struct screen *s, size_t unit, unsigned at, const char *id, const char *row,
                enum result result, const char *detail)
{
	struct outcome *o = &s->outcomes[unit][s->played[unit].count++];

	*o = (struct outcome){.result = result, .ms = 1, .at = at};
	snprintf(o->id, sizeof(o->id), "%s", id);
	snprintf(o->row, sizeof(o->row), "%s", row);
	snprintf(o->detail, sizeof(o->detail), "%s", detail);
	s->played[unit].list = s->outcomes[unit];
}

static int setup(void **state)
{
	static char note[] = "  FAIL  told in short\n";
	struct screen *s = &screen;

	memset(s, 0, sizeof(*s));
	plan_fixture_make(&s->f);
	plan_fixture_plan(&s->f, PLANE_WIRE, 0, 0);
	assert_int_equal(s->f.plan.unit_count, UNITS);
	add(s, 0, 0, "one/table", "drop", RESULT_PASS, "");
	add(s, 0, 0, "one/table", "pass", RESULT_PASS, "");
	add(s, 1, 0, "one/table", "end-a", RESULT_FAIL, "it went on");
	add(s, 2, 0, "one/table", "end-b", RESULT_PASS, "");
	add(s, 3, 1, "one/steps", "", RESULT_PASS, "");
	add(s, 4, 2, "one/guests", "a", RESULT_SKIP, "not written for the wire plane");
	add(s, 4, 2, "one/guests", "b", RESULT_SKIP, "not written for the wire plane");
	add(s, 5, 3, "two/flood", "", RESULT_PASS, "");
	s->played[1].text[PLAYED_NOTES] = note;
	s->to = open_memstream(&s->text, &s->size);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct screen *s = *state;

	fclose(s->to);
	free(s->text);
	plan_free(&s->f.plan);
	return 0;
}

static void begin(struct screen *s, bool live, bool quiet)
{
	progress_begin(&s->p, &s->f.plan, s->played, s->to, live, quiet);
}

static void finish(struct screen *s, size_t unit)
{
	s->played[unit].done = true;
	progress_done(&s->p, unit);
}

static const char all[] =
        "one\n"
        "    FAIL      end-a: it went on\n"
        "  FAIL  table                                          3 of 4 passed      4.0 ms\n"
        "  ok    steps                                          1 of 1 passed      1.0 ms\n"
        "  skip  guests                                       not written for the wire plane\n"
        "two\n"
        "  ok    flood                                          1 of 1 passed      1.0 ms\n";

static void lines_are_the_same_in_whatever_order_units_end(void **state)
{
	static const size_t orders[][UNITS] = {
	        {0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}, {5, 1, 3, 0, 4, 2}, {2, 0, 4, 1, 5, 3}};
	struct screen *s = *state;

	for (size_t k = 0; k < sizeof(orders) / sizeof(orders[0]); k++) {
		for (size_t i = 0; i < UNITS; i++)
			s->played[i].done = false;
		rewind(s->to);
		begin(s, false, false);
		for (size_t i = 0; i < UNITS; i++) {
			progress_at(&s->p, orders[k][i], 0);
			progress_tick(&s->p);
			finish(s, orders[k][i]);
		}
		progress_end(&s->p);
		fflush(s->to);
		assert_int_equal(s->p.done, 8);
		assert_int_equal(s->p.failed, 1);
		assert_string_equal(s->text, all);
	}
}

static void a_case_waits_for_those_before_it(void **state)
{
	struct screen *s = *state;

	begin(s, false, false);
	finish(s, 3);
	finish(s, 0);
	finish(s, 1);
	fflush(s->to);
	assert_int_equal(s->size, 0);
	finish(s, 2);
	fflush(s->to);
	assert_non_null(strstr(s->text, "table"));
	assert_non_null(strstr(s->text, "steps"));
}

static void an_early_end_shows_what_there_is(void **state)
{
	struct screen *s = *state;

	begin(s, false, false);
	s->played[0].count = 0; /* was not played */
	finish(s, 5);
	finish(s, 2);
	s->played[1].count = s->played[3].count = s->played[4].count = 0;
	progress_end(&s->p);
	fflush(s->to);
	assert_string_equal(s->text, "one\n"
	                             "  ok    table                                          1 of "
	                             "1 passed      1.0 ms\n"
	                             "two\n"
	                             "  ok    flood                                          1 of "
	                             "1 passed      1.0 ms\n");
}

static void a_terminal_sees_a_failure_at_once_and_a_line_for_each_suite(void **state)
{
	struct screen *s = *state;

	begin(s, true, false);
	finish(s, 1);
	fflush(s->to);
	assert_non_null(strstr(s->text, "told in short"));
	assert_null(strstr(s->text, "it went on"));
	progress_at(&s->p, 5, 0);
	s->p.shown_ms = 0;
	progress_tick(&s->p);
	fflush(s->to);
	assert_non_null(strstr(s->text, "  1/8  1 failed"));
	assert_non_null(strstr(s->text, "two/flood"));
	for (size_t i = 0; i < UNITS; i++)
		if (i != 1)
			finish(s, i);
	progress_end(&s->p);
	fflush(s->to);
	assert_non_null(strstr(
	        s->text, "  FAIL  one                                            4 of 5 passed"));
	assert_non_null(strstr(
	        s->text, "  ok    two                                            1 of 1 passed"));
	assert_null(strstr(s->text, "  ok    steps"));
}

static void the_line_that_moves_fits_the_terminal(void **state)
{
	struct screen *s = *state;
	const char *line;

	begin(s, true, false);
	s->p.columns = 20;
	progress_at(&s->p, 5, 0);
	fflush(s->to);
	line = strstr(s->text, "\033[K") + 3;
	assert_int_equal(strlen(line), 19);
}

static void quiet_is_quiet(void **state)
{
	struct screen *s = *state;

	begin(s, true, true);
	for (size_t i = 0; i < UNITS; i++) {
		progress_at(&s->p, i, 0);
		finish(s, i);
	}
	progress_end(&s->p);
	fflush(s->to);
	assert_int_equal(s->size, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        T(lines_are_the_same_in_whatever_order_units_end),
	        T(a_case_waits_for_those_before_it),
	        T(an_early_end_shows_what_there_is),
	        T(a_terminal_sees_a_failure_at_once_and_a_line_for_each_suite),
	        T(the_line_that_moves_fits_the_terminal),
	        T(quiet_is_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
