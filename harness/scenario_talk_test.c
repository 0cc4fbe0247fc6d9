/* SPDX-License-Identifier: ISC */
#include "harness/scenario_fixture.h"

#define HEAD                                                                                       \
	FIXTURE_HEAD "serve \"exec web\" tcp 80\n"                                                 \
	             "origin 99.0.0.10:80 99.0.0.11:*\nresolver 9.9.9.9:53\n"
#define TALK  "talk a req EGR-001 to tcp 99.0.0.10:80\n"
#define TABLE "| id | says | hears | verdict | why | flags |\n"
#define OK    "| ok | \"a\" | \"b\" | pass | it is allowed | BASIC |\n"

static void conversations_are_read(void **state)
{
	struct suite *s = fixture_parse(
	        *state, HEAD TALK
	        "| id | to | says | hears | verdict | why | flags | origin | event |\n"
	        "|----|----|------|-------|---------|-----|-------|--------|-------|\n"
	        "| a | | \"x|y\" / hex \"00ff\" times 3 \"z\" then end | \"GET*\" then end | pass "
	        "| w | BASIC | \"$NONCE\" "
	        "not \"b$NONCE\" | http verdict allow status 200 |\n"
	        "| b | tls $T:443 name ok.test alpn h2 version 1.3 trust none | \"x\" | alert "
	        "access_denied reset | drop | "
	        "w | BASIC | | |\n"
	        "| c | udp $GW:53 | dns A a.test and AAAA b.test id=7 | dns NXDOMAIN | ask | w | "
	        "BASIC | | |\n"
	        "| d | | hello name=a name=b clock 5s | server-hello | answer | w | BASIC | | |\n");
	const struct talk *t;

	diag_print(&((struct fixture *)*state)->diag, stderr);
	assert_non_null(s);
	assert_int_equal(s->serve_count, 1);
	assert_int_equal(s->origin_count, 2);
	assert_true(s->origins[1].any_port);
	assert_int_equal(s->resolvers[0].port, 53);
	assert_true(s->cases[0].attack && s->cases[0].talk);
	assert_int_equal(s->cases[0].planes, PLANE_WIRE);
	assert_string_equal(s->cases[0].to_text, "tcp 99.0.0.10:80");
	t = s->cases[0].rows[0].talk;
	assert_int_equal(t->to.dst.port, 80);
	assert_int_equal(talk_turns(&t->says), 2);
	assert_int_equal(t->says.count, 6);
	assert_string_equal(t->says.list[0].text, "x|y");
	assert_int_equal(t->says.list[3].times, 3);
	assert_int_equal(t->origin.list[1].kind, TALK_NOT);
	assert_true(t->has_event && t->event.status == 200);
	t = s->cases[0].rows[1].talk;
	assert_int_equal(t->to.proto, TALK_TLS);
	assert_int_equal(t->to.dst.ip, s->cases[0].rows[1].target);
	assert_string_equal(t->to.name, "ok.test");
	assert_string_equal(t->to.alpn, "h2");
	assert_int_equal(t->to.version, 0x0304);
	assert_int_equal(t->to.trust, TALK_TRUST_NONE);
	assert_int_equal(t->hears.list[0].number, 49);
	t = s->cases[0].rows[2].talk;
	assert_int_equal(t->says.list[0].query->count, 2);
	assert_int_equal(t->says.list[0].query->id, 7);
	assert_int_equal(s->cases[0].rows[2].verdict, ROW_ASK);
	assert_int_equal(s->cases[0].rows[3].talk->says.list[0].hello->count, 2);
	scenario_free(s);
}

