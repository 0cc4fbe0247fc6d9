/* SPDX-License-Identifier: ISC */
/* tcp_timer_test.c: deadlines and the round trip. */
#include "ref/tcp.h"

#include "ref/tcp_rig.h"

static struct tcp_seg closed_window(uint32_t seq, uint32_t ack)
{
	struct tcp_seg seg = rig_seg(seq, 0, ack);

	seg.window = 0;
	return seg;
}

#define assert_deadline(r, after_ns)                                                               \
	assert_int_equal(tcp_deadline(&(r)->tcp) - (r)->now_ns, (uint64_t)(after_ns))

static void the_world_has_a_limited_time_to_answer(void **state)
{
	const struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	rig_start(&r, RIG_RINGS, &syn);
	assert_deadline(&r, TCP_CONNECT_LIMIT);
	tcp_expire(&r.tcp, r.now_ns + TCP_CONNECT_LIMIT - 1);
	expect_nothing(&r);
	rig_wait(&r);
	expect_control(&r, TCP_SEG_RST | TCP_SEG_ACK, -1);
	assert_int_equal(r.tcp.state, TCP_CLOSED);
}

static void the_syn_ack_is_repeated_ever_more_slowly_and_then_given_up(void **state)
{
	const struct tcp_seg syn = rig_syn();
	struct rig r;
	uint64_t waited_s = 0;

	(void)state;
	rig_start(&r, RIG_RINGS, &syn);
	r.now_ns += 5 * TCP_S;
	tcp_connected(&r.tcp, r.now_ns);
	for (uint64_t wait_s = 1; waited_s + wait_s < TCP_HALF_OPEN_LIMIT / TCP_S; wait_s *= 2) {
		expect_control(&r, TCP_SEG_SYN | TCP_SEG_ACK, -1);
		expect_nothing(&r);
		assert_deadline(&r, wait_s * TCP_S);
		rig_wait(&r);
		waited_s += wait_s;
	}
	assert_int_equal(waited_s, 7);
	expect_control(&r, TCP_SEG_SYN | TCP_SEG_ACK, -1);
	assert_deadline(&r, TCP_HALF_OPEN_LIMIT - 7 * TCP_S);
	rig_wait(&r);
	expect_control(&r, TCP_SEG_RST | TCP_SEG_ACK, 0);
	assert_int_equal(r.tcp.state, TCP_CLOSED);
}

/* A connection whose handshake took `trip_ns`. */
static void open_after(struct rig *r, uint64_t trip_ns)
{
	const struct tcp_seg syn = rig_syn();

	rig_start(r, RIG_RINGS, &syn);
	tcp_connected(&r->tcp, r->now_ns);
	rig_out(r);
	r->now_ns += trip_ns;
	rig_in(r, rig_seg(0, 0, 0));
}

static void the_timeout_follows_the_round_trip(void **state)
{
	static const struct {
		uint64_t trip_ns, timeout_ns;
	} cases[] = {
	        {0, TCP_RTO_MIN},
	        {19 * TCP_MS, TCP_RTO_MIN},
	        {21 * TCP_MS, 63 * TCP_MS}, /* srtt + 4 * srtt / 2 */
	        {200 * TCP_MS, 600 * TCP_MS},
	};
	struct rig r;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		open_after(&r, cases[i].trip_ns);
		r.queued = 10;
		expect_data(&r, 0, 10);
		assert_deadline(&r, cases[i].timeout_ns);
	}
	/* The next sample: srtt 200 -> 7/8 * 200 + 1/8 * 360, rttvar 100 -> 3/4 * 100 + 1/4 * 160. */
	r.now_ns += 360 * TCP_MS;
	rig_in(&r, rig_seg(0, 0, 10));
	r.queued = 10;
	expect_data(&r, 10, 10);
	assert_deadline(&r, (220 + 4 * 115) * TCP_MS);
}

