/* SPDX-License-Identifier: ISC */
/* batch_talk.c: plays one conversation, the row of a talk.
 *
 * Theory of operation. What the guest says is cut into segments and injected as frames; what comes back is found on the
 * tape, by its ports, and goes through the guest's TCP and TLS. Each turn is said whole, as far as the backend takes it,
 * and then its words are waited for, one after the other. When all was heard the guest ends the connection, and the row is
 * over when the backend has ended its side too, and every connection that it had opened in the row: so that what crosses
 * the wire later is of a later row.
 */
#include "harness/batch_talk_part.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_PORT 20000
#define PATIENT_SILENCE                                                                            \
	2              /* rows that were not answered, until the others get BATCH_IMPATIENCE_MS */
#define END_MS    1000 /* for the backend to end a connection that the guest has ended */
#define UPLINK_MS 1000 /* and for its own connections to end */
#define TOLD_MAX  400  /* of a line about the conversation, for people */

/* ---- the tape ---- */

void talking_tell(struct talking *k, const char *what, struct rd bytes)
{
	struct tape *tape = &k->b->session.tape;
	char text[TOLD_MAX];
	size_t i = tape_note(tape, "the guest %s (%zu bytes): %s", what, bytes.n,
	                     talk_show(bytes, text, sizeof(text)));

	tape->entries[i].row = k->number;
}

/* ---- frames ---- */

void talking_inject(struct talking *k, const uint8_t *frame, size_t len)
{
	size_t entry;

	if (!len || k->b->session.hung_up)
		return;
	entry = session_inject(&k->b->session, frame, len, k->number);
	if (k->first_frame == JUDGE_NOT_SENT)
		k->first_frame = entry;
}

static void emit(void *arg, const struct talk_segment *s)
{
	struct talking *k = arg;
	uint8_t frame[TALK_FRAME_MAX];

	talking_inject(k, frame, talk_frame_tcp(&k->ends, s, frame));
}

static bool is_mine(const struct talking *k, const struct seen *s)
{
	enum seen_kind kind = k->to->proto == TALK_UDP ? SEEN_UDP : SEEN_TCP;

	return s->kind == kind && s->ip_src == k->ends.ip && s->sport == k->ends.port &&
	       s->dport == k->ends.own_port;
}

static void hear_frame(struct talking *k, const struct seen *s)
{
	if (s->kind == SEEN_TCP)
		talk_tcp_hear(&k->tcp, s);
	else if (k->datagram_count < TALKING_DATAGRAMS_MAX)
		talk_bytes_add(&k->datagrams[k->datagram_count++], s->payload.p, s->payload.n);
}

void talking_flush(struct talking *k)
{
	size_t n;

	while (k->cipher.n && (n = talk_tcp_say(&k->tcp, k->cipher.p, k->cipher.n)) > 0)
		talk_bytes_drop(&k->cipher, n);
}

void talking_take(struct talking *k)
{
	struct tape *tape = &k->b->session.tape;

	for (; k->at < tape->count; k->at++) {
		const struct tape_entry *e = &tape->entries[k->at];
		struct seen s;

		if (e->kind != TAPE_GUEST_IN)
			continue;
		decode(e->data, e->len, &s);
		if (!is_mine(k, &s))
			continue;
		tape->entries[k->at].row = k->number;
		hear_frame(k, &s); /* may append to the tape */
	}
	if (k->tls) {
		k->state = talk_tls_step(k->tls, &k->tcp.heard, &k->plain, &k->cipher);
		talking_flush(k);
	}
}

bool talking_wait(struct talking *k, int timeout_ms, bool (*done)(const struct talking *k))
{
	double deadline = batch_now_ms() + timeout_ms;

	for (;;) {
		double left = deadline - batch_now_ms();

		talking_take(k);
		if (done(k))
			return true;
		if (left <= 0 || k->b->session.exited || session_interrupted)
			return false;
		session_pump(&k->b->session, (int)left + 1);
	}
}

