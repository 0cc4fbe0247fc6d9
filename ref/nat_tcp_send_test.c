/* SPDX-License-Identifier: ISC */
/* nat_tcp_send_test.c: what connections carry to the guest, and several of them at once: every byte, once, in its
 * place, however much there is and whoever does not read. */
#include "ref/nat_tcp_send.h"

#include "ref/nat_tcp_rig.h"

/* --- to the guest --- */

static void the_guest_gets_every_byte_in_its_place(void **state)
{
	static const uint32_t totals[] = {1, 1459, 1460, 1461, 14600, 58400, 58401, 3000000};
	struct rig *r = *state;

	for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++)
		for (int fallback = 0; fallback < 2; fallback++) {
			struct guest g = connect_with(r, fallback);

			guest_reads_all(&g, totals[i]);
			guest_acks(&g);
			rig_turn(r);
			guest_absorbs(&g);
			assert_int_equal(g.got, totals[i]);
			assert_int_equal(queued(r), 0);
			assert_true(g.frames >= (totals[i] + 1459) / 1460);
			close(g.world);
			rig_stop(r, false);
		}
}

static void a_run_is_cut_into_segments_of_the_guests_size(void **state)
{
	static const struct {
		uint16_t mtu, mss, expected;
	} cases[] = {{1500, 1460, 1460}, {1500, 536, 536}, {1500, 64, 64},     {1500, 1, 64},
	             {1500, 9000, 1460}, {576, 1460, 536}, {9216, 9176, 9176}, {9216, 1460, 1460}};
	struct rig *r = *state;
	uint8_t frame[ETH_FRAME_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint16_t mss = cases[i].expected;
		struct guest g;
		struct tcp_seg seg;

		r->policy.mtu = cases[i].mtu;
		if (r->peer < 0)
			world_listens(r, 8);
		rig_start(r);
		g = guest_of(r, 40000);
		g.mss = cases[i].mss;
		guest_connects(&g, r->peer);
		assert_int_equal(g.last.mss, cases[i].mtu - 40);
		g.mss = mss;
		assert_int_equal(world_writes(g.world, 0, 3U * mss + 7), 3 * mss + 7);
		rig_await(r);
		for (int k = 0; k < 4; k++) {
			assert_true(guest_takes(&g, frame, &seg));
			assert_int_equal(seg.seq, g.want + (uint32_t)k * mss);
			assert_int_equal(seg.payload.n, k < 3 ? mss : 7);
			assert_pattern((uint32_t)k * mss, seg.payload.p, seg.payload.n);
			assert_int_equal(seg.flags,
			                 k < 3 ? TCP_SEG_ACK : TCP_SEG_ACK | TCP_SEG_PSH);
			assert_int_equal(seg.ack, g.next);
		}
		rig_assert_silence(r);
		close(g.world);
		rig_stop(r, false);
	}
}

static void what_is_not_acknowledged_stays_in_the_socket_and_is_sent_again(void **state)
{
	struct rig *r = *state;

	for (int fallback = 0; fallback < 2; fallback++) {
		struct guest g = connect_with(r, fallback);
		uint8_t frame[ETH_FRAME_MAX];
		struct tcp_seg seg;

		r->now_ns = NOW;
		world_writes(g.world, 0, 4000);
		rig_await(r);
		assert_int_equal(guest_absorbs(&g), 3); /* and says nothing */
		assert_int_equal(queued(r), 4000);
		r->now_ns = nat_expiry_ns(&r->nat);
		assert_true(r->now_ns > NOW && r->now_ns <= NOW + TCP_RTO_INITIAL);
		rig_turn(r);
		assert_true(guest_takes(&g, frame, &seg)); /* the first one again */
		assert_int_equal(seg.seq, g.want - 4000);
		assert_int_equal(seg.payload.n, 1460);
		assert_pattern(0, seg.payload.p, seg.payload.n);
		assert_int_equal(queued(r), 4000);
		/* Acknowledged in part: that part is gone, and what follows comes from behind it. */
		g.want -= 4000 - 1460;
		guest_acks(&g);
		assert_int_equal(queued(r), 2540);
		assert_true(guest_takes(&g, frame, &seg));
		assert_int_equal(seg.seq, g.want);
		assert_pattern(1460, seg.payload.p, seg.payload.n);
		g.want += 2540;
		guest_acks(&g);
		assert_int_equal(queued(r), 0);
		while (guest_takes(&g, frame, &seg))
			assert_true((int32_t)(seg.seq + seg.payload.n - g.want) <= 0);
		guest_reads_all(&g, 10000);
		close(g.world);
		rig_stop(r, false);
	}
}

