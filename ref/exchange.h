/* SPDX-License-Identifier: ISC */
/* exchange.h: the HTTP/1.1 of one guest connection: requests one by one, to whoever decides about
 * them, on to an upstream, and the replies back. No I/O, no clock, no memory of its own.
 *
 * The caller owns two connections, the guest's and (from time to time) one to an upstream, and four
 * queues between them and the exchange:
 *
 *	guest_in  what the guest sent   -> [exchange] -> up_out  what goes upstream
 *	guest_out what goes to the guest <- [exchange] <- up_in   what upstream sent
 *
 * It calls exchange_step() whenever a queue changed or a connection ended, again and again until the
 * answer is EXCHANGE_MORE. All four have EXCHANGE_BUF_MIN bytes or more, so any head fits; nothing is
 * buffered elsewhere: a queue that is full stops the one behind it. While a queue is empty its memory
 * is free for others.
 *
 * What it sees to by itself:
 *
 *	heads        read by http1_head.h, http1_reply.h, and written anew from what was read: Host first
 *	             and normalised, fields in their order, without those of the connection (Connection
 *	             and what it names, Keep-Alive, Proxy-*, TE, Trailer, Upgrade, HTTP2-Settings), own
 *	             framing; the target in origin-form as it was written
 *	bodies       counted ones stay counted, chunked ones are chunked anew, trailers dropped; a reply
 *	             until close becomes chunked for HTTP/1.1 and ends by close for HTTP/1.0
 *	order        one request at a time; the next one's head is looked at when the reply before it is
 *	             complete
 *	who it is    in TLS every Host is the name that TLS was made for; a port that is named is the
 *	             connection's; an address is no host
 *	limits       request bodies above body_max; 1xx replies above EXCHANGE_INFORMATIONAL_MAX
 *	endings      the guest's connection is kept unless either side or HTTP/1.0 ends it, the request was
 *	             refused, or the reply came before all of the request's body had
 *
 * What only the caller knows: whether a request is allowed (EXCHANGE_REQUEST), how to get an upstream,
 * and when too much time has passed (exchange_refuse()).
 *
 *	           .--> IDLE -> HEAD -> ASKED --allow--> BUSY --101--> TUNNEL
 *	           '----------------------------------------'            |
 *	  refused, cut, or the last: ------------------------------> LAST -> ENDED
 */
#ifndef REF_EXCHANGE_H
#define REF_EXCHANGE_H

#include "ref/buf.h"
#include "ref/http1_body.h"
#include "ref/http1_reply.h"
#include "ref/policy.h"

#define EXCHANGE_BUF_MIN           (HTTP1_HEAD_MAX + 1024)
#define EXCHANGE_INFORMATIONAL_MAX 16 /* 1xx replies to one request, 100 included */
#define EXCHANGE_WORD_MAX          64 /* characters of the word of a refusal */

enum exchange_said {
	EXCHANGE_MORE,    /* nothing to do until bytes come, room is made or a connection ends */
	EXCHANGE_REQUEST, /* ex->request is to be decided: exchange_allow() or exchange_refuse() */
	EXCHANGE_FAULT, /* something is wrong: ex->fault, ex->detail; for the records. The exchange has
	                   * already done what there is to do about it; step again */
	EXCHANGE_DROP, /* close the upstream connection, which the exchange has forgotten; what was in
	                   * up_in and up_out is gone; up_eof is false again. Step again */
	EXCHANGE_CLOSE, /* final: the guest's connection ends when guest_out is empty (close_notify,
	                   * FIN), and what the guest still sends is thrown away; upstream is closed */
	EXCHANGE_ABORT, /* final: what the guest got is not complete and must not look so: RST, no
	                   * close_notify; upstream likewise. What stands in the queues is worth nothing */
};

/* What EXCHANGE_FAULT tells. The guest got the status, where a reply could still be given. */
enum exchange_fault {
	EXCHANGE_FAULT_NONE,
	EXCHANGE_FAULT_MALFORMED, /* head or body of the request; http1_reason_status() */
	EXCHANGE_FAULT_HOST,      /* not the name, port or scheme of the connection; 421 */
	EXCHANGE_FAULT_ADDRESS,   /* the host is an address, in whatever spelling; 403 */
	EXCHANGE_FAULT_UPGRADE,   /* CONNECT, or an upgrade that is not a websocket's; 403 */
	EXCHANGE_FAULT_LARGE,     /* the body is longer than body_max; 413 */
	EXCHANGE_FAULT_REPLY, /* upstream: a malformed reply, or bytes that nobody asked for; 502 */
	EXCHANGE_FAULT_CUT,   /* upstream: closed before its reply was complete; 502 */
};

