/* SPDX-License-Identifier: ISC */
/* batch_flood.c: many frames as fast as the backend takes them, and what comes of them counted
 * instead of kept.
 *
 * A tape holds tens of megabytes; a million frames and their events are more. So once a case has
 * begun to flood, of what its statements mean only samples are kept; the rest is counted, statement
 * by statement, exactly. What no statement means is kept always, because that is what convicts.
 */
#include "harness/batch_steps.h"

#include "harness/flood.h"

#include <stdio.h>
#include <string.h>

#define SAMPLES      32          /* of each kind, and of what each statement means */
#define FRAMES_A_PUT 32          /* between two looks at what has happened */
#define QUIET_MS     20          /* without anything new: what a flood has caused has come */
#define SETTLE_MS    10000       /* the bound of that */
#define QUEUE_MAX    (64u << 10) /* bytes in our own queue, so that the backend sets the pace */

/* ---- counting instead of keeping ---- */

struct meanings {
	size_t step[SCN_STEPS_MAX];
	size_t count;
};

static bool holds(const void *data, size_t len, const char *text)
{
	return *text && memmem(data, len, text, strlen(text));
}

/* Which statements mean it. false when the judge must see it itself. */
static bool find_meanings(const struct judge_item *it, enum tape_kind kind, const void *data,
                          size_t len, struct meanings *m, uint64_t *weight)
{
	const struct scn_case *c = it->scn_case;
	bool is_event = kind == TAPE_EVENT;
	struct event ev = {0};
	struct seen s;
	char why[256];

	m->count = 0;
	*weight = 1;
	if (is_event && (!event_parse(data, len, &ev, why) ||
	                 (ev.kind != EVENT_DROP && ev.kind != EVENT_ALLOW)))
		return false;
	if (is_event)
		*weight = event_weight(&ev);
	else
		decode(data, len, &s);
	for (size_t i = 0; i < c->step_count; i++) {
		enum step_kind sk = c->steps[i].kind;
		bool wire = kind == TAPE_WIRE_OUT && (sk == STEP_WIRE || sk == STEP_MAY_WIRE);
		bool guest = kind == TAPE_GUEST_IN && (sk == STEP_GUEST || sk == STEP_NONE_GUEST);
		bool peer = kind == TAPE_WIRE_IN && sk == STEP_PEER_SENDS;
		bool said = is_event && (sk == STEP_EVENT || sk == STEP_NONE_EVENT);

		if (said ? !event_pattern_matches(&c->steps[i].event, &ev)
		         : !(wire || guest || peer) || !judge_step_means(it, i, &s))
			continue;
		if (sk == STEP_NONE_GUEST || sk == STEP_NONE_EVENT)
			return false;
		m->step[m->count++] = i;
	}
	return true;
}

/* Is it, by itself, something that the judge objects to, or needs? */
static bool is_remarkable(const struct batch *b, const struct judge_item *it, enum tape_kind kind,
                          const void *data, size_t len)
{
	struct seen s;

	if (holds(data, len, b->judge.pre_nonce) || holds(data, len, b->judge.post_nonce))
		return true;
	if (kind == TAPE_EVENT)
		return holds(data, len, it->vars.nonce);
	decode(data, len, &s);
	return kind == TAPE_GUEST_IN && (s.fault || len > JUDGE_ETH_LEN + b->judge.guest_mtu);
}

static bool absorb(void *arg, enum tape_kind kind, const void *data, size_t len)
{
	static struct meanings m;
	struct batch *b = arg;
	struct judge_item *it = b->flooding;
	bool keep = false;
	uint64_t weight;

	b->flood_events++;
	if ((kind != TAPE_WIRE_OUT && kind != TAPE_WIRE_IN && kind != TAPE_GUEST_IN &&
	     kind != TAPE_EVENT) ||
	    is_remarkable(b, it, kind, data, len) ||
	    !find_meanings(it, kind, data, len, &m, &weight))
		return false;
	if (!m.count) /* on the wire it is a leak */
		return kind != TAPE_WIRE_OUT && ++b->flood_seen[kind] > SAMPLES;
	for (size_t i = 0; i < m.count; i++)
		keep |= it->steps[m.step[i]].kept < SAMPLES;
	for (size_t i = 0; i < m.count; i++) {
		struct judge_step *js = &it->steps[m.step[i]];

		if (keep)
			js->kept++;
		else
			js->counted += weight;
	}
	return !keep;
}

/* ---- sending ---- */

static bool over(const struct batch *b, double deadline)
{
	return b->session.exited || b->session.hung_up || session_interrupted ||
	       batch_now_ms() >= deadline;
}

/* Lets the backend take what is queued, and looks at what it did. false when it does not. */
static bool drain_queue(struct batch *b, double deadline)
{
	struct session *s = &b->session;

	channel_flush(&s->chan);
	session_pump(s, 0);
	while (s->chan.out_end - s->chan.out_start > QUEUE_MAX && !over(b, deadline))
		session_pump(s, (int)(deadline - batch_now_ms()) + 1);
	return !over(b, deadline);
}

/* Sends frame after frame; how many were put. */
static uint64_t send_frames(struct batch *b, struct flood *f, uint64_t count, int number,
                            double deadline)
{
	uint64_t n;

	for (n = 0; n < count; n++) {
		flood_set(f, n);
		if (n < SAMPLES)
			session_inject(&b->session, f->frame, f->len, number);
		else if (!channel_put(&b->session.chan, f->frame, f->len))
			break; /* cannot be: the queue holds more than QUEUE_MAX */
		if (n % FRAMES_A_PUT == 0 && !drain_queue(b, deadline))
			return n + 1;
	}
	while (channel_pending(&b->session.chan) && !over(b, deadline))
		session_pump(&b->session, (int)(deadline - batch_now_ms()) + 1);
	return n;
}

bool batch_flood(struct batch *b, struct judge_item *it, size_t step, int number, char *why)
{
	static uint8_t frame[FRAME_MAX];
	const struct step *st = &it->scn_case->steps[step];
	double start = batch_now_ms(), deadline = start + st->within_ms;
	size_t len = batch_build(b, &st->recipe, &it->vars, frame, why);
	struct flood f;
	uint64_t sent;

	if (!len)
		return false;
	if (!channel_carries(&b->session.chan, len) || !flood_open(&f, st->vary, frame, len)) {
		snprintf(why, 256, "this frame cannot be varied, or not be sent here");
		return false;
	}
	b->flooding = it;
	b->session.absorb = absorb;
	b->session.absorb_arg = b;
	sent = send_frames(b, &f, st->number, number, deadline);
	tape_note(&b->session.tape, "flood: %llu frames in %.0f ms", (unsigned long long)sent,
	          batch_now_ms() - start);
	/* A backend that ended the VM meanwhile is not at fault for that. */
	if (sent == st->number || b->session.exited || b->session.hung_up)
		return true;
	snprintf(why, 256, "only %llu frames were taken within %u ms", (unsigned long long)sent,
	         st->within_ms);
	return false;
}

void batch_settle(struct batch *b)
{
	double deadline = batch_now_ms() + SETTLE_MS;
	uint64_t before;

	do {
		before = b->flood_events;
		session_pump(&b->session, QUIET_MS);
	} while (b->flood_events != before && !over(b, deadline));
}
