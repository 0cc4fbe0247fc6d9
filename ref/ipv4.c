/* SPDX-License-Identifier: ISC */
/* ipv4.c: the IPv4 header. */
#include "ref/ipv4.h"

#include "ref/cksum.h"

#define FLAG_DONT_FRAGMENT  0x4000
#define OPTION_NOP          1 /* and 0 is the end of the list */
#define OPTION_ROUTER_ALERT 0x94

/*@ requires \valid_read(options.p + (0 .. options.n - 1));
  @ assigns \nothing;
  @ ensures \result != 0 <==> options.n == 4 && options.p[0] == 0x94 && options.p[1] == 4 &&
  @   options.p[2] == 0 && options.p[3] == 0; */
static bool is_router_alert(struct rd options)
{
	return options.n == 4 && options.p[0] == OPTION_ROUTER_ALERT && options.p[1] == 4 &&
	       options.p[2] == 0 && options.p[3] == 0;
}

/* Every byte, also behind an end of list: some parsers read on. */
/*@ requires \valid_read(options.p + (0 .. options.n - 1));
  @ assigns \nothing;
  @ ensures \result != 0 <==> \forall integer i; 0 <= i < options.n ==> options.p[i] <= 1; */
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

enum reason ipv4_parse(struct rd payload, struct ipv4 *out, bool *readable)
{
	const struct rd packet = payload;
	struct rd options;
	uint8_t version_ihl, tos, ttl;
	uint16_t total_len, id, fragment, checksum;
	size_t hdr_len;

	*readable = false;
	if (!rd_u8(&payload, &version_ihl) || !rd_u8(&payload, &tos) ||
	    !rd_u16(&payload, &total_len) || !rd_u16(&payload, &id) ||
	    !rd_u16(&payload, &fragment) || !rd_u8(&payload, &ttl) ||
	    !rd_u8(&payload, &out->proto) || !rd_u16(&payload, &checksum) ||
	    !rd_u32(&payload, &out->src) || !rd_u32(&payload, &out->dst))
		return REASON_BAD_LENGTH;
	*readable = true;
	if (version_ihl >> 4 != 4)
		return REASON_BAD_VERSION;
	hdr_len = (size_t)(version_ihl & 15) * 4;
	if (hdr_len < IPV4_HDR_LEN || !rd_sub(&payload, hdr_len - IPV4_HDR_LEN, &options))
		return REASON_BAD_IHL;
	if (total_len < hdr_len || !rd_sub(&payload, total_len - hdr_len, &out->payload))
		return REASON_BAD_LENGTH;
	if (cksum_finish(cksum_add(0, packet.p, hdr_len)))
		return REASON_BAD_CHECKSUM;
	if (!ttl)
		return REASON_TTL_ZERO;
	if (fragment & ~FLAG_DONT_FRAGMENT)
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
