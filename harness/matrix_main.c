/* SPDX-License-Identifier: ISC */
/* matrix_main.c: the sub-command. See matrix.h. */
#include "harness/files.h"
#include "harness/matrix.h"
#include "harness/scenario.h"

#include <getopt.h>
#include <string.h>

#define BASELINES_MAX 8

static const char help[] =
        "usage: gauntlet matrix --baseline DIR... [--out FILE.json] [--scenarios DIR] [--verbose]\n"
        "                       NAME=DIR[:EXPECTED]...\n"
        "\n"
        "Compares the runs of broken backends with the run of the sound one, and says which case\n"
        "noticed what. Each DIR holds the results.json of one run.\n"
        "\n"
        "  NAME=DIR[:EXPECTED]  a mutant, its run, and its fate: killed (the default) or vacuous\n"
        "  --baseline DIR       the run of the sound backend; once for each plane\n"
        "  --out FILE.json      write the matrix there, too\n"
        "  --scenarios DIR      where is read what a case forbids, default\n"
        "                       $GAUNTLET_SCENARIOS or scenarios\n"
        "  --verbose            name the cases that killed, and the negative ones that killed "
        "none\n"
        "  --help               this text\n"
        "\n"
        "Exit: 0 every mutant met its fate, 1 one did not, 2 usage or unreadable file.\n";

/* Splits NAME=DIR[:EXPECTED] in place. What follows the last colon is an expectation unless it has
 * a slash in it. */
static int parse_mutant(char *argument, char **dir, enum fate *expected)
{
	char *equals = strchr(argument, '='), *colon;

	*expected = FATE_KILLED;
	if (!equals || equals == argument || !equals[1]) {
		fprintf(stderr, "gauntlet matrix: '%s' is not NAME=DIR[:EXPECTED]\n", argument);
		return -1;
	}
	*equals = '\0';
	*dir = equals + 1;
	colon = strrchr(*dir, ':');
	if (!colon || strchr(colon, '/'))
		return 0;
	if (strcmp(colon + 1, fate_name(FATE_VACUOUS)) == 0) {
		*expected = FATE_VACUOUS;
	} else if (strcmp(colon + 1, fate_name(FATE_KILLED)) != 0) {
		fprintf(stderr, "gauntlet matrix: mutant %s: '%s' is neither killed nor vacuous\n",
		        argument, colon + 1);
		return -1;
	}
	*colon = '\0';
	return 0;
}

static int add_run(struct matrix *m, char *argument)
{
	enum fate expected;
	struct results run;
	char *dir;

	if (parse_mutant(argument, &dir, &expected) || results_read(&run, dir))
		return -1;
	if (!matrix_has_plane(m, run.plane)) {
		fprintf(stderr,
		        "gauntlet matrix: mutant %s was played on the plane %s, of which there is "
		        "no --baseline\n",
		        argument, run.plane);
		results_free(&run);
		return -1;
	}
	matrix_add(m, argument, expected, &run);
	results_free(&run);
	return 0;
}

static int write_file(const struct matrix *m, char *path)
{
	char *slash = strrchr(path, '/');
	const char *dir = slash ? path : ".", *name = slash ? slash + 1 : path;
	struct new_file n;

	if (slash)
		*slash = '\0';
	if (slash && path[0] && file_make_folder(path))
		return -1;
	if (file_begin(&n, dir, name, 0666))
		return -1;
	matrix_write_json(m, n.f);
	return file_finish(&n);
}

struct matrix_options {
	const char *baselines[BASELINES_MAX], *scenarios;
	size_t baseline_count;
	char *out;
	bool verbose;
};

static int begin_matrix(struct matrix *m, const struct matrix_options *o)
{
	struct results baselines[BASELINES_MAX];
	int status = 0;

	for (size_t i = 0; i < o->baseline_count; i++) {
		if (!results_read(&baselines[i], o->baselines[i]))
			continue;
		baselines[i] = (struct results){.plane = ""};
		status = -1;
	}
	matrix_init(m, baselines, o->baseline_count);
	return status ? status : matrix_mark_scenarios(m, scenario_dir(o->scenarios));
}

static int run_matrix(const struct matrix_options *o, int count, char **mutants)
{
	struct matrix m;
	int status = begin_matrix(&m, o);

	for (int i = 0; status == 0 && i < count; i++)
		status = add_run(&m, mutants[i]);
	if (status == 0) {
		matrix_print(&m, o->verbose, stdout);
		if (o->out)
			status = write_file(&m, o->out);
	}
	status = status ? 2 : matrix_is_as_expected(&m) ? 0 : 1;
	matrix_free(&m);
	return status;
}

int matrix_main(int argc, char **argv)
{
	static const struct option options[] = {{"baseline", required_argument, NULL, 'b'},
	                                        {"out", required_argument, NULL, 'o'},
	                                        {"scenarios", required_argument, NULL, 's'},
	                                        {"verbose", no_argument, NULL, 'v'},
	                                        {"help", no_argument, NULL, 'h'},
	                                        {NULL, 0, NULL, 0}};
	struct matrix_options o = {.baseline_count = 0};
	int option;

	optind = 0; /* GNU: begin anew, main() may have used it */
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			fputs(help, stdout);
			return 0;
		case 'b':
			if (o.baseline_count == BASELINES_MAX) {
				fputs("gauntlet matrix: too many baselines\n", stderr);
				return 2;
			}
			o.baselines[o.baseline_count++] = optarg;
			break;
		case 'o':
			o.out = optarg;
			break;
		case 's':
			o.scenarios = optarg;
			break;
		case 'v':
			o.verbose = true;
			break;
		default: /* getopt has said what is wrong */
			fputs(help, stderr);
			return 2;
		}
	}
	if (!o.baseline_count || optind == argc) {
		fputs(o.baseline_count ? "gauntlet matrix: no mutant given\n"
		                       : "gauntlet matrix: --baseline is missing\n",
		      stderr);
		fputs(help, stderr);
		return 2;
	}
	return run_matrix(&o, argc - optind, argv + optind);
}
