/* SPDX-License-Identifier: ISC */
/* tls_end_test.c: two ends talk; what an end refuses is in tls_end_bad_test.c. */
#include "ref/tls_rig.h"

static void expect_talk(struct cable *c)
{
	half_say(&c->client, "question");
	half_say(&c->server, "answer");
	cable_run(c);
	assert_int_equal(c->client.result, TLS_END_OK);
	assert_int_equal(c->server.result, TLS_END_OK);
	assert_heard(&c->server, "question");
	assert_heard(&c->client, "answer");
}

static void two_ends_talk(void **state)
{
	struct cable *c = plug(*state, CABLE_MAX);

	expect_talk(c);
	assert_int_equal(SSL_version(c->client.end->ssl), TLS1_3_VERSION);
	assert_false(tls_end_resumed(c->server.end));
	cable_close(c);
}

static void two_ends_talk_in_tls_1_2(void **state)
{
	struct cable *c = plug(*state, CABLE_MAX);

	SSL_set_max_proto_version(c->client.end->ssl, TLS1_2_VERSION);
	expect_talk(c);
	assert_int_equal(SSL_version(c->client.end->ssl), TLS1_2_VERSION);
	cable_close(c);
}

static void bytes_may_come_one_at_a_time(void **state)
{
	struct cable *c = plug(*state, CABLE_MAX);

	c->grain = 1;
	expect_talk(c);
	cable_close(c);
}

static void queues_may_be_tiny(void **state)
{
	static const size_t rooms[] = {1, 2, 5, 6, 100};

	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		struct cable *c = plug(*state, rooms[i]);

		expect_talk(c);
		cable_close(c);
	}
}

static void a_full_queue_holds_back_the_plain_bytes(void **state)
{
	struct cable *c = plug(*state, CABLE_MAX);
	static uint8_t big[40000];
	size_t stuck;

	expect_talk(c);
	memset(big, 'x', sizeof(big));
	assert_true(buf_put(&c->server.plain_in, rd_of(big, sizeof(big))));
	c->client.in = buf_of(c->client.in_bytes, 100);
	half_step(&c->server, &c->client.in);
	stuck = buf_len(&c->server.plain_in);
	assert_true(stuck > 16384);
	assert_false(half_step(&c->server, &c->client.in));
	assert_int_equal(buf_len(&c->server.plain_in), stuck);
	cable_run(c);
	assert_int_equal(buf_len(&c->client.plain_out), sizeof(big));
	assert_memory_equal(buf_bytes(&c->client.plain_out).p, big, sizeof(big));
	cable_close(c);
}

static void a_reader_without_room_leaves_the_bytes_to_wait(void **state)
{
	struct cable *c = plug(*state, CABLE_MAX);
	static uint8_t big[20000];

	expect_talk(c);
	c->client.plain_out = buf_of(c->client.plain_out_bytes, 10);
	assert_true(buf_put(&c->server.plain_in, rd_of(big, sizeof(big))));
	tls_end_finish(c->server.end);
	cable_run(c);
	c->client.cut = true;
	for (size_t n = 0; n < sizeof(big); n += 10) {
		assert_int_equal(c->client.result, TLS_END_OK);
		assert_int_equal(buf_len(&c->client.plain_out), 10);
		buf_take(&c->client.plain_out, 10);
		half_step(&c->client, &c->held);
	}
	assert_int_equal(c->client.result, TLS_END_CLOSED);
	cable_close(c);
}

static void the_end_is_said_and_heard(void **state)
{
	struct cable *c = plug(*state, CABLE_MAX);

	expect_talk(c);
	half_say(&c->server, "last");
	tls_end_finish(c->server.end);
	cable_run(c);
	assert_true(tls_end_finished(c->server.end));
	assert_heard(&c->client, "last");
	assert_int_equal(c->client.result, TLS_END_CLOSED);
	assert_int_equal(c->server.result, TLS_END_OK);
	cable_close(c);
}

static void who_was_told_of_the_end_may_still_talk(void **state)
{
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		struct cable *c = plug(*state, CABLE_MAX);

		SSL_set_max_proto_version(c->client.end->ssl, version);
		half_say(&c->client, "question");
		tls_end_finish(c->client.end);
		cable_run(c);
		assert_heard(&c->server, "question");
		assert_int_equal(c->server.result, TLS_END_CLOSED);
		half_say(&c->server, "answer");
		tls_end_finish(c->server.end);
		cable_run(c);
		assert_heard(&c->client, "answer");
		assert_int_equal(c->client.result, TLS_END_CLOSED);
		cable_close(c);
	}
}

