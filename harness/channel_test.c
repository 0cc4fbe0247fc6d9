/* SPDX-License-Identifier: ISC */
/* channel_test.c: frames come out as they went in, however a stream is cut and whatever else they went through, and
 * nothing else does. The TAP is in transport_test.c. */
#include "harness/channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct pipe {
	struct channel c;
	int peer;
};

static int make_of(void **state, int type)
{
	struct pipe *p = calloc(1, sizeof(*p));
	int pair[2];

	if (!p || socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair))
		return -1;
	channel_init(&p->c, pair[0]);
	p->peer = pair[1];
	*state = p;
	return 0;
}

static int make(void **state)
{
	return make_of(state, SOCK_STREAM);
}

static int make_seqpacket(void **state)
{
	return make_of(state, SOCK_SEQPACKET);
}

static int make_datagrams(void **state)
{
	return make_of(state, SOCK_DGRAM);
}

static int end(void **state)
{
	struct pipe *p = *state;

	channel_close(&p->c);
	if (p->peer >= 0)
		close(p->peer);
	free(p);
	return 0;
}

static void peer_sends(struct pipe *p, const void *bytes, size_t len)
{
	assert_int_equal(send(p->peer, bytes, len, MSG_NOSIGNAL), len);
}

static void peer_ends(struct pipe *p)
{
	close(p->peer);
	p->peer = -1;
}

/* As an owner does: fills until nothing comes. */
static void fill(struct pipe *p)
{
	while (channel_fill(&p->c))
		;
}

static void expect_frame(struct pipe *p, const void *bytes, size_t len)
{
	const uint8_t *frame;
	size_t n;

	assert_true(channel_take(&p->c, &frame, &n));
	assert_int_equal(n, len);
	assert_memory_equal(frame, bytes, len);
}

static void expect_nothing(struct pipe *p)
{
	const uint8_t *frame;
	size_t n;

	assert_false(channel_take(&p->c, &frame, &n));
}

static const char two_frames[] = "\0\0\0\x0e"
                                 "ABCDEFGHIJKLMN"
                                 "\0\0\0\x10"
                                 "abcdefghijklmnop";
#define TWO_LEN (sizeof(two_frames) - 1)

static void several_frames_in_one_write_come_out_one_by_one(void **state)
{
	struct pipe *p = *state;

	peer_sends(p, two_frames, TWO_LEN);
	assert_true(channel_fill(&p->c));
	expect_frame(p, "ABCDEFGHIJKLMN", 14);
	expect_frame(p, "abcdefghijklmnop", 16);
	expect_nothing(p);
	assert_null(p->c.fault);
	assert_false(p->c.eof);
}

static void a_stream_may_be_cut_at_every_byte(void **state)
{
	struct pipe *p = *state;

	for (size_t cut = 0; cut <= TWO_LEN; cut++) {
		unsigned before = 0;
		const uint8_t *frame;
		size_t n;

		if (cut)
			peer_sends(p, two_frames, cut);
		fill(p);
		while (channel_take(&p->c, &frame, &n))
			before++;
		assert_int_equal(before, (cut >= 18) + (cut >= TWO_LEN));
		if (cut < TWO_LEN)
			peer_sends(p, two_frames + cut, TWO_LEN - cut);
		fill(p);
		if (before < 1)
			expect_frame(p, "ABCDEFGHIJKLMN", 14);
		if (before < 2)
			expect_frame(p, "abcdefghijklmnop", 16);
		expect_nothing(p);
		assert_null(p->c.fault);
	}
}

static void a_stream_may_come_byte_by_byte(void **state)
{
	struct pipe *p = *state;
	const uint8_t *frame;
	size_t n, frames = 0;

	for (size_t i = 0; i < TWO_LEN; i++) {
		peer_sends(p, two_frames + i, 1);
		fill(p);
		while (channel_take(&p->c, &frame, &n))
			frames++;
	}
	assert_int_equal(frames, 2);
}

