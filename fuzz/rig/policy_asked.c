/* SPDX-License-Identifier: ISC */
/* policy_asked.c: the questions that verdicts ask a policy. */
#include "fuzz/rig/policy_asked.h"

#include "fuzz/fuzz.h"
#include "fuzz/rig/contract.h"
#include "fuzz/rig/policy_maker.h"
#include "ref/policy_name.h"
#include "ref/policy_share.h"

#include <stdio.h>
#include <string.h>

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* --- endpoints --- */

static const struct policy_rule *find(const struct policy *policy, uint8_t proto, uint32_t ip,
                                      uint16_t port)
{
	for (size_t i = 0; i < policy->rule_count; i++)
		if (policy->rules[i].proto == proto && policy->rules[i].ip == ip &&
		    policy->rules[i].port == port)
			return &policy->rules[i];
	return NULL;
}

static bool has(const uint16_t *ports, unsigned count, uint16_t port)
{
	while (count--)
		if (ports[count] == port)
			return true;
	return false;
}

static enum policy_service service(const struct policy *policy, uint8_t proto, uint32_t ip,
                                   uint16_t port)
{
	const struct policy_web *web = &policy->web;

	if (ip == policy->gateway_ip && port == 53 && (proto == 6 || proto == 17))
		return web->dns ? POLICY_SERVICE_DNS : POLICY_SERVICE_NONE;
	if (proto != 6 || !contract_destination(policy, ip))
		return POLICY_SERVICE_NONE;
	if (web->tls && has(web->tls_ports, web->tls_port_count, port))
		return POLICY_SERVICE_TLS;
	return has(web->http_ports, web->http_port_count, port) ? POLICY_SERVICE_HTTP
	                                                        : POLICY_SERVICE_NONE;
}

void policy_asked_endpoint(const struct policy *policy, uint8_t proto, uint32_t ip, uint16_t port)
{
	HOLDS("what the list has is found, and nothing else",
	      policy_find(policy, proto, ip, port) == find(policy, proto, ip, port));
	HOLDS("a destination is what is another machine's",
	      policy_is_destination(policy, ip) == contract_destination(policy, ip));
	HOLDS("the gate has the gateway's names, and the ports of tls and http",
	      policy_service(policy, proto, ip, port) == service(policy, proto, ip, port));
}

/* --- names --- */

static void ask_hosts(const struct policy_web *web, const char *name)
{
	size_t count = 0, found;
	const struct policy_host *first = NULL;

	for (size_t i = 0; i < web->host_count; i++)
		if (strcmp(web->hosts[i].name, name) == 0 && !count++)
			first = &web->hosts[i];
	HOLDS("the addresses of a name are found, all in a row",
	      policy_name_hosts(web, name, &found) == first && found == count);
}

static void ask_is_host(const struct policy_web *web, uint32_t ip)
{
	bool is_host = false;

	for (size_t i = web->host_count; i-- && !is_host;)
		is_host = web->hosts[i].ip == ip;
	HOLDS("an address of the hosts is known as one", policy_name_is_host(web, ip) == is_host);
}

void policy_asked_name(const struct policy_web *web, const char *name)
{
	const bool legal = *name && strlen(name) <= POLICY_NAME_MAX;
	const struct policy_name *expected = legal ? contract_name(web, name) : NULL, *entry;
	const bool allowed = legal && (expected ? !expected->block : web->default_allow);

	HOLDS("a name is decided on by the closest entry",
	      (policy_name_decide(web, name, &entry) == NAME_ALLOWED) == allowed);
	HOLDS("the entry that decided is told", entry == expected);
	HOLDS("a name is decided on in the same way when nobody asks which entry did",
	      (policy_name_decide(web, name, NULL) == NAME_ALLOWED) == allowed);
	HOLDS("bytes are passed on where all are, or the entry says so",
	      policy_name_splices(web, entry) ==
	              (web->tls == POLICY_TLS_SPLICE ||
	               (entry != NULL && entry->splice && !entry->block)));
	ask_hosts(web, name);
}

/* --- around the entries --- */

static void ask_near_rule(const struct policy *policy, const struct policy_rule *rule)
{
	const uint32_t ip = rule->ip, mirrored = __builtin_bswap32(ip);
	const uint32_t ips[] = {ip, mirrored, ip ^ 1, ip ^ 256, ip ^ UINT32_C(0x80000000)};
	const uint16_t port = rule->port;
	const uint16_t ports[] = {port, (uint16_t)(port ^ 0x8000), (uint16_t)(port ^ 0x100),
	                          (uint16_t)(port ^ 1), __builtin_bswap16(port)};

	for (size_t i = 0; i < LEN(ips); i++)
		policy_asked_endpoint(policy, rule->proto, ips[i], port);
	for (size_t i = 0; i < LEN(ports); i++)
		policy_asked_endpoint(policy, rule->proto, ip, ports[i]);
	policy_asked_endpoint(policy, 23 - rule->proto, ip,
	                      port); /* of UDP and TCP the other one */
}

static void ask_near_name(const struct policy_web *web, const char *name)
{
	char near[POLICY_NAME_MAX + 8];

	policy_asked_name(web, name);
	snprintf(near, sizeof(near), "x.%s", name);
	policy_asked_name(web, near);
	snprintf(near, sizeof(near), "x%s", name);
	policy_asked_name(web, near);
	snprintf(near, sizeof(near), "%s.x", name);
	policy_asked_name(web, near);
}

