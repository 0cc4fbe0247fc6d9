/* SPDX-License-Identifier: ISC */
/* http1_body_test.c: bodies, whole, byte by byte and cut in two at every place. */
#include "ref/http1_body.h"

#include "bytes/guard.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ROOM 8192
#define LAST "0\r\n\r\n"

static struct guard room; /* its last bytes are those that a reader sees */

static int open_room(void **state)
{
	static const uint8_t zeros[ROOM];

	(void)state;
	room = guard_copy(zeros, sizeof(zeros));
	return 0;
}

static int close_room(void **state)
{
	(void)state;
	guard_free(&room);
	return 0;
}

static struct http1_body chunked(void)
{
	const struct http1_head head = {.framing = HTTP1_BODY_CHUNKED};

	return http1_body_of(&head);
}

static struct http1_body of_length(uint64_t length)
{
	const struct http1_head head = {.framing = HTTP1_BODY_LENGTH, .content_length = length};

	return http1_body_of(&head);
}

/* What was read so far. */
struct result {
	enum http1_answer answer;
	enum http1_reason reason;
	size_t taken;
	uint8_t payload[ROOM];
	size_t len;
};

/* Gives the reader `n` bytes as one piece and adds what it makes of them. */
static void feed(struct http1_body *body, const char *bytes, size_t n, struct result *r)
{
	uint8_t *p = room.p + ROOM - n;
	struct rd in, payload;

	assert_true(n <= ROOM);
	memcpy(p, bytes, n);
	in = rd_of(p, n);
	do {
		const size_t before = in.n;

		r->answer = http1_body_read(body, &in, &payload);
		assert_true(r->answer == HTTP1_BAD || before == in.n || payload.n <= before - in.n);
		memcpy(r->payload + r->len, payload.p, payload.n);
		r->len += payload.n;
		assert_true(r->answer != HTTP1_MORE || !before || in.n < before);
	} while (r->answer == HTTP1_MORE && in.n);
	r->taken += n - in.n;
	r->reason = body->reason;
}

static void assert_same(const struct result *a, const struct result *b)
{
	assert_int_equal(a->answer, b->answer);
	assert_int_equal(a->reason, b->reason);
	assert_int_equal(a->taken, b->taken);
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->payload, b->payload, a->len);
}

/* Reads in all ways and finds the same each time. */
static struct result read_n(struct http1_body start, const char *bytes, size_t n)
{
	static struct result whole, parts;
	struct http1_body body = start;

	memset(&whole, 0, sizeof(whole));
	feed(&body, bytes, n, &whole);
	body = start;
	memset(&parts, 0, sizeof(parts));
	for (size_t i = 0; i < n; i++) {
		feed(&body, bytes + i, 1, &parts);
		assert_true(parts.answer == HTTP1_MORE || i + 1 >= whole.taken);
	}
	if (n)
		assert_same(&parts, &whole);
	for (size_t cut = 0; cut <= n; cut++) {
		body = start;
		memset(&parts, 0, sizeof(parts));
		feed(&body, bytes, cut, &parts);
		assert_int_equal(parts.answer, cut < whole.taken ? HTTP1_MORE : whole.answer);
		feed(&body, bytes + cut, n - cut, &parts);
		assert_same(&parts, &whole);
	}
	return whole;
}

static struct result read_chunks(const char *text)
{
	return read_n(chunked(), text, strlen(text));
}

static void no_body_ends_before_its_first_byte(void **state)
{
	const struct http1_head none = {.framing = HTTP1_BODY_NONE, .content_length = 7};
	struct result r;

	(void)state;
	r = read_n(http1_body_of(&none), "GET", 3);
	assert_int_equal(r.answer, HTTP1_OK);
	assert_int_equal(r.taken, 0);
	assert_int_equal(r.len, 0);
	r = read_n(of_length(0), "", 0);
	assert_int_equal(r.answer, HTTP1_OK);
	assert_int_equal(r.taken, 0);
}

static void a_counted_body_is_its_bytes_and_no_more(void **state)
{
	struct result r;

	(void)state;
	r = read_n(of_length(5), "hello", 5);
	assert_int_equal(r.answer, HTTP1_OK);
	assert_int_equal(r.len, 5);
	assert_memory_equal(r.payload, "hello", 5);
	r = read_n(of_length(5), "hello\r\nGET", 10);
	assert_int_equal(r.answer, HTTP1_OK);
	assert_int_equal(r.taken, 5);
	assert_int_equal(r.len, 5);
	r = read_n(of_length(INT64_MAX), "hello", 5);
	assert_int_equal(r.answer, HTTP1_MORE);
	assert_int_equal(r.len, 5);
	r = read_n(of_length(1), "", 0);
	assert_int_equal(r.answer, HTTP1_MORE);
}

