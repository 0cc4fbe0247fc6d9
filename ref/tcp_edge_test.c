/* SPDX-License-Identifier: ISC */
/* tcp_edge_test.c: one step beside what the other tests of tcp do: sequence numbers where a flag that
 * is not set would look like zero, segments that come too early or too late. */
#include "ref/tcp.h"

#include "ref/tcp_rig.h"

/* The guest's first byte so far before number zero; see RIG_GUEST_ISN. */
#define TO_ZERO (0u - RIG_GUEST_ISN - 1)

static struct tcp_seg with_flags(struct tcp_seg seg, uint8_t flags)
{
	seg.flags = flags;
	return seg;
}

/* --- no FIN was seen, and rcv_fin is zero --- */

static void a_connection_whose_numbers_begin_at_zero_has_no_fin_yet(void **state)
{
	struct tcp_seg syn = rig_syn(), seg = rig_seg(0, 10, 0);
	struct rig r;

	(void)state;
	syn.seq = 0;
	rig_start(&r, RIG_RINGS, &syn);
	tcp_connected(&r.tcp, r.now_ns);
	rig_out(&r);
	seg.seq = 1;
	rig_in(&r, seg);
	assert_int_equal(r.took, 10);
	assert_false(tcp_take_fin(&r.tcp));
}

static void bytes_up_to_number_zero_are_no_fin(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_in(&r, rig_seg(0, TO_ZERO, 0));
	assert_int_equal(r.took, TO_ZERO);
	expect_ack(&r, 0, TO_ZERO);
	assert_false(tcp_take_fin(&r.tcp));
	r.eof = true;
	expect_control(&r, TCP_SEG_FIN | TCP_SEG_ACK, 0);
	rig_in(&r, rig_seg(TO_ZERO, 0, 1));
	assert_int_equal(r.tcp.state, TCP_OPEN); /* the guest may go on */
	rig_in(&r, rig_seg(TO_ZERO, 10, 1));
	assert_int_equal(r.took, TO_ZERO + 10);
}

/* --- too early --- */

static void before_the_world_has_accepted_nothing_becomes_due(void **state)
{
	const struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	rig_start(&r, RIG_RINGS, &syn);
	rig_in(&r, syn);
	rig_in(&r, with_flags(rig_seg(5, 0, 0), TCP_SEG_RST)); /* in the window, not next */
	assert_int_equal(r.tcp.state, TCP_CONNECTING);
	assert_false(r.tcp.ack_due || r.tcp.syn_due || r.tcp.reset_due);
}

static void an_acknowledgement_before_the_syn_ack_was_sent_opens_nothing(void **state)
{
	const struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	rig_start(&r, RIG_RINGS, &syn);
	tcp_connected(&r.tcp, r.now_ns);
	rig_in(&r, rig_seg(0, 10, (uint32_t)-1)); /* of refnat's number, which it cannot know */
	assert_int_not_equal(r.tcp.state, TCP_OPEN);
	assert_int_equal(r.took, 0);
	assert_true(r.tcp.reset_due);
}

static void only_the_very_syn_gets_the_syn_ack_again(void **state)
{
	const struct tcp_seg syn = rig_syn();
	struct tcp_seg others[3] = {syn, syn, syn};
	struct rig r;

	(void)state;
	others[0].seq++;
	others[1].seq--;
	others[2].flags = TCP_SEG_SYN | TCP_SEG_ACK;
	for (size_t i = 0; i < 3; i++) {
		rig_start(&r, RIG_RINGS, &syn);
		tcp_connected(&r.tcp, r.now_ns);
		rig_out(&r);
		rig_in(&r, others[i]);
		assert_false(r.tcp.syn_due);
		assert_true(r.tcp.ack_due);
	}
}

/* --- too late --- */

static void what_was_given_up_does_not_open_any_more(void **state)
{
	const struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	rig_start(&r, RIG_RINGS, &syn);
	tcp_abort(&r.tcp);
	tcp_connected(&r.tcp, r.now_ns);
	assert_int_equal(r.tcp.state, TCP_CONNECTING);
	assert_false(r.tcp.syn_due);
}

