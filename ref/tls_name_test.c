/* SPDX-License-Identifier: ISC */
/* tls_name_test.c: names of servers, and what only looks like one. */
#include "ref/tls_name.h"

#include "bytes/guard.h"

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

static char text[TLS_NAME_MAX + 1];

static enum tls_fault normalise(const void *name, size_t n)
{
	struct guard g = guard_copy(name, n);
	enum tls_fault fault;

	memset(text, '!', sizeof(text));
	fault = tls_name_normalise(rd_of(g.p, g.n), text);
	guard_free(&g);
	if (fault)
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
	        {"Z", "z"},
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
	for (size_t i = 0; i < COUNT(table); i++) {
		assert_int_equal(normalise(table[i].in, strlen(table[i].in)), TLS_FAULT_NONE);
		assert_string_equal(text, table[i].out);
	}
}

static void what_is_no_name_is_refused_with_its_reason(void **state)
{
	static const struct {
		const char *name;
		size_t n;
		enum tls_fault fault;
	} table[] = {
	        {BYTES(""), TLS_FAULT_NAME_EMPTY},
	        {BYTES("."), TLS_FAULT_LABEL_EMPTY},
	        {BYTES(".."), TLS_FAULT_LABEL_EMPTY},
	        {BYTES(".example.com"), TLS_FAULT_LABEL_EMPTY},
	        {BYTES("example..com"), TLS_FAULT_LABEL_EMPTY},
	        {BYTES("example.com.."), TLS_FAULT_LABEL_EMPTY},
	        {BYTES(L63 "a.example"), TLS_FAULT_LABEL_LONG},
	        {BYTES("example." L63 "a"), TLS_FAULT_LABEL_LONG},
	        {BYTES("-a.example"), TLS_FAULT_LABEL_HYPHEN},
	        {BYTES("a-.example"), TLS_FAULT_LABEL_HYPHEN},
	        {BYTES("example.-a"), TLS_FAULT_LABEL_HYPHEN},
	        {BYTES("example.a-"), TLS_FAULT_LABEL_HYPHEN},
	        {BYTES("-"), TLS_FAULT_LABEL_HYPHEN},
	        {BYTES("good.example\0.bad.example"), TLS_FAULT_NAME_NUL},
	        {BYTES("good.example\0"), TLS_FAULT_NAME_NUL},
	        {BYTES("\0"), TLS_FAULT_NAME_NUL},
	        {BYTES(" example.com"), TLS_FAULT_NAME_SPACE},
	        {BYTES("example.com "), TLS_FAULT_NAME_SPACE},
	        {BYTES("example.com/"), TLS_FAULT_NAME_SLASH},
	        {BYTES("example.com%00.bad"), TLS_FAULT_NAME_PERCENT},
	        {BYTES("ex%61mple.com"), TLS_FAULT_NAME_PERCENT},
	        {BYTES("a_b.example"), TLS_FAULT_NAME_UNDERSCORE},
	        {BYTES("b\xc3\xbc"
	               "cher.example"),
	         TLS_FAULT_NAME_NOT_ASCII},
	        {BYTES("a\x80.example"), TLS_FAULT_NAME_NOT_ASCII},
	        {BYTES("a\xff.example"), TLS_FAULT_NAME_NOT_ASCII},
	        {BYTES("a\xe3\x80\x82"
	               "example"),
	         TLS_FAULT_NAME_NOT_ASCII}, /* a dot in Chinese */
	        {BYTES("*.example.com"), TLS_FAULT_NAME_CHARACTER},
	        {BYTES("a@example.com"), TLS_FAULT_NAME_CHARACTER},
	        {BYTES("a\\example.com"), TLS_FAULT_NAME_CHARACTER},
	        {BYTES("example.com\n"), TLS_FAULT_NAME_CHARACTER},
	        {BYTES("example.com\x7f"), TLS_FAULT_NAME_CHARACTER},
	        {BYTES("0xab`"), TLS_FAULT_NAME_CHARACTER},
	        {BYTES("192.0.2.1"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("192.0.2.1."), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("3221225985"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("0xc0000201"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("0XC0000201"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("0300.0.02.01"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("0xc0.0x0.0x2.0x1"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("0.9"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("127.1"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("1.0x"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("0"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("0xaf"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("0xAF"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("example.9"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("example.0x9"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("[2001:db8::1]"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("2001:db8::1"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("::"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("::ffff:192.0.2.1"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("fe80::1%eth0"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("a].example"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("example.com:443"), TLS_FAULT_NAME_ADDRESS},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		assert_string_equal(tls_fault_name(normalise(table[i].name, table[i].n)),
		                    tls_fault_name(table[i].fault));
}

/* Which bytes a label may hold, from one list. */
static void every_byte_is_a_letter_a_digit_a_hyphen_or_refused(void **state)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                           "0123456789-.";

	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		const uint8_t name[] = {'a', (uint8_t)c, 'z'};
		const bool allowed = c && memchr(good, (int)c, sizeof(good) - 1);

		assert_int_equal(!normalise(name, sizeof(name)), allowed);
		if (allowed) {
			assert_int_equal(text[1], c >= 'A' && c <= 'Z' ? c + 0x20 : c);
			assert_int_equal(text[3], '\0');
			assert_int_equal(text[4], '!');
		}
	}
}

static void a_last_label_of_digits_is_an_address_whichever_they_are(void **state)
{
	(void)state;
	for (unsigned c = '0'; c <= '9'; c++) {
		const uint8_t decimal[] = {'a', '.', (uint8_t)c};
		const uint8_t hex[] = {'a', '.', '0', 'x', (uint8_t)c};

		assert_int_equal(normalise(decimal, sizeof(decimal)), TLS_FAULT_NAME_ADDRESS);
		assert_int_equal(normalise(hex, sizeof(hex)), TLS_FAULT_NAME_ADDRESS);
	}
	for (unsigned c = 'a'; c <= 'z'; c++) {
		const uint8_t letter[] = {'a', '.', (uint8_t)c};
		const uint8_t hex[] = {'a', '.', '0', 'x', (uint8_t)c};

		assert_int_equal(normalise(letter, sizeof(letter)), TLS_FAULT_NONE);
		assert_int_equal(normalise(hex, sizeof(hex)),
		                 c <= 'f' ? TLS_FAULT_NAME_ADDRESS : TLS_FAULT_NONE);
	}
}

static void a_name_has_253_bytes_and_a_dot_at_most(void **state)
{
	static const char longest[] = L63 "." L63 "." L63 "." L31 "-" L31 "a";
	char name[256];

	(void)state;
	memcpy(name, longest, 253);
	name[252] = 'b'; /* the last label has 61 bytes, and must not end in a hyphen */
	assert_int_equal(normalise(name, 253), TLS_FAULT_NONE);
	assert_int_equal(strlen(text), 253);
	name[253] = '.';
	assert_int_equal(normalise(name, 254), TLS_FAULT_NONE);
	assert_int_equal(strlen(text), 253);
	name[253] = 'c';
	assert_int_equal(normalise(name, 254), TLS_FAULT_NAME_LONG);
	name[254] = '.';
	assert_int_equal(normalise(name, 255), TLS_FAULT_NAME_LONG);
}

static void a_name_of_64_kilobytes_is_long(void **state)
{
	static uint8_t name[65535];

	(void)state;
	memset(name, 'a', sizeof(name));
	assert_int_equal(normalise(name, sizeof(name)), TLS_FAULT_NAME_LONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_come_out_in_one_spelling),
	        cmocka_unit_test(what_is_no_name_is_refused_with_its_reason),
	        cmocka_unit_test(every_byte_is_a_letter_a_digit_a_hyphen_or_refused),
	        cmocka_unit_test(a_last_label_of_digits_is_an_address_whichever_they_are),
	        cmocka_unit_test(a_name_has_253_bytes_and_a_dot_at_most),
	        cmocka_unit_test(a_name_of_64_kilobytes_is_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
