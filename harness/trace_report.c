/* SPDX-License-Identifier: ISC */
/* trace_report.c: the coverage for people and for programs. See trace.h. */
#include "harness/trace.h"

#include "harness/escape.h"

#include <string.h>

#define CELL_MAX 80

/* "37 passed, 1 failed"; "-" when nothing was run. */
static const char *fates_text(const size_t fates[TRACE_FATE_COUNT], char out[CELL_MAX])
{
	size_t len = 0, run = 0;

	for (int f = 0; f < TRACE_FATE_COUNT; f++)
		run += f != TRACE_NOT_RUN ? fates[f] : 0;
	snprintf(out, CELL_MAX, "-");
	for (int f = TRACE_FATE_COUNT - 1; run && f >= 0; f--)
		if (fates[f] && len < CELL_MAX)
			len += (size_t)snprintf(out + len, CELL_MAX - len, "%s%zu %s",
			                        len ? ", " : "", fates[f], trace_fate_words[f]);
	return out;
}

/* ---- cases ---- */

/* Items of one case stand together. Behind the last of those that begin at `i`. */
static size_t end_of_case(const struct trace *t, size_t i)
{
	const struct trace_item *first = &t->items[i];

	for (i++; i < t->item_count && t->items[i].case_len == first->case_len &&
	          !memcmp(t->items[i].name, first->name, first->case_len);
	     i++)
		;
	return i;
}

/* How many items of a case cite it, and what became of them. */
static size_t count_case(const struct trace *t, size_t from, size_t to, const char *id,
                         size_t backend, size_t fates[TRACE_FATE_COUNT])
{
	size_t n = 0;

	memset(fates, 0, TRACE_FATE_COUNT * sizeof(fates[0]));
	for (size_t i = from; i < to; i++)
		if (trace_cites(&t->items[i], id)) {
			n++;
			fates[t->items[i].fate[backend]]++;
		}
	return n;
}

static void print_cases(const struct trace *t, const char *id, FILE *to)
{
	for (size_t i = 0, end; i < t->item_count; i = end) {
		size_t fates[TRACE_FATE_COUNT], n;
		char cell[CELL_MAX];

		end = end_of_case(t, i);
		n = count_case(t, i, end, id, 0, fates);
		if (!n)
			continue;
		fprintf(to, "      %.*s", (int)t->items[i].case_len, t->items[i].name);
		if (n > 1)
			fprintf(to, ", %zu rows", n);
		for (size_t b = 0; b < t->backend_count && !t->items[i].probe; b++) {
			count_case(t, i, end, id, b, fates);
			fprintf(to, "; %s: %s", t->backends[b], fates_text(fates, cell));
		}
		putc('\n', to);
	}
}

/* ---- the table ---- */

static void print_requirement(const struct trace *t, const struct trace_requirement *r, bool cases,
                              FILE *to)
{
	size_t fates[TRACE_FATE_COUNT], n = trace_count(t, r->id, 0, NULL);
	char cell[CELL_MAX];

	fprintf(to, "  %-10s %-6s  %-8s", r->id, trace_level_words[r->level],
	        trace_state_words[r->state]);
	if (n)
		fprintf(to, "  %4zu %s", n, n == 1 ? "check " : "checks");
	for (size_t b = 0; n && b < t->backend_count; b++) {
		trace_count(t, r->id, b, fates);
		fprintf(to, "  %s: %s", t->backends[b], fates_text(fates, cell));
	}
	putc('\n', to);
	if (cases)
		print_cases(t, r->id, to);
}

void trace_print_totals(const struct trace *t, FILE *to)
{
	size_t states[3] = {0}, musts = 0, tried = 0;

	for (size_t i = 0; i < t->count; i++) {
		states[t->list[i].state]++;
		musts += t->list[i].level == TRACE_MUST;
		tried += t->list[i].level == TRACE_MUST && trace_count(t, t->list[i].id, 0, NULL);
	}
	fprintf(to,
	        "%zu of %zu requirements are tried: %zu planned, %zu measured; %zu of %zu with "
	        "MUST\n",
	        states[TRACE_COVERED], t->count, states[TRACE_PLANNED], states[TRACE_MEASURED],
	        tried, musts);
}

