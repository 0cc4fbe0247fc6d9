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

static inline struct rd rd_of(const void *p, size_t n)
{
	return (struct rd){.p = p, .n = n};
}

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
static inline RD_MUST_CHECK bool rd_sub(struct rd *r, size_t n, struct rd *out)
{
	const uint8_t *start = r->p;

	if (!rd_skip(r, n))
		return false;
	*out = (struct rd){.p = start, .n = n};
	return true;
}

/* Copies the next `n` bytes to `out`, which the caller owns. */
static inline RD_MUST_CHECK bool rd_copy(struct rd *r, void *out, size_t n)
{
	struct rd w;

	if (!rd_sub(r, n, &w))
		return false;
	if (n)
		memcpy(out, w.p, n);
	return true;
}

static inline RD_MUST_CHECK bool rd_u8(struct rd *r, uint8_t *out)
{
	if (r->n < 1)
		return false;
	*out = r->p[0];
	return rd_skip(r, 1);
}

static inline RD_MUST_CHECK bool rd_u16(struct rd *r, uint16_t *out)
{
	if (r->n < 2)
		return false;
	*out = (uint16_t)(r->p[0] << 8 | r->p[1]);
	return rd_skip(r, 2);
}

static inline RD_MUST_CHECK bool rd_u24(struct rd *r, uint32_t *out)
{
	if (r->n < 3)
		return false;
	*out = (uint32_t)r->p[0] << 16 | (uint32_t)r->p[1] << 8 | r->p[2];
	return rd_skip(r, 3);
}

static inline RD_MUST_CHECK bool rd_u32(struct rd *r, uint32_t *out)
{
	if (r->n < 4)
		return false;
	*out = (uint32_t)r->p[0] << 24 | (uint32_t)r->p[1] << 16 | (uint32_t)r->p[2] << 8 | r->p[3];
	return rd_skip(r, 4);
}

/* A window whose length stands in front of it, in one, two or three bytes. On failure (the length
 * itself is cut off, or it is longer than what follows) nothing is consumed. */
static inline RD_MUST_CHECK bool rd_vec8(struct rd *r, struct rd *out)
{
	struct rd t = *r;
	uint8_t len;

	if (!rd_u8(&t, &len) || !rd_sub(&t, len, out))
		return false;
	*r = t;
	return true;
}

static inline RD_MUST_CHECK bool rd_vec16(struct rd *r, struct rd *out)
{
	struct rd t = *r;
	uint16_t len;

	if (!rd_u16(&t, &len) || !rd_sub(&t, len, out))
		return false;
	*r = t;
	return true;
}

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
