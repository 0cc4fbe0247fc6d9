/* SPDX-License-Identifier: ISC */
/* fuzz.h: what all fuzz targets share.
 *
 * A target is one file, fuzz/NAME.c, of at most 80 lines: it defines LLVMFuzzerTestOneInput() and
 * says with HOLDS() what must be true of every input, beside not crashing. It may keep memory of its
 * own between inputs only where nothing of it can be seen in the next one: the same bytes give the
 * same result, at any time and in any order.
 *
 * The same file is built as (fuzz/build.mk)
 *
 *	replay     one plain program with all targets, for regressions, mutants and valgrind
 *	libfuzzer  a program a target, with sanitizers
 *	afl        a program a target, persistent and fed through shared memory
 *	cover      the replay program, counting lines and branches
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Always 0. The bytes are the caller's, and are only read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program. The line is read by fuzz/campaign, which puts findings into buckets by `name`. */
_Noreturn static inline void fuzz_broken(const char *name, const char *text, const char *file,
                                         int line)
{
	fprintf(stderr, "fuzz: broken invariant: %s: %s (%s:%d)\n", name, text, file, line);
	abort();
}

/* Replay plays an input once, and tries all there is to try of it; a fuzzer plays many that are nearly the
 * same, and tries one of `n` of what is dear, which one follows from the bytes. */
#ifdef LLVMFuzzerTestOneInput /* replay's name of it: fuzz/build.mk */
#define FUZZ_ONE_OF(n) 1u
#else
#define FUZZ_ONE_OF(n) (n##u)
#endif

/* `name` says what must hold, as a sentence without a full stop. */
#define HOLDS(name, condition)                                                                     \
	((condition) ? (void)0 : fuzz_broken(name, #condition, __FILE__, __LINE__))

#endif
