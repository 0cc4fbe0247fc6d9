/* SPDX-License-Identifier: ISC */
#include "harness/scenario_fixture.h"

#define HEAD "suite t\npolicy one.json\nplanes vm\nsentinel udp $VM:40000 > $CONSUMER\n"
#define NEEDS                                                                                      \
	"suite t\npolicy one.json\nplanes vm\nneeds audit.jsonl\nsentinel udp $VM:40000 > "        \
	"$CONSUMER\n"
#define TABLE                                                                                      \
	"attack a req EGR-001\n| id | recipe | verdict | why | flags |\n"                          \
	"| r | udp $VM:4000 > $T:53 | drop | not allowed | SCAN |\n"                               \
	"| ok | udp $VM:4000 > $CONSUMER | pass | allowed | SCAN |\n"
#define OTHER                                                                                      \
	"attack b req EGR-001\n| id | recipe | verdict | why | flags |\n"                          \
	"| r | udp $VM:4001 > $T:53 | drop | not allowed | SCAN |\n"
#define CASE "case c req BOOT-001\n"
#define SETUP                                                                                      \
	"--endpoint consumer --private-key-file guest.key --address 10.99.0.2/24 --peer-key "      \
	"+PnUHp8px1fzAjG0q+I6nivUkIAA7+Fm9NGH6eiUznU="

static void a_case_boots_a_guest_of_its_own(void **state)
{
	struct suite *s = fixture_parse(*state, HEAD CASE "  boot\n  wire udp * > $CONSUMER\n");
	const struct scn_boot *b;

	assert_non_null(s);
	b = case_boot(&s->cases[0]);
	assert_non_null(b);
	assert_false(b->restored);
	assert_null(b->setup);
	assert_null(b->without);
	assert_null(b->append);
	assert_string_equal(b->image, "");
	assert_false(b->attacked);
	assert_int_equal(s->cases[0].row_count, 0);
	scenario_free(s);
}

static void all_clauses_are_read(void **state)
{
	const struct scn_boot *b;
	struct suite *s;

	fixture_write(*state, "guest.key", "gauntlet/test/key/guest/not/a/secret/000000=\n");
	s = fixture_parse(*state, HEAD TABLE OTHER CASE
	                  "  boot cold setup \"" SETUP "\" without \"/a,/b\" "
	                  "attack a b image alpine append \"loglevel=7 x\"\n");
	diag_print(&((struct fixture *)*state)->diag, stderr);
	assert_non_null(s);
	b = case_boot(&s->cases[2]);
	assert_string_equal(b->setup, SETUP);
	assert_string_equal(b->without, "/a,/b");
	assert_string_equal(b->image, "alpine");
	assert_string_equal(b->append, "loglevel=7 x");
	assert_true(b->attacked);
	scenario_free(s);
}

static void rows_of_a_table_are_taken_over_under_its_name(void **state)
{
	struct suite *s = fixture_parse(*state,
	                                HEAD TABLE OTHER CASE "  boot restored attack a b\n");
	const struct scn_case *c = s ? &s->cases[2] : NULL;

	assert_non_null(s);
	assert_true(case_boot(c)->restored);
	assert_false(c->attack);
	assert_int_equal(c->row_count, 3);
	assert_string_equal(c->rows[0].id, "a.r");
	assert_string_equal(c->rows[1].id, "a.ok");
	assert_string_equal(c->rows[2].id, "b.r");
	assert_int_equal(c->rows[0].target, s->cases[0].rows[0].target);
	assert_int_equal(c->rows[1].verdict, ROW_PASS);
	assert_ptr_equal(c->rows[2].text, s->cases[1].rows[0].text);
	scenario_free(s);
}

static void an_imported_table_can_be_the_attack(void **state)
{
	const struct fixture *f = *state;
	struct suite *s;

	fixture_write(f, "a.scn",
	              "suite a\npolicy one.json\nsentinel udp $VM:40000 > $CONSUMER\n" TABLE);
	s = fixture_parse(*state, HEAD "import a\n" CASE "  boot attack a\n");
	assert_non_null(s);
	assert_int_equal(s->cases[1].row_count, 2);
	scenario_free(s);
}

