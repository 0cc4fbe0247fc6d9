/* SPDX-License-Identifier: ISC */
/* tcp_receive.c: bytes from the guest, and the window it sees.
 *
 * Theory of operation. Everything is measured from rcv_front, the next byte that the socket wants:
 *
 *	      rcv_front             rcv_nxt             rcv_front + TCP_RING_SIZE
 *	socket's  |  ready in the ring  |  gaps and islands  |
 *
 * The window ends where the ring ends, so whatever fits the window fits the ring, and the end moves
 * only to the right, as the socket takes bytes. While nothing waits, bytes in order never see a
 * ring. */
#include "ref/tcp_state.h"

#define WINDOW_CAUTIOUS 8192 /* what is promised without a ring in sight */

bool tcp_receive_acceptable(const struct tcp *tcp, const struct tcp_seg *seg)
{
	/* A FIN needs no room, and what comes after a FIN stands one further. */
	const uint32_t size = tcp->rcv_front + TCP_RING_SIZE + 2 - tcp->rcv_nxt;
	const uint32_t first = seg->seq - tcp->rcv_nxt;
	const uint32_t len = (uint32_t)seg->payload.n + (seg->flags & TCP_SEG_FIN ? 1 : 0);

	return first < size || (len && first + len - 1 < size);
}

static void move_on(struct tcp *tcp, uint64_t now_ns)
{
	uint32_t next = tcp->rcv_front + (tcp->ring ? tcp_ring_ready(tcp->ring) : 0);

	if (tcp->fin_seen && next == tcp->rcv_fin)
		next++;
	if (next == tcp->rcv_nxt)
		return;
	tcp->rcv_nxt = next;
	tcp->active_ns = now_ns;
}

static void return_empty_ring(struct tcp *tcp)
{
	if (!tcp->ring || tcp->ring->count)
		return;
	tcp_ring_give(tcp->rings, tcp->ring);
	tcp->ring = NULL;
}

/* What cannot be kept comes again: the ring, or the number of its ranges, may not be enough. */
static void keep(struct tcp *tcp, uint32_t seq, struct rd data)
{
	if (!tcp->ring)
		tcp->ring = tcp_ring_take(tcp->rings);
	if (!tcp->ring)
		return;
	(void)tcp_ring_put(tcp->ring, seq - tcp->rcv_front, data);
	return_empty_ring(tcp);
}

/* Where the FIN stands is settled by the first one seen; one that stands before bytes that are
 * already here is not believed. */
static void note_fin(struct tcp *tcp, uint32_t seq)
{
	const struct tcp_ring *ring = tcp->ring;

	if (tcp->fin_seen)
		return;
	if (ring && ring->count &&
	    tcp_seq_before(seq, tcp->rcv_front + ring->ranges[ring->count - 1].end))
		return;
	tcp->fin_seen = true;
	tcp->rcv_fin = seq;
}

void tcp_receive(struct tcp *tcp, const struct tcp_seg *seg, uint64_t now_ns, struct rd *data)
{
	const bool fin = seg->flags & TCP_SEG_FIN;
	struct rd rest = seg->payload;
	uint32_t seq = seg->seq;

	if (!rest.n && !fin)
		return;
	tcp->ack_due = true;
	if (tcp_has_fin(tcp))
		return;

	/* Cut off what is here already and what is past a known FIN. What is past the window is
	 * cut by the ring; of a segment in order nothing is. */
	if (tcp_seq_before(seq, tcp->rcv_nxt)) {
		if (!rd_skip(&rest, tcp->rcv_nxt - seq))
			return;
		seq = tcp->rcv_nxt;
	}
	if (fin)
		note_fin(tcp, seq + (uint32_t)rest.n);
	if (tcp->fin_seen && tcp_seq_before(tcp->rcv_fin, seq + (uint32_t)rest.n))
		rest.n = tcp_seq_before(seq, tcp->rcv_fin) ? tcp->rcv_fin - seq : 0;

	if (seq != tcp->rcv_nxt) {
		const uint8_t most = tcp->sack ? 1 : TCP_DUPLICATES;

		if (tcp->duplicates_due < most)
			tcp->duplicates_due++;
		tcp->rcv_recent = seq;
	}
	if (rest.n && seq == tcp->rcv_front)
		*data = rest;
	else if (rest.n)
		keep(tcp, seq, rest);
	move_on(tcp, now_ns);
}

