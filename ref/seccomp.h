/* SPDX-License-Identifier: ISC */
/* seccomp.h: an allow-list of system calls, from a table to a filter of the kernel.
 *
 * A rule permits one system call, with up to SECCOMP_CHECKS_MAX of its arguments checked; several
 * rules for one call are alternatives. What no rule permits kills the process (SIGSYS), and so does
 * every call of another architecture than the program's own: i386 and x32 on x86_64.
 *
 * A filter sees the registers and nothing behind a pointer. A call that takes an address in a
 * structure (sendmsg) or a path (unlink) is permitted for all of them or not at all.
 *
 * The program is linear, one comparison for each call before the one that is made, so tables begin
 * with what is called for every frame. Works on x86_64 and aarch64.
 */
#ifndef REF_SECCOMP_H
#define REF_SECCOMP_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECCOMP_CHECKS_MAX 3
#define SECCOMP_RULES_MAX  96

/* Instructions that rules compile to at most: each needs 2 and a reload, and 4 for a check. */
#define SECCOMP_PROGRAM_MAX (8 + SECCOMP_RULES_MAX * (3 + 4 * SECCOMP_CHECKS_MAX))

enum seccomp_test {
	SECCOMP_ANY,    /* no check */
	SECCOMP_MASKED, /* the lower 32 bits, under `mask`, are `value`: for an int of the kernel */
	SECCOMP_NULL,   /* a pointer: all 64 bits are 0 */
	SECCOMP_SELF,   /* the process id of who installs the filter */
};

struct seccomp_check {
	enum seccomp_test test;
	uint8_t arg; /* 0..5 */
	uint32_t mask, value;
};

struct seccomp_rule {
	int nr; /* SYS_... */
	struct seccomp_check checks[SECCOMP_CHECKS_MAX];
};

struct seccomp_table {
	const struct seccomp_rule *rules; /* at most SECCOMP_RULES_MAX */
	size_t count;
};

/* The tables of the processes; seccomp_tables.c says what each call is for. */
extern const struct seccomp_table seccomp_worker, seccomp_dialer, seccomp_janitor, seccomp_gate,
        seccomp_minter;

/* How many different system calls a table permits. */
unsigned seccomp_count_calls(const struct seccomp_table *table);

/* Writes the filter of a table for the process `self`; returns its length in instructions. Memory
 * is for SECCOMP_PROGRAM_MAX of them. */
size_t seccomp_compile(const struct seccomp_table *table, uint32_t self, struct sock_filter *out);

/* NULL, or why this process cannot have a filter: the kernel is without, the architecture is
 * another, or the program is built with sanitizers, which call what no table permits. */
const char *seccomp_missing(void);

/* Puts the filter in force, for good and for all children. Needs no_new_privs. False with the
 * reason printed. */
bool seccomp_enter(const struct seccomp_table *table);

#endif
