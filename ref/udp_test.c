/* SPDX-License-Identifier: ISC */
/* udp_test.c: the UDP header. */
#include "ref/udp.h"

#include "bytes/guard.h"
#include "ref/eth.h"
#include "ref/examples.h"
#include "ref/ipv4.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SRC 0xc0a86402
#define DST 0xcb007132
#define LEN 13 /* "hello" and the header */

static const uint8_t *const datagram = example_udp_allowed + ETH_HDR_LEN + IPV4_HDR_LEN;

static enum reason parse(const uint8_t *p, size_t n, struct udp *udp)
{
	struct guard g = guard_copy(p, n);
	bool readable;
	enum reason reason = udp_parse(rd_of(g.p, g.n), SRC, DST, udp, &readable);

	assert_int_equal(readable, n >= 4);
	guard_free(&g);
	return reason;
}

/* The example with a length field of `len` and no checksum, in a packet of `n` bytes. */
static enum reason parse_len(uint16_t len, size_t n, struct udp *udp)
{
	uint8_t bytes[32] = {0};

	memcpy(bytes, datagram, LEN);
	bytes[4] = (uint8_t)(len >> 8);
	bytes[5] = (uint8_t)len;
	bytes[6] = 0;
	bytes[7] = 0;
	return parse(bytes, n, udp);
}

static void a_datagram_is_read(void **state)
{
	struct udp udp;

	(void)state;
	assert_int_equal(parse(datagram, LEN, &udp), REASON_NONE);
	assert_int_equal(udp.sport, 40000);
	assert_int_equal(udp.dport, 51900);
	assert_int_equal(udp.payload.n, 5);
}

static void every_truncation_is_refused(void **state)
{
	struct udp udp;

	(void)state;
	for (size_t n = 0; n < LEN; n++)
		assert_int_equal(parse(datagram, n, &udp), REASON_UDP_LENGTH);
}

static void a_length_field_below_8_or_past_the_packet_is_refused(void **state)
{
	struct udp udp;

	(void)state;
	for (uint16_t len = 0; len < UDP_HDR_LEN; len++)
		assert_int_equal(parse_len(len, LEN, &udp), REASON_UDP_LENGTH);
	assert_int_equal(parse_len(LEN + 1, LEN, &udp), REASON_UDP_LENGTH);
	assert_int_equal(parse_len(0xffff, LEN, &udp), REASON_UDP_LENGTH);
	assert_int_equal(parse_len(8, 7, &udp), REASON_UDP_LENGTH);
	assert_int_equal(parse_len(8, 6, &udp), REASON_UDP_LENGTH);
	assert_int_equal(parse_len(8, 8, &udp), REASON_NONE);
	assert_int_equal(udp.payload.n, 0);
}

static void a_header_cut_short_is_refused_though_its_length_field_agrees(void **state)
{
	struct udp udp;

	(void)state;
	for (uint16_t n = 0; n < UDP_HDR_LEN; n++)
		assert_int_equal(parse_len(n, n, &udp), REASON_UDP_LENGTH);
}

static void a_length_field_that_leaves_bytes_out_is_refused(void **state)
{
	struct udp udp;

	(void)state;
	for (uint16_t len = UDP_HDR_LEN; len < LEN; len++)
		assert_int_equal(parse_len(len, LEN, &udp), REASON_UDP_LENGTH);
}

static void a_checksum_off_by_any_bit_is_refused(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < LEN * 8; bit++) {
		uint8_t bytes[LEN];
		struct udp udp;

		memcpy(bytes, datagram, LEN);
		bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_not_equal(parse(bytes, LEN, &udp), REASON_NONE);
	}
}

static void no_checksum_is_as_good_as_a_right_one(void **state)
{
	struct udp udp;

	(void)state;
	assert_int_equal(parse_len(LEN, LEN, &udp), REASON_NONE);
}

static void a_written_header_is_the_one_that_scapy_wrote(void **state)
{
	uint8_t buffer[UDP_HDR_LEN];
	struct wr w = wr_of(buffer, sizeof(buffer));

	(void)state;
	assert_true(udp_put(&w, SRC, 40000, DST, 51900, rd_of("hello", 5)));
	assert_memory_equal(buffer, datagram, UDP_HDR_LEN);
}

static void a_checksum_that_comes_out_zero_is_written_as_ones(void **state)
{
	uint8_t buffer[UDP_HDR_LEN + 2];

	(void)state;
	for (unsigned word = 0; word < 0x10000; word++) {
		const uint8_t payload[2] = {(uint8_t)(word >> 8), (uint8_t)word};
		struct wr w = wr_of(buffer, sizeof(buffer));
		struct udp udp;
		bool readable;

		assert_true(udp_put(&w, SRC, 1, DST, 2, rd_of(payload, 2)));
		assert_true(buffer[6] || buffer[7]);
		assert_true(wr_bytes(&w, payload, 2));
		assert_int_equal(udp_parse(rd_of(buffer, w.len), SRC, DST, &udp, &readable),
		                 REASON_NONE);
	}
}

static void a_header_that_does_not_fit_is_not_written(void **state)
{
	static const uint8_t huge[65536];
	uint8_t buffer[UDP_HDR_LEN];
	struct wr w;

	(void)state;
	for (size_t size = 0; size < sizeof(buffer); size++) {
		w = wr_of(buffer, size);
		assert_false(udp_put(&w, SRC, 1, DST, 2, rd_of(NULL, 0)));
		assert_int_equal(w.len, 0);
	}
	w = wr_of(buffer, sizeof(buffer));
	assert_false(udp_put(&w, SRC, 1, DST, 2, rd_of(huge, 65528)));
	assert_true(udp_put(&w, SRC, 1, DST, 2, rd_of(huge, 65527)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_datagram_is_read),
	        cmocka_unit_test(every_truncation_is_refused),
	        cmocka_unit_test(a_length_field_below_8_or_past_the_packet_is_refused),
	        cmocka_unit_test(a_header_cut_short_is_refused_though_its_length_field_agrees),
	        cmocka_unit_test(a_length_field_that_leaves_bytes_out_is_refused),
	        cmocka_unit_test(a_checksum_off_by_any_bit_is_refused),
	        cmocka_unit_test(no_checksum_is_as_good_as_a_right_one),
	        cmocka_unit_test(a_written_header_is_the_one_that_scapy_wrote),
	        cmocka_unit_test(a_checksum_that_comes_out_zero_is_written_as_ones),
	        cmocka_unit_test(a_header_that_does_not_fit_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
