/* SPDX-License-Identifier: ISC */
/* expect_names_test.c: a baseline against the scenarios there are: names that nobody has, lines that never come first,
 * negative cases called flaky; and how the file is found and checked. */
#include "harness/expect.h"

#include "harness/scenario_fixture.h"
#include "harness/scratch.h"

/* Cases t/reply-returns-to-the-asker (with `none`), t/programs (vm), t/arch (rows other-port: drop, allowed: pass,
 * gateway: answer, program: run) on wire and vm; a/c on all. */
static int setup(void **state)
{
	if (fixture_setup(state))
		return -1;
	fixture_write(*state, "t.scn", FIXTURE_EXAMPLE);
	fixture_write(*state, "a.scn", "suite a\npolicy one.json\n" FIXTURE_CASE);
	return 0;
}

static struct expect e;
static struct diag diag;

static void learn(struct fixture *f, const char *text, bool all)
{
	size_t count;
	struct selection *sel = select_load(f->dir, NULL, 0, &count);

	assert_non_null(sel);
	expect_free(&e);
	expect_parse("expect.txt", text, strlen(text), &diag, &e);
	assert_int_equal(diag.count, 0);
	expect_learn(&e, sel, count);
	expect_check_names(&e, sel, count, all, &diag);
	select_free(sel, count);
}

static void expect_wrong(struct fixture *f, const char *text, unsigned line, const char *words)
{
	learn(f, text, true);
	if (diag.count != 1 || diag.errors[0].line != line || !strstr(diag.errors[0].text, words))
		fail_msg("%zu errors, line %u: %s", diag.count, diag.errors[0].line,
		         diag.errors[0].text);
}

#define TAIL " until 2027-03-31 says \"x\" because \"y\"\n"

static void names_that_exist_are_fine(void **state)
{
	learn(*state,
	      "expect fail t/arch/*" TAIL "expect fail a/c plane kernel" TAIL
	      "expect lie t/* transport tap" TAIL
	      "flaky t/arch/allowed until 2027-03-31 because \"y\"\n",
	      true);
	/* the last never comes first for `allowed`: line 1 does */
	assert_int_equal(diag.count, 1);
	assert_int_equal(diag.errors[0].line, 4);
	learn(*state, "expect fail t/arch/other-port" TAIL "expect fail t/*" TAIL, true);
	assert_int_equal(diag.count, 0);
	assert_int_equal(e.lines[0].reaches, PLANE_WIRE | PLANE_VM);
	learn(*state, "expect fail t/programs" TAIL "expect fail t/arch/program" TAIL, true);
	assert_int_equal(e.lines[0].reaches, PLANE_VM);
	assert_int_equal(e.lines[1].reaches, PLANE_VM); /* a program cannot be played on the wire */
}

static void a_name_that_nobody_has_is_told_with_the_nearest(void **state)
{
	expect_wrong(*state, "expect fail t/arch/othr-port" TAIL, 1,
	             "there is no case 't/arch/othr-port'; did you mean 't/arch/other-port'?");
	expect_wrong(*state, "expect fail zzz/*" TAIL, 1, "there is no case 'zzz/*'");
}

static void an_attack_is_named_by_its_rows(void **state)
{
	expect_wrong(*state, "expect fail t/arch" TAIL, 1,
	             "'t/arch' is an attack, and results are those of its rows: write t/arch/*");
}

static void a_plane_that_does_not_play_it_is_told(void **state)
{
	expect_wrong(*state, "expect fail t/programs plane wire" TAIL, 1,
	             "is not played on the plane");
}

static void a_line_behind_one_that_takes_everything_is_told(void **state)
{
	expect_wrong(*state, "expect fail t/*" TAIL "expect lie t/arch/*" TAIL, 2,
	             "line 1 comes first for everything that 't/arch/*' names");
	learn(*state, "expect fail t/* plane vm" TAIL "expect lie t/arch/*" TAIL, true);
	assert_int_equal(diag.count, 0);
}

static void a_negative_case_that_is_called_flaky_is_refused(void **state)
{
#define FLAKY(glob) "flaky " glob " until 2027-03-31 because \"y\"\n"
	expect_wrong(*state, FLAKY("t/arch/*"), 1,
	             "t/arch/other-port wants something not to happen");
	expect_wrong(*state, FLAKY("t/reply*"), 1, "t/reply-returns-to-the-asker wants");
	learn(*state, FLAKY("t/arch/other-port"), false); /* also when only a part is played */
	assert_int_equal(diag.count, 1);
	learn(*state, FLAKY("t/arch/allowed") FLAKY("t/arch/gateway") FLAKY("a/c"), true);
	assert_int_equal(diag.count, 0);
}

