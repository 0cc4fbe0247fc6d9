/* SPDX-License-Identifier: ISC */
/* dialer_gate_test.c: what the gate may reach, and how flows come to it. */
#include "ref/dialer_gate.h"

#include "ref/dialer_rig.h"

#define GLOBAL   0x6300000au /* 99.0.0.10 */
#define PRIVATE  0x0a000001u /* 10.0.0.1, in dns.hosts */
#define RESOLVER 0x09090909u

static struct policy_host hosts[] = {{.name = "inside.test", .ip = PRIVATE},
                                     {.name = "peer.test", .ip = PEER}};

static struct policy_web example_web(void)
{
	return (struct policy_web){.dns = POLICY_DNS_FORWARD,
	                           .tls = POLICY_TLS_MITM,
	                           .resolver_ip = RESOLVER,
	                           .resolver_port = 53,
	                           .hosts = hosts,
	                           .host_count = 2,
	                           .tls_ports = {443, 8443},
	                           .tls_port_count = 2,
	                           .http_ports = {80},
	                           .http_port_count = 1};
}

static void the_gate_reaches_what_names_lead_to_and_nothing_else(void **state)
{
	static const struct {
		uint32_t ip;
		uint16_t port;
		uint8_t proto;
		bool may;
	} rows[] = {
	        {GLOBAL, 443, IPV4_TCP, true},
	        {GLOBAL, 8443, IPV4_TCP, true},
	        {GLOBAL, 80, IPV4_TCP, true},
	        {GLOBAL, 81, IPV4_TCP, false},
	        {GLOBAL, 22, IPV4_TCP, false},
	        {GLOBAL, 53, IPV4_TCP, false},
	        {GLOBAL, 0, IPV4_TCP, false},
	        {GLOBAL, 443, IPV4_UDP, false},
	        {GLOBAL, 443, IPV4_ICMP, false},
	        /* classes of addresses */
	        {PRIVATE, 443, IPV4_TCP, true}, /* the administrator's word */
	        {PRIVATE + 1, 443, IPV4_TCP, false},
	        {0xa9fea9fe, 80, IPV4_TCP, false}, /* 169.254.169.254 */
	        {0x7f000001, 80, IPV4_TCP, false},
	        {0xc0a80101, 80, IPV4_TCP, false},
	        {0xac100001, 80, IPV4_TCP, false},
	        {0x64400001, 80, IPV4_TCP, false},
	        {0xc6120001, 80, IPV4_TCP, false},
	        {0, 80, IPV4_TCP, false},
	        {0xe0000001, 80, IPV4_TCP, false},
	        {0xffffffff, 80, IPV4_TCP, false},
	        {0xc0a86402, 80, IPV4_TCP, false}, /* the VM, the gateway */
	        {0xc0a86401, 80, IPV4_TCP, false},
	        {0xc0a86401, 53, IPV4_TCP, false},
	        /* the resolver */
	        {RESOLVER, 53, IPV4_UDP, true},
	        {RESOLVER, 53, IPV4_TCP, true},
	        {RESOLVER, 53, IPV4_ICMP, false},
	        {RESOLVER, 54, IPV4_UDP, false},
	        {RESOLVER + 1, 53, IPV4_UDP, false},
	        {RESOLVER, 443, IPV4_TCP, true}, /* an address like others */
	        /* what the guest may reach by itself is nothing to the gate */
	        {0xcb007132, 51900, IPV4_UDP, false},
	        {0xcb007132, 51900, IPV4_TCP, false},
	};
	struct policy policy = example_policy();

	(void)state;
	policy.web = example_web();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (dialer_gate_allows(&policy, rows[i].proto, rows[i].ip, rows[i].port) !=
		    rows[i].may)
			fail_msg("row %zu", i);
}

static void a_mode_that_is_off_reaches_nothing(void **state)
{
	struct policy policy = example_policy();

	(void)state;
	policy.web = example_web();
	policy.web.dns = POLICY_DNS_SYNTHETIC;
	assert_false(dialer_gate_allows(&policy, IPV4_UDP, RESOLVER, 53));
	policy.web.dns = POLICY_DNS_OFF;
	assert_false(dialer_gate_allows(&policy, IPV4_UDP, RESOLVER, 53));
	policy.web.tls = POLICY_TLS_OFF;
	assert_false(dialer_gate_allows(&policy, IPV4_TCP, GLOBAL, 443));
	assert_true(dialer_gate_allows(&policy, IPV4_TCP, GLOBAL, 80));
	policy.web.http_port_count = 0;
	assert_false(dialer_gate_allows(&policy, IPV4_TCP, GLOBAL, 80));
}

