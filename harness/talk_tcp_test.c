/* SPDX-License-Identifier: ISC */
#include "harness/talk_tcp.h"

#include "harness/addr.h"
#include "harness/talk_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FIRST  1000
#define THEIRS 5000

/* A guest, and the segments that it has sent. */
struct stage {
	struct talk_tcp tcp;
	struct talk_segment sent[16];
	char bytes[16][64];
	unsigned count;
};

static void keep(void *arg, const struct talk_segment *s)
{
	struct stage *g = arg;

	assert_true(g->count < 16);
	assert_true(s->n <= sizeof(g->bytes[0]));
	if (s->n)
		memcpy(g->bytes[g->count], s->p, s->n);
	g->sent[g->count++] = *s;
}

/* A segment of theirs, of `text`. */
static void hear(struct stage *g, uint8_t flags, uint32_t seq, uint32_t ack, const char *text)
{
	static uint8_t header[20];
	struct seen s = {.kind = SEEN_TCP,
	                 .tcp_flags = flags,
	                 .tcp_seq = seq,
	                 .tcp_ack = ack,
	                 .l4 = rd_of(header, sizeof(header)),
	                 .payload = rd_of(text, strlen(text))};

	header[14] = 0;
	header[15] = 20; /* their window */
	talk_tcp_hear(&g->tcp, &s);
}

static struct stage *open_stage(struct stage *g)
{
	*g = (struct stage){.tcp = {.mss = 10, .emit = keep, .arg = g}};
	talk_tcp_open(&g->tcp, FIRST);
	hear(g, TCP_SYN | TCP_ACK, THEIRS, FIRST + 1, "");
	assert_true(g->tcp.open);
	assert_int_equal(g->count, 2);
	return g;
}

static void a_handshake_is_a_syn_and_an_ack(void **state)
{
	struct stage g;

	(void)state;
	open_stage(&g);
	assert_int_equal(g.sent[0].flags, TCP_SYN);
	assert_int_equal(g.sent[0].seq, FIRST);
	assert_int_equal(g.sent[1].flags, TCP_ACK);
	assert_int_equal(g.sent[1].seq, FIRST + 1);
	assert_int_equal(g.sent[1].ack, THEIRS + 1);
	assert_null(g.tcp.fault);
}

static void a_refusal_is_a_reset(void **state)
{
	struct stage g = {.tcp = {.mss = 10, .emit = keep, .arg = &g}};

	(void)state;
	talk_tcp_open(&g.tcp, FIRST);
	hear(&g, TCP_RST | TCP_ACK, 0, FIRST + 1, "");
	assert_true(g.tcp.reset && talk_tcp_is_over(&g.tcp) && !g.tcp.open);
	assert_int_equal(talk_tcp_say(&g.tcp, (const uint8_t *)"a", 1), 0);
}

static void no_more_is_said_than_window_and_segment_take(void **state)
{
	struct stage g;
	const uint8_t *text = (const uint8_t *)"0123456789abcdefghijklmnopq";

	(void)state;
	open_stage(&g);
	assert_int_equal(talk_tcp_say(&g.tcp, text, 27), 10);
	assert_int_equal(talk_tcp_say(&g.tcp, text + 10, 17), 10);
	assert_int_equal(talk_tcp_say(&g.tcp, text + 20, 7), 0);
	assert_false(talk_tcp_is_acked(&g.tcp));
	hear(&g, TCP_ACK, THEIRS + 1, FIRST + 1 + 20, "");
	assert_true(talk_tcp_is_acked(&g.tcp));
	assert_int_equal(talk_tcp_say(&g.tcp, text + 20, 7), 7);
	assert_memory_equal(g.bytes[4], "klmnopq", 7);
	assert_int_equal(g.sent[4].seq, FIRST + 21);
}

static void bytes_are_heard_once_and_acknowledged(void **state)
{
	struct stage g;

	(void)state;
	open_stage(&g);
	hear(&g, TCP_ACK, THEIRS + 1, FIRST + 1, "abc");
	hear(&g, TCP_ACK, THEIRS + 1, FIRST + 1, "abcdef"); /* again, and more */
	hear(&g, TCP_ACK | TCP_FIN, THEIRS + 7, FIRST + 1, "g");
	hear(&g, TCP_ACK | TCP_FIN, THEIRS + 7, FIRST + 1, "g");
	assert_int_equal(g.tcp.heard.n, 7);
	assert_memory_equal(g.tcp.heard.p, "abcdefg", 7);
	assert_true(g.tcp.their_end);
	assert_int_equal(g.sent[g.count - 1].ack, THEIRS + 9);
	assert_null(g.tcp.fault);
	talk_tcp_end(&g.tcp);
	assert_int_equal(g.sent[g.count - 1].flags, TCP_FIN | TCP_ACK);
	talk_bytes_free(&g.tcp.heard);
}

