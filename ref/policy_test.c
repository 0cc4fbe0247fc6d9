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

static void the_gate_serves_its_ports_at_other_machines_and_queries_at_the_gateway(void **state)
{
	static const struct {
		uint8_t proto;
		uint32_t ip;
		uint16_t port;
		enum policy_service service;
	} rows[] = {
	        {17, 0xc0a86401, 53, POLICY_SERVICE_DNS},
	        {6, 0xc0a86401, 53, POLICY_SERVICE_DNS},
	        {5, 0xc0a86401, 53, POLICY_SERVICE_NONE},
	        {7, 0xc0a86401, 53, POLICY_SERVICE_NONE},
	        {16, 0xc0a86401, 53, POLICY_SERVICE_NONE},
	        {18, 0xc0a86401, 53, POLICY_SERVICE_NONE},
	        {1, 0xc0a86401, 53, POLICY_SERVICE_NONE},
	        {17, 0xc0a86401, 52, POLICY_SERVICE_NONE},
	        {17, 0xc0a86401, 54, POLICY_SERVICE_NONE},
	        {17, 0x09090909, 53, POLICY_SERVICE_NONE},
	        {6, 0xc0a86401, 443, POLICY_SERVICE_NONE},
	        {6, 0xc0a86401, 80, POLICY_SERVICE_NONE},
	        {6, 0x63000001, 443, POLICY_SERVICE_TLS},
	        {6, 0x63000001, 8443, POLICY_SERVICE_TLS},
	        {6, 0x63000001, 80, POLICY_SERVICE_HTTP},
	        {6, 0x63000001, 442, POLICY_SERVICE_NONE},
	        {6, 0x63000001, 444, POLICY_SERVICE_NONE},
	        {6, 0x63000001, 81, POLICY_SERVICE_NONE}, /* behind the list */
	        {17, 0x63000001, 443, POLICY_SERVICE_NONE},
	        {5, 0x63000001, 443, POLICY_SERVICE_NONE},
	        {7, 0x63000001, 80, POLICY_SERVICE_NONE},
	        {1, 0x63000001, 80, POLICY_SERVICE_NONE},
	        {6, 0xc0a86403, 443, POLICY_SERVICE_TLS}, /* a neighbour */
	        {6, 0xa9fea9fe, 80, POLICY_SERVICE_HTTP},
	        {6, 0xc0a86402, 443, POLICY_SERVICE_NONE}, /* the VM itself */
	        {6, 0xc0a864ff, 80, POLICY_SERVICE_NONE},
	        {6, 0x7f000001, 443, POLICY_SERVICE_NONE},
	        {6, 0xe0000001, 80, POLICY_SERVICE_NONE},
	};
	struct policy policy = example_policy();

	(void)state;
	policy.web = (struct policy_web){
	        .dns = POLICY_DNS_SYNTHETIC,
	        .tls = POLICY_TLS_SPLICE,
	        .tls_ports = {443, 8443},
	        .tls_port_count = 2,
	        .http_ports = {80, 81},
	        .http_port_count = 1,
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (policy_service(&policy, rows[i].proto, rows[i].ip, rows[i].port) !=
		    rows[i].service)
			fail_msg("row %zu", i);
	assert_true(policy_needs_gate(&policy));
}

static void what_is_off_is_served_by_nobody(void **state)
{
	struct policy policy = example_policy();

	(void)state;
	policy.web = (struct policy_web){.tls_ports = {443}, .tls_port_count = 1};
	assert_int_equal(policy_service(&policy, 17, 0xc0a86401, 53), POLICY_SERVICE_NONE);
	assert_int_equal(policy_service(&policy, 6, 0x63000001, 443), POLICY_SERVICE_NONE);
	assert_int_equal(policy_service(&policy, 6, 0x63000001, 80), POLICY_SERVICE_NONE);
	assert_false(policy_needs_gate(&policy));
	policy.web.dns = POLICY_DNS_FORWARD;
	assert_true(policy_needs_gate(&policy));
	assert_int_equal(policy_service(&policy, 17, 0xc0a86401, 53), POLICY_SERVICE_DNS);
	policy.web.dns = POLICY_DNS_OFF;
	policy.web.tls = POLICY_TLS_MITM;
	assert_true(policy_needs_gate(&policy));
	assert_int_equal(policy_service(&policy, 6, 0x63000001, 443), POLICY_SERVICE_TLS);
	policy.web.tls = POLICY_TLS_OFF;
	policy.web.http_ports[0] = 80;
	policy.web.http_port_count = 1;
	assert_true(policy_needs_gate(&policy));
	assert_int_equal(policy_service(&policy, 6, 0x63000001, 80), POLICY_SERVICE_HTTP);
}

/* A policy with three of everything, and room for a copy of it. */
struct full {
	struct policy_rule rules[3];
	struct policy_name names[3];
	struct policy_host hosts[3];
	struct policy_http http[3];
	struct policy policy;
	struct policy_room room;
};

static void make_full(struct full *full, uint8_t fill)
{
	memset(full, fill, sizeof(*full));
	full->policy = example_policy();
	full->policy.rules = full->rules;
	full->policy.web.names = full->names;
	full->policy.web.hosts = full->hosts;
	full->policy.web.rules = full->http;
	full->policy.rule_count = full->policy.web.name_count = 3;
	full->policy.web.host_count = full->policy.web.rule_count = 3;
	full->room = (struct policy_room){full->rules, full->names, full->hosts, full->http,
	                                  3,           3,           3,           3};
}

static void a_copy_stands_in_the_room_it_was_given(void **state)
{
	static struct full from, to;

	(void)state;
	make_full(&from, 1);
	make_full(&to, 2);
	to.policy = (struct policy){.mtu = 7};
	assert_true(policy_copy_into(&to.policy, &to.room, &from.policy));
	assert_int_equal(to.policy.mtu, 1500);
	assert_ptr_equal(to.policy.rules, to.rules);
	assert_ptr_equal(to.policy.web.names, to.names);
	assert_ptr_equal(to.policy.web.hosts, to.hosts);
	assert_ptr_equal(to.policy.web.rules, to.http);
	assert_memory_equal(&to, &from, offsetof(struct full, policy));
	assert_null(policy_refuses_swap(&from.policy, &to.policy));
	assert_null(policy_refuses_swap(&to.policy, &from.policy));
	from.policy.rule_count = from.policy.web.name_count = 0;
	from.policy.web.host_count = from.policy.web.rule_count = 0;
	to.room = (struct policy_room){0};
	assert_true(policy_copy_into(&to.policy, &to.room, &from.policy));
	assert_int_equal(to.policy.rule_count, 0);
}

static void what_does_not_fit_is_not_copied(void **state)
{
	static struct full from, to, before;
	size_t *const rooms[] = {&to.room.rules_max, &to.room.names_max, &to.room.hosts_max,
	                         &to.room.http_max};

	(void)state;
	make_full(&from, 1);
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		make_full(&to, 2);
		*rooms[i] = 2;
		before = to;
		assert_false(policy_copy_into(&to.policy, &to.room, &from.policy));
		assert_memory_equal(&to, &before, sizeof(to));
	}
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
	        cmocka_unit_test(
	                the_gate_serves_its_ports_at_other_machines_and_queries_at_the_gateway),
	        cmocka_unit_test(what_is_off_is_served_by_nobody),
	        cmocka_unit_test(a_copy_stands_in_the_room_it_was_given),
	        cmocka_unit_test(what_does_not_fit_is_not_copied),
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
