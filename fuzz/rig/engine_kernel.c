/* SPDX-License-Identifier: ISC */
/* engine_kernel.c: the system calls, over a table in memory. */
#include "fuzz/rig/engine_kernel.h"

#include "fuzz/rig/engine_bytes.h"
#include "fuzz/rig/engine_calls.h"
#include "fuzz/rig/engine_channel.h"
#include "fuzz/rig/engine_memory.h"
#include "fuzz/rig/engine_model.h"
#include "fuzz/rig/engine_pattern.h"
#include "fuzz/rig/engine_tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>

struct kernel kernel;

void kernel_reset(uint64_t now_ns)
{
	memset(kernel.sockets, 0, kernel.high * sizeof(kernel.sockets[0]));
	memset(kernel.loop_interest, 0, sizeof(kernel.loop_interest));
	kernel.high = 0;
	kernel.now_ns = now_ns;
	kernel.guest_start = kernel.guest_end = kernel.guest_cut = 0;
	kernel.guest_room = UINT32_MAX;
	kernel.prefix_len = kernel.frame_left = 0;
	kernel.frames = 0;
	kernel.bad_length = false;
	kernel.guest_gone = kernel.order = kernel.ended = false;
	kernel.dialer_gone = kernel.audit_gone = false;
}

int kernel_open(enum kernel_kind kind, uint32_t ip, uint16_t port)
{
	for (unsigned i = 0; i < KERNEL_SOCKETS; i++) {
		struct kernel_socket *s = &kernel.sockets[i];

		if (s->kind != SOCKET_FREE)
			continue;
		memset(s, 0, sizeof(*s));
		s->kind = kind;
		s->ip = ip;
		s->port = port;
		s->ear = -1;
		s->room = 65536;
		s->salt = (uint8_t)(i * 37 + port);
		if (i >= kernel.high)
			kernel.high = i + 1;
		return FD_SOCKETS + (int)i;
	}
	return -1;
}

struct kernel_socket *kernel_socket(int fd)
{
	const int i = fd - FD_SOCKETS;

	model_scan();
	HOLDS("only open descriptors are used",
	      i >= 0 && i < KERNEL_SOCKETS && kernel.sockets[i].kind != SOCKET_FREE);
	return &kernel.sockets[i];
}

int kernel_fail(int error)
{
	errno = error;
	return -1;
}

/* An error that waits is told once, by whatever call is next. */
static bool takes_error(struct kernel_socket *s)
{
	if (!s->error)
		return false;
	errno = s->error;
	s->error = 0;
	return true;
}

/* --- epoll --- */

static uint32_t socket_events(const struct kernel_socket *s)
{
	uint32_t events = 0;

	if (s->kind != SOCKET_TCP)
		return (s->queued ? EPOLLIN : 0u) | (s->error ? EPOLLERR : 0u);
	if (s->reset || s->refused)
		return EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDHUP;
	if (!s->connected)
		return 0;
	events |= s->room ? EPOLLOUT : 0u;
	events |= s->written != s->read || s->finished ? EPOLLIN : 0u;
	events |= s->finished ? EPOLLRDHUP : 0u;
	events |= s->finished && s->shut ? EPOLLHUP : 0u;
	return events;
}

int engine_epoll_create1(int flags)
{
	static int turn;

	(void)flags;
	return turn++ % 2 ? FD_LOOP : FD_NAT;
}

int engine_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
	struct kernel_socket *s;

	if (epoll == FD_LOOP) {
		HOLDS("the loop watches what is open", fd < FD_SOCKETS);
		kernel.loop_interest[fd] = event->events | EPOLLERR | EPOLLHUP;
		kernel.loop_token[fd] = event->data.u32;
		return 0;
	}
	HOLDS("sockets stand in nat's set", epoll == FD_NAT);
	s = kernel_socket(fd);
	if (operation == EPOLL_CTL_DEL) {
		s->interest = 0;
		return 0;
	}
	s->interest = event->events | EPOLLERR | EPOLLHUP;
	s->token = event->data.u64;
	s->edge = socket_events(s) & s->interest;
	return 0;
}

static bool is_ready(const struct kernel_socket *s)
{
	if (s->kind == SOCKET_FREE || !(socket_events(s) & s->interest))
		return false;
	return s->edge || !(s->interest & EPOLLET);
}

static bool any_ready(void)
{
	for (unsigned i = 0; i < kernel.high; i++)
		if (is_ready(&kernel.sockets[i]))
			return true;
	return false;
}

static int nat_events(struct epoll_event *events, int most)
{
	int count = 0;

	for (unsigned i = 0; i < kernel.high && count < most; i++) {
		struct kernel_socket *s = &kernel.sockets[i];

		if (!is_ready(s))
			continue;
		s->edge = false;
		s->greeted = s->connected;
		events[count].events = socket_events(s) & s->interest;
		events[count++].data.u64 = s->token;
	}
	return count;
}

