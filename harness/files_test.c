/* SPDX-License-Identifier: ISC */
/* files_test.c: a report's file is whole or not there. */
#include "harness/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "harness/scratch.h"

static int make(void **state)
{
	static struct scratch s;

	scratch_make(&s);
	*state = &s;
	return 0;
}

static int remove_all(void **state)
{
	scratch_remove(*state);
	return 0;
}

static void folders_are_made_with_those_above_and_may_exist(void **state)
{
	struct scratch *s = *state;
	struct stat st;

	assert_int_equal(file_make_folder(scratch_path(s, "a/b//c/")), 0);
	assert_int_equal(file_make_folder(scratch_path(s, "a/b/c")), 0);
	assert_int_equal(stat(scratch_path(s, "a/b/c"), &st), 0);
	assert_true(S_ISDIR(st.st_mode));
}

static void a_folder_below_a_file_is_refused(void **state)
{
	struct scratch *s = *state;
	int saved;
	char *said;

	scratch_write(s, "file", "x");
	saved = scratch_capture(s, 2, "stderr");
	assert_int_equal(file_make_folder(scratch_path(s, "file/below")), -1);
	scratch_release(2, saved);
	said = scratch_read(s, "stderr");
	assert_non_null(strstr(said, "file/below"));
	free(said);
}

static void the_old_file_stands_until_the_new_one_is_whole(void **state)
{
	struct scratch *s = *state;
	struct new_file n;
	char *text;

	scratch_write(s, "report", "old");
	assert_int_equal(file_begin(&n, s->dir, "report", 0644), 0);
	fputs("ne", n.f);
	fflush(n.f);
	text = scratch_read(s, "report");
	assert_string_equal(text, "old");
	free(text);
	fputs("w", n.f);
	assert_int_equal(file_finish(&n), 0);
	text = scratch_read(s, "report");
	assert_string_equal(text, "new");
	free(text);
	assert_int_not_equal(access(n.temporary, F_OK), 0);
}

static void a_failed_write_leaves_the_old_file_and_no_temporary(void **state)
{
	struct scratch *s = *state;
	struct new_file n;
	char *text;
	int saved;

	scratch_write(s, "report", "old");
	assert_int_equal(file_begin(&n, s->dir, "report", 0644), 0);
	fclose(n.f);
	n.f = fopen("/dev/full", "w");
	assert_non_null(n.f);
	fputs("new", n.f);
	saved = scratch_capture(s, 2, "stderr");
	assert_int_equal(file_finish(&n), -1);
	scratch_release(2, saved);
	assert_int_not_equal(access(n.temporary, F_OK), 0);
	text = scratch_read(s, "report");
	assert_string_equal(text, "old");
	free(text);
	text = scratch_read(s, "stderr");
	assert_non_null(strstr(text, "/report: No space left"));
	free(text);
}

static void a_copy_is_equal_and_a_missing_original_is_named(void **state)
{
	struct scratch *s = *state;
	char from[PATH_MAX], *text;
	int saved;

	scratch_write(s, "from", "policy");
	snprintf(from, sizeof(from), "%s/from", s->dir);
	assert_int_equal(file_copy(from, s->dir, "to"), 0);
	text = scratch_read(s, "to");
	assert_string_equal(text, "policy");
	free(text);
	saved = scratch_capture(s, 2, "stderr");
	assert_int_equal(file_copy("/nonexistent/policy", s->dir, "to"), -1);
	scratch_release(2, saved);
	text = scratch_read(s, "stderr");
	assert_non_null(strstr(text, "/nonexistent/policy"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(folders_are_made_with_those_above_and_may_exist),
	        cmocka_unit_test(a_folder_below_a_file_is_refused),
	        cmocka_unit_test(the_old_file_stands_until_the_new_one_is_whole),
	        cmocka_unit_test(a_failed_write_leaves_the_old_file_and_no_temporary),
	        cmocka_unit_test(a_copy_is_equal_and_a_missing_original_is_named),
	};

	return cmocka_run_group_tests(tests, make, remove_all);
}
