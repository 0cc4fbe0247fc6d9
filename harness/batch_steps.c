/* SPDX-License-Identifier: ISC */
/* batch_steps.c: plays the statements of a case, in their order. */
#include "harness/batch_steps.h"

#include "harness/decode.h"
#include "harness/event_pattern.h"
#include "harness/frame.h"

#include <stdio.h>
#include <string.h>

/* A search that goes on where it stopped, and knows of the sentinels' frames nothing. */
struct hunt {
	const struct judge_item *it;
	size_t step;
	size_t from, hit;
	uint64_t wanted, found; /* frames of a peer's attack: all of them; else 1 */
};

static bool is_hit(const struct hunt *h, const struct tape_entry *e)
{
	const struct step *st = &h->it->scn_case->steps[h->step];
	struct event ev;
	struct seen s;
	char why[256];

	if (st->kind == STEP_EVENT)
		return e->kind == TAPE_EVENT &&
		       event_parse((const char *)e->data, e->len, &ev, why) &&
		       event_pattern_matches(&st->event, &ev);
	if (e->kind != judge_step_tape(st->kind))
		return false;
	decode(e->data, e->len, &s);
	return match(&st->recipe, &h->it->vars, &s);
}

static bool hunt_on(struct session *s, void *arg)
{
	struct hunt *h = arg;
	const uint64_t *counted = &h->it->steps[h->step].counted;

	while (h->from < s->tape.count) {
		if (!is_hit(h, &s->tape.entries[h->from++]))
			continue;
		h->hit = h->from - 1;
		if (++h->found + *counted >= h->wanted)
			return true;
	}
	return h->found && h->found + *counted >= h->wanted;
}

/* A backend that is gone may have left something that was not read yet. */
static bool found_behind_the_end(struct batch *b, struct hunt *h)
{
	if (b->session.exited)
		session_pump(&b->session, 0);
	return b->session.exited && hunt_on(&b->session, h);
}

/* $NAT after a `wire`, $SEQ and $ACK after a `guest tcp`. */
static void learn(struct judge_item *it, const struct step *st, const struct tape_entry *e)
{
	struct seen s;

	decode(e->data, e->len, &s);
	if (st->kind == STEP_WIRE) {
		it->vars.has_nat = true;
		it->vars.nat_ip = s.ip_src;
		it->vars.nat_port = s.sport;
	} else if (st->kind == STEP_GUEST && s.kind == SEEN_TCP) {
		it->vars.has_tcp = true;
		it->vars.tcp_seq = s.tcp_ack;
		it->vars.tcp_ack = s.tcp_seq + (uint32_t)s.payload.n + (s.tcp_flags & 1) +
		                   (s.tcp_flags >> 1 & 1);
	}
}

/* Waits for a `wire`, `guest` or `event`, unless none of it is fine too. */
static bool run_expectation(struct batch *b, struct judge_item *it, size_t step, size_t from,
                            char *why)
{
	const struct step *st = &it->scn_case->steps[step];
	struct hunt h = {.it = it, .step = step, .from = from, .wanted = 1};
	bool event = st->kind == STEP_EVENT;

	if (st->has_count && !st->count.least)
		return true;
	if (st->kind == STEP_PEER_SENDS && st->has_count)
		h.wanted = st->count.least;
	if (session_wait(&b->session, (int)st->within_ms, hunt_on, &h) ||
	    found_behind_the_end(b, &h)) {
		if (!event)
			learn(it, st, &b->session.tape.entries[h.hit]);
		return true;
	}
	if (h.found)
		snprintf(why, 256, "%llu of %llu frames were seen within %u ms",
		         (unsigned long long)h.found, (unsigned long long)h.wanted, st->within_ms);
	else
		snprintf(why, 256, "was not %s within %u ms%s", event ? "said" : "seen",
		         st->within_ms, b->session.exited ? " (the backend is gone)" : "");
	if (st->kind == STEP_PEER_SENDS)
		peer_explain(b, why);
	return false;
}