static void a_stream_that_ends_unsaid_is_cut(void **state)
{
	struct cable *c = plug(*state, CABLE_MAX);

	expect_talk(c);
	half_say(&c->server, "half of it");
	half_step(&c->server, &c->client.in);
	c->client.cut = true;
	half_step(&c->client, &c->held);
	assert_heard(&c->client, "half of it");
	assert_int_equal(c->client.result, TLS_END_CUT);
	/* It may still talk. */
	c->client.cut = true;
	half_say(&c->client, "more");
	half_step(&c->client, &c->server.in);
	half_step(&c->server, &c->client.in);
	assert_heard(&c->server, "more");
	cable_close(c);
}

static void a_record_cut_anywhere_is_cut(void **state)
{
	struct cable *c = plug(*state, CABLE_MAX);
	uint8_t record[200];
	size_t n;

	expect_talk(c);
	half_say(&c->server, "half of it");
	half_step(&c->server, &c->client.in);
	n = buf_len(&c->client.in) - 1;
	memcpy(record, buf_bytes(&c->client.in).p, n);
	c->client.in = buf_of(c->client.in_bytes, CABLE_MAX);
	for (size_t i = 0; i < n; i++) {
		assert_true(buf_put(&c->client.in, rd_of(record + i, 1)));
		half_step(&c->client, &c->held);
		assert_int_equal(c->client.result, TLS_END_OK);
	}
	c->client.cut = true;
	half_step(&c->client, &c->held);
	assert_int_equal(c->client.result, TLS_END_CUT);
	assert_int_equal(buf_len(&c->client.plain_out), 0);
	cable_close(c);
}

static void a_handshake_that_is_cut_anywhere_fails(void **state)
{
	struct scene *s = *state;
	uint8_t hello[2048];
	struct cable *c = plug(s, CABLE_MAX);
	size_t n;

	half_step(&c->client, &c->held);
	n = buf_len(&c->held);
	memcpy(hello, buf_bytes(&c->held).p, n);
	cable_close(c);
	for (size_t i = 0; i <= n; i++) {
		c = plug(s, CABLE_MAX);
		assert_true(buf_put(&c->server.in, rd_of(hello, i)));
		half_step(&c->server, &c->client.in);
		assert_int_equal(c->server.result, TLS_END_HANDSHAKING);
		c->server.cut = true;
		half_step(&c->server, &c->client.in);
		assert_int_equal(c->server.result, TLS_END_FAILED);
		assert_failure(c->server.end, TLS_FAILURE_CUT);
		cable_close(c);
	}
}

static void megabytes_pass_through_queues_of_one_record(void **state)
{
	struct cable *c = plug(*state, TLS_END_RECORD);
	size_t sent = 0, got = 0;
	uint8_t block[16384];

	expect_talk(c);
	while (got < 8U << 20) {
		for (size_t i = 0; i < sizeof(block); i++)
			block[i] = (uint8_t)((sent + i) * 31 >> 5);
		if (sent < 8U << 20 && buf_put(&c->client.plain_in, rd_of(block, sizeof(block))))
			sent += sizeof(block);
		cable_once(c);
		for (struct rd r = buf_bytes(&c->server.plain_out); r.n; r.p++, r.n--, got++)
			assert_int_equal(*r.p, (uint8_t)(got * 31 >> 5));
		buf_take(&c->server.plain_out, buf_len(&c->server.plain_out));
	}
	assert_int_equal(sent, got);
	cable_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(two_ends_talk),
	        cmocka_unit_test(two_ends_talk_in_tls_1_2),
	        cmocka_unit_test(bytes_may_come_one_at_a_time),
	        cmocka_unit_test(queues_may_be_tiny),
	        cmocka_unit_test(a_full_queue_holds_back_the_plain_bytes),
	        cmocka_unit_test(a_reader_without_room_leaves_the_bytes_to_wait),
	        cmocka_unit_test(the_end_is_said_and_heard),
	        cmocka_unit_test(who_was_told_of_the_end_may_still_talk),
	        cmocka_unit_test(a_stream_that_ends_unsaid_is_cut),
	        cmocka_unit_test(a_record_cut_anywhere_is_cut),
	        cmocka_unit_test(a_handshake_that_is_cut_anywhere_fails),
	        cmocka_unit_test(megabytes_pass_through_queues_of_one_record),
	};

	return cmocka_run_group_tests_name("tls_end", tests, set_up, tear_down);
}
