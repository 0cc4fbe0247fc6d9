/* SPDX-License-Identifier: ISC */
/* trace_test.c: the tables of requirements, what cites them, what runs made of it, and every way in which they can
 * disagree. */
#include "harness/trace.h"

#include "harness/scenario_fixture.h"
#include "harness/scratch.h"

#include <jansson.h>

static struct trace t;
static struct diag diag;

#define HEAD                                                                                       \
	"# Requirements\n\n## Names (MODE, NAT)\n\n| id | level | requirement | state | why "      \
	"|\n|---|---|---|---|---|\n"
#define MODE "| MODE-001 | MUST | What is not allowed does not cross. | covered | `t/arch` |\n"
#define NAT  "| NAT-001 | MUST | Replies return. | covered | `t` |\n"
#define UDP                                                                                        \
	"| UDP-001 | MUST | The port counts. | covered | |\n| UDP-004 | SHOULD | Bytes. | "        \
	"covered | |\n"
#define REST "## Other (GUEST)\n| GUEST-002 | MUST | Root. | covered | |\n"
#define ALL  HEAD MODE NAT UDP REST

static size_t parse(const char *text)
{
	trace_free(&t);
	trace_parse(&t, "requirements.md", text, strlen(text), &diag);
	return diag.count;
}

/* The suite of FIXTURE_EXAMPLE: cases reply-... (NAT-001 UDP-004) and programs (GUEST-002), rows of arch (MODE-001, one
 * UDP-001 as well). */
static void add_example(struct fixture *f)
{
	struct suite *s = fixture_parse(f, FIXTURE_EXAMPLE);

	assert_non_null(s);
	trace_add_suite(&t, s);
	scenario_free(s);
}

static void expect_wrong(void **state, const char *tables, unsigned line, const char *words)
{
	assert_int_equal(parse(tables), 0);
	add_example(*state);
	trace_check(&t, &diag);
	if (diag.count != 1 || diag.errors[0].line != line || !strstr(diag.errors[0].text, words))
		fail_msg("%zu errors, line %u: %s", diag.count, diag.errors[0].line,
		         diag.count ? diag.errors[0].text : "none");
}

static void tables_are_read_with_their_areas(void **state)
{
	(void)state;
	assert_int_equal(parse(ALL
	                       "\ntext | with | bars\n| another | table |\n| cut\n|\n"
	                       "| LIFE-005 | MUST | Four VMs. | planned | needs several VMs |\n"),
	                 0);
	assert_int_equal(t.count, 6);
	assert_int_equal(t.area_count, 2);
	assert_string_equal(t.areas[t.list[0].area], "Names (MODE, NAT)");
	assert_string_equal(t.areas[t.list[4].area], "Other (GUEST)");
	assert_string_equal(t.list[0].id, "MODE-001");
	assert_int_equal(t.list[0].line, 7);
	assert_int_equal(t.list[3].level, TRACE_SHOULD);
	assert_false(t.list[0].says_needs);
	assert_int_equal(t.list[5].state, TRACE_PLANNED);
	assert_true(t.list[5].says_needs);
}

static void a_row_that_is_malformed_is_told_with_its_place(void **state)
{
	(void)state;
	assert_int_equal(
	        parse(HEAD
	              "| MODE-001 | MUSST | x | covered | |\n| MODE-002 | MUST | x | coverd | |\n"
	              "| MODE-003 | MUST | x |\n| MODE-004 | MUST | x | covered | y\n" NAT NAT),
	        5);
	assert_int_equal(diag.errors[0].column, 14);
	assert_non_null(strstr(diag.errors[0].text, "MUST, SHOULD or MAY"));
	assert_non_null(strstr(diag.errors[1].text, "covered, planned or measured"));
	assert_non_null(strstr(diag.errors[2].text, "5 cells"));
	assert_int_equal(diag.errors[3].line, 10);
	assert_non_null(strstr(diag.errors[4].text, "stands in the tables already"));
	assert_int_equal(t.count, 1);
	assert_int_equal(parse(NAT), 1);
	assert_non_null(strstr(diag.errors[0].text, "no heading"));
	assert_int_equal(parse("nothing\n"), 1);
	assert_non_null(strstr(diag.errors[0].text, "no requirement"));
}

