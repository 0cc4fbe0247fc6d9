/* SPDX-License-Identifier: ISC */
/* policy_test.c: looking up endpoints, and which policy may follow upon which. */
#include "ref/policy.h"

#include "ref/examples.h"

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

static void udp_and_tcp_of_one_endpoint_are_two_rules(void **state)
{
	struct policy_rule rules[] = {{.proto = 6, .ip = 0xcb007132, .port = 443, .id = "t"},
	                              {.proto = 17, .ip = 0xcb007132, .port = 443, .id = "u"}};
	const struct policy policy = {.rules = rules, .rule_count = 2};

	(void)state;
	assert_string_equal(policy_find(&policy, 6, 0xcb007132, 443)->id, "t");
	assert_string_equal(policy_find(&policy, 17, 0xcb007132, 443)->id, "u");
}

static void a_destination_is_the_address_of_another_machine(void **state)
{
	static const uint32_t others[] = {
	        0x01000001, 0x7effffff,
	        0x80000000, 0xcb007132, /* the edges of loopback, the world */
	        0xdfffffff, 0xc0a86403,
	        0xc0a863ff, 0xc0a86500, /* below multicast, around the VM */
	        0xa9fea9fe,
	};
	static const uint32_t nobodys[] = {
	        0x00000000, 0x00000001, 0x00ffffff, /* 0/8 */
	        0x7f000000, 0x7f000001, 0x7fffffff, /* loopback */
	        0xe0000000, 0xe00000fb, 0xefffffff, /* multicast */
	        0xf0000000, 0xfffffffe, 0xffffffff, /* reserved, broadcast */
	        0xc0a86402, 0xc0a86401,             /* the VM, the gateway */
	        0xc0a86400, 0xc0a864ff,             /* their network and its broadcast */
	};
	const struct policy policy = example_policy();

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_true(policy_is_destination(&policy, others[i]));
	for (size_t i = 0; i < sizeof(nobodys) / sizeof(nobodys[0]); i++)
		assert_false(policy_is_destination(&policy, nobodys[i]));
}

static void a_copy_stands_in_the_room_it_was_given(void **state)
{
	struct policy_rule rules[3] = {{.port = 1}, {.port = 2}, {.port = 3}}, room[3];
	struct policy from = example_policy(), to = {.mtu = 7};

	(void)state;
	from.rules = rules;
	from.rule_count = 3;
	assert_false(policy_copy_into(&to, room, 2, &from));
	assert_int_equal(to.mtu, 7);
	assert_true(policy_copy_into(&to, room, 3, &from));
	assert_ptr_equal(to.rules, room);
	assert_memory_equal(room, rules, sizeof(rules));
	assert_null(policy_refuses_swap(&from, &to));
	assert_null(policy_refuses_swap(&to, &from));
	from.rules = NULL;
	from.rule_count = 0;
	assert_true(policy_copy_into(&to, room, 0, &from));
	assert_int_equal(to.rule_count, 0);
}

/* `strict` may follow upon `lax`, but not the other way round, for which `key` is to blame. */
static void assert_one_way(const struct policy *lax, const struct policy *strict, const char *key)
{
	const char *blamed = policy_refuses_swap(strict, lax);

	assert_null(policy_refuses_swap(lax, strict));
	assert_non_null(blamed);
	assert_string_equal(blamed, key);
}

/* Neither may follow upon the other. */
static void assert_no_way(const struct policy *a, const struct policy *b, const char *key)
{
	const char *there = policy_refuses_swap(a, b), *back = policy_refuses_swap(b, a);

	assert_non_null(there);
	assert_non_null(back);
	assert_string_equal(there, key);
	assert_string_equal(back, key);
}

static void a_policy_may_become_stricter_and_not_laxer(void **state)
{
	struct policy lax = example_policy(), strict = lax;

	(void)state;
	for (enum policy_mode a = POLICY_DIRECT; a <= POLICY_FILTERED; a++)
		for (enum policy_mode b = POLICY_DIRECT; b < a; b++) {
			lax.mode = b;
			strict.mode = a;
			assert_one_way(&lax, &strict, "mode");
		}
	lax = strict = example_policy();
	strict.terminate = true;
	assert_one_way(&lax, &strict, "on_violation");
	lax = strict = example_policy();
	strict.echo = false;
	assert_one_way(&lax, &strict, "icmp_echo");
	for (unsigned bit = POLICY_BENIGN_ARP; bit <= POLICY_BENIGN_ND; bit <<= 1) {
		lax = strict = example_policy();
		strict.benign &= ~bit;
		assert_one_way(&lax, &strict, "benign");
		lax.benign = bit; /* another one goes, this one comes */
		assert_no_way(&lax, &strict, "benign");
	}
}

