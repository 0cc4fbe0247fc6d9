/* SPDX-License-Identifier: ISC */
/* policy_maker.c: policies made of bytes. */
#include "fuzz/rig/policy_maker.h"

#include "ref/policy_http.h"
#include "ref/policy_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* --- values --- */

uint8_t policy_maker_byte(struct rd *r)
{
	uint8_t byte = 0;

	return rd_u8(r, &byte) ? byte : 0;
}

uint32_t policy_maker_ip(struct rd *r)
{
	static const uint32_t near[] = {0xc6336407, 0x076433c6, 0xc6336507, 0xc7336407, 0x0a000001,
	                                0xa9fea9fe, 0xc0a86401, 0xc0a86402, 0xc0a864ff, 0x7f000001,
	                                0xac100105, 0x80000001, 0x08080808, 0xe00000fb, 0x00000001};
	const uint8_t byte = policy_maker_byte(r);
	uint32_t ip = 0;

	if (byte % 16 == 15)
		return rd_u32(r, &ip) ? ip : 0;
	return near[byte % 16] + byte / 64;
}

uint16_t policy_maker_port(struct rd *r)
{
	static const uint16_t near[] = {53,     67,     80,    123, 443, 0x3500,
	                                0x8035, 0x0135, 65535, 1,   853};
	const uint8_t byte = policy_maker_byte(r);
	uint16_t port = 0;

	if (byte % 12 == 11)
		return rd_u16(r, &port) ? port : 0;
	return near[byte % 12];
}

uint8_t policy_maker_proto(struct rd *r)
{
	static const uint8_t protocols[] = {17, 6, 17, 6, 17, 6, 1, 0};

	return protocols[policy_maker_byte(r) % 8];
}

static const char *label(struct rd *r)
{
	static const char *const labels[] = {"a", "b", "test", "a-b", "aa", "z", "", "xn--a"};

	return labels[policy_maker_byte(r) % 8];
}

void policy_maker_name(struct rd *r, char out[POLICY_NAME_MAX + 1])
{
	const uint8_t count = policy_maker_byte(r) % 5;
	size_t len = 0;

	*out = '\0';
	for (uint8_t i = 0; i < count; i++)
		len += (size_t)snprintf(out + len, POLICY_NAME_MAX + 1 - len, "%s%s", i ? "." : "",
		                        label(r));
}

/* --- lists: entries equal to the one before are left out, as none is behind the loader --- */

static size_t unique(void *list, size_t count, size_t size,
                     int (*compare)(const void *, const void *))
{
	char *items = list;
	size_t kept = 0;

	qsort(list, count, size, compare);
	for (size_t i = 0; i < count; i++)
		if (!kept || compare(items + (kept - 1) * size, items + i * size) != 0)
			memmove(items + kept++ * size, items + i * size, size);
	return kept;
}

static int by_endpoint(const void *a, const void *b)
{
	return policy_compare(a, b);
}

static int by_name(const void *a, const void *b)
{
	const struct policy_name *x = a, *y = b;
	const int order = policy_name_compare(x, y);

	return order ? order : y->organisation - x->organisation;
}

/* In which order the files' entries of one name stand is left open. */
static int by_name_users_first(const void *a, const void *b)
{
	const struct policy_name *x = a, *y = b;
	const int order = policy_name_compare(x, y);

	return order ? order : x->organisation - y->organisation;
}

static int by_host(const void *a, const void *b)
{
	return policy_host_compare(a, b);
}

static int by_domain(const void *a, const void *b)
{
	return policy_http_compare(a, b);
}

static size_t list_len(struct rd *r)
{
	return policy_maker_byte(r) % (POLICY_MAKER_MAX + 1);
}

static void make_rules(struct rd *r, struct made_policy *out)
{
	const size_t count = list_len(r);

	for (size_t i = 0; i < count; i++) {
		out->rules[i] = (struct policy_rule){.proto = policy_maker_byte(r) % 2 ? 6 : 17};
		out->rules[i].ip = policy_maker_ip(r);
		out->rules[i].port = policy_maker_port(r);
		snprintf(out->rules[i].id, sizeof(out->rules[i].id), "rule-%zu", i);
	}
	out->policy.rules = out->rules;
	out->policy.rule_count = unique(out->rules, count, sizeof(out->rules[0]), by_endpoint);
}

static void make_names(struct rd *r, struct made_policy *out)
{
	const size_t count = list_len(r);
	const bool theirs = policy_maker_byte(r) % 2; /* domains.allow is the organisation's */

	for (size_t i = 0; i < count; i++) {
		const uint8_t flags = policy_maker_byte(r);
		struct policy_name *entry = &out->names[i];

		*entry = (struct policy_name){
		        .below = flags & 1, .block = flags & 2, .index = (uint16_t)i};
		entry->splice = !entry->block && flags & 4;
		entry->organisation = entry->block ? flags & 8 : theirs;
		policy_maker_name(r, entry->name);
	}
	out->policy.web.names = out->names;
	out->policy.web.name_count = unique(out->names, count, sizeof(out->names[0]),
	                                    theirs ? by_name : by_name_users_first);
}

static void make_hosts(struct rd *r, struct made_policy *out)
{
	const size_t count = list_len(r);

	for (size_t i = 0; i < count; i++) {
		out->hosts[i] = (struct policy_host){.ip = policy_maker_ip(r)};
		policy_maker_name(r, out->hosts[i].name);
	}
	out->policy.web.hosts = out->hosts;
	out->policy.web.host_count = unique(out->hosts, count, sizeof(out->hosts[0]), by_host);
}

