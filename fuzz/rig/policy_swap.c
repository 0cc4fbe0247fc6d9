/* SPDX-License-Identifier: ISC */
/* policy_swap.c: whether one policy may follow upon another, key by key. */
#include "fuzz/rig/policy_swap.h"

#include <string.h>

struct question {
	const struct policy *now, *next;
	const char *key; /* asked about; NULL: any */
	bool refused;
};

static void key_is(struct question *q, const char *key, bool stands_in_the_way)
{
	if (stands_in_the_way && (!q->key || strcmp(q->key, key) == 0))
		q->refused = true;
}

static bool ports_differ(const uint16_t *a, uint8_t a_count, const uint16_t *b, uint8_t b_count)
{
	bool differ = a_count != b_count;

	for (uint8_t i = 0; !differ && i < a_count; i++)
		differ = a[i] != b[i];
	return differ;
}

static void ask_packets(struct question *q)
{
	const struct policy *now = q->now, *next = q->next;
	const bool both_sampled = now->mode == POLICY_SAMPLED && next->mode == POLICY_SAMPLED;
	const bool both_tracked = now->mode == POLICY_CONNTRACK && next->mode == POLICY_CONNTRACK;
	bool other_vm = now->vm_ip != next->vm_ip || now->netmask != next->netmask ||
	                now->gateway_ip != next->gateway_ip;

	for (int i = 0; i < 6; i++)
		other_vm = other_vm || now->vm_mac[i] != next->vm_mac[i];
	key_is(q, "mode", next->mode < now->mode);
	key_is(q, "sampling_rate", both_sampled && next->sampled_below < now->sampled_below);
	key_is(q, "conntrack_ttl_s", both_tracked && next->conntrack_ttl_s > now->conntrack_ttl_s);
	key_is(q, "on_violation", now->terminate && !next->terminate);
	key_is(q, "vm", other_vm);
	key_is(q, "icmp_echo", !now->echo && next->echo);
	key_is(q, "benign", (now->benign | next->benign) != now->benign);
	key_is(q, "mtu", now->mtu != next->mtu);
	key_is(q, "limits", now->flows_max != next->flows_max || now->tcp_max != next->tcp_max);
}

static void ask_tls(struct question *q, const struct policy_web *now, const struct policy_web *next)
{
	const bool used = now->tls != POLICY_TLS_OFF && next->tls != POLICY_TLS_OFF;
	const bool ends = now->tls == POLICY_TLS_MITM && next->tls == POLICY_TLS_MITM;

	key_is(q, "tls.mode", now->tls != next->tls);
	key_is(q, "tls.ports",
	       used && ports_differ(now->tls_ports, now->tls_port_count, next->tls_ports,
	                            next->tls_port_count));
	key_is(q, "tls.ca_cert", ends && strcmp(now->ca_cert, next->ca_cert) != 0);
	key_is(q, "tls.ca_key", ends && strcmp(now->ca_key, next->ca_key) != 0);
	key_is(q, "tls.upstream_ca", ends && strcmp(now->upstream_ca, next->upstream_ca) != 0);
}

static void ask_web(struct question *q, const struct policy_web *now, const struct policy_web *next)
{
	const bool asks = now->dns == POLICY_DNS_FORWARD && next->dns == POLICY_DNS_FORWARD;
	const bool requests = now->tls != POLICY_TLS_OFF || now->http_port_count > 0;

	key_is(q, "dns.mode", now->dns != next->dns);
	key_is(q, "dns.upstream",
	       asks && (now->resolver_ip != next->resolver_ip ||
	                now->resolver_port != next->resolver_port));
	key_is(q, "dns.ttl_max_s", now->dns != POLICY_DNS_OFF && now->ttl_max_s != next->ttl_max_s);
	key_is(q, "http.ports",
	       ports_differ(now->http_ports, now->http_port_count, next->http_ports,
	                    next->http_port_count));
	key_is(q, "http.head_timeout_s", requests && now->head_timeout_s != next->head_timeout_s);
	key_is(q, "http.idle_timeout_s", requests && now->idle_timeout_s != next->idle_timeout_s);
	key_is(q, "http.body_max", requests && now->body_max != next->body_max);
}

bool policy_swap_is_refused_for(const struct policy *now, const struct policy *next,
                                const char *key)
{
	struct question q = {.now = now, .next = next, .key = key};

	ask_packets(&q);
	ask_tls(&q, &now->web, &next->web);
	ask_web(&q, &now->web, &next->web);
	return key ? q.refused : !q.refused;
}
