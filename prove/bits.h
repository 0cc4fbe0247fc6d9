/* SPDX-License-Identifier: ISC */
/* bits.h: for the prover. What shifts are, which solvers do not know by themselves. */
#ifndef PROVE_BITS_H
#define PROVE_BITS_H

/*@ lemma shl8: \forall integer x; (x << 8) == 256 * x;
  @ lemma shl16: \forall integer x; (x << 16) == 65536 * x;
  @ lemma shl24: \forall integer x; (x << 24) == 16777216 * x;
  @ lemma shr4: \forall integer x; 0 <= x ==> (x >> 4) == x / 16;
  @ lemma shr8: \forall integer x; 0 <= x ==> (x >> 8) == x / 256;
  @ lemma shr16: \forall integer x; 0 <= x ==> (x >> 16) == x / 65536;
  @ lemma shr24: \forall integer x; 0 <= x ==> (x >> 24) == x / 16777216;
  @ lemma shr32: \forall integer x; 0 <= x ==> (x >> 32) == x / 4294967296; */

#endif
