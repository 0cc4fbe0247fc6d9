/* SPDX-License-Identifier: ISC */
/* exchange_model.c: what must come of a conversation, from what ref/exchange.h declares. No queues: all
 * that was said is there, everything has room, and heads and bodies are read whole again each time. */
#include "fuzz/fuzz.h"
#include "fuzz/rig/exchange_anew.h"
#include "ref/http1_path.h"

struct stream {
	uint8_t bytes[TALK_ROOM];
	size_t from, to;
	bool end;
};

enum stage { IDLE, ASKED, BUSY, TUNNEL, OVER };

struct model {
	const struct talk *talk;
	struct talk_result *out;
	struct stream guest, up;
	uint8_t head_bytes[TALK_MAX];

	/* From here on zero at the start. */
	enum stage stage;

	bool has_up;
	char up_host[HTTP1_NAME_MAX + 1];
	size_t must; /* what the upstream connection had got before this line */

	struct reader_head head; /* of the request, with windows into head_bytes */
	char method[HTTP1_METHOD_MAX + 1];
	bool websocket, wants_body, last, begun;
	uint64_t body_sent;
	unsigned informational;
	struct reader_head reply;
	uint64_t reply_sent;
};

static struct rd there(const struct stream *s)
{
	return rd_of(s->bytes + s->from, s->to - s->from);
}

/* A head was put that began at `from`. */
static void note_head(struct model *m, const struct talk_flow *flow, size_t from)
{
	if (flow->n - from > m->out->head_max)
		m->out->head_max = flow->n - from;
}

static void complete(struct talk_flow *flow)
{
	static const uint8_t end = TALK_END;

	talk_put(flow, rd_of(&end, 1));
}

/* ---- endings ---- */

/* What was said to upstream in this line may not have got there. */
static void cut_off(struct model *m)
{
	if (m->out->up_open)
		m->out->ups[m->out->up_count - 1].must = m->must;
	m->out->up_open = false;
}

static void drop(struct model *m)
{
	if (!m->has_up)
		return;
	talk_text(&m->out->log, "drop; ");
	cut_off(m);
	m->has_up = m->up.end = false;
	m->up.from = m->up.to = 0;
}

static void over(struct model *m, bool whole)
{
	if (!whole)
		cut_off(m);
	talk_text(&m->out->log, whole ? "close; " : "abort; ");
	m->stage = OVER;
}

static void note_asked(struct model *m, bool websocket)
{
	HOLDS("the model has room", m->out->asked_count < TALK_REQUESTS);
	m->out->asked[m->out->asked_count++] = (struct http1_asked){
	        .head = !strcmp(m->method, "HEAD"), .websocket = websocket};
}

static void refuse(struct model *m, unsigned status, const char *why)
{
	if (m->begun) {
		over(m, false);
		return;
	}
	drop(m);
	if (m->stage != BUSY)
		note_asked(m, false);
	anew_refusal(&m->out->to_guest, status, why, !strcmp(m->method, "HEAD"));
	complete(&m->out->to_guest);
	over(m, true);
}

static void fault(struct model *m, enum exchange_fault what, enum http1_reason detail,
                  unsigned status, const char *why)
{
	talk_log_fault(&m->out->log, what, detail);
	refuse(m, status, why);
}

static void malformed(struct model *m, enum http1_reason why)
{
	fault(m, EXCHANGE_FAULT_MALFORMED, why, http1_reason_status(why), http1_reason_word(why));
}

static void bad_reply(struct model *m, enum http1_reason why)
{
	fault(m, EXCHANGE_FAULT_REPLY, why, 502, http1_reason_word(why));
}

static void cut_reply(struct model *m)
{
	fault(m, EXCHANGE_FAULT_CUT, HTTP1_NONE, 502, "upstream-cut");
}

/* ---- requests ---- */

/* Whether an upstream that nobody asked has something to say. */
static bool hear_idle_upstream(struct model *m)
{
	if (!m->has_up || (!there(&m->up).n && !m->up.end))
		return false;
	if (there(&m->up).n)
		talk_log_fault(&m->out->log, EXCHANGE_FAULT_REPLY, HTTP1_REPLY_UNASKED);
	drop(m);
	return true;
}

