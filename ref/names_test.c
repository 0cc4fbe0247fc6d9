/* SPDX-License-Identifier: ISC */
/* names_test.c: the service as a whole: a guest's query on its way through records, cache and resolver; the gate's
 * own questions; a new policy. */
#include "ref/names_rig.h"

#define OK     RIG("\2ok\4test\0")
#define NO     RIG("\2no\4test\0")
#define WILD   RIG("\1A\4wILd\4test\0")
#define A      RIG(RIG_A)
#define AAAA   RIG(RIG_AAAA)
#define GLOBAL 0x6300000fu

static const struct record *last_record(void)
{
	assert_true(rig.record_count);
	return &rig.records[rig.record_count - 1].record;
}

static void assert_record(enum record_verdict verdict, enum reason reason, const char *name)
{
	const struct record *record = last_record();

	assert_int_equal(record->kind, RECORD_DNS);
	assert_int_equal(record->verdict, verdict);
	assert_int_equal(record->reason, reason);
	assert_string_equal(record->name, name);
	assert_int_equal(record->src, 0xc0a86402);
	assert_int_equal(record->dst, 0xc0a86401);
	assert_int_equal(record->dport, DNS_PORT);
}

static void a_name_of_hosts_is_answered_when_its_record_is_written(void **state)
{
	const int guest = rig_guest(IPV4_UDP, 4000);
	uint32_t ip;

	(void)state;
	rig_send(guest, rig_query(7, OK, A));
	assert_int_equal(rig.record_count, 1);
	assert_record(RECORD_ALLOW, REASON_NONE, "ok.test");
	assert_int_equal(last_record()->proto, IPV4_UDP);
	assert_int_equal(last_record()->sport, 4000);
	assert_int_equal(last_record()->type, DNS_TYPE_A);
	assert_true(names_is_recording(rig.names));
	assert_int_equal(rig_receive(guest).n, 0); /* not before */
	rig_ack();
	assert_false(names_is_recording(rig.names));
	assert_int_equal(rig_rcode(rig_receive(guest), 7, &ip), DNS_NOERROR);
	assert_int_equal(ip, RIG_OK);
	assert_int_equal(rig.dial_count, 0);
	assert_int_equal(rig.record_count, 1);
	close(guest);
}

static void a_denied_name_is_recorded_answered_and_asked_of_nobody(void **state)
{
	const int guest = rig_guest(IPV4_UDP, 4000);

	(void)state;
	rig_send(guest, rig_query(7, NO, A));
	assert_record(RECORD_DENY, REASON_NAME_DENIED, "no.test");
	assert_int_equal(rig_receive(guest).n, 0);
	rig_ack();
	assert_int_equal(rig_rcode(rig_receive(guest), 7, NULL), DNS_NXDOMAIN);
	rig_send(guest, rig_query(8, WILD, AAAA));
	assert_record(RECORD_EMPTY, REASON_NONE, "a.wild.test");
	assert_int_equal(last_record()->type, DNS_TYPE_AAAA);
	rig_ack();
	assert_int_equal(rig_rcode(rig_receive(guest), 8, NULL), DNS_NOERROR);
	assert_int_equal(rig.dial_count, 0);
	close(guest);
}

static void the_resolver_is_asked_after_the_record_in_our_spelling(void **state)
{
	const int guest = rig_guest(IPV4_UDP, 4000);
	struct rd asked;
	uint32_t ip;
	int resolver;

	(void)state;
	rig_send(guest, rig_query(7, WILD, A));
	assert_record(RECORD_ALLOW, REASON_NONE, "a.wild.test");
	assert_int_equal(rig.dial_count, 0); /* not even a socket */
	rig_ack();
	assert_int_equal(rig.dial_count, 1);
	assert_int_equal(rig.dials[0].proto, IPV4_UDP);
	resolver = rig_dialled(0);
	asked = rig_receive(resolver);
	/* every random byte is 1: of eight letters the first is upper case */
	assert_memory_equal(asked.p, "\1\1\1\0\0\1\0\0\0\0\0\1\1A\4wild\4tEst\0" RIG_A, 29);
	rig_send(resolver, rig_answer(asked, GLOBAL, 60));
	assert_int_equal(rig_rcode(rig_receive(guest), 7, &ip), DNS_NOERROR);
	assert_int_equal(ip, GLOBAL);
	assert_int_equal(rig.record_count, 1);

	/* now it is known: a record, and no question */
	rig_send(guest, rig_query(8, WILD, A));
	assert_int_equal(rig.record_count, 2);
	rig_ack();
	assert_int_equal(rig_rcode(rig_receive(guest), 8, &ip), DNS_NOERROR);
	assert_int_equal(ip, GLOBAL);
	assert_int_equal(rig.dial_count, 1);

	/* until its time is over */
	rig_pass(60 * RIG_S);
	rig_send(guest, rig_query(9, WILD, A));
	rig_ack();
	assert_int_equal(rig.dial_count, 2);
	close(resolver);
	close(guest);
}

