/* SPDX-License-Identifier: ISC */
/* scratch.h: for tests only. A folder for files, and what stands in a file. */
#ifndef HARNESS_SCRATCH_H
#define HARNESS_SCRATCH_H

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scratch {
	char dir[PATH_MAX / 2];
	char path[PATH_MAX]; /* what scratch_path() returned last */
};

static inline void scratch_make(struct scratch *s)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(s->dir, sizeof(s->dir), "%s/gauntlet-test.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(s->dir))
		abort();
}

static inline int scratch_remove_one(const char *path, const struct stat *st, int type,
                                     struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline void scratch_remove(struct scratch *s)
{
	nftw(s->dir, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* DIR/NAME, valid until the next call. */
static inline const char *scratch_path(struct scratch *s, const char *name)
{
	snprintf(s->path, sizeof(s->path), "%s/%s", s->dir, name);
	return s->path;
}

static inline void scratch_write(struct scratch *s, const char *name, const char *text)
{
	FILE *f = fopen(scratch_path(s, name), "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		abort();
}

/* All of DIR/NAME, terminated; free() it. NULL when there is no such file. */
static inline char *scratch_read(struct scratch *s, const char *name)
{
	FILE *f = fopen(scratch_path(s, name), "r");
	char *text = NULL;
	size_t size = 0;

	if (!f)
		return NULL;
	if (getdelim(&text, &size, '\0', f) < 0 && !text)
		abort();
	if (feof(f) && ftell(f) == 0)
		text[0] = '\0';
	fclose(f);
	return text;
}

/* Descriptor `fd` (1 or 2) writes to DIR/NAME until scratch_release(), which takes what this
 * returns. */
static inline int scratch_capture(struct scratch *s, int fd, const char *name)
{
	int saved,
	        file = open(scratch_path(s, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	fflush(stdout);
	saved = dup(fd);
	if (file < 0 || saved < 0 || dup2(file, fd) < 0)
		abort();
	close(file);
	return saved;
}

static inline void scratch_release(int fd, int saved)
{
	fflush(stdout);
	if (dup2(saved, fd) < 0)
		abort();
	close(saved);
}

#endif
