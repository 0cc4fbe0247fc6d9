/* SPDX-License-Identifier: ISC */
/* sandbox_forbidden.c: what an intruder would try. */
#include "ref/sandbox_acts.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ACT    SANDBOX_ACT
#define RESULT SANDBOX_RESULT

#define PROTOCOL_MPTCP 262
#define X32            0x40000000

/* Three numbers in one. */
#define PACK(a, b, c)    ((long)(a) << 24 | (long)(b) << 16 | (c))
#define UNPACK_A(number) ((int)((number) >> 24 & 0xff))
#define UNPACK_B(number) ((int)((number) >> 16 & 0xff))
#define UNPACK_C(number) ((int)((number)&0xffff))

/* --- privileges --- */

ACT(take_capability)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return errno;
	data[0].permitted |= 1U << number;
	data[0].effective |= 1U << number;
	return RESULT(syscall(SYS_capset, &header, data));
}

ACT(leave_groups)
{
	return RESULT(setgroups(0, NULL));
}

ACT(change_root)
{
	return RESULT(chroot("/"));
}

ACT(raise_limit)
{
	const struct rlimit one = {.rlim_cur = 1, .rlim_max = 1};

	return RESULT(setrlimit((__rlimit_resource_t)number, &one));
}

/* The next three are asked for, not done: they would need a set-user-ID program, a tracer, a file
 * with capabilities. */
ACT(be_traced_by_the_user)
{
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1 ? 0 : EPERM;
}

ACT(gain_by_executing)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 ? 0 : EPERM;
}

ACT(find_in_bounding_set)
{
	if (!scene->may_drop_bounding)
		return EPERM;
	return prctl(PR_CAPBSET_READ, number, 0, 0, 0) == 1 ? 0 : EPERM;
}

/* --- files --- */

ACT(open_device)
{
	return RESULT(open("/dev/null", (int)number | O_CLOEXEC));
}