static void what_agrees_is_fine(void **state)
{
	assert_int_equal(parse(ALL), 0);
	add_example(*state);
	trace_check(&t, &diag);
	assert_int_equal(diag.count, 0);
	assert_int_equal(t.item_count, 6);
	assert_int_equal(trace_count(&t, "MODE-001", 0, NULL), 4);
	assert_int_equal(trace_count(&t, "UDP-001", 0, NULL), 1);
	assert_int_equal(trace_count(&t, "NAT-002", 0, NULL), 0);
}

static void an_id_that_is_cited_and_not_listed_is_told(void **state)
{
	expect_wrong(state, HEAD MODE UDP REST, 0,
	             "t/reply-returns-to-the-asker cites NAT-001, which no table lists");
	expect_wrong(state, HEAD NAT UDP REST, 0,
	             "t/arch cites MODE-001, which no table lists"); /* once, not per row */
}

static void a_state_that_is_not_true_is_told(void **state)
{
	expect_wrong(state, HEAD MODE UDP REST "| NAT-001 | MUST | x | planned | needs names |\n",
	             12, "NAT-001 is planned, but t/reply-returns-to-the-asker cites it");
	expect_wrong(state, HEAD MODE UDP REST "| NAT-001 | SHOULD | x | measured | |\n", 12,
	             "NAT-001 is measured, but");
	expect_wrong(state, ALL "| NAT-002 | MUST | x | covered | |\n", 13,
	             "NAT-002 is covered, but no case cites it");
	expect_wrong(state, ALL "| NAT-002 | SHOULD | x | covered | |\n", 13,
	             "NAT-002 is covered, but");
}

static void a_must_that_nothing_tries_says_what_it_needs(void **state)
{
	expect_wrong(state, ALL "| NAT-002 | MUST | x | planned | |\n", 13,
	             "no case cites NAT-002, a MUST");
	expect_wrong(state, ALL "| NAT-002 | MUST | x | planned | later |\n", 13,
	             "no case cites NAT-002");
	expect_wrong(state, ALL "| NAT-002 | MUST | x | planned | needs |\n", 13,
	             "no case cites NAT-002");
	parse(ALL "| NAT-002 | MUST | x | planned | needs TLS |\n| NAT-003 | SHOULD | x | planned "
	          "| |\n");
	add_example(*state);
	trace_check(&t, &diag);
	assert_int_equal(diag.count, 0);
}

static void a_probe_of_the_doctor_cites_as_well(void **state)
{
	assert_int_equal(parse(ALL "| CTR-001 | MUST | x | covered | |\n"), 0);
	add_example(*state);
	trace_add_probe(&t, "doctor/contract", "CTR-001");
	trace_check(&t, &diag);
	assert_int_equal(diag.count, 0);
	parse(ALL "| CTR-001 | MUST | x | planned | needs x |\n");
	add_example(*state);
	trace_add_probe(&t, "doctor/contract", "CTR-001");
	trace_check(&t, &diag);
	assert_int_equal(diag.count, 1);
	assert_non_null(strstr(diag.errors[0].text, "but doctor/contract cites it"));
}

static void add_outcome(struct results *r, const char *id, const char *row, enum result result)
{
	struct outcome *o = results_add(r);

	snprintf(o->id, sizeof(o->id), "%s", id);
	snprintf(o->row, sizeof(o->row), "%s", row);
	o->result = result;
}

