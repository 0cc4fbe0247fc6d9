/* SPDX-License-Identifier: ISC */
/* toy.h: for tests only. A backend that lives in the test's own binary: main() calls toy_main() when its first argument
 * is "describe" or "run", and struct backend names the binary itself.
 *
 * It speaks every transport, answers ARP for the gateway and echoes every other frame; while its policy allows anything,
 * it sends the payload of each UDP datagram to the consumer. It shares no code with the harness's end of the same
 * contract. The environment can make it misbehave: TOY_BUG holds one of the words that toy_has() is asked about.
 */
#ifndef HARNESS_TOY_H
#define HARNESS_TOY_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TOY_FRAME_MAX   70000
#define TOY_SHARED_SIZE 4099 /* by which a test finds what it left */
#define TOY_PROBE_MS    100  /* how often a datagram channel's peer is looked for */
#define TOY_DESCRIBE                                                                               \
	"{\"name\":\"toy\",\"version\":\"1\",\"audit\":\"none\",\"planes\":[\"wire\"],"            \
	"\"transports\":[\"fd\",\"fd-dgram\",\"fd-seqpacket\",\"stream-listen\",\"stream-"         \
	"connect\","                                                                               \
	"\"dgram\",\"seqpacket\",\"tap\"],\"modes\":[\"filtered\",\"conntrack\"],"                 \
	"\"caps\":[\"arp\",\"allow.udp4\",\"ctl.sync\",\"ctl.policy\",\"ctl.stats\",\"ctl."        \
	"clock\"]}"

enum toy_kind { TOY_STREAM, TOY_PACKET, TOY_TAP };

struct toy {
	enum toy_kind kind;
	int fd, listener, events, ctl;
	bool no_end; /* the channel has no end that could be read */
	char path[108];
	unsigned seq;
	bool open; /* the policy allows something */
};

static inline bool toy_has(const char *bug)
{
	const char *have = getenv("TOY_BUG");

	return have && !strcmp(have, bug);
}

static inline void toy_die(int code, const char *what)
{
	fprintf(stderr, "toy: %s: %s\n", what, strerror(errno));
	exit(code);
}

static inline void toy_event(struct toy *t, const char *ev, const char *more)
{
	dprintf(t->events, "{\"v\":1,\"ev\":\"%s\",\"seq\":%u%s}\n", ev, t->seq++, more);
}

/* ---- the frame channel ---- */

static inline int toy_unix(int type, const char *path, struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	strncpy(a->sun_path, path, sizeof(a->sun_path) - 1);
	if (fd < 0)
		toy_die(69, "socket");
	return fd;
}

static inline void toy_listen(struct toy *t, int type, const char *path)
{
	struct sockaddr_un a;

	t->listener = toy_unix(type, path, &a);
	strcpy(t->path, a.sun_path);
	if (bind(t->listener, (struct sockaddr *)&a, sizeof(a)) || listen(t->listener, 1))
		toy_die(69, path);
}

static inline void toy_datagrams(struct toy *t, char *paths)
{
	char *remote = strchr(paths, ',');
	struct sockaddr_un a, b;

	if (!remote)
		exit(64);
	*remote++ = '\0';
	t->fd = toy_unix(SOCK_DGRAM, paths, &a);
	strcpy(t->path, a.sun_path);
	b = (struct sockaddr_un){.sun_family = AF_UNIX};
	strncpy(b.sun_path, remote, sizeof(b.sun_path) - 1);
	if (bind(t->fd, (struct sockaddr *)&a, sizeof(a)) ||
	    connect(t->fd, (struct sockaddr *)&b, sizeof(b)))
		toy_die(69, paths);
}

static inline void toy_tap(struct toy *t, const char *name)
{
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI};

	strncpy(ifr.ifr_name, name, sizeof(ifr.ifr_name) - 1);
	t->kind = TOY_TAP;
	t->fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (t->fd < 0 || ioctl(t->fd, TUNSETIFF, &ifr))
		toy_die(69, name);
}

