/* SPDX-License-Identifier: ISC */
/* loop.c: the worker's event loop.
 *
 * Theory of operation. One epoll set holds the frame channel (or its listener), the dialer, its
 * orders, the gate's records, the event channel, the signals, and nat->epoll, which stands for all
 * upstream sockets: when the guest does not read, taking this one entry out stops them all. A
 * wake-up does one recv from the guest, judges every whole frame of it in order, reads replies, and
 * sends what was queued in one go. */
#include "ref/loop.h"

#include "ref/answer.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define SYNC_READS_MAX 256 /* more than any socket's buffer holds */
#define RECORDS_MAX    32  /* of the gate in one go */
#define NS_PER_MS      UINT64_C(1000000)

enum slot {
	SLOT_LINK,
	SLOT_LISTENER,
	SLOT_DIALER,
	SLOT_ORDERS,
	SLOT_GATE,
	SLOT_AUDIT,
	SLOT_SIGNALS,
	SLOT_NAT,
	SLOT_COUNT
};

/* Monotonic, and ahead of the machine's clock by what the control channel ordered. */
static uint64_t clock_ns(const struct loop *loop)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + loop->ahead_ns;
}

static bool watch(const struct loop *loop, int operation, int fd, enum slot slot, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u32 = slot};

	return epoll_ctl(loop->epoll, operation, fd, &event) == 0;
}

/* --- one frame --- */

/* A RST for a segment that deserves one; none when the guest does not read. */
static void send_reset(struct loop *loop, const struct verdict *verdict)
{
	struct tcp_seg reset;
	struct wr frame;

	if (!link_reserve(loop->link, ETH_FRAME_MAX, &frame))
		return;
	if (tcp_reset_for(&verdict->tcp, &reset) &&
	    answer_reset(&frame, loop->nat->policy, &verdict->tuple, &reset))
		link_commit(loop->link, frame.len);
}

static enum reason drop(struct loop *loop, const struct verdict *verdict)
{
	if (!verdict->violation || !loop->nat->policy->terminate) {
		if (verdict->reset)
			send_reset(loop, verdict);
		return nat_drop_frame(loop->nat, &verdict->tuple, verdict->reason);
	}
	loop->counts->dropped++;
	return audit_violation(loop->audit, &verdict->tuple, verdict->reason) &&
	                       audit_terminate(loop->audit, REASON_VIOLATION)
	               ? REASON_VIOLATION
	               : REASON_AUDIT_FAILED;
}

static bool build_answer(const struct loop *loop, const struct verdict *verdict, struct wr *frame)
{
	const struct policy *policy = loop->nat->policy;

	if (verdict->kind == VERDICT_ANSWER_ARP)
		return answer_arp(frame, policy, &verdict->arp);
	if (verdict->kind == VERDICT_ANSWER_ECHO)
		return answer_echo(frame, policy, &verdict->key, verdict->payload);
	return answer_dhcp(frame, policy, &verdict->dhcp);
}

static enum reason answer(struct loop *loop, const struct verdict *verdict)
{
	struct wr frame;

	if (!link_reserve(loop->link, ETH_FRAME_MAX, &frame))
		return nat_drop_frame(loop->nat, &verdict->tuple, REASON_GUEST_STALLED);
	if (!build_answer(loop, verdict, &frame))
		return nat_drop_frame(loop->nat, &verdict->tuple, REASON_TOO_BIG);
	link_commit(loop->link, frame.len);
	loop->counts->answered++;
	return REASON_NONE;
}

static enum reason act(struct loop *loop, const struct verdict *verdict, uint64_t now_ns,
                       bool *again)
{
	switch (verdict->kind) {
	case VERDICT_FORWARD:
	case VERDICT_NEW_FLOW:
		return nat_forward(loop->nat, verdict, now_ns, again);
	case VERDICT_ANSWER_ARP:
	case VERDICT_ANSWER_ECHO:
	case VERDICT_ANSWER_DHCP:
		return answer(loop, verdict);
	case VERDICT_DROP:
	default:
		return drop(loop, verdict);
	}
}

static enum reason handle_frame(struct loop *loop, struct rd frame, uint64_t now_ns)
{
	const struct policy *policy = loop->nat->policy;
	const uint32_t random = policy->mode == POLICY_SAMPLED ? sampling_draw(&loop->sampling) : 0;
	enum reason stop = REASON_NONE;
	bool again = true;

	loop->counts->frames++;
	/* A flow that turns out to be over is gone afterwards, so twice is enough. */
	for (int i = 0; i < 2 && again && !stop; i++) {
		struct verdict verdict;

		again = false;
		verdict_frame(policy, &loop->nat->table, now_ns, random, frame, &verdict);
		stop = act(loop, &verdict, now_ns, &again);
	}
	return stop;
}

/* --- the link --- */

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

/* *more is false when the channel was empty. */
static enum reason read_frames(struct loop *loop, uint64_t now_ns, bool *more)
{
	enum link_status status = link_fill(loop->link);
	struct rd frame;

