/* SPDX-License-Identifier: ISC */
/* vmplane.c: boots a guest behind the batch's backend and lets its root user carry out the attacks.
 *
 * Nothing the guest says counts as evidence. A frame counts as sent when it was seen on the frame
 * channel, a program's attack when the frame it must cause was seen there; what became of it is
 * read off the wire.
 */
#include "harness/vmplane.h"

#include "harness/actor.h"
#include "harness/boot.h"
#include "harness/decode.h"
#include "harness/files.h"
#include "harness/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define GUEST_IF "eth0"

struct vmplane {
	struct run *run;
	struct vm vm;
	int frame_fd; /* QEMU's end of the frame channel, until it is started */
	char log[4096];
	size_t noted;  /* tape entries already looked at for the first frame */
	bool answered; /* an answer to `asked` has come */
	uint32_t asked;
	struct agent_message answer;
	char text[4096]; /* its text, copied: windows do not live long */
};

static struct vmplane *plane_of(const struct batch *b)
{
	return b->arg;
}

/* ---- QEMU in the session's loop ---- */

static size_t vm_poll(void *arg, struct pollfd *out, size_t room)
{
	struct vmplane *p = ((struct batch *)arg)->arg;

	return room >= VM_FDS ? vm_pollfds(&p->vm, out) : 0;
}

static void vm_ready(void *arg, const struct pollfd *pfd, size_t count)
{
	struct batch *b = arg;
	struct vmplane *p = b->arg;
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
}

static bool vm_alive(const struct vmplane *p)
{
	return p->vm.state == VM_READY;
}

static bool booted(struct session *s, void *arg)
{
	const struct vmplane *p = arg;

	(void)s;
	return p->vm.state != VM_STARTING && p->vm.state != VM_BOOTING;
}

static bool answered(struct session *s, void *arg)
{
	const struct vmplane *p = arg;

	(void)s;
	return p->answered || !vm_alive(p);
}

/* Sends a request made with id p->asked and waits for its answer; false with words in `why`. */
static bool ask(struct batch *b, const struct wr *w, int timeout_ms, char *why)
{
	struct vmplane *p = plane_of(b);

	p->answered = false;
	if (agent_send(p->vm.agent_fd, w, timeout_ms) != AGENT_OK) {
		snprintf(why, 256, "the guest's agent does not take requests");
		return false;
	}
	session_wait(&b->session, timeout_ms, answered, p);
	if (!p->answered)
		snprintf(why, 256, "the guest %.200s", vm_alive(p) ? "did not answer" : p->vm.why);
	else if (p->answer.type == AGENT_ERROR)
		snprintf(why, 256, "the guest's agent refused: %.200s", p->text);
	return p->answered && p->answer.type != AGENT_ERROR;
}

/* ---- the actor ---- */

static bool send_frame(struct batch *b, const uint8_t *frame, size_t len, int row, size_t *entry,
                       char *why)
{
	static uint8_t buf[AGENT_WIRE_MAX];
	struct vmplane *p = plane_of(b);
	size_t from = b->session.tape.count;
	struct wr w = wr_of(buf, sizeof(buf));

	p->asked = vm_next_id(&p->vm);
	if (!agent_put_frame(&w, p->asked, GUEST_IF, frame, len)) {
		snprintf(why, 256, "a frame of %zu bytes cannot be handed to the guest", len);
		return false;
	}
	if (!ask(b, &w, ACTOR_FRAME_MS, why))
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
	struct vmplane *p = plane_of(b);
	char command[AGENT_COMMAND_MAX];
	size_t from = b->session.tape.count;
	struct wr w = wr_of(buf, sizeof(buf));
	uint32_t pid;
	bool seen;

	p->asked = vm_next_id(&p->vm);
	if (!program_command(row->recipe.text, vars, row->target, NULL, command, sizeof(command)) ||
	    !agent_put_spawn(&w, p->asked, command)) {
		snprintf(why, 256, "the command is too long");
		return false;
	}
	tape_note(&b->session.tape, "in the guest: %s", row->recipe.text);
	if (!ask(b, &w, ACTOR_FRAME_MS, why))
		return false;
	pid = p->answer.value;
	seen = actor_wait_program(b, row, vars, from, entry, why);
	w = wr_of(buf, sizeof(buf));
	p->asked = vm_next_id(&p->vm);
	return agent_put_kill(&w, p->asked, pid) && ask(b, &w, ACTOR_FRAME_MS, why) && seen;
}

static enum actor_how how_it_ended(enum agent_how how)
{
	return how == AGENT_TIMED_OUT ? ACTOR_TIMED_OUT
	       : how == AGENT_EXITED  ? ACTOR_EXITED
	                              : ACTOR_KILLED;
}

