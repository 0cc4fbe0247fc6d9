/* SPDX-License-Identifier: ISC */
/* afl.c: the mutator as AFL++ asks for it: $(B)/fuzz/NAME.mutator.so, named by AFL_CUSTOM_MUTATOR_LIBRARY. The
 * format is MUTATE_FORMAT, which the Makefile gives. AFL++ makes its own mutations beside these unless
 * AFL_CUSTOM_MUTATOR_ONLY is set.
 */
#include "fuzz/mutate/core.h"

#ifndef MUTATE_FORMAT /* by hand */
#define MUTATE_FORMAT mutate_tls
#endif

/* AFL++'s: docs/custom_mutators.md. */
void *afl_custom_init(void *afl, unsigned seed);
size_t afl_custom_fuzz(void *mutator, uint8_t *data, size_t size, uint8_t **out, uint8_t *other,
                       size_t other_size, size_t max);
void afl_custom_deinit(void *mutator);

static struct {
	struct mutate_tree tree, other;
	uint64_t random;
	uint8_t bytes[MUTATE_LEN_MAX];
} state;

void *afl_custom_init(void *afl, unsigned seed)
{
	(void)afl;
	state.random = seed;
	return &state;
}

size_t afl_custom_fuzz(void *mutator, uint8_t *data, size_t size, uint8_t **out, uint8_t *other,
                       size_t other_size, size_t max)
{
	const size_t most = max < sizeof(state.bytes) ? max : sizeof(state.bytes);
	const size_t n = size < most ? size : most;
	bool both;

	(void)mutator;
	state.random = state.random * UINT64_C(6364136223846793005) + 1442695040888963407;
	both = other && other_size <= MUTATE_LEN_MAX && state.random >> 63;
	if (n)
		memcpy(state.bytes, data, n);
	if (both)
		mutate_parse(&MUTATE_FORMAT, &state.other, rd_of(other, other_size), 1);
	*out = state.bytes;
	return mutate(&MUTATE_FORMAT, &state.tree, state.bytes, n, most,
	              (uint32_t)(state.random >> 32), both ? &state.other : NULL, NULL);
}

void afl_custom_deinit(void *mutator)
{
	(void)mutator;
}
