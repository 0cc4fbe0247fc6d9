/* SPDX-License-Identifier: ISC */
/* files.c: see files.h. */
#include "harness/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int complain(const char *what, const char *path)
{
	fprintf(stderr, "gauntlet: cannot %s %s: %s\n", what, path, strerror(errno));
	return -1;
}

/* What snprintf() says about a buffer of PATH_MAX: a longer name is an error, never cut. */
static bool fits(int printed)
{
	if (printed >= 0 && printed < PATH_MAX)
		return true;
	errno = ENAMETOOLONG;
	return false;
}

int file_make_folder(const char *path)
{
	char part[PATH_MAX];

	if (!fits(snprintf(part, sizeof(part), "%s", path)))
		return complain("make the folder", path);
	for (char *p = part + 1; part[0] && *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(part, 0777) && errno != EEXIST)
			return complain("make the folder", part);
		*p = '/';
	}
	if (mkdir(part, 0777) && errno != EEXIST)
		return complain("make the folder", path);
	return 0;
}

int file_begin(struct new_file *n, const char *dir, const char *name, unsigned mode)
{
	int fd;

	n->f = NULL;
	if (!fits(snprintf(n->path, sizeof(n->path), "%s/%s", dir, name)) ||
	    !fits(snprintf(n->temporary, sizeof(n->temporary), "%s/.%s.%ld", dir, name,
	                   (long)getpid())))
		return complain("write", name);
	fd = open(n->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
	if (fd < 0)
		return complain("write", n->path);
	n->f = fdopen(fd, "w");
	if (!n->f) {
		complain("write", n->path);
		close(fd);
		unlink(n->temporary);
		return -1;
	}
	return 0;
}

int file_finish(struct new_file *n)
{
	bool bad = fflush(n->f) != 0 || ferror(n->f);
	int reason = errno;

	/* close(2) can report a full disk too; only then is errno its own */
	if (fclose(n->f) != 0 && !bad) {
		bad = true;
		reason = errno;
	}
	n->f = NULL;
	if (!bad && rename(n->temporary, n->path) == 0)
		return 0;
	if (bad)
		errno = reason;
	complain("write", n->path);
	unlink(n->temporary);
	return -1;
}

int file_copy(const char *from, const char *dir, const char *name)
{
	struct new_file n;
	char chunk[16384];
	size_t got;
	FILE *in = fopen(from, "rbe");

	if (!in)
		return complain("read", from);
	if (file_begin(&n, dir, name, 0666)) {
		fclose(in);
		return -1;
	}
	while ((got = fread(chunk, 1, sizeof(chunk), in)) > 0)
		fwrite(chunk, 1, got, n.f);
	if (ferror(in)) {
		complain("read", from);
		fclose(in);
		fclose(n.f);
		unlink(n.temporary);
		return -1;
	}
	fclose(in);
	return file_finish(&n);
}

char *file_text(const char *path, size_t most, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;
	int error = f ? 0 : errno;

	*len = 0;
	while (f && !error && !feof(f)) {
		size_t larger = size ? 2 * size : 16384;
		char *more = realloc(text, larger + 1);

		if (!more) {
			error = ENOMEM;
			break;
		}
		text = more;
		size = larger;
		*len += fread(text + *len, 1, size - *len, f);
		error = ferror(f) ? errno : *len > most ? EFBIG : 0;
	}
	if (f)
		fclose(f);
	if (error) {
		free(text);
		errno = error;
		return NULL;
	}
	if (text)
		text[*len] = '\0';
	return text;
}

int file_clear(const char *dir, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path)) {
		fprintf(stderr, "gauntlet: %s: the name is too long\n", dir);
		return -1;
	}
	if (!unlink(path) || errno == ENOENT)
		return 0;
	fprintf(stderr, "gauntlet: cannot remove the earlier %s: %s\n", path, strerror(errno));
	return -1;
}
