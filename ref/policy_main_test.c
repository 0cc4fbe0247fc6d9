/* SPDX-License-Identifier: ISC */
/* policy_main_test.c: the command line of `refnat policy`, and its exit codes. */
#include "ref/policy_main.h"

#include "ref/policy_load_rig.h"

#include <unistd.h>

static char folder[] = "/tmp/policy_main_test.XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[64];
	struct guard g = rig_text(text);
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(g.p, 1, g.n, file), g.n);
	fclose(file);
	guard_free(&g);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder) || chdir(folder) < 0)
		return -1;
	write_file("user",
	           RIG_HEAD RIG_TLS ",'domains':{'default':'allow'},"
	                            "'dns':{'mode':'synthetic','hosts':{'a':['1.2.3.4']}}}");
	write_file("org", "{'version':1,'domains':{'block':['a']}}");
	write_file("bad", "{'version':1,'x':1}");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return unlink("user") || unlink("org") || unlink("bad") || chdir("/") || rmdir(folder);
}

/* The words given, separated by spaces. */
static int run(const char *words)
{
	char text[256], *argv[16];
	int argc = 0;

	snprintf(text, sizeof(text), "policy %s", words);
	for (char *p = strtok(text, " "); p && argc < 15; p = strtok(NULL, " "))
		argv[argc++] = p;
	argv[argc] = NULL;
	return policy_main(argc, argv);
}

static void exit_codes_tell_what_came_of_it(void **state)
{
	static const struct {
		const char *words;
		int status;
	} rows[] = {
	        {"check --policy user", EXITS_OK},
	        {"--policy=user check", EXITS_OK},
	        {"check --policy user --organisation org", EXITS_OK},
	        {"check --policy bad", EXITS_POLICY},
	        {"check --policy nothing", EXITS_POLICY},
	        {"check --policy user --organisation bad", EXITS_POLICY},
	        {"check --policy user --organisation nothing", EXITS_POLICY},
	        {"check --policy org", EXITS_POLICY}, /* it is none by itself */
	        {"explain GET https://a/ --policy user", EXITS_OK},
	        {"explain --policy user GET https://a/", EXITS_OK},
	        {"explain GET https://a/ --policy user --organisation org", 1},
	        {"explain GET https://a/ --policy user --organisation=org", 1},
	        {"explain GET a --policy user", EXITS_USAGE},
	        {"explain GET https://a/ --policy bad", EXITS_POLICY},
	        {"", EXITS_USAGE},
	        {"check", EXITS_USAGE},
	        {"check --policy", EXITS_USAGE},
	        {"check --policy user --organisation", EXITS_USAGE},
	        {"check word --policy user", EXITS_USAGE},
	        {"explain --policy user", EXITS_USAGE},
	        {"explain GET --policy user", EXITS_USAGE},
	        {"explain GET https://a/ more --policy user", EXITS_USAGE},
	        {"show --policy user", EXITS_USAGE},
	        {"check --policy user --verbose", EXITS_UNIMPLEMENTED},
	        {"check --polic user", EXITS_UNIMPLEMENTED},
	        {"check --policyx user", EXITS_UNIMPLEMENTED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const int status = run(rows[i].words);

		if (status != rows[i].status)
			fail_msg("%s: %d", rows[i].words, status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(exit_codes_tell_what_came_of_it),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
