/* SPDX-License-Identifier: ISC */
/* story.h: the words of a story that its two forms share: for a terminal (evidence.h) and for programs
 * (story_json.h). */
#ifndef HARNESS_STORY_H
#define HARNESS_STORY_H

#include "harness/evidence.h"

#include <stdio.h>

/* What a row's verdict asks for, in a sentence that begins with its word: "drop: nothing crosses ...". */
const char *story_row_expectation(const struct row *row);

/* What is expected of the case, a line for each statement, without a newline at the end. */
void story_write_expectation(const struct evidence *e, FILE *to);

#endif
