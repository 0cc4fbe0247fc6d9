/* SPDX-License-Identifier: ISC */
/* expect_test.c: what a baseline makes of results, and what it is told when it does not say how things are. */
#include "harness/expect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct diag diag;
static struct expect e;
static struct expect_place at;

#define TAIL " until 2027-03-31 says \"crossed\" because \"issue 7\"\n"

static void baseline(const char *text)
{
	expect_free(&e);
	expect_parse("dir/expect.txt", text, strlen(text), &diag, &e);
	assert_int_equal(diag.count, 0);
	at = (struct expect_place){.plane = PLANE_WIRE, .transport = "fd", .today = 20270331};
}

static struct outcome outcome(const char *id, const char *row, enum result r, const char *detail)
{
	struct outcome o = {.result = r};

	snprintf(o.id, sizeof(o.id), "%s", id);
	snprintf(o.row, sizeof(o.row), "%s", row);
	snprintf(o.detail, sizeof(o.detail), "%s", detail);
	return o;
}

static struct outcome judged(enum result r, const char *detail, bool negative)
{
	struct outcome o = outcome("s/c", "r", r, detail);

	expect_judge(&e, &at, negative, &o);
	return o;
}

/* Nothing was made of it. */
static void expect_as_it_was(enum result r, const char *detail)
{
	struct outcome o = judged(r, detail, false);

	assert_int_equal(o.result, r);
	assert_string_equal(o.detail, detail);
}

/* What is complained about; free() it. */
static char *complaints(bool whole, unsigned wanted)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	unsigned n = expect_complain(&e, &at, whole, to);

	fclose(to);
	if (n != wanted)
		fail_msg("%u complaints, not %u:\n%s", n, wanted, text);
	return text;
}

static void expect_complaint(bool whole, const char *words)
{
	char *text = complaints(whole, 1);

	if (!strstr(text, words))
		fail_msg("no '%s' in %s", words, text);
	free(text);
}

static int clean(void **state)
{
	(void)state;
	expect_free(&e);
	return 0;
}