static void an_answer_of_zero_seconds_is_for_who_asked_and_nobody_else(void **state)
{
	const int guest = rig_guest(IPV4_UDP, 4000);
	int resolver;
	uint32_t ip;

	(void)state;
	rig_send(guest, rig_query(7, WILD, A));
	rig_ack();
	resolver = rig_dialled(0);
	rig_send(resolver, rig_answer(rig_receive(resolver), GLOBAL, 0));
	assert_int_equal(rig_rcode(rig_receive(guest), 7, &ip), DNS_NOERROR);
	assert_int_equal(ip, GLOBAL);
	close(resolver);

	/* and the second time it is another: rebinding */
	rig_send(guest, rig_query(8, WILD, A));
	rig_ack();
	resolver = rig_dialled(1);
	rig_send(resolver, rig_answer(rig_receive(resolver), 0xc0a80101, 0));
	assert_record(RECORD_DENY, REASON_NAME_PRIVATE, "a.wild.test");
	assert_int_equal(rig_receive(guest).n, 0); /* the second record is waited for as well */
	rig_ack();
	assert_int_equal(rig_rcode(rig_receive(guest), 8, &ip), DNS_SERVFAIL);
	assert_int_equal(ip, 0);
	assert_int_equal(rig.record_count, 3);
	close(resolver);
	close(guest);
}

static void what_the_resolver_does_not_know_the_guest_is_told(void **state)
{
	const uint8_t codes[] = {DNS_NOERROR, DNS_NXDOMAIN};
	const int guest = rig_guest(IPV4_UDP, 4000);

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		int resolver;

		rig_send(guest, rig_query(7, WILD, A));
		rig_ack();
		resolver = rig_dialled(i);
		rig_send(resolver, rig_answer_code(rig_receive(resolver), codes[i]));
		assert_int_equal(rig_rcode(rig_receive(guest), 7, NULL), codes[i]);
		assert_int_equal(rig.record_count, i + 1);
		close(resolver);
	}
	close(guest);
}

static void a_resolver_that_fails_is_recorded(void **state)
{
	const int guest = rig_guest(IPV4_UDP, 4000);
	int resolver;

	(void)state;
	rig_send(guest, rig_query(7, WILD, A));
	rig_ack();
	resolver = rig_dialled(0);
	rig_send(resolver, rig_answer_code(rig_receive(resolver), DNS_SERVFAIL));
	assert_record(RECORD_FAILED, REASON_RESOLVER_FAILED, "a.wild.test");
	assert_string_equal(last_record()->detail, "");
	rig_ack();
	assert_int_equal(rig_rcode(rig_receive(guest), 7, NULL), DNS_SERVFAIL);
	close(resolver);

	rig_send(guest, rig_query(8, WILD, A));
	rig_ack();
	resolver = rig_dialled(1);
	{
		const struct rd asked = rig_receive(resolver);

		rig_send(resolver, rd_of(asked.p, 0)); /* of no bytes: foreign */
		rig_send(resolver, rd_of(rig_answer(asked, GLOBAL, 60).p, asked.n));
	}
	assert_record(RECORD_FAILED, REASON_RESOLVER_FAILED, "a.wild.test");
	assert_string_equal(last_record()->detail, "short");
	rig_ack();
	assert_int_equal(rig_rcode(rig_receive(guest), 8, NULL), DNS_SERVFAIL);
	close(resolver);
	close(guest);
}

