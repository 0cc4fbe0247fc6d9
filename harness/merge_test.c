/* SPDX-License-Identifier: ISC */
/* merge_test.c: shards that fit become the whole, and every way not to fit is told. */
#include "harness/merge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "harness/scratch.h"

#define CASES 7
#define OF    3

struct fixture {
	struct scratch s;
	struct results whole, part[OF];
	char name[OF + 1][200];
	char *dirs[OF + 1];
};

/* Case `at` has one outcome more than the rest that `at` leaves. */
static void fill(struct results *r, const struct shard *shard)
{
	*r = (struct results){
	        .backend = "nat", .backend_version = "1.2", .plane = "wire", .transport = "fd"};
	r->shard = *shard;
	r->whole = !shard->of;
	r->selection = (struct results_selection){
	        .cases = CASES, .print = UINT64_C(0xfedcba9876543210), .whole = true};
	for (unsigned at = 0; at < CASES; at++)
		for (unsigned row = 0; shard_has(shard, at) && row <= at % 3; row++) {
			struct outcome *o = results_add(r);

			snprintf(o->id, sizeof(o->id), "suite/case-%u", at);
			snprintf(o->row, sizeof(o->row), "row-%u",
			         9 - row); /* not in the order of names */
			snprintf(o->detail, sizeof(o->detail), "it's \"%u\"", at);
			o->result = at == 4 ? RESULT_FAIL : RESULT_PASS;
			o->at = at;
			o->number = row;
		}
}

static int make(void **state)
{
	static struct fixture f;

	scratch_make(&f.s);
	fill(&f.whole, &(struct shard){0, 0});
	for (unsigned i = 0; i < OF; i++) {
		fill(&f.part[i], &(struct shard){i + 1, OF});
		snprintf(f.name[i], sizeof(f.name[i]), "%.150s/shard-%u", f.s.dir, i + 1);
		f.dirs[i] = f.name[i];
		assert_int_equal(results_write(&f.part[i], f.dirs[i]), 0);
	}
	snprintf(f.name[OF], sizeof(f.name[OF]), "%.150s/out", f.s.dir);
	f.dirs[OF] = f.name[OF];
	*state = &f;
	return 0;
}

static int clean(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < OF; i++)
		results_free(&f->part[i]);
	results_free(&f->whole);
	scratch_remove(&f->s);
	return 0;
}

static void expect_refused(struct fixture *f, size_t count, const char *text)
{
	struct results out = {.plane = "untouched"};
	char why[MERGE_WHY_MAX] = "";

	assert_false(merge_results(f->part, f->dirs, count, &out, why));
	assert_string_equal(out.plane, "untouched");
	if (!strstr(why, text))
		fail_msg("'%s' does not say '%s'", why, text);
}

static void write_file(struct fixture *f, const char *dir, const char *name, const char *text,
                       unsigned mode)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	(void)f;
	FILE *to = fopen(path, "w");

	assert_non_null(to);
	fputs(text, to);
	fclose(to);
	assert_int_equal(chmod(path, mode), 0);
}

static char *merged_file(struct fixture *f, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "out/%s", name);
	return scratch_read(&f->s, path);
}

static void shards_become_the_very_bytes_of_the_whole(void **state)
{
	static const char *const names[] = {"results.json", "results.tap", "junit.xml"};
	struct fixture *f = *state;
	char path[512], *merged, *wanted;
	char *any_order[] = {f->dirs[2], f->dirs[0], f->dirs[1]};

	snprintf(path, sizeof(path), "%.150s/wanted", f->s.dir);
	assert_int_equal(results_write(&f->whole, path), 0);
	assert_int_equal(merge_folders(any_order, OF, f->dirs[OF]), 1); /* case 4 failed */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "wanted/%s", names[i]);
		wanted = scratch_read(&f->s, path);
		merged = merged_file(f, names[i]);
		assert_non_null(wanted);
		assert_non_null(merged);
		assert_string_equal(merged, wanted);
		free(wanted);
		free(merged);
	}
}

static void one_shard_of_one_is_the_whole(void **state)
{
	struct fixture *f = *state;
	struct results one, out;
	char why[MERGE_WHY_MAX];

	fill(&one, &(struct shard){1, 1});
	assert_true(merge_results(&one, f->dirs, 1, &out, why));
	assert_int_equal(out.count, f->whole.count);
	assert_true(out.whole);
	assert_int_equal(out.shard.of, 0);
	results_free(&one);
	results_free(&out);
}

