/* SPDX-License-Identifier: ISC */
/* http1_reply.c: the head of a reply, byte by byte, then line by line. */
#include "ref/http1_reply.h"

#include "ref/http1_field.h"
#include "ref/http1_line.h"

/* Where things stand in "HTTP/1.1 200 OK". */
enum { AT_MAJOR = 5, AT_DOT = 6, AT_MINOR = 7, AT_SPACE = 8, AT_CODE = 9, AT_WORDS = 12 };

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* A byte of the status line, CR in front of its end included; behind the status all are right. */
static enum http1_reason status_byte(struct http1_reply *reply, size_t at, uint8_t c)
{
	static const char start[] = "HTTP/";
	bool right = true;

	if (at < AT_MAJOR)
		right = c == (uint8_t)start[at];
	else if (at == AT_DOT)
		right = c == '.';
	else if (at == AT_SPACE || at == AT_WORDS)
		right = c == ' ' || (at == AT_WORDS && c == '\r');
	else if (at < AT_WORDS)
		right = is_digit(c);
	if (!right)
		return HTTP1_STATUS_LINE;
	if ((at == AT_MAJOR && c != '1') || (at == AT_MINOR && c > '1'))
		return HTTP1_VERSION;
	if (at == AT_MINOR)
		reply->head.minor = (uint8_t)(c - '0');
	if (at == AT_CODE && (c < '1' || c > '5'))
		return HTTP1_STATUS;
	if (at >= AT_CODE && at < AT_WORDS)
		reply->status = (uint16_t)(reply->status * 10 + c - '0');
	return HTTP1_NONE;
}

static enum http1_reason take_byte(struct http1_reply *reply, size_t at, uint8_t c, bool after_cr)
{
	const enum http1_reason reason = http1_line_byte(c, after_cr, at > AT_WORDS);

	return reason ? reason : status_byte(reply, at, c);
}

static enum http1_reason take_status(struct http1_reply *reply, struct http1_span line)
{
	reply->head.part = HTTP1_IN_FIELDS;
	reply->head.close = reply->head.minor == 0;
	if (line.len > AT_WORDS)
		reply->words = http1_span_of(AT_WORDS + 1, line.len);
	return reply->head.minor == 0 && reply->status < 200 ? HTTP1_STATUS : HTTP1_NONE;
}

/* What a field means here. Host and Expect are fields of requests, and words like others. */
static enum http1_reason take_field(struct http1_head *head, struct rd bytes,
                                    struct http1_span line)
{
	const enum http1_reason reason = http1_line_field(head, bytes, line);
	struct http1_field field;
	struct rd name;

	if (reason)
		return reason;
	field = head->fields[head->field_count - 1];
	name = http1_at(bytes, field.name);
	if (http1_same(name, "host") || http1_same(name, "expect"))
		return HTTP1_NONE;
	return http1_field_take(head, bytes, field);
}

/* Whether the head tells of a body where there can be none, so that somebody might look for it. */
static bool lies_about_body(const struct http1_reply *reply)
{
	const struct http1_head *head = &reply->head;

	if (reply->status < 200)
		return head->framing != HTTP1_BODY_NONE;
	if (reply->status != 204)
		return false;
	return head->framing == HTTP1_BODY_CHUNKED || head->content_length > 0;
}

static enum http1_reply_framing framing_of(const struct http1_reply *reply,
                                           struct http1_asked asked)
{
	if (asked.head || reply->status < 200 || reply->status == 204 || reply->status == 304)
		return HTTP1_REPLY_NONE;
	if (reply->head.framing == HTTP1_BODY_LENGTH)
		return HTTP1_REPLY_LENGTH;
	return reply->head.framing == HTTP1_BODY_CHUNKED ? HTTP1_REPLY_CHUNKED : HTTP1_REPLY_CLOSE;
}

static enum http1_reason finish(struct http1_reply *reply, struct http1_asked asked)
{
	struct http1_head *head = &reply->head;

	head->part = HTTP1_DONE;
	if (lies_about_body(reply))
		return HTTP1_REPLY_BODY;
	if (reply->status == 101 &&
	    (!asked.websocket || !head->upgrade_option || head->upgrade != HTTP1_UPGRADE_WEBSOCKET))
		return HTTP1_REPLY_SWITCH;
	reply->has_length = head->framing == HTTP1_BODY_LENGTH;
	reply->framing = framing_of(reply, asked);
	head->close = head->close || reply->framing == HTTP1_REPLY_CLOSE;
	return HTTP1_NONE;
}

/* A line is complete; CRLF are its last two bytes, the last that were looked at. */
static enum http1_reason take_line(struct http1_reply *reply, struct http1_asked asked,
                                   struct rd bytes)
{
	struct http1_head *head = &reply->head;
	const struct http1_span line = http1_span_of(head->line, head->scanned - 2U);

	head->line = head->scanned;
	if (head->part != HTTP1_IN_FIELDS)
		return take_status(reply, line);
	return line.len ? take_field(head, bytes, line) : finish(reply, asked);
}

enum http1_answer http1_reply_parse(struct http1_reply *reply, struct http1_asked asked,
                                    struct rd bytes)
{
	struct http1_head *head = &reply->head;

	while (!head->reason && head->part != HTTP1_DONE && head->scanned < bytes.n) {
		const size_t at = head->scanned;
		const bool after_cr = at > head->line && bytes.p[at - 1] == '\r';

		head->reason = take_byte(reply, at, bytes.p[at], after_cr);
		head->scanned++;
		if (!head->reason && bytes.p[at] == '\n')
			head->reason = take_line(reply, asked, bytes);
		if (!head->reason && head->part != HTTP1_DONE && head->scanned == HTTP1_HEAD_MAX)
			head->reason = HTTP1_HEAD_LONG;
	}
	if (head->reason)
		return HTTP1_BAD;
	return head->part == HTTP1_DONE ? HTTP1_OK : HTTP1_MORE;
}
