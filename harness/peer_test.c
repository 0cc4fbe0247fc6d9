/* SPDX-License-Identifier: ISC */
/* peer_test.c: a peer is ready when it says so on a line of its own. What a case makes of its peers is
 * tried in batch_test.c. */
#include "harness/peer.h"

#include "bytes/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_line_is_found_wherever_it_stands(void **state)
{
	(void)state;
	assert_true(peer_has_line("ready\n", "ready"));
	assert_true(peer_has_line("warming up\nready\n", "ready"));
	assert_true(peer_has_line("\n\nready\nsprayed 5\n", "ready"));
}

static void a_part_of_a_line_is_not_the_line(void **state)
{
	(void)state;
	assert_false(peer_has_line("", "ready"));
	assert_false(peer_has_line("not ready\n", "ready"));
	assert_false(peer_has_line("ready?\n", "ready"));
	assert_false(peer_has_line("already\n", "ready"));
	assert_false(peer_has_line("\n", "ready"));
}

/* What is still being written may go on. */
static void a_line_without_its_end_is_no_line_yet(void **state)
{
	static const char text[] = "warming up\nready\nsprayed\n";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		char cut[sizeof(text)];
		struct guard g;

		memcpy(cut, text, n);
		cut[n] = '\0';
		g = guard_copy(cut, n + 1);
		assert_int_equal(peer_has_line((const char *)g.p, "ready"), n >= 17);
		guard_free(&g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_line_is_found_wherever_it_stands),
	        cmocka_unit_test(a_part_of_a_line_is_not_the_line),
	        cmocka_unit_test(a_line_without_its_end_is_no_line_yet),
	};

	return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
