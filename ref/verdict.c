/* SPDX-License-Identifier: ISC */
/* verdict.c: the walk through a frame, in the order of its bytes. */
#include "ref/verdict.h"

#include "ref/ipv6.h"
#include "ref/judge.h"
#include "ref/lease.h"

#define MDNS_GROUP 0xe00000fbu /* 224.0.0.251 */
#define MDNS_PORT  5353

static bool is_direct(const struct judge *j)
{
	return j->policy->mode == POLICY_DIRECT;
}

static void drop(struct judge *j, enum reason reason)
{
	j->out->kind = VERDICT_DROP;
	j->out->reason = reason;
	j->out->violation = j->out->checked && reason_is_violation(reason);
}

/* Noise: `benign` when the policy lists its kind, else `otherwise`. */
static void drop_noise(struct judge *j, enum policy_benign kind, enum reason otherwise)
{
	drop(j, j->policy->benign & kind ? REASON_BENIGN : otherwise);
}

/* In direct any address that a machine can have will do, but not the gateway's own. */
static bool is_source_ip(const struct judge *j, uint32_t ip)
{
	return ip == j->policy->vm_ip || (is_direct(j) && policy_is_destination(j->policy, ip));
}

static bool is_source_mac(const struct judge *j, const uint8_t mac[ADDR_MAC_LEN])
{
	return eth_same(mac, j->policy->vm_mac) ||
	       (is_direct(j) && !eth_is_group(mac) && !eth_same(mac, j->policy->gateway_mac));
}

/* The reply to a question of refnat's own, see answer_arp_probe(). */
static bool is_asked_for(const struct judge *j, const struct arp *arp)
{
	return arp->operation == ARP_REPLY && eth_same(j->eth.dst, j->policy->gateway_mac) &&
	       arp->sender_ip && arp->target_ip == j->policy->gateway_ip;
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
	else if (!is_source_mac(j, arp->sender_mac) ||
	         (arp->sender_ip && !is_source_ip(j, arp->sender_ip)))
		drop(j, REASON_ARP_WRONG_SENDER);
	else if (is_asked_for(j, arp))
		drop(j, REASON_BENIGN);
	else if (arp->operation != ARP_REQUEST)
		drop_noise(j, POLICY_BENIGN_ARP, REASON_ARP_NOT_REQUEST);
	else if (arp->target_ip != policy->gateway_ip)
		drop_noise(j, POLICY_BENIGN_ARP, REASON_ARP_NOT_GATEWAY);
	else
		j->out->kind = VERDICT_ANSWER_ARP;
}

static bool is_opening(const struct tcp_seg *seg)
{
	return (seg->flags & (TCP_SEG_SYN | TCP_SEG_ACK)) == TCP_SEG_SYN;
}

/* Drops a packet for where it goes. A SYN may be told so, in the name of who could have said it. */
static void deny(struct judge *j, enum reason reason)
{
	const struct policy *policy = j->policy;
	const uint32_t dst = j->ip.dst;

	drop(j, reason);
	j->out->reset = policy->reset_denied_tcp && j->ip.proto == IPV4_TCP &&
	                is_opening(&j->out->tcp) &&
	                (dst == policy->gateway_ip || policy_is_destination(policy, dst));
}

static void note_payload(struct judge *j, struct rd payload)
{
	j->out->payload = payload;
}

static void note_key(struct judge *j, uint16_t guest_port, uint16_t peer_port)
{
	j->out->key = (struct flow_key){
	        .guest_ip = j->ip.src,
	        .peer_ip = j->ip.dst,
	        .guest_port = guest_port,
	        .peer_port = peer_port,
	        .proto = j->ip.proto,
	};
}

