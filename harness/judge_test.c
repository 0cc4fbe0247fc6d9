/* SPDX-License-Identifier: ISC */
/* judge_test.c: every way in which a row can be right or wrong, on tapes written by hand. */
#include "harness/judge.h"

#include "harness/judge_fixture.h"

#define OUT  TAPE_WIRE_OUT
#define HOST TAPE_HOST
#define IN   TAPE_GUEST_IN

/* ---- rows that expect a drop ---- */

static void a_row_without_a_trace_on_the_wire_passes(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	bench_expect_clean(b);
}

static void a_leak_is_traced_by_its_nonce(void **state)
{
	struct bench *b = *state;
	size_t leak;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	leak = bench_seen(b, 1, OUT, "udp $PROVIDER:9 > 9.9.9.9:9 payload \"in tunnel: $NONCE\"");
	bench_expect(b, 0, RESULT_PASS, "");
	bench_expect(b, 1, RESULT_FAIL, "crossed the wire: udp 192.168.1.100:9 > 9.9.9.9:9");
	assert_false(b->judge.doubt);
	assert_true(b->tape.entries[leak].bad);
	assert_int_equal(b->tape.entries[leak].row, 1);
	assert_string_equal(b->tape.entries[leak].comment, "LEAK of ntp");
}

static void a_leak_is_traced_by_its_target(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	bench_seen(b, 1, OUT, "tcp $PROVIDER:9 > $T:80 flags S");
	bench_expect(b, 0, RESULT_PASS, "");
	bench_expect(b, 1, RESULT_FAIL, "crossed the wire: tcp");
}

static void a_leak_is_traced_by_its_destination(void **state)
{
	struct bench *b = *state;

	bench_rows(b, "| one | udp $VM:1 > 1.1.1.1:53 | drop | x | SCAN |\n"
	              "| two | udp $VM:1 > 1.1.1.1:54 | drop | x | SCAN |\n");
	bench_stray(b, OUT, "udp $PROVIDER:9 > 1.1.1.1:54 size 0");
	bench_expect(b, 0, RESULT_PASS, "");
	bench_expect(b, 1, RESULT_FAIL, "1.1.1.1:54");
	assert_false(b->judge.doubt);
}

static void a_leak_is_traced_to_the_only_row(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS);
	bench_stray(b, OUT, "eth 0x88cc hex \"0207\"");
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire: eth 0x88cc");
	assert_false(b->judge.doubt);
}

static void an_arp_of_the_uplink_for_the_target_is_the_rows_leak(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	bench_seen(b, 0, OUT, "arp who-has $T tell $PROVIDER");
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire: arp");
	bench_expect(b, 1, RESULT_PASS, "");
}

static void an_arp_of_the_uplink_for_a_destination_is_the_rows_leak(void **state)
{
	struct bench *b = *state;

	bench_rows(b, "| lan | udp $VM:1 > 192.168.1.50:53 | drop | x | SCAN |\n" BENCH_NTP);
	bench_stray(b, OUT, "arp who-has 192.168.1.50 tell $PROVIDER");
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire: arp");
	bench_expect(b, 1, RESULT_PASS, "");
}

static void a_leak_that_two_rows_could_have_caused_is_a_doubt(void **state)
{
	struct bench *b = *state;
	size_t leak;

	bench_rows(b, "| one | udp $VM:1 > 1.1.1.1:53 | drop | x | SCAN |\n"
	              "| two | udp $VM:2 > 1.1.1.1:53 | drop | x | SCAN |\n");
	leak = bench_stray(b, OUT, "udp $PROVIDER:9 > 1.1.1.1:53 size 0");
	bench_expect_doubt(b, "1.1.1.1:53");
	bench_expect_doubt(b, "names no row, crossed the wire");
	assert_true(b->tape.entries[leak].bad);
	assert_string_equal(b->tape.entries[leak].comment, "LEAK that names no row");
}

static void a_leak_without_any_likeness_is_a_doubt(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	bench_stray(b, OUT, "udp6 [fd00:1::100]:1 > [2001:db8::1]:53 size 0");
	bench_expect_doubt(b, "2001:db8::1");
}

