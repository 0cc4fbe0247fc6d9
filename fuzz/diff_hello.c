/* SPDX-License-Identifier: ISC */
/* diff_hello.c: fuzz target: what we accept of a client's TLS stream (ref/tls_hello.h), OpenSSL reads in the same
 * way: its client-hello callback gets the same bytes.
 *
 * One direction only: what we accept, OpenSSL must take, and see the same name, the same ALPN, the same versions,
 * session id and marks. Intended differences:
 *
 *	we refuse more		old versions, names that are none or come twice in any form, empty records,
 *				ALPN and versions that are malformed: OpenSSL comes to that after the callback, or
 *				ignores it
 *	the name		OpenSSL sees it as it is spelt; ours is in lower case without a dot at its end
 *	records			OpenSSL takes any record of version 3.x after the first; we, 3.1 to 3.3
 *	extensions		OpenSSL refuses one that it knows and that no ClientHello over TCP has, such as
 *				use_srtp, which is for DTLS; we skip what we do not read
 *	ECH			OpenSSL 3.0 does not know it, so nothing is compared
 */
#include "fuzz/fuzz.h"
#include "fuzz/rig/openssl_check.h"

#include <openssl/err.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t scratch[TLS_HELLO_MAX];
	static SSL_CTX *context;
	struct tls_hello hello;
	struct openssl_check seen = {.hello = &hello};
	BIO *in, *out;
	SSL *ssl;

	if (tls_hello_parse(rd_of(data, size), scratch, &hello) != TLS_HELLO_OK)
		return 0;
	if (!context)
		context = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_client_hello_cb(context, openssl_check_hello, &seen);
	ssl = SSL_new(context);
	in = BIO_new_mem_buf(data, (int)hello.stream_len);
	out = BIO_new(BIO_s_null());
	SSL_set_bio(ssl, in, out);
	SSL_accept(ssl);
	SSL_free(ssl);
	HOLDS("OpenSSL takes what we accept, but for extensions that TLS has not",
	      seen.called || ERR_GET_REASON(ERR_peek_error()) == SSL_R_BAD_EXTENSION);
	ERR_clear_error();
	return 0;
}
