/* SPDX-License-Identifier: ISC */
/* origin_http.c: requests are read, loosely, and given to those who answer them. */
#include "lab/world/origin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ECHO_MAX 65536 /* bytes of a body that are sent back */

/* ---- heads ---- */

bool request_field(const struct request *r, const char *name, char *out, size_t size)
{
	const char *line = strstr(r->head, "\r\n");
	size_t len = strlen(name);

	while (line && line[2] && line[2] != '\r') {
		const char *end = strstr(line + 2, "\r\n");

		line += 2;
		if (!end)
			return false;
		if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
			line += len + 1;
			while (*line == ' ' || *line == '\t')
				line++;
			snprintf(out, size, "%.*s", (int)(end - line), line);
			return true;
		}
		line = end;
	}
	return false;
}

/* The end of a head in what was read, or NULL. */
static const uint8_t *head_end(const struct visit *v)
{
	const uint8_t *end = memmem(v->buffer + v->from, v->to - v->from, "\r\n\r\n", 4);

	return end ? end + 4 : NULL;
}

/* The part of a path up to the next / or the path's end; where it goes on. */
static const char *path_part(const char *p, char *out, size_t size)
{
	size_t len = strcspn(p, "/? \r\n");

	snprintf(out, size, "%.*s", (int)len, p);
	return p[len] == '/' ? p + len + 1 : p + len;
}

static void read_way(struct request *r)
{
	const char *p = strchr(r->head, ' ');
	size_t len;

	if (!p || strncmp(p + 1, "/do/", 4) != 0)
		return;
	p = path_part(p + 5, r->way, sizeof(r->way));
	len = strcspn(p, "? \r\n");
	snprintf(r->arg, sizeof(r->arg), "%.*s", (int)len, p);
}

/* The next request's head. False at the end of the connection. */
static bool read_head(struct visit *v, struct request *r)
{
	const uint8_t *end;
	char value[64];

	while (!(end = head_end(v))) {
		if (visit_fill(v))
			continue;
		if (v->to > v->from)
			visit_log_bytes(v, "odd", v->buffer + v->from, v->to - v->from);
		return false;
	}
	memset(r, 0, sizeof(*r));
	r->head_len = (size_t)(end - v->buffer) - v->from;
	r->head = malloc(r->head_len + 1);
	if (!r->head)
		return false;
	memcpy(r->head, v->buffer + v->from, r->head_len);
	r->head[r->head_len] = '\0';
	v->from += r->head_len;
	visit_log_bytes(v, "hit", r->head, r->head_len);
	r->is_head = strncmp(r->head, "HEAD ", 5) == 0;
	r->chunked = request_field(r, "Transfer-Encoding", value, sizeof(value));
	if (!r->chunked && request_field(r, "Content-Length", value, sizeof(value)))
		r->length = strtoull(value, NULL, 10);
	r->body_over = !r->chunked && r->length == 0;
	read_way(r);
	return true;
}

/* ---- bodies ---- */

/* A line of the chunked coding, without its CR LF. False when there is none. */
static bool read_line(struct visit *v, char *out, size_t size)
{
	const uint8_t *end;

	while (!(end = memmem(v->buffer + v->from, v->to - v->from, "\r\n", 2)))
		if (!visit_fill(v))
			return false;
	snprintf(out, size, "%.*s", (int)(end - v->buffer - (ptrdiff_t)v->from),
	         (const char *)v->buffer + v->from);
	v->from = (size_t)(end - v->buffer) + 2;
	return true;
}

/* The size of the next chunk, trailers and all behind the last one. */
static bool next_chunk(struct visit *v, struct request *r)
{
	char line[1024];

	if (r->got > 0 && (!read_line(v, line, sizeof(line)) || line[0]))
		return false;
	if (!read_line(v, line, sizeof(line)))
		return false;
	r->chunk = strtoull(line, NULL, 16);
	r->body_over = r->chunk == 0;
	while (r->body_over && read_line(v, line, sizeof(line)) && line[0])
		;
	return true;
}

size_t request_body(struct visit *v, struct request *r, uint8_t *out, size_t size)
{
	uint64_t left;
	size_t len;

	if (r->body_over || (r->chunked && r->chunk == 0 && !next_chunk(v, r)) || r->body_over)
		return 0;
	if (v->from == v->to && !visit_fill(v))
		return 0;
	left = r->chunked ? r->chunk : r->length - r->got;
	len = v->to - v->from < size ? v->to - v->from : size;
	if (len > left)
		len = (size_t)left;
	memcpy(out, v->buffer + v->from, len);
	v->from += len;
	r->got += len;
	if (r->chunked)
		r->chunk -= len;
	else
		r->body_over = r->got == r->length;
	return len;
}

/* What nobody has asked for. */
static bool skip_body(struct visit *v, struct request *r)
{
	uint8_t sink[4096];
	char line[32];

	while (request_body(v, r, sink, sizeof(sink)) > 0)
		;
	if (r->got > 0) {
		snprintf(line, sizeof(line), "%llu", (unsigned long long)r->got);
		visit_log(v, "body", line);
		r->got = r->body_over ? 0 : r->got; /* it is told once */
	}
	return r->body_over;
}

/* ---- replies ---- */

static enum origin_after echo(struct visit *v, struct request *r)
{
	uint8_t *body = malloc(ECHO_MAX);
	size_t len = 0, n;
	bool ok;

	while (body && len < ECHO_MAX && (n = request_body(v, r, body + len, ECHO_MAX - len)) > 0)
		len += n;
	ok = body && skip_body(v, r) &&
	     visit_say(v,
	               "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nServer: origin\r\n"
	               "Content-Length: %zu\r\n\r\n",
	               r->head_len + len) &&
	     (r->is_head || (visit_send(v, r->head, r->head_len) && visit_send(v, body, len)));
	free(body);
	return ok ? ORIGIN_KEEP : ORIGIN_CUT;
}

static enum origin_after no_such_way(struct visit *v)
{
	static const char text[] = "there is no such way, see origin ways\n";

	return visit_say(v, "HTTP/1.1 404 Not Found\r\nContent-Length: %zu\r\n\r\n%s",
	                 sizeof(text) - 1, text)
	               ? ORIGIN_KEEP
	               : ORIGIN_CUT;
}

void origin_serve(struct visit *v)
{
	enum origin_after after = ORIGIN_KEEP;
	struct request r;
	char value[64];

	if (strcmp(v->name, "unasked.bad.test") == 0)
		visit_say(v, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nunasked");
	while (after == ORIGIN_KEEP && read_head(v, &r)) {
		if (!r.way[0])
			after = echo(v, &r);
		else if (!origin_way(v, &r, &after) && !origin_raw(v, &r, &after))
			after = no_such_way(v);
		if (after == ORIGIN_KEEP && !skip_body(v, &r))
			after = ORIGIN_CUT;
		if (after == ORIGIN_KEEP && request_field(&r, "Connection", value, sizeof(value)) &&
		    strcasecmp(value, "close") == 0)
			after = ORIGIN_CLOSE;
		free(r.head);
	}
	visit_close(v, after == ORIGIN_KEEP ? ORIGIN_CLOSE : after);
}
