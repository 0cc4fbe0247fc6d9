/* SPDX-License-Identifier: ISC */
/* sandbox_permitted.c: what refnat does, by the C library's functions that it uses for that. */
#include "ref/sandbox_acts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ACT    SANDBOX_ACT
#define RESULT SANDBOX_RESULT

/* --- messages --- */

ACT(send_and_receive)
{
	char byte;

	if (send(scene->udp, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return errno;
	return RESULT(recv(scene->udp, &byte, 1, 0));
}

ACT(read_and_write)
{
	char byte;

	if (write(scene->pair[1], "x", 1) < 0)
		return errno;
	return RESULT(read(scene->pair[0], &byte, 1));
}

ACT(write_vector)
{
	const struct iovec iov[2] = {{.iov_base = "x", .iov_len = 1},
	                             {.iov_base = "y", .iov_len = 1}};

	return RESULT(writev(scene->pair[1], iov, 2));
}

ACT(receive_descriptor)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &iov,
	                         .msg_iovlen = 1,
	                         .msg_control = control,
	                         .msg_controllen = sizeof(control)};

	if (recvmsg(scene->pair[1], &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0)
		return errno;
	return CMSG_FIRSTHDR(&message) ? 0 : ENOMSG;
}

ACT(pass_descriptor)
{
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {.iov_base = "x", .iov_len = 1};
	struct msghdr message = {.msg_iov = &iov,
	                         .msg_iovlen = 1,
	                         .msg_control = control,
	                         .msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	*header = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
	                           .cmsg_type = SCM_RIGHTS,
	                           .cmsg_len = CMSG_LEN(sizeof(int))};
	memcpy(CMSG_DATA(header), &scene->tcp, sizeof(scene->tcp));
	return RESULT(sendmsg(scene->pair[0], &message, MSG_NOSIGNAL));
}

/* --- waiting --- */

ACT(wait_by_epoll)
{
	struct epoll_event event = {.events = EPOLLOUT};
	int second = epoll_create1(EPOLL_CLOEXEC);

	if (second < 0 || epoll_ctl(scene->epoll, EPOLL_CTL_ADD, scene->udp, &event) < 0)
		return errno;
	return RESULT(epoll_wait(scene->epoll, &event, 1, 0));
}

ACT(wait_by_poll)
{
	struct pollfd room = {.fd = scene->udp, .events = POLLOUT};

	return RESULT(poll(&room, 1, 0));
}

ACT(sleep_a_little)
{
	const struct timespec pause = {.tv_nsec = 1};

	return RESULT(nanosleep(&pause, NULL));
}

/* The system call: the C library asks the vDSO where it can. */
ACT(read_clock)
{
	struct timespec now;

	return RESULT(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now));
}

ACT(wait_for_child)
{
	return RESULT(waitpid(scene->child, NULL, 0));
}

/* --- sockets --- */

ACT(accept_peer)
{
	return RESULT(accept4(scene->unix_listener, NULL, NULL, SOCK_CLOEXEC));
}

ACT(close_one)
{
	if (shutdown(scene->udp, SHUT_RDWR) < 0)
		return errno;
	return RESULT(close(scene->udp));
}

/* What the worker does to a connection: peeks behind what was peeked at, and ends it by a RST. */
ACT(tune_connection)
{
	const struct linger reset = {.l_onoff = 1};
	const int zero = 0;

	if (setsockopt(scene->tcp, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) < 0)
		return errno;
	return RESULT(setsockopt(scene->udp, SOL_SOCKET, SO_PEEK_OFF, &zero, sizeof(zero)));
}

ACT(prepare_sockets)
{
	const int one = 1;

	if (setsockopt(scene->udp, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    setsockopt(scene->tcp, SOL_SOCKET, SO_OOBINLINE, &one, sizeof(one)) < 0)
		return errno;
	return RESULT(setsockopt(scene->tcp, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)));
}

ACT(ask_connection)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address), error_len = sizeof(int);
	int n;

	if (getsockname(scene->udp, (struct sockaddr *)&address, &len) < 0 ||
	    getpeername(scene->udp, (struct sockaddr *)&address, &len) < 0 ||
	    getsockopt(scene->udp, SOL_SOCKET, SO_ERROR, &n, &error_len) < 0)
		return errno;
	n = fcntl(scene->udp, F_GETFL);
	return n < 0 ? errno : RESULT(fcntl(scene->udp, F_SETFL, n | O_NONBLOCK));
}

/* What the gate does to a connection of the world's. */
ACT(end_connection)
{
	const struct linger reset = {.l_onoff = 1};
	const int one = 1;
	socklen_t len = sizeof(int);
	int error;

	if (getsockopt(scene->tcp, SOL_SOCKET, SO_ERROR, &error, &len) < 0 ||
	    setsockopt(scene->tcp, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
		return errno;
	return RESULT(setsockopt(scene->tcp, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)));
}

ACT(watch_socket)
{
	struct epoll_event event = {.events = EPOLLOUT};

	if (epoll_ctl(scene->epoll, EPOLL_CTL_ADD, scene->udp, &event) < 0)
		return errno;
	return RESULT(epoll_wait(scene->epoll, &event, 1, 0));
}

ACT(make_pair)
{
	int pair[2];

	return RESULT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair));
}

