/* SPDX-License-Identifier: ISC */
/* policy_test.c: looking up endpoints. */
#include "ref/policy.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define RULES 1000

/* Endpoints that differ in one field each, ascending. */
static void make_rules(struct policy_rule *rules)
{
	for (uint32_t i = 0; i < RULES; i++) {
		rules[i] = (struct policy_rule){
		        .ip = 0x01000000 + i / 10 * 0x01010101,
		        .port = (uint16_t)(1 + i % 10 * 100),
		        .proto = 17,
		};
	}
}

static void every_rule_is_found_and_no_neighbour_of_it(void **state)
{
	static struct policy_rule rules[RULES];
	struct policy policy = {.rules = rules, .rule_count = RULES};

	(void)state;
	make_rules(rules);
	for (size_t i = 0; i < RULES; i++) {
		const struct policy_rule *rule = &rules[i];

		if (i)
			assert_true(policy_compare(&rules[i - 1], rule) < 0);
		assert_ptr_equal(policy_find(&policy, 17, rule->ip, rule->port), rule);
		assert_null(policy_find(&policy, 17, rule->ip, (uint16_t)(rule->port + 1)));
		assert_null(policy_find(&policy, 17, rule->ip, (uint16_t)(rule->port - 1)));
		assert_null(policy_find(&policy, 17, rule->ip + 1, rule->port));
		assert_null(policy_find(&policy, 17, rule->ip - 1, rule->port));
		assert_null(policy_find(&policy, 6, rule->ip, rule->port));
		assert_null(policy_find(&policy, 0, rule->ip, rule->port));
	}
}

static void an_empty_list_allows_nothing(void **state)
{
	const struct policy policy = {.rules = NULL};

	(void)state;
	assert_null(policy_find(&policy, 17, 0xcb007132, 51900));
	assert_null(policy_find(&policy, 0, 0, 0));
}

static void the_order_is_protocol_then_address_then_port(void **state)
{
	const struct policy_rule a = {.proto = 6, .ip = 9, .port = 9};
	const struct policy_rule b = {.proto = 17, .ip = 1, .port = 9};
	const struct policy_rule c = {.proto = 17, .ip = 2, .port = 1};
	const struct policy_rule d = {.proto = 17, .ip = 2, .port = 2};

	(void)state;
	assert_true(policy_compare(&a, &b) < 0);
	assert_true(policy_compare(&b, &c) < 0);
	assert_true(policy_compare(&c, &d) < 0);
	assert_true(policy_compare(&d, &a) > 0);
	assert_int_equal(policy_compare(&d, &d), 0);
}

static void the_gateway_mac_follows_from_its_address(void **state)
{
	uint8_t mac[ADDR_MAC_LEN];

	(void)state;
	policy_gateway_mac(0xc0a86401, mac);
	assert_memory_equal(mac, "\x52\x55\xc0\xa8\x64\x01", 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_rule_is_found_and_no_neighbour_of_it),
	        cmocka_unit_test(an_empty_list_allows_nothing),
	        cmocka_unit_test(the_order_is_protocol_then_address_then_port),
	        cmocka_unit_test(the_gateway_mac_follows_from_its_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
