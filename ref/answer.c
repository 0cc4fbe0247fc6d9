/* SPDX-License-Identifier: ISC */
/* answer.c: whole frames from the gateway to the guest. */
#include "ref/answer.h"

#include "ref/icmp.h"
#include "ref/ipv4.h"
#include "ref/udp.h"

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

bool answer_echo(struct wr *w, const struct policy *policy, struct rd rest)
{
	struct wr t = *w;

	if (rest.n > ETH_MTU - IPV4_HDR_LEN - 4 ||
	    !eth_put(&t, policy->vm_mac, policy->gateway_mac, ETH_TYPE_IPV4) ||
	    !ipv4_put(&t, policy->gateway_ip, policy->vm_ip, IPV4_ICMP, 4 + rest.n) ||
	    !icmp_put_echo_reply(&t, rest))
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

bool answer_udp_headers(struct wr *w, const struct policy *policy, const struct flow_key *key,
                        struct rd payload)
{
	struct wr t = *w;

	if (payload.n > ANSWER_UDP_PAYLOAD_MAX ||
	    !eth_put(&t, policy->vm_mac, policy->gateway_mac, ETH_TYPE_IPV4) ||
	    !ipv4_put(&t, key->peer_ip, key->guest_ip, IPV4_UDP, UDP_HDR_LEN + payload.n) ||
	    !udp_put(&t, key->peer_ip, key->peer_port, key->guest_ip, key->guest_port, payload))
		return false;
	*w = t;
	return true;
}
