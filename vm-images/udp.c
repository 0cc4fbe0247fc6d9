/* SPDX-License-Identifier: ISC */
/* udp.c: the guest's UDP program, because its busybox has none that talks to any port.
 *
 *   udp [-s SOURCE] [-p PORT] HOST PORT TEXT
 *
 * Sends TEXT as one datagram through an ordinary socket and prints the answer. Exit codes: 0 answered,
 * 1 not within 2 s, 2 wrong arguments or refused by the kernel.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MS 2000

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

int main(int argc, char **argv)
{
	struct sockaddr_in from = {0}, to = {0};
	const char *source = NULL, *port = NULL;
	struct pollfd pfd = {.events = POLLIN};
	char answer[65536];
	ssize_t n;
	int c;

	while ((c = getopt(argc, argv, "s:p:")) != -1) {
		if (c == 's')
			source = optarg;
		else if (c == 'p')
			port = optarg;
		else
			return 2;
	}
	if (argc - optind != 3 || !set_address(&from, source, port) ||
	    !set_address(&to, argv[optind], argv[optind + 1])) {
		fprintf(stderr, "usage: udp [-s SOURCE] [-p PORT] HOST PORT TEXT\n");
		return 2;
	}
	pfd.fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (pfd.fd < 0 || bind(pfd.fd, (struct sockaddr *)&from, sizeof(from)))
		return fail("bind");
	if (sendto(pfd.fd, argv[optind + 2], strlen(argv[optind + 2]), 0, (struct sockaddr *)&to,
	           sizeof(to)) < 0)
		return fail("sendto");
	if (poll(&pfd, 1, ANSWER_MS) <= 0)
		return 1;
	n = recv(pfd.fd, answer, sizeof(answer), 0);
	if (n < 0)
		return fail("recv");
	return fwrite(answer, 1, (size_t)n, stdout) == (size_t)n && putchar('\n') == '\n' ? 0 : 2;
}
