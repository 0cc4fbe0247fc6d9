/* SPDX-License-Identifier: ISC */
/* loop_rig.h: for tests only. Worker and dialer, in processes and sandboxes of their own, between a
 * guest and a world that the test plays. */
#ifndef REF_LOOP_RIG_H
#define REF_LOOP_RIG_H

#include "ref/loop.h"

#include "ref/examples.h"
#include "ref/exits.h"
#include "ref/ipv4.h"
#include "ref/policy_load.h"
#include "ref/sandbox.h"
#include "ref/udp.h"
#include "ref/world.h"

#include <errno.h>
#include <jansson.h>
#include <linux/capability.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#define PORT     7001
#define AT_ONCE  4194304 /* bytes that a side of the frame channel takes, as far as it may */
#define LINK_END 98      /* the worker's exit when it cannot start */

/* A running worker. */
struct rig {
	struct policy policy; /* for the start; udp and tcp to PEER, port PORT */
	struct policy_rule rules[2];
	int type;       /* of the frame channel */
	bool with_gate; /* the test plays the gate, too */
	struct gate_pairs pairs;
	pid_t worker, dialer;
	int guest, ctl, peer;
	FILE *events;
};

/* --- the worker --- */

static inline bool prepare_dialer(void *arg)
{
	struct sandbox_report inside;

	return world_crash_plainly(arg) &&
	       sandbox_enter(SANDBOX_DIALER, SANDBOX_AUTO, 1U << CAP_NET_RAW, &inside);
}

static inline int catch_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* What main.c does, in its order. Exits with the reason the worker ended for. */
static inline void __attribute__((noreturn))
work(const struct policy *policy, struct gate_pairs *gate, int frames, int events, int ctl,
     int report)
{
	const uint8_t key[SAMPLING_KEY_LEN] = {1};
	struct policy_share *share = policy_share_new(policy);
	struct link_spec spec = {.kind = LINK_FD, .fd = frames};
	struct dialer_setup setup = {.share = share,
	                             .uplink = "lo",
	                             .ctl = ctl,
	                             .gate = gate,
	                             .prepare = prepare_dialer};
	struct audit_counts counts = {0};
	struct sandbox_report inside;
	struct audit audit;
	struct dialer dialer;
	struct link link;
	struct nat nat = {.policy = policy_share_get(share, 0),
	                  .dialer = &dialer,
	                  .audit = &audit,
	                  .counts = &counts,
	                  .link = &link};
	struct loop loop = {.share = share,
	                    .link = &link,
	                    .nat = &nat,
	                    .dialer = &dialer,
	                    .audit = &audit,
	                    .counts = &counts,
	                    .gate = gate};
	enum reason stop = REASON_AUDIT_FAILED;

	world_crash_plainly(NULL);
	loop.signals = catch_signals();
	sampling_init(&loop.sampling, key);
	if (!audit_open(&audit, events) || link_open(&link, &spec) ||
	    !dialer_start(&dialer, &setup) || !nat_open(&nat, 1) || !policy_share_seal(share) ||
	    write(report, &dialer.pid, sizeof(dialer.pid)) != sizeof(dialer.pid) ||
	    !sandbox_enter(SANDBOX_WORKER, SANDBOX_AUTO, 0, &inside))
		exit(LINK_END);
	if (audit_ready(&audit, nat.policy, "lo", NULL, 0))
		stop = loop_run(&loop);
	nat_close(&nat, stop == REASON_VIOLATION);
	if (stop != REASON_AUDIT_FAILED && !audit_bye(&audit, stop, &counts))
		stop = REASON_AUDIT_FAILED;
	dialer_stop(&dialer);
	link_close(&link);
	audit_close(&audit);
	exit((int)stop);
}

static inline int set_up(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	signal(SIGPIPE, SIG_IGN);
	/* The first object makes jansson read random numbers, which a sandbox forbids. */
	json_decref(json_object());
	r->policy = example_policy();
	r->rules[0] = (struct policy_rule){.ip = PEER, .port = PORT, .proto = IPV4_TCP, .id = "t"};
	r->rules[1] = (struct policy_rule){.ip = PEER, .port = PORT, .proto = IPV4_UDP, .id = "u"};
	r->policy.rules = r->rules;
	r->policy.rule_count = 2;
	r->type = SOCK_STREAM;
	r->guest = r->ctl = r->peer = -1;
	*state = r;
	return 0;
}

