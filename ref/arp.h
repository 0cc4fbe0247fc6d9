/* SPDX-License-Identifier: ISC */
/* arp.h: ARP for IPv4 over Ethernet (RFC 826, probes and announcements RFC 5227).
 *
 * Refused: fewer than 28 bytes, a hardware type other than 1, a protocol type other than 0x0800,
 * address lengths other than 6 and 4. Bytes behind the 28 are Ethernet padding and ignored.
 */
#ifndef REF_ARP_H
#define REF_ARP_H

#include "ref/eth.h"

#define ARP_LEN     28
#define ARP_REQUEST 1
#define ARP_REPLY   2

struct arp {
	uint16_t operation;
	uint8_t sender_mac[ADDR_MAC_LEN];
	uint32_t sender_ip;
	uint8_t target_mac[ADDR_MAC_LEN]; /* means nothing in a request */
	uint32_t target_ip;
};

/* REASON_ARP_MALFORMED leaves *out untouched. */
enum reason arp_parse(struct rd payload, struct arp *out);

/* Appends the 28 bytes; false when they do not fit. */
WR_MUST_CHECK bool arp_put(struct wr *w, const struct arp *arp);

#endif
