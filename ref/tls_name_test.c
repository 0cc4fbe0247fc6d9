/* SPDX-License-Identifier: ISC */
/* tls_name_test.c: names of servers, and the reason for which others are none. What a name is stands in
 * host_name_test.c. */
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
	        {"EXAMPLE.Com.", "example.com"},
	        {"a", "a"},
	        {"xn--bcher-kva.example", "xn--bcher-kva.example"},
	        {"1.2.3.4.example", "1.2.3.4.example"},
	        {"0x7g", "0x7g"},
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
	        {BYTES("example..com"), TLS_FAULT_LABEL_EMPTY},
	        {BYTES(L63 "a.example"), TLS_FAULT_LABEL_LONG},
	        {BYTES(L63 "." L63 "." L63 "." L63), TLS_FAULT_NAME_LONG},
	        {BYTES("-a.example"), TLS_FAULT_LABEL_HYPHEN},
	        {BYTES("a-.example"), TLS_FAULT_LABEL_HYPHEN},
	        {BYTES("good.example\0.bad.example"), TLS_FAULT_NAME_NUL},
	        {BYTES("good.example\0"), TLS_FAULT_NAME_NUL},
	        {BYTES("\0"), TLS_FAULT_NAME_NUL},
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
	        {BYTES("192.0.2.1"), TLS_FAULT_NAME_ADDRESS},
	        {BYTES("0xc0000201."), TLS_FAULT_NAME_ADDRESS},
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_come_out_in_one_spelling),
	        cmocka_unit_test(what_is_no_name_is_refused_with_its_reason),
	        cmocka_unit_test(every_byte_is_a_letter_a_digit_a_hyphen_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
