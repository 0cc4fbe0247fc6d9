/* SPDX-License-Identifier: ISC */
/* diff_llhttp.c: fuzz target: any bytes as a request or a reply, read by refnat (ref/http1*.h) and by
 * llhttp, the parser of Node.js (fuzz/llhttp/read.h). The first byte says which: 1 HEAD or a reply to it,
 * 2 an upgrade to a websocket was asked for, 4 a reply; the rest is the message.
 *
 * Direction: what refnat accepts llhttp accepts too, and reads in the same way: method, target or status,
 * every field, where the body ends and what it is. What refnat refuses llhttp may accept.
 *
 * Intended differences. In all but the last llhttp refuses, so nobody is misled:
 *
 *	methods     refnat takes any token in capitals, and rules decide; llhttp knows some fifty
 *	targets     llhttp looks into hosts and ports of an absolute-form and of CONNECT, and knows fewer
 *	            characters there
 *	tabs        llhttp takes none behind a Content-Length or a Transfer-Encoding; to RFC 9110
 *	            section 5.6.3 a tab there is no part of the value. refnat writes the field anew
 *	trailers    llhttp takes a Content-Length or Transfer-Encoding there for one of the head;
 *	            refnat drops them
 *	upgrades    llhttp ends a request with an upgrade, and a CONNECT, at its head. refnat's exchange
 *	            lets no such request have a body (ref/exchange.h)
 *	304         llhttp reads a body of the length that the reply tells of. By RFC 9110 section 6.4.1,
 *	            to refnat and to h11, it has none. Real servers send such replies, so they pass
 *
 * Blanks behind a value are left to the caller by llhttp, and not compared. */
#include "fuzz/fuzz.h"
#include "fuzz/llhttp/same.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t flags = size ? data[0] : 0;
	const struct http1_asked asked = {.head = flags & 1, .websocket = flags & 2};
	const struct rd bytes = size ? rd_of(data + 1, size - 1) : rd_of(data, 0);

	if (flags & 4)
		llhttp_same_reply(bytes, asked);
	else
		llhttp_same_request(bytes);
	return 0;
}
