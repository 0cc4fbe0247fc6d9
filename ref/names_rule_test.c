/* SPDX-License-Identifier: ISC */
/* names_rule_test.c: what each query gets, in each mode. */
#include "ref/names_rule.h"

#include "bytes/guard.h"
#include "ref/dns_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define QUERY(name, type) "\0\1\1\0\0\1\0\0\0\0\0\0" name type

/* What policy_load() makes of ok.test, *.wild.test and a hosts entry for ok.test and far.test. */
static struct policy_name allowed[] = {{.name = "ok.test"}, {.name = "wild.test", .below = true}};
static struct policy_host hosts[] = {{.name = "far.test", .ip = 0x0a000001},
                                     {.name = "ok.test", .ip = 0x6300000a},
                                     {.name = "ok.test", .ip = 0x6300000b}};
static struct policy_web web;

static int begin(void **state)
{
	(void)state;
	web = (struct policy_web){.dns = POLICY_DNS_FORWARD,
	                          .ttl_max_s = 300,
	                          .names = allowed,
	                          .name_count = 2,
	                          .hosts = hosts,
	                          .host_count = 3};
	return 0;
}

static struct names_rule decide(struct rd message)
{
	struct guard guarded = guard_copy(message.p, message.n);
	struct dns_query query;
	const enum dns_fault fault = dns_query_parse(rd_of(guarded.p, guarded.n), &query);
	const struct names_rule rule = names_rule_decide(&web, &query, fault);

	guard_free(&guarded);
	return rule;
}

static void assert_reply(struct names_rule rule, enum record_verdict verdict, enum reason reason,
                         uint16_t rcode, unsigned addresses)
{
	assert_int_equal(rule.act, NAMES_ACT_REPLY);
	assert_int_equal(rule.verdict, verdict);
	assert_int_equal(rule.reason, reason);
	assert_int_equal(rule.rcode, rcode);
	assert_int_equal(rule.result.status == NAMES_READY ? rule.result.address_count : 0,
	                 addresses);
}

static void the_resolver_is_asked_for_allowed_names_only(void **state)
{
	struct names_rule rule;

	(void)state;
	rule = decide(RIG(QUERY("\1a\4wild\4test\0", RIG_A)));
	assert_int_equal(rule.act, NAMES_ACT_ASK);
	assert_int_equal(rule.verdict, RECORD_ALLOW);
	assert_int_equal(rule.reason, REASON_NONE);
	assert_reply(decide(RIG(QUERY("\4wild\4test\0", RIG_A))), RECORD_DENY, REASON_NAME_DENIED,
	             DNS_NXDOMAIN, 0);
	assert_reply(decide(RIG(QUERY("\5awild\4test\0", RIG_A))), RECORD_DENY, REASON_NAME_DENIED,
	             DNS_NXDOMAIN, 0);
	assert_reply(decide(RIG(QUERY("\2no\4test\0", RIG_A))), RECORD_DENY, REASON_NAME_DENIED,
	             DNS_NXDOMAIN, 0);
	assert_reply(decide(RIG(QUERY("\0", RIG_A))), RECORD_DENY, REASON_NAME_DENIED, DNS_NXDOMAIN,
	             0);
	web.default_allow = true;
	assert_int_equal(decide(RIG(QUERY("\2no\4test\0", RIG_A))).act, NAMES_ACT_ASK);
	assert_reply(decide(RIG(QUERY("\0", RIG_A))), RECORD_DENY, REASON_NAME_DENIED, DNS_NXDOMAIN,
	             0);
}

static void no_type_but_a_is_answered_or_asked_for(void **state)
{
	uint8_t message[] = QUERY("\1a\4wild\4test\0", "\0\0\0\1");
	uint8_t denied[] = QUERY("\2no\4test\0", "\0\0\0\1");

	(void)state;
	for (unsigned type = 0; type <= UINT16_MAX; type++) {
		if (type == DNS_TYPE_A)
			continue;
		message[sizeof(message) - 5] = denied[sizeof(denied) - 5] = (uint8_t)(type >> 8);
		message[sizeof(message) - 4] = denied[sizeof(denied) - 4] = (uint8_t)type;
		assert_reply(decide(rd_of(message, sizeof(message) - 1)), RECORD_EMPTY, REASON_NONE,
		             DNS_NOERROR, 0);
		assert_reply(decide(rd_of(denied, sizeof(denied) - 1)), RECORD_DENY,
		             REASON_NAME_DENIED, DNS_NXDOMAIN, 0);
	}
}

