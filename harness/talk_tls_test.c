/* SPDX-License-Identifier: ISC */
/* talk_tls_test.c: the guest's TLS, against OpenSSL as a server with the certificates that make-ca makes. Run from the
 * project's folder; elsewhere the tests skip themselves. */
#include "harness/talk_tls.h"

#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DIR "build/lab/tls"

struct stage {
	struct talk_tls *guest;
	enum talk_tls_state state;
	struct talk_bytes to_guest, heard, to_server;
	SSL_CTX *ctx;
	SSL *server;
	BIO *in, *out;
};

static int deny(SSL *ssl, int *alert, void *arg)
{
	(void)ssl;
	(void)arg;
	*alert = SSL_AD_ACCESS_DENIED;
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void open_stage(struct stage *g, const struct talk_to *to, bool denies)
{
	char why[256] = "";

	if (access(DIR "/good.pem", R_OK))
		skip();
	*g = (struct stage){.guest = talk_tls_new(to, DIR, why)};
	if (!g->guest)
		fail_msg("%s", why);
	g->ctx = SSL_CTX_new(TLS_server_method());
	assert_int_equal(SSL_CTX_use_certificate_chain_file(g->ctx, DIR "/good.pem"), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey_file(g->ctx, DIR "/good.pem", SSL_FILETYPE_PEM), 1);
	if (denies)
		SSL_CTX_set_tlsext_servername_callback(g->ctx, deny);
	g->server = SSL_new(g->ctx);
	g->in = BIO_new(BIO_s_mem());
	g->out = BIO_new(BIO_s_mem());
	BIO_set_mem_eof_return(g->in, -1);
	SSL_set_bio(g->server, g->in, g->out);
	SSL_set_accept_state(g->server);
}

/* Both go on until neither has anything to say. */
static void exchange(struct stage *g)
{
	char buf[4096];
	int n;

	for (unsigned i = 0; i < 8; i++) {
		g->state = talk_tls_step(g->guest, &g->to_guest, &g->heard, &g->to_server);
		if (g->to_server.n)
			BIO_write(g->in, g->to_server.p, (int)g->to_server.n);
		talk_bytes_drop(&g->to_server, g->to_server.n);
		SSL_do_handshake(g->server);
		while ((n = BIO_read(g->out, buf, sizeof(buf))) > 0)
			talk_bytes_add(&g->to_guest, buf, (size_t)n);
	}
}

static void close_stage(struct stage *g)
{
	talk_tls_free(g->guest);
	SSL_free(g->server);
	SSL_CTX_free(g->ctx);
	talk_bytes_free(&g->to_guest);
	talk_bytes_free(&g->heard);
	talk_bytes_free(&g->to_server);
}

static const struct talk_to good = {
        .proto = TALK_TLS, .name = "ok.test", .alpn = "http/1.1", .trust = TALK_TRUST_UPSTREAM};

static void bytes_go_both_ways_until_close_notify(void **state)
{
	static const uint16_t versions[] = {0, TLS1_2_VERSION, TLS1_3_VERSION};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct talk_to to = good;
		struct stage g;
		char buf[16] = "", why[256];

		to.version = versions[i];
		open_stage(&g, &to, false);
		exchange(&g);
		assert_int_equal(g.state, TALK_TLS_OPEN);
		if (versions[i])
			assert_int_equal(SSL_version(g.server), versions[i]);
		assert_string_equal(SSL_get_servername(g.server, TLSEXT_NAMETYPE_host_name),
		                    "ok.test");
		assert_true(talk_tls_say(g.guest, (const uint8_t *)"ask", 3, &g.to_server, why));
		exchange(&g);
		assert_int_equal(SSL_read(g.server, buf, sizeof(buf)), 3);
		assert_string_equal(buf, "ask");
		assert_int_equal(SSL_write(g.server, "told", 4), 4);
		SSL_shutdown(g.server);
		exchange(&g);
		exchange(&g);
		assert_int_equal(g.heard.n, 4);
		assert_memory_equal(g.heard.p, "told", 4);
		assert_int_equal(g.state, TALK_TLS_ENDED);
		talk_tls_end(g.guest, &g.to_server);
		assert_true(g.to_server.n > 0);
		assert_int_equal(talk_tls_alert(g.guest), TALK_ALERT_NONE);
		close_stage(&g);
	}
}

static void only_who_is_trusted_is_believed(void **state)
{
	struct talk_to to = good;
	struct stage g;

	(void)state;
	to.trust = TALK_TRUST_CA;
	open_stage(&g, &to, false);
	exchange(&g);
	assert_int_equal(g.state, TALK_TLS_FAILED);
	assert_non_null(strstr(talk_tls_why(g.guest), "does not believe"));
	assert_int_equal(talk_tls_alert(g.guest), TALK_ALERT_NONE);
	close_stage(&g);

	to = good;
	snprintf(to.name, sizeof(to.name), "no.test");
	open_stage(&g, &to, false);
	exchange(&g);
	assert_int_equal(g.state, TALK_TLS_FAILED);
	assert_non_null(strstr(talk_tls_why(g.guest), "hostname mismatch"));
	close_stage(&g);

	to.trust = TALK_TRUST_NONE;
	open_stage(&g, &to, false);
	exchange(&g);
	assert_int_equal(g.state, TALK_TLS_OPEN);
	close_stage(&g);
}

static void an_alert_is_heard(void **state)
{
	struct stage g;

	(void)state;
	open_stage(&g, &good, true);
	exchange(&g);
	assert_int_equal(g.state, TALK_TLS_FAILED);
	assert_int_equal(talk_tls_alert(g.guest), 49);
	assert_string_equal(talk_tls_why(g.guest), "the alert access_denied");
	close_stage(&g);
}

static void what_is_no_tls_fails(void **state)
{
	struct stage g;

	(void)state;
	open_stage(&g, &good, false);
	talk_bytes_add(&g.to_guest, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
	g.state = talk_tls_step(g.guest, &g.to_guest, &g.heard, &g.to_server);
	assert_int_equal(g.state, TALK_TLS_FAILED);
	assert_non_null(strstr(talk_tls_why(g.guest), "does not understand"));
	close_stage(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(bytes_go_both_ways_until_close_notify),
	        cmocka_unit_test(only_who_is_trusted_is_believed),
	        cmocka_unit_test(an_alert_is_heard),
	        cmocka_unit_test(what_is_no_tls_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
