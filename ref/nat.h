/* SPDX-License-Identifier: ISC */
/* nat.h: live flows and their sockets: packets out to where the verdict lets them go, replies back.
 *
 * A flow has one socket, which the dialer made. Out goes the payload and nothing else; whatever the
 * guest wrote into its headers stays behind. Back comes what the socket receives, as frames to the
 * very (address, port) that asked.
 *
 *	nat_udp.c   datagrams; replies above the MTU are dropped, so are datagrams of strangers
 *	nat_echo.c  pings to the world, where no frame is checked
 *	nat_tcp.c   connections: tcp.h towards the guest, the kernel towards the world
 *
 * What is the gate's (gate_wire.h) is such a flow, too; its socket is a Unix one whose other end the
 * gate has. There is no stranger on it and no allow event for it: the gate's records say what
 * became of it.
 *
 * Back-pressure: nothing is received when the link has no room, and the loop stops calling. What
 * waits then waits in the sockets' own buffers.
 *
 * Functions return REASON_NONE, or the reason why refnat must stop: REASON_DIALER_DIED,
 * REASON_AUDIT_FAILED.
 */
#ifndef REF_NAT_H
#define REF_NAT_H

#include "ref/audit.h"
#include "ref/dialer.h"
#include "ref/link.h"
#include "ref/nat_tcp.h"
#include "ref/sampling.h"

/* What a flow has besides its number and its socket, flow.handle. */
struct nat_slot {
	int ear;              /* UDP of the world: hears strangers; else -1 */
	struct nat_conn *tcp; /* TCP, else NULL */
	bool local;           /* the gate has the other end ... */
	uint32_t tag;         /* ... and knows the flow by this number */
};

struct nat {
	const struct policy *policy; /* in force */
	struct dialer *dialer;
	struct audit *audit;
	struct audit_counts *counts;
	struct link *link;
	struct flow_table table; /* a flow's handle is its socket */
	struct nat_slot *slots;  /* one for each flow */
	struct nat_tcp tcp;
	int epoll; /* holds the sockets; readable when one of them is */
};

/* Makes empty tables of the policy's limits and raises the limit of open descriptors to fit, as far
 * as it may. The pointers of *nat are the caller's to fill in first; `seed` makes what is random
 * repeatable. False, with the reason printed, when memory or descriptors lack. */
bool nat_open(struct nat *nat, uint64_t seed);

/* Acts on VERDICT_FORWARD or VERDICT_NEW_FLOW, with one forward or drop on record at the end.
 * *again: the flow was done with and is gone now; judge the frame anew. */
enum reason nat_forward(struct nat *nat, const struct verdict *verdict, uint64_t now_ns,
                        bool *again);

/* Reads replies and queues them on the link while there is room. */
enum reason nat_receive(struct nat *nat, uint64_t now_ns);

/* Sends what is due to the guest on TCP connections: after a batch of frames, or when the link has
 * room again. */
void nat_flush(struct nat *nat, uint64_t now_ns);

/* Ends the flows that were idle too long, and runs the timers of connections. Call it before
 * verdicts are made with the same time. */
void nat_expire(struct nat *nat, uint64_t now_ns);

/* When nat_expire() has something to do; UINT64_MAX: never. */
uint64_t nat_expiry_ns(const struct nat *nat);

/* The gate wants the flow `tag` reset. It may be gone already. */
void nat_abort(struct nat *nat, uint32_t tag);

/* Puts another policy in force: flows it does not allow end at once. */
void nat_set_policy(struct nat *nat, const struct policy *policy);

/* Ends all flows. Connections whose guest had finished its side are left to the kernel to complete;
 * others are reset, so that their peer does not take a cut for an end. With `abort` all are. */
void nat_close(struct nat *nat, bool abort);

/* --- between the nat_*.c files --- */

/* Counts and reports a frame of the guest that goes nowhere. */
enum reason nat_drop_frame(struct nat *nat, const struct tuple *tuple, enum reason reason);
/* The same for what came from the world; `from` in host order. */
enum reason nat_drop_reply(struct nat *nat, const struct flow_key *key, uint32_t from_ip,
                           uint16_t from_port, enum reason reason);
/* Forgets a flow and closes what it has; `fd` alone is left open when it is TCP's to close. */
void nat_end_flow(struct nat *nat, uint32_t number);

enum reason nat_udp_send(struct nat *nat, uint32_t number, const struct verdict *verdict);
/* One datagram from the flow's socket into the link. *more is false when there was none. */
enum reason nat_udp_receive(struct nat *nat, uint32_t number, struct wr *frame, uint64_t now_ns,
                            bool *more);
enum reason nat_udp_hear(struct nat *nat, uint32_t number, bool *more);
enum reason nat_echo_send(struct nat *nat, uint32_t number, const struct verdict *verdict);
enum reason nat_echo_receive(struct nat *nat, uint32_t number, struct wr *frame, uint64_t now_ns,
                             bool *more);

#endif
