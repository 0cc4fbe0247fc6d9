/* SPDX-License-Identifier: ISC */
/* nat_tcp_up_test.c: what connections carry from the guest to the world: every byte, once, in its place, whatever
 * comes out of order and whoever does not read. */
#include "ref/nat_tcp.h"

#include "ref/nat_tcp_rig.h"

static void the_world_gets_every_byte_in_its_place(void **state)
{
	static const uint32_t totals[] = {1, 1459, 1460, 1461, 14600, 131072, 131073, 3000000};
	struct rig *r = *state;

	for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
		struct guest g = connect_with(r, false);

		guest_writes_all(&g, totals[i]);
		guest_absorbs(&g);
		assert_int_equal(g.una, g.next);
		assert_int_equal(g.sent, totals[i]);
		guest_sends(&g, TCP_SEG_ACK | TCP_SEG_FIN, rd_of(NULL, 0));
		world_ends(g.world);
		close(g.world);
		rig_stop(r, false);
	}
}

static void what_comes_out_of_order_waits_for_what_is_missing(void **state)
{
	struct rig *r = *state;
	struct guest g = connect_with(r, false);
	const uint32_t first = g.next;
	struct tcp_seg seg = {
	        .flags = TCP_SEG_ACK, .ack = g.want, .window = g.window, .window_scale = -1};

	g.next += 5000; /* it has sent so much, in the end */
	for (uint32_t at = 4000; at; at -= 1000) {
		seg.seq = first + at;
		seg.payload = guest_pattern(at, 1000);
		guest_sends_seg(&g, seg);
		guest_absorbs(&g);
		assert_int_equal(g.una, first); /* and SACK says what came */
		assert_true(g.last.sack_count);
		assert_int_equal(g.last.sack[0].left, first + at);
		assert_int_equal(g.last.sack[0].right, first + 5000);
		assert_int_equal(world_reads(g.world, 0), 0);
	}
	seg.seq = first;
	seg.payload = guest_pattern(0, 1000);
	guest_sends_seg(&g, seg);
	guest_absorbs(&g);
	assert_int_equal(g.una, first + 5000);
	assert_int_equal(world_reads(g.world, 0), 5000);
	close(g.world);
}

static void a_world_that_does_not_read_closes_the_window_and_loses_nothing(void **state)
{
	struct rig *r = *state;
	struct guest g = connect_with(r, false);
	uint32_t read = 0;

	/* Until the window is shut: socket buffers, and then the ring. */
	for (int i = 0; g.edge - g.next >= g.mss; i++) {
		assert_true(i < TURNS_MAX);
		guest_sends(&g, TCP_SEG_ACK, guest_pattern(g.sent, g.mss));
		guest_absorbs(&g);
	}
	assert_true(g.sent > TCP_RING_SIZE);
	assert_int_equal(g.una, g.next); /* what the window allowed was kept */
	assert_non_null(r->nat.slots[0].tcp->tcp.ring);
	/* The FIN may come while bytes wait in front of it. */
	guest_sends(&g, TCP_SEG_ACK | TCP_SEG_FIN, rd_of(NULL, 0));
	guest_absorbs(&g);
	for (int i = 0; read < g.sent; i++) {
		assert_true(i < TURNS_MAX);
		if (world_is_ready(g.world, POLLIN, 0))
			read += world_reads(g.world, read);
		else
			rig_await(r);
	}
	assert_int_equal(read, g.sent);
	rig_turn(r);
	world_ends(g.world);
	guest_absorbs(&g);
	assert_int_equal(g.una, g.next);
	close(g.world);
}

static void a_window_that_was_shut_opens_when_the_world_reads_again(void **state)
{
	struct rig *r = *state;
	struct guest g = connect_with(r, false);
	uint32_t read = 0, shut;

	for (int i = 0; g.edge - g.next >= g.mss; i++) {
		assert_true(i < TURNS_MAX);
		guest_sends(&g, TCP_SEG_ACK, guest_pattern(g.sent, g.mss));
		guest_absorbs(&g);
	}
	shut = g.edge;
	/* Without a word of the guest's. */
	for (int i = 0; g.edge == shut; i++) {
		assert_true(i < TURNS_MAX);
		read += world_reads(g.world, read);
		rig_await(r);
		guest_absorbs(&g);
	}
	/* And it goes on where it was. */
	while (read < g.sent) {
		assert_true(world_is_ready(g.world, POLLIN, PATIENCE_MS));
		read += world_reads(g.world, read);
		rig_turn(r);
		guest_absorbs(&g);
	}
	guest_sends(&g, TCP_SEG_ACK, guest_pattern(g.sent, g.mss));
	assert_true(world_is_ready(g.world, POLLIN, PATIENCE_MS));
	assert_int_equal(world_reads(g.world, read), g.mss);
	close(g.world);
}

