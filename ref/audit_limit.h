/* SPDX-License-Identifier: ISC */
/* audit_limit.h: how many denials get a line of their own, and an exact count of the others.
 *
 * A token bucket: AUDIT_LIMIT_BURST lines at once, AUDIT_LIMIT_PER_S lines a second for ever. A guest
 * that floods would else make the provider's disk its own. A denial without a line is counted and
 * told of by the next line that is written; none is lost, none is told twice.
 *
 * Time is any clock in nanoseconds; if it goes back, fewer lines are written.
 */
#ifndef REF_AUDIT_LIMIT_H
#define REF_AUDIT_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#define AUDIT_LIMIT_BURST 2048
#define AUDIT_LIMIT_PER_S 1000

/* Zeroed, it is a full bucket with nothing to tell. Always: denials = lines + told + waiting. */
struct audit_limit {
	uint64_t full_at_ns; /* when the bucket will be full again */
	uint64_t waiting;    /* denials that no line has told of yet */
	uint64_t told;       /* denials that were told of by another's line */
};

/* A denial happens: true when it may have a line, else it is counted as waiting. */
bool audit_limit_take(struct audit_limit *limit, uint64_t now_ns);

/* A line was written, and nothing waits any more: what did was told of by that line, but for
 * `lines` (0 or 1) of them, which the line itself was. */
void audit_limit_settle(struct audit_limit *limit, uint64_t lines);

#endif
