/* SPDX-License-Identifier: ISC */
/* arp_test.c: ARP packets. */
#include "ref/arp.h"

#include "bytes/guard.h"
#include "ref/examples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const uint8_t *const packet = example_arp_request + ETH_HDR_LEN;

static void a_request_is_read_and_written_alike(void **state)
{
	struct guard g = guard_copy(packet, ARP_LEN);
	uint8_t buffer[ARP_LEN];
	struct wr w = wr_of(buffer, sizeof(buffer));
	struct arp arp;

	(void)state;
	assert_int_equal(arp_parse(rd_of(g.p, g.n), &arp), REASON_NONE);
	assert_int_equal(arp.operation, ARP_REQUEST);
	assert_int_equal(arp.sender_ip, 0xc0a86402);
	assert_int_equal(arp.target_ip, 0xc0a86401);
	assert_true(arp_put(&w, &arp));
	assert_memory_equal(buffer, g.p, ARP_LEN);
	guard_free(&g);
}

static void every_truncation_is_malformed(void **state)
{
	(void)state;
	for (size_t n = 0; n < ARP_LEN; n++) {
		struct guard g = guard_copy(packet, n);
		struct arp arp;

		assert_int_equal(arp_parse(rd_of(g.p, g.n), &arp), REASON_ARP_MALFORMED);
		guard_free(&g);
	}
}

static void padding_behind_the_packet_is_ignored(void **state)
{
	uint8_t padded[46] = {0};
	struct arp arp;

	(void)state;
	memcpy(padded, packet, ARP_LEN);
	assert_int_equal(arp_parse(rd_of(padded, sizeof(padded)), &arp), REASON_NONE);
}

static void other_hardware_protocols_and_lengths_are_malformed(void **state)
{
	(void)state;
	for (size_t at = 0; at < 6; at++) {
		uint8_t bytes[ARP_LEN];
		struct arp arp;

		memcpy(bytes, packet, sizeof(bytes));
		bytes[at] ^= 0x10;
		assert_int_equal(arp_parse(rd_of(bytes, sizeof(bytes)), &arp),
		                 REASON_ARP_MALFORMED);
	}
}

static void smaller_numbers_are_malformed_too(void **state)
{
	static const size_t places[] = {1, 2, 4, 5}; /* hardware, protocol, their lengths */

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		uint8_t bytes[ARP_LEN];
		struct arp arp;

		memcpy(bytes, packet, sizeof(bytes));
		bytes[places[i]]--;
		assert_int_equal(arp_parse(rd_of(bytes, sizeof(bytes)), &arp),
		                 REASON_ARP_MALFORMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_request_is_read_and_written_alike),
	        cmocka_unit_test(every_truncation_is_malformed),
	        cmocka_unit_test(padding_behind_the_packet_is_ignored),
	        cmocka_unit_test(other_hardware_protocols_and_lengths_are_malformed),
	        cmocka_unit_test(smaller_numbers_are_malformed_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
