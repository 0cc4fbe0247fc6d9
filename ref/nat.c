/* SPDX-License-Identifier: ISC */
/* nat.c: live flows and their sockets. */
#include "ref/nat.h"

#include "ref/answer.h"
#include "ref/ipv4.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_MAX    64 /* sockets that are served in one go */
#define BURST_MAX     32 /* datagrams that one socket may deliver before the next has its turn */
#define SPARE_FDS     32 /* descriptors besides the flows' */
#define SEND_ATTEMPTS 2
#define NS_PER_MS     1000000

static void raise_descriptor_limit(uint32_t flows)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= flows + SPARE_FDS)
		return;
	limit.rlim_cur = flows + SPARE_FDS < limit.rlim_max ? flows + SPARE_FDS : limit.rlim_max;
	/* Where this is not enough, flows beyond it are refused one by one, with an event. */
	setrlimit(RLIMIT_NOFILE, &limit);
}

bool nat_open(struct nat *nat, uint64_t seed)
{
	const uint32_t capacity = nat->policy->flows_max;
	struct flow *flows = calloc(capacity, sizeof(*flows));
	uint32_t *index = calloc(flow_index_len(capacity), sizeof(*index));

	raise_descriptor_limit(capacity);
	nat->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!flows || !index || nat->epoll < 0) {
		fprintf(stderr, "refnat: flow table: %s\n", strerror(errno));
		if (nat->epoll >= 0)
			close(nat->epoll);
		free(flows);
		free(index);
		return false;
	}
	flow_init(&nat->table, flows, capacity, index, seed);
	return true;
}

static void end_flow(struct nat *nat, uint32_t number)
{
	int fd = nat->table.flows[number].handle;

	/* By hand: the dialer may hold its copy for a moment yet, which keeps epoll watching. */
	epoll_ctl(nat->epoll, EPOLL_CTL_DEL, fd, NULL);
	close(fd);
	flow_remove(&nat->table, number);
}

static enum reason drop_frame(struct nat *nat, const struct tuple *tuple, enum reason reason)
{
	nat->counts->dropped++;
	return audit_drop(nat->audit, tuple, reason) ? REASON_NONE : REASON_AUDIT_FAILED;
}

