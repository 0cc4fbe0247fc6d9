/* SPDX-License-Identifier: ISC */
/* report_load_test.c: finding runs, and the sub-command that makes a page of them (report.c). */
#include "harness/report_load.h"

#include "harness/files.h"
#include "harness/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/report_fixture.h"
#include "harness/scratch.h"

struct fixture {
	struct scratch dir;
	struct loaded l;
};

static int make(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	scratch_make(&f.dir);
	*state = &f;
	return 0;
}

static int free_all(void **state)
{
	struct fixture *f = *state;

	load_free(&f->l);
	scratch_remove(&f->dir);
	return 0;
}

/* DIR/below holds a run of `backend` with one outcome. */
static void add_run(struct fixture *f, const char *below, const char *backend,
                    const char *transport, enum result result)
{
	struct results r = {.plane = "wire", .transport = transport};
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s/%s", f->dir.dir, below);
	snprintf(r.backend, sizeof(r.backend), "%s", backend);
	fixture_add(&r, "core/case", "", result, "MODE-001",
	            result == RESULT_PASS ? "" : "it leaks");
	assert_int_equal(results_write(&r, dir), 0);
	results_free(&r);
}

static int load(struct fixture *f, const char *below)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s/%s", f->dir.dir, below);
	return load_runs(&f->l, dir, true);
}

static void a_folder_with_results_is_a_run(void **state)
{
	struct fixture *f = *state;

	add_run(f, "a", "refnat", "fd-dgram", RESULT_PASS);
	assert_int_equal(load(f, "a/"), 0);
	assert_int_equal(f->l.count, 1);
	assert_string_equal(f->l.list[0].run.label, "refnat");
	assert_string_equal(f->l.list[0].run.transport, "fd-dgram");
	assert_false(f->l.list[0].has_stories);
}

/* Puts `keys` in front of all others. */
static void add_keys(struct fixture *f, const char *file, const char *keys)
{
	char *text = scratch_read(&f->dir, file), *more = NULL;

	assert_true(asprintf(&more, "{%s,%s", keys, text + 1) > 0);
	scratch_write(&f->dir, file, more);
	free(more);
	free(text);
}

static void what_is_a_part_of_a_run_is_known_as_one(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkdir(scratch_path(&f->dir, "a"), 0700), 0);
	scratch_write(&f->dir, "a/results.json",
	              "{\"version\":1,\"backend\":\"refnat\",\"plane\":\"wire\","
	              "\"backend_version\":\"1\",\"unfinished\":true,\"shard\":\"1/4\","
	              "\"selection\":{\"cases\":4,\"print\":\"00000000000000ab\","
	              "\"whole\":true},\"cases\":[{\"id\":\"core/case\",\"row\":null,"
	              "\"result\":\"PASS\",\"req\":[\"MODE-001\"],\"ms\":1.0,"
	              "\"detail\":\"\",\"at\":0}]}\n");
	add_run(f, "b", "refnat", NULL, RESULT_PASS);
	add_keys(f, "b/results.json", "\"backend_version\":\"1\"");
	add_run(f, "c", "refnat", NULL, RESULT_PASS);
	add_keys(f, "c/results.json", "\"backend_version\":\"1\",\"whole\":true");
	assert_int_equal(load(f, "."), 0);
	assert_string_equal(f->l.list[0].run.part, "shard 1/4");
	assert_true(f->l.list[0].run.unfinished);
	assert_string_equal(f->l.list[1].run.part, "a selection of the cases");
	assert_false(f->l.list[1].run.unfinished);
	assert_string_equal(f->l.list[2].run.part, "");
}

static void a_folder_of_folders_is_all_their_runs(void **state)
{
	struct fixture *f = *state;

	add_run(f, "all/b", "refnat", NULL, RESULT_PASS);
	add_run(f, "all/a/deep", "refnat", NULL, RESULT_PASS);
	add_run(f, "all/b/failures/x", "refnat", NULL, RESULT_FAIL); /* evidence is no run */
	assert_int_equal(load(f, "all"), 0);
	assert_int_equal(f->l.count, 2);
	assert_non_null(strstr(f->l.list[0].dir, "all/a/deep"));
}

static void a_name_before_the_folder_is_the_label(void **state)
{
	struct fixture *f = *state;
	char what[PATH_MAX];

	add_run(f, "a", "refnat", NULL, RESULT_PASS);
	snprintf(what, sizeof(what), "broken=%s/a", f->dir.dir);
	assert_int_equal(load_runs(&f->l, what, false), 0);
	assert_string_equal(f->l.list[0].run.label, "broken");
}

static void runs_of_the_same_kind_are_told_apart_by_their_paths(void **state)
{
	struct fixture *f = *state;

	add_run(f, "one/out", "refnat", NULL, RESULT_PASS);
	add_run(f, "two/out", "refnat", NULL, RESULT_PASS);
	add_run(f, "tap", "refnat", "tap", RESULT_PASS);
	assert_int_equal(load(f, "."), 0);
	load_name_runs(&f->l);
	assert_string_equal(f->l.list[0].run.label, "refnat (one/out)");
	assert_string_equal(f->l.list[1].run.label, "refnat");
	assert_string_equal(f->l.list[2].run.label, "refnat (two/out)");
}

