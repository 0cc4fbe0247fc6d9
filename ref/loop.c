/* SPDX-License-Identifier: ISC */
/* loop.c: the worker's event loop.
 *
 * Theory of operation. One epoll set holds the frame channel (or its listener), the dialer, the
 * event channel, the signals, and nat->epoll, which stands for all upstream sockets: when the guest
 * does not read, taking this one entry out stops them all. A wake-up does one recv from the guest,
 * judges every whole frame of it in order, reads replies, and sends what was queued in one go. */
#include "ref/loop.h"

#include "ref/answer.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum slot { SLOT_LINK, SLOT_LISTENER, SLOT_DIALER, SLOT_AUDIT, SLOT_SIGNALS, SLOT_NAT, SLOT_COUNT };

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool watch(const struct loop *loop, int operation, int fd, enum slot slot, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u32 = slot};

	return epoll_ctl(loop->epoll, operation, fd, &event) == 0;
}

static enum reason drop_frame(struct loop *loop, const struct tuple *tuple, enum reason reason)
{
	loop->counts->dropped++;
	return audit_drop(loop->audit, tuple, reason) ? REASON_NONE : REASON_AUDIT_FAILED;
}

static bool build_answer(const struct loop *loop, const struct verdict *verdict, struct wr *frame)
{
	if (verdict->kind == VERDICT_ANSWER_ARP)
		return answer_arp(frame, loop->policy, &verdict->arp);
	if (verdict->kind == VERDICT_ANSWER_ECHO)
		return answer_echo(frame, loop->policy, verdict->payload);
	return answer_dhcp(frame, loop->policy, &verdict->dhcp);
}

static enum reason answer(struct loop *loop, const struct verdict *verdict)
{
	struct wr frame;

	if (!link_reserve(loop->link, ETH_FRAME_MAX, &frame))
		return drop_frame(loop, &verdict->tuple, REASON_GUEST_STALLED);
	if (!build_answer(loop, verdict, &frame))
		return drop_frame(loop, &verdict->tuple, REASON_TOO_BIG);
	link_commit(loop->link, frame.len);
	loop->counts->answered++;
	return REASON_NONE;
}

static enum reason handle_frame(struct loop *loop, struct rd frame, uint64_t now_ns)
{
	struct verdict verdict;

	loop->counts->frames++;
	verdict_frame(loop->policy, &loop->nat->table, now_ns, frame, &verdict);
	switch (verdict.kind) {
	case VERDICT_FORWARD:
	case VERDICT_NEW_FLOW:
		return nat_forward(loop->nat, &verdict, now_ns);
	case VERDICT_ANSWER_ARP:
	case VERDICT_ANSWER_ECHO:
	case VERDICT_ANSWER_DHCP:
		return answer(loop, &verdict);
	case VERDICT_DROP:
	default:
		return drop_frame(loop, &verdict.tuple, verdict.reason);
	}
}

static enum reason stop_reason(enum link_status status)
{
	switch (status) {
	case LINK_OK:
	case LINK_MORE:
		return REASON_NONE;
	case LINK_CLOSED:
		return REASON_PEER_CLOSED;
	case LINK_CUT:
		return REASON_CUT_FRAME;
	case LINK_BAD_LENGTH:
		return REASON_BAD_FRAME_LENGTH;
	case LINK_ERROR:
	default:
		return REASON_CHANNEL_ERROR;
	}
}

static enum reason read_frames(struct loop *loop, uint64_t now_ns)
{
	enum link_status status = link_fill(loop->link);
	struct rd frame;

	if (status != LINK_OK)
		return stop_reason(status);
	while ((status = link_next(loop->link, &frame)) == LINK_OK) {
		enum reason stop = handle_frame(loop, frame, now_ns);

		if (stop)
			return stop;
	}
	return stop_reason(status);
}

static enum reason accept_peer(struct loop *loop)
{
	enum link_status status = link_accept(loop->link);

	if (status == LINK_OK && !watch(loop, EPOLL_CTL_ADD, loop->link->fd, SLOT_LINK, EPOLLIN))
		status = LINK_ERROR;
	return stop_reason(status);
}

