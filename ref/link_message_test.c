/* SPDX-License-Identifier: ISC */
/* link_message_test.c: datagram and seqpacket peers: boundaries, back-pressure, and how they end. */
#include "ref/link.h"

#include "ref/exits.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* NAMED is a datagram peer that is not connected back, as QEMU's is: its queue is a short one. */
enum flavour { PAIR, NAMED, SEQPACKET, FLAVOURS };

struct channel {
	struct link link;
	int peer;
	char dir[32], remote[64]; /* NAMED */
};

static int bound_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void make_named(struct channel *c)
{
	struct link_spec spec = {.kind = LINK_DGRAM};

	strcpy(c->dir, "/tmp/link_test.XXXXXX");
	assert_non_null(mkdtemp(c->dir));
	snprintf(c->remote, sizeof(c->remote), "%s/remote", c->dir);
	snprintf(spec.path, sizeof(spec.path), "%s/local", c->dir);
	strcpy(spec.remote, c->remote);
	c->peer = bound_socket(c->remote);
	assert_int_equal(link_open(&c->link, &spec), EXITS_OK);
}

static void make_channel(struct channel *c, enum flavour flavour)
{
	struct link_spec spec = {.kind = LINK_FD};
	int pair[2];

	*c = (struct channel){.peer = -1};
	if (flavour == NAMED) {
		make_named(c);
		return;
	}
	assert_int_equal(
	        socketpair(AF_UNIX, flavour == PAIR ? SOCK_DGRAM : SOCK_SEQPACKET, 0, pair), 0);
	spec.fd = pair[0];
	c->peer = pair[1];
	assert_int_equal(link_open(&c->link, &spec), EXITS_OK);
}

static void close_peer(struct channel *c)
{
	close(c->peer);
	c->peer = -1;
}

static void end_channel(struct channel *c)
{
	if (c->peer >= 0)
		close(c->peer);
	link_close(&c->link);
	if (*c->dir) {
		unlink(c->remote);
		assert_int_equal(rmdir(c->dir), 0); /* the link removed its own path */
	}
}

/* Bytes that differ from frame to frame and from place to place. */
static const uint8_t *pattern(size_t n, size_t seed)
{
	static uint8_t bytes[LINK_FRAME_MAX];

	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(seed * 31 + i * 7 + (i >> 8));
	return bytes;
}

/* From the peer; false when its queue is full. */
static bool push(struct channel *c, size_t n, size_t seed)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
	ssize_t sent;

	if (*c->dir) {
		strcpy(local.sun_path, c->link.path);
		sent = sendto(c->peer, pattern(n, seed), n, flags, (const struct sockaddr *)&local,
		              sizeof(local));
	} else {
		sent = send(c->peer, pattern(n, seed), n, flags);
	}
	if (sent < 0 && errno == EAGAIN)
		return false;
	assert_int_equal(sent, (ssize_t)n);
	return true;
}

static void assert_frame(struct channel *c, size_t n, size_t seed)
{
	struct rd frame;

	assert_int_equal(link_next(&c->link, &frame), LINK_OK);
	assert_int_equal(frame.n, n);
	assert_memory_equal(frame.p, pattern(n, seed), n);
}

static enum link_status next_status(struct channel *c)
{
	struct rd frame;

	return link_next(&c->link, &frame);
}

/* Queues a frame for the peer; false when there is no room. */
static bool queue(struct channel *c, size_t n, size_t seed)
{
	struct wr w;

	if (!link_reserve(&c->link, n, &w))
		return false;
	assert_true(wr_bytes(&w, pattern(n, seed), n));
	link_commit(&c->link, n);
	return true;
}

/* Whether the peer has a message; it must be this one, whole. */
static bool peer_has(struct channel *c, size_t n, size_t seed)
{
	static uint8_t bytes[LINK_FRAME_MAX + 1];
	ssize_t got = recv(c->peer, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (got < 0 && errno == EAGAIN)
		return false;
	assert_int_equal(got, (ssize_t)n);
	assert_memory_equal(bytes, pattern(n, seed), n);
	return true;
}

static short poll_now(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	assert_true(poll(&p, 1, 0) >= 0);
	return p.revents;
}

static void one_message_is_one_frame_both_ways(void **state)
{
	static const size_t sizes[] = {
	        1, 2, 13, 14, 60, 1514, 9230, LINK_FRAME_MAX - 1, LINK_FRAME_MAX};

	(void)state;
	for (enum flavour f = 0; f < FLAVOURS; f++) {
		struct channel c;

		make_channel(&c, f);
		assert_int_equal(link_fill(&c.link), LINK_MORE);
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			assert_true(push(&c, sizes[i], i));
			assert_int_equal(link_fill(&c.link), LINK_OK);
			assert_frame(&c, sizes[i], i);
			assert_int_equal(next_status(&c), LINK_MORE);
			assert_true(queue(&c, sizes[i], i));
			assert_int_equal(link_flush(&c.link), LINK_OK);
			assert_false(link_has_output(&c.link));
			assert_true(peer_has(&c, sizes[i], i));
			assert_false(peer_has(&c, 0, 0));
		}
		end_channel(&c);
	}
}

