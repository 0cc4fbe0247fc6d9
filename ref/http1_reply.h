/* SPDX-License-Identifier: ISC */
/* http1_reply.h: the head of a reply to one request (RFC 9112 sections 2 to 7, RFC 9110 section 15).
 *
 * Works as http1_head.h does: one buffer, every byte looked at once, spans and no copies, and what is
 * wrong is told at the byte where it shows. It is as strict towards the origin as that one is towards
 * the client, because a reply that two readers end at different bytes puts what follows into the
 * answer to somebody's next request.
 *
 * Declared, where the RFCs leave a choice:
 *
 *	status line  HTTP/1.1 or HTTP/1.0, one space, three digits 100 to 599, then one space and a
 *	             reason phrase, both of which may be missing; tab, visible ASCII and bytes above 0x7f
 *	HTTP/1.0     is read, may have no Transfer-Encoding, and is no 1xx
 *	length       one Content-Length or one Transfer-Encoding that is exactly "chunked", as in requests
 *	             and never both; in a reply without a body too
 *	no body      replies to HEAD, 1xx, 204 and 304, whatever the fields say; but a 1xx with either of
 *	             the two fields, a 204 with a Transfer-Encoding, and a 204 whose Content-Length is not
 *	             0 are refused: somebody reads a body there
 *	101          only where the request asked for a protocol and the reply names the same
 *	CONNECT      is nobody's method here: its replies are not read
 */
#ifndef REF_HTTP1_REPLY_H
#define REF_HTTP1_REPLY_H

#include "ref/http1_head.h"

enum http1_reply_framing {
	HTTP1_REPLY_NONE,    /* no body: the reply ends with its head */
	HTTP1_REPLY_LENGTH,  /* content_length bytes */
	HTTP1_REPLY_CHUNKED, /* chunks */
	HTTP1_REPLY_CLOSE,   /* all bytes until the connection ends */
};

/* What the request was, as far as its reply depends on it. */
struct http1_asked {
	bool head;      /* HEAD */
	bool websocket; /* it asked to go on as a websocket */
};

struct http1_reply {
	struct http1_head
	        head;    /* part, reason, scanned, line, minor, fields, length, close, upgrade */
	uint16_t status; /* 100..599 */
	struct http1_span words; /* the reason phrase, maybe empty */
	bool has_length; /* there is a Content-Length, which for HEAD and 304 tells of no body */
	enum http1_reply_framing framing;
};

/* `reply` starts as all zeros. `bytes` is everything since the first byte of the reply, never less
 * than the time before. Answers as http1_head_parse() does, with the reason in reply->head.reason.
 * At HTTP1_OK the head takes reply->head.scanned bytes. reply->head.close: the connection ends with
 * this reply: it says so, or is HTTP/1.0, or has a body until close. */
enum http1_answer http1_reply_parse(struct http1_reply *reply, struct http1_asked asked,
                                    struct rd bytes);

#endif
