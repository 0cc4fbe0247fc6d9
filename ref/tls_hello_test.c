/* SPDX-License-Identifier: ISC */
/* tls_hello_test.c: what a hello says, and those that lie. */
#include "ref/tls_hello.h"

#include "bytes/quick.h"
#include "ref/tls_hello_rig.h"

/* More extensions, with their types and lengths. */
#define VERSIONS   "\0\x2b\0\x05\x04\x03\x04\x03\x03"
#define ALPN       "\0\x10\0\x0e\0\x0c\x02h2\x08http/1.1"
#define EARLY_DATA "\0\x2a\0\0"
#define PSK                                                                                        \
	"\0\x29\0\x0a\0\x04\0\x02"                                                                 \
	"ab"                                                                                       \
	"\0\x02\x01"                                                                               \
	"c"
#define ECH    "\xfe\x0d\0\x02\0\x01"
#define GREASE "\x0a\x0a\0\0"

/* Where its lengths stand. */
#define AT_RECORD_LEN      3
#define AT_MESSAGE_LEN     6
#define AT_SESSION_ID_LEN  43
#define AT_SUITES_LEN      76
#define AT_COMPRESSION_LEN 140
#define AT_EXTENSIONS_LEN  142

/* A hello with these extensions. */
static void expect_extensions(const char *extensions, size_t n, enum tls_fault fault)
{
	make_hello(0x0303, 32, extensions, n);
	/* All but what lies in records is judged when the message is whole, and not before. */
	assert_int_equal(expect(made.p, made.n, fault), made.n);
}

static void parse_extensions(const char *extensions, size_t n, struct tls_hello *hello)
{
	make_hello(0x0303, 32, extensions, n);
	assert_int_equal(parse(made.p, made.n, hello), TLS_HELLO_OK);
	assert_int_equal(hello->stream_len, made.n);
	assert_string_equal(hello->name, "example.com");
}

/* ---- what is read ---- */

static void a_hello_of_openssl_is_read_when_its_last_byte_is_there(void **state)
{
	struct tls_hello hello;

	(void)state;
	assert_int_equal(parse(real, sizeof(real), &hello), TLS_HELLO_OK);
	check_real(&hello, sizeof(real));
	assert_int_equal(expect(real, sizeof(real), TLS_FAULT_NONE), sizeof(real));
}

