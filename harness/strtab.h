/* SPDX-License-Identifier: ISC */
/* strtab.h: strings numbered from 0 in the order in which they were first put in; the same string keeps
 * its number. Begin with a zeroed struct. Out of memory ends the program with exit code 4. */
#ifndef HARNESS_STRTAB_H
#define HARNESS_STRTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STRTAB_NONE SIZE_MAX

struct strtab {
	char **text; /* copies; read only */
	size_t count, size;
	size_t *slot; /* hash table of numbers + 1, 0 is free */
	size_t slots;
};

/* The number of `s`; *fresh, when not NULL, says whether it was put in now. */
size_t strtab_put(struct strtab *t, const char *s, bool *fresh);
/* Its number, or STRTAB_NONE. */
size_t strtab_find(const struct strtab *t, const char *s);
void strtab_free(struct strtab *t);

#endif
