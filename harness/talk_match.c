/* SPDX-License-Identifier: ISC */
/* talk_match.c: see talk_match.h. */
#include "harness/talk_match.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEAD_MAX     65536
#define RECORD_ALERT 21
#define RECORD_HAND  22
#define HAND_SERVER  2
#define ALERT_FATAL  2

bool talk_glob(const char *glob, struct rd bytes)
{
	const char *star = NULL;
	size_t i = 0, mark = 0;

	/* The last star takes one byte more whenever what follows it does not fit. */
	while (i < bytes.n) {
		if (*glob == '*') {
			star = glob++;
			mark = i;
		} else if (*glob && (uint8_t)*glob == bytes.p[i]) {
			glob++;
			i++;
		} else if (star) {
			glob = star + 1;
			i = ++mark;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return !*glob;
}

/* ---- one response ---- */

/* The bytes up to and with the empty line; 0 when it has not come. */
static size_t head_length(struct rd heard)
{
	const uint8_t *end = memmem(heard.p, heard.n, "\r\n\r\n", 4);

	return end ? (size_t)(end - heard.p) + 4 : 0;
}

/* The value of a field in the head, in a buffer of `size`; false when it is not there. */
static bool field(struct rd head, const char *name, char *out, size_t size)
{
	const char *p = (const char *)head.p, *end = p + head.n;
	size_t len = strlen(name);

	while ((p = memmem(p, (size_t)(end - p), "\r\n", 2))) {
		const char *value;
		size_t n;

		p += 2;
		if ((size_t)(end - p) <= len || strncasecmp(p, name, len) != 0 || p[len] != ':')
			continue;
		value = p + len + 1;
		while (value < end && *value == ' ')
			value++;
		for (n = 0; value + n < end && value[n] != '\r' && n + 1 < size; n++)
			out[n] = value[n];
		out[n] = '\0';
		return true;
	}
	return false;
}

/* A chunked body that begins at `p`; *used is its length. */
static enum talk_fit chunked(struct rd body, size_t *used)
{
	size_t at = 0;

	for (;;) {
		const uint8_t *line = memmem(body.p + at, body.n - at, "\r\n", 2);
		unsigned long size;

		if (!line)
			return TALK_MORE;
		if (!isxdigit(body.p[at]))
			return TALK_DIFFERS;
		size = strtoul((const char *)body.p + at, NULL, 16);
		at = (size_t)(line - body.p) + 2;
		if (!size)
			break;
		if (size > body.n - at || body.n - at - size < 2)
			return TALK_MORE;
		at += size + 2;
	}
	while (body.n - at >= 2 && memcmp(body.p + at, "\r\n", 2) != 0) { /* trailers */
		const uint8_t *line = memmem(body.p + at, body.n - at, "\r\n", 2);

		if (!line)
			return TALK_MORE;
		at = (size_t)(line - body.p) + 2;
	}
	*used = at + 2;
	return body.n - at >= 2 ? TALK_FITS : TALK_MORE;
}

enum talk_fit talk_response(struct rd heard, bool head_only, bool over, size_t *used)
{
	size_t head = head_length(heard), body = 0;
	struct rd rest = {0};
	char value[64], status[4] = "";
	enum talk_fit fit = TALK_FITS;

	if (!head)
		return over || heard.n > HEAD_MAX ? TALK_DIFFERS : TALK_MORE;
	if (heard.n >= 12)
		memcpy(status, heard.p + 9, 3);
	rest = rd_of(heard.p + head, heard.n - head);
	if (head_only || status[0] == '1' || !strcmp(status, "204") || !strcmp(status, "304")) {
		body = 0;
	} else if (field(rd_of(heard.p, head), "Transfer-Encoding", value, sizeof(value))) {
		fit = chunked(rest, &body);
	} else if (field(rd_of(heard.p, head), "Content-Length", value, sizeof(value))) {
		body = strtoul(value, NULL, 10);
		fit = body <= rest.n ? TALK_FITS : TALK_MORE;
	} else {
		body = rest.n;
		fit = over ? TALK_FITS : TALK_MORE;
	}
	if (fit == TALK_MORE && over) { /* cut off; what came is all of it */
		body = rest.n;
		fit = TALK_FITS;
	}
	*used = head + body;
	return fit;
}

/* ---- words ---- */

char *talk_show(struct rd heard, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < heard.n && n + 8 < size; i++) {
		uint8_t c = heard.p[i];

		if (c == '\r' || c == '\n')
			n += (size_t)snprintf(out + n, size - n, c == '\r' ? "\\r" : "\\n");
		else if (c >= ' ' && c < 0x7f)
			out[n++] = (char)c;
		else
			n += (size_t)snprintf(out + n, size - n, "\\x%02x", c);
		if (n + 8 >= size && i + 1 < heard.n)
			n += (size_t)snprintf(out + n, size - n, "...");
	}
	out[n < size ? n : size - 1] = '\0';
	return out;
}

static enum talk_fit differs(struct rd heard, char *why)
{
	char text[160];

	snprintf(why, 256, "was heard instead: \"%s\"", talk_show(heard, text, sizeof(text)));
	return TALK_DIFFERS;
}

/* As many bytes as the glob takes: all, when it ends with a star and nothing can follow. */
static enum talk_fit like_bytes(const char *glob, struct rd heard, bool over, size_t *used,
                                char *why)
{
	size_t len = strlen(glob);

	if (len && glob[len - 1] == '*') {
		if (!over && !talk_glob(glob, heard))
			return TALK_MORE;
		*used = heard.n;
		return talk_glob(glob, heard) ? TALK_FITS : differs(heard, why);
	}
	for (size_t n = 0; n <= heard.n; n++)
		if (talk_glob(glob, rd_of(heard.p, n))) {
			*used = n;
			return TALK_FITS;
		}
	if (!strchr(glob, '*')) {
		size_t n = heard.n < len ? heard.n : len;

		if (memcmp(heard.p, glob, n) != 0)
			return differs(heard, why);
	}
	return over ? differs(heard, why) : TALK_MORE;
}

enum talk_fit talk_like(const char *glob, bool head_only, struct rd heard, bool over, size_t *used,
                        char *why)
{
	enum talk_fit fit;

	if (!heard.n && !over)
		return TALK_MORE;
	if (!heard.n) {
		*used = 0;
		return talk_glob(glob, heard) ? TALK_FITS : differs(heard, why);
	}
	if (!head_only && strncmp(glob, "HTTP/", 5) != 0)
		return like_bytes(glob, heard, over, used, why);
	if (heard.n >= 5 && memcmp(heard.p, "HTTP/", 5) != 0)
		return differs(heard, why);
	fit = talk_response(heard, head_only, over, used);
	if (fit == TALK_FITS && !talk_glob(glob, rd_of(heard.p, *used)))
		fit = TALK_DIFFERS;
	return fit == TALK_DIFFERS ? differs(heard, why) : fit;
}

/* The first record's type and body. */
static enum talk_fit first_record(struct rd heard, uint8_t *type, struct rd *body, size_t *used,
                                  char *why)
{
	struct rd at = heard;
	uint16_t version;

	if (!rd_u8(&at, type) || !rd_u16(&at, &version))
		return TALK_MORE;
	if (version >> 8 != 3)
		return differs(heard, why);
	if (!rd_vec16(&at, body))
		return TALK_MORE;
	*used = heard.n - at.n;
	return TALK_FITS;
}

enum talk_fit talk_plain_alert(unsigned number, struct rd heard, size_t *used, char *why)
{
	struct rd body;
	uint8_t type, level, what;
	enum talk_fit fit = first_record(heard, &type, &body, used, why);

	if (fit != TALK_FITS)
		return fit;
	if (type != RECORD_ALERT || !rd_u8(&body, &level) || !rd_u8(&body, &what))
		return differs(heard, why);
	if (level == ALERT_FATAL && (number == TALK_ALERT_NONE || number == what))
		return TALK_FITS;
	snprintf(why, 256, "the alert is %s%s", talk_alert_name(what),
	         level == ALERT_FATAL ? "" : ", and not fatal");
	return TALK_DIFFERS;
}

enum talk_fit talk_server_hello(struct rd heard, size_t *used, char *why)
{
	struct rd body;
	uint8_t type;
	enum talk_fit fit = first_record(heard, &type, &body, used, why);

	if (fit != TALK_FITS)
		return fit;
	if (type != RECORD_HAND || !body.n || *body.p != HAND_SERVER)
		return differs(heard, why);
	*used = heard.n; /* and what follows of its flight */
	return TALK_FITS;
}
