/* SPDX-License-Identifier: ISC */
/* tcp_recover_test.c: acknowledgements, and what is sent again after losses. */
#include "ref/tcp.h"

#include "ref/tcp_rig.h"

/* A connection with `n` bytes in flight. */
static void open_in_flight(struct rig *r, bool sack, uint32_t n)
{
	struct tcp_seg syn = rig_syn();

	syn.sack_permitted = sack;
	rig_open_with(r, RIG_RINGS, &syn);
	r->queued = n;
	expect_data(r, 0, n);
	expect_nothing(r);
}

static void acknowledgements_count_bytes_once(void **state)
{
	struct rig r;

	(void)state;
	open_in_flight(&r, true, 5000);
	rig_in(&r, rig_seg(0, 0, 3000));
	assert_int_equal(r.received.acked, 3000);
	rig_in(&r, rig_seg(0, 0, 3000));
	assert_int_equal(r.received.acked, 0);
	rig_in(&r, rig_seg(0, 0, 2000));
	assert_int_equal(r.received.acked, 0);
	rig_in(&r, rig_seg(0, 0, 5000));
	assert_int_equal(r.received.acked, 2000);
	expect_nothing(&r);
}

static void what_was_never_sent_cannot_be_acknowledged(void **state)
{
	struct rig r;

	(void)state;
	open_in_flight(&r, true, 5000);
	rig_in(&r, rig_seg(0, 100, 5001));
	assert_int_equal(r.received.acked, 0);
	assert_int_equal(r.took, 0);
	expect_ack(&r, 5000, 0);
	/* Older than any window ever was: blind (RFC 5961). */
	rig_in(&r, rig_seg(0, 100, (uint32_t)-RIG_WINDOW - 1));
	assert_int_equal(r.took, 0);
	expect_ack(&r, 5000, 0);
	rig_in(&r, rig_seg(0, 100, (uint32_t)-RIG_WINDOW));
	assert_int_equal(r.received.acked, 0);
	assert_int_equal(r.took, 100);
}

/* --- duplicates, without SACK --- */

static void three_duplicates_send_the_first_segment_again(void **state)
{
	struct rig r;

	(void)state;
	open_in_flight(&r, false, 5000);
	rig_in(&r, rig_seg(0, 0, 0));
	rig_in(&r, rig_seg(0, 0, 0));
	expect_nothing(&r);
	rig_in(&r, rig_seg(0, 0, 0));
	expect_data(&r, 0, 1000);
	expect_nothing(&r);
	/* New data goes on meanwhile; more duplicates say nothing new. */
	r.queued += 300;
	rig_in(&r, rig_seg(0, 0, 0));
	expect_data(&r, 5000, 300);
	rig_in(&r, rig_seg(0, 0, 0));
	expect_nothing(&r);
	/* A partial acknowledgement: the next one is lost as well. */
	rig_in(&r, rig_seg(0, 0, 2000));
	expect_data(&r, 2000, 1000);
	expect_nothing(&r);
	rig_in(&r, rig_seg(0, 0, 4000));
	expect_data(&r, 4000, 1000);
	/* Everything that was sent when it began is there: it is over. */
	rig_in(&r, rig_seg(0, 0, 5000));
	expect_nothing(&r);
	rig_in(&r, rig_seg(0, 0, 5300));
	expect_nothing(&r);
}

static void only_bare_unchanged_segments_are_duplicates(void **state)
{
	struct rig r;
	struct tcp_seg seg;

	(void)state;
	open_in_flight(&r, false, 5000);
	for (uint32_t i = 0; i < 5; i++) {
		rig_in(&r, rig_seg(i * 10, 10, 0));
		expect_ack(&r, 5000, i * 10 + 10);
		seg = rig_seg(50, 0, 0);
		seg.window = (uint16_t)(RIG_WINDOW + 1 + i);
		rig_in(&r, seg);
	}
	expect_nothing(&r);
	rig_in(&r, rig_seg(50, 0, 5000));
	/* With nothing in flight there is nothing to lose, then or later. */
	for (int i = 0; i < 5; i++)
		rig_in(&r, rig_seg(50, 0, 5000));
	r.queued = 3000;
	expect_data(&r, 5000, 3000);
	rig_in(&r, rig_seg(50, 0, 5000));
	expect_nothing(&r);
	/* Old ones that come late. */
	for (uint32_t i = 0; i < 5; i++)
		rig_in(&r, rig_seg(50, 0, 4000));
	expect_nothing(&r);
}

