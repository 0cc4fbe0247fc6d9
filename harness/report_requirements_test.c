/* SPDX-License-Identifier: ISC */
#include "harness/report_requirements.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char page[] = "# Requirements\n\n| id | level | requirement |\n\n"
                           "## Link (LINK)\n\n"
                           "| id | level | requirement | state | cases |\n|---|---|---|---|---|\n"
                           "| LINK-001 | MUST | Frames are dropped. | covered | `a/b` |\n"
                           "| LINK-002 | SHOULD | The `MAC` & more.\t| planned | |\n\n"
                           "## Not an area\n\n## Names (DNS)\n"
                           "| DNS-001 | MUST | A name\n";

static void areas_and_sentences_are_read_from_the_tables(void **state)
{
	struct requirements r;

	(void)state;
	requirements_parse(&r, page);
	assert_int_equal(r.area_count, 2);
	assert_string_equal(r.areas[0].title, "Link");
	assert_string_equal(r.areas[1].code, "DNS");
	assert_int_equal(r.count, 3);
	assert_string_equal(r.list[0].id, "LINK-001");
	assert_string_equal(r.list[0].level, "MUST");
	assert_string_equal(r.list[0].sentence, "Frames are dropped.");
	assert_int_equal(r.list[2].area, 1);
	assert_ptr_equal(requirements_find(&r, "LINK-002"), &r.list[1]);
	assert_null(requirements_find(&r, "LINK-003"));
	requirements_free(&r);
}

static void a_page_cut_anywhere_is_read_as_far_as_it_goes(void **state)
{
	struct requirements r;

	(void)state;
	for (size_t n = 0; n < sizeof(page); n++) {
		char *part = strndup(page, n);

		requirements_parse(&r, part);
		assert_in_range(r.count, 0, 3);
		requirements_free(&r);
		free(part);
	}
}

static void a_file_that_is_not_there_leaves_nothing(void **state)
{
	struct requirements r;

	(void)state;
	assert_int_equal(requirements_load(&r, "/nowhere/requirements.md"), -1);
	assert_int_equal(r.count, 0);
	requirements_free(&r);
}

static void the_page_of_this_repository_is_understood(void **state)
{
	struct requirements r;

	(void)state;
	if (requirements_load(&r, "docs/requirements.md"))
		skip(); /* not started in the root */
	assert_true(r.area_count >= 25);
	assert_true(r.count >= 100);
	assert_non_null(requirements_find(&r, "MODE-001"));
	requirements_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(areas_and_sentences_are_read_from_the_tables),
	        cmocka_unit_test(a_page_cut_anywhere_is_read_as_far_as_it_goes),
	        cmocka_unit_test(a_file_that_is_not_there_leaves_nothing),
	        cmocka_unit_test(the_page_of_this_repository_is_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
