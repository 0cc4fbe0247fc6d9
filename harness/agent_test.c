/* SPDX-License-Identifier: ISC */
/* agent_test.c: what the harness believes of a guest's messages, and what it asks. */
#include "harness/agent.h"

#include "bytes/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

#define BYTES(s) (s), sizeof(s) - 1

#define HELLO   "\0\0\0\x09\x81\0\0\0\0\0\0\0\x02"
#define READY   "\0\0\0\x11\x82\0\0\0\0\x01\x02\0\0\0\x10\0\x07\0\0\x20\0"
#define NOT     "\0\0\0\x0f\x82\0\0\0\0\0\0no lease"
#define EXITED  "\0\0\0\x0e\x83\0\0\0\x07\0\0\0\0\x03\x01out"
#define STARTED "\0\0\0\x09\x84\0\0\0\x08\0\0\0\x2a"
#define SENT    "\0\0\0\x09\x85\0\0\0\x09\0\0\0\x64"
#define KILLED  "\0\0\0\x09\x86\0\0\0\x0a\0\0\0\0"
#define BURST   "\0\0\0\x0d\x88\0\0\0\x0b\0\0\0\x02\0\0\0\x69"
#define SNIFFED "\0\0\0\x12\x89\0\0\0\x0c\1\0\2\0\0\0\1a\0\0\0\1b"
#define DONE    "\0\0\0\x09\x8a\0\0\0\x0d\0\0\0\x02"
#define DATA                                                                                       \
	"\0\0\0\x10\x8b\0\0\0\x0e\0\0\0\0\0\0\x10\0"                                               \
	"abc"
#define REPORT  "\0\0\0\x13\x8c\0\0\0\x0f\0\0\x10\0\0\x01\0\0\0\0\x80\0ok"
#define ANSWER  "\0\0\0\x07\x82\0\0\0\x10\x01\0"
#define ERRORED "\0\0\0\x08\x87\0\0\0\x0b\x1b[m"

static const struct {
	const char *bytes;
	size_t len;
} good[] = {{BYTES(HELLO)}, {BYTES(READY)},  {BYTES(NOT)},     {BYTES(EXITED)}, {BYTES(STARTED)},
            {BYTES(SENT)},  {BYTES(KILLED)}, {BYTES(ERRORED)}, {BYTES(BURST)},  {BYTES(SNIFFED)},
            {BYTES(DONE)},  {BYTES(DATA)},   {BYTES(REPORT)},  {BYTES(ANSWER)}};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static enum agent_status decode(const void *bytes, size_t len, struct agent_message *m)
{
	struct guard g = guard_copy(bytes, len);
	struct rd r = rd_of(g.p, g.n);
	enum agent_status s = agent_decode(&r, m);

	if (s == AGENT_OK)
		assert_int_equal(r.n, 0);
	else
		assert_int_equal(r.n, len);
	m->text = rd_of(NULL, 0); /* its bytes go away now */
	guard_free(&g);
	return s;
}

static void every_message_is_read_in_full(void **state)
{
	struct agent_message m;
	struct rd r;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_int_equal(decode(good[i].bytes, good[i].len, &m), AGENT_OK);
	r = rd_of(BYTES(READY));
	assert_int_equal(agent_decode(&r, &m), AGENT_OK);
	assert_true(m.ok);
	assert_int_equal(m.at_us[AGENT_STEP_INIT], 0x1000);
	assert_int_equal(m.at_us[AGENT_STEP_LINK], 0);
	assert_int_equal(m.at_us[AGENT_STEP_LEASE], 0x2000);
	r = rd_of(BYTES(NOT));
	assert_int_equal(agent_decode(&r, &m), AGENT_OK);
	assert_false(m.ok);
	assert_int_equal(m.text.n, 8);
	r = rd_of(BYTES(EXITED));
	assert_int_equal(agent_decode(&r, &m), AGENT_OK);
	assert_int_equal(m.id, 7);
	assert_int_equal(m.how, AGENT_EXITED);
	assert_int_equal(m.value, 3);
	assert_true(m.truncated);
	assert_memory_equal(m.text.p, "out", 3);
	r = rd_of(BYTES(BURST));
	assert_int_equal(agent_decode(&r, &m), AGENT_OK);
	assert_int_equal(m.count, 2);
	assert_int_equal(m.value, 105);
	r = rd_of(BYTES(DATA));
	assert_int_equal(agent_decode(&r, &m), AGENT_OK);
	assert_int_equal(m.count, 4096);
	assert_memory_equal(m.text.p, "abc", 3);
	r = rd_of(BYTES(REPORT));
	assert_int_equal(agent_decode(&r, &m), AGENT_OK);
	assert_int_equal(m.value, 4096);
	assert_int_equal(m.memory_kb, 65536);
	assert_int_equal(m.available_kb, 32768);
	r = rd_of(BYTES(ANSWER));
	assert_int_equal(agent_decode(&r, &m), AGENT_OK);
	assert_int_equal(m.id, 16);
}

