/* SPDX-License-Identifier: ISC */
/* openssl_check.h: what OpenSSL sees of a hello, compared with what we read: for diff_hello. */
#ifndef FUZZ_RIG_OPENSSL_CHECK_H
#define FUZZ_RIG_OPENSSL_CHECK_H

#include "ref/tls_hello.h"

#include <openssl/ssl.h>

struct openssl_check {
	const struct tls_hello *hello;
	bool called;
};

/* For SSL_CTX_set_client_hello_cb(), with a struct openssl_check. It ends the handshake. */
int openssl_check_hello(SSL *ssl, int *alert, void *arg);

#endif
