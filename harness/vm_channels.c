/* SPDX-License-Identifier: ISC */
/* vm_channels.c: listens to QEMU and its guest.
 *
 * Five descriptors come back from QEMU's process: the guest's console, the agent port, QMP (whose
 * greeting is the earliest sign of life), QEMU's own messages (stdout and stderr), and the pidfd.
 * Everything but the agent port ends up in boot.log only; QMP's answers are also counted, for
 * whoever asked (vm_qmp.h).
 */
#include "harness/vm_part.h"
#include "harness/vm_qmp.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BROKE "the guest broke the agent protocol: "

/* boot.log: one line per line of the guest or of QEMU, with seconds since exec and its source. */

/* A panic is quoted where the guest's end has to be explained to people, and decides nothing:
 * anybody can print one. */
static void note_panic(struct vm *vm, const char *text)
{
	const char *at = strstr(text, "Kernel panic");

	if (at)
		snprintf(vm->panic, sizeof(vm->panic), "%.150s", at);
}

void vm_log_line(struct vm *vm, const char *source, struct vm_line *l)
{
	char text[sizeof(l->text) + 1];
	int n;

	agent_copy_text(rd_of(l->text, l->len), text, sizeof(text));
	l->len = 0;
	if (l == &vm->stderr_line)
		snprintf(vm->last_words, sizeof(vm->last_words), "%.255s", text);
	if (l == &vm->console_line && !vm->panic[0])
		note_panic(vm, text);
	if (l == &vm->qmp_line)
		vm_qmp_take(&vm->qmp, text);
	if (!vm->log || vm->logged >= VM_LOG_MAX)
		return;
	n = fprintf(vm->log, "%9.4f %-7s %s\n", (double)(vm_now_ns() - vm->times.exec_ns) / 1e9,
	            source, text);
	vm->logged += n > 0 ? (size_t)n : 0;
	if (vm->logged >= VM_LOG_MAX)
		fprintf(vm->log, "(the log ends here: more than %u bytes)\n", VM_LOG_MAX);
	fflush(vm->log);
}

static void log_bytes(struct vm *vm, const char *source, struct vm_line *l, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n' || l->len == sizeof(l->text))
			vm_log_line(vm, source, l);
		if (p[i] != '\n' && p[i] != '\r')
			l->text[l->len++] = p[i];
	}
}

/* Reads what is there now into the log. Returns false when the channel has ended. A flood is taken
 * in portions, so that the caller gets its turn. */
static bool drain(struct vm *vm, const char *source, struct vm_line *l, int fd)
{
	char buf[4096];

	for (int i = 0; i < 16; i++) {
		ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n <= 0)
			return false;
		log_bytes(vm, source, l, buf, (size_t)n);
	}
	return true;
}

/* Channels. */

size_t vm_pollfds(const struct vm *vm, struct pollfd fds[VM_FDS])
{
	const int all[VM_FDS] = {vm->console_fd, vm->agent_fd, vm->qmp_fd, vm->stderr_fd,
	                         vm->pidfd};
	size_t n = 0;

	for (size_t i = 0; i < VM_FDS; i++)
		if (all[i] >= 0)
			fds[n++] = (struct pollfd){.fd = all[i], .events = POLLIN};
	for (size_t i = 0; i < n; i++)
		if (fds[i].fd == vm->agent_fd && vm->restore.sent < vm->restore.len)
			fds[i].events |= POLLOUT;
	return n;
}

void vm_break_off(struct vm *vm, const char *why)
{
	vm_fail(vm, "%s", why);
	vm->state = VM_BROKEN;
	vm_close_fd(&vm->agent_fd); /* which also tells the guest to power off */
}

void vm_take_ready(struct vm *vm, const struct agent_message *m)
{
	char text[AGENT_TEXT_MAX + 1];

	vm->times.ready_ns = vm_now_ns();
	memcpy(vm->times.guest_us, m->at_us, sizeof(m->at_us));
	vm->state = m->ok ? VM_READY : VM_UNREADY;
	if (m->ok)
		return;
	agent_copy_text(m->text, text, sizeof(text));
	text[strcspn(text, "\n")] = 0;
	vm_fail(vm, "the guest is not ready: %s", text);
}

static void take_hello(struct vm *vm)
{
	vm->times.hello_ns = vm_now_ns();
	vm->times.ready_ns = 0;
	vm->owed_count = 0;
	vm->boots++;
	vm->state = VM_BOOTING;
	vm->restore.answered = vm->restore.total;
}

/* What is wrong with what came before READY. */
static const char *before_ready(const struct vm *vm, enum agent_status s,
                                const struct agent_message *m)
{
	if (s != AGENT_OK)
		return BROKE "before READY, what it sent is no message";
	if (m->type == AGENT_HELLO)
		return BROKE "before READY, a second HELLO";
	if (m->type == AGENT_READY)
		return BROKE "before READY, no HELLO";
	return vm->times.hello_ns ? BROKE "before READY, an answer that nobody asked for"
	                          : BROKE "before READY, an answer instead of HELLO";
}

/* Before READY only HELLO and READY may come, in this order, and once unless the guest may start
 * again; a restored guest first answers what it was told. */
