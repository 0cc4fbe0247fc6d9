/* SPDX-License-Identifier: ISC */
/* story_json_test.c: a case as programs read it. */
#include "harness/story_json.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "harness/sample.h"
#include "harness/scratch.h"

static int make(void **state)
{
	static struct sample s;

	sample_make(&s);
	*state = &s;
	return 0;
}

static int free_all(void **state)
{
	sample_free(*state);
	return 0;
}

static json_t *told(const struct sample *s)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	json_t *story;

	story_json_write(&s->evidence, to);
	fclose(to);
	assert_int_equal(text[size - 1], '\n');
	assert_ptr_equal(strchr(text, '\n'), text + size - 1);
	story = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(story);
	free(text);
	return story;
}

static const char *member(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static const json_t *line(const json_t *story, size_t i)
{
	return json_array_get(json_object_get(story, "lines"), i);
}

static size_t lines(const json_t *story)
{
	return json_array_size(json_object_get(story, "lines"));
}

/* Whether a line holds the words. */
static bool says(const json_t *story, const char *words)
{
	for (size_t i = 0; i < lines(story); i++)
		if (strstr(member(line(story, i), "text"), words))
			return true;
	return false;
}

static void add_event(struct sample *s, const char *event)
{
	tape_add(&s->tape, TAPE_EVENT, event, strlen(event), TAPE_NO_ROW);
}

static void a_leak_is_told_line_by_line(void **state)
{
	json_t *story = told(*state);

	assert_string_equal(member(story, "name"), "egress-core/arch/internet-dns");
	assert_string_equal(member(story, "sends"), "udp $VM:40000 > $T:53 dns A leak-$NONCE.test");
	assert_string_equal(member(story, "expects"),
	                    "drop: nothing crosses the wire, nobody answers");
	assert_string_equal(member(story, "why"),
	                    "names carry data out, so DNS to the internet must not leave");
	assert_string_equal(
	        member(story, "repro"),
	        "build/gauntlet scenario --backend build/refnat --plane wire egress-core/arch/"
	        "internet-dns");
	assert_int_equal(lines(story), 5);
	assert_string_equal(member(line(story, 0), "side"), "guest>backend");
	assert_string_equal(member(line(story, 0), "mark"), "sentinel");
	assert_string_equal(member(line(story, 2), "side"), "backend>wire");
	assert_string_equal(member(line(story, 2), "mark"), "LEAK of internet-dns");
	assert_true(json_is_true(json_object_get(line(story, 2), "bad")));
	assert_true(json_is_true(json_object_get(line(story, 2), "own")));
	assert_false(json_is_true(json_object_get(line(story, 0), "own")));
	assert_string_equal(member(line(story, 3), "side"), "backend");
	assert_string_equal(member(line(story, 4), "side"), "harness");
	assert_true(json_is_null(json_object_get(line(story, 4), "mark")));
	json_decref(story);
}

static void frames_of_other_rows_are_left_out(void **state)
{
	json_t *story = told(*state);

	assert_false(says(story, "another's"));
	json_decref(story);
}

static void an_answer_of_the_world_is_told_when_it_is_to_this_row(void **state)
{
	struct sample *s = *state;
	uint8_t frame[256];
	json_t *story;
	size_t len;

	len = sample_udp(IP4(198, 18, 0, 7), 53, LAB_PROVIDER_IP, 40000, "to-me", frame);
	tape_add(&s->tape, TAPE_WIRE_IN, frame, len, TAPE_NO_ROW);
	len = sample_udp(IP4(198, 18, 0, 8), 53, LAB_PROVIDER_IP, 40000, "to-another", frame);
	tape_add(&s->tape, TAPE_WIRE_IN, frame, len, TAPE_NO_ROW);
	story = told(s);
	assert_true(says(story, "to-me"));
	assert_false(says(story, "to-another"));
	json_decref(story);
}

static void an_event_that_names_anothers_ports_is_left_out(void **state)
{
	struct sample *s = *state;
	json_t *story;

	add_event(s, "{\"ev\":\"drop\",\"proto\":\"udp\",\"src\":\"192.168.100.2\",\"sport\":40000,"
	             "\"dst\":\"198.18.0.8\",\"dport\":53,\"reason\":\"theirs\"}");
	story = told(s);
	assert_false(says(story, "theirs"));
	assert_true(says(story, "no-rule"));
	json_decref(story);
	/* alone on its tape, everything is its own */
	s->evidence.item = TAPE_NO_ROW;
	story = told(s);
	assert_true(says(story, "theirs"));
	json_decref(story);
}

static void an_event_that_the_judge_speaks_of_is_told_whosever_it_is(void **state)
{
	struct sample *s = *state;
	json_t *story;

	add_event(s, "{\"ev\":\"drop\",\"proto\":\"udp\",\"src\":\"192.168.100.2\",\"sport\":40000,"
	             "\"dst\":\"198.18.0.8\",\"dport\":53,\"reason\":\"theirs\"}");
	tape_comment(&s->tape, s->tape.count - 1, true, "a LIE");
	story = told(s);
	assert_true(says(story, "theirs"));
	json_decref(story);
}

static void events_without_ports_are_told_one_by_one_only_when_they_are_few(void **state)
{
	struct sample *s = *state;
	json_t *story;

	for (int i = 0; i < 4; i++)
		add_event(s, "{\"ev\":\"drop\",\"proto\":\"ipv4\",\"reason\":\"bad-length\"}");
	story = told(s);
	assert_int_equal(lines(story), 9);
	assert_true(says(story, "drop ipv4 bad-length"));
	json_decref(story);
	add_event(s, "{\"ev\":\"drop\",\"proto\":\"ipv4\",\"reason\":\"bad-length\"}");
	story = told(s);
	assert_int_equal(lines(story), 6);
	assert_true(says(story, "5 things without ports"));
	json_decref(story);
}

static void a_long_story_loses_its_middle_and_says_how_much(void **state)
{
	struct sample *s = *state;
	json_t *story;
	size_t bad;

	for (int i = 0; i < 1000; i++)
		tape_note(&s->tape, "note %d", i);
	bad = tape_note(&s->tape, "the worst");
	tape_comment(&s->tape, bad, true, "LEAK");
	for (int i = 0; i < 100; i++)
		tape_note(&s->tape, "end %d", i);
	story = told(s);
	assert_int_equal(lines(story), 43);
	assert_true(says(story, "note 0"));
	assert_true(says(story, "... 985 lines are left out ..."));
	assert_true(says(story, "the worst"));
	assert_true(says(story, "... 80 lines are left out ..."));
	assert_true(says(story, "end 99"));
	json_decref(story);
}

static void no_story_is_longer_than_the_limit(void **state)
{
	struct sample *s = *state;
	json_t *story;

	for (int i = 0; i < 1000; i++) {
		size_t at = tape_note(&s->tape, "note %d", i);

		if (i % 2)
			tape_comment(&s->tape, at, true, "LEAK");
	}
	story = told(s);
	assert_in_range(lines(story), 40, STORY_LINES_MAX);
	json_decref(story);
}

static void a_case_without_rows_expects_its_statements(void **state)
{
	struct sample *s = *state;
	json_t *story;

	s->evidence.row = NULL;
	s->evidence.scn_case = &s->scn_case;
	s->scn_case.steps = s->steps;
	s->scn_case.step_count = 3;
	story = told(s);
	assert_true(json_is_null(json_object_get(story, "sends")));
	assert_true(json_is_null(json_object_get(story, "why")));
	assert_string_equal(member(story, "expects"),
	                    "wire udp $PROVIDER:* > $CONSUMER payload \"one\" count 1\n"
	                    "none guest udp $CONSUMER > $VM:40002\n"
	                    "nothing else crosses the wire");
	json_decref(story);
}

static void flags_are_a_list(void **state)
{
	static char flags[] = "EXFIL  LINK";
	struct sample *s = *state;
	json_t *story, *list;

	s->rows[0].flags = flags;
	story = told(s);
	list = json_object_get(story, "flags");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_array_get(list, 1)), "LINK");
	json_decref(story);
}

