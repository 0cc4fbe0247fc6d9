/* SPDX-License-Identifier: ISC */
/* names_rig.h: for tests only. The name service with a gate, a worker, a dialer, a resolver and a guest that do what
 * the test says: each socket of the service's is one end of a pair whose other end is the test's, and
 * nothing happens unless the test lets it happen. */
#ifndef REF_NAMES_RIG_H
#define REF_NAMES_RIG_H

#include "bytes/guard.h"
#include "ref/dns_rig.h"
#include "ref/ipv4.h"
#include "ref/names_parts.h"

#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define RIG_MS       UINT64_C(1000000)
#define RIG_S        UINT64_C(1000000000)
#define RIG_SOCKETS  1200
#define RIG_LIST     2048
#define RIG_RESOLVER 0x09090909u
#define RIG_OK       0x6300000au /* ok.test in dns.hosts: 99.0.0.10 */

struct names_rig {
	struct names *names;
	struct names_io io;
	struct policy_web web;
	uint64_t now_ns;
	uint8_t random;

	struct {
		int fd;
		uint32_t token, events;
	} watched[RIG_SOCKETS]; /* fd -1: free */
	struct {
		uint32_t token;
		uint8_t proto;
		uint32_t ip;
		uint16_t port;
	} dials[RIG_LIST];
	struct {
		uint32_t token;
		struct record record;
	} records[RIG_LIST];
	struct {
		uint32_t asker;
		struct names_result result;
	} told[RIG_LIST];
	unsigned dial_count, record_count, acked, told_count;
	bool no_dialer;
	uint32_t asks_again; /* the asker for whom resolved() asks for again.wild.test; 0: none */
};

static struct names_rig rig; /* one service a test */

static inline bool rig_dial(void *arg, uint32_t token, uint8_t proto, uint32_t ip, uint16_t port)
{
	(void)arg;
	if (rig.no_dialer)
		return false;
	assert_true(rig.dial_count < RIG_LIST);
	rig.dials[rig.dial_count].token = token;
	rig.dials[rig.dial_count].proto = proto;
	rig.dials[rig.dial_count].ip = ip;
	rig.dials[rig.dial_count++].port = port;
	return true;
}

static inline unsigned rig_find_watched(int fd)
{
	for (unsigned i = 0; i < RIG_SOCKETS; i++)
		if (rig.watched[i].fd == fd)
			return i;
	return RIG_SOCKETS;
}

static inline void rig_watch(void *arg, uint32_t token, int fd, uint32_t events)
{
	unsigned at = rig_find_watched(fd);

	(void)arg;
	if (at == RIG_SOCKETS)
		at = rig_find_watched(-1);
	assert_true(at < RIG_SOCKETS);
	rig.watched[at].fd = fd;
	rig.watched[at].token = token;
	rig.watched[at].events = events;
}

static inline void rig_unwatch(void *arg, uint32_t token, int fd)
{
	const unsigned at = rig_find_watched(fd);

	(void)arg;
	(void)token;
	if (at < RIG_SOCKETS)
		rig.watched[at].fd = -1;
}

static inline bool rig_record(void *arg, uint32_t token, const struct record *record)
{
	uint8_t bytes[RECORD_WIRE_MAX];
	struct wr w = wr_of(bytes, sizeof(bytes));

	(void)arg;
	assert_true(record_put(&w, record)); /* the worker takes it */
	assert_true(rig.record_count < RIG_LIST);
	rig.records[rig.record_count].token = token;
	rig.records[rig.record_count++].record = *record;
	return true;
}

static inline void rig_resolved(void *arg, uint32_t asker, const struct names_result *result)
{
	struct names_result again;

	(void)arg;
	assert_true(rig.told_count < RIG_LIST);
	rig.told[rig.told_count].asker = asker;
	rig.told[rig.told_count++].result = *result;
	if (!rig.asks_again || asker != rig.asks_again)
		return;
	rig.asks_again = 0;
	assert_int_equal(names_resolve(rig.names, "again.wild.test", asker + 1, rig.now_ns, &again),
	                 NAMES_WAIT);
}

static inline void rig_random(void *arg, void *out, size_t n)
{
	(void)arg;
	memset(out, ++rig.random, n);
}

