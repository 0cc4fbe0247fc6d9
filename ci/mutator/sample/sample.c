/* SPDX-License-Identifier: ISC */
/* sample.c: what ci/mutate --self-test mutates. */
#include "ci/mutator/sample/sample.h"

/* A mutant of the step never comes to the end. */
unsigned sample_sum(unsigned n)
{
	unsigned sum = 0;

	for (; n; n--)
		sum += n;
	return sum;
}

bool sample_allows(unsigned port)
{
	return port >= 1024;
}

/* Two guards that say the same: without the first nothing changes. */
bool sample_guarded(unsigned port)
{
	if (port == 7)
		return false;
	return port < 7;
}