static void allow(struct model *m, bool upgrade)
{
	struct talk_result *out = m->out;
	const size_t from = out->to_up.n;

	if (!m->has_up) {
		HOLDS("the model has room", out->up_count < TALK_REQUESTS);
		out->ups[out->up_count++] = (struct talk_up){.from = out->to_up.n};
		m->must = 0;
	}
	m->stage = BUSY;
	m->has_up = out->up_open = true;
	memcpy(m->up_host, m->head.host.name, sizeof(m->up_host));
	m->websocket = m->websocket && upgrade;
	m->last = m->head.close;
	note_asked(m, m->websocket);
	if (there(&m->up).n) {
		bad_reply(m, HTTP1_REPLY_UNASKED);
	} else if (m->up.end) {
		cut_reply(m);
	} else {
		m->wants_body = true;
		anew_request(&out->to_up, &m->head, m->websocket);
		note_head(m, &out->to_up, from);
	}
}

/* Why it goes no further; false when it does. */
static bool is_refused(struct model *m, enum http1_reason path)
{
	const struct reader_head *head = &m->head;
	const bool tls = m->talk->tls;
	const bool websocket = reader_upgrade(head) == HTTP1_UPGRADE_WEBSOCKET &&
	                       head->upgrade_option && head->minor && !head->lengths &&
	                       !head->codings && !strcmp(m->method, "GET");

	m->websocket = websocket;
	if (head->form == HTTP1_AUTHORITY)
		fault(m, EXCHANGE_FAULT_UPGRADE, HTTP1_NONE, 403, "connect");
	else if (path)
		malformed(m, path);
	else if ((head->host.port && head->host.port != (tls ? 443 : 80)) ||
	         (head->form == HTTP1_ABSOLUTE && head->https != tls) ||
	         (tls && strcmp(head->host.name, TALK_NAME) != 0))
		fault(m, EXCHANGE_FAULT_HOST, HTTP1_NONE, 421, "host-mismatch");
	else if (head->host.kind != HTTP1_HOST_DNS)
		fault(m, EXCHANGE_FAULT_ADDRESS, HTTP1_NONE, 403, "host-address");
	else if (reader_upgrade(head) != HTTP1_UPGRADE_NONE && !websocket)
		fault(m, EXCHANGE_FAULT_UPGRADE, HTTP1_NONE, 403, "upgrade-denied");
	else if (m->talk->body_max && head->length > m->talk->body_max)
		fault(m, EXCHANGE_FAULT_LARGE, HTTP1_NONE, 413, "too-large");
	else
		return false;
	return true;
}

/* Which of the reasons that a path has is told first is not declared: that one is asked for. */
static enum http1_reason reason_of(struct rd path)
{
	uint8_t room[3 * HTTP1_TARGET_MAX + 1];
	struct wr out = wr_of(room, sizeof(room));

	return http1_path_normalise(path, &out);
}

static void take_request(struct model *m)
{
	static char path[3 * HTTP1_TARGET_MAX + 1];
	unsigned why = 0;
	int n = 0;

	memcpy(m->method, m->head.method.p, m->head.method.n);
	m->method[m->head.method.n] = '\0';
	if (anew_is_asterisk(&m->head))
		path[n++] = '*';
	else if (m->head.form != HTTP1_AUTHORITY)
		n = reader_path(m->head.path, path, &why);
	if (is_refused(m, n < 0 ? reason_of(m->head.path) : HTTP1_NONE))
		return;
	path[n < POLICY_PATH_MAX + 1 ? n : POLICY_PATH_MAX + 1] = '\0';
	if (strcmp(m->up_host, m->head.host.name) != 0)
		drop(m);
	m->stage = ASKED;
	talk_log_request(&m->out->log, m->method, m->head.host.name, path, m->websocket,
	                 !m->has_up);
	if (!strncmp(path, "/no", 3))
		refuse(m, 403, "request-denied");
	else if (strncmp(path, "/wait", 5) != 0)
		allow(m, !strncmp(path, "/ws", 3));
}

