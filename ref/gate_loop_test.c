/* SPDX-License-Identifier: ISC */
/* gate_loop_test.c: the engine's channels under load, and the process around it. */
#include "ref/gate.h"
#include "ref/gate_rig.h"

#include <signal.h>
#include <sys/wait.h>

#define GET "GET /a HTTP/1.1\r\nHost: ok.test\r\n\r\n"

static int set_up(void **state)
{
	*state = rig_new();
	return 0;
}

static int tear_down(void **state)
{
	rig_free(*state);
	return 0;
}

/* More records than may be under way: the others wait, each for its turn. */
static void records_wait_for_room(void **state)
{
	enum { COUNT = GATE_WIRE_RECORDS_MAX + 20 };
	struct rig *r = *state;
	int guests[COUNT];
	struct gate_message ack = {.word = GATE_ACK}, message;
	int fds[GATE_WIRE_FDS_MAX];
	uint32_t seen = 0;

	r->policy.tcp_max = COUNT;
	r->policy.web.name_count = 0;
	rig_start(r, NULL, NULL);
	for (int i = 0; i < COUNT; i++)
		guests[i] = rig_connect(r, RIG_HTTP);
	for (int i = 0; i < COUNT; i++)
		assert_true(send(guests[i], GET, strlen(GET), 0) > 0);
	for (int i = 0; i < 10; i++)
		assert_true(gate_step(r->gate, 0));
	while (gate_wire_receive(r->pairs.records[1], &message, fds) == GATE_RECEIVED)
		assert_int_equal(message.number, ++seen);
	assert_int_equal(seen, GATE_WIRE_RECORDS_MAX);
	while (seen < COUNT) {
		ack.number++;
		assert_true(gate_wire_send(r->pairs.records[1], &ack, NULL, 0));
		for (int i = 0; i < 4; i++)
			assert_true(gate_step(r->gate, 0));
		assert_int_equal(gate_wire_receive(r->pairs.records[1], &message, fds),
		                 GATE_RECEIVED);
		assert_int_equal(message.number, ++seen);
	}
	for (int i = 0; i < COUNT; i++)
		close(guests[i]);
}

/* A worker that does not read for a while is told everything all the same. */
static void resets_wait_for_a_worker_that_is_busy(void **state)
{
	enum { COUNT = 400 };
	struct rig *r = *state;
	struct policy next;
	static int guests[COUNT];
	static bool told[COUNT + 1];
	struct gate_message message = {.word = GATE_ORDER, .order = {ORDER_POLICY, 1}};
	int fds[GATE_WIRE_FDS_MAX], count = 0;

	r->policy.tcp_max = COUNT;
	rig_start(r, NULL, NULL);
	for (int i = 0; i < COUNT; i++)
		guests[i] = rig_connect(r, RIG_HTTP);
	next = r->policy;
	next.web.http_port_count = 0;
	policy_share_put(r->share, 1, &next);
	assert_true(gate_wire_send(r->pairs.dials[1], &message, NULL, 0));
	for (int i = 0; i < 10; i++)
		assert_true(gate_step(r->gate, 0));
	assert_true(r->gate->clogged);
	for (int quiet = 0; quiet < 4; quiet++) {
		while (gate_wire_receive(r->pairs.records[1], &message, fds) == GATE_RECEIVED) {
			assert_int_equal(message.word, GATE_ABORT);
			assert_true(message.number <= COUNT && !told[message.number]);
			told[message.number] = true;
			quiet = 0;
			count++;
		}
		assert_true(gate_step(r->gate, 0));
	}
	assert_int_equal(count, COUNT);
	for (int i = 0; i < COUNT; i++)
		close(guests[i]);
	rig_expect_idle(r);
}

/* As many requests at once as there are places, and more dials than may be under way. */
static void dials_wait_for_room(void **state)
{
	enum { COUNT = GATE_CONN_DIALS + 10 };
	struct rig *r = *state;
	int guests[COUNT];

	r->policy.tcp_max = COUNT;
	rig_start(r, NULL, NULL);
	for (int i = 0; i < COUNT; i++)
		guests[i] = rig_connect(r, RIG_HTTP);
	r->busy = true;
	for (int i = 0; i < COUNT; i++)
		rig_say(r, guests[i], GET);
	assert_int_equal(r->record_count, COUNT);
	r->busy = false;
	rig_turn(r);
	assert_int_equal(r->up_count, COUNT);
	for (int i = 0; i < COUNT; i++)
		close(guests[i]);
	rig_expect_idle(r);
}

