/* SPDX-License-Identifier: ISC */
/* tcp_events.c: events for one connection of ref/tcp.h, and what must be true of each. */
#include "fuzz/rig/tcp_events.h"

#include "fuzz/fuzz.h"
#include "ref/tcp.h"

#define ISS 0xfffffff0u
#define ISN 0xffffff00u

static uint8_t ring_bytes[TCP_RING_SIZE], data[8192];
static struct tcp tcp;
static uint32_t took, queued;
static bool eof;

static bool is_next(struct rd bytes)
{
	for (size_t i = 0; i < bytes.n; i++)
		if (bytes.p[i] != (uint8_t)((ISS + 1 + took + i) * 7))
			return false;
	return true;
}

static void segment(const uint8_t e[6], uint64_t now_ns)
{
	const uint32_t far = e[1] & 0x40 ? 700 : 1, at = tcp.snd_una + e[2] * far;
	struct tcp_seg seg = {.seq = tcp.rcv_nxt + (uint32_t)(int8_t)e[2] * far,
	                      .ack = tcp.snd_nxt - e[3] * (e[1] & 0x20 ? 700u : 1u),
	                      .flags = (e[1] & 31) ^ TCP_SEG_ACK,
	                      .window = (uint16_t)(e[5] << 6),
	                      .window_scale = -1,
	                      .sack_count = e[1] >> 7,
	                      .sack = {{at, at + e[4] * far}},
	                      .payload = rd_of(data, (size_t)e[4] * (e[1] & 0x40 ? 30 : 3))};
	struct tcp_received out;
	size_t n;

	for (size_t i = 0; i < seg.payload.n; i++)
		data[i] = (uint8_t)((seg.seq + i) * 7);
	tcp_segment(&tcp, &seg, now_ns, &out);
	HOLDS("no more is acknowledged than was there", out.acked <= queued);
	queued -= out.acked;
	n = out.data.n * (e[5] & 3) / 3;
	HOLDS("bytes for the socket are the next ones, as they came", is_next(out.data));
	if (out.data.n)
		tcp_took(&tcp, out.data, n, now_ns);
	took += (uint32_t)n;
}

static void drain(size_t most, uint64_t now_ns)
{
	struct rd out[2] = {{0}};
	const bool waits = tcp_waiting(&tcp, out);

	out[0].n = out[0].n < most ? out[0].n : most;
	HOLDS("bytes that waited are the next ones, as they came", !waits || is_next(out[0]));
	took += (uint32_t)out[0].n;
	tcp_drained(&tcp, out[0].n, now_ns);
	(void)tcp_take_fin(&tcp);
}

static void answer(uint32_t room, uint64_t now_ns)
{
	struct tcp_send out;

	for (int i = 0; i < 64; i++) {
		tcp_next(&tcp, queued, eof, room, &out);
		HOLDS("nothing is said before the world has, and nothing after the end",
		      !out.kind || (tcp.state != TCP_CLOSED &&
		                    (tcp.state != TCP_CONNECTING || out.seg.flags & TCP_SEG_RST)));
		HOLDS("a run is of bytes that are there",
		      out.kind != TCP_SEND_DATA ||
		              (out.len <= room && out.offset + out.len <= queued &&
		               (out.len || out.fin)));
		HOLDS("an end is the world's", !out.fin || eof);
		tcp_sent(&tcp, &out, now_ns);
		if (!out.kind)
			return;
	}
	HOLDS("sending comes to an end", room < 2000);
}

static void pass(uint8_t count, uint64_t *now_ns)
{
	*now_ns += count * (count & 1 ? TCP_S : 5 * TCP_MS);
	if (*now_ns >= tcp_deadline(&tcp))
		tcp_expire(&tcp, *now_ns);
}

/* Another connection has the ring, or gives it back. */
static void lend(struct tcp_ring_pool *pool, struct tcp_ring **lent)
{
	if (*lent)
		tcp_ring_give(pool, *lent);
	*lent = *lent ? NULL : tcp_ring_take(pool);
}

static void play(const uint8_t e[6], uint64_t *now_ns)
{
	switch (e[0] % 8) {
	case 1:
		tcp_connected(&tcp, *now_ns);
		break;
	case 2:
		pass(e[1], now_ns);
		break;
	case 3:
		queued += e[1] * 64u;
		eof |= e[2] == 1;
		break;
	case 4:
		drain((size_t)e[1] * 100, *now_ns);
		break;
	case 5:
		answer(e[1] & 1 ? UINT32_MAX : e[1] * 8u, *now_ns);
		break;
	case 6:
		if (e[1] == 1)
			tcp_abort(&tcp);
		break;
	default:
		segment(e, *now_ns);
		break;
	}
}

void tcp_events(const uint8_t *input, size_t size)
{
	struct tcp_ring_pool pool;
	struct tcp_ring ring, *lent = NULL;
	uint64_t now_ns = 1000 * TCP_S;
	struct tcp_seg syn = {.seq = ISS, .flags = TCP_SEG_SYN, .window = 9000, .window_scale = -1};

	if (!size)
		return;
	syn.mss = (uint16_t)(input[0] & 1 ? 1000 : 0);
	syn.window_scale = input[0] & 2 ? 1 : -1;
	syn.sack_permitted = input[0] & 4;
	took = queued = 0;
	eof = false;
	tcp_ring_pool_init(&pool, &ring, 1, ring_bytes);
	tcp_open(&tcp, &pool, &syn, ISN, input[0] & 16 ? 9176 : 1460, now_ns);
	if (input[0] & 8) {
		tcp_connected(&tcp, now_ns);
		answer(UINT32_MAX, now_ns);
	}
	for (input++, size--; size >= 6; input += 6, size -= 6)
		if (input[0] % 8 == 7 && input[1] == 7)
			lend(&pool, &lent);
		else
			play(input, &now_ns);
	tcp_close(&tcp);
	HOLDS("a ring is given back", lent || tcp_ring_take(&pool) == &ring);
}