static uint32_t fd_events(int fd)
{
	switch (fd) {
	case FD_LINK:
		return channel_events();
	case FD_NAT:
		return any_ready() ? EPOLLIN : 0;
	case FD_ORDERS:
		return kernel.order ? EPOLLIN : 0;
	case FD_SIGNALS:
		return kernel.ended ? EPOLLIN : 0;
	case FD_DIALER:
		return kernel.dialer_gone ? EPOLLIN | EPOLLHUP : 0;
	case FD_AUDIT:
		return kernel.audit_gone ? EPOLLERR : 0;
	default:
		return 0;
	}
}

int kernel_loop_events(struct epoll_event *events, int most)
{
	int count = 0;

	for (int fd = FD_LINK; fd <= FD_NAT && count < most; fd++) {
		const uint32_t now = fd_events(fd) & kernel.loop_interest[fd];

		if (!now)
			continue;
		events[count].events = now;
		events[count++].data.u64 = kernel.loop_token[fd];
	}
	return count;
}

int engine_epoll_wait(int epoll, struct epoll_event *events, int most, int timeout)
{
	if (epoll == FD_LOOP)
		return program_wait(events, most, timeout);
	HOLDS("there are two sets", epoll == FD_NAT && timeout == 0);
	model_on_call();
	return nat_events(events, most);
}

/* --- datagrams --- */

static ssize_t send_datagram(struct kernel_socket *s, int fd, const void *p, size_t n)
{
	if (takes_error(s)) {
		model_on_send(fd, p, n, false);
		return -1;
	}
	if (model.send_error) {
		errno = model.send_error;
		if (errno == EAGAIN || errno == ENOBUFS)
			model.send_error = 0;
		model_on_send(fd, p, n, false);
		return -1;
	}
	model_on_send(fd, p, n, true);
	return (ssize_t)n;
}

static ssize_t receive_datagram(struct kernel_socket *s, int fd, void *to, size_t n,
                                struct sockaddr_in *from)
{
	const struct kernel_message message = s->queue[0];

	if (takes_error(s))
		return -1;
	if (!s->queued)
		return kernel_fail(EAGAIN);
	memmove(s->queue, s->queue + 1, --s->queued * sizeof(s->queue[0]));
	HOLDS("the kernel writes to memory of refnat's",
	      memory_is_good(to, n, n < message.len ? n : message.len));
	n = n < message.len ? n : message.len;
	pattern_put(to, PATTERN_OF(message.salt, 0), n);
	if (s->kind == SOCKET_PING && n)
		*(uint8_t *)to = 0; /* an echo reply: the kernel hands in nothing else */
	if (from) {
		from->sin_family = AF_INET;
		from->sin_addr.s_addr = htonl(message.ip);
		from->sin_port = htons(message.port);
	}
	model_on_received(fd, &message);
	return message.len;
}

/* --- TCP --- */

static ssize_t take_stream(struct kernel_socket *s, int fd, const void *p, size_t n)
{
	HOLDS("nothing is sent before the world has accepted", s->connected || s->reset);
	HOLDS("nothing is sent behind the end", !s->shut || !n);
	if (takes_error(s) || s->reset) {
		if (s->reset)
			errno = EPIPE;
		return -1;
	}
	if (n > s->room) {
		s->crowded = true;
		n = s->room;
	}
	if (!n)
		return kernel_fail(EAGAIN);
	tcp_on_taken(fd, p, n);
	s->room -= (uint32_t)n;
	s->taken += (uint32_t)n;
	return (ssize_t)n;
}

static ssize_t discard_stream(struct kernel_socket *s, int fd, const void *to, size_t n, int flags)
{
	const uint32_t there = s->written - s->read;

	HOLDS("bytes of a connection are discarded, not read", !to && flags & MSG_TRUNC);
	if (takes_error(s))
		return -1;
	if (!there || s->reset)
		return s->finished || s->reset ? 0 : kernel_fail(EAGAIN);
	n = n < there ? n : there;
	s->read += (uint32_t)n;
	tcp_on_discarded(fd, (uint32_t)n);
	return (ssize_t)n;
}

ssize_t engine_recvmsg(int fd, struct msghdr *message, int flags)
{
	struct kernel_socket *s = kernel_socket(fd);
	uint32_t at = s->read + (kernel.can_peek ? s->peek_at : 0), begin = at;

	HOLDS("peeking is what recvmsg is for",
	      s->kind == SOCKET_TCP && flags == (MSG_DONTWAIT | MSG_PEEK));
	if (takes_error(s))
		return -1;
	if (s->reset || at >= s->written)
		return s->finished || s->reset ? 0 : kernel_fail(EAGAIN);
	for (size_t i = 0; i < message->msg_iovlen; i++) {
		uint8_t *to = message->msg_iov[i].iov_base;
		size_t n = message->msg_iov[i].iov_len;
		const bool unseen = to == model.nat.tcp.discard;

		n = n < s->written - at ? n : s->written - at;
		HOLDS("the kernel writes to memory of refnat's",
		      memory_is_good(to, message->msg_iov[i].iov_len, unseen ? 0 : n));
		if (!unseen)
			pattern_put(to, PATTERN_OF(s->salt, at), n);
		at += (uint32_t)n;
	}
	return at - begin;
}

