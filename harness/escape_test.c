/* SPDX-License-Identifier: ISC */
/* escape_test.c: text from strangers cannot break out of a report. */
#include "harness/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

static char *with(void (*escape)(FILE *to, const char *text), const char *text)
{
	char *out = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&out, &size);

	assert_non_null(to);
	escape(to, text);
	fclose(to);
	return out;
}

static void expect(void (*escape)(FILE *to, const char *text), const char *text, const char *want)
{
	char *got = with(escape, text);

	assert_string_equal(got, want);
	free(got);
}

static void plain_text_is_left_alone(void **state)
{
	(void)state;
	expect(escape_json, "two words", "\"two words\"");
	expect(escape_xml, "two words", "two words");
	expect(escape_json, "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"");
	expect(escape_xml, "\xf0\x9f\x90\xa7", "\xf0\x9f\x90\xa7");
}

static void null_is_null_in_json_and_nothing_in_xml(void **state)
{
	(void)state;
	expect(escape_json, NULL, "null");
	expect(escape_xml, NULL, "");
}

static void json_escapes_quotes_backslashes_and_controls(void **state)
{
	(void)state;
	expect(escape_json, "a\"b\\c\n\r\t\b\f\x01\x1f\x7f",
	       "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0001\\u001f\\u007f\"");
}

static void xml_escapes_markup_and_keeps_newlines_as_numbers(void **state)
{
	(void)state;
	expect(escape_xml, "<a b=\"c\">&\n", "&lt;a b=&quot;c&quot;&gt;&amp;&#10;");
}

static void xml_replaces_what_it_cannot_say(void **state)
{
	(void)state;
	expect(escape_xml, "\x1b[31m", "\xef\xbf\xbd[31m");
	expect(escape_xml, "\xef\xbf\xbe", "\xef\xbf\xbd"); /* U+FFFE */
}

static void every_malformed_byte_becomes_a_replacement_character(void **state)
{
	static const char *const bad[] = {
	        "\x80",             /* continuation without a beginning */
	        "\xc0\xaf",         /* overlong '/' */
	        "\xe0\x80\xaf",     /* the same in three bytes */
	        "\xed\xa0\x80",     /* a surrogate */
	        "\xf4\x90\x80\x80", /* beyond U+10FFFF */
	        "\xf8\x88\x80\x80", /* a five-byte form's beginning */
	        "\xe2\x82",         /* cut off */
	        "\xff",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char want[64] = "\"";

		for (size_t j = 0; j < strlen(bad[i]); j++)
			strcat(want, "\xef\xbf\xbd");
		strcat(want, "\"");
		expect(escape_json, bad[i], want);
	}
}

static void a_malformed_byte_does_not_swallow_its_neighbour(void **state)
{
	(void)state;
	expect(escape_json, "\xe2\"x", "\"\xef\xbf\xbd\\\"x\"");
	expect(escape_xml, "\xf0<", "\xef\xbf\xbd&lt;");
}

static void jansson_reads_back_every_single_byte_and_pair(void **state)
{
	(void)state;
	for (unsigned a = 1; a < 256; a++) {
		for (unsigned b = 0; b < 256; b++) {
			const char text[] = {(char)a, (char)b, '\0'};
			char *got = with(escape_json, text);
			json_t *value = json_loads(got, JSON_DECODE_ANY, NULL);

			assert_true(json_is_string(value));
			if (a < 0x80 && b < 0x80)
				assert_string_equal(json_string_value(value), text);
			json_decref(value);
			free(got);
		}
	}
}

static void a_line_shows_controls_as_dots(void **state)
{
	char out[64];

	(void)state;
	assert_string_equal(escape_line("a\n\x1b[2Jb\x7f", 8, out, sizeof(out)), "a..[2Jb.");
	assert_string_equal(escape_line("\xc2\x9b"
	                                "31m",
	                                5, out, sizeof(out)),
	                    ".31m");
	assert_string_equal(escape_line("a\0b", 3, out, sizeof(out)), "a.b");
	assert_string_equal(escape_line(NULL, 0, out, sizeof(out)), "");
}

static void a_line_is_cut_between_characters(void **state)
{
	char out[4];

	(void)state;
	assert_string_equal(escape_line("abcdef", 6, out, sizeof(out)), "abc");
	assert_string_equal(escape_line("ab\xc3\xbc", 4, out, sizeof(out)), "ab");
	assert_string_equal(escape_line("abc", 3, out, 1), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(plain_text_is_left_alone),
	        cmocka_unit_test(null_is_null_in_json_and_nothing_in_xml),
	        cmocka_unit_test(json_escapes_quotes_backslashes_and_controls),
	        cmocka_unit_test(xml_escapes_markup_and_keeps_newlines_as_numbers),
	        cmocka_unit_test(xml_replaces_what_it_cannot_say),
	        cmocka_unit_test(every_malformed_byte_becomes_a_replacement_character),
	        cmocka_unit_test(a_malformed_byte_does_not_swallow_its_neighbour),
	        cmocka_unit_test(jansson_reads_back_every_single_byte_and_pair),
	        cmocka_unit_test(a_line_shows_controls_as_dots),
	        cmocka_unit_test(a_line_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
