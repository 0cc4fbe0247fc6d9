/* SPDX-License-Identifier: ISC */
/* tcp_ring.c: fuzz target: puts and advances against a ring that has a flag for each byte.
 *
 * Five bytes are an operation: a put (distance, length, what the bytes are) or an advance. */
#include "ref/tcp_ring.h"
#include "fuzz/fuzz.h"
#define FAR (TCP_RING_SIZE - 3000)

static uint8_t bytes[TCP_RING_SIZE], wanted[2 * TCP_RING_SIZE], data[4096];
static uint8_t there[2 * TCP_RING_SIZE]; /* 1: the byte was put */

/* How far it is to the next byte of that value. */
static size_t run(const uint8_t *at, int value, size_t n)
{
	const uint8_t *end = memchr(at, value, n);
	return end ? (size_t)(end - at) : n;
}

static void put(struct tcp_ring *ring, size_t base, uint32_t distance, size_t n, uint8_t salt)
{
	bool kept;

	for (size_t i = 0; i < n; i++)
		data[i] = (uint8_t)(salt + i);
	kept = tcp_ring_put(ring, distance, rd_of(data, n));
	HOLDS("what is not kept wants a range too many", kept || ring->count == TCP_RING_RANGES);
	for (size_t i = 0; kept && i < n && distance + i < TCP_RING_SIZE; i++) {
		if (!there[base + distance + i])
			wanted[base + distance + i] = data[i];
		there[base + distance + i] = 1;
	}
}

/* What the ring says is ready must be what came first, byte for byte. */
static void compare(const struct tcp_ring *ring, size_t base, size_t high)
{
	const size_t n = high > base ? high - base : 0;
	struct rd out[2];
	const size_t ready = run(there + base, 0, n);
	uint32_t ranges = 0;
	for (size_t at = run(there + base, 1, n); at < n; ranges++) {
		at += run(there + base + at, 0, n - at);
		at += run(there + base + at, 1, n - at);
	}
	HOLDS("what is ready is what stands before the first gap", tcp_ring_ready(ring) == ready);
	HOLDS("a range is a run of bytes", ring->count == ranges);
	tcp_ring_peek(ring, out);
	HOLDS("the windows are all that is ready", out[0].n + out[1].n == ready);
	HOLDS("the first copy wins", !memcmp(out[0].p, wanted + base, out[0].n) &&
	                                     !memcmp(out[1].p, wanted + base + out[0].n, out[1].n));
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	static size_t used;
	struct tcp_ring_pool pool;
	struct tcp_ring rings[1], *ring;
	size_t base = 0, high = 0;

	memset(there, 0, used < sizeof(there) ? used : sizeof(there));
	tcp_ring_pool_init(&pool, rings, 1, bytes);
	ring = tcp_ring_take(&pool);
	HOLDS("there are as many rings as were made", ring && !tcp_ring_take(&pool));
	for (; size >= 5 && base < TCP_RING_SIZE; input += 5, size -= 5) {
		const uint32_t distance = (input[0] & 2 ? FAR : 0) +
		                          input[1] * (1u + input[0] / 16);
		const size_t n = (size_t)input[2] * (input[0] & 4 ? 15 : 1);

		if (input[0] & 1 && distance <= TCP_RING_SIZE) {
			tcp_ring_advance(ring, distance);
			base += distance;
		} else {
			put(ring, base, distance, n, input[3]);
			high = base + distance + n > high ? base + distance + n : high;
		}
		used = high > used ? high : used;
		compare(ring, base, high < sizeof(there) ? high : sizeof(there));
	}
	return 0;
}
