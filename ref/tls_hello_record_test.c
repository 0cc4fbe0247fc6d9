/* SPDX-License-Identifier: ISC */
/* tls_hello_record_test.c: hellos in one record and in many, and what comes instead of them. */
#include "ref/tls_hello.h"

#include "ref/tls_hello_rig.h"

static void a_hello_may_be_cut_into_two_records_anywhere(void **state)
{
	struct tls_hello hello;

	(void)state;
	for (size_t cut = 1; cut < REAL_MESSAGE; cut++) {
		struct wr w = wr_of(made.p, sizeof(made.p));

		put_record(&w, 22, 0x0301, real + 5, cut);
		put_record(&w, 22, 0x0303, real + 5 + cut, REAL_MESSAGE - cut);
		assert_int_equal(parse(made.p, w.len, &hello), TLS_HELLO_OK);
		check_real(&hello, sizeof(real) + 5);
		assert_int_equal(parse(made.p, w.len - 1, &hello), TLS_HELLO_MORE);
		assert_int_equal(parse(made.p, cut + 5, &hello), TLS_HELLO_MORE);
	}
}

static void records_may_be_of_any_size_down_to_one_byte(void **state)
{
	struct tls_hello hello;

	(void)state;
	for (size_t each = 1; each <= REAL_MESSAGE; each++) {
		make_stream(real + 5, REAL_MESSAGE, each);
		assert_int_equal(parse(made.p, made.n, &hello), TLS_HELLO_OK);
		check_real(&hello, made.n);
	}
	make_stream(real + 5, REAL_MESSAGE, 1);
	assert_int_equal(made.n, 6 * REAL_MESSAGE);
	assert_int_equal(expect(made.p, made.n, TLS_FAULT_NONE), made.n);
}

