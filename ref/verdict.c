/* SPDX-License-Identifier: ISC */
/* verdict.c: the walk through a frame, in the order of its bytes. */
#include "ref/verdict.h"

#include "ref/icmp.h"
#include "ref/ipv4.h"
#include "ref/ipv6.h"
#include "ref/lease.h"
#include "ref/udp.h"

#define MDNS_GROUP 0xe00000fbu /* 224.0.0.251 */
#define MDNS_PORT  5353

/* What the functions below share: the questions and the answer. */
struct judge {
	const struct policy *policy;
	const struct flow_table *flows;
	uint64_t now_ns;
	struct eth eth;
	struct ipv4 ip;
	struct udp udp; /* filled for UDP only */
	struct verdict *out;
};

static void drop(struct judge *j, enum reason reason)
{
	j->out->kind = VERDICT_DROP;
	j->out->reason = reason;
}

/* Noise: `benign` when the policy lists its kind, else `otherwise`. */
static void drop_noise(struct judge *j, enum policy_benign kind, enum reason otherwise)
{
	drop(j, j->policy->benign & kind ? REASON_BENIGN : otherwise);
}

static void judge_arp(struct judge *j)
{
	const struct policy *policy = j->policy;
	struct tuple *tuple = &j->out->tuple;
	struct arp *arp = &j->out->arp;
	enum reason reason = arp_parse(j->eth.payload, arp);

	tuple->layer = TUPLE_ARP;
	if (reason) {
		drop(j, reason);
		return;
	}
	tuple->has_ip = true;
	tuple->src = arp->sender_ip;
	tuple->dst = arp->target_ip;
	if (!eth_same(j->eth.dst, policy->gateway_mac) && !eth_is_broadcast(j->eth.dst))
		drop(j, REASON_WRONG_DESTINATION_MAC);
	else if (!eth_same(arp->sender_mac, policy->vm_mac) ||
	         (arp->sender_ip && arp->sender_ip != policy->vm_ip))
		drop(j, REASON_ARP_WRONG_SENDER);
	else if (arp->operation != ARP_REQUEST)
		drop_noise(j, POLICY_BENIGN_ARP, REASON_ARP_NOT_REQUEST);
	else if (arp->target_ip != policy->gateway_ip)
		drop_noise(j, POLICY_BENIGN_ARP, REASON_ARP_NOT_GATEWAY);
	else
		j->out->kind = VERDICT_ANSWER_ARP;
}

static void judge_icmp(struct judge *j)
{
	struct icmp icmp;
	enum reason reason = icmp_parse(j->ip.payload, &icmp);

	if (reason) {
		drop(j, reason);
	} else if (icmp.type != ICMP_ECHO_REQUEST || icmp.code ||
	           j->ip.dst != j->policy->gateway_ip || !j->policy->echo) {
		drop(j, REASON_ICMP);
	} else {
		j->out->kind = VERDICT_ANSWER_ECHO;
		j->out->payload = icmp.rest;
	}
}

static void judge_udp(struct judge *j)
{
	struct verdict *out = j->out;

	if (!j->udp.sport || !j->udp.dport) {
		drop(j, REASON_PORT_ZERO);
		return;
	}
	out->rule = policy_find(j->policy, IPV4_UDP, j->ip.dst, j->udp.dport);
	if (!out->rule) {
		drop(j, REASON_NOT_ALLOWED);
		return;
	}
	out->payload = j->udp.payload;
	out->key = (struct flow_key){
	        .guest_ip = j->ip.src,
	        .peer_ip = j->ip.dst,
	        .guest_port = j->udp.sport,
	        .peer_port = j->udp.dport,
	        .proto = IPV4_UDP,
	};
	out->flow = flow_find(j->flows, &out->key);
	if (out->flow != FLOW_NONE && !flow_is_expired(&j->flows->flows[out->flow], j->now_ns))
		out->kind = VERDICT_FORWARD;
	else if (flow_has_room(j->flows, j->now_ns))
		out->kind = VERDICT_NEW_FLOW;
	else
		drop(j, REASON_FLOW_TABLE_FULL);
}

static bool is_dhcp(const struct judge *j)
{
	return j->ip.proto == IPV4_UDP && j->udp.sport == DHCP_CLIENT_PORT &&
	       j->udp.dport == DHCP_SERVER_PORT &&
	       (j->ip.dst == IPV4_BROADCAST || j->ip.dst == j->policy->gateway_ip) &&
	       (eth_is_broadcast(j->eth.dst) || eth_same(j->eth.dst, j->policy->gateway_mac));
}

static void judge_dhcp(struct judge *j)
{
	struct dhcp message;
	enum reason reason;

	reason = dhcp_parse(j->udp.payload, &message);
	if (!reason)
		reason = lease_decide(j->policy, &message, &j->out->dhcp);
	if (!reason)
		j->out->kind = VERDICT_ANSWER_DHCP;
	else if (reason == REASON_BENIGN)
		drop_noise(j, POLICY_BENIGN_DHCP, REASON_DHCP_IGNORED);
	else
		drop(j, reason);
}

