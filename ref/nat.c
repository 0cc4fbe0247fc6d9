/* SPDX-License-Identifier: ISC */
/* nat.c: the life of flows; what they carry is in nat_udp.c, nat_echo.c and nat_tcp.c. */
#include "ref/nat.h"

#include "ref/ipv4.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#define EVENTS_MAX 64 /* sockets that are served in one go */
#define BURST_MAX  32 /* datagrams that one socket may deliver before the next has its turn */
#define SPARE_FDS  32 /* descriptors besides the flows' */
#define NS_PER_S   UINT64_C(1000000000)
#define EAR        (UINT64_C(1) << 32) /* in epoll's data: the flow's ear, not its socket */

static void raise_descriptor_limit(uint32_t flows)
{
	const rlim_t wanted = 2 * (rlim_t)flows + SPARE_FDS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	/* Where this is not enough, flows beyond it are refused one by one, with an event. */
	setrlimit(RLIMIT_NOFILE, &limit);
}

static uint64_t idle_ns(const struct policy *policy)
{
	return policy->mode == POLICY_CONNTRACK ? policy->conntrack_ttl_s * NS_PER_S : FLOW_IDLE_NS;
}

bool nat_open(struct nat *nat, uint64_t seed)
{
	const uint32_t capacity = nat->policy->flows_max;
	struct flow *flows = calloc(capacity, sizeof(*flows));
	uint32_t *index = calloc(flow_index_len(capacity), sizeof(*index));

	raise_descriptor_limit(capacity);
	nat->slots = calloc(capacity, sizeof(*nat->slots));
	nat->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (flows && index && nat->slots && nat->epoll >= 0 && nat_tcp_open(nat, seed)) {
		flow_init(&nat->table, flows, capacity, index, seed);
		nat->table.idle_ns = idle_ns(nat->policy);
		return true;
	}
	fprintf(stderr, "refnat: flow table: %s\n", strerror(errno));
	if (nat->epoll >= 0)
		close(nat->epoll);
	free(nat->slots);
	free(flows);
	free(index);
	return false;
}

/* --- opening and ending --- */

static void close_watched(struct nat *nat, int fd)
{
	if (fd < 0)
		return;
	/* By hand: the dialer may hold its copy for a moment yet, which keeps epoll watching. */
	epoll_ctl(nat->epoll, EPOLL_CTL_DEL, fd, NULL);
	close(fd);
}

void nat_end_flow(struct nat *nat, uint32_t number)
{
	struct nat_slot *slot = &nat->slots[number];

	if (slot->tcp) {
		nat_tcp_end(nat, slot->tcp);
		return;
	}
	close_watched(nat, nat->table.flows[number].handle);
	close_watched(nat, slot->ear);
	flow_remove(&nat->table, number);
}

enum reason nat_drop_frame(struct nat *nat, const struct tuple *tuple, enum reason reason)
{
	nat->counts->dropped++;
	return audit_drop(nat->audit, tuple, reason) ? REASON_NONE : REASON_AUDIT_FAILED;
}

enum reason nat_drop_reply(struct nat *nat, const struct flow_key *key, uint32_t from_ip,
                           uint16_t from_port, enum reason reason)
{
	const struct tuple tuple = {
	        .layer = TUPLE_IPV4,
	        .has_ip = true,
	        .has_proto = true,
	        .has_ports = key->proto != IPV4_ICMP,
	        .proto = key->proto,
	        .src = from_ip,
	        .sport = from_port,
	        .dst = key->guest_ip,
	        .dport = key->guest_port,
	};

	nat->counts->replies_dropped++;
	return audit_drop(nat->audit, &tuple, reason) ? REASON_NONE : REASON_AUDIT_FAILED;
}

static enum reason dial_refusal(enum dialer_status status)
{
	switch (status) {
	case DIALER_OK:
	case DIALER_LOCAL:
	case DIALER_GONE:
		return REASON_NONE;
	case DIALER_GATE_FULL:
		return REASON_GATE_FULL;
	case DIALER_REFUSED:
		return REASON_DIALER_REFUSED;
	case DIALER_THIS_HOST:
		return REASON_THIS_HOST;
	case DIALER_NO_SOCKET:
	default:
		return REASON_NO_SOCKET;
	}
}

