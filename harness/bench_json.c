/* SPDX-License-Identifier: ISC */
/* bench_json.c: bench.json: everything that was measured, each round of it. */
#include "harness/bench.h"

#include "harness/escape.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define BENCH_VERSION 1

static void write_text(const char *key, const char *value, FILE *to)
{
	fprintf(to, "\"%s\":", key);
	escape_json(to, value);
}

static void write_number(const char *key, double value, FILE *to)
{
	fprintf(to, ",\"%s\":%.6g", key, isfinite(value) ? value : 0.0);
}

static void write_series(const char *name, const struct bench_series *s, FILE *to)
{
	fprintf(to, ",\n   \"%s\":{\"median\":%.9g,\"least\":%.9g,\"most\":%.9g,\"rounds\":[", name,
	        bench_series_median(s), bench_series_least(s), bench_series_most(s));
	for (unsigned i = 0; i < s->count; i++)
		fprintf(to, "%s%.9g", i ? "," : "", s->value[i]);
	fputs("]}", to);
}

static void write_cell(const struct bench_row *row, const struct bench_subject *s,
                       const struct bench_cell *c, FILE *to)
{
	fputs("  {", to);
	write_text("row", row->id, to);
	fputc(',', to);
	write_text("backend", s->name, to);
	if (*c->why_not) {
		fprintf(to, ",\"failures\":%u,", c->failures);
		write_text("why_not", c->why_not, to);
	}
	if (bench_is_measured(c)) {
		if (c->sent)
			fprintf(to,
			        ",\"sent\":%" PRIu64 ",\"received\":%" PRIu64
			        ",\"missed\":%" PRIu64,
			        c->sent, c->received, c->missed);
		for (int m = 0; m < BENCH_METRICS; m++)
			if (c->metric[m].count)
				write_series(bench_metric_names[m], &c->metric[m], to);
	}
	fputc('}', to);
}

static void write_verdicts(const struct bench *b, FILE *to)
{
	fputs("\"verdicts\":[", to);
	for (size_t i = 0; i < b->verdict_count; i++) {
		const struct bench_verdict *v = &b->verdicts[i];

		fputs(i ? ",\n  {" : "\n  {", to);
		write_text("what", v->what, to);
		fprintf(to, ",\"ip_bytes\":%u,\"rules\":%u,", v->ip_bytes, v->rules);
		write_text("frames", v->place, to);
		write_number("median_ns", v->median_ns, to);
		write_number("least_ns", v->least_ns, to);
		write_number("most_ns", v->most_ns, to);
		fputc('}', to);
	}
	fputs("],\n", to);
}

static void write_subjects(const struct bench *b, FILE *to)
{
	fputs("\"backends\":[", to);
	for (size_t i = 0; i < b->subject_count; i++) {
		const struct bench_subject *s = &b->subjects[i];

		fputs(i ? ",\n  {" : "\n  {", to);
		write_text("name", s->name, to);
		fputc(',', to);
		if (*s->why_not) {
			write_text("why_not", s->why_not, to);
		} else {
			write_text("version", s->backend.version, to);
			fputc(',', to);
			write_text("mode", s->mode, to);
		}
		fputc('}', to);
	}
	fputs("],\n", to);
}

void bench_write_json(const struct bench *b, FILE *to)
{
	bool first = true;

	fprintf(to, "{\"version\":%d,\n\"machine\":{\"cores\":%ld,", BENCH_VERSION, b->cores);
	write_text("kernel", b->kernel, to);
	fputc(',', to);
	write_text("date", b->date, to);
	write_number("load_before", b->load_before, to);
	write_number("load_after", b->load_after, to);
	write_number("others", b->others, to);
	fprintf(to, "},\n\"rounds\":%u,\"span_ms\":%u", b->rounds, b->span_ms);
	write_number("took_s", b->took_s, to);
	fputs(",\n", to);
	write_subjects(b, to);
	write_verdicts(b, to);
	fputs("\"rows\":[", to);
	for (size_t r = 0; r < bench_row_count; r++)
		for (size_t i = 0; i < b->subject_count && bench_is_wanted(b, bench_rows[r].id);
		     i++) {
			fputs(first ? "\n" : ",\n", to);
			first = false;
			write_cell(&bench_rows[r], &b->subjects[i], &b->subjects[i].cells[r], to);
		}
	fputs("\n]}\n", to);
}
