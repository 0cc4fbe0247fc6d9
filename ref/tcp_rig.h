/* SPDX-License-Identifier: ISC */
/* tcp_rig.h: for tests only. A connection with a guest and a socket that do what a test says, one
 * segment at a time. Sequence numbers in tests count from the first byte of each half; both halves
 * start shortly before the numbers wrap. */
#ifndef REF_TCP_RIG_H
#define REF_TCP_RIG_H

#include "ref/tcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define RIG_ISN       0xfffff001u /* refnat's */
#define RIG_GUEST_ISN 0xfffffff0u
#define RIG_MSS       1000
#define RIG_MSS_MAX   1460
#define RIG_WINDOW    60000
#define RIG_START     (1000 * TCP_S)
#define RIG_RINGS     2

struct rig {
	struct tcp tcp;
	struct tcp_ring_pool pool;
	struct tcp_ring rings[RIG_RINGS];
	uint64_t now_ns;

	/* the socket */
	size_t takes;    /* how much it takes before it is full */
	uint64_t took;   /* what it took so far */
	uint32_t queued; /* what it holds for the guest */
	bool eof;
	uint32_t room;

	struct tcp_received received; /* of the last segment */
	struct tcp_send sent;         /* the last answer */
};

static uint8_t rig_space[RIG_RINGS * TCP_RING_SIZE];

/* The guest's byte at a position; and a window of them, of at most 256 KB. */
static inline uint8_t rig_byte(uint64_t pos)
{
	return (uint8_t)(pos * 7 + (pos >> 8));
}

static inline struct rd rig_bytes(uint32_t pos, size_t n)
{
	static uint8_t bytes[262144];

	if (bytes[1] != rig_byte(1))
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = rig_byte(i);
	assert_true(pos + n <= sizeof(bytes));
	return rd_of(bytes + pos, n);
}

static inline struct tcp_seg rig_syn(void)
{
	return (struct tcp_seg){
	        .seq = RIG_GUEST_ISN,
	        .flags = TCP_SEG_SYN,
	        .window = RIG_WINDOW,
	        .mss = RIG_MSS,
	        .window_scale = 0,
	        .sack_permitted = true,
	};
}

/* A segment of the guest: `len` bytes at `seq`, acknowledging what lies before `ack`. */
static inline struct tcp_seg rig_seg(uint32_t seq, size_t len, uint32_t ack)
{
	return (struct tcp_seg){
	        .seq = RIG_GUEST_ISN + 1 + seq,
	        .ack = RIG_ISN + 1 + ack,
	        .flags = TCP_SEG_ACK,
	        .window = RIG_WINDOW,
	        .window_scale = -1,
	        .payload = rig_bytes(len ? seq : 0, len),
	};
}

static inline struct tcp_seg rig_sack(uint32_t ack, uint32_t left, uint32_t right)
{
	struct tcp_seg seg = rig_seg(0, 0, ack);

	seg.sack_count = 1;
	seg.sack[0] = (struct tcp_seg_range){RIG_ISN + 1 + left, RIG_ISN + 1 + right};
	return seg;
}

/* The SYN is here, the socket is connecting. */
static inline void rig_start(struct rig *r, size_t rings, const struct tcp_seg *syn)
{
	*r = (struct rig){.now_ns = RIG_START, .takes = SIZE_MAX, .room = UINT32_MAX};
	tcp_ring_pool_init(&r->pool, r->rings, rings, rig_space);
	tcp_open(&r->tcp, &r->pool, syn, RIG_ISN, RIG_MSS_MAX, r->now_ns);
}

static inline void rig_write(struct rig *r, struct rd data, size_t *n)
{
	*n = data.n < r->takes ? data.n : r->takes;
	for (size_t i = 0; i < *n; i++)
		if (data.p[i] != rig_byte(r->took + i))
			fail_msg("byte %llu is wrong", (unsigned long long)(r->took + i));
	r->took += *n;
	r->takes -= *n;
}