/* ok.test and what lies below wild.test are allowed; ok.test is in dns.hosts. */
static inline int rig_begin(void **state)
{
	static struct policy_name allowed[] = {{.name = "ok.test"},
	                                       {.name = "wild.test", .below = true}};
	static struct policy_host hosts[] = {{.name = "ok.test", .ip = RIG_OK}};

	(void)state;
	memset(&rig, 0, sizeof(rig));
	for (unsigned i = 0; i < RIG_SOCKETS; i++)
		rig.watched[i].fd = -1;
	rig.now_ns = 5 * RIG_S;
	rig.web = (struct policy_web){.dns = POLICY_DNS_FORWARD,
	                              .resolver_ip = RIG_RESOLVER,
	                              .resolver_port = DNS_PORT,
	                              .ttl_max_s = 300,
	                              .names = allowed,
	                              .name_count = 2,
	                              .hosts = hosts,
	                              .host_count = 1};
	rig.io = (struct names_io){.dial = rig_dial,
	                           .watch = rig_watch,
	                           .unwatch = rig_unwatch,
	                           .record = rig_record,
	                           .resolved = rig_resolved,
	                           .random = rig_random};
	rig.names = calloc(1, names_size());
	assert_non_null(rig.names);
	names_start(rig.names, &rig.io, &rig.web);
	return 0;
}

static inline int rig_end(void **state)
{
	(void)state;
	names_stop(rig.names);
	assert_int_equal(rig_find_watched(-1), 0);
	for (unsigned i = 0; i < RIG_SOCKETS; i++)
		assert_int_equal(rig.watched[i].fd, -1);
	free(rig.names);
	return 0;
}

/* Serves what is ready until nothing is. More than so many rounds are a loop that eats a processor. */
static inline void rig_spin(void)
{
	for (unsigned round = 0; round < 5000; round++) {
		bool idle = true;

		for (unsigned i = 0; i < RIG_SOCKETS; i++) {
			struct pollfd p = {.fd = rig.watched[i].fd,
			                   .events = (short)rig.watched[i].events};

			if (p.fd < 0 || poll(&p, 1, 0) <= 0)
				continue;
			idle = false;
			names_ready(rig.names, rig.watched[i].token, (uint32_t)p.revents,
			            rig.now_ns);
		}
		if (idle)
			return;
	}
	fail_msg("a descriptor stays ready");
}

/* Time goes by: whatever is due is done. */
static inline void rig_pass(uint64_t ns)
{
	const uint64_t end_ns = rig.now_ns + ns;

	for (;;) {
		const uint64_t due_ns = names_deadline(rig.names);

		rig.now_ns = due_ns < end_ns ? due_ns : end_ns;
		names_tick(rig.names, rig.now_ns);
		rig_spin();
		if (rig.now_ns == end_ns)
			return;
		assert_true(names_deadline(rig.names) > rig.now_ns); /* no endless ticking */
	}
}

/* The worker writes all records that it has. */
static inline void rig_ack(void)
{
	while (rig.acked < rig.record_count) {
		const unsigned i = rig.acked++;

		names_recorded(rig.names, rig.records[i].token, rig.now_ns);
	}
	rig_spin();
}

