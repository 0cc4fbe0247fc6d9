/* SPDX-License-Identifier: ISC */
/* exchange.c: requests and replies of one guest connection, one by one. */
#include "ref/exchange.h"

#include "ref/exchange_write.h"
#include "ref/http1_path.h"

/* Parts of the work say whether to look again; false: nothing goes on without the caller. */

static void copy_text(char *to, size_t size, struct rd text)
{
	size_t n = text.n;

	if (n >= size)
		n = size - 1;
	if (n)
		memcpy(to, text.p, n);
	to[n] = '\0';
}

static struct rd text_of(const char *text)
{
	return rd_of(text, strlen(text));
}

void exchange_start(struct exchange *ex, const char *name, uint16_t port, uint64_t body_max)
{
	memset(ex, 0, sizeof(*ex));
	ex->own.tls = name;
	if (name)
		copy_text(ex->own.name, sizeof(ex->own.name), text_of(name));
	ex->own.port = port;
	ex->own.body_max = body_max;
}

/* ---- endings ---- */

static void end(struct exchange *ex, bool abort)
{
	ex->phase = EXCHANGE_ENDED;
	ex->own.abort = abort;
}

static void drop_upstream(struct exchange *ex)
{
	ex->own.drop = ex->own.drop || ex->own.upstream;
	ex->own.upstream = false;
	ex->request.new_upstream = true;
}

void exchange_refuse(struct exchange *ex, unsigned status, const char *word)
{
	if (ex->phase == EXCHANGE_LAST || ex->phase == EXCHANGE_ENDED)
		return;
	if (ex->request.reply_begun) {
		end(ex, true);
		return;
	}
	drop_upstream(ex);
	ex->phase = EXCHANGE_LAST;
	ex->own.status = status;
	copy_text(ex->own.word, sizeof(ex->own.word), text_of(word));
}

static bool fault(struct exchange *ex, enum exchange_fault what, enum http1_reason detail)
{
	ex->fault = what;
	ex->detail = detail;
	ex->own.tell = true;
	return true;
}

/* The request is malformed. */
static bool malformed(struct exchange *ex, enum http1_reason reason)
{
	exchange_refuse(ex, http1_reason_status(reason), http1_reason_word(reason));
	return fault(ex, EXCHANGE_FAULT_MALFORMED, reason);
}

/* It is not, but nobody is asked about it. */
static bool refused(struct exchange *ex, enum exchange_fault what, unsigned status,
                    const char *word)
{
	exchange_refuse(ex, status, word);
	return fault(ex, what, HTTP1_NONE);
}

/* Upstream's fault. */
static bool failed(struct exchange *ex, enum exchange_fault what, enum http1_reason detail)
{
	exchange_refuse(ex, 502, detail ? http1_reason_word(detail) : "upstream-cut");
	return fault(ex, what, detail);
}

/* ---- between requests ---- */

/* Whoever speaks on a connection where nothing was asked is not listened to again. */
static bool look_at_idle_upstream(struct exchange *ex, const struct exchange_io *io)
{
	if (!ex->own.upstream || (!buf_len(io->up_in) && !io->up_eof))
		return false;
	drop_upstream(ex);
	if (buf_len(io->up_in))
		return fault(ex, EXCHANGE_FAULT_REPLY, HTTP1_REPLY_UNASKED);
	return true;
}

static enum http1_reason take_path(struct exchange *ex, struct rd bytes)
{
	uint8_t room[3 * HTTP1_TARGET_MAX + 1];
	struct wr path = wr_of(room, sizeof(room));
	const struct http1_head *head = &ex->own.head;
	enum http1_reason reason = HTTP1_NONE;

	if (exchange_is_asterisk(head, bytes)) {
		copy_text(ex->request.path, sizeof(ex->request.path), text_of("*"));
		return HTTP1_NONE;
	}
	reason = http1_path_normalise(http1_at(bytes, head->path), &path);
	if (!reason)
		copy_text(ex->request.path, sizeof(ex->request.path), rd_of(room, path.len));
	return reason;
}

/* Whether the request is for the host, port and scheme that the connection was made for. */
static bool is_for_this_connection(const struct exchange *ex)
{
	const struct http1_head *head = &ex->own.head;

	if (head->host.port && head->host.port != ex->own.port)
		return false;
	if (head->form == HTTP1_ABSOLUTE && head->https != ex->own.tls)
		return false;
	return !ex->own.tls || !strcmp(head->host.name, ex->own.name);
}

