/* SPDX-License-Identifier: ISC */
/* recipe_key.c: the table of keys. docs/scenarios.md prints it in this order. */
#include "harness/recipe_key.h"

#include "harness/decode.h"
#include "harness/recipe.h"

#define ON(kind) (1u << RECIPE_##kind)
#define ON_IP4   (ON(UDP) | ON(TCP) | ON(ICMP) | ON(DHCP) | ON(IP4))
#define ON_IP6   (ON(UDP6) | ON(TCP6) | ON(ICMP6) | ON(IP6))
#define ON_UDP   (ON(UDP) | ON(DHCP) | ON(UDP6))
#define ON_TCP   (ON(TCP) | ON(TCP6))
#define ON_ICMP  (ON(ICMP) | ON(ICMP6))
#define ON_LINK  (ON_IP4 | ON_IP6 | ON(ARP) | ON(ETH))

#define L4_FAULTS  (FAULT_L4_HEADER | FAULT_L4_LENGTH | FAULT_L4_CKSUM)
#define NET_FAULTS (FAULT_IP_HEADER | FAULT_IP_LENGTH | FAULT_IP_CKSUM | L4_FAULTS)

/* Longest lines are the honest ones here: one key, one row.
 * name, value, max, kinds, layer, offset, width, shift, faults, hides, help */
