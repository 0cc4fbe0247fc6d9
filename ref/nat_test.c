/* SPDX-License-Identifier: ISC */
/* nat_test.c: how flows begin and end, and what the policy has to say in it. What they carry is in
 * nat_udp_test.c, nat_echo_test.c, nat_tcp_test.c and nat_tcp_send_test.c. */
#include "ref/nat.h"

#include "ref/nat_udp_rig.h"

#include <sys/resource.h>

/* --- the life of flows --- */

static void idle_flows_end_and_are_opened_again(void **state)
{
	struct rig *r = *state;
	struct sockaddr_in from;
	uint8_t frame[ETH_FRAME_MAX];

	open_peer(r);
	rig_start(r);
	assert_true(nat_expiry_ns(&r->nat) == UINT64_MAX);
	open_flow(r, 40000);
	r->now_ns += FLOW_IDLE_NS / 2;
	from = open_flow(r, 40001);
	assert_true(nat_expiry_ns(&r->nat) == NOW + FLOW_IDLE_NS);
	r->now_ns = NOW + FLOW_IDLE_NS - 1;
	rig_turn(r);
	assert_int_equal(r->nat.table.count, 2);
	r->now_ns = NOW + FLOW_IDLE_NS;
	rig_turn(r);
	assert_int_equal(r->nat.table.count, 1);
	open_flow(r, 40000);
	/* A reply keeps a flow, too. */
	send_to(r->peer, "x", 1, &from);
	rig_await(r);
	guest_gets(r, frame);
	r->now_ns = NOW + 3 * FLOW_IDLE_NS / 2;
	rig_turn(r);
	assert_int_equal(r->nat.table.count, 2);
	r->now_ns = NOW + 2 * FLOW_IDLE_NS;
	rig_turn(r);
	assert_int_equal(r->nat.table.count, 0);
	assert_true(nat_expiry_ns(&r->nat) == UINT64_MAX);
}

static void in_conntrack_a_flow_lives_as_long_as_the_policy_says(void **state)
{
	struct rig *r = *state;
	const uint64_t ttl_ns = UINT64_C(7000000000);

	open_peer(r);
	r->policy.mode = POLICY_CONNTRACK;
	r->policy.conntrack_ttl_s = 7;
	rig_start(r);
	open_flow(r, 40000);
	assert_true(nat_expiry_ns(&r->nat) == NOW + ttl_ns);
	r->now_ns = NOW + ttl_ns - 1;
	assert_int_equal(guest_sends(r, 40000, "used"), VERDICT_FORWARD);
	assert_true(nat_expiry_ns(&r->nat) == NOW + 2 * ttl_ns - 1);
	r->now_ns = NOW + 2 * ttl_ns - 1;
	assert_int_equal(guest_sends(r, 40000, "late"), VERDICT_NEW_FLOW);
	assert_int_equal(r->counts.flows, 2);
}

static void a_shorter_ttl_holds_for_flows_that_are_there(void **state)
{
	struct rig *r = *state;

	open_peer(r);
	r->policy.mode = POLICY_CONNTRACK;
	r->policy.conntrack_ttl_s = 70;
	rig_start(r);
	open_flow(r, 40000);
	r->policy.conntrack_ttl_s = 7;
	rig_swap(r, &r->policy);
	assert_int_equal(r->nat.table.count, 1);
	r->now_ns = NOW + UINT64_C(7000000000);
	rig_turn(r);
	assert_int_equal(r->nat.table.count, 0);
}

static void a_full_table_refuses_and_keeps_live_flows(void **state)
{
	struct rig *r = *state;

	open_peer(r);
	rig_start(r);
	for (uint16_t i = 0; i < 8; i++)
		assert_int_equal(guest_sends(r, 40000 + i, "x"), VERDICT_NEW_FLOW);
	r->now_ns++;
	for (uint16_t i = 8; i < 1000; i++) {
		struct verdict verdict = guest_sends_to(r, 40000 + i, PEER, PORT, rd_of("x", 1));

		assert_int_equal(verdict.kind, VERDICT_DROP);
		assert_int_equal(verdict.reason, REASON_FLOW_TABLE_FULL);
	}
	for (uint16_t i = 0; i < 8; i++)
		assert_int_equal(guest_sends(r, 40000 + i, "x"), VERDICT_FORWARD);
	assert_int_equal(r->counts.flows, 8);
}

