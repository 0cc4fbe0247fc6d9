/* SPDX-License-Identifier: ISC */
/* verdict_web_test.c: which packets are the gate's: the gateway's DNS, and ports of TLS and HTTP at any
 * address that can be a destination. */
#include "ref/verdict_bench.h"

#define GATEWAY 0xc0a86401u
#define ANYBODY 0x6300000au

static int set_up_web(void **state)
{
	struct bench *b;

	set_up_rules(state);
	b = *state;
	b->policy.web = (struct policy_web){.dns = POLICY_DNS_SYNTHETIC,
	                                    .tls = POLICY_TLS_SPLICE,
	                                    .tls_ports = {443, 8443},
	                                    .tls_port_count = 2,
	                                    .http_ports = {80},
	                                    .http_port_count = 1};
	return 0;
}

/* A SYN or a datagram to there. */
static enum verdict_kind to(struct bench *b, uint8_t proto, uint32_t ip, uint16_t port)
{
	if (proto == IPV4_TCP)
		LOAD(b, tcp_syn);
	else
		LOAD(b, udp_allowed);
	set_ip(b, AT_IP_DST, ip);
	set_port(b, AT_L4 + 2, port);
	return judge(b);
}

static void what_is_the_gates_opens_a_flow_without_a_rule(void **state)
{
	static const struct {
		uint8_t proto;
		uint32_t ip;
		uint16_t port;
	} rows[] = {
	        {IPV4_UDP, GATEWAY, 53},   {IPV4_TCP, GATEWAY, 53}, {IPV4_TCP, ANYBODY, 443},
	        {IPV4_TCP, ANYBODY, 8443}, {IPV4_TCP, ANYBODY, 80}, {IPV4_TCP, 0xc6120001, 443},
	};
	struct bench *b = *state;

	for (enum policy_mode mode = POLICY_CONNTRACK; mode <= POLICY_FILTERED; mode++)
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			b->policy.mode = mode;
			if (to(b, rows[i].proto, rows[i].ip, rows[i].port) != VERDICT_NEW_FLOW)
				fail_msg("row %zu", i);
			assert_null(b->verdict.rule);
			assert_true(b->verdict.checked);
			assert_int_equal(b->verdict.key.peer_ip, rows[i].ip);
		}
}

static void what_is_beside_it_is_dropped_as_ever(void **state)
{
	static const struct {
		enum reason reason;
		uint32_t ip;
		uint16_t port;
		uint8_t proto;
	} rows[] = {
	        {REASON_WRONG_DESTINATION_IP, GATEWAY, 54, IPV4_UDP},
	        {REASON_WRONG_DESTINATION_IP, GATEWAY, 443, IPV4_TCP},
	        {REASON_WRONG_DESTINATION_IP, GATEWAY, 80, IPV4_TCP},
	        {REASON_NOT_ALLOWED, ANYBODY, 53, IPV4_UDP},
	        {REASON_NOT_ALLOWED, ANYBODY, 53, IPV4_TCP},
	        {REASON_NOT_ALLOWED, ANYBODY, 443, IPV4_UDP},
	        {REASON_NOT_ALLOWED, ANYBODY, 80, IPV4_UDP},
	        {REASON_NOT_ALLOWED, ANYBODY, 444, IPV4_TCP},
	        {REASON_WRONG_DESTINATION_IP, 0x7f000001, 443, IPV4_TCP},
	        {REASON_WRONG_DESTINATION_IP, 0xe0000001, 443, IPV4_TCP},
	        {REASON_WRONG_DESTINATION_IP, 0xc0a864ff, 443, IPV4_TCP},
	        {REASON_WRONG_DESTINATION_IP, 0xc0a86402, 443, IPV4_TCP},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(to(b, rows[i].proto, rows[i].ip, rows[i].port), VERDICT_DROP);
		assert_string_equal(reason_name(b->verdict.reason), reason_name(rows[i].reason));
		assert_true(b->verdict.violation);
	}
}

