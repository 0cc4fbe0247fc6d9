/* SPDX-License-Identifier: ISC */
/* report_window_test.c: boot windows in a report: what is read, what is drawn, what is said. */
#include "harness/report_window.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "harness/report_fixture.h"
#include "harness/scratch.h"

#define HEAD(mode, packages)                                                                       \
	"\"name\":\"boot/" packages "\",\"mode\":\"" mode "\",\"packages\":\"" packages            \
	"\",\"boot\":\"cold\""
#define MARKS                                                                                      \
	"\"marks\":[{\"name\":\"QEMU up\",\"ms\":38.0,\"claim\":false},{\"name\":\"locked "        \
	"down\",\"ms\":900,\"claim\":true}]"
#define FLOW(to, class)                                                                            \
	"{\"to\":\"" to "\",\"class\":\"" class "\",\"count\":2,\"first\":500,\"last\":600.5,"     \
	                                        "\"words\":\"words of " to                         \
	                                        "\",\"at\":[500,600.5]}"

static const char closed[] = "{" HEAD(
        "filtered", "offline") ",\"locked_ms\":900.4,\"off_ms\":null,\"exposed_ms\":null," MARKS
                               ",\"sent\":[" FLOW("tcp 198.18.0.5:80",
                                                  "forbidden") "],\"crossed\":[]}";
static const char opened[] = "{" HEAD(
        "direct",
        "online") ",\"locked_ms\":900.4,\"off_ms\":null,\"exposed_ms\":[500,900.4]," MARKS
                  ",\"sent\":[" FLOW("tcp 198.18.0.5:80", "forbidden") "," FLOW(
                          "arp 192.168.100.1",
                          "link") "],\"crossed\":[" FLOW("tcp 198.18.0.5:80",
                                                         "forbidden") "," FLOW("udp "
                                                                               "203.0.113.60:51820",
                                                                               "allowed") "]}";

struct fixture {
	struct report_fixture f;
	struct window_list windows[FIXTURE_RUNS];
};

static int make(void **state)
{
	static struct fixture t;

	t = (struct fixture){0};
	fixture_begin(&t.f);
	fixture_finish(&t.f);
	t.f.page.windows = t.windows;
	*state = &t;
	return 0;
}

static int drop(void **state)
{
	struct fixture *t = *state;

	for (size_t i = 0; i < FIXTURE_RUNS; i++)
		windows_free(&t->windows[i]);
	fixture_free(&t->f);
	return 0;
}

static void add(struct fixture *t, size_t run, const char *line)
{
	const char *wrong = windows_parse(&t->windows[run], line, strlen(line));

	if (wrong)
		fail_msg("%s: %s", wrong, line);
}

static char *sentence(const struct window_case *c)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	window_sentence(c, to);
	fclose(to);
	return text;
}

static void without_windows_there_is_no_section(void **state)
{
	struct fixture *t = *state;
	char *text = fixture_text(&t->f, report_write_windows);

	assert_string_equal(text, "");
	assert_false(report_has_windows(&t->f.page));
	free(text);
	t->f.page.windows = NULL;
	assert_false(report_has_windows(&t->f.page));
}

static void a_line_is_read_back_whole(void **state)
{
	struct fixture *t = *state;
	const struct window_case *c;

	add(t, 0, opened);
	c = t->windows[0].list[0];
	assert_string_equal(c->name, "boot/online");
	assert_int_equal(c->mark_count, 2);
	assert_true(c->marks[1].claim);
	assert_string_equal(c->marks[1].name, "locked down");
	assert_int_equal(c->w.count[WINDOW_SENT], 4);
	assert_int_equal(c->w.forbidden[WINDOW_CROSSED], 2);
	assert_int_equal(c->w.flow[WINDOW_CROSSED][1].class, WINDOW_ALLOWED);
	assert_true(window_is_open(c));
	assert_true(c->off_ms == WINDOW_NEVER);
}

