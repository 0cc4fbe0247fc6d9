/* SPDX-License-Identifier: ISC */
/* framing.h: frames in a stream of bytes, as QEMU's `-netdev stream` puts them there: four bytes of
 * big-endian length, then the frame.
 *
 * Refused: a length of 0, unless the caller says that frames may be empty (which is how link.h keeps
 * messages), and one above FRAMING_FRAME_MAX. Behind such a length nobody knows where the next frame
 * begins, so nothing behind it is ever looked at. Where a stream was cut into pieces on its way means
 * nothing: the same bytes give the same frames.
 */
#ifndef REF_FRAMING_H
#define REF_FRAMING_H

#include "bytes/rd.h"

#define FRAMING_PREFIX_LEN 4
#define FRAMING_FRAME_MAX  65550

enum framing_status {
	FRAMING_FRAME,      /* one more whole frame */
	FRAMING_MORE,       /* not all of it is there yet */
	FRAMING_BAD_LENGTH, /* the stream is over */
};

/* The next frame of `*bytes`, what came in and was not used yet. FRAMING_FRAME: *frame is a window of
 * 1 to FRAMING_FRAME_MAX bytes (from 0 on with `may_be_empty`), and *bytes has moved behind it. All
 * others leave both as they were. */
enum framing_status framing_next(struct rd *bytes, bool may_be_empty, struct rd *frame);

#endif
