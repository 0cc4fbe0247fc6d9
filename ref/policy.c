/* SPDX-License-Identifier: ISC */
/* policy.c: looking up the allow list. */
#include "ref/policy.h"

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

void policy_gateway_mac(uint32_t gateway_ip, uint8_t out[ADDR_MAC_LEN])
{
	out[0] = 0x52;
	out[1] = 0x55;
	for (int i = 0; i < 4; i++)
		out[2 + i] = (uint8_t)(gateway_ip >> (24 - 8 * i));
}
