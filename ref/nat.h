/* SPDX-License-Identifier: ISC */
/* nat.h: live flows and their sockets: datagrams out to the allowed endpoints, replies back.
 *
 * A flow has one connected UDP socket, which the dialer made. Out goes the UDP payload and nothing
 * else; whatever the guest wrote into its headers stays behind. Back comes what the socket
 * receives, as a frame to the very (address, port) that asked. Replies above the MTU are dropped.
 *
 * An ICMP error that an earlier datagram caused is reported by the kernel on the next call and is
 * absorbed. A send that fails for another reason ends the flow: the next datagram asks the dialer
 * for a new socket, which is how flows come back after the uplink was away.
 *
 * Back-pressure: nat_receive() stops when the link has no room, and the loop stops calling it. What
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

struct nat {
	const struct policy *policy;
	struct dialer *dialer;
	struct audit *audit;
	struct audit_counts *counts;
	struct link *link;
	struct flow_table table; /* a flow's handle is its socket */
	int epoll;               /* holds the sockets; readable when one of them is */
};

/* Makes an empty table of policy->flows_max and raises the limit of open descriptors to fit, as far
 * as it may. The pointers of *nat are the caller's to fill in first. False, with the reason
 * printed, when memory or descriptors lack. */
bool nat_open(struct nat *nat, uint64_t seed);

/* Acts on VERDICT_FORWARD or VERDICT_NEW_FLOW, with one forward or drop on record at the end. */
enum reason nat_forward(struct nat *nat, const struct verdict *verdict, uint64_t now_ns);

/* Reads replies and queues them on the link while there is room. */
enum reason nat_receive(struct nat *nat, uint64_t now_ns);

/* Ends the flows that were idle too long. Call it before verdicts are made with the same time. */
void nat_expire(struct nat *nat, uint64_t now_ns);

/* Milliseconds until nat_expire() has something to do, -1 for never: a poll timeout. */
int nat_expiry_ms(const struct nat *nat, uint64_t now_ns);

void nat_close(struct nat *nat);

#endif
