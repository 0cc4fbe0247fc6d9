/* SPDX-License-Identifier: ISC */
/* eth_test.c: the Ethernet header. */
#include "ref/eth.h"

#include "bytes/guard.h"
#include "ref/examples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_header_is_read_and_written_alike(void **state)
{
	(void)state;
	for (size_t i = 0; i < EXAMPLES; i++) {
		struct guard g = guard_copy(examples[i].p, examples[i].n);
		uint8_t buffer[ETH_HDR_LEN];
		struct wr w = wr_of(buffer, sizeof(buffer));
		struct eth eth;

		assert_int_equal(eth_parse(rd_of(g.p, g.n), ETH_MTU, &eth), REASON_NONE);
		assert_int_equal(eth.payload.n, g.n - ETH_HDR_LEN);
		assert_true(eth_put(&w, eth.dst, eth.src, eth.type));
		assert_memory_equal(buffer, g.p, ETH_HDR_LEN);
		guard_free(&g);
	}
}

static void a_frame_below_14_bytes_is_a_runt(void **state)
{
	(void)state;
	for (size_t n = 0; n < ETH_HDR_LEN; n++) {
		struct guard g = guard_copy(example_arp_request, n);
		struct eth eth;

		assert_int_equal(eth_parse(rd_of(g.p, g.n), ETH_MTU, &eth), REASON_RUNT);
		guard_free(&g);
	}
}

static void a_frame_above_the_mtu_is_too_big(void **state)
{
	static const uint8_t frame[ETH_FRAME_MAX + 1];
	static const size_t mtus[] = {576, ETH_MTU, ETH_MTU_MAX};
	struct eth eth;

	(void)state;
	for (size_t i = 0; i < sizeof(mtus) / sizeof(mtus[0]); i++) {
		size_t largest = ETH_HDR_LEN + mtus[i];

		assert_int_equal(eth_parse(rd_of(frame, largest), mtus[i], &eth), REASON_NONE);
		assert_int_equal(eth.payload.n, mtus[i]);
		assert_int_equal(eth_parse(rd_of(frame, largest + 1), mtus[i], &eth),
		                 REASON_TOO_BIG);
	}
}

static void a_header_that_does_not_fit_is_not_written(void **state)
{
	uint8_t buffer[ETH_HDR_LEN];

	(void)state;
	for (size_t size = 0; size < sizeof(buffer); size++) {
		struct wr w = wr_of(buffer, size);

		assert_false(eth_put(&w, example_arp_request, example_arp_request, ETH_TYPE_ARP));
		assert_int_equal(w.len, 0);
	}
}

static void group_addresses_are_told_by_their_low_bit(void **state)
{
	const uint8_t broadcast[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const uint8_t multicast[] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb};
	const uint8_t unicast[] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

	(void)state;
	assert_true(eth_is_group(broadcast));
	assert_true(eth_is_group(multicast));
	assert_false(eth_is_group(unicast));
	assert_true(eth_is_broadcast(broadcast));
	assert_false(eth_is_broadcast(multicast));
	assert_true(eth_same(unicast, unicast));
	assert_false(eth_same(unicast, multicast));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_header_is_read_and_written_alike),
	        cmocka_unit_test(a_frame_below_14_bytes_is_a_runt),
	        cmocka_unit_test(a_frame_above_the_mtu_is_too_big),
	        cmocka_unit_test(a_header_that_does_not_fit_is_not_written),
	        cmocka_unit_test(group_addresses_are_told_by_their_low_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
