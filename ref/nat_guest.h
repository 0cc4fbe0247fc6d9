/* SPDX-License-Identifier: ISC */
/* nat_guest.h: for tests only. A guest's TCP by hand, over the NAT of nat_rig.h: it sends what the
 * test says, and looks closely at everything it gets. The link loses and reorders nothing, so in
 * order is what must come. What both sides send is a pattern, so that a byte tells its place. */
#ifndef REF_NAT_GUEST_H
#define REF_NAT_GUEST_H

#include "ref/nat_rig.h"

#include <netinet/tcp.h>
#include <sys/ioctl.h>

#define ISS        0xfffffff0u /* soon past zero, as every comparison must bear */
#define TURNS_MAX  100000      /* of loops that end much earlier */
#define PATTERN(i) ((uint8_t)((i) % 251))

struct guest {
	struct rig *r;
	uint16_t port, peer_port;
	uint16_t window; /* what it writes into its segments */
	uint16_t mss;
	uint8_t scale;

	uint32_t next;      /* sequence number of what it sends next */
	uint32_t una;       /* acknowledged before it */
	uint32_t edge;      /* where refnat's window ends */
	uint32_t want;      /* what it acknowledges */
	uint32_t sent, got; /* payload bytes so far */
	uint32_t frames;    /* segments that came with data */
	struct tcp_seg last;
	bool fin, rst;   /* came */
	bool may_shrink; /* refnat's window: bytes had to be refused */

	int world; /* the socket at the other end, or -1 */
};

static inline unsigned live(const struct rig *r)
{
	return r->nat.table.tcp_count;
}

/* Bytes of the pattern from place `at` on. */
static inline struct rd guest_pattern(uint32_t at, size_t n)
{
	static uint8_t bytes[131072 + 251];

	assert_true(n <= 131072);
	if (!bytes[1])
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = PATTERN(i);
	return rd_of(bytes + at % 251, n);
}

static inline void assert_pattern(uint32_t at, const void *bytes, size_t n)
{
	if (n)
		assert_memory_equal(bytes, guest_pattern(at, n).p, n);
}

/* Sends a segment as it is told; the NAT does not get its turn before the next one. */
static inline struct verdict guest_sends_at_once(struct guest *g, struct tcp_seg seg)
{
	uint8_t frame[ETH_FRAME_MAX];
	struct wr w = wr_of(frame, sizeof(frame));
	const struct policy *policy = &g->r->policy;

	seg.sport = g->port;
	seg.dport = g->peer_port;
	rig_put_headers(g->r, &w, PEER, IPV4_TCP, tcp_seg_hdr_len(&seg) + seg.payload.n);
	assert_true(tcp_seg_put(&w, policy->vm_ip, PEER, &seg));
	assert_true(wr_bytes(&w, seg.payload.p, seg.payload.n));
	return rig_judge(g->r, rd_of(frame, w.len));
}

/* The same, and lets the NAT have its turn. */
static inline struct verdict guest_sends_seg(struct guest *g, struct tcp_seg seg)
{
	const struct verdict verdict = guest_sends_at_once(g, seg);

	rig_turn(g->r);
	return verdict;
}

/* The next segment in order: flags and payload, which are counted. */
static inline struct verdict guest_sends(struct guest *g, uint8_t flags, struct rd payload)
{
	const struct tcp_seg seg = {
	        .seq = g->next,
	        .ack = g->want,
	        .flags = flags,
	        .window = g->window,
	        .window_scale = -1,
	        .payload = payload,
	};

	g->next += (uint32_t)payload.n + (flags & TCP_SEG_FIN ? 1 : 0);
	g->sent += (uint32_t)payload.n;
	return guest_sends_seg(g, seg);
}

static inline void guest_acks(struct guest *g)
{
	guest_sends(g, TCP_SEG_ACK, rd_of(NULL, 0));
}

