/* SPDX-License-Identifier: ISC */
/* scenario_test.c: good files become trees; of bad ones, everything that is wrong is said at once
 * and where it stands. */
#include "harness/scenario.h"

#include "bytes/guard.h"
#include "harness/scenario_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_good_file_becomes_a_tree(void **state)
{
	struct suite *s = fixture_parse(*state, FIXTURE_EXAMPLE);
	const struct scn_case *c;

	assert_non_null(s);
	assert_string_equal(s->name, "t");
	assert_int_equal(s->planes, PLANE_WIRE | PLANE_VM);
	assert_int_equal(s->needs_count, 2);
	assert_string_equal(s->needs[1], "nat.udp4");
	assert_true(s->has_sentinel);
	assert_string_equal(s->sentinel_text, "udp $VM:40000 > $CONSUMER");
	assert_int_equal(s->case_count, 3);

	c = &s->cases[0];
	assert_string_equal(c->name, "reply-returns-to-the-asker");
	assert_false(c->attack);
	assert_int_equal(c->req.count, 2);
	assert_string_equal(c->req.id[1], "UDP-004");
	assert_int_equal(c->step_count, 5);
	assert_int_equal(c->steps[0].kind, STEP_INJECT);
	assert_int_equal(c->steps[1].kind, STEP_WIRE);
	assert_true(c->steps[1].has_count);
	assert_int_equal(c->steps[1].count.least, 1);
	assert_int_equal(c->steps[1].count.most, 1);
	assert_int_equal(c->steps[1].within_ms, 500);
	assert_int_equal(c->steps[2].kind, STEP_WORLD);
	assert_true(c->steps[2].recipe.dst.nat);
	assert_false(c->steps[3].has_count);
	assert_int_equal(c->steps[3].within_ms, SCN_WITHIN_MS);
	assert_int_equal(c->steps[4].kind, STEP_NONE_GUEST);
	assert_string_equal(c->steps[4].text, "none   guest udp $CONSUMER > $VM:40002");

	c = &s->cases[1];
	assert_int_equal(c->planes, PLANE_VM);
	assert_int_equal(c->step_count, 2);
	assert_string_equal(c->steps[0].command, "ping -c1 \"$GW\" | cat");
	assert_int_equal(c->steps[0].exit_code, 7);
	assert_string_equal(c->steps[0].output, "1 packet");
	assert_null(c->steps[1].output);

	c = &s->cases[2];
	assert_true(c->attack);
	assert_int_equal(c->row_count, 4);
	assert_string_equal(c->rows[0].id, "other-port");
	assert_int_equal(c->rows[0].verdict, ROW_DROP);
	assert_string_equal(c->rows[0].text, "udp $VM:4000 > 203.0.113.50:53 payload \"a|b\"");
	assert_string_equal(c->rows[0].why, "the port counts, not only the \"address\" | host");
	assert_string_equal(c->rows[0].flags, "BASIC EXFIL");
	assert_int_equal(c->rows[1].verdict, ROW_PASS);
	assert_int_equal(c->rows[2].verdict, ROW_ANSWER);
	assert_int_equal(c->rows[3].recipe.kind, RECIPE_RUN);
	scenario_free(s);
}

static void targets_are_unique_and_the_same_every_time(void **state)
{
	char text[64000] = FIXTURE_HEAD "case c req EGR-001\n guest udp $T:1 > $VM:2\n"
	                                "attack a req EGR-001\n"
	                                "| id | recipe | verdict | why | flags |\n";
	struct suite *s, *again;
	const struct scn_case *a;

	for (unsigned i = 0; i < 600; i++)
		snprintf(text + strlen(text), 100,
		         "| r%u | udp $VM:4000 > $T:53 | drop | x | SCAN |\n", i);
	s = fixture_parse(*state, text);
	again = fixture_parse(*state, text);
	assert_non_null(s);
	assert_non_null(again);
	a = &s->cases[1];
	assert_int_equal(s->cases[0].target, IP4(198, 18, 0, 1));
	assert_int_equal(a->target, 0);
	assert_int_equal(a->rows[0].target, IP4(198, 18, 0, 2));
	assert_int_equal(a->rows[0].recipe.dst.ip, a->rows[0].target);
	for (size_t i = 0; i < a->row_count; i++) {
		uint32_t last = a->rows[i].target & 255;

		assert_true(last != 0 && last != 255);
		assert_int_equal(a->rows[i].target, again->cases[1].rows[i].target);
		if (i)
			assert_true(a->rows[i].target > a->rows[i - 1].target);
	}
	scenario_free(s);
	scenario_free(again);
}

