/* SPDX-License-Identifier: ISC */
/* oracle.c: the verdict of a correct filter, from the policy and one frame alone. */
#include "harness/oracle.h"

#include "harness/addr.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHY_MAX 256

static bool fail(char *why, const char *what)
{
	snprintf(why, WHY_MAX, "%s", what);
	return false;
}

/* "192.168.100.2/24" */
static bool parse_network(const char *text, uint32_t *ip, uint32_t *mask)
{
	char address[ADDR_TEXT];
	size_t len = strcspn(text, "/");
	unsigned long bits;
	char *end;

	if (len >= sizeof(address) || text[len] != '/' || text[len + 1] < '0' ||
	    text[len + 1] > '9')
		return false;
	bits = strtoul(text + len + 1, &end, 10);
	if (*end || bits > 32)
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	*mask = bits ? UINT32_MAX << (32 - bits) : 0;
	return addr_parse_ip4(address, ip);
}

static bool load_vm(const json_t *vm, struct oracle *o, char *why)
{
	const char *mac = json_string_value(json_object_get(vm, "mac"));
	const char *ip = json_string_value(json_object_get(vm, "ip"));
	const char *gateway = json_string_value(json_object_get(vm, "gateway"));

	if (!mac || !addr_parse_mac(mac, o->vm_mac))
		return fail(why, "vm.mac is not a MAC");
	if (!ip || !parse_network(ip, &o->vm_ip, &o->vm_mask))
		return fail(why, "vm.ip is not ADDRESS/BITS");
	if (!gateway || !addr_parse_ip4(gateway, &o->gateway))
		return fail(why, "vm.gateway is not an address");
	return true;
}

static bool load_allow(const json_t *list, struct oracle *o, char *why)
{
	if (list && !json_is_array(list))
		return fail(why, "allow is not a list");
	if (json_array_size(list) > ORACLE_ALLOW_MAX)
		return fail(why, "allow has too many entries");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);
		const char *proto = json_string_value(json_object_get(entry, "proto"));
		const char *ip = json_string_value(json_object_get(entry, "ip"));
		json_int_t port = json_integer_value(json_object_get(entry, "port"));
		bool udp = proto && strcmp(proto, "udp") == 0;
		bool tcp = proto && strcmp(proto, "tcp") == 0;

		if ((!udp && !tcp) || !ip || !addr_parse_ip4(ip, &o->allow[i].ip) || port < 1 ||
		    port > 65535) {
			snprintf(why, WHY_MAX, "allow[%zu] is not a UDP or TCP endpoint", i);
			return false;
		}
		o->allow[i].proto = udp ? 17 : 6;
		o->allow[i].port = (uint16_t)port;
		o->allow_count = i + 1;
	}
	return true;
}

static bool load_root(const json_t *root, struct oracle *o, char *why)
{
	const char *mode = json_string_value(json_object_get(root, "mode"));
	const char *echo = json_string_value(json_object_get(root, "icmp_echo"));

	if (!mode)
		return fail(why, "the policy has no mode");
	o->filtered = strcmp(mode, "filtered") == 0;
	o->icmp_echo = !echo || strcmp(echo, "gateway") == 0; /* absent: on */
	return load_vm(json_object_get(root, "vm"), o, why) &&
	       load_allow(json_object_get(root, "allow"), o, why);
}

bool oracle_load(const char *path, struct oracle *o, char *why)
{
	json_error_t error;
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	bool done;

	*o = (struct oracle){0};
	if (!root) {
		snprintf(why, WHY_MAX, "%d:%d: %s", error.line, error.column, error.text);
		return false;
	}
	done = load_root(root, o, why);
	json_decref(root);
	return done;
}

static bool is_broadcast(const uint8_t mac[6])
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	return memcmp(mac, all, 6) == 0;
}

/* A unicast frame for the gateway; any is, as long as its MAC is not known. */
static bool is_for_gateway(const struct oracle *o, const struct seen *s)
{
	return !(s->eth_dst[0] & 1) &&
	       (!o->has_gateway_mac || memcmp(s->eth_dst, o->gateway_mac, 6) == 0);
}

/* End-of-list and no-operation may fill up a header; everything else is refused. */
static bool has_ip_options(const struct seen *s)
{
	struct rd r = s->net;
	struct rd options;
	uint8_t code;

	if (s->ip_ihl <= 5 || !rd_skip(&r, 20) || !rd_sub(&r, (size_t)s->ip_ihl * 4 - 20, &options))
		return s->ip_ihl > 5;
	while (rd_u8(&options, &code) && code != 0)
		if (code != 1)
			return true;
	return false;
}

