/* SPDX-License-Identifier: ISC */
/* tls_end_resume_test.c: tickets: who may come back, and as whom; and that nothing comes early. */
#include "ref/tls_rig.h"

#define OTHER "b.ok.test"

/* Plugs in ends for a name, with a session that an earlier client got, or NULL. */
static struct cable *plug_again(struct scene *s, const char *name, SSL_SESSION *session,
                                int version)
{
	X509 *leaf = make_leaf(s, name);
	struct tls_end *server = tls_end_server(s->context, leaf, name);
	struct tls_end *client = tls_end_client(s->context, name);

	X509_free(leaf);
	SSL_clear_options(client->ssl, SSL_OP_NO_TICKET);
	SSL_set_max_proto_version(client->ssl, version);
	if (session)
		assert_true(SSL_set_session(client->ssl, session));
	cable_open(&s->cable, server, client, CABLE_MAX);
	return &s->cable;
}

/* The session of a connection for a name, as a guest's client keeps it. */
static SSL_SESSION *get_session(struct scene *s, const char *name, int version)
{
	struct cable *c = plug_again(s, name, NULL, version);
	SSL_SESSION *session;

	half_say(&c->server, "answer");
	cable_run(c);
	assert_heard(&c->client, "answer");
	session = SSL_get1_session(c->client.end->ssl);
	/* OpenSSL does not come back to a session that was not ended in peace. */
	tls_end_finish(c->client.end);
	cable_run(c);
	cable_close(c);
	assert_true(SSL_SESSION_is_resumable(session));
	return session;
}

static void expect_session(struct scene *s, const char *name, SSL_SESSION *session, int version,
                           bool resumed)
{
	struct cable *c = plug_again(s, name, session, version);

	half_say(&c->client, "question");
	cable_run(c);
	assert_int_equal(c->server.result, TLS_END_OK);
	assert_int_equal(c->client.result, TLS_END_OK);
	assert_heard(&c->server, "question");
	assert_int_equal(tls_end_resumed(c->server.end), resumed);
	cable_close(c);
}

static void a_guest_comes_back_without_a_certificate(void **state)
{
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		SSL_SESSION *session = get_session(*state, NAME, version);

		expect_session(*state, NAME, session, version, true);
		SSL_SESSION_free(session);
	}
}

/* The client is willing: its certificate would be that of the first name. */
static void a_session_of_one_name_is_none_of_another(void **state)
{
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		SSL_SESSION *session = get_session(*state, NAME, version);

		assert_true(SSL_SESSION_set1_hostname(session, OTHER));
		expect_session(*state, OTHER, session, version, false);
		SSL_SESSION_free(session);
	}
}

static void tickets_of_another_process_are_worth_nothing(void **state)
{
	struct scene *s = *state;
	SSL_SESSION *session = get_session(s, NAME, TLS1_3_VERSION);
	struct tls_context *ours = s->context;
	X509 *leaf = s->leaf;

	/* It trusts nobody, and so its client believes nothing. */
	s->context = tls_context_new(false, NULL);
	assert_non_null(s->context);
	assert_null(tls_end_client(s->context, NAME));
	s->leaf = make_leaf(s, NAME);
	s->cable.server.end = tls_end_server(s->context, s->leaf, NAME);
	s->cable.client.end = tls_end_client(ours, NAME);
	assert_true(SSL_set_session(s->cable.client.end->ssl, session));
	cable_open(&s->cable, s->cable.server.end, s->cable.client.end, CABLE_MAX);
	cable_run(&s->cable);
	assert_int_equal(s->cable.server.result, TLS_END_OK);
	assert_false(tls_end_resumed(s->cable.server.end));
	cable_close(&s->cable);
	X509_free(s->leaf);
	tls_context_free(s->context);
	s->context = ours;
	s->leaf = leaf;
	SSL_SESSION_free(session);
}

/* What a client of ours does with a server that it has verified, after the first connection. */
static void expect_client(struct scene *s, const char *name, int version, bool resumed)
{
	X509 *leaf = make_leaf(s, name);
	struct cable *c = &s->cable;

	cable_open(c, tls_end_server(s->context, leaf, name), tls_end_client(s->context, name),
	           CABLE_MAX);
	SSL_set_max_proto_version(c->server.end->ssl, version);
	half_say(&c->client, "question");
	half_say(&c->server, "answer");
	cable_run(c);
	assert_heard(&c->server, "question");
	assert_heard(&c->client, "answer");
	assert_int_equal(tls_end_resumed(c->client.end), resumed);
	cable_close(c);
	X509_free(leaf);
}

static void our_client_comes_back_to_a_verified_server(void **state)
{
	struct scene *s = *state;

	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		tls_sessions_free(&s->context->sessions);
		expect_client(s, NAME, version, false);
		expect_client(s, NAME, version, true);
		expect_client(s, NAME, version, true);
		expect_client(s, OTHER, version, false);
		expect_client(s, OTHER, version, true);
	}
	tls_sessions_free(&s->context->sessions);
	expect_client(s, NAME, TLS1_3_VERSION, false);
}

