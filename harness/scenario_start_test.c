/* SPDX-License-Identifier: ISC */
/* scenario_start_test.c: rows whose recipe is `start`. */
#include "harness/scenario.h"

#include "harness/scenario_fixture.h"

#define BEGIN                                                                                      \
	"suite t\npolicy one.json\nplanes wire\nattack a req POL-001\n"                            \
	"| id | recipe | verdict | why | flags |\n" /* five lines */
#define GOOD "| good | start one.json | ready | w | SCAN |\n"

static void a_row_starts_the_backend_with_a_policy(void **state)
{
	struct fixture *f = *state;
	struct suite *s = fixture_parse(f, BEGIN GOOD
	                                "| bad | start broken.json | refuse | w | SCAN |\n"
	                                "| cut | start one.json size 7 | refuse | w | SCAN |\n"
	                                "| none | start nothing | refuse | w | SCAN |\n");
	const struct row *rows;

	assert_non_null(s);
	rows = s->cases[0].rows;
	assert_int_equal(rows[0].verdict, ROW_READY);
	assert_int_equal(rows[0].start->what, START_FILE);
	assert_non_null(strstr(rows[0].start->policy, "/one.json"));
	assert_string_equal(rows[0].text, "start one.json");
	assert_int_equal(rows[1].verdict, ROW_REFUSE);
	assert_true(rows[2].start->has_size);
	assert_int_equal(rows[2].start->size, 7);
	assert_int_equal(rows[3].start->what, START_NOTHING);
	assert_null(rows[3].start->policy);
	scenario_free(s);
}

static void what_is_started_must_be_there(void **state)
{
	struct fixture *f = *state;

	fixture_expect_one(f, BEGIN GOOD "| a | start gone.json | refuse | w | SCAN |\n", 7, 13,
	                   "cannot be read");
	fixture_expect_one(f, BEGIN GOOD "| a | start directry | refuse | w | SCAN |\n", 7, 13,
	                   "did you mean 'directory'?");
	fixture_expect_one(f, BEGIN GOOD "| a | start | refuse | w | SCAN |\n", 7, 12,
	                   "is followed by the path of a policy");
	fixture_expect_one(f, BEGIN GOOD "| a | start fifo size 7 | refuse | w | SCAN |\n", 7, 18,
	                   "only a file has a size");
	fixture_expect_one(f, BEGIN GOOD "| a | start one.json seven | refuse | w | SCAN |\n", 7,
	                   22, "one word too many");
}

#define ORGANISED                                                                                  \
	"suite t\npolicy one.json\nneeds organisation\nplanes wire\nattack a req POL-001\n"        \
	"| id | recipe | verdict | why | flags |\n" /* six lines */

static void an_organisations_policy_may_be_laid_over_it(void **state)
{
	struct fixture *f = *state;
	struct suite *s = fixture_parse(
	        f, ORGANISED
	        "| a | start one.json organisation broken.json | refuse | w | SCAN |\n"
	        "| b | start one.json organisation one.json size 999 | ready | w | SCAN |\n");

	assert_non_null(s);
	assert_null(s->organisation);
	assert_non_null(strstr(s->cases[0].rows[0].start->organisation, "/broken.json"));
	assert_true(s->cases[0].rows[1].start->has_size);
	scenario_free(s);
	fixture_expect_one(
	        f, BEGIN "| a | start one.json organisation one.json | ready | w | SCAN |\n", 6, 62,
	        "needs a backend with organisation");
	fixture_expect_one(
	        f, ORGANISED GOOD "| a | start one.json organisation | refuse | w | SCAN |\n", 8,
	        34, "is followed by a file");
	fixture_expect_one(f,
	                   ORGANISED GOOD
	                   "| a | start one.json organisation gone.json | refuse | w | SCAN |\n",
	                   8, 35, "cannot be read");
}

