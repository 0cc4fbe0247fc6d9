/* SPDX-License-Identifier: ISC */
/* backend_test.c: what a program says about itself is believed only in the contract's form, and it
 * is started with the contract's words. */
#include "harness/backend.h"

#include "harness/lab.h"
#include "harness/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define GOOD                                                                                       \
	"{\"name\":\"toy\",\"version\":\"1.2\",\"audit\":\"jsonl\",\"planes\":[\"wire\",\"vm\"],"  \
	"\"transports\":[\"fd\"],\"modes\":[],\"caps\":[\"allow.udp4\"],\"contract\":1}"

struct fixture {
	struct scratch dir;
	struct backend backend;
};

static bool lab;

static int enter(void **state)
{
	static struct fixture f;

	lab = lab_enter() == 0;
	scratch_make(&f.dir);
	*state = &f;
	return 0;
}

static int leave(void **state)
{
	struct fixture *f = *state;

	scratch_remove(&f->dir);
	return 0;
}

/* A backend that is the shell script `text`; its path is in f->backend. */
static void make(struct fixture *f, const char *text)
{
	char script[8192];

	snprintf(script, sizeof(script), "#!/bin/sh\n%s\n", text);
	scratch_write(&f->dir, "toy", script);
	f->backend = (struct backend){0};
	assert_int_equal(chmod(scratch_path(&f->dir, "toy"), 0755), 0);
	memcpy(f->backend.path, f->dir.path, strlen(f->dir.path) + 1);
}

/* What backend_find() or backend_describe() say is in `said`, which the caller frees. */
static enum backend_status ask(struct fixture *f, const char *name, char **said)
{
	enum backend_status st;
	int saved = scratch_capture(&f->dir, STDERR_FILENO, "err");

	st = name ? backend_find(name, &f->backend) : backend_describe(&f->backend);
	fflush(stderr);
	scratch_release(STDERR_FILENO, saved);
	*said = scratch_read(&f->dir, "err");
	return st;
}

static void expect_broken(struct fixture *f, const char *script, const char *text)
{
	enum backend_status st;
	char *said;

	if (!lab)
		skip();
	make(f, script);
	st = ask(f, NULL, &said);
	if (st != BACKEND_BROKEN || !strstr(said, text) || !strstr(said, "/toy"))
		fail_msg("%s: '%s' instead of '%s'", script, said, text);
	free(said);
}

static void a_path_is_that_program(void **state)
{
	struct fixture *f = *state;
	char path[PATH_MAX], *said;

	make(f, "exit 0");
	strcpy(path, f->backend.path);
	assert_int_equal(ask(f, path, &said), BACKEND_OK);
	assert_string_equal(f->backend.path, path);
	assert_string_equal(said, "");
	free(said);
}

static void a_program_that_may_not_be_run_is_unknown(void **state)
{
	struct fixture *f = *state;
	char path[PATH_MAX], *said;

	make(f, "exit 0");
	strcpy(path, f->backend.path);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(ask(f, path, &said), BACKEND_UNKNOWN);
	assert_non_null(strstr(said, "Permission denied"));
	free(said);
}

static void a_name_that_nobody_has_is_explained(void **state)
{
	struct fixture *f = *state;
	char *said;

	assert_int_equal(ask(f, "no-such-backend", &said), BACKEND_UNKNOWN);
	assert_non_null(strstr(said, "unknown backend 'no-such-backend'"));
	assert_non_null(strstr(said, "harness/backends/no-such-backend/backend"));
	free(said);
}

static void a_name_is_looked_for_beside_this_program(void **state)
{
	struct fixture *f = *state;
	char *said;

	assert_int_equal(ask(f, "backend_test", &said), BACKEND_OK);
	assert_non_null(strstr(f->backend.path, "/backend_test"));
	free(said);
}

static void a_good_description_is_read(void **state)
{
	struct fixture *f = *state;
	char *said;

	if (!lab)
		skip();
	make(f, "[ \"$*\" = 'describe --contract 1' ] && echo '" GOOD "'");
	assert_int_equal(ask(f, NULL, &said), BACKEND_OK);
	assert_string_equal(said, "");
	assert_string_equal(f->backend.name, "toy");
	assert_string_equal(f->backend.version, "1.2");
	assert_true(f->backend.audit);
	assert_true(word_list_has(&f->backend.planes, "vm"));
	assert_false(word_list_has(&f->backend.planes, "kernel"));
	assert_true(word_list_has(&f->backend.caps, "allow.udp4"));
	assert_false(word_list_has(&f->backend.caps, "allow.udp"));
	assert_int_equal(f->backend.modes.count, 0);
	free(said);
}

