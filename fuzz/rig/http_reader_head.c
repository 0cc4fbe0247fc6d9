/* SPDX-License-Identifier: ISC */
/* http_reader_head.c: heads, line by line, as the second reader sees them. */
#include "fuzz/rig/http_reader.h"

#include <stdlib.h>

static bool is(struct rd word, const char *text)
{
	return word.n == strlen(text) && (!word.n || !memcmp(word.p, text, word.n));
}

static bool begins(struct rd word, const char *lower)
{
	return word.n >= strlen(lower) && reader_is_like(rd_of(word.p, strlen(lower)), lower);
}

static size_t find(struct rd in, uint8_t c)
{
	const uint8_t *at = in.n ? memchr(in.p, c, in.n) : NULL;

	return at ? (size_t)(at - in.p) : in.n;
}

/* Splits `in` at the first `c`, which goes away; all is in front when there is none. */
static struct rd cut(struct rd *in, uint8_t c)
{
	const size_t n = find(*in, c);
	const struct rd front = rd_of(in->p, n);

	*in = n < in->n ? rd_of(in->p + n + 1, in->n - n - 1) : rd_of(in->p ? in->p + n : NULL, 0);
	return front;
}

/* ---- bytes of a line, until one is wrong ---- */

static enum http1_reason any_byte(uint8_t c, bool cr, bool tab)
{
	if (c == '\n')
		return cr ? HTTP1_NONE : HTTP1_BARE_LF;
	if (cr)
		return HTTP1_BARE_CR;
	if (!c)
		return HTTP1_NUL;
	if (c == '\t')
		return tab ? HTTP1_NONE : HTTP1_CONTROL;
	return (c < ' ' && c != '\r') || c == 0x7f ? HTTP1_CONTROL : HTTP1_NONE;
}

/* `spaces` stood in front of it, the last one directly in front of `word`. */
static enum http1_reason request_byte(uint8_t c, unsigned spaces, size_t at, size_t word)
{
	const bool empty = at == word;

	if (spaces > 1)
		return c == ' ' ? HTTP1_REQUEST_SPACE : HTTP1_NONE;
	if (c == ' ')
		return empty ? HTTP1_REQUEST_SPACE : HTTP1_NONE;
	if (c == '\r')
		return spaces ? HTTP1_HTTP09 : empty ? HTTP1_EMPTY_LINE : HTTP1_REQUEST_LINE;
	if (!spaces && !reader_is_token(rd_of(&c, 1)))
		return HTTP1_METHOD;
	if (!spaces && c >= 'a' && c <= 'z')
		return HTTP1_METHOD_CASE;
	if (!spaces)
		return at - word < HTTP1_METHOD_MAX ? HTTP1_NONE : HTTP1_METHOD_LONG;
	if (c == '#')
		return HTTP1_TARGET_FRAGMENT;
	if (c > 0x7f)
		return HTTP1_TARGET_NON_ASCII;
	if (c == '"' || c == '<' || c == '>')
		return HTTP1_TARGET_CHARACTER;
	return at - word < HTTP1_TARGET_MAX ? HTTP1_NONE : HTTP1_TARGET_LONG;
}

static enum http1_reason status_byte(uint8_t c, size_t at)
{
	static const char like[] = "HTTP/d.d ddd"; /* d: any digit */

	if (at == sizeof(like) - 1)
		return c == ' ' || c == '\r' ? HTTP1_NONE : HTTP1_STATUS_LINE;
	if (at >= sizeof(like))
		return HTTP1_NONE;
	if (like[at] == 'd' ? c < '0' || c > '9' : c != (uint8_t)like[at])
		return HTTP1_STATUS_LINE;
	if ((at == 5 && c != '1') || (at == 7 && c > '1'))
		return HTTP1_VERSION;
	return at == 9 && (c == '0' || c > '5') ? HTTP1_STATUS : HTTP1_NONE;
}

/* Where the line that begins at `from` ends: behind its LF. 0: it does not, or *head is refused. */
static size_t read_line(struct reader_head *head, struct rd bytes, size_t from)
{
	size_t word = from;
	unsigned spaces = 0;

	for (size_t at = from; at < bytes.n; at++) {
		const uint8_t c = bytes.p[at];
		const bool tab = from || (head->is_reply && at > strlen("HTTP/1.1 200"));

		head->reason = any_byte(c, at > from && bytes.p[at - 1] == '\r', tab);
		if (!head->reason && !from && !head->is_reply)
			head->reason = request_byte(c, spaces, at, word);
		if (!head->reason && !from && head->is_reply)
			head->reason = status_byte(c, at);
		head->len = at + 1;
		if (head->reason)
			return 0;
		if (c == '\n')
			return at + 1;
		if (head->len == HTTP1_HEAD_MAX) {
			head->reason = HTTP1_HEAD_LONG;
			return 0;
		}
		word = c == ' ' ? at + 1 : word;
		spaces += c == ' ';
	}
	return 0;
}

/* ---- the first line ---- */

