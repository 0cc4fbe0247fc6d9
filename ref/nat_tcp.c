/* SPDX-License-Identifier: ISC */
/* nat_tcp.c: TCP connections between the guest and kernel sockets. What goes to the guest is in
 * nat_tcp_send.c. */
#include "ref/nat_tcp.h"

#include "ref/ipv4.h"
#include "ref/nat.h"
#include "ref/nat_tcp_send.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* TCP sockets can peek from an offset since Linux 6.9. Asked of a socket that is never used. */
static bool can_peek_from_offset(void)
{
	const int zero = 0;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes;

	if (fd < 0)
		return false;
	yes = setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &zero, sizeof(zero)) == 0;
	close(fd);
	return yes;
}

static bool seed_isn(struct sampling *isn, uint64_t seed)
{
	uint8_t key[16];

	if (seed) {
		memset(key, 0, sizeof(key));
		memcpy(key, &seed, sizeof(seed));
	} else if (getrandom(key, sizeof(key), 0) != sizeof(key)) {
		return false;
	}
	sampling_init(isn, key);
	return true;
}

bool nat_tcp_open(struct nat *nat, uint64_t seed)
{
	struct nat_tcp *t = &nat->tcp;
	const uint32_t count = nat->policy->tcp_max;

	*t = (struct nat_tcp){.deadline_ns = UINT64_MAX};
	t->conns = calloc(count, sizeof(*t->conns));
	t->ring_table = calloc(NAT_TCP_RINGS, sizeof(*t->ring_table));
	t->ring_bytes = calloc(NAT_TCP_RINGS, TCP_RING_SIZE);
	t->discard = calloc(1, NAT_TCP_DISCARD);
	t->skips = !can_peek_from_offset();
	if (!t->conns || !t->ring_table || !t->ring_bytes || !t->discard ||
	    !seed_isn(&t->isn, seed)) {
		free(t->conns);
		free(t->ring_table);
		free(t->ring_bytes);
		free(t->discard);
		return false;
	}
	tcp_ring_pool_init(&t->rings, t->ring_table, NAT_TCP_RINGS, t->ring_bytes);
	return true;
}

/* --- connections --- */

static void make_due(struct nat *nat, struct nat_conn *conn)
{
	if (conn->due)
		return;
	conn->due = true;
	conn->next = nat->tcp.due;
	nat->tcp.due = conn;
}

struct nat_conn *nat_tcp_add(struct nat *nat, uint32_t flow, int fd, const struct verdict *verdict,
                             uint64_t now_ns)
{
	struct nat_tcp *t = &nat->tcp;
	struct nat_conn *conn = t->free;

	if (conn)
		t->free = conn->next;
	else if (t->high < nat->policy->tcp_max)
		conn = &t->conns[t->high++];
	else
		return NULL;
	*conn = (struct nat_conn){.flow = flow, .fd = fd, .connecting = true};
	tcp_open(&conn->tcp, &t->rings, &verdict->tcp, sampling_draw(&t->isn),
	         (uint16_t)(nat->policy->mtu - IPV4_HDR_LEN - TCP_SEG_HDR_LEN), now_ns);
	make_due(nat, conn);
	return conn;
}

static void close_socket(const struct nat *nat, struct nat_conn *conn, bool reset)
{
	const struct linger now = {.l_onoff = 1};

	if (conn->fd < 0)
		return;
	if (reset)
		setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	/* By hand: the dialer may hold its copy for a moment yet, which keeps epoll watching. */
	epoll_ctl(nat->epoll, EPOLL_CTL_DEL, conn->fd, NULL);
	close(conn->fd);
	conn->fd = -1;
}

/* Both halves have ended: the socket is closed at once, in order. Later may be too late: a new
 * connection in the same read, or a link that is full until TCP_LINGER is over, would end this one
 * by a RST, and what the kernel has not yet sent to the world would be lost. */
