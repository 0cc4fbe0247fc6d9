/* SPDX-License-Identifier: ISC */
/* verdict.h: what happens to one frame of the guest. The heart of refnat: a pure function.
 *
 * Bytes, policy, flow table, time and a random number go in; a decision, and for a drop its reason,
 * comes out. The frame is walked from the outside in, and the first thing that is wrong decides:
 *
 *	Ethernet  14 bytes to the MTU's frame, from the VM's MAC, ARP or IPv4
 *	ARP       an honest request for the gateway is answered
 *	IPv4      to the gateway's MAC (broadcast for DHCP), whole, unfragmented, from the VM's address
 *	          and with a whole UDP, TCP or ICMP header
 *	DHCP      from 0.0.0.0 or the VM, to broadcast or the gateway: see lease.h
 *	address   one that another machine can have; the gateway's is for ping and its DNS only
 *	ICMP      an echo request to the gateway is answered when the policy says so
 *	UDP, TCP  to an endpoint of the allow list, or one that is the gate's (policy_service()):
 *	          goes to its flow, or asks for a new one; in TCP only a SYN may ask
 *
 * Everything else is dropped. Well-formed noise that the policy calls benign has its own reason.
 *
 * The mode says which frames are *checked*: all of them (filtered), those without a live flow
 * (conntrack), each with a probability (sampled), none (direct). An unchecked frame may go to any
 * address that can be a destination, by UDP, TCP or ICMP echo; in direct its source MAC and address
 * do not matter either, as long as one machine can have them and the gateway has not (what comes
 * back goes to that address, and to the VM's MAC all the same). Its form is looked at in every
 * mode: what is not a whole, correct packet cannot be carried.
 *
 * A frame that is checked and dropped for something the guest did (reason_is_violation()) is a
 * violation; what follows from that is the policy's `terminate`.
 */
#ifndef REF_VERDICT_H
#define REF_VERDICT_H

#include "ref/arp.h"
#include "ref/dhcp.h"
#include "ref/flow.h"
#include "ref/policy.h"
#include "ref/tcp_seg.h"

enum verdict_kind {
	VERDICT_DROP,        /* `reason` says why */
	VERDICT_FORWARD,     /* the packet goes to the live flow number `flow` */
	VERDICT_NEW_FLOW,    /* the packet goes to a new flow for `key`, allowed by `rule` */
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
	bool checked;   /* the frame was held against the policy, in the modes' sense above */
	bool violation; /* VERDICT_DROP: by a checked frame, and the guest's doing */
	bool reset;     /* VERDICT_DROP: `tcp` deserves a RST (tcp_reset_for()): it came without a
	                   connection to an endpoint that may have one, or is a denied SYN and the
	                   policy wants it told */
	struct tuple tuple;
	uint32_t flow;
	struct flow_key key; /* VERDICT_FORWARD, VERDICT_NEW_FLOW, VERDICT_ANSWER_ECHO: who talks to
	                        whom. Its proto says what holds the packet, payload or tcp. An
	                        echo's guest_port is its id, its peer_port 0 */
	const struct policy_rule *rule; /* VERDICT_NEW_FLOW: NULL when the frame was not checked, or
	                                   is the gate's: what becomes of it is decided there */
	struct rd payload;  /* UDP: the payload. ICMP: the echo request behind its checksum */
	struct tcp_seg tcp; /* TCP, also of a drop with `reset`; VERDICT_NEW_FLOW only for a SYN */
	struct arp arp;
	struct dhcp_reply dhcp;
};

/* Judges one frame of any length. `now_ns` is the clock that the flow table was fed with; `random`
 * 32 fresh bits, which only the mode sampled looks at. A flow that expired counts as new; removing
 * it first is the caller's part. */
void verdict_frame(const struct policy *policy, const struct flow_table *flows, uint64_t now_ns,
                   uint32_t random, struct rd frame, struct verdict *out);

#endif
