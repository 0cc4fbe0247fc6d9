/* SPDX-License-Identifier: ISC */
/* model.c: the way of a frame through the list of what can be wrong with it. */
#include "fuzz/rig/model.h"

#include "fuzz/rig/plain.h"

#define ANYBODY 0xffffffffu /* 255.255.255.255 */

/* All that is known of a frame, and where the result goes. */
struct facts {
	const struct policy *policy;
	const struct model_flows *flows;
	struct ipv4 ip;
	struct udp udp;
	struct icmp icmp;
	bool direct, to_gateway_mac, to_group_mac, to_broadcast_mac, to_gateway;
	struct verdict *out;
};

static bool is_innocent(enum reason reason)
{
	return reason == REASON_BENIGN || reason == REASON_DHCP_IGNORED ||
	       reason == REASON_ICMP_ERROR || reason == REASON_TCP_NO_CONNECTION ||
	       reason == REASON_TCP_TABLE_FULL || reason == REASON_FLOW_TABLE_FULL;
}

static void drop(struct facts *f, enum reason reason)
{
	f->out->kind = VERDICT_DROP;
	f->out->reason = reason;
	f->out->violation = f->out->checked && !is_innocent(reason);
}

static void noise(struct facts *f, enum policy_benign kind, enum reason reason)
{
	drop(f, (f->policy->benign & kind) != 0 ? REASON_BENIGN : reason);
}

static bool may_be_source(const struct facts *f, uint32_t ip)
{
	if (ip == f->policy->vm_ip)
		return true;
	return f->direct && model_is_destination(f->policy, ip);
}

static bool may_be_source_mac(const struct facts *f, const uint8_t *mac)
{
	if (!memcmp(mac, f->policy->vm_mac, 6))
		return true;
	return f->direct && mac[0] % 2 == 0 && memcmp(mac, f->policy->gateway_mac, 6) != 0;
}

static void model_arp(struct facts *f, struct rd payload)
{
	struct arp *arp = &f->out->arp;
	const uint32_t gateway = f->policy->gateway_ip;

	f->out->tuple.layer = TUPLE_ARP;
	if (plain_arp(payload, arp)) {
		drop(f, REASON_ARP_MALFORMED);
		return;
	}
	f->out->tuple.has_ip = true;
	f->out->tuple.src = arp->sender_ip;
	f->out->tuple.dst = arp->target_ip;
	if (!f->to_gateway_mac && !f->to_broadcast_mac)
		drop(f, REASON_WRONG_DESTINATION_MAC);
	else if (!may_be_source_mac(f, arp->sender_mac) ||
	         (arp->sender_ip != 0 && !may_be_source(f, arp->sender_ip)))
		drop(f, REASON_ARP_WRONG_SENDER);
	else if (arp->operation == 1 && arp->target_ip == gateway)
		f->out->kind = VERDICT_ANSWER_ARP;
	else if (arp->operation == 1)
		noise(f, POLICY_BENIGN_ARP, REASON_ARP_NOT_GATEWAY);
	else if (arp->operation == 2 && f->to_gateway_mac && arp->sender_ip != 0 &&
	         arp->target_ip == gateway)
		drop(f, REASON_BENIGN); /* what answer_arp_probe() asks for */
	else
		noise(f, POLICY_BENIGN_ARP, REASON_ARP_NOT_REQUEST);
}

/* SYN without ACK; what goes with a SYN was looked at before. */
static bool is_syn(const struct facts *f)
{
	return f->ip.proto == 6 && (f->out->tcp.flags & 0x12) == 0x02;
}

/* Dropped for its destination: a SYN is told so if the policy wants it, by who can be there. */
static void deny(struct facts *f, enum reason reason)
{
	drop(f, reason);
	f->out->reset = f->policy->reset_denied_tcp && is_syn(f) &&
	                (f->to_gateway || model_is_destination(f->policy, f->ip.dst));
}

/* The number of the live flow, or FLOW_NONE. */
static uint32_t find_flow(const struct model_flows *flows, const struct flow_key *key)
{
	for (uint32_t i = 0; i < flows->count; i++) {
		const struct flow_key *k = &flows->keys[i];

		if (!flows->expired[i] && k->guest_ip == key->guest_ip &&
		    k->peer_ip == key->peer_ip && k->guest_port == key->guest_port &&
		    k->peer_port == key->peer_port && k->proto == key->proto)
			return i;
	}
	return FLOW_NONE;
}

static bool has_room(const struct model_flows *flows)
{
	bool expired = false;

	for (uint32_t i = 0; i < flows->count; i++)
		expired |= flows->expired[i];
	return expired || flows->count < flows->capacity;
}