static void close_if_done(const struct nat *nat, struct nat_conn *conn)
{
	if (conn->tcp.state == TCP_LINGERING && conn->fin_passed)
		close_socket(nat, conn, false);
}

static void unlink_due(struct nat_tcp *t, const struct nat_conn *conn)
{
	struct nat_conn **at = &t->due;

	while (*at && *at != conn)
		at = &(*at)->next;
	if (*at)
		*at = conn->next;
}

void nat_tcp_end(struct nat *nat, struct nat_conn *conn)
{
	struct nat_tcp *t = &nat->tcp;
	const uint32_t number = conn->flow;

	if (conn->due)
		unlink_due(t, conn);
	close_socket(nat, conn, true);
	tcp_close(&conn->tcp);
	*conn = (struct nat_conn){.flow = FLOW_NONE, .fd = -1, .next = t->free};
	t->free = conn;
	nat->slots[number].tcp = NULL;
	nat->table.flows[number].handle = -1;
	nat_end_flow(nat, number);
}

void nat_tcp_close(struct nat *nat, bool abort)
{
	struct nat_tcp *t = &nat->tcp;

	for (uint32_t i = 0; i < t->high; i++)
		if (t->conns[i].flow != FLOW_NONE) {
			close_socket(nat, &t->conns[i], abort || !t->conns[i].fin_passed);
			nat_tcp_end(nat, &t->conns[i]);
		}
	free(t->conns);
	free(t->ring_table);
	free(t->ring_bytes);
	free(t->discard);
}

/* --- from the guest to the socket --- */

/* Hands over what the ring holds back, as far as the socket takes it, and then the guest's FIN. */
static void drain(struct nat_conn *conn, uint64_t now_ns)
{
	struct rd waiting[2];

	while (conn->fd >= 0 && tcp_waiting(&conn->tcp, waiting)) {
		struct iovec iov[2];
		ssize_t n;

		for (int i = 0; i < 2; i++)
			iov[i] = (struct iovec){.iov_base = (void *)(uintptr_t)waiting[i].p,
			                        .iov_len = waiting[i].n};
		n = writev(conn->fd, iov, 2);
		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR)
				tcp_abort(&conn->tcp);
			return;
		}
		tcp_drained(&conn->tcp, (size_t)n, now_ns);
	}
	if (conn->fd >= 0 && tcp_take_fin(&conn->tcp)) {
		shutdown(conn->fd, SHUT_WR);
		conn->fin_passed = true;
	}
}

/* In order, and nothing waits in front of it: from the frame into the socket. */
static void pass_on(struct nat_conn *conn, struct rd data, uint64_t now_ns)
{
	struct rd waiting[2];
	ssize_t n = 0;

	if (conn->fd >= 0 && !tcp_waiting(&conn->tcp, waiting))
		n = send(conn->fd, data.p, data.n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		tcp_abort(&conn->tcp);
	tcp_took(&conn->tcp, data, n > 0 ? (size_t)n : 0, now_ns);
}

/* The guest has these bytes: they may leave the queue. Unlike a TCP socket, a Unix socket has to be
 * given a place for them. */
static void discard_acked(const struct nat *nat, const struct nat_conn *conn, uint32_t acked)
{
	const bool local = nat->slots[conn->flow].local;

	while (conn->fd >= 0 && acked) {
		const uint32_t most = local && acked > NAT_TCP_DISCARD ? NAT_TCP_DISCARD : acked;
		ssize_t n = recv(conn->fd, local ? nat->tcp.discard : NULL, most,
		                 MSG_DONTWAIT | (local ? 0 : MSG_TRUNC));

		if (n <= 0)
			return; /* reset meanwhile; its event comes */
		acked -= (uint32_t)n;
	}
}

enum reason nat_tcp_segment(struct nat *nat, struct nat_conn *conn, const struct verdict *verdict,
                            uint64_t now_ns, bool *again)
{
	struct tcp_received received;

	tcp_segment(&conn->tcp, &verdict->tcp, now_ns, &received);
	if (received.restart) {
		nat_tcp_end(nat, conn);
		*again = true;
		return REASON_NONE;
	}
	nat->counts->forwarded++;
	discard_acked(nat, conn, received.acked);
	if (received.data.n)
		pass_on(conn, received.data, now_ns);
	drain(conn, now_ns);
	close_if_done(nat, conn);
	if (conn->tcp.state == TCP_CLOSED)
		nat_tcp_end(nat, conn);
	else
		make_due(nat, conn);
	return REASON_NONE;
}

/* --- from the socket --- */

static void finish_connect(struct nat_conn *conn, uint64_t now_ns)
{
	int error = 0;
	socklen_t len = sizeof(error);

	conn->connecting = false;
	if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && !error)
		tcp_connected(&conn->tcp, now_ns);
	else
		tcp_abort(&conn->tcp);
}