static void a_run_is_compared_with_one_like_it(void **state)
{
	struct fixture *f = *state;
	struct loaded_run other = {0};

	add_run(f, "a", "refnat", "tap", RESULT_PASS);
	assert_int_equal(load(f, "a"), 0);
	assert_ptr_equal(load_find_like(&f->l, &f->l.list[0], false), &f->l.list[0]);
	strcpy(other.run.label, "other");
	assert_null(load_find_like(&f->l, &other, false));
	assert_ptr_equal(load_find_like(&f->l, &other, true), &f->l.list[0]);
}

static void a_folder_without_results_is_an_error_with_a_remedy(void **state)
{
	struct fixture *f = *state;
	char *said;
	int saved = scratch_capture(&f->dir, 2, "err");

	assert_int_equal(load(f, "nothing"), -1);
	scratch_release(2, saved);
	said = scratch_read(&f->dir, "err");
	assert_non_null(
	        strstr(said, "there is no results.json in it or below it; `gauntlet run --out "));
	free(said);
}

/* ---- the sub-command ---- */

static int report(struct fixture *f, char *const *arguments)
{
	char *argv[16] = {"report"};
	int argc = 1, out, err, code;

	for (; *arguments; arguments++)
		argv[argc++] = *arguments;
	out = scratch_capture(&f->dir, 1, "out.txt");
	err = scratch_capture(&f->dir, 2, "err.txt");
	code = report_main(argc, argv);
	scratch_release(1, out);
	scratch_release(2, err);
	return code;
}

static void the_command_writes_a_page_that_compares(void **state)
{
	struct fixture *f = *state;
	char now[PATH_MAX], then[PATH_MAX], out[PATH_MAX], *page;

	add_run(f, "now", "refnat", NULL, RESULT_FAIL);
	add_run(f, "then", "refnat", NULL, RESULT_PASS);
	snprintf(now, sizeof(now), "%s/now", f->dir.dir);
	snprintf(then, sizeof(then), "%s/then", f->dir.dir);
	snprintf(out, sizeof(out), "%s/page", f->dir.dir);
	assert_int_equal(report(f, (char *[]){"--out", out, "--previous", then, now, NULL}), 0);
	page = scratch_read(&f->dir, "page/index.html");
	assert_non_null(page);
	assert_non_null(strstr(page, "newly failing <b>1</b>"));
	assert_non_null(strstr(page, "<h1>It does not hold</h1>"));
	free(page);
}

static void wrong_use_ends_with_2(void **state)
{
	struct fixture *f = *state;
	char out[PATH_MAX];

	snprintf(out, sizeof(out), "%s/page", f->dir.dir);
	assert_int_equal(report(f, (char *[]){NULL}), 2);
	assert_int_equal(report(f, (char *[]){"--no-such-option", NULL}), 2);
	assert_int_equal(report(f, (char *[]){"--out", out, "/nowhere", NULL}), 2);
	assert_int_equal(report(f, (char *[]){"--help", NULL}), 0);
	assert_int_equal(access(out, F_OK), -1);
}

static void a_page_that_cannot_be_written_ends_with_4(void **state)
{
	struct fixture *f = *state;
	char now[PATH_MAX], out[PATH_MAX];

	add_run(f, "now", "refnat", NULL, RESULT_PASS);
	snprintf(now, sizeof(now), "%s/now", f->dir.dir);
	snprintf(out, sizeof(out), "%s/now/results.json/page", f->dir.dir);
	assert_int_equal(report(f, (char *[]){"--out", out, now, NULL}), 4);
}

static void broken_stories_are_not_left_out_quietly(void **state)
{
	struct fixture *f = *state;
	char now[PATH_MAX], *said;

	add_run(f, "now", "refnat", NULL, RESULT_PASS);
	scratch_write(&f->dir, "now/stories.jsonl", "{\n");
	snprintf(now, sizeof(now), "%s/now", f->dir.dir);
	assert_int_equal(report(f, (char *[]){now, NULL}), 2);
	said = scratch_read(&f->dir, "err.txt");
	assert_non_null(strstr(said, "stories.jsonl:1: it is not JSON; remove the file"));
	free(said);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make, free_all)
	const struct CMUnitTest tests[] = {
	        TEST(a_folder_with_results_is_a_run),
	        TEST(what_is_a_part_of_a_run_is_known_as_one),
	        TEST(a_folder_of_folders_is_all_their_runs),
	        TEST(a_name_before_the_folder_is_the_label),
	        TEST(runs_of_the_same_kind_are_told_apart_by_their_paths),
	        TEST(a_run_is_compared_with_one_like_it),
	        TEST(a_folder_without_results_is_an_error_with_a_remedy),
	        TEST(the_command_writes_a_page_that_compares),
	        TEST(wrong_use_ends_with_2),
	        TEST(a_page_that_cannot_be_written_ends_with_4),
	        TEST(broken_stories_are_not_left_out_quietly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