static void one_fill_takes_what_is_there_and_one_flush_sends_what_is_queued(void **state)
{
	(void)state;
	for (enum flavour f = 0; f < FLAVOURS; f++) {
		struct channel c;

		make_channel(&c, f);
		for (size_t i = 0; i < 8; i++) {
			assert_true(push(&c, 60 + i, i));
			assert_true(queue(&c, 1514 - i, i));
		}
		assert_int_equal(link_fill(&c.link), LINK_OK);
		assert_int_equal(link_flush(&c.link), LINK_OK);
		for (size_t i = 0; i < 8; i++) {
			assert_frame(&c, 60 + i, i);
			assert_true(peer_has(&c, 1514 - i, i));
		}
		assert_int_equal(next_status(&c), LINK_MORE);
		assert_int_equal(link_fill(&c.link), LINK_MORE);
		end_channel(&c);
	}
}

static void an_empty_datagram_is_a_frame_of_no_bytes(void **state)
{
	(void)state;
	for (enum flavour f = PAIR; f <= NAMED; f++) {
		struct channel c;

		make_channel(&c, f);
		assert_true(push(&c, 5, 1));
		assert_true(push(&c, 0, 2));
		assert_true(push(&c, 7, 3));
		assert_int_equal(link_fill(&c.link), LINK_OK);
		assert_frame(&c, 5, 1);
		assert_frame(&c, 0, 2);
		assert_frame(&c, 7, 3);
		assert_true(push(&c, 0, 4));
		assert_int_equal(link_fill(&c.link), LINK_OK);
		assert_frame(&c, 0, 4);
		assert_int_equal(link_fill(&c.link), LINK_MORE);
		end_channel(&c);
	}
}

static void an_empty_seqpacket_message_is_the_end(void **state)
{
	struct channel c;

	(void)state;
	make_channel(&c, SEQPACKET);
	assert_true(push(&c, 5, 1));
	assert_true(push(&c, 0, 2));
	assert_true(push(&c, 7, 3));
	assert_int_equal(link_fill(&c.link), LINK_OK);
	assert_frame(&c, 5, 1);
	assert_int_equal(next_status(&c), LINK_CLOSED);
	assert_int_equal(link_fill(&c.link), LINK_CLOSED);
	assert_int_equal(next_status(&c), LINK_CLOSED);
	end_channel(&c);
}

static void a_message_above_65550_is_cut_there_and_harms_nothing_else(void **state)
{
	static const size_t sizes[] = {LINK_FRAME_MAX + 1, LINK_FRAME_MAX + LINK_FRAME_MAX};
	static uint8_t large[LINK_FRAME_MAX + LINK_FRAME_MAX];

	(void)state;
	assert_true(LINK_FRAME_MAX > 14 + 9216); /* above every MTU: too-big, not shortened */
	memcpy(large, pattern(LINK_FRAME_MAX, 9), LINK_FRAME_MAX);
	for (enum flavour f = 0; f < FLAVOURS; f++)
		for (size_t i = 0; i < 2 && f != NAMED; i++) { /* which has no send() */
			struct channel c;

			make_channel(&c, f);
			assert_true(push(&c, 60, 1));
			assert_int_equal(send(c.peer, large, sizes[i], MSG_DONTWAIT), sizes[i]);
			assert_true(push(&c, 61, 2));
			assert_int_equal(link_fill(&c.link), LINK_OK);
			assert_frame(&c, 60, 1);
			assert_frame(&c, LINK_FRAME_MAX, 9);
			assert_frame(&c, 61, 2);
			assert_int_equal(link_fill(&c.link), LINK_MORE);
			end_channel(&c);
		}
}

