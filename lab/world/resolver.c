/* SPDX-License-Identifier: ISC */
/* resolver.c: `resolver`: a resolver of the world, over UDP and TCP, at every address.
 *
 *   resolver [--port N] [--log FILE]     port 53
 *   resolver ways                        what the names below dns.test do
 *
 * Every name has an address (resolver_zone.c). Each query is a line on standard output, and in FILE:
 *
 *	query udp|tcp A ok.test AS-IT-CAME    the name in lower case, and once more in the letters that came
 *	odd udp|tcp LENGTH                    something without a question
 */
#include "lab/world/resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define VISITORS_MAX 64
#define LATE_MAX     64
#define NAMES_MAX    1024

/* Somebody over TCP. */
struct visitor {
	int fd;
	size_t len;
	uint8_t bytes[MESSAGE_MAX + 2];
};

/* A datagram that waits. */
struct late {
	int64_t due_ms;
	size_t len;
	struct sockaddr_in to;
	struct in_addr from;
	uint8_t bytes[512];
};

static int udp, tcp, log_fd = -1;
static struct visitor *visitors[VISITORS_MAX];
static struct late lates[LATE_MAX];
static struct {
	char name[256];
	unsigned times;
} asked[NAMES_MAX];
static size_t asked_count;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void say(const char *line)
{
	size_t len = strlen(line);

	if (write(STDOUT_FILENO, line, len) < 0 || (log_fd >= 0 && write(log_fd, line, len) < 0))
		signal(SIGPIPE, SIG_IGN); /* nobody reads it: nothing to be done */
}

/* How often this name was asked for before. */
static unsigned times_of(const char *name)
{
	size_t i;

	for (i = 0; i < asked_count; i++)
		if (strcmp(asked[i].name, name) == 0)
			return ++asked[i].times;
	if (asked_count < NAMES_MAX)
		snprintf(asked[asked_count++].name, sizeof(asked[0].name), "%.255s", name);
	return 0;
}

static void log_query(const struct question *q)
{
	static const struct {
		uint16_t type;
		const char *name;
	} types[] = {{1, "A"},   {5, "CNAME"}, {6, "SOA"},   {10, "NULL"},
	             {15, "MX"}, {16, "TXT"},  {28, "AAAA"}, {255, "ANY"}};
	char line[2 * NAME_SIZE + 64], type[16];
	size_t i;

	snprintf(type, sizeof(type), "TYPE%u", q->type);
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == q->type)
			snprintf(type, sizeof(type), "%s", types[i].name);
	snprintf(line, sizeof(line), "query %s %s %s %s\n", q->tcp ? "tcp" : "udp", type, q->name,
	         q->as_came);
	say(line);
}

/* False when nothing is to be said. */
static bool answer(const uint8_t *message, size_t len, bool is_tcp, struct reply *out)
{
	struct question q;
	char line[64];

	out->first.len = out->second.len = 0;
	out->late_ms = 0;
	out->other_port = out->other_address = out->hang_up = false;
	if (!question_read(&q, message, len)) {
		snprintf(line, sizeof(line), "odd %s %zu\n", is_tcp ? "tcp" : "udp", len);
		say(line);
		return false;
	}
	q.tcp = is_tcp;
	q.times = times_of(q.name);
	log_query(&q);
	zone_answer(&q, out);
	return out->first.len > 0;
}

/* ---- UDP ---- */

/* From the address that was asked, or another. */
static void send_from(int fd, struct in_addr from, const struct sockaddr_in *to,
                      const uint8_t *bytes, size_t len)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control = {.room = {0}};
	struct iovec iov = {.iov_len = len};
	struct msghdr m = {.msg_namelen = sizeof(*to),
	                   .msg_iov = &iov,
	                   .msg_iovlen = 1,
	                   .msg_control = &control,
	                   .msg_controllen = sizeof(control)};
	struct sockaddr_in name = *to;
	const struct in_pktinfo info = {.ipi_spec_dst = from};
	uint8_t copy[MESSAGE_MAX];

	memcpy(copy, bytes, len);
	iov.iov_base = copy;
	m.msg_name = &name;
	control.header.cmsg_level = IPPROTO_IP;
	control.header.cmsg_type = IP_PKTINFO;
	control.header.cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(&control.header), &info, sizeof(info));
	if (sendmsg(fd, &m, 0) < 0)
		perror("resolver: sendmsg");
}

static void send_late(const struct reply *r, struct in_addr from, const struct sockaddr_in *to)
{
	size_t i;

	for (i = 0; i < LATE_MAX && lates[i].len > 0; i++)
		;
	if (i == LATE_MAX || r->first.len > sizeof(lates[i].bytes))
		return;
	lates[i] = (struct late){
	        .due_ms = now_ms() + r->late_ms, .len = r->first.len, .to = *to, .from = from};
	memcpy(lates[i].bytes, r->first.bytes, r->first.len);
}

static void send_reply(const struct reply *r, struct in_addr from, const struct sockaddr_in *to)
{
	int fd = r->other_port ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : udp;

	if (r->other_address)
		from.s_addr ^= htonl(1);
	send_from(fd, from, to, r->first.bytes, r->first.len);
	if (r->second.len > 0)
		send_from(fd, from, to, r->second.bytes, r->second.len);
	if (r->other_port)
		close(fd);
}

