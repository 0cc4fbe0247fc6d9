/* SPDX-License-Identifier: ISC */
/* bench_udp.c: UDP through a backend: rates, latency, bursts.
 *
 * One thread of the harness is both ends: it writes frames into the stream and reads the world's socket, or
 * the other way round; so the backend has a core to itself where there are two. Frames are built before the
 * clock runs. What arrives is counted when it is read at the other end, by its tag, which is another one for
 * each measurement; the clock stops with the last of them.
 *
 * Up: the writer is held back by the stream alone, the reader's socket holds all that can be under way.
 * Down: a UDP sender is held back by nothing, so the harness keeps `window` frames under way, as many as the
 * default receive buffer of a socket holds. What has not come after STALL_MS is lost. */
#include "harness/bench_bed.h"

#include "bytes/rd.h"
#include "bytes/wr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define PREFIX_LEN 4
#define BATCH_SIZE (128 << 10) /* of one write of many frames */
#define MESSAGES   256         /* read by one recvmmsg */
#define SNAP_LEN   8           /* of a datagram that are looked at */
#define STALL_MS   100
#define WINDOW_MAX 180
#define EXCHANGES  2000
#define BURST      1000
#define MOMENT_MS  20
#define UNLIMITED  (UINT64_MAX / BENCH_FRAME_MAX / 2) /* frames; their bytes can be counted */
#define MILLION    1000000
#define MILLION_MS 60000 /* at most */
#define ATTEMPTS   10    /* for the first datagram */
#define WRITES_MAX 256   /* before the reader has its turn */

/* Equal frames as a stream carries them, and how far the writer is. */
struct writer {
	uint8_t bytes[BATCH_SIZE];
	size_t frame_len; /* with its prefix */
	size_t count;     /* of frames in `bytes` */
	size_t at;
	bool single;
	uint64_t sent; /* whole frames */
};

struct receiver {
	struct mmsghdr messages[MESSAGES];
	struct iovec pieces[MESSAGES];
	uint8_t snap[MESSAGES][SNAP_LEN];
};

struct flow {
	struct bench_bed *bed;
	size_t ip_bytes;
	uint32_t tag;
	struct sockaddr_in nat; /* from where the world sees it */
	struct writer writer;
	struct receiver receiver;
	uint64_t received;
	double last_ns; /* when the last one was read */
};

static bool fail(struct bench_bed *bed, const char *what)
{
	snprintf(bed->why, BENCH_WHY_MAX, "%s", what);
	return false;
}

/* ---- up ---- */

static void fill_writer(struct flow *f, bool single)
{
	struct writer *w = &f->writer;
	uint8_t frame[BENCH_FRAME_MAX];
	size_t len = bench_frame_build(frame, f->bed->gateway_mac, f->bed->last_port, f->ip_bytes,
	                               f->tag);
	struct wr to = wr_of(w->bytes, sizeof(w->bytes));

	w->frame_len = PREFIX_LEN + len;
	w->count = sizeof(w->bytes) / w->frame_len;
	w->single = single;
	for (size_t i = 0; i < w->count; i++)
		if (!wr_u32(&to, (uint32_t)len) || !wr_bytes(&to, frame, len))
			abort();
}

/* How much the next write may be: one frame, or the batch's rest, but no more than `left` frames. */
static size_t next_write(const struct writer *w, uint64_t left)
{
	const size_t into = w->at % w->frame_len;
	const size_t rest = w->frame_len * w->count - w->at;
	const size_t wanted = (w->single ? 1 : left) * w->frame_len - into;

	return wanted < rest ? wanted : rest;
}

