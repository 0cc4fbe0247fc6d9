/* SPDX-License-Identifier: ISC */
/* policy_load_web.c: DNS, TLS and HTTP, and what must not be said of them together. */
#include "ref/policy_load_parts.h"
#include "ref/policy_name.h"

#include <stdio.h>
#include <stdlib.h>

#define SECONDS_MAX 86400
#define BODY_MAX    (INT64_C(1) << 53)

/* --- ports --- */

static int compare_ports(const void *a, const void *b)
{
	const uint16_t *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

static bool has_port(const uint16_t *ports, size_t count, uint16_t port)
{
	for (size_t i = 0; i < count; i++)
		if (ports[i] == port)
			return true;
	return false;
}

static void check_ports(struct schema *s, const json_t *value, uint16_t *ports, uint8_t *count)
{
	const size_t given = json_array_size(value);

	if (!json_is_array(value) || given > POLICY_PORTS_MAX) {
		schema_bad(s, "must be an array of at most %d ports", POLICY_PORTS_MAX);
		return;
	}
	*count = 0;
	for (size_t i = 0; i < given; i++) {
		json_int_t port;

		schema_push(s, NULL, i);
		if (schema_get_integer(s, json_array_get(value, i), "port", 1, 65535, &port)) {
			if (has_port(ports, *count, (uint16_t)port))
				schema_bad(s, "port %lld is in the list already", (long long)port);
			ports[(*count)++] = (uint16_t)port;
		}
		schema_pop(s);
	}
	qsort(ports, *count, sizeof(*ports), compare_ports);
}

/* --- $.dns --- */

static void check_dns_mode(struct schema *s, json_t *value)
{
	static const char *const modes[] = {"off", "synthetic", "forward"};
	struct loader *l = s->context;
	int mode = schema_get_choice(s, value, modes, POLICY_LOAD_COUNT(modes));

	if (mode >= 0)
		l->policy->web.dns = POLICY_DNS_OFF + (enum policy_dns)mode;
}

/* "9.9.9.9:53", each number in its shortest spelling. */
static bool parse_endpoint(const char *text, uint32_t *ip, uint16_t *port)
{
	const char *colon = strchr(text, ':');
	char address[16];
	unsigned long number;
	char *end;

	if (!colon || (size_t)(colon - text) >= sizeof(address) || colon[1] < '1' || colon[1] > '9')
		return false;
	memcpy(address, text, (size_t)(colon - text));
	address[colon - text] = '\0';
	number = strtoul(colon + 1, &end, 10);
	*port = (uint16_t)number;
	return !*end && number <= UINT16_MAX && addr_parse_ip4(address, ip);
}

static void check_upstream(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	struct policy_web *web = &l->policy->web;
	const char *text = schema_get_string(s, value);

	if (!text)
		return;
	if (!parse_endpoint(text, &web->resolver_ip, &web->resolver_port))
		schema_bad(s, "must be an IPv4 address and port such as 9.9.9.9:53");
	else if (!policy_is_destination(l->policy, web->resolver_ip))
		schema_bad(s, "is not the unicast address of another machine");
}

static void check_ttl(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	json_int_t seconds;

	if (schema_get_integer(s, value, "time", 1, SECONDS_MAX, &seconds))
		l->policy->web.ttl_max_s = (uint32_t)seconds;
}

void policy_load_check_dns(struct schema *s, json_t *value)
{
	static const struct schema_field fields[] = {
	        {"mode", true, check_dns_mode},
	        {"upstream", false, check_upstream},
	        {"hosts", false, policy_load_check_hosts},
	        {"ttl_max_s", false, check_ttl},
	};

	schema_check_object(s, value, fields, POLICY_LOAD_COUNT(fields));
}

/* --- $.tls --- */

static void check_tls_mode(struct schema *s, json_t *value)
{
	static const char *const modes[] = {"off", "splice", "mitm"};
	struct loader *l = s->context;
	int mode = schema_get_choice(s, value, modes, POLICY_LOAD_COUNT(modes));

	if (mode >= 0)
		l->policy->web.tls = POLICY_TLS_OFF + (enum policy_tls)mode;
}

static void check_tls_ports(struct schema *s, json_t *value)
{
	struct loader *l = s->context;

	check_ports(s, value, l->policy->web.tls_ports, &l->policy->web.tls_port_count);
}

/* A relative path is one from the folder of the file that has it. */
static void check_file(struct schema *s, const json_t *value, char out[POLICY_FILE_NAME_MAX + 1])
{
	struct loader *l = s->context;
	const struct policy_source *source = policy_load_is_organisation(s) ? l->merge->organisation
	                                                                    : l->merge->user;
	const char *text = schema_get_string(s, value), *folder = source->folder;
	int len;

	if (!text)
		return;
	if (!folder || *text == '/')
		folder = "";
	len = snprintf(out, POLICY_FILE_NAME_MAX + 1, "%s%s%s", folder, *folder ? "/" : "", text);
	if (!*text || len > POLICY_FILE_NAME_MAX)
		schema_bad(s, "must be the name of a file, of at most %d characters",
		           POLICY_FILE_NAME_MAX);
}

static void check_ca_cert(struct schema *s, json_t *value)
{
	struct loader *l = s->context;

	check_file(s, value, l->policy->web.ca_cert);
}

static void check_ca_key(struct schema *s, json_t *value)
{
	struct loader *l = s->context;

	check_file(s, value, l->policy->web.ca_key);
}

static void check_upstream_ca(struct schema *s, json_t *value)
{
	struct loader *l = s->context;

	check_file(s, value, l->policy->web.upstream_ca);
}

void policy_load_check_tls(struct schema *s, json_t *value)
{
	static const struct schema_field fields[] = {
	        {"mode", true, check_tls_mode},
	        {"ports", false, check_tls_ports},
	        {"ca_cert", false, check_ca_cert},
	        {"ca_key", false, check_ca_key},
	        {"upstream_ca", false, check_upstream_ca},
	};

	schema_check_object(s, value, fields, POLICY_LOAD_COUNT(fields));
}

/* --- $.http --- */

static void check_http_ports(struct schema *s, json_t *value)
{
	struct loader *l = s->context;

	l->has_http_ports = true;
	check_ports(s, value, l->policy->web.http_ports, &l->policy->web.http_port_count);
}

static void check_head_timeout(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	json_int_t seconds;

	if (schema_get_integer(s, value, "time", 1, SECONDS_MAX, &seconds))
		l->policy->web.head_timeout_s = (uint32_t)seconds;
}

static void check_idle_timeout(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	json_int_t seconds;

	if (schema_get_integer(s, value, "time", 1, SECONDS_MAX, &seconds))
		l->policy->web.idle_timeout_s = (uint32_t)seconds;
}

static void check_body_max(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	json_int_t bytes;

	if (schema_get_integer(s, value, "size", 0, BODY_MAX, &bytes))
		l->policy->web.body_max = (uint64_t)bytes;
}

void policy_load_check_http(struct schema *s, json_t *value)
{
	static const struct schema_field fields[] = {
	        {"ports", false, check_http_ports},
	        {"rules", false, policy_load_check_rules},
	        {"head_timeout_s", false, check_head_timeout},
	        {"idle_timeout_s", false, check_idle_timeout},
	        {"body_max", false, check_body_max},
	};
	struct loader *l = s->context;

	l->http_object = json_is_object(value);
	if (l->http_object)
		schema_check_object(s, value, fields, POLICY_LOAD_COUNT(fields));
	else if (json_is_array(value))
		policy_load_check_rules(s, value);
	else
		schema_bad(s, "must be an object, or an array of rules");
}

/* --- together --- */

void policy_load_bad_at(struct schema *s, const char *first, const char *second,
                        const char *complaint)
{
	schema_push(s, first, 0);
	if (second)
		schema_push(s, second, 0);
	schema_bad(s, "%s", complaint);
	if (second)
		schema_pop(s);
	schema_pop(s);
}

static void push_rule(struct schema *s, size_t index)
{
	const struct loader *l = s->context;

	schema_push(s, "http", 0);
	if (l->http_object)
		schema_push(s, "rules", 0);
	schema_push(s, NULL, index);
}

static void pop_rule(struct schema *s)
{
	const struct loader *l = s->context;

	schema_pop(s);
	if (l->http_object)
		schema_pop(s);
	schema_pop(s);
}

/* What a mode needs, and what keeps it from being enforced. */
static void check_modes(struct schema *s)
{
	const struct loader *l = s->context;
	const struct policy *policy = l->policy;
	const struct policy_web *web = &policy->web;
	static const char lax[] = "not every frame is checked in the modes direct and sampled, so "
	                          "that this would not be enforced: use filtered or conntrack";
	const bool checks = policy->mode != POLICY_DIRECT && policy->mode != POLICY_SAMPLED;

	if (!checks && web->dns != POLICY_DNS_OFF)
		policy_load_bad_at(s, "dns", "mode", lax);
	if (!checks && web->tls != POLICY_TLS_OFF)
		policy_load_bad_at(s, "tls", "mode", lax);
	if (!checks && web->tls == POLICY_TLS_OFF && web->http_port_count)
		policy_load_bad_at(s, "http", NULL, lax);
	if (web->dns == POLICY_DNS_FORWARD && !web->resolver_port)
		policy_load_bad_at(
		        s, "dns", NULL,
		        "key \"upstream\" is missing, the resolver that mode forward asks");
	if (web->tls == POLICY_TLS_MITM && (!*web->ca_cert || !*web->ca_key))
		policy_load_bad_at(s, "tls", NULL,
		                   "keys \"ca_cert\" and \"ca_key\" are needed in mode mitm, see "
		                   "refnat ca init");
	if (web->tls != POLICY_TLS_OFF && !web->tls_port_count)
		policy_load_bad_at(s, "tls", "ports", "without a port there is no TLS to look at");
}

static void check_port_lists(struct schema *s)
{
	const struct loader *l = s->context;
	const struct policy_web *web = &l->policy->web;

	for (size_t i = 0; i < web->http_port_count && web->tls != POLICY_TLS_OFF; i++)
		if (has_port(web->tls_ports, web->tls_port_count, web->http_ports[i]))
			policy_load_bad_at(s, "http", l->has_http_ports ? "ports" : NULL,
			                   "one of its ports is a port of tls too");
	for (size_t i = 0; i < l->draft_count; i++) {
		const struct policy_rule *rule = &l->drafts[i].rule;

		if (policy_service(l->policy, rule->proto, rule->ip, rule->port) ==
		    POLICY_SERVICE_NONE)
			continue;
		schema_push(s, "allow", 0);
		schema_push(s, NULL, l->drafts[i].index);
		schema_bad(s,
		           "port %u belongs to tls or http, where names decide, not addresses: "
		           "allow the name in domains, or take the port from their ports",
		           rule->port);
		schema_pop(s);
		schema_pop(s);
	}
}

/* A policy must not be accepted and then not enforced. */
static void check_enforced(struct schema *s)
{
	const struct loader *l = s->context;
	const struct policy_web *web = &l->policy->web;
	static const char idle[] =
	        "nothing would look at names: dns and tls are off, and http has no "
	        "ports";

	if (!policy_needs_gate(l->policy) && (web->name_count || web->default_allow))
		policy_load_bad_at(s, "domains", NULL, idle);
	if (web->rule_count && !web->http_port_count && web->tls != POLICY_TLS_MITM)
		policy_load_bad_at(s, "http", NULL,
		                   "nothing would look at requests: give it ports, or tls the mode "
		                   "mitm");
}

/* Whether an entry of the same file blocks the domain of a rule. */
static bool is_blocked(const struct policy_web *web, const struct policy_http *rule)
{
	const struct policy_name *entry;
	char name[POLICY_NAME_MAX + 3];
	const size_t len = strlen(rule->domain);

	/* Below a wildcard's name: one that no list can have, and those that a list allows. */
	snprintf(name, sizeof(name), "%s%s", rule->below ? "?." : "", rule->domain);
	policy_name_decide(web, name, &entry);
	if (!*rule->domain || !entry || !entry->block || entry->organisation != rule->organisation)
		return false;
	for (size_t i = 0; i < web->name_count && rule->below; i++) {
		const struct policy_name *other = &web->names[i];
		const size_t other_len = strlen(other->name);

		if (!other->block && other_len > len && other->name[other_len - len - 1] == '.' &&
		    strcmp(other->name + other_len - len, rule->domain) == 0)
			return false;
	}
	return true;
}

static void check_rules(struct schema *s)
{
	const struct loader *l = s->context;
	const struct policy_web *web = &l->policy->web;

	for (size_t i = 0; i < web->rule_count; i++) {
		if (!is_blocked(web, &web->rules[i]))
			continue;
		push_rule(s, web->rules[i].index);
		schema_bad(s, "decides nothing: domains.block blocks %s%s",
		           web->rules[i].below ? "*." : "", web->rules[i].domain);
		pop_rule(s);
	}
}

/* When the organisation says that TLS ends here, the user's names are no exceptions. */
static void narrow_splices(struct schema *s)
{
	struct loader *l = s->context;
	struct policy_web *web = &l->policy->web;
	bool organisation;

	schema_push(s, "tls", 0);
	schema_push(s, "mode", 0);
	organisation = policy_load_is_organisation(s);
	schema_pop(s);
	schema_pop(s);
	for (size_t i = 0; i < web->name_count && organisation; i++)
		web->names[i].splice = web->names[i].splice && web->names[i].organisation;
}

void policy_load_check_web(struct schema *s)
{
	struct loader *l = s->context;
	struct policy_web *web = &l->policy->web;

	if (!l->has_http_ports && (web->tls != POLICY_TLS_OFF || l->http_object)) {
		web->http_ports[0] = 80;
		web->http_port_count = 1;
	}
	narrow_splices(s);
	check_modes(s);
	check_port_lists(s);
	check_enforced(s);
	check_rules(s);
}
