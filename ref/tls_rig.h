/* SPDX-License-Identifier: ISC */
/* tls_rig.h: for tests only. Two ends of TLS with a cable between them, and certificates of every
 * bad kind. */
#ifndef REF_TLS_RIG_H
#define REF_TLS_RIG_H

#include "ref/cert.h"
#include "ref/tls_context.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DAY_S 86400

/* --- certificates --- */

/* One to be made; what is NULL or 0 is left out, or as it should be. */
struct paper {
	const char *common_name, *names;     /* names: as in openssl.cnf, "DNS:a.test" */
	const char *usage, *purpose, *basic; /* keyUsage, extendedKeyUsage, basicConstraints */
	const char *constraints;             /* nameConstraints */
	int from_days, to_days;              /* from now; 0, 0: -1, 30 */
	const char *digest;                  /* "SHA256" */
	X509 *issuer;                        /* NULL: itself */
	EVP_PKEY *key, *issuer_key;
};

static inline void paper_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	if (!value)
		return;
	X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	assert_non_null(extension);
	assert_true(X509_add_ext(cert, extension, -1));
	X509_EXTENSION_free(extension);
}

static inline X509 *paper_make(const struct paper *p)
{
	static long serial = 1000;
	const bool plain = !p->from_days && !p->to_days;
	X509 *cert = X509_new(), *issuer = p->issuer ? p->issuer : cert;
	const char *digest = p->digest ? p->digest : "SHA256";
	const time_t now = time(NULL);

	assert_true(X509_set_version(cert, X509_VERSION_3));
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
	ASN1_TIME_set(X509_getm_notBefore(cert), now + (plain ? -1 : p->from_days) * DAY_S);
	ASN1_TIME_set(X509_getm_notAfter(cert), now + (plain ? 30 : p->to_days) * DAY_S);
	X509_set_pubkey(cert, p->key);
	if (p->common_name)
		X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
		                           (const unsigned char *)p->common_name, -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(issuer));
	paper_extension(cert, issuer, NID_basic_constraints, p->basic);
	paper_extension(cert, issuer, NID_key_usage, p->usage);
	paper_extension(cert, issuer, NID_ext_key_usage, p->purpose);
	paper_extension(cert, issuer, NID_name_constraints, p->constraints);
	paper_extension(cert, issuer, NID_subject_key_identifier, "hash");
	paper_extension(cert, issuer, NID_authority_key_identifier, "keyid:always");
	paper_extension(cert, issuer, NID_subject_alt_name, p->names);
	assert_true(X509_sign(cert, p->issuer_key ? p->issuer_key : p->key,
	                      EVP_get_digestbyname(digest)));
	return cert;
}

/* Writes a PEM file of one certificate into `path`, which mkstemp() fills in. */
static inline void paper_write(char *path, X509 *cert)
{
	FILE *file = fdopen(mkstemp(path), "w");

	assert_non_null(file);
	assert_true(PEM_write_X509(file, cert));
	fclose(file);
}

/* --- the cable --- */

#define CABLE_MAX (64 * 1024)

struct half {
	struct tls_end *end;
	struct buf in, plain_in, plain_out;
	uint8_t in_bytes[CABLE_MAX], plain_in_bytes[CABLE_MAX], plain_out_bytes[CABLE_MAX];
	bool cut; /* its peer's stream has ended */
	enum tls_end_result result;
};

/* What one writes is at once in the other's queue, of which each is `room` bytes long. */
struct cable {
	struct half server, client;
	struct buf held; /* what goes to the server waits here when `grain` is set */
	uint8_t held_bytes[CABLE_MAX];
	size_t grain; /* bytes to the server at a time; 0: all */
};

static inline void half_open(struct half *h, size_t room)
{
	h->in = buf_of(h->in_bytes, room);
	h->plain_in = buf_of(h->plain_in_bytes, CABLE_MAX);
	h->plain_out = buf_of(h->plain_out_bytes, CABLE_MAX);
	h->result = TLS_END_HANDSHAKING;
}

static inline void cable_open(struct cable *c, struct tls_end *server, struct tls_end *client,
                              size_t room)
{
	memset(c, 0, sizeof(*c));
	half_open(&c->server, room);
	half_open(&c->client, room);
	c->server.end = server;
	c->client.end = client;
	c->held = buf_of(c->held_bytes, room);
}