static bool read_request(struct model *m)
{
	const struct rd bytes = there(&m->guest);

	if (hear_idle_upstream(m))
		return true;
	reader_request(bytes, &m->head);
	if (m->head.answer == HTTP1_BAD) {
		malformed(m, m->head.reason);
		return true;
	}
	if (m->head.answer == HTTP1_MORE) {
		if (m->guest.end)
			over(m, true);
		return m->guest.end;
	}
	/* Read again where it stays. */
	memcpy(m->head_bytes, bytes.p, m->head.len);
	reader_request(rd_of(m->head_bytes, m->head.len), &m->head);
	m->guest.from += m->head.len;
	m->body_sent = 0;
	take_request(m);
	return true;
}

/* ---- bodies ---- */

/* What there is of a body, from its first byte on, which stays in the stream until the last is there;
 * `sent` of its payload were put before. */
static enum http1_answer read_body(struct stream *from, bool chunked, uint64_t length,
                                   uint64_t *sent, struct talk_flow *to, enum http1_reason *why)
{
	static uint8_t room[TALK_ROOM];
	struct wr payload = wr_of(room, sizeof(room));
	struct reader_body body;

	reader_body(chunked, length, there(from), &payload, &body);
	talk_put(to, rd_of(room + *sent, payload.len - (size_t)*sent));
	*sent = payload.len;
	*why = body.reason;
	if (body.answer == HTTP1_OK)
		from->from += body.taken;
	return body.answer;
}

/* Whether something happened. */
static bool send_body(struct model *m)
{
	enum http1_reason why;
	const enum http1_answer answer = read_body(&m->guest, m->head.codings, m->head.length,
	                                           &m->body_sent, &m->out->to_up, &why);

	if (m->talk->body_max && m->body_sent > m->talk->body_max) {
		fault(m, EXCHANGE_FAULT_LARGE, HTTP1_NONE, 413, "too-large");
	} else if (answer == HTTP1_BAD) {
		malformed(m, why);
	} else if (answer == HTTP1_OK) {
		complete(&m->out->to_up);
		m->wants_body = false;
	} else if (m->guest.end) {
		over(m, false);
	} else {
		return false;
	}
	return true;
}

static bool is_chunked(const struct model *m)
{
	const enum http1_reply_framing framing = reader_framing(&m->reply);

	return m->head.minor && (framing == HTTP1_REPLY_CHUNKED || framing == HTTP1_REPLY_CLOSE);
}

static void finish(struct model *m)
{
	const enum http1_reply_framing framing = reader_framing(&m->reply);

	/* Who speaks 1.0 sees no other end than that of the connection. */
	if (is_chunked(m) || (framing != HTTP1_REPLY_CHUNKED && framing != HTTP1_REPLY_CLOSE))
		complete(&m->out->to_guest);
	if (m->last) {
		over(m, true);
		return;
	}
	if (m->reply.close)
		drop(m);
	m->stage = IDLE;
	m->begun = false;
	m->method[0] = '\0';
	m->informational = 0;
}

static bool pass_body(struct model *m)
{
	const enum http1_reply_framing framing = reader_framing(&m->reply);
	const uint64_t length = framing == HTTP1_REPLY_CLOSE    ? UINT64_MAX
	                        : framing == HTTP1_REPLY_LENGTH ? m->reply.length
	                                                        : 0;
	enum http1_reason why;
	const enum http1_answer answer = read_body(&m->up, framing == HTTP1_REPLY_CHUNKED, length,
	                                           &m->reply_sent, &m->out->to_guest, &why);

	if (answer == HTTP1_BAD)
		bad_reply(m, why);
	else if (answer == HTTP1_OK || (m->up.end && framing == HTTP1_REPLY_CLOSE))
		finish(m);
	else if (m->up.end)
		cut_reply(m);
	else
		return false;
	return true;
}

static void put_reply(struct model *m, bool chunked, bool close)
{
	const size_t from = m->out->to_guest.n;

	anew_reply(&m->out->to_guest, &m->reply, chunked, close);
	note_head(m, &m->out->to_guest, from);
}

