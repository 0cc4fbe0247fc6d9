/* SPDX-License-Identifier: ISC */
/* proc.h: starts a program so that it, and everything it ever starts, ends with certainty.
 *
 * The program runs in a PID namespace of its own, below a tiny first process. When the program
 * ends, the first process reports how and ends too, upon which the kernel kills whatever is left in
 * the namespace before it says the first process is dead. So when proc_reap() has returned, no
 * process of that program exists any more, however it forked or daemonised. The same happens when
 * the harness itself dies.
 */
#ifndef HARNESS_PROC_H
#define HARNESS_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PROC_KEEP_MAX 8

struct proc_options {
	char *const *argv;       /* argv[0] is a path, or is searched in PATH */
	int net_ns;              /* namespace to run in, -1: the harness's own */
	int keep[PROC_KEEP_MAX]; /* descriptors it inherits under the same number */
	size_t keep_count;
	int out, err; /* its stdout and stderr, -1: /dev/null */
};

struct proc {
	pid_t pid; /* of the first process; 0 when there is none */
	int pidfd; /* readable when all of it is dead */
	int status_fd;
};

struct proc_end {
	bool started; /* false: could not be executed, see `error` */
	int error;    /* errno of execve */
	bool signalled;
	int code; /* exit code, or the signal's number */
};

/* 0, or -1 with a message on stderr. */
int proc_start(const struct proc_options *o, struct proc *p);
/* Kills all of it. Harmless when it is dead. */
void proc_kill(struct proc *p);
/* Waits at most `timeout_ms` (-1: for ever) until all of it is dead; true and *end when it is. */
bool proc_reap(struct proc *p, int timeout_ms, struct proc_end *end);
/* "exited with 3", "was killed by SIGSEGV"; `out` holds 64 bytes. */
char *proc_end_text(const struct proc_end *end, char *out);

#endif
