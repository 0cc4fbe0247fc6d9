/* SPDX-License-Identifier: ISC */
/* policy.c: looking up the allow list, and what may follow upon a policy. */
#include "ref/policy.h"

#include "ref/ipv4.h"

#include <string.h>

int policy_compare(const struct policy_rule *a, const struct policy_rule *b)
{
	if (a->proto != b->proto)
		return a->proto < b->proto ? -1 : 1;
	if (a->ip != b->ip)
		return a->ip < b->ip ? -1 : 1;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return 0;
}

const struct policy_rule *policy_find(const struct policy *policy, uint8_t proto, uint32_t ip,
                                      uint16_t port)
{
	const struct policy_rule wanted = {.ip = ip, .port = port, .proto = proto};
	size_t low = 0, high = policy->rule_count;

	/*@ loop invariant ends: low <= high <= policy->rule_count;
	  @ loop invariant below: low > 0 ==> rule_before(policy, low - 1, proto, ip, port);
	  @ loop invariant above: high < policy->rule_count ==> rule_behind(policy, high, proto, ip, port);
	  @ loop assigns low, high;
	  @ loop variant high - low; */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = policy_compare(&wanted, &policy->rules[middle]);

		if (order == 0)
			return &policy->rules[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

bool policy_is_destination(const struct policy *policy, uint32_t ip)
{
	const uint32_t host_bits = ~policy->netmask;
	const bool in_net = ((ip ^ policy->vm_ip) & policy->netmask) == 0;

	if (!addr_is_unicast(ip) || ip == policy->vm_ip || ip == policy->gateway_ip)
		return false;
	return !in_net || ((ip & host_bits) != 0 && (ip & host_bits) != host_bits);
}

static bool has_port(const uint16_t *ports, uint8_t count, uint16_t port)
{
	/*@ loop invariant so_far: 0 <= i <= count && \forall integer k; 0 <= k < i ==> ports[k] != port;
	  @ loop assigns i;
	  @ loop variant count - i; */
	for (uint8_t i = 0; i < count; i++)
		if (ports[i] == port)
			return true;
	return false;
}

enum policy_service policy_service(const struct policy *policy, uint8_t proto, uint32_t ip,
                                   uint16_t port)
{
	const struct policy_web *web = &policy->web;
	enum policy_service service = POLICY_SERVICE_NONE;

	if (ip == policy->gateway_ip)
		return web->dns != POLICY_DNS_OFF && port == POLICY_DNS_PORT &&
		                       (proto == IPV4_UDP || proto == IPV4_TCP)
		               ? POLICY_SERVICE_DNS
		               : POLICY_SERVICE_NONE;
	if (proto != IPV4_TCP)
		return POLICY_SERVICE_NONE;
	if (web->tls != POLICY_TLS_OFF && has_port(web->tls_ports, web->tls_port_count, port))
		service = POLICY_SERVICE_TLS;
	else if (has_port(web->http_ports, web->http_port_count, port))
		service = POLICY_SERVICE_HTTP;
	/* Asked last: most packets go to ports that are nobody's. */
	return service && policy_is_destination(policy, ip) ? service : POLICY_SERVICE_NONE;
}

bool policy_needs_gate(const struct policy *policy)
{
	const struct policy_web *web = &policy->web;

	return web->dns != POLICY_DNS_OFF || web->tls != POLICY_TLS_OFF || web->http_port_count;
}

static void copy_list(void *to, const void *from, size_t count, size_t size)
{
	if (count)
		memcpy(to, from, count * size);
}

bool policy_copy_into(struct policy *to, const struct policy_room *room, const struct policy *from)
{
	const struct policy_web *web = &from->web;

	if (from->rule_count > room->rules_max || web->name_count > room->names_max ||
	    web->host_count > room->hosts_max || web->rule_count > room->http_max)
		return false;
	copy_list(room->rules, from->rules, from->rule_count, sizeof(*room->rules));
	copy_list(room->names, web->names, web->name_count, sizeof(*room->names));
	copy_list(room->hosts, web->hosts, web->host_count, sizeof(*room->hosts));
	copy_list(room->http, web->rules, web->rule_count, sizeof(*room->http));
	*to = *from;
	to->rules = room->rules;
	to->web.names = room->names;
	to->web.hosts = room->hosts;
	to->web.rules = room->http;
	return true;
}

static bool same_vm(const struct policy *a, const struct policy *b)
{
	return memcmp(a->vm_mac, b->vm_mac, ADDR_MAC_LEN) == 0 && a->vm_ip == b->vm_ip &&
	       a->netmask == b->netmask && a->gateway_ip == b->gateway_ip;
}

static bool same_ports(const uint16_t *a, size_t a_count, const uint16_t *b, size_t b_count)
{
	return a_count == b_count && memcmp(a, b, a_count * sizeof(*a)) == 0;
}

static const char *refuses_dns(const struct policy_web *now, const struct policy_web *next)
{
	if (now->dns != next->dns)
		return "dns.mode";
	if (now->dns == POLICY_DNS_FORWARD &&
	    (now->resolver_ip != next->resolver_ip || now->resolver_port != next->resolver_port))
		return "dns.upstream";
	if (now->dns != POLICY_DNS_OFF && now->ttl_max_s != next->ttl_max_s)
		return "dns.ttl_max_s";
	return NULL;
}

static const char *refuses_tls(const struct policy_web *now, const struct policy_web *next)
{
	if (now->tls != next->tls)
		return "tls.mode";
	if (now->tls == POLICY_TLS_OFF)
		return NULL;
	if (!same_ports(now->tls_ports, now->tls_port_count, next->tls_ports, next->tls_port_count))
		return "tls.ports";
	if (now->tls != POLICY_TLS_MITM)
		return NULL;
	if (strcmp(now->ca_cert, next->ca_cert) != 0)
		return "tls.ca_cert";
	if (strcmp(now->ca_key, next->ca_key) != 0)
		return "tls.ca_key";
	return strcmp(now->upstream_ca, next->upstream_ca) != 0 ? "tls.upstream_ca" : NULL;
}

static const char *refuses_http(const struct policy_web *now, const struct policy_web *next)
{
	if (!same_ports(now->http_ports, now->http_port_count, next->http_ports,
	                next->http_port_count))
		return "http.ports";
	if (now->tls == POLICY_TLS_OFF && !now->http_port_count)
		return NULL;
	if (now->head_timeout_s != next->head_timeout_s)
		return "http.head_timeout_s";
	if (now->idle_timeout_s != next->idle_timeout_s)
		return "http.idle_timeout_s";
	return now->body_max != next->body_max ? "http.body_max" : NULL;
}

static const char *refuses_web(const struct policy_web *now, const struct policy_web *next)
{
	const char *key = refuses_dns(now, next);

	if (!key)
		key = refuses_tls(now, next);
	return key ? key : refuses_http(now, next);
}

const char *policy_refuses_swap(const struct policy *now, const struct policy *next)
{
	const bool same_mode = now->mode == next->mode;

	if (next->mode < now->mode)
		return "mode";
	if (same_mode && now->mode == POLICY_SAMPLED && next->sampled_below < now->sampled_below)
		return "sampling_rate";
	if (same_mode && now->mode == POLICY_CONNTRACK &&
	    next->conntrack_ttl_s > now->conntrack_ttl_s)
		return "conntrack_ttl_s";
	if (now->terminate && !next->terminate)
		return "on_violation";
	if (!same_vm(now, next))
		return "vm";
	if (next->echo && !now->echo)
		return "icmp_echo";
	if (next->benign & ~now->benign)
		return "benign";
	if (now->mtu != next->mtu)
		return "mtu";
	if (now->flows_max != next->flows_max || now->tcp_max != next->tcp_max)
		return "limits";
	return refuses_web(&now->web, &next->web);
}

const char *policy_mode_name(enum policy_mode mode)
{
	switch (mode) {
	case POLICY_DIRECT:
		return "direct";
	case POLICY_SAMPLED:
		return "sampled";
	case POLICY_CONNTRACK:
		return "conntrack";
	case POLICY_FILTERED:
		return "filtered";
	default:
		return "none";
	}
}

void policy_gateway_mac(uint32_t gateway_ip, uint8_t out[ADDR_MAC_LEN])
{
	out[0] = 0x52;
	out[1] = 0x55;
	for (int i = 0; i < 4; i++)
		out[2 + i] = (uint8_t)(gateway_ip >> (24 - 8 * i));
}