static inline void toy_inherit(struct toy *t, int fd)
{
	int type;
	socklen_t len = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len))
		toy_die(69, "fd");
	t->fd = fd;
	t->kind = type == SOCK_STREAM ? TOY_STREAM : TOY_PACKET;
	t->no_end = type == SOCK_DGRAM;
}

static inline void toy_open(struct toy *t, char *spec)
{
	char *path = strstr(spec, ":unix:");
	struct sockaddr_un a;

	path = path ? path + strlen(":unix:") : spec;
	t->kind = strncmp(spec, "stream", 6) ? TOY_PACKET : TOY_STREAM;
	if (!strncmp(spec, "fd:", 3)) {
		toy_inherit(t, atoi(spec + 3));
	} else if (!strncmp(spec, "stream-listen:", 14)) {
		toy_listen(t, SOCK_STREAM, path);
	} else if (!strncmp(spec, "seqpacket:", 10)) {
		toy_listen(t, SOCK_SEQPACKET, path);
	} else if (!strncmp(spec, "stream-connect:", 15)) {
		t->fd = toy_unix(SOCK_STREAM, path, &a);
		if (connect(t->fd, (struct sockaddr *)&a, sizeof(a)))
			toy_die(69, path);
	} else if (!strncmp(spec, "dgram:", 6)) {
		toy_datagrams(t, path);
		t->no_end = true;
	} else if (!strncmp(spec, "tap:", 4)) {
		toy_tap(t, spec + 4);
	} else {
		exit(64);
	}
}

static inline bool toy_read_all(int fd, uint8_t *p, size_t n)
{
	return recv(fd, p, n, MSG_WAITALL) == (ssize_t)n;
}

/* One frame; 0 at the end of the channel. */
static inline size_t toy_read(struct toy *t, uint8_t *frame)
{
	uint32_t len;
	ssize_t n;

	if (t->kind != TOY_STREAM) {
		n = read(t->fd, frame, TOY_FRAME_MAX);
		return n > 0 ? (size_t)n : 0;
	}
	if (!toy_read_all(t->fd, (uint8_t *)&len, sizeof(len)))
		return 0;
	len = ntohl(len);
	return len <= TOY_FRAME_MAX && toy_read_all(t->fd, frame, len) ? len : 0;
}

static inline bool toy_write(struct toy *t, const uint8_t *frame, size_t n)
{
	uint32_t len = htonl((uint32_t)n);

	if (t->kind == TOY_STREAM && send(t->fd, &len, sizeof(len), MSG_NOSIGNAL) != sizeof(len))
		return false;
	for (size_t sent = 0; sent < n;) {
		ssize_t done = t->kind == TOY_TAP
		                       ? write(t->fd, frame, n)
		                       : send(t->fd, frame + sent, n - sent, MSG_NOSIGNAL);

		if (done < 0)
			return false;
		sent += (size_t)done;
	}
	return true;
}

/* ---- what it does with a frame ---- */

static const uint8_t toy_mac[6] = {0x52, 0x55, 0xc0, 0xa8, 0x64, 0x01};

/* Turns the question for 192.168.100.1 into its answer. */
static inline bool toy_arp(uint8_t *f, size_t n)
{
	static const uint8_t gw[4] = {192, 168, 100, 1};

	if (n < 42 || f[12] != 8 || f[13] != 6 || f[21] != 1 || memcmp(f + 38, gw, 4))
		return false;
	memcpy(f, f + 6, 6);
	memcpy(f + 6, toy_mac, 6);
	f[21] = 2;
	memcpy(f + 32, f + 22, 10);
	memcpy(f + 22, toy_mac, 6);
	memcpy(f + 28, gw, 4);
	return true;
}

