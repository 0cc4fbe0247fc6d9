/* SPDX-License-Identifier: ISC */
/* bench.h: `gauntlet bench`: how fast, how late, how big, for several backends side by side.
 *
 * docs/bench.md says how it is measured and how to read it. In short: rows are measured in rounds, and in
 * each of them every backend has its turn within a second or two, so that what the machine does to one it
 * does to all; what is printed is the median of the rounds with the least and the most. Frames and bytes are counted where they
 * arrive. What cannot be measured is told as `-` with the reason, never as a number.
 */
#ifndef HARNESS_BENCH_H
#define HARNESS_BENCH_H

#include "harness/backend.h"
#include "harness/bench_stats.h"
#include "harness/bench_usage.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define BENCH_BACKENDS_MAX 8
#define BENCH_ROWS_MAX     48
#define BENCH_VERDICTS_MAX 64
#define BENCH_WHY_MAX      160
#define BENCH_BUSY_MACHINE 0.1 /* share used by others above which figures are told to be off */

/* The sub-command; argv[0] is its name. Exit codes: 0 measured, 2 usage, 3 nothing could be measured, 4 the
 * environment is at fault, 130 interrupted. A goal that is missed is told, and is no failure. */
int bench_main(int argc, char **argv);

/* ---- rows ---- */

/* What a row needs to be set up. */
enum bench_bed_kind {
	BENCH_BED_UDP,     /* MTU 1500, the harness writes and reads the frames */
	BENCH_BED_UDP_BIG, /* the same with 9000 */
	BENCH_BED_TCP, /* MTU 1500, a Linux stack behind a TAP, which the harness pumps into a stream */
	BENCH_BED_TCP_BIG, /* the same with 9000 */
	BENCH_BED_TCP_TAP, /* MTU 1500, the backend holds the TAP itself */
	BENCH_BED_KINDS,
};

enum bench_kind {
	BENCH_MEMORY,      /* as it is now */
	BENCH_MEMORY_UDP,  /* when UDP of three sizes has gone both ways */
	BENCH_UP,          /* UDP, guest to world */
	BENCH_DOWN,        /* UDP, world to guest */
	BENCH_LATENCY,     /* there and back */
	BENCH_BURST,       /* 1000 frames at once */
	BENCH_MILLION,     /* memory before and after a million frames; in the last round only */
	BENCH_TCP_UP,      /* guest to world */
	BENCH_TCP_DOWN,    /* world to guest */
	BENCH_CONNECTIONS, /* memory with 64 connections */
};

struct bench_row {
	const char *id; /* GROUP/ROW */
	const char *title;
	int unit; /* rows of one unit and bed have one backend process, a round */
	enum bench_bed_kind bed;
	enum bench_kind kind;
	unsigned ip_bytes; /* of each packet; 0 where it is the kernel's choice */
	bool single; /* BENCH_UP: one write a frame, as QEMU does, instead of many frames a write */
};

enum bench_metric {
	BENCH_FRAMES_S, /* at the receiver */
	BENCH_BITS_S,   /* UDP: IP packets; TCP: payload */
	BENCH_CPU_NS,   /* of the backend for each frame; TCP: for each KiB of payload */
	BENCH_BUSY,     /* share of one core that the backend used */
	BENCH_KERNEL,   /* share of that in the kernel */
	BENCH_P50_US,
	BENCH_P99_US,
	BENCH_BURST_MS, /* from the first write to the last arrival */
	BENCH_PSS_KB,
	BENCH_RSS_KB,
	BENCH_GROWTH_KB, /* of the RSS */
	BENCH_METRICS,
};

extern const char *const bench_metric_names[BENCH_METRICS];

/* One row with one backend. */
struct bench_cell {
	struct bench_series metric[BENCH_METRICS];
	uint64_t sent, received; /* frames, over all rounds */
	uint64_t missed;   /* frames that the receiver's own socket dropped: the bench's fault */
	unsigned failures; /* rounds in which it could not be measured */
	char why_not[BENCH_WHY_MAX]; /* why not, the last time; "" when all went well */
};

struct bench_subject {
	struct backend backend;
	const char *name;            /* as asked for */
	const char *mode;            /* the strictest it has */
	char why_not[BENCH_WHY_MAX]; /* "" when there is such a backend */
	struct bench_cell cells[BENCH_ROWS_MAX];
};

/* One line of bench-verdict. */
struct bench_verdict {
	char what[16], place[16];
	unsigned ip_bytes, rules;
	double median_ns, least_ns, most_ns;
};

struct bench {
	unsigned rounds;
	unsigned span_ms; /* of one measurement of a rate */
	const char *out, *filter;
	struct bench_subject subjects[BENCH_BACKENDS_MAX];
	size_t subject_count;
	struct bench_verdict verdicts[BENCH_VERDICTS_MAX];
	size_t verdict_count;
	char verdict_why_not[BENCH_WHY_MAX];

	char date[32], kernel[160];
	long cores;
	double load_before, load_after;
	double others; /* share of the machine that was used by neither the bench nor its backends */
	double took_s;
};

extern const struct bench_row bench_rows[];
extern const size_t bench_row_count;

/* Whether there is anything to tell of it besides why there is not. */
bool bench_is_measured(const struct bench_cell *c);
/* Whether a row or a group belongs to what was asked for. */
bool bench_is_wanted(const struct bench *b, const char *id);

/* ---- reports ---- */

void bench_print(const struct bench *b, FILE *to);
/* The goals of docs/requirements.md, held against the first backend. One line each. */
void bench_print_goals(const struct bench *b, FILE *to);
void bench_write_json(const struct bench *b, FILE *to);

#endif
