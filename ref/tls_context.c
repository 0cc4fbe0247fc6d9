/* SPDX-License-Identifier: ISC */
/* tls_context.c: what all ends of TLS of a process share: settings, the leaves' key, the store.
 *
 * The settings are written out rather than left to what OpenSSL or the machine's openssl.cnf has
 * for defaults, so that refnat speaks the same TLS everywhere.
 */
#include "ref/tls_context.h"

#include "ref/cert.h"
#include "ref/tls_why.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SUITES_12 "ECDHE+AESGCM:ECDHE+CHACHA20"
#define SUITES_13 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
#define GROUPS    "X25519:P-256:P-384"

#define SECURITY_LEVEL  2 /* 112 bits: RSA of 2048, no SHA-1 */
#define TICKETS         1 /* each is a tenth of a handshake; who wants a second comes anew */
#define TICKET_LIFE_S   7200
#define CHAIN_DEPTH_MAX 8
#define CHAIN_BYTES_MAX 65536

static const unsigned char alpn[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

/* Where systems keep their certificates, in one file: a folder of files would have to be open
 * while we run. */
static const char *const system_stores[] = {
        "/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine */
        "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
        "/etc/ssl/ca-bundle.pem",             /* openSUSE */
};

/* The name that a hello asks for must be the one that was decided upon. Called for each hello, the
 * second after a HelloRetryRequest too. */
static int check_name(SSL *ssl, int *alert, void *arg)
{
	struct tls_end *end = SSL_get_app_data(ssl);
	const unsigned char *bytes;
	char name[TLS_NAME_MAX + 1];
	struct rd extension, list, host;
	uint8_t type;
	size_t n;

	(void)arg;
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &n)) {
		extension = rd_of(bytes, n);
		if (rd_vec16(&extension, &list) && !extension.n && rd_u8(&list, &type) &&
		    type == TLSEXT_NAMETYPE_host_name && rd_vec16(&list, &host) && !list.n &&
		    tls_name_normalise(host, name) == TLS_FAULT_NONE &&
		    strcmp(name, end->name) == 0)
			return SSL_CLIENT_HELLO_SUCCESS;
	}
	end->failure = TLS_FAILURE_NAME_CHANGED;
	*alert = SSL_AD_UNRECOGNIZED_NAME;
	return SSL_CLIENT_HELLO_ERROR;
}

/* Only notes what was found wrong: the verdict is OpenSSL's. */
static int note_verdict(int good, X509_STORE_CTX *chain)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_end *end = SSL_get_app_data(ssl);

	if (!good)
		end->failure = tls_why_certificate(X509_STORE_CTX_get_error(chain),
		                                   X509_STORE_CTX_get_error_depth(chain));
	return good;
}

/* Of a server that was verified: in TLS 1.3 it comes behind the handshake. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls_end *end = SSL_get_app_data(ssl);

	if (end->failure != TLS_FAILURE_NONE || SSL_get_verify_result(ssl) != X509_V_OK)
		return 0;
	tls_session_put(&end->context->sessions, end->name, session, (int64_t)time(NULL));
	return 1;
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *offered, unsigned n, void *arg)
{
	struct tls_end *end = SSL_get_app_data(ssl);
	const struct rd ours = rd_of(alpn + 1, sizeof(alpn) - 1);
	struct rd list = rd_of(offered, n), protocol;

	(void)arg;
	while (rd_vec8(&list, &protocol))
		if (protocol.n == ours.n && memcmp(protocol.p, ours.p, ours.n) == 0) {
			*out = protocol.p;
			*out_len = (unsigned char)protocol.n;
			return SSL_TLSEXT_ERR_OK;
		}
	end->failure = TLS_FAILURE_ALPN;
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* What both have in common. */
static bool set_up(SSL_CTX *context)
{
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
	                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_security_level(context, SECURITY_LEVEL);
	SSL_CTX_set_max_early_data(context, 0);
	SSL_CTX_set_recv_max_early_data(context, 0);
	return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) &&
	       SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) &&
	       SSL_CTX_set_cipher_list(context, SUITES_12) &&
	       SSL_CTX_set_ciphersuites(context, SUITES_13) &&
	       SSL_CTX_set1_groups_list(context, GROUPS);
}

static bool set_up_server(SSL_CTX *context, EVP_PKEY *key)
{
	SSL_CTX_set_client_hello_cb(context, check_name, NULL);
	SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
	SSL_CTX_set_timeout(context, TICKET_LIFE_S);
	return set_up(context) && SSL_CTX_set_num_tickets(context, TICKETS) &&
	       SSL_CTX_use_PrivateKey(context, key);
}

static bool set_up_client(SSL_CTX *context)
{
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, note_verdict);
	SSL_CTX_set_verify_depth(context, CHAIN_DEPTH_MAX);
	SSL_CTX_set_max_cert_list(context, CHAIN_BYTES_MAX);
	SSL_CTX_sess_set_new_cb(context, keep_session);
	if (!set_up(context))
		return false;
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	return SSL_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER) &&
	       SSL_CTX_set_alpn_protos(context, alpn, sizeof(alpn)) == 0;
}

