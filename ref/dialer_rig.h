/* SPDX-License-Identifier: ISC */
/* dialer_rig.h: for tests only. A dialer, whose worker the test plays. */
#ifndef REF_DIALER_RIG_H
#define REF_DIALER_RIG_H

#include "ref/examples.h"
#include "ref/gate_wire.h"
#include "ref/ipv4.h"
#include "ref/world.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

struct rig {
	struct policy policy;
	struct policy_rule rules[4];
	struct policy_share *share;
	struct dialer dialer;
	struct dialer_sockets sockets;
	const char *uplink;
	int ctl;        /* who gives orders */
	bool with_gate; /* the test plays the gate, too */
	struct gate_pairs pairs;
};

/* The policy allows udp and tcp to the peer's port; a test may change it before start(). */
static inline int set_up(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->policy = example_policy();
	r->rules[0] = (struct policy_rule){.ip = PEER, .port = 7001, .proto = IPV4_TCP, .id = "t"};
	r->rules[1] = (struct policy_rule){.ip = HOST, .port = 7001, .proto = IPV4_UDP, .id = "h"};
	r->rules[2] = (struct policy_rule){.ip = PEER, .port = 7001, .proto = IPV4_UDP, .id = "u"};
	r->policy.rules = r->rules;
	r->policy.rule_count = 3;
	r->uplink = "lo";
	r->ctl = -1;
	r->sockets = (struct dialer_sockets){-1, -1};
	*state = r;
	return 0;
}

static inline void start(struct rig *r, bool with_ctl)
{
	struct dialer_setup setup = {
	        .uplink = r->uplink, .ctl = -1, .prepare = world_crash_plainly};
	int pair[2];

	r->share = policy_share_new(&r->policy);
	assert_non_null(r->share);
	setup.share = r->share;
	if (with_ctl) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
		r->ctl = pair[0];
		setup.ctl = pair[1];
	}
	assert_true(!r->with_gate || gate_wire_open(&r->pairs));
	if (r->with_gate)
		setup.gate = &r->pairs;
	assert_true(dialer_start(&r->dialer, &setup));
}

static inline void stop(struct rig *r)
{
	if (r->with_gate && r->share) {
		gate_wire_close_gate(&r->pairs);
		gate_wire_close_others(&r->pairs);
	}
	if (r->dialer.pid > 0)
		dialer_stop(&r->dialer);
	r->dialer.pid = 0;
	if (r->share)
		policy_share_free(r->share);
	r->share = NULL;
}

static inline void close_sockets(struct rig *r)
{
	if (r->sockets.fd >= 0)
		close(r->sockets.fd);
	if (r->sockets.ear >= 0)
		close(r->sockets.ear);
	r->sockets = (struct dialer_sockets){-1, -1};
}

/* A child ends when it has noticed that this process let go; nobody may stay. */
static inline void assert_no_child_is_left(void)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	pid_t pid = 0;

	for (int i = 0; i < PATIENCE_MS && pid >= 0; i++) {
		pid = waitpid(-1, NULL, WNOHANG);
		if (!pid)
			nanosleep(&pause, NULL);
	}
	assert_int_equal(pid, -1);
	assert_int_equal(errno, ECHILD);
}

static inline int tear_down(void **state)
{
	struct rig *r = *state;

	world_set(WORLD_LOCAL_PORTS, WORLD_ALL_PORTS);
	world_set(WORLD_PING_GROUPS, WORLD_ROOT_GROUP);
	close_sockets(r);
	if (r->ctl >= 0)
		close(r->ctl);
	stop(r);
	free(r);
	assert_no_child_is_left();
	return 0;
}

static inline enum dialer_status dial(struct rig *r, uint8_t proto, uint32_t ip, uint16_t port)
{
	close_sockets(r);
	return dialer_dial(&r->dialer, proto, ip, port, 40000, &r->sockets);
}

/* Tied to the uplink, not inherited and not waiting. */
static inline void assert_is_ours(int fd)
{
	char device[IFNAMSIZ] = "";
	socklen_t len = sizeof(device);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, &len), 0);
	assert_string_equal(device, "lo");
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

#endif
