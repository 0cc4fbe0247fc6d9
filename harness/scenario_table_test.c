/* SPDX-License-Identifier: ISC */
/* scenario_table_test.c: attack tables, their verdicts against the policy, and imports. */
#include "harness/scenario.h"

#include "harness/scenario_fixture.h"

#define ROWS FIXTURE_HEAD "attack a req EGR-001\n| id | recipe | verdict | why | flags |\n"

static void the_header_names_known_columns_once(void **state)
{
	struct fixture *f = *state;

	assert_null(fixture_parse(f,
	                          FIXTURE_HEAD "attack a req EGR-001\n"
	                                       "| id | recipie | verdict | wat | flags | id |\n"
	                                       "| r | udp $VM:1 > $T:2 | drop | w | SCAN | x |\n"));
	fixture_expect(f, 6, 8, "unknown column 'recipie'; did you mean 'recipe'?");
	fixture_expect(f, 6, 28, "unknown column 'wat'; there are: id, recipe, ");
	fixture_expect(f, 6, 42, "column 'id' stands here twice");
	assert_int_equal(f->diag.count, 3); /* the rows are read all the same */
}

static void missing_columns_are_missed(void **state)
{
	struct fixture *f = *state;

	assert_null(fixture_parse(f, FIXTURE_HEAD "attack a req EGR-001\n| id | verdict |\n"
	                                          "| r | drop |\n"));
	fixture_expect(f, 6, 0, "no column 'recipe'");
	fixture_expect(f, 6, 0, "no column 'why'");
	fixture_expect(f, 6, 0, "no column 'flags'");
	assert_int_equal(f->diag.count, 3);
}

static void a_row_has_as_many_cells_as_the_header(void **state)
{
	fixture_expect_one(*state, ROWS "| r | udp $VM:1 > $T:2 | drop | w |\n", 7, 34,
	                   "4 cells, the header has 5");
	fixture_expect_one(*state, ROWS "| r | udp $VM:1 > $T:2 | drop | w | SCAN | x |\n", 7, 44,
	                   "6 cells, the header has 5");
	fixture_expect_one(*state, ROWS "| r | udp $VM:1 > $T:2 | drop | w | SCAN\n", 7, 41,
	                   "must end with '|'");
	fixture_expect_one(*state, ROWS "||||||||||||||||||||||||||\n", 7, 18,
	                   "at most 16 columns");
	fixture_expect_one(*state, ROWS "| r | udp $VM:1 > $T:2 payload \"x | drop | w | SCAN |\n",
	                   7, 32, "string without end");
}

static void each_cell_is_judged_where_it_stands(void **state)
{
	struct fixture *f = *state;

	assert_null(fixture_parse(f, ROWS "| a b | udp $VM:1 > $T:2 x | drop y | | scan BASIC |\n"
	                                  "|   |   |   |   |   |\n"));
	fixture_expect(f, 7, 5, "'b' is one word too many");
	fixture_expect(f, 7, 26, "x");
	fixture_expect(f, 7, 35, "'y' is one word too many");
	fixture_expect(f, 7, 39, "says why");
	fixture_expect(f, 7, 41, "did you mean 'SCAN'?");
	fixture_expect(f, 8, 5, "row id is missing");
	fixture_expect(f, 8, 9, "recipe is missing");
	fixture_expect(f, 8, 13, "verdict is missing");
	fixture_expect(f, 8, 17, "says why");
	fixture_expect(f, 8, 21, "at least one flag");
	assert_int_equal(f->diag.count, 10);
}

static void a_row_may_cite_its_own_requirements(void **state)
{
	struct fixture *f = *state;
	struct suite *s = fixture_parse(
	        f,
	        FIXTURE_HEAD "attack a req EGR-001\n| id | req | recipe | verdict | why | flags |\n"
	                     "| r | IP4-001 IP4-002 | udp $VM:1 > $T:2 | drop | w | SCAN |\n"
	                     "| q |  | udp $VM:1 > $T:2 | drop | w | SCAN |\n");

	assert_non_null(s);
	assert_int_equal(s->cases[0].rows[0].req.count, 2);
	assert_string_equal(s->cases[0].rows[0].req.id[1], "IP4-002");
	assert_int_equal(s->cases[0].rows[1].req.count, 0);
	scenario_free(s);
}

static void rows_of_different_attacks_may_have_the_same_id(void **state)
{
	struct suite *s = fixture_parse(
	        *state, FIXTURE_HEAD FIXTURE_ATTACK
	        "attack b req EGR-001\n| id | recipe | verdict | why | flags |\n"
	        "| r | udp $VM:4000 > $T:53 | drop | not allowed | SCAN |\n");

	assert_non_null(s);
	assert_int_equal(s->case_count, 2);
	scenario_free(s);
}

static void a_verdict_the_policy_does_not_share_is_an_error(void **state)
{
	struct fixture *f = *state;

	assert_null(fixture_parse(f, ROWS
	                          "| a | udp $VM:1 > $T:2 | pass | w | SCAN |\n"
	                          "| b | udp $VM:1 > $CONSUMER | drop | w | SCAN |\n"
	                          "| c | arp who-has $GW tell $VM | drop | w | SCAN |\n"
	                          "| d | tcp $VM:1 > $CONSUMER flags S | pass | w | SCAN |\n"));
	fixture_expect(f, 7, 26, "the policy says drop");
	fixture_expect(f, 7, 26, "the row expects pass");
	fixture_expect(f, 8, 31, "the policy says pass");
	fixture_expect(f, 9, 34, "the policy says answer");
	fixture_expect(f, 10, 39, "the policy says drop");
	assert_int_equal(f->diag.count, 4);
}

