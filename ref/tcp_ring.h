/* SPDX-License-Identifier: ISC */
/* tcp_ring.h: bytes of the guest that cannot go to the upstream socket yet: they came out of order,
 * or the socket is full.
 *
 * A ring holds bytes by their distance from the next one that the socket wants ("the front"), and
 * remembers which distances are filled, as at most TCP_RING_RANGES ranges: a segment that would
 * need one more is not kept (the guest sends it again). Rings come from a pool of fixed size that
 * the shell allocates at start; a connection takes one when it needs it and gives it back when it
 * is empty, so idle connections cost nothing.
 */
#ifndef REF_TCP_RING_H
#define REF_TCP_RING_H

#include "bytes/rd.h"

#define TCP_RING_SIZE   131072 /* bytes; a power of two */
#define TCP_RING_RANGES 16

struct tcp_ring_range {
	uint32_t start, end; /* distances from the front, start < end <= TCP_RING_SIZE */
};

struct tcp_ring {
	uint8_t *bytes; /* TCP_RING_SIZE of them */
	uint32_t front; /* where distance 0 lies */
	uint32_t count;
	struct tcp_ring_range ranges[TCP_RING_RANGES]; /* ascending, disjoint, never touching */
	struct tcp_ring *next_free;
};

struct tcp_ring_pool {
	struct tcp_ring *free;
};

/* Makes a pool of `count` rings over the caller's arrays: `rings` and count * TCP_RING_SIZE bytes. */
void tcp_ring_pool_init(struct tcp_ring_pool *pool, struct tcp_ring *rings, size_t count,
                        uint8_t *bytes);
struct tcp_ring *tcp_ring_take(struct tcp_ring_pool *pool); /* an empty one, or NULL */
void tcp_ring_give(struct tcp_ring_pool *pool, struct tcp_ring *ring);

/* Keeps `data` at `distance` from the front; bytes that are there already stay as they are (the
 * first copy wins), bytes past the ring's end are left out. False when nothing could be kept for
 * want of a range. */
bool tcp_ring_put(struct tcp_ring *ring, uint32_t distance, struct rd data);

/* How many bytes stand at the front without a gap. */
uint32_t tcp_ring_ready(const struct tcp_ring *ring);

/* Those bytes as one or two windows (the ring may wrap); empty windows have n 0. */
void tcp_ring_peek(const struct tcp_ring *ring, struct rd out[2]);

/* The front moves on by `n`; what lay there is forgotten. `n` is at most TCP_RING_SIZE; it may pass
 * a gap whose bytes went to the socket directly. */
void tcp_ring_advance(struct tcp_ring *ring, uint32_t n);

#endif
