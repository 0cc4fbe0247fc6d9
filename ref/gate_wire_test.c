/* SPDX-License-Identifier: ISC */
/* gate_wire_test.c: messages cross unchanged with their descriptors, and nothing else does. */
#include "ref/gate_wire.h"

#include "bytes/guard.h"
#include "ref/ipv4.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct gate_message examples[] = {
        {.word = GATE_ARRIVAL,
         .arrival = {.tag = 0x01020304,
                     .service = POLICY_SERVICE_TLS,
                     .proto = IPV4_TCP,
                     .guest_ip = 0xc0a86402,
                     .guest_port = 40000,
                     .dst_ip = 0x6300000a,
                     .dst_port = 443}},
        {.word = GATE_DIAL, .number = 7, .proto = IPV4_UDP, .ip = 0x09090909, .port = 53},
        {.word = GATE_DIALLED, .number = 7, .status = DIALER_THIS_HOST},
        {.word = GATE_ORDER, .order = {ORDER_CLOCK, 0x0102030405060708}},
        {.word = GATE_DONE, .order = {ORDER_POLICY, 0}},
        {.word = GATE_RECORD,
         .number = 9,
         .record = {.kind = RECORD_CONN,
                    .verdict = RECORD_MITM,
                    .proto = IPV4_TCP,
                    .sport = 1,
                    .dport = 443,
                    .name = "ok.test"}},
        {.word = GATE_ACK, .number = 0xffffffff},
        {.word = GATE_ABORT, .number = 0x01020304},
};
#define EXAMPLES (sizeof(examples) / sizeof(examples[0]))

static size_t put(const struct gate_message *m, uint8_t bytes[GATE_WIRE_MAX])
{
	struct wr w = wr_of(bytes, GATE_WIRE_MAX);

	assert_true(gate_wire_put(&w, m));
	return w.len;
}

static bool get(const uint8_t *bytes, size_t n, struct gate_message *out)
{
	struct guard g = guard_copy(bytes, n);
	const bool ok = gate_wire_get(rd_of(g.p, g.n), out);

	guard_free(&g);
	return ok;
}

static void assert_same(const struct gate_message *a, const struct gate_message *b)
{
	assert_int_equal(a->word, b->word);
	assert_int_equal(a->number, b->number);
	assert_int_equal(a->arrival.tag, b->arrival.tag);
	assert_int_equal(a->arrival.service, b->arrival.service);
	assert_int_equal(a->arrival.proto, b->arrival.proto);
	assert_int_equal(a->arrival.guest_ip, b->arrival.guest_ip);
	assert_int_equal(a->arrival.guest_port, b->arrival.guest_port);
	assert_int_equal(a->arrival.dst_ip, b->arrival.dst_ip);
	assert_int_equal(a->arrival.dst_port, b->arrival.dst_port);
	assert_int_equal(a->proto, b->proto);
	assert_int_equal(a->ip, b->ip);
	assert_int_equal(a->port, b->port);
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->order.kind, b->order.kind);
	assert_true(a->order.argument == b->order.argument);
	assert_string_equal(a->record.name, b->record.name);
}

static void every_message_crosses_unchanged(void **state)
{
	(void)state;
	for (size_t i = 0; i < EXAMPLES; i++) {
		uint8_t bytes[GATE_WIRE_MAX];
		struct gate_message out;

		assert_true(get(bytes, put(&examples[i], bytes), &out));
		assert_same(&examples[i], &out);
	}
}

static void a_message_is_a_whole_packet_and_no_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < EXAMPLES; i++) {
		uint8_t bytes[GATE_WIRE_MAX + 1] = {0};
		const size_t n = put(&examples[i], bytes);
		struct gate_message out;

		for (size_t k = 0; k < n; k++)
			assert_false(get(bytes, k, &out));
		assert_false(get(bytes, n + 1, &out));
	}
}

static bool is_taken(struct gate_message m)
{
	uint8_t bytes[GATE_WIRE_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));

	return gate_wire_put(&w, &m);
}

