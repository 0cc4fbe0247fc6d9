/* SPDX-License-Identifier: ISC */
/* sampling_test.c: SipHash's own test vectors, and how often a rate checks. */
#include "ref/sampling.h"

#include <stdbool.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The key of the published vectors: 00 01 02 .. 0f. */
static struct sampling make(void)
{
	uint8_t key[SAMPLING_KEY_LEN];
	struct sampling sampling;

	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	sampling_init(&sampling, key);
	return sampling;
}

/* vectors_sip64[8] of the reference implementation: the input 00 01 02 .. 07 gives
 * 62 24 93 9a 79 f5 f5 93. */
static void the_published_vector_of_eight_bytes_comes_out(void **state)
{
	struct sampling sampling = make();

	(void)state;
	sampling.count = UINT64_C(0x0706050403020100);
	assert_int_equal(sampling_draw(&sampling), 0x9a932462);
}

/* openssl mac -macopt hexkey:000102030405060708090a0b0c0d0e0f -macopt size:8 SIPHASH of the
 * counter's eight bytes, little-endian; the first four bytes of each, little-endian. */
static void the_first_draws_are_those_of_another_implementation(void **state)
{
	static const uint32_t expected[] = {0xa07681a7, 0x85e6d1f6, 0xfa30eb6d,
	                                    0x0bdc3586, 0x3d617926, 0x83961848};
	struct sampling sampling = make();

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_int_equal(sampling_draw(&sampling), expected[i]);
}

static void another_key_draws_something_else(void **state)
{
	struct sampling one = make(), other;
	uint8_t key[SAMPLING_KEY_LEN];
	unsigned same = 0;

	(void)state;
	for (unsigned bit = 0; bit < 8 * sizeof(key); bit++) {
		for (unsigned i = 0; i < sizeof(key); i++)
			key[i] = (uint8_t)i;
		key[bit / 8] ^= (uint8_t)(1U << bit % 8);
		sampling_init(&other, key);
		one.count = 0;
		for (unsigned i = 0; i < 10; i++)
			same += sampling_draw(&one) == sampling_draw(&other);
	}
	assert_int_equal(same, 0);
}

/* Binomial: 100000 draws at 1 % give 1000 with a deviation of 31. The key is fixed, so is the
 * outcome. */
static void a_hundredth_is_a_hundredth_also_of_every_other_frame(void **state)
{
	const uint64_t below = UINT64_C(0x100000000) / 100;
	struct sampling sampling = make();
	unsigned hits[2] = {0}, pairs = 0;
	bool before = false;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		bool hit = sampling_draw(&sampling) < below;

		hits[i % 2] += hit;
		pairs += hit && before;
		before = hit;
	}
	assert_in_range(hits[0], 500 - 110, 500 + 110);
	assert_in_range(hits[1], 500 - 110, 500 + 110);
	assert_in_range(pairs, 1, 30); /* 10 are expected */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_published_vector_of_eight_bytes_comes_out),
	        cmocka_unit_test(the_first_draws_are_those_of_another_implementation),
	        cmocka_unit_test(another_key_draws_something_else),
	        cmocka_unit_test(a_hundredth_is_a_hundredth_also_of_every_other_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