static bool run_world(struct batch *b, struct judge_item *it, const struct step *st, char *why)
{
	static const struct frame_link link = {.src = LAB_WORLD_MAC, .dst = LAB_UPLINK_MAC};
	static uint8_t frame[FRAME_MAX];
	size_t len = frame_build(&st->recipe, &it->vars, &link, frame, why);

	if (!len)
		return false;
	if (session_world_send(&b->session, frame, len))
		return true;
	/* What was never sent cannot be missed at the guest: the case must not go on as if it had been. */
	snprintf(why, 256, "the world could not send its frame; see the message above");
	return false;
}

static bool run_step(struct batch *b, struct judge_item *it, size_t step, int number, size_t from,
                     char *why)
{
	const struct step *st = &it->scn_case->steps[step];
	size_t entry;

	switch ((int)st->kind) {
	case STEP_INJECT:
		return batch_send(b, &st->recipe, &it->vars, number, &entry, why);
	case STEP_WORLD:
		return run_world(b, it, st, why);
	case STEP_WIRE:
	case STEP_GUEST:
	case STEP_EVENT:
	case STEP_PEER_SENDS:
	case STEP_GUEST_SENDS:
	case STEP_BESIDE_GUEST:
		return run_expectation(b, it, step, from, why);
	case STEP_BOOT:
	case STEP_GUEST_OFF:
	case STEP_GUEST_REBOOT:
		return batch_power(b, it, st, why);
	case STEP_EARLY:
	case STEP_CYCLE:
		return true; /* done before the backend was there */
	case STEP_BESIDE_POLICY:
	case STEP_BESIDE_INJECT:
	case STEP_BESIDE_ENDS:
		return batch_beside(b, it, st, number, why);
	case STEP_NONE_BESIDE:
	case STEP_NONE_GUEST:
	case STEP_NONE_EVENT:
	case STEP_NONE_SENDS:
	case STEP_MAY_WIRE:
		return true; /* judged at the end */
	case STEP_RUN:
		return b->actor->command &&
		       b->actor->command(b, st, &it->vars, it->scn_case->target, why);
	case STEP_SERVE:
		return serve_start(b, st, &it->vars, it->scn_case->target, why);
	case STEP_PEER:
		return peer_start(b, st, &it->vars, it->scn_case->target, why);
	case STEP_PEER_SAYS:
		return peer_wait_says(b, st, &it->vars, why);
	case STEP_IMPAIR:
		if (b->actor->impair)
			b->actor->impair(b, &st->impair);
		return b->actor->impair != NULL;
	case STEP_TALK:
	case STEP_SAYS:
	case STEP_HEARS:
		return batch_talk_step(b, it, st, number, why);
	case STEP_FLOOD:
		return batch_flood(b, it, step, number, why);
	default:
		return batch_control(b, it, step, why);
	}
}

/* What goes wrong with an attack is not the backend's doing. */
static bool is_about_peer(enum step_kind kind)
{
	return kind == STEP_PEER || kind == STEP_PEER_SAYS || kind == STEP_PEER_SENDS;
}

void batch_run_steps(struct batch *b, struct judge_item *it, int number)
{
	size_t from = it->from;
	char why[256] = "";

	tape_note(&b->session.tape, "case %s", it->scn_case->name);
	for (size_t i = 0; i < it->scn_case->step_count && !*it->failure && !*it->vacuous; i++) {
		const struct step *st = &it->scn_case->steps[i];

		*why = '\0';
		it->steps[i].reached = true;
		it->steps[i].vars = it->vars;
		b->refused = false;
		if (run_step(b, it, i, number, from, why))
			continue;
		snprintf(it->failure, sizeof(it->failure), "line %u: `%.120s`: %.200s", st->line,
		         st->text, why);
		if (b->refused) {
			it->not_applicable = true;
			snprintf(it->vacuous, sizeof(it->vacuous), "%.250s", it->failure);
		} else if (is_about_peer(st->kind)) {
			snprintf(it->vacuous, sizeof(it->vacuous),
			         "the attack was not carried out: line %u: %.200s", st->line, why);
		}
	}
	if (!batch_talk_end(b, !*it->failure && !*it->vacuous, why))
		snprintf(it->failure, sizeof(it->failure), "the last conversation: %.200s", why);
	if (b->actor->impair)
		b->actor->impair(b, NULL);
	serve_stop(b);
	peer_stop(b, it);
}
