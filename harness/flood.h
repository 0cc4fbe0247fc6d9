/* SPDX-License-Identifier: ISC */
/* flood.h: one frame, many times over, with a field that counts.
 *
 * The frame is built once; each further one is patched, its checksums brought up to date as RFC
 * 1624 says, so that a checksum that was wrong on purpose stays as wrong as it was.
 */
#ifndef HARNESS_FLOOD_H
#define HARNESS_FLOOD_H

#include "harness/frame.h"
#include "harness/scenario.h"

#include <stdbool.h>
#include <stdint.h>

struct flood {
	uint8_t *frame; /* borrowed: frame number `n` after flood_set(f, n) */
	size_t len;
	enum flood_vary vary;
	uint8_t *field;           /* within the frame, or NULL */
	uint32_t first;           /* the field's value in frame 0 */
	uint8_t *ip_sum, *l4_sum; /* checksums that cover it, or NULL */
	bool udp;                 /* l4_sum is UDP's: 0 means none */
};

/* `frame` is frame 0. false when it does not have the field. */
bool flood_open(struct flood *f, enum flood_vary vary, uint8_t *frame, size_t len);

/* Makes it frame `n`: ports count through 1..65535, a destination within 198.18.0.0/15 stays there,
 * other addresses and sequence numbers count modulo 2^32. */
void flood_set(struct flood *f, uint64_t n);

#endif