static void what_does_not_fit_is_refused(void **state)
{
	static const char *const wrong[] = {
	        "", "[]", "{}", "{\"name\":\"x\"}",
	        "{" HEAD("direct", "a-word-of-many-letters") "}",
	        /* a time that is none, a window that ends before it begins, no such class */
	        "{" HEAD("m", "p") ",\"locked_ms\":\"x\",\"off_ms\":null,\"exposed_ms\":null,"
	                           "\"marks\":[],\"sent\":[],\"crossed\":[]}",
	        "{" HEAD("m", "p") ",\"locked_ms\":1e300,\"off_ms\":null,\"exposed_ms\":null,"
	                           "\"marks\":[],\"sent\":[],\"crossed\":[]}",
	        "{" HEAD("m", "p") ",\"locked_ms\":null,\"off_ms\":null,\"exposed_ms\":[5,4],"
	                           "\"marks\":[],\"sent\":[],\"crossed\":[]}",
	        "{" HEAD("m", "p") ",\"locked_ms\":null,\"off_ms\":null,\"exposed_ms\":null,"
	                           "\"marks\":[],\"sent\":[" FLOW("x",
	                                                          "harmless") "],\"crossed\":[]}",
	        "{" HEAD("m", "p") ",\"locked_ms\":null,\"off_ms\":null,\"exposed_ms\":null,"
	                           "\"marks\":[{\"name\":\"x\"}],\"sent\":[],\"crossed\":[]}",
	        "{" HEAD("m", "p") ",\"locked_ms\":null,\"off_ms\":null,\"exposed_ms\":null,"
	                           "\"marks\":[],\"sent\":[]}"};
	struct fixture *t = *state;
	char *long_list = malloc(20000);
	size_t n;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_non_null(windows_parse(&t->windows[0], wrong[i], strlen(wrong[i])));
	/* more of it than there is room for */
	n = (size_t)sprintf(
	        long_list,
	        "{" HEAD("m", "p") ",\"locked_ms\":null,\"off_ms\":null,"
	                           "\"exposed_ms\":null,\"marks\":[],\"crossed\":[],\"sent\":[");
	for (int i = 0; i < WINDOW_FLOWS + 1; i++)
		n += (size_t)sprintf(long_list + n, "%s" FLOW("x", "link"), i ? "," : "");
	n += (size_t)sprintf(long_list + n, "]}");
	assert_non_null(windows_parse(&t->windows[0], long_list, n));
	free(long_list);
	assert_int_equal(t->windows[0].count, 0);
}

static void every_truncation_of_a_line_is_refused(void **state)
{
	struct fixture *t = *state;

	for (size_t n = 0; n < strlen(opened); n++)
		assert_non_null(windows_parse(&t->windows[0], opened, n));
}

static void an_open_window_is_said_with_its_time_and_its_packets(void **state)
{
	struct fixture *t = *state;
	char *text;

	add(t, 0, opened);
	add(t, 0, closed);
	text = sentence(t->windows[0].list[0]);
	assert_string_equal(text, "Open for 400 ms: 2 packets to 1 destination that is not allowed "
	                          "crossed, the first after 500 ms; locked down after 900 ms");
	free(text);
	text = sentence(t->windows[0].list[1]);
	assert_string_equal(text,
	                    "Closed: the guest sent 2 that are not allowed, and none crossed; "
	                    "locked down after 900 ms");
	free(text);
}

static void a_window_that_nothing_closed_is_open_to_the_end(void **state)
{
	static const char line[] = "{" HEAD(
	        "direct",
	        "none") ",\"locked_ms\":null,\"off_ms\":null,\"exposed_ms\":[500,600.5]," MARKS
	                ",\"sent\":[],\"crossed\":[" FLOW("tcp 198.18.0.5:80", "forbidden") "]}";
	struct fixture *t = *state;
	char *text;

	add(t, 0, line);
	text = sentence(t->windows[0].list[0]);
	assert_string_equal(text, "Open to the end: 2 packets to 1 destination that is not allowed "
	                          "crossed, the first after 500 ms; never locked down");
	free(text);
	text = fixture_text(&t->f, report_write_windows);
	assert_non_null(strstr(text, "<li><b class=\"w fail\">open</b> <a href=\"#window-1-1\">"));
	free(text);
}

