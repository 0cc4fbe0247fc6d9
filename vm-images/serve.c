/* SPDX-License-Identifier: ISC */
/* serve.c: the guest's agent loop: takes requests, runs commands, reaps children. */
#include "vm-images/serve_part.h"

#include "bytes/wr.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SEND_PATIENCE_MS 30000

int64_t serve_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The driver blocks a writer for ever once the other side is gone, hence O_NONBLOCK and poll. */
static bool write_all(int port, const uint8_t *p, size_t n)
{
	int64_t end = serve_now_ms() + SEND_PATIENCE_MS;

	while (n) {
		struct pollfd f = {.fd = port, .events = POLLOUT};
		ssize_t done = write(port, p, n);

		if (done > 0) {
			p += done;
			n -= (size_t)done;
			continue;
		}
		if (done < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (serve_now_ms() > end || poll(&f, 1, 100) < 0 || f.revents & POLLHUP)
			return false;
	}
	return true;
}

bool serve_send(int port, uint8_t type, uint32_t id, const void *a, size_t a_len, const void *b,
                size_t b_len)
{
	static uint8_t buf[AGENT_WIRE_MAX];
	struct wr w = wr_of(buf, sizeof(buf));

	if (a_len > AGENT_LENGTH_MAX || b_len > AGENT_LENGTH_MAX)
		return false;
	return wr_u32(&w, (uint32_t)(AGENT_HEAD_MIN + a_len + b_len)) && wr_u8(&w, type) &&
	       wr_u32(&w, id) && wr_bytes(&w, a, a_len) && wr_bytes(&w, b, b_len) &&
	       write_all(port, w.p, w.len);
}

bool serve_send_ready(int port, uint32_t id, const struct boot *b)
{
	uint8_t body[2 + 5 * AGENT_STEP_COUNT];
	struct wr w = wr_of(body, sizeof(body));
	uint8_t count = 0;
	bool ok;

	for (int i = 0; i < AGENT_STEP_COUNT; i++)
		count = (uint8_t)(count + (b->at_us[i] != 0));
	ok = wr_u8(&w, b->why[0] == 0) && wr_u8(&w, count);
	for (int i = 0; i < AGENT_STEP_COUNT; i++)
		if (b->at_us[i])
			ok = ok && wr_u8(&w, (uint8_t)i) && wr_u32(&w, (uint32_t)b->at_us[i]);
	return ok && serve_send(port, AGENT_READY, id, body, w.len, b->why, strlen(b->why));
}

void serve_answer(struct serve *s, uint8_t type, uint32_t id, const void *a, size_t a_len,
                  const void *b, size_t b_len)
{
	if (!serve_send(s->port, type, id, a, a_len, b, b_len))
		s->over = true;
}

void serve_answer_u32(struct serve *s, uint8_t type, uint32_t id, uint32_t v)
{
	uint8_t body[4];
	struct wr w = wr_of(body, sizeof(body));

	if (wr_u32(&w, v))
		serve_answer(s, type, id, body, sizeof(body), NULL, 0);
}

void serve_refuse(struct serve *s, uint32_t id, const char *why)
{
	serve_answer(s, AGENT_ERROR, id, why, strlen(why), NULL, 0);
}

/* Commands. */

static void exec_shell(const char *command, int out)
{
	sigset_t none;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (out < 0)
		out = null;
	if (dup2(null, 0) == 0 && dup2(out, 1) == 1 && dup2(out, 2) == 2)
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static struct job *job_free(struct serve *s)
{
	for (size_t i = 0; i < AGENT_JOBS_MAX; i++)
		if (!s->jobs[i].pid)
			return &s->jobs[i];
	return NULL;
}

/* RUN and SPAWN, which has no time. */
static void start(struct serve *s, const struct serve_request *q)
{
	char command[AGENT_COMMAND_MAX + 1];
	const uint32_t id = q->id, timeout = q->number;
	struct job *j = job_free(s);
	int pipe_fd[2] = {-1, -1};
	pid_t pid;

	serve_request_text(q, command);
	if (!j) {
		serve_refuse(s, id, "too many commands at once");
		return;
	}
	if (timeout && pipe2(pipe_fd, O_CLOEXEC)) {
		serve_refuse(s, id, "no pipe");
		return;
	}
	pid = fork();
	if (pid == 0)
		exec_shell(command, pipe_fd[1]);
	if (pipe_fd[1] >= 0)
		close(pipe_fd[1]);
	if (pid < 0) {
		if (pipe_fd[0] >= 0)
			close(pipe_fd[0]);
		serve_refuse(s, id, "fork failed");
		return;
	}
	if (pipe_fd[0] >= 0)
		fcntl(pipe_fd[0], F_SETFL, O_NONBLOCK);
	memset(j, 0, offsetof(struct job, text));
	j->pid = pid;
	j->run = timeout != 0;
	j->id = id;
	j->timeout = timeout;
	j->deadline = serve_now_ms() + timeout;
	j->out = pipe_fd[0];
	if (!j->run)
		serve_answer_u32(s, AGENT_STARTED, id, (uint32_t)pid);
}

/* Takes what the command has printed so far. Bounded, so that one loud command cannot starve the
 * rest: 64 KiB, a pipe's worth. */
static void job_drain(struct job *j)
{
	uint8_t spill[4096];

	for (int i = 0; i < 16 && j->out >= 0; i++) {
		bool full = j->len == sizeof(j->text);
		size_t room = full ? sizeof(spill) : sizeof(j->text) - j->len;
		ssize_t n = read(j->out, full ? spill : j->text + j->len, room);

		if (n > 0 && full)
			j->truncated = true;
		else if (n > 0)
			j->len += (size_t)n;
		else if (n < 0 && errno == EINTR)
			continue;
		else if (n < 0 && errno == EAGAIN)
			return;
		else {
			close(j->out);
			j->out = -1;
		}
	}
}

/* What is left of the boot happens in a child, because it may take its time. */
static void network(struct serve *s, uint32_t id, uint32_t todo)
{
	struct job *j = job_free(s);
	struct boot *b;
	pid_t pid;

	if (!j) {
		serve_refuse(s, id, "too many commands at once");
		return;
	}
	b = mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (b == MAP_FAILED) {
		serve_refuse(s, id, "no memory");
		return;
	}
	pid = fork();
	if (pid == 0) {
		if (todo & AGENT_DO_SETUP)
			boot_setup(b, AGENT_SEED);
		if (todo & AGENT_DO_DHCP && boot_eth0_up(b))
			boot_get_lease(b);
		_exit(0);
	}
	if (pid < 0) {
		munmap(b, sizeof(*b));
		serve_refuse(s, id, "fork failed");
		return;
	}
	memset(j, 0, offsetof(struct job, text));
	j->pid = pid;
	j->id = id;
	j->out = -1;
	j->boot = b;
}

static void network_end(struct serve *s, struct job *j, int status)
{
	j->pid = 0;
	if (status && !j->boot->why[0])
		boot_fail(j->boot, "what NETWORK started was killed");
	if (!serve_send_ready(s->port, j->id, j->boot))
		s->over = true;
	munmap(j->boot, sizeof(*j->boot));
	j->boot = NULL;
}

static void job_end(struct serve *s, struct job *j, int status)
{
	uint8_t head[6];
	struct wr w = wr_of(head, sizeof(head));
	uint8_t how = AGENT_EXITED;
	uint32_t code = (uint32_t)WEXITSTATUS(status);

	if (j->boot) {
		network_end(s, j, status);
		return;
	}
	kill(-j->pid, SIGKILL);
	j->pid = 0;
	if (!j->run) {
		if (j->kill_asked)
			serve_answer_u32(s, AGENT_KILLED, j->kill_id, 0);
		return;
	}
	job_drain(j);
	if (j->out >= 0)
		close(j->out);
	if (j->timed_out) {
		how = AGENT_TIMED_OUT;
		code = j->timeout;
	} else if (WIFSIGNALED(status)) {
		how = AGENT_SIGNALED;
		code = (uint32_t)WTERMSIG(status);
	}
	if (wr_u8(&w, how) && wr_u32(&w, code) && wr_u8(&w, j->truncated))
		serve_answer(s, AGENT_EXIT, j->id, head, sizeof(head), j->text, j->len);
}

static void reap(struct serve *s)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	(void)!read(s->children, &info, sizeof(info));
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < AGENT_JOBS_MAX; i++)
			if (s->jobs[i].pid == pid)
				job_end(s, &s->jobs[i], status);
}

