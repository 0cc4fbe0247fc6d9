/* SPDX-License-Identifier: ISC */
/* answer_test.c: frames from the gateway are whole, right and within the MTU. */
#include "ref/answer.h"

#include "ref/examples.h"
#include "ref/icmp.h"
#include "ref/ipv4.h"
#include "ref/lease.h"
#include "ref/udp.h"

#define MTU 1500

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct arp asked = {
        .operation = ARP_REQUEST,
        .sender_mac = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56},
        .sender_ip = 0xc0a86402,
        .target_ip = 0xc0a86401,
};

static const struct flow_key key = {
        .guest_ip = 0xc0a86402,
        .peer_ip = 0xcb007132,
        .guest_port = 40000,
        .peer_port = 51900,
        .proto = IPV4_UDP,
};

/* The IPv4 packet of a frame from the gateway to `dst_mac`, after checking all of it. */
static struct ipv4 open_frame(const uint8_t *frame, size_t n, const uint8_t *dst_mac)
{
	const struct policy policy = example_policy();
	struct eth eth;
	struct ipv4 ip;
	bool readable;

	assert_int_equal(eth_parse(rd_of(frame, n), policy.mtu, &eth), REASON_NONE);
	assert_memory_equal(eth.dst, dst_mac, ADDR_MAC_LEN);
	assert_memory_equal(eth.src, policy.gateway_mac, ADDR_MAC_LEN);
	assert_int_equal(eth.type, ETH_TYPE_IPV4);
	assert_int_equal(ipv4_parse(eth.payload, &ip, &readable), REASON_NONE);
	assert_int_equal(ip.payload.p + ip.payload.n - frame, n);
	return ip;
}

static void an_arp_answer_names_the_gateways_mac(void **state)
{
	const struct policy policy = example_policy();
	uint8_t buffer[ETH_FRAME_MAX];
	struct wr w = wr_of(buffer, sizeof(buffer));
	struct arp arp;

	(void)state;
	assert_true(answer_arp(&w, &policy, &asked));
	assert_int_equal(w.len, ETH_HDR_LEN + ARP_LEN);
	assert_memory_equal(buffer, policy.vm_mac, 6);
	assert_memory_equal(buffer + 12, "\x08\x06", 2);
	assert_int_equal(arp_parse(rd_of(buffer + ETH_HDR_LEN, ARP_LEN), &arp), REASON_NONE);
	assert_int_equal(arp.operation, ARP_REPLY);
	assert_memory_equal(arp.sender_mac, policy.gateway_mac, 6);
	assert_int_equal(arp.sender_ip, 0xc0a86401);
	assert_memory_equal(arp.target_mac, policy.vm_mac, 6);
	assert_int_equal(arp.target_ip, 0xc0a86402);
}

static void an_echo_reply_comes_back_whole_up_to_the_mtu(void **state)
{
	static const uint8_t data[MTU] = {0xab, 0xcd};
	const struct policy policy = example_policy();
	const size_t largest = MTU - IPV4_HDR_LEN - 4;
	struct flow_key ping = {.peer_ip = policy.gateway_ip, .guest_ip = policy.vm_ip};

	ping.guest_port = 0x1234;

	(void)state;
	for (size_t n = 4; n <= largest; n++) {
		uint8_t buffer[ETH_FRAME_MAX];
		struct wr w = wr_of(buffer, sizeof(buffer));
		struct ipv4 ip;
		struct icmp icmp;

		assert_true(answer_echo(&w, &policy, &ping, rd_of(data, n)));
		ip = open_frame(buffer, w.len, policy.vm_mac);
		assert_int_equal(ip.proto, IPV4_ICMP);
		assert_int_equal(ip.src, policy.gateway_ip);
		assert_int_equal(ip.dst, policy.vm_ip);
		assert_int_equal(icmp_parse(ip.payload, &icmp), REASON_NONE);
		assert_int_equal(icmp.type, ICMP_ECHO_REPLY);
		assert_int_equal(icmp.rest.n, n);
		assert_memory_equal(icmp.rest.p, "\x12\x34", 2); /* the id is the guest's */
		assert_memory_equal(icmp.rest.p + 2, data + 2, n - 2);
	}
}