static void the_table_has_a_line_for_packages_and_a_column_for_modes(void **state)
{
	struct fixture *t = *state;
	char *text;

	add(t, 0, opened);
	add(t, 0, closed);
	text = fixture_text(&t->f, report_write_windows);
	assert_non_null(
	        strstr(text, "<th scope=\"col\">direct</th><th scope=\"col\">filtered</th>"));
	assert_null(strstr(text, "<th scope=\"col\">sampled</th>"));
	assert_non_null(
	        strstr(text, "<tr><th scope=\"row\">offline: from the seed</th><td></td><td>"));
	assert_non_null(strstr(text,
	                       "<b class=\"w fail\">open 400 ms</b> <a "
	                       "href=\"#window-1-1\">boot/online</a> <span class=\"d\">2 packets "
	                       "to <code>tcp 198.18.0.5:80</code></span>"));
	assert_non_null(strstr(text, "<b class=\"w pass\">closed</b> <a href=\"#window-1-2\">"));
	free(text);
}

/* What stands in the drawing between `from` and the next "</g>". */
static char *group(const char *text, const char *from)
{
	const char *at = strstr(text, from), *end;

	if (!at)
		fail_msg("there is no %s", from);
	end = strstr(at, "</g>");
	return strndup(at, (size_t)(end - at));
}

static void the_drawing_has_every_packet_the_window_and_words_for_both(void **state)
{
	struct fixture *t = *state;
	char *text = NULL, *flow;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	add(t, 0, opened);
	report_write_window_svg(t->windows[0].list[0], "w", to);
	fclose(to);
	assert_int_equal(fixture_count(text, "<g class=\"flow forbidden\">"), 2);
	assert_int_equal(fixture_count(text, "<g class=\"flow allowed\">"), 1);
	assert_int_equal(fixture_count(text, "<g class=\"flow link\">"), 1);
	flow = group(text, "<g class=\"flow forbidden\">");
	assert_int_equal(fixture_count(flow, "l6 6l-6 6l-6 -6z"), 2);
	free(flow);
	/* 0 ms is at 232, the end, 900.4 ms and a fiftieth, at 944 */
	assert_non_null(strstr(text, "<rect class=\"open\" x=\"619.6\""));
	assert_non_null(strstr(text, "width=\"310.4\""));
	assert_non_null(strstr(text, "role=\"img\" aria-labelledby=\"w-t w-d\""));
	assert_non_null(strstr(text, "<title id=\"w-t\">Boot window of boot/online</title>"));
	assert_non_null(strstr(text, "<desc id=\"w-d\">Open for 400 ms"));
	assert_non_null(
	        strstr(text, "<g class=\"mile claim\"><title>900 ms: locked down, says the guest"));
	assert_null(strstr(text, "style="));
	free(text);
}

static void a_closed_window_is_not_shaded(void **state)
{
	struct fixture *t = *state;
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	add(t, 0, closed);
	report_write_window_svg(t->windows[0].list[0], "w", to);
	fclose(to);
	assert_null(strstr(text, "class=\"open\""));
	assert_non_null(strstr(text, ">nothing</text>"));
	free(text);
}

static void many_destinations_do_not_hide_a_forbidden_one(void **state)
{
	struct fixture *t = *state;
	char *line = malloc(20000), *text = NULL;
	size_t n, size;
	FILE *to;

	n = (size_t)sprintf(line, "{" HEAD("direct", "online") ",\"locked_ms\":900,\"off_ms\":null,"
	                                                       "\"exposed_ms\":[500,900]," MARKS
	                                                       ",\"sent\":[],\"crossed\":[");
	for (int i = 0; i < WINDOW_FLOWS - 1; i++)
		n += (size_t)sprintf(line + n, FLOW("udp 203.0.113.%d:1", "allowed") ",", i, i);
	sprintf(line + n, FLOW("tcp 198.18.0.5:80", "forbidden") "]}");
	add(t, 0, line);
	free(line);
	to = open_memstream(&text, &size);
	report_write_window_svg(t->windows[0].list[0], "w", to);
	fclose(to);
	assert_int_equal(fixture_count(text, "<g class=\"flow forbidden\">"), 1);
	assert_non_null(strstr(text, "and 20 more destinations</text>"));
	free(text);
}

