/* SPDX-License-Identifier: ISC */
/* tcp_seg.c: the TCP header, in and out. */
#include "ref/tcp_seg.h"

#include "ref/cksum.h"
#include "ref/ipv4.h"

#define FLAGS_READ      (TCP_SEG_FIN | TCP_SEG_SYN | TCP_SEG_RST | TCP_SEG_PSH | TCP_SEG_ACK)
#define CHECKSUM_AT     16
#define SCALE_MAX       14
#define OPTION_WORD_LEN 4 /* each option is written in whole words, filled with NOPs */

enum option {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_SCALE = 3,
	OPTION_SACK_PERMITTED = 4,
	OPTION_SACK = 5,
};

/*@ requires \valid_read(value.p + (0 .. value.n - 1)) && \valid(out);
  @ requires \separated(out, value.p + (0 .. value.n - 1));
  @ assigns out->mss; */
static bool read_mss(struct rd value, struct tcp_seg *out)
{
	return value.n == 2 && rd_u16(&value, &out->mss);
}

/*@ requires \valid_read(value.p + (0 .. value.n - 1)) && \valid(out);
  @ requires \separated(out, value.p + (0 .. value.n - 1));
  @ assigns out->window_scale;
  @ ensures out->window_scale == \old(out->window_scale) || 0 <= out->window_scale <= SCALE_MAX; */
static bool read_scale(struct rd value, struct tcp_seg *out)
{
	uint8_t scale;

	if (value.n != 1 || !rd_u8(&value, &scale))
		return false;
	out->window_scale = (int8_t)(scale > SCALE_MAX ? SCALE_MAX : scale);
	return true;
}

/*@ requires \valid_read(value.p + (0 .. value.n - 1)) && \valid(out);
  @ requires \separated(out, value.p + (0 .. value.n - 1));
  @ assigns out->sack_count, out->sack[0 .. TCP_SEG_SACK_MAX - 1];
  @ ensures out->sack_count == \old(out->sack_count) || 1 <= out->sack_count <= TCP_SEG_SACK_MAX; */
static bool read_sack(struct rd value, struct tcp_seg *out)
{
	const size_t count = value.n / 8;

	if (!count || value.n % 8 || count > TCP_SEG_SACK_MAX)
		return false;
	out->sack_count = (uint8_t)count;
	/*@ loop invariant 0 <= i <= count && value.n == 8 * (count - i);
	  @ loop invariant \valid_read(value.p + (0 .. value.n - 1));
	  @ loop invariant \separated(out, value.p + (0 .. value.n - 1));
	  @ loop assigns i, value, out->sack[0 .. TCP_SEG_SACK_MAX - 1];
	  @ loop variant count - i; */
	for (size_t i = 0; i < count; i++)
		if (!rd_u32(&value, &out->sack[i].left) || !rd_u32(&value, &out->sack[i].right))
			return false;
	return true;
}

/* One option that has a length; false when it is malformed, and then what was read before it stays.
 * Of a kind that comes twice the last one counts. */
/*@ requires \valid_read(value.p + (0 .. value.n - 1)) && \valid(out);
  @ requires \separated(out, value.p + (0 .. value.n - 1));
  @ requires tcp_options_sane(out);
  @ assigns out->mss, out->window_scale, out->sack_permitted, out->sack_count,
  @   out->sack[0 .. TCP_SEG_SACK_MAX - 1];
  @ ensures tcp_options_sane(out); */
static bool read_option(uint8_t kind, struct rd value, struct tcp_seg *out)
{
	const bool syn = out->flags & TCP_SEG_SYN;

	switch (kind) {
	case OPTION_MSS:
		return !syn || read_mss(value, out);
	case OPTION_SCALE:
		return !syn || read_scale(value, out);
	case OPTION_SACK_PERMITTED:
		out->sack_permitted = syn && (out->sack_permitted || !value.n);
		return !syn || !value.n;
	case OPTION_SACK:
		return read_sack(value, out);
	default:
		return true;
	}
}

/*@ requires \valid_read(options.p + (0 .. options.n - 1)) && \valid(out);
  @ requires \separated(out, options.p + (0 .. options.n - 1));
  @ requires tcp_options_sane(out);
  @ assigns out->mss, out->window_scale, out->sack_permitted, out->sack_count,
  @   out->sack[0 .. TCP_SEG_SACK_MAX - 1];
  @ ensures tcp_options_sane(out); */
static void read_options(struct rd options, struct tcp_seg *out)
{
	uint8_t kind, len;
	struct rd value;

	/*@ loop invariant \valid_read(options.p + (0 .. options.n - 1));
	  @ loop invariant \separated(out, options.p + (0 .. options.n - 1));
	  @ loop invariant tcp_options_sane(out);
	  @ loop assigns options, kind, len, value, out->mss, out->window_scale,
	  @   out->sack_permitted, out->sack_count, out->sack[0 .. TCP_SEG_SACK_MAX - 1];
	  @ loop variant options.n; */
	while (rd_u8(&options, &kind) && kind != OPTION_END) {
		if (kind == OPTION_NOP)
			continue;
		/* The length counts itself and the kind. */
		if (!rd_u8(&options, &len) || len < 2 || !rd_sub(&options, len - 2U, &value) ||
		    !read_option(kind, value, out))
			return;
	}
}

