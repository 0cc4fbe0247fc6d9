/* SPDX-License-Identifier: ISC */
/* flood.c: see flood.h. */
#include "harness/flood.h"

#include "harness/addr.h"
#include "harness/decode.h"

#define PORTS 65535u

static uint16_t get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* RFC 1624: HC' = ~(~HC + ~m + m') */
static void update_sum(uint8_t *sum, uint16_t before, uint16_t after)
{
	uint32_t s = (uint16_t)~get_u16(sum) + (uint32_t)(uint16_t)~before + after;

	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	put_u16(sum, (uint16_t)~s);
}

static void put_word(struct flood *f, uint8_t *p, uint16_t v)
{
	uint16_t before = get_u16(p);

	put_u16(p, v);
	if (f->ip_sum)
		update_sum(f->ip_sum, before, v);
	if (!f->l4_sum || (f->udp && !get_u16(f->l4_sum)))
		return;
	update_sum(f->l4_sum, before, v);
	if (f->udp && !get_u16(f->l4_sum)) /* 0 would mean that there is none */
		put_u16(f->l4_sum, 0xffff);
}

static size_t field_offset(enum flood_vary vary)
{
	switch (vary) {
	case VARY_DPORT:
		return 2;
	case VARY_SEQ:
		return 4;
	case VARY_DST: /* of the IP header */
		return 16;
	case VARY_NOTHING:
	case VARY_SPORT:
		break;
	}
	return 0;
}

static size_t field_width(enum flood_vary vary)
{
	return vary == VARY_DST || vary == VARY_SEQ ? 4 : 2;
}

bool flood_open(struct flood *f, enum flood_vary vary, uint8_t *frame, size_t len)
{
	struct seen s;
	size_t base, l4;

	*f = (struct flood){.frame = frame, .len = len, .vary = vary};
	if (vary == VARY_NOTHING)
		return true;
	decode(frame, len, &s);
	if (s.kind != SEEN_UDP && s.kind != SEEN_TCP && s.kind != SEEN_DHCP &&
	    (vary != VARY_DST || (s.kind != SEEN_ICMP && s.kind != SEEN_IP4) || s.net.n < 20))
		return false;
	base = (size_t)(s.net.p - frame);
	l4 = s.l4.p ? (size_t)(s.l4.p - frame) : 0;
	if (vary == VARY_DST)
		f->ip_sum = frame + base + 10;
	f->field = frame + (vary == VARY_DST ? base : l4) + field_offset(vary);
	f->udp = s.kind == SEEN_UDP || s.kind == SEEN_DHCP;
	if (f->udp || s.kind == SEEN_TCP)
		f->l4_sum = frame + l4 + (f->udp ? 6 : 16);
	f->first = get_u16(f->field);
	if (field_width(vary) == 4)
		f->first = f->first << 16 | get_u16(f->field + 2);
	return true;
}

static uint32_t value_of(const struct flood *f, uint64_t n)
{
	uint32_t target = f->first - LAB_TARGET_NET;

	if (field_width(f->vary) == 2) /* a port of 0 counts on from 1 */
		return (uint32_t)((f->first + PORTS - 1 + n) % PORTS) + 1;
	if (f->vary == VARY_DST && target < LAB_TARGET_MAX)
		return LAB_TARGET_NET + (uint32_t)((target + n) % LAB_TARGET_MAX);
	return f->first + (uint32_t)n;
}

void flood_set(struct flood *f, uint64_t n)
{
	uint32_t value;

	if (!f->field)
		return;
	value = value_of(f, n);
	if (field_width(f->vary) == 4) {
		put_word(f, f->field, (uint16_t)(value >> 16));
		put_word(f, f->field + 2, (uint16_t)value);
	} else {
		put_word(f, f->field, (uint16_t)value);
	}
}
