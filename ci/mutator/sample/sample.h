/* SPDX-License-Identifier: ISC */
/* sample.h: what ci/mutate --self-test mutates. */
#ifndef CI_MUTATOR_SAMPLE_H
#define CI_MUTATOR_SAMPLE_H

#include <stdbool.h>

unsigned sample_sum(unsigned n);
bool sample_allows(unsigned port);
bool sample_guarded(unsigned port);

#endif
