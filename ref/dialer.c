/* SPDX-License-Identifier: ISC */
/* dialer.c: the dialer's process. The worker's end is dialer_client.c. */
#include "ref/dialer.h"

#include "bytes/rd.h"
#include "bytes/wr.h"
#include "ref/ctl.h"
#include "ref/dialer_wire.h"
#include "ref/exits.h"
#include "ref/ipv4.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the process knows. */
struct server {
	int pair, orders;
	const char *uplink;
	struct ctl ctl; /* its slot says which policy is in force */
};

/* --- sockets --- */

static bool tie_to_uplink(int fd, const char *uplink)
{
	struct ifreq request = {0};
	uint32_t number;

	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, uplink, (socklen_t)strlen(uplink)) == 0)
		return true;
	if (errno != EPERM)
		return false;
	/* Not if_nametoindex(): it makes a Unix socket for the question. */
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", uplink);
	if (ioctl(fd, SIOCGIFINDEX, &request) < 0)
		return false;
	number = htonl((uint32_t)request.ifr_ifindex);
	return setsockopt(fd, IPPROTO_IP, IP_UNICAST_IF, &number, sizeof(number)) == 0;
}

/* Closes a descriptor without losing errno. */
static int discard(int fd)
{
	const int error = errno;

	close(fd);
	errno = error;
	return -1;
}

/* A socket tied to the uplink, or -1 with errno set. */
static int make_socket(int type, int proto, const char *uplink)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, proto);

	return fd < 0 || tie_to_uplink(fd, uplink) ? fd : discard(fd);
}

/* Connecting a UDP socket sends nothing and asks the routing table. What is delivered on this host
 * is sent from the very address it goes to. Takes `fd`, or -1. */
static enum dialer_status ask_route(int fd, const struct sockaddr_in *peer)
{
	struct sockaddr_in self = {0};
	socklen_t len = sizeof(self);
	enum dialer_status status = DIALER_NO_SOCKET;

	if (fd < 0)
		return status;
	if (connect(fd, (const struct sockaddr *)peer, sizeof(*peer)) == 0 &&
	    getsockname(fd, (struct sockaddr *)&self, &len) == 0)
		status = self.sin_addr.s_addr == peer->sin_addr.s_addr ? DIALER_THIS_HOST
		                                                       : DIALER_OK;
	close(fd);
	return status;
}

/* A socket that is tied to the uplink does not see that an address is another interface's, one that
 * is not tied need not have a route: both are asked. */
static enum dialer_status check_route(const struct sockaddr_in *peer, const char *uplink)
{
	const int untied = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);

	if (untied < 0)
		return DIALER_NO_SOCKET;
	if (ask_route(untied, peer) == DIALER_THIS_HOST)
		return DIALER_THIS_HOST;
	return ask_route(make_socket(SOCK_DGRAM, IPPROTO_UDP, uplink), peer);
}

static bool share_port(int fd, int yes)
{
	return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0;
}

/* A UDP socket on a free local port that receives what no connected socket takes, and cannot send:
 * shutting down an unconnected socket reports ENOTCONN and works. The port is free because it is
 * looked for before it may be shared: the kernel counts shared ports as free. */
static int make_ear(const char *uplink, struct sockaddr_in *self)
{
	socklen_t len = sizeof(*self);
	int fd = make_socket(SOCK_DGRAM, IPPROTO_UDP, uplink);

	*self = (struct sockaddr_in){.sin_family = AF_INET};
	if (fd < 0)
		return -1;
	if (bind(fd, (const struct sockaddr *)self, len) < 0 ||
	    getsockname(fd, (struct sockaddr *)self, &len) < 0 ||
	    (shutdown(fd, SHUT_WR) < 0 && errno != ENOTCONN))
		return discard(fd);
	return fd;
}

/* The port is shared by ear and socket, and afterwards by nobody else. */
static bool open_udp(const struct sockaddr_in *peer, const char *uplink, struct dialer_sockets *out)
{
	struct sockaddr_in self;

	out->ear = make_ear(uplink, &self);
	if (out->ear < 0)
		return false;
	out->fd = make_socket(SOCK_DGRAM, IPPROTO_UDP, uplink);
	if (out->fd < 0)
		return false;
	return share_port(out->ear, 1) && share_port(out->fd, 1) &&
	       bind(out->fd, (const struct sockaddr *)&self, sizeof(self)) == 0 &&
	       share_port(out->ear, 0) && share_port(out->fd, 0) &&
	       connect(out->fd, (const struct sockaddr *)peer, sizeof(*peer)) == 0;
}

