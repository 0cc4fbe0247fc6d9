/* SPDX-License-Identifier: ISC */
/* pump_test.c: frames reach the other side whole and in order, and a bad cable is as bad as it was
 * told to be. A pair of packet sockets stands for the TAP device: one frame a read or write. */
#include "harness/pump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define SOON_MS 5000 /* the bound of a failure */

struct stage {
	int kernel; /* the guest's kernel, behind its device */
	int tap;
	struct channel session;
	struct pump pump;
};

static int setup(void **state)
{
	static struct stage g;
	int tap[2], stream[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, tap), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, stream), 0);
	g.kernel = tap[0];
	g.tap = tap[1];
	channel_init(&g.session, stream[0]);
	assert_int_equal(pump_open(&g.pump, g.tap, stream[1]), 0);
	*state = &g;
	return 0;
}

static int teardown(void **state)
{
	struct stage *g = *state;

	pump_close(&g->pump);
	channel_close(&g->session);
	close(g->kernel);
	close(g->tap);
	return 0;
}

/* One turn of the loop, when there is anything to do. */
static bool turn(struct stage *g, int timeout_ms)
{
	struct pollfd pfd[PUMP_FDS];

	pump_pollfds(&g->pump, pfd);
	if (poll(pfd, PUMP_FDS, timeout_ms) <= 0)
		return false;
	pump_run(&g->pump, pfd);
	return true;
}

static void guest_sends(struct stage *g, const char *frame)
{
	assert_int_equal(send(g->kernel, frame, strlen(frame), 0), strlen(frame));
}

static void session_sends(struct stage *g, const char *frame)
{
	assert_true(channel_put(&g->session, frame, strlen(frame)));
	assert_true(channel_flush(&g->session));
}

static void expect_at_session(struct stage *g, const char *frame)
{
	const uint8_t *p;
	size_t len;

	while (!channel_take(&g->session, &p, &len))
		assert_true(channel_fill(&g->session) || turn(g, SOON_MS));
	assert_int_equal(len, strlen(frame));
	assert_memory_equal(p, frame, len);
}

static void expect_at_guest(struct stage *g, const char *frame)
{
	char buf[2000];
	ssize_t n;

	while ((n = recv(g->kernel, buf, sizeof(buf), 0)) < 0)
		assert_true(turn(g, SOON_MS));
	assert_int_equal(n, strlen(frame));
	assert_memory_equal(buf, frame, strlen(frame));
}

static void expect_nothing_at_session(struct stage *g)
{
	const uint8_t *p;
	size_t len;

	while (turn(g, 0))
		;
	channel_fill(&g->session);
	assert_false(channel_take(&g->session, &p, &len));
}

static void frames_go_both_ways_in_order(void **state)
{
	struct stage *g = *state;

	guest_sends(g, "the guest's first frame");
	guest_sends(g, "and its second");
	session_sends(g, "the backend's first frame");
	session_sends(g, "and the backend's second");
	expect_at_session(g, "the guest's first frame");
	expect_at_session(g, "and its second");
	expect_at_guest(g, "the backend's first frame");
	expect_at_guest(g, "and the backend's second");
}

static void a_lossy_cable_loses_both_ways_and_counts(void **state)
{
	const struct impair_rates all = {.loss = IMPAIR_WHOLE};
	struct stage *g = *state;

	pump_impair(&g->pump, &all);
	guest_sends(g, "lost from the guest");
	session_sends(g, "lost to the guest");
	expect_nothing_at_session(g);
	assert_int_equal(g->pump.from_guest.counts.lost, 1);
	assert_int_equal(g->pump.to_guest.counts.lost, 1);
	pump_impair(&g->pump, NULL);
	guest_sends(g, "the cable is good again");
	session_sends(g, "in both directions");
	expect_at_session(g, "the cable is good again");
	expect_at_guest(g, "in both directions");
}

static void a_doubling_cable_doubles_both_ways(void **state)
{
	const struct impair_rates all = {.duplicate = IMPAIR_WHOLE};
	struct stage *g = *state;

	pump_impair(&g->pump, &all);
	guest_sends(g, "a frame from the guest");
	session_sends(g, "a frame to the guest");
	for (int i = 0; i < 2; i++) {
		expect_at_session(g, "a frame from the guest");
		expect_at_guest(g, "a frame to the guest");
	}
	expect_nothing_at_session(g);
}

