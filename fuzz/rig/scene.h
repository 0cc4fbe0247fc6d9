/* SPDX-License-Identifier: ISC */
/* scene.h: what frames are judged in: policies of every kind, and flow tables in every state.
 *
 * The VM is 192.168.100.2, 52:54:00:12:34:56, behind the gateway 192.168.100.1 in all of them; rules
 * lie close to each other (a bit of the address, of the port, the protocol), so that whoever compares
 * too little takes one for another. All of it is made once and never changes.
 */
#ifndef FUZZ_RIG_SCENE_H
#define FUZZ_RIG_SCENE_H

#include "ref/flow.h"
#include "ref/policy.h"

#define SCENE_NOW       UINT64_C(1000000000000)
#define SCENE_FLOWS_MAX 16 /* of a table */
#define SCENE_TCP_MAX   4  /* limits.tcp of the policies */

/* The first SCENE_FILTERED policies are of mode filtered. */
enum scene_policy {
	SCENE_PLAIN,    /* two rules, noise of all kinds, ping answered */
	SCENE_STRICT,   /* many rules, no noise, no ping, denied SYNs are reset */
	SCENE_EMPTY,    /* no rule at all */
	SCENE_WEB,      /* names, TLS on 443 and 8443, HTTP on 80; jumbo frames */
	SCENE_SMALL,    /* the net is a /30 and the MTU 576 */
	SCENE_NAMES,    /* names only, HTTP on no port, no TLS; terminates */
	SCENE_UNFILLED, /* a mode of zero, which is the strictest */
	SCENE_FILTERED, /* how many there are above; not one itself */
	SCENE_CONNTRACK = SCENE_FILTERED,
	SCENE_CONNTRACK_WEB,
	SCENE_SAMPLED,     /* checks a frame whose random number is below 0x80808080 */
	SCENE_SAMPLED_ALL, /* rate 1: 2^32 */
	SCENE_SAMPLED_NONE,
	SCENE_DIRECT,
	SCENE_DIRECT_STRICT, /* no noise, no ping, resets; a /30 */
	SCENE_POLICIES,
};

enum scene_table {
	SCENE_NO_FLOWS,
	SCENE_SOME_FLOWS,   /* one of each kind, live and just expired */
	SCENE_FULL,         /* the same, and nothing but them, none of which has expired */
	SCENE_FULL_EXPIRED, /* the same, full, and one of them has */
	SCENE_TCP_FULL,     /* limits.tcp connections, and room for other flows */
	SCENE_ALL_FULL,     /* limits.tcp connections, and no room */
	SCENE_TABLES,
};

const struct policy *scene_policy(enum scene_policy which);

/* The flow table is refnat's own; its flows are also given as a list that says the same. */
struct scene_flows {
	struct flow_table table;
	struct flow flows[SCENE_FLOWS_MAX];
	uint32_t index[2 * SCENE_FLOWS_MAX];
	uint32_t count; /* of flows; their numbers are 0 to count - 1 in this order */
	struct flow_key keys[SCENE_FLOWS_MAX];
	bool expired[SCENE_FLOWS_MAX];
};

const struct scene_flows *scene_flows(enum scene_table which);

/* Whether the flows, which verdict_frame() could reach and must not change, are as they were. */
bool scene_is_untouched(enum scene_table which);

#endif