/* Frames so large that the buffer's room ends a fill, and so many that their number does. */
static void what_one_fill_does_not_take_the_next_ones_do(void **state)
{
	static const struct {
		size_t len, count;
	} loads[] = {{LINK_FRAME_MAX, 40}, {30000, 80}, {1, 1536}};

	(void)state;
	assert_true(LINK_FILL_FRAMES < 1536);
	for (enum flavour f = 0; f < FLAVOURS; f++)
		for (size_t load = 0; load < sizeof(loads) / sizeof(loads[0]); load++) {
			const size_t len = loads[load].len, count = loads[load].count;
			int bytes = 4 * LINK_BUFFER_SIZE; /* or what the kernel grants */
			size_t pushed = 0, taken = 0;
			struct channel c;

			make_channel(&c, f);
			setsockopt(c.peer, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
			while (taken < count) {
				size_t before = taken;
				struct rd frame;

				while (pushed < count && push(&c, len, pushed))
					pushed++;
				assert_int_equal(link_fill(&c.link), LINK_OK);
				while (link_next(&c.link, &frame) == LINK_OK) {
					assert_int_equal(frame.n, len);
					assert_memory_equal(frame.p, pattern(len, taken), len);
					taken++;
				}
				assert_in_range(taken - before, 1, LINK_FILL_FRAMES);
			}
			assert_int_equal(link_fill(&c.link), LINK_MORE);
			end_channel(&c);
		}
}

static void a_peer_that_does_not_read_stops_the_queue_and_loses_nothing(void **state)
{
	(void)state;
	for (enum flavour f = 0; f < FLAVOURS; f++) {
		size_t queued = 0, taken = 0;
		struct channel c;

		make_channel(&c, f);
		for (; queue(&c, 1500 + queued % 15, queued); queued++)
			assert_in_range(link_flush(&c.link), LINK_OK, LINK_MORE);
		assert_int_equal(link_flush(&c.link), LINK_MORE);
		assert_int_equal(poll_now(c.link.fd, POLLOUT), 0); /* nothing to spin on */
		while (taken < queued) {
			while (peer_has(&c, 1500 + taken % 15, taken))
				taken++;
			assert_int_equal(poll_now(c.link.fd, POLLOUT), POLLOUT);
			assert_in_range(link_flush(&c.link), LINK_OK, LINK_MORE);
		}
		assert_int_equal(link_flush(&c.link), LINK_OK);
		assert_true(link_has_room(&c.link, LINK_FRAME_MAX));
		assert_false(peer_has(&c, 0, 0));
		end_channel(&c);
	}
}

/* Linux tells nobody. This is why a datagram link wants to be probed. */
static void only_a_send_tells_that_a_datagram_peer_is_gone(void **state)
{
	(void)state;
	for (enum flavour f = PAIR; f <= NAMED; f++) {
		struct channel c;

		make_channel(&c, f);
		assert_true(link_needs_probe(&c.link));
		assert_true(push(&c, 60, 1));
		assert_true(push(&c, 61, 2));
		close_peer(&c);
		assert_int_equal(link_fill(&c.link), LINK_OK);
		assert_frame(&c, 60, 1);
		assert_frame(&c, 61, 2);
		assert_int_equal(next_status(&c), LINK_MORE);
		assert_int_equal(poll_now(c.link.fd, POLLIN | POLLRDHUP), 0);
		assert_int_equal(link_fill(&c.link), LINK_MORE);
		assert_true(queue(&c, 42, 3));
		assert_int_equal(link_flush(&c.link), LINK_CLOSED);
		assert_false(link_has_output(&c.link));
		assert_int_equal(next_status(&c), LINK_CLOSED);
		assert_int_equal(link_fill(&c.link), LINK_CLOSED);
		assert_true(queue(&c, 42, 4));
		assert_int_equal(link_flush(&c.link), LINK_CLOSED);
		end_channel(&c);
	}
}

static void a_datagram_peer_that_goes_with_a_full_queue_makes_the_link_writable(void **state)
{
	(void)state;
	for (enum flavour f = PAIR; f <= NAMED; f++) {
		size_t queued = 0;
		struct channel c;

		make_channel(&c, f);
		while (queue(&c, 1514, queued))
			queued++;
		assert_int_equal(link_flush(&c.link), LINK_MORE);
		assert_int_equal(poll_now(c.link.fd, POLLOUT), 0);
		close_peer(&c);
		assert_int_equal(poll_now(c.link.fd, POLLOUT), POLLOUT);
		assert_int_equal(link_flush(&c.link), LINK_CLOSED);
		end_channel(&c);
	}
}

static void a_datagram_peer_that_stops_reading_is_gone(void **state)
{
	struct channel c;

	(void)state;
	make_channel(&c, PAIR);
	assert_int_equal(shutdown(c.peer, SHUT_RD), 0);
	assert_true(queue(&c, 42, 1));
	assert_int_equal(link_flush(&c.link), LINK_CLOSED);
	end_channel(&c);
}

/* The peer is told by connect() to talk to somebody else from now on. */
static void a_datagram_peer_that_turns_to_another_is_gone(void **state)
{
	(void)state;
	for (int sends_first = 0; sends_first < 2; sends_first++) {
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		struct channel c;
		char path[64];
		int other;

		make_channel(&c, NAMED);
		strcpy(address.sun_path, c.link.path);
		assert_int_equal(connect(c.peer, (void *)&address, sizeof(address)), 0);
		assert_true(queue(&c, 42, 1));
		assert_int_equal(link_flush(&c.link), LINK_OK);
		snprintf(path, sizeof(path), "%s/other", c.dir);
		other = bound_socket(path);
		strcpy(address.sun_path, path);
		assert_int_equal(connect(c.peer, (void *)&address, sizeof(address)), 0);
		if (!sends_first)
			assert_int_equal(link_fill(&c.link), LINK_CLOSED);
		assert_true(queue(&c, 42, 2));
		assert_int_equal(link_flush(&c.link), LINK_CLOSED);
		assert_int_equal(link_fill(&c.link), LINK_CLOSED);
		close(other);
		unlink(path);
		end_channel(&c);
	}
}

static void nobody_but_the_remote_gets_a_datagram_in(void **state)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	struct channel c;
	char path[64];
	int strangers[2];

	(void)state;
	make_channel(&c, NAMED);
	strcpy(local.sun_path, c.link.path);
	snprintf(path, sizeof(path), "%s/stranger", c.dir);
	strangers[0] = bound_socket(path);
	strangers[1] = socket(AF_UNIX, SOCK_DGRAM, 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
		        sendto(strangers[i], "x", 1, MSG_DONTWAIT, (void *)&local, sizeof(local)),
		        -1);
		assert_int_equal(errno, EPERM);
		assert_int_equal(connect(strangers[i], (void *)&local, sizeof(local)), -1);
		close(strangers[i]);
	}
	assert_int_equal(link_fill(&c.link), LINK_MORE);
	assert_true(push(&c, 60, 1));
	assert_int_equal(link_fill(&c.link), LINK_OK);
	assert_frame(&c, 60, 1);
	unlink(path);
	end_channel(&c);
}

