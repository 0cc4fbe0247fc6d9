/* SPDX-License-Identifier: ISC */
/* loop_test.c: the worker as a whole, in a process of its own; what ends it, and what it leaves. */
#include "ref/loop.h"

#include "ref/examples.h"
#include "ref/exits.h"
#include "ref/sandbox.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A running worker. */
struct rig {
	pid_t worker, dialer;
	int guest;
	FILE *events;
};

/* The worker's life, as main.c has it. Exits with the reason it ended for. */
static void __attribute__((noreturn)) work(int frames, int events, int report)
{
	struct policy policy = example_policy();
	struct link_spec spec = {.kind = LINK_FD, .fd = frames};
	struct audit_counts counts = {0};
	struct audit audit;
	struct dialer dialer;
	struct link link;
	struct nat nat = {.policy = &policy,
	                  .dialer = &dialer,
	                  .audit = &audit,
	                  .counts = &counts,
	                  .link = &link};
	struct loop loop = {.policy = &policy,
	                    .link = &link,
	                    .nat = &nat,
	                    .dialer = &dialer,
	                    .audit = &audit,
	                    .counts = &counts};
	enum reason stop = REASON_AUDIT_FAILED;
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	loop.signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (!audit_open(&audit, events) || !dialer_start(&dialer, &policy, "lo") ||
	    !nat_open(&nat, 1) || link_open(&link, &spec) || !sandbox_drop_privileges(0) ||
	    write(report, &dialer.pid, sizeof(dialer.pid)) != sizeof(dialer.pid))
		exit(99);
	if (audit_ready(&audit, &policy, "lo"))
		stop = loop_run(&loop);
	if (stop != REASON_AUDIT_FAILED && !audit_bye(&audit, stop, &counts))
		stop = REASON_AUDIT_FAILED;
	link_close(&link);
	nat_close(&nat);
	dialer_stop(&dialer);
	audit_close(&audit);
	exit((int)stop);
}

