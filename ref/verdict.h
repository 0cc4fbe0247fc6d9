/* SPDX-License-Identifier: ISC */
/* verdict.h: what happens to one frame of the guest. The heart of refnat: a pure function.
 *
 * Bytes, policy, flow table and time go in; a decision, and for a drop its reason, comes out. The
 * frame is walked from the outside in, and the first thing that is wrong decides:
 *
 *	Ethernet  14..1514 bytes, from the VM's MAC, ARP or IPv4
 *	ARP       an honest request for the gateway is answered
 *	IPv4      to the gateway's MAC (broadcast for DHCP), whole, unfragmented, from the VM's address
 *	DHCP      from 0.0.0.0 or the VM, to broadcast or the gateway: see lease.h
 *	ICMP      an echo request to the gateway is answered when the policy says so
 *	UDP       to an endpoint of the allow list: goes to its flow, or asks for a new one
 *
 * Everything else is dropped. Well-formed noise that the policy calls benign has its own reason.
 */
#ifndef REF_VERDICT_H
#define REF_VERDICT_H

#include "ref/arp.h"
#include "ref/dhcp.h"
#include "ref/flow.h"
#include "ref/policy.h"

enum verdict_kind {
	VERDICT_DROP,        /* `reason` says why */
	VERDICT_FORWARD,     /* `payload` goes to the live flow number `flow` */
	VERDICT_NEW_FLOW,    /* `payload` goes to a new flow for `key`, allowed by `rule` */
	VERDICT_ANSWER_ARP,  /* `arp` asks for the gateway */
	VERDICT_ANSWER_ECHO, /* `payload` is the echo request behind its checksum */
	VERDICT_ANSWER_DHCP, /* `dhcp` is the reply */
};

enum tuple_layer { TUPLE_ETHERNET, TUPLE_ARP, TUPLE_IPV6, TUPLE_IPV4 };

/* What is known of a frame's endpoints, for the audit. Ports are host order. */
struct tuple {
	enum tuple_layer layer;
	bool has_ip;    /* src and dst (for ARP: sender and target address) */
	bool has_proto; /* proto; IPv4 only */
	bool has_ports; /* sport and dport; UDP and TCP only */
	uint8_t proto;
	uint32_t src, dst;
	uint16_t sport, dport;
};

/* Windows point into the frame and live as long as it does; `rule` into the policy. Only the
 * members that `kind` names are set. */
struct verdict {
	enum verdict_kind kind;
	enum reason reason;
	struct tuple tuple;
	uint32_t flow;
	struct flow_key key; /* VERDICT_FORWARD and VERDICT_NEW_FLOW */
	const struct policy_rule *rule;
	struct rd payload;
	struct arp arp;
	struct dhcp_reply dhcp;
};

/* Judges one frame of any length. `now_ns` is the clock that the flow table was fed with. A flow
 * that expired counts as new; removing it first is the caller's part. */
void verdict_frame(const struct policy *policy, const struct flow_table *flows, uint64_t now_ns,
                   struct rd frame, struct verdict *out);

#endif
