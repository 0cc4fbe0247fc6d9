/* SPDX-License-Identifier: ISC */
/* tls_end_bad_test.c: what an end refuses: hellos that are not what was decided upon, and servers that
 * are not who they should be. */
#include "ref/tls_rig.h"

#include <openssl/err.h>

/* --- the server --- */

/* Runs the handshake with a client that was changed; both must know that it failed. */
static void expect_refusal(struct cable *c, enum tls_failure server, enum tls_failure client)
{
	half_say(&c->client, "never");
	half_say(&c->server, "never");
	cable_run(c);
	assert_int_equal(c->server.result, TLS_END_FAILED);
	assert_failure(c->server.end, server);
	assert_failure(c->client.end, client);
	assert_int_equal(buf_len(&c->server.plain_out), 0);
	assert_int_equal(buf_len(&c->client.plain_out), 0);
	assert_int_equal(buf_len(&c->client.plain_in), strlen("never"));
	cable_close(c);
}

static void ask_for(struct cable *c, const char *name)
{
	char text[TLS_NAME_MAX + 1];

	snprintf(text, sizeof(text), "%s", name);
	assert_true(SSL_set_tlsext_host_name(c->client.end->ssl, text));
}

static void another_name_than_decided_upon_is_refused(void **state)
{
	static const char *const names[] = {"no.test", "a.ok.test.no.test", "b.ok.test", "a.ok.tes",
	                                    "ok.test", "a_ok.test",         "192.0.2.1"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct cable *c = plug(*state, CABLE_MAX);

		ask_for(c, names[i]);
		expect_refusal(c, TLS_FAILURE_NAME_CHANGED, TLS_FAILURE_ALERT_HANDSHAKE);
	}
}

static void no_name_is_refused(void **state)
{
	struct cable *c = plug(*state, CABLE_MAX);

	SSL_set_tlsext_host_name(c->client.end->ssl, NULL);
	expect_refusal(c, TLS_FAILURE_NAME_CHANGED, TLS_FAILURE_ALERT_HANDSHAKE);
}

static void the_name_may_be_spelled_differently(void **state)
{
	static const char *const names[] = {"A.OK.test", "a.ok.test."};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct cable *c = plug(*state, CABLE_MAX);

		ask_for(c, names[i]);
		cable_run(c);
		assert_int_equal(c->server.result, TLS_END_OK);
		cable_close(c);
	}
}

static int rename_host(SSL *ssl, void *arg)
{
	(void)arg;
	SSL_set_tlsext_host_name(ssl, "no.test");
	return 1;
}

/* The client offers a share of a group that the server does not want, is asked for another, and asks
 * for another name in its second hello. */
static void the_second_hello_is_looked_at_too(void **state)
{
	for (int changed = 0; changed < 2; changed++) {
		struct cable *c = plug(*state, CABLE_MAX);

		assert_true(SSL_set1_groups_list(c->client.end->ssl, "P-521:P-256"));
		half_step(&c->client, &c->server.in);
		half_step(&c->server, &c->client.in);
		assert_int_equal(c->server.result, TLS_END_HANDSHAKING);
		if (changed)
			rename_host(c->client.end->ssl, NULL);
		cable_run(c);
		assert_int_equal(c->server.result, changed ? TLS_END_FAILED : TLS_END_OK);
		if (changed)
			assert_failure(c->server.end, TLS_FAILURE_NAME_CHANGED);
		cable_close(c);
	}
}

static void alpn_without_http_1_1_is_refused(void **state)
{
	static const unsigned char h2[] = {2, 'h', '2'}, both[] = "\2h2\10http/1.1";
	struct cable *c = plug(*state, CABLE_MAX);

	SSL_set_alpn_protos(c->client.end->ssl, h2, sizeof(h2));
	expect_refusal(c, TLS_FAILURE_ALPN, TLS_FAILURE_ALERT_HANDSHAKE);

	c = plug(*state, CABLE_MAX);
	SSL_set_alpn_protos(c->client.end->ssl, both, sizeof(both) - 1);
	cable_run(c);
	assert_int_equal(c->server.result, TLS_END_OK);
	cable_close(c);
}

