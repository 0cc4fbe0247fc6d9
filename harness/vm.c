/* SPDX-License-Identifier: ISC */
/* vm.c: starts QEMU, listens to its channels, ends it.
 *
 * Five descriptors come back from QEMU's process: the guest's console, the agent port, QMP (whose
 * greeting is the earliest sign of life), QEMU's own messages (stdout and stderr), and the pidfd.
 * Everything but the agent port ends up in boot.log only.
 */
#include "harness/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define QMP_HELLO "{\"execute\":\"qmp_capabilities\"}\n"
#define QMP_QUIT  "{\"execute\":\"quit\"}\n"

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

__attribute__((format(printf, 2, 3))) static int fail(struct vm *vm, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(vm->why, sizeof(vm->why), fmt, ap);
	va_end(ap);
	return -1;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* boot.log: one line per line of the guest or of QEMU, with seconds since exec and its source. */

static void log_line(struct vm *vm, const char *source, struct vm_line *l)
{
	char text[sizeof(l->text) + 1];
	int n;

	agent_copy_text(rd_of(l->text, l->len), text, sizeof(text));
	l->len = 0;
	if (l == &vm->stderr_line)
		snprintf(vm->last_words, sizeof(vm->last_words), "%.255s", text);
	if (!vm->log || vm->logged >= VM_LOG_MAX)
		return;
	n = fprintf(vm->log, "%9.4f %-7s %s\n", (double)(now_ns() - vm->times.exec_ns) / 1e9,
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
			log_line(vm, source, l);
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

/* Starting. */

static bool find_qemu(char path[PATH_MAX])
{
	const char *p = getenv("PATH");

	for (p = p ? p : "/usr/bin:/bin"; *p; p += *p == ':') {
		size_t len = strcspn(p, ":");
		int n = snprintf(path, PATH_MAX, "%.*s/%s", (int)len, p, VM_QEMU);

		if (len && n < PATH_MAX && !access(path, X_OK))
			return true;
		p += len;
	}
	return false;
}

static int check_kernel(struct vm *vm, const char *path)
{
	const char *fault = "cannot be read: run vm-images/build (make vm)";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map;

	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0) {
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map != MAP_FAILED) {
			fault = vm_command_check_kernel(rd_of(map, (size_t)st.st_size));
			munmap(map, (size_t)st.st_size);
		}
	}
	close_fd(&fd);
	return fault ? fail(vm, "kernel %s %s", path, fault) : 0;
}

/* In QEMU's process, between fork and exec. What it says goes to stderr_fd and so to vm->why. */
__attribute__((noreturn)) static void become_qemu(const struct vm_command *c, const char *path,
                                                  int err, pid_t parent)
{
	const int keep[] = {c->console_fd, c->agent_fd, c->qmp_fd, c->frame_fd};
	const struct rlimit no_core = {0, 0};
	sigset_t none;
	int null = open("/dev/null", O_RDONLY);

	dup2(null, 0);
	dup2(err, 1);
	dup2(err, 2);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_IGN); /* the terminal's Ctrl-C is the harness's to handle */
	setrlimit(RLIMIT_CORE, &no_core);
	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET)) {
		dprintf(2,
		        "no network namespace for QEMU: %s; run as root or allow user "
		        "namespaces\n",
		        strerror(errno));
		_exit(127);
	}
	/* Descriptors of the harness, sockets into the lab above all, must not come along. */
	if (syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */)) {
		dprintf(2, "close_range: %s\n", strerror(errno));
		_exit(127);
	}
	for (size_t i = 0; i < sizeof(keep) / sizeof(keep[0]); i++)
		if (keep[i] >= 0)
			fcntl(keep[i], F_SETFD, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* after unshare, which would clear it */
	if (getppid() == parent)
		execv(path, (char *const *)(uintptr_t)c->argv);
	dprintf(2, "%s: %s\n", path, strerror(errno));
	_exit(127);
}

/* Makes the channels: ours in `vm`, QEMU's in `c` and *err. */
static int make_channels(struct vm *vm, struct vm_command *c, int *err)
{
	int *ours[] = {&vm->console_fd, &vm->agent_fd, &vm->qmp_fd, &vm->stderr_fd};
	int *theirs[] = {&c->console_fd, &c->agent_fd, &c->qmp_fd, err};

	for (size_t i = 0; i < 4; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
			return fail(vm, "socketpair: %s", strerror(errno));
		*ours[i] = pair[0];
		*theirs[i] = pair[1];
	}
	return 0;
}

