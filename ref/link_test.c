/* SPDX-License-Identifier: ISC */
/* link_test.c: the framing of a stream, cut at every byte, and a peer that does not read. */
#include "ref/link.h"

#include "ref/exits.h"

#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A link over a socket pair, and the other end. */
struct channel {
	struct link link;
	int peer;
};

static struct channel make_channel(void)
{
	struct channel c;
	struct link_spec spec = {.kind = LINK_FD};
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	spec.fd = pair[0];
	assert_int_equal(link_open(&c.link, &spec), EXITS_OK);
	assert_int_equal(c.link.carrier, LINK_OVER_STREAM);
	assert_false(link_needs_probe(&c.link));
	c.peer = pair[1];
	return c;
}

static void end_channel(struct channel *c)
{
	close(c->peer);
	link_close(&c->link);
}

static void push(struct channel *c, const void *bytes, size_t n)
{
	assert_int_equal(send(c->peer, bytes, n, 0), (ssize_t)n);
}

static void assert_frame(struct channel *c, const char *text)
{
	struct rd frame;

	assert_int_equal(link_next(&c->link, &frame), LINK_OK);
	assert_int_equal(frame.n, strlen(text));
	assert_memory_equal(frame.p, text, frame.n);
}

static void assert_no_frame(struct channel *c)
{
	struct rd frame;

	assert_int_equal(link_next(&c->link, &frame), LINK_MORE);
}

static const char stream[] = "\0\0\0\5hello\0\0\0\1x\0\0\0\16fourteen bytes";
#define STREAM_LEN (sizeof(stream) - 1)

static void frames_arrive_whole_wherever_the_stream_is_cut(void **state)
{
	static const size_t ends[] = {9, 14, STREAM_LEN};
	static const char *const texts[] = {"hello", "x", "fourteen bytes"};

	(void)state;
	for (size_t first = 0; first <= STREAM_LEN; first++)
		for (size_t second = first; second <= STREAM_LEN; second++) {
			const size_t cuts[] = {first, second, STREAM_LEN};
			struct channel c = make_channel();
			size_t sent = 0, frame = 0;

			for (size_t i = 0; i < 3; i++) {
				push(&c, stream + sent, cuts[i] - sent);
				assert_int_equal(link_fill(&c.link),
				                 cuts[i] == sent ? LINK_MORE : LINK_OK);
				sent = cuts[i];
				while (frame < 3 && ends[frame] <= sent)
					assert_frame(&c, texts[frame++]);
				assert_no_frame(&c);
			}
			assert_int_equal(frame, 3);
			end_channel(&c);
		}
}

static void a_stream_of_single_bytes_is_put_together(void **state)
{
	struct channel c = make_channel();

	(void)state;
	for (size_t i = 0; i < STREAM_LEN; i++) {
		push(&c, stream + i, 1);
		assert_int_equal(link_fill(&c.link), LINK_OK);
		if (i + 1 == 9)
			assert_frame(&c, "hello");
		if (i + 1 == 14)
			assert_frame(&c, "x");
	}
	assert_frame(&c, "fourteen bytes");
	assert_no_frame(&c);
	end_channel(&c);
}

static void lengths_of_zero_or_above_65550_end_the_channel(void **state)
{
	static const uint32_t lengths[] = {0, LINK_FRAME_MAX + 1, 0x00ffffff, 0x80000000,
	                                   0xffffffff};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct channel c = make_channel();
		uint8_t prefix[4];
		struct wr w = wr_of(prefix, sizeof(prefix));
		struct rd frame;

		assert_true(wr_u32(&w, lengths[i]));
		push(&c, stream, 9);
		push(&c, prefix, sizeof(prefix));
		push(&c, stream, 9);
		assert_int_equal(link_fill(&c.link), LINK_OK);
		assert_frame(&c, "hello");
		assert_int_equal(link_next(&c.link, &frame), LINK_BAD_LENGTH);
		assert_int_equal(link_next(&c.link, &frame), LINK_BAD_LENGTH);
		end_channel(&c);
	}
}

static void the_largest_frame_arrives_whole(void **state)
{
	static uint8_t bytes[LINK_PREFIX_LEN + LINK_FRAME_MAX] = {0, 1, 0, 14};
	struct channel c = make_channel();
	enum link_status status;
	struct rd frame;
	size_t sent = 0;

	(void)state;
	assert_int_equal(LINK_FRAME_MAX, 0x1000e);
	memset(bytes + 4, 0xa5, LINK_FRAME_MAX);
	while ((status = link_next(&c.link, &frame)) == LINK_MORE) {
		ssize_t n = send(c.peer, bytes + sent, sizeof(bytes) - sent, MSG_DONTWAIT);

		if (n > 0)
			sent += (size_t)n;
		assert_int_equal(link_fill(&c.link), LINK_OK);
	}
	assert_int_equal(status, LINK_OK);
	assert_int_equal(frame.n, LINK_FRAME_MAX);
	assert_memory_equal(frame.p, bytes + 4, LINK_FRAME_MAX);
	end_channel(&c);
}

