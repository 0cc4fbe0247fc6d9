/* SPDX-License-Identifier: ISC */
/* tcp_random_test.c: a guest out of its mind, and a shell that does everything the header allows in
 * any order. Nothing works any more; but what tcp.h promises must hold at every step. */
#include "ref/tcp.h"

#include "bytes/quick.h"
#include "ref/tcp_rig.h"

#define WALKS 4000
#define STEPS 300

static uint64_t dice;

static uint32_t roll(void)
{
	dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(dice >> 32);
}

static uint32_t below(uint32_t n)
{
	return (uint32_t)((uint64_t)roll() * n >> 32);
}

static bool percent(uint32_t p)
{
	return below(100) < p;
}

/* A number at, near, or far from one that matters. */
static uint32_t around(uint32_t number)
{
	switch (below(8)) {
	case 0:
		return number + below(7) - 3;
	case 1:
		return number + below(6000) - 3000;
	case 2:
		return percent(20) ? roll() : number;
	default:
		return number;
	}
}

static uint32_t some_seq(const struct tcp *tcp)
{
	const struct tcp_ring *ring = tcp->ring;

	switch (below(12)) {
	case 0:
		return tcp->rcv_front;
	case 1:
		return tcp->rcv_front + TCP_RING_SIZE;
	case 2:
		return tcp->rcv_edge;
	case 3:
		return tcp->rcv_irs;
	case 4:
		return tcp->rcv_nxt + below(TCP_RING_SIZE);
	case 5:
		return tcp->fin_seen ? tcp->rcv_fin : tcp->rcv_nxt - 1;
	case 6:
		return ring ? tcp->rcv_front + ring->ranges[below(ring->count)].start : 0;
	case 7:
		return ring ? tcp->rcv_front + ring->ranges[below(ring->count)].end : 0;
	default:
		return tcp->rcv_nxt;
	}
}

static uint32_t some_ack(const struct tcp *tcp)
{
	switch (below(8)) {
	case 0:
		return tcp->snd_una - tcp->snd_wnd_max;
	case 1:
		return tcp->snd_nxt + 1;
	case 2:
		return tcp->snd_una + below(tcp->snd_nxt - tcp->snd_una + 1);
	case 3:
		return tcp->snd_nxt;
	default:
		return tcp->snd_una;
	}
}

static struct tcp_seg some_segment(const struct tcp *tcp)
{
	static const uint8_t odd[] = {
	        0,
	        TCP_SEG_SYN,
	        TCP_SEG_SYN | TCP_SEG_ACK,
	        TCP_SEG_RST,
	        TCP_SEG_RST | TCP_SEG_ACK,
	        TCP_SEG_PSH | TCP_SEG_ACK,
	};
	static const uint16_t windows[] = {0, 1, 100, 5000, 65535, 65535};
	struct tcp_seg seg = {
	        .seq = around(some_seq(tcp)),
	        .ack = around(some_ack(tcp)),
	        .flags = TCP_SEG_ACK,
	        .window = windows[below(6)],
	        .window_scale = -1,
	};
	const uint32_t at = seg.seq - tcp->rcv_irs - 1;

	if (percent(6))
		seg.flags = odd[below(sizeof(odd))];
	else if (percent(3))
		seg.flags |= TCP_SEG_FIN;
	if (percent(60))
		seg.payload = rig_bytes(at % 65536, percent(20) ? below(3) : below(9000));
	for (seg.sack_count = (uint8_t)below(TCP_SEG_SACK_MAX + 1); percent(50);)
		seg.sack_count = 0;
	for (unsigned i = 0; i < seg.sack_count; i++) {
		seg.sack[i].left = around(tcp->snd_una + below(tcp->snd_nxt - tcp->snd_una + 1));
		seg.sack[i].right = around(seg.sack[i].left + below(3000));
	}
	return seg;
}

static void check(const struct rig *r)
{
	const struct tcp *tcp = &r->tcp;
	const uint32_t in_flight = tcp->snd_nxt - tcp->snd_una;
	uint32_t at = 0, ready = 0;

	/* In flight is what the socket still holds, and a SYN or a FIN. */
	assert_true(in_flight <= r->queued + 1);
	for (unsigned i = 0; i < tcp->sacked_count; i++) {
		const uint32_t left = tcp->sacked[i].left - tcp->snd_una;
		const uint32_t right = tcp->sacked[i].right - tcp->snd_una;

		assert_true(i ? left > at : left >= at);
		assert_true(left < right && right <= in_flight);
		at = right;
	}
	if (tcp->ring) {
		assert_true(tcp->ring->count);
		ready = tcp_ring_ready(tcp->ring);
	}
	assert_int_equal(tcp->rcv_front, tcp->rcv_irs + 1 + (uint32_t)r->took);
	assert_in_range(tcp->rcv_nxt - tcp->rcv_front - ready, 0, tcp->fin_seen);
	assert_in_range(tcp->resend_nxt - tcp->snd_una, 0,
	                tcp->state == TCP_OPEN ? in_flight : UINT32_MAX);
}