/* Opens the next frame, which must be a whole segment of this connection. False: there is none. */
static inline bool guest_takes(struct guest *g, uint8_t *frame, struct tcp_seg *seg)
{
	struct ipv4 ip;
	bool readable;
	const size_t n = rig_take(g->r, frame);

	if (!n)
		return false;
	ip = rig_open_frame(g->r, rd_of(frame, n));
	assert_int_equal(ip.src, PEER);
	assert_int_equal(ip.proto, IPV4_TCP);
	assert_int_equal(tcp_seg_parse(ip.payload, ip.src, ip.dst, seg, &readable), REASON_NONE);
	assert_int_equal(seg->sport, g->peer_port);
	assert_int_equal(seg->dport, g->port);
	assert_true(seg->payload.n <= g->mss);
	return true;
}

/* What a segment says of the guest's own sending. */
static inline void guest_notes_ack(struct guest *g, const struct tcp_seg *seg)
{
	const bool syn = seg->flags & TCP_SEG_SYN;
	const uint32_t edge = seg->ack + ((uint32_t)seg->window
	                                  << (syn || g->scale == 0xff ? 0 : TCP_WINDOW_SCALE));

	assert_true(seg->flags & TCP_SEG_ACK);
	assert_true((int32_t)(seg->ack - g->una) >= 0);
	assert_true((int32_t)(g->next - seg->ack) >= 0); /* nothing that was not sent */
	g->una = seg->ack;
	/* The window does not shrink, but by what its scale cannot say (RFC 7323 section 2.4). */
	if (!syn && g->edge && !g->may_shrink)
		assert_true((int32_t)(edge - g->edge) > -(1 << TCP_WINDOW_SCALE));
	if (!g->edge || (int32_t)(edge - g->edge) > 0)
		g->edge = edge;
}

/* Takes all that is there: data in order, or once more; FIN; RST. How many segments. */
static inline unsigned guest_absorbs(struct guest *g)
{
	uint8_t frame[ETH_FRAME_MAX];
	unsigned count = 0;

	for (; guest_takes(g, frame, &g->last); count++) {
		const struct tcp_seg *seg = &g->last;
		const uint32_t behind = g->want - seg->seq; /* bytes that came before */

		assert_false(g->rst);
		assert_false(seg->flags & TCP_SEG_SYN);
		if (seg->flags & TCP_SEG_RST) {
			assert_int_equal(seg->seq, g->want);
			g->rst = true;
			continue;
		}
		guest_notes_ack(g, seg);
		assert_true(behind <= g->got + 2); /* a probe stands before what is acknowledged */
		if (!seg->payload.n && !(seg->flags & TCP_SEG_FIN))
			continue;
		assert_pattern(g->got - behind, seg->payload.p, seg->payload.n);
		g->frames += seg->payload.n ? 1 : 0;
		if (behind < seg->payload.n) {
			g->got += (uint32_t)seg->payload.n - behind;
			g->want += (uint32_t)seg->payload.n - behind;
		}
		if (seg->flags & TCP_SEG_FIN && !g->fin) {
			g->fin = true;
			g->want++;
		}
	}
	g->last.payload = rd_of(NULL, 0); /* the frame is gone */
	return count;
}

/* A guest with a large window, and what it offers in its SYN. */
static inline struct guest guest_of(struct rig *r, uint16_t port)
{
	return (struct guest){
	        .r = r,
	        .port = port,
	        .peer_port = PORT,
	        .window = 0xffff,
	        .mss = (uint16_t)(r->policy.mtu - 40),
	        .scale = 7,
	        .next = ISS,
	        .una = ISS,
	        .world = -1,
	};
}

static inline struct tcp_seg guest_syn(const struct guest *g)
{
	return (struct tcp_seg){
	        .seq = g->next,
	        .flags = TCP_SEG_SYN,
	        .window = g->window,
	        .mss = g->mss,
	        .window_scale = g->scale == 0xff ? -1 : (int8_t)g->scale,
	        .sack_permitted = true,
	};
}

/* The next frame is the answer to the SYN. */
static inline void guest_gets_syn_ack(struct guest *g)
{
	uint8_t frame[ETH_FRAME_MAX];

	assert_true(guest_takes(g, frame, &g->last));
	assert_int_equal(g->last.flags, TCP_SEG_SYN | TCP_SEG_ACK);
	assert_int_equal(g->last.ack, g->next);
	assert_int_equal(g->last.payload.n, 0);
	g->want = g->last.seq + 1;
	guest_notes_ack(g, &g->last);
}

