/* SPDX-License-Identifier: ISC */
/* wr.h: the one bounded writer, the mirror of rd.h.
 *
 * The caller owns the buffer; the writer remembers how much is used. All functions return true and
 * append, or return false and leave the writer and the buffer as they were. Numbers are host order
 * in the argument and big-endian (network order) in the buffer. wr_put_u16() goes back to a place
 * already written, for lengths and checksums that are known only at the end.
 */
#ifndef BYTES_WR_H
#define BYTES_WR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WR_MUST_CHECK __attribute__((warn_unused_result))

struct wr {
	uint8_t *p;  /* start of the buffer */
	size_t len;  /* bytes written so far */
	size_t size; /* bytes the buffer holds */
};

static inline struct wr wr_of(void *p, size_t size)
{
	return (struct wr){.p = p, .len = 0, .size = size};
}

static inline WR_MUST_CHECK bool wr_bytes(struct wr *w, const void *p, size_t n)
{
	if (n > w->size - w->len)
		return false;
	if (n)
		memcpy(w->p + w->len, p, n);
	w->len += n;
	return true;
}

/* Appends `n` bytes of value `byte`. */
static inline WR_MUST_CHECK bool wr_fill(struct wr *w, uint8_t byte, size_t n)
{
	if (n > w->size - w->len)
		return false;
	if (n)
		memset(w->p + w->len, byte, n);
	w->len += n;
	return true;
}

static inline WR_MUST_CHECK bool wr_u8(struct wr *w, uint8_t v)
{
	return wr_bytes(w, &v, 1);
}

static inline WR_MUST_CHECK bool wr_u16(struct wr *w, uint16_t v)
{
	const uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};

	return wr_bytes(w, b, sizeof(b));
}

static inline WR_MUST_CHECK bool wr_u32(struct wr *w, uint32_t v)
{
	const uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
	                      (uint8_t)v};

	return wr_bytes(w, b, sizeof(b));
}

/* Overwrites the two bytes at offset `at`; false when they were not written before. */
static inline WR_MUST_CHECK bool wr_put_u16(struct wr *w, size_t at, uint16_t v)
{
	if (w->len < 2 || at > w->len - 2)
		return false;
	w->p[at] = (uint8_t)(v >> 8);
	w->p[at + 1] = (uint8_t)v;
	return true;
}

#endif
