/* SPDX-License-Identifier: ISC */
/* judge_end_test.c: how a backend has to end, what events are counted, and what of TCP may cross, on
 * tapes written by hand. */
#include "harness/judge.h"

#include "harness/judge_fixture.h"

#define OUT TAPE_WIRE_OUT
#define IN  TAPE_GUEST_IN

#define STRICT                                                                                     \
	"{\"version\": 1, \"mode\": \"filtered\", \"on_violation\": \"terminate\",\n"              \
	" \"vm\": {\"mac\": \"52:54:00:12:34:56\", \"ip\": \"192.168.100.2/24\",\n"                \
	"         \"gateway\": \"192.168.100.1\"},\n"                                              \
	" \"allow\": [{\"id\": \"consumer\", \"proto\": \"udp\", \"ip\": \"203.0.113.50\",\n"      \
	"            \"port\": 51900},\n"                                                          \
	"           {\"id\": \"web\", \"proto\": \"tcp\", \"ip\": \"203.0.113.50\",\n"             \
	"            \"port\": 80}]}\n"
#define NEEDS   "planes wire\nneeds terminate audit.jsonl allow.tcp4 icmp.outside frames.stream\n"
#define BAD_ROW "| bad | udp $VM:4000 > $T:53 | terminate | no | SCAN |\n"
#define WEB_ROW "| web | tcp $VM:4003 > 203.0.113.50:80 size 0 | pass | yes | SCAN |\n"

static void open_strict(struct bench *b, const char *what, const char *text)
{
	char whole[3000];

	fixture_write(b->files, "one.json", STRICT);
	snprintf(whole, sizeof(whole), NEEDS "%s%s", what, text);
	bench_open(b, whole);
}

/* A table under the strict policy; all its rows are sent. */
static void open_rows(struct bench *b, const char *rows)
{
	open_strict(b, BENCH_TABLE, rows);
	for (size_t i = 0; i < b->judge.count; i++)
		bench_send(b, i);
}

static void open_case(struct bench *b, const char *statements)
{
	open_strict(b, "case c req EGR-001\n", statements);
	b->items[0].from = b->tape.count;
	b->items[0].steps = calloc(16, sizeof(struct judge_step));
	assert_non_null(b->items[0].steps);
}

static size_t say(struct bench *b, const char *event)
{
	return tape_add(&b->tape, TAPE_EVENT, event, strlen(event), TAPE_NO_ROW);
}

/* The backend ended the VM for what went to `dst`. */
static void end_by_policy(struct bench *b, const char *dst)
{
	char line[200];

	snprintf(line, sizeof(line),
	         "{\"v\":1,\"seq\":2,\"ev\":\"violation\",\"dst\":\"%s\",\"reason\":\"not-"
	         "allowed\"}",
	         dst);
	b->judge.violation = say(b, line);
	say(b, "{\"v\":1,\"seq\":3,\"ev\":\"terminate\"}");
	say(b, "{\"v\":1,\"seq\":4,\"ev\":\"bye\",\"reason\":\"violation\"}");
	b->judge.terminated = b->judge.ended_early = true;
	b->judge.exit_code = 90;
	strcpy(b->judge.process_text, "ended by policy: reason not-allowed");
	b->judge.post_ok = false;
	b->lost_last = true;
}

/* It ended by itself in another way. */
static void end_with(struct bench *b, int code, bool signalled, const char *bye)
{
	char line[100];

	snprintf(line, sizeof(line), "{\"v\":1,\"seq\":4,\"ev\":\"bye\",\"reason\":\"%s\"}", bye);
	if (*bye)
		say(b, line);
	b->judge.ended_early = b->judge.crashed = true;
	b->judge.exit_code = code;
	b->judge.signalled = signalled;
	snprintf(b->judge.process_text, sizeof(b->judge.process_text), "%s %d",
	         signalled ? "was killed by signal" : "exited with", code);
	b->judge.post_ok = false;
	b->lost_last = true;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < BENCH_ITEMS; i++)
		free(b->items[i].steps);
	return bench_teardown(state);
}