static void in_synthetic_nobody_is_asked_for_anything(void **state)
{
	const int guest = rig_guest(IPV4_UDP, 4000);
	struct names_result result;
	uint32_t ip;

	(void)state;
	rig.web.dns = POLICY_DNS_SYNTHETIC;
	names_change(rig.names, &rig.web, rig.now_ns);
	rig_send(guest, rig_query(7, OK, A));
	rig_ack();
	assert_int_equal(rig_rcode(rig_receive(guest), 7, &ip), DNS_NOERROR);
	assert_int_equal(ip, RIG_OK);
	rig_send(guest, rig_query(8, WILD, A));
	assert_record(RECORD_EMPTY, REASON_NONE, "a.wild.test");
	rig_ack();
	assert_int_equal(rig_rcode(rig_receive(guest), 8, &ip), DNS_NOERROR);
	assert_int_equal(ip, 0);
	assert_int_equal(names_resolve(rig.names, "a.wild.test", 1, rig.now_ns, &result),
	                 NAMES_FAILED);
	assert_int_equal(result.reason, REASON_NAME_UNKNOWN);
	assert_int_equal(rig.dial_count, 0);
	close(guest);
}

/* ---- the gate's own ---- */

static void the_gate_is_told_what_it_asked_for(void **state)
{
	struct names_result result;
	int resolver;

	(void)state;
	assert_int_equal(names_resolve(rig.names, "ok.test", 1, rig.now_ns, &result), NAMES_READY);
	assert_true(result.hosts);
	assert_int_equal(result.addresses[0], RIG_OK);
	assert_int_equal(names_resolve(rig.names, "no.test", 1, rig.now_ns, &result), NAMES_FAILED);
	assert_int_equal(result.reason, REASON_NAME_DENIED);
	assert_int_equal(names_resolve(rig.names, "a..test", 1, rig.now_ns, &result), NAMES_FAILED);
	assert_int_equal(result.reason, REASON_NAME_DENIED);
	assert_int_equal(rig.dial_count, 0);

	assert_int_equal(names_resolve(rig.names, "a.wild.test", 5, rig.now_ns, &result),
	                 NAMES_WAIT);
	assert_int_equal(names_resolve(rig.names, "a.wild.test", 6, rig.now_ns, &result),
	                 NAMES_WAIT);
	assert_int_equal(names_resolve(rig.names, "a.wild.test", 7, rig.now_ns, &result),
	                 NAMES_WAIT);
	names_forget(rig.names, 6);
	assert_int_equal(rig.dial_count, 1); /* one question for all */
	resolver = rig_dialled(0);
	rig_send(resolver, rig_answer(rig_receive(resolver), GLOBAL, 60));
	assert_int_equal(rig.told_count, 2);
	assert_int_equal(rig.told[0].asker, 5);
	assert_int_equal(rig.told[1].asker, 7);
	assert_int_equal(rig.told[1].result.status, NAMES_READY);
	assert_int_equal(rig.told[1].result.addresses[0], GLOBAL);
	assert_false(rig.told[1].result.hosts);
	assert_int_equal(rig.record_count, 0);
	assert_int_equal(names_resolve(rig.names, "a.wild.test", 8, rig.now_ns, &result),
	                 NAMES_READY);
	close(resolver);
}

static void guest_and_gate_share_one_question(void **state)
{
	const int guest = rig_guest(IPV4_UDP, 4000);
	struct names_result result;
	int resolver;

	(void)state;
	assert_int_equal(names_resolve(rig.names, "a.wild.test", 5, rig.now_ns, &result),
	                 NAMES_WAIT);
	rig_send(guest, rig_query(1, WILD, A));
	rig_send(guest, rig_query(2, WILD, A));
	rig_ack();
	assert_int_equal(rig.dial_count, 1);
	resolver = rig_dialled(0);
	rig_send(resolver, rig_answer(rig_receive(resolver), GLOBAL, 0));
	assert_int_equal(rig.told_count, 1);
	assert_int_equal(rig_rcode(rig_receive(guest), 1, NULL), DNS_NOERROR);
	assert_int_equal(rig_rcode(rig_receive(guest), 2, NULL), DNS_NOERROR);
	close(resolver);
	close(guest);
}

static void who_is_told_may_ask_again(void **state)
{
	struct names_result result;
	int resolver;

	(void)state;
	assert_int_equal(names_resolve(rig.names, "a.wild.test", 5, rig.now_ns, &result),
	                 NAMES_WAIT);
	assert_int_equal(names_resolve(rig.names, "a.wild.test", 9, rig.now_ns, &result),
	                 NAMES_WAIT);
	rig.asks_again = 5;
	resolver = rig_dialled(0);
	rig_send(resolver, rig_answer(rig_receive(resolver), GLOBAL, 0));
	assert_int_equal(rig.told_count, 2); /* of the new question nobody was told yet */
	assert_int_equal(rig.dial_count, 2);
	close(resolver);
	resolver = rig_dialled(1);
	rig_send(resolver, rig_answer(rig_receive(resolver), GLOBAL + 1, 0));
	assert_int_equal(rig.told_count, 3);
	assert_int_equal(rig.told[2].asker, 6);
	assert_int_equal(rig.told[2].result.addresses[0], GLOBAL + 1);
	close(resolver);
}

