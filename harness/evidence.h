/* SPDX-License-Identifier: ISC */
/* evidence.h: what is kept of a case that did not pass, and how a case is told to a person. */
#ifndef HARNESS_EVIDENCE_H
#define HARNESS_EVIDENCE_H

#include "harness/results.h"
#include "harness/scenario.h"
#include "harness/tape.h"

#include <stdio.h>

struct evidence {
	const struct outcome *outcome;
	const struct suite *suite;
	const struct scn_case *scn_case;
	const struct row *row; /* NULL for a case without rows */
	/* With rows: the tape_entry.row of this row's entries (the judge's item), or TAPE_NO_ROW to
	 * tell the whole tape. */
	int item;
	const struct tape *tape; /* NULL: nothing was recorded */
	const char *backend;     /* as given to --backend */
	const char *plane;
	const char *transport;      /* NULL for the default */
	const char *scenarios;      /* --scenarios, NULL when it was not given */
	const char *image;          /* --image, NULL when it was not given */
	const char *boot_log;       /* path of the guest's console log to copy, or NULL */
	const char *backend_stderr; /* text, or NULL */
	const char *programs;       /* what programs on this machine said, or NULL */
};

/* Removes DIR/failures/, which an earlier run may have left: only what this run finds may stand there. 0, or -1
 * with a message on stderr. */
int evidence_clear(const char *dir);

/* Fills DIR/failures/SUITE.CASE[.ROW]/, replacing what an earlier run left there:
 *
 *   capture.pcapng  every frame of the tape; interface 0 `guest` is the frame channel, 1 `wire` the
 *                   uplink, 2 `host` the loopback of the backend's namespace; outbound is away
 *                   from the VM; the judge's words are packet comments
 *   timeline.txt    the tape as in timeline.h
 *   events.jsonl    what the backend reported
 *   stderr.txt      what it printed, perhaps nothing
 *   programs.txt    commands that ran on this machine, and what they printed
 *   policy.json     a copy of the policy
 *   boot.log        a copy of boot_log, when there is one
 *   repro.sh        the one command that runs this case again, from the repository's root or with
 *                   $GAUNTLET_ROOT naming it; $GAUNTLET can name another build of the program
 *
 * `tape` may be NULL when nothing was recorded. 0, or -1 with a message on stderr; what could be
 * written is there all the same. */
int evidence_write(const struct evidence *e, const char *dir);

/* Removes the folder of one outcome, if there is one. 0, or -1 with a message on stderr. */
int evidence_forget(const struct outcome *o, const char *dir);

/* The command that runs this case again and tells it, as a shell takes it, without an end of line. */
void evidence_command(const struct evidence *e, FILE *to);

/* A failure in a few lines: what was sent and expected, what is wrong, and the command that tells all of it.
 * Colour only when `colour`. */
void evidence_brief(const struct evidence *e, FILE *to, bool colour);
/* Writes the arguments with which `gauntlet scenario` runs the case again, a space before each, as words for
 * a shell. */
void evidence_write_arguments(const struct evidence *e, FILE *to);

/* The case as a story: what was sent, what was expected, what crossed the wire, the verdict. When
 * the tape is that of a batch, entries that belong to another item are left out. Times are relative
 * to the tape's beginning; colour only when `colour`. Lines keep to 100 columns where they can. */
void evidence_tell(const struct evidence *e, FILE *to, bool colour);

#endif
