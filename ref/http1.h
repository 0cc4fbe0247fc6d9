/* SPDX-License-Identifier: ISC */
/* http1.h: what the parsers of HTTP/1.1 share: their answers, their reasons, the classes of bytes.
 *
 *	http1_head.h   the head of a request: RFC 9112 sections 2 to 7, RFC 9110
 *	http1_host.h   the host and port of a Host field or of a target
 *	http1_path.h   a path in its one spelling, for rules to match
 *	http1_body.h   the bytes behind a head: none, counted or chunked
 *	http1_reply.h  the head of a reply
 *
 * They are strict where RFC 9112 lets a server be lenient: a head that two parsers could read in two
 * ways is refused, with a reason of its own, and never repaired. They decide nothing else: which
 * host, method or path is allowed is the policy's business.
 */
#ifndef REF_HTTP1_H
#define REF_HTTP1_H

#include "bytes/rd.h"

/* HTTP1_MORE is never an error: the bytes so far begin something that may become right. */
enum http1_answer { HTTP1_OK, HTTP1_MORE, HTTP1_BAD };

/* Why HTTP1_BAD. The word in front is http1_reason_word(); the number is http1_reason_status(),
 * 400 where none stands. Names are for ever. */
enum http1_reason {
	HTTP1_NONE, /* none: nothing was refused; status 0 */

	/* bytes that may stand nowhere */
	HTTP1_BARE_LF, /* bare-lf: a line that ends without CR */
	HTTP1_BARE_CR, /* bare-cr: CR without LF behind it */
	HTTP1_NUL,     /* nul */
	HTTP1_CONTROL, /* control: another control character, or a tab outside a field */

	/* the request line */
	HTTP1_EMPTY_LINE,       /* empty-line: in front of the request line; not even one */
	HTTP1_METHOD,           /* method: not a token */
	HTTP1_METHOD_CASE,      /* method-case: a lower-case letter; methods are case-sensitive */
	HTTP1_METHOD_LONG,      /* method-long: 501 */
	HTTP1_REQUEST_SPACE,    /* request-space: not one space each between three words */
	HTTP1_REQUEST_LINE,     /* request-line: a method and nothing else */
	HTTP1_VERSION_SYNTAX,   /* version-syntax: the third word is not HTTP/digit.digit */
	HTTP1_VERSION,          /* version: neither 1.1 nor 1.0; 505 */
	HTTP1_HTTP09,           /* http09: a request line without a version; 505 */
	HTTP1_HTTP2_PREFACE,    /* http2-preface: PRI * HTTP/2.0; 505 */
	HTTP1_TARGET_FRAGMENT,  /* target-fragment: # */
	HTTP1_TARGET_NON_ASCII, /* target-non-ascii */
	HTTP1_TARGET_CHARACTER, /* target-character: one of " < > */
	HTTP1_TARGET_LONG,      /* target-long: 414 */
	HTTP1_TARGET_FORM,      /* target-form: no form, or not this method's */

	/* fields */
	HTTP1_OBS_FOLD,        /* obs-fold: a line that begins with space or tab */
	HTTP1_NO_COLON,        /* no-colon */
	HTTP1_SPACE_COLON,     /* space-before-colon */
	HTTP1_FIELD_NAME,      /* field-name: not a token */
	HTTP1_TOO_MANY_FIELDS, /* too-many-fields: 431 */
	HTTP1_HEAD_LONG,       /* head-long: 431 */

	/* whom the request is for */
	HTTP1_HOST_MISSING,  /* host-missing */
	HTTP1_HOST_TWICE,    /* host-twice */
	HTTP1_HOST_EMPTY,    /* host-empty */
	HTTP1_HOST_USERINFO, /* host-userinfo: user@host */
	HTTP1_HOST_LIST,     /* host-list: several values, or a space */
	HTTP1_HOST_NAME,     /* host-name: neither a name nor an address */
	HTTP1_HOST_PORT,  /* host-port: not 1..65535 in its shortest spelling, or CONNECT without */
	HTTP1_HOST_OTHER, /* host-other: the target names another host or port than Host */

