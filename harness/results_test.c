/* SPDX-License-Identifier: ISC */
/* results_test.c: the list of outcomes, the exit code, and the three files as other programs read
 * them. */
#include "harness/results.h"

#include "harness/results_forms.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <jansson.h>

#include "harness/scratch.h"

static int make(void **state)
{
	static struct scratch s;

	scratch_make(&s);
	*state = &s;
	return 0;
}

static int remove_all(void **state)
{
	scratch_remove(*state);
	return 0;
}

static struct outcome *add(struct results *r, const char *id, const char *row, enum result result,
                           const char *detail)
{
	struct outcome *o = results_add(r);

	snprintf(o->id, sizeof(o->id), "%s", id);
	snprintf(o->row, sizeof(o->row), "%s", row);
	snprintf(o->detail, sizeof(o->detail), "%s", detail);
	o->result = result;
	o->ms = 1.5;
	o->req.count = 1;
	snprintf(o->req.id[0], sizeof(o->req.id[0]), "EGR-001");
	return o;
}

/* One outcome of each result, in two suites that take turns, with a detail that no format likes. */
static void fill(struct results *r)
{
	static const char nasty[] = "\"<&>' # \\ \n...\n---\n\x1b[31m\xff]]> TODO";

	*r = (struct results){.backend = "re\"f<nat", .plane = "wire"};
	for (unsigned i = 0; i < RESULT_COUNT; i++)
		add(r, i % 2 ? "odd/case" : "even/case", i % 3 ? "row-1" : "", (enum result)i,
		    nasty);
}

static char *text_of(void (*write)(const struct results *r, FILE *to), const struct results *r)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	write(r, to);
	fclose(to);
	return text;
}

static void every_result_has_a_name_that_reads_back(void **state)
{
	enum result back;

	(void)state;
	for (unsigned i = 0; i < RESULT_COUNT; i++) {
		assert_true(result_parse(result_name((enum result)i), &back));
		assert_int_equal(back, i);
	}
	assert_string_equal(result_name(RESULT_AUDIT_GAP), "AUDIT-GAP");
	assert_false(result_parse("pass", &back));
	assert_false(result_parse("", &back));
}

static void a_name_is_the_id_and_the_row(void **state)
{
	struct results r = {.plane = "wire"};
	char name[OUTCOME_NAME_MAX];

	(void)state;
	assert_string_equal(outcome_name(add(&r, "s/c", "r", RESULT_PASS, ""), name), "s/c/r");
	assert_string_equal(outcome_name(add(&r, "s/c", "", RESULT_PASS, ""), name), "s/c");
	results_free(&r);
}

static void the_exit_code_says_the_worst_of_it(void **state)
{
	static const struct {
		int code;
		enum result results[3];
	} runs[] = {
	        {0, {RESULT_PASS, RESULT_XFAIL, RESULT_SKIP}},
	        {0, {RESULT_NA, RESULT_XFAIL, RESULT_NA}},
	        {1, {RESULT_PASS, RESULT_FAIL, RESULT_ENV}},
	        {1, {RESULT_PASS, RESULT_XPASS, RESULT_PASS}},
	        {1, {RESULT_PASS, RESULT_VACUOUS, RESULT_PASS}},
	        {1, {RESULT_LIE, RESULT_PASS, RESULT_PASS}},
	        {1, {RESULT_AUDIT_GAP, RESULT_PASS, RESULT_PASS}},
	        {1, {RESULT_CRASH, RESULT_SKIP, RESULT_SKIP}},
	        {1, {RESULT_HANG, RESULT_SKIP, RESULT_ENV}},
	        {3, {RESULT_SKIP, RESULT_SKIP, RESULT_NA}},
	        {4, {RESULT_ENV, RESULT_PASS, RESULT_SKIP}},
	        {4, {RESULT_ENV, RESULT_ENV, RESULT_ENV}},
	};
	struct results none = {.plane = "wire"};

	(void)state;
	assert_int_equal(results_exit_code(&none), 3);
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		struct results r = {.plane = "wire"};

		for (size_t j = 0; j < 3; j++)
			add(&r, "s/c", "", runs[i].results[j], "");
		assert_int_equal(results_exit_code(&r), runs[i].code);
		results_free(&r);
	}
}

