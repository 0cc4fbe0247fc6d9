/* SPDX-License-Identifier: ISC */
/* lint.c: `gauntlet lint` and `gauntlet list`. */
#include "harness/lint.h"

#include "harness/expect.h"
#include "harness/profile.h"
#include "harness/scenario.h"

#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_USAGE 2

static const char lint_help[] =
        "usage: gauntlet lint [--scenarios DIR] [SUITE|FILE...]\n"
        "\n"
        "Checks scenario files, all of DIR when none is named, and prints every error:\n"
        "grammar, names, requirements, flags, policies, and whether the expected verdict of\n"
        "each row is what the policy says. With no name the profiles of DIR are checked as\n"
        "well, and, for the default DIR, the baselines harness/backends/*/expect.txt; a FILE\n"
        "whose name ends in expect.txt is checked as a baseline.\n"
        "\n"
        "  --scenarios DIR   where suites are; else $GAUNTLET_SCENARIOS, else scenarios\n"
        "  --help            this text\n"
        "\n"
        "Exits 0 when all is well, 2 when something is wrong.\n";

static const char list_help[] =
        "usage: gauntlet list [--rows | --profiles] [--scenarios DIR] [SUITE|FILE...]\n"
        "\n"
        "Shows suites and their cases: kind, planes, number of rows or statements, and the\n"
        "requirements that are cited.\n"
        "\n"
        "  --rows            also each row of each attack\n"
        "  --profiles        the profiles instead: what they play and what they ask\n"
        "  --scenarios DIR   where suites are; else $GAUNTLET_SCENARIOS, else scenarios\n"
        "  --help            this text\n"
        "\n"
        "Exits 0, or 2 when a suite cannot be read.\n";

struct totals {
	size_t files, cases, rows, errors, baselines;
	bool show, show_rows, show_profiles; /* for list */
};

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* The words of a mask, valid until the next call. */
static const char *planes_text(unsigned planes)
{
	static const enum scn_plane all[] = {PLANE_WIRE, PLANE_KERNEL, PLANE_VM};
	static char text[32];
	size_t len = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (planes & all[i])
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
			                        len ? " " : "", plane_name(all[i]));
	return text;
}

static void print_reqs(const struct req_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		printf(" %s", list->id[i]);
}

static void show_suite(const struct suite *s, bool rows)
{
	printf("%s   planes %s, policy %s", s->name, planes_text(s->planes), s->policy);
	for (unsigned i = 0; i < s->needs_count; i++)
		printf("%s%s", i ? " " : ", needs ", s->needs[i]);
	putchar('\n');
	for (size_t i = 0; i < s->case_count; i++) {
		const struct scn_case *c = &s->cases[i];
		size_t n = c->attack ? c->row_count : c->step_count;

		printf("  %-32s %-6s  %-7s  %4zu %-6s ", c->name,
		       c->talk     ? "talk"
		       : c->attack ? "attack"
		                   : "case",
		       planes_text(c->planes), n, c->attack ? "rows" : "steps");
		print_reqs(&c->req);
		putchar('\n');
		for (size_t j = 0; rows && j < c->row_count; j++) {
			const struct row *row = &c->rows[j];

			printf("    %-30s %-6s  %s (%s)", row->id, row_verdict_name(row->verdict),
			       row->why, row->flags);
			print_reqs(&row->req);
			putchar('\n');
		}
	}
}

/* Reads one file and counts what is in it. */
static void read_suite(const char *path, struct totals *t)
{
	struct diag diag;
	char *source;
	struct suite *s = scenario_load(path, &diag, &source);

	t->files++;
	t->errors += diag.count;
	diag_print(&diag, stderr);
	for (size_t i = 0; s && i < s->case_count; i++) {
		t->cases++;
		t->rows += s->cases[i].row_count;
	}
	if (s && t->show)
		show_suite(s, t->show_rows);
	scenario_free(s);
	free(source);
}

static bool is_baseline(const char *name)
{
	static const char end[] = "expect.txt";
	size_t len = strlen(name);

	return len >= strlen(end) && !strcmp(name + len - strlen(end), end);
}

static void read_named(const char *dir, const char *name, struct totals *t)
{
	char path[PATH_MAX];

	if (!t->show && is_baseline(name))
		t->errors += expect_lint(name, dir, &t->baselines);
	else if (scenario_find(dir, name, path, sizeof(path)))
		t->errors++;
	else
		read_suite(path, t);
}

static void read_all(const char *dir, char *const *names, struct totals *t)
{
	bool every = !*names;
	char **all = NULL;

	if (every) {
		all = scenario_names(dir);
		names = all;
		if (!all)
			t->errors++;
	}
	for (; names && *names; names++)
		read_named(dir, *names, t);
	scenario_names_free(all);
	if (!every || t->show || t->errors)
		return;
	/* Against suites that are sound, or every error of theirs would come again. */
	t->errors += profile_lint(dir);
	if (!strcmp(dir, "scenarios"))
		t->errors += expect_lint_all(dir, &t->baselines);
}

/* Both commands are alike: their options, the files they name, and what is said at the end. */
static int run_command(int argc, char **argv, const char *help, struct totals *t)
{
	static const struct option options[] = {{"scenarios", required_argument, NULL, 's'},
	                                        {"rows", no_argument, NULL, 'r'},
	                                        {"profiles", no_argument, NULL, 'p'},
	                                        {"help", no_argument, NULL, 'h'},
	                                        {0}};
	const char *dir = NULL;
	int option;

	optind = 0; /* getopt may have been used before, for other arguments */
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's') {
			dir = optarg;
		} else if (option == 'r' && t->show) {
			t->show_rows = true;
		} else if (option == 'p' && t->show) {
			t->show_profiles = true;
		} else if (option == 'h') {
			fputs(help, stdout);
			return 0;
		} else {
			fputs(help, stderr);
			return EXIT_USAGE;
		}
	}
	if (t->show_profiles)
		return profile_list(scenario_dir(dir)) ? EXIT_USAGE : 0;
	read_all(scenario_dir(dir), argv + optind, t);
	if (!t->files && !t->baselines && !t->errors) {
		fprintf(stderr, "gauntlet: there is no scenario in %s\n", scenario_dir(dir));
		t->errors++;
	}
	printf("%zu file%s, %zu case%s, %zu row%s", t->files, plural(t->files), t->cases,
	       plural(t->cases), t->rows, plural(t->rows));
	if (t->baselines)
		printf(", %zu baseline%s", t->baselines, plural(t->baselines));
	if (t->errors || !t->show)
		printf(", %zu error%s", t->errors, plural(t->errors));
	putchar('\n');
	return t->errors ? EXIT_USAGE : 0;
}

int lint_main(int argc, char **argv)
{
	struct totals t = {0};

	return run_command(argc, argv, lint_help, &t);
}

int list_main(int argc, char **argv)
{
	struct totals t = {.show = true};

	return run_command(argc, argv, list_help, &t);
}