static void more_who_wait_than_there_is_room_for_are_refused(void **state)
{
	struct names_result result;

	(void)state;
	for (uint32_t i = 0; i < NAMES_WAITS_MAX; i++)
		assert_int_equal(names_resolve(rig.names, "a.wild.test", i, rig.now_ns, &result),
		                 NAMES_WAIT);
	assert_int_equal(names_resolve(rig.names, "a.wild.test", 9999, rig.now_ns, &result),
	                 NAMES_FAILED);
	assert_int_equal(result.reason, REASON_GATE_FULL);
	names_forget(rig.names, 3);
	assert_int_equal(names_resolve(rig.names, "a.wild.test", 9999, rig.now_ns, &result),
	                 NAMES_WAIT);
}

static void more_questions_than_lines_are_refused(void **state)
{
	const int guest = rig_guest(IPV4_UDP, 4000);
	struct names_result result;
	char name[32];

	(void)state;
	for (unsigned i = 0; i < NAMES_LINES_MAX; i++) {
		snprintf(name, sizeof(name), "n%u.wild.test", i);
		assert_int_equal(names_resolve(rig.names, name, i, rig.now_ns, &result),
		                 NAMES_WAIT);
	}
	assert_int_equal(names_resolve(rig.names, "x.wild.test", 99, rig.now_ns, &result),
	                 NAMES_FAILED);
	assert_int_equal(result.reason, REASON_GATE_FULL);
	rig_send(guest, rig_query(1, WILD, A));
	rig_ack();
	assert_record(RECORD_FAILED, REASON_GATE_FULL, "a.wild.test");
	assert_int_equal(rig_rcode(rig_receive(guest), 1, NULL), DNS_SERVFAIL);
	assert_int_equal(rig.dial_count, NAMES_LINES_MAX);
	rig_pass(NAMES_PATIENCE_NS); /* nobody answers: they are free again */
	assert_int_equal(rig.told_count, NAMES_LINES_MAX);
	assert_int_equal(names_resolve(rig.names, "x.wild.test", 99, rig.now_ns, &result),
	                 NAMES_WAIT);
	close(guest);
}

/* ---- a new policy ---- */

static void a_new_policy_forgets_what_the_old_one_knew(void **state)
{
	struct names_result result;
	int resolver;

	(void)state;
	assert_int_equal(names_resolve(rig.names, "a.wild.test", 5, rig.now_ns, &result),
	                 NAMES_WAIT);
	resolver = rig_dialled(0);
	rig_send(resolver, rig_answer(rig_receive(resolver), GLOBAL, 60));
	names_change(rig.names, &rig.web, rig.now_ns);
	assert_int_equal(names_resolve(rig.names, "a.wild.test", 5, rig.now_ns, &result),
	                 NAMES_WAIT);
	close(resolver);
}

static void questions_that_the_new_policy_allows_go_on(void **state)
{
	struct names_result result;
	int resolver;

	(void)state;
	names_resolve(rig.names, "a.wild.test", 5, rig.now_ns, &result);
	resolver = rig_dialled(0);
	names_change(rig.names, &rig.web, rig.now_ns);
	assert_int_equal(rig.told_count, 0);
	rig_send(resolver, rig_answer(rig_receive(resolver), GLOBAL, 60));
	assert_int_equal(rig.told[0].result.status, NAMES_READY);
	close(resolver);
}

