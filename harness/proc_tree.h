/* SPDX-License-Identifier: ISC */
/* proc_tree.h: all the processes of a program that proc_start() started, whatever they forked:
 * those of its PID namespace, but for the harness's own first process there.
 */
#ifndef HARNESS_PROC_TREE_H
#define HARNESS_PROC_TREE_H

#include "harness/proc.h"

#include <stdbool.h>
#include <stdint.h>

/* The memory they occupy together, in KiB: a page that several of them share counts once (PSS), or,
 * where the kernel does not tell, once for each (RSS). false when there is no such process. */
bool proc_tree_memory(const struct proc *p, uint64_t *kib);

/* Sends a signal to each. false when there is no such process. */
bool proc_tree_signal(const struct proc *p, int signal);
#define PROC_TREE_LAST 1000000 /* the one that was started last, when it is not the only one */

/* Kills one of them, in the order in which they were started (1 is the program itself), and waits until its descriptors
 * are closed. false when there are not so many. */
bool proc_tree_kill_one(const struct proc *p, unsigned number);

/* Sets the soft limit `resource` of setrlimit(2) for each. false when there is no such process, or one cannot be
 * limited. */
bool proc_tree_limit(const struct proc *p, int resource, uint64_t value);

#endif
