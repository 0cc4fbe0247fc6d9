/* SPDX-License-Identifier: ISC */
/* http1_head_bad_test.c: heads that are refused, each by its reason. */
#include "ref/http1_head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/http1_rig.h"

static const struct {
	const char *text;
	enum http1_reason reason;
} bad_heads[] = {
        /* the request line */
        {"\r\n" GET HOST END, HTTP1_EMPTY_LINE},
        {"\n" GET HOST END, HTTP1_BARE_LF},
        {"GET / HTTP/1.1\nHost: a\n\n", HTTP1_BARE_LF},
        {"GET / HTTP/1.1\rHost: a\r\r", HTTP1_BARE_CR},
        {"GET /\rx HTTP/1.1\r\n", HTTP1_HTTP09},
        {"GET\n/ HTTP/1.1\r\n", HTTP1_BARE_LF},
        {"GET /\n", HTTP1_BARE_LF},
        {" GET / HTTP/1.1\r\n" HOST END, HTTP1_REQUEST_SPACE},
        {"GET  / HTTP/1.1\r\n" HOST END, HTTP1_REQUEST_SPACE},
        {"GET /  HTTP/1.1\r\n" HOST END, HTTP1_REQUEST_SPACE},
        {"GET / HTTP/1.1 \r\n" HOST END, HTTP1_REQUEST_SPACE},
        {"GET /a b HTTP/1.1\r\n" HOST END, HTTP1_REQUEST_SPACE},
        {"GET\t/ HTTP/1.1\r\n" HOST END, HTTP1_CONTROL},
        {"GET /\t HTTP/1.1\r\n" HOST END, HTTP1_CONTROL},
        {"GET / HTTP/1.1\t\r\n" HOST END, HTTP1_CONTROL},
        {"GET\r\n" HOST END, HTTP1_REQUEST_LINE},
        {"G\r", HTTP1_REQUEST_LINE},
        {"get / HTTP/1.1\r\n" HOST END, HTTP1_METHOD_CASE},
        {"GEt / HTTP/1.1\r\n" HOST END, HTTP1_METHOD_CASE},
        {"a", HTTP1_METHOD_CASE},
        {"z", HTTP1_METHOD_CASE},
        {"G(T / HTTP/1.1\r\n" HOST END, HTTP1_METHOD},
        {"G\xc3\x84T / HTTP/1.1\r\n" HOST END, HTTP1_METHOD},
        {"\x16\x03\x01", HTTP1_CONTROL},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456", HTTP1_METHOD_LONG},
        {"GET /\r\n", HTTP1_HTTP09},
        {"GET / \r\n", HTTP1_VERSION_SYNTAX},
        {"GET \r\n", HTTP1_HTTP09},
        {"GET / HTTP/1.2\r\n", HTTP1_VERSION},
        {"GET / HTTP/1.9\r\n", HTTP1_VERSION},
        {"GET / HTTP/2.0\r\n", HTTP1_VERSION},
        {"GET / HTTP/2.1\r\n", HTTP1_VERSION},
        {"GET / HTTP/0.9\r\n", HTTP1_VERSION},
        {"GET / HTTP/0.1\r\n", HTTP1_VERSION},
        {"GET / HTTP/9.0\r\n", HTTP1_VERSION},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HTTP1_HTTP2_PREFACE},
        {"PR * HTTP/2.0\r\n", HTTP1_VERSION},
        {"GET / HTTP/1/1\r\n", HTTP1_VERSION_SYNTAX},
        {"PRI * HTTP/2.1\r\n", HTTP1_VERSION},
        {"PRI * HTTP/1.1\r\n", HTTP1_TARGET_FORM},
        {"GET / HTTP/1\r\n", HTTP1_VERSION_SYNTAX},
        {"GET / HTTP/1.\r\n", HTTP1_VERSION_SYNTAX},
        {"GET / HTTP/11\r\n", HTTP1_VERSION_SYNTAX},
        {"GET / HTTP/1,1\r\n", HTTP1_VERSION_SYNTAX},
        {"GET / HTTP/1.10\r\n", HTTP1_VERSION_SYNTAX},
        {"GET / HTTP/01.1\r\n", HTTP1_VERSION_SYNTAX},
        {"GET / HTTP/:.1\r\n", HTTP1_VERSION_SYNTAX},
        {"GET / HTTP//.1\r\n", HTTP1_VERSION_SYNTAX},
        {"GET / HTTP/1.:\r\n", HTTP1_VERSION_SYNTAX},
        {"GET / HTTP/1./\r\n", HTTP1_VERSION_SYNTAX},
        {"GET / http/1.1\r\n", HTTP1_VERSION_SYNTAX},
        {"GET / HTTO/1.1\r\n", HTTP1_VERSION_SYNTAX},
        {"GET / HTTPS1.1\r\n", HTTP1_VERSION_SYNTAX},
        {"GET / ICY/1.1\r\n", HTTP1_VERSION_SYNTAX},
        {"GET / \xc3\r\n", HTTP1_VERSION_SYNTAX},
        {"GET /a#b HTTP/1.1\r\n", HTTP1_TARGET_FRAGMENT},
        {"GET /\xc3\xa4 HTTP/1.1\r\n", HTTP1_TARGET_NON_ASCII},
        {"GET /\x80 HTTP/1.1\r\n", HTTP1_TARGET_NON_ASCII},
        {"GET /\" HTTP/1.1\r\n", HTTP1_TARGET_CHARACTER},
        {"GET /< HTTP/1.1\r\n", HTTP1_TARGET_CHARACTER},
        {"GET /> HTTP/1.1\r\n", HTTP1_TARGET_CHARACTER},
        {"GET /\x01 HTTP/1.1\r\n", HTTP1_CONTROL},
        {"GET /\x7f HTTP/1.1\r\n", HTTP1_CONTROL},
        {"GET * HTTP/1.1\r\n", HTTP1_TARGET_FORM},
        {"GET a.example:80 HTTP/1.1\r\n", HTTP1_TARGET_FORM},
        {"GET \\ HTTP/1.1\r\n", HTTP1_TARGET_FORM},
        {"GET ?a HTTP/1.1\r\n", HTTP1_TARGET_FORM},
        {"GET ftp://a/ HTTP/1.1\r\n", HTTP1_TARGET_FORM},
        {"GET http:/a/ HTTP/1.1\r\n", HTTP1_TARGET_FORM},
        {"OPTION * HTTP/1.1\r\n", HTTP1_TARGET_FORM},
        {"OPTIONSX * HTTP/1.1\r\n", HTTP1_TARGET_FORM},
        {"OPTIONS ** HTTP/1.1\r\n", HTTP1_TARGET_FORM},
        {"GET http:// HTTP/1.1\r\n", HTTP1_HOST_EMPTY},
        {"GET http:///a HTTP/1.1\r\n", HTTP1_HOST_EMPTY},
        {"GET http://u@a/ HTTP/1.1\r\n", HTTP1_HOST_USERINFO},
        {"GET http://a:0/ HTTP/1.1\r\n", HTTP1_HOST_PORT},
        {"CONNECT / HTTP/1.1\r\n", HTTP1_HOST_NAME},
        {"CONNECT a HTTP/1.1\r\n", HTTP1_HOST_PORT},
        {"CONNECT a: HTTP/1.1\r\n", HTTP1_HOST_PORT},
        {"CONNECT http://a/ HTTP/1.1\r\n", HTTP1_HOST_PORT},
        {"CONNECT u@a:443 HTTP/1.1\r\n", HTTP1_HOST_USERINFO},
        {"CONNECT * HTTP/1.1\r\n", HTTP1_HOST_NAME},

        /* fields */
        {GET " Host: a\r\n", HTTP1_OBS_FOLD},
        {GET HOST "X: a\r\n b\r\n" END, HTTP1_OBS_FOLD},
        {GET HOST "X: a\r\n\tb: c\r\n" END, HTTP1_OBS_FOLD},
        {GET HOST " \r\n" END, HTTP1_OBS_FOLD},
        {GET "Host : a\r\n", HTTP1_SPACE_COLON},
        {GET "Host\t: a\r\n", HTTP1_SPACE_COLON},
        {GET HOST "X\r\n" END, HTTP1_NO_COLON},
        {GET HOST ":\r\n" END, HTTP1_FIELD_NAME},
        {GET HOST ": a\r\n" END, HTTP1_FIELD_NAME},
        {GET HOST "X Y: a\r\n" END, HTTP1_FIELD_NAME},
        {GET HOST "X(Y): a\r\n" END, HTTP1_FIELD_NAME},
        {GET HOST "\xc3\xa4: a\r\n" END, HTTP1_FIELD_NAME},
        {GET HOST "X: a\nY: b\r\n" END, HTTP1_BARE_LF},
        {GET HOST "X: a\rY: b\r\n" END, HTTP1_BARE_CR},
        {GET HOST "X: a\r\r\n" END, HTTP1_BARE_CR},
        {GET HOST "\n", HTTP1_BARE_LF},
        {GET HOST "\r\r", HTTP1_BARE_CR},
        {GET HOST "X: a\x01\r\n" END, HTTP1_CONTROL},
        {GET HOST "X: a\x7f\r\n" END, HTTP1_CONTROL},
        {GET HOST "X: a\x1b[0m\r\n" END, HTTP1_CONTROL},

        /* whom it is for */
        {GET END, HTTP1_HOST_MISSING},
        {GET "X-Host: a\r\n" END, HTTP1_HOST_MISSING},
        {"GET / HTTP/1.0\r\n\r\n", HTTP1_HOST_MISSING},
        {"GET http://a/ HTTP/1.1\r\n\r\n", HTTP1_HOST_MISSING},
        {"CONNECT a:443 HTTP/1.1\r\n\r\n", HTTP1_HOST_MISSING},
        {GET HOST HOST END, HTTP1_HOST_TWICE},
        {GET HOST "hOST: b\r\n" END, HTTP1_HOST_TWICE},
        {GET "Host:\r\n" END, HTTP1_HOST_EMPTY},
        {GET "Host: \t\r\n" END, HTTP1_HOST_EMPTY},
        {GET "Host: u@a\r\n" END, HTTP1_HOST_USERINFO},
        {GET "Host: a, b\r\n" END, HTTP1_HOST_LIST},
        {GET "Host: a b\r\n" END, HTTP1_HOST_LIST},
        {GET "Host: a/b\r\n" END, HTTP1_HOST_NAME},
        {GET "Host: a:x\r\n" END, HTTP1_HOST_PORT},
        {"GET http://b.example/ HTTP/1.1\r\n" HOST END, HTTP1_HOST_OTHER},
        {"GET http://xa.example/ HTTP/1.1\r\n" HOST END, HTTP1_HOST_OTHER},
        {"GET http://a.example:81/ HTTP/1.1\r\n" HOST END, HTTP1_HOST_OTHER},
        {"GET http://a:81/ HTTP/1.1\r\nHost: a:82\r\n" END, HTTP1_HOST_OTHER},
        {"GET http://a/ HTTP/1.1\r\nHost: a:443\r\n" END, HTTP1_HOST_OTHER},
        {"GET https://a/ HTTP/1.1\r\nHost: a:80\r\n" END, HTTP1_HOST_OTHER},
        {"GET https://a:80/ HTTP/1.1\r\nHost: a\r\n" END, HTTP1_HOST_OTHER},
        {"GET http://[abc]/ HTTP/1.1\r\nHost: abc\r\n" END, HTTP1_HOST_OTHER},
        {"CONNECT b.example:443 HTTP/1.1\r\n" HOST END, HTTP1_HOST_OTHER},
        {"CONNECT a:443 HTTP/1.1\r\nHost: a:80\r\n" END, HTTP1_HOST_OTHER},

        /* how long it is */
        {POST "Content-Length: 5\r\nContent-Length: 5\r\n" END, HTTP1_LENGTH_TWICE},
        {POST "Content-Length: 5\r\ncontent-length: 6\r\n" END, HTTP1_LENGTH_TWICE},
        {POST "Content-Length: 0\r\nContent-Length: 0\r\n" END, HTTP1_LENGTH_TWICE},
        {POST "Content-Length: 5, 5\r\n" END, HTTP1_LENGTH_LIST},
        {POST "Content-Length: 5,\r\n" END, HTTP1_LENGTH_LIST},
        {POST "Content-Length: +4\r\n" END, HTTP1_LENGTH_DIGITS},
        {POST "Content-Length: -4\r\n" END, HTTP1_LENGTH_DIGITS},
        {POST "Content-Length: 4 4\r\n" END, HTTP1_LENGTH_DIGITS},
        {POST "Content-Length: 0x4\r\n" END, HTTP1_LENGTH_DIGITS},
        {POST "Content-Length: 4a\r\n" END, HTTP1_LENGTH_DIGITS},
        {POST "Content-Length: 4:\r\n" END, HTTP1_LENGTH_DIGITS},
        {POST "Content-Length: /4\r\n" END, HTTP1_LENGTH_DIGITS},
        {POST "Content-Length: 04\r\n" END, HTTP1_LENGTH_DIGITS},
        {POST "Content-Length: 00\r\n" END, HTTP1_LENGTH_DIGITS},
        {POST "Content-Length:\r\n" END, HTTP1_LENGTH_DIGITS},
        {POST "Content-Length: 9223372036854775808\r\n" END, HTTP1_LENGTH_OVERFLOW},
        {POST "Content-Length: 9223372036854775810\r\n" END, HTTP1_LENGTH_OVERFLOW},
        {POST "Content-Length: 18446744073709551617\r\n" END, HTTP1_LENGTH_OVERFLOW},
        {POST "Content-Length: 99999999999999999999999\r\n" END, HTTP1_LENGTH_OVERFLOW},
        {POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" END, HTTP1_LENGTH_CODING},
        {POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" END, HTTP1_LENGTH_CODING},
        {POST "Content-Length: 0\r\nTransfer-Encoding: x\r\n" END, HTTP1_LENGTH_CODING},
        {POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", HTTP1_CODING_TWICE},
        {POST "Transfer-Encoding: xchunked\r\n" END, HTTP1_CODING},
        {POST "Transfer-Encoding: chunkedx\r\n" END, HTTP1_CODING},
        {POST "Transfer-Encoding: chunked, chunked\r\n" END, HTTP1_CODING},
        {POST "Transfer-Encoding: gzip, chunked\r\n" END, HTTP1_CODING},
        {POST "Transfer-Encoding: chunked, identity\r\n" END, HTTP1_CODING},
        {POST "Transfer-Encoding: ,chunked\r\n" END, HTTP1_CODING},
        {POST "Transfer-Encoding: \"chunked\"\r\n" END, HTTP1_CODING},
        {POST "Transfer-Encoding: chunked;a=b\r\n" END, HTTP1_CODING},
        {POST "Transfer-Encoding: identity\r\n" END, HTTP1_CODING},
        {POST "Transfer-Encoding: \x80"
              "chunked\r\n" END,
         HTTP1_CODING},
        {POST "Transfer-Encoding:\r\n" END, HTTP1_CODING},
        {POST "Transfer-Encoding: \vchunked\r\n" END, HTTP1_CONTROL},
        {"POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n", HTTP1_CODING_HTTP10},
        {"CONNECT a.example:1 HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", HTTP1_CONNECT_BODY},
        {"CONNECT a.example:1 HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n",
         HTTP1_CONNECT_BODY},

        /* what becomes of the connection */
        {GET HOST "Connection: a b\r\n" END, HTTP1_CONNECTION},
        {GET HOST "Connection: close, (x)\r\n" END, HTTP1_CONNECTION},
        {GET HOST "Upgrade: h2c\r\nUpgrade: h2c\r\n" END, HTTP1_UPGRADE_TWICE},
        {GET HOST "Upgrade:\r\nUpgrade: websocket\r\n" END, HTTP1_UPGRADE_TWICE},
        {POST "Expect: 100-continue, x\r\n" END, HTTP1_EXPECT},
        {POST "Expect: x\r\n" END, HTTP1_EXPECT},
        {POST "Expect:\r\n" END, HTTP1_EXPECT},
};

static void heads_that_are_not_right_are_refused_by_their_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_heads) / sizeof(bad_heads[0]); i++) {
		const char *text = bad_heads[i].text;
		const enum http1_reason reason = bad_n(text, strlen(text));

		if (reason != bad_heads[i].reason)
			fail_msg("%s, not %s: %s", http1_reason_word(reason),
			         http1_reason_word(bad_heads[i].reason), text);
	}
}