static enum http1_reason read_version(struct reader_head *head, struct rd version)
{
	if (version.n != 8 || !is(rd_of(version.p, 5), "HTTP/") || version.p[6] != '.')
		return HTTP1_VERSION_SYNTAX;
	if (!strchr("0123456789", version.p[5]) || !strchr("0123456789", version.p[7]))
		return HTTP1_VERSION_SYNTAX;
	if (is(version, "HTTP/2.0") && is(head->method, "PRI"))
		return HTTP1_HTTP2_PREFACE;
	if (!is(version, "HTTP/1.1") && !is(version, "HTTP/1.0"))
		return HTTP1_VERSION;
	head->minor = version.p[7] == '1';
	return HTTP1_NONE;
}

static void read_path(struct reader_head *head, struct rd rest)
{
	head->has_query = find(rest, '?') < rest.n;
	head->path = cut(&rest, '?');
	head->query = rest;
}

static enum http1_reason read_target(struct reader_head *head)
{
	struct reader_host host = {0};
	struct rd rest = head->target;
	size_t n;

	if (is(head->method, "CONNECT")) {
		enum http1_reason reason;

		head->form = HTTP1_AUTHORITY;
		head->authority = rest;
		reason = reader_host(rest, &host);
		return reason ? reason : host.port ? HTTP1_NONE : HTTP1_HOST_PORT;
	}
	if (rest.p[0] == '/') {
		head->form = HTTP1_ORIGIN;
		read_path(head, rest);
		return HTTP1_NONE;
	}
	if (is(rest, "*")) {
		head->form = HTTP1_ASTERISK;
		return is(head->method, "OPTIONS") ? HTTP1_NONE : HTTP1_TARGET_FORM;
	}
	head->form = HTTP1_ABSOLUTE;
	head->https = begins(rest, "https://");
	if (!head->https && !begins(rest, "http://"))
		return HTTP1_TARGET_FORM;
	rest = rd_of(rest.p + 7 + head->https, rest.n - 7 - head->https);
	n = find(rest, '/') < find(rest, '?') ? find(rest, '/') : find(rest, '?');
	head->authority = rd_of(rest.p, n);
	read_path(head, rd_of(rest.p + n, rest.n - n));
	return reader_host(head->authority, &host);
}

static enum http1_reason first_line(struct reader_head *head, struct rd line)
{
	enum http1_reason reason;

	if (head->is_reply) {
		head->minor = line.p[7] == '1';
		head->close = !head->minor;
		head->status = (line.p[9] - '0') * 100U + (line.p[10] - '0') * 10U + line.p[11] -
		               '0';
		head->words = line.n > 13 ? rd_of(line.p + 13, line.n - 13) : rd_of(NULL, 0);
		return head->status < 200 && !head->minor ? HTTP1_STATUS : HTTP1_NONE;
	}
	head->method = cut(&line, ' ');
	head->target = cut(&line, ' ');
	reason = read_version(head, line);
	head->close = !head->minor;
	return reason ? reason : read_target(head);
}

/* ---- fields ---- */

static enum http1_reason field_length(struct reader_head *head, struct rd value)
{
	char digits[20] = "";

	if (head->lengths++)
		return HTTP1_LENGTH_TWICE;
	if (head->codings)
		return HTTP1_LENGTH_CODING;
	if (find(value, ',') < value.n)
		return HTTP1_LENGTH_LIST;
	if (!value.n || (value.p[0] == '0' && value.n > 1))
		return HTTP1_LENGTH_DIGITS;
	for (size_t i = 0; i < value.n; i++)
		if (!value.p[i] || !strchr("0123456789", value.p[i]))
			return HTTP1_LENGTH_DIGITS;
	if (value.n >= sizeof(digits))
		return HTTP1_LENGTH_OVERFLOW;
	memcpy(digits, value.p, value.n);
	head->length = strtoull(digits, NULL, 10);
	return head->length > INT64_MAX ? HTTP1_LENGTH_OVERFLOW : HTTP1_NONE;
}

static enum http1_reason field_coding(struct reader_head *head, struct rd value)
{
	if (!head->minor)
		return HTTP1_CODING_HTTP10;
	if (head->codings++)
		return HTTP1_CODING_TWICE;
	if (head->lengths)
		return HTTP1_LENGTH_CODING;
	return reader_is_like(value, "chunked") ? HTTP1_NONE : HTTP1_CODING;
}

static enum http1_reason field_connection(struct reader_head *head, struct rd list)
{
	while (list.n) {
		const struct rd option = reader_trim(cut(&list, ','));

		if (option.n && !reader_is_token(option))
			return HTTP1_CONNECTION;
		head->close = head->close || reader_is_like(option, "close");
		head->upgrade_option = head->upgrade_option || reader_is_like(option, "upgrade");
	}
	return HTTP1_NONE;
}

