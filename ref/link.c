/* SPDX-License-Identifier: ISC */
/* link.c: the frame channel to the guest. */
#include "ref/link.h"

#include "ref/exits.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static_assert(LINK_PATH_MAX + 1 == sizeof(((struct sockaddr_un *)0)->sun_path), "path bound");
static_assert(LINK_BUFFER_SIZE > LINK_PREFIX_LEN + LINK_FRAME_MAX, "a frame fits the buffer");

bool link_parse_fd(const char *text, int *fd)
{
	long value;
	char *end;

	if (strncmp(text, "fd:", 3) != 0 || text[3] < '0' || text[3] > '9')
		return false;
	errno = 0;
	value = strtol(text + 3, &end, 10);
	if (errno || *end || value > 0x7fffffff)
		return false;
	*fd = (int)value;
	return true;
}

static bool starts_with(const char *text, const char *prefix, const char **rest)
{
	const size_t len = strlen(prefix);

	if (strncmp(text, prefix, len) != 0)
		return false;
	*rest = text + len;
	return true;
}

int link_parse_spec(const char *text, struct link_spec *out)
{
	static const char *const later[] = {"dgram:", "seqpacket:", "tap:"};
	const char *rest;

	*out = (struct link_spec){.fd = -1};
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
		if (starts_with(text, later[i], &rest)) {
			fprintf(stderr, "refnat: --frames %s: not implemented\n", text);
			return EXITS_UNIMPLEMENTED;
		}
	if (link_parse_fd(text, &out->fd)) {
		out->kind = LINK_FD;
		return EXITS_OK;
	}
	if (starts_with(text, "stream-listen:unix:", &out->path)) {
		out->kind = LINK_LISTEN;
	} else if (starts_with(text, "stream-connect:unix:", &out->path)) {
		out->kind = LINK_CONNECT;
	} else {
		fprintf(stderr, "refnat: --frames %s: not a SPEC, see --help\n", text);
		return EXITS_USAGE;
	}
	if (!*out->path || strlen(out->path) > LINK_PATH_MAX) {
		fprintf(stderr, "refnat: --frames %s: the path must have 1..%d characters\n", text,
		        LINK_PATH_MAX);
		return EXITS_USAGE;
	}
	return EXITS_OK;
}

static bool adopt_fd(struct link *link, int fd)
{
	int type;
	socklen_t len = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0) {
		fprintf(stderr, "refnat: frame channel fd:%d: %s\n", fd, strerror(errno));
		return false;
	}
	if (type != SOCK_STREAM) {
		fprintf(stderr, "refnat: frame channel fd:%d: not a stream socket\n", fd);
		return false;
	}
	link->fd = fd;
	return true;
}

static bool open_unix(struct link *link, const struct link_spec *spec)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct sockaddr *generic = (const struct sockaddr *)&address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, spec->path, strlen(spec->path) + 1);
	if (fd < 0)
		goto fail;
	if (spec->kind == LINK_CONNECT) {
		if (connect(fd, generic, sizeof(address)) < 0)
			goto fail;
		link->fd = fd;
		return true;
	}
	if (bind(fd, generic, sizeof(address)) < 0)
		goto fail;
	memcpy(link->path, address.sun_path, sizeof(link->path));
	if (listen(fd, 1) < 0) {
		unlink(link->path);
		goto fail;
	}
	link->listener = fd;
	return true;
fail:
	fprintf(stderr, "refnat: frame channel %s: %s\n", spec->path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return false;
}

int link_open(struct link *link, const struct link_spec *spec)
{
	*link = (struct link){.fd = -1, .listener = -1};
	link->in = malloc(LINK_BUFFER_SIZE);
	link->out = malloc(LINK_BUFFER_SIZE);
	if (!link->in || !link->out)
		fprintf(stderr, "refnat: frame channel: out of memory\n");
	else if (spec->kind == LINK_FD ? adopt_fd(link, spec->fd) : open_unix(link, spec))
		return EXITS_OK;
	free(link->in);
	free(link->out);
	return EXITS_ENVIRONMENT;
}

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

enum link_status link_fill(struct link *link)
{
	const size_t rest = link->in_end - link->in_start;
	ssize_t n;

	if (link->in_start && rest)
		memmove(link->in, link->in + link->in_start, rest);
	link->in_start = 0;
	link->in_end = rest;
	n = recv(link->fd, link->in + rest, LINK_BUFFER_SIZE - rest, MSG_DONTWAIT);
	if (n > 0) {
		link->in_end += (size_t)n;
		return LINK_OK;
	}
	if (n == 0 || errno == ECONNRESET)
		return rest ? LINK_CUT : LINK_CLOSED;
	return errno == EAGAIN || errno == EINTR ? LINK_MORE : LINK_ERROR;
}

enum link_status link_next(struct link *link, struct rd *frame)
{
	struct rd r = rd_of(link->in + link->in_start, link->in_end - link->in_start);
	uint32_t len;

	if (!rd_u32(&r, &len))
		return LINK_MORE;
	if (!len || len > LINK_FRAME_MAX)
		return LINK_BAD_LENGTH;
	if (!rd_sub(&r, len, frame))
		return LINK_MORE;
	link->in_start += LINK_PREFIX_LEN + len;
	return LINK_OK;
}

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

enum link_status link_flush(struct link *link)
{
	while (link_has_output(link) && !link->deaf) {
		ssize_t n = send(link->fd, link->out + link->out_start,
		                 link->out_end - link->out_start, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n >= 0)
			link->out_start += (size_t)n;
		else if (errno == EAGAIN)
			return LINK_MORE;
		else if (errno == EPIPE || errno == ECONNRESET)
			link->deaf = true; /* what it sent before it closed is still to be read */
		else if (errno != EINTR)
			return LINK_ERROR;
	}
	link->out_start = 0;
	link->out_end = 0;
	return LINK_OK;
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