/* ---- rows that end the VM ---- */

static void a_violation_that_ended_the_vm_is_a_pass(void **state)
{
	struct bench *b = *state;

	open_rows(b, BAD_ROW);
	end_by_policy(b, "198.18.0.1");
	bench_expect_clean(b);
}

static void a_violation_that_was_only_dropped_is_a_failure(void **state)
{
	struct bench *b = *state;

	open_rows(b, BAD_ROW);
	bench_drop_event(b, 0);
	strcpy(b->judge.process_text, "exited with 0");
	bench_expect(b, 0, RESULT_FAIL, "the VM was not ended: the backend exited with 0");
}

static void an_end_that_came_too_late_is_a_failure(void **state)
{
	struct bench *b = *state;

	open_rows(b, BAD_ROW);
	strcpy(b->items[0].failure, "the backend did not end the VM within 1000 ms");
	end_by_policy(b, "198.18.0.1");
	bench_expect(b, 0, RESULT_FAIL, "within 1000 ms");
}

static void an_end_for_another_frame_is_a_failure(void **state)
{
	struct bench *b = *state;

	open_rows(b, BAD_ROW);
	end_by_policy(b, "198.18.0.99");
	bench_expect(b, 0, RESULT_FAIL, "for another frame");
}

static void a_violation_that_crossed_is_a_leak_however_it_ended(void **state)
{
	struct bench *b = *state;

	open_rows(b, BAD_ROW);
	bench_seen(b, 0, OUT, "udp $PROVIDER:9 > $T:53");
	end_by_policy(b, "198.18.0.1");
	bench_expect(b, 0, RESULT_FAIL, "crossed the wire: udp");
}

static void what_is_queued_behind_must_not_cross(void **state)
{
	struct recipe_vars vars = {.nonce = "the-follower"};
	struct bench *b = *state;
	size_t entry;

	open_rows(b, BAD_ROW);
	strcpy(b->items[0].follower, vars.nonce);
	entry = bench_frame(b, OUT, "udp $PROVIDER:9 > $CONSUMER", 0, &vars);
	end_by_policy(b, "198.18.0.1");
	bench_expect(b, 0, RESULT_FAIL, "what was queued behind it crossed the wire");
	assert_string_equal(b->tape.entries[entry].comment, "LEAK behind bad");
}

static void an_answer_to_a_violation_is_an_objection(void **state)
{
	struct bench *b = *state;

	open_rows(b, BAD_ROW);
	bench_seen(b, 0, IN, "udp $T:53 > $VM:4000");
	end_by_policy(b, "198.18.0.1");
	bench_expect(b, 0, RESULT_FAIL, "was answered");
}

static void a_crash_is_no_end_by_policy(void **state)
{
	struct bench *b = *state;

	open_rows(b, BAD_ROW);
	end_with(b, 11, true, "");
	bench_expect(b, 0, RESULT_CRASH, "was killed by signal 11");
}

static void another_exit_code_is_no_end_by_policy(void **state)
{
	struct bench *b = *state;

	open_rows(b, BAD_ROW);
	end_with(b, 69, false, "");
	bench_expect(b, 0, RESULT_FAIL, "the VM was not ended: the backend exited with 69");
}

static void without_a_first_sentinel_an_end_proves_nothing(void **state)
{
	struct bench *b = *state;

	open_rows(b, BAD_ROW);
	end_by_policy(b, "198.18.0.1");
	b->judge.pre_ok = false;
	bench_expect(b, 0, RESULT_VACUOUS, "");
}

static void noise_that_ends_the_vm_fails(void **state)
{
	struct bench *b = *state;

	open_rows(b, "| rs | icmp6 [fe80::2] > [ff02::2] rs | drop | noise | SCAN |\n");
	end_by_policy(b, "198.18.0.1");
	bench_expect(b, 0, RESULT_FAIL, "the backend ended by policy: reason not-allowed");
}

/* ---- cases that say how the backend ends ---- */

