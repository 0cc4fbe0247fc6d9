/* SPDX-License-Identifier: ISC */
/* bytes.c: fuzz target: a program of reads (bytes/rd.h) from any bytes, beside the places where they
 * should stand. Input: how many reads, a byte for each, and what is read. */
#include "bytes/rd.h"

#include "fuzz/fuzz.h"

/* Where the reader should be, and what the last read should have given. */
struct place {
	const uint8_t *p;
	size_t n;
	uint32_t value;
	struct rd window;
};

/* A number of `width` bytes, and `n` bytes behind it, or with `vec` as many as the number says. */
static bool expect(struct place *at, size_t width, size_t n, bool vec)
{
	at->value = 0;
	for (size_t i = 0; i < width && i < at->n; i++)
		at->value = at->value * 256 + at->p[i];
	n = vec ? at->value : n;
	if (at->n < width || n > at->n - width)
		return false;
	at->window = rd_of(at->p + width, n);
	at->p += width + n;
	at->n -= width + n;
	return true;
}

/* Makes read number `op`, of `n` bytes where the read has no length of its own. */
static void step(unsigned op, size_t n, struct rd *r, struct place *at)
{
	uint8_t u8 = 0, copy[256];
	uint16_t u16 = 0;
	uint32_t u32 = 0;
	struct rd window = {0};
	const bool vec = op >= 7;
	const bool fits = expect(at, vec ? op - 6 : op < 4 ? op + 1 : 0, op < 4 ? 0 : n, vec);
	const bool read = op == 0   ? rd_u8(r, &u8)
	                  : op == 1 ? rd_u16(r, &u16)
	                  : op == 2 ? rd_u24(r, &u32)
	                  : op == 3 ? rd_u32(r, &u32)
	                  : op == 4 ? rd_skip(r, n)
	                  : op == 5 ? rd_sub(r, n, &window)
	                  : op == 6 ? rd_copy(r, copy, n)
	                  : op == 7 ? rd_vec8(r, &window)
	                  : op == 8 ? rd_vec16(r, &window)
	                            : rd_vec24(r, &window);

	HOLDS("what is there can be read, and nothing else", read == fits);
	HOLDS("a reader stands behind what was read", r->n == at->n && r->p == at->p);
	HOLDS("a number is big-endian", !read || op > 3 || (u8 | u16 | u32) == at->value);
	HOLDS("a copy is one", !read || op != 6 || !memcmp(copy, at->window.p, n));
	HOLDS("a window is what was read",
	      !read || (op != 5 && !vec) || (window.p == at->window.p && window.n == at->window.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t reads = size ? data[0] % 64 : 0;
	struct place at = {.p = data + 1 + reads};
	struct rd r;

	if (size < 1 + reads)
		return 0;
	at.n = size - 1 - reads;
	r = rd_of(at.p, at.n);
	for (size_t i = 0; i < reads; i++)
		step(data[1 + i] % 10, data[1 + i] / 10, &r, &at);
	return 0;
}