static int set_up(void **state)
{
	static struct rig rig;
	struct rig *r = &rig;
	int pair[2], events[2], report[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(pipe(events), 0);
	assert_int_equal(pipe(report), 0);
	r->worker = fork();
	if (!r->worker) {
		close(pair[1]);
		close(events[0]);
		work(pair[0], events[1], report[1]);
	}
	close(pair[0]);
	close(events[1]);
	r->guest = pair[1];
	r->events = fdopen(events[0], "r");
	assert_int_equal(read(report[0], &r->dialer, sizeof(r->dialer)), sizeof(r->dialer));
	close(report[0]);
	close(report[1]);
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	if (r->events)
		fclose(r->events);
	if (r->guest >= 0)
		close(r->guest);
	return 0;
}

#define SEND(r, which) send_frame(r, example_##which, sizeof(example_##which))
static void send_frame(struct rig *r, const void *frame, size_t n)
{
	uint8_t prefix[4];
	struct wr w = wr_of(prefix, sizeof(prefix));

	assert_true(wr_u32(&w, (uint32_t)n));
	assert_int_equal(send(r->guest, prefix, 4, MSG_MORE), 4);
	assert_int_equal(send(r->guest, frame, n, 0), (ssize_t)n);
}

static size_t get_frame(struct rig *r, uint8_t *frame)
{
	uint8_t prefix[4];
	struct rd length = rd_of(prefix, 4);
	uint32_t n;

	assert_int_equal(recv(r->guest, prefix, 4, MSG_WAITALL), 4);
	assert_true(rd_u32(&length, &n) && n <= ETH_FRAME_MAX);
	assert_int_equal(recv(r->guest, frame, n, MSG_WAITALL), n);
	return n;
}

static void assert_event(struct rig *r, const char *part)
{
	char line[AUDIT_LINE_MAX];

	assert_non_null(fgets(line, sizeof(line), r->events));
	if (!strstr(line, part))
		fail_msg("expected %s\ngot %s", part, line);
}

/* Waits for the worker and checks why it ended, that it said so, and that its dialer is gone. */
static void assert_end(struct rig *r, enum reason reason)
{
	char line[AUDIT_LINE_MAX] = "", last[AUDIT_LINE_MAX] = "";
	char expected[64];
	int status;

	while (r->events && fgets(line, sizeof(line), r->events))
		memcpy(last, line, sizeof(last));
	assert_int_equal(waitpid(r->worker, &status, 0), r->worker);
	assert_true(WIFEXITED(status));
	assert_string_equal(reason_name((enum reason)WEXITSTATUS(status)), reason_name(reason));
	snprintf(expected, sizeof(expected), "\"ev\":\"bye\"");
	if (r->events)
		assert_non_null(strstr(last, expected));
	snprintf(expected, sizeof(expected), "\"reason\":\"%s\"", reason_name(reason));
	if (r->events)
		assert_non_null(strstr(last, expected));
	assert_int_equal(kill(r->dialer, 0), -1); /* waited for by its parent, so gone */
}

static void the_gateway_answers_in_order(void **state)
{
	struct rig *r = *state;
	uint8_t frame[ETH_FRAME_MAX];

	SEND(r, arp_request);
	SEND(r, dhcp_discover);
	SEND(r, echo_request);
	assert_int_equal(get_frame(r, frame), 42);
	assert_int_equal(get_frame(r, frame), 14 + 20 + 8 + 300);
	assert_int_equal(get_frame(r, frame), sizeof(example_echo_request));
	assert_int_equal(frame[34], 0);
	assert_event(r, "\"ready\"");
	shutdown(r->guest, SHUT_WR);
	assert_end(r, REASON_PEER_CLOSED);
}

static void every_frame_is_accounted_for(void **state)
{
	struct rig *r = *state;
	char line[AUDIT_LINE_MAX];
	json_int_t drops = 0;
	json_t *event = NULL;
	int status;

	for (int i = 0; i < 50; i++) {
		SEND(r, tcp_syn);
		SEND(r, arp_request);
		SEND(r, mdns_query);
		send_frame(r, "short", 5);
	}
	shutdown(r->guest, SHUT_WR);
	while (fgets(line, sizeof(line), r->events)) {
		json_decref(event);
		event = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(event);
		drops += !strcmp(json_string_value(json_object_get(event, "ev")), "drop");
	}
	assert_int_equal(drops, 150);
	assert_int_equal(json_integer_value(json_object_get(event, "frames")), 200);
	assert_int_equal(json_integer_value(json_object_get(event, "dropped")), 150);
	assert_int_equal(json_integer_value(json_object_get(event, "answered")), 50);
	assert_int_equal(json_integer_value(json_object_get(event, "seq")), 151);
	json_decref(event);
	waitpid(r->worker, &status, 0);
}

static void frames_sent_before_the_peer_closed_are_judged(void **state)
{
	struct rig *r = *state;

	assert_event(r, "\"ready\"");
	for (int i = 0; i < 5; i++) {
		SEND(r, echo_request);
		SEND(r, tcp_syn);
	}
	close(r->guest);
	r->guest = -1;
	for (int i = 0; i < 5; i++)
		assert_event(r, "\"not-allowed\"");
	assert_end(r, REASON_PEER_CLOSED);
}

static void a_cut_frame_ends_the_channel(void **state)
{
	struct rig *r = *state;

	assert_int_equal(send(r->guest, "\0\0\0\x20half", 8, 0), 8);
	shutdown(r->guest, SHUT_WR);
	assert_end(r, REASON_CUT_FRAME);
}

static void a_bad_length_ends_the_channel(void **state)
{
	struct rig *r = *state;

	assert_int_equal(send(r->guest, "\xff\xff\xff\xff", 4, 0), 4);
	assert_end(r, REASON_BAD_FRAME_LENGTH);
}

static void a_signal_ends_it_with_a_goodbye(void **state)
{
	struct rig *r = *state;

	assert_event(r, "\"ready\"");
	kill(r->worker, SIGTERM);
	assert_end(r, REASON_SIGNAL);
}

static void a_dead_dialer_ends_it(void **state)
{
	struct rig *r = *state;

	assert_event(r, "\"ready\"");
	kill(r->dialer, SIGKILL);
	assert_end(r, REASON_DIALER_DIED);
}

static void a_closed_event_channel_ends_it_without_another_frame(void **state)
{
	struct rig *r = *state;

	assert_event(r, "\"ready\"");
	fclose(r->events);
	r->events = NULL;
	assert_end(r, REASON_AUDIT_FAILED);
}

static void a_full_event_channel_ends_it(void **state)
{
	struct rig *r = *state;
	uint8_t flood[4 + sizeof(example_tcp_syn)] = {0, 0, 0, sizeof(example_tcp_syn)};
	int status;

	memcpy(flood + 4, example_tcp_syn, sizeof(example_tcp_syn));
	while (send(r->guest, flood, sizeof(flood), MSG_NOSIGNAL) > 0)
		;
	assert_int_equal(waitpid(r->worker, &status, 0), r->worker);
	assert_int_equal(WEXITSTATUS(status), REASON_AUDIT_FAILED);
}

static void a_guest_that_does_not_read_answers_is_told_in_the_audit(void **state)
{
	struct rig *r = *state;
	uint8_t frame[4 + 1514] = {0, 0, 0x05, 0xea};
	uint8_t reply[ETH_FRAME_MAX];
	char line[AUDIT_LINE_MAX];
	struct wr sum = wr_of(frame + 4 + 36, 2);

	/* The largest echo: its answers fill the queue soonest. */
	memcpy(frame + 4, example_echo_request, 42);
	frame[4 + 16] = 0x05;
	frame[4 + 17] = 0xdc;
	example_fix_ipv4(frame + 4);
	frame[4 + 36] = 0;
	frame[4 + 37] = 0;
	assert_true(wr_u16(&sum, cksum_finish(cksum_add(0, frame + 4 + 34, 1480))));
	assert_event(r, "\"ready\"");
	for (int i = 0; i < 500; i++)
		assert_int_equal(send(r->guest, frame, sizeof(frame), 0), sizeof(frame));
	assert_event(r, "\"guest-stalled\"");
	assert_int_equal(get_frame(r, reply), 1514);
	shutdown(r->guest, SHUT_WR);
	while (fgets(line, sizeof(line), r->events) && !strstr(line, "\"bye\""))
		assert_non_null(strstr(line, "\"guest-stalled\""));
	assert_non_null(strstr(line, "\"frames\":500"));
	waitpid(r->worker, NULL, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(the_gateway_answers_in_order),
	        TEST(every_frame_is_accounted_for),
	        TEST(frames_sent_before_the_peer_closed_are_judged),
	        TEST(a_cut_frame_ends_the_channel),
	        TEST(a_bad_length_ends_the_channel),
	        TEST(a_signal_ends_it_with_a_goodbye),
	        TEST(a_dead_dialer_ends_it),
	        TEST(a_closed_event_channel_ends_it_without_another_frame),
	        TEST(a_full_event_channel_ends_it),
	        TEST(a_guest_that_does_not_read_answers_is_told_in_the_audit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
