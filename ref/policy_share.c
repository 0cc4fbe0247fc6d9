/* SPDX-License-Identifier: ISC */
/* policy_share.c: two slots of shared memory for policies. */
#include "ref/policy_share.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

struct slot {
	struct policy policy;
	struct policy_rule rules[POLICY_RULES_MAX];
};

struct policy_share {
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

	policy_copy_into(&to->policy, to->rules, POLICY_RULES_MAX, policy);
}

void policy_share_free(struct policy_share *share)
{
	munmap(share, sizeof(*share));
}
