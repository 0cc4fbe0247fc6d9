/* SPDX-License-Identifier: ISC */
/* addr_test.c: addresses are read strictly and written as they are read. */
#include "harness/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void ip4_is_read_and_written(void **state)
{
	static const char *const good[] = {"0.0.0.0", "192.168.100.2", "255.255.255.255",
	                                   "198.18.0.1"};
	char text[ADDR_TEXT];
	uint32_t ip;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_true(addr_parse_ip4(good[i], &ip));
		assert_string_equal(addr_ip4(ip, text), good[i]);
	}
	assert_true(addr_parse_ip4("192.168.100.2", &ip));
	assert_int_equal(ip, LAB_VM_IP);
	assert_string_equal(addr_ip4_port(LAB_CONSUMER_IP, LAB_CONSUMER_PORT, text),
	                    "203.0.113.50:51900");
}

static void other_spellings_of_ip4_are_refused_and_change_nothing(void **state)
{
	static const char *const bad[] = {
	        "",         "1",          "1.2.3",    "1.2.3.",    "1.2.3.4.",  "1.2.3.4 ",
	        " 1.2.3.4", "01.2.3.4",   "1.2.3.04", "1.2.3.00",  "256.1.1.1", "1.2.3.1000",
	        "1..3.4",   "0x7f.0.0.1", "1.2.3.-4", "1.2.3.4:5", ".1.2.3.4",  "1.2.3.+4"};
	uint32_t ip = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_false(addr_parse_ip4(bad[i], &ip));
		assert_int_equal(ip, 77);
	}
}

static void mac_is_six_pairs_of_digits(void **state)
{
	static const char *const bad[] = {"",
	                                  "52:54:00:12:34",
	                                  "52:54:00:12:34:5",
	                                  "52:54:00:12:34:567",
	                                  "52-54-00-12-34-56",
	                                  "52:54:00:12:34:5g",
	                                  "52:54:00:12:34 56",
	                                  "5254:00:12:34:56:"};
	char text[ADDR_TEXT];
	uint8_t mac[6];

	(void)state;
	assert_true(addr_parse_mac("52:54:00:12:34:56", mac));
	assert_memory_equal(mac, LAB_VM_MAC, 6);
	assert_string_equal(addr_mac(mac, text), "52:54:00:12:34:56");
	assert_true(addr_parse_mac("FF:ff:0A:0b:Cc:dD", mac));
	assert_string_equal(addr_mac(mac, text), "ff:ff:0a:0b:cc:dd");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(addr_parse_mac(bad[i], mac));
}

static void ip6_is_read_and_written_in_its_short_form(void **state)
{
	static const char *const bad[] = {"", "1", ":", "fe80:::1", "[::1]", "::1%eth0", "1:2:3"};
	char text[ADDR_TEXT];
	uint8_t ip[16];

	(void)state;
	assert_true(addr_parse_ip6("FE80:0:0:0:0:0:0:2", ip));
	assert_string_equal(addr_ip6(ip, text), "fe80::2");
	assert_true(addr_parse_ip6("::ffff:1.2.3.4", ip));
	assert_string_equal(addr_ip6(ip, text), "::ffff:1.2.3.4");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(addr_parse_ip6(bad[i], ip));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(ip4_is_read_and_written),
	        cmocka_unit_test(other_spellings_of_ip4_are_refused_and_change_nothing),
	        cmocka_unit_test(mac_is_six_pairs_of_digits),
	        cmocka_unit_test(ip6_is_read_and_written_in_its_short_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