/* clang-format off */
const struct recipe_key_info recipe_keys[KEY_COUNT] = {
	[KEY_ETH_SRC] = {"eth.src", KEY_MAC, 0, ON_LINK, LAYER_ETH, 6, 6, 0, 0, HIDES_NOTHING,
		"source MAC"},
	[KEY_ETH_DST] = {"eth.dst", KEY_MAC, 0, ON_LINK, LAYER_ETH, 0, 6, 0, 0, HIDES_NOTHING,
		"destination MAC"},
	[KEY_ETH_TYPE] = {"eth.type", KEY_NUMBER, 0xffff, ON_LINK & ~ON(ETH), LAYER_NET, -2, 2, 0, FAULT_ETH, HIDES_NOTHING,
		"EtherType, the packet behind it unchanged"},
	[KEY_ETH_PAD] = {"eth.pad", KEY_NUMBER, 9000, ON_LINK & ~ON(ETH), LAYER_NONE, 0, 0, 0, 0, HIDES_NOTHING,
		"this many bytes 0x5a behind the packet"},
	[KEY_ETH_CUT] = {"eth.cut", KEY_NUMBER, 65550, ON_LINK | ON(RAW) | ON(REPLAY), LAYER_NONE, 0, 0, 0, ~0u, HIDES_L4,
		"the frame ends after this many bytes; applied last"},
	[KEY_VLAN] = {"vlan", KEY_NUMBER, 4095, ON_LINK, LAYER_NONE, 0, 0, 0, 0, HIDES_NOTHING,
		"an 802.1Q tag with this id; may be repeated, outermost first"},
	[KEY_QINQ] = {"qinq", KEY_NUMBER, 4095, ON_LINK, LAYER_NONE, 0, 0, 0, 0, HIDES_NOTHING,
		"an 802.1ad tag (0x88a8) with this id, outside the vlan tags"},
	[KEY_LLC] = {"llc", KEY_FLAG, 1, ON_LINK, LAYER_NONE, 0, 0, 0, 0, HIDES_NOTHING,
		"802.3 length and LLC/SNAP instead of an EtherType"},

	[KEY_IP_VER] = {"ip.ver", KEY_NUMBER, 0xf, ON_IP4, LAYER_NET, 0, 1, 4, FAULT_IP_HEADER, HIDES_NOTHING,
		"version"},
	[KEY_IP_IHL] = {"ip.ihl", KEY_NUMBER, 0xf, ON_IP4, LAYER_NET, 0, 1, 0, NET_FAULTS, HIDES_L4,
		"header length in 4-byte words"},
	[KEY_IP_TOS] = {"ip.tos", KEY_NUMBER, 0xff, ON_IP4, LAYER_NET, 1, 1, 0, 0, HIDES_NOTHING,
		"type of service"},
	[KEY_IP_LEN] = {"ip.len", KEY_NUMBER, 0xffff, ON_IP4, LAYER_NET, 2, 2, 0, FAULT_IP_LENGTH | L4_FAULTS, HIDES_PLACE,
		"total length"},
	[KEY_IP_ID] = {"ip.id", KEY_NUMBER, 0xffff, ON_IP4, LAYER_NET, 4, 2, 0, 0, HIDES_NOTHING,
		"identification"},
	[KEY_IP_DF] = {"ip.df", KEY_FLAG, 1, ON_IP4, LAYER_NET, 6, 2, 14, 0, HIDES_NOTHING,
		"don't-fragment flag; set unless ip.mf or ip.frag is used"},
	[KEY_IP_MF] = {"ip.mf", KEY_FLAG, 1, ON_IP4, LAYER_NET, 6, 2, 13, 0, HIDES_KIND,
		"more-fragments flag"},
	[KEY_IP_RSV] = {"ip.rsv", KEY_FLAG, 1, ON_IP4, LAYER_NET, 6, 2, 15, 0, HIDES_NOTHING,
		"reserved flag"},
	[KEY_IP_FRAG] = {"ip.frag", KEY_NUMBER, 0x1fff, ON_IP4, LAYER_NET, 6, 2, 0, 0, HIDES_KIND,
		"fragment offset in 8-byte units"},
	[KEY_IP_TTL] = {"ip.ttl", KEY_NUMBER, 0xff, ON_IP4, LAYER_NET, 8, 1, 0, 0, HIDES_NOTHING,
		"time to live"},
	[KEY_IP_PROTO] = {"ip.proto", KEY_NUMBER, 0xff, ON_IP4, LAYER_NET, 9, 1, 0, L4_FAULTS, HIDES_KIND,
		"protocol, the transport header behind it unchanged"},
	[KEY_IP_CKSUM] = {"ip.cksum", KEY_CHECKSUM, 0xffff, ON_IP4, LAYER_NET, 10, 2, 0, FAULT_IP_CKSUM, HIDES_NOTHING,
		"header checksum"},
	[KEY_IP_OPT] = {"ip.opt", KEY_HEX, 40, ON_IP4, LAYER_NONE, 0, 0, 0, 0, HIDES_NOTHING,
		"options, filled up with zeros to 4 bytes; ihl follows"},

	[KEY_IP6_VER] = {"ip6.ver", KEY_NUMBER, 0xf, ON_IP6, LAYER_NET, 0, 1, 4, FAULT_IP_HEADER, HIDES_NOTHING,
		"version"},
	[KEY_IP6_LEN] = {"ip6.len", KEY_NUMBER, 0xffff, ON_IP6, LAYER_NET, 4, 2, 0, FAULT_IP_LENGTH | L4_FAULTS, HIDES_PLACE,
		"payload length"},
	[KEY_IP6_NEXT] = {"ip6.next", KEY_NUMBER, 0xff, ON_IP6, LAYER_NET, 6, 1, 0, FAULT_IP_HEADER | L4_FAULTS, HIDES_PLACE,
		"next header; with ip6.ext the kind of its first header, otherwise 0"},
	[KEY_IP6_HOP] = {"ip6.hop", KEY_NUMBER, 0xff, ON_IP6, LAYER_NET, 7, 1, 0, 0, HIDES_NOTHING,
		"hop limit"},
	[KEY_IP6_EXT] = {"ip6.ext", KEY_HEX, 64, ON_IP6, LAYER_NONE, 0, 0, 0, FAULT_IP_HEADER | L4_FAULTS, HIDES_PLACE,
		"extension headers as they are, filled up with zeros to 8 bytes"},

	[KEY_UDP_LEN] = {"udp.len", KEY_NUMBER, 0xffff, ON_UDP, LAYER_L4, 4, 2, 0, FAULT_L4_LENGTH, HIDES_NOTHING,
		"length"},
	[KEY_UDP_CKSUM] = {"udp.cksum", KEY_CHECKSUM, 0xffff, ON_UDP, LAYER_L4, 6, 2, 0, FAULT_L4_CKSUM, HIDES_NOTHING,
		"checksum; `none` is 0"},

	[KEY_TCP_SEQ] = {"tcp.seq", KEY_NUMBER, 0xffffffff, ON_TCP, LAYER_L4, 4, 4, 0, 0, HIDES_NOTHING,
		"sequence number"},
	[KEY_TCP_ACK] = {"tcp.ack", KEY_NUMBER, 0xffffffff, ON_TCP, LAYER_L4, 8, 4, 0, 0, HIDES_NOTHING,
		"acknowledgement number"},
	[KEY_TCP_OFF] = {"tcp.off", KEY_NUMBER, 0xf, ON_TCP, LAYER_L4, 12, 1, 4, FAULT_L4_HEADER, HIDES_NOTHING,
		"header length in 4-byte words"},
	[KEY_TCP_WIN] = {"tcp.win", KEY_NUMBER, 0xffff, ON_TCP, LAYER_L4, 14, 2, 0, 0, HIDES_NOTHING,
		"window"},
	[KEY_TCP_CKSUM] = {"tcp.cksum", KEY_CHECKSUM, 0xffff, ON_TCP, LAYER_L4, 16, 2, 0, FAULT_L4_CKSUM, HIDES_NOTHING,
		"checksum"},
	[KEY_TCP_URG] = {"tcp.urg", KEY_NUMBER, 0xffff, ON_TCP, LAYER_L4, 18, 2, 0, 0, HIDES_NOTHING,
		"urgent pointer"},
	[KEY_TCP_OPT] = {"tcp.opt", KEY_HEX, 40, ON_TCP, LAYER_NONE, 0, 0, 0, 0, HIDES_NOTHING,
		"options, filled up with zeros to 4 bytes; off follows"},

	[KEY_ICMP_ID] = {"icmp.id", KEY_NUMBER, 0xffff, ON_ICMP, LAYER_L4, 4, 2, 0, 0, HIDES_NOTHING,
		"identifier (bytes 4 and 5 of the header)"},
	[KEY_ICMP_SEQ] = {"icmp.seq", KEY_NUMBER, 0xffff, ON_ICMP, LAYER_L4, 6, 2, 0, 0, HIDES_NOTHING,
		"sequence number (bytes 6 and 7 of the header)"},
	[KEY_ICMP_GW] = {"icmp.gw", KEY_IP4, 0xffffffff, ON(ICMP), LAYER_L4, 4, 4, 0, 0, HIDES_NOTHING,
		"gateway address of a redirect; the sender unless given"},
	[KEY_ICMP_CKSUM] = {"icmp.cksum", KEY_CHECKSUM, 0xffff, ON_ICMP, LAYER_L4, 2, 2, 0, FAULT_L4_CKSUM, HIDES_NOTHING,
		"checksum"},
	[KEY_ND_TARGET] = {"nd.target", KEY_IP6, 0, ON(ICMP6), LAYER_NONE, 0, 0, 0, 0, HIDES_NOTHING,
		"target of ns and na, group of mld"},

	[KEY_ARP_HTYPE] = {"arp.htype", KEY_NUMBER, 0xffff, ON(ARP), LAYER_NET, 0, 2, 0, FAULT_ARP, HIDES_NOTHING,
		"hardware type, 1 = Ethernet"},
	[KEY_ARP_PTYPE] = {"arp.ptype", KEY_NUMBER, 0xffff, ON(ARP), LAYER_NET, 2, 2, 0, FAULT_ARP, HIDES_NOTHING,
		"protocol type, 0x0800 = IPv4"},
	[KEY_ARP_HLEN] = {"arp.hlen", KEY_NUMBER, 0xff, ON(ARP), LAYER_NET, 4, 1, 0, FAULT_ARP, HIDES_NOTHING,
		"hardware address length"},
	[KEY_ARP_PLEN] = {"arp.plen", KEY_NUMBER, 0xff, ON(ARP), LAYER_NET, 5, 1, 0, FAULT_ARP, HIDES_NOTHING,
		"protocol address length"},
	[KEY_ARP_OP] = {"arp.op", KEY_NUMBER, 0xffff, ON(ARP), LAYER_NET, 6, 2, 0, 0, HIDES_NOTHING,
		"operation"},
	[KEY_ARP_SHA] = {"arp.sha", KEY_MAC, 0, ON(ARP), LAYER_NET, 8, 6, 0, 0, HIDES_NOTHING,
		"sender hardware address"},
	[KEY_ARP_THA] = {"arp.tha", KEY_MAC, 0, ON(ARP), LAYER_NET, 18, 6, 0, 0, HIDES_NOTHING,
		"target hardware address"},

	[KEY_DHCP_XID] = {"dhcp.xid", KEY_NUMBER, 0xffffffff, ON(DHCP), LAYER_L4, 12, 4, 0, 0, HIDES_NOTHING,
		"transaction id"},
	[KEY_DHCP_BROADCAST] = {"dhcp.broadcast", KEY_FLAG, 1, ON(DHCP), LAYER_L4, 18, 2, 15, 0, HIDES_NOTHING,
		"broadcast flag"},
	[KEY_DHCP_CIADDR] = {"dhcp.ciaddr", KEY_IP4, 0xffffffff, ON(DHCP), LAYER_L4, 20, 4, 0, 0, HIDES_NOTHING,
		"client's own address"},
	[KEY_DHCP_YIADDR] = {"dhcp.yiaddr", KEY_IP4, 0xffffffff, ON(DHCP), LAYER_L4, 24, 4, 0, 0, HIDES_NOTHING,
		"address given to the client"},
	[KEY_DHCP_CHADDR] = {"dhcp.chaddr", KEY_MAC, 0, ON(DHCP), LAYER_L4, 36, 6, 0, 0, HIDES_NOTHING,
		"client hardware address"},
	[KEY_DHCP_COOKIE] = {"dhcp.cookie", KEY_NUMBER, 0xffffffff, ON(DHCP), LAYER_L4, 244, 4, 0, FAULT_DHCP, HIDES_NOTHING,
		"magic cookie, 0x63825363"},
	[KEY_DHCP_REQUESTED] = {"dhcp.requested", KEY_IP4, 0xffffffff, ON(DHCP), LAYER_NONE, 0, 0, 0, 0, HIDES_NOTHING,
		"requested address, option 50"},
	[KEY_DHCP_SERVER] = {"dhcp.server", KEY_IP4, 0xffffffff, ON(DHCP), LAYER_NONE, 0, 0, 0, 0, HIDES_NOTHING,
		"server identifier, option 54"},
	[KEY_DHCP_MASK] = {"dhcp.mask", KEY_IP4, 0xffffffff, ON(DHCP), LAYER_NONE, 0, 0, 0, 0, HIDES_NOTHING,
		"subnet mask, option 1"},
	[KEY_DHCP_ROUTER] = {"dhcp.router", KEY_IP4, 0xffffffff, ON(DHCP), LAYER_NONE, 0, 0, 0, 0, HIDES_NOTHING,
		"router, option 3"},
	[KEY_DHCP_DNS] = {"dhcp.dns", KEY_IP4, 0xffffffff, ON(DHCP), LAYER_NONE, 0, 0, 0, 0, HIDES_NOTHING,
		"name server, option 6; 0.0.0.0: none"},
	[KEY_DHCP_LEASE] = {"dhcp.lease", KEY_NUMBER, 0xffffffff, ON(DHCP), LAYER_NONE, 0, 0, 0, 0, HIDES_NOTHING,
		"lease time in seconds, option 51"},
	[KEY_DHCP_OPT] = {"dhcp.opt", KEY_HEX, 64, ON(DHCP), LAYER_NONE, 0, 0, 0, FAULT_DHCP, HIDES_NOTHING,
		"raw options in front of the end option"},
	[KEY_DHCP_NOEND] = {"dhcp.noend", KEY_FLAG, 1, ON(DHCP), LAYER_NONE, 0, 0, 0, FAULT_DHCP, HIDES_NOTHING,
		"no end option and nothing behind the others"},
};
/* clang-format on */
