/* SPDX-License-Identifier: ISC */
/* http1_head_test.c: what right heads say, and their sizes. */
#include "ref/http1_head.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/http1_rig.h"

/* A right head; `text` is what the spans are of. */
static struct http1_head good(const char *text)
{
	struct http1_head head;

	if (parse(text, &head) != HTTP1_OK)
		fail_msg("%s: %s", http1_reason_word(head.reason), text);
	assert_int_equal(head.scanned, strlen(text));
	return head;
}

static void assert_span(const char *text, struct http1_span span, const char *expected)
{
	const struct rd got = http1_at(rd_of(text, strlen(text)), span);

	assert_int_equal(got.n, strlen(expected));
	assert_memory_equal(got.p, expected, got.n);
}

static void a_request_of_curl_is_read(void **state)
{
	static const char text[] = "GET /v1/models?limit=5 HTTP/1.1\r\n"
	                           "Host: API.Example.com:8080\r\n"
	                           "User-Agent: curl/7.88.1\r\n"
	                           "X-Empty:\r\n"
	                           "accept: \t */* \r\n"
	                           "\r\n";
	const struct http1_head head = good(text);

	(void)state;
	assert_span(text, head.method, "GET");
	assert_span(text, head.target, "/v1/models?limit=5");
	assert_int_equal(head.form, HTTP1_ORIGIN);
	assert_span(text, head.path, "/v1/models");
	assert_true(head.has_query);
	assert_span(text, head.query, "limit=5");
	assert_int_equal(head.authority.len, 0);
	assert_int_equal(head.minor, 1);
	assert_int_equal(head.field_count, 4);
	assert_span(text, head.fields[1].name, "User-Agent");
	assert_span(text, head.fields[1].value, "curl/7.88.1");
	assert_span(text, head.fields[2].name, "X-Empty");
	assert_span(text, head.fields[2].value, "");
	assert_span(text, head.fields[3].name, "accept");
	assert_span(text, head.fields[3].value, "*/*");
	assert_true(head.has_host);
	assert_string_equal(head.host.name, "api.example.com");
	assert_int_equal(head.host.port, 8080);
	assert_int_equal(head.framing, HTTP1_BODY_NONE);
	assert_int_equal(head.content_length, 0);
	assert_false(head.close);
	assert_false(head.expect_continue);
	assert_false(head.has_upgrade);
	assert_int_equal(head.upgrade, HTTP1_UPGRADE_NONE);
}

