/* SPDX-License-Identifier: ISC */
/* http_response.c: fuzz target: any bytes as a reply, head and body (ref/http1_reply.h, http1_body.h).
 * The first byte says what was asked: 1 HEAD, 2 an upgrade to a websocket; the rest is the reply.
 *
 * The same must hold as in http_request.c. A reply whose end is that of its connection is read as one
 * of so many bytes as no connection has. */
#include "fuzz/fuzz.h"
#include "fuzz/rig/http_same.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum http1_framing framings[] = {
	        [HTTP1_REPLY_NONE] = HTTP1_BODY_NONE,
	        [HTTP1_REPLY_LENGTH] = HTTP1_BODY_LENGTH,
	        [HTTP1_REPLY_CHUNKED] = HTTP1_BODY_CHUNKED,
	        [HTTP1_REPLY_CLOSE] = HTTP1_BODY_LENGTH,
	};
	const struct http1_asked asked = {
	        .head = size && data[0] & 1,
	        .websocket = size && data[0] & 2,
	};
	const struct rd bytes = size ? rd_of(data + 1, size - 1) : rd_of(data, 0);
	struct http1_reply reply;
	size_t n;

	if (same_reply(bytes, asked, &reply) != HTTP1_OK)
		return 0;
	n = reply.head.scanned;
	same_body(rd_of(bytes.p + n, bytes.n - n), framings[reply.framing],
	          reply.framing == HTTP1_REPLY_CLOSE ? UINT64_MAX : reply.head.content_length);
	return 0;
}