static void the_fin_goes_again_with_the_last_bytes(void **state)
{
	struct rig r;

	(void)state;
	open_in_flight(&r, false, 700);
	r.eof = true;
	expect_control(&r, TCP_SEG_ACK | TCP_SEG_FIN, 700);
	for (int i = 0; i < 3; i++)
		rig_in(&r, rig_seg(0, 0, 0));
	expect_data(&r, 0, 700);
	assert_true(r.sent.fin);
	expect_nothing(&r);
	rig_in(&r, rig_seg(0, 0, 701));
	assert_int_equal(r.received.acked, 700);
	expect_nothing(&r);
}

/* --- SACK --- */

static void holes_below_sacked_bytes_are_sent_again_once(void **state)
{
	struct rig r;

	(void)state;
	open_in_flight(&r, true, 20000);
	rig_in(&r, rig_sack(0, 2000, 5000));
	expect_nothing(&r);
	rig_in(&r, rig_sack(0, 2000, 5001));
	expect_data(&r, 0, 2000);
	expect_nothing(&r);
	rig_in(&r, rig_sack(0, 7000, 9000));
	expect_data(&r, 5001, 1999);
	rig_in(&r, rig_sack(0, 10000, 12000));
	r.queued += 100;
	expect_data(&r, 9000, 1000);
	expect_data(&r, 20000, 100);
	expect_nothing(&r);
	/* A part arrives: nothing of the rest is sent twice. */
	rig_in(&r, rig_sack(5001, 7000, 12000));
	assert_int_equal(r.received.acked, 5001);
	expect_nothing(&r);
	rig_in(&r, rig_seg(0, 0, 12000));
	expect_nothing(&r);
	rig_in(&r, rig_seg(0, 0, 20100));
	expect_nothing(&r);
}

static void three_segments_that_name_new_bytes_are_enough(void **state)
{
	struct rig r;

	(void)state;
	open_in_flight(&r, true, 5000);
	rig_in(&r, rig_sack(0, 1000, 1100));
	/* The same again is not news. */
	for (int i = 0; i < 5; i++)
		rig_in(&r, rig_sack(0, 1000, 1100));
	rig_in(&r, rig_seg(0, 0, 0));
	rig_in(&r, rig_sack(0, 1000, 1200));
	expect_nothing(&r);
	rig_in(&r, rig_sack(0, 1000, 1300));
	expect_data(&r, 0, 1000);
	expect_nothing(&r);
}

static void a_hole_that_is_lost_twice_is_sent_a_third_time(void **state)
{
	struct rig r;

	(void)state;
	open_in_flight(&r, true, 10000);
	rig_in(&r, rig_sack(0, 1000, 5000));
	expect_data(&r, 0, 1000);
	r.queued += 5000;
	expect_data(&r, 10000, 5000);
	rig_in(&r, rig_sack(0, 1000, 10000));
	expect_nothing(&r);
	rig_in(&r, rig_sack(0, 1000, 12999));
	expect_nothing(&r);
	/* Three segments' worth that were sent after it have come; it has not. */
	rig_in(&r, rig_sack(0, 1000, 13000));
	expect_data(&r, 0, 1000);
	expect_nothing(&r);
	rig_in(&r, rig_sack(0, 1000, 15000));
	expect_nothing(&r);
}

static void a_resend_that_waits_is_dropped_when_its_segment_arrives(void **state)
{
	struct rig r;

	(void)state;
	open_in_flight(&r, true, 10000);
	rig_in(&r, rig_sack(0, 3000, 7000));
	expect_data(&r, 0, 3000);
	r.queued += 5000;
	expect_data(&r, 10000, 5000);
	r.room = 0;
	rig_in(&r, rig_sack(0, 3000, 13000));
	expect_nothing(&r);
	rig_in(&r, rig_sack(1000, 3000, 13000));
	r.room = UINT32_MAX;
	expect_nothing(&r);
}

static void holes_sent_again_stay_so_in_the_next_recovery(void **state)
{
	struct rig r;

	(void)state;
	open_in_flight(&r, true, 10000);
	rig_in(&r, rig_sack(0, 1000, 5000));
	expect_data(&r, 0, 1000);
	r.queued += 20000;
	expect_data(&r, 10000, 20000);
	/* A second hole, partly above what the recovery is about. */
	rig_in(&r, rig_sack(5000, 12000, 20000));
	expect_data(&r, 5000, 7000);
	rig_in(&r, rig_sack(10000, 12000, 20000));
	expect_nothing(&r);
	rig_in(&r, rig_sack(10000, 12000, 25000));
	expect_nothing(&r);
}

