/* SPDX-License-Identifier: ISC */
/* expect_parse_test.c: what a line of a baseline may say, and that everything that is wrong is told at once, each with
 * its place. */
#include "harness/expect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct diag diag;
static struct expect e;

static size_t parse(const char *text)
{
	expect_free(&e);
	expect_parse("expect.txt", text, strlen(text), &diag, &e);
	return diag.count;
}

static void expect_error(const char *text, unsigned column, const char *words)
{
	if (parse(text) != 1 || diag.errors[0].column != column ||
	    !strstr(diag.errors[0].text, words))
		fail_msg("%s\n%zu errors, the first at %u: %s", text, diag.count,
		         diag.errors[0].column, diag.count ? diag.errors[0].text : "none");
	assert_int_equal(e.count, 0);
}

static int clean(void **state)
{
	(void)state;
	expect_free(&e);
	return 0;
}

static void a_line_says_what_where_until_when_and_why(void **state)
{
	(void)state;
	assert_int_equal(parse("# known\n\n"
	                       "expect audit-gap s/c/* plane kernel transport tap until 2028-02-29 "
	                       "says \"no event\" because \"issue 7\"\n"
	                       "flaky s/d?-x until 2027-12-31 because \"slow\" # a comment\n"
	                       "expect fail * says \"x\" because \"y\" until 2027-01-01"),
	                 0);
	assert_int_equal(e.count, 3);
	assert_int_equal(e.lines[0].line, 3);
	assert_int_equal(e.lines[0].column, 18);
	assert_int_equal(e.lines[0].result, RESULT_AUDIT_GAP);
	assert_string_equal(e.lines[0].glob, "s/c/*");
	assert_int_equal(e.lines[0].planes, PLANE_KERNEL);
	assert_string_equal(e.lines[0].transport, "tap");
	assert_int_equal(e.lines[0].until, 20280229);
	assert_string_equal(e.lines[0].says, "no event");
	assert_string_equal(e.lines[0].because, "issue 7");
	assert_true(e.lines[1].flaky);
	assert_int_equal(e.lines[1].planes, PLANES_ALL);
	assert_int_equal(e.lines[2].until, 20270101);
}

static void every_result_that_says_something_can_be_expected(void **state)
{
	static const char *const words[] = {"fail", "lie", "audit-gap", "crash", "hang", "vacuous"};
	static const enum result results[] = {RESULT_FAIL,  RESULT_LIE,  RESULT_AUDIT_GAP,
	                                      RESULT_CRASH, RESULT_HANG, RESULT_VACUOUS};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		char line[100];

		snprintf(line, sizeof(line),
		         "expect %s s/c until 2027-01-01 says \"x\" because \"y\"", words[i]);
		assert_int_equal(parse(line), 0);
		assert_int_equal(e.lines[0].result, results[i]);
	}
}

#define TAIL " until 2027-01-01 says \"x\" because \"y\"\n"

static void a_misspelt_word_is_answered_with_the_right_one(void **state)
{
	(void)state;
	expect_error("expct fail s/c" TAIL, 1, "unknown word 'expct'; did you mean 'expect'?");
	expect_error("expect fial s/c" TAIL, 8, "unknown result 'fial'; did you mean 'fail'?");
	expect_error("expect pass s/c" TAIL, 8, "unknown result 'pass'");
	expect_error("expect env s/c" TAIL, 8, "unknown result 'env'");
	expect_error("expect fail s/c plane kernal" TAIL, 23, "did you mean 'kernel'?");
	expect_error("expect fail s/c transport tapp" TAIL, 27, "did you mean 'tap'?");
	expect_error("expect fail s/c untill 2027-01-01 says \"x\" because \"y\"", 17,
	             "did you mean 'until'?");
}

static void what_is_missing_is_named(void **state)
{
	(void)state;
	expect_error("flaky", 6, "the name is missing");
	expect_error("expect fail s/c says \"x\" because \"y\"", 37,
	             "`until YYYY-MM-DD` is missing");
	expect_error("expect fail s/c until 2027-01-01 because \"y\"", 45,
	             "`says \"TEXT\"` is missing");
	expect_error("expect fail s/c until 2027-01-01 says \"x\"", 42,
	             "`because \"TEXT\"` is missing");
	expect_error("expect fail s/c until 2027-01-01 says \"x\" because", 50,
	             "nothing follows `because`");
}