/* The server's key for tickets is another one, as is its certificate. */
static void a_server_that_forgot_is_verified_anew(void **state)
{
	struct scene *s = *state;
	struct tls_context *strange = tls_context_new(false, NULL);
	struct tls_context *ours = s->context;
	struct paper paper = {
	        .names = "DNS:" NAME, .key = strange->leaf_key, .issuer_key = strange->leaf_key};
	X509 *own = paper_make(&paper);
	struct cable *c = &s->cable;

	tls_sessions_free(&s->context->sessions);
	expect_client(s, NAME, TLS1_3_VERSION, false);
	expect_client(s, NAME, TLS1_3_VERSION, true);
	cable_open(c, tls_end_server(strange, own, NAME), tls_end_client(ours, NAME), CABLE_MAX);
	half_say(&c->client, "never");
	cable_run(c);
	assert_int_equal(c->client.result, TLS_END_FAILED);
	assert_true(tls_failure_is_certificate(tls_end_failure(c->client.end)));
	assert_int_equal(buf_len(&c->server.plain_out), 0);
	cable_close(c);
	/* And the session is forgotten. */
	expect_client(s, NAME, TLS1_3_VERSION, false);
	tls_sessions_free(&s->context->sessions);
	X509_free(own);
	tls_context_free(strange);
}

static void a_server_that_was_not_verified_leaves_no_session(void **state)
{
	struct scene *s = *state;
	struct paper paper = {.names = "DNS:no.test",
	                      .key = s->context->leaf_key,
	                      .issuer = s->ca,
	                      .issuer_key = s->ca_key};
	X509 *wrong = paper_make(&paper);

	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		struct cable *c = plug(s, CABLE_MAX);

		SSL_use_certificate(c->server.end->ssl, wrong);
		SSL_set_max_proto_version(c->server.end->ssl, version);
		cable_run(c);
		assert_failure(c->client.end, TLS_FAILURE_WRONG_NAME);
		assert_null(tls_session_get(&s->context->sessions, NAME, time(NULL)));
		cable_close(c);
	}
	X509_free(wrong);
}

static void sessions_have_their_time_and_their_number(void **state)
{
	struct scene *s = *state;
	struct tls_sessions *sessions = &s->context->sessions;
	const int64_t now_s = time(NULL);
	char name[32];

	tls_sessions_free(sessions);
	expect_client(s, NAME, TLS1_3_VERSION, false);
	assert_non_null(tls_session_get(sessions, NAME, now_s + TLS_SESSION_LIFE_S - 2));
	assert_null(tls_session_get(sessions, OTHER, now_s));
	assert_null(tls_session_get(sessions, "", now_s));
	for (int i = 0; i < TLS_SESSIONS_MAX; i++) {
		SSL_SESSION *session = tls_session_get(sessions, NAME, now_s);

		if (i < TLS_SESSIONS_MAX - 1)
			assert_non_null(session);
		else
			session = tls_session_get(sessions, "n0", now_s);
		snprintf(name, sizeof(name), "n%d", i);
		SSL_SESSION_up_ref(session);
		tls_session_put(sessions, name, session, now_s);
	}
	/* The first one made room for the last one. */
	assert_null(tls_session_get(sessions, NAME, now_s));
	assert_non_null(tls_session_get(sessions, name, now_s));
	assert_non_null(tls_session_get(sessions, "n0", now_s));
	/* Too old, of the future, of a certificate that has expired. */
	assert_null(tls_session_get(sessions, "n0", now_s + TLS_SESSION_LIFE_S));
	assert_null(tls_session_get(sessions, "n0", now_s));
	assert_null(tls_session_get(sessions, "n1", now_s - 10));
	sessions->entries[2].stored_s = now_s + 2 * DAY_S;
	assert_null(tls_session_get(sessions, sessions->entries[2].name, now_s + 2 * DAY_S));
	tls_session_drop(sessions, "n9");
	assert_null(tls_session_get(sessions, "n9", now_s));
	tls_sessions_free(sessions);
}

/* The client's ticket says that early data is welcome, which it never was. */
static void early_data_is_not_taken(void **state)
{
	struct scene *s = *state;
	SSL_SESSION *session = get_session(s, NAME, TLS1_3_VERSION);
	struct cable *c = plug_again(s, NAME, session, TLS1_3_VERSION);
	size_t done;

	assert_int_equal(SSL_SESSION_get_max_early_data(session), 0);
	assert_true(SSL_SESSION_set_max_early_data(session, 1000));
	c->client.end->queues = (struct tls_bio){&c->client.in, &c->server.in};
	assert_true(SSL_write_early_data(c->client.end->ssl, "early", 5, &done));
	cable_run(c);
	assert_int_equal(buf_len(&c->server.plain_out), 0);
	assert_int_not_equal(SSL_get_early_data_status(c->client.end->ssl),
	                     SSL_EARLY_DATA_ACCEPTED);
	cable_close(c);
	SSL_SESSION_free(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_guest_comes_back_without_a_certificate),
	        cmocka_unit_test(a_session_of_one_name_is_none_of_another),
	        cmocka_unit_test(tickets_of_another_process_are_worth_nothing),
	        cmocka_unit_test(our_client_comes_back_to_a_verified_server),
	        cmocka_unit_test(a_server_that_forgot_is_verified_anew),
	        cmocka_unit_test(a_server_that_was_not_verified_leaves_no_session),
	        cmocka_unit_test(sessions_have_their_time_and_their_number),
	        cmocka_unit_test(early_data_is_not_taken),
	};

	return cmocka_run_group_tests_name("tls_end_resume", tests, set_up, tear_down);
}