/* The guest speaks HTTP/1.1, not 1.0. */
static bool is_http11(const struct exchange *ex)
{
	return ex->own.head.minor;
}

/* RFC 6455 section 4.1, as far as it is HTTP's business. */
static bool asks_for_websocket(const struct exchange *ex)
{
	const struct http1_head *head = &ex->own.head;

	return head->upgrade == HTTP1_UPGRADE_WEBSOCKET && head->upgrade_option && is_http11(ex) &&
	       head->framing == HTTP1_BODY_NONE && !strcmp(ex->request.method, "GET");
}

/* A head is complete. */
static bool take_request(struct exchange *ex, struct rd bytes)
{
	const struct http1_head *head = &ex->own.head;
	struct exchange_request *request = &ex->request;
	enum http1_reason reason;

	memset(request, 0, sizeof(*request));
	copy_text(request->method, sizeof(request->method), http1_at(bytes, head->method));
	copy_text(request->host, sizeof(request->host), text_of(head->host.name));
	if (head->form == HTTP1_AUTHORITY)
		return refused(ex, EXCHANGE_FAULT_UPGRADE, 403, "connect");
	reason = take_path(ex, bytes);
	if (reason)
		return malformed(ex, reason);
	if (!is_for_this_connection(ex))
		return refused(ex, EXCHANGE_FAULT_HOST, 421, "host-mismatch");
	if (head->host.kind != HTTP1_HOST_DNS)
		return refused(ex, EXCHANGE_FAULT_ADDRESS, 403, "host-address");
	if (head->upgrade != HTTP1_UPGRADE_NONE && !asks_for_websocket(ex))
		return refused(ex, EXCHANGE_FAULT_UPGRADE, 403, "upgrade-denied");
	if (ex->own.body_max && head->content_length > ex->own.body_max)
		return refused(ex, EXCHANGE_FAULT_LARGE, 413, "too-large");
	request->websocket = head->upgrade != HTTP1_UPGRADE_NONE;
	if (strcmp(ex->own.upstream_host, request->host) != 0)
		drop_upstream(ex);
	request->new_upstream = !ex->own.upstream;
	ex->phase = EXCHANGE_ASKED;
	ex->own.ask = true;
	return true;
}

static bool read_request(struct exchange *ex, const struct exchange_io *io)
{
	const struct rd bytes = buf_bytes(io->guest_in);
	enum http1_answer answer;

	if (look_at_idle_upstream(ex, io))
		return true;
	answer = http1_head_parse(&ex->own.head, bytes);
	if (answer == HTTP1_BAD)
		return malformed(ex, ex->own.head.reason);
	if (answer == HTTP1_OK)
		return take_request(ex, bytes);
	ex->phase = bytes.n ? EXCHANGE_HEAD : EXCHANGE_IDLE;
	if (!io->guest_eof)
		return false;
	end(ex, false);
	return true;
}

void exchange_allow(struct exchange *ex, bool upgrade)
{
	const struct http1_head *head = &ex->own.head;

	if (ex->phase != EXCHANGE_ASKED)
		return;
	ex->phase = EXCHANGE_BUSY;
	ex->own.upstream = true;
	copy_text(ex->own.upstream_host, sizeof(ex->own.upstream_host), text_of(ex->request.host));
	ex->own.asked = (struct http1_asked){
	        .head = !strcmp(ex->request.method, "HEAD"),
	        .websocket = upgrade && ex->request.websocket,
	};
	ex->own.sent = ex->own.all_sent = false;
	ex->own.last = head->close;
	ex->own.body = http1_body_of(head);
	ex->own.body_bytes = 0;
	ex->own.informational = 0;
	memset(&ex->own.reply, 0, sizeof(ex->own.reply));
}

/* ---- upstream ---- */

static bool send_request(struct exchange *ex, const struct exchange_io *io)
{
	const struct http1_head *head = &ex->own.head;

	if (!exchange_write_request(io->up_out, head, buf_bytes(io->guest_in),
	                            ex->own.asked.websocket))
		return false;
	buf_take(io->guest_in, head->scanned);
	ex->own.sent = true;
	return true;
}

