/* SPDX-License-Identifier: ISC */
/* bytes_test.c: the bounded reader and writer keep their bounds, and their state on failure. */
#include "bytes/guard.h"
#include "bytes/rd.h"
#include "bytes/wr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void numbers_are_read_big_endian(void **state)
{
	const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0xfe, 0xdc, 0xba, 0x98};
	struct guard g = guard_copy(bytes, sizeof(bytes));
	struct rd r = rd_of(g.p, g.n);
	uint8_t byte;
	uint16_t half;
	uint32_t three, word;

	(void)state;
	assert_true(rd_u8(&r, &byte));
	assert_int_equal(byte, 0x01);
	assert_true(rd_u16(&r, &half));
	assert_int_equal(half, 0x0203);
	assert_true(rd_u24(&r, &three));
	assert_int_equal(three, 0x040506);
	assert_true(rd_u32(&r, &word));
	assert_int_equal(word, 0xfedcba98);
	assert_int_equal(r.n, 0);
	guard_free(&g);
}

static void a_read_past_the_end_changes_nothing(void **state)
{
	const uint8_t bytes[] = {1, 2, 3};

	(void)state;
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		struct guard g = guard_copy(bytes, n);
		struct rd r = rd_of(g.p, g.n), window = {0};
		uint8_t byte = 99, copy[4];
		uint16_t half = 99;
		uint32_t word = 99;

		assert_false(rd_u32(&r, &word));
		assert_false(rd_skip(&r, n + 1));
		assert_false(rd_sub(&r, n + 1, &window));
		assert_false(rd_sub(&r, SIZE_MAX, &window));
		assert_false(rd_copy(&r, copy, 4));
		if (n < 3)
			assert_false(rd_u24(&r, &word));
		if (n < 2)
			assert_false(rd_u16(&r, &half));
		if (n < 1)
			assert_false(rd_u8(&r, &byte));
		assert_ptr_equal(r.p, g.p);
		assert_int_equal(r.n, n);
		assert_int_equal(word, 99);
		assert_int_equal(half, 99);
		assert_int_equal(byte, n < 1 ? 99 : byte);
		guard_free(&g);
	}
}

static void an_empty_reader_may_hold_a_null_pointer(void **state)
{
	struct rd r = rd_of(NULL, 0), window;
	uint8_t byte, copy[1];

	(void)state;
	assert_true(rd_skip(&r, 0));
	assert_true(rd_sub(&r, 0, &window));
	assert_true(rd_copy(&r, copy, 0));
	assert_false(rd_u8(&r, &byte));
}

static void a_prefixed_field_is_a_window_of_its_own(void **state)
{
	const uint8_t bytes[] = {2, 'a', 'b', 0, 1, 'c', 0, 0, 1, 'd', 'z'};
	struct guard g = guard_copy(bytes, sizeof(bytes));
	struct rd r = rd_of(g.p, g.n), window;

	(void)state;
	assert_true(rd_vec8(&r, &window));
	assert_int_equal(window.n, 2);
	assert_memory_equal(window.p, "ab", 2);
	assert_true(rd_vec16(&r, &window));
	assert_int_equal(window.n, 1);
	assert_memory_equal(window.p, "c", 1);
	assert_true(rd_vec24(&r, &window));
	assert_int_equal(window.n, 1);
	assert_memory_equal(window.p, "d", 1);
	assert_int_equal(r.n, 1);
	guard_free(&g);
}

static void a_prefix_that_lies_consumes_nothing(void **state)
{
	const uint8_t bytes[] = {0xff, 0xff, 0xff, 1, 2, 3};

	(void)state;
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		struct guard g = guard_copy(bytes, n);
		struct rd r = rd_of(g.p, g.n), window;

		assert_false(rd_vec8(&r, &window));
		assert_false(rd_vec16(&r, &window));
		assert_false(rd_vec24(&r, &window));
		assert_ptr_equal(r.p, g.p);
		assert_int_equal(r.n, n);
		guard_free(&g);
	}
}

static void numbers_are_written_big_endian(void **state)
{
	const uint8_t expected[] = {1, 2, 3, 4, 5, 6, 7, 9, 9, 'x', 'y'};
	uint8_t buffer[sizeof(expected)];
	struct wr w = wr_of(buffer, sizeof(buffer));

	(void)state;
	assert_true(wr_u8(&w, 1));
	assert_true(wr_u16(&w, 0x0203));
	assert_true(wr_u32(&w, 0x04050607));
	assert_true(wr_fill(&w, 9, 2));
	assert_true(wr_bytes(&w, "xy", 2));
	assert_true(wr_bytes(&w, NULL, 0));
	assert_int_equal(w.len, sizeof(expected));
	assert_memory_equal(buffer, expected, sizeof(expected));
}

static void a_write_that_does_not_fit_changes_nothing(void **state)
{
	(void)state;
	for (size_t size = 0; size < 4; size++) {
		uint8_t bytes[4] = {7, 7, 7, 7};
		struct guard g = guard_copy(bytes, size);
		struct wr w = wr_of(g.p, g.n);

		assert_false(wr_u32(&w, 0));
		assert_false(wr_fill(&w, 0, size + 1));
		assert_false(wr_bytes(&w, bytes, size + 1));
		if (size < 2)
			assert_false(wr_u16(&w, 0));
		if (size < 1)
			assert_false(wr_u8(&w, 0));
		assert_int_equal(w.len, 0);
		assert_memory_equal(g.p, bytes, size);
		guard_free(&g);
	}
}

static void going_back_stays_within_what_was_written(void **state)
{
	uint8_t buffer[8] = {0};
	struct wr w = wr_of(buffer, sizeof(buffer));

	(void)state;
	assert_false(wr_put_u16(&w, 0, 0xffff));
	assert_true(wr_u8(&w, 1));
	assert_false(wr_put_u16(&w, 0, 0xffff));
	assert_true(wr_u16(&w, 0));
	assert_true(wr_put_u16(&w, 1, 0x1234));
	assert_false(wr_put_u16(&w, 2, 0xffff));
	assert_false(wr_put_u16(&w, SIZE_MAX, 0xffff));
	assert_int_equal(w.len, 3);
	assert_memory_equal(buffer, "\x01\x12\x34\x00", 4);
}

static void the_last_bytes_are_read_to_the_end(void **state)
{
	static const uint8_t bytes[4] = {1, 2, 3, 4};
	uint32_t word;
	uint16_t half;
	uint8_t byte;
	struct rd r = rd_of(bytes, 3);

	(void)state;
	assert_true(rd_u24(&r, &word));
	assert_int_equal(word, 0x010203);
	assert_int_equal(r.n, 0);
	r = rd_of(bytes, 4);
	assert_true(rd_u32(&r, &word));
	r = rd_of(bytes, 2);
	assert_true(rd_u16(&r, &half));
	r = rd_of(bytes, 1);
	assert_true(rd_u8(&r, &byte));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(numbers_are_read_big_endian),
	        cmocka_unit_test(a_read_past_the_end_changes_nothing),
	        cmocka_unit_test(an_empty_reader_may_hold_a_null_pointer),
	        cmocka_unit_test(a_prefixed_field_is_a_window_of_its_own),
	        cmocka_unit_test(a_prefix_that_lies_consumes_nothing),
	        cmocka_unit_test(numbers_are_written_big_endian),
	        cmocka_unit_test(a_write_that_does_not_fit_changes_nothing),
	        cmocka_unit_test(going_back_stays_within_what_was_written),
	        cmocka_unit_test(the_last_bytes_are_read_to_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
