/* SPDX-License-Identifier: ISC */
/* tcp.h: the guest's end of one TCP connection: a pure function of segments, events and time
 * (RFC 9293; RFC 6298 timers, RFC 2018/6675 SACK, RFC 5961 blind attacks, RFC 7323 window scale).
 *
 * Theory of operation. The connection has two halves that speak TCP on their own: between guest and
 * refnat this file, between refnat and the world the kernel, through a socket that the shell owns.
 *
 *	guest --segments--> tcp --bytes, FIN--> socket --> world
 *	guest <--segments-- tcp <--bytes, FIN-- socket <-- world
 *
 * No byte is buffered twice. A byte from the guest goes from its frame into the socket; only what
 * is out of order, or more than the socket takes, waits in a ring of the pool (tcp_ring.h). A byte
 * for the guest stays in the socket's own receive queue until the guest has acknowledged it: the
 * shell peeks at the queue to build a segment, again to build it once more, and discards what was
 * acknowledged. The kernel's windows do the rest: a guest that does not read fills the queue, and
 * the world's sender stops; a world that does not read fills the socket, then the ring, and the
 * window that the guest sees closes. What an advertised window allowed is never dropped while there
 * is a ring to be had; without one it is not acknowledged, and the guest sends it again. While the
 * pool is empty, a connection without a ring promises little.
 *
 * A guest sees "connected" only when the world has accepted: the SYN is answered when the shell
 * says tcp_connected().
 *
 * An orderly end always passes through TCP_LINGERING, and only tcp_expire(), a RST or tcp_abort()
 * leads from there to TCP_CLOSED: after TCP_LINGER, or at once when the guest closed last and has
 * nothing to ask any more.
 *
 * There is no congestion control towards the guest: the path is one socket or one virtual cable,
 * whose fullness the shell sees. Losses are repaired all the same, by SACK, by duplicate
 * acknowledgements and by timeout.
 *
 * Times are nanoseconds of one monotonic clock. Sequence numbers are compared modulo 2^32.
 */
#ifndef REF_TCP_H
#define REF_TCP_H

#include "ref/tcp_ring.h"
#include "ref/tcp_seg.h"

#define TCP_MS                 UINT64_C(1000000)
#define TCP_S                  (1000 * TCP_MS)
#define TCP_RTO_INITIAL        (1 * TCP_S)
#define TCP_RTO_MIN            (60 * TCP_MS) /* above a delayed acknowledgement's 40 ms */
#define TCP_RTO_MAX            (60 * TCP_S)
#define TCP_CONNECT_LIMIT      (30 * TCP_S)   /* the world answers the connect by then */
#define TCP_HALF_OPEN_LIMIT    (15 * TCP_S)   /* the guest answers the SYN-ACK by then */
#define TCP_STALL_LIMIT        (120 * TCP_S)  /* sent, probed, and no sign of the guest */
#define TCP_KEEPALIVE_INTERVAL (600 * TCP_S)  /* silence after which the guest is probed */
#define TCP_IDLE_LIMIT         (7440 * TCP_S) /* no data either way: RFC 5382 REQ-5 */
#define TCP_LINGER             (2 * TCP_S)    /* TIME-WAIT of one local hop */
#define TCP_WINDOW_SCALE       2              /* what refnat announces: windows up to the ring */
#define TCP_SACKED_MAX         16             /* ranges of the guest's that are remembered */

enum tcp_state {
	TCP_CONNECTING,   /* SYN seen; the socket is connecting; nothing said to the guest */
	TCP_SYN_RECEIVED, /* SYN-ACK due or sent */
	TCP_OPEN,         /* until both FINs are sent, received and acknowledged */
	TCP_LINGERING,    /* done, and the world has everything: close the socket, keep answering */
	TCP_CLOSED, /* nothing more to do: forget it; abort the socket if there still is one */
};

enum tcp_recovery {
	TCP_RECOVERY_NONE,
	TCP_RECOVERY_FAST,    /* told by duplicate acknowledgements or SACK; new data goes on */
	TCP_RECOVERY_TIMEOUT, /* told by silence; what is sent again follows acknowledgements */
};

