/* SPDX-License-Identifier: ISC */
/* null.c: a forwarder that checks nothing: what `gauntlet bench` compares with. NEVER put it between a VM
 * and a network.
 *
 * It speaks the backend contract as far as a bench needs it and makes the system calls that refnat makes
 * for one flow of UDP: one epoll_wait a wake-up, one large recv from the guest's stream, one send for each
 * datagram on a connected socket that is tied to the uplink, one recvfrom for each reply, one send of all
 * replies to the guest. In between it looks at nothing but lengths. So what refnat takes longer than this
 * is refnat's; the rest is the kernel's.
 *
 * One flow: the socket is connected to where the first datagram goes, and every datagram goes there;
 * replies go to the guest's endpoint of the last datagram. ARP is answered, TCP is not carried, and what
 * is no UDP over IPv4 without options is ignored. The policy is not even opened. Not bounded by what a
 * stranger sends, of course, but by its buffers.
 */
#include "bytes/rd.h"
#include "bytes/wr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_SIZE 262144
#define FRAME_MAX   (14 + 9216)
#define ARP_LEN     42
#define HDR_LEN     42 /* Ethernet, IPv4, UDP */
#define PREFIX_LEN  4
#define BURST_MAX   32

enum exits { EXIT_USAGE = 64, EXIT_LACKS = 69, EXIT_UNKNOWN = 89 };

static const uint8_t gateway_mac[6] = {0x52, 0x55, 0xc0, 0xa8, 0x64, 0x01};

struct null {
	int stream, events, udp, epoll;
	const char *uplink;
	unsigned seq;
	uint8_t in[BUFFER_SIZE], out[BUFFER_SIZE];
	size_t in_len, out_len;
	bool connected;
	uint8_t guest_mac[6];
	uint8_t guest[6], peer[6]; /* address and port, as on the wire */
	unsigned long frames, replies;
};

static int lacks(const char *what)
{
	fprintf(stderr, "null: %s: %s\n", what, strerror(errno));
	return EXIT_LACKS;
}

/* ---- contract ---- */

static int describe(void)
{
	puts("{\"name\":\"null\",\"version\":\"1\",\"planes\":[\"wire\"],\"transports\":[\"fd\"],"
	     "\"modes\":[\"direct\"],\"caps\":[\"frames.stream\",\"arp\",\"nat.udp4\",\"mtu\"],"
	     "\"ordering\":\"fifo\",\"audit\":\"none\",\"needs\":[]}");
	return 0;
}

static bool say(struct null *n, const char *kind)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return dprintf(n->events,
	               "{\"v\":1,\"ev\":\"%s\",\"seq\":%u,\"t_ns\":%lld,\"frames\":%lu,"
	               "\"replies\":%lu}\n",
	               kind, n->seq++, (long long)t.tv_sec * 1000000000 + t.tv_nsec, n->frames,
	               n->replies) > 0;
}

/* "fd:N" */
static bool parse_fd(const char *text, int *fd)
{
	char *end;
	long value;

	if (strncmp(text, "fd:", 3) != 0)
		return false;
	value = strtol(text + 3, &end, 10);
	*fd = (int)value;
	return end != text + 3 && !*end && value >= 0 && value < 65536;
}

/* 0 or the exit code. */
static int parse_options(struct null *n, int argc, char **argv)
{
	n->stream = n->events = -1;
	for (int i = 2; i < argc; i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(argv[i], "--frames") && parse_fd(value, &n->stream))
			continue;
		if (!strcmp(argv[i], "--events") && parse_fd(value, &n->events))
			continue;
		if (!strcmp(argv[i], "--uplink"))
			n->uplink = value;
		else if ((strcmp(argv[i], "--contract") != 0 || strcmp(value, "1") != 0) &&
		         strcmp(argv[i], "--policy") != 0 && strcmp(argv[i], "--seed") != 0)
			return EXIT_UNKNOWN;
	}
	return n->stream >= 0 && n->events >= 0 && n->uplink ? 0 : EXIT_USAGE;
}

/* ---- to the guest ---- */

static bool reserve(const struct null *n, size_t len)
{
	return sizeof(n->out) - n->out_len >= PREFIX_LEN + len;
}

static void commit(struct null *n, size_t len)
{
	struct wr w = wr_of(n->out + n->out_len, PREFIX_LEN);

	if (wr_u32(&w, (uint32_t)len))
		n->out_len += PREFIX_LEN + len;
}

/* Waits when the guest does not read: there is nothing else to do. False when it is gone. */
static bool flush(struct null *n)
{
	for (size_t done = 0; done < n->out_len;) {
		ssize_t sent = send(n->stream, n->out + done, n->out_len - done, MSG_NOSIGNAL);

		if (sent < 0)
			return false;
		done += (size_t)sent;
	}
	n->out_len = 0;
	return true;
}

/* RFC 826: whoever asks gets the gateway's MAC, whatever the address. */
static void answer_arp(struct null *n, const uint8_t *frame)
{
	uint8_t *out = n->out + n->out_len + PREFIX_LEN;

	if (!reserve(n, ARP_LEN))
		return;
	memcpy(out, frame, ARP_LEN);
	memcpy(out, frame + 6, 6);
	memcpy(out + 6, gateway_mac, 6);
	out[21] = 2; /* a reply */
	memcpy(out + 22, gateway_mac, 6);
	memcpy(out + 28, frame + 38, 4);
	memcpy(out + 32, frame + 22, 10);
	commit(n, ARP_LEN);
}