static bool watch_all(const struct loop *loop)
{
	const struct link *link = loop->link;
	bool ok;

	if (link->listener >= 0)
		ok = watch(loop, EPOLL_CTL_ADD, link->listener, SLOT_LISTENER, EPOLLIN);
	else
		ok = watch(loop, EPOLL_CTL_ADD, link->fd, SLOT_LINK, EPOLLIN);
	/* No events asked for: only that the reader is gone. A plain file cannot be watched. */
	ok = ok && (watch(loop, EPOLL_CTL_ADD, loop->audit->fd, SLOT_AUDIT, 0) || errno == EPERM);
	return ok && watch(loop, EPOLL_CTL_ADD, loop->dialer->fd, SLOT_DIALER, EPOLLIN) &&
	       watch(loop, EPOLL_CTL_ADD, loop->signals, SLOT_SIGNALS, EPOLLIN) &&
	       watch(loop, EPOLL_CTL_ADD, loop->nat->epoll, SLOT_NAT, EPOLLIN);
}

/* Asks for what can be served: replies while there is room for them, writability while there is
 * something to write. *room and *output remember what was asked for. */
static bool update_interest(const struct loop *loop, bool *room, bool *output)
{
	const bool has_room = link_has_room(loop->link, ETH_FRAME_MAX);
	const bool has_output = link_has_output(loop->link);

	if (has_room != *room &&
	    !watch(loop, EPOLL_CTL_MOD, loop->nat->epoll, SLOT_NAT, has_room ? EPOLLIN : 0))
		return false;
	if (has_output != *output && !watch(loop, EPOLL_CTL_MOD, loop->link->fd, SLOT_LINK,
	                                    has_output ? EPOLLIN | EPOLLOUT : EPOLLIN))
		return false;
	*room = has_room;
	*output = has_output;
	return true;
}

/* One wake-up. What ends refnat comes first, so that nothing is forwarded after it. */
static enum reason serve(struct loop *loop, const bool ready[SLOT_COUNT], uint64_t now_ns)
{
	enum reason stop = REASON_NONE;

	if (ready[SLOT_SIGNALS])
		return REASON_SIGNAL;
	if (ready[SLOT_AUDIT])
		return REASON_AUDIT_FAILED;
	if (ready[SLOT_DIALER]) /* it never speaks first: this is its end */
		return REASON_DIALER_DIED;
	if (ready[SLOT_LISTENER])
		stop = accept_peer(loop);
	if (!stop && ready[SLOT_LINK])
		stop = read_frames(loop, now_ns);
	if (!stop && ready[SLOT_NAT])
		stop = nat_receive(loop->nat, now_ns);
	if (!stop && link_has_output(loop->link))
		stop = stop_reason(link_flush(loop->link));
	return stop;
}

static enum reason run(struct loop *loop)
{
	bool room = true, output = false;
	enum reason stop = REASON_NONE;

	if (!watch_all(loop))
		return REASON_CHANNEL_ERROR;
	while (!stop) {
		struct epoll_event events[SLOT_COUNT];
		bool ready[SLOT_COUNT] = {false};
		uint64_t now_ns = monotonic_ns();
		int count;

		if (!update_interest(loop, &room, &output))
			return REASON_CHANNEL_ERROR;
		count = epoll_wait(loop->epoll, events, SLOT_COUNT,
		                   nat_expiry_ms(loop->nat, now_ns));
		if (count < 0 && errno != EINTR)
			return REASON_CHANNEL_ERROR;
		for (int i = 0; i < count; i++)
			ready[events[i].data.u32] = true;
		now_ns = monotonic_ns();
		nat_expire(loop->nat, now_ns);
		stop = serve(loop, ready, now_ns);
	}
	return stop;
}

enum reason loop_run(struct loop *loop)
{
	enum reason stop;

	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0)
		return REASON_CHANNEL_ERROR;
	stop = run(loop);
	close(loop->epoll);
	return stop;
}
