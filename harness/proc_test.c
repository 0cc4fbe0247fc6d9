/* SPDX-License-Identifier: ISC */
/* proc_test.c: how a program ended is told as it was, and nothing of it is left. */
#include "harness/proc.h"

#include "harness/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SOON_MS 5000 /* the bound of a failure */

static bool lab;

static int enter(void **state)
{
	(void)state;
	lab = lab_enter() == 0; /* PID namespaces need what the laboratory needs */
	return 0;
}

static void start(struct proc_options o, const char *script, struct proc *p)
{
	char sh[] = "/bin/sh", c[] = "-c", *text = strdup(script);
	char *argv[] = {sh, c, text, NULL};

	if (!lab)
		skip();
	o.argv = argv;
	assert_int_equal(proc_start(&o, p), 0);
	free(text);
}

static const struct proc_options quiet = {.net_ns = -1, .out = -1, .err = -1};

static struct proc_end run(struct proc_options o, const char *script)
{
	struct proc_end end;
	struct proc p;

	start(o, script, &p);
	assert_true(proc_reap(&p, SOON_MS, &end));
	assert_int_equal(p.pid, 0);
	assert_int_equal(p.pidfd, -1);
	return end;
}

/* A pipe whose reading end does not block and whose writing end the program may inherit. */
static void make_pipe(int out[2])
{
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(fcntl(out[0], F_SETFL, O_NONBLOCK), 0);
}

