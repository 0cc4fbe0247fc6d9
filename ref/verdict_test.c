/* SPDX-License-Identifier: ISC */
/* verdict_test.c: what happens to a frame, one hole of one filter after the other. */
#include "ref/verdict_bench.h"

#include "ref/icmp.h"

/* --- what passes --- */

static void an_allowed_datagram_asks_for_a_new_flow(void **state)
{
	struct bench *b = *state;

	LOAD(b, udp_allowed);
	assert_int_equal(judge(b), VERDICT_NEW_FLOW);
	assert_string_equal(b->verdict.rule->id, "consumer");
	assert_int_equal(b->verdict.payload.n, 5); /* 13 bytes of padding stay behind */
	assert_int_equal(b->verdict.key.guest_ip, 0xc0a86402);
	assert_int_equal(b->verdict.key.guest_port, 40000);
	assert_int_equal(b->verdict.key.peer_ip, 0xcb007132);
	assert_int_equal(b->verdict.key.peer_port, 51900);
	assert_true(b->verdict.tuple.has_ports);
	assert_int_equal(b->verdict.tuple.dport, 51900);
}

static void a_datagram_of_a_live_flow_goes_to_it(void **state)
{
	struct bench *b = *state;
	uint32_t number;

	LOAD(b, udp_allowed);
	judge(b);
	number = flow_add(&b->table, &b->verdict.key, true, 3, NOW - FLOW_IDLE_NS + 1);
	assert_int_equal(judge(b), VERDICT_FORWARD);
	assert_int_equal(b->verdict.flow, number);
	set_port(b, AT_L4, 40001);
	assert_int_equal(judge(b), VERDICT_NEW_FLOW);
}

static void an_expired_flow_is_a_new_one(void **state)
{
	struct bench *b = *state;

	LOAD(b, udp_allowed);
	judge(b);
	assert_int_not_equal(flow_add(&b->table, &b->verdict.key, true, 3, NOW - FLOW_IDLE_NS),
	                     FLOW_NONE);
	assert_int_equal(judge(b), VERDICT_NEW_FLOW);
}

static void a_live_flow_does_not_outlive_its_rule(void **state)
{
	struct bench *b = *state;

	LOAD(b, udp_allowed);
	judge(b);
	assert_int_not_equal(flow_add(&b->table, &b->verdict.key, true, 3, NOW), FLOW_NONE);
	b->policy.rule_count = 0;
	assert_drop(b, REASON_NOT_ALLOWED);
}

static void a_full_table_refuses_new_flows_and_keeps_old_ones(void **state)
{
	struct bench *b = *state;

	LOAD(b, udp_allowed);
	for (uint16_t port = 1; port <= 8; port++) {
		set_port(b, AT_L4, port);
		assert_int_equal(judge(b), VERDICT_NEW_FLOW);
		assert_int_not_equal(flow_add(&b->table, &b->verdict.key, true, 3, NOW), FLOW_NONE);
	}
	set_port(b, AT_L4, 9);
	assert_drop(b, REASON_FLOW_TABLE_FULL);
	set_port(b, AT_L4, 8);
	assert_int_equal(judge(b), VERDICT_FORWARD);
}

static void the_gateway_answers_arp_ping_and_dhcp(void **state)
{
	struct bench *b = *state;

	LOAD(b, arp_request);
	assert_int_equal(judge(b), VERDICT_ANSWER_ARP);
	LOAD(b, echo_request);
	assert_int_equal(judge(b), VERDICT_ANSWER_ECHO);
	assert_int_equal(b->verdict.payload.n, 8);
	LOAD(b, dhcp_discover);
	assert_int_equal(judge(b), VERDICT_ANSWER_DHCP);
	assert_int_equal(b->verdict.dhcp.type, DHCP_OFFER);
}

/* --- the frame --- */

static void no_truncation_of_any_example_passes(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < EXAMPLES; i++) {
		const uint8_t *p = examples[i].p;
		size_t whole = examples[i].n;

		if (p == example_udp_allowed)
			whole -= 13; /* padding */
		for (size_t n = 0; n < whole; n++) {
			load(b, p, n);
			assert_int_equal(judge(b), VERDICT_DROP);
			if (n < ETH_HDR_LEN)
				assert_int_equal(b->verdict.reason, REASON_RUNT);
		}
	}
}

