/* SPDX-License-Identifier: ISC */
/* fleet_part.h: what the files of `gauntlet fleet` share.
 *
 *   fleet.c            the command line, the order of things, the report
 *   fleet_members.c    VMs and backends: start, one loop for all, questions to the guests, end
 *   fleet_isolation.c  each VM tries each other
 *   fleet_shares.c     all send as fast as they can
 *   fleet_churn.c      starts and stops
 *   fleet_judge.c      who reached whom, read off the tapes; pure
 */
#ifndef HARNESS_FLEET_PART_H
#define HARNESS_FLEET_PART_H

#include "harness/backend.h"
#include "harness/fleet.h"
#include "harness/fleet_judge.h"
#include "harness/rest.h"
#include "harness/session.h"
#include "harness/vm.h"
#include "harness/vm_snapshot.h"
#include "harness/world.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLEET_CHECKS_MAX 64
#define FLEET_ASK_MS     15000 /* for a guest's answer */
#define FLEET_CARDS      3     /* different ones; the fourth VM is a twin of the first */
#define FLEET_TALK_BASE  4100  /* the guests' port of the K-th talk is this and K */

struct fleet_check {
	char name[96];
	bool ok;
	char why[FLEET_WHY_MAX];
};

struct fleet;

struct fleet_member {
	struct fleet *fleet;
	unsigned number; /* from 1 */
	uint8_t mac[6];
	char mac_text[18];
	uint32_t ip;
	char policy[PATH_MAX];
	struct session session;
	struct vm vm;
	bool session_open, vm_open; /* to be stopped */

	/* The one question that is open. */
	uint32_t asked;
	bool answered, refused;
	char answer[2048];

	/* While all send: frames, of this VM. */
	uint64_t offered;   /* on its cable */
	uint64_t delivered; /* in the world */
	uint16_t port;      /* of the provider's: where its first talk came from */
};

/* The measurement of the shares, for the report. */
struct fleet_shares {
	bool done;
	double seconds;
	double offered[FLEET_MAX], delivered[FLEET_MAX];
	double factor, offered_factor;
	double cpu_qemu, cpu_backends, cpu_self; /* cores that were used */
};

enum fleet_part { FLEET_ISOLATION, FLEET_SHARES, FLEET_CHURN_PART, FLEET_PARTS };

struct fleet {
	/* As asked for. */
	unsigned count, churn;
	unsigned parts; /* bits of enum fleet_part */
	const char *image, *out, *backend_name;
	enum vm_accel accel;
	bool cold;
	char snapshots[FLEET_CARDS][PATH_MAX]; /* unless cold: one for each card */

	struct backend backend;
	struct world world;
	uint32_t run;     /* in every mark: a number of this run */
	unsigned running; /* members there are now */
	struct fleet_member *members[FLEET_MAX];
	char why[FLEET_WHY_MAX]; /* of the last false */

	bool counting; /* frames are counted, not kept on the tapes */

	struct fleet_check checks[FLEET_CHECKS_MAX];
	size_t check_count, failed;
	unsigned reached[FLEET_MAX][FLEET_MAX]; /* frames of the first that came to the second */
	struct fleet_shares shares;
	double boot_ms, isolation_s, shares_s, churn_s;
	unsigned churned;
};

/* ---- fleet.c ---- */

/* Notes a check and shows it. */
void fleet_check(struct fleet *f, bool ok, const char *why, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));
double fleet_seconds(void);

/* ---- fleet_members.c ---- */

/* Finds or makes a guest to restore for each card. False with f->why. */
bool fleet_snapshots(struct fleet *f);
/* Starts `count` backends, then as many VMs, and waits until all are READY. False with f->why; fleet_end() in any case. */
bool fleet_begin(struct fleet *f, unsigned count);

enum fleet_way { FLEET_POWER_OFF, FLEET_QUIT, FLEET_KILL, FLEET_WAYS };

/* Ends all VMs, one by `first`, the next in the next way, then the backends. False with f->why when one did not end as it
 * should: a guest that was told to power off, a backend whose VM is gone. What stands on the tapes stays until
 * fleet_free(). */
bool fleet_end(struct fleet *f, enum fleet_way first);
void fleet_free(struct fleet *f);

/* Serves everybody once, waiting at most `timeout_ms` for something to happen. */
void fleet_turn(struct fleet *f, int timeout_ms);
/* Serves everybody until `done`: true; false after `timeout_ms`, or when the user wants to stop. */
bool fleet_until(struct fleet *f, int timeout_ms, bool (*done)(struct fleet *f, void *arg),
                 void *arg);

/* Makes the guests of all members run a command at the same time and waits for all of them. `command` writes that of one
 * of them. Each m->answer holds what it printed. False with f->why when one did not exit with 0. */
bool fleet_run_all(struct fleet *f,
                   void (*command)(const struct fleet_member *m, void *arg, char *out, size_t size),
                   void *arg);
/* The same in one, without waiting for its end: SPAWN. */
bool fleet_spawn(struct fleet *f, struct fleet_member *m, const char *command);
/* A guest sends a frame; waits until its kernel has taken it. False with f->why. */
bool fleet_send_frame(struct fleet *f, struct fleet_member *m, const void *frame, size_t len);

/* ---- the three parts; false when they could not be played, with f->why ---- */
bool fleet_isolation(struct fleet *f);
bool fleet_shares(struct fleet *f);
bool fleet_churn(struct fleet *f);

#endif