static void all_errors_of_a_file_are_found_in_one_pass(void **state)
{
	struct fixture *f = *state;

	assert_null(fixture_parse(f, "suite  Bad!\n"
	                             "plicy one.json\n"
	                             "planes wire moon\n"
	                             "sentinel udp $VM:40000 > $CONSUMER extra\n"
	                             "case one req EGR-001 EGR1\n"
	                             "  injekt udp $VM:1 > $CONSUMER bogus\n"
	                             "  wire udp * > * count 0\n"
	                             "attack two\n"
	                             "| id | recipe | verdikt | why | flags |\n"
	                             "| A | udp $VM:1 > $T:2 | drop | x | NOPE |\n"
	                             "| b | udp $VM:1 > $T:2 | drp | | |\n"));
	fixture_expect(f, 1, 8, "suite name");
	fixture_expect(f, 2, 1, "did you mean 'policy'?");
	fixture_expect(f, 3, 13, "unknown plane 'moon'");
	fixture_expect(f, 4, 36, "extra");
	fixture_expect(f, 5, 22, "'EGR1' is not a requirement");
	fixture_expect(f, 6, 3, "did you mean 'inject'?");
	fixture_expect(f, 6, 32, "bogus");
	fixture_expect(f, 7, 24, "nothing at all is asked for");
	fixture_expect(f, 8, 8, "cites no requirement");
	fixture_expect(f, 9, 17, "did you mean 'verdict'?");
	fixture_expect(f, 10, 3, "row id");
	fixture_expect(f, 10, 37, "unknown flag 'NOPE'");
	fixture_expect(f, 11, 26, "did you mean 'drop'?");
	fixture_expect(f, 11, 32, "says why");
	fixture_expect(f, 11, 34, "at least one flag");
	assert_int_equal(f->diag.count, 15);
}

static void statements_belong_in_their_places(void **state)
{
	struct fixture *f = *state;

	fixture_expect_one(f, FIXTURE_HEAD "inject udp $VM:1 > $CONSUMER\n" FIXTURE_CASE, 5, 1,
	                   "belongs below a `case`");
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_CASE "needs arp\n", 7, 1,
	                   "above the first case");
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_ATTACK "policy one.json\n", 8, 1,
	                   "an `attack` has a table");
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_ATTACK "wire udp * > *\n", 8, 1,
	                   "an `attack` has a table");
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_CASE "  | id |\n", 7, 3, "below an `attack`");
	fixture_expect_one(f, FIXTURE_HEAD "| id |\n" FIXTURE_CASE, 5, 1, "below an `attack`");
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_CASE "  xyzzy\n", 7, 3, "there are: suite, ");
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_CASE "  \"wire\" udp * > *\n", 7, 3,
	                   "without quotes");
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_CASE "  none wire udp * > *\n", 7, 8,
	                   "holds in every case");
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_CASE "  none\n", 7, 7, "followed by 'guest'");
}

