/* SPDX-License-Identifier: ISC */
/* http_same.h: for fuzz targets: plays bytes to the readers of ref/http1*.h in several ways, and holds
 * what they say against each other and against the second reader (http_reader.h). All of it ends the
 * program where something does not hold. */
#ifndef FUZZ_RIG_HTTP_SAME_H
#define FUZZ_RIG_HTTP_SAME_H

#include "fuzz/rig/http_reader.h"

/* A request, or a reply to what was asked. */
enum http1_answer same_request(struct rd bytes, struct http1_head *head);
enum http1_answer same_reply(struct rd bytes, struct http1_asked asked, struct http1_reply *reply);

/* The bytes behind a head whose framing is given; `length` where it is HTTP1_BODY_LENGTH. */
enum http1_answer same_body(struct rd bytes, enum http1_framing framing, uint64_t length);

/* The path of a request whose head is complete. */
void same_path(struct rd path);

/* What is declared of reasons. */
void same_reason(enum http1_reason reason);

#endif
