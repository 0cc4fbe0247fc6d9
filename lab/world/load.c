/* SPDX-License-Identifier: ISC */
/* load.c: `load`: many clients of one server, and how long it took. For bench/web and for suites.
 *
 *   load handshakes|fresh|requests|bulk [OPTION...]
 *   load idle COUNT [OPTION...]
 *
 *	handshakes   connections, one after the other: a whole handshake (no session is resumed), one request, the end
 *	fresh        the same, each for a name that nobody has asked for before: sN.NAME
 *	requests     one request after the other on each connection
 *	bulk         the same; what counts is bytes
 *	idle         opens COUNT connections with one request each, says `ready`, and holds them until its input ends
 *
 *	--to ADDRESS:PORT   99.0.0.10:443      --name NAME   ok.test: SNI and Host
 *	--path PATH         /hello             --ca FILE     who must have signed; else nothing is verified
 *	--connections N     8 at once          --seconds S   2
 *	--plain             without TLS        --salt TEXT   of the names of fresh
 *
 * One line: `WHAT COUNT in MS ms p50 US us p99 US us bytes N errors N`. Exit: 0, 1 when there were errors, 64 usage.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES_MAX     400000 /* of one client */
#define CONNECTIONS_MAX 256
#define STALL_S         20

enum what { HANDSHAKES, FRESH, REQUESTS, BULK, IDLE };

static const char *const names[] = {"handshakes", "fresh", "requests", "bulk", "idle"};

static struct {
	enum what what;
	struct sockaddr_in to;
	const char *name, *path, *salt;
	SSL_CTX *tls; /* NULL: plain */
	bool verifies;
	unsigned connections, seconds, count;
} job = {.name = "ok.test", .path = "/hello", .salt = "a", .connections = 8, .seconds = 2};

/* A connection. */
struct line {
	int fd;
	SSL *ssl;
	char buffer[16384 + 1];
};

struct client {
	pthread_t thread;
	unsigned number;
	uint32_t *samples_us;
	size_t count, errors;
	uint64_t bytes;
};

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* ---- a connection ---- */

static void hang_up(struct line *l)
{
	if (l->ssl) {
		SSL_shutdown(l->ssl);
		SSL_free(l->ssl);
	}
	if (l->fd >= 0)
		close(l->fd);
	l->ssl = NULL;
	l->fd = -1;
}

static bool call(struct line *l, const char *name)
{
	const struct timeval stall = {.tv_sec = STALL_S};
	char copy[300]; /* for a macro that forgets const */
	int one = 1;

	l->ssl = NULL;
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &stall, sizeof(stall));
	setsockopt(l->fd, SOL_SOCKET, SO_SNDTIMEO, &stall, sizeof(stall));
	if (l->fd < 0 || connect(l->fd, (const struct sockaddr *)&job.to, sizeof(job.to)) < 0)
		return false;
	if (!job.tls)
		return true;
	l->ssl = SSL_new(job.tls);
	snprintf(copy, sizeof(copy), "%s", name);
	return l->ssl && SSL_set_tlsext_host_name(l->ssl, copy) == 1 &&
	       SSL_set1_host(l->ssl, name) == 1 && SSL_set_fd(l->ssl, l->fd) == 1 &&
	       SSL_connect(l->ssl) == 1;
}

static ssize_t hear(struct line *l, char *out, size_t size)
{
	return l->ssl ? SSL_read(l->ssl, out, (int)size) : recv(l->fd, out, size, 0);
}

static bool say(struct line *l, const char *text, size_t len)
{
	return (l->ssl ? SSL_write(l->ssl, text, (int)len)
	               : send(l->fd, text, len, MSG_NOSIGNAL)) == (ssize_t)len;
}

/* One request and its whole reply, which must be a 200 with a length. */
static bool ask(struct line *l, const char *name, uint64_t *bytes)
{
	char text[512], *end = NULL, *length;
	size_t have = 0;
	int len = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\n\r\n",
	                   job.path, name);
	uint64_t left;

	if (!say(l, text, (size_t)len))
		return false;
	while (!end) {
		ssize_t n = have < sizeof(l->buffer) - 1
		                    ? hear(l, l->buffer + have, sizeof(l->buffer) - 1 - have)
		                    : 0;

		if (n <= 0)
			return false;
		have += (size_t)n;
		l->buffer[have] = '\0';
		end = strstr(l->buffer, "\r\n\r\n");
	}
	length = strcasestr(l->buffer, "\r\nContent-Length: ");
	if (strncmp(l->buffer, "HTTP/1.1 200", 12) != 0 || !length || length > end)
		return false;
	left = strtoull(length + 18, NULL, 10);
	*bytes += left;
	left -= have - (size_t)(end + 4 - l->buffer);
	while (left > 0) {
		ssize_t n = hear(l, l->buffer,
		                 left < sizeof(l->buffer) ? (size_t)left : sizeof(l->buffer));

		if (n <= 0)
			return false;
		left -= (uint64_t)n;
	}
	return true;
}

/* ---- many ---- */

static void note(struct client *c, uint64_t since)
{
	if (c->count < SAMPLES_MAX)
		c->samples_us[c->count] = (uint32_t)(now_us() - since);
	c->count++;
}

/* Each on a connection of its own. */
static void by_connection(struct client *c, struct line *l, uint64_t until)
{
	char name[300];

	while (now_us() < until) {
		uint64_t since = now_us();
		bool ok;

		snprintf(name, sizeof(name), "%s", job.name);
		if (job.what == FRESH)
			snprintf(name, sizeof(name), "%s%u-%zu.%s", job.salt, c->number,
			         c->count + c->errors, job.name);
		ok = call(l, name) && ask(l, name, &c->bytes);
		hang_up(l);
		if (ok)
			note(c, since);
		else
			c->errors++;
	}
}

