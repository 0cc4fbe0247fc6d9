/* SPDX-License-Identifier: ISC */
/* nat_test.c: datagrams out and back over the loopback interface, which plays the uplink. */
#include "ref/nat.h"

#include "ref/answer.h"
#include "ref/examples.h"
#include "ref/exits.h"
#include "ref/ipv4.h"
#include "ref/udp.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LOOPBACK 0x7f000001
#define NOW      UINT64_C(1000000000000)

/* A NAT with all that it needs, the guest's end of its link, and the one allowed peer. */
struct rig {
	struct policy policy;
	struct policy_rule rule;
	struct audit audit;
	struct audit_counts counts;
	struct dialer dialer;
	struct link link;
	struct nat nat;
	int guest, peer;
	FILE *events;
};

static int open_peer(uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_port = htons(*port),
	                              .sin_addr.s_addr = htonl(LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (const struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static int set_up(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct link_spec spec = {.kind = LINK_FD};
	int pair[2], events[2];

	assert_non_null(r);
	r->policy = example_policy();
	r->rule = (struct policy_rule){.ip = LOOPBACK, .proto = IPV4_UDP, .id = "peer"};
	r->policy.rules = &r->rule;
	r->peer = open_peer(&r->rule.port);
	assert_true(dialer_start(&r->dialer, &r->policy, "lo"));
	assert_int_equal(pipe(events), 0);
	assert_true(audit_open(&r->audit, events[1]));
	r->events = fdopen(events[0], "r");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	spec.fd = pair[0];
	r->guest = pair[1];
	assert_int_equal(link_open(&r->link, &spec), EXITS_OK);
	r->nat = (struct nat){.policy = &r->policy,
	                      .dialer = &r->dialer,
	                      .audit = &r->audit,
	                      .counts = &r->counts,
	                      .link = &r->link};
	assert_true(nat_open(&r->nat, 1));
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	nat_close(&r->nat);
	link_close(&r->link);
	audit_close(&r->audit);
	dialer_stop(&r->dialer);
	fclose(r->events);
	close(r->guest);
	close(r->peer);
	free(r);
	return 0;
}

/* Judges and forwards a datagram of the guest from `sport` to the peer. */
static enum verdict_kind guest_sends(struct rig *r, uint16_t sport, const char *text, uint64_t now)
{
	uint8_t frame[ETH_FRAME_MAX];
	struct wr w = wr_of(frame, sizeof(frame));
	struct rd payload = rd_of(text, strlen(text));
	struct verdict verdict;

	assert_true(eth_put(&w, r->policy.gateway_mac, r->policy.vm_mac, ETH_TYPE_IPV4));
	assert_true(ipv4_put(&w, r->policy.vm_ip, LOOPBACK, IPV4_UDP, UDP_HDR_LEN + payload.n));
	assert_true(udp_put(&w, r->policy.vm_ip, sport, LOOPBACK, r->rule.port, payload));
	assert_true(wr_bytes(&w, payload.p, payload.n));
	nat_expire(&r->nat, now);
	verdict_frame(&r->policy, &r->nat.table, now, rd_of(frame, w.len), &verdict);
	if (verdict.kind == VERDICT_FORWARD || verdict.kind == VERDICT_NEW_FLOW)
		assert_int_equal(nat_forward(&r->nat, &verdict, now), REASON_NONE);
	return verdict.kind;
}

/* Takes a datagram at the peer and remembers where it came from. */
static void peer_gets(struct rig *r, const char *text, struct sockaddr_in *from)
{
	struct pollfd readable = {.fd = r->peer, .events = POLLIN};
	socklen_t len = sizeof(*from);
	char bytes[2048];
	ssize_t n;

	assert_int_equal(poll(&readable, 1, 5000), 1);
	n = recvfrom(r->peer, bytes, sizeof(bytes), 0, (struct sockaddr *)from, &len);
	assert_int_equal(n, strlen(text));
	assert_memory_equal(bytes, text, (size_t)n);
}

static void peer_sends(struct rig *r, const void *bytes, size_t n, const struct sockaddr_in *to)
{
	assert_int_equal(sendto(r->peer, bytes, n, 0, (const struct sockaddr *)to, sizeof(*to)),
	                 (ssize_t)n);
}

/* Reads one frame on the guest's side and opens it. */
static struct udp guest_gets(struct rig *r, uint8_t *frame)
{
	uint8_t prefix[4];
	struct rd length = rd_of(prefix, 4);
	struct eth eth;
	struct ipv4 ip;
	struct udp udp;
	uint32_t n;
	bool readable;

	assert_int_not_equal(link_flush(&r->link), LINK_ERROR);
	assert_int_equal(recv(r->guest, prefix, 4, MSG_WAITALL | MSG_DONTWAIT), 4);
	assert_true(rd_u32(&length, &n) && n <= ETH_FRAME_MAX);
	assert_int_equal(recv(r->guest, frame, n, MSG_WAITALL), n);
	assert_int_equal(eth_parse(rd_of(frame, n), &eth), REASON_NONE);
	assert_memory_equal(eth.dst, r->policy.vm_mac, 6);
	assert_int_equal(ipv4_parse(eth.payload, &ip, &readable), REASON_NONE);
	assert_int_equal(ip.dst, r->policy.vm_ip);
	assert_int_equal(udp_parse(ip.payload, ip.src, ip.dst, &udp, &readable), REASON_NONE);
	assert_int_equal(udp.sport, r->rule.port);
	return udp;
}

static void assert_event(struct rig *r, const char *part)
{
	char line[AUDIT_LINE_MAX];

	assert_non_null(fgets(line, sizeof(line), r->events));
	if (!strstr(line, part))
		fail_msg("expected %s\ngot %s", part, line);
}

static void assert_no_event(struct rig *r)
{
	struct pollfd readable = {.fd = fileno(r->events), .events = POLLIN};

	assert_int_equal(poll(&readable, 1, 0), 0);
}

static void each_guest_port_gets_its_own_replies(void **state)
{
	struct rig *r = *state;
	struct sockaddr_in from[3];
	uint8_t frame[ETH_FRAME_MAX];

	for (uint16_t i = 0; i < 3; i++) {
		assert_int_equal(guest_sends(r, 40000 + i, "hello", NOW), VERDICT_NEW_FLOW);
		assert_event(r, "\"ev\":\"allow\"");
		peer_gets(r, "hello", &from[i]);
	}
	for (uint16_t i = 3; i-- > 0;) {
		const char text[] = {(char)('0' + i), 0};

		peer_sends(r, text, 1, &from[i]);
		assert_int_equal(nat_receive(&r->nat, NOW), REASON_NONE);
		assert_int_equal(guest_gets(r, frame).dport, 40000 + i);
		assert_int_equal(frame[ANSWER_UDP_HDR_LEN], text[0]);
	}
	assert_int_equal(guest_sends(r, 40001, "again", NOW), VERDICT_FORWARD);
	assert_no_event(r);
	assert_int_equal(r->counts.flows, 3);
	assert_int_equal(r->counts.forwarded, 4);
	assert_int_equal(r->counts.replies, 3);
}

static void empty_and_largest_datagrams_pass_both_ways(void **state)
{
	static uint8_t bytes[ANSWER_UDP_PAYLOAD_MAX + 1];
	static char text[ANSWER_UDP_PAYLOAD_MAX + 1];
	struct rig *r = *state;
	struct sockaddr_in from;
	uint8_t frame[ETH_FRAME_MAX];

	memset(text, 'x', ANSWER_UDP_PAYLOAD_MAX);
	guest_sends(r, 40000, "", NOW);
	peer_gets(r, "", &from);
	guest_sends(r, 40000, text, NOW);
	peer_gets(r, text, &from);
	peer_sends(r, bytes, 0, &from);
	peer_sends(r, bytes, ANSWER_UDP_PAYLOAD_MAX, &from);
	assert_int_equal(nat_receive(&r->nat, NOW), REASON_NONE);
	assert_int_equal(guest_gets(r, frame).payload.n, 0);
	assert_int_equal(guest_gets(r, frame).payload.n, ANSWER_UDP_PAYLOAD_MAX);
}

static void a_reply_above_the_mtu_is_dropped_with_an_event(void **state)
{
	static const uint8_t bytes[60000];
	struct rig *r = *state;
	struct sockaddr_in from;
	uint8_t frame[ETH_FRAME_MAX];

	guest_sends(r, 40000, "hello", NOW);
	assert_event(r, "\"allow\"");
	peer_gets(r, "hello", &from);
	peer_sends(r, bytes, ANSWER_UDP_PAYLOAD_MAX + 1, &from);
	peer_sends(r, bytes, sizeof(bytes), &from);
	peer_sends(r, bytes, 7, &from);
	assert_int_equal(nat_receive(&r->nat, NOW), REASON_NONE);
	assert_event(r, "\"reason\":\"too-big\"");
	assert_event(r, "\"reason\":\"too-big\"");
	assert_no_event(r);
	assert_int_equal(guest_gets(r, frame).payload.n, 7);
	assert_false(link_has_output(&r->link));
	assert_int_equal(r->counts.replies_dropped, 2);
}

static void another_sender_does_not_reach_the_guest(void **state)
{
	struct rig *r = *state;
	struct sockaddr_in from;
	uint16_t port = 0;
	int stranger = open_peer(&port);

	guest_sends(r, 40000, "hello", NOW);
	assert_event(r, "\"allow\"");
	peer_gets(r, "hello", &from);
	assert_int_equal(sendto(stranger, "x", 1, 0, (const struct sockaddr *)&from, sizeof(from)),
	                 1);
	assert_int_equal(nat_receive(&r->nat, NOW), REASON_NONE);
	assert_false(link_has_output(&r->link));
	assert_int_equal(r->counts.replies, 0);
	close(stranger);
}

static void an_icmp_error_does_not_end_a_flow(void **state)
{
	struct rig *r = *state;
	struct sockaddr_in from;
	uint8_t frame[ETH_FRAME_MAX];

	guest_sends(r, 40000, "hello", NOW);
	peer_gets(r, "hello", &from);
	close(r->peer);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(guest_sends(r, 40000, "lost", NOW), VERDICT_FORWARD);
		assert_int_equal(nat_receive(&r->nat, NOW), REASON_NONE);
	}
	r->peer = open_peer(&r->rule.port);
	assert_int_equal(guest_sends(r, 40000, "back", NOW), VERDICT_FORWARD);
	peer_gets(r, "back", &from);
	peer_sends(r, "x", 1, &from);
	assert_int_equal(nat_receive(&r->nat, NOW), REASON_NONE);
	guest_gets(r, frame);
	assert_int_equal(r->counts.forwarded, 7);
	assert_int_equal(r->counts.dropped, 0);
}

static void idle_flows_end_and_are_opened_again(void **state)
{
	struct rig *r = *state;
	struct sockaddr_in from;
	uint8_t frame[ETH_FRAME_MAX];

	guest_sends(r, 40000, "one", NOW);
	guest_sends(r, 40001, "two", NOW + FLOW_IDLE_NS / 2);
	assert_int_equal(nat_expiry_ms(&r->nat, NOW), 120001);
	assert_int_equal(nat_expiry_ms(&r->nat, NOW + FLOW_IDLE_NS), 0);
	nat_expire(&r->nat, NOW + FLOW_IDLE_NS);
	assert_int_equal(r->nat.table.count, 1);
	assert_int_equal(guest_sends(r, 40000, "new", NOW + FLOW_IDLE_NS), VERDICT_NEW_FLOW);
	/* A reply keeps a flow, too. */
	peer_gets(r, "one", &from);
	peer_gets(r, "two", &from);
	peer_sends(r, "x", 1, &from);
	assert_int_equal(nat_receive(&r->nat, NOW + FLOW_IDLE_NS), REASON_NONE);
	guest_gets(r, frame);
	nat_expire(&r->nat, NOW + FLOW_IDLE_NS + FLOW_IDLE_NS / 2);
	assert_int_equal(r->nat.table.count, 2);
	nat_expire(&r->nat, NOW + 3 * FLOW_IDLE_NS);
	assert_int_equal(r->nat.table.count, 0);
	assert_int_equal(nat_expiry_ms(&r->nat, NOW), -1);
}

static void a_full_table_refuses_and_keeps_live_flows(void **state)
{
	struct rig *r = *state;

	for (uint16_t i = 0; i < 8; i++)
		assert_int_equal(guest_sends(r, 40000 + i, "x", NOW), VERDICT_NEW_FLOW);
	for (uint16_t i = 8; i < 1000; i++)
		assert_int_equal(guest_sends(r, 40000 + i, "x", NOW + 1), VERDICT_DROP);
	for (uint16_t i = 0; i < 8; i++)
		assert_int_equal(guest_sends(r, 40000 + i, "x", NOW + 2), VERDICT_FORWARD);
	assert_int_equal(r->counts.flows, 8);
}

static void a_guest_that_does_not_read_loses_no_reply_that_was_taken(void **state)
{
	struct rig *r = *state;
	struct sockaddr_in from;
	uint8_t bytes[1400] = {0}, frame[ETH_FRAME_MAX];
	unsigned sent = 0;

	guest_sends(r, 40000, "hello", NOW);
	peer_gets(r, "hello", &from);
	while (link_has_room(&r->link, ETH_FRAME_MAX)) {
		bytes[0] = (uint8_t)sent++;
		peer_sends(r, bytes, sizeof(bytes), &from);
		assert_int_equal(nat_receive(&r->nat, NOW), REASON_NONE);
		assert_int_not_equal(link_flush(&r->link), LINK_ERROR);
	}
	bytes[0] = (uint8_t)sent++;
	peer_sends(r, bytes, sizeof(bytes), &from); /* waits in the socket */
	for (int i = 0; i < 3; i++)
		assert_int_equal(nat_receive(&r->nat, NOW), REASON_NONE);
	assert_int_equal(r->counts.replies, sent - 1);
	for (unsigned i = 0; i < sent; i++) {
		assert_int_equal(nat_receive(&r->nat, NOW), REASON_NONE);
		guest_gets(r, frame);
		assert_int_equal(frame[ANSWER_UDP_HDR_LEN], (uint8_t)i);
	}
	assert_int_equal(r->counts.replies, sent);
}

static void without_descriptors_a_new_flow_is_refused_and_old_ones_live(void **state)
{
	struct rig *r = *state;
	struct rlimit limit, none;

	assert_int_equal(guest_sends(r, 40000, "x", NOW), VERDICT_NEW_FLOW);
	assert_event(r, "\"allow\"");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(guest_sends(r, 40001, "x", NOW), VERDICT_NEW_FLOW);
	assert_event(r, "\"reason\":\"no-socket\"");
	assert_int_equal(guest_sends(r, 40000, "x", NOW), VERDICT_FORWARD);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(guest_sends(r, 40001, "x", NOW), VERDICT_NEW_FLOW);
	assert_event(r, "\"allow\"");
	assert_int_equal(r->counts.forwarded, 3);
}

static void a_rule_that_only_the_worker_knows_is_refused_by_the_dialer(void **state)
{
	struct rig *r = *state;

	r->rule.port ^= 1; /* the worker's memory is no longer what the dialer forked from */
	assert_int_equal(guest_sends(r, 40000, "x", NOW), VERDICT_NEW_FLOW);
	assert_event(r, "\"reason\":\"dialer-refused\"");
	assert_int_equal(r->counts.forwarded, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(each_guest_port_gets_its_own_replies),
	        TEST(empty_and_largest_datagrams_pass_both_ways),
	        TEST(a_reply_above_the_mtu_is_dropped_with_an_event),
	        TEST(another_sender_does_not_reach_the_guest),
	        TEST(an_icmp_error_does_not_end_a_flow),
	        TEST(idle_flows_end_and_are_opened_again),
	        TEST(a_full_table_refuses_and_keeps_live_flows),
	        TEST(a_guest_that_does_not_read_loses_no_reply_that_was_taken),
	        TEST(without_descriptors_a_new_flow_is_refused_and_old_ones_live),
	        TEST(a_rule_that_only_the_worker_knows_is_refused_by_the_dialer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