static void what_was_sent_again_is_not_timed(void **state)
{
	const struct tcp_seg syn = rig_syn();
	struct rig r;

	(void)state;
	rig_start(&r, RIG_RINGS, &syn);
	tcp_connected(&r.tcp, r.now_ns);
	rig_out(&r);
	rig_wait(&r);
	rig_out(&r);
	r.now_ns += 1;
	rig_in(&r, rig_seg(0, 0, 0));
	r.queued = 10;
	expect_data(&r, 0, 10);
	assert_deadline(&r, TCP_RTO_INITIAL);
	/* Data, and then it is measured at last. */
	rig_wait(&r);
	expect_data(&r, 0, 10);
	rig_in(&r, rig_seg(0, 0, 10));
	r.queued = 10;
	expect_data(&r, 10, 10);
	assert_deadline(&r, TCP_RTO_INITIAL);
	r.now_ns += 50 * TCP_MS;
	rig_in(&r, rig_seg(0, 0, 20));
	r.queued = 10;
	expect_data(&r, 20, 10);
	assert_deadline(&r, 150 * TCP_MS);
}

static void an_acknowledgement_starts_the_timeout_anew(void **state)
{
	struct rig r;

	(void)state;
	open_after(&r, 0);
	r.queued = 2000;
	expect_data(&r, 0, 2000);
	r.now_ns += 50 * TCP_MS;
	rig_in(&r, rig_seg(0, 0, 1000));
	assert_deadline(&r, TCP_RTO_MIN);
	r.now_ns += 50 * TCP_MS;
	rig_in(&r, rig_seg(0, 0, 1000));
	assert_deadline(&r, TCP_RTO_MIN - 50 * TCP_MS);
}

static void new_data_does_not_start_the_timeout_anew(void **state)
{
	struct rig r;

	(void)state;
	open_after(&r, 0);
	r.queued = 1000;
	expect_data(&r, 0, 1000);
	r.now_ns += 30 * TCP_MS;
	r.queued += 1000;
	expect_data(&r, 1000, 1000);
	assert_deadline(&r, TCP_RTO_MIN - 30 * TCP_MS);
	/* The first of them is the one that is timed. */
	r.now_ns += 20 * TCP_MS;
	rig_in(&r, rig_seg(0, 0, 2000));
	r.queued = 10;
	expect_data(&r, 2000, 10);
	assert_deadline(&r, 150 * TCP_MS);
}

static void the_first_segment_sent_again_starts_the_timeout_anew(void **state)
{
	struct rig r;
	struct tcp_seg sack = rig_sack(0, 1000, 5000);

	(void)state;
	open_after(&r, 0);
	r.queued = 10000;
	expect_data(&r, 0, 10000);
	r.now_ns += 10 * TCP_MS;
	rig_in(&r, sack);
	expect_data(&r, 0, 1000);
	assert_deadline(&r, TCP_RTO_MIN);
	/* One behind it does not; and what is sent meanwhile is not timed. */
	r.now_ns += 10 * TCP_MS;
	rig_in(&r, rig_sack(0, 6000, 7000));
	expect_data(&r, 5000, 1000);
	assert_deadline(&r, TCP_RTO_MIN - 10 * TCP_MS);
	r.queued += 10;
	expect_data(&r, 10000, 10);
	r.now_ns += 40 * TCP_MS;
	rig_in(&r, rig_seg(0, 0, 10010));
	r.queued = 10;
	expect_data(&r, 10010, 10);
	assert_deadline(&r, TCP_RTO_MIN);
}

static void a_silent_guest_is_asked_ever_more_slowly_and_then_given_up(void **state)
{
	struct rig r;
	uint64_t wait_ns = TCP_RTO_MIN, start_ns;

	(void)state;
	open_after(&r, 0);
	r.queued = 5000;
	expect_data(&r, 0, 5000);
	start_ns = r.now_ns;
	while (r.now_ns + wait_ns < start_ns + TCP_STALL_LIMIT) {
		assert_deadline(&r, wait_ns);
		rig_wait(&r);
		expect_data(&r, 0, 1000);
		expect_nothing(&r);
		wait_ns = wait_ns * 2 < TCP_RTO_MAX ? wait_ns * 2 : TCP_RTO_MAX;
	}
	assert_int_equal(wait_ns, TCP_RTO_MAX);
	rig_wait(&r);
	assert_int_equal(r.now_ns, start_ns + TCP_STALL_LIMIT);
	expect_control(&r, TCP_SEG_RST | TCP_SEG_ACK, 5000);
	assert_int_equal(r.tcp.state, TCP_CLOSED);
}