static void close_all(struct vm *vm)
{
	close_fd(&vm->console_fd);
	close_fd(&vm->agent_fd);
	close_fd(&vm->qmp_fd);
	close_fd(&vm->stderr_fd);
	close_fd(&vm->pidfd);
	if (vm->log)
		fclose(vm->log);
	vm->log = NULL;
}

/* Makes the process; the caller cleans up after a failure. */
static int launch(struct vm *vm, struct vm_command *c, const char *qemu, int err)
{
	char text[VM_COMMAND_TEXT];
	pid_t parent = getpid();

	if (!vm_command_build(c))
		return fail(vm, "QEMU's arguments are too long, or the MAC is none");
	vm->times.exec_ns = now_ns();
	if (vm->log) {
		fprintf(vm->log, "# %s\n", vm_command_text(c, text));
		fflush(vm->log);
	}
	vm->pid = fork();
	if (vm->pid == 0)
		become_qemu(c, qemu, err, parent);
	if (vm->pid < 0)
		return fail(vm, "fork: %s", strerror(errno));
	vm->pidfd = (int)syscall(SYS_pidfd_open, vm->pid, 0);
	if (vm->pidfd >= 0)
		return 0;
	fail(vm, "pidfd_open: %s; Linux 5.3 or later is needed", strerror(errno));
	kill(vm->pid, SIGKILL);
	waitpid(vm->pid, NULL, 0);
	vm->pid = 0;
	return -1;
}

int vm_start(struct vm *vm, const struct vm_options *o)
{
	struct vm_command c = {.console_fd = -1,
	                       .agent_fd = -1,
	                       .qmp_fd = -1,
	                       .frame_fd = o->frame_fd,
	                       .memory_mb = o->memory_mb,
	                       .mac = o->mac,
	                       .append = o->append,
	                       .dhcp = o->dhcp};
	char vmlinux[PATH_MAX], initramfs[PATH_MAX], qemu[PATH_MAX], why[VM_WHY_MAX];
	enum vm_accel accel = o->accel;
	int err = -1, result = -1;

	memset(vm, 0, sizeof(*vm));
	vm->console_fd = vm->agent_fd = vm->qmp_fd = vm->stderr_fd = vm->pidfd = -1;
	if (snprintf(vmlinux, sizeof(vmlinux), "%s/vmlinux", o->image) >= PATH_MAX ||
	    snprintf(initramfs, sizeof(initramfs), "%s/initramfs.cpio", o->image) >= PATH_MAX)
		return fail(vm, "image path too long");
	if (!find_qemu(qemu))
		return fail(vm, VM_QEMU " is missing: apt-get install qemu-system-x86");
	if (check_kernel(vm, vmlinux))
		return -1;
	if (access(initramfs, R_OK))
		return fail(vm, "%s cannot be read: run vm-images/build (make vm)", initramfs);
	if (accel == VM_ACCEL_AUTO)
		accel = vm_probe_accel(o->image, why);
	c.vmlinux = vmlinux;
	c.initramfs = initramfs;
	c.kvm = vm->kvm = accel == VM_ACCEL_KVM;
	c.tsc_khz = c.kvm ? 0 : vm_tsc_khz();
	if (o->log && !(vm->log = fopen(o->log, "we")))
		return fail(vm, "%s: %s", o->log, strerror(errno));
	if (!make_channels(vm, &c, &err))
		result = launch(vm, &c, qemu, err);
	close_fd(&c.console_fd);
	close_fd(&c.agent_fd);
	close_fd(&c.qmp_fd);
	close_fd(&err);
	if (result)
		close_all(vm);
	else
		vm->state = VM_STARTING;
	return result;
}

/* Listening. */

size_t vm_pollfds(const struct vm *vm, struct pollfd fds[VM_FDS])
{
	const int all[VM_FDS] = {vm->console_fd, vm->agent_fd, vm->qmp_fd, vm->stderr_fd,
	                         vm->pidfd};
	size_t n = 0;

	for (size_t i = 0; i < VM_FDS; i++)
		if (all[i] >= 0)
			fds[n++] = (struct pollfd){.fd = all[i], .events = POLLIN};
	return n;
}

static void break_off(struct vm *vm, const char *why)
{
	fail(vm, "%s", why);
	vm->state = VM_BROKEN;
	close_fd(&vm->agent_fd); /* which also tells the guest to power off */
}

