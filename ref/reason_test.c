/* SPDX-License-Identifier: ISC */
/* reason_test.c: every reason has a name of its own that needs no escaping. */
#include "ref/reason.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void every_reason_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < REASON_COUNT; i++) {
		const char *name = reason_name((enum reason)i);

		assert_true(strlen(name) > 0);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
		                 strlen(name));
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(name, reason_name((enum reason)k));
	}
}

static void a_number_outside_the_list_is_named_invalid(void **state)
{
	(void)state;
	assert_string_equal(reason_name(REASON_COUNT), "invalid");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_reason_has_a_name_of_its_own),
	        cmocka_unit_test(a_number_outside_the_list_is_named_invalid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
