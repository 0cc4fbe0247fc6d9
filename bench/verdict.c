/* SPDX-License-Identifier: ISC */
/* verdict.c: what one verdict of refnat costs, in nanoseconds: layers 0 to 2 alone, no sockets.
 *
 * For each kind of packet, two lengths, an allow list of 1 and of 1000 entries, in the mode filtered:
 *
 *	hot     the same frame again and again: the instructions
 *	memory  frames that fill MEMORY_SIZE, more than the caches hold, in random order; where the next one
 *	        is depends on the last byte of the one before, so the processor cannot fetch it early
 *
 * Every verdict is counted: one that is not what the row says ends the program with 1, so what is
 * timed is what was meant, and nothing can be optimised away.
 *
 *	bench-verdict [ROUNDS]      a line for each row:
 *	    ROW IP_BYTES RULES hot|memory MEDIAN_NS LEAST_NS MOST_NS
 *
 * `gauntlet bench` calls it and reads that.
 */
#include "ref/verdict.h"

#include "ref/eth.h"
#include "ref/ipv4.h"
#include "ref/tcp_seg.h"
#include "ref/udp.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MEMORY_SIZE  (128u << 20)
#define RULES_MAX    1000
#define FLOWS_MAX    1024
#define ROUNDS_MAX   100
#define HOT_VERDICTS 100000
#define BIG_VERDICTS 20000 /* from memory */
#define SLOT_ALIGN   64

#define VM_IP      0xc0a86402 /* 192.168.100.2 */
#define GATEWAY_IP 0xc0a86401
#define PEER_IP    0xcb007132 /* 203.0.113.50, and those behind it */
#define STRANGE_IP 0xc6120000 /* 198.18.0.0 */
#define PEER_PORT  51900
#define GUEST_PORT 40000
#define NOW_NS     UINT64_C(1000000000000)

static_assert(FLOWS_MAX >= RULES_MAX, "a flow for each rule");

/* A kind of packet and what has to become of it. */
struct row {
	const char *name;
	uint8_t proto;
	bool allowed;
	enum verdict_kind expected;
};

static const struct row rows[] = {
        {"udp-pass", IPV4_UDP, true, VERDICT_FORWARD},
        {"udp-drop", IPV4_UDP, false, VERDICT_DROP},
        {"tcp-pass", IPV4_TCP, true, VERDICT_FORWARD},
        {"tcp-drop", IPV4_TCP, false, VERDICT_DROP},
};
static const size_t lengths[] = {64, 1400}, rule_counts[] = {1, 1000};

#define ROWS    (sizeof(rows) / sizeof(rows[0]))
#define LENGTHS (sizeof(lengths) / sizeof(lengths[0]))
#define COUNTS  (sizeof(rule_counts) / sizeof(rule_counts[0]))

/* What the timed loops look at. */
struct stage {
	struct policy policy;
	struct policy_rule rules[RULES_MAX];
	struct flow_table table;
	struct flow flows[FLOWS_MAX];
	uint32_t index[4 * FLOWS_MAX];
	uint8_t *memory;
	uint32_t *order; /* of the frames in memory */
	size_t frame_len, slot_len, frame_count, next;
};

/* Of this process: what others do meanwhile is not ours. */
static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench-verdict: %s\n", what);
	exit(1);
}

/* ---- the stage of a row ---- */

static void set_policy(struct stage *s, const struct row *row, size_t rule_count)
{
	static const uint8_t vm_mac[] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

	s->policy = (struct policy){
	        .mode = POLICY_FILTERED,
	        .vm_ip = VM_IP,
	        .netmask = 0xffffff00,
	        .gateway_ip = GATEWAY_IP,
	        .mtu = ETH_MTU,
	        .flows_max = FLOWS_MAX,
	        .tcp_max = FLOWS_MAX,
	        .rules = s->rules,
	        .rule_count = rule_count,
	};
	memcpy(s->policy.vm_mac, vm_mac, sizeof(vm_mac));
	policy_gateway_mac(GATEWAY_IP, s->policy.gateway_mac);
	for (size_t i = 0; i < rule_count; i++)
		s->rules[i] = (struct policy_rule){.ip = PEER_IP + (uint32_t)i,
		                                   .port = PEER_PORT,
		                                   .proto = row->proto,
		                                   .id = "bench"};
}

/* A live flow to each endpoint of the list. */
static void set_flows(struct stage *s, const struct row *row)
{
	must(flow_index_len(FLOWS_MAX) <= sizeof(s->index) / sizeof(s->index[0]), "index");
	flow_init(&s->table, s->flows, FLOWS_MAX, s->index, 1);
	for (size_t i = 0; i < s->policy.rule_count; i++) {
		const struct flow_key key = {.guest_ip = VM_IP,
		                             .peer_ip = s->rules[i].ip,
		                             .guest_port = GUEST_PORT,
		                             .peer_port = PEER_PORT,
		                             .proto = row->proto};

		must(flow_add(&s->table, &key, row->proto == IPV4_UDP, -1, NOW_NS) != FLOW_NONE,
		     "flow");
	}
}

