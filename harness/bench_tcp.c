/* SPDX-License-Identifier: ISC */
/* bench_tcp.c: TCP through a backend. Both ends are Linux: the guest's stack in its namespace, the world's in
 * the harness's own. A child sends, this process receives and counts, and the pump between TAP and stream is
 * a third; with the backend that is four for the cores there are, so on a small machine the numbers are those
 * of the whole laboratory, the same for every backend. What is counted are bytes of payload that a program
 * has received. */
#include "harness/bench_bed.h"

#include "harness/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONNECT_MS  3000
#define WARM_UP_MS  100 /* slow start and first timers */
#define STALL_MS    1000
#define CHUNK       (256 << 10)
#define CONNECTIONS 64
#define EACH        16384 /* bytes through each of them */

struct pair {
	int guest, world;
};

static bool fail(struct bench_bed *bed, const char *what)
{
	snprintf(bed->why, BENCH_WHY_MAX, "%s: %s", what, strerror(errno));
	return false;
}

/* ---- connections ---- */

static void set_patience(int fd, int ms)
{
	struct timeval t = {.tv_sec = ms / 1000, .tv_usec = 1000L * (ms % 1000)};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

static struct sockaddr_in consumer(void)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
	                            .sin_port = htons(LAB_CONSUMER_PORT),
	                            .sin_addr.s_addr = htonl(LAB_CONSUMER_IP)};
}

static int make_listener(void)
{
	struct sockaddr_in sin = consumer();
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		return -1;
	set_patience(fd, CONNECT_MS);
	if (!setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof(one)) &&
	    !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) &&
	    !bind(fd, (struct sockaddr *)&sin, sizeof(sin)) && !listen(fd, CONNECTIONS))
		return fd;
	close(fd);
	return -1;
}

/* Inside the guest's namespace, to which the socket then belongs. */
static int make_socket(void *arg)
{
	*(int *)arg = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return *(int *)arg < 0 ? -1 : 0;
}

/* Both ends are reset: what was under way is of no interest. */
static void hang_up(struct pair *p)
{
	const struct linger at_once = {.l_onoff = 1};
	const int fds[2] = {p->guest, p->world};

	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0) {
			setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
			close(fds[i]);
		}
	*p = (struct pair){-1, -1};
}

static bool connect_pair(struct bench_bed *bed, int listener, struct pair *p)
{
	struct sockaddr_in sin = consumer();

	*p = (struct pair){-1, -1};
	if (lab_namespace_inside(bed->guest.ns, make_socket, &p->guest))
		return fail(bed, "socket in the guest");
	set_patience(p->guest, CONNECT_MS);
	if (connect(p->guest, (struct sockaddr *)&sin, sizeof(sin)))
		return fail(bed, "TCP through it does not connect");
	p->world = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (p->world < 0)
		return fail(bed, "TCP through it does not arrive");
	set_patience(p->guest, STALL_MS);
	set_patience(p->world, STALL_MS);
	return true;
}

/* ---- rates ---- */

/* Sends for ever; ends with the connection or with this process. */
static pid_t start_sender(int fd)
{
	static const uint8_t chunk[CHUNK];
	struct timeval never = {0};
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "bench-sender");
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &never, sizeof(never));
	while (send(fd, chunk, sizeof(chunk), MSG_NOSIGNAL) > 0)
		;
	_exit(0);
}

/* Receives for `span_ms`; the payload is counted and thrown away by the kernel. False when nothing came for a
 * second. */
static bool receive_for(int fd, unsigned span_ms, uint64_t *bytes, double *ns)
{
	const double begin = bench_now_ns(), until = begin + span_ms * 1e6;
	double now = begin;

	*bytes = 0;
	while (now < until) {
		ssize_t n = recv(fd, NULL, CHUNK, MSG_TRUNC);

		if (n <= 0)
			return false;
		*bytes += (uint64_t)n;
		now = bench_now_ns();
	}
	*ns = now - begin;
	return true;
}

static bool measure(struct bench_bed *bed, int fd, struct bench_cell *cell)
{
	struct bench_cpu before;
	uint64_t bytes;
	double ns;

	if (!receive_for(fd, WARM_UP_MS, &bytes, &ns))
		return fail(bed, "TCP through it stalls");
	if (!bench_cpu_read(&bed->processes, &before) ||
	    !receive_for(fd, bed->span_ms, &bytes, &ns))
		return fail(bed, "TCP through it stalls");
	bench_series_add(&cell->metric[BENCH_BITS_S], (double)bytes * 8e9 / ns);
	bench_add_cpu(cell, bed, &before, (double)bytes / 1024, ns);
	return true;
}

static bool run_rate(struct bench_bed *bed, int listener, bool up, struct bench_cell *cell)
{
	struct pair p;
	pid_t sender;
	bool ok;

	if (!connect_pair(bed, listener, &p)) {
		hang_up(&p);
		return false;
	}
	sender = start_sender(up ? p.guest : p.world);
	ok = sender > 0 ? measure(bed, up ? p.world : p.guest, cell) : fail(bed, "fork");
	if (sender > 0) {
		kill(sender, SIGKILL);
		waitpid(sender, NULL, 0);
	}
	hang_up(&p);
	return ok && bench_bed_listen(bed);
}

/* ---- many ---- */

static bool pass_some(const struct pair *p)
{
	static const uint8_t bytes[EACH];
	size_t got = 0;

	if (send(p->guest, bytes, EACH, MSG_NOSIGNAL) != EACH)
		return false;
	while (got < EACH) {
		ssize_t n = recv(p->world, NULL, EACH, MSG_TRUNC);

		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

static bool run_connections(struct bench_bed *bed, int listener, struct bench_cell *cell)
{
	struct pair pairs[CONNECTIONS];
	int count = 0;
	bool ok = true;

	while (ok && count < CONNECTIONS) {
		ok = connect_pair(bed, listener, &pairs[count]);
		if (ok && !pass_some(&pairs[count]))
			ok = fail(bed, "TCP through it stalls");
		count++;
	}
	ok = ok && bench_add_memory(bed, cell);
	while (count)
		hang_up(&pairs[--count]);
	return ok && bench_bed_listen(bed);
}

bool bench_tcp_run(struct bench_bed *bed, const struct bench_row *row, struct bench_cell *cell)
{
	int listener = make_listener();
	bool ok;

	if (listener < 0)
		return fail(bed, "the world's listener");
	if (row->kind == BENCH_CONNECTIONS)
		ok = run_connections(bed, listener, cell);
	else
		ok = run_rate(bed, listener, row->kind == BENCH_TCP_UP, cell);
	close(listener);
	return ok;
}
