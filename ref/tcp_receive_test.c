/* SPDX-License-Identifier: ISC */
/* tcp_receive_test.c: bytes from the guest, and the window it sees. */
#include "ref/tcp.h"

#include "ref/tcp_rig.h"

static struct tcp_seg fin(uint32_t seq, size_t len, uint32_t ack)
{
	struct tcp_seg seg = rig_seg(seq, len, ack);

	seg.flags |= TCP_SEG_FIN;
	return seg;
}

/* The window that the last segment advertised, in bytes. */
static uint32_t window(const struct rig *r)
{
	return (uint32_t)r->sent.seg.window << TCP_WINDOW_SCALE;
}

#define assert_sack(r, i, the_left, the_right)                                                     \
	do {                                                                                       \
		assert_int_equal((r)->sent.seg.sack[i].left, RIG_GUEST_ISN + 1 + (the_left));      \
		assert_int_equal((r)->sent.seg.sack[i].right, RIG_GUEST_ISN + 1 + (the_right));    \
	} while (0)

/* --- in order --- */

static void bytes_in_order_go_to_the_socket_and_are_acknowledged_once(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	for (uint32_t i = 0; i < 10; i++) {
		rig_in(&r, rig_seg(i * 100, 100, 0));
		assert_int_equal(r.took, (i + 1) * 100);
	}
	expect_ack(&r, 0, 1000);
	expect_nothing(&r);
	assert_null(r.tcp.ring);
}

static void data_to_the_guest_carries_the_acknowledgement(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	r.queued = 50;
	rig_in(&r, rig_seg(0, 100, 0));
	expect_data(&r, 0, 50);
	assert_acks(&r, 100);
	expect_nothing(&r);
}

static void what_the_socket_does_not_take_waits_in_a_ring(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	r.takes = 30;
	rig_in(&r, rig_seg(0, 100, 0));
	assert_int_equal(r.took, 30);
	expect_ack(&r, 0, 100);
	/* What follows waits behind it, also when the socket has room by then. */
	r.takes = 1000;
	rig_in(&r, rig_seg(100, 100, 0));
	assert_int_equal(r.received.data.n, 0);
	expect_ack(&r, 0, 200);
	rig_drain(&r, 100);
	assert_int_equal(r.took, 130);
	rig_drain(&r, 100);
	assert_int_equal(r.took, 200);
	assert_int_equal(rig_free_rings(&r), RIG_RINGS);
	r.takes = 0;
	rig_in(&r, rig_seg(200, 100, 0));
	assert_int_equal(r.took, 200);
	rig_drain(&r, 1000);
	assert_int_equal(r.took, 300);
}

static void only_the_new_part_of_a_segment_is_taken(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_in(&r, rig_seg(0, 100, 0));
	rig_in(&r, rig_seg(50, 100, 0));
	assert_int_equal(r.took, 150);
	/* Nothing new at all: answered, for our ACK may have been lost. */
	expect_ack(&r, 0, 150);
	rig_in(&r, rig_seg(0, 150, 0));
	assert_int_equal(r.received.data.n, 0);
	expect_ack(&r, 0, 150);
}

/* --- out of order --- */

static void a_gap_is_told_at_once_with_the_newest_range_first(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	r.queued = 50; /* which does not keep the bare ACK from going first */
	rig_in(&r, rig_seg(100, 100, 0));
	assert_int_equal(r.took, 0);
	expect_ack(&r, 0, 0);
	assert_int_equal(r.sent.seg.sack_count, 1);
	assert_sack(&r, 0, 100, 200);
	expect_data(&r, 0, 50);
	rig_in(&r, rig_seg(500, 100, 50));
	expect_ack(&r, 50, 0);
	rig_in(&r, rig_seg(300, 100, 50));
	expect_ack(&r, 50, 0);
	assert_int_equal(r.sent.seg.sack_count, 3);
	assert_sack(&r, 0, 300, 400);
	assert_sack(&r, 1, 500, 600);
	assert_sack(&r, 2, 100, 200);
	rig_in(&r, rig_seg(200, 50, 50));
	expect_ack(&r, 50, 0);
	assert_sack(&r, 0, 100, 250);
	assert_sack(&r, 1, 500, 600);
	assert_sack(&r, 2, 300, 400);
	for (uint32_t i = 0; i < 3; i++) {
		rig_in(&r, rig_seg(1000 + i * 100, 50, 50));
		expect_ack(&r, 50, 0);
	}
	assert_int_equal(r.sent.seg.sack_count, TCP_SEG_SACK_MAX);
	assert_sack(&r, 0, 1200, 1250);
	assert_sack(&r, 3, 500, 600);
	expect_nothing(&r);
}