/* Tells the guest when the window has opened by as much as is worth a segment. */
static void consider_update(struct tcp *tcp)
{
	const uint32_t edge = tcp->rcv_nxt + tcp_receive_window(tcp);

	if (tcp_seq_before(tcp->rcv_edge, edge))
		tcp->ack_due = true;
}

void tcp_took(struct tcp *tcp, struct rd data, size_t n, uint64_t now_ns)
{
	if (!rd_skip(&data, n))
		return;
	tcp->rcv_front += (uint32_t)n;
	if (tcp->ring)
		tcp_ring_advance(tcp->ring, (uint32_t)n);
	if (data.n)
		keep(tcp, tcp->rcv_front, data);
	tcp->starved = data.n && !tcp->ring;
	return_empty_ring(tcp);
	move_on(tcp, now_ns);
	tcp_settle(tcp, now_ns);
}

bool tcp_waiting(const struct tcp *tcp, struct rd out[2])
{
	out[0] = out[1] = rd_of(NULL, 0);
	if (!tcp->ring || tcp->state != TCP_OPEN || tcp->abort_due)
		return false;
	tcp_ring_peek(tcp->ring, out);
	return out[0].n;
}

void tcp_drained(struct tcp *tcp, size_t n, uint64_t now_ns)
{
	if (tcp->ring && n <= tcp_ring_ready(tcp->ring)) {
		tcp_ring_advance(tcp->ring, (uint32_t)n);
		tcp->rcv_front += (uint32_t)n;
		return_empty_ring(tcp);
	}
	if (tcp->starved) {
		tcp->starved = false;
		tcp->ack_due = true;
	}
	consider_update(tcp);
	tcp_settle(tcp, now_ns);
}

bool tcp_take_fin(struct tcp *tcp)
{
	if (tcp->fin_taken || !tcp_has_fin(tcp) || tcp->rcv_front != tcp->rcv_fin)
		return false;
	tcp->fin_taken = true;
	return true;
}

/* RFC 9293 section 3.8.6.2.2: the window's end stays where it is until it can move by two segments,
 * or by half of what there is. It never moves back, unless bytes had to be refused. */
uint32_t tcp_receive_window(const struct tcp *tcp)
{
	const uint32_t most = (uint32_t)UINT16_MAX << (tcp->scaled ? TCP_WINDOW_SCALE : 0);
	const uint32_t space = tcp->ring || tcp->rings->free ? TCP_RING_SIZE : WINDOW_CAUTIOUS;
	uint32_t edge = tcp->rcv_front + space, step = 2U * tcp->mss_max;

	if (tcp->starved || tcp_seq_before(edge, tcp->rcv_nxt))
		return 0;
	if (edge - tcp->rcv_nxt > most)
		edge = tcp->rcv_nxt + most;
	if (step > space / 2)
		step = space / 2;
	if (tcp_seq_before(edge, tcp->rcv_edge + step))
		edge = tcp->rcv_edge;
	return tcp_seq_before(edge, tcp->rcv_nxt) ? 0 : edge - tcp->rcv_nxt;
}

void tcp_receive_promised(struct tcp *tcp, uint32_t window)
{
	const uint32_t edge = tcp->rcv_nxt + window;

	if (tcp_seq_before(tcp->rcv_edge, edge))
		tcp->rcv_edge = edge;
}

void tcp_receive_describe(const struct tcp *tcp, struct tcp_seg *seg)
{
	const struct tcp_ring *ring = tcp->ring;
	uint32_t recent, islands, count = 0;

	if (!tcp->sack || !ring)
		return;
	/* A range at the front has no gap before it: it is acknowledged. */
	islands = ring->count - (tcp_ring_ready(ring) ? 1 : 0);
	recent = ring->count;
	for (uint32_t i = ring->count - islands; i < ring->count; i++)
		if (tcp->rcv_recent - tcp->rcv_front - ring->ranges[i].start <
		    ring->ranges[i].end - ring->ranges[i].start)
			recent = i;
	for (uint32_t k = 0; k <= islands && count < TCP_SEG_SACK_MAX; k++) {
		const uint32_t i = k ? ring->count - k : recent;

		if (i == ring->count || (k && i == recent))
			continue;
		seg->sack[count++] = (struct tcp_seg_range){
		        .left = tcp->rcv_front + ring->ranges[i].start,
		        .right = tcp->rcv_front + ring->ranges[i].end,
		};
	}
	seg->sack_count = (uint8_t)count;
}
