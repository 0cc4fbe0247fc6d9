/* SPDX-License-Identifier: ISC */
/* jobs.h: numbered pieces of work, done in several processes at once.
 *
 * Each worker is a fork of this process that is given one number at a time, whenever it has nothing to do, over a
 * socket pair of its own, and sends back bytes. What a worker prints, on either stream, comes back line by line. A
 * worker ends when there is no more work; it is told to (SIGTERM) when `stop` becomes true, and by the kernel when
 * this process dies.
 *
 * Nothing here knows what the work is.
 */
#ifndef HARNESS_JOBS_H
#define HARNESS_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define JOBS_MAX      64
#define JOBS_LINE_MAX 4096 /* of what a worker prints; longer lines are cut into pieces */

struct jobs {
	unsigned workers; /* 1 to JOBS_MAX */
	const uint32_t *order;
	size_t count;             /* of `order`: the numbers to give out, in this order */
	const volatile int *stop; /* nothing more is given out, what is being done should end */
	void *arg;

	/* In a worker. `begin` is called once; when it returns anything but 0 the worker ends. `work` writes its answer,
	 * of any length. */
	int (*begin)(void *arg, unsigned worker);
	void (*work)(void *arg, uint32_t number, FILE *answer);

	/* In this process, where `arg` is the only one that stays. `wanted` is asked before a number is given out: false
	 * leaves it out. Of each number that was given out either `answered` is called, or `lost`, when the worker's
	 * process ended or could not begin ("exited with 3"). `lost` is also called for what nobody is left to do.
	 * `tick` comes at least every JOBS_TICK_MS. */
	bool (*wanted)(void *arg, uint32_t number);
	void (*given)(void *arg, uint32_t number);
	void (*answered)(void *arg, uint32_t number, const void *data, size_t len);
	void (*lost)(void *arg, uint32_t number, const char *how);
	void (*said)(void *arg, const char *line);
	void (*tick)(void *arg);
};

#define JOBS_TICK_MS 200

/* Returns when all workers are gone. 0, or -1 with a message on stderr when none could be started; then nothing was
 * called but perhaps `said`. */
int jobs_run(const struct jobs *j);

#endif
