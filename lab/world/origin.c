/* SPDX-License-Identifier: ISC */
/* origin.c: `origin`: servers of the world, good and bad.
 *
 *   origin [--http P,...] [--tls P,...] [--certs DIR] [--log FILE]    listens at every address, ports 80 and 443
 *   origin ways                                                       lists what /do/WAY can do
 *   origin bytes N                                                    N bytes of /do/length/N, on standard output
 *   origin check N                                                    whether standard input is just these
 *
 * Its certificate goes by the name that the client asks for: KIND.bad.test and what is below gets KIND.pem of
 * make-ca (DIR: lab/tls beside this program), every other name one of its own, in order, signed by the world's
 * CA. Some names stand for what a server can do to a handshake: silent, garbage, hangup and reset.bad.test; and
 * unasked.bad.test has answered before anything was asked.
 *
 * A request gets its own head and body back as text/plain, as they arrived; /do/WAY/ARG gets what WAY means.
 * Standard output has a line for each request, `hit N "GET / HTTP/1.1\r\n..."`; FILE more of it, in order:
 *
 *	conn N tls|tcp ADDRESS:PORT NAME     a connection, for which address, and which name (or -)
 *	failed N WHY                         its handshake failed
 *	hit N "HEAD"                         a request, its head whole
 *	odd N "BYTES"                        something that never became one
 *	body N BYTES                         how long its body was
 *	end N clean|cut|reset                who visited has ended the connection: cut is without close_notify
 */
#include "lab/world/origin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORTS_MAX 32UL /* of both kinds together */
#define STACK     524288

struct listeners {
	struct pollfd fds[PORTS_MAX];
	bool tls[PORTS_MAX];
	nfds_t count;
};

static int usage(void)
{
	fprintf(stderr,
	        "usage: origin [--http PORT,...] [--tls PORT,...] [--certs DIR] [--log FILE]\n"
	        "       origin ways | bytes N | check N\n");
	return 64;
}

static bool listen_at(struct listeners *l, const char *ports, bool tls)
{
	const struct linger none = {0};

	while (*ports) {
		char *end;
		unsigned long port = strtoul(ports, &end, 10);
		struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

		if (end == ports || port > 65535 || l->count == PORTS_MAX || fd < 0)
			return false;
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
		if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 1024) < 0) {
			fprintf(stderr, "origin: port %lu: %s\n", port, strerror(errno));
			return false;
		}
		l->fds[l->count] = (struct pollfd){.fd = fd, .events = POLLIN};
		l->tls[l->count++] = tls;
		ports = end + (*end == ',');
	}
	return true;
}

/* ---- a visitor ---- */

static void log_connection(const struct visit *v)
{
	struct sockaddr_in a = {0};
	socklen_t len = sizeof(a);
	char address[INET_ADDRSTRLEN], line[ORIGIN_NAME_MAX + 64];

	getsockname(v->fd, (struct sockaddr *)&a, &len);
	inet_ntop(AF_INET, &a.sin_addr, address, sizeof(address));
	snprintf(line, sizeof(line), "%s %s:%u %s", v->ssl ? "tls" : "tcp", address,
	         ntohs(a.sin_port), v->name[0] ? v->name : "-");
	visit_log(v, "conn", line);
}

/* What is done to a handshake. */
static void misbehave(struct visit *v)
{
	static const char garbage[] = "HTTP/1.0 400 Bad Request\r\n\r\n";
	bool resets = strcmp(v->fault, "reset") == 0;

	SSL_free(v->ssl);
	v->ssl = NULL;
	if (strcmp(v->fault, "garbage") == 0)
		visit_send(v, garbage, sizeof(garbage) - 1);
	if (strcmp(v->fault, "silent") == 0)
		while (visit_fill(v))
			v->to = 0;
	visit_close(v, resets ? ORIGIN_RESET : ORIGIN_CUT);
}

