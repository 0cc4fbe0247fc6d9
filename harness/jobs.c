/* SPDX-License-Identifier: ISC */
/* jobs.c: see jobs.h.
 *
 * Theory of operation. One poll(2) over two descriptors a worker: its socket, and the pipe that is its stdout and
 * stderr. To the worker goes a number of four bytes; back comes an answer behind its length. A worker is `idle`,
 * or `busy` with one number, until its socket is at its end: then it is reaped, and what it was busy with is lost.
 * A worker that is given nothing more finds its socket closed for reading and ends by itself.
 */
#include "harness/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CANNOT_BEGIN 97 /* exit code of a worker */

struct worker {
	pid_t pid; /* 0: gone */
	int sock, out;
	bool busy, retired; /* retired: it gets nothing more */
	uint32_t number;
	char *data; /* what has come of its answer, its length in front */
	size_t len, size;
	char line[JOBS_LINE_MAX];
	size_t line_len;
};

struct pool {
	const struct jobs *j;
	struct worker *w;
	unsigned count;
	size_t next; /* of j->order */
	bool told;   /* the workers, to stop */
};

/* ---- in a worker ---- */

static bool read_all(int fd, void *buf, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = read(fd, (char *)buf + done, len - done);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			return false;
	}
	return true;
}

static bool write_all(int fd, const void *buf, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = send(fd, (const char *)buf + done, len - done, MSG_NOSIGNAL);

		if (n > 0)
			done += (size_t)n;
		else if (errno != EINTR)
			return false;
	}
	return true;
}

static bool do_one(const struct jobs *j, int sock, uint32_t number)
{
	char *text = NULL;
	size_t size = 0;
	FILE *answer = open_memstream(&text, &size);
	bool ok = answer != NULL;
	uint64_t len;

	if (ok) {
		j->work(j->arg, number, answer);
		ok = !ferror(answer);
		ok = !fclose(answer) && ok;
	}
	fflush(NULL);
	len = size;
	ok = ok && write_all(sock, &len, sizeof(len)) && write_all(sock, text, size);
	free(text);
	return ok;
}

static _Noreturn void be_worker(const struct jobs *j, unsigned worker, int sock)
{
	uint32_t number;

	if (j->begin(j->arg, worker)) {
		fflush(NULL);
		_exit(CANNOT_BEGIN);
	}
	while (read_all(sock, &number, sizeof(number)))
		if (!do_one(j, sock, number))
			_exit(1);
	fflush(NULL);
	_exit(0);
}

/* ---- starting them ---- */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* What belongs to the others must end when they do. */
static void forget_others(const struct pool *p, unsigned own)
{
	for (unsigned i = 0; i < p->count; i++)
		if (i != own) {
			close_fd(&p->w[i].sock);
			close_fd(&p->w[i].out);
		}
}

static int start(struct pool *p, unsigned i)
{
	int pair[2], out[2];
	struct worker *w = &p->w[i];
	pid_t parent = getpid(), pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -1;
	if (pipe2(out, O_CLOEXEC)) {
		close(pair[0]);
		close(pair[1]);
		return -1;
	}
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent || dup2(out[1], STDOUT_FILENO) < 0 ||
		    dup2(out[1], STDERR_FILENO) < 0)
			_exit(1);
		close(pair[0]);
		close(out[0]);
		close(out[1]);
		forget_others(p, i);
		be_worker(p->j, i, pair[1]);
	}
	close(pair[1]);
	close(out[1]);
	if (pid < 0) {
		close(pair[0]);
		close(out[0]);
		return -1;
	}
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	*w = (struct worker){.pid = pid, .sock = pair[0], .out = out[0]};
	return 0;
}

/* ---- what they say ---- */

static void end_line(struct pool *p, struct worker *w)
{
	w->line[w->line_len] = '\0';
	p->j->said(p->j->arg, w->line);
	w->line_len = 0;
}

/* Reads what is there; at the end of it all, what stands there without an end of line counts as one. */
static void hear(struct pool *p, struct worker *w)
{
	char buf[4096];
	ssize_t n;

	while (w->out >= 0 && (n = read(w->out, buf, sizeof(buf))) >= 0) {
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] != '\n')
				w->line[w->line_len++] = buf[i];
			if (buf[i] == '\n' || w->line_len == sizeof(w->line) - 1)
				end_line(p, w);
		}
		if (n == 0)
			close_fd(&w->out);
	}
	if (w->out < 0 && w->line_len)
		end_line(p, w);
}

/* ---- giving out, and what comes back ---- */

/* The next number that is wanted; false when there is none. */
static bool next_number(struct pool *p, uint32_t *out)
{
	while (p->next < p->j->count && !*p->j->stop) {
		*out = p->j->order[p->next++];
		if (p->j->wanted(p->j->arg, *out))
			return true;
	}
	return false;
}

