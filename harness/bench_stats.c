/* SPDX-License-Identifier: ISC */
/* bench_stats.c: see bench_stats.h. */
#include "harness/bench_stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void bench_series_add(struct bench_series *s, double value)
{
	if (s->count < BENCH_ROUNDS_MAX)
		s->value[s->count++] = value;
}

double bench_series_median(const struct bench_series *s)
{
	double sorted[BENCH_ROUNDS_MAX];

	if (!s->count)
		return 0;
	memcpy(sorted, s->value, s->count * sizeof(*sorted));
	qsort(sorted, s->count, sizeof(*sorted), by_size);
	return (sorted[(s->count - 1) / 2] + sorted[s->count / 2]) / 2;
}

double bench_series_least(const struct bench_series *s)
{
	double least = s->count ? s->value[0] : 0;

	for (unsigned i = 1; i < s->count; i++)
		least = fmin(least, s->value[i]);
	return least;
}

double bench_series_most(const struct bench_series *s)
{
	double most = s->count ? s->value[0] : 0;

	for (unsigned i = 1; i < s->count; i++)
		most = fmax(most, s->value[i]);
	return most;
}

double bench_series_ratio(const struct bench_series *a, const struct bench_series *b)
{
	struct bench_series ratios = {.count = 0};

	for (unsigned i = 0; i < a->count && i < b->count; i++) {
		if (b->value[i] == 0)
			return 0;
		bench_series_add(&ratios, a->value[i] / b->value[i]);
	}
	return bench_series_median(&ratios);
}

double bench_quantile(double *values, size_t count, double part)
{
	size_t at;

	if (!count)
		return 0;
	qsort(values, count, sizeof(*values), by_size);
	at = (size_t)ceil(part * (double)count);
	return values[at ? at - 1 : 0];
}