static void the_json_is_exactly_this(void **state)
{
	struct results r = {.backend = "refnat", .plane = "wire"};
	char *text;

	(void)state;
	add(&r, "suite/case", "", RESULT_PASS, "");
	add(&r, "suite/arch", "dns", RESULT_AUDIT_GAP, "a \"word\"");
	text = text_of(results_write_json, &r);
	assert_string_equal(
	        text,
	        "{\"version\":1,\n\"backend\":\"refnat\",\"plane\":\"wire\",\n"
	        "\"summary\":{\"run\":2,\"pass\":1,\"fail\":0,\"xfail\":0,\"xpass\":0,\"skip\":0,"
	        "\"vacuous\":0,\"lie\":0,\"crash\":0,\"hang\":0,\"env\":0,\"na\":0,"
	        "\"audit_gap\":1},\n\"cases\":[\n"
	        "{\"id\":\"suite/case\",\"row\":null,\"result\":\"PASS\",\"req\":[\"EGR-001\"],"
	        "\"ms\":1.500,\"detail\":\"\"},\n"
	        "{\"id\":\"suite/arch\",\"row\":\"dns\",\"result\":\"AUDIT-GAP\",\"req\":[\"EGR-"
	        "001\"],\"ms\":1.500,\"detail\":\"a \\\"word\\\"\"}\n]}\n");
	free(text);
	results_free(&r);
}

static void the_transport_is_told_where_it_is_known(void **state)
{
	struct results r = {.backend = "refnat", .plane = "wire", .transport = "tap"};
	char *text;

	(void)state;
	text = text_of(results_write_json, &r);
	assert_non_null(strstr(text, "\"plane\":\"wire\",\"transport\":\"tap\",\n"));
	free(text);
}

static void jansson_reads_the_json_of_every_result(void **state)
{
	struct results r;
	json_error_t error;
	json_t *root, *cases;
	char *text;

	(void)state;
	fill(&r);
	r.outcomes[3].ms = NAN;
	text = text_of(results_write_json, &r);
	root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		fail_msg("line %d: %s", error.line, error.text);
	cases = json_object_get(root, "cases");
	assert_int_equal(json_array_size(cases), RESULT_COUNT);
	assert_int_equal(
	        json_integer_value(json_object_get(json_object_get(root, "summary"), "run")),
	        RESULT_COUNT - 2);
	assert_string_equal(json_string_value(json_object_get(root, "backend")), "re\"f<nat");
	json_decref(root);
	free(text);
	results_free(&r);
}

static void what_was_written_reads_back(void **state)
{
	struct scratch *s = *state;
	struct results r, back;

	fill(&r);
	strcpy(r.baseline, "some \"where\"/expect.txt");
	assert_int_equal(results_write(&r, scratch_path(s, "run/out")), 0);
	assert_int_equal(results_read(&back, scratch_path(s, "run/out")), 0);
	assert_string_equal(back.backend, r.backend);
	assert_string_equal(back.plane, "wire");
	assert_string_equal(back.baseline, r.baseline);
	assert_int_equal(back.count, r.count);
	for (size_t i = 0; i < r.count; i++) {
		assert_string_equal(back.outcomes[i].id, r.outcomes[i].id);
		assert_string_equal(back.outcomes[i].row, r.outcomes[i].row);
		assert_int_equal(back.outcomes[i].result, r.outcomes[i].result);
		assert_int_equal(back.outcomes[i].req.count, 1);
		assert_string_equal(back.outcomes[i].req.id[0], "EGR-001");
		assert_true(fabs(back.outcomes[i].ms - 1.5) < 1e-9);
	}
	results_free(&back);
	results_free(&r);
}

#define PLACED(at)                                                                                 \
	"{\"id\":\"s/"                                                                             \
	"c\",\"row\":null,\"result\":\"PASS\",\"req\":[],\"ms\":1,\"detail\":\"\",\"at\":" at "}"
#define OF_SHARD(keys, one)                                                                        \
	"{\"version\":1,\"backend\":\"b\",\"plane\":\"wire\"," keys ",\"cases\":[" one "]}"
