/* SPDX-License-Identifier: ISC */
/* policy.c: looking up the allow list, and what may follow upon a policy. */
#include "ref/policy.h"

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

bool policy_copy_into(struct policy *to, struct policy_rule *room, size_t room_count,
                      const struct policy *from)
{
	if (from->rule_count > room_count)
		return false;
	if (from->rule_count)
		memcpy(room, from->rules, from->rule_count * sizeof(*room));
	*to = *from;
	to->rules = room;
	return true;
}

static bool same_vm(const struct policy *a, const struct policy *b)
{
	return memcmp(a->vm_mac, b->vm_mac, ADDR_MAC_LEN) == 0 && a->vm_ip == b->vm_ip &&
	       a->netmask == b->netmask && a->gateway_ip == b->gateway_ip;
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
	return NULL;
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
