/* SPDX-License-Identifier: ISC */
/* tcp_test.c: the handshake, resets, and the end of a connection. */
#include "ref/tcp.h"

#include "ref/tcp_rig.h"

static struct tcp_seg with_flags(struct tcp_seg seg, uint8_t flags)
{
	seg.flags = flags;
	return seg;
}

/* --- the handshake --- */

static void nothing_is_said_before_the_world_has_accepted(void **state)
{
	const struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	rig_start(&r, RIG_RINGS, &syn);
	r.queued = 5;
	expect_nothing(&r);
	rig_in(&r, syn);
	expect_nothing(&r);
	rig_in(&r, rig_seg(0, 5, 0));
	expect_nothing(&r);
	rig_in(&r, with_flags(rig_seg(0, 0, 0), TCP_SEG_ACK | TCP_SEG_FIN));
	expect_nothing(&r);
	assert_int_equal(r.tcp.state, TCP_CONNECTING);
	tcp_connected(&r.tcp, r.now_ns);
	expect_control(&r, TCP_SEG_SYN | TCP_SEG_ACK, -1);
	assert_acks(&r, 0);
	expect_nothing(&r);
}

static void the_syn_ack_offers_what_the_guest_offered(void **state)
{
	(void)state;
	for (unsigned offer = 0; offer < 4; offer++) {
		struct tcp_seg syn = rig_syn();
		struct rig r;

		syn.window_scale = offer & 1 ? 7 : -1;
		syn.sack_permitted = offer & 2;
		rig_start(&r, RIG_RINGS, &syn);
		tcp_connected(&r.tcp, r.now_ns);
		expect_control(&r, TCP_SEG_SYN | TCP_SEG_ACK, -1);
		assert_int_equal(r.sent.seg.mss, RIG_MSS_MAX);
		assert_int_equal(r.sent.seg.window_scale, offer & 1 ? TCP_WINDOW_SCALE : -1);
		assert_int_equal(r.sent.seg.sack_permitted, (offer & 2) != 0);
		assert_int_equal(r.sent.seg.sack_count, 0);
	}
}

static void only_a_syn_is_written_with_an_unscaled_window(void **state)
{
	struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	rig_start(&r, RIG_RINGS, &syn);
	tcp_connected(&r.tcp, r.now_ns);
	rig_out(&r);
	assert_int_equal(r.sent.seg.window, 65535);
	rig_in(&r, rig_seg(0, 10, 0));
	expect_ack(&r, 0, 10);
	assert_int_equal(r.sent.seg.window, TCP_RING_SIZE >> TCP_WINDOW_SCALE);

	syn.window_scale = -1;
	rig_start(&r, RIG_RINGS, &syn);
	tcp_connected(&r.tcp, r.now_ns);
	rig_out(&r);
	assert_int_equal(r.sent.seg.window, 65535);
	rig_in(&r, rig_seg(0, 10000, 0));
	expect_ack(&r, 0, 10000);
	assert_int_equal(r.sent.seg.window, 65535);
}

static void only_a_syn_is_read_with_an_unscaled_window(void **state)
{
	struct tcp_seg syn = rig_syn(), ack = rig_seg(0, 0, 0);
	struct rig r;

	(void)state;
	syn.window_scale = 3;
	ack.window = 10;
	rig_start(&r, RIG_RINGS, &syn);
	tcp_connected(&r.tcp, r.now_ns);
	rig_out(&r);
	rig_in(&r, ack);
	r.queued = 1000;
	expect_data(&r, 0, 80);
}

static void segments_to_the_guest_are_as_large_as_both_ends_can(void **state)
{
	static const struct {
		uint16_t guest, frame, used;
	} cases[] = {
	        {0, 1460, 536},     {1, 1460, 64},       {63, 1460, 64},
	        {64, 1460, 64},     {1459, 1460, 1459},  {1460, 1460, 1460},
	        {9000, 1460, 1460}, {65535, 9176, 9176}, {0, 9176, 536},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tcp_seg syn = rig_syn();
		struct rig r;

		syn.mss = cases[i].guest;
		rig_start(&r, RIG_RINGS, &syn);
		tcp_open(&r.tcp, &r.pool, &syn, RIG_ISN, cases[i].frame, r.now_ns);
		tcp_connected(&r.tcp, r.now_ns);
		rig_out(&r);
		assert_int_equal(r.sent.seg.mss, cases[i].frame);
		rig_in(&r, rig_seg(0, 0, 0));
		r.queued = 50000;
		assert_int_equal(rig_out(&r), TCP_SEND_DATA);
		assert_int_equal(r.sent.mss, cases[i].used);
	}
}

