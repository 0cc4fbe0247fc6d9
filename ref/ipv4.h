/* SPDX-License-Identifier: ISC */
/* ipv4.h: the IPv4 header (RFC 791; atomic datagrams RFC 6864).
 *
 * Refused, in this order: a version other than 4, a header length below 20 bytes or past the frame,
 * a total length below the header or past the frame, a wrong header checksum, TTL 0, every fragment
 * (MF, an offset, or the reserved flag), and every option but NOP and end of list. One more is let
 * through to the verdict, marked: the router alert (RFC 2113), because it makes IGMP noise and not
 * an attack. What stands behind the total length is Ethernet padding and not part of the payload
 * window.
 */
#ifndef REF_IPV4_H
#define REF_IPV4_H

#include "bytes/rd.h"
#include "bytes/wr.h"
#include "ref/reason.h"

#define IPV4_HDR_LEN   20
#define IPV4_BROADCAST 0xffffffffu
#define IPV4_TTL       64 /* of what refnat sends to the guest */

#define IPV4_ICMP 1
#define IPV4_IGMP 2
#define IPV4_TCP  6
#define IPV4_UDP  17

struct ipv4 {
	uint32_t src, dst;
	uint8_t proto;
	bool router_alert; /* legal with IGMP only */
	struct rd payload; /* into the frame, total length minus header */
};

/* On a refusal *readable tells whether src, dst and proto were there to be read (the first 20 bytes
 * are); they are for the audit only. */
enum reason ipv4_parse(struct rd payload, struct ipv4 *out, bool *readable);

/* Appends a 20-byte header with TTL 64, DF, id 0 and its checksum, for `payload_len` bytes that
 * follow. False when it does not fit or the total passes 65535. */
WR_MUST_CHECK bool ipv4_put(struct wr *w, uint32_t src, uint32_t dst, uint8_t proto,
                            size_t payload_len);

#endif
