/* SPDX-License-Identifier: ISC */
/* merge.h: the results of all shards of a run become those of the run.
 *
 * What comes out is what one run without --shard would have written, order included; only times differ. What is
 * not certain to be one whole run is refused: a shard that is missing or there twice, one of another number of
 * shards, another backend or version of it, another plane or transport, another selection of cases or another
 * state of the scenarios, one that was not played to its end, and results without a shard.
 */
#ifndef HARNESS_MERGE_H
#define HARNESS_MERGE_H

#include "harness/results.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define MERGE_WHY_MAX 512

/* Pure. `parts` were read by results_read() from the folders `dirs`. True: *out holds copies, and the caller calls
 * results_free(). False: *out is untouched and `why` (MERGE_WHY_MAX bytes) says in a sentence which folder does
 * not fit and what to do. The outcomes of `parts` are numbered in passing. */
bool merge_results(struct results *parts, char *const *dirs, size_t count, struct results *out,
                   char *why);

/* Merges what stands in the folders `dirs` into the folder `out`, which must be none of them and is made when it
 * is not there: results.json, results.tap, junit.xml; failures/, where an earlier merge's are removed;
 * stories.jsonl and windows.jsonl when a shard has one. Prints one line. Returns the exit code that the whole run would have had, 2
 * when something does not fit or cannot be read, or 4 when something cannot be written; messages go to stderr. */
int merge_folders(char *const *dirs, size_t count, const char *out);

/* `gauntlet report --merge --out DIR SHARD...`: the command line, of which --merge may stand anywhere. Returns an exit
 * code. */
int merge_main(int argc, char **argv);
void merge_help(FILE *to);

#endif