static bool watch_flow(const struct nat *nat, uint32_t number)
{
	const struct nat_slot *slot = &nat->slots[number];
	struct epoll_event event = {
	        .events = slot->tcp ? EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET : EPOLLIN,
	        .data.u64 = number,
	};
	struct epoll_event strangers = {.events = EPOLLIN, .data.u64 = number | EAR};

	return epoll_ctl(nat->epoll, EPOLL_CTL_ADD, nat->table.flows[number].handle, &event) == 0 &&
	       (slot->ear < 0 || epoll_ctl(nat->epoll, EPOLL_CTL_ADD, slot->ear, &strangers) == 0);
}

/* Gives the sockets a flow. Room was promised by the verdict, and nat_expire() ran at the same time:
 * adding fails only when the kernel has no room to watch one more. Takes the sockets over. */
static bool adopt(struct nat *nat, const struct verdict *verdict, struct dialer_sockets sockets,
                  bool local, uint64_t now_ns, uint32_t *number)
{
	const bool is_tcp = verdict->key.proto == IPV4_TCP;
	struct nat_slot *slot;

	*number = flow_add(&nat->table, &verdict->key, !is_tcp, sockets.fd, now_ns);
	if (*number == FLOW_NONE) {
		close(sockets.fd);
		if (sockets.ear >= 0)
			close(sockets.ear);
		return false;
	}
	slot = &nat->slots[*number];
	*slot = (struct nat_slot){.ear = sockets.ear, .local = local, .tag = nat->dialer->number};
	if (is_tcp)
		slot->tcp = nat_tcp_add(nat, *number, sockets.fd, verdict, now_ns);
	if ((!is_tcp || slot->tcp) && watch_flow(nat, *number))
		return true;
	nat_end_flow(nat, *number);
	return false;
}

/* `*refused`, when it is set, says why there is no flow. */
static enum reason open_flow(struct nat *nat, const struct verdict *verdict, uint64_t now_ns,
                             uint32_t *number, enum reason *refused)
{
	const struct flow_key *key = &verdict->key;
	struct dialer_sockets sockets;
	enum dialer_status status;

	status = dialer_dial(nat->dialer, key->proto, key->peer_ip, key->peer_port, key->guest_port,
	                     &sockets);
	if (status == DIALER_GONE)
		return REASON_DIALER_DIED;
	*refused = dial_refusal(status);
	if (*refused)
		return REASON_NONE;
	if (!adopt(nat, verdict, sockets, status == DIALER_LOCAL, now_ns, number)) {
		*refused = REASON_NO_SOCKET;
		return REASON_NONE;
	}
	if (status == DIALER_LOCAL) {
		nat->counts->served++;
		return REASON_NONE;
	}
	nat->counts->flows++;
	nat->counts->tcp += key->proto == IPV4_TCP;
	return audit_allow(nat->audit, &verdict->tuple, verdict->rule ? verdict->rule->id : NULL)
	               ? REASON_NONE
	               : REASON_AUDIT_FAILED;
}

/* --- from the guest --- */

enum reason nat_forward(struct nat *nat, const struct verdict *verdict, uint64_t now_ns,
                        bool *again)
{
	enum reason refused = REASON_NONE, stop;
	uint32_t number = verdict->flow;

	*again = false;
	if (verdict->kind == VERDICT_NEW_FLOW) {
		stop = open_flow(nat, verdict, now_ns, &number, &refused);
		if (stop)
			return stop;
		if (refused)
			return nat_drop_frame(nat, &verdict->tuple, refused);
	}
	if (verdict->key.proto == IPV4_TCP) {
		if (verdict->kind == VERDICT_FORWARD)
			return nat_tcp_segment(nat, nat->slots[number].tcp, verdict, now_ns, again);
		nat->counts->forwarded++; /* a SYN is all used up by opening the flow */
		return REASON_NONE;
	}
	flow_touch(&nat->table, number, now_ns);
	return verdict->key.proto == IPV4_ICMP ? nat_echo_send(nat, number, verdict)
	                                       : nat_udp_send(nat, number, verdict);
}

/* --- from the world --- */

static enum reason hear_strangers(struct nat *nat, uint32_t number)
{
	bool more = true;

	for (int burst = 0; more && burst < BURST_MAX; burst++) {
		enum reason stop = nat_udp_hear(nat, number, &more);

		if (stop)
			return stop;
	}
	return REASON_NONE;
}