void talking_settle(struct talking *k)
{
	char why[CTL_WHY_MAX];

	if (word_list_has(&k->b->backend->caps, "ctl.sync") && !k->b->session.exited)
		ctl_sync(&k->b->session, why);
	session_pump(&k->b->session, 0);
	talking_take(k);
}

/* ---- the row ---- */

static bool is_answered(const struct talking *k)
{
	return k->tcp.open || k->tcp.reset || k->tcp.fault;
}

static bool is_shaken(const struct talking *k)
{
	return k->state != TALK_TLS_SHAKING || k->tcp.reset || k->tcp.their_end || k->tcp.fault;
}

static bool begin(struct talking *k, char *why)
{
	const struct talk_to *to = k->to;
	char dir[PATH_MAX];

	if (to->proto == TALK_UDP)
		return true;
	talk_tcp_open(&k->tcp, 0x10000000u + (uint32_t)k->number * 0x10000u);
	talking_wait(k, k->patience_ms, is_answered);
	if (to->proto != TALK_TLS || !k->tcp.open)
		return true;
	snprintf(dir, sizeof(dir), "%s/lab/tls", program_lab_dir());
	k->tls = talk_tls_new(to, dir, why);
	if (!k->tls)
		return false;
	talking_wait(k, k->patience_ms, is_shaken);
	return true;
}

static bool has_ended(const struct talking *k)
{
	return k->tcp.their_end || k->tcp.reset || k->tcp.fault || k->tcp.aborted;
}

/* The guest ends the connection, and hears nothing new. */
static bool finish(struct talking *k, char *why)
{
	const struct talk_bytes *heard;
	struct rd rest;
	char text[128];

	if (k->to->proto != TALK_UDP && k->tcp.open) {
		if (!k->tcp.ended)
			talking_end(k);
		talking_wait(k, k->patience_ms < END_MS ? k->patience_ms : END_MS, has_ended);
	}
	talking_settle(k);
	if (k->to->proto != TALK_UDP && !has_ended(k)) {
		talking_tell(k, "resets what the backend does not end", rd_of(NULL, 0));
		talk_tcp_abort(&k->tcp);
	}
	heard = talking_heard(k);
	rest = rd_of(heard->p, heard->n);
	if (k->tcp.fault)
		snprintf(why, 256, "the backend broke TCP: %s", k->tcp.fault);
	else if ((rest.n || k->datagram_count) && !k->swallows)
		snprintf(why, 256, "more was heard: \"%s\"", talk_show(rest, text, sizeof(text)));
	else
		return true;
	return false;
}

/* A connection that the backend opened in this row, at this place of the tape, is over. */
static bool is_closed(const struct tape *tape, size_t at)
{
	struct seen first, s;

	decode(tape->entries[at].data, tape->entries[at].len, &first);
	for (size_t i = at + 1; i < tape->count; i++) {
		const struct tape_entry *e = &tape->entries[i];

		if (e->kind != TAPE_WIRE_OUT && e->kind != TAPE_WIRE_IN)
			continue;
		decode(e->data, e->len, &s);
		if (s.kind != SEEN_TCP || !(s.tcp_flags & (TCP_FIN | TCP_RST)))
			continue;
		if (e->kind == TAPE_WIRE_OUT && s.sport == first.sport && s.dport == first.dport &&
		    s.ip_dst == first.ip_dst)
			return true;
		if (s.tcp_flags & TCP_RST && s.dport == first.sport && s.sport == first.dport &&
		    s.ip_src == first.ip_dst)
			return true;
	}
	return false;
}

static bool is_quiet_outside(const struct talking *k)
{
	const struct tape *tape = &k->b->session.tape;

	for (size_t i = k->it->from; i < tape->count; i++) {
		struct seen s;

		if (tape->entries[i].kind != TAPE_WIRE_OUT)
			continue;
		decode(tape->entries[i].data, tape->entries[i].len, &s);
		if (s.kind == SEEN_TCP && s.tcp_flags == TCP_SYN && !is_closed(tape, i))
			return false;
	}
	return true;
}

