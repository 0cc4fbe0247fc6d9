/* SPDX-License-Identifier: ISC */
/* arp.c: ARP for IPv4 over Ethernet. */
#include "ref/arp.h"

#define HARDWARE_ETHERNET 1

/* The first six bytes: what kinds of addresses are translated, and how long they are. */
/*@ requires \valid(r) && window(r->p, r->n);
  @ requires \separated(r, r->p + (0 .. r->n - 1));
  @ assigns *r;
  @ ensures kind: \result <==> 6 <= \old(r->n) && arp_kind{Pre}(\old(r->p));
  @ ensures past: \result ==> r->p == \old(r->p) + 6 && r->n == \old(r->n) - 6; */
static bool is_ipv4_over_ethernet(struct rd *r)
{
	uint16_t hardware, protocol;
	uint8_t hardware_len, protocol_len;

	if (!rd_u16(r, &hardware) || !rd_u16(r, &protocol) || !rd_u8(r, &hardware_len) ||
	    !rd_u8(r, &protocol_len))
		return false;
	return hardware == HARDWARE_ETHERNET && protocol == ETH_TYPE_IPV4 &&
	       hardware_len == ADDR_MAC_LEN && protocol_len == 4;
}

enum reason arp_parse(struct rd payload, struct arp *out)
{
	struct arp arp;

	if (!is_ipv4_over_ethernet(&payload) || !rd_u16(&payload, &arp.operation))
		return REASON_ARP_MALFORMED;
	if (!rd_copy(&payload, arp.sender_mac, sizeof(arp.sender_mac)) ||
	    !rd_u32(&payload, &arp.sender_ip) ||
	    !rd_copy(&payload, arp.target_mac, sizeof(arp.target_mac)) ||
	    !rd_u32(&payload, &arp.target_ip))
		return REASON_ARP_MALFORMED;
	//@ assert sender: \forall integer i; 0 <= i < 6 ==> arp.sender_mac[i] == (\at(payload.p, Pre) + 8)[i];
	//@ assert target: \forall integer i; 0 <= i < 6 ==> arp.target_mac[i] == (\at(payload.p, Pre) + 18)[i];
	*out = arp;
	//@ assert copied_sender: \forall integer i; 0 <= i < 6 ==> out->sender_mac[i] == arp.sender_mac[i];
	//@ assert copied_target: \forall integer i; 0 <= i < 6 ==> out->target_mac[i] == arp.target_mac[i];
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
