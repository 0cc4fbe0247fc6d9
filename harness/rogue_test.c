/* SPDX-License-Identifier: ISC */
/* rogue_test.c: what many tries come to, on paper. */
#include "harness/rogue.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static struct rogue_try timed(enum rogue_kind kind, double gone)
{
	return (struct rogue_try){.kind = kind,
	                          .ms = {.wire = 0.5, .decided = 0.75, .last = -1, .gone = gone}};
}

static void figures_are_by_nearest_rank(void **state)
{
	struct rogue_try tries[200];
	struct rogue_figures f;

	(void)state;
	for (int i = 0; i < 200; i++) /* from the last to the first, two of each */
		tries[i] = timed(ROGUE_BACKEND_KILL, 100 - (int)(i / 2));
	f = rogue_count(tries, 200, ROGUE_BACKEND_KILL, rogue_gone);
	assert_int_equal(f.count, 200);
	assert_float_equal(f.p50, 50, 0);
	assert_float_equal(f.p99, 99, 0);
	assert_float_equal(f.max, 100, 0);
	f = rogue_count(tries, 1, ROGUE_BACKEND_KILL, rogue_gone);
	assert_float_equal(f.p50, 100, 0);
	assert_float_equal(f.p99, 100, 0);
}

static void only_its_own_kind_counts_no_controls_and_none_that_lived(void **state)
{
	struct rogue_try tries[] = {timed(ROGUE_BACKEND_KILL, 5), timed(ROGUE_BACKEND_QUIT, 6),
	                            timed(ROGUE_BACKEND_KILL, -1), timed(ROGUE_BACKEND_KILL, 7)};
	struct rogue_figures f;

	(void)state;
	tries[3].control = true;
	f = rogue_count(tries, 4, ROGUE_BACKEND_KILL, rogue_gone);
	assert_int_equal(f.count, 1);
	assert_float_equal(f.max, 5, 0);
	assert_float_equal(rogue_count(tries, 4, ROGUE_BACKEND_KILL, rogue_decided).max, 0.75, 0);
	assert_float_equal(rogue_count(tries, 4, ROGUE_BACKEND_KILL, rogue_wire).max, 0.5, 0);
	f = rogue_count(tries, 4, ROGUE_BACKEND_KILL, rogue_last);
	assert_int_equal(f.count, 0);
	assert_float_equal(f.p50, -1, 0);
	assert_int_equal(rogue_count(tries, 4, ROGUE_DETECTOR_KILL, rogue_gone).count, 0);
}

static void an_edge_belongs_to_the_bar_above_it(void **state)
{
	static const double values[] = {0, 0.999, 1, 1.999, 999, 1000, 1999, 2000, 1e6};
	static const unsigned bars[ROGUE_BARS] = {2, 2, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2};
	struct rogue_try tries[9];
	struct rogue_figures f;

	(void)state;
	for (int i = 0; i < 9; i++)
		tries[i] = timed(ROGUE_DETECTOR_QUIT, values[i]);
	f = rogue_count(tries, 9, ROGUE_DETECTOR_QUIT, rogue_gone);
	assert_memory_equal(f.bars, bars, sizeof(bars));
}

static char *written(const struct rogue_try *tries, size_t count, bool json)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (json)
		rogue_write_json(tries, count, "a \"backend\"", "tcg", true, f);
	else
		rogue_write_text(tries, count, f);
	fclose(f);
	return text;
}

