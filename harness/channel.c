/* SPDX-License-Identifier: ISC */
/* channel.c: length-prefixed frames over a stream socket. */
#include "harness/channel.h"

#include "bytes/rd.h"
#include "bytes/wr.h"

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

void channel_init(struct channel *c, int fd)
{
	*c = (struct channel){
	        .fd = fd, .in = buffer(CHANNEL_IN_SIZE), .out = buffer(CHANNEL_OUT_SIZE)};
}

void channel_close(struct channel *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->in);
	free(c->out);
	*c = (struct channel){.fd = -1};
}

bool channel_fill(struct channel *c)
{
	ssize_t n;

	if (c->fd < 0 || c->eof || c->fault)
		return false;
	memmove(c->in, c->in + c->in_start, c->in_end - c->in_start);
	c->in_end -= c->in_start;
	c->in_start = 0;
	if (c->in_end == CHANNEL_IN_SIZE)
		return false; /* recv(2) into no room would look like the end */
	n = recv(c->fd, c->in + c->in_end, CHANNEL_IN_SIZE - c->in_end, MSG_DONTWAIT);
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

bool channel_take(struct channel *c, const uint8_t **frame, size_t *len)
{
	struct rd r, body;
	uint32_t n;

	if (c->fd < 0 || c->fault)
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

bool channel_put_raw(struct channel *c, const void *bytes, size_t len)
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

bool channel_put(struct channel *c, const void *frame, size_t len)
{
	uint8_t prefix[4];
	struct wr w = wr_of(prefix, sizeof(prefix));
	size_t before = c->out_end - c->out_start;

	if (!wr_u32(&w, (uint32_t)len) || !channel_put_raw(c, prefix, sizeof(prefix)))
		return false;
	if (channel_put_raw(c, frame, len))
		return true;
	c->out_end = c->out_start + before; /* never half a frame */
	return false;
}

bool channel_flush(struct channel *c)
{
	while (channel_pending(c)) {
		ssize_t n = send(c->fd, c->out + c->out_start, c->out_end - c->out_start,
		                 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n < 0) {
			c->out_start = c->out_end = 0;
			return false;
		}
		c->out_start += (size_t)n;
	}
	c->out_start = c->out_end = 0;
	return true;
}

bool channel_pending(const struct channel *c)
{
	return c->fd >= 0 && c->out_start < c->out_end;
}
