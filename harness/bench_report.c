/* SPDX-License-Identifier: ISC */
/* bench_report.c: the table for people. A line for each row and backend, backends below each other, so that
 * the eye compares; the ratio to the first is that of each round and then its median. */
#include "harness/bench.h"

#include <inttypes.h>
#include <string.h>

/* How the rows of a group are shown. */
enum form { FORM_RATE, FORM_TCP, FORM_LATENCY, FORM_BURST, FORM_MEMORY };

static const struct {
	const char *group, *title, *columns;
	enum form form;
} groups[] = {
        {"udp-up", "UDP up, guest to world, many frames a write",
         "k frames/s   least .. most    Gbit/s   CPU a frame   core    ratio   lost", FORM_RATE},
        {"udp-up-single", "UDP up, one write a frame, as QEMU does",
         "k frames/s   least .. most    Gbit/s   CPU a frame   core    ratio   lost", FORM_RATE},
        {"udp-down", "UDP down, world to guest",
         "k frames/s   least .. most    Gbit/s   CPU a frame   core    ratio   lost", FORM_RATE},
        {"tcp", "TCP, a Linux stack behind TAP, pump and stream",
         "    Gbit/s   least .. most             CPU a KiB     core    ratio", FORM_TCP},
        {"tcp-tap", "TCP, the backend holds the TAP itself",
         "    Gbit/s   least .. most             CPU a KiB     core    ratio", FORM_TCP},
        {"latency", "There and back, one datagram at a time",
         "    p50 us   least .. most        p99 us   least .. most             lost", FORM_LATENCY},
        {"burst", "1000 frames at once, until the last has arrived",
         "        ms   least .. most                                           lost", FORM_BURST},
        {"memory", "Memory of all its processes", "    PSS MB    RSS MB", FORM_MEMORY},
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static double median(const struct bench_cell *c, enum bench_metric m)
{
	return bench_series_median(&c->metric[m]);
}

/* "312.4 (290.1 .. 330.2)", in units of `unit`. */
static void print_spread(FILE *to, const struct bench_series *s, double unit, int digits)
{
	char range[48];

	snprintf(range, sizeof(range), "%.*f .. %.*f", digits, bench_series_least(s) / unit, digits,
	         bench_series_most(s) / unit);
	fprintf(to, "%10.*f   %-15s", digits, bench_series_median(s) / unit, range);
}

static void print_lost(const struct bench_cell *c, FILE *to)
{
	uint64_t lost = c->sent > c->received ? c->sent - c->received : 0;

	if (!lost) {
		fprintf(to, "0");
		return;
	}
	fprintf(to, "%" PRIu64 " (%.3f %%)", lost, 100.0 * (double)lost / (double)c->sent);
	if (c->missed)
		fprintf(to, ", %" PRIu64 " by the bench", c->missed);
}

static void print_ratio(const struct bench_cell *c, const struct bench_cell *first,
                        enum bench_metric m, FILE *to)
{
	/* Series with holes are not of the same rounds. */
	double ratio = c->failures || first->failures
	                       ? 0
	                       : bench_series_ratio(&c->metric[m], &first->metric[m]);

	if (ratio > 0)
		fprintf(to, " %7.2f", ratio);
	else
		fprintf(to, " %7s", "-");
}

static void print_cpu(const struct bench_cell *c, FILE *to)
{
	if (c->metric[BENCH_CPU_NS].count)
		fprintf(to, " %8.2f us   %3.0f %%", median(c, BENCH_CPU_NS) / 1e3,
		        100 * median(c, BENCH_BUSY));
	else
		fprintf(to, " %11s   %5s", "-", "-");
}

static void print_cell(enum form form, const struct bench_cell *c, const struct bench_cell *first,
                       FILE *to)
{
	switch (form) {
	case FORM_RATE:
		print_spread(to, &c->metric[BENCH_FRAMES_S], 1e3, 1);
		fprintf(to, " %7.2f  ", median(c, BENCH_BITS_S) / 1e9);
		print_cpu(c, to);
		print_ratio(c, first, BENCH_FRAMES_S, to);
		fprintf(to, "   ");
		print_lost(c, to);
		break;
	case FORM_TCP:
		print_spread(to, &c->metric[BENCH_BITS_S], 1e9, 2);
		fprintf(to, "%10s", "");
		print_cpu(c, to);
		print_ratio(c, first, BENCH_BITS_S, to);
		break;
	case FORM_LATENCY:
		print_spread(to, &c->metric[BENCH_P50_US], 1, 1);
		print_spread(to, &c->metric[BENCH_P99_US], 1, 1);
		fprintf(to, "         ");
		print_lost(c, to);
		break;
	case FORM_BURST:
		print_spread(to, &c->metric[BENCH_BURST_MS], 1, 2);
		fprintf(to, "%37s", "");
		print_lost(c, to);
		break;
	case FORM_MEMORY:
	default:
		fprintf(to, "%10.2f%10.2f", median(c, BENCH_PSS_KB) / 1024,
		        median(c, BENCH_RSS_KB) / 1024);
		if (c->metric[BENCH_GROWTH_KB].count)
			fprintf(to, "   %+.0f KiB", median(c, BENCH_GROWTH_KB));
		break;
	}
}

static bool is_of_group(const struct bench_row *row, const char *group)
{
	size_t len = strlen(group);

	return !strncmp(row->id, group, len) && row->id[len] == '/';
}

/* What stands in front of a backend's figures: of a path its last part. */
static const char *label(const struct bench_subject *s)
{
	const char *slash = strrchr(s->name, '/');

	return slash ? slash + 1 : s->name;
}

static void print_row(const struct bench *b, size_t row, enum form form, FILE *to)
{
	for (size_t i = 0; i < b->subject_count; i++) {
		const struct bench_subject *s = &b->subjects[i];
		const struct bench_cell *c = &s->cells[row];

		fprintf(to, "  %-24s%-10.10s", i ? "" : bench_rows[row].title, label(s));
		if (!bench_is_measured(c))
			fprintf(to, "%10s   %s", "-", c->why_not);
		else
			print_cell(form, c, &b->subjects[0].cells[row], to);
		if (bench_is_measured(c) && c->failures)
			fprintf(to, "   (failed in %u of %u rounds: %s)", c->failures, b->rounds,
			        c->why_not);
		fputc('\n', to);
	}
}

static void print_group(const struct bench *b, size_t group, FILE *to)
{
	bool begun = false;

	for (size_t r = 0; r < bench_row_count; r++) {
		if (!is_of_group(&bench_rows[r], groups[group].group) ||
		    !bench_is_wanted(b, bench_rows[r].id))
			continue;
		if (!begun)
			fprintf(to, "\n%s\n%36s%s\n", groups[group].title, "",
			        groups[group].columns);
		begun = true;
		print_row(b, r, groups[group].form, to);
	}
}

/* bench-verdict writes what differs in rules and place only behind each other: one line of ours. */
static void print_verdicts(const struct bench *b, FILE *to)
{
	const struct bench_verdict *last = NULL;
	char range[48];

	if (!b->verdict_count && !*b->verdict_why_not)
		return;
	fprintf(to, "\nOne verdict of refnat, no I/O, in ns\n");
	if (*b->verdict_why_not)
		fprintf(to, "  -  %s\n", b->verdict_why_not);
	else
		fprintf(to, "%18s%-22s%-22s%-22s%-22s", "", "  1 rule, same frame",
		        "     from memory", "  1000 rules, same", "     from memory");
	for (size_t i = 0; i < b->verdict_count; i++) {
		const struct bench_verdict *v = &b->verdicts[i];

		if (!last || strcmp(last->what, v->what) != 0 || last->ip_bytes != v->ip_bytes)
			fprintf(to, "\n  %-8s %4u B ", v->what, v->ip_bytes);
		snprintf(range, sizeof(range), "%.0f .. %.0f", v->least_ns, v->most_ns);
		fprintf(to, "%6.0f  %-14s", v->median_ns, range);
		last = v;
	}
	if (last)
		fputc('\n', to);
}

void bench_print(const struct bench *b, FILE *to)
{
	fprintf(to, "gauntlet bench: %s, medians of %u round%s, backends in turn, %.0f s\n",
	        b->date, b->rounds, b->rounds > 1 ? "s" : "", b->took_s);
	fprintf(to,
	        "machine: %ld cores, %s, load %.2f before and %.2f after; others used %.0f %% of "
	        "it\n",
	        b->cores, b->kernel, b->load_before, b->load_after, 100 * b->others);
	if (b->others > BENCH_BUSY_MACHINE)
		fprintf(to, "NOTE: the machine was not idle. Absolute figures are too low and "
		            "times too long; "
		            "ratios hold better.\n");
	for (size_t i = 0; i < b->subject_count; i++) {
		const struct bench_subject *s = &b->subjects[i];

		if (*s->why_not)
			fprintf(to, "%-10s -  %s\n", label(s), s->why_not);
		else
			fprintf(to, "%-10s %s %s, mode %s\n", label(s), s->backend.name,
			        s->backend.version, s->mode);
	}
	print_verdicts(b, to);
	for (size_t g = 0; g < GROUPS; g++)
		print_group(b, g, to);
}
