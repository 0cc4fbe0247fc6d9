/* SPDX-License-Identifier: ISC */
/* gate_pool.c: buffers of one size. */
#include "ref/gate_pool.h"

#include <stdlib.h>
#include <sys/mman.h>

bool gate_pool_open(struct gate_pool *pool, uint32_t count)
{
	*pool = (struct gate_pool){.count = count};
	pool->memory = mmap(NULL, (size_t)count * GATE_POOL_BUF, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (pool->memory == MAP_FAILED)
		pool->memory = NULL;
	pool->free = calloc(count, sizeof(*pool->free));
	if (pool->memory && pool->free)
		return true;
	gate_pool_close(pool);
	return false;
}

void gate_pool_close(struct gate_pool *pool)
{
	if (pool->memory)
		munmap(pool->memory, (size_t)pool->count * GATE_POOL_BUF);
	free(pool->free);
	*pool = (struct gate_pool){0};
}

void gate_pool_fill(struct gate_pool *pool, struct buf *b)
{
	uint32_t number;

	if (b->memory)
		return;
	if (pool->free_count)
		number = pool->free[--pool->free_count];
	else
		number = pool->high++;
	if (pool->cold > pool->free_count)
		pool->cold = pool->free_count;
	*b = buf_of(pool->memory + (size_t)number * GATE_POOL_BUF, GATE_POOL_BUF);
}

/* Those that were free longest lie at the bottom: their memory is what can be spared. */
static void cool(struct gate_pool *pool)
{
	while (pool->free_count - pool->cold > GATE_POOL_WARM)
		madvise(pool->memory + (size_t)pool->free[pool->cold++] * GATE_POOL_BUF,
		        GATE_POOL_BUF, MADV_DONTNEED);
}

void gate_pool_drop(struct gate_pool *pool, struct buf *b)
{
	if (!b->memory)
		return;
	pool->free[pool->free_count++] = (uint32_t)((size_t)(b->memory - pool->memory) /
	                                            GATE_POOL_BUF);
	*b = (struct buf){0};
	cool(pool);
}

void gate_pool_spare(struct gate_pool *pool, struct buf *b)
{
	if (!buf_len(b))
		gate_pool_drop(pool, b);
}

uint32_t gate_pool_used(const struct gate_pool *pool)
{
	return pool->high - pool->free_count;
}
