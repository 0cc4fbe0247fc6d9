/* SPDX-License-Identifier: ISC */
/* host_name_test.c: names, and what only looks like one. */
#include "ref/host_name.h"

#include "bytes/guard.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define L31 "abcdefghijklmnopqrstuvwxyz01234"
#define L63 L31 "-" L31

/* Literals, which may hold a NUL. */
#define BYTES(literal) literal, sizeof(literal) - 1

static char text[HOST_NAME_LEN_MAX + 1];

static enum host_name_fault normalise(const void *name, size_t n, enum host_name_rule rule,
                                      uint8_t *bad)
{
	struct guard g = guard_copy(name, n);
	enum host_name_fault fault;

	memset(text, '!', sizeof(text));
	fault = host_name_normalise(rd_of(g.p, g.n), rule, text, bad);
	guard_free(&g);
	if (fault && fault != HOST_NAME_NUMBER)
		for (size_t i = 0; i < sizeof(text); i++)
			assert_int_equal(text[i], '!');
	return fault;
}

static void names_come_out_in_one_spelling(void **state)
{
	static const struct {
		const char *in, *out;
	} table[] = {
	        {"example.com", "example.com"},
	        {"EXAMPLE.Com", "example.com"},
	        {"AZ.az", "az.az"},
	        {"example.com.", "example.com"},
	        {"localhost", "localhost"},
	        {"localhost.", "localhost"},
	        {"a", "a"},
	        {"Z.", "z"},
	        {"xn--bcher-kva.example", "xn--bcher-kva.example"},
	        {"r3---sn-4g5e6nsz.example", "r3---sn-4g5e6nsz.example"},
	        {"1.example", "1.example"},
	        {"1.2.3.4.example", "1.2.3.4.example"},
	        {"0x7f.example", "0x7f.example"},
	        {"1.a", "1.a"},
	        {"1a", "1a"},
	        {"a1", "a1"},
	        {"c0000201", "c0000201"}, /* without 0x no parser takes it for a number */
	        {"x7f", "x7f"},
	        {"0a7", "0a7"},
	        {"0b", "0b"},
	        {"0y7f", "0y7f"},
	        {"1x7f", "1x7f"},
	        {"0x7g", "0x7g"},
	        {"0x7f-1", "0x7f-1"},
	        {L63 "." L63, L63 "." L63},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		for (int rule = HOST_NAME_STRICT; rule <= HOST_NAME_UNDERSCORES; rule++) {
			assert_int_equal(normalise(table[i].in, strlen(table[i].in),
			                           (enum host_name_rule)rule, NULL),
			                 HOST_NAME_OK);
			assert_string_equal(text, table[i].out);
		}
}

static void what_is_no_name_is_refused_with_its_reason(void **state)
{
	static const struct {
		const char *name;
		size_t n;
		enum host_name_fault fault;
	} table[] = {
	        {BYTES(""), HOST_NAME_EMPTY},
	        {BYTES("."), HOST_NAME_LABEL_EMPTY},
	        {BYTES(".."), HOST_NAME_LABEL_EMPTY},
	        {BYTES(".example.com"), HOST_NAME_LABEL_EMPTY},
	        {BYTES("example..com"), HOST_NAME_LABEL_EMPTY},
	        {BYTES("example.com.."), HOST_NAME_LABEL_EMPTY},
	        {BYTES(L63 "a.example"), HOST_NAME_LABEL_LONG},
	        {BYTES("example." L63 "a"), HOST_NAME_LABEL_LONG},
	        {BYTES("-a.example"), HOST_NAME_LABEL_HYPHEN},
	        {BYTES("a-.example"), HOST_NAME_LABEL_HYPHEN},
	        {BYTES("example.-a"), HOST_NAME_LABEL_HYPHEN},
	        {BYTES("example.a-"), HOST_NAME_LABEL_HYPHEN},
	        {BYTES("-"), HOST_NAME_LABEL_HYPHEN},
	        {BYTES("-.1"), HOST_NAME_LABEL_HYPHEN},
	        {BYTES("good.example\0.bad.example"), HOST_NAME_CHARACTER},
	        {BYTES("good.example\0"), HOST_NAME_CHARACTER},
	        {BYTES(" example.com"), HOST_NAME_CHARACTER},
	        {BYTES("example.com "), HOST_NAME_CHARACTER},
	        {BYTES("ex%61mple.com"), HOST_NAME_CHARACTER},
	        {BYTES("*.example.com"), HOST_NAME_CHARACTER},
	        {BYTES("a..b!"), HOST_NAME_LABEL_EMPTY}, /* from left to right */
	        {BYTES("a!..b"), HOST_NAME_CHARACTER},
	        {BYTES("0xab`"), HOST_NAME_CHARACTER},
	        {BYTES("2001:db8::1"), HOST_NAME_CHARACTER},
	        {BYTES("192.0.2.1"), HOST_NAME_NUMBER},
	        {BYTES("192.0.2.1."), HOST_NAME_NUMBER},
	        {BYTES("3221225985"), HOST_NAME_NUMBER},
	        {BYTES("0xc0000201"), HOST_NAME_NUMBER},
	        {BYTES("0XC0000201"), HOST_NAME_NUMBER},
	        {BYTES("0300.0.02.01"), HOST_NAME_NUMBER},
	        {BYTES("0xc0.0x0.0x2.0x1"), HOST_NAME_NUMBER},
	        {BYTES("0.9"), HOST_NAME_NUMBER},
	        {BYTES("127.1"), HOST_NAME_NUMBER},
	        {BYTES("1.0x"), HOST_NAME_NUMBER},
	        {BYTES("0"), HOST_NAME_NUMBER},
	        {BYTES("0xaf"), HOST_NAME_NUMBER},
	        {BYTES("0xAF"), HOST_NAME_NUMBER},
	        {BYTES("example.9"), HOST_NAME_NUMBER},
	        {BYTES("example.0x9"), HOST_NAME_NUMBER},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		for (int rule = HOST_NAME_STRICT; rule <= HOST_NAME_UNDERSCORES; rule++)
			assert_string_equal(
			        host_name_fault_text(normalise(table[i].name, table[i].n,
			                                       (enum host_name_rule)rule, NULL)),
			        host_name_fault_text(table[i].fault));
}

static void an_underscore_is_a_letter_where_the_caller_says_so(void **state)
{
	uint8_t bad = 0;

	(void)state;
	assert_int_equal(normalise("_A.b_", 5, HOST_NAME_UNDERSCORES, &bad), HOST_NAME_OK);
	assert_string_equal(text, "_a.b_");
	assert_int_equal(bad, 0);
	assert_int_equal(normalise("_A.b_", 5, HOST_NAME_STRICT, &bad), HOST_NAME_CHARACTER);
	assert_int_equal(bad, '_');
}

/* Which bytes a label may hold, from one list. */
static void every_byte_is_a_letter_a_digit_a_hyphen_or_refused_by_itself(void **state)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                           "0123456789-.";

	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		const uint8_t name[] = {'a', (uint8_t)c, 'z', '!'};
		const bool allowed = c && memchr(good, (int)c, sizeof(good) - 1);
		uint8_t bad = 1;

		assert_int_equal(normalise(name, 3, HOST_NAME_STRICT, &bad),
		                 allowed ? HOST_NAME_OK : HOST_NAME_CHARACTER);
		assert_int_equal(bad, allowed ? 1 : c);
		if (allowed) {
			assert_int_equal(text[1], c >= 'A' && c <= 'Z' ? c + 0x20 : c);
			assert_int_equal(text[3], '\0');
			assert_int_equal(text[4], '!');
		}
	}
}

