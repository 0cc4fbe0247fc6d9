/* SPDX-License-Identifier: ISC */
/* nat_tcp_send.c: segments for the guest, out of the socket's receive queue. */
#include "ref/nat_tcp_send.h"

#include "ref/answer.h"
#include "ref/ipv4.h"
#include "ref/nat.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define RUN_MAX     40 /* segments built from one peek */
#define DISCARD_MAX (NAT_TCP_FLIGHT / NAT_TCP_DISCARD + 1)

/* The frames of one run: all but the last carry `part` bytes. */
struct run {
	const struct tcp_send *send;
	size_t hdr_len; /* Ethernet, IPv4, TCP */
	uint32_t part;
	uint32_t len;   /* bytes in all */
	uint8_t *first; /* where the first frame stands */
};

static uint32_t part_len(const struct run *run, uint32_t at)
{
	return run->len - at < run->part ? run->len - at : run->part;
}

static size_t frame_len(const struct run *run, uint32_t at)
{
	return run->hdr_len + part_len(run, at);
}

/* The space that frames for `len` bytes take on the link, but for the first one's prefix. */
static size_t run_space(const struct run *run, uint32_t len)
{
	const size_t frames = (len + run->part - 1) / run->part;

	return len + frames * (run->hdr_len + LINK_PREFIX_LEN) - LINK_PREFIX_LEN;
}

/* Cuts the run to what one reservation and the link's room can hold; false: not even one frame. */
static bool reserve_run(struct nat *nat, struct run *run)
{
	const uint32_t most = LINK_FRAME_MAX /
	                      (uint32_t)(run->hdr_len + LINK_PREFIX_LEN + run->part);
	uint32_t frames = most < RUN_MAX ? most : RUN_MAX;
	struct wr room;

	if (run->len > frames * run->part)
		run->len = frames * run->part;
	if (!link_reserve(nat->link, run_space(run, run->len), &room)) {
		if (run->len > run->part)
			run->len = run->part;
		if (!link_reserve(nat->link, run_space(run, run->len), &room))
			return false;
	}
	run->first = room.p;
	return true;
}

/* Peeks the run's bytes to their places; how many came. */
static uint32_t peek_run(const struct nat *nat, const struct nat_conn *conn, const struct run *run)
{
	struct iovec iov[DISCARD_MAX + RUN_MAX];
	struct msghdr message = {.msg_iov = iov};
	const bool skips = nat->tcp.skips && !nat->slots[conn->flow].local;
	uint32_t skipped = 0;
	uint8_t *frame = run->first;
	const int offset = (int)run->send->offset;
	size_t count = 0;
	ssize_t n;

	if (!skips && setsockopt(conn->fd, SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof(offset)) < 0)
		return 0;
	while (skips && skipped < run->send->offset) {
		const uint32_t left = run->send->offset - skipped;

		iov[count] = (struct iovec){nat->tcp.discard,
		                            left < NAT_TCP_DISCARD ? left : NAT_TCP_DISCARD};
		skipped += (uint32_t)iov[count++].iov_len;
	}
	for (uint32_t at = 0; at < run->len; at += part_len(run, at)) {
		iov[count++] = (struct iovec){frame + run->hdr_len, part_len(run, at)};
		frame += frame_len(run, at) + LINK_PREFIX_LEN;
	}
	message.msg_iovlen = count;
	n = recvmsg(conn->fd, &message, MSG_DONTWAIT | MSG_PEEK);
	return n > (ssize_t)skipped ? (uint32_t)n - skipped : 0;
}

/* Puts the headers in front of the payloads and queues the frames. */
static bool commit_run(struct nat *nat, const struct flow_key *key, const struct run *run)
{
	uint8_t *frame = run->first;

	for (uint32_t at = 0; at < run->len;) {
		const uint32_t len = part_len(run, at);
		const bool last = at + len == run->len;
		struct wr w = wr_of(frame, frame_len(run, at));
		struct tcp_seg seg = run->send->seg;

		seg.sport = key->peer_port;
		seg.dport = key->guest_port;
		seg.seq += at;
		seg.payload = rd_of(frame + run->hdr_len, len);
		if (last)
			seg.flags |= TCP_SEG_PSH;
		if (last && run->send->fin)
			seg.flags |= TCP_SEG_FIN;
		if (!answer_tcp_headers(&w, nat->policy, key, &seg))
			return false;
		frame += frame_len(run, at) + LINK_PREFIX_LEN;
		link_commit(nat->link, run->hdr_len + len);
		nat->counts->replies++;
		at += len;
	}
	return true;
}

enum outcome { SENT, NO_ROOM, NO_DATA };

static enum outcome send_data(struct nat *nat, struct nat_conn *conn, struct tcp_send *send,
                              uint64_t now_ns)
{
	const size_t seg_hdr_len = tcp_seg_hdr_len(&send->seg);
	const uint32_t part_max = (uint32_t)(nat->policy->mtu - IPV4_HDR_LEN - seg_hdr_len);
	struct run run = {
	        .send = send,
	        .hdr_len = ETH_HDR_LEN + IPV4_HDR_LEN + seg_hdr_len,
	        .part = send->mss < part_max ? send->mss : part_max,
	        .len = send->len,
	};
	uint32_t got;

	if (!reserve_run(nat, &run))
		return NO_ROOM;
	got = peek_run(nat, conn, &run);
	if (!got)
		return NO_DATA; /* reset meanwhile; its event comes */
	if (got < run.len)
		run.len = got;
	if (run.len < send->len)
		send->fin = false;
	send->len = run.len;
	if (!commit_run(nat, &nat->table.flows[conn->flow].key, &run))
		return NO_DATA;
	tcp_sent(&conn->tcp, send, now_ns);
	return SENT;
}

static enum outcome send_control(struct nat *nat, struct nat_conn *conn, struct tcp_send *send,
                                 uint64_t now_ns)
{
	const struct flow_key *key = &nat->table.flows[conn->flow].key;
	struct wr frame;

	if (!link_reserve(nat->link, ETH_HDR_LEN + IPV4_HDR_LEN + TCP_SEG_HDR_MAX, &frame))
		return NO_ROOM;
	send->seg.sport = key->peer_port;
	send->seg.dport = key->guest_port;
	if (!answer_tcp_headers(&frame, nat->policy, key, &send->seg))
		return NO_DATA;
	link_commit(nat->link, frame.len);
	nat->counts->replies++;
	tcp_sent(&conn->tcp, send, now_ns);
	return SENT;
}

/* Bytes in the socket's receive queue. */
static uint32_t queued(const struct nat_conn *conn)
{
	int n = 0;

	if (conn->fd < 0 || conn->connecting || ioctl(conn->fd, FIONREAD, &n) < 0 || n < 0)
		return 0;
	return n < NAT_TCP_FLIGHT ? (uint32_t)n : NAT_TCP_FLIGHT;
}

bool nat_tcp_send(struct nat *nat, struct nat_conn *conn, uint64_t now_ns)
{
	/* Asked once: what comes meanwhile makes an edge of its own. */
	const uint32_t have = queued(conn);
	const bool eof = conn->eof && have < NAT_TCP_FLIGHT;

	for (;;) {
		struct tcp_send send;
		enum outcome outcome;

		tcp_next(&conn->tcp, have, eof, UINT32_MAX, &send);
		if (send.kind == TCP_SEND_NOTHING)
			return true;
		outcome = send.kind == TCP_SEND_DATA ? send_data(nat, conn, &send, now_ns)
		                                     : send_control(nat, conn, &send, now_ns);
		if (outcome != SENT)
			return outcome == NO_DATA;
	}
}
