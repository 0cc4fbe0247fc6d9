/* SPDX-License-Identifier: ISC */
/* detect_end.h: ends a VM that somebody else started, by `quit` over its QMP socket, by SIGKILL, or by one after the other.
 *
 * Everything that can fail is done when the watch begins: a process is held by a pidfd, so that its number cannot come to
 * mean another one; QMP has greeted and taken our capabilities. What is left for the moment of need is one system call.
 */
#ifndef HARNESS_DETECT_END_H
#define HARNESS_DETECT_END_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define ENDER_FDS      2
#define ENDER_HELLO_MS 2000 /* for QMP's greeting, and for its answer */
#define ENDER_QUIT_MS  200  /* for `quit`, when SIGKILL can follow */
#define ENDER_GONE_MS  1000 /* a VM that is to end is gone within this */
#define ENDER_WHY_MAX  256

struct ender {
	int pidfd;  /* -1: none */
	int qmp_fd; /* -1: none */
	bool gone;  /* the VM has ended, whoever did it */
};

void ender_init(struct ender *e);
void ender_close(struct ender *e);
/* 0, or -1 with a sentence in `why` (ENDER_WHY_MAX): what is wrong and what to do. The process may not be this one, nor
 * number 1. */
int ender_take_pid(struct ender *e, const char *number, char *why);
int ender_take_qmp(struct ender *e, const char *path, char *why);

/* What to wait for while all is well; returns how many. */
size_t ender_pollfds(const struct ender *e, struct pollfd fds[ENDER_FDS]);
/* Reads and forgets what QMP says; notices the VM's end. */
void ender_on_readable(struct ender *e, int fd);

/* Ends it and waits until it is gone: with QMP `quit` first, with a process SIGKILL. True when it is, within
 * ENDER_GONE_MS; *ms gets how long that took. True at once when there is nothing to end. `how` gets a constant word or two. */
bool ender_fire(struct ender *e, double *ms, const char **how);

#endif
