/* SPDX-License-Identifier: ISC */
/* engine_memory.c: the arena. Blocks are zeroed as calloc() does it, but for the large ones, in which
 * refnat promises to read nothing that it did not write. */
#include "fuzz/rig/engine_memory.h"

#include "fuzz/fuzz.h"
#include "fuzz/rig/engine_calls.h"

#include <string.h>

#define ARENA_SIZE 8388608
#define BLOCKS_MAX 16
#define LARGE      32768
#define GAP        64   /* between two blocks */
#define GUARDED    4096 /* bytes of a block that nobody may use when it is free */

/* ASan's; not there in a program without it. */
void __asan_poison_memory_region(const volatile void *p, size_t n) __attribute__((weak));
void __asan_unpoison_memory_region(const volatile void *p, size_t n) __attribute__((weak));
void *__asan_region_is_poisoned(void *p, size_t n) __attribute__((weak));

static _Alignas(64) uint8_t arena[ARENA_SIZE];
static struct {
	uint8_t *p;
	size_t n;
	bool free;
} blocks[BLOCKS_MAX];
static size_t blocks_made, blocks_free;
static size_t arena_used;

static void poison(const void *p, size_t n)
{
	if (__asan_poison_memory_region)
		__asan_poison_memory_region(p, n < GUARDED ? n : GUARDED);
}

static void heal(const void *p, size_t n)
{
	if (__asan_unpoison_memory_region)
		__asan_unpoison_memory_region(p, n < GUARDED ? n : GUARDED);
}

static bool is_good(const uint8_t *p, size_t n)
{
	union {
		const uint8_t *seen;
		void *asked;
	} at = {p};

	return !__asan_region_is_poisoned(at.asked, n);
}

bool memory_is_good(const void *p, size_t size, size_t used)
{
	const uint8_t *bytes = p;

	if (!size || !__asan_region_is_poisoned)
		return true;
	return is_good(bytes, used) && is_good(bytes + size - 1, 1);
}

static size_t with_gap(size_t n)
{
	return (n + GAP - 1) / GAP * GAP + GAP;
}

/* All was given back. */
static void begin_anew(void)
{
	for (size_t i = 0; i < blocks_made; i++) {
		heal(blocks[i].p, blocks[i].n);
		heal(blocks[i].p + blocks[i].n, with_gap(blocks[i].n) - blocks[i].n);
	}
	blocks_made = blocks_free = arena_used = 0;
}

void *engine_calloc(size_t count, size_t size)
{
	const size_t n = count * size, taken = with_gap(n);
	uint8_t *p = arena + arena_used;

	HOLDS("memory is bounded", taken <= ARENA_SIZE - arena_used && blocks_made < BLOCKS_MAX);
	poison(p + n, taken - n);
	if (n < LARGE)
		memset(p, 0, n);
	arena_used += taken;
	blocks[blocks_made].p = p;
	blocks[blocks_made].free = false;
	blocks[blocks_made++].n = n;
	return p;
}

void engine_free(void *p)
{
	unsigned i = 0;

	if (!p)
		return;
	while (i < blocks_made && blocks[i].p != p)
		i++;
	HOLDS("memory is given back once", i < blocks_made && !blocks[i].free);
	poison(p, blocks[i].n);
	blocks[i].free = true;
	if (++blocks_free == blocks_made)
		begin_anew();
}
