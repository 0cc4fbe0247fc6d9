/* SPDX-License-Identifier: ISC */
/* judge_steps_test.c: cases of statements, on tapes written by hand. */
#include "harness/judge.h"

#include "harness/judge_fixture.h"

#define OUT TAPE_WIRE_OUT
#define IN  TAPE_GUEST_IN

#define SEND "inject udp $VM:40001 > $CONSUMER payload \"one-$NONCE\"\n"
#define WIRE "wire udp $PROVIDER:* > $CONSUMER payload \"one-$NONCE\""
#define BACK "guest udp $CONSUMER > $VM:40001 payload \"one-$NONCE\""

#define CROSSES "udp $PROVIDER:9 > $CONSUMER payload \"one-$NONCE\""
#define RETURNS "udp $CONSUMER > $VM:40001 payload \"one-$NONCE\""

static void what_the_wire_statement_names_may_cross(void **state)
{
	struct bench *b = *state;
	size_t entry;

	bench_case(b, SEND WIRE " count 1\n" BACK " count 1\n");
	entry = bench_seen(b, 0, OUT, CROSSES);
	bench_seen(b, 0, IN, RETURNS);
	bench_expect_clean(b);
	assert_string_equal(b->tape.entries[entry].comment, "allowed by c");
}

static void anything_else_on_the_wire_fails_the_case(void **state)
{
	struct bench *b = *state;

	bench_case(b, SEND WIRE "\n");
	bench_seen(b, 0, OUT, CROSSES);
	bench_stray(b, OUT, "udp $PROVIDER:9 > $CONSUMER payload \"two\"");
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire: udp 192.168.1.100:9");
}

static void a_case_without_wire_statements_lets_nothing_cross(void **state)
{
	struct bench *b = *state;

	bench_case(b, SEND);
	bench_seen(b, 0, OUT, CROSSES);
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire");
}

static void bytes_behind_the_packet_are_not_what_the_statement_names(void **state)
{
	struct bench *b = *state;

	bench_case(b, SEND WIRE "\n");
	bench_seen(b, 0, OUT, CROSSES " eth.pad=18");
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire");
}

static void bytes_behind_the_packet_may_be_asked_for(void **state)
{
	struct bench *b = *state;

	bench_case(b, SEND WIRE " eth.pad=18\n");
	bench_seen(b, 0, OUT, CROSSES " eth.pad=18");
	bench_expect_clean(b);
}

/* The peer itself is batch.c's; here it stands only so that the file is good. */
#define PEER   "peer \"p\"\npeer sends udp 9.9.9.9:9 > $PROVIDER:* payload \"boo\" count 2\n"
#define ATTACK "udp 9.9.9.9:9 > $PROVIDER:7 payload \"boo\""

static void an_attack_is_counted_on_its_way_in(void **state)
{
	struct bench *b = *state;

	bench_case(b, SEND WIRE "\n" PEER);
	bench_seen(b, 0, OUT, CROSSES);
	bench_stray(b, TAPE_WIRE_IN, ATTACK);
	bench_stray(b, TAPE_WIRE_IN, ATTACK);
	bench_stray(b, TAPE_WIRE_IN, "udp 9.9.9.9:8 > $PROVIDER:7 payload \"boo\"");
	bench_expect_clean(b);
}

static void an_attack_that_was_not_as_it_says_proves_nothing(void **state)
{
	struct bench *b = *state;

	bench_case(b, SEND WIRE "\n" PEER);
	bench_seen(b, 0, OUT, CROSSES);
	for (int i = 0; i < 3; i++)
		bench_stray(b, TAPE_WIRE_IN, ATTACK);
	bench_expect(b, 0, RESULT_VACUOUS, "the attack was not carried out: line");
}

static void what_leaks_under_an_attack_that_failed_is_still_a_leak(void **state)
{
	struct bench *b = *state;

	bench_case(b, SEND WIRE "\n" PEER);
	bench_seen(b, 0, OUT, CROSSES);
	bench_stray(b, OUT, "udp $PROVIDER:9 > 9.9.9.9:9 payload \"boo\"");
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire");
}

static void may_wire_allows_and_demands_nothing(void **state)
{
	struct bench *b = *state;

	bench_case(b, SEND "may wire icmp $PROVIDER > * unreachable\n");
	bench_stray(b, OUT, "icmp $PROVIDER > 203.0.113.50 unreachable");
	bench_stray(b, OUT, "icmp $PROVIDER > 9.9.9.9 unreachable");
	bench_expect_clean(b);
}

static void may_wire_may_be_left_unused(void **state)
{
	struct bench *b = *state;

	bench_case(b, SEND "may wire icmp $PROVIDER > * unreachable\n");
	bench_expect_clean(b);
}

