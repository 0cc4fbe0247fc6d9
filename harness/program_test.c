/* SPDX-License-Identifier: ISC */
/* program_test.c: a command sees the scenario's variables and nothing of ours, what it says is kept,
 * and nothing of it is left. */
#include "harness/program.h"

#include "harness/addr.h"
#include "harness/lab.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SOON_MS 5000 /* the bound of a failure */

static const struct recipe_vars vars = {.nonce = "0nonce0"};
static bool lab;

static int enter(void **state)
{
	(void)state;
	lab = lab_enter() == 0; /* PID namespaces need what the laboratory needs */
	return 0;
}

static void start(struct program *p, const char *command)
{
	if (!lab)
		skip();
	assert_int_equal(program_start(p, command, -1), 0);
}

/* Runs to its end; what it said is in `said`. */
static struct proc_end run(const char *command, char *said, size_t size)
{
	struct program p;
	struct proc_end end;
	struct pollfd pfd;

	start(&p, command);
	pfd = (struct pollfd){.fd = p.proc.pidfd, .events = POLLIN};
	assert_int_equal(poll(&pfd, 1, SOON_MS), 1);
	assert_true(program_check(&p));
	program_read(&p, said, size);
	end = p.end;
	program_close(&p);
	return end;
}

static void a_command_gets_the_variables_of_the_scenario(void **state)
{
	const struct program_dirs dirs = {.lab = "/a b/it's", .tmp = "/tmp/$x`y`"};
	char command[2000], said[2000];

	(void)state;
	assert_true(program_command("echo $T $VM $GW $PROVIDER $ROUTER $CONSUMER $NONCE; "
	                            "echo \"$LAB\"; echo \"$TMP\"",
	                            &vars, LAB_TARGET_NET + 7, &dirs, command, sizeof(command)));
	run(command, said, sizeof(said));
	assert_string_equal(said,
	                    "198.18.0.7 192.168.100.2 192.168.100.1 192.168.1.100 192.168.1.1 "
	                    "203.0.113.50 0nonce0\n/a b/it's\n/tmp/$x`y`\n");
}

static void a_guest_elsewhere_gets_no_folders_of_this_machine(void **state)
{
	char command[2000];
	size_t len = program_command("true", &vars, 0, NULL, command, sizeof(command));

	(void)state;
	assert_int_equal(len, strlen(command));
	assert_null(strstr(command, "LAB"));
	assert_null(strstr(command, "TMP"));
	assert_string_equal(strstr(command, "NONCE"), "NONCE=0nonce0; true");
}

static void a_command_that_does_not_fit_is_refused(void **state)
{
	char whole[2000], out[2000];
	const struct program_dirs dirs = {.lab = "/l'l", .tmp = "/t"};
	size_t len = program_command("true", &vars, 1, &dirs, whole, sizeof(whole));

	(void)state;
	assert_true(len > 0);
	for (size_t size = 1; size <= len; size++)
		assert_int_equal(program_command("true", &vars, 1, &dirs, out, size), 0);
	assert_int_equal(program_command("true", &vars, 1, &dirs, out, len + 1), len);
	assert_string_equal(out, whole);
}

static void our_own_environment_is_not_theirs(void **state)
{
	char said[2000];

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1/", 1);
	setenv("HOME", "/somewhere", 1);
	run("env", said, sizeof(said));
	assert_null(strstr(said, "proxy"));
	assert_null(strstr(said, "HOME"));
	assert_non_null(strstr(said, "PATH=/"));
	unsetenv("http_proxy");
}

static void both_streams_and_the_exit_code_are_kept(void **state)
{
	char said[100];
	struct proc_end end = run("echo out; echo err >&2; echo more; exit 3", said, sizeof(said));

	(void)state;
	assert_string_equal(said, "out\nerr\nmore\n");
	assert_false(end.signalled);
	assert_int_equal(end.code, 3);
}

static void a_program_that_lacks_something_is_told_from_one_that_fails(void **state)
{
	static const struct {
		const char *command;
		bool lacks;
	} table[] = {
	        {"exit 77", true}, {"exit 1", false}, {"exit 0", false}, {"kill -9 $$", false}};
	struct program p;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct pollfd pfd;

		start(&p, table[i].command);
		assert_false(program_lacks_something(&p));
		pfd = (struct pollfd){.fd = p.proc.pidfd, .events = POLLIN};
		assert_int_equal(poll(&pfd, 1, SOON_MS), 1);
		assert_true(program_check(&p));
		assert_int_equal(program_lacks_something(&p), table[i].lacks);
		program_close(&p);
	}
}

