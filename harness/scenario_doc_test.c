/* SPDX-License-Identifier: ISC */
/* scenario_doc_test.c: docs/scenarios.md tells the truth: its example is a good file, and it lists
 * every key. Run from the project's folder; elsewhere the tests skip themselves. */
#include "harness/recipe_key.h"
#include "harness/scenario_fixture.h"

#define PAGE_MAX 65536

static char *read_page(void)
{
	FILE *f = fopen("docs/scenarios.md", "re");
	char *page;

	if (!f)
		skip();
	page = calloc(1, PAGE_MAX);
	assert_non_null(page);
	assert_in_range(fread(page, 1, PAGE_MAX - 1, f), 1, PAGE_MAX - 2);
	fclose(f);
	return page;
}

static void every_key_is_on_the_page(void **state)
{
	char *page = read_page();

	(void)state;
	for (size_t i = 0; i < KEY_COUNT; i++) {
		char cell[100];

		snprintf(cell, sizeof(cell), "\n| `%s` |", recipe_keys[i].name);
		if (!strstr(page, cell) || !strstr(page, recipe_keys[i].help))
			fail_msg("docs/scenarios.md lacks %s: %s", recipe_keys[i].name,
			         recipe_keys[i].help);
	}
	free(page);
}

static void every_statement_about_the_backend_is_on_the_page(void **state)
{
	static const char *const statements[] = {
	        "flood N RECIPE",
	        "event KIND",
	        "none event KIND",
	        "policy FILE",
	        "policy FILE refused",
	        "sync",
	        "clock TIME",
	        "stats COUNTER N",
	        "memory below N MB",
	        "uplink down",
	        "uplink up",
	        "stop",
	        "cont",
	        "audit stall",
	        "audit close",
	        "channel hex",
	        "channel split",
	        "channel cut",
	        "channel close",
	        "ends clean",
	        "ends violation",
	        "ends failed",
	        "beside policy FILE",
	        "beside inject RECIPE",
	        "beside guest PATTERN",
	        "none beside guest PATTERN",
	        "beside ends violation",
	        "early RECIPE",
	        "cycle N",
	        "ends killed",
	        "kill",
	        "kill process N",
	        "limit files N",
	        "limit memory N MB",
	        "boot [cold",
	        "guest off",
	        "guest reboot",
	        "guest sends PATTERN",
	        "none guest sends PATTERN",
	        "talk to",
	        "says ...",
	        "hears ...",
	};
	char *page = read_page();
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		snprintf(text, sizeof(text), "`%s", statements[i]);
		if (!strstr(page, text))
			fail_msg("docs/scenarios.md lacks %s", statements[i]);
	}
	for (size_t i = 0; stats_words[i]; i++) {
		snprintf(text, sizeof(text), "`%s`", stats_words[i]);
		if (!strstr(page, text))
			fail_msg("docs/scenarios.md lacks the counter %s", stats_words[i]);
	}
	free(page);
}

static void the_example_on_the_page_is_a_good_file(void **state)
{
	struct fixture *f = *state;
	char *page = read_page();
	char *text = strstr(page, "```\n");
	char *end = text ? strstr(text + 4, "```\n") : NULL;
	char path[300];
	struct suite *s;

	assert_non_null(end);
	text += 4;
	fixture_write(f, "flags.txt", "BASIC\nEXFIL\nLINK\n");
	snprintf(path, sizeof(path), "%s/policies", f->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	fixture_write(f, "policies/one-udp-endpoint.json", FIXTURE_POLICY);
	snprintf(path, sizeof(path), "%s/egress-core.scn", f->dir);
	s = scenario_parse(path, text, (size_t)(end - text), &f->diag);
	diag_print(&f->diag, stderr);
	assert_non_null(s);
	assert_int_equal(s->case_count, 2);
	scenario_free(s);

	snprintf(path, sizeof(path), "%s/policies/one-udp-endpoint.json", f->dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/policies", f->dir);
	rmdir(path);
	free(page);
}

static void every_word_of_a_talk_is_on_the_page(void **state)
{
	static const char *const words[] = {
	        "origin A:P...",  "resolver A:P...", "talk NAME req ID...", "`times N",
	        "`dns TYPE NAME", "hello KEY=VALUE", "clock TIME",          "head \"glob\"",
	        "alert NAME",     "server-hello",    "dns RCODE",           "`cut`",
	        "`closed`",       "`nothing`"};
	char *page = read_page();

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strstr(page, words[i]))
			fail_msg("docs/scenarios.md lacks %s", words[i]);
	for (size_t i = 0; i < HELLO_KEY_COUNT; i++) {
		char cell[64];

		snprintf(cell, sizeof(cell), "`%s`", talk_hello_words[i]);
		if (!strstr(strstr(page, "<!-- hello keys -->"), cell))
			fail_msg("docs/scenarios.md lacks the key %s", talk_hello_words[i]);
	}
	free(page);
}

/* The indented block below the heading, as a file. */
static char *indented(const char *page, const char *heading)
{
	const char *line = strstr(page, heading);
	char *text = calloc(1, PAGE_MAX), *to = text;

	assert_non_null(line);
	assert_non_null(text);
	line = strstr(line, "\n    ");
	assert_non_null(line);
	line++;
	while (!strncmp(line, "    ", 4) || *line == '\n') {
		size_t len = strcspn(line, "\n") + 1, skip = *line == '\n' ? 0 : 4;

		memcpy(to, line + skip, len - skip);
		to += len - skip;
		line += len;
	}
	return text;
}

static void the_talk_on_the_page_is_a_good_file(void **state)
{
	struct fixture *f = *state;
	char *page = read_page(), *text = indented(page, "\n## The table of a talk");
	char path[300];
	struct suite *s;

	fixture_write(f, "flags.txt", "BASIC\nEXFIL\nPARSER\nDOS\n");
	snprintf(path, sizeof(path), "%s/policies", f->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	fixture_write(f, "policies/web.json", FIXTURE_POLICY);
	snprintf(path, sizeof(path), "%s/web.scn", f->dir);
	s = scenario_parse(path, text, strlen(text), &f->diag);
	diag_print(&f->diag, stderr);
	assert_non_null(s);
	assert_int_equal(s->case_count, 2);
	assert_int_equal(s->cases[0].row_count, 3);
	assert_int_equal(s->cases[1].row_count, 4);
	scenario_free(s);
	snprintf(path, sizeof(path), "%s/policies/web.json", f->dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/policies", f->dir);
	rmdir(path);
	free(text);
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_key_is_on_the_page),
	        cmocka_unit_test(every_statement_about_the_backend_is_on_the_page),
	        cmocka_unit_test(the_example_on_the_page_is_a_good_file),
	        cmocka_unit_test(every_word_of_a_talk_is_on_the_page),
	        cmocka_unit_test(the_talk_on_the_page_is_a_good_file),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
