/* SPDX-License-Identifier: ISC */
/* json_pos_test.c: values are found where they stand. */
#include "ref/json_pos.h"

#include "bytes/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char text[] = "{ \"version\": 1,\n"
                           "  \"vm\": {\"mac\": \"a\\\"}{b\", \"ip\" : 7},\n"
                           "  \"allow\": [ {\"id\": \"x\", \"port\": 1},\n"
                           "             {\"id\": \"y\", \"port\": 65536} ],\n"
                           "  \"empty\": [], \"rate\":-1.5e3}\n";

static struct json_pos find_in(const char *json, size_t n, const struct json_step *steps,
                               size_t count, bool at_key)
{
	struct guard g = guard_copy(json, n);
	struct json_pos pos = json_pos_find(rd_of(g.p, g.n), steps, count, at_key);

	guard_free(&g);
	return pos;
}

static void check(const struct json_step *steps, size_t count, bool at_key, unsigned line,
                  unsigned column)
{
	struct json_pos pos = find_in(text, sizeof(text) - 1, steps, count, at_key);

	assert_int_equal(pos.line, line);
	assert_int_equal(pos.column, column);
}

static void values_are_found_along_a_path(void **state)
{
	const struct json_step port[] = {{"allow", 0}, {NULL, 1}, {"port", 0}};

	(void)state;
	check(NULL, 0, false, 1, 1);
	check((const struct json_step[]){{"version", 0}}, 1, false, 1, 14);
	check((const struct json_step[]){{"rate", 0}}, 1, false, 5, 23);
	check(port, 1, false, 3, 12);
	check(port, 2, false, 4, 14);
	check(port, 3, false, 4, 34);
}

static void a_key_is_found_in_front_of_its_value(void **state)
{
	const struct json_step port[] = {{"allow", 0}, {NULL, 1}, {"port", 0}};

	(void)state;
	check(port, 3, true, 4, 26);
	check((const struct json_step[]){{"version", 0}}, 1, true, 1, 3);
}

static void brackets_and_quotes_inside_strings_do_not_mislead(void **state)
{
	(void)state;
	check((const struct json_step[]){{"vm", 0}, {"ip", 0}}, 2, false, 2, 34);
}

static void a_path_that_leads_nowhere_ends_at_the_innermost_value(void **state)
{
	(void)state;
	check((const struct json_step[]){{"nowhere", 0}}, 1, false, 1, 1);
	check((const struct json_step[]){{"vm", 0}, {"gateway", 0}}, 2, false, 2, 9);
	check((const struct json_step[]){{"vm", 0}, {NULL, 0}}, 2, false, 2, 9);
	check((const struct json_step[]){{"empty", 0}, {NULL, 0}}, 2, false, 5, 12);
	check((const struct json_step[]){{"allow", 0}, {NULL, 2}}, 2, false, 3, 12);
}

static void escaped_keys_are_compared_decoded(void **state)
{
	static const char json[] = "{\"\\u0061b\\n\": 1, \"\\u00e9\": 2, \"c\\/\": 3}";
	struct json_pos pos;

	(void)state;
	pos = find_in(json, sizeof(json) - 1, (const struct json_step[]){{"ab\n", 0}}, 1, false);
	assert_int_equal(pos.column, 15);
	pos = find_in(json, sizeof(json) - 1, (const struct json_step[]){{"c/", 0}}, 1, false);
	assert_int_equal(pos.column, 38);
}

static void no_truncation_reads_past_the_text(void **state)
{
	const struct json_step port[] = {{"allow", 0}, {NULL, 1}, {"port", 0}};
	const struct json_step last[] = {{"rate", 0}};

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		assert_true(find_in(text, n, port, 3, false).line >= 1);
		assert_true(find_in(text, n, last, 1, true).column >= 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(values_are_found_along_a_path),
	        cmocka_unit_test(a_key_is_found_in_front_of_its_value),
	        cmocka_unit_test(brackets_and_quotes_inside_strings_do_not_mislead),
	        cmocka_unit_test(a_path_that_leads_nowhere_ends_at_the_innermost_value),
	        cmocka_unit_test(escaped_keys_are_compared_decoded),
	        cmocka_unit_test(no_truncation_reads_past_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
