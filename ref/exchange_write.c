/* SPDX-License-Identifier: ISC */
/* exchange_write.c: heads written anew, and bodies on their way. */
#include "ref/exchange_write.h"

#include "bytes/wr.h"

/* What a chunk needs beside its bytes: its size in 16 digits at most, two CRLF, the last chunk. */
#define CHUNK_OVERHEAD 25

#define NAME_SIZE  18
#define WORDS_SIZE 32
#define DIGITS_MAX 20 /* of 64 bits, in any base from 10 up */

#define CHUNKED "Transfer-Encoding: chunked\r\n"
#define SWITCH  "Connection: upgrade\r\nUpgrade: websocket\r\n"
#define CLOSE   "Connection: close\r\n"

/* What is written stands in the queue only when all of it had room. */
struct text {
	struct wr w;
	bool full;
};

static struct text text_for(struct buf *to)
{
	return (struct text){.w = wr_of(buf_room(to), buf_free(to))};
}

static bool text_done(const struct text *t, struct buf *to)
{
	if (!t->full)
		buf_wrote(to, t->w.len);
	return !t->full;
}

static void put_rd(struct text *t, struct rd bytes)
{
	if (!wr_bytes(&t->w, bytes.p, bytes.n))
		t->full = true;
}

static void put(struct text *t, const char *word)
{
	put_rd(t, rd_of(word, strlen(word)));
}

static void put_number(struct text *t, uint64_t number, unsigned base)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t room[DIGITS_MAX];
	size_t at = sizeof(room);

	do {
		room[--at] = (uint8_t)digits[number % base];
		number /= base;
	} while (number);
	put_rd(t, rd_of(room + at, sizeof(room) - at));
}

/* ---- fields ---- */

static bool is_same(struct rd a, struct rd b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (http1_lower(a.p[i]) != http1_lower(b.p[i]))
			return false;
	return true;
}

/* Whether one of the Connection fields names this field. */
static bool is_named(const struct http1_head *head, struct rd bytes, struct rd name)
{
	for (size_t i = 0; i < head->field_count; i++) {
		struct rd list = http1_at(bytes, head->fields[i].value);
		size_t start = 0;

		if (!http1_same(http1_at(bytes, head->fields[i].name), "connection"))
			continue;
		for (size_t k = 0; k <= list.n; k++) {
			struct rd option;

			if (k < list.n && list.p[k] != ',')
				continue;
			option = http1_trim(rd_of(list.p + start, k - start));
			start = k + 1;
			if (is_same(option, name))
				return true;
		}
	}
	return false;
}

static const char own_fields[][NAME_SIZE] = {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "upgrade",
        "keep-alive",
        "te",
        "trailer",
        "expect",
        "http2-settings",
};

/* Fields of one connection, and those that are written in other words. */
static bool is_dropped(const struct http1_head *head, struct rd bytes, struct rd name)
{
	struct rd rest = name, start;

	for (size_t i = 0; i < sizeof(own_fields) / sizeof(own_fields[0]); i++)
		if (http1_same(name, own_fields[i]))
			return true;
	if (rd_sub(&rest, strlen("proxy-"), &start) && http1_same(start, "proxy-"))
		return true;
	return is_named(head, bytes, name);
}

static void put_field(struct text *t, struct rd name, struct rd value)
{
	put_rd(t, name);
	put(t, ": ");
	put_rd(t, value);
	put(t, "\r\n");
}

static void put_fields(struct text *t, const struct http1_head *head, struct rd bytes)
{
	for (size_t i = 0; i < head->field_count; i++) {
		const struct rd name = http1_at(bytes, head->fields[i].name);

		if (!is_dropped(head, bytes, name))
			put_field(t, name, http1_at(bytes, head->fields[i].value));
	}
}

static void put_length(struct text *t, uint64_t length)
{
	put(t, "Content-Length: ");
	put_number(t, length, 10);
	put(t, "\r\n");
}

/* ---- requests ---- */

bool exchange_is_asterisk(const struct http1_head *head, struct rd bytes)
{
	const struct rd method = http1_at(bytes, head->method);

	/* The asterisk itself is no path either. Methods have no small letters. */
	return !head->path.len && !head->has_query && http1_same(method, "options");
}

static void put_target(struct text *t, const struct http1_head *head, struct rd bytes)
{
	if (exchange_is_asterisk(head, bytes)) {
		put(t, "*");
		return;
	}
	if (!head->path.len)
		put(t, "/");
	put_rd(t, http1_at(bytes, head->path));
	if (head->has_query)
		put(t, "?");
	put_rd(t, http1_at(bytes, head->query));
}

static void put_host(struct text *t, const struct http1_host *host)
{
	put(t, "Host: ");
	put(t, host->name);
	if (host->port) {
		put(t, ":");
		put_number(t, host->port, 10);
	}
	put(t, "\r\n");
}

