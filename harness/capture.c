/* SPDX-License-Identifier: ISC */
/* capture.c: see packet(7). */
#include "harness/capture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define BUFFER_BYTES (32 << 20)
#define TAG_LEN      4

int capture_open(unsigned ifindex)
{
	struct sockaddr_ll sll = {.sll_family = AF_PACKET,
	                          .sll_protocol = htons(ETH_P_ALL),
	                          .sll_ifindex = (int)ifindex};
	int one = 1, size = BUFFER_BYTES;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		goto bad;
	/* Without privilege over the host the forced size is refused; the drop counter then tells.
	 */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)))
		goto bad;
	if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&sll, sizeof(sll)))
		goto bad;
	return fd;
bad:
	fprintf(stderr, "gauntlet: capture: packet socket: %s\n", strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The 802.1Q tag that the kernel moved from the frame to the side channel, or NULL. */
static const struct tpacket_auxdata *find_tag(struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		const void *data = CMSG_DATA(c);
		const struct tpacket_auxdata *aux = data;

		if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA &&
		    aux->tp_status & TP_STATUS_VLAN_VALID)
			return aux;
	}
	return NULL;
}

static size_t put_tag_back(uint8_t *frame, size_t len, const struct tpacket_auxdata *aux)
{
	uint16_t tpid = aux->tp_status & TP_STATUS_VLAN_TPID_VALID ? aux->tp_vlan_tpid
	                                                           : ETH_P_8021Q;

	memmove(frame + 12 + TAG_LEN, frame + 12, len - 12);
	frame[12] = (uint8_t)(tpid >> 8);
	frame[13] = (uint8_t)tpid;
	frame[14] = (uint8_t)(aux->tp_vlan_tci >> 8);
	frame[15] = (uint8_t)aux->tp_vlan_tci;
	return len + TAG_LEN;
}

int capture_next(int fd, uint8_t *buf, struct captured *out)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	struct sockaddr_ll sll;
	struct iovec iov = {.iov_base = buf, .iov_len = CAPTURE_FRAME_MAX - TAG_LEN};
	struct msghdr msg = {.msg_name = &sll,
	                     .msg_namelen = sizeof(sll),
	                     .msg_iov = &iov,
	                     .msg_iovlen = 1,
	                     .msg_control = &control,
	                     .msg_controllen = sizeof(control)};
	const struct tpacket_auxdata *tag;
	ssize_t n = recvmsg(fd, &msg, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENETDOWN))
		return 0; /* ENETDOWN: an interface went away, as they do after every case */
	if (n < 0) {
		fprintf(stderr, "gauntlet: capture: %s\n", strerror(errno));
		return -1;
	}
	tag = find_tag(&msg);
	*out = (struct captured){.frame = buf,
	                         .len = (size_t)n,
	                         .ifindex = (unsigned)sll.sll_ifindex,
	                         .outgoing = sll.sll_pkttype == PACKET_OUTGOING};
	if (tag && n >= 12)
		out->len = put_tag_back(buf, (size_t)n, tag);
	return 1;
}

unsigned capture_drops(int fd)
{
	struct tpacket_stats st = {0};
	socklen_t len = sizeof(st);

	/* Reading resets the counter. A counter that cannot be read counts as a loss. */
	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &st, &len))
		return 1;
	return st.tp_drops;
}
