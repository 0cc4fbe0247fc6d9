/* SPDX-License-Identifier: ISC */
#include "harness/report_stories.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/sample.h"
#include "harness/scratch.h"
#include "harness/story_json.h"

#define LINE "{\"ms\":8.4,\"side\":\"guest>backend\",\"text\":\"udp\",\"mark\":null,\"bad\":false}"
#define HEAD                                                                                       \
	"{\"name\":\"s/c/r\",\"sends\":\"udp\",\"expects\":\"drop: "                               \
	"nothing\",\"why\":null,\"flags\":[\"A\",\"B\"]"

struct fixture {
	struct story_list list;
	struct story_pool pool;
};

static int make(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	*state = &f;
	return 0;
}

static int free_all(void **state)
{
	struct fixture *f = *state;

	stories_free(&f->list);
	story_pool_free(&f->pool);
	return 0;
}

static const char *parse(struct fixture *f, const char *line)
{
	return stories_parse(&f->list, &f->pool, line, strlen(line));
}

static void a_story_is_kept_in_numbers(void **state)
{
	struct fixture *f = *state;
	const struct story_text *s;

	assert_null(parse(f, HEAD ",\"lines\":[" LINE "," LINE "],\"repro\":\"x\"}"));
	s = stories_find(&f->list, "s/c/r");
	assert_non_null(s);
	assert_string_equal(story_words(&f->pool, s->sends), "udp");
	assert_string_equal(story_words(&f->pool, s->flags), "A B");
	assert_null(story_words(&f->pool, s->why));
	assert_int_equal(s->line_count, 2);
	assert_int_equal(s->lines[0], s->lines[1]); /* the same line is kept once */
	assert_string_equal(f->pool.lines.text[0], "[8.4,0,\"udp\"]");
	assert_null(stories_find(&f->list, "s/c"));
}

static void marks_and_what_is_bad_or_the_rows_own_are_kept(void **state)
{
	struct fixture *f = *state;

	assert_null(parse(
	        f, HEAD ",\"lines\":[{\"ms\":1,\"side\":\"host\",\"text\":\"t\",\"mark\":\"LEAK\","
	                "\"bad\":true},{\"ms\":1,\"side\":\"harness\",\"text\":\"t\",\"mark\":null,"
	                "\"bad\":false,\"own\":true},{\"ms\":2,\"side\":\"backend\",\"text\":\"t\","
	                "\"mark\":\"sentinel\"}]}"));
	assert_string_equal(f->pool.lines.text[0], "[1.0,6,\"t\",\"LEAK\",1]");
	assert_string_equal(f->pool.lines.text[1], "[1.0,5,\"t\",null,2]");
	assert_string_equal(f->pool.lines.text[2], "[2.0,4,\"t\",\"sentinel\"]");
}

static void of_a_name_that_comes_twice_the_last_counts(void **state)
{
	struct fixture *f = *state;

	assert_null(parse(f, HEAD ",\"lines\":[" LINE "]}"));
	assert_null(parse(f, HEAD ",\"lines\":[]}"));
	assert_int_equal(f->list.names.count, 1);
	assert_int_equal(stories_find(&f->list, "s/c/r")->line_count, 0);
}

static void what_is_no_story_is_refused(void **state)
{
	static const char *const wrong[] = {
	        "",
	        "{",
	        "[]",
	        "7",
	        "{\"name\":1,\"flags\":[],\"lines\":[]}",
	        "{\"name\":\"x\",\"flags\":{},\"lines\":[]}",
	        "{\"name\":\"x\",\"flags\":[]}",
	        "{\"name\":\"x\",\"name\":\"x\",\"flags\":[],\"lines\":[]}",
	        HEAD ",\"lines\":[7]}",
	        HEAD ",\"lines\":[{\"ms\":1,\"side\":\"elsewhere\",\"text\":\"t\"}]}",
	        HEAD ",\"lines\":[{\"ms\":\"1\",\"side\":\"host\",\"text\":\"t\"}]}",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_non_null(parse(f, wrong[i]));
	assert_int_equal(f->list.names.count, 0);
}

static void every_truncation_is_refused(void **state)
{
	static const char line[] = HEAD ",\"lines\":[" LINE "],\"repro\":\"x\"}";
	struct fixture *f = *state;

	for (size_t n = 0; n < sizeof(line) - 1; n++) {
		char *part = malloc(n ? n : 1); /* a reader past its end is seen by a sanitizer */

		memcpy(part, line, n);
		assert_non_null(stories_parse(&f->list, &f->pool, part, n));
		free(part);
	}
}

static void what_the_harness_writes_is_read_back(void **state)
{
	struct fixture *f = *state;
	static struct sample s;
	struct scratch dir;
	struct story_list l;
	FILE *to;

	scratch_make(&dir);
	sample_make(&s);
	assert_int_equal(stories_load(&l, &f->pool, dir.dir), 1); /* nothing there */
	to = fopen(scratch_path(&dir, "stories.jsonl"), "w");
	assert_non_null(to);
	story_json_write(&s.evidence, to);
	fclose(to);
	assert_int_equal(stories_load(&l, &f->pool, dir.dir), 0);
	assert_int_equal(stories_find(&l, "egress-core/arch/internet-dns")->line_count, 5);
	stories_free(&l);
	sample_free(&s);
	scratch_remove(&dir);
}

static void an_error_names_file_and_line(void **state)
{
	struct fixture *f = *state;
	struct scratch dir;
	struct story_list l;
	char *said;
	int saved;

	scratch_make(&dir);
	scratch_write(&dir, "stories.jsonl", HEAD ",\"lines\":[]}\n{\n");
	saved = scratch_capture(&dir, 2, "err");
	assert_int_equal(stories_load(&l, &f->pool, dir.dir), -1);
	scratch_release(2, saved);
	said = scratch_read(&dir, "err");
	assert_non_null(strstr(said, "/stories.jsonl:2: it is not JSON"));
	assert_int_equal(l.names.count, 0);
	free(said);
	scratch_remove(&dir);
}

static void json_in_a_page_cannot_end_its_script(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	json_t *back;

	(void)state;
	report_json(to, "</script><!-- & \"quotes\"");
	fclose(to);
	assert_null(strpbrk(text, "<>&"));
	back = json_loads(text, JSON_DECODE_ANY, NULL);
	assert_string_equal(json_string_value(back), "</script><!-- & \"quotes\"");
	json_decref(back);
	free(text);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make, free_all)
	const struct CMUnitTest tests[] = {
	        TEST(a_story_is_kept_in_numbers),
	        TEST(marks_and_what_is_bad_or_the_rows_own_are_kept),
	        TEST(of_a_name_that_comes_twice_the_last_counts),
	        TEST(what_is_no_story_is_refused),
	        TEST(every_truncation_is_refused),
	        TEST(what_the_harness_writes_is_read_back),
	        TEST(an_error_names_file_and_line),
	        TEST(json_in_a_page_cannot_end_its_script),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
