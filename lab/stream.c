/* SPDX-License-Identifier: ISC */
/* stream.c: a program for scenarios: moves bytes over TCP and checks each of them.
 *
 *   stream serve PORT                   serves the requests of transfer.h, at every address
 *   stream get|put|turn HOST PORT N SEED
 *
 * A client exits with 0 only when every byte was right and their number exact, and says how many,
 * how long, how fast. 1: something was wrong, on standard error. 2: usage.
 */
#include "lab/transfer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define STALL_S 30 /* without a single byte, either way */

/* What the processes that serve share. */
struct shared {
	sem_t over; /* a turn is */
	char verdict[TRANSFER_LINE];
};

static int usage(void)
{
	fprintf(stderr, "usage: stream serve PORT\n"
	                "       stream get|put|turn HOST PORT N SEED\n");
	return 2;
}

static void set_timeouts(int fd)
{
	const struct timeval tv = {.tv_sec = STALL_S};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

static bool parse_port(const char *s, in_port_t *out)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	*out = htons((uint16_t)n);
	return *s && !*end && n >= 1 && n <= 65535;
}

/* ---- the server ---- */

static bool wait_for_turn(struct shared *sh)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += STALL_S;
	while (sem_timedwait(&sh->over, &until))
		if (errno != EINTR)
			return false;
	return true;
}

/* Carries out a request; what is to be said about it is in `answer`. False when it is none. */
static bool carry_out(int fd, const char *line, struct shared *sh, char answer[TRANSFER_LINE])
{
	struct transfer t;
	enum transfer_status st;
	char verb[8];

	if (!transfer_parse(line, verb, &t))
		return false;
	if (!strcmp(verb, "get")) {
		st = transfer_send(fd, &t);
	} else if (!strcmp(verb, "put")) {
		st = transfer_receive(fd, &t);
	} else if (!strcmp(verb, "turn")) {
		st = transfer_send(fd, &t);
		t.done = 0;
		if (st == TRANSFER_OK)
			st = transfer_receive(fd, &t);
		transfer_say(st, &t, sh->verdict);
		sem_post(&sh->over);
	} else {
		return false;
	}
	transfer_say(st, &t, answer);
	printf("%s: %s\n", line, answer);
	fflush(stdout);
	return true;
}

static void serve(int fd, struct shared *sh)
{
	char line[TRANSFER_LINE], answer[TRANSFER_LINE];

	if (!transfer_read_line(fd, line))
		return;
	if (!strcmp(line, "last"))
		transfer_write_line(fd, wait_for_turn(sh) ? sh->verdict : "there was no turn");
	else if (!carry_out(fd, line, sh, answer))
		transfer_write_line(fd, "this is no request");
	else if (!strncmp(line, "put ", 4))
		transfer_write_line(fd, answer);
	shutdown(fd, SHUT_WR);
}

static int serve_main(const char *port)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	struct shared *sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE,
	                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (!parse_port(port, &any.sin_port))
		return usage();
	signal(SIGCHLD, SIG_IGN);
	if (fd < 0 || sh == MAP_FAILED || sem_init(&sh->over, 1, 0) ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&any, sizeof(any)) || listen(fd, 128)) {
		perror("stream: serve");
		return 1;
	}
	for (;;) {
		int peer = accept(fd, NULL, NULL);

		if (peer < 0 && errno != EINTR && errno != ECONNABORTED) {
			perror("stream: accept");
			return 1;
		}
		if (peer >= 0 && fork() == 0) {
			set_timeouts(peer);
			serve(peer, sh);
			_exit(0);
		}
		if (peer >= 0)
			close(peer);
	}
}

/* ---- the client ---- */

/* A connected socket, or -1 with a message. */
static int dial(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		set_timeouts(fd);
	if (fd >= 0 && !connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		return fd;
	fprintf(stderr, "stream: connect: %s\n",
	        errno == EINPROGRESS ? "nobody answers" : strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Reads what the server thinks; 0 when it is `ok` and the count. */
static int read_answer(int fd, const struct transfer *t)
{
	char answer[TRANSFER_LINE], right[TRANSFER_LINE];

	transfer_say(TRANSFER_OK, t, right);
	if (!transfer_read_line(fd, answer))
		fprintf(stderr, "stream: the server's answer did not come: %s\n",
		        errno ? strerror(errno) : "the connection ended");
	else if (strcmp(answer, right))
		fprintf(stderr, "stream: the server says: %s\n", answer);
	else
		return 0;
	return 1;
}

static int ask_last(const struct sockaddr_in *to, const struct transfer *t)
{
	int fd = dial(to), bad = 1;

	if (fd >= 0 && transfer_write_line(fd, "last"))
		bad = read_answer(fd, t);
	if (fd >= 0)
		close(fd);
	return bad;
}

/* One direction of a client's transfer; 0 when it is as it must be. */
static int move(enum transfer_status (*fn)(int fd, struct transfer *t), int fd, struct transfer *t)
{
	char text[TRANSFER_LINE];
	enum transfer_status st;

	t->done = 0;
	st = fn(fd, t);
	if (st != TRANSFER_OK)
		fprintf(stderr, "stream: %s: %s\n", fn == transfer_send ? "sending" : "receiving",
		        transfer_say(st, t, text));
	return st != TRANSFER_OK;
}

static int play(const char *verb, const char *line, const struct sockaddr_in *to,
                struct transfer *t)
{
	int fd = dial(to), bad;

	if (fd < 0)
		return 1;
	bad = !transfer_write_line(fd, line);
	if (!bad && !strcmp(verb, "get"))
		bad = shutdown(fd, SHUT_WR) || move(transfer_receive, fd, t);
	else if (!bad && !strcmp(verb, "put"))
		bad = move(transfer_send, fd, t) || read_answer(fd, t);
	else if (!bad)
		bad = move(transfer_receive, fd, t) || move(transfer_send, fd, t) ||
		      ask_last(to, t);
	close(fd);
	return bad;
}

static int client_main(char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	char line[TRANSFER_LINE], verb[8];
	struct timespec from, till;
	struct transfer t;
	double s;

	snprintf(line, sizeof(line), "%s %s %s", argv[1], argv[4], argv[5]);
	if (!transfer_parse(line, verb, &t) ||
	    (strcmp(verb, "get") && strcmp(verb, "put") && strcmp(verb, "turn")) ||
	    inet_pton(AF_INET, argv[2], &to.sin_addr) != 1 || !parse_port(argv[3], &to.sin_port))
		return usage();
	clock_gettime(CLOCK_MONOTONIC, &from);
	if (play(verb, line, &to, &t))
		return 1;
	clock_gettime(CLOCK_MONOTONIC, &till);
	s = (double)(till.tv_sec - from.tv_sec) + (double)(till.tv_nsec - from.tv_nsec) / 1e9;
	printf("%s %llu bytes, all right, in %.3f s, %.1f MB/s\n", verb,
	       (unsigned long long)t.count, s, (double)t.count / 1e6 / s);
	return 0;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve_main(argv[2]);
	return argc == 6 ? client_main(argv) : usage();
}
