/* SPDX-License-Identifier: ISC */
/* progress.h: what a run shows while it runs.
 *
 * On a terminal: one line that moves (rows done, failures, what is being played, time), a failure as soon as it is
 * known, and a line for each suite. Elsewhere: plain lines, one for each case, in the order of the scenarios
 * whatever was finished first, and so the same in every run but for the times.
 */
#ifndef HARNESS_PROGRESS_H
#define HARNESS_PROGRESS_H

#include "harness/plan.h"
#include "harness/results.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PROGRESS_TOLD_MAX 20 /* units whose failures a terminal shows; more say nothing new */

/* What a unit came to; outcomes in any order. */
enum played_text {
	PLAYED_NOTES,   /* for people on a terminal */
	PLAYED_STORIES, /* lines of stories.jsonl */
	PLAYED_WINDOWS, /* lines of windows.jsonl */
	PLAYED_BOOTS,   /* lines of boots.jsonl */
	PLAYED_TEXTS
};

struct played {
	bool done;
	struct outcome *list;
	size_t count;
	char *text[PLAYED_TEXTS]; /* or NULL */
};

struct progress {
	const struct plan *plan;
	const struct played *played; /* one for each unit */
	FILE *to;
	bool live, quiet; /* quiet: shows nothing at all */
	unsigned columns; /* of the terminal */
	int64_t start_ms, shown_ms;
	size_t done, failed; /* outcomes */
	unsigned told;       /* terminal: units whose failures were shown */
	size_t unit, rows;   /* what is being played, and how far it is, as far as that is known */
	size_t next;         /* the first case that has not been shown */
	size_t suite_from;   /* terminal: the first case of the suite that is being shown */
	const struct selection *named; /* elsewhere: whose name was shown last */
	bool moved;                    /* the line that moves is there */
};

/* `plan` and `played` must live as long as it. */
void progress_begin(struct progress *p, const struct plan *plan, const struct played *played,
                    FILE *to, bool live, bool quiet);
/* This unit is being played; `rows` of it are done. */
void progress_at(struct progress *p, size_t unit, size_t rows);
/* This unit is done: what it came to stands in `played`. */
void progress_done(struct progress *p, size_t unit);
/* Somebody else prints a line: on a terminal the line that moves makes room. */
void progress_make_room(struct progress *p);
/* Moves the time on. */
void progress_tick(struct progress *p);
/* Shows what has not been shown, because the run ended early. */
void progress_end(struct progress *p);

#endif