static void ranges_that_make_no_sense_are_left_out(void **state)
{
	static const struct tcp_seg_range senseless[] = {
	        {0, 2000},                        /* says that the next byte is there */
	        {(uint32_t)-500, 2000},           /* from before it */
	        {(uint32_t)-500, (uint32_t)-100}, /* a duplicate's, RFC 2883 */
	        {2000, 2000},                     /* empty */
	        {3000, 2000},                     /* backwards */
	        {5000, 10001},                    /* beyond what was sent */
	        {10001, 10002},                   /* all beyond it */
	        {0x80000000, 0x90000000},         /* anywhere */
	        {1000, 0x80001000},               /* half the numbers */
	};
	struct rig r;

	(void)state;
	open_in_flight(&r, true, 10000);
	for (size_t i = 0; i < sizeof(senseless) / sizeof(senseless[0]); i++)
		for (int k = 0; k < 4; k++)
			rig_in(&r, rig_sack(0, senseless[i].left, senseless[i].right));
	assert_int_equal(r.tcp.sacked_count, 0);
	expect_nothing(&r);
	/* A guest that never offered SACK. */
	open_in_flight(&r, false, 10000);
	rig_in(&r, rig_sack(0, 1000, 9000));
	assert_int_equal(r.tcp.sacked_count, 0);
}

static void a_range_too_many_costs_only_its_bytes(void **state)
{
	struct rig r;

	(void)state;
	open_in_flight(&r, true, 40000);
	for (uint32_t i = 0; i < TCP_SACKED_MAX + 4; i++)
		rig_in(&r, rig_sack(0, 1000 + i * 1000, 1500 + i * 1000));
	assert_int_equal(r.tcp.sacked_count, TCP_SACKED_MAX);
	expect_data(&r, 0, 1000);
	for (uint32_t i = 0; i + 1 < TCP_SACKED_MAX; i++)
		expect_data(&r, 1500 + i * 1000, 500);
	expect_nothing(&r);
	rig_in(&r, rig_seg(0, 0, 16500));
	assert_int_equal(r.tcp.sacked_count, 0);
	rig_in(&r, rig_sack(16500, 17000, 30000));
	expect_data(&r, 16500, 500);
	rig_in(&r, rig_seg(0, 0, 40000));
	expect_nothing(&r);
}

/* The scoreboard against a list of bytes. */
static void the_scoreboard_agrees_with_a_list_of_bytes(void **state)
{
	static bool there[30000];
	uint64_t dice = 1;
	struct rig r;

	(void)state;
	for (int round = 0; round < 50; round++) {
		uint32_t una = 0;

		open_in_flight(&r, true, 30000);
		memset(there, 0, sizeof(there));
		while (una < 29000) {
			uint32_t left, right, at, in_there = 0, n = 0;

			dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
			left = una + 1 + (uint32_t)(dice >> 40) % (29999 - una);
			right = left + 1 + (uint32_t)(dice >> 20) % 999;
			right = right < 30000 ? right : 30000;
			if (dice >> 61 == 7)
				una += (uint32_t)(dice >> 33) % 2000;
			while (una < 30000 && there[una])
				una++;
			if (una >= left)
				continue;
			rig_in(&r, rig_sack(una, left, right));
			if (r.tcp.sacked_count < TCP_SACKED_MAX)
				memset(there + left, true, right - left);
			else
				break;
			for (unsigned i = 0; i < r.tcp.sacked_count; i++) {
				at = r.tcp.sacked[i].left - RIG_ISN - 1;
				n += r.tcp.sacked[i].right - r.tcp.sacked[i].left;
				assert_true(at > una && !there[at - 1]);
				for (; at < r.tcp.sacked[i].right - RIG_ISN - 1; at++)
					assert_true(there[at]);
			}
			for (at = una; at < 30000; at++)
				in_there += there[at];
			assert_int_equal(n, in_there);
		}
	}
}

/* --- silence --- */