static void another_source_mac_is_refused_first(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < EXAMPLES; i++)
		for (unsigned bit = 0; bit < 48; bit++) {
			load(b, examples[i].p, examples[i].n);
			b->frame[AT_SRC_MAC + bit / 8] ^= (uint8_t)(1U << bit % 8);
			assert_drop(b, REASON_WRONG_SOURCE_MAC);
		}
}

static void a_unicast_frame_for_somebody_else_is_refused(void **state)
{
	struct bench *b = *state;

	LOAD(b, udp_allowed);
	b->frame[5] ^= 2;
	assert_drop(b, REASON_WRONG_DESTINATION_MAC);
	LOAD(b, arp_request);
	memcpy(b->frame, "\x52\x54\x00\x00\x00\x09", 6);
	assert_drop(b, REASON_WRONG_DESTINATION_MAC);
}

static void a_broadcast_frame_is_for_arp_and_dhcp_only(void **state)
{
	struct bench *b = *state;

	LOAD(b, udp_allowed);
	memset(b->frame, 0xff, 6);
	assert_drop(b, REASON_WRONG_DESTINATION_MAC);
	LOAD(b, echo_request);
	memset(b->frame, 0xff, 6);
	assert_drop(b, REASON_WRONG_DESTINATION_MAC);
	LOAD(b, tcp_syn);
	memset(b->frame, 0xff, 6);
	assert_drop(b, REASON_WRONG_DESTINATION_MAC);
}

static void only_arp_and_ipv4_are_spoken(void **state)
{
	static const struct {
		uint16_t type;
		enum reason reason;
	} types[] = {
	        {0x8100, REASON_VLAN},
	        {0x88a8, REASON_VLAN},
	        {0x9100, REASON_VLAN},
	        {0x0000, REASON_LLC},
	        {0x002e, REASON_LLC}, /* a length, as SNAP would have it */
	        {0x05dc, REASON_LLC},
	        {0x05ff, REASON_LLC},
	        {0x0600, REASON_UNKNOWN_ETHERTYPE},
	        {0x88cc, REASON_UNKNOWN_ETHERTYPE}, /* LLDP */
	        {0x888e, REASON_UNKNOWN_ETHERTYPE}, /* EAPOL */
	        {0x8035, REASON_UNKNOWN_ETHERTYPE}, /* RARP */
	        {0x86dd, REASON_IPV6},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		LOAD(b, udp_allowed);
		b->frame[AT_TYPE] = (uint8_t)(types[i].type >> 8);
		b->frame[AT_TYPE + 1] = (uint8_t)types[i].type;
		assert_drop(b, types[i].reason);
	}
}

static void a_frame_above_the_mtu_is_refused_whatever_its_packet_says(void **state)
{
	static const uint16_t mtus[] = {POLICY_MTU_MIN, 1500, POLICY_MTU_MAX};
	struct bench *b = *state;

	LOAD(b, udp_allowed);
	for (size_t i = 0; i < sizeof(mtus) / sizeof(mtus[0]); i++) {
		b->policy.mtu = mtus[i];
		b->n = ETH_HDR_LEN + (size_t)mtus[i];
		assert_int_equal(judge(b), VERDICT_NEW_FLOW);
		b->n++;
		assert_drop(b, REASON_TOO_BIG);
	}
}

/* --- ARP --- */

static void arp_for_others_is_noise_or_refused(void **state)
{
	struct bench *b = *state;

	LOAD(b, arp_request);
	b->frame[41] = 77;
	assert_drop(b, REASON_BENIGN);
	b->policy.benign = 0;
	assert_drop(b, REASON_ARP_NOT_GATEWAY);
	b->frame[41] = 1;
	b->frame[21] = 2; /* a reply */
	assert_drop(b, REASON_ARP_NOT_REQUEST);
	b->frame[21] = 1;
	b->frame[19] = 8; /* address length */
	assert_drop(b, REASON_ARP_MALFORMED);
}

