/* SPDX-License-Identifier: ISC */
/* http_same.c: heads and bodies, read whole, by the byte and cut in two, each time with one result. */
#include "fuzz/rig/http_same.h"

#include "fuzz/fuzz.h"
#include "ref/http1_path.h"

static bool same_bytes(struct rd a, struct rd b)
{
	return a.n == b.n && (!a.n || !memcmp(a.p, b.p, a.n));
}

/* ---- reasons ---- */

/* As http1.h declares them. */
static unsigned status_of(enum http1_reason reason)
{
	if (reason >= HTTP1_STATUS_LINE)
		return reason < HTTP1_REASON_COUNT ? 502 : 500;
	switch ((unsigned)reason) {
	case HTTP1_NONE:
		return 0;
	case HTTP1_LENGTH_OVERFLOW:
	case HTTP1_CHUNK_OVERFLOW:
		return 413;
	case HTTP1_TARGET_LONG:
	case HTTP1_PATH_LONG:
		return 414;
	case HTTP1_EXPECT:
		return 417;
	case HTTP1_TOO_MANY_FIELDS:
	case HTTP1_HEAD_LONG:
	case HTTP1_TRAILER_LONG:
		return 431;
	case HTTP1_METHOD_LONG:
	case HTTP1_CODING:
		return 501;
	case HTTP1_VERSION:
	case HTTP1_HTTP09:
	case HTTP1_HTTP2_PREFACE:
		return 505;
	default:
		return 400;
	}
}

void same_reason(enum http1_reason reason)
{
	const char *word = http1_reason_word(reason);

	HOLDS("a reason has the status declared", http1_reason_status(reason) == status_of(reason));
	HOLDS("a reason has a word", word[0]);
	HOLDS("only what is no reason is called invalid",
	      !strcmp(word, "invalid") == (reason >= HTTP1_REASON_COUNT));
}

/* ---- heads ---- */

static void same_fields(const struct http1_head *head, struct rd bytes,
                        const struct reader_head *model)
{
	HOLDS("both count the same fields", head->field_count == model->count);
	HOLDS("a window on what is not there is empty",
	      !head->scanned || !http1_at(rd_of(bytes.p, head->scanned - 1U),
	                                  (struct http1_span){.at = 1, .len = head->scanned})
	                                 .n);
	HOLDS("nor is there one behind it",
	      !http1_at(bytes, (struct http1_span){.at = UINT16_MAX, .len = 0}).p ||
	              bytes.n >= UINT16_MAX);
	for (size_t i = 0; i < model->count; i++) {
		HOLDS("both read the same names of fields",
		      same_bytes(http1_at(bytes, head->fields[i].name), model->fields[i].name));
		HOLDS("both read the same values of fields",
		      same_bytes(http1_at(bytes, head->fields[i].value), model->fields[i].value));
	}
	HOLDS("both read the same minor version", head->minor == model->minor);
	HOLDS("both read the same close", head->close == model->close);
	HOLDS("both read the same upgrade", head->upgrade == reader_upgrade(model));
	HOLDS("both find an Upgrade field", head->has_upgrade == (model->upgrades > 0));
	HOLDS("both read the same protocol",
	      same_bytes(http1_at(bytes, head->upgrade_to), model->upgrade_to));
	HOLDS("both read the same option upgrade", head->upgrade_option == model->upgrade_option);
	HOLDS("both read the same length", head->content_length == model->length);
	HOLDS("both read the same framing", head->framing == (model->codings   ? HTTP1_BODY_CHUNKED
	                                                      : model->lengths ? HTTP1_BODY_LENGTH
	                                                                       : HTTP1_BODY_NONE));
}

static void same_head(const struct http1_head *head, struct rd bytes,
                      const struct reader_head *model)
{
	HOLDS("both read the same method",
	      same_bytes(http1_at(bytes, head->method), model->method));
	HOLDS("both read the same target",
	      same_bytes(http1_at(bytes, head->target), model->target));
	HOLDS("both read the same authority",
	      same_bytes(http1_at(bytes, head->authority), model->authority));
	HOLDS("both read the same path", same_bytes(http1_at(bytes, head->path), model->path));
	HOLDS("both read the same query", same_bytes(http1_at(bytes, head->query), model->query));
	HOLDS("both find a query", head->has_query == model->has_query);
	HOLDS("both read the same form", head->form == model->form && head->https == model->https);
	HOLDS("both find a host", head->has_host && model->hosts == 1);
	HOLDS("both read the same host", head->host.kind == model->host.kind &&
	                                         head->host.port == model->host.port &&
	                                         !strcmp(head->host.name, model->host.name));
	HOLDS("both read the same Expect", head->expect_continue == model->expect);
	same_fields(head, bytes, model);
}