/* --- the process --- */

static int set_up_gate(void **state)
{
	struct rig *r;

	if (set_up(state) < 0)
		return -1;
	r = *state;
	r->policy.web = example_web();
	r->policy.web.tls_ports[0] = 7002;
	r->with_gate = true;
	return 0;
}

static struct gate_message hear(int fd, int fds[GATE_WIRE_FDS_MAX])
{
	struct gate_message message;

	assert_true(world_is_ready(fd, POLLIN, PATIENCE_MS));
	assert_int_equal(gate_wire_receive(fd, &message, fds), GATE_RECEIVED);
	return message;
}

static enum dialer_status ask(struct rig *r, uint8_t proto, uint32_t ip, uint16_t port,
                              int fds[GATE_WIRE_FDS_MAX])
{
	static uint32_t number;
	const struct gate_message request = {
	        .word = GATE_DIAL, .number = ++number, .proto = proto, .ip = ip, .port = port};
	struct gate_message answer;

	assert_true(gate_wire_send(r->pairs.dials[0], &request, NULL, 0));
	answer = hear(r->pairs.dials[0], fds);
	assert_int_equal(answer.word, GATE_DIALLED);
	assert_int_equal(answer.number, number);
	return answer.status;
}

static void a_flow_of_the_gates_has_two_ends(void **state)
{
	struct rig *r = *state;
	struct gate_message arrival;
	int fds[GATE_WIRE_FDS_MAX];
	char byte = 0;

	start(r, false);
	/* No route leads there: the guest's destination decides nothing but the port. */
	assert_int_equal(dial(r, IPV4_TCP, GLOBAL, 7002), DIALER_LOCAL);
	assert_int_equal(r->sockets.ear, -1);
	arrival = hear(r->pairs.arrivals[0], fds);
	assert_int_equal(arrival.word, GATE_ARRIVAL);
	assert_int_equal(arrival.arrival.tag, r->dialer.number);
	assert_int_equal(arrival.arrival.service, POLICY_SERVICE_TLS);
	assert_int_equal(arrival.arrival.guest_ip, r->policy.vm_ip);
	assert_int_equal(arrival.arrival.guest_port, 40000);
	assert_int_equal(arrival.arrival.dst_ip, GLOBAL);
	assert_int_equal(arrival.arrival.dst_port, 7002);
	assert_int_equal(send(r->sockets.fd, "x", 1, 0), 1);
	assert_int_equal(recv(fds[0], &byte, 1, 0), 1);
	assert_true(fcntl(fds[0], F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(r->sockets.fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(r->sockets.fd, F_GETFD) & FD_CLOEXEC);
	close(fds[0]);
}

static void the_gates_own_wishes_are_looked_at_again(void **state)
{
	struct rig *r = *state;
	int fds[GATE_WIRE_FDS_MAX];
	uint16_t port = 7002;
	int listener = world_open(SOCK_STREAM, PEER, &port);

	assert_int_equal(listen(listener, 4), 0);
	start(r, false);
	assert_int_equal(ask(r, IPV4_TCP, PEER, 7002, fds), DIALER_OK); /* in dns.hosts */
	assert_int_equal(fds[1], -1);
	assert_is_ours(fds[0]);
	assert_true(world_is_ready(listener, POLLIN, PATIENCE_MS));
	close(fds[0]);
	/* The worker may have this one, the gate may not. */
	assert_int_equal(ask(r, IPV4_TCP, PEER, 7001, fds), DIALER_REFUSED);
	assert_int_equal(ask(r, IPV4_UDP, PEER, 7001, fds), DIALER_REFUSED);
	assert_int_equal(ask(r, IPV4_TCP, PRIVATE + 1, 7002, fds), DIALER_REFUSED);
	assert_int_equal(ask(r, IPV4_TCP, 0x7f000001, 7002, fds), DIALER_REFUSED);
	assert_int_equal(fds[0], -1);
	close(listener);
}

static void nothing_is_this_hosts_own(void **state)
{
	struct rig *r = *state;
	int fds[GATE_WIRE_FDS_MAX];

	r->policy.web.resolver_ip = HOST;
	start(r, false);
	assert_int_equal(ask(r, IPV4_UDP, HOST, 53, fds), DIALER_THIS_HOST);
	assert_int_equal(ask(r, IPV4_TCP, HOST, 53, fds), DIALER_THIS_HOST);
}

static void the_resolvers_socket_comes_with_its_ear(void **state)
{
	struct rig *r = *state;
	int fds[GATE_WIRE_FDS_MAX];

	r->policy.web.resolver_ip = PEER;
	start(r, false);
	assert_int_equal(ask(r, IPV4_UDP, PEER, 53, fds), DIALER_OK);
	assert_is_ours(fds[0]);
	assert_int_equal(world_name(fds[0], getsockname).sin_port,
	                 world_name(fds[1], getsockname).sin_port);
	close(fds[0]);
	close(fds[1]);
}

static void many_wishes_are_answered_in_order(void **state)
{
	struct rig *r = *state;
	struct gate_message request = {
	        .word = GATE_DIAL, .proto = IPV4_TCP, .ip = PEER, .port = 7001};
	int fds[GATE_WIRE_FDS_MAX];

	start(r, false);
	for (uint32_t i = 0; i < GATE_WIRE_DIALS_MAX; i++) {
		request.number = i;
		assert_true(gate_wire_send(r->pairs.dials[0], &request, NULL, 0));
	}
	for (uint32_t i = 0; i < GATE_WIRE_DIALS_MAX; i++)
		assert_int_equal(hear(r->pairs.dials[0], fds).number, i);
}

/* --- a gate that is none any more --- */

static void assert_gate_is_lost(struct rig *r)
{
	assert_true(world_is_ready(r->pairs.arrivals[0], POLLHUP, PATIENCE_MS));
	assert_int_equal(dial(r, IPV4_TCP, GLOBAL, 7002), DIALER_GATE_FULL);
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7001), DIALER_OK); /* the worker's own */
}

