/* SPDX-License-Identifier: ISC */
/* schemata.h: the switches that ci/mutate puts into a source, all mutants of a file at once.
 *
 * Every site gets a row of mutant numbers, `first` and the following ones. mut_on says which mutant is in
 * force: 0 none, and the source means what it meant before; -1 none, but it is recorded which sites
 * were reached (bit 0 of mut_seen) and which mutants would have made a difference there (bit 1).
 * Operands are evaluated once and in the same order as ever, also those a mutant takes no notice of.
 *
 * With MUT_ID defined the choice is the compiler's, so that a mutant can be compared with the
 * original as machine code. */
#ifndef CI_MUTATOR_SCHEMATA_H
#define CI_MUTATOR_SCHEMATA_H

#define MUT_MAX 65536
#ifdef MUT_ID
#define mut_on MUT_ID
#else
extern int mut_on;
#endif
extern unsigned char mut_seen[MUT_MAX];

#define MUT_INLINE   static inline __attribute__((always_inline, unused))
#define MUT_MAYBE(n) (mut_on < 0 || (unsigned)(mut_on - first) < (unsigned)(n))
#define MUT_IS(i)    (mut_on == first + (i))
#define MUT_SEE(i, on)                                                                             \
	((void)(mut_on < 0 ? mut_seen[first + (i)] |= (unsigned char)((on) ? 3 : 1) : 0))

enum { MUT_LT, MUT_LE, MUT_GT, MUT_GE, MUT_EQ, MUT_NE };

typedef long long mut_s;
typedef unsigned long long mut_u;

#define MUT_COMPARE(op, a, b)                                                                      \
	((op) == MUT_LT   ? (a) < (b)                                                              \
	 : (op) == MUT_LE ? (a) <= (b)                                                             \
	 : (op) == MUT_GT ? (a) > (b)                                                              \
	 : (op) == MUT_GE ? (a) >= (b)                                                             \
	 : (op) == MUT_EQ ? (a) == (b)                                                             \
	                  : (a) != (b))

/* `alts` are n operators, three bits each, to stand for `op`. */
#define MUT_RELATION(name, type)                                                                   \
	MUT_INLINE int name(int first, int op, int alts, int n, type a, type b)                    \
	{                                                                                          \
		int r = MUT_COMPARE(op, a, b);                                                     \
		if (!MUT_MAYBE(n))                                                                 \
			return r;                                                                  \
		for (int i = 0; i < n; i++) {                                                      \
			int other = alts >> 3 * i & 7;                                             \
			MUT_SEE(i, MUT_COMPARE(other, a, b) != r);                                 \
			if (MUT_IS(i))                                                             \
				return MUT_COMPARE(other, a, b);                                   \
		}                                                                                  \
		return r;                                                                          \
	}
MUT_RELATION(mut_rel_s, mut_s)
MUT_RELATION(mut_rel_u, mut_u)

/* L && R is mut_inv(mut_and_l(L) && mut_and_r(R)), and its mutants are L || R, R, L. */
MUT_INLINE int mut_and_l(int first, int v)
{
	if (!MUT_MAYBE(3))
		return v;
	MUT_SEE(0, 1);
	MUT_SEE(1, !v);
	return MUT_IS(0) ? !v : MUT_IS(1) ? 1 : v;
}

MUT_INLINE int mut_and_r(int first, int v)
{
	if (!MUT_MAYBE(3))
		return v;
	MUT_SEE(2, !v);
	return MUT_IS(0) ? !v : MUT_IS(2) ? 1 : v;
}

/* L || R likewise; its mutants are L && R, R, L. */
MUT_INLINE int mut_or_l(int first, int v)
{
	if (!MUT_MAYBE(3))
		return v;
	MUT_SEE(0, 1);
	MUT_SEE(1, v);
	return MUT_IS(0) ? !v : MUT_IS(1) ? 0 : v;
}

MUT_INLINE int mut_or_r(int first, int v)
{
	if (!MUT_MAYBE(3))
		return v;
	MUT_SEE(2, v);
	return MUT_IS(0) ? !v : MUT_IS(2) ? 0 : v;
}

MUT_INLINE int mut_inv(int first, int v)
{
	return MUT_IS(0) ? !v : v;
}

MUT_INLINE int mut_flip(int first, int v)
{
	MUT_SEE(0, 1);
	return MUT_IS(0) ? !v : v;
}

MUT_INLINE int mut_never(int first, int v)
{
	MUT_SEE(0, v);
	return MUT_IS(0) ? 0 : v;
}

/* One more, one less, none: the first n of these. */
MUT_INLINE mut_u mut_num(int first, int n, mut_u v)
{
	for (int i = 0; i < n; i++)
		MUT_SEE(i, i < 2 || v);
	return MUT_IS(0) ? v + 1 : n > 1 && MUT_IS(1) ? v - 1 : n > 2 && MUT_IS(2) ? 0 : v;
}

/* Sums and differences, in the widest type; the caller casts back. */
MUT_INLINE mut_u mut_add(int first, mut_u a, mut_u b)
{
	MUT_SEE(0, b);
	return MUT_IS(0) ? a - b : a + b;
}

MUT_INLINE mut_u mut_sub(int first, mut_u a, mut_u b)
{
	MUT_SEE(0, b);
	return MUT_IS(0) ? a + b : a - b;
}

/* What is added to a variable or to a pointer. */
MUT_INLINE mut_s mut_neg(int first, mut_s v)
{
	MUT_SEE(0, v);
	return MUT_IS(0) ? -v : v;
}

#endif
