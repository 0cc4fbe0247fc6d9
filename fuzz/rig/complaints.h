/* SPDX-License-Identifier: ISC */
/* complaints.h: a stream that keeps what is printed to it in memory, and looks at complaints. */
#ifndef FUZZ_RIG_COMPLAINTS_H
#define FUZZ_RIG_COMPLAINTS_H

#include "bytes/rd.h"

#include <stdio.h>

/* The one stream, empty. What goes to it is kept, the first 64 KiB of it, without a system call. */
FILE *complaints_begin(void);

/* What was printed, up to now; ends with NUL. */
const char *complaints_text(void);

/* A file that complaints may be about. */
struct complaints_file {
	const char *name;
	struct rd text;
};

/* Whether it is one or more lines "refnat: NAME:LINE:COLUMN: $PATH: WORDS", printable, whose name is
 * one of the files' and whose place is in that file. */
bool complaints_are_placed(const char *text, const struct complaints_file *files, size_t count);

#endif
