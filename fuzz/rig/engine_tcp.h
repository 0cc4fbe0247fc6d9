/* SPDX-License-Identifier: ISC */
/* engine_tcp.h: what may be seen of a TCP connection on its two sides, whatever refnat does in
 * between. It has no timers and no state machine: it keeps what the guest sent and acknowledged, what
 * the world wrote and took, and holds each segment and each call against that.
 *
 * Positions count from the first byte of each half; the SYN is not counted, the FIN stands behind
 * the last byte. The guest's bytes follow from their sequence numbers (engine_pattern.h), so each tells
 * its place and a byte that was sent twice is the same twice. */
#ifndef FUZZ_RIG_ENGINE_TCP_H
#define FUZZ_RIG_ENGINE_TCP_H

#include "ref/flow.h"
#include "ref/tcp_seg.h"

#define TCP_CONNS 8
#define TCP_SPANS 14 /* fewer than a ring keeps */

struct tcp_span {
	uint32_t start, end;
};

struct tcp_conn {
	bool live;
	int fd; /* -1: closed */
	struct flow_key key;
	uint64_t opened_ns;

	/* From the guest. */
	uint32_t iss;
	struct tcp_span spans[TCP_SPANS]; /* that were sent in the window */
	unsigned span_count;
	uint32_t front;      /* no gap before it */
	uint32_t must;       /* before it all came in order */
	uint32_t taken;      /* by the socket */
	uint32_t acked;      /* by refnat, the FIN included */
	uint32_t promised;   /* the end of refnat's window */
	bool fin_sent, wild; /* wild: bytes that are not the pattern's */
	uint32_t fin_at;

	/* To the guest. */
	bool connected, answered, open; /* world accepted; SYN-ACK sent; SYN-ACK acknowledged */
	uint32_t irs;
	uint16_t mss;
	bool scaled, sack;
	uint8_t scale;
	uint32_t got, confirmed; /* the end of what was sent to the guest; what it acknowledged */
	bool fin_got;
	uint32_t edge, edge_now; /* the largest window the guest ever gave; the last one */
	uint32_t window_max, window_at, window_ack; /* the last window came with these */
	bool sure, blocked; /* edge_now is what refnat goes by; it is closed */
	bool calm;          /* no time passed in which something could have been taken for lost */
	uint64_t connected_ns, asked_ns, sent_ns, heard_ns, active_ns;

	/* Why it may end. */
	bool guest_reset, world_reset, revoked, timed_out;
	bool overdue; /* was when time last passed: whatever the guest says then may come too late */
	bool told;    /* the guest got a RST */
	bool ghost;   /* a wrong acknowledgement of the SYN-ACK, ghost_ack, may get a RST */
	uint32_t ghost_ack;
};

extern struct tcp_conn tcp_conns[TCP_CONNS];

/* --- between the files engine_tcp*.c --- */
extern bool tcp_may_restart;
struct tcp_conn *tcp_find(const struct flow_key *key); /* or NULL */
/* Both halves are at their end, and both ends are acknowledged. */
bool tcp_is_done(const struct tcp_conn *c);
/* It has taken as long as it may. */
bool tcp_is_overdue(const struct tcp_conn *c);
/* The world may have accepted since. */
void tcp_note_connected(struct tcp_conn *c);

/* --- for the others --- */
void tcp_forget(void);                              /* all of them, for the next program */
unsigned tcp_list(struct flow_key keys[TCP_CONNS]); /* those that live; how many */
bool tcp_restarts(void); /* the last segment may have ended a connection in favour of a new one */

void tcp_on_dialled(int fd, const struct flow_key *key, const struct tcp_seg *syn);
/* Of a live connection. */
void tcp_on_segment(const struct flow_key *key, const struct tcp_seg *seg);
void tcp_on_taken(int fd, const uint8_t *p, size_t n);
void tcp_on_discarded(int fd, uint32_t n);
void tcp_on_shut(int fd);
void tcp_on_close(int fd, bool reset);
void tcp_on_guest_frame(const uint8_t *frame, size_t n);
void tcp_on_policy(void);
void tcp_on_time(void); /* some of it has passed, and refnat does not know yet */
void tcp_on_idle(void);

#endif
