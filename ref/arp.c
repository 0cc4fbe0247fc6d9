/* SPDX-License-Identifier: ISC */
/* arp.c: ARP for IPv4 over Ethernet. */
#include "ref/arp.h"

#define HARDWARE_ETHERNET 1

enum reason arp_parse(struct rd payload, struct arp *out)
{
	struct arp arp;
	uint16_t hardware, protocol;
	uint8_t hardware_len, protocol_len;

	if (!rd_u16(&payload, &hardware) || !rd_u16(&payload, &protocol) ||
	    !rd_u8(&payload, &hardware_len) || !rd_u8(&payload, &protocol_len) ||
	    !rd_u16(&payload, &arp.operation))
		return REASON_ARP_MALFORMED;
	if (hardware != HARDWARE_ETHERNET || protocol != ETH_TYPE_IPV4 ||
	    hardware_len != ADDR_MAC_LEN || protocol_len != 4)
		return REASON_ARP_MALFORMED;
	if (!rd_copy(&payload, arp.sender_mac, sizeof(arp.sender_mac)) ||
	    !rd_u32(&payload, &arp.sender_ip) ||
	    !rd_copy(&payload, arp.target_mac, sizeof(arp.target_mac)) ||
	    !rd_u32(&payload, &arp.target_ip))
		return REASON_ARP_MALFORMED;
	*out = arp;
	return REASON_NONE;
}

bool arp_put(struct wr *w, const struct arp *arp)
{
	struct wr t = *w;

	if (!wr_u16(&t, HARDWARE_ETHERNET) || !wr_u16(&t, ETH_TYPE_IPV4) ||
	    !wr_u8(&t, ADDR_MAC_LEN) || !wr_u8(&t, 4) || !wr_u16(&t, arp->operation) ||
	    !wr_bytes(&t, arp->sender_mac, ADDR_MAC_LEN) || !wr_u32(&t, arp->sender_ip) ||
	    !wr_bytes(&t, arp->target_mac, ADDR_MAC_LEN) || !wr_u32(&t, arp->target_ip))
		return false;
	*w = t;
	return true;
}
