/* SPDX-License-Identifier: ISC */
/* gate_rig.h: for tests only. The gate's engine in this process; the test is worker, dialer, guest and
 * world. Nothing waits: rig_turn() plays until nobody has anything to say. */
#ifndef REF_GATE_RIG_H
#define REF_GATE_RIG_H

#include "ref/examples.h"
#include "ref/gate_loop.h"
#include "ref/ipv4.h"
#include "ref/policy_http.h"
#include "ref/policy_name.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define RIG_GUEST   0xc0a86402
#define RIG_WHERE   0x63000001 /* 99.0.0.1: where the guest thinks it goes */
#define RIG_OK      0x6300000a /* ok.test */
#define RIG_OTHER   0x6300000b /* other.test, and the first of two.test */
#define RIG_HTTP    80
#define RIG_TLS     443
#define RIG_RECORDS 128
#define RIG_UPS     128
#define RIG_HEARD   (1 << 20)
#define RIG_S       UINT64_C(1000000000)

/* A dial, and the world's end of the socket that came of it. */
struct rig_up {
	uint32_t ip;
	uint16_t port;
	int fd;
};

struct rig {
	struct policy policy;
	struct policy_name names[8];
	struct policy_host hosts[8];
	struct policy_http rules[8];
	struct policy_share *share;
	struct gate_pairs pairs;
	struct gate *gate;
	bool running;

	/* the worker */
	struct record records[RIG_RECORDS];
	size_t record_count;
	uint32_t acked;
	bool mute; /* acknowledges nothing */
	uint32_t aborted[RIG_RECORDS];
	size_t abort_count;
	uint32_t tag;
	size_t done_count; /* orders that were carried out */

	/* the dialer */
	struct rig_up ups[RIG_UPS];
	size_t up_count;
	uint32_t refused; /* this address has no one who answers */
	bool slow;        /* sockets come, but their connect does not end */
	bool busy;        /* dials are not answered at all */

	char heard[RIG_HEARD + 1];
	size_t heard_len;
	bool heard_end;
};

static inline void rig_name(struct rig *r, const char *name, bool below, bool block, bool splice)
{
	struct policy_name *entry = &r->names[r->policy.web.name_count++];

	snprintf(entry->name, sizeof(entry->name), "%s", name);
	entry->below = below;
	entry->block = block;
	entry->splice = splice;
	qsort(r->names, r->policy.web.name_count, sizeof(*r->names),
	      (int (*)(const void *, const void *))policy_name_compare);
}

static inline void rig_host(struct rig *r, const char *name, uint32_t ip)
{
	struct policy_host *host = &r->hosts[r->policy.web.host_count++];

	snprintf(host->name, sizeof(host->name), "%s", name);
	host->ip = ip;
	qsort(r->hosts, r->policy.web.host_count, sizeof(*r->hosts),
	      (int (*)(const void *, const void *))policy_host_compare);
}

/* A policy of plain HTTP and splice; a test may change it before rig_start(). */
static inline struct rig *rig_new(void)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct policy_web *web;

	assert_non_null(r);
	r->policy = example_policy();
	r->policy.mode = POLICY_FILTERED;
	r->policy.tcp_max = 16;
	web = &r->policy.web;
	*web = (struct policy_web){
	        .dns = POLICY_DNS_SYNTHETIC,
	        .tls = POLICY_TLS_SPLICE,
	        .ttl_max_s = 300,
	        .names = r->names,
	        .hosts = r->hosts,
	        .rules = r->rules,
	        .tls_ports = {RIG_TLS},
	        .http_ports = {RIG_HTTP},
	        .tls_port_count = 1,
	        .http_port_count = 1,
	        .head_timeout_s = 10,
	        .idle_timeout_s = 60,
	};
	rig_name(r, "ok.test", false, false, false);
	rig_name(r, "other.test", false, false, false);
	rig_name(r, "two.test", false, false, false);
	rig_host(r, "ok.test", RIG_OK);
	rig_host(r, "other.test", RIG_OTHER);
	rig_host(r, "two.test", RIG_OK);
	rig_host(r, "two.test", RIG_OTHER);
	return r;
}