static void a_frame_that_cannot_be_built_is_an_error_of_the_recipe(void **state)
{
	fixture_expect_one(*state, ROWS "| a | replay nowhere.pcap#1 | drop | w | SCAN |\n", 7, 7,
	                   "nowhere.pcap");
}

static void flags_are_looked_for_beside_the_file_and_one_folder_up(void **state)
{
	static const char text[] = ROWS "| a | udp $VM:1 > $T:2 | drop | w | SCAN |\n";
	struct fixture *f = *state;
	char was[80], path[300], flags[100], moved[100];

	memcpy(was, f->path, sizeof(was));
	snprintf(flags, sizeof(flags), "%s/flags.txt", f->dir);
	snprintf(moved, sizeof(moved), "%s/gone.txt", f->dir);
	snprintf(path, sizeof(path), "%s/deep", f->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/deep/t.scn", f->dir);
	assert_null(scenario_parse(path, text, strlen(text), &f->diag));
	fixture_expect(f, 2, 8, "cannot be read"); /* the policy, and nothing about flags */
	assert_int_equal(f->diag.count, 1);

	assert_int_equal(rename(flags, moved), 0);
	fixture_expect_one(f, text, 0, 0, "no flags.txt");
	assert_int_equal(rename(moved, flags), 0);
	fixture_write(f, "flags.txt", "SCAN x\nlower y\n");
	fixture_expect_one(f, text, 0, 0, "flags.txt:2: not a flag");
	fixture_write(f, "flags.txt", FIXTURE_FLAGS);
	snprintf(path, sizeof(path), "%s/deep", f->dir);
	assert_int_equal(rmdir(path), 0);
}

static void an_import_takes_over_attacks_with_their_own_targets(void **state)
{
	struct fixture *f = *state;
	struct suite *s;

	fixture_write(f, "a.scn",
	              "suite a\npolicy one.json\nsentinel udp $VM:40000 > $CONSUMER\n" FIXTURE_CASE
	              "attack taken req EGR-001\n| id | recipe | verdict | why | flags |\n"
	              "| r | udp $VM:4000 > $T:53 | drop | not allowed | SCAN |\n");
	s = fixture_parse(f, FIXTURE_HEAD FIXTURE_ATTACK "import a\n" FIXTURE_CASE);
	assert_non_null(s);
	assert_int_equal(s->case_count, 3);
	assert_string_equal(s->cases[1].name, "taken");
	assert_int_equal(s->cases[1].line, 8);
	assert_int_equal(s->cases[1].row_count, 1);
	assert_int_equal(s->cases[1].rows[0].recipe.dst.ip, s->cases[1].rows[0].target);
	assert_true(s->cases[1].rows[0].target > s->cases[0].rows[0].target);
	assert_true(s->cases[1].rows[0].target < s->cases[2].target);
	scenario_free(s);

	/* Twice the same, without a sentinel of one's own, under another policy. */
	fixture_expect_one(f, FIXTURE_HEAD "import a\nimport a\n", 6, 8, "the case in line 5");
	fixture_expect_one(f, "suite t\npolicy one.json\nimport a\n", 3, 8, "needs a `sentinel`");
	fixture_write(f, "other.json",
	              "{\"version\": 1, \"mode\": \"filtered\", \"vm\": {\"mac\": "
	              "\"52:54:00:12:34:56\", \"ip\": \"192.168.100.2/24\", \"gateway\": "
	              "\"192.168.100.1\"}, \"allow\": [{\"id\": \"x\", \"proto\": \"udp\", \"ip\": "
	              "\"198.18.0.2\", \"port\": 53}, {\"id\": \"consumer\", \"proto\": \"udp\", "
	              "\"ip\": \"203.0.113.50\", \"port\": 51900}]}\n");
	fixture_expect_one(f,
	                   "suite t\npolicy other.json\nsentinel udp $VM:1 > $CONSUMER\n"
	                   "import a\n",
	                   4, 8, "a/taken/r: the policy says pass");
}

static void an_import_that_cannot_be_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_write(f, "a.scn", FIXTURE_HEAD "import b\n");
	fixture_write(f, "b.scn", "suite b\npolicy one.json\n" FIXTURE_CASE);
	fixture_expect_one(f, FIXTURE_HEAD "import t\n" FIXTURE_CASE, 5, 8, "import itself");
	fixture_expect_one(f, FIXTURE_HEAD "import ../b\n" FIXTURE_CASE, 5, 8, "a suite name is");
	fixture_expect_one(f, FIXTURE_HEAD "import c\n" FIXTURE_CASE, 5, 8, "cannot be read");
	fixture_expect_one(f, FIXTURE_HEAD "import b\n" FIXTURE_CASE, 5, 8, "no attack to import");
	fixture_expect_one(f, FIXTURE_HEAD "import a\n" FIXTURE_CASE, 5, 8, "a.scn has 3 errors");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_header_names_known_columns_once),
	        cmocka_unit_test(missing_columns_are_missed),
	        cmocka_unit_test(a_row_has_as_many_cells_as_the_header),
	        cmocka_unit_test(each_cell_is_judged_where_it_stands),
	        cmocka_unit_test(a_row_may_cite_its_own_requirements),
	        cmocka_unit_test(rows_of_different_attacks_may_have_the_same_id),
	        cmocka_unit_test(a_verdict_the_policy_does_not_share_is_an_error),
	        cmocka_unit_test(a_frame_that_cannot_be_built_is_an_error_of_the_recipe),
	        cmocka_unit_test(flags_are_looked_for_beside_the_file_and_one_folder_up),
	        cmocka_unit_test(an_import_takes_over_attacks_with_their_own_targets),
	        cmocka_unit_test(an_import_that_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