ACT(open_directory)
{
	return RESULT(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

ACT(make_directory)
{
	char path[256];

	snprintf(path, sizeof(path), "%s.d", scene->path);
	if (mkdir(path, 0700) < 0)
		return errno;
	return RESULT(rmdir(path));
}

ACT(truncate_file)
{
	return RESULT(truncate(scene->path, 0));
}

ACT(remove_file)
{
	return RESULT(unlink(scene->path));
}

ACT(execute)
{
	static char *const argv[] = {"true", NULL}, *const none[] = {NULL};

	execve("/bin/true", argv, none);
	return errno;
}

/* --- network --- */

ACT(make_socket)
{
	return RESULT(socket(UNPACK_A(number), UNPACK_B(number), UNPACK_C(number)));
}

ACT(connect_udp)
{
	const struct sockaddr_in *to = &scene->udp_address;

	return RESULT(connect(scene->udp, (const struct sockaddr *)to, sizeof(*to)));
}

ACT(connect_tcp)
{
	const struct sockaddr_in *to = &scene->tcp_address;

	return RESULT(connect(scene->tcp, (const struct sockaddr *)to, sizeof(*to)));
}

ACT(bind_tcp)
{
	const struct sockaddr_in any = {.sin_family = AF_INET};

	return RESULT(bind(scene->tcp, (const struct sockaddr *)&any, sizeof(any)));
}

ACT(connect_abstract)
{
	const struct sockaddr *to = (const struct sockaddr *)&scene->unix_address;

	return RESULT(connect(scene->unix_stream, to, scene->unix_address_len));
}

ACT(send_to_address)
{
	const struct sockaddr_in *to = &scene->udp_address;

	return RESULT(sendto(scene->udp, "x", 1, 0, (const struct sockaddr *)to, sizeof(*to)));
}

ACT(send_message_to_address)
{
	struct sockaddr_in to = scene->udp_address;
	struct iovec iov = {.iov_base = "x", .iov_len = 1};
	const struct msghdr message = {
	        .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &iov, .msg_iovlen = 1};

	return RESULT(sendmsg(scene->udp, &message, 0));
}

ACT(set_option)
{
	const int one = 1;

	return RESULT(
	        setsockopt(scene->udp, UNPACK_B(number), UNPACK_C(number), &one, sizeof(one)));
}

ACT(control_socket)
{
	return RESULT(ioctl(scene->udp, (unsigned long)number, NULL));
}

ACT(control_descriptor)
{
	return RESULT(fcntl(scene->udp, (int)number, 0));
}

/* --- processes and memory --- */

ACT(make_process)
{
	pid_t child = fork();

	if (!child)
		_exit(0);
	return child < 0 ? errno : RESULT(waitpid(child, NULL, 0));
}

ACT(signal_another)
{
	return RESULT(kill(getppid(), 0));
}

ACT(signal_another_thread)
{
	return RESULT(syscall(SYS_tgkill, getppid(), getppid(), 0));
}

ACT(trace_another)
{
	return RESULT(ptrace(PTRACE_SEIZE, getppid(), NULL, NULL));
}

ACT(map_anonymous)
{
	void *p = mmap(NULL, 4096, (int)number, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno : 0;
}

ACT(map_descriptor)
{
	void *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, scene->pair[0], 0);

	return p == MAP_FAILED ? errno : 0;
}

/* A call with zeros for arguments; the rows have those only that do nothing then. */
ACT(call_raw)
{
	return RESULT(syscall(number, 0, 0, 0, 0, 0, 0));
}

/* The number is that of writev here and of getpid on i386. */
#ifdef __x86_64__
ACT(call_as_i386)
{
	long result = number;

	__asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
	return result < 0 ? (int)-result : 0;
}
#endif

#define W      (1U << SANDBOX_WORKER)
#define D      (1U << SANDBOX_DIALER)
#define J      (1U << SANDBOX_JANITOR)
#define G      (1U << SANDBOX_GATE)
#define M      (1U << SANDBOX_MINTER)
#define ALL    (W | D | J | G | M)
#define KILLED (SANDBOX_SIGNAL + SIGSYS)

/* clang-format off */
#define PRIVILEGES(roles, ...)             {roles, SANDBOX_PRIVILEGES, 0, EPERM, __VA_ARGS__}
#define LANDLOCK(roles, abi, outcome, ...) {roles, SANDBOX_LANDLOCK, abi, outcome, __VA_ARGS__}
#define SECCOMP(roles, ...)                {roles, SANDBOX_SECCOMP, 0, KILLED, __VA_ARGS__}
#define RAW(roles, name)                   SECCOMP(roles, #name "(2)", call_raw, SYS_##name)
/* clang-format on */

static const struct sandbox_act rows[] = {
        PRIVILEGES(ALL, "taking CAP_NET_ADMIN", take_capability, CAP_NET_ADMIN),
        PRIVILEGES(W | J | G | M, "taking CAP_NET_RAW", take_capability, CAP_NET_RAW),
        PRIVILEGES(W | J | G | M, "a packet socket", make_socket, PACK(AF_PACKET, SOCK_RAW, 0)),
        PRIVILEGES(ALL, "leaving its groups", leave_groups, 0),
        PRIVILEGES(ALL, "chroot(2)", change_root, 0),
        PRIVILEGES(ALL, "raising the limit of core files", raise_limit, RLIMIT_CORE),
        PRIVILEGES(ALL, "raising the limit of processes", raise_limit, RLIMIT_NPROC),
        PRIVILEGES(ALL, "being traced by its user", be_traced_by_the_user, 0),
        PRIVILEGES(ALL, "gaining privileges by execve(2)", gain_by_executing, 0),
        PRIVILEGES(ALL, "CAP_SYS_ADMIN in the bounding set", find_in_bounding_set, CAP_SYS_ADMIN),

        LANDLOCK(ALL, 1, EACCES, "reading a file", open_device, O_RDONLY),
        LANDLOCK(ALL, 1, EACCES, "writing a file", open_device, O_WRONLY),
        LANDLOCK(ALL, 1, EACCES, "reading a directory", open_directory, 0),
        LANDLOCK(ALL, 1, EACCES, "making a directory", make_directory, 0),
        LANDLOCK(W | D | G | M, 1, EACCES, "removing a file", remove_file, 0),
        LANDLOCK(ALL, 1, EACCES, "executing a program", execute, 0),
        LANDLOCK(ALL, 1, EPERM, "tracing another process", trace_another, 0),
        LANDLOCK(ALL, 3, EACCES, "truncating a file", truncate_file, 0),
        LANDLOCK(ALL, 4, EACCES, "binding a TCP socket", bind_tcp, 0),
        LANDLOCK(W | J | G | M, 4, EACCES, "connecting a TCP socket", connect_tcp, 0),
        LANDLOCK(ALL, 6, EPERM, "another's abstract Unix socket", connect_abstract, 0),
        LANDLOCK(D | J | G | M, 6, EPERM, "a signal to another process", signal_another, 0),

        SECCOMP(W | J | G | M, "a UDP socket", make_socket, PACK(AF_INET, SOCK_DGRAM, 0)),
        SECCOMP(W | J | G | M, "a TCP socket", make_socket, PACK(AF_INET, SOCK_STREAM, 0)),
        SECCOMP(ALL, "a Unix socket", make_socket, PACK(AF_UNIX, SOCK_STREAM, 0)),
        SECCOMP(ALL, "an IPv6 socket", make_socket, PACK(AF_INET6, SOCK_DGRAM, 0)),
        SECCOMP(ALL, "a packet socket", make_socket, PACK(AF_PACKET, SOCK_RAW, 0)),
        SECCOMP(ALL, "a netlink socket", make_socket, PACK(AF_NETLINK, SOCK_RAW, 0)),
        SECCOMP(D, "a raw IP socket", make_socket, PACK(AF_INET, SOCK_RAW, IPPROTO_UDP)),
        SECCOMP(D, "a multipath TCP socket", make_socket,
                PACK(AF_INET, SOCK_STREAM, PROTOCOL_MPTCP)),
        SECCOMP(W | J | G | M, "connect(2)", connect_udp, 0),
        SECCOMP(W | G | M, "sendto(2) with an address", send_to_address, 0),
        SECCOMP(W | J | G | M, "sendmsg(2) with an address", send_message_to_address, 0),
        SECCOMP(W | D | G | M, "attaching a socket filter", set_option,
                PACK(0, SOL_SOCKET, SO_ATTACH_FILTER)),
        SECCOMP(W | D | G | M, "repairing TCP", set_option, PACK(0, IPPROTO_TCP, TCP_REPAIR)),
        SECCOMP(W | G | M, "another uplink", set_option, PACK(0, SOL_SOCKET, SO_BINDTODEVICE)),
        SECCOMP(W | D | G | M, "typing into a terminal", control_socket, TIOCSTI),
        SECCOMP(W | G | M, "looking at interfaces", control_socket, SIOCGIFINDEX),
        SECCOMP(W | D | G | M, "changing interfaces", control_socket, SIOCSIFFLAGS),
        SECCOMP(W | D | G | M, "fcntl(F_DUPFD)", control_descriptor, F_DUPFD),
        SECCOMP(W | D | G | M, "fcntl(F_SETOWN)", control_descriptor, F_SETOWN),
        SECCOMP(ALL, "open(2)", open_device, O_RDONLY),
        SECCOMP(W | D | G | M, "unlink(2)", remove_file, 0),
        SECCOMP(ALL, "execve(2)", execute, 0),
        SECCOMP(ALL, "fork(2)", make_process, 0),
        SECCOMP(ALL, "kill(2) of another", signal_another, 0),
        SECCOMP(ALL, "tgkill(2) of another", signal_another_thread, 0),
        SECCOMP(W | J, "mapping memory", map_anonymous, PROT_READ | PROT_WRITE),
        SECCOMP(ALL, "mapping code", map_anonymous, PROT_READ | PROT_EXEC),
        SECCOMP(ALL, "mapping a descriptor", map_descriptor, 0),
#ifdef __x86_64__
        SECCOMP(ALL, "a call of i386", call_as_i386, 20),
        SECCOMP(ALL, "a call of x32", call_raw, X32 | SYS_getpid),
#endif
        RAW(ALL, openat2),
        RAW(ALL, execveat),
        RAW(ALL, clone3),
        RAW(ALL, ptrace),
        RAW(ALL, mprotect),
        RAW(ALL, process_vm_readv),
        RAW(ALL, process_vm_writev),
        RAW(ALL, pidfd_open),
        RAW(ALL, io_uring_setup),
        RAW(ALL, bpf),
        RAW(ALL, perf_event_open),
        RAW(ALL, userfaultfd),
        RAW(ALL, memfd_create),
        RAW(ALL, keyctl),
        RAW(ALL, unshare),
        RAW(ALL, setns),
        RAW(ALL, mount),
        RAW(ALL, renameat2),
        RAW(ALL, prctl),
        RAW(ALL, prlimit64),
        RAW(ALL, rt_sigaction),
        RAW(W | J | G | M, socketpair),
        SECCOMP(D, "a pair of another family than Unix", call_raw, SYS_socketpair),
        RAW(ALL, listen),
        RAW(W | J | G | M, bind),
        RAW(D | J | G | M, accept4),
        RAW(ALL, sendmmsg),
        RAW(ALL, splice),
        RAW(ALL, dup),
};

const struct sandbox_acts sandbox_forbidden = {rows, sizeof(rows) / sizeof(*rows)};
