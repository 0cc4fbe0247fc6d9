/* SPDX-License-Identifier: ISC */
/* http1.c: words and statuses of the reasons; classes of bytes. */
#include "ref/http1.h"

#include <assert.h>

#define WORD_SIZE 22

/* An array for the word, no pointer: the table needs no relocation and lands in read-only memory. */
static const struct {
	char word[WORD_SIZE];
	uint16_t status;
} reasons[] = {
        [HTTP1_NONE] = {"none", 0},
        [HTTP1_BARE_LF] = {"bare-lf", 400},
        [HTTP1_BARE_CR] = {"bare-cr", 400},
        [HTTP1_NUL] = {"nul", 400},
        [HTTP1_CONTROL] = {"control", 400},
        [HTTP1_EMPTY_LINE] = {"empty-line", 400},
        [HTTP1_METHOD] = {"method", 400},
        [HTTP1_METHOD_CASE] = {"method-case", 400},
        [HTTP1_METHOD_LONG] = {"method-long", 501},
        [HTTP1_REQUEST_SPACE] = {"request-space", 400},
        [HTTP1_REQUEST_LINE] = {"request-line", 400},
        [HTTP1_VERSION_SYNTAX] = {"version-syntax", 400},
        [HTTP1_VERSION] = {"version", 505},
        [HTTP1_HTTP09] = {"http09", 505},
        [HTTP1_HTTP2_PREFACE] = {"http2-preface", 505},
        [HTTP1_TARGET_FRAGMENT] = {"target-fragment", 400},
        [HTTP1_TARGET_NON_ASCII] = {"target-non-ascii", 400},
        [HTTP1_TARGET_CHARACTER] = {"target-character", 400},
        [HTTP1_TARGET_LONG] = {"target-long", 414},
        [HTTP1_TARGET_FORM] = {"target-form", 400},
        [HTTP1_OBS_FOLD] = {"obs-fold", 400},
        [HTTP1_NO_COLON] = {"no-colon", 400},
        [HTTP1_SPACE_COLON] = {"space-before-colon", 400},
        [HTTP1_FIELD_NAME] = {"field-name", 400},
        [HTTP1_TOO_MANY_FIELDS] = {"too-many-fields", 431},
        [HTTP1_HEAD_LONG] = {"head-long", 431},
        [HTTP1_HOST_MISSING] = {"host-missing", 400},
        [HTTP1_HOST_TWICE] = {"host-twice", 400},
        [HTTP1_HOST_EMPTY] = {"host-empty", 400},
        [HTTP1_HOST_USERINFO] = {"host-userinfo", 400},
        [HTTP1_HOST_LIST] = {"host-list", 400},
        [HTTP1_HOST_NAME] = {"host-name", 400},
        [HTTP1_HOST_PORT] = {"host-port", 400},
        [HTTP1_HOST_OTHER] = {"host-other", 400},
        [HTTP1_LENGTH_TWICE] = {"length-twice", 400},
        [HTTP1_LENGTH_LIST] = {"length-list", 400},
        [HTTP1_LENGTH_DIGITS] = {"length-digits", 400},
        [HTTP1_LENGTH_OVERFLOW] = {"length-overflow", 413},
        [HTTP1_LENGTH_CODING] = {"length-and-coding", 400},
        [HTTP1_CODING] = {"coding", 501},
        [HTTP1_CODING_TWICE] = {"coding-twice", 400},
        [HTTP1_CODING_HTTP10] = {"coding-http10", 400},
        [HTTP1_CONNECT_BODY] = {"connect-body", 400},
        [HTTP1_CONNECTION] = {"connection", 400},
        [HTTP1_UPGRADE_TWICE] = {"upgrade-twice", 400},
        [HTTP1_EXPECT] = {"expect", 417},
        [HTTP1_CHUNK_SIZE] = {"chunk-size", 400},
        [HTTP1_CHUNK_OVERFLOW] = {"chunk-overflow", 413},
        [HTTP1_CHUNK_EXTENSION] = {"chunk-extension", 400},
        [HTTP1_CHUNK_END] = {"chunk-end", 400},
        [HTTP1_TRAILER_LONG] = {"trailer-long", 431},
        [HTTP1_PATH_START] = {"path-start", 400},
        [HTTP1_PATH_ESCAPE] = {"path-escape", 400},
        [HTTP1_PATH_TWICE] = {"path-twice-escaped", 400},
        [HTTP1_PATH_CONTROL] = {"path-control", 400},
        [HTTP1_PATH_SLASH] = {"path-slash", 400},
        [HTTP1_PATH_BACKSLASH] = {"path-backslash", 400},
        [HTTP1_PATH_PARAMETER] = {"path-parameter", 400},
        [HTTP1_PATH_DOTS] = {"path-dots", 400},
        [HTTP1_PATH_EMPTY] = {"path-empty-segment", 400},
        [HTTP1_PATH_LONG] = {"path-long", 414},
        [HTTP1_STATUS_LINE] = {"status-line", 502},
        [HTTP1_STATUS] = {"status", 502},
        [HTTP1_REPLY_BODY] = {"reply-body", 502},
        [HTTP1_REPLY_SWITCH] = {"reply-switch", 502},
        [HTTP1_REPLY_UNASKED] = {"reply-unasked", 502},
        [HTTP1_REPLY_MANY] = {"reply-many", 502},
};
static_assert(sizeof(reasons) == sizeof(reasons[0]) * HTTP1_REASON_COUNT,
              "every reason has its line");

const char *http1_reason_word(enum http1_reason reason)
{
	return (unsigned)reason < HTTP1_REASON_COUNT ? reasons[reason].word : "invalid";
}

unsigned http1_reason_status(enum http1_reason reason)
{
	return (unsigned)reason < HTTP1_REASON_COUNT ? reasons[reason].status : 500;
}

bool http1_is_tchar(uint8_t c)
{
	static const char symbols[] = "!#$%&'*+-.^_`|~";
	const uint8_t lower = http1_lower(c);

	if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9'))
		return true;
	return memchr(symbols, c, sizeof(symbols) - 1);
}

bool http1_is_token(struct rd word)
{
	for (size_t i = 0; i < word.n; i++)
		if (!http1_is_tchar(word.p[i]))
			return false;
	return word.n > 0;
}

int http1_hex(uint8_t c)
{
	const uint8_t lower = http1_lower(c);

	if (c >= '0' && c <= '9')
		return c - '0';
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

uint8_t http1_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

bool http1_same(struct rd word, const char *lower)
{
	if (word.n != strlen(lower))
		return false;
	for (size_t i = 0; i < word.n; i++)
		if (http1_lower(word.p[i]) != (uint8_t)lower[i])
			return false;
	return true;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

struct rd http1_trim(struct rd value)
{
	while (value.n && is_blank(value.p[value.n - 1]))
		value.n--;
	while (value.n && is_blank(value.p[0]))
		value = rd_of(value.p + 1, value.n - 1);
	return value;
}
