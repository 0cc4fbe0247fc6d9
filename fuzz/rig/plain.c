/* SPDX-License-Identifier: ISC */
/* plain.c: ARP, IPv4, UDP, ICMP and the noise of IPv6, read by the place of each byte. */
#include "fuzz/rig/plain.h"

#include <arpa/inet.h>

uint32_t plain_sum(const uint8_t *p, size_t n)
{
	uint64_t sum, own = 0, words;

	/* Four words at a time, as the machine has them: the sum with its bytes exchanged. */
	for (; n >= 8; n -= 8, p += 8) {
		memcpy(&words, p, 8);
		own += words % 0x100000000 + words / 0x100000000;
	}
	sum = ntohs((uint16_t)(own ? (own - 1) % 0xffff + 1 : 0));
	for (; n >= 2; n -= 2, p += 2)
		sum += plain_u16(p);
	if (n)
		sum += (uint64_t)p[0] * 256;
	return sum ? (uint32_t)((sum - 1) % 0xffff + 1) : 0;
}

uint32_t plain_transport_sum(struct rd bytes, uint32_t src, uint32_t dst, uint8_t proto)
{
	uint64_t sum = plain_sum(bytes.p, bytes.n);

	sum += src / 65536 + src % 65536 + dst / 65536 + dst % 65536 + proto + bytes.n;
	return sum ? (uint32_t)((sum - 1) % 0xffff + 1) : 0;
}

enum reason plain_arp(struct rd bytes, struct arp *out)
{
	static const uint8_t ethernet_and_ipv4[6] = {0, 1, 8, 0, 6, 4};
	const uint8_t *p = bytes.p;

	if (bytes.n < 28 || memcmp(p, ethernet_and_ipv4, 6) != 0)
		return REASON_ARP_MALFORMED;
	out->operation = plain_u16(p + 6);
	memcpy(out->sender_mac, p + 8, 6);
	out->sender_ip = plain_u32(p + 14);
	memcpy(out->target_mac, p + 18, 6);
	out->target_ip = plain_u32(p + 24);
	return REASON_NONE;
}

const char *plain_arp_differs(const struct arp *a, const struct arp *b)
{
	if (a->operation != b->operation)
		return "the operation stands at byte 6";
	if (a->sender_ip != b->sender_ip || a->target_ip != b->target_ip)
		return "the addresses stand at bytes 14 and 24";
	if (memcmp(a->sender_mac, b->sender_mac, 6) != 0 ||
	    memcmp(a->target_mac, b->target_mac, 6) != 0)
		return "the hardware addresses stand at bytes 8 and 18";
	return NULL;
}

/* The options that ipv4.h lets through: bytes of 0 and 1, or the router alert alone. */
static enum reason read_options(struct ipv4 *out, const uint8_t *p, size_t n)
{
	out->router_alert = n == 4 && plain_u32(p) == 0x94040000;
	if (out->router_alert)
		return REASON_NONE;
	while (n--)
		if (p[n] != 0 && p[n] != 1)
			return REASON_IP_OPTIONS;
	return REASON_NONE;
}

enum reason plain_ipv4(struct rd bytes, struct ipv4 *out, bool *readable)
{
	const uint8_t *p = bytes.p;
	size_t header, total;

	*readable = bytes.n >= 20;
	if (!*readable)
		return REASON_BAD_LENGTH;
	out->src = plain_u32(p + 12);
	out->dst = plain_u32(p + 16);
	out->proto = p[9];
	header = (size_t)(p[0] % 16) * 4;
	total = plain_u16(p + 2);
	if (p[0] / 16 != 4)
		return REASON_BAD_VERSION;
	if (header < 20 || header > bytes.n)
		return REASON_BAD_IHL;
	if (total < header || total > bytes.n)
		return REASON_BAD_LENGTH;
	if (plain_sum(p, header) != 0xffff)
		return REASON_BAD_CHECKSUM;
	if (p[8] == 0)
		return REASON_TTL_ZERO;
	if (p[6] != 0x40 && p[6] != 0)
		return REASON_FRAGMENT;
	if (p[7] != 0)
		return REASON_FRAGMENT;
	out->payload = rd_of(p + header, total - header);
	return read_options(out, p + 20, header - 20);
}

enum reason plain_udp(struct rd bytes, uint32_t src, uint32_t dst, struct udp *out, bool *readable)
{
	const uint8_t *p = bytes.p;

	*readable = bytes.n >= 4;
	if (*readable) {
		out->sport = plain_u16(p);
		out->dport = plain_u16(p + 2);
	}
	if (bytes.n < 8 || plain_u16(p + 4) != bytes.n)
		return REASON_UDP_LENGTH;
	out->payload = rd_of(p + 8, bytes.n - 8);
	if (plain_u16(p + 6) && plain_transport_sum(bytes, src, dst, 17) != 0xffff)
		return REASON_UDP_CHECKSUM;
	return REASON_NONE;
}

enum reason plain_icmp(struct rd bytes, struct icmp *out)
{
	if (bytes.n < 8 || plain_sum(bytes.p, bytes.n) != 0xffff)
		return REASON_ICMP_MALFORMED;
	out->type = bytes.p[0];
	out->code = bytes.p[1];
	out->rest = rd_of(bytes.p + 4, bytes.n - 4);
	return REASON_NONE;
}

static bool is_zero(const uint8_t *p, size_t n)
{
	while (n--)
		if (p[n])
			return false;
	return true;
}

/* fe80::/10, or the unspecified address. */
static bool is_local_machine(const uint8_t *p)
{
	return (p[0] == 0xfe && p[1] / 64 == 2) || is_zero(p, 16);
}

bool plain_is_neighbour_noise(struct rd bytes)
{
	const uint8_t *p = bytes.p;
	size_t len;

	if (bytes.n < 40 || p[0] / 16 != 6)
		return false;
	len = plain_u16(p + 4);
	if (len > bytes.n - 40 || !is_local_machine(p + 8))
		return false;
	if (!is_local_machine(p + 24) && p[24] != 0xff)
		return false;
	if (p[6] == 58) /* ICMPv6: router and neighbour discovery */
		return len >= 1 && p[7] == 255 && p[40] >= 133 && p[40] <= 136;
	/* Hop-by-hop options of eight bytes, then ICMPv6: listener messages. */
	if (p[6] != 0 || len < 9 || p[40] != 58 || p[41] != 0)
		return false;
	return p[48] == 130 || p[48] == 131 || p[48] == 132 || p[48] == 143;
}

bool plain_same_window(struct rd a, struct rd b)
{
	return a.n == b.n && (!a.n || a.p == b.p);
}