static void progress_ends_the_backing_off(void **state)
{
	struct rig r;

	(void)state;
	open_after(&r, 0);
	r.queued = 5000;
	expect_data(&r, 0, 5000);
	for (int i = 0; i < 5; i++) {
		rig_wait(&r);
		expect_data(&r, 0, 1000);
	}
	assert_deadline(&r, 32 * TCP_RTO_MIN);
	rig_in(&r, rig_seg(0, 0, 1000));
	assert_deadline(&r, TCP_RTO_MIN);
}

static void what_could_not_be_sent_does_not_count_against_the_guest(void **state)
{
	struct rig r;

	(void)state;
	open_after(&r, 0);
	r.queued = 5000;
	expect_data(&r, 0, 5000);
	rig_wait(&r);
	r.room = 0;
	for (int i = 0; i < 5; i++) {
		expect_nothing(&r);
		rig_wait(&r);
		assert_deadline(&r, 2 * TCP_RTO_MIN);
	}
	r.room = UINT32_MAX;
	expect_data(&r, 0, 1000);
}

static void a_closed_window_is_probed_as_long_as_the_guest_answers(void **state)
{
	struct rig r;
	uint64_t wait_ns = TCP_RTO_MIN;

	(void)state;
	open_after(&r, 0);
	rig_in(&r, closed_window(1, 0));
	r.queued = 10;
	expect_nothing(&r);
	for (int i = 0; i < 60; i++) {
		assert_deadline(&r, wait_ns);
		rig_wait(&r);
		expect_ack(&r, -1, 0);
		expect_nothing(&r);
		rig_in(&r, closed_window(1, 0));
		expect_nothing(&r);
		wait_ns = wait_ns * 2 < TCP_RTO_MAX ? wait_ns * 2 : TCP_RTO_MAX;
	}
	assert_int_equal(r.tcp.state, TCP_OPEN);
	rig_in(&r, rig_seg(1, 0, 0));
	expect_data(&r, 0, 10);
	assert_deadline(&r, TCP_RTO_MIN);
}

static void a_probe_is_not_mistaken_for_an_acknowledgement(void **state)
{
	struct tcp_seg seg = closed_window(100, 0);
	struct rig r;

	(void)state;
	open_after(&r, 0);
	rig_in(&r, closed_window(1, 0));
	rig_wait(&r);
	seg.payload = rig_bytes(100, 50);
	rig_in(&r, seg);
	expect_ack(&r, 0, 0);
	assert_int_equal(r.sent.seg.sack_count, 1);
	expect_ack(&r, -1, 0);
	expect_nothing(&r);
}

static void a_probe_that_is_not_needed_any_more_is_not_sent(void **state)
{
	struct rig r;

	(void)state;
	/* The window opens. */
	open_after(&r, 0);
	rig_in(&r, closed_window(1, 0));
	rig_wait(&r);
	rig_in(&r, rig_seg(1, 0, 0));
	expect_nothing(&r);
	/* The guest speaks. */
	rig_wait(&r);
	rig_in(&r, rig_seg(1, 0, 0));
	expect_nothing(&r);
	/* Data asks as well as a probe, and begins with the shortest timeout. */
	for (int i = 0; i < 5; i++) {
		rig_wait(&r);
		expect_ack(&r, -1, 0);
	}
	rig_wait(&r);
	r.queued = 10;
	expect_data(&r, 0, 10);
	expect_nothing(&r);
	assert_deadline(&r, TCP_RTO_MIN);
}

static void a_closed_window_of_a_silent_guest_is_given_up(void **state)
{
	struct rig r;
	uint64_t asked_ns;

	(void)state;
	open_after(&r, 0);
	rig_in(&r, closed_window(1, 0));
	r.queued = 10;
	rig_wait(&r);
	expect_ack(&r, -1, 0);
	asked_ns = r.now_ns;
	while (rig_wait(&r), rig_peek(&r) == TCP_SEND_CONTROL && r.sent.seg.flags == TCP_SEG_ACK) {
		expect_ack(&r, -1, 0);
		assert_true(r.now_ns < asked_ns + TCP_STALL_LIMIT);
	}
	assert_int_equal(r.now_ns, asked_ns + TCP_STALL_LIMIT);
	expect_control(&r, TCP_SEG_RST | TCP_SEG_ACK, 0);
}

