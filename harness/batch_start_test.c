/* SPDX-License-Identifier: ISC */
/* batch_start_test.c: rows that start the backend with a policy, on a live one: the toy of toy.h. */
#include "harness/batch_stage.h"

#include <sys/stat.h>

#define HEAD                                                                                       \
	"suite t\npolicy one.json\nplanes wire\nattack a req POL-001\n"                            \
	"| id | recipe | verdict | why | flags |\n"
#define ROW(recipe, verdict) "| r | " recipe " | " verdict " | w | SCAN |\n"
#define REFUSE(recipe)                                                                             \
	HEAD ROW(recipe, "refuse") "| g | start one.json | ready | beside it | SCAN |\n"
#define READY(recipe) HEAD ROW(recipe, "ready")

static void a_policy_that_is_refused_is_refused(void **state)
{
	stage_expect(state, REFUSE("start broken.json"), RESULT_PASS, "");
}

static void a_policy_that_is_taken_must_not_be(void **state)
{
	setenv("TOY_BUG", "accepts-unknown-keys", 1);
	stage_expect(state, REFUSE("start broken.json"), RESULT_FAIL,
	             "got ready with a policy that it has to refuse");
}

static void a_good_policy_gets_ready(void **state)
{
	stage_expect(state, READY("start one.json"), RESULT_PASS, "");
}

static void a_good_policy_must_not_be_refused(void **state)
{
	setenv("TOY_BUG", "refuses-everything", 1);
	stage_expect(state, READY("start one.json"), RESULT_FAIL,
	             "exited with 91 before it was asked to end with a policy that it has to take");
}

static void a_refusal_names_the_file(void **state)
{
	setenv("TOY_BUG", "refuses-silently", 1);
	stage_expect(state, REFUSE("start broken.json"), RESULT_FAIL, "does not name the file");
}

static void another_exit_code_is_no_refusal(void **state)
{
	setenv("TOY_BUG", "refuses-with-1", 1);
	stage_expect(
	        state, REFUSE("start broken.json"), RESULT_FAIL,
	        "exited with 1 before it was asked to end, and did not refuse the policy with 91");
}

static void a_crash_is_no_refusal(void **state)
{
	setenv("TOY_BUG", "dies-of-policies", 1);
	stage_expect(state, REFUSE("start broken.json"), RESULT_CRASH, "was killed by");
}

static void who_sends_while_it_refuses_leaks(void **state)
{
	setenv("TOY_BUG", "sends-and-refuses", 1);
	stage_expect(state, REFUSE("start broken.json"), RESULT_FAIL, "crossed the wire");
}

static void what_is_no_file_is_made(void **state)
{
	stage_expect(state, REFUSE("start nothing"), RESULT_PASS, "");
	stage_clear(state);
	stage_expect(state, REFUSE("start directory"), RESULT_PASS, "");
	stage_clear(state);
	stage_expect(state, REFUSE("start one.json size 40"), RESULT_PASS, "");
	stage_clear(state);
	stage_expect(state, READY("start one.json size 5000"), RESULT_PASS, "");
}

static void a_mode_that_is_not_offered_cannot_be_taken(void **state)
{
	struct stage *g = *state;

	strcpy(g->backend.modes.word[0], "direct");
	stage_expect(state, READY("start one.json"), RESULT_NA, "does not offer mode filtered");
	strcpy(g->backend.modes.word[0], "filtered");
}

int main(int argc, char **argv)
{
	int toy = toy_main(argc, argv);
#define PLAY(f) cmocka_unit_test_teardown(f, stage_clear)
	const struct CMUnitTest tests[] = {
	        PLAY(a_policy_that_is_refused_is_refused),
	        PLAY(a_policy_that_is_taken_must_not_be),
	        PLAY(a_good_policy_gets_ready),
	        PLAY(a_good_policy_must_not_be_refused),
	        PLAY(a_refusal_names_the_file),
	        PLAY(another_exit_code_is_no_refusal),
	        PLAY(a_crash_is_no_refusal),
	        PLAY(who_sends_while_it_refuses_leaks),
	        PLAY(what_is_no_file_is_made),
	        PLAY(a_mode_that_is_not_offered_cannot_be_taken),
	};

	return toy >= 0 ? toy : cmocka_run_group_tests(tests, stage_enter, stage_leave);
}
