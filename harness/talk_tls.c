/* SPDX-License-Identifier: ISC */
/* talk_tls.c: see talk_tls.h. */
#include "harness/talk_tls.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALERT_FATAL 2

struct talk_tls {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out; /* the SSL owns them */
	enum talk_tls_state state;
	unsigned alert;
	char why[160];
};

/* ---- start ---- */

static void note_alert(const SSL *ssl, int where, int value)
{
	struct talk_tls *t = SSL_get_app_data(ssl);

	if (where == SSL_CB_READ_ALERT && value >> 8 == ALERT_FATAL)
		t->alert = (unsigned)value & 0xff;
}

static bool set_trust(struct talk_tls *t, const struct talk_to *to, const char *dir, char *why)
{
	char path[PATH_MAX];

	if (to->trust == TALK_TRUST_NONE) {
		SSL_CTX_set_verify(t->ctx, SSL_VERIFY_NONE, NULL);
		return true;
	}
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	snprintf(path, sizeof(path), "%s/%s", dir,
	         to->trust == TALK_TRUST_CA ? "filter-ca.pem" : "world-ca.pem");
	if (SSL_CTX_load_verify_file(t->ctx, path) == 1)
		return true;
	snprintf(why, 256, "no certificate can be read from %.200s", path);
	return false;
}

static bool set_alpn(struct talk_tls *t, const char *names)
{
	unsigned char list[TALK_ALPN_MAX + 2];
	unsigned len = 0;

	if (!*names)
		return true;
	while (*names) {
		size_t n = strcspn(names, ",");

		list[len++] = (unsigned char)n;
		memcpy(list + len, names, n);
		len += (unsigned)n;
		names += n + (names[n] == ',');
	}
	return SSL_set_alpn_protos(t->ssl, list, len) == 0;
}

static bool set_name(struct talk_tls *t, const struct talk_to *to)
{
	if (!*to->name)
		return true;
	/* What SSL_set_tlsext_host_name() does, without its cast. */
	return SSL_ctrl(t->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
	                (char *)(uintptr_t)to->name) == 1 &&
	       (to->trust == TALK_TRUST_NONE || SSL_set1_host(t->ssl, to->name) == 1);
}

static bool set_up(struct talk_tls *t, const struct talk_to *to, const char *dir, char *why)
{
	snprintf(why, 256, "OpenSSL cannot make a client");
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (!t->ctx || !set_trust(t, to, dir, why))
		return false;
	SSL_CTX_set_min_proto_version(t->ctx, to->version ? to->version : TLS1_2_VERSION);
	SSL_CTX_set_max_proto_version(t->ctx, to->version ? to->version : TLS1_3_VERSION);
	t->ssl = SSL_new(t->ctx);
	t->in = BIO_new(BIO_s_mem());
	t->out = BIO_new(BIO_s_mem());
	if (!t->ssl || !t->in || !t->out)
		return false;
	BIO_set_mem_eof_return(t->in, -1);
	SSL_set_bio(t->ssl, t->in, t->out);
	SSL_set_app_data(t->ssl, t);
	SSL_set_info_callback(t->ssl, note_alert);
	SSL_set_connect_state(t->ssl);
	SSL_set_hostflags(t->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return set_name(t, to) && set_alpn(t, to->alpn);
}

struct talk_tls *talk_tls_new(const struct talk_to *to, const char *dir, char *why)
{
	struct talk_tls *t = calloc(1, sizeof(*t));

	if (!t) {
		snprintf(why, 256, "out of memory");
		return NULL;
	}
	t->alert = TALK_ALERT_NONE;
	if (set_up(t, to, dir, why))
		return t;
	talk_tls_free(t);
	return NULL;
}

void talk_tls_free(struct talk_tls *t)
{
	if (!t)
		return;
	if (t->ssl) {
		SSL_free(t->ssl);
	} else {
		BIO_free(t->in);
		BIO_free(t->out);
	}
	SSL_CTX_free(t->ctx);
	free(t);
}

/* ---- steps ---- */

static void take_out(struct talk_tls *t, struct talk_bytes *out)
{
	char buf[4096];
	int n;

	while ((n = BIO_read(t->out, buf, sizeof(buf))) > 0)
		talk_bytes_add(out, buf, (size_t)n);
}

/* What OpenSSL says about a call that did not succeed; true when it only wants more. */
static bool wants_more(struct talk_tls *t, int result)
{
	int error = SSL_get_error(t->ssl, result);
	long verify = SSL_get_verify_result(t->ssl);
	const char *reason;

	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return true;
	if (error == SSL_ERROR_ZERO_RETURN) {
		t->state = TALK_TLS_ENDED;
		return false;
	}
	reason = ERR_reason_error_string(ERR_peek_error());
	if (t->alert != TALK_ALERT_NONE)
		snprintf(t->why, sizeof(t->why), "the alert %s", talk_alert_name(t->alert));
	else if (verify != X509_V_OK && SSL_is_init_finished(t->ssl) == 0)
		snprintf(t->why, sizeof(t->why),
		         "a certificate that the guest does not believe (%s)",
		         X509_verify_cert_error_string(verify));
	else
		snprintf(t->why, sizeof(t->why), "TLS that the guest does not understand (%s)",
		         reason ? reason : "no reason given");
	t->state = TALK_TLS_FAILED;
	return false;
}

static void shake(struct talk_tls *t)
{
	int result = SSL_do_handshake(t->ssl);

	if (result == 1)
		t->state = TALK_TLS_OPEN;
	else
		wants_more(t, result);
}

enum talk_tls_state talk_tls_step(struct talk_tls *t, struct talk_bytes *in,
                                  struct talk_bytes *heard, struct talk_bytes *out)
{
	char buf[16384];
	int n;

	ERR_clear_error();
	if (in->n && BIO_write(t->in, in->p, (int)in->n) == (int)in->n)
		talk_bytes_drop(in, in->n);
	if (t->state == TALK_TLS_SHAKING)
		shake(t);
	while (t->state == TALK_TLS_OPEN) {
		n = SSL_read(t->ssl, buf, sizeof(buf));
		if (n > 0)
			talk_bytes_add(heard, buf, (size_t)n);
		else if (wants_more(t, n))
			break;
	}
	take_out(t, out);
	return t->state;
}

bool talk_tls_say(struct talk_tls *t, const uint8_t *p, size_t n, struct talk_bytes *out, char *why)
{
	int result;

	ERR_clear_error();
	result = n ? SSL_write(t->ssl, p, (int)n) : 1;
	take_out(t, out);
	if (result > 0)
		return true;
	snprintf(why, 256, "TLS does not take what is said");
	return false;
}

void talk_tls_end(struct talk_tls *t, struct talk_bytes *out)
{
	if (t->state == TALK_TLS_OPEN || t->state == TALK_TLS_ENDED) {
		ERR_clear_error();
		SSL_shutdown(t->ssl);
		take_out(t, out);
	}
}

unsigned talk_tls_alert(const struct talk_tls *t)
{
	return t->alert;
}

const char *talk_tls_why(const struct talk_tls *t)
{
	return t->why;
}
