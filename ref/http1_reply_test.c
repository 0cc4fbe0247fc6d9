/* SPDX-License-Identifier: ISC */
/* http1_reply_test.c: heads of replies, whole, byte by byte and cut in two at every place. */
#include "ref/http1_reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/http1_rig.h"

#define OK200 "HTTP/1.1 200 OK\r\n"

static const struct http1_asked get, head = {.head = true}, upgrade = {.websocket = true};

/* Parses in all ways and finds the same each time. `*reply` is the result. */
static enum http1_answer read_n(struct http1_asked asked, const void *bytes, size_t n,
                                struct http1_reply *reply)
{
	static struct http1_reply other;
	enum http1_answer answer;
	size_t needed;

	memset(reply, 0, sizeof(*reply));
	answer = http1_reply_parse(reply, asked, place(bytes, n));
	needed = answer == HTTP1_MORE ? n + 1 : reply->head.scanned;

	memset(&other, 0, sizeof(other));
	for (size_t i = 0; i <= n; i++)
		assert_int_equal(http1_reply_parse(&other, asked, place(bytes, i)),
		                 i < needed ? HTTP1_MORE : answer);
	assert_memory_equal(&other, reply, sizeof(other));
	for (size_t cut = 0; cut <= n; cut++) {
		memset(&other, 0, sizeof(other));
		assert_int_equal(http1_reply_parse(&other, asked, place(bytes, cut)),
		                 cut < needed ? HTTP1_MORE : answer);
		assert_int_equal(http1_reply_parse(&other, asked, place(bytes, n)), answer);
		assert_memory_equal(&other, reply, sizeof(other));
	}
	return answer;
}

static enum http1_answer read_text(struct http1_asked asked, const char *text,
                                   struct http1_reply *reply)
{
	return read_n(asked, text, strlen(text), reply);
}

static void a_reply_is_taken_apart(void **state)
{
	static const char text[] =
	        "HTTP/1.1 200 All fine\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello";
	struct http1_reply reply;
	struct rd bytes = rd_of(text, sizeof(text) - 1), words;

	(void)state;
	assert_int_equal(read_text(get, text, &reply), HTTP1_OK);
	assert_int_equal(reply.head.scanned, sizeof(text) - 6);
	assert_int_equal(reply.status, 200);
	assert_int_equal(reply.head.minor, 1);
	assert_int_equal(reply.framing, HTTP1_REPLY_LENGTH);
	assert_int_equal(reply.head.content_length, 5);
	assert_true(reply.has_length);
	assert_false(reply.head.close);
	assert_int_equal(reply.head.field_count, 2);
	words = http1_at(bytes, reply.words);
	assert_int_equal(words.n, 8);
	assert_memory_equal(words.p, "All fine", 8);
	words = http1_at(bytes, reply.head.fields[0].value);
	assert_int_equal(words.n, 1);
	assert_memory_equal(words.p, "x", 1);
}

static void a_status_line_has_words_or_none(void **state)
{
	static const struct {
		const char *text;
		unsigned status;
		size_t words;
	} table[] = {
	        {"HTTP/1.1 200\r\n\r\n", 200, 0},
	        {"HTTP/1.1 200 \r\n\r\n", 200, 0},
	        {"HTTP/1.1 200  \r\n\r\n", 200, 1},
	        {"HTTP/1.1 200 \t\r\n\r\n", 200, 1},
	        {"HTTP/1.1 599 a\tb\x80\xff~!\r\n\r\n", 599, 7},
	        {"HTTP/1.1 299 HTTP/1.1 404\r\n\r\n", 299, 12},
	        {"HTTP/1.0 418 I'm a teapot\r\n\r\n", 418, 12},
	        {"HTTP/1.1 204 :\r\n\r\n", 204, 1},
	};
	struct http1_reply reply;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(read_text(get, table[i].text, &reply), HTTP1_OK);
		assert_int_equal(reply.status, table[i].status);
		assert_int_equal(reply.words.len, table[i].words);
	}
}

