/* SPDX-License-Identifier: ISC */
/* tcp_send.c: what to send to the guest next. */
#include "ref/tcp_state.h"

/* Shift of the windows that refnat writes; the SYN-ACK's own is never scaled. */
static unsigned window_shift(const struct tcp *tcp, uint8_t flags)
{
	return tcp->scaled && !(flags & TCP_SEG_SYN) ? TCP_WINDOW_SCALE : 0;
}

static void make_control(const struct tcp *tcp, uint8_t flags, uint32_t seq, struct tcp_send *out)
{
	uint32_t window = tcp_receive_window(tcp) >> window_shift(tcp, flags);

	out->kind = TCP_SEND_CONTROL;
	out->seg = (struct tcp_seg){
	        .seq = seq,
	        .ack = flags & TCP_SEG_ACK ? tcp->rcv_nxt : 0,
	        .flags = flags,
	        .window = (uint16_t)(window < UINT16_MAX ? window : UINT16_MAX),
	        .window_scale = -1,
	};
}

static void make_syn_ack(const struct tcp *tcp, struct tcp_send *out)
{
	make_control(tcp, TCP_SEG_SYN | TCP_SEG_ACK, tcp->snd_una, out);
	out->seg.mss = tcp->mss_max;
	out->seg.window_scale = tcp->scaled ? TCP_WINDOW_SCALE : -1;
	out->seg.sack_permitted = tcp->sack;
}

static void make_ack(const struct tcp *tcp, struct tcp_send *out)
{
	make_control(tcp, TCP_SEG_ACK, tcp->snd_nxt, out);
	tcp_receive_describe(tcp, &out->seg);
}

/* `len` bytes from `seq` on, and a FIN behind them; false when there is neither. */
static bool make_run(const struct tcp *tcp, uint32_t seq, uint32_t len, bool fin,
                     struct tcp_send *out)
{
	if (!len && !fin)
		return false;
	make_control(tcp, TCP_SEG_ACK, seq, out);
	out->fin = fin;
	if (!len) {
		out->seg.flags |= TCP_SEG_FIN;
		return true;
	}
	out->kind = TCP_SEND_DATA;
	out->offset = seq - tcp->snd_una;
	out->len = len;
	out->mss = tcp->mss;
	return true;
}

static bool send_again(const struct tcp *tcp, uint32_t queued, uint32_t room, struct tcp_send *out)
{
	struct tcp_seg_range range;
	uint32_t len, offset, most;
	bool fin;

	if (!tcp_recover_next(tcp, &range))
		return false;
	fin = tcp->fin_sent && range.right == tcp->snd_nxt;
	len = range.right - range.left - (fin ? 1 : 0);
	offset = range.left - tcp->snd_una;
	/* That the queue is too short for what was sent from it would be the shell's mistake. */
	most = queued > offset ? queued - offset : 0;
	most = most < room ? most : room;
	if (most < len) {
		len = most;
		fin = false;
	}
	return make_run(tcp, range.left, len, fin, out);
}

static bool send_new(const struct tcp *tcp, uint32_t queued, bool eof, uint32_t room,
                     struct tcp_send *out)
{
	const uint32_t in_flight = tcp_in_flight(tcp);
	uint32_t unsent, usable, len;

	if (tcp->fin_sent || queued < in_flight)
		return false;
	if (tcp->recovery == TCP_RECOVERY_TIMEOUT && tcp_seq_before(tcp->resend_nxt, tcp->recover))
		return false;
	unsent = queued - in_flight;
	usable = tcp->snd_wnd > in_flight ? tcp->snd_wnd - in_flight : 0;
	len = unsent < usable ? unsent : usable;
	len = len < room ? len : room;
	if (len < unsent) {
		const uint32_t whole = len - len % tcp->mss;

		/* The rest of a window is worth a small segment only if nothing will widen it. */
		if (!whole && len == usable && in_flight)
			return false;
		len = whole ? whole : len;
	}
	return make_run(tcp, tcp->snd_nxt, len, eof && len == unsent && usable > len, out);
}

