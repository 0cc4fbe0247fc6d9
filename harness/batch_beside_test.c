/* SPDX-License-Identifier: ISC */
/* batch_beside_test.c: a second VM with a backend of its own: two toys (toy.h) on one uplink. */
#include "harness/batch_stage.h"

#define HEAD                                                                                       \
	"suite t\npolicy one.json\nplanes wire\nneeds audit.jsonl terminate\n"                     \
	"sentinel udp $VM:40000 > $CONSUMER\ncase c req NAT-007\n"                                 \
	" may wire icmp $PROVIDER > $CONSUMER unreachable\n beside policy one.json\n"
#define SEND(what) " inject udp $VM:4000 > $CONSUMER payload \"" what "\"\n"
#define SEES(what) " wire udp $PROVIDER:* > $CONSUMER payload \"" what "\" count 1\n"
#define ECHO(what) " guest udp $VM:4000 > $CONSUMER payload \"" what "\" count 1\n"

static void each_vm_has_its_own_backend(void **state)
{
	/* The toy echoes every frame to its guest. */
	stage_expect(state,
	             HEAD SEND("one") SEES("one") ECHO("one") " beside" SEND("two")
	                     SEES("two") " beside" ECHO(
	                             "two") " none guest udp * > * payload \"two\"\n"
	                                    " none beside guest udp * > * payload \"one\"\n",
	             RESULT_PASS, "");
}

static void what_the_second_sends_must_be_allowed_too(void **state)
{
	stage_expect(state, HEAD SEND("one") SEES("one") " beside" SEND("two"), RESULT_FAIL,
	             "crossed the wire: udp");
}

static void what_must_not_reach_the_second_is_found(void **state)
{
	stage_expect(state,
	             HEAD " beside" SEND("two") SEES("two") " beside" ECHO(
	                     "two") " none beside guest udp * > * payload \"two\"\n",
	             RESULT_FAIL, "`none beside guest udp * > * payload \"two\"` was seen 1 time");
}

static void what_does_not_reach_the_second_is_missed(void **state)
{
	stage_expect(state,
	             HEAD SEND("one")
	                     SEES("one") " beside guest udp * > * payload \"one\" within 50ms\n",
	             RESULT_FAIL, "was not seen within 50 ms");
}

static void an_end_by_policy_that_does_not_come_is_missed(void **state)
{
	stage_expect(state, HEAD SEND("one") SEES("one") " beside ends violation within 50ms\n",
	             RESULT_FAIL, "the second backend did not end within 50 ms");
}

static void a_second_backend_that_fails_at_its_end_is_found(void **state)
{
	setenv("TOY_BUG", "second-fails", 1);
	stage_expect(state,
	             HEAD " beside inject udp $VM:4000 > $CONSUMER payload \"fail\"\n" SEND("one")
	                     SEES("one"),
	             RESULT_FAIL, "the second backend exited with 3");
}

int main(int argc, char **argv)
{
	int toy = toy_main(argc, argv);
#define PLAY(f) cmocka_unit_test_teardown(f, stage_clear)
	const struct CMUnitTest tests[] = {
	        PLAY(each_vm_has_its_own_backend),
	        PLAY(what_the_second_sends_must_be_allowed_too),
	        PLAY(what_must_not_reach_the_second_is_found),
	        PLAY(what_does_not_reach_the_second_is_missed),
	        PLAY(an_end_by_policy_that_does_not_come_is_missed),
	        PLAY(a_second_backend_that_fails_at_its_end_is_found),
	};

	return toy >= 0 ? toy : cmocka_run_group_tests(tests, stage_enter, stage_leave);
}
