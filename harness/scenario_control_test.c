/* SPDX-License-Identifier: ISC */
/* scenario_control_test.c: the statements about floods, the backend and its end: what they become,
 * where they may stand, and what a suite that uses them must need. */
#include "harness/scenario.h"

#include "harness/scenario_fixture.h"

#define NEEDS                                                                                      \
	"needs frames.stream audit.jsonl ctl.policy ctl.clock ctl.sync ctl.stats terminate "       \
	"allow.tcp4 "                                                                              \
	"icmp.outside\n"
/* The head has four lines, this makes it six; the case is in line 7, its first statement in 8. */
#define HEAD FIXTURE_HEAD "planes wire\n" NEEDS "case c req EGR-001\n"

static struct suite *parse(void **state, const char *statements)
{
	char text[8192];
	struct suite *s;

	snprintf(text, sizeof(text), "%s%s", HEAD, statements);
	s = fixture_parse(*state, text);
	if (!s)
		diag_print(&((struct fixture *)*state)->diag, stderr);
	assert_non_null(s);
	return s;
}

static void expect_one(void **state, const char *statements, unsigned line, unsigned column,
                       const char *error)
{
	char text[8192];

	snprintf(text, sizeof(text), "%s%s", HEAD, statements);
	fixture_expect_one(*state, text, line, column, error);
}

static void a_flood_knows_how_many_and_what_varies(void **state)
{
	struct suite *s = parse(state, " flood 65535 udp $VM:1 > $CONSUMER vary sport within 60s\n"
	                               " flood 3 tcp $VM:1 > $T:22 flags S vary seq\n"
	                               " flood 4 icmp $VM > $T echo-request vary dst\n"
	                               " flood 5 udp $VM:1 > $T:9 vary dport\n"
	                               " flood 6 arp who-has $GW tell $VM\n");
	const struct step *st = s->cases[0].steps;

	assert_int_equal(st[0].kind, STEP_FLOOD);
	assert_int_equal(st[0].number, 65535);
	assert_int_equal(st[0].vary, VARY_SPORT);
	assert_int_equal(st[0].within_ms, 60000);
	assert_int_equal(st[0].recipe.dst.port, LAB_CONSUMER_PORT);
	assert_int_equal(st[1].vary, VARY_SEQ);
	assert_int_equal(st[1].within_ms, SCN_FLOOD_MS);
	assert_int_equal(st[2].vary, VARY_DST);
	assert_int_equal(st[3].vary, VARY_DPORT);
	assert_int_equal(st[4].vary, VARY_NOTHING);
	scenario_free(s);

	expect_one(state, " flood 0 udp $VM:1 > $T:9\n", 8, 8, "flood needs a number from 1 to");
	expect_one(state, " flood 10000001 udp $VM:1 > $T:9\n", 8, 8, "from 1 to 10000000");
	expect_one(state, " flood 3\n", 8, 9, "a recipe is missing");
	expect_one(state, " flood 3 udp * > $T:9\n", 8, 14, "'*' is for patterns");
	expect_one(state, " flood 3 udp $VM:1 > $T:9 vary\n", 8, 31, "followed by sport");
	expect_one(state, " flood 3 udp $VM:1 > $T:9 vary spord\n", 8, 32, "did you mean 'sport'?");
	expect_one(state, " flood 3 udp $VM:1 > $T:9 vary seq\n", 8, 32, "has no field 'seq'");
	expect_one(state, " flood 3 arp who-has $T tell $VM vary dst\n", 8, 39,
	           "has no field 'dst'");
	expect_one(state, " flood 3 udp $VM:1 > $T:9 count 3\n", 8, 27, "'count' does not fit");
	expect_one(state, " flood 3 udp $VM:1 > $T:9 within 121s\n", 8, 34, "from 1ms to 120s");
}

