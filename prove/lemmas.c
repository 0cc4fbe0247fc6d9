/* SPDX-License-Identifier: ISC */
/* lemmas.c: for the prover. Where the lemmas of spec.h, cksum.h and bits.h are proved; every other file may use them. */
#include "prove/cksum.h"