static struct talking *open_talking(struct batch *b, struct judge_item *it, int number,
                                    const struct talk_to *to)
{
	struct talking *k = calloc(1, sizeof(*k));

	if (!k) {
		fputs("gauntlet: out of memory: a conversation cannot be played\n", stderr);
		exit(4);
	}
	*k = (struct talking){.b = b,
	                      .it = it,
	                      .number = number,
	                      .to = to,
	                      .at = b->session.tape.count,
	                      .first_frame = JUDGE_NOT_SENT,
	                      .ends = {.ip = to->dst.ip,
	                               .port = to->dst.port,
	                               .own_port = (uint16_t)(FIRST_PORT + b->talks++)},
	                      .patience_ms = b->silences < PATIENT_SILENCE ? SCN_WITHIN_MS
	                                                                   : BATCH_IMPATIENCE_MS};
	memcpy(k->ends.gateway_mac, b->session.gateway_mac, 6);
	k->tcp.emit = emit;
	k->tcp.arg = k;
	k->tcp.mss = b->judge.guest_mtu < TALK_TCP_MSS + 40 ? b->judge.guest_mtu - 40
	                                                    : TALK_TCP_MSS;
	return k;
}

/* Ends it, well when it was `ok` so far; false with a phrase in `why` when its end is not as it should be. */
static bool close_talking(struct talking *k, bool ok, char *why)
{
	if (ok)
		ok = finish(k, why);
	else
		talk_tcp_abort(&k->tcp);
	talking_wait(k, UPLINK_MS < k->patience_ms ? UPLINK_MS : k->patience_ms, is_quiet_outside);
	talking_settle(k);
	talk_tls_free(k->tls);
	talk_bytes_free(&k->cipher);
	talk_bytes_free(&k->plain);
	talk_bytes_free(&k->tcp.heard);
	while (k->datagram_count)
		talking_forget(k);
	free(k);
	return ok;
}

static bool play_turn(struct talking *k, const struct talk *t, size_t turn, char *why)
{
	size_t says_end, says = talk_turn(&t->says, turn, &says_end);
	size_t hears_end, hears = talk_turn(&t->hears, turn, &hears_end);

	return talking_say(k, t->says.list + says, says_end - says, why) &&
	       talking_hear(k, t->hears.list + hears, hears_end - hears, why);
}

void batch_talk(struct batch *b, struct judge_item *it, int number)
{
	const struct talk *t = it->row->talk;
	struct talking *k = open_talking(b, it, number, &t->to);
	size_t note = tape_note(&b->session.tape, "row %s", it->row->id);
	char why[256] = "";
	bool ok;

	b->session.tape.entries[note].row = number;
	ok = begin(k, why);
	for (size_t n = 0; ok && n < talk_turns(&t->says); n++)
		ok = play_turn(k, t, n, why);
	it->sent = k->first_frame;
	if (!close_talking(k, ok, why))
		snprintf(it->failure, sizeof(it->failure), "%s", why);
	it->until = b->session.tape.count;
}

/* ---- statements ---- */

bool batch_talk_step(struct batch *b, struct judge_item *it, const struct step *st, int number,
                     char *why)
{
	const struct talk *t = st->talk;

	if (st->kind == STEP_SAYS)
		return talking_say(b->talking, t->says.list, t->says.count, why);
	if (st->kind == STEP_HEARS)
		return talking_hear(b->talking, t->hears.list, t->hears.count, why);
	if (!batch_talk_end(b, true, why))
		return false;
	b->talking = open_talking(b, it, number, &t->to);
	return begin(b->talking, why);
}

bool batch_talk_end(struct batch *b, bool ok, char *why)
{
	struct talking *k = b->talking;

	b->talking = NULL;
	return !k || close_talking(k, ok && !b->session.exited, why) || b->session.exited;
}
