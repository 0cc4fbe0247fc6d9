/* SPDX-License-Identifier: ISC */
/* gate_wire.c: messages between gate, dialer and worker. */
#include "ref/gate_wire.h"

#include "ref/dialer_wire.h"
#include "ref/ipv4.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- pairs --- */

static int *ends(struct gate_pairs *pairs, size_t i)
{
	return i == 0 ? pairs->arrivals : i == 1 ? pairs->dials : pairs->records;
}

static void close_ends(struct gate_pairs *pairs, int side)
{
	for (size_t i = 0; i < 3; i++) {
		int *fd = &ends(pairs, i)[side];

		if (*fd >= 0)
			close(*fd);
		*fd = -1;
	}
}

void gate_wire_close_gate(struct gate_pairs *pairs)
{
	close_ends(pairs, 0);
}

void gate_wire_close_others(struct gate_pairs *pairs)
{
	close_ends(pairs, 1);
}

bool gate_wire_open(struct gate_pairs *pairs)
{
	const int type = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;

	*pairs = (struct gate_pairs){{-1, -1}, {-1, -1}, {-1, -1}};
	for (size_t i = 0; i < 3; i++)
		if (socketpair(AF_UNIX, type, 0, ends(pairs, i)) < 0) {
			fprintf(stderr, "refnat: gate: %s\n", strerror(errno));
			gate_wire_close_gate(pairs);
			gate_wire_close_others(pairs);
			return false;
		}
	return true;
}

/* --- messages --- */

static bool is_proto(uint8_t proto)
{
	return proto == IPV4_UDP || proto == IPV4_TCP;
}

static bool is_arrival(const struct gate_arrival *a)
{
	return a->service > POLICY_SERVICE_NONE && a->service <= POLICY_SERVICE_HTTP &&
	       is_proto(a->proto) && (a->proto == IPV4_TCP || a->service == POLICY_SERVICE_DNS) &&
	       a->guest_port && a->dst_port;
}

static bool is_order(enum order_kind kind)
{
	return kind == ORDER_SYNC || kind == ORDER_POLICY || kind == ORDER_CLOCK;
}

static bool is_sane(const struct gate_message *m)
{
	switch (m->word) {
	case GATE_ARRIVAL:
		return is_arrival(&m->arrival);
	case GATE_DIAL:
		return is_proto(m->proto) && m->port;
	case GATE_DIALLED:
		return m->status <= DIALER_NO_SOCKET;
	case GATE_ORDER:
	case GATE_DONE:
		return is_order(m->order.kind);
	case GATE_RECORD:
	case GATE_ACK:
	case GATE_ABORT:
		return true;
	default:
		return false;
	}
}

static WR_MUST_CHECK bool put_body(struct wr *w, const struct gate_message *m)
{
	const struct gate_arrival *a = &m->arrival;

	switch (m->word) {
	case GATE_ARRIVAL:
		return wr_u32(w, a->tag) && wr_u8(w, (uint8_t)a->service) && wr_u8(w, a->proto) &&
		       wr_u32(w, a->guest_ip) && wr_u16(w, a->guest_port) && wr_u32(w, a->dst_ip) &&
		       wr_u16(w, a->dst_port);
	case GATE_DIAL:
		return wr_u32(w, m->number) && wr_u8(w, m->proto) && wr_u32(w, m->ip) &&
		       wr_u16(w, m->port);
	case GATE_DIALLED:
		return wr_u32(w, m->number) && wr_u8(w, (uint8_t)m->status);
	case GATE_ORDER:
		return wr_u8(w, (uint8_t)m->order.kind) &&
		       dialer_wire_put_u64(w, m->order.argument);
	case GATE_DONE:
		return wr_u8(w, (uint8_t)m->order.kind);
	case GATE_RECORD:
		return wr_u32(w, m->number) && record_put(w, &m->record);
	case GATE_ACK:
	case GATE_ABORT:
	default:
		return wr_u32(w, m->number);
	}
}

bool gate_wire_put(struct wr *w, const struct gate_message *message)
{
	struct wr t = *w;

	if (!is_sane(message) || !wr_u8(&t, (uint8_t)message->word) || !put_body(&t, message))
		return false;
	*w = t;
	return true;
}