static void a_suite_may_have_one_for_all_its_rows(void **state)
{
	struct fixture *f = *state;
	struct suite *s = fixture_parse(f, "suite t\npolicy one.json\norganisation one.json\n"
	                                   "needs organisation\nplanes wire\n"
	                                   "attack a req POL-001\n"
	                                   "| id | recipe | verdict | why | flags |\n" GOOD);

	assert_non_null(s);
	assert_non_null(strstr(s->organisation, "/one.json"));
	assert_null(s->cases[0].rows[0].start->organisation);
	scenario_free(s);
	fixture_expect_one(f,
	                   "suite t\npolicy one.json\norganisation gone.json\n"
	                   "needs organisation\nplanes wire\nattack a req POL-001\n"
	                   "| id | recipe | verdict | why | flags |\n" GOOD,
	                   3, 14, "cannot be read");
	assert_null(fixture_parse(f, "suite t\npolicy one.json\norganisation one.json\n"
	                             "planes wire\nattack a req POL-001\n"
	                             "| id | recipe | verdict | why | flags |\n" GOOD));
	assert_null(fixture_parse(f, "suite t\npolicy one.json\norganisation\n"
	                             "needs organisation\nplanes wire\nattack a req POL-001\n"
	                             "| id | recipe | verdict | why | flags |\n" GOOD));
	fixture_expect(f, 3, 13, "the path of the organisation's policy is missing");
}

static void start_and_its_verdicts_go_together(void **state)
{
	struct fixture *f = *state;

	fixture_expect_one(f, BEGIN GOOD "| a | start broken.json | drop | w | SCAN |\n", 7, 27,
	                   "goes with the verdicts refuse and ready");
	fixture_expect_one(f, BEGIN GOOD "| a | udp $VM:1 > $T:2 | refuse | w | SCAN |\n", 7, 26,
	                   "goes with the verdicts refuse and ready");
}

static void only_the_wire_plane_starts_backends(void **state)
{
	fixture_expect_one(*state,
	                   "suite t\npolicy one.json\nattack a req POL-001\n"
	                   "| id | recipe | verdict | why | flags |\n" GOOD,
	                   5, 10, "write `planes wire`");
}

static void what_is_ready_is_a_whole_policy(void **state)
{
	struct fixture *f = *state;

	fixture_expect_one(f, BEGIN "| a | start broken.json | ready | w | SCAN |\n", 6, 7,
	                   "no backend can take this policy");
	fixture_expect_one(f, BEGIN "| a | start one.json size 20 | ready | w | SCAN |\n", 6, 7,
	                   "its end is cut off");
	fixture_expect_one(f, BEGIN "| a | start nothing | ready | w | SCAN |\n", 6, 7,
	                   "there is no file");
}

static void a_table_that_refuses_everything_proves_nothing(void **state)
{
	fixture_expect_one(*state, BEGIN "| a | start broken.json | refuse | w | SCAN |\n", 4, 8,
	                   "a backend that refuses everything would pass");
}

static void start_is_no_statement_and_no_sentinel(void **state)
{
	struct fixture *f = *state;

	assert_null(fixture_parse(f, "suite t\npolicy one.json\ncase c req POL-001\n"
	                             " start one.json\n inject start one.json\n"));
	fixture_expect(f, 4, 2, "unknown statement 'start'");
	fixture_expect(f, 5, 9, "unknown kind of packet 'start'");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(a_row_starts_the_backend_with_a_policy),
	        TEST(what_is_started_must_be_there),
	        TEST(an_organisations_policy_may_be_laid_over_it),
	        TEST(a_suite_may_have_one_for_all_its_rows),
	        TEST(start_and_its_verdicts_go_together),
	        TEST(only_the_wire_plane_starts_backends),
	        TEST(what_is_ready_is_a_whole_policy),
	        TEST(a_table_that_refuses_everything_proves_nothing),
	        TEST(start_is_no_statement_and_no_sentinel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
