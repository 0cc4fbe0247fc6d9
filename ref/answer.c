/* SPDX-License-Identifier: ISC */
/* answer.c: whole frames from the gateway to the guest. */
#include "ref/answer.h"

#include "ref/icmp.h"
#include "ref/ipv4.h"
#include "ref/udp.h"

#include <assert.h>

static_assert(POLICY_MTU_MAX == ETH_MTU_MAX, "ETH_FRAME_MAX holds every frame");
static_assert(IPV4_HDR_LEN + UDP_HDR_LEN + DHCP_REPLY_MAX <= POLICY_MTU_MIN, "DHCP always fits");

static const uint8_t broadcast[ADDR_MAC_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

bool answer_arp(struct wr *w, const struct policy *policy, const struct arp *asked)
{
	struct wr t = *w;
	struct arp reply = {
	        .operation = ARP_REPLY,
	        .sender_ip = policy->gateway_ip,
	        .target_ip = asked->sender_ip,
	};

	memcpy(reply.sender_mac, policy->gateway_mac, ADDR_MAC_LEN);
	memcpy(reply.target_mac, policy->vm_mac, ADDR_MAC_LEN);
	if (!eth_put(&t, policy->vm_mac, policy->gateway_mac, ETH_TYPE_ARP) || !arp_put(&t, &reply))
		return false;
	*w = t;
	return true;
}

bool answer_arp_probe(struct wr *w, const struct policy *policy)
{
	struct wr t = *w;
	struct arp question = {
	        .operation = ARP_REQUEST,
	        .sender_ip = policy->gateway_ip,
	        .target_ip = policy->vm_ip,
	};

	memcpy(question.sender_mac, policy->gateway_mac, ADDR_MAC_LEN);
	if (!eth_put(&t, policy->vm_mac, policy->gateway_mac, ETH_TYPE_ARP) ||
	    !arp_put(&t, &question))
		return false;
	*w = t;
	return true;
}

/* Ethernet and IPv4 headers of a packet of `key`, for `len` bytes that follow. */
static bool put_headers(struct wr *w, const struct policy *policy, const struct flow_key *key,
                        uint8_t proto, size_t len)
{
	return IPV4_HDR_LEN + len <= policy->mtu &&
	       eth_put(w, policy->vm_mac, policy->gateway_mac, ETH_TYPE_IPV4) &&
	       ipv4_put(w, key->peer_ip, key->guest_ip, proto, len);
}

bool answer_echo(struct wr *w, const struct policy *policy, const struct flow_key *key,
                 struct rd rest)
{
	struct wr t = *w;

	if (!rd_skip(&rest, 2) ||
	    !put_headers(&t, policy, key, IPV4_ICMP, ICMP_HDR_LEN - 2 + rest.n) ||
	    !icmp_put_echo_reply(&t, key->guest_port, rest))
		return false;
	*w = t;
	return true;
}

bool answer_dhcp(struct wr *w, const struct policy *policy, const struct dhcp_reply *reply)
{
	uint8_t message[DHCP_REPLY_MAX];
	struct wr m = wr_of(message, sizeof(message));
	struct wr t = *w;

	if (!dhcp_put_reply(&m, reply) ||
	    !eth_put(&t, reply->broadcast ? broadcast : reply->chaddr, policy->gateway_mac,
	             ETH_TYPE_IPV4) ||
	    !ipv4_put(&t, policy->gateway_ip, reply->to_ip, IPV4_UDP, UDP_HDR_LEN + m.len) ||
	    !udp_put(&t, policy->gateway_ip, DHCP_SERVER_PORT, reply->to_ip, DHCP_CLIENT_PORT,
	             rd_of(message, m.len)) ||
	    !wr_bytes(&t, message, m.len))
		return false;
	*w = t;
	return true;
}

size_t answer_udp_payload_max(const struct policy *policy)
{
	return (size_t)policy->mtu - IPV4_HDR_LEN - UDP_HDR_LEN;
}

bool answer_udp_headers(struct wr *w, const struct policy *policy, const struct flow_key *key,
                        struct rd payload)
{
	struct wr t = *w;

	if (!put_headers(&t, policy, key, IPV4_UDP, UDP_HDR_LEN + payload.n) ||
	    !udp_put(&t, key->peer_ip, key->peer_port, key->guest_ip, key->guest_port, payload))
		return false;
	*w = t;
	return true;
}

size_t answer_tcp_hdr_len(const struct tcp_seg *seg)
{
	return ETH_HDR_LEN + IPV4_HDR_LEN + tcp_seg_hdr_len(seg);
}

bool answer_tcp_headers(struct wr *w, const struct policy *policy, const struct flow_key *key,
                        const struct tcp_seg *seg)
{
	struct wr t = *w;
	struct tcp_seg sent = *seg;

	sent.sport = key->peer_port;
	sent.dport = key->guest_port;
	if (!put_headers(&t, policy, key, IPV4_TCP, tcp_seg_hdr_len(seg) + seg->payload.n) ||
	    !tcp_seg_put(&t, key->peer_ip, key->guest_ip, &sent))
		return false;
	*w = t;
	return true;
}

bool answer_reset(struct wr *w, const struct policy *policy, const struct tuple *tuple,
                  const struct tcp_seg *reset)
{
	const struct flow_key key = {
	        .guest_ip = tuple->src,
	        .peer_ip = tuple->dst,
	        .guest_port = tuple->sport,
	        .peer_port = tuple->dport,
	        .proto = IPV4_TCP,
	};

	return answer_tcp_headers(w, policy, &key, reset);
}