static void what_is_off_is_nobodys(void **state)
{
	struct bench *b = *state;

	b->policy.web.dns = POLICY_DNS_OFF;
	assert_int_equal(to(b, IPV4_UDP, GATEWAY, 53), VERDICT_DROP);
	assert_int_equal(b->verdict.reason, REASON_WRONG_DESTINATION_IP);
	b->policy.web.tls = POLICY_TLS_OFF;
	assert_int_equal(to(b, IPV4_TCP, ANYBODY, 443), VERDICT_DROP);
	assert_int_equal(b->verdict.reason, REASON_NOT_ALLOWED);
	assert_int_equal(to(b, IPV4_TCP, ANYBODY, 80), VERDICT_NEW_FLOW);
	b->policy.web.http_port_count = 0;
	assert_int_equal(to(b, IPV4_TCP, ANYBODY, 80), VERDICT_DROP);
}

static void rules_go_on_beside_it(void **state)
{
	struct bench *b = *state;

	LOAD(b, udp_allowed);
	assert_int_equal(judge(b), VERDICT_NEW_FLOW);
	assert_string_equal(b->verdict.rule->id, "udp");
	LOAD(b, echo_request);
	assert_int_equal(judge(b), VERDICT_ANSWER_ECHO);
	LOAD(b, dhcp_discover);
	assert_int_equal(judge(b), VERDICT_ANSWER_DHCP);
}

static void a_flow_of_the_gates_goes_on_while_the_port_is_its(void **state)
{
	struct bench *b = *state;

	to(b, IPV4_TCP, ANYBODY, 443);
	flow_add(&b->table, &b->verdict.key, false, 3, 0);
	assert_int_equal(judge(b), VERDICT_FORWARD);
	b->policy.web.tls = POLICY_TLS_OFF;
	assert_drop(b, REASON_NOT_ALLOWED);
}

static void a_segment_to_the_gates_port_opens_nothing(void **state)
{
	struct bench *b = *state;

	LOAD(b, tcp_segment);
	set_ip(b, AT_IP_DST, ANYBODY);
	set_port(b, AT_L4 + 2, 443);
	assert_drop(b, REASON_TCP_NO_CONNECTION);
	assert_true(b->verdict.reset);
	assert_false(b->verdict.violation);
}

static void a_question_of_no_bytes_is_none(void **state)
{
	struct bench *b = *state;

	LOAD(b, udp_allowed);
	b->frame[AT_IP + 3] = 28; /* headers, and nothing else */
	b->frame[AT_L4 + 5] = 8;
	fix(b);
	assert_int_equal(judge(b), VERDICT_NEW_FLOW); /* for others that is a datagram */
	set_ip(b, AT_IP_DST, GATEWAY);
	set_port(b, AT_L4 + 2, 53);
	assert_drop(b, REASON_DNS_MALFORMED);
	assert_true(b->verdict.violation);
	b->policy.web.dns = POLICY_DNS_OFF;
	assert_drop(b, REASON_WRONG_DESTINATION_IP);
}

static void whom_a_service_belongs_to_needs_a_gate(void **state)
{
	struct bench *b = *state;
	struct policy_web *web = &b->policy.web;

	assert_true(policy_needs_gate(&b->policy));
	*web = (struct policy_web){0};
	assert_false(policy_needs_gate(&b->policy));
	web->dns = POLICY_DNS_FORWARD;
	assert_true(policy_needs_gate(&b->policy));
	*web = (struct policy_web){.tls = POLICY_TLS_MITM};
	assert_true(policy_needs_gate(&b->policy));
	*web = (struct policy_web){.http_port_count = 1};
	assert_true(policy_needs_gate(&b->policy));
}

#define WEB_TEST(test) cmocka_unit_test_setup(test, set_up_web)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WEB_TEST(what_is_the_gates_opens_a_flow_without_a_rule),
	        WEB_TEST(what_is_beside_it_is_dropped_as_ever),
	        WEB_TEST(what_is_off_is_nobodys),
	        WEB_TEST(rules_go_on_beside_it),
	        WEB_TEST(a_flow_of_the_gates_goes_on_while_the_port_is_its),
	        WEB_TEST(a_segment_to_the_gates_port_opens_nothing),
	        WEB_TEST(a_question_of_no_bytes_is_none),
	        WEB_TEST(whom_a_service_belongs_to_needs_a_gate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