/* Line 8 is the talk, 9 its header, 10 the first row. */
static void a_mistake_is_shown_where_it_stands(void **state)
{
	static const struct {
		const char *row;
		unsigned column;
		const char *error;
	} cases[] = {
	        {"| a | \"x\" | \"y | drop | w | BASIC |\n", 13, "string without end"},
	        {"| a | | \"y\" | drop | w | BASIC |\n", 7, "what is said is missing"},
	        {"| a | \"x\" | | drop | w | BASIC |\n", 13, "what must be heard is missing"},
	        {"| a | \"x\" then \"z\" | \"y\" | drop | w | BASIC |\n", 22,
	         "as many `then` each"},
	        {"| a | sez \"x\" | \"y\" | drop | w | BASIC |\n", 7, "unknown word 'sez'"},
	        {"| a | \"x\" | ende | drop | w | BASIC |\n", 13, "did you mean 'end'?"},
	        {"| a | \"x\" | nothing | drop | w | BASIC |\n", 13, "is told in the end"},
	        {"| a | \"x\" then \"y\" | then end | drop | w | BASIC |\n", 22,
	         "each turn hears something"},
	        {"| a | \"x\" | \"y\" | terminate | w | BASIC |\n", 19,
	         "unknown verdict of a talk"},
	        {"| a | times 0 \"x\" | \"y\" | drop | w | BASIC |\n", 13,
	         "'times' is followed by"},
	        {"| a | hex \"0\" | \"y\" | drop | w | BASIC |\n", 11,
	         "not pairs of hexadecimal digits"},
	        {"| a | hello nam=x | \"y\" | drop | w | BASIC |\n", 13, "unknown key of a hello"},
	        {"| a | clock soon | \"y\" | drop | w | BASIC |\n", 13, "'clock' needs a time"},
	        {"| a | \"x\" | alert acess_denied | drop | w | BASIC |\n", 19,
	         "did you mean 'access_denied'?"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[4096];

		snprintf(text, sizeof(text), "%s%s%s%s%s", HEAD, TALK, TABLE, cases[i].row, OK);
		fixture_expect_one(*state, text, 10, cases[i].column, cases[i].error);
	}
}

static void a_table_and_its_head_fit_each_other(void **state)
{
	struct fixture *f = *state;

	fixture_expect_one(f, HEAD TALK TABLE "| a | \"x\" | \"y\" | drop | w | BASIC |\n", 8, 6,
	                   "a backend that denies everything would pass");
	fixture_expect_one(f, HEAD "talk a req EGR-001\n" TABLE OK, 10, 8, "nobody is named");
	fixture_expect_one(f, FIXTURE_HEAD TALK TABLE OK, 7, 20, "nothing may cross");
	fixture_expect_one(f, FIXTURE_HEAD "origin 99.0.0.10:80\nplanes vm\n" TALK TABLE OK, 7, 1,
	                   "for the wire plane");
	fixture_expect_one(f, HEAD "talk a req EGR-001 to tls 99.0.0.10:443 nam x\n" TABLE OK, 8,
	                   41, "did you mean 'name'?");
	assert_null(fixture_parse(f, HEAD "attack a req EGR-001 to tcp 99.0.0.10:80\n"));
	fixture_expect(f, 8, 22, "'to' is not a requirement");
	assert_null(
	        fixture_parse(f, HEAD TALK "| id | recipe | hears | verdict | why | flags |\n"));
	fixture_expect(f, 9, 8, "unknown column 'recipe'");
	assert_null(fixture_parse(f, FIXTURE_HEAD "attack a req EGR-001\n"
	                                          "| id | says | verdict | why | flags |\n"));
	fixture_expect(f, 6, 8, "unknown column 'says'");
	fixture_expect_one(f, HEAD "resolver 9.9.9.9\n" TALK TABLE OK, 8, 10, "port");
	fixture_expect_one(f, HEAD "serve \"exec other\" tcp 80\n" TALK TABLE OK, 8, 24,
	                   "line 5 serves this port already");
}

static void a_column_of_the_origin_names_its_row(void **state)
{
	struct fixture *f = *state;

#define ORIGIN "| id | says | hears | verdict | why | flags | origin |\n"
	fixture_expect_one(f,
	                   HEAD TALK ORIGIN "| a | \"x\" | \"y\" | pass | w | BASIC | \"GET\" |\n",
	                   10, 38, "without $NONCE");
	fixture_expect_one(f,
	                   HEAD TALK ORIGIN
	                   "| a | \"x\" | \"y\" | drop | w | BASIC | \"$NONCE\" |\n"
	                   "| b | \"x\" | \"y\" | pass | w | BASIC | |\n",
	                   10, 19, "never gets to an origin");
	fixture_expect_one(f,
	                   FIXTURE_HEAD "origin 99.0.0.10:80\n" TALK ORIGIN
	                                "| a | \"x\" | \"y\" | pass | w | BASIC | \"$NONCE\" |\n",
	                   8, 19, "`serve` one");
}

static void talks_are_not_imported_and_not_sent_by_a_guest_that_boots(void **state)
{
	struct fixture *f = *state;

	fixture_write(f, "b.scn", "suite b\npolicy one.json\norigin 99.0.0.10:80\n" TALK TABLE OK);
	fixture_expect_one(f, FIXTURE_HEAD "import b\n" FIXTURE_ATTACK, 5, 8,
	                   "no attack to import");
}

#define CASE HEAD "case c req EGR-001 planes wire\n"

static void a_case_talks_in_statements(void **state)
{
	struct suite *s = fixture_parse(*state, CASE "talk to tls 99.0.0.10:443 name ok.test\n"
	                                             "says \"a-$NONCE\" end\n"
	                                             "hears \"HTTP/1.1 200 *\" end\n"
	                                             "talk to udp $GW:53\n"
	                                             "says dns A ok.test\n"
	                                             "hears dns NOERROR A 99.0.0.10\n"
	                                             "wire tcp * > *\n");

	diag_print(&((struct fixture *)*state)->diag, stderr);
	assert_non_null(s);
	assert_false(s->cases[0].attack);
	assert_int_equal(s->cases[0].step_count, 7);
	assert_int_equal(s->cases[0].steps[0].kind, STEP_TALK);
	assert_string_equal(s->cases[0].steps[0].talk->to.name, "ok.test");
	assert_int_equal(s->cases[0].steps[1].talk->says.count, 2);
	assert_int_equal(s->cases[0].steps[2].kind, STEP_HEARS);
	assert_int_equal(s->cases[0].steps[5].talk->hears.list[0].reply->count, 1);
	scenario_free(s);
}

static void what_a_case_says_is_said_to_somebody(void **state)
{
	struct fixture *f = *state;

#define REST "talk to udp $GW:53\nwire tcp * > *\n"
	fixture_expect_one(f, CASE "says \"a\"\n" REST, 9, 1, "nobody is talked to yet");
	fixture_expect_one(f, CASE "talk to tcp 99.0.0.10\n" REST, 9, 13, "port");
	fixture_expect_one(f, CASE "talk to ssh 99.0.0.10:22\n" REST, 9, 9, "unknown protocol");
	fixture_expect_one(f, CASE REST "says \"a\" then \"b\"\n", 11, 1, "`then` is for tables");
	fixture_expect_one(f, CASE REST "hears\n", 11, 6, "what must be heard is missing");
	fixture_expect_one(f, CASE REST "hears alert any\n", 11, 7, "goes with `to tls`");
	fixture_expect_one(f, HEAD "case c req EGR-001\n" REST, 9, 6, "'talk to' does not work");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(conversations_are_read),
	        cmocka_unit_test(a_mistake_is_shown_where_it_stands),
	        cmocka_unit_test(a_table_and_its_head_fit_each_other),
	        cmocka_unit_test(a_column_of_the_origin_names_its_row),
	        cmocka_unit_test(a_case_talks_in_statements),
	        cmocka_unit_test(what_a_case_says_is_said_to_somebody),
	        cmocka_unit_test(talks_are_not_imported_and_not_sent_by_a_guest_that_boots),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