static void informational(struct model *m)
{
	if (m->informational++ == EXCHANGE_INFORMATIONAL_MAX) {
		bad_reply(m, HTTP1_REPLY_MANY);
		return;
	}
	if (m->head.minor && (m->reply.status != 100 || m->head.expect)) {
		put_reply(m, false, false);
		complete(&m->out->to_guest);
	}
	m->up.from += m->reply.len;
}

static bool read_reply(struct model *m)
{
	const struct http1_asked asked = {.head = !strcmp(m->method, "HEAD"),
	                                  .websocket = m->websocket};

	reader_reply(there(&m->up), asked, &m->reply);
	if (m->reply.answer == HTTP1_BAD) {
		bad_reply(m, m->reply.reason);
	} else if (m->reply.answer == HTTP1_MORE) {
		if (m->up.end)
			cut_reply(m);
		return m->up.end;
	} else if (m->reply.status < 200 && m->reply.status != 101) {
		informational(m);
	} else {
		m->last = m->last || m->wants_body;
		put_reply(m, is_chunked(m), m->last);
		m->up.from += m->reply.len;
		m->begun = true;
		m->reply_sent = 0;
		if (m->reply.status == 101) {
			complete(&m->out->to_guest);
			m->stage = TUNNEL;
		}
	}
	return true;
}

static bool tunnel(struct model *m)
{
	talk_put(&m->out->to_up, there(&m->guest));
	talk_put(&m->out->to_guest, there(&m->up));
	m->guest.from = m->guest.to;
	m->up.from = m->up.to;
	if (m->guest.end && m->up.end)
		over(m, true);
	return false;
}

/* Whether to look again. */
static bool go_on(struct model *m)
{
	bool again = false;

	switch (m->stage) {
	case IDLE:
		return read_request(m);
	case ASKED:
		return hear_idle_upstream(m);
	case BUSY:
		if (m->wants_body)
			again = send_body(m);
		if (m->stage == BUSY)
			again |= m->begun ? pass_body(m) : read_reply(m);
		return again;
	case TUNNEL:
		return tunnel(m);
	case OVER:
		break;
	}
	return false;
}

static void say(struct stream *s, struct rd text)
{
	memcpy(s->bytes + s->to, text.p, text.n);
	s->to += text.n;
}

static void hear(struct model *m, const struct talk_line *line)
{
	const bool hears_up = (m->has_up || m->stage == ASKED) && !m->up.end;

	if (line->who == TALK_GUEST && !m->guest.end)
		say(&m->guest, line->text);
	if (line->who == TALK_UP && hears_up)
		say(&m->up, line->text);
	if (line->who == TALK_GUEST_END)
		m->guest.end = true;
	if (line->who == TALK_UP_END && hears_up)
		m->up.end = true;
	if (line->who == TALK_ALLOW && m->stage == ASKED)
		allow(m, true);
	if (line->who == TALK_LATE)
		refuse(m, line->text.n ? 499 : 504, line->text.n ? "" : "too-slow");
}

void talk_model(const struct talk *talk, struct talk_result *out)
{
	static struct model m;
	struct rd lines = talk->lines;
	struct talk_line line;

	m.talk = talk;
	m.out = out;
	m.guest.from = m.guest.to = m.up.from = m.up.to = 0;
	memset((char *)&m + offsetof(struct model, stage), 0,
	       sizeof(m) - offsetof(struct model, stage));
	m.guest.end = m.up.end = false;
	out->log.n = out->to_guest.n = out->to_up.n = 0;
	out->up_count = out->asked_count = 0;
	out->up_open = false;
	out->head_max = 0;
	while (m.stage != OVER && talk_next(&lines, &line)) {
		m.must = out->up_count ? out->to_up.n - out->ups[out->up_count - 1].from : 0;
		hear(&m, &line);
		while (m.stage != OVER && go_on(&m))
			;
	}
	if (out->up_open)
		out->ups[out->up_count - 1].must = out->to_up.n - out->ups[out->up_count - 1].from;
}
