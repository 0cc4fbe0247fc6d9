/* SPDX-License-Identifier: ISC */
/* tcp_seg.c: the TCP header, in and out. */
#include "ref/tcp_seg.h"

#include "ref/cksum.h"
#include "ref/ipv4.h"

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
static bool flags_are_honest(uint16_t flags)
{
	const bool fin = flags & TCP_SEG_FIN, syn = flags & TCP_SEG_SYN;
	const bool rst = flags & TCP_SEG_RST, ack = flags & TCP_SEG_ACK;

	if (!syn && !ack && !rst)
		return false;
	if (syn && (fin || rst))
		return false;
	return !fin || ack;
}

/*@ requires window(packet.p, packet.n) && packet.n <= 65535;
  @ assigns \nothing;
  @ ensures \result != 0 <==> tcp_covered(packet.p, packet.n, src, dst); */
static bool is_intact(struct rd packet, uint32_t src, uint32_t dst)
{
	uint32_t sum = cksum_add_pseudo(0, src, dst, IPV4_TCP, (uint16_t)packet.n);

	sum = cksum_add(sum, packet.p, packet.n);
	//@ assert covers: ones(sum) == ones(pseudo(src, dst, 6, packet.n) + octets(packet.p, packet.n));
	return !cksum_finish(sum);
}

/* What a header says, and what is behind its fixed part. */
struct header {
	uint16_t sport, dport;
	uint32_t seq, ack;
	size_t len;
	uint16_t flags, window;
	struct rd options, payload;
};

/* The fixed part behind the ports. The checksum is looked at with the whole segment; the urgent
 * pointer is ignored. */
/*@ requires \valid(r) && window(r->p, r->n) && \valid(out);
  @ requires \separated(r, out, r->p + (0 .. r->n - 1));
  @ assigns *r, out->seq, out->ack, out->len, out->flags, out->window;
  @ ensures fits: \result <==> 16 <= \old(r->n);
  @ ensures past: \result ==> r->p == \old(r->p) + 16 && r->n == \old(r->n) - 16;
  @ ensures numbers: \result ==> out->seq == be32(\old(r->p)) && out->ack == be32(\old(r->p) + 4);
  @ ensures window: \result ==> out->window == be16(\old(r->p) + 10);
  @ ensures len: \result ==> out->len == \old(r->p[8]) / 16 * 4;
  @ ensures flags: \result ==> out->flags == \old(r->p[9]) % 32; */
static bool read_numbers(struct rd *r, struct header *out)
{
	uint16_t word; /* data offset in the upper four bits, flags in the lower five */

	if (!rd_u32(r, &out->seq) || !rd_u32(r, &out->ack) || !rd_u16(r, &word) ||
	    !rd_u16(r, &out->window) || !rd_skip(r, 4))
		return false;
	out->len = (size_t)word / 4096 * 4;
	out->flags = word % 32;
	return true;
}

/* What is wrong with a segment. The ports are read from a short one, too. */
/*@ requires window(packet.p, packet.n) && \valid(out) && \valid(readable);
  @ requires \separated(out, readable, packet.p + (0 .. packet.n - 1));
  @ assigns *out, *readable;
  @ ensures none: \result == REASON_NONE <==> tcp_seg_ok(packet.p, packet.n, src, dst);
  @ ensures readable: *readable != 0 <==> packet.n >= 4;
  @ ensures ports: packet.n >= 4 ==>
  @   out->sport == be16(packet.p) && out->dport == be16(packet.p + 2);
  @ ensures numbers: \result == REASON_NONE ==> out->seq == be32(packet.p + 4) &&
  @   out->ack == be32(packet.p + 8) && out->window == be16(packet.p + 14);
  @ ensures flags: \result == REASON_NONE ==> out->flags == packet.p[13] % 32;
  @ ensures options: \result == REASON_NONE ==>
  @   out->options.p == packet.p + 20 && out->options.n == tcp_hdr(packet.p) - 20;
  @ ensures payload: \result == REASON_NONE ==>
  @   out->payload.p == packet.p + tcp_hdr(packet.p) &&
  @   out->payload.n == packet.n - tcp_hdr(packet.p);
  @ ensures reasons: \result == REASON_NONE || \result == REASON_TCP_LENGTH ||
  @   \result == REASON_TCP_CHECKSUM || \result == REASON_TCP_FLAGS; */
static enum reason read_header(struct rd packet, uint32_t src, uint32_t dst, struct header *out,
                               bool *readable)
{
	const struct rd whole = packet;

	*readable = rd_u16(&packet, &out->sport) && rd_u16(&packet, &out->dport);
	if (!*readable || whole.n > 0xffff || !read_numbers(&packet, out))
		return REASON_TCP_LENGTH;
	//@ assert len: out->len == tcp_hdr(whole.p);
	if (out->len < TCP_SEG_HDR_LEN ||
	    !rd_sub(&packet, out->len - TCP_SEG_HDR_LEN, &out->options))
		return REASON_TCP_LENGTH;
	if (!is_intact(whole, src, dst))
		return REASON_TCP_CHECKSUM;
	if (!flags_are_honest(out->flags))
		return REASON_TCP_FLAGS;
	out->payload = packet;
	return REASON_NONE;
}

enum reason tcp_seg_parse(struct rd packet, uint32_t src, uint32_t dst, struct tcp_seg *out,
                          bool *readable)
{
	struct header h = {0};
	const enum reason reason = read_header(packet, src, dst, &h, readable);

	out->sport = h.sport;
	out->dport = h.dport;
	out->seq = h.seq;
	out->ack = h.ack;
	out->flags = (uint8_t)h.flags;
	out->window = h.window;
	out->payload = h.payload;
	out->mss = 0;
	out->window_scale = -1;
	out->sack_permitted = false;
	out->sack_count = 0;
	if (reason == REASON_NONE)
		read_options(h.options, out);
	return reason;
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