static void a_filled_gap_delivers_what_waited_behind_it(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_in(&r, rig_seg(100, 100, 0));
	rig_in(&r, rig_seg(300, 100, 0));
	expect_ack(&r, 0, 0);
	rig_in(&r, rig_seg(0, 100, 0));
	assert_int_equal(r.took, 100);
	expect_ack(&r, 0, 200);
	assert_int_equal(r.sent.seg.sack_count, 1);
	assert_sack(&r, 0, 300, 400);
	rig_drain(&r, 1000);
	assert_int_equal(r.took, 200);
	/* This one overlaps on both sides. */
	rig_in(&r, rig_seg(150, 200, 0));
	expect_ack(&r, 0, 400);
	assert_int_equal(r.sent.seg.sack_count, 0);
	rig_drain(&r, 1000);
	assert_int_equal(r.took, 400);
	assert_int_equal(rig_free_rings(&r), RIG_RINGS);
}

static void a_guest_without_sack_gets_duplicates_to_count(void **state)
{
	struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	syn.sack_permitted = false;
	rig_open_with(&r, RIG_RINGS, &syn);
	r.queued = 50;
	for (uint32_t i = 1; i < 9; i++)
		rig_in(&r, rig_seg(i * 100, 100, 0));
	for (int i = 0; i < 3; i++) {
		expect_ack(&r, 0, 0);
		assert_int_equal(r.sent.seg.sack_count, 0);
		assert_int_equal(window(&r), TCP_RING_SIZE);
	}
	expect_data(&r, 0, 50);
	expect_nothing(&r);
}

static void a_segment_that_needs_one_range_too_many_is_not_kept(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	for (uint32_t i = 1; i <= TCP_RING_RANGES + 1; i++)
		rig_in(&r, rig_seg(i * 100, 50, 0));
	assert_int_equal(r.tcp.ring->count, TCP_RING_RANGES);
	expect_ack(&r, 0, 0);
	rig_in(&r, rig_seg(0, 100, 0));
	rig_drain(&r, 1000);
	assert_int_equal(r.took, 150);
}

/* --- what is acceptable --- */

/* RFC 9293 section 3.10.7.4 as a list of all numbers. */
static bool in_window(uint32_t seq, uint32_t len)
{
	for (uint32_t i = 0; i < (len ? len : 1); i++) {
		const int32_t at = (int32_t)(seq + i);

		if (at >= 0 && at <= TCP_RING_SIZE + 1 && (i == 0 || i == len - 1))
			return true;
	}
	return false;
}

static void what_lies_outside_the_window_is_answered_and_not_looked_at(void **state)
{
	static const uint32_t around[] = {0, TCP_RING_SIZE, 0x80000000};

	(void)state;
	for (size_t a = 0; a < 3; a++)
		for (uint32_t off = (uint32_t)-7; off != 7; off++)
			for (uint32_t len = 0; len < 6; len++) {
				const uint32_t seq = around[a] + off;
				struct tcp_seg seg = rig_seg(seq, 0, 10);
				struct rig r;

				seg.payload = rig_bytes(len ? 100 : 0, len);
				rig_open(&r);
				r.queued = 10;
				expect_data(&r, 0, 10);
				tcp_segment(&r.tcp, &seg, r.now_ns, &r.received);
				assert_int_equal(r.received.acked, in_window(seq, len) ? 10 : 0);
				if (!in_window(seq, len)) {
					assert_int_equal(r.received.data.n, 0);
					r.queued = 10;
					expect_ack(&r, 10, 0);
				}
			}
}

static void a_full_ring_still_lets_acknowledgements_in(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	r.takes = 0;
	for (uint32_t at = 0; at < TCP_RING_SIZE; at += 32768)
		rig_in(&r, rig_seg(at, 32768, 0));
	expect_ack(&r, 0, TCP_RING_SIZE);
	assert_int_equal(window(&r), 0);
	r.queued = 10;
	expect_data(&r, 0, 10);
	rig_in(&r, rig_seg(TCP_RING_SIZE, 0, 10));
	assert_int_equal(r.received.acked, 10);
	/* A probe with one byte: not taken, answered, its ACK counts. */
	r.queued = 10;
	expect_data(&r, 10, 10);
	rig_in(&r, rig_seg(TCP_RING_SIZE, 1, 20));
	assert_int_equal(r.received.acked, 10);
	assert_int_equal(r.received.data.n, 0);
	expect_ack(&r, 20, TCP_RING_SIZE);
	/* A FIN needs no room. */
	rig_in(&r, fin(TCP_RING_SIZE, 0, 20));
	expect_ack(&r, 20, TCP_RING_SIZE + 1);
	assert_int_equal(window(&r), 0);
	rig_in(&r, rig_seg(TCP_RING_SIZE + 1, 0, 20));
	expect_nothing(&r);
	assert_false(tcp_take_fin(&r.tcp));
	rig_drain(&r, TCP_RING_SIZE);
	assert_int_equal(r.took, TCP_RING_SIZE);
	assert_true(tcp_take_fin(&r.tcp));
}