static void make_http(struct rd *r, struct made_policy *out)
{
	const size_t count = policy_maker_byte(r) % 4;

	for (size_t i = 0; i < count; i++) {
		out->http[i] = (struct policy_http){.index = (uint16_t)i, .prefix = true};
		policy_maker_name(r, out->http[i].domain);
	}
	out->policy.web.rules = out->http;
	out->policy.web.rule_count = unique(out->http, count, sizeof(out->http[0]), by_domain);
}

/* --- the whole --- */

static uint8_t make_ports(struct rd *r, uint16_t ports[POLICY_PORTS_MAX])
{
	const uint8_t count = policy_maker_byte(r) % 4;

	for (uint8_t i = 0; i < count; i++)
		ports[i] = policy_maker_port(r);
	return count;
}

static void make_web(struct rd *r, struct policy_web *web)
{
	const uint8_t byte = policy_maker_byte(r);

	*web = (struct policy_web){
	        .dns = (enum policy_dns)(byte % 3),
	        .tls = (enum policy_tls)(byte / 4 % 3),
	        .default_allow = byte & 128,
	        .ttl_max_s = 300,
	        .resolver_port = 53,
	        .head_timeout_s = 10,
	        .idle_timeout_s = 60,
	        .ca_cert = "c",
	        .ca_key = "k",
	};
	web->tls_port_count = make_ports(r, web->tls_ports);
	web->http_port_count = make_ports(r, web->http_ports);
}

static void make_vm(struct rd *r, struct policy *policy)
{
	static const struct {
		uint32_t ip, mask, gateway;
	} nets[] = {
	        {0xc0a86402, 0xffffff00, 0xc0a86401}, {0x0a000105, 0xff000000, 0x0a0000fe},
	        {0xac100105, 0xfffffffc, 0xac100106}, {0x80000002, 0x80000000, 0x80000001},
	        {0xc6336407, 0xfffffff0, 0xc6336409},
	};
	const size_t net = policy_maker_byte(r) % LEN(nets);

	policy->vm_ip = nets[net].ip;
	policy->netmask = nets[net].mask;
	policy->gateway_ip = nets[net].gateway;
	policy_gateway_mac(policy->gateway_ip, policy->gateway_mac);
}

void policy_maker_make(struct rd *r, struct made_policy *out)
{
	const uint8_t byte = policy_maker_byte(r);

	out->policy = (struct policy){
	        .mode = POLICY_DIRECT + (enum policy_mode)(byte % 4),
	        .terminate = byte & 4,
	        .echo = byte & 8,
	        .sampled_below = UINT64_C(1) << 31,
	        .conntrack_ttl_s = 300,
	        .benign = byte >> 3,
	        .mtu = 1500,
	        .flows_max = 1024,
	        .tcp_max = 256,
	};
	make_vm(r, &out->policy);
	make_web(r, &out->policy.web);
	make_rules(r, out);
	make_names(r, out);
	make_hosts(r, out);
	make_http(r, out);
}

static void change_web(uint8_t what, uint8_t value, struct policy_web *web)
{
	switch (what % 16) {
	case 0:
		web->dns = (enum policy_dns)(value % 3);
		break;
	case 1:
		web->resolver_ip = value;
		break;
	case 2:
		web->resolver_port = value;
		break;
	case 3:
		web->ttl_max_s = value;
		break;
	case 4:
		web->tls = (enum policy_tls)(value % 3);
		break;
	case 5:
		web->tls_ports[value % 4] ^= 256;
		break;
	case 6:
		web->tls_port_count = value % 4;
		break;
	case 7:
		web->http_ports[value % 4] ^= 1;
		break;
	case 8:
		web->http_port_count = value % 4;
		break;
	case 9:
		web->ca_cert[0] = (char)value;
		break;
	case 10:
		web->ca_key[0] = (char)value;
		break;
	case 11:
		web->upstream_ca[0] = (char)value;
		break;
	case 12:
		web->head_timeout_s = value;
		break;
	case 13:
		web->idle_timeout_s = value;
		break;
	case 14:
		web->body_max = value;
		break;
	default:
		web->default_allow = value % 2;
	}
}

void policy_maker_change(struct rd *r, struct policy *policy)
{
	const uint8_t what = policy_maker_byte(r), value = policy_maker_byte(r);

	switch (what % 32) {
	case 16:
		policy->mode = (enum policy_mode)(value % 5);
		break;
	case 17:
		policy->sampled_below = (uint64_t)value << 25;
		break;
	case 18:
		policy->conntrack_ttl_s = value * 3U;
		break;
	case 19:
		policy->terminate = value % 2;
		break;
	case 20:
		policy->vm_mac[value % ADDR_MAC_LEN] ^= value;
		break;
	case 21:
		policy->vm_ip ^= value;
		break;
	case 22:
		policy->netmask ^= value;
		break;
	case 23:
		policy->gateway_ip ^= value;
		break;
	case 24:
		policy->echo = value % 2;
		break;
	case 25:
		policy->benign ^= 1U << value % 5;
		break;
	case 26:
		policy->mtu = value;
		break;
	case 27:
		policy->flows_max = value;
		break;
	case 28:
		policy->tcp_max = value;
		break;
	case 29:
		policy->reset_denied_tcp = value % 2;
		break;
	case 30:
	case 31:
		break;
	default:
		change_web(what, value, &policy->web);
	}
}