static void what_it_says_on_stderr_reaches_the_user(void **state)
{
	struct fixture *f = *state;
	char *said;

	if (!lab)
		skip();
	make(f, "echo 'a warning' >&2; echo '" GOOD "'");
	assert_int_equal(ask(f, NULL, &said), BACKEND_OK);
	assert_string_equal(said, "a warning\n");
	free(said);
}

static void rubbish_is_no_description(void **state)
{
	static const char *const scripts[] = {"echo hello",
	                                      "echo '[]'",
	                                      ":",
	                                      "echo '" GOOD "'; echo x",
	                                      "echo '{\"name\":\"a\",\"name\":\"b\"}'",
	                                      "printf '\\0'",
	                                      "head -c 50000 /dev/zero"};

	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++)
		expect_broken(*state, scripts[i], "did not print one JSON object");
}

static void a_description_must_be_whole(void **state)
{
	/* Each without one field, or with one of the wrong kind. */
	static const char *const changes[][2] = {
	        {"\"name\"", "\"nome\""},
	        {"\"1.2\"", "1.2"},
	        {"\"audit\"", "\"audits\""},
	        {"[\"wire\",\"vm\"]", "\"wire\""},
	        {"[\"fd\"]", "[7]"},
	        {"\"modes\":[]", "\"modes\":{}"},
	        {"\"caps\"", "\"cups\""},
	        {"toy", "a-name-that-is-longer-than-any-name-of-a-backend-has-to-be"},
	        {"allow.udp4", "a-capability-that-is-longer-than-any-there-is-or-will-ever-be"},
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		const char *at = strstr(GOOD, changes[i][0]);
		char script[2048];

		assert_non_null(at);
		snprintf(script, sizeof(script), "echo '%.*s%s%s'", (int)(at - GOOD), GOOD,
		         changes[i][1], at + strlen(changes[i][0]));
		expect_broken(*state, script, "lacks one of name, version, audit");
	}
}

static void an_unknown_capability_is_refused(void **state)
{
	expect_broken(*state, "echo '" GOOD "' | sed s/allow.udp4/allow.upd4/",
	              "a capability that the contract does not know: allow.upd4");
}

/* ORDERING is what stands behind `"modes":[]` of GOOD. */
static bool promises_fifo(struct fixture *f, const char *ordering)
{
	char script[2048], *said;

	snprintf(script, sizeof(script), "echo '" GOOD "' | sed 's/\"modes\":\\[\\]/&%s/'",
	         ordering);
	make(f, script);
	assert_int_equal(ask(f, NULL, &said), BACKEND_OK);
	free(said);
	return f->backend.fifo;
}

static void only_who_says_fifo_promises_an_order(void **state)
{
	if (!lab)
		skip();
	assert_true(promises_fifo(*state, ",\"ordering\":\"fifo\""));
	assert_false(promises_fifo(*state, ",\"ordering\":\"per-flow\""));
	assert_false(promises_fifo(*state, ",\"ordering\":\"none\""));
	assert_false(promises_fifo(*state, ""));
}

static void an_unknown_ordering_is_refused(void **state)
{
	expect_broken(*state, "echo '" GOOD "' | sed 's/\"modes\":\\[\\]/&,\"ordering\":\"lifo\"/'",
	              "an ordering that the contract does not know: lifo");
	expect_broken(*state, "echo '" GOOD "' | sed 's/\"modes\":\\[\\]/&,\"ordering\":1/'",
	              "an ordering that is no string");
}

static void an_unknown_transport_is_refused(void **state)
{
	expect_broken(*state, "echo '" GOOD "' | sed s/fd/carrier-pigeon/",
	              "a transport that the contract does not know: carrier-pigeon");
}

static void every_capability_of_control_is_a_wish_for_ctl(void **state)
{
	static const char *const tags[] = {"ctl.sync", "ctl.policy", "ctl.stats", "ctl.clock"};
	struct fixture *f = *state;
	char *said;

	if (!lab)
		skip();
	make(f, "echo '" GOOD "'");
	assert_int_equal(ask(f, NULL, &said), BACKEND_OK);
	assert_false(backend_has_ctl(&f->backend));
	free(said);
	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		char script[1024];

		snprintf(script, sizeof(script), "echo '" GOOD "' | sed s/allow.udp4/%s/", tags[i]);
		make(f, script);
		assert_int_equal(ask(f, NULL, &said), BACKEND_OK);
		assert_true(backend_has_ctl(&f->backend));
		free(said);
	}
}

static void too_many_capabilities_are_refused(void **state)
{
	expect_broken(*state,
	              "echo '" GOOD "' | sed 's/\"allow.udp4\"/'$(seq -s, 65 | sed "
	              "'s/[0-9]*/\"&\"/g')/",
	              "lacks one of");
}

static void a_description_that_ended_badly_is_none(void **state)
{
	expect_broken(*state, "echo '" GOOD "'; exit 3", "exited with 3");
	expect_broken(*state, "echo '" GOOD "'; kill -KILL $$", "was killed by signal 9");
}

