/* SPDX-License-Identifier: ISC */
/* select_test.c: a name on the command line stands for what it says, or is explained. */
#include "harness/select.h"

#include "harness/scenario_fixture.h"
#include "harness/scratch.h"

#define ATTACK "attack arch req MODE-001\n| id | recipe | verdict | why | flags |\n"
#define OTHER                                                                                      \
	"suite a\npolicy one.json\nsentinel udp $VM:40000 > $CONSUMER\n" ATTACK                    \
	"| one | udp $VM:1 > $T:2 | drop | x | SCAN |\n"

static struct selection *load(struct fixture *f, const char *name, size_t *count)
{
	char copy[8192], *names[] = {copy};

	assert_in_range(snprintf(copy, sizeof(copy), "%s", name), 0, sizeof(copy) - 1);
	return select_load(f->dir, names, 1, count);
}

static struct selection *select_one(struct fixture *f, const char *name)
{
	struct selection *s;
	size_t count = 0;

	fixture_write(f, "t.scn", FIXTURE_EXAMPLE);
	s = load(f, name, &count);
	if (!s)
		fail_msg("'%s' was refused", name);
	assert_int_equal(count, 1);
	assert_true(s->named);
	return s;
}

/* Loading it fails and stderr holds `text`. */
static void expect_refused(struct fixture *f, const char *name, const char *text)
{
	struct scratch dir;
	struct selection *s;
	size_t count = 0;
	char *said;
	int saved;

	fixture_write(f, "t.scn", FIXTURE_EXAMPLE);
	scratch_make(&dir);
	saved = scratch_capture(&dir, STDERR_FILENO, "err");
	s = load(f, name, &count);
	fflush(stderr);
	scratch_release(STDERR_FILENO, saved);
	said = scratch_read(&dir, "err");
	scratch_remove(&dir);
	if (s || !strstr(said, text))
		fail_msg("'%.100s': '%s' instead of '%s'", name, said, text);
	free(said);
}

static void a_suite_is_all_of_it(void **state)
{
	struct selection *s = select_one(*state, "t");

	assert_string_equal(s->suite->name, "t");
	assert_null(s->scn_case);
	assert_null(s->row);
	for (size_t i = 0; i < s->suite->case_count; i++)
		assert_true(select_has_case(s, &s->suite->cases[i]));
	assert_true(select_has_row(s, &s->suite->cases[2].rows[1]));
	select_free(s, 1);
}

static void a_case_is_that_case_alone(void **state)
{
	struct selection *s = select_one(*state, "t/programs");

	assert_string_equal(s->scn_case->name, "programs");
	assert_null(s->row);
	assert_false(select_has_case(s, &s->suite->cases[0]));
	assert_true(select_has_case(s, &s->suite->cases[1]));
	select_free(s, 1);
}

static void a_row_is_that_row_alone(void **state)
{
	struct selection *s = select_one(*state, "t/arch/allowed");

	assert_string_equal(s->scn_case->name, "arch");
	assert_string_equal(s->row->id, "allowed");
	assert_false(select_has_row(s, &s->scn_case->rows[0]));
	assert_true(select_has_row(s, s->row));
	select_free(s, 1);
}

static void a_path_keeps_its_slashes(void **state)
{
	static const char *const behind[] = {"", "/arch", "/arch/gateway"};
	struct fixture *f = *state;

	for (size_t i = 0; i < 3; i++) {
		char path[200];
		struct selection *s;

		snprintf(path, sizeof(path), "%s/t.scn%s", f->dir, behind[i]);
		s = select_one(f, path);
		assert_string_equal(s->suite->name, "t");
		assert_int_equal(s->scn_case != NULL, i > 0);
		assert_int_equal(s->row != NULL, i > 1);
		select_free(s, 1);
	}
}