static void more_shards_than_cases_merge_too(void **state)
{
	struct fixture *f = *state;
	struct results part[9], out;
	char why[MERGE_WHY_MAX], *dirs[9];

	for (unsigned i = 0; i < 9; i++) {
		fill(&part[i], &(struct shard){i + 1, 9});
		dirs[i] = f->dirs[0];
	}
	assert_int_equal(part[8].count, 0);
	assert_true(merge_results(part, dirs, 9, &out, why));
	assert_int_equal(out.count, f->whole.count);
	results_free(&out);
	for (unsigned i = 0; i < 9; i++)
		results_free(&part[i]);
}

static void a_shard_that_is_missing_is_named(void **state)
{
	struct fixture *f = *state;

	expect_refused(f, 2, "shard 3/3 is missing: 2 of 3 are there");
	expect_refused(f, 0, "no folders");
}

static void a_shard_that_is_there_twice_is_named(void **state)
{
	struct fixture *f = *state;

	results_free(&f->part[2]);
	fill(&f->part[2], &(struct shard){1, OF});
	expect_refused(f, 3, "are both shard 1/3");
}

static void results_without_a_shard_are_refused(void **state)
{
	struct fixture *f = *state;

	f->part[1].shard.of = 0;
	expect_refused(f, 3, "shard-2 holds the results of a run without --shard");
}

static void shards_of_another_number_are_refused(void **state)
{
	struct fixture *f = *state;

	results_free(&f->part[1]);
	fill(&f->part[1], &(struct shard){2, 4});
	expect_refused(f, 3, "one of 3 shards and");
}

static void another_backend_is_refused(void **state)
{
	struct fixture *f = *state;

	snprintf(f->part[1].backend, sizeof(f->part[1].backend), "other");
	expect_refused(f, 3, "different backends: nat and other");
}

static void another_version_of_the_backend_is_refused(void **state)
{
	struct fixture *f = *state;

	snprintf(f->part[2].backend_version, sizeof(f->part[2].backend_version), "1.3");
	expect_refused(f, 3, "different versions of the backend: 1.2 and 1.3");
	f->part[2].backend_version[0] = '\0';
	expect_refused(f, 3, "1.2 and none");
}

static void another_plane_is_refused(void **state)
{
	struct fixture *f = *state;

	f->part[1].plane = "kernel";
	expect_refused(f, 3, "different planes: wire and kernel");
}

static void another_transport_is_refused(void **state)
{
	struct fixture *f = *state;

	f->part[1].transport = "tap";
	expect_refused(f, 3, "different transports: fd and tap");
	f->part[1].transport = NULL;
	expect_refused(f, 3, "fd and none");
}

static void another_baseline_is_refused(void **state)
{
	struct fixture *f = *state;

	strcpy(f->part[1].baseline, "expect.txt");
	expect_refused(f, 3, "different baselines: none and expect.txt");
}

static void other_cases_are_refused(void **state)
{
	struct fixture *f = *state;

	f->part[1].selection.print++;
	expect_refused(f, 3, "chose among different cases");
	f->part[1].selection.print--;
	f->part[1].selection.whole = false;
	expect_refused(f, 3, "chose among different cases");
	f->part[1].selection.whole = true;
	f->part[1].selection.cases = 5; /* of which shard 2 has as many */
	results_free(&f->part[1]);
	fill(&f->part[1], &(struct shard){2, OF});
	f->part[1].selection.cases = CASES - 1;
	expect_refused(f, 3, "chose among different cases");
}

static void a_shard_that_was_cut_short_is_refused(void **state)
{
	struct fixture *f = *state;

	f->part[1].unfinished = true;
	expect_refused(f, 3, "the run of shard 2/3 ended before its last case");
	f->part[1].unfinished = false;
	f->part[1].count -= 2; /* the two rows of its last case */
	expect_refused(f, 3, "shard 2/3 holds 1 cases of 2");
}

static void a_shard_out_of_order_is_refused(void **state)
{
	struct fixture *f = *state;
	struct outcome *o = f->part[0].outcomes, first = o[0];

	memmove(o, o + 1, (f->part[0].count - 1) * sizeof(*o));
	o[f->part[0].count - 1] = first;
	expect_refused(f, 3, "not in order");
}

static void names_on_the_command_line_are_no_whole_run(void **state)
{
	struct fixture *f = *state;
	struct results out;
	char why[MERGE_WHY_MAX];

	for (unsigned i = 0; i < OF; i++)
		f->part[i].selection.whole = false;
	assert_true(merge_results(f->part, f->dirs, OF, &out, why));
	assert_false(out.whole);
	results_free(&out);
}

