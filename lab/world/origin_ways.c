/* SPDX-License-Identifier: ISC */
/* origin_ways.c: replies that are something done: much, slow, without end, in both directions. */
#include "lab/world/origin.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BLOCK     65536
#define WEBSOCKET "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* RFC 6455 section 1.3 */

void origin_pattern(uint64_t offset, uint8_t *out, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	static const char rest[] = " the quick brown fox jumps over the lazy dog...\n";
	size_t i;

	for (i = 0; i < len; i++) {
		uint64_t at = offset + i;
		unsigned in = at % 64;

		if (in == 0 && len - i >= 64) {
			int shift;

			for (shift = 60; shift >= 0; shift -= 4)
				*out++ = (uint8_t)digits[at >> shift & 15];
			memcpy(out, rest, 48);
			out += 48;
			i += 63;
		} else {
			*out++ = (uint8_t)(in < 16 ? digits[(at - in) >> (60 - 4 * in) & 15]
			                           : rest[in - 16]);
		}
	}
}

static void pause_ms(unsigned long ms)
{
	const struct timespec t = {.tv_sec = (time_t)(ms / 1000),
	                           .tv_nsec = (long)(ms % 1000) * 1000000};

	nanosleep(&t, NULL);
}

static uint64_t number(const struct request *r, uint64_t otherwise)
{
	return r->arg[0] ? strtoull(r->arg, NULL, 10) : otherwise;
}

