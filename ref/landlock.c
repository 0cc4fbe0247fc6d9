/* SPDX-License-Identifier: ISC */
/* landlock.c: Landlock by raw system calls; the C library has no wrappers for them. */
#include "ref/landlock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The same on all architectures; older headers lack them. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self  446
#endif

/* linux/landlock.h of Debian 12 ends at ABI 2, so all of it stands here. */
#define CREATE_RULESET_VERSION 1U
#define FS_ABI_1               0x1fffU /* execute 0, write 1, read 2, ..., make symlink 12 */
#define FS_REMOVE_FILE         0x0020U
#define FS_REFER               0x2000U
#define FS_TRUNCATE            0x4000U
#define FS_IOCTL_DEV           0x8000U
#define NET_BIND_TCP           1U
#define NET_CONNECT_TCP        2U
#define SCOPE_ABSTRACT_UNIX    1U
#define SCOPE_SIGNAL           2U

int landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);

	return abi > 0 ? (int)abi : 0;
}

const char *landlock_missing(void)
{
	return landlock_abi() ? NULL : "not in this kernel";
}

struct landlock_rights landlock_rights(int abi, unsigned exceptions)
{
	struct landlock_rights rights = {.fs = FS_ABI_1};

	if (abi >= 2)
		rights.fs |= FS_REFER;
	if (abi >= 3)
		rights.fs |= FS_TRUNCATE;
	if (abi >= 4)
		rights.net = NET_BIND_TCP | NET_CONNECT_TCP;
	if (abi >= 5)
		rights.fs |= FS_IOCTL_DEV;
	if (abi >= 6)
		rights.scopes = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
	if (exceptions & LANDLOCK_MAY_CONNECT)
		rights.net &= ~(uint64_t)NET_CONNECT_TCP;
	if (exceptions & LANDLOCK_MAY_REMOVE)
		rights.fs &= ~(uint64_t)FS_REMOVE_FILE;
	if (exceptions & LANDLOCK_MAY_SIGNAL)
		rights.scopes &= ~(uint64_t)SCOPE_SIGNAL;
	return rights;
}

bool landlock_enter(unsigned exceptions)
{
	const struct landlock_rights rights = landlock_rights(landlock_abi(), exceptions);
	bool ok;
	int fd;

	fd = (int)syscall(SYS_landlock_create_ruleset, &rights, sizeof(rights), 0);
	ok = fd >= 0 && syscall(SYS_landlock_restrict_self, fd, 0) == 0;
	if (!ok)
		fprintf(stderr, "refnat: landlock: %s\n", strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}
