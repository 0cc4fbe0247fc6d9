/* SPDX-License-Identifier: ISC */
/* bucket.h: a bucket of time that the clock fills and lines empty, beside that of ref/audit_limit.h. */
#ifndef FUZZ_RIG_BUCKET_H
#define FUZZ_RIG_BUCKET_H

#include "ref/audit_limit.h"

#define BUCKET_LINE_NS 1000000 /* a line's worth of time */
#define BUCKET_FULL_NS (UINT64_C(2048) * BUCKET_LINE_NS)

/* Time that goes back takes out what it had put in, down to less than nothing: the debt. */
struct bucket {
	uint64_t level_ns, debt_ns, at_ns, denials, lines, told, waiting;
};

/* A denial at this time; HOLDS() that the limit says the same. Whether it has a line. */
bool bucket_denial(struct bucket *b, struct audit_limit *limit, uint64_t now_ns);

/* A line tells of what waits, of which `lines` it is itself, if so many wait. */
void bucket_settle(struct bucket *b, struct audit_limit *limit, uint64_t lines);

#endif
