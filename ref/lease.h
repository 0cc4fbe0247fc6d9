/* SPDX-License-Identifier: ISC */
/* lease.h: which answer a DHCP message gets (RFC 2131 section 4.3).
 *
 * There is one lease, the policy's, for one client, the policy's MAC; nothing is remembered.
 *
 *	DISCOVER                                  OFFER
 *	REQUEST naming another server             none (the client chose that one)
 *	REQUEST for the VM's address              ACK
 *	REQUEST for any other                     NAK, always broadcast
 *	INFORM from the VM's address              ACK without address and lease time
 *	RELEASE, DECLINE                          none
 *	from another hardware address, relayed    refused: dhcp-wrong-client
 *	anything else                             refused: dhcp-ignored
 *
 * The gateway is the one router, and where the policy answers names also the one resolver.
 */
#ifndef REF_LEASE_H
#define REF_LEASE_H

#include "ref/dhcp.h"
#include "ref/policy.h"

#define LEASE_S 86400

/* REASON_NONE: *reply is the answer; its client_id points where the message's does. REASON_BENIGN:
 * well-formed, needs no answer. Any other: refused. */
enum reason lease_decide(const struct policy *policy, const struct dhcp *message,
                         struct dhcp_reply *reply);

#endif