static bool load_store(SSL_CTX *context, const char *path)
{
	const char *file = path && *path ? path : NULL;

	for (size_t i = 0; !file && i < sizeof(system_stores) / sizeof(system_stores[0]); i++)
		if (access(system_stores[i], R_OK) == 0)
			file = system_stores[i];
	if (!file)
		file = X509_get_default_cert_file();
	if (SSL_CTX_load_verify_file(context, file))
		return true;
	fprintf(stderr, "refnat: certificates to trust upstream: %s: %s\n", file,
	        ERR_reason_error_string(ERR_peek_last_error()));
	return false;
}

/* --- the rehearsal --- */

static X509 *make_extra(EVP_PKEY *key)
{
	const int64_t now_s = (int64_t)time(NULL);
	const struct cert_spec spec = {
	        .dns = "rehearsal.test",
	        .key = key,
	        .issuer_key = key,
	        .not_before_s = now_s - 60,
	        .not_after_s = now_s + 3600,
	};

	return cert_make(&spec);
}

/* A handshake of two ends, and a byte each way. */
static bool play(struct tls_end *server, struct tls_end *client)
{
	static const size_t size = TLS_END_RECORD;
	uint8_t *memory = malloc(2 * size), byte[4] = {'a', 'b'};
	struct buf up = buf_of(memory, size), down = buf_of(memory + size, size);
	struct buf plain[4];
	struct tls_end_io at_server = {&up, &down, &plain[0], &plain[1], false};
	struct tls_end_io at_client = {&down, &up, &plain[2], &plain[3], false};
	enum tls_end_result a = TLS_END_HANDSHAKING, b = TLS_END_HANDSHAKING;

	for (int i = 0; i < 4; i++)
		plain[i] = buf_of(byte + i, 1);
	buf_wrote(&plain[0], 1);
	buf_wrote(&plain[2], 1);
	for (int i = 0; memory && i < 8; i++) {
		b = tls_end_step(client, &at_client);
		a = tls_end_step(server, &at_server);
	}
	free(memory);
	return a == TLS_END_OK && b == TLS_END_OK && buf_len(&plain[1]) && buf_len(&plain[3]);
}

/* As in earnest, but that the client trusts the one certificate. */
static bool play_as(struct tls_context *context, X509 *cert, X509_STORE *store, int version)
{
	static const char name[] = "rehearsal.test";
	struct tls_end *server = tls_end_server(context, cert, name);
	struct tls_end *client = tls_end_client(context, name);
	const bool done = server && client && SSL_set1_verify_cert_store(client->ssl, store) &&
	                  SSL_set_max_proto_version(client->ssl, version) && play(server, client);

	tls_end_free(server);
	tls_end_free(client);
	return done;
}

static bool rehearse(struct tls_context *context)
{
	X509 *cert = make_extra(context->leaf_key);
	X509_STORE *store = X509_STORE_new();
	const bool done = cert && store && X509_STORE_add_cert(store, cert) &&
	                  play_as(context, cert, store, TLS1_3_VERSION) &&
	                  play_as(context, cert, store, TLS1_2_VERSION);

	X509_STORE_free(store);
	X509_free(cert);
	tls_sessions_free(&context->sessions);
	return done;
}

/* --- */

static bool fill(struct tls_context *context)
{
	context->method = tls_bio_method();
	context->leaf_key = cert_key();
	context->server = SSL_CTX_new(TLS_server_method());
	context->client = SSL_CTX_new(TLS_client_method());
	return context->method && context->leaf_key && context->server && context->client &&
	       set_up_server(context->server, context->leaf_key) &&
	       set_up_client(context->client) && rehearse(context);
}

struct tls_context *tls_context_new(bool upstream, const char *upstream_ca)
{
	struct tls_context *context = calloc(1, sizeof(*context));

	if (context && OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) && fill(context)) {
		if (upstream && load_store(context->client, upstream_ca))
			return context;
		if (!upstream) {
			SSL_CTX_free(context->client);
			context->client = NULL;
			return context;
		}
	} else {
		fprintf(stderr, "refnat: TLS: %s\n",
		        ERR_reason_error_string(ERR_peek_last_error()));
	}
	tls_context_free(context);
	return NULL;
}

void tls_context_free(struct tls_context *context)
{
	if (!context)
		return;
	tls_sessions_free(&context->sessions);
	SSL_CTX_free(context->server);
	SSL_CTX_free(context->client);
	EVP_PKEY_free(context->leaf_key);
	BIO_meth_free(context->method);
	free(context);
}

EVP_PKEY *tls_context_leaf_key(const struct tls_context *context)
{
	return context->leaf_key;
}