enum tcp_timer {
	TCP_TIMER_RESEND,    /* something is not acknowledged */
	TCP_TIMER_WINDOW,    /* the guest's window is closed: probe it */
	TCP_TIMER_KEEPALIVE, /* neither: probe a guest that has been silent for long */
};

/* The shell allocates it and reads nothing but `state`. */
struct tcp {
	enum tcp_state state;

	/* What is due: tcp_next() reads it, tcp_sent() settles it. */
	bool abort_due;  /* a RST, then TCP_CLOSED */
	bool syn_due;    /* the SYN-ACK, the first or once more */
	bool reset_due;  /* a RST at reset_seq, for a wrong acknowledgement of the SYN-ACK */
	bool resend_due; /* the segment at snd_una once more, whatever else was sent again */
	bool probe_due;
	bool ack_due;           /* data may carry it */
	uint8_t duplicates_due; /* bare ones; several when a guest without SACK is to count them */
	uint32_t reset_seq;

	/* Agreed in the handshake. */
	uint16_t mss;      /* of segments to the guest */
	uint16_t mss_max;  /* of segments from the guest: what the SYN-ACK says */
	bool scaled;       /* the guest offered window scale, so both use it */
	bool sack;         /* the guest offered SACK, so both use it */
	uint8_t snd_scale; /* shift of the windows that the guest writes */

	/* From the guest. Bytes before rcv_front are the socket's, those from there to rcv_nxt
	 * stand at the front of the ring; what lies behind a gap is in the ring, too. */
	struct tcp_ring_pool *rings;
	struct tcp_ring *ring; /* NULL while nothing waits */
	uint32_t rcv_irs;      /* the SYN's */
	uint32_t rcv_front;
	uint32_t rcv_nxt;    /* acknowledged before it; counts the FIN when all before it is here */
	uint32_t rcv_edge;   /* the end of the largest window that was advertised */
	uint32_t rcv_fin;    /* the FIN's, once it was seen */
	uint32_t rcv_recent; /* the last segment behind a gap: its SACK range comes first */
	bool fin_seen, fin_taken;
	bool starved; /* bytes were refused for want of a ring, and the guest was told window 0 */

	/* To the guest. snd_una..snd_nxt is in flight: the SYN first, the FIN last. */
	uint32_t snd_una, snd_nxt;
	uint32_t snd_wnd, snd_wnd_max; /* the guest's window now, and its largest ever */
	uint32_t snd_wl1;              /* the sequence number that the window came with */
	bool fin_sent;                 /* snd_nxt counts it */
	bool fin_last;                 /* the guest's FIN had come when ours was sent first */

	/* Loss recovery. */
	enum tcp_recovery recovery;
	uint32_t recover;       /* snd_nxt when it began: it ends when this is acknowledged */
	uint32_t resend_nxt;    /* before it, everything missing was sent again already */
	uint32_t resend_mark;   /* snd_nxt when snd_una moved, or what is there was sent again */
	uint32_t resend_credit; /* bytes that may be sent again after a timeout */
	uint8_t duplicates; /* acknowledgements in a row that say: something came, not the next */
	uint8_t sacked_count;
	struct tcp_seg_range sacked[TCP_SACKED_MAX]; /* ascending, disjoint, in snd_una..snd_nxt */

	/* Round trip: one segment at a time is timed, never one that was sent again (Karn). */
	bool timing;
	uint32_t timed_end; /* the acknowledgement that stops the watch */
	uint64_t timed_ns;
	uint64_t srtt_ns, rttvar_ns; /* 0 until the first measurement */
	uint64_t rto_ns;

	/* Timers. */
	enum tcp_timer timer;
	uint8_t backoff;    /* how often it ran out in a row */
	uint64_t timer_ns;  /* when it runs out */
	uint64_t asked_ns;  /* the first segment that the guest owes an answer; UINT64_MAX: none */
	uint64_t active_ns; /* the last byte either way; before that, when the state began */
};

