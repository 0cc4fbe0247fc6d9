/* SPDX-License-Identifier: ISC */
/* decode.c: reads a frame from the outside in: Ethernet, VLAN, LLC, ARP or IP, transport, DHCP.
 *
 * A fault does not stop the reading while the next header can still be found: whoever traces a
 * leaked frame to its sender wants the ports of a datagram even if its length field lies.
 */
#include "harness/decode.h"

#define TYPE_IP4   0x0800
#define TYPE_ARP   0x0806
#define TYPE_VLAN  0x8100
#define TYPE_QINQ  0x88a8
#define TYPE_IP6   0x86dd
#define TYPE_LEAST 0x0600 /* below, the field is an 802.3 length */

#define EXT_HEADERS_MAX 16 /* IPv6 extension headers followed */
#define DHCP_COOKIE     0x63825363u
#define DHCP_LEAST      240 /* BOOTP up to and including the cookie */

static void add_fault(struct seen *s, enum seen_fault bit, const char *phrase)
{
	s->faults |= bit;
	if (!s->fault)
		s->fault = phrase;
}

static uint32_t sum_words(const void *p, size_t n, uint32_t sum)
{
	const uint8_t *b = p;

	for (size_t i = 0; i + 1 < n; i += 2) {
		sum += (uint32_t)(b[i] << 8 | b[i + 1]);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	if (n & 1) {
		sum += (uint32_t)(b[n - 1] << 8);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum;
}

uint16_t decode_cksum(const void *p, size_t n, uint32_t sum)
{
	sum = sum_words(p, n, (sum & 0xffff) + (sum >> 16));
	return (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}

/* The options behind the cookie, RFC 2132. */
static void read_dhcp_option(struct seen *s, uint8_t code, struct rd v)
{
	uint32_t *number = code == 1    ? &s->dhcp_mask
	                   : code == 3  ? &s->dhcp_router
	                   : code == 6  ? &s->dhcp_dns
	                   : code == 50 ? &s->dhcp_requested
	                   : code == 51 ? &s->dhcp_lease_s
	                   : code == 54 ? &s->dhcp_server
	                                : NULL;

	if (v.n == 0 && code != 80) /* only rapid commit (RFC 4039) has no value */
		add_fault(s, FAULT_DHCP, "DHCP option without a value");
	else if (code == 53 && v.n != 1)
		add_fault(s, FAULT_DHCP, "DHCP message type is not one byte");
	else if (code == 53 && s->dhcp_type) /* RFC 2131 section 4.1: each option once */
		add_fault(s, FAULT_DHCP, "DHCP with two message types");
	else if (code == 53)
		s->dhcp_type = v.p[0];
	else if (number && (v.n % 4 != 0 || !rd_u32(&v, number))) /* of a list, the first */
		add_fault(s, FAULT_DHCP, "DHCP option with a wrong length");
}

static void read_dhcp_options(struct seen *s, struct rd r)
{
	uint8_t code = 0;
	struct rd value;

	while (rd_u8(&r, &code) && code != 255) {
		if (code == 0)
			continue;
		if (!rd_vec8(&r, &value)) {
			add_fault(s, FAULT_DHCP, "DHCP option runs over the end");
			return;
		}
		read_dhcp_option(s, code, value);
	}
	if (code != 255)
		add_fault(s, FAULT_DHCP, "DHCP options without an end");
	else if (!s->dhcp_type)
		add_fault(s, FAULT_DHCP, "DHCP without a message type");
}

static bool is_dhcp_port(uint16_t port)
{
	return port == 67 || port == 68;
}

static void read_dhcp(struct seen *s)
{
	struct rd r = s->payload;
	uint8_t op = 0, hardware = 0, hardware_len = 0;
	uint32_t cookie = 0;

	if (!is_dhcp_port(s->sport) || !is_dhcp_port(s->dport) || r.n < DHCP_LEAST)
		return;
	if (!rd_u8(&r, &op) || op < 1 || op > 2)
		return;
	s->kind = SEEN_DHCP;
	if (!rd_u8(&r, &hardware) || !rd_u8(&r, &hardware_len) || !rd_skip(&r, 1) ||
	    !rd_u32(&r, &s->dhcp_xid) || !rd_skip(&r, 8) || !rd_u32(&r, &s->dhcp_yiaddr) ||
	    !rd_skip(&r, 8) || !rd_copy(&r, s->dhcp_chaddr, 6) || !rd_skip(&r, 10 + 64 + 128) ||
	    !rd_u32(&r, &cookie))
		return; /* not reached: DHCP_LEAST bytes are there */
	if (cookie != DHCP_COOKIE)
		add_fault(s, FAULT_DHCP, "DHCP magic cookie is wrong");
	if (hardware != 1 || hardware_len != 6)
		add_fault(s, FAULT_DHCP, "DHCP for hardware that is not Ethernet");
	read_dhcp_options(s, r);
}

/* The sum of the pseudo header that TCP, UDP and ICMPv6 checksums cover. */
static uint32_t pseudo_sum(const struct seen *s, bool six, uint8_t proto, size_t len)
{
	uint32_t sum = proto + (uint32_t)(len >> 16) + (uint32_t)(len & 0xffff);

	if (six)
		return sum_words(s->ip6_dst, 16, sum_words(s->ip6_src, 16, sum));
	return sum + (s->ip_src >> 16) + (s->ip_src & 0xffff) + (s->ip_dst >> 16) +
	       (s->ip_dst & 0xffff);
}

static void read_udp(struct seen *s, bool six)
{
	struct rd r = s->l4;
	size_t span = s->l4.n;
	uint16_t len, cksum;

	if (!rd_u16(&r, &s->sport) || !rd_u16(&r, &s->dport) || !rd_u16(&r, &len) ||
	    !rd_u16(&r, &cksum)) {
		add_fault(s, FAULT_L4_HEADER, "UDP header is cut off");
		return;
	}
	s->kind = six ? SEEN_UDP6 : SEEN_UDP;
	if (len < 8)
		add_fault(s, FAULT_L4_LENGTH, "UDP length is below 8");
	else if (len > span)
		add_fault(s, FAULT_L4_LENGTH, "UDP length is beyond the packet");
	else if (len < span)
		add_fault(s, FAULT_L4_LENGTH, "UDP length leaves bytes of the packet out");
	if (len >= 8 && len < span)
		span = len;
	s->payload = (struct rd){.p = r.p, .n = span - 8};
	s->l4_cksum_ok = cksum == 0 ? !six
	                            : decode_cksum(s->l4.p, span, pseudo_sum(s, six, 17, len)) == 0;
	if (!s->l4_cksum_ok)
		add_fault(s, FAULT_L4_CKSUM,
		          cksum ? "UDP checksum is wrong" : "UDP over IPv6 without a checksum");
	if (!six)
		read_dhcp(s);
}

static void read_tcp(struct seen *s, bool six)
{
	struct rd r = s->l4;
	uint8_t off;
	size_t hdr_len;

	if (r.n < 20 || !rd_u16(&r, &s->sport) || !rd_u16(&r, &s->dport) ||
	    !rd_u32(&r, &s->tcp_seq) || !rd_u32(&r, &s->tcp_ack) || !rd_u8(&r, &off) ||
	    !rd_u8(&r, &s->tcp_flags)) {
		add_fault(s, FAULT_L4_HEADER, "TCP header is cut off");
		return;
	}
	s->kind = six ? SEEN_TCP6 : SEEN_TCP;
	hdr_len = (size_t)(off >> 4) * 4;
	s->payload = s->l4;
	if (hdr_len < 20 || !rd_skip(&s->payload, hdr_len)) {
		add_fault(s, FAULT_L4_HEADER,
		          hdr_len < 20 ? "TCP data offset is below 5"
		                       : "TCP data offset is beyond the packet");
		s->payload.n = 0;
	}
	s->l4_cksum_ok = decode_cksum(s->l4.p, s->l4.n, pseudo_sum(s, six, 6, s->l4.n)) == 0;
	if (!s->l4_cksum_ok)
		add_fault(s, FAULT_L4_CKSUM, "TCP checksum is wrong");
}

static void read_icmp(struct seen *s, bool six)
{
	struct rd r = s->l4;

	if (r.n < 8 || !rd_u8(&r, &s->icmp_type) || !rd_u8(&r, &s->icmp_code) || !rd_skip(&r, 2) ||
	    !rd_u16(&r, &s->icmp_id) || !rd_u16(&r, &s->icmp_seq)) {
		add_fault(s, FAULT_L4_HEADER, "ICMP header is cut off");
		return;
	}
	s->kind = six ? SEEN_ICMP6 : SEEN_ICMP;
	s->payload = r;
	s->l4_cksum_ok = decode_cksum(s->l4.p, s->l4.n,
	                              six ? pseudo_sum(s, six, 58, s->l4.n) : 0) == 0;
	if (!s->l4_cksum_ok)
		add_fault(s, FAULT_L4_CKSUM, "ICMP checksum is wrong");
}

static void read_ip4(struct seen *s)
{
	struct rd r = s->net;
	struct rd hdr;
	uint8_t first;
	uint16_t frag, cksum;
	size_t hdr_len;

	s->kind = SEEN_IP4;
	if (r.n < 20 || !rd_u8(&r, &first) || !rd_u8(&r, &s->ip_tos) || !rd_u16(&r, &s->ip_len) ||
	    !rd_u16(&r, &s->ip_id) || !rd_u16(&r, &frag) || !rd_u8(&r, &s->ip_ttl) ||
	    !rd_u8(&r, &s->ip_proto) || !rd_u16(&r, &cksum) || !rd_u32(&r, &s->ip_src) ||
	    !rd_u32(&r, &s->ip_dst)) {
		add_fault(s, FAULT_IP_HEADER, "IPv4 header is cut off");
		return;
	}
	s->ip_ihl = first & 0xf;
	s->ip_df = frag >> 14 & 1;
	s->ip_mf = frag >> 13 & 1;
	s->ip_frag = frag & 0x1fff;
	hdr_len = (size_t)s->ip_ihl * 4;
	if (first >> 4 != 4)
		add_fault(s, FAULT_IP_HEADER, "IP version is not 4");
	r = s->net;
	if (hdr_len < 20 || !rd_sub(&r, hdr_len, &hdr)) {
		add_fault(s, FAULT_IP_HEADER,
		          hdr_len < 20 ? "IPv4 header length is below 5"
		                       : "IPv4 header length is beyond the frame");
		s->payload.n = 0;
		return;
	}
	s->ip_cksum_ok = decode_cksum(hdr.p, hdr.n, 0) == 0;
	if (!s->ip_cksum_ok)
		add_fault(s, FAULT_IP_CKSUM, "IPv4 header checksum is wrong");
	if (s->ip_len < hdr_len) {
		add_fault(s, FAULT_IP_LENGTH, "IPv4 total length is below its header");
	} else if (s->ip_len > s->net.n) {
		add_fault(s, FAULT_IP_LENGTH, "IPv4 total length is beyond the frame");
	} else {
		s->trailing += s->net.n - s->ip_len;
		r.n = s->ip_len - hdr_len;
	}
	s->l4 = s->payload = r;
	if (s->ip_mf || s->ip_frag)
		return;
	if (s->ip_proto == 17)
		read_udp(s, false);
	else if (s->ip_proto == 6)
		read_tcp(s, false);
	else if (s->ip_proto == 1)
		read_icmp(s, false);
}

/* Follows hop-by-hop, routing, destination options and fragment headers (RFC 8200 section 4) from
 * s->l4 on; false when a transport header cannot be found behind them. */
static bool skip_ext_headers(struct seen *s)
{
	for (int i = 0; i < EXT_HEADERS_MAX; i++) {
		struct rd r = s->l4;
		uint8_t next, len;
		uint16_t frag;

		if (s->ip6_next != 0 && s->ip6_next != 43 && s->ip6_next != 44 && s->ip6_next != 60)
			return true;
		if (!rd_u8(&r, &next) || !rd_u8(&r, &len) || !rd_u16(&r, &frag) ||
		    !rd_skip(&r, 4) || (s->ip6_next != 44 && !rd_skip(&r, (size_t)len * 8))) {
			add_fault(s, FAULT_IP_HEADER, "IPv6 extension header is cut off");
			return false;
		}
		if (s->ip6_next == 44 && (frag & 0xfff9) != 0)
			return false; /* a fragment; its transport header may be anywhere */
		s->ip6_next = next;
		s->l4 = s->payload = r;
	}
	return false;
}

static void read_ip6(struct seen *s)
{
	struct rd r = s->net;
	uint32_t first;
	uint16_t len;

	s->kind = SEEN_IP6;
	if (r.n < 40 || !rd_u32(&r, &first) || !rd_u16(&r, &len) || !rd_u8(&r, &s->ip6_next) ||
	    !rd_u8(&r, &s->ip6_hop) || !rd_copy(&r, s->ip6_src, 16) ||
	    !rd_copy(&r, s->ip6_dst, 16)) {
		add_fault(s, FAULT_IP_HEADER, "IPv6 header is cut off");
		return;
	}
	if (first >> 28 != 6)
		add_fault(s, FAULT_IP_HEADER, "IP version is not 6");
	if (len > r.n) {
		add_fault(s, FAULT_IP_LENGTH, "IPv6 payload length is beyond the frame");
	} else {
		s->trailing += r.n - len;
		r.n = len;
	}
	s->l4 = s->payload = r;
	if (!skip_ext_headers(s))
		return;
	if (s->ip6_next == 17)
		read_udp(s, true);
	else if (s->ip6_next == 6)
		read_tcp(s, true);
	else if (s->ip6_next == 58)
		read_icmp(s, true);
}

static void read_arp(struct seen *s)
{
	struct rd r = s->net;
	uint16_t htype, ptype;
	uint8_t hlen, plen;

	s->kind = SEEN_ARP;
	if (r.n < 28 || !rd_u16(&r, &htype) || !rd_u16(&r, &ptype) || !rd_u8(&r, &hlen) ||
	    !rd_u8(&r, &plen) || !rd_u16(&r, &s->arp_op) || !rd_copy(&r, s->arp_sha, 6) ||
	    !rd_u32(&r, &s->arp_spa) || !rd_copy(&r, s->arp_tha, 6) || !rd_u32(&r, &s->arp_tpa)) {
		add_fault(s, FAULT_ARP, "ARP is cut off");
		return;
	}
	if (htype != 1 || ptype != TYPE_IP4 || hlen != 6 || plen != 4)
		add_fault(s, FAULT_ARP, "ARP is not about Ethernet and IPv4");
	s->trailing += r.n;
	s->payload.n = 0;
}

static void read_vlan_tags(struct seen *s, struct rd *r)
{
	while ((s->eth_type == TYPE_VLAN || s->eth_type == TYPE_QINQ) && s->vlan_count < 4) {
		struct rd t = *r;
		uint16_t tag, type;

		if (!rd_u16(&t, &tag) || !rd_u16(&t, &type)) {
			add_fault(s, FAULT_ETH, "VLAN tag is cut off");
			return;
		}
		s->vlan_type[s->vlan_count] = s->eth_type;
		s->vlan[s->vlan_count++] = tag & 0xfff;
		s->eth_type = type;
		*r = t;
	}
}

/* IEEE 802.3: the field was the length of what follows, perhaps an LLC/SNAP header (RFC 1042). */
static void read_802_3(struct seen *s, struct rd *r)
{
	static const uint8_t snap[6] = {0xaa, 0xaa, 0x03, 0, 0, 0};
	uint8_t hdr[6];
	struct rd t;
	uint16_t type;

	if (s->eth_type > r->n) {
		add_fault(s, FAULT_ETH, "802.3 length is beyond the frame");
	} else {
		s->trailing = r->n - s->eth_type;
		r->n = s->eth_type;
	}
	t = *r;
	if (!rd_copy(&t, hdr, sizeof(hdr)) || memcmp(hdr, snap, sizeof(snap)) != 0 ||
	    !rd_u16(&t, &type))
		return;
	s->llc = true;
	s->eth_type = type;
	*r = t;
}

/* `as` is the EtherType to read the packet by, or -1 for the frame's own. */
static void read_frame(struct seen *s, int as)
{
	struct rd r = s->frame;

	if (!rd_copy(&r, s->eth_dst, 6) || !rd_copy(&r, s->eth_src, 6) ||
	    !rd_u16(&r, &s->eth_type)) {
		add_fault(s, FAULT_ETH, "Ethernet header is cut off");
		return;
	}
	read_vlan_tags(s, &r);
	if (s->eth_type < TYPE_LEAST && as < 0)
		read_802_3(s, &r);
	s->net = s->payload = r;
	switch (as < 0 ? s->eth_type : as) {
	case TYPE_ARP:
		read_arp(s);
		break;
	case TYPE_IP4:
		read_ip4(s);
		break;
	case TYPE_IP6:
		read_ip6(s);
		break;
	default:
		break;
	}
}

void decode(const void *frame, size_t len, struct seen *out)
{
	*out = (struct seen){.frame = rd_of(frame, len)};
	read_frame(out, -1);
}

void decode_as(const void *frame, size_t len, uint16_t type, struct seen *out)
{
	*out = (struct seen){.frame = rd_of(frame, len)};
	read_frame(out, type);
}
