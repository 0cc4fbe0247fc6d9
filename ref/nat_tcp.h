/* SPDX-License-Identifier: ISC */
/* nat_tcp.h: TCP connections: one socket towards the world and one struct tcp towards the guest each.
 *
 * Theory of operation. Sockets are watched edge by edge, because bytes that the guest has not
 * acknowledged stay in the socket's queue (tcp.h) and would keep it readable. Whatever happens to a
 * connection, a segment, an edge, a timer, makes it *due*: nat_tcp_flush() then asks what there is
 * to send, and peeks at the socket's queue straight into the frames. A connection whose frames find
 * no room on the link stays due.
 */
#ifndef REF_NAT_TCP_H
#define REF_NAT_TCP_H

#include "ref/reason.h"
#include "ref/sampling.h"
#include "ref/tcp.h"

#include <stdbool.h>
#include <stdint.h>

#define NAT_TCP_RINGS 32 /* connections that may hold bytes back at a time; see tcp_ring.h */

struct nat;
struct verdict;

struct nat_conn {
	struct tcp tcp;
	uint32_t flow;         /* its number, FLOW_NONE: this place is free */
	int fd;                /* -1 once it is closed */
	bool connecting;       /* connect(2) has not finished */
	bool eof;              /* the world has finished; all it sent is in the queue */
	bool fin_passed;       /* the guest has finished, and the world was told */
	bool due;              /* in the list of those that nat_tcp_flush() looks at */
	struct nat_conn *next; /* in that list, or in the list of free ones */
};

struct nat_tcp {
	struct nat_conn *conns; /* policy->tcp_max of them */
	uint32_t high;          /* places below this one have been used */
	struct nat_conn *free, *due;
	struct tcp_ring_pool rings;
	struct tcp_ring *ring_table;
	uint8_t *ring_bytes;
	bool skips;           /* TCP sockets cannot peek from an offset; Unix sockets can */
	uint8_t *discard;     /* NAT_TCP_DISCARD bytes that nobody looks at */
	uint64_t deadline_ns; /* no timer runs out before */
	struct sampling isn;  /* initial sequence numbers */
};

bool nat_tcp_open(struct nat *nat, uint64_t seed);
void nat_tcp_close(struct nat *nat, bool abort);

/* A place for a connection on the flow's socket, opened by the SYN in `verdict`; NULL when all are
 * taken. */
struct nat_conn *nat_tcp_add(struct nat *nat, uint32_t flow, int fd, const struct verdict *verdict,
                             uint64_t now_ns);

/* A segment of the guest. *again as for nat_forward(). */
enum reason nat_tcp_segment(struct nat *nat, struct nat_conn *conn, const struct verdict *verdict,
                            uint64_t now_ns, bool *again);

/* The socket has news: EPOLLIN and so on. */
void nat_tcp_event(struct nat *nat, struct nat_conn *conn, uint32_t events, uint64_t now_ns);

void nat_tcp_flush(struct nat *nat, uint64_t now_ns);

/* The policy does not allow the connection any more: both sides get a RST. */
void nat_tcp_revoke(struct nat *nat, struct nat_conn *conn);

void nat_tcp_expire(struct nat *nat, uint64_t now_ns);
/* UINT64_MAX: never. */
uint64_t nat_tcp_deadline(const struct nat *nat);

/* The connection is over: closes its socket, by a RST when it did not end in order, and frees its
 * place. */
void nat_tcp_end(struct nat *nat, struct nat_conn *conn);

#endif
