/* SPDX-License-Identifier: ISC */
/* rd.h: the one bounded reader. Every byte that came from a stranger is read through it.
 *
 * A reader is a window: `p` is the next byte, `n` how many are left. All functions return true and
 * advance, or return false and leave the reader exactly as it was. Numbers are big-endian (network
 * order) on the wire and host order in the result. Nothing is copied unless the name says so;
 * windows handed out by rd_sub() and rd_vec*() point into the caller's bytes and live as long as
 * those do.
 *
 * A length-prefixed read (rd_vec8/16/24) yields a *sub-window*, so a nested length that lies cannot
 * escape the field it stands in.
 */
#ifndef BYTES_RD_H
#define BYTES_RD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RD_MUST_CHECK __attribute__((warn_unused_result))

struct rd {
	const uint8_t *p; /* next unread byte; may be NULL when n is 0 */
	size_t n;         /* bytes left */
};

/* What stands behind an @ is for the prover, which holds the code to it: docs/proof.md. */

/*@ assigns \nothing;
  @ ensures \result.p == (uint8_t *)p && \result.n == n; */
static inline struct rd rd_of(const void *p, size_t n)
{
	return (struct rd){.p = p, .n = n};
}

/*@ requires \valid(r);
  @ assigns *r;
  @ ensures fits: \result <==> n <= \old(r->n);
  @ ensures past: \result ==> r->p == \old(r->p) + n && r->n == \old(r->n) - n;
  @ ensures kept: !\result ==> *r == \old(*r); */
static inline RD_MUST_CHECK bool rd_skip(struct rd *r, size_t n)
{
	if (n > r->n)
		return false;
	if (n) /* NULL + 0 is undefined in C */
		r->p += n;
	r->n -= n;
	return true;
}

/* The next `n` bytes as a window of their own. */
/*@ requires \valid(r) && \valid(out) && \separated(r, out);
  @ assigns *r, *out;
  @ ensures fits: \result <==> n <= \old(r->n);
  @ ensures past: \result ==> r->p == \old(r->p) + n && r->n == \old(r->n) - n;
  @ ensures window: \result ==> out->p == \old(r->p) && out->n == n;
  @ ensures kept: !\result ==> *r == \old(*r) && *out == \old(*out); */
static inline RD_MUST_CHECK bool rd_sub(struct rd *r, size_t n, struct rd *out)
{
	const uint8_t *start = r->p;

	if (!rd_skip(r, n))
		return false;
	*out = (struct rd){.p = start, .n = n};
	return true;
}

/* Copies the next `n` bytes to `out`, which the caller owns. */
/*@ requires \valid(r) && \valid_read(r->p + (0 .. r->n - 1)) && \valid(out + (0 .. n - 1));
  @ requires \separated(r, out + (0 .. n - 1), r->p + (0 .. r->n - 1));
  @ assigns *r, out[0 .. n - 1];
  @ ensures fits: \result <==> n <= \old(r->n);
  @ ensures past: \result ==> r->p == \old(r->p) + n && r->n == \old(r->n) - n;
  @ ensures value: \result ==> \forall integer i; 0 <= i < n ==> out[i] == \old(r->p)[i];
  @ ensures kept: !\result ==> *r == \old(*r) &&
  @   \forall integer i; 0 <= i < n ==> out[i] == \old(out[i]); */
static inline RD_MUST_CHECK bool rd_copy(struct rd *r, uint8_t *out, size_t n)
{
	struct rd w;

	if (!rd_sub(r, n, &w))
		return false;
	if (n)
		memcpy(out, w.p, n);
	return true;
}

/*@ requires \valid(r) && \valid_read(r->p + (0 .. r->n - 1)) && \valid(out);
  @ requires \separated(r, out, r->p + (0 .. r->n - 1));
  @ assigns *r, *out;
  @ ensures fits: \result <==> 1 <= \old(r->n);
  @ ensures past: \result ==> r->p == \old(r->p) + 1 && r->n == \old(r->n) - 1;
  @ ensures value: \result ==> *out == \old(r->p[0]);
  @ ensures kept: !\result ==> *r == \old(*r) && *out == \old(*out); */
static inline RD_MUST_CHECK bool rd_u8(struct rd *r, uint8_t *out)
{
	if (r->n < 1)
		return false;
	*out = r->p[0];
	return rd_skip(r, 1);
}

/*@ requires \valid(r) && \valid_read(r->p + (0 .. r->n - 1)) && \valid(out);
  @ requires \separated(r, out, r->p + (0 .. r->n - 1));
  @ assigns *r, *out;
  @ ensures fits: \result <==> 2 <= \old(r->n);
  @ ensures past: \result ==> r->p == \old(r->p) + 2 && r->n == \old(r->n) - 2;
  @ ensures value: \result ==> *out == \old(r->p[0]) * 256 + \old(r->p[1]);
  @ ensures kept: !\result ==> *r == \old(*r) && *out == \old(*out); */
static inline RD_MUST_CHECK bool rd_u16(struct rd *r, uint16_t *out)
{
	if (r->n < 2)
		return false;
	*out = (uint16_t)((r->p[0] << 8) + r->p[1]);
	return rd_skip(r, 2);
}