static void give(struct pool *p, struct worker *w)
{
	if (w->busy || w->retired || w->sock < 0)
		return;
	if (!next_number(p, &w->number)) {
		w->retired = true;
		shutdown(w->sock, SHUT_WR);
		return;
	}
	w->busy = true;
	/* Four bytes always fit; if it is dead, its end of the socket says so. */
	if (write_all(w->sock, &w->number, sizeof(w->number)))
		p->j->given(p->j->arg, w->number);
}

static bool make_room(struct worker *w)
{
	size_t size = w->size ? 2 * w->size : 65536;
	char *data = w->len < w->size ? w->data : realloc(w->data, size);

	if (!data)
		return false;
	w->size = w->len < w->size ? w->size : size;
	w->data = data;
	return true;
}

/* An answer that is whole. */
static void take_answer(struct pool *p, struct worker *w)
{
	uint64_t len;

	if (!w->busy || w->len < sizeof(len))
		return;
	memcpy(&len, w->data, sizeof(len));
	if (w->len - sizeof(len) < len)
		return;
	w->busy = false;
	p->j->answered(p->j->arg, w->number, w->data + sizeof(len), (size_t)len);
	w->len = 0;
}

static char *describe_end(int status, char out[64])
{
	if (WIFSIGNALED(status))
		snprintf(out, 64, "was killed by signal %d (%.30s)", WTERMSIG(status),
		         strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == CANNOT_BEGIN)
		snprintf(out, 64, "could not begin");
	else
		snprintf(out, 64, "exited with %d", WEXITSTATUS(status));
	return out;
}

static void bury(struct pool *p, struct worker *w)
{
	char how[64];
	int status = 0;

	close_fd(&w->sock);
	kill(w->pid, SIGKILL); /* a socket at its end is no promise that it ends */
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	hear(p, w);
	close_fd(&w->out);
	w->pid = 0;
	if (w->busy)
		p->j->lost(p->j->arg, w->number, describe_end(status, how));
	w->busy = false;
}

static void receive(struct pool *p, struct worker *w)
{
	ssize_t n;

	for (;;) {
		if (!make_room(w)) {
			fputs("gauntlet: out of memory: an answer cannot be read\n", stderr);
			exit(4);
		}
		n = read(w->sock, w->data + w->len, w->size - w->len);
		if (n <= 0)
			break;
		w->len += (size_t)n;
		take_answer(p, w);
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		hear(p, w);
		/* Its last words are for `hear` in bury(); a worker that ended well has none. */
		if (w->retired && !w->busy)
			close_fd(&w->sock);
		else
			bury(p, w);
	}
}

/* ---- the loop ---- */

static void tell_to_stop(struct pool *p)
{
	if (!*p->j->stop || p->told)
		return;
	p->told = true;
	for (unsigned i = 0; i < p->count; i++)
		if (p->w[i].pid)
			kill(p->w[i].pid, SIGTERM);
}

/* What ended as it should: both descriptors at their end. */
static void reap_retired(struct pool *p)
{
	for (unsigned i = 0; i < p->count; i++) {
		struct worker *w = &p->w[i];

		if (w->pid && w->sock < 0 && w->out < 0) {
			while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
				;
			w->pid = 0;
		}
	}
}

static bool turn(struct pool *p)
{
	struct pollfd pfd[2 * JOBS_MAX];
	bool alive = false;

	tell_to_stop(p);
	for (size_t i = 0; i < p->count; i++) {
		give(p, &p->w[i]);
		alive |= p->w[i].pid != 0;
		pfd[2 * i] = (struct pollfd){.fd = p->w[i].sock, .events = POLLIN};
		pfd[2 * i + 1] = (struct pollfd){.fd = p->w[i].out, .events = POLLIN};
	}
	if (!alive)
		return false;
	poll(pfd, 2 * (nfds_t)p->count, JOBS_TICK_MS);
	for (size_t i = 0; i < p->count; i++) {
		if (pfd[2 * i + 1].revents)
			hear(p, &p->w[i]);
		if (pfd[2 * i].revents)
			receive(p, &p->w[i]);
	}
	reap_retired(p);
	p->j->tick(p->j->arg);
	return true;
}

int jobs_run(const struct jobs *j)
{
	struct pool p = {.j = j};
	uint32_t number;

	p.w = calloc(j->workers, sizeof(*p.w));
	if (!p.w)
		return -1;
	while (p.count < j->workers && p.count < j->count && p.count < JOBS_MAX &&
	       !start(&p, p.count))
		p.count++;
	if (!p.count && j->count) {
		fprintf(stderr, "gauntlet: cannot start a process to play in: %s\n",
		        strerror(errno));
		free(p.w);
		return -1;
	}
	while (turn(&p))
		;
	while (next_number(&p, &number))
		j->lost(j->arg, number, "were not there any more");
	for (unsigned i = 0; i < p.count; i++)
		free(p.w[i].data);
	free(p.w);
	return 0;
}
