/* SPDX-License-Identifier: ISC */
/* judge_word_test.c: what the backend's word is worth: events about what crossed, promises about order. */
#include "harness/judge_fixture.h"

/* ---- an event says that something was dropped, which crossed as it should ---- */

static void the_drop_of_what_crossed_as_it_must_is_a_lie(void **state)
{
	struct bench *b = *state;
	size_t event;

	bench_rows(b, BENCH_OK);
	bench_seen(b, 0, TAPE_WIRE_OUT, "udp $PROVIDER:40001 > $CONSUMER");
	event = bench_drop_event(b, 0);
	bench_expect(b, 0, RESULT_LIE, "an event says that it was dropped");
	assert_true(b->tape.entries[event].bad);
}

static void the_drop_of_another_frame_of_the_same_endpoints_is_no_lie(void **state)
{
	struct bench *b = *state;

	bench_rows(b,
	           BENCH_OK "| bad | udp $VM:4002 > $CONSUMER ip.ttl=0 | drop | dead | SCAN |\n");
	bench_seen(b, 0, TAPE_WIRE_OUT, "udp $PROVIDER:40001 > $CONSUMER");
	bench_drop_event(b, 1);
	bench_expect(b, 0, RESULT_PASS, "");
	bench_expect(b, 1, RESULT_PASS, "");
}

static void what_did_not_cross_is_missed_and_not_lied_about(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_OK);
	bench_drop_event(b, 0);
	bench_expect(b, 0, RESULT_FAIL, "did not cross");
}

static void a_drop_that_happened_is_no_lie(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_OK BENCH_DNS);
	bench_seen(b, 0, TAPE_WIRE_OUT, "udp $PROVIDER:40001 > $CONSUMER");
	bench_drop_event(b, 1);
	bench_expect_clean(b);
}

/* ---- an event says that something was dropped, which nobody sent ---- */

static void say_denied(struct bench *b, const char *proto, const char *src, unsigned sport)
{
	char line[300];
	int len = snprintf(line, sizeof(line),
	                   "{\"v\":1,\"seq\":2,\"ev\":\"drop\",\"proto\":\"%s\",\"src\":\"%s\","
	                   "\"sport\":%u,\"dst\":\"198.18.0.9\",\"dport\":53,\"reason\":\"x\"}",
	                   proto, src, sport);

	b->judge.audited_drops++;
	tape_add(&b->tape, TAPE_EVENT, line, (size_t)len, TAPE_NO_ROW);
}

static void a_denial_of_what_nobody_sent_makes_up_for_nothing(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS);
	b->judge.audit_due = true;
	say_denied(b, "udp", "192.168.100.2", 4999);
	bench_expect(b, 0, RESULT_FAIL,
	             "denies what nobody sent: udp 192.168.100.2:4999 > 198.18.0.9:53");
}

static void in_a_batch_an_invented_denial_is_a_doubt_about_all(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	b->judge.audit_due = true;
	bench_drop_event(b, 0);
	say_denied(b, "tcp", "10.9.9.9", 9);
	bench_expect_doubt(b, "denies what nobody sent: tcp 10.9.9.9:9");
	assert_true(b->items[0].suspect && b->items[1].suspect);
}

static void what_the_world_sent_may_be_denied(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS);
	b->judge.audit_due = true;
	bench_drop_event(b, 0);
	bench_stray(b, TAPE_WIRE_IN, "udp 198.19.0.9:9000 > $PROVIDER:40001");
	say_denied(b, "udp", "198.19.0.9", 9000);
	bench_expect_clean(b);
}

static void what_has_no_ports_is_not_compared(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS);
	b->judge.audit_due = true;
	bench_drop_event(b, 0);
	say_denied(b, "icmp", "10.9.9.9", 9);
	say_denied(b, "udp", "10.9.9.9", 0);
	bench_expect_clean(b);
}

static void who_promises_no_audit_is_not_compared(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS);
	say_denied(b, "udp", "10.9.9.9", 9);
	bench_expect_clean(b);
}

/* ---- order ---- */

static void without_order_and_sync_a_drop_proves_nothing(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS);
	b->judge.undecided = true;
	bench_expect(b, 0, RESULT_VACUOUS, "ordering");
}

static void without_order_and_sync_what_crosses_passes(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_OK BENCH_ARP);
	bench_seen(b, 0, TAPE_WIRE_OUT, "udp $PROVIDER:40001 > $CONSUMER");
	bench_frame(b, TAPE_GUEST_IN, "arp reply $GW is-at 52:55:c0:a8:64:01 tell $VM", 0,
	            &b->items[1].vars);
	b->judge.undecided = true;
	bench_expect(b, 0, RESULT_PASS, "");
	bench_expect(b, 1, RESULT_PASS, "");
}

static void without_order_and_sync_a_leak_is_a_leak(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	bench_seen(b, 0, TAPE_WIRE_OUT, "udp $PROVIDER:40001 > $T:53");
	b->judge.undecided = true;
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire");
	bench_expect(b, 1, RESULT_VACUOUS, "ordering");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        BENCH_TEST(the_drop_of_what_crossed_as_it_must_is_a_lie),
	        BENCH_TEST(the_drop_of_another_frame_of_the_same_endpoints_is_no_lie),
	        BENCH_TEST(what_did_not_cross_is_missed_and_not_lied_about),
	        BENCH_TEST(a_drop_that_happened_is_no_lie),
	        BENCH_TEST(a_denial_of_what_nobody_sent_makes_up_for_nothing),
	        BENCH_TEST(in_a_batch_an_invented_denial_is_a_doubt_about_all),
	        BENCH_TEST(what_the_world_sent_may_be_denied),
	        BENCH_TEST(what_has_no_ports_is_not_compared),
	        BENCH_TEST(who_promises_no_audit_is_not_compared),
	        BENCH_TEST(without_order_and_sync_a_drop_proves_nothing),
	        BENCH_TEST(without_order_and_sync_what_crosses_passes),
	        BENCH_TEST(without_order_and_sync_a_leak_is_a_leak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
