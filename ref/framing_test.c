/* SPDX-License-Identifier: ISC */
/* framing_test.c: frames in a stream, whole, in pieces and with lengths that lie. */
#include "ref/framing.h"

#include "bytes/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static enum framing_status next(const char *bytes, size_t n, bool may_be_empty, struct rd *frame,
                                size_t *used)
{
	struct guard g = guard_copy(bytes, n);
	struct rd r = rd_of(g.p, g.n);
	const enum framing_status status = framing_next(&r, may_be_empty, frame);

	*used = n - r.n;
	assert_ptr_equal(r.p, g.p + *used);
	if (status == FRAMING_FRAME)
		assert_ptr_equal(frame->p, g.p + FRAMING_PREFIX_LEN);
	else
		assert_int_equal(*used, 0);
	guard_free(&g);
	return status;
}

static void frames_come_one_behind_the_other(void **state)
{
	static const char stream[] = "\0\0\0\3abc\0\0\0\1d";
	struct rd r = rd_of(stream, sizeof(stream) - 1), frame;

	(void)state;
	assert_int_equal(framing_next(&r, false, &frame), FRAMING_FRAME);
	assert_int_equal(frame.n, 3);
	assert_memory_equal(frame.p, "abc", 3);
	assert_int_equal(framing_next(&r, false, &frame), FRAMING_FRAME);
	assert_int_equal(frame.n, 1);
	assert_memory_equal(frame.p, "d", 1);
	assert_int_equal(r.n, 0);
	assert_int_equal(framing_next(&r, false, &frame), FRAMING_MORE);
}

static void every_truncation_waits_for_more(void **state)
{
	struct rd frame = {0};
	size_t used;

	(void)state;
	for (size_t n = 0; n < 7; n++)
		assert_int_equal(next("\0\0\0\3abc", n, false, &frame, &used), FRAMING_MORE);
	assert_null(frame.p);
	assert_int_equal(next("\0\0\0\3abc", 7, false, &frame, &used), FRAMING_FRAME);
	assert_int_equal(used, 7);
}

static void a_length_of_nothing_is_bad_unless_frames_may_be_empty(void **state)
{
	struct rd frame = {0};
	size_t used;

	(void)state;
	assert_int_equal(next("\0\0\0\0abc", 7, false, &frame, &used), FRAMING_BAD_LENGTH);
	assert_null(frame.p);
	assert_int_equal(next("\0\0\0\0abc", 7, true, &frame, &used), FRAMING_FRAME);
	assert_int_equal(used, FRAMING_PREFIX_LEN);
	assert_int_equal(frame.n, 0);
}

static void a_length_above_the_longest_frame_is_bad_at_once(void **state)
{
	static const char *const bad[] = {"\0\1\0\17", "\0\1\1\16", "\1\0\0\1", "\200\0\0\1",
	                                  "\377\377\377\377"};
	struct rd frame;
	size_t used;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(next(bad[i], 4, false, &frame, &used), FRAMING_BAD_LENGTH);
		assert_int_equal(next(bad[i], 4, true, &frame, &used), FRAMING_BAD_LENGTH);
	}
	assert_int_equal(next("\0\1\0\16", 4, false, &frame, &used), FRAMING_MORE);
}

static void the_longest_frame_is_handed_out(void **state)
{
	static char stream[FRAMING_PREFIX_LEN + FRAMING_FRAME_MAX];
	struct rd frame;
	size_t used;

	(void)state;
	memcpy(stream, "\0\1\0\16", 4);
	assert_int_equal(next(stream, sizeof(stream) - 1, false, &frame, &used), FRAMING_MORE);
	assert_int_equal(next(stream, sizeof(stream), false, &frame, &used), FRAMING_FRAME);
	assert_int_equal(frame.n, FRAMING_FRAME_MAX);
	assert_int_equal(used, sizeof(stream));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(frames_come_one_behind_the_other),
	        cmocka_unit_test(every_truncation_waits_for_more),
	        cmocka_unit_test(a_length_of_nothing_is_bad_unless_frames_may_be_empty),
	        cmocka_unit_test(a_length_above_the_longest_frame_is_bad_at_once),
	        cmocka_unit_test(the_longest_frame_is_handed_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
