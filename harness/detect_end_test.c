/* SPDX-License-Identifier: ISC */
/* detect_end_test.c: VMs that somebody else started: taken hold of, or refused with the reason; ended. QEMU itself is tried by
 * ci/detect. */
#include "harness/detect_end.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* A process that does nothing until it is killed. */
static pid_t start_idle(char number[16])
{
	pid_t pid = fork();

	if (!pid) {
		for (;;)
			pause();
	}
	snprintf(number, 16, "%d", (int)pid);
	return pid;
}

/* A process that listens at `path`, takes one client, says `greeting`, answers what comes with `answer`, and ends at
 * a `quit`, or at once when it has no answer. */
static pid_t start_qmp(const char *path, const char *greeting, const char *answer)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char buf[256];
	pid_t pid;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	assert_return_code(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_return_code(listen(fd, 1), 0);
	pid = fork();
	if (!pid) {
		int client = accept(fd, NULL, NULL);
		ssize_t n = write(client, greeting, strlen(greeting));

		while (n >= 0 && (n = read(client, buf, sizeof(buf) - 1)) > 0) {
			buf[n] = '\0';
			if (strstr(buf, "quit") || !answer)
				_exit(0);
			n = write(client, answer, strlen(answer));
		}
		_exit(1);
	}
	close(fd);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void what_is_no_vms_process_is_refused(void **state)
{
	static const char *const bad[] = {"",  "0",   "1",  "-5",
	                                  "x", "12x", "+7", "99999999999999999999"};
	char why[ENDER_WHY_MAX], own[16], dead[16];
	struct ender e;

	(void)state;
	ender_init(&e);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(ender_take_pid(&e, bad[i], why), -1);
		assert_non_null(strstr(why, "not the number"));
	}
	snprintf(own, sizeof(own), "%d", (int)getpid());
	assert_int_equal(ender_take_pid(&e, own, why), -1);
	end(start_idle(dead));
	assert_int_equal(ender_take_pid(&e, dead, why), -1);
	assert_int_equal(e.pidfd, -1);
	ender_close(&e);
}

static void a_process_is_killed_and_gone(void **state)
{
	char why[ENDER_WHY_MAX], number[16];
	struct pollfd fds[ENDER_FDS];
	const char *how;
	struct ender e;
	int status;
	double ms;
	pid_t pid = start_idle(number);

	(void)state;
	ender_init(&e);
	assert_int_equal(ender_take_pid(&e, number, why), 0);
	assert_int_equal(ender_pollfds(&e, fds), 1);
	assert_int_equal(poll(fds, 1, 0), 0); /* it lives */
	assert_true(ender_fire(&e, &ms, &how));
	assert_string_equal(how, "SIGKILL");
	assert_true(e.gone);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_true(ender_fire(&e, &ms, &how)); /* nothing is left to end */
	assert_string_equal(how, "nothing to end");
	ender_close(&e);
}

static void nothing_to_end_is_no_failure(void **state)
{
	struct pollfd fds[ENDER_FDS];
	const char *how;
	struct ender e;
	double ms;

	(void)state;
	ender_init(&e);
	assert_int_equal(ender_pollfds(&e, fds), 0);
	assert_true(ender_fire(&e, &ms, &how));
	assert_false(e.gone);
}

static void qmp_is_greeted_and_told_to_quit(void **state)
{
	char folder[] = "/tmp/ender-XXXXXX", path[64], why[ENDER_WHY_MAX] = "";
	const char *how;
	struct ender e;
	int status;
	double ms;
	pid_t pid;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/qmp", folder);
	pid = start_qmp(path, "{\"QMP\":{}}\n", "{\"return\":{}}\n");
	ender_init(&e);
	if (ender_take_qmp(&e, path, why))
		fail_msg("%s", why);
	assert_true(ender_fire(&e, &ms, &how));
	assert_string_equal(how, "QMP quit");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	ender_close(&e);
	unlink(path);
	rmdir(folder);
}

static void what_does_not_speak_qmp_is_refused(void **state)
{
	char folder[] = "/tmp/ender-XXXXXX", path[64], why[ENDER_WHY_MAX];
	char longest[200];
	struct ender e;
	pid_t pid;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/qmp", folder);
	ender_init(&e);
	assert_int_equal(ender_take_qmp(&e, path, why), -1);
	assert_non_null(strstr(why, "No such file"));
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(ender_take_qmp(&e, longest, why), -1);
	assert_non_null(strstr(why, "too long"));
	pid = start_qmp(path, "{\"QMP\":{}}\n", NULL);
	assert_int_equal(ender_take_qmp(&e, path, why), -1);
	assert_non_null(strstr(why, "QMP's answer"));
	assert_int_equal(e.qmp_fd, -1);
	end(pid);
	unlink(path);
	rmdir(folder);
}

static void the_end_of_a_watched_vm_is_noticed(void **state)
{
	char why[ENDER_WHY_MAX], number[16];
	struct pollfd fds[ENDER_FDS];
	struct ender e;
	pid_t pid = start_idle(number);

	(void)state;
	ender_init(&e);
	assert_int_equal(ender_take_pid(&e, number, why), 0);
	end(pid);
	assert_int_equal(ender_pollfds(&e, fds), 1);
	assert_int_equal(poll(fds, 1, 10000), 1);
	ender_on_readable(&e, fds[0].fd);
	assert_true(e.gone);
	ender_close(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_no_vms_process_is_refused),
	        cmocka_unit_test(a_process_is_killed_and_gone),
	        cmocka_unit_test(nothing_to_end_is_no_failure),
	        cmocka_unit_test(qmp_is_greeted_and_told_to_quit),
	        cmocka_unit_test(what_does_not_speak_qmp_is_refused),
	        cmocka_unit_test(the_end_of_a_watched_vm_is_noticed),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
