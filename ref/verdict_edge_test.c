/* SPDX-License-Identifier: ISC */
/* verdict_edge_test.c: one step beside everything that has a meaning of its own: noise, DHCP, groups,
 * the gateway's address; and which of two faults is named. */
#include "ref/verdict_bench.h"

#include "ref/icmp.h"

#define AT_ARP_OPERATION 21 /* its low byte */
#define AT_ARP_TARGET    38
#define AT_DHCP_TYPE     (AT_L4 + 8 + 240 + 2)

static const uint8_t group_mac[ADDR_MAC_LEN] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};

static void set_dst_mac(struct bench *b, const uint8_t mac[ADDR_MAC_LEN])
{
	memcpy(b->frame + AT_DST_MAC, mac, ADDR_MAC_LEN);
}

static void set_proto(struct bench *b, uint8_t proto)
{
	b->frame[AT_IP_PROTO] = proto;
	fix(b);
}

/* --- noise --- */

static void arp_for_another_host(struct bench *b)
{
	LOAD(b, arp_request);
	b->frame[AT_ARP_TARGET + 3] = 77;
}

static void arp_reply(struct bench *b)
{
	LOAD(b, arp_request);
	b->frame[AT_ARP_OPERATION] = ARP_REPLY;
}

static void dhcp_release(struct bench *b)
{
	LOAD(b, dhcp_discover);
	b->frame[AT_DHCP_TYPE] = DHCP_RELEASE;
	fix(b);
}

static void igmp(struct bench *b)
{
	LOAD(b, igmp_report);
}

static void mdns(struct bench *b)
{
	LOAD(b, mdns_query);
}

static void neighbours(struct bench *b)
{
	LOAD(b, router_solicitation);
}

static void each_kind_of_noise_has_a_word_of_its_own(void **state)
{
	static const struct {
		void (*load)(struct bench *b);
		unsigned kind;
		enum reason otherwise;
	} rows[] = {
	        {arp_for_another_host, POLICY_BENIGN_ARP, REASON_ARP_NOT_GATEWAY},
	        {arp_reply, POLICY_BENIGN_ARP, REASON_ARP_NOT_REQUEST},
	        {dhcp_release, POLICY_BENIGN_DHCP, REASON_DHCP_IGNORED},
	        {igmp, POLICY_BENIGN_IGMP, REASON_PROTOCOL},
	        {mdns, POLICY_BENIGN_MDNS, REASON_WRONG_DESTINATION_MAC},
	        {neighbours, POLICY_BENIGN_ND, REASON_IPV6},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rows[i].load(b);
		b->policy.benign = rows[i].kind;
		assert_drop(b, REASON_BENIGN);
		b->policy.benign = ~rows[i].kind;
		assert_drop(b, rows[i].otherwise);
	}
}

static void multicast_that_is_not_the_known_noise_is_none(void **state)
{
	struct bench *b = *state;

	LOAD(b, mdns_query);
	set_ip(b, AT_IP_DST, 0xe00000fa); /* one below mDNS */
	assert_drop(b, REASON_WRONG_DESTINATION_MAC);
	LOAD(b, router_solicitation);
	b->frame[AT_IP + 6] = 17; /* UDP over IPv6, to a group */
	assert_drop(b, REASON_IPV6);
}

static void igmp_is_noise_to_a_group_only(void **state)
{
	static const uint32_t others[] = {0xcb007132, 0xdfffffff, 0xf0000001};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct wr w;

		LOAD(b, igmp_report);
		w = wr_of(b->frame + AT_IP_DST, 4);
		assert_true(wr_u32(&w, others[i]));
		example_fix_ipv4(b->frame);
		assert_drop(b, REASON_WRONG_DESTINATION_MAC);
	}
	LOAD(b, echo_request); /* ICMP is not IGMP */
	set_dst_mac(b, group_mac);
	set_ip(b, AT_IP_DST, 0xe0000001);
	assert_drop(b, REASON_WRONG_DESTINATION_MAC);
}

/* --- ARP --- */