static void a_last_label_of_digits_is_a_number_whichever_they_are(void **state)
{
	(void)state;
	for (unsigned c = '0'; c <= 'z'; c++) {
		const uint8_t hex[] = {'0', 'x', (uint8_t)c}, upper[] = {'0', 'X', (uint8_t)c};
		const bool digit = c <= '9', letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'f';

		assert_int_equal(host_name_is_number(rd_of(hex + 2, 1)), digit);
		assert_int_equal(host_name_is_number(rd_of(hex, 3)), digit || (c >= 'A' && letter));
		assert_int_equal(host_name_is_number(rd_of(upper, 3)),
		                 digit || (c >= 'A' && letter));
	}
}

static void what_only_resembles_a_prefix_makes_no_number(void **state)
{
	static const char *const labels[] = {"-x1", "/x1", ".x1", "1x1", "0y1",
	                                     "0w1", "x1",  "a1",  "1-"};

	(void)state;
	for (size_t i = 0; i < COUNT(labels); i++)
		assert_false(host_name_is_number(rd_of(labels[i], strlen(labels[i]))));
	assert_true(host_name_is_number(rd_of("0x", 2)));
	assert_true(host_name_is_number(rd_of("0", 1)));
}

static void a_name_that_is_a_number_is_written_for_who_reads_addresses(void **state)
{
	(void)state;
	assert_int_equal(normalise("0X7F.1.", 7, HOST_NAME_STRICT, NULL), HOST_NAME_NUMBER);
	assert_string_equal(text, "0x7f.1");
}

