/* SPDX-License-Identifier: ISC */
/* nat_tcp_test.c: the life of connections, from the SYN to the last segment, against real sockets.
 * What they carry is in nat_tcp_send_test.c. */
#include "ref/nat_tcp.h"

#include "ref/nat_guest.h"

#define SECOND UINT64_C(1000000000)

static unsigned live(const struct rig *r)
{
	return r->nat.table.tcp_count;
}

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

/* --- the end in order --- */

static void the_guest_may_finish_first(void **state)
{
	struct rig *r = *state;
	struct guest g;

	world_listens(r, 8);
	rig_start(r);
	g = guest_of(r, 40000);
	guest_connects(&g, r->peer);
	guest_sends(&g, TCP_SEG_ACK | TCP_SEG_FIN, guest_pattern(0, 77));
	assert_true(world_is_ready(g.world, POLLIN, PATIENCE_MS));
	assert_int_equal(world_reads(g.world, 0), 77);
	world_ends(g.world);
	guest_absorbs(&g);
	assert_int_equal(g.una, g.next);
	assert_false(g.fin);
	/* The other half goes on. */
	guest_reads_all(&g, 5000);
	assert_false(g.fin);
	close(g.world);
	rig_await(r);
	guest_absorbs(&g);
	assert_true(g.fin);
	assert_int_equal(live(r), 1);
	guest_acks(&g);
	rig_turn(r);
	assert_int_equal(live(r), 0); /* it closed last and has nothing to ask any more */
	rig_assert_silence(r);
	assert_no_event(r);
}

static void the_world_may_finish_first(void **state)
{
	struct rig *r = *state;
	struct guest g;

	world_listens(r, 8);
	rig_start(r);
	g = guest_of(r, 40000);
	guest_connects(&g, r->peer);
	world_writes(g.world, 0, 50);
	shutdown(g.world, SHUT_WR);
	for (int i = 0; i < 10 && !g.fin; i++) {
		rig_await(r);
		guest_absorbs(&g);
	}
	assert_true(g.fin);
	assert_int_equal(g.got, 50);
	guest_acks(&g);
	guest_writes_all(&g, 5000);
	guest_sends(&g, TCP_SEG_ACK | TCP_SEG_FIN, rd_of(NULL, 0));
	world_ends(g.world);
	guest_absorbs(&g);
	assert_int_equal(g.una, g.next);
	/* Its last acknowledgement may be lost, so it is answered for a while. */
	assert_int_equal(live(r), 1);
	g.next--;
	guest_sends(&g, TCP_SEG_ACK | TCP_SEG_FIN, rd_of(NULL, 0));
	assert_int_equal(guest_absorbs(&g), 1);
	r->now_ns += TCP_LINGER;
	rig_turn(r);
	assert_int_equal(live(r), 0);
	rig_assert_silence(r);
	close(g.world);
}

static void both_may_finish_at_once(void **state)
{
	struct rig *r = *state;
	struct guest g;

	world_listens(r, 8);
	rig_start(r);
	g = guest_of(r, 40000);
	guest_connects(&g, r->peer);
	close(g.world);
	assert_true(world_is_ready(r->nat.epoll, POLLIN, PATIENCE_MS));
	guest_sends(&g, TCP_SEG_ACK | TCP_SEG_FIN, rd_of(NULL, 0));
	guest_absorbs(&g);
	assert_true(g.fin);
	guest_acks(&g);
	r->now_ns += TCP_LINGER;
	rig_turn(r);
	guest_absorbs(&g);
	assert_false(g.rst);
	assert_int_equal(live(r), 0);
}