static void an_end_between_frames_is_not_an_end_within_one(void **state)
{
	(void)state;
	for (size_t n = 0; n <= STREAM_LEN; n++) {
		struct channel c = make_channel();
		struct rd frame;
		bool between = n == 0 || n == 9 || n == 14 || n == STREAM_LEN;

		if (n)
			push(&c, stream, n);
		shutdown(c.peer, SHUT_WR);
		if (n)
			assert_int_equal(link_fill(&c.link), LINK_OK);
		while (link_next(&c.link, &frame) == LINK_OK)
			;
		assert_int_equal(link_fill(&c.link), between ? LINK_CLOSED : LINK_CUT);
		end_channel(&c);
	}
}

/* Queues a frame of `n` bytes of value `fill`; false when there is no room. */
static bool queue(struct link *link, size_t n, uint8_t fill)
{
	struct wr w;

	if (!link_reserve(link, n, &w))
		return false;
	assert_true(wr_fill(&w, fill, n));
	link_commit(link, n);
	return true;
}

static void queued_frames_are_sent_with_their_length_in_front(void **state)
{
	struct channel c = make_channel();
	uint8_t bytes[64];

	(void)state;
	assert_false(link_has_output(&c.link));
	assert_true(queue(&c.link, 3, 'a'));
	assert_true(queue(&c.link, 1, 'b'));
	assert_true(link_has_output(&c.link));
	assert_int_equal(link_flush(&c.link), LINK_OK);
	assert_false(link_has_output(&c.link));
	assert_int_equal(recv(c.peer, bytes, sizeof(bytes), MSG_DONTWAIT), 12);
	assert_memory_equal(bytes, "\0\0\0\3aaa\0\0\0\1b", 12);
	end_channel(&c);
}

static void a_peer_that_does_not_read_stops_the_queue_and_loses_nothing(void **state)
{
	struct channel c = make_channel();
	uint8_t buffer[4096], prefix[4] = {0};
	size_t queued = 0, read_frames = 0, have = 0;
	ssize_t n;

	(void)state;
	while (queue(&c.link, 1514, (uint8_t)queued)) {
		queued++;
		assert_int_not_equal(link_flush(&c.link), LINK_ERROR);
	}
	assert_false(link_has_room(&c.link, 1514));
	assert_true(queued * 1518 > LINK_BUFFER_SIZE - 2 * 1518);
	/* Odd sizes, so that partial writes end anywhere. */
	while (read_frames < queued) {
		n = recv(c.peer, buffer, 1 + read_frames % 999, MSG_DONTWAIT);
		if (n < 0)
			assert_int_not_equal(link_flush(&c.link), LINK_ERROR);
		for (ssize_t i = 0; i < n; i++) {
			if (have < 4)
				prefix[have] = buffer[i];
			else
				assert_int_equal(buffer[i], (uint8_t)read_frames);
			if (++have == 4)
				assert_memory_equal(prefix, "\0\0\x05\xea", 4);
			if (have == 1518) {
				have = 0;
				read_frames++;
			}
		}
	}
	assert_int_equal(link_flush(&c.link), LINK_OK);
	assert_true(link_has_room(&c.link, LINK_FRAME_MAX));
	end_channel(&c);
}

static void what_a_peer_sent_before_it_closed_is_still_read(void **state)
{
	struct channel c = make_channel();

	(void)state;
	push(&c, stream, 9);
	close(c.peer);
	c.peer = -1;
	assert_true(queue(&c.link, 14, 0));
	assert_int_equal(link_flush(&c.link), LINK_OK);
	assert_false(link_has_output(&c.link));
	assert_int_equal(link_fill(&c.link), LINK_OK);
	assert_frame(&c, "hello");
	assert_int_equal(link_fill(&c.link), LINK_CLOSED);
	end_channel(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(frames_arrive_whole_wherever_the_stream_is_cut),
	        cmocka_unit_test(a_stream_of_single_bytes_is_put_together),
	        cmocka_unit_test(lengths_of_zero_or_above_65550_end_the_channel),
	        cmocka_unit_test(the_largest_frame_arrives_whole),
	        cmocka_unit_test(an_end_between_frames_is_not_an_end_within_one),
	        cmocka_unit_test(queued_frames_are_sent_with_their_length_in_front),
	        cmocka_unit_test(a_peer_that_does_not_read_stops_the_queue_and_loses_nothing),
	        cmocka_unit_test(what_a_peer_sent_before_it_closed_is_still_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