static void sniffed_frames_come_one_by_one(void **state)
{
	struct agent_message m;
	struct rd r = rd_of(BYTES(SNIFFED)), f;

	(void)state;
	assert_int_equal(agent_decode(&r, &m), AGENT_OK);
	assert_true(m.truncated);
	assert_int_equal(m.count, 2);
	assert_true(agent_next_frame(&m.text, &f));
	assert_memory_equal(f.p, "a", 1);
	assert_true(agent_next_frame(&m.text, &f));
	assert_memory_equal(f.p, "b", 1);
	assert_false(agent_next_frame(&m.text, &f));
}

static void every_truncation_asks_for_more(void **state)
{
	struct agent_message m;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		for (size_t n = 0; n < good[i].len; n++)
			assert_int_equal(decode(good[i].bytes, n, &m), AGENT_MORE);
}

/* The length says less than the type needs: the bytes are all there, the message is not. */
static void a_body_cut_short_by_its_length_is_refused(void **state)
{
	static const size_t fixed[] = {4, 6, 4, 4,
	                               4}; /* least body of HELLO EXIT STARTED SENT KILLED */
	static const size_t which[] = {0, 3, 4, 5, 6};
	struct agent_message m;
	char copy[64];

	(void)state;
	for (size_t i = 0; i < COUNT(which); i++)
		for (size_t body = 0; body < fixed[i]; body++) {
			memcpy(copy, good[which[i]].bytes, good[which[i]].len);
			copy[3] = (char)(AGENT_HEAD_MIN + body);
			assert_int_equal(decode(copy, 4 + AGENT_HEAD_MIN + body, &m), AGENT_BAD);
		}
}

static void bytes_behind_a_fixed_body_are_refused(void **state)
{
	static const size_t which[] = {0, 4, 5, 6};
	struct agent_message m;
	char copy[64] = "";

	(void)state;
	for (size_t i = 0; i < COUNT(which); i++) {
		memcpy(copy, good[which[i]].bytes, good[which[i]].len);
		copy[3]++;
		assert_int_equal(decode(copy, good[which[i]].len + 1, &m), AGENT_BAD);
	}
}

static void a_length_that_cannot_be_right_is_refused_before_it_is_waited_for(void **state)
{
	struct agent_message m;

	(void)state;
	assert_int_equal(decode(BYTES("\0\0\0\0"), &m), AGENT_BAD);
	assert_int_equal(decode(BYTES("\0\0\0\x04"), &m), AGENT_BAD);
	assert_int_equal(decode(BYTES("\xff\xff\xff\xff"), &m), AGENT_BAD);
	assert_int_equal(decode(BYTES("\0\x02\0\0"), &m), AGENT_BAD);
	assert_int_equal(decode(BYTES("\0\0\0\x05"), &m), AGENT_MORE);
}

