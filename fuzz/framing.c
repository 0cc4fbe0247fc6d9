/* SPDX-License-Identifier: ISC */
/* framing.c: fuzz target: a stream of frames (ref/framing.h), cut anywhere.
 *
 * Input: a byte whose highest bit says whether frames may be empty, a byte that makes the sizes of
 * the pieces, and the stream. Its pieces go through a queue (ref/buf.h); what comes out is held
 * against the frames of the whole stream, found by adding lengths up.
 */
#include "ref/framing.h"
#include "fuzz/fuzz.h"
#include "ref/buf.h"

#define BUFFER (FRAMING_PREFIX_LEN + FRAMING_FRAME_MAX + 2048) /* a frame and a piece */

struct walk {
	struct rd stream;
	size_t at; /* of the next length, in the stream */
	bool may_be_empty;
};

/* As framing_next(), in a stream of which `end` bytes have come in. */
static enum framing_status expected(struct walk *walk, size_t end, struct rd *frame)
{
	const uint8_t *p = walk->stream.p + walk->at;
	size_t len;

	if (end - walk->at < 4)
		return FRAMING_MORE;
	len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	if (len > 65550 || (len == 0 && !walk->may_be_empty))
		return FRAMING_BAD_LENGTH;
	if (len > end - walk->at - 4)
		return FRAMING_MORE;
	*frame = rd_of(p + 4, len);
	walk->at += 4 + len;
	return FRAMING_FRAME;
}

/* Takes all frames that are there; false when the stream is over. */
static bool take(struct walk *walk, size_t end, struct buf *queue)
{
	for (;;) {
		struct rd bytes = buf_bytes(queue), frame = {0}, wanted = {0};
		const struct rd before = bytes;
		const enum framing_status status = framing_next(&bytes, walk->may_be_empty, &frame);

		HOLDS("the cuts of a stream mean nothing", status == expected(walk, end, &wanted));
		if (status != FRAMING_FRAME) {
			HOLDS("what is no frame is left alone", bytes.n == before.n && !frame.p);
			return status == FRAMING_MORE;
		}
		HOLDS("a frame has its length", frame.n == wanted.n);
		HOLDS("and its bytes", !frame.n || !memcmp(frame.p, wanted.p, frame.n));
		buf_take(queue, before.n - bytes.n);
		HOLDS("nothing else was used", buf_len(queue) == end - walk->at);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t memory[BUFFER];
	struct buf queue = buf_of(memory, sizeof(memory));
	struct walk walk = {0};
	unsigned step;
	size_t n;

	if (size < 2)
		return 0;
	walk.may_be_empty = data[0] & 128;
	walk.stream = rd_of(data + 2, size - 2);
	step = data[1];
	for (size_t end = 0; end < walk.stream.n; step = step * 5 + 1) {
		n = 1 + step / 4 % (1 + data[0] % 128u * 16);
		n = n > walk.stream.n - end ? walk.stream.n - end : n;
		HOLDS("there is always room", buf_put(&queue, rd_of(walk.stream.p + end, n)));
		end += n;
		if (!take(&walk, end, &queue))
			return 0;
	}
	return 0;
}
