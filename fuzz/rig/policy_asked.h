/* SPDX-License-Identifier: ISC */
/* policy_asked.h: the questions that verdicts ask a policy, answered by looking at every entry.
 * Each HOLDS() that ref/ answers the same.
 */
#ifndef FUZZ_RIG_POLICY_ASKED_H
#define FUZZ_RIG_POLICY_ASKED_H

#include "ref/policy.h"

void policy_asked_endpoint(const struct policy *policy, uint8_t proto, uint32_t ip, uint16_t port);
void policy_asked_name(const struct policy_web *web, const char *name);

/* The two above for what is near the entries, and what filters like to make exceptions of. */
void policy_asked_around(const struct policy *policy);

/* That the lists are in order: each entry before the next, by the order of the values themselves. */
void policy_asked_order(const struct policy *policy);

/* That a copy is one, with lists of its own, and none is made where a list does not fit: `shrunk` says
 * which of the four that is. */
void policy_asked_copy(const struct policy *policy, uint8_t shrunk);

/* That of a policy in shared memory nothing is left when another one with half its rules is in force. */
void policy_asked_share(const struct policy *policy);

#endif
