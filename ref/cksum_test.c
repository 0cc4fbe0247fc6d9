/* SPDX-License-Identifier: ISC */
/* cksum_test.c: the internet checksum against RFC 1071's example and a sum too simple to be wrong.
 */
#include "ref/cksum.h"

#include "bytes/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* RFC 1071 section 1 (1), one word after the other. */
static uint16_t simple_sum(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void the_example_of_rfc_1071_sums_to_ddf2(void **state)
{
	const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	(void)state;
	assert_int_equal(cksum_add(0, bytes, sizeof(bytes)), 0xddf2);
	assert_int_equal(cksum_finish(cksum_add(0, bytes, sizeof(bytes))), 0x220d);
}

static void every_length_and_alignment_agrees_with_the_simple_sum(void **state)
{
	uint8_t bytes[80];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37 + 251);
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		struct guard g = guard_copy(bytes, n);

		for (size_t from = 0; from <= n; from++)
			assert_int_equal(cksum_finish(cksum_add(0, g.p + from, n - from)),
			                 simple_sum(g.p + from, n - from));
		guard_free(&g);
	}
}

static void long_runs_of_ones_lose_no_carry(void **state)
{
	static uint8_t ones[65535];

	(void)state;
	for (size_t i = 0; i < sizeof(ones); i++)
		ones[i] = 0xff;
	assert_int_equal(cksum_finish(cksum_add(0, ones, sizeof(ones))),
	                 simple_sum(ones, sizeof(ones)));
	assert_int_equal(cksum_finish(cksum_add(0xffff, ones, 65534)), 0);
}

static void pieces_add_up_to_the_whole(void **state)
{
	const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
	const uint16_t whole = cksum_finish(cksum_add(0, bytes, sizeof(bytes)));

	(void)state;
	for (size_t cut = 0; cut <= sizeof(bytes); cut += 2) {
		uint32_t sum = cksum_add(0, bytes, cut);

		sum = cksum_add(sum, bytes + cut, sizeof(bytes) - cut);
		assert_int_equal(cksum_finish(sum), whole);
	}
}

static void the_pseudo_header_adds_like_its_twelve_bytes(void **state)
{
	const uint8_t bytes[] = {192, 168, 100, 2, 203, 0, 113, 50, 0, 17, 0xff, 0xf0};
	uint32_t sum = cksum_add_pseudo(0, 0xc0a86402, 0xcb007132, 17, 0xfff0);

	(void)state;
	assert_int_equal(cksum_finish(sum), simple_sum(bytes, sizeof(bytes)));
}

/* Two words of ones and a word of one, as either machine loads them: the upper half overflows again. */
static void a_carry_of_the_carry_is_not_lost(void **state)
{
	static const uint8_t little[24] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1};
	static const uint8_t big[24] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1};

	(void)state;
	assert_int_equal(cksum_finish(cksum_add(0, little, 24)), simple_sum(little, 24));
	assert_int_equal(cksum_finish(cksum_add(0, big, 24)), simple_sum(big, 24));
}

/* Two words of 32 bits with every corner in their halves: where a carry begins, and where it does not. */
static void every_corner_of_two_words_agrees_with_the_simple_sum(void **state)
{
	static const uint16_t corner[] = {0, 1, 2, 0x7fff, 0x8000, 0x8001, 0xfffe, 0xffff};
	const unsigned n = sizeof(corner) / sizeof(corner[0]);

	(void)state;
	for (unsigned pick = 0; pick < n * n * n * n; pick++) {
		uint8_t bytes[8];

		for (unsigned i = 0, rest = pick; i < 4; i++, rest /= n) {
			bytes[2 * i] = (uint8_t)(corner[rest % n] >> 8);
			bytes[2 * i + 1] = (uint8_t)corner[rest % n];
		}
		assert_int_equal(cksum_finish(cksum_add(0, bytes, 8)), simple_sum(bytes, 8));
		if (pick) /* of nothing but zeros it is the other zero */
			assert_int_equal(cksum_finish(cksum_add(0xffff, bytes, 8)),
			                 simple_sum(bytes, 8));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_example_of_rfc_1071_sums_to_ddf2),
	        cmocka_unit_test(every_length_and_alignment_agrees_with_the_simple_sum),
	        cmocka_unit_test(long_runs_of_ones_lose_no_carry),
	        cmocka_unit_test(pieces_add_up_to_the_whole),
	        cmocka_unit_test(the_pseudo_header_adds_like_its_twelve_bytes),
	        cmocka_unit_test(a_carry_of_the_carry_is_not_lost),
	        cmocka_unit_test(every_corner_of_two_words_agrees_with_the_simple_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
