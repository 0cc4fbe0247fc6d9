/* SPDX-License-Identifier: ISC */
/* sampling.h: which frames the mode `sampled` checks: 32 random bits for each frame.
 *
 * The bits are SipHash-2-4 (Aumasson and Bernstein, 2012) of a counter under a key of 128 bits: a
 * pseudorandom function. A generator with linear state (LFSR, LCG, xorshift, the Mersenne twister)
 * would do for statistics and not here: the guest sees of each frame whether it passed, and a few
 * hundred of such bits are a system of linear equations that gives the state, and with it every
 * frame that will not be checked. Without the key the bits of a pseudorandom function tell nothing
 * about each other.
 *
 * Each frame draws once, whatever is in it, so its fate depends neither on what it says nor on what
 * became of the frames before it.
 */
#ifndef REF_SAMPLING_H
#define REF_SAMPLING_H

#include <stdint.h>

#define SAMPLING_KEY_LEN 16

struct sampling {
	uint64_t k0, k1;
	uint64_t count; /* draws so far */
};

/* `key` must be secret to the guest and used for nothing else. */
void sampling_init(struct sampling *sampling, const uint8_t key[SAMPLING_KEY_LEN]);

/* The next 32 bits, each value as likely as any other. */
uint32_t sampling_draw(struct sampling *sampling);

#endif