static bool send_body(struct exchange *ex, const struct exchange_io *io)
{
	const bool chunked = ex->own.head.framing == HTTP1_BODY_CHUNKED;
	const enum http1_answer answer = exchange_move_body(&ex->own.body, io->up_out, io->guest_in,
	                                                    chunked, &ex->own.body_bytes);

	/* The limit comes first: what is wrong behind it may not have come yet. */
	if (ex->own.body_max && ex->own.body_bytes > ex->own.body_max)
		return refused(ex, EXCHANGE_FAULT_LARGE, 413, "too-large");
	if (answer == HTTP1_BAD)
		return malformed(ex, ex->own.body.reason);
	ex->own.all_sent = answer == HTTP1_OK;
	if (answer == HTTP1_OK)
		return true;
	if (!io->guest_eof || buf_len(io->guest_in))
		return false;
	end(ex, true); /* whoever stops in the middle of a body waits for no reply */
	return true;
}

/* ---- replies ---- */

/* A 1xx, for the guest where it can understand it. */
static bool pass_informational(struct exchange *ex, const struct exchange_io *io)
{
	struct http1_reply *reply = &ex->own.reply;
	const bool wanted = is_http11(ex) && (reply->status != 100 || ex->own.head.expect_continue);
	const struct exchange_shape shape = {.close = false};

	if (ex->own.informational == EXCHANGE_INFORMATIONAL_MAX)
		return failed(ex, EXCHANGE_FAULT_REPLY, HTTP1_REPLY_MANY);
	if (wanted && !exchange_write_reply(io->guest_out, reply, buf_bytes(io->up_in), shape))
		return false;
	ex->own.informational++;
	buf_take(io->up_in, reply->head.scanned);
	memset(reply, 0, sizeof(*reply));
	return true;
}

/* How its body goes on; one that ends with upstream's connection is as long as bytes come. */
static struct http1_body body_of(const struct http1_reply *reply)
{
	static const enum http1_framing framing[] = {
	        [HTTP1_REPLY_NONE] = HTTP1_BODY_NONE,
	        [HTTP1_REPLY_LENGTH] = HTTP1_BODY_LENGTH,
	        [HTTP1_REPLY_CHUNKED] = HTTP1_BODY_CHUNKED,
	        [HTTP1_REPLY_CLOSE] = HTTP1_BODY_LENGTH,
	};
	struct http1_head head = {.framing = framing[reply->framing]};

	head.content_length = reply->framing == HTTP1_REPLY_CLOSE ? UINT64_MAX
	                                                          : reply->head.content_length;
	return http1_body_of(&head);
}

static bool is_chunked_to_guest(const struct exchange *ex)
{
	const enum http1_reply_framing framing = ex->own.reply.framing;

	return is_http11(ex) && (framing == HTTP1_REPLY_CHUNKED || framing == HTTP1_REPLY_CLOSE);
}

/* The head of the final reply, or 101. */
static bool pass_head(struct exchange *ex, const struct exchange_io *io)
{
	struct http1_reply *reply = &ex->own.reply;
	const bool switched = reply->status == 101;
	struct exchange_shape shape;

	ex->own.last = ex->own.last || !ex->own.all_sent;
	shape.chunked = is_chunked_to_guest(ex);
	shape.close = ex->own.last;
	if (!exchange_write_reply(io->guest_out, reply, buf_bytes(io->up_in), shape))
		return false;
	buf_take(io->up_in, reply->head.scanned);
	ex->request.reply_begun = true;
	ex->own.reply_body = body_of(reply);
	if (switched)
		ex->phase = EXCHANGE_TUNNEL;
	return true;
}

static bool read_reply(struct exchange *ex, const struct exchange_io *io)
{
	struct http1_reply *reply = &ex->own.reply;
	const enum http1_answer answer = http1_reply_parse(reply, ex->own.asked,
	                                                   buf_bytes(io->up_in));

	if (answer == HTTP1_BAD)
		return failed(ex, EXCHANGE_FAULT_REPLY, reply->head.reason);
	if (answer == HTTP1_MORE)
		return io->up_eof ? failed(ex, EXCHANGE_FAULT_CUT, HTTP1_NONE) : false;
	if (reply->status < 200 && reply->status != 101)
		return pass_informational(ex, io);
	return pass_head(ex, io);
}

