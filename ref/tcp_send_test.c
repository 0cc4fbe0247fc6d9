/* SPDX-License-Identifier: ISC */
/* tcp_send_test.c: what goes to the guest when nothing is lost. */
#include "ref/tcp.h"

#include "ref/tcp_rig.h"

static struct tcp_seg with_window(struct tcp_seg seg, uint16_t window)
{
	seg.window = window;
	return seg;
}

static void a_run_is_as_long_as_what_is_queued(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	r.queued = 4500;
	expect_data(&r, 0, 4500);
	assert_int_equal(r.sent.mss, RIG_MSS);
	assert_false(r.sent.fin);
	expect_nothing(&r);
	r.queued = 4501;
	expect_data(&r, 4500, 1);
	assert_int_equal(r.sent.offset, 4500);
	/* What is acknowledged leaves the queue, and offsets count from there. */
	rig_in(&r, rig_seg(0, 0, 4000));
	assert_int_equal(r.received.acked, 4000);
	assert_int_equal(r.queued, 501);
	r.queued += 10;
	expect_data(&r, 4501, 10);
	assert_int_equal(r.sent.offset, 501);
}

static void a_run_ends_with_a_whole_segment_where_room_or_window_ends(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	r.queued = 100000;
	r.room = 2999;
	expect_data(&r, 0, 2000);
	r.room = 999;
	expect_data(&r, 2000, 999);
	r.room = 0;
	expect_nothing(&r);
	r.room = UINT32_MAX;
	expect_data(&r, 2999, 57000);
	/* One byte of the window is left: it waits for the window to move, an ACK does not. */
	expect_nothing(&r);
	rig_in(&r, rig_seg(0, 10, 0));
	expect_ack(&r, 59999, 10);
	expect_nothing(&r);
	rig_in(&r, with_window(rig_seg(10, 0, 1000), RIG_WINDOW - 1000));
	expect_nothing(&r);
	rig_in(&r, with_window(rig_seg(10, 0, 2000), RIG_WINDOW - 1002));
	expect_nothing(&r);
	rig_in(&r, with_window(rig_seg(10, 0, 3000), RIG_WINDOW));
	expect_data(&r, 59999, 3000);
}

static void a_window_below_one_segment_is_used_when_nothing_is_in_flight(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_in(&r, with_window(rig_seg(1, 0, 0), 10));
	r.queued = 25;
	expect_data(&r, 0, 10);
	expect_nothing(&r);
	rig_in(&r, with_window(rig_seg(1, 0, 5), 10));
	expect_nothing(&r);
	rig_in(&r, with_window(rig_seg(1, 0, 10), 10));
	expect_data(&r, 10, 10);
	rig_in(&r, with_window(rig_seg(1, 0, 20), 10));
	expect_data(&r, 20, 5);
}

static void what_is_not_confirmed_comes_again(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	r.queued = 4500;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(rig_peek(&r), TCP_SEND_DATA);
		assert_int_equal(r.sent.seg.seq, RIG_ISN + 1);
		assert_int_equal(r.sent.len, 4500);
	}
	/* A run of which only two segments went out. */
	r.eof = true;
	rig_peek(&r);
	assert_true(r.sent.fin);
	r.sent.len = 2000;
	r.sent.fin = false;
	tcp_sent(&r.tcp, &r.sent, r.now_ns);
	expect_data(&r, 2000, 2500);
	assert_true(r.sent.fin);
	expect_nothing(&r);
}

static void the_fin_goes_with_the_last_bytes_or_alone(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	r.queued = 10;
	r.eof = true;
	expect_data(&r, 0, 10);
	assert_true(r.sent.fin);
	expect_nothing(&r);
	rig_in(&r, rig_seg(0, 0, 10));
	assert_int_equal(r.received.acked, 10);
	rig_in(&r, rig_seg(0, 0, 11));
	assert_int_equal(r.received.acked, 0);

	rig_open(&r);
	r.queued = 10;
	expect_data(&r, 0, 10);
	r.eof = true;
	expect_control(&r, TCP_SEG_ACK | TCP_SEG_FIN, 10);
	expect_nothing(&r);
	rig_in(&r, rig_seg(0, 0, 11));
	assert_int_equal(r.received.acked, 10);
	expect_nothing(&r);

	/* Room for the bytes, not for what follows them. */
	rig_open(&r);
	r.queued = 2000;
	r.eof = true;
	r.room = 1500;
	expect_data(&r, 0, 1000);
	assert_false(r.sent.fin);
	expect_data(&r, 1000, 1000);
	assert_true(r.sent.fin);
}

static void the_fin_waits_for_the_window_too(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_in(&r, with_window(rig_seg(1, 0, 0), 10));
	r.queued = 10;
	r.eof = true;
	expect_data(&r, 0, 10);
	assert_false(r.sent.fin);
	expect_nothing(&r);
	rig_in(&r, with_window(rig_seg(1, 0, 10), 0));
	expect_nothing(&r);
	rig_in(&r, with_window(rig_seg(1, 0, 10), 1));
	expect_control(&r, TCP_SEG_ACK | TCP_SEG_FIN, 10);
}

static void an_older_window_does_not_replace_a_newer_one(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	r.queued = 100;
	expect_data(&r, 0, 100);
	rig_in(&r, with_window(rig_seg(500, 0, 50), 100));
	rig_in(&r, with_window(rig_seg(400, 0, 50), 50000)); /* older by its number */
	rig_in(&r, with_window(rig_seg(600, 0, 40), 50000)); /* older by what it acknowledges */
	assert_int_equal(r.tcp.snd_wnd, 100);
	rig_in(&r, with_window(rig_seg(500, 0, 50), 99)); /* a smaller one with equal numbers */
	assert_int_equal(r.tcp.snd_wnd, 100);
	rig_in(&r, with_window(rig_seg(500, 0, 50), 101)); /* a larger one */
	assert_int_equal(r.tcp.snd_wnd, 101);
	rig_in(&r, with_window(rig_seg(400, 0, 51), 10)); /* it acknowledges more: newer */
	assert_int_equal(r.tcp.snd_wnd, 10);
}

static void numbers_wrap_in_the_middle_of_everything(void **state)
{
	struct rig r;
	uint32_t in = 0, out = 0;

	(void)state;
	rig_open(&r);
	r.queued = 0;
	while (out < 200000) {
		r.queued += 1700;
		expect_data(&r, out, 1700);
		out += 1700;
		rig_in(&r, rig_seg(in, 1300, out));
		in += 1300;
		assert_int_equal(r.received.acked, 1700);
		assert_int_equal(r.took, in);
		expect_ack(&r, out, in);
	}
	assert_true(r.tcp.snd_nxt < RIG_ISN && r.tcp.rcv_nxt < RIG_GUEST_ISN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_run_is_as_long_as_what_is_queued),
	        cmocka_unit_test(a_run_ends_with_a_whole_segment_where_room_or_window_ends),
	        cmocka_unit_test(a_window_below_one_segment_is_used_when_nothing_is_in_flight),
	        cmocka_unit_test(what_is_not_confirmed_comes_again),
	        cmocka_unit_test(the_fin_goes_with_the_last_bytes_or_alone),
	        cmocka_unit_test(the_fin_waits_for_the_window_too),
	        cmocka_unit_test(an_older_window_does_not_replace_a_newer_one),
	        cmocka_unit_test(numbers_wrap_in_the_middle_of_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