static void the_json_holds_each_try_and_its_controls(void **state)
{
	struct rogue_try tries[] = {timed(ROGUE_DETECTOR_QUIT, 8), timed(ROGUE_BACKEND_QUIT, 12.5),
	                            timed(ROGUE_BACKEND_QUIT, -1), timed(ROGUE_BACKEND_QUIT, -1)};
	json_t *root, *kinds, *kind, *one;
	char *text;

	(void)state;
	tries[2].result = RESULT_FAIL;
	strcpy(tries[2].why, "it \"lived\"");
	tries[3].control = true;
	tries[3].behind = 100;
	text = written(tries, 4, true);
	root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	assert_string_equal(json_string_value(json_object_get(root, "backend")), "a \"backend\"");
	assert_true(json_is_true(json_object_get(root, "restored")));
	kinds = json_object_get(root, "kinds");
	assert_int_equal(json_array_size(kinds), 2); /* of those that were tried */
	kind = json_array_get(kinds, 1);
	assert_string_equal(json_string_value(json_object_get(kind, "name")), "backend-quit");
	assert_int_equal(json_integer_value(json_object_get(kind, "count")), 1);
	assert_float_equal(json_number_value(json_object_get(kind, "max_ms")), 12.5, 0);
	assert_int_equal(json_array_size(json_object_get(kind, "histogram")), ROGUE_BARS);
	assert_int_equal(json_array_size(json_object_get(kind, "tries")), 2);
	one = json_array_get(json_object_get(kind, "tries"), 1);
	assert_true(json_is_null(json_object_get(one, "gone_ms")));
	assert_string_equal(json_string_value(json_object_get(one, "why")), "it \"lived\"");
	assert_int_equal(json_array_size(json_object_get(kind, "controls")), 1);
	json_decref(root);
	free(text);
}

static void the_summary_says_p50_p99_max_and_draws_bars(void **state)
{
	struct rogue_try tries[] = {timed(ROGUE_DETECTOR_KILL, 8), timed(ROGUE_DETECTOR_KILL, 3)};
	char *text;

	(void)state;
	text = written(tries, 2, false);
	assert_non_null(strstr(text, "seen by the detector, ended by SIGKILL: 2 tries"));
	assert_non_null(strstr(text, "VM gone                     3.00      8.00      8.00\n"));
	assert_non_null(strstr(text, "below    5 ms    1 ####"));
	assert_non_null(strstr(text, "below   10 ms    1 ####"));
	assert_null(strstr(text, "last frame")); /* there was none */
	free(text);
}

static void each_try_becomes_an_outcome_that_cites_its_requirement(void **state)
{
	struct rogue_try tries[] = {timed(ROGUE_DETECTOR_KILL, 8), timed(ROGUE_BACKEND_QUIT, 3),
	                            timed(ROGUE_BACKEND_KILL, -1)};
	struct results r = {.plane = "vm"};
	char name[OUTCOME_NAME_MAX];

	(void)state;
	tries[1].result = RESULT_FAIL;
	strcpy(tries[1].why, "it lived");
	tries[2].control = true;
	rogue_results(tries, 3, &r);
	assert_int_equal(r.count, 3);
	assert_string_equal(outcome_name(&r.outcomes[0], name), "rogue/detector-kill/try-1");
	assert_string_equal(r.outcomes[0].req.id[0], "ROGUE-001");
	assert_string_equal(outcome_name(&r.outcomes[1], name), "rogue/backend-quit/try-2");
	assert_string_equal(r.outcomes[1].req.id[0], "TERM-001");
	assert_string_equal(r.outcomes[1].detail, "it lived");
	assert_int_equal(r.outcomes[1].result, RESULT_FAIL);
	assert_string_equal(outcome_name(&r.outcomes[2], name),
	                    "rogue/backend-lets-what-is-allowed/try-3");
	assert_int_equal(results_exit_code(&r), 1);
	results_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(figures_are_by_nearest_rank),
	        cmocka_unit_test(only_its_own_kind_counts_no_controls_and_none_that_lived),
	        cmocka_unit_test(an_edge_belongs_to_the_bar_above_it),
	        cmocka_unit_test(the_json_holds_each_try_and_its_controls),
	        cmocka_unit_test(the_summary_says_p50_p99_max_and_draws_bars),
	        cmocka_unit_test(each_try_becomes_an_outcome_that_cites_its_requirement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