static void kill_spawned(struct serve *s, uint32_t id, uint32_t pid)
{
	for (size_t i = 0; pid && i < AGENT_JOBS_MAX; i++) {
		struct job *j = &s->jobs[i];

		if (j->run || j->boot || j->pid <= 0 || (uint32_t)j->pid != pid || j->kill_asked)
			continue;
		j->kill_asked = true;
		j->kill_id = id;
		kill(-j->pid, SIGKILL);
		kill(j->pid, SIGKILL); /* should it not have reached its setsid() yet */
		return;                /* answered when it is reaped */
	}
	serve_answer_u32(s, AGENT_KILLED, id, ESRCH);
}

/* Requests. */

static void carry_out(struct serve *s, const struct serve_request *q)
{
	switch (q->type) {
	case AGENT_RUN:
	case AGENT_SPAWN:
		start(s, q);
		break;
	case AGENT_KILL:
		kill_spawned(s, q->id, q->number);
		break;
	case AGENT_FRAME:
		serve_frame(s, q);
		break;
	case AGENT_BURST:
		serve_burst(s, q);
		break;
	case AGENT_SNIFF:
		serve_sniff(s, q);
		break;
	case AGENT_PUT:
		serve_put(s, q);
		break;
	case AGENT_GET:
		serve_get(s, q);
		break;
	case AGENT_REPORT:
		serve_report(s, q->id);
		break;
	case AGENT_RESTORED:
		serve_restored(s, q);
		break;
	case AGENT_NETWORK:
		network(s, q->id, q->number);
		break;
	default:
		s->over = true; /* POWEROFF */
	}
}

