/* SPDX-License-Identifier: ISC */
/* janitor_test.c: the path goes when its user does, and not before. */
#include "ref/janitor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char path[64];

static int make_file(void **state)
{
	int fd;

	(void)state;
	strcpy(path, "/tmp/janitor-XXXXXX");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static bool is_there(void)
{
	return access(path, F_OK) == 0;
}

static void the_path_is_removed_when_it_is_stopped(void **state)
{
	struct janitor janitor;

	(void)state;
	assert_true(janitor_start(&janitor, path, SANDBOX_AUTO));
	assert_true(is_there());
	janitor_stop(&janitor);
	assert_false(is_there());
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void the_worker_can_stop_it_from_inside_its_sandbox(void **state)
{
	pid_t worker = fork();
	int status;

	(void)state;
	if (!worker) {
		struct sandbox_report report;
		struct janitor janitor;

		if (!janitor_start(&janitor, path, SANDBOX_AUTO) ||
		    !sandbox_enter(SANDBOX_WORKER, SANDBOX_AUTO, 0, &report))
			_exit(1);
		janitor_stop(&janitor);
		_exit(0);
	}
	assert_int_equal(waitpid(worker, &status, 0), worker);
	assert_int_equal(status, 0);
	assert_false(is_there());
}

static void the_path_is_removed_when_the_worker_was_killed(void **state)
{
	int ends[2];
	char byte;
	pid_t worker;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	worker = fork();
	if (!worker) {
		struct janitor janitor;

		/* Standard error is what a janitor keeps, so it tells when that has ended. */
		dup2(ends[1], 2);
		close(ends[1]);
		if (!janitor_start(&janitor, path, SANDBOX_AUTO))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	close(ends[1]);
	while (read(ends[0], &byte, 1) > 0)
		;
	close(ends[0]);
	waitpid(worker, NULL, 0);
	assert_false(is_there());
}

static void it_holds_no_descriptor_of_its_parent(void **state)
{
	struct janitor janitor;
	int ends[2];
	char byte;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_true(janitor_start(&janitor, path, SANDBOX_AUTO));
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 0); /* nobody else could write */
	close(ends[0]);
	janitor_stop(&janitor);
}

static void a_path_that_is_gone_already_does_no_harm(void **state)
{
	struct janitor janitor;

	(void)state;
	assert_true(janitor_start(&janitor, path, SANDBOX_AUTO));
	assert_int_equal(unlink(path), 0);
	janitor_stop(&janitor);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_file, remove_file)
	const struct CMUnitTest tests[] = {
	        TEST(the_path_is_removed_when_it_is_stopped),
	        TEST(the_worker_can_stop_it_from_inside_its_sandbox),
	        TEST(the_path_is_removed_when_the_worker_was_killed),
	        TEST(it_holds_no_descriptor_of_its_parent),
	        TEST(a_path_that_is_gone_already_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
