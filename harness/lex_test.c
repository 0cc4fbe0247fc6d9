/* SPDX-License-Identifier: ISC */
/* lex_test.c: a line is cut into words, and what is wrong with a word is said where it stands. */
#include "harness/lex.h"

#include "bytes/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct line {
	struct guard guard;
	struct lex lx;
	struct diag diag;
};

static void open_line(struct line *l, const char *text)
{
	l->guard = guard_copy(text, strlen(text));
	diag_init(&l->diag, "x", NULL, 0);
	lex_init(&l->lx, (const char *)l->guard.p, l->guard.n, 7, &l->diag);
}

static void expect_word(struct line *l, const char *word, unsigned column, unsigned width)
{
	assert_true(lex_next(&l->lx));
	assert_string_equal(l->lx.word, word);
	assert_int_equal(l->lx.len, strlen(word));
	assert_int_equal(l->lx.column, column);
	assert_int_equal(l->lx.width, width);
}

static void words_know_where_they_stand(void **state)
{
	struct line l;

	(void)state;
	open_line(&l, "  udp\t$VM:40000 >  *  ");
	expect_word(&l, "udp", 3, 3);
	expect_word(&l, "$VM:40000", 7, 9);
	expect_word(&l, ">", 17, 1);
	expect_word(&l, "*", 20, 1);
	for (int i = 0; i < 3; i++) {
		assert_false(lex_next(&l.lx));
		assert_int_equal(l.lx.column, 21); /* just behind the last word, every time */
		assert_string_equal(l.lx.word, "");
	}
	assert_int_equal(l.diag.count, 0);
	guard_free(&l.guard);
}

static void a_string_is_one_word_without_its_quotes(void **state)
{
	struct line l;

	(void)state;
	open_line(&l, "payload \"a b|#\\\"\\\\\\n\\x41\\|\" \"\"");
	expect_word(&l, "payload", 1, 7);
	assert_false(l.lx.string);
	expect_word(&l, "a b|#\"\\\nA|", 9, 19);
	assert_true(l.lx.string);
	expect_word(&l, "", 29, 2);
	assert_true(l.lx.string);
	assert_false(lex_next(&l.lx));
	assert_false(l.lx.bad);
	guard_free(&l.guard);
}

static void a_comment_starts_at_the_start_of_a_word_only(void **state)
{
	struct line l;

	(void)state;
	open_line(&l, "replay a.pcap#12 # \"the rest\"");
	expect_word(&l, "replay", 1, 6);
	expect_word(&l, "a.pcap#12", 8, 9);
	assert_false(lex_next(&l.lx));
	assert_int_equal(l.diag.count, 0);
	guard_free(&l.guard);
}

static void a_peeked_word_is_read_again(void **state)
{
	struct line l;

	(void)state;
	open_line(&l, "one \"two");
	assert_true(lex_peek(&l.lx));
	assert_true(lex_is(&l.lx, "one"));
	expect_word(&l, "one", 1, 3);
	assert_true(lex_peek(&l.lx));
	assert_true(lex_peek(&l.lx));
	expect_word(&l, "two", 5, 4);
	assert_false(lex_peek(&l.lx));
	assert_false(lex_next(&l.lx));
	assert_int_equal(l.lx.column, 9);
	assert_int_equal(l.diag.count, 1); /* string without end, reported once */
	guard_free(&l.guard);
}

static void a_quoted_word_is_no_keyword(void **state)
{
	struct line l;

	(void)state;
	open_line(&l, "\"count\"");
	assert_true(lex_next(&l.lx));
	assert_false(lex_is(&l.lx, "count"));
	assert_false(lex_next(&l.lx));
	assert_false(lex_is(&l.lx, ""));
	guard_free(&l.guard);
}

