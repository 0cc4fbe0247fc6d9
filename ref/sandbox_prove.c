/* SPDX-License-Identifier: ISC */
/* sandbox_prove.c: carries out acts inside and outside of the sandbox, and compares. */
#include "ref/sandbox_prove.h"

#include "ref/landlock.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_S   30  /* for an act that blocks, which is a fault */
#define NOT_INSIDE   255 /* exit code: the stage could not be entered; no errno is that high */
#define NOT_FORKED   (-1)
#define OUTSIDE      (SANDBOX_ALL_STAGES + 1)
#define FILTER_KILLS (SANDBOX_SIGNAL + SIGSYS)

static bool enter(unsigned stage, enum sandbox_role role)
{
	const uint32_t keep = role == SANDBOX_DIALER ? 1U << CAP_NET_RAW : 0;
	struct sandbox_report report = {0};

	if (stage == OUTSIDE)
		return true;
	if (stage == SANDBOX_ALL_STAGES)
		return sandbox_enter(role, SANDBOX_AUTO, keep, &report);
	/* What the two others need of the first. */
	if (stage != SANDBOX_PRIVILEGES && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return false;
	return sandbox_staircase[stage].enter(role, keep, &report);
}

/* The life of the process that acts. `path` is its file. */
static void __attribute__((noreturn))
act_inside(const struct sandbox_act *act, unsigned stage, enum sandbox_role role, const char *path)
{
	struct sandbox_scene scene;
	struct rlimit core;

	sandbox_scene_set(&scene, path);
	alarm(PATIENCE_S);
	/* SIGSYS leaves a core file, or a report to whoever collects them. */
	if (getrlimit(RLIMIT_CORE, &core) == 0) {
		core.rlim_cur = 0;
		setrlimit(RLIMIT_CORE, &core);
	}
	if (act->stage != SANDBOX_PRIVILEGES)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	_exit(enter(stage, role) ? act->act(&scene, act->number) : NOT_INSIDE);
}

/* The outcome of the act inside `stage`, NOT_INSIDE or NOT_FORKED. */
static int try_act(const struct sandbox_act *act, unsigned stage, enum sandbox_role role)
{
	char path[] = "/tmp/refnat-proof-XXXXXX";
	int fd = mkstemp(path), status = 0;
	pid_t child;

	if (fd >= 0)
		close(fd);
	fflush(NULL);
	child = fork();
	if (!child)
		act_inside(act, stage, role, fd >= 0 ? path : "");
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (fd >= 0)
		unlink(path);
	if (child < 0)
		return NOT_FORKED;
	return WIFSIGNALED(status) ? SANDBOX_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

static void name_outcome(int outcome, char *text, size_t size)
{
	if (outcome == FILTER_KILLS)
		snprintf(text, size, "killed by the filter");
	else if (outcome > SANDBOX_SIGNAL)
		snprintf(text, size, "ended by signal %d", outcome - SANDBOX_SIGNAL);
	else if (outcome == NOT_INSIDE)
		snprintf(text, size, "the stage was not entered");
	else if (outcome == NOT_FORKED)
		snprintf(text, size, "no process to try it in");
	else if (outcome)
		snprintf(text, size, "%s", strerror(outcome));
	else
		snprintf(text, size, "it was done");
}

/* Whether the stage is there at all. */
static bool is_available(const struct sandbox_act *act, char why[SANDBOX_WHY_MAX])
{
	const char *missing = NULL;

	/* Landlock alone can be had with sanitizers, too: nobody looks at the memory of these processes
	 * when they end. */
	if (act->stage == SANDBOX_LANDLOCK)
		missing = landlock_missing();
	else if (act->stage < SANDBOX_STAGES)
		missing = sandbox_staircase[act->stage].missing();
	if (missing)
		snprintf(why, SANDBOX_WHY_MAX, "%s", missing);
	else if (act->landlock_abi > landlock_abi())
		snprintf(why, SANDBOX_WHY_MAX, "needs abi %d, this is %d", act->landlock_abi,
		         landlock_abi());
	else
		return true;
	return false;
}

enum sandbox_proof sandbox_prove_act(const struct sandbox_act *act, bool forbidden,
                                     enum sandbox_role role, char why[SANDBOX_WHY_MAX])
{
	char name[SANDBOX_WHY_MAX / 2];
	int outside, inside;

	*why = '\0';
	if (!is_available(act, why))
		return SANDBOX_SKIPPED;
	outside = try_act(act, OUTSIDE, role);
	if ((outside == act->outcome) == forbidden || outside == NOT_FORKED) {
		name_outcome(outside, name, sizeof(name));
		snprintf(why, SANDBOX_WHY_MAX, "outside of the sandbox, too: %s", name);
		return SANDBOX_SKIPPED;
	}
	inside = try_act(act, act->stage, role);
	if (inside == act->outcome)
		return SANDBOX_PROVED;
	name_outcome(inside, why, SANDBOX_WHY_MAX);
	return SANDBOX_REFUTED;
}

static void print_claim(const struct sandbox_act *act, bool forbidden, enum sandbox_role role,
                        FILE *out)
{
	fprintf(out, "%s %s: ", sandbox_role_name(role),
	        act->stage < SANDBOX_STAGES ? sandbox_stage_name((enum sandbox_stage)act->stage)
	                                    : "all stages");
	if (!forbidden)
		fprintf(out, "can %s", act->what);
	else if (act->outcome == FILTER_KILLS)
		fprintf(out, "%s is killed", act->what);
	else
		fprintf(out, "%s fails with %s", act->what, strerrorname_np(act->outcome));
}

void sandbox_prove_acts(const struct sandbox_acts *acts, bool forbidden, FILE *out,
                        unsigned counts[SANDBOX_PROOFS])
{
	static const char *const words[SANDBOX_PROOFS] = {
	        [SANDBOX_PROVED] = "ok  ",
	        [SANDBOX_REFUTED] = "FAIL",
	        [SANDBOX_SKIPPED] = "skip",
	};

	for (size_t i = 0; i < acts->count; i++)
		for (unsigned role = 0; role < SANDBOX_ROLES; role++) {
			const struct sandbox_act *act = &acts->rows[i];
			char why[SANDBOX_WHY_MAX];
			enum sandbox_proof proof;

			if (!(act->roles >> role & 1))
				continue;
			proof = sandbox_prove_act(act, forbidden, (enum sandbox_role)role, why);
			counts[proof]++;
			fprintf(out, "%s ", words[proof]);
			print_claim(act, forbidden, (enum sandbox_role)role, out);
			fprintf(out, "%s%s\n", *why ? ": " : "", why);
		}
}

int sandbox_prove_exit(const unsigned counts[SANDBOX_PROOFS])
{
	return counts[SANDBOX_REFUTED] || !counts[SANDBOX_PROVED] ? 1 : 0;
}

int sandbox_prove(FILE *out)
{
	unsigned counts[SANDBOX_PROOFS] = {0};

	sandbox_prove_acts(&sandbox_forbidden, true, out, counts);
	sandbox_prove_acts(&sandbox_permitted, false, out, counts);
	fprintf(out, "%u passed, %u failed, %u skipped\n", counts[SANDBOX_PROVED],
	        counts[SANDBOX_REFUTED], counts[SANDBOX_SKIPPED]);
	return sandbox_prove_exit(counts);
}
