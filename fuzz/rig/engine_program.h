/* SPDX-License-Identifier: ISC */
/* engine_program.h: plays a program of operations (engine_ops.h) against refnat's real loop.
 *
 *	bytes --> operations --> guest, world, clock, orders --> loop_run() --> engine_kernel
 *	                                                              |             |
 *	                                                              +--> engine_model, engine_tcp
 *
 * loop_run() runs as it does in the worker; whenever it would wait, the program goes on by one
 * operation. Where the program ends, a signal ends the loop. */
#ifndef FUZZ_RIG_ENGINE_PROGRAM_H
#define FUZZ_RIG_ENGINE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Plays it. Memory that refnat has not written is `poison`. *seen becomes what could be seen of it, as a
 * number, unless it is NULL. */
void engine_play(const uint8_t *data, size_t size, uint8_t poison, uint64_t *seen);

/* Whether its header says that it be played a second time, with other poison; of the programs that say so
 * one in `of` is, whichever: it follows from all of their bytes. */
bool engine_wants_twice(const uint8_t *data, size_t size, unsigned of);

#endif