static void targets_are_split_by_their_form(void **state)
{
	static const struct {
		const char *method, *target, *host;
		enum http1_form form;
		bool https, has_query;
		const char *authority, *path, *query;
	} table[] = {
	        {"GET", "/", "a", HTTP1_ORIGIN, false, false, "", "/", ""},
	        {"GET", "/?", "a", HTTP1_ORIGIN, false, true, "", "/", ""},
	        {"GET", "/a?b?c", "a", HTTP1_ORIGIN, false, true, "", "/a", "b?c"},
	        {"GET", "//b/c", "a", HTTP1_ORIGIN, false, false, "", "//b/c", ""},
	        {"GET", "/http://b/", "a", HTTP1_ORIGIN, false, false, "", "/http://b/", ""},
	        {"CONNEC", "/", "a", HTTP1_ORIGIN, false, false, "", "/", ""},
	        {"CONNECTX", "/", "a", HTTP1_ORIGIN, false, false, "", "/", ""},
	        {"OPTIONS", "/", "a", HTTP1_ORIGIN, false, false, "", "/", ""},
	        {"OPTIONS", "*", "a", HTTP1_ASTERISK, false, false, "", "", ""},
	        {"GET", "http://a/b?c", "a", HTTP1_ABSOLUTE, false, true, "a", "/b", "c"},
	        {"GET", "HTTP://A./b", "a", HTTP1_ABSOLUTE, false, false, "A.", "/b", ""},
	        {"GET", "hTTps://a", "a", HTTP1_ABSOLUTE, true, false, "a", "", ""},
	        {"GET", "https://a?b/c", "a", HTTP1_ABSOLUTE, true, true, "a", "", "b/c"},
	        {"GET", "http://a/b?c/d?e", "a", HTTP1_ABSOLUTE, false, true, "a", "/b", "c/d?e"},
	        {"GET", "http://a:80/", "a", HTTP1_ABSOLUTE, false, false, "a:80", "/", ""},
	        {"GET", "https://a:443/", "a", HTTP1_ABSOLUTE, true, false, "a:443", "/", ""},
	        {"GET", "https://a/", "A:443", HTTP1_ABSOLUTE, true, false, "a", "/", ""},
	        {"GET", "http://a/", "a:80", HTTP1_ABSOLUTE, false, false, "a", "/", ""},
	        {"GET", "http://a:8/", "a:8", HTTP1_ABSOLUTE, false, false, "a:8", "/", ""},
	        {"GET", "http://[::1]:8/", "[::1]:8", HTTP1_ABSOLUTE, false, false, "[::1]:8", "/",
	         ""},
	        {"CONNECT", "a:443", "a:443", HTTP1_AUTHORITY, false, false, "a:443", "", ""},
	        {"CONNECT", "a:8443", "a", HTTP1_AUTHORITY, false, false, "a:8443", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char text[200];
		struct http1_head head;

		snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: %s\r\n\r\n", table[i].method,
		         table[i].target, table[i].host);
		head = good(text);
		assert_int_equal(head.form, table[i].form);
		assert_int_equal(head.https, table[i].https);
		assert_int_equal(head.has_query, table[i].has_query);
		assert_span(text, head.target, table[i].target);
		assert_span(text, head.authority, table[i].authority);
		assert_span(text, head.path, table[i].path);
		assert_span(text, head.query, table[i].query);
	}
}

static void an_answer_is_final(void **state)
{
	static const char wrong[] = "get", right[] = GET HOST END GET;
	struct http1_head head = {0}, before;

	(void)state;
	assert_int_equal(feed(&head, wrong, 3), HTTP1_BAD);
	assert_int_equal(head.scanned, 1);
	before = head;
	assert_int_equal(feed(&head, "GET", 3), HTTP1_BAD);
	assert_memory_equal(&head, &before, sizeof(head));

	/* The next request behind it is not looked at. */
	assert_int_equal(parse(right, &head), HTTP1_OK);
	assert_int_equal(head.scanned, sizeof(GET HOST END) - 1);
}

static void bytes_of_lines_that_are_done_are_not_read_again(void **state)
{
	static const char lines[] = GET HOST "Connection: close\r\n";
	char text[sizeof(lines) + 2];
	struct http1_head head = {0};

	(void)state;
	memcpy(text, lines, sizeof(lines));
	assert_int_equal(feed(&head, text, sizeof(lines) - 1), HTTP1_MORE);
	memset(text, '\n', sizeof(lines) - 1);
	memcpy(text + sizeof(lines) - 1, END, 2);
	assert_int_equal(feed(&head, text, sizeof(lines) + 1), HTTP1_OK);
	assert_true(head.close);
	assert_string_equal(head.host.name, "a.example");
}

static void a_buffer_that_shrank_is_not_read_past(void **state)
{
	struct http1_head head = {0};

	(void)state;
	assert_int_equal(feed(&head, GET, 10), HTTP1_MORE);
	assert_int_equal(feed(&head, GET, 4), HTTP1_MORE);
	assert_int_equal(head.scanned, 10);
}

/* ---- sizes ---- */

static enum http1_reason long_request(size_t method, size_t target, struct http1_head *head)
{
	static char text[2 * HTTP1_HEAD_MAX];
	size_t n = 0;

