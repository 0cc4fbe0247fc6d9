/* SPDX-License-Identifier: ISC */
/* http1_body.c: bodies that are counted or chunked. */
#include "ref/http1_body.h"

struct http1_body http1_body_of(const struct http1_head *head)
{
	const bool chunked = head->framing == HTTP1_BODY_CHUNKED;
	struct http1_body body = {.chunked = chunked};

	body.left = head->framing == HTTP1_BODY_LENGTH ? head->content_length : 0;
	if (!chunked)
		body.part = body.left ? HTTP1_BODY_DATA : HTTP1_BODY_DONE;
	return body;
}

/* On to the next part when `c` is what must stand here. */
static enum http1_reason expect(struct http1_body *body, bool right, enum http1_body_part next,
                                enum http1_reason otherwise)
{
	body->part = next;
	return right ? HTTP1_NONE : otherwise;
}

static enum http1_reason size_byte(struct http1_body *body, uint8_t c)
{
	const int digit = http1_hex(c);

	if (digit >= 0) {
		body->left = body->left * 16 + (unsigned)digit;
		return ++body->digits <= HTTP1_CHUNK_DIGITS ? HTTP1_NONE : HTTP1_CHUNK_OVERFLOW;
	}
	if (!body->digits)
		return HTTP1_CHUNK_SIZE;
	if (c == '\n')
		return HTTP1_BARE_LF;
	if (c == ';' || c == ' ' || c == '\t')
		return HTTP1_CHUNK_EXTENSION;
	return expect(body, c == '\r', HTTP1_BODY_SIZE_LF, HTTP1_CHUNK_SIZE);
}

/* A byte between the CRLF of one line and that of the next, as in http1_head.c. */
static enum http1_reason name_byte(struct http1_body *body, uint8_t c)
{
	if (c == ':' && body->part != HTTP1_BODY_LINE)
		return expect(body, true, HTTP1_BODY_VALUE, HTTP1_NONE);
	if (c == ' ' || c == '\t')
		return body->part == HTTP1_BODY_LINE ? HTTP1_OBS_FOLD : HTTP1_SPACE_COLON;
	if (c == '\r')
		return HTTP1_NO_COLON;
	return expect(body, http1_is_tchar(c), HTTP1_BODY_NAME, HTTP1_FIELD_NAME);
}

static enum http1_reason trailer_byte(struct http1_body *body, uint8_t c)
{
	if (++body->trailer > HTTP1_TRAILER_MAX)
		return HTTP1_TRAILER_LONG;
	if (body->part == HTTP1_BODY_VALUE_LF)
		return expect(body, c == '\n', HTTP1_BODY_LINE, HTTP1_BARE_CR);
	if (body->part == HTTP1_BODY_LAST_LF)
		return expect(body, c == '\n', HTTP1_BODY_DONE, HTTP1_BARE_CR);
	if (c == '\n')
		return HTTP1_BARE_LF;
	if (c == '\0')
		return HTTP1_NUL;
	if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7f)
		return HTTP1_CONTROL;
	if (c == '\r' && body->part == HTTP1_BODY_LINE)
		return expect(body, true, HTTP1_BODY_LAST_LF, HTTP1_NONE);
	if (c == '\r' && body->part == HTTP1_BODY_VALUE)
		return expect(body, true, HTTP1_BODY_VALUE_LF, HTTP1_NONE);
	return body->part == HTTP1_BODY_VALUE ? HTTP1_NONE : name_byte(body, c);
}

/* A byte that is not of the body itself. */
static enum http1_reason take_byte(struct http1_body *body, uint8_t c)
{
	switch (body->part) {
	case HTTP1_BODY_SIZE:
		return size_byte(body, c);
	case HTTP1_BODY_SIZE_LF:
		return expect(body, c == '\n', body->left ? HTTP1_BODY_DATA : HTTP1_BODY_LINE,
		              HTTP1_BARE_CR);
	case HTTP1_BODY_DATA_CR:
		return expect(body, c == '\r', HTTP1_BODY_DATA_LF, HTTP1_CHUNK_END);
	case HTTP1_BODY_DATA_LF:
		body->digits = 0;
		return expect(body, c == '\n', HTTP1_BODY_SIZE, HTTP1_CHUNK_END);
	case HTTP1_BODY_LINE:
	case HTTP1_BODY_NAME:
	case HTTP1_BODY_VALUE:
	case HTTP1_BODY_VALUE_LF:
	case HTTP1_BODY_LAST_LF:
		return trailer_byte(body, c);
	case HTTP1_BODY_DATA:
	case HTTP1_BODY_DONE:
		break;
	}
	return HTTP1_NONE;
}

static enum http1_answer answer_of(const struct http1_body *body)
{
	if (body->reason)
		return HTTP1_BAD;
	return body->part == HTTP1_BODY_DONE ? HTTP1_OK : HTTP1_MORE;
}

/* As much of the body, or of the chunk, as is there. */
static void take_data(struct http1_body *body, struct rd *in, struct rd *payload)
{
	const size_t n = in->n < body->left ? in->n : (size_t)body->left;

	if (!rd_sub(in, n, payload))
		return;
	body->left -= n;
	if (!body->left)
		body->part = body->chunked ? HTTP1_BODY_DATA_CR : HTTP1_BODY_DONE;
}

enum http1_answer http1_body_read(struct http1_body *body, struct rd *in, struct rd *payload)
{
	uint8_t c;

	*payload = rd_of(in->p, 0);
	while (answer_of(body) == HTTP1_MORE && in->n) {
		if (body->part == HTTP1_BODY_DATA) {
			take_data(body, in, payload);
			break;
		}
		if (rd_u8(in, &c))
			body->reason = take_byte(body, c);
	}
	return answer_of(body);
}