static void hosts_are_answered_without_asking(void **state)
{
	const enum policy_dns modes[] = {POLICY_DNS_SYNTHETIC, POLICY_DNS_FORWARD};

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct names_rule rule;

		web.dns = modes[i];
		rule = decide(RIG(QUERY("\2Ok\4tesT\0", RIG_A)));
		assert_reply(rule, RECORD_ALLOW, REASON_NONE, DNS_NOERROR, 2);
		assert_int_equal(rule.result.addresses[0], 0x6300000a);
		assert_int_equal(rule.result.addresses[1], 0x6300000b);
		assert_int_equal(rule.result.ttl_s, 300);
		assert_true(rule.result.hosts);
		/* an address in dns.hosts allows no name */
		assert_reply(decide(RIG(QUERY("\3far\4test\0", RIG_A))), RECORD_DENY,
		             REASON_NAME_DENIED, DNS_NXDOMAIN, 0);
		assert_reply(decide(RIG(QUERY("\2ok\4test\0", RIG_AAAA))), RECORD_EMPTY,
		             REASON_NONE, DNS_NOERROR, 0);
	}
}

static void in_synthetic_nothing_is_asked_for(void **state)
{
	(void)state;
	web.dns = POLICY_DNS_SYNTHETIC;
	assert_reply(decide(RIG(QUERY("\1a\4wild\4test\0", RIG_A))), RECORD_EMPTY, REASON_NONE,
	             DNS_NOERROR, 0);
	web.dns = POLICY_DNS_OFF;
	assert_reply(decide(RIG(QUERY("\1a\4wild\4test\0", RIG_A))), RECORD_EMPTY, REASON_NONE,
	             DNS_NOERROR, 0);
}

static void what_is_known_without_the_resolver_depends_on_the_mode(void **state)
{
	const enum policy_dns modes[] = {POLICY_DNS_OFF, POLICY_DNS_SYNTHETIC};
	struct names_result result;
	struct dns_name name;

	(void)state;
	assert_int_equal(dns_name_of_text("a.wild.test", &name), DNS_OK);
	names_rule_look_up(&web, &name, &result);
	assert_int_equal(result.status, NAMES_WAIT);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		web.dns = modes[i];
		names_rule_look_up(&web, &name, &result);
		assert_int_equal(result.status, NAMES_FAILED);
		assert_int_equal(result.reason, REASON_NAME_UNKNOWN);
		assert_true(result.exists);
	}
	assert_int_equal(dns_name_of_text("ok.test", &name), DNS_OK);
	names_rule_look_up(&web, &name, &result);
	assert_int_equal(result.status, NAMES_READY);
}

static void more_hosts_than_fit_are_cut(void **state)
{
	static struct policy_host many[DNS_ANSWER_ADDRESSES_MAX + 2];
	struct names_rule rule;

	(void)state;
	for (unsigned i = 0; i < DNS_ANSWER_ADDRESSES_MAX + 2; i++)
		many[i] = (struct policy_host){.name = "ok.test", .ip = 0x63000000 + i};
	web.hosts = many;
	web.host_count = DNS_ANSWER_ADDRESSES_MAX + 2;
	rule = decide(RIG(QUERY("\2ok\4test\0", RIG_A)));
	assert_reply(rule, RECORD_ALLOW, REASON_NONE, DNS_NOERROR, DNS_ANSWER_ADDRESSES_MAX);
	assert_int_equal(rule.result.addresses[DNS_ANSWER_ADDRESSES_MAX - 1], 0x6300000f);
}

