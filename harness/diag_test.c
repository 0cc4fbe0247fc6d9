/* SPDX-License-Identifier: ISC */
/* diag_test.c: errors are printed with their place, in order, and never steer the terminal. */
#include "harness/diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define PRINTED_MAX 8192

/* What diag_print() writes, into `text` (PRINTED_MAX bytes). */
static void print_to(const struct diag *d, char *text)
{
	FILE *f;

	memset(text, 0, PRINTED_MAX);
	f = fmemopen(text, PRINTED_MAX, "w");
	assert_non_null(f);
	diag_print(d, f);
	fclose(f);
}

static void expect_print(const struct diag *d, const char *expected)
{
	char text[PRINTED_MAX];

	print_to(d, text);
	assert_string_equal(text, expected);
}

static void init(struct diag *d, const char *source)
{
	diag_init(d, "a.scn", source, source ? strlen(source) : 0);
}

static void an_error_shows_its_line_and_a_caret(void **state)
{
	struct diag d;

	(void)state;
	init(&d, "suite x\n  injekt udp\n");
	diag_error(&d, 2, 3, 6, "unknown statement '%s'", "injekt");
	expect_print(&d, "a.scn:2:3: error: unknown statement 'injekt'\n"
	                 "    2 |   injekt udp\n"
	                 "      |   ^~~~~~\n"
	                 "1 error in a.scn\n");
}

static void the_caret_stands_right_behind_tabs_and_umlauts(void **state)
{
	struct diag d;

	(void)state;
	init(&d, "\tab\tc\n\xc3\xa4 x");
	diag_error(&d, 1, 5, 1, "tab");
	diag_error(&d, 2, 4, 1, "umlaut");
	expect_print(&d, "a.scn:1:5: error: tab\n"
	                 "    1 |         ab      c\n"
	                 "      |                 ^\n"
	                 "a.scn:2:4: error: umlaut\n"
	                 "    2 | \xc3\xa4 x\n"
	                 "      |   ^\n"
	                 "2 errors in a.scn\n");
}

static void errors_are_printed_in_the_order_of_their_places(void **state)
{
	struct diag d;

	(void)state;
	init(&d, NULL);
	diag_error(&d, 9, 1, 1, "third");
	diag_error(&d, 2, 8, 1, "second");
	diag_error(&d, 2, 1, 1, "first");
	diag_error(&d, 9, 1, 1, "fourth");
	diag_error(&d, 0, 0, 0, "the file");
	diag_error(&d, 10, 0, 0, "a whole line");
	expect_print(&d, "a.scn: error: the file\n"
	                 "a.scn:2:1: error: first\n"
	                 "a.scn:2:8: error: second\n"
	                 "a.scn:9:1: error: third\n"
	                 "a.scn:9:1: error: fourth\n"
	                 "a.scn:10: error: a whole line\n"
	                 "6 errors in a.scn\n");
}

static void nothing_is_printed_when_nothing_is_wrong(void **state)
{
	struct diag d;

	(void)state;
	init(&d, "x");
	expect_print(&d, "");
}

static void places_outside_of_the_text_have_no_excerpt(void **state)
{
	struct diag d;

	(void)state;
	init(&d, "x\n");
	diag_error(&d, 3, 1, 1, "far below");
	diag_error(&d, 1, 1, 4000000000u, "wider than the line");
	diag_error(&d, 1, 4, 1, "behind");
	expect_print(&d, "a.scn:1:1: error: wider than the line\n"
	                 "    1 | x\n"
	                 "      | ^\n"
	                 "a.scn:1:4: error: behind\n"
	                 "    1 | x\n"
	                 "      |    ^\n"
	                 "a.scn:3:1: error: far below\n"
	                 "3 errors in a.scn\n");
}

static void a_long_line_is_shown_around_the_caret(void **state)
{
	char source[1001];
	struct diag d;
	char text[PRINTED_MAX];

	(void)state;
	memset(source, '.', 1000);
	source[1000] = '\0';
	source[700] = 'x';
	init(&d, source);
	diag_error(&d, 1, 701, 1, "here");
	print_to(&d, text);
	assert_non_null(strstr(text, ".x."));
	assert_true(strlen(text) < 300);
	assert_int_equal(strcspn(strstr(text, "1 | ") + 4, "x"), 60);
}

static void control_characters_never_reach_the_terminal(void **state)
{
	struct diag d;

	(void)state;
	init(&d, "\033[2Jx\xc2\x9b\xff\x7f");
	diag_error(&d, 1, 5, 1, "bad '%s'", "\033]0;\xc2\x9b\xff\n");
	expect_print(&d, "a.scn:1:5: error: bad '?]0;????\'\n"
	                 "    1 | ?[2Jx????\n"
	                 "      |     ^\n"
	                 "1 error in a.scn\n");
}

