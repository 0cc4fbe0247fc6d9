/* SPDX-License-Identifier: ISC */
/* loop_gate_test.c: what the gate says is on record before it is acknowledged; what it must not say,
 * and its death, end refnat; orders go to it, too. */
#include "ref/loop.h"

#include "ref/loop_rig.h"

static int set_up_gate(void **state)
{
	struct rig *r;

	if (set_up(state) < 0)
		return -1;
	r = *state;
	r->policy.web = (struct policy_web){.dns = POLICY_DNS_SYNTHETIC,
	                                    .tls = POLICY_TLS_SPLICE,
	                                    .tls_ports = {443},
	                                    .tls_port_count = 1,
	                                    .http_ports = {80},
	                                    .http_port_count = 1,
	                                    .ttl_max_s = 300,
	                                    .head_timeout_s = 10,
	                                    .idle_timeout_s = 60};
	r->with_gate = true;
	return 0;
}

static struct gate_message record_of(uint32_t number, enum record_verdict verdict,
                                     enum reason reason)
{
	return (struct gate_message){
	        .word = GATE_RECORD,
	        .number = number,
	        .record = {.kind = RECORD_HTTP,
	                   .verdict = verdict,
	                   .reason = reason,
	                   .proto = IPV4_TCP,
	                   .src = 0xc0a86402,
	                   .dst = PEER,
	                   .sport = 40000,
	                   .dport = 80,
	                   .name = "ok.test",
	                   .method = "GET",
	                   .path = "/"},
	};
}

static void tell(struct rig *r, const struct gate_message *message)
{
	assert_true(gate_wire_send(r->pairs.records[0], message, NULL, 0));
}

static void tell_record(struct rig *r, uint32_t number, enum record_verdict verdict,
                        enum reason reason)
{
	const struct gate_message message = record_of(number, verdict, reason);

	tell(r, &message);
}

static struct gate_message hear(struct rig *r, int fd, int *passed)
{
	struct gate_message message;
	int fds[GATE_WIRE_FDS_MAX];

	(void)r;
	assert_true(world_is_ready(fd, POLLIN, PATIENCE_MS));
	assert_int_equal(gate_wire_receive(fd, &message, fds), GATE_RECEIVED);
	if (passed)
		*passed = fds[0];
	return message;
}

static void assert_acked(struct rig *r, uint32_t number)
{
	const struct gate_message ack = hear(r, r->pairs.records[0], NULL);

	assert_int_equal(ack.word, GATE_ACK);
	assert_int_equal(ack.number, number);
}

/* Nothing was acknowledged, and nothing will be. */
static void assert_never_acked(struct rig *r)
{
	struct gate_message message;
	int fds[GATE_WIRE_FDS_MAX];

	assert_true(world_is_ready(r->pairs.records[0], POLLHUP, PATIENCE_MS));
	assert_int_equal(gate_wire_receive(r->pairs.records[0], &message, fds), GATE_BROKEN);
}

/* --- records --- */

static void a_record_is_acknowledged_when_it_is_on_record(void **state)
{
	struct rig *r = *state;
	char line[AUDIT_LINE_MAX];

	start(r);
	assert_event(r, "\"ready\"");
	tell_record(r, 1, RECORD_ALLOW, REASON_NONE);
	assert_acked(r, 1);
	assert_true(world_is_ready(fileno(r->events), POLLIN, 0)); /* it is there already */
	assert_true(next_event(r, line));
	assert_non_null(strstr(line, "\"ev\":\"http\""));
	assert_non_null(strstr(line, "\"host\":\"ok.test\",\"method\":\"GET\",\"path\":\"/\","
	                             "\"verdict\":\"allow\""));
	close_guest(r);
	assert_end(r, REASON_PEER_CLOSED);
}

static void many_are_acknowledged_together_and_none_too_early(void **state)
{
	struct rig *r = *state;
	uint32_t acked = 0;

	start(r);
	assert_event(r, "\"ready\"");
	halt(r);
	for (uint32_t i = 1; i <= GATE_WIRE_RECORDS_MAX; i++)
		tell_record(r, i, RECORD_ALLOW, REASON_NONE);
	assert_int_equal(kill(r->worker, SIGCONT), 0);
	while (acked < GATE_WIRE_RECORDS_MAX) {
		const struct gate_message ack = hear(r, r->pairs.records[0], NULL);

		assert_true(ack.number > acked);
		for (; acked < ack.number; acked++)
			assert_event(r, "\"ev\":\"http\"");
	}
	close_guest(r);
	assert_end(r, REASON_PEER_CLOSED);
}