void policy_asked_around(const struct policy *policy)
{
	static const uint32_t ips[] = {0,          0x0a000001, 0x7f000001, 0x08080808, 0xa9fea9fe,
	                               0xac100001, 0xc0a80101, 0x64400001, 0xe00000fb, 0xf0000000,
	                               0xffffffff, 0x01000000, 0xdfffffff};
	static const uint16_t ports[] = {53, 67, 80, 123, 443};
	const uint32_t net = policy->vm_ip & policy->netmask;
	const uint32_t link[] = {policy->vm_ip, policy->gateway_ip, net, net | ~policy->netmask,
	                         net - 1};
	char long_name[POLICY_NAME_MAX + 2] = "";

	memset(long_name, 'a', sizeof(long_name) - 1);
	policy_asked_name(&policy->web, long_name);
	policy_asked_endpoint(policy, 1, policy->gateway_ip, 53);
	for (size_t i = 0; i < policy->rule_count; i++)
		ask_near_rule(policy, &policy->rules[i]);
	for (size_t i = 0; i < LEN(ips); i++)
		policy_asked_endpoint(policy, i % 2 ? 6 : 17, ips[i], ports[i % LEN(ports)]);
	for (size_t i = 0; i < LEN(link); i++)
		policy_asked_endpoint(policy, 6, link[i], policy->web.tls_ports[0]);
	for (size_t i = 0; i < LEN(ports); i++)
		policy_asked_endpoint(policy, 17, policy->gateway_ip, ports[i]);
	for (size_t i = 0; i < policy->web.name_count; i++)
		ask_near_name(&policy->web, policy->web.names[i].name);
	for (size_t i = 0; i < policy->web.host_count; i++) {
		ask_hosts(&policy->web, policy->web.hosts[i].name);
		ask_is_host(&policy->web, policy->web.hosts[i].ip);
		ask_is_host(&policy->web, policy->web.hosts[i].ip ^ 1);
	}
}

/* --- order --- */

static uint64_t number_of(const struct policy_rule *rule)
{
	return (uint64_t)rule->proto << 48 | (uint64_t)rule->ip << 16 | rule->port;
}

static bool is_before(const struct policy_name *a, const struct policy_name *b)
{
	const int order = strcmp(a->name, b->name);

	return order < 0 || (order == 0 && a->below * 2 + a->block < b->below * 2 + b->block);
}

void policy_asked_order(const struct policy *policy)
{
	const struct policy_web *web = &policy->web;

	for (size_t i = 1; i < policy->rule_count; i++)
		HOLDS("rules stand in order, no two alike",
		      number_of(&policy->rules[i - 1]) < number_of(&policy->rules[i]));
	for (size_t i = 1; i < web->name_count; i++) {
		const struct policy_name *a = &web->names[i - 1], *b = &web->names[i];

		HOLDS("entries of names stand in order", !is_before(b, a));
		HOLDS("entries of names are alike where both files have them only",
		      is_before(a, b) || a->organisation != b->organisation);
	}
	for (size_t i = 1; i < web->host_count; i++) {
		const struct policy_host *a = &web->hosts[i - 1], *b = &web->hosts[i];
		const int order = strcmp(a->name, b->name);

		HOLDS("hosts stand in order, no two alike",
		      order < 0 || (order == 0 && a->ip < b->ip));
	}
}

/* --- copies --- */

/* Into a room that fits just so, and into one that does not. */
void policy_asked_copy(const struct policy *policy, uint8_t shrunk)
{
	static struct made_policy made;
	struct policy_room room = {made.rules,
	                           made.names,
	                           made.hosts,
	                           made.http,
	                           policy->rule_count,
	                           policy->web.name_count,
	                           policy->web.host_count,
	                           policy->web.rule_count};
	size_t *const sizes[] = {&room.rules_max, &room.names_max, &room.hosts_max, &room.http_max};
	size_t *size = sizes[shrunk % 4];

	HOLDS("a copy fits where there is room for its lists",
	      policy_copy_into(&made.policy, &room, policy));
	HOLDS("a copy says the same", contract_same(&made.policy, policy));
	HOLDS("a copy's lists are its own",
	      made.policy.rules == made.rules && made.policy.web.names == made.names &&
	              made.policy.web.hosts == made.hosts && made.policy.web.rules == made.http);
	made.policy.rule_count = 77;
	if (!*size)
		return;
	--*size;
	HOLDS("a list that does not fit is not copied",
	      !policy_copy_into(&made.policy, &room, policy));
	HOLDS("what is not copied is left alone", made.policy.rule_count == 77);
}

void policy_asked_share(const struct policy *policy)
{
	static const struct policy empty;
	static struct policy_share *share;
	struct policy fewer = *policy;
	const struct policy *now;

	if (!share)
		share = policy_share_new(&empty);
	if (!share)
		return;
	fewer.rule_count /= 2;
	policy_share_put(share, 0, policy);
	policy_share_put(share, 1, &fewer);
	now = policy_share_get(share, 1);
	HOLDS("a policy in shared memory says the same", contract_same(now, &fewer));
	for (size_t i = 0; i < policy->rule_count; i++)
		policy_asked_endpoint(now, policy->rules[i].proto, policy->rules[i].ip,
		                      policy->rules[i].port);
}
