/* SPDX-License-Identifier: ISC */
/* scenario_vary_test.c: rows that are written once for many values. */
#include "harness/scenario.h"

#include "harness/scenario_fixture.h"

#define TABLE "| id | recipe | verdict | why | flags |\n"
#define BEGIN FIXTURE_HEAD "attack a req EGR-001\n" /* five lines */

static void a_row_stands_for_each_value(void **state)
{
	struct suite *s = fixture_parse(*state,
	                                BEGIN "vary P 53 80..82 0x0a..0x0b\n" TABLE
	                                      "| port-{P} | udp $VM:4000 > $T:{P} | drop | {P} is "
	                                      "not allowed | SCAN |\n"
	                                      "| once | udp $VM:4000 > $T:9 | drop | w | SCAN |\n");
	const struct row *rows;

	assert_non_null(s);
	assert_int_equal(s->cases[0].row_count, 7);
	rows = s->cases[0].rows;
	assert_string_equal(rows[0].id, "port-53");
	assert_string_equal(rows[0].text, "udp $VM:4000 > $T:53");
	assert_string_equal(rows[0].why, "53 is not allowed");
	assert_int_equal(rows[0].recipe.dst.port, 53);
	assert_string_equal(rows[3].id, "port-82");
	assert_string_equal(rows[4].id, "port-0x0a");
	assert_string_equal(rows[6].id, "once");
	/* Each has an address of its own, and all stand in one line. */
	assert_int_not_equal(rows[0].target, rows[1].target);
	assert_int_equal(rows[0].line, rows[5].line);
	scenario_free(s);
}

static void several_names_make_all_combinations(void **state)
{
	struct suite *s = fixture_parse(
	        *state, BEGIN "vary A 1..3\nvary B x y\nvary C 0..10/5\n" TABLE
	                      "| {A}-{B} | udp $VM:4000 > $T:{A} | drop | {B} | SCAN |\n"
	                      "| c{C} | udp $VM:4000 > $T:9 size {C} | drop | w | SCAN |\n");

	assert_non_null(s);
	assert_int_equal(s->cases[0].row_count, 9);
	assert_string_equal(s->cases[0].rows[0].id, "1-x");
	assert_string_equal(s->cases[0].rows[1].id, "1-y");
	assert_string_equal(s->cases[0].rows[5].id, "3-y");
	assert_string_equal(s->cases[0].rows[8].id, "c10");
	scenario_free(s);
}

static void names_end_with_their_attack(void **state)
{
	struct suite *s = fixture_parse(*state, BEGIN
	                                "vary A 1 2\n" TABLE
	                                "| {A} | udp $VM:4000 > $T:{A} | drop | w | SCAN |\n"
	                                "attack b req EGR-001\nvary A 3\n" TABLE
	                                "| {A} | udp $VM:4000 > $T:{A} | drop | w | SCAN |\n");

	assert_non_null(s);
	assert_int_equal(s->cases[0].row_count, 2);
	assert_int_equal(s->cases[1].row_count, 1);
	assert_string_equal(s->cases[1].rows[0].id, "3");
	scenario_free(s);
}

static void braces_of_others_are_left_alone(void **state)
{
	struct suite *s = fixture_parse(*state, BEGIN
	                                "vary A 1\n" TABLE
	                                "| {A} | udp $VM:4000 > $T:9 payload \"{a} ${A} {}\" | "
	                                "drop | w | SCAN |\n");

	assert_non_null(s);
	assert_string_equal(s->cases[0].rows[0].recipe.text, "{a} ${A} {}");
	scenario_free(s);
	/* Without a `vary` nothing is looked for. */
	s = fixture_parse(*state, BEGIN TABLE
	                  "| a | udp $VM:4000 > $T:9 payload \"{A}\" | drop | w | SCAN |\n");
	assert_non_null(s);
	scenario_free(s);
}

static void errors_stand_where_they_are_in_the_file_and_come_once(void **state)
{
	struct fixture *f = *state;

	fixture_expect_one(f,
	                   BEGIN "vary P 70000..70999\n" TABLE
	                         "| port-{P} | udp $VM:4000 > $T:{P} | drop | w | SCAN |\n",
	                   8, 32, "with P=70000");
	/* The policy's verdict: only some of the values pass. */
	fixture_expect_one(f,
	                   BEGIN
	                   "vary P 51899..51901\n" TABLE
	                   "| port-{P} | udp $VM:4000 > 203.0.113.50:{P} | drop | w | SCAN |\n",
	                   8, 48,
	                   "the policy says pass (on the allow list), the row expects drop, "
	                   "with P=51900");
	/* Behind the value. */
	fixture_expect_one(f,
	                   BEGIN "vary P 7..8\n" TABLE
	                         "| port-{P} | udp $VM:4000 > $T:{P} | drop | w | WRONG |\n",
	                   8, 49, "unknown flag 'WRONG'");
}

