/* SPDX-License-Identifier: ISC */
/* edge.c: refnat behind a relay that misbehaves in one way, to test the judge with.
 *
 * It is called like its fault: ci/fakes makes a link NAME -> edge for each, and edge_faults.h has them. It starts the
 * refnat beside it, relays frames and events both ways, and does its one thing in between. What it does with time is
 * the edge: a leak 50 ms behind the last sentinel, an answer that takes 50 ms, a `ready` that comes after six seconds.
 * Not a filter, not an example of how to write one: it stops at the first thing that goes wrong.
 */
#include "harness/fakes/edge_faults.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX     65550
#define HEADERS       42 /* of a UDP datagram over IPv4 in Ethernet */
#define LINE_MAX_     4096
#define LATER_MAX     4096
#define MS            INT64_C(1000000)
#define SENTINEL_PORT 40000
#define NEVER         INT64_MAX
#define FLOOD_A_MS    100 /* events: 100,000 a second */

/* Something to be sent when its time has come. */
struct later {
	int64_t at;
	bool to_wire; /* else to the guest */
	size_t len;
	uint8_t *bytes;
};

struct frames {
	uint8_t buf[4 + FRAME_MAX];
	size_t len;
};

static struct {
	const struct fake *fake;
	int guest, inner, events_in, events_out;
	pid_t child;
	struct frames from_guest, from_inner;
	char line[LINE_MAX_ + 1];
	size_t line_len;
	unsigned seq;
	struct later later[LATER_MAX];
	size_t later_count;
	uint8_t *leak; /* what waits for the end */
	size_t leak_len;
	unsigned sentinels;
	uint16_t flow; /* source port of an allowed datagram that crossed */
	bool slandered, serves, closing;
	uint8_t real_mac[6];
	unsigned macs;
	unsigned random;
} edge;

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "edge: %s: %s\n", what, strerror(errno));
	exit(69);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Whoever does not read any more will not be told. */
static void write_all(int fd, const void *bytes, size_t n)
{
	const char *p = bytes;
	ssize_t done;

	while (n && (done = write(fd, p, n)) > 0) {
		p += done;
		n -= (size_t)done;
	}
}

static void send_frame(int fd, const uint8_t *frame, size_t len)
{
	uint8_t head[4] = {0, (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};

	write_all(fd, head, sizeof(head));
	write_all(fd, frame, len);
}

/* ---- what is sent later ---- */

static void put_later(int64_t at, bool to_wire, const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len);

	if (!copy || edge.later_count == LATER_MAX)
		die("too much waits");
	memcpy(copy, bytes, len);
	edge.later[edge.later_count++] = (struct later){
	        .at = at, .to_wire = to_wire, .len = len, .bytes = copy};
}