static void no_alpn_is_served(void **state)
{
	struct cable *c = plug(*state, CABLE_MAX);

	SSL_set_alpn_protos(c->client.end->ssl, NULL, 0);
	cable_run(c);
	assert_int_equal(c->server.result, TLS_END_OK);
	cable_close(c);
}

static void old_versions_are_refused(void **state)
{
	struct cable *c = plug(*state, CABLE_MAX);

	SSL_set_security_level(c->client.end->ssl, 0);
	SSL_set_cipher_list(c->client.end->ssl, "ALL:@SECLEVEL=0");
	SSL_set_min_proto_version(c->client.end->ssl, TLS1_VERSION);
	SSL_set_max_proto_version(c->client.end->ssl, TLS1_1_VERSION);
	expect_refusal(c, TLS_FAILURE_VERSION, TLS_FAILURE_ALERT_HANDSHAKE);
}

static void what_is_not_tls_is_malformed(void **state)
{
	static const char *const texts[] = {"GET / HTTP/1.1\r\nHost: ok.test\r\n\r\n",
	                                    "SSH-2.0-OpenSSH_9.2\r\n",
	                                    ("\x16\x03\x01\x00\x05"
	                                     "hello")};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct cable *c = plug(*state, CABLE_MAX);

		assert_true(buf_put(&c->server.in, rd_of(texts[i], strlen(texts[i]))));
		buf_put(&c->server.in, rd_of("\0\0\0\0\0\0\0\0\0\0", 10));
		half_step(&c->server, &c->client.in);
		assert_int_equal(c->server.result, TLS_END_FAILED);
		assert_failure(c->server.end, TLS_FAILURE_MALFORMED);
		cable_close(c);
	}
}

static void a_client_that_does_not_know_our_ca_says_so(void **state)
{
	struct cable *c = plug(*state, CABLE_MAX);
	X509_STORE *empty = X509_STORE_new();

	SSL_set0_verify_cert_store(c->client.end->ssl, empty);
	cable_run(c);
	assert_failure(c->client.end, TLS_FAILURE_UNKNOWN_CA);
	assert_failure(c->server.end, TLS_FAILURE_ALERT_UNKNOWN_CA);
	cable_close(c);
}

static void renegotiation_is_refused(void **state)
{
	struct cable *c = plug(*state, CABLE_MAX);

	SSL_set_max_proto_version(c->client.end->ssl, TLS1_2_VERSION);
	SSL_clear_options(c->client.end->ssl, SSL_OP_NO_RENEGOTIATION);
	cable_run(c);
	assert_int_equal(c->server.result, TLS_END_OK);
	assert_true(SSL_renegotiate(c->client.end->ssl));
	SSL_do_handshake(c->client.end->ssl);
	cable_run(c);
	/* The server says no and goes on; OpenSSL's client gives up. */
	assert_int_not_equal(c->client.result, TLS_END_HANDSHAKING);
	assert_int_equal(SSL_num_renegotiations(c->server.end->ssl), 0);
	cable_close(c);
}

static void a_changed_byte_is_noticed(void **state)
{
	struct cable *c = plug(*state, CABLE_MAX);

	cable_run(c);
	half_say(&c->client, "question");
	half_step(&c->client, &c->server.in);
	c->server.in.memory[c->server.in.to - 1] ^= 1;
	half_step(&c->server, &c->client.in);
	assert_int_equal(c->server.result, TLS_END_FAILED);
	assert_failure(c->server.end, TLS_FAILURE_MALFORMED);
	assert_int_equal(buf_len(&c->server.plain_out), 0);
	cable_close(c);
}

/* --- the client: who the server must not be --- */