static void a_case_names_the_reason(void **state)
{
	struct bench *b = *state;

	open_case(b, "inject udp $VM:1 > $T:53\nends violation not-allowed\n");
	end_by_policy(b, "198.18.0.1");
	bench_expect_clean(b);
}

static void another_reason_is_not_what_the_case_names(void **state)
{
	struct bench *b = *state;

	open_case(b, "inject udp $VM:1 > $T:53\nends violation fragment\n");
	end_by_policy(b, "198.18.0.1");
	bench_expect(b, 0, RESULT_FAIL, "reason not-allowed, not fragment");
}

static void a_clean_end_has_exit_code_0_and_its_reason(void **state)
{
	struct bench *b = *state;

	open_case(b, "channel hex \"00000000\"\nends clean bad-frame-length\n");
	end_with(b, 0, false, "bad-frame-length");
	bench_expect_clean(b);
}

static void another_reason_is_no_clean_end(void **state)
{
	struct bench *b = *state;

	open_case(b, "channel hex \"00000000\"\nends clean bad-frame-length\n");
	end_with(b, 0, false, "peer-closed");
	bench_expect(b, 0, RESULT_FAIL,
	             "ended with the reason 'peer-closed', not bad-frame-length");
}

static void giving_up_is_no_clean_end(void **state)
{
	struct bench *b = *state;

	open_case(b, "channel close\nends clean\n");
	end_with(b, 69, false, "");
	bench_expect(b, 0, RESULT_FAIL, "exited with 69, and not cleanly by itself");
}

static void an_end_by_policy_is_no_clean_end(void **state)
{
	struct bench *b = *state;

	open_case(b, "channel close\nends clean\n");
	end_by_policy(b, "198.18.0.1");
	bench_expect(b, 0, RESULT_FAIL, "not cleanly by itself");
}

static void giving_up_is_an_exit_code_of_its_own(void **state)
{
	static const struct {
		int code;
		bool signalled;
		enum result result;
	} ends[] = {
	        {69, false, RESULT_PASS}, {1, false, RESULT_PASS},  {0, false, RESULT_FAIL},
	        {99, false, RESULT_FAIL}, {11, true, RESULT_CRASH},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		void *again = NULL;

		open_case(b, "audit close\nends failed\n");
		end_with(b, ends[i].code, ends[i].signalled, "");
		bench_expect(b, 0, ends[i].result, "");
		teardown(state);
		assert_int_equal(bench_setup(&again), 0);
		*state = b = again;
	}
}

/* ---- events ---- */

#define DROP(port, more)                                                                           \
	"{\"v\":1,\"ev\":\"drop\",\"proto\":\"udp\",\"src\":\"192.168.100.2\",\"sport\":" #port    \
	",\"dst\":\"198.18.0.1\",\"dport\":53,\"reason\":\"not-allowed\"" more "}"

static void suppressed_events_are_counted_with_the_told_ones(void **state)
{
	struct bench *b = *state;

	open_case(b, "event drop src $VM:7 reason not-allowed count 6\nguest udp * > *\n");
	say(b, DROP(7, ""));
	say(b, DROP(7, ",\"suppressed\":4"));
	say(b, DROP(8, ",\"suppressed\":9"));
	bench_expect_clean(b);
}

static void one_event_too_many_fails(void **state)
{
	struct bench *b = *state;

	open_case(b, "event drop reason not-allowed count 1\nguest udp * > *\n");
	say(b, DROP(7, ",\"suppressed\":1"));
	bench_expect(b, 0, RESULT_FAIL, "was said 2 times");
}

static void what_must_not_be_said_fails_the_case(void **state)
{
	struct bench *b = *state;
	size_t entry;

	open_case(b, "none event drop src $VM:7\nguest udp * > *\n");
	say(b, DROP(8, ""));
	entry = say(b, DROP(7, ""));
	bench_expect(b, 0, RESULT_FAIL, "`none event drop src $VM:7` was said 1 time");
	assert_string_equal(b->tape.entries[entry].comment, "must not be said");
}