static inline void make_large(int fd)
{
	const int size = AT_ONCE;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static inline void start(struct rig *r)
{
	int pair[2], events[2], ctl[2], report[2];
	uint16_t port = PORT;

	r->peer = world_open(SOCK_DGRAM, PEER, &port);
	assert_int_equal(socketpair(AF_UNIX, r->type | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ctl), 0);
	assert_int_equal(pipe2(events, O_CLOEXEC), 0);
	assert_int_equal(pipe2(report, O_CLOEXEC), 0);
	make_large(pair[0]);
	make_large(pair[1]);
	assert_true(!r->with_gate || gate_wire_open(&r->pairs));
	fflush(NULL);
	r->worker = fork();
	if (!r->worker) {
		close(pair[1]);
		close(events[0]);
		close(ctl[1]);
		if (r->with_gate)
			gate_wire_close_gate(&r->pairs);
		work(&r->policy, r->with_gate ? &r->pairs : NULL, pair[0], events[1], ctl[0],
		     report[1]);
	}
	if (r->with_gate)
		gate_wire_close_others(&r->pairs);
	close(pair[0]);
	close(events[1]);
	close(ctl[0]);
	close(report[1]);
	r->guest = pair[1];
	r->ctl = ctl[1];
	r->events = fdopen(events[0], "r");
	setvbuf(r->events, NULL, _IONBF, 0); /* what is there shows in poll(2) */
	assert_int_equal(read(report[0], &r->dialer, sizeof(r->dialer)), sizeof(r->dialer));
	close(report[0]);
}

static inline void close_guest(struct rig *r)
{
	if (r->guest >= 0)
		close(r->guest);
	r->guest = -1;
}

/* Ends a worker that is still there; a failed test leaves none behind. */
static inline int tear_down(void **state)
{
	struct rig *r = *state;

	if (r->worker > 0) {
		kill(r->worker, SIGKILL);
		waitpid(r->worker, NULL, 0);
	}
	close_guest(r);
	if (r->with_gate)
		gate_wire_close_gate(&r->pairs);
	if (r->ctl >= 0)
		close(r->ctl);
	if (r->peer >= 0)
		close(r->peer);
	if (r->events)
		fclose(r->events);
	free(r);
	return 0;
}

/* --- frames --- */

/* Several frames that are sent in one go. */
struct batch {
	uint8_t bytes[400000];
	struct wr w;
};

static inline void batch_begin(struct batch *b)
{
	b->w = wr_of(b->bytes, sizeof(b->bytes));
}

static inline void batch_add(struct batch *b, const void *frame, size_t n)
{
	assert_true(wr_u32(&b->w, (uint32_t)n) && wr_bytes(&b->w, frame, n));
}

static inline void batch_add_udp(struct batch *b, const struct rig *r, uint16_t sport, uint32_t ip,
                                 uint16_t dport, const char *text)
{
	const struct rd payload = rd_of(text, strlen(text));
	uint8_t frame[2048];
	struct wr w = wr_of(frame, sizeof(frame));

	assert_true(eth_put(&w, r->policy.gateway_mac, r->policy.vm_mac, ETH_TYPE_IPV4));
	assert_true(ipv4_put(&w, r->policy.vm_ip, ip, IPV4_UDP, UDP_HDR_LEN + payload.n));
	assert_true(udp_put(&w, r->policy.vm_ip, sport, ip, dport, payload));
	assert_true(wr_bytes(&w, payload.p, payload.n));
	batch_add(b, frame, w.len);
}

static inline void batch_send(struct rig *r, const struct batch *b)
{
	assert_int_equal(send(r->guest, b->bytes, b->w.len, MSG_DONTWAIT), (ssize_t)b->w.len);
}

static inline void send_frame(struct rig *r, const void *frame, size_t n)
{
	static struct batch b;

	batch_begin(&b);
	batch_add(&b, frame, n);
	batch_send(r, &b);
}
#define SEND(r, which) send_frame(r, example_##which, sizeof(example_##which))

static inline void send_udp(struct rig *r, uint16_t sport, const char *text)
{
	static struct batch b;

	batch_begin(&b);
	batch_add_udp(&b, r, sport, PEER, PORT, text);
	batch_send(r, &b);
}

/* The rest of what was announced, which is on its way. */
static inline void get_bytes(struct rig *r, uint8_t *to, size_t n)
{
	for (size_t have = 0; have < n;) {
		ssize_t got;

		assert_true(world_is_ready(r->guest, POLLIN, PATIENCE_MS));
		got = recv(r->guest, to + have, n - have, MSG_DONTWAIT);
		assert_true(got > 0);
		have += (size_t)got;
	}
}

static inline size_t get_frame(struct rig *r, uint8_t *frame)
{
	uint8_t prefix[4];
	struct rd length = rd_of(prefix, 4);
	uint32_t n;

	if (r->type != SOCK_STREAM) {
		assert_true(world_is_ready(r->guest, POLLIN, PATIENCE_MS));
		return (size_t)recv(r->guest, frame, ETH_FRAME_MAX, 0);
	}
	get_bytes(r, prefix, sizeof(prefix));
	assert_true(rd_u32(&length, &n) && n <= ETH_FRAME_MAX);
	get_bytes(r, frame, n);
	return n;
}

/* --- events --- */

/* Reads a line; false at the end. */
static inline bool next_event(struct rig *r, char line[AUDIT_LINE_MAX])
{
	assert_true(world_is_ready(fileno(r->events), POLLIN | POLLHUP, PATIENCE_MS));
	return fgets(line, AUDIT_LINE_MAX, r->events);
}

static inline void assert_event(struct rig *r, const char *part)
{
	char line[AUDIT_LINE_MAX];

	assert_true(next_event(r, line));
	if (!strstr(line, part))
		fail_msg("expected %s\ngot %s", part, line);
}

/* The worker has ended for that reason, and so has its dialer. The last event is left in `bye`. */
static inline void assert_end_with(struct rig *r, enum reason reason, char bye[AUDIT_LINE_MAX])
{
	char expected[64];
	int status;

	*bye = 0;
	while (r->events && next_event(r, bye))
		;
	assert_int_equal(waitpid(r->worker, &status, 0), r->worker);
	r->worker = 0;
	assert_true(WIFEXITED(status));
	assert_string_equal(reason_name((enum reason)WEXITSTATUS(status)), reason_name(reason));
	assert_true(world_is_ready(r->ctl, POLLHUP, PATIENCE_MS)); /* the dialer held it */
	snprintf(expected, sizeof(expected), "\"reason\":\"%s\"", reason_name(reason));
	if (r->events) {
		assert_non_null(strstr(bye, "\"ev\":\"bye\""));
		assert_non_null(strstr(bye, expected));
	}
}

static inline void assert_end(struct rig *r, enum reason reason)
{
	char bye[AUDIT_LINE_MAX];

	assert_end_with(r, reason, bye);
}

/* --- orders --- */

static inline void put_line(struct rig *r, const char *line)
{
	assert_int_equal(send(r->ctl, line, strlen(line), MSG_DONTWAIT), (ssize_t)strlen(line));
}

static inline json_t *get_answer(struct rig *r)
{
	char line[4096];
	json_t *answer;
	size_t len = 0;

	do {
		assert_true(len < sizeof(line));
		assert_true(world_is_ready(r->ctl, POLLIN, PATIENCE_MS));
		assert_int_equal(recv(r->ctl, line + len, 1, MSG_DONTWAIT), 1);
	} while (line[len++] != '\n');
	answer = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	assert_true(json_is_object(answer));
	return answer;
}

static inline void assert_done(struct rig *r)
{
	json_t *answer = get_answer(r);

	if (!json_is_true(json_object_get(answer, "ok")))
		fail_msg("%s", json_string_value(json_object_get(answer, "error")));
	json_decref(answer);
}

static inline void synchronise(struct rig *r)
{
	put_line(r, "{\"cmd\":\"sync\",\"id\":1}\n");
	assert_done(r);
}

static inline void advance(struct rig *r, unsigned ms)
{
	char line[128];

	snprintf(line, sizeof(line), "{\"cmd\":\"clock\",\"id\":1,\"advance_ms\":%u}\n", ms);
	put_line(r, line);
	assert_done(r);
}

static inline long long stat_of(struct rig *r, const char *name)
{
	long long value;
	json_t *answer;

	put_line(r, "{\"cmd\":\"stats\",\"id\":1}\n");
	answer = get_answer(r);
	assert_true(json_is_integer(json_object_get(answer, name)));
	value = json_integer_value(json_object_get(answer, name));
	json_decref(answer);
	return value;
}

/* While it stands still, everything that is done to it comes at once. */
static inline void halt(struct rig *r)
{
	int status;

	assert_int_equal(kill(r->worker, SIGSTOP), 0);
	assert_int_equal(waitpid(r->worker, &status, WUNTRACED), r->worker);
	assert_true(WIFSTOPPED(status));
}

static inline char state_of(pid_t pid)
{
	char path[64], text[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	return strrchr(text, ')')[2];
}

/* Until the dialer has read what was asked, passed on the first order, and sleeps again: then the
 * order is with the worker, too. */
static inline void go_on(struct rig *r)
{
	int unread = 1;

	for (int i = 0; unread || state_of(r->dialer) != 'S'; i++) {
		assert_true(i < 1000000);
		assert_int_equal(ioctl(r->ctl, SIOCOUTQ, &unread), 0);
		sched_yield();
	}
	assert_int_equal(kill(r->worker, SIGCONT), 0);
}

/* How many datagrams wait at the peer, now. */
static inline unsigned peer_counts(struct rig *r)
{
	unsigned count = 0;
	char bytes[2048];

	while (recv(r->peer, bytes, sizeof(bytes), MSG_DONTWAIT) >= 0)
		count++;
	return count;
}

/* --- connections --- */

/* A segment from the guest's port 40000 to the peer. */
static inline void send_seg(struct rig *r, uint16_t dport, uint8_t flags, uint32_t seq,
                            uint32_t ack)
{
	const struct tcp_seg seg = {.sport = 40000,
	                            .dport = dport,
	                            .seq = seq,
	                            .ack = ack,
	                            .flags = flags,
	                            .window = 0xffff,
	                            .mss = flags & TCP_SEG_SYN ? 1460 : 0,
	                            .window_scale = -1};
	uint8_t frame[128];
	struct wr w = wr_of(frame, sizeof(frame));

	assert_true(eth_put(&w, r->policy.gateway_mac, r->policy.vm_mac, ETH_TYPE_IPV4));
	assert_true(ipv4_put(&w, r->policy.vm_ip, PEER, IPV4_TCP, tcp_seg_hdr_len(&seg)));
	assert_true(tcp_seg_put(&w, r->policy.vm_ip, PEER, &seg));
	send_frame(r, frame, w.len);
}

/* The next frame is a segment; its payload lies in `frame`. */
static inline struct tcp_seg get_seg(struct rig *r, uint8_t *frame)
{
	const size_t n = get_frame(r, frame);
	struct tcp_seg seg;
	struct eth eth;
	struct ipv4 ip;
	bool readable;

	assert_int_equal(eth_parse(rd_of(frame, n), r->policy.mtu, &eth), REASON_NONE);
	assert_int_equal(ipv4_parse(eth.payload, &ip, &readable), REASON_NONE);
	assert_int_equal(ip.proto, IPV4_TCP);
	assert_int_equal(tcp_seg_parse(ip.payload, ip.src, ip.dst, &seg, &readable), REASON_NONE);
	return seg;
}

/* Opens a connection; the world's end, and what the guest expects next in *want. */
static inline int open_connection(struct rig *r, uint32_t *want)
{
	uint8_t frame[ETH_FRAME_MAX];
	uint16_t port = PORT;
	int listener = world_open(SOCK_STREAM, PEER, &port), world;
	struct tcp_seg seg;

	assert_int_equal(listen(listener, 4), 0);
	send_seg(r, PORT, TCP_SEG_SYN, 999, 0);
	seg = get_seg(r, frame);
	assert_int_equal(seg.flags, TCP_SEG_SYN | TCP_SEG_ACK);
	assert_int_equal(seg.ack, 1000);
	*want = seg.seq + 1;
	send_seg(r, PORT, TCP_SEG_ACK, 1000, *want);
	synchronise(r);
	assert_true(world_is_ready(listener, POLLIN, PATIENCE_MS));
	world = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	return world;
}

#endif
