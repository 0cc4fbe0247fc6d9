/* SPDX-License-Identifier: ISC */
/* contract_web.c: $.dns, $.tls and $.http, and what must not be said together. */
#include "fuzz/rig/contract.h"

#include "ref/ipv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- $.dns --- */

static int by_host(const void *a, const void *b)
{
	const struct policy_host *x = a, *y = b;
	const int order = strcmp(x->name, y->name);

	return order ? order : (x->ip > y->ip) - (x->ip < y->ip);
}

static bool read_host(struct policy *p, const char *key, const json_t *list)
{
	const size_t count = json_array_size(list), before = p->web.host_count;
	char name[POLICY_NAME_MAX + 1];

	if (!count || before + count > 1024 || !contract_host_name(key, name))
		return false;
	for (size_t i = 0; i < before; i++)
		if (strcmp(p->web.hosts[i].name, name) == 0)
			return false;
	p->web.hosts = realloc(p->web.hosts, (before + count) * sizeof(*p->web.hosts));
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));
		struct policy_host *host = &p->web.hosts[before + i];

		*host = (struct policy_host){0};
		memcpy(host->name, name, strlen(name) + 1);
		p->web.host_count++;
		if (!text || !contract_ip4(text, &host->ip) || !contract_destination(p, host->ip))
			return false;
		for (size_t k = before; k < before + i; k++)
			if (p->web.hosts[k].ip == host->ip)
				return false;
	}
	return true;
}

static bool read_hosts(struct policy *p, const json_t *hosts)
{
	void *at = json_object_iter((json_t *)(uintptr_t)hosts);

	for (; at; at = json_object_iter_next((json_t *)(uintptr_t)hosts, at))
		if (!read_host(p, json_object_iter_key(at), json_object_iter_value(at)))
			return false;
	if (p->web.host_count)
		qsort(p->web.hosts, p->web.host_count, sizeof(*p->web.hosts), by_host);
	return !hosts || json_is_object(hosts);
}

static bool read_upstream(struct policy *p, const json_t *value)
{
	const char *text = json_string_value(value), *colon = text ? strrchr(text, ':') : NULL;
	char address[16], again[24];
	unsigned long port;

	if (!colon || colon - text > 15)
		return false;
	port = strtoul(colon + 1, NULL, 10);
	snprintf(again, sizeof(again), ":%lu", port);
	snprintf(address, sizeof(address), "%.*s", (int)(colon - text), text);
	p->web.resolver_port = (uint16_t)port;
	return strcmp(again, colon) == 0 && port >= 1 && port <= 65535 &&
	       contract_ip4(address, &p->web.resolver_ip) &&
	       contract_destination(p, p->web.resolver_ip);
}

static bool read_dns(const struct contract_reader *r)
{
	static const char *const keys[] = {"mode", "upstream", "hosts", "ttl_max_s", NULL};
	static const char *const modes[] = {"off", "synthetic", "forward", NULL};
	const json_t *dns = contract_get(r->files, "dns", NULL, NULL);
	const json_t *mode = contract_get(r->files, "dns", "mode", NULL);
	const json_t *upstream = contract_get(r->files, "dns", "upstream", NULL);
	struct policy_web *web = &r->policy->web;
	json_int_t ttl = 300;

	if ((dns && !contract_has_only(dns, keys)) || (dns && !mode && !r->partial) ||
	    (mode && contract_choice(mode, modes) < 0) ||
	    (upstream && !read_upstream(r->policy, upstream)) ||
	    !contract_integer(contract_get(r->files, "dns", "ttl_max_s", NULL), 1, 86400, &ttl) ||
	    !read_hosts(r->policy, contract_get(r->files, "dns", "hosts", NULL)))
		return false;
	web->dns = mode ? (enum policy_dns)contract_choice(mode, modes) : POLICY_DNS_OFF;
	web->ttl_max_s = (uint32_t)ttl;
	return r->partial || web->dns != POLICY_DNS_FORWARD || upstream;
}

/* --- $.tls and $.http --- */

/* The list is kept in order, port by port. */
static bool read_ports(const json_t *list, uint16_t *ports, uint8_t *count)
{
	if (!list)
		return true;
	*count = 0;
	if (!json_is_array(list) || json_array_size(list) > 8)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_int_t port;
		size_t at = *count;

		if (!contract_integer(json_array_get(list, i), 1, 65535, &port))
			return false;
		for (; at && ports[at - 1] >= port; at--) {
			if (ports[at - 1] == port)
				return false;
			ports[at] = ports[at - 1];
		}
		ports[at] = (uint16_t)port;
		++*count;
	}
	return true;
}

static bool read_file(const struct contract_reader *r, const char *key,
                      char out[POLICY_FILE_NAME_MAX + 1])
{
	bool organisation;
	const json_t *value = contract_get(r->files, "tls", key, &organisation);
	const char *text = json_string_value(value);
	const char *folder = organisation ? r->files->organisation_folder : r->files->user_folder;
	int len;

	if (!value)
		return true;
	if (!text || !*text)
		return false;
	len = *text == '/' || !folder ? snprintf(out, 1024, "%s", text)
	                              : snprintf(out, 1024, "%s/%s", folder, text);
	return len <= 1023;
}

