/* SPDX-License-Identifier: ISC */
/* bulk.h: which frames of a long transfer need not be kept on the tape.
 *
 * A gigabyte over TCP is a million frames that differ in their bytes only. Once so many were seen
 * (the caller decides when to begin), the first BULK_KEPT of each conversation and direction are
 * kept and judged; what follows is counted if nothing but its bytes can be new: a faultless TCP
 * segment over IPv4 between the same endpoints, with ACK and neither SYN, FIN nor RST. Everything
 * else is always kept.
 */
#ifndef HARNESS_BULK_H
#define HARNESS_BULK_H

#include "harness/tape.h"

#define BULK_KEPT          512
#define BULK_CONVERSATIONS 256 /* of one direction and place each; further ones are kept whole */

struct bulk_conversation {
	enum tape_kind kind;
	uint32_t src, dst;
	uint16_t sport, dport;
	unsigned kept;
	uint64_t frames, bytes; /* counted, not kept */
};

struct bulk {
	struct bulk_conversation table[BULK_CONVERSATIONS];
	size_t count;
};

/* True: the frame was counted and need not be kept. Zeroed, *b is ready. */
bool bulk_take(struct bulk *b, enum tape_kind kind, const void *frame, size_t len);

/* Frames counted in all. */
uint64_t bulk_frames(const struct bulk *b);

#endif