static void a_count_may_be_a_range(void **state)
{
	struct suite *s = parse(state, " wire udp * > * count 3\n"
	                               " wire udp * > * count 3..5\n"
	                               " guest udp * > * count 3..\n"
	                               " event drop count ..5\n"
	                               " stats flows 0\n"
	                               " stats dropped 10..\n");
	const struct step *st = s->cases[0].steps;

	assert_int_equal(st[0].count.least, 3);
	assert_int_equal(st[0].count.most, 3);
	assert_int_equal(st[1].count.least, 3);
	assert_int_equal(st[1].count.most, 5);
	assert_int_equal(st[2].count.least, 3);
	assert_true(st[2].count.most == UINT64_MAX);
	assert_int_equal(st[3].count.least, 0);
	assert_int_equal(st[3].count.most, 5);
	assert_int_equal(st[4].count.most, 0);
	assert_int_equal(st[5].count.least, 10);
	scenario_free(s);

	for (size_t i = 0; i < 7; i++) {
		static const char *const bad[] = {
		        "..", "5..3", "3.5", "-1", "1..x", "1...3", "18446744073709551616"};
		char text[100];

		snprintf(text, sizeof(text), " wire udp * > * count %s\n", bad[i]);
		expect_one(state, text, 8, 23, "or a range: 3..5, 3.. or ..5");
	}
	expect_one(state, " wire udp * > * count\n", 8, 22, "count takes a number");
	expect_one(state, " wire udp * > * count ..0\n", 8, 23, "nothing at all is asked for");
}

static void a_wire_that_may_stay_silent_proves_nothing(void **state)
{
	fixture_expect_one(*state,
	                   "suite t\npolicy one.json\ncase c req EGR-001\n"
	                   " wire udp * > * count ..5\n",
	                   3, 6, "needs a `sentinel`");
}

static void events_are_asked_for_in_words(void **state)
{
	struct suite *s = parse(
	        state, " event drop udp src $VM:4000 reason not-allowed count 2..9 within 1s\n"
	               " event allow rule consumer\n"
	               " none event drop reason flow-table-full\n");
	const struct step *st = s->cases[0].steps;

	assert_int_equal(st[0].kind, STEP_EVENT);
	assert_int_equal(st[0].event.kind, EVENT_DROP);
	assert_string_equal(st[0].event.reason, "not-allowed");
	assert_int_equal(st[0].event.src.port, 4000);
	assert_int_equal(st[0].count.most, 9);
	assert_int_equal(st[0].within_ms, 1000);
	assert_string_equal(st[1].event.rule, "consumer");
	assert_int_equal(st[2].kind, STEP_NONE_EVENT);
	assert_string_equal(st[2].text, "none event drop reason flow-table-full");
	scenario_free(s);

	expect_one(state, " event dorp\n", 8, 8, "did you mean 'drop'?");
	expect_one(state, " event allow rule consumr\n", 8, 8, "no policy of this case has a rule");
	expect_one(state, " none event drop count 3\n", 8, 18, "'count' does not fit");
	expect_one(state, " none\n", 8, 6, "followed by 'guest', 'beside guest' or 'event'");
}

static void a_rule_of_a_policy_that_comes_later_is_known_behind_it(void **state)
{
	struct fixture *f = *state;
	struct suite *s;

	fixture_write(f, "other.json",
	              "{\"version\": 1, \"mode\": \"filtered\", \"vm\": {\"mac\": "
	              "\"52:54:00:12:34:56\", \"ip\": \"192.168.100.2/24\", \"gateway\": "
	              "\"192.168.100.1\"}, \"allow\": [{\"id\": \"late\", \"proto\": \"udp\", "
	              "\"ip\": \"198.18.0.2\", \"port\": 53}]}\n");
	s = parse(state, " policy other.json\n event allow rule late\n");
	assert_int_equal(s->cases[0].steps[0].kind, STEP_POLICY);
	assert_non_null(strstr(s->cases[0].steps[0].policy, "/other.json"));
	assert_false(s->cases[0].steps[0].refused);
	scenario_free(s);
	expect_one(state, " event allow rule late\n policy other.json\n", 8, 8,
	           "has a rule 'late'");
}

static void a_policy_is_looked_at_before_it_is_sent(void **state)
{
	struct suite *s = parse(state, " policy one.json refused\n");

	assert_true(s->cases[0].steps[0].refused);
	scenario_free(s);
	expect_one(state, " policy\n", 8, 8, "the path of the policy is missing");
	expect_one(state, " policy two.json\n", 8, 9, "cannot be read");
	expect_one(state, " policy broken.json\n", 8, 9, "no backend can take over this policy");
	expect_one(state, " policy broken.json refused\n", 8, 9, "is no JSON object");
	expect_one(state, " policy list.json refused\n", 8, 9, "is no JSON object");
	expect_one(state, " policy one.json refusd\n", 8, 18, "did you mean 'refused'?");
	expect_one(state, " policy one.json refused now\n", 8, 26, "one word too many");
}