static void it_is_started_with_the_words_of_the_contract(void **state)
{
	struct backend_start o = {
	        .policy = "p.json", .organisation = "o.json", .net_ns = -1, .seed = "7"};
	struct fixture *f = *state;
	char want[300], *said;
	struct proc_end end;
	struct proc p;
	int frames[2], events[2], err;

	if (!lab)
		skip();
	make(f, "echo \"$@\"; [ -e /dev/fd/${7#fd:} ] && [ -e /dev/fd/${9#fd:} ]");
	assert_int_equal(pipe2(frames, O_CLOEXEC), 0);
	assert_int_equal(pipe2(events, O_CLOEXEC), 0);
	err = open(scratch_path(&f->dir, "said"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	o.frames_fd = frames[1];
	o.events_fd = events[1];
	o.stderr_fd = err;
	assert_int_equal(backend_run(&f->backend, &o, &p), 0);
	assert_true(proc_reap(&p, 5000, &end));
	assert_int_equal(end.code, 0);
	said = scratch_read(&f->dir, "said");
	snprintf(want, sizeof(want),
	         "run --contract 1 --policy p.json --frames fd:%d --events fd:%d --uplink up0 "
	         "--organisation o.json --seed 7\n",
	         frames[1], events[1]);
	assert_string_equal(said, want);
	free(said);
	for (int i = 0; i < 2; i++) {
		close(frames[i]);
		close(events[i]);
	}
	close(err);
}

static void without_a_seed_none_is_named(void **state)
{
	struct backend_start o = {.policy = "p.json",
	                          .frames_fd = -1,
	                          .frames = "tap:tap0",
	                          .events_fd = 2,
	                          .net_ns = -1};
	struct fixture *f = *state;
	struct proc_end end;
	struct proc p;

	if (!lab)
		skip();
	make(f, "[ \"$*\" = 'run --contract 1 --policy p.json --frames tap:tap0 --events fd:2 "
	        "--uplink up0' ]");
	o.stderr_fd = -1;
	assert_int_equal(backend_run(&f->backend, &o, &p), 0);
	assert_true(proc_reap(&p, 5000, &end));
	assert_int_equal(end.code, 0);
}

static void ctl_is_handed_over_where_there_is_one(void **state)
{
	struct backend_start o = {.policy = "p.json",
	                          .frames_fd = -1,
	                          .frames = "seqpacket:unix:x",
	                          .stderr_fd = -1,
	                          .net_ns = -1};
	struct fixture *f = *state;
	struct proc_end end;
	struct proc p;
	int events[2], ctl[2];
	char script[400];

	if (!lab)
		skip();
	assert_int_equal(pipe2(events, O_CLOEXEC), 0);
	assert_int_equal(pipe2(ctl, O_CLOEXEC), 0);
	snprintf(script, sizeof(script),
	         "[ \"$*\" = 'run --contract 1 --policy p.json --frames seqpacket:unix:x --events "
	         "fd:%d "
	         "--uplink up0 --ctl fd:%d' ] && [ -e /dev/fd/%d ] && [ -e /dev/fd/%d ]",
	         events[1], ctl[1], events[1], ctl[1]);
	make(f, script);
	o.events_fd = events[1];
	o.ctl_fd = ctl[1];
	assert_int_equal(backend_run(&f->backend, &o, &p), 0);
	assert_true(proc_reap(&p, 5000, &end));
	assert_int_equal(end.code, 0);
	for (int i = 0; i < 2; i++) {
		close(events[i]);
		close(ctl[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_path_is_that_program),
	        cmocka_unit_test(a_program_that_may_not_be_run_is_unknown),
	        cmocka_unit_test(a_name_that_nobody_has_is_explained),
	        cmocka_unit_test(a_name_is_looked_for_beside_this_program),
	        cmocka_unit_test(a_good_description_is_read),
	        cmocka_unit_test(what_it_says_on_stderr_reaches_the_user),
	        cmocka_unit_test(rubbish_is_no_description),
	        cmocka_unit_test(a_description_must_be_whole),
	        cmocka_unit_test(an_unknown_capability_is_refused),
	        cmocka_unit_test(an_unknown_transport_is_refused),
	        cmocka_unit_test(only_who_says_fifo_promises_an_order),
	        cmocka_unit_test(an_unknown_ordering_is_refused),
	        cmocka_unit_test(every_capability_of_control_is_a_wish_for_ctl),
	        cmocka_unit_test(too_many_capabilities_are_refused),
	        cmocka_unit_test(a_description_that_ended_badly_is_none),
	        cmocka_unit_test(it_is_started_with_the_words_of_the_contract),
	        cmocka_unit_test(without_a_seed_none_is_named),
	        cmocka_unit_test(ctl_is_handed_over_where_there_is_one),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
