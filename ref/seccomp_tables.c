/* SPDX-License-Identifier: ISC */
/* seccomp_tables.c: which system calls each process may make, and what for.
 *
 * The C library does not always make the call that the source names, and not the same one on every
 * architecture: send() is sendto, poll() is ppoll where there is no poll, waitpid() is wait4. Both
 * of a pair are in the tables.
 *
 * What is not in them, and why it would be tempting:
 *	sendmsg, sendmmsg  (worker, gate) their address is behind a pointer, and an address given with a
 *	                   datagram goes before the one that the socket is connected to
 *	mmap, mprotect     (worker) memory is allocated before; brk only is left, for free()
 *	kill               the dialer is told to end by closing the pair
 *	unlink             (worker, dialer) the path is behind a pointer: the janitor does it
 *	fcntl(F_DUPFD), dup, prctl, sigaction, rlimits: done before */
#include "ref/seccomp.h"

#include <assert.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#ifndef SO_PEEK_OFF
#define SO_PEEK_OFF 42
#endif

/* clang-format off */
/* Checks of argument number `arg_`. */
#define IS(arg_, value_)          BITS(arg_, ~0U, value_)
#define BITS(arg_, mask_, value_) {.test = SECCOMP_MASKED, .arg = (arg_), \
				   .mask = (uint32_t)(mask_), .value = (value_)}
#define NIL(arg_)                 {.test = SECCOMP_NULL, .arg = (arg_)}
#define SELF(arg_)                {.test = SECCOMP_SELF, .arg = (arg_)}

#define CALL(name)                {.nr = SYS_##name}
#define CALL_IF(name, ...)        {.nr = SYS_##name, .checks = {__VA_ARGS__}}
#define OPTION(level, name)       CALL_IF(setsockopt, IS(1, level), IS(2, name))
#define SOCKET(type, protocol)    CALL_IF(socket, IS(0, AF_INET), \
					  BITS(1, ~(SOCK_CLOEXEC | SOCK_NONBLOCK), type), \
					  IS(2, protocol))

/* The end of every process: exit(), abort(), and what the C library says when a check fails. */
#define ENDING CALL(exit_group), CALL(exit), CALL(rt_sigreturn), CALL(rt_sigprocmask), \
	       CALL(getpid), CALL(gettid), CALL_IF(tgkill, SELF(0)), CALL(restart_syscall)

/* malloc() and free() */
#define MEMORY CALL(brk), CALL(mremap), CALL(munmap), CALL(madvise), \
	       CALL_IF(mmap, BITS(2, PROT_EXEC, 0), BITS(3, MAP_ANONYMOUS, MAP_ANONYMOUS))

#define TABLE(rules_) {.rules = (rules_), .count = sizeof(rules_) / sizeof(*(rules_))}
/* clang-format on */

static const struct seccomp_rule worker[] = {
/* Every wake-up of the loop. */
#ifdef SYS_epoll_wait
        CALL(epoll_wait),
#endif
        CALL(epoll_pwait),
        CALL(epoll_pwait2),
        CALL(clock_gettime), /* where the vDSO has no clock */
        CALL(recvfrom),
        CALL_IF(sendto, NIL(4)), /* send() */
        CALL(read),
        CALL(write),
        CALL(writev),
        CALL(recvmsg), /* the dialer's descriptors; errors of a socket */
        CALL(epoll_ctl),
        CALL(epoll_create1),
#ifdef SYS_poll
        CALL(poll),
#endif
        CALL(ppoll),

        /* The life of a connection, once the dialer has made the socket. */
        CALL(close),
        CALL(shutdown),
        CALL(accept4), /* of the frame channel's listener; another one cannot be made */
        CALL(getsockopt),
        CALL(getsockname),
        CALL(getpeername),
        CALL_IF(ioctl, IS(1, SIOCINQ)),
        CALL_IF(fcntl, IS(1, F_GETFL)),
        CALL_IF(fcntl, IS(1, F_SETFL)),
        OPTION(SOL_SOCKET, SO_PEEK_OFF),
        OPTION(SOL_SOCKET, SO_LINGER),

        /* Odds and ends: seeds, free(), waiting for the dialer and the janitor to end. */
        CALL(getrandom),
        CALL(brk),
        CALL(munmap),
        CALL(madvise),
        CALL(wait4),
        CALL(waitid),
        CALL(clock_nanosleep),
        CALL(nanosleep),
        ENDING,
};