/* An owner that loops while there is something to read must get out of its loop. */
static void half_a_frame_and_then_silence_is_no_progress(void **state)
{
	struct pipe *p = *state;

	peer_sends(p, "\0\0\0\x40half", 8);
	assert_true(channel_fill(&p->c));
	expect_nothing(p);
	assert_false(channel_fill(&p->c));
	assert_false(p->c.eof);
	assert_null(p->c.fault);
}

static void the_shortest_and_the_longest_frame_pass(void **state)
{
	struct pipe *p = *state;
	uint8_t *big = calloc(1, CHANNEL_FRAME_MAX);

	assert_non_null(big);
	big[CHANNEL_FRAME_MAX - 1] = 9;
	peer_sends(p,
	           "\0\0\0\x0e"
	           "ABCDEFGHIJKLMN\0\1\0\x0e",
	           22);
	peer_sends(p, big, CHANNEL_FRAME_MAX);
	fill(p);
	expect_frame(p, "ABCDEFGHIJKLMN", 14);
	expect_frame(p, big, CHANNEL_FRAME_MAX);
	expect_nothing(p);
	free(big);
}

static void lengths_that_no_frame_has_are_faults(void **state)
{
	static const struct {
		const char *prefix, *fault;
	} wrong[] = {
	        {"\0\0\0\0", "of length 0"},
	        {"\0\0\0\1", "shorter than an Ethernet header"},
	        {"\0\0\0\x0d", "shorter than an Ethernet header"},
	        {"\0\1\0\x0f", "longer than 65550"},
	        {"\x7f\xff\xff\xff", "longer than 65550"},
	        {"\xff\xff\xff\xff", "longer than 65550"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct pipe *p = *state;

		peer_sends(p,
		           "\0\0\0\x0e"
		           "ABCDEFGHIJKLMN",
		           18);
		peer_sends(p, wrong[i].prefix, 4);
		peer_sends(p, two_frames, TWO_LEN);
		fill(p);
		expect_frame(p, "ABCDEFGHIJKLMN", 14); /* what came before it counts */
		expect_nothing(p);
		assert_non_null(p->c.fault);
		assert_non_null(strstr(p->c.fault, wrong[i].fault));
		expect_nothing(p); /* and nothing behind it does */
		assert_false(channel_fill(&p->c));
		assert_int_equal(end(state), 0);
		assert_int_equal(make(state), 0);
	}
}

static void an_end_between_frames_is_an_end(void **state)
{
	struct pipe *p = *state;

	peer_sends(p, two_frames, 18);
	fill(p);
	expect_frame(p, "ABCDEFGHIJKLMN", 14);
	peer_ends(p);
	assert_false(channel_fill(&p->c));
	assert_true(p->c.eof);
	assert_null(p->c.fault);
	assert_false(channel_fill(&p->c));
}

static void an_end_in_the_middle_of_a_frame_is_a_fault(void **state)
{
	for (size_t cut = 1; cut < 18; cut++) {
		struct pipe *p = *state;

		peer_sends(p, two_frames, cut);
		fill(p);
		expect_nothing(p);
		peer_ends(p);
		fill(p);
		assert_true(p->c.eof);
		assert_non_null(p->c.fault);
		assert_non_null(strstr(p->c.fault, "middle of a frame"));
		expect_nothing(p);
		assert_int_equal(end(state), 0);
		assert_int_equal(make(state), 0);
	}
}

static void a_full_buffer_is_not_an_end(void **state)
{
	struct pipe *p = *state;
	size_t sent = 0, frames = 0, n;
	const uint8_t *frame;

	/* Far more than the buffer holds, and nobody takes a frame. */
	for (int i = 0; i < 100000; i++) {
		if (send(p->peer, two_frames, 18, MSG_DONTWAIT | MSG_NOSIGNAL) == 18)
			sent++;
		else if (!channel_fill(&p->c))
			break;
	}
	fill(p);
	assert_int_equal(p->c.in_end, CHANNEL_IN_SIZE);
	assert_false(p->c.eof);
	assert_null(p->c.fault);
	do {
		while (channel_take(&p->c, &frame, &n))
			frames++;
	} while (channel_fill(&p->c));
	assert_int_equal(frames, sent);
}

static void a_frame_is_written_with_its_length(void **state)
{
	struct pipe *p = *state;
	char got[64];

	assert_true(channel_put(&p->c, "ABCDEFGHIJKLMN", 14));
	assert_true(channel_put(&p->c, "abcdefghijklmnop", 16));
	assert_true(channel_pending(&p->c));
	assert_true(channel_flush(&p->c));
	assert_false(channel_pending(&p->c));
	assert_int_equal(recv(p->peer, got, sizeof(got), 0), TWO_LEN);
	assert_memory_equal(got, two_frames, TWO_LEN);
}

static void an_attack_on_the_framing_is_sent_as_it_is(void **state)
{
	struct pipe *p = *state;
	char got[8];

	assert_true(channel_put_raw(&p->c, "\xff\xff\xff\xff!", 5));
	assert_true(channel_flush(&p->c));
	assert_int_equal(recv(p->peer, got, sizeof(got), 0), 5);
	assert_memory_equal(got, "\xff\xff\xff\xff!", 5);
}

/* Reads from the peer what it has, checks it against frames that are numbered from *next. */
static void check_numbered(struct pipe *p, uint8_t *buf, size_t *have, uint32_t *next)
{
	ssize_t n = recv(p->peer, buf + *have, 4096 - *have, MSG_DONTWAIT);
	size_t at = 0;

	*have += n > 0 ? (size_t)n : 0;
	for (; *have - at >= 104; at += 104, ++*next) {
		uint32_t number;

		assert_memory_equal(buf + at, "\0\0\0\x64", 4);
		memcpy(&number, buf + at + 4, sizeof(number));
		assert_int_equal(number, *next);
	}
	memmove(buf, buf + at, *have - at);
	*have -= at;
}

static void partial_writes_lose_and_double_nothing(void **state)
{
	static uint8_t buf[4096];
	struct pipe *p = *state;
	uint8_t frame[100] = {0};
	size_t have = 0;
	uint32_t next = 0;
	int tiny = 1; /* the kernel makes its minimum of it */

	assert_int_equal(setsockopt(p->c.fd, SOL_SOCKET, SO_SNDBUF, &tiny, sizeof(tiny)), 0);
	for (uint32_t i = 0; i < 20000; i++) {
		memcpy(frame, &i, sizeof(i));
		assert_true(channel_put(&p->c, frame, sizeof(frame)));
		assert_true(channel_flush(&p->c));
		if (i % 3 == 0)
			check_numbered(p, buf, &have, &next);
	}
	while (next < 20000) {
		assert_true(channel_flush(&p->c));
		check_numbered(p, buf, &have, &next);
	}
	assert_false(channel_pending(&p->c));
	assert_int_equal(have, 0);
}

static void a_full_queue_never_leaves_half_a_frame(void **state)
{
	static uint8_t frame[CHANNEL_FRAME_MAX], prefix[4];
	struct pipe *p = *state;
	unsigned taken = 0, arrived = 0;

	while (channel_put(&p->c, frame, sizeof(frame)))
		taken++;
	assert_in_range(taken, 60, CHANNEL_OUT_SIZE / sizeof(frame));
	/* Smaller ones fill what is left, to the last byte but a few. */
	while (channel_put(&p->c, frame, 14))
		taken++;
	assert_false(channel_put(&p->c, frame, 14));
	assert_true(CHANNEL_OUT_SIZE - p->c.out_end < 18);
	while (arrived < taken) {
		size_t len;

		assert_true(channel_flush(&p->c));
		assert_int_equal(recv(p->peer, prefix, 4, MSG_WAITALL), 4);
		len = (size_t)prefix[1] << 16 | (size_t)prefix[2] << 8 | prefix[3];
		assert_true(len == sizeof(frame) || len == 14);
		/* A long frame does not fit the socket: flush and read in turns. */
		for (size_t got = 0; got < len;) {
			ssize_t n = recv(p->peer, frame, len - got, 0);

			assert_true(n > 0);
			got += (size_t)n;
			assert_true(channel_flush(&p->c));
		}
		arrived++;
	}
	assert_false(channel_pending(&p->c));
	assert_true(channel_put(&p->c, frame, sizeof(frame))); /* there is room again */
}

static void a_peer_that_is_gone_is_no_signal_and_no_memory(void **state)
{
	struct pipe *p = *state;

	assert_true(channel_put(&p->c, "ABCDEFGHIJKLMN", 14));
	peer_ends(p);
	assert_false(channel_flush(&p->c));
	assert_false(channel_pending(&p->c));
}

static void a_closed_channel_does_nothing(void **state)
{
	struct pipe *p = *state;

	channel_close(&p->c);
	assert_int_equal(p->c.fd, -1);
	assert_false(channel_fill(&p->c));
	expect_nothing(p);
	assert_false(channel_put(&p->c, "ABCDEFGHIJKLMN", 14));
	assert_false(channel_pending(&p->c));
	assert_true(channel_flush(&p->c));
	channel_close(&p->c);
}

/* ---- one frame a packet ---- */

static void each_packet_is_a_frame(void **state)
{
	struct pipe *p = *state;
	char got[64];

	peer_sends(p, "ABCDEFGHIJKLMN", 14);
	peer_sends(p, "abcdefghijklmnop", 16);
	fill(p);
	expect_frame(p, "ABCDEFGHIJKLMN", 14);
	expect_frame(p, "abcdefghijklmnop", 16);
	expect_nothing(p);
	assert_false(p->c.eof);
	assert_null(p->c.fault);
	assert_true(channel_put(&p->c, "ABCDEFGHIJKLMN", 14));
	assert_true(channel_put(&p->c, "abcdefghijklmnop", 16));
	assert_true(channel_flush(&p->c));
	assert_false(channel_pending(&p->c));
	assert_int_equal(recv(p->peer, got, sizeof(got), 0), 14);
	assert_memory_equal(got, "ABCDEFGHIJKLMN", 14);
	assert_int_equal(recv(p->peer, got, sizeof(got), 0), 16);
	assert_memory_equal(got, "abcdefghijklmnop", 16);
}

static void packets_have_no_framing_to_attack(void **state)
{
	struct pipe *p = *state;

	assert_false(channel_put_raw(&p->c, "\xff\xff\xff\xff!", 5));
	assert_false(channel_pending(&p->c));
}

static void the_longest_packet_passes_and_a_longer_one_is_a_fault(void **state)
{
	static uint8_t bytes[CHANNEL_FRAME_MAX + 1];
	struct pipe *p = *state;

	memset(bytes, 'x', sizeof(bytes));
	for (int i = 0; i < 10; i++) { /* more than the buffer holds at once */
		peer_sends(p, bytes, CHANNEL_FRAME_MAX);
		assert_true(channel_fill(&p->c));
		expect_frame(p, bytes, CHANNEL_FRAME_MAX);
	}
	peer_sends(p, bytes, sizeof(bytes));
	fill(p);
	expect_nothing(p);
	assert_string_equal(p->c.fault, "the backend sent a frame longer than 65550 bytes");
}

static void packets_wait_while_the_buffer_is_full(void **state)
{
	static uint8_t bytes[CHANNEL_FRAME_MAX];
	struct pipe *p = *state;
	unsigned sent = 0, got = 0;
	const uint8_t *frame;
	size_t n;

	/* Until neither the socket nor the buffer has room for one more. */
	do
		while (send(p->peer, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
			sent++;
	while (channel_fill(&p->c));
	assert_true(sent > CHANNEL_IN_SIZE / sizeof(bytes));
	assert_null(p->c.fault);
	do
		while (channel_take(&p->c, &frame, &n)) {
			assert_int_equal(n, sizeof(bytes));
			got++;
		}
	while (channel_fill(&p->c));
	assert_int_equal(got, sent);
}

static void an_empty_packet_is_a_fault_and_no_end(void **state)
{
	struct pipe *p = *state;

	peer_sends(p, "ABCDEFGHIJKLMN", 14);
	peer_sends(p, "", 0);
	peer_ends(p);
	fill(p);
	expect_frame(p, "ABCDEFGHIJKLMN", 14);
	expect_nothing(p);
	assert_string_equal(p->c.fault,
	                    "the backend sent a frame of length 0, which wedges a real guest");
}

static void a_short_packet_is_a_fault(void **state)
{
	struct pipe *p = *state;

	peer_sends(p, "ABCDEFGHIJKLM", 13);
	fill(p);
	expect_nothing(p);
	assert_string_equal(p->c.fault, "the backend sent a frame shorter than an Ethernet header");
}

static void a_seqpacket_ends_like_a_stream(void **state)
{
	struct pipe *p = *state;

	peer_sends(p, "ABCDEFGHIJKLMN", 14);
	peer_ends(p);
	fill(p);
	assert_true(p->c.eof);
	assert_null(p->c.fault);
	expect_frame(p, "ABCDEFGHIJKLMN", 14);
	expect_nothing(p);
}

static void datagrams_have_no_end(void **state)
{
	struct pipe *p = *state;

	peer_sends(p, "ABCDEFGHIJKLMN", 14);
	peer_ends(p);
	fill(p);
	assert_false(p->c.eof);
	expect_frame(p, "ABCDEFGHIJKLMN", 14);
	assert_true(channel_put(&p->c, "ABCDEFGHIJKLMN", 14));
	assert_false(channel_flush(&p->c)); /* but sending tells */
	assert_false(channel_pending(&p->c));
}

static void what_a_dead_peer_had_sent_is_read_all_the_same(void **state)
{
	struct pipe *p = *state;

	peer_sends(p, "ABCDEFGHIJKLMN", 14);
	peer_ends(p);
	assert_true(channel_put(&p->c, "abcdefghijklmnop", 16));
	assert_false(channel_flush(&p->c));
	expect_frame(p, "ABCDEFGHIJKLMN", 14);
}

static void packets_that_do_not_fit_yet_are_sent_later(void **state)
{
	struct pipe *p = *state;
	uint8_t frame[100] = {0}, got[200];
	uint32_t taken = 0;

	for (uint32_t i = 0; i < 2000; i++) {
		memcpy(frame, &i, sizeof(i));
		assert_true(channel_put(&p->c, frame, sizeof(frame)));
		assert_true(channel_flush(&p->c));
	}
	assert_true(channel_pending(&p->c));
	assert_int_equal(channel_patience_ms(&p->c), -1); /* poll tells when there is room */
	for (; taken < 2000; taken++) {
		uint32_t number;

		assert_true(channel_flush(&p->c));
		assert_int_equal(recv(p->peer, got, sizeof(got), MSG_DONTWAIT), sizeof(frame));
		memcpy(&number, got, sizeof(number));
		assert_int_equal(number, taken);
	}
	assert_false(channel_pending(&p->c));
}

/* ---- our own end ---- */

static void half_an_end_leaves_the_other_direction_open(void **state)
{
	struct pipe *p = *state;
	char byte;

	assert_true(channel_end(&p->c));
	assert_int_equal(recv(p->peer, &byte, 1, 0), 0);
	if (p->c.kind == CHANNEL_STREAM)
		peer_sends(p, two_frames, 18);
	else
		peer_sends(p, "ABCDEFGHIJKLMN", 14);
	fill(p);
	expect_frame(p, "ABCDEFGHIJKLMN", 14);
	assert_false(p->c.eof);
}

static void the_end_of_datagrams_loses_none_that_was_sent_before(void **state)
{
	struct pipe *p = *state;

	peer_sends(p, "ABCDEFGHIJKLMN", 14);
	assert_false(channel_end(&p->c));
	assert_int_equal(send(p->peer, "too late to be", 14, MSG_NOSIGNAL), -1);
	fill(p);
	channel_drop(&p->c);
	assert_int_equal(send(p->peer, "too late to be", 14, MSG_NOSIGNAL), -1);
	expect_frame(p, "ABCDEFGHIJKLMN", 14);
	expect_nothing(p);
	assert_false(channel_put(&p->c, "ABCDEFGHIJKLMN", 14));
}

#define TEST(f)      cmocka_unit_test_setup_teardown(f, make, end)
#define SEQPACKET(f) cmocka_unit_test_setup_teardown(f, make_seqpacket, end)
#define DATAGRAMS(f) cmocka_unit_test_setup_teardown(f, make_datagrams, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(several_frames_in_one_write_come_out_one_by_one),
	        TEST(a_stream_may_be_cut_at_every_byte),
	        TEST(a_stream_may_come_byte_by_byte),
	        TEST(half_a_frame_and_then_silence_is_no_progress),
	        TEST(the_shortest_and_the_longest_frame_pass),
	        TEST(lengths_that_no_frame_has_are_faults),
	        TEST(an_end_between_frames_is_an_end),
	        TEST(an_end_in_the_middle_of_a_frame_is_a_fault),
	        TEST(a_full_buffer_is_not_an_end),
	        TEST(a_frame_is_written_with_its_length),
	        TEST(an_attack_on_the_framing_is_sent_as_it_is),
	        TEST(partial_writes_lose_and_double_nothing),
	        TEST(a_full_queue_never_leaves_half_a_frame),
	        TEST(a_peer_that_is_gone_is_no_signal_and_no_memory),
	        TEST(a_closed_channel_does_nothing),
	        SEQPACKET(each_packet_is_a_frame),
	        DATAGRAMS(each_packet_is_a_frame),
	        SEQPACKET(packets_have_no_framing_to_attack),
	        DATAGRAMS(packets_have_no_framing_to_attack),
	        SEQPACKET(the_longest_packet_passes_and_a_longer_one_is_a_fault),
	        DATAGRAMS(the_longest_packet_passes_and_a_longer_one_is_a_fault),
	        SEQPACKET(packets_wait_while_the_buffer_is_full),
	        DATAGRAMS(packets_wait_while_the_buffer_is_full),
	        SEQPACKET(an_empty_packet_is_a_fault_and_no_end),
	        DATAGRAMS(an_empty_packet_is_a_fault_and_no_end),
	        SEQPACKET(a_short_packet_is_a_fault),
	        DATAGRAMS(a_short_packet_is_a_fault),
	        SEQPACKET(a_seqpacket_ends_like_a_stream),
	        DATAGRAMS(datagrams_have_no_end),
	        DATAGRAMS(what_a_dead_peer_had_sent_is_read_all_the_same),
	        SEQPACKET(packets_that_do_not_fit_yet_are_sent_later),
	        DATAGRAMS(packets_that_do_not_fit_yet_are_sent_later),
	        TEST(half_an_end_leaves_the_other_direction_open),
	        SEQPACKET(half_an_end_leaves_the_other_direction_open),
	        SEQPACKET(a_peer_that_is_gone_is_no_signal_and_no_memory),
	        DATAGRAMS(a_peer_that_is_gone_is_no_signal_and_no_memory),
	        DATAGRAMS(the_end_of_datagrams_loses_none_that_was_sent_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