static void a_guest_that_does_not_read_loses_no_reply_that_was_taken(void **state)
{
	struct rig *r = *state;
	struct sockaddr_in from;
	uint8_t bytes[1400] = {0}, frame[ETH_FRAME_MAX];
	unsigned sent = 0;

	open_peer(r);
	rig_start(r);
	from = open_flow(r, 40000);
	while (link_has_room(&r->link, ETH_HDR_LEN + ETH_MTU)) {
		bytes[0] = (uint8_t)sent++;
		send_to(r->peer, bytes, sizeof(bytes), &from);
		rig_await(r);
	}
	bytes[0] = (uint8_t)sent++;
	send_to(r->peer, bytes, sizeof(bytes), &from); /* waits in the socket */
	for (int i = 0; i < 3; i++)
		rig_await(r);
	assert_int_equal(r->counts.replies, sent - 1);
	for (unsigned i = 0; i < sent; i++) {
		rig_turn(r);
		guest_gets(r, frame);
		assert_int_equal(frame[ANSWER_UDP_HDR_LEN], (uint8_t)i);
	}
	assert_int_equal(r->counts.replies, sent);
	rig_assert_silence(r);
}

static void every_way_to_end_a_flow_closes_its_sockets(void **state)
{
	struct rig *r = *state;
	int before, last;

	open_peer(r);
	before = count_descriptors();
	rig_start(r);
	last = count_descriptors();
	open_flow(r, 40000);
	assert_int_equal(count_descriptors(), last + 2);
	r->now_ns += FLOW_IDLE_NS;
	rig_turn(r);
	assert_int_equal(count_descriptors(), last);
	open_flow(r, 40000);
	r->policy.rule_count = 0;
	rig_swap(r, &r->policy);
	assert_int_equal(count_descriptors(), last);
	r->policy.rule_count = 2;
	rig_swap(r, &r->policy);
	for (uint16_t i = 0; i < 5; i++)
		open_flow(r, 40000 + i);
	rig_stop(r, false);
	assert_int_equal(count_descriptors(), before);
}

static void without_descriptors_a_new_flow_is_refused_and_old_ones_live(void **state)
{
	struct rig *r = *state;
	struct rlimit limit, none;

	open_peer(r);
	rig_start(r);
	open_flow(r, 40000);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(guest_sends(r, 40001, "x"), VERDICT_NEW_FLOW);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_event(r, "\"reason\":\"no-socket\"", "\"sport\":40001");
	assert_int_equal(guest_sends(r, 40000, "x"), VERDICT_FORWARD);
	peer_gets(r, "x");
	open_flow(r, 40001);
	assert_int_equal(r->counts.forwarded, 3);
	assert_int_equal(r->counts.dropped, 1);
}

/* --- what the dialer says --- */

static void a_rule_that_only_the_worker_knows_is_refused_by_the_dialer(void **state)
{
	struct rig *r = *state;
	struct policy wider = r->policy;
	struct policy_rule rule = r->rules[1];

	open_peer(r);
	rig_start(r);
	rule.port = PORT + 1;
	wider.rules = &rule;
	wider.rule_count = 1;
	rig_swap(r, &wider);
	assert_int_equal(guest_sends_to(r, 40000, PEER, PORT + 1, rd_of("x", 1)).kind,
	                 VERDICT_NEW_FLOW);
	assert_event(r, "\"drop\"", "\"reason\":\"dialer-refused\"", "\"dport\":7002");
	assert_int_equal(r->counts.forwarded, 0);
	assert_int_equal(r->counts.dropped, 1);
	assert_int_equal(r->nat.table.count, 0);
}