static inline void rig_pair(int type, int ends[2])
{
	assert_int_equal(socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
}

/* The dialer answers dial number i; the resolver's end is the result. */
static inline int rig_dialled(unsigned i)
{
	int ends[2];

	assert_true(i < rig.dial_count);
	assert_int_equal(rig.dials[i].ip, RIG_RESOLVER);
	assert_int_equal(rig.dials[i].port, DNS_PORT);
	rig_pair(rig.dials[i].proto == IPV4_UDP ? SOCK_DGRAM : SOCK_STREAM, ends);
	names_dialled(rig.names, rig.dials[i].token, ends[0], rig.now_ns);
	rig_spin();
	return ends[1];
}

/* A new flow of the guest; its end is the result. */
static inline int rig_guest(uint8_t proto, uint16_t port)
{
	const struct flow_key key = {.guest_ip = 0xc0a86402,
	                             .peer_ip = 0xc0a86401,
	                             .guest_port = port,
	                             .peer_port = DNS_PORT,
	                             .proto = proto};
	int ends[2];

	rig_pair(proto == IPV4_UDP ? SOCK_SEQPACKET : SOCK_STREAM, ends);
	if (!names_serve(rig.names, ends[0], &key, rig.now_ns)) {
		close(ends[1]);
		return -1;
	}
	return ends[1];
}

static inline void rig_send(int fd, struct rd bytes)
{
	assert_int_equal(send(fd, bytes.p, bytes.n, MSG_NOSIGNAL), bytes.n);
	rig_spin();
}

/* What has come; n is 0 for nothing. Good until the next call. */
static inline struct rd rig_receive(int fd)
{
	static uint8_t bytes[66000];
	const ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	return rd_of(bytes, n < 0 ? 0 : (size_t)n);
}

static inline bool rig_has_ended(int fd)
{
	uint8_t byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

/* Changes a few bytes, and now and then the length: the next of a row of numbers that is always the same. */
static inline size_t rig_spoil(uint64_t *x, uint8_t *bytes, size_t n, size_t size)
{
	for (unsigned i = 0; i < 4; i++) {
		*x ^= *x << 13;
		*x ^= *x >> 7;
		*x ^= *x << 17;
		bytes[(*x >> 8) % n] = (uint8_t)*x;
	}
	return *x >> 40 & 3 ? n : 1 + (*x >> 16) % size;
}

/* A query for records of `type` (two bytes and the class) of a name on the wire. Good until the next. */
static inline struct rd rig_query(uint8_t id, struct rd name, struct rd type)
{
	static struct dns_rig message;

	rig_message(&message, RIG("\0\0\1\0\0\1\0\0\0\0\0\0"), name);
	message.bytes[1] = id;
	rig_add(&message, type);
	return rd_of(message.bytes, message.n);
}

/* The resolver's answer to a question as it arrived: one address. Good until the next. */
static inline struct rd rig_answer(struct rd asked, uint32_t ip, uint32_t ttl_s)
{
	static struct dns_rig message;
	const uint8_t record[] = {0xc0,
	                          12,
	                          0,
	                          1,
	                          0,
	                          1,
	                          (uint8_t)(ttl_s >> 24),
	                          (uint8_t)(ttl_s >> 16),
	                          (uint8_t)(ttl_s >> 8),
	                          (uint8_t)ttl_s,
	                          0,
	                          4,
	                          (uint8_t)(ip >> 24),
	                          (uint8_t)(ip >> 16),
	                          (uint8_t)(ip >> 8),
	                          (uint8_t)ip};

	assert_true(asked.n > DNS_HDR_LEN + DNS_OPT_LEN);
	message.n = 0;
	rig_add(&message, rd_of(asked.p, asked.n - DNS_OPT_LEN));
	memcpy(message.bytes + 2, "\x81\x80\0\1\0\1\0\0\0\0", 10);
	rig_add(&message, rd_of(record, sizeof(record)));
	return rd_of(message.bytes, message.n);
}

/* With this code and no records. */
static inline struct rd rig_answer_code(struct rd asked, uint8_t rcode)
{
	static struct dns_rig message;

	message.n = 0;
	rig_add(&message, rd_of(asked.p, asked.n - DNS_OPT_LEN));
	memcpy(message.bytes + 2, "\x81\x80\0\1\0\0\0\0\0\0", 10);
	message.bytes[3] = (uint8_t)(message.bytes[3] | rcode);
	return rd_of(message.bytes, message.n);
}

/* The response code of a reply to the guest with this id; -1 for none. *ip, which may be NULL, is its first
 * address, or 0. */
static inline int rig_rcode(struct rd reply, uint8_t id, uint32_t *ip)
{
	struct rd r = reply;
	struct dns_header header;

	if (ip)
		*ip = 0;
	if (!dns_header_read(&r, &header))
		return -1;
	assert_int_equal(header.id, id);
	assert_int_equal(header.flags & (DNS_QR | DNS_RA), DNS_QR | DNS_RA);
	if (ip &&
	    header.answers) /* the last record's four bytes: there is no OPT in these queries */
		*ip = (uint32_t)reply.p[reply.n - 4] << 24 | (uint32_t)reply.p[reply.n - 3] << 16 |
		      (uint32_t)reply.p[reply.n - 2] << 8 | reply.p[reply.n - 1];
	return header.flags & DNS_RCODE;
}

#endif
