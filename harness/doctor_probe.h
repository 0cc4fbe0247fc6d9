/* SPDX-License-Identifier: ISC */
/* doctor_probe.h: what the probes of `gauntlet doctor` share; nobody else includes it. */
#ifndef HARNESS_DOCTOR_PROBE_H
#define HARNESS_DOCTOR_PROBE_H

#include "harness/backend.h"
#include "harness/session.h"
#include "harness/world.h"

#include <stdbool.h>

#define DOCTOR_WORD_MAX   13
#define DOCTOR_POLICY_MAX 1024
#define DOCTOR_ALLOW                                                                               \
	"[{\"id\":\"consumer\",\"proto\":\"udp\",\"ip\":\"203.0.113.50\",\"port\":51900}]"

struct doctor {
	struct backend backend;
	struct world world;
	unsigned good, bad, not_asked;
};

/* One line: what was tried, and what happened instead when it does not hold. */
void doctor_verdict(struct doctor *d, bool ok, const char *probe, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));
/* A line for what could not be tried, and why: never to be taken for a pass. */
void doctor_not_asked(struct doctor *d, const char *probe, const char *why);
/* What to look at, below the line of a probe that failed. */
void doctor_hint(const char *hint);
/* Twelve letters that no backend can know. */
void doctor_word(char out[DOCTOR_WORD_MAX]);
/* A policy's text: `mode`, the array `allow`, and more members behind it, each with a comma in front. */
void doctor_policy(const char *mode, const char *allow, const char *more,
                   char out[DOCTOR_POLICY_MAX]);
/* The mode to use where none is to be tried: the first that the backend describes. */
const char *doctor_mode(const struct doctor *d);
/* Starts a session with the policy; the caller stops and frees it, whatever came of it. */
enum session_status doctor_start(struct doctor *d, const char *policy, struct session *s);
/* The same; `early` acts when the frame channel is there and the backend is not, see session.h. */
enum session_status doctor_start_early(struct doctor *d, const char *policy, struct session *s,
                                       const struct session_early *early);
/* Whether it ended in time, with 0, "bye", and nothing left behind. */
bool doctor_ended_well(const struct session *s);
/* Why a session did not come up or did not end well, in words. */
const char *doctor_how(const struct session *s, char out[SESSION_WHY_MAX]);

/* doctor_live.c: probes of what a backend describes, while it runs. */
void doctor_probe_modes(struct doctor *d);
void doctor_probe_transports(struct doctor *d);
void doctor_probe_ctl(struct doctor *d);

/* doctor_smoke.c: does traffic pass the way it should? */
void doctor_probe_smoke(struct doctor *d);

#endif