static void how_long_it_is_follows_from_head_and_method(void **state)
{
	static const struct {
		const struct http1_asked *asked;
		const char *text;
		enum http1_reply_framing framing;
		bool close;
	} table[] = {
	        {&get, OK200 "\r\n", HTTP1_REPLY_CLOSE, true},
	        {&get, OK200 "Connection: keep-alive\r\n\r\n", HTTP1_REPLY_CLOSE, true},
	        {&get, OK200 "Content-Length: 0\r\n\r\n", HTTP1_REPLY_LENGTH, false},
	        {&get, OK200 "Content-Length: 1\r\nConnection: close\r\n\r\n", HTTP1_REPLY_LENGTH,
	         true},
	        {&get, OK200 "Content-Length: 1\r\nConnection: a, Close\r\n\r\n",
	         HTTP1_REPLY_LENGTH, true},
	        {&get, OK200 "Transfer-Encoding: Chunked\r\n\r\n", HTTP1_REPLY_CHUNKED, false},
	        {&get, "HTTP/1.0 200 OK\r\n\r\n", HTTP1_REPLY_CLOSE, true},
	        {&get, "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n", HTTP1_REPLY_LENGTH, true},
	        {&get, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\n",
	         HTTP1_REPLY_LENGTH, true},
	        {&get, "HTTP/1.1 205 x\r\nContent-Length: 3\r\n\r\n", HTTP1_REPLY_LENGTH, false},
	        {&get, "HTTP/1.1 200 x\r\nHost: a, b\r\nHost:\r\nExpect: y\r\n\r\n",
	         HTTP1_REPLY_CLOSE, true},
	        {&get, "HTTP/1.1 100 x\r\n\r\n", HTTP1_REPLY_NONE, false},
	        {&get, "HTTP/1.1 103 x\r\nLink: y\r\n\r\n", HTTP1_REPLY_NONE, false},
	        {&get, "HTTP/1.1 199 x\r\n\r\n", HTTP1_REPLY_NONE, false},
	        {&get, "HTTP/1.1 204 x\r\n\r\n", HTTP1_REPLY_NONE, false},
	        {&get, "HTTP/1.1 204 x\r\nContent-Length: 0\r\n\r\n", HTTP1_REPLY_NONE, false},
	        {&get, "HTTP/1.0 204 x\r\n\r\n", HTTP1_REPLY_NONE, true},
	        {&get, "HTTP/1.1 203 x\r\nContent-Length: 9\r\n\r\n", HTTP1_REPLY_LENGTH, false},
	        {&get, "HTTP/1.1 304 x\r\n\r\n", HTTP1_REPLY_NONE, false},
	        {&get, "HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n", HTTP1_REPLY_NONE, false},
	        {&get, "HTTP/1.1 304 x\r\nTransfer-Encoding: chunked\r\n\r\n", HTTP1_REPLY_NONE,
	         false},
	        {&head, OK200 "\r\n", HTTP1_REPLY_NONE, false},
	        {&head, OK200 "Content-Length: 9\r\n\r\n", HTTP1_REPLY_NONE, false},
	        {&head, OK200 "Transfer-Encoding: chunked\r\n\r\n", HTTP1_REPLY_NONE, false},
	        {&head, "HTTP/1.0 200 OK\r\n\r\n", HTTP1_REPLY_NONE, true},
	        {&upgrade, OK200 "Content-Length: 9\r\n\r\n", HTTP1_REPLY_LENGTH, false},
	        {&upgrade,
	         "HTTP/1.1 101 x\r\nconnection: keep-alive, UPGRADE\r\nupgrade: WebSocket\r\n\r\n",
	         HTTP1_REPLY_NONE, false},
	};
	struct http1_reply reply;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (read_text(*table[i].asked, table[i].text, &reply) != HTTP1_OK)
			fail_msg("%s: %s", http1_reason_word(reply.head.reason), table[i].text);
		if (reply.framing != table[i].framing || reply.head.close != table[i].close)
			fail_msg("framing %u, close %d: %s", reply.framing, reply.head.close,
			         table[i].text);
		assert_int_equal(reply.has_length, strstr(table[i].text, "Content-Length") != NULL);
	}
}

