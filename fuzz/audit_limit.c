/* SPDX-License-Identifier: ISC */
/* audit_limit.c: fuzz target: denials and lines, as bytes say, beside a bucket that is filled by the
 * clock and emptied by lines (ref/audit_limit.h). */
#include "ref/audit_limit.h"
#include "bytes/rd.h"
#include "fuzz/fuzz.h"
#include "fuzz/rig/bucket.h"

/* Begins where a burst of `lines` has just been written: to write them is what takes the time. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(data, size);
	uint64_t now_ns = UINT64_C(1) << 40;
	struct audit_limit limit = {0};
	struct bucket bucket = {.level_ns = BUCKET_FULL_NS}; /* since the beginning of time */
	uint16_t burst = 0;
	uint32_t number;
	uint8_t what;

	if (rd_u16(&r, &burst) && burst) {
		limit.full_at_ns = now_ns + (burst % 2048 + 1) * (uint64_t)BUCKET_LINE_NS;
		bucket.level_ns -= limit.full_at_ns - now_ns;
		bucket.at_ns = now_ns;
	}
	while (rd_u8(&r, &what) && rd_u24(&r, &number)) {
		if (what & 1)
			now_ns += number * (what & 2 ? UINT64_C(1000) : 1);
		else if (what & 2)
			now_ns -= number;
		for (unsigned more = what & 4 ? number % 16 : 0; more; more--)
			bucket_denial(&bucket, &limit, now_ns);
		if (bucket_denial(&bucket, &limit, now_ns) && what & 8)
			bucket_settle(&bucket, &limit, 0);
		if (what & 16)
			bucket_settle(&bucket, &limit, what >> 7);
		HOLDS("each denial had a line, was told of by another's, or waits",
		      limit.waiting == bucket.waiting && limit.told == bucket.told &&
		              bucket.denials == bucket.lines + limit.told + limit.waiting);
	}
	return 0;
}
