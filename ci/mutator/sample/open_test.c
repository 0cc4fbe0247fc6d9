/* SPDX-License-Identifier: ISC */
/* open_test.c: has a hole. Nobody asks about the port at the edge; closed_test.c does. */
#include "ci/mutator/sample/sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_sum_is_right(void **state)
{
	(void)state;
	assert_int_equal(sample_sum(5), 15);
}

static void low_ports_are_refused_and_high_ones_not(void **state)
{
	(void)state;
	assert_false(sample_allows(80));
	assert_true(sample_allows(8080));
#ifdef CLOSED
	assert_false(sample_allows(1023));
	assert_true(sample_allows(1024));
#endif
}

static void seven_and_more_is_refused(void **state)
{
	(void)state;
	assert_true(sample_guarded(6));
	assert_false(sample_guarded(7));
	assert_false(sample_guarded(8));
	assert_true(sample_guarded(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_sum_is_right),
	        cmocka_unit_test(low_ports_are_refused_and_high_ones_not),
	        cmocka_unit_test(seven_and_more_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
