/* SPDX-License-Identifier: ISC */
/* report_rogue_test.c: the histograms of a report: what is read, what is drawn, what is refused. */
#include "harness/report_rogue.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOME 3

/* As `gauntlet rogue` writes it. */
static char *make_json(size_t *len)
{
	struct rogue_try tries[SOME] = {
	        {.kind = ROGUE_DETECTOR_QUIT, .ms = {.gone = 7, .wire = 1, .decided = 1}},
	        {.kind = ROGUE_BACKEND_KILL, .ms = {.gone = 1500}, .result = RESULT_FAIL},
	        {.kind = ROGUE_BACKEND_KILL, .control = true, .ms = {.gone = -1}},
	};
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	strcpy(tries[1].why, "too late");
	rogue_write_json(tries, SOME, "<b>", "tcg", true, f);
	fclose(f);
	return text;
}

static char *drawn(void (*write)(const void *what, FILE *to), const void *what)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	write(what, f);
	fclose(f);
	return text;
}

static void write_svg(const void *what, FILE *to)
{
	report_write_rogue_svg(what, "r1", to);
}

static void write_section(const void *what, FILE *to)
{
	report_write_rogue(what, to);
}

static void what_rogue_writes_is_read(void **state)
{
	struct rogue_file f;
	size_t len;
	char *text = make_json(&len);

	(void)state;
	assert_null(rogue_file_parse(&f, text, len));
	free(text);
	assert_string_equal(f.backend, "<b>");
	assert_true(f.restored);
	assert_int_equal(f.count, 2);
	assert_int_equal(f.charts[0].count, 1);
	assert_int_equal(f.charts[0].failed, 0);
	assert_int_equal(f.charts[0].bars[3], 1);
	assert_float_equal(f.charts[0].p50, 7, 0);
	assert_int_equal(f.charts[1].failed, 1);
	assert_int_equal(f.charts[1].controls, 1);
	assert_int_equal(f.charts[1].bars[10], 1);
}

#define ELEVEN "{},{},{},{},{},{},{},{},{},{},{}"
static const char below_zero[] = "{\"version\":1,\"kinds\":[{\"histogram\":[" ELEVEN
                                 ",{\"count\":-1}]}]}";

static void what_is_no_such_file_is_refused_with_a_phrase(void **state)
{
	static const char *const bad[] = {
	        "",
	        "[]",
	        "{\"version\":2}",
	        "{\"version\":1}",
	        "{\"version\":1,\"kinds\":[{},{},{},{},{}]}",
	        "{\"version\":1,\"kinds\":[{}]}",
	        "{\"version\":1,\"kinds\":[{\"histogram\":[1,2,3]}]}",
	        below_zero,
	};
	struct rogue_file f;
	size_t len;
	char *text = make_json(&len);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(rogue_file_parse(&f, bad[i], strlen(bad[i])));
	for (size_t cut = 0; cut < len - 2; cut++)
		assert_non_null(rogue_file_parse(&f, text, cut));
	free(text);
}

static void a_bar_above_the_bound_is_bad(void **state)
{
	struct rogue_chart c = {.text = "a < b", .count = 3, .p50 = 1, .p99 = 2, .max = 3};
	char *svg;

	(void)state;
	c.bars[0] = 1;
	c.bars[9] = 2;
	svg = drawn(write_svg, &c);
	assert_non_null(strstr(svg, "a &lt; b"));
	assert_non_null(strstr(svg, "<rect class=\"bar-ok\" x=\"23\" y=\"90\""));
	assert_null(strstr(svg, "bar-bad"));
	free(svg);
	c.bars[10] = 1;
	svg = drawn(write_svg, &c);
	assert_non_null(strstr(svg, "bar-bad"));
	assert_null(strstr(svg, "style="));
	free(svg);
}

static void what_nobody_tried_does_not_pass(void **state)
{
	struct rogue_try control = {
	        .kind = ROGUE_BACKEND_QUIT, .control = true, .ms = {.gone = -1}};
	char path[] = "/tmp/rogue-XXXXXX";
	char *paths[] = {path};
	struct report_page p = {.rogue = paths, .rogue_count = 1};
	FILE *f = fdopen(mkstemp(path), "w");
	char *text;

	(void)state;
	rogue_write_json(&control, 1, "b", "tcg", true, f);
	fclose(f);
	text = drawn(write_section, &p);
	unlink(path);
	assert_non_null(strstr(text, "VACUOUS</b> told by the backend"));
	assert_null(strstr(text, "PASS"));
	free(text);
}

static void the_section_shows_what_can_be_read_and_names_what_cannot(void **state)
{
	char good[] = "/tmp/rogue-XXXXXX", bad[] = "/tmp/rogue-XXXXXX", none[] = "/nowhere/<x>";
	char *paths[] = {good, bad, none};
	struct report_page p = {.rogue = paths, .rogue_count = 3};
	size_t len;
	char *text = make_json(&len);
	int fd = mkstemp(good);

	(void)state;
	assert_true(write(fd, text, len) == (ssize_t)len);
	close(fd);
	close(mkstemp(bad));
	free(text);
	text = drawn(write_section, &p);
	unlink(good);
	unlink(bad);
	assert_non_null(strstr(text, "&lt;b&gt;, emulated, guests restored"));
	assert_non_null(strstr(text, "<b class=\"w fail\">FAIL</b> told by the backend"));
	assert_non_null(strstr(text, "<b class=\"w pass\">PASS</b> seen by the detector"));
	assert_non_null(strstr(text, "it is not JSON"));
	assert_non_null(strstr(text, "/nowhere/&lt;x&gt; cannot be shown"));
	free(text);
	p.rogue_count = 0;
	text = drawn(write_section, &p);
	assert_string_equal(text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_rogue_writes_is_read),
	        cmocka_unit_test(what_is_no_such_file_is_refused_with_a_phrase),
	        cmocka_unit_test(a_bar_above_the_bound_is_bad),
	        cmocka_unit_test(what_nobody_tried_does_not_pass),
	        cmocka_unit_test(the_section_shows_what_can_be_read_and_names_what_cannot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