/* Far behind what is not acknowledged yet: offsets of several times NAT_TCP_DISCARD. */
static void new_bytes_are_sent_before_old_ones_are_acknowledged(void **state)
{
	struct rig *r = *state;

	for (int fallback = 0; fallback < 2; fallback++) {
		struct guest g = connect_with(r, fallback);
		uint32_t written = 0;

		for (int i = 0; g.got < 300000; i++) {
			const uint32_t left = 300000 - written;

			assert_true(i < TURNS_MAX);
			written += world_writes(g.world, written, left < 10007 ? left : 10007);
			if (!guest_absorbs(&g))
				rig_await(r);
		}
		assert_int_equal(queued(r), written);
		guest_acks(&g);
		assert_int_equal(queued(r), 0);
		guest_reads_all(&g, written + 5000);
		close(g.world);
		rig_stop(r, false);
	}
}

static void a_lost_segment_in_the_middle_is_sent_again_by_its_offset(void **state)
{
	struct rig *r = *state;

	for (int fallback = 0; fallback < 2; fallback++) {
		struct guest g = connect_with(r, fallback);
		struct tcp_seg ack = {.window = g.window, .flags = TCP_SEG_ACK, .window_scale = -1};
		uint8_t frame[ETH_FRAME_MAX];
		struct tcp_seg seg;

		world_writes(g.world, 0, 10 * 1460);
		rig_await(r);
		assert_int_equal(guest_absorbs(&g), 10);
		/* The first, the fourth and the fifth did not arrive, says the guest. */
		ack.seq = g.next;
		ack.ack = g.want - 10 * 1460;
		ack.sack_count = 2;
		ack.sack[0] = (struct tcp_seg_range){ack.ack + 5 * 1460, ack.ack + 10 * 1460};
		ack.sack[1] = (struct tcp_seg_range){ack.ack + 1460, ack.ack + 3 * 1460};
		guest_sends_seg(&g, ack);
		for (int k = 0; k < 3; k++) {
			const uint32_t at = (const uint32_t[]){0, 3 * 1460, 4 * 1460}[k];

			assert_true(guest_takes(&g, frame, &seg));
			assert_int_equal(seg.seq, ack.ack + at);
			assert_int_equal(seg.payload.n, 1460);
			assert_pattern(at, seg.payload.p, seg.payload.n);
		}
		rig_assert_silence(r);
		assert_int_equal(queued(r), 10 * 1460);
		guest_acks(&g);
		assert_int_equal(queued(r), 0);
		close(g.world);
		rig_stop(r, false);
	}
}

static void a_closed_window_stops_and_an_open_one_lets_go_on(void **state)
{
	struct rig *r = *state;
	struct guest g;

	world_listens(r, 8);
	rig_start(r);
	g = guest_of(r, 40000);
	g.scale = 0;
	g.window = 4000;
	guest_connects(&g, r->peer);
	world_writes(g.world, 0, 20000);
	rig_await(r);
	guest_absorbs(&g);
	assert_in_range(g.got, 2 * 1460, 4000);
	g.window = 0;
	guest_acks(&g);
	rig_assert_silence(r);
	for (int i = 0; i < 5; i++) { /* probed, and nothing more */
		const uint32_t got = g.got;

		r->now_ns = nat_expiry_ns(&r->nat);
		rig_turn(r);
		guest_absorbs(&g);
		assert_int_equal(g.got, got);
		guest_acks(&g);
	}
	g.window = 4000;
	guest_acks(&g);
	for (int i = 0; g.got < 20000 && i < TURNS_MAX; i++) {
		guest_absorbs(&g);
		guest_acks(&g);
	}
	assert_int_equal(g.got, 20000);
	close(g.world);
}

