/* SPDX-License-Identifier: ISC */
/* nat_tcp_send.h: segments for the guest, out of the socket's receive queue.
 *
 * A run of data is peeked with one recvmsg straight into the frames it is sent in: room for all of
 * them is reserved on the link, the payloads are scattered to their places, then the headers are put
 * in front. Where TCP sockets cannot peek from an offset, what lies before it is peeked into a
 * place where nobody looks.
 */
#ifndef REF_NAT_TCP_SEND_H
#define REF_NAT_TCP_SEND_H

#include "ref/nat_tcp.h"

#define NAT_TCP_DISCARD 65536   /* bytes; one peek may use it several times over */
#define NAT_TCP_FLIGHT  1048576 /* unacknowledged bytes that a guest may be sent */

/* Sends what is due; false when the link had no room for all of it. */
bool nat_tcp_send(struct nat *nat, struct nat_conn *conn, uint64_t now_ns);

#endif