static void same_answer(enum http1_answer answer, const struct http1_head *head,
                        const struct reader_head *model)
{
	HOLDS("both give the same answer", answer == model->answer);
	HOLDS("both give the same reason", head->reason == model->reason);
	HOLDS("both need the same bytes for it", head->scanned == model->len);
	HOLDS("a head that is not refused yet is bounded",
	      answer != HTTP1_MORE || head->scanned < HTTP1_HEAD_MAX);
	same_reason(head->reason);
}

/* A place to cut at that depends on the bytes and nothing else, 0 to bytes.n. */
static size_t place_of(struct rd bytes)
{
	const struct rd last = rd_of(bytes.p + bytes.n - (bytes.n < 8 ? bytes.n : 8),
	                             bytes.n < 8 ? bytes.n : 8);

	return (size_t)(reader_mix(READER_MIX_START, last) % (bytes.n + 1));
}

static enum http1_answer parse(struct http1_reply *out, const struct http1_asked *asked,
                               struct rd bytes)
{
	return asked ? http1_reply_parse(out, *asked, bytes) : http1_head_parse(&out->head, bytes);
}

/* The result, and no field that was not filled in. */
static bool same_state(const struct http1_reply *a, const struct http1_reply *b)
{
	const void *all_of_a = a, *all_of_b = b;

	return !memcmp(all_of_a, all_of_b, sizeof(*a));
}

static void cut_into_bytes(struct rd bytes, const struct http1_asked *asked,
                           enum http1_answer answer, const struct http1_reply *whole)
{
	const size_t needed = answer == HTTP1_MORE ? bytes.n + 1 : whole->head.scanned;
	struct http1_reply other;

	memset(&other, 0, sizeof(other));
	for (size_t n = 0; n <= bytes.n && n <= needed; n++)
		HOLDS("byte by byte the answer comes with the byte that it hangs on",
		      parse(&other, asked, rd_of(bytes.p, n)) ==
		              (n < needed ? HTTP1_MORE : answer));
	HOLDS("byte by byte the result is the same", same_state(&other, whole));
}

/* In two pieces, the first of which is gone when the second comes. */
static void cut_in_two(struct rd bytes, const struct http1_asked *asked, enum http1_answer answer,
                       const struct http1_reply *whole)
{
	const size_t needed = answer == HTTP1_MORE ? bytes.n + 1 : whole->head.scanned;
	const size_t place = place_of(bytes);
	struct http1_reply other;
	uint8_t *piece = malloc(place + 1);

	memset(&other, 0, sizeof(other));
	if (!piece)
		abort();
	if (place)
		memcpy(piece, bytes.p, place);
	HOLDS("a piece gives the answer of its bytes",
	      parse(&other, asked, rd_of(piece, place)) == (place < needed ? HTTP1_MORE : answer));
	free(piece);
	HOLDS("two pieces give the answer of the whole", parse(&other, asked, bytes) == answer);
	HOLDS("two pieces give the result of the whole", same_state(&other, whole));
	HOLDS("an answer is final", parse(&other, asked, bytes) == answer);
	HOLDS("a final answer changes nothing", same_state(&other, whole));
}

/* Byte by byte costs as much as all the rest, and is done with one input of four. */
static void cut_head(struct rd bytes, const struct http1_asked *asked, enum http1_answer answer,
                     const struct http1_reply *whole)
{
	if (place_of(bytes) % 4 == 0)
		cut_into_bytes(bytes, asked, answer, whole);
	cut_in_two(bytes, asked, answer, whole);
}

enum http1_answer same_request(struct rd bytes, struct http1_head *head)
{
	struct reader_head model;
	struct http1_reply whole;
	enum http1_answer answer;

	memset(&whole, 0, sizeof(whole));
	answer = http1_head_parse(&whole.head, bytes);
	reader_request(bytes, &model);
	same_answer(answer, &whole.head, &model);
	if (answer == HTTP1_OK)
		same_head(&whole.head, bytes, &model);
	cut_head(bytes, NULL, answer, &whole);
	*head = whole.head;
	return answer;
}

enum http1_answer same_reply(struct rd bytes, struct http1_asked asked, struct http1_reply *reply)
{
	struct reader_head model;
	enum http1_answer answer;