static void what_no_guest_may_say_is_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
	        {BYTES("\0\0\0\x05\0\0\0\0\0")},               /* type 0 */
	        {BYTES("\0\0\0\x05\x05\0\0\0\x01")},           /* a request */
	        {BYTES("\0\0\0\x05\x8d\0\0\0\x01")},           /* unknown type */
	        {BYTES("\0\0\0\x09\x81\0\0\0\0\0\0\0\x01")},   /* other version */
	        {BYTES("\0\0\0\x09\x81\0\0\0\x01\0\0\0\x02")}, /* HELLO with an id */
	        {BYTES("\0\0\0\x07\x82\0\0\0\0\x02\0")},       /* ok = 2 */
	        {BYTES("\0\0\0\x07\x82\0\0\0\0\x01\x01")},     /* a step that is not there */
	        {BYTES("\0\0\0\x0c\x82\0\0\0\0\x01\x01\x08\0\0\0\x01")}, /* unknown step */
	        {BYTES("\0\0\0\x0c\x82\0\0\0\0\x01\x01\x01\0\0\0\0")},   /* step at time 0 */
	        {BYTES("\0\0\0\x11\x82\0\0\0\0\x01\x02\x01\0\0\0\x01\x01\0\0\0\x02")}, /* twice */
	        {BYTES("\0\0\0\x0b\x83\0\0\0\x07\x03\0\0\0\0\0")},                     /* how = 3 */
	        {BYTES("\0\0\0\x0b\x83\0\0\0\x07\0\0\0\0\0\x02")},  /* truncated = 2 */
	        {BYTES("\0\0\0\x09\x84\0\0\0\x08\0\0\0\0")},        /* pid 0 */
	        {BYTES("\0\0\0\x08\x89\0\0\0\x01\0\0\x01")},        /* SNIFFED: one frame less */
	        {BYTES("\0\0\0\x0d\x89\0\0\0\x01\0\0\0\0\0\0\1a")}, /* and one more */
	        {BYTES("\0\0\0\x0d\x89\0\0\0\x01\0\0\1\0\0\0\2a")}, /* a frame cut off */
	        {BYTES("\0\0\0\x0c\x89\0\0\0\x01\0\0\1\0\0\0\0")},  /* an empty one */
	        {BYTES("\0\0\0\x08\x89\0\0\0\x01\2\0\0")},          /* truncated = 2 */
	        {BYTES("\0\0\0\x09\x88\0\0\0\x01\0\0\0\1")},        /* BURST, no errno */
	        {BYTES("\0\0\0\x0a\x8a\0\0\0\x01\0\0\0\0x")},       /* DONE and more */
	        {BYTES("\0\0\0\x0c\x8b\0\0\0\x01\0\0\0\0\0\0\0")},  /* DATA, size cut off */
	        {BYTES("\0\0\0\x10\x8c\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0")}, /* REPORTED */
	};
	struct agent_message m;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(decode(bad[i].bytes, bad[i].len, &m), AGENT_BAD);
}

static void texts_and_output_are_bounded(void **state)
{
	static uint8_t buf[AGENT_WIRE_MAX];
	static const struct {
		uint8_t type;
		size_t fixed, max;
	} rows[] = {{AGENT_EXIT, 6, AGENT_OUTPUT_MAX},
	            {AGENT_ERROR, 0, AGENT_TEXT_MAX},
	            {AGENT_READY, 2, AGENT_TEXT_MAX},
	            {AGENT_DATA, 8, AGENT_CHUNK_MAX},
	            {AGENT_REPORTED, 12, AGENT_CHUNK_MAX}};
	struct agent_message m;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t over = 0; over < 2; over++) {
			struct wr w = wr_of(buf, sizeof(buf));
			size_t body = rows[i].fixed + rows[i].max + over;

			assert_true(wr_u32(&w, (uint32_t)(AGENT_HEAD_MIN + body)));
			assert_true(wr_u8(&w, rows[i].type) && wr_u32(&w, 0));
			assert_true(wr_fill(&w, 0, body));
			assert_int_equal(decode(w.p, w.len, &m), over ? AGENT_BAD : AGENT_OK);
		}
}

