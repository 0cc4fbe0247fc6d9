/* SPDX-License-Identifier: ISC */
/* world.c: kernel sockets in the world namespace, where every address is local. */
#include "harness/world.h"

#include "harness/addr.h"
#include "harness/capture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONSUMER_ROOM (8 << 20) /* for thousands of datagrams at once */

static int open_consumer(void)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
	                          .sin_port = htons(LAB_CONSUMER_PORT),
	                          .sin_addr = {.s_addr = htonl(LAB_CONSUMER_IP)}};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1, room = CONSUMER_ROOM;

	/* A queue that is too short loses the echoes of a flood, not what a backend is judged by. */
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	/* The address is local by a route only, hence IP_FREEBIND. */
	if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin))) {
		fprintf(stderr, "gauntlet: world: consumer socket: %s\n", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

int world_open(struct world *w)
{
	*w = (struct world){.capture_fd = -1, .consumer_fd = -1, .raw_fd = -1};
	w->capture_fd = capture_open(0);
	if (w->capture_fd < 0)
		return -1;
	w->consumer_fd = open_consumer();
	if (w->consumer_fd < 0)
		goto bad;
	w->raw_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (w->raw_fd >= 0)
		return 0;
	fprintf(stderr, "gauntlet: world: packet socket: %s\n", strerror(errno));
bad:
	world_close(w);
	return -1;
}

void world_close(struct world *w)
{
	if (w->capture_fd >= 0)
		close(w->capture_fd);
	if (w->consumer_fd >= 0)
		close(w->consumer_fd);
	if (w->raw_fd >= 0)
		close(w->raw_fd);
	*w = (struct world){.capture_fd = -1, .consumer_fd = -1, .raw_fd = -1};
}

int world_answer(struct world *w)
{
	static uint8_t buf[65536];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n;

	while ((n = recvfrom(w->consumer_fd, buf, sizeof(buf), 0, (struct sockaddr *)&from,
	                     &len)) >= 0) {
		if (sendto(w->consumer_fd, buf, (size_t)n, 0, (struct sockaddr *)&from, len) < 0)
			return errno;
		len = sizeof(from);
	}
	return 0;
}

int world_send(struct world *w, unsigned ifindex, const void *frame, size_t len)
{
	struct sockaddr_ll sll = {
	        .sll_family = AF_PACKET, .sll_ifindex = (int)ifindex, .sll_halen = 6};

	if (len >= 6)
		memcpy(sll.sll_addr, frame, 6);
	if (sendto(w->raw_fd, frame, len, 0, (struct sockaddr *)&sll, sizeof(sll)) == (ssize_t)len)
		return 0;
	fprintf(stderr, "gauntlet: world: cannot send a frame of %zu bytes: %s\n", len,
	        strerror(errno));
	return -1;
}
