/* SPDX-License-Identifier: ISC */
/* sandbox_acts.h: what a process inside the sandbox must not be able to do, and what it must.
 *
 * Each row is an act with its outcome inside one stage, entered alone, or inside all of them. The
 * forbidden ones are what an intruder would try; the permitted ones are what refnat does. Both
 * `refnat sandbox` and the unit tests prove these rows (sandbox_prove.h).
 *
 * An act is carried out in a process of its own, which is thrown away. It does no harm where it is
 * not forbidden: that is tried, too. Traffic stays on the loopback interface.
 */
#ifndef REF_SANDBOX_ACTS_H
#define REF_SANDBOX_ACTS_H

#include "ref/sandbox.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

/* The outcome of an act: 0 when it was done, an errno, or SANDBOX_SIGNAL plus the signal that ended
 * the process. */
#define SANDBOX_SIGNAL 256

/* What is there before the sandbox is entered; descriptors are -1 where it could not be made. */
struct sandbox_scene {
	const char *path; /* a file that may be removed, "" without */
	int pair[2];      /* SOCK_SEQPACKET; in [1] a message with a descriptor waits */
	int udp;          /* on 127.0.0.1, connected to itself */
	int tcp;          /* not connected */
	int tcp_listener;
	struct sockaddr_in udp_address, tcp_address; /* of udp and tcp_listener */
	int unix_stream;                             /* not connected */
	int unix_listener;                           /* abstract; a peer waits */
	struct sockaddr_un unix_address;
	socklen_t unix_address_len;
	int epoll;
	pid_t child; /* has ended or will, and was not waited for */
	char *blocks[2];
	const char *policy_text;
	FILE *complaints; /* unbuffered, like standard error; goes to pair[0] */
	bool may_drop_bounding;
};

/* For rows that are proved with all stages in force, one entered after the other. */
#define SANDBOX_ALL_STAGES SANDBOX_STAGES

struct sandbox_act {
	unsigned roles;   /* bits 1 << enum sandbox_role */
	unsigned stage;   /* enum sandbox_stage or SANDBOX_ALL_STAGES */
	int landlock_abi; /* at least */
	int outcome;      /* inside */
	const char *what; /* "socket(2)"; permitted: "send a datagram" */
	int (*act)(const struct sandbox_scene *scene, long number); /* returns 0 or an errno */
	long number;                                                /* for `act` */
};

struct sandbox_acts {
	const struct sandbox_act *rows;
	size_t count;
};

extern const struct sandbox_acts sandbox_forbidden, sandbox_permitted;

/* Makes the scene in the calling process, which must be one of its own: nothing is closed or freed
 * again. `path` is the caller's. */
void sandbox_scene_set(struct sandbox_scene *scene, const char *path);

/* Loads the scene's policy, and forgets it again. It is done once outside, as in refnat: jansson
 * opens /dev/urandom when it makes its first object. */
bool sandbox_scene_load_policy(const struct sandbox_scene *scene);

/* clang-format off */
/* An act, and what its result is. */
#define SANDBOX_ACT(name) \
	static int name(const struct sandbox_scene *scene __attribute__((unused)), \
			long number __attribute__((unused)))
#define SANDBOX_RESULT(call) ((call) < 0 ? errno : 0)
/* clang-format on */

#endif
