/* SPDX-License-Identifier: ISC */
/* matrix.c: see matrix.h. */
#include "harness/matrix.h"

#include "harness/files.h"
#include "harness/judge.h"
#include "harness/select.h"

#include <assert.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
        "usage: gauntlet matrix --baseline DIR [--out FILE.json] [--scenarios DIR] [--verbose]\n"
        "                       NAME=DIR[:EXPECTED]...\n"
        "\n"
        "Compares the runs of broken backends with the run of the sound one, and says which case\n"
        "noticed what. Each DIR holds the results.json of one run.\n"
        "\n"
        "  NAME=DIR[:EXPECTED]  a mutant, its run, and its fate: killed (the default) or vacuous\n"
        "  --baseline DIR       the run of the sound backend\n"
        "  --out FILE.json      write the matrix there, too\n"
        "  --scenarios DIR      where the rows' verdicts are read, default\n"
        "                       $GAUNTLET_SCENARIOS or scenarios\n"
        "  --verbose            list the drop rows that killed no mutant\n"
        "  --help               this text\n"
        "\n"
        "Exit: 0 every mutant met its fate, 1 one did not, 2 usage or unreadable file.\n";

static const char *const fates[] = {
        [FATE_KILLED] = "killed", [FATE_VACUOUS] = "vacuous", [FATE_SURVIVED] = "survived"};
static_assert(sizeof(fates) / sizeof(fates[0]) == FATE_COUNT, "every fate has a name");

const char *fate_name(enum fate f)
{
	return f < FATE_COUNT ? fates[f] : "?";
}

static void *need(void *p)
{
	if (p)
		return p;
	fputs("gauntlet matrix: out of memory\n", stderr);
	exit(4);
}

static int compare_indices(const void *a, const void *b, void *baseline)
{
	const struct outcome *outcomes = ((const struct results *)baseline)->outcomes;
	char left[OUTCOME_NAME_MAX], right[OUTCOME_NAME_MAX];

	return strcmp(outcome_name(&outcomes[*(const size_t *)a], left),
	              outcome_name(&outcomes[*(const size_t *)b], right));
}

void matrix_init(struct matrix *m, struct results *baseline)
{
	size_t n = baseline->count;

	*m = (struct matrix){.baseline = *baseline};
	*baseline = (struct results){.plane = NULL};
	m->order = need(calloc(n + 1, sizeof(*m->order)));
	m->proofs = need(calloc(n + 1, sizeof(*m->proofs)));
	m->negative = need(calloc(n + 1, sizeof(*m->negative)));
	for (size_t i = 0; i < n; i++)
		m->order[i] = i;
	qsort_r(m->order, n, sizeof(*m->order), compare_indices, &m->baseline);
}

void matrix_free(struct matrix *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->list[i].killers);
	free(m->list);
	free(m->order);
	free(m->proofs);
	free(m->negative);
	results_free(&m->baseline);
	*m = (struct matrix){.count = 0};
}

/* The baseline's outcome of that name, or false. */
static bool find(const struct matrix *m, const char *name, size_t *out)
{
	size_t low = 0, high = m->baseline.count;
	char other[OUTCOME_NAME_MAX];

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name,
		                   outcome_name(&m->baseline.outcomes[m->order[middle]], other));

		if (order == 0) {
			*out = m->order[middle];
			return true;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

static bool finds_fault(enum result r)
{
	return r == RESULT_FAIL || r == RESULT_LIE || r == RESULT_AUDIT_GAP || r == RESULT_CRASH ||
	       r == RESULT_HANG || r == RESULT_XPASS;
}

static int compare_sizes(const void *a, const void *b)
{
	size_t left = *(const size_t *)a, right = *(const size_t *)b;

	return (left > right) - (left < right);
}

/* A row proves its own demand when it failed by its own doing. That everything fails behind a silent, a stuttering or
 * a hanging backend says nothing about what this row forbids. */
static bool proves_itself(const struct outcome *o)
{
	static const char *const words[] = {JUDGE_CROSSED, JUDGE_REACHED_HOST, JUDGE_ANSWERED};

	if (o->result == RESULT_CRASH)
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncmp(o->detail, words[i], strlen(words[i])))
			return o->result == RESULT_FAIL || o->result == RESULT_LIE;
	return false;
}

