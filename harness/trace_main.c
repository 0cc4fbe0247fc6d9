/* SPDX-License-Identifier: ISC */
/* trace_main.c: `gauntlet trace`. */
#include "harness/trace.h"

#include "harness/doctor.h"
#include "harness/files.h"
#include "harness/fleet.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_DISAGREE 1
#define EXIT_USAGE    2

static const char help[] =
        "usage: gauntlet trace [--json] [--cases] [--requirements FILE] [--scenarios DIR] "
        "[DIR...]\n"
        "\n"
        "Shows which requirement is tried by how many cases and rows, and what became of them in\n"
        "the runs whose results.json are in DIR..., for each backend. Fails when tables and\n"
        "scenarios do not agree: an id that is cited and not listed, a state that is not true, a\n"
        "MUST that nothing tries and that does not say what it `needs`.\n"
        "\n"
        "  --json               as JSON, with every case\n"
        "  --cases              with every case\n"
        "  --quiet              only what does not agree, and the totals\n"
        "  --requirements FILE  the tables (default: docs/requirements.md)\n"
        "  --scenarios DIR      where suites are; else $GAUNTLET_SCENARIOS, else scenarios\n"
        "  --help               this text\n"
        "\n"
        "Exit: 0 they agree, 1 they do not, 2 usage or unreadable file.\n";

struct trace_options {
	const char *requirements, *scenarios;
	bool json, cases, quiet;
};

/* -1 to go on, else the exit code. */
static int parse_options(int argc, char **argv, struct trace_options *o)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
	                                        {"cases", no_argument, NULL, 'c'},
	                                        {"quiet", no_argument, NULL, 'q'},
	                                        {"requirements", required_argument, NULL, 'r'},
	                                        {"scenarios", required_argument, NULL, 's'},
	                                        {"help", no_argument, NULL, 'h'},
	                                        {0}};
	int c;

	optind = 0; /* getopt may have been used before, for other arguments */
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		o->json |= c == 'j';
		o->cases |= c == 'c';
		o->quiet |= c == 'q';
		if (c == 'r')
			o->requirements = optarg;
		if (c == 's')
			o->scenarios = optarg;
		if (c == 'h' || c == '?') {
			fputs(help, c == 'h' ? stdout : stderr);
			return c == 'h' ? 0 : EXIT_USAGE;
		}
	}
	return -1;
}

static int add_suites(struct trace *t, const char *dir)
{
	size_t count;
	struct selection *all = select_load(dir, NULL, 0, &count);

	if (!all)
		return -1;
	for (size_t i = 0; i < count; i++)
		trace_add_suite(t, all[i].suite);
	select_free(all, count);
	for (size_t i = 0; doctor_cites[i].probe; i++)
		trace_add_probe(t, doctor_cites[i].probe, doctor_cites[i].requirement);
	for (size_t i = 0; fleet_cites[i].probe; i++)
		trace_add_probe(t, fleet_cites[i].probe, fleet_cites[i].requirement);
	return 0;
}

static int add_results(struct trace *t, char *const *dirs)
{
	for (; *dirs; dirs++) {
		struct results r;
		bool fits;

		if (results_read(&r, *dirs))
			return -1;
		fits = trace_add_results(t, &r);
		results_free(&r);
		if (!fits) {
			fprintf(stderr, "gauntlet trace: more than %d backends\n",
			        TRACE_BACKENDS_MAX);
			return -1;
		}
	}
	return 0;
}

static void tell(const struct trace *t, const struct trace_options *o, const struct diag *diag)
{
	if (o->json)
		trace_write_json(t, diag, stdout);
	else if (o->quiet)
		trace_print_totals(t, stdout);
	else
		trace_print(t, o->cases, stdout);
	fflush(stdout);
	diag_print(diag, stderr);
}

int trace_main(int argc, char **argv)
{
	static struct diag diag;
	struct trace_options o = {.requirements = "docs/requirements.md"};
	int code = parse_options(argc, argv, &o);
	struct trace t;
	char *text;
	size_t len;

	if (code >= 0)
		return code;
	text = file_text(o.requirements, TRACE_FILE_MAX, &len);
	if (!text) {
		fprintf(stderr, "gauntlet trace: %s: %s\n", o.requirements, strerror(errno));
		return EXIT_USAGE;
	}
	trace_parse(&t, o.requirements, text, len, &diag);
	if (add_suites(&t, scenario_dir(o.scenarios)) || add_results(&t, argv + optind)) {
		code = EXIT_USAGE;
	} else {
		trace_check(&t, &diag);
		tell(&t, &o, &diag);
		code = diag.count ? EXIT_DISAGREE : 0;
	}
	trace_free(&t);
	free(text);
	return code;
}
