/* SPDX-License-Identifier: ISC */
/* options_test.c: the command line of the contract, and the exit codes of everything else. */
#include "ref/options.h"

#include "ref/exits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ARGS_MAX 24

/* Parses "refnat" and the words given, separated by spaces. */
static int parse(const char *words, struct options *out)
{
	static char text[1024];
	char *argv[ARGS_MAX] = {text};
	int argc = 1;

	strcpy(text, "refnat");
	if (*words) {
		strcat(text, " ");
		strcat(text, words);
	}
	for (char *p = text; (p = strchr(p, ' ')) && argc < ARGS_MAX - 1;) {
		*p++ = '\0';
		argv[argc++] = p;
	}
	return options_parse(argc, argv, out);
}

#define RUN "run --contract 1 --policy p --frames fd:3 --events fd:4 --uplink up0"

static void the_contracts_command_line_is_read(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(parse(RUN " --seed 18446744073709551615", &options), EXITS_OK);
	assert_int_equal(options.command, OPTIONS_RUN);
	assert_string_equal(options.policy, "p");
	assert_int_equal(options.frames.kind, LINK_FD);
	assert_int_equal(options.frames.fd, 3);
	assert_int_equal(options.events, 4);
	assert_string_equal(options.uplink, "up0");
	assert_true(options.has_seed);
	assert_true(options.seed == UINT64_MAX);
	assert_int_equal(parse(RUN, &options), EXITS_OK);
	assert_false(options.has_seed);
	assert_null(options.organisation);
	assert_int_equal(parse(RUN " --organisation o", &options), EXITS_OK);
	assert_string_equal(options.organisation, "o");
	assert_int_equal(parse("describe --contract=1", &options), EXITS_OK);
	assert_int_equal(options.command, OPTIONS_DESCRIBE);
	assert_int_equal(parse("sandbox", &options), EXITS_OK);
	assert_int_equal(options.command, OPTIONS_SANDBOX);
	assert_int_equal(parse("--help", &options), EXITS_OK);
	assert_int_equal(options.command, OPTIONS_HELP);
	assert_int_equal(parse("run --help", &options), EXITS_OK);
	assert_int_equal(options.command, OPTIONS_HELP);
	assert_int_equal(parse("--version", &options), EXITS_OK);
	assert_int_equal(options.command, OPTIONS_VERSION);
}

static void unknown_flags_and_commands_are_unimplemented(void **state)
{
	static const char *const lines[] = {
	        "launch",
	        "--xyzzy",
	        "-h",
	        "Run",
	        RUN " --xyzzy",
	        RUN " --xyzzy=1",
	        RUN " --xyzzy 1",
	        RUN " -x",
	        RUN " --ctl fd:5",
	        RUN " --see 1", /* no abbreviations */
	        RUN " --Seed 1",
	        "run --xyzzy", /* before what is missing */
	        "describe --contract 1 --policy p",
	        "describe --contract 1 --sandbox off",
	        "sandbox --sandbox off",
	        "describe --contract 2",
	        "describe --contract 0",
	        "run --contract 2",
	};
	struct options options;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (parse(lines[i], &options) != EXITS_UNIMPLEMENTED)
			fail_msg("%s", lines[i]);
}

static void missing_flags_and_bad_values_are_usage_errors(void **state)
{
	static const char *const lines[] = {
	        "",
	        "describe",
	        "describe --contract",
	        "describe --contract one",
	        "describe --contract -1",
	        "describe --contract 1 extra",
	        "run",
	        "run --contract 1 --policy p --frames fd:3 --events fd:4",
	        "run --contract 1 --policy p --frames fd:3 --uplink up0",
	        "run --contract 1 --policy p --events fd:4 --uplink up0",
	        "run --contract 1 --frames fd:3 --events fd:4 --uplink up0",
	        "run --policy p --frames fd:3 --events fd:4 --uplink up0",
	        RUN " extra",
	        RUN " --seed",
	        RUN " --seed x",
	        RUN " --seed -1",
	        RUN " --seed 18446744073709551616",
	        RUN " --frames fd:x",
	        RUN " --events 4",
	        RUN " --events fd:",
	        RUN " --uplink a\"b",
	        RUN " --uplink sixteen-letters-",
	        RUN " --uplink=",
	        RUN " --sandbox",
	        RUN " --sandbox=",
	        RUN " --sandbox on",
	        RUN " --sandbox Auto",
	        RUN " --sandbox requirex",
	        "sandbox worker",
	};
	struct options options;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (parse(lines[i], &options) != EXITS_USAGE)
			fail_msg("%s", lines[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_contracts_command_line_is_read),
	        cmocka_unit_test(unknown_flags_and_commands_are_unimplemented),
	        cmocka_unit_test(missing_flags_and_bad_values_are_usage_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