static void check_send(const struct rig *r)
{
	const struct tcp *tcp = &r->tcp;
	const struct tcp_send *sent = &r->sent;
	const struct tcp_seg *seg = &sent->seg;
	const uint32_t in_flight = tcp->snd_nxt - tcp->snd_una;

	assert_true(tcp->state != TCP_CLOSED);
	assert_true(tcp_seg_hdr_len(seg) <= TCP_SEG_HDR_MAX);
	for (unsigned i = 0; i < seg->sack_count; i++) {
		assert_true(tcp->sack);
		assert_true(seg->sack[i].left - tcp->rcv_nxt < seg->sack[i].right - tcp->rcv_nxt);
		assert_true(seg->sack[i].right - tcp->rcv_nxt <= TCP_RING_SIZE);
	}
	if (seg->flags & TCP_SEG_RST)
		return;
	assert_int_equal(seg->ack, tcp->rcv_nxt);
	if (sent->kind != TCP_SEND_DATA)
		return;
	assert_int_equal(tcp->state, TCP_OPEN);
	assert_int_equal(seg->seq, tcp->snd_una + sent->offset);
	assert_true(sent->len && sent->len <= r->room && sent->offset + sent->len <= r->queued);
	assert_true(sent->offset <= in_flight);
	if (sent->offset == in_flight) {
		assert_true(in_flight + sent->len + sent->fin <= tcp->snd_wnd);
		assert_true(!sent->fin || (r->eof && in_flight + sent->len == r->queued));
	}
}

static void send_some(struct rig *r)
{
	for (int i = 0; i < 200; i++) {
		r->room = percent(80) ? 65536 : below(3000);
		if (rig_peek(r) == TCP_SEND_NOTHING)
			return;
		check_send(r);
		if (percent(5))
			return;
		if (r->sent.kind == TCP_SEND_DATA && r->sent.len > 1 && percent(10)) {
			r->sent.len = 1 + below(r->sent.len - 1);
			r->sent.fin = false;
		}
		tcp_sent(&r->tcp, &r->sent, r->now_ns);
		check(r);
	}
	fail_msg("it never stops sending");
}

static void shell_does_something(struct rig *r, struct tcp_ring **lent)
{
	switch (below(8)) {
	case 0:
		tcp_connected(&r->tcp, r->now_ns);
		break;
	case 1:
		if (!r->eof)
			r->queued += below(20000);
		break;
	case 2:
		r->eof |= percent(5);
		break;
	case 3:
		if (percent(1))
			tcp_abort(&r->tcp);
		break;
	case 4:
		if (*lent)
			tcp_ring_give(&r->pool, *lent);
		*lent = percent(50) ? tcp_ring_take(&r->pool) : NULL;
		break;
	case 5:
		r->now_ns += percent(90) ? below(100000000) : roll() * UINT64_C(100);
		break;
	case 6:
		/* Late or early. */
		if (percent(50) && tcp_deadline(&r->tcp) != UINT64_MAX &&
		    tcp_deadline(&r->tcp) > r->now_ns)
			r->now_ns = tcp_deadline(&r->tcp);
		tcp_expire(&r->tcp, r->now_ns);
		break;
	default:
		rig_drain(r, below(200000));
		tcp_take_fin(&r->tcp);
		break;
	}
}

static void walk(void)
{
	struct tcp_seg syn = rig_syn();
	struct tcp_ring *lent = NULL;
	struct rig r;

	syn.window_scale = (int8_t)(below(4) - 1);
	syn.sack_permitted = percent(60);
	syn.mss = (uint16_t)below(1600);
	syn.seq = percent(50) ? roll() : 0 - below(20000);
	rig_start(&r, below(RIG_RINGS + 1), &syn);
	tcp_open(&r.tcp, &r.pool, &syn, percent(50) ? roll() : 0 - below(20000), 1460, r.now_ns);
	for (int step = 0; step < STEPS; step++) {
		const enum tcp_state before = r.tcp.state;

		if (percent(60)) {
			r.takes = percent(70) ? 100000 : below(3000);
			rig_in(&r, some_segment(&r.tcp));
			if (r.received.restart)
				break;
		} else {
			shell_does_something(&r, &lent);
		}
		check(&r);
		send_some(&r);
		assert_true(r.tcp.state >= before);
	}
	if (lent)
		tcp_ring_give(&r.pool, lent);
	tcp_close(&r.tcp);
}

static void nothing_that_comes_breaks_what_is_promised(void **state)
{
	(void)state;
	dice = 1;
	for (unsigned i = 0; i < quick_share(WALKS); i++)
		walk();
}

/* The walks are worth something only if they come around. */
static void the_walks_reach_every_corner(void **state)
{
	unsigned ended[TCP_CLOSED + 1] = {0}, recovered = 0, starved = 0, waited = 0, fins = 0;
	uint64_t took = 0;

	(void)state;
	dice = 1;
	for (int i = 0; i < WALKS / 10; i++) {
		struct tcp_seg syn = rig_syn();
		struct tcp_ring *lent = NULL;
		struct rig r;

		rig_start(&r, below(RIG_RINGS + 1), &syn);
		for (int step = 0; step < STEPS; step++) {
			r.takes = percent(70) ? 100000 : below(3000);
			if (percent(60))
				rig_in(&r, some_segment(&r.tcp));
			else
				shell_does_something(&r, &lent);
			send_some(&r);
			recovered += r.tcp.recovery != TCP_RECOVERY_NONE;
			starved += r.tcp.starved;
			waited += r.tcp.rcv_nxt - r.tcp.rcv_front > 1;
		}
		fins += r.tcp.fin_sent;
		took += r.took;
		ended[r.tcp.state]++;
	}
	assert_true(ended[TCP_OPEN] && ended[TCP_CLOSED]);
	assert_true(recovered > 100 && starved > 100 && waited > 100 && fins > 10);
	assert_true(took > 10000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nothing_that_comes_breaks_what_is_promised),
	        cmocka_unit_test(the_walks_reach_every_corner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
