/* SPDX-License-Identifier: ISC */
/* http1_field.c: Host, the fields that tell how long the message is, and those of the connection. */
#include "ref/http1_field.h"

static enum http1_reason take_host(struct http1_head *head, struct rd value)
{
	if (head->has_host)
		return HTTP1_HOST_TWICE;
	head->has_host = true;
	return http1_host_parse(value, &head->host);
}

static enum http1_reason read_length(struct rd value, uint64_t *length)
{
	uint64_t sum = 0;

	if (memchr(value.p, ',', value.n))
		return HTTP1_LENGTH_LIST;
	if (!value.n || (value.p[0] == '0' && value.n > 1))
		return HTTP1_LENGTH_DIGITS;
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] < '0' || value.p[i] > '9')
			return HTTP1_LENGTH_DIGITS;
	for (size_t i = 0; i < value.n; i++) {
		const uint64_t digit = value.p[i] - '0';

		if (sum > (HTTP1_LENGTH_MAX - digit) / 10)
			return HTTP1_LENGTH_OVERFLOW;
		sum = sum * 10 + digit;
	}
	*length = sum;
	return HTTP1_NONE;
}

static enum http1_reason take_length(struct http1_head *head, struct rd value)
{
	if (head->framing == HTTP1_BODY_LENGTH)
		return HTTP1_LENGTH_TWICE;
	if (head->framing == HTTP1_BODY_CHUNKED)
		return HTTP1_LENGTH_CODING;
	head->framing = HTTP1_BODY_LENGTH;
	return read_length(value, &head->content_length);
}

static enum http1_reason take_coding(struct http1_head *head, struct rd value)
{
	if (head->minor == 0)
		return HTTP1_CODING_HTTP10;
	if (head->framing == HTTP1_BODY_CHUNKED)
		return HTTP1_CODING_TWICE;
	if (head->framing == HTTP1_BODY_LENGTH)
		return HTTP1_LENGTH_CODING;
	head->framing = HTTP1_BODY_CHUNKED;
	return http1_same(value, "chunked") ? HTTP1_NONE : HTTP1_CODING;
}

/* An upgrade without a protocol is one to something else; the Upgrade field knows better. */
static void note_upgrade(struct http1_head *head)
{
	head->upgrade_option = true;
	if (!head->has_upgrade)
		head->upgrade = HTTP1_UPGRADE_OTHER;
}

static enum http1_reason take_connection(struct http1_head *head, struct rd list)
{
	size_t start = 0;

	for (size_t i = 0; i <= list.n; i++) {
		struct rd option;

		if (i < list.n && list.p[i] != ',')
			continue;
		option = http1_trim(rd_of(list.p + start, i - start));
		start = i + 1;
		if (!option.n)
			continue;
		if (!http1_is_token(option))
			return HTTP1_CONNECTION;
		if (http1_same(option, "close"))
			head->close = true;
		if (http1_same(option, "upgrade"))
			note_upgrade(head);
	}
	return HTTP1_NONE;
}

static enum http1_reason take_upgrade(struct http1_head *head, struct rd value,
                                      struct http1_span span)
{
	if (head->has_upgrade)
		return HTTP1_UPGRADE_TWICE;
	head->has_upgrade = true;
	head->upgrade_to = span;
	head->upgrade = http1_same(value, "websocket") ? HTTP1_UPGRADE_WEBSOCKET
	                : http1_same(value, "h2c")     ? HTTP1_UPGRADE_H2C
	                                               : HTTP1_UPGRADE_OTHER;
	return HTTP1_NONE;
}

static enum http1_reason take_expect(struct http1_head *head, struct rd value)
{
	if (head->minor == 0)
		return HTTP1_NONE;
	head->expect_continue = true;
	return http1_same(value, "100-continue") ? HTTP1_NONE : HTTP1_EXPECT;
}

enum http1_reason http1_field_take(struct http1_head *head, struct rd bytes,
                                   struct http1_field field)
{
	const struct rd name = http1_at(bytes, field.name), value = http1_at(bytes, field.value);

	if (http1_same(name, "host"))
		return take_host(head, value);
	if (http1_same(name, "content-length"))
		return take_length(head, value);
	if (http1_same(name, "transfer-encoding"))
		return take_coding(head, value);
	if (http1_same(name, "connection"))
		return take_connection(head, value);
	if (http1_same(name, "upgrade"))
		return take_upgrade(head, value, field.value);
	if (http1_same(name, "expect"))
		return take_expect(head, value);
	return HTTP1_NONE;
}
