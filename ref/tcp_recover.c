/* SPDX-License-Identifier: ISC */
/* tcp_recover.c: acknowledgements from the guest, and what to do about losses.
 *
 * Theory of operation. The scoreboard `sacked` names the ranges above snd_una that the guest has.
 * What lies between them are holes. A recovery begins when enough came after a hole, or when
 * nothing came for too long; it ends when everything that was sent by then is acknowledged.
 *
 *	snd_una      resend_nxt                      recover        snd_nxt
 *	   | hole  SACKed  |  hole     SACKed    hole   |              |
 *	    sent again        to be sent again            sent since
 *
 * resend_nxt runs through the holes once, across recoveries that follow each other. In a fast
 * recovery it stops at the highest range that the guest named, for of what lies above nothing is
 * known. A timeout sends it back to snd_una, and then it runs up to `recover`, as far as
 * resend_credit reaches: twice what the guest is seen to receive.
 *
 * Besides, `resend_due` sends the one segment at snd_una again, which is what a guest without SACK
 * needs for each partial acknowledgement (RFC 6582), and what is needed when that segment was lost a
 * second time: data that was sent after it has come. */
#include "ref/tcp_state.h"

static uint32_t sacked_bytes(const struct tcp *tcp)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < tcp->sacked_count; i++)
		n += tcp->sacked[i].right - tcp->sacked[i].left;
	return n;
}

/* Bytes sent of which the guest has not said in any way that it has them. */
static uint32_t missing_bytes(const struct tcp *tcp)
{
	return tcp_in_flight(tcp) - sacked_bytes(tcp);
}

/* Adds a range to the scoreboard. One too many is left out: its bytes may be sent once more. */
static void note_range(struct tcp *tcp, struct tcp_seg_range range)
{
	const uint32_t left = range.left - tcp->snd_una, right = range.right - tcp->snd_una;
	unsigned first = 0, last;

	/* One that begins at or below snd_una is old, or tells of a duplicate (RFC 2883). */
	if (!left || left >= right || right > tcp_in_flight(tcp))
		return;
	/* Ranges first..last-1 overlap or touch the new one, and become one with it. */
	while (first < tcp->sacked_count && tcp_seq_before(tcp->sacked[first].right, range.left))
		first++;
	for (last = first;
	     last < tcp->sacked_count && !tcp_seq_before(range.right, tcp->sacked[last].left);)
		last++;
	if (first == last && tcp->sacked_count == TCP_SACKED_MAX)
		return;
	if (first < last) {
		if (tcp_seq_before(tcp->sacked[first].left, range.left))
			range.left = tcp->sacked[first].left;
		if (tcp_seq_before(range.right, tcp->sacked[last - 1].right))
			range.right = tcp->sacked[last - 1].right;
	}
	memmove(&tcp->sacked[first + 1], &tcp->sacked[last],
	        (tcp->sacked_count - last) * sizeof(tcp->sacked[0]));
	tcp->sacked[first] = range;
	tcp->sacked_count = (uint8_t)(tcp->sacked_count + 1 - (last - first));
}

/* What lies below snd_una leaves the scoreboard. */
static void forget_ranges(struct tcp *tcp)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < tcp->sacked_count; i++) {
		struct tcp_seg_range range = tcp->sacked[i];

		if (!tcp_seq_before(tcp->snd_una, range.right))
			continue;
		if (tcp_seq_before(range.left, tcp->snd_una))
			range.left = tcp->snd_una;
		tcp->sacked[kept++] = range;
	}
	tcp->sacked_count = (uint8_t)kept;
}

/* A window counts when its segment is newer than the last one's, or opens it further: of two that
 * say the same otherwise, the larger is the newer, as windows do not shrink. */
static void take_window(struct tcp *tcp, const struct tcp_seg *seg)
{
	const uint32_t window = (uint32_t)seg->window << tcp->snd_scale;

	if (tcp_seq_before(seg->ack, tcp->snd_una))
		return;
	if (seg->ack == tcp->snd_una && !tcp_seq_before(tcp->snd_wl1, seg->seq) &&
	    !(seg->seq == tcp->snd_wl1 && window > tcp->snd_wnd))
		return;
	tcp->snd_wl1 = seg->seq;
	tcp->snd_wnd = window;
	if (window > tcp->snd_wnd_max)
		tcp->snd_wnd_max = window;
}

static void advance(struct tcp *tcp, uint32_t ack, uint64_t now_ns)
{
	tcp->snd_una = ack;
	forget_ranges(tcp);
	tcp->duplicates = 0;
	tcp->backoff = 0;
	tcp->resend_due = false;
	tcp->active_ns = now_ns;
	tcp->resend_mark = tcp->snd_nxt;
	if (tcp->timing && !tcp_seq_before(ack, tcp->timed_end))
		tcp_timer_measure(tcp, now_ns);
	if (tcp->recovery != TCP_RECOVERY_NONE && !tcp_seq_before(ack, tcp->recover))
		tcp->recovery = TCP_RECOVERY_NONE;
	if (!tcp_seq_before(ack, tcp->resend_nxt)) {
		tcp->resend_nxt = ack;
		/* A partial acknowledgement of a guest that cannot say more: the next is lost, too. */
		tcp->resend_due = tcp->recovery == TCP_RECOVERY_FAST && !tcp->sack;
	}
}

