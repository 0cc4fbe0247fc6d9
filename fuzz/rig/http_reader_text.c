/* SPDX-License-Identifier: ISC */
/* http_reader_text.c: words, hosts and paths as the second reader sees them. */
#include "fuzz/rig/http_reader.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#define TOKEN_CHARS "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define HOST_CHARS  "-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define PATH_CHARS  "/-._~!$&'()*+,=:@0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

enum { OF_TOKEN = 1, OF_PATH = 2 };

/* What a byte may be part of. */
static unsigned classes_of(uint8_t c)
{
	static uint8_t classes[256]; /* made once, and the same each time */

	if (!classes['a']) {
		for (const char *at = TOKEN_CHARS; *at; at++)
			classes[(uint8_t)*at] |= OF_TOKEN;
		for (const char *at = PATH_CHARS; *at; at++)
			classes[(uint8_t)*at] |= OF_PATH;
	}
	return classes[c];
}

bool reader_is_token(struct rd word)
{
	for (size_t i = 0; i < word.n; i++)
		if (!(classes_of(word.p[i]) & OF_TOKEN))
			return false;
	return word.n;
}

bool reader_is_like(struct rd word, const char *lower)
{
	return word.n == strlen(lower) && !strncasecmp((const char *)word.p, lower, word.n);
}

struct rd reader_trim(struct rd value)
{
	size_t front = 0, back = value.n;

	while (front < back && (value.p[front] == ' ' || value.p[front] == '\t'))
		front++;
	while (back > front && (value.p[back - 1] == ' ' || value.p[back - 1] == '\t'))
		back--;
	return rd_of(value.p ? value.p + front : NULL, back - front);
}

uint64_t reader_mix(uint64_t before, struct rd more)
{
	for (size_t i = 0; i < more.n; i++)
		before = (before ^ more.p[i]) * 0x100000001b3u;
	return before;
}

/* ---- hosts ---- */

static enum http1_reason read_port(const char *text, unsigned *port)
{
	const size_t n = strlen(text);

	if (text[0] != ':' || n < 2 || n > 6 || text[1] == '0' ||
	    strspn(text + 1, "0123456789") != n - 1)
		return HTTP1_HOST_PORT;
	*port = (unsigned)strtoul(text + 1, NULL, 10);
	return *port <= 65535 ? HTTP1_NONE : HTTP1_HOST_PORT;
}

/* The last label: digits only, or 0x and hexadecimal digits only. */
static bool is_number(const char *label)
{
	if (label[0] == '0' && label[1] == 'x')
		return !label[2 + strspn(label + 2, "0123456789abcdef")];
	return !label[strspn(label, "0123456789")];
}

/* `name` is lowered and has no dot at its end. */
static enum http1_reason read_name(const char *name, struct reader_host *out)
{
	const char *label = name;
	struct in_addr ip;

	if (strlen(name) > 253)
		return HTTP1_HOST_NAME;
	for (;;) {
		const size_t n = strcspn(label, ".");

		if (!n || n > 63 || label[0] == '-' || label[n - 1] == '-' ||
		    strspn(label, HOST_CHARS) != n)
			return HTTP1_HOST_NAME;
		if (!label[n])
			break;
		label += n + 1;
	}
	out->kind = HTTP1_HOST_DNS;
	if (is_number(label))
		out->kind = inet_pton(AF_INET, name, &ip) == 1 ? HTTP1_HOST_IPV4
		                                               : HTTP1_HOST_IPV4_ODD;
	memcpy(out->name, name, strlen(name) + 1);
	return HTTP1_NONE;
}

static enum http1_reason read_literal(char *text, struct reader_host *out, char **rest)
{
	const size_t n = strcspn(text + 1, "]");

	*rest = text + 1 + n;
	if (!**rest || !n || n > HTTP1_LITERAL_MAX || strspn(text + 1, "0123456789abcdef:.") != n)
		return HTTP1_HOST_NAME;
	*(*rest)++ = '\0';
	out->kind = HTTP1_HOST_IPV6;
	memcpy(out->name, text + 1, n + 1);
	return HTTP1_NONE;
}