static void the_end_comes_behind_the_last_byte(void **state)
{
	struct rig *r = *state;

	for (int fallback = 0; fallback < 2; fallback++)
		for (int bytes = 0; bytes < 3; bytes++) {
			const uint32_t total = (const uint32_t[]){0, 2000, 400000}[bytes];
			struct guest g = connect_with(r, fallback);
			uint32_t written = 0;

			for (int i = 0; !g.fin; i++) {
				assert_true(i < TURNS_MAX);
				written += world_writes(g.world, written, total - written);
				if (written == total)
					shutdown(g.world, SHUT_WR);
				if (!guest_absorbs(&g))
					rig_await(r);
				else
					guest_acks(&g);
			}
			assert_int_equal(g.got, total);
			guest_writes_all(&g, 1000); /* the other half is open */
			close(g.world);
			rig_stop(r, false);
		}
}

/* More waits in the socket than may be under way at a time. */
static void the_end_is_not_put_in_front_of_what_was_not_sent_yet(void **state)
{
	const uint32_t total = NAT_TCP_FLIGHT + NAT_TCP_FLIGHT / 4;
	struct rig *r = *state;
	struct guest g = connect_with(r, false);
	uint32_t written = 0;

	for (int i = 0; queued(r) < total; i++) {
		assert_true(i < TURNS_MAX);
		written += world_writes(g.world, written, total - written);
		rig_turn(r);
	}
	shutdown(g.world, SHUT_WR);
	rig_await(r);
	do /* the guest acknowledges nothing */
		rig_turn(r);
	while (guest_absorbs(&g));
	assert_int_equal(g.got, NAT_TCP_FLIGHT);
	assert_false(g.fin);
	for (int i = 0; !g.fin; i++) {
		assert_true(i < TURNS_MAX);
		guest_acks(&g);
		guest_absorbs(&g);
	}
	assert_int_equal(g.got, total);
	close(g.world);
}

static void a_guest_that_does_not_read_stops_the_world_and_loses_nothing(void **state)
{
	struct rig *r = *state;

	for (int fallback = 0; fallback < 2; fallback++) {
		struct guest g = connect_with(r, fallback);
		uint32_t written = 0, more;
		int idle = 0;

		/* Until neither the link nor the socket takes more. */
		for (int i = 0; idle < 10; i++) {
			assert_true(i < TURNS_MAX);
			more = world_writes(g.world, written, 65536);
			written += more;
			idle = more ? 0 : idle + 1;
			rig_turn(r);
		}
		assert_true(queued(r) > NAT_TCP_FLIGHT);
		assert_false(link_has_room(&r->link, 2 * ETH_MTU));
		shutdown(g.world, SHUT_WR);
		for (int i = 0; !g.fin; i++) {
			assert_true(i < TURNS_MAX);
			rig_turn(r);
			if (guest_absorbs(&g))
				guest_acks(&g);
		}
		assert_int_equal(g.got, written);
		close(g.world);
		rig_stop(r, false);
	}
}

static void urgent_bytes_are_bytes_like_others(void **state)
{
	struct rig *r = *state;
	struct guest g = connect_with(r, false);

	assert_int_equal(world_writes(g.world, 0, 5), 5);
	assert_int_equal(send(g.world, guest_pattern(5, 1).p, 1, MSG_OOB), 1);
	assert_int_equal(world_writes(g.world, 6, 5), 5);
	for (int i = 0; g.got < 11 && i < TURNS_MAX; i++) {
		rig_await(r);
		guest_absorbs(&g);
		guest_acks(&g);
	}
	assert_int_equal(g.got, 11);
	close(g.world);
}

/* --- both --- */

static void connections_do_not_mix(void **state)
{
	struct rig *r = *state;
	struct guest g[4];

	world_listens(r, 8);
	rig_start(r);
	for (uint16_t i = 0; i < 4; i++) {
		g[i] = guest_of(r, 40000 + i);
		guest_connects(&g[i], r->peer);
	}
	for (uint16_t i = 4; i-- > 0;) {
		guest_reads_all(&g[i], 10000U + i);
		guest_writes_all(&g[i], 20000U + i);
	}
	for (uint16_t i = 0; i < 4; i++) {
		assert_int_equal(g[i].got, 10000 + i);
		assert_int_equal(g[i].sent, 20000 + i);
		close(g[i].world);
	}
}

