/* SPDX-License-Identifier: ISC */
/* scenario_program_test.c: run, serve, peer and impair are read as written, or refused at their place. */
#include "harness/scenario_fixture.h"

#define KERNEL "case c req EGR-001 planes kernel\n guest udp * > *\n"

/* The step behind the case's first, of a file that must be good. */
static struct suite *parse(struct fixture *f, const char *statement, const struct step **step)
{
	char text[1000];
	struct suite *s;

	snprintf(text, sizeof(text), FIXTURE_HEAD KERNEL " %s\n", statement);
	s = fixture_parse(f, text);
	if (!s)
		diag_print(&f->diag, stderr);
	assert_non_null(s);
	assert_int_equal(s->cases[0].step_count, 2);
	*step = &s->cases[0].steps[1];
	assert_string_equal((*step)->text, statement);
	return s;
}

static void run_has_an_exit_code_an_output_and_a_time(void **state)
{
	const struct step *st;
	struct suite *s = parse(*state, "run \"curl $T\" within 90s exit 7 output \"x-$NONCE\"",
	                        &st);

	assert_int_equal(st->kind, STEP_RUN);
	assert_string_equal(st->command, "curl $T");
	assert_int_equal(st->exit_code, 7);
	assert_string_equal(st->output, "x-$NONCE");
	assert_int_equal(st->within_ms, 90000);
	scenario_free(s);
	s = parse(*state, "run \"true\"", &st);
	assert_int_equal(st->exit_code, 0);
	assert_null(st->output);
	assert_int_equal(st->within_ms, SCN_RUN_MS);
	scenario_free(s);
}

static void serve_names_a_protocol_and_a_port(void **state)
{
	const struct step *st;
	struct suite *s = parse(*state, "serve \"dnsmasq -d\" udp 53", &st);

	assert_int_equal(st->kind, STEP_SERVE);
	assert_string_equal(st->command, "dnsmasq -d");
	assert_false(st->tcp);
	assert_int_equal(st->port, 53);
	scenario_free(s);
	s = parse(*state, "serve \"httpd\" tcp 65535", &st);
	assert_true(st->tcp);
	assert_int_equal(st->port, 65535);
	scenario_free(s);
}

static void impair_takes_rates_in_any_order(void **state)
{
	const struct step *st;
	struct suite *s = parse(*state, "impair duplicate 0.5% loss 1% seed 42 reorder 12.3456%",
	                        &st);

	assert_int_equal(st->kind, STEP_IMPAIR);
	assert_int_equal(st->impair.loss, 10000);
	assert_int_equal(st->impair.reorder, 123456);
	assert_int_equal(st->impair.duplicate, 5000);
	assert_int_equal(st->impair.seed, 42);
	scenario_free(s);
	s = parse(*state, "impair loss 100%", &st);
	assert_int_equal(st->impair.loss, IMPAIR_WHOLE);
	assert_int_equal(st->impair.reorder, 0);
	assert_int_equal(st->impair.seed, 1);
	scenario_free(s);
	s = parse(*state, "impair reorder 0.0001%", &st);
	assert_int_equal(st->impair.reorder, 1);
	scenario_free(s);
}

/* The third and fourth statement of a case whose second starts a peer. */
#define PEER KERNEL " peer \"spoof\"\n"

static void a_peer_is_started_asked_and_watched(void **state)
{
	struct suite *s = fixture_parse(*state, FIXTURE_HEAD PEER
	                                " peer says \"sprayed $NONCE\" within 3s\n"
	                                " peer sends udp * > $PROVIDER:* count 5.. within 4s\n");
	const struct step *st;

	if (!s)
		diag_print(&((struct fixture *)*state)->diag, stderr);
	assert_non_null(s);
	st = s->cases[0].steps;
	assert_int_equal(st[1].kind, STEP_PEER);
	assert_string_equal(st[1].command, "spoof");
	assert_int_equal(st[2].kind, STEP_PEER_SAYS);
	assert_string_equal(st[2].output, "sprayed $NONCE");
	assert_int_equal(st[2].within_ms, 3000);
	assert_int_equal(st[3].kind, STEP_PEER_SENDS);
	assert_int_equal(st[3].recipe.kind, RECIPE_UDP);
	assert_int_equal(st[3].count.least, 5);
	assert_int_equal(st[3].within_ms, 4000);
	scenario_free(s);
	s = fixture_parse(*state, FIXTURE_HEAD PEER " peer sends arp who-has * tell *\n");
	assert_non_null(s);
	assert_int_equal(s->cases[0].steps[2].within_ms, SCN_PEER_MS);
	assert_false(s->cases[0].steps[2].has_count);
	scenario_free(s);
}