void nat_tcp_event(struct nat *nat, struct nat_conn *conn, uint32_t events, uint64_t now_ns)
{
	if (conn->connecting) {
		if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
			finish_connect(conn, now_ns);
	} else if (events & EPOLLERR) {
		tcp_abort(&conn->tcp);
	}
	if (!conn->connecting && events & (EPOLLRDHUP | EPOLLHUP))
		conn->eof = true;
	if (events & EPOLLOUT && !conn->connecting) {
		tcp_drained(&conn->tcp, 0, now_ns); /* there is room again */
		drain(conn, now_ns);
		close_if_done(nat, conn);
	}
	make_due(nat, conn);
}

void nat_tcp_revoke(struct nat *nat, struct nat_conn *conn)
{
	close_socket(nat, conn, true);
	tcp_abort(&conn->tcp);
	make_due(nat, conn);
}

/* --- towards the guest --- */

/* What there is to send to one guest; false when the link had no room for all of it. Afterwards the
 * connection may be over. */
static bool serve(struct nat *nat, struct nat_conn *conn, uint64_t now_ns)
{
	const bool done = nat_tcp_send(nat, conn, now_ns);

	if (conn->tcp.state == TCP_CLOSED) {
		nat_tcp_end(nat, conn);
		return done;
	}
	if (tcp_deadline(&conn->tcp) < nat->tcp.deadline_ns)
		nat->tcp.deadline_ns = tcp_deadline(&conn->tcp);
	return done;
}

void nat_tcp_flush(struct nat *nat, uint64_t now_ns)
{
	struct nat_conn *list = nat->tcp.due;

	nat->tcp.due = NULL;
	while (list) {
		struct nat_conn *conn = list;

		list = conn->next;
		conn->due = false;
		if (serve(nat, conn, now_ns))
			continue;
		/* The link is full: this one and the others wait for room. */
		make_due(nat, conn);
		while (list) {
			conn = list;
			list = conn->next;
			conn->due = false;
			make_due(nat, conn);
		}
	}
}

/* --- time --- */

uint64_t nat_tcp_deadline(const struct nat *nat)
{
	return nat->tcp.deadline_ns;
}

void nat_tcp_expire(struct nat *nat, uint64_t now_ns)
{
	struct nat_tcp *t = &nat->tcp;

	if (now_ns < t->deadline_ns)
		return;
	t->deadline_ns = UINT64_MAX;
	for (uint32_t i = 0; i < t->high; i++) {
		struct nat_conn *conn = &t->conns[i];
		uint64_t deadline_ns;

		if (conn->flow == FLOW_NONE)
			continue;
		if (tcp_deadline(&conn->tcp) <= now_ns) {
			tcp_expire(&conn->tcp, now_ns);
			if (conn->tcp.state == TCP_CLOSED) {
				nat_tcp_end(nat, conn);
				continue;
			}
			make_due(nat, conn);
		}
		deadline_ns = tcp_deadline(&conn->tcp);
		if (deadline_ns < t->deadline_ns)
			t->deadline_ns = deadline_ns;
	}
}