/* A packet that may go out wants a flow that is not there. */
static void judge_new_flow(struct judge *j)
{
	struct verdict *out = j->out;
	const bool tcp = out->key.proto == IPV4_TCP;

	if (tcp && !is_opening(&out->tcp)) {
		drop(j, REASON_TCP_NO_CONNECTION);
		out->reset = !(out->tcp.flags & TCP_SEG_RST);
	} else if (tcp && j->flows->tcp_count >= j->policy->tcp_max) {
		drop(j, REASON_TCP_TABLE_FULL);
	} else if (!flow_has_room(j->flows, j->now_ns)) {
		drop(j, REASON_FLOW_TABLE_FULL);
	} else {
		out->kind = VERDICT_NEW_FLOW;
	}
}

/* Whether the packet, whose ports are known, is the gate's to deal with. */
static bool is_served(const struct judge *j)
{
	return policy_service(j->policy, j->ip.proto, j->ip.dst, j->out->tuple.dport) !=
	       POLICY_SERVICE_NONE;
}

/* The packet's flow, unless there is none or it expired. */
static uint32_t find_live(const struct judge *j)
{
	const uint32_t flow = flow_find(j->flows, &j->out->key);

	if (flow != FLOW_NONE && flow_is_expired(j->flows, flow, j->now_ns))
		return FLOW_NONE;
	return flow;
}

/* A packet to another machine, or to the gate, whose key is noted. */
static void judge_flow(struct judge *j)
{
	struct verdict *out = j->out;

	out->flow = find_live(j);
	if (out->flow != FLOW_NONE && j->policy->mode == POLICY_CONNTRACK)
		out->checked = false; /* its first packet was */
	if (out->checked)
		out->rule = policy_find(j->policy, out->key.proto, out->key.peer_ip,
		                        out->key.peer_port);
	if (out->checked && !out->rule && !is_served(j))
		deny(j, REASON_NOT_ALLOWED);
	else if (out->flow != FLOW_NONE)
		out->kind = VERDICT_FORWARD;
	else
		judge_new_flow(j);
}

static void judge_ports(struct judge *j)
{
	const struct tuple *tuple = &j->out->tuple;

	if (!tuple->sport || !tuple->dport) {
		drop(j, REASON_PORT_ZERO);
		return;
	}
	note_payload(j, j->udp.payload); /* none for TCP */
	/* It asks nothing, and to who reads the gate's end it would look like the end of the flow. */
	if (j->ip.proto == IPV4_UDP && !j->udp.payload.n && is_served(j)) {
		drop(j, REASON_DNS_MALFORMED);
		return;
	}
	note_key(j, tuple->sport, tuple->dport);
	judge_flow(j);
}

