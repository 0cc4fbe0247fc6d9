/* SPDX-License-Identifier: ISC */
#include "harness/report_trend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "harness/report_fixture.h"

struct two {
	struct results then, now;
	struct trend t;
};

static void add(struct two *w, const char *id, int then, int now, double then_ms, double now_ms)
{
	if (then >= 0)
		fixture_add(&w->then, id, "", (enum result)then, "", "")->ms = then_ms;
	if (now >= 0)
		fixture_add(&w->now, id, "", (enum result)now, "", "")->ms = now_ms;
}

static void compare(struct two *w)
{
	trend_compare(&w->t, &w->then, &w->now);
}

static void end(struct two *w)
{
	trend_free(&w->t);
	results_free(&w->then);
	results_free(&w->now);
}

/* The only change there is. */
static void expect_one(int then, int now, double then_ms, double now_ms, enum change c)
{
	struct two w = {0};

	add(&w, "same/a", RESULT_PASS, RESULT_PASS, 1, 1);
	add(&w, "suite/case", then, now, then_ms, now_ms);
	compare(&w);
	assert_int_equal(w.t.count, c == CHANGE_COUNT ? 0 : 1);
	if (c != CHANGE_COUNT)
		assert_int_equal(w.t.list[0].change, c);
	end(&w);
}

static void each_change_has_its_kind(void **state)
{
	(void)state;
	expect_one(RESULT_PASS, RESULT_FAIL, 1, 1, CHANGE_FAILING);
	expect_one(RESULT_PASS, RESULT_XFAIL, 1, 1, CHANGE_FAILING);
	expect_one(RESULT_PASS, RESULT_ENV, 1, 1, CHANGE_FAILING);
	expect_one(RESULT_LIE, RESULT_PASS, 1, 1, CHANGE_PASSING);
	expect_one(RESULT_XFAIL, RESULT_PASS, 1, 1, CHANGE_PASSING);
	expect_one(RESULT_FAIL, RESULT_LIE, 1, 1, CHANGE_OTHER);
	expect_one(RESULT_PASS, RESULT_SKIP, 1, 1, CHANGE_OTHER);
	expect_one(-1, RESULT_PASS, 1, 1, CHANGE_NEW);
	expect_one(RESULT_PASS, -1, 1, 1, CHANGE_GONE);
	expect_one(RESULT_FAIL, RESULT_FAIL, 1, 1, CHANGE_COUNT);
}

static void slower_is_twice_as_long_and_enough_to_notice(void **state)
{
	(void)state;
	expect_one(RESULT_PASS, RESULT_PASS, 100, 301, CHANGE_SLOWER);
	expect_one(RESULT_PASS, RESULT_PASS, 1, 50, CHANGE_COUNT);
	expect_one(RESULT_PASS, RESULT_PASS, 1000, 1200, CHANGE_COUNT);
	expect_one(RESULT_PASS, RESULT_FAIL, 1, 1000, CHANGE_FAILING);
}

static void what_got_worse_comes_first_and_the_order_of_the_run_is_kept(void **state)
{
	struct two w = {0};

	(void)state;
	add(&w, "s/gone", RESULT_PASS, -1, 1, 1);
	add(&w, "s/new", -1, RESULT_PASS, 1, 1);
	add(&w, "s/first", RESULT_PASS, RESULT_FAIL, 1, 1);
	add(&w, "s/better", RESULT_FAIL, RESULT_PASS, 1, 1);
	add(&w, "s/second", RESULT_PASS, RESULT_LIE, 1, 1);
	compare(&w);
	assert_int_equal(w.t.count, 5);
	assert_int_equal(w.t.of[CHANGE_FAILING], 2);
	assert_string_equal(w.t.list[0].now->id, "s/first");
	assert_string_equal(w.t.list[1].now->id, "s/second");
	assert_string_equal(w.t.list[2].now->id, "s/better");
	assert_null(w.t.list[3].then);
	assert_string_equal(w.t.list[4].then->id, "s/gone");
	end(&w);
}

static void a_name_that_comes_twice_does_no_harm(void **state)
{
	struct two w = {0};

	(void)state;
	add(&w, "s/a", RESULT_FAIL, RESULT_PASS, 1, 1);
	add(&w, "s/a", RESULT_PASS, RESULT_PASS, 1, 1);
	add(&w, "s/b", RESULT_PASS, RESULT_FAIL, 1, 1);
	compare(&w);
	assert_int_equal(w.t.of[CHANGE_FAILING], 1);
	assert_string_equal(w.t.list[0].then->id, "s/b");
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_change_has_its_kind),
	        cmocka_unit_test(slower_is_twice_as_long_and_enough_to_notice),
	        cmocka_unit_test(what_got_worse_comes_first_and_the_order_of_the_run_is_kept),
	        cmocka_unit_test(a_name_that_comes_twice_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