static void build_frame(const struct stage *s, const struct row *row, size_t number, uint8_t *out)
{
	const uint32_t first = row->allowed ? PEER_IP : STRANGE_IP;
	const uint32_t dst = first + (uint32_t)(number % s->policy.rule_count);
	const size_t l4_len = s->frame_len - ETH_HDR_LEN - IPV4_HDR_LEN;
	const size_t l4_hdr_len = row->proto == IPV4_UDP ? UDP_HDR_LEN : TCP_SEG_HDR_LEN;
	uint8_t *payload = out + s->frame_len - (l4_len - l4_hdr_len);
	struct wr w = wr_of(out, s->frame_len);
	struct tcp_seg seg = {.sport = GUEST_PORT,
	                      .dport = PEER_PORT,
	                      .seq = 1,
	                      .ack = row->allowed ? 1 : 0,
	                      .flags = row->allowed ? TCP_SEG_ACK : TCP_SEG_SYN,
	                      .window = 65535,
	                      .window_scale = -1};

	/* The last byte stays zero: time_memory() adds it. */
	memset(payload, (int)(number & 0xff), l4_len - l4_hdr_len);
	out[s->frame_len - 1] = 0;
	seg.payload = rd_of(payload, l4_len - l4_hdr_len);
	must(eth_put(&w, s->policy.gateway_mac, s->policy.vm_mac, ETH_TYPE_IPV4) &&
	             ipv4_put(&w, VM_IP, dst, row->proto, l4_len) &&
	             (row->proto == IPV4_UDP
	                      ? udp_put(&w, VM_IP, GUEST_PORT, dst, PEER_PORT, seg.payload)
	                      : tcp_seg_put(&w, VM_IP, dst, &seg)),
	     "frame");
}

/* xorshift64: where a frame lies is no secret. */
static uint64_t draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void fill_memory(struct stage *s, const struct row *row)
{
	uint64_t state = 88172645463325252;

	s->slot_len = (s->frame_len + SLOT_ALIGN - 1) / SLOT_ALIGN * SLOT_ALIGN;
	s->frame_count = MEMORY_SIZE / s->slot_len;
	s->next = 0;
	for (size_t i = 0; i < s->frame_count; i++) {
		size_t other = draw(&state) % (i + 1);

		build_frame(s, row, i, s->memory + i * s->slot_len);
		s->order[i] = s->order[other];
		s->order[other] = (uint32_t)i;
	}
}

/* ---- the clock ---- */

static double time_hot(struct stage *s, const struct row *row)
{
	const struct rd frame = rd_of(s->memory, s->frame_len);
	size_t right = 0;
	double begin = now_ns();

	for (size_t i = 0; i < HOT_VERDICTS; i++) {
		struct verdict verdict;

		verdict_frame(&s->policy, &s->table, NOW_NS, 0, frame, &verdict);
		right += verdict.kind == row->expected;
	}
	begin = now_ns() - begin;
	must(right == HOT_VERDICTS, "a verdict that was not the expected one");
	return begin / HOT_VERDICTS;
}

static double time_memory(struct stage *s, const struct row *row)
{
	size_t right = 0, last = 0;
	double begin = now_ns();

	for (size_t i = 0; i < BIG_VERDICTS; i++) {
		const uint8_t *p = s->memory + s->slot_len * s->order[s->next] + last;
		struct verdict verdict;

		verdict_frame(&s->policy, &s->table, NOW_NS, 0, rd_of(p, s->frame_len), &verdict);
		right += verdict.kind == row->expected;
		last = p[s->frame_len - 1]; /* 0, which only memory knows */
		if (++s->next == s->frame_count)
			s->next = 0;
	}
	begin = now_ns() - begin;
	must(right == BIG_VERDICTS, "a verdict that was not the expected one");
	return begin / BIG_VERDICTS;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void print_line(const struct row *row, size_t length, size_t rule_count, const char *place,
                       double *ns, size_t rounds)
{
	qsort(ns, rounds, sizeof(*ns), by_size);
	printf("%s %zu %zu %s %.1f %.1f %.1f\n", row->name, length, rule_count, place,
	       (ns[(rounds - 1) / 2] + ns[rounds / 2]) / 2, ns[0], ns[rounds - 1]);
}

/* To fill the memory takes longer than to read from it: all rounds of a row are behind each other. */
static void run_row(struct stage *s, const struct row *row, size_t length, size_t rule_count,
                    size_t rounds)
{
	double hot[ROUNDS_MAX], memory[ROUNDS_MAX];

	s->frame_len = ETH_HDR_LEN + length;
	set_policy(s, row, rule_count);
	set_flows(s, row);
	fill_memory(s, row);
	for (size_t i = 0; i < rounds; i++) {
		hot[i] = time_hot(s, row);
		memory[i] = time_memory(s, row);
	}
	print_line(row, length, rule_count, "hot", hot, rounds);
	print_line(row, length, rule_count, "memory", memory, rounds);
}

int main(int argc, char *argv[])
{
	static struct stage s;
	const long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 5;

	if (argc > 2 || rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench-verdict [ROUNDS], 1..%d\n", ROUNDS_MAX);
		return 2;
	}
	s.memory = malloc(MEMORY_SIZE);
	s.order = malloc(MEMORY_SIZE / SLOT_ALIGN * sizeof(*s.order));
	must(s.memory && s.order, "out of memory");
	for (size_t r = 0; r < ROWS; r++)
		for (size_t l = 0; l < LENGTHS; l++)
			for (size_t c = 0; c < COUNTS; c++)
				run_row(&s, &rows[r], lengths[l], rule_counts[c], (size_t)rounds);
	free(s.memory);
	free(s.order);
	return 0;
}