static void a_closed_connection_is_deaf(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	tcp_close(&r.tcp);
	rig_in(&r, rig_syn());
	rig_in(&r, rig_seg(0, 10, 0));
	tcp_abort(&r.tcp);
	assert_int_equal(r.tcp.state, TCP_CLOSED);
	assert_false(r.tcp.ack_due || r.tcp.syn_due || r.tcp.reset_due || r.tcp.abort_due);
	assert_int_equal(r.took, 0);
}

/* --- numbers --- */

static void a_window_scale_of_one_doubles(void **state)
{
	struct tcp_seg syn = rig_syn(), ack = rig_seg(0, 0, 0);
	struct rig r;

	(void)state;
	syn.window_scale = 1;
	ack.window = 10;
	rig_start(&r, RIG_RINGS, &syn);
	tcp_connected(&r.tcp, r.now_ns);
	rig_out(&r);
	rig_in(&r, ack);
	r.queued = 1000;
	expect_data(&r, 0, 20);
}

static void a_stray_fin_is_answered_by_a_reset(void **state)
{
	const struct tcp_seg fin = with_flags(rig_seg(0, 0, 7), TCP_SEG_FIN | TCP_SEG_ACK);
	struct tcp_seg reset;

	(void)state;
	assert_true(tcp_reset_for(&fin, &reset));
	assert_int_equal(reset.flags, TCP_SEG_RST);
	assert_int_equal(reset.seq, RIG_ISN + 1 + 7);
}

static void a_syn_ack_that_was_not_sent_yet_has_no_timer(void **state)
{
	const struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	rig_start(&r, RIG_RINGS, &syn);
	tcp_connected(&r.tcp, r.now_ns);
	assert_int_equal(tcp_deadline(&r.tcp), r.now_ns + TCP_HALF_OPEN_LIMIT);
}

/* --- bytes from the guest --- */

static void a_fin_behind_bytes_that_are_here_already_is_taken(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_in(&r, rig_seg(0, 10, 0));
	expect_ack(&r, 0, 10);
	rig_in(&r, with_flags(rig_seg(0, 10, 0), TCP_SEG_FIN | TCP_SEG_ACK));
	assert_true(tcp_take_fin(&r.tcp));
	assert_int_equal(r.took, 10);
	expect_ack(&r, 0, 11);
}

static void what_is_here_already_does_not_keep_a_connection_alive(void **state)
{
	struct rig r;
	uint64_t then;

	(void)state;
	rig_open(&r);
	rig_in(&r, rig_seg(0, 10, 0));
	then = r.tcp.active_ns;
	r.now_ns += TCP_S;
	rig_in(&r, rig_seg(0, 10, 0));
	rig_in(&r, rig_seg(50, 10, 0)); /* nor what nobody can use yet */
	assert_int_equal(r.tcp.active_ns, then);
}

static void bytes_behind_a_fin_are_no_gap(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_in(&r, with_flags(rig_seg(0, 10, 0), TCP_SEG_FIN | TCP_SEG_ACK));
	rig_in(&r, rig_seg(50, 10, 0));
	assert_int_equal(r.tcp.duplicates_due, 0);
	assert_int_equal(r.took, 10);
}

static void a_guest_whose_bytes_cannot_be_kept_is_promised_nothing(void **state)
{
	struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	syn.window_scale = -1;
	rig_open_with(&r, 0, &syn);
	r.takes = 0;
	rig_in(&r, rig_seg(0, 100, 0));
	expect_ack(&r, 0, 0);
	assert_int_equal(r.sent.seg.window, 0);
}