enum exchange_phase {
	EXCHANGE_IDLE,   /* between two requests, or before the first */
	EXCHANGE_HEAD,   /* a head has begun */
	EXCHANGE_ASKED,  /* EXCHANGE_REQUEST was said, nobody has decided */
	EXCHANGE_BUSY,   /* request and reply are under way */
	EXCHANGE_TUNNEL, /* upgraded: bytes pass as they are */
	EXCHANGE_LAST,   /* a last reply is being written */
	EXCHANGE_ENDED,  /* EXCHANGE_CLOSE or EXCHANGE_ABORT */
};

/* The request that is to be decided, or is under way. Strings end with NUL and are safe to print. */
struct exchange_request {
	char method[HTTP1_METHOD_MAX + 1];
	char host[HTTP1_NAME_MAX + 1]; /* normalised */
	char path[POLICY_PATH_MAX +
	          2]; /* normalised, no query, cut: longer than any rule's; or * */
	bool websocket; /* it asks for an upgrade to a websocket; allow it with `upgrade`, or refuse */
	bool new_upstream; /* no upstream connection is there that could serve it: make one to `host`;
	                    * good when exchange_allow() is called: the old one may have ended meanwhile */
	bool reply_begun; /* bytes of its final reply have gone to the guest */
};

struct exchange_io {
	struct buf *guest_in, *guest_out, *up_in, *up_out;
	bool guest_eof; /* nothing comes behind guest_in: FIN, close_notify */
	bool up_eof; /* the same of up_in; a connection that was cut is no end: exchange_refuse() */
};

struct exchange {
	enum exchange_phase phase;
	struct exchange_request request;
	enum exchange_fault fault;
	enum http1_reason detail; /* of a fault, HTTP1_NONE where there is none */
	bool end_up;              /* TUNNEL: when up_out is empty, end the upstream's direction */
	bool end_guest;           /* TUNNEL: when guest_out is empty, end the guest's direction */

	/* For its own use. */
	struct {
		bool tls;
		char name[HTTP1_NAME_MAX + 1]; /* of TLS */
		uint16_t port;
		uint64_t body_max;
		bool upstream;                          /* there is one, */
		char upstream_host[HTTP1_NAME_MAX + 1]; /* for this host */

		bool tell;     /* the fault is to be told */
		bool drop;     /* so is EXCHANGE_DROP */
		bool ask;      /* so is EXCHANGE_REQUEST */
		bool abort;    /* ENDED: not EXCHANGE_CLOSE */
		bool last;     /* the guest's connection ends with this reply */
		bool sent;     /* the head of the request is in up_out */
		bool all_sent; /* so is its body */
		struct http1_asked asked;
		struct http1_head head;
		struct http1_body body;
		uint64_t body_bytes;
		struct http1_reply reply;
		struct http1_body reply_body;
		unsigned informational; /* 1xx replies so far */
		unsigned status;        /* LAST: of the refusal */
		char word[EXCHANGE_WORD_MAX + 1];
	} own;
};

/* Of a connection to `port`. `name`: that of TLS, normalised, or NULL for plain HTTP. `body_max`: of
 * a request, 0 for any. */
void exchange_start(struct exchange *ex, const char *name, uint16_t port, uint64_t body_max);

enum exchange_said exchange_step(struct exchange *ex, const struct exchange_io *io);

/* EXCHANGE_ASKED: the request may go to an upstream. Where ex->request.new_upstream is set, up_out
 * may fill before the connection stands. `upgrade`: as a websocket, if it asks for that; else what it
 * asks for is dropped from the request. */
void exchange_allow(struct exchange *ex, bool upgrade);

/* In any phase but the final one: the request is refused or cannot be served. The guest gets `status`
 * with `word` (lower-case letters, digits, hyphens; cut to EXCHANGE_WORD_MAX) in one line of text and
 * the end of the connection, or EXCHANGE_ABORT where its reply had begun. For what is decided (403),
 * for upstream failures (502, 504), for deadlines (408), for want of room (503). Upstream is dropped.
 * In LAST it is too late for another word; who does not read the last reply in time is cut off. */
void exchange_refuse(struct exchange *ex, unsigned status, const char *word);

#endif
