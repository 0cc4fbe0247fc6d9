/* SPDX-License-Identifier: ISC */
/* cpio.c: packs files as a newc archive. */
#include "harness/cpio.h"

#include <stdio.h>
#include <string.h>

#define HEADER  110
#define FOLDER  (0040000u | 0755u)
#define REGULAR 0100000u
#define TRAILER "TRAILER!!!"
#define PAD4(n) (((n) + 3) & ~(size_t)3)

static bool path_is_good(const char *path)
{
	size_t len = strlen(path);

	if (path[0] != '/' || len < 2 || len > CPIO_PATH_MAX)
		return false;
	for (const char *part = path; part; part = strchr(part + 1, '/')) {
		size_t n = strcspn(part + 1, "/");

		if (!n || (n == 1 && part[1] == '.') || (n == 2 && !strncmp(part + 1, "..", 2)))
			return false;
	}
	return true;
}

/* Whether an earlier file has brought the folder path[0..len) along. */
static bool packed_before(const struct cpio_file *files, size_t before, const char *path,
                          size_t len)
{
	for (size_t i = 0; i < before; i++)
		if (!strncmp(files[i].path, path, len) && files[i].path[len] == '/')
			return true;
	return false;
}

/* The name goes without its slash in front. */
static size_t entry_size(size_t path_len, size_t data_len)
{
	return PAD4(HEADER + path_len) + PAD4(data_len);
}

size_t cpio_size(const struct cpio_file *files, size_t count, size_t *bad)
{
	size_t sum = entry_size(strlen(TRAILER) + 1, 0);

	for (size_t i = 0; i < count; i++) {
		const char *path = files[i].path;

		*bad = i;
		if (!path_is_good(path) || files[i].mode > 07777 || files[i].len > CPIO_FILE_MAX)
			return 0;
		for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/'))
			if (!packed_before(files, i, path, (size_t)(p - path)))
				sum += entry_size((size_t)(p - path), 0);
		sum += entry_size(strlen(path), files[i].len);
	}
	return sum;
}

static bool pad(struct wr *w, size_t n)
{
	return wr_fill(w, 0, PAD4(n) - n);
}

static bool entry(struct wr *w, unsigned number, unsigned mode, const char *name, size_t name_len,
                  const void *data, size_t len)
{
	char head[HEADER + 1];

	/* inode, mode, user, group, links, time, size, device (2), special device (2), length of
	 * the name with its NUL, checksum */
	snprintf(head, sizeof(head), "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
	         number, mode, 0u, 0u, 1u, 0u, (unsigned)len, 0u, 0u, 0u, 0u,
	         (unsigned)name_len + 1, 0u);
	return wr_bytes(w, head, HEADER) && wr_bytes(w, name, name_len) && wr_u8(w, 0) &&
	       pad(w, HEADER + name_len + 1) && wr_bytes(w, data, len) && pad(w, len);
}

bool cpio_write(struct wr *w, const struct cpio_file *files, size_t count)
{
	unsigned number = 1;

	for (size_t i = 0; i < count; i++) {
		const char *path = files[i].path;

		for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
			size_t len = (size_t)(p - path);

			if (!packed_before(files, i, path, len) &&
			    !entry(w, number++, FOLDER, path + 1, len - 1, NULL, 0))
				return false;
		}
		if (!entry(w, number++, REGULAR | files[i].mode, path + 1, strlen(path) - 1,
		           files[i].data, files[i].len))
			return false;
	}
	return entry(w, 0, 0, TRAILER, strlen(TRAILER), NULL, 0);
}
