/* SPDX-License-Identifier: ISC */
/* http_reader.h: a second reader of HTTP/1.1, for fuzz targets to hold ref/http1*.h against.
 *
 * Written from the headers of those files and the RFCs they name, and in another way: it sees a text
 * whole, splits it into lines, keeps windows instead of offsets, and asks the C library where that has
 * an answer of its own (inet_pton, strtoull). It shares the numbers of reasons and limits with them and
 * no code.
 */
#ifndef FUZZ_RIG_HTTP_READER_H
#define FUZZ_RIG_HTTP_READER_H

#include "bytes/wr.h"
#include "ref/http1_body.h"
#include "ref/http1_reply.h"

struct reader_host {
	enum http1_host_kind kind;
	unsigned port;
	char name[HTTP1_NAME_MAX + 1];
};

struct reader_field {
	struct rd name, value;
};

/* Of a request or a reply; what it has not is zero. */
struct reader_head {
	enum http1_answer answer;
	enum http1_reason reason;
	size_t len; /* of the head; of what had to be seen to refuse it */

	struct rd method, target, authority, path, query;
	enum http1_form form;
	bool https, has_query;

	bool is_reply, asked_head, asked_websocket;
	unsigned status;
	struct rd words;

	unsigned minor, count;
	struct reader_field fields[HTTP1_FIELDS_MAX];
	unsigned hosts, lengths, codings, upgrades;
	struct reader_host host;
	uint64_t length;
	bool close, upgrade_option, expect;
	struct rd upgrade_to;
};

/* From the first byte of the message on; nothing is remembered between calls. */
void reader_request(struct rd bytes, struct reader_head *out);
void reader_reply(struct rd bytes, struct http1_asked asked, struct reader_head *out);

/* What a head says of the bytes behind it. */
enum http1_upgrade reader_upgrade(const struct reader_head *head);
enum http1_reply_framing reader_framing(const struct reader_head *reply);

/* A host and port; HTTP1_NONE or why not. */
enum http1_reason reader_host(struct rd value, struct reader_host *out);

/* The one spelling of a path, without an end; its length, or -1 when it is refused: then *why has the
 * bit (1 << (reason - HTTP1_PATH_START)) of everything that is wrong with it. `out` has room for three
 * times the path and one. */
int reader_path(struct rd path, char *out, unsigned *why);

/* The bytes behind a head. */
struct reader_body {
	enum http1_answer answer;
	enum http1_reason reason;
	size_t taken;         /* bytes that are its own, or that had to be seen to refuse it */
	uint64_t payload;     /* bytes of the body itself, */
	uint64_t fingerprint; /* and what reader_mix() makes of them */
};

/* The payload goes to `payload` too, unless that is NULL. */
void reader_body(bool chunked, uint64_t length, struct rd bytes, struct wr *payload,
                 struct reader_body *out);

#define READER_MIX_START 0xcbf29ce484222325u

uint64_t reader_mix(uint64_t before, struct rd more);

/* Classes of bytes, RFC 9110 section 5.6.2 and RFC 5234. */
bool reader_is_token(struct rd word);
bool reader_is_like(struct rd word, const char *lower);
struct rd reader_trim(struct rd value);

#endif