static void only_the_first_doubt_is_told(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	bench_stray(b, OUT, "udp $PROVIDER:9 > 7.7.7.7:1 size 0");
	bench_stray(b, OUT, "udp $PROVIDER:9 > 8.8.8.8:1 size 0");
	bench_expect_doubt(b, "7.7.7.7");
	assert_null(strstr(b->judge.doubt_text, "8.8.8.8"));
}

static void the_first_of_many_leaks_is_told_and_all_are_marked(void **state)
{
	struct bench *b = *state;
	size_t second;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	bench_seen(b, 0, OUT, "udp $PROVIDER:9 > $T:53");
	second = bench_seen(b, 0, OUT, "udp $PROVIDER:9 > $T:54");
	bench_expect(b, 0, RESULT_FAIL, ":53");
	assert_true(b->tape.entries[second].bad);
}

static void anything_on_the_providers_loopback_is_a_leak(void **state)
{
	struct bench *b = *state;

	bench_rows(b, "| lo | udp $VM:1 > 127.0.0.1:53 | drop | x | SCAN |\n" BENCH_NTP);
	bench_seen(b, 0, HOST, "udp 127.0.0.1:9 > 127.0.0.1:53");
	bench_expect(b, 0, RESULT_FAIL,
	             "reached the provider host itself: udp 127.0.0.1:9 > 127.0.0.1:53");
	bench_expect(b, 1, RESULT_PASS, "");
}

static void on_the_loopback_even_what_may_cross_the_wire_is_a_leak(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_OK);
	bench_seen(b, 0, OUT, "udp $PROVIDER:9 > $CONSUMER");
	bench_seen(b, 0, HOST, "udp $PROVIDER:9 > $CONSUMER");
	bench_expect(b, 0, RESULT_FAIL, "reached the provider host itself");
}

static void a_sentinel_on_the_loopback_is_a_leak(void **state)
{
	struct recipe_vars vars = {.nonce = "first-sentinel"};
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	bench_frame(b, HOST, "udp $PROVIDER:40000 > $CONSUMER", 0, &vars);
	bench_expect_doubt(b, "reached the provider host");
}

static void a_stray_on_the_loopback_is_a_doubt(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	bench_stray(b, HOST, "tcp 127.0.0.1:9 > 127.0.0.1:631 flags S size 0");
	bench_expect_doubt(b, "names no row, reached the provider host");
}

static void a_leak_after_the_stop_is_still_a_leak(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	b->lost_last = true;
	bench_sentinel(b, b->judge.post_nonce);
	tape_note(&b->tape, "stop: the frame channel is closed");
	bench_seen(b, 0, OUT, "udp $PROVIDER:9 > $T:53");
	tape_note(&b->tape, "the backend exited with 0");
	bench_seen(b, 1, OUT, "udp $PROVIDER:9 > $T:123");
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire");
	bench_expect(b, 1, RESULT_FAIL, "crossed the wire");
}

static void a_leak_before_the_row_was_sent_is_still_a_leak(void **state)
{
	struct bench *b = *state;

	bench_open(b, BENCH_TABLE BENCH_DNS BENCH_NTP);
	bench_seen(b, 1, OUT, "udp $PROVIDER:9 > $T:123");
	bench_send(b, 0);
	bench_send(b, 1);
	bench_expect(b, 0, RESULT_PASS, "");
	bench_expect(b, 1, RESULT_FAIL, "crossed the wire");
}

static void frames_towards_the_backend_are_nobodys_fault(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS);
	bench_seen(b, 0, TAPE_WIRE_IN, "udp $T:53 > $PROVIDER:9");
	bench_seen(b, 0, TAPE_GUEST_OUT, "udp $VM:4000 > $T:53");
	bench_expect_clean(b);
}

/* ---- rows that expect to pass ---- */