static void an_echo_reply_of_the_world_comes_from_there(void **state)
{
	const struct policy policy = example_policy();
	const struct flow_key ping = {
	        .peer_ip = 0xcb007132, .guest_ip = 0xc0a86477, .guest_port = 7, .proto = IPV4_ICMP};
	uint8_t buffer[ETH_FRAME_MAX];
	struct wr w = wr_of(buffer, sizeof(buffer));
	struct ipv4 ip;

	(void)state;
	assert_true(answer_echo(&w, &policy, &ping, rd_of("??seq", 4)));
	ip = open_frame(buffer, w.len, policy.vm_mac);
	assert_int_equal(ip.src, 0xcb007132);
	assert_int_equal(ip.dst, 0xc0a86477);
	assert_memory_equal(ip.payload.p + 4, "\0\x07se", 4);
}

static void a_question_for_the_vms_address_goes_to_the_vm_alone(void **state)
{
	const struct policy policy = example_policy();
	uint8_t buffer[ETH_FRAME_MAX];
	struct wr w = wr_of(buffer, sizeof(buffer));
	struct arp arp;

	(void)state;
	assert_true(answer_arp_probe(&w, &policy));
	assert_int_equal(w.len, ETH_HDR_LEN + ARP_LEN);
	assert_memory_equal(buffer, policy.vm_mac, 6);
	assert_memory_equal(buffer + 6, policy.gateway_mac, 6);
	assert_memory_equal(buffer + 12, "\x08\x06", 2);
	assert_int_equal(arp_parse(rd_of(buffer + ETH_HDR_LEN, ARP_LEN), &arp), REASON_NONE);
	assert_int_equal(arp.operation, ARP_REQUEST);
	assert_memory_equal(arp.sender_mac, policy.gateway_mac, 6);
	assert_int_equal(arp.sender_ip, policy.gateway_ip);
	assert_int_equal(arp.target_ip, policy.vm_ip);
}