static void questions_that_it_does_not_are_given_up(void **state)
{
	const int guest = rig_guest(IPV4_UDP, 4000);
	struct names_result result;
	int resolver;

	(void)state;
	names_resolve(rig.names, "a.wild.test", 5, rig.now_ns, &result);
	rig_send(guest, rig_query(1, WILD, A));
	rig_ack();
	rig_send(guest, rig_query(2, WILD, A)); /* recorded as allowed, not written yet */
	resolver = rig_dialled(0);
	rig.web.name_count = 1; /* ok.test alone */
	names_change(rig.names, &rig.web, rig.now_ns);
	assert_int_equal(rig.told_count, 1);
	assert_int_equal(rig.told[0].result.reason, REASON_NAME_DENIED);
	assert_record(RECORD_DENY, REASON_NAME_DENIED, "a.wild.test");
	rig_ack();
	assert_int_equal(rig_rcode(rig_receive(guest), 1, NULL), DNS_NXDOMAIN);
	rig_ack();
	assert_int_equal(rig_rcode(rig_receive(guest), 2, NULL), DNS_NXDOMAIN);
	assert_int_equal(rig.record_count, 4);
	assert_int_equal(rig.dial_count, 1);
	close(resolver);
	close(guest);
}

static void another_resolver_gets_none_of_the_old_ones_questions(void **state)
{
	struct names_result result;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		names_resolve(rig.names, "a.wild.test", 5, rig.now_ns, &result);
		if (i == 0)
			rig.web.resolver_ip++;
		else if (i == 1)
			rig.web.resolver_port++;
		else
			rig.web.dns = POLICY_DNS_SYNTHETIC;
		names_change(rig.names, &rig.web, rig.now_ns);
		assert_int_equal(rig.told_count, i + 1);
		assert_int_equal(rig.told[i].result.reason, REASON_RESOLVER_FAILED);
	}
	assert_int_equal(rig.dial_count, 3);
	assert_int_equal(rig.dials[1].ip, RIG_RESOLVER + 1);
	assert_int_equal(rig.dials[2].port, DNS_PORT + 1);
}

static void tokens_that_are_stale_or_nonsense_do_nothing(void **state)
{
	const int guest = rig_guest(IPV4_UDP, 4000);
	int ends[2];

	(void)state;
	rig_send(guest, rig_query(7, OK, A));
	names_recorded(rig.names, rig.records[0].token + (1u << 12), rig.now_ns);
	names_recorded(rig.names, 0, rig.now_ns);
	names_recorded(rig.names, UINT32_MAX, rig.now_ns);
	names_recorded(rig.names, names_token(NAMES_KIND_QUERY, 1, 4095), rig.now_ns);
	names_ready(rig.names, 0, EPOLLIN, rig.now_ns);
	names_ready(rig.names, names_token(NAMES_KIND_CLIENT, 0, 4095), EPOLLIN, rig.now_ns);
	names_ready(rig.names, names_token(NAMES_KIND_LINE, 0, 4095), EPOLLIN, rig.now_ns);
	assert_int_equal(rig_receive(guest).n, 0);
	rig_ack();
	names_recorded(rig.names, rig.records[0].token, rig.now_ns); /* twice */
	assert_int_equal(rig_rcode(rig_receive(guest), 7, NULL), DNS_NOERROR);
	assert_int_equal(rig_receive(guest).n, 0);

	rig_pair(SOCK_DGRAM, ends);
	names_dialled(rig.names, names_token(NAMES_KIND_LINE, 0, 0), ends[0], rig.now_ns);
	assert_true(send(ends[1], "x", 1, MSG_NOSIGNAL) < 0); /* it was closed */
	names_dialled(rig.names, names_token(NAMES_KIND_LINE, 0, 0), -1, rig.now_ns);
	close(ends[1]);
	close(guest);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_name_of_hosts_is_answered_when_its_record_is_written),
	        TEST(a_denied_name_is_recorded_answered_and_asked_of_nobody),
	        TEST(the_resolver_is_asked_after_the_record_in_our_spelling),
	        TEST(an_answer_of_zero_seconds_is_for_who_asked_and_nobody_else),
	        TEST(what_the_resolver_does_not_know_the_guest_is_told),
	        TEST(a_resolver_that_fails_is_recorded),
	        TEST(in_synthetic_nobody_is_asked_for_anything),
	        TEST(the_gate_is_told_what_it_asked_for),
	        TEST(guest_and_gate_share_one_question),
	        TEST(who_is_told_may_ask_again),
	        TEST(more_who_wait_than_there_is_room_for_are_refused),
	        TEST(more_questions_than_lines_are_refused),
	        TEST(a_new_policy_forgets_what_the_old_one_knew),
	        TEST(questions_that_the_new_policy_allows_go_on),
	        TEST(questions_that_it_does_not_are_given_up),
	        TEST(another_resolver_gets_none_of_the_old_ones_questions),
	        TEST(tokens_that_are_stale_or_nonsense_do_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
