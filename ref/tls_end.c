/* SPDX-License-Identifier: ISC */
/* tls_end.c: one end of a TLS connection between queues of bytes.
 *
 * That the peer's stream has ended is not told to OpenSSL, which would end the whole connection:
 * an end that has run out of bytes behind which there are none is CUT, and may still send.
 */
#include "ref/tls_end.h"

#include "ref/tls_context.h"
#include "ref/tls_why.h"

#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

static struct tls_end *end_new(struct tls_context *context, SSL_CTX *kind, const char *name)
{
	struct tls_end *end = calloc(1, sizeof(*end));
	BIO *bio;

	if (!end || strlen(name) > TLS_NAME_MAX) {
		free(end);
		return NULL;
	}
	memcpy(end->name, name, strlen(name) + 1);
	end->context = context;
	end->ssl = SSL_new(kind);
	bio = tls_bio_new(context->method, &end->queues);
	if (!end->ssl || !bio || !SSL_set_app_data(end->ssl, end)) {
		BIO_free(bio);
		tls_end_free(end);
		return NULL;
	}
	SSL_set_bio(end->ssl, bio, bio);
	return end;
}

/* Tickets are good in the context of the name only; 32 bytes is what a context may have. */
static bool bind_tickets(SSL *ssl, const char *name)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];

	return SHA256((const uint8_t *)name, strlen(name), hash) &&
	       SSL_set_session_id_context(ssl, hash, sizeof(hash));
}

struct tls_end *tls_end_server(struct tls_context *context, X509 *leaf, const char *name)
{
	struct tls_end *end = end_new(context, context->server, name);

	if (!end)
		return NULL;
	end->server = true;
	SSL_set_accept_state(end->ssl);
	if (SSL_use_certificate(end->ssl, leaf) && SSL_check_private_key(end->ssl) &&
	    bind_tickets(end->ssl, name))
		return end;
	tls_end_free(end);
	return NULL;
}

struct tls_end *tls_end_client(struct tls_context *context, const char *name)
{
	struct tls_end *end = context->client ? end_new(context, context->client, name) : NULL;
	X509_VERIFY_PARAM *param;
	SSL_SESSION *session;

	if (!end)
		return NULL;
	SSL_set_connect_state(end->ssl);
	param = SSL_get0_param(end->ssl);
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
	                                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	session = tls_session_get(&context->sessions, name, (int64_t)time(NULL));
	if (X509_VERIFY_PARAM_set1_host(param, name, 0) &&
	    SSL_set_tlsext_host_name(end->ssl, end->name) &&
	    (!session || SSL_set_session(end->ssl, session)))
		return end;
	tls_end_free(end);
	return NULL;
}

/* --- a step --- */

static void fail(struct tls_end *end, int error)
{
	/* The callbacks of tls_context.c have said it already. */
	if (end->failure != TLS_FAILURE_NONE)
		return;
	end->failure = error == SSL_ERROR_SSL ? tls_why_error(ERR_peek_error())
	                                      : TLS_FAILURE_INTERNAL;
}

/* Whether OpenSSL only wants more bytes or more room. */
static bool is_waiting(struct tls_end *end, int result)
{
	const int error = SSL_get_error(end->ssl, result);

	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return true;
	fail(end, error);
	return false;
}

/* OpenSSL has verified the chain and the name by now, in this handshake or in that of the session, or
 * there would be no end to it: it is asked again because everything hangs on it. A server that chose no protocol speaks the one. */
static enum tls_failure check_peer(const struct tls_end *end)
{
	static const char ours[] = "http/1.1";
	const unsigned char *protocol = NULL;
	unsigned n = 0;

	if (SSL_get_verify_result(end->ssl) != X509_V_OK || !SSL_get0_peer_certificate(end->ssl))
		return TLS_FAILURE_CERTIFICATE;
	SSL_get0_alpn_selected(end->ssl, &protocol, &n);
	if (n && (n != sizeof(ours) - 1 || memcmp(protocol, ours, n) != 0))
		return TLS_FAILURE_ALPN;
	return TLS_FAILURE_NONE;
}

