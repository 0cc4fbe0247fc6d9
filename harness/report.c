/* SPDX-License-Identifier: ISC */
/* report.c: the sub-command `gauntlet report`. See report.h. */
#include "harness/report.h"

#include "harness/files.h"
#include "harness/merge.h"
#include "harness/report_html.h"
#include "harness/report_load.h"
#include "harness/run.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char help[] =
        "usage: gauntlet report [OPTION...] [NAME=]DIR...\n"
        "Makes DIR/index.html of the results of one or more runs: a page that needs nothing "
        "beside\n"
        "itself. A DIR without results.json stands for all folders below it that have one.\n\n"
        "  --out DIR            where index.html goes (default: build/report)\n"
        "  --previous [NAME=]DIR  an earlier run, or the folder of several, to compare with\n"
        "  --requirements FILE  where sentences of requirements are (default: "
        "docs/requirements.md)\n"
        "  --help               this text\n\n"
        "exit: 0 the page is there, whatever it says, 2 usage or a file that cannot be read,\n"
        "      4 the page cannot be written\n\n";

struct options {
	const char *out, *previous, *requirements;
};

/* 0 to go on, 1 to end with *code. */
static int parse_options(int argc, char **argv, struct options *o, int *code)
{
	static const struct option options[] = {{"out", required_argument, NULL, 'o'},
	                                        {"previous", required_argument, NULL, 'p'},
	                                        {"requirements", required_argument, NULL, 'r'},
	                                        {"help", no_argument, NULL, 'h'},
	                                        {0}};
	int c;

	*code = EXIT_USAGE;
	optind = 0; /* getopt may have been used before, for other arguments */
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'o':
			o->out = optarg;
			break;
		case 'p':
			o->previous = optarg;
			break;
		case 'r':
			o->requirements = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			merge_help(stdout);
			*code = 0;
			return 1;
		default:
			fputs("Try `gauntlet report --help`.\n", stderr);
			return 1;
		}
	}
	if (optind < argc)
		return 0;
	fputs(help, stderr);
	merge_help(stderr);
	return 1;
}

/* Each run beside the one like it in `past`. */
static void compare_all(const struct loaded *now, const struct loaded *past,
                        struct report_past *out)
{
	for (size_t i = 0; i < now->count; i++) {
		const struct loaded_run *before = load_find_like(past, &now->list[i],
		                                                 now->count == 1);

		if (!before) {
			fprintf(stderr, "gauntlet: %s: no earlier run is like it\n",
			        now->list[i].dir);
			continue;
		}
		out[i].known = true;
		out[i].dir = before->dir;
		trend_compare(&out[i].trend, &before->run.results, &now->list[i].run.results);
	}
}

static int write_page(const struct report_page *p, const char *dir)
{
	struct new_file n;

	if (file_make_folder(dir) || file_begin(&n, dir, "index.html", 0666))
		return -1;
	report_html_write(p, n.f);
	return file_finish(&n);
}

static int make_page(struct loaded *now, const struct loaded *past, const struct options *o)
{
	struct report_run *runs = calloc(now->count, sizeof(*runs));
	struct story_list *stories = calloc(now->count, sizeof(*stories));
	struct window_list *windows = calloc(now->count, sizeof(*windows));
	struct report_past *compared = calloc(now->count, sizeof(*compared));
	struct requirements known;
	struct report_model model;
	struct report_page page = {.model = &model,
	                           .stories = stories,
	                           .pool = &now->pool,
	                           .windows = windows,
	                           .rogue = now->rogue,
	                           .rogue_count = now->rogue_count};
	time_t t = time(NULL);
	char made[40];
	int code = 0;

	if (!runs || !stories || !windows || !compared) {
		fputs("gauntlet: out of memory: the report cannot be made\n", stderr);
		exit(EXIT_ENV);
	}
	if (past->count) {
		compare_all(now, past, compared); /* before labels are made to differ */
		page.past = compared;
	}
	load_name_runs(now);
	for (size_t i = 0; i < now->count; i++) {
		runs[i] = now->list[i].run; /* borrowed */
		stories[i] = now->list[i].stories;
		windows[i] = now->list[i].windows;
	}
	strftime(made, sizeof(made), "%Y-%m-%d %H:%M UTC", gmtime(&t));
	page.made = made;
	requirements_load(&known, o->requirements);
	report_model_make(&model, runs, now->count, &known);
	if (write_page(&page, o->out))
		code = EXIT_ENV;
	else
		printf("report: %s/index.html\n", o->out);
	report_model_free(&model);
	requirements_free(&known);
	for (size_t i = 0; i < now->count; i++)
		trend_free(&compared[i].trend);
	free(compared);
	free(windows);
	free(stories);
	free(runs);
	return code;
}

int report_main(int argc, char **argv)
{
	struct options o = {.out = "build/report", .requirements = "docs/requirements.md"};
	struct loaded now = {0}, past = {0};
	int code;

	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--merge"))
			return merge_main(argc, argv);
	if (parse_options(argc, argv, &o, &code))
		return code;
	code = 0;
	for (int i = optind; i < argc && !code; i++)
		code = load_runs(&now, argv[i], true) ? EXIT_USAGE : 0;
	if (!code && o.previous && load_runs(&past, o.previous, false))
		code = EXIT_USAGE;
	if (!code)
		code = make_page(&now, &past, &o);
	load_free(&now);
	load_free(&past);
	return code;
}