/* The statement, in line 7 of a file, has this error and no other. */
static void refuse(void **state, const char *statement, unsigned column, const char *error)
{
	char text[1000];

	snprintf(text, sizeof(text), FIXTURE_HEAD KERNEL " %s\n", statement);
	fixture_expect_one(*state, text, 7, column, error);
}

static void what_is_wrong_with_run_is_said(void **state)
{
	refuse(state, "run", 5, "a string in quotes");
	refuse(state, "run \"a\" exit 256", 15, "from 0 to 255");
	refuse(state, "run \"a\" within 121s", 17, "1ms to 120s");
	refuse(state, "run \"a\" within 1s within 2s", 20, "stands here twice");
	refuse(state, "run \"a\" outptu \"b\"", 10, "did you mean 'output'");
}

static void what_is_wrong_with_serve_is_said(void **state)
{
	refuse(state, "serve", 7, "a string in quotes");
	refuse(state, "serve tcp 80", 8, "a string in quotes");
	refuse(state, "serve \"a\"", 11, "ends with 'tcp' or 'udp'");
	refuse(state, "serve \"a\" tpc 80", 12, "unknown protocol 'tpc'");
	refuse(state, "serve \"a\" tcp", 15, "from 1 to 65535");
	refuse(state, "serve \"a\" tcp 0", 16, "from 1 to 65535");
	refuse(state, "serve \"a\" tcp 65536", 16, "from 1 to 65535");
	refuse(state, "serve \"a\" tcp 80 81", 19, "one word too many");
}

static void what_is_wrong_with_impair_is_said(void **state)
{
	refuse(state, "impair", 8, "is followed by 'loss'");
	refuse(state, "impair seed 3", 15, "is followed by 'loss'");
	refuse(state, "impair los 1%", 9, "did you mean 'loss'");
	refuse(state, "impair loss", 13, "a percentage");
	refuse(state, "impair loss 1", 14, "a percentage");
	refuse(state, "impair loss 0%", 14, "a percentage");
	refuse(state, "impair loss 1.%", 14, "a percentage");
	refuse(state, "impair loss .5%", 14, "a percentage");
	refuse(state, "impair loss 0.00001%", 14, "a percentage");
	refuse(state, "impair loss 100.0001%", 14, "a percentage");
	refuse(state, "impair loss 99999999999999999999%", 14, "a percentage");
	refuse(state, "impair loss 1% loss 2%", 17, "stands here twice");
	refuse(state, "impair loss 60% reorder 41%", 29, "together at most 100%");
	refuse(state, "impair loss 1% seed x", 22, "from 0 to");
}

static void what_is_wrong_with_peer_is_said(void **state)
{
	static const struct {
		const char *statement;
		unsigned column;
		const char *error;
	} tries[] = {
	        {" peer", 6, "a string in quotes"},
	        {" peer spoof", 7, "a string in quotes"},
	        {" peer \"a\" tcp", 11, "one word too many"},
	        {" peer says", 11, "a string in quotes"},
	        {" peer says \"a\" count 1", 16, "'count' does not fit"},
	        {" peer says \"a\" within 11s", 23, "1ms to 10s"},
	        {" peer sends", 12, "a pattern is missing"},
	        {" peer sends upd * > *", 13, "did you mean 'udp'"},
	        {" peer sends udp * > * vary sport", 23, "does not fit"},
	};
	char text[1000];

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		snprintf(text, sizeof(text), FIXTURE_HEAD PEER "%s\n", tries[i].statement);
		fixture_expect_one(*state, text, 8, tries[i].column, tries[i].error);
	}
	refuse(state, "peer says \"x\"", 7, "no `peer \"COMMAND\"` stands above");
	refuse(state, "peer sends udp * > *", 7, "no `peer \"COMMAND\"` stands above");
}

