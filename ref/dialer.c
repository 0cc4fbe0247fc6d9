/* SPDX-License-Identifier: ISC */
/* dialer.c: the dialer's process. The worker's end is dialer_client.c. */
#include "ref/dialer.h"

#include "bytes/rd.h"
#include "bytes/wr.h"
#include "ref/ctl.h"
#include "ref/dialer_gate.h"
#include "ref/dialer_socket.h"
#include "ref/dialer_wire.h"
#include "ref/exits.h"
#include "ref/ipv4.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Who is carrying out the order of the control channel. */
enum turn { TURN_NOBODY, TURN_WORKER, TURN_GATE };

/* What the process knows. */
struct server {
	int pair, orders;
	const char *uplink;
	struct dialer_gate gate;
	struct ctl ctl;     /* its slot says which policy is in force */
	struct order order; /* of it ... */
	enum turn turn;     /* ... and who has it */
};

/* Modes that leave some frames unchecked allow every endpoint; the others go by the list. */
static bool is_allowed(const struct policy *policy, uint8_t proto, uint32_t ip, uint16_t port)
{
	if (!policy_is_destination(policy, ip))
		return false;
	if (policy->mode == POLICY_DIRECT || policy->mode == POLICY_SAMPLED)
		return (proto == IPV4_ICMP && !port) ||
		       ((proto == IPV4_UDP || proto == IPV4_TCP) && port);
	return (proto == IPV4_UDP || proto == IPV4_TCP) && policy_find(policy, proto, ip, port);
}

/* A request of the worker's. */
struct request {
	uint32_t number, ip;
	uint16_t port, guest_port;
	uint8_t proto;
};

static enum dialer_status serve_request(const struct server *s, const struct request *request,
                                        struct dialer_sockets *out)
{
	const struct policy *policy = policy_share_get(s->ctl.share, s->ctl.slot);
	const struct gate_arrival arrival = {
	        .tag = request->number,
	        .service = policy_service(policy, request->proto, request->ip, request->port),
	        .proto = request->proto,
	        .guest_ip = policy->vm_ip,
	        .dst_ip = request->ip,
	        .guest_port = request->guest_port,
	        .dst_port = request->port,
	};

	if (arrival.service != POLICY_SERVICE_NONE)
		return dialer_gate_arrive(&s->gate, &arrival, out);
	if (!is_allowed(policy, request->proto, request->ip, request->port))
		return DIALER_REFUSED;
	return dialer_socket_open(s->uplink, request->proto, request->ip, request->port, out);
}

/* --- the worker --- */

/* The descriptors that are not -1 are passed along. */
static bool send_answer(int pair, uint32_t number, enum dialer_status status,
                        const struct dialer_sockets *sockets)
{
	const int fds[2] = {sockets->fd, sockets->ear};
	const size_t count = sockets->fd < 0 ? 0 : sockets->ear < 0 ? 1 : 2;
	uint8_t bytes[DIALER_WIRE_ANSWER_LEN];
	struct wr w = wr_of(bytes, sizeof(bytes));
	union dialer_wire_control control = {{0}};
	struct iovec iov = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

	if (!wr_u32(&w, number) || !wr_u8(&w, (uint8_t)status))
		return false;
	if (count) {
		struct cmsghdr *header;

		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	}
	return sendmsg(pair, &message, MSG_NOSIGNAL) == (ssize_t)sizeof(bytes);
}

/* One request of the worker. False when that is gone, or does not talk as ours does. */
static bool serve_dial(const struct server *s)
{
	struct dialer_sockets sockets = {-1, -1};
	uint8_t bytes[DIALER_WIRE_REQUEST_LEN + 1];
	ssize_t n = recv(s->pair, bytes, sizeof(bytes), 0);
	struct rd r = rd_of(bytes, n == DIALER_WIRE_REQUEST_LEN ? DIALER_WIRE_REQUEST_LEN : 0);
	enum dialer_status status;
	struct request request;
	bool sent;

	if (n < 0 && errno == EINTR)
		return true;
	if (!rd_u32(&r, &request.number) || !rd_u8(&r, &request.proto) ||
	    !rd_u32(&r, &request.ip) || !rd_u16(&r, &request.port) ||
	    !rd_u16(&r, &request.guest_port))
		return false;
	status = serve_request(s, &request, &sockets);
	sent = send_answer(s->pair, request.number, status, &sockets);
	dialer_socket_close(&sockets);
	return sent;
}