/* What a segment means for the shell, to be done in this order. */
struct tcp_received {
	uint32_t acked; /* the guest has these bytes: discard so many from the socket's queue */
	struct rd data; /* in order: hand to the socket, then call tcp_took(); may be empty */
	bool restart; /* a new SYN on a lingering connection: forget it and judge the frame anew */
};

/* What to send next. */
enum tcp_send_kind {
	TCP_SEND_NOTHING,
	TCP_SEND_CONTROL, /* `seg` as it is, no payload */
	TCP_SEND_DATA,    /* `len` bytes at `offset` of the socket's queue, in segments of at most
	                     `mss` bytes; `seg` is the first one's header */
};

struct tcp_send {
	enum tcp_send_kind kind;
	struct tcp_seg seg; /* ports are the shell's to fill in */
	uint32_t offset, len, mss;
	bool fin; /* the last segment of the run carries FIN: nothing follows in the queue */
};

/* A new connection for the guest's SYN. `isn` is random; `mss_max` what a frame to the guest can
 * carry (MTU - 40). `rings` must outlive the connection. */
void tcp_open(struct tcp *tcp, struct tcp_ring_pool *rings, const struct tcp_seg *syn, uint32_t isn,
              uint16_t mss_max, uint64_t now_ns);

/* --- from the guest --- */

/* A segment of this connection, checksum checked. Unacceptable ones are answered or ignored as RFC
 * 9293 section 3.10.7 and RFC 5961 say. Afterwards ask tcp_next(). */
void tcp_segment(struct tcp *tcp, const struct tcp_seg *seg, uint64_t now_ns,
                 struct tcp_received *out);

/* The socket took `n` bytes of tcp_received.data; the rest is put into a ring, or left
 * unacknowledged when there is none. Call it once after every segment with data, n 0 included, with
 * the frame still in place. */
void tcp_took(struct tcp *tcp, struct rd data, size_t n, uint64_t now_ns);

/* Bytes in the ring that the socket may take (writable again, or a gap was filled): one or two
 * windows. Then tcp_drained() with how many it took; also, with 0, when the socket is writable again
 * and nothing waits: a guest whose bytes had to be refused is told that it may go on. */
bool tcp_waiting(const struct tcp *tcp, struct rd out[2]);
void tcp_drained(struct tcp *tcp, size_t n, uint64_t now_ns);

/* True once: the guest's FIN is in order and every byte before it is in the socket: shut the
 * socket's writing side down. */
bool tcp_take_fin(struct tcp *tcp);

/* --- from the world --- */

void tcp_connected(struct tcp *tcp, uint64_t now_ns);
/* The connection failed, was refused or reset, or the policy ended it: the guest gets a RST. */
void tcp_abort(struct tcp *tcp);

/* --- time, and towards the guest --- */

/* When tcp_expire() has something to do; UINT64_MAX for never. */
uint64_t tcp_deadline(const struct tcp *tcp);
void tcp_expire(struct tcp *tcp, uint64_t now_ns);

/* What to send now. `queued` is how many bytes the socket's receive queue holds, acknowledged ones
 * not counted any more; `eof` whether the world has finished behind them. `room` bounds a run of
 * data (bytes). Call it until TCP_SEND_NOTHING; each answer but that must be sent and confirmed with
 * tcp_sent() before the next call. A frame that cannot be sent is simply not confirmed: the same
 * comes again. Of a run that went out in part, confirm that part: `len` cut to it, `fin` false.
 *
 * The segments of a run differ in `seq` only; the last one gets PSH, and FIN if `fin` says so. */
void tcp_next(const struct tcp *tcp, uint32_t queued, bool eof, uint32_t room,
              struct tcp_send *out);
void tcp_sent(struct tcp *tcp, const struct tcp_send *sent, uint64_t now_ns);

/* Gives the ring back. The connection is not to be used afterwards. */
void tcp_close(struct tcp *tcp);

/* The answer to a segment for which there is no connection (RFC 9293 section 3.10.7.1): a RST that
 * its sender accepts. False for a RST, which gets none. */
bool tcp_reset_for(const struct tcp_seg *seg, struct tcp_seg *out);

#endif
