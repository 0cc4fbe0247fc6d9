/* SPDX-License-Identifier: ISC */
/* lemmas.h: for the prover. What the proofs of the lemmas rest on. */
#ifndef PROVE_LEMMAS_H
#define PROVE_LEMMAS_H

#define PROVE_LEMMAS
#include "prove/cksum.h"

#endif