/* Requirements that a backend met in all that was run, and so on. */
static void print_backend(const struct trace *t, size_t b, FILE *to)
{
	size_t all[TRACE_FATE_COUNT] = {0}, fates[TRACE_FATE_COUNT];

	for (size_t i = 0; i < t->count; i++) {
		int worst = TRACE_NOT_RUN;

		if (!trace_count(t, t->list[i].id, b, fates))
			continue;
		for (int f = 0; f < TRACE_FATE_COUNT; f++)
			worst = fates[f] ? f : worst;
		all[worst]++;
	}
	fprintf(to, "%s: ", t->backends[b]);
	for (int f = TRACE_FATE_COUNT - 1, any = 0; f >= 0; f--)
		if (all[f])
			fprintf(to, "%s%zu %s", any++ ? ", " : "", all[f], trace_fate_words[f]);
	fputs(" of those that are tried, by the worst of their checks\n", to);
}

void trace_print(const struct trace *t, bool cases, FILE *to)
{
	for (size_t a = 0; a < t->area_count; a++) {
		bool told = false;

		for (size_t i = 0; i < t->count; i++) {
			if (t->list[i].area != a)
				continue;
			if (!told)
				fprintf(to, "%s\n", t->areas[a]);
			told = true;
			print_requirement(t, &t->list[i], cases, to);
		}
	}
	putc('\n', to);
	trace_print_totals(t, to);
	for (size_t b = 0; b < t->backend_count; b++)
		print_backend(t, b, to);
	if (t->strangers)
		fprintf(to, "%zu results are of cases that these scenarios do not have\n",
		        t->strangers);
}

/* ---- JSON ---- */

static void write_fates(const size_t fates[TRACE_FATE_COUNT], FILE *to)
{
	static const char *const keys[] = {"not_run", "skipped", "passed", "expected", "failed"};

	putc('{', to);
	for (int f = 0, any = 0; f < TRACE_FATE_COUNT; f++)
		if (fates[f])
			fprintf(to, "%s\"%s\":%zu", any++ ? "," : "", keys[f], fates[f]);
	putc('}', to);
}

static void write_case(const struct trace *t, size_t from, size_t end, const char *id, FILE *to)
{
	char name[OUTCOME_NAME_MAX];
	size_t fates[TRACE_FATE_COUNT];

	snprintf(name, sizeof(name), "%.*s", (int)t->items[from].case_len, t->items[from].name);
	fputs("{\"case\":", to);
	escape_json(to, name);
	fprintf(to, ",\"checks\":%zu,\"backends\":{", count_case(t, from, end, id, 0, fates));
	for (size_t b = 0; b < t->backend_count && !t->items[from].probe; b++) {
		count_case(t, from, end, id, b, fates);
		fputs(b ? "," : "", to);
		escape_json(to, t->backends[b]);
		putc(':', to);
		write_fates(fates, to);
	}
	fputs("}}", to);
}

static void write_requirement(const struct trace *t, const struct trace_requirement *r, FILE *to)
{
	size_t fates[TRACE_FATE_COUNT];

	fprintf(to, "{\"id\":\"%s\",\"area\":", r->id);
	escape_json(to, t->areas[r->area]);
	fprintf(to, ",\"level\":\"%s\",\"state\":\"%s\",\"cases\":[", trace_level_words[r->level],
	        trace_state_words[r->state]);
	for (size_t i = 0, end, any = 0; i < t->item_count; i = end) {
		end = end_of_case(t, i);
		if (!count_case(t, i, end, r->id, 0, fates))
			continue;
		fputs(any++ ? ",\n  " : "\n  ", to);
		write_case(t, i, end, r->id, to);
	}
	fputs("]}", to);
}

void trace_write_json(const struct trace *t, const struct diag *diag, FILE *to)
{
	fputs("{\"version\":1,\n\"backends\":[", to);
	for (size_t b = 0; b < t->backend_count; b++) {
		fputs(b ? "," : "", to);
		escape_json(to, t->backends[b]);
	}
	fputs("],\n\"requirements\":[", to);
	for (size_t i = 0; i < t->count; i++) {
		fputs(i ? ",\n" : "\n", to);
		write_requirement(t, &t->list[i], to);
	}
	fputs("],\n\"errors\":[", to);
	for (size_t i = 0; i < diag->count && i < DIAG_ERROR_MAX; i++) {
		fputs(i ? ",\n" : "\n", to);
		escape_json(to, diag->errors[i].text);
	}
	fputs("]}\n", to);
}
