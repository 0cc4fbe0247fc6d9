/* SPDX-License-Identifier: ISC */
/* bucket.c: a bucket of time that the clock fills and lines empty. */
#include "fuzz/rig/bucket.h"

#include "fuzz/fuzz.h"

static void move_clock(struct bucket *b, uint64_t now_ns)
{
	const bool back = now_ns < b->at_ns;
	uint64_t moved = back ? b->at_ns - now_ns : now_ns - b->at_ns;
	const uint64_t first = back ? b->level_ns : b->debt_ns,
	               here = moved < first ? moved : first;

	b->at_ns = now_ns;
	moved -= here;
	if (back) {
		b->level_ns -= here;
		b->debt_ns += moved;
	} else {
		b->debt_ns -= here;
		b->level_ns += moved < BUCKET_FULL_NS - b->level_ns ? moved
		                                                    : BUCKET_FULL_NS - b->level_ns;
	}
}

bool bucket_denial(struct bucket *b, struct audit_limit *limit, uint64_t now_ns)
{
	const bool line = (move_clock(b, now_ns), b->level_ns >= BUCKET_LINE_NS);

	b->denials++;
	b->lines += line;
	b->waiting += !line;
	b->level_ns -= line ? BUCKET_LINE_NS : 0;
	HOLDS("a denial has a line just where the bucket holds one",
	      audit_limit_take(limit, now_ns) == line);
	return line;
}

void bucket_settle(struct bucket *b, struct audit_limit *limit, uint64_t lines)
{
	/* A denial that waited and has the line itself is told of by nobody else. */
	lines = lines < b->waiting ? lines : b->waiting;
	b->lines += lines;
	b->told += b->waiting - lines;
	b->waiting = 0;
	audit_limit_settle(limit, lines);
}
