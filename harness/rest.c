/* SPDX-License-Identifier: ISC */
/* rest.c: counts what is left. */
#include "harness/rest.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const words[REST_COUNT] = {
        [REST_FILES] = "descriptors of the harness",
        [REST_CHILDREN] = "processes",
        [REST_INTERFACES] = "interfaces",
        [REST_MOUNTS] = "mounts",
        [REST_SOCKETS] = "sockets",
        [REST_SHM] = "files in /dev/shm",
        [REST_SEGMENTS] = "shared segments",
        [REST_SEMAPHORES] = "semaphores",
        [REST_QUEUES] = "message queues",
};

/* How many lines, or words, a file of /proc has; 0 when there is none. */
static long count_in(const char *path, const char *ends)
{
	FILE *f = fopen(path, "re");
	long n = 0;
	int c;

	while (f && (c = fgetc(f)) != EOF)
		n += strchr(ends, c) != NULL;
	if (f)
		fclose(f);
	return n;
}

long rest_count_entries(const char *path)
{
	DIR *d = opendir(path);
	const struct dirent *e;
	long n = 0;

	while (d && (e = readdir(d)))
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	if (d)
		closedir(d);
	return n;
}

void rest_count(struct rest *out)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	*out = (struct rest){{
	        [REST_FILES] = rest_count_entries("/proc/self/fd"),
	        [REST_CHILDREN] = count_in(path, " "),
	        [REST_INTERFACES] = count_in("/proc/self/net/dev", "\n"),
	        [REST_MOUNTS] = count_in("/proc/self/mounts", "\n"),
	        [REST_SOCKETS] = count_in("/proc/self/net/unix", "\n") +
	                         count_in("/proc/self/net/packet", "\n"),
	        [REST_SHM] = rest_count_entries("/dev/shm"),
	        [REST_SEGMENTS] = count_in("/proc/sysvipc/shm", "\n"),
	        [REST_SEMAPHORES] = count_in("/proc/sysvipc/sem", "\n"),
	        [REST_QUEUES] = count_in("/proc/sysvipc/msg", "\n"),
	}};
}

bool rest_is_clean(const struct rest *first, const struct rest *last, unsigned times, char *why,
                   size_t size)
{
	for (int i = 0; i < REST_COUNT; i++) {
		long more = last->n[i] - first->n[i];

		if (more <= 0 || (i >= REST_SHARED && more < (long)times))
			continue;
		snprintf(why, size, "%ld %s are left", more, words[i]);
		return false;
	}
	return true;
}