static void a_pass_row_crosses_exactly_once(void **state)
{
	struct bench *b = *state;
	size_t entry;

	bench_rows(b, BENCH_OK BENCH_DNS);
	entry = bench_seen(b, 0, OUT, "udp $PROVIDER:9 > $CONSUMER");
	bench_expect_clean(b);
	assert_string_equal(b->tape.entries[entry].comment, "allowed by ok");
	assert_int_equal(b->tape.entries[entry].row, 0);
}

static void a_pass_row_that_never_crossed_fails(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_OK);
	bench_expect(b, 0, RESULT_FAIL, "did not cross the wire (seen 0 times)");
}

static void a_pass_row_that_crossed_twice_fails(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_OK BENCH_DNS);
	bench_seen(b, 0, OUT, "udp $PROVIDER:9 > $CONSUMER");
	bench_seen(b, 0, OUT, "udp $PROVIDER:9 > $CONSUMER");
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire 2 times instead of once");
	bench_expect(b, 1, RESULT_PASS, "");
}

/* What crosses for the row `ok` instead of what was sent, and is no copy of it. */
static void a_pass_row_must_cross_as_it_was_sent(void **state)
{
	static const char *const wrong[] = {
	        "udp $PROVIDER:9 > $CONSUMER payload \"gauntlet+$NONCE\"", /* another payload */
	        "udp $PROVIDER:9 > $CONSUMER size 3",                      /* a cut one */
	        "udp $PROVIDER:9 > $CONSUMER size 40",                     /* a longer one */
	        "udp $VM:4002 > $CONSUMER", /* from the VM's own address */
	        "udp $ROUTER:9 > $CONSUMER",
	        "udp $PROVIDER:9 > $CONSUMER vlan=100",
	        "udp $PROVIDER:9 > $CONSUMER qinq=1",
	        "udp $PROVIDER:9 > $CONSUMER udp.cksum=bad",
	        "udp $PROVIDER:9 > $CONSUMER ip.cksum=bad",
	        "udp $PROVIDER:9 > $CONSUMER udp.len=9",
	        "udp $PROVIDER:9 > 203.0.113.50:51901",
	        "udp $PROVIDER:9 > 203.0.113.51:51900",
	        "tcp $PROVIDER:9 > $CONSUMER",
	        "ip4 $PROVIDER > 203.0.113.50 proto 17 ip.mf",
	        "udp $PROVIDER:9 > $CONSUMER eth.pad=1", /* bytes behind the datagram */
	        "udp $PROVIDER:9 > $CONSUMER eth.pad=1400",
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		void *again = NULL;

		bench_rows(b, BENCH_OK BENCH_DNS);
		bench_seen(b, 0, OUT, wrong[i]);
		bench_judge(b);
		if (b->items[0].result != RESULT_FAIL || b->items[1].result != RESULT_PASS)
			fail_msg("%s: %s %s", wrong[i], result_name(b->items[0].result),
			         result_name(b->items[1].result));
		assert_non_null(strstr(b->items[0].detail, "crossed the wire: "));
		bench_teardown(state);
		assert_int_equal(bench_setup(&again), 0);
		*state = b = again;
	}
}

static void zeros_up_to_the_shortest_frame_are_the_links_own(void **state)
{
	static const uint8_t zeros[20] = {0};
	struct bench *b = *state;
	uint8_t frame[80];
	size_t at, len;

	for (size_t extra = 0; extra <= 3; extra++) { /* 58 bytes of frame and as many zeros */
		void *again = NULL;

		bench_rows(b, "| ok | udp $VM:4002 > $CONSUMER size 16 | pass | x | SCAN |\n");
		at = bench_seen(b, 0, TAPE_NOTE, "udp $PROVIDER:9 > $CONSUMER size 16");
		len = b->tape.entries[at].len;
		assert_int_equal(len, 58);
		memcpy(frame, b->tape.entries[at].data, len);
		memcpy(frame + len, zeros, extra);
		tape_add(&b->tape, OUT, frame, len + extra, TAPE_NO_ROW);
		bench_expect(b, 0, extra <= 2 ? RESULT_PASS : RESULT_FAIL, "");
		bench_teardown(state);
		assert_int_equal(bench_setup(&again), 0);
		*state = b = again;
	}
}

