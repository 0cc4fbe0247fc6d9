/* SPDX-License-Identifier: ISC */
/* judge.h: what the tape of one backend process proves about the cases that ran in it.
 *
 * Pure: reads the tape and the facts below, writes verdicts, and marks the tape's entries with its
 * words. The rule is default deny: every frame on the wire, or on the backend's own loopback, that
 * no case allowed is held against a case. The backend's events acquit nobody; they are only
 * compared with the wire.
 */
#ifndef HARNESS_JUDGE_H
#define HARNESS_JUDGE_H

#include "harness/decode.h"
#include "harness/results.h"
#include "harness/scenario.h"
#include "harness/tape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JUDGE_NOT_SENT SIZE_MAX

#define JUDGE_EXIT_SANITIZER 99 /* the contract's */
#define JUDGE_ETH_LEN        14
#define JUDGE_XIDS           8

/* How the detail of a row begins that failed by its own doing, and not by a doubt about all. */
#define JUDGE_CROSSED      "crossed the wire"
#define JUDGE_REACHED_HOST "reached the provider host itself"
#define JUDGE_ANSWERED     "was answered"

/* What is known of one statement of a case once it was reached. */
struct judge_step {
	bool reached;
	struct recipe_vars vars; /* $NAT, $SEQ and $ACK as they were then */
	uint64_t
	        counted; /* frames, or events with what they suppressed, that fit it and were not kept on the tape */
	unsigned kept; /* those that were, while others were only counted */
};

/* One row of an attack table, or one case of statements. */
struct judge_item {
	const struct scn_case *scn_case;
	const struct row *row;   /* NULL: a case of statements */
	struct recipe_vars vars; /* its nonce */
	size_t from;             /* tape index at which it began */
	size_t until;            /* of a talk: tape index at which it was over, or 0 */
	size_t sent;             /* tape index of the row's frame, or JUDGE_NOT_SENT */
	unsigned
	        times; /* how often it was sent, 1 or more: a guest that boots twice sends it twice */
	char follower
	        [24]; /* ROW_TERMINATE: nonce of the allowed datagram that was queued right behind, or "" */
	struct judge_step
	        *steps;      /* of the case, in its order; NULL for a row. Owned by the batch */
	char failure[384];   /* a statement that failed while it ran, or "" */
	char vacuous[256];   /* why it proves nothing, or "" */
	bool not_applicable; /* with `vacuous`: such a frame cannot be sent on this plane at all */

	bool suspect;       /* out: a doubt of the batch concerns it */
	enum result result; /* out */
	char detail[512];   /* out */

	bool leaked, answered_wrongly, lied, slandered, told; /* the judge's own working */
	unsigned crossed, answered;
};

struct judge {
	struct tape *tape;
	unsigned guest_mtu; /* no longer packet may reach the guest */
	struct judge_item *items;
	size_t count;
	const struct suite *suite; /* of talks: where they may lead to; else it may be NULL */

	/* The positive control around them all. */
	bool has_sentinel;
	const struct recipe *sentinel;
	char pre_nonce[24], post_nonce[24];
	bool pre_ok, post_ok;
	char unserved[256]; /* why a program that serves the suite was not there, or "" */
	unsigned pre_crossed, post_crossed; /* the judge's own working */

	/* The judge's own working: what the guest asked by itself: its kernel for its gateway, by ARP and not answered yet;
	 * its DHCP client, by xid, the last few. */
	unsigned asked;
	uint32_t own_xid[JUDGE_XIDS];
	unsigned own_xids;

	/* How the backend behaved as a process. */
	bool crashed, hung;
	bool terminated; /* it ended by policy, as the contract wants it */
	size_t violation; /* tape index of its first "violation" event, SIZE_MAX when there is none */
	bool ended_early; /* by itself, while its channel was open */
	bool ready,
	        named; /* of a row that starts it: it said "ready"; it named the policy's file */
	bool signalled;
	int exit_code;          /* or the signal */
	char process_text[160]; /* "was killed by signal 11 (...)", "ended by policy: reason ..." */
	const char *channel_fault; /* or NULL */
	const char *events_fault;  /* "" when the event stream kept its form */
	/* The judge's own working: the first frame that was denied and never sent, or "", and how many were looked at. */
	char invented[160];
	unsigned compared;
	unsigned lost_frames;
	bool audit_due; /* every denial must have an event */
	bool undecided; /* it promises no order, and did not say that it has decided about all: no drop is proved */
	uint64_t audited_drops;

	/* Out: something is wrong that could not be traced to one item. Each suspect has to be run alone; one that
	 * stays clean alone is still not acquitted unless a culprit was found. */
	bool doubt;
	char doubt_text[384];
};

void judge(struct judge *j);

/* A `pass` row's packet as it must cross: from the provider, to where the guest sent it, the
 * payload byte for byte, and nothing wrong with it. `sent` is what the guest sent, `wire` what came
 * out. Of TCP the provider's kernel makes its own conversation with the endpoint: any segment of it
 * may cross that carries nothing else than the guest's payload. */
bool judge_lets_cross(const struct seen *sent, const struct seen *wire);
/* Of those, what counts as the row's packet: for TCP, a SYN. */
bool judge_is_crossing(const struct seen *wire);

/* Whether a frame of a `wire`, `guest`, `may wire` or `none guest` statement's direction is what the
 * statement means. `step` counts from 0 in the item's case. */
bool judge_step_means(const struct judge_item *it, size_t step, const struct seen *s);

#define JUDGE_EXIT_POLICY 91 /* the contract's: the policy is malformed */

/* Where the frames are that a `wire`, `guest`, `none guest` or `peer sends` statement means. */
enum tape_kind judge_step_tape(enum step_kind kind);

/* Whether the item says that the backend ends by itself, and so has it alone: a ROW_TERMINATE, a row that starts it, a
 * case with `ends`. */
bool judge_wants_end(const struct judge_item *it);

#endif