static void what_is_offered_is_told(void **state)
{
	static const struct {
		const char *extensions;
		size_t n;
		size_t alpn;
		uint8_t versions;
		bool ech, early_data, psk;
	} table[] = {
	        {BYTES(NAME), 0, TLS_HELLO_TLS12, false, false, false},
	        {BYTES(GREASE NAME VERSIONS), 0, 0x0c, false, false, false},
	        {BYTES(VERSIONS NAME ALPN), 12, 0x0c, false, false, false},
	        {BYTES(ECH NAME), 0, 0x04, true, false, false},
	        {BYTES(NAME EARLY_DATA), 0, 0x04, false, true, false},
	        {BYTES(NAME PSK), 0, 0x04, false, false, true},
	        {BYTES(NAME ALPN ECH VERSIONS EARLY_DATA PSK), 12, 0x0c, true, true, true},
	        {BYTES(NAME "\0\x10\0\x04\0\x02\x01x"), 2, 0x04, false, false, false},
	        {BYTES(NAME "\xfe\x0d\0\0"), 0, 0x04, true, false, false},
	        {BYTES(NAME "\xfe\x0c\0\0\xfe\x0e\0\0"), 0, 0x04, false, false, false},
	        {BYTES(NAME "\0\x2b\0\x03\x02\x03\x03"), 0, 0x04, false, false, false},
	        {BYTES(NAME "\0\x2b\0\x03\x02\x03\x04"), 0, 0x08, false, false, false},
	        {BYTES(NAME
	               "\0\x2b\0\x0f\x0e\x0a\x0a\x03\x05\x03\x04\x03\x02\x03\x00\x02\xff\x7f\x1c"),
	         0, 0x0a, false, false, false},
	        {BYTES(NAME "\0\x2b\0\x05\x04\x03\x01\x03\x03"), 0, 0x05, false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct tls_hello hello;

		parse_extensions(table[i].extensions, table[i].n, &hello);
		assert_int_equal(hello.versions, table[i].versions);
		assert_int_equal(hello.alpn.n, table[i].alpn);
		assert_int_equal(hello.ech, table[i].ech);
		assert_int_equal(hello.early_data, table[i].early_data);
		assert_int_equal(hello.pre_shared_key, table[i].psk);
		expect_extensions(table[i].extensions, table[i].n, TLS_FAULT_NONE);
	}
}

static void a_session_id_has_up_to_32_bytes(void **state)
{
	struct tls_hello hello;

	(void)state;
	for (size_t n = 0; n <= 34; n++) {
		make_hello(0x0303, n, BYTES(NAME));
		assert_int_equal(parse(made.p, made.n, &hello),
		                 n <= 32 ? TLS_HELLO_OK : TLS_HELLO_BAD);
		if (n <= 32)
			assert_int_equal(hello.session_id_len, n);
		else
			assert_int_equal(hello.fault, TLS_FAULT_HELLO_LENGTH);
	}
}

static void what_follows_the_hello_is_left_alone(void **state)
{
	static const uint8_t next[][8] = {
	        {20, 3, 3, 0, 1, 1}, {0}, {0xff, 0xff}, {22, 3, 3, 0, 0}, {22, 3, 3, 0, 1, 1}};
	struct tls_hello hello;

	(void)state;
	for (size_t i = 0; i < COUNT(next); i++)
		for (size_t n = 0; n <= sizeof(next[i]); n++) {
			uint8_t p[sizeof(real) + sizeof(next[i])];

			memcpy(p, real, sizeof(real));
			memcpy(p + sizeof(real), next[i], n);
			assert_int_equal(parse(p, sizeof(real) + n, &hello), TLS_HELLO_OK);
			check_real(&hello, sizeof(real));
		}
	make_stream(real + 5, REAL_MESSAGE, 16384);
	memset(made.p + made.n, 22, sizeof(made.p) - made.n);
	assert_int_equal(parse(made.p, sizeof(made.p), &hello), TLS_HELLO_OK);
	check_real(&hello, sizeof(real));
}

/* ---- lengths and versions ---- */

static void every_length_that_lies_is_refused(void **state)
{
	static const struct {
		size_t at;
		int by;
		enum tls_fault fault;
	} table[] = {
	        {AT_RECORD_LEN + 1, +1, TLS_FAULT_TRAILING},
	        {AT_MESSAGE_LEN + 2, -1, TLS_FAULT_TRAILING},
	        {AT_SESSION_ID_LEN, +1, TLS_FAULT_HELLO_LENGTH},
	        {AT_SESSION_ID_LEN, -1, TLS_FAULT_HELLO_LENGTH},
	        {AT_SESSION_ID_LEN, 0xff - 0x20, TLS_FAULT_HELLO_LENGTH},
	        {AT_SUITES_LEN, +1, TLS_FAULT_HELLO_LENGTH},
	        {AT_SUITES_LEN, +2, TLS_FAULT_HELLO_LENGTH},
	        {AT_SUITES_LEN + 1, +1, TLS_FAULT_HELLO_LENGTH},
	        {AT_SUITES_LEN + 1, -1, TLS_FAULT_HELLO_LENGTH},
	        {AT_SUITES_LEN + 1, -0x3e, TLS_FAULT_HELLO_LENGTH},
	        {AT_COMPRESSION_LEN, -1, TLS_FAULT_HELLO_LENGTH},
	        {AT_COMPRESSION_LEN, 0xfe, TLS_FAULT_HELLO_LENGTH},
	        {AT_EXTENSIONS_LEN, +1, TLS_FAULT_EXTENSION_LENGTH},
	        {AT_EXTENSIONS_LEN + 1, +1, TLS_FAULT_EXTENSION_LENGTH},
	        {AT_EXTENSIONS_LEN + 1, -1, TLS_FAULT_TRAILING},
	};
	uint8_t p[sizeof(real)];

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		memcpy(p, real, sizeof(real));
		p[table[i].at] = (uint8_t)(p[table[i].at] + table[i].by);
		expect(p, sizeof(p), table[i].fault);
	}
}

/* The 31 suites become 30 and a half, and all other lengths are right. */
static void half_a_cipher_suite_is_refused(void **state)
{
	uint8_t message[REAL_MESSAGE], body[REAL_MESSAGE - 4];
	const size_t half = AT_SUITES_LEN + 2 - 9;
	size_t n;

	(void)state;
	memcpy(body, real + 9, half);
	memcpy(body + half, real + 9 + half + 1, sizeof(body) - half - 1);
	body[half - 1]--;
	n = make_message(message, sizeof(message), body, sizeof(body) - 1);
	make_stream(message, n, 16384);
	assert_int_equal(expect(made.p, made.n, TLS_FAULT_HELLO_LENGTH), made.n);
}