static void put_request_framing(struct text *t, const struct http1_head *head)
{
	const bool chunked = head->framing == HTTP1_BODY_CHUNKED;

	if (head->framing == HTTP1_BODY_LENGTH)
		put_length(t, head->content_length);
	if (chunked)
		put(t, CHUNKED);
	if (head->expect_continue && (chunked || head->content_length))
		put(t, "Expect: 100-continue\r\n");
}

bool exchange_write_request(struct buf *to, const struct http1_head *head, struct rd bytes,
                            bool websocket)
{
	struct text t = text_for(to);

	put_rd(&t, http1_at(bytes, head->method));
	put(&t, " ");
	put_target(&t, head, bytes);
	put(&t, " HTTP/1.1\r\n");
	put_host(&t, &head->host);
	put_fields(&t, head, bytes);
	put_request_framing(&t, head);
	if (websocket)
		put(&t, SWITCH);
	else if (head->close)
		put(&t, CLOSE);
	put(&t, "\r\n");
	return text_done(&t, to);
}

/* ---- replies ---- */

bool exchange_write_reply(struct buf *to, const struct http1_reply *reply, struct rd bytes,
                          struct exchange_shape shape)
{
	struct text t = text_for(to);

	put(&t, "HTTP/1.1 ");
	put_number(&t, reply->status, 10);
	put(&t, " ");
	put_rd(&t, http1_at(bytes, reply->words));
	put(&t, "\r\n");
	put_fields(&t, &reply->head, bytes);
	if (reply->has_length && reply->status != 204)
		put_length(&t, reply->head.content_length);
	if (shape.chunked)
		put(&t, CHUNKED);
	if (reply->status == 101)
		put(&t, SWITCH);
	else if (shape.close)
		put(&t, CLOSE);
	put(&t, "\r\n");
	return text_done(&t, to);
}

/* The words of RFC 9110 section 15, for the statuses that refnat gives. Arrays, no pointers, as in
 * http1.c. */
static const struct {
	uint16_t status;
	char words[WORDS_SIZE];
} statuses[] = {
        {400, "Bad Request"},           {403, "Forbidden"},
        {408, "Request Timeout"},       {413, "Content Too Large"},
        {414, "URI Too Long"},          {417, "Expectation Failed"},
        {421, "Misdirected Request"},   {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"}, {501, "Not Implemented"},
        {502, "Bad Gateway"},           {503, "Service Unavailable"},
        {504, "Gateway Timeout"},       {505, "HTTP Version Not Supported"},
};

static const char *words_of(unsigned status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].status == status)
			return statuses[i].words;
	return "";
}

bool exchange_write_refusal(struct buf *to, unsigned status, const char *word, bool head)
{
	static const char who[] = "refnat: ";
	struct text t = text_for(to);

	put(&t, "HTTP/1.1 ");
	put_number(&t, status, 10);
	put(&t, " ");
	put(&t, words_of(status));
	put(&t, "\r\nContent-Type: text/plain\r\n");
	put_length(&t, strlen(who) + strlen(word) + strlen("\n"));
	put(&t, CLOSE "\r\n");
	if (!head) {
		put(&t, who);
		put(&t, word);
		put(&t, "\n");
	}
	return text_done(&t, to);
}

/* ---- bodies ---- */

/* There is room: for all of it in one chunk, and the last chunk behind it. */
static void put_payload(struct buf *to, struct rd payload, bool chunked, bool last)
{
	struct text t = text_for(to);

	if (payload.n && chunked) {
		put_number(&t, payload.n, 16);
		put(&t, "\r\n");
	}
	put_rd(&t, payload);
	if (payload.n && chunked)
		put(&t, "\r\n");
	if (last && chunked)
		put(&t, EXCHANGE_LAST_CHUNK);
	text_done(&t, to);
}

enum http1_answer exchange_move_body(struct http1_body *body, struct buf *to, struct buf *from,
                                     bool chunked, uint64_t *moved)
{
	for (;;) {
		const size_t room = buf_free(to);
		const size_t most = room > CHUNK_OVERHEAD ? room - CHUNK_OVERHEAD : 0;
		const struct rd all = buf_bytes(from);
		const size_t there = all.n < most ? all.n : most;
		struct rd in = rd_of(all.p, there), payload;
		enum http1_answer answer;

		answer = http1_body_read(body, &in, &payload);
		if (answer == HTTP1_BAD)
			return answer;
		put_payload(to, payload, chunked, answer == HTTP1_OK);
		buf_take(from, there - in.n);
		if (moved)
			*moved += payload.n;
		if (answer == HTTP1_OK || !there)
			return answer;
	}
}
