/* SPDX-License-Identifier: ISC */
/* serve.c: the guest's agent loop: runs commands, sends frames, reaps children.
 *
 * The harness is trusted here, but its bytes are still read through rd.h: a harness with a bug
 * should get an ERROR, not a guest with strange habits.
 */
#include "vm-images/serve.h"

#include "bytes/rd.h"
#include "bytes/wr.h"
#include "vm-images/agent_proto.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SEND_PATIENCE_MS 30000

struct job {
	pid_t pid;        /* 0: the slot is free */
	bool run;         /* RUN, else SPAWN */
	uint32_t id;      /* of the RUN */
	bool timed_out;   /* of the RUN */
	uint32_t timeout; /* of the RUN, ms */
	int64_t deadline; /* of the RUN, ms */
	bool truncated;   /* of the RUN */
	int out;          /* of the RUN: what it prints; -1 when it closed that */
	size_t len;       /* of the RUN */
	bool kill_asked;  /* of the SPAWN */
	uint32_t kill_id; /* of the SPAWN */
	uint8_t text[AGENT_OUTPUT_MAX];
};

struct serve {
	int port;
	int children; /* signalfd */
	int packet;   /* AF_PACKET, opened by the first FRAME, or -1 */
	bool over;
	size_t len; /* of in */
	uint8_t in[AGENT_WIRE_MAX];
	struct job jobs[AGENT_JOBS_MAX];
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The driver blocks a writer for ever once the other side is gone, hence O_NONBLOCK and poll. */
static bool write_all(int port, const uint8_t *p, size_t n)
{
	int64_t end = now_ms() + SEND_PATIENCE_MS;

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
		if (now_ms() > end || poll(&f, 1, 100) < 0 || f.revents & POLLHUP)
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

static void answer(struct serve *s, uint8_t type, uint32_t id, const void *a, size_t a_len,
                   const void *b, size_t b_len)
{
	if (!serve_send(s->port, type, id, a, a_len, b, b_len))
		s->over = true;
}

static void answer_u32(struct serve *s, uint8_t type, uint32_t id, uint32_t v)
{
	uint8_t body[4];
	struct wr w = wr_of(body, sizeof(body));

	if (wr_u32(&w, v))
		answer(s, type, id, body, sizeof(body), NULL, 0);
}

static void refuse(struct serve *s, uint32_t id, const char *why)
{
	answer(s, AGENT_ERROR, id, why, strlen(why), NULL, 0);
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

/* `rest` is the command; `timeout` is 0 for a SPAWN. */
static void start(struct serve *s, uint32_t id, struct rd rest, uint32_t timeout)
{
	char command[AGENT_COMMAND_MAX + 1] = {0};
	size_t len = rest.n;
	struct job *j = job_free(s);
	int pipe_fd[2] = {-1, -1};
	pid_t pid;

	if (!len || len > AGENT_COMMAND_MAX || memchr(rest.p, 0, len) ||
	    !rd_copy(&rest, command, len)) {
		refuse(s, id, "bad command: empty, too long, or holds a NUL");
		return;
	}
	if (!j) {
		refuse(s, id, "too many commands at once");
		return;
	}
	if (timeout && pipe2(pipe_fd, O_CLOEXEC)) {
		refuse(s, id, "no pipe");
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
		refuse(s, id, "fork failed");
		return;
	}
	if (pipe_fd[0] >= 0)
		fcntl(pipe_fd[0], F_SETFL, O_NONBLOCK);
	j->pid = pid;
	j->run = timeout != 0;
	j->id = id;
	j->timed_out = j->truncated = j->kill_asked = false;
	j->timeout = timeout;
	j->deadline = now_ms() + timeout;
	j->out = pipe_fd[0];
	j->len = 0;
	if (!j->run)
		answer_u32(s, AGENT_STARTED, id, (uint32_t)pid);
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

static void job_end(struct serve *s, struct job *j, int status)
{
	uint8_t head[6];
	struct wr w = wr_of(head, sizeof(head));
	uint8_t how = AGENT_EXITED;
	uint32_t code = (uint32_t)WEXITSTATUS(status);

	kill(-j->pid, SIGKILL);
	j->pid = 0;
	if (!j->run) {
		if (j->kill_asked)
			answer_u32(s, AGENT_KILLED, j->kill_id, 0);
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
		answer(s, AGENT_EXIT, j->id, head, sizeof(head), j->text, j->len);
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

		if (j->run || j->pid <= 0 || (uint32_t)j->pid != pid || j->kill_asked)
			continue;
		j->kill_asked = true;
		j->kill_id = id;
		kill(-j->pid, SIGKILL);
		kill(j->pid, SIGKILL); /* should it not have reached its setsid() yet */
		return;                /* answered when it is reaped */
	}
	answer_u32(s, AGENT_KILLED, id, ESRCH);
}

static void send_frame(struct serve *s, uint32_t id, struct rd name, struct rd frame)
{
	char ifname[AGENT_IFNAME_MAX + 1] = {0};
	struct sockaddr_ll to = {.sll_family = AF_PACKET};
	size_t len = name.n;

	if (!len || len > AGENT_IFNAME_MAX || !rd_copy(&name, ifname, len) || !frame.n ||
	    frame.n > AGENT_FRAME_MAX) {
		refuse(s, id, "bad frame: needs an interface and 1..65550 bytes");
		return;
	}
	if (s->packet < 0) /* protocol 0: sends only, receives nothing */
		s->packet = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	to.sll_ifindex = (int)if_nametoindex(ifname);
	if (s->packet < 0 || !to.sll_ifindex ||
	    sendto(s->packet, frame.p, frame.n, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		answer_u32(s, AGENT_SENT, id, (uint32_t)errno);
	else
		answer_u32(s, AGENT_SENT, id, 0);
}

/* Requests. */

static void dispatch(struct serve *s, uint8_t type, uint32_t id, struct rd body)
{
	struct rd name;
	uint32_t v;

	if (type == AGENT_RUN && rd_u32(&body, &v) && v > 0 && v <= AGENT_TIMEOUT_MAX)
		start(s, id, body, v);
	else if (type == AGENT_SPAWN)
		start(s, id, body, 0);
	else if (type == AGENT_KILL && rd_u32(&body, &v) && body.n == 0)
		kill_spawned(s, id, v);
	else if (type == AGENT_FRAME && rd_vec8(&body, &name))
		send_frame(s, id, name, body);
	else if (type == AGENT_POWEROFF && body.n == 0)
		s->over = true;
	else
		refuse(s, id, "bad request: unknown type or malformed body");
}

static void take_requests(struct serve *s)
{
	struct rd r = rd_of(s->in, s->len);

	while (!s->over) {
		struct rd t = r, msg;
		uint32_t len, id;
		uint8_t type;

		if (!rd_u32(&t, &len))
			break;
		if (len < AGENT_HEAD_MIN || len > AGENT_LENGTH_MAX) {
			refuse(s, 0, "bad length: the port cannot be followed any further");
			s->over = true;
			return;
		}
		if (!rd_sub(&t, len, &msg))
			break;
		if (rd_u8(&msg, &type) && rd_u32(&msg, &id))
			dispatch(s, type, id, msg);
		r = t;
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
	int64_t now = now_ms(), next = -1;

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
	s.packet = -1;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	s.children = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
	if (s.children < 0)
		return;
	while (!s.over) {
		struct pollfd f[2 + AGENT_JOBS_MAX] = {{.fd = port, .events = POLLIN},
		                                       {.fd = s.children, .events = POLLIN}};

		for (size_t i = 0; i < AGENT_JOBS_MAX; i++) {
			f[2 + i].fd = s.jobs[i].pid && s.jobs[i].run ? s.jobs[i].out : -1;
			f[2 + i].events = POLLIN;
		}
		if (poll(f, 2 + AGENT_JOBS_MAX, check_deadlines(&s)) < 0 && errno != EINTR)
			return;
		for (size_t i = 0; i < AGENT_JOBS_MAX; i++)
			if (f[2 + i].revents)
				job_drain(&s.jobs[i]);
		if (f[1].revents)
			reap(&s);
		if (f[0].revents)
			read_port(&s, f[0].revents);
	}
}