static void after_a_timeout_what_goes_follows_what_arrives(void **state)
{
	struct rig r;

	(void)state;
	open_in_flight(&r, false, 20000);
	r.queued += 500;
	rig_wait(&r);
	expect_data(&r, 0, 1000);
	expect_nothing(&r);
	rig_in(&r, rig_seg(0, 0, 1000));
	expect_data(&r, 1000, 2000);
	expect_nothing(&r);
	rig_in(&r, rig_seg(0, 0, 3000));
	expect_data(&r, 3000, 4000);
	expect_nothing(&r);
	rig_in(&r, rig_seg(0, 0, 7000));
	expect_data(&r, 7000, 8000);
	rig_in(&r, rig_seg(0, 0, 15000));
	/* New data only behind all of the old. */
	expect_data(&r, 15000, 5000);
	expect_data(&r, 20000, 500);
	expect_nothing(&r);
	rig_in(&r, rig_seg(0, 0, 20500));
	expect_nothing(&r);
}

static void after_a_timeout_sacked_bytes_are_skipped(void **state)
{
	struct rig r;

	(void)state;
	open_in_flight(&r, true, 10000);
	rig_in(&r, rig_sack(0, 500, 2000));
	rig_in(&r, rig_sack(0, 3000, 3500));
	rig_wait(&r);
	expect_data(&r, 0, 500);
	expect_nothing(&r);
	rig_in(&r, rig_sack(2000, 3000, 3500));
	expect_data(&r, 2000, 1000);
	expect_nothing(&r);
	rig_in(&r, rig_seg(0, 0, 3500));
	expect_data(&r, 3500, 2000);
}

static void after_a_timeout_everything_missing_goes_again(void **state)
{
	struct rig r;

	(void)state;
	open_in_flight(&r, true, 10000);
	rig_in(&r, rig_sack(0, 4000, 8000));
	expect_data(&r, 0, 4000);
	/* That was lost as well, and nothing else is under way. */
	rig_wait(&r);
	expect_data(&r, 0, 1000);
	rig_in(&r, rig_sack(1000, 4000, 8000));
	expect_data(&r, 1000, 2000);
	rig_in(&r, rig_sack(3000, 4000, 8000));
	expect_data(&r, 3000, 1000);
	expect_data(&r, 8000, 2000);
	expect_nothing(&r);
}

static void each_timeout_begins_with_one_segment(void **state)
{
	struct rig r;

	(void)state;
	open_in_flight(&r, true, 20000);
	rig_wait(&r);
	expect_data(&r, 0, 1000);
	/* An answer that says nothing new changes nothing. */
	rig_in(&r, rig_seg(0, 0, 0));
	expect_nothing(&r);
	rig_in(&r, rig_seg(0, 0, 8000));
	r.room = 0;
	expect_nothing(&r);
	rig_wait(&r);
	r.room = UINT32_MAX;
	expect_data(&r, 8000, 1000);
	expect_nothing(&r);
	/* One that could not go out gives way to what its acknowledgement allows. */
	r.room = 0;
	rig_wait(&r);
	expect_nothing(&r);
	rig_in(&r, rig_seg(0, 0, 9000));
	r.room = UINT32_MAX;
	expect_data(&r, 9000, 2000);
	expect_nothing(&r);
}

static void what_goes_again_fits_the_room_and_the_queue(void **state)
{
	struct rig r;

	(void)state;
	open_in_flight(&r, true, 700);
	r.eof = true;
	expect_control(&r, TCP_SEG_ACK | TCP_SEG_FIN, 700);
	rig_wait(&r);
	r.room = 300;
	rig_peek(&r);
	assert_int_equal(r.sent.len, 300);
	assert_false(r.sent.fin);
	/* A shell that says its queue is shorter than what it sent from it. */
	r.room = UINT32_MAX;
	r.queued = 500;
	rig_peek(&r);
	assert_int_equal(r.sent.len, 500);
	assert_false(r.sent.fin);
	r.queued = 0;
	expect_nothing(&r);
	r.queued = 700;
	expect_data(&r, 0, 700);
	assert_true(r.sent.fin);
}

static void a_false_alarm_ends_with_the_acknowledgement(void **state)
{
	struct rig r;

	(void)state;
	open_in_flight(&r, true, 20000);
	rig_wait(&r);
	expect_data(&r, 0, 1000);
	rig_in(&r, rig_seg(0, 0, 20000));
	r.queued = 100;
	expect_data(&r, 20000, 100);
	expect_nothing(&r);
}

static void a_resend_that_could_not_go_out_is_dropped_when_its_bytes_arrive(void **state)
{
	struct rig r;

	(void)state;
	open_in_flight(&r, true, 3000);
	rig_wait(&r);
	r.room = 0;
	expect_nothing(&r);
	rig_in(&r, rig_seg(0, 0, 3000));
	r.room = UINT32_MAX;
	expect_nothing(&r);
}

