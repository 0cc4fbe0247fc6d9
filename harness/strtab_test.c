/* SPDX-License-Identifier: ISC */
#include "harness/strtab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void the_same_string_keeps_its_number(void **state)
{
	struct strtab t = {0};
	bool fresh;

	(void)state;
	assert_int_equal(strtab_put(&t, "a", &fresh), 0);
	assert_true(fresh);
	assert_int_equal(strtab_put(&t, "", NULL), 1);
	assert_int_equal(strtab_put(&t, "a", &fresh), 0);
	assert_false(fresh);
	assert_int_equal(t.count, 2);
	assert_string_equal(t.text[1], "");
	strtab_free(&t);
}

static void what_is_not_there_is_not_found(void **state)
{
	struct strtab t = {0};

	(void)state;
	assert_true(strtab_find(&t, "a") == STRTAB_NONE);
	strtab_put(&t, "a", NULL);
	assert_true(strtab_find(&t, "b") == STRTAB_NONE);
	assert_int_equal(strtab_find(&t, "a"), 0);
	strtab_free(&t);
}

static void thousands_are_found_again(void **state)
{
	struct strtab t = {0};
	char s[32];

	(void)state;
	for (size_t i = 0; i < 5000; i++) {
		snprintf(s, sizeof(s), "string-%zu", i);
		assert_int_equal(strtab_put(&t, s, NULL), i);
	}
	for (size_t i = 0; i < 5000; i++) {
		snprintf(s, sizeof(s), "string-%zu", i);
		assert_int_equal(strtab_find(&t, s), i);
		assert_string_equal(t.text[i], s);
	}
	strtab_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_same_string_keeps_its_number),
	        cmocka_unit_test(what_is_not_there_is_not_found),
	        cmocka_unit_test(thousands_are_found_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