	memset(text, 'M', method);
	n += method;
	text[n++] = ' ';
	memset(text + n, '/', target);
	n += target;
	memcpy(text + n, " HTTP/1.1\r\nHost: a\r\n\r\n", 23);
	n += 23;
	memset(head, 0, sizeof(*head));
	return feed(head, text, n) == HTTP1_OK ? HTTP1_NONE : head->reason;
}

static void methods_and_targets_have_their_longest(void **state)
{
	struct http1_head head;

	(void)state;
	assert_int_equal(long_request(HTTP1_METHOD_MAX, 1, &head), HTTP1_NONE);
	assert_int_equal(head.method.len, HTTP1_METHOD_MAX);
	assert_int_equal(long_request(HTTP1_METHOD_MAX + 1, 1, &head), HTTP1_METHOD_LONG);
	assert_int_equal(head.scanned, HTTP1_METHOD_MAX + 1);
	assert_int_equal(long_request(3, HTTP1_TARGET_MAX, &head), HTTP1_NONE);
	assert_int_equal(head.target.len, HTTP1_TARGET_MAX);
	assert_int_equal(head.path.len, HTTP1_TARGET_MAX);
	assert_int_equal(long_request(3, HTTP1_TARGET_MAX + 1, &head), HTTP1_TARGET_LONG);
	assert_int_equal(head.scanned, 4 + HTTP1_TARGET_MAX + 1);
}

static void the_head_has_its_longest(void **state)
{
	static const char start[] = GET HOST "X: ", end[] = "\r\n\r\n";
	static char text[HTTP1_HEAD_MAX + 10];
	static struct http1_head head, slow;

	(void)state;
	for (size_t more = 0; more <= 1; more++) {
		const size_t n = HTTP1_HEAD_MAX + more;

		memset(text, 'x', n);
		memcpy(text, start, sizeof(start) - 1);
		memcpy(text + n - 4, end, 4);
		memset(&head, 0, sizeof(head));
		memset(&slow, 0, sizeof(slow));
		assert_int_equal(feed(&head, text, n), more ? HTTP1_BAD : HTTP1_OK);
		assert_int_equal(head.reason, more ? HTTP1_HEAD_LONG : HTTP1_NONE);
		assert_int_equal(head.scanned, HTTP1_HEAD_MAX);
		for (size_t i = HTTP1_HEAD_MAX - 5; i < HTTP1_HEAD_MAX; i++)
			assert_int_equal(feed(&slow, text, i), HTTP1_MORE);
		assert_int_equal(feed(&slow, text, HTTP1_HEAD_MAX), more ? HTTP1_BAD : HTTP1_OK);
		assert_memory_equal(&slow, &head, sizeof(head));
	}
	/* What is wrong with its last byte goes before. */
	memset(&head, 0, sizeof(head));
	memset(text + HTTP1_HEAD_MAX - 4, 'x', 3);
	text[HTTP1_HEAD_MAX - 1] = '\0';
	assert_int_equal(feed(&head, text, HTTP1_HEAD_MAX), HTTP1_BAD);
	assert_int_equal(head.reason, HTTP1_NUL);
	/* An endless one, more bytes than a span can count. */
	memset(&head, 0, sizeof(head));
	memset(room.p, 'x', ROOM);
	memcpy(room.p, start, sizeof(start) - 1);
	assert_int_equal(http1_head_parse(&head, rd_of(room.p, ROOM)), HTTP1_BAD);
	assert_int_equal(head.reason, HTTP1_HEAD_LONG);
	assert_int_equal(head.scanned, HTTP1_HEAD_MAX);
}

static enum http1_answer with_fields(unsigned count, struct http1_head *head)
{
	static char text[HTTP1_HEAD_MAX];
	size_t n = sizeof(GET HOST) - 1;

	memcpy(text, GET HOST, n);
	for (unsigned i = 1; i < count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "X-%u: %u\r\n", i, i);
	memcpy(text + n, END, 2);
	memset(head, 0, sizeof(*head));
	return feed(head, text, n + 2);
}

