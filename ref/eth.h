/* SPDX-License-Identifier: ISC */
/* eth.h: the Ethernet header (IEEE 802.3 clause 3; types from the IANA registry).
 *
 * refnat speaks Ethernet II only: a type below ETH_TYPE_MIN is an 802.3 length. VLAN tags are not
 * looked into, the verdict refuses them by their type.
 */
#ifndef REF_ETH_H
#define REF_ETH_H

#include "bytes/rd.h"
#include "bytes/wr.h"
#include "ref/addr.h"
#include "ref/reason.h"

#define ETH_HDR_LEN   14
#define ETH_MTU       1500 /* unless the policy says otherwise */
#define ETH_MTU_MAX   9216
#define ETH_FRAME_MAX (ETH_HDR_LEN + ETH_MTU_MAX) /* of any policy: a bound for buffers */

#define ETH_TYPE_MIN    0x0600
#define ETH_TYPE_IPV4   0x0800
#define ETH_TYPE_ARP    0x0806
#define ETH_TYPE_VLAN   0x8100
#define ETH_TYPE_QINQ   0x88a8
#define ETH_TYPE_QINQ_9 0x9100
#define ETH_TYPE_IPV6   0x86dd

struct eth {
	uint8_t dst[ADDR_MAC_LEN];
	uint8_t src[ADDR_MAC_LEN];
	uint16_t type;
	struct rd payload; /* into the frame, padding included */
};

/* REASON_RUNT below 14 bytes, REASON_TOO_BIG above 14 + `mtu`, both with *out untouched. */
enum reason eth_parse(struct rd frame, size_t mtu, struct eth *out);

/* Appends the 14 bytes; false when they do not fit. */
WR_MUST_CHECK bool eth_put(struct wr *w, const uint8_t dst[ADDR_MAC_LEN],
                           const uint8_t src[ADDR_MAC_LEN], uint16_t type);

bool eth_same(const uint8_t a[ADDR_MAC_LEN], const uint8_t b[ADDR_MAC_LEN]);

/* Broadcast and multicast: the low bit of the first byte. */
bool eth_is_group(const uint8_t mac[ADDR_MAC_LEN]);
bool eth_is_broadcast(const uint8_t mac[ADDR_MAC_LEN]);

#endif
