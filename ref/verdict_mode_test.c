/* SPDX-License-Identifier: ISC */
/* verdict_mode_test.c: what each mode lets pass, and what it takes for a violation. */
#include "ref/verdict_bench.h"

/* --- the table of modes --- */

/* A mode, and for sampled whether the dice say that this frame is checked. */
static const struct column {
	enum policy_mode mode;
	uint32_t random;
} columns[] = {
        {POLICY_DIRECT, 0},
        {POLICY_SAMPLED, SAMPLED_BELOW},
        {POLICY_SAMPLED, SAMPLED_BELOW - 1},
        {POLICY_CONNTRACK, UINT32_MAX},
        {POLICY_FILTERED, UINT32_MAX},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void use(struct bench *b, const struct column *column)
{
	b->policy.mode = column->mode;
	b->random = column->random;
}

static void allowed_udp(struct bench *b)
{
	LOAD(b, udp_allowed);
}

static void denied_udp(struct bench *b)
{
	LOAD(b, udp_allowed);
	set_port(b, AT_L4 + 2, 53);
}

static void allowed_syn(struct bench *b)
{
	LOAD(b, tcp_syn_options);
}

static void denied_syn(struct bench *b)
{
	LOAD(b, tcp_syn);
	set_ip(b, AT_IP_DST, 0xc6120001);
}

static void late_segment(struct bench *b)
{
	LOAD(b, tcp_segment);
}

static void denied_segment(struct bench *b)
{
	LOAD(b, tcp_segment);
	set_port(b, AT_L4 + 2, 443);
}

static void ping_gateway(struct bench *b)
{
	LOAD(b, echo_request);
}

static void ping_outside(struct bench *b)
{
	LOAD(b, echo_outside);
}

static void ask_arp(struct bench *b)
{
	LOAD(b, arp_request);
}

static void ask_dhcp(struct bench *b)
{
	LOAD(b, dhcp_discover);
}

static void other_mac(struct bench *b)
{
	LOAD(b, udp_allowed);
	b->frame[AT_SRC_MAC + 5] ^= 1;
}

static void group_mac(struct bench *b)
{
	LOAD(b, udp_allowed);
	b->frame[AT_SRC_MAC] |= 1;
}

static void gateways_mac(struct bench *b)
{
	LOAD(b, udp_allowed);
	memcpy(b->frame + AT_SRC_MAC, b->policy.gateway_mac, 6);
}

static void other_ip(struct bench *b)
{
	LOAD(b, udp_allowed);
	set_ip(b, AT_IP_SRC, 0xc0a86477);
}

static void foreign_ip(struct bench *b)
{
	LOAD(b, tcp_syn);
	set_ip(b, AT_IP_SRC, 0x08080808);
}

static void no_ip(struct bench *b)
{
	LOAD(b, udp_allowed);
	set_ip(b, AT_IP_SRC, 0);
}

static void loopback_ip(struct bench *b)
{
	LOAD(b, udp_allowed);
	set_ip(b, AT_IP_SRC, 0x7f000001);
}

static void gateways_ip(struct bench *b)
{
	LOAD(b, udp_allowed);
	set_ip(b, AT_IP_SRC, b->policy.gateway_ip);
}

static void arp_of_another(struct bench *b)
{
	LOAD(b, arp_request);
	b->frame[31] = 0x77;
}

static void arp_of_the_gateway(struct bench *b)
{
	LOAD(b, arp_request);
	b->frame[31] = 1;
}

static void to_loopback(struct bench *b)
{
	LOAD(b, udp_allowed);
	set_ip(b, AT_IP_DST, 0x7f000001);
}

static void to_broadcast(struct bench *b)
{
	LOAD(b, udp_allowed);
	set_ip(b, AT_IP_DST, 0xffffffff);
}

static void to_gateway(struct bench *b)
{
	LOAD(b, udp_allowed);
	set_ip(b, AT_IP_DST, b->policy.gateway_ip);
}

static void to_group(struct bench *b)
{
	LOAD(b, mdns_query);
	set_port(b, AT_L4 + 2, 1900);
}

static void boot_noise(struct bench *b)
{
	LOAD(b, igmp_report);
}

static void icmp_error(struct bench *b)
{
	LOAD(b, icmp_unreachable);
}

static void icmp_redirect(struct bench *b)
{
	LOAD(b, icmp_unreachable);
	b->frame[AT_L4] = 5;
	fix(b);
}

static void gre(struct bench *b)
{
	LOAD(b, udp_allowed);
	b->frame[AT_IP_PROTO] = 47;
	fix(b);
}

static void short_frame(struct bench *b)
{
	LOAD(b, udp_allowed);
	b->n = 13;
}

static void vlan(struct bench *b)
{
	LOAD(b, udp_allowed);
	b->frame[AT_TYPE] = 0x81;
}

static void ipv6(struct bench *b)
{
	LOAD(b, router_solicitation);
	memcpy(b->frame, b->policy.gateway_mac, 6);
}

static void fragment(struct bench *b)
{
	LOAD(b, udp_allowed);
	b->frame[AT_IP_FLAGS] = 0x20;
	fix(b);
}

static void ip_checksum(struct bench *b)
{
	LOAD(b, udp_allowed);
	b->frame[24] ^= 1;
}

static void udp_checksum(struct bench *b)
{
	LOAD(b, udp_allowed);
	b->frame[AT_L4 + 6] ^= 1;
}

static void tcp_checksum(struct bench *b)
{
	LOAD(b, tcp_syn);
	b->frame[AT_L4 + 16] ^= 1;
}

static void tcp_flags(struct bench *b)
{
	LOAD(b, tcp_syn);
	b->frame[AT_TCP_FLAGS] = 0x03; /* SYN and FIN */
	fix(b);
}

static void no_port(struct bench *b)
{
	LOAD(b, tcp_syn);
	set_port(b, AT_L4, 0);
}

/* N new flow, F to its flow, A answered, d dropped, V dropped and a violation; one for each of the
 * columns: direct, sampled and not checked, sampled and checked, conntrack, filtered. */
struct row {
	void (*make)(struct bench *b);
	const char *outcomes;
	enum reason reason; /* where it is dropped */
};

static char outcome(const struct verdict *verdict)
{
	switch (verdict->kind) {
	case VERDICT_NEW_FLOW:
		return 'N';
	case VERDICT_FORWARD:
		return 'F';
	case VERDICT_ANSWER_ARP:
	case VERDICT_ANSWER_ECHO:
	case VERDICT_ANSWER_DHCP:
		return 'A';
	case VERDICT_DROP:
	default:
		return verdict->violation ? 'V' : 'd';
	}
}

static void hold(struct bench *b, const struct row *row, size_t number)
{
	for (size_t c = 0; c < COLUMNS; c++) {
		char got;

		row->make(b);
		use(b, &columns[c]);
		judge(b);
		got = outcome(&b->verdict);
		if (got != row->outcomes[c])
			fail_msg("row %zu, column %zu: %c, not %c (%s)", number, c, got,
			         row->outcomes[c], reason_name(b->verdict.reason));
		if (b->verdict.kind == VERDICT_DROP)
			assert_string_equal(reason_name(b->verdict.reason),
			                    reason_name(row->reason));
		if (b->verdict.kind == VERDICT_NEW_FLOW)
			assert_int_equal(b->verdict.rule != NULL, b->verdict.checked);
	}
}

static void each_mode_has_its_column(void **state)
{
	static const struct row rows[] = {
	        {allowed_udp, "NNNNN", REASON_NONE},
	        {allowed_syn, "NNNNN", REASON_NONE},
	        {denied_udp, "NNVVV", REASON_NOT_ALLOWED},
	        {denied_syn, "NNVVV", REASON_NOT_ALLOWED},
	        {ping_outside, "NNVVV", REASON_ICMP},
	        {ping_gateway, "AAAAA", REASON_NONE},
	        {ask_arp, "AAAAA", REASON_NONE},
	        {ask_dhcp, "AAAAA", REASON_NONE},
	        /* direct does not look at who sends, as long as it is somebody */
	        {other_mac, "NdVVV", REASON_WRONG_SOURCE_MAC},
	        {other_ip, "NdVVV", REASON_WRONG_SOURCE_IP},
	        {foreign_ip, "NdVVV", REASON_WRONG_SOURCE_IP},
	        {arp_of_another, "AdVVV", REASON_ARP_WRONG_SENDER},
	        {group_mac, "ddVVV", REASON_WRONG_SOURCE_MAC},
	        {gateways_mac, "ddVVV", REASON_WRONG_SOURCE_MAC},
	        {no_ip, "ddVVV", REASON_WRONG_SOURCE_IP},
	        {loopback_ip, "ddVVV", REASON_WRONG_SOURCE_IP},
	        {gateways_ip, "ddVVV", REASON_WRONG_SOURCE_IP},
	        {arp_of_the_gateway, "ddVVV", REASON_ARP_WRONG_SENDER},
	        /* never in any mode */
	        {to_loopback, "ddVVV", REASON_WRONG_DESTINATION_IP},
	        {to_broadcast, "ddVVV", REASON_WRONG_DESTINATION_IP},
	        {to_gateway, "ddVVV", REASON_WRONG_DESTINATION_IP},
	        {to_group, "ddVVV", REASON_WRONG_DESTINATION_MAC},
	        {gre, "ddVVV", REASON_PROTOCOL},
	        {icmp_redirect, "ddVVV", REASON_ICMP},
	        {vlan, "ddVVV", REASON_VLAN},
	        {ipv6, "ddVVV", REASON_IPV6},
	        {fragment, "ddVVV", REASON_FRAGMENT},
	        {no_port, "ddVVV", REASON_PORT_ZERO},
	        /* the form is looked at in all of them */
	        {short_frame, "ddVVV", REASON_RUNT},
	        {ip_checksum, "ddVVV", REASON_BAD_CHECKSUM},
	        {udp_checksum, "ddVVV", REASON_UDP_CHECKSUM},
	        {tcp_checksum, "ddVVV", REASON_TCP_CHECKSUM},
	        {tcp_flags, "ddVVV", REASON_TCP_FLAGS},
	        /* what an honest guest may meet ends no VM */
	        {boot_noise, "ddddd", REASON_BENIGN},
	        {icmp_error, "ddddd", REASON_ICMP_ERROR},
	        {late_segment, "ddddd", REASON_TCP_NO_CONNECTION},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		hold(b, &rows[i], i);
}

/* Somebody opened it when nobody looked, or its rule is gone. */
static void a_live_flow_without_a_rule_is_of_use_where_frames_are_not_checked(void **state)
{
	static const struct row rows[] = {
	        {denied_udp, "FFVFV", REASON_NOT_ALLOWED},
	        {denied_syn, "FFVFV", REASON_NOT_ALLOWED},
	        {denied_segment, "FFVFV", REASON_NOT_ALLOWED},
	        {ping_outside, "FFVVV", REASON_ICMP}, /* conntrack never lets one begin */
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct flow_key key;

		rows[i].make(b);
		b->policy.mode = POLICY_DIRECT;
		judge(b);
		key = b->verdict.key;
		assert_int_not_equal(flow_add(&b->table, &key, key.proto != IPV4_TCP, 3, NOW),
		                     FLOW_NONE);
		hold(b, &rows[i], i);
	}
}

static void conntrack_does_not_check_what_belongs_to_a_live_flow(void **state)
{
	struct bench *b = *state;

	b->policy.mode = POLICY_CONNTRACK;
	b->table.idle_ns = 5;
	allowed_udp(b);
	judge(b);
	assert_true(b->verdict.checked);
	assert_int_not_equal(flow_add(&b->table, &b->verdict.key, true, 3, NOW - 4), FLOW_NONE);
	b->policy.rule_count = 0;
	assert_int_equal(judge(b), VERDICT_FORWARD);
	assert_false(b->verdict.checked);
	/* One time unit later it is a new flow, and checked. */
	b->table.idle_ns = 4;
	assert_drop(b, REASON_NOT_ALLOWED);
	assert_true(b->verdict.violation);
	/* Its other packets are looked at all the same. */
	b->table.idle_ns = 5;
	fragment(b);
	assert_drop(b, REASON_FRAGMENT);
	assert_true(b->verdict.violation);
}

static void sampling_ends_at_none_and_at_all(void **state)
{
	struct bench *b = *state;

	b->policy.mode = POLICY_SAMPLED;
	denied_udp(b);
	b->policy.sampled_below = 0;
	b->random = 0;
	assert_int_equal(judge(b), VERDICT_NEW_FLOW);
	b->policy.sampled_below = UINT64_C(1) << 32;
	b->random = UINT32_MAX;
	assert_drop(b, REASON_NOT_ALLOWED);
	assert_true(b->verdict.violation);
}

static void a_policy_of_zero_bytes_lets_nothing_out(void **state)
{
	struct bench *b = *state;

	memset(&b->policy, 0, sizeof(b->policy));
	b->policy.mtu = 1500;
	for (size_t i = 0; i < EXAMPLES; i++) {
		load(b, examples[i].p, examples[i].n);
		memset(b->frame + AT_SRC_MAC, 0, 6);
		assert_int_equal(judge(b), VERDICT_DROP);
	}
	b->policy = example_policy();
	b->policy.mode = (enum policy_mode)0;
	denied_udp(b);
	assert_drop(b, REASON_NOT_ALLOWED);
	assert_true(b->verdict.violation);
}

/* --- bytes of a stranger --- */

static void no_truncation_of_any_example_passes_in_any_mode(void **state)
{
	struct bench *b = *state;

	for (size_t c = 0; c < COLUMNS; c++) {
		use(b, &columns[c]);
		for (size_t i = 0; i < EXAMPLES; i++) {
			size_t whole = examples[i].n;

			if (examples[i].p == example_udp_allowed)
				whole -= 13; /* padding */
			for (size_t n = 0; n < whole; n++) {
				load(b, examples[i].p, n);
				assert_int_equal(judge(b), VERDICT_DROP);
				if (columns[c].mode == POLICY_DIRECT)
					assert_false(b->verdict.violation);
			}
		}
	}
}

/* Whatever is done to a frame in whatever mode, it goes where it may, and a drop has a reason. */
static void no_flipped_byte_reaches_nobodys_address_in_any_mode(void **state)
{
	struct bench *b = *state;

	for (size_t c = 0; c < COLUMNS; c++) {
		use(b, &columns[c]);
		for (size_t i = 0; i < EXAMPLES; i++)
			for (size_t at = 0; at < examples[i].n; at++) {
				load(b, examples[i].p, examples[i].n);
				b->frame[at] ^= (uint8_t)(1U << at % 8);
				if (b->frame[AT_TYPE] == 8 && !b->frame[AT_TYPE + 1] &&
				    (b->frame[AT_IP] & 15) == 5)
					fix(b);
				if (judge(b) == VERDICT_DROP)
					assert_int_not_equal(b->verdict.reason, REASON_NONE);
				if (b->verdict.kind != VERDICT_NEW_FLOW)
					continue;
				assert_true(
				        policy_is_destination(&b->policy, b->verdict.key.peer_ip));
				assert_true(!b->verdict.checked || b->verdict.rule);
			}
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up_rules)
	const struct CMUnitTest tests[] = {
	        TEST(each_mode_has_its_column),
	        TEST(a_live_flow_without_a_rule_is_of_use_where_frames_are_not_checked),
	        TEST(conntrack_does_not_check_what_belongs_to_a_live_flow),
	        TEST(sampling_ends_at_none_and_at_all),
	        TEST(a_policy_of_zero_bytes_lets_nothing_out),
	        TEST(no_truncation_of_any_example_passes_in_any_mode),
	        TEST(no_flipped_byte_reaches_nobodys_address_in_any_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