/* What stands in the pipe; its writing end is closed first. */
static char *read_all(int out[2], char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	close(out[1]);
	while ((n = read(out[0], buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	assert_int_equal(n, 0); /* nobody holds it any more */
	close(out[0]);
	buf[len] = '\0';
	return buf;
}

static void an_exit_code_is_told(void **state)
{
	struct proc_end end;
	char text[64];

	(void)state;
	for (int code = 0; code < 256; code += 51) {
		char script[16];

		snprintf(script, sizeof(script), "exit %d", code);
		end = run(quiet, script);
		assert_true(end.started);
		assert_false(end.signalled);
		assert_int_equal(end.code, code);
	}
	assert_string_equal(proc_end_text(&end, text), "exited with 255");
}

static void a_signal_is_told(void **state)
{
	struct proc_end end;
	char text[64];

	(void)state;
	end = run(quiet, "ulimit -c 0; kill -SEGV $$; exit 1");
	assert_true(end.started);
	assert_true(end.signalled);
	assert_int_equal(end.code, SIGSEGV);
	assert_string_equal(proc_end_text(&end, text),
	                    "was killed by signal 11 (Segmentation fault)");
}

static void a_program_that_is_not_there_is_told(void **state)
{
	char path[] = "/nowhere/backend", *argv[] = {path, NULL};
	struct proc_options o = quiet;
	struct proc_end end;
	struct proc p;
	char text[64];

	(void)state;
	if (!lab)
		skip();
	o.argv = argv;
	assert_int_equal(proc_start(&o, &p), 0);
	assert_true(proc_reap(&p, SOON_MS, &end));
	assert_false(end.started);
	assert_int_equal(end.error, ENOENT);
	assert_string_equal(proc_end_text(&end, text),
	                    "could not be executed: No such file or directory");
}

static void a_folder_is_no_program(void **state)
{
	char path[] = "/usr", *argv[] = {path, NULL};
	struct proc_options o = quiet;
	struct proc_end end;
	struct proc p;

	(void)state;
	if (!lab)
		skip();
	o.argv = argv;
	assert_int_equal(proc_start(&o, &p), 0);
	assert_true(proc_reap(&p, SOON_MS, &end));
	assert_false(end.started);
	assert_int_equal(end.error, EACCES);
}

static void a_name_without_a_slash_is_searched_in_path(void **state)
{
	char name[] = "true", *argv[] = {name, NULL};
	struct proc_options o = quiet;
	struct proc_end end;
	struct proc p;

	(void)state;
	if (!lab)
		skip();
	o.argv = argv;
	assert_int_equal(proc_start(&o, &p), 0);
	assert_true(proc_reap(&p, SOON_MS, &end));
	assert_true(end.started);
	assert_int_equal(end.code, 0);
}

static void what_it_says_goes_where_it_should(void **state)
{
	struct proc_options o = quiet;
	int out[2], err[2];
	char text[100];

	(void)state;
	make_pipe(out);
	make_pipe(err);
	o.out = out[1];
	o.err = err[1];
	run(o, "echo words; echo complaints >&2; cat");
	assert_string_equal(read_all(out, text, sizeof(text)), "words\n");
	assert_string_equal(read_all(err, text, sizeof(text)), "complaints\n");
}

/* Double fork, a session of its own, every signal ignored that can be: it still holds the pipe until
 * it is dead. */
static void a_daemonised_grandchild_is_dead_when_the_program_is(void **state)
{
	struct proc_options o = quiet;
	char text[100];
	int held[2];

	(void)state;
	make_pipe(held);
	o.keep[o.keep_count++] = held[1];
	assert_int_equal(run(o, "(setsid sh -c 'trap \"\" HUP INT TERM; sleep 60; sleep 60' &) & "
	                        "(trap '' HUP TERM; sleep 60) & sleep 0.1; exit 7")
	                         .code,
	                 7);
	read_all(held, text, sizeof(text)); /* asserts that nobody holds it */
}

static void what_takes_too_long_is_killed_with_all_it_started(void **state)
{
	struct proc_options o = quiet;
	struct proc_end end;
	struct proc p;
	char text[100];
	int held[2];

	(void)state;
	make_pipe(held);
	o.keep[o.keep_count++] = held[1];
	start(o, "trap '' TERM INT; (setsid sleep 60 &); sleep 60; sleep 60", &p);
	assert_false(proc_reap(&p, 100, &end));
	assert_true(p.pid > 0);
	proc_kill(&p);
	assert_true(proc_reap(&p, SOON_MS, &end));
	assert_true(end.signalled);
	assert_int_equal(end.code, SIGKILL);
	read_all(held, text, sizeof(text));
	proc_kill(&p); /* harmless */
	assert_false(proc_reap(&p, 0, &end));
}

static void the_pidfd_is_readable_when_all_of_it_is_dead(void **state)
{
	struct pollfd pfd = {.events = POLLIN};
	struct proc_end end;
	struct proc p;

	(void)state;
	start(quiet, "sleep 0.1", &p);
	pfd.fd = p.pidfd;
	assert_int_equal(poll(&pfd, 1, 0), 0);
	assert_int_equal(poll(&pfd, 1, SOON_MS), 1);
	assert_true(proc_reap(&p, 0, &end));
	assert_int_equal(end.code, 0);
}

static void kept_descriptors_are_inherited_and_others_are_not(void **state)
{
	struct proc_options o = quiet;
	int kept[2], tidy[2], careless;
	char script[300], text[100];

	(void)state;
	make_pipe(kept);
	make_pipe(tidy);
	careless = dup(tidy[1]); /* without FD_CLOEXEC, as one that a shell left open */
	o.keep[o.keep_count++] = kept[1];
	snprintf(script, sizeof(script),
	         "[ -e /proc/self/fd/%d ] && echo kept >/proc/self/fd/%d; "
	         "[ -e /proc/self/fd/%d ] && exit 1; [ -e /proc/self/fd/%d ] && exit 2; "
	         "[ -e /proc/self/fd/%d ] && exit 3; exit 0",
	         kept[1], kept[1], kept[0], tidy[1], careless);
	assert_int_equal(run(o, script).code, 0);
	assert_string_equal(read_all(kept, text, sizeof(text)), "kept\n");
	assert_true(fcntl(careless, F_GETFD) == 0); /* ours is as it was */
	close(careless);
	read_all(tidy, text, sizeof(text));
}

/* The reader of a descriptor must see its end when the program closes it, not when all is dead. */
static void nothing_else_holds_what_the_program_was_given(void **state)
{
	struct proc_options o = quiet;
	struct pollfd pfd = {.events = POLLIN};
	struct proc_end end;
	struct proc p;
	char script[100];
	int kept[2];

	(void)state;
	make_pipe(kept);
	o.keep[o.keep_count++] = kept[1];
	assert_int_equal(fcntl(kept[1], F_DUPFD_CLOEXEC, 9), 9); /* one digit, for the shell */
	close(kept[1]);
	o.keep[0] = 9;
	snprintf(script, sizeof(script), "exec 9>&-; sleep 60");
	start(o, script, &p);
	close(9);
	pfd.fd = kept[0];
	assert_int_equal(poll(&pfd, 1, SOON_MS), 1);
	assert_true(pfd.revents & POLLHUP);
	assert_false(proc_reap(&p, 0, &end));
	proc_kill(&p);
	assert_true(proc_reap(&p, SOON_MS, &end));
	close(kept[0]);
}

static void signals_that_the_harness_ignores_or_blocks_are_the_programs_again(void **state)
{
	struct proc_end end;
	sigset_t set, old;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &old);
	end = run(quiet, "kill -PIPE $$; exit 1");
	assert_true(end.signalled);
	assert_int_equal(end.code, SIGPIPE);
	end = run(quiet, "kill -USR1 $$; exit 1");
	assert_true(end.signalled);
	assert_int_equal(end.code, SIGUSR1);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGPIPE, SIG_DFL);
}

static void it_runs_in_the_namespace_it_was_given(void **state)
{
	struct proc_options o = quiet;
	struct stat inside;
	char script[200];
	struct lab_link l;

	(void)state;
	if (!lab)
		skip();
	assert_int_equal(lab_link_open(&l), 0);
	assert_int_equal(fstat(l.ns, &inside), 0);
	snprintf(script, sizeof(script), "[ \"$(readlink /proc/self/ns/net)\" = 'net:[%lu]' ]",
	         (unsigned long)inside.st_ino);
	assert_int_equal(run(o, script).code, 1);
	o.net_ns = l.ns;
	assert_int_equal(run(o, script).code, 0);
	lab_link_close(&l);
}

/* A harness that is killed leaves nothing behind. */
static void when_the_harness_dies_so_does_the_program(void **state)
{
	struct proc_options o = quiet;
	struct pollfd pfd = {.events = POLLIN};
	int held[2], ready[2];
	pid_t harness;
	char byte;

	(void)state;
	if (!lab)
		skip();
	make_pipe(held);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	harness = fork();
	assert_true(harness >= 0);
	if (harness == 0) {
		struct proc p;

		o.keep[o.keep_count++] = held[1];
		o.out = ready[1];
		start(o, "(setsid sleep 60 &); echo; sleep 60", &p);
		pause();
		_exit(0);
	}
	close(held[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	kill(harness, SIGKILL);
	assert_int_equal(waitpid(harness, NULL, 0), harness);
	pfd.fd = held[0];
	assert_int_equal(poll(&pfd, 1, SOON_MS), 1);
	assert_int_equal(read(held[0], &byte, 1), 0);
	close(held[0]);
	close(ready[0]);
	close(ready[1]);
}

static void a_hundred_programs_leave_no_descriptor(void **state)
{
	int before = dup(0), after;

	(void)state;
	close(before);
	for (int i = 0; i < 100; i++)
		run(quiet, ":");
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
}

/* Who sees that a program runs may close the reading end of a pipe, and nobody else has it. A hundred times: what
 * this is about was a matter of microseconds. */
static void what_a_program_does_not_get_is_closed_before_it_runs(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < 100; i++) {
		struct proc_options o = quiet;
		int said[2], other[2];
		struct proc_end end;
		struct proc p;
		char c;

		assert_int_equal(pipe2(said, O_CLOEXEC), 0);
		assert_int_equal(pipe2(other, O_CLOEXEC), 0);
		o.out = said[1];
		start(o, "echo x; sleep 0.01", &p);
		close(said[1]);
		assert_int_equal(read(said[0], &c, 1), 1);
		close(other[0]);
		assert_int_equal(write(other[1], "y", 1), -1);
		assert_int_equal(errno, EPIPE);
		close(other[1]);
		close(said[0]);
		assert_true(proc_reap(&p, SOON_MS, &end));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_exit_code_is_told),
	        cmocka_unit_test(a_signal_is_told),
	        cmocka_unit_test(a_program_that_is_not_there_is_told),
	        cmocka_unit_test(a_folder_is_no_program),
	        cmocka_unit_test(a_name_without_a_slash_is_searched_in_path),
	        cmocka_unit_test(what_it_says_goes_where_it_should),
	        cmocka_unit_test(a_daemonised_grandchild_is_dead_when_the_program_is),
	        cmocka_unit_test(what_takes_too_long_is_killed_with_all_it_started),
	        cmocka_unit_test(the_pidfd_is_readable_when_all_of_it_is_dead),
	        cmocka_unit_test(kept_descriptors_are_inherited_and_others_are_not),
	        cmocka_unit_test(nothing_else_holds_what_the_program_was_given),
	        cmocka_unit_test(signals_that_the_harness_ignores_or_blocks_are_the_programs_again),
	        cmocka_unit_test(it_runs_in_the_namespace_it_was_given),
	        cmocka_unit_test(when_the_harness_dies_so_does_the_program),
	        cmocka_unit_test(a_hundred_programs_leave_no_descriptor),
	        cmocka_unit_test(what_a_program_does_not_get_is_closed_before_it_runs),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
