/* SPDX-License-Identifier: ISC */
/* plan_test.c: cases keep their numbers, and every row is played in exactly one unit. */
#include "harness/plan_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct plan_fixture fixture;

static int setup(void **state)
{
	plan_fixture_make(&fixture);
	*state = &fixture;
	return 0;
}

static int teardown(void **state)
{
	plan_free(&((struct plan_fixture *)*state)->plan);
	return 0;
}

static void cases_are_counted_over_the_whole_selection(void **state)
{
	struct plan_fixture *f = *state;
	static const char *const names[] = {"table", "steps", "guests", "flood"};

	plan_fixture_plan(f, PLANE_WIRE, 0, 0);
	assert_int_equal(f->plan.case_count, 4);
	assert_int_equal(f->plan.all_cases, 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_string_equal(f->plan.cases[i].scn_case->name, names[i]);
		assert_int_equal(f->plan.cases[i].at, i);
	}
}

static void a_row_that_ends_the_vm_is_a_unit_of_its_own(void **state)
{
	struct plan_fixture *f = *state;

	plan_fixture_plan(f, PLANE_WIRE, 0, 0);
	assert_int_equal(f->plan.unit_count, 6);
	assert_int_equal(f->plan.cases[0].units, 3);
	assert_int_equal(f->plan.units[0].row, PLAN_TOGETHER);
	assert_int_equal(f->plan.units[1].row, 1);
	assert_int_equal(f->plan.units[2].row, 3);
	for (size_t i = 3; i < 6; i++) {
		assert_int_equal(f->plan.units[i].first, i - 2);
		assert_int_equal(f->plan.units[i].row, PLAN_TOGETHER);
	}
}

/* In how many units of its case this row is played. */
static unsigned played(const struct plan *p, size_t case_index, size_t row, enum scn_plane plane)
{
	unsigned n = 0;

	for (size_t i = 0; i < p->unit_count; i++)
		n += case_index >= p->units[i].first &&
		     case_index < p->units[i].first + p->units[i].count &&
		     plan_unit_has_row(&p->units[i], &p->cases[case_index], row, plane);
	return n;
}

static void every_row_is_played_once(void **state)
{
	static const enum scn_plane planes[] = {PLANE_WIRE, PLANE_KERNEL, PLANE_VM};
	struct plan_fixture *f = *state;

	for (size_t k = 0; k < 3; k++) {
		plan_fixture_plan(f, planes[k], 0, 0);
		for (size_t row = 0; row < 5; row++) /* no program on the wire plane */
			assert_int_equal(played(&f->plan, 0, row, planes[k]),
			                 row < 4 || planes[k] != PLANE_WIRE);
		for (size_t row = 0; row < 2; row++) /* skipped on the wire plane, and told so */
			assert_int_equal(played(&f->plan, 2, row, planes[k]), 1);
	}
}

static void the_number_of_outcomes_is_known_before(void **state)
{
	struct plan_fixture *f = *state;

	plan_fixture_plan(f, PLANE_WIRE, 0, 0);
	assert_int_equal(f->plan.rows, 4 + 1 + 2 + 1);
	plan_fixture_plan(f, PLANE_KERNEL, 0, 0);
	assert_int_equal(f->plan.rows, 5 + 1 + 2);
}

static void a_suite_of_another_plane_is_played_only_by_name(void **state)
{
	struct plan_fixture *f = *state;

	plan_fixture_plan(f, PLANE_KERNEL, 0, 0);
	assert_int_equal(f->plan.all_cases, 3);
	f->sel[1].named = true;
	plan_fixture_plan(f, PLANE_KERNEL, 0, 0);
	assert_int_equal(f->plan.all_cases, 4);
}

static void a_guest_plays_all_of_a_suite(void **state)
{
	struct plan_fixture *f = *state;

	f->sel[1].named = true;
	plan_fixture_plan(f, PLANE_VM, 0, 0);
	assert_int_equal(f->plan.unit_count, 2);
	assert_int_equal(f->plan.units[0].count, 3);
	assert_int_equal(f->plan.units[1].first, 3);
}

static void who_boots_a_guest_of_its_own_is_a_unit_of_its_own(void **state)
{
	struct scn_boot boot = {.restored = false};
	struct step step = {.kind = STEP_BOOT, .boot = &boot};
	struct plan_fixture *f = *state;

	f->cases[1] = (struct scn_case){
	        .name = "steps", .planes = PLANE_VM, .steps = &step, .step_count = 1};
	plan_fixture_plan(f, PLANE_VM, 0, 0);
	assert_int_equal(f->plan.unit_count, 2);
	assert_false(plan_boots(&f->plan, &f->plan.units[0]));
	assert_true(plan_boots(&f->plan, &f->plan.units[1]));
	assert_true(plan_unit_has_case(&f->plan, &f->plan.units[0], 0));
	assert_false(plan_unit_has_case(&f->plan, &f->plan.units[0], 1));
	assert_true(plan_unit_has_case(&f->plan, &f->plan.units[0], 2));
	assert_true(plan_unit_has_case(&f->plan, &f->plan.units[1], 1));
	assert_false(plan_unit_has_case(&f->plan, &f->plan.units[1], 2));
}