	*more = status == LINK_OK;
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

/* Sends what is due to the guest, from connections and from the link's buffer. */
static enum reason flush(struct loop *loop, uint64_t now_ns)
{
	nat_flush(loop->nat, now_ns);
	if (!link_has_output(loop->link))
		return REASON_NONE;
	loop->output_ns = now_ns;
	return stop_reason(link_flush(loop->link));
}

static uint64_t probe_due_ns(const struct loop *loop)
{
	if (!link_needs_probe(loop->link))
		return UINT64_MAX;
	return loop->output_ns + LOOP_PROBE_MS * NS_PER_MS;
}

/* A datagram link does not say when the other side is gone; sending to it does. */
static void probe_link(struct loop *loop, uint64_t now_ns)
{
	struct wr frame;

	if (now_ns >= probe_due_ns(loop) && link_reserve(loop->link, ETH_FRAME_MAX, &frame) &&
	    answer_arp_probe(&frame, loop->nat->policy))
		link_commit(loop->link, frame.len);
}

/* --- the gate --- */

/* On record, or counted; a violation ends the VM where the policy says so. */
static enum reason take_record(struct loop *loop, const struct record *record)
{
	loop->counts->denied += record->verdict == RECORD_DENY;
	if (record_is_violation(record) && loop->nat->policy->terminate)
		return audit_record_violation(loop->audit, record) &&
		                       audit_terminate(loop->audit, REASON_VIOLATION)
		               ? REASON_VIOLATION
		               : REASON_AUDIT_FAILED;
	return audit_record(loop->audit, record) ? REASON_NONE : REASON_AUDIT_FAILED;
}

static enum reason take_message(struct loop *loop, const struct gate_message *message)
{
	if (message->word == GATE_ABORT) {
		nat_abort(loop->nat, message->number);
		return REASON_NONE;
	}
	if (message->word != GATE_RECORD || message->number != loop->record + 1)
		return REASON_GATE_DIED;
	loop->record++;
	return take_record(loop, &message->record);
}

/* What was written is acknowledged, in one message for all of it: what the gate waits for. */
static enum reason serve_gate(struct loop *loop)
{
	const uint32_t before = loop->record;
	const int fd = loop->gate->records[1];
	struct gate_message message;
	int none[GATE_WIRE_FDS_MAX];

	for (int i = 0; i < RECORDS_MAX; i++) {
		const enum gate_receipt receipt = gate_wire_receive(fd, &message, none);
		enum reason stop;

		if (receipt == GATE_NOTHING)
			break;
		stop = receipt == GATE_RECEIVED ? take_message(loop, &message) : REASON_GATE_DIED;
		if (stop)
			return stop;
	}
	if (loop->record == before)
		return REASON_NONE;
	message = (struct gate_message){.word = GATE_ACK, .number = loop->record};
	return gate_wire_send(fd, &message, NULL, 0) ? REASON_NONE : REASON_GATE_DIED;
}

/* --- orders --- */

static enum reason synchronise(struct loop *loop, uint64_t now_ns)
{
	enum reason stop = REASON_NONE;
	bool more = loop->link->fd >= 0;

	for (int i = 0; more && !stop && i < SYNC_READS_MAX; i++)
		stop = read_frames(loop, now_ns, &more);
	return stop ? stop : flush(loop, now_ns);
}

static void collect_numbers(const struct loop *loop, uint64_t numbers[ORDER_NUMBERS])
{
	const struct audit_counts *c = loop->counts;
	const uint64_t now[ORDER_NUMBERS] = {
	        c->frames,
	        c->forwarded,
	        c->answered,
	        c->dropped,
	        c->replies,
	        c->replies_dropped,
	        c->flows,
	        loop->nat->table.count,
	        loop->nat->table.tcp_count,
	        audit_suppressed(loop->audit) + audit_waiting(loop->audit),
	};

	memcpy(numbers, now, sizeof(now));
}

static enum reason set_policy(struct loop *loop, unsigned slot, uint64_t now_ns)
{
	if (slot >= POLICY_SHARE_SLOTS)
		return REASON_DIALER_DIED;
	nat_set_policy(loop->nat, policy_share_get(loop->share, slot));
	if (!audit_policy(loop->audit, loop->nat->policy))
		return REASON_AUDIT_FAILED;
	return flush(loop, now_ns);
}

static enum reason obey(struct loop *loop, uint64_t now_ns)
{
	uint64_t numbers[ORDER_NUMBERS] = {0};
	enum reason stop = REASON_NONE;
	struct order order;

