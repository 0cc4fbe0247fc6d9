/* SPDX-License-Identifier: ISC */
#include "harness/report_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *sentence(const unsigned tally[RESULT_COUNT])
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	report_sentence(tally, to);
	fclose(to);
	return text;
}

static void expect(enum report_state state, const char *says, const unsigned tally[RESULT_COUNT])
{
	char *text = sentence(tally);

	assert_string_equal(text, says);
	assert_int_equal(report_state_of(tally), state);
	free(text);
}

static void every_result_has_a_letter_of_its_own_and_a_rank(void **state)
{
	(void)state;
	for (unsigned a = 0; a < RESULT_COUNT; a++) {
		assert_in_range(report_rank((enum result)a), 0, RESULT_COUNT - 1);
		for (unsigned b = 0; b < a; b++) {
			assert_string_not_equal(report_letter((enum result)a),
			                        report_letter((enum result)b));
			assert_string_not_equal(report_class((enum result)a),
			                        report_class((enum result)b));
			assert_int_not_equal(report_rank((enum result)a),
			                     report_rank((enum result)b));
		}
	}
}

static void a_known_leak_is_red(void **state)
{
	(void)state;
	assert_true(report_is_red(RESULT_XFAIL));
	assert_false(report_is_red(RESULT_PASS));
	assert_int_equal(report_worse(RESULT_XFAIL, RESULT_PASS), RESULT_XFAIL);
	assert_int_equal(report_worse(RESULT_PASS, RESULT_XFAIL), RESULT_XFAIL);
	assert_int_equal(report_worse(RESULT_FAIL, RESULT_XFAIL), RESULT_FAIL);
}

static void the_verdict_is_a_sentence_with_the_worst_first(void **state)
{
	(void)state;
	expect(STATE_HOLDS, "holds: all 3 that ran passed; 2 not tried",
	       (unsigned[RESULT_COUNT]){[RESULT_PASS] = 3, [RESULT_SKIP] = 1, [RESULT_NA] = 1});
	expect(STATE_OPEN, "does not hold: 4 of 6 went wrong (1 LIE, 3 FAIL, 1 XFAIL)",
	       (unsigned[RESULT_COUNT]){
	               [RESULT_PASS] = 1, [RESULT_FAIL] = 3, [RESULT_LIE] = 1, [RESULT_XFAIL] = 1});
	expect(STATE_KNOWN,
	       "leaks where it is known to, and nowhere else: 2 of 3 are known leaks (XFAIL)",
	       (unsigned[RESULT_COUNT]){[RESULT_PASS] = 1, [RESULT_XFAIL] = 2});
	expect(STATE_OPEN, "proves nothing: allowed traffic did not flow in 2 of 3 (2 VACUOUS)",
	       (unsigned[RESULT_COUNT]){[RESULT_PASS] = 1, [RESULT_VACUOUS] = 2});
	expect(STATE_UNJUDGED, "could not be judged: the environment was at fault in 1 of 2",
	       (unsigned[RESULT_COUNT]){[RESULT_PASS] = 1, [RESULT_ENV] = 1});
	expect(STATE_NOTHING, "was not judged: nothing ran; 4 not tried",
	       (unsigned[RESULT_COUNT]){[RESULT_SKIP] = 4});
	expect(STATE_NOTHING, "was not judged: nothing ran", (unsigned[RESULT_COUNT]){0});
	expect(STATE_OPEN, "does not hold: 1 of 1 went wrong (1 XPASS)",
	       (unsigned[RESULT_COUNT]){[RESULT_XPASS] = 1});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_result_has_a_letter_of_its_own_and_a_rank),
	        cmocka_unit_test(a_known_leak_is_red),
	        cmocka_unit_test(the_verdict_is_a_sentence_with_the_worst_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