static void padding_that_the_guest_sent_is_not_part_of_what_must_cross(void **state)
{
	struct bench *b = *state;

	bench_rows(b, "| ok | udp $VM:4002 > $CONSUMER eth.pad=18 | pass | x | SCAN |\n");
	bench_seen(b, 0, OUT, "udp $PROVIDER:9 > $CONSUMER");
	bench_expect_clean(b);
}

static void an_empty_datagram_crosses_as_an_empty_datagram(void **state)
{
	struct bench *b = *state;

	bench_rows(b, "| ok | udp $VM:4002 > $CONSUMER size 0 | pass | x | SCAN |\n");
	bench_seen(b, 0, OUT, "udp $PROVIDER:9 > $CONSUMER size 0");
	bench_expect_clean(b);
}

static void a_pass_row_does_not_excuse_a_leak_of_its_neighbour(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_OK BENCH_DNS);
	bench_seen(b, 0, OUT, "udp $PROVIDER:9 > $CONSUMER");
	bench_seen(b, 1, OUT, "udp $PROVIDER:9 > $CONSUMER"); /* another's bytes, its way */
	bench_expect(b, 0, RESULT_PASS, "");
	bench_expect(b, 1, RESULT_FAIL, "crossed the wire");
}

/* ---- rows that expect an answer, and answers nobody expects ---- */

static void an_answered_row_passes(void **state)
{
	struct bench *b = *state;
	size_t entry;

	bench_rows(b, BENCH_ARP BENCH_DNS);
	entry = bench_seen(b, 0, IN, "arp reply $GW is-at 52:55:c0:a8:64:01 tell $VM");
	bench_expect_clean(b);
	assert_int_equal(b->tape.entries[entry].row, 0);
}

static void a_row_that_was_not_answered_fails(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_ARP);
	bench_expect(b, 0, RESULT_FAIL, "the backend did not answer");
}

static void an_answer_row_that_also_crossed_fails(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_ARP BENCH_DNS);
	bench_seen(b, 0, IN, "arp reply $GW is-at 52:55:c0:a8:64:01 tell $VM");
	bench_stray(b, OUT, "arp who-has $GW tell $VM");
	bench_judge(b);
	assert_true(b->judge.doubt || b->items[0].result == RESULT_FAIL);
}

static void an_answered_drop_row_fails(void **state)
{
	struct bench *b = *state;
	size_t entry;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	entry = bench_seen(b, 1, IN, "udp $T:123 > $VM:4001");
	bench_expect(b, 0, RESULT_PASS, "");
	bench_expect(b, 1, RESULT_FAIL, "was answered");
	assert_true(b->tape.entries[entry].bad);
	assert_string_equal(b->tape.entries[entry].comment, "an ANSWER to ntp");
}

/* Its kernel looks for the gateway, its client for a lease: the answers are not to what a row asked. */
static void what_the_guest_asks_by_itself_is_held_against_no_row(void **state)
{
	struct bench *b = *state;

	bench_rows(b, "| arp | arp who-has $GW tell $VM arp.hlen=7 | drop | w | SCAN |\n"
	              "| dhcp | udp $VM:68 > $GW:67 | drop | w | SCAN |\n");
	bench_stray(b, TAPE_GUEST_OUT, "arp who-has $GW tell $VM");
	bench_stray(b, IN, "arp reply $GW is-at 52:55:c0:a8:64:01 tell $VM");
	bench_stray(b, TAPE_GUEST_OUT, "dhcp request dhcp.xid=0x1234");
	bench_stray(b, IN, "dhcp ack $GW:67 > $VM:68 dhcp.xid=0x1234 dhcp.yiaddr=$VM");
	bench_expect_clean(b);
}

