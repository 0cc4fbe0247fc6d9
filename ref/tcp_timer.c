/* SPDX-License-Identifier: ISC */
/* tcp_timer.c: deadlines and the round trip (RFC 6298). */
#include "ref/tcp_state.h"

#define BACKOFF_MAX 16 /* far beyond TCP_RTO_MAX */

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t backed_off(const struct tcp *tcp)
{
	return earlier(tcp->rto_ns << tcp->backoff, TCP_RTO_MAX);
}

void tcp_timer_update(struct tcp *tcp, uint64_t now_ns, bool restart)
{
	enum tcp_timer timer = TCP_TIMER_KEEPALIVE;

	if (tcp_in_flight(tcp))
		timer = TCP_TIMER_RESEND;
	else if (!tcp->snd_wnd && !tcp->fin_sent)
		timer = TCP_TIMER_WINDOW;
	if (timer != tcp->timer) {
		tcp->timer = timer;
		tcp->backoff = 0;
		tcp->probe_due = false;
	} else if (!restart) {
		return;
	}
	tcp->timer_ns = now_ns + (timer == TCP_TIMER_KEEPALIVE && !tcp->backoff
	                                  ? TCP_KEEPALIVE_INTERVAL
	                                  : backed_off(tcp));
}

void tcp_timer_heard(struct tcp *tcp, uint64_t now_ns)
{
	tcp->asked_ns = TCP_NEVER;
	if (tcp->timer != TCP_TIMER_KEEPALIVE)
		return;
	tcp->backoff = 0;
	tcp->probe_due = false;
	tcp_timer_update(tcp, now_ns, true);
}

void tcp_timer_asked(struct tcp *tcp, uint64_t now_ns)
{
	if (tcp->asked_ns == TCP_NEVER)
		tcp->asked_ns = now_ns;
}

void tcp_timer_measure(struct tcp *tcp, uint64_t now_ns)
{
	const uint64_t trip = now_ns - tcp->timed_ns;

	tcp->timing = false;
	if (!tcp->srtt_ns) {
		tcp->srtt_ns = trip;
		tcp->rttvar_ns = trip / 2;
	} else {
		const uint64_t off = trip > tcp->srtt_ns ? trip - tcp->srtt_ns
		                                         : tcp->srtt_ns - trip;

		tcp->rttvar_ns = (3 * tcp->rttvar_ns + off) / 4;
		tcp->srtt_ns = (7 * tcp->srtt_ns + trip) / 8;
	}
	tcp->rto_ns = earlier(tcp->srtt_ns + 4 * tcp->rttvar_ns, TCP_RTO_MAX);
	if (tcp->rto_ns < TCP_RTO_MIN)
		tcp->rto_ns = TCP_RTO_MIN;
}

uint64_t tcp_deadline(const struct tcp *tcp)
{
	if (tcp->abort_due)
		return TCP_NEVER;
	switch (tcp->state) {
	case TCP_CONNECTING:
		return tcp->active_ns + TCP_CONNECT_LIMIT;
	case TCP_SYN_RECEIVED:
		return earlier(tcp->timer_ns, tcp->active_ns + TCP_HALF_OPEN_LIMIT);
	case TCP_OPEN:
		if (tcp->asked_ns != TCP_NEVER)
			return earlier(earlier(tcp->timer_ns, tcp->active_ns + TCP_IDLE_LIMIT),
			               tcp->asked_ns + TCP_STALL_LIMIT);
		return earlier(tcp->timer_ns, tcp->active_ns + TCP_IDLE_LIMIT);
	case TCP_LINGERING:
		return tcp->timer_ns;
	case TCP_CLOSED:
	default:
		return TCP_NEVER;
	}
}

/* Whether the connection has taken as long as its state may. */
static bool is_over(const struct tcp *tcp, uint64_t now_ns)
{
	switch (tcp->state) {
	case TCP_CONNECTING:
		return now_ns >= tcp->active_ns + TCP_CONNECT_LIMIT;
	case TCP_SYN_RECEIVED:
		return now_ns >= tcp->active_ns + TCP_HALF_OPEN_LIMIT;
	case TCP_OPEN:
		return now_ns >= tcp->active_ns + TCP_IDLE_LIMIT ||
		       (tcp->asked_ns != TCP_NEVER && now_ns >= tcp->asked_ns + TCP_STALL_LIMIT);
	case TCP_LINGERING:
		return now_ns >= tcp->timer_ns;
	case TCP_CLOSED:
	default:
		return false;
	}
}

static void run_out(struct tcp *tcp, uint64_t now_ns)
{
	/* What could not even be sent yet says nothing about the guest. */
	const bool waits = tcp->syn_due || tcp->resend_due || tcp->probe_due;

	if (tcp->state == TCP_SYN_RECEIVED)
		tcp->syn_due = true;
	else if (tcp->timer != TCP_TIMER_RESEND)
		tcp->probe_due = true;
	else if (!tcp->resend_due)
		tcp_recover_timeout(tcp);
	if (!waits && tcp->backoff < BACKOFF_MAX)
		tcp->backoff++;
	tcp->timer_ns = now_ns + backed_off(tcp);
}

void tcp_expire(struct tcp *tcp, uint64_t now_ns)
{
	if (tcp->abort_due)
		return;
	if (is_over(tcp, now_ns))
		tcp_abort(tcp);
	else if (tcp->state != TCP_CONNECTING && now_ns >= tcp->timer_ns)
		run_out(tcp, now_ns);
}
