/* SPDX-License-Identifier: ISC */
/* detect_end.c: see detect_end.h. */
#include "harness/detect_end.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define QMP_HELLO "{\"execute\":\"qmp_capabilities\"}\n"
#define QMP_QUIT  "{\"execute\":\"quit\"}\n"
#define QMP_MAX   65536 /* bytes of a greeting and an answer */

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void ender_init(struct ender *e)
{
	*e = (struct ender){.pidfd = -1, .qmp_fd = -1};
}

void ender_close(struct ender *e)
{
	close_fd(&e->pidfd);
	close_fd(&e->qmp_fd);
}

/* ---- taking hold ---- */

int ender_take_pid(struct ender *e, const char *number, char *why)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(number, &end, 10);
	if (*number < '1' || *number > '9' || *end || errno || pid > INT_MAX || pid == 1 ||
	    pid == getpid()) {
		snprintf(why, ENDER_WHY_MAX, "'%.60s' is not the number of a VM's process", number);
		return -1;
	}
	e->pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	if (e->pidfd < 0) {
		snprintf(why, ENDER_WHY_MAX, "process %ld: %s", pid, strerror(errno));
		return -1;
	}
	/* Signal 0 asks for the permission only. */
	if (syscall(SYS_pidfd_send_signal, e->pidfd, 0, NULL, 0)) {
		snprintf(why, ENDER_WHY_MAX,
		         "process %ld may not be killed: %s; run as its user or as root", pid,
		         strerror(errno));
		close_fd(&e->pidfd);
		return -1;
	}
	return 0;
}

/* Reads until `text` came; what is before it is thrown away. */
static int await(int fd, const char *text, const char *what, char *why)
{
	static char buf[QMP_MAX + 1];
	int64_t deadline = now_ns() + (int64_t)ENDER_HELLO_MS * 1000000;
	size_t len = 0;

	while (len < QMP_MAX) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = deadline - now_ns();
		ssize_t n;

		if (left <= 0 || !poll(&p, 1, (int)(left / 1000000) + 1)) {
			snprintf(why, ENDER_WHY_MAX,
			         "%s did not come within %d ms; is it a QMP socket, and does "
			         "another "
			         "client hold it?",
			         what, ENDER_HELLO_MS);
			return -1;
		}
		n = recv(fd, buf + len, QMP_MAX - len, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
		buf[len] = '\0';
		if (strstr(buf, text))
			return 0;
	}
	snprintf(why, ENDER_WHY_MAX, "%s did not come: it does not speak QMP", what);
	return -1;
}

int ender_take_qmp(struct ender *e, const char *path, char *why)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		snprintf(why, ENDER_WHY_MAX, "the path is too long for a socket");
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sun, sizeof(sun))) {
		snprintf(why, ENDER_WHY_MAX, "%.160s: %s", path, strerror(errno));
		close_fd(&fd);
		return -1;
	}
	if (await(fd, "\"QMP\"", "QMP's greeting", why) ||
	    send(fd, QMP_HELLO, strlen(QMP_HELLO), MSG_NOSIGNAL) < 0 ||
	    await(fd, "\"return\"", "QMP's answer", why)) {
		close_fd(&fd);
		return -1;
	}
	e->qmp_fd = fd;
	return 0;
}

/* ---- watching ---- */

size_t ender_pollfds(const struct ender *e, struct pollfd fds[ENDER_FDS])
{
	size_t n = 0;

	if (e->pidfd >= 0)
		fds[n++] = (struct pollfd){.fd = e->pidfd, .events = POLLIN};
	if (e->qmp_fd >= 0)
		fds[n++] = (struct pollfd){.fd = e->qmp_fd, .events = POLLIN};
	return n;
}

void ender_on_readable(struct ender *e, int fd)
{
	char buf[4096];
	ssize_t n;

	if (fd < 0)
		return;
	if (fd == e->pidfd) {
		e->gone = true;
	} else if (fd == e->qmp_fd) {
		n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
			return;
		/* A process that is held as well says it better. */
		e->gone = e->gone || e->pidfd < 0;
		close_fd(&e->qmp_fd);
	}
}

/* ---- ending ---- */

static bool await_end(struct ender *e, int64_t deadline_ns)
{
	while (!e->gone) {
		struct pollfd fds[ENDER_FDS];
		size_t n = ender_pollfds(e, fds);
		int64_t left = deadline_ns - now_ns();

		if (left <= 0 || !n)
			return false;
		if (poll(fds, n, (int)(left / 1000000) + 1) < 0)
			continue;
		for (size_t i = 0; i < n; i++)
			if (fds[i].revents)
				ender_on_readable(e, fds[i].fd);
	}
	return true;
}

bool ender_fire(struct ender *e, double *ms, const char **how)
{
	bool both = e->qmp_fd >= 0 && e->pidfd >= 0;
	int64_t began = now_ns(), deadline = began + (int64_t)ENDER_GONE_MS * 1000000;
	bool gone = e->gone || (e->pidfd < 0 && e->qmp_fd < 0);

	*how = "nothing to end";
	if (!gone && e->qmp_fd >= 0) {
		*how = "QMP quit";
		/* Does not wait: a QEMU that reads nothing any more is killed instead. */
		send(e->qmp_fd, QMP_QUIT, strlen(QMP_QUIT), MSG_DONTWAIT | MSG_NOSIGNAL);
		gone = await_end(e, both ? began + (int64_t)ENDER_QUIT_MS * 1000000 : deadline);
	}
	if (!gone && e->pidfd >= 0) {
		*how = both ? "QMP quit, then SIGKILL" : "SIGKILL";
		syscall(SYS_pidfd_send_signal, e->pidfd, SIGKILL, NULL, 0);
		gone = await_end(e, deadline);
	}
	*ms = (double)(now_ns() - began) / 1e6;
	return gone;
}