static unsigned count_tcp(const struct model_flows *flows)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < flows->count; i++)
		count += flows->keys[i].proto == 6;
	return count;
}

static void model_new_flow(struct facts *f)
{
	if (f->ip.proto == 6 && !is_syn(f)) {
		drop(f, REASON_TCP_NO_CONNECTION);
		f->out->reset = (f->out->tcp.flags & 0x04) == 0; /* a RST is not answered */
	} else if (f->ip.proto == 6 && count_tcp(f->flows) >= f->policy->tcp_max) {
		drop(f, REASON_TCP_TABLE_FULL);
	} else if (!has_room(f->flows)) {
		drop(f, REASON_FLOW_TABLE_FULL);
	} else {
		f->out->kind = VERDICT_NEW_FLOW;
	}
}

static void model_flow(struct facts *f, uint16_t guest_port, uint16_t peer_port, bool served)
{
	struct verdict *out = f->out;

	out->key = (struct flow_key){f->ip.src, f->ip.dst, guest_port, peer_port, f->ip.proto};
	out->flow = find_flow(f->flows, &out->key);
	if (out->flow != FLOW_NONE && f->policy->mode == POLICY_CONNTRACK)
		out->checked = false;
	if (out->checked) {
		out->rule = model_rule(f->policy, f->ip.proto, f->ip.dst, peer_port);
		if (!out->rule && !served) {
			deny(f, REASON_NOT_ALLOWED);
			return;
		}
	}
	if (out->flow != FLOW_NONE)
		out->kind = VERDICT_FORWARD;
	else
		model_new_flow(f);
}

static void model_icmp(struct facts *f)
{
	const uint8_t type = f->icmp.type;

	if (type == 3 || type == 11 || type == 12) {
		drop(f, REASON_ICMP_ERROR);
	} else if (type != 8 || f->icmp.code != 0 ||
	           (f->to_gateway ? !f->policy->echo : f->out->checked)) {
		drop(f, REASON_ICMP); /* no rule is about ICMP, so nothing that is checked passes */
	} else {
		const uint16_t id = plain_u16(f->icmp.rest.p);

		f->out->payload = f->icmp.rest;
		if (f->to_gateway) {
			f->out->kind = VERDICT_ANSWER_ECHO;
			f->out->key = (struct flow_key){f->ip.src, f->ip.dst, id, 0, 1};
		} else {
			model_flow(f, id, 0, false);
		}
	}
}

/* To another machine, or to the gateway: as the MAC says, which is right. */
static void model_inside(struct facts *f)
{
	const struct tuple *t = &f->out->tuple;
	const bool has_ports = f->ip.proto == 17 || f->ip.proto == 6;
	const bool served = has_ports && model_service(f->policy, f->ip.proto, f->ip.dst,
	                                               t->dport) != POLICY_SERVICE_NONE;

	if (f->to_gateway ? f->ip.proto != 1 && !served
	                  : !model_is_destination(f->policy, f->ip.dst))
		deny(f, REASON_WRONG_DESTINATION_IP);
	else if (f->ip.proto == 1)
		model_icmp(f);
	else if (!has_ports)
		drop(f, REASON_PROTOCOL);
	else if (t->sport == 0 || t->dport == 0)
		drop(f, REASON_PORT_ZERO);
	else if (f->ip.proto == 17 && f->udp.payload.n == 0 && served)
		drop(f, REASON_DNS_MALFORMED);
	else {
		f->out->payload = f->udp.payload;
		model_flow(f, t->sport, t->dport, served);
	}
}

static void model_dhcp(struct facts *f)
{
	struct dhcp asked;
	enum reason reason = plain_dhcp(f->udp.payload, &asked);

	if (!reason)
		reason = model_lease(f->policy, &asked, &f->out->dhcp);
	if (reason == REASON_BENIGN)
		noise(f, POLICY_BENIGN_DHCP, REASON_DHCP_IGNORED);
	else if (reason)
		drop(f, reason);
	else
		f->out->kind = VERDICT_ANSWER_DHCP;
}

/* The fault of the transport header. A packet to a group that is no UDP has no business there, and
 * that is the outer fault. */
static enum reason transport_fault(struct facts *f)
{
	struct tuple *t = &f->out->tuple;
	enum reason reason = REASON_NONE;

	if (f->ip.proto == 17) {
		reason = plain_udp(f->ip.payload, f->ip.src, f->ip.dst, &f->udp, &t->has_ports);
		t->sport = t->has_ports ? f->udp.sport : 0;
		t->dport = t->has_ports ? f->udp.dport : 0;
		return reason;
	}
	if (f->ip.proto == 6) {
		struct tcp_seg *tcp = &f->out->tcp;

		reason = plain_tcp(f->ip.payload, f->ip.src, f->ip.dst, tcp, &t->has_ports);
		t->sport = t->has_ports ? tcp->sport : 0;
		t->dport = t->has_ports ? tcp->dport : 0;
	} else if (f->ip.proto == 1) {
		reason = plain_icmp(f->ip.payload, &f->icmp);
	}
	return reason && !f->to_gateway_mac ? REASON_WRONG_DESTINATION_MAC : reason;
}