static void arp_beside_request_and_reply_is_neither(void **state)
{
	static const uint8_t operations[] = {0, 3, 255};
	struct bench *b = *state;

	b->policy.benign = 0;
	for (size_t i = 0; i < sizeof(operations); i++) {
		LOAD(b, arp_request);
		b->frame[AT_ARP_OPERATION] = operations[i];
		assert_drop(b, REASON_ARP_NOT_REQUEST);
		set_dst_mac(b, b->policy.gateway_mac);
		assert_drop(b, REASON_ARP_NOT_REQUEST);
	}
}

static void arp_beside_the_gateways_address_is_not_for_it(void **state)
{
	struct bench *b = *state;

	b->policy.benign = 0;
	for (uint8_t host = 0; host <= 2; host += 2) {
		LOAD(b, arp_request);
		b->frame[AT_ARP_TARGET + 3] = host;
		assert_drop(b, REASON_ARP_NOT_GATEWAY);
		set_dst_mac(b, b->policy.gateway_mac);
		assert_drop(b, REASON_ARP_NOT_GATEWAY);
		b->frame[AT_ARP_OPERATION] = ARP_REPLY;
		assert_drop(b, REASON_ARP_NOT_REQUEST);
	}
}

static void a_request_to_the_gateways_mac_is_answered_like_a_broadcast(void **state)
{
	struct bench *b = *state;

	LOAD(b, arp_request);
	set_dst_mac(b, b->policy.gateway_mac);
	assert_int_equal(judge(b), VERDICT_ANSWER_ARP);
}

/* --- DHCP --- */

static void ports_beside_those_of_dhcp_are_not_dhcp(void **state)
{
	struct bench *b = *state;

	for (uint16_t by = 0; by <= 2; by++) {
		const bool dhcp = by == 1;

		LOAD(b, dhcp_discover);
		set_port(b, AT_L4, (uint16_t)(DHCP_CLIENT_PORT - 1 + by));
		assert_int_equal(judge(b) == VERDICT_ANSWER_DHCP, dhcp);
		LOAD(b, dhcp_discover);
		set_port(b, AT_L4 + 2, (uint16_t)(DHCP_SERVER_PORT - 1 + by));
		assert_int_equal(judge(b) == VERDICT_ANSWER_DHCP, dhcp);
	}
}

static void dhcp_to_a_group_or_another_address_is_not_dhcp(void **state)
{
	static const uint32_t others[] = {0x08080808, 0xc0a86400, 0xcb007132};
	struct bench *b = *state;

	LOAD(b, dhcp_discover);
	set_dst_mac(b, group_mac);
	assert_drop(b, REASON_WRONG_SOURCE_IP);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		LOAD(b, dhcp_discover);
		set_ip(b, AT_IP_DST, others[i]);
		assert_drop(b, REASON_WRONG_SOURCE_IP);
	}
}

/* --- addresses --- */

static void ping_and_other_protocols_beside_the_gateways_address(void **state)
{
	struct bench *b = *state;

	LOAD(b, echo_request);
	set_ip(b, AT_IP_DST, 0x08080808); /* a smaller number than the gateway's */
	assert_drop(b, REASON_ICMP);
	LOAD(b, udp_allowed);
	set_ip(b, AT_IP_DST, b->policy.gateway_ip);
	set_proto(b, 0);
	assert_drop(b, REASON_WRONG_DESTINATION_IP);
}

static void a_syn_to_nobody_gets_no_reset(void **state)
{
	static const uint32_t nobodys[] = {0xc0a86402, 0xc0a864ff, 0xe0000001, 0xf0000001, 1};
	struct bench *b = *state;

	b->policy.reset_denied_tcp = true;
	for (size_t i = 0; i < sizeof(nobodys) / sizeof(nobodys[0]); i++) {
		LOAD(b, tcp_syn);
		set_ip(b, AT_IP_DST, nobodys[i]);
		assert_drop(b, REASON_WRONG_DESTINATION_IP);
		assert_false(b->verdict.reset);
	}
	LOAD(b, tcp_syn);
	set_ip(b, AT_IP_DST, b->policy.gateway_ip);
	assert_drop(b, REASON_WRONG_DESTINATION_IP);
	assert_true(b->verdict.reset);
}