static void take_datagram(struct reply *r)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control;
	uint8_t bytes[MESSAGE_MAX];
	struct sockaddr_in peer;
	struct iovec iov = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	struct msghdr m = {.msg_name = &peer,
	                   .msg_namelen = sizeof(peer),
	                   .msg_iov = &iov,
	                   .msg_iovlen = 1,
	                   .msg_control = &control,
	                   .msg_controllen = sizeof(control)};
	struct in_pktinfo info = {0};
	ssize_t n = recvmsg(udp, &m, MSG_DONTWAIT);

	if (n < 0)
		return;
	if (CMSG_FIRSTHDR(&m))
		memcpy(&info, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(info));
	if (!answer(bytes, (size_t)n, false, r))
		return;
	if (r->late_ms > 0)
		send_late(r, info.ipi_addr, &peer);
	else
		send_reply(r, info.ipi_addr, &peer);
}

/* Sends what is due; milliseconds until the next, -1: none. */
static int serve_lates(void)
{
	int64_t now = now_ms(), next = -1;
	size_t i;

	for (i = 0; i < LATE_MAX; i++) {
		int64_t left = lates[i].due_ms - now;

		if (lates[i].len == 0)
			continue;
		if (left <= 0) {
			send_from(udp, lates[i].from, &lates[i].to, lates[i].bytes, lates[i].len);
			lates[i].len = 0;
		} else if (next < 0 || left < next) {
			next = left;
		}
	}
	return (int)next;
}

/* ---- TCP ---- */

static void leave(size_t i)
{
	close(visitors[i]->fd);
	free(visitors[i]);
	visitors[i] = NULL;
}

static void welcome(void)
{
	int fd = accept4(tcp, NULL, NULL, SOCK_CLOEXEC);
	size_t i;

	for (i = 0; i < VISITORS_MAX && visitors[i]; i++)
		;
	if (fd < 0)
		return;
	if (i < VISITORS_MAX)
		visitors[i] = calloc(1, sizeof(*visitors[i]));
	if (i == VISITORS_MAX || !visitors[i]) {
		close(fd);
		return;
	}
	visitors[i]->fd = fd;
}

static bool send_message(int fd, const struct message *m)
{
	const uint8_t prefix[2] = {(uint8_t)(m->len >> 8), (uint8_t)m->len};

	return send(fd, prefix, 2, MSG_MORE) == 2 &&
	       send(fd, m->bytes, m->len, 0) == (ssize_t)m->len;
}

/* False when this visitor is gone, or to go. */
static bool take_bytes(struct visitor *v, struct reply *r)
{
	ssize_t n = recv(v->fd, v->bytes + v->len, sizeof(v->bytes) - v->len, 0);
	size_t len;

	if (n <= 0)
		return false;
	v->len += (size_t)n;
	while (v->len >= 2 && v->len - 2 >= (len = (size_t)(v->bytes[0] << 8 | v->bytes[1]))) {
		if (answer(v->bytes + 2, len, true, r)) {
			if (r->hang_up || !send_message(v->fd, &r->first) ||
			    (r->second.len > 0 && !send_message(v->fd, &r->second)))
				return false;
		}
		memmove(v->bytes, v->bytes + 2 + len, v->len - 2 - len);
		v->len -= 2 + len;
	}
	return true;
}

/* ---- both ---- */

static bool open_sockets(uint16_t port)
{
	const struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	int one = 1;

	tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	setsockopt(udp, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
	return bind(tcp, (const struct sockaddr *)&a, sizeof(a)) == 0 && listen(tcp, 64) == 0 &&
	       bind(udp, (const struct sockaddr *)&a, sizeof(a)) == 0;
}

static void serve(struct reply *r)
{
	for (;;) {
		struct pollfd fds[VISITORS_MAX + 2] = {{.fd = udp, .events = POLLIN},
		                                       {.fd = tcp, .events = POLLIN}};
		size_t i;

		for (i = 0; i < VISITORS_MAX; i++)
			fds[i + 2] = (struct pollfd){.fd = visitors[i] ? visitors[i]->fd : -1,
			                             .events = POLLIN};
		if (poll(fds, VISITORS_MAX + 2, serve_lates()) < 0)
			continue;
		if (fds[0].revents)
			take_datagram(r);
		if (fds[1].revents)
			welcome();
		for (i = 0; i < VISITORS_MAX; i++)
			if (fds[i + 2].fd >= 0 && fds[i + 2].revents && !take_bytes(visitors[i], r))
				leave(i);
	}
}

int main(int argc, char **argv)
{
	static struct reply reply;
	unsigned long port = 53;
	int i;

	if (argc == 2 && strcmp(argv[1], "ways") == 0) {
		zone_list();
		return 0;
	}
	for (i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--port") == 0)
			port = strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--log") == 0)
			log_fd = open(argv[i + 1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		else
			break;
	}
	if (i != argc || port == 0 || port > 65535) {
		fprintf(stderr, "usage: resolver [--port N] [--log FILE]\n       resolver ways\n");
		return 64;
	}
	signal(SIGPIPE, SIG_IGN);
	if (!open_sockets((uint16_t)port)) {
		fprintf(stderr, "resolver: port %lu: %s\n", port, strerror(errno));
		return 1;
	}
	serve(&reply);
}