static void one_question_of_the_guest_excuses_one_answer(void **state)
{
	struct bench *b = *state;

	bench_rows(b, "| arp | arp who-has $GW tell $VM eth.dst=52:54:00:12:34:57 | drop | w | "
	              "SCAN |\n" BENCH_DNS);
	bench_stray(b, TAPE_GUEST_OUT, "arp who-has $GW tell $VM");
	bench_stray(b, IN, "arp reply $GW is-at 52:55:c0:a8:64:01 tell $VM");
	bench_stray(b, IN, "arp reply $GW is-at 52:55:c0:a8:64:01 tell $VM");
	bench_expect(b, 0, RESULT_FAIL, "was answered");
	bench_expect(b, 1, RESULT_PASS, "");
}

static void who_is_sent_twice_crosses_twice(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_OK BENCH_DNS);
	b->items[0].times = 2;
	bench_seen(b, 0, TAPE_WIRE_OUT, "udp $PROVIDER:4002 > $CONSUMER");
	bench_seen(b, 0, TAPE_WIRE_OUT, "udp $PROVIDER:4002 > $CONSUMER");
	bench_expect_clean(b);
}

static void who_is_sent_twice_and_crosses_once_fails(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_OK BENCH_DNS);
	b->items[0].times = 2;
	bench_seen(b, 0, TAPE_WIRE_OUT, "udp $PROVIDER:4002 > $CONSUMER");
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire 1 times, but was sent 2 times");
}

static void an_answer_with_another_rows_bytes_is_that_rows(void **state)
{
	struct bench *b = *state;

	bench_rows(b, "| one | udp $VM:1 > 1.1.1.1:53 | drop | x | SCAN |\n"
	              "| two | udp $VM:1 > 1.1.1.1:53 | drop | x | SCAN |\n");
	bench_seen(b, 1, IN, "udp 1.1.1.1:53 > $VM:1");
	bench_expect(b, 0, RESULT_PASS, "");
	bench_expect(b, 1, RESULT_FAIL, "was answered");
}

static void an_answer_that_two_rows_could_have_caused_is_a_doubt(void **state)
{
	struct bench *b = *state;

	bench_rows(b, "| one | udp $VM:1 > 1.1.1.1:53 | drop | x | SCAN |\n"
	              "| two | udp $VM:1 > 1.1.1.1:53 | drop | x | SCAN |\n");
	bench_stray(b, IN, "udp 1.1.1.1:53 > $VM:1");
	bench_expect_doubt(b, "the guest was answered: udp 1.1.1.1:53");
}

static void an_answer_that_came_before_the_row_began_does_not_count(void **state)
{
	struct bench *b = *state;

	bench_open(b, BENCH_TABLE BENCH_ARP BENCH_DNS);
	bench_seen(b, 0, IN, "arp reply $GW is-at 52:55:c0:a8:64:01 tell $VM");
	bench_seen(b, 1, IN, "udp $T:53 > $VM:4000");
	bench_send(b, 0);
	bench_send(b, 1);
	bench_expect(b, 0, RESULT_FAIL, "the backend did not answer");
	bench_expect(b, 1, RESULT_PASS, "");
}

static void a_surplus_answer_is_held_against_the_drop_row(void **state)
{
	static const char rows[] = "| ask | arp who-has $GW tell $VM | answer | x | SCAN |\n"
	                           "| odd | arp who-has $GW tell $VM arp.htype=6 | drop | x | "
	                           "SCAN |\n";
	static const char reply[] = "arp reply $GW is-at 52:55:c0:a8:64:01 tell $VM";
	struct bench *b = *state;

	bench_rows(b, rows);
	bench_seen(b, 0, IN, reply);
	bench_seen(b, 0, IN, reply);
	bench_expect(b, 0, RESULT_PASS, "");
	bench_expect(b, 1, RESULT_FAIL, "was answered");
}

static void a_reset_is_no_answer(void **state)
{
	struct bench *b = *state;

	bench_rows(b, "| web | tcp $VM:4000 > $T:80 flags S | drop | x | SCAN |\n");
	bench_seen(b, 0, IN, "tcp $T:80 > $VM:4000 flags RA size 0");
	bench_expect_clean(b);
}

