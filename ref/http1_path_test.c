/* SPDX-License-Identifier: ISC */
/* http1_path_test.c: paths that have one spelling, and paths that are refused. */
#include "ref/http1_path.h"

#include "bytes/guard.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static enum http1_reason normalise(const char *text, size_t n, struct wr *out)
{
	struct guard g = guard_copy(text, n);
	const enum http1_reason reason = http1_path_normalise(rd_of(g.p, g.n), out);

	guard_free(&g);
	return reason;
}

static void a_path_gets_its_one_spelling(void **state)
{
	static const struct {
		const char *path, *normal;
	} table[] = {
	        {"", "/"},
	        {"/", "/"},
	        {"/v1/messages", "/v1/messages"},
	        {"/v1/", "/v1/"},
	        {"/%61dmin", "/admin"},
	        {"/%41dmin", "/Admin"},
	        {"/ADMIN", "/ADMIN"},
	        {"/a%2dz%2E%5f%7eb", "/a-z._~b"},
	        {"/%3a%40%2b", "/:@+"},
	        {"/a b", "/a%20b"},
	        {"/%20ab", "/%20ab"},
	        {"/%41bc", "/Abc"},
	        {"/-.", "/-."},
	        {"/a%20b", "/a%20b"},
	        {"/a|b", "/a%7Cb"},
	        {"/a%7cb", "/a%7Cb"},
	        {"/a%3fb%23", "/a%3Fb%23"},
	        {"/\xc3\xa4", "/%C3%A4"},
	        {"/%c3%a4", "/%C3%A4"},
	        {"/100%25", "/100%25"},
	        {"/100%25/x", "/100%25/x"},
	        {"/%25g1", "/%25g1"},
	        {"/%251", "/%251"},
	        {"/...", "/..."},
	        {"/.a", "/.a"},
	        {"/a.", "/a."},
	        {"/..a", "/..a"},
	        {"/a../b", "/a../b"},
	        {"/a/.b/c", "/a/.b/c"},
	        {"/.../.x", "/.../.x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const size_t n = strlen(table[i].normal);
		uint8_t buffer[64], again[64];
		struct wr w = wr_of(buffer, n + 1), w2 = wr_of(again, sizeof(again));

		assert_true(wr_u8(&w, 'x'));
		assert_int_equal(normalise(table[i].path, strlen(table[i].path), &w), HTTP1_NONE);
		assert_int_equal(w.len, n + 1);
		assert_memory_equal(buffer + 1, table[i].normal, n);
		assert_int_equal(http1_path_normalise(rd_of(buffer + 1, n), &w2), HTTP1_NONE);
		assert_int_equal(w2.len, n);
		assert_memory_equal(again, table[i].normal, n);
	}
}

static void a_path_that_servers_disagree_about_is_refused(void **state)
{
	static const struct {
		const char *path;
		enum http1_reason reason;
	} table[] = {
	        {"admin", HTTP1_PATH_START},
	        {"*", HTTP1_PATH_START},
	        {"\\admin", HTTP1_PATH_START},
	        {"%2fadmin", HTTP1_PATH_START},
	        {"/v1/../admin", HTTP1_PATH_DOTS},
	        {"/./admin", HTTP1_PATH_DOTS},
	        {"/..", HTTP1_PATH_DOTS},
	        {"/.", HTTP1_PATH_DOTS},
	        {"/a/..", HTTP1_PATH_DOTS},
	        {"/a/./", HTTP1_PATH_DOTS},
	        {"/%2e%2e/a", HTTP1_PATH_DOTS},
	        {"/.%2E/a", HTTP1_PATH_DOTS},
	        {"/%2e", HTTP1_PATH_DOTS},
	        {"//admin", HTTP1_PATH_EMPTY},
	        {"//", HTTP1_PATH_EMPTY},
	        {"/v1//admin", HTTP1_PATH_EMPTY},
	        {"/a//", HTTP1_PATH_EMPTY},
	        {"/admin;x", HTTP1_PATH_PARAMETER},
	        {"/admin%3bx", HTTP1_PATH_PARAMETER},
	        {"/..;/admin", HTTP1_PATH_PARAMETER},
	        {"/\\admin", HTTP1_PATH_BACKSLASH},
	        {"/a%5cb", HTTP1_PATH_BACKSLASH},
	        {"/a%2fb", HTTP1_PATH_SLASH},
	        {"/a%2Fb", HTTP1_PATH_SLASH},
	        {"/a%00", HTTP1_PATH_CONTROL},
	        {"/a%0d%0a", HTTP1_PATH_CONTROL},
	        {"/a%1f", HTTP1_PATH_CONTROL},
	        {"/a%7f", HTTP1_PATH_CONTROL},
	        {"/a\x7f", HTTP1_PATH_CONTROL},
	        {"/a\x1f", HTTP1_PATH_CONTROL},
	        {"/a%", HTTP1_PATH_ESCAPE},
	        {"/a%4", HTTP1_PATH_ESCAPE},
	        {"/a%4g", HTTP1_PATH_ESCAPE},
	        {"/a%g4", HTTP1_PATH_ESCAPE},
	        {"/a%%41", HTTP1_PATH_ESCAPE},
	        {"/a%u0041", HTTP1_PATH_ESCAPE},
	        {"/%2561dmin", HTTP1_PATH_TWICE},
	        {"/%252e%252e/", HTTP1_PATH_TWICE},
	        {"/%2500", HTTP1_PATH_TWICE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint8_t buffer[64];
		struct wr w = wr_of(buffer, sizeof(buffer));

		if (normalise(table[i].path, strlen(table[i].path), &w) != table[i].reason)
			fail_msg("%s", table[i].path);
		assert_int_equal(w.len, 0);
	}
}

/* What the rule says of one byte, escaped or not, between two others. */
static void each_byte_has_one_spelling_or_none(void **state)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	                            "-._~!$&'()*+,=:@";

	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		const bool refused = c < 0x20 || c == 0x7f || c == '\\' || c == ';';
		const char raw[] = {'/', 'a', (char)c, 'b'};
		uint8_t buffer[2][8];
		struct wr from_raw = wr_of(buffer[0], 8), from_escape = wr_of(buffer[1], 8);
		char escape[8], expected[8];
		enum http1_reason reason;

		snprintf(escape, sizeof(escape), "/a%%%02xb", c);
		if (memchr(plain, (int)c, sizeof(plain) - 1))
			snprintf(expected, sizeof(expected), "/a%cb", (char)c);
		else
			snprintf(expected, sizeof(expected), "/a%%%02Xb", c);
		reason = normalise(escape, strlen(escape), &from_escape);
		assert_int_equal(reason == HTTP1_NONE, !refused && c != '/');
		if (!reason) {
			assert_int_equal(from_escape.len, strlen(expected));
			assert_memory_equal(buffer[1], expected, from_escape.len);
		}
		reason = normalise(raw, sizeof(raw), &from_raw);
		assert_int_equal(reason == HTTP1_NONE, !refused && c != '%');
		if (!reason && c != '/') {
			assert_int_equal(from_raw.len, from_escape.len);
			assert_memory_equal(buffer[0], buffer[1], from_raw.len);
		}
	}
}

