/* SPDX-License-Identifier: ISC */
/* origin_raw.c: replies that are bytes, word for word, and how the connection goes on behind them.
 *
 * What a reader may not believe is said: `poison` in a body or a field of what is no reply, or not this one's.
 */
#include "lab/world/origin.h"

#include <stdio.h>
#include <string.h>

#define OK     "HTTP/1.1 200 OK\r\n"
#define POISON OK "Content-Length: 6\r\nX-Poison: yes\r\n\r\npoison"
#define CHUNKS "5\r\nhello\r\n0\r\n\r\n"
#define TE     "Transfer-Encoding: chunked\r\n"

#define IN_ORDER 14 /* of those below: the first */

static const struct raw {
	const char *way;
	const char *bytes;
	size_t len; /* 0: to the first NUL */
	enum origin_after after;
} raws[] = {
        /* within the rules */
        {"hello", OK "Content-Length: 5\r\n\r\nhello", 0, ORIGIN_KEEP},
        {"hello-chunked", OK TE "\r\n" CHUNKS, 0, ORIGIN_KEEP},
        {"chunk-extension", OK TE "\r\n5;a=b;c=\"d\"\r\nhello\r\n0\r\n\r\n", 0, ORIGIN_KEEP},
        {"trailer", OK TE "Trailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", 0,
         ORIGIN_KEEP},
        {"empty", OK "Content-Length: 0\r\n\r\n", 0, ORIGIN_KEEP},
        {"no-length", OK "Connection: close\r\n\r\nhello", 0, ORIGIN_CLOSE},
        {"http10", "HTTP/1.0 200 OK\r\n\r\nhello", 0, ORIGIN_CLOSE},
        {"204", "HTTP/1.1 204 No Content\r\n\r\n", 0, ORIGIN_KEEP},
        {"304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 0, ORIGIN_KEEP},
        {"404", "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello", 0, ORIGIN_KEEP},
        {"no-reason", "HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello", 0, ORIGIN_KEEP},
        {"early-hints",
         "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" OK "Content-Length: 5\r\n\r\nhello", 0,
         ORIGIN_KEEP},
        {"continue", "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 5\r\n\r\nhello", 0,
         ORIGIN_KEEP},
        {"same-lengths", OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 0, ORIGIN_KEEP},

        /* cut */
        {"cut-head", OK "Content-Length: 5\r\nX-Half", 0, ORIGIN_CLOSE},
        {"cut-length", OK "Content-Length: 1000\r\n\r\nhello", 0, ORIGIN_CLOSE},
        {"cut-chunked", OK TE "\r\n5\r\nhello\r\n", 0, ORIGIN_CLOSE},
        {"cut-chunk", OK TE "\r\n3e8\r\nhello", 0, ORIGIN_CLOSE},
        {"cut-trailer", OK TE "\r\n5\r\nhello\r\n0\r\n", 0, ORIGIN_CLOSE},
        {"cut-early-hints", "HTTP/1.1 103 Early Hints\r\n\r\n", 0, ORIGIN_CLOSE},
        {"hangup", "", 0, ORIGIN_CLOSE},
        {"no-notify", OK "Content-Length: 5\r\n\r\nhello", 0, ORIGIN_CUT},
        {"no-length-no-notify", OK "Connection: close\r\n\r\nhello", 0, ORIGIN_CUT},
        {"reset", OK "Content-Length: 1000\r\n\r\nhello", 0, ORIGIN_RESET},
        {"reset-head", "", 0, ORIGIN_RESET},
        {"reset-behind", OK "Content-Length: 5\r\n\r\nhello", 0, ORIGIN_RESET},

        /* more than one reply */
        {"two-replies", OK "Content-Length: 5\r\n\r\nhello" POISON, 0, ORIGIN_KEEP},
        {"more", OK "Content-Length: 5\r\n\r\nhellopoison", 0, ORIGIN_KEEP},
        {"more-chunked", OK TE "\r\n" CHUNKS "poison", 0, ORIGIN_KEEP},
        {"204-body", "HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\npoison", 0, ORIGIN_KEEP},
        {"204-chunked", "HTTP/1.1 204 No Content\r\n" TE "\r\n6\r\npoison\r\n0\r\n\r\n", 0,
         ORIGIN_KEEP},
        {"304-body", "HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\npoison", 0,
         ORIGIN_KEEP},
        {"continue-body",
         "HTTP/1.1 100 Continue\r\nContent-Length: 6\r\n\r\npoison" OK "Content-Length: 0\r\n\r\n",
         0, ORIGIN_KEEP},

        /* two lengths */
        {"cl-te", OK "Content-Length: 5\r\n" TE "\r\n" CHUNKS, 0, ORIGIN_KEEP},
        {"te-cl", OK TE "Content-Length: 50\r\n\r\n" CHUNKS, 0, ORIGIN_KEEP},
        {"two-lengths", OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 0, ORIGIN_KEEP},
        {"length-list", OK "Content-Length: 5, 6\r\n\r\nhello!", 0, ORIGIN_KEEP},
        {"length-plus", OK "Content-Length: +5\r\n\r\nhello", 0, ORIGIN_KEEP},
        {"length-minus", OK "Content-Length: -5\r\n\r\nhello", 0, ORIGIN_CLOSE},
        {"length-hex", OK "Content-Length: 0x5\r\n\r\nhello", 0, ORIGIN_KEEP},
        {"length-huge", OK "Content-Length: 18446744073709551621\r\n\r\nhello", 0, ORIGIN_CLOSE},
        {"length-empty", OK "Content-Length: \r\n\r\nhello", 0, ORIGIN_CLOSE},
        {"te-unknown", OK "Transfer-Encoding: xchunked\r\n\r\n" CHUNKS, 0, ORIGIN_CLOSE},
        {"te-gzip", OK "Transfer-Encoding: gzip, chunked\r\n\r\n" CHUNKS, 0, ORIGIN_KEEP},
        {"te-twice", OK TE TE "\r\n" CHUNKS, 0, ORIGIN_KEEP},
        {"te-http10", "HTTP/1.0 200 OK\r\n" TE "\r\n" CHUNKS, 0, ORIGIN_CLOSE},

        /* bad chunks */
        {"chunk-plus", OK TE "\r\n+5\r\nhello\r\n0\r\n\r\n", 0, ORIGIN_KEEP},
        {"chunk-0x", OK TE "\r\n0x5\r\nhello\r\n0\r\n\r\n", 0, ORIGIN_KEEP},
        {"chunk-huge", OK TE "\r\n10000000000000005\r\nhello\r\n0\r\n\r\n", 0, ORIGIN_KEEP},
        {"chunk-bare-lf", OK TE "\r\n5\nhello\n0\n\n", 0, ORIGIN_CLOSE},
        {"chunk-long", OK TE "\r\n5\r\nhello!\r\n0\r\n\r\n", 0, ORIGIN_CLOSE},
        {"chunk-blank", OK TE "\r\n5 \r\nhello\r\n0\r\n\r\n", 0, ORIGIN_KEEP},
        {"chunk-empty", OK TE "\r\n\r\nhello\r\n0\r\n\r\n", 0, ORIGIN_CLOSE},

        /* bad heads */
        {"bare-lf", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", 0, ORIGIN_KEEP},
        {"bare-cr", OK "X-A: 1\rX-Poison: yes\r\nContent-Length: 5\r\n\r\nhello", 0, ORIGIN_KEEP},
        {"obs-fold", OK "X-A: 1\r\n 2\r\nContent-Length: 5\r\n\r\nhello", 0, ORIGIN_KEEP},
        {"nul", OK "X-A: 1\0002\r\nContent-Length: 5\r\n\r\nhello",
         sizeof(OK "X-A: 1\0002\r\nContent-Length: 5\r\n\r\nhello") - 1, ORIGIN_KEEP},
        {"space-colon", OK "Content-Length : 5\r\n\r\nhello", 0, ORIGIN_CLOSE},
        {"no-colon", OK "X-Nothing\r\nContent-Length: 5\r\n\r\nhello", 0, ORIGIN_KEEP},
        {"no-name", OK ": 1\r\nContent-Length: 5\r\n\r\nhello", 0, ORIGIN_KEEP},
        {"short-status", "HTTP/1.1 20 OK\r\nContent-Length: 5\r\n\r\nhello", 0, ORIGIN_KEEP},
        {"long-status", "HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello", 0, ORIGIN_KEEP},
        {"status-000", "HTTP/1.1 000 OK\r\nContent-Length: 5\r\n\r\nhello", 0, ORIGIN_KEEP},
        {"no-status", "HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 0, ORIGIN_KEEP},
        {"lower-case", "http/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 0, ORIGIN_KEEP},
        {"http2", "HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", 0, ORIGIN_KEEP},
        {"http09", "hello", 0, ORIGIN_CLOSE},
        {"icy", "ICY 200 OK\r\nContent-Length: 5\r\n\r\nhello", 0, ORIGIN_KEEP},
        {"blank-line", "\r\n" OK "Content-Length: 5\r\n\r\nhello", 0, ORIGIN_KEEP},

        /* upgrades that nobody asked for, or that are none */
        {"switch-unasked",
         "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
         "Upgrade\r\n\r\npoison",
         0, ORIGIN_KEEP},
        {"websocket-key",
         "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\npoison",
         0, ORIGIN_KEEP},
        {"websocket-other",
         "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\npoison", 0,
         ORIGIN_KEEP},
        {"websocket-bare", "HTTP/1.1 101 Switching Protocols\r\n\r\npoison", 0, ORIGIN_KEEP},
        {"websocket-refused", "HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nhello", 0,
         ORIGIN_KEEP},
};

bool origin_raw(struct visit *v, const struct request *r, enum origin_after *after)
{
	size_t i, len;

	for (i = 0; i < sizeof(raws) / sizeof(raws[0]); i++) {
		const struct raw *raw = &raws[i];

		if (strcmp(raw->way, r->way) != 0)
			continue;
		len = raw->len ? raw->len : strlen(raw->bytes);
		/* What is in order answers HEAD with its head alone, as any server. */
		if (r->is_head && i < IN_ORDER && strstr(raw->bytes, "\r\n\r\n"))
			len = (size_t)(strstr(raw->bytes, "\r\n\r\n") + 4 - raw->bytes);
		*after = visit_send(v, raw->bytes, len) ? raw->after : ORIGIN_CUT;
		return true;
	}
	return false;
}

void origin_raw_list(char *out, size_t size)
{
	size_t i, at = 0;

	for (i = 0; i < sizeof(raws) / sizeof(raws[0]) && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s\n", raws[i].way);
}
