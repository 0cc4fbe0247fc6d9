/* SPDX-License-Identifier: ISC */
/* http1_test.c: words, statuses and classes of bytes. */
#include "ref/http1.h"

#include "bytes/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void every_reason_has_a_word_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HTTP1_REASON_COUNT; i++) {
		const char *word = http1_reason_word((enum http1_reason)i);

		assert_true(strlen(word) > 1);
		assert_int_equal(strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-"),
		                 strlen(word));
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(word, http1_reason_word((enum http1_reason)k));
	}
	assert_string_equal(http1_reason_word(HTTP1_REASON_COUNT), "invalid");
}

static void a_refusal_is_400_but_for_these(void **state)
{
	static const struct {
		enum http1_reason reason;
		unsigned status;
	} others[] = {
	        {HTTP1_NONE, 0},
	        {HTTP1_METHOD_LONG, 501},
	        {HTTP1_VERSION, 505},
	        {HTTP1_HTTP09, 505},
	        {HTTP1_HTTP2_PREFACE, 505},
	        {HTTP1_TARGET_LONG, 414},
	        {HTTP1_TOO_MANY_FIELDS, 431},
	        {HTTP1_HEAD_LONG, 431},
	        {HTTP1_LENGTH_OVERFLOW, 413},
	        {HTTP1_CODING, 501},
	        {HTTP1_EXPECT, 417},
	        {HTTP1_CHUNK_OVERFLOW, 413},
	        {HTTP1_TRAILER_LONG, 431},
	        {HTTP1_PATH_LONG, 414},
	        {HTTP1_STATUS_LINE, 502},
	        {HTTP1_STATUS, 502},
	        {HTTP1_REPLY_BODY, 502},
	        {HTTP1_REPLY_SWITCH, 502},
	        {HTTP1_REPLY_UNASKED, 502},
	        {HTTP1_REPLY_MANY, 502},
	        {HTTP1_REASON_COUNT, 500},
	};

	(void)state;
	for (unsigned i = 0; i <= HTTP1_REASON_COUNT; i++) {
		unsigned status = 400;

		for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++)
			if (others[k].reason == (enum http1_reason)i)
				status = others[k].status;
		assert_int_equal(http1_reason_status((enum http1_reason)i), status);
	}
}

static void each_of_the_256_bytes_is_in_its_classes(void **state)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
	                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char digits[] = "0123456789abcdefABCDEF";
	static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char lower[] = "abcdefghijklmnopqrstuvwxyz";

	(void)state;
	for (unsigned i = 0; i < 256; i++) {
		const uint8_t c = (uint8_t)i;
		const char *hex = memchr(digits, (int)i, sizeof(digits) - 1);
		const char *capital = memchr(upper, (int)i, sizeof(upper) - 1);
		const int value = hex ? (int)(hex - digits) : -1;

		assert_int_equal(http1_is_tchar(c),
		                 memchr(token, (int)i, sizeof(token) - 1) != NULL);
		assert_int_equal(http1_hex(c), value > 15 ? value - 6 : value);
		assert_int_equal(http1_lower(c), capital ? lower[capital - upper] : c);
	}
}

static bool same(const char *word, size_t n, const char *lower)
{
	struct guard g = guard_copy(word, n);
	const bool result = http1_same(rd_of(g.p, g.n), lower);

	guard_free(&g);
	return result;
}

static void words_are_the_same_in_any_case_and_in_no_other_length(void **state)
{
	(void)state;
	assert_true(same("Host", 4, "host"));
	assert_true(same("HOST", 4, "host"));
	assert_false(same("hos", 3, "host"));
	assert_false(same("hosts", 5, "host"));
	assert_false(same("hosz", 4, "host"));
	assert_false(same("hosa", 4, "host"));
	assert_false(same("zost", 4, "host"));
	assert_false(same("host\0", 5, "host"));
	assert_true(same("", 0, ""));
}

static bool is_token(const char *word)
{
	return http1_is_token(rd_of(word, strlen(word)));
}

static void a_token_is_one_tchar_or_more(void **state)
{
	(void)state;
	assert_true(is_token("a"));
	assert_true(is_token("X-Any_1"));
	assert_false(is_token(""));
	assert_false(is_token(" a"));
	assert_false(is_token("a "));
	assert_false(is_token("a:b"));
}

static void only_spaces_and_tabs_at_the_ends_are_trimmed(void **state)
{
	static const struct {
		const char *value, *trimmed;
	} table[] = {
	        {"", ""},          {" ", ""},      {" \t \t", ""},       {"a", "a"},
	        {" a", "a"},       {"a\t", "a"},   {"\t a b \t", "a b"}, {"\va", "\va"},
	        {"\x01 ", "\x01"}, {"a\r", "a\r"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct guard g = guard_copy(table[i].value, strlen(table[i].value));
		const struct rd got = http1_trim(rd_of(g.p, g.n));

		assert_int_equal(got.n, strlen(table[i].trimmed));
		assert_memory_equal(got.p, table[i].trimmed, got.n);
		guard_free(&g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_reason_has_a_word_of_its_own),
	        cmocka_unit_test(a_refusal_is_400_but_for_these),
	        cmocka_unit_test(each_of_the_256_bytes_is_in_its_classes),
	        cmocka_unit_test(words_are_the_same_in_any_case_and_in_no_other_length),
	        cmocka_unit_test(a_token_is_one_tchar_or_more),
	        cmocka_unit_test(only_spaces_and_tabs_at_the_ends_are_trimmed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