/* ---- ranges and floods ---- */

static void a_range_holds_its_ends(void **state)
{
	static const struct {
		const char *range;
		unsigned seen;
		bool ok;
	} cases[] = {
	        {"2..3", 1, false}, {"2..3", 2, true}, {"2..3", 3, true},
	        {"2..3", 4, false}, {"2..", 1, false}, {"2..", 4, true},
	        {"..2", 0, true},   {"..2", 2, true},  {"..2", 3, false},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		void *again = NULL;
		char text[100];

		snprintf(text, sizeof(text), "wire udp * > $T:53 payload \"x\" count %s\n",
		         cases[i].range);
		open_case(b, text);
		for (unsigned n = 0; n < cases[i].seen; n++)
			bench_seen(b, 0, OUT, "udp $PROVIDER:9 > $T:53 payload \"x\"");
		bench_judge(b);
		if ((b->items[0].result == RESULT_PASS) != cases[i].ok)
			fail_msg("%s, seen %u times: %s", cases[i].range, cases[i].seen,
			         b->items[0].detail);
		teardown(state);
		assert_int_equal(bench_setup(&again), 0);
		*state = b = again;
	}
}

static void what_was_counted_instead_of_kept_counts(void **state)
{
	struct bench *b = *state;

	open_case(b, "wire udp * > $T:53 count 1000\nevent drop count 500\n");
	bench_seen(b, 0, OUT, "udp $PROVIDER:9 > $T:53");
	say(b, DROP(7, ""));
	b->items[0].steps[0].counted = 999;
	b->items[0].steps[1].counted = 499;
	bench_expect_clean(b);
}

static void a_variable_has_the_value_it_had_when_its_statement_was_reached(void **state)
{
	struct bench *b = *state;
	struct judge_step *steps;

	open_case(b, "wire udp * > $T:53\n"
	             "guest udp $T:53 > $VM:4000 count 1\n"
	             "wire udp $NAT > $T:53 payload \"first\" count 1\n"
	             "wire udp $NAT > $T:53 payload \"second\" count 1\n");
	steps = b->items[0].steps;
	for (size_t i = 0; i < 4; i++) {
		steps[i].reached = true;
		steps[i].vars = b->items[0].vars;
		steps[i].vars.has_nat = i > 1;
		steps[i].vars.nat_ip = LAB_PROVIDER_IP;
		steps[i].vars.nat_port = i == 2 ? 7 : 8;
	}
	bench_seen(b, 0, IN, "udp $T:53 > $VM:4000");
	bench_seen(b, 0, OUT, "udp $PROVIDER:7 > $T:53 payload \"first\"");
	bench_seen(b, 0, OUT, "udp $PROVIDER:8 > $T:53 payload \"second\"");
	bench_expect_clean(b);
}

/* ---- what of TCP and ICMP may cross ---- */

static void a_handshake_of_the_provider_is_a_pass(void **state)
{
	struct bench *b = *state;

	open_rows(b, WEB_ROW);
	bench_seen(b, 0, OUT, "tcp $PROVIDER:9 > 203.0.113.50:80 flags S size 0 tcp.opt=020405b4");
	bench_seen(b, 0, OUT, "tcp $PROVIDER:9 > 203.0.113.50:80 flags S size 0 tcp.opt=020405b4");
	bench_seen(b, 0, OUT, "tcp $PROVIDER:9 > 203.0.113.50:80 flags RA size 0");
	bench_expect_clean(b);
}

static void without_a_syn_nothing_has_crossed(void **state)
{
	struct bench *b = *state;

	open_rows(b, WEB_ROW);
	bench_seen(b, 0, OUT, "tcp $PROVIDER:9 > 203.0.113.50:80 flags A size 0");
	bench_expect(b, 0, RESULT_FAIL, "did not cross the wire");
}