static void note_proofs(struct matrix *m, const struct results *run)
{
	char id[OUTCOME_NAME_MAX];
	size_t i;

	for (size_t j = 0; j < run->count; j++)
		if (proves_itself(&run->outcomes[j]) &&
		    find(m, outcome_name(&run->outcomes[j], id), &i))
			m->proofs[i]++;
}

void matrix_add(struct matrix *m, const char *name, enum fate expected, const struct results *run)
{
	bool vacuous = false;
	struct mutant *mutant;
	size_t i;

	m->list = need(reallocarray(m->list, m->count + 1, sizeof(*m->list)));
	mutant = &m->list[m->count++];
	*mutant = (struct mutant){.name = name, .expected = expected};
	mutant->killers = need(calloc(run->count + 1, sizeof(*mutant->killers)));
	for (size_t j = 0; j < run->count; j++) {
		char id[OUTCOME_NAME_MAX];

		vacuous |= run->outcomes[j].result == RESULT_VACUOUS;
		if (!finds_fault(run->outcomes[j].result) ||
		    !find(m, outcome_name(&run->outcomes[j], id), &i) ||
		    m->baseline.outcomes[i].result != RESULT_PASS)
			continue;
		mutant->killers[mutant->killer_count++] = i;
	}
	note_proofs(m, run);
	qsort(mutant->killers, mutant->killer_count, sizeof(*mutant->killers), compare_sizes);
	mutant->fate = mutant->killer_count ? FATE_KILLED : vacuous ? FATE_VACUOUS : FATE_SURVIVED;
}

void matrix_mark_negative(struct matrix *m, const char *name)
{
	size_t i;

	if (find(m, name, &i) && m->baseline.outcomes[i].result == RESULT_PASS)
		m->negative[i] = true;
}

bool matrix_is_as_expected(const struct matrix *m)
{
	for (size_t i = 0; i < m->count; i++) {
		if (m->list[i].fate != m->list[i].expected)
			return false;
	}
	return true;
}

static void mark_case(struct matrix *m, const struct suite *suite, const struct scn_case *c)
{
	char name[OUTCOME_NAME_MAX];

	for (size_t i = 0; i < c->row_count; i++) {
		if (c->rows[i].verdict != ROW_DROP && c->rows[i].verdict != ROW_TERMINATE)
			continue;
		snprintf(name, sizeof(name), "%s/%s/%s", suite->name, c->name, c->rows[i].id);
		matrix_mark_negative(m, name);
	}
}

/* results.json does not say what a row expected; the scenarios do. */
static int mark_all_negative(struct matrix *m, const char *dir)
{
	size_t count;
	struct selection *all = select_load(dir, NULL, 0, &count);

	if (!all)
		return -1;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < all[i].suite->case_count; j++)
			mark_case(m, all[i].suite, &all[i].suite->cases[j]);
	}
	select_free(all, count);
	return 0;
}

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
	if (strcmp(colon + 1, fates[FATE_VACUOUS]) == 0) {
		*expected = FATE_VACUOUS;
	} else if (strcmp(colon + 1, fates[FATE_KILLED]) != 0) {
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
	const char *baseline, *scenarios;
	char *out;
	bool verbose;
};

static int run_matrix(const struct matrix_options *o, int count, char **mutants)
{
	struct results baseline;
	struct matrix m;
	int status;

	if (results_read(&baseline, o->baseline))
		return 2;
	matrix_init(&m, &baseline);
	status = mark_all_negative(&m, scenario_dir(o->scenarios));
	for (int i = 0; i < count; i++)
		status |= add_run(&m, mutants[i]);
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
	struct matrix_options o = {.baseline = NULL};
	int option;

	optind = 0; /* GNU: begin anew, main() may have used it */
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			fputs(help, stdout);
			return 0;
		case 'b':
			o.baseline = optarg;
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
	if (!o.baseline || optind == argc) {
		fputs(o.baseline ? "gauntlet matrix: no mutant given\n"
		                 : "gauntlet matrix: --baseline is missing\n",
		      stderr);
		fputs(help, stderr);
		return 2;
	}
	return run_matrix(&o, argc - optind, argv + optind);
}
