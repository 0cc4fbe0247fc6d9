/* SPDX-License-Identifier: ISC */
/* contract_same.c: compares two policies, member by member: padding says nothing. */
#include "fuzz/rig/contract.h"

#include <string.h>

static bool same_rules(const struct policy *a, const struct policy *b)
{
	bool same = a->rule_count == b->rule_count;

	for (size_t i = 0; same && i < a->rule_count; i++)
		same = a->rules[i].ip == b->rules[i].ip && a->rules[i].port == b->rules[i].port &&
		       a->rules[i].proto == b->rules[i].proto &&
		       strcmp(a->rules[i].id, b->rules[i].id) == 0;
	return same;
}

static bool same_names(const struct policy_web *a, const struct policy_web *b)
{
	bool same = a->name_count == b->name_count;

	for (size_t i = 0; same && i < a->name_count; i++) {
		const struct policy_name *x = &a->names[i], *y = &b->names[i];

		same = strcmp(x->name, y->name) == 0 && x->below == y->below &&
		       x->block == y->block && x->splice == y->splice &&
		       x->organisation == y->organisation && x->index == y->index;
	}
	return same;
}

static bool same_hosts(const struct policy_web *a, const struct policy_web *b)
{
	bool same = a->host_count == b->host_count;

	for (size_t i = 0; same && i < a->host_count; i++)
		same = a->hosts[i].ip == b->hosts[i].ip &&
		       strcmp(a->hosts[i].name, b->hosts[i].name) == 0;
	return same;
}

static bool same_request_rule(const struct policy_http *a, const struct policy_http *b)
{
	bool same = strcmp(a->id, b->id) == 0 && strcmp(a->domain, b->domain) == 0 &&
	            strcmp(a->path, b->path) == 0 && a->below == b->below && a->block == b->block &&
	            a->websocket == b->websocket && a->prefix == b->prefix &&
	            a->organisation == b->organisation && a->index == b->index &&
	            a->method_count == b->method_count;

	for (size_t i = 0; same && i < a->method_count; i++)
		same = strcmp(a->methods[i], b->methods[i]) == 0;
	return same;
}

static bool same_web(const struct policy_web *a, const struct policy_web *b)
{
	bool same = a->dns == b->dns && a->tls == b->tls && a->resolver_ip == b->resolver_ip &&
	            a->resolver_port == b->resolver_port && a->ttl_max_s == b->ttl_max_s &&
	            a->default_allow == b->default_allow && a->rule_count == b->rule_count &&
	            a->tls_port_count == b->tls_port_count &&
	            a->http_port_count == b->http_port_count &&
	            a->head_timeout_s == b->head_timeout_s &&
	            a->idle_timeout_s == b->idle_timeout_s && a->body_max == b->body_max &&
	            strcmp(a->ca_cert, b->ca_cert) == 0 && strcmp(a->ca_key, b->ca_key) == 0 &&
	            strcmp(a->upstream_ca, b->upstream_ca) == 0;

	for (size_t i = 0; same && i < a->tls_port_count; i++)
		same = a->tls_ports[i] == b->tls_ports[i];
	for (size_t i = 0; same && i < a->http_port_count; i++)
		same = a->http_ports[i] == b->http_ports[i];
	for (size_t i = 0; same && i < a->rule_count; i++)
		same = same_request_rule(&a->rules[i], &b->rules[i]);
	return same && same_names(a, b) && same_hosts(a, b);
}

bool contract_same(const struct policy *a, const struct policy *b)
{
	return a->mode == b->mode && a->terminate == b->terminate &&
	       a->sampled_below == b->sampled_below && a->conntrack_ttl_s == b->conntrack_ttl_s &&
	       memcmp(a->vm_mac, b->vm_mac, ADDR_MAC_LEN) == 0 &&
	       memcmp(a->gateway_mac, b->gateway_mac, ADDR_MAC_LEN) == 0 && a->vm_ip == b->vm_ip &&
	       a->netmask == b->netmask && a->gateway_ip == b->gateway_ip && a->echo == b->echo &&
	       a->benign == b->benign && a->reset_denied_tcp == b->reset_denied_tcp &&
	       a->mtu == b->mtu && a->flows_max == b->flows_max && a->tcp_max == b->tcp_max &&
	       same_rules(a, b) && same_web(&a->web, &b->web);
}