static void a_gate_that_talks_nonsense_gets_nothing_more(void **state)
{
	struct rig *r = *state;

	start(r, false);
	assert_int_equal(send(r->pairs.dials[0], "rubbish", 7, 0), 7);
	assert_gate_is_lost(r);
}

static void a_gate_that_answers_what_nobody_asked_gets_nothing_more(void **state)
{
	const struct gate_message done = {.word = GATE_DONE, .order = {ORDER_POLICY, 0}};
	struct rig *r = *state;

	start(r, false);
	assert_true(gate_wire_send(r->pairs.dials[0], &done, NULL, 0));
	assert_gate_is_lost(r);
}

static void a_gate_that_does_not_take_its_sockets_gets_nothing_more(void **state)
{
	struct rig *r = *state;
	const struct gate_message request = {
	        .word = GATE_DIAL, .proto = IPV4_TCP, .ip = PEER, .port = 7001};

	start(r, false);
	for (int i = 0; i < 10000 && !world_is_ready(r->pairs.arrivals[0], POLLHUP, 0); i++)
		if (!gate_wire_send(r->pairs.dials[0], &request, NULL, 0))
			sched_yield();
	assert_gate_is_lost(r);
}

static void without_a_gate_its_ports_are_shut(void **state)
{
	struct rig *r = *state;

	r->with_gate = false;
	start(r, false);
	assert_int_equal(dial(r, IPV4_TCP, GLOBAL, 7002), DIALER_GATE_FULL);
	assert_int_equal(dial(r, IPV4_UDP, PEER, 7001), DIALER_OK);
}

#define GATE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up_gate, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_gate_reaches_what_names_lead_to_and_nothing_else),
	        cmocka_unit_test(a_mode_that_is_off_reaches_nothing),
	        GATE_TEST(a_flow_of_the_gates_has_two_ends),
	        GATE_TEST(the_gates_own_wishes_are_looked_at_again),
	        GATE_TEST(nothing_is_this_hosts_own),
	        GATE_TEST(the_resolvers_socket_comes_with_its_ear),
	        GATE_TEST(many_wishes_are_answered_in_order),
	        GATE_TEST(a_gate_that_talks_nonsense_gets_nothing_more),
	        GATE_TEST(a_gate_that_answers_what_nobody_asked_gets_nothing_more),
	        GATE_TEST(a_gate_that_does_not_take_its_sockets_gets_nothing_more),
	        GATE_TEST(without_a_gate_its_ports_are_shut),
	};

	return cmocka_run_group_tests(tests, world_enter, NULL);
}
