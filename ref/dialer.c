/* SPDX-License-Identifier: ISC */
/* dialer.c: both ends of the dialer's socket pair. */
#include "ref/dialer.h"

#include "bytes/rd.h"
#include "bytes/wr.h"
#include "ref/exits.h"
#include "ref/ipv4.h"
#include "ref/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_LEN 11
#define ANSWER_LEN  5

/* Room for one descriptor, aligned as the kernel wants it. */
union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

/* --- the dialer process --- */

static bool tie_to_uplink(int fd, const char *uplink)
{
	unsigned number;

	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, uplink, (socklen_t)strlen(uplink)) == 0)
		return true;
	if (errno != EPERM)
		return false;
	number = htonl(if_nametoindex(uplink));
	return number && setsockopt(fd, IPPROTO_IP, IP_UNICAST_IF, &number, sizeof(number)) == 0;
}

/* A UDP socket tied to the uplink, or -1 with errno set. */
static int make_socket(const char *uplink)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
	int error;

	if (fd < 0 || tie_to_uplink(fd, uplink))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static enum dialer_status serve_request(const struct policy *policy, const char *uplink,
                                        uint8_t proto, uint32_t ip, uint16_t port, int *fd)
{
	struct sockaddr_in peer = {
	        .sin_family = AF_INET,
	        .sin_port = htons(port),
	        .sin_addr.s_addr = htonl(ip),
	};

	if (proto != IPV4_UDP || !policy_find(policy, proto, ip, port))
		return DIALER_REFUSED;
	*fd = make_socket(uplink);
	if (*fd < 0)
		return DIALER_NO_SOCKET;
	if (connect(*fd, (const struct sockaddr *)&peer, sizeof(peer)) == 0)
		return DIALER_OK;
	close(*fd);
	*fd = -1;
	return DIALER_NO_SOCKET;
}

/* `fd` is passed along unless it is -1. */
static bool send_answer(int pair, uint32_t number, enum dialer_status status, int fd)
{
	uint8_t bytes[ANSWER_LEN];
	struct wr w = wr_of(bytes, sizeof(bytes));
	union control control = {{0}};
	struct iovec iov = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

	if (!wr_u32(&w, number) || !wr_u8(&w, (uint8_t)status))
		return false;
	if (fd >= 0) {
		struct cmsghdr *header;

		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	return sendmsg(pair, &message, MSG_NOSIGNAL) == (ssize_t)sizeof(bytes);
}

/* The dialer's whole life. Returns its exit code. */
static int serve(int pair, const struct policy *policy, const char *uplink)
{
	int probe = make_socket(uplink);

	if (probe < 0) {
		fprintf(stderr, "refnat: cannot tie a socket to uplink %s: %s\n", uplink,
		        strerror(errno));
		return EXITS_ENVIRONMENT;
	}
	close(probe);
	if (!send_answer(pair, 0, DIALER_OK, -1))
		return EXITS_ENVIRONMENT;
	for (;;) {
		uint8_t bytes[REQUEST_LEN + 1];
		ssize_t n = recv(pair, bytes, sizeof(bytes), 0);
		struct rd r = rd_of(bytes, n == REQUEST_LEN ? REQUEST_LEN : 0);
		uint32_t number, ip;
		uint8_t proto;
		uint16_t port;
		enum dialer_status status;
		bool sent;
		int fd = -1;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return EXITS_OK;
		if (!rd_u32(&r, &number) || !rd_u8(&r, &proto) || !rd_u32(&r, &ip) ||
		    !rd_u16(&r, &port))
			return EXITS_ENVIRONMENT; /* our own worker does not talk like that */
		status = serve_request(policy, uplink, proto, ip, port, &fd);
		sent = send_answer(pair, number, status, fd);
		if (fd >= 0)
			close(fd);
		if (!sent)
			return EXITS_OK;
	}
}

/* Keeps standard error and its end of the pair only: were the frame channel or the event channel
 * still open here, their readers would not see the worker's end. */
static int keep_only(int pair)
{
	int kept = fcntl(pair, F_DUPFD_CLOEXEC, 3);

	if (kept < 0)
		return -1;
	if (close_range(0, 1, 0) < 0 || close_range((unsigned)kept + 1, ~0U, 0) < 0)
		return -1;
	if (kept > 3 && close_range(3, (unsigned)kept - 1, 0) < 0)
		return -1;
	return kept;
}

static void __attribute__((noreturn))
child(int pair, pid_t parent, const struct policy *policy, const char *uplink)
{
	pair = keep_only(pair);
	/* Kernels before 5.7 want CAP_NET_RAW for SO_BINDTODEVICE. */
	if (pair < 0 || !sandbox_drop_privileges(1U << CAP_NET_RAW))
		exit(EXITS_ENVIRONMENT);
	/* A parent that died before the prctl is told by getppid(). */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != parent)
		exit(EXITS_ENVIRONMENT);
	exit(serve(pair, policy, uplink));
}