/* After an acknowledgement: is something lost that was not known to be? */
static void detect_loss(struct tcp *tcp)
{
	const uint32_t enough = TCP_DUPLICATES * (uint32_t)tcp->mss;

	if (!tcp_in_flight(tcp))
		return;
	if (tcp->recovery == TCP_RECOVERY_NONE) {
		if (tcp->duplicates < TCP_DUPLICATES && sacked_bytes(tcp) <= enough)
			return;
		tcp->recovery = TCP_RECOVERY_FAST;
		tcp->recover = tcp->snd_nxt;
		tcp->resend_due = !tcp->sacked_count;
		return;
	}
	if (tcp->sacked_count && tcp_seq_before(tcp->snd_una, tcp->resend_nxt) &&
	    !tcp_seq_before(tcp->sacked[tcp->sacked_count - 1].right, tcp->resend_mark + enough))
		tcp->resend_due = true;
}

bool tcp_recover_acked(struct tcp *tcp, const struct tcp_seg *seg, uint64_t now_ns, uint32_t *acked)
{
	const uint32_t window = tcp->snd_wnd, missing = missing_bytes(tcp), una = tcp->snd_una;
	const uint32_t sacked = sacked_bytes(tcp);
	uint32_t delivered;
	bool reopened;

	if (tcp_seq_before(tcp->snd_nxt, seg->ack) ||
	    tcp_seq_before(seg->ack, una - tcp->snd_wnd_max))
		return false;
	take_window(tcp, seg);
	if (tcp_seq_before(una, seg->ack)) {
		advance(tcp, seg->ack, now_ns);
		*acked = seg->ack - una - (tcp->fin_sent && seg->ack == tcp->snd_nxt ? 1 : 0);
	}
	for (unsigned i = 0; tcp->sack && i < seg->sack_count; i++)
		note_range(tcp, seg->sack[i]);
	delivered = missing - missing_bytes(tcp);
	if (tcp->recovery == TCP_RECOVERY_TIMEOUT)
		tcp->resend_credit += 2 * delivered;

	if (seg->ack == una && tcp_in_flight(tcp) && tcp->duplicates < TCP_DUPLICATES) {
		const bool bare = !seg->payload.n && !(seg->flags & TCP_SEG_FIN);

		if (tcp->sack ? sacked_bytes(tcp) > sacked : bare && window == tcp->snd_wnd)
			tcp->duplicates++;
	}
	detect_loss(tcp);

	/* A guest that dropped what it had no room for, and has room now. */
	reopened = !window && tcp->snd_wnd && tcp_in_flight(tcp) && tcp->backoff;
	if (reopened) {
		tcp->backoff = 0;
		tcp_recover_timeout(tcp);
	}
	tcp_timer_update(tcp, now_ns, reopened || tcp->snd_una != una);
	return true;
}

void tcp_recover_timeout(struct tcp *tcp)
{
	/* A guest that has the byte at snd_una but does not acknowledge it has thrown it away since
	 * (RFC 2018 section 8): no range can be believed. */
	if (tcp->sacked_count && tcp->sacked[0].left == tcp->snd_una)
		tcp->sacked_count = 0;
	tcp->recovery = TCP_RECOVERY_TIMEOUT;
	tcp->recover = tcp->snd_nxt;
	tcp->resend_nxt = tcp->snd_una;
	tcp->resend_credit = 0;
	tcp->resend_due = true;
}

static uint32_t min_seq(uint32_t a, uint32_t b)
{
	return tcp_seq_before(a, b) ? a : b;
}

bool tcp_recover_next(const struct tcp *tcp, struct tcp_seg_range *out)
{
	const struct tcp_seg_range *sacked = tcp->sacked;
	uint32_t start = tcp->snd_una, most = tcp->mss, limit;

	if (tcp->recovery == TCP_RECOVERY_NONE)
		return false;
	if (tcp->resend_due) {
		limit = tcp->snd_nxt;
	} else {
		start = tcp->resend_nxt;
		if (tcp->recovery == TCP_RECOVERY_TIMEOUT) {
			limit = tcp->resend_credit ? tcp->recover : start;
			most = most < tcp->resend_credit ? tcp->resend_credit : most;
		} else {
			limit = tcp->sacked_count ? sacked[tcp->sacked_count - 1].right : start;
			most = tcp_in_flight(tcp);
		}
	}
	for (unsigned i = 0; i < tcp->sacked_count; i++) {
		if (tcp_seq_before(start, sacked[i].left)) {
			limit = min_seq(limit, sacked[i].left);
			break;
		}
		if (!tcp->resend_due && tcp_seq_before(start, sacked[i].right))
			start = sacked[i].right;
	}
	if (!tcp_seq_before(start, limit))
		return false;
	out->left = start;
	out->right = limit - start < most ? limit : start + most;
	return true;
}

void tcp_recover_sent(struct tcp *tcp, const struct tcp_seg_range *range)
{
	const uint32_t len = range->right - range->left;

	if (range->left == tcp->snd_una) {
		tcp->resend_due = false;
		tcp->resend_mark = tcp->snd_nxt;
	}
	if (tcp_seq_before(tcp->resend_nxt, range->right))
		tcp->resend_nxt = range->right;
	tcp->resend_credit -= len < tcp->resend_credit ? len : tcp->resend_credit;
	tcp->timing = false;
}
