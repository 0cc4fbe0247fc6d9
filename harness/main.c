/* SPDX-License-Identifier: ISC */
/* main.c: the sub-commands, in a table that also prints the help. */
#include "harness/bench.h"
#include "harness/boot.h"
#include "harness/detect_main.h"
#include "harness/doctor.h"
#include "harness/fleet.h"
#include "harness/guest_config.h"
#include "harness/lint.h"
#include "harness/matrix.h"
#include "harness/replay.h"
#include "harness/report.h"
#include "harness/rogue.h"
#include "harness/run.h"
#include "harness/trace.h"
#include "harness/version.h"

#include "harness/diag.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *help;
} commands[] = {
        {"run", run_main, "judge a backend with suites of scenarios"},
        {"scenario", scenario_main, "run one case and tell it as a story"},
        {"list", list_main, "show suites, cases and rows"},
        {"lint", lint_main, "check scenario files"},
        {"doctor", doctor_main, "try the backend contract step by step"},
        {"bench", bench_main, "measure backends side by side"},
        {"fleet", fleet_main, "several VMs at once: apart, fair, and gone without a trace"},
        {"boot", boot_main, "boot the guest and break its boot time down"},
        {"detect", detect_main, "watch what leaves a provider, and end the VM that breaks out"},
        {"rogue", rogue_main, "let a guest break out, and time the end of its VM"},
        {"guest-config", guest_config_main, "make what locks a guest down from inside"},
        {"replay", replay_main, "show the frames of a capture file"},
        {"trace", trace_main, "requirements, the cases that try them, and what became of them"},
        {"matrix", matrix_main, "compare runs of mutants with the run of the original"},
        {"report", report_main, "make a page of results, or one whole of shards"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void help(FILE *to)
{
	fprintf(to, "usage: gauntlet COMMAND [OPTION...] [ARGUMENT...]\n"
	            "Judges what stands between a sandbox VM and the network: does it really "
	            "hold?\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-12s %s\n", commands[i].name, commands[i].help);
	fprintf(to, "\n`gauntlet COMMAND --help` tells more. See gauntlet(1).\n");
}

int main(int argc, char **argv)
{
	const char *names[COMMANDS + 1] = {NULL}, *near;

	if (argc < 2) {
		help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
		help(stdout);
		return 0;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("gauntlet %s\n", GAUNTLET_VERSION);
		return 0;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		names[i] = commands[i].name;
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].main(argc - 1, argv + 1);
	}
	near = diag_nearest(argv[1], names);
	fprintf(stderr, "gauntlet: unknown command '%s'%s%s%s\n", argv[1],
	        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	help(stderr);
	return EXIT_USAGE;
}