static void messages_come_out_whole_however_the_bytes_arrive(void **state)
{
	static struct agent_reader r;
	static const char stream[] = HELLO READY EXITED SENT;
	struct agent_message m;

	(void)state;
	for (size_t step = 1; step < sizeof(stream); step++) {
		int seen = 0;

		memset(&r, 0, sizeof(r));
		for (size_t at = 0; at < sizeof(stream) - 1; at += step) {
			size_t n = sizeof(stream) - 1 - at < step ? sizeof(stream) - 1 - at : step;

			assert_int_equal(agent_feed(&r, stream + at, n), n);
			while (agent_next(&r, &m) == AGENT_OK)
				seen++;
		}
		assert_int_equal(seen, 4);
		assert_int_equal(agent_next(&r, &m), AGENT_MORE);
	}
}

static void a_reader_is_bounded_and_always_has_room_for_one_more_message(void **state)
{
	static struct agent_reader r;
	static uint8_t flood[3 * AGENT_WIRE_MAX];
	struct agent_message m;

	(void)state;
	memset(&r, 0, sizeof(r));
	memcpy(flood, "\0\x01\x00\x10", 4); /* an EXIT that is almost as long as may be */
	flood[4] = AGENT_EXIT;
	assert_int_equal(agent_feed(&r, flood, 65550), 65550);
	assert_int_equal(agent_next(&r, &m), AGENT_MORE);
	assert_true(agent_feed(&r, flood, sizeof(flood)) >= AGENT_WIRE_MAX);
	assert_int_equal(agent_feed(&r, flood, 1), 0);
}

static void after_one_bad_message_nothing_is_believed(void **state)
{
	static struct agent_reader r;
	struct agent_message m;

	(void)state;
	memset(&r, 0, sizeof(r));
	agent_feed(&r, BYTES("\0\0\0\x05\0\0\0\0\0" HELLO));
	assert_int_equal(agent_next(&r, &m), AGENT_BAD);
	assert_int_equal(agent_next(&r, &m), AGENT_BAD);
}

static void requests_have_the_documented_bytes(void **state)
{
	uint8_t buf[64];
	struct wr w = wr_of(buf, sizeof(buf));

	(void)state;
	assert_true(agent_put_run(&w, 1, 1000, "id"));
	assert_int_equal(w.len, 15);
	assert_memory_equal(buf, "\0\0\0\x0b\x01\0\0\0\x01\0\0\x03\xe8id", 15);
	w.len = 0;
	assert_true(agent_put_spawn(&w, 2, "x"));
	assert_int_equal(w.len, 10);
	assert_memory_equal(buf, "\0\0\0\x06\x02\0\0\0\x02x", 10);
	w.len = 0;
	assert_true(agent_put_kill(&w, 3, 42));
	assert_int_equal(w.len, 13);
	assert_memory_equal(buf, "\0\0\0\x09\x03\0\0\0\x03\0\0\0\x2a", 13);
	w.len = 0;
	assert_true(agent_put_frame(&w, 4, "eth0", "ab", 2));
	assert_int_equal(w.len, 16);
	assert_memory_equal(buf,
	                    "\0\0\0\x0c\x04\0\0\0\x04\x04"
	                    "eth0ab",
	                    16);
	w.len = 0;
	assert_true(agent_put_burst(&w, 6, "lo", rd_of("\0\0\0\1x", 5)));
	assert_int_equal(w.len, 17);
	assert_memory_equal(buf, "\0\0\0\x0d\x06\0\0\0\x06\2lo\0\0\0\1x", 17);
	w.len = 0;
	assert_true(agent_put_sniff(&w, 7, "lo", 2, 1000));
	assert_int_equal(w.len, 18);
	assert_memory_equal(buf, "\0\0\0\x0e\x07\0\0\0\x07\2lo\0\2\0\0\x03\xe8", 18);
	w.len = 0;
	assert_true(agent_put_put(&w, 8, "/x", 0644, true, rd_of("yz", 2)));
	assert_int_equal(w.len, 18);
	assert_memory_equal(buf, "\0\0\0\x0e\x08\0\0\0\x08\1\x01\xa4\0\2/xyz", 18);
	w.len = 0;
	assert_true(agent_put_get(&w, 9, "/x", 258));
	assert_int_equal(w.len, 15);
	assert_memory_equal(buf, "\0\0\0\x0b\x09\0\0\0\x09\0\0\1\2/x", 15);
	w.len = 0;
	assert_true(agent_put_report(&w, 10));
	assert_int_equal(w.len, 9);
	assert_memory_equal(buf, "\0\0\0\x05\x0a\0\0\0\x0a", 9);
	w.len = 0;
	assert_true(agent_put_restored(&w, 11, 1, 2, rd_of("0123456789abcdef", 16)));
	assert_int_equal(w.len, 33);
	assert_memory_equal(buf,
	                    "\0\0\0\x1d\x0b\0\0\0\x0b\0\0\0\1\0\0\0\2"
	                    "0123456789abcdef",
	                    33);
	w.len = 0;
	assert_true(agent_put_network(&w, 12, AGENT_DO_SETUP | AGENT_DO_DHCP));
	assert_int_equal(w.len, 10);
	assert_memory_equal(buf, "\0\0\0\x06\x0c\0\0\0\x0c\x03", 10);
	w.len = 0;
	assert_true(agent_put_poweroff(&w, 5));
	assert_int_equal(w.len, 9);
	assert_memory_equal(buf, "\0\0\0\x05\x05\0\0\0\x05", 9);
}

