/* SPDX-License-Identifier: ISC */
/* world.h: for tests only. What stands behind the uplink, in a namespace of the test's own: lo is the
 * uplink, 192.0.2.1 this host, and the rest of 192.0.2.0/24 the world. */
#ifndef REF_WORLD_H
#define REF_WORLD_H

#include "ref/dialer.h"
#include "ref/netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HOST        0xc0000201 /* 192.0.2.1 */
#define PEER        0xc0000202
#define STRANGER    0xc0000203
#define PATIENCE_MS 5000 /* for what must come: nothing waits so long when all is well */

#define WORLD_BIND_TRIES  500 /* every 10 ms */
#define WORLD_PING_GROUPS "/proc/sys/net/ipv4/ping_group_range"
#define WORLD_ROOT_GROUP  "0 0"
#define WORLD_NO_GROUP    "1 0" /* world_try(): a user namespace has no group 1 */
#define WORLD_LOCAL_PORTS "/proc/sys/net/ipv4/ip_local_port_range"
#define WORLD_ALL_PORTS   "32768 60999"

static inline void world_set(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* The same where it may be impossible: false then. */
static inline bool world_try(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	const bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

/* In a user namespace of one's own: its root is who made it, and nobody else is there. */
static inline void world_map_root(unsigned uid, unsigned gid)
{
	char text[32];

	world_set("/proc/self/setgroups", "deny");
	snprintf(text, sizeof(text), "0 %u 1", gid);
	world_set("/proc/self/gid_map", text);
	snprintf(text, sizeof(text), "0 %u 1", uid);
	world_set("/proc/self/uid_map", text);
}

/* A group set-up function. This process may ping, and ports are as the kernel has them. */
static inline int world_enter(void **state)
{
	const uid_t uid = geteuid();
	const gid_t gid = getegid();

	(void)state;
	if (netns_enter(HOST) < 0)
		return -1;
	if (uid)
		world_map_root(uid, gid);
	world_set(WORLD_PING_GROUPS, WORLD_ROOT_GROUP);
	world_set(WORLD_LOCAL_PORTS, WORLD_ALL_PORTS);
	return 0;
}

/* A socket bound to `ip`; *port is the kernel's choice when it is 0. */
static inline int world_open(int type, uint32_t ip, uint16_t *port)
{
	struct sockaddr_in address = {
	        .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr.s_addr = htonl(ip)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	const int one = 1;

	if (type == SOCK_STREAM) /* an earlier connection may be in TIME-WAIT */
		assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0);
	/* On a busy machine the processes of the test before may still be about to end. */
	for (int i = 0; i < WORLD_BIND_TRIES; i++) {
		if (bind(fd, (const struct sockaddr *)&address, len) == 0 || errno != EADDRINUSE)
			break;
		poll(NULL, 0, 10);
	}
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	assert_true(address.sin_port);
	*port = ntohs(address.sin_port);
	return fd;
}

/* `ask` is getsockname or getpeername. */
static inline struct sockaddr_in world_name(int fd, int (*ask)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_in name = {0};
	socklen_t len = sizeof(name);

	assert_int_equal(ask(fd, (struct sockaddr *)&name, &len), 0);
	return name;
}

/* Whether one of the events comes within the time. */
static inline bool world_is_ready(int fd, short events, int timeout_ms)
{
	struct pollfd ready = {.fd = fd, .events = events};

	return poll(&ready, 1, timeout_ms) == 1 && ready.revents & events;
}

static inline int world_option(int fd, int level, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, level, option, &value, &len), 0);
	return value;
}

/* cmocka catches a crash and goes on with the next test; in a child, that would be the whole rest of
 * the tests once more, with children of their own. To be called in every child. */
static inline bool world_crash_plainly(void *arg)
{
	static const int signals[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGSYS, SIGABRT};

	(void)arg;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
	return true;
}

/* A dialer for lo. `ctl` is given to it, or -1; so are its ends of `gate`, or NULL. */
static inline void world_start_dialer(struct dialer *dialer, struct policy_share *share, int ctl,
                                      struct gate_pairs *gate)
{
	const struct dialer_setup setup = {
	        .share = share,
	        .uplink = "lo",
	        .ctl = ctl,
	        .gate = gate,
	        .prepare = world_crash_plainly,
	};

	assert_true(dialer_start(dialer, &setup));
}

/* After it has answered, the dialer lets go of its copies of the sockets; after another answer it
 * has. */
static inline void world_settle(struct dialer *dialer)
{
	struct dialer_sockets none;

	assert_int_equal(dialer_dial(dialer, 0, 0, 0, 40000, &none), DIALER_REFUSED);
}

/* The open ones of this process, and the one that looking takes. */
static inline int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

#endif
