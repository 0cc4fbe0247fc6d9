/* SPDX-License-Identifier: ISC */
/* matrix_test.c: who killed whom. */
#include "harness/matrix.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <jansson.h>

#include "harness/files.h"
#include "harness/scratch.h"

#define CASES 5

/* A run of five cases of one attack table; `letters` has one a case: P pass, F fail, f fail by a doubt, L lie, A
 * audit gap, C crash, H hang, X xpass, x xfail, V vacuous, E env, S skip, - not there. */
static struct results run_of(const char *letters)
{
	static const struct {
		char letter;
		enum result result;
	} table[] = {{'P', RESULT_PASS},      {'F', RESULT_FAIL},  {'L', RESULT_LIE},
	             {'A', RESULT_AUDIT_GAP}, {'C', RESULT_CRASH}, {'H', RESULT_HANG},
	             {'X', RESULT_XPASS},     {'x', RESULT_XFAIL}, {'V', RESULT_VACUOUS},
	             {'E', RESULT_ENV},       {'S', RESULT_SKIP}};
	struct results r = {.backend = "refnat", .plane = "wire"};

	for (size_t i = 0; letters[i]; i++) {
		struct outcome *o;

		if (letters[i] == '-')
			continue;
		o = results_add(&r);
		strcpy(o->id, "suite/arch");
		snprintf(o->row, sizeof(o->row), "row-%zu", CASES - i); /* not in order */
		for (size_t j = 0; j < sizeof(table) / sizeof(table[0]); j++) {
			if (table[j].letter == letters[i])
				o->result = table[j].result;
		}
		if (letters[i] == 'F' || letters[i] == 'L')
			strcpy(o->detail, "crossed the wire: a packet of this row");
		if (letters[i] == 'f') {
			o->result = RESULT_FAIL;
			strcpy(o->detail, "in a batch, though not alone: something");
		}
	}
	return r;
}

static void begin(struct matrix *m, const char *baseline)
{
	struct results r = run_of(baseline);

	matrix_init(m, &r, 1);
	matrix_mark_negative(m, "suite/arch/row-5", NEGATIVE_ROW);
	matrix_mark_negative(m, "suite/arch/row-4", NEGATIVE_ROW);
	matrix_mark_negative(m, "suite/arch/row-1", NEGATIVE_ROW);
	matrix_mark_negative(m, "suite/arch/unknown", NEGATIVE_ROW);
}

static enum fate fate_of(const char *baseline, const char *letters, size_t *killers)
{
	struct results run = run_of(letters);
	struct matrix m;
	enum fate fate;

	begin(&m, baseline);
	matrix_add(&m, "mutant", FATE_KILLED, &run);
	fate = m.list[0].fate;
	*killers = m.list[0].killer_count;
	assert_int_equal(matrix_is_as_expected(&m), fate == FATE_KILLED);
	matrix_free(&m);
	results_free(&run);
	return fate;
}

static void every_finding_kills_and_nothing_else_does(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(fate_of("PPPPP", "FLACH", &n), FATE_KILLED);
	assert_int_equal(n, 5);
	assert_int_equal(fate_of("PPPPP", "XPPPP", &n), FATE_KILLED);
	assert_int_equal(n, 1);
	assert_int_equal(fate_of("PPPPP", "PPESx", &n), FATE_SURVIVED);
	assert_int_equal(n, 0);
	assert_int_equal(fate_of("PPPPP", "-----", &n), FATE_SURVIVED);
}

static void only_what_passed_with_the_sound_backend_can_kill(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(fate_of("FxVS-", "FFFFF", &n), FATE_SURVIVED);
	assert_int_equal(n, 0);
	assert_int_equal(fate_of("FxVSP", "FFFFF", &n), FATE_KILLED);
	assert_int_equal(n, 1);
}

static void a_row_that_fails_with_all_others_kills_but_proves_nothing(void **state)
{
	struct results run = run_of("fFFFf");
	struct matrix m;

	(void)state;
	begin(&m, "PPPPP");
	matrix_add(&m, "mutant", FATE_KILLED, &run);
	assert_int_equal(m.list[0].killer_count, 5);
	assert_int_equal(m.proofs[0], 0);
	assert_int_equal(m.proofs[1], 1);
	assert_int_equal(m.proofs[2], 0); /* not negative */
	assert_int_equal(m.proofs[4], 0);
	matrix_free(&m);
	results_free(&run);
}

static void vacuous_counts_only_when_nothing_kills(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(fate_of("PPPPP", "VVVVV", &n), FATE_VACUOUS);
	assert_int_equal(fate_of("PPPPP", "VPPPP", &n), FATE_VACUOUS);
	assert_int_equal(fate_of("PPPPP", "VVVVF", &n), FATE_KILLED);
}