static void a_name_without_a_case_is_refused(void **state)
{
	(void)state;
	expect_error("expect fail egress-core" TAIL, 13, "'egress-core' names no case");
}

static void a_day_that_does_not_exist_is_refused(void **state)
{
	static const char *const days[] = {"2027-02-29", "2027-13-01", "2027-00-10", "2027-01-32",
	                                   "2027-1-1",   "1999-01-01", "tomorrow",   "2027-01-011"};

	(void)state;
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		char line[120];

		snprintf(line, sizeof(line), "expect fail s/c until %s says \"x\" because \"y\"",
		         days[i]);
		expect_error(line, 23, "is no day");
	}
	assert_int_equal(parse("flaky s/c until 2400-02-29 because \"y\""), 0);
	expect_error("flaky s/c until 2100-02-29 because \"y\"", 17, "is no day");
}

static void texts_are_quoted_and_say_something(void **state)
{
	(void)state;
	expect_error("expect fail s/c until 2027-01-01 says x because \"y\"", 39,
	             "takes a text in quotes");
	expect_error("expect fail s/c until 2027-01-01 says \"\" because \"y\"", 39,
	             "says something");
	expect_error("expect fail s/c until 2027-01-01 says \"x\" because \"  \"", 51,
	             "says something");
	expect_error("expect fail s/c until 2027-01-01 says \"x\" because \"y", 51, "string");
}

static void a_clause_stands_once(void **state)
{
	(void)state;
	expect_error("flaky s/c plane wire plane vm until 2027-01-01 because \"y\"", 22,
	             "`plane` stands here twice");
}

static void a_flaky_line_has_no_signature(void **state)
{
	(void)state;
	expect_error("flaky s/c until 2027-01-01 says \"x\" because \"y\"", 28, "leave `says` out");
}

static void the_same_twice_is_refused(void **state)
{
	(void)state;
	assert_int_equal(
	        parse("expect fail s/c" TAIL "expect lie s/c" TAIL "expect lie s/c plane vm" TAIL),
	        1);
	assert_int_equal(diag.errors[0].line, 2);
	assert_int_equal(diag.errors[0].column, 12);
	assert_non_null(strstr(diag.errors[0].text, "line 1 is about the same already"));
	assert_int_equal(e.count, 2);
}

static void all_errors_come_at_once_and_good_lines_are_kept(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to;

	(void)state;
	assert_int_equal(parse("expect fail s/c" TAIL "expct\nflaky\nexpect fial s/c plane wier\n"),
	                 4);
	assert_int_equal(e.count, 1);
	to = open_memstream(&text, &size);
	diag_print(&diag, to);
	fclose(to);
	assert_non_null(
	        strstr(text, "expect.txt:2:1: error: unknown word 'expct'; did you mean 'expect'?\n"
	                     "    2 | expct\n"
	                     "      | ^~~~~\n"));
	assert_non_null(strstr(text, "expect.txt:4:8: error: unknown result 'fial'"));
	assert_non_null(strstr(text, "expect.txt:4:23: error: unknown plane 'wier'"));
	free(text);
}

static void no_text_is_too_odd_to_be_read(void **state)
{
	static const char good[] =
	        "expect fail s/c plane wire until 2027-01-01 says \"x\" because \"y\"";

	(void)state;
	for (size_t i = 0; i < sizeof(good) - 1; i++) { /* each truncation */
		char *cut = strndup(good, i);

		assert_true(parse(cut) > 0 || i == 0);
		free(cut);
	}
	expect_parse("expect.txt", "\0\xff\n\x01", 4, &diag, &e);
	assert_true(diag.count > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_line_says_what_where_until_when_and_why),
	        cmocka_unit_test(every_result_that_says_something_can_be_expected),
	        cmocka_unit_test(a_misspelt_word_is_answered_with_the_right_one),
	        cmocka_unit_test(what_is_missing_is_named),
	        cmocka_unit_test(a_name_without_a_case_is_refused),
	        cmocka_unit_test(a_day_that_does_not_exist_is_refused),
	        cmocka_unit_test(texts_are_quoted_and_say_something),
	        cmocka_unit_test(a_clause_stands_once),
	        cmocka_unit_test(a_flaky_line_has_no_signature),
	        cmocka_unit_test(the_same_twice_is_refused),
	        cmocka_unit_test(all_errors_come_at_once_and_good_lines_are_kept),
	        cmocka_unit_test(no_text_is_too_odd_to_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