static void expect_error(const char *text, unsigned column, const char *message)
{
	struct line l;

	open_line(&l, text);
	while (lex_next(&l.lx))
		;
	assert_true(l.lx.bad);
	assert_int_equal(l.diag.count, 1);
	assert_int_equal(l.diag.errors[0].line, 7);
	assert_int_equal(l.diag.errors[0].column, column);
	assert_non_null(strstr(l.diag.errors[0].text, message));
	guard_free(&l.guard);
}

static void malformed_words_are_reported_where_they_stand(void **state)
{
	(void)state;
	expect_error("a \"b", 3, "string without end");
	expect_error("a \"b\\", 3, "string without end");
	expect_error("a \"b\\\"", 3, "string without end");
	expect_error("\"a\\qb\"", 3, "unknown escape");
	expect_error("\"\\x4\"", 2, "two hexadecimal digits");
	expect_error("\"\\x00\"", 2, "zero byte");
	expect_error("\"a\"b", 4, "a space must follow");
	expect_error("a=\"b\"", 3, "must stand alone");
}

static void a_word_that_is_too_long_is_cut_and_reported(void **state)
{
	char text[LEX_WORD_MAX + 9];
	struct line l;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	expect_error(text, 1, "too long");
	text[LEX_WORD_MAX - 1] = '\0';
	open_line(&l, text);
	expect_word(&l, text, 1, LEX_WORD_MAX - 1);
	assert_int_equal(l.diag.count, 0);
	guard_free(&l.guard);
}

static void every_truncation_ends(void **state)
{
	static const char text[] = " a \"b\\x41\\n\\\"c\" d#e \"f\"g h\"i\" # j";
	struct line l;

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		unsigned words = 0;

		l.guard = guard_copy(text, n);
		diag_init(&l.diag, "x", NULL, 0);
		lex_init(&l.lx, (const char *)l.guard.p, n, 1, &l.diag);
		while (lex_peek(&l.lx) && lex_next(&l.lx))
			assert_in_range(++words, 1, n);
		guard_free(&l.guard);
	}
}

static void a_window_counts_columns_from_the_line(void **state)
{
	static const char text[] = "| id | udp  x |";
	struct diag diag;
	struct lex lx;

	(void)state;
	diag_init(&diag, "x", NULL, 0);
	lex_init_window(&lx, text, text + 7, text + 13, 1, &diag);
	assert_true(lex_next(&lx));
	assert_int_equal(lx.column, 8);
	assert_true(lex_next(&lx));
	assert_string_equal(lx.word, "x");
	assert_false(lex_next(&lx));
}

static void an_unknown_word_is_reported_with_what_was_meant(void **state)
{
	static const char *const words[] = {"count", "within", NULL};
	struct line l;

	(void)state;
	open_line(&l, "withn nothing");
	assert_true(lex_next(&l.lx));
	assert_ptr_equal(lex_unknown(&l.lx, "word", words), words[1]);
	assert_string_equal(l.diag.errors[0].text, "unknown word 'withn'; did you mean 'within'?");
	assert_true(lex_next(&l.lx));
	assert_null(lex_unknown(&l.lx, "word", words));
	assert_string_equal(l.diag.errors[1].text,
	                    "unknown word 'nothing'; there are: count, within");
	guard_free(&l.guard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(words_know_where_they_stand),
	        cmocka_unit_test(a_string_is_one_word_without_its_quotes),
	        cmocka_unit_test(a_comment_starts_at_the_start_of_a_word_only),
	        cmocka_unit_test(a_peeked_word_is_read_again),
	        cmocka_unit_test(a_quoted_word_is_no_keyword),
	        cmocka_unit_test(malformed_words_are_reported_where_they_stand),
	        cmocka_unit_test(a_word_that_is_too_long_is_cut_and_reported),
	        cmocka_unit_test(every_truncation_ends),
	        cmocka_unit_test(a_window_counts_columns_from_the_line),
	        cmocka_unit_test(an_unknown_word_is_reported_with_what_was_meant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
