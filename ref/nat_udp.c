/* SPDX-License-Identifier: ISC */
/* nat_udp.c: datagrams out, replies back, and what strangers send.
 *
 * An ICMP error that an earlier datagram caused is reported by the kernel on the next call and is
 * absorbed. A send that fails for another reason ends the flow: the next datagram asks the dialer
 * for a new socket, which is how flows come back after the uplink was away. */
#include "ref/nat.h"

#include "ref/answer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define SEND_ATTEMPTS 2

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

enum reason nat_udp_send(struct nat *nat, uint32_t number, const struct verdict *verdict)
{
	if (send_payload(nat->table.flows[number].handle, verdict->payload)) {
		nat->counts->forwarded++;
		return REASON_NONE;
	}
	if (!is_transient(errno))
		nat_end_flow(nat, number);
	return nat_drop_frame(nat, &verdict->tuple, REASON_SEND_FAILED);
}

/* Between its making and its connect a socket takes from anyone: look again. The gate's has no
 * address, and only the gate's end. */
static bool is_from_peer(const struct nat *nat, uint32_t number, uint32_t ip, uint16_t port)
{
	const struct flow_key *key = &nat->table.flows[number].key;

	return nat->slots[number].local || (ip == key->peer_ip && port == key->peer_port);
}

enum reason nat_udp_receive(struct nat *nat, uint32_t number, struct wr *frame, uint64_t now_ns,
                            bool *more)
{
	const struct flow *flow = &nat->table.flows[number];
	uint8_t *payload = frame->p + ANSWER_UDP_HDR_LEN;
	const size_t room = frame->size - ANSWER_UDP_HDR_LEN;
	struct sockaddr_in from = {0};
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(flow->handle, payload, room, MSG_DONTWAIT | MSG_TRUNC,
	                     (struct sockaddr *)&from, &from_len);
	const uint32_t ip = ntohl(from.sin_addr.s_addr);
	const uint16_t port = ntohs(from.sin_port);

	*more = n >= 0 || (errno != EAGAIN && errno != EINTR); /* an ICMP error is absorbed */
	if (n < 0)
		return REASON_NONE;
	if (n == 0 && nat->slots[number].local) { /* the gate has closed its end */
		*more = false;
		nat_end_flow(nat, number);
		return REASON_NONE;
	}
	if (!is_from_peer(nat, number, ip, port))
		return nat_drop_reply(nat, &flow->key, ip, port, REASON_UNSOLICITED);
	if ((size_t)n > room ||
	    !answer_udp_headers(frame, nat->policy, &flow->key, rd_of(payload, (size_t)n)))
		return nat_drop_reply(nat, &flow->key, ip, port, REASON_TOO_BIG);
	link_commit(nat->link, ANSWER_UDP_HDR_LEN + (size_t)n);
	flow_touch(&nat->table, number, now_ns);
	nat->counts->replies++;
	return REASON_NONE;
}

enum reason nat_udp_hear(struct nat *nat, uint32_t number, bool *more)
{
	const struct flow_key *key = &nat->table.flows[number].key;
	struct sockaddr_in from = {0};
	socklen_t from_len = sizeof(from);
	char nothing;
	ssize_t n = recvfrom(nat->slots[number].ear, &nothing, 0, MSG_DONTWAIT | MSG_TRUNC,
	                     (struct sockaddr *)&from, &from_len);

	*more = n >= 0;
	if (n < 0)
		return REASON_NONE;
	return nat_drop_reply(nat, key, ntohl(from.sin_addr.s_addr), ntohs(from.sin_port),
	                      REASON_UNSOLICITED);
}