static void what_comes_behind_a_gap_is_asked_for_again(void **state)
{
	struct stage g;

	(void)state;
	hear(open_stage(&g), TCP_ACK, THEIRS + 4, FIRST + 1, "def");
	assert_int_equal(g.tcp.heard.n, 0);
	assert_int_equal(g.sent[g.count - 1].ack, THEIRS + 1);
	hear(&g, TCP_ACK, THEIRS + 1, FIRST + 1, "abc");
	hear(&g, TCP_ACK, THEIRS + 4, FIRST + 1, "def");
	assert_memory_equal(g.tcp.heard.p, "abcdef", 6);
	assert_null(g.tcp.fault);
	talk_bytes_free(&g.tcp.heard);
}

static void what_no_tcp_does_is_a_fault(void **state)
{
	struct stage g;

	(void)state;
	hear(open_stage(&g), TCP_ACK, THEIRS + 1, FIRST + 9, "");
	assert_string_equal(g.tcp.fault, "it acknowledges what was never sent");
	g = (struct stage){.tcp = {.mss = 10, .emit = keep, .arg = &g}};
	talk_tcp_open(&g.tcp, FIRST);
	hear(&g, TCP_SYN | TCP_ACK, THEIRS, FIRST + 2, "");
	assert_non_null(g.tcp.fault);
	assert_false(g.tcp.open);
}

static void behind_a_reset_nothing_is_said(void **state)
{
	struct stage g;
	unsigned count;

	(void)state;
	open_stage(&g);
	talk_tcp_abort(&g.tcp);
	assert_int_equal(g.sent[g.count - 1].flags, TCP_RST | TCP_ACK);
	count = g.count;
	hear(&g, TCP_ACK, THEIRS + 1, FIRST + 1, "abc");
	talk_tcp_end(&g.tcp);
	talk_tcp_abort(&g.tcp);
	assert_int_equal(g.count, count);
}

/* The harness's own eyes find nothing wrong with them. */
static void frames_are_as_they_should_be(void **state)
{
	const struct talk_ends ends = {.gateway_mac = "\x52\x55\xc0\xa8\x64\x01",
	                               .ip = IP4(99, 0, 0, 10),
	                               .port = 80,
	                               .own_port = 20001};
	const struct talk_segment first = {.flags = TCP_SYN, .seq = 7, .mss = 1400};
	const struct talk_segment more = {
	        .flags = TCP_ACK, .seq = 8, .ack = 9, .p = (const uint8_t *)"abc", .n = 3};
	uint8_t frame[TALK_FRAME_MAX];
	struct seen s;

	(void)state;
	decode(frame, talk_frame_tcp(&ends, &first, frame), &s);
	assert_null(s.fault);
	assert_int_equal(s.kind, SEEN_TCP);
	assert_int_equal(s.tcp_flags, TCP_SYN);
	assert_int_equal(s.ip_src, LAB_VM_IP);
	assert_int_equal(s.ip_dst, ends.ip);
	assert_int_equal(s.dport, 80);
	assert_int_equal(s.sport, 20001);
	decode(frame, talk_frame_tcp(&ends, &more, frame), &s);
	assert_null(s.fault);
	assert_int_equal(s.payload.n, 3);
	assert_int_equal(s.tcp_ack, 9);
	decode(frame, talk_frame_udp(&ends, (const uint8_t *)"hello", 5, frame), &s);
	assert_null(s.fault);
	assert_int_equal(s.kind, SEEN_UDP);
	assert_memory_equal(s.payload.p, "hello", 5);
	assert_int_equal(talk_frame_udp(&ends, frame, TALK_FRAME_MAX, frame), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_handshake_is_a_syn_and_an_ack),
	        cmocka_unit_test(a_refusal_is_a_reset),
	        cmocka_unit_test(no_more_is_said_than_window_and_segment_take),
	        cmocka_unit_test(bytes_are_heard_once_and_acknowledged),
	        cmocka_unit_test(what_comes_behind_a_gap_is_asked_for_again),
	        cmocka_unit_test(what_no_tcp_does_is_a_fault),
	        cmocka_unit_test(behind_a_reset_nothing_is_said),
	        cmocka_unit_test(frames_are_as_they_should_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
