/* SPDX-License-Identifier: ISC */
/* run_units_test.c: in however many processes units are played, the results are those of one after the other. */
#include "harness/run.h"

#include "harness/jobs.h"
#include "harness/lab.h"
#include "harness/session.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/plan_fixture.h"
#include "harness/scratch.h"

#define UNITS  6 /* of the fixture on the wire plane */
#define NOBODY 99

static struct stage {
	struct plan_fixture f;
	struct scratch scratch;
	char out[512];
	size_t broken, env, killed; /* units that come to that */
	bool lab;
	struct run run;
} stage;

/* In place of a backend: every row of the unit passes, after a while that is longer for the first units. */
static void play(struct run *r, const struct plan *plan, size_t unit)
{
	const struct unit *u = &plan->units[unit];
	const struct plan_case *c = &plan->cases[u->first];
	size_t rows = c->scn_case->attack ? c->scn_case->row_count : 1;
	char folder[600];

	if (unit == stage.killed)
		raise(SIGKILL);
	usleep((useconds_t)(UNITS - unit) * 2000);
	for (size_t i = 0; i < rows; i++) {
		struct outcome *o;

		if (c->scn_case->attack && !plan_unit_has_row(u, c, i, PLANE_WIRE))
			continue;
		o = results_add(&r->results);
		snprintf(o->id, sizeof(o->id), "%s/%s", c->sel->suite->name, c->scn_case->name);
		if (c->scn_case->attack)
			snprintf(o->row, sizeof(o->row), "%s", c->scn_case->rows[i].id);
		o->at = c->at;
		o->number = (unsigned)i;
		o->result = unit == stage.broken ? RESULT_FAIL : RESULT_PASS;
	}
	r->broken |= unit == stage.broken;
	r->env |= unit == stage.env;
	fprintf(r->stories, "{\"unit\":%zu}\n", unit);
	if (unit % 2)
		fprintf(r->windows, "{\"window\":%zu}\n", unit);
	snprintf(folder, sizeof(folder), "%.500s/failures/%.20s.%.20s", r->out, c->sel->suite->name,
	         c->scn_case->name);
	if (!c->scn_case->attack)
		mkdir(folder, 0777);
}

static int enter(void **state)
{
	stage.lab = lab_enter() == 0;
	(void)state;
	return 0;
}

static int setup(void **state)
{
	struct stage *g = &stage;

	plan_fixture_make(&g->f);
	plan_fixture_plan(&g->f, PLANE_WIRE, 0, 0);
	scratch_make(&g->scratch);
	snprintf(g->out, sizeof(g->out), "%.500s", scratch_path(&g->scratch, "out"));
	mkdir(g->out, 0777);
	mkdir(scratch_path(&g->scratch, "out/failures"), 0777);
	g->broken = g->env = g->killed = NOBODY;
	session_interrupted = 0;
	g->run = (struct run){.plane = PLANE_WIRE, .out = g->out, .play = play};
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct stage *g = *state;

	results_free(&g->run.results);
	plan_free(&g->f.plan);
	scratch_remove(&g->scratch);
	return 0;
}

/* Plays all of it; what stdout and stderr got is not looked at. */
static void run(struct stage *g, unsigned jobs)
{
	int out, err;

	if (!g->lab)
		skip();
	results_free(&g->run.results);
	g->run.results = (struct results){.plane = "wire"};
	g->run.broken = g->run.env = false;
	g->run.jobs = jobs;
	out = scratch_capture(&g->scratch, STDOUT_FILENO, "stdout");
	err = scratch_capture(&g->scratch, STDERR_FILENO, "stderr");
	run_units(&g->run, &g->f.plan);
	scratch_release(STDOUT_FILENO, out);
	scratch_release(STDERR_FILENO, err);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left */
}

/* "0.0 0.1 1.0 ": numbers of cases and rows. */
static const char *places(const struct stage *g)
{
	static char text[256];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < g->run.results.count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%u.%u ",
		                        g->run.results.outcomes[i].at,
		                        g->run.results.outcomes[i].number);
	return text;
}

#define ALL "0.0 0.1 0.2 0.3 1.0 2.0 2.1 3.0 "