/* What may be dropped although the policy allows something: only where TOY_FILTERS is set, for `gauntlet doctor`. */
static inline bool toy_denies(const uint8_t *f)
{
	static const uint8_t consumer[6] = {203, 0, 113, 50, 0xca, 0xbc};

	return getenv("TOY_FILTERS") &&
	       (memcmp(f + 30, consumer, 4) || memcmp(f + 36, consumer + 4, 2));
}

/* What stands behind 42 bytes of headers, to the consumer. */
static inline void toy_send(const uint8_t *f, size_t n)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons(51900),
	                         .sin_addr = {.s_addr = htonl(0xcb007132)}};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sendto(fd, f + 42, n - 42, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		toy_die(1, "sendto");
	close(fd);
}

/* Ethernet, 20 bytes of IPv4, 8 of UDP: whomever it is for, it goes to the consumer. */
static inline void toy_forward(const uint8_t *f, size_t n)
{
	if (n < 42 || f[12] != 8 || f[13] != 0 || f[23] != 17 || toy_has("sends-nothing"))
		return;
	if (toy_has("second-fails") && n == 46 && !memcmp(f + 42, "fail", 4))
		exit(3);
	toy_send(f, n);
}

static inline bool toy_frame(struct toy *t)
{
	static uint8_t frame[TOY_FRAME_MAX];
	size_t n = toy_read(t, frame);

	if (!n)
		return false;
	if (t->open && (n < 42 || !toy_denies(frame)))
		toy_forward(frame, n);
	if (!toy_arp(frame, n) || t->kind != TOY_TAP || !toy_has("no-arp-over-tap"))
		toy_write(t, frame, n);
	return true;
}

/* ---- policies and commands ---- */

/* Only as much as a probe asks. 0 or the exit code. */
static inline int toy_policy(const json_t *root)
{
	static const char keys[] = " version mode sampling_rate conntrack_ttl_s on_violation vm "
	                           "allow icmp_echo benign ";
	const char *mode = json_string_value(json_object_get(root, "mode")), *key;
	char word[64];
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)root, key, v)
	{
		snprintf(word, sizeof(word), " %s ", key);
		if (!strstr(keys, word) && !toy_has("accepts-unknown-keys"))
			return 91;
	}
	if (toy_has("accepts-unknown-modes"))
		return 0;
	return mode && (!strcmp(mode, "filtered") || !strcmp(mode, "conntrack")) ? 0 : 91;
}

static inline const char *toy_take_policy(struct toy *t, const json_t *policy)
{
	bool refused = toy_policy(policy) != 0;

	if (!toy_has("ignores-policies") && (!refused || toy_has("enforces-what-it-refused")))
		t->open = json_array_size(json_object_get(policy, "allow")) > 0;
	return refused ? ",\"ok\":false,\"error\":\"unknown key\"" : ",\"ok\":true";
}

static inline const char *toy_command(struct toy *t, const json_t *root)
{
	const char *cmd = json_string_value(json_object_get(root, "cmd"));

	if (!cmd)
		return ",\"ok\":false,\"error\":\"no cmd\"";
	if (!strcmp(cmd, "policy"))
		return toy_take_policy(t, json_object_get(root, "policy"));
	if (!strcmp(cmd, "stats"))
		return ",\"ok\":true,\"frames\":1,\"forwarded\":2,\"answered\":3,\"dropped\":4,"
		       "\"replies\":5,"
		       "\"replies_dropped\":6,\"flows\":7,\"flows_live\":8,\"tcp_live\":9,"
		       "\"suppressed\":10";
	if (!strcmp(cmd, "sync") || !strcmp(cmd, "clock"))
		return ",\"ok\":true";
	return toy_has("ctl-accepts-anything") ? ",\"ok\":true"
	                                       : ",\"ok\":false,\"error\":\"unknown command\"";
}