/* --- calls that all kinds have --- */

ssize_t engine_send(int fd, const void *p, size_t n, int flags)
{
	struct kernel_socket *s;

	HOLDS("no call blocks", flags & MSG_DONTWAIT);
	HOLDS("no call raises a signal", flags & MSG_NOSIGNAL);
	HOLDS("the kernel reads memory of refnat's", memory_is_good(p, n, n));
	if (fd == FD_LINK) {
		HOLDS("a TAP is no socket", kernel.carrier != LINK_OVER_TAP);
		return channel_write(p, n);
	}
	s = kernel_socket(fd);
	HOLDS("an ear does not speak", s->kind != SOCKET_EAR);
	return s->kind == SOCKET_TCP ? take_stream(s, fd, p, n) : send_datagram(s, fd, p, n);
}

ssize_t engine_writev(int fd, const struct iovec *iov, int count)
{
	static uint8_t bytes[2 * TCP_RING_SIZE + LINK_FRAME_MAX];
	struct kernel_socket *s = kernel_socket(fd);
	size_t n = 0;

	for (int i = 0; i < count; i++) {
		HOLDS("what is written is in bounds", iov[i].iov_len <= sizeof(bytes) - n);
		HOLDS("the kernel reads memory of refnat's",
		      memory_is_good(iov[i].iov_base, iov[i].iov_len, iov[i].iov_len));
		if (iov[i].iov_len)
			memcpy(bytes + n, iov[i].iov_base, iov[i].iov_len);
		n += iov[i].iov_len;
	}
	HOLDS("connections and pings are written", s->kind == SOCKET_TCP || s->kind == SOCKET_PING);
	return s->kind == SOCKET_TCP ? take_stream(s, fd, bytes, n)
	                             : send_datagram(s, fd, bytes, n);
}

ssize_t engine_recvfrom(int fd, void *to, size_t n, int flags, struct sockaddr *from,
                        socklen_t *from_len)
{
	struct kernel_socket *s = kernel_socket(fd);

	HOLDS("no call blocks", flags & MSG_DONTWAIT);
	HOLDS("a datagram's whole length is asked for", flags & MSG_TRUNC);
	HOLDS("the address fits", *from_len == sizeof(struct sockaddr_in));
	model_on_call();
	return receive_datagram(s, fd, to, n, (struct sockaddr_in *)(void *)from);
}

ssize_t engine_recv(int fd, void *to, size_t n, int flags)
{
	struct kernel_socket *s;

	HOLDS("no call blocks", flags & MSG_DONTWAIT);
	if (fd == FD_LINK) {
		HOLDS("a TAP is no socket", kernel.carrier != LINK_OVER_TAP);
		return channel_read(to, n);
	}
	s = kernel_socket(fd);
	if (s->kind == SOCKET_TCP)
		return discard_stream(s, fd, to, n, flags);
	model_on_call();
	HOLDS("pings are received without an address", s->kind == SOCKET_PING);
	return receive_datagram(s, fd, to, n, NULL);
}

int engine_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	(void)level;
	(void)len;
	if (name == SO_PEEK_OFF && (fd == FD_PROBE || !kernel.can_peek))
		return kernel.can_peek ? 0 : kernel_fail(EOPNOTSUPP);
	if (name == SO_PEEK_OFF)
		kernel_socket(fd)->peek_at = *(const uint32_t *)value;
	else if (name == SO_LINGER)
		kernel_socket(fd)->linger_reset = true;
	return 0;
}

int engine_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	struct kernel_socket *s = kernel_socket(fd);

	(void)level;
	(void)len;
	HOLDS("only the error is asked for", name == SO_ERROR);
	*(int *)value = s->refused ? ECONNREFUSED : s->error;
	s->error = 0;
	return 0;
}

int engine_ioctl(int fd, unsigned long request, int *n)
{
	const struct kernel_socket *s = kernel_socket(fd);

	HOLDS("only the length of the queue is asked for", request == FIONREAD);
	*n = s->reset ? 0 : (int)(s->written - s->read);
	return 0;
}

int engine_shutdown(int fd, int how)
{
	struct kernel_socket *s = kernel_socket(fd);

	HOLDS("only writing ends", how == SHUT_WR && s->kind == SOCKET_TCP);
	HOLDS("it ends once", !s->shut);
	s->shut = true;
	tcp_on_shut(fd);
	s->edge |= s->finished;
	return 0;
}

int engine_close(int fd)
{
	struct kernel_socket *s;

	if (fd < FD_SOCKETS)
		return 0;
	s = kernel_socket(fd);
	if (s->kind == SOCKET_TCP)
		tcp_on_close(fd, s->linger_reset);
	else
		model_on_close(fd);
	s->kind = SOCKET_FREE;
	return 0;
}

int engine_socket(int domain, int type, int protocol)
{
	(void)domain;
	(void)type;
	(void)protocol;
	HOLDS("only the dialer makes sockets", !model.nat.table.flows);
	return FD_PROBE;
}