static void a_silent_connection_ends_after_a_long_time(void **state)
{
	struct rig *r = *state;
	struct guest g;

	world_listens(r, 8);
	rig_start(r);
	g = guest_of(r, 40000);
	guest_connects(&g, r->peer);
	/* Far longer than a datagram flow would live. */
	r->now_ns += TCP_KEEPALIVE_INTERVAL;
	rig_turn(r);
	assert_int_equal(guest_absorbs(&g), 1); /* a question, which is answered */
	guest_acks(&g);
	assert_int_equal(live(r), 1);
	guest_writes_all(&g, 10);
	/* And one that is not. */
	for (int i = 0; i < 100 && live(r); i++) {
		r->now_ns = nat_expiry_ns(&r->nat);
		rig_turn(r);
		guest_absorbs(&g);
	}
	assert_true(g.rst);
	assert_int_equal(live(r), 0);
	world_fails(g.world, ECONNRESET);
	close(g.world);
}

static void the_earlier_of_all_timers_counts(void **state)
{
	struct rig *r = *state;
	struct flow_key key = {.proto = IPV4_UDP, .guest_port = 1, .peer_port = 1};
	struct guest g;

	world_listens(r, 8);
	rig_start(r);
	g = guest_of(r, 40000);
	guest_connects(&g, r->peer);
	r->now_ns += 2 * SECOND; /* the handshake's timer has run */
	rig_turn(r);
	assert_true(nat_expiry_ns(&r->nat) > r->now_ns + FLOW_IDLE_NS);
	assert_int_not_equal(flow_add(&r->nat.table, &key, true, -1, r->now_ns), FLOW_NONE);
	r->nat.slots[r->nat.table.oldest].ear = -1;
	assert_true(nat_expiry_ns(&r->nat) == r->now_ns + FLOW_IDLE_NS);
	world_writes(g.world, 0, 100);
	rig_await(r);
	assert_true(nat_expiry_ns(&r->nat) <= r->now_ns + TCP_RTO_INITIAL);
	close(g.world);
}

static void the_same_ports_may_be_used_again(void **state)
{
	struct rig *r = *state;
	struct guest g, again;

	world_listens(r, 8);
	rig_start(r);
	g = guest_of(r, 40000);
	for (int i = 0; i < 3; i++) {
		guest_connects(&g, r->peer);
		close(g.world); /* the world finishes first, so the connection lingers */
		rig_await(r);
		guest_absorbs(&g);
		guest_sends(&g, TCP_SEG_ACK | TCP_SEG_FIN, rd_of(NULL, 0));
		guest_absorbs(&g);
		assert_int_equal(live(r), 1);
		again = guest_of(r, 40000);
		again.next = g.next + 100;
		again.una = again.next;
		/* Judged once as one of the old connection's, and again as a new one's. */
		assert_int_equal(guest_sends_seg(&again, guest_syn(&again)).kind, VERDICT_FORWARD);
		assert_event(r, "\"allow\"", "\"rule\":\"t\"");
		again.next++;
		guest_awaits_answer(&again);
		guest_gets_syn_ack(&again);
		guest_acks(&again);
		again.world = world_accepts(r->peer);
		guest_reads_all(&again, 100);
		guest_writes_all(&again, 100);
		assert_int_equal(live(r), 1);
		guest_sends(&again, TCP_SEG_RST, rd_of(NULL, 0));
		assert_int_equal(live(r), 0);
		close(again.world);
		g = guest_of(r, 40000);
		g.next = again.next + 100;
		g.una = g.next;
	}
}

/* The last segment of a connection and the SYN of the next one come in one read, while the world has
 * not taken everything: what is in the socket is not lost. */