static void arp_in_anothers_name_is_refused(void **state)
{
	struct bench *b = *state;

	LOAD(b, arp_request);
	b->frame[27] ^= 1; /* sender MAC inside the packet */
	assert_drop(b, REASON_ARP_WRONG_SENDER);
	LOAD(b, arp_request);
	b->frame[31] = 1; /* claims the gateway's address */
	assert_drop(b, REASON_ARP_WRONG_SENDER);
}

static void a_probe_for_the_gateways_address_is_answered(void **state)
{
	struct bench *b = *state;

	LOAD(b, arp_request);
	memset(b->frame + 28, 0, 4);
	assert_int_equal(judge(b), VERDICT_ANSWER_ARP);
}

/* See answer_arp_probe(): an answer that was asked for is no violation, whatever is benign. */
static void a_reply_to_the_gateways_question_is_benign(void **state)
{
	struct bench *b = *state;

	b->policy.benign = 0;
	LOAD(b, arp_request);
	memcpy(b->frame, b->policy.gateway_mac, 6);
	b->frame[21] = 2;
	assert_drop(b, REASON_BENIGN);
	b->frame[41] = 77; /* to another host */
	assert_drop(b, REASON_ARP_NOT_REQUEST);
	b->frame[41] = 1;
	memset(b->frame, 0xff, 6); /* to all */
	assert_drop(b, REASON_ARP_NOT_REQUEST);
	memcpy(b->frame, b->policy.gateway_mac, 6);
	memset(b->frame + 28, 0, 4); /* in nobody's name */
	assert_drop(b, REASON_ARP_NOT_REQUEST);
	b->frame[31] = 9; /* in another's */
	assert_drop(b, REASON_ARP_WRONG_SENDER);
}

/* --- IPv4 --- */

static void every_other_source_address_is_refused(void **state)
{
	static const uint32_t sources[] = {
	        0x00000000, 0x7f000001, 0xffffffff, 0xe0000001, /* none, lo, broadcast, group */
	        0xcb007132, 0xc0a86401, 0xc0a86403, 0xac100909, /* consumer, gateway, other VM */
	        0xc0a864ff,
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		LOAD(b, udp_allowed);
		set_ip(b, AT_IP_SRC, sources[i]);
		assert_drop(b, REASON_WRONG_SOURCE_IP);
	}
}

static void a_later_fragment_with_fake_ports_is_dropped(void **state)
{
	struct bench *b = *state;

	LOAD(b, udp_allowed);
	b->frame[AT_IP_FLAGS + 1] = 1;
	fix(b);
	assert_drop(b, REASON_FRAGMENT);
	assert_false(b->verdict.tuple.has_ports); /* they are payload, not ports */
	b->frame[AT_IP_FLAGS] = 0x20;
	b->frame[AT_IP_FLAGS + 1] = 0;
	fix(b);
	assert_drop(b, REASON_FRAGMENT);
}

static void other_protocols_are_refused_even_to_the_consumer(void **state)
{
	struct bench *b = *state;

	for (unsigned proto = 0; proto < 256; proto++) {
		LOAD(b, udp_allowed);
		b->frame[AT_IP_PROTO] = (uint8_t)proto;
		fix(b);
		if (proto == IPV4_UDP)
			assert_int_equal(judge(b), VERDICT_NEW_FLOW);
		else if (proto == IPV4_TCP)
			assert_drop(b, REASON_TCP_LENGTH); /* 13 bytes */
		else if (proto == IPV4_ICMP)
			assert_drop(b, REASON_ICMP);
		else
			assert_drop(b, REASON_PROTOCOL);
		assert_int_equal(b->verdict.tuple.proto, proto);
	}
}

static void a_router_alert_is_for_igmp_only(void **state)
{
	struct bench *b = *state;

	LOAD(b, igmp_report);
	assert_drop(b, REASON_BENIGN);
	b->frame[AT_IP_PROTO] = IPV4_UDP;
	example_fix_ipv4(b->frame);
	assert_drop(b, REASON_IP_OPTIONS);
}

