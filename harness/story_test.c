/* SPDX-License-Identifier: ISC */
/* story_test.c: a case as a person reads it, timeline.c included. */
#include "harness/evidence.h"
#include "harness/timeline.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "harness/sample.h"

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

static char *tell(const struct sample *s, bool colour)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	evidence_tell(&s->evidence, to, colour);
	fclose(to);
	return text;
}

static size_t longest_line(const char *text)
{
	size_t longest = 0;

	while (*text) {
		size_t len = strcspn(text, "\n");

		longest = len > longest ? len : longest;
		text += len + (text[len] == '\n');
	}
	return longest;
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

static void a_leak_is_told_from_what_was_sent_to_the_verdict(void **state)
{
	char *text = tell(*state, false);

	assert_string_equal(
	        text,
	        "egress-core/arch/internet-dns                                    MODE-001 "
	        "EGR-010\n"
	        "  names carry data out, so DNS to the internet must not leave\n"
	        "  sends     udp $VM:40000 > $T:53 dns A leak-$NONCE.test\n"
	        "\n"
	        "   0.1 ms  guest --> backend            udp 192.168.100.2:40000 > "
	        "203.0.113.50:51900 3 ..   sentinel\n"
	        "   0.2 ms  guest --> backend            udp 192.168.100.2:40000 > 198.18.0.7:53 4 "
	        "bytes \"mine\"\n"
	        "   0.4 ms            backend --> world  udp 192.168.1.100:40000 > 198.18.0.7:53 4 "
	        "bytes \"mine\"\n"
	        "                                      ! LEAK of internet-dns\n"
	        "   0.5 ms            backend:  drop udp 192.168.100.2:40000 > 198.18.0.7:53 "
	        "no-rule\n"
	        "   0.6 ms  harness:  the backend exited 0\n"
	        "\n"
	        "  expected  drop: nothing crosses the wire, nobody answers\n"
	        "  FAIL      crossed the wire: udp 192.168.1.100:40000 > 198.18.0.7:53\n");
	free(text);
}

static void other_items_of_the_batch_are_left_out_unless_all_is_wanted(void **state)
{
	struct sample *s = *state;
	char *text = tell(s, false);

	assert_null(strstr(text, "198.18.0.8"));
	free(text);
	s->evidence.item = TAPE_NO_ROW;
	text = tell(s, false);
	assert_non_null(strstr(text, "198.18.0.8"));
	free(text);
}

static void a_case_of_statements_lists_what_it_expects(void **state)
{
	struct sample *s = *state;
	char *text;

	s->evidence.row = NULL;
	s->scn_case.steps = s->steps;
	s->scn_case.step_count = 3;
	s->outcome.result = RESULT_PASS;
	s->outcome.detail[0] = '\0';
	text = tell(s, false);
	assert_non_null(strstr(text, "\n  expected  wire udp $PROVIDER:* > $CONSUMER payload "
	                             "\"one\" count 1\n"
	                             "            none guest udp $CONSUMER > $VM:40002\n"
	                             "            nothing else crosses the wire\n"
	                             "  PASS      every statement held\n"));
	assert_null(strstr(text, "inject"));
	free(text);
}

static void what_is_done_to_the_backend_is_no_expectation(void **state)
{
	static char flood[] = "flood 9 udp $VM:1 > $T:53", clock[] = "clock 301s";
	static char event[] = "event drop count 9", ends[] = "ends violation not-allowed";
	struct step steps[] = {{.kind = STEP_FLOOD, .text = flood},
	                       {.kind = STEP_CLOCK, .text = clock},
	                       {.kind = STEP_EVENT, .text = event},
	                       {.kind = STEP_ENDS, .text = ends}};
	struct sample *s = *state;
	char *text;

	s->scn_case.steps = steps;
	s->scn_case.step_count = 4;
	s->evidence.row = NULL;
	text = tell(s, false);
	assert_non_null(strstr(text, "\n  expected  event drop count 9\n"
	                             "            ends violation not-allowed\n"
	                             "            nothing else crosses the wire\n"));
	assert_null(strstr(text, "flood"));
	assert_null(strstr(text, "clock"));
	free(text);
}

static void a_row_that_ends_the_vm_says_so(void **state)
{
	struct sample *s = *state;
	char *text;

	s->rows[0].verdict = ROW_TERMINATE;
	s->outcome.result = RESULT_PASS;
	s->outcome.detail[0] = '\0';
	text = tell(s, false);
	assert_non_null(strstr(text, "  expected  terminate: nothing of it and of what is queued"));
	assert_non_null(strstr(text, "  PASS      nothing crossed; the backend ended the VM\n"));
	free(text);
}

static void a_passing_drop_says_what_was_proved(void **state)
{
	struct sample *s = *state;
	char *text;

	s->outcome.result = RESULT_PASS;
	s->outcome.detail[0] = '\0';
	text = tell(s, false);
	assert_non_null(strstr(
	        text, "\n  PASS      nothing crossed; allowed traffic flowed before and after\n"));
	free(text);
}

static void a_long_tape_loses_its_middle_but_no_commented_entry(void **state)
{
	struct sample *s = *state;
	char payload[32], *text;

	for (unsigned i = 0; i < 500; i++) {
		size_t at;

		snprintf(payload, sizeof(payload), "n-%u.", i);
		at = sample_add(s, TAPE_GUEST_OUT, IP4(198, 18, 0, 7), 53, payload, 0);
		if (i == 200)
			tape_comment(&s->tape, at, true, "noted");
		if (i == 300)
			s->tape.entries[at].bad = true;
	}
	text = tell(s, false);
	assert_non_null(strstr(text, "n-19."));
	assert_null(strstr(text, "n-20."));
	assert_non_null(strstr(text, "\"n-200.\""));
	assert_non_null(strstr(text, "\"n-300.\""));
	assert_null(strstr(text, "n-474."));
	assert_non_null(strstr(text, "n-475."));
	assert_non_null(strstr(text, "                ... 180 entries ...\n"));
	assert_non_null(strstr(text, "                ... 99 entries ...\n"));
	assert_non_null(strstr(text, "                ... 174 entries ...\n"));
	assert_int_equal(count(text, " ms "), 25 + 2 + 25);
	free(text);
}

static void in_the_middle_the_same_comment_is_told_once(void **state)
{
	struct sample *s = *state;
	char payload[32], *text;

	for (unsigned i = 0; i < 500; i++) {
		snprintf(payload, sizeof(payload), "n-%u.", i);
		tape_comment(&s->tape,
		             sample_add(s, TAPE_GUEST_OUT, IP4(198, 18, 0, 7), 53, payload, 0),
		             i == 250, i < 200 ? "allowed by one" : "allowed by another");
	}
	text = tell(s, false);
	assert_non_null(strstr(text, "n-19."));
	assert_null(strstr(text, "n-20."));
	assert_non_null(strstr(text, "\"n-200.\"")); /* a new comment */
	assert_null(strstr(text, "n-201."));
	assert_non_null(strstr(text, "\"n-250.\"")); /* the judge objects */
	assert_non_null(strstr(text, "n-475."));
	assert_int_equal(count(text, " ms "), 25 + 2 + 25);
	free(text);
}

static void without_a_tape_there_is_still_a_verdict(void **state)
{
	struct sample *s = *state;
	char *text;

	s->evidence.tape = NULL;
	s->outcome.result = RESULT_SKIP;
	strcpy(s->outcome.detail, "needs nat.udp4");
	text = tell(s, false);
	assert_non_null(strstr(text, "  SKIP      needs nat.udp4\n"));
	free(text);
}

static void long_texts_stay_within_a_hundred_columns(void **state)
{
	static const char payload[] =
	        "a payload that does not fit the line of a terminal by far, and "
	        "not two lines either, as it goes on and on and on";
	struct sample *s = *state;
	char *text;

	for (size_t i = 0; i < 60; i++)
		strcat(s->outcome.detail, " words");
	sample_add(s, TAPE_GUEST_OUT, LAB_CONSUMER_IP, LAB_CONSUMER_PORT, payload, TAPE_NO_ROW);
	sample_add(s, TAPE_GUEST_OUT, LAB_CONSUMER_IP, LAB_CONSUMER_PORT, payload, 0);
	tape_note(&s->tape, "%s and a bit of text in front of it, that is cut", payload);
	text = tell(s, false);
	assert_true(longest_line(text) <= 100);
	/* one that belongs to nobody is cut, one of the row itself goes on in the next line */
	assert_int_equal(count(text, "..\n"), 3);
	assert_int_equal(count(text, "\n                                          "), 1);
	free(text);
}

static void colour_comes_only_when_asked_and_bytes_of_the_backend_never_command(void **state)
{
	static const char evil[] = "{\"ev\":\"drop\",\"reason\":\"\\u001b[2J\"}";
	static const char worse[] = "\x1b[2J not json";
	struct sample *s = *state;
	char *text;

	tape_add(&s->tape, TAPE_EVENT, evil, strlen(evil), TAPE_NO_ROW);
	tape_add(&s->tape, TAPE_EVENT, worse, strlen(worse), TAPE_NO_ROW);
	tape_comment(&s->tape, 2, true, "%s", "\x1b[2J");
	strcat(s->outcome.detail, "\x1b[2J");
	text = tell(s, false);
	assert_null(strchr(text, '\x1b'));
	assert_non_null(strstr(text, "drop .[2J\n"));
	assert_non_null(strstr(text, "not an event: .[2J not json\n"));
	free(text);
	text = tell(s, true);
	assert_non_null(strstr(text, "\x1b[31mFAIL"));
	assert_null(strstr(text, "\x1b[2J"));
	free(text);
}

static void the_timeline_has_one_line_an_entry_however_long(void **state)
{
	const struct timeline_style style = {.columns = 0};
	struct sample *s = *state;
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	tape_comment(&s->tape, 4, true, "line one\nline two, and it is longer than the rest of it");
	for (size_t i = 0; i < s->tape.count; i++)
		timeline_write(&s->tape, i, &style, to);
	fclose(to);
	assert_int_equal(count(text, "\n"), s->tape.count);
	assert_non_null(strstr(text, "\"mine\" ! line one.line two, and it is longer than the rest "
	                             "of it\n"));
	assert_non_null(strstr(text, "backend:  ready\n"));
	free(text);
}

static void only_uncommented_framing_events_are_housekeeping(void **state)
{
	struct sample *s = *state;

	assert_true(timeline_is_housekeeping(&s->tape.entries[0])); /* ready */
	assert_false(timeline_is_housekeeping(&s->tape.entries[1]));
	assert_false(timeline_is_housekeeping(&s->tape.entries[5])); /* drop */
	tape_comment(&s->tape, 0, true, "too early");
	assert_false(timeline_is_housekeeping(&s->tape.entries[0]));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, free_all)

static char *brief(const struct sample *s, bool colour)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	evidence_brief(&s->evidence, to, colour);
	fclose(to);
	return text;
}

