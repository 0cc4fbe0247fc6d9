/* SPDX-License-Identifier: ISC */
/* ipv4.c: fuzz target: a byte that says what to mend (fuzz/rig/mend.h), then any bytes as an IPv4
 * packet with what trails it (ref/ipv4.h). */
#include "fuzz/rig/mend.h"
#include "fuzz/rig/plain.h"

#include "fuzz/fuzz.h"

/* A header that refnat writes for the same addresses is a header that it would take. */
static void write_again(const struct ipv4 *ip)
{
	static uint8_t room[IPV4_HDR_LEN + 65536];
	struct wr w = wr_of(room, IPV4_HDR_LEN);
	struct ipv4 plain;
	bool readable;

	HOLDS("a header fits 20 bytes", ipv4_put(&w, ip->src, ip->dst, ip->proto, ip->payload.n));
	HOLDS("it is 20 bytes long", w.len == IPV4_HDR_LEN);
	HOLDS("it is right",
	      !plain_ipv4(rd_of(room, IPV4_HDR_LEN + ip->payload.n), &plain, &readable));
	HOLDS("it is for the same",
	      plain.src == ip->src && plain.dst == ip->dst && plain.proto == ip->proto);
	HOLDS("it is for as many bytes", plain.payload.n == ip->payload.n);
	HOLDS("its other fields are those of ipv4.h",
	      room[1] == 0 && plain_u32(room + 4) == 0x4000 && room[8] == IPV4_TTL);
	w = wr_of(room, ip->proto % IPV4_HDR_LEN);
	HOLDS("what does not fit is not written",
	      !ipv4_put(&w, ip->src, ip->dst, ip->proto, 0) && !w.len);
	w = wr_of(room, IPV4_HDR_LEN);
	HOLDS("a packet has 65535 bytes at most",
	      !ipv4_put(&w, ip->src, ip->dst, ip->proto, 65516) &&
	              ipv4_put(&w, ip->src, ip->dst, ip->proto, 65515));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ipv4 ip = {0}, plain = {0};
	bool readable, plain_readable;
	enum reason reason, plain_reason;
	struct rd packet;

	if (size < 1)
		return 0;
	packet = mend_packet(rd_of(data + 1, size - 1), data[0]);
	reason = ipv4_parse(packet, &ip, &readable);
	plain_reason = plain_ipv4(packet, &plain, &plain_readable);
	HOLDS("the first fault in the order of ipv4.h is the one reported", reason == plain_reason);
	HOLDS("readable means that 20 bytes are there", readable == plain_readable);
	HOLDS("addresses and protocol are told when they are there",
	      !readable || (ip.src == plain.src && ip.dst == plain.dst && ip.proto == plain.proto));
	if (reason)
		return 0;
	HOLDS("the payload ends with the total length",
	      plain_same_window(ip.payload, plain.payload));
	HOLDS("a router alert is marked, and nothing else is",
	      ip.router_alert == plain.router_alert);
	write_again(&ip);
	return 0;
}