static void take_ready(struct vm *vm, const struct agent_message *m)
{
	char text[AGENT_TEXT_MAX + 1];

	vm->times.ready_ns = now_ns();
	memcpy(vm->times.guest_us, m->at_us, sizeof(m->at_us));
	vm->state = m->ok ? VM_READY : VM_UNREADY;
	if (m->ok)
		return;
	agent_copy_text(m->text, text, sizeof(text));
	text[strcspn(text, "\n")] = 0;
	fail(vm, "the guest is not ready: %s", text);
}

/* Before READY only HELLO and READY may come, each once and in this order. */
static void take_boot_messages(struct vm *vm)
{
	while (vm->state == VM_STARTING || vm->state == VM_BOOTING) {
		struct agent_message m;
		enum agent_status s = agent_next(&vm->reader, &m);

		if (s == AGENT_MORE)
			return;
		if (s == AGENT_OK && m.type == AGENT_HELLO && !vm->times.hello_ns)
			vm->times.hello_ns = now_ns();
		else if (s == AGENT_OK && m.type == AGENT_READY && vm->times.hello_ns)
			take_ready(vm, &m);
		else
			break_off(vm, "the guest broke the agent protocol before READY");
	}
}

bool vm_next_message(struct vm *vm, struct agent_message *m)
{
	enum agent_status s;

	if (vm->state != VM_READY && vm->state != VM_UNREADY && vm->state != VM_GONE)
		return false;
	if (!vm->times.ready_ns) /* gone before READY: nothing was asked */
		return false;
	s = agent_next(&vm->reader, m);
	if (s == AGENT_OK && m->type != AGENT_HELLO && m->type != AGENT_READY)
		return true;
	if (s != AGENT_MORE && vm->state != VM_GONE)
		break_off(vm, "the guest broke the agent protocol");
	return false;
}

static void on_agent(struct vm *vm)
{
	if (agent_read(vm->agent_fd, &vm->reader) == AGENT_CLOSED)
		close_fd(&vm->agent_fd);
	take_boot_messages(vm);
}

static void on_console(struct vm *vm)
{
	uint8_t c;

	if (!vm->times.first_line_ns && recv(vm->console_fd, &c, 1, MSG_DONTWAIT | MSG_PEEK) == 1)
		vm->times.first_line_ns = now_ns();
	if (!drain(vm, "console", &vm->console_line, vm->console_fd))
		close_fd(&vm->console_fd);
}

static void on_qmp(struct vm *vm)
{
	bool first = !vm->times.qemu_ns;

	if (!drain(vm, "qmp", &vm->qmp_line, vm->qmp_fd)) {
		close_fd(&vm->qmp_fd);
	} else if (first) {
		vm->times.qemu_ns = now_ns();
		send(vm->qmp_fd, QMP_HELLO, strlen(QMP_HELLO), MSG_DONTWAIT | MSG_NOSIGNAL);
		if (vm->state == VM_STARTING)
			vm->state = VM_BOOTING;
	}
}

static void on_stderr(struct vm *vm)
{
	if (!drain(vm, "qemu", &vm->stderr_line, vm->stderr_fd))
		close_fd(&vm->stderr_fd);
}

/* QEMU's last words explain its end best. */
static void explain_end(struct vm *vm)
{
	siginfo_t i = {0};

	if (waitid(P_PID, (id_t)vm->pid, &i, WEXITED | WNOHANG | WNOWAIT) || !i.si_pid)
		return;
	fail(vm, "QEMU %s %d%s%s%s",
	     i.si_code == CLD_EXITED ? "exited with" : "was ended by signal", i.si_status,
	     vm->times.ready_ns ? "" : " before the guest was ready", vm->last_words[0] ? ": " : "",
	     vm->last_words);
}

static void on_end(struct vm *vm)
{
	/* First hear what is still in the channels. */
	if (vm->console_fd >= 0)
		on_console(vm);
	if (vm->agent_fd >= 0)
		on_agent(vm);
	if (vm->stderr_fd >= 0)
		on_stderr(vm);
	if (vm->state != VM_BROKEN)
		explain_end(vm);
	vm->state = VM_GONE;
	close_fd(&vm->pidfd);
}

void vm_on_readable(struct vm *vm, int fd)
{
	if (fd < 0)
		return;
	if (fd == vm->console_fd)
		on_console(vm);
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
		vm->times.first_frame_ns = now_ns();
}

