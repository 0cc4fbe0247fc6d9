/* SPDX-License-Identifier: ISC */
/* policy.h: the policy as the verdict reads it: who the VM is and where it may go.
 *
 * Made by policy_load() and not changed while it is in force: a new one takes its place as a whole.
 * Worker and dialer look at the same memory, which only the dialer can write. The VM's MAC and
 * address are enforced (in every mode but direct), never learned.
 */
#ifndef REF_POLICY_H
#define REF_POLICY_H

#include "ref/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_ID_MAX    32 /* characters of a rule's id, of [A-Za-z0-9._-] */
#define POLICY_RULES_MAX 16384
#define POLICY_FLOWS_MAX 65536
#define POLICY_MTU_MIN   576
#define POLICY_MTU_MAX   9216

/* Noise that is dropped with the reason `benign` when it needs no answer. */
enum policy_benign {
	POLICY_BENIGN_ARP = 1 << 0,  /* honest ARP: announcements, requests for other hosts */
	POLICY_BENIGN_DHCP = 1 << 1, /* RELEASE and DECLINE, messages for another server */
	POLICY_BENIGN_IGMP = 1 << 2, /* IGMP to a group */
	POLICY_BENIGN_MDNS = 1 << 3, /* UDP to 224.0.0.251:5353 */
	POLICY_BENIGN_ND = 1 << 4,   /* neighbour discovery and listener reports, see ipv6.h */
};

/* In ascending strictness. Malformed packets, fragments, IPv6 and VLANs pass in none of them. Zero
 * is no mode and taken for the strictest, so that memory nobody has filled in opens nothing. */
enum policy_mode {
	POLICY_DIRECT = 1, /* plain NAT: nothing is checked against the list */
	POLICY_SAMPLED,    /* each frame is checked with probability sampling_rate */
	POLICY_CONNTRACK,  /* the first packet of a flow is checked */
	POLICY_FILTERED,   /* every frame is checked */
};

/* One allowed endpoint. */
struct policy_rule {
	uint32_t ip;
	uint16_t port;
	uint8_t proto; /* IP protocol number: UDP or TCP */
	char id[POLICY_ID_MAX + 1];
};

struct policy {
	enum policy_mode mode;
	bool terminate;         /* a violation ends the VM */
	uint64_t sampled_below; /* a frame is checked when its random 32 bits are below: 0..2^32 */
	uint32_t conntrack_ttl_s; /* how long a flow lives after its last packet, in conntrack */
	uint8_t vm_mac[ADDR_MAC_LEN];
	uint8_t gateway_mac[ADDR_MAC_LEN];
	uint32_t vm_ip, netmask, gateway_ip;
	bool echo;                 /* answer pings to the gateway */
	unsigned benign;           /* enum policy_benign, or-ed */
	bool reset_denied_tcp;     /* a denied SYN gets a RST, not silence */
	uint16_t mtu;              /* POLICY_MTU_MIN..POLICY_MTU_MAX, of the guest's link */
	uint32_t flows_max;        /* 1..POLICY_FLOWS_MAX, TCP included */
	uint32_t tcp_max;          /* 1..POLICY_FLOWS_MAX: TCP connections at a time */
	struct policy_rule *rules; /* ascending in policy_compare(), no two equal */
	size_t rule_count;
};

/* Orders rules by protocol, address and port: below, at or above zero. */
int policy_compare(const struct policy_rule *a, const struct policy_rule *b);

/* The rule that allows the endpoint, or NULL. Binary search: 14 steps for the longest list. */
const struct policy_rule *policy_find(const struct policy *policy, uint8_t proto, uint32_t ip,
                                      uint16_t port);

/* Whether an address can be a destination in any mode: no zero net, loopback, multicast or reserved
 * address, not the VM's, the gateway's, or the network's or broadcast address of their net. */
bool policy_is_destination(const struct policy *policy, uint32_t ip);

/* Makes *to a copy of *from whose rules stand in `room`, which holds `room_count` and must live as
 * long as *to. False, with both untouched, when they do not fit. */
bool policy_copy_into(struct policy *to, struct policy_rule *room, size_t room_count,
                      const struct policy *from);

/* NULL when `next` may take the place of `now` while the VM runs, else the key of the policy file
 * that stands in the way: the VM, MTU and limits are fixed at start, and nothing but the allow list
 * may become weaker (a laxer mode, a lower sampling rate, more benign noise, ...). What a mode does
 * not look at does not count: sampling_rate is compared within `sampled`, conntrack_ttl_s within
 * `conntrack`. Whether a denied SYN is reset is free. */
const char *policy_refuses_swap(const struct policy *now, const struct policy *next);

/* "direct", "sampled", ... Static storage. */
const char *policy_mode_name(enum policy_mode mode);

/* The gateway's MAC is locally administered and follows from its address: 52:55 and the four bytes,
 * so 192.168.100.1 has 52:55:c0:a8:64:01. */
void policy_gateway_mac(uint32_t gateway_ip, uint8_t out[ADDR_MAC_LEN]);

#endif
