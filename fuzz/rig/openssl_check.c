/* SPDX-License-Identifier: ISC */
/* openssl_check.c: what OpenSSL sees of a hello. */
#include "fuzz/rig/openssl_check.h"

#include "fuzz/fuzz.h"

#include <ctype.h>

static struct rd extension(SSL *ssl, unsigned type, bool *there)
{
	const unsigned char *p = NULL;
	size_t n = 0;

	*there = SSL_client_hello_get0_ext(ssl, type, &p, &n) == 1;
	return rd_of(p, n);
}

/* RFC 6066: a list with one name in it, as who asks OpenSSL for the extension reads it. */
static bool is_name(struct rd ext, const char *name)
{
	const size_t n = ext.n < 5 ? 0 : (size_t)(ext.p[3] << 8 | ext.p[4]);
	const size_t len = strlen(name);

	if (ext.n < 5 || ext.n != n + 5 || ext.p[2] || (size_t)(ext.p[0] << 8 | ext.p[1]) != n + 3)
		return false;
	for (size_t i = 0; i < len && i < n; i++)
		if (tolower(ext.p[5 + i]) != name[i])
			return false;
	return n == len || (n == len + 1 && ext.p[5 + len] == '.');
}

int openssl_check_hello(SSL *ssl, int *alert, void *arg)
{
	struct openssl_check *seen = arg;
	const struct tls_hello *hello = seen->hello;
	const unsigned char *p;
	bool there;
	struct rd ext;

	(void)alert;
	seen->called = true;
	ext = extension(ssl, TLSEXT_TYPE_server_name, &there);
	HOLDS("OpenSSL sees the same name", there && is_name(ext, hello->name));
	ext = extension(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &there);
	HOLDS("OpenSSL sees the same ALPN",
	      there ? ext.n == hello->alpn.n + 2 && !memcmp(ext.p + 2, hello->alpn.p, hello->alpn.n)
	            : !hello->alpn.n);
	extension(ssl, TLSEXT_TYPE_early_data, &there);
	HOLDS("OpenSSL sees early data too", there == hello->early_data);
	extension(ssl, TLSEXT_TYPE_psk, &there);
	HOLDS("OpenSSL sees a pre-shared key too", there == hello->pre_shared_key);
	HOLDS("OpenSSL sees the same version", SSL_client_hello_get0_legacy_version(ssl) == 0x0303);
	HOLDS("OpenSSL sees the same session id",
	      SSL_client_hello_get0_session_id(ssl, &p) == hello->session_id_len);
	return SSL_CLIENT_HELLO_ERROR;
}