static char *print(const struct matrix *m, bool verbose)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	matrix_print(m, verbose, to);
	fclose(to);
	return text;
}

static void make_three(struct matrix *m)
{
	static const struct {
		const char *name, *letters;
		enum fate expected;
	} mutants[] = {{"allow-all", "FPFFP", FATE_KILLED},
	               {"drop-all", "VVVVV", FATE_VACUOUS},
	               {"ttl", "PPPPP", FATE_KILLED}};

	begin(m, "PPPPP");
	for (size_t i = 0; i < 3; i++) {
		struct results run = run_of(mutants[i].letters);

		matrix_add(m, mutants[i].name, mutants[i].expected, &run);
		results_free(&run);
	}
}

static void people_read_fates_killers_and_rows_that_prove_nothing(void **state)
{
	struct matrix m;
	char *text;

	(void)state;
	make_three(&m);
	text = print(&m, false);
	assert_string_equal(text, "a suite\n"
	                          "\n"
	                          "mutant     result    cases   a\n"
	                          "allow-all  killed        3   3\n"
	                          "drop-all   vacuous       0   .\n"
	                          "ttl        survived      0   .  <-- should be killed\n"
	                          "\n"
	                          "3 mutants: 1 killed, 1 vacuous, 1 survived; 1 not as expected\n"
	                          "proves nothing yet: 2 of 3 negative cases caught no mutant; "
	                          "--verbose lists them\n");
	free(text);
	text = print(&m, true);
	assert_non_null(strstr(text, "   3\n    suite/arch/row-5\n    suite/arch/row-3\n"));
	assert_non_null(strstr(text, "mutant\n  suite/arch/row-4\n  suite/arch/row-1\n"));
	free(text);
	assert_false(matrix_is_as_expected(&m));
	matrix_free(&m);
}

static void programs_read_json(void **state)
{
	struct matrix m;
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	json_t *root;

	(void)state;
	make_three(&m);
	matrix_write_json(&m, to);
	fclose(to);
	assert_string_equal(text,
	                    "{\"mutants\":[\n"
	                    "{\"name\":\"allow-all\",\"plane\":\"wire\",\"result\":\"killed\","
	                    "\"expected\":\"killed\",\"killed_by\":[\"suite/arch/row-5\","
	                    "\"suite/arch/row-3\",\"suite/arch/row-2\"]},\n"
	                    "{\"name\":\"drop-all\",\"plane\":\"wire\",\"result\":\"vacuous\","
	                    "\"expected\":\"vacuous\",\"killed_by\":[]},\n"
	                    "{\"name\":\"ttl\",\"plane\":\"wire\",\"result\":\"survived\","
	                    "\"expected\":\"killed\",\"killed_by\":[]}\n"
	                    "],\n\"negative\":3,\n\"proves_nothing\":[\n"
	                    "\"suite/arch/row-4\",\n\"suite/arch/row-1\"\n]}\n");
	root = json_loads(text, 0, NULL);
	assert_non_null(root);
	json_decref(root);
	free(text);
	matrix_free(&m);
}

static void a_row_that_did_not_pass_when_sound_owes_no_kill(void **state)
{
	struct matrix m;
	char *text;

	(void)state;
	begin(&m, "PSx");
	text = print(&m, true);
	assert_non_null(strstr(text, ": 1 of 1 negative cases caught no mutant\n"));
	free(text);
	matrix_free(&m);
}

/* Row 5 of the only case failed with `result` and `detail`, its neighbour row 4 with `other`. */
static unsigned proofs_of(enum negative kind, enum result result, const char *detail,
                          enum result other)
{
	struct results run = run_of("PP");
	struct matrix m;
	unsigned proofs;

	begin(&m, "PP");
	matrix_mark_negative(&m, "suite/arch/row-5", kind);
	matrix_mark_negative(&m, "suite/arch/row-4", NEGATIVE_END);
	run.outcomes[0].result = result;
	strcpy(run.outcomes[0].detail, detail);
	run.outcomes[1].result = other;
	matrix_add(&m, "mutant", FATE_KILLED, &run);
	proofs = m.proofs[0];
	matrix_free(&m);
	results_free(&run);
	return proofs;
}

