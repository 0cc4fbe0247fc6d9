/* SPDX-License-Identifier: ISC */
/* doctor_smoke.h: does traffic pass the way it should? A dozen questions of `gauntlet doctor`, in plain words, each with
 * a hint of what to look at. They are for who writes an adapter; a filter is judged by `gauntlet run`.
 *
 *   doctor_smoke.c          what is asked, in which order, and how it is told
 *   doctor_smoke_traffic.c  questions to one backend process: address, datagrams, replies, framing, its end
 *   doctor_smoke_life.c     questions that need a process of their own: before `ready`, stopped under load
 *
 * A question that rests on one that failed is not asked: the first failure is the one to mend.
 */
#ifndef HARNESS_DOCTOR_SMOKE_H
#define HARNESS_DOCTOR_SMOKE_H

#include "harness/doctor_probe.h"

#define SMOKE_MS       2000 /* patience with anything that must come */
#define SMOKE_TEXT_MAX 400

enum smoke_question {
	SMOKE_READY,
	SMOKE_ARP,
	SMOKE_DHCP,
	SMOKE_CROSSES,
	SMOKE_PAYLOAD,
	SMOKE_SOURCE,
	SMOKE_REPLY,
	SMOKE_DENIED,
	SMOKE_TWO,
	SMOKE_SPLIT,
	SMOKE_LARGE,
	SMOKE_CLOSE,
	SMOKE_EARLY,
	SMOKE_LOAD,
	SMOKE_COUNT
};

enum smoke_state { SMOKE_NOT_ASKED, SMOKE_GOOD, SMOKE_BAD };

struct smoke {
	struct doctor *doctor;
	const char *mode;       /* the strictest that the backend describes */
	bool checks;            /* in that mode every first datagram is checked */
	uint8_t gateway_mac[6]; /* as learned once, for who must send before */
	struct {
		enum smoke_state state;
		char why[SMOKE_TEXT_MAX]; /* what is wrong, or why it was not asked */
	} answer[SMOKE_COUNT];
};

/* Whether the backend describes the capability; else the question is answered with "not described". */
bool smoke_has(struct smoke *k, enum smoke_question q, const char *cap);
void smoke_answer(struct smoke *k, enum smoke_question q, bool good, const char *fmt, ...)
        __attribute__((format(printf, 4, 5)));
void smoke_skip(struct smoke *k, enum smoke_question q, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

/* The policy of all questions: the consumer's endpoint alone, or, where nothing is checked, the mode. */
void smoke_policy(const struct smoke *k, char out[DOCTOR_POLICY_MAX]);
/* The VM sends what `recipe` says, with `nonce` for $NONCE. */
void smoke_send(struct session *s, const char *recipe, const char *nonce);
/* The frame itself; its length. `frame` holds FRAME_MAX bytes. */
size_t smoke_build(const uint8_t gateway_mac[6], const char *recipe, const char *nonce,
                   uint8_t *frame);
/* The first frame of `kind` with these letters in it, NULL when there is none. */
const struct tape_entry *smoke_find(const struct session *s, enum tape_kind kind,
                                    const char *nonce);
/* Waits for it. */
const struct tape_entry *smoke_wait(struct session *s, enum tape_kind kind, const char *nonce);
/* What the backend said last about a frame that it did not forward, or on stderr: in front of it "; it said ", or "". */
const char *smoke_last_words(const struct session *s, char out[SMOKE_TEXT_MAX]);

void smoke_ask_traffic(struct smoke *k);
void smoke_ask_life(struct smoke *k);

#endif