static void what_a_file_must_have_is_missed(void **state)
{
	struct fixture *f = *state;

	fixture_expect_one(f, "policy one.json\n" FIXTURE_CASE, 0, 0, "no `suite`");
	fixture_expect_one(f, "suite t\n" FIXTURE_CASE, 0, 0, "no `policy`");
	fixture_expect_one(f, FIXTURE_HEAD, 0, 0, "no case");
	fixture_expect_one(f, FIXTURE_HEAD "case c req EGR-001\n" FIXTURE_ATTACK, 5, 6,
	                   "no statements");
	fixture_expect_one(f, FIXTURE_HEAD "attack a req EGR-001\n", 5, 8, "no rows");
	fixture_expect_one(f,
	                   FIXTURE_HEAD "attack a req EGR-001\n"
	                                "|id|recipe|verdict|why|flags|\n|--|--|--|--|--|\n",
	                   5, 8, "no rows");
	fixture_expect_one(f, FIXTURE_HEAD "case c planes wire\n guest udp * > *\n", 5, 6,
	                   "cites no requirement");
}

static void nothing_may_stand_there_twice(void **state)
{
	struct fixture *f = *state;

	fixture_expect_one(f, FIXTURE_HEAD "suite t\n" FIXTURE_CASE, 5, 1, "already in line 1");
	fixture_expect_one(f, FIXTURE_HEAD "policy one.json\n" FIXTURE_CASE, 5, 1, "line 2");
	fixture_expect_one(f, FIXTURE_HEAD "sentinel arp who-has $GW tell $VM\n" FIXTURE_CASE, 5, 1,
	                   "already in line 4");
	fixture_expect_one(f, FIXTURE_HEAD "needs arp dhcp arp\n" FIXTURE_CASE, 5, 16,
	                   "needed twice");
	fixture_expect_one(f, FIXTURE_HEAD "planes vm vm\n" FIXTURE_CASE, 5, 11, "twice");
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_CASE FIXTURE_CASE, 7, 6, "the case in line 5");
	fixture_expect_one(
	        f, FIXTURE_HEAD FIXTURE_ATTACK "| r | udp $VM:1 > $T:2 | drop | x | SCAN |\n", 8, 3,
	        "the row in line 7");
	fixture_expect_one(f, FIXTURE_HEAD "case c req EGR-001 EGR-001\n guest udp * > *\n", 5, 20,
	                   "cited twice");
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_CASE "  guest udp * > * count 1 count 2\n", 7,
	                   27, "twice");
}

static void names_and_requirements_have_a_form(void **state)
{
	static const char *const bad[] = {"Upper", "-dash", "under_score",
	                                  "a/b",   "\"q\"", "\xc3\xa4"};
	static const char *const bad_req[] = {"EGR-1", "egr-001", "E-001",  "EGR-0001",
	                                      "-001",  "EGR001",  "1GR-001"};
	char text[256];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(text, sizeof(text), FIXTURE_HEAD "case %s req EGR-001\n guest udp * > *\n",
		         bad[i]);
		fixture_expect_one(*state, text, 5, 6, "a case name is made of");
	}
	for (size_t i = 0; i < sizeof(bad_req) / sizeof(*bad_req); i++) {
		snprintf(text, sizeof(text), FIXTURE_HEAD "case c req %s\n guest udp * > *\n",
		         bad_req[i]);
		fixture_expect_one(*state, text, 5, 12, "is not a requirement");
	}
	fixture_expect_one(*state,
	                   FIXTURE_HEAD "case "
	                                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	                                "aaaaaaaa req EGR-001\n guest udp * > *\n",
	                   5, 6, "at most 63 letters");
	fixture_expect_one(*state,
	                   FIXTURE_HEAD "case c req AA-001 AA-002 AA-003 AA-004 AA-005 AA-006 "
	                                "AA-007 AA-008 AA-009\n guest udp * > *\n",
	                   5, 68, "at most 8 requirements");
	fixture_expect_one(*state, "suite other\npolicy one.json\n" FIXTURE_CASE, 1, 7,
	                   "a file called other.scn");
}

