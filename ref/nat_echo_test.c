/* SPDX-License-Identifier: ISC */
/* nat_echo_test.c: pings to the world and back. */
#include "ref/nat_rig.h"

/* An echo request from the guest: `id`, `seq` and `n` bytes. */
static struct verdict guest_pings(struct rig *r, uint32_t ip, uint16_t id, uint16_t seq, size_t n)
{
	static uint8_t message[ETH_FRAME_MAX];
	uint8_t frame[ETH_FRAME_MAX];
	struct wr m = wr_of(message, sizeof(message)), w = wr_of(frame, sizeof(frame));
	struct wr sum = wr_of(message + 2, 2);

	assert_true(wr_u8(&m, ICMP_ECHO_REQUEST) && wr_u8(&m, 0) && wr_u16(&m, 0) &&
	            wr_u16(&m, id) && wr_u16(&m, seq));
	for (size_t i = 0; i < n; i++)
		assert_true(wr_u8(&m, (uint8_t)(i + seq)));
	assert_true(wr_u16(&sum, cksum_finish(cksum_add(0, message, m.len))));
	rig_put_headers(r, &w, ip, IPV4_ICMP, m.len);
	assert_true(wr_bytes(&w, message, m.len));
	return rig_judge(r, rd_of(frame, w.len));
}

/* The next frame is the answer to just that. */
static void guest_gets_pong(struct rig *r, uint32_t ip, uint16_t id, uint16_t seq, size_t n)
{
	uint8_t frame[ETH_FRAME_MAX];
	struct rd whole = rd_of(frame, rig_take(r, frame));
	struct icmp icmp;
	struct ipv4 packet;
	uint16_t got;

	assert_int_not_equal(whole.n, 0);
	packet = rig_open_frame(r, whole);
	assert_int_equal(packet.proto, IPV4_ICMP);
	assert_int_equal(packet.src, ip);
	assert_int_equal(icmp_parse(packet.payload, &icmp), REASON_NONE);
	assert_int_equal(icmp.type, ICMP_ECHO_REPLY);
	assert_int_equal(icmp.code, 0);
	assert_true(rd_u16(&icmp.rest, &got));
	assert_int_equal(got, id);
	assert_true(rd_u16(&icmp.rest, &got));
	assert_int_equal(got, seq);
	assert_int_equal(icmp.rest.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(icmp.rest.p[i], (uint8_t)(i + seq));
}

static void a_ping_to_the_world_comes_back_with_the_guests_id(void **state)
{
	struct rig *r = *state;

	r->policy.mode = POLICY_DIRECT;
	rig_start(r);
	assert_int_equal(guest_pings(r, PEER, 77, 1, 56).kind, VERDICT_NEW_FLOW);
	assert_event(r, "\"allow\"", "\"proto\":\"icmp\"", "\"dst\":\"192.0.2.2\"");
	rig_await(r);
	guest_gets_pong(r, PEER, 77, 1, 56);
	assert_int_equal(guest_pings(r, PEER, 77, 2, 0).kind, VERDICT_FORWARD);
	rig_await(r);
	guest_gets_pong(r, PEER, 77, 2, 0);
	assert_int_equal(guest_pings(r, PEER, 77, 3, 1472).kind, VERDICT_FORWARD);
	rig_await(r);
	guest_gets_pong(r, PEER, 77, 3, 1472);
	rig_assert_silence(r);
	assert_no_event(r);
	assert_int_equal(r->counts.flows, 1);
	assert_int_equal(r->counts.forwarded, 3);
	assert_int_equal(r->counts.replies, 3);
}

static void pings_with_other_ids_or_to_others_are_other_flows(void **state)
{
	struct rig *r = *state;

	r->policy.mode = POLICY_DIRECT;
	rig_start(r);
	assert_int_equal(guest_pings(r, PEER, 1, 10, 8).kind, VERDICT_NEW_FLOW);
	assert_int_equal(guest_pings(r, PEER, 2, 20, 8).kind, VERDICT_NEW_FLOW);
	assert_int_equal(guest_pings(r, STRANGER, 1, 30, 8).kind, VERDICT_NEW_FLOW);
	for (int i = 0; i < 10 && r->counts.replies < 3; i++)
		rig_await(r);
	guest_gets_pong(r, PEER, 1, 10, 8);
	guest_gets_pong(r, PEER, 2, 20, 8);
	guest_gets_pong(r, STRANGER, 1, 30, 8);
	r->now_ns += FLOW_IDLE_NS;
	rig_turn(r);
	assert_int_equal(r->nat.table.count, 0);
}

static void this_host_is_not_pinged(void **state)
{
	struct rig *r = *state;

	r->policy.mode = POLICY_DIRECT;
	rig_start(r);
	assert_int_equal(guest_pings(r, HOST, 1, 1, 8).kind, VERDICT_NEW_FLOW);
	assert_event(r, "\"drop\"", "\"reason\":\"this-host\"", "\"proto\":\"icmp\"");
	assert_int_equal(guest_pings(r, PEER, 1, 1, 8).kind, VERDICT_NEW_FLOW);
	assert_event(r, "\"allow\"");
}

static void where_nobody_may_ping_a_ping_is_refused(void **state)
{
	struct rig *r = *state;

	if (!world_try(WORLD_PING_GROUPS, WORLD_NO_GROUP))
		skip();
	r->policy.mode = POLICY_DIRECT;
	rig_start(r);
	assert_int_equal(guest_pings(r, PEER, 1, 1, 8).kind, VERDICT_NEW_FLOW);
	world_set(WORLD_PING_GROUPS, WORLD_ROOT_GROUP);
	assert_event(r, "\"drop\"", "\"reason\":\"no-socket\"", "\"proto\":\"icmp\"");
	assert_int_equal(guest_pings(r, PEER, 1, 1, 8).kind, VERDICT_NEW_FLOW);
	assert_event(r, "\"allow\"");
}

static void a_stricter_mode_ends_pings(void **state)
{
	struct rig *r = *state;

	r->policy.mode = POLICY_DIRECT;
	rig_start(r);
	guest_pings(r, PEER, 1, 1, 8);
	assert_int_equal(r->nat.table.count, 1);
	r->policy.mode = POLICY_FILTERED;
	rig_swap(r, &r->policy);
	assert_int_equal(r->nat.table.count, 0);
	rig_turn(r);
	rig_assert_silence(r);
	assert_int_equal(guest_pings(r, PEER, 1, 1, 8).kind, VERDICT_DROP);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(a_ping_to_the_world_comes_back_with_the_guests_id),
	        TEST(pings_with_other_ids_or_to_others_are_other_flows),
	        TEST(this_host_is_not_pinged),
	        TEST(where_nobody_may_ping_a_ping_is_refused),
	        TEST(a_stricter_mode_ends_pings),
	};

	return cmocka_run_group_tests(tests, world_enter, NULL);
}
