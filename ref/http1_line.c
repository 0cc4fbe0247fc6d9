/* SPDX-License-Identifier: ISC */
/* http1_line.c: bytes, spans and fields of a head. */
#include "ref/http1_line.h"

struct http1_span http1_span_of(size_t at, size_t end)
{
	return (struct http1_span){.at = (uint16_t)at, .len = (uint16_t)(end - at)};
}

size_t http1_span_end(struct http1_span span)
{
	return (size_t)span.at + span.len;
}

struct rd http1_at(struct rd bytes, struct http1_span span)
{
	struct rd out;

	if (!rd_skip(&bytes, span.at) || !rd_sub(&bytes, span.len, &out))
		return rd_of(NULL, 0);
	return out;
}

size_t http1_find(struct rd bytes, struct http1_span in, uint8_t c)
{
	const struct rd window = http1_at(bytes, in);
	size_t i = 0;

	while (i < window.n && window.p[i] != c)
		i++;
	return in.at + i;
}

enum http1_reason http1_line_byte(uint8_t c, bool after_cr, bool tab)
{
	if (c == '\n')
		return after_cr ? HTTP1_NONE : HTTP1_BARE_LF;
	if (after_cr)
		return HTTP1_BARE_CR;
	if (c == '\0')
		return HTTP1_NUL;
	if (c == '\t' ? !tab : (c < 0x20 && c != '\r') || c == 0x7f)
		return HTTP1_CONTROL;
	return HTTP1_NONE;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

enum http1_reason http1_line_field(struct http1_head *head, struct rd bytes, struct http1_span line)
{
	const size_t colon = http1_find(bytes, line, ':'), end = http1_span_end(line);
	const struct rd name = http1_at(bytes, http1_span_of(line.at, colon));
	struct http1_field field = {.name = http1_span_of(line.at, colon)};
	struct rd value;

	if (is_blank(bytes.p[line.at]))
		return HTTP1_OBS_FOLD;
	if (colon == end)
		return HTTP1_NO_COLON;
	if (name.n && is_blank(name.p[name.n - 1]))
		return HTTP1_SPACE_COLON;
	if (!http1_is_token(name))
		return HTTP1_FIELD_NAME;
	if (head->field_count == HTTP1_FIELDS_MAX)
		return HTTP1_TOO_MANY_FIELDS;
	value = http1_trim(http1_at(bytes, http1_span_of(colon + 1, end)));
	field.value = http1_span_of((size_t)(value.p - bytes.p),
	                            (size_t)(value.p - bytes.p) + value.n);
	head->fields[head->field_count++] = field;
	return HTTP1_NONE;
}
