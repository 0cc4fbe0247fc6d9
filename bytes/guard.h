/* SPDX-License-Identifier: ISC */
/* guard.h: for tests only. Puts bytes flush against an unreadable page, so that a parser that reads
 * one byte too far dies at that byte, with or without a sanitizer. */
#ifndef BYTES_GUARD_H
#define BYTES_GUARD_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct guard {
	void *map;
	size_t map_len;
	uint8_t *p; /* the copy; p[n] is the first byte of the unreadable page */
	size_t n;
};

static inline struct guard guard_copy(const void *bytes, size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t body = (n + page - 1) / page * page;
	struct guard g = {.map_len = body + page, .n = n};

	g.map = mmap(NULL, g.map_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (g.map == MAP_FAILED || mprotect((uint8_t *)g.map + body, page, PROT_NONE))
		abort();
	g.p = (uint8_t *)g.map + body - n;
	if (n)
		memcpy(g.p, bytes, n);
	return g;
}

static inline void guard_free(struct guard *g)
{
	munmap(g->map, g->map_len);
}

#endif
