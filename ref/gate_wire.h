/* SPDX-License-Identifier: ISC */
/* gate_wire.h: what the gate, the dialer and the worker say to each other.
 *
 * The gate (gate.h) serves the guest's flows to names: DNS at the gateway, TLS and HTTP. The worker
 * asks the dialer for a socket to such an endpoint as to any other. The dialer finds in the policy
 * that it is the gate's (policy_service()), makes a pair of Unix sockets, gives one end to the
 * worker and the other, with the tuple, to the gate.
 *
 * Three pairs of SOCK_SEQPACKET, one message a packet, the first byte says which; integers are
 * big-endian.
 *
 *	arrivals  dialer to gate
 *	   ARRIVAL  u32 tag, u8 service, u8 protocol, u32 guest, u16 port, u32 destination, u16 port;
 *	            with the gate's end of the flow
 *	dials     between gate and dialer
 *	   DIAL     u32 number, u8 protocol, u32 address, u16 port      gate to dialer
 *	   DIALLED  u32 number, u8 enum dialer_status; when it is DIALER_OK with the socket, and for
 *	            UDP with its ear as well                            dialer to gate
 *	   ORDER    u8 enum order_kind, u64 argument                    dialer to gate
 *	   DONE     u8 enum order_kind                                  gate to dialer
 *	records   between gate and worker
 *	   RECORD   u32 number, a record (record.h)                     gate to worker
 *	   ACK      u32 number: this record and all before it are written   worker to gate
 *	   ABORT    u32 tag: reset the guest's connection               gate to worker
 *
 * The end of a flow. TCP: SOCK_STREAM. The guest's FIN is the end of file; a guest's RST closes
 * the worker's end (EPOLLHUP without a shutdown of the gate's, or EPIPE). The gate's
 * shutdown(SHUT_WR) is a FIN for the guest, behind all that was written. Closing with bytes of the
 * guest's unread resets the guest's connection and loses what it was not sent yet: shut down, and
 * read to the end, first. To reset it on purpose: ABORT, then close. UDP: SOCK_SEQPACKET, one
 * datagram a packet, none of zero bytes; the worker closes its end when the flow was idle, or has
 * ended for another reason.
 *
 * The ear of a UDP socket only keeps the kernel from answering strangers: keep it as long as the
 * socket, never read it.
 *
 * The record comes before the byte. Records are numbered from 1, in steps of 1. Nothing may be sent
 * upstream, be it a query or a connect, and nothing back to the guest, on account of a decision
 * whose record is not acknowledged. In a policy with `terminate` a record that is a violation
 * (record_is_violation()) is never acknowledged: refnat ends.
 *
 * Dialling. The dialer checks again. The gate gets TCP to a port of the policy's TLS or HTTP at an
 * address that is global (dns_addr.h) or one of dns.hosts, UDP and TCP to the policy's resolver, and
 * nothing else; nothing that is this host's own. A TCP socket's connect has begun.
 *
 * Orders. ORDER_POLICY: the policy in slot `argument` is in force; when DONE is sent, nothing reads
 * the other slot any more, and what the new one does not allow is refused or ended. ORDER_CLOCK:
 * deadlines run as if `argument` nanoseconds more had passed. One order at a time.
 *
 * No pair may clog: at most GATE_WIRE_RECORDS_MAX records wait for their ACK and
 * GATE_WIRE_DIALS_MAX dials for their DIALLED. A flow that finds the arrivals full is refused by
 * the dialer (DIALER_GATE_FULL). Whoever cannot send on one of the others, or reads what is not of
 * the above, or the end of the pair, regards the other as dead: the gate exits, the dialer refuses
 * all that is the gate's, the worker ends refnat (REASON_GATE_DIED).
 */
#ifndef REF_GATE_WIRE_H
#define REF_GATE_WIRE_H

#include "ref/dialer.h"
#include "ref/record.h"

#define GATE_WIRE_RECORDS_MAX 64
#define GATE_WIRE_DIALS_MAX   64
#define GATE_WIRE_MAX         (1 + 4 + RECORD_WIRE_MAX) /* bytes of a message at most */
#define GATE_WIRE_FDS_MAX     2                         /* descriptors with it */

enum gate_word {
	GATE_ARRIVAL = 1,
	GATE_DIAL,
	GATE_DIALLED,
	GATE_ORDER,
	GATE_DONE,
	GATE_RECORD,
	GATE_ACK,
	GATE_ABORT,
};

struct gate_arrival {
	uint32_t tag; /* the worker's number for the flow, in ABORT; used again after 2^32 flows */
	enum policy_service service; /* not POLICY_SERVICE_NONE */
	uint8_t proto;               /* UDP or TCP */
	uint32_t guest_ip, dst_ip;
	uint16_t guest_port, dst_port;
};

/* What `word` names is filled in. */
struct gate_message {
	enum gate_word word;
	uint32_t number; /* DIAL, DIALLED, RECORD, ACK; ABORT: the tag */
	struct gate_arrival arrival;
	uint8_t proto;             /* DIAL: UDP or TCP, ... */
	uint32_t ip;               /* ... */
	uint16_t port;             /* ... not 0 */
	enum dialer_status status; /* DIALLED: not DIALER_GONE, not DIALER_LOCAL */
	struct order order;        /* ORDER; DONE: its kind */
	struct record record;      /* RECORD */
};

/* [0] is the gate's end. */
struct gate_pairs {
	int arrivals[2], dials[2], records[2];
};

/* Close-on-exec and nonblocking, all six. False, with the reason printed and nothing open. */
bool gate_wire_open(struct gate_pairs *pairs);

/* Closes what is open (not -1) of the gate's ends, or of the others'. */
void gate_wire_close_gate(struct gate_pairs *pairs);
void gate_wire_close_others(struct gate_pairs *pairs);

/* Appends one message; false when it does not fit or is none that gate_wire_get() takes. */
WR_MUST_CHECK bool gate_wire_put(struct wr *w, const struct gate_message *message);

/* Reads a whole packet; false when it is none of the above to its last byte. */
RD_MUST_CHECK bool gate_wire_get(struct rd bytes, struct gate_message *out);

/* Sends a message with `count` descriptors, which stay the caller's. Does not wait. False with
 * errno set: EAGAIN when the pair is full. Without descriptors it is a send(2), with them a
 * sendmsg(2). */
bool gate_wire_send(int fd, const struct gate_message *message, const int *fds, size_t count);

enum gate_receipt {
	GATE_RECEIVED,
	GATE_NOTHING, /* none waits */
	GATE_BROKEN,  /* the pair has ended, or what came is not of the above */
};

/* Receives one message; does not wait. fds[] are the caller's then, close-on-exec, -1 where there
 * is none. ARRIVAL has one; DIALLED with DIALER_OK one or, for UDP, two. There are fewer when this
 * process may not have more: look. */
enum gate_receipt gate_wire_receive(int fd, struct gate_message *out, int fds[GATE_WIRE_FDS_MAX]);

#endif