/*@ assigns \nothing;
  @ ensures \result != 0 <==> tcp_flags_ok(flags); */
static bool flags_are_honest(uint8_t flags)
{
	const bool fin = flags & TCP_SEG_FIN, syn = flags & TCP_SEG_SYN;
	const bool rst = flags & TCP_SEG_RST, ack = flags & TCP_SEG_ACK;

	if (!syn && !ack && !rst)
		return false;
	if (syn && (fin || rst))
		return false;
	return !fin || ack;
}

enum reason tcp_seg_parse(struct rd packet, uint32_t src, uint32_t dst, struct tcp_seg *out,
                          bool *readable)
{
	const struct rd whole = packet;
	struct rd options;
	uint8_t offset, flags;
	uint16_t checksum, urgent;
	uint32_t sum;

	*out = (struct tcp_seg){.window_scale = -1};
	*readable = rd_u16(&packet, &out->sport) && rd_u16(&packet, &out->dport);
	if (!*readable || !rd_u32(&packet, &out->seq) || !rd_u32(&packet, &out->ack) ||
	    !rd_u8(&packet, &offset) || !rd_u8(&packet, &flags) || !rd_u16(&packet, &out->window) ||
	    !rd_u16(&packet, &checksum) || !rd_u16(&packet, &urgent))
		return REASON_TCP_LENGTH;
	offset >>= 4;
	if (whole.n > 0xffff || offset < TCP_SEG_HDR_LEN / 4 ||
	    !rd_sub(&packet, offset * 4U - TCP_SEG_HDR_LEN, &options))
		return REASON_TCP_LENGTH;
	sum = cksum_add_pseudo(0, src, dst, IPV4_TCP, (uint16_t)whole.n);
	if (cksum_finish(cksum_add(sum, whole.p, whole.n)))
		return REASON_TCP_CHECKSUM;
	out->flags = flags & FLAGS_READ;
	if (!flags_are_honest(out->flags))
		return REASON_TCP_FLAGS;
	read_options(options, out);
	out->payload = packet;
	return REASON_NONE;
}

size_t tcp_seg_hdr_len(const struct tcp_seg *seg)
{
	size_t len = TCP_SEG_HDR_LEN;

	if (seg->mss)
		len += OPTION_WORD_LEN;
	if (seg->sack_permitted)
		len += OPTION_WORD_LEN;
	if (seg->window_scale >= 0)
		len += OPTION_WORD_LEN;
	if (seg->sack_count)
		len += OPTION_WORD_LEN + 8U * seg->sack_count;
	return len;
}

static bool put_options(struct wr *w, const struct tcp_seg *seg)
{
	if (seg->mss && (!wr_u8(w, OPTION_MSS) || !wr_u8(w, 4) || !wr_u16(w, seg->mss)))
		return false;
	if (seg->sack_permitted &&
	    (!wr_fill(w, OPTION_NOP, 2) || !wr_u8(w, OPTION_SACK_PERMITTED) || !wr_u8(w, 2)))
		return false;
	if (seg->window_scale >= 0 && (!wr_u8(w, OPTION_NOP) || !wr_u8(w, OPTION_SCALE) ||
	                               !wr_u8(w, 3) || !wr_u8(w, (uint8_t)seg->window_scale)))
		return false;
	if (!seg->sack_count)
		return true;
	if (!wr_fill(w, OPTION_NOP, 2) || !wr_u8(w, OPTION_SACK) ||
	    !wr_u8(w, (uint8_t)(2 + 8 * seg->sack_count)))
		return false;
	for (unsigned i = 0; i < seg->sack_count; i++)
		if (!wr_u32(w, seg->sack[i].left) || !wr_u32(w, seg->sack[i].right))
			return false;
	return true;
}

bool tcp_seg_put(struct wr *w, uint32_t src, uint32_t dst, const struct tcp_seg *seg)
{
	struct wr t = *w;
	const size_t start = w->len, hdr_len = tcp_seg_hdr_len(seg);
	uint32_t sum;

	if (seg->sack_count > TCP_SEG_SACK_MAX || hdr_len > TCP_SEG_HDR_MAX ||
	    seg->payload.n > 0xffff - hdr_len)
		return false;
	if (!wr_u16(&t, seg->sport) || !wr_u16(&t, seg->dport) || !wr_u32(&t, seg->seq) ||
	    !wr_u32(&t, seg->ack) || !wr_u8(&t, (uint8_t)(hdr_len / 4 << 4)) ||
	    !wr_u8(&t, seg->flags) || !wr_u16(&t, seg->window) || !wr_u32(&t, 0) ||
	    !put_options(&t, seg))
		return false;
	sum = cksum_add_pseudo(0, src, dst, IPV4_TCP, (uint16_t)(hdr_len + seg->payload.n));
	sum = cksum_add(sum, t.p + start, hdr_len);
	sum = cksum_add(sum, seg->payload.p, seg->payload.n);
	if (!wr_put_u16(&t, start + CHECKSUM_AT, cksum_finish(sum)))
		return false;
	*w = t;
	return true;
}