/* Frames are frames: for what planes the table is does not matter. */
static void a_table_can_be_there_for_boot_alone(void **state)
{
	const struct fixture *f = *state;
	struct suite *s;

	fixture_write(f, "a.scn",
	              "suite a\npolicy one.json\nplanes wire\nsentinel udp $VM:40000 > "
	              "$CONSUMER\n" TABLE);
	s = fixture_parse(*state, HEAD "import a for boot\n" CASE "  boot attack a\n");
	assert_non_null(s);
	assert_int_equal(s->case_count, 1);
	assert_int_equal(s->table_count, 1);
	assert_int_equal(s->cases[0].row_count, 2);
	scenario_free(s);
	fixture_write(f, "a.scn",
	              "suite a\npolicy one.json\nsentinel udp $VM:40000 > $CONSUMER\n" TABLE);
	fixture_expect_one(*state, HEAD "import a for\n" CASE "  boot attack a\n", 5, 13,
	                   "'for' is followed by 'boot'");
	fixture_expect_one(*state, HEAD "import a boot\n" CASE "  boot attack a\n", 5, 10,
	                   "unknown word 'boot'");
}

static void what_the_world_starts_may_stand_above(void **state)
{
	struct suite *s = fixture_parse(
	        *state,
	        HEAD CASE "  serve \"httpd\" tcp 80\n  peer \"p\"\n  peer says \"x\"\n  boot\n"
	                  "  peer sends udp * > *\n");

	assert_non_null(s);
	assert_non_null(case_boot(&s->cases[0]));
	scenario_free(s);
}

static void statements_about_the_backend_are_allowed(void **state)
{
	struct suite *s = fixture_parse(
	        *state, NEEDS CASE "  boot\n  event drop\n  uplink down\n  stop\n  cont\n  kill\n"
	                           "  ends killed\n");

	assert_non_null(s);
	scenario_free(s);
}

static void the_guest_goes_off_and_starts_again(void **state)
{
	struct suite *s = fixture_parse(*state,
	                                HEAD CASE "  boot\n  guest reboot within 30s\n  run \"x\"\n"
	                                          "  guest off\n");
	const struct step *st = s ? s->cases[0].steps : NULL;

	assert_non_null(s);
	assert_int_equal(st[1].kind, STEP_GUEST_REBOOT);
	assert_int_equal(st[1].within_ms, 30000);
	assert_int_equal(st[3].kind, STEP_GUEST_OFF);
	assert_int_equal(st[3].within_ms, SCN_OFF_MS);
	scenario_free(s);
}

static void what_a_guest_sends_is_a_statement(void **state)
{
	struct suite *s = fixture_parse(
	        *state,
	        HEAD CASE "  boot\n  guest sends udp $VM:* > $CONSUMER count 1.. within 3s\n"
	                  "  none guest sends icmp6 * > * rs\n  none guest udp * > *\n"
	                  "  guest udp * > $VM:1\n");
	const struct step *st = s ? s->cases[0].steps : NULL;

	assert_non_null(s);
	assert_int_equal(st[1].kind, STEP_GUEST_SENDS);
	assert_int_equal(st[1].count.least, 1);
	assert_int_equal(st[1].within_ms, 3000);
	assert_int_equal(st[2].kind, STEP_NONE_SENDS);
	assert_int_equal(st[3].kind, STEP_NONE_GUEST);
	assert_int_equal(st[4].kind, STEP_GUEST);
	scenario_free(s);
}

