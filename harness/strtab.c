/* SPDX-License-Identifier: ISC */
/* strtab.c: see strtab.h. Open addressing, never more than half full. */
#include "harness/strtab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 64 /* a power of two */

static void *need(void *p)
{
	if (p)
		return p;
	fputs("gauntlet: out of memory\n", stderr);
	exit(4);
}

/* FNV-1a, 64 bits */
static size_t hash_of(const char *s)
{
	uint64_t h = 14695981039346656037u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return (size_t)h;
}

/* Where `s` is, or would be. */
static size_t slot_of(const struct strtab *t, const char *s)
{
	size_t i = hash_of(s) & (t->slots - 1);

	while (t->slot[i] && strcmp(t->text[t->slot[i] - 1], s) != 0)
		i = (i + 1) & (t->slots - 1);
	return i;
}

static void grow(struct strtab *t)
{
	if (t->count == t->size) {
		t->size = t->size ? 2 * t->size : FIRST_SLOTS / 2;
		t->text = need(reallocarray(t->text, t->size, sizeof(*t->text)));
	}
	if (2 * (t->count + 1) <= t->slots)
		return;
	free(t->slot);
	t->slots = t->slots ? 2 * t->slots : FIRST_SLOTS;
	t->slot = need(calloc(t->slots, sizeof(*t->slot)));
	for (size_t i = 0; i < t->count; i++)
		t->slot[slot_of(t, t->text[i])] = i + 1;
}

size_t strtab_put(struct strtab *t, const char *s, bool *fresh)
{
	size_t at = strtab_find(t, s);

	if (fresh)
		*fresh = at == STRTAB_NONE;
	if (at != STRTAB_NONE)
		return at;
	grow(t);
	t->text[t->count] = need(strdup(s));
	t->slot[slot_of(t, s)] = t->count + 1;
	return t->count++;
}

size_t strtab_find(const struct strtab *t, const char *s)
{
	return t->slots ? t->slot[slot_of(t, s)] - 1 : STRTAB_NONE;
}

void strtab_free(struct strtab *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->text[i]);
	free(t->text);
	free(t->slot);
	*t = (struct strtab){0};
}