static void what_makes_no_sense_is_refused(void **state)
{
	struct gate_message m, out;
	uint8_t bytes[GATE_WIRE_MAX];
	size_t n;

	(void)state;
	m = examples[0], m.arrival.service = POLICY_SERVICE_NONE;
	assert_false(is_taken(m));
	m = examples[0], m.arrival.proto = IPV4_UDP; /* TLS by UDP */
	assert_false(is_taken(m));
	m.arrival.service = POLICY_SERVICE_DNS;
	assert_true(is_taken(m));
	m.arrival.proto = IPV4_ICMP;
	assert_false(is_taken(m));
	m = examples[0], m.arrival.guest_port = 0;
	assert_false(is_taken(m));
	m = examples[0], m.arrival.dst_port = 0;
	assert_false(is_taken(m));
	m = examples[1], m.port = 0;
	assert_false(is_taken(m));
	m = examples[1], m.proto = IPV4_ICMP;
	assert_false(is_taken(m));
	m = examples[2], m.status = DIALER_LOCAL;
	assert_false(is_taken(m));
	m = examples[3], m.order.kind = ORDER_STATS;
	assert_false(is_taken(m));
	m = examples[4], m.order.kind = (enum order_kind)0;
	assert_false(is_taken(m));
	n = put(&examples[0], bytes);
	bytes[5] = POLICY_SERVICE_HTTP + 1;
	assert_false(get(bytes, n, &out));
	n = put(&examples[2], bytes);
	bytes[5] = DIALER_GONE;
	assert_false(get(bytes, n, &out));
	bytes[0] = GATE_ABORT + 1;
	assert_false(get(bytes, n, &out));
	bytes[0] = 0;
	assert_false(get(bytes, n, &out));
}

/* --- with descriptors --- */

struct rig {
	struct gate_pairs pairs;
	int fds[GATE_WIRE_FDS_MAX];
	struct gate_message got;
};

static int set_up(void **state)
{
	static struct rig rig;

	rig = (struct rig){.fds = {-1, -1}};
	*state = &rig;
	return gate_wire_open(&rig.pairs) ? 0 : -1;
}

static void close_fds(struct rig *r)
{
	for (size_t i = 0; i < GATE_WIRE_FDS_MAX; i++) {
		if (r->fds[i] >= 0)
			close(r->fds[i]);
		r->fds[i] = -1;
	}
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	close_fds(r);
	gate_wire_close_gate(&r->pairs);
	gate_wire_close_others(&r->pairs);
	return 0;
}

static void no_pair_is_inherited_or_waits(void **state)
{
	struct rig *r = *state;

	for (int side = 0; side < 2; side++) {
		const int fds[] = {r->pairs.arrivals[side], r->pairs.dials[side],
		                   r->pairs.records[side]};

		for (size_t i = 0; i < 3; i++) {
			assert_true(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
			assert_true(fcntl(fds[i], F_GETFL) & O_NONBLOCK);
		}
	}
	gate_wire_close_gate(&r->pairs);
	assert_int_equal(r->pairs.dials[0], -1);
	gate_wire_close_gate(&r->pairs); /* nothing twice */
}

static void a_descriptor_crosses_with_its_message(void **state)
{
	struct rig *r = *state;
	int end[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, end), 0);
	assert_true(gate_wire_send(r->pairs.arrivals[1], &examples[0], &end[0], 1));
	close(end[0]);
	assert_int_equal(gate_wire_receive(r->pairs.arrivals[0], &r->got, r->fds), GATE_RECEIVED);
	assert_same(&r->got, &examples[0]);
	assert_int_equal(r->fds[1], -1);
	assert_true(fcntl(r->fds[0], F_GETFD) & FD_CLOEXEC);
	assert_int_equal(write(end[1], "x", 1), 1);
	assert_int_equal(read(r->fds[0], end, 1), 1);
	close(end[1]);
}

static void socket_and_ear_cross_together(void **state)
{
	struct rig *r = *state;
	struct gate_message m = examples[2];
	int end[2];

	m.status = DIALER_OK;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, end), 0);
	assert_true(gate_wire_send(r->pairs.dials[1], &m, end, 2));
	close(end[0]);
	close(end[1]);
	assert_int_equal(gate_wire_receive(r->pairs.dials[0], &r->got, r->fds), GATE_RECEIVED);
	assert_true(r->fds[0] >= 0);
	assert_true(r->fds[1] >= 0);
}

