/* SPDX-License-Identifier: ISC */
/* scenario_life_test.c: statements about a backend's beginning, its processes and its end. */
#include "harness/scenario.h"

#include "harness/scenario_fixture.h"

#define BEGIN                                                                                      \
	"suite t\npolicy one.json\nplanes wire\nneeds audit.jsonl\n"                               \
	"sentinel udp $VM:40000 > $CONSUMER\ncase c req LIFE-002\n" /* six lines */
#define SEND " inject udp $VM:4000 > $CONSUMER\n"

static void what_comes_early_stands_first(void **state)
{
	struct fixture *f = *state;
	struct suite *s = fixture_parse(f, BEGIN " early udp $VM:4000 > $T:53\n"
	                                         " early udp $VM:4001 > $T:53\n" SEND);

	assert_non_null(s);
	assert_int_equal(s->cases[0].steps[1].kind, STEP_EARLY);
	scenario_free(s);
	fixture_expect_one(f, BEGIN SEND " early udp $VM:4000 > $T:53\n", 8, 2,
	                   "stands above all other statements");
}

static void only_the_wire_plane_has_an_early(void **state)
{
	fixture_expect_one(*state,
	                   "suite t\npolicy one.json\nsentinel udp $VM:40000 > $CONSUMER\n"
	                   "case c req LIFE-002\n early udp $VM:4000 > $T:53\n",
	                   5, 2, "write `planes wire`");
}

static void processes_are_killed_and_limited(void **state)
{
	struct fixture *f = *state;
	struct suite *s = fixture_parse(
	        f,
	        BEGIN SEND " limit files 3\n limit memory 7 MB\n"
	                   " kill process 2\n kill\n kill process last\n ends killed within 1s\n");
	const struct step *st;

	assert_non_null(s);
	st = s->cases[0].steps;
	assert_int_equal(st[1].kind, STEP_LIMIT);
	assert_int_equal(st[1].limit, LIMIT_FILES);
	assert_int_equal(st[1].number, 3);
	assert_int_equal(st[2].limit, LIMIT_MEMORY);
	assert_int_equal(st[2].number, 7);
	assert_int_equal(st[3].kind, STEP_KILL);
	assert_int_equal(st[3].number, 2);
	assert_int_equal(st[4].number, 0);
	assert_int_not_equal(st[5].number, 0);
	assert_int_equal(st[6].ends, ENDS_KILLED);
	assert_int_equal(st[6].within_ms, 1000);
	scenario_free(s);
}

static void what_is_killed_or_limited_has_its_words(void **state)
{
	struct fixture *f = *state;

	fixture_expect_one(f, BEGIN " kill proces 2\n" SEND, 7, 7, "did you mean 'process'?");
	fixture_expect_one(f, BEGIN " kill process 0\n" SEND, 7, 15, "a number from 1 to 64");
	fixture_expect_one(f, BEGIN " limit fils 2\n" SEND, 7, 8, "did you mean 'files'?");
	fixture_expect_one(f, BEGIN " limit memory 2 KB\n" SEND, 7, 17, "unknown unit 'KB'");
	fixture_expect_one(f, BEGIN " limit files 2 MB\n" SEND, 7, 16, "one word too many");
}

static void only_who_is_killed_ends_killed(void **state)
{
	fixture_expect_one(*state, BEGIN SEND " ends killed\n", 8, 7, "no `kill` stands above");
}

static void a_cycle_is_the_first_statement(void **state)
{
	struct fixture *f = *state;
	struct suite *s = fixture_parse(f, BEGIN " cycle 100\n" SEND);

	assert_non_null(s);
	assert_int_equal(s->cases[0].steps[0].kind, STEP_CYCLE);
	assert_int_equal(s->cases[0].steps[0].number, 100);
	scenario_free(s);
	fixture_expect_one(f, BEGIN SEND " cycle 100\n", 8, 2,
	                   "is the first statement of its case");
	fixture_expect_one(f, BEGIN " cycle 1\n" SEND, 7, 8, "a number from 2 to 1000");
}

static void a_second_vm_has_a_policy_first(void **state)
{
	struct fixture *f = *state;
	struct suite *s = fixture_parse(
	        f, BEGIN " beside policy one.json\n beside inject udp $VM:4000 > $CONSUMER\n"
	                 " beside guest udp $CONSUMER > $VM:4000 count 2 within 1s\n"
	                 " none beside guest udp * > $VM:4001\n");
	const struct step *st;

	assert_non_null(s);
	st = s->cases[0].steps;
	assert_int_equal(st[0].kind, STEP_BESIDE_POLICY);
	assert_non_null(strstr(st[0].policy, "/one.json"));
	assert_int_equal(st[1].kind, STEP_BESIDE_INJECT);
	assert_int_equal(st[2].kind, STEP_BESIDE_GUEST);
	assert_int_equal(st[2].count.least, 2);
	assert_int_equal(st[3].kind, STEP_NONE_BESIDE);
	scenario_free(s);
	fixture_expect_one(f, BEGIN " beside inject udp $VM:1 > $CONSUMER\n", 7, 9,
	                   "there is no second VM yet");
	fixture_expect_one(f, BEGIN " beside policy one.json\n beside policy one.json\n", 8, 9,
	                   "one second VM at most");
	fixture_expect_one(f, BEGIN " beside policy broken.json\n", 7, 16,
	                   "no backend can take this policy");
	fixture_expect_one(f, BEGIN " beside policy one.json\n beside injct udp $VM:1 > $T:2\n", 8,
	                   9, "did you mean 'inject'?");
	fixture_expect_one(f, BEGIN " beside policy one.json\n beside ends violation\n", 8, 9,
	                   "needs a backend with terminate");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(what_comes_early_stands_first),
	        TEST(only_the_wire_plane_has_an_early),
	        TEST(processes_are_killed_and_limited),
	        TEST(what_is_killed_or_limited_has_its_words),
	        TEST(only_who_is_killed_ends_killed),
	        TEST(a_cycle_is_the_first_statement),
	        TEST(a_second_vm_has_a_policy_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
