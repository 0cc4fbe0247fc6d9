/* SPDX-License-Identifier: ISC */
/* batch.c: one backend process from its start to the verdicts. */
#include "harness/batch.h"

#include "harness/decode.h"
#include "harness/frame.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define ROW_POSITIVE_MS 2000 /* failure bound for a packet that must cross or be answered */

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void make_nonce(struct batch *b, char out[24])
{
	static unsigned serial;

	snprintf(out, 24, "%08x%05xz", b->run_id, ++serial & 0xfffff);
}

/* ---- sending ---- */

static bool wire_send(struct batch *b, const uint8_t *frame, size_t len, int row, size_t *entry,
                      char *why)
{
	(void)why;
	*entry = session_inject(&b->session, frame, len, row);
	return true;
}

static const struct batch_actor wire_actor = {.send = wire_send};

static bool send_recipe(struct batch *b, const struct recipe *r, const struct recipe_vars *vars,
                        int row, size_t *entry, char *why)
{
	static uint8_t frame[FRAME_MAX];
	struct frame_link link = {.src = LAB_VM_MAC};
	size_t len;

	memcpy(link.dst, b->session.gateway_mac, 6);
	len = frame_build(r, vars, &link, frame, why);
	return len && b->actor->send(b, frame, len, row, entry, why);
}

/* ---- waiting ---- */

struct nonce_search {
	enum tape_kind kind;
	const char *nonce;
	size_t from;
};

static bool find_nonce(struct session *s, void *arg)
{
	struct nonce_search *q = arg;

	for (; q->from < s->tape.count; q->from++) {
		const struct tape_entry *e = &s->tape.entries[q->from];

		if (e->kind == q->kind && memmem(e->data, e->len, q->nonce, strlen(q->nonce)))
			return true;
	}
	return false;
}

bool batch_wait_nonce(struct batch *b, enum tape_kind kind, const char *nonce, size_t from,
                      int timeout_ms)
{
	struct nonce_search q = {.kind = kind, .nonce = nonce, .from = from};

	return session_wait(&b->session, timeout_ms, find_nonce, &q);
}

/* ---- the positive control ---- */

/* Out to the consumer and back to the VM. */
static bool send_sentinel(struct batch *b, const char *name, char nonce[24])
{
	struct recipe_vars vars = {0};
	size_t from = b->session.tape.count, entry;
	char why[256] = "";
	bool ok;

	make_nonce(b, nonce);
	memcpy(vars.nonce, nonce, sizeof(vars.nonce));
	ok = send_recipe(b, &b->suite->sentinel, &vars, TAPE_NO_ROW, &entry, why) &&
	     batch_wait_nonce(b, TAPE_WIRE_OUT, nonce, from, b->patience_ms) &&
	     batch_wait_nonce(b, TAPE_GUEST_IN, nonce, from, b->patience_ms);
	if (ok)
		tape_note(&b->session.tape, "%s reached the consumer and its echo came back", name);
	else
		tape_note(&b->session.tape, "%s did not make its way out and back%s%s", name,
		          *why ? ": " : "", why);
	return ok;
}

/* ---- rows ---- */

static bool crossed(struct session *s, void *arg)
{
	const struct judge_item *it = arg;
	struct seen sent, wire;

	decode(s->tape.entries[it->sent].data, s->tape.entries[it->sent].len, &sent);
	for (size_t i = it->sent; i < s->tape.count; i++) {
		const struct tape_entry *e = &s->tape.entries[i];

		if (e->kind != TAPE_WIRE_OUT)
			continue;
		decode(e->data, e->len, &wire);
		if (judge_lets_cross(&sent, &wire))
			return true;
	}
	return false;
}

/* What must happen gets its time; whether it happened is for the judge to say. */
static void wait_for_positive(struct batch *b, struct judge_item *it)
{
	struct recipe answer;
	size_t from = it->from, hit;

	if (it->row->verdict == ROW_PASS)
		session_wait(&b->session, ROW_POSITIVE_MS, crossed, it);
	else if (it->row->verdict == ROW_ANSWER && recipe_answer(&it->row->recipe, &answer))
		session_wait_match(&b->session, TAPE_GUEST_IN, &answer, &it->vars, ROW_POSITIVE_MS,
		                   &from, &hit);
}