static void a_tagged_answer_is_an_answer(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS);
	bench_seen(b, 0, IN, "udp $T:53 > $VM:4000 vlan=7");
	bench_expect(b, 0, RESULT_FAIL, "was answered");
}

static void a_frame_to_the_guest_that_answers_nobody_is_let_be(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_ARP);
	bench_seen(b, 1, IN, "arp reply $GW is-at 52:55:c0:a8:64:01 tell $VM");
	bench_stray(b, IN, "arp who-has $VM tell $GW");
	bench_stray(b, IN, "icmp $GW > $VM unreachable");
	bench_expect_clean(b);
}

static void a_malformed_frame_to_the_guest_is_a_doubt(void **state)
{
	struct bench *b = *state;
	size_t entry;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	entry = bench_stray(b, IN, "icmp $GW > $VM unreachable icmp.cksum=bad");
	bench_expect_doubt(b, "sent the guest a malformed frame");
	assert_true(b->tape.entries[entry].bad);
}

static void a_frame_above_the_guests_mtu_is_a_doubt(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	bench_stray(b, IN, "udp 9.9.9.9:1 > $VM:1 size 1472");
	bench_stray(b, IN, "udp 9.9.9.9:1 > $VM:1 size 1473");
	bench_expect_doubt(b, "a frame of 1515 bytes; its MTU is 1500");
}

static void the_guests_mtu_is_what_the_policy_says(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	b->judge.guest_mtu = 9000;
	bench_stray(b, IN, "udp 9.9.9.9:1 > $VM:1 size 8972");
	bench_stray(b, IN, "udp 9.9.9.9:1 > $VM:1 size 8973");
	bench_expect_doubt(b, "a frame of 9015 bytes; its MTU is 9000");
}

/* ---- whom a doubt concerns ---- */

static void a_doubt_about_two_rows_suspects_no_third(void **state)
{
	struct bench *b = *state;

	bench_rows(b, "| one | udp $VM:1 > 1.1.1.1:53 | drop | x | SCAN |\n" BENCH_DNS
	              "| two | udp $VM:2 > 1.1.1.1:53 | drop | x | SCAN |\n");
	bench_stray(b, OUT, "udp $PROVIDER:9 > 1.1.1.1:53 size 0");
	bench_expect_doubt(b, "1.1.1.1:53");
	assert_true(b->items[0].suspect);
	assert_false(b->items[1].suspect);
	assert_true(b->items[2].suspect);
}

static void a_doubt_about_an_answer_suspects_those_it_could_answer(void **state)
{
	struct bench *b = *state;

	bench_rows(b, "| one | udp $VM:1 > 1.1.1.1:53 | drop | x | SCAN |\n" BENCH_DNS
	              "| two | udp $VM:1 > 1.1.1.1:53 | drop | x | SCAN |\n");
	bench_stray(b, IN, "udp 1.1.1.1:53 > $VM:1");
	bench_expect_doubt(b, "was answered");
	assert_true(b->items[0].suspect);
	assert_false(b->items[1].suspect);
	assert_true(b->items[2].suspect);
}

static void a_doubt_without_any_likeness_suspects_all(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP BENCH_ARP);
	bench_stray(b, OUT, "udp $PROVIDER:9 > 7.7.7.7:1 size 0");
	bench_expect_doubt(b, "7.7.7.7");
	for (size_t i = 0; i < 3; i++)
		assert_true(b->items[i].suspect);
}

