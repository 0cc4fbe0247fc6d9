/* SPDX-License-Identifier: ISC */
/* tcp_state.h: what the files behind tcp.h share; nobody else includes it.
 *
 *	tcp.c          segments in: the handshake, resets, the end
 *	tcp_receive.c  bytes from the guest, and the window it sees
 *	tcp_recover.c  acknowledgements from the guest, and what to do about losses
 *	tcp_send.c     what to send next
 *	tcp_timer.c    deadlines and the round trip
 */
#ifndef REF_TCP_STATE_H
#define REF_TCP_STATE_H

#include "ref/tcp.h"

#define TCP_NEVER      UINT64_MAX
#define TCP_DUPLICATES 3 /* acknowledgements that say: lost. RFC 5681, RFC 6675's DupThresh */

static inline bool tcp_seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline uint32_t tcp_in_flight(const struct tcp *tcp)
{
	return tcp->snd_nxt - tcp->snd_una;
}

/* The guest's FIN was seen and every byte before it is here. */
static inline bool tcp_has_fin(const struct tcp *tcp)
{
	return tcp->fin_seen && tcp->rcv_nxt == tcp->rcv_fin + 1;
}

/* After a change on either half: both are done when both FINs are acknowledged and the socket has
 * every byte. */
void tcp_settle(struct tcp *tcp, uint64_t now_ns);

/* --- tcp_receive.c --- */

/* RFC 9293 section 3.10.7.4, first: whether any of the segment lies in the window. The window is
 * what the ring could hold, which is never less than what was advertised. */
bool tcp_receive_acceptable(const struct tcp *tcp, const struct tcp_seg *seg);

/* Payload and FIN of an acceptable segment. What is next and may go to the socket becomes *data. */
void tcp_receive(struct tcp *tcp, const struct tcp_seg *seg, uint64_t now_ns, struct rd *data);

/* The window to advertise now, in bytes. */
uint32_t tcp_receive_window(const struct tcp *tcp);

/* A segment went out that acknowledged rcv_nxt and promised so many bytes behind it. */
void tcp_receive_promised(struct tcp *tcp, uint32_t window);

/* Fills in the SACK ranges: the one that changed last, then the others from the highest down. */
void tcp_receive_describe(const struct tcp *tcp, struct tcp_seg *seg);

/* --- tcp_recover.c --- */

/* Acknowledgement, window and SACK of an acceptable segment; *acked is how many bytes of the socket
 * are newly acknowledged. False when it acknowledges what was never sent, or what is older than any
 * window (RFC 5961 section 5.2): nothing was done. */
bool tcp_recover_acked(struct tcp *tcp, const struct tcp_seg *seg, uint64_t now_ns,
                       uint32_t *acked);

/* Silence: everything that SACK does not name is sent again, led by acknowledgements. */
void tcp_recover_timeout(struct tcp *tcp);

/* The next range to send again; false when there is none. */
bool tcp_recover_next(const struct tcp *tcp, struct tcp_seg_range *out);

/* The range was sent again. */
void tcp_recover_sent(struct tcp *tcp, const struct tcp_seg_range *range);

/* --- tcp_timer.c --- */

/* Which timer runs follows from what is outstanding. It starts when that changes, and on demand. */
void tcp_timer_update(struct tcp *tcp, uint64_t now_ns, bool restart);

/* An acceptable segment came; something was sent that asks for one. */
void tcp_timer_heard(struct tcp *tcp, uint64_t now_ns);
void tcp_timer_asked(struct tcp *tcp, uint64_t now_ns);

/* The timed segment is acknowledged: RFC 6298 section 2. */
void tcp_timer_measure(struct tcp *tcp, uint64_t now_ns);

#endif