static inline void rig_start(struct rig *r, struct tls_context *context, struct leaf_cache *leaves)
{
	r->share = policy_share_new(&r->policy);
	assert_non_null(r->share);
	assert_true(gate_wire_open(&r->pairs));
	r->gate = calloc(1, sizeof(*r->gate));
	assert_non_null(r->gate);
	assert_true(gate_open(r->gate, r->share, &r->pairs, context, leaves));
	r->running = true;
}

static inline void rig_free(struct rig *r)
{
	for (size_t i = 0; i < r->up_count; i++)
		if (r->ups[i].fd >= 0)
			close(r->ups[i].fd);
	if (r->gate) {
		gate_close(r->gate);
		r->pairs.arrivals[0] = r->pairs.dials[0] = r->pairs.records[0] = -1;
		gate_wire_close_others(&r->pairs);
		policy_share_free(r->share);
	}
	free(r->gate);
	free(r);
}

/* --- worker and dialer --- */

static inline bool rig_play_worker(struct rig *r)
{
	struct gate_message message, ack = {.word = GATE_ACK};
	int fds[GATE_WIRE_FDS_MAX];
	bool any = false;

	while (gate_wire_receive(r->pairs.records[1], &message, fds) == GATE_RECEIVED) {
		any = true;
		if (message.word == GATE_RECORD) {
			assert_true(r->record_count < RIG_RECORDS);
			r->records[r->record_count++] = message.record;
			assert_int_equal(message.number, r->record_count);
		} else {
			assert_int_equal(message.word, GATE_ABORT);
			r->aborted[r->abort_count++] = message.number;
		}
	}
	if (r->mute || r->acked == r->record_count)
		return any;
	ack.number = r->acked = (uint32_t)r->record_count;
	assert_true(gate_wire_send(r->pairs.records[1], &ack, NULL, 0));
	return true;
}

static inline void rig_answer_dial(struct rig *r, const struct gate_message *dial)
{
	struct gate_message dialled = {.word = GATE_DIALLED, .number = dial->number};
	struct rig_up *up = &r->ups[r->up_count++];
	int pair[2];

	assert_true(r->up_count <= RIG_UPS);
	*up = (struct rig_up){.ip = dial->ip, .port = dial->port, .fd = -1};
	assert_int_equal(dial->proto, IPV4_TCP);
	if (dial->ip == r->refused) {
		dialled.status = DIALER_NO_SOCKET;
		assert_true(gate_wire_send(r->pairs.dials[1], &dialled, NULL, 0));
		return;
	}
	if (r->slow) {
		pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		pair[1] = -1;
	} else {
		assert_int_equal(
		        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair),
		        0);
	}
	assert_true(gate_wire_send(r->pairs.dials[1], &dialled, pair, 1));
	close(pair[0]);
	up->fd = pair[1];
}

static inline bool rig_play_dialer(struct rig *r)
{
	struct gate_message message;
	int fds[GATE_WIRE_FDS_MAX];
	bool any = false;

	while (!r->busy && gate_wire_receive(r->pairs.dials[1], &message, fds) == GATE_RECEIVED) {
		any = true;
		if (message.word == GATE_DIAL)
			rig_answer_dial(r, &message);
		else
			r->done_count++;
	}
	return any;
}

/* Until nobody has anything to do. */
static inline void rig_turn(struct rig *r)
{
	for (int quiet = 0, i = 0; quiet < 4 && r->running; i++) {
		bool worker, dialer;

		assert_true(i < 10000);
		r->running = gate_step(r->gate, 0);
		worker = rig_play_worker(r);
		dialer = rig_play_dialer(r);
		quiet = worker || dialer ? 0 : quiet + 1;
	}
}