#define SERVER  .purpose = "serverAuth", .usage = "digitalSignature"
#define CA_BITS .basic = "critical,CA:TRUE", .usage = "critical,keyCertSign", .common_name

/* Makes a server's certificate out of `leaf`, signed by `between` if that has a name, which the CA
 * signs; and looks what a client says of it. */
static void try_server(struct scene *s, struct paper leaf, struct paper between,
                       enum tls_failure expected)
{
	EVP_PKEY *own = cert_key(), *second = cert_key();
	struct cable *c = plug(s, CABLE_MAX);
	SSL *ssl = c->server.end->ssl;
	X509 *middle = NULL, *cert;

	if (between.common_name) {
		between.key = second;
		between.issuer = s->ca;
		between.issuer_key = s->ca_key;
		middle = paper_make(&between);
		leaf.issuer = middle;
		leaf.issuer_key = second;
	} else if (!leaf.issuer && !leaf.issuer_key) {
		leaf.issuer = s->ca;
		leaf.issuer_key = s->ca_key;
	}
	if (!leaf.key)
		leaf.key = own;
	cert = paper_make(&leaf);
	SSL_certs_clear(ssl);
	SSL_set_security_level(ssl, 0);
	assert_true(SSL_use_cert_and_key(ssl, cert, leaf.key, NULL, 1));
	if (middle)
		assert_true(SSL_add1_chain_cert(ssl, middle));
	half_say(&c->client, "secret");
	cable_run(c);
	assert_failure(c->client.end, expected);
	if (expected == TLS_FAILURE_NONE) {
		assert_heard(&c->server, "secret");
	} else {
		assert_int_equal(c->client.result, TLS_END_FAILED);
		assert_true(tls_failure_is_certificate(expected));
		assert_int_equal(buf_len(&c->client.plain_in), strlen("secret"));
		assert_int_equal(c->server.result, TLS_END_FAILED);
		assert_int_equal(buf_len(&c->server.plain_out), 0);
	}
	cable_close(c);
	X509_free(cert);
	X509_free(middle);
	EVP_PKEY_free(own);
	EVP_PKEY_free(second);
}

static void a_good_server_is_believed(void **state)
{
	const struct paper none = {0};

	try_server(*state, (struct paper){.names = "DNS:a.ok.test", SERVER}, none,
	           TLS_FAILURE_NONE);
	try_server(*state, (struct paper){.names = "DNS:*.ok.test", SERVER}, none,
	           TLS_FAILURE_NONE);
	try_server(*state, (struct paper){.names = "DNS:no.test,DNS:A.OK.TEST", SERVER}, none,
	           TLS_FAILURE_NONE);
	try_server(*state, (struct paper){.names = "DNS:a.ok.test"}, none, TLS_FAILURE_NONE);
	try_server(*state, (struct paper){.names = "DNS:a.ok.test", SERVER},
	           (struct paper){CA_BITS = "between"}, TLS_FAILURE_NONE);
	try_server(*state, (struct paper){.names = "DNS:a.ok.test", SERVER},
	           (struct paper){CA_BITS = "between", .constraints = "permitted;DNS:test"},
	           TLS_FAILURE_NONE);
}

static void the_time_must_be_right(void **state)
{
	const struct paper none = {0};

	try_server(*state,
	           (struct paper){.names = "DNS:a.ok.test", .from_days = -9, .to_days = -1, SERVER},
	           none, TLS_FAILURE_EXPIRED);
	try_server(*state,
	           (struct paper){.names = "DNS:a.ok.test", .from_days = 1, .to_days = 9, SERVER},
	           none, TLS_FAILURE_NOT_YET_VALID);
	try_server(*state, (struct paper){.names = "DNS:a.ok.test", SERVER},
	           (struct paper){CA_BITS = "old", .from_days = -9, .to_days = -1},
	           TLS_FAILURE_EXPIRED);
}