static void the_same_ports_may_be_used_again_at_once(void **state)
{
	const uint32_t total = 400000;
	const int small = 4096;
	struct rig *r = *state;
	struct guest g, again;
	struct tcp_seg last;
	uint32_t read = 0, part = 1000;

	world_listens(r, 8);
	rig_start(r);
	g = guest_of(r, 40000);
	guest_connects(&g, r->peer);
	setsockopt(g.world, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	shutdown(g.world, SHUT_WR);
	rig_await(r);
	guest_absorbs(&g);
	assert_true(g.fin);
	for (uint32_t at = 0; at < total; at += part)
		guest_sends(&g, TCP_SEG_ACK, guest_pattern(at, part));
	last = (struct tcp_seg){
	        .seq = g.next,
	        .ack = g.want,
	        .flags = TCP_SEG_ACK | TCP_SEG_FIN,
	        .window = g.window,
	        .window_scale = -1,
	};
	guest_sends_at_once(&g, last);
	again = guest_of(r, 40000);
	again.next = g.next + 100;
	assert_int_equal(guest_sends_seg(&again, guest_syn(&again)).kind, VERDICT_FORWARD);
	assert_event(r, "\"allow\"", "\"rule\":\"t\"");
	do {
		assert_true(world_is_ready(g.world, POLLIN, PATIENCE_MS));
		part = (uint32_t)world_reads(g.world, read);
		read += part;
	} while (part && read < total);
	assert_int_equal(read, total);
	world_ends(g.world);
	close(g.world);
}

/* --- the end of everything --- */

static void who_had_finished_is_let_finish_and_others_are_reset(void **state)
{
	struct rig *r = *state;
	struct guest finished, open;

	for (int abort = 0; abort < 2; abort++) {
		world_listens(r, 8);
		rig_start(r);
		finished = guest_of(r, 40000);
		guest_connects(&finished, r->peer);
		open = guest_of(r, 40001);
		guest_connects(&open, r->peer);
		guest_sends(&open, TCP_SEG_ACK, guest_pattern(0, 100));
		guest_sends(&finished, TCP_SEG_ACK | TCP_SEG_FIN, guest_pattern(0, 100));
		rig_stop(r, abort);
		world_fails(open.world, ECONNRESET);
		assert_int_equal(world_reads(finished.world, 0), 100);
		world_ends(finished.world);
		/* Behind an end, a reset is a broken pipe. */
		if (abort)
			assert_true(world_is_ready(finished.world, POLLERR, PATIENCE_MS));
		assert_int_equal(world_option(finished.world, SOL_SOCKET, SO_ERROR),
		                 abort ? EPIPE : 0);
		close(finished.world);
		close(open.world);
		close(r->peer);
		r->peer = -1;
	}
}

static void every_way_to_end_a_connection_closes_its_socket(void **state)
{
	struct rig *r = *state;
	struct policy none = r->policy;
	int before, last;

	none.rule_count = 0;
	world_listens(r, 8);
	before = count_descriptors();
	rig_start(r);
	last = count_descriptors();
	for (uint16_t way = 0; way < 5; way++) {
		struct guest g = guest_of(r, 40000 + way);

		guest_connects(&g, r->peer);
		assert_int_equal(count_descriptors(), last + 2); /* the world's, too */
		if (way == 0) {
			guest_sends(&g, TCP_SEG_RST, rd_of(NULL, 0));
			close(g.world);
		} else if (way == 1) {
			world_aborts(g.world);
			rig_await(r);
		} else if (way == 2) {
			rig_swap(r, &none);
			rig_turn(r);
			rig_swap(r, &r->policy);
			close(g.world);
		} else {
			close(g.world);
			rig_await(r);
			guest_absorbs(&g);
			if (way == 3) { /* lingering */
				guest_sends(&g, TCP_SEG_ACK | TCP_SEG_FIN, rd_of(NULL, 0));
				guest_absorbs(&g);
			} else { /* the last one stays half open */
				break;
			}
		}
		assert_int_equal(count_descriptors(), last);
		while (rig_take(r, (uint8_t[ETH_FRAME_MAX]){0}))
			;
	}
	rig_stop(r, false);
	assert_int_equal(count_descriptors(), before);
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
	        TEST(the_guest_may_finish_first),
	        TEST(the_world_may_finish_first),
	        TEST(both_may_finish_at_once),
	        TEST(a_silent_connection_ends_after_a_long_time),
	        TEST(the_earlier_of_all_timers_counts),
	        TEST(the_same_ports_may_be_used_again),
	        TEST(the_same_ports_may_be_used_again_at_once),
	        TEST(who_had_finished_is_let_finish_and_others_are_reset),
	        TEST(every_way_to_end_a_connection_closes_its_socket),
	};

	return cmocka_run_group_tests(tests, world_enter, NULL);
}
