/* SPDX-License-Identifier: ISC */
/* tls_end.h: one end of a TLS connection, server or client, between queues of bytes (buf.h).
 *
 * No descriptor, no clock, no waiting: the caller moves cipher text between the queues and his
 * sockets and calls tls_end_step() whenever one of the four has changed. OpenSSL reads from and
 * writes into them directly, so nothing is stored here beyond one record each way, and that only
 * while it is incomplete or does not fit (SSL_MODE_RELEASE_BUFFERS): what a queue cannot take waits.
 *
 * Both ends: TLS 1.2 and 1.3, forward secrecy and AEAD only, no compression, no renegotiation, no
 * early data, ALPN http/1.1.
 *
 * Server, towards the guest. It is made when the hello was read, decided upon and a leaf is there;
 * cipher_in still begins with that hello. Refused are a hello whose server_name is another than
 * `name` (that of a second hello, behind a HelloRetryRequest, too), and an ALPN offer without
 * http/1.1; one without ALPN is served. A session is resumed by ticket only for the name that it
 * was made for.
 *
 * Client, towards the world. The chain must lead to a certificate of the store and be good for
 * server authentication, and one of its DNS names must be the name: the subject is not looked at,
 * nor are partial wildcards (f*.test). Nothing from plain_in is sent before that is so. A session
 * of a verified server is resumed for the same name (tls_session.h).
 *
 * Memory: 15 KB of an idle end, all of it OpenSSL's; three times that during the handshake. The first
 * tls_context_new() initialises OpenSSL without its configuration file; after one has returned, no
 * call here opens a file. A sandbox has to leave memory, getrandom, getpid and the clocks.
 */
#ifndef REF_TLS_END_H
#define REF_TLS_END_H

#include "ref/buf.h"
#include "ref/tls_failure.h"

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What all ends of a process share. */
struct tls_context;
struct tls_end;

enum tls_end_result {
	TLS_END_HANDSHAKING, /* goes on when there is more in cipher_in or room in cipher_out */
	TLS_END_OK,          /* open: plain bytes pass both ways */
	TLS_END_CLOSED,      /* the peer has said that it sends no more; we still may */
	TLS_END_CUT,         /* its stream ended without saying so: what came may be half of it */
	TLS_END_FAILED,      /* over; tls_end_failure() says why */
};

/* Where a step takes from and puts to. */
struct tls_end_io {
	struct buf *cipher_in;  /* from the peer; the room in it must hold TLS_END_RECORD */
	struct buf *cipher_out; /* to the peer */
	struct buf *plain_in;   /* to be sent: taken from when the handshake is over */
	struct buf *plain_out;  /* what the peer said */
	bool cipher_end;        /* the peer's stream ends behind cipher_in */
};

/* A queue of cipher text should be this long, so that no record takes two steps: 2^14 bytes, their
 * header, and what encryption may add (RFC 8446 section 5.2). Shorter ones work. */
#define TLS_END_RECORD (16384 + 5 + 256)

/* Makes the key of all leaves, and the client's store from the PEM file `upstream_ca`, or from
 * where this system keeps its certificates when that is NULL or empty. Either may be left out:
 * without `upstream` there is no client. Then it plays a handshake against itself, so that OpenSSL
 * has loaded what it needs. NULL with the reason printed. */
struct tls_context *tls_context_new(bool upstream, const char *upstream_ca);
void tls_context_free(struct tls_context *context);

/* The key of the leaves, for minter.h. */
EVP_PKEY *tls_context_leaf_key(const struct tls_context *context);

/* An end that presents `leaf`, whose key is the context's; a reference is taken. `name` as
 * tls_name_normalise() writes it. NULL when there is no memory. */
struct tls_end *tls_end_server(struct tls_context *context, X509 *leaf, const char *name);

/* An end that asks for `name` and wants a certificate for it. */
struct tls_end *tls_end_client(struct tls_context *context, const char *name);

/* As far as it goes. Queues may be smaller than a record; a step that had to stop because one was
 * full or empty goes on when it is called again. What was decrypted before the peer's end or a
 * failure is in plain_out, at once or in later steps: CLOSED, CUT and FAILED are told when there
 * is nothing left to decrypt. After FAILED cipher_out may hold an alert, which should be sent. */
enum tls_end_result tls_end_step(struct tls_end *end, const struct tls_end_io *io);

/* There will be nothing more in plain_in: says so to the peer when that is empty and there is room,
 * in this step or a later one. tls_end_finished(): it has been said. */
void tls_end_finish(struct tls_end *end);
bool tls_end_finished(const struct tls_end *end);

enum tls_failure tls_end_failure(const struct tls_end *end);

/* Whether the handshake resumed an earlier session. */
bool tls_end_resumed(const struct tls_end *end);

void tls_end_free(struct tls_end *end);

#endif
