/* SPDX-License-Identifier: ISC */
/* verdict_tcp_test.c: which segments open, which belong to a connection, and which are told off; and
 * the echo that is a flow like them. */
#include "ref/verdict_bench.h"

static void a_syn_opens_and_its_segments_follow(void **state)
{
	struct bench *b = *state;
	uint32_t number;

	LOAD(b, tcp_syn_options);
	assert_int_equal(judge(b), VERDICT_NEW_FLOW);
	assert_string_equal(b->verdict.rule->id, "tcp");
	assert_int_equal(b->verdict.key.proto, IPV4_TCP);
	assert_int_equal(b->verdict.key.guest_port, 40000);
	assert_int_equal(b->verdict.key.peer_port, 51900);
	assert_int_equal(b->verdict.tcp.seq, 1000);
	assert_int_equal(b->verdict.tcp.mss, 1460);
	assert_int_equal(b->verdict.tcp.window_scale, 7);
	assert_true(b->verdict.tcp.sack_permitted);
	assert_int_equal(b->verdict.payload.n, 0);
	number = flow_add(&b->table, &b->verdict.key, false, 3, 0);
	assert_int_equal(judge(b), VERDICT_FORWARD); /* sent again */
	LOAD(b, tcp_segment);
	assert_int_equal(judge(b), VERDICT_FORWARD);
	assert_int_equal(b->verdict.flow, number);
	assert_int_equal(b->verdict.tcp.payload.n, 5);
	assert_int_equal(b->verdict.tcp.sack_count, 1);
	assert_true(b->verdict.tuple.has_ports);
}

static void only_a_syn_alone_opens(void **state)
{
	static const struct {
		uint8_t flags;
		bool reset;
	} rows[] = {
	        {TCP_SEG_SYN | TCP_SEG_ACK, true},  {TCP_SEG_ACK, true},
	        {TCP_SEG_ACK | TCP_SEG_FIN, true},  {TCP_SEG_RST, false},
	        {TCP_SEG_RST | TCP_SEG_ACK, false},
	};
	struct bench *b = *state;

	for (enum policy_mode mode = POLICY_DIRECT; mode <= POLICY_FILTERED; mode++) {
		b->policy.mode = mode;
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			LOAD(b, tcp_syn);
			b->frame[AT_TCP_FLAGS] = rows[i].flags;
			fix(b);
			assert_drop(b, REASON_TCP_NO_CONNECTION);
			assert_int_equal(b->verdict.reset, rows[i].reset);
			assert_false(b->verdict.violation);
		}
		LOAD(b, tcp_syn);
		b->frame[AT_TCP_FLAGS] = TCP_SEG_SYN | TCP_SEG_PSH;
		fix(b);
		assert_int_equal(judge(b), VERDICT_NEW_FLOW);
	}
}

/* Only a SYN asks to be told. */
static void a_stray_segment_to_a_denied_endpoint_gets_no_reset(void **state)
{
	struct bench *b = *state;

	b->policy.reset_denied_tcp = true;
	LOAD(b, tcp_segment);
	set_port(b, AT_L4 + 2, 443);
	assert_drop(b, REASON_NOT_ALLOWED);
	assert_true(b->verdict.violation);
	assert_false(b->verdict.reset);
	b->policy.mode = POLICY_DIRECT;
	assert_drop(b, REASON_TCP_NO_CONNECTION);
	assert_true(b->verdict.reset);
}

static void a_denied_syn_is_reset_when_the_policy_says_so(void **state)
{
	struct bench *b = *state;

	LOAD(b, tcp_syn);
	set_ip(b, AT_IP_DST, 0xc6120001);
	assert_drop(b, REASON_NOT_ALLOWED);
	assert_false(b->verdict.reset);
	b->policy.reset_denied_tcp = true;
	assert_drop(b, REASON_NOT_ALLOWED);
	assert_true(b->verdict.reset);
	assert_int_equal(b->verdict.tcp.seq, 1); /* what the RST is made of */
	assert_int_equal(b->verdict.tuple.dport, 51900);
	/* The gateway can say it, nobody cannot; a datagram is not told. */
	set_ip(b, AT_IP_DST, b->policy.gateway_ip);
	assert_drop(b, REASON_WRONG_DESTINATION_IP);
	assert_true(b->verdict.reset);
	set_ip(b, AT_IP_DST, 0x7f000001);
	assert_drop(b, REASON_WRONG_DESTINATION_IP);
	assert_false(b->verdict.reset);
	LOAD(b, udp_allowed);
	set_port(b, AT_L4 + 2, 53);
	assert_drop(b, REASON_NOT_ALLOWED);
	assert_false(b->verdict.reset);
}

