/* SPDX-License-Identifier: ISC */
/* serve_frames.c: the guest's agent sends raw frames and listens for them. */
#include "vm-images/serve_part.h"

#include "bytes/wr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BURST_PATIENCE_MS 5000 /* for the card to take one frame */

/* Returns the errno, 0 when the driver has the frame. */
static int send_one(struct serve *s, const char *ifname, struct rd frame)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET};

	if (s->packet < 0) /* protocol 0: sends only, receives nothing */
		s->packet = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	to.sll_ifindex = (int)if_nametoindex(ifname);
	if (s->packet < 0 || !to.sll_ifindex ||
	    sendto(s->packet, frame.p, frame.n, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return errno;
	return 0;
}

void serve_frame(struct serve *s, const struct serve_request *q)
{
	char ifname[AGENT_IFNAME_MAX + 1];

	serve_request_text(q, ifname);
	serve_answer_u32(s, AGENT_SENT, q->id, (uint32_t)send_one(s, ifname, q->data));
}

/* The first frames of a restored guest come before its card has a carrier: no frame is given up
 * before its patience is over. */
static int send_patiently(struct serve *s, const char *ifname, struct rd frame)
{
	int64_t end = serve_now_ms() + BURST_PATIENCE_MS;
	int error;

	while ((error = send_one(s, ifname, frame)) && serve_now_ms() < end) {
		if (error == ENETDOWN && boot_link_up(ifname))
			continue;
		if (error != ENOBUFS && error != EAGAIN && error != ENETDOWN)
			break;
		poll(NULL, 0, 1);
	}
	return error;
}

void serve_burst(struct serve *s, const struct serve_request *q)
{
	char ifname[AGENT_IFNAME_MAX + 1];
	uint8_t body[8];
	struct wr w = wr_of(body, sizeof(body));
	struct rd frames = q->data, frame;
	uint32_t sent = 0, len;
	int error = 0;

	serve_request_text(q, ifname);
	while (!error && rd_u32(&frames, &len) && rd_sub(&frames, len, &frame)) {
		error = send_patiently(s, ifname, frame);
		sent += error == 0;
		if (error == EINVAL || error == EMSGSIZE) /* no kernel sends it */
			error = 0;
	}
	if (wr_u32(&w, sent) && wr_u32(&w, (uint32_t)error))
		serve_answer(s, AGENT_BURST_SENT, q->id, body, sizeof(body), NULL, 0);
}

void serve_sniff(struct serve *s, const struct serve_request *q)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	char ifname[AGENT_IFNAME_MAX + 1];
	struct sniff *n = &s->sniff;

	if (n->fd >= 0) {
		serve_refuse(s, q->id, "a sniff is going on already");
		return;
	}
	serve_request_text(q, ifname);
	at.sll_ifindex = (int)if_nametoindex(ifname);
	if (!at.sll_ifindex) {
		serve_refuse(s, q->id, "no such interface");
		return;
	}
	n->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (n->fd < 0 || bind(n->fd, (struct sockaddr *)&at, sizeof(at))) {
		if (n->fd >= 0)
			close(n->fd);
		n->fd = -1;
		serve_refuse(s, q->id, "no AF_PACKET socket");
		return;
	}
	n->id = q->id;
	n->count = 0;
	n->wanted = q->count;
	n->truncated = false;
	n->deadline = serve_now_ms() + q->number;
	n->len = 0;
}

static void sniff_end(struct serve *s)
{
	struct sniff *n = &s->sniff;
	uint8_t head[3];
	struct wr w = wr_of(head, sizeof(head));

	close(n->fd);
	n->fd = -1;
	if (wr_u8(&w, n->truncated) && wr_u16(&w, n->count))
		serve_answer(s, AGENT_SNIFFED, n->id, head, sizeof(head), n->frames, n->len);
}

void serve_sniff_take(struct serve *s)
{
	static uint8_t frame[AGENT_FRAME_MAX];
	struct sniff *n = &s->sniff;

	while (n->count < n->wanted && !n->truncated) {
		struct wr w = wr_of(n->frames + n->len, sizeof(n->frames) - n->len);
		ssize_t len = recv(n->fd, frame, sizeof(frame), 0);

		if (len < 0 && (errno == EAGAIN || errno == EINTR || errno == ENETDOWN))
			return;
		n->truncated = len <= 0 || (size_t)len + 4 > w.size || !wr_u32(&w, (uint32_t)len) ||
		               !wr_bytes(&w, frame, (size_t)len);
		if (!n->truncated) {
			n->len += w.len;
			n->count++;
		}
	}
	sniff_end(s);
}

int64_t serve_sniff_wait(struct serve *s, int64_t now)
{
	if (s->sniff.fd < 0)
		return -1;
	if (now < s->sniff.deadline)
		return s->sniff.deadline - now;
	sniff_end(s);
	return -1;
}
