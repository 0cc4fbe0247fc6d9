/* SPDX-License-Identifier: ISC */
/* judge_process_test.c: what the sentinels, the process and the events say about rows that crossed
 * nothing, and which of two objections is told. */
#include "harness/judge.h"

#include "harness/judge_fixture.h"

#define OUT TAPE_WIRE_OUT
#define IN  TAPE_GUEST_IN

static void leak(struct bench *b, size_t i)
{
	bench_seen(b, i, OUT, "udp $PROVIDER:9 > $T:53");
}

static void say(struct bench *b, const char *event)
{
	tape_add(&b->tape, TAPE_EVENT, event, strlen(event), TAPE_NO_ROW);
}

/* ---- the sentinels ---- */

static void a_failed_first_sentinel_makes_everything_vacuous(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_OK BENCH_ARP);
	bench_seen(b, 1, OUT, "udp $PROVIDER:9 > $CONSUMER"); /* even what passed */
	bench_seen(b, 2, IN, "arp reply $GW is-at 52:55:c0:a8:64:01 tell $VM");
	b->judge.pre_ok = b->judge.post_ok = false;
	b->lost_last = true;
	for (size_t i = 0; i < 3; i++)
		bench_expect(b, i, RESULT_VACUOUS, "allowed traffic did not flow before it");
}

static void a_leak_beats_vacuous(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	leak(b, 0);
	b->judge.pre_ok = b->judge.post_ok = false;
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire");
	bench_expect(b, 1, RESULT_VACUOUS, "");
}

static void without_a_sentinel_nothing_is_asked_of_it(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_OK);
	bench_seen(b, 0, OUT, "udp $PROVIDER:9 > $CONSUMER");
	tape_free(&b->tape); /* the sentinels' frames too */
	tape_init(&b->tape);
	b->lost_last = true;
	b->judge.has_sentinel = b->judge.pre_ok = b->judge.post_ok = false;
	bench_send(b, 0);
	bench_seen(b, 0, OUT, "udp $PROVIDER:9 > $CONSUMER");
	bench_expect_clean(b);
}

static void a_sentinel_that_crossed_twice_is_a_doubt(void **state)
{
	struct recipe_vars vars = {.nonce = "first-sentinel"};
	struct bench *b = *state;
	size_t again;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	again = bench_frame(b, OUT, "udp $PROVIDER:40000 > $CONSUMER", 0, &vars);
	bench_expect_doubt(b, "a datagram that was sent once crossed the wire 2 times");
	assert_true(b->tape.entries[again].bad);
	assert_string_equal(b->tape.entries[again].comment, "sentinel AGAIN");
}

static void a_sentinel_that_crossed_twice_fails_a_single_row(void **state)
{
	struct recipe_vars vars = {.nonce = "last-sentinel"};
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS);
	bench_frame(b, OUT, "udp $PROVIDER:40000 > $CONSUMER", 0, &vars);
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire 2 times");
}

/* Its bytes alone are no licence. */
static void a_sentinel_that_looks_wrong_is_a_leak(void **state)
{
	static const char *const wrong[] = {
	        "udp $VM:40000 > $CONSUMER",
	        "udp $PROVIDER:40000 > 203.0.113.50:53",
	        "udp $PROVIDER:40000 > 9.9.9.9:51900",
	        "udp $PROVIDER:40000 > $CONSUMER vlan=1",
	        "udp $PROVIDER:40000 > $CONSUMER udp.cksum=bad",
	        "udp $PROVIDER:40000 > $CONSUMER eth.pad=20",
	        "tcp $PROVIDER:40000 > $CONSUMER payload \"gauntlet-$NONCE\"",
	};
	struct recipe_vars vars = {.nonce = "first-sentinel"};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		void *again = NULL;

		bench_rows(b, BENCH_DNS BENCH_NTP);
		bench_frame(b, OUT, wrong[i], 0, &vars);
		bench_judge(b);
		if (!b->judge.doubt)
			fail_msg("%s was taken for the sentinel", wrong[i]);
		bench_teardown(state);
		assert_int_equal(bench_setup(&again), 0);
		*state = b = again;
	}
}

static void a_failed_last_sentinel_fails_a_single_row(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS);
	b->judge.post_ok = false;
	b->lost_last = true;
	bench_expect(b, 0, RESULT_FAIL, "allowed traffic no longer flows after it");
}

static void a_failed_last_sentinel_is_a_doubt_in_a_batch(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	b->judge.post_ok = false;
	b->lost_last = true;
	bench_expect_doubt(b, "allowed traffic no longer flowed after the batch");
}

/* ---- how the process ended ---- */

static void a_crash_alone_is_the_rows(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS);
	b->judge.crashed = true;
	strcpy(b->judge.process_text, "was killed by signal 11 (Segmentation fault)");
	b->judge.post_ok = false;
	bench_expect(b, 0, RESULT_CRASH, "the backend was killed by signal 11");
}

static void a_crash_in_a_batch_is_a_doubt(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	b->judge.crashed = true;
	strcpy(b->judge.process_text, "exited with 1");
	bench_expect_doubt(b, "the backend exited with 1");
}