static void a_peer_that_nobody_sees_at_work_is_refused(void **state)
{
	fixture_expect_one(*state, FIXTURE_HEAD PEER, 5, 6, "nothing proves that the peer attacks");
	fixture_expect_one(*state, FIXTURE_HEAD PEER " peer says \"done\"\n", 5, 6,
	                   "nothing proves that the peer attacks");
	fixture_expect_one(*state, FIXTURE_HEAD PEER " peer sends udp * > *\n peer \"another\"\n",
	                   5, 6, "nothing proves that the peer attacks");
}

static void nothing_is_served_or_spoilt_twice(void **state)
{
	fixture_expect_one(*state,
	                   FIXTURE_HEAD KERNEL " serve \"a\" tcp 80\n serve \"b\" udp 80\n"
	                                       " serve \"c\" tcp 80\n",
	                   9, 16, "line 7 serves this port already");
	fixture_expect_one(*state, FIXTURE_HEAD KERNEL " impair loss 1%\n impair reorder 1%\n", 8,
	                   2, "spoilt in line 7 already");
}

static void a_plane_must_have_what_the_statement_needs(void **state)
{
	struct fixture *f = *state;
	struct suite *s;

	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_CASE " run \"true\"\n", 7, 2, "needs a guest");
	fixture_expect_one(f, FIXTURE_HEAD FIXTURE_CASE " impair loss 1%\n", 7, 2, "planes kernel");
	fixture_expect_one(f,
	                   FIXTURE_HEAD "case c req EGR-001 planes kernel vm\n guest udp * > *\n"
	                                " run \"ls $LAB\"\n",
	                   7, 6, "does not see");
	s = fixture_parse(f, FIXTURE_HEAD "case c req EGR-001 planes kernel vm\n guest udp * > *\n"
	                                  " run \"ls\"\n serve \"ls $LAB $TMP\" tcp 1\n");
	assert_non_null(s);
	assert_int_equal(s->cases[0].planes, PLANES_GUEST);
	scenario_free(s);
	s = fixture_parse(f, FIXTURE_HEAD FIXTURE_CASE " serve \"ls\" tcp 1\n");
	assert_non_null(s); /* there is a world on every plane */
	assert_int_equal(s->cases[0].planes, PLANES_ALL);
	scenario_free(s);
}

static void every_truncation_of_the_statements_loads_or_fails_cleanly(void **state)
{
	static const char text[] = FIXTURE_HEAD KERNEL
	        " serve \"dnsmasq -d\" udp 53\n impair loss 1.5% reorder 2% duplicate 3% seed 4\n"
	        " run \"curl\" within 90s exit 7 output \"x\"\n peer \"p\"\n peer says \"x\"\n"
	        " peer sends udp * > * count 2 within 1s\n";
	struct fixture *f = *state;

	for (size_t n = 0; n < sizeof(text); n++) {
		struct suite *s = fixture_parse_bytes(f, text, n);

		assert_true(!s == (f->diag.count > 0));
		scenario_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(run_has_an_exit_code_an_output_and_a_time),
	        cmocka_unit_test(serve_names_a_protocol_and_a_port),
	        cmocka_unit_test(impair_takes_rates_in_any_order),
	        cmocka_unit_test(a_peer_is_started_asked_and_watched),
	        cmocka_unit_test(what_is_wrong_with_peer_is_said),
	        cmocka_unit_test(a_peer_that_nobody_sees_at_work_is_refused),
	        cmocka_unit_test(what_is_wrong_with_run_is_said),
	        cmocka_unit_test(what_is_wrong_with_serve_is_said),
	        cmocka_unit_test(what_is_wrong_with_impair_is_said),
	        cmocka_unit_test(nothing_is_served_or_spoilt_twice),
	        cmocka_unit_test(a_plane_must_have_what_the_statement_needs),
	        cmocka_unit_test(every_truncation_of_the_statements_loads_or_fails_cleanly),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