static void count_is_judged_over_the_whole_case(void **state)
{
	struct bench *b = *state;

	bench_case(b, SEND WIRE " count 1\n");
	bench_seen(b, 0, OUT, CROSSES);
	tape_note(&b->tape, "stop: the frame channel is closed");
	bench_seen(b, 0, OUT, CROSSES);
	bench_expect(b, 0, RESULT_FAIL, "was seen 2 times");
	bench_expect(b, 0, RESULT_FAIL, "line 7: `wire udp");
}

static void a_count_that_was_not_reached_fails(void **state)
{
	struct bench *b = *state;

	bench_case(b, SEND WIRE " count 2\n");
	bench_seen(b, 0, OUT, CROSSES);
	bench_expect(b, 0, RESULT_FAIL, "was seen 1 time");
}

static void without_a_count_more_than_one_is_fine(void **state)
{
	struct bench *b = *state;

	bench_case(b, SEND WIRE "\n" BACK "\n");
	for (size_t i = 0; i < 3; i++) {
		bench_seen(b, 0, OUT, CROSSES);
		bench_seen(b, 0, IN, RETURNS);
	}
	bench_expect_clean(b);
}

static void a_count_of_guest_frames_is_judged_too(void **state)
{
	struct bench *b = *state;

	bench_case(b, SEND WIRE "\n" BACK " count 1\n");
	bench_seen(b, 0, OUT, CROSSES);
	bench_seen(b, 0, IN, RETURNS);
	bench_seen(b, 0, IN, RETURNS);
	bench_expect(b, 0, RESULT_FAIL, "was seen 2 times");
}

static void what_came_before_the_case_is_not_counted(void **state)
{
	struct bench *b = *state;

	bench_open(b, "case c req EGR-001\n" SEND BACK " count 1\n");
	bench_seen(b, 0, IN, RETURNS);
	b->items[0].from = b->tape.count;
	bench_seen(b, 0, IN, RETURNS);
	bench_expect_clean(b);
}

static void the_sentinels_are_not_counted(void **state)
{
	struct bench *b = *state;

	/* Without a payload both patterns fit the sentinel as well. */
	bench_case(b, SEND "wire udp $PROVIDER:* > $CONSUMER count 1\n"
	                   "guest udp $CONSUMER > * count 1\n");
	bench_seen(b, 0, OUT, CROSSES);
	bench_seen(b, 0, IN, RETURNS);
	bench_expect_clean(b);
}

static void the_echo_of_the_sentinel_is_not_what_must_not_reach_the_guest(void **state)
{
	struct bench *b = *state;

	bench_case(b, SEND "none guest udp * > *\n");
	bench_expect_clean(b);
}

static void what_must_not_reach_the_guest_fails_the_case(void **state)
{
	struct bench *b = *state;
	size_t entry;

	bench_case(b, SEND "none guest udp $CONSUMER > $VM:40002\n");
	entry = bench_stray(b, IN, "udp $CONSUMER > $VM:40002");
	bench_expect(b, 0, RESULT_FAIL, "`none guest udp $CONSUMER > $VM:40002` was seen 1 time");
	assert_true(b->tape.entries[entry].bad);
	assert_string_equal(b->tape.entries[entry].comment, "must not reach the guest");
}

static void what_reaches_the_guest_at_another_port_is_fine(void **state)
{
	struct bench *b = *state;

	bench_case(b, SEND "none guest udp $CONSUMER > $VM:40002\n");
	bench_stray(b, IN, "udp $CONSUMER > $VM:40003");
	bench_expect_clean(b);
}

static void the_failure_of_a_statement_is_told(void **state)
{
	struct bench *b = *state;

	bench_case(b, SEND WIRE "\n");
	strcpy(b->items[0].failure, "line 7: `wire` was not seen within 2000 ms");
	bench_expect(b, 0, RESULT_FAIL, "line 7: `wire` was not seen within 2000 ms");
}

static void a_leak_beats_the_failure_of_a_statement(void **state)
{
	struct bench *b = *state;

	bench_case(b, SEND WIRE "\n");
	strcpy(b->items[0].failure, "line 7: `wire` was not seen within 2000 ms");
	bench_seen(b, 0, OUT, CROSSES " vlan=4");
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire");
}

static void a_case_is_judged_for_its_process_too(void **state)
{
	struct bench *b = *state;

	bench_case(b, SEND WIRE "\n");
	bench_seen(b, 0, OUT, CROSSES);
	b->judge.hung = true;
	bench_expect(b, 0, RESULT_HANG, "");
}

static void a_case_owes_no_audit(void **state)
{
	struct bench *b = *state;

	bench_case(b, SEND "none guest udp * > *\n");
	b->judge.audit_due = true;
	bench_expect_clean(b);
}

static void on_the_loopback_a_wire_statement_allows_nothing(void **state)
{
	struct bench *b = *state;

	bench_case(b, SEND WIRE "\n");
	bench_seen(b, 0, OUT, CROSSES);
	bench_seen(b, 0, TAPE_HOST, CROSSES);
	bench_expect(b, 0, RESULT_FAIL, "reached the provider host itself");
}

