/* SPDX-License-Identifier: ISC */
/* model.h: what becomes of a frame, said a second time.
 *
 * Written from ref/verdict.h, lease.h, policy.h and docs/backends.md, for the scenes of scene.h and for
 * the engine: facts are collected by plain.h's eyes, then a list of conditions is gone through from the outermost to
 * the innermost. The rules are searched one by one, and so are the flows.
 */
#ifndef FUZZ_RIG_MODEL_H
#define FUZZ_RIG_MODEL_H

#include "ref/flow.h"
#include "ref/verdict.h"

/* The flows there are, as a list: their numbers are their places in it. */
struct model_flows {
	uint32_t count, capacity;
	const struct flow_key *keys;
	const bool *expired;
};

/* Fills *out as verdict_frame() should. Members that the kind does not name are zero, but the tuple,
 * which is set whenever it is. */
void model_frame(const struct policy *policy, const struct model_flows *flows, uint32_t random,
                 struct rd frame, struct verdict *out);

/* NULL when `judged` is what `expected` says, else the name of the invariant that is broken. */
const char *model_differs(const struct verdict *judged, const struct verdict *expected);

/* The parts of it: whether a machine elsewhere can have the address, who serves an endpoint, which
 * rule allows it, and which answer a DHCP message gets. */
bool model_is_destination(const struct policy *policy, uint32_t ip);
enum policy_service model_service(const struct policy *policy, uint8_t proto, uint32_t ip,
                                  uint16_t port);
const struct policy_rule *model_rule(const struct policy *policy, uint8_t proto, uint32_t ip,
                                     uint16_t port);
enum reason model_lease(const struct policy *policy, const struct dhcp *asked,
                        struct dhcp_reply *reply);
const char *model_reply_differs(const struct dhcp_reply *a, const struct dhcp_reply *b);

#endif