static void a_part_of_the_suites_does_not_tell_what_names_exist(void **state)
{
	learn(*state, "expect fail zzz/*" TAIL, false);
	assert_int_equal(diag.count, 0);
}

static void a_baseline_stands_beside_its_adapter(void **state)
{
	static struct scratch dir;
	char path[PATH_MAX], backend[PATH_MAX];

	(void)state;
	scratch_make(&dir);
	expect_path("some/file", "refnat", path);
	assert_string_equal(path, "some/file");
	expect_path("none", "refnat", path);
	assert_string_equal(path, "");
	expect_path(NULL, "there-is-none", path);
	assert_string_equal(path, "");
	snprintf(backend, sizeof(backend), "%s/backend", dir.dir);
	expect_path(NULL, backend, path);
	assert_string_equal(path, "");
	scratch_write(&dir, "expect.txt", "");
	expect_path(NULL, backend, path);
	assert_string_equal(path, scratch_path(&dir, "expect.txt"));
	snprintf(backend, sizeof(backend), "%s/refnat", dir.dir); /* a program among others */
	expect_path(NULL, backend, path);
	assert_string_equal(path, "");
	scratch_remove(&dir);
}

/* What a function says on stderr. */
static char *said(struct scratch *dir, size_t (*f)(const char *, const char *, size_t *),
                  const char *path, const char *scenarios, size_t wanted)
{
	int saved = scratch_capture(dir, 2, "said");
	size_t files = 0, n = f(path, scenarios, &files);

	scratch_release(2, saved);
	assert_int_equal(files, 1);
	assert_int_equal(n, wanted);
	return scratch_read(dir, "said");
}

static void lint_tells_everything_about_a_file_at_once(void **state)
{
	struct fixture *f = *state;
	static struct scratch dir;
	char path[PATH_MAX], *text;

	scratch_make(&dir);
	scratch_write(&dir, "expect.txt",
	              "expect fail t/arch/nobody" TAIL "expct\n"
	              "expect fail a/c until 2020-01-31 says \"x\" because \"y\"\n");
	snprintf(path, sizeof(path), "%s", scratch_path(&dir, "expect.txt"));
	text = said(&dir, expect_lint, path, f->dir, 3);
	assert_non_null(strstr(text, ":1:13: error: there is no case 't/arch/nobody'"));
	assert_non_null(strstr(text, ":2:1: error: unknown word 'expct'; did you mean 'expect'?"));
	assert_non_null(strstr(text, ":3:13: error: was excused until 2020-01-31"));
	free(text);
	text = said(&dir, expect_lint, "/nowhere/expect.txt", f->dir, 1);
	assert_non_null(strstr(text, "/nowhere/expect.txt: error: cannot be read: No such file"));
	free(text);
	scratch_remove(&dir);
}

static void merged_results_are_checked_as_a_whole(void **state)
{
	struct fixture *f = *state;
	struct results r = {.plane = "wire"};
	struct outcome *o = results_add(&r);
	static struct scratch dir;
	char path[PATH_MAX], *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	scratch_make(&dir);
	scratch_write(&dir, "expect.txt",
	              "expect fail t/arch/other-port until 2999-12-31 says \"x\" because \"y\"\n"
	              "expect fail a/c until 2999-12-31 says \"x\" because \"y\"\n"
	              "expect fail t/programs until 2999-12-31 says \"x\" because \"y\"\n");
	snprintf(path, sizeof(path), "%s", scratch_path(&dir, "expect.txt"));
	strcpy(o->id, "t/arch");
	strcpy(o->row, "other-port");
	o->result = RESULT_XFAIL;
	assert_int_equal(expect_check_results(&r, path, f->dir, to), 1);
	assert_int_equal(expect_check_results(&r, "", f->dir, to), 0);
	fclose(to);
	assert_non_null(strstr(
	        text, "expect.txt:2: nothing that 'a/c' names was played on the wire plane"));
	free(text);
	results_free(&r);
	scratch_remove(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names_that_exist_are_fine),
	        cmocka_unit_test(a_name_that_nobody_has_is_told_with_the_nearest),
	        cmocka_unit_test(an_attack_is_named_by_its_rows),
	        cmocka_unit_test(a_plane_that_does_not_play_it_is_told),
	        cmocka_unit_test(a_line_behind_one_that_takes_everything_is_told),
	        cmocka_unit_test(a_negative_case_that_is_called_flaky_is_refused),
	        cmocka_unit_test(a_part_of_the_suites_does_not_tell_what_names_exist),
	        cmocka_unit_test(a_baseline_stands_beside_its_adapter),
	        cmocka_unit_test(lint_tells_everything_about_a_file_at_once),
	        cmocka_unit_test(merged_results_are_checked_as_a_whole),
	};
	int status = cmocka_run_group_tests(tests, setup, fixture_teardown);

	expect_free(&e);
	return status;
}
