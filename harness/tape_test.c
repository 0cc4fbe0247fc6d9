/* SPDX-License-Identifier: ISC */
/* tape_test.c: nothing that was seen is lost or changed. */
#include "harness/tape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void entries_are_copies_in_the_order_they_came(void **state)
{
	uint8_t frame[] = {1, 2, 3};
	struct tape t;

	(void)state;
	tape_init(&t);
	assert_int_equal(tape_add(&t, TAPE_GUEST_OUT, frame, 3, 7), 0);
	frame[0] = 9;
	assert_int_equal(tape_add(&t, TAPE_WIRE_IN, frame, 2, TAPE_NO_ROW), 1);
	assert_int_equal(t.count, 2);
	assert_int_equal(t.entries[0].kind, TAPE_GUEST_OUT);
	assert_int_equal(t.entries[0].len, 3);
	assert_memory_equal(t.entries[0].data, "\x01\x02\x03", 4); /* terminated */
	assert_int_equal(t.entries[0].row, 7);
	assert_memory_equal(t.entries[1].data, "\x09\x02", 3);
	assert_true(t.entries[0].t_ns <= t.entries[1].t_ns);
	assert_null(t.entries[0].comment);
	assert_false(t.entries[0].bad);
	tape_free(&t);
}

static void an_empty_frame_is_an_entry(void **state)
{
	struct tape t;

	(void)state;
	tape_init(&t);
	tape_add(&t, TAPE_WIRE_OUT, NULL, 0, TAPE_NO_ROW);
	assert_int_equal(t.entries[0].len, 0);
	assert_int_equal(t.entries[0].data[0], 0);
	tape_free(&t);
}

static void ten_thousand_entries_keep_their_bytes_and_places(void **state)
{
	const uint8_t *first;
	struct tape t;

	(void)state;
	tape_init(&t);
	for (uint32_t i = 0; i < 10000; i++) {
		assert_int_equal(tape_add(&t, TAPE_WIRE_OUT, &i, sizeof(i), (int)i), i);
		if (i == 0)
			first = t.entries[0].data;
	}
	assert_ptr_equal(t.entries[0].data, first); /* windows into frames stay good */
	for (uint32_t i = 0; i < 10000; i++) {
		assert_memory_equal(t.entries[i].data, &i, sizeof(i));
		assert_int_equal(t.entries[i].row, i);
	}
	tape_free(&t);
}

static void a_note_is_formatted_text(void **state)
{
	struct tape t;
	size_t i;

	(void)state;
	tape_init(&t);
	i = tape_note(&t, "backend exited %d", 0);
	assert_int_equal(t.entries[i].kind, TAPE_NOTE);
	assert_string_equal((const char *)t.entries[i].data, "backend exited 0");
	assert_int_equal(t.entries[i].len, strlen("backend exited 0"));
	assert_int_equal(t.entries[i].row, TAPE_NO_ROW);
	tape_free(&t);
}

static void a_later_comment_replaces_an_earlier_one(void **state)
{
	struct tape t;
	size_t i;

	(void)state;
	tape_init(&t);
	i = tape_add(&t, TAPE_WIRE_OUT, "x", 1, TAPE_NO_ROW);
	tape_comment(&t, i, true, "leaked to %s", "198.18.0.7");
	assert_string_equal(t.entries[i].comment, "leaked to 198.18.0.7");
	assert_true(t.entries[i].bad);
	tape_comment(&t, i, false, "was %s", t.entries[i].comment); /* may quote the old one */
	assert_string_equal(t.entries[i].comment, "was leaked to 198.18.0.7");
	assert_false(t.entries[i].bad);
	tape_free(&t);
}

static void times_count_from_the_beginning_and_can_be_dated(void **state)
{
	const struct timespec nap = {.tv_nsec = 2000000};
	struct tape t;

	(void)state;
	tape_init(&t);
	nanosleep(&nap, NULL);
	tape_note(&t, "later");
	assert_true(t.entries[0].t_ns >= 2000000);
	assert_true(t.entries[0].t_ns <= tape_now(&t));
	assert_true(t.start_unix_ns / 1000000000u >= 1700000000u);
	assert_true((time_t)(t.start_unix_ns / 1000000000u) <= time(NULL) + 1);
	tape_free(&t);
}

static void a_freed_tape_is_empty_and_may_be_freed_again(void **state)
{
	struct tape t;

	(void)state;
	tape_init(&t);
	tape_note(&t, "one");
	tape_free(&t);
	assert_int_equal(t.count, 0);
	tape_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(entries_are_copies_in_the_order_they_came),
	        cmocka_unit_test(an_empty_frame_is_an_entry),
	        cmocka_unit_test(ten_thousand_entries_keep_their_bytes_and_places),
	        cmocka_unit_test(a_note_is_formatted_text),
	        cmocka_unit_test(a_later_comment_replaces_an_earlier_one),
	        cmocka_unit_test(times_count_from_the_beginning_and_can_be_dated),
	        cmocka_unit_test(a_freed_tape_is_empty_and_may_be_freed_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
