/* SPDX-License-Identifier: ISC */
/* http1_path.c: one spelling for a path. */
#include "ref/http1_path.h"

static bool is_pchar(uint8_t c)
{
	static const char symbols[] = "-._~!$&'()*+,=:@";
	const uint8_t lower = http1_lower(c);

	if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9'))
		return true;
	return memchr(symbols, c, strlen(symbols));
}

/* Takes two hexadecimal digits; false when they do not stand there. */
static bool take_hex(struct rd *path, uint8_t *value)
{
	struct rd t = *path;
	uint8_t high, low;

	if (!rd_u8(&t, &high) || !rd_u8(&t, &low) || http1_hex(high) < 0 || http1_hex(low) < 0)
		return false;
	*value = (uint8_t)(http1_hex(high) * 16 + http1_hex(low));
	*path = t;
	return true;
}

/* Decodes `*c`, which stood in front of `*path`; or why the path is refused at it. */
static enum http1_reason decode_byte(struct rd *path, uint8_t *c)
{
	struct rd behind;
	uint8_t second;

	if (*c == '%') {
		if (!take_hex(path, c))
			return HTTP1_PATH_ESCAPE;
		behind = *path;
		if (*c == '/')
			return HTTP1_PATH_SLASH;
		if (*c == '%' && take_hex(&behind, &second))
			return HTTP1_PATH_TWICE;
	}
	if (*c < 0x20 || *c == 0x7f)
		return HTTP1_PATH_CONTROL;
	if (*c == '\\')
		return HTTP1_PATH_BACKSLASH;
	return *c == ';' ? HTTP1_PATH_PARAMETER : HTTP1_NONE;
}

static bool put_byte(struct wr *w, uint8_t c)
{
	static const char digits[] = "0123456789ABCDEF";

	if (is_pchar(c) || c == '/')
		return wr_u8(w, c);
	return wr_u8(w, '%') && wr_u8(w, (uint8_t)digits[c >> 4]) &&
	       wr_u8(w, (uint8_t)digits[c & 15]);
}

/* What is wrong with a segment of this length, all of it dots or not. */
static enum http1_reason check_segment(size_t len, bool dots, bool last)
{
	if (!len)
		return last ? HTTP1_NONE : HTTP1_PATH_EMPTY;
	return dots && len <= 2 ? HTTP1_PATH_DOTS : HTTP1_NONE;
}

enum http1_reason http1_path_normalise(struct rd path, struct wr *out)
{
	struct wr w = *out;
	enum http1_reason reason = HTTP1_NONE;
	size_t segment = 0;
	bool dots = true;
	uint8_t c = '/';

	if (rd_u8(&path, &c) && c != '/')
		return HTTP1_PATH_START;
	if (!wr_u8(&w, c))
		return HTTP1_PATH_LONG;
	while (rd_u8(&path, &c)) {
		reason = decode_byte(&path, &c);
		if (!reason && c == '/')
			reason = check_segment(segment, dots, false);
		if (reason)
			return reason;
		segment = c == '/' ? 0 : segment + 1;
		dots = c == '/' || (dots && c == '.');
		if (!put_byte(&w, c))
			return HTTP1_PATH_LONG;
	}
	reason = check_segment(segment, dots, true);
	if (!reason)
		*out = w;
	return reason;
}