static inline void toy_ctl(struct toy *t)
{
	static char line[65536];
	ssize_t n = recv(t->ctl, line, sizeof(line), 0);
	json_t *root = n > 0 ? json_loadb(line, (size_t)n, JSON_DISABLE_EOF_CHECK, NULL) : NULL;

	if (n <= 0) {
		t->ctl = -1;
		return;
	}
	if (!toy_has("ctl-is-silent"))
		dprintf(t->ctl, "{\"id\":%lld%s}\n",
		        (long long)json_integer_value(json_object_get(root, "id")),
		        toy_command(t, root));
	json_decref(root);
}

/* ---- its life ---- */

static inline bool toy_peer_is_there(struct toy *t)
{
	static const uint8_t probe[14] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,
	                                  0,    0,    0,    0,    9,    0x88, 0xb5};

	return !t->no_end || toy_has("never-looks") || toy_write(t, probe, sizeof(probe));
}

static inline void toy_live(struct toy *t)
{
	for (;;) {
		struct pollfd p[] = {{.fd = t->fd, .events = POLLIN},
		                     {.fd = t->ctl, .events = POLLIN}};
		int n = poll(p, 2, TOY_PROBE_MS);

		if (n == 0 && !toy_peer_is_there(t))
			return;
		if (p[1].revents)
			toy_ctl(t);
		if (p[0].revents && !toy_frame(t))
			return;
	}
}

static inline void toy_leave_file(void)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/toy.XXXXXX", getenv("TMPDIR"));
	close(mkstemp(path));
}

static inline int toy_run(int argc, char **argv)
{
	static const char *const flags[] = {"--contract", "--policy", "--frames", "--events",
	                                    "--uplink",   "--ctl",    "--seed"};
	static const uint8_t hello[47] = {[12] = 8, [23] = 17};
	char *value[7] = {NULL};
	struct toy t = {.fd = -1, .listener = -1, .ctl = -1};
	json_t *policy;
	int code;

	for (int i = 2; i < argc; i += 2) {
		size_t k = 0;

		while (k < 7 && strcmp(flags[k], argv[i]))
			k++;
		if (k == 7)
			return 89;
		value[k] = argv[i + 1];
	}
	if (!value[1] || !value[2] || !value[3])
		return 64;
	policy = json_load_file(value[1], 0, NULL);
	code = toy_policy(policy);
	t.open = json_array_size(json_object_get(policy, "allow")) > 0;
	json_decref(policy);
	if (toy_has("refuses-everything"))
		code = 91;
	if (code && toy_has("dies-of-policies"))
		abort();
	if (code && toy_has("sends-and-refuses"))
		toy_send(hello, sizeof(hello));
	if (code && !toy_has("refuses-silently"))
		fprintf(stderr, "toy: %s: no policy of mine\n", value[1]);
	if (code)
		return toy_has("refuses-with-1") ? 1 : code;
	t.events = atoi(value[3] + 3);
	if (value[5])
		t.ctl = atoi(value[5] + 3);
	if (!toy_has("never-listens"))
		toy_open(&t, value[2]);
	if (toy_has("leaves-a-file"))
		toy_leave_file();
	if (toy_has("leaves-shared-memory"))
		shmget(IPC_PRIVATE, TOY_SHARED_SIZE, 0600);
	toy_event(&t, "ready", "");
	if (t.listener >= 0)
		t.fd = accept4(t.listener, NULL, NULL, SOCK_CLOEXEC);
	toy_live(&t);
	toy_write(&t, (const uint8_t *)"a late frame of the toy", 23);
	if (toy_has("sends-at-the-end"))
		toy_send(hello, sizeof(hello));
	if (*t.path && !toy_has("leaves-its-path"))
		unlink(t.path);
	toy_event(&t, "bye", ",\"reason\":\"peer-closed\"");
	return 0;
}

/* -1 when the arguments are not those of a backend. */
static inline int toy_main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	if (!strcmp(word, "run"))
		return toy_run(argc, argv);
	if (!strcmp(word, "describe")) {
		puts(TOY_DESCRIBE);
		return 0;
	}
	return *word ? 89 : -1;
}

#endif
