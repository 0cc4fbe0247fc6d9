/* SPDX-License-Identifier: ISC */
/* gate.c: the gate's process. What it does is in gate_loop.c. */
#include "ref/gate.h"

#include "ref/exits.h"
#include "ref/gate_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STOP_TRIES 100 /* every millisecond */

/* What the process has. */
struct life {
	struct gate_pairs ends;
	int minter, ready;
	struct tls_context *context;
	struct leaf_cache *leaves;
	struct gate gate;
};

static bool is_mitm(const struct policy_share *share)
{
	return policy_share_get(share, 0)->web.tls == POLICY_TLS_MITM;
}

/* Moves `fd` to the place `to`, where nothing of ours stands. */
static bool move_fd(int *fd, int to)
{
	if (dup3(*fd, to, O_CLOEXEC) < 0)
		return false;
	*fd = to;
	return true;
}

/* Keeps standard error and the channels only. */
static bool keep_only(struct life *life)
{
	int *const kept[] = {&life->ends.arrivals[0], &life->ends.dials[0], &life->ends.records[0],
	                     &life->ready, &life->minter};
	const int count = life->minter < 0 ? 4 : 5;
	int high = 3;

	for (int i = 0; i < count; i++)
		if (*kept[i] >= high)
			high = *kept[i] + 1;
	for (int i = 0; i < count; i++)
		if (!move_fd(kept[i], high + i))
			return false;
	if (close_range(0, 1, 0) < 0 || close_range(3, (unsigned)high - 1, 0) < 0)
		return false;
	return close_range((unsigned)(high + count), ~0U, 0) == 0;
}

/* Everything that needs a path, before the sandbox. */
static bool open_tls(struct life *life, const struct policy_share *share)
{
	const struct policy_web *web = &policy_share_get(share, 0)->web;

	if (!is_mitm(share))
		return true;
	life->context = tls_context_new(true, web->upstream_ca);
	if (!life->context)
		return false;
	life->leaves = leaf_cache_new(life->minter, tls_context_leaf_key(life->context));
	return life->leaves != NULL;
}

static bool say_ready(struct life *life)
{
	const bool said = write(life->ready, "", 1) == 1;

	close(life->ready);
	return said;
}

/* Two for each connection, and those of the name service: as many as this system gives. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void __attribute__((noreturn)) live(struct life *life, const struct gate_setup *setup)
{
	struct gate *gate = &life->gate;

	if (!open_tls(life, setup->share) ||
	    !gate_open(gate, setup->share, &life->ends, life->context, life->leaves) ||
	    (setup->prepare && !setup->prepare(setup->arg)) || !say_ready(life))
		exit(EXITS_ENVIRONMENT);
	while (gate_step(gate, -1))
		;
	gate_close(gate);
	tls_context_free(life->context);
	exit(EXITS_OK);
}

static void __attribute__((noreturn)) child(const struct gate_setup *setup, int ready, pid_t parent)
{
	struct life *life = calloc(1, sizeof(*life));

	/* A parent that died before the prctl is told by getppid(). */
	if (!life || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != parent)
		exit(EXITS_ENVIRONMENT);
	life->ends = *setup->ends;
	life->minter = setup->minter;
	life->ready = ready;
	if (!keep_only(life))
		exit(EXITS_ENVIRONMENT);
	raise_limit();
	live(life, setup);
}

static bool wait_until_ready(int fd)
{
	struct pollfd readable = {.fd = fd, .events = POLLIN};
	char c;

	return poll(&readable, 1, GATE_START_MS) == 1 && read(fd, &c, 1) == 1;
}

pid_t gate_start(const struct gate_setup *setup)
{
	const pid_t parent = getpid();
	int ready[2];
	pid_t pid;
	bool ok;

	if (pipe2(ready, O_CLOEXEC) < 0) {
		fprintf(stderr, "refnat: gate: %s\n", strerror(errno));
		return -1;
	}
	fflush(NULL);
	pid = fork();
	if (!pid)
		child(setup, ready[1], parent);
	close(ready[1]);
	ok = pid > 0 && wait_until_ready(ready[0]);
	close(ready[0]);
	gate_wire_close_gate(setup->ends);
	if (setup->minter >= 0)
		close(setup->minter);
	if (ok)
		return pid;
	fprintf(stderr, "refnat: the gate did not start\n");
	if (pid > 0)
		gate_stop(pid);
	return -1;
}

void gate_stop(pid_t pid)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (int i = 0; i < STOP_TRIES; i++) {
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return;
		nanosleep(&pause, NULL);
	}
	/* It was stopped, or is stuck: PR_SET_PDEATHSIG ends it with this process. */
}
