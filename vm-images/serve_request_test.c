/* SPDX-License-Identifier: ISC */
/* serve_request_test.c: requests of the harness as the guest's agent reads them, and what it refuses. */
#include "vm-images/serve_request.h"

#include "bytes/guard.h"
#include "harness/agent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FRAMES "\0\0\0\3one\0\0\0\1x"

static uint8_t room[AGENT_WIRE_MAX + 13]; /* the longest, and a KILL behind it */

/* What was put, flush against an unreadable page, whole and cut at every place. */
static struct serve_request read_back(const struct wr *w)
{
	struct guard g = guard_copy(w->p, w->len);
	struct serve_request q, cut;

	for (size_t n = 0; n <= w->len; n++) {
		struct rd r = rd_of(g.p + w->len - n, n);

		/* The front of it, flush against the page as well. */
		memmove(g.p + w->len - n, w->p, n);
		assert_int_equal(serve_request_read(&r, n < w->len ? &cut : &q),
		                 n < w->len ? SERVE_MORE : SERVE_TAKEN);
		assert_int_equal(r.n, n < w->len ? n : 0);
	}
	/* The windows may be looked at after the guard is gone. */
	if (q.text.n)
		q.text.p = w->p + (q.text.p - g.p);
	if (q.data.n)
		q.data.p = w->p + (q.data.p - g.p);
	guard_free(&g);
	return q;
}

static void assert_text(const struct serve_request *q, const char *text)
{
	char copy[AGENT_COMMAND_MAX + 1];

	serve_request_text(q, copy);
	assert_string_equal(copy, text);
}

static void commands_are_read_as_they_were_asked(void **state)
{
	struct wr w = wr_of(room, sizeof(room));
	struct serve_request q;

	(void)state;
	assert_true(agent_put_run(&w, 0x1020304, 600000, "echo one"));
	q = read_back(&w);
	assert_int_equal(q.type, AGENT_RUN);
	assert_int_equal(q.id, 0x1020304);
	assert_int_equal(q.number, 600000);
	assert_text(&q, "echo one");
	w.len = 0;
	assert_true(agent_put_spawn(&w, 2, "sleep 9"));
	q = read_back(&w);
	assert_int_equal(q.number, 0); /* no time */
	assert_text(&q, "sleep 9");
	w.len = 0;
	assert_true(agent_put_kill(&w, 3, 77));
	assert_int_equal(read_back(&w).number, 77);
}

static void frames_are_read_as_they_were_asked(void **state)
{
	struct wr w = wr_of(room, sizeof(room));
	struct serve_request q;

	(void)state;
	assert_true(agent_put_frame(&w, 1, "eth0", "frame", 5));
	q = read_back(&w);
	assert_text(&q, "eth0");
	assert_int_equal(q.data.n, 5);
	assert_memory_equal(q.data.p, "frame", 5);
	w.len = 0;
	assert_true(agent_put_burst(&w, 2, "fifteen-letters", rd_of(FRAMES, sizeof(FRAMES) - 1)));
	q = read_back(&w);
	assert_text(&q, "fifteen-letters");
	assert_int_equal(q.data.n, sizeof(FRAMES) - 1);
	assert_memory_equal(q.data.p, FRAMES, sizeof(FRAMES) - 1);
	w.len = 0;
	assert_true(agent_put_sniff(&w, 3, "lo", 1000, 600000));
	q = read_back(&w);
	assert_text(&q, "lo");
	assert_int_equal(q.count, 1000);
	assert_int_equal(q.number, 600000);
}

