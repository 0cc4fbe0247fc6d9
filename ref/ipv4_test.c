/* SPDX-License-Identifier: ISC */
/* ipv4_test.c: the IPv4 header. */
#include "ref/ipv4.h"

#include "bytes/guard.h"
#include "ref/eth.h"
#include "ref/examples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FRAME_LEN sizeof(example_udp_allowed)

/* Parses the example after one byte of its header was set and the checksum put right. */
static enum reason parse_with(size_t at, uint8_t value)
{
	uint8_t frame[FRAME_LEN];
	struct guard g;
	struct ipv4 ip;
	bool readable;
	enum reason reason;

	memcpy(frame, example_udp_allowed, sizeof(frame));
	frame[ETH_HDR_LEN + at] = value;
	if ((frame[ETH_HDR_LEN] & 15) <= 11) /* else the header does not fit the frame */
		example_fix_ipv4(frame);
	g = guard_copy(frame + ETH_HDR_LEN, sizeof(frame) - ETH_HDR_LEN);
	reason = ipv4_parse(rd_of(g.p, g.n), &ip, &readable);
	assert_true(readable);
	guard_free(&g);
	return reason;
}

static void padding_is_not_part_of_the_payload(void **state)
{
	struct guard g = guard_copy(example_udp_allowed, FRAME_LEN);
	struct rd packet = rd_of(g.p + ETH_HDR_LEN, g.n - ETH_HDR_LEN);
	struct ipv4 ip;
	bool readable;

	(void)state;
	assert_int_equal(ipv4_parse(packet, &ip, &readable), REASON_NONE);
	assert_int_equal(ip.src, 0xc0a86402);
	assert_int_equal(ip.dst, 0xcb007132);
	assert_int_equal(ip.proto, IPV4_UDP);
	assert_false(ip.router_alert);
	assert_int_equal(ip.payload.n, 8 + 5);
	assert_ptr_equal(ip.payload.p, g.p + ETH_HDR_LEN + IPV4_HDR_LEN);
	guard_free(&g);
}

static void every_truncation_of_every_example_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < EXAMPLES; i++) {
		const uint8_t *p = examples[i].p;
		size_t total;

		if (p[12] != 0x08 || p[13] != 0x00)
			continue;
		total = ETH_HDR_LEN + (size_t)(p[16] << 8 | p[17]);
		for (size_t n = ETH_HDR_LEN; n < total; n++) {
			struct guard g = guard_copy(p, n);
			struct rd packet = rd_of(g.p + ETH_HDR_LEN, n - ETH_HDR_LEN);
			struct ipv4 ip;
			bool readable;

			assert_int_not_equal(ipv4_parse(packet, &ip, &readable), REASON_NONE);
			assert_int_equal(readable, n >= ETH_HDR_LEN + IPV4_HDR_LEN);
			if (!readable)
				assert_int_equal(ipv4_parse(packet, &ip, &readable),
				                 REASON_BAD_LENGTH);
			guard_free(&g);
		}
	}
}

static void other_versions_are_refused(void **state)
{
	(void)state;
	for (uint8_t version = 0; version < 16; version++)
		assert_int_equal(parse_with(0, (uint8_t)(version << 4 | 5)),
		                 version == 4 ? REASON_NONE : REASON_BAD_VERSION);
}

static void a_header_length_below_20_or_past_the_frame_is_refused(void **state)
{
	(void)state;
	for (uint8_t ihl = 0; ihl < 5; ihl++)
		assert_int_equal(parse_with(0, (uint8_t)(0x40 | ihl)), REASON_BAD_IHL);
	for (uint8_t ihl = 12; ihl < 16; ihl++) /* the frame holds 46 bytes of packet */
		assert_int_equal(parse_with(0, (uint8_t)(0x40 | ihl)), REASON_BAD_IHL);
}

static void a_total_length_of_zero_below_the_header_or_past_the_frame_is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_with(3, 0), REASON_BAD_LENGTH);
	assert_int_equal(parse_with(3, 19), REASON_BAD_LENGTH);
	assert_int_equal(parse_with(3, 20), REASON_NONE);
	assert_int_equal(parse_with(3, 46), REASON_NONE);
	assert_int_equal(parse_with(3, 47), REASON_BAD_LENGTH);
	assert_int_equal(parse_with(2, 0xff), REASON_BAD_LENGTH);
}