static void bytes_past_the_window_are_cut_off(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	r.takes = 0;
	for (uint32_t at = 0; at < TCP_RING_SIZE - 100; at += 32743)
		rig_in(&r, rig_seg(at, 32743, 0));
	assert_int_equal(r.tcp.rcv_nxt, RIG_GUEST_ISN + 1 + 4 * 32743);
	rig_in(&r, rig_seg(4 * 32743, 1000, 0));
	expect_ack(&r, 0, TCP_RING_SIZE);
	rig_drain(&r, SIZE_MAX);
	assert_int_equal(r.took, TCP_RING_SIZE);
	rig_in(&r, rig_seg(TCP_RING_SIZE, 900, 0));
	assert_int_equal(r.took, TCP_RING_SIZE + 900);
}

/* --- FIN --- */

static void a_fin_behind_a_gap_waits_for_the_gap(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_in(&r, fin(100, 50, 0));
	expect_ack(&r, 0, 0);
	assert_false(tcp_take_fin(&r.tcp));
	rig_in(&r, rig_seg(0, 100, 0));
	expect_ack(&r, 0, 151);
	assert_false(tcp_take_fin(&r.tcp));
	rig_drain(&r, 1000);
	assert_int_equal(r.took, 150);
	assert_true(tcp_take_fin(&r.tcp));

	/* The same with a bare FIN. */
	rig_open(&r);
	rig_in(&r, fin(100, 0, 0));
	expect_ack(&r, 0, 0);
	rig_in(&r, rig_seg(0, 100, 0));
	assert_true(tcp_take_fin(&r.tcp));
	expect_ack(&r, 0, 101);
}

static void a_fin_that_comes_again_is_answered_again(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_in(&r, fin(0, 100, 0));
	assert_true(tcp_take_fin(&r.tcp));
	for (int i = 0; i < 3; i++) {
		expect_ack(&r, 0, 101);
		rig_in(&r, fin(0, 100, 0));
		expect_ack(&r, 0, 101);
		rig_in(&r, fin(100, 0, 0));
	}
	assert_false(tcp_take_fin(&r.tcp));
	assert_int_equal(r.took, 100);
}

static void nothing_counts_that_stands_behind_a_fin(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_in(&r, fin(0, 100, 0));
	expect_ack(&r, 0, 101);
	rig_in(&r, rig_seg(101, 50, 0));
	rig_in(&r, fin(101, 50, 0));
	rig_in(&r, rig_seg(50, 100, 0));
	assert_int_equal(r.took, 100);
	expect_ack(&r, 0, 101);
	/* Also while the FIN itself waits behind a gap. */
	rig_open(&r);
	rig_in(&r, fin(100, 0, 0));
	rig_in(&r, fin(120, 0, 0));
	rig_in(&r, rig_seg(50, 100, 0));
	rig_in(&r, rig_seg(130, 50, 0));
	rig_in(&r, rig_seg(0, 60, 0));
	rig_drain(&r, 1000);
	assert_int_equal(r.took, 100);
	assert_true(tcp_take_fin(&r.tcp));
	expect_ack(&r, 0, 101);
}

static void a_fin_before_bytes_that_are_here_is_not_believed(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_in(&r, rig_seg(100, 100, 0));
	rig_in(&r, fin(0, 150, 0));
	rig_drain(&r, 1000);
	assert_false(tcp_take_fin(&r.tcp));
	assert_int_equal(r.took, 200);
	rig_in(&r, fin(200, 0, 0));
	assert_true(tcp_take_fin(&r.tcp));
}

/* --- the window --- */

