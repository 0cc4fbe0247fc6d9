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

/* How the detail of a row begins that failed by its own doing, and not by a doubt about all. */
#define JUDGE_CROSSED      "crossed the wire"
#define JUDGE_REACHED_HOST "reached the provider host itself"
#define JUDGE_ANSWERED     "was answered"

/* One row of an attack table, or one case of statements. */
struct judge_item {
	const struct scn_case *scn_case;
	const struct row *row;   /* NULL: a case of statements */
	struct recipe_vars vars; /* its nonce */
	size_t from;             /* tape index at which it began */
	size_t sent;             /* tape index of the row's frame, or JUDGE_NOT_SENT */
	char failure[384];       /* a statement that failed while it ran, or "" */
	char vacuous[256];       /* why it proves nothing, or "" */
	bool not_applicable; /* with `vacuous`: such a frame cannot be sent on this plane at all */

	bool suspect;       /* out: a doubt of the batch concerns it */
	enum result result; /* out */
	char detail[512];   /* out */

	bool leaked, answered_wrongly, lied, told; /* the judge's own working */
	unsigned crossed, answered;
};

struct judge {
	struct tape *tape;
	struct judge_item *items;
	size_t count;

	/* The positive control around them all. */
	bool has_sentinel;
	const struct recipe *sentinel;
	char pre_nonce[24], post_nonce[24];
	bool pre_ok, post_ok;
	unsigned pre_crossed, post_crossed; /* the judge's own working */

	/* How the backend behaved as a process. */
	bool crashed, hung;
	char process_text[160];    /* "was killed by signal 11 (...)" */
	const char *channel_fault; /* or NULL */
	const char *events_fault;  /* "" when the event stream kept its form */
	unsigned lost_frames;
	bool audit_due; /* every denial must have an event */
	uint64_t audited_drops;

	/* Out: something is wrong that could not be traced to one item. Each suspect has to be run alone; one that
	 * stays clean alone is still not acquitted unless a culprit was found. */
	bool doubt;
	char doubt_text[384];
};

void judge(struct judge *j);

/* A `pass` row's packet as it must cross: from the provider, to where the guest sent it, the
 * payload byte for byte, and nothing wrong with it. `sent` is what the guest sent, `wire` what came
 * out. */
bool judge_lets_cross(const struct seen *sent, const struct seen *wire);

#endif