static void each_fault_has_its_code(void **state)
{
	const struct {
		struct rd message;
		uint16_t rcode;
	} rows[] = {
	        {RIG("\0\1\1\0\0\1\0\0\0\0\0\0\2ok\4test\0\0\1\0\3"), DNS_REFUSED},   /* CH */
	        {RIG("\0\1\1\0\0\1\0\0\0\0\0\0\2ok\4test\0\0\1\0\xff"), DNS_REFUSED}, /* ANY */
	        {RIG("\0\1\x11\0\0\1\0\0\0\0\0\0\2ok\4test\0" RIG_A), DNS_NOTIMP},
	        {RIG("\0\1\1\0\0\1\0\0\0\0\0\1\2ok\4test\0" RIG_A "\0\0\x29\4\xd0\0\1\0\0\0\0"),
	         DNS_BADVERS},
	        {RIG("\0\1\1\0\0\2\0\0\0\0\0\0\2ok\4test\0" RIG_A "\2ok\4test\0" RIG_A),
	         DNS_FORMERR},
	        {RIG("\0\1\1\0\0\0\0\0\0\0\0\0"), DNS_FORMERR},
	        {RIG("\0\1\1\0\0\1\0\0\0\0\0\0\2ok\xc0\x0c" RIG_A), DNS_FORMERR},
	        {RIG("\0\1\3\0\0\1\0\0\0\0\0\0\2ok\4test\0" RIG_A), DNS_FORMERR}, /* TC */
	        {RIG(QUERY("\2ok\4test\0", RIG_A) "x"), DNS_FORMERR},
	        {RIG(QUERY("\2ok\4tes", "")), DNS_FORMERR},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_reply(decide(rows[i].message), RECORD_DENY, REASON_DNS_MALFORMED,
		             rows[i].rcode, 0);
}

static void what_is_no_host_name_is_denied_whatever_the_default(void **state)
{
	(void)state;
	web.default_allow = true;
	assert_int_equal(decide(RIG(QUERY("\2a_\4test\0", RIG_A))).act, NAMES_ACT_ASK);
	assert_reply(decide(RIG(QUERY("\2a \4test\0", RIG_A))), RECORD_DENY, REASON_NAME_DENIED,
	             DNS_NXDOMAIN, 0);
	assert_reply(decide(RIG(QUERY("\3a.b\4test\0", RIG_A))), RECORD_DENY, REASON_NAME_DENIED,
	             DNS_NXDOMAIN, 0);
	assert_reply(decide(RIG(QUERY("\3"
	                              "127\1"
	                              "0\1"
	                              "0\1"
	                              "1\0",
	                              RIG_A))),
	             RECORD_DENY, REASON_NAME_DENIED, DNS_NXDOMAIN, 0);
	assert_reply(decide(RIG(QUERY("\1a\4"
	                              "0x7f\0",
	                              RIG_A))),
	             RECORD_DENY, REASON_NAME_DENIED, DNS_NXDOMAIN, 0);
}

static void what_cannot_be_answered_is_dropped(void **state)
{
	const struct rd messages[] = {RIG(""), RIG("\0\1\1\0\0\1\0\0\0\0\0"),
	                              RIG("\0\1\x81\0\0\1\0\0\0\0\0\0\2ok\4test\0" RIG_A)};

	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		const struct names_rule rule = decide(messages[i]);

		assert_int_equal(rule.act, NAMES_ACT_DROP);
		assert_int_equal(rule.verdict, RECORD_DENY);
		assert_int_equal(rule.reason, REASON_DNS_MALFORMED);
		assert_int_equal(rule.rcode, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(the_resolver_is_asked_for_allowed_names_only, begin),
	        cmocka_unit_test_setup(no_type_but_a_is_answered_or_asked_for, begin),
	        cmocka_unit_test_setup(hosts_are_answered_without_asking, begin),
	        cmocka_unit_test_setup(in_synthetic_nothing_is_asked_for, begin),
	        cmocka_unit_test_setup(what_is_known_without_the_resolver_depends_on_the_mode,
	                               begin),
	        cmocka_unit_test_setup(more_hosts_than_fit_are_cut, begin),
	        cmocka_unit_test_setup(each_fault_has_its_code, begin),
	        cmocka_unit_test_setup(what_is_no_host_name_is_denied_whatever_the_default, begin),
	        cmocka_unit_test_setup(what_cannot_be_answered_is_dropped, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
