/* SPDX-License-Identifier: ISC */
/* transfer_test.c: a byte that is not what it must be is found, wherever it is. */
#include "lab/transfer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SEED 42

static void bytes_depend_on_seed_and_place_alone(void **state)
{
	uint8_t whole[4096], part[100], other[4096];
	unsigned same = 0;

	(void)state;
	transfer_fill(SEED, 0, whole, sizeof(whole));
	for (uint64_t at = 0; at < 64; at++)
		for (size_t n = 0; n < sizeof(part); n++) {
			transfer_fill(SEED, at, part, n);
			assert_memory_equal(part, whole + at, n);
		}
	transfer_fill(SEED + 1, 0, other, sizeof(other));
	for (size_t i = 0; i < sizeof(other); i++)
		same += whole[i] == other[i];
	assert_in_range(same, 1, 64); /* 16 by chance */
}

/* A run of bytes that was moved does not look right at its new place, be it by a segment or a page. */
static void bytes_that_were_moved_are_wrong(void **state)
{
	static const uint64_t by[] = {1, 7, 8, 256, 1460, 4096, 65536, 1u << 31};
	uint8_t here[64], there[64];

	(void)state;
	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
		transfer_fill(SEED, 1000, here, sizeof(here));
		transfer_fill(SEED, 1000 + by[i], there, sizeof(there));
		assert_memory_not_equal(here, there, sizeof(here));
	}
}

/* Forks a peer that sends these bytes and ends; the reading end is returned. */
static int peer_that_sends(const uint8_t *bytes, size_t len, bool ends)
{
	const struct timeval soon = {.tv_usec = 100000};
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	if (fork() == 0) {
		close(pair[0]);
		for (size_t sent = 0; sent < len;) {
			ssize_t n = send(pair[1], bytes + sent, len - sent, MSG_NOSIGNAL);

			if (n <= 0)
				_exit(0);
			sent += (size_t)n;
		}
		if (!ends) /* until the reader has had enough */
			recv(pair[1], &(char){0}, 1, 0);
		_exit(0);
	}
	close(pair[1]);
	setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	return pair[0];
}

/* What the receiver of `count` bytes says when these come. */
static enum transfer_status receive(const uint8_t *bytes, size_t len, bool ends, uint64_t count,
                                    uint64_t *done)
{
	struct transfer t = {.count = count, .seed = SEED};
	int fd = peer_that_sends(bytes, len, ends);
	enum transfer_status st = transfer_receive(fd, &t);

	close(fd);
	*done = t.done;
	return st;
}

#define SIZE 200000 /* several chunks */

static uint8_t *right_bytes(size_t n)
{
	uint8_t *p = malloc(n);

	assert_non_null(p);
	transfer_fill(SEED, 0, p, n);
	return p;
}

static void what_is_right_is_ok(void **state)
{
	uint8_t *p = right_bytes(SIZE);
	uint64_t done;

	(void)state;
	assert_int_equal(receive(p, SIZE, true, SIZE, &done), TRANSFER_OK);
	assert_int_equal(done, SIZE);
	assert_int_equal(receive(p, 0, true, 0, &done), TRANSFER_OK);
	free(p);
}

static void a_wrong_byte_is_found_at_its_place(void **state)
{
	static const size_t places[] = {0, 1, 7, 8, 65535, 65536, SIZE - 1};
	uint8_t *p = right_bytes(SIZE);
	uint64_t done;

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		p[places[i]] ^= 0x10;
		assert_int_equal(receive(p, SIZE, true, SIZE, &done), TRANSFER_WRONG);
		assert_int_equal(done, places[i]);
		p[places[i]] ^= 0x10;
	}
	free(p);
}

static void too_few_and_too_many_are_told_apart(void **state)
{
	uint8_t *p = right_bytes(SIZE);
	uint64_t done;

	(void)state;
	assert_int_equal(receive(p, SIZE - 1, true, SIZE, &done), TRANSFER_SHORT);
	assert_int_equal(done, SIZE - 1);
	assert_int_equal(receive(p, SIZE, true, SIZE - 1, &done), TRANSFER_LONG);
	assert_int_equal(receive(p, 1, true, 0, &done), TRANSFER_LONG);
	free(p);
}