static bool read_tls(const struct contract_reader *r)
{
	static const char *const keys[] = {"mode",   "ports",       "ca_cert",
	                                   "ca_key", "upstream_ca", NULL};
	static const char *const modes[] = {"off", "splice", "mitm", NULL};
	const json_t *tls = contract_get(r->files, "tls", NULL, NULL);
	struct policy_web *web = &r->policy->web;
	bool organisation;
	const json_t *mode = contract_get(r->files, "tls", "mode", &organisation);

	web->tls_ports[0] = 443;
	web->tls_port_count = 1;
	if ((tls && !contract_has_only(tls, keys)) || (tls && !mode && !r->partial) ||
	    (mode && contract_choice(mode, modes) < 0) ||
	    !read_ports(contract_get(r->files, "tls", "ports", NULL), web->tls_ports,
	                &web->tls_port_count) ||
	    !read_file(r, "ca_cert", web->ca_cert) || !read_file(r, "ca_key", web->ca_key) ||
	    !read_file(r, "upstream_ca", web->upstream_ca))
		return false;
	web->tls = mode ? (enum policy_tls)contract_choice(mode, modes) : POLICY_TLS_OFF;
	/* Where the organisation says so, TLS ends here for the user's names too. */
	for (size_t i = 0; i < web->name_count && organisation; i++)
		web->names[i].splice = web->names[i].splice && web->names[i].organisation;
	if (r->partial || web->tls == POLICY_TLS_OFF)
		return true;
	return web->tls_port_count &&
	       (web->tls != POLICY_TLS_MITM || (*web->ca_cert && *web->ca_key));
}

static bool read_http(const struct contract_reader *r)
{
	const struct contract_files *files = r->files;
	const json_t *ports = contract_get(files, "http", "ports", NULL);
	struct policy_web *web = &r->policy->web;
	json_int_t head = 10, idle = 60, body = 0;

	if (!read_ports(ports, web->http_ports, &web->http_port_count) ||
	    !contract_integer(contract_get(files, "http", "head_timeout_s", NULL), 1, 86400,
	                      &head) ||
	    !contract_integer(contract_get(files, "http", "idle_timeout_s", NULL), 1, 86400,
	                      &idle) ||
	    !contract_integer(contract_get(files, "http", "body_max", NULL), 0,
	                      INT64_C(9007199254740992), &body))
		return false;
	web->head_timeout_s = (uint32_t)head;
	web->idle_timeout_s = (uint32_t)idle;
	web->body_max = (uint64_t)body;
	if (!ports &&
	    (web->tls != POLICY_TLS_OFF || json_is_object(json_object_get(files->user, "http")) ||
	     json_is_object(json_object_get(files->organisation, "http")))) {
		web->http_ports[0] = 80;
		web->http_port_count = 1;
	}
	return true;
}

/* --- together --- */

static bool has(const uint16_t *ports, size_t count, uint16_t port)
{
	for (size_t i = 0; i < count; i++)
		if (ports[i] == port)
			return true;
	return false;
}

/* Whether what the file allows for the rule's domain is nothing. */
static bool is_idle(const struct policy_web *web, const struct policy_http *rule)
{
	char name[POLICY_NAME_MAX + 3], tail[POLICY_NAME_MAX + 2];
	const struct policy_name *entry;

	snprintf(name, sizeof(name), "%s%s", rule->below ? "?." : "", rule->domain);
	snprintf(tail, sizeof(tail), ".%s", rule->domain);
	entry = strlen(name) <= POLICY_NAME_MAX ? contract_name(web, name) : NULL;
	if (!entry || !entry->block || entry->organisation != rule->organisation)
		return false;
	for (size_t i = 0; i < web->name_count && rule->below; i++) {
		const char *other = web->names[i].name;

		if (!web->names[i].block && strlen(other) >= strlen(tail) &&
		    strcmp(other + strlen(other) - strlen(tail), tail) == 0)
			return false;
	}
	return true;
}

static bool fits(const struct policy *p)
{
	const struct policy_web *web = &p->web;
	const bool web_tls = web->tls != POLICY_TLS_OFF;
	const bool looks = web->dns != POLICY_DNS_OFF || web_tls || web->http_port_count;
	const bool strict = p->mode == POLICY_CONNTRACK || p->mode == POLICY_FILTERED;

	if ((looks && !strict) || (!looks && (web->name_count || web->default_allow)))
		return false;
	for (size_t i = 0; i < web->http_port_count && web_tls; i++)
		if (has(web->tls_ports, web->tls_port_count, web->http_ports[i]))
			return false;
	for (size_t i = 0; i < p->rule_count; i++)
		if (p->rules[i].proto == IPV4_TCP &&
		    (has(web->http_ports, web->http_port_count, p->rules[i].port) ||
		     (web_tls && has(web->tls_ports, web->tls_port_count, p->rules[i].port))))
			return false;
	for (size_t i = 0; i < web->rule_count; i++)
		if (is_idle(web, &web->rules[i]))
			return false;
	return !web->rule_count || web->http_port_count || web->tls == POLICY_TLS_MITM;
}

bool contract_read_web(struct contract_reader *r)
{
	return read_dns(r) && read_tls(r) && read_http(r) && (r->partial || fits(r->policy));
}
