/* SPDX-License-Identifier: ISC */
/* dialer_client.c: the worker's end of the dialer's pairs. */
#include "ref/dialer_wire.h"

#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The descriptors in a message; how many, or -1 when there is something else. */
static int passed_fds(struct msghdr *message, int fds[2])
{
	const struct cmsghdr *header = CMSG_FIRSTHDR(message);
	size_t count;

	if (!header)
		return 0;
	if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len < CMSG_LEN(sizeof(int)) ||
	    header->cmsg_len > CMSG_LEN(2 * sizeof(int)))
		return -1;
	count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(header), count * sizeof(int));
	return (int)count;
}

static void close_sockets(struct dialer_sockets *sockets)
{
	if (sockets->fd >= 0)
		close(sockets->fd);
	if (sockets->ear >= 0)
		close(sockets->ear);
	*sockets = (struct dialer_sockets){-1, -1};
}

static enum dialer_status receive_answer(const struct dialer *dialer, int patience_ms,
                                         struct dialer_sockets *out)
{
	uint8_t bytes[DIALER_WIRE_ANSWER_LEN];
	union dialer_wire_control control;
	struct iovec iov = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	struct msghdr message = {
	        .msg_iov = &iov,
	        .msg_iovlen = 1,
	        .msg_control = control.bytes,
	        .msg_controllen = sizeof(control.bytes),
	};
	struct pollfd readable = {.fd = dialer->fd, .events = POLLIN};
	struct rd r = rd_of(bytes, sizeof(bytes));
	int fds[2] = {-1, -1};
	uint32_t number;
	uint8_t status;
	ssize_t n;
	int count;

	if (poll(&readable, 1, patience_ms) < 1)
		return DIALER_GONE;
	n = recvmsg(dialer->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	count = n < 0 ? -1 : passed_fds(&message, fds);
	*out = (struct dialer_sockets){.fd = fds[0], .ear = fds[1]};
	if (count < 0 || n != sizeof(bytes) || !rd_u32(&r, &number) || !rd_u8(&r, &status) ||
	    number != dialer->number || status >= DIALER_GONE ||
	    (count > 0 && status != DIALER_OK && status != DIALER_LOCAL)) {
		close_sockets(out);
		return DIALER_GONE;
	}
	return (enum dialer_status)status;
}

bool dialer_client_greet(const struct dialer *dialer)
{
	struct dialer_sockets none;

	return receive_answer(dialer, DIALER_START_MS, &none) == DIALER_OK;
}

enum dialer_status dialer_dial(struct dialer *dialer, uint8_t proto, uint32_t ip, uint16_t port,
                               uint16_t guest_port, struct dialer_sockets *out)
{
	uint8_t bytes[DIALER_WIRE_REQUEST_LEN];
	struct wr w = wr_of(bytes, sizeof(bytes));
	enum dialer_status status;

	*out = (struct dialer_sockets){-1, -1};
	dialer->number++;
	if (!wr_u32(&w, dialer->number) || !wr_u8(&w, proto) || !wr_u32(&w, ip) ||
	    !wr_u16(&w, port) || !wr_u16(&w, guest_port))
		return DIALER_GONE;
	if (send(dialer->fd, bytes, sizeof(bytes), MSG_NOSIGNAL | MSG_DONTWAIT) != sizeof(bytes))
		return DIALER_GONE;
	status = receive_answer(dialer, DIALER_PATIENCE_MS, out);
	/* The kernel leaves descriptors out when this process may not open more. */
	if ((status != DIALER_OK && status != DIALER_LOCAL) ||
	    (out->fd >= 0 && (out->ear >= 0) == (proto == IPPROTO_UDP && status == DIALER_OK)))
		return status;
	close_sockets(out);
	return DIALER_NO_SOCKET;
}

bool dialer_take_order(const struct dialer *dialer, struct order *out)
{
	uint8_t bytes[DIALER_WIRE_ORDER_LEN + 1];
	ssize_t n = recv(dialer->orders, bytes, sizeof(bytes), MSG_DONTWAIT);
	struct rd r = rd_of(bytes, n == DIALER_WIRE_ORDER_LEN ? DIALER_WIRE_ORDER_LEN : 0);
	uint8_t kind;

	if (!rd_u8(&r, &kind) || !dialer_wire_get_u64(&r, &out->argument))
		return false;
	out->kind = (enum order_kind)kind;
	return true;
}

bool dialer_answer_order(const struct dialer *dialer, enum order_kind kind,
                         const uint64_t numbers[ORDER_NUMBERS])
{
	uint8_t bytes[DIALER_WIRE_DONE_LEN];
	struct wr w = wr_of(bytes, sizeof(bytes));

	if (!wr_u8(&w, (uint8_t)kind))
		return false;
	for (size_t i = 0; i < ORDER_NUMBERS; i++)
		if (!dialer_wire_put_u64(&w, numbers[i]))
			return false;
	return send(dialer->orders, bytes, sizeof(bytes), MSG_NOSIGNAL | MSG_DONTWAIT) ==
	       (ssize_t)sizeof(bytes);
}

void dialer_stop(struct dialer *dialer)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	close(dialer->fd);
	close(dialer->orders);
	for (int i = 0; i < 100; i++) {
		if (waitpid(dialer->pid, NULL, WNOHANG) != 0)
			return;
		nanosleep(&pause, NULL);
	}
	/* It was stopped, or is stuck: PR_SET_PDEATHSIG ends it with this process. */
}
