/* SPDX-License-Identifier: ISC */
/* gate_pool_test.c: buffers while there are bytes. */
#include "ref/gate_pool.h"

#include <string.h>
#include <sys/mman.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT (GATE_POOL_WARM + 100)

static struct gate_pool pool;
static struct buf bufs[COUNT];

static int set_up(void **state)
{
	(void)state;
	memset(bufs, 0, sizeof(bufs));
	return gate_pool_open(&pool, COUNT) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	gate_pool_close(&pool);
	return 0;
}

static void buffer_with_bytes_is_kept_and_an_empty_one_is_not(void **state)
{
	(void)state;
	gate_pool_fill(&pool, &bufs[0]);
	assert_int_equal(buf_free(&bufs[0]), GATE_POOL_BUF);
	assert_true(buf_put(&bufs[0], rd_of("x", 1)));
	gate_pool_fill(&pool, &bufs[0]);
	gate_pool_spare(&pool, &bufs[0]);
	assert_int_equal(buf_len(&bufs[0]), 1);
	assert_int_equal(gate_pool_used(&pool), 1);
	buf_take(&bufs[0], 1);
	gate_pool_spare(&pool, &bufs[0]);
	assert_null(bufs[0].memory);
	assert_int_equal(gate_pool_used(&pool), 0);
	gate_pool_spare(&pool, &bufs[0]);
	gate_pool_drop(&pool, &bufs[0]);
	assert_int_equal(gate_pool_used(&pool), 0);
}

static void what_came_back_last_goes_out_first(void **state)
{
	uint8_t *memory;

	(void)state;
	gate_pool_fill(&pool, &bufs[0]);
	gate_pool_fill(&pool, &bufs[1]);
	memory = bufs[1].memory;
	gate_pool_drop(&pool, &bufs[0]);
	gate_pool_drop(&pool, &bufs[1]);
	gate_pool_fill(&pool, &bufs[2]);
	assert_ptr_equal(bufs[2].memory, memory);
}

static void all_are_there_at_once_and_apart(void **state)
{
	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < COUNT; i++) {
			gate_pool_fill(&pool, &bufs[i]);
			memset(buf_room(&bufs[i]), i, GATE_POOL_BUF);
			buf_wrote(&bufs[i], GATE_POOL_BUF);
		}
		for (int i = 0; i < COUNT; i++)
			for (size_t at = 0; at < GATE_POOL_BUF; at += 4095)
				assert_int_equal(bufs[i].memory[at], (uint8_t)i);
		for (int i = 0; i < COUNT; i++)
			gate_pool_drop(&pool, &bufs[i]);
	}
	assert_int_equal(gate_pool_used(&pool), 0);
}

static size_t pages_in_memory(void)
{
	static unsigned char pages[COUNT * (size_t)GATE_POOL_BUF / 4096];
	size_t count = 0;

	assert_int_equal(mincore(pool.memory, (size_t)COUNT * GATE_POOL_BUF, pages), 0);
	for (size_t i = 0; i < sizeof(pages); i++)
		count += pages[i] & 1;
	return count;
}

static void a_peak_goes_back_to_the_kernel(void **state)
{
	const size_t each = GATE_POOL_BUF / 4096;

	(void)state;
	for (int i = 0; i < COUNT; i++) {
		gate_pool_fill(&pool, &bufs[i]);
		memset(buf_room(&bufs[i]), i, GATE_POOL_BUF);
	}
	assert_int_equal(pages_in_memory(), COUNT * each);
	for (int i = 0; i < COUNT; i++)
		gate_pool_drop(&pool, &bufs[i]);
	assert_int_equal(pages_in_memory(), GATE_POOL_WARM * each);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	        TEST(buffer_with_bytes_is_kept_and_an_empty_one_is_not),
	        TEST(what_came_back_last_goes_out_first),
	        TEST(all_are_there_at_once_and_apart),
	        TEST(a_peak_goes_back_to_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
