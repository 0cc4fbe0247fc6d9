/* SPDX-License-Identifier: ISC */
/* dialer_gate.c: flows for the gate, and sockets that it asks for. */
#include "ref/dialer_gate.h"

#include "ref/dialer_socket.h"
#include "ref/dns_addr.h"
#include "ref/ipv4.h"
#include "ref/policy_name.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

bool dialer_gate_allows(const struct policy *policy, uint8_t proto, uint32_t ip, uint16_t port)
{
	const struct policy_web *web = &policy->web;
	enum policy_service service;

	if (!port || !policy_is_destination(policy, ip))
		return false;
	if (web->dns == POLICY_DNS_FORWARD && ip == web->resolver_ip && port == web->resolver_port)
		return proto == IPV4_UDP || proto == IPV4_TCP;
	service = policy_service(policy, proto, ip, port);
	if (service != POLICY_SERVICE_TLS && service != POLICY_SERVICE_HTTP)
		return false;
	return dns_addr_class(ip) == DNS_ADDR_GLOBAL || policy_name_is_host(web, ip);
}

enum dialer_status dialer_gate_arrive(const struct dialer_gate *gate,
                                      const struct gate_arrival *arrival,
                                      struct dialer_sockets *out)
{
	const struct gate_message message = {.word = GATE_ARRIVAL, .arrival = *arrival};
	const int type = arrival->proto == IPV4_TCP ? SOCK_STREAM : SOCK_SEQPACKET;
	int pair[2];
	bool sent;

	if (gate->arrivals < 0)
		return DIALER_GATE_FULL;
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return DIALER_NO_SOCKET;
	sent = gate_wire_send(gate->arrivals, &message, &pair[1], 1);
	close(pair[1]);
	if (sent)
		out->fd = pair[0];
	else
		close(pair[0]);
	return sent ? DIALER_LOCAL : DIALER_GATE_FULL;
}

static bool serve_dial(const struct dialer_gate *gate, const struct policy *policy,
                       const char *uplink, const struct gate_message *request)
{
	struct dialer_sockets sockets = {-1, -1};
	struct gate_message answer = {.word = GATE_DIALLED, .number = request->number};
	bool sent;

	if (dialer_gate_allows(policy, request->proto, request->ip, request->port))
		answer.status = dialer_socket_open(uplink, request->proto, request->ip,
		                                   request->port, &sockets);
	else
		answer.status = DIALER_REFUSED;
	{
		const int fds[2] = {sockets.fd, sockets.ear};
		const size_t count = sockets.fd < 0 ? 0 : sockets.ear < 0 ? 1 : 2;

		sent = gate_wire_send(gate->dials, &answer, fds, count);
	}
	dialer_socket_close(&sockets);
	return sent;
}

bool dialer_gate_serve(const struct dialer_gate *gate, const struct policy *policy,
                       const char *uplink, bool *done, enum order_kind *kind)
{
	struct gate_message message;
	int none[GATE_WIRE_FDS_MAX];

	*done = false;
	switch (gate_wire_receive(gate->dials, &message, none)) {
	case GATE_NOTHING:
		return true;
	case GATE_RECEIVED:
		break;
	case GATE_BROKEN:
	default:
		return false;
	}
	if (message.word == GATE_DIAL)
		return serve_dial(gate, policy, uplink, &message);
	if (message.word == GATE_DONE) {
		*done = true;
		*kind = message.order.kind;
		return true;
	}
	for (size_t i = 0; i < GATE_WIRE_FDS_MAX; i++)
		if (none[i] >= 0)
			close(none[i]);
	return false;
}

bool dialer_gate_order(const struct dialer_gate *gate, const struct order *order)
{
	const struct gate_message message = {.word = GATE_ORDER, .order = *order};

	return gate_wire_send(gate->dials, &message, NULL, 0);
}

void dialer_gate_lose(struct dialer_gate *gate)
{
	if (gate->arrivals >= 0)
		close(gate->arrivals);
	if (gate->dials >= 0)
		close(gate->dials);
	*gate = (struct dialer_gate){-1, -1};
}
