/* SPDX-License-Identifier: ISC */
/* landlock.h: no files, and less network, by the kernel's Landlock.
 *
 * What is taken away, as far as the kernel's version (ABI) of Landlock knows it:
 *	ABI 1  reading, writing, executing, making and removing files and directories
 *	    2  linking and renaming into another directory
 *	    3  truncating
 *	    4  binding TCP sockets, and connecting them
 *	    5  ioctl on devices that are opened later
 *	    6  connecting to abstract Unix sockets of others, signals to others
 * Descriptors that are open keep what they could do.
 *
 * A role's exceptions are left out of that. Landlock knows nothing of UDP, nor of Unix sockets that
 * have a path; both are the system call filter's.
 */
#ifndef REF_LANDLOCK_H
#define REF_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum landlock_exception {
	LANDLOCK_MAY_CONNECT = 1, /* TCP */
	LANDLOCK_MAY_REMOVE = 2,  /* files; no directories */
	/* Signals to others. Also what PR_SET_PDEATHSIG sends to this process's children: the
	 * kernel takes that for a signal of this process. */
	LANDLOCK_MAY_SIGNAL = 4,
};

/* What is taken away; struct landlock_ruleset_attr of ABI 6. An older kernel takes the longer one
 * too, as long as what it does not know is 0. */
struct landlock_rights {
	uint64_t fs, net, scopes;
};

/* All that this ABI knows (later ones: what 6 knows), but for a set of enum landlock_exception. */
struct landlock_rights landlock_rights(int abi, unsigned exceptions);

/* The ABI of this kernel, or 0 where there is no Landlock or it is switched off. */
int landlock_abi(void);

/* NULL, or why this process cannot be put under Landlock. */
const char *landlock_missing(void);

/* Puts it in force, for good and for all children. Needs no_new_privs. False with the reason
 * printed. */
bool landlock_enter(unsigned exceptions);

#endif
