/* SPDX-License-Identifier: ISC */
/* tcp_ring_test.c: the ring against an array too simple to be wrong. */
#include "ref/tcp_ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define RINGS 3

static uint8_t space[RINGS * TCP_RING_SIZE];
static struct tcp_ring rings[RINGS];

static struct tcp_ring *make_ring(struct tcp_ring_pool *pool)
{
	tcp_ring_pool_init(pool, rings, RINGS, space);
	return tcp_ring_take(pool);
}

static bool put(struct tcp_ring *ring, uint32_t distance, const char *text)
{
	return tcp_ring_put(ring, distance, rd_of(text, strlen(text)));
}

/* The bytes that are ready, as a string. */
static const char *ready(const struct tcp_ring *ring)
{
	static char text[64];
	struct rd parts[2];

	tcp_ring_peek(ring, parts);
	assert_int_equal(parts[0].n + parts[1].n, tcp_ring_ready(ring));
	assert_true(tcp_ring_ready(ring) < sizeof(text));
	memcpy(text, parts[0].p, parts[0].n);
	memcpy(text + parts[0].n, parts[1].p, parts[1].n);
	text[tcp_ring_ready(ring)] = '\0';
	return text;
}

static void a_pool_gives_each_ring_once(void **state)
{
	struct tcp_ring_pool pool;
	struct tcp_ring *taken[RINGS];

	(void)state;
	tcp_ring_pool_init(&pool, rings, RINGS, space);
	for (int i = 0; i < RINGS; i++) {
		taken[i] = tcp_ring_take(&pool);
		assert_non_null(taken[i]);
		assert_int_equal((taken[i]->bytes - space) % TCP_RING_SIZE, 0); /* nor overlap */
		for (int k = 0; k < i; k++) {
			assert_ptr_not_equal(taken[i], taken[k]);
			assert_ptr_not_equal(taken[i]->bytes, taken[k]->bytes);
		}
	}
	assert_null(tcp_ring_take(&pool));
	tcp_ring_give(&pool, taken[1]);
	assert_ptr_equal(tcp_ring_take(&pool), taken[1]);
	assert_null(tcp_ring_take(&pool));
}

static void a_ring_that_comes_back_is_empty(void **state)
{
	struct tcp_ring_pool pool;
	struct tcp_ring *ring = make_ring(&pool);

	(void)state;
	assert_true(put(ring, 0, "old"));
	tcp_ring_advance(ring, 1);
	tcp_ring_give(&pool, ring);
	ring = tcp_ring_take(&pool);
	assert_int_equal(tcp_ring_ready(ring), 0);
	assert_int_equal(ring->count, 0);
}

static void a_filled_gap_makes_what_follows_ready(void **state)
{
	struct tcp_ring_pool pool;
	struct tcp_ring *ring = make_ring(&pool);

	(void)state;
	assert_true(put(ring, 3, "def"));
	assert_int_equal(tcp_ring_ready(ring), 0);
	assert_true(put(ring, 0, "abc"));
	assert_string_equal(ready(ring), "abcdef");
	assert_int_equal(ring->count, 1);
}

static void the_first_copy_of_a_byte_wins(void **state)
{
	struct tcp_ring_pool pool;
	struct tcp_ring *ring = make_ring(&pool);

	(void)state;
	assert_true(put(ring, 2, "CC"));
	assert_true(put(ring, 6, "G"));
	assert_true(put(ring, 0, "xxxxxxxxx"));
	assert_string_equal(ready(ring), "xxCCxxGxx");
}

static void the_front_may_pass_a_gap(void **state)
{
	struct tcp_ring_pool pool;
	struct tcp_ring *ring = make_ring(&pool);

	(void)state;
	assert_true(put(ring, 5, "fgh"));
	tcp_ring_advance(ring, 4);
	assert_int_equal(tcp_ring_ready(ring), 0);
	tcp_ring_advance(ring, 2);
	assert_string_equal(ready(ring), "gh");
	tcp_ring_advance(ring, TCP_RING_SIZE);
	assert_int_equal(ring->count, 0);
}

static void bytes_past_the_end_are_left_out(void **state)
{
	struct tcp_ring_pool pool;
	struct tcp_ring *ring = make_ring(&pool);

	(void)state;
	assert_true(put(ring, TCP_RING_SIZE - 1, "b"));
	assert_int_equal(ring->count, 1); /* the last place is one */
	assert_true(put(ring, TCP_RING_SIZE - 2, "abcd"));
	assert_int_equal(ring->count, 1);
	assert_int_equal(ring->ranges[0].end, TCP_RING_SIZE);
	assert_true(put(ring, TCP_RING_SIZE, "e"));
	assert_true(put(ring, UINT32_MAX, "e"));
	assert_int_equal(ring->count, 1);
	tcp_ring_advance(ring, TCP_RING_SIZE - 2);
	assert_string_equal(ready(ring), "ab");
}

