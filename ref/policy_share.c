/* SPDX-License-Identifier: ISC */
/* policy_share.c: two slots of shared memory for policies. */
#include "ref/policy_share.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct slot {
	struct policy policy;
	struct policy_rule rules[POLICY_RULES_MAX];
	struct policy_name names[POLICY_NAMES_MAX];
	struct policy_host hosts[POLICY_HOSTS_MAX];
	struct policy_http http[POLICY_HTTP_MAX];
};

struct policy_share {
	atomic_uint in_force;
	struct slot slots[POLICY_SHARE_SLOTS];
};

struct policy_share *policy_share_new(const struct policy *first)
{
	struct policy_share *share = mmap(NULL, sizeof(*share), PROT_READ | PROT_WRITE,
	                                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (share == MAP_FAILED) {
		fprintf(stderr, "refnat: memory for the policy: %s\n", strerror(errno));
		return NULL;
	}
	policy_share_put(share, 0, first);
	return share;
}

bool policy_share_seal(struct policy_share *share)
{
	if (mprotect(share, sizeof(*share), PROT_READ) == 0)
		return true;
	fprintf(stderr, "refnat: memory for the policy: %s\n", strerror(errno));
	return false;
}

const struct policy *policy_share_get(const struct policy_share *share, unsigned slot)
{
	return &share->slots[slot].policy;
}

void policy_share_put(struct policy_share *share, unsigned slot, const struct policy *policy)
{
	struct slot *to = &share->slots[slot];

	const struct policy_room room = {
	        .rules = to->rules,
	        .names = to->names,
	        .hosts = to->hosts,
	        .http = to->http,
	        .rules_max = POLICY_RULES_MAX,
	        .names_max = POLICY_NAMES_MAX,
	        .hosts_max = POLICY_HOSTS_MAX,
	        .http_max = POLICY_HTTP_MAX,
	};

	if (!policy_copy_into(&to->policy, &room, policy))
		abort(); /* the loader refuses what is larger */
}

void policy_share_enforce(struct policy_share *share, unsigned slot)
{
	atomic_store_explicit(&share->in_force, slot, memory_order_release);
}

unsigned policy_share_in_force(const struct policy_share *share)
{
	return atomic_load_explicit(&share->in_force, memory_order_acquire);
}

void policy_share_free(struct policy_share *share)
{
	munmap(share, sizeof(*share));
}