static void the_window_closes_as_the_ring_fills_and_opens_when_it_is_worth_it(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	r.takes = 0;
	rig_in(&r, rig_seg(0, 60000, 0));
	expect_ack(&r, 0, 60000);
	assert_int_equal(window(&r), (TCP_RING_SIZE - 60000) & ~3u);
	rig_drain(&r, 2 * RIG_MSS_MAX - 1);
	expect_nothing(&r);
	rig_drain(&r, 1);
	expect_ack(&r, 0, 60000);
	assert_int_equal(window(&r), (TCP_RING_SIZE - 60000 + 2 * RIG_MSS_MAX) & ~3u);
	expect_nothing(&r);
	rig_drain(&r, 60000);
	expect_ack(&r, 0, 60000);
	assert_int_equal(window(&r), TCP_RING_SIZE);
}

static void a_closed_window_does_not_open_by_a_sliver(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	r.takes = 0;
	for (uint32_t at = 0; at < TCP_RING_SIZE; at += 32768)
		rig_in(&r, rig_seg(at, 32768, 0));
	expect_ack(&r, 0, TCP_RING_SIZE);
	assert_int_equal(window(&r), 0);
	rig_drain(&r, 1000);
	rig_in(&r, rig_seg((uint32_t)(TCP_RING_SIZE - 1), 0, 0));
	expect_ack(&r, 0, TCP_RING_SIZE);
	assert_int_equal(window(&r), 0);
	rig_drain(&r, 2 * RIG_MSS_MAX);
	expect_ack(&r, 0, TCP_RING_SIZE);
	assert_int_equal(window(&r), (1000 + 2 * RIG_MSS_MAX) & ~3);
}

static void the_end_of_the_window_never_moves_back(void **state)
{
	uint64_t dice = 1;

	(void)state;
	for (int round = 0; round < 200; round++) {
		uint32_t at = 0, edge = 0;
		struct rig r;

		rig_open(&r);
		r.takes = 0;
		while (at < 200000) {
			uint32_t len, now;

			dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
			len = (uint32_t)(dice >> 40) % 2000;
			if (dice >> 63)
				rig_drain(&r, (size_t)(dice >> 20) % 3000);
			else
				rig_in(&r, rig_seg(at, len, 0));
			at = r.tcp.rcv_nxt - RIG_GUEST_ISN - 1;
			while (rig_out(&r) == TCP_SEND_CONTROL) {
				now = r.sent.seg.ack + window(&r) - RIG_GUEST_ISN - 1;
				/* Scaling rounds down. */
				assert_true(now + 3 >= edge);
				assert_true(now <= r.took + TCP_RING_SIZE);
				edge = now > edge ? now : edge;
			}
			if (r.tcp.rcv_nxt - r.tcp.rcv_front == TCP_RING_SIZE)
				break;
		}
		assert_true(at > 100000);
	}
}

static void a_window_without_scale_ends_at_65535(void **state)
{
	struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	syn.window_scale = -1;
	rig_open_with(&r, RIG_RINGS, &syn);
	r.takes = 0;
	rig_in(&r, rig_seg(0, 60000, 0));
	expect_ack(&r, 0, 60000);
	assert_int_equal(r.sent.seg.window, 65535);
	rig_in(&r, rig_seg(60000, 20000, 0));
	expect_ack(&r, 0, 80000);
	assert_int_equal(r.sent.seg.window, TCP_RING_SIZE - 80000);
	rig_drain(&r, 80000);
	expect_ack(&r, 0, 80000);
	assert_int_equal(r.sent.seg.window, 65535);
	rig_drain(&r, 0);
	expect_nothing(&r);
}

/* --- without rings --- */

static void without_a_ring_the_promise_is_small(void **state)
{
	struct tcp_seg syn = rig_syn();
	struct tcp_ring *only;
	struct rig r;

	(void)state;
	rig_open_with(&r, 0, &syn);
	rig_in(&r, rig_seg(0, 5000, 0));
	assert_int_equal(r.took, 5000);
	expect_ack(&r, 0, 5000);
	assert_int_equal(window(&r), 8192);

	/* What was promised while there was a ring stands when there is none. */
	rig_open_with(&r, 1, &syn);
	rig_in(&r, rig_seg(0, 5000, 0));
	expect_ack(&r, 0, 5000);
	assert_int_equal(window(&r), TCP_RING_SIZE);
	only = tcp_ring_take(&r.pool);
	rig_in(&r, rig_seg(5000, 5000, 0));
	expect_ack(&r, 0, 10000);
	assert_int_equal(window(&r), TCP_RING_SIZE - 5000);
	tcp_ring_give(&r.pool, only);
}