/* What is wrong with the frame whatever the policy allows, or NULL. */
static const char *find_flaw(const struct oracle *o, const struct seen *s)
{
	if (s->frame.n < 14)
		return "shorter than an Ethernet header";
	if (memcmp(s->eth_src, o->vm_mac, 6) != 0)
		return "source MAC is not the VM's";
	if (s->vlan_count)
		return "VLAN tag";
	if (s->llc)
		return "LLC instead of an EtherType";
	if (s->fault)
		return s->fault;
	if (s->eth_type == 0x86dd)
		return "IPv6";
	if (s->eth_type != 0x0800 && s->eth_type != 0x0806)
		return "unknown EtherType";
	if (s->eth_type == 0x0806)
		return NULL;
	if (s->ip_mf || s->ip_frag || (s->net.n > 6 && s->net.p[6] & 0x80))
		return "fragment";
	if (s->ip_ttl == 0)
		return "TTL is 0";
	if (has_ip_options(s))
		return "IP options";
	return NULL;
}

static enum oracle_verdict judge_arp(const struct oracle *o, const struct seen *s,
                                     const char **reason)
{
	*reason = "ARP that asks for nothing the gateway answers";
	if (s->arp_op != 1 || s->arp_tpa != o->gateway)
		return ORACLE_DROP;
	*reason = "ARP sender is not the VM";
	if (memcmp(s->arp_sha, o->vm_mac, 6) != 0 || (s->arp_spa && s->arp_spa != o->vm_ip))
		return ORACLE_DROP;
	*reason = "ARP not addressed to the gateway";
	if (!is_broadcast(s->eth_dst) && !is_for_gateway(o, s))
		return ORACLE_DROP;
	*reason = "ARP for the gateway";
	return ORACLE_ANSWER;
}

/* DHCP of the VM for the gateway; other DHCP is ordinary traffic. */
static bool is_dhcp_for_gateway(const struct oracle *o, const struct seen *s)
{
	bool to_all = s->ip_dst == 0xffffffff && is_broadcast(s->eth_dst);
	bool to_gateway = s->ip_dst == o->gateway && is_for_gateway(o, s);
	bool asks = s->dhcp_type == 1 || s->dhcp_type == 3 || s->dhcp_type == 8;

	return s->kind == SEEN_DHCP && s->payload.p[0] == 1 && s->sport == 68 && s->dport == 67 &&
	       (to_all || to_gateway) && (s->ip_src == 0 || s->ip_src == o->vm_ip) && asks &&
	       memcmp(s->dhcp_chaddr, o->vm_mac, 6) == 0 &&
	       (!s->dhcp_server || s->dhcp_server == o->gateway);
}

enum oracle_verdict oracle_judge(const struct oracle *o, const struct seen *s, const char **reason)
{
	*reason = find_flaw(o, s);
	if (*reason)
		return ORACLE_DROP;
	if (s->kind == SEEN_ARP)
		return judge_arp(o, s, reason);
	*reason = "DHCP of the VM";
	if (is_dhcp_for_gateway(o, s))
		return ORACLE_ANSWER;
	*reason = "source address is not the VM's";
	if (s->ip_src != o->vm_ip)
		return ORACLE_DROP;
	*reason = "multicast or broadcast Ethernet destination";
	if (s->eth_dst[0] & 1)
		return ORACLE_DROP;
	*reason = "not addressed to the gateway's MAC";
	if (!is_for_gateway(o, s))
		return ORACLE_DROP;
	*reason = "source port 0";
	if ((s->kind == SEEN_UDP || s->kind == SEEN_TCP) && s->sport == 0)
		return ORACLE_DROP;
	*reason = "echo request to the gateway";
	if (o->icmp_echo && s->kind == SEEN_ICMP && s->icmp_type == 8 && s->icmp_code == 0 &&
	    s->ip_dst == o->gateway)
		return ORACLE_ANSWER;
	*reason = "on the allow list";
	if (s->kind == SEEN_UDP || s->kind == SEEN_TCP || s->kind == SEEN_DHCP)
		for (size_t i = 0; i < o->allow_count; i++)
			if (o->allow[i].proto == s->ip_proto && o->allow[i].ip == s->ip_dst &&
			    o->allow[i].port == s->dport)
				return ORACLE_PASS;
	*reason = "not on the allow list";
	return ORACLE_DROP;
}