static void judge_icmp(struct judge *j)
{
	const bool to_gateway = j->ip.dst == j->policy->gateway_ip;
	struct rd rest = j->icmp.rest;
	uint16_t id;

	if (icmp_is_error(j->icmp.type)) {
		drop(j, REASON_ICMP_ERROR);
		return;
	}
	/* No rule of the list is about ICMP: only an unchecked echo may pass the gateway. */
	if (j->icmp.type != ICMP_ECHO_REQUEST || j->icmp.code || !rd_u16(&rest, &id) ||
	    (to_gateway ? !j->policy->echo : j->out->checked)) {
		drop(j, REASON_ICMP);
		return;
	}
	note_payload(j, j->icmp.rest);
	note_key(j, id, 0);
	if (to_gateway)
		j->out->kind = VERDICT_ANSWER_ECHO;
	else
		judge_flow(j);
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

static enum reason parse_udp(struct judge *j)
{
	struct tuple *tuple = &j->out->tuple;
	enum reason reason = udp_parse(j->ip.payload, j->ip.src, j->ip.dst, &j->udp,
	                               &tuple->has_ports);

	if (tuple->has_ports) {
		tuple->sport = j->udp.sport;
		tuple->dport = j->udp.dport;
	}
	return reason;
}

static enum reason parse_tcp(struct judge *j)
{
	struct tuple *tuple = &j->out->tuple;
	struct tcp_seg *seg = &j->out->tcp;
	enum reason reason = tcp_seg_parse(j->ip.payload, j->ip.src, j->ip.dst, seg,
	                                   &tuple->has_ports);

	if (tuple->has_ports) {
		tuple->sport = seg->sport;
		tuple->dport = seg->dport;
	}
	return reason;
}

/* The transport header, as far as there is one; REASON_NONE for every other protocol. */
static enum reason parse_transport(struct judge *j)
{
	switch (j->ip.proto) {
	case IPV4_UDP:
		return parse_udp(j);
	case IPV4_TCP:
		return parse_tcp(j);
	case IPV4_ICMP:
		return icmp_parse(j->ip.payload, &j->icmp);
	default:
		return REASON_NONE;
	}
}

static void judge_protocol(struct judge *j)
{
	const bool may_be = j->ip.dst == j->policy->gateway_ip
	                            ? j->ip.proto == IPV4_ICMP || is_served(j)
	                            : policy_is_destination(j->policy, j->ip.dst);

	if (!may_be) {
		deny(j, REASON_WRONG_DESTINATION_IP);
		return;
	}
	switch (j->ip.proto) {
	case IPV4_UDP:
	case IPV4_TCP:
		judge_ports(j);
		return;
	case IPV4_ICMP:
		judge_icmp(j);
		return;
	default:
		drop(j, REASON_PROTOCOL);
		return;
	}
}

/* The IPv4 header, as far as there is one. */
static enum reason parse_ipv4(struct judge *j)
{
	struct tuple *tuple = &j->out->tuple;
	enum reason reason = ipv4_parse(j->eth.payload, &j->ip, &tuple->has_ip);

	tuple->layer = TUPLE_IPV4;
	tuple->has_proto = tuple->has_ip;
	if (tuple->has_ip) {
		tuple->src = j->ip.src;
		tuple->dst = j->ip.dst;
		tuple->proto = j->ip.proto;
	}
	return reason;
}

/* What is wrong with a packet's IPv4 header, or with the MAC that it goes to. */
static enum reason parse_header(struct judge *j, bool to_gateway)
{
	enum reason reason = parse_ipv4(j);

	if (!to_gateway && !eth_is_group(j->eth.dst))
		return REASON_WRONG_DESTINATION_MAC;
	if (reason)
		return reason;
	/* The unspecified address is left to DHCP and IGMP, and refused below for all else. */
	if (j->ip.src && !is_source_ip(j, j->ip.src))
		return REASON_WRONG_SOURCE_IP;
	if (j->ip.router_alert && j->ip.proto != IPV4_IGMP)
		return REASON_IP_OPTIONS;
	return REASON_NONE;
}

/* All that is wrong with a packet before anybody asks where it goes. */
static enum reason parse_packet(struct judge *j, bool to_gateway)
{
	enum reason reason = parse_header(j, to_gateway);

	if (reason)
		return reason;
	reason = parse_transport(j);
	/* Only UDP has business with a group: of all else the MAC is the outer fault. */
	if (reason && !to_gateway && j->ip.proto != IPV4_UDP)
		return REASON_WRONG_DESTINATION_MAC;
	return reason;
}

/* A packet with which nothing is wrong. */
static void judge_packet(struct judge *j, bool to_gateway)
{
	/*@ assert allowed: carried(j->ip.proto) && j->ip.src != 0 && checks_all(j->policy->mode) ==>
	  @   (pkt_reachable(j) && ports_good(j) && pkt_allowed(j) <==> PASSES(j)); */
	/*@ assert known: carried(j->ip.proto) ==> (pkt_known(j) <==> KNOWN(j)); */
	/*@ assert opens: carried(j->ip.proto) ==> (pkt_open(j) <==> OPENS(j)); */
	if (is_dhcp(j))
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

static void judge_ipv4(struct judge *j, bool to_gateway)
{
	const enum reason reason = parse_packet(j, to_gateway);

	if (reason)
		drop(j, reason);
	else
		judge_packet(j, to_gateway);
}

static void judge_ipv6(struct judge *j)
{
	j->out->tuple.layer = TUPLE_IPV6;
	if (eth_is_group(j->eth.dst) && ipv6_is_neighbour_noise(j->eth.payload))
		drop_noise(j, POLICY_BENIGN_ND, REASON_IPV6);
	else
		drop(j, REASON_IPV6);
}

static bool is_checked(const struct policy *policy, uint32_t random)
{
	switch (policy->mode) {
	case POLICY_DIRECT:
		return false;
	case POLICY_SAMPLED:
		return random < policy->sampled_below;
	case POLICY_CONNTRACK: /* unless it belongs to a live flow */
	case POLICY_FILTERED:
	default:
		return true;
	}
}

static void judge_type(struct judge *j)
{
	switch (j->eth.type) {
	case ETH_TYPE_ARP:
		judge_arp(j);
		return;
	case ETH_TYPE_IPV4:
		judge_ipv4(j, eth_same(j->eth.dst, j->policy->gateway_mac));
		return;
	case ETH_TYPE_IPV6:
		judge_ipv6(j);
		return;
	case ETH_TYPE_VLAN:
	case ETH_TYPE_QINQ:
	case ETH_TYPE_QINQ_9:
		drop(j, REASON_VLAN);
		return;
	default:
		break;
	}
	drop(j, j->eth.type < ETH_TYPE_MIN ? REASON_LLC : REASON_UNKNOWN_ETHERTYPE);
}

static void judge_frame(struct judge *j, struct rd frame)
{
	const enum reason reason = eth_parse(frame, j->policy->mtu, &j->eth);

	/*@ assert macs: \forall integer i; 0 <= i < 6 ==>
	  @   j->policy->gateway_mac[i] == \at(j->policy->gateway_mac[i], Pre) &&
	  @   j->policy->vm_mac[i] == \at(j->policy->vm_mac[i], Pre); */
	/*@ assert to: reason == REASON_NONE ==>
	  @   (TO_GATEWAY(j) <==> \at(to_gateway(j->policy, frame.p), Pre)); */
	/*@ assert from: reason == REASON_NONE ==>
	  @   (mac_is(&j->eth.src[0], &j->policy->vm_mac[0]) <==>
	  @    \at(from_vm(j->policy, frame.p), Pre)); */
	if (reason)
		drop(j, reason);
	else if (!is_source_mac(j, j->eth.src))
		drop(j, REASON_WRONG_SOURCE_MAC);
	else
		judge_type(j);
}

static void clear(struct verdict *out, bool checked)
{
	*out = (struct verdict){.flow = FLOW_NONE};
	out->kind = VERDICT_DROP;
	out->checked = checked;
}

void verdict_frame(const struct policy *policy, const struct flow_table *flows, uint64_t now_ns,
                   uint32_t random, struct rd frame, struct verdict *out)
{
	clear(out, is_checked(policy, random));
	/*@ assert to: to_gateway(policy, frame.p) <==> \at(to_gateway(policy, frame.p), Pre); */
	/*@ assert from: from_vm(policy, frame.p) <==> \at(from_vm(policy, frame.p), Pre); */
	/*@ assert kept: policy->mode == \at(policy->mode, Pre) && policy->mtu == \at(policy->mtu, Pre) &&
	  @   policy->gateway_ip == \at(policy->gateway_ip, Pre) &&
	  @   policy->vm_ip == \at(policy->vm_ip, Pre) && policy->tcp_max == \at(policy->tcp_max, Pre) &&
	  @   flows->tcp_count == \at(flows->tcp_count, Pre); */

	struct judge j = {.policy = policy, .flows = flows, .now_ns = now_ns, .out = out};

	judge_frame(&j, frame);
}