/* The reply is complete. */
static bool finish(struct exchange *ex)
{
	if (ex->own.last) {
		end(ex, false);
		return true;
	}
	if (ex->own.reply.head.close)
		drop_upstream(ex);
	memset(&ex->own.head, 0, sizeof(ex->own.head));
	memset(&ex->request, 0, sizeof(ex->request));
	ex->phase = EXCHANGE_IDLE;
	return true;
}

static bool pass_body(struct exchange *ex, const struct exchange_io *io)
{
	const bool chunked = is_chunked_to_guest(ex);
	const enum http1_answer answer = exchange_move_body(&ex->own.reply_body, io->guest_out,
	                                                    io->up_in, chunked, NULL);

	if (answer == HTTP1_BAD)
		return failed(ex, EXCHANGE_FAULT_REPLY, ex->own.reply_body.reason);
	if (answer == HTTP1_OK)
		return finish(ex);
	if (buf_len(io->up_in) || !io->up_eof)
		return false;
	if (ex->own.reply.framing != HTTP1_REPLY_CLOSE)
		return failed(ex, EXCHANGE_FAULT_CUT, HTTP1_NONE);
	if (chunked && !buf_put(io->guest_out, text_of(EXCHANGE_LAST_CHUNK)))
		return false;
	return finish(ex);
}

static bool serve(struct exchange *ex, const struct exchange_io *io)
{
	bool again = false;

	if (!ex->own.sent && look_at_idle_upstream(ex, io))
		return ex->own.tell ? failed(ex, EXCHANGE_FAULT_REPLY, ex->detail)
		                    : failed(ex, EXCHANGE_FAULT_CUT, HTTP1_NONE);
	if (!ex->own.sent && !send_request(ex, io))
		return false;
	if (!ex->own.all_sent)
		again = send_body(ex, io);
	if (ex->phase != EXCHANGE_BUSY)
		return true;
	if (ex->request.reply_begun ? pass_body(ex, io) : read_reply(ex, io))
		again = true;
	return again;
}

/* ---- the rest ---- */

static bool tunnel(struct exchange *ex, const struct exchange_io *io)
{
	buf_pour(io->up_out, io->guest_in);
	buf_pour(io->guest_out, io->up_in);
	ex->end_up = io->guest_eof && !buf_len(io->guest_in);
	ex->end_guest = io->up_eof && !buf_len(io->up_in);
	if (!ex->end_up || !ex->end_guest || buf_len(io->up_out))
		return false;
	end(ex, false);
	return true;
}

static bool write_refusal(struct exchange *ex, const struct exchange_io *io)
{
	const bool head = !strcmp(ex->request.method, "HEAD");

	if (!exchange_write_refusal(io->guest_out, ex->own.status, ex->own.word, head))
		return false;
	end(ex, false);
	return true;
}

static bool work(struct exchange *ex, const struct exchange_io *io)
{
	switch (ex->phase) {
	case EXCHANGE_IDLE:
	case EXCHANGE_HEAD:
		return read_request(ex, io);
	case EXCHANGE_ASKED:
		return look_at_idle_upstream(ex, io);
	case EXCHANGE_BUSY:
		return serve(ex, io);
	case EXCHANGE_TUNNEL:
		return tunnel(ex, io);
	case EXCHANGE_LAST:
		return write_refusal(ex, io);
	case EXCHANGE_ENDED:
		break;
	}
	return false;
}

/* What is to be told before anything else is done; EXCHANGE_MORE when there is nothing. */
static enum exchange_said tell(struct exchange *ex, const struct exchange_io *io)
{
	if (ex->own.tell) {
		ex->own.tell = false;
		return EXCHANGE_FAULT;
	}
	if (ex->own.drop) {
		ex->own.drop = false;
		buf_take(io->up_in, buf_len(io->up_in));
		buf_take(io->up_out, buf_len(io->up_out));
		return EXCHANGE_DROP;
	}
	if (ex->own.ask) {
		ex->own.ask = false;
		return EXCHANGE_REQUEST;
	}
	if (ex->phase == EXCHANGE_ENDED)
		return ex->own.abort ? EXCHANGE_ABORT : EXCHANGE_CLOSE;
	return EXCHANGE_MORE;
}

enum exchange_said exchange_step(struct exchange *ex, const struct exchange_io *io)
{
	for (;;) {
		const enum exchange_said said = tell(ex, io);

		if (said != EXCHANGE_MORE || !work(ex, io))
			return said;
	}
}