static void a_failure_in_brief_is_five_lines(void **state)
{
	char *text = brief(*state, false);

	assert_string_equal(
	        text,
	        "  FAIL      egress-core/arch/internet-dns\n"
	        "            sends     udp $VM:40000 > $T:53 dns A leak-$NONCE.test\n"
	        "            expected  drop: nothing crosses the wire, nobody answers\n"
	        "            found     crossed the wire: udp 192.168.1.100:40000 > 198.18.0.7:53\n"
	        "            again     build/gauntlet scenario --backend build/refnat --plane wire "
	        "egress-core/arch/internet-dns\n");
	free(text);
}

static void the_command_of_a_failure_is_one_for_the_shell(void **state)
{
	struct sample *s = *state;
	char *text;

	s->evidence.backend = "./it's mine";
	s->evidence.plane = "kernel";
	s->evidence.transport = "tap";
	s->evidence.scenarios = "other";
	s->evidence.image = "$HOME/vm";
	text = brief(s, false);
	assert_non_null(strstr(text, "gauntlet scenario --backend './it'\\''s mine' --plane kernel "
	                             "--transport tap --scenarios other --image '$HOME/vm' "
	                             "egress-core/arch/internet-dns\n"));
	free(text);
	s->evidence = (struct evidence){.outcome = &s->outcome,
	                                .suite = &s->suite,
	                                .scn_case = &s->scn_case,
	                                .tape = &s->tape,
	                                .backend = "refnat",
	                                .plane = "wire"};
	text = brief(s, true);
	assert_non_null(strstr(text, "\033[31mFAIL"));
	assert_null(strstr(text, "sends"));
	assert_non_null(strstr(
	        text, " build/gauntlet scenario --backend refnat --plane wire egress-core/arch/"
	              "internet-dns\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_leak_is_told_from_what_was_sent_to_the_verdict),
	        TEST(a_failure_in_brief_is_five_lines),
	        TEST(the_command_of_a_failure_is_one_for_the_shell),
	        TEST(other_items_of_the_batch_are_left_out_unless_all_is_wanted),
	        TEST(a_case_of_statements_lists_what_it_expects),
	        TEST(what_is_done_to_the_backend_is_no_expectation),
	        TEST(a_row_that_ends_the_vm_says_so),
	        TEST(a_passing_drop_says_what_was_proved),
	        TEST(a_long_tape_loses_its_middle_but_no_commented_entry),
	        TEST(in_the_middle_the_same_comment_is_told_once),
	        TEST(without_a_tape_there_is_still_a_verdict),
	        TEST(long_texts_stay_within_a_hundred_columns),
	        TEST(colour_comes_only_when_asked_and_bytes_of_the_backend_never_command),
	        TEST(the_timeline_has_one_line_an_entry_however_long),
	        TEST(only_uncommented_framing_events_are_housekeeping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
