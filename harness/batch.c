/* SPDX-License-Identifier: ISC */
/* batch.c: one backend process from its start to the verdicts. */
#include "harness/batch_steps.h"

#include "harness/decode.h"
#include "harness/frame.h"
#include "harness/oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROW_POSITIVE_MS 2000 /* failure bound for a packet that must cross or be answered */

double batch_now_ms(void)
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
	if (!channel_carries(&b->session.chan, len)) {
		snprintf(why, 256, "a TAP does not carry a frame of %zu bytes", len);
		b->refused = true;
		return false;
	}
	if (b->session.hung_up) {
		snprintf(why, 256, "the frame channel is closed");
		return false;
	}
	*entry = session_inject(&b->session, frame, len, row);
	return true;
}

static const struct batch_actor wire_actor = {.send = wire_send};

size_t batch_build(struct batch *b, const struct recipe *r, const struct recipe_vars *vars,
                   uint8_t *frame, char *why)
{
	struct frame_link link = {.src = LAB_VM_MAC};

	memcpy(link.dst, b->session.gateway_mac, 6);
	return frame_build(r, vars, &link, frame, why);
}

static bool send_as(struct batch *b, const struct batch_actor *actor, const struct recipe *r,
                    const struct recipe_vars *vars, int row, size_t *entry, char *why)
{
	static uint8_t frame[FRAME_MAX];
	size_t len = batch_build(b, r, vars, frame, why);

	return len && actor->send(b, frame, len, row, entry, why);
}

