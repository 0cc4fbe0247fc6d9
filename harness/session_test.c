/* SPDX-License-Identifier: ISC */
/* session_test.c: what one backend process does is on the tape, and nothing it does keeps the
 * harness waiting. The backends are small bash scripts: `F` is the number of the frame channel, `E`
 * that of the event pipe. */
#include "harness/session.h"

#include "harness/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define READY "echo '{\"v\":1,\"seq\":1,\"ev\":\"ready\"}' >&$E\n"
#define BYE   "echo '{\"v\":1,\"seq\":2,\"ev\":\"bye\"}' >&$E\n"

static const uint8_t frame[] = LAB_VM_MAC LAB_VM_MAC "\x88\xb5 a frame of the VM";

struct stage {
	struct scratch dir;
	struct world world;
	struct backend backend;
	struct session s;
	bool lab, started, stopped;
};

static int enter(void **state)
{
	static struct stage g;

	g.lab = access("/bin/bash", X_OK) == 0 && lab_enter() == 0;
	scratch_make(&g.dir);
	*state = &g;
	return g.lab ? world_open(&g.world) : 0;
}

static int leave(void **state)
{
	struct stage *g = *state;

	if (g->lab)
		world_close(&g->world);
	scratch_remove(&g->dir);
	return 0;
}

static enum session_status start(struct stage *g, const char *script)
{
	char text[2048];

	if (!g->lab)
		skip();
	snprintf(text, sizeof(text),
	         "#!/bin/bash\nwhile [ $# -gt 0 ]; do case $1 in --frames) F=${2#fd:} ;; "
	         "--events) E=${2#fd:} ;; esac; shift; done\n%s\n",
	         script);
	scratch_write(&g->dir, "toy", text);
	assert_int_equal(chmod(scratch_path(&g->dir, "toy"), 0755), 0);
	g->backend = (struct backend){0};
	memcpy(g->backend.path, g->dir.path, strlen(g->dir.path) + 1);
	g->started = true;
	g->stopped = false;
	return session_start(&g->s, &g->backend, &g->world, "policy.json", -1, NULL);
}

static void stop(struct stage *g)
{
	session_stop(&g->s);
	g->stopped = true;
}

static int clear(void **state)
{
	struct stage *g = *state;

	if (g->started && !g->stopped) /* the test failed in the middle */
		stop(g);
	if (g->started)
		session_free(&g->s);
	g->started = false;
	return 0;
}

struct wanted {
	enum tape_kind kind;
	const void *bytes;
	size_t len;
};

static bool is_there(struct session *s, void *arg)
{
	const struct wanted *w = arg;

	for (size_t i = 0; i < s->tape.count; i++)
		if (s->tape.entries[i].kind == w->kind &&
		    memmem(s->tape.entries[i].data, s->tape.entries[i].len, w->bytes, w->len))
			return true;
	return false;
}

static bool on_tape(struct stage *g, enum tape_kind kind, const char *text)
{
	struct wanted w = {.kind = kind, .bytes = text, .len = strlen(text)};

	return is_there(&g->s, &w);
}

static bool comes(struct stage *g, enum tape_kind kind, const char *text)
{
	struct wanted w = {.kind = kind, .bytes = text, .len = strlen(text)};

	return session_wait(&g->s, 5000, is_there, &w);
}

static bool never_there(struct session *s, void *arg)
{
	(void)s, (void)arg;
	return false;
}