static void an_address_that_nobody_can_have_is_refused_for_what_it_is(void **state)
{
	static const uint32_t nobodys[] = {
	        0x7f000001, 0x00000001, 0xe00000fb, 0xf0000001, /* lo, zero net, group, reserved */
	        0xffffffff, 0xc0a86402, 0xc0a86401, 0xc0a864ff, /* broadcast, VM, gateway, net */
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(nobodys) / sizeof(nobodys[0]); i++) {
		LOAD(b, udp_allowed);
		set_ip(b, AT_IP_DST, nobodys[i]);
		assert_drop(b, REASON_WRONG_DESTINATION_IP);
		assert_int_equal(b->verdict.tuple.dport, 51900);
		LOAD(b, tcp_syn);
		set_ip(b, AT_IP_DST, nobodys[i]);
		assert_drop(b, REASON_WRONG_DESTINATION_IP);
		LOAD(b, echo_request);
		set_ip(b, AT_IP_DST, nobodys[i]);
		if (nobodys[i] == b->policy.gateway_ip)
			assert_int_equal(judge(b), VERDICT_ANSWER_ECHO);
		else
			assert_drop(b, REASON_WRONG_DESTINATION_IP);
		b->frame[AT_IP_PROTO] = 47; /* GRE */
		fix(b);
		assert_drop(b, REASON_WRONG_DESTINATION_IP);
	}
}

/* --- ICMP, UDP, TCP --- */

static void an_echo_to_the_gateway_says_who_asked(void **state)
{
	struct bench *b = *state;

	LOAD(b, echo_request);
	assert_int_equal(judge(b), VERDICT_ANSWER_ECHO);
	assert_int_equal(b->verdict.key.guest_ip, b->policy.vm_ip);
	assert_int_equal(b->verdict.key.peer_ip, b->policy.gateway_ip);
	assert_int_equal(b->verdict.key.guest_port, 5); /* its id */
	assert_int_equal(b->verdict.key.peer_port, 0);
	assert_int_equal(b->verdict.key.proto, IPV4_ICMP);
}

/* A port unreachable is what a kernel says of a datagram that came too late. */
static void icmp_errors_have_their_own_reason_whoever_they_go_to(void **state)
{
	struct bench *b = *state;

	LOAD(b, icmp_unreachable);
	assert_drop(b, REASON_ICMP_ERROR);
	set_ip(b, AT_IP_DST, b->policy.gateway_ip);
	assert_drop(b, REASON_ICMP_ERROR);
	set_ip(b, AT_IP_DST, 0x7f000001);
	assert_drop(b, REASON_WRONG_DESTINATION_IP);
	LOAD(b, icmp_unreachable);
	b->frame[AT_L4] = 5; /* a redirect is a router's */
	fix(b);
	assert_drop(b, REASON_ICMP);
}

static void only_an_echo_request_to_the_gateway_is_answered(void **state)
{
	struct bench *b = *state;

	for (unsigned type = 0; type < 256; type++) {
		LOAD(b, echo_request);
		b->frame[AT_L4] = (uint8_t)type;
		fix(b);
		if (type == 8)
			assert_int_equal(judge(b), VERDICT_ANSWER_ECHO);
		else
			assert_drop(b,
			            icmp_is_error((uint8_t)type) ? REASON_ICMP_ERROR : REASON_ICMP);
		b->frame[AT_L4 + 1] = 1; /* code */
		fix(b);
		assert_drop(b, icmp_is_error((uint8_t)type) ? REASON_ICMP_ERROR : REASON_ICMP);
	}
	LOAD(b, echo_outside);
	assert_drop(b, REASON_ICMP);
	LOAD(b, echo_request);
	b->policy.echo = false;
	assert_drop(b, REASON_ICMP);
}