static const struct {
	const char *text;
	enum http1_reason reason;
} bad_replies[] = {
        /* the status line */
        {"\r\n" OK200 "\r\n", HTTP1_STATUS_LINE},
        {"\n" OK200 "\r\n", HTTP1_BARE_LF},
        {" " OK200 "\r\n", HTTP1_STATUS_LINE},
        {"GET / HTTP/1.1\r\n", HTTP1_STATUS_LINE},
        {"ICY 200 OK\r\n", HTTP1_STATUS_LINE},
        {"http/1.1 200 OK\r\n", HTTP1_STATUS_LINE},
        {"HTTP 200 OK\r\n", HTTP1_STATUS_LINE},
        {"HTTPS1.1 200 OK\r\n", HTTP1_STATUS_LINE},
        {"HTTP//.1 200 OK\r\n", HTTP1_STATUS_LINE},
        {"HTTP/:.1 200 OK\r\n", HTTP1_STATUS_LINE},
        {"HTTP/1/1 200 OK\r\n", HTTP1_STATUS_LINE},
        {"HTTP/1 200 OK\r\n", HTTP1_STATUS_LINE},
        {"HTTP/1./ 200 OK\r\n", HTTP1_STATUS_LINE},
        {"HTTP/1.: 200 OK\r\n", HTTP1_STATUS_LINE},
        {"HTTP/1.10 200 OK\r\n", HTTP1_STATUS_LINE},
        {"HTTP/1.1\t200 OK\r\n", HTTP1_CONTROL},
        {"HTTP/1.1  200 OK\r\n", HTTP1_STATUS_LINE},
        {"HTTP/1.1\r\n", HTTP1_STATUS_LINE},
        {"HTTP/1.1 \r\n", HTTP1_STATUS_LINE},
        {"HTTP/1.1\r", HTTP1_STATUS_LINE},
        {"HTTP/1.1 20\r\n", HTTP1_STATUS_LINE},
        {"HTTP/1.1 20 OK\r\n", HTTP1_STATUS_LINE},
        {"HTTP/1.1 2/0 OK\r\n", HTTP1_STATUS_LINE},
        {"HTTP/1.1 2:0 OK\r\n", HTTP1_STATUS_LINE},
        {"HTTP/1.1 -20 OK\r\n", HTTP1_STATUS_LINE},
        {"HTTP/1.1 +20 OK\r\n", HTTP1_STATUS_LINE},
        {"HTTP/1.1 2000\r\n", HTTP1_STATUS_LINE},
        {"HTTP/1.1 200OK\r\n", HTTP1_STATUS_LINE},
        {"HTTP/1.1 200\tOK\r\n", HTTP1_CONTROL},
        {"HTTP/1.1 200 O\x01K\r\n", HTTP1_CONTROL},
        {"HTTP/1.1 200 O\x7fK\r\n", HTTP1_CONTROL},
        {"HTTP/1.1 200 OK\n", HTTP1_BARE_LF},
        {"HTTP/1.1 200\n", HTTP1_BARE_LF},
        {"HTTP/1.1 200\rX", HTTP1_BARE_CR},
        {"HTTP/1.1 200 OK\rX", HTTP1_BARE_CR},
        {"HTTP/1.1 200 OK\r\r", HTTP1_BARE_CR},
        {"HTTP/2.0 200 OK\r\n", HTTP1_VERSION},
        {"HTTP/0.9 200 OK\r\n", HTTP1_VERSION},
        {"HTTP/0.1 200 OK\r\n", HTTP1_VERSION},
        {"HTTP/2 200 OK\r\n", HTTP1_VERSION},
        {"HTTP/1.2 200 OK\r\n", HTTP1_VERSION},
        {"HTTP/1.9 200 OK\r\n", HTTP1_VERSION},
        {"HTTP/1.1 000 x\r\n", HTTP1_STATUS},
        {"HTTP/1.1 099 x\r\n", HTTP1_STATUS},
        {"HTTP/1.1 600 x\r\n", HTTP1_STATUS},
        {"HTTP/1.1 999 x\r\n", HTTP1_STATUS},
        {"HTTP/1.0 100 x\r\n", HTTP1_STATUS},
        {"HTTP/1.0 199 x\r\n", HTTP1_STATUS},

        /* fields */
        {OK200 " X: y\r\n", HTTP1_OBS_FOLD},
        {OK200 "X: y\r\n z\r\n\r\n", HTTP1_OBS_FOLD},
        {OK200 "X: y\r\n\tz\r\n\r\n", HTTP1_OBS_FOLD},
        {OK200 "X: y\nZ: 1\r\n", HTTP1_BARE_LF},
        {OK200 "X: y\r\n\n", HTTP1_BARE_LF},
        {OK200 "X: y\rZ", HTTP1_BARE_CR},
        {OK200 "\r\r", HTTP1_BARE_CR},
        {OK200 "X : y\r\n", HTTP1_SPACE_COLON},
        {OK200 "X\r\n", HTTP1_NO_COLON},
        {OK200 ": y\r\n", HTTP1_FIELD_NAME},
        {OK200 "X(: y\r\n", HTTP1_FIELD_NAME},
        {OK200 "X: \x01", HTTP1_CONTROL},
        {OK200 "X: \x7f", HTTP1_CONTROL},
        {OK200 "HTTP/1.1 200 OK\r\n", HTTP1_NO_COLON},

        /* how long it is */
        {OK200 "Content-Length: 5\r\nContent-Length: 5\r\n", HTTP1_LENGTH_TWICE},
        {OK200 "Content-Length: 5\r\nContent-Length: 6\r\n", HTTP1_LENGTH_TWICE},
        {OK200 "Content-Length: 5, 5\r\n", HTTP1_LENGTH_LIST},
        {OK200 "Content-Length: +5\r\n", HTTP1_LENGTH_DIGITS},
        {OK200 "Content-Length: -1\r\n", HTTP1_LENGTH_DIGITS},
        {OK200 "Content-Length: 05\r\n", HTTP1_LENGTH_DIGITS},
        {OK200 "Content-Length:\r\n", HTTP1_LENGTH_DIGITS},
        {OK200 "Content-Length: 0x5\r\n", HTTP1_LENGTH_DIGITS},
        {OK200 "Content-Length: 9223372036854775808\r\n", HTTP1_LENGTH_OVERFLOW},
        {OK200 "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", HTTP1_LENGTH_CODING},
        {OK200 "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", HTTP1_LENGTH_CODING},
        {OK200 "Transfer-Encoding: gzip, chunked\r\n", HTTP1_CODING},
        {OK200 "Transfer-Encoding: identity\r\n", HTTP1_CODING},
        {OK200 "Transfer-Encoding: xchunked\r\n", HTTP1_CODING},
        {OK200 "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", HTTP1_CODING_TWICE},
        {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n", HTTP1_CODING_HTTP10},
        {OK200 "Connection: (\r\n", HTTP1_CONNECTION},
        {OK200 "Upgrade: a\r\nUpgrade: b\r\n", HTTP1_UPGRADE_TWICE},
        {"HTTP/1.1 100 x\r\nContent-Length: 5\r\n\r\n", HTTP1_REPLY_BODY},
        {"HTTP/1.1 103 x\r\nContent-Length: 0\r\n\r\n", HTTP1_REPLY_BODY},
        {"HTTP/1.1 199 x\r\nTransfer-Encoding: chunked\r\n\r\n", HTTP1_REPLY_BODY},
        {"HTTP/1.1 204 x\r\nContent-Length: 1\r\n\r\n", HTTP1_REPLY_BODY},
        {"HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n", HTTP1_REPLY_BODY},

        /* 101 that nobody asked for */
        {"HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", HTTP1_REPLY_SWITCH},
        {"HTTP/1.1 101 x\r\n\r\n", HTTP1_REPLY_SWITCH},
};

static void replies_that_are_not_right_are_refused_by_their_reason(void **state)
{
	struct http1_reply reply;

	(void)state;
	for (size_t i = 0; i < sizeof(bad_replies) / sizeof(bad_replies[0]); i++) {
		const char *text = bad_replies[i].text;

		if (read_text(get, text, &reply) != HTTP1_BAD)
			fail_msg("not refused: %s", text);
		if (reply.head.reason != bad_replies[i].reason)
			fail_msg("%s, not %s: %s", http1_reason_word(reply.head.reason),
			         http1_reason_word(bad_replies[i].reason), text);
	}
	assert_int_equal(read_n(get, "HTTP/1.1 200 \0\r\n", 16, &reply), HTTP1_BAD);
	assert_int_equal(reply.head.reason, HTTP1_NUL);
	assert_int_equal(read_n(get, OK200 "X: \0", 21, &reply), HTTP1_BAD);
	assert_int_equal(reply.head.reason, HTTP1_NUL);
}

static void lies_are_refused_in_a_reply_to_head_too(void **state)
{
	struct http1_reply reply;

	(void)state;
	assert_int_equal(read_text(head,
	                           OK200 "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
	                           &reply),
	                 HTTP1_BAD);
	assert_int_equal(reply.head.reason, HTTP1_LENGTH_CODING);
	assert_int_equal(read_text(head, "HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n", &reply),
	                 HTTP1_BAD);
	assert_int_equal(reply.head.reason, HTTP1_REPLY_BODY);
}

static void a_switch_names_the_protocol_that_was_asked_for(void **state)
{
	static const char *const wrong[] = {
	        "HTTP/1.1 101 x\r\n\r\n",
	        "HTTP/1.1 101 x\r\nConnection: upgrade\r\n\r\n",
	        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n",
	        "HTTP/1.1 101 x\r\nConnection: keep-alive\r\nUpgrade: websocket\r\n\r\n",
	        "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
	        "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket, h2c\r\n\r\n",
	        "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket/13\r\n\r\n",
	};
	struct http1_reply reply;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(read_text(upgrade, wrong[i], &reply), HTTP1_BAD);
		assert_int_equal(reply.head.reason, HTTP1_REPLY_SWITCH);
	}
	assert_int_equal(read_text(upgrade,
	                           "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
	                           "Content-Length: 5\r\n\r\n",
	                           &reply),
	                 HTTP1_BAD);
	assert_int_equal(reply.head.reason, HTTP1_REPLY_BODY);
}