static void each_case_of_a_batch_has_its_own_nonce(void **state)
{
	struct bench *b = *state;

	bench_open(b, "case c req EGR-001\n" SEND WIRE " count 1\n"
	              "case d req EGR-001\n" SEND WIRE " count 1\n");
	bench_seen(b, 0, OUT, CROSSES);
	bench_seen(b, 1, OUT, CROSSES);
	bench_expect_clean(b);
}

static void a_table_and_a_case_share_a_batch(void **state)
{
	struct bench *b = *state;

	bench_open(b, "case c req EGR-001\n" SEND WIRE " count 1\n" BENCH_TABLE BENCH_DNS);
	bench_seen(b, 0, OUT, CROSSES);
	bench_send(b, 1);
	bench_seen(b, 1, OUT, "udp $PROVIDER:9 > $T:53");
	bench_expect(b, 0, RESULT_PASS, "");
	bench_expect(b, 1, RESULT_FAIL, "crossed the wire");
}

static void open_kernel_case(struct bench *b, const char *statements)
{
	char text[1024];

	snprintf(text, sizeof(text), "case c req EGR-001 planes kernel\n%s", statements);
	bench_open(b, text);
	b->items[0].from = b->tape.count;
}

static void what_a_guest_sends_is_counted_at_the_cable(void **state)
{
	struct bench *b = *state;

	open_kernel_case(b, "  guest sends udp $VM:* > $T:53 count 2\n");
	bench_seen(b, 0, TAPE_GUEST_OUT, "udp $VM:1 > $T:53");
	bench_seen(b, 0, TAPE_GUEST_OUT, "udp $VM:2 > $T:53");
	bench_expect_clean(b);
}

static void what_a_guest_must_not_send_is_an_objection_though_nothing_crosses(void **state)
{
	struct bench *b = *state;
	size_t entry;

	open_kernel_case(b, "  none guest sends udp * > $T:53\n");
	entry = bench_seen(b, 0, TAPE_GUEST_OUT, "udp $VM:1 > $T:53");
	bench_expect(b, 0, RESULT_FAIL, "none guest sends udp * > $T:53` was seen 1 time");
	assert_string_equal(b->tape.entries[entry].comment, "must not leave the guest");
}

static void what_reaches_a_guest_was_not_sent_by_it(void **state)
{
	struct bench *b = *state;

	open_kernel_case(b, "  none guest sends udp * > *\n");
	bench_seen(b, 0, TAPE_GUEST_IN, "udp $T:53 > $VM:1");
	bench_expect_clean(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        BENCH_TEST(what_a_guest_sends_is_counted_at_the_cable),
	        BENCH_TEST(what_a_guest_must_not_send_is_an_objection_though_nothing_crosses),
	        BENCH_TEST(what_reaches_a_guest_was_not_sent_by_it),
	        BENCH_TEST(what_the_wire_statement_names_may_cross),
	        BENCH_TEST(anything_else_on_the_wire_fails_the_case),
	        BENCH_TEST(a_case_without_wire_statements_lets_nothing_cross),
	        BENCH_TEST(bytes_behind_the_packet_are_not_what_the_statement_names),
	        BENCH_TEST(bytes_behind_the_packet_may_be_asked_for),
	        BENCH_TEST(an_attack_is_counted_on_its_way_in),
	        BENCH_TEST(an_attack_that_was_not_as_it_says_proves_nothing),
	        BENCH_TEST(what_leaks_under_an_attack_that_failed_is_still_a_leak),
	        BENCH_TEST(may_wire_allows_and_demands_nothing),
	        BENCH_TEST(may_wire_may_be_left_unused),
	        BENCH_TEST(count_is_judged_over_the_whole_case),
	        BENCH_TEST(a_count_that_was_not_reached_fails),
	        BENCH_TEST(without_a_count_more_than_one_is_fine),
	        BENCH_TEST(a_count_of_guest_frames_is_judged_too),
	        BENCH_TEST(what_came_before_the_case_is_not_counted),
	        BENCH_TEST(the_sentinels_are_not_counted),
	        BENCH_TEST(the_echo_of_the_sentinel_is_not_what_must_not_reach_the_guest),
	        BENCH_TEST(what_must_not_reach_the_guest_fails_the_case),
	        BENCH_TEST(what_reaches_the_guest_at_another_port_is_fine),
	        BENCH_TEST(the_failure_of_a_statement_is_told),
	        BENCH_TEST(a_leak_beats_the_failure_of_a_statement),
	        BENCH_TEST(a_case_is_judged_for_its_process_too),
	        BENCH_TEST(a_case_owes_no_audit),
	        BENCH_TEST(on_the_loopback_a_wire_statement_allows_nothing),
	        BENCH_TEST(each_case_of_a_batch_has_its_own_nonce),
	        BENCH_TEST(a_table_and_a_case_share_a_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