/* Two runs of one backend, one of another. */
static void add_runs(struct fixture *f)
{
	struct results wire = {.backend = "sound", .plane = "wire"},
	               vm = {.backend = "sound", .plane = "vm"},
	               other = {.backend = "other", .plane = "wire"};

	assert_int_equal(parse(ALL), 0);
	add_example(f);
	add_outcome(&wire, "t/arch", "other-port", RESULT_PASS);
	add_outcome(&wire, "t/arch", "allowed", RESULT_PASS);
	add_outcome(&wire, "t/arch", "gateway", RESULT_XFAIL);
	add_outcome(&wire, "t/reply-returns-to-the-asker", "", RESULT_SKIP);
	add_outcome(&wire, "t/gone", "", RESULT_PASS);
	add_outcome(&vm, "t/arch", "allowed", RESULT_HANG);
	add_outcome(&vm, "t/arch", "other-port", RESULT_SKIP);
	add_outcome(&other, "t/arch", "allowed", RESULT_LIE);
	assert_true(trace_add_results(&t, &wire));
	assert_true(trace_add_results(&t, &vm));
	assert_true(trace_add_results(&t, &other));
	results_free(&wire);
	results_free(&vm);
	results_free(&other);
}

static void of_several_runs_the_worst_counts(void **state)
{
	size_t fates[TRACE_FATE_COUNT];

	add_runs(*state);
	assert_int_equal(t.backend_count, 2);
	assert_int_equal(trace_count(&t, "MODE-001", 0, fates), 4);
	assert_int_equal(fates[TRACE_PASSED], 1);   /* other-port: the skip says nothing */
	assert_int_equal(fates[TRACE_FAILED], 1);   /* allowed: passed on one plane only */
	assert_int_equal(fates[TRACE_EXPECTED], 1); /* gateway */
	assert_int_equal(fates[TRACE_NOT_RUN], 1);  /* program */
	trace_count(&t, "MODE-001", 1, fates);
	assert_int_equal(fates[TRACE_NOT_RUN], 3);
	trace_count(&t, "NAT-001", 0, fates);
	assert_int_equal(fates[TRACE_SKIPPED], 1);
	assert_int_equal(t.strangers, 1);
}

static void nine_backends_are_too_many(void **state)
{
	char name[2] = "a";

	assert_int_equal(parse(ALL), 0);
	add_example(*state);
	for (int i = 0; i < 9; i++, name[0]++) {
		struct results r = {.plane = "wire"};

		snprintf(r.backend, sizeof(r.backend), "%s", name);
		assert_int_equal(trace_add_results(&t, &r), i < TRACE_BACKENDS_MAX);
	}
}

static void the_table_shows_areas_levels_and_fates(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	add_runs(*state);
	trace_print(&t, true, to);
	fclose(to);
	assert_non_null(strstr(text,
	                       "Names (MODE, NAT)\n  MODE-001   MUST    covered      4 checks  "
	                       "sound: 1 failed, 1 failed "
	                       "as expected, 1 passed, 1 not run  other: 1 failed, 3 not run\n"
	                       "      t/arch, 4 rows; sound: "));
	assert_non_null(
	        strstr(text, "GUEST-002  MUST    covered      1 check   sound: -  other: -\n"));
	assert_non_null(strstr(
	        text, "5 of 5 requirements are tried: 0 planned, 0 measured; 4 of 4 with MUST\n"));
	assert_non_null(strstr(text, "sound: 1 failed, 1 passed, 2 skipped, 1 not run of those"));
	assert_non_null(strstr(text, "1 results are of cases that these scenarios do not have"));
	free(text);
}

static void the_json_holds_every_case(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	json_t *root, *mode, *c;

	add_runs(*state);
	diag_error(&diag, 0, 0, 0, "an \"error\"");
	trace_write_json(&t, &diag, to);
	fclose(to);
	root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	assert_int_equal(json_array_size(json_object_get(root, "requirements")), 5);
	mode = json_array_get(json_object_get(root, "requirements"), 0);
	assert_string_equal(json_string_value(json_object_get(mode, "id")), "MODE-001");
	c = json_array_get(json_object_get(mode, "cases"), 0);
	assert_string_equal(json_string_value(json_object_get(c, "case")), "t/arch");
	assert_int_equal(json_integer_value(json_object_get(c, "checks")), 4);
	c = json_object_get(json_object_get(c, "backends"), "sound");
	assert_int_equal(json_integer_value(json_object_get(c, "failed")), 1);
	assert_int_equal(json_integer_value(json_object_get(c, "expected")), 1);
	assert_string_equal(json_string_value(json_array_get(json_object_get(root, "errors"), 0)),
	                    "an \"error\"");
	json_decref(root);
	free(text);
}

