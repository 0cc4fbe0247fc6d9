/* SPDX-License-Identifier: ISC */
/* expect_run.h: the baseline in a run: what run.c and suite_run.c call, each once. All do nothing when there is none. */
#ifndef HARNESS_EXPECT_RUN_H
#define HARNESS_EXPECT_RUN_H

#include "harness/judge.h"
#include "harness/run.h"

#include <stddef.h>

/* Before the first suite: finds and reads the baseline of r->backend_name, or what r->expect_option says. `all`: these
 * are all suites there are. 0, or EXIT_USAGE with all errors on stderr. */
int expect_run_begin(struct run *r, const struct selection *sel, size_t count, bool all);
/* Behind the verdict about an item, before its evidence is kept. */
void expect_run_settle(struct run *r, const struct judge_item *it, struct outcome *o);
/* When all outcomes are there, of all jobs: says which lines are expired or dead, and returns EXIT_UNEXPECTED then, else
 * 0. Dead lines are looked for when r->results.whole, and the run came to its end. */
int expect_run_end(const struct run *r);
void expect_run_close(struct run *r);

#endif
