/* SPDX-License-Identifier: ISC */
/* dialer_socket.c: makes sockets that are tied to the uplink and connected to one endpoint. */
#include "ref/dialer_socket.h"

#include "ref/ipv4.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

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

int dialer_socket_make(int type, int proto, const char *uplink)
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
	return ask_route(dialer_socket_make(SOCK_DGRAM, IPPROTO_UDP, uplink), peer);
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
	int fd = dialer_socket_make(SOCK_DGRAM, IPPROTO_UDP, uplink);

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
	out->fd = dialer_socket_make(SOCK_DGRAM, IPPROTO_UDP, uplink);
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

	out->fd = dialer_socket_make(SOCK_STREAM, IPPROTO_TCP, uplink);
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
	out->fd = dialer_socket_make(SOCK_DGRAM, IPPROTO_ICMP, uplink);
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

void dialer_socket_close(struct dialer_sockets *sockets)
{
	if (sockets->fd >= 0)
		close(sockets->fd);
	if (sockets->ear >= 0)
		close(sockets->ear);
	*sockets = (struct dialer_sockets){-1, -1};
}

enum dialer_status dialer_socket_open(const char *uplink, uint8_t proto, uint32_t ip, uint16_t port,
                                      struct dialer_sockets *out)
{
	const struct sockaddr_in peer = {
	        .sin_family = AF_INET,
	        .sin_port = htons(port),
	        .sin_addr.s_addr = htonl(ip),
	};
	const enum dialer_status status = check_route(&peer, uplink);

	if (status != DIALER_OK || open_sockets(proto, &peer, uplink, out))
		return status;
	dialer_socket_close(out);
	return DIALER_NO_SOCKET;
}