static void the_allowed_endpoint_is_protocol_address_and_port(void **state)
{
	struct bench *b = *state;

	LOAD(b, udp_allowed);
	set_port(b, AT_L4 + 2, 51901);
	assert_drop(b, REASON_NOT_ALLOWED);
	LOAD(b, udp_allowed);
	set_ip(b, AT_IP_DST, 0xcb007133);
	assert_drop(b, REASON_NOT_ALLOWED);
	LOAD(b, tcp_syn);
	assert_drop(b, REASON_NOT_ALLOWED);
	assert_true(b->verdict.tuple.has_ports);
	assert_int_equal(b->verdict.tuple.dport, 51900);
	LOAD(b, udp_allowed);
	b->policy.rule_count = 0;
	assert_drop(b, REASON_NOT_ALLOWED);
}

static void port_zero_is_refused_on_either_side(void **state)
{
	struct bench *b = *state;

	LOAD(b, udp_allowed);
	set_port(b, AT_L4, 0);
	assert_drop(b, REASON_PORT_ZERO);
	LOAD(b, udp_allowed);
	set_port(b, AT_L4 + 2, 0);
	assert_drop(b, REASON_PORT_ZERO);
}

static void a_broken_udp_header_is_refused(void **state)
{
	struct bench *b = *state;

	LOAD(b, udp_allowed);
	b->frame[AT_L4 + 5]++;
	assert_drop(b, REASON_UDP_LENGTH);
	LOAD(b, udp_allowed);
	b->frame[AT_L4 + 8]++;
	assert_drop(b, REASON_UDP_CHECKSUM);
}

/* --- DHCP and noise --- */

static void dhcp_elsewhere_is_ordinary_traffic(void **state)
{
	struct bench *b = *state;

	LOAD(b, dhcp_discover);
	memcpy(b->frame, b->policy.gateway_mac, 6);
	set_ip(b, AT_IP_SRC, b->policy.vm_ip);
	set_ip(b, AT_IP_DST, b->policy.gateway_ip);
	assert_int_equal(judge(b), VERDICT_ANSWER_DHCP);
	set_ip(b, AT_IP_DST, 0xcb007132);
	assert_drop(b, REASON_NOT_ALLOWED);
	set_ip(b, AT_IP_SRC, 0);
	assert_drop(b, REASON_WRONG_SOURCE_IP);
}

static void dhcp_of_a_wrong_source_port_or_client_is_refused(void **state)
{
	struct bench *b = *state;

	LOAD(b, dhcp_discover);
	set_port(b, AT_L4, 69);
	assert_drop(b, REASON_WRONG_SOURCE_IP);
	LOAD(b, dhcp_discover);
	b->frame[AT_L4 + 8 + 28] ^= 2;
	fix(b);
	assert_drop(b, REASON_DHCP_WRONG_CLIENT);
	LOAD(b, dhcp_discover);
	b->frame[AT_L4 + 8 + 236] ^= 2;
	fix(b);
	assert_drop(b, REASON_DHCP_MALFORMED);
}

static void boot_noise_is_benign_when_the_policy_says_so(void **state)
{
	struct bench *b = *state;

	LOAD(b, igmp_report);
	assert_drop(b, REASON_BENIGN);
	LOAD(b, mdns_query);
	assert_drop(b, REASON_BENIGN);
	LOAD(b, router_solicitation);
	assert_drop(b, REASON_BENIGN);
	LOAD(b, mld_report);
	assert_drop(b, REASON_BENIGN);

	b->policy.benign = 0;
	LOAD(b, igmp_report);
	assert_drop(b, REASON_PROTOCOL);
	LOAD(b, mdns_query);
	assert_drop(b, REASON_WRONG_DESTINATION_MAC);
	LOAD(b, router_solicitation);
	assert_drop(b, REASON_IPV6);
}

static void a_group_packet_that_is_not_known_noise_is_refused(void **state)
{
	struct bench *b = *state;

	LOAD(b, mdns_query);
	set_ip(b, AT_IP_DST, 0xe00000fc);
	assert_drop(b, REASON_WRONG_DESTINATION_MAC);
	LOAD(b, mdns_query);
	set_port(b, AT_L4 + 2, 5355);
	assert_drop(b, REASON_WRONG_DESTINATION_MAC);
	LOAD(b, mdns_query);
	b->frame[AT_IP_PROTO] = IPV4_TCP;
	fix(b);
	assert_drop(b, REASON_WRONG_DESTINATION_MAC);
}

