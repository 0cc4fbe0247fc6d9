/* SPDX-License-Identifier: ISC */
/* nat_tcp_test.c: connections that begin, and those that are reset, against real sockets. What they
 * carry is in nat_tcp_send_test.c and nat_tcp_up_test.c, how they end in nat_tcp_end_test.c. */
#include "ref/nat_tcp.h"

#include "ref/nat_guest.h"

/* --- the beginning --- */

static void a_syn_is_answered_when_the_world_has_accepted(void **state)
{
	struct rig *r = *state;
	struct guest g;

	world_listens(r, 8);
	rig_start(r);
	g = guest_of(r, 40000);
	guest_connects(&g, r->peer);
	assert_int_equal(g.last.mss, 1460);
	assert_int_equal(g.last.window_scale, TCP_WINDOW_SCALE);
	assert_true(g.last.sack_permitted);
	assert_true(g.last.window > 0);
	assert_int_equal(ntohl(world_name(g.world, getpeername).sin_addr.s_addr), HOST);
	assert_int_equal(r->counts.flows, 1);
	assert_int_equal(r->counts.tcp, 1);
	assert_int_equal(r->counts.forwarded, 2);
	assert_int_equal(r->counts.replies, 1);
	assert_int_equal(live(r), 1);
	close(g.world);
}

static void a_guest_without_options_gets_none(void **state)
{
	struct rig *r = *state;
	struct guest g;
	struct tcp_seg syn;

	world_listens(r, 8);
	rig_start(r);
	g = guest_of(r, 40000);
	syn = guest_syn(&g);
	syn.window_scale = -1;
	syn.sack_permitted = false;
	syn.mss = 0;
	g.mss = TCP_SEG_MSS_DEFAULT;
	g.scale = 0xff;
	guest_sends_seg(&g, syn);
	g.next++;
	guest_awaits_answer(&g);
	guest_gets_syn_ack(&g);
	assert_int_equal(g.last.window_scale, -1);
	assert_false(g.last.sack_permitted);
	guest_acks(&g);
	g.world = world_accepts(r->peer);
	guest_reads_all(&g, 3000); /* in segments of the default size, see guest_takes() */
	assert_true(g.frames >= 6);
	guest_writes_all(&g, 3000);
	close(g.world);
}

/* A listener whose backlog is full drops SYNs, so it is a world that does not answer. */
static void without_an_answer_of_the_world_the_guest_gets_none(void **state)
{
	struct rig *r = *state;
	struct guest first, second;

	world_listens(r, 0);
	rig_start(r);
	first = guest_of(r, 40000);
	guest_sends_seg(&first, guest_syn(&first));
	guest_awaits_answer(&first);
	first.next++;
	guest_gets_syn_ack(&first);
	guest_acks(&first);

	second = guest_of(r, 40001);
	assert_int_equal(guest_sends_seg(&second, guest_syn(&second)).kind, VERDICT_NEW_FLOW);
	rig_assert_silence(r);
	assert_int_equal(guest_sends_seg(&second, guest_syn(&second)).kind, VERDICT_FORWARD);
	rig_assert_silence(r);
	assert_int_equal(live(r), 2);
	assert_int_equal(r->counts.flows, 2);

	/* With room again, the kernel's next SYN gets through. */
	first.world = world_accepts(r->peer);
	second.next++;
	guest_awaits_answer(&second);
	guest_gets_syn_ack(&second);
	close(first.world);
}

static void a_connect_that_takes_too_long_is_refused(void **state)
{
	struct rig *r = *state;
	struct guest first, second;
	uint8_t frame[ETH_FRAME_MAX];

	world_listens(r, 0);
	rig_start(r);
	first = guest_of(r, 40000);
	guest_sends_seg(&first, guest_syn(&first));
	guest_awaits_answer(&first);
	first.next++;
	guest_gets_syn_ack(&first);
	guest_acks(&first);
	second = guest_of(r, 40001);
	guest_sends_seg(&second, guest_syn(&second));
	assert_true(nat_expiry_ns(&r->nat) <= NOW + TCP_CONNECT_LIMIT);
	r->now_ns = NOW + TCP_CONNECT_LIMIT - 1;
	rig_turn(r);
	assert_int_equal(live(r), 2);
	rig_assert_silence(r);
	r->now_ns = NOW + TCP_CONNECT_LIMIT;
	rig_turn(r);
	assert_true(guest_takes(&second, frame, &second.last));
	assert_int_equal(second.last.flags, TCP_SEG_RST | TCP_SEG_ACK);
	assert_int_equal(second.last.ack, second.next + 1);
	assert_int_equal(live(r), 1);
}

