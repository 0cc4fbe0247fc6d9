/* SPDX-License-Identifier: ISC */
/* mend.c: puts lengths and checksums right that a fuzzer cannot guess. */
#include "fuzz/rig/mend.h"

#include "fuzz/rig/plain.h"

#define ETHERNET 14

/* With a sanitizer, what stands behind the last byte of this is poison. */
static uint8_t room[MEND_MAX];

static uint8_t *copy(struct rd bytes)
{
	return memcpy(room + sizeof(room) - bytes.n, bytes.p, bytes.n);
}

static void mend_bytes(uint8_t *p, size_t n, unsigned what, uint32_t src, uint32_t dst,
                       uint8_t proto)
{
	const size_t at = proto == 17 ? 6 : proto == 6 ? 16 : 2; /* of the checksum */
	uint32_t sum;

	if (proto == 17 && n >= 8 && what & MEND_LENGTHS)
		plain_put_u16(p + 4, (unsigned)(n & 0xffff));
	if ((proto != 17 && proto != 6 && proto != 1) || n < at + 2 || !(what & MEND_CHECKSUM))
		return;
	if (proto == 17 && !plain_u16(p + at))
		return;
	plain_put_u16(p + at, 0);
	sum = proto == 1 ? plain_sum(p, n) : plain_transport_sum(rd_of(p, n), src, dst, proto);
	plain_put_u16(p + at, sum == 0xffff && proto == 17 ? 0xffff : 0xffff - sum);
}

static void mend_ipv4(uint8_t *p, size_t n, unsigned what)
{
	size_t header, total;

	if (n < 20)
		return;
	if (what & MEND_LENGTHS)
		plain_put_u16(p + 2, (unsigned)(n & 0xffff));
	header = (size_t)(p[0] % 16) * 4;
	total = plain_u16(p + 2);
	if (header < 20 || header > n)
		return;
	if (total >= header && total <= n)
		mend_bytes(p + header, total - header, what, plain_u32(p + 12), plain_u32(p + 16),
		           p[9]);
	if (what & MEND_IP_CHECKSUM) {
		plain_put_u16(p + 10, 0);
		plain_put_u16(p + 10, 0xffff - plain_sum(p, header));
	}
}

struct rd mend_frame(struct rd bytes, unsigned what)
{
	uint8_t *p;

	if (!(what & MEND_ALL) || bytes.n > MEND_MAX || bytes.n < ETHERNET)
		return bytes;
	p = copy(bytes);
	if (plain_u16(p + 12) == 0x0800)
		mend_ipv4(p + ETHERNET, bytes.n - ETHERNET, what);
	return rd_of(p, bytes.n);
}

struct rd mend_packet(struct rd bytes, unsigned what)
{
	uint8_t *p;

	if (!(what & MEND_ALL) || bytes.n > MEND_MAX || !bytes.n)
		return bytes;
	p = copy(bytes);
	mend_ipv4(p, bytes.n, what);
	return rd_of(p, bytes.n);
}

struct rd mend_transport(struct rd bytes, unsigned what, uint32_t src, uint32_t dst, uint8_t proto)
{
	uint8_t *p;

	if (!(what & MEND_ALL) || bytes.n > MEND_MAX || !bytes.n)
		return bytes;
	p = copy(bytes);
	mend_bytes(p, bytes.n, what, src, dst, proto);
	return rd_of(p, bytes.n);
}

bool mend_between(struct rd input, uint8_t proto, struct mend_between *out)
{
	if (input.n < 9)
		return false;
	out->src = plain_u32(input.p + 1);
	out->dst = plain_u32(input.p + 5);
	out->bytes = mend_transport(rd_of(input.p + 9, input.n - 9), input.p[0], out->src, out->dst,
	                            proto);
	return true;
}
