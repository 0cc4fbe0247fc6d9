/* SPDX-License-Identifier: ISC */
/* framing.c: frames in a stream of bytes. */
#include "ref/framing.h"

enum framing_status framing_next(struct rd *bytes, bool may_be_empty, struct rd *frame)
{
	struct rd r = *bytes;
	uint32_t len;

	if (!rd_u32(&r, &len))
		return FRAMING_MORE;
	if ((!len && !may_be_empty) || len > FRAMING_FRAME_MAX)
		return FRAMING_BAD_LENGTH;
	if (!rd_sub(&r, len, frame))
		return FRAMING_MORE;
	*bytes = r;
	return FRAMING_FRAME;
}
