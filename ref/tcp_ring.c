/* SPDX-License-Identifier: ISC */
/* tcp_ring.c: bytes that wait for the socket. */
#include "ref/tcp_ring.h"

void tcp_ring_pool_init(struct tcp_ring_pool *pool, struct tcp_ring *rings, size_t count,
                        uint8_t *bytes)
{
	pool->free = NULL;
	for (size_t i = count; i--;) {
		rings[i] = (struct tcp_ring){.bytes = bytes + i * TCP_RING_SIZE};
		tcp_ring_give(pool, &rings[i]);
	}
}

struct tcp_ring *tcp_ring_take(struct tcp_ring_pool *pool)
{
	struct tcp_ring *ring = pool->free;

	if (ring) {
		pool->free = ring->next_free;
		ring->next_free = NULL;
	}
	return ring;
}

void tcp_ring_give(struct tcp_ring_pool *pool, struct tcp_ring *ring)
{
	ring->front = 0;
	ring->count = 0;
	ring->next_free = pool->free;
	pool->free = ring;
}

/* The bytes of distances start..end come from `data`, which begins at distance `origin`. */
static void copy_in(struct tcp_ring *ring, uint32_t start, uint32_t end, uint32_t origin,
                    struct rd data)
{
	const uint32_t at = (ring->front + start) % TCP_RING_SIZE;
	const uint32_t len = end - start, tail = TCP_RING_SIZE - at;
	const uint32_t first = len < tail ? len : tail;
	const uint8_t *from = data.p + (start - origin);

	memcpy(ring->bytes + at, from, first);
	memcpy(ring->bytes, from + first, len - first);
}

bool tcp_ring_put(struct tcp_ring *ring, uint32_t distance, struct rd data)
{
	struct tcp_ring_range all;
	uint32_t first = 0, last, at;

	if (!data.n || distance >= TCP_RING_SIZE)
		return true;
	all.start = distance;
	all.end = data.n < TCP_RING_SIZE - distance ? distance + (uint32_t)data.n : TCP_RING_SIZE;

	/* Ranges first..last-1 overlap or touch the new one, and become one with it. */
	while (first < ring->count && ring->ranges[first].end < all.start)
		first++;
	for (last = first; last < ring->count && ring->ranges[last].start <= all.end;)
		last++;
	if (first == last && ring->count == TCP_RING_RANGES)
		return false;

	at = all.start;
	for (uint32_t i = first; i < last; i++) {
		if (ring->ranges[i].start > at)
			copy_in(ring, at, ring->ranges[i].start, distance, data);
		at = ring->ranges[i].end;
	}
	if (all.end > at)
		copy_in(ring, at, all.end, distance, data);

	if (first < last) {
		if (ring->ranges[first].start < all.start)
			all.start = ring->ranges[first].start;
		if (ring->ranges[last - 1].end > all.end)
			all.end = ring->ranges[last - 1].end;
	}
	memmove(&ring->ranges[first + 1], &ring->ranges[last],
	        (ring->count - last) * sizeof(ring->ranges[0]));
	ring->ranges[first] = all;
	ring->count += 1 - (last - first);
	return true;
}

uint32_t tcp_ring_ready(const struct tcp_ring *ring)
{
	return ring->count && !ring->ranges[0].start ? ring->ranges[0].end : 0;
}

void tcp_ring_peek(const struct tcp_ring *ring, struct rd out[2])
{
	const uint32_t ready = tcp_ring_ready(ring), tail = TCP_RING_SIZE - ring->front;
	const uint32_t first = ready < tail ? ready : tail;

	out[0] = rd_of(ring->bytes + ring->front, first);
	out[1] = rd_of(ring->bytes, ready - first);
}

void tcp_ring_advance(struct tcp_ring *ring, uint32_t n)
{
	uint32_t kept = 0;

	ring->front = (ring->front + n) % TCP_RING_SIZE;
	for (uint32_t i = 0; i < ring->count; i++) {
		struct tcp_ring_range range = ring->ranges[i];

		if (range.end <= n)
			continue;
		range.start = range.start > n ? range.start - n : 0;
		range.end -= n;
		ring->ranges[kept++] = range;
	}
	ring->count = kept;
}
