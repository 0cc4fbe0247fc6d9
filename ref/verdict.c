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

/* All that is wrong with a packet before anybody asks where it goes. */
static enum reason parse_packet(struct judge *j, bool to_gateway)
{
	enum reason reason = parse_ipv4(j);

	if (!to_gateway && !eth_is_group(j->eth.dst))
		reason = REASON_WRONG_DESTINATION_MAC;
	/* The unspecified address is left to DHCP and IGMP, and refused below for all else. */
	if (!reason && j->ip.src && !is_source_ip(j, j->ip.src))
		reason = REASON_WRONG_SOURCE_IP;
	if (!reason && j->ip.router_alert && j->ip.proto != IPV4_IGMP)
		reason = REASON_IP_OPTIONS;
	if (!reason) {
		/*@ assert packet: j->ip.payload.p == transport(j->eth.payload.p) &&
		  @   j->ip.payload.n == transport_len(j->eth.payload.p) &&
		  @   j->ip.proto == ip_proto(j->eth.payload.p) &&
		  @   j->ip.src == ip_src(j->eth.payload.p) && j->ip.dst == ip_dst(j->eth.payload.p); */
		reason = parse_transport(j);
		/*@ assert whole: reason == REASON_NONE && carried(j) ==>
		  @   transport_whole(j->eth.payload.p); */
		/* Only UDP has business with a group: of all else the MAC is the outer fault. */
		if (reason && !to_gateway && j->ip.proto != IPV4_UDP)
			reason = REASON_WRONG_DESTINATION_MAC;
	}
	return reason;
}

static void judge_ipv4(struct judge *j)
{
	const bool to_gateway = eth_same(j->eth.dst, j->policy->gateway_mac);
	const enum reason reason = parse_packet(j, to_gateway);

	/*@ assert mode: held{Pre}(j) ==> held(j); */
	/*@ assert gateway: to_gateway <==> eth_passes{Pre}(j); */
	/*@ assert right: reason == REASON_NONE && carried(j) ==>
	  @   ipv4_ok(j->eth.payload.p, j->eth.payload.n) && !ipv4_router_alert(j->eth.payload.p) &&
	  @   transport_whole(j->eth.payload.p) && j->out->tuple.sport == src_port(j->eth.payload.p) &&
	  @   j->out->tuple.dport == dst_port(j->eth.payload.p); */
	/*@ assert source: packet_allowed{Pre}(j->policy, j->eth.payload.p) ==>
	  @   ip_src(j->eth.payload.p) == j->policy->vm_ip; */
	/*@ assert none: held{Pre}(j) && passes4{Pre}(j) ==>
	  @   reason == REASON_NONE && carried(j) && j->ip.src != 0; */
	/*@ assert asked: reason == REASON_NONE && carried(j) && j->ip.src == j->policy->vm_ip &&
	  @   j->ip.src != 0 ==> (packet_allowed{Pre}(j->policy, j->eth.payload.p) &&
	  @     j->out->tuple.sport != 0 && j->out->tuple.dport != 0 <==>
	  @     pkt_reachable(j) && ports_good(j) && pkt_allowed(j)); */
	/*@ assert known: reason == REASON_NONE && carried(j) ==> (known4{Pre}(j) <==> pkt_known(j)); */
	/*@ assert opens: reason == REASON_NONE && carried(j) ==> (open4{Pre}(j) <==> pkt_open(j)); */
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

static void judge_frame(struct judge *j, struct rd frame)
{
	enum reason reason = eth_parse(frame, j->policy->mtu, &j->eth);

	if (reason) {
		drop(j, reason);
		return;
	}
	/*@ assert mode: held{Pre}(j) ==> held(j); */
	/*@ assert open: open_j{Pre}(j, frame.p) <==> open_j(j, frame.p); */
	/*@ assert to: to_gateway{Pre}(j->policy, frame.p) <==> eth_passes(j); */
	/*@ assert from: from_vm{Pre}(j->policy, frame.p) <==>
	  @   mac_is(&j->eth.src[0], &j->policy->vm_mac[0]); */
	/*@ assert packet: packet_passes{Pre}(j->policy, frame.p, frame.n) <==>
	  @   packet_passes(j->policy, frame.p, frame.n); */
	/*@ assert passes: passes_j{Pre}(j, frame.p, frame.n) ==> passes4(j); */
	/*@ assert known: known_j{Pre}(j, frame.p) <==> known4(j); */
	/*@ assert opens: open_j{Pre}(j, frame.p) <==> open4(j); */
	if (!is_source_mac(j, j->eth.src)) {
		drop(j, REASON_WRONG_SOURCE_MAC);
		return;
	}
	switch (j->eth.type) {
	case ETH_TYPE_ARP:
		judge_arp(j);
		return;
	case ETH_TYPE_IPV4:
		judge_ipv4(j);
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
		drop(j, j->eth.type < ETH_TYPE_MIN ? REASON_LLC : REASON_UNKNOWN_ETHERTYPE);
		return;
	}
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
	/*@ assert to_kept: to_gateway{Pre}(policy, frame.p) <==> to_gateway(policy, frame.p); */
	/*@ assert from_kept: from_vm{Pre}(policy, frame.p) <==> from_vm(policy, frame.p); */

	struct judge j = {.policy = policy, .flows = flows, .now_ns = now_ns, .out = out};

	/*@ assert mode: checks_all{Pre}(policy) ==> held(&j); */
	/*@ assert open: packet_may_open{Pre}(policy, flows, now_ns, frame.p + 14) <==>
	  @   packet_may_open(policy, flows, now_ns, frame.p + 14); */
	/*@ assert to: to_gateway{Pre}(policy, frame.p) <==> to_gateway(policy, frame.p); */
	/*@ assert from: from_vm{Pre}(policy, frame.p) <==> from_vm(policy, frame.p); */
	/*@ assert packet: packet_passes{Pre}(policy, frame.p, frame.n) <==>
	  @   packet_passes(policy, frame.p, frame.n); */
	judge_frame(&j, frame);
}