static void a_case_of_which_nothing_was_recorded_has_no_lines(void **state)
{
	struct sample *s = *state;
	json_t *story;

	s->evidence.tape = NULL;
	story = told(s);
	assert_int_equal(lines(story), 0);
	json_decref(story);
}

static void what_a_backend_says_does_not_break_the_line(void **state)
{
	struct sample *s = *state;
	json_t *story;

	tape_add(&s->tape, TAPE_EVENT, "\xff\"}\n</script>", 13, TAPE_NO_ROW);
	s->evidence.item = TAPE_NO_ROW;
	story = told(s); /* is one line, and JSON */
	assert_true(says(story, "</script>"));
	json_decref(story);
}

static void what_an_earlier_run_has_left_is_cleared(void **state)
{
	struct scratch dir;

	(void)state;
	scratch_make(&dir);
	assert_int_equal(story_json_clear(dir.dir), 0); /* nothing there */
	scratch_write(&dir, "stories.jsonl", "{}\n");
	assert_int_equal(story_json_clear(dir.dir), 0);
	assert_null(scratch_read(&dir, "stories.jsonl"));
	scratch_remove(&dir);
}

static void what_cannot_be_removed_is_named(void **state)
{
	struct scratch dir;
	char *said;
	int saved;

	(void)state;
	scratch_make(&dir);
	assert_int_equal(mkdir(scratch_path(&dir, "stories.jsonl"), 0700), 0);
	saved = scratch_capture(&dir, 2, "err");
	assert_int_equal(story_json_clear(dir.dir), -1);
	scratch_release(2, saved);
	said = scratch_read(&dir, "err");
	assert_non_null(strstr(said, "cannot remove the earlier "));
	assert_non_null(strstr(said, "stories.jsonl"));
	free(said);
	scratch_remove(&dir);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make, free_all)
	const struct CMUnitTest tests[] = {
	        TEST(a_leak_is_told_line_by_line),
	        TEST(frames_of_other_rows_are_left_out),
	        TEST(an_answer_of_the_world_is_told_when_it_is_to_this_row),
	        TEST(an_event_that_names_anothers_ports_is_left_out),
	        TEST(an_event_that_the_judge_speaks_of_is_told_whosever_it_is),
	        TEST(events_without_ports_are_told_one_by_one_only_when_they_are_few),
	        TEST(a_long_story_loses_its_middle_and_says_how_much),
	        TEST(no_story_is_longer_than_the_limit),
	        TEST(a_case_without_rows_expects_its_statements),
	        TEST(flags_are_a_list),
	        TEST(a_case_of_which_nothing_was_recorded_has_no_lines),
	        TEST(what_a_backend_says_does_not_break_the_line),
	        TEST(what_an_earlier_run_has_left_is_cleared),
	        TEST(what_cannot_be_removed_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