/* A reply of `n` bytes whose one field is long. */
static void make_long(char *text, size_t n)
{
	memset(text, 'x', n);
	memcpy(text, OK200 "X:", 19);
	memcpy(text + n - 4, "\r\n\r\n", 4);
}

static void the_head_is_bounded(void **state)
{
	static char text[HTTP1_HEAD_MAX + 1];
	static struct http1_reply reply;

	(void)state;
	make_long(text, HTTP1_HEAD_MAX);
	memset(&reply, 0, sizeof(reply));
	assert_int_equal(http1_reply_parse(&reply, get, place(text, HTTP1_HEAD_MAX)), HTTP1_OK);
	make_long(text, HTTP1_HEAD_MAX + 1);
	memset(&reply, 0, sizeof(reply));
	assert_int_equal(http1_reply_parse(&reply, get, place(text, HTTP1_HEAD_MAX - 1)),
	                 HTTP1_MORE);
	assert_int_equal(http1_reply_parse(&reply, get, place(text, HTTP1_HEAD_MAX)), HTTP1_BAD);
	assert_int_equal(reply.head.reason, HTTP1_HEAD_LONG);
	assert_int_equal(http1_reply_parse(&reply, get, place(text, HTTP1_HEAD_MAX + 1)),
	                 HTTP1_BAD);
	text[HTTP1_HEAD_MAX - 1] = '\x01'; /* what is wrong with the last byte counts more */
	memset(&reply, 0, sizeof(reply));
	assert_int_equal(http1_reply_parse(&reply, get, place(text, HTTP1_HEAD_MAX)), HTTP1_BAD);
	assert_int_equal(reply.head.reason, HTTP1_CONTROL);
}

