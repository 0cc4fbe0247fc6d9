/* SPDX-License-Identifier: ISC */
/* tcp_seg.h: the TCP header over IPv4 (RFC 9293 section 3.1; window scale RFC 7323, SACK RFC 2018).
 *
 * Refused: fewer than 20 bytes, a data offset below 5 or past the packet (tcp-length), a wrong
 * checksum (tcp-checksum), and combinations of flags that no honest stack sends: none of SYN, ACK,
 * RST; SYN with FIN or RST; FIN without ACK (tcp-flags). Of the options, MSS, window scale,
 * SACK-permitted and SACK are read; others are skipped by their length; a malformed option ends the
 * list, as everywhere, and what was read before it counts. Urgent pointer and ECN flags are ignored.
 */
#ifndef REF_TCP_SEG_H
#define REF_TCP_SEG_H

#include "bytes/rd.h"
#include "bytes/wr.h"
#include "ref/reason.h"

#define TCP_SEG_HDR_LEN     20
#define TCP_SEG_HDR_MAX     60
#define TCP_SEG_SACK_MAX    4 /* ranges that fit the options */
#define TCP_SEG_MSS_DEFAULT 536

#define TCP_SEG_FIN 0x01
#define TCP_SEG_SYN 0x02
#define TCP_SEG_RST 0x04
#define TCP_SEG_PSH 0x08
#define TCP_SEG_ACK 0x10

/* Sequence numbers from `left` to before `right`. */
struct tcp_seg_range {
	uint32_t left, right;
};

struct tcp_seg {
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint8_t flags;   /* the five above */
	uint16_t window; /* as on the wire, unscaled */

	/* Options. The first three are of a SYN only; absent: mss 0, window_scale -1, false. */
	uint16_t mss;
	int8_t window_scale; /* 0..14, larger ones are read as 14 (RFC 7323 section 2.3) */
	bool sack_permitted;
	uint8_t sack_count;                          /* 0..TCP_SEG_SACK_MAX */
	struct tcp_seg_range sack[TCP_SEG_SACK_MAX]; /* what is behind sack_count is not set */

	struct rd payload; /* into the frame; for tcp_seg_put(): the bytes the checksum covers */
};

/* `src` and `dst` are the IPv4 addresses, for the pseudo-header. On a refusal *readable tells
 * whether the ports (sport, dport in *out) were there to be read; they are for the audit only. */
enum reason tcp_seg_parse(struct rd packet, uint32_t src, uint32_t dst, struct tcp_seg *out,
                          bool *readable);

/* How many bytes tcp_seg_put() writes: 20 and the options. */
size_t tcp_seg_hdr_len(const struct tcp_seg *seg);

/* Appends the header with its options and checksum; the caller puts the payload, over which it is
 * computed, behind it. False when it does not fit. */
WR_MUST_CHECK bool tcp_seg_put(struct wr *w, uint32_t src, uint32_t dst, const struct tcp_seg *seg);

#endif
