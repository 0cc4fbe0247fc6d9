/* SPDX-License-Identifier: ISC */
/* batch_talk_test.c: conversations with the toy, which passes datagrams on to the consumer and answers none.
 * Talks that are answered are in scenarios/. */
#include "harness/batch_stage.h"

#define HEAD                                                                                       \
	"suite t\npolicy one.json\nsentinel udp $VM:40000 > $CONSUMER\norigin "                    \
	"203.0.113.50:51900\n"
#define TALK                                                                                       \
	"talk a req EGR-001 to udp 203.0.113.50:51900\n"                                           \
	"| id | says | hears | verdict | why | flags |\n"
#define REST "| rest | \"x\" | nothing | pass | w | BASIC |\n"

static void what_crosses_and_is_denied_fails(void **state)
{
	stage_expect(state, HEAD TALK "| r | \"a-$NONCE\" | nothing | drop | w | BASIC |\n" REST,
	             RESULT_FAIL, "crossed the wire: ");
}

static void silence_is_no_answer(void **state)
{
	stage_expect(state,
	             "suite t\npolicy one.json\norigin 203.0.113.50:80\n"
	             "talk a req EGR-001 to tcp 203.0.113.50:80\n"
	             "| id | says | hears | verdict | why | flags |\n"
	             "| r | \"a\" | reset | pass | w | BASIC |\n",
	             RESULT_FAIL, "nothing was heard within 2000 ms");
}

static void a_program_that_does_not_serve_makes_it_vacuous(void **state)
{
	stage_expect(state, HEAD "serve \"exec false\" tcp 80\n" TALK REST, RESULT_VACUOUS,
	             "line 5: the served program ended before it listened");
}

static void a_program_that_lacks_something_makes_it_not_applicable(void **state)
{
	stage_expect(state, HEAD "serve \"echo no web; exit 77\" tcp 80\n" TALK REST, RESULT_NA,
	             "no web");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_teardown(what_crosses_and_is_denied_fails, stage_clear),
	        cmocka_unit_test_teardown(silence_is_no_answer, stage_clear),
	        cmocka_unit_test_teardown(a_program_that_does_not_serve_makes_it_vacuous,
	                                  stage_clear),
	        cmocka_unit_test_teardown(a_program_that_lacks_something_makes_it_not_applicable,
	                                  stage_clear),
	};

	if (argc > 1 && (!strcmp(argv[1], "describe") || !strcmp(argv[1], "run")))
		return toy_main(argc, argv);
	return cmocka_run_group_tests(tests, stage_enter, stage_leave);
}
