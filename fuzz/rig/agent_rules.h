/* SPDX-License-Identifier: ISC */
/* agent_rules.h: the messages of vm-images/agent_proto.h as a table of forms: what comes from the guest,
 * and what goes to it.
 */
#ifndef FUZZ_RIG_AGENT_RULES_H
#define FUZZ_RIG_AGENT_RULES_H

#include "bytes/rd.h"
#include "harness/agent.h"
#include "vm-images/serve_request.h"

/* Whether the bytes begin with a message of the guest's; AGENT_OK with its length, AGENT_MORE or
 * AGENT_BAD. */
enum agent_status agent_rules_read(struct rd bytes, size_t *len);

/* Whether they begin with a request to the guest, and how long the message is that they begin with. */
enum serve_status agent_rules_asked(struct rd bytes, size_t *len);

/* Whether the bytes are one request, whole, of this type and id. */
bool agent_rules_is_request(struct rd bytes, uint8_t type, uint32_t id);

/* Whether what was read of a message stands in its bytes. */
void agent_rules_hold(struct rd message, const struct agent_message *read);

/* Makes a request of the bytes, and HOLDS() that it is one, or was refused for a reason (agent_asked.c). */
void agent_rules_ask(struct rd bytes);

#endif