static void a_checksum_off_by_any_bit_is_refused(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 16; bit++) {
		uint8_t frame[FRAME_LEN];
		struct ipv4 ip;
		bool readable;

		memcpy(frame, example_udp_allowed, sizeof(frame));
		frame[ETH_HDR_LEN + 10 + bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_equal(ipv4_parse(rd_of(frame + ETH_HDR_LEN, FRAME_LEN - ETH_HDR_LEN),
		                            &ip, &readable),
		                 REASON_BAD_CHECKSUM);
	}
}

static void ttl_zero_is_refused_and_ttl_one_is_not(void **state)
{
	(void)state;
	assert_int_equal(parse_with(8, 0), REASON_TTL_ZERO);
	assert_int_equal(parse_with(8, 1), REASON_NONE);
}

static void every_kind_of_fragment_is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_with(6, 0x40), REASON_NONE);     /* don't fragment */
	assert_int_equal(parse_with(6, 0x20), REASON_FRAGMENT); /* more fragments */
	assert_int_equal(parse_with(6, 0x80), REASON_FRAGMENT); /* the reserved flag */
	assert_int_equal(parse_with(6, 0x10), REASON_FRAGMENT); /* offset, high bits */
	assert_int_equal(parse_with(7, 0x01), REASON_FRAGMENT); /* offset of 8 bytes */
	assert_int_equal(parse_with(6, 0x60), REASON_FRAGMENT); /* both DF and MF */
}

/* Parses a packet of 24 bytes header whose options are given, and a payload of two bytes. */
static enum reason parse_options(const uint8_t options[4], struct ipv4 *ip)
{
	uint8_t frame[ETH_HDR_LEN + 26] = {0};
	struct guard g;
	bool readable;
	enum reason reason;

	memcpy(frame, example_udp_allowed, ETH_HDR_LEN + IPV4_HDR_LEN);
	frame[ETH_HDR_LEN] = 0x46;
	frame[ETH_HDR_LEN + 3] = 26;
	memcpy(frame + ETH_HDR_LEN + 20, options, 4);
	frame[ETH_HDR_LEN + 24] = 0xaa;
	example_fix_ipv4(frame);
	g = guard_copy(frame + ETH_HDR_LEN, 26);
	reason = ipv4_parse(rd_of(g.p, g.n), ip, &readable);
	if (!reason) {
		assert_int_equal(ip->payload.n, 2);
		assert_int_equal(ip->payload.p[0], 0xaa);
	}
	guard_free(&g);
	return reason;
}

static void options_other_than_padding_are_refused(void **state)
{
	static const uint8_t lsrr[4] = {131, 3, 4, 0}, ssrr[4] = {137, 3, 4, 0};
	static const uint8_t record[4] = {7, 3, 4, 0}, timestamp[4] = {68, 4, 5, 0};
	static const uint8_t hidden[4] = {0, 131, 3, 4}, cut[4] = {1, 1, 1, 7};
	static const uint8_t padding[4] = {1, 1, 0, 0}, alert[4] = {0x94, 4, 0, 0};
	static const uint8_t odd_alert[4] = {0x94, 4, 0, 1};
	static const uint8_t first[4] = {131, 0, 0, 0}, next[4] = {2, 1, 1, 1};
	struct ipv4 ip;

	(void)state;
	assert_int_equal(parse_options(lsrr, &ip), REASON_IP_OPTIONS);
	assert_int_equal(parse_options(ssrr, &ip), REASON_IP_OPTIONS);
	assert_int_equal(parse_options(record, &ip), REASON_IP_OPTIONS);
	assert_int_equal(parse_options(timestamp, &ip), REASON_IP_OPTIONS);
	assert_int_equal(parse_options(hidden, &ip), REASON_IP_OPTIONS);
	assert_int_equal(parse_options(cut, &ip), REASON_IP_OPTIONS);
	assert_int_equal(parse_options(odd_alert, &ip), REASON_IP_OPTIONS);
	assert_int_equal(parse_options(first, &ip), REASON_IP_OPTIONS);
	assert_int_equal(parse_options(next, &ip), REASON_IP_OPTIONS);
	assert_int_equal(parse_options(padding, &ip), REASON_NONE);
	assert_false(ip.router_alert);
	assert_int_equal(parse_options(alert, &ip), REASON_NONE);
	assert_true(ip.router_alert);
}