/* Waits until the world has accepted, so that the SYN is answered. */
static inline void guest_awaits_answer(struct guest *g)
{
	for (int i = 0;
	     i < 100 && !link_has_output(&g->r->link) && !world_is_ready(g->r->guest, POLLIN, 0);
	     i++)
		rig_await(g->r);
}

static inline int world_accepts(int listener)
{
	int fd;

	assert_true(world_is_ready(listener, POLLIN, PATIENCE_MS));
	fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

/* From the SYN to the open connection; g->world is the other end, taken from `listener`. */
static inline void guest_connects(struct guest *g, int listener)
{
	assert_int_equal(guest_sends_seg(g, guest_syn(g)).kind, VERDICT_NEW_FLOW);
	assert_event(g->r, "\"allow\"", "\"proto\":\"tcp\"", "\"rule\":\"t\"");
	g->next++;
	guest_awaits_answer(g);
	guest_gets_syn_ack(g);
	guest_acks(g);
	rig_assert_silence(g->r);
	g->world = world_accepts(listener);
}

/* r->peer becomes a listener at PEER. */
static inline void world_listens(struct rig *r, int backlog)
{
	uint16_t port = PORT;

	r->peer = world_open(SOCK_STREAM, PEER, &port);
	assert_int_equal(listen(r->peer, backlog), 0);
}

static inline void world_aborts(int fd)
{
	const struct linger now = {.l_onoff = 1};

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	close(fd);
}

/* What the world reads must be the pattern from `at` on; how many bytes there were. */
static inline uint32_t world_reads(int fd, uint32_t at)
{
	static uint8_t bytes[65536];
	uint32_t count = 0;
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		assert_pattern(at + count, bytes, (size_t)n);
		count += (uint32_t)n;
	}
	return count;
}

/* Writes as much of the pattern as is taken, up to `most` bytes; how many. */
static inline uint32_t world_writes(int fd, uint32_t at, uint32_t most)
{
	uint32_t count = 0;

	while (count < most) {
		const uint32_t left = most - count;
		const struct rd part = guest_pattern(at + count, left < 65536 ? left : 65536);
		ssize_t n = send(fd, part.p, part.n, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0) {
			assert_int_equal(errno, EAGAIN);
			break;
		}
		count += (uint32_t)n;
	}
	return count;
}

/* The world's socket has failed with that error: waits for it. */
static inline void world_fails(int fd, int error)
{
	ssize_t n;
	char byte;

	assert_true(world_is_ready(fd, POLLIN | POLLERR, PATIENCE_MS));
	while ((n = recv(fd, &byte, 1, MSG_DONTWAIT)) > 0)
		;
	assert_int_equal(n, -1);
	assert_int_equal(errno, error);
}

/* The world's socket has read everything there will be: waits for it. */
static inline void world_ends(int fd)
{
	char byte;

	assert_true(world_is_ready(fd, POLLIN, PATIENCE_MS));
	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
}

/* The guest reads and acknowledges until it has `total` bytes, while the world writes them. */
static inline void guest_reads_all(struct guest *g, uint32_t total)
{
	uint32_t written = g->got;

	for (int i = 0; g->got < total; i++) {
		assert_true(i < TURNS_MAX);
		written += world_writes(g->world, written, total - written);
		if (!guest_absorbs(g) && !link_has_output(&g->r->link))
			rig_await(g->r);
		else
			guest_acks(g);
	}
	assert_int_equal(g->got, total);
}

/* The guest sends `total` bytes in all, as far as the window lets it, while the world reads. */
static inline void guest_writes_all(struct guest *g, uint32_t total)
{
	uint32_t read = 0;

	for (int i = 0; read < total; i++) {
		const uint32_t room = g->edge - g->next, left = total - g->sent;
		const uint32_t most = left < g->mss ? left : g->mss;

		assert_true(i < TURNS_MAX);
		if (most && room >= most)
			guest_sends(g, TCP_SEG_ACK | TCP_SEG_PSH, guest_pattern(g->sent, most));
		else if (world_is_ready(g->world, POLLIN, PATIENCE_MS))
			rig_turn(g->r);
		read += world_reads(g->world, read);
		guest_absorbs(g);
	}
	assert_int_equal(read, total);
}

#endif