static void files_and_the_rest_are_read_as_they_were_asked(void **state)
{
	static const uint8_t entropy[AGENT_ENTROPY_MAX];
	struct wr w = wr_of(room, sizeof(room));
	struct serve_request q;

	(void)state;
	assert_true(agent_put_put(&w, 1, "/a/b", 07777, true, rd_of("text", 4)));
	q = read_back(&w);
	assert_text(&q, "/a/b");
	assert_int_equal(q.mode, 07777);
	assert_true(q.append);
	assert_memory_equal(q.data.p, "text", 4);
	w.len = 0;
	assert_true(agent_put_get(&w, 2, "/a", 5));
	q = read_back(&w);
	assert_text(&q, "/a");
	assert_int_equal(q.number, 5);
	w.len = 0;
	for (size_t n = AGENT_ENTROPY_MIN; n <= AGENT_ENTROPY_MAX; n *= 16) {
		w.len = 0;
		assert_true(agent_put_restored(&w, 3, 7, 999999999, rd_of(entropy, n)));
		q = read_back(&w);
		assert_int_equal(q.number, 7);
		assert_int_equal(q.nanoseconds, 999999999);
		assert_int_equal(q.data.n, n);
	}
	w.len = 0;
	assert_true(agent_put_network(&w, 4, AGENT_DO_SETUP | AGENT_DO_DHCP));
	assert_int_equal(read_back(&w).number, 3);
	w.len = 0;
	assert_true(agent_put_report(&w, 5));
	assert_int_equal(read_back(&w).type, AGENT_REPORT);
	w.len = 0;
	assert_true(agent_put_poweroff(&w, 6));
	assert_int_equal(read_back(&w).type, AGENT_POWEROFF);
}

static void what_is_as_long_as_may_be_is_read(void **state)
{
	static char text[AGENT_FRAME_MAX + 1];
	struct wr w = wr_of(room, sizeof(room));
	struct serve_request q;
	struct rd r;

	(void)state;
	memset(text, '/', sizeof(text));
	for (int i = 0; i < 4; i++) {
		w.len = 0;
		text[i ? AGENT_PATH_MAX : AGENT_COMMAND_MAX] = 0;
		assert_true(
		        i == 0   ? agent_put_run(&w, 1, 1, text)
		        : i == 1 ? agent_put_get(&w, 1, text, 0)
		        : i == 2
		                ? agent_put_put(&w, 1, text, 0, false, rd_of(text, AGENT_CHUNK_MAX))
		                : agent_put_frame(&w, 1, "fifteen-letters", text, AGENT_FRAME_MAX));
		r = rd_of(room, w.len);
		assert_int_equal(serve_request_read(&r, &q), SERVE_TAKEN);
		assert_int_equal(r.n, 0);
	}
	assert_int_equal(w.len, AGENT_WIRE_MAX);
	assert_int_equal(q.data.n, AGENT_FRAME_MAX);
	r = rd_of("\0\1\0\x23\4", 5); /* so long a message is waited for */
	assert_int_equal(serve_request_read(&r, &q), SERVE_MORE);
}

