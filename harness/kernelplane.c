/* SPDX-License-Identifier: ISC */
/* kernelplane.c: a guest without a machine: its kernel is this one, in a namespace of its own.
 *
 *     program ... eth0 = TAP == pump == stream of frames == session == backend
 *     `--------- namespace --------'  |   (struct channel)     |
 *                                 impair.h                    tape
 *
 * As on the vm plane, nothing the guest's side says counts as evidence: a frame counts as sent when
 * it was seen on the frame channel. What the guest's kernel says on its own (IPv6's noise, resets
 * and port-unreachables) goes to the backend like everything else, and is judged like everything
 * else.
 */
#include "harness/kernelplane.h"

#include "harness/actor.h"
#include "harness/lab_guest.h"
#include "harness/pump.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEASE_MS        10000
#define LEASE_IMPATIENT 2000 /* once this run has found the way closed */

struct kernelplane {
	struct lab_guest guest;
	struct pump pump;
	struct program program; /* the one that runs, if any */
	char text[PROGRAM_OUTPUT_MAX];
};

static struct kernelplane *plane_of(const struct batch *b)
{
	return b->arg;
}

/* ---- in the session's loop ---- */

static size_t plane_poll(void *arg, struct pollfd *out, size_t room)
{
	const struct kernelplane *p = arg;

	if (room < PUMP_FDS + 1)
		return 0;
	pump_pollfds(&p->pump, out);
	out[PUMP_FDS] = (struct pollfd){.fd = p->program.proc.pid ? p->program.proc.pidfd : -1,
	                                .events = POLLIN};
	return PUMP_FDS + 1;
}

static void plane_ready(void *arg, const struct pollfd *pfd, size_t count)
{
	struct kernelplane *p = arg;

	(void)count;
	pump_run(&p->pump, pfd);
	if (pfd[PUMP_FDS].revents)
		program_check(&p->program);
}

/* ---- programs ---- */

static bool start_program(struct batch *b, const char *text, const struct recipe_vars *vars,
                          uint32_t target, char *why)
{
	struct kernelplane *p = plane_of(b);
	const struct program_dirs *dirs = batch_dirs(b);
	char command[PROGRAM_COMMAND_MAX];

	if (!dirs || !program_command(text, vars, target, dirs, command, sizeof(command))) {
		snprintf(why, 256, "the command is too long");
		return false;
	}
	tape_note(&b->session.tape, "in the guest: %s", text);
	if (!program_start(&p->program, command, p->guest.ns))
		return true;
	snprintf(why, 256, "it could not be started; see the message above");
	return false;
}

/* Ends it, keeps what it said in p->text and in the evidence. */
static void end_program(struct batch *b, const char *text)
{
	struct kernelplane *p = plane_of(b);

	program_stop(&p->program);
	program_read(&p->program, p->text, sizeof(p->text));
	program_log_add(&b->programs, "in the guest", text, &p->program);
	program_close(&p->program);
}

static bool program_ended(struct session *s, void *arg)
{
	const struct kernelplane *p = arg;

	(void)s;
	return p->program.has_ended;
}

static bool run_command(struct batch *b, const struct step *st, const struct recipe_vars *vars,
                        uint32_t target, char *why)
{
	struct kernelplane *p = plane_of(b);
	struct actor_end end = {.how = ACTOR_TIMED_OUT, .text = p->text};

	if (!start_program(b, st->command, vars, target, why))
		return false;
	if (session_wait(&b->session, (int)st->within_ms, program_ended, p))
		end.how = p->program.end.signalled ? ACTOR_KILLED : ACTOR_EXITED;
	end.code = (unsigned)p->program.end.code;
	end_program(b, st->command);
	if (b->session.exited && end.how == ACTOR_TIMED_OUT) {
		snprintf(why, 256, "the backend was gone before it ended: %.180s", p->text);
		return false;
	}
	return actor_check_command(b, st, vars, &end, why);
}

static bool run_program(struct batch *b, const struct row *row, const struct recipe_vars *vars,
                        size_t *entry, char *why)
{
	size_t from = b->session.tape.count;
	bool seen;

	if (!start_program(b, row->recipe.text, vars, row->target, why))
		return false;
	seen = actor_wait_program(b, row, vars, from, entry, why);
	end_program(b, row->recipe.text);
	return seen;
}

/* ---- frames ---- */

static bool send_frame(struct batch *b, const uint8_t *frame, size_t len, int row, size_t *entry,
                       char *why)
{
	size_t from = b->session.tape.count;
	int err = lab_guest_send(&plane_of(b)->guest, frame, len);

	if (err) {
		snprintf(why, 256, "the guest's kernel does not send it: %s", strerror(err));
		b->refused = err == EINVAL || err == EMSGSIZE;
		return false;
	}
	return actor_wait_frame(b, frame, len, from, row, entry, why);
}

/* ---- the cable ---- */