static void shake_hands(struct tls_end *end)
{
	const int result = SSL_do_handshake(end->ssl);

	if (result == 1) {
		if (!end->server)
			end->failure = check_peer(end);
		end->open = end->failure == TLS_FAILURE_NONE;
	} else {
		is_waiting(end, result);
	}
}

static void send_plain(struct tls_end *end, struct buf *plain)
{
	size_t done;

	while (buf_len(plain) && end->failure == TLS_FAILURE_NONE) {
		const struct rd bytes = buf_bytes(plain);
		const int result = SSL_write_ex(end->ssl, bytes.p, bytes.n, &done);

		if (result <= 0) {
			is_waiting(end, result);
			return;
		}
		buf_take(plain, done);
	}
}

static void say_goodbye(struct tls_end *end)
{
	const int result = SSL_shutdown(end->ssl);

	end->finished = result >= 0;
	if (result < 0)
		is_waiting(end, result);
}

static void receive_plain(struct tls_end *end, struct buf *plain)
{
	size_t done;

	while (buf_free(plain) && !end->closed && end->failure == TLS_FAILURE_NONE) {
		uint8_t *room = buf_room(plain);
		const int result = SSL_read_ex(end->ssl, room, buf_free(plain), &done);

		if (result > 0) {
			buf_wrote(plain, done);
			continue;
		}
		end->closed = SSL_get_error(end->ssl, result) == SSL_ERROR_ZERO_RETURN;
		if (!end->closed)
			is_waiting(end, result);
		return;
	}
}

/* When the stream has ended and the queue is empty, OpenSSL has nothing to go on with but what it has
 * decrypted already and plain_out had no room for. */
static void look_for_end(struct tls_end *end, const struct tls_end_io *io)
{
	if (!io->cipher_end || buf_len(io->cipher_in) || end->closed ||
	    end->failure != TLS_FAILURE_NONE)
		return;
	if (!end->open)
		end->failure = TLS_FAILURE_CUT;
	else
		end->cut = !SSL_has_pending(end->ssl) || buf_free(io->plain_out);
}

enum tls_end_result tls_end_step(struct tls_end *end, const struct tls_end_io *io)
{
	end->queues = (struct tls_bio){io->cipher_in, io->cipher_out};
	ERR_clear_error();
	if (!end->open && end->failure == TLS_FAILURE_NONE)
		shake_hands(end);
	if (end->open && end->failure == TLS_FAILURE_NONE && !end->finished) {
		send_plain(end, io->plain_in);
		if (end->finish && !buf_len(io->plain_in) && end->failure == TLS_FAILURE_NONE)
			say_goodbye(end);
	}
	if (end->open)
		receive_plain(end, io->plain_out);
	look_for_end(end, io);
	if (end->failure != TLS_FAILURE_NONE)
		return TLS_END_FAILED;
	if (!end->open)
		return TLS_END_HANDSHAKING;
	if (end->closed)
		return TLS_END_CLOSED;
	return end->cut ? TLS_END_CUT : TLS_END_OK;
}

void tls_end_finish(struct tls_end *end)
{
	end->finish = true;
}

bool tls_end_finished(const struct tls_end *end)
{
	return end->finished;
}

enum tls_failure tls_end_failure(const struct tls_end *end)
{
	return end->failure;
}

bool tls_end_resumed(const struct tls_end *end)
{
	return SSL_session_reused(end->ssl) == 1;
}

void tls_end_free(struct tls_end *end)
{
	if (!end)
		return;
	if (end->failure != TLS_FAILURE_NONE && !end->server)
		tls_session_drop(&end->context->sessions, end->name);
	else if (end->open) /* else OpenSSL would not come back to the session */
		SSL_set_shutdown(end->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(end->ssl);
	free(end);
}