static void a_nul_is_refused_wherever_it_stands(void **state)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n\r\n";
	char with_nul[sizeof(text)];

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		const bool behind_cr = i && text[i - 1] == '\r';

		memcpy(with_nul, text, sizeof(text));
		with_nul[i] = '\0';
		assert_int_equal(bad_n(with_nul, sizeof(text) - 1),
		                 behind_cr ? HTTP1_BARE_CR : HTTP1_NUL);
	}
}

/* The head with the byte put in at '@'. */
static enum http1_reason with_byte(const char *text, int c)
{
	char copy[100];
	const size_t n = strlen(text);

	assert_true(n < sizeof(copy));
	memcpy(copy, text, n);
	*(char *)memchr(copy, '@', n) = (char)c;
	return bad_n(copy, n);
}

static void each_of_the_256_bytes_stands_where_it_may(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		const bool text = (c >= 0x20 && c != 0x7f), tchar = http1_is_tchar((uint8_t)c);
		const bool lower = c >= 'a' && c <= 'z';

		assert_int_equal(with_byte("M@M / HTTP/1.1\r\n" HOST END, c) == HTTP1_NONE,
		                 tchar && !lower);
		assert_int_equal(with_byte("GET /@b HTTP/1.1\r\n" HOST END, c) == HTTP1_NONE,
		                 text && c < 0x80 && !(c && strchr(" \"<>#", c)));
		assert_int_equal(with_byte(GET HOST "X@Y: b\r\n" END, c) == HTTP1_NONE,
		                 tchar || c == ':');
		assert_int_equal(with_byte(GET HOST "X: a@b\r\n" END, c) == HTTP1_NONE,
		                 text || c == '\t');
	}
}

