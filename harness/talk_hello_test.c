/* SPDX-License-Identifier: ISC */
/* talk_hello_test.c: what the hellos hold, read by OpenSSL as a server and byte by byte. */
#include "harness/talk_hello.h"

#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct recipe_vars vars = {.nonce = "n0nce"};
static uint8_t bytes[TALK_HELLO_BYTES];
static size_t segment;

static size_t make(const char *text)
{
	struct talk_hello h;
	struct diag diag;
	struct lex lx;
	char why[256] = "";
	size_t n;

	diag_init(&diag, "t.scn", text, strlen(text));
	lex_init(&lx, text, strlen(text), 1, &diag);
	if (!talk_hello_parse(&lx, &h))
		fail_msg("%s: %s", text, diag.errors[0].text);
	n = talk_hello_build(&h, &vars, bytes, &segment, why);
	if (!n)
		fail_msg("%s: %s", text, why);
	return n;
}

/* The name that OpenSSL reads in the hello. */
static int note_name(SSL *ssl, int *alert, void *arg)
{
	const unsigned char *p;
	size_t n;

	(void)alert;
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &p, &n) && n > 5 && n < 200)
		snprintf(arg, 256, "%.*s", (int)(n - 5), p + 5);
	return SSL_CLIENT_HELLO_ERROR;
}

static void openssl_reads(const char *text, const char *name)
{
	size_t n = make(text);
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	char read[256] = "";
	SSL *ssl;

	assert_non_null(ctx);
	SSL_CTX_set_client_hello_cb(ctx, note_name, read);
	ssl = SSL_new(ctx);
	SSL_set_bio(ssl, BIO_new_mem_buf(bytes, (int)n), BIO_new(BIO_s_mem()));
	SSL_accept(ssl);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	assert_string_equal(read, name);
}

static void a_server_reads_the_name(void **state)
{
	(void)state;
	openssl_reads("name=ok.test", "ok.test");
	openssl_reads("name=$NONCE.test alpn=h2,http/1.1 record=7", "n0nce.test");
	openssl_reads("alpn=h2 pad=3000 name=ok.test ext=0xfe0d:00", "ok.test");
	openssl_reads("versions=none", "");
}

static void records_and_segments_are_as_long_as_they_may(void **state)
{
	size_t n = make("name=ok.test"), many = make("name=ok.test record=1 segment=9");

	(void)state;
	assert_int_equal(segment, 9);
	assert_int_equal(many, (n - 5) * 6); /* each byte behind a header of five */
	assert_int_equal(bytes[4], 1);
	assert_int_equal(make("name=ok.test cut=40"), 40);
	assert_int_equal(make("name=ok.test tail=0102"), n + 2);
	assert_int_equal(bytes[n + 1], 2);
}

static void what_a_key_says_stands_in_the_hello(void **state)
{
	static const uint8_t two[] = "\0\0\0\x0a\0\x08\0\0\1a\0\0\1b";
	static const uint8_t raw[] = "\0\0\0\2\xab\xcd";
	size_t n = make("name=a name=b");
	size_t len;

	(void)state;
	assert_non_null(memmem(bytes, n, two, sizeof(two) - 1));
	n = make("names=abcd");
	assert_non_null(memmem(bytes, n, raw, sizeof(raw) - 1));
	n = make("name=a again=b");
	assert_non_null(memmem(bytes, n, "\0\0\0\6\0\4\0\0\1b", 10));
	n = make("name=a name-type=7");
	assert_non_null(memmem(bytes, n, "\0\4\7\0\1a", 6));
	len = make("name=a");
	assert_int_equal(bytes[8], len - 9);
	make("name=a len=+2");
	assert_int_equal(bytes[8], len - 9 + 2);
	make("name=a len=-1");
	assert_int_equal(bytes[8], len - 9 - 1);
	make("name=a version=0x0301 record-version=0x0300");
	assert_int_equal(bytes[2], 0);
	assert_int_equal(bytes[10], 1);
	n = make("name=a session=0102 ciphers=1301 compression=01");
	assert_non_null(memmem(bytes, n, "\2\1\2\0\2\x13\1\1\1", 9));
	n = make("name=a versions=0x0303");
	assert_non_null(memmem(bytes, n, "\0\x2b\0\3\2\3\3", 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_server_reads_the_name),
	        cmocka_unit_test(records_and_segments_are_as_long_as_they_may),
	        cmocka_unit_test(what_a_key_says_stands_in_the_hello),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