/* A segment comes in, and the socket takes what it can. */
static inline void rig_in(struct rig *r, struct tcp_seg seg)
{
	size_t n;

	tcp_segment(&r->tcp, &seg, r->now_ns, &r->received);
	r->queued -= r->received.acked;
	if (!r->received.data.n)
		return;
	rig_write(r, r->received.data, &n);
	tcp_took(&r->tcp, r->received.data, n, r->now_ns);
}

/* The socket has room for `n` more. */
static inline void rig_drain(struct rig *r, size_t n)
{
	struct rd parts[2];
	size_t first = 0, second = 0;

	r->takes = n;
	if (tcp_waiting(&r->tcp, parts)) {
		rig_write(r, parts[0], &first);
		if (first == parts[0].n)
			rig_write(r, parts[1], &second);
	}
	tcp_drained(&r->tcp, first + second, r->now_ns);
}

/* Asks what to send, without sending it. */
static inline enum tcp_send_kind rig_peek(struct rig *r)
{
	tcp_next(&r->tcp, r->queued, r->eof, r->room, &r->sent);
	return r->sent.kind;
}

static inline enum tcp_send_kind rig_out(struct rig *r)
{
	rig_peek(r);
	tcp_sent(&r->tcp, &r->sent, r->now_ns);
	return r->sent.kind;
}

/* Time passes up to the next deadline, which comes. */
static inline void rig_wait(struct rig *r)
{
	assert_true(tcp_deadline(&r->tcp) != UINT64_MAX);
	assert_true(tcp_deadline(&r->tcp) >= r->now_ns);
	r->now_ns = tcp_deadline(&r->tcp);
	tcp_expire(&r->tcp, r->now_ns);
}

static inline uint32_t rig_free_rings(struct rig *r)
{
	uint32_t n = 0;

	for (const struct tcp_ring *ring = r->pool.free; ring; ring = ring->next_free)
		n++;
	return n;
}

/* What goes out next. Macros, so that a failure names the test's line. */
#define expect_nothing(r) assert_int_equal(rig_out(r), TCP_SEND_NOTHING)

#define expect_control(r, the_flags, the_seq)                                                      \
	do {                                                                                       \
		assert_int_equal(rig_out(r), TCP_SEND_CONTROL);                                    \
		assert_int_equal((r)->sent.seg.flags, (the_flags));                                \
		assert_int_equal((r)->sent.seg.seq, RIG_ISN + 1 + (uint32_t)(the_seq));            \
		assert_int_equal((r)->sent.seg.payload.n, 0);                                      \
	} while (0)

#define assert_acks(r, the_ack)                                                                    \
	assert_int_equal((r)->sent.seg.ack, RIG_GUEST_ISN + 1 + (uint32_t)(the_ack))

#define expect_ack(r, the_seq, the_ack)                                                            \
	do {                                                                                       \
		expect_control(r, TCP_SEG_ACK, the_seq);                                           \
		assert_acks(r, the_ack);                                                           \
	} while (0)

#define expect_data(r, the_seq, the_len)                                                           \
	do {                                                                                       \
		assert_int_equal(rig_out(r), TCP_SEND_DATA);                                       \
		assert_int_equal((r)->sent.seg.flags, TCP_SEG_ACK);                                \
		assert_int_equal((r)->sent.seg.seq, RIG_ISN + 1 + (uint32_t)(the_seq));            \
		assert_int_equal((r)->sent.len, (the_len));                                        \
		assert_int_equal((r)->sent.offset, (r)->sent.seg.seq - (r)->tcp.snd_una);          \
	} while (0)

/* The handshake, up to a connection in which nothing is due. */
static inline void rig_open_with(struct rig *r, size_t rings, const struct tcp_seg *syn)
{
	rig_start(r, rings, syn);
	tcp_connected(&r->tcp, r->now_ns);
	assert_int_equal(rig_out(r), TCP_SEND_CONTROL);
	rig_in(r, rig_seg(0, 0, 0));
	assert_int_equal(r->tcp.state, TCP_OPEN);
	expect_nothing(r);
}

static inline void rig_open(struct rig *r)
{
	const struct tcp_seg syn = rig_syn();

	rig_open_with(r, RIG_RINGS, &syn);
}

#endif