static void a_dhcp_reply_goes_where_it_should(void **state)
{
	const uint8_t broadcast[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const struct policy policy = example_policy();
	struct dhcp_reply reply = {.type = DHCP_OFFER, .to_ip = policy.vm_ip};

	(void)state;
	memcpy(reply.chaddr, policy.vm_mac, ADDR_MAC_LEN);
	for (int i = 0; i < 2; i++) {
		uint8_t buffer[ETH_FRAME_MAX];
		struct wr w = wr_of(buffer, sizeof(buffer));
		struct ipv4 ip;
		struct udp udp;
		bool readable;

		assert_true(answer_dhcp(&w, &policy, &reply));
		ip = open_frame(buffer, w.len, reply.broadcast ? broadcast : policy.vm_mac);
		assert_int_equal(ip.proto, IPV4_UDP);
		assert_int_equal(ip.dst, reply.to_ip);
		assert_int_equal(udp_parse(ip.payload, ip.src, ip.dst, &udp, &readable),
		                 REASON_NONE);
		assert_int_equal(udp.sport, 67);
		assert_int_equal(udp.dport, 68);
		assert_int_equal(udp.payload.n, 300);
		reply.broadcast = true;
		reply.to_ip = 0xffffffff;
	}
}

static void a_dhcp_reply_that_cannot_be_written_is_no_frame(void **state)
{
	static const uint8_t id[256];
	const struct policy policy = example_policy();
	const struct dhcp_reply reply = {.type = DHCP_OFFER, .client_id = {id, sizeof(id)}};
	uint8_t buffer[ETH_FRAME_MAX];
	struct wr w = wr_of(buffer, sizeof(buffer));

	(void)state;
	assert_false(answer_dhcp(&w, &policy, &reply));
	assert_int_equal(w.len, 0);
}

static void a_udp_reply_goes_to_the_address_and_port_that_asked(void **state)
{
	static uint8_t payload[MTU];
	const struct policy policy = example_policy();

	(void)state;
	for (size_t n = 0; n <= answer_udp_payload_max(&policy); n++) {
		uint8_t buffer[ETH_FRAME_MAX] = {0};
		struct wr w = wr_of(buffer, sizeof(buffer));
		struct ipv4 ip;
		struct udp udp;
		bool readable;

		payload[n / 2] = (uint8_t)n;
		assert_true(answer_udp_headers(&w, &policy, &key, rd_of(payload, n)));
		assert_int_equal(w.len, ANSWER_UDP_HDR_LEN);
		memcpy(buffer + w.len, payload, n);
		ip = open_frame(buffer, w.len + n, policy.vm_mac);
		assert_int_equal(ip.proto, IPV4_UDP);
		assert_int_equal(ip.src, key.peer_ip);
		assert_int_equal(ip.dst, key.guest_ip);
		assert_int_equal(udp_parse(ip.payload, ip.src, ip.dst, &udp, &readable),
		                 REASON_NONE);
		assert_int_equal(udp.sport, key.peer_port);
		assert_int_equal(udp.dport, key.guest_port);
		assert_int_equal(udp.payload.n, n);
	}
}

/* A segment as the policy's guest would get it: with every option that refnat sends. */
static struct tcp_seg segment_of(struct rd payload)
{
	return (struct tcp_seg){
	        .seq = 0x01020304,
	        .ack = 0x05060708,
	        .flags = TCP_SEG_ACK | TCP_SEG_PSH,
	        .window = 4096,
	        .window_scale = -1,
	        .sack_count = 2,
	        .sack = {{1, 2}, {3, 4}},
	        .payload = payload,
	};
}

static void a_segment_goes_to_the_address_and_port_that_connected(void **state)
{
	static uint8_t payload[MTU];
	const struct policy policy = example_policy();
	const size_t largest = MTU - IPV4_HDR_LEN - TCP_SEG_HDR_LEN - 4 - 16;

	(void)state;
	for (size_t n = 0; n <= largest; n++) {
		const struct tcp_seg sent = segment_of(rd_of(payload, n));
		uint8_t buffer[ETH_FRAME_MAX];
		struct wr w = wr_of(buffer, sizeof(buffer));
		struct tcp_seg seg;
		struct ipv4 ip;
		bool readable;

		payload[n / 2] = (uint8_t)n;
		assert_true(answer_tcp_headers(&w, &policy, &key, &sent));
		assert_int_equal(w.len, answer_tcp_hdr_len(&sent));
		memcpy(buffer + w.len, payload, n);
		ip = open_frame(buffer, w.len + n, policy.vm_mac);
		assert_int_equal(ip.proto, IPV4_TCP);
		assert_int_equal(ip.src, key.peer_ip);
		assert_int_equal(ip.dst, key.guest_ip);
		assert_int_equal(tcp_seg_parse(ip.payload, ip.src, ip.dst, &seg, &readable),
		                 REASON_NONE);
		assert_int_equal(seg.sport, key.peer_port);
		assert_int_equal(seg.dport, key.guest_port);
		assert_int_equal(seg.seq, sent.seq);
		assert_int_equal(seg.ack, sent.ack);
		assert_int_equal(seg.sack_count, 2);
		assert_int_equal(seg.payload.n, n);
	}
}

static void a_reset_goes_back_where_the_segment_came_from(void **state)
{
	const struct policy policy = example_policy();
	const struct tuple stray = {
	        .src = 0xc0a86402, .dst = 0xc6120001, .sport = 40000, .dport = 443};
	const struct tcp_seg reset = {.seq = 99, .flags = TCP_SEG_RST, .window_scale = -1};
	uint8_t buffer[ETH_FRAME_MAX];
	struct wr w = wr_of(buffer, sizeof(buffer));
	struct tcp_seg seg;
	struct ipv4 ip;
	bool readable;

	(void)state;
	assert_true(answer_reset(&w, &policy, &stray, &reset));
	ip = open_frame(buffer, w.len, policy.vm_mac);
	assert_int_equal(ip.src, stray.dst);
	assert_int_equal(ip.dst, stray.src);
	assert_int_equal(tcp_seg_parse(ip.payload, ip.src, ip.dst, &seg, &readable), REASON_NONE);
	assert_int_equal(seg.sport, stray.dport);
	assert_int_equal(seg.dport, stray.sport);
	assert_int_equal(seg.flags, TCP_SEG_RST);
	assert_int_equal(seg.seq, 99);
}

static void the_mtu_is_used_to_the_last_byte_and_not_passed(void **state)
{
	static const uint16_t mtus[] = {POLICY_MTU_MIN, 1500, 9000, POLICY_MTU_MAX};
	static const uint8_t data[ETH_FRAME_MAX];
	static uint8_t buffer[2 * ETH_FRAME_MAX];
	struct policy policy = example_policy();

	(void)state;
	for (size_t i = 0; i < sizeof(mtus) / sizeof(mtus[0]); i++) {
		const size_t room = mtus[i] - (size_t)IPV4_HDR_LEN;
		struct wr w = wr_of(buffer, sizeof(buffer));
		struct tcp_seg seg;

		policy.mtu = mtus[i];
		assert_int_equal(answer_udp_payload_max(&policy), room - UDP_HDR_LEN);
		assert_false(answer_echo(&w, &policy, &key, rd_of(data, room - 3)));
		assert_false(answer_udp_headers(&w, &policy, &key, rd_of(data, room - 7)));
		seg = segment_of(rd_of(data, room - 39));
		assert_false(answer_tcp_headers(&w, &policy, &key, &seg));
		assert_int_equal(w.len, 0);
		assert_true(answer_echo(&w, &policy, &key, rd_of(data, room - 4)));
		assert_int_equal(w.len, ETH_HDR_LEN + mtus[i]);
		assert_true(answer_udp_headers(&w, &policy, &key, rd_of(data, room - 8)));
		seg = segment_of(rd_of(data, room - 40));
		assert_true(answer_tcp_headers(&w, &policy, &key, &seg));
	}
}

static void an_answer_that_does_not_fit_is_not_written(void **state)
{
	const struct policy policy = example_policy();
	const struct dhcp_reply reply = {.type = DHCP_ACK};
	const struct tcp_seg seg = segment_of(rd_of(NULL, 0));
	uint8_t buffer[400];
	struct wr w;

	(void)state;
	for (size_t size = 0; size < 14 + 20 + 8 + 300; size++) {
		w = wr_of(buffer, size);
		assert_false(answer_dhcp(&w, &policy, &reply));
		if (size < ETH_HDR_LEN + ARP_LEN) {
			assert_false(answer_arp(&w, &policy, &asked));
			assert_false(answer_arp_probe(&w, &policy));
		}
		if (size < 14 + 20 + 8)
			assert_false(answer_echo(&w, &policy, &key, rd_of("12345", 4)));
		if (size < ANSWER_UDP_HDR_LEN)
			assert_false(answer_udp_headers(&w, &policy, &key, rd_of(NULL, 0)));
		if (size < answer_tcp_hdr_len(&seg))
			assert_false(answer_tcp_headers(&w, &policy, &key, &seg));
		assert_int_equal(w.len, 0);
	}
	w = wr_of(buffer, sizeof(buffer));
	assert_false(answer_echo(&w, &policy, &key, rd_of("1", 1))); /* no id */
	assert_int_equal(w.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_arp_answer_names_the_gateways_mac),
	        cmocka_unit_test(an_echo_reply_comes_back_whole_up_to_the_mtu),
	        cmocka_unit_test(an_echo_reply_of_the_world_comes_from_there),
	        cmocka_unit_test(a_question_for_the_vms_address_goes_to_the_vm_alone),
	        cmocka_unit_test(a_dhcp_reply_goes_where_it_should),
	        cmocka_unit_test(a_dhcp_reply_that_cannot_be_written_is_no_frame),
	        cmocka_unit_test(a_udp_reply_goes_to_the_address_and_port_that_asked),
	        cmocka_unit_test(a_segment_goes_to_the_address_and_port_that_connected),
	        cmocka_unit_test(a_reset_goes_back_where_the_segment_came_from),
	        cmocka_unit_test(the_mtu_is_used_to_the_last_byte_and_not_passed),
	        cmocka_unit_test(an_answer_that_does_not_fit_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