/* Descriptors where none belong end the talk, and stay open nowhere. */
static void a_descriptor_too_many_breaks_the_pair(void **state)
{
	struct rig *r = *state;
	int end[2];

	for (size_t i = 0; i < EXAMPLES; i++) {
		const size_t most = examples[i].word == GATE_ARRIVAL ? 1 : 0;
		char c;

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, end), 0);
		{
			const int fds[2] = {end[0], end[0]};

			assert_true(gate_wire_send(r->pairs.dials[1], &examples[i], fds, most + 1));
		}
		close(end[0]);
		assert_int_equal(gate_wire_receive(r->pairs.dials[0], &r->got, r->fds),
		                 GATE_BROKEN);
		assert_int_equal(r->fds[0], -1);
		assert_int_equal(r->fds[1], -1);
		assert_int_equal(read(end[1], &c, 1), 0);
		close(end[1]);
	}
}

static void silence_end_and_rubbish_are_told_apart(void **state)
{
	struct rig *r = *state;

	assert_int_equal(gate_wire_receive(r->pairs.records[1], &r->got, r->fds), GATE_NOTHING);
	assert_true(gate_wire_send(r->pairs.records[0], &examples[7], NULL, 0));
	assert_int_equal(gate_wire_receive(r->pairs.records[1], &r->got, r->fds), GATE_RECEIVED);
	assert_int_equal(send(r->pairs.records[0], "rubbish", 7, 0), 7);
	assert_int_equal(gate_wire_receive(r->pairs.records[1], &r->got, r->fds), GATE_BROKEN);
	gate_wire_close_gate(&r->pairs);
	assert_int_equal(gate_wire_receive(r->pairs.records[1], &r->got, r->fds), GATE_BROKEN);
}

static void what_may_be_under_way_finds_room(void **state)
{
	struct rig *r = *state;
	struct gate_message longest = {
	        .word = GATE_RECORD,
	        .record = {.kind = RECORD_HTTP, .proto = IPV4_TCP, .sport = 1, .dport = 80},
	};

	memset(longest.record.name, 'n', RECORD_NAME_MAX);
	memset(longest.record.path, '/', RECORD_PATH_MAX);
	for (int i = 0; i < GATE_WIRE_RECORDS_MAX; i++) {
		assert_true(gate_wire_send(r->pairs.records[0], &longest, NULL, 0));
		assert_true(gate_wire_send(r->pairs.records[1], &examples[6], NULL, 0));
	}
	for (int i = 0; i < GATE_WIRE_DIALS_MAX; i++) {
		assert_true(gate_wire_send(r->pairs.dials[0], &examples[1], NULL, 0));
		assert_true(gate_wire_send(r->pairs.dials[1], &examples[2], NULL, 0));
	}
}

static void a_message_that_is_none_is_not_sent(void **state)
{
	struct rig *r = *state;
	const struct gate_message none = {0};

	assert_false(gate_wire_send(r->pairs.dials[0], &none, NULL, 0));
	assert_int_equal(errno, EINVAL);
	assert_false(gate_wire_send(r->pairs.dials[0], &examples[0], r->fds, 3));
	assert_int_equal(gate_wire_receive(r->pairs.dials[1], &r->got, r->fds), GATE_NOTHING);
}

#define PAIR_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_message_crosses_unchanged),
	        cmocka_unit_test(a_message_is_a_whole_packet_and_no_more),
	        cmocka_unit_test(what_makes_no_sense_is_refused),
	        PAIR_TEST(no_pair_is_inherited_or_waits),
	        PAIR_TEST(a_descriptor_crosses_with_its_message),
	        PAIR_TEST(socket_and_ear_cross_together),
	        PAIR_TEST(a_descriptor_too_many_breaks_the_pair),
	        PAIR_TEST(silence_end_and_rubbish_are_told_apart),
	        PAIR_TEST(what_may_be_under_way_finds_room),
	        PAIR_TEST(a_message_that_is_none_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