/* What the command says; its exit code is as wanted. */
static char *command(struct fixture *f, struct scratch *dir, const char *file, const char *option,
                     int wanted)
{
	char trace[] = "trace", requirements[] = "--requirements", scenarios[] = "--scenarios",
	     path[PATH_MAX], word[32];
	char *argv[] = {trace, requirements, path, scenarios, f->dir, word, NULL};
	int out, err, code;

	snprintf(path, sizeof(path), "%s", scratch_path(dir, file));
	snprintf(word, sizeof(word), "%s", option);
	out = scratch_capture(dir, 1, "said");
	err = scratch_capture(dir, 2, "complained");
	code = trace_main(6, argv);
	scratch_release(2, err);
	scratch_release(1, out);
	assert_int_equal(code, wanted);
	return scratch_read(dir, wanted ? "complained" : "said");
}

static void the_command_fails_when_they_disagree(void **state)
{
	/* what the doctor and the fleet cite has to be there, too */
	static const char doctor[] = "## D (CTR)\n| CTR-001 | MUST | x | covered | |\n| CTR-002 | "
	                             "MUST | x | covered | |\n"
	                             "| MODE-006 | MUST | x | covered | |\n"
	                             "| NAT-007 | MUST | x | covered | |\n"
	                             "| LIFE-003 | MUST | x | covered | |\n"
	                             "| LIFE-005 | MUST | x | covered | |\n";
	static struct scratch dir;
	char text[2000], *said;

	scratch_make(&dir);
	fixture_write(*state, "t.scn", FIXTURE_EXAMPLE);
	snprintf(text, sizeof(text), "%s%s", ALL, doctor);
	scratch_write(&dir, "good.md", text);
	scratch_write(&dir, "bad.md", ALL);
	said = command(*state, &dir, "good.md", "--quiet", 0);
	assert_string_equal(
	        said,
	        "11 of 11 requirements are tried: 0 planned, 0 measured; 10 of 10 with MUST\n");
	free(said);
	said = command(*state, &dir, "bad.md", "--json", 1);
	assert_non_null(
	        strstr(said, "bad.md: error: doctor/contract cites CTR-001, which no table lists"));
	free(said);
	said = command(*state, &dir, "none.md", "--quiet", 2);
	assert_non_null(strstr(said, "none.md: No such file"));
	free(said);
	said = command(*state, &dir, "good.md", "--what", 2);
	assert_non_null(strstr(said, "usage: gauntlet trace"));
	free(said);
	said = command(*state, &dir, "good.md", "/nowhere", 2);
	assert_non_null(strstr(said, "/nowhere/results.json"));
	free(said);
	scratch_remove(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(tables_are_read_with_their_areas),
	        cmocka_unit_test(a_row_that_is_malformed_is_told_with_its_place),
	        cmocka_unit_test(what_agrees_is_fine),
	        cmocka_unit_test(an_id_that_is_cited_and_not_listed_is_told),
	        cmocka_unit_test(a_state_that_is_not_true_is_told),
	        cmocka_unit_test(a_must_that_nothing_tries_says_what_it_needs),
	        cmocka_unit_test(a_probe_of_the_doctor_cites_as_well),
	        cmocka_unit_test(of_several_runs_the_worst_counts),
	        cmocka_unit_test(nine_backends_are_too_many),
	        cmocka_unit_test(the_table_shows_areas_levels_and_fates),
	        cmocka_unit_test(the_json_holds_every_case),
	        cmocka_unit_test(the_command_fails_when_they_disagree),
	};
	int status = cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);

	trace_free(&t);
	return status;
}
