/* SPDX-License-Identifier: ISC */
/* eth.c: the Ethernet header. */
#include "ref/eth.h"

enum reason eth_parse(struct rd frame, size_t mtu, struct eth *out)
{
	struct eth eth;

	if (frame.n > ETH_HDR_LEN + mtu)
		return REASON_TOO_BIG;
	if (!rd_copy(&frame, eth.dst, sizeof(eth.dst)) ||
	    !rd_copy(&frame, eth.src, sizeof(eth.src)) || !rd_u16(&frame, &eth.type))
		return REASON_RUNT;
	eth.payload = frame;
	//@ assert read_src: \forall integer i; 0 <= i < 6 ==> eth.src[i] == (\at(frame.p, Pre) + 6)[i];
	*out = eth;
	//@ assert copied_dst: \forall integer i; 0 <= i < 6 ==> out->dst[i] == eth.dst[i];
	//@ assert copied_src: \forall integer i; 0 <= i < 6 ==> out->src[i] == eth.src[i];
	return REASON_NONE;
}

bool eth_put(struct wr *w, const uint8_t dst[ADDR_MAC_LEN], const uint8_t src[ADDR_MAC_LEN],
             uint16_t type)
{
	struct wr t = *w;

	if (!wr_bytes(&t, dst, ADDR_MAC_LEN) || !wr_bytes(&t, src, ADDR_MAC_LEN) ||
	    !wr_u16(&t, type))
		return false;
	*w = t;
	return true;
}

bool eth_same(const uint8_t a[ADDR_MAC_LEN], const uint8_t b[ADDR_MAC_LEN])
{
	return memcmp(a, b, ADDR_MAC_LEN) == 0;
}

bool eth_is_group(const uint8_t mac[ADDR_MAC_LEN])
{
	return mac[0] & 1;
}

bool eth_is_broadcast(const uint8_t mac[ADDR_MAC_LEN])
{
	static const uint8_t broadcast[ADDR_MAC_LEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	return eth_same(mac, broadcast);
}
