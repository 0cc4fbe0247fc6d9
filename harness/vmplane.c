/* SPDX-License-Identifier: ISC */
/* vmplane.c: a guest behind the batch's backend, whose root user carries out the attacks.
 *
 * Nothing the guest says counts as evidence. A frame counts as sent when it was seen on the frame
 * channel, a program's attack when the frame it must cause was seen there; what became of it is
 * read off the wire.
 */
#include "harness/vmplane_part.h"

#include "harness/actor.h"
#include "harness/window.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GUEST_IF "eth0"

/* ---- QEMU in the session's loop ---- */

size_t vmplane_poll(void *arg, struct pollfd *out, size_t room)
{
	struct vmplane *p = vmplane_of(arg);

	return room >= VM_FDS ? vm_pollfds(&p->vm, out) : 0;
}

void vmplane_ready(void *arg, const struct pollfd *pfd, size_t count)
{
	struct batch *b = arg;
	struct vmplane *p = vmplane_of(b);
	struct agent_message m;

	for (; p->noted < b->session.tape.count; p->noted++)
		if (b->session.tape.entries[p->noted].kind == TAPE_GUEST_OUT)
			vm_note_frame(&p->vm);
	for (size_t i = 0; i < count; i++)
		if (pfd[i].revents)
			vm_on_readable(&p->vm, pfd[i].fd);
	while (vm_next_message(&p->vm, &m)) {
		if (m.id != p->asked)
			continue;
		p->answer = m;
		agent_copy_text(m.text, p->text, sizeof(p->text));
		p->answered = true;
	}
	if (p->vm.state == VM_BROKEN && !p->broken)
		fprintf(stderr, "gauntlet: %s: %s\n", b->suite->name, p->vm.why);
	p->broken = p->vm.state == VM_BROKEN;
	/* As a VMM does when the filter says so. */
	if (b->session.events.terminated && p->vm.state != VM_GONE && p->vm.state != VM_OFF) {
		vm_kill(&p->vm);
		tape_note(&b->session.tape, "the guest is killed: the backend ended it");
	}
}

static bool answered(struct session *s, void *arg)
{
	const struct vmplane *p = arg;

	(void)s;
	return p->answered || !vmplane_lives(p);
}

bool vmplane_ask(struct batch *b, const struct wr *w, int timeout_ms, char *why)
{
	struct vmplane *p = vmplane_of(b);

	p->answered = false;
	if (agent_send(p->vm.agent_fd, w, timeout_ms) != AGENT_OK) {
		snprintf(why, 256, "the guest's agent does not take requests");
		return false;
	}
	session_wait(&b->session, timeout_ms, answered, p);
	if (!p->answered)
		snprintf(why, 256, "the guest %.200s",
		         vmplane_lives(p) ? "did not answer" : p->vm.why);
	else if (p->answer.type == AGENT_ERROR)
		snprintf(why, 256, "the guest's agent refused: %.200s", p->text);
	return p->answered && p->answer.type != AGENT_ERROR;
}

/* ---- the actor ---- */

/* A guest that is still booting is waited for: what was asked of it before is not answered. */
static bool new_request(struct batch *b, char *why)
{
	struct vmplane *p = vmplane_of(b);

	if (!vmplane_await_ready(b, why))
		return false;
	p->asked = vm_next_id(&p->vm);
	return true;
}

static bool send_frame(struct batch *b, const uint8_t *frame, size_t len, int row, size_t *entry,
                       char *why)
{
	static uint8_t buf[AGENT_WIRE_MAX];
	struct vmplane *p = vmplane_of(b);
	size_t from = b->session.tape.count;
	struct wr w = wr_of(buf, sizeof(buf));

	if (!new_request(b, why))
		return false;
	if (!agent_put_frame(&w, p->asked, GUEST_IF, frame, len)) {
		snprintf(why, 256, "a frame of %zu bytes cannot be handed to the guest", len);
		return false;
	}
	if (!vmplane_ask(b, &w, ACTOR_FRAME_MS, why))
		return false;
	if (p->answer.type != AGENT_SENT || p->answer.value) {
		snprintf(why, 256, "the guest's kernel does not send it: %s",
		         strerror((int)p->answer.value));
		b->refused = p->answer.value == EINVAL || p->answer.value == EMSGSIZE;
		return false;
	}
	return actor_wait_frame(b, frame, len, from, row, entry, why);
}