static void a_message_longer_than_what_came_waits(void **state)
{
	struct tls_hello hello;
	uint8_t p[sizeof(real)];

	(void)state;
	memcpy(p, real, sizeof(real));
	p[AT_MESSAGE_LEN + 2]++;
	assert_int_equal(parse(p, sizeof(p), &hello), TLS_HELLO_MORE);
	memcpy(p, real, sizeof(real));
	p[AT_RECORD_LEN + 1]--; /* the last byte would be the type of the next record: 6 */
	assert_int_equal(parse(p, sizeof(p) - 1, &hello), TLS_HELLO_MORE);
	assert_int_equal(parse(p, sizeof(p), &hello), TLS_HELLO_BAD);
	assert_int_equal(hello.fault, TLS_FAULT_RECORD_TYPE);
}

/* A message that says that it ends at each of its bytes: nothing is read behind it. */
static void a_hello_that_ends_early_is_refused_wherever_it_ends(void **state)
{
	uint8_t message[REAL_MESSAGE];
	struct tls_hello hello;

	(void)state;
	for (size_t n = 0; n < REAL_MESSAGE - 4; n++) {
		const size_t len = make_message(message, sizeof(message), real + 9, n);

		make_stream(message, len, 16384);
		if (n == AT_EXTENSIONS_LEN - 9) { /* there is no list of extensions at all */
			assert_int_equal(parse(made.p, made.n, &hello), TLS_HELLO_BAD);
			assert_int_equal(hello.fault, TLS_FAULT_NAME_ABSENT);
			continue;
		}
		assert_int_equal(parse(made.p, made.n, &hello), TLS_HELLO_BAD);
		assert_int_equal(hello.fault, n < AT_EXTENSIONS_LEN - 9
		                                      ? TLS_FAULT_HELLO_LENGTH
		                                      : TLS_FAULT_EXTENSION_LENGTH);
	}
}

