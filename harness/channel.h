/* SPDX-License-Identifier: ISC */
/* channel.h: the frame channel: Ethernet frames over a stream socket, as QEMU's `-netdev stream`
 * speaks it: four bytes of length, big-endian, then the frame.
 *
 * Both directions are buffered here, so the owner's loop never blocks: it reads when poll says so,
 * takes frames one by one, and flushes when poll says so.
 */
#ifndef HARNESS_CHANNEL_H
#define HARNESS_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHANNEL_FRAME_MIN 14
#define CHANNEL_FRAME_MAX 65550
#define CHANNEL_IN_SIZE   (1u << 18)
#define CHANNEL_OUT_SIZE  (1u << 22)

struct channel {
	int fd;            /* nonblocking stream socket; -1 when closed */
	bool eof;          /* the peer closed its side */
	const char *fault; /* the peer broke the framing: a constant phrase, or NULL; nothing more
	                      is read */
	uint8_t *in;
	size_t in_start, in_end;
	uint8_t *out;
	size_t out_start, out_end;
};

/* Takes over `fd`. Out of memory ends the program. */
void channel_init(struct channel *c, int fd);
void channel_close(struct channel *c);

/* Reads what is there into the buffer. false when nothing came: there is nothing now, or the buffer is
 * full, or (eof or fault are set) nothing will ever come. */
bool channel_fill(struct channel *c);
/* The next whole frame, valid until the next channel_fill(); false when there is none yet or ever.
 * A length outside of 14..65550 sets `fault`. */
bool channel_take(struct channel *c, const uint8_t **frame, size_t *len);

/* Queues a frame (any length below 4 GiB: an attack may send wrong ones); false when the queue is
 * full. */
bool channel_put(struct channel *c, const void *frame, size_t len);
/* Queues bytes as they are, for attacks on the framing itself. */
bool channel_put_raw(struct channel *c, const void *bytes, size_t len);
/* Writes what the socket takes now. false when the peer is gone. */
bool channel_flush(struct channel *c);
bool channel_pending(const struct channel *c);

#endif
