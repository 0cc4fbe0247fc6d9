/* SPDX-License-Identifier: ISC */
/* http_reader_body.c: bodies, line by line, as the second reader sees them. */
#include "fuzz/rig/http_reader.h"

#include <ctype.h>
#include <stdlib.h>

static void say(struct reader_body *out, enum http1_reason reason, size_t taken)
{
	out->answer = reason ? HTTP1_BAD : HTTP1_OK;
	out->reason = reason;
	out->taken = taken;
}

static void take_payload(struct reader_body *out, struct rd bytes, size_t at, uint64_t length,
                         struct wr *payload)
{
	const size_t n = bytes.n - at < length ? bytes.n - at : (size_t)length;

	out->payload += n;
	out->fingerprint = reader_mix(out->fingerprint, rd_of(bytes.p + at, n));
	if (payload && !wr_bytes(payload, bytes.p + at, n))
		abort();
}

/* The line of a size: *at behind it. False: no more than that, or refused. */
static bool read_size(struct rd bytes, size_t *at, uint64_t *size, struct reader_body *out)
{
	char digits[HTTP1_CHUNK_DIGITS + 1] = "";
	size_t n = 0;

	while (*at + n < bytes.n && isxdigit(bytes.p[*at + n])) {
		if (n == HTTP1_CHUNK_DIGITS)
			return say(out, HTTP1_CHUNK_OVERFLOW, *at + n + 1), false;
		digits[n] = (char)bytes.p[*at + n];
		n++;
	}
	*at += n;
	if (*at == bytes.n)
		return false;
	if (!n)
		return say(out, HTTP1_CHUNK_SIZE, *at + 1), false;
	*size = strtoull(digits, NULL, 16);
	if (bytes.p[*at] == '\n')
		return say(out, HTTP1_BARE_LF, *at + 1), false;
	if (bytes.p[*at] == ';' || bytes.p[*at] == ' ' || bytes.p[*at] == '\t')
		return say(out, HTTP1_CHUNK_EXTENSION, *at + 1), false;
	if (bytes.p[*at] != '\r')
		return say(out, HTTP1_CHUNK_SIZE, *at + 1), false;
	if (++*at == bytes.n)
		return false;
	if (bytes.p[*at] != '\n')
		return say(out, HTTP1_BARE_CR, *at + 1), false;
	++*at;
	return true;
}

/* A byte of a trailer line at `col`; `colon`: one stood before it; `cr`: CR did. */
static enum http1_reason trailer_byte(uint8_t c, size_t col, bool colon, bool cr)
{
	if (cr)
		return c == '\n' ? HTTP1_NONE : HTTP1_BARE_CR;
	if (c == '\n')
		return HTTP1_BARE_LF;
	if (!c)
		return HTTP1_NUL;
	if (c != '\t' && c != '\r' && iscntrl(c))
		return HTTP1_CONTROL;
	if (colon || (c == '\r' && !col) || (c == ':' && col))
		return HTTP1_NONE;
	if (c == ' ' || c == '\t')
		return col ? HTTP1_SPACE_COLON : HTTP1_OBS_FOLD;
	if (c == '\r')
		return HTTP1_NO_COLON;
	return reader_is_token(rd_of(&c, 1)) ? HTTP1_NONE : HTTP1_FIELD_NAME;
}

/* From the line behind the last chunk's size on. */
static void read_trailer(struct rd bytes, size_t at, struct reader_body *out)
{
	const size_t start = at;
	size_t line = at;
	bool colon = false;

	for (; at < bytes.n; at++) {
		const uint8_t c = bytes.p[at];
		const bool cr = at > line && bytes.p[at - 1] == '\r';
		enum http1_reason reason = HTTP1_TRAILER_LONG;

		if (at - start < HTTP1_TRAILER_MAX)
			reason = trailer_byte(c, at - line, colon, cr);
		if (reason) {
			say(out, reason, at + 1);
			return;
		}
		if (c == '\n' && at == line + 1) {
			say(out, HTTP1_NONE, at + 1);
			return;
		}
		colon = c != '\n' && (colon || c == ':');
		line = c == '\n' ? at + 1 : line;
	}
}

static void read_chunks(struct rd bytes, struct wr *payload, struct reader_body *out)
{
	size_t at = 0;
	uint64_t size;

	while (read_size(bytes, &at, &size, out)) {
		if (!size) {
			read_trailer(bytes, at, out);
			return;
		}
		take_payload(out, bytes, at, size, payload);
		if (bytes.n - at <= size)
			return;
		at += (size_t)size;
		for (size_t i = 0; i < 2; i++, at++) {
			if (at == bytes.n)
				return;
			if (bytes.p[at] != (uint8_t) "\r\n"[i]) {
				say(out, HTTP1_CHUNK_END, at + 1);
				return;
			}
		}
	}
}

void reader_body(bool chunked, uint64_t length, struct rd bytes, struct wr *payload,
                 struct reader_body *out)
{
	*out = (struct reader_body){
	        .answer = HTTP1_MORE, .taken = bytes.n, .fingerprint = READER_MIX_START};
	if (chunked) {
		read_chunks(bytes, payload, out);
		return;
	}
	take_payload(out, bytes, 0, length, payload);
	if (out->payload == length)
		say(out, HTTP1_NONE, (size_t)length);
}