static void what_a_case_forbids_says_which_failure_is_its_own(void **state)
{
	static const char not_ended[] = "the VM was not ended: the backend exited with 0";
	static const char missing[] = "line 8: `wire udp * > *` was seen 0 times";

	(void)state;
	assert_int_equal(proofs_of(NEGATIVE_ROW, RESULT_FAIL, missing, RESULT_PASS), 0);
	assert_int_equal(proofs_of(NEGATIVE_ROW, RESULT_CRASH, "", RESULT_PASS), 1);
	/* of a table whose rows all fail none has shown anything about its own frame */
	assert_int_equal(proofs_of(NEGATIVE_END, RESULT_FAIL, not_ended, RESULT_PASS), 1);
	assert_int_equal(proofs_of(NEGATIVE_END, RESULT_FAIL, not_ended, RESULT_FAIL), 0);
	assert_int_equal(proofs_of(NEGATIVE_CASE, RESULT_FAIL, missing, RESULT_FAIL), 1);
	assert_int_equal(proofs_of(NEGATIVE_CASE, RESULT_HANG, "", RESULT_FAIL), 0);
	assert_int_equal(proofs_of(NEGATIVE_NOT, RESULT_CRASH, "", RESULT_FAIL), 0);
}

static void planes_are_compared_each_with_its_own_and_reported_together(void **state)
{
	struct results both[2] = {run_of("PP"), run_of("PF")}, wire = run_of("PP"),
	               kernel = run_of("FF");
	struct matrix m;
	char *text;

	(void)state;
	both[1].plane = kernel.plane = "kernel";
	matrix_init(&m, both, 2);
	matrix_mark_negative(&m, "suite/arch/row-5", NEGATIVE_ROW);
	matrix_mark_negative(&m, "suite/arch/row-4", NEGATIVE_ROW);
	assert_true(matrix_has_plane(&m, "kernel"));
	assert_false(matrix_has_plane(&m, "vm"));
	matrix_add(&m, "quiet", FATE_KILLED, &wire);
	matrix_add(&m, "loud", FATE_KILLED, &kernel);
	assert_int_equal(m.list[0].fate, FATE_SURVIVED);
	assert_int_equal(m.list[1].killer_count, 1); /* the other did not pass when sound */
	text = print(&m, false);
	assert_non_null(strstr(text, "killed        1   1  (plane kernel)\n"));
	/* row-5 was caught on one of its planes, which is enough; row-4 is listed once */
	assert_non_null(strstr(text, ": 1 of 2 negative cases"));
	free(text);
	matrix_free(&m);
	results_free(&wire);
	results_free(&kernel);
}

/* ---- the sub-command ---- */

/* Folder scn: the suite of run_of(), whose rows 1 to 3 say drop. */
static void make_scenario(struct scratch *s)
{
	if (file_make_folder(scratch_path(s, "scn")))
		abort();
	scratch_write(s, "scn/flags.txt", "EXFIL  lets data out\n");
	scratch_write(s, "scn/policy.json",
	              "{\"version\": 1, \"mode\": \"filtered\", \"vm\": {\"mac\": "
	              "\"52:54:00:12:34:56\", \"ip\": \"192.168.100.2/24\", \"gateway\": "
	              "\"192.168.100.1\"}, \"allow\": [{\"id\": \"consumer\", \"proto\": "
	              "\"udp\", \"ip\": \"203.0.113.50\", \"port\": 51900}]}\n");
	scratch_write(s, "scn/suite.scn",
	              "suite suite\npolicy policy.json\nplanes wire\n"
	              "sentinel udp $VM:40000 > $CONSUMER\n\n"
	              "attack arch req MODE-001\n"
	              "| id | recipe | verdict | why | flags |\n"
	              "| row-1 | udp $VM:4000 > $T:1 | drop | not allowed | EXFIL |\n"
	              "| row-2 | udp $VM:4000 > $T:2 | drop | not allowed | EXFIL |\n"
	              "| row-3 | udp $VM:4000 > $T:3 | drop | not allowed | EXFIL |\n"
	              "| row-4 | udp $VM:4000 > $CONSUMER | pass | allowed | EXFIL |\n");
}

static int make(void **state)
{
	static struct scratch s;
	static const struct {
		const char *dir, *letters;
	} runs[] = {{"base", "PPPPP"}, {"leaky", "PFPPP"}, {"mute", "VVVVV"}, {"good", "PPPPP"}};

	scratch_make(&s);
	make_scenario(&s);
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		struct results r = run_of(runs[i].letters);

		if (results_write(&r, scratch_path(&s, runs[i].dir)))
			abort();
		results_free(&r);
	}
	{
		struct results r = run_of("PPPPP");

		r.plane = "kernel";
		if (results_write(&r, scratch_path(&s, "tap")))
			abort();
		results_free(&r);
	}
	*state = &s;
	return 0;
}

static int remove_all(void **state)
{
	scratch_remove(*state);
	return 0;
}

