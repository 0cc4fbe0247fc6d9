/* SPDX-License-Identifier: ISC */
/* nat_udp_test.c: datagrams out, replies back, strangers, and what the network says of either. */
#include "ref/nat_udp_rig.h"

static void each_guest_port_gets_its_own_replies(void **state)
{
	struct rig *r = *state;
	struct sockaddr_in from[3];
	uint8_t frame[ETH_FRAME_MAX];

	open_peer(r);
	rig_start(r);
	for (uint16_t i = 0; i < 3; i++) {
		from[i] = open_flow(r, 40000 + i);
		assert_int_equal(ntohl(from[i].sin_addr.s_addr), HOST);
	}
	for (uint16_t i = 3; i-- > 0;) {
		const char text[] = {(char)('0' + i), 0};

		send_to(r->peer, text, 1, &from[i]);
		rig_await(r);
		assert_int_equal(guest_gets(r, frame).dport, 40000 + i);
		assert_int_equal(frame[ANSWER_UDP_HDR_LEN], text[0]);
		rig_assert_silence(r);
	}
	assert_int_equal(guest_sends(r, 40001, "again"), VERDICT_FORWARD);
	assert_int_equal(peer_gets(r, "again").sin_port, from[1].sin_port);
	assert_no_event(r);
	assert_int_equal(r->counts.flows, 3);
	assert_int_equal(r->counts.tcp, 0);
	assert_int_equal(r->counts.forwarded, 4);
	assert_int_equal(r->counts.replies, 3);
}

static void empty_and_largest_datagrams_pass_both_ways(void **state)
{
	static const uint16_t mtus[] = {POLICY_MTU_MIN, 1500, POLICY_MTU_MAX};
	static uint8_t bytes[ETH_FRAME_MAX];
	struct rig *r = *state;
	uint8_t frame[ETH_FRAME_MAX];

	open_peer(r);
	memset(bytes, 'x', sizeof(bytes));
	for (size_t i = 0; i < 3; i++) {
		const size_t most = mtus[i] - IPV4_HDR_LEN - UDP_HDR_LEN;
		const struct rd sizes[] = {rd_of(bytes, 0), rd_of(bytes, most)};
		struct sockaddr_in from;

		r->policy.mtu = mtus[i];
		rig_start(r);
		for (size_t k = 0; k < 2; k++) {
			guest_sends_to(r, 40000, PEER, PORT, sizes[k]);
			from = peer_gets_bytes(r, sizes[k]);
			send_to(r->peer, bytes, sizes[k].n, &from);
			rig_await(r);
			assert_int_equal(guest_gets(r, frame).payload.n, sizes[k].n);
		}
		rig_stop(r, false);
	}
}

static void a_reply_above_the_mtu_is_dropped_with_an_event(void **state)
{
	static const uint8_t bytes[60000];
	struct rig *r = *state;
	struct sockaddr_in from;
	uint8_t frame[ETH_FRAME_MAX];

	open_peer(r);
	rig_start(r);
	from = open_flow(r, 40000);
	send_to(r->peer, bytes, answer_udp_payload_max(&r->policy) + 1, &from);
	send_to(r->peer, bytes, sizeof(bytes), &from);
	send_to(r->peer, bytes, 7, &from);
	rig_await(r);
	for (int i = 0; i < 2; i++)
		assert_event(r, "\"drop\"", "\"proto\":\"udp\"", "\"src\":\"192.0.2.2\"",
		             "\"sport\":7001", "\"dst\":\"192.168.100.2\"", "\"dport\":40000",
		             "\"reason\":\"too-big\"");
	assert_no_event(r);
	assert_int_equal(guest_gets(r, frame).payload.n, 7);
	rig_assert_silence(r);
	assert_int_equal(r->counts.replies, 1);
	assert_int_equal(r->counts.replies_dropped, 2);
}

/* The control is the end: where no flow is, the kernel does answer. */
static void strangers_are_audited_and_get_neither_through_nor_an_answer(void **state)
{
	struct rig *r = *state;
	uint16_t ports[2] = {PORT, 0};
	struct sockaddr_in from;
	int strangers[2];

	open_peer(r);
	rig_start(r);
	from = open_flow(r, 40000);
	strangers[0] = world_open(SOCK_DGRAM, STRANGER, &ports[0]); /* the right port */
	strangers[1] = world_open(SOCK_DGRAM, PEER, &ports[1]);     /* the right address */
	for (int i = 0; i < 2; i++) {
		char sport[32];

		/* Connected, because only then it would be told of an ICMP error. */
		assert_int_equal(connect(strangers[i], (struct sockaddr *)&from, sizeof(from)), 0);
		for (int k = 0; k < 3; k++)
			assert_int_equal(send(strangers[i], "x", 1, 0), 1);
		rig_await(r);
		snprintf(sport, sizeof(sport), "\"sport\":%u,", ports[i]);
		for (int k = 0; k < 3; k++)
			assert_event(r, "\"drop\"", "\"reason\":\"unsolicited\"", sport,
			             i ? "\"src\":\"192.0.2.2\"" : "\"src\":\"192.0.2.3\"",
			             "\"dst\":\"192.168.100.2\"", "\"dport\":40000");
		assert_no_event(r);
		rig_assert_silence(r);
		assert_int_equal(world_option(strangers[i], SOL_SOCKET, SO_ERROR), 0);
	}
	assert_int_equal(r->counts.replies, 0);
	assert_int_equal(r->counts.replies_dropped, 6);
	rig_stop(r, false);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(send(strangers[i], "x", 1, 0), 1);
		assert_true(world_is_ready(strangers[i], POLLERR, PATIENCE_MS));
		assert_int_equal(world_option(strangers[i], SOL_SOCKET, SO_ERROR), ECONNREFUSED);
		close(strangers[i]);
	}
}

