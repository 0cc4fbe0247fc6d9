/* SPDX-License-Identifier: ISC */
/* sandbox.h: refnat's isolation of itself.
 *
 * Each process of refnat enters the sandbox of its role once, when everything it will ever need is
 * open, and before it reads the first byte of a stranger. There is no way back. The stages, in
 * order, are the staircase that sandbox.c describes; `refnat sandbox` proves them.
 *
 * What a process may still do is written down in seccomp_tables.c. For who writes code that runs
 * inside:
 *	worker   no malloc() (large ones call mmap, and that kills), no socket, no path, no kill(),
 *	         no sendmsg() or sendmmsg(): send() or writev() on connected sockets instead; options
 *	         of sockets only as listed; no new descriptors but by accept4, epoll_create1 and from
 *	         the dialer. No stdio but stderr. A dialer that is stuck is not killed from here: it
 *	         has PR_SET_PDEATHSIG.
 *	dialer   sockets of UDP, TCP and ICMP over IPv4, pairs of Unix ones, memory; no path, no listen,
 *	         no if_nametoindex() (it makes a Unix socket; SIOCGIFINDEX on the UDP socket does it).
 *	         jansson needs /dev/urandom for its first object: have one made before.
 *	janitor  waits for the end of a pipe, and unlinks.
 *	gate     reads, writes and closes what the dialer gives it, memory, random numbers, clocks; no
 *	         socket, no connect(), no path, no address beside a datagram. What OpenSSL reads from
 *	         files it has to have read before.
 *	minter   one pair to receive from and send to, memory, random numbers, clocks.
 * A call that is not listed ends the process with SIGSYS. prctl, rlimits, signal handlers,
 * PR_SET_PDEATHSIG come before sandbox_enter().
 *
 * In a build with ASan, TSan or MSan the stages landlock and seccomp are missing (sanitized.h).
 */
#ifndef REF_SANDBOX_H
#define REF_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sandbox_role {
	SANDBOX_WORKER,  /* parses the guest's bytes */
	SANDBOX_DIALER,  /* makes sockets */
	SANDBOX_JANITOR, /* removes the frame channel's path */
	SANDBOX_GATE,    /* parses names, TLS and HTTP, the guest's and the world's */
	SANDBOX_MINTER,  /* has the CA's key */
	SANDBOX_ROLES
};

enum sandbox_want {
	SANDBOX_AUTO,    /* every stage that this kernel has */
	SANDBOX_REQUIRE, /* every stage, or not at all */
	SANDBOX_OFF,     /* none: for debuggers and profilers */
};

enum sandbox_stage { SANDBOX_PRIVILEGES, SANDBOX_LANDLOCK, SANDBOX_SECCOMP, SANDBOX_STAGES };

/* What is in force. */
struct sandbox_report {
	bool active[SANDBOX_STAGES];
	int landlock_abi;
	unsigned seccomp_calls;
};

#define SANDBOX_TEXT_MAX 128

/* Enters the stages in order. `keep_caps`: the capabilities to keep, if the process has them: bits
 * 1 << CAP_..., of 0..31. False, with the reason printed: do not go on, exit with
 * EXITS_ENVIRONMENT. That is so when a stage is missing and `want` is SANDBOX_REQUIRE (then none is
 * entered), and when one that is there cannot be entered. */
bool sandbox_enter(enum sandbox_role role, enum sandbox_want want, uint32_t keep_caps,
                   struct sandbox_report *out);

/* "privileges, landlock (abi 7), seccomp (41 calls)", with "no landlock" where a stage is not in
 * force. Returns its length; SANDBOX_TEXT_MAX is always enough. */
size_t sandbox_describe(const struct sandbox_report *report, char *text, size_t size);

/* "worker"; "landlock" */
const char *sandbox_role_name(enum sandbox_role role);
const char *sandbox_stage_name(enum sandbox_stage stage);

/* --- for tests and proofs --- */

/* A stage: why it cannot be entered here at all (NULL: it can), and how it is entered. `enter`
 * prints the reason when it returns false, and fills in the report otherwise. */
struct sandbox_step {
	const char *(*missing)(void);
	bool (*enter)(enum sandbox_role role, uint32_t keep_caps, struct sandbox_report *report);
};

extern const struct sandbox_step sandbox_staircase[SANDBOX_STAGES];

/* sandbox_enter() with another staircase. */
bool sandbox_climb(const struct sandbox_step steps[SANDBOX_STAGES], enum sandbox_role role,
                   enum sandbox_want want, uint32_t keep_caps, struct sandbox_report *out);

#endif
