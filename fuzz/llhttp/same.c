/* SPDX-License-Identifier: ISC */
/* same.c: two readings of one message. */
#include "fuzz/llhttp/same.h"

#include "fuzz/fuzz.h"
#include "fuzz/llhttp/read.h"
#include "fuzz/rig/http_reader.h"

static bool same(struct rd a, struct rd b)
{
	return a.n == b.n && (!a.n || !memcmp(a.p, b.p, a.n));
}

static void same_fields(const struct http1_head *head, struct rd bytes,
                        const struct llhttp_reading *theirs)
{
	HOLDS("llhttp counts the same fields", theirs->fields == head->field_count);
	for (unsigned i = 0; i < head->field_count; i++) {
		HOLDS("llhttp reads the same names of fields",
		      same(http1_at(bytes, head->fields[i].name), theirs->names[i]));
		HOLDS("llhttp reads the same values of fields",
		      same(http1_at(bytes, head->fields[i].value), reader_trim(theirs->values[i])));
	}
	HOLDS("llhttp reads the same version", theirs->major == 1 && theirs->minor == head->minor);
}

/* Whether a tab stands behind the value of a field that tells how long the message is. */
static bool has_tab_behind_length(const struct http1_head *head, struct rd bytes)
{
	for (unsigned i = 0; i < head->field_count; i++) {
		const struct http1_field *field = &head->fields[i];
		const struct rd name = http1_at(bytes, field->name);
		size_t end = (size_t)field->value.at + field->value.len;

		if (!reader_is_like(name, "content-length") &&
		    !reader_is_like(name, "transfer-encoding"))
			continue;
		for (; bytes.p[end] != '\r'; end++)
			if (bytes.p[end] == '\t')
				return true;
	}
	return false;
}

/* The body behind the head, as refnat reads it. */
static void same_body(struct rd bytes, const struct http1_head *head,
                      const struct llhttp_reading *theirs)
{
	struct http1_body body = http1_body_of(head);
	struct rd in = rd_of(bytes.p + head->scanned, bytes.n - head->scanned), payload;
	uint64_t count = 0, fingerprint = READER_MIX_START;
	enum http1_answer answer;

	do {
		answer = http1_body_read(&body, &in, &payload);
		if (answer == HTTP1_BAD)
			return;
		count += payload.n;
		fingerprint = reader_mix(fingerprint, payload);
	} while (answer == HTTP1_MORE && in.n);
	HOLDS("llhttp reads the same body",
	      theirs->payload == count && theirs->fingerprint == fingerprint);
	if (theirs->error && body.trailer > strlen("\r\n"))
		return;
	HOLDS("llhttp refuses no body that refnat accepts", !theirs->error);
	HOLDS("llhttp finds an end where refnat does", theirs->complete == (answer == HTTP1_OK));
	HOLDS("llhttp ends the message at the same byte",
	      answer == HTTP1_MORE || theirs->end == bytes.n - in.n);
}

void llhttp_same_request(struct rd bytes)
{
	static struct llhttp_reading theirs;
	struct http1_head head;
	struct rd method;

	memset(&head, 0, sizeof(head));
	if (http1_head_parse(&head, bytes) != HTTP1_OK)
		return;
	method = http1_at(bytes, head.method);
	llhttp_read(bytes, false, false, &theirs);
	if (!llhttp_knows(method) || has_tab_behind_length(&head, bytes))
		return;
	if (theirs.error && !strcmp(theirs.error, "HPE_INVALID_URL") &&
	    (head.form == HTTP1_ABSOLUTE || head.form == HTTP1_AUTHORITY))
		return;
	HOLDS("llhttp refuses no head that refnat accepts", theirs.head);
	HOLDS("llhttp reads the same method",
	      same(method, rd_of(theirs.method, strlen(theirs.method))));
	HOLDS("llhttp reads the same target", same(http1_at(bytes, head.target), theirs.target));
	same_fields(&head, bytes, &theirs);
	if (!theirs.upgrade)
		same_body(bytes, &head, &theirs);
}

void llhttp_same_reply(struct rd bytes, struct http1_asked asked)
{
	static const enum http1_framing framings[] = {
	        [HTTP1_REPLY_NONE] = HTTP1_BODY_NONE,
	        [HTTP1_REPLY_LENGTH] = HTTP1_BODY_LENGTH,
	        [HTTP1_REPLY_CHUNKED] = HTTP1_BODY_CHUNKED,
	        [HTTP1_REPLY_CLOSE] = HTTP1_BODY_LENGTH,
	};
	static struct llhttp_reading theirs;
	struct http1_reply reply;

	memset(&reply, 0, sizeof(reply));
	if (http1_reply_parse(&reply, asked, bytes) != HTTP1_OK)
		return;
	llhttp_read(bytes, true, asked.head, &theirs);
	if (has_tab_behind_length(&reply.head, bytes))
		return;
	HOLDS("llhttp refuses no head that refnat accepts", theirs.head);
	HOLDS("llhttp reads the same status", theirs.status == reply.status);
	HOLDS("llhttp reads the same phrase", same(http1_at(bytes, reply.words), theirs.words));
	same_fields(&reply.head, bytes, &theirs);
	if (theirs.upgrade || (reply.status == 304 && reply.head.framing != HTTP1_BODY_NONE))
		return;
	HOLDS("llhttp waits for the connection's end where refnat does",
	      asked.head || theirs.needs_close == (reply.framing == HTTP1_REPLY_CLOSE));
	reply.head.framing = framings[reply.framing];
	if (reply.framing == HTTP1_REPLY_CLOSE)
		reply.head.content_length = UINT64_MAX;
	same_body(bytes, &reply.head, &theirs);
}