static void the_rest_is_read(void **state)
{
	struct suite *s = parse(state, " sync\n"
	                               " clock 301s\n"
	                               " clock 2h\n"
	                               " stats tcp_live ..7 within 9s\n"
	                               " memory below 10 MB\n"
	                               " uplink down\n"
	                               " uplink up\n"
	                               " stop\n"
	                               " cont\n"
	                               " channel hex \"0000 0000\"\n"
	                               " channel split udp $VM:1 > $CONSUMER\n"
	                               " audit stall\n"
	                               " channel close\n"
	                               " ends clean bad-frame-length within 3s\n");
	const struct step *st = s->cases[0].steps;

	assert_int_equal(st[0].kind, STEP_SYNC);
	assert_int_equal(st[1].number, 301000);
	assert_int_equal(st[2].number, 7200000);
	assert_int_equal(st[3].stats, STATS_TCP_LIVE);
	assert_int_equal(st[3].within_ms, 9000);
	assert_int_equal(st[4].number, 10);
	assert_false(st[5].up);
	assert_true(st[6].up);
	assert_int_equal(st[7].kind, STEP_STOP);
	assert_int_equal(st[8].kind, STEP_CONT);
	assert_int_equal(st[9].channel, ACT_BYTES);
	assert_string_equal(st[9].hex, "0000 0000");
	assert_int_equal(st[10].channel, ACT_SPLIT);
	assert_int_equal(st[10].recipe.kind, RECIPE_UDP);
	assert_int_equal(st[11].audit, ACT_STALL_AUDIT);
	assert_int_equal(st[12].channel, ACT_CLOSE);
	assert_int_equal(st[13].ends, ENDS_CLEAN);
	assert_string_equal(st[13].reason, "bad-frame-length");
	assert_int_equal(st[13].within_ms, 3000);
	assert_ptr_equal(case_ends(&s->cases[0]), &st[13]);
	scenario_free(s);
}

static void what_is_misspelt_is_shown(void **state)
{
	static const struct {
		const char *statement;
		unsigned column;
		const char *error;
	} cases[] = {
	        {" sync now\n", 7, "one word too many"},
	        {" clock\n", 7, "clock needs a time"},
	        {" clock 5\n", 8, "clock needs a time"},
	        {" clock 0s\n", 8, "clock needs a time"},
	        {" clock 9000h\n", 8, "a year at most"},
	        {" stats flow 1\n", 8, "did you mean 'flows'?"},
	        {" stats\n", 7, "the counter is missing"},
	        {" stats flows\n", 13, "flows takes a number"},
	        {" stats flows 1 count 2\n", 16, "'count' does not fit"},
	        {" memory above 1 MB\n", 9, "unknown word 'above'"},
	        {" memory below 0 MB\n", 15, "memory needs a number from 1"},
	        {" memory below 1 GB\n", 17, "unknown unit 'GB'"},
	        {" uplink sideways\n", 9, "unknown state of the uplink"},
	        {" audit\n", 7, "the attack on the audit is missing"},
	        {" channel hex \"0\"\n", 14, "not pairs of hexadecimal digits"},
	        {" channel hex\n", 13, "the bytes are missing"},
	        {" channel cut\n", 13, "a recipe is missing"},
	        {" channel cut udp $VM:1 > *\n", 26, "'*' is for patterns"},
	        {" channel clos\n", 10, "did you mean 'close'?"},
	        {" ends\n", 6, "the way to end is missing"},
	        {" ends cleanly\n", 7, "did you mean 'clean'?"},
	        {" ends violation not-alowed\n", 17, "did you mean 'not-allowed'?"},
	        {" ends failed runt\n", 14, "unknown word 'runt'"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_one(state, cases[i].statement, 8, cases[i].column, cases[i].error);
}

static void an_end_is_the_end(void **state)
{
	struct suite *s = parse(state, " ends violation not-allowed\n");

	assert_int_equal(s->cases[0].steps[0].within_ms, SCN_TERMINATE_MS);
	assert_string_equal(s->cases[0].steps[0].reason, "not-allowed");
	scenario_free(s);
	expect_one(state, " ends failed\n sync\n", 9, 2, "nothing can follow `ends` in line 8");
}

static void variables_of_a_conversation_need_one(void **state)
{
	struct suite *s = parse(state,
	                        " guest tcp $CONSUMER > $VM:1 flags SA\n"
	                        " inject tcp $VM:1 > $CONSUMER flags A tcp.seq=$SEQ size 0\n");

	scenario_free(s);
	expect_one(state, " guest udp * > *\n inject tcp $VM:1 > $CONSUMER tcp.ack=$ACK+1\n", 9, 9,
	           "no `guest tcp` statement stands above");
	expect_one(state, " channel cut tcp $VM:1 > $CONSUMER tcp.ack=$ACK\n", 8, 14,
	           "no `guest tcp` statement stands above");
	expect_one(state, " flood 2 udp $CONSUMER > $NAT\n", 8, 10,
	           "no `wire` statement stands above");
}

static void each_statement_says_what_the_suite_needs(void **state)
{
	static const struct {
		const char *statement;
		unsigned column;
		const char *capability;
	} cases[] = {
	        {" event drop\n", 2, "audit.jsonl"},
	        {" none event drop\n", 7, "audit.jsonl"},
	        {" policy one.json\n", 2, "ctl.policy"},
	        {" clock 1s\n", 2, "ctl.clock"},
	        {" sync\n", 2, "ctl.sync"},
	        {" stats flows 1\n", 2, "ctl.stats"},
	        {" ends violation\n", 7, "terminate"},
	        {" channel hex \"00\"\n", 10, "frames.stream"},
	};
	char text[500], error[100];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), FIXTURE_HEAD "planes wire\ncase c req EGR-001\n%s",
		         cases[i].statement);
		snprintf(error, sizeof(error), "needs a backend with %s", cases[i].capability);
		fixture_expect_one(*state, text, 7, cases[i].column, error);
	}
	/* Once is enough. */
	fixture_expect_one(*state, FIXTURE_HEAD "planes wire\ncase c req EGR-001\n sync\n sync\n",
	                   7, 2, "needs a backend with ctl.sync");
}

