/* SPDX-License-Identifier: ISC */
#include "harness/talk_match.h"

#include "bytes/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct rd text(const char *s)
{
	return rd_of(guard_copy(s, strlen(s)).p, strlen(s));
}

static void a_star_stands_for_any_bytes(void **state)
{
	static const struct {
		const char *glob, *bytes;
		bool fits;
	} cases[] = {
	        {"", "", true},
	        {"", "a", false},
	        {"*", "", true},
	        {"*", "a\r\nb", true},
	        {"abc", "abc", true},
	        {"abc", "ab", false},
	        {"ab", "abc", false},
	        {"a*c", "abbbc", true},
	        {"a*c", "abbb", false},
	        {"*b*", "abc", true},
	        {"*b", "abab", true},
	        {"a*b*c", "a-b-b-c", true},
	        {"a*b*c", "a-c-b", false},
	        {"**a", "a", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (talk_glob(cases[i].glob, text(cases[i].bytes)) != cases[i].fits)
			fail_msg("\"%s\" and \"%s\"", cases[i].glob, cases[i].bytes);
}

/* The length that the head gives it; every truncation of it asks for more, and with nothing to come it is what there is. */
static void a_response_is_as_long_as_its_head_says(void **state)
{
	static const struct {
		const char *bytes;
		bool head_only;
		size_t used;
	} cases[] = {
	        {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200", false, 41},
	        {"HTTP/1.1 200 OK\r\ncontent-length:3\r\n\r\nabc", false, 40},
	        {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nHTTP", true, 38},
	        {"HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\nHTTP", false, 38},
	        {"HTTP/1.1 100 Co\r\n\r\nHTTP/1.1 200", false, 19},
	        {"HTTP/1.1 304 Not\r\nTransfer-Encoding: chunked\r\n\r\nX", false, 48},
	        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nX",
	         false, 60},
	        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\nX", false,
	         58},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rd all = text(cases[i].bytes);
		size_t used = 0;

		assert_int_equal(talk_response(all, cases[i].head_only, false, &used), TALK_FITS);
		if (used != cases[i].used)
			fail_msg("%zu: %zu bytes", i, used);
		for (size_t n = 0; n < cases[i].used; n++)
			assert_int_equal(talk_response(rd_of(guard_copy(all.p, n).p, n),
			                               cases[i].head_only, false, &used),
			                 TALK_MORE);
	}
}

static void without_a_length_a_response_ends_with_the_connection(void **state)
{
	struct rd all = text("HTTP/1.1 200 OK\r\n\r\nabc");
	size_t used = 0;

	(void)state;
	assert_int_equal(talk_response(all, false, false, &used), TALK_MORE);
	assert_int_equal(talk_response(all, false, true, &used), TALK_FITS);
	assert_int_equal(used, all.n);
}

static void one_response_is_compared_and_what_follows_is_left(void **state)
{
	struct rd two = text(
	        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 403 No\r\n\r\n");
	char why[256] = "";
	size_t used = 0;

	(void)state;
	assert_int_equal(talk_like("HTTP/1.1 200 *", false, two, false, &used, why), TALK_FITS);
	assert_int_equal(used, 39);
	assert_int_equal(talk_like("HTTP/1.1 200 *b", false, two, false, &used, why), TALK_DIFFERS);
	assert_non_null(strstr(why, "HTTP/1.1 200 OK\\r\\n"));
	assert_int_equal(talk_like("HTTP/1.1 *", false, text("SSH-2.0"), false, &used, why),
	                 TALK_DIFFERS);
	assert_int_equal(talk_like("HTTP/1.1 *", false, text(""), false, &used, why), TALK_MORE);
	assert_int_equal(talk_like("HTTP/1.1 *", false, text(""), true, &used, why), TALK_DIFFERS);
}

static void bytes_take_as_much_as_they_are(void **state)
{
	char why[256] = "";
	size_t used = 9;

	(void)state;
	assert_int_equal(talk_like("abc", false, text("abcdef"), false, &used, why), TALK_FITS);
	assert_int_equal(used, 3);
	assert_int_equal(talk_like("a*c", false, text("abcdec"), false, &used, why), TALK_FITS);
	assert_int_equal(used, 3);
	assert_int_equal(talk_like("abc*", false, text("abcdef"), false, &used, why), TALK_FITS);
	assert_int_equal(used, 6);
	assert_int_equal(talk_like("abc", false, text("ab"), false, &used, why), TALK_MORE);
	assert_int_equal(talk_like("abc", false, text("ab"), true, &used, why), TALK_DIFFERS);
	assert_int_equal(talk_like("abc", false, text("ax"), false, &used, why), TALK_DIFFERS);
}

static void alerts_and_hellos_are_told_apart(void **state)
{
	static const uint8_t denied[] = {21, 3, 3, 0, 2, 2, 49},
	                     warning[] = {21, 3, 3, 0, 2, 1, 49};
	static const uint8_t hello[] = {22, 3, 3, 0, 2, 2, 0}, http[] = "HTTP/1.1 400";
	char why[256] = "";
	size_t used = 0;

	(void)state;
	for (size_t n = 0; n < sizeof(denied); n++)
		assert_int_equal(
		        talk_plain_alert(49, rd_of(guard_copy(denied, n).p, n), &used, why),
		        TALK_MORE);
	assert_int_equal(talk_plain_alert(49, rd_of(denied, 7), &used, why), TALK_FITS);
	assert_int_equal(used, 7);
	assert_int_equal(talk_plain_alert(TALK_ALERT_NONE, rd_of(denied, 7), &used, why),
	                 TALK_FITS);
	assert_int_equal(talk_plain_alert(112, rd_of(denied, 7), &used, why), TALK_DIFFERS);
	assert_string_equal(why, "the alert is access_denied");
	assert_int_equal(talk_plain_alert(49, rd_of(warning, 7), &used, why), TALK_DIFFERS);
	assert_int_equal(talk_plain_alert(49, rd_of(hello, 7), &used, why), TALK_DIFFERS);
	assert_int_equal(talk_plain_alert(49, rd_of(http, 12), &used, why), TALK_DIFFERS);
	assert_int_equal(talk_server_hello(rd_of(hello, 7), &used, why), TALK_FITS);
	assert_int_equal(talk_server_hello(rd_of(denied, 7), &used, why), TALK_DIFFERS);
}

static void what_was_heard_is_shown_fit_for_a_terminal(void **state)
{
	char out[64];

	(void)state;
	assert_string_equal(talk_show(text("a\r\n\x1b[1m"), out, sizeof(out)), "a\\r\\n\\x1b[1m");
	talk_show(text("0123456789012345678901234567890123456789012345678901234567890123456789"),
	          out, sizeof(out));
	assert_true(strlen(out) < sizeof(out));
	assert_non_null(strstr(out, "..."));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_star_stands_for_any_bytes),
	        cmocka_unit_test(a_response_is_as_long_as_its_head_says),
	        cmocka_unit_test(without_a_length_a_response_ends_with_the_connection),
	        cmocka_unit_test(one_response_is_compared_and_what_follows_is_left),
	        cmocka_unit_test(bytes_take_as_much_as_they_are),
	        cmocka_unit_test(alerts_and_hellos_are_told_apart),
	        cmocka_unit_test(what_was_heard_is_shown_fit_for_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
