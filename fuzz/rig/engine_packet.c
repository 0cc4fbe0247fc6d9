/* SPDX-License-Identifier: ISC */
/* engine_packet.c: packets of the guest, right or wrong in one place. */
#include "fuzz/rig/engine_packet.h"

#include "fuzz/rig/engine_bytes.h"
#include "fuzz/rig/engine_pattern.h"

#include <string.h>

enum { ICMP = 1, TCP = 6, UDP = 17 };

void packet_begin(struct packet *p, const struct policy *policy, uint8_t proto, uint32_t dst)
{
	memset(p, 0, offsetof(struct packet, payload));
	p->payload_len = 0;
	p->padding = p->pad_byte = 0;
	p->most = PACKET_FRAME_MAX;
	memcpy(p->eth_dst, policy->gateway_mac, 6);
	memcpy(p->eth_src, policy->vm_mac, 6);
	p->eth_type = 0x0800;
	p->ip = true;
	p->version = 4;
	p->ihl = 5;
	p->id = 7;
	p->ttl = 64;
	p->proto = proto;
	p->src = policy->vm_ip;
	p->dst = dst;
	p->data_offset = 5;
	p->window = 0xffff;
	p->type = 8;
}

void packet_fill(struct packet *p, size_t n, bool tcp, uint8_t salt)
{
	n = n < PACKET_FRAME_MAX - 200 ? n : PACKET_FRAME_MAX - 200;
	pattern_put(p->payload, tcp ? p->seq : PATTERN_OF(salt, 0), n);
	p->payload_len = n;
}

/* --- ARP and DHCP --- */

void packet_put_arp(struct packet *p, const struct policy *policy, uint8_t kind, uint8_t sender)
{
	static const uint32_t targets[] = {0xc0a86401, 0xc0a86407, 0xc0a86402, 0};
	uint8_t *arp = p->payload;

	p->ip = false;
	p->eth_type = 0x0806;
	if (!(kind & 1))
		memset(p->eth_dst, 0xff, 6);
	memcpy(arp, "\0\1\10\0\6\4\0\1", 8);
	arp[7] = (uint8_t)(1 + (kind >> 1 & 3));
	memcpy(arp + 8, policy->vm_mac, 6);
	set32(arp + 14, sender & 1 ? 0 : policy->vm_ip);
	if (sender & 2)
		set32(arp + 14, 0xc0a86407);
	memset(arp + 18, 0, 6);
	set32(arp + 24, targets[kind >> 3 & 3]);
	p->payload_len = 28;
}

static size_t put_option(uint8_t *to, uint8_t code, const void *value, uint8_t n)
{
	to[0] = code;
	to[1] = n;
	memcpy(to + 2, value, n);
	return 2u + n;
}

/* kind: 1 broadcast wanted, 2 has an address, 4 asks for its own, 8 for another, 16 names this
 * server, 32 another server, 64 has a client identifier, 128 goes to the gateway. */
void packet_put_dhcp(struct packet *p, const struct policy *policy, uint8_t type, uint8_t kind,
                     uint8_t option)
{
	uint8_t *m = p->payload, *at = m + 240;
	uint8_t ip[4];

	if (!(kind & 128)) {
		memset(p->eth_dst, 0xff, 6);
		p->dst = 0xffffffff;
		p->src = 0;
	}
	p->sport = 68;
	p->dport = 67;
	memset(m, 0, 240);
	memcpy(m, "\1\1\6\0\1\2\3", 7);
	m[7] = option;
	m[10] = kind & 1 ? 0x80 : 0;
	if (kind & 2)
		set32(m + 12, policy->vm_ip + (option & 1));
	memcpy(m + 28, policy->vm_mac, 6);
	memcpy(m + 236, "\x63\x82\x53\x63", 4);
	at += put_option(at, 53, &type, 1);
	set32(ip, kind & 4 ? policy->vm_ip : 0xc0a86409);
	if (kind & 12)
		at += put_option(at, 50, ip, 4);
	set32(ip, kind & 16 ? policy->gateway_ip : 0xc0a86463);
	if (kind & 48)
		at += put_option(at, 54, ip, 4);
	if (kind & 64)
		at += put_option(at, 61, m + 27, 7);
	if (option > 200)
		at += put_option(at, option, m,
		                 option & 3); /* one that may not be there, or twice */
	*at++ = 255;
	p->payload_len = (size_t)(at - m);
}