static void run_row(struct batch *b, struct judge_item *it, int number)
{
	char why[256] = "the program could not be run";
	bool ok;

	b->refused = false;
	if (it->row->recipe.kind == RECIPE_RUN)
		ok = b->actor->program && b->actor->program(b, it->row, &it->vars, &it->sent, why);
	else
		ok = send_recipe(b, &it->row->recipe, &it->vars, number, &it->sent, why);
	if (!ok) {
		it->sent = JUDGE_NOT_SENT;
		it->not_applicable = b->refused;
		snprintf(it->vacuous, sizeof(it->vacuous), "the attack was not carried out: %.200s",
		         why);
		return;
	}
	wait_for_positive(b, it);
}

/* ---- cases of statements ---- */

static bool run_expectation(struct batch *b, struct judge_item *it, const struct step *st,
                            size_t from)
{
	bool wire = st->kind == STEP_WIRE;
	size_t hit;

	if (!session_wait_match(&b->session, wire ? TAPE_WIRE_OUT : TAPE_GUEST_IN, &st->recipe,
	                        &it->vars, (int)st->within_ms, &from, &hit)) {
		snprintf(it->failure, sizeof(it->failure),
		         "line %u: `%.200s` was not seen within %u ms%s", st->line, st->text,
		         st->within_ms, b->session.exited ? " (the backend is gone)" : "");
		return false;
	}
	if (wire) {
		struct seen s;

		decode(b->session.tape.entries[hit].data, b->session.tape.entries[hit].len, &s);
		it->vars.has_nat = true;
		it->vars.nat_ip = s.ip_src;
		it->vars.nat_port = s.sport;
	}
	return true;
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

static void run_steps(struct batch *b, struct judge_item *it, int number)
{
	size_t from = b->session.tape.count, entry;

	tape_note(&b->session.tape, "case %s", it->scn_case->name);
	for (size_t i = 0; i < it->scn_case->step_count && !*it->failure; i++) {
		const struct step *st = &it->scn_case->steps[i];
		char why[256] = "";
		bool ok = true;

		switch (st->kind) {
		case STEP_INJECT:
			ok = send_recipe(b, &st->recipe, &it->vars, number, &entry, why);
			break;
		case STEP_WORLD:
			ok = run_world(b, it, st, why);
			break;
		case STEP_WIRE:
		case STEP_GUEST:
			run_expectation(b, it, st, from);
			break;
		case STEP_NONE_GUEST:
		case STEP_MAY_WIRE:
			break; /* judged at the end */
		case STEP_RUN:
			ok = b->actor->command &&
			     b->actor->command(b, st, &it->vars, it->scn_case->target, why);
			break;
		}
		if (!ok)
			snprintf(it->failure, sizeof(it->failure), "line %u: `%.120s`: %.200s",
			         st->line, st->text, why);
	}
}

/* ---- the whole ---- */

static void set_all(struct batch *b, enum result r, const char *detail)
{
	for (size_t i = 0; i < b->count; i++) {
		b->items[i].result = r;
		snprintf(b->items[i].detail, sizeof(b->items[i].detail), "%s", detail);
	}
}

static void prepare_items(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct judge_item *it = &b->items[i];
		const struct scn_case *c = it->scn_case;
		const struct row *row = it->row;

		*it = (struct judge_item){.scn_case = c, .row = row, .sent = JUDGE_NOT_SENT};
		it->vars.pcap_dir = b->pcap_dir;
		make_nonce(b, it->vars.nonce);
	}
}

static void play(struct batch *b)
{
	struct judge *j = &b->judge;
	bool up = !b->begin || b->begin(b);

	if (up && !session_learn_gateway(&b->session, b->patience_ms)) {
		tape_note(&b->session.tape, "the gateway does not answer ARP");
		up = false;
	}
	if (up && j->has_sentinel)
		j->pre_ok = up = send_sentinel(b, "the first sentinel", j->pre_nonce);
	for (size_t i = 0; i < b->count && !b->session.exited && !session_interrupted; i++) {
		if (!up) {
			snprintf(b->items[i].vacuous, sizeof(b->items[i].vacuous),
			         "the way through the backend was never open");
			continue;
		}
		b->items[i].from = b->session.tape.count;
		if (b->items[i].row)
			run_row(b, &b->items[i], (int)i);
		else
			run_steps(b, &b->items[i], (int)i);
		if (b->on_progress)
			b->on_progress(b, i + 1);
	}
	if (up && j->has_sentinel)
		j->post_ok = send_sentinel(b, "the last sentinel", j->post_nonce);
	if (b->end)
		b->end(b);
}

