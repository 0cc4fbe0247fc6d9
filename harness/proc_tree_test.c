/* SPDX-License-Identifier: ISC */
/* proc_tree_test.c: a program's children count and are stopped with it, and nobody else is. */
#include "harness/proc_tree.h"

#include "harness/lab.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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

/* Starts a script whose standard output is *out. */
static void start(const char *script, struct proc *p, int *out)
{
	char sh[] = "/bin/sh", c[] = "-c", text[512];
	char *argv[] = {sh, c, text, NULL};
	struct proc_options o = {.argv = argv, .net_ns = -1, .err = -1};
	int pipefd[2];

	if (!lab)
		skip();
	assert_true(strlen(script) < sizeof(text));
	strcpy(text, script);
	assert_int_equal(pipe2(pipefd, O_CLOEXEC), 0);
	o.out = pipefd[1];
	assert_int_equal(proc_start(&o, p), 0);
	close(pipefd[1]);
	*out = pipefd[0];
}

static void stop(struct proc *p, int out)
{
	struct proc_end end;

	proc_kill(p);
	assert_true(proc_reap(p, SOON_MS, &end));
	close(out);
}

static char read_letter(int fd)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	char letter = '\0';

	if (poll(&pfd, 1, SOON_MS) == 1 && read(fd, &letter, 1) != 1)
		letter = '\0';
	return letter;
}

/* The last in the pipe keeps a line of 20 MB until it ends, which takes a minute. */
static void children_are_counted(void **state)
{
	uint64_t kib = 0;
	struct proc p;
	int out;

	(void)state;
	start("echo a; (head -c 20000000 /dev/zero; sleep 60) | tail -n 1", &p, &out);
	assert_int_equal(read_letter(out), 'a');
	for (int i = 0; i < SOON_MS && kib < 20000; i++) {
		assert_true(proc_tree_memory(&p, &kib));
		poll(NULL, 0, 1);
	}
	assert_in_range(kib, 20000, 200000);
	stop(&p, out);
}

/* 'S' sleeping, 'T' stopped, as /proc has it, of the program's first child. */
static char state_of_child(const struct proc *p)
{
	char path[64], line[256] = "";
	const char *mark;
	int child, fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)p->pid, (int)p->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0 && read(fd, line, sizeof(line) - 1) > 0);
	close(fd);
	child = atoi(line);
	snprintf(path, sizeof(path), "/proc/%d/stat", child);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	memset(line, 0, sizeof(line));
	assert_true(fd >= 0 && read(fd, line, sizeof(line) - 1) > 0);
	close(fd);
	mark = strrchr(line, ')');
	assert_non_null(mark);
	return mark[2];
}

/* A signal is there at once, what it does comes when the scheduler likes. */
static bool becomes(const struct proc *p, bool stopped)
{
	for (int i = 0; i < SOON_MS; i++) {
		if ((state_of_child(p) == 'T') == stopped)
			return true;
		poll(NULL, 0, 1);
	}
	return false;
}

static void a_stopped_program_is_stopped_and_goes_on(void **state)
{
	struct proc p;
	int out;

	(void)state;
	start("echo a; exec sleep 60", &p, &out);
	assert_int_equal(read_letter(out), 'a');
	assert_true(proc_tree_signal(&p, SIGSTOP));
	assert_true(becomes(&p, true));
	assert_true(proc_tree_signal(&p, SIGCONT));
	assert_true(becomes(&p, false));
	stop(&p, out);
}

static void one_process_is_killed_and_the_others_live(void **state)
{
	struct proc_end end;
	struct proc p;
	int out;

	(void)state;
	/* The second process is the first child; the program tells when it has lost it. */
	start("(echo a; exec sleep 60) & wait $!; echo b; sleep 60", &p, &out);
	assert_int_equal(read_letter(out), 'a');
	assert_int_equal(read_letter(out), '\n');
	assert_false(proc_tree_kill_one(&p, 3));
	assert_true(proc_tree_kill_one(&p, PROC_TREE_LAST));
	assert_int_equal(read_letter(out), 'b');
	assert_true(proc_tree_kill_one(&p, 1));
	assert_true(proc_reap(&p, SOON_MS, &end));
	assert_true(end.signalled);
	assert_int_equal(end.code, SIGKILL);
	close(out);
}

static void limits_hold_for_all_and_can_be_lifted(void **state)
{
	struct proc p;
	int out;

	(void)state;
	/* It stops itself: a program that still had to be loaded would lack descriptors for that, and end. */
	start("echo a; kill -STOP $$", &p, &out);
	assert_int_equal(read_letter(out), 'a');
	assert_true(proc_tree_limit(&p, RLIMIT_NOFILE, 3));
	assert_true(proc_tree_limit(&p, RLIMIT_NOFILE, 100));
	stop(&p, out);
	assert_false(proc_tree_limit(&p, RLIMIT_NOFILE, 100));
}

static void a_program_that_is_gone_has_no_processes(void **state)
{
	struct proc_end end;
	uint64_t kib = 7;
	struct proc p;
	int out;

	(void)state;
	start("exit 0", &p, &out);
	assert_true(proc_reap(&p, SOON_MS, &end));
	close(out);
	assert_false(proc_tree_memory(&p, &kib));
	assert_int_equal(kib, 0);
	assert_false(proc_tree_signal(&p, SIGSTOP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(children_are_counted),
	        cmocka_unit_test(a_stopped_program_is_stopped_and_goes_on),
	        cmocka_unit_test(one_process_is_killed_and_the_others_live),
	        cmocka_unit_test(limits_hold_for_all_and_can_be_lifted),
	        cmocka_unit_test(a_program_that_is_gone_has_no_processes),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