/* RFC 1071, over the header's twenty bytes. */
static uint16_t ip_checksum(const uint8_t *p)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < 20; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

/* Headers in front of `len` bytes of payload. No UDP checksum: RFC 768 lets a sender leave it out. */
static void put_headers(const struct null *n, uint8_t *out, size_t len)
{
	struct wr w = wr_of(out, HDR_LEN);

	if (!wr_bytes(&w, n->guest_mac, 6) || !wr_bytes(&w, gateway_mac, 6) ||
	    !wr_u16(&w, 0x0800) || !wr_u16(&w, 0x4500) || !wr_u16(&w, (uint16_t)(len + 28)) ||
	    !wr_u32(&w, 0x4000) || !wr_u16(&w, 0x4011) || !wr_u16(&w, 0) ||
	    !wr_bytes(&w, n->peer, 4) || !wr_bytes(&w, n->guest, 4) ||
	    !wr_bytes(&w, n->peer + 4, 2) || !wr_bytes(&w, n->guest + 4, 2) ||
	    !wr_u16(&w, (uint16_t)(len + 8)) || !wr_u16(&w, 0) ||
	    !wr_put_u16(&w, 24, ip_checksum(out + 14)))
		abort();
}

static void receive_replies(struct null *n)
{
	for (int i = 0; i < BURST_MAX && reserve(n, FRAME_MAX); i++) {
		uint8_t *out = n->out + n->out_len + PREFIX_LEN;
		struct sockaddr_in from;
		socklen_t from_len = sizeof(from);
		ssize_t len = recvfrom(n->udp, out + HDR_LEN, FRAME_MAX - HDR_LEN, MSG_DONTWAIT,
		                       (struct sockaddr *)&from, &from_len);

		if (len < 0)
			return;
		put_headers(n, out, (size_t)len);
		commit(n, HDR_LEN + (size_t)len);
		n->replies++;
	}
}

/* ---- from the guest ---- */

static void connect_to(struct null *n)
{
	struct sockaddr_in peer = {.sin_family = AF_INET};

	memcpy(&peer.sin_addr.s_addr, n->peer, 4);
	memcpy(&peer.sin_port, n->peer + 4, 2);
	n->connected = connect(n->udp, (struct sockaddr *)&peer, sizeof(peer)) == 0;
}

static void forward(struct null *n, struct rd frame)
{
	static const uint8_t ip_udp[] = {0x08, 0x00, 0x45}, arp[] = {0x08, 0x06};

	if (frame.n >= ARP_LEN && !memcmp(frame.p + 12, arp, 2))
		answer_arp(n, frame.p);
	if (frame.n < HDR_LEN || memcmp(frame.p + 12, ip_udp, 3) != 0 || frame.p[23] != 17)
		return;
	n->frames++;
	memcpy(n->guest_mac, frame.p + 6, 6);
	memcpy(n->guest, frame.p + 26, 4);
	memcpy(n->guest + 4, frame.p + 34, 2);
	if (!n->connected) {
		memcpy(n->peer, frame.p + 30, 4);
		memcpy(n->peer + 4, frame.p + 36, 2);
		connect_to(n);
	}
	send(n->udp, frame.p + HDR_LEN, frame.n - HDR_LEN, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* False at the end of the stream. */
static bool read_frames(struct null *n)
{
	ssize_t got = recv(n->stream, n->in + n->in_len, sizeof(n->in) - n->in_len, MSG_DONTWAIT);
	struct rd r, frame;

	if (got <= 0)
		return got < 0 && errno == EAGAIN;
	n->in_len += (size_t)got;
	r = rd_of(n->in, n->in_len);
	for (;;) {
		struct rd next = r;
		uint32_t len;

		if (!rd_u32(&next, &len) || !rd_sub(&next, len, &frame))
			break;
		forward(n, frame);
		r = next;
	}
	memmove(n->in, r.p, r.n);
	n->in_len = r.n;
	return r.n < sizeof(n->in);
}

static bool watch(const struct null *n, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(n->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static int run(struct null *n)
{
	bool open = true;

	n->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	n->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (n->udp < 0 || n->epoll < 0 ||
	    setsockopt(n->udp, SOL_SOCKET, SO_BINDTODEVICE, n->uplink,
	               (socklen_t)strlen(n->uplink)) < 0 ||
	    !watch(n, n->udp) || !watch(n, n->stream))
		return lacks(n->uplink);
	if (!say(n, "ready"))
		return EXIT_LACKS;
	while (open) {
		struct epoll_event events[2];
		int count = epoll_wait(n->epoll, events, 2, -1);

		for (int i = 0; i < count; i++) {
			if (events[i].data.fd == n->udp)
				receive_replies(n);
			else
				open = read_frames(n);
		}
		open = flush(n) && open;
	}
	return say(n, "bye") ? 0 : EXIT_LACKS;
}

int main(int argc, char **argv)
{
	static struct null n;
	int status;

	if (argc >= 2 && !strcmp(argv[1], "describe"))
		return describe();
	if (argc < 2 || strcmp(argv[1], "run") != 0)
		return EXIT_UNKNOWN;
	status = parse_options(&n, argc, argv);
	return status ? status : run(&n);
}