/* A well-formed packet to a group: mDNS may be noise, all else has the wrong MAC. */
static void judge_group(struct judge *j)
{
	if (j->ip.proto == IPV4_UDP && j->ip.dst == MDNS_GROUP && j->udp.dport == MDNS_PORT)
		drop_noise(j, POLICY_BENIGN_MDNS, REASON_WRONG_DESTINATION_MAC);
	else
		drop(j, REASON_WRONG_DESTINATION_MAC);
}

static bool is_igmp(const struct judge *j)
{
	return j->ip.proto == IPV4_IGMP && j->ip.dst >> 28 == 14 && eth_is_group(j->eth.dst);
}

/* TCP's ports, for the audit: there is no TCP in this version. */
static void note_tcp_ports(struct judge *j)
{
	struct tuple *tuple = &j->out->tuple;
	struct rd segment = j->ip.payload;

	tuple->has_ports = rd_u16(&segment, &tuple->sport) && rd_u16(&segment, &tuple->dport);
}

/* The transport header, as far as there is one; REASON_NONE for every other protocol. */
static enum reason parse_transport(struct judge *j)
{
	struct tuple *tuple = &j->out->tuple;
	enum reason reason;

	if (j->ip.proto == IPV4_TCP)
		note_tcp_ports(j);
	if (j->ip.proto != IPV4_UDP)
		return REASON_NONE;
	reason = udp_parse(j->ip.payload, j->ip.src, j->ip.dst, &j->udp, &tuple->has_ports);
	if (tuple->has_ports) {
		tuple->sport = j->udp.sport;
		tuple->dport = j->udp.dport;
	}
	return reason;
}

static void judge_protocol(struct judge *j)
{
	switch (j->ip.proto) {
	case IPV4_UDP:
		judge_udp(j);
		return;
	case IPV4_ICMP:
		judge_icmp(j);
		return;
	case IPV4_TCP:
		drop(j, REASON_NOT_ALLOWED);
		return;
	default:
		drop(j, REASON_PROTOCOL);
		return;
	}
}

static void judge_ipv4(struct judge *j)
{
	struct tuple *tuple = &j->out->tuple;
	bool to_gateway = eth_same(j->eth.dst, j->policy->gateway_mac);
	enum reason reason;

	reason = ipv4_parse(j->eth.payload, &j->ip, &tuple->has_ip);
	tuple->layer = TUPLE_IPV4;
	tuple->has_proto = tuple->has_ip;
	if (tuple->has_ip) {
		tuple->src = j->ip.src;
		tuple->dst = j->ip.dst;
		tuple->proto = j->ip.proto;
	}
	if (!to_gateway && !eth_is_group(j->eth.dst))
		reason = REASON_WRONG_DESTINATION_MAC;
	/* The unspecified address is left to DHCP and IGMP, and refused below for all else. */
	if (!reason && j->ip.src && j->ip.src != j->policy->vm_ip)
		reason = REASON_WRONG_SOURCE_IP;
	if (!reason && j->ip.router_alert && j->ip.proto != IPV4_IGMP)
		reason = REASON_IP_OPTIONS;
	if (!reason)
		reason = parse_transport(j);

	if (reason)
		drop(j, reason);
	else if (is_dhcp(j))
		judge_dhcp(j);
	else if (is_igmp(j))
		drop_noise(j, POLICY_BENIGN_IGMP, REASON_PROTOCOL);
	else if (!j->ip.src)
		drop(j, REASON_WRONG_SOURCE_IP);
	else if (!to_gateway)
		judge_group(j);
	else
		judge_protocol(j);
}

static void judge_ipv6(struct judge *j)
{
	j->out->tuple.layer = TUPLE_IPV6;
	if (eth_is_group(j->eth.dst) && ipv6_is_neighbour_noise(j->eth.payload))
		drop_noise(j, POLICY_BENIGN_ND, REASON_IPV6);
	else
		drop(j, REASON_IPV6);
}

void verdict_frame(const struct policy *policy, const struct flow_table *flows, uint64_t now_ns,
                   struct rd frame, struct verdict *out)
{
	struct judge j = {.policy = policy, .flows = flows, .now_ns = now_ns, .out = out};
	enum reason reason;

	*out = (struct verdict){.kind = VERDICT_DROP};
	reason = eth_parse(frame, &j.eth);
	if (reason) {
		drop(&j, reason);
		return;
	}
	if (!eth_same(j.eth.src, policy->vm_mac)) {
		drop(&j, REASON_WRONG_SOURCE_MAC);
		return;
	}
	switch (j.eth.type) {
	case ETH_TYPE_ARP:
		judge_arp(&j);
		return;
	case ETH_TYPE_IPV4:
		judge_ipv4(&j);
		return;
	case ETH_TYPE_IPV6:
		judge_ipv6(&j);
		return;
	case ETH_TYPE_VLAN:
	case ETH_TYPE_QINQ:
	case ETH_TYPE_QINQ_9:
		drop(&j, REASON_VLAN);
		return;
	default:
		drop(&j, j.eth.type < ETH_TYPE_MIN ? REASON_LLC : REASON_UNKNOWN_ETHERTYPE);
		return;
	}
}