static void this_host_is_no_destination_even_with_a_rule(void **state)
{
	struct rig *r = *state;

	r->rules[1] = (struct policy_rule){.ip = HOST, .port = PORT, .proto = IPV4_UDP, .id = "h"};
	r->rules[2] = (struct policy_rule){.ip = PEER, .port = PORT, .proto = IPV4_UDP, .id = "u"};
	r->policy.rule_count = 3;
	open_peer(r);
	rig_start(r);
	assert_int_equal(guest_sends_to(r, 40000, HOST, PORT, rd_of("x", 1)).kind,
	                 VERDICT_NEW_FLOW);
	assert_event(r, "\"drop\"", "\"reason\":\"this-host\"", "\"dst\":\"192.0.2.1\"");
	assert_int_equal(r->counts.dropped, 1);
	open_flow(r, 40000);
}

static void without_a_dialer_or_an_audit_it_must_stop(void **state)
{
	struct rig *r = *state;
	uint8_t frame[ETH_FRAME_MAX];
	struct wr w = wr_of(frame, sizeof(frame));
	struct verdict verdict;
	bool again;

	open_peer(r);
	rig_start(r);
	rig_put_headers(r, &w, PEER, IPV4_UDP, UDP_HDR_LEN);
	assert_true(udp_put(&w, r->policy.vm_ip, 40000, PEER, PORT, rd_of("", 0)));
	verdict_frame(r->nat.policy, &r->nat.table, NOW, 0, rd_of(frame, w.len), &verdict);
	assert_int_equal(verdict.kind, VERDICT_NEW_FLOW);
	fclose(r->events);
	assert_int_equal(nat_forward(&r->nat, &verdict, NOW, &again), REASON_AUDIT_FAILED);
	assert_false(world_is_ready(r->peer, POLLIN, 0)); /* nothing passed that is not on record */
	kill(r->dialer.pid, SIGKILL);
	verdict.key.guest_port++;
	assert_int_equal(nat_forward(&r->nat, &verdict, NOW, &again), REASON_DIALER_DIED);
	r->events = fopen("/dev/null", "r"); /* for the end */
}

/* --- modes and policies --- */

static void what_no_entry_was_asked_for_has_no_rule_in_its_event(void **state)
{
	struct rig *r = *state;
	char line[AUDIT_LINE_MAX];
	uint16_t port = PORT + 1;
	int other = world_open(SOCK_DGRAM, STRANGER, &port);

	open_peer(r);
	r->policy.mode = POLICY_DIRECT;
	rig_start(r);
	assert_int_equal(guest_sends_to(r, 40000, STRANGER, port, rd_of("x", 1)).kind,
	                 VERDICT_NEW_FLOW);
	assert_non_null(fgets(line, sizeof(line), r->events));
	assert_non_null(strstr(line, "\"allow\""));
	assert_null(strstr(line, "\"rule\""));
	assert_true(world_is_ready(other, POLLIN, PATIENCE_MS));
	close(other);
	rig_stop(r, false);
	r->policy.mode = POLICY_FILTERED;
	rig_start(r);
	assert_int_equal(guest_sends(r, 40000, "x"), VERDICT_NEW_FLOW);
	assert_event(r, "\"allow\"", "\"rule\":\"u\"");
}

/* Under `before`, three flows: to an endpoint whose rule will go, to one whose rule stays, and to
 * one that never had a rule, where the mode lets it. The first must end with the swap to `after`, the
 * second must not, and for the third it depends. */
