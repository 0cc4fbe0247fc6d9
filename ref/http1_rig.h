/* SPDX-License-Identifier: ISC */
/* http1_rig.h: for tests only. Parses a head whole, byte by byte and cut in two at every place, each
 * time at another address and flush against an unreadable page. The test includes cmocka first. */
#ifndef REF_HTTP1_RIG_H
#define REF_HTTP1_RIG_H

#include "bytes/guard.h"
#include "ref/http1_head.h"

#define GET  "GET / HTTP/1.1\r\n"
#define HOST "Host: a.example\r\n"
#define POST "POST / HTTP/1.1\r\n" HOST
#define END  "\r\n"

#define ROOM ((size_t)3 * HTTP1_HEAD_MAX)

static struct guard room; /* its last bytes are those that a parser sees */

static inline int open_room(void **state)
{
	static const uint8_t zeros[ROOM];

	(void)state;
	room = guard_copy(zeros, sizeof(zeros));
	return 0;
}

static inline int close_room(void **state)
{
	(void)state;
	guard_free(&room);
	return 0;
}

/* The first `n` bytes, at another address each time and flush against the unreadable page. */
static inline struct rd place(const void *bytes, size_t n)
{
	uint8_t *p = room.p + ROOM - n;

	assert_true(n <= ROOM);
	if (n)
		memcpy(p, bytes, n);
	return rd_of(p, n);
}

static inline enum http1_answer feed(struct http1_head *head, const void *bytes, size_t n)
{
	return http1_head_parse(head, place(bytes, n));
}

/* Parses in all ways and finds the same each time. `*head` is the result. */
static inline enum http1_answer parse_n(const void *bytes, size_t n, struct http1_head *head)
{
	static struct http1_head other;
	enum http1_answer answer;
	size_t needed;

	memset(head, 0, sizeof(*head));
	answer = feed(head, bytes, n);
	needed = answer == HTTP1_MORE ? n + 1 : head->scanned;

	memset(&other, 0, sizeof(other));
	for (size_t i = 0; i <= n; i++)
		assert_int_equal(feed(&other, bytes, i), i < needed ? HTTP1_MORE : answer);
	assert_memory_equal(&other, head, sizeof(other));
	for (size_t cut = 0; cut <= n; cut++) {
		memset(&other, 0, sizeof(other));
		assert_int_equal(feed(&other, bytes, cut), cut < needed ? HTTP1_MORE : answer);
		assert_int_equal(feed(&other, bytes, n), answer);
		assert_memory_equal(&other, head, sizeof(other));
	}
	return answer;
}

static inline enum http1_answer parse(const char *text, struct http1_head *head)
{
	return parse_n(text, strlen(text), head);
}

static inline enum http1_reason bad_n(const void *bytes, size_t n)
{
	struct http1_head head;

	return parse_n(bytes, n, &head) == HTTP1_BAD ? head.reason : HTTP1_NONE;
}

#endif
