/* SPDX-License-Identifier: ISC */
#include "harness/report_model.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "harness/report_fixture.h"

static int make(void **state)
{
	static struct report_fixture f;

	fixture_begin(&f);
	fixture_finish(&f);
	*state = &f;
	return 0;
}

static int free_all(void **state)
{
	fixture_free(*state);
	return 0;
}

static const struct report_case *find_case(const struct report_model *m, const char *id)
{
	size_t at = strtab_find(&m->case_ids, id);

	assert_true(at != STRTAB_NONE);
	return &m->cases[at];
}

static void runs_stand_side_by_side(void **state)
{
	const struct report_model *m = &((struct report_fixture *)*state)->model;
	size_t at = strtab_find(&m->names, "core/names/dns");

	assert_int_equal(m->names.count, 4);
	assert_int_equal(m->case_ids.count, 3);
	assert_int_equal(m->rows[at].outcomes[0]->result, RESULT_PASS);
	assert_int_equal(m->rows[at].outcomes[1]->result, RESULT_FAIL);
	at = strtab_find(&m->names, "core/new");
	assert_null(m->rows[at].outcomes[0]);
	assert_int_equal(find_case(m, "core/names")->row_count, 2);
}

static void a_case_stands_under_the_first_requirement_it_cites(void **state)
{
	const struct report_model *m = &((struct report_fixture *)*state)->model;
	const struct report_requirement *home = &m->requirements[find_case(m, "core/names")->home];

	assert_string_equal(home->id, "DNS-001");
	assert_string_equal(home->known->sentence, "No names.");
	assert_int_equal(home->case_count, 1);
}

static void the_other_requirements_point_at_it(void **state)
{
	const struct report_model *m = &((struct report_fixture *)*state)->model;
	const struct report_requirement *q =
	        &m->requirements[strtab_find(&m->requirement_ids, "MODE-001")];

	assert_int_equal(q->case_count, 0);
	assert_int_equal(q->also_count, 1);
	assert_string_equal(m->cases[q->also[0]].id, "core/names");
}

static void areas_come_as_the_page_lists_them_and_unknown_ones_last(void **state)
{
	const struct report_model *m = &((struct report_fixture *)*state)->model;

	assert_int_equal(m->area_count, 3);
	assert_string_equal(m->areas[0].title, "Modes");
	assert_string_equal(m->areas[1].code, "DNS");
	assert_string_equal(m->areas[2].title, "XTRA");
	assert_null(m->requirements[m->areas[2].requirements[0]].known);
}

static void the_worst_of_a_case_is_counted(void **state)
{
	const struct report_model *m = &((struct report_fixture *)*state)->model;
	enum result worst;

	assert_int_equal(report_case_worst(m, find_case(m, "core/names"), 0, &worst), 2);
	assert_int_equal(worst, RESULT_PASS);
	assert_int_equal(report_case_worst(m, find_case(m, "core/names"), 1, &worst), 1);
	assert_int_equal(worst, RESULT_FAIL);
	assert_int_equal(report_case_worst(m, find_case(m, "core/new"), 0, &worst), 0);
}

static void an_area_counts_what_stands_in_it(void **state)
{
	const struct report_model *m = &((struct report_fixture *)*state)->model;
	unsigned tally[RESULT_COUNT];

	report_area_tally(m, &m->areas[1], 1, tally);
	assert_int_equal(tally[RESULT_FAIL], 1);
	assert_int_equal(tally[RESULT_XFAIL], 1);
	report_area_tally(m, &m->areas[0], 0, tally);
	assert_int_equal(tally[RESULT_PASS], 1);
}

static void rows_agree_when_result_and_reason_are_the_same(void **state)
{
	const struct report_model *m = &((struct report_fixture *)*state)->model;

	assert_true(report_case_agrees(m, find_case(m, "core/names"), 0));
	assert_false(report_case_agrees(m, find_case(m, "core/names"), 1));
	assert_false(report_case_agrees(m, find_case(m, "core/new"), 1)); /* has one row */
}

static void without_runs_and_requirements_there_is_an_empty_model(void **state)
{
	struct requirements none = {0};
	struct report_model m;

	(void)state;
	report_model_make(&m, NULL, 0, &none);
	assert_int_equal(m.names.count + m.area_count, 0);
	report_model_free(&m);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make, free_all)
	const struct CMUnitTest tests[] = {
	        TEST(runs_stand_side_by_side),
	        TEST(a_case_stands_under_the_first_requirement_it_cites),
	        TEST(the_other_requirements_point_at_it),
	        TEST(areas_come_as_the_page_lists_them_and_unknown_ones_last),
	        TEST(the_worst_of_a_case_is_counted),
	        TEST(an_area_counts_what_stands_in_it),
	        TEST(rows_agree_when_result_and_reason_are_the_same),
	        cmocka_unit_test(without_runs_and_requirements_there_is_an_empty_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