/* --- one field --- */

static void change_mac(uint8_t mac[6], uint8_t value, const uint8_t *other)
{
	static const uint8_t groups[][6] = {
	        {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	        {0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb},
	        {0x33, 0x33, 0x00, 0x00, 0x00, 0x02},
	};

	if (value < 3)
		memcpy(mac, groups[value], 6);
	else if (value == 3)
		memcpy(mac, other, 6);
	else
		mac[value % 6] ^= (uint8_t)(1 << (value >> 3 & 7));
}

static void change_ethernet(struct packet *p, const struct policy *policy,
                            enum engine_change change, uint8_t value)
{
	static const uint16_t types[] = {0x8100, 0x88a8, 0x9100, 0x86dd, 0x0806,
	                                 0x0800, 0x05ff, 0x0600, 0x0801, 0x002e};

	switch ((int)change) {
	case CHANGE_ETH_DST:
		change_mac(p->eth_dst, value, policy->vm_mac);
		break;
	case CHANGE_ETH_SRC:
		change_mac(p->eth_src, value, policy->gateway_mac);
		break;
	case CHANGE_ETH_TYPE:
		p->eth_type = value < 10 ? types[value] : (uint16_t)(p->eth_type ^ value);
		break;
	case CHANGE_VLAN:
		p->vlan = types[value % 3];
		p->vlan_id = value / 3;
		break;
	case CHANGE_TRUNCATE:
		p->most = value;
		break;
	case CHANGE_PADDING:
		p->padding = value;
		p->pad_byte = (uint8_t)(value * 3);
		break;
	default:
		break;
	}
}

static void change_ip(struct packet *p, const struct policy *policy, enum engine_change change,
                      uint8_t value)
{
	const uint32_t sources[] = {0,          policy->gateway_ip, policy->vm_ip + 1, 0x7f000001,
	                            0xe0000001, 0x08080808,         0xc0a864ff,        0xc0a86400};

	switch ((int)change) {
	case CHANGE_VERSION:
		p->version = value & 15;
		break;
	case CHANGE_IHL:
		p->ihl = value & 15;
		break;
	case CHANGE_NOP_OPTIONS:
		p->option_len = (uint8_t)(4 + 4 * (value % 10));
		memset(p->options, 1, p->option_len);
		p->options[p->option_len - 1] = value >> 7;
		break;
	case CHANGE_OPTION:
		p->option_len = value & 1 ? 8 : 4;
		memset(p->options, value & 1, p->option_len);
		p->options[p->option_len - 4] = value;
		p->options[p->option_len - 3] = 3;
		break;
	case CHANGE_ROUTER_ALERT:
		p->option_len = 4;
		memcpy(p->options, "\x94\4\0\0", 4);
		p->proto = value & 1 ? 2 : p->proto;
		break;
	case CHANGE_TOS:
		p->tos = value;
		break;
	case CHANGE_TOTAL_LENGTH:
		p->total = (int16_t)(value < 128 ? value : value - 256);
		break;
	case CHANGE_IP_ID:
		p->id = (uint16_t)(value << 8 | value);
		break;
	case CHANGE_DONT_FRAGMENT:
		p->fragment = 0x4000;
		break;
	case CHANGE_MORE_FRAGMENTS:
		p->fragment = 0x2000;
		break;
	case CHANGE_OFFSET:
		p->fragment = (uint16_t)(value & 128 ? (value & 31) << 8 : value);
		break;
	case CHANGE_RESERVED:
		p->fragment = 0x8000;
		break;
	case CHANGE_TTL:
		p->ttl = value;
		break;
	case CHANGE_PROTOCOL:
		p->proto = value;
		break;
	case CHANGE_IP_CHECKSUM:
		p->ip_sum = (uint16_t)(value | 256);
		break;
	case CHANGE_SRC_IP:
		p->src = value < 8 ? sources[value] : p->src ^ 1u << (value & 31);
		break;
	case CHANGE_DST_IP:
		p->dst ^= 1u << (value & 31);
		break;
	default:
		break;
	}
}

static void change_transport(struct packet *p, enum engine_change change, uint8_t value)
{
	const int32_t by = value < 128 ? value : (value - 256) * 3;

	switch ((int)change) {
	case CHANGE_SPORT:
		p->sport = value ? (uint16_t)(p->sport ^ 1 << (value & 15)) : 0;
		break;
	case CHANGE_DPORT:
		p->dport = value ? (uint16_t)(p->dport ^ 1 << (value & 15)) : 0;
		break;
	case CHANGE_L4_CHECKSUM:
		p->l4_sum = (uint16_t)(value << 8 | (value ^ 1));
		break;
	case CHANGE_NO_CHECKSUM:
		p->no_sum = true;
		break;
	case CHANGE_UDP_LENGTH:
		p->udp_len = (int16_t)by;
		break;
	case CHANGE_DATA_OFFSET:
		p->data_offset = value & 15;
		break;
	case CHANGE_FLAGS:
		p->flags = value;
		break;
	case CHANGE_SEQ:
		p->seq += (uint32_t)by * (value & 1 ? 1u : 4097u);
		packet_fill(p, p->payload_len, true, 0);
		break;
	case CHANGE_ACK:
		p->ack += (uint32_t)by * (value & 1 ? 1u : 4097u);
		break;
	case CHANGE_WINDOW:
		p->window = (uint16_t)(value < 128 ? value : value << 8);
		break;
	case CHANGE_TCP_OPTION:
		p->tcp_option_len = 12;
		memset(p->tcp_options, 1, 12);
		p->tcp_options[0] = value & 15;
		p->tcp_options[1] = value >> 4;
		break;
	case CHANGE_URGENT:
		p->urgent = value;
		p->flags |= 0x20;
		break;
	case CHANGE_ICMP_TYPE:
		p->type = value;
		break;
	case CHANGE_ICMP_CODE:
		p->code = value;
		break;
	default:
		break;
	}
}

static void change_message(struct packet *p, enum engine_change change, uint8_t value)
{
	uint8_t *m = p->payload;
	const bool arp = !p->ip;

	if (p->payload_len < 28)
		return;
	switch ((int)change) {
	case CHANGE_HARDWARE:
		m[1] = value;
		break;
	case CHANGE_SIZES:
		m[arp ? 4 + (value & 1) : 2] = value >> 1;
		break;
	case CHANGE_SENDER_MAC:
		m[(arp ? 8 : 28) + value % 6] ^= (uint8_t)(1 + value);
		break;
	case CHANGE_DHCP_OP:
		m[0] = value;
		break;
	case CHANGE_COOKIE:
		m[arp ? 2 : 236 + (value & 3)] ^= (uint8_t)(1 + value);
		break;
	case CHANGE_RELAY:
		m[24 + (value & 3)] ^= (uint8_t)(1 + value);
		break;
	default:
		break;
	}
}

/* The largest payload that the MTU takes, and `value` bytes more, or, from 128 on, fewer. */
static void fill_mtu(struct packet *p, const struct policy *policy, uint8_t value)
{
	const size_t hdr_len = p->proto == TCP ? 40u + p->tcp_option_len : 28;
	const int most = policy->mtu - (int)hdr_len + (value < 128 ? value : value - 256);

	packet_fill(p, (size_t)most, p->proto == TCP, value);
}

void packet_change(struct packet *p, const struct policy *policy, enum engine_change change,
                   uint8_t value)
{
	if (change == CHANGE_TO_MTU)
		fill_mtu(p, policy, value);
	else if (change < CHANGE_VERSION)
		change_ethernet(p, policy, change, value);
	else if (change < CHANGE_SPORT)
		change_ip(p, policy, change, value);
	else if (change < CHANGE_HARDWARE)
		change_transport(p, change, value);
	else
		change_message(p, change, value);
}

/* --- bytes --- */

static size_t write_udp(const struct packet *p, uint8_t *to)
{
	const size_t n = 8 + p->payload_len;
	uint16_t sum;

	set16(to, p->sport);
	set16(to + 2, p->dport);
	set16(to + 4, (uint32_t)((int)n + p->udp_len));
	set16(to + 6, 0);
	memcpy(to + 8, p->payload, p->payload_len);
	sum = sum16_pseudo(p->src, p->dst, UDP, to, n);
	sum = (uint16_t)((sum ? sum : 0xffff) ^ p->l4_sum);
	set16(to + 6, p->no_sum ? 0 : sum);
	return n;
}

static size_t write_tcp(const struct packet *p, uint8_t *to)
{
	const size_t hdr_len = 20u + p->tcp_option_len, n = hdr_len + p->payload_len;

	memset(to, 0, 20);
	set16(to, p->sport);
	set16(to + 2, p->dport);
	set32(to + 4, p->seq);
	set32(to + 8, p->ack);
	to[12] = (uint8_t)((p->data_offset == 5 ? hdr_len / 4 : p->data_offset) << 4);
	to[13] = p->flags;
	set16(to + 14, p->window);
	set16(to + 18, p->urgent);
	memcpy(to + 20, p->tcp_options, p->tcp_option_len);
	memcpy(to + hdr_len, p->payload, p->payload_len);
	if (!p->no_sum)
		set16(to + 16, sum16_pseudo(p->src, p->dst, TCP, to, n) ^ p->l4_sum);
	return n;
}

static size_t write_icmp(const struct packet *p, uint8_t *to)
{
	const size_t n = 8 + p->payload_len;

	memset(to, 0, 8);
	to[0] = p->type;
	to[1] = p->code;
	set16(to + 4, p->sport);
	to[7] = 1;
	memcpy(to + 8, p->payload, p->payload_len);
	if (!p->no_sum)
		set16(to + 2, sum16_end(sum16(0, to, n)) ^ p->l4_sum);
	return n;
}

static size_t write_transport(const struct packet *p, uint8_t *to)
{
	switch (p->proto) {
	case TCP:
		return write_tcp(p, to);
	case ICMP:
		return write_icmp(p, to);
	default:
		return write_udp(p, to); /* what has another number looks like UDP */
	}
}

static size_t write_ip(const struct packet *p, uint8_t *ip)
{
	const size_t hdr_len = 20u + p->option_len;
	const size_t n = hdr_len + write_transport(p, ip + hdr_len);
	const size_t ihl = p->ihl == 5 ? hdr_len / 4 : p->ihl;

	memset(ip, 0, 20);
	ip[0] = (uint8_t)((unsigned)p->version << 4 | ihl);
	ip[1] = p->tos;
	set16(ip + 2, (uint32_t)((int)n + p->total));
	set16(ip + 4, p->id);
	set16(ip + 6, p->fragment);
	ip[8] = p->ttl;
	ip[9] = p->proto;
	set32(ip + 12, p->src);
	set32(ip + 16, p->dst);
	memcpy(ip + 20, p->options, p->option_len);
	set16(ip + 10,
	      sum16_end(sum16(0, ip, ihl >= 5 && ihl * 4 <= n ? ihl * 4 : 20)) ^ p->ip_sum);
	return n;
}

size_t packet_write(const struct packet *p, uint8_t *frame)
{
	uint8_t *at = frame + 12;

	memcpy(frame, p->eth_dst, 6);
	memcpy(frame + 6, p->eth_src, 6);
	if (p->vlan) {
		set16(at, p->vlan);
		set16(at + 2, p->vlan_id);
		at += 4;
	}
	set16(at, p->eth_type);
	at += 2;
	if (p->ip) {
		at += write_ip(p, at);
	} else {
		memcpy(at, p->payload, p->payload_len);
		at += p->payload_len;
	}
	memset(at, p->pad_byte, p->padding);
	at += p->padding;
	return (size_t)(at - frame) < p->most ? (size_t)(at - frame) : p->most;
}
