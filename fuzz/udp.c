/* SPDX-License-Identifier: ISC */
/* udp.c: fuzz target: a byte that says what to mend, two IPv4 addresses (mend_between() in
 * fuzz/rig/mend.h), then any bytes as a UDP datagram between them (ref/udp.h). */
#include "fuzz/rig/mend.h"
#include "fuzz/rig/plain.h"

#include "fuzz/fuzz.h"

static void write_again(const struct udp *udp, uint32_t src, uint32_t dst)
{
	static uint8_t room[65536];
	struct wr w = wr_of(room, UDP_HDR_LEN);
	struct udp plain;
	bool readable;

	HOLDS("a header fits 8 bytes",
	      udp_put(&w, src, udp->sport, dst, udp->dport, udp->payload) && w.len == UDP_HDR_LEN);
	if (udp->payload.n)
		memcpy(room + UDP_HDR_LEN, udp->payload.p, udp->payload.n);
	HOLDS("a checksum is always given", plain_u16(room + 6) != 0);
	HOLDS("a header that was written is right",
	      !plain_udp(rd_of(room, UDP_HDR_LEN + udp->payload.n), src, dst, &plain, &readable));
	HOLDS("it has the ports", plain.sport == udp->sport && plain.dport == udp->dport);
	w = wr_of(room, udp->sport % UDP_HDR_LEN);
	HOLDS("what does not fit is not written",
	      !udp_put(&w, src, 1, dst, 2, udp->payload) && !w.len);
	w = wr_of(room, UDP_HDR_LEN);
	HOLDS("a datagram has 65535 bytes at most",
	      !udp_put(&w, src, 1, dst, 2, rd_of(room, 65528)) && !w.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct udp udp = {0}, plain = {0};
	bool readable, plain_readable;
	enum reason reason, plain_reason;
	struct mend_between in;

	if (!mend_between(rd_of(data, size), 17, &in))
		return 0;
	reason = udp_parse(in.bytes, in.src, in.dst, &udp, &readable);
	plain_reason = plain_udp(in.bytes, in.src, in.dst, &plain, &plain_readable);
	HOLDS("UDP is refused for its length and then for its checksum", reason == plain_reason);
	HOLDS("readable means that the ports are there", readable == plain_readable);
	HOLDS("ports are told when they are there",
	      !readable || (udp.sport == plain.sport && udp.dport == plain.dport));
	if (reason)
		return 0;
	HOLDS("all behind the header is payload", plain_same_window(udp.payload, plain.payload));
	write_again(&udp, in.src, in.dst);
	return 0;
}