static void one_range_too_many_is_refused_and_changes_nothing(void **state)
{
	struct tcp_ring_pool pool;
	struct tcp_ring *ring = make_ring(&pool), before;

	(void)state;
	for (uint32_t i = 0; i < TCP_RING_RANGES; i++)
		assert_true(put(ring, 10 + i * 10, "x"));
	before = *ring;
	assert_false(put(ring, 5, "y"));
	assert_false(put(ring, 1000, "y"));
	assert_memory_equal(ring, &before, sizeof(before));
	/* Touching one needs no new range; joining two frees one. */
	assert_true(put(ring, 11, "y"));
	assert_true(put(ring, 12, "yyyyyyyy"));
	assert_int_equal(ring->count, TCP_RING_RANGES - 1);
	assert_true(put(ring, 1000, "y"));
}

/* The model: for each distance the byte, or -1. */
static int16_t model[TCP_RING_SIZE];

static void model_put(uint32_t distance, const uint8_t *p, uint32_t n)
{
	for (uint32_t i = 0; i < n && distance + i < TCP_RING_SIZE; i++)
		if (model[distance + i] < 0)
			model[distance + i] = p[i];
}

static void model_advance(uint32_t n)
{
	memmove(model, model + n, (TCP_RING_SIZE - n) * sizeof(model[0]));
	for (uint32_t i = TCP_RING_SIZE - n; i < TCP_RING_SIZE; i++)
		model[i] = -1;
}

static void compare(const struct tcp_ring *ring)
{
	uint32_t at = 0;
	struct rd parts[2];

	for (uint32_t i = 0; i < ring->count; i++) {
		const struct tcp_ring_range *range = &ring->ranges[i];

		assert_true(range->start < range->end && range->end <= TCP_RING_SIZE);
		assert_true(!i || range->start > at);
		for (; at < range->start; at++)
			assert_int_equal(model[at], -1);
		for (; at < range->end; at++)
			assert_int_equal(model[at],
			                 ring->bytes[(ring->front + at) % TCP_RING_SIZE]);
	}
	for (; at < TCP_RING_SIZE; at++)
		if (model[at] != -1)
			fail();
	at = 0;
	tcp_ring_peek(ring, parts);
	for (int i = 0; i < 2; i++)
		for (size_t k = 0; k < parts[i].n; k++)
			assert_int_equal(model[at++], parts[i].p[k]);
	assert_int_equal(at, tcp_ring_ready(ring));
}

static void the_ring_agrees_with_an_array_over_a_random_walk(void **state)
{
	struct tcp_ring_pool pool;
	struct tcp_ring *ring = make_ring(&pool);
	uint64_t dice = 1;

	(void)state;
	memset(model, -1, sizeof(model));
	for (int step = 0; step < 400; step++) {
		uint8_t data[9000];
		uint32_t distance, n;

		dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
		distance = (uint32_t)(dice >> 40) % (TCP_RING_SIZE + 1000);
		n = (uint32_t)(dice >> 20) % sizeof(data);
		memset(data, step % 251, n);
		if (step % 8 == 7) {
			n = (uint32_t)(dice >> 33) % (step % 3 ? 5000 : TCP_RING_SIZE / 2);
			tcp_ring_advance(ring, n);
			model_advance(n);
		} else if (tcp_ring_put(ring, step % 5 ? distance : 0, rd_of(data, n))) {
			model_put(step % 5 ? distance : 0, data, n);
		} else {
			assert_int_equal(ring->count, TCP_RING_RANGES);
		}
		compare(ring);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_pool_gives_each_ring_once),
	        cmocka_unit_test(a_ring_that_comes_back_is_empty),
	        cmocka_unit_test(a_filled_gap_makes_what_follows_ready),
	        cmocka_unit_test(the_first_copy_of_a_byte_wins),
	        cmocka_unit_test(the_front_may_pass_a_gap),
	        cmocka_unit_test(bytes_past_the_end_are_left_out),
	        cmocka_unit_test(one_range_too_many_is_refused_and_changes_nothing),
	        cmocka_unit_test(the_ring_agrees_with_an_array_over_a_random_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