static void errors_name_the_remedy(void **state)
{
	static const struct {
		const char *text;
		unsigned line, column;
		const char *error;
	} table[] = {
	        {HEAD CASE "  inject udp $VM:1 > $CONSUMER\n  boot\n", 7, 3, "first statement"},
	        {HEAD CASE "  boot\n  boot\n", 7, 3, "first statement"},
	        {"suite t\npolicy one.json\nsentinel udp $VM:40000 > $CONSUMER\n" CASE "  boot\n",
	         5, 3, "write `planes vm`"},
	        {HEAD CASE "  boot warm\n", 6, 8, "unknown word 'warm'"},
	        {HEAD CASE "  boot setup\n", 6, 13, "needs a string in quotes"},
	        {HEAD CASE "  boot setup prebuilt\n", 6, 14, "needs a string in quotes"},
	        {HEAD CASE "  boot without \"bin/nft\"\n", 6, 16, "files from the root"},
	        {HEAD CASE "  boot image a image b\n", 6, 16, "stands here twice"},
	        {HEAD CASE "  boot setup \"--bla\"\n", 6, 14, "unknown option '--bla'"},
	        {HEAD CASE "  boot image ../x\n", 6, 14, "is made of a-z"},
	        {HEAD CASE "  boot attack\n", 6, 14, "is followed by names"},
	        {HEAD CASE "  boot attack a\n", 6, 15, "no attack table stands above"},
	        {HEAD TABLE CASE "  boot attack x\n", 10, 15, "unknown attack table above 'x'"},
	        {HEAD TABLE CASE "  boot attack a a\n", 10, 17, "stands here twice"},
	        {HEAD CASE "  boot restored append \"x\"\n", 6, 3, "goes with `boot cold`"},
	        {HEAD CASE "  boot restored without \"/x\"\n", 6, 3, "goes with `boot cold`"},
	        {HEAD CASE "  run \"x\"\n  guest off\n", 7, 9, "begin the case with `boot`"},
	        {HEAD CASE "  guest reboot\n", 6, 9, "begin the case with `boot`"},
	        {HEAD CASE "  boot\n  guest off\n  run \"x\"\n", 8, 3,
	         "the guest is off since line 7"},
	        {HEAD CASE "  boot\n  guest off within 9m\n", 7, 20, "within"},
	        {HEAD CASE "  boot\n  guest sends\n", 7, 14, "a pattern is missing"},
	        {"suite t\npolicy one.json\nsentinel udp $VM:40000 > $CONSUMER\n" CASE
	         "  none guest sends udp * > *\n",
	         5, 14, "needs a guest"},
	        {HEAD CASE "  stop\n", 6, 3, "or begin it with `boot`"},
	        {HEAD CASE "  boot\n  flood 5 udp $VM:1 > $CONSUMER\n", 7, 3,
	         "does not work on the kernel and vm planes"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		fixture_expect_one(*state, table[i].text, table[i].line, table[i].column,
		                   table[i].error);
}

static void rows_that_cannot_be_first_are_refused(void **state)
{
	fixture_expect_one(
	        *state,
	        HEAD "attack a req EGR-001\n| id | recipe | verdict | why | flags |\n"
	             "| p | run \"x\" sends udp * > * | drop | x | SCAN |\n" CASE
	             "  boot attack a\n",
	        9, 15, "row 'p' of 'a' cannot be sent by a guest that boots: it runs a program");
}

static void who_ends_does_not_send_the_other_rows(void **state)
{
	fixture_expect_one(*state, HEAD TABLE CASE "  boot attack a\n  kill\n  ends killed\n", 12,
	                   3, "does not go with `boot attack`");
}

static void a_name_that_gets_too_long_is_an_error(void **state)
{
	fixture_expect_one(
	        *state,
	        HEAD
	        "attack a-name-that-is-nearly-as-long-as-a-name-may-be-in-a-scenario-xx req "
	        "EGR-001\n"
	        "| id | recipe | verdict | why | flags |\n"
	        "| r | udp $VM:4000 > $T:53 | drop | x | SCAN |\n" CASE
	        "  boot attack a-name-that-is-nearly-as-long-as-a-name-may-be-in-a-scenario-xx\n",
	        9, 15, "longer than a row's name may be");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_case_boots_a_guest_of_its_own),
	        cmocka_unit_test(all_clauses_are_read),
	        cmocka_unit_test(rows_of_a_table_are_taken_over_under_its_name),
	        cmocka_unit_test(an_imported_table_can_be_the_attack),
	        cmocka_unit_test(a_table_can_be_there_for_boot_alone),
	        cmocka_unit_test(what_the_world_starts_may_stand_above),
	        cmocka_unit_test(statements_about_the_backend_are_allowed),
	        cmocka_unit_test(the_guest_goes_off_and_starts_again),
	        cmocka_unit_test(what_a_guest_sends_is_a_statement),
	        cmocka_unit_test(errors_name_the_remedy),
	        cmocka_unit_test(rows_that_cannot_be_first_are_refused),
	        cmocka_unit_test(who_ends_does_not_send_the_other_rows),
	        cmocka_unit_test(a_name_that_gets_too_long_is_an_error),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
