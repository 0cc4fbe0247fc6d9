/* SPDX-License-Identifier: ISC */
/* buf.h: a queue of bytes in memory of the caller's: what came in and was not used yet.
 *
 * Bytes are put at the back and taken from the front; what is there stands in one piece, as parsers
 * want it. Nothing is allocated. Windows that buf_bytes() and buf_room() give are good until the
 * next call that is not one of these two.
 */
#ifndef REF_BUF_H
#define REF_BUF_H

#include "bytes/rd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
	uint8_t *memory;
	size_t size;
	size_t from, to; /* memory[from] to memory[to - 1] is what is there */
};

static inline struct buf buf_of(uint8_t *memory, size_t size)
{
	return (struct buf){.memory = memory, .size = size};
}

static inline size_t buf_len(const struct buf *b)
{
	return b->to - b->from;
}

/* Bytes that still fit in. */
static inline size_t buf_free(const struct buf *b)
{
	return b->size - buf_len(b);
}

static inline struct rd buf_bytes(const struct buf *b)
{
	return rd_of(b->memory + b->from, buf_len(b));
}

/* `n` bytes at the front were used; at most buf_len(). */
static inline void buf_take(struct buf *b, size_t n)
{
	b->from += n;
	if (b->from == b->to)
		b->from = b->to = 0;
}

/* Where buf_free() bytes may be written; then buf_wrote(). Moves what is there to the front. */
static inline uint8_t *buf_room(struct buf *b)
{
	if (b->from) {
		memmove(b->memory, b->memory + b->from, buf_len(b));
		b->to -= b->from;
		b->from = 0;
	}
	return b->memory + b->to;
}

static inline void buf_wrote(struct buf *b, size_t n)
{
	b->to += n;
}

/* All of `bytes`, or false and nothing. */
static inline bool buf_put(struct buf *b, struct rd bytes)
{
	if (bytes.n > buf_free(b))
		return false;
	if (bytes.n)
		memcpy(buf_room(b), bytes.p, bytes.n);
	buf_wrote(b, bytes.n);
	return true;
}

/* As much of the front of *from as there is room for. */
static inline size_t buf_pour(struct buf *to, struct buf *from)
{
	const size_t n = buf_len(from) < buf_free(to) ? buf_len(from) : buf_free(to);

	if (n)
		memcpy(buf_room(to), from->memory + from->from, n);
	buf_wrote(to, n);
	buf_take(from, n);
	return n;
}

#endif
