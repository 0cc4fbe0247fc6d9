/* SPDX-License-Identifier: ISC */
/* gate.h: the process that decides above packets: on names, on TLS, on each request.
 *
 * A connection of the guest to a port that policy_service() leaves to the gate ends here. The
 * worker speaks TCP with the guest, as always, and dials, as always; the dialer answers it with one
 * end of a Unix socket pair and gives the gate the other, with the tuple of the flow (gate_wire.h).
 * So the worker parses no DNS, TLS or HTTP, and the gate never sees a frame and makes no socket.
 *
 * Theory of operation
 *
 *	name       Where the guest wanted to go decides nothing but the port. The name that it asks
 *	           for (SNI, Host) is decided upon by the policy, and the gate connects to addresses
 *	           which it resolved itself for this very name. That is what pins a name: neither
 *	           fronting nor rebinding nor a stale address has anything to change.
 *	record     Before the world hears anything because of a connection or a request (a query, a
 *	           SYN, a byte), a record of the decision has gone to the worker, which alone writes
 *	           events, and has been acknowledged: that it was written. A denial is recorded and
 *	           acknowledged in the same way before the guest is told.
 *	request    Each request is decided upon on its own, on a connection that was allowed too, and
 *	           again after a change of policy.
 *	upstream   belongs to one connection of the guest and is never shared. It is opened for a
 *	           request, kept while requests are for the same name, and closed with the guest.
 *	ends       What was cut is never made to look complete: an upstream that was reset, or ended
 *	           in the middle of a message or without TLS's close_notify, becomes a RST; a guest
 *	           that is gone takes its upstream with it, by a RST. A half that was closed is
 *	           passed on as that where bytes are (splice), and ends the requests in HTTP.
 *	memory     limits.tcp connections in one table. A connection has buffers only while there
 *	           are bytes in them, and reads only what they have room for; so a slow reader stops
 *	           who writes to him. Idle ones cost their place, two descriptors and OpenSSL's state.
 *	time       is the clock of the control channel (ORDER_CLOCK): real time and what was added.
 *
 * A connection (gate_conn.h):
 *
 *	 TLS ports                                              HTTP ports
 *	     |                                                      |
 *	   HELLO --malformed, late------------------+               |
 *	     | a name: decide                       |               |
 *	   RECORD (conn) --denied--> alert ----+    |               |
 *	     | acknowledged                    |    |               |
 *	     +-- splice --> upstream --> SPLICE|    |               |
 *	     |                            |    |    |               |
 *	   LEAF (mitm)                    |    |    |               |
 *	     | certificate                |    |    |               |
 *	     +-----------> SERVE <------------------|---------------+
 *	                    |  ^          |    |    |
 *	     a head: decide |  | answered |    |    |
 *	                  RECORD (http) --denied: 403, 421, ...--+
 *	                    | acknowledged|    |    |            |
 *	                upstream: RESOLVE, DIAL, CONNECT, SHAKE, OPEN; 502 or 504 if it fails
 *	                                  |    |    |            |
 *	                                CLOSE <-----+------------+  what is due is written, then FIN
 *	                                ABORT                       RST, from any state
 *
 * Deadlines: from the start to the end of a hello or head, head_timeout_s (HTTP: 408 when it had
 * begun); for TLS's handshake with the guest the same; GATE_CONNECT_MS for resolving, connecting and
 * TLS's handshake upstream together (504); idle_timeout_s without a byte either way, between
 * requests (closed) and within one (cut); GATE_SPLICE_IDLE_MS where bytes are passed on as they are.
 * A guest that has ended its half and waits for a reply looks like one that has given up and closed,
 * and most are that: unless the reply begins within GATE_HALF_MS, the upstream is not kept for it.
 *
 * Isolation: forked before the first frame, sandbox role SANDBOX_GATE: no sockets of its own, no
 * paths, no CA key (minter.h has that). Whatever a guest makes of this process can reach what the
 * dialer allows to be dialled, which is ports of the policy's at global addresses, and is recorded
 * by nobody; that much is the price of terminating TLS.
 * When it ends, dialer and worker do.
 */
#ifndef REF_GATE_H
#define REF_GATE_H

#include "ref/gate_wire.h"
#include "ref/policy_share.h"

#include <stdbool.h>
#include <sys/types.h>

#define GATE_START_MS       5000 /* a handshake against itself, a store to read */
#define GATE_CONNECT_MS     10000
#define GATE_HALF_MS        500  /* for a reply to begin, once the guest has ended its half */
#define GATE_LINGER_MS      5000 /* for the guest to take what is left, then it is cut */
#define GATE_SPLICE_IDLE_MS UINT64_C(3600000)

/* `ends`: gate_wire_open()'s. In mode mitm the policy in slot 0 says where the store of upstream
 * certificates is, and `minter` is minter.h's descriptor; else -1. `prepare` is called in the new
 * process once all is open and before it serves: the sandbox's place. */
struct gate_setup {
	const struct policy_share *share;
	struct gate_pairs *ends;
	int minter;
	bool (*prepare)(void *arg);
	void *arg;
};

/* Forks the gate and waits until it is ready. The child does not return: it ends when dialer, worker
 * or minter do. Afterwards the gate's ends and `minter` are closed here. -1, with the reason printed,
 * when it cannot. Signals as for dialer_start(). */
pid_t gate_start(const struct gate_setup *setup);

/* Waits a little for its end, which comes when the other ends are closed. */
void gate_stop(pid_t pid);

#endif
