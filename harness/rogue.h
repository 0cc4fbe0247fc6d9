/* SPDX-License-Identifier: ISC */
/* rogue.h: `gauntlet rogue`: how long from a guest's breaking out until its VM is gone, many times.
 *
 * A try is one guest behind one backend. It sends an allowed datagram, the rogue one, and a hundred allowed ones behind
 * that, as fast as it can. Who notices, and how the VM is ended:
 *
 *     detector-quit  detector-kill   the backend runs in the mode direct and lets the rogue out; the detector (detect.h)
 *                                    on the world's side sees it and ends the VM
 *     backend-quit   backend-kill    the backend ends by its policy: its event "terminate", or the end of the frame
 *                                    channel, tells the harness, which is the VMM here, to end the VM
 *
 * quit is QMP's, kill is SIGKILL. What a try must show: the datagram in front of the rogue crossed, so the way was open;
 * the rogue left the guest; the VM is gone within ROGUE_BOUND_MS from then. Where the backend ends: nothing of the rogue nor
 * of what was behind it crossed, nothing crossed behind the decision, and it ended as the contract says. Two controls,
 * with policies that allow the rogue's destination: all hundred behind it cross, and nobody is ended.
 */
#ifndef HARNESS_ROGUE_H
#define HARNESS_ROGUE_H

#include "harness/results.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define ROGUE_BOUND_MS 1000.0 /* TERM-001 */
#define ROGUE_BEHIND   100    /* allowed datagrams behind the rogue */
#define ROGUE_TRIES    50
#define ROGUE_WHY_MAX  400

enum rogue_kind {
	ROGUE_DETECTOR_QUIT,
	ROGUE_DETECTOR_KILL,
	ROGUE_BACKEND_QUIT,
	ROGUE_BACKEND_KILL,
	ROGUE_KINDS,
};

/* Since the rogue frame left the guest, in ms; below 0: it did not happen. */
struct rogue_times {
	double wire;    /* it was on the wire */
	double decided; /* the verdict was there */
	double last;    /* the last frame that the backend put on the wire */
	double gone;    /* QEMU has ended */
};

struct rogue_try {
	enum rogue_kind kind;
	bool control;
	struct rogue_times ms;
	unsigned behind; /* of those behind it crossed the wire */
	enum result result;
	char why[ROGUE_WHY_MAX]; /* "" with PASS */
};

/* The sub-command; argv[0] is its name. Exit codes: 0, 1 a try failed, 2 usage, 3 the backend breaks the contract or can do
 * neither, 4 the environment is at fault, 130 interrupted. */
int rogue_main(int argc, char **argv);

/* ---- figures: pure ---- */

/* Upper edges of the histogram's bars in ms; the last bar has none. */
#define ROGUE_BARS 12
extern const double rogue_edges[ROGUE_BARS - 1];

struct rogue_figures {
	size_t count; /* tries that were timed: not controls, and the VM was gone */
	double p50, p99, max;
	unsigned bars[ROGUE_BARS];
};

/* Of one moment of all tries of a kind; `which` picks it. Nearest rank. */
struct rogue_figures rogue_count(const struct rogue_try *tries, size_t count, enum rogue_kind kind,
                                 double (*which)(const struct rogue_times *));
double rogue_wire(const struct rogue_times *t);
double rogue_decided(const struct rogue_times *t);
double rogue_last(const struct rogue_times *t);
double rogue_gone(const struct rogue_times *t);
const char *rogue_kind_name(enum rogue_kind k); /* "detector-quit" */
const char *rogue_kind_text(enum rogue_kind k); /* "seen by the detector, ended by QMP quit" */

/* rogue.json */
void rogue_write_json(const struct rogue_try *tries, size_t count, const char *backend,
                      const char *accelerator, bool restored, FILE *to);
/* The summary for people. */
void rogue_write_text(const struct rogue_try *tries, size_t count, FILE *to);
/* One outcome for each kind and control that was tried, as results.json has them. */
void rogue_results(const struct rogue_try *tries, size_t count, struct results *out);

/* ---- one try ---- */

struct backend;
struct world;

struct rogue_bed {
	const struct backend *backend;
	struct world *world;
	const char *image;
	int accel;           /* enum vm_accel, not AUTO */
	const char *restore; /* a snapshot, or NULL: each try boots */
	const char *log;     /* console of the last guest, or NULL */
	/* [0] of the mode direct, [1] that terminates; then the same two, allowing the rogue's destination. */
	const char *policy[4];
	bool spare; /* nobody is ended: to see that the bound is one */
};

/* Plays one; `number` makes its packets its own. False: the user wants to stop. */
bool rogue_play(const struct rogue_bed *bed, enum rogue_kind kind, bool control, unsigned number,
                struct rogue_try *out);

#endif