static void what_does_not_fit_is_refused_and_moves_nothing(void **state)
{
	static const char path[] = "/v1/a b%c3";
	uint8_t buffer[16];

	(void)state;
	for (size_t size = 0; size <= 12; size++) {
		struct guard g = guard_copy(buffer, size);
		struct wr w = wr_of(g.p, g.n);

		assert_int_equal(normalise(path, sizeof(path) - 1, &w),
		                 size < 12 ? HTTP1_PATH_LONG : HTTP1_NONE);
		assert_int_equal(w.len, size < 12 ? 0 : 12);
		w = wr_of(g.p, g.n);
		assert_int_equal(normalise("", 0, &w), size < 1 ? HTTP1_PATH_LONG : HTTP1_NONE);
		guard_free(&g);
	}
}

static void no_truncation_reads_past_the_path(void **state)
{
	static const char path[] = "/v1/%61%62/%25x/%c3%a4/.%2e.";
	uint8_t buffer[64];

	(void)state;
	for (size_t n = 0; n < sizeof(path); n++) {
		struct wr w = wr_of(buffer, sizeof(buffer));
		const enum http1_reason reason = normalise(path, n, &w);

		assert_true(reason == HTTP1_NONE ? w.len > 0 : w.len == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_path_gets_its_one_spelling),
	        cmocka_unit_test(a_path_that_servers_disagree_about_is_refused),
	        cmocka_unit_test(each_byte_has_one_spelling_or_none),
	        cmocka_unit_test(what_does_not_fit_is_refused_and_moves_nothing),
	        cmocka_unit_test(no_truncation_reads_past_the_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
