/* SPDX-License-Identifier: ISC */
/* janitor.h: the process that removes the frame channel's path when the worker has ended.
 *
 * The worker cannot do it, a path is behind a pointer and its sandbox has none. The janitor is
 * forked before the worker enters, holds the reading end of a pipe and a path, reads nothing of
 * anybody, and unlinks when the last writing end is closed: also when the worker was killed.
 */
#ifndef REF_JANITOR_H
#define REF_JANITOR_H

#include "ref/sandbox.h"

#include <sys/types.h>

#define JANITOR_PATIENCE_MS 1000

struct janitor {
	int fd; /* the writing end */
	pid_t pid;
};

/* Forks the janitor of `path`, which must not change while it lives. The child does not return.
 * Call it with SIGTERM and SIGINT blocked, and before other processes are forked that would inherit
 * the writing end without closing it. False, with the reason printed and the path untouched, when
 * it cannot. */
bool janitor_start(struct janitor *janitor, const char *path, enum sandbox_want want);

/* Has the path removed, and waits until that is done. */
void janitor_stop(struct janitor *janitor);

#endif