/* A peer that closes with frames unread leaves an error in front of what it sent. */
static void what_a_seqpacket_peer_sent_before_it_closed_is_still_read(void **state)
{
	(void)state;
	for (int unread = 0; unread < 2; unread++)
		for (int sends_first = 0; sends_first < 2; sends_first++) {
			struct channel c;

			make_channel(&c, SEQPACKET);
			assert_false(link_needs_probe(&c.link));
			if (unread)
				assert_true(queue(&c, 42, 1));
			assert_int_equal(link_flush(&c.link), LINK_OK);
			assert_true(push(&c, 60, 2));
			assert_true(push(&c, 61, 3));
			close_peer(&c);
			assert_true(poll_now(c.link.fd, POLLIN) & POLLIN);
			if (sends_first) {
				assert_true(queue(&c, 42, 4));
				assert_int_equal(link_flush(&c.link), LINK_OK);
				assert_false(link_has_output(&c.link));
			}
			assert_int_equal(link_fill(&c.link), LINK_OK);
			assert_frame(&c, 60, 2);
			assert_frame(&c, 61, 3);
			assert_int_equal(next_status(&c), LINK_CLOSED);
			assert_int_equal(link_fill(&c.link), LINK_CLOSED);
			end_channel(&c);
		}
}

static void a_seqpacket_peer_that_only_stopped_sending_still_gets_its_frames(void **state)
{
	struct channel c;

	(void)state;
	make_channel(&c, SEQPACKET);
	assert_true(push(&c, 60, 1));
	assert_int_equal(shutdown(c.peer, SHUT_WR), 0);
	assert_int_equal(link_fill(&c.link), LINK_OK);
	assert_frame(&c, 60, 1);
	assert_int_equal(next_status(&c), LINK_CLOSED);
	assert_true(queue(&c, 42, 2));
	assert_int_equal(link_flush(&c.link), LINK_OK);
	assert_true(peer_has(&c, 42, 2));
	end_channel(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(one_message_is_one_frame_both_ways),
	        cmocka_unit_test(one_fill_takes_what_is_there_and_one_flush_sends_what_is_queued),
	        cmocka_unit_test(an_empty_datagram_is_a_frame_of_no_bytes),
	        cmocka_unit_test(an_empty_seqpacket_message_is_the_end),
	        cmocka_unit_test(a_message_above_65550_is_cut_there_and_harms_nothing_else),
	        cmocka_unit_test(what_one_fill_does_not_take_the_next_ones_do),
	        cmocka_unit_test(a_peer_that_does_not_read_stops_the_queue_and_loses_nothing),
	        cmocka_unit_test(only_a_send_tells_that_a_datagram_peer_is_gone),
	        cmocka_unit_test(
	                a_datagram_peer_that_goes_with_a_full_queue_makes_the_link_writable),
	        cmocka_unit_test(a_datagram_peer_that_stops_reading_is_gone),
	        cmocka_unit_test(a_datagram_peer_that_turns_to_another_is_gone),
	        cmocka_unit_test(nobody_but_the_remote_gets_a_datagram_in),
	        cmocka_unit_test(what_a_seqpacket_peer_sent_before_it_closed_is_still_read),
	        cmocka_unit_test(a_seqpacket_peer_that_only_stopped_sending_still_gets_its_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