/* As a NAT would: through a socket. */
static void leak(const uint8_t *frame, size_t len)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(&to.sin_addr, frame + 30, 4);
	memcpy(&to.sin_port, frame + 36, 2);
	if (fd < 0 ||
	    sendto(fd, frame + HEADERS, len - HEADERS, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		die("leaking");
	close(fd);
}

static void do_later(struct later l)
{
	if (l.to_wire)
		leak(l.bytes, l.len);
	else
		send_frame(edge.guest, l.bytes, l.len);
	free(l.bytes);
}

/* Those that are due, in their order or backwards. The next one's time. */
static int64_t run_later(void)
{
	int64_t now = now_ns(), next = NEVER;
	struct later due[LATER_MAX];
	size_t kept = 0, n = 0;

	for (size_t i = 0; i < edge.later_count; i++) {
		struct later l = edge.later[i];

		if (l.at <= now) {
			due[n++] = l;
			continue;
		}
		edge.later[kept++] = l;
		next = l.at < next ? l.at : next;
	}
	edge.later_count = kept;
	for (size_t i = 0; i < n; i++)
		do_later(due[edge.fake->backwards ? n - 1 - i : i]);
	return next;
}

/* ---- events ---- */

static void say(const char *text, size_t len)
{
	if (edge.fake->torn && len > 1) {
		struct timespec nap = {.tv_nsec = MS};

		write_all(edge.events_out, text, len / 2);
		nanosleep(&nap, NULL);
		write_all(edge.events_out, text + len / 2, len - len / 2);
	} else {
		write_all(edge.events_out, text, len);
	}
}

static void say_own(const char *ev, const char *more)
{
	char line[512];
	int n = snprintf(line, sizeof(line), "{\"v\":1,\"ev\":\"%s\",\"seq\":%u,\"t_ns\":%lld%s}\n",
	                 ev, edge.seq++, (long long)now_ns(), more);

	say(line, (size_t)n);
}

static void say_long_line(void)
{
	char line[2 * LINE_MAX_];
	int n = snprintf(line, sizeof(line),
	                 "{\"v\":1,\"ev\":\"log\",\"seq\":%u,\"text\":\"%05000d\"}\n", edge.seq++,
	                 0);

	say(line, (size_t)n);
}

/* An allowed datagram, which crossed, is told as denied. */
static void say_slander(void)
{
	char more[200];

	snprintf(more, sizeof(more),
	         ",\"proto\":\"udp\",\"src\":\"192.168.100.2\",\"sport\":%u,\"dst\":\"203.0.113."
	         "50\","
	         "\"dport\":51900,\"reason\":\"not-allowed\"",
	         edge.flow);
	say_own("drop", more);
}

/* refnat's line with a number of our own. */
static void relay_line(const char *line)
{
	const char *seq = strstr(line, "\"seq\":"), *rest;
	char out[LINE_MAX_ + 64];
	int n;

	if (!seq)
		die("an event without seq");
	rest = seq + 6 + strspn(seq + 6, "0123456789");
	n = snprintf(out, sizeof(out), "%.*s\"seq\":%u%s\n", (int)(seq - line), line, edge.seq++,
	             rest);
	say(out, (size_t)n);
}

static void take_line(const char *line)
{
	bool ready = strstr(line, "\"ev\":\"ready\""), bye = strstr(line, "\"ev\":\"bye\"");

	if (((edge.fake->leak && !edge.fake->tells) || edge.fake->hides) &&
	    strstr(line, "\"ev\":\"drop\"") &&
	    (strstr(line, "\"dst\":\"198.18.") || strstr(line, "\"dst\":\"198.19."))) {
		if (edge.fake->invents)
			say_own("drop",
			        ",\"proto\":\"udp\",\"src\":\"10.9.9.9\",\"sport\":9,"
			        "\"dst\":\"10.9.9.8\",\"dport\":9,\"reason\":\"not-allowed\"");
		return;
	}
	if (edge.fake->hides && !edge.fake->invents && strstr(line, "\"verdict\":\"deny\""))
		return;
	if (bye && edge.fake->no_bye)
		return;
	if (ready && edge.fake->ready_ms) {
		struct timespec nap = {.tv_sec = edge.fake->ready_ms / 1000};

		nanosleep(&nap, NULL);
	}
	relay_line(line);
	if (ready && edge.fake->ready_twice)
		relay_line(line);
	if (ready && edge.fake->long_line)
		say_long_line();
	edge.serves |= ready;
}

/* false at the end. */
static bool pump_events(void)
{
	char buf[4096];
	ssize_t n = read(edge.events_in, buf, sizeof(buf));

	for (ssize_t i = 0; i < n; i++) {
		if (buf[i] != '\n' && edge.line_len < LINE_MAX_) {
			edge.line[edge.line_len++] = buf[i];
			continue;
		}
		edge.line[edge.line_len] = '\0';
		edge.line_len = 0;
		take_line(edge.line);
	}
	return n > 0;
}

/* For one millisecond. */
static void flood(void)
{
	bool log = edge.fake->flood && !strcmp(edge.fake->flood, "log");

	if (!edge.fake->flood || !edge.serves || edge.closing || (!log && !edge.flow))
		return;
	for (int i = 0; i < FLOOD_A_MS; i++) {
		if (log)
			say_own("log", ",\"text\":\"nothing has happened\"");
		else
			say_slander();
	}
}

/* ---- frames ---- */

static uint16_t port_at(const uint8_t *frame, size_t at)
{
	return (uint16_t)(frame[at] << 8 | frame[at + 1]);
}

/* A datagram over IPv4, without a fault that matters here. */
static bool is_udp(const uint8_t *frame, size_t len)
{
	return len >= HEADERS && port_at(frame, 12) == 0x0800 && frame[14] == 0x45 &&
	       frame[23] == 17;
}

static void plan_leak(const uint8_t *frame, size_t len)
{
	if (edge.fake->leak == LEAK_LATE) {
		put_later(now_ns() + edge.fake->leak_ms * MS, true, frame, len);
	} else if (!edge.leak) {
		edge.leak = malloc(len);
		if (!edge.leak)
			die("out of memory");
		memcpy(edge.leak, frame, len);
		edge.leak_len = len;
	}
}

static void look_at_datagram(const uint8_t *frame, size_t len)
{
	bool sentinel = port_at(frame, 34) == SENTINEL_PORT;

	if (edge.fake->leak && frame[30] == 198 && (frame[31] & 0xfe) == 18)
		plan_leak(frame, len);
	if (sentinel && ++edge.sentinels == 2 && edge.leak &&
	    edge.fake->leak == LEAK_BEHIND_SENTINEL)
		put_later(now_ns() + edge.fake->leak_ms * MS, true, edge.leak, edge.leak_len);
	if (!sentinel && !memcmp(frame + 30, "\xcb\x00\x71\x32", 4) && port_at(frame, 36) == 51900)
		edge.flow = port_at(frame, 34);
	if (edge.flow && edge.fake->slanders && !edge.slandered) {
		edge.slandered = true;
		say_slander();
	}
}

static void from_guest(uint8_t *frame, size_t len)
{
	if (is_udp(frame, len))
		look_at_datagram(frame, len);
	if (edge.fake->mac_changes && len >= 6 && !memcmp(frame, "\x02\xed\x9e", 3))
		memcpy(frame, edge.real_mac, 6);
	send_frame(edge.inner, frame, len);
}

/* refnat's MAC in an ARP reply, and whatever comes from it, becomes one that was never seen. */
static void change_mac(uint8_t *frame, size_t len)
{
	uint8_t mac[6] = {0x02, 0xed, 0x9e, 0, (uint8_t)(edge.macs >> 8), (uint8_t)edge.macs};

	if (len < 42 || port_at(frame, 12) != 0x0806)
		return;
	memcpy(edge.real_mac, frame + 22, 6);
	memcpy(frame + 6, mac, 6);
	memcpy(frame + 22, mac, 6);
	edge.macs++;
}

static void to_guest(uint8_t *frame, size_t len)
{
	const int *late = edge.fake->answer_ms;
	int64_t wait_ms = late[0];

	if (edge.fake->mac_changes)
		change_mac(frame, len);
	if (!wait_ms) {
		send_frame(edge.guest, frame, len);
		return;
	}
	edge.random = edge.random * 1103515245 + 12345;
	wait_ms += (edge.random >> 16) % (unsigned)(late[1] - late[0] + 1);
	put_later(now_ns() + wait_ms * MS, false, frame, len);
}

/* false at the end. */
static bool pump_frames(int fd, struct frames *f, void (*take)(uint8_t *frame, size_t len))
{
	ssize_t n = read(fd, f->buf + f->len, sizeof(f->buf) - f->len);

	if (n <= 0)
		return false;
	f->len += (size_t)n;
	while (f->len >= 4) {
		size_t len = (size_t)f->buf[1] << 16 | (size_t)f->buf[2] << 8 | f->buf[3];

		if (f->buf[0] || len == 0 || len > FRAME_MAX)
			die("a frame's length");
		if (f->len < 4 + len)
			break;
		take(f->buf + 4, len);
		f->len -= 4 + len;
		memmove(f->buf, f->buf + 4 + len, f->len);
	}
	return true;
}

/* ---- refnat ---- */

static const char *beside(const char *name)
{
	static char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *end;

	if (n <= 0)
		die("/proc/self/exe");
	path[n] = '\0';
	end = strrchr(path, '/') + 1;
	snprintf(end, sizeof(path) - (size_t)(end - path), "%s", name);
	return path;
}

static char *fd_word(int fd)
{
	char *word = malloc(16);

	if (!word)
		die("out of memory");
	snprintf(word, 16, "fd:%d", fd);
	return word;
}

/* N of fd:N. */
static int fd_of(const char *word)
{
	return strncmp(word, "fd:", 3) != 0 ? 0 : (int)strtol(word + 3, NULL, 10);
}

/* argv with descriptors of our own; the harness's are kept. */
static void start_refnat(int argc, char **argv)
{
	int pair[2], events[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || pipe(events))
		die("descriptors");
	for (int i = 2; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--frames")) {
			edge.guest = fd_of(argv[i + 1]);
			argv[i + 1] = fd_word(pair[1]);
		} else if (!strcmp(argv[i], "--events")) {
			edge.events_out = fd_of(argv[i + 1]);
			argv[i + 1] = fd_word(events[1]);
		}
	}
	if (!edge.guest || !edge.events_out)
		die("--frames fd:N and --events fd:M are wanted");
	edge.child = fork();
	if (edge.child < 0)
		die("fork");
	if (!edge.child) {
		close(pair[0]);
		close(events[0]);
		close(edge.guest);
		close(edge.events_out);
		execv(beside("refnat"), argv);
		die("refnat");
	}
	close(pair[1]);
	close(events[1]);
	edge.inner = pair[0];
	edge.events_in = events[0];
}