static void a_guest_that_outlives_the_case_is_not_treated_like_that(void **state)
{
	static const char *const statements[] = {
	        "flood 2 udp $VM:1 > $T:9", "channel close", "event drop",  "sync",
	        "policy one.json",          "stop",          "audit stall", "ends clean",
	};
	char text[500];

	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		snprintf(text, sizeof(text), FIXTURE_HEAD NEEDS "case c req EGR-001\n %s\n",
		         statements[i]);
		fixture_expect_one(*state, text, 7, 2,
		                   "write `planes wire` behind the case's name");
	}
}

/* ---- verdicts of other modes ---- */

#define MODE(mode, more)                                                                           \
	"{\"version\": 1, \"mode\": \"" mode "\"," more                                            \
	" \"vm\": {\"mac\": \"52:54:00:12:34:56\", \"ip\": \"192.168.100.2/24\","                  \
	" \"gateway\": \"192.168.100.1\"}, \"allow\": [{\"id\": \"consumer\", \"proto\": \"udp\"," \
	" \"ip\": \"203.0.113.50\", \"port\": 51900}]}\n"
#define TABLE                                                                                      \
	"suite t\npolicy other.json\nplanes wire\nsentinel udp $VM:40000 > $CONSUMER\n"            \
	"needs terminate allow.tcp4 icmp.outside\n"                                                \
	"attack a req EGR-001\n| id | recipe | verdict | why | flags |\n"

static void a_row_may_end_the_vm(void **state)
{
	struct fixture *f = *state;
	struct suite *s;

	fixture_write(f, "other.json", MODE("conntrack", ""));
	s = fixture_parse(f, TABLE "| a | udp $VM:1 > $T:2 | terminate | w | SCAN |\n"
	                           "| b | udp $VM:1 > $CONSUMER | pass | w | SCAN |\n"
	                           "| c | igmp $VM > 224.0.0.22 | drop | w | SCAN |\n");
	diag_print(&f->diag, stderr);
	assert_non_null(s);
	assert_int_equal(s->cases[0].rows[0].verdict, ROW_TERMINATE);
	assert_string_equal(row_verdict_name(ROW_TERMINATE), "terminate");
	scenario_free(s);
	fixture_expect_one(
	        f, TABLE "| a | udp $VM:1 > $T:2 | drop | w | SCAN |\n", 8, 26,
	        "the policy says terminate (not on the allow list), the row expects drop");
	fixture_expect_one(f, TABLE "| a | igmp $VM > 224.0.0.22 | terminate | w | SCAN |\n", 8, 31,
	                   "the policy says drop");
}