static void errors_beyond_the_limit_are_counted(void **state)
{
	struct diag d;
	char text[PRINTED_MAX];

	(void)state;
	init(&d, NULL);
	for (unsigned i = 1; i <= DIAG_ERROR_MAX + 5; i++)
		diag_error(&d, i, 0, 0, "e");
	assert_int_equal(d.count, DIAG_ERROR_MAX + 5);
	print_to(&d, text);
	assert_non_null(strstr(text, "a.scn:100: error: e\n(5 more not shown)\n105 errors"));
}

static void the_same_error_twice_in_a_row_is_one(void **state)
{
	struct diag d;

	(void)state;
	init(&d, NULL);
	diag_error(&d, 1, 1, 1, "e");
	diag_error(&d, 1, 1, 1, "e");
	diag_error(&d, 1, 2, 1, "e");
	assert_int_equal(d.count, 2);
}

static void a_text_that_is_too_long_is_cut(void **state)
{
	struct diag d;
	char longer[2 * DIAG_TEXT_MAX];

	(void)state;
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	init(&d, NULL);
	diag_error(&d, 1, 1, 1, "%s", longer);
	assert_int_equal(strlen(d.errors[0].text), DIAG_TEXT_MAX - 1);
}

static void the_nearest_word_is_suggested(void **state)
{
	static const char *const words[] = {"inject", "world", "wire", "drop", "egress-core", NULL};

	(void)state;
	assert_string_equal(diag_nearest("injekt", words), "inject");
	assert_string_equal(diag_nearest("wrie", words), "wire"); /* a swap is one edit */
	assert_string_equal(diag_nearest("DROP", words), "drop");
	assert_string_equal(diag_nearest("egres-cor", words), "egress-core");
	assert_null(diag_nearest("xyz", words));
	assert_null(diag_nearest("wi", words)); /* two edits of four letters */
	assert_null(diag_nearest("", words));
	assert_null(diag_nearest("inject", words + 5));
}

static void long_words_are_neither_corrected_nor_suggested(void **state)
{
	char longer[100];
	const char *words[] = {longer, "b", NULL};

	(void)state;
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_null(diag_nearest(longer, words));
	assert_null(diag_nearest("aaa", words));
}

static void only_well_formed_utf8_without_controls_is_text(void **state)
{
	(void)state;
	assert_int_equal(diag_char_len("a", 1), 1);
	assert_int_equal(diag_char_len("\t", 1), 1);
	assert_int_equal(diag_char_len("\xc3\xa4", 2), 2);
	assert_int_equal(diag_char_len("\xe2\x82\xac", 3), 3);
	assert_int_equal(diag_char_len("\xf0\x9f\x90\xa7", 4), 4);
	assert_int_equal(diag_char_len("", 0), 0);
	assert_int_equal(diag_char_len("\0", 1), 0);
	assert_int_equal(diag_char_len("\x7f", 1), 0);
	assert_int_equal(diag_char_len("\xc3", 1), 0);                 /* cut off */
	assert_int_equal(diag_char_len("\x80", 1), 0);                 /* in the middle */
	assert_int_equal(diag_char_len("\xc0\xaf", 2), 0);             /* overlong */
	assert_int_equal(diag_char_len("\xe0\x80\xaf", 3), 0);         /* overlong */
	assert_int_equal(diag_char_len("\xed\xa0\x80", 3), 0);         /* surrogate */
	assert_int_equal(diag_char_len("\xf4\x90\x80\x80", 4), 0);     /* above U+10FFFF */
	assert_int_equal(diag_char_len("\xc2\x9b", 2), 0);             /* C1 control */
	assert_int_equal(diag_char_len("\xf8\x88\x80\x80\x80", 5), 0); /* five bytes */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_error_shows_its_line_and_a_caret),
	        cmocka_unit_test(the_caret_stands_right_behind_tabs_and_umlauts),
	        cmocka_unit_test(errors_are_printed_in_the_order_of_their_places),
	        cmocka_unit_test(nothing_is_printed_when_nothing_is_wrong),
	        cmocka_unit_test(places_outside_of_the_text_have_no_excerpt),
	        cmocka_unit_test(a_long_line_is_shown_around_the_caret),
	        cmocka_unit_test(control_characters_never_reach_the_terminal),
	        cmocka_unit_test(errors_beyond_the_limit_are_counted),
	        cmocka_unit_test(the_same_error_twice_in_a_row_is_one),
	        cmocka_unit_test(a_text_that_is_too_long_is_cut),
	        cmocka_unit_test(the_nearest_word_is_suggested),
	        cmocka_unit_test(long_words_are_neither_corrected_nor_suggested),
	        cmocka_unit_test(only_well_formed_utf8_without_controls_is_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