static bool has_gone(struct visit *v)
{
	struct pollfd fd = {.fd = v->fd, .events = POLLIN | POLLRDHUP};

	return poll(&fd, 1, 0) > 0 && (fd.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

/* ---- much ---- */

static enum origin_after length(struct visit *v, struct request *r)
{
	uint64_t count = number(r, 1000), at;
	uint8_t block[BLOCK];

	if (!visit_say(v, "HTTP/1.1 200 OK\r\nContent-Length: %llu\r\n\r\n",
	               (unsigned long long)count))
		return ORIGIN_CUT;
	for (at = 0; at < count && !r->is_head; at += BLOCK) {
		size_t len = count - at < BLOCK ? (size_t)(count - at) : BLOCK;

		origin_pattern(at, block, len);
		if (!visit_send(v, block, len))
			return ORIGIN_CUT;
	}
	return ORIGIN_KEEP;
}

static bool send_chunk(struct visit *v, uint64_t at, size_t len)
{
	uint8_t block[BLOCK];

	origin_pattern(at, block, len);
	return visit_say(v, "%zx\r\n", len) && visit_send(v, block, len) &&
	       visit_send(v, "\r\n", 2);
}

static enum origin_after chunked(struct visit *v, struct request *r)
{
	uint64_t count = number(r, 1000), at = 0;
	size_t next = 1;

	if (!visit_say(v, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
		return ORIGIN_CUT;
	if (r->is_head)
		return ORIGIN_KEEP;
	while (at < count) { /* of all lengths */
		size_t len = count - at < next ? (size_t)(count - at) : next;

		if (!send_chunk(v, at, len))
			return ORIGIN_CUT;
		at += len;
		next = next * 3 % (BLOCK - 1) + 1;
	}
	return visit_say(v, "0\r\n\r\n") ? ORIGIN_KEEP : ORIGIN_CUT;
}

/* Counts what is uploaded, and looks whether it is the laboratory's bytes. */
static enum origin_after count(struct visit *v, struct request *r)
{
	uint8_t block[BLOCK], right[BLOCK];
	uint64_t at = 0, wrong = UINT64_MAX;
	char text[128], line[32], expect[32];
	size_t len;

	if (request_field(r, "Expect", expect, sizeof(expect)) &&
	    !visit_say(v, "HTTP/1.1 100 Continue\r\n\r\n"))
		return ORIGIN_CUT;
	while ((len = request_body(v, r, block, sizeof(block))) > 0) {
		origin_pattern(at, right, len);
		if (wrong == UINT64_MAX && memcmp(block, right, len) != 0)
			wrong = at;
		at += len;
	}
	snprintf(line, sizeof(line), "%llu", (unsigned long long)at);
	visit_log(v, "body", line);
	if (!r->body_over)
		return ORIGIN_CUT;
	r->got = 0; /* it is in the log */
	if (wrong == UINT64_MAX)
		snprintf(text, sizeof(text), "%llu bytes, all right\n", (unsigned long long)at);
	else
		snprintf(text, sizeof(text), "%llu bytes, wrong from %llu on\n",
		         (unsigned long long)at, (unsigned long long)wrong);
	return visit_say(v, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(text), text)
	               ? ORIGIN_KEEP
	               : ORIGIN_CUT;
}

/* ---- without end ---- */

static enum origin_after endless_head(struct visit *v, struct request *r)
{
	unsigned i = 0;

	(void)r;
	if (!visit_say(v, "HTTP/1.1 200 OK\r\n"))
		return ORIGIN_CUT;
	while (visit_say(v, "X-Line-%u: and there is more\r\n", i++))
		;
	return ORIGIN_CUT;
}

static enum origin_after endless_line(struct visit *v, struct request *r)
{
	(void)r;
	if (!visit_say(v, "HTTP/1.1 200 OK\r\nX-Line: "))
		return ORIGIN_CUT;
	while (visit_say(v, "and there is more, "))
		;
	return ORIGIN_CUT;
}

static enum origin_after endless_body(struct visit *v, struct request *r)
{
	uint64_t at;

	(void)r;
	if (!visit_say(v, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
		return ORIGIN_CUT;
	for (at = 0; send_chunk(v, at, BLOCK); at += BLOCK)
		;
	return ORIGIN_CUT;
}

static enum origin_after endless_extension(struct visit *v, struct request *r)
{
	(void)r;
	if (!visit_say(v, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a="))
		return ORIGIN_CUT;
	while (visit_say(v, "andthereismore"))
		;
	return ORIGIN_CUT;
}

static enum origin_after endless_trailer(struct visit *v, struct request *r)
{
	unsigned i = 0;

	(void)r;
	if (!visit_say(v,
	               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"))
		return ORIGIN_CUT;
	while (visit_say(v, "X-Line-%u: and there is more\r\n", i++))
		;
	return ORIGIN_CUT;
}

/* ARG of them (10000), and then the reply. */
static enum origin_after continues(struct visit *v, struct request *r)
{
	uint64_t left = number(r, 10000);

	while (left-- > 0)
		if (!visit_say(v, "HTTP/1.1 100 Continue\r\n\r\n"))
			return ORIGIN_CUT;
	return visit_say(v, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") ? ORIGIN_KEEP
	                                                                         : ORIGIN_CUT;
}

/* ---- slow ---- */

static enum origin_after silent(struct visit *v, struct request *r)
{
	(void)r;
	while (visit_fill(v))
		v->from = v->to = 0;
	return ORIGIN_CUT;
}

/* The reply after ARG milliseconds. */
static enum origin_after late(struct visit *v, struct request *r)
{
	pause_ms(number(r, 500));
	return visit_say(v, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") ? ORIGIN_KEEP
	                                                                         : ORIGIN_CUT;
}

/* Byte by byte, ARG milliseconds between; the head, or of a body of 100 bytes each. */
static enum origin_after drip(struct visit *v, struct request *r)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
	bool slow_head = strcmp(r->way, "drip-head") == 0;
	uint8_t body[100];
	size_t i;

	origin_pattern(0, body, sizeof(body));
	if (!slow_head && !visit_send(v, head, sizeof(head) - 1))
		return ORIGIN_CUT;
	for (i = 0; slow_head && i < sizeof(head) - 1; i++, pause_ms(number(r, 10)))
		if (has_gone(v) || !visit_send(v, head + i, 1))
			return ORIGIN_CUT;
	if (slow_head)
		return visit_send(v, body, sizeof(body)) ? ORIGIN_KEEP : ORIGIN_CUT;
	for (i = 0; i < sizeof(body); i++, pause_ms(number(r, 10)))
		if (has_gone(v) || !visit_send(v, body + i, 1))
			return ORIGIN_CUT;
	return ORIGIN_KEEP;
}

/* ---- in both directions ---- */

/* Answers before the body is there, and reads none of it. */
static enum origin_after early(struct visit *v, struct request *r)
{
	(void)r;
	return visit_say(v, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 6\r\nConnection: "
	                    "close\r\n\r\nearly\n")
	               ? ORIGIN_CLOSE
	               : ORIGIN_CUT;
}

/* The same, and goes on reading. */
static enum origin_after early_keep(struct visit *v, struct request *r)
{
	(void)r;
	return visit_say(v, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nearly\n") ? ORIGIN_KEEP
	                                                                           : ORIGIN_CUT;
}

/* Takes ARG bytes of the body, and is gone. */
static enum origin_after leave(struct visit *v, struct request *r)
{
	uint64_t most = number(r, 1000);
	uint8_t block[BLOCK];

	while (r->got < most && request_body(v, r, block, sizeof(block)) > 0)
		;
	return strcmp(r->way, "leave-reset") == 0 ? ORIGIN_RESET : ORIGIN_CUT;
}

static enum origin_after redirect(struct visit *v, struct request *r)
{
	return visit_say(v,
	                 "HTTP/1.1 302 Found\r\nLocation: http://%s\r\nContent-Length: 0\r\n\r\n",
	                 r->arg[0] ? r->arg : "169.254.169.254/latest/")
	               ? ORIGIN_KEEP
	               : ORIGIN_CUT;
}

/* A handshake as it should be, and then every byte comes back as it is, until the visitor ends. */
static enum origin_after websocket(struct visit *v, struct request *r)
{
	unsigned char sum[SHA_DIGEST_LENGTH];
	char key[64], both[128], accept[64];

	if (!request_field(r, "Sec-WebSocket-Key", key, sizeof(key)))
		return visit_say(v, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
		               ? ORIGIN_KEEP
		               : ORIGIN_CUT;
	snprintf(both, sizeof(both), "%s%s", key, WEBSOCKET);
	SHA1((const unsigned char *)both, strlen(both), sum);
	EVP_EncodeBlock((unsigned char *)accept, sum, sizeof(sum));
	if (!visit_say(v,
	               "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	               "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
	               accept))
		return ORIGIN_CUT;
	do {
		if (!visit_send(v, v->buffer + v->from, v->to - v->from))
			return ORIGIN_CUT;
		v->from = v->to = 0;
	} while (visit_fill(v));
	return ORIGIN_CLOSE;
}

static const struct way {
	const char *name;
	enum origin_after (*act)(struct visit *v, struct request *r);
	const char *words;
} ways[] = {
        {"length", length, "/N: N of the laboratory's bytes, counted (origin check N knows them)"},
        {"chunked", chunked, "/N: the same in chunks of all lengths"},
        {"count", count,
         "says how many bytes were sent to it, and whether they are the laboratory's"},
        {"endless-head", endless_head, "fields without end"},
        {"endless-line", endless_line, "one field without end"},
        {"endless-body", endless_body, "chunks without end"},
        {"endless-extension", endless_extension, "a chunk's extension without end"},
        {"endless-trailer", endless_trailer, "trailers without end"},
        {"continues", continues, "/N: N times 100 Continue (10000), and then a reply"},
        {"silent", silent, "says nothing until the visitor ends"},
        {"late", late, "/MS: a reply after MS milliseconds (500)"},
        {"drip", drip, "/MS: 100 bytes of body, one every MS milliseconds (10)"},
        {"drip-head", drip, "/MS: the same with the head"},
        {"early", early, "413 before the body, of which nothing is read"},
        {"early-keep", early_keep, "200 before the body"},
        {"leave", leave, "/N: reads N bytes of the body and closes (1000)"},
        {"leave-reset", leave, "/N: the same, with RST"},
        {"redirect", redirect, "/WHERE: 302 to http://WHERE (169.254.169.254/latest/)"},
        {"websocket", websocket, "switches, and sends back what comes"},
};

bool origin_way(struct visit *v, struct request *r, enum origin_after *after)
{
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(ways[i].name, r->way) == 0) {
			*after = ways[i].act(v, r);
			return true;
		}
	return false;
}

void origin_way_list(char *out, size_t size)
{
	size_t i, at = 0;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]) && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s %s\n", ways[i].name, ways[i].words);
}