/* Each `old` becomes `new`; there is room. */
static void replace(char *text, const char *old, const char *new)
{
	for (char *at = text; (at = strstr(at, old)); at += strlen(new)) {
		memmove(at + strlen(new), at + strlen(old), strlen(at + strlen(old)) + 1);
		memcpy(at, new, strlen(new));
	}
}

/* What refnat says to the same words. */
static void ask_refnat(char **argv, char *text, size_t size)
{
	size_t len = 0;
	int fds[2], status;
	ssize_t n;

	if (pipe(fds) || (edge.child = fork()) < 0)
		die("fork");
	if (!edge.child) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execv(beside("refnat"), argv);
		die("refnat");
	}
	close(fds[1]);
	while (len < size - 1 && (n = read(fds[0], text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(fds[0]);
	if (waitpid(edge.child, &status, 0) < 0 || status)
		die("refnat describe");
}

/* What refnat says, with the words that this one is about replaced. */
static int describe(char **argv)
{
	static const char *const ctl[] = {",\"ctl.sync\"", ",\"ctl.policy\"", ",\"ctl.stats\"",
	                                  ",\"ctl.clock\""};
	char text[65536] = "", ordering[64];

	if (!argv[2] || strcmp(argv[2], "--contract") != 0 || !argv[3] || strcmp(argv[3], "1") != 0)
		return 89;
	ask_refnat(argv, text, sizeof(text) / 2);
	if (edge.fake->silent) {
		for (size_t i = 0; i < sizeof(ctl) / sizeof(ctl[0]); i++)
			replace(text, ctl[i], "");
		replace(text, "\"audit\":\"jsonl\"", "\"audit\":\"none\"");
		replace(text, ",\"audit.jsonl\"", "");
	}
	snprintf(ordering, sizeof(ordering), "\"ordering\":\"%s\"",
	         edge.fake->ordering ? edge.fake->ordering : "fifo");
	replace(text, "\"ordering\":\"fifo\"", ordering);
	fputs(text, stdout);
	return 0;
}

/* ---- life ---- */

static void serve(void)
{
	struct pollfd p[3] = {{.fd = edge.guest, .events = POLLIN},
	                      {.fd = edge.inner, .events = POLLIN},
	                      {.fd = edge.events_in, .events = POLLIN}};
	bool told = true;

	for (;;) {
		int64_t next = run_later();
		int wait_ms = edge.fake->flood || next != NEVER ? 1 : -1;

		if (!told && !edge.later_count)
			return;
		if (poll(p, 3, wait_ms) < 0)
			die("poll");
		if (p[0].revents && !pump_frames(edge.guest, &edge.from_guest, from_guest)) {
			p[0].fd = -1;
			edge.closing = true;
			if (edge.fake->forgets)
				edge.later_count = 0;
			shutdown(edge.inner, SHUT_WR);
		}
		if (p[1].revents && !pump_frames(edge.inner, &edge.from_inner, to_guest))
			p[1].fd = -1;
		if (p[2].revents && !pump_events()) {
			p[2].fd = -1;
			told = false;
		}
		flood();
	}
}

static int end(void)
{
	int status;

	while (waitpid(edge.child, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	if (edge.leak && (edge.fake->leak == LEAK_AT_EXIT || edge.fake->leak == LEAK_BEHIND_BYE))
		leak(edge.leak, edge.leak_len);
	while (edge.fake->stays)
		pause();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 70;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');

	name = name ? name + 1 : argv[0];
	for (size_t i = 0; i < sizeof(fakes) / sizeof(fakes[0]); i++)
		if (!strcmp(fakes[i].name, name))
			edge.fake = &fakes[i];
	if (!edge.fake) {
		fprintf(stderr, "edge: it wants to be called like one of these:\n");
		for (size_t i = 0; i < sizeof(fakes) / sizeof(fakes[0]); i++)
			fprintf(stderr, "  %s\n", fakes[i].name);
		return 64;
	}
	signal(SIGPIPE, SIG_IGN);
	if (argc > 1 && !strcmp(argv[1], "describe"))
		return describe(argv);
	if (argc < 2 || strcmp(argv[1], "run") != 0)
		return 89;
	start_refnat(argc, argv);
	serve();
	return end();
}
