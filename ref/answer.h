/* SPDX-License-Identifier: ISC */
/* answer.h: whole frames from the gateway to the guest.
 *
 * Every function appends one Ethernet frame of at most ETH_FRAME_MAX bytes to the writer, or
 * returns false and leaves it as it was. Source is always the gateway's MAC, destination the
 * VM's MAC (broadcast for DHCP where that is due).
 */
#ifndef REF_ANSWER_H
#define REF_ANSWER_H

#include "ref/verdict.h"

/* Ethernet, IPv4 and UDP headers in front of a reply's payload. */
#define ANSWER_UDP_HDR_LEN     42
#define ANSWER_UDP_PAYLOAD_MAX (ETH_FRAME_MAX - ANSWER_UDP_HDR_LEN)

/* The gateway's answer to the request `asked`. */
WR_MUST_CHECK bool answer_arp(struct wr *w, const struct policy *policy, const struct arp *asked);

/* The echo reply; `rest` is the request behind its checksum (struct verdict's payload). */
WR_MUST_CHECK bool answer_echo(struct wr *w, const struct policy *policy, struct rd rest);

WR_MUST_CHECK bool answer_dhcp(struct wr *w, const struct policy *policy,
                               const struct dhcp_reply *reply);

/* Only the ANSWER_UDP_HDR_LEN bytes in front of the payload, which stands behind them already or is
 * put there next: from the flow's endpoint to the very guest address and port that asked. False
 * also when the payload is above ANSWER_UDP_PAYLOAD_MAX. */
WR_MUST_CHECK bool answer_udp_headers(struct wr *w, const struct policy *policy,
                                      const struct flow_key *key, struct rd payload);

#endif