/* More connections than there are rings hold bytes back: those without one are not acknowledged,
 * and get their turn when a ring is free. */
static void without_a_ring_the_guest_must_send_again(void **state)
{
	struct rig *r = *state;
	struct guest g[NAT_TCP_RINGS + 1];
	struct guest *last = &g[NAT_TCP_RINGS];

	r->policy.flows_max = NAT_TCP_RINGS + 1;
	r->policy.tcp_max = NAT_TCP_RINGS + 1;
	world_listens(r, NAT_TCP_RINGS);
	rig_start(r);
	for (uint16_t i = 0; i <= NAT_TCP_RINGS; i++) {
		struct tcp_seg seg = {.flags = TCP_SEG_ACK, .window_scale = -1, .window = 0xffff};

		g[i] = guest_of(r, 40000 + i);
		guest_connects(&g[i], r->peer);
		seg.seq = g[i].next + 100;
		seg.ack = g[i].want;
		seg.payload = guest_pattern(100, 100);
		g[i].next += 200;
		guest_sends_seg(&g[i], seg);
		guest_absorbs(&g[i]);
		assert_int_equal(g[i].last.sack_count, i < NAT_TCP_RINGS);
	}
	for (uint16_t i = 0; i <= NAT_TCP_RINGS; i++) {
		struct tcp_seg seg = {.flags = TCP_SEG_ACK, .window_scale = -1, .window = 0xffff};

		seg.seq = g[i].next - 200;
		seg.ack = g[i].want;
		seg.payload = guest_pattern(0, 100);
		guest_sends_seg(&g[i], seg);
		guest_absorbs(&g[i]);
		assert_int_equal(world_reads(g[i].world, 0), i < NAT_TCP_RINGS ? 200 : 100);
	}
	assert_int_equal(last->una, last->next - 100);
	last->next -= 100;
	guest_sends(last, TCP_SEG_ACK, guest_pattern(100, 100));
	assert_int_equal(world_reads(last->world, 100), 100);
	for (uint16_t i = 0; i <= NAT_TCP_RINGS; i++)
		close(g[i].world);
}

/* Its bytes found the socket full and no ring: they were refused, and a window of nothing was said. */
static void a_guest_that_was_refused_is_told_when_to_go_on(void **state)
{
	struct rig *r = *state;
	struct tcp_ring *taken[NAT_TCP_RINGS];
	struct guest g = connect_with(r, false);
	uint32_t read = 0, refused;

	for (int i = 0; i < NAT_TCP_RINGS; i++)
		taken[i] = tcp_ring_take(&r->nat.tcp.rings);
	g.may_shrink = true;
	for (int i = 0; g.last.window; i++) {
		assert_true(i < TURNS_MAX);
		guest_sends(&g, TCP_SEG_ACK, guest_pattern(g.sent, g.mss));
		guest_absorbs(&g);
	}
	refused = g.next - g.una;
	assert_in_range(refused, 1, g.mss);
	for (int i = 0; !g.last.window; i++) {
		assert_true(i < TURNS_MAX);
		read += world_reads(g.world, read);
		rig_await(r);
		guest_absorbs(&g);
	}
	assert_int_equal(g.next - g.una, refused);
	g.next -= refused;
	g.sent -= refused;
	guest_sends(&g, TCP_SEG_ACK, guest_pattern(g.sent, refused));
	while (read < g.sent) {
		assert_true(world_is_ready(g.world, POLLIN, PATIENCE_MS));
		read += world_reads(g.world, read);
	}
	assert_int_equal(read, g.sent);
	for (int i = 0; i < NAT_TCP_RINGS; i++)
		tcp_ring_give(&r->nat.tcp.rings, taken[i]);
	close(g.world);
}

static void a_world_that_is_gone_is_told_to_a_guest_that_sends(void **state)
{
	struct rig *r = *state;
	struct guest g = connect_with(r, false);

	world_aborts(g.world);
	assert_true(world_is_ready(r->nat.epoll, POLLIN, PATIENCE_MS));
	guest_sends(&g, TCP_SEG_ACK, guest_pattern(0, 100));
	guest_absorbs(&g);
	assert_true(g.rst);
	assert_int_equal(r->nat.table.tcp_count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(the_world_gets_every_byte_in_its_place),
	        TEST(what_comes_out_of_order_waits_for_what_is_missing),
	        TEST(a_world_that_does_not_read_closes_the_window_and_loses_nothing),
	        TEST(a_window_that_was_shut_opens_when_the_world_reads_again),
	        TEST(without_a_ring_the_guest_must_send_again),
	        TEST(a_guest_that_was_refused_is_told_when_to_go_on),
	        TEST(a_world_that_is_gone_is_told_to_a_guest_that_sends),
	};

	return cmocka_run_group_tests(tests, set_buffers, NULL);
}