/* --- the worker's end --- */

/* The descriptor in a message, or -1. */
static int passed_fd(struct msghdr *message)
{
	const struct cmsghdr *header = CMSG_FIRSTHDR(message);
	int fd;

	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(sizeof(fd)))
		return -1;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

static enum dialer_status receive_answer(const struct dialer *dialer, int patience_ms, int *fd)
{
	uint8_t bytes[ANSWER_LEN];
	union control control;
	struct iovec iov = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	struct msghdr message = {
	        .msg_iov = &iov,
	        .msg_iovlen = 1,
	        .msg_control = control.bytes,
	        .msg_controllen = sizeof(control.bytes),
	};
	struct pollfd readable = {.fd = dialer->fd, .events = POLLIN};
	struct rd r = rd_of(bytes, sizeof(bytes));
	uint32_t number;
	uint8_t status;
	int got;

	if (poll(&readable, 1, patience_ms) < 1 ||
	    recvmsg(dialer->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != sizeof(bytes))
		return DIALER_GONE;
	got = passed_fd(&message);
	if (!rd_u32(&r, &number) || !rd_u8(&r, &status) || number != dialer->number ||
	    status >= DIALER_GONE || (got >= 0 && status != DIALER_OK)) {
		if (got >= 0)
			close(got);
		return DIALER_GONE;
	}
	*fd = got;
	return (enum dialer_status)status;
}

bool dialer_start(struct dialer *dialer, const struct policy *policy, const char *uplink)
{
	const pid_t parent = getpid();
	int pair[2], none;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		fprintf(stderr, "refnat: dialer: %s\n", strerror(errno));
		return false;
	}
	fflush(NULL);
	*dialer = (struct dialer){.fd = pair[0], .pid = fork()};
	if (!dialer->pid)
		child(pair[1], parent, policy, uplink);
	close(pair[1]);
	if (dialer->pid < 0) {
		fprintf(stderr, "refnat: dialer: %s\n", strerror(errno));
		close(pair[0]);
		return false;
	}
	if (receive_answer(dialer, DIALER_START_MS, &none) == DIALER_OK)
		return true;
	fprintf(stderr, "refnat: the dialer did not start\n");
	dialer_stop(dialer);
	return false;
}

enum dialer_status dialer_dial(struct dialer *dialer, uint8_t proto, uint32_t ip, uint16_t port,
                               int *fd)
{
	uint8_t bytes[REQUEST_LEN];
	struct wr w = wr_of(bytes, sizeof(bytes));
	enum dialer_status status;

	dialer->number++;
	if (!wr_u32(&w, dialer->number) || !wr_u8(&w, proto) || !wr_u32(&w, ip) ||
	    !wr_u16(&w, port))
		return DIALER_GONE;
	if (send(dialer->fd, bytes, sizeof(bytes), MSG_NOSIGNAL | MSG_DONTWAIT) != sizeof(bytes))
		return DIALER_GONE;
	status = receive_answer(dialer, DIALER_PATIENCE_MS, fd);
	/* The kernel leaves the descriptor out when this process may not open another. */
	return status == DIALER_OK && *fd < 0 ? DIALER_NO_SOCKET : status;
}

void dialer_stop(struct dialer *dialer)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	close(dialer->fd);
	for (int i = 0; i < 100; i++) {
		if (waitpid(dialer->pid, NULL, WNOHANG) != 0)
			return;
		nanosleep(&pause, NULL);
	}
	kill(dialer->pid, SIGKILL); /* it was stopped, or is stuck */
	waitpid(dialer->pid, NULL, 0);
}
