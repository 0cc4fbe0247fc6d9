/* SPDX-License-Identifier: ISC */
/* audit_limit_test.c: a bounded number of lines, and no denial lost or told of twice. */
#include "ref/audit_limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000000)
#define NOW    (77 * SECOND)

static unsigned take_all(struct audit_limit *limit, uint64_t now_ns)
{
	unsigned lines = 0;

	while (audit_limit_take(limit, now_ns))
		lines++;
	return lines;
}

static void a_burst_is_let_through_and_then_a_rate(void **state)
{
	struct audit_limit limit = {0};

	(void)state;
	assert_int_equal(take_all(&limit, NOW), AUDIT_LIMIT_BURST);
	assert_int_equal(take_all(&limit, NOW + SECOND / 1000 - 1), 0);
	assert_int_equal(take_all(&limit, NOW + SECOND / 1000), 1);
	assert_int_equal(take_all(&limit, NOW + SECOND), 999);
	assert_int_equal(take_all(&limit, NOW + 3 * SECOND), 2000);
	assert_int_equal(take_all(&limit, NOW + 100 * SECOND), AUDIT_LIMIT_BURST);
	assert_int_equal(limit.waiting, 6);
}

static void the_bucket_is_full_at_the_beginning_of_time_and_holds_no_more(void **state)
{
	struct audit_limit limit = {0};

	(void)state;
	assert_int_equal(take_all(&limit, 0), AUDIT_LIMIT_BURST);
	assert_int_equal(take_all(&limit, UINT64_MAX / 2), AUDIT_LIMIT_BURST);
}

static void a_clock_that_goes_back_writes_no_more_lines(void **state)
{
	struct audit_limit limit = {0};

	(void)state;
	take_all(&limit, NOW);
	assert_int_equal(take_all(&limit, NOW - 50 * SECOND), 0);
	assert_int_equal(take_all(&limit, 0), 0);
	assert_int_equal(take_all(&limit, NOW + SECOND), 1000);
}

static void what_waited_is_told_of_once(void **state)
{
	struct audit_limit limit = {.waiting = 5, .told = 100};

	(void)state;
	audit_limit_settle(&limit, 0); /* another denial's line */
	assert_int_equal(limit.waiting, 0);
	assert_int_equal(limit.told, 105);
	audit_limit_settle(&limit, 0);
	assert_int_equal(limit.told, 105);
	limit.waiting = 5;
	audit_limit_settle(&limit, 1); /* the line of one of the five */
	assert_int_equal(limit.waiting, 0);
	assert_int_equal(limit.told, 109);
}

/* What a reader of the lines adds up is what happened, however denials, flushes and time mix. */
static void lines_and_counts_add_up_over_random_walks(void **state)
{
	uint64_t dice = 1;

	(void)state;
	for (unsigned walk = 0; walk < 50; walk++) {
		struct audit_limit limit = {0};
		uint64_t now = NOW, denials = 0, lines = 0, suppressed = 0;

		for (unsigned step = 0; step < 20000; step++) {
			dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
			now += (dice >> 40) % (walk * 100000 + 1);
			if (dice >> 54) {
				denials++;
				if (audit_limit_take(&limit, now)) {
					lines++;
					suppressed += limit.waiting;
					audit_limit_settle(&limit, 0);
				}
			} else if (limit.waiting) {
				lines++;
				suppressed += limit.waiting - 1;
				audit_limit_settle(&limit, 1);
				assert_int_equal(denials, lines + suppressed);
			}
			assert_int_equal(denials, lines + limit.told + limit.waiting);
			assert_int_equal(suppressed, limit.told);
		}
		assert_true(lines <= AUDIT_LIMIT_BURST + 20000 / 512 +
		                             (now - NOW) / (SECOND / AUDIT_LIMIT_PER_S) + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_burst_is_let_through_and_then_a_rate),
	        cmocka_unit_test(the_bucket_is_full_at_the_beginning_of_time_and_holds_no_more),
	        cmocka_unit_test(a_clock_that_goes_back_writes_no_more_lines),
	        cmocka_unit_test(what_waited_is_told_of_once),
	        cmocka_unit_test(lines_and_counts_add_up_over_random_walks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
