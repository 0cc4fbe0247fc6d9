/* SPDX-License-Identifier: ISC */
/* recipe_key.h: the KEY=VALUE words of a recipe, each changing one thing of a packet.
 *
 * One table serves four readers: the parser (name, kind of value, where it applies), frame.c (the
 * place of the field in the packet), match.c (the same place, and which faults the key excuses) and
 * docs/scenarios.md (the help phrase).
 */
#ifndef HARNESS_RECIPE_KEY_H
#define HARNESS_RECIPE_KEY_H

#include <stdint.h>

enum recipe_key {
	KEY_ETH_SRC,
	KEY_ETH_DST,
	KEY_ETH_TYPE,
	KEY_ETH_PAD,
	KEY_ETH_CUT,
	KEY_VLAN,
	KEY_QINQ,
	KEY_LLC,

	KEY_IP_VER,
	KEY_IP_IHL,
	KEY_IP_TOS,
	KEY_IP_LEN,
	KEY_IP_ID,
	KEY_IP_DF,
	KEY_IP_MF,
	KEY_IP_RSV,
	KEY_IP_FRAG,
	KEY_IP_TTL,
	KEY_IP_PROTO,
	KEY_IP_CKSUM,
	KEY_IP_OPT,

	KEY_IP6_VER,
	KEY_IP6_LEN,
	KEY_IP6_NEXT,
	KEY_IP6_HOP,
	KEY_IP6_EXT,

	KEY_UDP_LEN,
	KEY_UDP_CKSUM,

	KEY_TCP_SEQ,
	KEY_TCP_ACK,
	KEY_TCP_OFF,
	KEY_TCP_WIN,
	KEY_TCP_CKSUM,
	KEY_TCP_URG,
	KEY_TCP_OPT,

	KEY_ICMP_ID,
	KEY_ICMP_SEQ,
	KEY_ICMP_GW,
	KEY_ICMP_CKSUM,
	KEY_ND_TARGET,

	KEY_ARP_HTYPE,
	KEY_ARP_PTYPE,
	KEY_ARP_HLEN,
	KEY_ARP_PLEN,
	KEY_ARP_OP,
	KEY_ARP_SHA,
	KEY_ARP_THA,

	KEY_DHCP_XID,
	KEY_DHCP_BROADCAST,
	KEY_DHCP_CIADDR,
	KEY_DHCP_YIADDR,
	KEY_DHCP_CHADDR,
	KEY_DHCP_COOKIE,
	KEY_DHCP_REQUESTED,
	KEY_DHCP_SERVER,
	KEY_DHCP_MASK,
	KEY_DHCP_ROUTER,
	KEY_DHCP_DNS,
	KEY_DHCP_LEASE,
	KEY_DHCP_OPT,
	KEY_DHCP_NOEND,

	KEY_COUNT
};

enum key_value {
	KEY_FLAG,     /* the word alone; `=0` and `=1` are understood too */
	KEY_NUMBER,   /* decimal or 0x, up to `max` */
	KEY_CHECKSUM, /* `bad`, or a number; udp.cksum also `none` */
	KEY_MAC,
	KEY_IP4, /* an address or a variable that stands for one */
	KEY_IP6,
	KEY_HEX, /* up to `max` bytes */
};

/* Where a field stands. */
enum key_layer {
	LAYER_NONE, /* no single field: the key changes how the packet is put together */
	LAYER_ETH,  /* from the start of the frame */
	LAYER_NET,  /* from the ARP, IPv4 or IPv6 header; the EtherType is at -2 */
	LAYER_L4,   /* from the UDP, TCP or ICMP header */
};

/* What a key makes unreadable for a decoder that believes the packet. */
enum key_hides {
	HIDES_NOTHING,
	HIDES_KIND,  /* the transport header is in its place, but is not called by its name */
	HIDES_PLACE, /* ... and may not be where it is looked for */
	HIDES_L4,    /* nothing behind the IP header can be compared */
};

struct recipe_key_info {
	const char *name;
	enum key_value value;
	uint32_t max;   /* largest number, most bytes */
	unsigned kinds; /* where it applies: bits 1 << enum recipe_kind */
	enum key_layer layer;
	int offset;      /* of the field within the layer, in bytes */
	unsigned width;  /* of the big-endian word that holds the field, in bytes */
	unsigned shift;  /* of the field within that word; `max` is its mask */
	unsigned faults; /* bits of enum seen_fault that the key asks for or may cause */
	enum key_hides hides;
	const char *help;
};

extern const struct recipe_key_info recipe_keys[KEY_COUNT];

#endif
