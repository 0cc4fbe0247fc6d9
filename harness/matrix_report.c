/* SPDX-License-Identifier: ISC */
/* matrix_report.c: the kill matrix for people and for programs. See matrix.h. */
#include "harness/escape.h"
#include "harness/matrix.h"

#include <string.h>

#define COLUMNS 100
#define CELL    4 /* a suite's column: a blank and a number */

static const char *name_of(const struct matrix *m, size_t i, char *out)
{
	return outcome_name(&m->baseline.outcomes[i], out);
}

/* Suites are called by letters above their columns: a, b, .. z, then A.. */
static char letter(size_t suite)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return suite < sizeof(letters) - 1 ? letters[suite] : '?';
}

static void print_legend(const struct matrix *m, FILE *to)
{
	size_t done = 0, column = 0;

	for (size_t i = 0; i < m->baseline.count; i++) {
		const char *id = m->baseline.outcomes[i].id;
		const size_t len = strcspn(id, "/");

		if (m->suites[i] != done)
			continue;
		if (column && column + len + 4 > COLUMNS) {
			putc('\n', to);
			column = 0;
		}
		column += (size_t)fprintf(to, "%s%c %.*s", column ? "  " : "", letter(done),
		                          (int)len, id);
		done++;
	}
	fputs(column ? "\n\n" : "", to);
}

static char *in_short(size_t n, char out[24])
{
	snprintf(out, 24, n < 1000 ? "%zu" : "%zuk", n < 1000 ? n : n / 1000);
	return out;
}

/* How many cases of each suite killed it, thousands as 1k; a dot: it was played and saw nothing. */
static void print_cells(const struct matrix *m, const struct mutant *mutant, FILE *to)
{
	size_t blanks = 0;

	for (size_t suite = 0; suite < m->suite_count; suite++) {
		size_t kills = 0;
		char number[24];

		for (size_t i = 0; i < mutant->killer_count; i++)
			kills += m->suites[mutant->killers[i]] == suite;
		if (!mutant->played[suite])
			blanks += CELL;
		else if (kills)
			fprintf(to, "%*s", (int)(blanks + CELL), in_short(kills, number));
		else
			fprintf(to, "%*s", (int)(blanks + CELL), ".");
		if (mutant->played[suite])
			blanks = 0;
	}
}

static void print_killers(const struct matrix *m, const struct mutant *mutant, FILE *to)
{
	char name[OUTCOME_NAME_MAX];

	for (size_t i = 0; i < mutant->killer_count; i++)
		fprintf(to, "    %s\n", name_of(m, mutant->killers[i], name));
}

static void print_mutant(const struct matrix *m, const struct mutant *mutant, int width,
                         bool verbose, FILE *to)
{
	fprintf(to, "%-*s  %-8s  %5zu", width, mutant->name, fate_name(mutant->fate),
	        mutant->killer_count);
	print_cells(m, mutant, to);
	if (strcmp(mutant->plane, "wire"))
		fprintf(to, "  (plane %s)", mutant->plane);
	if (mutant->fate != mutant->expected)
		fprintf(to, "  <-- should be %s", fate_name(mutant->expected));
	putc('\n', to);
	if (verbose)
		print_killers(m, mutant, to);
}

/* Negative cases, each once, whatever the number of its planes. */
static size_t count_negative(const struct matrix *m)
{
	char name[OUTCOME_NAME_MAX], last[OUTCOME_NAME_MAX] = "";
	size_t n = 0;

	for (size_t i = 0; i < m->baseline.count; i++) {
		if (!m->negative[m->order[i]] || !strcmp(name_of(m, m->order[i], name), last))
			continue;
		memcpy(last, name, sizeof(last));
		n++;
	}
	return n;
}

static void print_idle(const struct matrix *m, bool verbose, FILE *to)
{
	size_t idle = 0;
	char name[OUTCOME_NAME_MAX];

	for (size_t i = 0; i < m->baseline.count; i++)
		idle += matrix_is_idle(m, i);
	fprintf(to, "proves nothing yet: %zu of %zu negative cases caught no mutant%s\n", idle,
	        count_negative(m), idle && !verbose ? "; --verbose lists them" : "");
	for (size_t i = 0; verbose && i < m->baseline.count; i++) {
		if (matrix_is_idle(m, i))
			fprintf(to, "  %s\n", name_of(m, i, name));
	}
}

void matrix_print(const struct matrix *m, bool verbose, FILE *to)
{
	unsigned fates[FATE_COUNT] = {0}, wrong = 0;
	int width = (int)strlen("mutant");

	for (size_t i = 0; i < m->count; i++) {
		int len = (int)strlen(m->list[i].name);

		width = len > width ? len : width;
		fates[m->list[i].fate]++;
		wrong += m->list[i].fate != m->list[i].expected;
	}
	print_legend(m, to);
	fprintf(to, "%-*s  %-8s  %5s", width, "mutant", "result", "cases");
	for (size_t i = 0; i < m->suite_count; i++)
		fprintf(to, "%*c", CELL, letter(i));
	putc('\n', to);
	for (size_t i = 0; i < m->count; i++)
		print_mutant(m, &m->list[i], width, verbose, to);
	fprintf(to, "\n%zu mutants: %u killed, %u vacuous, %u survived; %u not as expected\n",
	        m->count, fates[FATE_KILLED], fates[FATE_VACUOUS], fates[FATE_SURVIVED], wrong);
	print_idle(m, verbose, to);
}

static void write_mutant(const struct matrix *m, const struct mutant *mutant, FILE *to)
{
	char name[OUTCOME_NAME_MAX];

	fputs("{\"name\":", to);
	escape_json(to, mutant->name);
	fprintf(to, ",\"plane\":\"%s\",\"result\":\"%s\",\"expected\":\"%s\",\"killed_by\":[",
	        mutant->plane, fate_name(mutant->fate), fate_name(mutant->expected));
	for (size_t i = 0; i < mutant->killer_count; i++) {
		fputs(i ? "," : "", to);
		escape_json(to, name_of(m, mutant->killers[i], name));
	}
	fputs("]}", to);
}

void matrix_write_json(const struct matrix *m, FILE *to)
{
	char name[OUTCOME_NAME_MAX];
	bool first = true;

	fputs("{\"mutants\":[", to);
	for (size_t i = 0; i < m->count; i++) {
		fputs(i ? ",\n" : "\n", to);
		write_mutant(m, &m->list[i], to);
	}
	fprintf(to, "\n],\n\"negative\":%zu,\n\"proves_nothing\":[", count_negative(m));
	for (size_t i = 0; i < m->baseline.count; i++) {
		if (!matrix_is_idle(m, i))
			continue;
		fputs(first ? "\n" : ",\n", to);
		escape_json(to, name_of(m, i, name));
		first = false;
	}
	fputs("\n]}\n", to);
}
