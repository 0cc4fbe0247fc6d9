/* SPDX-License-Identifier: ISC */
/* audit_limit.c: a token bucket that needs no timer: what it remembers is when it will be full. */
#include "ref/audit_limit.h"

#define LINE_NS (UINT64_C(1000000000) / AUDIT_LIMIT_PER_S)

bool audit_limit_take(struct audit_limit *limit, uint64_t now_ns)
{
	const uint64_t full_at_ns = limit->full_at_ns > now_ns ? limit->full_at_ns : now_ns;

	if (full_at_ns - now_ns > (AUDIT_LIMIT_BURST - 1) * LINE_NS) {
		limit->waiting++;
		return false;
	}
	limit->full_at_ns = full_at_ns + LINE_NS;
	return true;
}

void audit_limit_settle(struct audit_limit *limit, uint64_t lines)
{
	limit->told += limit->waiting - lines;
	limit->waiting = 0;
}