/* Waiting, for callers without a loop of their own. */

static bool serve_until(struct vm *vm, int64_t deadline_ns, const struct vm_others *others)
{
	struct pollfd fds[VM_FDS + VM_OTHERS_MAX];
	size_t n = vm_pollfds(vm, fds), more = others ? others->count : 0;
	int64_t left = deadline_ns - now_ns();

	if (left <= 0 || more > VM_OTHERS_MAX)
		return false;
	if (more)
		memcpy(fds + n, others->fds, more * sizeof(fds[0]));
	if (poll(fds, n + more, (int)(left / 1000000) + 1) < 0)
		return errno == EINTR;
	/* The others first: a frame that left QEMU before READY is handled before READY. */
	if (more) {
		memcpy(others->fds, fds + n, more * sizeof(fds[0]));
		others->ready(others->arg, others->fds, more);
	}
	for (size_t i = 0; i < n; i++)
		if (fds[i].revents)
			vm_on_readable(vm, fds[i].fd);
	return true;
}

bool vm_wait_ready(struct vm *vm, int timeout_ms, const struct vm_others *others)
{
	int64_t deadline = now_ns() + (int64_t)timeout_ms * 1000000;

	while (vm->state == VM_STARTING || vm->state == VM_BOOTING)
		if (!serve_until(vm, deadline, others)) {
			fail(vm, "the guest was not ready within %d ms (%s)", timeout_ms,
			     vm->times.hello_ns        ? "its agent spoke"
			     : vm->times.first_line_ns ? "its kernel had started"
			     : vm->times.qemu_ns       ? "QEMU ran, the kernel said nothing"
			                               : "QEMU did not come up");
			return false;
		}
	return vm->state == VM_READY;
}

uint32_t vm_next_id(struct vm *vm)
{
	if (++vm->next_id == 0)
		vm->next_id = 1;
	return vm->next_id;
}

bool vm_ask(struct vm *vm, const struct wr *request, uint32_t id, int timeout_ms,
            const struct vm_others *others, struct agent_message *answer)
{
	int64_t deadline = now_ns() + (int64_t)timeout_ms * 1000000;

	if (vm->agent_fd < 0 || agent_send(vm->agent_fd, request, timeout_ms) != AGENT_OK) {
		if (vm->state == VM_READY || vm->state == VM_UNREADY)
			fail(vm, "the guest does not take requests any more");
		return false;
	}
	for (;;) {
		while (vm_next_message(vm, answer))
			if (answer->id == id)
				return true;
		if (vm->state != VM_READY && vm->state != VM_UNREADY)
			return false;
		if (!serve_until(vm, deadline, others)) {
			fail(vm, "the guest did not answer within %d ms", timeout_ms);
			return false;
		}
	}
}

bool vm_run(struct vm *vm, const char *command, int timeout_ms, const struct vm_others *others,
            struct agent_message *answer)
{
	uint8_t buf[4 + AGENT_HEAD_MIN + 4 + AGENT_COMMAND_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	uint32_t id = vm_next_id(vm);

	if (timeout_ms <= 0 || !agent_put_run(&w, id, (uint32_t)timeout_ms, command)) {
		fail(vm, "the command or its time limit is out of bounds");
		return false;
	}
	return vm_ask(vm, &w, id, timeout_ms + 5000, others, answer);
}

/* Ending. */

static int end(struct vm *vm, bool ask_first)
{
	struct pollfd f = {.fd = vm->pidfd, .events = POLLIN};
	int status = -1;

	if (vm->pid > 0) {
		if (ask_first && vm->pidfd >= 0 && vm->qmp_fd >= 0) {
			const char *text = vm->times.qemu_ns ? QMP_QUIT : QMP_HELLO QMP_QUIT;

			send(vm->qmp_fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
			poll(&f, 1, VM_STOP_MS);
		}
		kill(vm->pid, SIGKILL); /* not reaped yet, so the number is still its own */
		while (waitpid(vm->pid, &status, 0) < 0 && errno == EINTR)
			;
		vm->pid = 0;
		if (vm->console_fd >= 0)
			on_console(vm);
		if (vm->console_line.len)
			log_line(vm, "console", &vm->console_line);
		vm->state = VM_GONE;
	}
	if (vm->state != VM_OFF)
		close_all(vm);
	return status;
}

int vm_stop(struct vm *vm)
{
	return end(vm, true);
}

int vm_kill(struct vm *vm)
{
	return end(vm, false);
}
