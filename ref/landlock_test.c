/* SPDX-License-Identifier: ISC */
/* landlock_test.c: what is taken away under each version of Landlock. That the kernel then does so
 * is proved in sandbox_prove_test.c. */
#include "ref/landlock.h"

#include <linux/landlock.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MAY_ALL (LANDLOCK_MAY_CONNECT | LANDLOCK_MAY_REMOVE | LANDLOCK_MAY_SIGNAL)

static void each_abi_takes_away_what_it_knows_and_no_bit_more(void **state)
{
	static const struct landlock_rights by_abi[] = {
	        [1] = {.fs = 0x1fff},
	        [2] = {.fs = 0x3fff},
	        [3] = {.fs = 0x7fff},
	        [4] = {.fs = 0x7fff, .net = 3},
	        [5] = {.fs = 0xffff, .net = 3},
	        [6] = {.fs = 0xffff, .net = 3, .scopes = 3},
	        [7] = {.fs = 0xffff, .net = 3, .scopes = 3},
	        [8] = {.fs = 0xffff, .net = 3, .scopes = 3},
	};

	(void)state;
	for (int abi = 1; abi < (int)(sizeof(by_abi) / sizeof(*by_abi)); abi++) {
		struct landlock_rights rights = landlock_rights(abi, 0);

		assert_memory_equal(&rights, &by_abi[abi], sizeof(rights));
	}
}

static void an_exception_is_one_bit(void **state)
{
	struct landlock_rights rights;

	(void)state;
	rights = landlock_rights(6, LANDLOCK_MAY_CONNECT);
	assert_true(rights.fs == 0xffff && rights.net == 1 && rights.scopes == 3);
	rights = landlock_rights(6, LANDLOCK_MAY_REMOVE);
	assert_true(rights.fs == (0xffff & ~(unsigned)LANDLOCK_ACCESS_FS_REMOVE_FILE));
	assert_true(rights.net == 3 && rights.scopes == 3);
	rights = landlock_rights(6, LANDLOCK_MAY_SIGNAL);
	assert_true(rights.fs == 0xffff && rights.net == 3 && rights.scopes == 1);
}

static void an_exception_gives_an_old_kernel_no_bit_it_does_not_know(void **state)
{
	struct landlock_rights rights = landlock_rights(1, MAY_ALL);

	(void)state;
	assert_true(rights.fs == (0x1fff & ~(unsigned)LANDLOCK_ACCESS_FS_REMOVE_FILE));
	assert_true(rights.net == 0 && rights.scopes == 0);
}

static void it_is_missing_where_the_kernel_is_without(void **state)
{
	(void)state;
	if (landlock_abi())
		assert_null(landlock_missing());
	else
		assert_string_equal(landlock_missing(), "not in this kernel");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_abi_takes_away_what_it_knows_and_no_bit_more),
	        cmocka_unit_test(an_exception_is_one_bit),
	        cmocka_unit_test(an_exception_gives_an_old_kernel_no_bit_it_does_not_know),
	        cmocka_unit_test(it_is_missing_where_the_kernel_is_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
