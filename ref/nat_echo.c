/* SPDX-License-Identifier: ISC */
/* nat_echo.c: pings to the world, over unprivileged ping sockets (icmp(7)). The kernel puts its own
 * identifier in place of the guest's, and hands in nothing but replies to it; the guest's comes back
 * in ours. */
#include "ref/nat.h"

#include "ref/answer.h"
#include "ref/icmp.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define ECHO_TYPE_LEN 4 /* type, code, checksum */
#define ECHO_ID_LEN   2 /* behind them; the payload of the verdict begins with it */

enum reason nat_echo_send(struct nat *nat, uint32_t number, const struct verdict *verdict)
{
	const uint8_t head[ECHO_TYPE_LEN + ECHO_ID_LEN] = {
	        ICMP_ECHO_REQUEST}; /* the kernel fills in the rest */
	struct rd rest = verdict->payload;
	struct iovec iov[2] = {{.iov_base = (void *)(uintptr_t)head, .iov_len = sizeof(head)}};

	if (!rd_skip(&rest, ECHO_ID_LEN))
		return nat_drop_frame(nat, &verdict->tuple, REASON_ICMP_MALFORMED);
	iov[1] = (struct iovec){.iov_base = (void *)(uintptr_t)rest.p, .iov_len = rest.n};
	if (writev(nat->table.flows[number].handle, iov, 2) >= 0) {
		nat->counts->forwarded++;
		return REASON_NONE;
	}
	if (errno != EAGAIN && errno != ENOBUFS)
		nat_end_flow(nat, number);
	return nat_drop_frame(nat, &verdict->tuple, REASON_SEND_FAILED);
}

enum reason nat_echo_receive(struct nat *nat, uint32_t number, struct wr *frame, uint64_t now_ns,
                             bool *more)
{
	const struct flow_key *key = &nat->table.flows[number].key;
	uint8_t message[POLICY_MTU_MAX];
	ssize_t n = recv(nat->table.flows[number].handle, message, sizeof(message),
	                 MSG_DONTWAIT | MSG_TRUNC);
	struct rd r = rd_of(message, n < 0 ? 0 : (size_t)n);

	*more = n >= 0 || (errno != EAGAIN && errno != EINTR);
	if (n < 0)
		return REASON_NONE;
	if ((size_t)n > sizeof(message) || message[0] != ICMP_ECHO_REPLY ||
	    !rd_skip(&r, ECHO_TYPE_LEN) || !answer_echo(frame, nat->policy, key, r))
		return nat_drop_reply(nat, key, key->peer_ip, 0, REASON_TOO_BIG);
	link_commit(nat->link, frame->len);
	flow_touch(&nat->table, number, now_ns);
	nat->counts->replies++;
	return REASON_NONE;
}
