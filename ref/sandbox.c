/* SPDX-License-Identifier: ISC */
/* sandbox.c: the staircase of isolation.
 *
 * Theory of operation. Three stages, each a step that cannot be taken back, each useful without the
 * others. A later one must not undo or need to weaken an earlier one; an earlier one must leave
 * what the later ones need to be entered.
 *
 * privileges  Should make the process an ordinary one that can never become more: no_new_privs, so
 *             that no program it could execute gains anything; no capabilities but those it was
 *             asked to keep, in no set, the bounding set included where that is permitted; not
 *             dumpable, so that other processes of the user cannot trace it, and no core file, so
 *             that a crash leaves no guest data on a disk; limits of 0 for new processes (which
 *             the kernel does not apply to root, the next stages do).
 *             Must not limit the size of files: the event channel and standard error may be files.
 *             Must not change the user: who starts refnat chooses that.
 *
 * landlock    Should take away the whole file system, TCP that is not asked for, and the abstract
 *             Unix sockets and processes outside. Holds the files even where there is no seccomp,
 *             and what a new system call would open that the filter's author never heard of.
 *             Needs no_new_privs. Does what the kernel's version of it can; the report says which.
 *             Must leave the worker its signals: the dialer's parent death signal counts as one
 *             that the worker sends. They are the filter's business.
 *
 * seccomp     Should leave the calls that the code makes, and no others: the worker cannot make,
 *             connect or address a socket, so that the way out is the dialer's to give. It kills
 *             instead of failing calls: who makes another call is not refnat any more.
 *             Needs no_new_privs, and is the last, because it permits none of the calls above.
 *             Must not look as if it checked what it cannot see: see seccomp.h. */
#include "ref/sandbox.h"

#include "ref/landlock.h"
#include "ref/sanitized.h"
#include "ref/seccomp.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAPABILITIES 64 /* more than there are; the kernel says EINVAL to the rest */

static const char *const role_names[SANDBOX_ROLES] = {
        [SANDBOX_WORKER] = "worker", [SANDBOX_DIALER] = "dialer", [SANDBOX_JANITOR] = "janitor",
        [SANDBOX_GATE] = "gate",     [SANDBOX_MINTER] = "minter",
};

static const char *const stage_names[SANDBOX_STAGES] = {
        [SANDBOX_PRIVILEGES] = "privileges",
        [SANDBOX_LANDLOCK] = "landlock",
        [SANDBOX_SECCOMP] = "seccomp",
};

const char *sandbox_role_name(enum sandbox_role role)
{
	return role_names[role];
}

const char *sandbox_stage_name(enum sandbox_stage stage)
{
	return stage_names[stage];
}

/* --- privileges --- */

static const char *privileges_missing(void)
{
	return NULL;
}

/* Who has no CAP_SETPCAP cannot, and loses little: no_new_privs makes the bounding set idle. */
static void drop_bounding_set(uint32_t keep)
{
	for (unsigned cap = 0; cap < CAPABILITIES; cap++)
		if (cap >= 32 || !(keep >> cap & 1))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

static bool drop_capabilities(uint32_t keep)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	drop_bounding_set(keep);
	/* The C library has no wrappers for these two; libcap would be a library for ten lines. */
	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	data[0].permitted &= keep;
	data[0].effective &= keep;
	data[0].inheritable = 0; /* which empties the ambient set as well */
	data[1] = (struct __user_cap_data_struct){0};
	return syscall(SYS_capset, &header, data) == 0;
}

static bool enter_privileges(enum sandbox_role role, uint32_t keep_caps,
                             struct sandbox_report *report)
{
	const struct rlimit none = {0};

	(void)role;
	(void)report;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && drop_capabilities(keep_caps) &&
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0 &&
	    setrlimit(RLIMIT_NPROC, &none) == 0)
		return true;
	fprintf(stderr, "refnat: cannot drop privileges: %s\n", strerror(errno));
	return false;
}