static void only_the_version_of_tls_1_2_stands_in_a_hello(void **state)
{
	static const struct {
		uint16_t version;
		enum tls_fault fault;
	} table[] = {
	        {0x0303, TLS_FAULT_NONE},
	        {0x0302, TLS_FAULT_VERSION_OLD},
	        {0x0301, TLS_FAULT_VERSION_OLD},
	        {0x0300, TLS_FAULT_VERSION_OLD},
	        {0x0002, TLS_FAULT_VERSION_OLD},
	        {0x0304, TLS_FAULT_VERSION_UNKNOWN},
	        {0x0403, TLS_FAULT_VERSION_UNKNOWN},
	        {0xfefd, TLS_FAULT_VERSION_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		make_hello(table[i].version, 0, BYTES(NAME VERSIONS));
		assert_int_equal(expect(made.p, made.n, table[i].fault), made.n);
	}
}

/* ---- extensions ---- */

static void extensions_that_lie_are_refused(void **state)
{
	static const struct {
		const char *p;
		size_t n;
		enum tls_fault fault;
	} table[] = {
	        {BYTES(""), TLS_FAULT_NAME_ABSENT},
	        {BYTES(VERSIONS ALPN), TLS_FAULT_NAME_ABSENT},
	        {BYTES(NAME "\0"), TLS_FAULT_EXTENSION_LENGTH},
	        {BYTES(NAME "\0\x17"), TLS_FAULT_EXTENSION_LENGTH},
	        {BYTES(NAME "\0\x17\0"), TLS_FAULT_EXTENSION_LENGTH},
	        {BYTES(NAME "\0\x17\0\1"), TLS_FAULT_EXTENSION_LENGTH},
	        {BYTES(NAME "\0\x17\xff\xff"), TLS_FAULT_EXTENSION_LENGTH},
	        {BYTES(NAME "\0\x2a\0\1x"), TLS_FAULT_EXTENSION_LENGTH},
	        /* twice */
	        {BYTES(NAME NAME), TLS_FAULT_NAME_TWICE},
	        {BYTES(NAME VERSIONS "\0\0\0\0"), TLS_FAULT_NAME_TWICE},
	        {BYTES(NAME GREASE ALPN ALPN), TLS_FAULT_EXTENSION_TWICE},
	        {BYTES(VERSIONS NAME VERSIONS), TLS_FAULT_EXTENSION_TWICE},
	        {BYTES(ALPN ALPN NAME), TLS_FAULT_EXTENSION_TWICE},
	        {BYTES(GREASE NAME GREASE), TLS_FAULT_EXTENSION_TWICE},
	        {BYTES(ECH NAME ECH), TLS_FAULT_EXTENSION_TWICE},
	        {BYTES(EARLY_DATA NAME EARLY_DATA), TLS_FAULT_EXTENSION_TWICE},
	        /* pre_shared_key */
	        {BYTES(PSK NAME), TLS_FAULT_PSK_NOT_LAST},
	        {BYTES(NAME PSK PSK), TLS_FAULT_PSK_NOT_LAST},
	        {BYTES(NAME PSK "\0"), TLS_FAULT_PSK_NOT_LAST},
	        {BYTES(NAME "\0\x29\0\0"), TLS_FAULT_EXTENSION_LENGTH},
	        {BYTES(NAME "\0\x29\0\5\0\0\0\1c"), TLS_FAULT_EXTENSION_LENGTH},
	        {BYTES(NAME "\0\x29\0\5\0\1a\0\0"), TLS_FAULT_EXTENSION_LENGTH},
	        {BYTES(NAME "\0\x29\0\3\0\1a"), TLS_FAULT_EXTENSION_LENGTH},
	        {BYTES(NAME "\0\x29\0\6\0\1a\0\2c"), TLS_FAULT_EXTENSION_LENGTH},
	        {BYTES(NAME "\0\x29\0\7\0\1a\0\1cd"), TLS_FAULT_EXTENSION_LENGTH},
	        /* supported_versions */
	        {BYTES(NAME "\0\x2b\0\0"), TLS_FAULT_VERSIONS},
	        {BYTES(NAME "\0\x2b\0\1\0"), TLS_FAULT_VERSIONS},
	        {BYTES(NAME "\0\x2b\0\2\1\3"), TLS_FAULT_VERSIONS},
	        {BYTES(NAME "\0\x2b\0\4\3\3\4\3"), TLS_FAULT_VERSIONS},
	        {BYTES(NAME "\0\x2b\0\3\4\3\4"), TLS_FAULT_VERSIONS},
	        {BYTES(NAME "\0\x2b\0\4\2\3\4\3"), TLS_FAULT_VERSIONS},
	        {BYTES(NAME "\0\x2b\0\2\3\4"), TLS_FAULT_VERSIONS}, /* as servers write it */
	        {BYTES(NAME "\0\x2b\0\5\4\3\2\3\1"), TLS_FAULT_VERSION_OLD},
	        {BYTES(NAME "\0\x2b\0\5\4\x0a\x0a\3\0"), TLS_FAULT_VERSION_OLD},
	        {BYTES(NAME "\0\x2b\0\3\2\3\5"), TLS_FAULT_VERSION_OLD},
	        {BYTES("\0\x2b\0\3\2\3\1"), TLS_FAULT_VERSION_OLD},
	        /* ALPN */
	        {BYTES(NAME "\0\x10\0\0"), TLS_FAULT_ALPN},
	        {BYTES(NAME "\0\x10\0\2\0\0"), TLS_FAULT_ALPN},
	        {BYTES(NAME "\0\x10\0\3\0\1\0"), TLS_FAULT_ALPN},
	        {BYTES(NAME "\0\x10\0\5\0\4\2h2"), TLS_FAULT_ALPN},
	        {BYTES(NAME "\0\x10\0\6\0\3\2h2x"), TLS_FAULT_ALPN},
	        {BYTES(NAME "\0\x10\0\5\0\3\3h2"), TLS_FAULT_ALPN},
	        {BYTES(NAME "\0\x10\0\6\0\4\2h2\0"), TLS_FAULT_ALPN},
	        {BYTES(NAME "\0\x10\0\6\0\4\2h2\1"), TLS_FAULT_ALPN},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		expect_extensions(table[i].p, table[i].n, table[i].fault);
}

static void a_server_name_is_one_host_name(void **state)
{
	static const struct {
		const char *p;
		size_t n;
		enum tls_fault fault;
	} table[] = {
	        {BYTES("\0\0\0\6\0\4\0\0\1a"), TLS_FAULT_NONE},
	        {BYTES("\0\0\0\0"), TLS_FAULT_NAME_EMPTY},
	        {BYTES("\0\0\0\2\0\0"), TLS_FAULT_NAME_EMPTY},
	        {BYTES("\0\0\0\5\0\3\0\0\0"), TLS_FAULT_NAME_EMPTY},
	        {BYTES("\0\0\0\1\0"), TLS_FAULT_NAME_MALFORMED},
	        {BYTES("\0\0\0\6\0\5\0\0\1a"), TLS_FAULT_NAME_MALFORMED},
	        {BYTES("\0\0\0\7\0\4\0\0\1ab"), TLS_FAULT_NAME_MALFORMED},
	        {BYTES("\0\0\0\6\0\4\0\0\2a"), TLS_FAULT_NAME_MALFORMED},
	        {BYTES("\0\0\0\6\0\4\0\xff\xff"
	               "a"),
	         TLS_FAULT_NAME_MALFORMED},
	        {BYTES("\0\0\0\3\0\1\0"), TLS_FAULT_NAME_MALFORMED},
	        {BYTES("\0\0\0\4\0\2\0\0"), TLS_FAULT_NAME_MALFORMED},
	        {BYTES("\0\0\0\6\0\4\1\0\1a"), TLS_FAULT_NAME_TYPE},
	        {BYTES("\0\0\0\6\0\4\xff\0\1a"), TLS_FAULT_NAME_TYPE},
	        {BYTES("\0\0\0\x0a\0\x08\0\0\1a\0\0\1b"), TLS_FAULT_NAME_SECOND},
	        {BYTES("\0\0\0\x0a\0\x08\0\0\1a\1\0\1b"), TLS_FAULT_NAME_SECOND},
	        {BYTES("\0\0\0\x0a\0\x08\1\0\1a\0\0\1b"), TLS_FAULT_NAME_TYPE},
	        {BYTES("\0\0\0\7\0\5\0\0\1a\0"), TLS_FAULT_NAME_SECOND},
	        /* tls_name_test.c has the others */
	        {BYTES("\0\0\0\6\0\4\0\0\1\0"), TLS_FAULT_NAME_NUL},
	        {BYTES("\0\0\0\6\0\4\0\0\1"
	               "1"),
	         TLS_FAULT_NAME_ADDRESS},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		expect_extensions(table[i].p, table[i].n, table[i].fault);
}

/* So many extensions of types of their own, the name among them as the last. */
static void make_many(unsigned count)
{
	static uint8_t extensions[4 * TLS_HELLO_MAX];
	struct wr w = wr_of(extensions, sizeof(extensions));

	for (unsigned i = 1; i < count; i++)
		assert_true(wr_u16(&w, (uint16_t)(0x1000 + i)) && wr_u16(&w, 0));
	assert_true(wr_bytes(&w, BYTES(NAME)));
	make_hello(0x0303, 0, extensions, w.len);
}

static void there_are_64_extensions_at_most(void **state)
{
	static const unsigned too_many[] = {TLS_HELLO_EXTENSIONS_MAX + 1, 1000, 4000};
	struct tls_hello hello;

	(void)state;
	make_many(TLS_HELLO_EXTENSIONS_MAX);
	assert_int_equal(parse(made.p, made.n, &hello), TLS_HELLO_OK);
	for (size_t i = 0; i < COUNT(too_many); i++) {
		make_many(too_many[i]);
		assert_int_equal(parse(made.p, made.n, &hello), TLS_HELLO_BAD);
		assert_int_equal(hello.fault, TLS_FAULT_EXTENSIONS_MANY);
	}
}

/* Whatever is changed, nothing is read past the end, and what is OK has a name. */
static void any_byte_may_change(void **state)
{
	const unsigned values = quick_share(256);
	uint8_t p[sizeof(real)];
	struct tls_hello hello;

	(void)state;
	memcpy(p, real, sizeof(real));
	for (size_t at = 0; at < sizeof(real); at++) {
		for (unsigned value = 0; value < values; value++) {
			p[at] = (uint8_t)value;
			if (parse(p, sizeof(p), &hello) == TLS_HELLO_OK) {
				/* one less when it is the last letter that becomes a dot */
				assert_true(strlen(hello.name) - 14 <= 1);
				assert_int_equal(hello.stream_len, sizeof(p));
			}
		}
		p[at] = real[at];
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_hello_of_openssl_is_read_when_its_last_byte_is_there),
	        cmocka_unit_test(what_is_offered_is_told),
	        cmocka_unit_test(a_session_id_has_up_to_32_bytes),
	        cmocka_unit_test(what_follows_the_hello_is_left_alone),
	        cmocka_unit_test(every_length_that_lies_is_refused),
	        cmocka_unit_test(half_a_cipher_suite_is_refused),
	        cmocka_unit_test(a_message_longer_than_what_came_waits),
	        cmocka_unit_test(a_hello_that_ends_early_is_refused_wherever_it_ends),
	        cmocka_unit_test(only_the_version_of_tls_1_2_stands_in_a_hello),
	        cmocka_unit_test(extensions_that_lie_are_refused),
	        cmocka_unit_test(a_server_name_is_one_host_name),
	        cmocka_unit_test(there_are_64_extensions_at_most),
	        cmocka_unit_test(any_byte_may_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