	memset(reply, 0, sizeof(*reply));
	answer = http1_reply_parse(reply, asked, bytes);
	reader_reply(bytes, asked, &model);
	same_answer(answer, &reply->head, &model);
	cut_head(bytes, &asked, answer, reply);
	if (answer != HTTP1_OK)
		return answer;
	same_fields(&reply->head, bytes, &model);
	HOLDS("both read the same status", reply->status == model.status);
	HOLDS("both read the same phrase", same_bytes(http1_at(bytes, reply->words), model.words));
	HOLDS("both find a length", reply->has_length == (model.lengths > 0));
	HOLDS("both end the reply in the same way", reply->framing == reader_framing(&model));
	return answer;
}

/* ---- bodies ---- */

/* Pieces of `piece` bytes, the first one of `first`. */
static struct reader_body read_body(struct rd bytes, const struct http1_head *head, size_t first,
                                    size_t piece)
{
	struct http1_body body = http1_body_of(head);
	struct reader_body out = {.fingerprint = READER_MIX_START};
	struct rd payload;

	out.answer = http1_body_read(&body, &(struct rd){0}, &payload);
	for (size_t n = first; out.answer == HTTP1_MORE && out.taken < bytes.n; n = piece) {
		const size_t some = bytes.n - out.taken < n ? bytes.n - out.taken : n;
		struct rd in = rd_of(bytes.p + out.taken, some);

		while (in.n && out.answer == HTTP1_MORE) {
			const size_t before = in.n;

			out.answer = http1_body_read(&body, &in, &payload);
			HOLDS("each call takes something", in.n < before);
			if (out.answer == HTTP1_BAD)
				break;
			out.payload += payload.n;
			out.fingerprint = reader_mix(out.fingerprint, payload);
		}
		out.taken += some - in.n;
	}
	out.reason = body.reason;
	HOLDS("an end of a body is final",
	      out.answer == HTTP1_MORE ||
	              (http1_body_read(&body, &bytes, &payload) == out.answer && !payload.n));
	return out;
}

static void same_result(const struct reader_body *a, const struct reader_body *b)
{
	HOLDS("a body has one answer", a->answer == b->answer);
	HOLDS("a body has one reason", a->reason == b->reason);
	HOLDS("a body ends at one byte", a->taken == b->taken);
	HOLDS("a body is the same bytes",
	      a->payload == b->payload && a->fingerprint == b->fingerprint);
}

enum http1_answer same_body(struct rd bytes, enum http1_framing framing, uint64_t length)
{
	const struct http1_head head = {.framing = framing, .content_length = length};
	struct reader_body model, ours;

	reader_body(framing == HTTP1_BODY_CHUNKED, framing == HTTP1_BODY_LENGTH ? length : 0, bytes,
	            NULL, &model);
	ours = read_body(bytes, &head, bytes.n, bytes.n);
	same_result(&ours, &model);
	ours = read_body(bytes, &head, 1, 1);
	same_result(&ours, &model);
	ours = read_body(bytes, &head, place_of(bytes) ? place_of(bytes) : 1, bytes.n);
	same_result(&ours, &model);
	same_reason(ours.reason);
	return ours.answer;
}

/* ---- paths ---- */

void same_path(struct rd path)
{
	char expected[3 * HTTP1_TARGET_MAX + 1];
	uint8_t room[3 * HTTP1_TARGET_MAX + 1], again[sizeof(room)];
	struct wr out = wr_of(room, sizeof(room)), exact, twice = wr_of(again, sizeof(again));
	unsigned why;
	const int n = reader_path(path, expected, &why);
	const enum http1_reason reason = http1_path_normalise(path, &out);

	HOLDS("both accept the same paths", (reason == HTTP1_NONE) == (n >= 0));
	same_reason(reason);
	if (reason) {
		HOLDS("a refused path has a reason that it gives",
		      reason >= HTTP1_PATH_START && (why & 1U << (reason - HTTP1_PATH_START)));
		HOLDS("a refused path is not written", !out.len);
		return;
	}
	HOLDS("both write the same path", out.len == (size_t)n && !memcmp(room, expected, out.len));
	HOLDS("a path written anew stays the same",
	      !http1_path_normalise(rd_of(room, out.len), &twice) && twice.len == out.len &&
	              !memcmp(room, again, out.len));
	for (size_t cut = 1; cut <= 3 && cut <= out.len; cut++) {
		exact = wr_of(again, out.len - cut);
		HOLDS("a path that does not fit is refused",
		      http1_path_normalise(path, &exact) == HTTP1_PATH_LONG && !exact.len);
	}
}