/* What comes instead of TLS, or as a record that is none; `at` is the byte at which it shows. */
static void a_wrong_record_is_refused_at_the_byte_that_is_wrong(void **state)
{
	static const struct {
		const char *p;
		size_t n, at;
		enum tls_fault fault;
	} table[] = {
	        {BYTES("GET / HTTP/1.1\r\n"), 1, TLS_FAULT_RECORD_TYPE},
	        {BYTES("SSH-2.0-x\r\n"), 1, TLS_FAULT_RECORD_TYPE},
	        {BYTES("\0\0\0\0\0\0"), 1, TLS_FAULT_RECORD_TYPE},
	        {BYTES("\x15\3\1\0\2\1\0"), 1, TLS_FAULT_RECORD_TYPE},
	        {BYTES("\x17\3\3\0\2\1\0"), 1, TLS_FAULT_RECORD_TYPE},
	        {BYTES("\x14\3\3\0\1\1"), 1, TLS_FAULT_RECORD_TYPE},
	        {BYTES("\x7f\3\3\0\1\1"), 1, TLS_FAULT_RECORD_TYPE},
	        {BYTES("\x80\x2e\x01\3\1\0\x15"), 1, TLS_FAULT_SSL2},
	        {BYTES("\xff\xff\xff"), 1, TLS_FAULT_SSL2},
	        {BYTES("\x16\3\0\0\1\1"), 3, TLS_FAULT_RECORD_VERSION},
	        {BYTES("\x16\3\4\0\1\1"), 3, TLS_FAULT_RECORD_VERSION},
	        {BYTES("\x16\2\2\0\1\1"), 3, TLS_FAULT_RECORD_VERSION},
	        {BYTES("\x16\4\1\0\1\1"), 3, TLS_FAULT_RECORD_VERSION},
	        {BYTES("\x16\xfe\xfd\0\1\1"), 3, TLS_FAULT_RECORD_VERSION},
	        {BYTES("\x16\3\1\0\0\x16\3\1"), 5, TLS_FAULT_RECORD_EMPTY},
	        {BYTES("\x16\3\1\x40\1\1"), 5, TLS_FAULT_RECORD_LENGTH},
	        {BYTES("\x16\3\1\xff\xff\1"), 5, TLS_FAULT_RECORD_LENGTH},
	        {BYTES("\x16\3\1\0\1\2"), 6, TLS_FAULT_NOT_HELLO},
	        {BYTES("\x16\3\1\0\1\0"), 6, TLS_FAULT_NOT_HELLO},
	        {BYTES("\x16\3\1\1\0\x0b\0\0\0"), 6, TLS_FAULT_NOT_HELLO},
	        /* the second record */
	        {BYTES("\x16\3\1\0\1\1\x15\3\1\0\2\2\x28"), 7, TLS_FAULT_RECORD_TYPE},
	        {BYTES("\x16\3\1\0\1\1\x80\x2e\1"), 7, TLS_FAULT_RECORD_TYPE},
	        {BYTES("\x16\3\1\0\1\1\x16\3\0"), 9, TLS_FAULT_RECORD_VERSION},
	        {BYTES("\x16\3\1\0\1\1\x16\3\3\0\0"), 11, TLS_FAULT_RECORD_EMPTY},
	        {BYTES("\x16\3\1\0\1\1\x16\3\3\x40\1"), 11, TLS_FAULT_RECORD_LENGTH},
	        /* the length of the message: 9 bytes of headers and 16375 are all there may be */
	        {BYTES("\x16\3\1\0\4\1\0\x3f\xf8"), 9, TLS_FAULT_TOO_BIG},
	        {BYTES("\x16\3\1\0\4\1\1\0\0"), 9, TLS_FAULT_TOO_BIG},
	        {BYTES("\x16\3\1\0\4\1\xff\xff\xff"), 9, TLS_FAULT_TOO_BIG},
	        /* more in the record than in the message, which shows before it is there */
	        {BYTES("\x16\3\1\0\5\1\0\0\0"), 9, TLS_FAULT_TRAILING},
	        {BYTES("\x16\3\1\0\x30\1\0\0\x2b"), 9, TLS_FAULT_TRAILING},
	        {BYTES("\x16\3\1\0\4\1\0\0\1\x16\3\1\0\2"), 14, TLS_FAULT_TRAILING},
	        /* a hello of no bytes */
	        {BYTES("\x16\3\1\0\4\1\0\0\0"), 9, TLS_FAULT_HELLO_LENGTH},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		assert_int_equal(expect((const uint8_t *)table[i].p, table[i].n, table[i].fault),
		                 table[i].at);
}

/* The message ends inside of a later record: that record says more than the message has left. */
static void bytes_behind_the_message_in_a_later_record_are_trailing(void **state)
{
	uint8_t message[REAL_MESSAGE + 1] = {0};

	(void)state;
	memcpy(message, real + 5, REAL_MESSAGE);
	make_stream(message, sizeof(message), 100);
	assert_int_equal(expect(made.p, made.n, TLS_FAULT_TRAILING), 3 * 105 + 5);
	make_stream(message, sizeof(message), 16384);
	assert_int_equal(expect(made.p, made.n, TLS_FAULT_TRAILING), 9);
}

/* Padding (RFC 7685) that fills up the hello to so many bytes of message. */
static void make_padded(size_t message_len)
{
	static uint8_t extensions[TLS_HELLO_MAX + 100] = NAME "\0\x15";
	const size_t name = sizeof(NAME) - 1;
	const size_t fixed = 4 + 2 + 32 + 1 + 2 + 2 + 2 + 2 + name + 4;
	const size_t padding = message_len - fixed;

	extensions[name + 2] = (uint8_t)(padding >> 8);
	extensions[name + 3] = (uint8_t)padding;
	make_hello(0x0303, 0, extensions, name + 4 + padding);
}

static void a_hello_ends_within_16_kilobytes_of_the_stream(void **state)
{
	static uint8_t message[TLS_HELLO_MAX];
	struct tls_hello hello;

	(void)state;
	make_padded(TLS_HELLO_MAX - 5);
	assert_int_equal(made.n, TLS_HELLO_MAX);
	assert_int_equal(parse(made.p, made.n, &hello), TLS_HELLO_OK);
	assert_int_equal(hello.stream_len, TLS_HELLO_MAX);
	assert_int_equal(parse(made.p, made.n - 1, &hello), TLS_HELLO_MORE);

	/* The same in two records needs five more bytes. */
	memcpy(message, made.p + 5, TLS_HELLO_MAX - 5);
	make_stream(message, TLS_HELLO_MAX - 5, 16000);
	for (size_t n = TLS_HELLO_MAX; n <= made.n; n++) {
		assert_int_equal(parse(made.p, n, &hello), TLS_HELLO_BAD);
		assert_int_equal(hello.fault, TLS_FAULT_TOO_BIG);
	}
	assert_int_equal(parse(made.p, TLS_HELLO_MAX - 1, &hello), TLS_HELLO_MORE);

	/* ... which it may have when the message is shorter by them. */
	make_padded(TLS_HELLO_MAX - 10);
	memcpy(message, made.p + 5, TLS_HELLO_MAX - 10);
	make_stream(message, TLS_HELLO_MAX - 10, 16000);
	assert_int_equal(parse(made.p, made.n, &hello), TLS_HELLO_OK);
	assert_int_equal(hello.stream_len, TLS_HELLO_MAX);

	/* One byte too many, by its own length. */
	make_padded(TLS_HELLO_MAX - 4);
	assert_int_equal(parse(made.p, 8, &hello), TLS_HELLO_MORE);
	assert_int_equal(parse(made.p, 9, &hello), TLS_HELLO_BAD);
	assert_int_equal(hello.fault, TLS_FAULT_TOO_BIG);

	/* Of one byte a record, a sixth. */
	make_padded(TLS_HELLO_MAX / 6);
	memcpy(message, made.p + 5, TLS_HELLO_MAX / 6);
	make_stream(message, TLS_HELLO_MAX / 6, 1);
	assert_int_equal(parse(made.p, made.n, &hello), TLS_HELLO_OK);
	make_padded(TLS_HELLO_MAX / 6 + 1);
	memcpy(message, made.p + 5, TLS_HELLO_MAX / 6 + 1);
	make_stream(message, TLS_HELLO_MAX / 6 + 1, 1);
	assert_int_equal(parse(made.p, made.n, &hello), TLS_HELLO_BAD);
	assert_int_equal(hello.fault, TLS_FAULT_TOO_BIG);
}

static void the_longest_record_is_no_lie(void **state)
{
	struct tls_hello hello;

	(void)state;
	assert_int_equal(parse("\x16\3\1\x40\0", 5, &hello), TLS_HELLO_MORE);
	assert_int_equal(parse("\x16\3\1\x40\0\1", 6, &hello), TLS_HELLO_MORE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_hello_may_be_cut_into_two_records_anywhere),
	        cmocka_unit_test(records_may_be_of_any_size_down_to_one_byte),
	        cmocka_unit_test(a_wrong_record_is_refused_at_the_byte_that_is_wrong),
	        cmocka_unit_test(bytes_behind_the_message_in_a_later_record_are_trailing),
	        cmocka_unit_test(a_hello_ends_within_16_kilobytes_of_the_stream),
	        cmocka_unit_test(the_longest_record_is_no_lie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