static void a_syn_that_is_sent_again_gets_the_syn_ack_again(void **state)
{
	const struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	rig_start(&r, RIG_RINGS, &syn);
	tcp_connected(&r.tcp, r.now_ns);
	for (int i = 0; i < 3; i++) {
		expect_control(&r, TCP_SEG_SYN | TCP_SEG_ACK, -1);
		assert_acks(&r, 0);
		expect_nothing(&r);
		rig_in(&r, syn);
	}
	rig_in(&r, rig_seg(0, 0, 0));
	assert_int_equal(r.tcp.state, TCP_OPEN);
	expect_nothing(&r);
}

static void another_syn_is_challenged(void **state)
{
	struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	rig_start(&r, RIG_RINGS, &syn);
	tcp_connected(&r.tcp, r.now_ns);
	rig_out(&r);
	syn.seq += 1000;
	rig_in(&r, syn);
	expect_ack(&r, 0, 0);
	assert_int_equal(r.tcp.state, TCP_SYN_RECEIVED);
	rig_in(&r, rig_seg(0, 0, 0));
	assert_int_equal(r.tcp.state, TCP_OPEN);
	for (uint32_t seq = 0; seq < 3; seq++) {
		syn.seq = RIG_GUEST_ISN + seq;
		rig_in(&r, syn);
		expect_ack(&r, 0, 0);
		rig_in(&r, with_flags(syn, TCP_SEG_SYN | TCP_SEG_ACK));
		expect_ack(&r, 0, 0);
		assert_int_equal(r.tcp.state, TCP_OPEN);
	}
}

static void a_wrong_acknowledgement_of_the_syn_ack_gets_a_reset(void **state)
{
	static const uint32_t wrong[] = {1, (uint32_t)-1, (uint32_t)-2, 0x80000000, 5000};
	const struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	rig_start(&r, RIG_RINGS, &syn);
	tcp_connected(&r.tcp, r.now_ns);
	rig_out(&r);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		rig_in(&r, rig_seg(0, 5, wrong[i]));
		assert_int_equal(r.received.data.n, 0);
		expect_control(&r, TCP_SEG_RST, wrong[i]);
		expect_nothing(&r);
		assert_int_equal(r.tcp.state, TCP_SYN_RECEIVED);
	}
	rig_in(&r, rig_seg(0, 0, 0));
	assert_int_equal(r.tcp.state, TCP_OPEN);
}

static void data_on_the_last_segment_of_the_handshake_is_taken(void **state)
{
	const struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	rig_start(&r, RIG_RINGS, &syn);
	tcp_connected(&r.tcp, r.now_ns);
	rig_out(&r);
	rig_in(&r, rig_seg(0, 700, 0));
	assert_int_equal(r.took, 700);
	expect_ack(&r, 0, 700);
}

static void data_in_the_syn_is_not_acknowledged(void **state)
{
	struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	syn.payload = rig_bytes(0, 100);
	rig_start(&r, RIG_RINGS, &syn);
	tcp_connected(&r.tcp, r.now_ns);
	expect_control(&r, TCP_SEG_SYN | TCP_SEG_ACK, -1);
	assert_acks(&r, 0);
	rig_in(&r, rig_seg(0, 100, 0));
	assert_int_equal(r.took, 100);
}

static void a_handshake_ends_with_what_comes_first(void **state)
{
	const struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	/* Both the last ACK and the first data segment were lost. */
	rig_start(&r, RIG_RINGS, &syn);
	tcp_connected(&r.tcp, r.now_ns);
	rig_out(&r);
	rig_in(&r, rig_seg(500, 500, 0));
	assert_int_equal(r.tcp.state, TCP_OPEN);
	expect_ack(&r, 0, 0);
	assert_int_equal(r.sent.seg.sack_count, 1);
	/* A FIN at once. */
	rig_start(&r, RIG_RINGS, &syn);
	tcp_connected(&r.tcp, r.now_ns);
	rig_out(&r);
	rig_in(&r, with_flags(rig_seg(0, 0, 0), TCP_SEG_ACK | TCP_SEG_FIN));
	assert_true(tcp_take_fin(&r.tcp));
	expect_ack(&r, 0, 1);
}

/* --- resets and what is not believed --- */