/*@ requires \valid(r) && \valid_read(r->p + (0 .. r->n - 1)) && \valid(out);
  @ requires \separated(r, out, r->p + (0 .. r->n - 1));
  @ assigns *r, *out;
  @ ensures fits: \result <==> 3 <= \old(r->n);
  @ ensures past: \result ==> r->p == \old(r->p) + 3 && r->n == \old(r->n) - 3;
  @ ensures value: \result ==> *out == \old(r->p[0]) * 65536 + \old(r->p[1]) * 256 + \old(r->p[2]);
  @ ensures kept: !\result ==> *r == \old(*r) && *out == \old(*out); */
static inline RD_MUST_CHECK bool rd_u24(struct rd *r, uint32_t *out)
{
	if (r->n < 3)
		return false;
	*out = ((uint32_t)r->p[0] << 16) + ((uint32_t)r->p[1] << 8) + r->p[2];
	return rd_skip(r, 3);
}

/*@ requires \valid(r) && \valid_read(r->p + (0 .. r->n - 1)) && \valid(out);
  @ requires \separated(r, out, r->p + (0 .. r->n - 1));
  @ assigns *r, *out;
  @ ensures fits: \result <==> 4 <= \old(r->n);
  @ ensures past: \result ==> r->p == \old(r->p) + 4 && r->n == \old(r->n) - 4;
  @ ensures value: \result ==> *out == \old(r->p[0]) * 16777216 + \old(r->p[1]) * 65536 +
  @   \old(r->p[2]) * 256 + \old(r->p[3]);
  @ ensures kept: !\result ==> *r == \old(*r) && *out == \old(*out); */
static inline RD_MUST_CHECK bool rd_u32(struct rd *r, uint32_t *out)
{
	if (r->n < 4)
		return false;
	*out = ((uint32_t)r->p[0] << 24) + ((uint32_t)r->p[1] << 16) + ((uint32_t)r->p[2] << 8) +
	       r->p[3];
	return rd_skip(r, 4);
}

/* A window whose length stands in front of it, in one, two or three bytes. On failure (the length
 * itself is cut off, or it is longer than what follows) nothing is consumed. */
/*@ requires \valid(r) && \valid_read(r->p + (0 .. r->n - 1)) && \valid(out);
  @ requires \separated(r, out, r->p + (0 .. r->n - 1));
  @ assigns *r, *out;
  @ behavior whole:
  @   assumes 1 <= r->n && r->p[0] <= r->n - 1;
  @   ensures \result && out->p == \old(r->p) + 1 && out->n == \old(r->p[0]);
  @   ensures r->p == out->p + out->n && r->n == \old(r->n) - 1 - out->n;
  @ behavior cut:
  @   assumes 1 > r->n || r->p[0] > r->n - 1;
  @   ensures !\result && *r == \old(*r) && *out == \old(*out);
  @ complete behaviors; disjoint behaviors; */
static inline RD_MUST_CHECK bool rd_vec8(struct rd *r, struct rd *out)
{
	struct rd t = *r;
	uint8_t len;

	if (!rd_u8(&t, &len) || !rd_sub(&t, len, out))
		return false;
	*r = t;
	return true;
}

/*@ requires \valid(r) && \valid_read(r->p + (0 .. r->n - 1)) && \valid(out);
  @ requires \separated(r, out, r->p + (0 .. r->n - 1));
  @ assigns *r, *out;
  @ behavior whole:
  @   assumes 2 <= r->n && r->p[0] * 256 + r->p[1] <= r->n - 2;
  @   ensures \result && out->p == \old(r->p) + 2 && out->n == \old(r->p[0] * 256 + r->p[1]);
  @   ensures r->p == out->p + out->n && r->n == \old(r->n) - 2 - out->n;
  @ behavior cut:
  @   assumes 2 > r->n || r->p[0] * 256 + r->p[1] > r->n - 2;
  @   ensures !\result && *r == \old(*r) && *out == \old(*out);
  @ complete behaviors; disjoint behaviors; */
static inline RD_MUST_CHECK bool rd_vec16(struct rd *r, struct rd *out)
{
	struct rd t = *r;
	uint16_t len;

	if (!rd_u16(&t, &len) || !rd_sub(&t, len, out))
		return false;
	*r = t;
	return true;
}

/*@ requires \valid(r) && \valid_read(r->p + (0 .. r->n - 1)) && \valid(out);
  @ requires \separated(r, out, r->p + (0 .. r->n - 1));
  @ assigns *r, *out;
  @ behavior whole:
  @   assumes 3 <= r->n && r->p[0] * 65536 + r->p[1] * 256 + r->p[2] <= r->n - 3;
  @   ensures \result && out->p == \old(r->p) + 3 && out->n == \old(r->p[0] * 65536 + r->p[1] * 256 + r->p[2]);
  @   ensures r->p == out->p + out->n && r->n == \old(r->n) - 3 - out->n;
  @ behavior cut:
  @   assumes 3 > r->n || r->p[0] * 65536 + r->p[1] * 256 + r->p[2] > r->n - 3;
  @   ensures !\result && *r == \old(*r) && *out == \old(*out);
  @ complete behaviors; disjoint behaviors; */
static inline RD_MUST_CHECK bool rd_vec24(struct rd *r, struct rd *out)
{
	struct rd t = *r;
	uint32_t len;

	if (!rd_u24(&t, &len) || !rd_sub(&t, len, out))
		return false;
	*r = t;
	return true;
}

#endif
