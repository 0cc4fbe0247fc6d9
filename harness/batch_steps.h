/* SPDX-License-Identifier: ISC */
/* batch_steps.h: how batch.c, batch_steps.c, batch_control.c and batch_flood.c share the playing of
 * cases; nobody else includes this.
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
