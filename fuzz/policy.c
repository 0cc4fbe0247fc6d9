/* SPDX-License-Identifier: ISC */
/* policy.c: fuzz target: bytes make a policy (fuzz/rig/policy_maker.h) and questions about it
 * (ref/policy.h, ref/policy_name.h). Each is answered by going through all entries, too. */
#include "ref/policy.h"
#include "fuzz/fuzz.h"
#include "fuzz/rig/contract.h"
#include "fuzz/rig/policy_asked.h"
#include "fuzz/rig/policy_maker.h"
#include "fuzz/rig/policy_swap.h"
#include "ref/policy_name.h"

static void ask(struct rd r, const struct policy *policy)
{
	char name[POLICY_NAME_MAX + 1];

	while (r.n) {
		const uint8_t proto = policy_maker_proto(&r);
		const uint32_t ip = policy_maker_ip(&r);

		policy_asked_endpoint(policy, proto, ip, policy_maker_port(&r));
		policy_maker_name(&r, name);
		policy_asked_name(&policy->web, name);
	}
}

static void swap(struct rd *r, const struct policy *policy)
{
	for (uint8_t swaps = policy_maker_byte(r) % 64; swaps; swaps--) {
		struct policy next = *policy, before = *policy;
		const char *key;

		for (uint8_t changes = 1 + policy_maker_byte(r) % 4; changes; changes--)
			policy_maker_change(r, changes % 2 ? &next : &before);
		key = policy_refuses_swap(&before, &next);
		HOLDS("a policy is refused for a key that stands in the way, or taken where none "
		      "does",
		      policy_swap_is_refused_for(&before, &next, key));
	}
	HOLDS("a policy may follow upon itself", !policy_refuses_swap(policy, policy));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const modes[] = {"none",      "direct",   "sampled",
	                                    "conntrack", "filtered", "none"};
	static struct made_policy made;
	const struct policy *policy = &made.policy;
	struct rd r = rd_of(data, size);

	swap(&r, (policy_maker_make(&r, &made), policy));
	policy_asked_order(policy);
	policy_asked_around(policy);
	HOLDS("a gate is needed where names or requests are looked at",
	      policy_needs_gate(policy) ==
	              (policy->web.dns || policy->web.tls || policy->web.http_port_count));
	HOLDS("a mode has its name", !strcmp(policy_mode_name(size % 6), modes[size % 6]));
	policy_asked_copy(policy, policy_maker_byte(&r));
	policy_asked_share(policy);
	ask(r, policy);
	return 0;
}