static void assert_survivors(struct rig *r, enum policy_mode before, enum policy_mode after,
                             bool unlisted)
{
	uint8_t frame[ETH_FRAME_MAX];
	struct sockaddr_in gone, kept;
	uint16_t port = PORT + 1;
	int other = world_open(SOCK_DGRAM, PEER, &port);

	r->rules[2] = r->rules[1];
	r->rules[2].port = PORT + 1;
	r->policy.rule_count = 3;
	r->policy.mode = before;
	rig_start(r);
	kept = open_flow(r, 40000);
	assert_int_equal(guest_sends_to(r, 40001, PEER, port, rd_of("x", 1)).kind,
	                 VERDICT_NEW_FLOW);
	gone = (struct sockaddr_in){.sin_family = AF_INET};
	assert_true(world_is_ready(other, POLLIN, PATIENCE_MS));
	assert_int_equal(
	        recvfrom(other, frame, 1, 0, (struct sockaddr *)&gone, &(socklen_t){sizeof(gone)}),
	        1);
	if (before <= POLICY_SAMPLED)
		assert_int_equal(guest_sends_to(r, 40002, STRANGER, 9, rd_of("x", 1)).kind,
		                 VERDICT_NEW_FLOW);

	r->policy.rule_count = 2;
	r->policy.mode = after;
	rig_swap(r, &r->policy);
	assert_int_equal(r->nat.table.count, 1 + unlisted);
	/* The one with a rule works both ways as if nothing had been. */
	assert_int_equal(guest_sends(r, 40000, "on"), VERDICT_FORWARD);
	assert_int_equal(peer_gets(r, "on").sin_port, kept.sin_port);
	send_to(r->peer, "y", 1, &kept);
	/* What comes for the other one is nobody's. */
	world_settle(&r->dialer);
	assert_int_equal(connect(other, (struct sockaddr *)&gone, sizeof(gone)), 0);
	assert_int_equal(send(other, "z", 1, 0), 1);
	rig_await(r);
	assert_int_equal(guest_gets(r, frame).dport, 40000);
	rig_assert_silence(r);
	assert_true(world_is_ready(other, POLLERR, PATIENCE_MS));
	close(other);
	rig_stop(r, false);
}

static void a_flow_ends_with_its_rule_in_every_mode(void **state)
{
	struct rig *r = *state;

	open_peer(r);
	for (enum policy_mode mode = POLICY_DIRECT; mode <= POLICY_FILTERED; mode++)
		assert_survivors(r, mode, mode, mode <= POLICY_SAMPLED);
}

static void a_stricter_mode_ends_what_has_no_rule(void **state)
{
	struct rig *r = *state;

	open_peer(r);
	for (enum policy_mode mode = POLICY_DIRECT; mode < POLICY_FILTERED; mode++)
		assert_survivors(r, mode, POLICY_FILTERED, false);
	assert_survivors(r, POLICY_DIRECT, POLICY_SAMPLED, true);
}

static void the_same_policy_once_more_changes_nothing(void **state)
{
	struct rig *r = *state;

	open_peer(r);
	rig_start(r);
	open_flow(r, 40000);
	for (int i = 0; i < 4; i++) {
		rig_swap(r, &r->policy);
		assert_int_equal(guest_sends(r, 40000, "on"), VERDICT_FORWARD);
		peer_gets(r, "on");
	}
	assert_no_event(r);
	assert_int_equal(r->counts.flows, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(idle_flows_end_and_are_opened_again),
	        TEST(in_conntrack_a_flow_lives_as_long_as_the_policy_says),
	        TEST(a_shorter_ttl_holds_for_flows_that_are_there),
	        TEST(a_full_table_refuses_and_keeps_live_flows),
	        TEST(a_guest_that_does_not_read_loses_no_reply_that_was_taken),
	        TEST(every_way_to_end_a_flow_closes_its_sockets),
	        TEST(without_descriptors_a_new_flow_is_refused_and_old_ones_live),
	        TEST(a_rule_that_only_the_worker_knows_is_refused_by_the_dialer),
	        TEST(this_host_is_no_destination_even_with_a_rule),
	        TEST(without_a_dialer_or_an_audit_it_must_stop),
	        TEST(what_no_entry_was_asked_for_has_no_rule_in_its_event),
	        TEST(a_flow_ends_with_its_rule_in_every_mode),
	        TEST(a_stricter_mode_ends_what_has_no_rule),
	        TEST(the_same_policy_once_more_changes_nothing),
	};

	return cmocka_run_group_tests(tests, world_enter, NULL);
}
