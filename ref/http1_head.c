/* SPDX-License-Identifier: ISC */
/* http1_head.c: the head of a request, byte by byte, then line by line. */
#include "ref/http1_head.h"

#include "ref/http1_field.h"
#include "ref/http1_line.h"

static bool is(struct rd word, const char *text)
{
	return word.n == strlen(text) && !memcmp(word.p, text, word.n);
}

/* ---- bytes ---- */

static enum http1_reason method_byte(struct http1_head *head, uint8_t c)
{
	if (c == '\r')
		return head->scanned ? HTTP1_REQUEST_LINE : HTTP1_EMPTY_LINE;
	if (c == ' ') {
		head->method = http1_span_of(0, head->scanned);
		head->target.at = (uint16_t)(head->scanned + 1);
		head->part = HTTP1_IN_TARGET;
		return head->scanned ? HTTP1_NONE : HTTP1_REQUEST_SPACE;
	}
	if (!http1_is_tchar(c))
		return HTTP1_METHOD;
	if (c >= 'a' && c <= 'z')
		return HTTP1_METHOD_CASE;
	return head->scanned < HTTP1_METHOD_MAX ? HTTP1_NONE : HTTP1_METHOD_LONG;
}

static enum http1_reason target_byte(struct http1_head *head, uint8_t c)
{
	if (c == '\r')
		return HTTP1_HTTP09;
	if (c == ' ') {
		head->target = http1_span_of(head->target.at, head->scanned);
		head->part = HTTP1_IN_VERSION;
		return head->target.len ? HTTP1_NONE : HTTP1_REQUEST_SPACE;
	}
	if (c == '#')
		return HTTP1_TARGET_FRAGMENT;
	if (c >= 0x80)
		return HTTP1_TARGET_NON_ASCII;
	if (c == '"' || c == '<' || c == '>')
		return HTTP1_TARGET_CHARACTER;
	return head->scanned - head->target.at < HTTP1_TARGET_MAX ? HTTP1_NONE : HTTP1_TARGET_LONG;
}

/* What may not stand where it stands, before anybody asks what the line says. */
static enum http1_reason take_byte(struct http1_head *head, uint8_t c, bool after_cr)
{
	const enum http1_reason reason = http1_line_byte(c, after_cr,
	                                                 head->part == HTTP1_IN_FIELDS);

	if (reason)
		return reason;
	if (head->part == HTTP1_IN_METHOD)
		return method_byte(head, c);
	if (head->part == HTTP1_IN_TARGET)
		return target_byte(head, c);
	return head->part == HTTP1_IN_VERSION && c == ' ' ? HTTP1_REQUEST_SPACE : HTTP1_NONE;
}

/* ---- the request line ---- */

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static enum http1_reason take_version(struct http1_head *head, struct rd bytes, struct rd version)
{
	const uint8_t *p = version.p;

	if (version.n != strlen("HTTP/1.1") || memcmp(p, "HTTP/", 5) != 0 || !is_digit(p[5]) ||
	    p[6] != '.' || !is_digit(p[7]))
		return HTTP1_VERSION_SYNTAX;
	if (is(version, "HTTP/2.0") && is(http1_at(bytes, head->method), "PRI"))
		return HTTP1_HTTP2_PREFACE;
	if (p[5] != '1' || p[7] > '1')
		return HTTP1_VERSION;
	head->minor = (uint8_t)(p[7] - '0');
	head->close = head->minor == 0;
	return HTTP1_NONE;
}

static void split_query(struct http1_head *head, struct rd bytes, struct http1_span rest)
{
	const size_t mark = http1_find(bytes, rest, '?'), end = http1_span_end(rest);

	head->path = http1_span_of(rest.at, mark);
	head->has_query = mark < end;
	if (head->has_query)
		head->query = http1_span_of(mark + 1, end);
}

static bool starts_with(struct rd target, const char *lower)
{
	struct rd start;

	return rd_sub(&target, strlen(lower), &start) && http1_same(start, lower);
}

static enum http1_reason take_absolute(struct http1_head *head, struct rd bytes)
{
	const struct rd target = http1_at(bytes, head->target);
	const size_t end = http1_span_end(head->target);
	struct http1_span rest;
	size_t slash, mark;

