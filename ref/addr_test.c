/* SPDX-License-Identifier: ISC */
/* addr_test.c: one spelling for each address. */
#include "ref/addr.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void plain_addresses_are_read(void **state)
{
	uint32_t ip;
	uint8_t prefix, mac[ADDR_MAC_LEN];

	(void)state;
	assert_true(addr_parse_ip4("192.0.2.1", &ip));
	assert_int_equal(ip, 0xc0000201);
	assert_true(addr_parse_ip4("9.90.199.9", &ip));
	assert_int_equal(ip, 0x095ac709);
	assert_true(addr_parse_ip4("0.0.0.0", &ip));
	assert_true(addr_parse_ip4("255.255.255.255", &ip));
	assert_int_equal(ip, 0xffffffff);
	assert_true(addr_parse_cidr("192.168.100.2/24", &ip, &prefix));
	assert_int_equal(ip, 0xc0a86402);
	assert_int_equal(prefix, 24);
	assert_true(addr_parse_cidr("1.2.3.4/0", &ip, &prefix));
	assert_true(addr_parse_cidr("1.2.3.4/32", &ip, &prefix));
	assert_true(addr_parse_mac("52:54:00:aB:Cd:ef", mac));
	assert_memory_equal(mac, "\x52\x54\x00\xab\xcd\xef", 6);
}

static void other_spellings_of_an_address_are_refused(void **state)
{
	static const char *const bad[] = {
	        "",
	        "1",
	        "1.2.3",
	        "1.2.3.4.5",
	        "1.2.3.",
	        ".1.2.3",
	        "1..2.3",
	        "010.0.0.1",
	        "1.2.3.00",
	        "256.1.1.1",
	        "1.2.3.4 ",
	        " 1.2.3.4",
	        "+1.2.3.4",
	        "-1.2.3.4",
	        "0x7f.0.0.1",
	        "2130706433",
	        "::1",
	        "::ffff:1.2.3.4",
	        "localhost",
	        "1.2.3.4/24",
	        "1.2.3.4\n",
	        "1.2.3.4:80",
	        "1.2.3.999999999999999999999999999",
	        "1.2.3.09",
	        "1.2.3.1:", /* what stands behind 9 is no digit */
	        "1.2.3.:",
	        ":.1.2.3",
	        "1,2,3,4",
	        "1/2/3/4",
	};
	uint32_t ip = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(addr_parse_ip4(bad[i], &ip));
	assert_int_equal(ip, 7);
}

static void prefix_lengths_above_32_are_refused(void **state)
{
	static const char *const bad[] = {
	        "1.2.3.4",       "1.2.3.4/",    "1.2.3.4/33",           "1.2.3.4/024",
	        "1.2.3.4.24",    "1.2.3.4:24",  "1.2.3.4024",           "1.2.3.4/-1",
	        "1.2.3.4/24/24", "1.2.3.4/24 ", "1.2.3.4/255.255.255.0"};
	uint32_t ip;
	uint8_t prefix;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(addr_parse_cidr(bad[i], &ip, &prefix));
}

static void other_spellings_of_a_mac_are_refused(void **state)
{
	static const char *const bad[] = {"",
	                                  "52:54:00:12:34",
	                                  "52:54:00:12:34:5",
	                                  "52:54:00:12:34:567",
	                                  "52:54:00:12:34:56:78",
	                                  "52-54-00-12-34-56",
	                                  "525400123456",
	                                  "52:54:00:12:34:5g",
	                                  " 52:54:00:12:34:56"};
	uint8_t mac[ADDR_MAC_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(addr_parse_mac(bad[i], mac));
}

static void masks_follow_the_prefix(void **state)
{
	(void)state;
	assert_int_equal(addr_mask(0), 0);
	assert_int_equal(addr_mask(1), 0x80000000);
	assert_int_equal(addr_mask(24), 0xffffff00);
	assert_int_equal(addr_mask(32), 0xffffffff);
}

static void only_unicast_can_be_another_machine(void **state)
{
	(void)state;
	assert_true(addr_is_unicast(0x01000000));
	assert_true(addr_is_unicast(0xcb007132));
	assert_true(addr_is_unicast(0xdfffffff));
	assert_false(addr_is_unicast(0x00000000));
	assert_false(addr_is_unicast(0x00ffffff));
	assert_false(addr_is_unicast(0x7f000001));
	assert_false(addr_is_unicast(0xe0000001));
	assert_false(addr_is_unicast(0xf0000001));
	assert_false(addr_is_unicast(0xffffffff));
}

static void every_hex_digit_is_read_and_its_neighbours_are_not(void **state)
{
	static const char neighbours[] = "/:@G`g";
	struct {
		uint8_t before, mac[ADDR_MAC_LEN], behind;
	} to = {.before = 0x55, .behind = 0xaa};
	char text[] = "09:9A:AF:FA:0a:f0";

	(void)state;
	assert_true(addr_parse_mac(text, to.mac));
	assert_memory_equal(&to, "\x55\x09\x9a\xaf\xfa\x0a\xf0\xaa", 8);
	for (size_t i = 0; neighbours[i]; i++)
		for (size_t at = 15; at <= 16; at++) {
			char bad[] = "09:9A:AF:FA:0a:f0";

			bad[at] = neighbours[i];
			assert_false(addr_parse_mac(bad, to.mac));
		}
	text[2] = ';';
	assert_false(addr_parse_mac(text, to.mac));
	text[2] = '9';
	assert_false(addr_parse_mac(text, to.mac));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(plain_addresses_are_read),
	        cmocka_unit_test(other_spellings_of_an_address_are_refused),
	        cmocka_unit_test(prefix_lengths_above_32_are_refused),
	        cmocka_unit_test(other_spellings_of_a_mac_are_refused),
	        cmocka_unit_test(masks_follow_the_prefix),
	        cmocka_unit_test(only_unicast_can_be_another_machine),
	        cmocka_unit_test(every_hex_digit_is_read_and_its_neighbours_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