static void what_is_wrong_shows_at_its_byte(void **state)
{
	static const struct {
		const char *start;
		enum http1_reason reason;
	} table[] = {
	        {"g", HTTP1_METHOD_CASE},
	        {"\x16", HTTP1_CONTROL},
	        {"GET /#", HTTP1_TARGET_FRAGMENT},
	        {"GET / HTTP/1.1\n", HTTP1_BARE_LF},
	        {"GET / HTTP/1.2\r\n", HTTP1_VERSION},
	        {"PRI * HTTP/2.0\r\n", HTTP1_HTTP2_PREFACE},
	        {GET "Host : a\r\n", HTTP1_SPACE_COLON},
	        {GET HOST HOST, HTTP1_HOST_TWICE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const size_t n = strlen(table[i].start);

		assert_int_equal(bad_n(table[i].start, n - 1), HTTP1_NONE);
		assert_int_equal(bad_n(table[i].start, n), table[i].reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(heads_that_are_not_right_are_refused_by_their_reason),
	        cmocka_unit_test(a_nul_is_refused_wherever_it_stands),
	        cmocka_unit_test(each_of_the_256_bytes_stands_where_it_may),
	        cmocka_unit_test(what_is_wrong_shows_at_its_byte),
	};

	return cmocka_run_group_tests(tests, open_room, close_room);
}
