/* SPDX-License-Identifier: ISC */
/* tls_context.h: what all ends of TLS of a process share; the inside of tls_end.h. */
#ifndef REF_TLS_CONTEXT_H
#define REF_TLS_CONTEXT_H

#include "ref/tls_bio.h"
#include "ref/tls_end.h"
#include "ref/tls_name.h"
#include "ref/tls_session.h"

#include <openssl/ssl.h>

struct tls_context {
	SSL_CTX *server, *client; /* client: NULL when there is none */
	EVP_PKEY *leaf_key;
	BIO_METHOD *method;
	struct tls_sessions sessions; /* of servers */
};

/* An end; SSL's application data is the end. */
struct tls_end {
	struct tls_context *context;
	SSL *ssl;
	struct tls_bio queues;
	enum tls_failure failure;
	char name[TLS_NAME_MAX + 1];
	bool server;
	bool open;     /* the handshake is over */
	bool closed;   /* the peer has said that it sends no more */
	bool cut;      /* its stream has ended without that */
	bool finish;   /* we shall say so when plain_in is empty */
	bool finished; /* we have */
};

#endif
