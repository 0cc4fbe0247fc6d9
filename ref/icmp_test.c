/* SPDX-License-Identifier: ISC */
/* icmp_test.c: ICMP echo, and which messages are errors. */
#include "ref/icmp.h"

#include "bytes/guard.h"
#include "ref/eth.h"
#include "ref/examples.h"
#include "ref/ipv4.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LEN 12 /* header and "ping" */

static const uint8_t *const message = example_echo_request + ETH_HDR_LEN + IPV4_HDR_LEN;

static void an_echo_request_is_read(void **state)
{
	struct guard g = guard_copy(message, LEN);
	struct icmp icmp;

	(void)state;
	assert_int_equal(icmp_parse(rd_of(g.p, g.n), &icmp), REASON_NONE);
	assert_int_equal(icmp.type, ICMP_ECHO_REQUEST);
	assert_int_equal(icmp.code, 0);
	assert_int_equal(icmp.rest.n, LEN - 4);
	guard_free(&g);
}

static void an_echo_without_data_is_whole(void **state)
{
	const uint8_t bytes[ICMP_HDR_LEN] = {8, 0, 0xf7, 0xf1, 0, 5, 0, 9};
	struct guard g = guard_copy(bytes, sizeof(bytes));
	struct icmp icmp;

	(void)state;
	assert_int_equal(icmp_parse(rd_of(g.p, g.n), &icmp), REASON_NONE);
	assert_int_equal(icmp.rest.n, 4);
	guard_free(&g);
}

static void every_truncation_and_every_flipped_bit_is_malformed(void **state)
{
	struct icmp icmp;

	(void)state;
	for (size_t n = 0; n < LEN; n++) {
		struct guard g = guard_copy(message, n);

		assert_int_equal(icmp_parse(rd_of(g.p, g.n), &icmp), REASON_ICMP_MALFORMED);
		guard_free(&g);
	}
	for (unsigned bit = 0; bit < LEN * 8; bit++) {
		uint8_t bytes[LEN];

		memcpy(bytes, message, LEN);
		bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_equal(icmp_parse(rd_of(bytes, LEN), &icmp), REASON_ICMP_MALFORMED);
	}
}

static void the_reply_repeats_id_sequence_and_data(void **state)
{
	uint8_t buffer[LEN];
	struct wr w = wr_of(buffer, sizeof(buffer));
	struct icmp icmp;

	(void)state;
	assert_true(icmp_put_echo_reply(&w, 5, rd_of(message + 6, LEN - 6)));
	assert_int_equal(w.len, LEN);
	assert_int_equal(icmp_parse(rd_of(buffer, LEN), &icmp), REASON_NONE);
	assert_int_equal(icmp.type, ICMP_ECHO_REPLY);
	assert_memory_equal(icmp.rest.p, message + 4, LEN - 4);
}

static void the_reply_has_the_id_that_it_is_given(void **state)
{
	uint8_t buffer[LEN];
	struct wr w = wr_of(buffer, sizeof(buffer));
	struct icmp icmp;

	(void)state;
	assert_true(icmp_put_echo_reply(&w, 0xfffe, rd_of(message + 6, 5))); /* odd */
	assert_int_equal(icmp_parse(rd_of(buffer, w.len), &icmp), REASON_NONE);
	assert_int_equal(icmp.rest.n, 7);
	assert_memory_equal(icmp.rest.p, "\xff\xfe", 2);
	assert_memory_equal(icmp.rest.p + 2, message + 6, 5);
}

static void errors_of_an_end_hosts_kernel_are_told_from_a_routers(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 256; type++)
		assert_int_equal(icmp_is_error((uint8_t)type),
		                 type == 3 || type == 11 || type == 12);
}

static void a_reply_that_does_not_fit_is_not_written(void **state)
{
	uint8_t buffer[LEN];

	(void)state;
	for (size_t size = 0; size < LEN; size++) {
		struct wr w = wr_of(buffer, size);

		assert_false(icmp_put_echo_reply(&w, 5, rd_of(message + 6, LEN - 6)));
		assert_int_equal(w.len, 0);
	}
}

static void seven_bytes_with_a_right_checksum_are_malformed(void **state)
{
	static const uint8_t bytes[7] = {8, 0, 0xf7, 0xff};
	struct icmp icmp;

	(void)state;
	assert_int_equal(icmp_parse(rd_of(bytes, sizeof(bytes)), &icmp), REASON_ICMP_MALFORMED);
}

/* Its checksum would be 0xffff: ones' complement has two zeros, and this is the wrong one. */
static void nothing_but_zeros_is_malformed(void **state)
{
	static const uint8_t zeros[12];
	struct icmp icmp;

	(void)state;
	assert_int_equal(icmp_parse(rd_of(zeros, sizeof(zeros)), &icmp), REASON_ICMP_MALFORMED);
}

static void a_reply_without_data_that_does_not_fit_is_not_written(void **state)
{
	uint8_t buffer[6];

	(void)state;
	for (size_t size = 0; size <= sizeof(buffer); size++) {
		struct wr w = wr_of(buffer, size);

		assert_int_equal(icmp_put_echo_reply(&w, 5, rd_of(NULL, 0)), size == 6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_echo_request_is_read),
	        cmocka_unit_test(an_echo_without_data_is_whole),
	        cmocka_unit_test(every_truncation_and_every_flipped_bit_is_malformed),
	        cmocka_unit_test(the_reply_repeats_id_sequence_and_data),
	        cmocka_unit_test(the_reply_has_the_id_that_it_is_given),
	        cmocka_unit_test(errors_of_an_end_hosts_kernel_are_told_from_a_routers),
	        cmocka_unit_test(a_reply_that_does_not_fit_is_not_written),
	        cmocka_unit_test(seven_bytes_with_a_right_checksum_are_malformed),
	        cmocka_unit_test(nothing_but_zeros_is_malformed),
	        cmocka_unit_test(a_reply_without_data_that_does_not_fit_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
