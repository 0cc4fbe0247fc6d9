/* SPDX-License-Identifier: ISC */
/* libfuzzer.c: the mutator as libFuzzer asks for it. Linked to a target with a format, which the Makefile gives
 * as MUTATE_FORMAT; bytes of single fields are changed as libFuzzer changes bytes, with its dictionary. Every
 * fourth mutation is libFuzzer's own, of all bytes.
 */
#include "fuzz/mutate/core.h"

#ifndef MUTATE_FORMAT /* by hand */
#define MUTATE_FORMAT mutate_tls
#endif

/* libFuzzer's: FuzzerInterface.h of LLVM. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
                                 uint8_t *out, size_t max, unsigned seed);

static struct mutate_tree tree, other;

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	if (seed % 4 == 0)
		return LLVMFuzzerMutate(data, size, mutate_most(&MUTATE_FORMAT, size, max));
	return mutate(&MUTATE_FORMAT, &tree, data, size, max, seed, NULL, LLVMFuzzerMutate);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
                                 uint8_t *out, size_t max, unsigned seed)
{
	if (a_size > max || b_size > MUTATE_LEN_MAX)
		return 0;
	if (a_size)
		memcpy(out, a, a_size);
	mutate_parse(&MUTATE_FORMAT, &other, rd_of(b, b_size), seed);
	return mutate(&MUTATE_FORMAT, &tree, out, a_size, max, seed, &other, LLVMFuzzerMutate);
}