static void when_the_link_is_full_all_connections_get_their_turn(void **state)
{
	struct rig *r = *state;
	uint8_t frame[ETH_FRAME_MAX];
	struct guest g[4];
	uint32_t got[4] = {0}, all = 0;

	world_listens(r, 8);
	rig_start(r);
	for (uint16_t i = 0; i < 4; i++) {
		g[i] = guest_of(r, 40000 + i);
		guest_connects(&g[i], r->peer);
	}
	for (int i = 0; i < 4; i++)
		assert_int_equal(world_writes(g[i].world, 0, 200000), 200000);
	for (int k = 0; k < 20; k++)
		rig_turn(r);
	assert_false(link_has_room(&r->link, 2 * ETH_MTU));
	/* Nobody acknowledges: what is not sent yet must come all the same. */
	for (int k = 0; all < 800000 && k < TURNS_MAX; k++) {
		const size_t n = rig_take(r, frame);
		struct tcp_seg seg;
		struct ipv4 ip;
		bool readable;

		rig_turn(r);
		if (!n)
			continue;
		ip = rig_open_frame(r, rd_of(frame, n));
		assert_int_equal(tcp_seg_parse(ip.payload, ip.src, ip.dst, &seg, &readable),
		                 REASON_NONE);
		assert_pattern(got[seg.dport - 40000], seg.payload.p, seg.payload.n);
		got[seg.dport - 40000] += (uint32_t)seg.payload.n;
		all += (uint32_t)seg.payload.n;
	}
	for (int i = 0; i < 4; i++) {
		assert_int_equal(got[i], 200000);
		close(g[i].world);
	}
}

static void a_connection_that_ends_while_it_waits_for_room_is_forgotten(void **state)
{
	struct rig *r = *state;
	uint8_t frame[ETH_FRAME_MAX];
	struct guest g[4];

	/* Whichever of them waits in front. */
	for (int ended = 0; ended < 3; ended++) {
		uint32_t written[3], got[3] = {0};

		if (r->peer < 0)
			world_listens(r, 8);
		rig_start(r);
		for (uint16_t i = 0; i < 3; i++) {
			g[i] = guest_of(r, 40000 + i);
			guest_connects(&g[i], r->peer);
		}
		for (int i = 0; i < 3; i++)
			written[i] = world_writes(g[i].world, 0, 300000);
		for (int k = 0; k < 20; k++)
			rig_turn(r);
		for (int i = 0; i < 3; i++)
			assert_true(r->nat.slots[i].tcp->due);
		guest_sends(&g[ended], TCP_SEG_RST, rd_of(NULL, 0));
		assert_int_equal(r->nat.table.tcp_count, 2);
		for (size_t n; (n = rig_take(r, frame));) {
			struct ipv4 ip = rig_open_frame(r, rd_of(frame, n));
			struct tcp_seg seg;
			bool readable;

			assert_int_equal(tcp_seg_parse(ip.payload, ip.src, ip.dst, &seg, &readable),
			                 REASON_NONE);
			got[seg.dport - 40000] += (uint32_t)seg.payload.n;
			rig_turn(r);
		}
		for (int i = 0; i < 3; i++)
			if (i == ended)
				assert_true(got[i] < written[i]);
			else
				assert_int_equal(got[i], written[i]);
		/* Its place is free for another. */
		g[3] = guest_of(r, 40003);
		guest_connects(&g[3], r->peer);
		guest_reads_all(&g[3], 5000);
		for (int i = 0; i < 4; i++)
			close(g[i].world);
		rig_stop(r, true);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(the_guest_gets_every_byte_in_its_place),
	        TEST(a_run_is_cut_into_segments_of_the_guests_size),
	        TEST(what_is_not_acknowledged_stays_in_the_socket_and_is_sent_again),
	        TEST(new_bytes_are_sent_before_old_ones_are_acknowledged),
	        TEST(a_lost_segment_in_the_middle_is_sent_again_by_its_offset),
	        TEST(a_closed_window_stops_and_an_open_one_lets_go_on),
	        TEST(the_end_comes_behind_the_last_byte),
	        TEST(the_end_is_not_put_in_front_of_what_was_not_sent_yet),
	        TEST(a_guest_that_does_not_read_stops_the_world_and_loses_nothing),
	        TEST(urgent_bytes_are_bytes_like_others),
	        TEST(connections_do_not_mix),
	        TEST(when_the_link_is_full_all_connections_get_their_turn),
	        TEST(a_connection_that_ends_while_it_waits_for_room_is_forgotten),
	};

	return cmocka_run_group_tests(tests, set_buffers, NULL);
}
