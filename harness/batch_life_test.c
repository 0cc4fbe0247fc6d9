/* SPDX-License-Identifier: ISC */
/* batch_life_test.c: statements about a backend's beginning, its processes and its end, on a live one: the toy of toy.h. */
#include "harness/batch_stage.h"

#define HEAD                                                                                       \
	"suite t\npolicy one.json\nplanes wire\nneeds audit.jsonl\n"                               \
	"sentinel udp $VM:40000 > $CONSUMER\n"                                                     \
	"case c req LIFE-002\n"
#define MAY        " may wire icmp $PROVIDER > $CONSUMER unreachable\n"
#define SEND(what) " inject udp $VM:4000 > $CONSUMER payload \"" what "\"\n"
#define SEES(what) " wire udp $PROVIDER:* > $CONSUMER payload \"" what "\""

/* ---- before it is started ---- */

static void what_was_sent_before_the_start_is_read_behind_it(void **state)
{
	stage_expect(state,
	             HEAD " early udp $VM:4000 > $CONSUMER payload \"early\"\n" MAY SEES(
	                     "early") " count 1\n guest udp $VM:4000 > $CONSUMER payload \"early\" "
	                              "count 1\n",
	             RESULT_PASS, "");
}

static void what_was_sent_before_the_start_and_crosses_is_a_leak(void **state)
{
	/* The toy sends every datagram to the consumer. */
	stage_expect(state,
	             HEAD " early udp $VM:4000 > $T:53 payload \"early\"\n" MAY SEND("x")
	                     SEES("x") "\n",
	             RESULT_FAIL, "crossed the wire: udp");
}

/* ---- killed, limited ---- */

static void a_backend_that_was_killed_ends_killed(void **state)
{
	stage_expect(state, HEAD MAY SEND("x") SEES("x") "\n kill\n ends killed\n", RESULT_PASS,
	             "");
	stage_clear(state);
	stage_expect(state, HEAD MAY SEND("x") SEES("x") "\n kill process 1\n ends killed\n",
	             RESULT_PASS, "");
}

static void killed_is_neither_failed_nor_alive(void **state)
{
	stage_expect(state, HEAD MAY SEND("x") SEES("x") "\n kill\n ends failed\n", RESULT_CRASH,
	             "was killed by");
	stage_clear(state);
	stage_expect(state, HEAD MAY SEND("x") SEES("x") "\n kill\n", RESULT_CRASH,
	             "was killed by");
}

static void a_process_that_is_not_there_cannot_be_killed(void **state)
{
	stage_expect(state, HEAD MAY SEND("x") SEES("x") "\n kill process 9\n ends killed\n",
	             RESULT_NA, "has no process 9");
	stage_clear(state);
	stage_expect(state, HEAD MAY SEND("x") SEES("x") "\n kill process last\n ends failed\n",
	             RESULT_NA, "has no second process");
}

static void without_descriptors_it_gives_up(void **state)
{
	/* The toy makes a socket for each datagram. */
	stage_expect(state,
	             HEAD MAY SEND("x") SEES("x") "\n limit files 3\n" SEND("y") " ends failed\n",
	             RESULT_PASS, "");
}

static void a_limit_can_be_lifted(void **state)
{
	stage_expect(state,
	             HEAD MAY " limit files 3\n limit memory 1 MB\n limit files 100\n"
	                      " limit memory 100000000 MB\n" SEND("x") SEES("x") " count 1\n",
	             RESULT_PASS, "");
}

/* ---- again and again ---- */

static void a_backend_is_started_and_stopped_many_times(void **state)
{
	stage_expect(state, HEAD " cycle 5\n" MAY SEND("x") SEES("x") " count 1\n", RESULT_PASS,
	             "");
}

static void each_time_it_must_get_ready(void **state)
{
	setenv("TOY_BUG", "refuses-everything", 1);
	stage_expect(state, HEAD " cycle 5\n" MAY SEND("x") SEES("x") "\n", RESULT_FAIL,
	             "line 7: `cycle 5`: time 1: the backend exited with 91");
}

static void remove_segments(void)
{
	FILE *f = fopen("/proc/sysvipc/shm", "re");
	char line[512];
	int id, size;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*d %d %*o %d", &id, &size) == 2 && size == TOY_SHARED_SIZE)
			shmctl(id, IPC_RMID, NULL);
	if (f)
		fclose(f);
}

static void what_it_leaves_behind_is_found(void **state)
{
	setenv("TOY_BUG", "leaves-a-file", 1);
	stage_expect(state, HEAD " cycle 5\n" MAY SEND("x") SEES("x") "\n", RESULT_FAIL,
	             "time 1: it left a file in the folder for temporary files");
	stage_clear(state);
	setenv("TOY_BUG", "leaves-shared-memory", 1);
	stage_expect(state, HEAD " cycle 5\n" MAY SEND("x") SEES("x") "\n", RESULT_FAIL,
	             "time 5: 4 shared segments are left");
	remove_segments();
}

static void where_nothing_flows_a_cycle_proves_nothing(void **state)
{
	setenv("TOY_BUG", "sends-nothing", 1);
	stage_expect(state, HEAD " cycle 5\n" MAY SEND("x") SEES("x") "\n", RESULT_VACUOUS,
	             "time 1: allowed traffic did not flow");
}

static void what_it_sends_at_its_end_is_found(void **state)
{
	setenv("TOY_BUG", "sends-at-the-end", 1);
	stage_expect(state, HEAD " cycle 5\n" MAY SEND("x") SEES("x") "\n", RESULT_FAIL,
	             "time 1: crossed the wire");
}

int main(int argc, char **argv)
{
	int toy = toy_main(argc, argv);
#define PLAY(f) cmocka_unit_test_teardown(f, stage_clear)
	const struct CMUnitTest tests[] = {
	        PLAY(what_was_sent_before_the_start_is_read_behind_it),
	        PLAY(what_was_sent_before_the_start_and_crosses_is_a_leak),
	        PLAY(a_backend_that_was_killed_ends_killed),
	        PLAY(killed_is_neither_failed_nor_alive),
	        PLAY(a_process_that_is_not_there_cannot_be_killed),
	        PLAY(without_descriptors_it_gives_up),
	        PLAY(a_limit_can_be_lifted),
	        PLAY(a_backend_is_started_and_stopped_many_times),
	        PLAY(each_time_it_must_get_ready),
	        PLAY(what_it_leaves_behind_is_found),
	        PLAY(where_nothing_flows_a_cycle_proves_nothing),
	        PLAY(what_it_sends_at_its_end_is_found),
	};

	return toy >= 0 ? toy : cmocka_run_group_tests(tests, stage_enter, stage_leave);
}
