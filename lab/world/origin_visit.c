/* SPDX-License-Identifier: ISC */
/* origin_visit.c: one connection: its bytes, and what the log says of it. */
#include "lab/world/origin.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SHOWN_MAX 400 /* bytes of a hit on standard output, of which a harness reads only so much */

static int log_fd = -1;

int visit_log_open(const char *path)
{
	log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	return log_fd < 0 ? -1 : 0;
}

/* A line in one write: lines of others never come between. */
static void put_line(int fd, const char *line, size_t len)
{
	if (fd >= 0 && write(fd, line, len) < 0 && errno != EPIPE)
		perror("origin: log");
}

void visit_log(const struct visit *v, const char *what, const char *rest)
{
	char line[1024];
	int len = snprintf(line, sizeof(line), "%s %u %s\n", what, v->number, rest);

	if (len > 0)
		put_line(log_fd, line, (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1);
}

static size_t escape(char *out, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char *p = out;
	size_t i;

	for (i = 0; i < len; i++) {
		uint8_t c = bytes[i];

		if (c == '\r' || c == '\n' || c == '"' || c == '\\') {
			*p++ = '\\';
			*p++ = c == '\r' ? 'r' : c == '\n' ? 'n' : (char)c;
		} else if (c >= ' ' && c < 0x7f) {
			*p++ = (char)c;
		} else {
			*p++ = '\\';
			*p++ = 'x';
			*p++ = digits[c >> 4];
			*p++ = digits[c & 15];
		}
	}
	return (size_t)(p - out);
}

void visit_log_bytes(const struct visit *v, const char *what, const void *bytes, size_t len)
{
	char *line = malloc(4 * len + 64), *p;
	size_t shown = len < SHOWN_MAX ? len : SHOWN_MAX;
	int start;

	if (!line)
		return;
	start = sprintf(line, "%s %u \"", what, v->number);
	p = line + start + escape(line + start, bytes, len);
	memcpy(p, "\"\n", 2);
	put_line(log_fd, line, (size_t)(p + 2 - line));
	p = line + start + escape(line + start, bytes, shown);
	memcpy(p, "\"\n", 2);
	put_line(STDOUT_FILENO, line, (size_t)(p + 2 - line));
	free(line);
}

static void set_end(struct visit *v, ssize_t got, int error)
{
	if (v->end)
		return;
	if (v->ssl)
		v->end = SSL_get_shutdown(v->ssl) & SSL_RECEIVED_SHUTDOWN ? 'c'
		         : error == ECONNRESET                            ? 'r'
		                                                          : 'k';
	else
		v->end = got == 0 ? 'c' : 'r';
	visit_log(v, "end", v->end == 'c' ? "clean" : v->end == 'k' ? "cut" : "reset");
}

bool visit_fill(struct visit *v)
{
	ssize_t n;
	size_t room;

	if (v->from > 0) {
		memmove(v->buffer, v->buffer + v->from, v->to - v->from);
		v->to -= v->from;
		v->from = 0;
	}
	room = ORIGIN_BUFFER - v->to;
	if (room == 0 || v->end)
		return false;
	do {
		errno = 0;
		n = v->ssl ? SSL_read(v->ssl, v->buffer + v->to, (int)room)
		           : recv(v->fd, v->buffer + v->to, room, 0);
	} while (n < 0 && errno == EINTR);
	if (n <= 0) {
		set_end(v, n, errno);
		ERR_clear_error();
		return false;
	}
	v->to += (size_t)n;
	return true;
}

bool visit_send(struct visit *v, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	while (len > 0) {
		ssize_t n = v->ssl ? SSL_write(v->ssl, p, len > 1 << 20 ? 1 << 20 : (int)len)
		                   : send(v->fd, p, len, MSG_NOSIGNAL);

		if (n <= 0) {
			if (!v->ssl && errno == EINTR)
				continue;
			ERR_clear_error();
			if (!v->end) {
				v->end = 'r';
				visit_log(v, "end", "reset");
			}
			return false;
		}
		p += n;
		len -= (size_t)n;
	}
	return true;
}

bool visit_say(struct visit *v, const char *format, ...)
{
	char text[8192];
	va_list list;
	int len;

	va_start(list, format);
	len = vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	return len >= 0 && (size_t)len < sizeof(text) && visit_send(v, text, (size_t)len);
}

void visit_close(struct visit *v, enum origin_after how)
{
	const struct linger now = {.l_onoff = 1};
	char sink[4096];

	if (how == ORIGIN_RESET)
		setsockopt(v->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	else if (v->ssl && how == ORIGIN_CLOSE)
		SSL_shutdown(v->ssl);
	if (how != ORIGIN_RESET) {
		/* What still lies there unread would make a RST of this end. */
		shutdown(v->fd, SHUT_WR);
		while (!v->end && recv(v->fd, sink, sizeof(sink), MSG_DONTWAIT) > 0)
			;
	}
	SSL_free(v->ssl);
	v->ssl = NULL;
	close(v->fd);
	ERR_clear_error();
}