static void take_requests(struct serve *s)
{
	struct rd r = rd_of(s->in, s->len);
	struct serve_request q;
	enum serve_status status;

	while (!s->over && (status = serve_request_read(&r, &q)) != SERVE_MORE) {
		if (status == SERVE_TAKEN)
			carry_out(s, &q);
		else
			serve_refuse(s, q.id, q.why);
		if (status == SERVE_LOST)
			s->over = true;
	}
	memmove(s->in, r.p, r.n);
	s->len = r.n;
}

static void read_port(struct serve *s, short revents)
{
	ssize_t n = read(s->port, s->in + s->len, sizeof(s->in) - s->len);

	if (n > 0) {
		s->len += (size_t)n;
		take_requests(s);
	} else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		s->over = revents & POLLHUP;
	} else {
		s->over = true;
	}
}

/* How long poll may sleep, ms; also ends the commands whose time is over. */
static int check_deadlines(struct serve *s)
{
	int64_t now = serve_now_ms(), next = serve_sniff_wait(s, now);

	for (size_t i = 0; i < AGENT_JOBS_MAX; i++) {
		struct job *j = &s->jobs[i];

		if (!j->pid || !j->run || j->timed_out)
			continue;
		if (now >= j->deadline) {
			j->timed_out = true;
			kill(-j->pid, SIGKILL);
			kill(j->pid, SIGKILL);
		} else if (next < 0 || j->deadline - now < next) {
			next = j->deadline - now;
		}
	}
	return (int)next;
}

void serve_loop(int port)
{
	static struct serve s;
	sigset_t child;

	s.port = port;
	s.packet = s.sniff.fd = -1;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	s.children = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
	if (s.children < 0)
		return;
	while (!s.over) {
		int sleep_ms = check_deadlines(&s); /* first: it may close what is polled */
		struct pollfd f[3 + AGENT_JOBS_MAX] = {{.fd = port, .events = POLLIN},
		                                       {.fd = s.children, .events = POLLIN},
		                                       {.fd = s.sniff.fd, .events = POLLIN}};

		for (size_t i = 0; i < AGENT_JOBS_MAX; i++) {
			f[3 + i].fd = s.jobs[i].pid && s.jobs[i].run ? s.jobs[i].out : -1;
			f[3 + i].events = POLLIN;
		}
		if (poll(f, 3 + AGENT_JOBS_MAX, sleep_ms) < 0 && errno != EINTR)
			return;
		for (size_t i = 0; i < AGENT_JOBS_MAX; i++)
			if (f[3 + i].revents)
				job_drain(&s.jobs[i]);
		if (f[2].revents)
			serve_sniff_take(&s);
		if (f[1].revents)
			reap(&s);
		if (f[0].revents)
			read_port(&s, f[0].revents);
	}
}