/* Between its making and its connect a socket takes from anyone. */
static void what_a_stranger_sent_before_the_socket_was_connected_is_dropped(void **state)
{
	const struct sockaddr unconnected = {.sa_family = AF_UNSPEC};
	struct rig *r = *state;
	uint8_t frame[ETH_FRAME_MAX];
	struct sockaddr_in from;
	uint16_t port = 0;
	int stranger = world_open(SOCK_DGRAM, STRANGER, &port);
	struct nat_slot *slot;

	open_peer(r);
	rig_start(r);
	from = open_flow(r, 40000);
	slot = &r->nat.slots[r->nat.table.oldest];
	close(slot->ear);
	slot->ear = -1;
	world_settle(&r->dialer);
	assert_int_equal(connect(r->nat.table.flows[r->nat.table.oldest].handle, &unconnected,
	                         sizeof(unconnected)),
	                 0);
	send_to(stranger, "x", 1, &from);
	send_to(r->peer, "yy", 2, &from);
	rig_await(r);
	assert_event(r, "\"reason\":\"unsolicited\"", "\"src\":\"192.0.2.3\"");
	assert_int_equal(guest_gets(r, frame).payload.n, 2);
	rig_assert_silence(r);
	close(stranger);
}

static void a_flood_of_strangers_does_not_stop_the_peer(void **state)
{
	struct rig *r = *state;
	uint8_t frame[ETH_FRAME_MAX];
	struct sockaddr_in from;
	uint16_t port = 0;
	int stranger = world_open(SOCK_DGRAM, STRANGER, &port);

	open_peer(r);
	rig_start(r);
	from = open_flow(r, 40000);
	for (int i = 0; i < 100; i++)
		send_to(stranger, "x", 1, &from);
	send_to(r->peer, "y", 1, &from);
	rig_await(r);
	assert_int_equal(guest_gets(r, frame).payload.n, 1); /* in the same turn */
	for (int i = 0; i < 10 && r->counts.replies_dropped < 100; i++)
		rig_await(r);
	assert_int_equal(r->counts.replies_dropped, 100);
	assert_int_equal(r->counts.replies, 1);
	close(stranger);
}

static void an_icmp_error_does_not_end_a_flow(void **state)
{
	struct rig *r = *state;
	struct sockaddr_in from;
	uint8_t frame[ETH_FRAME_MAX];

	open_peer(r);
	rig_start(r);
	from = open_flow(r, 40000);
	close(r->peer);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(guest_sends(r, 40000, "lost"), VERDICT_FORWARD);
		rig_turn(r);
	}
	open_peer(r);
	assert_int_equal(guest_sends(r, 40000, "back"), VERDICT_FORWARD);
	assert_int_equal(peer_gets(r, "back").sin_port, from.sin_port);
	send_to(r->peer, "x", 1, &from);
	rig_await(r);
	guest_gets(r, frame);
	assert_no_event(r);
	assert_int_equal(r->counts.forwarded, 7);
	assert_int_equal(r->counts.dropped, 0);
}

static void set_lo(bool up)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = up ? IFF_UP : 0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	close(fd);
}

static void flows_come_back_after_the_uplink_was_away(void **state)
{
	struct rig *r = *state;

	open_peer(r);
	rig_start(r);
	open_flow(r, 40000);
	open_flow(r, 40001);
	set_lo(false);
	assert_int_equal(guest_sends(r, 40000, "lost"), VERDICT_FORWARD);
	assert_event(r, "\"drop\"", "\"reason\":\"send-failed\"", "\"sport\":40000");
	assert_int_equal(guest_sends(r, 40000, "lost"), VERDICT_NEW_FLOW);
	set_lo(true);
	assert_event(r, "\"reason\":\"no-socket\"");
	open_flow(r, 40000);
	assert_int_equal(guest_sends(r, 40001, "hello"), VERDICT_FORWARD);
	assert_int_equal(r->nat.table.count, 2);
	assert_int_equal(r->counts.dropped, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(each_guest_port_gets_its_own_replies),
	        TEST(empty_and_largest_datagrams_pass_both_ways),
	        TEST(a_reply_above_the_mtu_is_dropped_with_an_event),
	        TEST(strangers_are_audited_and_get_neither_through_nor_an_answer),
	        TEST(what_a_stranger_sent_before_the_socket_was_connected_is_dropped),
	        TEST(a_flood_of_strangers_does_not_stop_the_peer),
	        TEST(an_icmp_error_does_not_end_a_flow),
	        TEST(flows_come_back_after_the_uplink_was_away),
	};

	return cmocka_run_group_tests(tests, world_enter, NULL);
}
