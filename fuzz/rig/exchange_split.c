/* SPDX-License-Identifier: ISC */
/* exchange_split.c: what went out, taken apart by the second reader: as one who does not know what was
 * meant reads it. */
#include "fuzz/fuzz.h"
#include "fuzz/rig/exchange_talk.h"

static const uint8_t end = TALK_END;

static struct rd behind(struct rd bytes, size_t n)
{
	return rd_of(bytes.p + n, bytes.n - n);
}

/* Puts the payload; what is behind the body, or nothing when it is not complete. */
static struct rd split_body(struct rd raw, bool chunked, uint64_t length, struct talk_flow *out)
{
	static uint8_t room[TALK_ROOM];
	struct wr payload = wr_of(room, sizeof(room));
	struct reader_body body;

	reader_body(chunked, length, raw, &payload, &body);
	HOLDS("what goes out is a body to others", body.answer != HTTP1_BAD);
	talk_put(out, rd_of(room, payload.len));
	if (body.answer == HTTP1_OK)
		talk_put(out, rd_of(&end, 1));
	return behind(raw, body.taken);
}

static uint64_t key_of(const struct reader_head *head)
{
	static char path[3 * HTTP1_TARGET_MAX + 2];
	char method[HTTP1_METHOD_MAX + 1];
	unsigned why;
	int n = 1;

	path[0] = '*';
	if (head->form != HTTP1_ASTERISK)
		n = reader_path(head->path, path, &why);
	HOLDS("what goes upstream has a path", n > 0);
	path[n < POLICY_PATH_MAX + 1 ? n : POLICY_PATH_MAX + 1] = '\0';
	memcpy(method, head->method.p, head->method.n);
	method[head->method.n] = '\0';
	return talk_key(method, head->host.name, path);
}

void talk_split_requests(struct rd raw, const uint64_t *allowed, size_t *next,
                         struct talk_flow *out)
{
	struct reader_head head;

	while (raw.n) {
		reader_request(raw, &head);
		HOLDS("what goes upstream is a request to others", head.answer != HTTP1_BAD);
		if (head.answer == HTTP1_MORE) {
			talk_put(out, raw);
			return;
		}
		HOLDS("what goes upstream is the next request that was allowed",
		      allowed[*next] && key_of(&head) == allowed[*next]);
		HOLDS("what goes upstream is no proxy's form of a request",
		      head.form == HTTP1_ORIGIN || head.form == HTTP1_ASTERISK);
		HOLDS("what goes upstream says whom it is for first",
		      head.count && reader_is_like(head.fields[0].name, "host"));
		++*next;
		talk_put(out, rd_of(raw.p, head.len));
		raw = behind(raw, head.len);
		if (reader_upgrade(&head) == HTTP1_UPGRADE_WEBSOCKET) {
			/* A tunnel, or a reply that says no, and another request. */
			talk_put(out, rd_of(&end, 1));
			reader_request(raw, &head);
			if (head.answer != HTTP1_OK || !allowed[*next] ||
			    key_of(&head) != allowed[*next]) {
				talk_put(out, raw);
				return;
			}
			continue;
		}
		raw = split_body(raw, head.codings, head.length, out);
	}
}

void talk_split_replies(struct rd raw, const struct talk_result *model, struct talk_flow *out)
{
	struct reader_head head;
	size_t reply = 0;

	while (raw.n) {
		enum http1_reply_framing framing;

		HOLDS("nothing is said to the guest but replies", reply < model->asked_count);
		reader_reply(raw, model->asked[reply], &head);
		HOLDS("what goes to the guest is a reply to others", head.answer != HTTP1_BAD);
		talk_put(out, rd_of(raw.p, head.answer == HTTP1_OK ? head.len : raw.n));
		if (head.answer == HTTP1_MORE)
			return;
		raw = behind(raw, head.len);
		framing = reader_framing(&head);
		reply += head.status >= 200;
		if (head.status == 101) {
			talk_put(out, rd_of(&end, 1));
			talk_put(out, raw);
			return;
		}
		if (framing == HTTP1_REPLY_CLOSE) {
			talk_put(out, raw);
			return;
		}
		raw = split_body(raw, framing == HTTP1_REPLY_CHUNKED,
		                 framing == HTTP1_REPLY_LENGTH ? head.length : 0, out);
	}
}