static RD_MUST_CHECK bool get_arrival(struct rd *r, struct gate_arrival *out)
{
	uint8_t service;

	if (!rd_u32(r, &out->tag) || !rd_u8(r, &service) || !rd_u8(r, &out->proto) ||
	    !rd_u32(r, &out->guest_ip) || !rd_u16(r, &out->guest_port) ||
	    !rd_u32(r, &out->dst_ip) || !rd_u16(r, &out->dst_port))
		return false;
	out->service = (enum policy_service)service;
	return true;
}

static RD_MUST_CHECK bool get_body(struct rd *r, struct gate_message *out)
{
	uint8_t word;

	switch (out->word) {
	case GATE_ARRIVAL:
		return get_arrival(r, &out->arrival);
	case GATE_DIAL:
		return rd_u32(r, &out->number) && rd_u8(r, &out->proto) && rd_u32(r, &out->ip) &&
		       rd_u16(r, &out->port);
	case GATE_DIALLED:
		if (!rd_u32(r, &out->number) || !rd_u8(r, &word))
			return false;
		out->status = (enum dialer_status)word;
		return true;
	case GATE_ORDER:
	case GATE_DONE:
		if (!rd_u8(r, &word))
			return false;
		out->order.kind = (enum order_kind)word;
		return out->word == GATE_DONE || dialer_wire_get_u64(r, &out->order.argument);
	case GATE_RECORD:
		return rd_u32(r, &out->number) && record_get(r, &out->record);
	case GATE_ACK:
	case GATE_ABORT:
		return rd_u32(r, &out->number);
	default:
		return false;
	}
}

bool gate_wire_get(struct rd bytes, struct gate_message *out)
{
	uint8_t word;

	*out = (struct gate_message){0};
	if (!rd_u8(&bytes, &word))
		return false;
	out->word = (enum gate_word)word;
	return get_body(&bytes, out) && bytes.n == 0 && is_sane(out);
}

/* --- packets --- */

bool gate_wire_send(int fd, const struct gate_message *message, const int *fds, size_t count)
{
	uint8_t bytes[GATE_WIRE_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));
	union dialer_wire_control control = {{0}};
	struct iovec iov = {.iov_base = bytes};
	struct msghdr packet = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *header;

	if (count > GATE_WIRE_FDS_MAX || !gate_wire_put(&w, message)) {
		errno = EINVAL;
		return false;
	}
	if (!count)
		return send(fd, bytes, w.len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)w.len;
	iov.iov_len = w.len;
	packet.msg_control = control.bytes;
	packet.msg_controllen = CMSG_SPACE(count * sizeof(int));
	header = CMSG_FIRSTHDR(&packet);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	return sendmsg(fd, &packet, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)w.len;
}

/* The descriptors in a packet; how many. There is room for no more than GATE_WIRE_FDS_MAX. */
static size_t take_fds(struct msghdr *packet, int fds[GATE_WIRE_FDS_MAX])
{
	const struct cmsghdr *header = CMSG_FIRSTHDR(packet);
	size_t count;

	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
		return 0;
	count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(header), count * sizeof(int));
	return count;
}

static size_t fds_at_most(const struct gate_message *m)
{
	if (m->word == GATE_ARRIVAL)
		return 1;
	return m->word == GATE_DIALLED && m->status == DIALER_OK ? GATE_WIRE_FDS_MAX : 0;
}

enum gate_receipt gate_wire_receive(int fd, struct gate_message *out, int fds[GATE_WIRE_FDS_MAX])
{
	uint8_t bytes[GATE_WIRE_MAX + 1];
	union dialer_wire_control control;
	struct iovec iov = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	struct msghdr packet = {
	        .msg_iov = &iov,
	        .msg_iovlen = 1,
	        .msg_control = control.bytes,
	        .msg_controllen = sizeof(control.bytes),
	};
	const ssize_t n = recvmsg(fd, &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	size_t count;

	for (size_t i = 0; i < GATE_WIRE_FDS_MAX; i++)
		fds[i] = -1;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? GATE_NOTHING : GATE_BROKEN;
	count = take_fds(&packet, fds);
	if (gate_wire_get(rd_of(bytes, (size_t)n), out) && count <= fds_at_most(out))
		return GATE_RECEIVED;
	for (size_t i = 0; i < count; i++) {
		close(fds[i]);
		fds[i] = -1;
	}
	return GATE_BROKEN;
}
