/* SPDX-License-Identifier: ISC */
/* tcp_sim_test.c: whole connections in virtual time. A guest (tcp_model.h) and refnat's end talk over
 * a channel that loses, delays, reorders and duplicates; behind refnat's end a socket of the world
 * takes and gives bytes as it pleases.
 *
 *	guest model <--- channel ---> tcp <--- struct world, a shell and a socket in one
 *
 * Everything follows from a seed. `tcp_sim_test SEED KIND [BYTES]` plays one and tells what it did.
 */
#include "ref/tcp.h"

#include "bytes/quick.h"
#include "ref/tcp_model.h"

#include <stdio.h>
#include <stdlib.h>

#define RINGS_MAX   2
#define PACKETS_MAX 16384
#define STEPS_MAX   20000000
#define TIME_MAX    (4000 * TCP_S)

/* --- dice --- */

struct dice {
	uint64_t x;
};

static uint64_t roll(struct dice *d)
{
	uint64_t z = (d->x += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint32_t below(struct dice *d, uint32_t n)
{
	return (uint32_t)((roll(d) >> 32) * n >> 32);
}

static uint32_t between(struct dice *d, uint32_t low, uint32_t high)
{
	return low + below(d, high - low + 1);
}

static bool percent(struct dice *d, uint32_t p)
{
	return below(d, 100) < p;
}

/* --- the channel: a heap of packets by time of arrival --- */

struct packet {
	uint64_t at, number;
	bool to_guest;
	struct tcp_seg seg; /* its payload points into a pattern */
};

struct channel {
	uint32_t loss, reorder, duplicate; /* percent */
	uint64_t delay_ns;
	unsigned n;
	uint64_t number, last_at[2];
	struct packet *heap;
};

static struct packet packets[PACKETS_MAX];

static bool packet_before(const struct packet *a, const struct packet *b)
{
	return a->at != b->at ? a->at < b->at : a->number < b->number;
}

static void channel_push(struct channel *c, const struct packet *packet)
{
	unsigned i = c->n++;

	assert_true(c->n < PACKETS_MAX);
	while (i && packet_before(packet, &c->heap[(i - 1) / 2])) {
		c->heap[i] = c->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	c->heap[i] = *packet;
}

static struct packet channel_pop(struct channel *c)
{
	const struct packet top = c->heap[0], last = c->heap[--c->n];
	unsigned i = 0;

	for (;;) {
		unsigned child = 2 * i + 1;

		if (child + 1 < c->n && packet_before(&c->heap[child + 1], &c->heap[child]))
			child++;
		if (child >= c->n || packet_before(&last, &c->heap[child]))
			break;
		c->heap[i] = c->heap[child];
		i = child;
	}
	c->heap[i] = last;
	return top;
}

/* --- one run --- */

enum kind { CLEAN, LOSSY, SCRAMBLED, TINY, GREEDY, NEEDY, BULK, KINDS };
static const char *const kind_names[] = {"clean",  "lossy", "scrambled", "tiny",
                                         "greedy", "needy", "bulk"};

static uint8_t ring_bytes[RINGS_MAX * TCP_RING_SIZE];

struct sim {
	uint64_t seed;
	enum kind kind;
	bool playing;
	struct dice dice;
	uint64_t now_ns, steps;
	struct channel channel;

	struct model guest;
	uint64_t read_rate; /* bytes the guest's program reads per tick, at most */
	bool guest_waits;   /* it closes only after the world did */

	struct tcp tcp;
	bool opened, forgotten;
	bool gave_up; /* too much was lost in a row: TCP_STALL_LIMIT, TCP_HALF_OPEN_LIMIT */
	uint64_t connect_at;
	struct tcp_ring_pool pool;
	struct tcp_ring rings[RINGS_MAX];
	unsigned ring_count;
	struct tcp_ring *lent; /* another connection has it */
	uint32_t isn;

	/* The world: what the socket took (and when it is full), what it gives. */
	uint64_t taken, take_room, take_rate, room_max;
	bool got_fin;
	uint64_t given, acked, total, queue_max, give_rate;
	bool eof, world_waits;
	uint64_t tick_at, tick_ns;

	uint64_t sent, resent, lost; /* segments with data to the guest */
};

static void transmit(struct sim *s, const struct tcp_seg *seg, bool to_guest)
{
	struct channel *c = &s->channel;
	struct packet packet = {.to_guest = to_guest, .seg = *seg};

	for (int copies = 1 + percent(&s->dice, c->duplicate); copies--;) {
		if (percent(&s->dice, c->loss)) {
			s->lost += to_guest && seg->payload.n;
			continue;
		}
		packet.number = c->number++;
		packet.at = s->now_ns + c->delay_ns;
		if (percent(&s->dice, c->reorder)) {
			packet.at += below(&s->dice, (uint32_t)c->delay_ns * 4);
		} else {
			if (packet.at < c->last_at[to_guest])
				packet.at = c->last_at[to_guest];
			c->last_at[to_guest] = packet.at;
		}
		channel_push(c, &packet);
	}
}

/* --- the shell and its socket --- */

static size_t socket_write(struct sim *s, struct rd data)
{
	size_t n = data.n < s->take_room ? data.n : s->take_room;

	if (n && percent(&s->dice, 10))
		n = below(&s->dice, (uint32_t)n + 1);
	assert_false(s->got_fin && n);
	assert_memory_equal(data.p, model_bytes(MODEL_GUEST_BYTES, s->taken), n);
	s->taken += n;
	s->take_room -= n;
	return n;
}

static void drain(struct sim *s)
{
	struct rd parts[2];

	while (tcp_waiting(&s->tcp, parts)) {
		size_t n = socket_write(s, parts[0]);

		if (n == parts[0].n)
			n += socket_write(s, parts[1]);
		tcp_drained(&s->tcp, n, s->now_ns);
		if (!n)
			break;
	}
	if (tcp_take_fin(&s->tcp)) {
		assert_false(s->got_fin);
		s->got_fin = true;
	}
}

/* What was in the window is in the socket or in the ring, if there is any ring. */
static void check_kept(const struct sim *s, const struct tcp_seg *seg, uint32_t edge)
{
	const struct tcp_ring *ring = s->tcp.ring;
	uint32_t seq = seg->seq, end = seg->seq + (uint32_t)seg->payload.n;

	if ((int32_t)(edge - end) < 0)
		end = edge;
	if ((int32_t)(seq - s->tcp.rcv_front) < 0)
		seq = s->tcp.rcv_front;
	if ((int32_t)(end - seq) <= 0 ||
	    (int32_t)(seg->ack - (s->tcp.snd_una - s->tcp.snd_wnd_max)) < 0)
		return;
	if (!ring) {
		assert_null(s->pool.free);
		return;
	}
	if (ring->count == TCP_RING_RANGES)
		return;
	for (uint32_t i = 0; i < ring->count; i++)
		if (seq - s->tcp.rcv_front >= ring->ranges[i].start &&
		    end - s->tcp.rcv_front <= ring->ranges[i].end)
			return;
	fail_msg("bytes inside the window were not kept");
}

static void forget(struct sim *s)
{
	tcp_close(&s->tcp);
	s->forgotten = true;
}

static void shell_receive(struct sim *s, const struct tcp_seg *seg)
{
	struct tcp_received received;
	uint32_t edge;
	struct tcp_seg reset;

	if (!s->opened) {
		if (!(seg->flags & TCP_SEG_SYN))
			return;
		tcp_open(&s->tcp, &s->pool, seg, s->isn, 1460, s->now_ns);
		s->opened = true;
		s->connect_at = s->now_ns + below(&s->dice, 20) * TCP_MS;
		return;
	}
	if (s->forgotten) {
		if (tcp_reset_for(seg, &reset))
			transmit(s, &reset, true);
		return;
	}
	edge = s->tcp.rcv_edge;
	tcp_segment(&s->tcp, seg, s->now_ns, &received);
	assert_false(received.restart);
	s->acked += received.acked;
	assert_true(s->acked <= s->given);
	if (received.data.n)
		tcp_took(&s->tcp, received.data, socket_write(s, received.data), s->now_ns);
	if (s->tcp.state == TCP_OPEN)
		check_kept(s, seg, edge);
	drain(s);
}

/* Sends one run, or its beginning. */
static void shell_transmit(struct sim *s, struct tcp_send *send)
{
	struct tcp_seg seg = send->seg;
	uint32_t done = 0;

	if (send->kind == TCP_SEND_CONTROL) {
		assert_int_equal(seg.payload.n, 0);
		transmit(s, &seg, true);
		return;
	}
	if (send->len > 1 && percent(&s->dice, 5)) {
		send->len = between(&s->dice, 1, send->len - 1);
		send->fin = false;
	}
	assert_true(s->acked + send->offset + send->len <= s->given);
	while (done < send->len) {
		uint32_t len = send->len - done < send->mss ? send->len - done : send->mss;

		seg.payload = rd_of(model_bytes(MODEL_WORLD_BYTES, s->acked + send->offset + done),
		                    len);
		done += len;
		if (done == send->len && send->fin)
			seg.flags |= TCP_SEG_FIN;
		transmit(s, &seg, true);
		seg.seq += len;
		s->sent++;
	}
}

static void shell_send(struct sim *s)
{
	struct tcp_send send;

	if (!s->opened || s->forgotten)
		return;
	assert_true(!s->tcp.ring || s->tcp.ring->count);
	while (s->channel.n < PACKETS_MAX / 2) {
		uint32_t room = percent(&s->dice, 90) ? 65536 : below(&s->dice, 3000);
		uint32_t una = s->tcp.snd_una, nxt = s->tcp.snd_nxt;

		tcp_next(&s->tcp, (uint32_t)(s->given - s->acked), s->eof, room, &send);
		if (send.kind == TCP_SEND_NOTHING || percent(&s->dice, 1))
			break;
		assert_true(send.len <= room);
		if (send.len && send.seg.seq != nxt)
			s->resent += (send.len + send.mss - 1) / send.mss;
		shell_transmit(s, &send);
		tcp_sent(&s->tcp, &send, s->now_ns);
		assert_int_equal(s->tcp.snd_una, una);
	}
	if (s->tcp.state == TCP_CLOSED)
		forget(s);
}

/* --- programs on both sides --- */

static void tick(struct sim *s)
{
	struct model *guest = &s->guest;
	uint64_t more;

	s->tick_at = s->now_ns + s->tick_ns;
	model_read(guest, below(&s->dice, (uint32_t)s->read_rate + 1));
	if (!guest->closes)
		guest->closes = !s->guest_waits || guest->fin_read;

	s->take_room += below(&s->dice, (uint32_t)s->take_rate + 1);
	if (s->take_room > s->room_max)
		s->take_room = s->room_max;
	more = below(&s->dice, (uint32_t)s->give_rate + 1);
	if (more > s->total - s->given)
		more = s->total - s->given;
	if (more > s->queue_max - (s->given - s->acked))
		more = s->queue_max - (s->given - s->acked);
	s->given += more;
	if (s->given == s->total && (!s->world_waits || s->got_fin))
		s->eof = true;
	if (s->lent && percent(&s->dice, 10)) {
		tcp_ring_give(&s->pool, s->lent);
		s->lent = NULL;
	} else if (s->kind == NEEDY && !s->lent && percent(&s->dice, 10)) {
		s->lent = tcp_ring_take(&s->pool);
	}
	if (!s->opened || s->forgotten)
		return;
	if (s->tcp.state == TCP_OPEN && s->take_room)
		tcp_drained(&s->tcp, 0, s->now_ns);
	drain(s);
}

static void guest_send(struct sim *s)
{
	struct tcp_seg seg;

	while (s->channel.n < PACKETS_MAX / 2 && model_next(&s->guest, s->now_ns, &seg))
		transmit(s, &seg, false);
}

static bool finished(const struct sim *s)
{
	return s->forgotten && !s->channel.n;
}

static uint64_t next_event(const struct sim *s)
{
	uint64_t at = s->tick_at;

	if (s->channel.n && s->channel.heap[0].at < at)
		at = s->channel.heap[0].at;
	if (model_deadline(&s->guest) < at)
		at = model_deadline(&s->guest);
	if (s->opened && !s->forgotten && tcp_deadline(&s->tcp) < at)
		at = tcp_deadline(&s->tcp);
	return at > s->now_ns ? at : s->now_ns;
}

static void step(struct sim *s)
{
	s->now_ns = next_event(s);
	s->steps++;
	if (s->now_ns >= s->tick_at)
		tick(s);
	model_expire(&s->guest, s->now_ns);
	if (s->opened && !s->forgotten) {
		if (s->tcp.state == TCP_CONNECTING && s->now_ns >= s->connect_at)
			tcp_connected(&s->tcp, s->now_ns);
		if (s->now_ns >= tcp_deadline(&s->tcp))
			tcp_expire(&s->tcp, s->now_ns);
		s->gave_up |= s->tcp.abort_due;
	}
	while (s->channel.n && s->channel.heap[0].at <= s->now_ns) {
		struct packet packet = channel_pop(&s->channel);

		if (packet.to_guest)
			model_receive(&s->guest, &packet.seg, s->now_ns);
		else
			shell_receive(s, &packet.seg);
		/* Both answer after a batch, of whatever size. */
		if (percent(&s->dice, 30))
			break;
	}
	shell_send(s);
	guest_send(s);
}

static void set_up(struct sim *s, uint64_t seed, enum kind kind)
{
	static const uint32_t losses[] = {0, 1, 5, 20};
	struct dice *d = &s->dice;
	struct model *guest = &s->guest;
	uint32_t most;

	*s = (struct sim){
	        .seed = seed,
	        .kind = kind,
	        .playing = true,
	        .dice = {seed * KINDS + kind},
	        .channel.heap = packets,
	};
	s->isn = percent(d, 50) ? (uint32_t)roll(d) : 0 - below(d, 100000);
	s->ring_count = kind == NEEDY ? below(d, 2) : between(d, 1, RINGS_MAX);
	tcp_ring_pool_init(&s->pool, s->rings, s->ring_count, ring_bytes);

	s->channel.delay_ns = 1000 *
	                      (percent(d, 80) ? between(d, 20, 2000) : between(d, 5000, 40000));
	if (kind != CLEAN)
		s->channel.loss = losses[kind == LOSSY ? seed % 4 : below(d, 4)];
	if (kind >= SCRAMBLED) {
		s->channel.reorder = below(d, 30);
		s->channel.duplicate = below(d, 10);
	}

	guest->isn = percent(d, 50) ? (uint32_t)roll(d) : 0 - below(d, 100000);
	guest->mss = (uint16_t)(percent(d, 70) ? 1460 : between(d, 64, 9000));
	guest->scale = percent(d, 70) ? (int8_t)below(d, 9) : -1;
	guest->sack = percent(d, 70);
	guest->sack_blocks = between(d, 1, TCP_SEG_SACK_MAX);
	most = guest->scale < 0 ? 65535 : 65535U << guest->scale;
	guest->buffer = between(d, 2000, most < 400000 ? most : 400000);
	if (kind == TINY)
		guest->buffer = between(d, 1, 3000);
	while (guest->scale > 0 && guest->buffer >> guest->scale < 2)
		guest->scale--;
	guest->probes_by_byte = percent(d, 50);
	guest->may_see_shrink = kind == NEEDY;
	guest->total = percent(d, 10) ? below(d, 3) : below(d, 200000);
	s->total = percent(d, 10) ? below(d, 3) : below(d, 200000);
	if (kind == TINY)
		s->total = below(d, 100 * guest->buffer);
	if (s->channel.loss == 20 || guest->mss < 536) {
		s->total /= 4;
		guest->total /= 4;
	}
	if (percent(d, 3) && kind != TINY && s->channel.loss < 5 && guest->mss >= 536) {
		s->total += 2000000;
		guest->total += 2000000;
	}
	s->guest_waits = percent(d, 30);
	s->world_waits = !s->guest_waits && percent(d, 40);

	s->tick_ns = 1000 * between(d, 100, 3000);
	s->read_rate = percent(d, 50) ? 1000000 : between(d, 300, 20000);
	s->take_rate = percent(d, 50) ? 1000000 : between(d, 300, 20000);
	s->room_max = percent(d, 50) ? 300000 : between(d, 1, 40000);
	s->give_rate = percent(d, 50) ? 1000000 : between(d, 300, 20000);
	s->queue_max = between(d, 1000, 400000);
	if (kind == GREEDY)
		guest->greed = between(d, 1, 300000);
	model_start(guest);
}

/* Both ways at once, as much as it can, at 1 % loss. */
static void set_up_bulk(struct sim *s, uint64_t bytes)
{
	s->channel = (struct channel){.heap = packets, .loss = 1, .delay_ns = 50000};
	s->guest.mss = 1460;
	s->guest.scale = 7;
	s->guest.sack = true;
	s->guest.sack_blocks = TCP_SEG_SACK_MAX;
	s->guest.buffer = 1000000;
	s->guest.total = s->total = bytes;
	s->ring_count = 1;
	tcp_ring_pool_init(&s->pool, s->rings, s->ring_count, ring_bytes);
	s->tick_ns = 50000;
	s->read_rate = s->take_rate = s->room_max = s->give_rate = 1000000;
	s->queue_max = 1000000;
}

static struct sim sim;

static void play(uint64_t seed, enum kind kind, uint64_t bulk)
{
	struct sim *s = &sim;

	set_up(s, seed, kind);
	if (kind == BULK)
		set_up_bulk(s, bulk);
	while (!finished(s)) {
		step(s);
		if (s->steps > STEPS_MAX || s->now_ns > TIME_MAX)
			fail_msg("does not end");
	}
	if (s->gave_up)
		assert_int_equal(s->channel.loss, 20);
	else if (s->taken != s->guest.total || !s->got_fin || s->guest.rcv != s->total + 2 ||
	         !s->guest.fin_read || s->acked != s->total)
		fail_msg("ended early");
	if (s->lent)
		tcp_ring_give(&s->pool, s->lent);
	for (unsigned i = 0; i < s->ring_count; i++)
		assert_non_null(tcp_ring_take(&s->pool));
	s->playing = false;
}

/* After a failure: how to see it again. */
static int tell(void **state)
{
	(void)state;
	if (sim.playing)
		print_error("tcp_sim_test %llu %s: state %d, %.3f s; guest to world %llu of %llu, "
		            "FIN %d; world to guest %llu of %llu, FIN %d\n",
		            (unsigned long long)sim.seed, kind_names[sim.kind], sim.tcp.state,
		            (double)sim.now_ns / 1e9, (unsigned long long)sim.taken,
		            (unsigned long long)sim.guest.total, sim.got_fin,
		            (unsigned long long)sim.acked, (unsigned long long)sim.total,
		            sim.guest.fin_read);
	sim.playing = false;
	return 0;
}

static void play_many(enum kind kind, uint64_t seeds)
{
	uint64_t gave_up = 0;

	for (uint64_t seed = 1; seed <= quick_share((unsigned)seeds); seed++) {
		play(seed, kind, 0);
		gave_up += sim.gave_up;
	}
	assert_true(gave_up <= seeds / 1000);
}

static void every_byte_arrives_over_a_clean_channel(void **state)
{
	(void)state;
	play_many(CLEAN, 500);
}

static void every_byte_arrives_over_a_channel_that_loses(void **state)
{
	(void)state;
	play_many(LOSSY, 2000);
}

static void every_byte_arrives_over_a_channel_that_reorders_and_duplicates(void **state)
{
	(void)state;
	play_many(SCRAMBLED, 2000);
}

static void every_byte_arrives_through_tiny_windows(void **state)
{
	(void)state;
	play_many(TINY, 1000);
}

static void a_guest_that_overruns_the_window_only_hurts_itself(void **state)
{
	(void)state;
	play_many(GREEDY, 1000);
}

static void every_byte_arrives_with_few_rings_or_none(void **state)
{
	(void)state;
	play_many(NEEDY, 1000);
}

static void little_is_sent_again_that_was_not_lost(void **state)
{
	(void)state;
	play(1, BULK, quick_share(30000000));
	assert_in_range(sim.resent, sim.lost, sim.lost + sim.lost / 4);
	assert_true(sim.now_ns < 10 * TCP_S);
}

static int play_one(uint64_t seed, const char *name, uint64_t bulk)
{
	int kind = 0;

	while (kind < KINDS && strcmp(name, kind_names[kind]))
		kind++;
	if (kind == KINDS)
		return 2;
	play(seed, (enum kind)kind, bulk);
	printf("%llu steps, %.3f s, %llu segments sent, %llu of them again, %llu lost; guest %llu "
	       "again\n",
	       (unsigned long long)sim.steps, (double)sim.now_ns / 1e9,
	       (unsigned long long)sim.sent, (unsigned long long)sim.resent,
	       (unsigned long long)sim.lost, (unsigned long long)sim.guest.resent);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_teardown(every_byte_arrives_over_a_clean_channel, tell),
	        cmocka_unit_test_teardown(every_byte_arrives_over_a_channel_that_loses, tell),
	        cmocka_unit_test_teardown(
	                every_byte_arrives_over_a_channel_that_reorders_and_duplicates, tell),
	        cmocka_unit_test_teardown(every_byte_arrives_through_tiny_windows, tell),
	        cmocka_unit_test_teardown(a_guest_that_overruns_the_window_only_hurts_itself, tell),
	        cmocka_unit_test_teardown(every_byte_arrives_with_few_rings_or_none, tell),
	        cmocka_unit_test_teardown(little_is_sent_again_that_was_not_lost, tell),
	};

	model_fill_pattern();
	if (argc >= 3)
		return play_one(strtoull(argv[1], NULL, 10), argv[2],
		                argc > 3 ? strtoull(argv[3], NULL, 10) : 1000000);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