static void within_bounds_a_failure_and_count_is_positive(void **state)
{
	struct fixture *f = *state;
	struct suite *s;

	s = fixture_parse(f, FIXTURE_HEAD "case c req EGR-001\n wire udp * > * within 10s\n");
	assert_non_null(s);
	assert_int_equal(s->cases[0].steps[0].within_ms, SCN_WITHIN_MS_MAX);
	scenario_free(s);
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_CASE " wire udp * > * within 11s\n", 7, 24,
	                   "from 1ms to 10s");
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_CASE " wire udp * > * within 10001ms\n", 7, 24,
	                   "from 1ms to 10s");
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_CASE " wire udp * > * within 0s\n", 7, 24,
	                   "from 1ms to 10s");
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_CASE " wire udp * > * within 2\n", 7, 24,
	                   "a time such as");
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_CASE " wire udp * > * within\n", 7, 23,
	                   "a time such as");
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_CASE " guest udp * > * count 0\n", 7, 24,
	                   "nothing at all is asked for");
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_CASE " guest udp * > * count 99999999999\n", 7,
	                   24, "count takes a number up to 10000000");
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_CASE " inject udp $VM:1 > $CONSUMER count 2\n",
	                   7, 31, "'count' does not fit this statement");
}

static void planes_of_a_case_are_within_the_suite(void **state)
{
	struct fixture *f = *state;

	fixture_expect_one(f,
	                   FIXTURE_HEAD "planes wire\n"
	                                "case c req EGR-001 planes vm\n guest udp * > *\n",
	                   6, 27, "does not have plane vm");
	fixture_expect_one(f, FIXTURE_HEAD "case c req EGR-001 planes\n guest udp * > *\n", 5, 26,
	                   "followed by 'wire', 'kernel' or 'vm'");
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_CASE " run \"true\"\n", 7, 2, "needs a guest");
	fixture_expect_one(f,
	                   FIXTURE_HEAD "planes wire\n" FIXTURE_ATTACK
	                                "| x | run \"true\" sends udp $VM:* > $T:* | drop | y | "
	                                "SCAN |\n",
	                   9, 7, "needs a guest");
	fixture_expect_one(f,
	                   FIXTURE_HEAD "case c req EGR-001 planes vm\n guest udp * > *\n run ls\n",
	                   7, 6, "a string in quotes");
}

static void nat_is_known_only_behind_a_wire_statement(void **state)
{
	fixture_expect_one(*state, FIXTURE_HEAD FIXTURE_CASE " world udp $CONSUMER > $NAT\n", 7, 8,
	                   "no `wire` statement stands above");
}

static void a_case_that_would_pass_without_a_network_needs_a_sentinel(void **state)
{
	struct fixture *f = *state;
	static const char head[] = "suite t\npolicy one.json\n";
	char text[1000];
	struct suite *s;

	snprintf(text, sizeof(text), "%s%s", head, FIXTURE_ATTACK);
	fixture_expect_one(f, text, 3, 8, "needs a `sentinel`");
	snprintf(text, sizeof(text), "%scase c req EGR-001\n inject udp $VM:1 > $T:2\n", head);
	fixture_expect_one(f, text, 3, 6, "needs a `sentinel`");
	snprintf(text, sizeof(text), "%s%s", head, FIXTURE_CASE);
	s = fixture_parse(f, text);
	assert_non_null(s);
	scenario_free(s);
}

static void a_capability_is_of_the_closed_list(void **state)
{
	fixture_expect_one(*state, FIXTURE_HEAD "needs allow.udp\n" FIXTURE_CASE, 5, 7,
	                   "did you mean 'allow.udp4'");
}

static void the_sentinel_must_pass_and_reach_the_consumer(void **state)
{
	fixture_expect_one(
	        *state, "suite t\npolicy one.json\nsentinel udp $VM:1 > 9.9.9.9:9\n" FIXTURE_CASE,
	        3, 10, "must go to $CONSUMER");
	fixture_expect_one(
	        *state,
	        "suite t\npolicy one.json\nsentinel arp who-has $GW tell $VM\n" FIXTURE_CASE, 3, 10,
	        "must go to $CONSUMER");
	fixture_expect_one(*state,
	                   "suite t\npolicy one.json\n"
	                   "sentinel udp $VM:1 > $CONSUMER ip.cksum=bad\n" FIXTURE_CASE,
	                   3, 10, "the policy says drop");
}

