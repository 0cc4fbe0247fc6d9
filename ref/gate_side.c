/* SPDX-License-Identifier: ISC */
/* gate_side.c: nonblocking sockets, edge-triggered. */
#include "ref/gate_side.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ALWAYS (EPOLLIN | EPOLLRDHUP | EPOLLET)

static bool watch(const struct gate_side *side, int operation, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u64 = side->token};

	return epoll_ctl(side->epoll, operation, side->fd, &event) == 0;
}

bool gate_side_open(struct gate_side *side, int epoll, int fd, uint64_t token, bool connecting)
{
	*side = (struct gate_side){
	        .fd = fd,
	        .epoll = epoll,
	        .token = token,
	        .writable = !connecting,
	        .asks = connecting,
	};
	if (watch(side, EPOLL_CTL_ADD, connecting ? ALWAYS | EPOLLOUT : ALWAYS))
		return true;
	gate_side_close(side, true);
	return false;
}

void gate_side_event(struct gate_side *side, uint32_t events)
{
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		side->readable = true;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		side->writable = true;
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		side->ends = true;
	if (events & (EPOLLHUP | EPOLLERR))
		side->hung = true;
	if (side->asks && side->writable) {
		side->asks = false;
		watch(side, EPOLL_CTL_MOD, ALWAYS);
	}
}

size_t gate_side_read(struct gate_side *side, struct buf *to)
{
	size_t sum = 0;

	while (side->fd >= 0 && side->readable && !side->eof && buf_free(to)) {
		const size_t room = buf_free(to);
		ssize_t n = recv(side->fd, buf_room(to), room, MSG_DONTWAIT);

		if (n > 0) {
			buf_wrote(to, (size_t)n);
			sum += (size_t)n;
			/* Less than asked for is all there was; an end makes an event of its own,
			 * but one that came with these bytes or before them did already. */
			if ((size_t)n < room && !side->ends)
				side->readable = false;
		} else if (n == 0) {
			side->eof = true;
			side->readable = false;
		} else if (errno == EAGAIN) {
			side->readable = false;
		} else if (errno != EINTR) {
			side->reset = true;
			side->readable = side->writable = false;
		}
	}
	return sum;
}

size_t gate_side_write(struct gate_side *side, struct buf *from)
{
	size_t sum = 0;

	while (side->fd >= 0 && side->writable && buf_len(from)) {
		const struct rd bytes = buf_bytes(from);
		ssize_t n = send(side->fd, bytes.p, bytes.n, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n >= 0) {
			buf_take(from, (size_t)n);
			sum += (size_t)n;
		} else if (errno == EAGAIN) {
			side->writable = false;
			side->asks = watch(side, EPOLL_CTL_MOD, ALWAYS | EPOLLOUT);
		} else if (errno != EINTR) {
			side->deaf = true;
			side->writable = false;
		}
	}
	return sum;
}

void gate_side_shut(struct gate_side *side)
{
	if (side->fd >= 0 && !side->shut)
		shutdown(side->fd, SHUT_WR);
	side->shut = true;
}

int gate_side_error(const struct gate_side *side)
{
	int error = 0;
	socklen_t len = sizeof(error);

	return getsockopt(side->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 ? errno : error;
}

void gate_side_close(struct gate_side *side, bool reset)
{
	const struct linger now = {.l_onoff = 1};

	if (side->fd < 0)
		return;
	if (reset)
		setsockopt(side->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	/* By hand: the dialer may hold its copy for a moment yet, which keeps epoll watching. */
	epoll_ctl(side->epoll, EPOLL_CTL_DEL, side->fd, NULL);
	close(side->fd);
	side->fd = -1;
}