static void evidence_and_stories_come_along(void **state)
{
	struct fixture *f = *state;
	char path[512], *text;
	struct stat st;

	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/failures", f->dirs[i]);
		assert_int_equal(mkdir(path, 0777), 0);
		snprintf(path, sizeof(path), "%.200s/failures/suite.case-%u", f->dirs[i], i);
		assert_int_equal(mkdir(path, 0777), 0);
		write_file(f, path, "repro.sh", i ? "two" : "one", 0755);
		write_file(f, f->dirs[i], "stories.jsonl", i ? "{\"b\":2}\n" : "{\"a\":1}\n", 0644);
	}
	write_file(f, f->dirs[1], "windows.jsonl", "{\"w\":1}\n", 0644);
	assert_int_equal(merge_folders(f->dirs, OF, f->dirs[OF]), 1);
	text = merged_file(f, "failures/suite.case-1/repro.sh");
	assert_string_equal(text, "two");
	free(text);
	assert_int_equal(stat(scratch_path(&f->s, "out/failures/suite.case-0/repro.sh"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
	text = merged_file(f, "stories.jsonl");
	assert_string_equal(text, "{\"a\":1}\n{\"b\":2}\n");
	free(text);
	text = merged_file(f, "windows.jsonl");
	assert_string_equal(text, "{\"w\":1}\n");
	free(text);
}

static void nothing_of_an_earlier_merge_stays(void **state)
{
	struct fixture *f = *state;
	char path[512];
	struct stat st;

	snprintf(path, sizeof(path), "%s/failures/suite.old", f->dirs[OF]);
	assert_int_equal(mkdir(f->dirs[OF], 0777), 0);
	assert_int_equal(mkdir(scratch_path(&f->s, "out/failures"), 0777), 0);
	assert_int_equal(mkdir(path, 0777), 0);
	write_file(f, path, "repro.sh", "old", 0755);
	write_file(f, f->dirs[OF], "stories.jsonl", "old", 0644);
	write_file(f, f->dirs[OF], "windows.jsonl", "old", 0644);
	assert_int_equal(merge_folders(f->dirs, OF, f->dirs[OF]), 1);
	assert_int_not_equal(stat(path, &st), 0);
	assert_int_not_equal(stat(scratch_path(&f->s, "out/stories.jsonl"), &st), 0);
	assert_int_not_equal(stat(scratch_path(&f->s, "out/windows.jsonl"), &st), 0);
}

static void a_shard_is_not_overwritten_by_the_whole(void **state)
{
	struct fixture *f = *state;
	char other_name[512], *text;

	snprintf(other_name, sizeof(other_name), "%s/../shard-2", f->dirs[1]);
	assert_int_equal(merge_folders(f->dirs, OF, other_name), 2);
	text = scratch_read(&f->s, "shard-2/results.json");
	assert_non_null(strstr(text, "\"shard\":\"2/3\""));
	free(text);
}

static void results_that_cannot_be_read_are_an_error(void **state)
{
	struct fixture *f = *state;

	write_file(f, f->dirs[1], "results.json", "{}", 0644);
	assert_int_equal(merge_folders(f->dirs, OF, f->dirs[OF]), 2);
	assert_null(merged_file(f, "results.json"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, make, clean)
	const struct CMUnitTest tests[] = {
	        T(shards_become_the_very_bytes_of_the_whole),
	        T(one_shard_of_one_is_the_whole),
	        T(more_shards_than_cases_merge_too),
	        T(a_shard_that_is_missing_is_named),
	        T(a_shard_that_is_there_twice_is_named),
	        T(results_without_a_shard_are_refused),
	        T(shards_of_another_number_are_refused),
	        T(another_backend_is_refused),
	        T(another_version_of_the_backend_is_refused),
	        T(another_plane_is_refused),
	        T(another_transport_is_refused),
	        T(another_baseline_is_refused),
	        T(other_cases_are_refused),
	        T(a_shard_that_was_cut_short_is_refused),
	        T(a_shard_out_of_order_is_refused),
	        T(names_on_the_command_line_are_no_whole_run),
	        T(evidence_and_stories_come_along),
	        T(nothing_of_an_earlier_merge_stays),
	        T(a_shard_is_not_overwritten_by_the_whole),
	        T(results_that_cannot_be_read_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