static void what_is_printed_cannot_command_a_terminal(void **state)
{
	char said[100];

	(void)state;
	run("printf 'a\\033[31mb\\tc\\n\\377\\000d'", said, sizeof(said));
	assert_string_equal(said, "a?[31mb\tc\n??d");
	run("printf 123456789", said, 5);
	assert_string_equal(said, "1234");
}

/* That its children go with it is proc.h's promise, kept in proc_test.c. */
static void a_program_that_runs_can_be_read_and_stopped(void **state)
{
	struct program p;
	char said[200] = "";

	(void)state;
	start(&p, "echo up; sleep 1000");
	for (int i = 0; i < SOON_MS && !*said; i += 5) {
		poll(NULL, 0, 5);
		program_read(&p, said, sizeof(said));
	}
	assert_string_equal(said, "up\n");
	assert_false(program_check(&p));
	program_stop(&p);
	assert_true(p.has_ended);
	assert_true(p.end.signalled);
	program_read(&p, said, sizeof(said));
	assert_string_equal(said, "up\n"); /* what it said outlives it */
	program_close(&p);
	program_close(&p); /* harmless */
}

static void the_log_says_who_ran_what_and_how_it_ended(void **state)
{
	static struct program_log log;
	struct program p;
	struct pollfd pfd;

	(void)state;
	log = (struct program_log){0};
	start(&p, "printf hello; exit 4");
	pfd = (struct pollfd){.fd = p.proc.pidfd, .events = POLLIN};
	assert_int_equal(poll(&pfd, 1, SOON_MS), 1);
	program_check(&p);
	program_log_add(&log, "in the world", "the command", &p);
	assert_string_equal(log.text, "in the world: the command\nhello\n(it exited with 4)\n\n");
	assert_int_equal(log.len, strlen(log.text));
	for (int i = 0; i < 5000; i++)
		program_log_add(&log, "in the world", "the command", &p);
	assert_true(log.full);
	assert_int_equal(strlen(log.text), sizeof(log.text) - 1);
	program_close(&p);
}

static void a_temporary_folder_goes_with_all_that_is_in_it(void **state)
{
	char dir[200], inside[300], outside[300];
	struct stat st;

	(void)state;
	assert_int_equal(program_make_tmp(dir, sizeof(dir)), 0);
	snprintf(inside, sizeof(inside), "%s/folder", dir);
	assert_int_equal(mkdir(inside, 0700), 0);
	snprintf(outside, sizeof(outside), "%s/folder/link", dir);
	assert_int_equal(symlink("/etc", outside), 0);
	program_remove_tmp(dir);
	assert_int_equal(stat(dir, &st), -1);
	assert_int_equal(stat("/etc/passwd", &st), 0);
	program_remove_tmp("");
	assert_int_equal(program_make_tmp(dir, 5), -1);
	assert_string_equal(dir, "");
}

static void the_tools_of_the_lab_stand_beside_the_program(void **state)
{
	char path[300];

	(void)state;
	snprintf(path, sizeof(path), "%s/program_test", program_lab_dir());
	assert_int_equal(access(path, X_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_command_gets_the_variables_of_the_scenario),
	        cmocka_unit_test(a_guest_elsewhere_gets_no_folders_of_this_machine),
	        cmocka_unit_test(a_command_that_does_not_fit_is_refused),
	        cmocka_unit_test(our_own_environment_is_not_theirs),
	        cmocka_unit_test(both_streams_and_the_exit_code_are_kept),
	        cmocka_unit_test(a_program_that_lacks_something_is_told_from_one_that_fails),
	        cmocka_unit_test(what_is_printed_cannot_command_a_terminal),
	        cmocka_unit_test(a_program_that_runs_can_be_read_and_stopped),
	        cmocka_unit_test(the_log_says_who_ran_what_and_how_it_ended),
	        cmocka_unit_test(a_temporary_folder_goes_with_all_that_is_in_it),
	        cmocka_unit_test(the_tools_of_the_lab_stand_beside_the_program),
	};

	return cmocka_run_group_tests_name("program", tests, enter, NULL);
}