static void a_peer_that_stops_without_an_end_has_stalled(void **state)
{
	uint8_t *p = right_bytes(SIZE);
	uint64_t done;

	(void)state;
	assert_int_equal(receive(p, SIZE, false, SIZE, &done), TRANSFER_STALLED);
	assert_int_equal(done, SIZE);
	free(p);
}

static void what_is_sent_is_what_is_received(void **state)
{
	struct transfer out = {.count = SIZE, .seed = SEED}, in = out;
	int pair[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid = fork();
	if (pid == 0)
		_exit(transfer_send(pair[1], &out) != TRANSFER_OK || out.done != SIZE);
	assert_int_equal(transfer_receive(pair[0], &in), TRANSFER_OK);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* The other direction still works. */
	assert_true(transfer_write_line(pair[0], "ok"));
	close(pair[0]);
	close(pair[1]);
}

static void a_line_is_read_and_nothing_behind_it(void **state)
{
	char line[TRANSFER_LINE], rest[10], full[TRANSFER_LINE + 1];
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(send(pair[1], "get 1 2\nrest", 12, 0), 12);
	assert_true(transfer_read_line(pair[0], line));
	assert_string_equal(line, "get 1 2");
	assert_int_equal(recv(pair[0], rest, sizeof(rest), 0), 4);
	memset(full, 'x', sizeof(full));
	assert_int_equal(send(pair[1], full, sizeof(full), 0), sizeof(full));
	assert_false(transfer_read_line(pair[0], line)); /* too long */
	shutdown(pair[1], SHUT_WR);
	assert_false(transfer_read_line(pair[0], line)); /* "x", and the end */
	assert_int_equal(errno, 0);
	close(pair[0]);
	close(pair[1]);
}

static void requests_have_one_form(void **state)
{
	static const char *const bad[] = {"",
	                                  "get",
	                                  "get ",
	                                  "get 1",
	                                  "get 1 ",
	                                  "get  1 2",
	                                  "get 1 2 ",
	                                  "get 1 2 3",
	                                  "get x 2",
	                                  "get 1 -2",
	                                  " 1 2",
	                                  "get 1 2x",
	                                  "get 1000000000000001 2",
	                                  "toolongs 1 2",
	                                  "get 18446744073709551617 1"};
	struct transfer t;
	char verb[8];

	(void)state;
	assert_true(transfer_parse("get 1000000000000000 0", verb, &t));
	assert_string_equal(verb, "get");
	assert_true(t.count == 1000000000000000u);
	assert_int_equal(t.seed, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(transfer_parse(bad[i], verb, &t));
}

static void every_end_is_told_in_words(void **state)
{
	const struct transfer t = {.count = 10, .done = 7, .error = ECONNRESET};
	char out[TRANSFER_LINE];

	(void)state;
	assert_string_equal(transfer_say(TRANSFER_OK, &t, out), "ok 10");
	assert_string_equal(transfer_say(TRANSFER_WRONG, &t, out), "byte 7 is wrong");
	assert_string_equal(transfer_say(TRANSFER_SHORT, &t, out), "ended after 7 of 10 bytes");
	assert_string_equal(transfer_say(TRANSFER_LONG, &t, out), "more than 10 bytes came");
	assert_string_equal(transfer_say(TRANSFER_STALLED, &t, out), "stalled after 7 of 10 bytes");
	assert_string_equal(transfer_say(TRANSFER_BROKEN, &t, out),
	                    "Connection reset by peer after 7 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(bytes_depend_on_seed_and_place_alone),
	        cmocka_unit_test(bytes_that_were_moved_are_wrong),
	        cmocka_unit_test(what_is_right_is_ok),
	        cmocka_unit_test(a_wrong_byte_is_found_at_its_place),
	        cmocka_unit_test(too_few_and_too_many_are_told_apart),
	        cmocka_unit_test(a_peer_that_stops_without_an_end_has_stalled),
	        cmocka_unit_test(what_is_sent_is_what_is_received),
	        cmocka_unit_test(a_line_is_read_and_nothing_behind_it),
	        cmocka_unit_test(requests_have_one_form),
	        cmocka_unit_test(every_end_is_told_in_words),
	};

	return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}