static void note_way(struct tape *t, const char *way, const struct impair_counts *c)
{
	tape_note(t,
	          "%s: of %" PRIu64 " frames %" PRIu64 " lost, %" PRIu64 " reordered, %" PRIu64
	          " doubled",
	          way, c->frames, c->lost, c->reordered, c->duplicated);
}

static void impair_cable(struct batch *b, const struct impair_rates *r)
{
	struct pump *pump = &plane_of(b)->pump;

	if (pump->impaired) {
		note_way(&b->session.tape, "cable from the guest", &pump->from_guest.counts);
		note_way(&b->session.tape, "cable to the guest", &pump->to_guest.counts);
	}
	pump_impair(pump, r);
}

static const struct batch_actor kernel_actor = {
        .send = send_frame, .program = run_program, .command = run_command, .impair = impair_cable};

/* ---- the guest's life ---- */

/* Runs a command of the harness's own; what is wrong goes on the tape. */
static bool run_own(struct batch *b, char *command, unsigned within_ms)
{
	static const struct recipe_vars no_vars = {.nonce = "begin"};
	struct step st = {.command = command, .within_ms = within_ms};
	char why[256] = "";

	if (run_command(b, &st, &no_vars, 0, why))
		return true;
	tape_note(&b->session.tape, "`%s`: %s", command, why);
	return false;
}

/* What udhcpc calls when it has a lease. */
static bool write_lease_script(const char *tmp)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/lease", tmp);
	f = fopen(path, "we");
	if (!f)
		return false;
	fputs("#!/bin/sh\n[ \"$1\" = bound ] || exit 0\n"
	      "busybox ip addr add \"$ip/$mask\" dev \"$interface\" &&\n"
	      "busybox ip route add default via \"$router\" dev \"$interface\"\n",
	      f);
	if (fchmod(fileno(f), 0700)) {
		fclose(f);
		return false;
	}
	return !fclose(f);
}

static bool get_lease(struct batch *b)
{
	char udhcpc[] = "busybox udhcpc -f -n -q -i " LAB_GUEST_IF " -t 10 -T 1 -s \"$TMP/lease\"";
	const struct program_dirs *dirs = batch_dirs(b);

	if (!dirs || !write_lease_script(dirs->tmp)) {
		fprintf(stderr, "gauntlet: kernel plane: cannot write the DHCP client's script\n");
		b->env = true;
		return false;
	}
	return run_own(b, udhcpc, b->patience_ms < BATCH_PATIENCE_MS ? LEASE_IMPATIENT : LEASE_MS);
}

static bool begin_guest(struct batch *b)
{
	char ask[] = "busybox arping -q -f -c 2 -w 2 -I " LAB_GUEST_IF " \"$GW\"";
	struct kernelplane *p = plane_of(b);

	b->session.extra = (struct session_extra){
	        .poll = plane_poll, .ready = plane_ready, .arg = p};
	if (lab_guest_up(&p->guest)) {
		b->env = true;
		return false;
	}
	if (word_list_has(&b->backend->caps, "dhcp")) {
		if (!get_lease(b))
			return false;
	} else if (lab_guest_configure(&p->guest)) {
		b->env = true;
		return false;
	}
	/* From the answer the harness learns the gateway's MAC. No ping: not every backend has to keep that to itself. The
	 * guest's kernel is told, too: else it asks in the middle of a case, and the answer would be held against the frame
	 * of a row. */
	if (run_own(b, ask, SCN_RUN_MS) && session_learn_gateway(&b->session, b->patience_ms) &&
	    lab_guest_know_gateway(&p->guest, b->session.gateway_mac)) {
		b->env = true;
		return false;
	}
	return true;
}

static void end_guest(struct batch *b)
{
	b->session.extra = (struct session_extra){0};
	program_close(&plane_of(b)->program);
	tape_note(&b->session.tape, "the guest is gone");
}

int kernelplane_attach(struct batch *b)
{
	struct kernelplane *p = calloc(1, sizeof(*p));
	int pair[2];

	if (!p) {
		fprintf(stderr, "gauntlet: out of memory\n");
		return -1;
	}
	*p = (struct kernelplane){.pump = {.timer_fd = -1, .chan = {.fd = -1}},
	                          .program = {.out_fd = -1}};
	b->arg = p;
	if (lab_guest_open(&p->guest))
		goto bad;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair)) {
		fprintf(stderr, "gauntlet: kernel plane: %s\n", strerror(errno));
		goto bad;
	}
	if (pump_open(&p->pump, p->guest.tap_fd, pair[1])) {
		close(pair[0]);
		goto bad;
	}
	b->guest_fd = pair[0];
	b->begin = begin_guest;
	b->end = end_guest;
	b->actor = &kernel_actor;
	return 0;
bad:
	kernelplane_detach(b);
	return -1;
}

void kernelplane_detach(struct batch *b)
{
	struct kernelplane *p = plane_of(b);

	program_close(&p->program);
	pump_close(&p->pump);
	lab_guest_close(&p->guest);
	free(p);
	b->arg = NULL;
}