static void a_window_smaller_than_two_segments_still_opens(void **state)
{
	const struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	rig_start(&r, 0, &syn);
	tcp_open(&r.tcp, &r.pool, &syn, RIG_ISN, 9176, r.now_ns);
	tcp_connected(&r.tcp, r.now_ns);
	rig_out(&r);
	assert_int_equal(r.sent.seg.window, 8192);
	rig_in(&r, rig_seg(0, 4000, 0));
	expect_ack(&r, 0, 4000);
	assert_int_equal(window(&r), 4192);
	rig_in(&r, rig_seg(4000, 96, 0));
	expect_ack(&r, 0, 4096);
	assert_int_equal(window(&r), 8192);
}

static void bytes_that_cannot_be_kept_are_not_acknowledged(void **state)
{
	struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	rig_open_with(&r, 0, &syn);
	rig_in(&r, rig_seg(1000, 500, 0));
	expect_ack(&r, 0, 0);
	assert_int_equal(r.sent.seg.sack_count, 0);
	r.takes = 300;
	rig_in(&r, rig_seg(0, 1000, 0));
	assert_int_equal(r.took, 300);
	expect_ack(&r, 0, 300);
	assert_int_equal(window(&r), 0);
	rig_in(&r, rig_seg(300, 700, 0));
	assert_int_equal(r.took, 300);
	expect_ack(&r, 0, 300);
	/* The socket is writable again: the guest hears of it. */
	rig_drain(&r, 10000);
	expect_ack(&r, 0, 300);
	assert_true(window(&r) >= 700);
	rig_drain(&r, 10000);
	expect_nothing(&r);
	rig_in(&r, fin(300, 700, 0));
	assert_int_equal(r.took, 1000);
	assert_true(tcp_take_fin(&r.tcp));
	expect_ack(&r, 0, 1001);
}

static void a_ring_that_comes_free_is_used(void **state)
{
	const struct tcp_seg syn = rig_syn();
	struct tcp_ring *other;
	struct rig r;

	(void)state;
	rig_open_with(&r, 1, &syn);
	other = tcp_ring_take(&r.pool);
	r.takes = 0;
	rig_in(&r, rig_seg(0, 100, 0));
	expect_ack(&r, 0, 0);
	tcp_ring_give(&r.pool, other);
	rig_in(&r, rig_seg(0, 100, 0));
	expect_ack(&r, 0, 100);
	assert_true(window(&r) > 100000);
	rig_drain(&r, 100);
	assert_int_equal(r.took, 100);
	assert_int_equal(rig_free_rings(&r), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(bytes_in_order_go_to_the_socket_and_are_acknowledged_once),
	        cmocka_unit_test(data_to_the_guest_carries_the_acknowledgement),
	        cmocka_unit_test(what_the_socket_does_not_take_waits_in_a_ring),
	        cmocka_unit_test(only_the_new_part_of_a_segment_is_taken),
	        cmocka_unit_test(a_gap_is_told_at_once_with_the_newest_range_first),
	        cmocka_unit_test(a_filled_gap_delivers_what_waited_behind_it),
	        cmocka_unit_test(a_guest_without_sack_gets_duplicates_to_count),
	        cmocka_unit_test(a_segment_that_needs_one_range_too_many_is_not_kept),
	        cmocka_unit_test(what_lies_outside_the_window_is_answered_and_not_looked_at),
	        cmocka_unit_test(a_full_ring_still_lets_acknowledgements_in),
	        cmocka_unit_test(bytes_past_the_window_are_cut_off),
	        cmocka_unit_test(a_fin_behind_a_gap_waits_for_the_gap),
	        cmocka_unit_test(a_fin_that_comes_again_is_answered_again),
	        cmocka_unit_test(nothing_counts_that_stands_behind_a_fin),
	        cmocka_unit_test(a_fin_before_bytes_that_are_here_is_not_believed),
	        cmocka_unit_test(the_window_closes_as_the_ring_fills_and_opens_when_it_is_worth_it),
	        cmocka_unit_test(a_closed_window_does_not_open_by_a_sliver),
	        cmocka_unit_test(the_end_of_the_window_never_moves_back),
	        cmocka_unit_test(a_window_without_scale_ends_at_65535),
	        cmocka_unit_test(without_a_ring_the_promise_is_small),
	        cmocka_unit_test(a_window_smaller_than_two_segments_still_opens),
	        cmocka_unit_test(bytes_that_cannot_be_kept_are_not_acknowledged),
	        cmocka_unit_test(a_ring_that_comes_free_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