static void a_record_that_cannot_be_written_is_never_acknowledged(void **state)
{
	struct rig *r = *state;

	start(r);
	assert_event(r, "\"ready\"");
	halt(r);
	fclose(r->events); /* nobody reads */
	r->events = NULL;
	tell_record(r, 1, RECORD_ALLOW, REASON_NONE);
	assert_int_equal(kill(r->worker, SIGCONT), 0);
	assert_never_acked(r);
	assert_end(r, REASON_AUDIT_FAILED);
}

/* The pipe is full, and its reader asleep: refnat waits a while, and gives up. */
static void a_reader_that_does_not_read_stops_the_gate(void **state)
{
	struct rig *r = *state;
	uint32_t sent = 0;
	int status;

	start(r);
	assert_true(fcntl(fileno(r->events), F_SETPIPE_SZ, 4096) > 0);
	while (!world_is_ready(r->pairs.records[0], POLLHUP, 0)) {
		if (world_is_ready(r->pairs.records[0], POLLIN, 0))
			hear(r, r->pairs.records[0], NULL);
		else if (sent < 200)
			tell_record(r, ++sent, RECORD_ALLOW, REASON_NONE);
		else
			poll(NULL, 0, 10);
	}
	assert_int_equal(waitpid(r->worker, &status, 0), r->worker);
	r->worker = 0;
	assert_int_equal(WEXITSTATUS(status), REASON_AUDIT_FAILED);
}

static void a_denial_is_counted_and_goes_on(void **state)
{
	struct rig *r = *state;
	char bye[AUDIT_LINE_MAX];

	start(r);
	assert_event(r, "\"ready\"");
	tell_record(r, 1, RECORD_DENY, REASON_REQUEST_DENIED);
	assert_acked(r, 1);
	assert_event(r, "\"reason\":\"request-denied\"");
	close_guest(r);
	assert_end_with(r, REASON_PEER_CLOSED, bye);
	assert_non_null(strstr(bye, "\"denied\":1"));
}

/* A flood cannot fill the provider's disk, and does not wait for it either. */
static void a_flood_of_denials_is_counted_and_acknowledged(void **state)
{
	enum { FLOOD = AUDIT_LIMIT_BURST + 1000 };
	struct rig *r = *state;
	char line[AUDIT_LINE_MAX];
	uint32_t sent = 0, acked = 0;
	unsigned long told = 0, suppressed;

	start(r);
	assert_event(r, "\"ready\"");
	assert_true(fcntl(fileno(r->events), F_SETPIPE_SZ, 1048576) > 0);
	while (acked < FLOOD) {
		while (sent < FLOOD && sent - acked < GATE_WIRE_RECORDS_MAX)
			tell_record(r, ++sent, RECORD_DENY, REASON_NAME_DENIED);
		acked = hear(r, r->pairs.records[0], NULL).number;
	}
	close_guest(r);
	while (next_event(r, line) && !strstr(line, "\"bye\"")) {
		const char *others = strstr(line, "\"suppressed\":");

		told += 1 + (others ? strtoul(others + 13, NULL, 10) : 0);
	}
	assert_int_equal(told, FLOOD);
	suppressed = strtoul(strstr(line, "\"suppressed\":") + 13, NULL, 10);
	assert_true(suppressed > 0);
	assert_non_null(strstr(line, "\"denied\":3048"));
	fclose(r->events);
	r->events = NULL;
	assert_end(r, REASON_PEER_CLOSED);
}

/* --- violations --- */

static void a_violation_is_not_acknowledged_and_ends_the_vm(void **state)
{
	struct rig *r = *state;

	r->policy.terminate = true;
	start(r);
	assert_event(r, "\"ready\"");
	tell_record(r, 1, RECORD_DENY, REASON_REQUEST_DENIED);
	assert_never_acked(r);
	assert_event(r, "\"ev\":\"http\"");
	assert_event(r, "\"ev\":\"violation\"");
	assert_event(r, "\"ev\":\"terminate\"");
	assert_end(r, REASON_VIOLATION);
}

