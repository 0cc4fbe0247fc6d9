/* SPDX-License-Identifier: ISC */
/* frame_print.c: prints how refnat's parsers read frames: a line of JSON a frame. For
 * fuzz/compare/tshark, and for people who look into a finding.
 *
 *	frame-print <FILE	frames, each behind its length, as ref/framing.h has them
 *
 * Numbers are numbers; a header that cannot be read is not there, one that is refused has its reason
 * beside it. Exit 0; 2: usage, or a length that no frame has. */
#include "ref/arp.h"
#include "ref/framing.h"
#include "ref/icmp.h"
#include "ref/ipv4.h"
#include "ref/tcp_seg.h"
#include "ref/udp.h"

#include <stdio.h>

#define INPUT_MAX (16 << 20)

static void put_mac(const char *name, const uint8_t mac[ADDR_MAC_LEN])
{
	printf(", \"%s\": \"%02x:%02x:%02x:%02x:%02x:%02x\"", name, mac[0], mac[1], mac[2], mac[3],
	       mac[4], mac[5]);
}

static void put_ip(const char *name, uint32_t ip)
{
	printf(", \"%s\": \"%u.%u.%u.%u\"", name, ip >> 24, ip >> 16 & 255, ip >> 8 & 255,
	       ip & 255);
}

static void put_reason(const char *name, enum reason reason)
{
	printf(", \"%s\": \"%s\"", name, reason_name(reason));
}

static void put_arp(struct rd payload)
{
	struct arp arp;
	const enum reason reason = arp_parse(payload, &arp);

	put_reason("arp", reason);
	if (reason)
		return;
	printf(", \"operation\": %u", arp.operation);
	put_mac("sender_mac", arp.sender_mac);
	put_ip("sender_ip", arp.sender_ip);
	put_mac("target_mac", arp.target_mac);
	put_ip("target_ip", arp.target_ip);
}

static void put_udp(const struct ipv4 *ip)
{
	struct udp udp;
	bool readable;
	const enum reason reason = udp_parse(ip->payload, ip->src, ip->dst, &udp, &readable);

	put_reason("udp", reason);
	if (readable)
		printf(", \"sport\": %u, \"dport\": %u", udp.sport, udp.dport);
	if (!reason)
		printf(", \"payload\": %zu", udp.payload.n);
}

static void put_tcp(const struct ipv4 *ip)
{
	struct tcp_seg seg;
	bool readable;
	const enum reason reason = tcp_seg_parse(ip->payload, ip->src, ip->dst, &seg, &readable);

	put_reason("tcp", reason);
	if (readable)
		printf(", \"sport\": %u, \"dport\": %u", seg.sport, seg.dport);
	if (!reason)
		printf(", \"payload\": %zu, \"seq\": %u, \"ack\": %u, \"flags\": %u, \"window\": "
		       "%u",
		       seg.payload.n, seg.seq, seg.ack, seg.flags, seg.window);
}

static void put_icmp(const struct ipv4 *ip)
{
	struct icmp icmp;
	const enum reason reason = icmp_parse(ip->payload, &icmp);

	put_reason("icmp", reason);
	if (!reason)
		printf(", \"type\": %u, \"code\": %u", icmp.type, icmp.code);
}

static void put_ipv4(struct rd payload)
{
	struct ipv4 ip;
	bool readable;
	const enum reason reason = ipv4_parse(payload, &ip, &readable);

	put_reason("ip", reason);
	if (readable) {
		put_ip("src", ip.src);
		put_ip("dst", ip.dst);
		printf(", \"proto\": %u", ip.proto);
	}
	if (reason)
		return;
	printf(", \"inside\": %zu", ip.payload.n);
	if (ip.proto == IPV4_UDP)
		put_udp(&ip);
	else if (ip.proto == IPV4_TCP)
		put_tcp(&ip);
	else if (ip.proto == IPV4_ICMP)
		put_icmp(&ip);
}

static void print_frame(struct rd frame)
{
	struct eth eth;
	const enum reason reason = eth_parse(frame, FRAMING_FRAME_MAX, &eth);

	printf("{\"eth\": \"%s\"", reason_name(reason));
	if (!reason) {
		printf(", \"ether_type\": %u", eth.type);
		put_mac("ether_src", eth.src);
		put_mac("ether_dst", eth.dst);
		if (eth.type == ETH_TYPE_ARP)
			put_arp(eth.payload);
		else if (eth.type == ETH_TYPE_IPV4)
			put_ipv4(eth.payload);
	}
	puts("}");
}

int main(int argc, char **argv)
{
	static uint8_t bytes[INPUT_MAX];
	struct rd rest, frame;

	if (argc > 1) {
		fputs("usage: frame-print <FILE\n",
		      argc == 2 && argv[1][2] == 'h' ? stdout : stderr);
		return argc == 2 && argv[1][2] == 'h' ? 0 : 2;
	}
	rest = rd_of(bytes, fread(bytes, 1, INPUT_MAX, stdin));
	while (framing_next(&rest, true, &frame) == FRAMING_FRAME)
		print_frame(frame);
	if (rest.n)
		fputs("frame-print: the input ends in the middle of a frame, or has a length that "
		      "no "
		      "frame has\n",
		      stderr);
	return rest.n ? 2 : 0;
}