static void an_end_by_policy_alone_is_told_as_such_and_not_as_a_crash(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS);
	b->judge.terminated = true;
	strcpy(b->judge.process_text, "ended by policy: reason not-allowed");
	b->judge.post_ok = false;
	b->lost_last = true;
	bench_expect(b, 0, RESULT_FAIL, "the backend ended by policy: reason not-allowed");
}

static void an_end_by_policy_in_a_batch_is_a_doubt(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	b->judge.terminated = true;
	strcpy(b->judge.process_text, "ended by policy: reason vlan");
	bench_expect_doubt(b, "the backend ended by policy: reason vlan");
	assert_true(b->items[0].suspect);
	assert_true(b->items[1].suspect);
}

static void a_leak_beats_an_end_by_policy(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS);
	leak(b, 0);
	b->judge.terminated = true;
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire");
}

static void a_hang_alone_is_the_rows(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS);
	b->judge.hung = true;
	bench_expect(b, 0, RESULT_HANG, "did not end within 2 s");
}

static void a_hang_in_a_batch_is_a_doubt(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	b->judge.hung = true;
	bench_expect_doubt(b, "did not end within 2 s");
}

static void a_leak_beats_a_crash(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS);
	leak(b, 0);
	b->judge.crashed = true;
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire");
}

static void lost_frames_prove_nothing(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_OK);
	bench_seen(b, 1, OUT, "udp $PROVIDER:9 > $CONSUMER");
	b->judge.lost_frames = 3;
	bench_expect(b, 0, RESULT_ENV, "the capture lost 3 frames");
	bench_expect(b, 1, RESULT_ENV, "");
}

static void a_fault_of_the_channel_fails_every_row(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_OK);
	bench_seen(b, 1, OUT, "udp $PROVIDER:9 > $CONSUMER");
	b->judge.channel_fault = "the backend sent a frame of length 0";
	bench_expect(b, 0, RESULT_FAIL, "the backend sent a frame of length 0");
	bench_expect(b, 1, RESULT_FAIL, "the backend sent a frame of length 0");
}

static void a_fault_of_the_events_fails_every_row(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	b->judge.events_fault = "event line 2 is longer than 4096 bytes";
	bench_expect(b, 0, RESULT_FAIL, "contract: event line 2 is longer");
	bench_expect(b, 1, RESULT_FAIL, "contract: event line 2 is longer");
}

static void an_attack_that_was_not_carried_out_is_vacuous(void **state)
{
	struct bench *b = *state;

	bench_open(b, BENCH_TABLE BENCH_DNS);
	strcpy(b->items[0].vacuous, "the attack was not carried out: no such capture");
	bench_expect(b, 0, RESULT_VACUOUS, "no such capture");
}

static void an_attack_that_cannot_exist_here_is_not_applicable(void **state)
{
	struct bench *b = *state;

	bench_open(b, BENCH_TABLE BENCH_DNS);
	strcpy(b->items[0].vacuous, "the guest's kernel does not send it");
	b->items[0].not_applicable = true;
	bench_expect(b, 0, RESULT_NA, "the guest's kernel does not send it");
}

static void a_leak_of_an_attack_that_cannot_exist_is_a_leak(void **state)
{
	struct bench *b = *state;

	bench_open(b, BENCH_TABLE BENCH_DNS);
	strcpy(b->items[0].vacuous, "the guest's kernel does not send it");
	b->items[0].not_applicable = true;
	leak(b, 0);
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire");
}

/* ---- what the events say ---- */

static void an_event_that_claims_the_drop_of_a_leak_is_a_lie(void **state)
{
	struct bench *b = *state;
	size_t event;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	event = bench_drop_event(b, 0);
	bench_drop_event(b, 1);
	leak(b, 0);
	bench_expect(b, 0, RESULT_LIE, "crossed the wire");
	bench_expect(b, 1, RESULT_PASS, "");
	assert_string_equal(b->tape.entries[event].comment, "a LIE: the wire saw these bytes");
}

static void an_event_that_admits_the_leak_is_no_lie(void **state)
{
	struct bench *b = *state;
	char line[200], dst[ADDR_TEXT];

	bench_rows(b, BENCH_DNS);
	snprintf(line, sizeof(line),
	         "{\"v\":1,\"ev\":\"allow\",\"src\":\"192.168.100.2\",\"sport\":4000,"
	         "\"dst\":\"%s\",\"dport\":53}",
	         addr_ip4(b->items[0].row->target, dst));
	say(b, line);
	leak(b, 0);
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire");
}

static void an_event_about_another_port_is_no_lie(void **state)
{
	struct bench *b = *state;
	char line[200], dst[ADDR_TEXT];

	bench_rows(b, BENCH_DNS);
	snprintf(line, sizeof(line),
	         "{\"v\":1,\"ev\":\"drop\",\"src\":\"192.168.100.2\",\"sport\":4009,"
	         "\"dst\":\"%s\",\"dport\":53}",
	         addr_ip4(b->items[0].row->target, dst));
	say(b, line);
	leak(b, 0);
	bench_expect(b, 0, RESULT_FAIL, "");
}

