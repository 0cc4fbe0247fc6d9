/* SPDX-License-Identifier: ISC */
/* policy.h: the policy as the verdict reads it: who the VM is and where it may go.
 *
 * Made by policy_load(), never changed afterwards. The worker and the dialer hold a copy each. The
 * VM's MAC and address are enforced, never learned.
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

/* Noise that is dropped with the reason `benign` when it needs no answer. */
enum policy_benign {
	POLICY_BENIGN_ARP = 1 << 0,  /* honest ARP: announcements, requests for other hosts */
	POLICY_BENIGN_DHCP = 1 << 1, /* RELEASE and DECLINE, messages for another server */
	POLICY_BENIGN_IGMP = 1 << 2, /* IGMP to a group */
	POLICY_BENIGN_MDNS = 1 << 3, /* UDP to 224.0.0.251:5353 */
	POLICY_BENIGN_ND = 1 << 4,   /* neighbour discovery and listener reports, see ipv6.h */
};

/* One allowed endpoint. */
struct policy_rule {
	uint32_t ip;
	uint16_t port;
	uint8_t proto; /* IP protocol number; UDP in this version */
	char id[POLICY_ID_MAX + 1];
};

struct policy {
	uint8_t vm_mac[ADDR_MAC_LEN];
	uint8_t gateway_mac[ADDR_MAC_LEN];
	uint32_t vm_ip, netmask, gateway_ip;
	bool echo;                 /* answer pings to the gateway */
	unsigned benign;           /* enum policy_benign, or-ed */
	uint32_t flows_max;        /* 1..POLICY_FLOWS_MAX */
	struct policy_rule *rules; /* ascending in policy_compare(), no two equal */
	size_t rule_count;
};

/* Orders rules by protocol, address and port: below, at or above zero. */
int policy_compare(const struct policy_rule *a, const struct policy_rule *b);

/* The rule that allows the endpoint, or NULL. Binary search: 14 steps for the longest list. */
const struct policy_rule *policy_find(const struct policy *policy, uint8_t proto, uint32_t ip,
                                      uint16_t port);

/* The gateway's MAC is locally administered and follows from its address: 52:55 and the four bytes,
 * so 192.168.100.1 has 52:55:c0:a8:64:01. */
void policy_gateway_mac(uint32_t gateway_ip, uint8_t out[ADDR_MAC_LEN]);

#endif
