/* SPDX-License-Identifier: ISC */
/* decode.h: what a captured frame says, read by the harness's own eyes.
 *
 * decode() never fails: it goes as deep as the bytes allow and says where it stopped. It believes
 * no length field over the captured length. Windows point into the frame that was passed in.
 */
#ifndef HARNESS_DECODE_H
#define HARNESS_DECODE_H

#include "bytes/rd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum seen_kind {
	SEEN_ETH, /* Ethernet with a type or length not listed here, or too short to have one */
	SEEN_ARP,
	SEEN_IP4, /* IPv4, but the transport header is not readable: other protocol, fragment, cut
	             off */
	SEEN_UDP,
	SEEN_TCP,
	SEEN_ICMP,
	SEEN_DHCP, /* UDP with ports 67/68 and a BOOTP body; the UDP fields are set too */
	SEEN_IP6,
	SEEN_UDP6,
	SEEN_TCP6,
	SEEN_ICMP6,
};

/* What can be wrong with a frame: bits of seen.faults. */
enum seen_fault {
	FAULT_ETH = 1 << 0,       /* Ethernet header cut off, 802.3 length that lies */
	FAULT_ARP = 1 << 1,       /* cut off, or not Ethernet and IPv4 */
	FAULT_IP_HEADER = 1 << 2, /* both families: cut off, version, header length, extension */
	FAULT_IP_LENGTH = 1 << 3, /* total or payload length that lies */
	FAULT_IP_CKSUM = 1 << 4,
	FAULT_L4_HEADER = 1 << 5, /* cut off, TCP data offset */
	FAULT_L4_LENGTH = 1 << 6, /* UDP length that is not that of the IP payload */
	FAULT_L4_CKSUM = 1 << 7,
	FAULT_DHCP = 1 << 8, /* cookie, options that overrun, no end */
};

struct seen {
	struct rd frame; /* all of it */
	enum seen_kind kind;
	const char *fault; /* the first thing that is wrong, a constant phrase, or NULL */
	unsigned faults;   /* all that is wrong, bits of enum seen_fault */

	uint8_t eth_dst[6], eth_src[6];
	uint16_t eth_type;     /* behind all VLAN tags */
	uint16_t vlan[4];      /* VLAN ids, outermost first; a fifth tag is not read */
	uint16_t vlan_type[4]; /* 0x8100 or 0x88a8 */
	unsigned vlan_count;
	bool llc;        /* the type stood in an LLC/SNAP header behind an 802.3 length */
	size_t trailing; /* bytes behind the packet, by its own length field; never a fault */

	struct rd net; /* behind the Ethernet header: the packet, with what trails it */
	struct rd l4;  /* behind the IP headers that were read, within the IP length if it fits */

	uint32_t ip_src, ip_dst; /* IPv4, host order */
	uint8_t ip_ihl, ip_ttl, ip_proto, ip_tos;
	uint16_t ip_len, ip_id, ip_frag; /* ip_frag: offset in 8-byte units */
	bool ip_df, ip_mf, ip_cksum_ok;

	uint8_t ip6_src[16], ip6_dst[16];
	uint8_t ip6_next; /* behind all extension headers that were read */
	uint8_t ip6_hop;

	uint16_t sport, dport; /* UDP, TCP over either family */
	uint8_t tcp_flags;
	uint32_t tcp_seq, tcp_ack;
	uint8_t icmp_type, icmp_code; /* both families */
	uint16_t icmp_id, icmp_seq;
	bool l4_cksum_ok; /* UDP checksum 0 over IPv4 counts as right */

	uint16_t arp_op;
	uint8_t arp_sha[6], arp_tha[6];
	uint32_t arp_spa, arp_tpa;

	uint8_t dhcp_type; /* option 53, 0 when absent */
	uint32_t dhcp_yiaddr, dhcp_mask, dhcp_router, dhcp_dns, dhcp_server, dhcp_lease_s, dhcp_xid;
	uint32_t dhcp_requested;
	uint8_t dhcp_chaddr[6];

	/* Behind the innermost header that was read, trailing bytes excluded. DHCP counts as
	 * payload of UDP here. */
	struct rd payload;
};

void decode(const void *frame, size_t len, struct seen *out);
/* As decode(), but the packet is read as if its EtherType were `type`. */
void decode_as(const void *frame, size_t len, uint16_t type, struct seen *out);

#define DECODE_LINE 256
/* One line for people, without a newline, in the words of recipe.h where it can:
 * `udp 192.168.1.100:43211 > 203.0.113.50:51900 14 bytes "ping-5f1c"`. Unprintable bytes are dots,
 * long payloads are cut. `out` holds DECODE_LINE bytes; returns it. */
char *decode_line(const struct seen *s, char *out);

/* The RFC 1071 checksum of `n` bytes added to the host-order partial sum `sum`; the harness's own.
 */
uint16_t decode_cksum(const void *p, size_t n, uint32_t sum);

#endif
