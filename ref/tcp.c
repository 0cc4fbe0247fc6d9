/* SPDX-License-Identifier: ISC */
/* tcp.c: the guest's end of a TCP connection: segments in, the handshake, the end. */
#include "ref/tcp.h"

#include "ref/tcp_state.h"

#define MSS_MIN 64 /* a guest that asks for less gets this: a header must not outweigh its bytes */

void tcp_open(struct tcp *tcp, struct tcp_ring_pool *rings, const struct tcp_seg *syn, uint32_t isn,
              uint16_t mss_max, uint64_t now_ns)
{
	uint16_t mss = syn->mss ? syn->mss : TCP_SEG_MSS_DEFAULT;

	if (mss < MSS_MIN)
		mss = MSS_MIN;
	*tcp = (struct tcp){
	        .state = TCP_CONNECTING,
	        .mss = mss < mss_max ? mss : mss_max,
	        .mss_max = mss_max,
	        .scaled = syn->window_scale >= 0,
	        .sack = syn->sack_permitted,
	        .snd_scale = syn->window_scale > 0 ? (uint8_t)syn->window_scale : 0,
	        .rings = rings,
	        .rcv_irs = syn->seq,
	        .rcv_front = syn->seq + 1,
	        .rcv_nxt = syn->seq + 1,
	        .rcv_edge = syn->seq + 1,
	        .snd_una = isn,
	        .snd_nxt = isn,
	        .rto_ns = TCP_RTO_INITIAL,
	        .timer_ns = TCP_NEVER,
	        .asked_ns = TCP_NEVER,
	        .active_ns = now_ns,
	};
}

void tcp_connected(struct tcp *tcp, uint64_t now_ns)
{
	if (tcp->state != TCP_CONNECTING || tcp->abort_due)
		return;
	tcp->state = TCP_SYN_RECEIVED;
	tcp->syn_due = true;
	tcp->active_ns = now_ns;
}

void tcp_abort(struct tcp *tcp)
{
	if (tcp->state == TCP_LINGERING)
		tcp->state = TCP_CLOSED;
	else if (tcp->state != TCP_CLOSED)
		tcp->abort_due = true;
}

void tcp_close(struct tcp *tcp)
{
	if (tcp->ring)
		tcp_ring_give(tcp->rings, tcp->ring);
	tcp->ring = NULL;
	tcp->state = TCP_CLOSED;
}

void tcp_settle(struct tcp *tcp, uint64_t now_ns)
{
	if (tcp->state != TCP_OPEN || !tcp->fin_sent || tcp_in_flight(tcp) || !tcp_has_fin(tcp) ||
	    tcp->rcv_front != tcp->rcv_fin)
		return;
	tcp->state = TCP_LINGERING;
	/* A guest that acknowledged our FIN, which acknowledged its own, needs no more answers. */
	tcp->timer_ns = tcp->fin_last ? now_ns : now_ns + TCP_LINGER;
}

/* Any SYN of a connection that exists. True when it is a new connection's. */
static bool take_syn(struct tcp *tcp, const struct tcp_seg *seg)
{
	const bool bare = !(seg->flags & TCP_SEG_ACK);

	if (tcp->state == TCP_LINGERING && bare && tcp_seq_before(tcp->rcv_nxt, seg->seq))
		return true;
	if (tcp->state == TCP_SYN_RECEIVED && bare && seg->seq == tcp->rcv_irs)
		tcp->syn_due = true; /* the SYN-ACK was lost */
	else
		tcp->ack_due =
		        true; /* RFC 5961 section 4: a guest that means it answers with RST */
	return false;
}

/* RFC 5961 section 3: a RST counts only if it is exactly the next thing expected. */
static void take_reset(struct tcp *tcp, const struct tcp_seg *seg)
{
	if (seg->seq == tcp->rcv_nxt)
		tcp->state = TCP_CLOSED;
	else if (tcp->state != TCP_CONNECTING && tcp_receive_acceptable(tcp, seg))
		tcp->ack_due = true;
}

static void end_handshake(struct tcp *tcp, const struct tcp_seg *seg, uint64_t now_ns)
{
	if (tcp_in_flight(tcp) != 1 || seg->ack != tcp->snd_nxt) {
		tcp->reset_due = true;
		tcp->reset_seq = seg->ack;
		return;
	}
	tcp->state = TCP_OPEN;
	tcp->syn_due = false;
	tcp->snd_una = seg->ack;
	tcp->resend_nxt = seg->ack;
	tcp->snd_wl1 = seg->seq;
	tcp->active_ns = now_ns;
	if (tcp->timing)
		tcp_timer_measure(tcp, now_ns);
}

void tcp_segment(struct tcp *tcp, const struct tcp_seg *seg, uint64_t now_ns,
                 struct tcp_received *out)
{
	*out = (struct tcp_received){0};
	if (tcp->state == TCP_CLOSED || tcp->abort_due)
		return;
	if (seg->flags & TCP_SEG_RST) {
		take_reset(tcp, seg);
		return;
	}
	if (tcp->state == TCP_CONNECTING)
		return;
	if (seg->flags & TCP_SEG_SYN) {
		out->restart = take_syn(tcp, seg);
		return;
	}
	if (!tcp_receive_acceptable(tcp, seg)) {
		tcp->ack_due = true;
		if (tcp->state == TCP_LINGERING)
			tcp->timer_ns = now_ns + TCP_LINGER;
		return;
	}
	if (!(seg->flags & TCP_SEG_ACK))
		return;
	if (tcp->state == TCP_SYN_RECEIVED)
		end_handshake(tcp, seg, now_ns);
	if (tcp->state != TCP_OPEN)
		return;
	if (!tcp_recover_acked(tcp, seg, now_ns, &out->acked)) {
		tcp->ack_due = true;
		return;
	}
	tcp_timer_heard(tcp, now_ns);
	tcp_receive(tcp, seg, now_ns, &out->data);
	tcp_settle(tcp, now_ns);
}

bool tcp_reset_for(const struct tcp_seg *seg, struct tcp_seg *out)
{
	const bool acks = seg->flags & TCP_SEG_ACK;

	if (seg->flags & TCP_SEG_RST)
		return false;
	*out = (struct tcp_seg){
	        .sport = seg->dport,
	        .dport = seg->sport,
	        .flags = acks ? TCP_SEG_RST : TCP_SEG_RST | TCP_SEG_ACK,
	        .window_scale = -1,
	};
	if (acks) {
		out->seq = seg->ack;
		return true;
	}
	/* A FIN does not come without ACK. */
	out->ack = seg->seq + (uint32_t)seg->payload.n + (seg->flags & TCP_SEG_SYN ? 1 : 0);
	return true;
}