static void unknown_names_are_explained(void **state)
{
	struct fixture *f = *state;

	expect_refused(f, "tt", "tt");
	expect_refused(f, "t/program", "suite t has no case 'program'; did you mean 'programs'?");
	expect_refused(f, "t/arhc", "did you mean 'arch'?");
	expect_refused(f, "t/nothing-like-it", "suite t has no case 'nothing-like-it'\n");
	expect_refused(f, "t/nothing-like-it", "`gauntlet list --rows t` shows them all");
	expect_refused(f, "t/arch/alowed", "suite t has no row 'alowed'; did you mean 'allowed'?");
	expect_refused(f, "t/programs/x", "suite t has no row 'x'");
	expect_refused(f, "t/arch/allowed/more", "suite t has no row 'allowed/more'");
	expect_refused(f, "/nowhere/t.scn", "/nowhere/t.scn");
}

static void names_without_a_name_are_refused(void **state)
{
	struct fixture *f = *state;

	expect_refused(f, "", "");
	expect_refused(f, "/", "");
	expect_refused(f, "//", "");
	expect_refused(f, "t/", "suite t has no case ''");
	expect_refused(f, "t/arch/", "suite t has no row ''");
}

static void a_name_that_is_too_long_is_refused(void **state)
{
	char name[6000];

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	expect_refused(*state, name, "a scenario name of 5999 bytes is too long");
	name[4095] = '\0';
	expect_refused(*state, name, "");
	name[1] = '/';
	name[3000] = '\0';
	name[0] = 't';
	expect_refused(*state, name, "suite t has no case 'xxx");
}

static void all_wrong_names_are_told_at_once(void **state)
{
	char one[] = "t/wrong-one", two[] = "t/wrong-two", good[] = "t";
	char *names[] = {one, good, two};
	struct fixture *f = *state;
	struct scratch dir;
	size_t count = 0;
	char *said;
	int saved;

	fixture_write(f, "t.scn", FIXTURE_EXAMPLE);
	scratch_make(&dir);
	saved = scratch_capture(&dir, STDERR_FILENO, "err");
	assert_null(select_load(f->dir, names, 3, &count));
	fflush(stderr);
	scratch_release(STDERR_FILENO, saved);
	said = scratch_read(&dir, "err");
	scratch_remove(&dir);
	assert_non_null(strstr(said, "wrong-one"));
	assert_non_null(strstr(said, "wrong-two"));
	free(said);
}

static void without_a_name_it_is_everything_and_nobody_named_it(void **state)
{
	struct fixture *f = *state;
	struct selection *s;
	size_t count = 0;
	char path[200];

	fixture_write(f, "t.scn", FIXTURE_EXAMPLE);
	fixture_write(f, "a.scn", OTHER);
	s = select_load(f->dir, NULL, 0, &count);
	assert_non_null(s);
	assert_int_equal(count, 2);
	assert_string_equal(s[0].suite->name, "a");
	assert_string_equal(s[1].suite->name, "t");
	assert_false(s[0].named);
	assert_false(s[1].named);
	select_free(s, count);
	snprintf(path, sizeof(path), "%s/a.scn", f->dir);
	unlink(path);
}

static void a_broken_file_is_an_error_even_when_only_a_case_of_it_was_named(void **state)
{
	struct fixture *f = *state;
	struct scratch dir;
	size_t count = 0;
	char *said;
	int saved;

	fixture_write(f, "t.scn", FIXTURE_EXAMPLE "case d req EGR-001\n  injekt udp * > *\n");
	scratch_make(&dir);
	saved = scratch_capture(&dir, STDERR_FILENO, "err");
	assert_null(load(f, "t/arch", &count));
	fflush(stderr);
	scratch_release(STDERR_FILENO, saved);
	said = scratch_read(&dir, "err");
	scratch_remove(&dir);
	assert_non_null(strstr(said, "did you mean 'inject'?"));
	free(said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_suite_is_all_of_it),
	        cmocka_unit_test(a_case_is_that_case_alone),
	        cmocka_unit_test(a_row_is_that_row_alone),
	        cmocka_unit_test(a_path_keeps_its_slashes),
	        cmocka_unit_test(unknown_names_are_explained),
	        cmocka_unit_test(names_without_a_name_are_refused),
	        cmocka_unit_test(a_name_that_is_too_long_is_refused),
	        cmocka_unit_test(all_wrong_names_are_told_at_once),
	        cmocka_unit_test(without_a_name_it_is_everything_and_nobody_named_it),
	        cmocka_unit_test(a_broken_file_is_an_error_even_when_only_a_case_of_it_was_named),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