	head->form = HTTP1_ABSOLUTE;
	head->https = starts_with(target, "https://");
	if (!head->https && !starts_with(target, "http://"))
		return HTTP1_TARGET_FORM;
	rest = http1_span_of(head->target.at + strlen(head->https ? "https://" : "http://"), end);
	slash = http1_find(bytes, rest, '/');
	mark = http1_find(bytes, rest, '?');
	head->authority = http1_span_of(rest.at, slash < mark ? slash : mark);
	split_query(head, bytes, http1_span_of(http1_span_end(head->authority), end));
	return HTTP1_NONE;
}

static enum http1_reason take_target(struct http1_head *head, struct rd bytes)
{
	const struct rd target = http1_at(bytes, head->target);
	const struct rd method = http1_at(bytes, head->method);
	struct http1_host host;
	enum http1_reason reason = HTTP1_NONE;

	if (is(method, "CONNECT")) {
		head->form = HTTP1_AUTHORITY;
		head->authority = head->target;
	} else if (starts_with(target, "/")) {
		head->form = HTTP1_ORIGIN;
		split_query(head, bytes, head->target);
	} else if (is(target, "*")) {
		head->form = HTTP1_ASTERISK;
		reason = is(method, "OPTIONS") ? HTTP1_NONE : HTTP1_TARGET_FORM;
	} else {
		reason = take_absolute(head, bytes);
	}
	if (reason || (head->form != HTTP1_AUTHORITY && head->form != HTTP1_ABSOLUTE))
		return reason;
	reason = http1_host_parse(http1_at(bytes, head->authority), &host);
	return !reason && head->form == HTTP1_AUTHORITY && !host.port ? HTTP1_HOST_PORT : reason;
}

/* ---- fields ---- */

static enum http1_reason take_field(struct http1_head *head, struct rd bytes,
                                    struct http1_span line)
{
	const enum http1_reason reason = http1_line_field(head, bytes, line);

	return reason ? reason : http1_field_take(head, bytes, head->fields[head->field_count - 1]);
}

/* ---- the end ---- */

static uint16_t port_of(const struct http1_host *host, uint16_t otherwise)
{
	return host->port ? host->port : otherwise;
}

/* Whether the target's authority is that of the Host field. */
static bool names_host(const struct http1_head *head, struct rd bytes)
{
	struct http1_host target;
	uint16_t port;

	if (http1_host_parse(http1_at(bytes, head->authority), &target))
		return false;
	port = head->form == HTTP1_AUTHORITY ? target.port : head->https ? 443 : 80;
	return target.kind == head->host.kind && !strcmp(target.name, head->host.name) &&
	       port_of(&target, port) == port_of(&head->host, port);
}

static enum http1_reason finish(struct http1_head *head, struct rd bytes)
{
	head->part = HTTP1_DONE;
	if (!head->has_host)
		return HTTP1_HOST_MISSING;
	if (head->form == HTTP1_AUTHORITY && head->framing != HTTP1_BODY_NONE)
		return HTTP1_CONNECT_BODY;
	if (head->authority.len && !names_host(head, bytes))
		return HTTP1_HOST_OTHER;
	return HTTP1_NONE;
}

/* A line is complete; CRLF are its last two bytes, the last that were looked at. */
static enum http1_reason take_line(struct http1_head *head, struct rd bytes)
{
	const struct http1_span line = http1_span_of(head->line, head->scanned - 2U);
	size_t version;
	enum http1_reason reason;

	head->line = head->scanned;
	if (head->part == HTTP1_IN_FIELDS)
		return line.len ? take_field(head, bytes, line) : finish(head, bytes);
	version = http1_span_end(head->target) + 1;
	head->part = HTTP1_IN_FIELDS;
	reason = take_version(head, bytes,
	                      http1_at(bytes, http1_span_of(version, http1_span_end(line))));
	return reason ? reason : take_target(head, bytes);
}

enum http1_answer http1_head_parse(struct http1_head *head, struct rd bytes)
{
	while (!head->reason && head->part != HTTP1_DONE && head->scanned < bytes.n) {
		const size_t at = head->scanned;
		const bool after_cr = at > head->line && bytes.p[at - 1] == '\r';

		head->reason = take_byte(head, bytes.p[at], after_cr);
		head->scanned++;
		if (!head->reason && bytes.p[at] == '\n')
			head->reason = take_line(head, bytes);
		if (!head->reason && head->part != HTTP1_DONE && head->scanned == HTTP1_HEAD_MAX)
			head->reason = HTTP1_HEAD_LONG;
	}
	if (head->reason)
		return HTTP1_BAD;
	return head->part == HTTP1_DONE ? HTTP1_OK : HTTP1_MORE;
}
