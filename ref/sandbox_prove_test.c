/* SPDX-License-Identifier: ISC */
/* sandbox_prove_test.c: every row of the sandbox holds on this kernel, and a row that does not is
 * noticed. */
#include "ref/sandbox_prove.h"

#include "ref/seccomp.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define W      (1U << SANDBOX_WORKER)
#define KILLED (SANDBOX_SIGNAL + SIGSYS)

SANDBOX_ACT(do_it)
{
	return 0;
}

SANDBOX_ACT(be_refused)
{
	return (int)number;
}

SANDBOX_ACT(make_pipe)
{
	int ends[2];

	return SANDBOX_RESULT(pipe(ends));
}

/* Proves the rows; returns the lines. */
static const char *prove(const struct sandbox_acts *acts, bool forbidden,
                         unsigned counts[SANDBOX_PROOFS])
{
	static char text[65536];
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	sandbox_prove_acts(acts, forbidden, out, counts);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void assert_all_hold(const struct sandbox_acts *acts, bool forbidden)
{
	unsigned counts[SANDBOX_PROOFS] = {0};
	const char *text = prove(acts, forbidden, counts);

	for (const char *line = text; (line = strstr(line, "FAIL ")); line++)
		print_error("%.*s\n", (int)strcspn(line, "\n"), line);
	assert_int_equal(counts[SANDBOX_REFUTED], 0);
	assert_true(counts[SANDBOX_PROVED] > 0);
	if (counts[SANDBOX_SKIPPED]) {
		const char *first = strstr(text, "skip ") + 5;

		printf("SKIP %u rows, the first: %.*s\n", counts[SANDBOX_SKIPPED],
		       (int)strcspn(first, "\n"), first);
	}
}

static void what_is_forbidden_cannot_be_done(void **state)
{
	(void)state;
	assert_all_hold(&sandbox_forbidden, true);
}

static void what_is_permitted_can_be_done(void **state)
{
	(void)state;
	assert_all_hold(&sandbox_permitted, false);
}

static enum sandbox_proof prove_one(struct sandbox_act act, bool forbidden, const char *wanted)
{
	char why[SANDBOX_WHY_MAX];
	enum sandbox_proof proof = sandbox_prove_act(&act, forbidden, SANDBOX_WORKER, why);

	if (!strstr(why, wanted))
		fail_msg("\"%s\" has no \"%s\"", why, wanted);
	return proof;
}

static void a_forbidden_act_that_can_be_done_is_refuted(void **state)
{
	const struct sandbox_act act = {
	        .stage = SANDBOX_PRIVILEGES, .outcome = EPERM, .act = do_it, .what = "nothing"};

	(void)state;
	assert_int_equal(prove_one(act, true, "it was done"), SANDBOX_REFUTED);
}

static void an_act_that_the_world_outside_refuses_proves_nothing(void **state)
{
	struct sandbox_act act = {.stage = SANDBOX_PRIVILEGES,
	                          .outcome = EPERM,
	                          .act = be_refused,
	                          .number = EPERM,
	                          .what = "nothing"};

	(void)state;
	assert_int_equal(prove_one(act, true, "outside of the sandbox, too"), SANDBOX_SKIPPED);
	act.outcome = 0;
	assert_int_equal(prove_one(act, false, "outside of the sandbox, too"), SANDBOX_SKIPPED);
}

static void a_refusal_for_another_reason_is_refuted(void **state)
{
	const struct sandbox_act act = {.stage = SANDBOX_PRIVILEGES,
	                                .outcome = EPERM,
	                                .act = be_refused,
	                                .number = ENOSYS,
	                                .what = "nothing"};

	(void)state;
	assert_int_equal(prove_one(act, true, "Function not implemented"), SANDBOX_REFUTED);
}

static void a_permitted_act_that_is_killed_is_refuted(void **state)
{
	const struct sandbox_act act = {
	        .stage = SANDBOX_ALL_STAGES, .act = make_pipe, .what = "make a pipe"};

	(void)state;
	if (seccomp_missing())
		assert_int_equal(prove_one(act, false, ""), SANDBOX_PROVED);
	else
		assert_int_equal(prove_one(act, false, "killed by the filter"), SANDBOX_REFUTED);
}

static void a_later_version_of_landlock_than_this_kernels_is_skipped(void **state)
{
	const struct sandbox_act act = {
	        .stage = SANDBOX_ALL_STAGES, .landlock_abi = 1000, .act = do_it, .what = "nothing"};

	(void)state;
	assert_int_equal(prove_one(act, false, "needs abi 1000"), SANDBOX_SKIPPED);
}

static void lines_say_who_where_what_and_why(void **state)
{
	static const struct sandbox_act rows[] = {
	        {W, SANDBOX_PRIVILEGES, 0, EPERM, "nothing", do_it, 0},
	        {W, SANDBOX_PRIVILEGES, 0, KILLED, "nothing", do_it, 0},
	};
	static const struct sandbox_act permitted[] = {
	        {W | 1U << SANDBOX_JANITOR, SANDBOX_ALL_STAGES, 0, 0, "rest", do_it, 0},
	};
	unsigned counts[SANDBOX_PROOFS] = {0};
	const char *text = prove(&(struct sandbox_acts){rows, 2}, true, counts);

	(void)state;
	assert_string_equal(text, "FAIL worker privileges: nothing fails with EPERM: it was done\n"
	                          "FAIL worker privileges: nothing is killed: it was done\n");
	text = prove(&(struct sandbox_acts){permitted, 1}, false, counts);
	assert_string_equal(text, "ok   worker all stages: can rest\n"
	                          "ok   janitor all stages: can rest\n");
	assert_int_equal(counts[SANDBOX_PROVED], 2);
	assert_int_equal(counts[SANDBOX_REFUTED], 2);
}

static void only_proofs_without_a_refutation_are_a_success(void **state)
{
	static const struct {
		unsigned counts[SANDBOX_PROOFS]; /* proved, refuted, skipped */
		int code;
	} rows[] = {{{1, 0, 0}, 0}, {{1, 0, 9}, 0}, {{0, 0, 0}, 1},
	            {{0, 0, 9}, 1}, {{9, 1, 0}, 1}, {{0, 1, 0}, 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(sandbox_prove_exit(rows[i].counts), rows[i].code);
}

static void every_row_has_all_its_parts(void **state)
{
	static const struct sandbox_acts *const both[] = {&sandbox_forbidden, &sandbox_permitted};

	(void)state;
	for (int t = 0; t < 2; t++)
		for (size_t i = 0; i < both[t]->count; i++) {
			const struct sandbox_act *act = &both[t]->rows[i];

			assert_true(act->roles && act->roles < 1U << SANDBOX_ROLES);
			assert_true(act->stage <= SANDBOX_ALL_STAGES && act->what && act->act);
			assert_true(t || act->outcome); /* forbidden ones are refused somehow */
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_forbidden_cannot_be_done),
	        cmocka_unit_test(what_is_permitted_can_be_done),
	        cmocka_unit_test(a_forbidden_act_that_can_be_done_is_refuted),
	        cmocka_unit_test(an_act_that_the_world_outside_refuses_proves_nothing),
	        cmocka_unit_test(a_refusal_for_another_reason_is_refuted),
	        cmocka_unit_test(a_permitted_act_that_is_killed_is_refuted),
	        cmocka_unit_test(a_later_version_of_landlock_than_this_kernels_is_skipped),
	        cmocka_unit_test(lines_say_who_where_what_and_why),
	        cmocka_unit_test(only_proofs_without_a_refutation_are_a_success),
	        cmocka_unit_test(every_row_has_all_its_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