#define SELECTION    "\"selection\":{\"cases\":4,\"print\":\"0123456789abcdef\",\"whole\":true}"
#define FIRST_OF_TWO "\"shard\":\"1/2\"," SELECTION

static void what_a_shard_is_of_reads_back(void **state)
{
	struct scratch *s = *state;
	struct results r = {.backend = "nat",
	                    .backend_version = "1.2.3",
	                    .plane = "kernel",
	                    .transport = "tap",
	                    .unfinished = true,
	                    .shard = {2, 3},
	                    .selection = {9, UINT64_C(0x00ffffffffffff01), true}};
	struct results back;

	add(&r, "s/c", "", RESULT_PASS, "")->at = 1;
	add(&r, "s/d", "", RESULT_PASS, "")->at = 7;
	assert_int_equal(results_write(&r, scratch_path(s, "shard")), 0);
	assert_int_equal(results_read(&back, scratch_path(s, "shard")), 0);
	assert_string_equal(back.backend_version, "1.2.3");
	assert_string_equal(back.transport, "tap");
	assert_false(back.whole);
	assert_true(back.unfinished);
	assert_int_equal(back.shard.number, 2);
	assert_int_equal(back.shard.of, 3);
	assert_int_equal(back.selection.cases, 9);
	assert_true(back.selection.print == r.selection.print);
	assert_true(back.selection.whole);
	assert_int_equal(back.outcomes[1].at, 7);
	results_free(&back);
	r.shard.of = 0;
	r.unfinished = false;
	r.whole = true;
	assert_int_equal(results_write(&r, scratch_path(s, "shard")), 0);
	assert_int_equal(results_read(&back, scratch_path(s, "shard")), 0);
	assert_true(back.whole);
	assert_false(back.unfinished);
	assert_int_equal(back.shard.of, 0);
	assert_int_equal(back.outcomes[1].at, 0); /* nobody asked */
	results_free(&back);
	results_free(&r);
}

static void outcomes_are_sorted_by_case_and_row(void **state)
{
	static const unsigned places[][2] = {{1, 1}, {0, 2}, {1, 0}, {0, 0}, {0, 1}};
	struct results r = {.plane = "wire"};

	(void)state;
	results_sort(&r); /* of nothing */
	for (size_t i = 0; i < 5; i++) {
		struct outcome *o = add(&r, "s/c", "", RESULT_PASS, "");

		o->at = places[i][0];
		o->number = places[i][1];
	}
	results_sort(&r);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(r.outcomes[i].at, i / 3);
		assert_int_equal(r.outcomes[i].number, i % 3);
	}
	results_free(&r);
}