static void a_name_has_253_bytes_and_a_dot_at_most(void **state)
{
	static const char longest[] = L63 "." L63 "." L63 "." L31 "-" L31 "a";
	char name[256];

	(void)state;
	memcpy(name, longest, 253);
	name[252] = 'b'; /* the last label has 61 bytes, and must not end in a hyphen */
	assert_int_equal(normalise(name, 253, HOST_NAME_STRICT, NULL), HOST_NAME_OK);
	assert_int_equal(strlen(text), 253);
	name[253] = '.';
	assert_int_equal(normalise(name, 254, HOST_NAME_STRICT, NULL), HOST_NAME_OK);
	assert_int_equal(strlen(text), 253);
	name[253] = 'c';
	assert_int_equal(normalise(name, 254, HOST_NAME_STRICT, NULL), HOST_NAME_LONG);
	name[254] = '.';
	assert_int_equal(normalise(name, 255, HOST_NAME_STRICT, NULL), HOST_NAME_LONG);
}

static void a_name_of_64_kilobytes_is_long(void **state)
{
	static uint8_t name[65535];

	(void)state;
	memset(name, 'a', sizeof(name));
	assert_int_equal(normalise(name, sizeof(name), HOST_NAME_STRICT, NULL), HOST_NAME_LONG);
}

static void every_fault_has_words_of_its_own(void **state)
{
	(void)state;
	for (int a = HOST_NAME_OK; a <= HOST_NAME_NUMBER + 1; a++)
		for (int b = HOST_NAME_OK; b < a; b++)
			assert_string_not_equal(host_name_fault_text((enum host_name_fault)a),
			                        host_name_fault_text((enum host_name_fault)b));
	assert_string_equal(host_name_fault_text(HOST_NAME_LONG), "is longer than 253 characters");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_come_out_in_one_spelling),
	        cmocka_unit_test(what_is_no_name_is_refused_with_its_reason),
	        cmocka_unit_test(an_underscore_is_a_letter_where_the_caller_says_so),
	        cmocka_unit_test(every_byte_is_a_letter_a_digit_a_hyphen_or_refused_by_itself),
	        cmocka_unit_test(a_last_label_of_digits_is_a_number_whichever_they_are),
	        cmocka_unit_test(what_only_resembles_a_prefix_makes_no_number),
	        cmocka_unit_test(a_name_that_is_a_number_is_written_for_who_reads_addresses),
	        cmocka_unit_test(a_name_has_253_bytes_and_a_dot_at_most),
	        cmocka_unit_test(a_name_of_64_kilobytes_is_long),
	        cmocka_unit_test(every_fault_has_words_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
