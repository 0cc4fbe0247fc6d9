/* SPDX-License-Identifier: ISC */
/* report_html_test.c: the page, report_matrix.c, report_changes.c, report_policies.c and report_data.c included. */
#include "harness/report_html.h"

#include "harness/report_assets.h"

#include <ctype.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "harness/report_fixture.h"

static int make(void **state)
{
	static struct report_fixture f;

	fixture_begin(&f);
	*state = &f;
	return 0;
}

static int free_all(void **state)
{
	fixture_free(*state);
	return 0;
}

static void add_story(struct report_fixture *f, size_t run, const char *line)
{
	assert_null(stories_parse(&f->stories[run], &f->pool, line, strlen(line)));
}

/* The page without style sheet and script, which are ours. */
static char *page_text(const struct report_fixture *f)
{
	char *page = fixture_text(f, report_html_write), *at;

	at = strstr(page, report_css.text);
	assert_non_null(at);
	memmove(at, at + report_css.len, strlen(at + report_css.len) + 1);
	at = strstr(page, report_js.text);
	assert_non_null(at);
	memmove(at, at + report_js.len, strlen(at + report_js.len) + 1);
	return page;
}

/* The data of the page, read back. */
static json_t *page_data(const char *page)
{
	const char *at = strstr(page, "id=\"data\">") + strlen("id=\"data\">");
	json_t *data = json_loadb(at, (size_t)(strstr(at, "</script>") - at),
	                          JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(data);
	return data;
}

static void each_outcome_has_a_mark_with_a_letter_and_a_label(void **state)
{
	struct report_fixture *f = *state;
	char *matrix;

	fixture_finish(f);
	matrix = fixture_text(f, report_write_matrix);
	assert_int_equal(fixture_count(matrix, "<a class=\"c "), 6);
	assert_non_null(strstr(matrix,
	                       "<a class=\"c fail\" data-r=\"2\" href=\"#core/names/dns\" "
	                       "aria-label=\"dns, 2 leaky, kernel plane over tap: FAIL\">F</a>"));
	assert_non_null(strstr(matrix, "<a class=\"c pass\" data-r=\"1\" href=\"#core/says-so\" "
	                               "aria-label=\"says-so, 1 refnat, wire plane: PASS\">P</a>"));
	free(matrix);
}

static void a_known_leak_is_marked_as_one_and_never_as_a_pass(void **state)
{
	struct report_fixture *f = *state;
	char *matrix;

	fixture_finish(f);
	matrix = fixture_text(f, report_write_matrix);
	assert_non_null(
	        strstr(matrix, "<a class=\"c xfail\" data-r=\"2\" href=\"#core/names/dot\""));
	free(matrix);
	/* the same colour as FAIL in every rule that colours */
	assert_non_null(strstr(
	        report_css.text,
	        ".c.fail, .c.lie, .c.crash, .c.hang, .c.gap, .c.xfail { color: var(--on-red)"));
	assert_non_null(strstr(report_css.text,
	                       ".c.gap::before, .c.xfail::before { background: var(--red)"));
}

static void reasons_and_sentences_stand_in_the_page(void **state)
{
	struct report_fixture *f = *state;
	char *matrix;

	fixture_finish(f);
	matrix = fixture_text(f, report_write_matrix);
	assert_non_null(strstr(matrix, "FAIL</b> crossed the wire: udp</p>"));
	assert_non_null(strstr(matrix, "No names."));
	assert_non_null(strstr(matrix, "It is &lt;filtered&gt;."));
	assert_non_null(strstr(matrix, "tried by <a href=\"#core/names\">core/names</a>"));
	free(matrix);
}

static void a_reason_that_all_rows_share_is_said_once(void **state)
{
	struct report_fixture *f = *state;
	char *matrix;

	for (int i = 0; i < 5; i++) {
		char row[8];

		snprintf(row, sizeof(row), "r%d", i);
		fixture_add(&f->runs[0].results, "core/many", row, RESULT_SKIP, "MODE-001",
		            "does not offer it");
	}
	fixture_finish(f);
	matrix = fixture_text(f, report_write_matrix);
	assert_int_equal(fixture_count(matrix, "does not offer it"), 1);
	assert_non_null(strstr(matrix, "(all 5) does not offer it"));
	free(matrix);
}

/* What may begin behind a '<' in the page. */
static bool is_known_tag(const char *p)
{
	static const char *const tags[] = {
	        "!DOCTYPE", "a",      "article", "b",          "body",    "button", "code",
	        "dd",       "circle", "desc",    "figcaption", "figure",  "g",      "line",
	        "path",     "text",   "details", "dialog",     "div",     "dl",     "dt",
	        "h1",       "h2",     "h3",      "h4",         "head",    "header", "html",
	        "i",        "input",  "label",   "li",         "main",    "meta",   "nav",
	        "noscript", "ol",     "option",  "p",          "rect",    "script", "section",
	        "select",   "small",  "span",    "style",      "summary", "svg",    "table",
	        "tbody",    "td",     "th",      "thead",      "title",   "tr",     "ul"};
	size_t n;

	p += *p == '/';
	for (n = 0; isalnum((unsigned char)p[n]) || p[n] == '!'; n++)
		;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (strlen(tags[i]) == n && !memcmp(tags[i], p, n))
			return true;
	return false;
}

#define EVIL "</script></style>\"'><img src=x onerror=alert(1)><!--&amp;\xff\x01"

/* Two suites whose names, attacks and expectations are hostile, and enough of them for a truth table. */
static void add_hostile_suites(struct report_fixture *f)
{
	static const char *const suites[] = {"<q>\"a/case", "<q>\"b/case"};
	static const char *const rows[] = {"<q>\"1", "<q>\"2", "<q>\"3"};

	for (size_t i = 0; i < 6; i++) {
		json_t *story;
		char *line, name[200];

		fixture_add(&f->runs[0].results, suites[i % 2], rows[i / 2], RESULT_FAIL,
		            "MODE-001", EVIL);
		snprintf(name, sizeof(name), "%s/%s", suites[i % 2], rows[i / 2]);
		story = json_pack("{s:s, s:s, s:[], s:[]}", "name", name, "expects", "<q>\": x",
		                  "flags", "lines");
		line = json_dumps(story, 0);
		add_story(f, 0, line);
		free(line);
		json_decref(story);
	}
}

static void hostile_words_stay_words_wherever_they_stand(void **state)
{
	struct report_fixture *f = *state;
	char *page;
	json_t *data, *texts, *text;
	bool found = false;
	size_t i;

	snprintf(f->runs[0].label, sizeof(f->runs[0].label), "%s", EVIL);
	snprintf(f->runs[0].transport, sizeof(f->runs[0].transport), "%.20s", EVIL);
	f->runs[0].results.plane = EVIL;
	fixture_add(&f->runs[0].results, "core/" EVIL, EVIL, RESULT_FAIL, "<q>-001 <q>\"-002",
	            EVIL);
	fixture_add(&f->runs[0].results, "core/" EVIL, "two", RESULT_LIE, "<q>-001 <q>\"-002",
	            EVIL);
	fixture_add(&f->runs[0].results, "no-slash" EVIL, "", RESULT_CRASH, "", EVIL);
	fixture_add(&f->runs[1].results, "gone/" EVIL, EVIL, RESULT_FAIL, "MODE-001", EVIL);
	add_hostile_suites(f);
	add_story(f, 0,
	          "{\"name\":\"core/names/dns\",\"sends\":\"</script><img onerror=x>\","
	          "\"expects\":\"<img onerror=y>: z\",\"why\":\"<img onerror=z>\","
	          "\"flags\":[\"<img\",\"\\\"\"],\"lines\":[{\"ms\":1,\"side\":\"host\","
	          "\"text\":\"</script><img>\",\"mark\":\"<!--\"}],\"repro\":\"<img>\"}");
	fixture_finish(f);
	f->known.areas[0].title[0] = '<';
	f->known.list[0].sentence[0] = '<';
	f->page.made = EVIL;
	f->past[0].known = true;
	f->past[0].dir = EVIL;
	trend_compare(&f->past[0].trend, &f->runs[1].results, &f->runs[0].results);
	page = page_text(f);
	assert_null(strstr(page, "<img"));
	assert_null(strstr(page, "<!--"));
	for (const char *p = page; (p = strchr(p, '<')); p++)
		assert_true(is_known_tag(p + 1));
	assert_int_equal(fixture_count(page, "</script>"), 2);
	assert_int_equal(fixture_count(page, "</style>"), 1);
	for (const char *p = page; (p = strstr(p, "onerror")); p++)
		assert_null(
		        memchr(p - 8, '<', 8)); /* not as an attribute of a tag that just began */
	data = page_data(page);
	texts = json_object_get(data, "texts");
	json_array_foreach(texts, i, text)
	{
		found |= strstr(json_string_value(text), "</script></style>\"'><img") != NULL;
	}
	assert_true(found);
	json_decref(data);
	free(page);
}

/* An attribute's value ends where it should: behind an '=' and up to the closing quote there is no
 * quote of a stranger. */
static void a_quote_does_not_end_an_attribute(void **state)
{
	struct report_fixture *f = *state;
	char *matrix;

	fixture_add(&f->runs[0].results, "core/q\" onclick=\"x", "r\" onclick=\"y", RESULT_PASS,
	            "MODE-001", "");
	fixture_finish(f);
	matrix = fixture_text(f, report_write_matrix);
	assert_null(strstr(matrix, "\" onclick"));
	assert_non_null(strstr(matrix, "&quot; onclick=&quot;"));
	free(matrix);
}

static void the_policy_allows_our_style_and_script_by_their_hashes_and_nothing_else(void **state)
{
	struct report_fixture *f = *state;
	char *page, *csp, want[512];

	fixture_finish(f);
	page = fixture_text(f, report_html_write);
	snprintf(want, sizeof(want),
	         "content=\"default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; "
	         "base-uri 'none'; "
	         "form-action 'none'\">",
	         report_css.sha256, report_js.sha256);
	csp = strstr(page, want);
	assert_non_null(csp);
	assert_true(csp < strstr(page, "<style>"));
	assert_int_equal(strlen(report_css.sha256), 44);
	assert_null(strstr(page, " style=\"")); /* the policy forbids such attributes */
	assert_null(strstr(page, "http://"));
	assert_null(strstr(page, "https://"));
	assert_int_equal(strlen(report_js.text), report_js.len);
	free(page);
}

static void the_data_hold_every_outcome_and_its_story(void **state)
{
	struct report_fixture *f = *state;
	char *page;
	json_t *data, *row;

	add_story(f, 1,
	          "{\"name\":\"core/names/dns\",\"flags\":[\"EXFIL\"],\"expects\":\"drop: x\","
	          "\"lines\":[{\"ms\":1,\"side\":\"host\",\"text\":\"t\"}]}");
	fixture_finish(f);
	page = page_text(f);
	data = page_data(page);
	assert_int_equal(json_object_size(json_object_get(data, "rows")), 4);
	row = json_object_get(json_object_get(data, "rows"), "core/names/dns");
	assert_int_equal(json_array_size(row), 3);
	assert_string_equal(json_string_value(json_array_get(json_array_get(row, 1), 0)), "PASS");
	assert_int_equal(json_array_size(json_array_get(row, 1)), 3); /* no story */
	assert_int_equal(json_array_size(json_array_get(row, 2)), 9);
	row = json_object_get(json_object_get(data, "rows"), "core/new");
	assert_int_equal(json_integer_value(json_array_get(row, 1)), 0);
	assert_string_equal(
	        json_string_value(json_object_get(json_object_get(data, "sentences"), "DNS-001")),
	        "No names.");
	json_decref(data);
	free(page);
}

static void changes_are_shown_when_there_was_a_run_before(void **state)
{
	struct report_fixture *f = *state;
	char *text;

	fixture_finish(f);
	text = fixture_text(f, report_write_changes);
	assert_string_equal(text, "");
	free(text);
	f->past[1].known = true;
	f->past[1].dir = "old";
	trend_compare(&f->past[1].trend, &f->runs[0].results, &f->runs[1].results);
	text = fixture_text(f, report_write_changes);
	assert_non_null(strstr(
	        text, "<details class=\"change worse\" open><summary>newly failing <b>2</b>"));
	assert_non_null(
	        strstr(text, "<b class=\"w pass\">PASS</b> &rarr; <b class=\"w fail\">FAIL</b>"));
	assert_non_null(strstr(text, "gone <b>1</b>"));
	assert_non_null(strstr(text, "new <b>1</b>"));
	free(text);
}

/* Three attacks in two suites, so that each suite is worth a column. */
static void add_policies(struct report_fixture *f)
{
	static const char *const ids[] = {"dns", "ssh", "ping"};
	char line[200];

	for (size_t i = 0; i < 3; i++) {
		fixture_add(&f->runs[0].results, "strict/a", ids[i], RESULT_PASS, "MODE-001", "");
		fixture_add(&f->runs[0].results, "open/b", ids[i], i ? RESULT_PASS : RESULT_FAIL,
		            "MODE-001", i ? "" : "crossed the wire: twice");
		snprintf(line, sizeof(line),
		         "{\"name\":\"strict/a/%s\",\"expects\":\"drop: "
		         "x\",\"flags\":[],\"lines\":[]}",
		         ids[i]);
		add_story(f, 0, line);
		snprintf(line, sizeof(line),
		         "{\"name\":\"open/b/%s\",\"expects\":\"terminate: "
		         "x\",\"flags\":[],\"lines\":[]}",
		         ids[i]);
		add_story(f, 0, line);
	}
}

static void an_attack_of_several_suites_is_a_line_of_the_truth_table(void **state)
{
	struct report_fixture *f = *state;
	char *text;

	add_policies(f);
	fixture_finish(f);
	text = fixture_text(f, report_write_policies);
	assert_non_null(
	        strstr(text, "<th scope=\"col\">strict</th><th scope=\"col\">open</th></tr>"));
	assert_null(strstr(text, ">core</th>")); /* shares one only */
	assert_int_equal(fixture_count(text, "<th scope=\"row\">"), 3);
	assert_non_null(strstr(text, "<span class=\"v\">terminate <b>crossed</b></span>"));
	assert_int_equal(fixture_count(text, "<span class=\"v\">drop</span>"), 3);
	free(text);
}

static void without_stories_there_is_no_truth_table_but_a_word_about_it(void **state)
{
	struct report_fixture *f = *state;
	char *text;

	fixture_finish(f);
	text = fixture_text(f, report_write_policies);
	assert_null(strstr(text, "<table"));
	assert_non_null(strstr(text, "there are no stories"));
	free(text);
}

static void the_worst_run_comes_first(void **state)
{
	struct report_fixture *f = *state;
	char *page;

	fixture_finish(f);
	page = page_text(f);
	assert_true(strstr(page, "id=\"run-2\"") < strstr(page, "id=\"run-1\""));
	assert_non_null(strstr(page, "<h1>1 of 2 runs does not hold</h1>"));
	assert_non_null(strstr(
	        page, "leaky does not hold: 1 of 2 went wrong (1 FAIL, 1 XFAIL); 1 not tried."));
	free(page);
}

static void a_run_that_was_not_played_to_its_end_does_not_hold(void **state)
{
	struct report_fixture *f = *state;
	char *page;

	f->runs[0].unfinished = true;
	strcpy(f->runs[0].part, "shard <1/4>");
	f->runs[1].unfinished = true;
	fixture_finish(f);
	page = page_text(f);
	assert_non_null(strstr(page, "<article class=\"run unjudged\" id=\"run-1\">"));
	assert_non_null(strstr(page, "all 3 that ran passed. The run ended before its last case."));
	assert_non_null(strstr(page, "This is shard &lt;1/4&gt;, not a whole run."));
	assert_non_null(strstr(page, "<article class=\"run open\" id=\"run-2\">"));
	free(page);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make, free_all)
	const struct CMUnitTest tests[] = {
	        TEST(each_outcome_has_a_mark_with_a_letter_and_a_label),
	        TEST(a_known_leak_is_marked_as_one_and_never_as_a_pass),
	        TEST(reasons_and_sentences_stand_in_the_page),
	        TEST(a_reason_that_all_rows_share_is_said_once),
	        TEST(hostile_words_stay_words_wherever_they_stand),
	        TEST(a_quote_does_not_end_an_attribute),
	        TEST(the_policy_allows_our_style_and_script_by_their_hashes_and_nothing_else),
	        TEST(the_data_hold_every_outcome_and_its_story),
	        TEST(changes_are_shown_when_there_was_a_run_before),
	        TEST(an_attack_of_several_suites_is_a_line_of_the_truth_table),
	        TEST(without_stories_there_is_no_truth_table_but_a_word_about_it),
	        TEST(the_worst_run_comes_first),
	        TEST(a_run_that_was_not_played_to_its_end_does_not_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
