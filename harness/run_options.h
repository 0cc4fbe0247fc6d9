/* SPDX-License-Identifier: ISC */
/* run_options.h: the command line of `gauntlet run` and `gauntlet scenario`. */
#ifndef HARNESS_RUN_OPTIONS_H
#define HARNESS_RUN_OPTIONS_H

#include "harness/run.h"

#include <stdbool.h>
#include <stdio.h>

void run_options_help(FILE *to, bool story);

/* Fills *r, whose defaults and `story` are set, and leaves optind at the first name. 0 to go on; 1, with a message
 * where something is wrong, to end with *code. */
int run_options_parse(int argc, char **argv, struct run *r, int *code);

#endif
