/* SPDX-License-Identifier: ISC */
/* batch_steps.h: how the files batch*.c, and those of the planes with a guest, share the playing of cases; nobody else
 * includes this.
 *
 * Functions that return bool write a phrase into `why` (256 bytes) when they return false.
 */
#ifndef HARNESS_BATCH_STEPS_H
#define HARNESS_BATCH_STEPS_H

#include "harness/batch.h"

/* The VM sends a recipe's frame; *entry is its place on the tape. */
bool batch_send(struct batch *b, const struct recipe *r, const struct recipe_vars *vars, int row,
                size_t *entry, char *why);
/* The frame of a recipe of the VM's, in FRAME_MAX bytes; 0 when it cannot be built. */
size_t batch_build(struct batch *b, const struct recipe *r, const struct recipe_vars *vars,
                   uint8_t *frame, char *why);

/* What the process did, for the judge. An end that breaks the contract is told as that, and not as a crash. */
void batch_note_process(struct batch *b, bool ended_early);

/* The one row of the batch starts the backend (batch_start.c): from there to the verdict. */
enum batch_end batch_start_row(struct batch *b, const char *seed);

/* The case begins with frames that are sent before its backend is started (batch_early.c). */
bool batch_is_early(const struct batch *b);
/* Starts the backend once, for the gateway's address alone. On anything but SESSION_OK b->session is as session_start()
 * leaves it, else it is free. */
enum session_status batch_learn_gateway(struct batch *b, const char *seed);
/* For session_start_early(): `arg` is the batch. */
void batch_play_early(struct session *s, void *arg);

/* The case begins with `cycle`. */
bool batch_is_cycled(const struct batch *b);
/* Starts and stops the backend that often (batch_cycle.c). false when something was wrong, or left: told in the item's
 * failure, and b->session is the one it was seen in; else that is free. */
bool batch_cycle(struct batch *b, const char *seed);

/* The case begins with `boot` (batch_boot.c): what that says, or NULL. */
const struct scn_boot *batch_boot(const struct batch *b);
/* `boot`, `guest off` or `guest reboot`. */
bool batch_power(struct batch *b, struct judge_item *it, const struct step *st, char *why);
/* The frames of all rows of the batch as the frame channel has them: length, frame. malloc'ed; NULL with words in `why`. */
uint8_t *batch_boot_attack(struct batch *b, size_t *len, char *why);
/* The guest boots now: what it sends first stands behind this place of the tape. */
void batch_note_boot(struct batch *b);
/* Finds the row's frame among what the guest sent each time when it booted; false when it was not there. */
bool batch_boot_row(struct batch *b, struct judge_item *it, int number, char *why);

/* An allowed datagram to the consumer and its echo; `nonce` is in both. */
bool batch_sentinel(struct batch *b, const char *name, char nonce[24]);

/* A statement about a second VM (batch_beside.c). */
bool batch_beside(struct batch *b, struct judge_item *it, const struct step *st, int row,
                  char *why);
/* Ends the second backend, if there is one; what was wrong with its end is the first item's failure. */
void batch_beside_stop(struct batch *b);

/* Plays a row of a talk (batch_talk.c): what was heard and should not be, or not heard, is it->failure. */
void batch_talk(struct batch *b, struct judge_item *it, int number);
/* `talk to`, `says` and `hears` in a case. */
bool batch_talk_step(struct batch *b, struct judge_item *it, const struct step *st, int number,
                     char *why);
/* Ends the conversation that is open, if any: well, and looking whether it ends as it should, when the case is `ok`. */
bool batch_talk_end(struct batch *b, bool ok, char *why);
/* When all rows are played: what the programs in the world have printed of them (batch_origin.c). */
void batch_check_origins(struct batch *b);
/* Starts the programs that serve the whole suite. False with a phrase in `why`. */
bool batch_serve_suite(struct batch *b, char *why);

/* Waits until the backend's process is gone. */
bool batch_wait_exit(struct batch *b, int timeout_ms);

/* Runs the statements of a case, up to the first that fails (it->failure). */
void batch_run_steps(struct batch *b, struct judge_item *it, int number);

/* A statement about the backend itself (batch_control.c). */
bool batch_control(struct batch *b, struct judge_item *it, size_t step, char *why);

/* A `flood` (batch_flood.c). From the first one on, frames and events that the case's statements
 * mean are kept only as samples and counted otherwise. */
bool batch_flood(struct batch *b, struct judge_item *it, size_t step, int number, char *why);

/* After a flood: lets what is still on its way arrive, until nothing has happened for a moment. Proves
 * nothing; but a sentinel that comes in the middle of it would be lost where queues are full. */
void batch_settle(struct batch *b);

/* Milliseconds of CLOCK_MONOTONIC. */
double batch_now_ms(void);

#endif
