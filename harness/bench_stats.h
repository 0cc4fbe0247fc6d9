/* SPDX-License-Identifier: ISC */
/* bench_stats.h: a handful of values of one thing, and what is said of them: their median, the least
 * and the most. Not the mean: on a shared machine one bad round would move it. */
#ifndef HARNESS_BENCH_STATS_H
#define HARNESS_BENCH_STATS_H

#include <stddef.h>

#define BENCH_ROUNDS_MAX 100

struct bench_series {
	double value[BENCH_ROUNDS_MAX]; /* in the order of the rounds */
	unsigned count;
};

/* Adds a value; one too many is left out. */
void bench_series_add(struct bench_series *s, double value);

/* Of an empty series: 0. The median of an even number of values is the mean of the middle two. */
double bench_series_median(const struct bench_series *s);
double bench_series_least(const struct bench_series *s);
double bench_series_most(const struct bench_series *s);

/* The median of the ratios a/b, round by round: what the machine did to both at the same time does not
 * count. Of as many rounds as both have; 0 when there is none, or `b` has a 0. */
double bench_series_ratio(const struct bench_series *a, const struct bench_series *b);

/* Sorts values[0..count) and returns the smallest that at least `part` (0..1) of them do not exceed. 0
 * of none. */
double bench_quantile(double *values, size_t count, double part);

#endif
