/* SPDX-License-Identifier: ISC */
/* engine_tcp_in.c: segments of the guest: what refnat may take of them. */
#include "fuzz/rig/engine_tcp.h"

#include "fuzz/rig/engine_model.h"
#include "fuzz/rig/engine_pattern.h"

#define WINDOW 131072 /* refnat's largest */

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

static void add_span(struct tcp_conn *c, uint32_t start, uint32_t end_at)
{
	struct tcp_span *s = c->spans;
	unsigned n = 0;

	for (unsigned i = 0; i < c->span_count; i++) {
		if (s[i].end < start || s[i].start > end_at) {
			s[n++] = s[i];
			continue;
		}
		start = s[i].start < start ? s[i].start : start;
		end_at = s[i].end > end_at ? s[i].end : end_at;
	}
	if (start <= c->front) {
		c->front = end_at > c->front ? end_at : c->front;
	} else if (n < TCP_SPANS) {
		s[n++] = (struct tcp_span){start, end_at};
	} else {
		c->wild = true; /* more gaps than are kept here: nothing is known of what follows */
		c->front = UINT32_MAX / 2;
	}
	c->span_count = n;
}

/* The first end counts, unless it stands before bytes that came already: tcp_receive.c. */
static bool is_the_end(const struct tcp_conn *c, uint32_t at)
{
	if (c->fin_sent || at < c->front)
		return false;
	for (unsigned i = 0; i < c->span_count; i++)
		if (at < c->spans[i].end)
			return false;
	return true;
}

static void take_payload(struct tcp_conn *c, uint32_t seq, const uint8_t *p, size_t n, bool fin)
{
	const uint32_t at = seq - c->iss - 1, most = c->taken + WINDOW;
	uint32_t from = at, to = at + (uint32_t)n;

	c->wild |= !pattern_is(p, seq, n);
	if ((int32_t)(to - c->taken) < 0 || (int32_t)(from - most) > 0)
		return;
	if ((int32_t)(from - c->taken) < 0)
		from = c->taken;
	if (fin && is_the_end(c, to)) {
		c->fin_sent = true;
		c->fin_at = to;
	}
	to = to < most ? to : most;
	if (c->fin_sent && to > c->fin_at)
		to = c->fin_at; /* nothing follows it */
	if (to > from || from == c->front)
		add_span(c, from, to);
	if (from <= c->must && to <= c->promised && to > c->must && !c->wild && !c->fin_sent)
		c->must = to;
}

/* What refnat expects next: no gap before it, the FIN counted. */
static uint32_t expected(const struct tcp_conn *c)
{
	return c->front + (c->fin_sent && c->front >= c->fin_at);
}

/* A window counts when its segment is newer: it acknowledges more, or the same from further on. Of two with
 * the same numbers the one that opens it further counts: windows do not shrink. Else the last one stays. */
static void take_window(struct tcp_conn *c, uint32_t at, uint32_t ack, uint32_t window)
{
	const int32_t more = (int32_t)(ack - c->window_ack), on = (int32_t)(at - c->window_at);
	const bool further = (int32_t)(ack + window - c->edge_now) > 0;

	if (more < 0 || (!more && on < 0) || (!more && !on && !further))
		return;
	c->sure = true;
	c->window_at = at;
	c->window_ack = ack;
	c->edge_now = ack + window;
	c->blocked = !window;
}

/* What an acknowledgement in range says: RFC 5961 section 5. False: it counts for nothing. */
static bool take_ack(struct tcp_conn *c, const struct tcp_seg *seg, uint32_t at)
{
	const bool in_order = at == c->front || at == c->acked;
	const uint32_t ack = seg->ack - c->irs - 1;
	const uint32_t sent = c->got + c->fin_got, window = (uint32_t)seg->window << c->scale;

	if ((int32_t)(ack - sent) > 0 || (int32_t)(ack + c->window_max - c->confirmed) < 0)
		return false;
	if ((int32_t)(ack - c->confirmed) > 0) {
		c->confirmed = ack;
		c->active_ns = model_now();
	}
	if (ack == sent)
		c->calm = true;
	if ((int32_t)(ack + window - c->edge) > 0)
		c->edge = ack + window;
	if (window > c->window_max)
		c->window_max = window;
	take_window(c, at, ack, window);
	c->sure = c->sure && in_order && ack == sent;
	return true;
}

/* RFC 5961 section 3: exactly what is expected next. */
static void take_reset(struct tcp_conn *c, uint32_t at)
{
	c->guest_reset |= at == expected(c) || c->wild;
}

/* RFC 9293 section 3.10.7.4, first: whether any of it lies in the window. */
static bool is_in_window(const struct tcp_conn *c, uint32_t at, uint32_t len)
{
	const uint32_t next = expected(c), end_at = c->taken + WINDOW + 2;

	if ((int32_t)(at - next) >= 0 && (int32_t)(at - end_at) < 0)
		return true;
	return len && (int32_t)(at + len - 1 - next) >= 0 && (int32_t)(at + len - 1 - end_at) < 0;
}

/* RFC 9293 section 3.10.7.4, fifth: an acknowledgement of something else than the SYN-ACK gets a RST
 * of that very number. It may come after a right one that was sent close behind. */
static void note_ghost(struct tcp_conn *c, uint32_t ack)
{
	if (c->fd < 0 || !kernel_socket(c->fd)->connected)
		return;
	c->ghost = true;
	c->ghost_ack = ack;
}

void tcp_on_segment(const struct flow_key *key, const struct tcp_seg *seg)
{
	struct tcp_conn *c = tcp_find(key);
	const uint32_t at = seg->seq - c->iss - 1;
	const uint8_t flags = seg->flags;

	tcp_may_restart = (flags & (SYN | ACK)) == SYN && tcp_is_done(c);
	if (flags & RST) {
		take_reset(c, at);
		return;
	}
	if (flags & SYN || !(flags & ACK) ||
	    !is_in_window(c, at, (uint32_t)seg->payload.n + (flags & FIN)))
		return;
	if (!c->open && (!c->answered || seg->ack != c->irs + 1)) {
		note_ghost(c, seg->ack);
		return;
	}
	c->open = true;
	if (!take_ack(c, seg, at))
		return;
	c->heard_ns = model_now();
	c->asked_ns = UINT64_MAX;
	take_payload(c, seg->seq, seg->payload.p, seg->payload.n, flags & FIN);
}
