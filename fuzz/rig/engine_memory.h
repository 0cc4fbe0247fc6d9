/* SPDX-License-Identifier: ISC */
/* engine_memory.h: memory that refnat asks for in the engine. It comes from one arena, with gaps between
 * the blocks, and is given back as a whole; ASan, where it is linked, knows of each byte whose it is. */
#ifndef FUZZ_RIG_ENGINE_MEMORY_H
#define FUZZ_RIG_ENGINE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Whether memory of that size may be used: as many bytes as are, and the last one. Without ASan nobody
 * knows, and it may. The kernel asks for all that refnat hands to it, as ASan does where it is real. */
bool memory_is_good(const void *p, size_t size, size_t used);

#endif
