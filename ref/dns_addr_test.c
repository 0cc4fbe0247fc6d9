/* SPDX-License-Identifier: ISC */
/* dns_addr_test.c: the edges of every special network. */
#include "ref/dns_addr.h"

#include "ref/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The first address of each stretch of one class, up to the next line. */
static const struct {
	const char *first;
	enum dns_addr_class class;
} stretches[] = {
        {"0.0.0.0", DNS_ADDR_UNSPECIFIED},        {"1.0.0.0", DNS_ADDR_GLOBAL},
        {"10.0.0.0", DNS_ADDR_PRIVATE},           {"11.0.0.0", DNS_ADDR_GLOBAL},
        {"100.64.0.0", DNS_ADDR_CGNAT},           {"100.128.0.0", DNS_ADDR_GLOBAL},
        {"127.0.0.0", DNS_ADDR_LOOPBACK},         {"128.0.0.0", DNS_ADDR_GLOBAL},
        {"169.254.0.0", DNS_ADDR_LINK_LOCAL},     {"169.255.0.0", DNS_ADDR_GLOBAL},
        {"172.16.0.0", DNS_ADDR_PRIVATE},         {"172.32.0.0", DNS_ADDR_GLOBAL},
        {"192.0.0.0", DNS_ADDR_PROTOCOL},         {"192.0.1.0", DNS_ADDR_GLOBAL},
        {"192.0.2.0", DNS_ADDR_DOCUMENTATION},    {"192.0.3.0", DNS_ADDR_GLOBAL},
        {"192.88.99.0", DNS_ADDR_6TO4_RELAY},     {"192.88.100.0", DNS_ADDR_GLOBAL},
        {"192.168.0.0", DNS_ADDR_PRIVATE},        {"192.169.0.0", DNS_ADDR_GLOBAL},
        {"198.18.0.0", DNS_ADDR_BENCHMARK},       {"198.20.0.0", DNS_ADDR_GLOBAL},
        {"198.51.100.0", DNS_ADDR_DOCUMENTATION}, {"198.51.101.0", DNS_ADDR_GLOBAL},
        {"203.0.113.0", DNS_ADDR_DOCUMENTATION},  {"203.0.114.0", DNS_ADDR_GLOBAL},
        {"224.0.0.0", DNS_ADDR_MULTICAST},        {"240.0.0.0", DNS_ADDR_RESERVED},
        {"255.255.255.255", DNS_ADDR_BROADCAST},
};

#define STRETCHES (sizeof(stretches) / sizeof(stretches[0]))

static void every_network_begins_and_ends_where_the_registry_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < STRETCHES; i++) {
		uint32_t first;

		assert_true(addr_parse_ip4(stretches[i].first, &first));
		assert_int_equal(dns_addr_class(first), stretches[i].class);
		if (i)
			assert_int_equal(dns_addr_class(first - 1), stretches[i - 1].class);
	}
}

static void every_class_has_a_word_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DNS_ADDR_CLASS_COUNT; i++)
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(dns_addr_class_name((enum dns_addr_class)i),
			                        dns_addr_class_name((enum dns_addr_class)j));
	assert_string_equal(dns_addr_class_name(DNS_ADDR_GLOBAL), "global");
	assert_string_equal(dns_addr_class_name(DNS_ADDR_BROADCAST), "broadcast");
	assert_string_equal(dns_addr_class_name(DNS_ADDR_CLASS_COUNT), "invalid");
	assert_string_equal(dns_addr_class_name((enum dns_addr_class) - 1), "invalid");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_network_begins_and_ends_where_the_registry_says),
	        cmocka_unit_test(every_class_has_a_word_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