static void the_name_must_be_right(void **state)
{
	static const char *const names[] = {
	        "DNS:no.test",
	        "DNS:a*.ok.test",
	        "DNS:*a.ok.test",
	        "DNS:*.a.ok.test",
	        "DNS:*",
	        "DNS:*.test",
	        "DNS:a.ok.tes",
	        "DNS:a.a.ok.test",
	        "DNS:.ok.test",
	        "DNS:a.*.test",
	        "DNS:ok.test",
	        "IP:192.0.2.1",
	        "email:ok@a.ok.test",
	        "URI:https://a.ok.test/",
	};
	const struct paper none = {0};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		try_server(*state, (struct paper){.names = names[i], SERVER}, none,
		           TLS_FAILURE_WRONG_NAME);
	/* A name in the subject alone, and none at all. */
	try_server(*state, (struct paper){.common_name = NAME, SERVER}, none,
	           TLS_FAILURE_WRONG_NAME);
	try_server(*state, (struct paper){SERVER}, none, TLS_FAILURE_WRONG_NAME);
}

static void somebody_known_must_have_signed(void **state)
{
	const struct paper none = {0};
	struct scene *s = *state;
	EVP_PKEY *key = cert_key(), *other_key = cert_key();
	struct paper other = {CA_BITS = "other", .key = other_key};
	X509 *ca = paper_make(&other);
	X509 *twin;

	/* By itself, by a stranger, by a stranger of our CA's name. */
	try_server(s,
	           (struct paper){.names = "DNS:a.ok.test",
	                          .common_name = "me",
	                          .key = key,
	                          .issuer_key = key,
	                          SERVER},
	           none, TLS_FAILURE_SELF_SIGNED);
	try_server(s,
	           (struct paper){
	                   .names = "DNS:a.ok.test", .issuer = ca, .issuer_key = other_key, SERVER},
	           none, TLS_FAILURE_UNKNOWN_CA);
	other.common_name = "CA";
	twin = paper_make(&other);
	try_server(
	        s,
	        (struct paper){
	                .names = "DNS:a.ok.test", .issuer = twin, .issuer_key = other_key, SERVER},
	        none, TLS_FAILURE_UNKNOWN_CA);
	/* In our CA's name and key identifier, but not by it. */
	try_server(
	        s,
	        (struct paper){
	                .names = "DNS:a.ok.test", .issuer = s->ca, .issuer_key = other_key, SERVER},
	        none, TLS_FAILURE_BAD_SIGNATURE);
	X509_free(ca);
	X509_free(twin);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other_key);
}

static void who_signed_must_be_allowed_to(void **state)
{
	const struct paper leaf = {.names = "DNS:a.ok.test", SERVER};

	try_server(*state, leaf, (struct paper){.common_name = "leaf", SERVER},
	           TLS_FAILURE_NOT_A_CA);
	try_server(*state, leaf,
	           (struct paper){.common_name = "crl",
	                          .basic = "critical,CA:TRUE",
	                          .usage = "critical,cRLSign"},
	           TLS_FAILURE_NOT_A_CA);
	try_server(*state, leaf,
	           (struct paper){CA_BITS = "narrow", .constraints = "permitted;DNS:other.test"},
	           TLS_FAILURE_NAME_CONSTRAINT);
	try_server(*state, leaf,
	           (struct paper){CA_BITS = "narrow", .constraints = "excluded;DNS:ok.test"},
	           TLS_FAILURE_NAME_CONSTRAINT);
}

static void the_purpose_must_be_a_servers(void **state)
{
	const struct paper none = {0};

	try_server(*state, (struct paper){.names = "DNS:a.ok.test", .purpose = "clientAuth"}, none,
	           TLS_FAILURE_NO_SERVER_AUTH);
	try_server(*state, (struct paper){.names = "DNS:a.ok.test", .purpose = "emailProtection"},
	           none, TLS_FAILURE_NO_SERVER_AUTH);
	try_server(*state,
	           (struct paper){.names = "DNS:a.ok.test", .purpose = "clientAuth,serverAuth"},
	           none, TLS_FAILURE_NONE);
}