static void the_policy_must_be_there(void **state)
{
	struct fixture *f = *state;

	fixture_expect_one(f, "suite t\npolicy none.json\n" FIXTURE_CASE, 2, 8, "No such file");
	fixture_expect_one(f, "suite t\npolicy .\n" FIXTURE_CASE, 2, 8, "not a file");
	fixture_expect_one(f, "suite t\npolicy\n" FIXTURE_CASE, 2, 7, "is missing");
	fixture_expect_one(
	        f, "suite t\npolicy broken.json\nsentinel udp $VM:1 > $CONSUMER\n" FIXTURE_CASE, 2,
	        8, "cannot be used to check the verdicts");
}

static void a_suite_about_a_broken_policy_is_possible_without_rows(void **state)
{
	struct suite *s = fixture_parse(*state, "suite t\npolicy broken.json\n" FIXTURE_CASE);

	assert_non_null(s);
	scenario_free(s);
}

static void crlf_and_a_missing_last_newline_are_fine(void **state)
{
	struct suite *s = fixture_parse(*state,
	                                "suite t\r\npolicy one.json\r\n\r\ncase c req EGR-001\r\n"
	                                "  guest udp * > * payload \"\xc3\xa4\" # \xe2\x82\xac");

	assert_non_null(s);
	assert_string_equal(s->cases[0].steps[0].text, "guest udp * > * payload \"\xc3\xa4\"");
	scenario_free(s);
}

static void bytes_that_are_not_text_are_refused(void **state)
{
	struct fixture *f = *state;

	fixture_expect_one(f, FIXTURE_HEAD "# \xff\n" FIXTURE_CASE, 5, 3, "0xff is not UTF-8");
	fixture_expect_one(f, FIXTURE_HEAD "# \033[2J\n" FIXTURE_CASE, 5, 3, "character 0x1b");
	fixture_expect_one(f, FIXTURE_HEAD "# a\rb\n" FIXTURE_CASE, 5, 4, "character 0x0d");
	assert_null(fixture_parse_bytes(f, "suite t\n#\0\n", 11));
	fixture_expect(f, 2, 2, "control character 0x00");
	assert_null(fixture_parse(f, "\xef\xbb\xbfsuite t\n"));
	fixture_expect(f, 1, 1, "byte order mark");
}

static void sizes_are_bounded(void **state)
{
	struct fixture *f = *state;
	size_t size = SCN_FILE_MAX + 1;
	char *text = malloc(size);

	assert_non_null(text);
	memset(text, '#', size);
	assert_null(fixture_parse_bytes(f, text, SCN_LINE_MAX + 1));
	fixture_expect(f, 1, 0, "at most 4096 bytes");
	assert_null(fixture_parse_bytes(f, text, size));
	fixture_expect(f, 0, 0, "at most 4194304 bytes");
	assert_int_equal(f->diag.count, 1);
	free(text);
}

static void too_many_cases_steps_and_rows_are_refused(void **state)
{
	static const struct {
		const char *start, *fmt, *error;
		unsigned count;
	} things[] = {
	        {"", "case c%u req EGR-001\n guest udp * > *\n", "1024 cases", SCN_CASES_MAX},
	        {"case c req EGR-001\n", " guest udp * > * # %u\n", "4096 statements",
	         SCN_STEPS_MAX},
	        {"attack a req EGR-001\n|id|recipe|verdict|why|flags|\n",
	         "| r%u | udp $VM:1 > $T:2 | drop | x | SCAN |\n", "4096 rows", SCN_ROWS_MAX},
	};
	size_t size = (size_t)1 << 20;
	char *text = malloc(size);

	assert_non_null(text);
	for (size_t i = 0; i < sizeof(things) / sizeof(*things); i++) {
		size_t len = (size_t)snprintf(text, size, "%s%s", FIXTURE_HEAD, things[i].start);

		for (unsigned n = 0; n <= things[i].count + 1; n++) {
			char item[100];
			char *number;

			snprintf(item, sizeof(item), "%s", things[i].fmt);
			number = strstr(item, "%u");
			len += (size_t)snprintf(text + len, size - len, "%.*s%u%s",
			                        (int)(number - item), item, n, number + 2);
		}
		assert_null(fixture_parse(*state, text));
		assert_non_null(
		        strstr(((struct fixture *)*state)->diag.errors[0].text, things[i].error));
	}
	free(text);
}

