/* SPDX-License-Identifier: ISC */
/* http1_head.h: the head of a request (RFC 9112 sections 2 to 7; RFC 9110 for what fields mean).
 *
 * The caller keeps all bytes of a head in one buffer and asks again when more have come. Every byte
 * is looked at once, so a head that comes byte by byte costs no more than one that comes whole, and
 * both get the same answer. What is wrong is told at the byte where it shows, not at the end of
 * the head. Nothing is copied but the host; everything else is a span, an offset and a length, so
 * the buffer may move between calls.
 *
 * Declared, where the RFCs leave a choice:
 *
 *	lines        end in CRLF; no empty line in front of the request line; one space each
 *	target       visible ASCII but for # " < >; authority-form for CONNECT and no other method,
 *	             asterisk-form for OPTIONS alone, absolute-form for http and https
 *	HTTP/1.0     is read, must have a Host, may have no Transfer-Encoding and is never kept alive;
 *	             its Expect is ignored
 *	fields       tab and bytes above 0x7f may stand in values, which are trimmed
 *	Host         exactly one, in every request; a target with an authority must name the same host
 *	             and the same port (absolute-form: 80 or 443 when there is none; CONNECT: must have
 *	             one, Host may leave it out)
 *	length       one Content-Length, digits without leading zeros, or one Transfer-Encoding that is
 *	             exactly "chunked", never both, and neither with CONNECT
 *	Connection   empty elements are skipped. Fields that it names are not looked at: who forwards
 *	             drops them
 *	Upgrade      is reported with or without Connection: upgrade, in HTTP/1.0 too, because somebody
 *	             behind may do what it asks for
 */
#ifndef REF_HTTP1_HEAD_H
#define REF_HTTP1_HEAD_H

#include "ref/http1_host.h"

#define HTTP1_HEAD_MAX   16384 /* bytes of a head, with its empty line */
#define HTTP1_METHOD_MAX 32
#define HTTP1_TARGET_MAX 8192
#define HTTP1_FIELDS_MAX 100

/* Bytes of the caller's buffer. */
struct http1_span {
	uint16_t at, len;
};

struct http1_field {
	struct http1_span name,
	        value; /* the name as it was written; the value is trimmed, maybe empty */
};

enum http1_form { HTTP1_ORIGIN, HTTP1_ABSOLUTE, HTTP1_AUTHORITY, HTTP1_ASTERISK };

enum http1_framing {
	HTTP1_BODY_NONE,    /* neither of the two fields: no body */
	HTTP1_BODY_LENGTH,  /* content_length bytes, which may be 0 */
	HTTP1_BODY_CHUNKED, /* chunks */
};

enum http1_upgrade {
	HTTP1_UPGRADE_NONE,
	HTTP1_UPGRADE_WEBSOCKET,
	HTTP1_UPGRADE_H2C,
	HTTP1_UPGRADE_OTHER, /* another protocol, several, or Connection: upgrade without a protocol */
};

/* Where the parser is. For its own use. */
enum http1_part { HTTP1_IN_METHOD, HTTP1_IN_TARGET, HTTP1_IN_VERSION, HTTP1_IN_FIELDS, HTTP1_DONE };

struct http1_head {
	enum http1_part part;
	enum http1_reason reason; /* why HTTP1_BAD */
	uint16_t scanned;         /* bytes looked at; at HTTP1_OK the length of the head */
	uint16_t line;            /* where the line begins that `scanned` stands in */

	struct http1_span method, target;
	enum http1_form form;
	bool https;                  /* absolute-form: the scheme is https, not http */
	struct http1_span authority; /* absolute-form and authority-form; else empty */
	struct http1_span path;      /* origin-form and absolute-form, where it may be empty */
	struct http1_span query;     /* behind the question mark */
	bool has_query;              /* there is a question mark */
	uint8_t minor;               /* HTTP/1.minor: 0 or 1 */

	uint8_t field_count;
	struct http1_field fields[HTTP1_FIELDS_MAX];

	bool has_host;
	struct http1_host host; /* of the Host field */
	enum http1_framing framing;
	uint64_t content_length;
	bool close;           /* Connection: close, or HTTP/1.0 */
	bool upgrade_option;  /* Connection: upgrade */
	bool expect_continue; /* the client waits for 100 before it sends the body */
	bool has_upgrade;     /* there is an Upgrade field: */
	struct http1_span upgrade_to;
	enum http1_upgrade upgrade;
};

/* `head` starts as all zeros. `bytes` is everything since the first byte of the request, never less
 * than the time before; what stands behind the head is not looked at. HTTP1_OK: the head is
 * complete and takes `scanned` bytes. HTTP1_BAD: `reason` is set, nothing else may be relied on.
 * Either answer is final: later calls repeat it. HTTP1_MORE is never given for HTTP1_HEAD_MAX bytes
 * or more. */
enum http1_answer http1_head_parse(struct http1_head *head, struct rd bytes);

/* The bytes of a span; `bytes` begins with those that the head was parsed from. Empty when it is
 * shorter. */
struct rd http1_at(struct rd bytes, struct http1_span span);

#endif
