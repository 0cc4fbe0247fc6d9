/* SPDX-License-Identifier: ISC */
/* policy_swap.h: whether one policy may follow upon another, key by key, from the text of
 * policy_refuses_swap() in ref/policy.h.
 */
#ifndef FUZZ_RIG_POLICY_SWAP_H
#define FUZZ_RIG_POLICY_SWAP_H

#include "ref/policy.h"

/* Whether the key stands in the way; NULL: whether none does. */
bool policy_swap_is_refused_for(const struct policy *now, const struct policy *next,
                                const char *key);

#endif