static enum reason receive_flow(struct nat *nat, uint32_t number, uint64_t now_ns)
{
	const bool is_echo = nat->table.flows[number].key.proto == IPV4_ICMP;
	bool more = true;

	for (int burst = 0; more && burst < BURST_MAX; burst++) {
		struct wr frame;
		enum reason stop;

		if (!link_reserve(nat->link, ETH_HDR_LEN + (size_t)nat->policy->mtu, &frame))
			return REASON_NONE;
		stop = is_echo ? nat_echo_receive(nat, number, &frame, now_ns, &more)
		               : nat_udp_receive(nat, number, &frame, now_ns, &more);
		if (stop)
			return stop;
	}
	return REASON_NONE;
}

enum reason nat_receive(struct nat *nat, uint64_t now_ns)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(nat->epoll, events, EVENTS_MAX, 0);

	for (int i = 0; i < count; i++) {
		const uint32_t number = (uint32_t)events[i].data.u64;
		enum reason stop = REASON_NONE;

		if (!nat->table.flows[number].live)
			continue;
		if (events[i].data.u64 & EAR)
			stop = hear_strangers(nat, number);
		else if (nat->slots[number].tcp)
			nat_tcp_event(nat, nat->slots[number].tcp, events[i].events, now_ns);
		else
			stop = receive_flow(nat, number, now_ns);
		if (stop)
			return stop;
	}
	return REASON_NONE;
}

void nat_flush(struct nat *nat, uint64_t now_ns)
{
	nat_tcp_flush(nat, now_ns);
}

/* --- time and policy --- */

void nat_expire(struct nat *nat, uint64_t now_ns)
{
	uint32_t number;

	while ((number = flow_find_expired(&nat->table, now_ns)) != FLOW_NONE)
		nat_end_flow(nat, number);
	nat_tcp_expire(nat, now_ns);
}

uint64_t nat_expiry_ns(const struct nat *nat)
{
	const uint32_t oldest = nat->table.oldest;
	const uint64_t tcp_ns = nat_tcp_deadline(nat);
	uint64_t idle_at_ns;

	if (oldest == FLOW_NONE)
		return tcp_ns;
	idle_at_ns = nat->table.flows[oldest].used_ns + nat->table.idle_ns;
	return idle_at_ns < tcp_ns ? idle_at_ns : tcp_ns;
}

/* Whether a flow that was opened under `old` may go on. Where not every frame is checked, a flow
 * without a rule may be one that was never asked for one. */
static bool is_still_allowed(const struct policy *now, const struct policy *old,
                             const struct flow_key *key, bool local)
{
	if (local)
		return policy_service(now, key->proto, key->peer_ip, key->peer_port) ==
		       policy_service(old, key->proto, key->peer_ip, key->peer_port);
	if (policy_find(now, key->proto, key->peer_ip, key->peer_port))
		return true;
	if (now->mode > POLICY_SAMPLED)
		return false;
	return !policy_find(old, key->proto, key->peer_ip, key->peer_port);
}

static void revoke_flow(struct nat *nat, uint32_t number)
{
	if (nat->slots[number].tcp)
		nat_tcp_revoke(nat, nat->slots[number].tcp);
	else
		nat_end_flow(nat, number);
}

void nat_set_policy(struct nat *nat, const struct policy *policy)
{
	const struct policy *old = nat->policy;

	nat->policy = policy;
	nat->table.idle_ns = idle_ns(policy);
	for (uint32_t i = 0; i < nat->table.capacity; i++) {
		const struct flow *flow = &nat->table.flows[i];

		if (!flow->live || is_still_allowed(policy, old, &flow->key, nat->slots[i].local))
			continue;
		revoke_flow(nat, i);
	}
}

void nat_abort(struct nat *nat, uint32_t tag)
{
	for (uint32_t i = 0; i < nat->table.capacity; i++)
		if (nat->table.flows[i].live && nat->slots[i].local && nat->slots[i].tag == tag) {
			revoke_flow(nat, i);
			return;
		}
}

void nat_close(struct nat *nat, bool abort)
{
	nat_tcp_close(nat, abort);
	while (nat->table.oldest != FLOW_NONE)
		nat_end_flow(nat, nat->table.oldest);
	close(nat->epoll);
	free(nat->slots);
	free(nat->table.flows);
	free(nat->table.index);
}