static void requests_out_of_bounds_leave_no_byte(void **state)
{
	static uint8_t buf[AGENT_WIRE_MAX];
	static char longer[AGENT_FRAME_MAX + 2];
	struct wr w = wr_of(buf, sizeof(buf));

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	assert_false(agent_put_run(&w, 1, 0, "id"));
	assert_false(agent_put_run(&w, 1, AGENT_TIMEOUT_MAX + 1, "id"));
	assert_false(agent_put_run(&w, 1, 1, ""));
	assert_false(agent_put_run(&w, 1, 1, longer));
	assert_false(agent_put_spawn(&w, 1, ""));
	assert_false(agent_put_frame(&w, 1, "", "ab", 2));
	assert_false(agent_put_frame(&w, 1, "interface-name-x", "ab", 2));
	assert_false(agent_put_frame(&w, 1, "eth0", "ab", 0));
	assert_false(agent_put_frame(&w, 1, "eth0", longer, AGENT_FRAME_MAX + 1));
	assert_false(agent_put_burst(&w, 1, "", rd_of("x", 1)));
	assert_false(agent_put_burst(&w, 1, "lo", rd_of(NULL, 0)));
	assert_false(agent_put_burst(&w, 1, "lo", rd_of(longer, sizeof(longer) + 14)));
	assert_false(agent_put_sniff(&w, 1, "lo", 0, 1));
	assert_false(agent_put_sniff(&w, 1, "lo", AGENT_SNIFF_MAX + 1, 1));
	assert_false(agent_put_sniff(&w, 1, "lo", 1, 0));
	assert_false(agent_put_sniff(&w, 1, "lo", 1, AGENT_TIMEOUT_MAX + 1));
	assert_false(agent_put_put(&w, 1, "x", 0644, false, rd_of(NULL, 0)));
	assert_false(agent_put_put(&w, 1, "/x", 010000, false, rd_of(NULL, 0)));
	assert_false(agent_put_put(&w, 1, "/x", 0, false, rd_of(longer, AGENT_CHUNK_MAX + 1)));
	assert_false(agent_put_get(&w, 1, "", 0));
	assert_false(agent_put_restored(&w, 1, 0, 1000000000, rd_of(longer, 16)));
	assert_false(agent_put_restored(&w, 1, 0, 0, rd_of(longer, 15)));
	assert_false(agent_put_restored(&w, 1, 0, 0, rd_of(longer, 257)));
	assert_false(agent_put_network(&w, 1, 0));
	assert_false(agent_put_network(&w, 1, 4));
	assert_false(agent_add_frame(&w, longer, 0));
	assert_false(agent_add_frame(&w, longer, AGENT_FRAME_MAX + 1));
	assert_int_equal(w.len, 0);
	assert_true(agent_put_frame(&w, 1, "fifteen-letters", longer, AGENT_FRAME_MAX));
	assert_int_equal(w.len, AGENT_WIRE_MAX);
	for (size_t size = 0; size < 16; size++) {
		w = wr_of(buf, size);
		assert_false(agent_put_frame(&w, 4, "eth0", "abc", 3));
		assert_int_equal(w.len, 0);
	}
}