ACT(ask_queue)
{
	int n;

	return RESULT(ioctl(scene->udp, SIOCINQ, &n));
}

/* Made, bound, connected: the whole of a dialer's answer. */
static int dial(int type, int proto, const struct sockaddr_in *to)
{
	const struct sockaddr_in any = {.sin_family = AF_INET};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, proto);

	if (fd < 0)
		return errno;
	/* Landlock leaves no binding to TCP. */
	if (type == SOCK_DGRAM && bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0)
		return errno;
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
		return errno;
	return RESULT(close(fd));
}

ACT(dial_udp)
{
	return dial(SOCK_DGRAM, IPPROTO_UDP, &scene->udp_address);
}

ACT(dial_tcp)
{
	return dial(SOCK_STREAM, IPPROTO_TCP, &scene->tcp_address);
}

/* Whether a user may have one is a sysctl. */
ACT(dial_icmp)
{
	return RESULT(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP));
}

ACT(tie_to_device)
{
	return RESULT(setsockopt(scene->tcp, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2));
}

ACT(tie_to_interface)
{
	struct ifreq request = {.ifr_name = "lo"};
	uint32_t index;

	if (ioctl(scene->udp, SIOCGIFINDEX, &request) < 0)
		return errno;
	index = htonl((uint32_t)request.ifr_ifindex);
	return RESULT(setsockopt(scene->tcp, IPPROTO_IP, IP_UNICAST_IF, &index, sizeof(index)));
}

/* --- memory, files, the end --- */

ACT(free_memory)
{
	free(scene->blocks[0]);
	free(scene->blocks[1]);
	return 0;
}

ACT(get_memory)
{
	char *p = malloc(300000), *q;

	q = p ? realloc(p, 3000000) : NULL;
	free(q ? q : p);
	return q ? 0 : ENOMEM;
}

ACT(load_policy)
{
	return sandbox_scene_load_policy(scene) ? 0 : EINVAL;
}

ACT(get_random)
{
	uint64_t seed;

	return RESULT(getrandom(&seed, sizeof(seed), 0));
}

ACT(remove_path)
{
	return RESULT(unlink(scene->path));
}

ACT(signal_itself)
{
	return raise((int)number) ? errno : 0;
}

ACT(signal_family)
{
	return RESULT(kill(getppid(), 0));
}

ACT(complain)
{
	return fprintf(scene->complaints, "%d: %s\n", 1, strerror(EPERM)) < 0 ? errno : 0;
}

#define W (1U << SANDBOX_WORKER)
#define D (1U << SANDBOX_DIALER)
#define J (1U << SANDBOX_JANITOR)
#define G (1U << SANDBOX_GATE)
#define M (1U << SANDBOX_MINTER)

/* clang-format off */
#define ALL(roles, what, act)     {roles, SANDBOX_ALL_STAGES, 0, 0, what, act, 0}
#define ENDS(roles, what, signal) {roles, SANDBOX_ALL_STAGES, 0, SANDBOX_SIGNAL + (signal), \
				   what, signal_itself, signal}
/* clang-format on */

static const struct sandbox_act rows[] = {
        /* PR_SET_PDEATHSIG of its children counts as a signal that it sends. */
        {W, SANDBOX_LANDLOCK, 0, 0, "signal its family", signal_family, 0},
        ALL(W | G | M, "send and receive datagrams", send_and_receive),
        ALL(W | D | G, "read and write", read_and_write),
        ALL(W | D | G, "write a vector", write_vector),
        ALL(W | D | G, "receive a message with a descriptor", receive_descriptor),
        ALL(D, "pass a descriptor", pass_descriptor),
        ALL(W, "wait by epoll", wait_by_epoll),
        ALL(W | D, "wait by poll", wait_by_poll),
        ALL(W | D, "sleep", sleep_a_little),
        ALL(W | D | G | M, "read the clock", read_clock),
        ALL(W, "wait for a child", wait_for_child),
        ALL(W, "accept the peer of its listener", accept_peer),
        ALL(W | D | G, "shut down and close", close_one),
        ALL(W, "tune a connection", tune_connection),
        ALL(W | D, "ask about a connection", ask_connection),
        ALL(W | G, "ask how much is queued", ask_queue),
        ALL(G, "learn how a connect ended, and reset", end_connection),
        ALL(G, "watch what it was given", watch_socket),
        ALL(D, "make a pair", make_pair),
        ALL(D, "make a UDP socket and connect it", dial_udp),
        ALL(D, "make a TCP socket and connect it", dial_tcp),
        ALL(D, "make an ICMP echo socket", dial_icmp),
        ALL(D, "prepare its sockets", prepare_sockets),
        ALL(D, "tie a socket to a device", tie_to_device),
        ALL(D, "tie a socket to an interface's number", tie_to_interface),
        ALL(W | D | G | M, "free memory", free_memory),
        ALL(D | G | M, "get memory", get_memory),
        ALL(D, "load a policy", load_policy),
        ALL(W | D | G | M, "get random numbers", get_random),
        ALL(J, "remove a path", remove_path),
        ALL(W | D | J | G | M, "complain", complain),
        ENDS(W | D | J | G | M, "abort", SIGUSR1),
};

const struct sandbox_acts sandbox_permitted = {rows, sizeof(rows) / sizeof(*rows)};
