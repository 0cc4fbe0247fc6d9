/* SPDX-License-Identifier: ISC */
/* udp.h: the UDP header over IPv4 (RFC 768).
 *
 * Refused: fewer than 8 bytes, a length field that is not the packet's, a checksum that is given and wrong. A checksum
 * of 0 means not given. That bytes may be left over behind the datagram (RFC 9868 puts options there) is what one
 * parser reads and the next does not: no guest needs it.
 */
#ifndef REF_UDP_H
#define REF_UDP_H

#include "bytes/rd.h"
#include "bytes/wr.h"
#include "ref/reason.h"

#define UDP_HDR_LEN 8

struct udp {
	uint16_t sport, dport;
	struct rd payload; /* into the frame */
};

/* `src` and `dst` are the IPv4 addresses, for the pseudo-header. On a refusal *readable tells
 * whether the ports were there to be read; they are for the audit only. */
enum reason udp_parse(struct rd datagram, uint32_t src, uint32_t dst, struct udp *out,
                      bool *readable);

/* Appends the 8 bytes with the checksum over `payload`, which the caller puts behind them. False
 * when they do not fit or the datagram passes 65535 bytes. */
WR_MUST_CHECK bool udp_put(struct wr *w, uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport,
                           struct rd payload);

#endif
