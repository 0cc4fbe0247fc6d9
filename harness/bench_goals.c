/* SPDX-License-Identifier: ISC */
/* bench_goals.c: what docs/requirements.md asks of a filter (PERF), held against what was measured; and for a
 * goal that is missed, what stood in the way. */
#include "harness/bench.h"

#include <string.h>

enum goal_kind { ABOVE, BELOW };

static const struct {
	const char *row, *what, *unit;
	enum bench_metric metric;
	enum goal_kind kind;
	double goal,
	        scale; /* the goal in the unit; the metric divided by `scale` is in the unit too */
} goals[] = {
        {"udp-up/64", "UDP up, 64 B, many frames a write", "k frames/s", BENCH_FRAMES_S, ABOVE, 100,
         1e3},
        {"udp-up-single/64", "UDP up, 64 B, one write a frame", "k frames/s", BENCH_FRAMES_S, ABOVE,
         100, 1e3},
        {"udp-down/64", "UDP down, 64 B", "k frames/s", BENCH_FRAMES_S, ABOVE, 100, 1e3},
        {"udp-up/1400", "UDP up, 1400 B, many frames a write", "Gbit/s", BENCH_BITS_S, ABOVE, 2,
         1e9},
        {"udp-up-single/1400", "UDP up, 1400 B, one write a frame", "Gbit/s", BENCH_BITS_S, ABOVE,
         2, 1e9},
        {"udp-down/1400", "UDP down, 1400 B", "Gbit/s", BENCH_BITS_S, ABOVE, 2, 1e9},
        {"udp-up/64", "of a core at 100 k frames/s of 64 B", "%", BENCH_CPU_NS, BELOW, 80, 100},
        {"latency/64", "there and back, p50", "us", BENCH_P50_US, BELOW, 100, 1},
        {"latency/64", "there and back, p99", "us", BENCH_P99_US, BELOW, 500, 1},
        {"burst/64", "1000 frames of 64 B at once", "ms", BENCH_BURST_MS, BELOW, 10, 1},
        {"burst/1400", "1000 frames of 1400 B at once", "ms", BENCH_BURST_MS, BELOW, 10, 1},
        {"memory/after-udp", "memory (RSS) after UDP; 2 MB is the aim", "MB", BENCH_RSS_KB, BELOW,
         10, 1024},
        {"memory/64-tcp", "memory (RSS) with 64 TCP connections", "MB", BENCH_RSS_KB, BELOW, 10,
         1024},
        {"memory/million", "growth (RSS) by a million frames", "KiB", BENCH_GROWTH_KB, BELOW, 64,
         1},
};

#define GOALS       (sizeof(goals) / sizeof(goals[0]))
#define LOSS_MAX    0.001 /* of frames, where frames are counted */
#define VERDICT_MAX 1000.0
#define NULL_NAME   "null"
#define WORKING     0.85 /* of a core: then it is the backend that limits */

static const struct bench_cell *cell_of(const struct bench_subject *s, const char *id)
{
	for (size_t i = 0; i < bench_row_count; i++)
		if (!strcmp(bench_rows[i].id, id))
			return &s->cells[i];
	return NULL;
}

static double loss(const struct bench_cell *c)
{
	return c->sent > c->received ? (double)(c->sent - c->received) / (double)c->sent : 0;
}

/* What a forwarder that checks nothing came to: where that misses too, it is not the checking. */
static void say_null(const struct bench *b, size_t goal, FILE *to)
{
	for (size_t i = 1; i < b->subject_count; i++) {
		const struct bench_cell *c = cell_of(&b->subjects[i], goals[goal].row);

		if (!strcmp(b->subjects[i].name, NULL_NAME) && c->metric[goals[goal].metric].count)
			fprintf(to, "; null: %.4g",
			        bench_series_median(&c->metric[goals[goal].metric]) /
			                goals[goal].scale);
	}
}

static void say_why_missed(const struct bench *b, const struct bench_cell *c, size_t goal, FILE *to)
{
	const double busy = bench_series_median(&c->metric[BENCH_BUSY]);
	const double kernel = bench_series_median(&c->metric[BENCH_KERNEL]);
	const bool is_rate = goals[goal].metric == BENCH_FRAMES_S ||
	                     goals[goal].metric == BENCH_BITS_S;

	if (is_rate && c->metric[BENCH_BUSY].count && busy >= WORKING)
		fprintf(to,
		        "; limited by its own work: %.0f %% of a core, %.0f %% of that in the "
		        "kernel",
		        100 * busy, 100 * kernel);
	else if (is_rate && c->metric[BENCH_BUSY].count)
		fprintf(to,
		        "; not limited by its own work (%.0f %% of a core), but by %ld cores that "
		        "it "
		        "shares with both ends%s",
		        100 * busy, b->cores,
		        b->others > BENCH_BUSY_MACHINE ? " and with others" : "");
	say_null(b, goal, to);
}

static void print_line(bool met, const char *what, double value, const char *unit,
                       enum goal_kind kind, double goal, FILE *to)
{
	fprintf(to, "  %s  %-42s %8.*f %-10s  goal %s %g", met ? "ok  " : "MISS", what,
	        value < 10     ? 2
	        : value < 1000 ? 1
	                       : 0,
	        value, unit, kind == ABOVE ? ">" : "<", goal);
}

static void print_goal(const struct bench *b, size_t i, FILE *to)
{
	const struct bench_cell *c = cell_of(&b->subjects[0], goals[i].row);
	double value;
	bool met;

	if (!c || !bench_is_wanted(b, goals[i].row))
		return;
	if (!c->metric[goals[i].metric].count) {
		fprintf(to, "  -     %-42s %s\n", goals[i].what,
		        *c->why_not ? c->why_not : "not measured");
		return;
	}
	value = bench_series_median(&c->metric[goals[i].metric]) / goals[i].scale;
	met = goals[i].kind == ABOVE ? value > goals[i].goal : value < goals[i].goal;
	print_line(met && loss(c) <= LOSS_MAX && !c->failures, goals[i].what, value, goals[i].unit,
	           goals[i].kind, goals[i].goal, to);
	if (loss(c) > LOSS_MAX)
		fprintf(to, "; %.2f %% lost, goal < %.1f %%", 100 * loss(c), 100 * LOSS_MAX);
	if (!met)
		say_why_missed(b, c, i, to);
	if (c->failures)
		fprintf(to, "; failed in %u of %u rounds: %s", c->failures, b->rounds, c->why_not);
	fputc('\n', to);
}

static void print_verdict_goal(const struct bench *b, const char *place, const char *what, FILE *to)
{
	double worst = 0;

	for (size_t i = 0; i < b->verdict_count; i++)
		if (!strcmp(b->verdicts[i].place, place) && b->verdicts[i].median_ns > worst)
			worst = b->verdicts[i].median_ns;
	if (worst <= 0)
		return;
	print_line(worst < VERDICT_MAX, what, worst, "ns", BELOW, VERDICT_MAX, to);
	fputc('\n', to);
}

void bench_print_goals(const struct bench *b, FILE *to)
{
	fprintf(to, "goals, for %s", b->subjects[0].name);
	if (b->others > BENCH_BUSY_MACHINE)
		fprintf(to, ", while others used %.0f %% of the machine", 100 * b->others);
	fputc('\n', to);
	print_verdict_goal(b, "hot", "one verdict, same frame, slowest row", to);
	print_verdict_goal(b, "memory", "one verdict, from memory, slowest row", to);
	for (size_t i = 0; i < GOALS; i++)
		print_goal(b, i, to);
}