static void what_varies_has_a_name_and_values(void **state)
{
	struct fixture *f = *state;

	fixture_expect_one(
	        f, BEGIN "vary size 1\n" TABLE "| a | udp $VM:4000 > $T:9 | drop | w | SCAN |\n", 6,
	        6, "a name of A-Z and 0-9");
	fixture_expect_one(
	        f, BEGIN "vary A\n" TABLE "| a{A} | udp $VM:4000 > $T:9 | drop | w | SCAN |\n", 6,
	        7, "the values of A are missing");
	fixture_expect_one(
	        f, BEGIN "vary A 1 2 1\n" TABLE "| {A} | udp $VM:4000 > $T:9 | drop | w | SCAN |\n",
	        6, 12, "'1' stands here twice");
	fixture_expect_one(
	        f, BEGIN "vary A a_b\n" TABLE "| {A} | udp $VM:4000 > $T:9 | drop | w | SCAN |\n",
	        6, 8, "a value becomes a part of names");
	fixture_expect_one(
	        f, BEGIN "vary A 8..1\n" TABLE "| {A} | udp $VM:4000 > $T:9 | drop | w | SCAN |\n",
	        6, 8, "a range is written");
	fixture_expect_one(f,
	                   BEGIN "vary A 1..9/0\n" TABLE
	                         "| {A} | udp $VM:4000 > $T:9 | drop | w | SCAN |\n",
	                   6, 8, "a range is written");
	fixture_expect_one(f,
	                   BEGIN "vary A 1\nvary A 2\n" TABLE
	                         "| {A} | udp $VM:4000 > $T:9 | drop | w | SCAN |\n",
	                   7, 6, "'A' varies already");
	fixture_expect_one(f,
	                   BEGIN "vary A 1..2000\n" TABLE
	                         "| {A} | udp $VM:4000 > $T:9 | drop | w | SCAN |\n",
	                   6, 8, "at most 1024 values");
}

static void a_name_must_be_known_and_in_the_id(void **state)
{
	struct fixture *f = *state;

	fixture_expect_one(f,
	                   BEGIN
	                   "vary SIZE 1 2\n" TABLE
	                   "| s{SIZE} | udp $VM:4000 > $T:9 size {SZIE} | drop | w | SCAN |\n",
	                   8, 38, "nothing called {SZIE} varies; did you mean {SIZE}?");
	fixture_expect_one(f,
	                   BEGIN "vary A 1 2\nvary B 1\n" TABLE
	                         "| a{A} | udp $VM:4000 > $T:{B} | drop | w | SCAN |\n"
	                         "| b{B} | udp $VM:4000 > $T:9 | drop | w | SCAN |\n",
	                   9, 28, "{B} must stand in the row's id");
	fixture_expect_one(
	        f, BEGIN "vary A 1 2\n" TABLE "| a | udp $VM:4000 > $T:9 | drop | w | SCAN |\n", 6,
	        6, "no row has {A} in its id");
}

static void it_stands_between_the_attack_and_its_table(void **state)
{
	struct fixture *f = *state;

	fixture_expect_one(f, FIXTURE_HEAD "vary A 1\n" FIXTURE_CASE, 5, 1,
	                   "belongs below an `attack`");
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_CASE "vary A 1\n", 7, 1,
	                   "belongs below an `attack`");
	fixture_expect_one(f,
	                   BEGIN TABLE "vary A 1\n| a | udp $VM:4000 > $T:9 | drop | w | SCAN |\n",
	                   7, 1, "belongs above the table");
	fixture_expect_one(f, BEGIN "vary A 1\n", 5, 8, "the attack has no rows");
}

static void a_suite_has_an_end(void **state)
{
	struct fixture *f = *state;

	assert_null(fixture_parse(f,
	                          BEGIN "vary A 1..64\nvary B 1..65\n" TABLE
	                                "| {A}-{B} | udp $VM:4000 > $T:9 | drop | w | SCAN |\n"));
	assert_int_equal(f->diag.count, 1);
	assert_non_null(strstr(f->diag.errors[0].text, "at most 4096 rows, with A=64 B=1")
	                        ? f->diag.errors[0].text
	                        : strstr(f->diag.errors[0].text, "at most 4096 rows"));
}

static void a_name_that_gets_too_long_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_null(fixture_parse(f,
	                          BEGIN "vary A 0123456789012345678901234567890123456789\n" TABLE
	                                "| {A}-{A} | udp $VM:4000 > $T:9 | drop | w | SCAN |\n"));
	fixture_expect(f, 8, 3, "at most 63 letters");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	        TEST(a_row_stands_for_each_value),
	        TEST(several_names_make_all_combinations),
	        TEST(names_end_with_their_attack),
	        TEST(braces_of_others_are_left_alone),
	        TEST(errors_stand_where_they_are_in_the_file_and_come_once),
	        TEST(what_varies_has_a_name_and_values),
	        TEST(a_name_must_be_known_and_in_the_id),
	        TEST(it_stands_between_the_attack_and_its_table),
	        TEST(a_suite_has_an_end),
	        TEST(a_name_that_gets_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