static void rows_that_a_guest_sends_first_are_outcomes_beside_their_case(void **state)
{
	struct scn_boot boot = {.attacked = true};
	struct step step = {.kind = STEP_BOOT, .boot = &boot};
	struct plan_fixture *f = *state;
	struct scn_case *c = &f->cases[1];

	*c = (struct scn_case){.name = "steps",
	                       .planes = PLANE_VM,
	                       .steps = &step,
	                       .step_count = 1,
	                       .rows = f->rows,
	                       .row_count = 1};
	plan_fixture_plan(f, PLANE_VM, 0, 0);
	assert_int_equal(f->plan.rows, 5 + 2 + 2);
	assert_int_equal(plan_number(c, NULL), 0);
	assert_int_equal(plan_number(c, &c->rows[0]), 1);
	assert_int_equal(plan_number(&f->cases[0], &f->rows[0]), 0);
}

static void shards_share_out_cases_and_keep_their_numbers(void **state)
{
	struct plan_fixture *f = *state;
	unsigned seen[4] = {0};
	uint64_t print;

	plan_fixture_plan(f, PLANE_WIRE, 0, 0);
	print = f->plan.print;
	for (unsigned i = 1; i <= 3; i++) {
		plan_fixture_plan(f, PLANE_WIRE, i, 3);
		assert_int_equal(f->plan.all_cases, 4);
		assert_true(f->plan.print == print);
		for (size_t k = 0; k < f->plan.case_count; k++) {
			assert_int_equal(f->plan.cases[k].at % 3, i - 1);
			seen[f->plan.cases[k].at]++;
		}
	}
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(seen[i], 1);
}

static void the_print_is_of_the_names(void **state)
{
	struct plan_fixture *f = *state;
	uint64_t before;

	plan_fixture_plan(f, PLANE_WIRE, 0, 0);
	before = f->plan.print;
	f->sel[0].scn_case = &f->cases[0];
	plan_fixture_plan(f, PLANE_WIRE, 0, 0);
	assert_false(f->plan.print == before);
	before = f->plan.print;
	f->sel[0].row = &f->rows[0];
	plan_fixture_plan(f, PLANE_WIRE, 0, 0);
	assert_false(f->plan.print == before);
	f->sel[0] = (struct selection){.suite = &f->one};
	plan_fixture_plan(f, PLANE_WIRE, 0, 0);
	before = f->plan.print;
	strcpy(f->cases[1].name, "other");
	plan_fixture_plan(f, PLANE_WIRE, 0, 0);
	assert_false(f->plan.print == before);
}

static void one_row_is_one_unit(void **state)
{
	struct plan_fixture *f = *state;

	f->sel[0].scn_case = &f->cases[0];
	f->sel[0].row = &f->rows[3];
	plan_fixture_plan(f, PLANE_WIRE, 0, 0);
	assert_int_equal(f->plan.cases[0].units, 1);
	assert_int_equal(f->plan.units[0].row, 3);
	f->sel[0].row = &f->rows[4]; /* nothing of it can be played here */
	plan_fixture_plan(f, PLANE_WIRE, 0, 0);
	assert_int_equal(f->plan.all_cases, 1);
}

static void the_longest_goes_first_and_all_go(void **state)
{
	struct plan_fixture *f = *state;
	uint32_t order[6];
	bool seen[6] = {false};

	plan_fixture_plan(f, PLANE_WIRE, 0, 0);
	plan_longest_first(&f->plan, order);
	assert_int_equal(order[0], 5); /* the flood */
	for (size_t i = 0; i < 6; i++) {
		assert_false(seen[order[i]]);
		seen[order[i]] = true;
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        T(cases_are_counted_over_the_whole_selection),
	        T(a_row_that_ends_the_vm_is_a_unit_of_its_own),
	        T(every_row_is_played_once),
	        T(the_number_of_outcomes_is_known_before),
	        T(a_suite_of_another_plane_is_played_only_by_name),
	        T(a_guest_plays_all_of_a_suite),
	        T(who_boots_a_guest_of_its_own_is_a_unit_of_its_own),
	        T(rows_that_a_guest_sends_first_are_outcomes_beside_their_case),
	        T(shards_share_out_cases_and_keep_their_numbers),
	        T(the_print_is_of_the_names),
	        T(one_row_is_one_unit),
	        T(the_longest_goes_first_and_all_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