static void text_for_people_is_made_harmless(void **state)
{
	char out[8];

	(void)state;
	agent_copy_text(rd_of("a\x1b[\n\0", 5), out, sizeof(out));
	assert_string_equal(out, "a?[\n?");
	agent_copy_text(rd_of("0123456789", 10), out, sizeof(out));
	assert_string_equal(out, "0123456");
	agent_copy_text(rd_of(NULL, 0), out, sizeof(out));
	assert_string_equal(out, "");
}

static void a_socket_carries_requests_and_answers(void **state)
{
	static struct agent_reader r;
	struct agent_message m;
	uint8_t buf[64], got[64];
	struct wr w = wr_of(buf, sizeof(buf));
	int fd[2];

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(agent_read(fd[0], &r), AGENT_MORE);
	assert_int_equal(agent_recv(fd[0], &r, 1, &m), AGENT_LATE);
	assert_true(agent_put_poweroff(&w, 1));
	assert_int_equal(agent_send(fd[0], &w, 1000), AGENT_OK);
	assert_int_equal(read(fd[1], got, sizeof(got)), 9);
	assert_int_equal(write(fd[1], BYTES(HELLO SENT)), sizeof(HELLO SENT) - 1);
	assert_int_equal(agent_recv(fd[0], &r, 1000, &m), AGENT_OK);
	assert_int_equal(m.type, AGENT_HELLO);
	assert_int_equal(agent_recv(fd[0], &r, 1000, &m), AGENT_OK);
	assert_int_equal(m.value, 100);
	close(fd[1]);
	assert_int_equal(agent_recv(fd[0], &r, 1000, &m), AGENT_CLOSED);
	assert_int_equal(agent_send(fd[0], &w, 1000), AGENT_CLOSED);
	close(fd[0]);
}

static void a_guest_that_does_not_read_is_not_waited_for(void **state)
{
	static uint8_t buf[AGENT_WIRE_MAX];
	static char frame[60000];
	struct wr w = wr_of(buf, sizeof(buf));
	enum agent_status s = AGENT_OK;
	int fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_true(agent_put_frame(&w, 1, "eth0", frame, sizeof(frame)));
	for (int i = 0; i < 100 && s == AGENT_OK; i++)
		s = agent_send(fd[0], &w, 5);
	assert_int_equal(s, AGENT_LATE);
	close(fd[0]);
	close(fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_message_is_read_in_full),
	        cmocka_unit_test(sniffed_frames_come_one_by_one),
	        cmocka_unit_test(every_truncation_asks_for_more),
	        cmocka_unit_test(a_body_cut_short_by_its_length_is_refused),
	        cmocka_unit_test(bytes_behind_a_fixed_body_are_refused),
	        cmocka_unit_test(a_length_that_cannot_be_right_is_refused_before_it_is_waited_for),
	        cmocka_unit_test(what_no_guest_may_say_is_refused),
	        cmocka_unit_test(texts_and_output_are_bounded),
	        cmocka_unit_test(messages_come_out_whole_however_the_bytes_arrive),
	        cmocka_unit_test(a_reader_is_bounded_and_always_has_room_for_one_more_message),
	        cmocka_unit_test(after_one_bad_message_nothing_is_believed),
	        cmocka_unit_test(requests_have_the_documented_bytes),
	        cmocka_unit_test(requests_out_of_bounds_leave_no_byte),
	        cmocka_unit_test(text_for_people_is_made_harmless),
	        cmocka_unit_test(a_socket_carries_requests_and_answers),
	        cmocka_unit_test(a_guest_that_does_not_read_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