static void tcp_has_a_limit_of_its_own_within_that_of_all_flows(void **state)
{
	struct bench *b = *state;

	for (uint16_t port = 1; port <= 4; port++) {
		LOAD(b, tcp_syn_options);
		set_port(b, AT_L4, port);
		assert_int_equal(judge(b), VERDICT_NEW_FLOW);
		flow_add(&b->table, &b->verdict.key, false, 3, 0);
	}
	set_port(b, AT_L4, 5);
	assert_drop(b, REASON_TCP_TABLE_FULL);
	assert_false(b->verdict.violation);
	assert_false(b->verdict.reset); /* the guest tries again, and may find room */
	LOAD(b, udp_allowed);
	for (uint16_t port = 1; port <= 4; port++) {
		set_port(b, AT_L4, port);
		assert_int_equal(judge(b), VERDICT_NEW_FLOW);
		flow_add(&b->table, &b->verdict.key, true, 3, NOW);
	}
	set_port(b, AT_L4, 5);
	assert_drop(b, REASON_FLOW_TABLE_FULL);
	assert_false(b->verdict.violation);
	b->policy.tcp_max = 5;
	LOAD(b, tcp_syn_options);
	assert_drop(b, REASON_FLOW_TABLE_FULL);
}

static void udp_and_tcp_between_the_same_ports_are_two_flows(void **state)
{
	struct bench *b = *state;

	LOAD(b, udp_allowed);
	judge(b);
	flow_add(&b->table, &b->verdict.key, true, 3, NOW);
	LOAD(b, tcp_syn_options);
	assert_int_equal(judge(b), VERDICT_NEW_FLOW);
	b->rules[0].port = 443; /* and two rules */
	assert_drop(b, REASON_NOT_ALLOWED);
}

/* --- echo to the world --- */

static void an_unchecked_echo_is_a_flow_of_its_id(void **state)
{
	struct bench *b = *state;

	b->policy.mode = POLICY_DIRECT;
	LOAD(b, echo_outside);
	assert_int_equal(judge(b), VERDICT_NEW_FLOW);
	assert_null(b->verdict.rule);
	assert_int_equal(b->verdict.key.proto, IPV4_ICMP);
	assert_int_equal(b->verdict.key.guest_ip, b->policy.vm_ip);
	assert_int_equal(b->verdict.key.peer_ip, 0xcb007132);
	assert_int_equal(b->verdict.key.guest_port, 7);
	assert_int_equal(b->verdict.key.peer_port, 0);
	assert_int_equal(b->verdict.payload.n, 8); /* id, sequence number, "ping" */
	assert_false(b->verdict.tuple.has_ports);
	flow_add(&b->table, &b->verdict.key, true, 3, NOW);
	assert_int_equal(judge(b), VERDICT_FORWARD);
	b->frame[AT_L4 + 4] ^= 1; /* another id; 0 would do, too */
	fix(b);
	assert_int_equal(judge(b), VERDICT_NEW_FLOW);
	b->frame[AT_L4 + 1] = 1; /* a code that no echo has */
	fix(b);
	assert_drop(b, REASON_ICMP);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up_rules)
	const struct CMUnitTest tests[] = {
	        TEST(a_syn_opens_and_its_segments_follow),
	        TEST(only_a_syn_alone_opens),
	        TEST(a_stray_segment_to_a_denied_endpoint_gets_no_reset),
	        TEST(a_denied_syn_is_reset_when_the_policy_says_so),
	        TEST(tcp_has_a_limit_of_its_own_within_that_of_all_flows),
	        TEST(udp_and_tcp_between_the_same_ports_are_two_flows),
	        TEST(an_unchecked_echo_is_a_flow_of_its_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