static const struct seccomp_rule dialer[] = {
        /* A request, and what answers it. */
        CALL(recvfrom),
        CALL(recvmsg),
#ifdef SYS_poll
        CALL(poll),
#endif
        CALL(ppoll),
        SOCKET(SOCK_DGRAM, IPPROTO_UDP),
        SOCKET(SOCK_STREAM, IPPROTO_TCP),
        SOCKET(SOCK_DGRAM, IPPROTO_ICMP),
        CALL_IF(socketpair, IS(0, AF_UNIX)), /* one end for the worker, one for the gate */
        CALL(bind),
        CALL(connect),
        CALL(getsockopt),
        CALL(getsockname),
        CALL(getpeername),
        CALL(sendmsg), /* passes descriptors */
        CALL_IF(sendto, NIL(4)),
        CALL(close),
        CALL(shutdown),
        CALL_IF(ioctl, IS(1, SIOCGIFINDEX)), /* the uplink's number */
        CALL_IF(fcntl, IS(1, F_GETFL)),
        CALL_IF(fcntl, IS(1, F_SETFL)),
        OPTION(SOL_SOCKET, SO_BINDTODEVICE),
        OPTION(SOL_SOCKET, SO_REUSEADDR),
        OPTION(SOL_SOCKET, SO_OOBINLINE),
        OPTION(IPPROTO_IP, IP_UNICAST_IF),
        OPTION(IPPROTO_TCP, TCP_NODELAY),

        /* The control channel, and a policy that comes in through it: jansson, malloc, qsort. */
        CALL(read),
        CALL(write),
        CALL(writev),
        MEMORY,
        CALL(sysinfo),
        CALL(getrandom),
        CALL(clock_gettime),
        CALL(clock_nanosleep),
        CALL(nanosleep),
        ENDING,
};

static const struct seccomp_rule janitor[] = {
        CALL(read), /* until the worker has ended */
#ifdef SYS_unlink
        CALL(unlink),
#endif
        CALL_IF(unlinkat, IS(2, 0)), /* no directories */
        CALL(write),
        CALL(writev),
        CALL(close),
        ENDING,
};

static const struct seccomp_rule gate[] = {
/* Every wake-up of the loop. */
#ifdef SYS_epoll_wait
        CALL(epoll_wait),
#endif
        CALL(epoll_pwait),
        CALL(epoll_pwait2),
        CALL(clock_gettime),
        CALL(recvfrom),
        CALL_IF(sendto, NIL(4)), /* send() */
        CALL(read),
        CALL(write),
        CALL(readv),
        CALL(writev),
        CALL(recvmsg), /* descriptors of the dialer's */
        CALL(epoll_ctl),

        /* The life of a connection; its descriptors are made by the dialer. */
        CALL(close),
        CALL(shutdown),
        CALL(getsockopt),
        CALL_IF(ioctl, IS(1, SIOCINQ)),
        CALL_IF(ioctl, IS(1, SIOCOUTQ)),
        CALL_IF(fcntl, IS(1, F_GETFL)),
        CALL_IF(fcntl, IS(1, F_SETFL)),
        OPTION(SOL_SOCKET, SO_LINGER),
        OPTION(IPPROTO_TCP, TCP_NODELAY),

        /* What OpenSSL wants besides. */
        MEMORY,
        CALL(getrandom),
        CALL(gettimeofday),
#ifdef SYS_time
        CALL(time),
#endif
        CALL(futex),
        ENDING,
};

static const struct seccomp_rule minter[] = {
        CALL(recvfrom),
        CALL_IF(sendto, NIL(4)),
        CALL(write), /* complaints */
        CALL(writev),
        CALL(close),

        MEMORY,
        CALL(getrandom),
        CALL(clock_gettime),
        CALL(gettimeofday),
#ifdef SYS_time
        CALL(time),
#endif
        CALL(futex),
        ENDING,
};

static_assert(sizeof(worker) / sizeof(*worker) <= SECCOMP_RULES_MAX, "room for the worker's");
static_assert(sizeof(dialer) / sizeof(*dialer) <= SECCOMP_RULES_MAX, "room for the dialer's");
static_assert(sizeof(gate) / sizeof(*gate) <= SECCOMP_RULES_MAX, "room for the gate's");

const struct seccomp_table seccomp_worker = TABLE(worker);
const struct seccomp_table seccomp_dialer = TABLE(dialer);
const struct seccomp_table seccomp_janitor = TABLE(janitor);
const struct seccomp_table seccomp_gate = TABLE(gate);
const struct seccomp_table seccomp_minter = TABLE(minter);