static void what_a_mode_looks_at_may_not_become_laxer_within_it(void **state)
{
	struct policy lax = example_policy(), strict;

	(void)state;
	for (enum policy_mode mode = POLICY_DIRECT; mode <= POLICY_FILTERED; mode++) {
		lax.mode = mode;
		lax.sampled_below = 7;
		lax.conntrack_ttl_s = 300;
		strict = lax;
		strict.sampled_below = 8;
		if (mode == POLICY_SAMPLED)
			assert_one_way(&lax, &strict, "sampling_rate");
		else
			assert_null(policy_refuses_swap(&strict, &lax));
		strict = lax;
		strict.conntrack_ttl_s = 299;
		if (mode == POLICY_CONNTRACK)
			assert_one_way(&lax, &strict, "conntrack_ttl_s");
		else
			assert_null(policy_refuses_swap(&strict, &lax));
	}
	/* A stricter mode may come with any of the other modes' numbers. */
	lax.mode = POLICY_SAMPLED;
	strict = lax;
	strict.mode = POLICY_CONNTRACK;
	strict.sampled_below = 0;
	strict.conntrack_ttl_s = 86400;
	assert_null(policy_refuses_swap(&lax, &strict));
	lax.mode = POLICY_CONNTRACK;
	strict.mode = POLICY_FILTERED;
	assert_null(policy_refuses_swap(&lax, &strict));
}

static void what_is_strict_already_may_stay_so(void **state)
{
	struct policy strict = example_policy();

	(void)state;
	strict.terminate = true;
	strict.echo = false;
	strict.benign = 0;
	assert_null(policy_refuses_swap(&strict, &strict));
}

static void who_the_vm_is_and_what_is_laid_out_for_it_stay(void **state)
{
	const struct policy now = example_policy();
	struct policy next[8];
	static const char *const keys[8] = {"vm",  "vm",  "vm",     "vm",
	                                    "mtu", "mtu", "limits", "limits"};

	(void)state;
	for (size_t i = 0; i < 8; i++)
		next[i] = now;
	next[0].vm_mac[5] ^= 1;
	next[1].vm_ip++;
	next[2].netmask <<= 1;
	next[3].gateway_ip ^= 7;
	next[4].mtu++;
	next[5].mtu--;
	next[6].flows_max++;
	next[7].tcp_max++;
	for (size_t i = 0; i < 8; i++)
		assert_no_way(&now, &next[i], keys[i]);
}

static void the_allow_list_and_the_answer_to_a_denied_syn_are_free(void **state)
{
	const struct policy now = example_policy();
	struct policy next = now;

	(void)state;
	next.rule_count = 0;
	next.reset_denied_tcp = true;
	assert_null(policy_refuses_swap(&now, &next));
	assert_null(policy_refuses_swap(&next, &now));
}

static void modes_have_their_names_and_zero_is_none(void **state)
{
	(void)state;
	assert_string_equal(policy_mode_name(POLICY_DIRECT), "direct");
	assert_string_equal(policy_mode_name(POLICY_SAMPLED), "sampled");
	assert_string_equal(policy_mode_name(POLICY_CONNTRACK), "conntrack");
	assert_string_equal(policy_mode_name(POLICY_FILTERED), "filtered");
	assert_string_equal(policy_mode_name((enum policy_mode)0), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_rule_is_found_and_no_neighbour_of_it),
	        cmocka_unit_test(an_empty_list_allows_nothing),
	        cmocka_unit_test(the_order_is_protocol_then_address_then_port),
	        cmocka_unit_test(udp_and_tcp_of_one_endpoint_are_two_rules),
	        cmocka_unit_test(a_destination_is_the_address_of_another_machine),
	        cmocka_unit_test(a_copy_stands_in_the_room_it_was_given),
	        cmocka_unit_test(a_policy_may_become_stricter_and_not_laxer),
	        cmocka_unit_test(what_a_mode_looks_at_may_not_become_laxer_within_it),
	        cmocka_unit_test(what_is_strict_already_may_stay_so),
	        cmocka_unit_test(who_the_vm_is_and_what_is_laid_out_for_it_stay),
	        cmocka_unit_test(the_allow_list_and_the_answer_to_a_denied_syn_are_free),
	        cmocka_unit_test(modes_have_their_names_and_zero_is_none),
	        cmocka_unit_test(the_gateway_mac_follows_from_its_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