/* Where the world is at fault nobody is punished: the same shape, and the VM lives. */
static void a_denial_that_is_no_violation_ends_nothing(void **state)
{
	struct rig *r = *state;

	r->policy.terminate = true;
	start(r);
	assert_event(r, "\"ready\"");
	tell_record(r, 1, RECORD_DENY, REASON_NAME_PRIVATE);
	tell_record(r, 2, RECORD_FAILED, REASON_REQUEST_DENIED);
	assert_event(r, "\"name-private\"");
	assert_event(r, "\"failed\"");
	close_guest(r);
	assert_end(r, REASON_PEER_CLOSED);
}

/* --- what the gate must not say --- */

static void assert_ends_refnat(struct rig *r, const struct gate_message *message)
{
	start(r);
	assert_event(r, "\"ready\"");
	tell(r, message);
	assert_never_acked(r);
	assert_end(r, REASON_GATE_DIED);
}

static void a_record_twice_ends_refnat(void **state)
{
	struct rig *r = *state;

	start(r);
	tell_record(r, 1, RECORD_ALLOW, REASON_NONE);
	assert_acked(r, 1);
	tell_record(r, 1, RECORD_ALLOW, REASON_NONE);
	assert_never_acked(r);
	assert_end(r, REASON_GATE_DIED);
}

static void a_record_too_many_ends_refnat(void **state)
{
	const struct gate_message message = record_of(2, RECORD_ALLOW, REASON_NONE);

	assert_ends_refnat(*state, &message);
}

static void a_message_for_another_ends_refnat(void **state)
{
	const struct gate_message message = {
	        .word = GATE_DIAL, .number = 1, .proto = IPV4_TCP, .ip = PEER, .port = 443};

	assert_ends_refnat(*state, &message);
}

static void rubbish_ends_refnat(void **state)
{
	struct rig *r = *state;

	start(r);
	assert_event(r, "\"ready\"");
	assert_int_equal(send(r->pairs.records[0], "rubbish", 7, 0), 7);
	assert_end(r, REASON_GATE_DIED);
}

static void without_its_gate_refnat_ends(void **state)
{
	struct rig *r = *state;

	start(r);
	assert_event(r, "\"ready\"");
	gate_wire_close_gate(&r->pairs); /* as its death would */
	assert_end(r, REASON_GATE_DIED);
}

/* Frames that wait when the gate is found dead go nowhere. */
static void nothing_passes_behind_the_gates_end(void **state)
{
	struct rig *r = *state;

	start(r);
	assert_event(r, "\"ready\"");
	halt(r);
	send_udp(r, 40000, "late");
	gate_wire_close_gate(&r->pairs);
	assert_int_equal(kill(r->worker, SIGCONT), 0);
	assert_end(r, REASON_GATE_DIED);
	assert_int_equal(peer_counts(r), 0);
}

/* --- flows and orders --- */

/* The gate's end of a connection to port 443, and its tag. */
static int open_flow(struct rig *r, uint32_t *tag)
{
	struct gate_message arrival;
	uint8_t frame[ETH_FRAME_MAX];
	int fd;

	send_seg(r, 443, TCP_SEG_SYN, 999, 0);
	assert_int_equal(get_seg(r, frame).flags, TCP_SEG_SYN | TCP_SEG_ACK);
	arrival = hear(r, r->pairs.arrivals[0], &fd);
	assert_int_equal(arrival.word, GATE_ARRIVAL);
	*tag = arrival.arrival.tag;
	return fd;
}

static void an_abort_resets_the_guest(void **state)
{
	struct rig *r = *state;
	struct gate_message abort = {.word = GATE_ABORT};
	uint8_t frame[ETH_FRAME_MAX];
	int fd;

	start(r);
	fd = open_flow(r, &abort.number);
	tell(r, &abort);
	assert_true(get_seg(r, frame).flags & TCP_SEG_RST);
	close(fd);
	close_guest(r);
	assert_end(r, REASON_PEER_CLOSED);
}

static void do_order(struct rig *r, enum order_kind kind, uint64_t argument)
{
	struct gate_message order = hear(r, r->pairs.dials[0], NULL);

	assert_int_equal(order.word, GATE_ORDER);
	assert_int_equal(order.order.kind, kind);
	assert_true(order.order.argument == argument);
	assert_false(world_is_ready(r->ctl, POLLIN, 0)); /* nobody was told yet */
	order.word = GATE_DONE;
	assert_true(gate_wire_send(r->pairs.dials[0], &order, NULL, 0));
	assert_done(r);
}

