/* SPDX-License-Identifier: ISC */
/* rogue_figures.c: what many tries come to. See rogue.h. */
#include "harness/rogue.h"

#include "harness/escape.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const double rogue_edges[ROGUE_BARS - 1] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000};

static const struct {
	const char *name, *text;
} kinds[] = {
        [ROGUE_DETECTOR_QUIT] = {"detector-quit", "seen by the detector, ended by QMP quit"},
        [ROGUE_DETECTOR_KILL] = {"detector-kill", "seen by the detector, ended by SIGKILL"},
        [ROGUE_BACKEND_QUIT] = {"backend-quit", "told by the backend, ended by QMP quit"},
        [ROGUE_BACKEND_KILL] = {"backend-kill", "told by the backend, ended by SIGKILL"},
};
static_assert(sizeof(kinds) / sizeof(kinds[0]) == ROGUE_KINDS, "each kind has its words");

const char *rogue_kind_name(enum rogue_kind k)
{
	return (unsigned)k < ROGUE_KINDS ? kinds[k].name : "?";
}

const char *rogue_kind_text(enum rogue_kind k)
{
	return (unsigned)k < ROGUE_KINDS ? kinds[k].text : "?";
}

double rogue_wire(const struct rogue_times *t)
{
	return t->wire;
}

double rogue_decided(const struct rogue_times *t)
{
	return t->decided;
}

double rogue_last(const struct rogue_times *t)
{
	return t->last;
}

