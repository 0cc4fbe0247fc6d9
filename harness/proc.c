/* SPDX-License-Identifier: ISC */
/* proc.c: clone3 with CLONE_NEWPID, a first process, and its report. */
#include "harness/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the first process writes to the status pipe, in one write(2). */
struct report {
	int exec_errno; /* 0 when the program was executed */
	int wait_status;
};

static void redirect(int fd, int to)
{
	if (fd < 0)
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (dup2(fd, to) < 0)
		_exit(127);
}

/* In the grandchild: becomes the program, or writes errno to `err_fd`, which closes itself on
 * success. */
static _Noreturn void become(const struct proc_options *o, int err_fd)
{
	sigset_t none;
	int err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	redirect(-1, STDIN_FILENO);
	redirect(o->out, STDOUT_FILENO);
	redirect(o->err, STDERR_FILENO);
	close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC); /* what we inherited ourselves */
	for (size_t i = 0; i < o->keep_count; i++)
		fcntl(o->keep[i], F_SETFD, 0);
	execvp(o->argv[0], o->argv);
	err = errno;
	if (write(err_fd, &err, sizeof(err)) != sizeof(err))
		_exit(126);
	_exit(127);
}

/* Closes all descriptors but these. */
static void close_others(const int *kept, size_t count)
{
	unsigned from = 0, next;

	do {
		next = ~0u;
		for (size_t i = 0; i < count; i++)
			if (kept[i] >= 0 && (unsigned)kept[i] >= from && (unsigned)kept[i] < next)
				next = (unsigned)kept[i];
		if (next > from)
			close_range(from, next == ~0u ? next : next - 1, 0);
		from = next + 1;
	} while (next != ~0u);
}

/* What the program does not get must be closed before it runs, not a moment later: who has seen that it runs may
 * close the reading end of a pipe, and count on nobody else having it. */
static void close_for_program(const struct proc_options *o, const int err_pipe[2], int status_fd)
{
	int kept[8 + PROC_KEEP_MAX] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, o->out,
	                               o->err,       err_pipe[0],   err_pipe[1],   status_fd};
	size_t count = 8;

	for (size_t i = 0; i < o->keep_count; i++)
		kept[count++] = o->keep[i];
	close_others(kept, count);
}

/* The first process of the namespace: keeps nothing open but the two pipes, waits, reports. */
static _Noreturn void first_process(const struct proc_options *o, int status_fd)
{
	struct report rep = {0};
	int err_pipe[2], wstatus;
	pid_t child, dead;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "gauntlet-first");
	if (o->net_ns >= 0 && setns(o->net_ns, CLONE_NEWNET))
		_exit(1);
	if (pipe2(err_pipe, O_CLOEXEC))
		_exit(1);
	close_for_program(o, err_pipe, status_fd);
	child = fork();
	if (child < 0)
		_exit(1);
	if (child == 0)
		become(o, err_pipe[1]);
	/* The program's descriptors must not stay open here: their end is how peers notice its end.
	 */
	close_others((const int[]){err_pipe[0], status_fd}, 2);
	if (read(err_pipe[0], &rep.exec_errno, sizeof(rep.exec_errno)) <= 0)
		rep.exec_errno = 0;
	while ((dead = wait(&wstatus)) > 0 || errno == EINTR)
		if (dead == child)
			break;
	rep.wait_status = wstatus;
	if (write(status_fd, &rep, sizeof(rep)) != sizeof(rep))
		_exit(1);
	_exit(0);
}

int proc_start(const struct proc_options *o, struct proc *p)
{
	struct clone_args args = {.flags = CLONE_NEWPID | CLONE_PIDFD, .exit_signal = SIGCHLD};
	int pipefd[2], pidfd = -1;
	long pid;

	*p = (struct proc){.pidfd = -1, .status_fd = -1};
	if (pipe2(pipefd, O_CLOEXEC)) {
		fprintf(stderr, "gauntlet: pipe: %s\n", strerror(errno));
		return -1;
	}
	fflush(NULL);
	args.pidfd = (uint64_t)(uintptr_t)&pidfd;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		first_process(o, pipefd[1]);
	close(pipefd[1]);
	if (pid < 0) {
		fprintf(stderr, "gauntlet: cannot start %s in a PID namespace: %s\n", o->argv[0],
		        strerror(errno));
		close(pipefd[0]);
		return -1;
	}
	*p = (struct proc){.pid = (pid_t)pid, .pidfd = pidfd, .status_fd = pipefd[0]};
	return 0;
}

void proc_kill(struct proc *p)
{
	if (p->pid)
		syscall(SYS_pidfd_send_signal, p->pidfd, SIGKILL, NULL, 0);
}

bool proc_reap(struct proc *p, int timeout_ms, struct proc_end *end)
{
	struct pollfd pfd = {.fd = p->pidfd, .events = POLLIN};
	struct report rep;
	int n;

	if (!p->pid)
		return false;
	do
		n = poll(&pfd, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	waitpid(p->pid, NULL, 0);
	*end = (struct proc_end){.started = true, .signalled = true, .code = SIGKILL};
	/* No report: the first process was killed before the program ended. */
	if (read(p->status_fd, &rep, sizeof(rep)) == sizeof(rep)) {
		end->started = rep.exec_errno == 0;
		end->error = rep.exec_errno;
		end->signalled = WIFSIGNALED(rep.wait_status);
		end->code = end->signalled ? WTERMSIG(rep.wait_status)
		                           : WEXITSTATUS(rep.wait_status);
	}
	close(p->pidfd);
	close(p->status_fd);
	*p = (struct proc){.pidfd = -1, .status_fd = -1};
	return true;
}

char *proc_end_text(const struct proc_end *end, char *out)
{
	if (!end->started)
		snprintf(out, 64, "could not be executed: %.30s", strerror(end->error));
	else if (end->signalled)
		snprintf(out, 64, "was killed by signal %d (%.30s)", end->code,
		         strsignal(end->code));
	else
		snprintf(out, 64, "exited with %d", end->code);
	return out;
}