static bool open_tcp(const struct sockaddr_in *peer, const char *uplink, struct dialer_sockets *out)
{
	const int one = 1;

	out->fd = make_socket(SOCK_STREAM, IPPROTO_TCP, uplink);
	if (out->fd < 0)
		return false;
	/* The guest decides when to send; urgent data is a byte like others. */
	setsockopt(out->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(out->fd, SOL_SOCKET, SO_OOBINLINE, &one, sizeof(one));
	return connect(out->fd, (const struct sockaddr *)peer, sizeof(*peer)) == 0 ||
	       errno == EINPROGRESS;
}

static bool open_ping(const struct sockaddr_in *peer, const char *uplink,
                      struct dialer_sockets *out)
{
	out->fd = make_socket(SOCK_DGRAM, IPPROTO_ICMP, uplink);
	return out->fd >= 0 && connect(out->fd, (const struct sockaddr *)peer, sizeof(*peer)) == 0;
}

static bool open_sockets(uint8_t proto, const struct sockaddr_in *peer, const char *uplink,
                         struct dialer_sockets *out)
{
	if (proto == IPV4_UDP)
		return open_udp(peer, uplink, out);
	if (proto == IPV4_TCP)
		return open_tcp(peer, uplink, out);
	return open_ping(peer, uplink, out);
}

static void close_sockets(struct dialer_sockets *sockets)
{
	if (sockets->fd >= 0)
		close(sockets->fd);
	if (sockets->ear >= 0)
		close(sockets->ear);
	*sockets = (struct dialer_sockets){-1, -1};
}

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

static enum dialer_status serve_request(const struct server *s, uint8_t proto, uint32_t ip,
                                        uint16_t port, struct dialer_sockets *out)
{
	const struct policy *policy = policy_share_get(s->ctl.share, s->ctl.slot);
	const struct sockaddr_in peer = {
	        .sin_family = AF_INET,
	        .sin_port = htons(port),
	        .sin_addr.s_addr = htonl(ip),
	};
	enum dialer_status status;

	if (!is_allowed(policy, proto, ip, port))
		return DIALER_REFUSED;
	status = check_route(&peer, s->uplink);
	if (status != DIALER_OK || open_sockets(proto, &peer, s->uplink, out))
		return status;
	close_sockets(out);
	return DIALER_NO_SOCKET;
}

/* --- the process --- */

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
	uint32_t number, ip;
	uint8_t proto;
	uint16_t port;
	bool sent;

	if (n < 0 && errno == EINTR)
		return true;
	if (!rd_u32(&r, &number) || !rd_u8(&r, &proto) || !rd_u32(&r, &ip) || !rd_u16(&r, &port))
		return false;
	status = serve_request(s, proto, ip, port, &sockets);
	sent = send_answer(s->pair, number, status, &sockets);
	close_sockets(&sockets);
	return sent;
}

static bool pass_order(const struct server *s, const struct order *order)
{
	uint8_t bytes[DIALER_WIRE_ORDER_LEN];
	struct wr w = wr_of(bytes, sizeof(bytes));

	return wr_u8(&w, (uint8_t)order->kind) && dialer_wire_put_u64(&w, order->argument) &&
	       send(s->orders, bytes, sizeof(bytes), MSG_NOSIGNAL) == (ssize_t)sizeof(bytes);
}

/* The worker has carried an order out; the next one may be waiting behind it. */
static bool serve_order_answer(struct server *s)
{
	uint8_t bytes[DIALER_WIRE_DONE_LEN + 1];
	ssize_t n = recv(s->orders, bytes, sizeof(bytes), 0);
	struct rd r = rd_of(bytes, n == DIALER_WIRE_DONE_LEN ? DIALER_WIRE_DONE_LEN : 0);
	uint64_t numbers[ORDER_NUMBERS];
	struct order order;
	uint8_t kind;

	if (n < 0 && errno == EINTR)
		return true;
	if (!s->ctl.busy || !rd_u8(&r, &kind) || kind != s->ctl.order)
		return false;
	for (size_t i = 0; i < ORDER_NUMBERS; i++)
		if (!dialer_wire_get_u64(&r, &numbers[i]))
			return false;
	return !ctl_done(&s->ctl, numbers, &order) || pass_order(s, &order);
}

/* The dialer's whole life. Returns its exit code. */
static int serve(struct server *s)
{
	const struct dialer_sockets none = {-1, -1};

	if (!send_answer(s->pair, 0, DIALER_OK, &none))
		return EXITS_ENVIRONMENT;
	for (;;) {
		struct pollfd ready[3] = {
		        {.fd = s->pair, .events = POLLIN},
		        {.fd = s->orders, .events = POLLIN},
		        {.fd = s->ctl.busy ? -1 : s->ctl.fd, .events = POLLIN},
		};
		struct order order;

		if (poll(ready, 3, -1) < 0 && errno != EINTR)
			return EXITS_ENVIRONMENT;
		if (ready[0].revents && !serve_dial(s))
			return EXITS_OK;
		if (ready[1].revents && !serve_order_answer(s))
			return EXITS_OK;
		if (ready[2].revents && ctl_serve(&s->ctl, &order) && !pass_order(s, &order))
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

/* Keeps standard error and the three channels only: were the frame channel or the event channel
 * still open here, their readers would not see the worker's end. */
static bool keep_only(struct server *s)
{
	int *const kept[] = {&s->pair, &s->orders, &s->ctl.fd};
	const int count = s->ctl.fd < 0 ? 2 : 3;
	int high = 3;

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
	probe = make_socket(SOCK_DGRAM, IPPROTO_UDP, s->uplink);
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
	struct server server = {.uplink = setup->uplink};

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
		ctl_open(&server.ctl, setup->ctl, setup->share);
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
	if (dialer_client_greet(dialer))
		return true;
	fprintf(stderr, "refnat: the dialer did not start\n");
	dialer_stop(dialer);
	return false;
}