static void keys_and_signatures_must_be_strong(void **state)
{
	const struct paper none = {0};
	EVP_PKEY *rsa_1024 = EVP_RSA_gen(1024), *rsa_2048 = EVP_RSA_gen(2048);

	try_server(*state, (struct paper){.names = "DNS:a.ok.test", .key = rsa_1024, SERVER}, none,
	           TLS_FAILURE_WEAK);
	try_server(*state, (struct paper){.names = "DNS:a.ok.test", .digest = "SHA1", SERVER}, none,
	           TLS_FAILURE_WEAK);
	try_server(*state, (struct paper){.names = "DNS:a.ok.test", .key = rsa_2048, SERVER}, none,
	           TLS_FAILURE_NONE);
	EVP_PKEY_free(rsa_1024);
	EVP_PKEY_free(rsa_2048);
}

static void a_server_of_old_versions_is_refused(void **state)
{
	struct cable *c = plug(*state, CABLE_MAX);

	SSL_set_security_level(c->server.end->ssl, 0);
	SSL_set_cipher_list(c->server.end->ssl, "ALL:@SECLEVEL=0");
	SSL_set_min_proto_version(c->server.end->ssl, TLS1_VERSION);
	SSL_set_max_proto_version(c->server.end->ssl, TLS1_1_VERSION);
	cable_run(c);
	assert_failure(c->client.end, TLS_FAILURE_ALERT_HANDSHAKE);
	assert_failure(c->server.end, TLS_FAILURE_VERSION);
	cable_close(c);
}

static void a_server_that_is_none_is_malformed(void **state)
{
	static const char text[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	struct cable *c = plug(*state, CABLE_MAX);

	half_step(&c->client, &c->held);
	assert_true(buf_put(&c->client.in, rd_of(text, strlen(text))));
	half_step(&c->client, &c->held);
	assert_int_equal(c->client.result, TLS_END_FAILED);
	assert_failure(c->client.end, TLS_FAILURE_MALFORMED);
	cable_close(c);
}

static void a_server_that_goes_away_is_cut(void **state)
{
	struct cable *c = plug(*state, CABLE_MAX);

	half_step(&c->client, &c->held);
	c->client.cut = true;
	half_step(&c->client, &c->held);
	assert_int_equal(c->client.result, TLS_END_FAILED);
	assert_failure(c->client.end, TLS_FAILURE_CUT);
	cable_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(another_name_than_decided_upon_is_refused),
	        cmocka_unit_test(no_name_is_refused),
	        cmocka_unit_test(the_name_may_be_spelled_differently),
	        cmocka_unit_test(the_second_hello_is_looked_at_too),
	        cmocka_unit_test(alpn_without_http_1_1_is_refused),
	        cmocka_unit_test(no_alpn_is_served),
	        cmocka_unit_test(old_versions_are_refused),
	        cmocka_unit_test(what_is_not_tls_is_malformed),
	        cmocka_unit_test(a_client_that_does_not_know_our_ca_says_so),
	        cmocka_unit_test(renegotiation_is_refused),
	        cmocka_unit_test(a_changed_byte_is_noticed),
	        cmocka_unit_test(a_good_server_is_believed),
	        cmocka_unit_test(the_time_must_be_right),
	        cmocka_unit_test(the_name_must_be_right),
	        cmocka_unit_test(somebody_known_must_have_signed),
	        cmocka_unit_test(who_signed_must_be_allowed_to),
	        cmocka_unit_test(the_purpose_must_be_a_servers),
	        cmocka_unit_test(keys_and_signatures_must_be_strong),
	        cmocka_unit_test(a_server_of_old_versions_is_refused),
	        cmocka_unit_test(a_server_that_is_none_is_malformed),
	        cmocka_unit_test(a_server_that_goes_away_is_cut),
	};

	return cmocka_run_group_tests_name("tls_end_bad", tests, set_up, tear_down);
}