static void a_glob_stands_for_what_it_says(void **state)
{
	static const struct {
		const char *glob, *name;
		bool fits;
	} tries[] = {
	        {"s/c", "s/c", true},        {"s/c", "s/c/r", false}, {"s/c/*", "s/c/r", true},
	        {"s/c/*", "s/c", false},     {"s*r", "s/c/r", true},  {"*", "s/c/r", true},
	        {"*/r", "s/c/r", true},      {"s/?", "s/c", true},    {"s/?", "s/", false},
	        {"s/??", "s/c", false},      {"*c*", "s/c", true},    {"a*b*c", "a-b-b-c", true},
	        {"a*b*c", "a-b-b-d", false}, {"s/c**", "s/c", true},  {"S/C", "s/c", false},
	        {"s/[c]", "s/c", false},     {"*x", "s/c", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
		if (expect_glob(tries[i].glob, tries[i].name) != tries[i].fits)
			fail_msg("%s %s", tries[i].glob, tries[i].name);
}

static void a_failure_that_meets_its_line_is_expected_and_keeps_its_sentence(void **state)
{
	struct outcome o;

	(void)state;
	baseline("expect fail s/c/*" TAIL);
	o = judged(RESULT_FAIL, "crossed the wire: udp", true);
	assert_int_equal(o.result, RESULT_XFAIL);
	assert_string_equal(
	        o.detail, "FAIL, expected until 2027-03-31 because issue 7: crossed the wire: udp");
	free(complaints(true, 0));
}

static void a_long_sentence_is_cut_and_its_reason_is_not(void **state)
{
	char long_detail[512];
	struct outcome o;

	(void)state;
	memset(long_detail, 'x', sizeof(long_detail) - 1);
	long_detail[sizeof(long_detail) - 1] = '\0';
	memcpy(long_detail, "crossed", 7);
	baseline("expect fail s/c/*" TAIL);
	o = judged(RESULT_FAIL, long_detail, true);
	assert_non_null(strstr(o.detail, "because issue 7: crossedxxx"));
	assert_true(strlen(o.detail) < sizeof(o.detail));
}

static void a_pass_that_should_have_failed_is_unexpected(void **state)
{
	struct outcome o;

	(void)state;
	baseline("# one\nexpect fail s/c/r" TAIL);
	o = judged(RESULT_PASS, "", true);
	assert_int_equal(o.result, RESULT_XPASS);
	assert_false(result_is_expected(o.result));
	assert_non_null(strstr(o.detail, "passes, but line 2 of the baseline expects FAIL because "
	                                 "issue 7; remove the line"));
}

static void another_failure_is_a_failure(void **state)
{
	struct outcome o;

	(void)state;
	baseline("expect fail s/c/*" TAIL);
	o = judged(RESULT_FAIL, "somebody answered", true);
	assert_int_equal(o.result, RESULT_FAIL);
	assert_string_equal(o.detail, "not the failure that line 1 of the baseline expects "
	                              "(\"crossed\"): somebody answered");
	expect_as_it_was(RESULT_LIE, "crossed the wire");
	expect_as_it_was(RESULT_CRASH, "crossed the wire");
	expect_as_it_was(RESULT_VACUOUS, "crossed the wire");
	expect_as_it_was(RESULT_ENV, "crossed the wire");
	expect_as_it_was(RESULT_SKIP, "crossed the wire");
}

static void what_no_line_names_stays_as_it_is(void **state)
{
	(void)state;
	baseline("expect fail other/*" TAIL);
	expect_as_it_was(RESULT_FAIL, "crossed the wire");
	expect_as_it_was(RESULT_PASS, "");
}

static void the_first_line_that_fits_is_the_only_one_that_is_asked(void **state)
{
	(void)state;
	baseline("expect lie s/c/r until 2027-03-31 says \"claims\" because \"x\"\nexpect fail "
	         "s/*" TAIL);
	expect_as_it_was(RESULT_FAIL, "crossed the wire");
	expect_complaint(true,
	                 "dir/expect.txt:2: nothing that 's/*' names was played on the wire plane");
}

static void a_line_is_about_its_plane_and_transport_only(void **state)
{
	(void)state;
	baseline("expect fail s/c/r plane kernel" TAIL "expect fail s/c/r transport tap" TAIL);
	expect_as_it_was(RESULT_FAIL, "crossed");
	free(complaints(true, 0)); /* not about this run, hence not dead */
	at.plane = PLANE_KERNEL;
	assert_int_equal(judged(RESULT_FAIL, "crossed", false).result, RESULT_XFAIL);
	at.plane = PLANE_WIRE;
	at.transport = "tap";
	assert_int_equal(judged(RESULT_FAIL, "crossed", false).result, RESULT_XFAIL);
	at.transport = NULL;
	expect_as_it_was(RESULT_FAIL, "crossed");
}

static void a_line_holds_through_its_last_day_and_no_longer(void **state)
{
	(void)state;
	baseline("expect fail s/c/*" TAIL);
	assert_int_equal(judged(RESULT_FAIL, "crossed", false).result, RESULT_XFAIL);
	at.today = 20270401;
	expect_as_it_was(RESULT_FAIL, "crossed");
	expect_as_it_was(RESULT_PASS, "");
	expect_complaint(
	        true, "dir/expect.txt:1: 's/c/*' was excused until 2027-03-31: mend the backend");
	expect_complaint(false, "was excused until 2027-03-31");
}

static void an_expired_line_that_was_not_asked_does_not_trouble_a_part_of_a_run(void **state)
{
	(void)state;
	baseline("expect fail other/*" TAIL);
	at.today = 20270401;
	expect_as_it_was(RESULT_PASS, "");
	free(complaints(false, 0));
	free(complaints(true, 1));
}

static void a_line_for_nothing_is_dead_when_all_was_played(void **state)
{
	(void)state;
	baseline("expect fail s/c/gone" TAIL "expect fail s/c/r" TAIL);
	assert_int_equal(judged(RESULT_FAIL, "crossed", false).result, RESULT_XFAIL);
	expect_complaint(true, "dir/expect.txt:1: nothing that 's/c/gone' names was played on the "
	                       "wire plane; remove");
	free(complaints(false, 0));
}

static void a_line_for_what_was_skipped_is_dead(void **state)
{
	struct outcome o = outcome("s/c", "r", RESULT_SKIP, "the backend lacks capability mtu");
	struct results r = {.outcomes = &o, .count = 1};

	(void)state;
	baseline("expect fail s/c/*" TAIL);
	expect_recount(&e, &at, &r);
	expect_complaint(true, "everything that 's/c/*' names was skipped");
}

static void what_another_plane_plays_is_not_dead_here(void **state)
{
	(void)state;
	baseline("expect fail kernel-x/*" TAIL);
	e.lines[0].learned = true;
	e.lines[0].reaches = PLANE_KERNEL;
	free(complaints(true, 0));
	at.plane = PLANE_KERNEL;
	free(complaints(true, 1));
}

static void a_flaky_case_may_pass_and_may_fail(void **state)
{
	struct outcome o;

	(void)state;
	baseline("flaky s/c/* until 2027-03-31 because \"one core\"\n");
	o = judged(RESULT_FAIL, "too late", false);
	assert_int_equal(o.result, RESULT_XFAIL);
	assert_string_equal(o.detail, "FAIL, flaky until 2027-03-31 because one core: too late");
	assert_int_equal(judged(RESULT_HANG, "", false).result, RESULT_XFAIL);
	assert_int_equal(judged(RESULT_VACUOUS, "", false).result, RESULT_XFAIL);
	expect_as_it_was(RESULT_PASS, "");
	expect_as_it_was(RESULT_LIE, "claims");
	expect_as_it_was(RESULT_CRASH, "died");
	expect_as_it_was(RESULT_AUDIT_GAP, "no event");
	free(complaints(true, 0));
}

static void a_negative_case_is_never_flaky(void **state)
{
	struct outcome o;

	(void)state;
	baseline("flaky s/c/* until 2027-03-31 because \"one core\"\n");
	o = judged(RESULT_FAIL, "crossed the wire", true);
	assert_int_equal(o.result, RESULT_FAIL);
	assert_string_equal(o.detail, "crossed the wire");
}

static void results_that_were_merged_are_counted_again(void **state)
{
	struct outcome both[] = {outcome("s/c", "r", RESULT_XFAIL, ""),
	                         outcome("s/d", "", RESULT_XPASS, "")};
	struct results r = {.outcomes = both, .count = 2};

	(void)state;
	baseline("expect fail s/c/*" TAIL "expect fail s/d" TAIL "expect fail s/e" TAIL);
	expect_recount(&e, &at, &r);
	expect_complaint(true, "dir/expect.txt:3: nothing that 's/e' names");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_glob_stands_for_what_it_says),
	        cmocka_unit_test(a_failure_that_meets_its_line_is_expected_and_keeps_its_sentence),
	        cmocka_unit_test(a_long_sentence_is_cut_and_its_reason_is_not),
	        cmocka_unit_test(a_pass_that_should_have_failed_is_unexpected),
	        cmocka_unit_test(another_failure_is_a_failure),
	        cmocka_unit_test(what_no_line_names_stays_as_it_is),
	        cmocka_unit_test(the_first_line_that_fits_is_the_only_one_that_is_asked),
	        cmocka_unit_test(a_line_is_about_its_plane_and_transport_only),
	        cmocka_unit_test(a_line_holds_through_its_last_day_and_no_longer),
	        cmocka_unit_test(
	                an_expired_line_that_was_not_asked_does_not_trouble_a_part_of_a_run),
	        cmocka_unit_test(a_line_for_nothing_is_dead_when_all_was_played),
	        cmocka_unit_test(a_line_for_what_was_skipped_is_dead),
	        cmocka_unit_test(what_another_plane_plays_is_not_dead_here),
	        cmocka_unit_test(a_flaky_case_may_pass_and_may_fail),
	        cmocka_unit_test(a_negative_case_is_never_flaky),
	        cmocka_unit_test(results_that_were_merged_are_counted_again),
	};

	return cmocka_run_group_tests(tests, NULL, clean);
}
