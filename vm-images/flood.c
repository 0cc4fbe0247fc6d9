/* SPDX-License-Identifier: ISC */
/* flood.c: datagrams from the guest as fast as it can.
 *
 *   flood MS LENGTH HOST PORT TEXT
 *
 * For MS milliseconds it sends datagrams of LENGTH bytes, TEXT in front and NULs behind it, asks for no answer, and prints
 * how many the kernel took. What the kernel has no room for is not sent; the next one may be. Exit codes: 0, 2 wrong
 * arguments or refused by the kernel.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define LENGTH_MAX 65507

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

static int fail(const char *what)
{
	fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
	return 2;
}

/* 1 to `most`; 0: something else. */
static long number(const char *word, long most)
{
	char *end;
	long n = strtol(word, &end, 10);

	return *end || n < 1 || n > most ? 0 : n;
}

int main(int argc, char **argv)
{
	static char datagram[LENGTH_MAX];
	struct sockaddr_in to = {.sin_family = AF_INET};
	long ms = argc == 6 ? number(argv[1], 3600000) : 0, end;
	long len = argc == 6 ? number(argv[2], LENGTH_MAX) : 0;
	long port = argc == 6 ? number(argv[4], 65535) : 0;
	unsigned long sent = 0;
	int fd;

	if (!ms || !len || !port || strlen(argv[5]) > (size_t)len ||
	    inet_pton(AF_INET, argv[3], &to.sin_addr) != 1) {
		fprintf(stderr, "usage: flood MS LENGTH HOST PORT TEXT\n");
		return 2;
	}
	to.sin_port = htons((uint16_t)port);
	memcpy(datagram, argv[5], strlen(argv[5]));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		return fail("socket");
	end = now_ms() + ms;
	while (now_ms() < end)
		for (int i = 0; i < 16; i++) {
			if (sendto(fd, datagram, (size_t)len, 0, (struct sockaddr *)&to,
			           sizeof(to)) > 0)
				sent++;
			else if (errno != ENOBUFS && errno != EAGAIN)
				return fail("sendto");
		}
	return printf("%lu\n", sent) > 0 ? 0 : 2;
}