/* 8192 bytes where there is no ring: by two segments, or by half of it if that is less. */
static void a_window_opens_by_two_segments_or_by_half_of_what_there_is(void **state)
{
	static const struct {
		uint16_t mss;
		uint32_t step;
	} cases[] = {{1460, 2920}, {2048, 4096}, {3000, 4096}, {9176, 4096}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (uint32_t came = cases[i].step - 1; came <= cases[i].step; came++) {
			struct tcp_seg syn = rig_syn();
			struct rig r;

			syn.window_scale = -1;
			rig_start(&r, 0, &syn);
			tcp_open(&r.tcp, &r.pool, &syn, RIG_ISN, cases[i].mss, r.now_ns);
			tcp_connected(&r.tcp, r.now_ns);
			rig_out(&r);
			rig_in(&r, rig_seg(0, 0, 0));
			rig_in(&r, rig_seg(0, came, 0));
			expect_ack(&r, 0, came);
			assert_int_equal(r.sent.seg.window,
			                 came < cases[i].step ? 8192 - came : 8192);
		}
}

static void bytes_behind_a_gap_are_not_ready_for_the_socket(void **state)
{
	struct rd parts[2];
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_in(&r, rig_seg(50, 10, 0));
	assert_false(tcp_waiting(&r.tcp, parts));
}

/* RFC 2018 section 4: the first range is the one that changed last; a FIN changes none. */
static void a_fin_without_bytes_is_in_no_range(void **state)
{
	(void)state;
	for (uint32_t at = 60; at <= 70; at += 10) {
		struct rig r;

		rig_open(&r);
		rig_in(&r, rig_seg(50, 10, 0));
		rig_in(&r, rig_seg(80, 10, 0));
		rig_in(&r, with_flags(rig_seg(at, 0, 0), TCP_SEG_FIN | TCP_SEG_ACK));
		expect_ack(&r, 0, 0);
		assert_int_equal(r.sent.seg.sack_count, 2);
		assert_int_equal(r.sent.seg.sack[0].left, RIG_GUEST_ISN + 1 + 80);
		assert_int_equal(r.sent.seg.sack[1].left, RIG_GUEST_ISN + 1 + 50);
	}
}

static void a_gap_asks_for_one_duplicate_where_the_guest_has_sack(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_in(&r, rig_seg(0, 100, 0)); /* its numbers have wrapped */
	expect_ack(&r, 0, 100);
	rig_in(&r, rig_seg(200, 10, 0));
	assert_int_equal(r.tcp.duplicates_due, 1);
	rig_in(&r, rig_seg(300, 10, 0));
	assert_int_equal(r.tcp.duplicates_due, 1);
}

static void an_unscaled_window_stays_within_sixteen_bits(void **state)
{
	struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	syn.window_scale = -1;
	rig_open_with(&r, RIG_RINGS, &syn);
	for (uint32_t i = 0; i < 100; i++) {
		rig_in(&r, rig_seg(i * 1000, 1000, 0));
		expect_ack(&r, 0, (i + 1) * 1000);
		assert_in_range(r.sent.seg.window, 65535 - 2 * RIG_MSS_MAX, 65535);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_connection_whose_numbers_begin_at_zero_has_no_fin_yet),
	        cmocka_unit_test(bytes_up_to_number_zero_are_no_fin),
	        cmocka_unit_test(before_the_world_has_accepted_nothing_becomes_due),
	        cmocka_unit_test(an_acknowledgement_before_the_syn_ack_was_sent_opens_nothing),
	        cmocka_unit_test(only_the_very_syn_gets_the_syn_ack_again),
	        cmocka_unit_test(what_was_given_up_does_not_open_any_more),
	        cmocka_unit_test(a_closed_connection_is_deaf),
	        cmocka_unit_test(a_window_scale_of_one_doubles),
	        cmocka_unit_test(a_stray_fin_is_answered_by_a_reset),
	        cmocka_unit_test(a_syn_ack_that_was_not_sent_yet_has_no_timer),
	        cmocka_unit_test(a_fin_behind_bytes_that_are_here_already_is_taken),
	        cmocka_unit_test(what_is_here_already_does_not_keep_a_connection_alive),
	        cmocka_unit_test(bytes_behind_a_fin_are_no_gap),
	        cmocka_unit_test(a_gap_asks_for_one_duplicate_where_the_guest_has_sack),
	        cmocka_unit_test(a_guest_whose_bytes_cannot_be_kept_is_promised_nothing),
	        cmocka_unit_test(a_window_opens_by_two_segments_or_by_half_of_what_there_is),
	        cmocka_unit_test(bytes_behind_a_gap_are_not_ready_for_the_socket),
	        cmocka_unit_test(a_fin_without_bytes_is_in_no_range),
	        cmocka_unit_test(an_unscaled_window_stays_within_sixteen_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
