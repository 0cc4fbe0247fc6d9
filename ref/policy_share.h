/* SPDX-License-Identifier: ISC */
/* policy_share.h: the policy in force, in memory that worker and dialer both see.
 *
 * Two slots: one is in force, the next policy is put together in the other. The dialer writes and
 * the worker reads; the worker's view is read-only from its start, and its system call filter keeps
 * it so. A worker that a guest has taken over cannot change what the dialer checks against.
 *
 * Each slot has room for the longest lists; what is not used is never touched.
 */
#ifndef REF_POLICY_SHARE_H
#define REF_POLICY_SHARE_H

#include "ref/policy.h"

#define POLICY_SHARE_SLOTS 2

struct policy_share;

/* The shared memory, with a copy of `first` in slot 0; NULL with the reason printed. To be called
 * before the dialer is forked. */
struct policy_share *policy_share_new(const struct policy *first);

/* Takes the right to write away from this process, for good as far as it can. */
bool policy_share_seal(struct policy_share *share);

const struct policy *policy_share_get(const struct policy_share *share, unsigned slot);

/* Copies a policy into a slot that is not in force. */
void policy_share_put(struct policy_share *share, unsigned slot, const struct policy *policy);

/* Which slot is in force, for who is not told by an order: the dialer says so before it gives the order,
 * and slot 0 is to begin with. Of two processes one may see the new number a moment before the other. */
void policy_share_enforce(struct policy_share *share, unsigned slot);
unsigned policy_share_in_force(const struct policy_share *share);

void policy_share_free(struct policy_share *share);

#endif