/* --- landlock --- */

/* A sanitizer's last look at memory needs /proc. */
static const char *landlock_missing_here(void)
{
	return SANITIZED ? "not with sanitizers" : landlock_missing();
}

static bool enter_landlock(enum sandbox_role role, uint32_t keep_caps,
                           struct sandbox_report *report)
{
	static const unsigned exceptions[SANDBOX_ROLES] = {
	        [SANDBOX_WORKER] = LANDLOCK_MAY_SIGNAL,
	        [SANDBOX_DIALER] = LANDLOCK_MAY_CONNECT,
	        [SANDBOX_JANITOR] = LANDLOCK_MAY_REMOVE,
	};

	(void)keep_caps;
	report->landlock_abi = landlock_abi();
	return landlock_enter(exceptions[role]);
}

/* --- seccomp --- */

static bool enter_seccomp(enum sandbox_role role, uint32_t keep_caps, struct sandbox_report *report)
{
	static const struct seccomp_table *const tables[SANDBOX_ROLES] = {
	        [SANDBOX_WORKER] = &seccomp_worker,   [SANDBOX_DIALER] = &seccomp_dialer,
	        [SANDBOX_JANITOR] = &seccomp_janitor, [SANDBOX_GATE] = &seccomp_gate,
	        [SANDBOX_MINTER] = &seccomp_minter,
	};

	(void)keep_caps;
	report->seccomp_calls = seccomp_count_calls(tables[role]);
	return seccomp_enter(tables[role]);
}

/* --- the staircase --- */

const struct sandbox_step sandbox_staircase[SANDBOX_STAGES] = {
        [SANDBOX_PRIVILEGES] = {privileges_missing, enter_privileges},
        [SANDBOX_LANDLOCK] = {landlock_missing_here, enter_landlock},
        [SANDBOX_SECCOMP] = {seccomp_missing, enter_seccomp},
};

/* Whether all stages are there; names those that are not. */
static bool is_complete(const struct sandbox_step steps[SANDBOX_STAGES])
{
	bool complete = true;

	for (int i = 0; i < SANDBOX_STAGES; i++) {
		const char *why = steps[i].missing();

		if (why)
			fprintf(stderr, "refnat: sandbox: %s: %s\n", stage_names[i], why);
		complete = complete && !why;
	}
	return complete;
}

bool sandbox_climb(const struct sandbox_step steps[SANDBOX_STAGES], enum sandbox_role role,
                   enum sandbox_want want, uint32_t keep_caps, struct sandbox_report *out)
{
	*out = (struct sandbox_report){0};
	if (want == SANDBOX_OFF)
		return true;
	if (want == SANDBOX_REQUIRE && !is_complete(steps))
		return false;
	for (int i = 0; i < SANDBOX_STAGES; i++) {
		if (steps[i].missing())
			continue;
		if (!steps[i].enter(role, keep_caps, out))
			return false;
		out->active[i] = true;
	}
	return true;
}

bool sandbox_enter(enum sandbox_role role, enum sandbox_want want, uint32_t keep_caps,
                   struct sandbox_report *out)
{
	return sandbox_climb(sandbox_staircase, role, want, keep_caps, out);
}

size_t sandbox_describe(const struct sandbox_report *report, char *text, size_t size)
{
	const bool *active = report->active;
	char landlock[32] = "no landlock", seccomp[32] = "no seccomp";
	int n;

	if (active[SANDBOX_LANDLOCK])
		snprintf(landlock, sizeof(landlock), "landlock (abi %d)", report->landlock_abi);
	if (active[SANDBOX_SECCOMP])
		snprintf(seccomp, sizeof(seccomp), "seccomp (%u calls)", report->seccomp_calls);
	n = snprintf(text, size, "%sprivileges, %s, %s", active[SANDBOX_PRIVILEGES] ? "" : "no ",
	             landlock, seccomp);
	return n > 0 ? (size_t)n : 0;
}