static void a_silent_guest_with_nothing_in_flight_is_kept_alive(void **state)
{
	struct rig r;
	uint64_t asked_ns;

	(void)state;
	open_after(&r, 0);
	for (int i = 0; i < 3; i++) {
		assert_deadline(&r, TCP_KEEPALIVE_INTERVAL);
		rig_wait(&r);
		expect_ack(&r, -1, 0);
		expect_nothing(&r);
		r.now_ns += 30 * TCP_MS;
		rig_in(&r, rig_seg(0, 0, 0));
		expect_nothing(&r);
	}
	/* And now it does not answer. */
	rig_wait(&r);
	expect_ack(&r, -1, 0);
	asked_ns = r.now_ns;
	for (int probes = 0; rig_wait(&r), rig_peek(&r), r.sent.seg.flags == TCP_SEG_ACK;
	     probes++) {
		expect_ack(&r, -1, 0);
		assert_true(probes < 20);
	}
	assert_int_equal(r.now_ns, asked_ns + TCP_STALL_LIMIT);
	expect_control(&r, TCP_SEG_RST | TCP_SEG_ACK, 0);
}

static void a_connection_without_data_ends_after_the_idle_limit(void **state)
{
	struct rig r;
	uint64_t start_ns;

	(void)state;
	/* From the end of the handshake, a byte of the guest, or one that the guest acknowledged. */
	for (uint32_t last = 0; last < 3; last++) {
		const uint32_t in = last == 1 ? 10 : 0, out = last == 2 ? 10 : 0;

		open_after(&r, 10 * TCP_S);
		if (last)
			r.now_ns += 100 * TCP_S;
		r.queued = out;
		if (out)
			expect_data(&r, 0, out);
		rig_in(&r, rig_seg(0, in, out));
		if (in)
			expect_ack(&r, 0, in);
		start_ns = r.now_ns;
		while (rig_wait(&r), rig_peek(&r), r.sent.seg.flags == TCP_SEG_ACK) {
			rig_out(&r);
			rig_in(&r, rig_seg(in, 0, out)); /* alive, and nothing more */
		}
		assert_int_equal(r.now_ns, start_ns + TCP_IDLE_LIMIT);
		expect_control(&r, TCP_SEG_RST | TCP_SEG_ACK, out);
	}
}

static void a_deadline_that_comes_late_or_early_does_no_harm(void **state)
{
	struct rig r;

	(void)state;
	open_after(&r, 0);
	r.queued = 5000;
	expect_data(&r, 0, 5000);
	tcp_expire(&r.tcp, r.now_ns + TCP_RTO_MIN - 1);
	expect_nothing(&r);
	r.now_ns += 100 * TCP_RTO_MIN;
	tcp_expire(&r.tcp, r.now_ns);
	expect_data(&r, 0, 1000);
	assert_deadline(&r, 2 * TCP_RTO_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_world_has_a_limited_time_to_answer),
	        cmocka_unit_test(the_syn_ack_is_repeated_ever_more_slowly_and_then_given_up),
	        cmocka_unit_test(the_timeout_follows_the_round_trip),
	        cmocka_unit_test(what_was_sent_again_is_not_timed),
	        cmocka_unit_test(an_acknowledgement_starts_the_timeout_anew),
	        cmocka_unit_test(new_data_does_not_start_the_timeout_anew),
	        cmocka_unit_test(the_first_segment_sent_again_starts_the_timeout_anew),
	        cmocka_unit_test(a_silent_guest_is_asked_ever_more_slowly_and_then_given_up),
	        cmocka_unit_test(progress_ends_the_backing_off),
	        cmocka_unit_test(what_could_not_be_sent_does_not_count_against_the_guest),
	        cmocka_unit_test(a_closed_window_is_probed_as_long_as_the_guest_answers),
	        cmocka_unit_test(a_probe_is_not_mistaken_for_an_acknowledgement),
	        cmocka_unit_test(a_probe_that_is_not_needed_any_more_is_not_sent),
	        cmocka_unit_test(a_closed_window_of_a_silent_guest_is_given_up),
	        cmocka_unit_test(a_silent_guest_with_nothing_in_flight_is_kept_alive),
	        cmocka_unit_test(a_connection_without_data_ends_after_the_idle_limit),
	        cmocka_unit_test(a_deadline_that_comes_late_or_early_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
