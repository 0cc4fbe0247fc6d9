/* SPDX-License-Identifier: ISC */
/* exchange_room_test.c: queues that have room for all but a byte: nothing is written by halves. */
#include "ref/exchange_write.h"

#include "bytes/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ref/exchange_rig.h"

#define HOST   "Host: ok.test\r\n"
#define GET(p) "GET " p " HTTP/1.1\r\n" HOST
#define CHUNKS "Transfer-Encoding: chunked\r\n"
#define SWITCH "Connection: upgrade\r\nUpgrade: websocket\r\n"
#define OK200  "HTTP/1.1 200 OK\r\n"

static struct rd of(const char *text)
{
	return rd_of(text, strlen(text));
}

/* Runs with `free` bytes of room in one queue; whether the phase or the queue changed. */
static bool moves(struct rig *r, struct buf *queue, size_t free)
{
	const enum exchange_phase phase = r->ex.phase;
	const size_t fill = queue->size - free;

	buf_take(queue, buf_len(queue));
	memset(buf_room(queue), '.', fill);
	buf_wrote(queue, fill);
	assert_int_equal(exchange_step(&r->ex, &r->io), EXCHANGE_MORE);
	if (buf_len(queue) == fill) {
		assert_int_equal(r->ex.phase, phase);
		return false;
	}
	buf_take(queue, fill);
	return true;
}

/* What comes into the queue comes when there is room for it, and not before. */
static void comes_whole(struct rig *r, struct buf *queue, const char *text)
{
	const size_t n = strlen(text);

	for (size_t free = 0; free < n; free++)
		assert_false(moves(r, queue, free));
	assert_true(moves(r, queue, n));
	assert_int_equal(buf_len(queue), n);
	assert_memory_equal(buf_bytes(queue).p, text, n);
	buf_take(queue, n);
}

static void asks(struct rig *r, const char *text)
{
	rig_open(r, NULL, 0, 1024);
	assert_true(buf_put(&r->guest_in, of(text)));
	assert_int_equal(exchange_step(&r->ex, &r->io), EXCHANGE_REQUEST);
}

static void heads_wait_for_room(void **state)
{
	static struct rig r;

	(void)state;
	asks(&r, GET("/ws") SWITCH "\r\n");
	exchange_allow(&r.ex, true);
	comes_whole(&r, &r.up_out, GET("/ws") SWITCH "\r\n");
	assert_true(buf_put(&r.up_in, of("HTTP/1.1 103 Hints\r\nA: b\r\n\r\n")));
	comes_whole(&r, &r.guest_out, "HTTP/1.1 103 Hints\r\nA: b\r\n\r\n");
	assert_true(buf_put(&r.up_in, of("HTTP/1.1 101 Go\r\n" SWITCH "\r\n")));
	comes_whole(&r, &r.guest_out, "HTTP/1.1 101 Go\r\n" SWITCH "\r\n");
	assert_int_equal(r.ex.phase, EXCHANGE_TUNNEL);
}

static void so_do_heads_with_bodies(void **state)
{
	static struct rig r;

	(void)state;
	asks(&r, "POST http://ok.test?x HTTP/1.1\r\n" HOST "X:y\r\nExpect: 100-continue\r\n" CHUNKS
	         "\r\n");
	exchange_allow(&r.ex, true);
	comes_whole(&r, &r.up_out,
	            "POST /?x HTTP/1.1\r\n" HOST "X: y\r\n" CHUNKS "Expect: 100-continue\r\n\r\n");
	assert_true(buf_put(&r.up_in, of("HTTP/1.1 100 Go\r\n\r\n")));
	comes_whole(&r, &r.guest_out, "HTTP/1.1 100 Go\r\n\r\n");
	assert_true(buf_put(&r.up_in, of(OK200 "Content-Length: 123456789\r\n\r\n")));
	comes_whole(&r, &r.guest_out,
	            OK200 "Content-Length: 123456789\r\nConnection: close\r\n\r\n");
}