static void *visit(void *data)
{
	struct visit *v = data;
	bool accepted;
	int one = 1;

	setsockopt(v->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	accepted = !v->ssl || origin_tls_accept(v);
	log_connection(v);
	if (accepted)
		origin_serve(v);
	else if (v->fault)
		misbehave(v);
	else
		visit_close(v, ORIGIN_CUT);
	free(v);
	return NULL;
}

static void welcome(int fd, bool tls, SSL_CTX *context, const pthread_attr_t *attributes)
{
	static unsigned number;
	struct visit *v = calloc(1, sizeof(*v));
	pthread_t thread;

	if (v) {
		v->number = ++number;
		v->fd = fd;
		v->ssl = tls ? SSL_new(context) : NULL;
		if ((!tls || v->ssl) && pthread_create(&thread, attributes, visit, v) == 0)
			return;
		SSL_free(v->ssl);
		free(v);
	}
	close(fd);
}

static void serve(struct listeners *l)
{
	pthread_attr_t attributes;
	nfds_t i;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	for (;;) {
		if (poll(l->fds, l->count, -1) < 0)
			continue;
		for (i = 0; i < l->count; i++) {
			int fd = l->fds[i].revents ? accept4(l->fds[i].fd, NULL, NULL, SOCK_CLOEXEC)
			                           : -1;

			if (fd >= 0)
				welcome(fd, l->tls[i], origin_tls_context(), &attributes);
		}
	}
}

/* ---- the laboratory's bytes ---- */

static int write_bytes(uint64_t count)
{
	uint8_t block[65536];
	uint64_t at;

	for (at = 0; at < count; at += sizeof(block)) {
		size_t len = count - at < sizeof(block) ? (size_t)(count - at) : sizeof(block);

		origin_pattern(at, block, len);
		if (fwrite(block, 1, len, stdout) != len)
			return 1;
	}
	return fflush(stdout) != 0;
}

static int check_bytes(uint64_t count)
{
	uint8_t block[65536], right[65536];
	uint64_t at = 0;
	size_t len, i;

	while ((len = fread(block, 1, sizeof(block), stdin)) > 0) {
		origin_pattern(at, right, len);
		for (i = 0; i < len && block[i] == right[i]; i++)
			;
		if (i < len) {
			at += i;
			printf("byte %llu is wrong\n", (unsigned long long)at);
			return 1;
		}
		at += len;
	}
	printf("%llu bytes, %s\n", (unsigned long long)at,
	       at == count ? "all right" : "too few or too many");
	return at != count;
}

static int list_ways(void)
{
	static char list[16384];

	origin_raw_list(list, sizeof(list));
	fputs(list, stdout);
	origin_way_list(list, sizeof(list));
	fputs(list, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	const char *http = "80", *tls = "443", *log = NULL, *certs = NULL;
	struct listeners l = {.count = 0};
	char beside[PATH_MAX];
	ssize_t len;
	int i;

	if (argc == 2 && strcmp(argv[1], "ways") == 0)
		return list_ways();
	if (argc == 3 && strcmp(argv[1], "bytes") == 0)
		return write_bytes(strtoull(argv[2], NULL, 10));
	if (argc == 3 && strcmp(argv[1], "check") == 0)
		return check_bytes(strtoull(argv[2], NULL, 10));
	for (i = 1; i + 1 < argc; i += 2) {
		const char **option = strcmp(argv[i], "--http") == 0    ? &http
		                      : strcmp(argv[i], "--tls") == 0   ? &tls
		                      : strcmp(argv[i], "--certs") == 0 ? &certs
		                      : strcmp(argv[i], "--log") == 0   ? &log
		                                                        : NULL;
		if (!option)
			return usage();
		*option = argv[i + 1];
	}
	if (i != argc)
		return usage();
	len = readlink("/proc/self/exe", beside, sizeof(beside) - 16);
	if (len > 0) {
		beside[len] = '\0';
		memcpy(strrchr(beside, '/'), "/lab/tls", sizeof("/lab/tls"));
	}
	signal(SIGPIPE, SIG_IGN);
	if (log && visit_log_open(log) < 0) {
		fprintf(stderr, "origin: %s: %s\n", log, strerror(errno));
		return 1;
	}
	/* The ports of TLS last: who waits for one of them finds all. */
	if ((*tls && !origin_tls_init(certs ? certs : beside)) || !listen_at(&l, http, false) ||
	    !listen_at(&l, tls, true))
		return 1;
	serve(&l);
}