static void a_file_that_is_not_results_is_refused_by_name(void **state)
{
	static const char *const bad[] = {
	        "",
	        "[]",
	        "{\"version\":2,\"backend\":\"b\",\"plane\":\"wire\",\"cases\":[]}",
	        "{\"version\":1,\"backend\":\"b\",\"plane\":\"wire\",\"cases\":{}}",
	        "{\"version\":1,\"backend\":\"b\",\"plane\":\"wire\",\"cases\":[{}]}",
	        "{\"version\":1,\"backend\":\"b\",\"plane\":\"wire\",\"cases\":[{\"id\":\"s/c\","
	        "\"row\":null,\"result\":\"FINE\",\"req\":[],\"ms\":1,\"detail\":\"\"}]}",
	        "{\"version\":1,\"backend\":\"b\",\"plane\":\"wire\",\"cases\":[{\"id\":\"s/c\","
	        "\"row\":7,\"result\":\"PASS\",\"req\":[],\"ms\":1,\"detail\":\"\"}]}",
	        "{\"version\":1,\"backend\":\"b\",\"plane\":\"wire\",\"cases\":[{\"id\":\"s/c\","
	        "\"row\":null,\"result\":\"PASS\",\"req\":[\"a-word-of-17-long\"],\"ms\":1,"
	        "\"detail\":\"\"}]}",
	        OF_SHARD("\"shard\":7", PLACED("0")),
	        OF_SHARD("\"shard\":\"3/2\"," SELECTION, PLACED("0")),
	        OF_SHARD("\"shard\":\"1/2\"", PLACED("0")),
	        OF_SHARD("\"shard\":\"1/2\",\"selection\":{\"cases\":4}", PLACED("0")),
	        OF_SHARD("\"shard\":\"1/2\",\"selection\":{\"cases\":4,\"print\":\"xyz\","
	                 "\"whole\":true}",
	                 PLACED("0")),
	        OF_SHARD(FIRST_OF_TWO, PLACED("1")), /* the other's */
	        OF_SHARD(FIRST_OF_TWO, PLACED("4")), /* there are 4 */
	        OF_SHARD(FIRST_OF_TWO, PLACED("-2")),
	        OF_SHARD(FIRST_OF_TWO, PLACED("\"0\"")),
	        OF_SHARD("\"whole\":1", PLACED("0")),
	        OF_SHARD("\"transport\":\"carrier-pigeon\"", PLACED("0")),
	};
	struct scratch *s = *state;
	struct results r;

	for (size_t i = 0; i <= sizeof(bad) / sizeof(bad[0]); i++) {
		char *said;
		int saved, status;

		if (i < sizeof(bad) / sizeof(bad[0]))
			scratch_write(s, "results.json", bad[i]);
		else
			unlink(scratch_path(s, "results.json"));
		saved = scratch_capture(s, 2, "stderr");
		status = results_read(&r, s->dir);
		scratch_release(2, saved);
		assert_int_equal(status, -1);
		said = scratch_read(s, "stderr");
		assert_non_null(strstr(said, "results.json"));
		free(said);
	}
}

static void a_folder_that_cannot_be_written_is_named(void **state)
{
	struct scratch *s = *state;
	struct results r = {.plane = "wire"};
	char *said;
	int saved, status;

	saved = scratch_capture(s, 2, "stderr");
	status = results_write(&r, "/proc/gauntlet");
	scratch_release(2, saved);
	assert_int_equal(status, -1);
	said = scratch_read(s, "stderr");
	assert_non_null(strstr(said, "/proc/gauntlet"));
	free(said);
}

static void the_tap_is_exactly_this(void **state)
{
	struct results r = {.backend = "refnat", .plane = "wire"};
	char *text;

	(void)state;
	add(&r, "s/c", "", RESULT_PASS, "");
	add(&r, "s/a", "dns", RESULT_FAIL, "leaked\nto \"T\"");
	add(&r, "s/a", "tcp", RESULT_SKIP, "needs vm # plane");
	add(&r, "s/a", "udp", RESULT_XFAIL, "known");
	text = text_of(results_write_tap, &r);
	assert_string_equal(text, "TAP version 14\n1..4\n"
	                          "ok 1 - s/c\n"
	                          "not ok 2 - s/a/dns\n"
	                          "  ---\n  result: FAIL\n"
	                          "  message: \"leaked\\nto \\\"T\\\"\"\n"
	                          "  requirements: [\"EGR-001\"]\n"
	                          "  duration_ms: 1.500\n  ...\n"
	                          "ok 3 - s/a/tcp # SKIP needs vm \\# plane\n"
	                          "not ok 4 - s/a/udp # TODO known\n"
	                          "  ---\n  result: XFAIL\n  message: \"known\"\n"
	                          "  requirements: [\"EGR-001\"]\n"
	                          "  duration_ms: 1.500\n  ...\n");
	free(text);
	results_free(&r);
}

static void an_empty_run_is_a_skipped_plan(void **state)
{
	struct results r = {.plane = "wire"};
	char *text = text_of(results_write_tap, &r);

	(void)state;
	assert_string_equal(text, "TAP version 14\n1..0 # SKIP nothing ran\n");
	free(text);
}

/* Runs a reader from the command line over the files of fill(); skips when it is not installed. */
static char *read_by(struct scratch *s, const char *program, const char *arguments)
{
	struct results r;
	char command[2 * PATH_MAX];

	snprintf(command, sizeof(command), "command -v %s >/dev/null", program);
	if (system(command)) {
		printf("SKIP: %s is not installed\n", program);
		skip();
	}
	fill(&r);
	assert_int_equal(results_write(&r, s->dir), 0);
	results_free(&r);
	snprintf(command, sizeof(command), "cd '%s' && %s %s >said 2>&1; echo \"exit $?\" >>said",
	         s->dir, program, arguments);
	assert_int_equal(system(command), 0);
	return scratch_read(s, "said");
}