static void hostile_words_stay_words(void **state)
{
	static const char evil[] =
	        "{\"name\":\"<img>\\\"/"
	        "x\",\"mode\":\"<m>\\\"\",\"packages\":\"<p>\\\"\",\"boot\":\"<b0>\\\"\","
	        "\"locked_ms\":900,\"off_ms\":950,\"exposed_ms\":[-2,900],"
	        "\"marks\":[{\"name\":\"<mark>\\\"\",\"ms\":5,\"claim\":true}],"
	        "\"sent\":[{\"to\":\"<to>\\\"\",\"class\":\"link\",\"count\":1,\"first\":1,"
	        "\"last\":1,"
	        "\"words\":\"<words>\\\"</script>\",\"at\":[1]}],"
	        "\"crossed\":[{\"to\":\"<to>\\\"\",\"class\":\"forbidden\",\"count\":1,\"first\":-"
	        "2,"
	        "\"last\":-2,\"words\":\"<words>\\\"\",\"at\":[-2]}]}";
	static const char *const bad[] = {"<img>", "<m>",     "<p>\"",     "<b0>",    "<mark>",
	                                  "<to>",  "<words>", "</script>", "&quot;\""};
	struct fixture *t = *state;
	char *text;

	add(t, 1, evil);
	text = fixture_text(&t->f, report_write_windows);
	for (size_t i = 0; i + 1 < sizeof(bad) / sizeof(bad[0]); i++)
		if (strstr(text, bad[i]))
			fail_msg("%s stands in the page", bad[i]);
	assert_non_null(strstr(text, "&lt;to&gt;&quot;"));
	assert_non_null(strstr(text, "id=\"window-2-1\""));
	free(text);
}

static void a_file_with_a_bad_line_is_named_with_its_line(void **state)
{
	struct scratch s;
	struct window_list l;
	char *said;
	FILE *f;
	int err;

	(void)state;
	scratch_make(&s);
	assert_int_equal(windows_load(&l, s.dir), 1);
	f = fopen(scratch_path(&s, "windows.jsonl"), "w");
	fprintf(f, "%s\nrubbish\n", closed);
	fclose(f);
	err = scratch_capture(&s, STDERR_FILENO, "stderr");
	assert_int_equal(windows_load(&l, s.dir), -1);
	scratch_release(STDERR_FILENO, err);
	said = scratch_read(&s, "stderr");
	assert_non_null(strstr(said, "windows.jsonl:2: it is not JSON; remove the file"));
	free(said);
	assert_int_equal(l.count, 0);
	f = fopen(scratch_path(&s, "windows.jsonl"), "w");
	fprintf(f, "%s\n%s\n", closed, opened);
	fclose(f);
	assert_int_equal(windows_load(&l, s.dir), 0);
	assert_int_equal(l.count, 2);
	windows_free(&l);
	scratch_remove(&s);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)
	const struct CMUnitTest tests[] = {
	        TEST(without_windows_there_is_no_section),
	        TEST(a_line_is_read_back_whole),
	        TEST(what_does_not_fit_is_refused),
	        TEST(every_truncation_of_a_line_is_refused),
	        TEST(an_open_window_is_said_with_its_time_and_its_packets),
	        TEST(a_window_that_nothing_closed_is_open_to_the_end),
	        TEST(the_table_has_a_line_for_packages_and_a_column_for_modes),
	        TEST(the_drawing_has_every_packet_the_window_and_words_for_both),
	        TEST(a_closed_window_is_not_shaded),
	        TEST(many_destinations_do_not_hide_a_forbidden_one),
	        TEST(hostile_words_stay_words),
	        TEST(a_file_with_a_bad_line_is_named_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