/* --- of two faults the outer one is named --- */

static void anothers_mac_is_named_before_what_is_wrong_inside(void **state)
{
	struct bench *b = *state;

	LOAD(b, udp_allowed);
	b->frame[5] ^= 2;
	b->frame[AT_IP + 8] = 0; /* TTL, and the checksum with it */
	assert_drop(b, REASON_WRONG_DESTINATION_MAC);
	fix(b);
	assert_drop(b, REASON_WRONG_DESTINATION_MAC);
}

static void a_fault_of_the_header_is_named_before_its_source(void **state)
{
	struct bench *b = *state;

	LOAD(b, udp_allowed);
	b->frame[AT_IP_FLAGS] = 0x20;
	set_ip(b, AT_IP_SRC, 0x01020304);
	assert_drop(b, REASON_FRAGMENT);
}

static void a_wrong_source_is_named_before_a_router_alert(void **state)
{
	static const uint8_t others[] = {IPV4_ICMP, IPV4_TCP, IPV4_UDP};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(others); i++) {
		LOAD(b, igmp_report);
		b->frame[AT_IP_PROTO] = others[i];
		example_fix_ipv4(b->frame);
		assert_drop(b, REASON_IP_OPTIONS);
		b->frame[AT_IP_SRC] = 1;
		example_fix_ipv4(b->frame);
		assert_drop(b, REASON_WRONG_SOURCE_IP);
	}
}

static void a_broken_datagram_to_a_group_is_named_for_what_it_is(void **state)
{
	struct bench *b = *state;

	LOAD(b, mdns_query);
	b->frame[AT_L4 + 5]++;
	assert_drop(b, REASON_UDP_LENGTH);
}

/* --- what the audit is told --- */

static void a_dropped_frame_is_described_by_its_own_layer(void **state)
{
	struct bench *b = *state;

	arp_for_another_host(b);
	assert_drop(b, REASON_BENIGN);
	assert_int_equal(b->verdict.tuple.layer, TUPLE_ARP);
	assert_true(b->verdict.tuple.has_ip);
	assert_int_equal(b->verdict.tuple.src, b->policy.vm_ip);
	assert_int_equal(b->verdict.tuple.dst, 0xc0a8644d);
	LOAD(b, router_solicitation);
	assert_drop(b, REASON_BENIGN);
	assert_int_equal(b->verdict.tuple.layer, TUPLE_IPV6);
	assert_false(b->verdict.tuple.has_ip);
	LOAD(b, udp_allowed);
	assert_int_equal(judge(b), VERDICT_NEW_FLOW);
	assert_int_equal(b->verdict.tuple.layer, TUPLE_IPV4);
	b->n = 10;
	assert_drop(b, REASON_RUNT);
	assert_int_equal(b->verdict.tuple.layer, TUPLE_ETHERNET);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
	        TEST(each_kind_of_noise_has_a_word_of_its_own),
	        TEST(multicast_that_is_not_the_known_noise_is_none),
	        TEST(igmp_is_noise_to_a_group_only),
	        TEST(arp_beside_request_and_reply_is_neither),
	        TEST(arp_beside_the_gateways_address_is_not_for_it),
	        TEST(a_request_to_the_gateways_mac_is_answered_like_a_broadcast),
	        TEST(ports_beside_those_of_dhcp_are_not_dhcp),
	        TEST(dhcp_to_a_group_or_another_address_is_not_dhcp),
	        TEST(ping_and_other_protocols_beside_the_gateways_address),
	        TEST(a_syn_to_nobody_gets_no_reset),
	        TEST(anothers_mac_is_named_before_what_is_wrong_inside),
	        TEST(a_fault_of_the_header_is_named_before_its_source),
	        TEST(a_wrong_source_is_named_before_a_router_alert),
	        TEST(a_broken_datagram_to_a_group_is_named_for_what_it_is),
	        TEST(a_dropped_frame_is_described_by_its_own_layer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
