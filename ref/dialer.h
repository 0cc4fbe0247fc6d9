/* SPDX-License-Identifier: ISC */
/* dialer.h: the process that owns socket(2), bind(2) and connect(2), and the control channel.
 *
 * The worker parses a stranger's bytes; it must not be able to open a way out. It asks the dialer,
 * which it forked before it saw the first frame, for one endpoint at a time. The dialer looks the
 * endpoint up in the policy in force, makes a socket tied to the uplink, connects it and passes the
 * descriptor back:
 *
 *	UDP   a connected socket: the kernel lets in datagrams of that endpoint only, and picks
 *	      source address and port; nothing of the guest's headers reaches the wire. With it an
 *	      "ear" on the same local port, for datagrams of strangers: it can receive but not
 *	      send, and is there so that they are audited, and not answered by the kernel.
 *	TCP   a socket whose connect has begun
 *	ICMP  a connected ping socket, where the kernel permits them (ping_group_range)
 *
 * An endpoint that is the gate's (policy_service()) gets no socket of the world's: worker and gate
 * get one end each of a Unix pair (gate_wire.h).
 *
 * An address that turns out to be one of the host's own is refused in every mode.
 *
 * Tying to the uplink: SO_BINDTODEVICE, else IP_UNICAST_IF where that is not permitted, else
 * dialer_start() fails.
 *
 * Orders come the other way, from the control channel (ctl.h) through the dialer to the worker: the
 * dialer reads JSON so that the worker need not, and a worker that was taken over cannot give
 * orders.
 *
 * Either process notices when the other ends: the worker by the end of file on dialer->fd, the
 * dialer by the same, and by PR_SET_PDEATHSIG.
 *
 * Two SOCK_SEQPACKET pairs, integers big-endian.
 *	dialling  request: u32 number, u8 protocol, u32 address, u16 port, u16 guest's port
 *	          answer: u32 number, u8 enum dialer_status, and the descriptors if it is
 *	          DIALER_OK or DIALER_LOCAL
 *	orders    order: u8 enum order_kind, u64 argument
 *	          answer: u8 enum order_kind, ORDER_NUMBERS times u64 (0 but for ORDER_STATS)
 */
#ifndef REF_DIALER_H
#define REF_DIALER_H

#include "ref/policy_share.h"

#include <sys/types.h>

#define DIALER_START_MS    5000 /* forking under load takes its time */
#define DIALER_PATIENCE_MS 1000
#define DIALER_STOP_MS     100

enum dialer_status {
	DIALER_OK,
	DIALER_REFUSED,   /* not allowed by the policy in force */
	DIALER_THIS_HOST, /* the address is the host's own */
	DIALER_NO_SOCKET, /* a system call failed: no route, no descriptors, uplink gone */
	DIALER_LOCAL,     /* one end of a pair, whose other end the gate has (gate_wire.h) */
	DIALER_GATE_FULL, /* the endpoint is the gate's, which does not take more, or is gone */
	DIALER_GONE,      /* no answer within DIALER_PATIENCE_MS, or not a sane one: stop */
};

enum order_kind {
	ORDER_SYNC = 1, /* decide on every frame that is in the channel */
	ORDER_POLICY,   /* the policy in slot `argument` is in force */
	ORDER_STATS,    /* tell the counters */
	ORDER_CLOCK,    /* be `argument` nanoseconds later from now on */
};

#define ORDER_NUMBERS 10

struct order {
	enum order_kind kind;
	uint64_t argument;
};

struct dialer {
	int fd;     /* readable only when the dialer has ended */
	int orders; /* readable when there is an order */
	pid_t pid;
	uint32_t number;
};

struct dialer_sockets {
	int fd;
	int ear; /* UDP of the world only, else -1 */
};

struct gate_pairs;
struct ctl_background;

/* What the dialer needs to know. `ctl` is -1 when there is no control channel; of `gate`, NULL when
 * there is none, the dialer takes its ends of arrivals and dials. `prepare` is called in the
 * dialer's process once it is set up and before it serves: the sandbox's place. */
struct dialer_setup {
	struct policy_share *share;
	const char *uplink;
	int ctl;
	const struct ctl_background *background; /* for new policies, see ctl.h; or NULL */
	struct gate_pairs *gate;
	bool (*prepare)(void *arg);
	void *arg;
};

/* Forks the dialer and waits until it has proved that it can tie a socket to the uplink. The child
 * does not return. False, with the reason printed, when it cannot. Call it before the first guest
 * byte is read, and with SIGTERM and SIGINT blocked: the dialer ends when the worker does. */
bool dialer_start(struct dialer *dialer, const struct dialer_setup *setup);

/* Asks for sockets to the endpoint, for the guest's `guest_port`. They are the caller's when
 * DIALER_OK or DIALER_LOCAL comes back, nonblocking and close-on-exec; the gate knows the flow by
 * the number that dialer->number is then. Blocks, at most DIALER_PATIENCE_MS. */
enum dialer_status dialer_dial(struct dialer *dialer, uint8_t proto, uint32_t ip, uint16_t port,
                               uint16_t guest_port, struct dialer_sockets *out);

/* The order that waits; false when there is none, or the dialer has ended. */
bool dialer_take_order(const struct dialer *dialer, struct order *out);
/* Says that it was carried out. */
bool dialer_answer_order(const struct dialer *dialer, enum order_kind kind,
                         const uint64_t numbers[ORDER_NUMBERS]);

/* Ends the dialer and waits for it, DIALER_STOP_MS at most. One that does not end by then is killed
 * by the kernel when the calling process ends: from the worker's sandbox nothing can be. */
void dialer_stop(struct dialer *dialer);

#endif
