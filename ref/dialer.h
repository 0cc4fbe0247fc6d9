/* SPDX-License-Identifier: ISC */
/* dialer.h: the process that owns socket(2), bind(2) and connect(2).
 *
 * The worker parses a stranger's bytes; it must not be able to open a way out. It asks the dialer,
 * which it forked before it saw the first frame, for one endpoint at a time. The dialer looks the
 * endpoint up in its own copy of the policy, makes a UDP socket tied to the uplink, connects it and
 * passes the descriptor back. Because it is connected, the kernel lets in datagrams of that
 * endpoint only, and picks source address and port; nothing of the guest's headers reaches the
 * wire.
 *
 * Tying to the uplink: SO_BINDTODEVICE, else IP_UNICAST_IF where that is not permitted, else
 * dialer_start() fails.
 *
 * Either process notices when the other ends: the worker by the end of file on dialer->fd, the
 * dialer by the same, and by PR_SET_PDEATHSIG.
 *
 * Messages on the SOCK_SEQPACKET pair, big-endian. Request: u32 number, u8 protocol, u32 address,
 * u16 port. Answer: u32 number, u8 enum dialer_status, and the descriptor if that is DIALER_OK.
 */
#ifndef REF_DIALER_H
#define REF_DIALER_H

#include "ref/policy.h"

#include <sys/types.h>

#define DIALER_START_MS    5000 /* forking under load takes its time */
#define DIALER_PATIENCE_MS 1000

enum dialer_status {
	DIALER_OK,
	DIALER_REFUSED,   /* not in the dialer's policy */
	DIALER_NO_SOCKET, /* a system call failed: no route, no descriptors, uplink gone */
	DIALER_GONE,      /* no answer within DIALER_PATIENCE_MS, or not a sane one: stop */
};

struct dialer {
	int fd; /* readable only when the dialer has ended */
	pid_t pid;
	uint32_t number;
};

/* Forks the dialer and waits until it has proved that it can tie a socket to `uplink`. The child
 * does not return. False, with the reason printed, when it cannot. Call it before the first guest
 * byte is read, and with SIGTERM and SIGINT blocked: the dialer ends when the worker does. */
bool dialer_start(struct dialer *dialer, const struct policy *policy, const char *uplink);

/* Asks for a socket connected to the endpoint. *fd is the caller's when DIALER_OK comes back; it is
 * nonblocking and close-on-exec. Blocks, at most DIALER_PATIENCE_MS. */
enum dialer_status dialer_dial(struct dialer *dialer, uint8_t proto, uint32_t ip, uint16_t port,
                               int *fd);

/* Ends the dialer and waits for it. */
void dialer_stop(struct dialer *dialer);

#endif