static void a_reset_counts_only_if_it_is_exactly_next(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_in(&r, with_flags(rig_seg((uint32_t)-1, 0, 0), TCP_SEG_RST));
	expect_nothing(&r);
	rig_in(&r, with_flags(rig_seg(TCP_RING_SIZE + 2, 0, 0), TCP_SEG_RST));
	expect_nothing(&r);
	rig_in(&r, with_flags(rig_seg(1, 0, 0), TCP_SEG_RST));
	expect_ack(&r, 0, 0);
	rig_in(&r, with_flags(rig_seg(TCP_RING_SIZE - 1, 0, 0), TCP_SEG_RST | TCP_SEG_ACK));
	expect_ack(&r, 0, 0);
	assert_int_equal(r.tcp.state, TCP_OPEN);
	rig_in(&r, with_flags(rig_seg(0, 0, 0), TCP_SEG_RST));
	assert_int_equal(r.tcp.state, TCP_CLOSED);
	expect_nothing(&r);
	assert_true(tcp_deadline(&r.tcp) == UINT64_MAX);
}

static void a_reset_ends_a_handshake(void **state)
{
	const struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	rig_start(&r, RIG_RINGS, &syn);
	rig_in(&r, with_flags(rig_seg(1, 0, 0), TCP_SEG_RST));
	assert_int_equal(r.tcp.state, TCP_CONNECTING);
	rig_in(&r, with_flags(rig_seg(0, 0, 0), TCP_SEG_RST));
	assert_int_equal(r.tcp.state, TCP_CLOSED);
	rig_start(&r, RIG_RINGS, &syn);
	tcp_connected(&r.tcp, r.now_ns);
	rig_out(&r);
	rig_in(&r, with_flags(rig_seg(0, 0, 0), TCP_SEG_RST));
	assert_int_equal(r.tcp.state, TCP_CLOSED);
	tcp_connected(&r.tcp, r.now_ns);
	expect_nothing(&r);
}

static void a_segment_without_ack_is_dropped(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_in(&r, with_flags(rig_seg(0, 5, 0), 0));
	rig_in(&r, with_flags(rig_seg(0, 5, 0), TCP_SEG_PSH));
	assert_int_equal(r.took, 0);
	expect_nothing(&r);
}

/* --- the end --- */

static struct tcp_seg fin(uint32_t seq, uint32_t ack)
{
	return with_flags(rig_seg(seq, 0, ack), TCP_SEG_ACK | TCP_SEG_FIN);
}

static void when_the_guest_closes_first_the_end_comes_at_once(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_in(&r, fin(0, 0));
	assert_true(tcp_take_fin(&r.tcp));
	assert_false(tcp_take_fin(&r.tcp));
	expect_ack(&r, 0, 1);
	/* The world's half goes on. */
	r.queued = 10;
	expect_data(&r, 0, 10);
	r.eof = true;
	expect_control(&r, TCP_SEG_ACK | TCP_SEG_FIN, 10);
	rig_in(&r, rig_seg(1, 0, 10));
	assert_int_equal(r.tcp.state, TCP_OPEN);
	rig_in(&r, rig_seg(1, 0, 11));
	assert_int_equal(r.received.acked, 0);
	assert_int_equal(r.tcp.state, TCP_LINGERING);
	expect_nothing(&r);
	assert_true(tcp_deadline(&r.tcp) == r.now_ns);
	rig_wait(&r);
	assert_int_equal(r.tcp.state, TCP_CLOSED);
}

static void when_the_world_closes_first_the_end_lingers(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	r.eof = true;
	expect_control(&r, TCP_SEG_ACK | TCP_SEG_FIN, 0);
	rig_in(&r, rig_seg(0, 0, 1));
	/* The guest's half goes on. */
	rig_in(&r, rig_seg(0, 100, 1));
	assert_int_equal(r.took, 100);
	expect_ack(&r, 1, 100);
	rig_in(&r, with_flags(rig_seg(100, 50, 1), TCP_SEG_ACK | TCP_SEG_FIN));
	assert_true(tcp_take_fin(&r.tcp));
	assert_int_equal(r.tcp.state, TCP_LINGERING);
	expect_ack(&r, 1, 151);
	assert_true(tcp_deadline(&r.tcp) == r.now_ns + TCP_LINGER);
	rig_wait(&r);
	assert_int_equal(r.tcp.state, TCP_CLOSED);
}

static void when_both_close_at_once_the_end_lingers(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	r.eof = true;
	expect_control(&r, TCP_SEG_ACK | TCP_SEG_FIN, 0);
	rig_in(&r, fin(0, 0));
	assert_true(tcp_take_fin(&r.tcp));
	expect_ack(&r, 1, 1);
	assert_int_equal(r.tcp.state, TCP_OPEN);
	rig_in(&r, rig_seg(1, 0, 1));
	assert_int_equal(r.tcp.state, TCP_LINGERING);
	assert_true(tcp_deadline(&r.tcp) == r.now_ns + TCP_LINGER);
}