	/* how long the message is, and what becomes of the connection */
	HTTP1_LENGTH_TWICE,    /* length-twice: two Content-Length, equal ones too */
	HTTP1_LENGTH_LIST,     /* length-list: a comma */
	HTTP1_LENGTH_DIGITS,   /* length-digits: empty, or not a number in its shortest spelling */
	HTTP1_LENGTH_OVERFLOW, /* length-overflow: above HTTP1_LENGTH_MAX; 413 */
	HTTP1_LENGTH_CODING,   /* length-and-coding: Content-Length and Transfer-Encoding */
	HTTP1_CODING,          /* coding: Transfer-Encoding is not exactly "chunked"; 501 */
	HTTP1_CODING_TWICE,    /* coding-twice */
	HTTP1_CODING_HTTP10,   /* coding-http10: Transfer-Encoding in HTTP/1.0 */
	HTTP1_CONNECT_BODY,    /* connect-body: CONNECT with either of the two */
	HTTP1_CONNECTION,      /* connection: an option that is not a token */
	HTTP1_UPGRADE_TWICE,   /* upgrade-twice */
	HTTP1_EXPECT,          /* expect: other than 100-continue; 417 */

	/* bodies */
	HTTP1_CHUNK_SIZE,      /* chunk-size: not a hexadecimal number */
	HTTP1_CHUNK_OVERFLOW,  /* chunk-overflow: more than HTTP1_CHUNK_DIGITS digits; 413 */
	HTTP1_CHUNK_EXTENSION, /* chunk-extension: a semicolon or a space behind the size */
	HTTP1_CHUNK_END,       /* chunk-end: no CRLF behind the chunk's bytes */
	HTTP1_TRAILER_LONG,    /* trailer-long: 431 */

	/* paths */
	HTTP1_PATH_START,     /* path-start: does not begin with a slash */
	HTTP1_PATH_ESCAPE,    /* path-escape: % without two hexadecimal digits */
	HTTP1_PATH_TWICE,     /* path-twice-escaped: %25 in front of two of them */
	HTTP1_PATH_CONTROL,   /* path-control: %00, another control character */
	HTTP1_PATH_SLASH,     /* path-slash: an escaped slash */
	HTTP1_PATH_BACKSLASH, /* path-backslash: escaped or not */
	HTTP1_PATH_PARAMETER, /* path-parameter: a semicolon, escaped or not */
	HTTP1_PATH_DOTS,      /* path-dots: a segment that is . or .. */
	HTTP1_PATH_EMPTY,     /* path-empty-segment: two slashes in a row */
	HTTP1_PATH_LONG,      /* path-long: does not fit; 414 */

	/* replies; all 502 */
	HTTP1_STATUS_LINE,  /* status-line: not HTTP/1.1 or 1.0, a space, three digits, and words */
	HTTP1_STATUS,       /* status: not 100..599, or 1xx in HTTP/1.0 */
	HTTP1_REPLY_BODY,   /* reply-body: a 1xx or 204 that tells of one */
	HTTP1_REPLY_SWITCH, /* reply-switch: 101 to what nobody asked for */
	HTTP1_REPLY_UNASKED, /* reply-unasked: bytes behind the end of a reply */
	HTTP1_REPLY_MANY,    /* reply-many: 1xx without end */

	HTTP1_REASON_COUNT
};

#define HTTP1_LENGTH_MAX   INT64_MAX
#define HTTP1_CHUNK_DIGITS 15 /* of a chunk's size, with leading zeros */

/* For the audit and for the guest to read; "invalid" for a value outside the enum. Static storage. */
const char *http1_reason_word(enum http1_reason reason);

/* The status to answer before closing: 400, 413, 414, 417, 431, 501, 502 or 505; 0 for HTTP1_NONE, 500
 * for a value outside the enum. After HTTP1_BAD nobody knows where the next request begins. */
unsigned http1_reason_status(enum http1_reason reason);

/* RFC 9110 section 5.6.2. */
bool http1_is_tchar(uint8_t c);

/* One tchar or more. */
bool http1_is_token(struct rd word);

/* 0..15, or -1. */
int http1_hex(uint8_t c);

/* ASCII only. */
uint8_t http1_lower(uint8_t c);

/* Whether they are the same but for case; `lower` has no capitals. */
bool http1_same(struct rd word, const char *lower);

/* Without the spaces and tabs at its ends (OWS, RFC 9110 section 5.6.3). */
struct rd http1_trim(struct rd value);

#endif