static void take_boot_messages(struct vm *vm)
{
	while (vm->state == VM_STARTING || vm->state == VM_BOOTING) {
		bool restoring = vm->restore.answered < vm->restore.total;
		struct agent_message m;
		enum agent_status s = agent_next(&vm->reader, &m);

		if (s == AGENT_MORE)
			return;
		if (s == AGENT_OK && m.type == AGENT_HELLO &&
		    (vm->may_reboot || (!vm->times.hello_ns && !restoring)))
			take_hello(vm);
		else if (s == AGENT_OK && restoring)
			vm_restore_take(vm, &m);
		else if (s == AGENT_OK && m.type == AGENT_READY && !m.id && vm->times.hello_ns)
			vm_take_ready(vm, &m);
		else
			vm_break_off(vm, before_ready(vm, s, &m));
	}
}

/* Whether this answer was asked for; only once. */
static bool take_owed(struct vm *vm, uint32_t id)
{
	for (size_t i = vm->owed_count; i-- > 0;)
		if (vm->owed[i] == id) {
			memmove(vm->owed + i, vm->owed + i + 1,
			        (--vm->owed_count - i) * sizeof(vm->owed[0]));
			return true;
		}
	return false;
}

bool vm_next_message(struct vm *vm, struct agent_message *m)
{
	enum agent_status s;

	if (vm->state != VM_READY && vm->state != VM_UNREADY && vm->state != VM_GONE)
		return false;
	if (!vm->times.ready_ns) /* gone before READY: nothing was asked */
		return false;
	s = agent_next(&vm->reader, m);
	if (s == AGENT_MORE)
		return false;
	if (s == AGENT_OK && m->type == AGENT_HELLO && vm->may_reboot && vm->state != VM_GONE) {
		take_hello(vm);
		take_boot_messages(vm);
		return false;
	}
	if (s == AGENT_OK && m->id && take_owed(vm, m->id))
		return true;
	if (vm->state != VM_GONE)
		vm_break_off(vm, s != AGENT_OK            ? BROKE "what it sent is no message"
		                 : m->id                  ? BROKE "an answer that nobody asked for"
		                 : m->type == AGENT_READY ? BROKE "a second READY"
		                                          : BROKE "a second HELLO");
	return false;
}

static void on_agent(struct vm *vm)
{
	vm_restore_flush(vm);
	if (agent_read(vm->agent_fd, &vm->reader) == AGENT_CLOSED)
		vm_close_fd(&vm->agent_fd);
	take_boot_messages(vm);
}

void vm_on_console(struct vm *vm)
{
	uint8_t c;

	if (!vm->times.first_line_ns && recv(vm->console_fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) == 1)
		vm->times.first_line_ns = vm_now_ns();
	if (!drain(vm, "console", &vm->console_line, vm->console_fd))
		vm_close_fd(&vm->console_fd);
}

static void on_qmp(struct vm *vm)
{
	bool first = !vm->times.qemu_ns;

	if (!drain(vm, "qmp", &vm->qmp_line, vm->qmp_fd)) {
		vm_close_fd(&vm->qmp_fd);
	} else if (first) {
		vm->times.qemu_ns = vm_now_ns();
		if (!vm->restore.total) /* else vm_restore_begin() has */
			send(vm->qmp_fd, VM_QMP_HELLO, strlen(VM_QMP_HELLO),
			     MSG_DONTWAIT | MSG_NOSIGNAL);
		if (vm->state == VM_STARTING)
			vm->state = VM_BOOTING;
	}
}

static void on_stderr(struct vm *vm)
{
	if (!drain(vm, "qemu", &vm->stderr_line, vm->stderr_fd))
		vm_close_fd(&vm->stderr_fd);
}

/* QEMU's last words explain its end best. When it has none it did what a guest can ask for: a
 * restart, a power-off, or the restart that follows a panic, which -no-reboot makes its end. */
static void explain_end(struct vm *vm)
{
	bool early = !vm->times.ready_ns;
	siginfo_t i = {0};

	if (waitid(P_PID, (id_t)vm->pid, &i, WEXITED | WNOHANG | WNOWAIT) || !i.si_pid)
		return;
	if (i.si_code == CLD_EXITED && !i.si_status)
		vm_fail(vm, "the guest ended itself%s%s%s", early ? " before it was ready" : "",
		        vm->panic[0] ? "; its console says: " : "", vm->panic);
	else
		vm_fail(vm, "QEMU %s %d%s%s%s",
		        i.si_code == CLD_EXITED ? "exited with" : "was ended by signal",
		        i.si_status, early ? " before the guest was ready" : "",
		        vm->last_words[0] ? ": " : "", vm->last_words);
}

static void on_end(struct vm *vm)
{
	/* First hear what is still in the channels. */
	if (vm->console_fd >= 0)
		vm_on_console(vm);
	if (vm->agent_fd >= 0)
		on_agent(vm);
	if (vm->stderr_fd >= 0)
		on_stderr(vm);
	if (vm->state != VM_BROKEN)
		explain_end(vm);
	vm->state = VM_GONE;
	vm->times.gone_ns = vm_now_ns();
	vm_close_fd(&vm->pidfd);
}

void vm_on_readable(struct vm *vm, int fd)
{
	if (fd < 0)
		return;
	if (fd == vm->console_fd)
		vm_on_console(vm);
	else if (fd == vm->agent_fd)
		on_agent(vm);
	else if (fd == vm->qmp_fd)
		on_qmp(vm);
	else if (fd == vm->stderr_fd)
		on_stderr(vm);
	else if (fd == vm->pidfd)
		on_end(vm);
}

void vm_note_frame(struct vm *vm)
{
	if (!vm->times.first_frame_ns)
		vm->times.first_frame_ns = vm_now_ns();
}