void tcp_next(const struct tcp *tcp, uint32_t queued, bool eof, uint32_t room, struct tcp_send *out)
{
	/* A duplicate must be bare to count as one, so it goes before data. */
	const bool bare = tcp->duplicates_due;

	*out = (struct tcp_send){.kind = TCP_SEND_NOTHING};
	if (tcp->state == TCP_CLOSED || (tcp->state == TCP_CONNECTING && !tcp->abort_due))
		return;
	if (tcp->abort_due)
		make_control(tcp, TCP_SEG_RST | TCP_SEG_ACK, tcp->snd_nxt, out);
	else if (tcp->reset_due)
		make_control(tcp, TCP_SEG_RST, tcp->reset_seq, out);
	else if (tcp->syn_due)
		make_syn_ack(tcp, out);
	else if (!bare && tcp->state == TCP_OPEN &&
	         (send_again(tcp, queued, room, out) || send_new(tcp, queued, eof, room, out)))
		return;
	else if (!bare && tcp->probe_due)
		make_control(tcp, TCP_SEG_ACK, tcp->snd_una - 1, out);
	else if (bare || tcp->ack_due)
		make_ack(tcp, out);
}

static void sent_syn(struct tcp *tcp, uint64_t now_ns)
{
	tcp->syn_due = false;
	tcp->ack_due = false;
	tcp->timing = !tcp_in_flight(tcp);
	if (!tcp->timing)
		return;
	tcp->snd_nxt = tcp->snd_una + 1;
	tcp->timed_ns = now_ns;
	tcp_timer_update(tcp, now_ns, true);
}

static void sent_run(struct tcp *tcp, const struct tcp_send *sent, bool fin, uint64_t now_ns)
{
	const struct tcp_seg_range range = {
	        .left = sent->seg.seq,
	        .right = sent->seg.seq + sent->len + (fin ? 1 : 0),
	};

	if (range.left != tcp->snd_nxt) {
		tcp_recover_sent(tcp, &range);
		tcp_timer_update(tcp, now_ns, range.left == tcp->snd_una);
	} else {
		tcp->snd_nxt = range.right;
		tcp->ack_due = false;
		if (fin) {
			tcp->fin_sent = true;
			tcp->fin_last = tcp_has_fin(tcp);
		}
		if (!tcp->timing && tcp->recovery == TCP_RECOVERY_NONE) {
			tcp->timing = true;
			tcp->timed_end = range.right;
			tcp->timed_ns = now_ns;
		}
		tcp_timer_update(tcp, now_ns, false);
	}
	tcp_timer_asked(tcp, now_ns);
}

void tcp_sent(struct tcp *tcp, const struct tcp_send *sent, uint64_t now_ns)
{
	const struct tcp_seg *seg = &sent->seg;
	const bool fin = sent->fin || seg->flags & TCP_SEG_FIN;

	if (sent->kind == TCP_SEND_NOTHING)
		return;
	if (seg->flags & TCP_SEG_RST) {
		tcp->reset_due = false;
		if (tcp->abort_due)
			tcp->state = TCP_CLOSED;
		return;
	}
	tcp_receive_promised(tcp, (uint32_t)seg->window << window_shift(tcp, seg->flags));
	if (seg->flags & TCP_SEG_SYN) {
		sent_syn(tcp, now_ns);
	} else if (sent->len || fin) {
		sent_run(tcp, sent, fin, now_ns);
	} else if (tcp->probe_due && seg->seq != tcp->snd_nxt) {
		tcp->probe_due = false;
		tcp_timer_asked(tcp, now_ns);
	} else {
		tcp->ack_due = false;
		if (tcp->duplicates_due)
			tcp->duplicates_due--;
	}
}
