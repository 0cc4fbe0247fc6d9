/* SPDX-License-Identifier: ISC */
/* actor.h: what the planes with a real guest have in common (vmplane.c, kernelplane.c): when a frame
 * counts as sent, and when a command has done what its statement says. */
#ifndef HARNESS_ACTOR_H
#define HARNESS_ACTOR_H

#include "harness/batch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACTOR_FRAME_MS   5000  /* for a frame to leave the guest */
#define ACTOR_PROGRAM_MS 10000 /* for a program to cause its frame */
#define ACTOR_GRACE_MS   2000  /* beyond a command's own time, for the news of its end */

/* Waits until these bytes, perhaps padded, were seen to leave the guest at or behind tape entry
 * `from`; *entry is where, and belongs to `row` now. As batch_actor.send(). */
bool actor_wait_frame(struct batch *b, const uint8_t *frame, size_t len, size_t from, int row,
                      size_t *entry, char *why);
/* Waits for the frame that the program of `row` must send. As batch_actor.program(). */
bool actor_wait_program(struct batch *b, const struct row *row, const struct recipe_vars *vars,
                        size_t from, size_t *entry, char *why);

/* How a command ended. */
enum actor_how { ACTOR_EXITED, ACTOR_KILLED, ACTOR_TIMED_OUT };
struct actor_end {
	enum actor_how how;
	unsigned code;    /* ACTOR_EXITED */
	const char *text; /* what it printed */
};

/* Notes the last line that it printed, if any, and whether it ended as the statement says. As
 * batch_actor.command(). */
bool actor_check_command(struct batch *b, const struct step *st, const struct recipe_vars *vars,
                         const struct actor_end *end, char *why);

#endif