static void a_second_doubt_adds_its_suspects_to_the_first(void **state)
{
	struct bench *b = *state;

	bench_rows(b, "| one | udp $VM:1 > 1.1.1.1:53 | drop | x | SCAN |\n" BENCH_DNS
	              "| two | udp $VM:2 > 1.1.1.1:53 | drop | x | SCAN |\n");
	bench_stray(b, OUT, "udp $PROVIDER:9 > 1.1.1.1:53 size 0");
	bench_stray(b, OUT, "udp $PROVIDER:9 > 7.7.7.7:1 size 0");
	bench_expect_doubt(b, "1.1.1.1");
	assert_true(b->items[1].suspect);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        BENCH_TEST(a_row_without_a_trace_on_the_wire_passes),
	        BENCH_TEST(a_leak_is_traced_by_its_nonce),
	        BENCH_TEST(a_leak_is_traced_by_its_target),
	        BENCH_TEST(a_leak_is_traced_by_its_destination),
	        BENCH_TEST(a_leak_is_traced_to_the_only_row),
	        BENCH_TEST(an_arp_of_the_uplink_for_the_target_is_the_rows_leak),
	        BENCH_TEST(an_arp_of_the_uplink_for_a_destination_is_the_rows_leak),
	        BENCH_TEST(a_leak_that_two_rows_could_have_caused_is_a_doubt),
	        BENCH_TEST(a_leak_without_any_likeness_is_a_doubt),
	        BENCH_TEST(only_the_first_doubt_is_told),
	        BENCH_TEST(the_first_of_many_leaks_is_told_and_all_are_marked),
	        BENCH_TEST(anything_on_the_providers_loopback_is_a_leak),
	        BENCH_TEST(on_the_loopback_even_what_may_cross_the_wire_is_a_leak),
	        BENCH_TEST(a_sentinel_on_the_loopback_is_a_leak),
	        BENCH_TEST(a_stray_on_the_loopback_is_a_doubt),
	        BENCH_TEST(a_leak_after_the_stop_is_still_a_leak),
	        BENCH_TEST(a_leak_before_the_row_was_sent_is_still_a_leak),
	        BENCH_TEST(frames_towards_the_backend_are_nobodys_fault),
	        BENCH_TEST(a_pass_row_crosses_exactly_once),
	        BENCH_TEST(a_pass_row_that_never_crossed_fails),
	        BENCH_TEST(a_pass_row_that_crossed_twice_fails),
	        BENCH_TEST(a_pass_row_must_cross_as_it_was_sent),
	        BENCH_TEST(zeros_up_to_the_shortest_frame_are_the_links_own),
	        BENCH_TEST(padding_that_the_guest_sent_is_not_part_of_what_must_cross),
	        BENCH_TEST(an_empty_datagram_crosses_as_an_empty_datagram),
	        BENCH_TEST(a_pass_row_does_not_excuse_a_leak_of_its_neighbour),
	        BENCH_TEST(an_answered_row_passes),
	        BENCH_TEST(a_row_that_was_not_answered_fails),
	        BENCH_TEST(an_answer_row_that_also_crossed_fails),
	        BENCH_TEST(an_answered_drop_row_fails),
	        BENCH_TEST(what_the_guest_asks_by_itself_is_held_against_no_row),
	        BENCH_TEST(one_question_of_the_guest_excuses_one_answer),
	        BENCH_TEST(who_is_sent_twice_crosses_twice),
	        BENCH_TEST(who_is_sent_twice_and_crosses_once_fails),
	        BENCH_TEST(an_answer_with_another_rows_bytes_is_that_rows),
	        BENCH_TEST(an_answer_that_two_rows_could_have_caused_is_a_doubt),
	        BENCH_TEST(an_answer_that_came_before_the_row_began_does_not_count),
	        BENCH_TEST(a_surplus_answer_is_held_against_the_drop_row),
	        BENCH_TEST(a_reset_is_no_answer),
	        BENCH_TEST(a_tagged_answer_is_an_answer),
	        BENCH_TEST(a_frame_to_the_guest_that_answers_nobody_is_let_be),
	        BENCH_TEST(a_malformed_frame_to_the_guest_is_a_doubt),
	        BENCH_TEST(a_frame_above_the_guests_mtu_is_a_doubt),
	        BENCH_TEST(the_guests_mtu_is_what_the_policy_says),
	        BENCH_TEST(a_doubt_about_two_rows_suspects_no_third),
	        BENCH_TEST(a_doubt_about_an_answer_suspects_those_it_could_answer),
	        BENCH_TEST(a_doubt_without_any_likeness_suspects_all),
	        BENCH_TEST(a_second_doubt_adds_its_suspects_to_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