static void refusals_wait_for_room(void **state)
{
	static struct rig r;

	(void)state;
	asks(&r, GET("/") "\r\n");
	exchange_refuse(&r.ex, 403, "request-denied");
	for (size_t free = 0; free < 114; free++)
		assert_false(moves(&r, &r.guest_out, free));
	buf_take(&r.guest_out, buf_len(&r.guest_out));
	assert_int_equal(exchange_step(&r.ex, &r.io), EXCHANGE_CLOSE);
	assert_int_equal(buf_len(&r.guest_out), 114);
}

static void the_last_chunk_waits_for_room(void **state)
{
	static struct rig r;

	(void)state;
	asks(&r, GET("/") "\r\n");
	exchange_allow(&r.ex, false);
	assert_int_equal(exchange_step(&r.ex, &r.io), EXCHANGE_MORE);
	assert_true(buf_put(&r.up_in, of(OK200 "\r\n")));
	comes_whole(&r, &r.guest_out, OK200 CHUNKS "\r\n");
	r.io.up_eof = true;
	for (size_t free = 0; free < 5; free++)
		assert_false(moves(&r, &r.guest_out, free));
	buf_take(&r.guest_out, buf_len(&r.guest_out));
	assert_int_equal(exchange_step(&r.ex, &r.io), EXCHANGE_DROP);
	assert_memory_equal(buf_bytes(&r.guest_out).p, "0\r\n\r\n", 5);
	assert_int_equal(r.ex.phase, EXCHANGE_IDLE);
}

/* Its head filled the queue, and upstream is gone: the reply is complete all the same. */
static void a_reply_without_a_body_needs_no_room_for_one(void **state)
{
	static struct rig r;

	(void)state;
	asks(&r, "HEAD / HTTP/1.1\r\n" HOST "\r\n");
	exchange_allow(&r.ex, false);
	assert_int_equal(exchange_step(&r.ex, &r.io), EXCHANGE_MORE);
	assert_true(buf_put(&r.up_in, of(OK200 "\r\n")));
	r.io.up_eof = true;
	memset(buf_room(&r.guest_out), '.', 1024 - 19);
	buf_wrote(&r.guest_out, 1024 - 19);
	assert_int_equal(exchange_step(&r.ex, &r.io), EXCHANGE_DROP);
	assert_int_equal(r.ex.phase, EXCHANGE_IDLE);
	assert_int_equal(buf_free(&r.guest_out), 0);
}

/* ---- bodies ---- */

/* A queue that ends at an unreadable page. */
static struct buf queue_of(const struct guard *g)
{
	return buf_of(g->p, g->n);
}

static void bodies_are_moved_as_far_as_there_is_room(void **state)
{
	static const uint8_t zeros[600];
	static uint8_t memory[600];

	(void)state;
	for (size_t size = 0; size < sizeof(zeros); size++) {
		for (int chunked = 0; chunked <= 1; chunked++) {
			const struct http1_head head = {.framing = HTTP1_BODY_LENGTH,
			                                .content_length = 300};
			struct http1_body body = http1_body_of(&head);
			struct guard room = guard_copy(zeros, size);
			struct buf to = queue_of(&room), from = buf_of(memory, sizeof(memory));
			uint64_t moved = 0;
			enum http1_answer answer;

			memset(memory, 'x', 300);
			buf_wrote(&from, 300);
			answer = exchange_move_body(&body, &to, &from, chunked, &moved);
			if (size < 325) {
				assert_int_equal(answer, HTTP1_MORE);
				assert_true(size <= 25 ? moved == 0 : moved >= size - 25);
			} else {
				assert_int_equal(answer, HTTP1_OK);
				assert_int_equal(moved, 300);
				assert_int_equal(buf_len(&to), chunked ? 5 + 300 + 2 + 5 : 300);
			}
			assert_int_equal(buf_len(&from), 300 - moved);
			assert_true(chunked || buf_len(&to) == moved);
			guard_free(&room);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(heads_wait_for_room),
	        cmocka_unit_test(so_do_heads_with_bodies),
	        cmocka_unit_test(refusals_wait_for_room),
	        cmocka_unit_test(the_last_chunk_waits_for_room),
	        cmocka_unit_test(a_reply_without_a_body_needs_no_room_for_one),
	        cmocka_unit_test(bodies_are_moved_as_far_as_there_is_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
