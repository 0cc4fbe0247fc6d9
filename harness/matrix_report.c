/* SPDX-License-Identifier: ISC */
/* matrix_report.c: the kill matrix for people and for programs. See matrix.h. */
#include "harness/escape.h"
#include "harness/matrix.h"

#include <string.h>

#define COLUMNS 100

static const char *killer_name(const struct matrix *m, const struct mutant *mutant, size_t i,
                               char *out)
{
	return outcome_name(&m->baseline.outcomes[mutant->killers[i]], out);
}

/* The first few names of those that killed it, as many as the line has room for, at least one. */
static void print_killers(const struct matrix *m, const struct mutant *mutant, size_t column,
                          FILE *to)
{
	char name[OUTCOME_NAME_MAX];

	for (size_t i = 0; i < mutant->killer_count; i++) {
		size_t len = strlen(killer_name(m, mutant, i, name));

		if (i && column + 2 + len + strlen(", ...") > COLUMNS) {
			fputs(", ...", to);
			return;
		}
		column += (size_t)fprintf(to, "%s%s", i ? ", " : "  ", name);
	}
}

static void print_mutant(const struct matrix *m, const struct mutant *mutant, int width, FILE *to)
{
	int column = fprintf(to, "%-*s  %-8s  %5zu", width, mutant->name, fate_name(mutant->fate),
	                     mutant->killer_count);

	if (mutant->fate != mutant->expected)
		column += fprintf(to, "  <-- should be %s", fate_name(mutant->expected));
	print_killers(m, mutant, (size_t)column, to);
	putc('\n', to);
}

static void print_idle(const struct matrix *m, bool verbose, FILE *to)
{
	size_t idle = 0, negative = 0;
	char name[OUTCOME_NAME_MAX];

	for (size_t i = 0; i < m->baseline.count; i++) {
		negative += m->negative[i];
		idle += m->negative[i] && !m->proofs[i];
	}
	fprintf(to, "proves nothing yet: %zu of %zu drop rows caught no mutant's leak%s\n", idle,
	        negative, idle && !verbose ? "; --verbose lists them" : "");
	for (size_t i = 0; verbose && i < m->baseline.count; i++) {
		if (m->negative[i] && !m->proofs[i])
			fprintf(to, "  %s\n", outcome_name(&m->baseline.outcomes[i], name));
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
	fprintf(to, "%-*s  %-8s  %5s  %s\n", width, "mutant", "result", "cases", "killed by");
	for (size_t i = 0; i < m->count; i++)
		print_mutant(m, &m->list[i], width, to);
	fprintf(to, "\n%zu mutants: %u killed, %u vacuous, %u survived; %u not as expected\n",
	        m->count, fates[FATE_KILLED], fates[FATE_VACUOUS], fates[FATE_SURVIVED], wrong);
	print_idle(m, verbose, to);
}

void matrix_write_json(const struct matrix *m, FILE *to)
{
	char name[OUTCOME_NAME_MAX];

	fputs("{\"mutants\":[", to);
	for (size_t i = 0; i < m->count; i++) {
		const struct mutant *mutant = &m->list[i];

		fputs(i ? ",\n{\"name\":" : "\n{\"name\":", to);
		escape_json(to, mutant->name);
		fprintf(to, ",\"result\":\"%s\",\"killed_by\":[", fate_name(mutant->fate));
		for (size_t j = 0; j < mutant->killer_count; j++) {
			fputs(j ? "," : "", to);
			escape_json(to, killer_name(m, mutant, j, name));
		}
		fputs("]}", to);
	}
	fputs("\n]}\n", to);
}