/* A query for A of ok.test, and an answer with its address. */
static void name_service_answers_in_the_same_loop(void **state)
{
	static const uint8_t query[] = "\x12\x34\x01\0\0\1\0\0\0\0\0\0\2ok\4test\0\0\1\0\1";
	static const uint8_t address[] = {RIG_OK >> 24, RIG_OK >> 16 & 0xff, RIG_OK >> 8 & 0xff,
	                                  RIG_OK & 0xff};
	struct rig *r = *state;
	struct gate_message arrival = {
	        .word = GATE_ARRIVAL,
	        .arrival = {.tag = 7,
	                    .service = POLICY_SERVICE_DNS,
	                    .proto = IPV4_UDP,
	                    .guest_ip = RIG_GUEST,
	                    .guest_port = 5353,
	                    .dst_ip = 0xc0a86401,
	                    .dst_port = 53},
	};
	uint8_t reply[512];
	int pair[2];
	ssize_t n;

	rig_start(r, NULL, NULL);
	assert_int_equal(
	        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	assert_true(gate_wire_send(r->pairs.arrivals[1], &arrival, &pair[0], 1));
	close(pair[0]);
	r->mute = true;
	rig_say_bytes(r, pair[1], query, sizeof(query) - 1);
	assert_int_equal(r->record_count, 1);
	assert_int_equal(rig_record(r)->kind, RECORD_DNS);
	assert_int_equal(recv(pair[1], reply, sizeof(reply), 0), -1);
	r->mute = false;
	rig_turn(r);
	n = recv(pair[1], reply, sizeof(reply), 0);
	assert_true(n > (ssize_t)sizeof(query));
	assert_memory_equal(reply + n - 4, address, 4);
	close(pair[1]);
}

/* --- the process --- */

static pid_t start_process(struct rig *r)
{
	struct gate_setup setup = {.share = policy_share_new(&r->policy), .minter = -1};
	pid_t pid;

	assert_true(gate_wire_open(&r->pairs));
	setup.ends = &r->pairs;
	pid = gate_start(&setup);
	assert_int_equal(r->pairs.records[0], -1);
	policy_share_free((struct policy_share *)(uintptr_t)setup.share);
	return pid;
}

static void process_serves_and_ends_with_its_worker(void **state)
{
	struct rig *r = *state;
	const pid_t pid = start_process(r);
	struct gate_message message = {.word = GATE_ORDER, .order = {ORDER_SYNC, 0}};
	struct pollfd readable = {.fd = r->pairs.dials[1], .events = POLLIN};
	int fds[GATE_WIRE_FDS_MAX], status;

	assert_true(pid > 0);
	assert_true(gate_wire_send(r->pairs.dials[1], &message, NULL, 0));
	assert_int_equal(poll(&readable, 1, 5000), 1);
	assert_int_equal(gate_wire_receive(r->pairs.dials[1], &message, fds), GATE_RECEIVED);
	assert_int_equal(message.word, GATE_DONE);
	gate_wire_close_others(&r->pairs);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void process_without_its_store_does_not_start(void **state)
{
	struct rig *r = *state;

	r->policy.web.tls = POLICY_TLS_MITM;
	snprintf(r->policy.web.upstream_ca, sizeof(r->policy.web.upstream_ca), "/nowhere/ca.pem");
	assert_int_equal(start_process(r), -1);
	gate_wire_close_others(&r->pairs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	        TEST(records_wait_for_room),
	        TEST(resets_wait_for_a_worker_that_is_busy),
	        TEST(dials_wait_for_room),
	        TEST(name_service_answers_in_the_same_loop),
	        TEST(process_serves_and_ends_with_its_worker),
	        TEST(process_without_its_store_does_not_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