static void outcomes_and_lines_are_the_same_with_any_number_of_processes(void **state)
{
	struct stage *g = *state;
	char *first = NULL, *text;

	for (unsigned jobs = 1; jobs <= 8; jobs++) {
		run(g, jobs);
		assert_string_equal(places(g), ALL);
		assert_false(g->run.results.unfinished);
		text = scratch_read(&g->scratch, "stdout");
		if (first)
			assert_string_equal(text, first);
		else
			first = strdup(text);
		free(text);
	}
	free(first);
}

static void stories_and_windows_stand_in_the_order_of_units(void **state)
{
	struct stage *g = *state;
	char *text;

	run(g, 4);
	text = scratch_read(&g->scratch, "out/stories.jsonl");
	assert_string_equal(text, "{\"unit\":0}\n{\"unit\":1}\n{\"unit\":2}\n{\"unit\":3}\n"
	                          "{\"unit\":4}\n{\"unit\":5}\n");
	free(text);
	text = scratch_read(&g->scratch, "out/windows.jsonl");
	assert_string_equal(text, "{\"window\":1}\n{\"window\":3}\n{\"window\":5}\n");
	free(text);
}

static void a_broken_contract_ends_the_run_there_and_what_came_behind_is_forgotten(void **state)
{
	struct stage *g = *state;
	struct stat st;

	for (unsigned jobs = 1; jobs <= 6; jobs++) {
		g->broken = 3; /* case 1; the units of case 0 before it take longer */
		run(g, jobs);
		assert_string_equal(places(g), "0.0 0.1 0.2 0.3 1.0 ");
		assert_true(g->run.broken);
		assert_true(g->run.results.unfinished);
		assert_int_equal(stat(scratch_path(&g->scratch, "out/failures/one.steps"), &st), 0);
		assert_int_not_equal(stat(scratch_path(&g->scratch, "out/failures/two.flood"), &st),
		                     0);
	}
}

static void a_dead_process_is_env_and_never_a_pass(void **state)
{
	struct stage *g = *state;
	unsigned env = 0;
	char *text;

	g->killed = 0; /* the table's drop and pass */
	run(g, 2);
	for (size_t i = 0; i < g->run.results.count; i++) {
		const struct outcome *o = &g->run.results.outcomes[i];

		if (o->at == 0 && (o->number == 0 || o->number == 2)) {
			assert_int_equal(o->result, RESULT_ENV);
			assert_non_null(strstr(o->detail, "was killed by signal 9"));
			env++;
		}
	}
	assert_int_equal(env, 2);
	assert_true(g->run.env);
	text = scratch_read(&g->scratch, "stderr");
	assert_non_null(strstr(text, "one/table was killed by signal 9"));
	free(text);
}

static void an_environment_at_fault_begins_nothing_more(void **state)
{
	struct stage *g = *state;

	g->env = 0;
	run(g, 1);
	assert_string_equal(places(g), "0.0 0.2 ");
	assert_true(g->run.env);
	assert_true(g->run.results.unfinished);
	g->env = 5; /* the heaviest: begun first */
	run(g, 2);
	assert_true(g->run.env);
	assert_true(g->run.results.unfinished);
	assert_true(g->run.results.count < 8);
}

static void who_interrupts_gets_what_was_finished(void **state)
{
	struct stage *g = *state;

	session_interrupted = 1;
	run(g, 3);
	session_interrupted = 0;
	assert_int_equal(g->run.results.count, 0);
	assert_true(g->run.results.unfinished);
}

static void the_default_is_at_least_one(void **state)
{
	struct run r = {.plane = PLANE_WIRE};

	(void)state;
	assert_in_range(run_units_jobs(&r), 1, JOBS_MAX);
	r.plane = PLANE_VM;
	assert_in_range(run_units_jobs(&r), 1, JOBS_MAX);
	r.story = true;
	assert_int_equal(run_units_jobs(&r), 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        T(outcomes_and_lines_are_the_same_with_any_number_of_processes),
	        T(stories_and_windows_stand_in_the_order_of_units),
	        T(a_broken_contract_ends_the_run_there_and_what_came_behind_is_forgotten),
	        T(a_dead_process_is_env_and_never_a_pass),
	        T(an_environment_at_fault_begins_nothing_more),
	        T(who_interrupts_gets_what_was_finished),
	        T(the_default_is_at_least_one),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