static bool is_hung_up(struct session *s, void *arg)
{
	(void)arg;
	return s->hung_up;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void frames_and_events_are_on_the_tape(void **state)
{
	struct stage *g = *state;
	uint8_t prefixed[4 + sizeof(frame) - 1] = {0, 0, 0, sizeof(frame) - 1};
	size_t at;

	assert_int_equal(start(g, READY "cat <&$F >&$F\n" BYE), SESSION_OK); /* an echo */
	assert_true(on_tape(g, TAPE_EVENT, "\"ready\""));
	memcpy(prefixed + 4, frame, sizeof(frame) - 1);
	at = session_inject(&g->s, frame, sizeof(frame) - 1, 3);
	assert_int_equal(g->s.tape.entries[at].kind, TAPE_GUEST_OUT);
	assert_int_equal(g->s.tape.entries[at].row, 3);
	assert_true(comes(g, TAPE_GUEST_IN, "a frame of the VM"));
	stop(g);
	assert_true(on_tape(g, TAPE_EVENT, "\"bye\""));
	assert_true(on_tape(g, TAPE_NOTE, "the backend exited with 0"));
	assert_true(g->s.exited);
	assert_false(g->s.hung);
	assert_null(g->s.channel_fault);
	assert_string_equal(g->s.events.fault, "");
	assert_int_equal(g->s.lost_frames, 0);
}

static void what_crosses_the_wire_is_on_the_tape_with_its_direction(void **state)
{
	struct stage *g = *state;

	assert_int_equal(start(g,
	                       READY "echo ping >/dev/udp/203.0.113.50/51900\n"
	                             "echo home >/dev/udp/127.0.0.1/9\ncat <&$F >/dev/null\n" BYE),
	                 SESSION_OK);
	assert_true(comes(g, TAPE_WIRE_OUT, "ping"));
	assert_true(comes(g, TAPE_WIRE_IN, "ping")); /* the consumer's answer */
	assert_true(comes(g, TAPE_HOST, "home"));
}

static void what_leaks_after_the_stop_is_on_the_tape(void **state)
{
	struct stage *g = *state;

	assert_int_equal(start(g, READY "cat <&$F >/dev/null\n"
	                                "echo late >/dev/udp/198.18.0.7/53\n" BYE),
	                 SESSION_OK);
	stop(g);
	assert_true(on_tape(g, TAPE_WIRE_OUT, "late"));
}

static void nothing_leaks_when_the_stop_is_over(void **state)
{
	struct stage *g = *state;
	const struct timespec nap = {.tv_nsec = 400000000};

	assert_int_equal(start(g, READY "(setsid bash -c 'sleep 0.3; "
	                                "echo ghost >/dev/udp/198.18.0.7/53' &)\n"
	                                "cat <&$F >/dev/null\n" BYE),
	                 SESSION_OK);
	stop(g);
	clear(state);
	nanosleep(&nap, NULL);
	assert_int_equal(start(g, READY "cat <&$F >/dev/null\n" BYE), SESSION_OK);
	stop(g);
	assert_false(on_tape(g, TAPE_WIRE_OUT, "ghost"));
}

static void a_backend_that_does_not_end_is_ended(void **state)
{
	struct stage *g = *state;
	double began;

	assert_int_equal(start(g, READY "trap '' TERM; sleep 60; sleep 60"), SESSION_OK);
	began = seconds();
	stop(g);
	assert_true(g->s.hung);
	assert_true(g->s.exited);
	assert_true(seconds() - began < 2 * SESSION_STOP_MS / 1e3);
}

static void a_backend_that_dies_before_it_is_ready_is_quoted(void **state)
{
	struct stage *g = *state;
	double began = seconds();

	assert_int_equal(start(g, "echo 'no uplink' >&2; exit 69"), SESSION_NEVER_READY);
	stop(g);
	assert_true(seconds() - began < 2);
	assert_true(g->s.exited);
	assert_int_equal(g->s.end.code, 69);
	assert_string_equal(g->s.stderr_text, "no uplink\n");
	assert_string_equal(g->s.never_ready,
	                    "the backend exited with 69 before it said \"ready\"");
}

static void rubbish_in_place_of_ready_is_found_at_once(void **state)
{
	struct stage *g = *state;
	double began = seconds();

	assert_int_equal(start(g, "echo rubbish >&$E; cat <&$F >/dev/null"), SESSION_NEVER_READY);
	assert_true(seconds() - began < 2);
	assert_non_null(strstr(g->s.events.fault, "event line 1"));
	assert_non_null(strstr(g->s.never_ready, "contract: event line 1"));
}

static void a_fault_of_the_framing_is_kept(void **state)
{
	struct stage *g = *state;

	assert_int_equal(start(g, "printf '\\0\\0\\0\\0' >&$F\n" READY "cat <&$F >/dev/null"),
	                 SESSION_OK);
	session_pump(&g->s, 100);
	stop(g);
	assert_non_null(g->s.channel_fault);
	assert_non_null(strstr(g->s.channel_fault, "length 0"));
}

static void half_a_frame_keeps_nobody_waiting(void **state)
{
	struct stage *g = *state;
	double began;

	assert_int_equal(start(g, "printf '\\0\\0\\0\\100half' >&$F\n" READY "cat <&$F >/dev/null"),
	                 SESSION_OK);
	began = seconds();
	session_pump(&g->s, 100);
	stop(g);
	assert_true(seconds() - began < 2);
}

/* ---- an end by policy ---- */

#define EV(seq, ev) "echo '{\"v\":1,\"seq\":" #seq ",\"ev\":\"" ev "\",\"reason\":\"vlan\"}' >&$E\n"
#define POLICY_ENDS EV(2, "violation") EV(3, "terminate") EV(4, "bye")
#define FIRST_FRAME "head -c 5 <&$F >/dev/null\n"

/* Starts the script, sends it one frame, waits until it has ended by itself, stops. */
static void run_to_its_end(struct stage *g, const char *script)
{
	assert_int_equal(start(g, script), SESSION_OK);
	session_inject(&g->s, frame, sizeof(frame) - 1, 0);
	session_wait(&g->s, 5000, never_there, NULL);
	assert_true(g->s.exited);
	stop(g);
}

static void an_end_by_policy_is_known_with_its_place_on_the_tape(void **state)
{
	struct stage *g = *state;
	const struct tape_entry *e;

	run_to_its_end(g, READY FIRST_FRAME POLICY_ENDS "exit 90");
	assert_true(g->s.terminated);
	assert_string_equal(session_contract_fault(&g->s), "");
	assert_string_equal(g->s.events.violation, "vlan");
	e = &g->s.tape.entries[g->s.violation];
	assert_int_equal(e->kind, TAPE_EVENT);
	assert_non_null(strstr((const char *)e->data, "\"violation\""));
	e = &g->s.tape.entries[g->s.terminate];
	assert_non_null(strstr((const char *)e->data, "\"terminate\""));
	assert_true(on_tape(g, TAPE_NOTE, "the backend ended by policy: vlan"));
}

static void without_an_end_by_policy_there_is_no_place_of_it(void **state)
{
	struct stage *g = *state;

	assert_int_equal(start(g, READY "cat <&$F >/dev/null\n" BYE), SESSION_OK);
	stop(g);
	assert_false(g->s.terminated);
	assert_int_equal(g->s.violation, SESSION_NONE);
	assert_int_equal(g->s.terminate, SESSION_NONE);
	assert_string_equal(session_contract_fault(&g->s), "");
}

static void who_was_asked_to_end_says_bye(void **state)
{
	struct stage *g = *state;

	assert_int_equal(start(g, READY "cat <&$F >/dev/null\n"), SESSION_OK);
	stop(g);
	assert_non_null(
	        strstr(session_contract_fault(&g->s), "exited with 0 without the event \"bye\""));
}

static void who_fails_or_is_not_heard_need_not_say_bye(void **state)
{
	struct stage *g = *state;

	assert_int_equal(start(g, READY "cat <&$F >/dev/null\nexit 3"), SESSION_OK);
	stop(g);
	assert_string_equal(session_contract_fault(&g->s), "");
	clear(state);
	assert_int_equal(start(g, READY "cat <&$F >/dev/null\n"), SESSION_OK);
	g->s.deaf = true;
	stop(g);
	assert_string_equal(session_contract_fault(&g->s), "");
	clear(state);
	run_to_its_end(g, READY FIRST_FRAME); /* a crash, of which the judge tells */
	assert_string_equal(session_contract_fault(&g->s), "");
}

static void code_90_and_its_events_belong_together(void **state)
{
	static const struct {
		const char *script, *fault;
	} ends[] = {
	        {READY FIRST_FRAME "exit 90",
	         "exited with 90, which is an end by policy, without the event"},
	        {READY FIRST_FRAME BYE "exit 90",
	         "exited with 90, which is an end by policy, without the event"},
	        {READY FIRST_FRAME EV(2, "violation") "exit 90", "without the event \"terminate\""},
	        {READY FIRST_FRAME EV(2, "violation") EV(3, "terminate") "exit 90",
	         "without the event \"bye\""},
	        {READY FIRST_FRAME POLICY_ENDS "exit 0",
	         "said \"terminate\", but exited with 0 and not with 90"},
	        {READY FIRST_FRAME POLICY_ENDS "exit 3",
	         "said \"terminate\", but exited with 3 and not with 90"},
	        {READY FIRST_FRAME EV(2, "violation") "exit 0",
	         "said \"violation\", but exited with 0"},
	        {READY FIRST_FRAME EV(2, "terminate") EV(3, "bye") "exit 90",
	         "\"terminate\" without a \"violation\""},
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		struct stage *g = *state;

		run_to_its_end(g, ends[i].script);
		assert_false(g->s.terminated);
		if (!strstr(session_contract_fault(&g->s), ends[i].fault))
			fail_msg("%s: '%s'", ends[i].script, session_contract_fault(&g->s));
		clear(state);
	}
}

static void a_signal_behind_terminate_is_a_crash_and_no_end_by_policy(void **state)
{
	struct stage *g = *state;

	run_to_its_end(g, READY FIRST_FRAME POLICY_ENDS "ulimit -c 0; kill -SEGV $$");
	assert_false(g->s.terminated);
	assert_true(g->s.end.signalled);
	assert_string_equal(g->s.end_fault, "");
}

static void the_vms_side_is_closed_at_once_on_terminate(void **state)
{
	struct stage *g = *state;

	/* Ends only because it sees the end of its channel, before anybody stops it. */
	run_to_its_end(g, READY FIRST_FRAME EV(2, "violation") EV(
	                          3, "terminate") "cat <&$F >/dev/null\n" EV(4, "bye") "exit 90");
	assert_true(g->s.hung_up);
	assert_true(g->s.terminated);
	assert_false(on_tape(g, TAPE_NOTE, "stop: the frame channel is closed"));
}

static void the_vms_side_is_closed_at_once_on_an_end_of_file(void **state)
{
	struct stage *g = *state;

	assert_int_equal(start(g, READY "exec {F}>&-; sleep 60"), SESSION_OK);
	session_wait(&g->s, 5000, is_hung_up, NULL);
	assert_true(g->s.hung_up);
	session_inject(&g->s, frame, sizeof(frame) - 1, 0);
	assert_true(
	        on_tape(g, TAPE_NOTE, "the frame channel is closed: the frame above was not sent"));
	g->s.stop_ms = 100;
}

static void denials_are_counted_with_those_that_were_not_told(void **state)
{
	struct stage *g = *state;

	assert_int_equal(start(g, READY
	                       "echo '{\"v\":1,\"seq\":2,\"ev\":\"drop\",\"suppressed\":40}' >&$E\n"
	                       "echo '{\"v\":1,\"seq\":3,\"ev\":\"violation\"}' >&$E\n"
	                       "echo '{\"v\":1,\"seq\":4,\"ev\":\"allow\"}' >&$E\n"
	                       "cat <&$F >/dev/null"),
	                 SESSION_OK);
	stop(g);
	assert_int_equal(g->s.audited_drops, 42);
}

static void only_the_first_of_stderr_is_kept(void **state)
{
	struct stage *g = *state;

	assert_int_equal(start(g, READY "head -c 100000 /dev/zero | tr '\\0' x >&2\n"
	                                "cat <&$F >/dev/null"),
	                 SESSION_OK);
	stop(g);
	assert_false(g->s.hung); /* what is not kept is still read */
	assert_int_equal(g->s.stderr_len, SESSION_STDERR_MAX);
	assert_int_equal(strlen(g->s.stderr_text), SESSION_STDERR_MAX);
}

#define TEST(f) cmocka_unit_test_teardown(f, clear)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(frames_and_events_are_on_the_tape),
	        TEST(what_crosses_the_wire_is_on_the_tape_with_its_direction),
	        TEST(what_leaks_after_the_stop_is_on_the_tape),
	        TEST(nothing_leaks_when_the_stop_is_over),
	        TEST(a_backend_that_does_not_end_is_ended),
	        TEST(a_backend_that_dies_before_it_is_ready_is_quoted),
	        TEST(rubbish_in_place_of_ready_is_found_at_once),
	        TEST(a_fault_of_the_framing_is_kept),
	        TEST(half_a_frame_keeps_nobody_waiting),
	        TEST(an_end_by_policy_is_known_with_its_place_on_the_tape),
	        TEST(without_an_end_by_policy_there_is_no_place_of_it),
	        TEST(who_was_asked_to_end_says_bye),
	        TEST(who_fails_or_is_not_heard_need_not_say_bye),
	        TEST(code_90_and_its_events_belong_together),
	        TEST(a_signal_behind_terminate_is_a_crash_and_no_end_by_policy),
	        TEST(the_vms_side_is_closed_at_once_on_terminate),
	        TEST(the_vms_side_is_closed_at_once_on_an_end_of_file),
	        TEST(denials_are_counted_with_those_that_were_not_told),
	        TEST(only_the_first_of_stderr_is_kept),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
