/* SPDX-License-Identifier: ISC */
/* link.c: the two buffers of the frame channel, and how frames get in and out of them. */
#include "ref/link.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static_assert(LINK_BUFFER_SIZE > LINK_PREFIX_LEN + LINK_FRAME_MAX, "a frame fits the buffer");

enum link_status link_accept(struct link *link)
{
	int fd = accept4(link->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED ? LINK_MORE
		                                                                  : LINK_ERROR;
	close(link->listener);
	link->listener = -1;
	link->fd = fd;
	return LINK_OK;
}

/* ---- in ---- */

static enum link_status fill_stream(struct link *link)
{
	ssize_t n = recv(link->fd, link->in + link->in_end, LINK_BUFFER_SIZE - link->in_end,
	                 MSG_DONTWAIT);

	if (n > 0) {
		link->in_end += (size_t)n;
		return LINK_OK;
	}
	if (n == 0 || errno == ECONNRESET)
		return link->in_end ? LINK_CUT : LINK_CLOSED;
	return errno == EAGAIN || errno == EINTR ? LINK_MORE : LINK_ERROR;
}

/* One message of up to LINK_FRAME_MAX bytes; the kernel drops what is longer than that of it. */
static ssize_t receive_message(const struct link *link, uint8_t *to)
{
	ssize_t n;

	if (link->carrier == LINK_OVER_TAP)
		return read(link->fd, to, LINK_FRAME_MAX);
	n = recv(link->fd, to, LINK_FRAME_MAX, MSG_DONTWAIT);
	/* A seqpacket peer that closes without having read everything leaves one error in front
	 * of what it had sent. */
	if (n < 0 && errno == ECONNRESET && link->carrier == LINK_OVER_SEQPACKET)
		n = recv(link->fd, to, LINK_FRAME_MAX, MSG_DONTWAIT);
	return n;
}

/* Whether receive_message(), which returned `n`, met the end. */
static bool is_end(enum link_carrier carrier, ssize_t n)
{
	switch (carrier) {
	case LINK_OVER_SEQPACKET:
		return n == 0;
	case LINK_OVER_DGRAM:
		return n < 0 && errno == ECONNRESET; /* it turned to another peer */
	case LINK_OVER_TAP:
		return n < 0 && (errno == EBADFD || errno == EIO || errno == ENODEV);
	case LINK_OVER_STREAM:
	default:
		return false;
	}
}

/* Puts behind each other what a stream would have brought: length, frame, length, frame. */
static enum link_status fill_messages(struct link *link)
{
	enum link_status status = LINK_OK;
	size_t count;

	for (count = 0; count < LINK_FILL_FRAMES; count++) {
		struct wr prefix = wr_of(link->in + link->in_end, LINK_BUFFER_SIZE - link->in_end);
		ssize_t n;

		if (link->ended || prefix.size < LINK_PREFIX_LEN + LINK_FRAME_MAX)
			break;
		n = receive_message(link, prefix.p + LINK_PREFIX_LEN);
		link->ended = is_end(link->carrier, n);
		if (n < 0 && !link->ended)
			status = errno == EAGAIN || errno == EINTR ? LINK_MORE : LINK_ERROR;
		if (n < 0 || link->ended)
			break;
		if (!wr_u32(&prefix, (uint32_t)n))
			abort();
		link->in_end += LINK_PREFIX_LEN + (size_t)n;
	}
	if (count)
		return LINK_OK; /* what stopped it stops the next call too */
	return link->ended ? LINK_CLOSED : status;
}

enum link_status link_fill(struct link *link)
{
	const size_t rest = link->in_end - link->in_start;

	if (link->in_start && rest)
		memmove(link->in, link->in + link->in_start, rest);
	link->in_start = 0;
	link->in_end = rest;
	return link->carrier == LINK_OVER_STREAM ? fill_stream(link) : fill_messages(link);
}

enum link_status link_next(struct link *link, struct rd *frame)
{
	const bool messages = link->carrier != LINK_OVER_STREAM;
	struct rd rest = rd_of(link->in + link->in_start, link->in_end - link->in_start);

