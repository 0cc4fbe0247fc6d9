/* SPDX-License-Identifier: ISC */
/* init.h: what PID 1's parts share: the record of a boot, and the steps that come after HELLO.
 *
 * Those steps run in PID 1 while it boots, and in a child of it when a restored guest is asked to
 * go on (NETWORK): the same code, so that both ways come to the same guest. */
#ifndef VM_IMAGES_INIT_H
#define VM_IMAGES_INIT_H

#include "vm-images/agent_proto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct boot {
	uint64_t at_us[AGENT_STEP_COUNT]; /* 0: not reached */
	char why[AGENT_TEXT_MAX + 1];     /* empty: all well */
	int port;
};

/* CLOCK_MONOTONIC, which starts with the kernel. */
uint64_t boot_now_us(void);

void boot_step(struct boot *b, enum agent_step s);

/* Notes a failure; several are joined with "; ". */
__attribute__((format(printf, 2, 3))) void boot_fail(struct boot *b, const char *fmt, ...);

/* The value of NAME=VALUE on the kernel's command line; false when NAME is not there or the value
 * does not fit. The last one counts. */
bool boot_word(const char *name, char *out, size_t size);

/* Starts a program as a child with a signal mask of its own and, unless `loud`, without output;
 * returns its process, or -1. argv[0] is a path. */
int boot_spawn(const char *const argv[], bool loud);

/* Waits for a child at most `patience_ms`, then kills it with SIGKILL. Returns its wait status, -1
 * when its time was over. */
int boot_wait(int pid, int patience_ms);

/* init_net.c */

/* Raises an interface; false with errno. */
bool boot_link_up(const char *name);

/* Waits for eth0 and raises it; false when it cannot, and that is noted. */
bool boot_eth0_up(struct boot *b);

/* Asks for a lease with udhcpc, at most 30 s. */
void boot_get_lease(struct boot *b);

/* Raises eth0 and sends the frames of a file, each with its length as a big-endian u32 in front,
 * through AF_PACKET, as they stand and back to back. */
void boot_attack(struct boot *b, const char *path);

/* init_seed.c */

/* Runs DIR/setup.sh with /bin/sh, at most 300 s. When DIR holds none, the first disk whose ISO 9660
 * label is cidata is mounted there, read-only. What the script prints goes to the console. */
void boot_setup(struct boot *b, const char *dir);

#endif