static void the_end_waits_until_the_socket_has_every_byte(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	r.eof = true;
	r.takes = 10;
	rig_in(&r, with_flags(rig_seg(0, 100, 0), TCP_SEG_ACK | TCP_SEG_FIN));
	assert_false(tcp_take_fin(&r.tcp));
	expect_control(&r, TCP_SEG_ACK | TCP_SEG_FIN, 0);
	assert_acks(&r, 101);
	rig_in(&r, rig_seg(101, 0, 1));
	assert_int_equal(r.tcp.state, TCP_OPEN);
	rig_drain(&r, 89);
	assert_false(tcp_take_fin(&r.tcp));
	rig_drain(&r, 1);
	assert_int_equal(r.tcp.state, TCP_LINGERING);
	assert_true(tcp_take_fin(&r.tcp));
	assert_int_equal(rig_free_rings(&r), RIG_RINGS);
}

/* Both FINs went and were acknowledged; the guest's last. */
static void make_lingering(struct rig *r)
{
	rig_open(r);
	r->eof = true;
	rig_out(r);
	rig_in(r, fin(0, 1));
	assert_true(tcp_take_fin(&r->tcp));
	rig_out(r);
	assert_int_equal(r->tcp.state, TCP_LINGERING);
	expect_nothing(r);
}

static void a_lingering_connection_answers_the_fin_again(void **state)
{
	struct rig r;

	(void)state;
	make_lingering(&r);
	r.now_ns += TCP_LINGER / 2;
	rig_in(&r, fin(0, 1));
	expect_ack(&r, 1, 1);
	assert_int_equal(r.tcp.state, TCP_LINGERING);
	assert_true(tcp_deadline(&r.tcp) == r.now_ns + TCP_LINGER);
	rig_in(&r, rig_seg(1, 0, 1));
	expect_nothing(&r);
	rig_wait(&r);
	assert_int_equal(r.tcp.state, TCP_CLOSED);
}

static void a_new_syn_on_a_lingering_connection_begins_anew(void **state)
{
	struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	make_lingering(&r);
	/* The guest's FIN stood at 0, so 1 is next. */
	for (uint32_t seq = (uint32_t)-3; seq != 5; seq++) {
		syn.seq = RIG_GUEST_ISN + 1 + seq;
		rig_in(&r, syn);
		assert_int_equal(r.received.restart, seq >= 2 && seq < 5);
		if (!r.received.restart)
			expect_ack(&r, 1, 1);
		expect_nothing(&r);
	}
	rig_in(&r, with_flags(syn, TCP_SEG_SYN | TCP_SEG_ACK));
	assert_false(r.received.restart);
	rig_open(&r);
	rig_in(&r, syn);
	assert_false(r.received.restart);
}

static void a_lingering_connection_ends_with_a_reset_or_silently(void **state)
{
	struct rig r;

	(void)state;
	make_lingering(&r);
	rig_in(&r, with_flags(rig_seg(1, 0, 1), TCP_SEG_RST));
	assert_int_equal(r.tcp.state, TCP_CLOSED);
	make_lingering(&r);
	tcp_abort(&r.tcp);
	assert_int_equal(r.tcp.state, TCP_CLOSED);
	expect_nothing(&r);
}