bool batch_send(struct batch *b, const struct recipe *r, const struct recipe_vars *vars, int row,
                size_t *entry, char *why)
{
	return send_as(b, b->actor, r, vars, row, entry, why);
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

/* Out to the consumer and back to the VM. Where the guest is the case's own it has not booted yet, or is gone, and may
 * have locked itself in: the harness speaks for it. */
bool batch_sentinel(struct batch *b, const char *name, char nonce[24])
{
	struct recipe_vars vars = {0};
	size_t from = b->session.tape.count, entry;
	char why[256] = "";
	bool ok;

	make_nonce(b, nonce);
	memcpy(vars.nonce, nonce, sizeof(vars.nonce));
	ok = send_as(b, batch_boot(b) ? &wire_actor : b->actor, &b->suite->sentinel, &vars,
	             TAPE_NO_ROW, &entry, why) &&
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
		if (judge_lets_cross(&sent, &wire) && judge_is_crossing(&wire))
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
	else if (it->row->verdict == ROW_TERMINATE && !batch_wait_exit(b, SCN_TERMINATE_MS))
		snprintf(it->failure, sizeof(it->failure),
		         "the backend did not end the VM within %d ms", SCN_TERMINATE_MS);
	else if (it->row->verdict == ROW_ANSWER && recipe_answer(&it->row->recipe, &answer))
		session_wait_match(&b->session, TAPE_GUEST_IN, &answer, &it->vars, ROW_POSITIVE_MS,
		                   &from, &hit);
}

/* Right behind a frame that ends the VM something is queued that was allowed until then. */
static void send_follower(struct batch *b, struct judge_item *it)
{
	struct recipe_vars vars = {0};
	char why[256];
	size_t entry;

	if (!b->suite->has_sentinel)
		return;
	make_nonce(b, it->follower);
	memcpy(vars.nonce, it->follower, sizeof(vars.nonce));
	batch_send(b, &b->suite->sentinel, &vars, TAPE_NO_ROW, &entry, why);
}

static void run_row(struct batch *b, struct judge_item *it, int number)
{
	char why[256] = "the program could not be run";
	bool ok;

	b->refused = false;
	if (it->row->talk) {
		batch_talk(b, it, number);
		return;
	}
	/* In one write with its follower, so that what is late to stop finds something to let by. */
	b->session.corked = it->row->verdict == ROW_TERMINATE && b->suite->has_sentinel;
	if (batch_boot(b))
		ok = batch_boot_row(b, it, number, why);
	else if (it->row->recipe.kind == RECIPE_RUN)
		ok = b->actor->program && b->actor->program(b, it->row, &it->vars, &it->sent, why);
	else
		ok = batch_send(b, &it->row->recipe, &it->vars, number, &it->sent, why);
	b->session.corked = false;
	if (!ok) {
		it->sent = JUDGE_NOT_SENT;
		it->not_applicable = b->refused;
		snprintf(it->vacuous, sizeof(it->vacuous), "the attack was not carried out: %.200s",
		         why);
		return;
	}
	if (it->row->verdict == ROW_TERMINATE)
		send_follower(b, it);
	wait_for_positive(b, it);
}

/* ---- the whole ---- */

static void set_all(struct batch *b, enum result r, const char *detail)
{
	for (size_t i = 0; i < b->count; i++) {
		b->items[i].result = r;
		snprintf(b->items[i].detail, sizeof(b->items[i].detail), "%s", detail);
	}
}

static struct judge_step *make_steps(size_t count)
{
	struct judge_step *steps = calloc(count + 1, sizeof(*steps));

	if (steps)
		return steps;
	fputs("gauntlet: out of memory: the case cannot be run\n", stderr);
	exit(4);
}

/* The same in every run: FNV-1a of the case's name. */
static void make_seed(const struct batch *b, char out[24])
{
	const char *const words[] = {b->suite->name, "/", b->items[0].scn_case->name};
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		for (const char *p = words[i]; *p; p++)
			hash = (hash ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
	snprintf(out, 24, "%llu", (unsigned long long)hash);
}

static void prepare_items(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct judge_item *it = &b->items[i];
		const struct scn_case *c = it->scn_case;
		const struct row *row = it->row;

		*it = (struct judge_item){
		        .scn_case = c, .row = row, .sent = JUDGE_NOT_SENT, .times = 1};
		it->vars.pcap_dir = b->pcap_dir;
		make_nonce(b, it->vars.nonce);
		if (!row)
			it->steps = make_steps(c->step_count);
	}
}

static void play(struct batch *b)
{
	struct judge *j = &b->judge;
	bool up = !b->begin || b->begin(b);
	char why[CTL_WHY_MAX];

	if (up && !session_learn_gateway(&b->session, b->patience_ms)) {
		tape_note(&b->session.tape, "the gateway does not answer ARP");
		up = false;
	}
	if (up && !batch_serve_suite(b, j->unserved))
		up = false;
	if (up && j->has_sentinel)
		j->pre_ok = up = batch_sentinel(b, "the first sentinel", j->pre_nonce);
	/* What an early end keeps from being sent has to be run alone. */
	for (size_t i = 0;
	     i < b->count && !b->session.exited && !b->session.hung_up && !session_interrupted;
	     i++) {
		if (!up) {
			snprintf(b->items[i].vacuous, sizeof(b->items[i].vacuous),
			         "the way through the backend was never open");
			b->items[i].not_applicable = *j->unserved && b->refused;
			continue;
		}
		b->items[i].from = batch_is_early(b)        ? 0
		                   : batch_boot(b) && i > 0 ? b->items[0].from
		                                            : b->session.tape.count;
		if (b->items[i].row)
			run_row(b, &b->items[i], (int)i);
		else
			batch_run_steps(b, &b->items[i], (int)i);
		if (b->on_progress)
			b->on_progress(b, i + 1);
	}
	if (b->flooding)
		batch_settle(b);
	if (batch_boot(b) && b->end)
		b->end(b);
	/* Who had to end cannot be asked to go on. */
	if (up && j->has_sentinel && !(b->count && judge_wants_end(&b->items[0])))
		j->post_ok = batch_sentinel(b, "the last sentinel", j->post_nonce);
	/* The last sentinel came behind the attacks: a fifo backend has decided about them. One that is not has to say so. */
	j->undecided = !b->backend->fifo;
	if (j->post_ok && word_list_has(&b->backend->caps, "ctl.sync") &&
	    ctl_sync(&b->session, why) == CTL_OK)
		j->undecided = false;
	batch_check_origins(b);
	serve_stop_all(b);
	if (!batch_boot(b) && b->end)
		b->end(b);
}

void batch_note_process(struct batch *b, bool ended_early)
{
	const struct session *s = &b->session;
	struct judge *j = &b->judge;
	char text[64];

	j->hung = s->hung;
	j->ended_early = ended_early;
	j->signalled = s->end.signalled;
	j->exit_code = s->end.code;
	j->terminated = s->terminated;
	j->violation = s->violation;
	j->crashed = !s->terminated && !*s->end_fault &&
	             (ended_early || (!j->hung && (s->end.signalled || s->end.code)));
	if (s->terminated)
		snprintf(j->process_text, sizeof(j->process_text), "ended by policy: reason %s",
		         *s->events.violation ? s->events.violation : "not told");
	else
		snprintf(j->process_text, sizeof(j->process_text), "%s%s",
		         proc_end_text(&s->end, text),
		         ended_early ? " before it was asked to end" : "");
	j->channel_fault = s->channel_fault;
	j->events_fault = session_contract_fault(s);
	j->lost_frames = s->lost_frames;
	j->audited_drops = s->audited_drops;
}

static enum batch_end never_ready(struct batch *b)
{
	struct session *s = &b->session;
	bool exited = s->exited;

	session_stop(s);
	set_all(b,
	        exited             ? RESULT_CRASH
	        : *s->events.fault ? RESULT_FAIL
	                           : RESULT_HANG,
	        s->never_ready);
	fprintf(stderr,
	        "gauntlet: %s with policy %s: %s.\n%s%s"
	        "  `gauntlet doctor %s` tries the contract step by step; docs/backends.md "
	        "describes it.\n",
	        b->backend->path, b->suite->policy, s->never_ready,
	        *s->stderr_text ? "  It said: " : "", s->stderr_text, b->backend->path);
	return BATCH_BROKEN;
}

static enum session_status start_session(struct batch *b, const char *seed)
{
	const struct session_early early = {.play = batch_play_early, .arg = b};
	enum session_status st = SESSION_OK;

	if (!batch_is_early(b))
		return session_start(&b->session, b->backend, b->world, b->suite->policy,
		                     b->guest_fd, seed);
	st = batch_learn_gateway(b, seed);
	if (st != SESSION_OK)
		return st;
	return session_start_early(&b->session, b->backend, b->world, b->suite->policy, b->guest_fd,
	                           seed, &early);
}

enum batch_end batch_run(struct batch *b)
{
	double start = batch_now_ms();
	struct judge *j = &b->judge;
	bool ended_early;
	char seed[24];

	if (!b->actor)
		b->actor = &wire_actor;
	prepare_items(b);
	make_seed(b, seed);
	memcpy(b->seed, seed, sizeof(b->seed));
	b->stalled_fd = -1;
	b->world->organisation = b->suite->organisation;
	*j = (struct judge){.items = b->items,
	                    .count = b->count,
	                    .suite = b->suite,
	                    .guest_mtu = oracle_mtu(b->suite->policy),
	                    .has_sentinel = b->suite->has_sentinel,
	                    .sentinel = &b->suite->sentinel,
	                    .audit_due = b->backend->audit && b->plane == PLANE_WIRE,
	                    .events_fault = ""};
	if (b->count == 1 && b->items[0].row && b->items[0].row->start)
		return batch_start_row(b, seed);
	if (batch_is_cycled(b) && !batch_cycle(b, seed)) {
		set_all(b, *b->items[0].vacuous ? RESULT_VACUOUS : RESULT_FAIL,
		        b->items[0].failure);
		return session_interrupted ? BATCH_INTERRUPTED : BATCH_DONE;
	}
	switch (start_session(b, seed)) {
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
	/* Who has to look for the end himself is not hurried: that takes the sound ones time, too. */
	if (b->hurry && b->session.chan.kind != CHANNEL_DATAGRAM)
		b->session.stop_ms = BATCH_IMPATIENCE_MS;
	play(b);
	ended_early = b->session.exited;
	batch_beside_stop(b);
	if (b->stalled_fd >= 0)
		b->session.events_fd = b->stalled_fd;
	session_stop(&b->session);
	if (session_interrupted)
		return BATCH_INTERRUPTED;
	if (b->env) {
		set_all(b, RESULT_ENV, "the guest could not be booted; see the message above");
		return BATCH_ENV;
	}
	j->tape = &b->session.tape;
	batch_note_process(b, ended_early);
	judge(j);
	b->ms = batch_now_ms() - start;
	if (!*j->events_fault)
		return BATCH_DONE;
	fprintf(stderr, "gauntlet: %s breaks the contract: %s.\n  See docs/backends.md.\n",
	        b->backend->path, j->events_fault);
	return BATCH_BROKEN;
}

const struct program_dirs *batch_dirs(struct batch *b)
{
	if (!*b->tmp && program_make_tmp(b->tmp, sizeof(b->tmp)))
		return NULL;
	b->dirs = (struct program_dirs){.lab = program_lab_dir(), .tmp = b->tmp};
	return &b->dirs;
}

void batch_free(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		free(b->items[i].steps);
		b->items[i].steps = NULL;
	}
	program_remove_tmp(b->tmp);
	session_free(&b->session);
}