static void by_request(struct client *c, struct line *l, uint64_t until)
{
	bool ok = call(l, job.name);

	while (ok && now_us() < until) {
		uint64_t since = now_us();

		ok = ask(l, job.name, &c->bytes);
		if (ok)
			note(c, since);
	}
	c->errors += !ok;
	hang_up(l);
}

static void *run(void *data)
{
	struct client *c = data;
	struct line *l = calloc(1, sizeof(*l));
	uint64_t until = now_us() + job.seconds * UINT64_C(1000000);

	if (!l)
		return NULL;
	if (job.what == HANDSHAKES || job.what == FRESH)
		by_connection(c, l, until);
	else
		by_request(c, l, until);
	free(l);
	return NULL;
}

static int compare(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int run_all(void)
{
	static struct client clients[CONNECTIONS_MAX];
	uint64_t began = now_us(), bytes = 0, ms;
	size_t count = 0, kept = 0, errors = 0;
	uint32_t *all;
	unsigned i;

	for (i = 0; i < job.connections; i++) {
		clients[i].number = i;
		clients[i].samples_us = calloc(SAMPLES_MAX, sizeof(uint32_t));
		if (!clients[i].samples_us ||
		    pthread_create(&clients[i].thread, NULL, run, &clients[i]) != 0)
			return 1;
	}
	for (i = 0; i < job.connections; i++) {
		pthread_join(clients[i].thread, NULL);
		count += clients[i].count;
		errors += clients[i].errors;
		bytes += clients[i].bytes;
	}
	ms = (now_us() - began) / 1000;
	all = calloc(count + 1, sizeof(*all));
	for (i = 0; all && i < job.connections; i++) {
		size_t some = clients[i].count < SAMPLES_MAX ? clients[i].count : SAMPLES_MAX;

		memcpy(all + kept, clients[i].samples_us, some * sizeof(*all));
		kept += some;
		free(clients[i].samples_us);
	}
	if (!all)
		return 1;
	qsort(all, kept, sizeof(*all), compare);
	printf("%s %zu in %llu ms p50 %u us p99 %u us bytes %llu errors %zu\n", names[job.what],
	       count, (unsigned long long)ms, all[kept / 2], all[kept * 99 / 100],
	       (unsigned long long)bytes, errors);
	free(all);
	return errors > 0;
}

static int hold(void)
{
	struct line **lines = calloc(job.count, sizeof(struct line *));
	uint64_t bytes = 0;
	unsigned i, errors = 0;
	char c;

	for (i = 0; lines && i < job.count; i++) {
		lines[i] = calloc(1, sizeof(**lines));
		if (!lines[i] || !call(lines[i], job.name) || !ask(lines[i], job.name, &bytes))
			errors++;
	}
	printf("%s %u errors %u\n", errors ? "failed" : "ready", job.count, errors);
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	for (i = 0; lines && i < job.count; i++) {
		if (lines[i])
			hang_up(lines[i]);
		free(lines[i]);
	}
	free(lines);
	return errors > 0;
}

/* ---- options ---- */

static int usage(void)
{
	fprintf(stderr, "usage: load handshakes|fresh|requests|bulk|idle COUNT [--to ADDRESS:PORT] "
	                "[--name NAME]\n"
	                "            [--path PATH] [--ca FILE] [--connections N] [--seconds S] "
	                "[--plain] [--salt TEXT]\n");
	return 64;
}

static bool set_to(const char *text)
{
	const char *colon = strchr(text, ':');
	char address[64];

	if (!colon)
		return false;
	snprintf(address, sizeof(address), "%.*s", (int)(colon - text), text);
	job.to.sin_family = AF_INET;
	job.to.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	return inet_pton(AF_INET, address, &job.to.sin_addr) == 1;
}

static bool set(const char *option, const char *value)
{
	if (strcmp(option, "--to") == 0)
		return set_to(value);
	if (strcmp(option, "--name") == 0)
		job.name = value;
	else if (strcmp(option, "--path") == 0)
		job.path = value;
	else if (strcmp(option, "--salt") == 0)
		job.salt = value;
	else if (strcmp(option, "--connections") == 0)
		job.connections = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(option, "--seconds") == 0)
		job.seconds = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(option, "--ca") == 0)
		job.verifies = SSL_CTX_load_verify_locations(job.tls, value, NULL) == 1;
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	bool plain = false;
	int i;

	for (i = 0; argc > 1 && i <= IDLE && strcmp(argv[1], names[i]) != 0; i++)
		;
	job.what = (enum what)i;
	if (argc < 2 || i > IDLE || (job.what == IDLE && argc < 3) || !set_to("99.0.0.10:443"))
		return usage();
	job.count = job.what == IDLE ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	job.tls = SSL_CTX_new(TLS_client_method());
	for (i = job.what == IDLE ? 3 : 2; i < argc; i++) {
		if (strcmp(argv[i], "--plain") == 0)
			plain = true;
		else if (i + 1 == argc || !set(argv[i], argv[i + 1]))
			return usage();
		else
			i++;
	}
	if (!job.tls || job.connections == 0 || job.connections > CONNECTIONS_MAX)
		return usage();
	SSL_CTX_set_session_cache_mode(job.tls, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(job.tls, SSL_MODE_AUTO_RETRY | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_verify(job.tls, job.verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	if (plain) {
		SSL_CTX_free(job.tls);
		job.tls = NULL;
	}
	signal(SIGPIPE, SIG_IGN);
	return job.what == IDLE ? hold() : run_all();
}
