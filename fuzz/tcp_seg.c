/* SPDX-License-Identifier: ISC */
/* tcp_seg.c: fuzz target: a byte that says what to mend, two IPv4 addresses (mend_between() in
 * fuzz/rig/mend.h), then any bytes as a TCP segment between them (ref/tcp_seg.h). */
#include "fuzz/rig/mend.h"
#include "fuzz/rig/plain.h"

#include "fuzz/fuzz.h"

/* How long the header of *seg is, every option in words of four bytes. */
static size_t header_len(const struct tcp_seg *seg)
{
	return 20u + (seg->mss ? 4 : 0) + (seg->sack_permitted ? 4 : 0) +
	       (seg->window_scale >= 0 ? 4 : 0) + (seg->sack_count ? 4 + 8u * seg->sack_count : 0);
}

/* Written and read by other eyes it says the same, if it fits a header at all. */
static void write_again(const struct tcp_seg *seg, uint32_t src, uint32_t dst)
{
	static uint8_t room[MEND_MAX];
	const size_t len = header_len(seg);
	struct wr w = wr_of(room, TCP_SEG_HDR_MAX);
	struct tcp_seg plain, big;
	const char *differs;
	struct rd again;
	bool readable;

	HOLDS("the length of a header is known in advance", tcp_seg_hdr_len(seg) == len);
	HOLDS("a packet has 65535 bytes at most",
	      tcp_seg_parse(rd_of(room, 65536), src, dst, &big, &readable) == REASON_TCP_LENGTH);
	big = *seg;
	big.payload = rd_of(room, 65516);
	HOLDS("in either direction", !tcp_seg_put(&w, src, dst, &big) && !w.len);
	big.sack_count = TCP_SEG_SACK_MAX + 1;
	HOLDS("a fifth SACK range is not written", !tcp_seg_put(&w, src, dst, &big) && !w.len);
	if (len > TCP_SEG_HDR_MAX || len + seg->payload.n > 65535) {
		HOLDS("a header too long is none", !tcp_seg_put(&w, src, dst, seg) && !w.len);
		return;
	}
	HOLDS("a header fits its bytes", tcp_seg_put(&w, src, dst, seg) && w.len == len);
	memcpy(room + len, seg->payload.p, seg->payload.n);
	again = rd_of(room, len + seg->payload.n);
	HOLDS("it is right", !plain_tcp(again, src, dst, &plain, &readable));
	plain.payload = seg->payload;
	differs = plain_tcp_differs(seg, &plain);
	HOLDS(differs, !differs);
	w = wr_of(room, seg->seq % len);
	HOLDS("a part of it is not written", !tcp_seg_put(&w, src, dst, seg) && !w.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tcp_seg seg, plain;
	bool readable, plain_readable;
	enum reason reason, plain_reason;
	const char *differs;
	struct mend_between in;

	if (!mend_between(rd_of(data, size), 6, &in))
		return 0;
	reason = tcp_seg_parse(in.bytes, in.src, in.dst, &seg, &readable);
	plain_reason = plain_tcp(in.bytes, in.src, in.dst, &plain, &plain_readable);
	HOLDS("TCP is refused for length, checksum and flags, in this order",
	      reason == plain_reason);
	HOLDS("readable means that the ports are there", readable == plain_readable);
	HOLDS("ports are told when they are there",
	      !readable || (seg.sport == plain.sport && seg.dport == plain.dport));
	if (reason)
		return 0;
	differs = plain_tcp_differs(&seg, &plain);
	HOLDS(differs, !differs);
	write_again(&seg, in.src, in.dst);
	return 0;
}
