/* SPDX-License-Identifier: ISC */
/* gate_pool.h: the gate's buffers, for connections that have bytes at the moment.
 *
 * One piece of address space, sized for every buffer that all connections could hold at once, so that
 * nobody who holds one waits for another; the kernel gives memory to what is touched. What was given
 * back last is taken first, and beyond GATE_POOL_WARM free ones the memory goes back to the kernel.
 */
#ifndef REF_GATE_POOL_H
#define REF_GATE_POOL_H

#include "ref/buf.h"

/* Bytes of a buffer: what GATE_POOL_PLAIN bytes become in records of TLS, and so a head of HTTP. */
#define GATE_POOL_BUF   36864
#define GATE_POOL_PLAIN 32768
#define GATE_POOL_WARM  256 /* free buffers that keep their memory: 9 MB */

struct gate_pool {
	uint8_t *memory;
	uint32_t *free; /* numbers of free buffers that were used before, the latest last */
	uint32_t count, free_count;
	uint32_t high; /* buffers from here on were never used */
	uint32_t cold; /* of free[], the first so many have no memory */
};

/* Room for `count` buffers. False when there is no address space. */
bool gate_pool_open(struct gate_pool *pool, uint32_t count);
void gate_pool_close(struct gate_pool *pool);

/* Gives *b memory if it has none. */
void gate_pool_fill(struct gate_pool *pool, struct buf *b);

/* Takes the memory of *b away if nothing is in it. */
void gate_pool_spare(struct gate_pool *pool, struct buf *b);

/* The same, whatever is in it. */
void gate_pool_drop(struct gate_pool *pool, struct buf *b);

/* Buffers that are in use. */
uint32_t gate_pool_used(const struct gate_pool *pool);

#endif
