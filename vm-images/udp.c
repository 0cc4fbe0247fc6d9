/* SPDX-License-Identifier: ISC */
/* udp.c: the guest's UDP program, because its busybox has none that talks to any port, and none that
 * goes around the routes and rules of the kernel it runs on.
 *
 *   udp [-s SOURCE] [-p PORT] [-i INTERFACE] [-m MARK] [-x MAC] [-n PROTOCOL] [-w MS] HOST PORT TEXT
 *
 * Sends TEXT as one datagram through an ordinary socket and prints the answer. -i ties the socket to an
 * interface (SO_BINDTODEVICE), -m gives it a mark (SO_MARK). With -x the datagram is a frame of its own, written to a
 * packet socket on -i (eth0) for the station MAC, whatever routes there are; SOURCE and PORT are then needed, no answer
 * is waited for, and -n makes it claim to be of another protocol than 17.
 *
 * Exit codes: 0 answered, or the frame was taken, 1 no answer within MS (2000), 2 wrong arguments or refused by the kernel.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define TEXT_MAX 1400

struct words {
	const char *source, *port, *interface, *mark, *mac, *text;
	int wait_ms, protocol;
	struct sockaddr_in from, to;
};

static bool set_address(struct sockaddr_in *sin, const char *ip, const char *port)
{
	char *end = NULL;
	unsigned long n = port ? strtoul(port, &end, 10) : 0;

	sin->sin_family = AF_INET;
	if (n > 65535 || (port && (end == port || *end)))
		return false;
	sin->sin_port = htons((uint16_t)n);
	return !ip || inet_pton(AF_INET, ip, &sin->sin_addr) == 1;
}

static int fail(const char *what)
{
	fprintf(stderr, "udp: %s: %s\n", what, strerror(errno));
	return 2;
}

static uint32_t sum(const uint8_t *p, size_t n)
{
	uint32_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += (uint32_t)p[i] << (i % 2 ? 0 : 8);
	return total;
}

static void put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void put_checksum(uint8_t *p, uint32_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	put16(p, ~total);
}

/* IPv4 and UDP headers and TEXT; returns the length. The UDP checksum is left out, as it may be. */
static size_t packet(const struct words *w, uint8_t *p)
{
	size_t text = strlen(w->text), len = 20 + 8 + text;

	memset(p, 0, 28);
	p[0] = 0x45;
	put16(p + 2, (uint32_t)len);
	p[6] = 0x40; /* do not fragment */
	p[8] = 64;
	p[9] = (uint8_t)w->protocol;
	memcpy(p + 12, &w->from.sin_addr, 4);
	memcpy(p + 16, &w->to.sin_addr, 4);
	put_checksum(p + 10, sum(p, 20));
	memcpy(p + 20, &w->from.sin_port, 2);
	memcpy(p + 22, &w->to.sin_port, 2);
	put16(p + 24, (uint32_t)(8 + text));
	memcpy(p + 28, w->text, text);
	return len;
}

static bool set_mac(struct sockaddr_ll *to, const char *text)
{
	char *end;

	for (int i = 0; i < 6; i++, text = end + 1) {
		to->sll_addr[i] = (unsigned char)strtoul(text, &end, 16);
		if (end == text || *end != (i < 5 ? ':' : '\0'))
			return false;
	}
	return true;
}

static int send_frame(const struct words *w)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_halen = 6};
	const char *interface = w->interface ? w->interface : "eth0";
	int fd = socket(AF_PACKET, SOCK_DGRAM, 0);
	uint8_t bytes[28 + TEXT_MAX];

	if (fd < 0)
		return fail("packet socket");
	if (!set_mac(&to, w->mac)) {
		fprintf(stderr, "udp: -x takes a MAC, as in 52:54:00:12:34:56\n");
		return 2;
	}
	to.sll_protocol = htons(ETHERTYPE_IP);
	to.sll_ifindex = (int)if_nametoindex(interface);
	if (!to.sll_ifindex)
		return fail(interface);
	return sendto(fd, bytes, packet(w, bytes), 0, (struct sockaddr *)&to, sizeof(to)) < 0
	               ? fail("sendto")
	               : 0;
}

static int exchange(const struct words *w)
{
	struct pollfd pfd = {.events = POLLIN};
	uint32_t mark = w->mark ? (uint32_t)strtoul(w->mark, NULL, 0) : 0;
	char answer[65536];
	int on = 1;
	ssize_t n;

	pfd.fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (pfd.fd < 0 || setsockopt(pfd.fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)))
		return fail("socket");
	if (w->interface && setsockopt(pfd.fd, SOL_SOCKET, SO_BINDTODEVICE, w->interface,
	                               (socklen_t)strlen(w->interface)))
		return fail(w->interface);
	if (w->mark && setsockopt(pfd.fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)))
		return fail("SO_MARK");
	if (bind(pfd.fd, (const struct sockaddr *)&w->from, sizeof(w->from)))
		return fail("bind");
	if (sendto(pfd.fd, w->text, strlen(w->text), 0, (const struct sockaddr *)&w->to,
	           sizeof(w->to)) < 0)
		return fail("sendto");
	if (poll(&pfd, 1, w->wait_ms) <= 0)
		return 1;
	n = recv(pfd.fd, answer, sizeof(answer), 0);
	if (n < 0)
		return fail("recv");
	return fwrite(answer, 1, (size_t)n, stdout) == (size_t)n && putchar('\n') == '\n' ? 0 : 2;
}

int main(int argc, char **argv)
{
	struct words w = {.wait_ms = 2000, .protocol = IPPROTO_UDP};
	int c;

	while ((c = getopt(argc, argv, "s:p:i:m:x:n:w:")) != -1) {
		if (c == 's')
			w.source = optarg;
		else if (c == 'p')
			w.port = optarg;
		else if (c == 'i')
			w.interface = optarg;
		else if (c == 'm')
			w.mark = optarg;
		else if (c == 'x')
			w.mac = optarg;
		else if (c == 'n')
			w.protocol = (int)strtol(optarg, NULL, 10);
		else if (c == 'w')
			w.wait_ms = (int)strtol(optarg, NULL, 10);
		else
			return 2;
	}
	if (argc - optind != 3 || !set_address(&w.from, w.source, w.port) ||
	    !set_address(&w.to, argv[optind], argv[optind + 1]) ||
	    (w.mac && (!w.source || !w.port || strlen(argv[optind + 2]) > TEXT_MAX))) {
		fprintf(stderr,
		        "usage: udp [-s SOURCE] [-p PORT] [-i INTERFACE] [-m MARK] [-x MAC] "
		        "[-n PROTOCOL] [-w MS] HOST PORT TEXT\n");
		return 2;
	}
	w.text = argv[optind + 2];
	return w.mac ? send_frame(&w) : exchange(&w);
}