/* Runs `gauntlet matrix` with the words of `line` in the scratch folder. */
static int run(struct scratch *s, const char *line)
{
	char words[1024], *argv[16], *rest = words;
	int argc = 0, out, err, status, here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	snprintf(words, sizeof(words), "matrix %s", line);
	while ((argv[argc] = strtok_r(rest, " ", &rest)))
		argc++;
	assert_int_equal(chdir(s->dir), 0);
	out = scratch_capture(s, 1, "stdout");
	err = scratch_capture(s, 2, "stderr");
	status = matrix_main(argc, argv);
	scratch_release(2, err);
	scratch_release(1, out);
	assert_int_equal(fchdir(here), 0);
	close(here);
	return status;
}

static void expect_said(struct scratch *s, const char *name, const char *want)
{
	char *text = scratch_read(s, name);

	if (!text || !strstr(text, want))
		fail_msg("%s", text ? text : "no file");
	free(text);
}

static void a_suite_that_kills_all_it_should_exits_0(void **state)
{
	assert_int_equal(run(*state, "--baseline base --scenarios scn --out new/mutants.json "
	                             "a=leaky b=mute:vacuous c=leaky:killed"),
	                 0);
	expect_said(*state, "stdout", "3 mutants: 2 killed, 1 vacuous, 0 survived; 0 not");
	expect_said(*state, "new/mutants.json",
	            "\"expected\":\"killed\",\"killed_by\":[\"suite/arch/row-4\"]}");
}

static void another_fate_than_expected_exits_1(void **state)
{
	assert_int_equal(run(*state, "--baseline base --scenarios scn a=good"), 1);
	expect_said(*state, "stdout", "survived      0   .  <-- should be killed");
	assert_int_equal(run(*state, "--baseline base --scenarios scn a=mute"), 1);
	assert_int_equal(run(*state, "--baseline base --scenarios scn a=leaky:vacuous"), 1);
}

static void drop_rows_are_known_from_the_scenarios(void **state)
{
	assert_int_equal(run(*state, "--baseline base --scenarios scn --verbose a=leaky"), 0);
	expect_said(*state, "stdout",
	            "3 of 3 negative cases caught no mutant\n  suite/arch/row-3\n  "
	            "suite/arch/row-2\n  suite/arch/row-1\n");
}

static void a_scenario_with_an_error_exits_2(void **state)
{
	scratch_write(*state, "bad.scn", "suite bad\nfrob\n");
	assert_int_equal(run(*state, "--baseline base --scenarios . a=leaky"), 2);
	expect_said(*state, "stderr", "bad.scn:2:1: error");
}

static void what_cannot_be_read_exits_2_and_is_named(void **state)
{
	static const struct {
		const char *line, *said;
	} bad[] = {
	        {"", "--baseline is missing"},
	        {"--baseline base", "no mutant given"},
	        {"--baseline nowhere --scenarios scn a=leaky", "nowhere/results.json"},
	        {"--baseline base --scenarios scn a=gone", "gone/results.json"},
	        {"--baseline base --scenarios gone a=leaky", "gone"},
	        {"--baseline base --scenarios scn leaky", "'leaky' is not NAME=DIR"},
	        {"--baseline base --scenarios scn =leaky", "is not NAME=DIR"},
	        {"--baseline base --scenarios scn a=", "is not NAME=DIR"},
	        {"--baseline base --scenarios scn a=leaky:dead", "'dead' is neither"},
	        {"--baseline base --scenarios scn --out base/results.json/x a=leaky", "base"},
	        {"--baseline base --scenarios scn a=tap", "plane kernel, of which there is no"},
	        {"--frob", "usage: gauntlet matrix"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(run(*state, bad[i].line), 2);
		expect_said(*state, "stderr", bad[i].said);
	}
	assert_int_equal(run(*state, "--help"), 0);
	expect_said(*state, "stdout", "usage: gauntlet matrix");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_finding_kills_and_nothing_else_does),
	        cmocka_unit_test(only_what_passed_with_the_sound_backend_can_kill),
	        cmocka_unit_test(a_row_that_fails_with_all_others_kills_but_proves_nothing),
	        cmocka_unit_test(vacuous_counts_only_when_nothing_kills),
	        cmocka_unit_test(people_read_fates_killers_and_rows_that_prove_nothing),
	        cmocka_unit_test(programs_read_json),
	        cmocka_unit_test(a_row_that_did_not_pass_when_sound_owes_no_kill),
	        cmocka_unit_test(what_a_case_forbids_says_which_failure_is_its_own),
	        cmocka_unit_test(planes_are_compared_each_with_its_own_and_reported_together),
	        cmocka_unit_test(a_suite_that_kills_all_it_should_exits_0),
	        cmocka_unit_test(another_fate_than_expected_exits_1),
	        cmocka_unit_test(drop_rows_are_known_from_the_scenarios),
	        cmocka_unit_test(a_scenario_with_an_error_exits_2),
	        cmocka_unit_test(what_cannot_be_read_exits_2_and_is_named),
	};

	return cmocka_run_group_tests(tests, make, remove_all);
}
