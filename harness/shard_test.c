/* SPDX-License-Identifier: ISC */
/* shard_test.c: what --shard takes, and that shards share out all cases. */
#include "harness/shard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void two_numbers_with_a_slash_are_a_shard(void **state)
{
	static const struct {
		const char *text;
		struct shard shard;
	} good[] = {
	        {"1/1", {1, 1}},
	        {"1/4", {1, 4}},
	        {"4/4", {4, 4}},
	        {"17/100", {17, 100}},
	        {"1000/1000", {1000, 1000}},
	};
	char text[SHARD_TEXT_MAX];
	struct shard s;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(shard_parse(good[i].text, &s));
		assert_int_equal(s.number, good[i].shard.number);
		assert_int_equal(s.of, good[i].shard.of);
		assert_string_equal(shard_text(&s, text), good[i].text);
	}
}

static void anything_else_is_none(void **state)
{
	static const char *const bad[] = {"",
	                                  "/",
	                                  "1",
	                                  "1/",
	                                  "/4",
	                                  "0/4",
	                                  "5/4",
	                                  "1/0",
	                                  "0/0",
	                                  "-1/4",
	                                  "1/-4",
	                                  "+1/4",
	                                  " 1/4",
	                                  "1 /4",
	                                  "1/ 4",
	                                  "1/4 ",
	                                  "1/4x",
	                                  "x1/4",
	                                  "1/4/2",
	                                  "1.0/4",
	                                  "01/4",
	                                  "1/04",
	                                  "0x1/4",
	                                  "1001/1001",
	                                  "1/1001",
	                                  "4294967297/4294967297",
	                                  "1/99999999999999999999",
	                                  "1:4",
	                                  "1\\4"};
	struct shard s = {7, 9};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(shard_parse(bad[i], &s));
		assert_int_equal(s.number, 7);
		assert_int_equal(s.of, 9);
	}
}

static void every_case_is_in_exactly_one_shard(void **state)
{
	(void)state;
	for (unsigned of = 1; of <= 12; of++)
		for (unsigned at = 0; at < 50; at++) {
			unsigned holders = 0;

			for (unsigned i = 1; i <= of; i++)
				holders += shard_has(&(struct shard){i, of}, at);
			assert_int_equal(holders, 1);
		}
}

static void its_size_is_the_number_of_its_cases(void **state)
{
	(void)state;
	for (unsigned of = 0; of <= 12; of++)
		for (unsigned cases = 0; cases < 40; cases++)
			for (unsigned i = 1; i <= (of ? of : 1); i++) {
				struct shard s = {i, of};
				unsigned n = 0;

				for (unsigned at = 0; at < cases; at++)
					n += shard_has(&s, at);
				assert_int_equal(shard_size(&s, cases), n);
			}
}

static void without_shards_every_case_is_played(void **state)
{
	const struct shard none = {0, 0};

	(void)state;
	for (unsigned at = 0; at < 10; at++)
		assert_true(shard_has(&none, at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(two_numbers_with_a_slash_are_a_shard),
	        cmocka_unit_test(anything_else_is_none),
	        cmocka_unit_test(every_case_is_in_exactly_one_shard),
	        cmocka_unit_test(its_size_is_the_number_of_its_cases),
	        cmocka_unit_test(without_shards_every_case_is_played),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