static enum http1_reason known_field(struct reader_head *head, struct rd name, struct rd value)
{
	if (reader_is_like(name, "content-length"))
		return field_length(head, value);
	if (reader_is_like(name, "transfer-encoding"))
		return field_coding(head, value);
	if (reader_is_like(name, "connection"))
		return field_connection(head, value);
	if (reader_is_like(name, "upgrade")) {
		head->upgrade_to = value;
		return head->upgrades++ ? HTTP1_UPGRADE_TWICE : HTTP1_NONE;
	}
	if (head->is_reply)
		return HTTP1_NONE;
	if (reader_is_like(name, "host"))
		return head->hosts++ ? HTTP1_HOST_TWICE : reader_host(value, &head->host);
	if (reader_is_like(name, "expect") && head->minor) {
		head->expect = true;
		return reader_is_like(value, "100-continue") ? HTTP1_NONE : HTTP1_EXPECT;
	}
	return HTTP1_NONE;
}

static enum http1_reason field_line(struct reader_head *head, struct rd line)
{
	struct rd value = line;
	const bool colon = find(line, ':') < line.n;
	const struct rd name = cut(&value, ':');

	if (line.p[0] == ' ' || line.p[0] == '\t')
		return HTTP1_OBS_FOLD;
	if (!colon)
		return HTTP1_NO_COLON;
	if (name.n && reader_trim(name).n < name.n)
		return HTTP1_SPACE_COLON;
	if (!reader_is_token(name))
		return HTTP1_FIELD_NAME;
	if (head->count == HTTP1_FIELDS_MAX)
		return HTTP1_TOO_MANY_FIELDS;
	value = reader_trim(value);
	head->fields[head->count++] = (struct reader_field){name, value};
	return known_field(head, name, value);
}

/* ---- the end ---- */

static bool same_host(const struct reader_head *head)
{
	const unsigned usual = head->https ? 443 : 80;
	struct reader_host target = {0};
	unsigned port = head->host.port;

	if (reader_host(head->authority, &target) || target.kind != head->host.kind ||
	    strcmp(target.name, head->host.name) != 0)
		return false;
	if (head->form == HTTP1_AUTHORITY)
		return !port || port == target.port;
	return (port ? port : usual) == (target.port ? target.port : usual);
}

enum http1_upgrade reader_upgrade(const struct reader_head *head)
{
	if (!head->upgrades)
		return head->upgrade_option ? HTTP1_UPGRADE_OTHER : HTTP1_UPGRADE_NONE;
	if (reader_is_like(head->upgrade_to, "websocket"))
		return HTTP1_UPGRADE_WEBSOCKET;
	return reader_is_like(head->upgrade_to, "h2c") ? HTTP1_UPGRADE_H2C : HTTP1_UPGRADE_OTHER;
}

enum http1_reply_framing reader_framing(const struct reader_head *reply)
{
	if (reply->asked_head || reply->status / 100 == 1 || reply->status == 204 ||
	    reply->status == 304)
		return HTTP1_REPLY_NONE;
	return reply->codings   ? HTTP1_REPLY_CHUNKED
	       : reply->lengths ? HTTP1_REPLY_LENGTH
	                        : HTTP1_REPLY_CLOSE;
}

static enum http1_reason last_line(struct reader_head *head)
{
	const bool switches = head->asked_websocket && head->upgrade_option &&
	                      reader_upgrade(head) == HTTP1_UPGRADE_WEBSOCKET;

	if (head->is_reply) {
		if (head->status / 100 == 1 && (head->lengths || head->codings))
			return HTTP1_REPLY_BODY;
		if (head->status == 204 && (head->length || head->codings))
			return HTTP1_REPLY_BODY;
		if (head->status == 101 && !switches)
			return HTTP1_REPLY_SWITCH;
		head->close = head->close || reader_framing(head) == HTTP1_REPLY_CLOSE;
		return HTTP1_NONE;
	}
	if (!head->hosts)
		return HTTP1_HOST_MISSING;
	if (head->form == HTTP1_AUTHORITY && (head->lengths || head->codings))
		return HTTP1_CONNECT_BODY;
	return head->authority.n && !same_host(head) ? HTTP1_HOST_OTHER : HTTP1_NONE;
}

static void read_head(struct rd bytes, struct reader_head *head)
{
	size_t from = 0, end;

	while (!head->reason && (end = read_line(head, bytes, from)) != 0) {
		const struct rd line = rd_of(bytes.p + from, end - 2 - from);

		if (from && !line.n) {
			head->reason = last_line(head);
			head->answer = head->reason ? HTTP1_BAD : HTTP1_OK;
			return;
		}
		head->reason = from ? field_line(head, line) : first_line(head, line);
		if (!head->reason && end == HTTP1_HEAD_MAX)
			head->reason = HTTP1_HEAD_LONG;
		from = end;
	}
	head->answer = head->reason ? HTTP1_BAD : HTTP1_MORE;
}

/* The fields are not cleared: `count` says which there are. */
static void clear(struct reader_head *head)
{
	memset(head, 0, offsetof(struct reader_head, fields));
	memset(&head->hosts, 0, sizeof(*head) - offsetof(struct reader_head, hosts));
}

void reader_request(struct rd bytes, struct reader_head *out)
{
	clear(out);
	read_head(bytes, out);
}

void reader_reply(struct rd bytes, struct http1_asked asked, struct reader_head *out)
{
	clear(out);
	out->is_reply = true;
	out->asked_head = asked.head;
	out->asked_websocket = asked.websocket;
	read_head(bytes, out);
}