static void a_guest_that_never_finishes_the_handshake_is_given_up(void **state)
{
	struct rig *r = *state;
	struct guest g;
	int world;

	world_listens(r, 8);
	rig_start(r);
	g = guest_of(r, 40000);
	guest_sends_seg(&g, guest_syn(&g));
	g.next++;
	guest_awaits_answer(&g);
	guest_gets_syn_ack(&g);
	world = world_accepts(r->peer);
	r->now_ns += TCP_RTO_INITIAL;
	rig_turn(r);
	guest_gets_syn_ack(&g); /* once more */
	r->now_ns = NOW + TCP_HALF_OPEN_LIMIT;
	rig_turn(r);
	guest_absorbs(&g);
	assert_true(g.rst);
	assert_int_equal(live(r), 0);
	world_fails(world, ECONNRESET);
	close(world);
}

static void a_world_that_refuses_is_a_reset(void **state)
{
	struct rig *r = *state;
	uint8_t frame[ETH_FRAME_MAX];
	struct guest g;

	rig_start(r);
	g = guest_of(r, 40000);
	assert_int_equal(guest_sends_seg(&g, guest_syn(&g)).kind, VERDICT_NEW_FLOW);
	guest_awaits_answer(&g);
	assert_true(guest_takes(&g, frame, &g.last));
	assert_int_equal(g.last.flags, TCP_SEG_RST | TCP_SEG_ACK);
	assert_int_equal(g.last.ack, g.next + 1);
	assert_event(r, "\"allow\"");
	assert_no_event(r);
	assert_int_equal(live(r), 0);
	assert_true(nat_expiry_ns(&r->nat) == UINT64_MAX);
	/* And when somebody listens, the same SYN gets through. */
	world_listens(r, 8);
	guest_connects(&g, r->peer);
	close(g.world);
}

static void a_syn_that_comes_twice_opens_one_connection(void **state)
{
	struct rig *r = *state;
	struct guest g;

	world_listens(r, 8);
	rig_start(r);
	g = guest_of(r, 40000);
	guest_sends_seg(&g, guest_syn(&g));
	guest_awaits_answer(&g);
	assert_int_equal(guest_sends_seg(&g, guest_syn(&g)).kind, VERDICT_FORWARD);
	g.next++;
	guest_gets_syn_ack(&g);
	guest_gets_syn_ack(&g);
	guest_acks(&g);
	assert_int_equal(r->counts.flows, 1);
	assert_int_equal(live(r), 1);
	g.world = world_accepts(r->peer);
	assert_false(world_is_ready(r->peer, POLLIN, 0));
}

/* --- the limit --- */

static void connections_beyond_the_limit_are_refused(void **state)
{
	struct rig *r = *state;
	struct guest g[4], more;
	struct verdict verdict;

	world_listens(r, 8);
	r->policy.tcp_max = 4;
	r->policy.flows_max = 5;
	rig_start(r);
	for (uint16_t i = 0; i < 4; i++) {
		g[i] = guest_of(r, 40000 + i);
		guest_connects(&g[i], r->peer);
	}
	more = guest_of(r, 41000);
	verdict = guest_sends_seg(&more, guest_syn(&more));
	assert_int_equal(verdict.kind, VERDICT_DROP);
	assert_int_equal(verdict.reason, REASON_TCP_TABLE_FULL);
	for (int i = 0; i < 4; i++) {
		guest_sends(&g[i], TCP_SEG_ACK, guest_pattern(0, 10));
		assert_int_equal(world_reads(g[i].world, 0), 10);
		guest_absorbs(&g[i]);
		guest_reads_all(&g[i], 10);
	}
	/* One goes, one comes. */
	guest_sends(&g[2], TCP_SEG_RST, rd_of(NULL, 0));
	assert_int_equal(live(r), 3);
	guest_connects(&more, r->peer);
	for (int i = 0; i < 4; i++)
		close(g[i].world);
	close(more.world);
}

/* --- resets --- */

static void a_reset_of_the_guest_resets_the_world(void **state)
{
	struct rig *r = *state;
	struct guest g;

	world_listens(r, 8);
	rig_start(r);
	g = guest_of(r, 40000);
	guest_connects(&g, r->peer);
	guest_sends(&g, TCP_SEG_RST, rd_of(NULL, 0));
	world_fails(g.world, ECONNRESET);
	assert_int_equal(live(r), 0);
	rig_assert_silence(r);
	close(g.world);
}

static void a_reset_of_the_world_resets_the_guest(void **state)
{
	struct rig *r = *state;
	struct guest g;

	world_listens(r, 8);
	rig_start(r);
	g = guest_of(r, 40000);
	guest_connects(&g, r->peer);
	guest_reads_all(&g, 100);
	world_aborts(g.world);
	rig_await(r);
	assert_int_equal(guest_absorbs(&g), 1);
	assert_true(g.rst);
	assert_int_equal(g.last.seq, g.want);
	assert_int_equal(g.last.ack, g.next);
	assert_int_equal(live(r), 0);
}

