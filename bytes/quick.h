/* SPDX-License-Identifier: ISC */
/* quick.h: for tests only. With TEST_QUICK=N in the environment a long test plays one of N rounds: for
 * ci/mutate, which plays thousands of broken programs and needs to know soon. */
#ifndef BYTES_QUICK_H
#define BYTES_QUICK_H

#include <stdlib.h>

/* How many of so many rounds to play: all, or the Nth part of them, and at least one. */
static inline unsigned quick_share(unsigned rounds)
{
	const char *part = getenv("TEST_QUICK");
	const unsigned long n = part ? strtoul(part, NULL, 10) : 1;

	return n > rounds ? 1 : n ? (unsigned)(rounds / n) : rounds;
}

#endif