static void an_abort_resets_the_guest_and_closes(void **state)
{
	const struct tcp_seg syn = rig_syn();
	struct rig r;
	struct rd parts[2];

	(void)state;
	/* While connecting: a guest in SYN-SENT believes a RST that acknowledges its SYN. */
	rig_start(&r, RIG_RINGS, &syn);
	tcp_abort(&r.tcp);
	assert_int_equal(r.tcp.state, TCP_CONNECTING);
	assert_true(tcp_deadline(&r.tcp) == UINT64_MAX);
	tcp_connected(&r.tcp, r.now_ns);
	expect_control(&r, TCP_SEG_RST | TCP_SEG_ACK, -1);
	assert_acks(&r, 0);
	assert_int_equal(r.tcp.state, TCP_CLOSED);

	rig_start(&r, RIG_RINGS, &syn);
	tcp_connected(&r.tcp, r.now_ns);
	rig_out(&r);
	tcp_abort(&r.tcp);
	expect_control(&r, TCP_SEG_RST | TCP_SEG_ACK, 0);
	assert_int_equal(r.tcp.state, TCP_CLOSED);

	/* With bytes both ways. */
	rig_open(&r);
	r.queued = 5000;
	expect_data(&r, 0, 5000);
	r.takes = 0;
	rig_in(&r, rig_seg(0, 100, 0));
	tcp_abort(&r.tcp);
	assert_false(tcp_waiting(&r.tcp, parts));
	assert_int_equal(parts[0].n + parts[1].n, 0);
	rig_in(&r, rig_seg(100, 100, 5000));
	assert_int_equal(r.received.acked, 0);
	assert_int_equal(r.received.data.n, 0);
	expect_control(&r, TCP_SEG_RST | TCP_SEG_ACK, 5000);
	assert_acks(&r, 100);
	assert_int_equal(r.tcp.state, TCP_CLOSED);
	expect_nothing(&r);
	tcp_abort(&r.tcp);
	expect_nothing(&r);
	assert_int_equal(rig_free_rings(&r), RIG_RINGS - 1);
	tcp_close(&r.tcp);
	tcp_close(&r.tcp);
	assert_int_equal(rig_free_rings(&r), RIG_RINGS);

	/* Closed without a word, as when the program ends. */
	rig_open(&r);
	tcp_close(&r.tcp);
	assert_int_equal(r.tcp.state, TCP_CLOSED);
}

static void a_segment_without_a_connection_gets_a_reset_that_its_sender_accepts(void **state)
{
	struct tcp_seg seg = rig_seg(7, 10, 3), reset;

	(void)state;
	seg.sport = 40000;
	seg.dport = 443;
	assert_true(tcp_reset_for(&seg, &reset));
	assert_int_equal(reset.flags, TCP_SEG_RST);
	assert_int_equal(reset.seq, seg.ack);
	assert_int_equal(reset.sport, 443);
	assert_int_equal(reset.dport, 40000);
	assert_int_equal(tcp_seg_hdr_len(&reset), TCP_SEG_HDR_LEN);
	seg.flags = TCP_SEG_SYN;
	assert_true(tcp_reset_for(&seg, &reset));
	assert_int_equal(reset.flags, TCP_SEG_RST | TCP_SEG_ACK);
	assert_int_equal(reset.seq, 0);
	assert_int_equal(reset.ack, seg.seq + 11);
	seg.flags = TCP_SEG_RST;
	assert_false(tcp_reset_for(&seg, &reset));
	seg.flags = TCP_SEG_RST | TCP_SEG_ACK;
	assert_false(tcp_reset_for(&seg, &reset));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nothing_is_said_before_the_world_has_accepted),
	        cmocka_unit_test(the_syn_ack_offers_what_the_guest_offered),
	        cmocka_unit_test(only_a_syn_is_written_with_an_unscaled_window),
	        cmocka_unit_test(only_a_syn_is_read_with_an_unscaled_window),
	        cmocka_unit_test(segments_to_the_guest_are_as_large_as_both_ends_can),
	        cmocka_unit_test(a_syn_that_is_sent_again_gets_the_syn_ack_again),
	        cmocka_unit_test(another_syn_is_challenged),
	        cmocka_unit_test(a_wrong_acknowledgement_of_the_syn_ack_gets_a_reset),
	        cmocka_unit_test(data_on_the_last_segment_of_the_handshake_is_taken),
	        cmocka_unit_test(data_in_the_syn_is_not_acknowledged),
	        cmocka_unit_test(a_handshake_ends_with_what_comes_first),
	        cmocka_unit_test(a_reset_counts_only_if_it_is_exactly_next),
	        cmocka_unit_test(a_reset_ends_a_handshake),
	        cmocka_unit_test(a_segment_without_ack_is_dropped),
	        cmocka_unit_test(when_the_guest_closes_first_the_end_comes_at_once),
	        cmocka_unit_test(when_the_world_closes_first_the_end_lingers),
	        cmocka_unit_test(when_both_close_at_once_the_end_lingers),
	        cmocka_unit_test(the_end_waits_until_the_socket_has_every_byte),
	        cmocka_unit_test(a_lingering_connection_answers_the_fin_again),
	        cmocka_unit_test(a_new_syn_on_a_lingering_connection_begins_anew),
	        cmocka_unit_test(a_lingering_connection_ends_with_a_reset_or_silently),
	        cmocka_unit_test(an_abort_resets_the_guest_and_closes),
	        cmocka_unit_test(
	                a_segment_without_a_connection_gets_a_reset_that_its_sender_accepts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
