/* SPDX-License-Identifier: ISC */
/* sandbox_test.c: the staircase: its order, what is wanted and what is missing, the report. What
 * the stages hold is proved in sandbox_prove_test.c. */
#include "ref/sandbox.h"

#include "ref/landlock.h"
#include "ref/sanitized.h"
#include "ref/seccomp.h"

#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Which stages were entered, as letters. */
static char entered[8];

static const char *is_there(void)
{
	return NULL;
}

static const char *is_missing(void)
{
	return "not in this test";
}

static bool enter(char letter, uint32_t keep_caps)
{
	const size_t len = strlen(entered);

	assert_int_equal(keep_caps, 5);
	entered[len] = letter;
	entered[len + 1] = '\0';
	return true;
}

static bool enter_p(enum sandbox_role role, uint32_t keep_caps, struct sandbox_report *report)
{
	assert_int_equal(role, SANDBOX_DIALER);
	assert_false(report->active[SANDBOX_PRIVILEGES]);
	return enter('p', keep_caps);
}

static bool enter_l(enum sandbox_role role, uint32_t keep_caps, struct sandbox_report *report)
{
	assert_int_equal(role, SANDBOX_DIALER);
	report->landlock_abi = 3;
	return enter('l', keep_caps);
}

static bool enter_s(enum sandbox_role role, uint32_t keep_caps, struct sandbox_report *report)
{
	assert_int_equal(role, SANDBOX_DIALER);
	report->seccomp_calls = 17;
	return enter('s', keep_caps);
}

static bool enter_not(enum sandbox_role role, uint32_t keep_caps, struct sandbox_report *report)
{
	(void)role;
	(void)keep_caps;
	(void)report;
	return false;
}

static const struct sandbox_step complete[SANDBOX_STAGES] = {
        {is_there, enter_p}, {is_there, enter_l}, {is_there, enter_s}};
static const struct sandbox_step without_landlock[SANDBOX_STAGES] = {
        {is_there, enter_p}, {is_missing, enter_l}, {is_there, enter_s}};
static const struct sandbox_step without_seccomp[SANDBOX_STAGES] = {
        {is_there, enter_p}, {is_there, enter_l}, {is_missing, enter_s}};
static const struct sandbox_step with_a_fault[SANDBOX_STAGES] = {
        {is_there, enter_p}, {is_there, enter_not}, {is_there, enter_s}};

static bool climb(const struct sandbox_step *steps, enum sandbox_want want,
                  struct sandbox_report *report)
{
	*entered = '\0';
	return sandbox_climb(steps, SANDBOX_DIALER, want, 5, report);
}

static void assert_text(const struct sandbox_report *report, const char *wanted)
{
	char text[SANDBOX_TEXT_MAX];

	assert_int_equal(sandbox_describe(report, text, sizeof(text)), strlen(wanted));
	assert_string_equal(text, wanted);
}

static void stages_are_entered_in_order(void **state)
{
	struct sandbox_report report;

	(void)state;
	assert_true(climb(complete, SANDBOX_AUTO, &report));
	assert_string_equal(entered, "pls");
	assert_text(&report, "privileges, landlock (abi 3), seccomp (17 calls)");
	assert_true(climb(complete, SANDBOX_REQUIRE, &report));
	assert_string_equal(entered, "pls");
}

static void auto_does_without_a_stage_that_is_missing_and_says_so(void **state)
{
	struct sandbox_report report;

	(void)state;
	assert_true(climb(without_landlock, SANDBOX_AUTO, &report));
	assert_string_equal(entered, "ps");
	assert_text(&report, "privileges, no landlock, seccomp (17 calls)");
	assert_true(climb(without_seccomp, SANDBOX_AUTO, &report));
	assert_string_equal(entered, "pl");
	assert_text(&report, "privileges, landlock (abi 3), no seccomp");
}

static void require_refuses_when_a_stage_is_missing_before_it_enters_another(void **state)
{
	struct sandbox_report report;

	(void)state;
	assert_false(climb(without_landlock, SANDBOX_REQUIRE, &report));
	assert_string_equal(entered, "");
	assert_false(climb(without_seccomp, SANDBOX_REQUIRE, &report));
	assert_string_equal(entered, "");
}

static void off_enters_nothing(void **state)
{
	struct sandbox_report report;

	(void)state;
	assert_true(climb(complete, SANDBOX_OFF, &report));
	assert_string_equal(entered, "");
	assert_text(&report, "no privileges, no landlock, no seccomp");
}

static void a_stage_that_fails_is_never_passed_over(void **state)
{
	struct sandbox_report report;

	(void)state;
	assert_false(climb(with_a_fault, SANDBOX_AUTO, &report));
	assert_string_equal(entered, "p");
	assert_false(report.active[SANDBOX_LANDLOCK]);
	assert_false(climb(with_a_fault, SANDBOX_REQUIRE, &report));
	assert_true(climb(with_a_fault, SANDBOX_OFF, &report));
}

static void the_longest_report_fits(void **state)
{
	const struct sandbox_report report = {.active = {true, true, true},
	                                      .landlock_abi = INT32_MIN,
	                                      .seccomp_calls = UINT32_MAX};
	char text[SANDBOX_TEXT_MAX];

	(void)state;
	assert_in_range(sandbox_describe(&report, text, sizeof(text)), 1, sizeof(text) - 1);
	assert_non_null(strstr(text, "-2147483648"));
	assert_non_null(strstr(text, "(4294967295 calls)"));
}

static void the_real_staircase_asks_each_stage_itself_whether_it_is_there(void **state)
{
	(void)state;
	assert_string_equal(sandbox_stage_name(SANDBOX_PRIVILEGES), "privileges");
	assert_string_equal(sandbox_stage_name(SANDBOX_LANDLOCK), "landlock");
	assert_string_equal(sandbox_stage_name(SANDBOX_SECCOMP), "seccomp");
	assert_null(sandbox_staircase[SANDBOX_PRIVILEGES].missing());
	if (SANITIZED) {
		assert_string_equal(sandbox_staircase[SANDBOX_LANDLOCK].missing(),
		                    "not with sanitizers");
		assert_string_equal(sandbox_staircase[SANDBOX_SECCOMP].missing(),
		                    "not with sanitizers");
		return;
	}
	assert_ptr_equal(sandbox_staircase[SANDBOX_LANDLOCK].missing(), landlock_missing());
	assert_ptr_equal(sandbox_staircase[SANDBOX_SECCOMP].missing(), seccomp_missing());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(stages_are_entered_in_order),
	        cmocka_unit_test(auto_does_without_a_stage_that_is_missing_and_says_so),
	        cmocka_unit_test(require_refuses_when_a_stage_is_missing_before_it_enters_another),
	        cmocka_unit_test(off_enters_nothing),
	        cmocka_unit_test(a_stage_that_fails_is_never_passed_over),
	        cmocka_unit_test(the_longest_report_fits),
	        cmocka_unit_test(the_real_staircase_asks_each_stage_itself_whether_it_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