/* --- orders --- */

static bool give_worker(struct server *s)
{
	uint8_t bytes[DIALER_WIRE_ORDER_LEN];
	struct wr w = wr_of(bytes, sizeof(bytes));

	s->turn = TURN_WORKER;
	return wr_u8(&w, (uint8_t)s->order.kind) && dialer_wire_put_u64(&w, s->order.argument) &&
	       send(s->orders, bytes, sizeof(bytes), MSG_NOSIGNAL) == (ssize_t)sizeof(bytes);
}

/* A gate that cannot be told is lost: the order is never answered, and the worker ends refnat. */
static bool give_gate(struct server *s)
{
	s->turn = TURN_GATE;
	if (!dialer_gate_order(&s->gate, &s->order))
		dialer_gate_lose(&s->gate);
	return true;
}

/* Whatever the gate serves came through the worker: that has to have seen all of it first. A policy
 * is in force in the gate before the worker lets flows to it. */
static bool start_order(struct server *s, const struct order *order)
{
	const bool gate_first = order->kind == ORDER_POLICY || order->kind == ORDER_CLOCK;

	s->order = *order;
	return s->gate.dials >= 0 && gate_first ? give_gate(s) : give_worker(s);
}

/* The order was carried out by all; the next one may be waiting behind it. */
static bool finish_order(struct server *s, const uint64_t numbers[ORDER_NUMBERS])
{
	struct order order;

	s->turn = TURN_NOBODY;
	return !ctl_done(&s->ctl, numbers, &order) || start_order(s, &order);
}

static bool serve_order_answer(struct server *s)
{
	uint8_t bytes[DIALER_WIRE_DONE_LEN + 1];
	ssize_t n = recv(s->orders, bytes, sizeof(bytes), 0);
	struct rd r = rd_of(bytes, n == DIALER_WIRE_DONE_LEN ? DIALER_WIRE_DONE_LEN : 0);
	uint64_t numbers[ORDER_NUMBERS];
	uint8_t kind;

	if (n < 0 && errno == EINTR)
		return true;
	if (s->turn != TURN_WORKER || !rd_u8(&r, &kind) || kind != s->order.kind)
		return false;
	for (size_t i = 0; i < ORDER_NUMBERS; i++)
		if (!dialer_wire_get_u64(&r, &numbers[i]))
			return false;
	if (kind == ORDER_SYNC && s->gate.dials >= 0)
		return give_gate(s);
	return finish_order(s, numbers);
}

/* --- the gate --- */

static bool serve_gate(struct server *s)
{
	const struct policy *policy = policy_share_get(s->ctl.share, s->ctl.slot);
	const uint64_t none[ORDER_NUMBERS] = {0};
	enum order_kind kind;
	bool done;

	if (!dialer_gate_serve(&s->gate, policy, s->uplink, &done, &kind) ||
	    (done && (s->turn != TURN_GATE || kind != s->order.kind))) {
		dialer_gate_lose(&s->gate);
		return true;
	}
	if (!done)
		return true;
	return kind == ORDER_SYNC ? finish_order(s, none) : give_worker(s);
}

/* --- the process --- */

/* The dialer's whole life. Returns its exit code. */
static int serve(struct server *s)
{
	const struct dialer_sockets none = {-1, -1};

	if (!send_answer(s->pair, 0, DIALER_OK, &none))
		return EXITS_ENVIRONMENT;
	for (;;) {
		struct pollfd ready[4] = {
		        {.fd = s->pair, .events = POLLIN},
		        {.fd = s->orders, .events = POLLIN},
		        {.fd = s->ctl.busy ? -1 : s->ctl.fd, .events = POLLIN},
		        {.fd = s->gate.dials, .events = POLLIN},
		};
		struct order order;

		if (poll(ready, 4, -1) < 0 && errno != EINTR)
			return EXITS_ENVIRONMENT;
		if (ready[0].revents && !serve_dial(s))
			return EXITS_OK;
		if (ready[1].revents && !serve_order_answer(s))
			return EXITS_OK;
		if (ready[2].revents && ctl_serve(&s->ctl, &order) && !start_order(s, &order))
			return EXITS_OK;
		if (ready[3].revents && !serve_gate(s))
			return EXITS_OK;
	}
}

