/* SPDX-License-Identifier: ISC */
/* transfer.c: see transfer.h. */
#include "lab/transfer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK     65536
#define COUNT_MAX 1000000000000000u

/* splitmix64: eight bytes at a time, each word unrelated to its neighbours. */
static uint64_t word_at(uint64_t seed, uint64_t index)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15u + index + 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

void transfer_fill(uint64_t seed, uint64_t at, uint8_t *out, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++, at++) {
		if (!i || at % 8 == 0)
			word = word_at(seed, at / 8);
		out[i] = (uint8_t)(word >> at % 8 * 8);
	}
}

/* What errno says about a call that failed. */
static enum transfer_status broken(struct transfer *t)
{
	t->error = errno;
	return t->error == EAGAIN ? TRANSFER_STALLED : TRANSFER_BROKEN;
}

enum transfer_status transfer_send(int fd, struct transfer *t)
{
	uint8_t buf[CHUNK];

	while (t->done < t->count) {
		size_t n = t->count - t->done < CHUNK ? (size_t)(t->count - t->done) : CHUNK;

		transfer_fill(t->seed, t->done, buf, n);
		for (size_t sent = 0; sent < n;) {
			ssize_t k = send(fd, buf + sent, n - sent, MSG_NOSIGNAL);

			if (k < 0 && errno == EINTR)
				continue;
			if (k < 0)
				return broken(t);
			sent += (size_t)k;
			t->done += (uint64_t)k;
		}
	}
	return shutdown(fd, SHUT_WR) ? broken(t) : TRANSFER_OK;
}

enum transfer_status transfer_receive(int fd, struct transfer *t)
{
	uint8_t buf[CHUNK], right[CHUNK];

	for (;;) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return broken(t);
		if (n == 0)
			return t->done < t->count ? TRANSFER_SHORT : TRANSFER_OK;
		transfer_fill(t->seed, t->done, right, (size_t)n);
		for (ssize_t i = 0; i < n; i++, t->done++) {
			if (t->done == t->count)
				return TRANSFER_LONG;
			if (buf[i] != right[i])
				return TRANSFER_WRONG;
		}
	}
}

/* One byte at a time: what is behind the line belongs to somebody else. */
bool transfer_read_line(int fd, char line[TRANSFER_LINE])
{
	for (size_t len = 0; len < TRANSFER_LINE;) {
		ssize_t n = recv(fd, line + len, 1, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (n == 0)
			break;
		if (line[len] == '\n') {
			line[len] = '\0';
			return true;
		}
		len++;
	}
	errno = 0;
	return false;
}

bool transfer_write_line(int fd, const char *line)
{
	char buf[TRANSFER_LINE];
	int n = snprintf(buf, sizeof(buf), "%s\n", line);

	return n > 0 && (size_t)n < sizeof(buf) && send(fd, buf, (size_t)n, MSG_NOSIGNAL) == n;
}

static bool take_number(const char **s, uint64_t most, uint64_t *out)
{
	const char *p = *s;
	uint64_t n = 0;

	if (*p++ != ' ' || *p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (uint64_t)(*p - '0');
		if (n > most)
			return false;
	}
	*s = p;
	*out = n;
	return true;
}

bool transfer_parse(const char *line, char verb[8], struct transfer *t)
{
	size_t len = strcspn(line, " ");
	const char *p = line + len;

	if (!len || len >= 8)
		return false;
	memcpy(verb, line, len);
	verb[len] = '\0';
	*t = (struct transfer){0};
	return take_number(&p, COUNT_MAX, &t->count) && take_number(&p, COUNT_MAX, &t->seed) && !*p;
}

char *transfer_say(enum transfer_status st, const struct transfer *t, char *out)
{
	unsigned long long done = t->done, count = t->count;

	switch (st) {
	case TRANSFER_OK:
		snprintf(out, TRANSFER_LINE, "ok %llu", count);
		break;
	case TRANSFER_WRONG:
		snprintf(out, TRANSFER_LINE, "byte %llu is wrong", done);
		break;
	case TRANSFER_SHORT:
		snprintf(out, TRANSFER_LINE, "ended after %llu of %llu bytes", done, count);
		break;
	case TRANSFER_LONG:
		snprintf(out, TRANSFER_LINE, "more than %llu bytes came", count);
		break;
	case TRANSFER_STALLED:
		snprintf(out, TRANSFER_LINE, "stalled after %llu of %llu bytes", done, count);
		break;
	case TRANSFER_BROKEN:
		snprintf(out, TRANSFER_LINE, "%.30s after %llu bytes", strerror(t->error), done);
		break;
	}
	return out;
}