static void chunks_are_joined(void **state)
{
	static const struct {
		const char *text, *payload;
	} table[] = {
	        {"0\r\n\r\n", ""},
	        {"000\r\n\r\n", ""},
	        {"5\r\nhello\r\n" LAST, "hello"},
	        {"1\r\nh\r\n4\r\nello\r\n" LAST, "hello"},
	        {"005\r\nhello\r\n" LAST, "hello"},
	        {"000000000000005\r\nhello\r\n" LAST, "hello"},
	        {"a\r\n0123456789\r\n" LAST, "0123456789"},
	        {"A\r\n0\r\n\r\n56789\r\n" LAST, "0\r\n\r\n56789"},
	        {"11\r\n0123456789abcdefg\r\n" LAST, "0123456789abcdefg"},
	        {"1\r\nx\r\n0\r\nX: y\r\n\r\n", "x"},
	        {"0\r\nX:\r\nY-Z: a b\tc\xff\r\n\r\n", ""},
	        {"0\r\nX::\r\n\r\n", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const size_t n = strlen(table[i].text);
		char more[64];
		struct result r = read_chunks(table[i].text);

		assert_int_equal(r.answer, HTTP1_OK);
		assert_int_equal(r.taken, n);
		assert_int_equal(r.len, strlen(table[i].payload));
		assert_memory_equal(r.payload, table[i].payload, r.len);

		snprintf(more, sizeof(more), "%s%s", table[i].text, "GET / HTTP");
		r = read_chunks(more);
		assert_int_equal(r.answer, HTTP1_OK);
		assert_int_equal(r.taken, n);
	}
}

static void chunks_that_are_not_right_are_refused_by_their_reason(void **state)
{
	static const struct {
		const char *text;
		enum http1_reason reason;
	} table[] = {
	        {"\r\n", HTTP1_CHUNK_SIZE},
	        {"\n", HTTP1_CHUNK_SIZE},
	        {" 5\r\n", HTTP1_CHUNK_SIZE},
	        {";", HTTP1_CHUNK_SIZE},
	        {"g\r\n", HTTP1_CHUNK_SIZE},
	        {"+5\r\n", HTTP1_CHUNK_SIZE},
	        {"-1\r\n", HTTP1_CHUNK_SIZE},
	        {"0x5\r\n", HTTP1_CHUNK_SIZE},
	        {"5g\r\n", HTTP1_CHUNK_SIZE},
	        {"5\x80\r\n", HTTP1_CHUNK_SIZE},
	        {"5\x01", HTTP1_CHUNK_SIZE},
	        {"5\v", HTTP1_CHUNK_SIZE},
	        {"5\r\x01", HTTP1_BARE_CR},
	        {"1\r\nx0", HTTP1_CHUNK_END},
	        {"1\r\nx\r\x01", HTTP1_CHUNK_END},
	        {"0\r\n\r\x01", HTTP1_BARE_CR},
	        {"0\r\nX: y\r\x01", HTTP1_BARE_CR},
	        {"5;a=b\r\nhello\r\n", HTTP1_CHUNK_EXTENSION},
	        {"0;a\r\n\r\n", HTTP1_CHUNK_EXTENSION},
	        {"5 \r\nhello\r\n", HTTP1_CHUNK_EXTENSION},
	        {"5\t\r\nhello\r\n", HTTP1_CHUNK_EXTENSION},
	        {"5\nhello\n0\n\n", HTTP1_BARE_LF},
	        {"5\rhello", HTTP1_BARE_CR},
	        {"0\r\r", HTTP1_BARE_CR},
	        {"0000000000000005\r\n", HTTP1_CHUNK_OVERFLOW},
	        {"ffffffffffffffff\r\n", HTTP1_CHUNK_OVERFLOW},
	        {"10000000000000005\r\n", HTTP1_CHUNK_OVERFLOW},
	        {"5\r\nhello0\r\n\r\n", HTTP1_CHUNK_END},
	        {"5\r\nhello\n", HTTP1_CHUNK_END},
	        {"5\r\nhello\r5", HTTP1_CHUNK_END},
	        {"4\r\nhello\r\n", HTTP1_CHUNK_END},
	        {"6\r\nhello\r\n" LAST, HTTP1_CHUNK_END},
	        {"1\r\nx\r\n\r\n", HTTP1_CHUNK_SIZE},
	        {"1\r\nx\r\n 1", HTTP1_CHUNK_SIZE},
	        {"0\r\n\n", HTTP1_BARE_LF},
	        {"0\r\n\rx", HTTP1_BARE_CR},
	        {"0\r\n x: y\r\n", HTTP1_OBS_FOLD},
	        {"0\r\nX: y\r\n z\r\n", HTTP1_OBS_FOLD},
	        {"0\r\nX: y\r\n\tz\r\n", HTTP1_OBS_FOLD},
	        {"0\r\n: y\r\n", HTTP1_FIELD_NAME},
	        {"0\r\n(x: y\r\n", HTTP1_FIELD_NAME},
	        {"0\r\nX(: y\r\n", HTTP1_FIELD_NAME},
	        {"0\r\nX\xff: y\r\n", HTTP1_FIELD_NAME},
	        {"0\r\nX : y\r\n", HTTP1_SPACE_COLON},
	        {"0\r\nX\t: y\r\n", HTTP1_SPACE_COLON},
	        {"0\r\nX\r\n", HTTP1_NO_COLON},
	        {"0\r\nX\n", HTTP1_BARE_LF},
	        {"0\r\nX: y\n\n", HTTP1_BARE_LF},
	        {"0\r\nX: y\rz", HTTP1_BARE_CR},
	        {"0\r\nX: y\r\r\n", HTTP1_BARE_CR},
	        {"0\r\nX: \x01", HTTP1_CONTROL},
	        {"0\r\nX: \x1f", HTTP1_CONTROL},
	        {"0\r\nX: \x7f", HTTP1_CONTROL},
	        {"0\r\n\x01", HTTP1_CONTROL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct result r = read_chunks(table[i].text);

		if (r.answer != HTTP1_BAD || r.reason != table[i].reason)
			fail_msg("%s, not %s: %s", http1_reason_word(r.reason),
			         http1_reason_word(table[i].reason), table[i].text);
	}
	assert_int_equal(read_n(chunked(), "0\r\nX: \0", 7).reason, HTTP1_NUL);
	assert_int_equal(read_n(chunked(), "0\r\n\0", 4).reason, HTTP1_NUL);
	assert_int_equal(read_n(chunked(), "\0", 1).reason, HTTP1_CHUNK_SIZE);
}

static void what_is_cut_off_is_never_complete(void **state)
{
	static const char text[] = "3\r\nabc\r\nB\r\n0123456789a\r\n0\r\nX: y\r\n\r\n";

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++)
		assert_int_equal(read_n(chunked(), text, n).answer, HTTP1_MORE);
	assert_int_equal(read_n(chunked(), text, sizeof(text) - 1).answer, HTTP1_OK);
}

static void a_chunk_may_be_as_long_as_its_digits_say(void **state)
{
	struct http1_body body = chunked();
	struct result r = {0};

	(void)state;
	feed(&body, "fffffffffffffff\r\nhello", 22, &r);
	assert_int_equal(r.answer, HTTP1_MORE);
	assert_int_equal(r.len, 5);
	assert_int_equal(body.left, 0xfffffffffffffff - 5);
}

static void the_trailer_is_bounded(void **state)
{
	static char text[3 + HTTP1_TRAILER_MAX + 1];

	(void)state;
	for (size_t more = 0; more <= 1; more++) {
		const size_t n = 3 + HTTP1_TRAILER_MAX + more;
		struct http1_body body = chunked();
		static struct result r;

		memset(&r, 0, sizeof(r));
		memset(text, 'x', n);
		memcpy(text, "0\r\nX:", 5);
		memcpy(text + n - 4, "\r\n\r\n", 4);
		feed(&body, text, n, &r);
		assert_int_equal(r.answer, more ? HTTP1_BAD : HTTP1_OK);
		assert_int_equal(r.reason, more ? HTTP1_TRAILER_LONG : HTTP1_NONE);
	}
}

static void an_answer_is_final(void **state)
{
	struct http1_body wrong = chunked(), right = chunked();
	struct result r = {0};

	(void)state;
	feed(&wrong, "x", 1, &r);
	assert_int_equal(r.taken, 1);
	feed(&wrong, LAST, 5, &r);
	assert_int_equal(r.answer, HTTP1_BAD);
	assert_int_equal(r.taken, 1);

	memset(&r, 0, sizeof(r));
	feed(&right, LAST, 5, &r);
	feed(&right, "x", 1, &r);
	assert_int_equal(r.answer, HTTP1_OK);
	assert_int_equal(r.taken, 5);
}

static void payload_is_a_window_of_the_bytes_and_not_a_copy(void **state)
{
	static const char text[] = "5\r\nhello\r\n" LAST;
	struct http1_body body = chunked();
	struct rd in = rd_of(text, sizeof(text) - 1), payload;

	(void)state;
	assert_int_equal(http1_body_read(&body, &in, &payload), HTTP1_MORE);
	assert_ptr_equal(payload.p, text + 3);
	assert_int_equal(payload.n, 5);
	assert_ptr_equal(in.p, text + 8);
	assert_int_equal(http1_body_read(&body, &in, &payload), HTTP1_OK);
	assert_int_equal(payload.n, 0);
	assert_int_equal(in.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(no_body_ends_before_its_first_byte),
	        cmocka_unit_test(a_counted_body_is_its_bytes_and_no_more),
	        cmocka_unit_test(chunks_are_joined),
	        cmocka_unit_test(chunks_that_are_not_right_are_refused_by_their_reason),
	        cmocka_unit_test(what_is_cut_off_is_never_complete),
	        cmocka_unit_test(a_chunk_may_be_as_long_as_its_digits_say),
	        cmocka_unit_test(the_trailer_is_bounded),
	        cmocka_unit_test(an_answer_is_final),
	        cmocka_unit_test(payload_is_a_window_of_the_bytes_and_not_a_copy),
	};

	return cmocka_run_group_tests(tests, open_room, close_room);
}
