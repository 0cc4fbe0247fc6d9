/* SPDX-License-Identifier: ISC */
/* tls_fault_test.c: every fault has a word of its own that needs no escaping. */
#include "ref/tls_fault.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void every_fault_has_a_word_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < TLS_FAULTS; i++) {
		const char *name = tls_fault_name((enum tls_fault)i);

		assert_true(strlen(name) > 0);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
		                 strlen(name));
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(name, tls_fault_name((enum tls_fault)k));
	}
}

static void the_ends_of_the_list_have_the_right_words(void **state)
{
	(void)state;
	assert_string_equal(tls_fault_name(TLS_FAULT_NONE), "none");
	assert_string_equal(tls_fault_name(TLS_FAULT_LABEL_HYPHEN), "label-hyphen");
	assert_string_equal(tls_fault_name(TLS_FAULTS), "unknown");
	assert_string_equal(tls_fault_name((enum tls_fault) - 1), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_fault_has_a_word_of_its_own),
	        cmocka_unit_test(the_ends_of_the_list_have_the_right_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
