/* SPDX-License-Identifier: ISC */
/* cksum.h: for the prover. What only ref/cksum.c's proof rests on: that sums of words may be folded.
 *
 * Apart from spec.h, because a solver that has ones_high and ones_turn at hand for a parser uses them
 * for ever.
 */
#ifndef PROVE_CKSUM_H
#define PROVE_CKSUM_H

#define PROVE_SUMS
#include "prove/spec.h"

/*@ lemma octets_two{L}: \forall uint8_t *p, integer n; 0 <= n && n % 2 == 0 ==>
  @   octets(p, n + 2) == octets(p, n) + be16(p + n);
  @ lemma octets_four{L}: \forall uint8_t *p, integer n; 0 <= n && n % 2 == 0 ==>
  @   octets(p, n + 4) == octets(p, n) + be16(p + n) + be16(p + n + 2); */

/*@ predicate adds_up(integer acc, integer sum) =
  @   0 <= sum <= acc <= 65536 * sum && (acc - sum) % 65535 == 0;
  @ lemma ones_turn: \forall integer s, k; 0 < s && 0 <= k ==> ones(s + 65535 * k) == ones(s);
  @ lemma ones_high: \forall integer s, h; 0 <= s && 0 <= h ==> ones(s + 65536 * h) == ones(s + h);
  @ lemma ones_high2: \forall integer s, h; 0 <= s && 0 <= h ==>
  @   ones(s + 4294967296 * h) == ones(s + h);
  @ lemma ones_up: \forall integer acc, sum; adds_up(acc, sum) ==> ones(acc) == ones(sum);
  @ lemma ones_small: \forall integer s; 0 <= s <= 65535 ==> ones(s) == s; */

#endif
