/* SPDX-License-Identifier: ISC */
/* nat_rig.h: for tests only. A NAT with all that it needs, its guest's end of the link, its audit's
 * reader, and the world of world.h behind it. */
#ifndef REF_NAT_RIG_H
#define REF_NAT_RIG_H

#include "ref/answer.h"
#include "ref/examples.h"
#include "ref/exits.h"
#include "ref/gate_wire.h"
#include "ref/icmp.h"
#include "ref/ipv4.h"
#include "ref/nat.h"
#include "ref/udp.h"
#include "ref/world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define NOW  UINT64_C(1000000000000)
#define PORT 7001

/* Allowed are udp and tcp to PEER, port PORT; rig_start() takes what the test made of it. */
struct rig {
	struct policy policy;
	struct policy_rule rules[4];
	struct policy_share *share;
	struct audit audit;
	struct audit_counts counts;
	struct dialer dialer;
	bool with_gate; /* the test plays the gate, too */
	struct gate_pairs pairs;
	struct link link;
	struct nat nat;
	bool running;
	uint64_t now_ns;
	int guest; /* its end of the link */
	int peer;  /* for the test to use; closed at the end */
	FILE *events;
};

static inline int rig_set_up(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	signal(SIGPIPE, SIG_IGN);
	r->policy = example_policy();
	r->rules[0] = (struct policy_rule){.ip = PEER, .port = PORT, .proto = IPV4_TCP, .id = "t"};
	r->rules[1] = (struct policy_rule){.ip = PEER, .port = PORT, .proto = IPV4_UDP, .id = "u"};
	r->policy.rules = r->rules;
	r->policy.rule_count = 2;
	r->now_ns = NOW;
	r->peer = -1;
	*state = r;
	return 0;
}

static inline void rig_start(struct rig *r)
{
	struct link_spec spec = {.kind = LINK_FD};
	int pair[2], events[2];

	r->share = policy_share_new(&r->policy);
	assert_non_null(r->share);
	assert_true(!r->with_gate || gate_wire_open(&r->pairs));
	world_start_dialer(&r->dialer, r->share, -1, r->with_gate ? &r->pairs : NULL);
	assert_int_equal(pipe2(events, O_CLOEXEC), 0);
	assert_true(fcntl(events[1], F_SETPIPE_SZ, 1048576) > 0);
	assert_true(audit_open(&r->audit, events[1]));
	r->events = fdopen(events[0], "r");
	setvbuf(r->events, NULL, _IONBF, 0); /* what is there shows in poll(2) */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	spec.fd = pair[0];
	r->guest = pair[1];
	assert_int_equal(link_open(&r->link, &spec), EXITS_OK);
	r->nat = (struct nat){.policy = policy_share_get(r->share, 0),
	                      .dialer = &r->dialer,
	                      .audit = &r->audit,
	                      .counts = &r->counts,
	                      .link = &r->link};
	assert_true(nat_open(&r->nat, 1));
	r->running = true;
}

static inline void rig_stop(struct rig *r, bool abort)
{
	if (!r->running)
		return;
	r->running = false;
	nat_close(&r->nat, abort);
	link_close(&r->link);
	audit_close(&r->audit);
	if (r->with_gate) {
		gate_wire_close_gate(&r->pairs);
		gate_wire_close_others(&r->pairs);
	}
	dialer_stop(&r->dialer);
	policy_share_free(r->share);
	fclose(r->events);
	close(r->guest);
}

static inline int rig_tear_down(void **state)
{
	struct rig *r = *state;

	rig_stop(r, false);
	if (r->peer >= 0)
		close(r->peer);
	free(r);
	return 0;
}

/* Another policy for the worker. The dialer keeps the first one, see ctl.h for how that goes. */
static inline void rig_swap(struct rig *r, const struct policy *policy)
{
	const unsigned slot = r->nat.policy == policy_share_get(r->share, 0) ? 1 : 0;

	policy_share_put(r->share, slot, policy);
	nat_set_policy(&r->nat, policy_share_get(r->share, slot));
}

/* --- the guest --- */

/* Appends Ethernet and IPv4 headers of the guest. */
static inline void rig_put_headers(const struct rig *r, struct wr *w, uint32_t dst, uint8_t proto,
                                   size_t len)
{
	assert_true(eth_put(w, r->policy.gateway_mac, r->policy.vm_mac, ETH_TYPE_IPV4));
	assert_true(ipv4_put(w, r->policy.vm_ip, dst, proto, len));
}