/* One write. Single ones are made of length and frame, as QEMU does it. False when the stream is full or gone. */
static bool write_some(struct flow *f, uint64_t left)
{
	struct writer *w = &f->writer;
	size_t n = next_write(w, left);
	struct iovec parts[2] = {{w->bytes + w->at, PREFIX_LEN},
	                         {w->bytes + w->at + PREFIX_LEN, n - PREFIX_LEN}};
	struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2};
	ssize_t done;

	if (w->single && w->at % w->frame_len == 0)
		done = sendmsg(f->bed->chan.fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		done = send(f->bed->chan.fd, w->bytes + w->at, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (done <= 0)
		return false;
	w->sent += (w->at % w->frame_len + (size_t)done) / w->frame_len;
	w->at += (size_t)done;
	if (w->at == w->frame_len * w->count)
		w->at = 0;
	return true;
}

static bool is_mid_frame(const struct writer *w)
{
	return w->at % w->frame_len != 0;
}

static void prepare_receiver(struct receiver *r)
{
	for (size_t i = 0; i < MESSAGES; i++) {
		r->pieces[i] = (struct iovec){r->snap[i], SNAP_LEN};
		r->messages[i].msg_hdr = (struct msghdr){.msg_iov = &r->pieces[i], .msg_iovlen = 1};
	}
}

static bool has_tag(const uint8_t *payload, uint32_t tag)
{
	struct rd r = rd_of(payload, sizeof(tag));
	uint32_t found;

	return rd_u32(&r, &found) && found == tag;
}

/* Reads all that waits in the world. */
static void read_world(struct flow *f)
{
	struct receiver *r = &f->receiver;
	int got;

	do {
		uint64_t before = f->received;

		got = recvmmsg(f->bed->world, r->messages, MESSAGES, MSG_DONTWAIT | MSG_TRUNC,
		               NULL);
		for (int i = 0; i < got; i++)
			f->received += r->messages[i].msg_len == f->ip_bytes - 28 &&
			               has_tag(r->snap[i], f->tag);
		if (f->received > before)
			f->last_ns = bench_now_ns();
	} while (got == MESSAGES);
}

static void wait_stream(const struct flow *f, short events)
{
	struct pollfd p = {.fd = f->bed->chan.fd, .events = events};

	poll(&p, 1, 1);
}

/* Sends for `span_ms` or `frames`, whichever comes first, and then waits for what is under way. */
static bool send_up(struct flow *f, unsigned span_ms, uint64_t frames)
{
	const double until = bench_now_ns() + span_ms * 1e6;
	struct writer *w = &f->writer;
	bool more = true;

	while (more || is_mid_frame(w)) {
		bool written = true;

		for (int i = 0; i < WRITES_MAX && written; i++) {
			if (more ? w->sent == frames : !is_mid_frame(w))
				break;
			written = write_some(f, more ? frames - w->sent : 1);
		}
		read_world(f);
		if (!written)
			wait_stream(f, POLLOUT);
		if (!bench_bed_listen(f->bed))
			return false;
		more = w->sent < frames && bench_now_ns() < until;
	}
	while (f->received < w->sent && bench_wait(f->bed->world, STALL_MS))
		read_world(f);
	return bench_bed_listen(f->bed);
}

/* ---- down ---- */

/* Reads all that waits in the stream. False at its end. */
static bool read_stream(struct flow *f)
{
	struct channel *c = &f->bed->chan;
	uint64_t before = f->received;
	const uint8_t *frame;
	size_t len;

	while (channel_fill(c))
		while (channel_take(c, &frame, &len))
			f->received += len == 14 + f->ip_bytes &&
			               has_tag(frame + BENCH_HDR_LEN, f->tag);
	if (f->received > before)
		f->last_ns = bench_now_ns();
	if (c->fault)
		return fail(f->bed, c->fault);
	return !c->eof || fail(f->bed, "it closed the frame channel");
}

/* How many packets of this size a socket holds by default (212992 bytes, counted with what the kernel needs for
 * each), with a third to spare. */
static size_t window_of(size_t ip_bytes)
{
	if (ip_bytes <= 128)
		return WINDOW_MAX;
	if (ip_bytes <= 600)
		return 100;
	return ip_bytes <= 1500 ? 64 : 8;
}

static size_t send_down(struct flow *f, size_t count)
{
	static uint8_t payload[BENCH_FRAME_MAX];
	struct mmsghdr messages[WINDOW_MAX];
	struct iovec piece = {payload, f->ip_bytes - 28};
	struct wr w = wr_of(payload, sizeof(payload));
	int sent;

	if (!wr_u32(&w, f->tag))
		abort();
	for (size_t i = 0; i < count; i++)
		messages[i].msg_hdr = (struct msghdr){.msg_name = &f->nat,
		                                      .msg_namelen = sizeof(f->nat),
		                                      .msg_iov = &piece,
		                                      .msg_iovlen = 1};
	sent = sendmmsg(f->bed->world, messages, (unsigned)count, 0);
	return sent > 0 ? (size_t)sent : 0;
}

/* Keeps half a window to a whole one under way for `span_ms`. *sent is how many. */
static bool pour_down(struct flow *f, unsigned span_ms, uint64_t *sent)
{
	const size_t window = window_of(f->ip_bytes);
	const double until = bench_now_ns() + span_ms * 1e6;
	uint64_t given_up = 0;

	*sent = 0;
	f->received = 0;
	while (bench_now_ns() < until) {
		/* What was given up may come all the same. */
		uint64_t over = f->received + given_up < *sent ? f->received + given_up : *sent;
		size_t away = (size_t)(*sent - over);

		if (away <= window / 2)
			*sent += send_down(f, window - away);
		else if (!bench_wait(f->bed->chan.fd, STALL_MS))
			given_up += away;
		if (!read_stream(f) || !bench_bed_listen(f->bed))
			return false;
	}
	while (f->received < *sent && bench_wait(f->bed->chan.fd, STALL_MS))
		if (!read_stream(f))
			return false;
	return true;
}

/* ---- a flow ---- */

/* One datagram up, from which the world learns where the flow comes from. */
static bool try_flow(struct flow *f)
{
	socklen_t len = sizeof(f->nat);
	uint8_t snap[SNAP_LEN];
	uint64_t sent = f->writer.sent;

	while (f->writer.sent == sent)
		if (!write_some(f, 1))
			return false;
	/* What is left over from the measurement before may come first. */
	while (bench_wait(f->bed->world, STALL_MS))
		if (recvfrom(f->bed->world, snap, sizeof(snap), MSG_DONTWAIT,
		             (struct sockaddr *)&f->nat, &len) == SNAP_LEN &&
		    has_tag(snap, f->tag))
			return true;
	return false;
}

static bool open_flow(struct flow *f)
{
	for (int i = 0; i < ATTEMPTS; i++)
		if (try_flow(f))
			return true;
	return fail(f->bed, "the first datagrams do not cross");
}

static bool begin_flow(struct flow *f, struct bench_bed *bed, unsigned ip_bytes, bool single)
{
	f->bed = bed;
	f->ip_bytes = ip_bytes;
	f->tag = ++bed->last_tag;
	f->received = 0;
	f->writer.at = 0;
	f->writer.sent = 0;
	bed->last_port++;
	prepare_receiver(&f->receiver);
	fill_writer(f, single);
	if (!open_flow(f))
		return false;
	f->writer.at = 0;
	f->writer.sent = 0;
	f->received = 0;
	return true;
}

static void add_rate(const struct flow *f, struct bench_cell *cell, uint64_t sent, double begin,
                     const struct bench_cpu *before)
{
	const double ns = f->last_ns - begin;

	cell->sent += sent;
	cell->received += f->received;
	if (!f->received || ns <= 0)
		return;
	bench_series_add(&cell->metric[BENCH_FRAMES_S], (double)f->received * 1e9 / ns);
	bench_series_add(&cell->metric[BENCH_BITS_S],
	                 (double)(f->received * f->ip_bytes) * 8e9 / ns);
	bench_add_cpu(cell, f->bed, before, (double)f->received, ns);
}

static bool run_up(struct flow *f, struct bench_cell *cell, uint64_t frames, unsigned span_ms)
{
	uint64_t drops = bench_socket_drops(f->bed->world);
	struct bench_cpu before;
	double begin;

	if (!bench_cpu_read(&f->bed->processes, &before))
		return fail(f->bed, "/proc does not tell its time");
	begin = bench_now_ns();
	if (!send_up(f, span_ms, frames))
		return false;
	cell->missed += bench_socket_drops(f->bed->world) - drops;
	add_rate(f, cell, f->writer.sent, begin, &before);
	return f->received || fail(f->bed, "nothing arrived");
}

static bool run_down(struct flow *f, struct bench_cell *cell)
{
	struct bench_cpu before;
	uint64_t sent = 0;
	double begin;

	if (!bench_cpu_read(&f->bed->processes, &before))
		return fail(f->bed, "/proc does not tell its time");
	begin = bench_now_ns();
	if (!pour_down(f, f->bed->span_ms, &sent))
		return false;
	add_rate(f, cell, sent, begin, &before);
	return f->received || fail(f->bed, "nothing arrived");
}

/* ---- latency and bursts ---- */

/* One datagram there and back: 0 when it did not come back. */
static double exchange(struct flow *f)
{
	const double begin = bench_now_ns();
	const uint64_t sent = f->writer.sent, received = f->received;

	while (f->writer.sent == sent)
		if (!write_some(f, 1))
			return 0;
	while (f->received == received) {
		if (!bench_wait(f->bed->world, STALL_MS))
			return 0;
		read_world(f);
	}
	if (send_down(f, 1) != 1)
		return 0;
	while (f->received == received + 1)
		if (!bench_wait(f->bed->chan.fd, STALL_MS) || !read_stream(f))
			return 0;
	return bench_now_ns() - begin;
}

static bool run_latency(struct flow *f, struct bench_cell *cell)
{
	double us[EXCHANGES];
	size_t count = 0;

	for (size_t i = 0; i < EXCHANGES; i++) {
		double ns = exchange(f);

		if (!bench_bed_listen(f->bed))
			return false;
		cell->sent++;
		cell->received += ns > 0;
		if (ns > 0)
			us[count++] = ns / 1e3;
	}
	if (!count)
		return fail(f->bed, "nothing came back");
	bench_series_add(&cell->metric[BENCH_P50_US], bench_quantile(us, count, 0.5));
	bench_series_add(&cell->metric[BENCH_P99_US], bench_quantile(us, count, 0.99));
	return true;
}

static bool run_burst(struct flow *f, struct bench_cell *cell)
{
	const double begin = bench_now_ns();
	uint64_t drops = bench_socket_drops(f->bed->world);

	if (!send_up(f, STALL_MS * 10, BURST))
		return false;
	cell->missed += bench_socket_drops(f->bed->world) - drops;
	cell->sent += f->writer.sent;
	cell->received += f->received;
	if (f->received)
		bench_series_add(&cell->metric[BENCH_BURST_MS], (f->last_ns - begin) / 1e6);
	return f->received || fail(f->bed, "nothing arrived");
}

/* Memory when UDP of three sizes has gone both ways for a moment. */
static bool run_memory(struct flow *f, struct bench_cell *cell)
{
	static const unsigned sizes[] = {64, 512, 1400};
	struct bench_bed *bed = f->bed;
	uint64_t sent;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (!begin_flow(f, bed, sizes[i], false) || !send_up(f, MOMENT_MS, UNLIMITED) ||
		    !pour_down(f, MOMENT_MS, &sent))
			return false;
	return bench_add_memory(bed, cell);
}

/* Buffers that are used for the first time are no growth, so some go before. */
static bool run_million(struct flow *f, struct bench_cell *cell)
{
	struct bench_memory before, after;
	struct bench_bed *bed = f->bed;

	if (!send_up(f, MILLION_MS, MILLION / 10) ||
	    !begin_flow(f, bed, (unsigned)f->ip_bytes, false))
		return false;
	if (!bench_memory_read(&f->bed->processes, &before))
		return fail(f->bed, "/proc does not tell its memory");
	if (!run_up(f, cell, MILLION, MILLION_MS))
		return false;
	if (!bench_memory_read(&f->bed->processes, &after))
		return fail(f->bed, "/proc does not tell its memory");
	bench_series_add(&cell->metric[BENCH_PSS_KB], after.pss_kb);
	bench_series_add(&cell->metric[BENCH_RSS_KB], after.rss_kb);
	bench_series_add(&cell->metric[BENCH_GROWTH_KB], after.rss_kb - before.rss_kb);
	return true;
}

bool bench_udp_run(struct bench_bed *bed, const struct bench_row *row, struct bench_cell *cell)
{
	static struct flow f;

	if (!begin_flow(&f, bed, row->ip_bytes, row->single))
		return false;
	switch (row->kind) {
	case BENCH_UP:
		return run_up(&f, cell, UNLIMITED, bed->span_ms);
	case BENCH_DOWN:
		return run_down(&f, cell);
	case BENCH_LATENCY:
		return run_latency(&f, cell);
	case BENCH_BURST:
		return run_burst(&f, cell);
	case BENCH_MILLION:
		return run_million(&f, cell);
	case BENCH_MEMORY_UDP:
		return run_memory(&f, cell);
	case BENCH_MEMORY:
	case BENCH_TCP_UP:
	case BENCH_TCP_DOWN:
	case BENCH_CONNECTIONS:
	default:
		return fail(bed, "no row of UDP");
	}
}
