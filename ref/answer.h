/* SPDX-License-Identifier: ISC */
/* answer.h: whole frames from the gateway to the guest.
 *
 * Every function appends one Ethernet frame of at most 14 bytes and the policy's MTU to the writer
 * (ETH_FRAME_MAX is always enough room), or returns false and leaves it as it was: the packet would
 * pass the MTU, or does not fit the writer. Source is always the gateway's MAC, destination the
 * VM's MAC (broadcast for DHCP where that is due).
 *
 * The ..._headers() functions write only what stands in front of a payload, which stands behind
 * them already or is put there next; it is read for the checksum.
 */
#ifndef REF_ANSWER_H
#define REF_ANSWER_H

#include "ref/verdict.h"

/* Ethernet, IPv4 and UDP headers in front of a reply's payload. */
#define ANSWER_UDP_HDR_LEN 42

/* The gateway's answer to the request `asked`. */
WR_MUST_CHECK bool answer_arp(struct wr *w, const struct policy *policy, const struct arp *asked);

/* The gateway asks the VM for its address. What comes back is dropped as a reply; the question is
 * there to find out whether the channel still has another end. */
WR_MUST_CHECK bool answer_arp_probe(struct wr *w, const struct policy *policy);

/* An echo reply from the peer of `key` (the gateway, or an address of the world) to its guest
 * address. `rest` is what stands behind an echo message's checksum: struct verdict's payload, or a
 * reply that came from the world. Its first two bytes, the id, are not used: the guest sees the id
 * that it chose, key->guest_port. `rest` must not lie in the writer's free room. */
WR_MUST_CHECK bool answer_echo(struct wr *w, const struct policy *policy,
                               const struct flow_key *key, struct rd rest);

WR_MUST_CHECK bool answer_dhcp(struct wr *w, const struct policy *policy,
                               const struct dhcp_reply *reply);

/* The largest UDP payload that the MTU carries. */
size_t answer_udp_payload_max(const struct policy *policy);

/* The ANSWER_UDP_HDR_LEN bytes in front of `payload`: from the flow's endpoint to the very guest
 * address and port that asked. */
WR_MUST_CHECK bool answer_udp_headers(struct wr *w, const struct policy *policy,
                                      const struct flow_key *key, struct rd payload);

/* How many bytes answer_tcp_headers() writes: 54 and the options. */
size_t answer_tcp_hdr_len(const struct tcp_seg *seg);

/* The answer_tcp_hdr_len() bytes in front of seg->payload. The ports are the key's, what *seg says
 * of them is not looked at. */
WR_MUST_CHECK bool answer_tcp_headers(struct wr *w, const struct policy *policy,
                                      const struct flow_key *key, const struct tcp_seg *seg);

/* The whole frame of a RST without payload, `reset` (of tcp_reset_for()), to the sender of the
 * segment whose `tuple` it was: addresses and ports change sides. */
WR_MUST_CHECK bool answer_reset(struct wr *w, const struct policy *policy,
                                const struct tuple *tuple, const struct tcp_seg *reset);

#endif