static void fields_are_counted(void **state)
{
	static struct http1_reply reply;

	(void)state;
	for (size_t more = 0; more <= 1; more++) {
		char text[1024] = OK200;
		size_t n = strlen(text);

		for (size_t i = 0; i < HTTP1_FIELDS_MAX + more; i++, n += 5)
			memcpy(text + n, "A:b\r\n", 5);
		memcpy(text + n, "\r\n", 2);
		memset(&reply, 0, sizeof(reply));
		assert_int_equal(http1_reply_parse(&reply, get, place(text, n + 2)),
		                 more ? HTTP1_BAD : HTTP1_OK);
		assert_int_equal(reply.head.reason, more ? HTTP1_TOO_MANY_FIELDS : HTTP1_NONE);
	}
}

static void what_is_cut_off_is_never_complete(void **state)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\n\r\n";
	struct http1_reply reply;

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++)
		assert_int_equal(read_n(get, text, n, &reply), HTTP1_MORE);
	assert_int_equal(read_n(get, text, sizeof(text) - 1, &reply), HTTP1_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_reply_is_taken_apart),
	        cmocka_unit_test(a_status_line_has_words_or_none),
	        cmocka_unit_test(how_long_it_is_follows_from_head_and_method),
	        cmocka_unit_test(replies_that_are_not_right_are_refused_by_their_reason),
	        cmocka_unit_test(lies_are_refused_in_a_reply_to_head_too),
	        cmocka_unit_test(a_switch_names_the_protocol_that_was_asked_for),
	        cmocka_unit_test(the_head_is_bounded),
	        cmocka_unit_test(fields_are_counted),
	        cmocka_unit_test(what_is_cut_off_is_never_complete),
	};

	return cmocka_run_group_tests(tests, open_room, close_room);
}