static void an_order_is_done_when_the_gate_has_done_it(void **state)
{
	struct rig *r = *state;
	uint32_t tag;
	int fd;

	start(r);
	fd = open_flow(r, &tag);
	put_line(r, "{\"cmd\":\"sync\",\"id\":1}\n");
	do_order(r, ORDER_SYNC, 0);
	put_line(r, "{\"cmd\":\"clock\",\"id\":1,\"advance_ms\":7}\n");
	do_order(r, ORDER_CLOCK, 7000000);
	assert_int_equal(stat_of(r, "tcp_live"), 1); /* not the gate's */
	close(fd);
	close_guest(r);
	assert_end(r, REASON_PEER_CLOSED);
}

#define NEXT_POLICY                                                                                \
	"{\"cmd\":\"policy\",\"id\":1,\"policy\":{\"version\":1,\"mode\":\"filtered\",\"vm\":{"    \
	"\"mac\":\"52:54:00:12:34:56\",\"ip\":\"192.168.100.2/24\",\"gateway\":"                   \
	"\"192.168.100.1\"},\"limits\":{\"flows\":8,\"tcp\":4},\"allow\":[],"                      \
	"\"dns\":{\"mode\":\"synthetic\"},\"tls\":{\"mode\":\"splice\"}}}\n"

/* What the worker lets through to the gate is under the gate's policy by then. */
static void a_policy_is_the_gates_before_it_is_the_workers(void **state)
{
	struct rig *r = *state;

	start(r);
	assert_event(r, "\"ready\"");
	put_line(r, NEXT_POLICY);
	assert_true(world_is_ready(r->pairs.dials[0], POLLIN, PATIENCE_MS));
	assert_false(world_is_ready(fileno(r->events), POLLIN, 20));
	do_order(r, ORDER_POLICY, 1);
	assert_event(r, "policy replaced");
	close_guest(r);
	assert_end(r, REASON_PEER_CLOSED);
}

static void a_gate_that_answers_another_order_is_lost(void **state)
{
	struct rig *r = *state;
	struct gate_message order;
	int fds[GATE_WIRE_FDS_MAX];

	start(r);
	put_line(r, "{\"cmd\":\"sync\",\"id\":1}\n");
	order = hear(r, r->pairs.dials[0], NULL);
	order.word = GATE_DONE;
	order.order.kind = ORDER_CLOCK;
	assert_true(gate_wire_send(r->pairs.dials[0], &order, NULL, 0));
	assert_true(world_is_ready(r->pairs.dials[0], POLLHUP, PATIENCE_MS));
	assert_int_equal(gate_wire_receive(r->pairs.dials[0], &order, fds), GATE_BROKEN);
	gate_wire_close_gate(&r->pairs); /* which is why it ends */
	assert_end(r, REASON_GATE_DIED);
}

#define GATE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up_gate, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        GATE_TEST(a_record_is_acknowledged_when_it_is_on_record),
	        GATE_TEST(many_are_acknowledged_together_and_none_too_early),
	        GATE_TEST(a_record_that_cannot_be_written_is_never_acknowledged),
	        GATE_TEST(a_reader_that_does_not_read_stops_the_gate),
	        GATE_TEST(a_denial_is_counted_and_goes_on),
	        GATE_TEST(a_flood_of_denials_is_counted_and_acknowledged),
	        GATE_TEST(a_violation_is_not_acknowledged_and_ends_the_vm),
	        GATE_TEST(a_denial_that_is_no_violation_ends_nothing),
	        GATE_TEST(a_record_twice_ends_refnat),
	        GATE_TEST(a_record_too_many_ends_refnat),
	        GATE_TEST(a_message_for_another_ends_refnat),
	        GATE_TEST(rubbish_ends_refnat),
	        GATE_TEST(without_its_gate_refnat_ends),
	        GATE_TEST(nothing_passes_behind_the_gates_end),
	        GATE_TEST(an_abort_resets_the_guest),
	        GATE_TEST(an_order_is_done_when_the_gate_has_done_it),
	        GATE_TEST(a_policy_is_the_gates_before_it_is_the_workers),
	        GATE_TEST(a_gate_that_answers_another_order_is_lost),
	};

	return cmocka_run_group_tests(tests, world_enter, NULL);
}