/* One bit off, wherever it stands, and it is an option like any other. */
static void what_differs_from_a_router_alert_in_a_bit_is_none(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 32; bit++) {
		uint8_t options[4] = {0x94, 4, 0, 0};
		struct ipv4 ip;

		options[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(parse_options(options, &ip), REASON_IP_OPTIONS);
	}
}

static void a_written_header_is_read_back(void **state)
{
	uint8_t buffer[IPV4_HDR_LEN + 4] = {0};
	struct wr w = wr_of(buffer, sizeof(buffer));
	struct ipv4 ip;
	bool readable;

	(void)state;
	assert_true(ipv4_put(&w, 1, 2, IPV4_ICMP, 4));
	assert_int_equal(w.len, IPV4_HDR_LEN);
	assert_int_equal(ipv4_parse(rd_of(buffer, sizeof(buffer)), &ip, &readable), REASON_NONE);
	assert_int_equal(ip.src, 1);
	assert_int_equal(ip.dst, 2);
	assert_int_equal(ip.proto, IPV4_ICMP);
	assert_int_equal(ip.payload.n, 4);
	assert_int_equal(buffer[8], IPV4_TTL);
	assert_memory_equal(buffer, "\x45\x00\x00\x18\x00\x00\x40\x00", 8);
}

static void a_header_that_does_not_fit_is_not_written(void **state)
{
	uint8_t buffer[IPV4_HDR_LEN];
	struct wr w;

	(void)state;
	for (size_t size = 0; size < sizeof(buffer); size++) {
		w = wr_of(buffer, size);
		assert_false(ipv4_put(&w, 1, 2, 17, 0));
		assert_int_equal(w.len, 0);
	}
	w = wr_of(buffer, sizeof(buffer));
	assert_false(ipv4_put(&w, 1, 2, 17, 65536 - IPV4_HDR_LEN));
	assert_true(ipv4_put(&w, 1, 2, 17, 65535 - IPV4_HDR_LEN));
}

/* Behind a header of 20 bytes; and in front of a source route. */
static void what_looks_like_a_router_alert_elsewhere_is_none(void **state)
{
	uint8_t bytes[] = {0x45, 0, 0,   28,  0,   0, 0,   0, 64,  17,
	                   0,    0, 192, 168, 100, 2, 203, 0, 113, 50, /* then payload or options */
	                   0x94, 4, 0,   0,   131, 3, 4,   0};
	uint8_t frame[ETH_HDR_LEN + sizeof(bytes)] = {0};
	struct rd packet = rd_of(frame + ETH_HDR_LEN, sizeof(bytes));
	struct ipv4 ip;
	bool readable;

	(void)state;
	memcpy(frame + ETH_HDR_LEN, bytes, sizeof(bytes));
	example_fix_ipv4(frame);
	assert_int_equal(ipv4_parse(packet, &ip, &readable), REASON_NONE);
	assert_false(ip.router_alert);
	frame[ETH_HDR_LEN] = 0x47;
	example_fix_ipv4(frame);
	assert_int_equal(ipv4_parse(packet, &ip, &readable), REASON_IP_OPTIONS);
	assert_false(ip.router_alert);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(padding_is_not_part_of_the_payload),
	        cmocka_unit_test(every_truncation_of_every_example_is_refused),
	        cmocka_unit_test(other_versions_are_refused),
	        cmocka_unit_test(a_header_length_below_20_or_past_the_frame_is_refused),
	        cmocka_unit_test(
	                a_total_length_of_zero_below_the_header_or_past_the_frame_is_refused),
	        cmocka_unit_test(a_checksum_off_by_any_bit_is_refused),
	        cmocka_unit_test(ttl_zero_is_refused_and_ttl_one_is_not),
	        cmocka_unit_test(every_kind_of_fragment_is_refused),
	        cmocka_unit_test(options_other_than_padding_are_refused),
	        cmocka_unit_test(what_differs_from_a_router_alert_in_a_bit_is_none),
	        cmocka_unit_test(a_written_header_is_read_back),
	        cmocka_unit_test(a_header_that_does_not_fit_is_not_written),
	        cmocka_unit_test(what_looks_like_a_router_alert_elsewhere_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