static bool run_command(struct batch *b, const struct step *st, const struct recipe_vars *vars,
                        uint32_t target, char *why)
{
	static uint8_t buf[AGENT_WIRE_MAX];
	struct vmplane *p = plane_of(b);
	char command[AGENT_COMMAND_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	struct actor_end end;

	p->asked = vm_next_id(&p->vm);
	if (!program_command(st->command, vars, target, NULL, command, sizeof(command)) ||
	    !agent_put_run(&w, p->asked, st->within_ms, command)) {
		snprintf(why, 256, "the command is too long");
		return false;
	}
	tape_note(&b->session.tape, "in the guest: %s", st->command);
	if (!ask(b, &w, (int)st->within_ms + ACTOR_GRACE_MS, why))
		return false;
	end = (struct actor_end){
	        .how = how_it_ended(p->answer.how), .code = p->answer.value, .text = p->text};
	return actor_check_command(st, vars, &end, why);
}

static const struct batch_actor vm_actor = {
        .send = send_frame, .program = run_program, .command = run_command};

/* ---- the guest's life ---- */

/* DIR/boot.json: the breakdown, for whoever compares runs. */
static void record_boot(const struct vmplane *p)
{
	const double *ms = p->run->boot_ms;
	struct new_file n;

	if (!p->run->out || file_begin(&n, p->run->out, "boot.json", 0644))
		return;
	fprintf(n.f, "{\"version\":1,\"accelerator\":\"%s\",\"BOOT_MS\":%.1f,\"marks\":{",
	        p->vm.kvm ? "kvm" : "tcg", ms[BOOT_READY]);
	for (int i = 0; i < BOOT_MARK_COUNT; i++)
		fprintf(n.f, "%s\"%s\":%.1f", i ? "," : "", boot_mark_name((enum boot_mark)i),
		        ms[i]);
	fprintf(n.f, "}}\n");
	if (file_finish(&n))
		p->run->env = true;
}

static bool boot_guest(struct batch *b)
{
	static const struct recipe_vars no_vars = {.nonce = "boot"};
	struct vmplane *p = plane_of(b);
	struct vm_options o = {.image = p->run->image,
	                       .accel = p->run->accel,
	                       .frame_fd = p->frame_fd,
	                       .dhcp = true,
	                       .log = *p->log ? p->log : NULL};
	struct step ping = {.command = (char[]){"ping -c 1 -W 2 192.168.100.1"},
	                    .within_ms = SCN_RUN_MS};
	char why[256] = "";

	if (vm_start(&p->vm, &o)) {
		fprintf(stderr, "gauntlet: %s\n", p->vm.why);
		b->env = true;
		return false;
	}
	close(p->frame_fd);
	p->frame_fd = -1;
	b->session.extra = (struct session_extra){.poll = vm_poll, .ready = vm_ready, .arg = b};
	if (p->run->live && !p->run->story) {
		printf("\r\033[K  booting the guest (%s)", p->vm.kvm ? "KVM" : "TCG");
		fflush(stdout);
	}
	session_wait(&b->session, VM_READY_MS, booted, p);
	if (session_interrupted)
		return false;
	if (!vm_alive(p)) {
		const char *reason = p->vm.state == VM_BOOTING || p->vm.state == VM_STARTING
		                             ? "no READY in time"
		                             : p->vm.why;

		tape_note(&b->session.tape, "the guest did not come up: %s", reason);
		fprintf(stderr, "gauntlet: the guest did not come up: %s%s%s\n", reason,
		        *p->log ? "; its console is in " : "", p->log);
		/* A guest that works but got no lease speaks of the backend; else it is QEMU or the image. */
		b->env = p->vm.state != VM_UNREADY && !b->session.exited;
		return false;
	}
	if (p->run->live)
		printf("\r\033[K");
	if (!p->run->story)
		boot_print_times(stdout, &p->vm.times);
	boot_marks(&p->vm.times, p->run->boot_ms);
	record_boot(p);
	tape_note(&b->session.tape, "the guest is READY after %.0f ms",
	          p->run->boot_ms[BOOT_READY]);
	/* Makes the guest look for its gateway, from whose answer the harness learns the address
	 * too. */
	if (!run_command(b, &ping, &no_vars, 0, why))
		tape_note(&b->session.tape, "ping of the gateway: %s", why);
	return true;
}

static void end_guest(struct batch *b)
{
	struct vmplane *p = plane_of(b);

	b->session.extra = (struct session_extra){0};
	vm_stop(&p->vm);
	tape_note(&b->session.tape, "the guest is gone");
}

int vmplane_attach(struct batch *b, struct run *r)
{
	struct vmplane *p = calloc(1, sizeof(*p));
	int pair[2];

	if (!p || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		fprintf(stderr, "gauntlet: vm plane: %s\n", strerror(errno));
		free(p);
		return -1;
	}
	*p = (struct vmplane){.run = r, .frame_fd = pair[1]};
	if (r->out) {
		snprintf(p->log, sizeof(p->log), "%s/boot.log", r->out);
		snprintf(r->boot_log, sizeof(r->boot_log), "%s", p->log);
	}
	b->guest_fd = pair[0];
	b->begin = boot_guest;
	b->end = end_guest;
	b->actor = &vm_actor;
	b->arg = p;
	return 0;
}

void vmplane_detach(struct batch *b)
{
	struct vmplane *p = plane_of(b);

	if (p->frame_fd >= 0)
		close(p->frame_fd);
	free(p);
	b->arg = NULL;
}
