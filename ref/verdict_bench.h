/* SPDX-License-Identifier: ISC */
/* verdict_bench.h: for tests of the verdict only. A policy, a flow table and one frame under change. */
#ifndef REF_VERDICT_BENCH_H
#define REF_VERDICT_BENCH_H

#include "ref/verdict.h"

#include "bytes/guard.h"
#include "ref/examples.h"
#include "ref/ipv4.h"
#include "ref/udp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FRAME_SIZE (ETH_FRAME_MAX + 1)
#define NOW        UINT64_C(1000000000000)

/* Places in a frame. */
enum {
	AT_DST_MAC = 0,
	AT_SRC_MAC = 6,
	AT_TYPE = 12,
	AT_IP = 14,
	AT_IP_FLAGS = 20,
	AT_IP_PROTO = 23,
	AT_IP_SRC = 26,
	AT_IP_DST = 30,
	AT_L4 = 34,
	AT_TCP_FLAGS = 47,
};

/* A policy, an empty flow table, and one frame under change. */
struct bench {
	struct policy policy;
	struct policy_rule rules[2];
	struct flow flows[8];
	uint32_t index[16];
	struct flow_table table;
	uint8_t frame[FRAME_SIZE];
	size_t n;
	uint32_t random;
	struct verdict verdict;
};

static inline int set_up(void **state)
{
	static struct bench bench;

	memset(&bench, 0, sizeof(bench));
	bench.policy = example_policy();
	flow_init(&bench.table, bench.flows, 8, bench.index, 1);
	*state = &bench;
	return 0;
}

/* With the rules below, sampled checks a frame whose random number is below this. */
#define SAMPLED_BELOW 1000

/* The consumer, by TCP as well as by UDP. */
static inline int set_up_rules(void **state)
{
	static const struct policy_rule both[] = {
	        {.ip = 0xcb007132, .port = 51900, .proto = IPV4_TCP, .id = "tcp"},
	        {.ip = 0xcb007132, .port = 51900, .proto = IPV4_UDP, .id = "udp"},
	};
	struct bench *b;

	set_up(state);
	b = *state;
	memcpy(b->rules, both, sizeof(both));
	b->policy.rules = b->rules;
	b->policy.rule_count = 2;
	b->policy.sampled_below = SAMPLED_BELOW;
	return 0;
}

#define LOAD(b, which) load(b, example_##which, sizeof(example_##which))
static inline void load(struct bench *b, const uint8_t *example, size_t n)
{
	memcpy(b->frame, example, n);
	b->n = n;
}

/* Judges the frame where it ends at an unreadable page: always the same one, for a map a frame is
 * what made the tests slow. */
static inline enum verdict_kind judge(struct bench *b)
{
	static struct guard room;
	uint8_t *frame;

	if (!room.map)
		room = guard_copy(b->frame, FRAME_SIZE);
	frame = room.p + FRAME_SIZE - b->n;
	memcpy(frame, b->frame, b->n);
	verdict_frame(&b->policy, &b->table, NOW, b->random, rd_of(frame, b->n), &b->verdict);
	return b->verdict.kind;
}

static inline void assert_drop(struct bench *b, enum reason reason)
{
	assert_int_equal(judge(b), VERDICT_DROP);
	assert_string_equal(reason_name(b->verdict.reason), reason_name(reason));
}

/* Writes the two bytes of a sum at `at`. */
static inline void put_sum(uint8_t *at, uint32_t sum)
{
	struct wr w = wr_of(at, 2);

	assert_true(wr_u16(&w, cksum_finish(sum)));
}

/* Puts the checksums right again: IPv4's, ICMP's, TCP's; UDP's is left out, which is as good. */
static inline void fix(struct bench *b)
{
	uint8_t *l4 = b->frame + AT_L4;
	const size_t end = AT_IP + (size_t)(b->frame[16] << 8 | b->frame[17]);
	const uint8_t proto = b->frame[AT_IP_PROTO];
	const bool whole = end >= AT_L4 + 8 && end <= b->n;
	const size_t len = whole ? end - AT_L4 : 0;

	example_fix_ipv4(b->frame);
	if (proto == IPV4_UDP) {
		memset(l4 + 6, 0, 2);
	} else if (proto == IPV4_ICMP && whole) {
		memset(l4 + 2, 0, 2);
		put_sum(l4 + 2, cksum_add(0, l4, len));
	} else if (proto == IPV4_TCP && len >= TCP_SEG_HDR_LEN) {
		uint32_t sum = cksum_add(IPV4_TCP + (uint32_t)len, b->frame + AT_IP_SRC, 8);

		memset(l4 + 16, 0, 2);
		put_sum(l4 + 16, cksum_add(sum, l4, len));
	}
}

static inline void set_ip(struct bench *b, size_t at, uint32_t ip)
{
	struct wr w = wr_of(b->frame + at, 4);

	assert_true(wr_u32(&w, ip));
	fix(b);
}

static inline void set_port(struct bench *b, size_t at, uint16_t port)
{
	struct wr w = wr_of(b->frame + at, 2);

	assert_true(wr_u16(&w, port));
	fix(b);
}

#endif