static void a_reset_behind_data_that_nobody_took_still_is_one(void **state)
{
	struct rig *r = *state;
	struct guest g;

	world_listens(r, 8);
	rig_start(r);
	g = guest_of(r, 40000);
	g.window = 0; /* nothing can be sent to it */
	guest_connects(&g, r->peer);
	world_writes(g.world, 0, 1000);
	rig_await(r);
	world_aborts(g.world);
	rig_await(r);
	guest_absorbs(&g);
	assert_true(g.rst);
	assert_int_equal(live(r), 0);
}

static void a_revoked_connection_is_reset_on_both_sides_and_others_live(void **state)
{
	struct rig *r = *state;
	struct guest gone, kept;
	uint16_t port = PORT + 1;
	int other = world_open(SOCK_STREAM, PEER, &port);

	assert_int_equal(listen(other, 8), 0);
	world_listens(r, 8);
	r->rules[2] = r->rules[1];
	r->rules[1] = r->rules[0];
	r->rules[1].port = PORT + 1;
	strcpy(r->rules[1].id, "t2");
	r->policy.rule_count = 3;
	for (enum policy_mode mode = POLICY_CONNTRACK; mode <= POLICY_FILTERED; mode++) {
		struct policy next;

		r->policy.mode = mode;
		rig_start(r);
		kept = guest_of(r, 40000);
		guest_connects(&kept, r->peer);
		gone = guest_of(r, 40001);
		gone.peer_port = PORT + 1;
		assert_int_equal(guest_sends_seg(&gone, guest_syn(&gone)).kind, VERDICT_NEW_FLOW);
		guest_awaits_answer(&gone);
		gone.next++;
		guest_gets_syn_ack(&gone);
		guest_acks(&gone);
		gone.world = world_accepts(other);
		guest_reads_all(&gone, 100);

		next = r->policy;
		next.rule_count = 1;
		rig_swap(r, &next);
		rig_turn(r);
		guest_absorbs(&gone);
		assert_true(gone.rst);
		world_fails(gone.world, ECONNRESET);
		assert_int_equal(live(r), 1);
		guest_writes_all(&kept, 100);
		guest_reads_all(&kept, 100);
		close(gone.world);
		close(kept.world);
		rig_stop(r, false);
	}
	close(other);
}

static void a_connection_that_is_not_up_yet_can_be_revoked(void **state)
{
	struct rig *r = *state;
	uint8_t frame[ETH_FRAME_MAX];
	struct policy none;
	struct guest first, second;

	world_listens(r, 0);
	rig_start(r);
	none = r->policy;
	none.rule_count = 0;
	first = guest_of(r, 40000);
	guest_sends_seg(&first, guest_syn(&first));
	guest_awaits_answer(&first);
	first.next++;
	guest_gets_syn_ack(&first);
	second = guest_of(r, 40001);
	guest_sends_seg(&second, guest_syn(&second));
	rig_swap(r, &none);
	rig_turn(r);
	assert_int_equal(live(r), 0);
	for (int i = 0; i < 2; i++) { /* in either order */
		const size_t n = rig_take(r, frame);
		struct ipv4 ip = rig_open_frame(r, rd_of(frame, n));
		struct tcp_seg seg;
		bool readable;

		assert_int_equal(tcp_seg_parse(ip.payload, ip.src, ip.dst, &seg, &readable),
		                 REASON_NONE);
		assert_true(seg.flags & TCP_SEG_RST);
	}
	rig_assert_silence(r);
}

static void a_segment_without_a_connection_opens_none(void **state)
{
	struct rig *r = *state;
	struct guest g;
	struct verdict verdict;

	world_listens(r, 8);
	rig_start(r);
	g = guest_of(r, 40000);
	verdict = guest_sends(&g, TCP_SEG_ACK, guest_pattern(0, 10));
	assert_int_equal(verdict.kind, VERDICT_DROP);
	assert_int_equal(verdict.reason, REASON_TCP_NO_CONNECTION);
	assert_false(world_is_ready(r->peer, POLLIN, 0));
	g = guest_of(r, 40000);
	guest_connects(&g, r->peer);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(a_syn_is_answered_when_the_world_has_accepted),
	        TEST(a_guest_without_options_gets_none),
	        TEST(without_an_answer_of_the_world_the_guest_gets_none),
	        TEST(a_connect_that_takes_too_long_is_refused),
	        TEST(a_guest_that_never_finishes_the_handshake_is_given_up),
	        TEST(a_world_that_refuses_is_a_reset),
	        TEST(a_syn_that_comes_twice_opens_one_connection),
	        TEST(connections_beyond_the_limit_are_refused),
	        TEST(a_reset_of_the_guest_resets_the_world),
	        TEST(a_reset_of_the_world_resets_the_guest),
	        TEST(a_reset_behind_data_that_nobody_took_still_is_one),
	        TEST(a_revoked_connection_is_reset_on_both_sides_and_others_live),
	        TEST(a_connection_that_is_not_up_yet_can_be_revoked),
	        TEST(a_segment_without_a_connection_opens_none),
	};

	return cmocka_run_group_tests(tests, world_enter, NULL);
}
