/* SPDX-License-Identifier: ISC */
/* judge.c: one frame in one scene. */
#include "fuzz/rig/judge.h"

#include "fuzz/fuzz.h"
#include "fuzz/rig/answers.h"
#include "fuzz/rig/model.h"
#include "fuzz/rig/plain.h"

static bool depends_on_flows(const struct verdict *verdict)
{
	return verdict->kind == VERDICT_FORWARD || verdict->kind == VERDICT_NEW_FLOW ||
	       verdict->reason == REASON_TCP_NO_CONNECTION ||
	       verdict->reason == REASON_TCP_TABLE_FULL ||
	       verdict->reason == REASON_FLOW_TABLE_FULL;
}

/* What the policy says of the endpoint that stands where one does in a packet, whatever it is. */
static void endpoint_holds(const struct policy *policy, struct rd frame)
{
	uint8_t proto;
	uint32_t ip;
	uint16_t port;

	if (frame.n < 38)
		return;
	proto = frame.p[23];
	ip = plain_u32(frame.p + 30);
	port = plain_u16(frame.p + 36);
	HOLDS("a rule allows its very endpoint",
	      policy_find(policy, proto, ip, port) == model_rule(policy, proto, ip, port));
	HOLDS("another machine can have an address, or cannot",
	      policy_is_destination(policy, ip) == model_is_destination(policy, ip));
	HOLDS("an endpoint is the gate's, or is not",
	      policy_service(policy, proto, ip, port) == model_service(policy, proto, ip, port));
}

bool judge_frame(enum scene_policy policy, enum scene_table table, uint32_t random, struct rd frame,
                 bool every_room)
{
	const struct policy *in_force = scene_policy(policy);
	const struct scene_flows *flows = scene_flows(table);
	const struct model_flows list = {flows->count, flows->table.capacity, flows->keys,
	                                 flows->expired};
	struct verdict judged, expected;
	const char *differs;

	endpoint_holds(in_force, frame);
	verdict_frame(in_force, &flows->table, SCENE_NOW, random, frame, &judged);
	model_frame(in_force, &list, random, frame, &expected);
	differs = model_differs(&judged, &expected);
	HOLDS(differs, !differs);
	HOLDS("judging a frame changes no flow", scene_is_untouched(table));
	answers_hold(in_force, &judged, every_room);
	return depends_on_flows(&expected);
}