/* Nothing overtakes it: only the timer can let it go. */
static void a_frame_held_back_leaves_though_no_other_comes(void **state)
{
	const struct impair_rates all = {.reorder = IMPAIR_WHOLE};
	struct stage *g = *state;

	pump_impair(&g->pump, &all);
	for (int i = 0; i < 3; i++) {
		guest_sends(g, "held back from the guest");
		session_sends(g, "held back to the guest");
		expect_at_session(g, "held back from the guest");
		expect_at_guest(g, "held back to the guest");
	}
	assert_int_equal(g->pump.from_guest.counts.reordered, 3);
	assert_false(g->pump.armed);
}

static void what_is_held_back_leaves_when_the_cable_becomes_good(void **state)
{
	const struct impair_rates all = {.reorder = IMPAIR_WHOLE};
	struct stage *g = *state;
	struct pollfd pfd[PUMP_FDS] = {{.revents = POLLIN}};

	pump_impair(&g->pump, &all);
	guest_sends(g, "held back from the guest");
	pump_run(&g->pump, pfd); /* takes it, and cannot have waited for the timer */
	assert_int_equal(g->pump.from_guest.held_count, 1);
	assert_true(g->pump.armed);
	pump_impair(&g->pump, NULL);
	assert_false(g->pump.armed);
	expect_at_session(g, "held back from the guest");
	expect_nothing_at_session(g);
}

/* A thousand frames of 1500 bytes are more than the socket takes: they wait here, and in the device. */
static void nothing_is_lost_while_the_session_is_behind(void **state)
{
	struct stage *g = *state;
	struct pollfd pfd[PUMP_FDS] = {{.revents = POLLIN}};
	unsigned sent = 0, taken = 0;
	char frame[1501];
	bool waited = false;

	memset(frame, 'x', sizeof(frame));
	while (sent < 4000) {
		snprintf(frame, 20, "frame %u", sent);
		if (send(g->kernel, frame, sizeof(frame), 0) == sizeof(frame)) {
			sent++;
			continue;
		}
		pump_pollfds(&g->pump, pfd);
		waited |= pfd[0].fd < 0;
		if (pfd[0].fd < 0)
			break;
		pfd[0].revents = POLLIN;
		pump_run(&g->pump, pfd);
	}
	assert_true(waited);
	while (taken < sent) {
		const uint8_t *p;
		size_t len;
		char name[20];

		if (!channel_take(&g->session, &p, &len)) {
			assert_true(channel_fill(&g->session) || turn(g, SOON_MS));
			continue;
		}
		snprintf(name, sizeof(name), "frame %u", taken++);
		assert_int_equal(len, sizeof(frame));
		assert_memory_equal(p, name, strlen(name) + 1);
	}
}

static void the_end_of_the_session_ends_nothing_else(void **state)
{
	struct stage *g = *state;
	struct pollfd pfd[PUMP_FDS];

	channel_close(&g->session);
	assert_true(turn(g, SOON_MS));
	pump_pollfds(&g->pump, pfd);
	assert_int_equal(pfd[1].fd, -1); /* it does not spin */
	guest_sends(g, "into the void");
	assert_true(turn(g, SOON_MS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(frames_go_both_ways_in_order, setup, teardown),
	        cmocka_unit_test_setup_teardown(a_lossy_cable_loses_both_ways_and_counts, setup,
	                                        teardown),
	        cmocka_unit_test_setup_teardown(a_doubling_cable_doubles_both_ways, setup,
	                                        teardown),
	        cmocka_unit_test_setup_teardown(a_frame_held_back_leaves_though_no_other_comes,
	                                        setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                what_is_held_back_leaves_when_the_cable_becomes_good, setup, teardown),
	        cmocka_unit_test_setup_teardown(nothing_is_lost_while_the_session_is_behind, setup,
	                                        teardown),
	        cmocka_unit_test_setup_teardown(the_end_of_the_session_ends_nothing_else, setup,
	                                        teardown),
	};

	return cmocka_run_group_tests_name("pump", tests, NULL, NULL);
}
