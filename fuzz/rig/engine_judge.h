/* SPDX-License-Identifier: ISC */
/* engine_judge.h: what must become of a frame of the guest, written a second time, from what the
 * headers of ref/ promise (verdict.h, reason.h and those of the protocols) and not from its code:
 * offsets into the frame instead of readers.
 *
 * It knows nothing of names, TLS and HTTP: the engine's policies have none. */
#ifndef FUZZ_RIG_ENGINE_JUDGE_H
#define FUZZ_RIG_ENGINE_JUDGE_H

#include "ref/policy.h"
#include "ref/reason.h"

enum judged_kind { JUDGED_DROP, JUDGED_ARP, JUDGED_DHCP, JUDGED_GATEWAY_ECHO, JUDGED_PACKET };

/* Who talks to whom; of ICMP the id is `sport`, and `dport` 0. */
struct judged_key {
	uint32_t src, dst;
	uint16_t sport, dport;
	uint8_t proto;
};

/* What a DHCP answer must say; type 0: there is none. */
struct judged_lease {
	uint8_t type;
	bool broadcast;
	uint32_t xid, to_ip, yiaddr, ciaddr;
	uint8_t chaddr[6];
	const uint8_t *client_id;
	size_t client_id_len;
};

struct judged {
	enum judged_kind kind;
	enum reason reason;
	bool violation;

	/* For the audit: what the frame showed. */
	bool has_ip, has_proto, has_ports;
	struct judged_key key;

	const uint8_t *payload; /* of UDP and TCP; of ICMP what stands behind its checksum */
	size_t payload_len;
	const uint8_t *segment; /* the TCP header */
	size_t segment_len;     /* and all behind it */

	const uint8_t *arp;
	struct judged_lease lease;
};

/* Judges the form of a frame and its addresses: everything but the allow list and live flows. A
 * packet to another machine is JUDGED_PACKET. `checked` as in verdict.h. */
void judge_form(const struct policy *policy, bool checked, const uint8_t *frame, size_t n,
                struct judged *out);

/* Drops it after all. */
void judge_drop(struct judged *out, bool checked, enum reason reason);

/* Whether the list has the endpoint: each entry is looked at. */
const struct policy_rule *judge_rule(const struct policy *policy, uint8_t proto, uint32_t ip,
                                     uint16_t port);

/* Whether it can be the address of another machine. */
bool judge_destination(const struct policy *policy, uint32_t ip);

#endif
