/* SPDX-License-Identifier: ISC */
/* http1_body.h: the bytes behind a head (RFC 9112 sections 6 and 7).
 *
 * A body of a length is that many bytes. A chunked one is chunks, each a size in 1 to
 * HTTP1_CHUNK_DIGITS hexadecimal digits, CRLF, that many bytes, CRLF; then a chunk of size 0, which
 * has no bytes and no CRLF of its own; then trailer fields and an empty line. Chunk extensions are
 * refused, and so is a space behind the size. Trailer fields are checked as those of a head, at most
 * HTTP1_TRAILER_MAX bytes with their ends of lines, and dropped: nobody may rely on them (RFC 9110
 * section 6.5.1).
 */
#ifndef REF_HTTP1_BODY_H
#define REF_HTTP1_BODY_H

#include "ref/http1_head.h"

#define HTTP1_TRAILER_MAX 4096

/* Where the reader is. For its own use. */
enum http1_body_part {
	HTTP1_BODY_SIZE,
	HTTP1_BODY_SIZE_LF,
	HTTP1_BODY_DATA,
	HTTP1_BODY_DATA_CR,
	HTTP1_BODY_DATA_LF,
	HTTP1_BODY_LINE, /* the first byte of a line of the trailer */
	HTTP1_BODY_NAME, /* behind the first byte of a name */
	HTTP1_BODY_VALUE,
	HTTP1_BODY_VALUE_LF,
	HTTP1_BODY_LAST_LF,
	HTTP1_BODY_DONE,
};

struct http1_body {
	enum http1_body_part part;
	enum http1_reason reason; /* why HTTP1_BAD */
	bool chunked;
	uint64_t left;    /* bytes of the body, or of this chunk, that are still to come */
	unsigned digits;  /* of the chunk's size so far */
	unsigned trailer; /* bytes of the trailer so far */
};

/* For a head that was HTTP1_OK. */
struct http1_body http1_body_of(const struct http1_head *head);

/* Takes from the front of *in, and yields at most one window of the body in *payload, empty when
 * there is none.
 *
 *	HTTP1_OK     the body ends with this window; *in begins with what is not its own
 *	HTTP1_MORE   it does not; call again, at once while *in has bytes
 *	HTTP1_BAD    `reason` is set; nothing of this call may be used
 *
 * Ask once before there are bytes: a body of length 0 ends at once. HTTP1_OK and HTTP1_BAD are
 * final: later calls repeat them and take nothing. */
enum http1_answer http1_body_read(struct http1_body *body, struct rd *in, struct rd *payload);

#endif