/* Bodies behind type and id: one just beyond each bound. */
static void what_is_no_request_is_refused_and_the_next_is_read(void **state)
{
	static char long_path[5 + 256] = "\0\0\0\1", long_text[AGENT_COMMAND_MAX + 1];
	static char long_piece[5 + 2 + AGENT_CHUNK_MAX + 1] = "\0\0\0\0\2/a", entropy[8 + 257];
	static char long_frame[3 + AGENT_FRAME_MAX + 1] = "\2lo";
	static const struct {
		uint8_t type;
		const char *body;
		size_t n;
	} rows[] = {
#define ROW(type, body) {type, body, sizeof(body) - 1}
	        ROW(0, ""),
	        ROW(13, ""),
	        ROW(AGENT_HELLO, "\0\0\0\2"),
	        ROW(AGENT_RUN, "\0\0\0\0true"),
	        ROW(AGENT_RUN, "\0\x09\x27\xc1true"), /* 600001 */
	        ROW(AGENT_RUN, "\0\0\0\1"),
	        ROW(AGENT_RUN, "\0\0\0\1a\0b"),
	        ROW(AGENT_SPAWN, ""),
	        {AGENT_SPAWN, long_text, sizeof(long_text)},
	        ROW(AGENT_KILL, "\0\0\1"),
	        ROW(AGENT_KILL, "\0\0\0\1\0"),
	        ROW(AGENT_FRAME, "\2lo"),
	        ROW(AGENT_FRAME, "\0frame"),
	        ROW(AGENT_FRAME, "\3lo"),
	        ROW(AGENT_FRAME, "\2l\0frame"),
	        ROW(AGENT_FRAME, "\20sixteen-letters.frame"),
	        {AGENT_FRAME, long_frame, sizeof(long_frame)},
	        ROW(AGENT_BURST, "\2lo"),
	        ROW(AGENT_BURST, "\2lo" FRAMES "\0\0\0"),
	        ROW(AGENT_BURST, "\2lo" FRAMES "\0\0\0\0"),
	        ROW(AGENT_BURST, "\2lo" FRAMES "\0\0\0\2x"),
	        ROW(AGENT_SNIFF, "\2lo\0\0\0\0\0\1"),
	        ROW(AGENT_SNIFF, "\2lo\x03\xe9\0\0\0\1"),
	        ROW(AGENT_SNIFF, "\2lo\0\1\0\0\0\0"),
	        ROW(AGENT_SNIFF, "\2lo\0\1\0\0\0\1x"),
	        ROW(AGENT_PUT, "\2\0\0\0\2/a"),
	        ROW(AGENT_PUT, "\0\x10\0\0\2/a"),
	        ROW(AGENT_PUT, "\0\0\0\0\2aa"),
	        ROW(AGENT_PUT, "\0\0\0\0\3/a"),
	        {AGENT_PUT, long_path, sizeof(long_path)},
	        {AGENT_PUT, long_piece, sizeof(long_piece)},
	        ROW(AGENT_GET, "\0\0\0\0"),
	        ROW(AGENT_GET, "\0\0\0\0a"),
	        ROW(AGENT_GET, "\0\0\0\0/\0"),
	        ROW(AGENT_REPORT, "x"),
	        ROW(AGENT_POWEROFF, "x"),
	        {AGENT_RESTORED, entropy, 8 + 15},
	        {AGENT_RESTORED, entropy, sizeof(entropy)},
	        ROW(AGENT_RESTORED, "\0\0\0\0\x3b\x9a\xca\0"
	                            "0123456789abcdef"),
	        ROW(AGENT_NETWORK, "\0"),
	        ROW(AGENT_NETWORK, "\4"),
	        ROW(AGENT_NETWORK, "\1\0"),
	};

	(void)state;
	memset(long_path + 5, '/', 256);
	memset(long_text, 'a', sizeof(long_text));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wr w = wr_of(room, sizeof(room));
		struct serve_request q;
		struct guard g;
		struct rd r;

		assert_true(wr_u32(&w, (uint32_t)(5 + rows[i].n)) && wr_u8(&w, rows[i].type) &&
		            wr_u32(&w, 9) && wr_bytes(&w, rows[i].body, rows[i].n));
		assert_true(agent_put_kill(&w, 10, 1));
		g = guard_copy(room, w.len);
		r = rd_of(g.p, g.n);
		if (serve_request_read(&r, &q) != SERVE_REFUSED || q.id != 9 || !q.why)
			fail_msg("row %zu", i);
		assert_int_equal(serve_request_read(&r, &q), SERVE_TAKEN);
		assert_int_equal(q.id, 10);
		guard_free(&g);
	}
}

static void a_length_that_cannot_be_is_not_waited_for(void **state)
{
	static const char *const lengths[] = {"\0\0\0\4", "\0\0\0\0", "\0\1\0\x24",
	                                      "\xff\xff\xff\xff"};
	struct serve_request q;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct rd r = rd_of(lengths[i], 4);

		assert_int_equal(serve_request_read(&r, &q), SERVE_LOST);
		assert_non_null(q.why);
		assert_int_equal(q.id, 0);
		assert_int_equal(r.n, 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(commands_are_read_as_they_were_asked),
	        cmocka_unit_test(frames_are_read_as_they_were_asked),
	        cmocka_unit_test(files_and_the_rest_are_read_as_they_were_asked),
	        cmocka_unit_test(what_is_as_long_as_may_be_is_read),
	        cmocka_unit_test(what_is_no_request_is_refused_and_the_next_is_read),
	        cmocka_unit_test(a_length_that_cannot_be_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
