/* SPDX-License-Identifier: ISC */
/* ipv4.c: the IPv4 header. */
#include "ref/ipv4.h"

#include "ref/cksum.h"

#define FLAG_DONT_FRAGMENT  0x4000
#define OPTION_NOP          1 /* and 0 is the end of the list */
#define OPTION_ROUTER_ALERT 0x94

/*@ requires \valid_read(options.p + (0 .. options.n - 1));
  @ assigns \nothing;
  @ ensures \result != 0 <==> router_alert(options.p, options.n); */
static bool is_router_alert(struct rd options)
{
	return options.n == 4 && options.p[0] == OPTION_ROUTER_ALERT && options.p[1] == 4 &&
	       options.p[2] == 0 && options.p[3] == 0;
}

/* Every byte, also behind an end of list: some parsers read on. */
/*@ requires \valid_read(options.p + (0 .. options.n - 1));
  @ assigns \nothing;
  @ ensures \result != 0 <==> padding(options.p, options.n); */
static bool is_padding(struct rd options)
{
	/*@ loop invariant 0 <= i <= options.n;
	  @ loop invariant \forall integer k; 0 <= k < i ==> options.p[k] <= 1;
	  @ loop assigns i;
	  @ loop variant options.n - i; */
	for (size_t i = 0; i < options.n; i++)
		if (options.p[i] > OPTION_NOP)
			return false;
	return true;
}

/*@ requires n == ipv4_hdr(p) && window(p, n);
  @ assigns \nothing;
  @ ensures \result != 0 <==> ipv4_covered(p); */
static bool is_intact(const uint8_t *p, size_t n)
{
	return !cksum_finish(cksum_add(0, p, n));
}

/* The fixed part, as it stands on the wire. */
struct header {
	uint8_t version_ihl, tos, ttl, proto;
	uint16_t total_len, id, fragment, checksum;
	uint32_t src, dst;
};

/*@ requires \valid(r) && window(r->p, r->n) && \valid(out);
  @ requires \separated(r, out, r->p + (0 .. r->n - 1));
  @ assigns *r, *out;
  @ ensures fits: \result <==> 20 <= \old(r->n);
  @ ensures past: \result ==> r->p == \old(r->p) + 20 && r->n == \old(r->n) - 20;
  @ ensures bytes: \result ==> out->version_ihl == \old(r->p[0]) && out->ttl == \old(r->p[8]) &&
  @   out->proto == \old(r->p[9]);
  @ ensures words: \result ==> out->total_len == be16{Pre}(\old(r->p) + 2) &&
  @   out->fragment == be16{Pre}(\old(r->p) + 6);
  @ ensures addresses: \result ==> out->src == be32{Pre}(\old(r->p) + 12) &&
  @   out->dst == be32{Pre}(\old(r->p) + 16); */
static bool read_header(struct rd *r, struct header *out)
{
	struct header h;

	if (!rd_u8(r, &h.version_ihl) || !rd_u8(r, &h.tos) || !rd_u16(r, &h.total_len) ||
	    !rd_u16(r, &h.id) || !rd_u16(r, &h.fragment))
		return false;
	//@ assert two_words: r->p == \at(r->p, Pre) + 8 && r->n == \at(r->n, Pre) - 8;
	if (!rd_u8(r, &h.ttl) || !rd_u8(r, &h.proto) || !rd_u16(r, &h.checksum) ||
	    !rd_u32(r, &h.src) || !rd_u32(r, &h.dst))
		return false;
	//@ assert bytes: h.version_ihl == \at(r->p[0], Pre) && h.ttl == \at(r->p[8], Pre) && h.proto == \at(r->p[9], Pre);
	//@ assert five_words: r->p == \at(r->p, Pre) + 20 && r->n == \at(r->n, Pre) - 20;
	*out = h;
	return true;
}

enum reason ipv4_parse(struct rd payload, struct ipv4 *out, bool *readable)
{
	const struct rd packet = payload;
	struct header h;
	struct rd options;
	size_t hdr_len;

	*readable = read_header(&payload, &h);
	if (!*readable)
		return REASON_BAD_LENGTH;
	out->src = h.src;
	out->dst = h.dst;
	out->proto = h.proto;
	//@ assert lengths: h.version_ihl == packet.p[0] && h.total_len == be16(packet.p + 2);
	//@ assert fields: h.ttl == packet.p[8] && h.fragment == be16(packet.p + 6);
	//@ assert addresses: out->src == be32(packet.p + 12) && out->dst == be32(packet.p + 16);
	if (h.version_ihl / 16 != 4)
		return REASON_BAD_VERSION;
	hdr_len = (size_t)(h.version_ihl % 16) * 4;
	//@ assert hdr: hdr_len == ipv4_hdr(packet.p);
	if (hdr_len < IPV4_HDR_LEN || !rd_sub(&payload, hdr_len - IPV4_HDR_LEN, &options))
		return REASON_BAD_IHL;
	if (h.total_len < hdr_len || !rd_sub(&payload, h.total_len - hdr_len, &out->payload))
		return REASON_BAD_LENGTH;
	//@ assert whole: ipv4_whole(packet.p, packet.n);
	//@ assert options: options.p == packet.p + 20 && options.n == ipv4_hdr(packet.p) - 20;
	if (!is_intact(packet.p, hdr_len))
		return REASON_BAD_CHECKSUM;
	if (!h.ttl)
		return REASON_TTL_ZERO;
	if (h.fragment & ~FLAG_DONT_FRAGMENT)
		return REASON_FRAGMENT;
	out->router_alert = is_router_alert(options);
	return out->router_alert || is_padding(options) ? REASON_NONE : REASON_IP_OPTIONS;
}

bool ipv4_put(struct wr *w, uint32_t src, uint32_t dst, uint8_t proto, size_t payload_len)
{
	struct wr t = *w;
	const size_t start = w->len;

	if (payload_len > 0xffff - IPV4_HDR_LEN)
		return false;
	if (!wr_u8(&t, 0x45) || !wr_u8(&t, 0) ||
	    !wr_u16(&t, (uint16_t)(IPV4_HDR_LEN + payload_len)) || !wr_u16(&t, 0) ||
	    !wr_u16(&t, FLAG_DONT_FRAGMENT) || !wr_u8(&t, IPV4_TTL) || !wr_u8(&t, proto) ||
	    !wr_u16(&t, 0) || !wr_u32(&t, src) || !wr_u32(&t, dst))
		return false;
	if (!wr_put_u16(&t, start + 10, cksum_finish(cksum_add(0, t.p + start, IPV4_HDR_LEN))))
		return false;
	*w = t;
	return true;
}
