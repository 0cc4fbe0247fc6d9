/* SPDX-License-Identifier: ISC */
/* exchange_write.h: heads written anew, and bodies on their way. Part of exchange.c.
 *
 * Each function puts all it has to say at the back of a queue, or says false and puts nothing: no
 * room yet. A queue of EXCHANGE_BUF_MIN bytes that is empty has room for any head.
 */
#ifndef REF_EXCHANGE_WRITE_H
#define REF_EXCHANGE_WRITE_H

#include "ref/exchange.h"

#define EXCHANGE_LAST_CHUNK "0\r\n\r\n"

/* Whether the target is * : as it stands, or as an absolute-form without a path means it (RFC 9112
 * section 3.2.4). */
bool exchange_is_asterisk(const struct http1_head *head, struct rd bytes);

/* The head of a request. `bytes` begins with those that it was parsed from. */
bool exchange_write_request(struct buf *to, const struct http1_head *head, struct rd bytes,
                            bool websocket);

/* How a reply goes to the guest. */
struct exchange_shape {
	bool chunked; /* its body in chunks, else as upstream counted it or until close */
	bool close;   /* the guest's connection ends with it */
};

/* The head of a reply, 1xx too. */
bool exchange_write_reply(struct buf *to, const struct http1_reply *reply, struct rd bytes,
                          struct exchange_shape shape);

/* All of a refusal: `status`, and `word` in a line of text unless it answers HEAD. */
bool exchange_write_refusal(struct buf *to, unsigned status, const char *word, bool head);

/* Moves what is there of a body, as much as there is room for, chunked anew or plain; *moved, unless
 * it is NULL, grows by the bytes of the body itself. HTTP1_OK: that was all, with the last chunk. HTTP1_MORE: bytes or room
 * are wanting. Not to be asked again behind HTTP1_OK. */
enum http1_answer exchange_move_body(struct http1_body *body, struct buf *to, struct buf *from,
                                     bool chunked, uint64_t *moved);

#endif