/* What the process did, for the judge. */
static void note_process(struct batch *b, bool ended_early)
{
	struct judge *j = &b->judge;
	char text[64];

	j->hung = b->session.hung;
	j->crashed = ended_early || (!j->hung && (b->session.end.signalled || b->session.end.code));
	snprintf(j->process_text, sizeof(j->process_text), "%s%s",
	         proc_end_text(&b->session.end, text),
	         ended_early ? " before it was asked to end" : "");
	j->channel_fault = b->session.channel_fault;
	j->events_fault = b->session.events.fault;
	j->lost_frames = b->session.lost_frames;
	j->audited_drops = b->session.audited_drops;
}

static enum batch_end never_ready(struct batch *b)
{
	struct session *s = &b->session;
	bool exited = s->exited;
	char text[64], detail[400];

	session_stop(s);
	if (exited)
		snprintf(detail, sizeof(detail), "the backend %s before it said \"ready\"",
		         proc_end_text(&s->end, text));
	else if (*s->events.fault)
		snprintf(detail, sizeof(detail), "contract: %s", s->events.fault);
	else
		snprintf(detail, sizeof(detail), "the backend did not say \"ready\" within %d ms",
		         SESSION_READY_MS);
	set_all(b, exited ? RESULT_CRASH : *s->events.fault ? RESULT_FAIL : RESULT_HANG, detail);
	fprintf(stderr,
	        "gauntlet: %s with policy %s: %s.\n%s%s"
	        "  `gauntlet doctor %s` tries the contract step by step; docs/backends.md "
	        "describes it.\n",
	        b->backend->path, b->suite->policy, detail, *s->stderr_text ? "  It said: " : "",
	        s->stderr_text, b->backend->path);
	return BATCH_BROKEN;
}

enum batch_end batch_run(struct batch *b)
{
	double start = now_ms();
	struct judge *j = &b->judge;
	bool ended_early;

	if (!b->actor)
		b->actor = &wire_actor;
	prepare_items(b);
	*j = (struct judge){.items = b->items,
	                    .count = b->count,
	                    .has_sentinel = b->suite->has_sentinel,
	                    .sentinel = &b->suite->sentinel,
	                    .audit_due = b->backend->audit && b->plane == PLANE_WIRE,
	                    .events_fault = ""};
	switch (session_start(&b->session, b->backend, b->world, b->suite->policy, b->guest_fd)) {
	case SESSION_OK:
		break;
	case SESSION_ENV:
		session_stop(&b->session);
		set_all(b, RESULT_ENV, "the laboratory could not be set up; see the message above");
		return BATCH_ENV;
	case SESSION_NEVER_READY:
		if (session_interrupted) {
			session_stop(&b->session);
			return BATCH_INTERRUPTED;
		}
		return never_ready(b);
	}
	if (b->hurry)
		b->session.stop_ms = BATCH_IMPATIENCE_MS;
	play(b);
	ended_early = b->session.exited;
	session_stop(&b->session);
	if (session_interrupted)
		return BATCH_INTERRUPTED;
	if (b->env) {
		set_all(b, RESULT_ENV, "the guest could not be booted; see the message above");
		return BATCH_ENV;
	}
	j->tape = &b->session.tape;
	note_process(b, ended_early);
	judge(j);
	b->ms = now_ms() - start;
	if (!*j->events_fault)
		return BATCH_DONE;
	fprintf(stderr,
	        "gauntlet: %s breaks the contract: %s.\n  See docs/backends.md, \"Events\".\n",
	        b->backend->path, j->events_fault);
	return BATCH_BROKEN;
}

void batch_free(struct batch *b)
{
	session_free(&b->session);
}