static void as_many_fields_as_the_table_holds_and_no_more(void **state)
{
	struct http1_head head;

	(void)state;
	assert_int_equal(with_fields(HTTP1_FIELDS_MAX, &head), HTTP1_OK);
	assert_int_equal(head.field_count, HTTP1_FIELDS_MAX);
	assert_int_equal(head.fields[99].name.len, 4);
	assert_int_equal(with_fields(HTTP1_FIELDS_MAX + 1, &head), HTTP1_BAD);
	assert_int_equal(head.reason, HTTP1_TOO_MANY_FIELDS);
}

static void a_span_past_the_bytes_is_empty(void **state)
{
	const struct rd bytes = rd_of("abc", 3);

	(void)state;
	assert_int_equal(http1_at(bytes, (struct http1_span){1, 2}).n, 2);
	assert_ptr_equal(http1_at(bytes, (struct http1_span){1, 2}).p, bytes.p + 1);
	assert_int_equal(http1_at(bytes, (struct http1_span){1, 3}).n, 0);
	assert_int_equal(http1_at(bytes, (struct http1_span){4, 0}).n, 0);
	assert_int_equal(http1_at(bytes, (struct http1_span){4, 1}).n, 0);
}

/* ---- what fields mean ---- */

static struct http1_head of(const char *line, const char *fields)
{
	char text[400];

	snprintf(text, sizeof(text), "%s" HOST "%s\r\n", line, fields);
	return good(text);
}