static void a_guest_that_takes_back_what_it_named_gets_it_again(void **state)
{
	struct rig r;

	(void)state;
	open_in_flight(&r, true, 10000);
	rig_in(&r, rig_sack(0, 1000, 10000));
	expect_data(&r, 0, 1000);
	/* It has the first segment, and what followed is gone. */
	rig_in(&r, rig_seg(0, 0, 1000));
	expect_nothing(&r);
	rig_wait(&r);
	expect_data(&r, 1000, 1000);
	rig_in(&r, rig_seg(0, 0, 2000));
	expect_data(&r, 2000, 2000);
	rig_in(&r, rig_seg(0, 0, 4000));
	expect_data(&r, 4000, 4000);
}

static void a_lost_fin_is_sent_again(void **state)
{
	struct rig r;

	(void)state;
	open_in_flight(&r, true, 1500);
	r.eof = true;
	expect_control(&r, TCP_SEG_ACK | TCP_SEG_FIN, 1500);
	rig_wait(&r);
	expect_data(&r, 0, 1000);
	assert_false(r.sent.fin);
	rig_in(&r, rig_seg(0, 0, 1000));
	expect_data(&r, 1000, 500);
	assert_true(r.sent.fin);
	rig_in(&r, rig_seg(0, 0, 1500));
	expect_nothing(&r);
	rig_wait(&r);
	expect_control(&r, TCP_SEG_ACK | TCP_SEG_FIN, 1500);
	rig_in(&r, rig_seg(0, 0, 1501));
	expect_nothing(&r);
}

static void bytes_that_a_closed_window_lost_go_again_when_it_opens(void **state)
{
	struct tcp_seg closed, opened;
	struct rig r;

	(void)state;
	open_in_flight(&r, true, 5000);
	closed = rig_seg(1, 0, 0);
	closed.window = 0;
	opened = rig_seg(1, 0, 0);
	rig_in(&r, closed);
	expect_nothing(&r);
	rig_wait(&r);
	expect_data(&r, 0, 1000);
	rig_in(&r, closed);
	rig_wait(&r);
	expect_data(&r, 0, 1000);
	rig_in(&r, opened);
	expect_data(&r, 0, 1000);
	assert_true(tcp_deadline(&r.tcp) == r.now_ns + TCP_RTO_MIN);
	rig_in(&r, rig_seg(1, 0, 1000));
	expect_data(&r, 1000, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(acknowledgements_count_bytes_once),
	        cmocka_unit_test(what_was_never_sent_cannot_be_acknowledged),
	        cmocka_unit_test(three_duplicates_send_the_first_segment_again),
	        cmocka_unit_test(only_bare_unchanged_segments_are_duplicates),
	        cmocka_unit_test(the_fin_goes_again_with_the_last_bytes),
	        cmocka_unit_test(holes_below_sacked_bytes_are_sent_again_once),
	        cmocka_unit_test(three_segments_that_name_new_bytes_are_enough),
	        cmocka_unit_test(a_hole_that_is_lost_twice_is_sent_a_third_time),
	        cmocka_unit_test(a_resend_that_waits_is_dropped_when_its_segment_arrives),
	        cmocka_unit_test(holes_sent_again_stay_so_in_the_next_recovery),
	        cmocka_unit_test(ranges_that_make_no_sense_are_left_out),
	        cmocka_unit_test(a_range_too_many_costs_only_its_bytes),
	        cmocka_unit_test(the_scoreboard_agrees_with_a_list_of_bytes),
	        cmocka_unit_test(after_a_timeout_what_goes_follows_what_arrives),
	        cmocka_unit_test(after_a_timeout_sacked_bytes_are_skipped),
	        cmocka_unit_test(after_a_timeout_everything_missing_goes_again),
	        cmocka_unit_test(each_timeout_begins_with_one_segment),
	        cmocka_unit_test(what_goes_again_fits_the_room_and_the_queue),
	        cmocka_unit_test(a_false_alarm_ends_with_the_acknowledgement),
	        cmocka_unit_test(a_resend_that_could_not_go_out_is_dropped_when_its_bytes_arrive),
	        cmocka_unit_test(a_guest_that_takes_back_what_it_named_gets_it_again),
	        cmocka_unit_test(a_lost_fin_is_sent_again),
	        cmocka_unit_test(bytes_that_a_closed_window_lost_go_again_when_it_opens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
