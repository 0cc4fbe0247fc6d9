/* SPDX-License-Identifier: ISC */
/* lint_test.c: `gauntlet lint`, `gauntlet list`, and how suites are found. */
#include "harness/lint.h"

#include "harness/scenario_fixture.h"

#include <fcntl.h>

/* Runs a command with `words` (NULL-terminated) behind its name and --scenarios; *said is what it
 * wrote to stdout and stderr. */
static int run(struct fixture *f, int (*command)(int, char **), const char *const *words,
               char *said, size_t size)
{
	char text[16][80] = {"command", "--scenarios"};
	char *argv[17] = {text[0], text[1], f->dir};
	int argc = 3;
	int out, saved[2], code;
	ssize_t len;

	for (; *words; words++, argc++) {
		snprintf(text[argc], sizeof(text[argc]), "%s", *words);
		argv[argc] = text[argc];
	}
	out = open(f->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	assert_true(out >= 0);
	fflush(stdout);
	for (int fd = 1; fd <= 2; fd++) {
		saved[fd - 1] = dup(fd);
		dup2(out, fd);
	}
	code = command(argc, argv);
	fflush(stdout);
	for (int fd = 1; fd <= 2; fd++) {
		dup2(saved[fd - 1], fd);
		close(saved[fd - 1]);
	}
	len = pread(out, said, size - 1, 0);
	assert_true(len >= 0);
	said[len] = '\0';
	close(out);
	return code;
}

#define RUN(command, ...)                                                                          \
	run(f, command, (const char *const[]){__VA_ARGS__, NULL}, said, sizeof(said))

static void expect_said(const char *said, const char *text)
{
	if (!strstr(said, text))
		fprintf(stderr, "expected: %s\nsaid: %s\n", text, said);
	assert_non_null(strstr(said, text));
}

static int setup(void **state)
{
	if (fixture_setup(state))
		return -1;
	fixture_write(*state, "t.scn", FIXTURE_EXAMPLE);
	fixture_write(*state, "a.scn", "suite a\npolicy one.json\n" FIXTURE_CASE);
	return 0;
}

static void lint_checks_all_files_and_counts(void **state)
{
	struct fixture *f = *state;
	char said[4000];

	assert_int_equal(run(f, lint_main, (const char *const[]){NULL}, said, sizeof(said)), 0);
	assert_string_equal(said, "2 files, 4 cases, 4 rows, 0 errors\n");
	assert_int_equal(RUN(lint_main, "a"), 0);
	assert_string_equal(said, "1 file, 1 case, 0 rows, 0 errors\n");
}

static void lint_prints_every_error_of_every_file(void **state)
{
	struct fixture *f = *state;
	char said[4000];

	fixture_write(f, "b.scn", "suite b\npolicy one.json\n  wat\n" FIXTURE_CASE "xyz\n");
	assert_int_equal(run(f, lint_main, (const char *const[]){NULL}, said, sizeof(said)), 2);
	expect_said(said, "b.scn:3:3: error: unknown statement 'wat'");
	expect_said(said, "    3 |   wat\n      |   ^~~\n");
	expect_said(said, "b.scn:6:1: error: unknown statement 'xyz'");
	expect_said(said, "3 files, 4 cases, 4 rows, 2 errors\n");
	snprintf(said, sizeof(said), "%s/b.scn", f->dir);
	unlink(said);
}

static void list_shows_cases_and_rows(void **state)
{
	struct fixture *f = *state;
	char said[4000];

	assert_int_equal(RUN(list_main, "t"), 0);
	expect_said(said, "t   planes wire vm, policy ");
	expect_said(said, "needs allow.udp4 nat.udp4\n");
	expect_said(said, "reply-returns-to-the-asker");
	expect_said(said, " NAT-001 UDP-004\n");
	expect_said(said, "4 rows");
	expect_said(said, "1 file, 3 cases, 4 rows\n");
	assert_null(strstr(said, "other-port"));
	assert_int_equal(RUN(list_main, "--rows", "t"), 0);
	expect_said(said, "other-port");
	expect_said(said, "(BASIC EXFIL) UDP-001\n");
}

static void an_unknown_suite_is_answered_with_a_suggestion(void **state)
{
	struct fixture *f = *state;
	char said[4000];

	fixture_write(f, "b.scn", "");
	assert_int_equal(RUN(list_main, "egress"), 2);
	expect_said(said, "there is no suite 'egress'");
	expect_said(said, "there are:\n  a\n  b\n  t\n");
	snprintf(said, sizeof(said), "%s/long-name.scn", f->dir);
	fixture_write(f, "long-name.scn", "");
	assert_int_equal(RUN(lint_main, "lnog-name"), 2);
	expect_said(said, "did you mean 'long-name'?");
	snprintf(said, sizeof(said), "%s/long-name.scn", f->dir);
	unlink(said);
	snprintf(said, sizeof(said), "%s/b.scn", f->dir);
	unlink(said);
}

static void files_are_found_by_name_or_path(void **state)
{
	struct fixture *f = *state;
	char path[100], out[100], small[10];

	assert_int_equal(scenario_find(f->dir, "t", out, sizeof(out)), 0);
	assert_string_equal(out, f->path);
	snprintf(path, sizeof(path), "%s/a.scn", f->dir);
	assert_int_equal(scenario_find("/nowhere", path, out, sizeof(out)), 0);
	assert_string_equal(out, path);
	assert_int_equal(scenario_find(f->dir, "t", small, sizeof(small)), -1);
	assert_int_equal(scenario_find("/nowhere", "t", out, sizeof(out)), -1);
	assert_null(scenario_names("/nowhere"));
}

static void the_folder_is_the_option_then_the_variable(void **state)
{
	(void)state;
	setenv("GAUNTLET_SCENARIOS", "/from/variable", 1);
	assert_string_equal(scenario_dir("/from/option"), "/from/option");
	assert_string_equal(scenario_dir(NULL), "/from/variable");
	unsetenv("GAUNTLET_SCENARIOS");
	assert_string_equal(scenario_dir(NULL), "scenarios");
}

static void both_commands_explain_themselves(void **state)
{
	struct fixture *f = *state;
	char said[4000];

	assert_int_equal(RUN(lint_main, "--help"), 0);
	expect_said(said, "usage: gauntlet lint");
	assert_int_equal(RUN(list_main, "--help"), 0);
	expect_said(said, "usage: gauntlet list");
	assert_int_equal(RUN(lint_main, "--rows"), 2);
	assert_int_equal(RUN(list_main, "--what"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(lint_checks_all_files_and_counts),
	        cmocka_unit_test(lint_prints_every_error_of_every_file),
	        cmocka_unit_test(list_shows_cases_and_rows),
	        cmocka_unit_test(an_unknown_suite_is_answered_with_a_suggestion),
	        cmocka_unit_test(files_are_found_by_name_or_path),
	        cmocka_unit_test(the_folder_is_the_option_then_the_variable),
	        cmocka_unit_test(both_commands_explain_themselves),
	};

	return cmocka_run_group_tests(tests, setup, fixture_teardown);
}