enum http1_reason reader_host(struct rd value, struct reader_host *out)
{
	char text[HTTP1_TARGET_MAX * 2 + 1], *rest, colon;
	enum http1_reason reason;

	if (!value.n)
		return HTTP1_HOST_EMPTY;
	if (value.n >= sizeof(text))
		return HTTP1_HOST_NAME;
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] == '@' || value.p[i] == ',' || value.p[i] == ' ' ||
		    value.p[i] == '\t')
			return value.p[i] == '@' ? HTTP1_HOST_USERINFO : HTTP1_HOST_LIST;
	for (size_t i = 0; i < value.n; i++)
		text[i] = (char)(isupper(value.p[i]) ? tolower(value.p[i]) : value.p[i]);
	text[value.n] = '\0';
	if (text[0] == '[') {
		reason = read_literal(text, out, &rest);
		return reason || !*rest ? reason : read_port(rest, &out->port);
	}
	rest = text + strcspn(text, ":");
	colon = *rest;
	*rest = '\0';
	if (rest > text && rest[-1] == '.')
		rest[-1] = '\0';
	reason = read_name(text, out);
	*rest = colon;
	return reason || !colon ? reason : read_port(rest, &out->port);
}

/* ---- paths ---- */

static unsigned bit(enum http1_reason reason)
{
	return 1U << (reason - HTTP1_PATH_START);
}

static int hex(int c)
{
	return isxdigit(c) ? isdigit(c) ? c - '0' : tolower(c) - 'a' + 10 : -1;
}

static bool is_escape(struct rd path, size_t at)
{
	return at + 2 < path.n && path.p[at] == '%' && hex(path.p[at + 1]) >= 0 &&
	       hex(path.p[at + 2]) >= 0;
}

static unsigned faults_of_segments(const char *path, size_t n)
{
	unsigned why = 0;

	for (size_t at = 1; at <= n;) {
		const char *slash = memchr(path + at, '/', n - at);
		const size_t end = slash ? (size_t)(slash - path) : n;

		if (end == at && slash)
			why |= bit(HTTP1_PATH_EMPTY);
		if ((end - at == 1 && path[at] == '.') ||
		    (end - at == 2 && path[at] == '.' && path[at + 1] == '.'))
			why |= bit(HTTP1_PATH_DOTS);
		at = end + 1;
	}
	return why;
}

/* All that is wrong with one decoded byte. */
static unsigned faults_of_byte(int c, bool escaped)
{
	return (c < 0x20 || c == 0x7f ? bit(HTTP1_PATH_CONTROL) : 0) |
	       (c == '\\' ? bit(HTTP1_PATH_BACKSLASH) : 0) |
	       (c == ';' ? bit(HTTP1_PATH_PARAMETER) : 0) |
	       (c == '/' && escaped ? bit(HTTP1_PATH_SLASH) : 0);
}

int reader_path(struct rd path, char *out, unsigned *why)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 0;

	*why = path.n && path.p[0] != '/' ? bit(HTTP1_PATH_START) : 0;
	if (!path.n)
		out[n++] = '/';
	for (size_t at = 0; at < path.n; at++) {
		const bool escaped = is_escape(path, at);
		int c = path.p[at];

		if (c == '%' && !escaped)
			*why |= bit(HTTP1_PATH_ESCAPE);
		if (escaped) {
			c = hex(path.p[at + 1]) * 16 + hex(path.p[at + 2]);
			at += 2;
			if (c == '%' && at + 2 < path.n && hex(path.p[at + 1]) >= 0 &&
			    hex(path.p[at + 2]) >= 0)
				*why |= bit(HTTP1_PATH_TWICE);
		}
		*why |= faults_of_byte(c, escaped);
		if (classes_of((uint8_t)c) & OF_PATH) {
			out[n++] = (char)c;
			continue;
		}
		out[n++] = '%';
		out[n++] = digits[c >> 4 & 15];
		out[n++] = digits[c & 15];
	}
	*why |= faults_of_segments(out, n);
	return *why ? -1 : (int)n;
}
