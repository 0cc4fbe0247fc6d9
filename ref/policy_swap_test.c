/* SPDX-License-Identifier: ISC */
/* policy_swap_test.c: what of names, TLS and HTTP is fixed while the VM runs. */
#include "ref/policy.h"

#include "ref/examples.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Everything on. */
static struct policy web_policy(void)
{
	struct policy policy = example_policy();

	policy.web = (struct policy_web){
	        .dns = POLICY_DNS_FORWARD,
	        .tls = POLICY_TLS_MITM,
	        .resolver_ip = 0x09090909,
	        .resolver_port = 53,
	        .ttl_max_s = 300,
	        .tls_ports = {443, 8443},
	        .http_ports = {80},
	        .tls_port_count = 2,
	        .http_port_count = 1,
	        .head_timeout_s = 10,
	        .idle_timeout_s = 60,
	        .ca_cert = "cert",
	        .ca_key = "key",
	        .upstream_ca = "store",
	};
	return policy;
}

/* Each of these changes one thing. */

static void dns_mode(struct policy_web *web)
{
	web->dns = POLICY_DNS_SYNTHETIC;
}
static void resolver_ip(struct policy_web *web)
{
	web->resolver_ip++;
}
static void resolver_port(struct policy_web *web)
{
	web->resolver_port++;
}
static void ttl(struct policy_web *web)
{
	web->ttl_max_s++;
}
static void tls_mode(struct policy_web *web)
{
	web->tls = POLICY_TLS_SPLICE;
}
static void tls_port(struct policy_web *web)
{
	web->tls_ports[1]++;
}
static void tls_port_fewer(struct policy_web *web)
{
	web->tls_port_count--;
}
static void http_port(struct policy_web *web)
{
	web->http_port_count = 1;
	web->http_ports[0]++;
}
static void http_port_more(struct policy_web *web)
{
	web->http_port_count++;
}
static void ca_cert(struct policy_web *web)
{
	web->ca_cert[0]++;
}
static void ca_key(struct policy_web *web)
{
	web->ca_key[0]++;
}
static void upstream_ca(struct policy_web *web)
{
	web->upstream_ca[0] = '\0';
}
static void head_timeout(struct policy_web *web)
{
	web->head_timeout_s++;
}
static void idle_timeout(struct policy_web *web)
{
	web->idle_timeout_s++;
}
static void body_max(struct policy_web *web)
{
	web->body_max++;
}

static const struct change {
	void (*change)(struct policy_web *web);
	const char *key;
} changes[] = {
        {dns_mode, "dns.mode"},
        {resolver_ip, "dns.upstream"},
        {resolver_port, "dns.upstream"},
        {ttl, "dns.ttl_max_s"},
        {tls_mode, "tls.mode"},
        {tls_port, "tls.ports"},
        {tls_port_fewer, "tls.ports"},
        {ca_cert, "tls.ca_cert"},
        {ca_key, "tls.ca_key"},
        {upstream_ca, "tls.upstream_ca"},
        {http_port, "http.ports"},
        {http_port_more, "http.ports"},
        {head_timeout, "http.head_timeout_s"},
        {idle_timeout, "http.idle_timeout_s"},
        {body_max, "http.body_max"},
};

/* Those changes are refused, there and back, whose keys stand in `refused`; no others. */
static void check_changes(const struct policy *now, const char *refused)
{
	for (size_t i = 0; i < COUNT(changes); i++) {
		struct policy next = *now;
		const char *there, *back;

		changes[i].change(&next.web);
		there = policy_refuses_swap(now, &next);
		back = policy_refuses_swap(&next, now);
		if (!strstr(refused, changes[i].key)) {
			assert_null(there);
			assert_null(back);
			continue;
		}
		assert_non_null(there);
		assert_non_null(back);
		assert_string_equal(there, changes[i].key);
		assert_string_equal(back, changes[i].key);
	}
}

#define MODES "dns.mode tls.mode http.ports "
#define TIMES "http.head_timeout_s http.idle_timeout_s http.body_max "

static void what_is_used_is_fixed(void **state)
{
	struct policy policy = web_policy();

	(void)state;
	assert_null(policy_refuses_swap(&policy, &policy));
	check_changes(&policy,
	              MODES TIMES "dns.upstream dns.ttl_max_s tls.ports tls.ca_cert tls.ca_key "
	                          "tls.upstream_ca");
	policy.web.dns = POLICY_DNS_OFF;
	check_changes(&policy, MODES TIMES "tls.ports tls.ca_cert tls.ca_key tls.upstream_ca");
}

static void what_no_mode_uses_is_free(void **state)
{
	struct policy policy = web_policy();

	(void)state;
	policy.web.dns = POLICY_DNS_OFF;
	policy.web.tls = POLICY_TLS_OFF;
	check_changes(&policy, MODES TIMES);
	policy.web.http_port_count = 0;
	check_changes(&policy, MODES);
}

static void each_mode_has_its_own(void **state)
{
	struct policy now = web_policy(), next;

	(void)state;
	now.web.tls = POLICY_TLS_SPLICE;
	next = now;
	ca_cert(&next.web);
	ca_key(&next.web);
	upstream_ca(&next.web);
	assert_null(policy_refuses_swap(&now, &next));
	tls_port(&next.web);
	assert_string_equal(policy_refuses_swap(&now, &next), "tls.ports");
	now.web.dns = POLICY_DNS_SYNTHETIC;
	next = now;
	resolver_ip(&next.web);
	resolver_port(&next.web);
	assert_null(policy_refuses_swap(&now, &next));
	ttl(&next.web);
	assert_string_equal(policy_refuses_swap(&now, &next), "dns.ttl_max_s");
	now.web.http_port_count = 0; /* times count for TLS as well */
	next = now;
	head_timeout(&next.web);
	assert_string_equal(policy_refuses_swap(&now, &next), "http.head_timeout_s");
}

static void lists_hosts_and_rules_are_free_and_so_is_the_default(void **state)
{
	struct policy_name names[1] = {{.name = "ok.test"}};
	struct policy_host hosts[1] = {{.name = "ok.test", .ip = 1}};
	struct policy_http rules[1] = {{.domain = "ok.test"}};
	const struct policy now = web_policy();
	struct policy next = now;

	(void)state;
	next.web.names = names;
	next.web.hosts = hosts;
	next.web.rules = rules;
	next.web.name_count = next.web.host_count = next.web.rule_count = 1;
	next.web.default_allow = true;
	assert_null(policy_refuses_swap(&now, &next));
	assert_null(policy_refuses_swap(&next, &now));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_used_is_fixed),
	        cmocka_unit_test(what_no_mode_uses_is_free),
	        cmocka_unit_test(each_mode_has_its_own),
	        cmocka_unit_test(lists_hosts_and_rules_are_free_and_so_is_the_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