static void every_truncation_loads_or_fails_cleanly(void **state)
{
	static const char text[] = FIXTURE_EXAMPLE;

	for (size_t n = 0; n < sizeof(text); n++) {
		struct guard g = guard_copy(text, n);
		struct suite *s = fixture_parse_bytes(*state, (const char *)g.p, n);

		assert_true((s != NULL) == (((struct fixture *)*state)->diag.count == 0));
		scenario_free(s);
		guard_free(&g);
	}
}

static void every_changed_byte_loads_or_fails_cleanly(void **state)
{
	static const char changes[] = "\0\n\"|\\# \xff*$";
	char text[] = FIXTURE_EXAMPLE;

	for (size_t n = 0; n + 1 < sizeof(text); n++) {
		char was = text[n];

		text[n] = changes[n % (sizeof(changes) - 1)];
		scenario_free(fixture_parse_bytes(*state, text, sizeof(text) - 1));
		text[n] = was;
	}
}

static void a_file_is_loaded_with_its_text(void **state)
{
	struct fixture *f = *state;
	char path[300];
	char *source;
	struct suite *s;

	fixture_write(f, "t.scn", FIXTURE_EXAMPLE);
	snprintf(path, sizeof(path), "%s/t.scn", f->dir);
	s = scenario_load(path, &f->diag, &source);
	assert_non_null(s);
	assert_string_equal(source, FIXTURE_EXAMPLE);
	assert_string_equal(s->path, path);
	scenario_free(s);
	free(source);
}

static void what_cannot_be_read_is_said(void **state)
{
	struct fixture *f = *state;
	char *source;

	assert_null(scenario_load("/nowhere/t.scn", &f->diag, &source));
	assert_null(source);
	fixture_expect(f, 0, 0, "No such file");
	assert_null(scenario_load(f->dir, &f->diag, &source));
	assert_null(source);
	fixture_expect(f, 0, 0, "Is a directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_good_file_becomes_a_tree),
	        cmocka_unit_test(targets_are_unique_and_the_same_every_time),
	        cmocka_unit_test(all_errors_of_a_file_are_found_in_one_pass),
	        cmocka_unit_test(statements_belong_in_their_places),
	        cmocka_unit_test(what_a_file_must_have_is_missed),
	        cmocka_unit_test(nothing_may_stand_there_twice),
	        cmocka_unit_test(names_and_requirements_have_a_form),
	        cmocka_unit_test(within_bounds_a_failure_and_count_is_positive),
	        cmocka_unit_test(planes_of_a_case_are_within_the_suite),
	        cmocka_unit_test(nat_is_known_only_behind_a_wire_statement),
	        cmocka_unit_test(a_case_that_would_pass_without_a_network_needs_a_sentinel),
	        cmocka_unit_test(a_capability_is_of_the_closed_list),
	        cmocka_unit_test(the_sentinel_must_pass_and_reach_the_consumer),
	        cmocka_unit_test(the_policy_must_be_there),
	        cmocka_unit_test(a_suite_about_a_broken_policy_is_possible_without_rows),
	        cmocka_unit_test(crlf_and_a_missing_last_newline_are_fine),
	        cmocka_unit_test(bytes_that_are_not_text_are_refused),
	        cmocka_unit_test(sizes_are_bounded),
	        cmocka_unit_test(too_many_cases_steps_and_rows_are_refused),
	        cmocka_unit_test(every_truncation_loads_or_fails_cleanly),
	        cmocka_unit_test(every_changed_byte_loads_or_fails_cleanly),
	        cmocka_unit_test(a_file_is_loaded_with_its_text),
	        cmocka_unit_test(what_cannot_be_read_is_said),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
