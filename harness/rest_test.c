/* SPDX-License-Identifier: ISC */
/* rest_test.c: each kind of thing that may be left behind is noticed. */
#include "harness/rest.h"

#include "harness/lab.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void nothing_is_left_of_nothing(void **state)
{
	struct rest first, last;
	char why[256] = "";

	(void)state;
	rest_count(&first);
	rest_count(&last);
	last.n[REST_SHM] = first.n[REST_SHM]; /* others may work here */
	assert_true(rest_is_clean(&first, &last, 1, why, sizeof(why)));
	assert_string_equal(why, "");
}

static void a_descriptor_is_noticed(void **state)
{
	struct rest first, last;
	char why[256];
	int fd;

	(void)state;
	rest_count(&first);
	fd = dup(0);
	rest_count(&last);
	close(fd);
	assert_false(rest_is_clean(&first, &last, 50, why, sizeof(why)));
	assert_string_equal(why, "1 descriptors of the harness are left");
}

static void a_socket_is_noticed_wherever_its_descriptor_is(void **state)
{
	struct rest first, last;
	char why[256];
	int pair[2];

	(void)state;
	rest_count(&first);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	rest_count(&last);
	close(pair[0]);
	close(pair[1]);
	last.n[REST_FILES] = first.n[REST_FILES];
	assert_false(rest_is_clean(&first, &last, 50, why, sizeof(why)));
	assert_non_null(strstr(why, "sockets are left"));
}

static void a_process_is_noticed_dead_or_alive(void **state)
{
	struct rest first, last;
	char why[256];
	pid_t pid;

	(void)state;
	rest_count(&first);
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	rest_count(&last);
	assert_false(rest_is_clean(&first, &last, 50, why, sizeof(why)));
	assert_string_equal(why, "1 processes are left");
	kill(pid, SIGKILL);
	waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WEXITED | WNOWAIT);
	rest_count(&last);
	assert_false(rest_is_clean(&first, &last, 50, why, sizeof(why)));
	waitpid(pid, NULL, 0);
	rest_count(&last);
	last.n[REST_SHM] = first.n[REST_SHM];
	assert_true(rest_is_clean(&first, &last, 50, why, sizeof(why)));
}

static void of_what_is_shared_one_each_time_is_too_much(void **state)
{
	struct rest first = {{0}}, last = {{0}};
	char why[256];

	(void)state;
	last.n[REST_SHM] = 49;
	assert_true(rest_is_clean(&first, &last, 50, why, sizeof(why)));
	last.n[REST_SHM] = 50;
	assert_false(rest_is_clean(&first, &last, 50, why, sizeof(why)));
	assert_string_equal(why, "50 files in /dev/shm are left");
	last.n[REST_SHM] = 0;
	last.n[REST_INTERFACES] = 1;
	assert_false(rest_is_clean(&first, &last, 50, why, sizeof(why)));
	assert_string_equal(why, "1 interfaces are left");
}

static void a_shared_segment_is_counted(void **state)
{
	struct rest first, last;
	int id;

	(void)state;
	rest_count(&first);
	id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	assert_true(id >= 0);
	rest_count(&last);
	shmctl(id, IPC_RMID, NULL);
	assert_true(last.n[REST_SEGMENTS] > first.n[REST_SEGMENTS]);
}

/* A network namespace in which nobody else makes sockets. */
static int set_up(void **state)
{
	(void)state;
	return lab_enter();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nothing_is_left_of_nothing),
	        cmocka_unit_test(a_descriptor_is_noticed),
	        cmocka_unit_test(a_socket_is_noticed_wherever_its_descriptor_is),
	        cmocka_unit_test(a_process_is_noticed_dead_or_alive),
	        cmocka_unit_test(of_what_is_shared_one_each_time_is_too_much),
	        cmocka_unit_test(a_shared_segment_is_counted),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