/* From the Ethernet header to the transport header. */
static enum reason ipv4_fault(struct facts *f, struct rd payload)
{
	struct tuple *t = &f->out->tuple;
	enum reason reason = plain_ipv4(payload, &f->ip, &t->has_ip);

	t->layer = TUPLE_IPV4;
	t->has_proto = t->has_ip;
	if (t->has_ip) {
		t->src = f->ip.src;
		t->dst = f->ip.dst;
		t->proto = f->ip.proto;
	}
	if (!f->to_gateway_mac && !f->to_group_mac)
		return REASON_WRONG_DESTINATION_MAC;
	if (reason)
		return reason;
	f->to_gateway = f->ip.dst == f->policy->gateway_ip;
	if (f->ip.src != 0 && !may_be_source(f, f->ip.src))
		return REASON_WRONG_SOURCE_IP;
	if (f->ip.router_alert && f->ip.proto != 2)
		return REASON_IP_OPTIONS;
	return transport_fault(f);
}

static void model_ipv4(struct facts *f, struct rd payload)
{
	const enum reason reason = ipv4_fault(f, payload);
	const bool udp = f->ip.proto == 17;

	if (reason)
		drop(f, reason);
	else if (udp && f->udp.sport == 68 && f->udp.dport == 67 &&
	         (f->to_gateway || f->ip.dst == ANYBODY) &&
	         (f->to_gateway_mac || f->to_broadcast_mac))
		model_dhcp(f);
	else if (f->ip.proto == 2 && f->to_group_mac && f->ip.dst >= 0xe0000000 &&
	         f->ip.dst <= 0xefffffff)
		noise(f, POLICY_BENIGN_IGMP, REASON_PROTOCOL);
	else if (f->ip.src == 0)
		drop(f, REASON_WRONG_SOURCE_IP);
	else if (f->to_gateway_mac)
		model_inside(f);
	else if (udp && f->ip.dst == 0xe00000fb && f->udp.dport == 5353)
		noise(f, POLICY_BENIGN_MDNS, REASON_WRONG_DESTINATION_MAC);
	else
		drop(f, REASON_WRONG_DESTINATION_MAC);
}

static void model_type(struct facts *f, unsigned type, struct rd payload)
{
	if (type == 0x0806)
		model_arp(f, payload);
	else if (type == 0x0800)
		model_ipv4(f, payload);
	else if (type == 0x8100 || type == 0x88a8 || type == 0x9100)
		drop(f, REASON_VLAN);
	else if (type < 0x0600)
		drop(f, REASON_LLC);
	else if (type != 0x86dd)
		drop(f, REASON_UNKNOWN_ETHERTYPE);
	else {
		f->out->tuple.layer = TUPLE_IPV6;
		if (f->to_group_mac && plain_is_neighbour_noise(payload))
			noise(f, POLICY_BENIGN_ND, REASON_IPV6);
		else
			drop(f, REASON_IPV6);
	}
}

static bool is_checked(const struct policy *policy, uint32_t random)
{
	return policy->mode != POLICY_DIRECT &&
	       (policy->mode != POLICY_SAMPLED || (uint64_t)random < policy->sampled_below);
}

void model_frame(const struct policy *policy, const struct model_flows *flows, uint32_t random,
                 struct rd frame, struct verdict *out)
{
	static const uint8_t ones[6] = {255, 255, 255, 255, 255, 255};
	struct facts f = {.policy = policy, .flows = flows, .out = out};

	*out = (struct verdict){.checked = is_checked(policy, random), .flow = FLOW_NONE};
	if (frame.n > 14u + policy->mtu) {
		drop(&f, REASON_TOO_BIG);
		return;
	}
	if (frame.n < 14) {
		drop(&f, REASON_RUNT);
		return;
	}
	f.direct = policy->mode == POLICY_DIRECT;
	f.to_gateway_mac = !memcmp(frame.p, policy->gateway_mac, 6);
	f.to_group_mac = frame.p[0] % 2 == 1;
	f.to_broadcast_mac = !memcmp(frame.p, ones, 6);
	if (!may_be_source_mac(&f, frame.p + 6))
		drop(&f, REASON_WRONG_SOURCE_MAC);
	else
		model_type(&f, plain_u16(frame.p + 12), rd_of(frame.p + 14, frame.n - 14));
}