	switch (framing_next(&rest, messages, frame)) {
	case FRAMING_FRAME:
		link->in_start = link->in_end - rest.n;
		return LINK_OK;
	case FRAMING_MORE:
		return link->ended ? LINK_CLOSED : LINK_MORE;
	case FRAMING_BAD_LENGTH:
	default:
		return LINK_BAD_LENGTH;
	}
}

/* ---- out ---- */

bool link_has_room(const struct link *link, size_t n)
{
	const size_t queued = link->out_end - link->out_start;

	return n + LINK_PREFIX_LEN <= LINK_BUFFER_SIZE - queued;
}

bool link_has_output(const struct link *link)
{
	return link->out_start != link->out_end;
}

bool link_reserve(struct link *link, size_t n, struct wr *out)
{
	const size_t queued = link->out_end - link->out_start;

	if (!link_has_room(link, n))
		return false;
	if (n + LINK_PREFIX_LEN > LINK_BUFFER_SIZE - link->out_end) {
		memmove(link->out, link->out + link->out_start, queued);
		link->out_start = 0;
		link->out_end = queued;
	}
	*out = wr_of(link->out + link->out_end + LINK_PREFIX_LEN, n);
	return true;
}

void link_commit(struct link *link, size_t n)
{
	struct wr prefix = wr_of(link->out + link->out_end, LINK_PREFIX_LEN);

	/* A zero length would wedge QEMU's receiver for good; a longer one was never lent. */
	if (!n || n > LINK_FRAME_MAX || !wr_u32(&prefix, (uint32_t)n))
		abort();
	link->out_end += LINK_PREFIX_LEN + n;
}

bool link_needs_probe(const struct link *link)
{
	return link->carrier == LINK_OVER_DGRAM;
}

/* Sends once: as much as a stream takes, else the first frame. False with errno. */
static bool send_some(struct link *link)
{
	struct rd queue = rd_of(link->out + link->out_start, link->out_end - link->out_start);
	const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
	struct rd frame;
	uint32_t len;
	ssize_t n;

	if (link->carrier == LINK_OVER_STREAM) {
		n = send(link->fd, queue.p, queue.n, flags);
		if (n > 0)
			link->out_start += (size_t)n;
		return n >= 0;
	}
	if (!rd_u32(&queue, &len) || !rd_sub(&queue, len, &frame))
		abort(); /* link_commit() queues whole frames only */
	if (link->carrier == LINK_OVER_TAP)
		n = write(link->fd, frame.p, frame.n);
	else
		n = send(link->fd, frame.p, frame.n, flags);
	if (n >= 0)
		link->out_start += LINK_PREFIX_LEN + len;
	return n >= 0;
}

/* What the errno of send_some() means. LINK_OK: look again. */
static enum link_status send_failed(struct link *link)
{
	if (errno == EAGAIN)
		return LINK_MORE;
	if (errno == EINTR)
		return LINK_OK;
	switch (link->carrier) {
	case LINK_OVER_STREAM:
	case LINK_OVER_SEQPACKET:
		/* What the peer sent before it closed is still to be read. */
		link->deaf = errno == EPIPE || errno == ECONNRESET;
		break;
	case LINK_OVER_DGRAM:
		/* Closed, noticed before, reads no more, noticed by recv, turned to another peer. */
		link->deaf = errno == ECONNREFUSED || errno == ENOTCONN || errno == EPIPE ||
		             errno == ECONNRESET || errno == EPERM;
		link->ended = link->deaf;
		break;
	case LINK_OVER_TAP:
	default:
		if (errno == EIO) /* down; writable again when it is up */
			return LINK_MORE;
		link->deaf = errno == EBADFD || errno == ENODEV;
		link->ended = link->deaf;
		break;
	}
	return link->deaf ? LINK_OK : LINK_ERROR;
}

enum link_status link_flush(struct link *link)
{
	while (link_has_output(link) && !link->deaf) {
		enum link_status status = send_some(link) ? LINK_OK : send_failed(link);

		if (status != LINK_OK)
			return status;
	}
	link->out_start = 0;
	link->out_end = 0;
	return link->deaf && link->ended ? LINK_CLOSED : LINK_OK;
}

void link_close(struct link *link)
{
	if (link->fd >= 0)
		close(link->fd);
	if (link->listener >= 0)
		close(link->listener);
	if (*link->path && unlink(link->path) < 0)
		fprintf(stderr, "refnat: cannot remove %s: %s\n", link->path, strerror(errno));
	free(link->in);
	free(link->out);
}
