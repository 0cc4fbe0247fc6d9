/* SPDX-License-Identifier: ISC */
/* channel.c: see channel.h. The buffers hold length and frame on every kind, so that only reading from the descriptor
 * and writing to it know the kinds. */
#include "harness/channel.h"

#include "bytes/rd.h"
#include "bytes/wr.h"
#include "harness/capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static uint8_t *buffer(size_t n)
{
	uint8_t *p = malloc(n);

	if (!p) {
		fprintf(stderr, "gauntlet: out of memory\n");
		exit(4);
	}
	return p;
}

static int socket_option(int fd, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) ? -1 : value;
}

static enum channel_kind kind_of(int fd)
{
	int type = socket_option(fd, SO_TYPE), domain = socket_option(fd, SO_DOMAIN), one = 1;

	if (domain == AF_PACKET)
		return CHANNEL_TAP;
	if (type == SOCK_STREAM)
		return CHANNEL_STREAM;
	/* Every packet then comes with its sender's credentials, and an end without: so an empty packet is not taken
	 * for the end. */
	if (domain == AF_UNIX && (type == SOCK_DGRAM || type == SOCK_SEQPACKET) &&
	    !setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)))
		return type == SOCK_DGRAM ? CHANNEL_DATAGRAM : CHANNEL_SEQPACKET;
	fprintf(stderr, "gauntlet: descriptor %d is no frame channel\n", fd);
	exit(4);
}

void channel_init(struct channel *c, int fd)
{
	*c = (struct channel){.kind = kind_of(fd),
	                      .fd = fd,
	                      .in = buffer(CHANNEL_IN_SIZE),
	                      .out = buffer(CHANNEL_OUT_SIZE)};
}

