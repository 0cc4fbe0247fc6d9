/* SPDX-License-Identifier: ISC */
/* boot.h: `gauntlet boot`: boots the sandbox VM alone and says where the time went. */
#ifndef HARNESS_BOOT_H
#define HARNESS_BOOT_H

#include "harness/vm.h"

#include <stdio.h>

/* The sub-command; argv[0] is its name. Exit codes: 0 every boot came to READY, 2 usage,
 * 4 the environment is at fault: no QEMU, no image, a guest that does not come up. */
int boot_main(int argc, char **argv);

/* The milestones of a boot on one clock, as ms since QEMU's exec; negative: not reached. Those
 * marked guest are the guest's claims: READY carries them on its clock, and the arrival of HELLO
 * and READY places them on ours, never too early. */
enum boot_mark {
	BOOT_QEMU,    /* QMP greeting */
	BOOT_KERNEL,  /* first kernel line on the console */
	BOOT_INIT,    /* guest: PID 1 runs */
	BOOT_DRIVERS, /* guest: modules loaded */
	BOOT_ATTACK,  /* guest: the attack that comes before all else is sent */
	BOOT_AGENT,   /* guest: agent port open */
	BOOT_SETUP,   /* guest: set-up began */
	BOOT_LOCKED,  /* guest: set-up ended well */
	BOOT_LINK,    /* guest: eth0 up */
	BOOT_FRAME,   /* first frame left QEMU */
	BOOT_LEASE,   /* guest: address from DHCP set */
	BOOT_READY,   /* READY came in: BOOT_MS */
	BOOT_MARK_COUNT,
};

void boot_marks(const struct vm_times *t, double ms[BOOT_MARK_COUNT]);
const char *boot_mark_name(enum boot_mark mark);

/* "BOOT_MS 1312", then a line per milestone reached with its time and the time since the one
 * before:
 *
 *   BOOT_MS 1312
 *       38   +38  QEMU up
 *      297  +259  first kernel line
 *   ... */
void boot_print_times(FILE *to, const struct vm_times *t);

#endif