	if (!dialer_take_order(loop->dialer, &order))
		return REASON_DIALER_DIED;
	switch (order.kind) {
	case ORDER_SYNC:
		stop = synchronise(loop, now_ns);
		break;
	case ORDER_POLICY:
		stop = set_policy(loop, (unsigned)order.argument, now_ns);
		break;
	case ORDER_STATS:
		collect_numbers(loop, numbers);
		break;
	case ORDER_CLOCK:
		loop->ahead_ns += order.argument;
		nat_expire(loop->nat, now_ns + order.argument);
		stop = flush(loop, now_ns + order.argument);
		break;
	default:
		return REASON_DIALER_DIED;
	}
	if (!stop && !dialer_answer_order(loop->dialer, order.kind, numbers))
		stop = REASON_DIALER_DIED;
	return stop;
}

/* --- the loop --- */

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
	       watch(loop, EPOLL_CTL_ADD, loop->dialer->orders, SLOT_ORDERS, EPOLLIN) &&
	       (!loop->gate ||
	        watch(loop, EPOLL_CTL_ADD, loop->gate->records[1], SLOT_GATE, EPOLLIN)) &&
	       watch(loop, EPOLL_CTL_ADD, loop->signals, SLOT_SIGNALS, EPOLLIN) &&
	       watch(loop, EPOLL_CTL_ADD, loop->nat->epoll, SLOT_NAT, EPOLLIN);
}

static bool has_room(const struct loop *loop)
{
	return link_has_room(loop->link, ETH_HDR_LEN + (size_t)loop->nat->policy->mtu);
}

/* Asks for what can be served: replies while there is room for them, writability while there is
 * something to write. *room and *output remember what was asked for. */
static bool update_interest(const struct loop *loop, bool *room, bool *output)
{
	const bool room_now = has_room(loop);
	const bool output_now = link_has_output(loop->link);

	if (room_now != *room &&
	    !watch(loop, EPOLL_CTL_MOD, loop->nat->epoll, SLOT_NAT, room_now ? EPOLLIN : 0))
		return false;
	if (output_now != *output && !watch(loop, EPOLL_CTL_MOD, loop->link->fd, SLOT_LINK,
	                                    output_now ? EPOLLIN | EPOLLOUT : EPOLLIN))
		return false;
	*room = room_now;
	*output = output_now;
	return true;
}

/* Denials that got no line of their own are told of a second later at most. */
static enum reason report_suppressed(struct loop *loop, uint64_t now_ns)
{
	if (!audit_waiting(loop->audit))
		loop->report_ns = UINT64_MAX;
	else if (loop->report_ns == UINT64_MAX)
		loop->report_ns = now_ns + LOOP_REPORT_MS * NS_PER_MS;
	else if (now_ns >= loop->report_ns && !audit_flush(loop->audit))
		return REASON_AUDIT_FAILED;
	return REASON_NONE;
}

/* One wake-up. What ends refnat comes first, so that nothing is forwarded after it. */
static enum reason serve(struct loop *loop, const bool ready[SLOT_COUNT], uint64_t now_ns)
{
	enum reason stop = REASON_NONE;
	bool more;

	if (ready[SLOT_SIGNALS])
		return REASON_SIGNAL;
	if (ready[SLOT_AUDIT])
		return REASON_AUDIT_FAILED;
	if (ready[SLOT_DIALER]) /* it never speaks first: this is its end */
		return REASON_DIALER_DIED;
	if (ready[SLOT_GATE])
		stop = serve_gate(loop);
	if (!stop && ready[SLOT_LISTENER])
		stop = accept_peer(loop);
	if (!stop && ready[SLOT_LINK])
		stop = read_frames(loop, now_ns, &more);
	if (!stop && ready[SLOT_NAT])
		stop = nat_receive(loop->nat, now_ns);
	probe_link(loop, now_ns);
	if (!stop)
		stop = flush(loop, now_ns);
	if (!stop && ready[SLOT_ORDERS])
		stop = obey(loop, now_ns);
	return stop ? stop : report_suppressed(loop, now_ns);
}

static uint64_t earlier(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

/* Milliseconds until there is something to do without an event; -1: for ever. */
static int timeout_ms(const struct loop *loop, uint64_t now_ns)
{
	const uint64_t due_ns = earlier(nat_expiry_ns(loop->nat),
	                                earlier(probe_due_ns(loop), loop->report_ns));
	uint64_t ms;

	/* What found no room before the link was emptied finds it now. */
	if (loop->nat->tcp.due && has_room(loop))
		return 0;
	if (due_ns == UINT64_MAX)
		return -1;
	if (due_ns <= now_ns)
		return 0;
	ms = (due_ns - now_ns) / NS_PER_MS + 1;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

static enum reason run(struct loop *loop)
{
	bool room = true, output = false;
	enum reason stop = REASON_NONE;

	if (!watch_all(loop))
		return REASON_CHANNEL_ERROR;
	loop->output_ns = clock_ns(loop);
	loop->report_ns = UINT64_MAX;
	while (!stop) {
		struct epoll_event events[SLOT_COUNT];
		bool ready[SLOT_COUNT] = {false};
		uint64_t now_ns = clock_ns(loop);
		int count;

		if (!update_interest(loop, &room, &output))
			return REASON_CHANNEL_ERROR;
		count = epoll_wait(loop->epoll, events, SLOT_COUNT, timeout_ms(loop, now_ns));
		if (count < 0 && errno != EINTR)
			return REASON_CHANNEL_ERROR;
		for (int i = 0; i < count; i++)
			ready[events[i].data.u32] = true;
		now_ns = clock_ns(loop);
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