static void a_length_or_chunked_is_how_long_a_body_is(void **state)
{
	static const struct {
		const char *fields;
		enum http1_framing framing;
		uint64_t length;
	} table[] = {
	        {"", HTTP1_BODY_NONE, 0},
	        {"Content-Length: 0\r\n", HTTP1_BODY_LENGTH, 0},
	        {"Content-Length: 9\r\n", HTTP1_BODY_LENGTH, 9},
	        {"content-LENGTH:\t1234567890 \r\n", HTTP1_BODY_LENGTH, 1234567890},
	        {"Content-Length: 9223372036854775807\r\n", HTTP1_BODY_LENGTH, INT64_MAX},
	        {"Content-Length: 9223372036854775799\r\n", HTTP1_BODY_LENGTH, INT64_MAX - 8},
	        {"Transfer-Encoding: chunked\r\n", HTTP1_BODY_CHUNKED, 0},
	        {"transfer-encoding:CHUNKED\t\r\n", HTTP1_BODY_CHUNKED, 0},
	        {"Content_Length: 5\r\nTE: chunked\r\n", HTTP1_BODY_NONE, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct http1_head head = of("POST / HTTP/1.1\r\n", table[i].fields);

		assert_int_equal(head.framing, table[i].framing);
		assert_int_equal(head.content_length, table[i].length);
	}
}

static void connections_close_by_option_and_by_version(void **state)
{
	static const struct {
		const char *line, *fields;
		bool close;
	} table[] = {
	        {GET, "", false},
	        {GET, "Connection: keep-alive\r\n", false},
	        {GET, "Connection:\r\n", false},
	        {GET, "Connection: ,, ,\r\n", false},
	        {GET, "Connection: close\r\n", true},
	        {GET, "connection: CLOSE\r\n", true},
	        {GET, "Connection: keep-alive ,\tClose,x\r\n", true},
	        {GET, "Connection: x,close\r\n", true},
	        {GET, "Connection: keep-alive\r\nConnection: close\r\n", true},
	        {GET, "Connection: close\r\nConnection: keep-alive\r\n", true},
	        {GET, "Connection: closed, xclose\r\n", false},
	        {"GET / HTTP/1.0\r\n", "", true},
	        {"GET / HTTP/1.0\r\n", "Connection: keep-alive\r\n", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct http1_head head = of(table[i].line, table[i].fields);

		assert_int_equal(head.close, table[i].close);
		assert_int_equal(head.minor, table[i].line == table[0].line);
	}
}

static void upgrades_are_reported_however_they_are_asked_for(void **state)
{
	static const struct {
		const char *fields;
		enum http1_upgrade upgrade;
		const char *to;
	} table[] = {
	        {"", HTTP1_UPGRADE_NONE, NULL},
	        {"Connection: upgrades\r\n", HTTP1_UPGRADE_NONE, NULL},
	        {"Connection: Upgrade\r\nUpgrade: websocket\r\n", HTTP1_UPGRADE_WEBSOCKET,
	         "websocket"},
	        {"Upgrade: WebSocket\r\nConnection: upgrade\r\n", HTTP1_UPGRADE_WEBSOCKET,
	         "WebSocket"},
	        {"uPGRADE: websocket\r\n", HTTP1_UPGRADE_WEBSOCKET, "websocket"},
	        {"Upgrade: h2c\r\n", HTTP1_UPGRADE_H2C, "h2c"},
	        {"Upgrade: H2C\r\n", HTTP1_UPGRADE_H2C, "H2C"},
	        {"Upgrade: h2c, websocket\r\n", HTTP1_UPGRADE_OTHER, "h2c, websocket"},
	        {"Upgrade: TLS/1.0\r\n", HTTP1_UPGRADE_OTHER, "TLS/1.0"},
	        {"Upgrade:\r\n", HTTP1_UPGRADE_OTHER, ""},
	        {"Connection: x, UPGRADE\r\n", HTTP1_UPGRADE_OTHER, NULL},
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(table) / sizeof(table[0]); i++) {
		const char *line = i % 2 ? GET : "PUT / HTTP/1.0\r\n";
		const struct http1_head head = of(line, table[i / 2].fields);
		char text[400];

		snprintf(text, sizeof(text), "%s" HOST "%s\r\n", line, table[i / 2].fields);
		assert_int_equal(head.upgrade, table[i / 2].upgrade);
		assert_int_equal(head.has_upgrade, table[i / 2].to != NULL);
		assert_span(text, head.upgrade_to, table[i / 2].to ? table[i / 2].to : "");
	}
}

static void a_client_that_waits_for_100_is_known(void **state)
{
	(void)state;
	assert_false(of("PUT / HTTP/1.1\r\n", "").expect_continue);
	assert_true(of("PUT / HTTP/1.1\r\n", "Expect: 100-continue\r\n").expect_continue);
	assert_true(of("PUT / HTTP/1.1\r\n", "EXPECT: 100-Continue\r\n").expect_continue);
	assert_false(of("PUT / HTTP/1.0\r\n", "Expect: 100-continue\r\n").expect_continue);
	assert_false(of("PUT / HTTP/1.0\r\n", "Expect: x\r\n").expect_continue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_request_of_curl_is_read),
	        cmocka_unit_test(targets_are_split_by_their_form),
	        cmocka_unit_test(an_answer_is_final),
	        cmocka_unit_test(bytes_of_lines_that_are_done_are_not_read_again),
	        cmocka_unit_test(a_buffer_that_shrank_is_not_read_past),
	        cmocka_unit_test(methods_and_targets_have_their_longest),
	        cmocka_unit_test(the_head_has_its_longest),
	        cmocka_unit_test(as_many_fields_as_the_table_holds_and_no_more),
	        cmocka_unit_test(a_span_past_the_bytes_is_empty),
	        cmocka_unit_test(a_length_or_chunked_is_how_long_a_body_is),
	        cmocka_unit_test(connections_close_by_option_and_by_version),
	        cmocka_unit_test(upgrades_are_reported_however_they_are_asked_for),
	        cmocka_unit_test(a_client_that_waits_for_100_is_known),
	};

	return cmocka_run_group_tests(tests, open_room, close_room);
}