/* Moves `fd` to the place `to`, where nothing of ours stands. */
static bool move_fd(int *fd, int to)
{
	if (dup3(*fd, to, O_CLOEXEC) < 0)
		return false;
	*fd = to;
	return true;
}

/* Keeps standard error and the channels only: were the frame channel or the event channel
 * still open here, their readers would not see the worker's end. */
static bool keep_only(struct server *s)
{
	int *const channels[] = {&s->pair, &s->orders, &s->ctl.fd, &s->gate.arrivals,
	                         &s->gate.dials};
	int *kept[sizeof(channels) / sizeof(channels[0])];
	int count = 0, high = 3;

	for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++)
		if (*channels[i] >= 0)
			kept[count++] = channels[i];
	for (int i = 0; i < count; i++)
		if (*kept[i] >= high)
			high = *kept[i] + 1;
	for (int i = 0; i < count; i++)
		if (!move_fd(kept[i], high + i))
			return false;
	if (close_range(0, 1, 0) < 0 || close_range(3, (unsigned)high - 1, 0) < 0)
		return false;
	return close_range((unsigned)(high + count), ~0U, 0) == 0;
}

static void __attribute__((noreturn))
child(struct server *s, pid_t parent, const struct dialer_setup *setup)
{
	int probe;

	/* A parent that died before the prctl is told by getppid(). */
	if (!keep_only(s) || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != parent)
		exit(EXITS_ENVIRONMENT);
	if (setup->prepare && !setup->prepare(setup->arg))
		exit(EXITS_ENVIRONMENT);
	probe = dialer_socket_make(SOCK_DGRAM, IPV4_UDP, s->uplink);
	if (probe < 0) {
		fprintf(stderr, "refnat: cannot tie a socket to uplink %s: %s\n", s->uplink,
		        strerror(errno));
		exit(EXITS_ENVIRONMENT);
	}
	close(probe);
	exit(serve(s));
}

static void close_pairs(const int pair[2], const int orders[2])
{
	for (int i = 0; i < 2; i++) {
		if (pair[i] >= 0)
			close(pair[i]);
		if (orders[i] >= 0)
			close(orders[i]);
	}
}

bool dialer_start(struct dialer *dialer, const struct dialer_setup *setup)
{
	const int type = SOCK_SEQPACKET | SOCK_CLOEXEC;
	const pid_t parent = getpid();
	int pair[2] = {-1, -1}, orders[2] = {-1, -1};
	struct server server = {.uplink = setup->uplink, .gate = {-1, -1}};

	if (socketpair(AF_UNIX, type, 0, pair) < 0 || socketpair(AF_UNIX, type, 0, orders) < 0) {
		fprintf(stderr, "refnat: dialer: %s\n", strerror(errno));
		close_pairs(pair, orders);
		return false;
	}
	fflush(NULL);
	*dialer = (struct dialer){.fd = pair[0], .orders = orders[0], .pid = fork()};
	if (!dialer->pid) {
		server.pair = pair[1];
		server.orders = orders[1];
		if (setup->gate)
			server.gate = (struct dialer_gate){setup->gate->arrivals[1],
			                                   setup->gate->dials[1]};
		ctl_open(&server.ctl, setup->ctl, setup->share, setup->background);
		child(&server, parent, setup);
	}
	if (dialer->pid < 0) {
		fprintf(stderr, "refnat: dialer: %s\n", strerror(errno));
		close_pairs(pair, orders);
		return false;
	}
	close(pair[1]);
	close(orders[1]);
	if (setup->ctl >= 0)
		close(setup->ctl);
	if (setup->gate) {
		close(setup->gate->arrivals[1]);
		close(setup->gate->dials[1]);
		setup->gate->arrivals[1] = setup->gate->dials[1] = -1;
	}
	if (dialer_client_greet(dialer))
		return true;
	fprintf(stderr, "refnat: the dialer did not start\n");
	dialer_stop(dialer);
	return false;
}