static void prove_counts_the_tap_as_we_do(void **state)
{
	/* the prove of Debian 12 reads up to version 13, which differs in nothing that we write */
	char *said = read_by(*state, "prove", "-e 'sed 1s/14/13/' results.tap");

	/* all but PASS, SKIP, NA (ok) and XFAIL (a TODO) */
	assert_non_null(strstr(said, "Failed 8/12 subtests"));
	assert_non_null(strstr(said, "less 2 skipped subtests"));
	assert_null(strstr(said, "Parse errors"));
	free(said);
}

static void xmllint_finds_the_junit_well_formed(void **state)
{
	char *said = read_by(*state, "xmllint", "--noout junit.xml");

	assert_string_equal(said, "exit 0\n");
	free(said);
}

static void the_junit_counts_by_suite_and_in_all(void **state)
{
	struct results r = {.backend = "refnat", .plane = "wire"};
	char *text;

	(void)state;
	add(&r, "a/c", "", RESULT_PASS, "");
	add(&r, "b/c", "dns", RESULT_FAIL, "leaked");
	add(&r, "a/d", "", RESULT_CRASH, "");
	add(&r, "b/c", "tcp", RESULT_SKIP, "no vm");
	text = text_of(results_write_junit, &r);
	assert_string_equal(
	        text,
	        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	        "<testsuites name=\"gauntlet refnat wire\" tests=\"4\" failures=\"1\" errors=\"1\" "
	        "skipped=\"1\" time=\"0.006000\">\n"
	        "  <testsuite name=\"a\" tests=\"2\" failures=\"0\" errors=\"1\" skipped=\"0\" "
	        "time=\"0.003000\">\n"
	        "    <testcase classname=\"a\" name=\"c\" time=\"0.001500\"/>\n"
	        "    <testcase classname=\"a\" name=\"d\" time=\"0.001500\">\n"
	        "      <error type=\"CRASH\" message=\"CRASH\"/>\n"
	        "    </testcase>\n"
	        "  </testsuite>\n"
	        "  <testsuite name=\"b\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\" "
	        "time=\"0.003000\">\n"
	        "    <testcase classname=\"b\" name=\"c/dns\" time=\"0.001500\">\n"
	        "      <failure type=\"FAIL\" message=\"FAIL: leaked\"/>\n"
	        "    </testcase>\n"
	        "    <testcase classname=\"b\" name=\"c/tcp\" time=\"0.001500\">\n"
	        "      <skipped message=\"SKIP: no vm\"/>\n"
	        "    </testcase>\n"
	        "  </testsuite>\n"
	        "</testsuites>\n");
	free(text);
	results_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_result_has_a_name_that_reads_back),
	        cmocka_unit_test(a_name_is_the_id_and_the_row),
	        cmocka_unit_test(the_exit_code_says_the_worst_of_it),
	        cmocka_unit_test(the_json_is_exactly_this),
	        cmocka_unit_test(the_transport_is_told_where_it_is_known),
	        cmocka_unit_test(jansson_reads_the_json_of_every_result),
	        cmocka_unit_test(what_was_written_reads_back),
	        cmocka_unit_test(what_a_shard_is_of_reads_back),
	        cmocka_unit_test(outcomes_are_sorted_by_case_and_row),
	        cmocka_unit_test(a_file_that_is_not_results_is_refused_by_name),
	        cmocka_unit_test(a_folder_that_cannot_be_written_is_named),
	        cmocka_unit_test(the_tap_is_exactly_this),
	        cmocka_unit_test(an_empty_run_is_a_skipped_plan),
	        cmocka_unit_test(prove_counts_the_tap_as_we_do),
	        cmocka_unit_test(xmllint_finds_the_junit_well_formed),
	        cmocka_unit_test(the_junit_counts_by_suite_and_in_all),
	};

	return cmocka_run_group_tests(tests, make, remove_all);
}
