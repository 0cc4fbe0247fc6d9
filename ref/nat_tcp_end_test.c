/* SPDX-License-Identifier: ISC */
/* nat_tcp_end_test.c: connections that end in order, or of which nobody hears any more, and their
 * ports, which may be used again at once. */
#include "ref/nat_tcp.h"

#include "ref/nat_guest.h"

#define SECOND UINT64_C(1000000000)

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
