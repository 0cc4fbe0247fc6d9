/* SPDX-License-Identifier: ISC */
/* udp.c: the UDP header. */
#include "ref/udp.h"

#include "ref/cksum.h"
#include "ref/ipv4.h"

enum reason udp_parse(struct rd datagram, uint32_t src, uint32_t dst, struct udp *out,
                      bool *readable)
{
	const struct rd whole = datagram;
	uint16_t len, checksum;
	uint32_t sum;

	*readable = rd_u16(&datagram, &out->sport) && rd_u16(&datagram, &out->dport);
	if (!*readable || !rd_u16(&datagram, &len) || !rd_u16(&datagram, &checksum))
		return REASON_UDP_LENGTH;
	//@ assert header: whole.n >= 8 && len == be16{Pre}(whole.p + 4);
	//@ assert given: checksum == be16{Pre}(whole.p + 6);
	if (len != whole.n)
		return REASON_UDP_LENGTH;
	out->payload = datagram;
	if (!checksum)
		return REASON_NONE;
	sum = cksum_add_pseudo(0, src, dst, IPV4_UDP, len);
	sum = cksum_add(sum, whole.p, len);
	//@ assert covers: ones(sum) == ones(pseudo(src, dst, 17, len) + octets{Pre}(whole.p, len));
	return cksum_finish(sum) ? REASON_UDP_CHECKSUM : REASON_NONE;
}

bool udp_put(struct wr *w, uint32_t src, uint16_t sport, uint32_t dst, uint16_t dport,
             struct rd payload)
{
	struct wr t = *w;
	const size_t start = w->len;
	uint16_t len, checksum;
	uint32_t sum;

	if (payload.n > 0xffff - UDP_HDR_LEN)
		return false;
	len = (uint16_t)(UDP_HDR_LEN + payload.n);
	if (!wr_u16(&t, sport) || !wr_u16(&t, dport) || !wr_u16(&t, len) || !wr_u16(&t, 0))
		return false;
	sum = cksum_add_pseudo(0, src, dst, IPV4_UDP, len);
	sum = cksum_add(sum, t.p + start, UDP_HDR_LEN);
	checksum = cksum_finish(cksum_add(sum, payload.p, payload.n));
	/* 0 would say "not given"; its other spelling in ones' complement is 0xffff. */
	if (!wr_put_u16(&t, start + 6, checksum ? checksum : 0xffff))
		return false;
	*w = t;
	return true;
}
