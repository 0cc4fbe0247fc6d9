/* SPDX-License-Identifier: ISC */
/* profile.h: what a kind of backend must be able to do. scenarios/profiles.txt names each in one line:
 *
 *   profile NAME suites SUITE... modes MODE... needs CAP...
 *
 * A run with --profile NAME plays these suites (those of its plane), and what the backend does not describe, be it the
 * plane, a mode or a capability, is a FAIL and not a SKIP: nobody passes a profile by declaring nothing. A profile names
 * every mode and every capability that its suites need; lint checks that.
 *
 * profile.c is pure; profile_run.c reads the file and is what runs call.
 */
#ifndef HARNESS_PROFILE_H
#define HARNESS_PROFILE_H

#include "harness/backend.h"
#include "harness/diag.h"
#include "harness/results.h"
#include "harness/select.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define PROFILE_FILE       "profiles.txt"
#define PROFILE_FILE_MAX   65536
#define PROFILES_MAX       32
#define PROFILE_SUITES_MAX 64
#define PROFILE_MODES_MAX  4
#define PROFILE_NEEDS_MAX  32

struct profile_words {
	unsigned count;
	char word[PROFILE_SUITES_MAX][SCN_NAME_MAX];
	unsigned column[PROFILE_SUITES_MAX];
};

struct profile {
	char name[SCN_NAME_MAX];
	unsigned line;
	struct profile_words suites, modes, needs;
};

struct profiles {
	char path[PATH_MAX];
	size_t count;
	struct profile list[PROFILES_MAX];
};

/* Reads the text of a file. Errors go to `diag`, which keeps pointers to `path` and `text`; a line with one is left out. */
void profile_parse(const char *path, const char *text, size_t len, struct diag *diag,
                   struct profiles *out);
/* The profile of this name, or NULL. */
const struct profile *profile_find(const struct profiles *all, const char *name);
/* Suites that do not exist, and modes and capabilities that a suite needs and its profile does not name; `sel` holds all
 * suites there are, modes[i] the mode of sel[i]'s policy or "". */
void profile_check(const struct profiles *all, const struct selection *sel, size_t count,
                   const char *const *modes, struct diag *diag);
/* Adds a FAIL for each thing that the profile asks and the backend does not describe, `profile/NAME/mode-filtered`.
 * Returns how many. */
unsigned profile_judge(const struct profile *p, const struct backend *b, enum scn_plane plane,
                       struct results *r);
/* What becomes of a case that cannot be played for the reason `why` (`size` bytes): SKIP, or FAIL with another reason
 * when `p`, not NULL, asks for what is missing. `written`: the case is one of this plane. */
enum result profile_verdict(const struct profile *p, bool written, char *why, size_t size);

/* ---- profile_run.c ---- */

struct run;

/* The mode of a policy file, or "" when it cannot be read. */
void profile_policy_mode(const char *path, char out[BACKEND_WORD_MAX]);
/* Reads DIR/profiles.txt; 0, or -1 with all errors on stderr. No file is no profile. */
int profile_read(const char *dir, struct profiles *out);
/* The suites of r->profile_name that its plane plays, in place of names; sets r->profile. NULL, with a message, when
 * there is no such profile or nothing of it on this plane. */
struct selection *profile_select(struct run *r, const char *dir, size_t *count);
/* The last outcomes of a run with a profile: what its backend does not describe at all. Not in shards, where it would
 * come up in each; cases that cannot be played for it fail there, too. */
void profile_end(struct run *r);
/* For `gauntlet lint` and `gauntlet list --profiles`: number of errors, which go to stderr. */
size_t profile_lint(const char *dir);
size_t profile_list(const char *dir);

#endif