static bool run_program(struct batch *b, const struct row *row, const struct recipe_vars *vars,
                        size_t *entry, char *why)
{
	static uint8_t buf[AGENT_WIRE_MAX];
	struct vmplane *p = vmplane_of(b);
	char command[AGENT_COMMAND_MAX];
	size_t from = b->session.tape.count;
	struct wr w = wr_of(buf, sizeof(buf));
	uint32_t pid;
	bool seen;

	if (!new_request(b, why))
		return false;
	if (!program_command(row->recipe.text, vars, row->target, NULL, command, sizeof(command)) ||
	    !agent_put_spawn(&w, p->asked, command)) {
		snprintf(why, 256, "the command is too long");
		return false;
	}
	tape_note(&b->session.tape, "in the guest: %s", row->recipe.text);
	if (!vmplane_ask(b, &w, ACTOR_FRAME_MS, why))
		return false;
	pid = p->answer.value;
	seen = actor_wait_program(b, row, vars, from, entry, why);
	w = wr_of(buf, sizeof(buf));
	return new_request(b, why) && agent_put_kill(&w, p->asked, pid) &&
	       vmplane_ask(b, &w, ACTOR_FRAME_MS, why) && seen;
}

static enum actor_how how_it_ended(enum agent_how how)
{
	return how == AGENT_TIMED_OUT ? ACTOR_TIMED_OUT
	       : how == AGENT_EXITED  ? ACTOR_EXITED
	                              : ACTOR_KILLED;
}

bool vmplane_run(struct batch *b, const struct step *st, const struct recipe_vars *vars,
                 uint32_t target, char *why)
{
	static uint8_t buf[AGENT_WIRE_MAX];
	struct vmplane *p = vmplane_of(b);
	char command[AGENT_COMMAND_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	struct actor_end end;

	if (!new_request(b, why))
		return false;
	if (!program_command(st->command, vars, target, NULL, command, sizeof(command)) ||
	    !agent_put_run(&w, p->asked, st->within_ms, command)) {
		snprintf(why, 256, "the command is too long");
		return false;
	}
	tape_note(&b->session.tape, "in the guest: %s", st->command);
	if (!vmplane_ask(b, &w, (int)st->within_ms + ACTOR_GRACE_MS, why))
		return false;
	end = (struct actor_end){
	        .how = how_it_ended(p->answer.how), .code = p->answer.value, .text = p->text};
	return actor_check_command(b, st, vars, &end, why);
}

static const struct batch_actor vm_actor = {
        .send = send_frame, .program = run_program, .command = vmplane_run, .power = vmplane_power};

bool vmplane_make_channel(struct vmplane *p, char *why)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		snprintf(why, 256, "socketpair: %s", strerror(errno));
		return false;
	}
	p->guest_fd = pair[0];
	p->frame_fd = pair[1];
	return true;
}

int vmplane_attach(struct batch *b, struct run *r)
{
	struct vmplane *p = calloc(1, sizeof(*p));
	char why[256] = "out of memory";

	if (p)
		*p = (struct vmplane){
		        .run = r, .boot = batch_boot(b), .guest_fd = -1, .frame_fd = -1};
	if (!p || !vmplane_make_channel(p, why)) {
		fprintf(stderr, "gauntlet: vm plane: %s\n", why);
		free(p);
		return -1;
	}
	vmplane_name_log(b, r, p->log, sizeof(p->log));
	r->boot_log[0] = '\0'; /* until there is one */
	b->begin = vmplane_begin;
	b->end = vmplane_end;
	b->actor = &vm_actor;
	b->arg = p;
	return 0;
}

/* What a case's own guest did from its first moment on. */
static void tell_window(const struct batch *b)
{
	const struct scn_case *c = b->items[0].scn_case;
	const struct vmplane *p = vmplane_of(b);
	struct window_source src;

	if (!p->boot || !p->run->windows || !p->vm.times.exec_ns || session_interrupted)
		return;
	src = (struct window_source){.suite = b->suite->name,
	                             .scn_case = c->name,
	                             .setup = p->boot->setup,
	                             .restored = p->boot->restored,
	                             .off = p->ended,
	                             .policy = b->suite->policy,
	                             .tape = &b->session.tape,
	                             .times = &p->vm.times,
	                             .sentinel = {b->judge.pre_nonce, b->judge.post_nonce}};
	for (size_t i = 0, n = 0; i < c->step_count && n < WINDOW_POLICIES; i++)
		if (c->steps[i].kind == STEP_POLICY && !c->steps[i].refused)
			src.later[n++] = c->steps[i].policy;
	window_tell(&src, p->run->windows);
}

void vmplane_detach(struct batch *b)
{
	struct vmplane *p = vmplane_of(b);

	tell_window(b);
	if (p->frame_fd >= 0)
		close(p->frame_fd);
	if (p->guest_fd >= 0)
		close(p->guest_fd);
	free(p);
	b->arg = NULL;
}