void channel_drop(struct channel *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

void channel_close(struct channel *c)
{
	channel_drop(c);
	free(c->in);
	free(c->out);
	*c = (struct channel){.fd = -1};
}

/* ---- reading ---- */

static bool fill_stream(struct channel *c)
{
	ssize_t n = recv(c->fd, c->in + c->in_end, CHANNEL_IN_SIZE - c->in_end, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		c->eof = true;
		if (c->in_end)
			c->fault = "the frame channel ended in the middle of a frame";
		return false;
	}
	c->in_end += (size_t)n;
	return true;
}

/* A packet of `n` bytes stands behind the room for its length. */
static bool add_packet(struct channel *c, size_t n)
{
	struct wr w = wr_of(c->in + c->in_end, sizeof(uint32_t));

	if (!wr_u32(&w, (uint32_t)n))
		return false;
	c->in_end += sizeof(uint32_t) + n;
	return true;
}

static bool fill_packet(struct channel *c)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec iov = {.iov_base = c->in + c->in_end + sizeof(uint32_t),
	                    .iov_len = CHANNEL_FRAME_MAX};
	struct msghdr msg = {.msg_iov = &iov,
	                     .msg_iovlen = 1,
	                     .msg_control = &control,
	                     .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(c->fd, &msg, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n < 0 && c->kind == CHANNEL_DATAGRAM)
		return false; /* the peer has turned to somebody else; it can still send */
	if (n < 0 || (n == 0 && !msg.msg_controllen)) {
		c->eof = true;
		return false;
	}
	if (n > CHANNEL_FRAME_MAX) {
		c->fault = "the backend sent a frame longer than 65550 bytes";
		return false;
	}
	return add_packet(c, (size_t)n);
}

static bool fill_tap(struct channel *c)
{
	struct captured got;
	int status;

	/* What goes the other way is the backend's kernel talking to the backend. */
	do
		status = capture_next(c->fd, c->in + c->in_end + sizeof(uint32_t), &got);
	while (status == 1 && got.outgoing);
	if (status < 0)
		c->eof = true;
	return status == 1 && add_packet(c, got.len);
}

bool channel_fill(struct channel *c)
{
	if (c->fd < 0 || c->eof || c->fault)
		return false;
	memmove(c->in, c->in + c->in_start, c->in_end - c->in_start);
	c->in_end -= c->in_start;
	c->in_start = 0;
	/* Reading into no room would look like the end, or lose a packet. */
	if (CHANNEL_IN_SIZE - c->in_end <
	    (c->kind == CHANNEL_STREAM ? 1 : sizeof(uint32_t) + CAPTURE_FRAME_MAX))
		return false;
	switch (c->kind) {
	case CHANNEL_STREAM:
		return fill_stream(c);
	case CHANNEL_SEQPACKET:
	case CHANNEL_DATAGRAM:
		return fill_packet(c);
	case CHANNEL_TAP:
		return fill_tap(c);
	}
	return false;
}

bool channel_take(struct channel *c, const uint8_t **frame, size_t *len)
{
	struct rd r, body;
	uint32_t n;

	if (!c->in || c->fault)
		return false;
	r = rd_of(c->in + c->in_start, c->in_end - c->in_start);
	if (!rd_u32(&r, &n))
		return false;
	if (n < CHANNEL_FRAME_MIN || n > CHANNEL_FRAME_MAX) {
		c->fault =
		        n == 0   ? "the backend sent a frame of length 0, which wedges a real guest"
		        : n > 14 ? "the backend sent a frame longer than 65550 bytes"
		                 : "the backend sent a frame shorter than an Ethernet header";
		return false;
	}
	if (!rd_sub(&r, n, &body))
		return false;
	*frame = body.p;
	*len = body.n;
	c->in_start = (size_t)(r.p - c->in);
	return true;
}

/* ---- writing ---- */

bool channel_carries(const struct channel *c, size_t len)
{
	return c->kind != CHANNEL_TAP ||
	       (len >= CHANNEL_FRAME_MIN && len <= CHANNEL_FRAME_MIN + CHANNEL_TAP_MTU);
}

static bool put(struct channel *c, const void *bytes, size_t len)
{
	if (c->fd < 0)
		return false;
	if (len > CHANNEL_OUT_SIZE - c->out_end) {
		memmove(c->out, c->out + c->out_start, c->out_end - c->out_start);
		c->out_end -= c->out_start;
		c->out_start = 0;
	}
	if (len > CHANNEL_OUT_SIZE - c->out_end)
		return false;
	memcpy(c->out + c->out_end, bytes, len);
	c->out_end += len;
	return true;
}

bool channel_put_raw(struct channel *c, const void *bytes, size_t len)
{
	return c->kind == CHANNEL_STREAM && put(c, bytes, len);
}

bool channel_put(struct channel *c, const void *frame, size_t len)
{
	uint8_t prefix[4];
	struct wr w = wr_of(prefix, sizeof(prefix));
	size_t before = c->out_end - c->out_start;

	if (!wr_u32(&w, (uint32_t)len) || !put(c, prefix, sizeof(prefix)))
		return false;
	if (put(c, frame, len))
		return true;
	c->out_end = c->out_start + before; /* never half a frame */
	return false;
}

/* Sends what is next. How many bytes of the queue are done with, 0 when there is no room now, -1 when the peer is gone.
 */
static ssize_t send_next(struct channel *c)
{
	struct rd r = rd_of(c->out + c->out_start, c->out_end - c->out_start), frame = {NULL, 0};
	uint32_t len = 0;
	ssize_t n;

	if (c->kind == CHANNEL_STREAM)
		frame = r;
	else if (!rd_u32(&r, &len) || !rd_sub(&r, len, &frame))
		return -1; /* cannot be: only whole frames are queued */
	do
		n = send(c->fd, frame.p, frame.n, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (c->kind == CHANNEL_STREAM)
		return n < 0 && errno == EAGAIN ? 0 : n;
	if (n >= 0 || errno == EMSGSIZE ||
	    errno == EINVAL) /* what cannot be sent, others do not wait for */
		return (ssize_t)(sizeof(len) + frame.n);
	return errno == EAGAIN || errno == ENOBUFS ? 0 : -1; /* ENOBUFS: the TAP's queue is full */
}

bool channel_flush(struct channel *c)
{
	ssize_t n = 1;

	/* When a datagram finds its peer dead, the kernel throws away what that one had sent. */
	while (c->kind == CHANNEL_DATAGRAM && channel_pending(c) && channel_fill(c))
		;
	while (channel_pending(c) && (n = send_next(c)) > 0)
		c->out_start += (size_t)n;
	if (n < 0 || c->out_start == c->out_end)
		c->out_start = c->out_end = 0;
	return n >= 0;
}

bool channel_pending(const struct channel *c)
{
	return c->fd >= 0 && c->out_start < c->out_end;
}

int channel_patience_ms(const struct channel *c)
{
	return c->kind == CHANNEL_TAP && channel_pending(c) ? 1 : -1;
}

/* ---- the end ---- */

bool channel_end(struct channel *c)
{
	switch (c->kind) {
	case CHANNEL_STREAM:
	case CHANNEL_SEQPACKET:
		shutdown(c->fd, SHUT_WR);
		return true;
	case CHANNEL_DATAGRAM:
		shutdown(c->fd, SHUT_RD);
		return false;
	case CHANNEL_TAP:
		return false;
	}
	return false;
}