static void what_ends_the_vm_runs_without_a_guest_and_needs_a_sentinel(void **state)
{
	struct fixture *f = *state;

	fixture_write(f, "other.json", MODE("conntrack", ""));
	fixture_expect_one(f,
	                   "suite t\npolicy other.json\nsentinel udp $VM:4 > $CONSUMER\n"
	                   "needs terminate\nattack a req EGR-001\n"
	                   "| id | recipe | verdict | why | flags |\n"
	                   "| a | udp $VM:1 > $T:2 | terminate | w | SCAN |\n",
	                   7, 26, "write `planes wire` behind the attack's name");
	fixture_expect_one(f,
	                   "suite t\npolicy other.json\nplanes wire\nneeds terminate\n"
	                   "attack a req EGR-001\n| id | recipe | verdict | why | flags |\n"
	                   "| a | udp $VM:1 > $T:2 | terminate | w | SCAN |\n",
	                   5, 8, "needs a `sentinel`");
}

static void what_passes_needs_its_capability(void **state)
{
	static const char text[] = "suite t\npolicy other.json\nplanes wire\n"
	                           "attack a req EGR-001\n| id | recipe | verdict | why | flags |\n"
	                           "| a | tcp $VM:1 > $T:2 size 0 | pass | w | SCAN |\n"
	                           "| b | tcp $VM:1 > $T:3 size 0 | pass | w | SCAN |\n"
	                           "| c | icmp $VM > $T echo-request | pass | w | SCAN |\n";
	struct fixture *f = *state;

	fixture_write(f, "other.json", MODE("direct", ""));
	assert_null(fixture_parse(f, text));
	assert_int_equal(f->diag.count, 2);
	assert_non_null(strstr(f->diag.errors[0].text, "allow.tcp4"));
	assert_non_null(strstr(f->diag.errors[1].text, "icmp.outside"));
}

static void no_verdict_is_asked_of_chance(void **state)
{
	static const char rows[] = TABLE "| a | udp $VM:1 > $T:2 | drop | w | SCAN |\n"
	                                 "| b | udp $VM:1 > $T:2 | drop | w | SCAN |\n";
	struct fixture *f = *state;
	struct suite *s;

	fixture_write(f, "other.json", MODE("sampled", "\"sampling_rate\": 0.5,"));
	fixture_expect_one(f, rows, 8, 26, "no verdict is certain; use `flood`");
	fixture_write(f, "other.json", MODE("sampled", "\"sampling_rate\": 0,"));
	s = fixture_parse(f, TABLE "| a | udp $VM:1 > $T:2 | pass | w | SCAN |\n");
	assert_non_null(s);
	scenario_free(s);
	fixture_write(f, "other.json", MODE("sampled", "\"sampling_rate\": 1,"));
	s = fixture_parse(f, TABLE "| a | udp $VM:1 > $T:2 | terminate | w | SCAN |\n");
	assert_non_null(s);
	scenario_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_flood_knows_how_many_and_what_varies),
	        cmocka_unit_test(a_count_may_be_a_range),
	        cmocka_unit_test(a_wire_that_may_stay_silent_proves_nothing),
	        cmocka_unit_test(events_are_asked_for_in_words),
	        cmocka_unit_test(a_rule_of_a_policy_that_comes_later_is_known_behind_it),
	        cmocka_unit_test(a_policy_is_looked_at_before_it_is_sent),
	        cmocka_unit_test(the_rest_is_read),
	        cmocka_unit_test(what_is_misspelt_is_shown),
	        cmocka_unit_test(an_end_is_the_end),
	        cmocka_unit_test(variables_of_a_conversation_need_one),
	        cmocka_unit_test(each_statement_says_what_the_suite_needs),
	        cmocka_unit_test(a_guest_that_outlives_the_case_is_not_treated_like_that),
	        cmocka_unit_test(a_row_may_end_the_vm),
	        cmocka_unit_test(what_ends_the_vm_runs_without_a_guest_and_needs_a_sentinel),
	        cmocka_unit_test(what_passes_needs_its_capability),
	        cmocka_unit_test(no_verdict_is_asked_of_chance),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
