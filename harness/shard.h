/* SPDX-License-Identifier: ISC */
/* shard.h: a part of a run: the cases that one of N machines plays.
 *
 * Cases are counted from 0 over the whole selection, in its order (plan.h); shard I of N plays those whose number
 * leaves the rest I - 1 when divided by N. So every case is in exactly one of the N, and in the same one as long
 * as the scenarios stay the same.
 */
#ifndef HARNESS_SHARD_H
#define HARNESS_SHARD_H

#include <stdbool.h>

#define SHARDS_MAX     1000
#define SHARD_TEXT_MAX 16

struct shard {
	unsigned number, of; /* 1 <= number <= of <= SHARDS_MAX; of 0: no shard, all cases */
};

/* Reads "I/N", decimal digits without signs, blanks and leading zeros. False, *out untouched, for anything else. */
bool shard_parse(const char *text, struct shard *out);
/* "I/N"; `out` holds SHARD_TEXT_MAX bytes; returns it. */
char *shard_text(const struct shard *s, char *out);
bool shard_has(const struct shard *s, unsigned at);
/* How many of `cases` cases it has. */
unsigned shard_size(const struct shard *s, unsigned cases);

#endif
