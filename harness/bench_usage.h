/* SPDX-License-Identifier: ISC */
/* bench_usage.h: what a backend costs, as the kernel counts it: time of the processor and memory, over all
 * processes of its PID namespace (proc.h), without the harness's own first process there.
 *
 * Where what was started is a script (an adapter), its interpreter is not what is measured and does not
 * count either.
 *
 * Memory of the kernel (sockets, their buffers, page tables) is nobody's here.
 */
#ifndef HARNESS_BENCH_USAGE_H
#define HARNESS_BENCH_USAGE_H

#include "harness/proc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define BENCH_PROCESSES_MAX 16

struct bench_processes {
	size_t count;
	pid_t pid[BENCH_PROCESSES_MAX];
};

/* Finds those that there are now. `path` is the program that was started. */
void bench_processes_find(struct bench_processes *p, const struct proc *proc, const char *path);

struct bench_cpu {
	double total_ns;           /* time on a processor, since they were started */
	double user_ms, kernel_ms; /* the same in the kernel's ticks, for their ratio */
};

/* False when it cannot be read: a process has ended. */
bool bench_cpu_read(const struct bench_processes *p, struct bench_cpu *out);

struct bench_memory {
	double pss_kb; /* shared pages divided among those who share them */
	double rss_kb; /* shared pages counted for each */
};

/* False when it cannot be read: no permission, or a process has ended. */
bool bench_memory_read(const struct bench_processes *p, struct bench_memory *out);

/* The value in kB of the line `NAME:  123 kB` of a file like /proc/PID/smaps_rollup; false when there
 * is none. Reads from the start. */
bool bench_kb_line(FILE *f, const char *name, double *out);

/* What the whole machine has done since it started, in seconds of processor time: by anybody, and by this
 * process and those it has waited for. */
struct bench_machine {
	double busy_s, own_s, total_s;
};

void bench_machine_read(struct bench_machine *out);

#endif
