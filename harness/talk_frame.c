/* SPDX-License-Identifier: ISC */
/* talk_frame.c: see talk_frame.h. RFC 791, 768, 9293. */
#include "harness/talk_frame.h"

#include "bytes/wr.h"
#include "harness/addr.h"
#include "harness/decode.h"

#define ETH_LEN  14
#define IP_LEN   20
#define TTL      64
#define PROTO_T  6
#define PROTO_U  17
#define NO_FRAGS 0x4000

static bool write_headers(struct wr *w, const struct talk_ends *e, uint8_t proto, size_t len)
{
	return wr_bytes(w, e->gateway_mac, 6) && wr_bytes(w, LAB_VM_MAC, 6) && wr_u16(w, 0x0800) &&
	       wr_u16(w, 0x4500) && wr_u16(w, (uint16_t)(IP_LEN + len)) && wr_u16(w, 0) &&
	       wr_u16(w, NO_FRAGS) && wr_u8(w, TTL) && wr_u8(w, proto) && wr_u16(w, 0) &&
	       wr_u32(w, LAB_VM_IP) && wr_u32(w, e->ip) && wr_u16(w, e->own_port) &&
	       wr_u16(w, e->port);
}

/* Both checksums; `at` is where the transport's stands in its header. */
static size_t finish(struct wr *w, uint8_t proto, size_t at)
{
	size_t l4 = w->len - ETH_LEN - IP_LEN;
	uint32_t sum = (LAB_VM_IP >> 16) + (LAB_VM_IP & 0xffff) + proto + (uint32_t)l4;
	const uint8_t *dst = w->p + ETH_LEN + 16;
	uint16_t cksum;

	sum += (uint32_t)(dst[0] << 8 | dst[1]) + (uint32_t)(dst[2] << 8 | dst[3]);
	cksum = decode_cksum(w->p + ETH_LEN + IP_LEN, l4, sum);
	if (!wr_put_u16(w, ETH_LEN + IP_LEN + at, cksum ? cksum : 0xffff) ||
	    !wr_put_u16(w, ETH_LEN + 10, decode_cksum(w->p + ETH_LEN, IP_LEN, 0)))
		return 0;
	return w->len;
}

size_t talk_frame_tcp(const struct talk_ends *e, const struct talk_segment *s, uint8_t *out)
{
	struct wr w = wr_of(out, TALK_FRAME_MAX);
	bool first = s->flags & TCP_SYN;
	size_t header = first ? 24 : 20;

	if (!write_headers(&w, e, PROTO_T, header + s->n) || !wr_u32(&w, s->seq) ||
	    !wr_u32(&w, s->ack) || !wr_u8(&w, (uint8_t)(header / 4 << 4)) || !wr_u8(&w, s->flags) ||
	    !wr_u16(&w, TALK_TCP_WINDOW) || !wr_u32(&w, 0) ||
	    (first && !wr_u32(&w, 0x02040000u | s->mss)) || !wr_bytes(&w, s->p, s->n))
		return 0;
	return finish(&w, PROTO_T, 16);
}

size_t talk_frame_udp(const struct talk_ends *e, const uint8_t *p, size_t n, uint8_t *out)
{
	struct wr w = wr_of(out, TALK_FRAME_MAX);

	if (!write_headers(&w, e, PROTO_U, 8 + n) || !wr_u16(&w, (uint16_t)(8 + n)) ||
	    !wr_u16(&w, 0) || !wr_bytes(&w, p, n))
		return 0;
	return finish(&w, PROTO_U, 6);
}