static void a_handshake_with_cargo_or_from_elsewhere_is_a_leak(void **state)
{
	static const char *const wrong[] = {
	        "tcp $PROVIDER:9 > 203.0.113.50:80 flags PA payload \"cargo\"",
	        "tcp $PROVIDER:9 > 203.0.113.50:81 flags S size 0",
	        "tcp $PROVIDER:9 > 203.0.113.51:80 flags S size 0",
	        "tcp $VM:4003 > 203.0.113.50:80 flags S size 0",
	        "tcp $PROVIDER:9 > 203.0.113.50:80 flags S size 0 tcp.cksum=bad",
	        "tcp $PROVIDER:9 > 203.0.113.50:80 flags S size 0 vlan=1",
	        "udp $PROVIDER:9 > 203.0.113.50:80 size 0",
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		void *again = NULL;

		open_rows(b, WEB_ROW);
		bench_seen(b, 0, OUT, "tcp $PROVIDER:9 > 203.0.113.50:80 flags S size 0");
		bench_seen(b, 0, OUT, wrong[i]);
		bench_judge(b);
		if (b->items[0].result != RESULT_FAIL || !strstr(b->items[0].detail, "crossed"))
			fail_msg("%s is no leak", wrong[i]);
		teardown(state);
		assert_int_equal(bench_setup(&again), 0);
		*state = b = again;
	}
}

/* Their segments are alike; each belongs to the row that was sent last before it. */
static void rows_to_one_place_are_told_apart_by_when_they_were_sent(void **state)
{
	struct bench *b = *state;

	open_strict(b, BENCH_TABLE,
	            WEB_ROW
	            "| again | tcp $VM:4004 > 203.0.113.50:80 size 0 | pass | yes | SCAN |\n");
	bench_send(b, 0);
	bench_seen(b, 0, OUT, "tcp $PROVIDER:9 > 203.0.113.50:80 flags S size 0");
	bench_send(b, 1);
	bench_expect(b, 0, RESULT_PASS, "");
	bench_expect(b, 1, RESULT_FAIL, "did not cross the wire");
}

int main(void)
{
#define END_TEST(f) cmocka_unit_test_setup_teardown(f, bench_setup, teardown)
	const struct CMUnitTest tests[] = {
	        END_TEST(a_violation_that_ended_the_vm_is_a_pass),
	        END_TEST(a_violation_that_was_only_dropped_is_a_failure),
	        END_TEST(an_end_that_came_too_late_is_a_failure),
	        END_TEST(an_end_for_another_frame_is_a_failure),
	        END_TEST(a_violation_that_crossed_is_a_leak_however_it_ended),
	        END_TEST(what_is_queued_behind_must_not_cross),
	        END_TEST(an_answer_to_a_violation_is_an_objection),
	        END_TEST(a_crash_is_no_end_by_policy),
	        END_TEST(another_exit_code_is_no_end_by_policy),
	        END_TEST(without_a_first_sentinel_an_end_proves_nothing),
	        END_TEST(noise_that_ends_the_vm_fails),
	        END_TEST(a_case_names_the_reason),
	        END_TEST(another_reason_is_not_what_the_case_names),
	        END_TEST(a_clean_end_has_exit_code_0_and_its_reason),
	        END_TEST(another_reason_is_no_clean_end),
	        END_TEST(giving_up_is_no_clean_end),
	        END_TEST(an_end_by_policy_is_no_clean_end),
	        END_TEST(giving_up_is_an_exit_code_of_its_own),
	        END_TEST(suppressed_events_are_counted_with_the_told_ones),
	        END_TEST(one_event_too_many_fails),
	        END_TEST(what_must_not_be_said_fails_the_case),
	        END_TEST(a_range_holds_its_ends),
	        END_TEST(what_was_counted_instead_of_kept_counts),
	        END_TEST(a_variable_has_the_value_it_had_when_its_statement_was_reached),
	        END_TEST(a_handshake_of_the_provider_is_a_pass),
	        END_TEST(without_a_syn_nothing_has_crossed),
	        END_TEST(a_handshake_with_cargo_or_from_elsewhere_is_a_leak),
	        END_TEST(rows_to_one_place_are_told_apart_by_when_they_were_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