/* Returns whether anything moved. */
static inline bool half_step(struct half *h, struct buf *out)
{
	const struct tls_end_io io = {&h->in, out, &h->plain_in, &h->plain_out, h->cut};
	const size_t in = buf_len(&h->in), sent = buf_len(out), plain = buf_len(&h->plain_out);
	const enum tls_end_result result = h->result;

	h->result = tls_end_step(h->end, &io);
	return in != buf_len(&h->in) || sent != buf_len(out) || plain != buf_len(&h->plain_out) ||
	       result != h->result;
}

static inline bool cable_once(struct cable *c)
{
	bool moved = half_step(&c->client, &c->held);

	if (!c->grain)
		moved |= buf_pour(&c->server.in, &c->held) > 0;
	for (size_t n = 0; n < c->grain && buf_len(&c->held) && buf_free(&c->server.in); n++) {
		assert_true(buf_put(&c->server.in, rd_of(buf_bytes(&c->held).p, 1)));
		buf_take(&c->held, 1);
		moved = true;
	}
	return half_step(&c->server, &c->client.in) || moved;
}

/* Steps both ends until nothing changes. */
static inline void cable_run(struct cable *c)
{
	int i = 0;

	while (cable_once(c))
		assert_true(i++ < 200000);
}

static inline void cable_close(struct cable *c)
{
	tls_end_free(c->server.end);
	tls_end_free(c->client.end);
}

static inline void half_say(struct half *h, const char *text)
{
	assert_true(buf_put(&h->plain_in, rd_of(text, strlen(text))));
}

/* --- a scene: two ends that trust a CA of the test's own --- */

#define NAME "a.ok.test"

struct scene {
	struct tls_context *context;
	EVP_PKEY *ca_key;
	X509 *ca, *leaf;
	struct cable cable;
};

static inline X509 *make_leaf(const struct scene *s, const char *name)
{
	const struct cert_spec spec = {
	        .dns = name,
	        .key = tls_context_leaf_key(s->context),
	        .issuer = s->ca,
	        .issuer_key = s->ca_key,
	        .not_before_s = time(NULL) - 60,
	        .not_after_s = time(NULL) + DAY_S,
	};
	X509 *leaf = cert_make(&spec);

	assert_non_null(leaf);
	return leaf;
}

static inline int set_up(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	char path[] = "/tmp/tls-end-XXXXXX";
	struct paper ca = {
	        .common_name = "CA", .basic = "critical,CA:TRUE", .usage = "critical,keyCertSign"};

	s->ca_key = cert_key();
	ca.key = s->ca_key;
	s->ca = paper_make(&ca);
	paper_write(path, s->ca);
	s->context = tls_context_new(true, path);
	unlink(path);
	assert_non_null(s->context);
	s->leaf = make_leaf(s, NAME);
	*state = s;
	return 0;
}

static inline int tear_down(void **state)
{
	struct scene *s = *state;

	X509_free(s->leaf);
	X509_free(s->ca);
	EVP_PKEY_free(s->ca_key);
	tls_context_free(s->context);
	free(s);
	return 0;
}

/* Plugs in a pair of ends whose queues are that long; the client knows the server from nowhere. */
static inline struct cable *plug(struct scene *s, size_t room)
{
	struct tls_end *server = tls_end_server(s->context, s->leaf, NAME), *client;

	tls_sessions_free(&s->context->sessions);
	client = tls_end_client(s->context, NAME);
	assert_non_null(server);
	assert_non_null(client);
	cable_open(&s->cable, server, client, room);
	return &s->cable;
}

#define assert_heard(half, text)                                                                   \
	do {                                                                                       \
		const struct rd heard_ = buf_bytes(&(half)->plain_out);                            \
		assert_int_equal(heard_.n, strlen(text));                                          \
		assert_memory_equal(heard_.p, text, heard_.n);                                     \
		buf_take(&(half)->plain_out, heard_.n);                                            \
	} while (0)

#define assert_failure(end, failure)                                                               \
	assert_string_equal(tls_failure_name(tls_end_failure(end)), tls_failure_name(failure))

#endif