static void a_drop_that_no_event_tells_of_is_an_audit_gap(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS);
	b->judge.audit_due = true;
	bench_expect(b, 0, RESULT_AUDIT_GAP, "no event says so");
}

static void a_told_drop_is_no_audit_gap(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS);
	bench_drop_event(b, 0);
	b->judge.audit_due = true;
	bench_expect_clean(b);
}

static void a_row_that_passes_owes_no_event(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_OK);
	bench_seen(b, 0, OUT, "udp $PROVIDER:9 > $CONSUMER");
	b->judge.audit_due = true;
	bench_expect_clean(b);
}

static void too_few_events_in_a_batch_are_a_doubt(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP BENCH_ARP);
	bench_seen(b, 2, IN, "arp reply $GW is-at 52:55:c0:a8:64:01 tell $VM");
	bench_drop_event(b, 0);
	b->judge.audit_due = true;
	bench_expect_doubt(b, "2 frames had to be dropped, but the events tell of 1");
}

static void enough_events_in_a_batch_are_no_doubt(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	bench_drop_event(b, 0);
	bench_drop_event(b, 1);
	b->judge.audit_due = true;
	bench_expect_clean(b);
}

static void an_event_that_repeats_payload_bytes_fails_the_row(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	say(b, "{\"v\":1,\"seq\":2,\"ev\":\"log\",\"text\":\"gauntlet-nonce-b\"}");
	bench_expect(b, 0, RESULT_PASS, "");
	bench_expect(b, 1, RESULT_FAIL, "an event of the backend repeats payload bytes");
}

static void even_a_broken_event_may_not_repeat_payload_bytes(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_DNS BENCH_NTP);
	say(b, "oops: nonce-a");
	bench_expect(b, 0, RESULT_FAIL, "repeats payload bytes");
	bench_expect(b, 1, RESULT_PASS, "");
}

static void events_acquit_nobody(void **state)
{
	struct bench *b = *state;

	bench_rows(b, BENCH_OK);
	say(b, "{\"v\":1,\"seq\":2,\"ev\":\"allow\",\"proto\":\"udp\",\"src\":\"192.168.100.2\","
	       "\"sport\":4002,\"dst\":\"203.0.113.50\",\"dport\":51900}");
	bench_expect(b, 0, RESULT_FAIL, "did not cross the wire");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        BENCH_TEST(a_failed_first_sentinel_makes_everything_vacuous),
	        BENCH_TEST(a_leak_beats_vacuous),
	        BENCH_TEST(without_a_sentinel_nothing_is_asked_of_it),
	        BENCH_TEST(a_sentinel_that_crossed_twice_is_a_doubt),
	        BENCH_TEST(a_sentinel_that_crossed_twice_fails_a_single_row),
	        BENCH_TEST(a_sentinel_that_looks_wrong_is_a_leak),
	        BENCH_TEST(a_failed_last_sentinel_fails_a_single_row),
	        BENCH_TEST(a_failed_last_sentinel_is_a_doubt_in_a_batch),
	        BENCH_TEST(a_crash_alone_is_the_rows),
	        BENCH_TEST(a_crash_in_a_batch_is_a_doubt),
	        BENCH_TEST(an_end_by_policy_alone_is_told_as_such_and_not_as_a_crash),
	        BENCH_TEST(an_end_by_policy_in_a_batch_is_a_doubt),
	        BENCH_TEST(a_leak_beats_an_end_by_policy),
	        BENCH_TEST(a_hang_alone_is_the_rows),
	        BENCH_TEST(a_hang_in_a_batch_is_a_doubt),
	        BENCH_TEST(a_leak_beats_a_crash),
	        BENCH_TEST(lost_frames_prove_nothing),
	        BENCH_TEST(a_fault_of_the_channel_fails_every_row),
	        BENCH_TEST(a_fault_of_the_events_fails_every_row),
	        BENCH_TEST(an_attack_that_was_not_carried_out_is_vacuous),
	        BENCH_TEST(an_attack_that_cannot_exist_here_is_not_applicable),
	        BENCH_TEST(a_leak_of_an_attack_that_cannot_exist_is_a_leak),
	        BENCH_TEST(an_event_that_claims_the_drop_of_a_leak_is_a_lie),
	        BENCH_TEST(an_event_that_admits_the_leak_is_no_lie),
	        BENCH_TEST(an_event_about_another_port_is_no_lie),
	        BENCH_TEST(a_drop_that_no_event_tells_of_is_an_audit_gap),
	        BENCH_TEST(a_told_drop_is_no_audit_gap),
	        BENCH_TEST(a_row_that_passes_owes_no_event),
	        BENCH_TEST(too_few_events_in_a_batch_are_a_doubt),
	        BENCH_TEST(enough_events_in_a_batch_are_no_doubt),
	        BENCH_TEST(an_event_that_repeats_payload_bytes_fails_the_row),
	        BENCH_TEST(even_a_broken_event_may_not_repeat_payload_bytes),
	        BENCH_TEST(events_acquit_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
