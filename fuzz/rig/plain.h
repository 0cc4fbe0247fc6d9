/* SPDX-License-Identifier: ISC */
/* plain.h: headers read a second time, for targets to compare with.
 *
 * Written from the RFCs and from what the headers in ref/ promise, with numbers of bytes and nothing
 * else: no cursor, no function of ref/. Only the enum of reasons and the structs of results are the
 * same, so that results can be compared member by member. Every function looks at `bytes` only, and
 * leaves *out in whatever state when it refuses.
 */
#ifndef FUZZ_RIG_PLAIN_H
#define FUZZ_RIG_PLAIN_H

#include "ref/arp.h"
#include "ref/dhcp.h"
#include "ref/icmp.h"
#include "ref/ipv4.h"
#include "ref/tcp_seg.h"
#include "ref/udp.h"

static inline uint16_t plain_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] * 256u + p[1]);
}

static inline uint32_t plain_u32(const uint8_t *p)
{
	return plain_u16(p) * 65536u + plain_u16(p + 2);
}

static inline void plain_put_u16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value / 256);
	p[1] = (uint8_t)(value % 256);
}

/* The sum of 16-bit words modulo 0xffff, where an odd last byte is the upper half of a word: RFC
 * 1071 as it is written. 0 to 0xffff; 0 only when all is zero. */
uint32_t plain_sum(const uint8_t *p, size_t n);

/* The same with the pseudo-header of UDP and TCP in front (RFC 768, RFC 9293). */
uint32_t plain_transport_sum(struct rd bytes, uint32_t src, uint32_t dst, uint8_t proto);

enum reason plain_arp(struct rd bytes, struct arp *out);
enum reason plain_ipv4(struct rd bytes, struct ipv4 *out, bool *readable);
enum reason plain_udp(struct rd bytes, uint32_t src, uint32_t dst, struct udp *out, bool *readable);
enum reason plain_icmp(struct rd bytes, struct icmp *out);
enum reason plain_tcp(struct rd bytes, uint32_t src, uint32_t dst, struct tcp_seg *out,
                      bool *readable);
enum reason plain_dhcp(struct rd bytes, struct dhcp *out);
bool plain_is_neighbour_noise(struct rd bytes);

/* NULL when the two say the same, else the name of the invariant that is broken. */
const char *plain_arp_differs(const struct arp *a, const struct arp *b);
const char *plain_tcp_differs(const struct tcp_seg *a, const struct tcp_seg *b);
const char *plain_dhcp_differs(const struct dhcp *a, const struct dhcp *b);
bool plain_same_window(struct rd a, struct rd b);

#endif
