/* SPDX-License-Identifier: ISC */
/* files.h: how reports reach the disk: whole or not at all.
 *
 * A new file is written under a temporary name beside its own and renamed when it is complete, so a
 * reader never sees half of one and an earlier run's file is replaced.
 *
 *   struct new_file n;
 *   if (file_begin(&n, dir, "results.json", 0644))
 *           return -1;
 *   fprintf(n.f, ...);
 *   return file_finish(&n);
 */
#ifndef HARNESS_FILES_H
#define HARNESS_FILES_H

#include <limits.h>
#include <stdio.h>

struct new_file {
	FILE *f;
	char path[PATH_MAX];
	char temporary[PATH_MAX];
};

/* The bytes of a file, with a NUL behind them that *len does not count; free() it. NULL, with errno set, when it cannot be
 * read: EFBIG when it has more than `most`. */
char *file_text(const char *path, size_t most, size_t *len);

/* All return 0, or -1 with a message on stderr that names the file. */

/* Makes the folder `path` and those above it; it is fine when they exist. */
int file_make_folder(const char *path);
/* After 0, the caller writes to n->f and calls file_finish(), which also reports every write that
 * failed in between. `mode` is the file's permissions, subject to the umask. */
int file_begin(struct new_file *n, const char *dir, const char *name, unsigned mode);
int file_finish(struct new_file *n);
/* Removes DIR/NAME, which an earlier run may have left; it is fine when there is none. */
int file_clear(const char *dir, const char *name);
/* DIR/NAME becomes a copy of the file `from`. */
int file_copy(const char *from, const char *dir, const char *name);

#endif