/* Judges a frame and, when it may, lets it go its way, as the loop does. What was said of it
 * first. */
static inline struct verdict rig_judge(struct rig *r, struct rd frame)
{
	struct verdict first;
	bool again = true;

	nat_expire(&r->nat, r->now_ns);
	for (int i = 0; i < 2 && again; i++) {
		struct verdict verdict;

		again = false;
		verdict_frame(r->nat.policy, &r->nat.table, r->now_ns, UINT32_MAX, frame, &verdict);
		if (!i)
			first = verdict;
		if (verdict.kind == VERDICT_FORWARD || verdict.kind == VERDICT_NEW_FLOW)
			assert_int_equal(nat_forward(&r->nat, &verdict, r->now_ns, &again),
			                 REASON_NONE);
	}
	assert_false(again);
	return first;
}

/* Reads replies while there are any, and sends what is due: a turn of the loop. */
static inline void rig_turn(struct rig *r)
{
	nat_expire(&r->nat, r->now_ns);
	assert_int_equal(nat_receive(&r->nat, r->now_ns), REASON_NONE);
	nat_flush(&r->nat, r->now_ns);
	assert_int_not_equal(link_flush(&r->link), LINK_ERROR);
}

/* Waits until one of the sockets has something to read, and reads. */
static inline void rig_await(struct rig *r)
{
	assert_true(world_is_ready(r->nat.epoll, POLLIN, PATIENCE_MS));
	rig_turn(r);
}

/* A frame at the guest's end, its length, or 0 when there is none now. `frame` holds
 * ETH_FRAME_MAX. */
static inline size_t rig_take(struct rig *r, uint8_t *frame)
{
	uint8_t prefix[LINK_PREFIX_LEN];
	struct rd length = rd_of(prefix, sizeof(prefix));
	uint32_t n;

	assert_int_not_equal(link_flush(&r->link), LINK_ERROR);
	if (recv(r->guest, prefix, sizeof(prefix), MSG_PEEK | MSG_DONTWAIT) != sizeof(prefix))
		return 0;
	assert_int_equal(recv(r->guest, prefix, sizeof(prefix), 0), sizeof(prefix));
	assert_true(rd_u32(&length, &n) && n <= ETH_FRAME_MAX);
	for (uint32_t have = 0; have < n;) {
		ssize_t got = recv(r->guest, frame + have, n - have, MSG_DONTWAIT);

		if (got < 0) { /* the rest of it is still in the link's buffer */
			assert_true(link_has_output(&r->link));
			assert_int_not_equal(link_flush(&r->link), LINK_ERROR);
		} else {
			have += (uint32_t)got;
		}
	}
	return n;
}

/* Opens a frame for the guest up to its IPv4 payload. */
static inline struct ipv4 rig_open_frame(const struct rig *r, struct rd frame)
{
	struct eth eth;
	struct ipv4 ip;
	bool readable;

	assert_int_equal(eth_parse(frame, r->policy.mtu, &eth), REASON_NONE);
	assert_memory_equal(eth.dst, r->policy.vm_mac, 6);
	assert_memory_equal(eth.src, r->policy.gateway_mac, 6);
	assert_int_equal(eth.type, ETH_TYPE_IPV4);
	assert_int_equal(ipv4_parse(eth.payload, &ip, &readable), REASON_NONE);
	assert_int_equal(ip.dst, r->policy.vm_ip);
	return ip;
}

static inline void rig_assert_silence(struct rig *r)
{
	uint8_t frame[ETH_FRAME_MAX];

	assert_int_equal(rig_take(r, frame), 0);
}

/* --- the audit --- */

/* The next event says all of this. NULL ends the list. */
#define assert_event(r, ...) rig_assert_event(r, (const char *const[]){__VA_ARGS__, NULL})
static inline void rig_assert_event(struct rig *r, const char *const *parts)
{
	char line[AUDIT_LINE_MAX];

	assert_true(world_is_ready(fileno(r->events), POLLIN, 0));
	assert_non_null(fgets(line, sizeof(line), r->events));
	for (; *parts; parts++)
		if (!strstr(line, *parts))
			fail_msg("expected %s\ngot %s", *parts, line);
}

static inline void assert_no_event(struct rig *r)
{
	assert_false(world_is_ready(fileno(r->events), POLLIN, 0));
}

#endif