static void noise_to_the_gateways_mac_is_not_noise(void **state)
{
	struct bench *b = *state;

	LOAD(b, mdns_query);
	memcpy(b->frame, b->policy.gateway_mac, 6);
	assert_drop(b, REASON_WRONG_DESTINATION_IP);
	LOAD(b, igmp_report);
	memcpy(b->frame, b->policy.gateway_mac, 6);
	assert_drop(b, REASON_WRONG_DESTINATION_IP);
	LOAD(b, router_solicitation);
	memcpy(b->frame, b->policy.gateway_mac, 6);
	assert_drop(b, REASON_IPV6);
}

/* Whatever is done to a frame, what passes is what the policy allows. */
static void no_flipped_byte_opens_another_endpoint(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < EXAMPLES; i++)
		for (size_t at = 0; at < examples[i].n; at++)
			for (unsigned value = 0; value < 256; value++) {
				load(b, examples[i].p, examples[i].n);
				b->frame[at] = (uint8_t)value;
				if (b->frame[AT_TYPE] == 8 && !b->frame[AT_TYPE + 1] &&
				    (b->frame[AT_IP] & 15) == 5)
					fix(b);
				if (judge(b) != VERDICT_NEW_FLOW)
					continue;
				assert_int_equal(b->verdict.key.guest_ip, 0xc0a86402);
				assert_int_equal(b->verdict.key.peer_ip, 0xcb007132);
				assert_int_equal(b->verdict.key.peer_port, 51900);
				assert_int_equal(b->verdict.key.proto, 17);
			}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
	        TEST(an_allowed_datagram_asks_for_a_new_flow),
	        TEST(a_datagram_of_a_live_flow_goes_to_it),
	        TEST(an_expired_flow_is_a_new_one),
	        TEST(a_live_flow_does_not_outlive_its_rule),
	        TEST(a_full_table_refuses_new_flows_and_keeps_old_ones),
	        TEST(the_gateway_answers_arp_ping_and_dhcp),
	        TEST(no_truncation_of_any_example_passes),
	        TEST(another_source_mac_is_refused_first),
	        TEST(a_unicast_frame_for_somebody_else_is_refused),
	        TEST(a_broadcast_frame_is_for_arp_and_dhcp_only),
	        TEST(only_arp_and_ipv4_are_spoken),
	        TEST(a_frame_above_the_mtu_is_refused_whatever_its_packet_says),
	        TEST(arp_for_others_is_noise_or_refused),
	        TEST(arp_in_anothers_name_is_refused),
	        TEST(a_probe_for_the_gateways_address_is_answered),
	        TEST(a_reply_to_the_gateways_question_is_benign),
	        TEST(every_other_source_address_is_refused),
	        TEST(a_later_fragment_with_fake_ports_is_dropped),
	        TEST(other_protocols_are_refused_even_to_the_consumer),
	        TEST(a_router_alert_is_for_igmp_only),
	        TEST(an_address_that_nobody_can_have_is_refused_for_what_it_is),
	        TEST(an_echo_to_the_gateway_says_who_asked),
	        TEST(icmp_errors_have_their_own_reason_whoever_they_go_to),
	        TEST(only_an_echo_request_to_the_gateway_is_answered),
	        TEST(the_allowed_endpoint_is_protocol_address_and_port),
	        TEST(port_zero_is_refused_on_either_side),
	        TEST(a_broken_udp_header_is_refused),
	        TEST(dhcp_elsewhere_is_ordinary_traffic),
	        TEST(dhcp_of_a_wrong_source_port_or_client_is_refused),
	        TEST(boot_noise_is_benign_when_the_policy_says_so),
	        TEST(a_group_packet_that_is_not_known_noise_is_refused),
	        TEST(noise_to_the_gateways_mac_is_not_noise),
	        TEST(no_flipped_byte_opens_another_endpoint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