static inline void rig_order(struct rig *r, enum order_kind kind, uint64_t argument)
{
	const struct gate_message message = {.word = GATE_ORDER, .order = {kind, argument}};
	const size_t before = r->done_count;

	assert_true(gate_wire_send(r->pairs.dials[1], &message, NULL, 0));
	rig_turn(r);
	assert_int_equal(r->done_count, before + 1);
}

/* The same without looking for an answer. */
static inline void rig_clock(struct rig *r, uint64_t s)
{
	const struct gate_message message = {.word = GATE_ORDER, .order = {ORDER_CLOCK, s * RIG_S}};

	assert_true(gate_wire_send(r->pairs.dials[1], &message, NULL, 0));
	rig_turn(r);
	rig_turn(r);
}

static inline void rig_later(struct rig *r, uint64_t s)
{
	rig_order(r, ORDER_CLOCK, s * RIG_S);
	rig_turn(r);
}

/* --- guest and world --- */

/* A connection of the guest to `port`; its end. */
static inline int rig_connect(struct rig *r, uint16_t port)
{
	const struct gate_message message = {
	        .word = GATE_ARRIVAL,
	        .arrival = {.tag = ++r->tag,
	                    .service = port == RIG_TLS ? POLICY_SERVICE_TLS : POLICY_SERVICE_HTTP,
	                    .proto = IPV4_TCP,
	                    .guest_ip = RIG_GUEST,
	                    .guest_port = (uint16_t)(40000 + r->tag),
	                    .dst_ip = RIG_WHERE,
	                    .dst_port = port},
	};
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair),
	                 0);
	assert_true(gate_wire_send(r->pairs.arrivals[1], &message, &pair[0], 1));
	close(pair[0]);
	rig_turn(r);
	return pair[1];
}

static inline void rig_say_bytes(struct rig *r, int fd, const void *bytes, size_t n)
{
	assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), (ssize_t)n);
	rig_turn(r);
}

static inline void rig_say(struct rig *r, int fd, const char *text)
{
	rig_say_bytes(r, fd, text, strlen(text));
}

/* What came in at `fd` meanwhile: r->heard, and whether it has ended. */
static inline const char *rig_hear(struct rig *r, int fd)
{
	r->heard_len = 0;
	r->heard_end = false;
	for (;;) {
		ssize_t n = recv(fd, r->heard + r->heard_len, RIG_HEARD - r->heard_len,
		                 MSG_DONTWAIT);

		if (n <= 0) {
			r->heard_end = n == 0 || errno == ECONNRESET;
			break;
		}
		r->heard_len += (size_t)n;
		rig_turn(r);
	}
	r->heard[r->heard_len] = '\0';
	return r->heard;
}

static inline void rig_expect_end(struct rig *r, int fd)
{
	assert_string_equal(rig_hear(r, fd), "");
	assert_true(r->heard_end);
}

static inline void rig_expect_silence(struct rig *r, int fd)
{
	assert_string_equal(rig_hear(r, fd), "");
	assert_false(r->heard_end);
}

/* The latest record. */
static inline const struct record *rig_record(const struct rig *r)
{
	assert_true(r->record_count > 0);
	return &r->records[r->record_count - 1];
}

static inline void rig_expect_record(const struct rig *r, enum record_kind kind,
                                     enum record_verdict verdict, enum reason reason,
                                     const char *detail)
{
	const struct record *record = rig_record(r);

	assert_string_equal(record_kind_name(record->kind), record_kind_name(kind));
	assert_string_equal(record_verdict_name(record->verdict), record_verdict_name(verdict));
	assert_string_equal(reason_name(record->reason), reason_name(reason));
	assert_string_equal(record->detail, detail);
	assert_int_equal(record->src, RIG_GUEST);
	assert_int_equal(record->dst, RIG_WHERE);
}

/* Nothing is left of the connection but what everybody has. */
static inline void rig_expect_idle(struct rig *r)
{
	rig_turn(r);
	assert_int_equal(gate_pool_used(&r->gate->pool), 0);
	assert_int_equal(r->gate->free_count, r->gate->high);
}

#endif