/* Room was promised by the verdict, and nat_expire() ran at the same time: adding cannot fail. */
static enum reason open_flow(struct nat *nat, const struct verdict *verdict, uint64_t now_ns,
                             uint32_t *number, enum reason *refused)
{
	const struct flow_key *key = &verdict->key;
	struct epoll_event event = {.events = EPOLLIN};
	int fd = -1;

	switch (dialer_dial(nat->dialer, key->proto, key->peer_ip, key->peer_port, &fd)) {
	case DIALER_OK:
		break;
	case DIALER_REFUSED:
		*refused = REASON_DIALER_REFUSED;
		return REASON_NONE;
	case DIALER_NO_SOCKET:
		*refused = REASON_NO_SOCKET;
		return REASON_NONE;
	case DIALER_GONE:
	default:
		return REASON_DIALER_DIED;
	}
	*number = flow_add(&nat->table, key, fd, now_ns);
	if (*number == FLOW_NONE) {
		close(fd);
		*refused = REASON_FLOW_TABLE_FULL;
		return REASON_NONE;
	}
	event.data.u32 = *number;
	if (epoll_ctl(nat->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
		end_flow(nat, *number);
		*refused = REASON_NO_SOCKET;
		return REASON_NONE;
	}
	nat->counts->flows++;
	return audit_allow(nat->audit, &verdict->tuple, verdict->rule->id) ? REASON_NONE
	                                                                   : REASON_AUDIT_FAILED;
}

/* True when the kernel took the datagram; else errno is the last attempt's. */
static bool send_payload(int fd, struct rd payload)
{
	for (int i = 0; i < SEND_ATTEMPTS; i++) {
		if (send(fd, payload.p, payload.n, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return true;
		if (errno == EAGAIN || errno == ENOBUFS)
			return false;
		/* What is reported may be the echo of an earlier datagram, in this one's stead. */
	}
	return false;
}

static bool is_transient(int error)
{
	return error == EAGAIN || error == ENOBUFS || error == ECONNREFUSED || error == EMSGSIZE;
}

enum reason nat_forward(struct nat *nat, const struct verdict *verdict, uint64_t now_ns)
{
	enum reason refused = REASON_NONE, stop;
	uint32_t number = verdict->flow;

	if (verdict->kind == VERDICT_NEW_FLOW) {
		stop = open_flow(nat, verdict, now_ns, &number, &refused);
		if (stop)
			return stop;
		if (refused)
			return drop_frame(nat, &verdict->tuple, refused);
	}
	flow_touch(&nat->table, number, now_ns);
	if (send_payload(nat->table.flows[number].handle, verdict->payload)) {
		nat->counts->forwarded++;
		return REASON_NONE;
	}
	if (!is_transient(errno))
		end_flow(nat, number);
	return drop_frame(nat, &verdict->tuple, REASON_SEND_FAILED);
}

static enum reason drop_reply(struct nat *nat, const struct flow_key *key,
                              const struct sockaddr_in *from, enum reason reason)
{
	const struct tuple tuple = {
	        .layer = TUPLE_IPV4,
	        .has_ip = true,
	        .has_proto = true,
	        .has_ports = true,
	        .proto = key->proto,
	        .src = ntohl(from->sin_addr.s_addr),
	        .sport = ntohs(from->sin_port),
	        .dst = key->guest_ip,
	        .dport = key->guest_port,
	};

	nat->counts->replies_dropped++;
	return audit_drop(nat->audit, &tuple, reason) ? REASON_NONE : REASON_AUDIT_FAILED;
}

/* One datagram from the flow's socket into the link. *more is false when there was none. */
static enum reason receive_one(struct nat *nat, uint32_t number, struct wr *frame, uint64_t now_ns,
                               bool *more)
{
	const struct flow *flow = &nat->table.flows[number];
	uint8_t *payload = frame->p + ANSWER_UDP_HDR_LEN;
	struct sockaddr_in from = {0};
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(flow->handle, payload, ANSWER_UDP_PAYLOAD_MAX,
	                     MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&from, &from_len);

	*more = n >= 0 || (errno != EAGAIN && errno != EINTR); /* an ICMP error is absorbed */
	if (n < 0)
		return REASON_NONE;
	/* Between its making and its connect a socket takes from anyone: look again. */
	if (ntohl(from.sin_addr.s_addr) != flow->key.peer_ip ||
	    ntohs(from.sin_port) != flow->key.peer_port)
		return drop_reply(nat, &flow->key, &from, REASON_UNSOLICITED);
	if ((size_t)n > ANSWER_UDP_PAYLOAD_MAX ||
	    !answer_udp_headers(frame, nat->policy, &flow->key, rd_of(payload, (size_t)n)))
		return drop_reply(nat, &flow->key, &from, REASON_TOO_BIG);
	link_commit(nat->link, ANSWER_UDP_HDR_LEN + (size_t)n);
	flow_touch(&nat->table, number, now_ns);
	nat->counts->replies++;
	return REASON_NONE;
}

enum reason nat_receive(struct nat *nat, uint64_t now_ns)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(nat->epoll, events, EVENTS_MAX, 0);

	for (int i = 0; i < count; i++) {
		const uint32_t number = events[i].data.u32;
		bool more = nat->table.flows[number].live;

		for (int burst = 0; more && burst < BURST_MAX; burst++) {
			struct wr frame;
			enum reason stop;

			if (!link_reserve(nat->link, ETH_FRAME_MAX, &frame))
				return REASON_NONE;
			stop = receive_one(nat, number, &frame, now_ns, &more);
			if (stop)
				return stop;
		}
	}
	return REASON_NONE;
}

void nat_expire(struct nat *nat, uint64_t now_ns)
{
	uint32_t number;

	while ((number = flow_find_expired(&nat->table, now_ns)) != FLOW_NONE)
		end_flow(nat, number);
}

int nat_expiry_ms(const struct nat *nat, uint64_t now_ns)
{
	const uint32_t oldest = nat->table.oldest;
	uint64_t due_ns;

	if (oldest == FLOW_NONE)
		return -1;
	due_ns = nat->table.flows[oldest].used_ns + FLOW_IDLE_NS;
	return due_ns <= now_ns ? 0 : (int)((due_ns - now_ns) / NS_PER_MS) + 1;
}

void nat_close(struct nat *nat)
{
	while (nat->table.oldest != FLOW_NONE)
		end_flow(nat, nat->table.oldest);
	close(nat->epoll);
	free(nat->table.flows);
	free(nat->table.index);
}