double rogue_gone(const struct rogue_times *t)
{
	return t->gone;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double rank(const double *sorted, size_t count, double share)
{
	size_t at = (size_t)ceil(share * (double)count);

	return sorted[at ? at - 1 : 0];
}

struct rogue_figures rogue_count(const struct rogue_try *tries, size_t count, enum rogue_kind kind,
                                 double (*which)(const struct rogue_times *))
{
	struct rogue_figures f = {.p50 = -1, .p99 = -1, .max = -1};
	double *values = calloc(count + 1, sizeof(*values));

	if (!values) {
		fputs("gauntlet rogue: out of memory\n", stderr);
		exit(4);
	}
	for (size_t i = 0; i < count; i++) {
		double ms = which(&tries[i].ms);
		unsigned bar = 0;

		if (tries[i].kind != kind || tries[i].control || tries[i].ms.gone < 0 || ms < 0)
			continue;
		while (bar < ROGUE_BARS - 1 && ms >= rogue_edges[bar])
			bar++;
		f.bars[bar]++;
		values[f.count++] = ms;
	}
	if (f.count) {
		qsort(values, f.count, sizeof(*values), by_value);
		f.p50 = rank(values, f.count, 0.5);
		f.p99 = rank(values, f.count, 0.99);
		f.max = values[f.count - 1];
	}
	free(values);
	return f;
}

/* ---- JSON ---- */

static void write_ms(const char *name, double ms, const char *end, FILE *to)
{
	if (ms < 0)
		fprintf(to, "\"%s\":null%s", name, end);
	else
		fprintf(to, "\"%s\":%.3f%s", name, ms, end);
}

static void write_try(const struct rogue_try *t, FILE *to)
{
	fprintf(to, "{\"result\":\"%s\",\"behind\":%u,", result_name(t->result), t->behind);
	write_ms("wire_ms", t->ms.wire, ",", to);
	write_ms("decided_ms", t->ms.decided, ",", to);
	write_ms("last_ms", t->ms.last, ",", to);
	write_ms("gone_ms", t->ms.gone, "", to);
	if (*t->why) {
		fputs(",\"why\":", to);
		escape_json(to, t->why);
	}
	fputs("}", to);
}

static void write_tries(const struct rogue_try *tries, size_t count, enum rogue_kind kind,
                        bool control, FILE *to)
{
	const char *comma = "";

	for (size_t i = 0; i < count; i++) {
		if (tries[i].kind != kind || tries[i].control != control)
			continue;
		fprintf(to, "%s\n    ", comma);
		write_try(&tries[i], to);
		comma = ",";
	}
}

static void write_kind(const struct rogue_try *tries, size_t count, enum rogue_kind kind, FILE *to)
{
	struct rogue_figures f = rogue_count(tries, count, kind, rogue_gone);

	fprintf(to, "  {\"name\":\"%s\",\"text\":\"%s\",\"count\":%zu,", rogue_kind_name(kind),
	        rogue_kind_text(kind), f.count);
	write_ms("p50_ms", f.p50, ",", to);
	write_ms("p99_ms", f.p99, ",", to);
	write_ms("max_ms", f.max, ",\n   \"histogram\":[", to);
	for (int i = 0; i < ROGUE_BARS; i++) {
		fprintf(to, "%s{", i ? "," : "");
		write_ms("below_ms", i < ROGUE_BARS - 1 ? rogue_edges[i] : -1, "", to);
		fprintf(to, ",\"count\":%u}", f.bars[i]);
	}
	fputs("],\n   \"tries\":[", to);
	write_tries(tries, count, kind, false, to);
	fputs("],\n   \"controls\":[", to);
	write_tries(tries, count, kind, true, to);
	fputs("]}", to);
}

static bool has_kind(const struct rogue_try *tries, size_t count, enum rogue_kind kind)
{
	for (size_t i = 0; i < count; i++)
		if (tries[i].kind == kind)
			return true;
	return false;
}

void rogue_write_json(const struct rogue_try *tries, size_t count, const char *backend,
                      const char *accelerator, bool restored, FILE *to)
{
	const char *comma = "";

	fputs("{\"version\":1,\"backend\":", to);
	escape_json(to, backend);
	fprintf(to,
	        ",\"accelerator\":\"%s\",\"restored\":%s,\"bound_ms\":%.0f,\"behind\":%d,\n "
	        "\"kinds\":[\n",
	        accelerator, restored ? "true" : "false", ROGUE_BOUND_MS, ROGUE_BEHIND);
	for (int k = 0; k < ROGUE_KINDS; k++) {
		if (!has_kind(tries, count, (enum rogue_kind)k))
			continue;
		fputs(comma, to);
		write_kind(tries, count, (enum rogue_kind)k, to);
		comma = ",\n";
	}
	fputs("]}\n", to);
}

/* ---- text ---- */

static void write_row(const struct rogue_try *tries, size_t count, enum rogue_kind kind,
                      const char *what, double (*which)(const struct rogue_times *), FILE *to)
{
	struct rogue_figures f = rogue_count(tries, count, kind, which);

	if (f.count)
		fprintf(to, "    %-22s %9.2f %9.2f %9.2f\n", what, f.p50, f.p99, f.max);
}

static void write_bars(const struct rogue_figures *f, FILE *to)
{
	static const char hashes[] = "########################################";
	unsigned most = 1;

	for (int i = 0; i < ROGUE_BARS; i++)
		most = f->bars[i] > most ? f->bars[i] : most;
	for (int i = 0; i < ROGUE_BARS; i++) {
		if (!f->bars[i])
			continue;
		fprintf(to, "    %s %4.0f ms %4u %.*s\n", i < ROGUE_BARS - 1 ? "below" : " from",
		        rogue_edges[i < ROGUE_BARS - 1 ? i : ROGUE_BARS - 2], f->bars[i],
		        (int)((f->bars[i] * (sizeof(hashes) - 1) + most - 1) / most), hashes);
	}
}

void rogue_write_text(const struct rogue_try *tries, size_t count, FILE *to)
{
	for (int k = 0; k < ROGUE_KINDS; k++) {
		enum rogue_kind kind = (enum rogue_kind)k;
		struct rogue_figures gone = rogue_count(tries, count, kind, rogue_gone);

		if (!gone.count)
			continue;
		fprintf(to, "\n  %s: %zu tries\n", rogue_kind_text(kind), gone.count);
		fprintf(to, "    %-22s %9s %9s %9s\n", "ms since it left", "p50", "p99", "max");
		write_row(tries, count, kind, "on the wire", rogue_wire, to);
		write_row(tries, count, kind, "decided", rogue_decided, to);
		write_row(tries, count, kind, "last frame forwarded", rogue_last, to);
		write_row(tries, count, kind, "VM gone", rogue_gone, to);
		write_bars(&gone, to);
	}
}

/* ---- results.json ---- */

static const char *const cases[ROGUE_KINDS][2] = {
        [ROGUE_DETECTOR_QUIT] = {"detector-quit", "detector-lets-what-is-allowed"},
        [ROGUE_DETECTOR_KILL] = {"detector-kill", "detector-lets-what-is-allowed"},
        [ROGUE_BACKEND_QUIT] = {"backend-quit", "backend-lets-what-is-allowed"},
        [ROGUE_BACKEND_KILL] = {"backend-kill", "backend-lets-what-is-allowed"},
};

void rogue_results(const struct rogue_try *tries, size_t count, struct results *out)
{
	for (size_t i = 0; i < count; i++) {
		const char *req = tries[i].kind < ROGUE_BACKEND_QUIT ? "ROGUE-001" : "TERM-001";
		struct outcome *o = results_add(out);

		snprintf(o->id, sizeof(o->id), "rogue/%s", cases[tries[i].kind][tries[i].control]);
		snprintf(o->row, sizeof(o->row), "try-%zu", i + 1);
		snprintf(o->req.id[0], sizeof(o->req.id[0]), "%s", req);
		o->req.count = 1;
		o->result = tries[i].result;
		o->ms = tries[i].ms.gone > 0 ? tries[i].ms.gone : 0;
		snprintf(o->detail, sizeof(o->detail), "%s", tries[i].why);
		o->at = (unsigned)tries[i].kind + (tries[i].control ? ROGUE_KINDS : 0);
		o->number = (unsigned)i;
		o->proved = tries[i].result == RESULT_PASS && !tries[i].control &&
		            tries[i].kind >= ROGUE_BACKEND_QUIT;
	}
	results_sort(out);
}
