/* SPDX-License-Identifier: ISC */
/* channel.h: the frame channel: Ethernet frames over whatever the contract calls a cable. The type of the
 * descriptor says which it is:
 *
 *   stream     four bytes of length, big-endian, then the frame, as QEMU's `-netdev stream` speaks it
 *   seqpacket  one frame a packet, with an end like a stream's
 *   datagram   one frame a datagram; it has no end that the other side could see
 *   tap        a packet socket bound to a TAP (lab_tap_open()): what is sent there is read by whoever holds the
 *              TAP, what that one writes is received. The kernel does not send every length: 14 bytes to the
 *              TAP's MTU and header only
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
#define CHANNEL_TAP_MTU   9216 /* of the TAP that the laboratory makes */

enum channel_kind { CHANNEL_STREAM, CHANNEL_SEQPACKET, CHANNEL_DATAGRAM, CHANNEL_TAP };

struct channel {
	enum channel_kind kind;
	int fd;            /* -1 when closed */
	bool eof;          /* the peer closed its side */
	const char *fault; /* the peer broke the framing: a constant phrase, or NULL; nothing more
	                      is read */
	/* Both buffers hold frames as a stream does: length, frame. */
	uint8_t *in;
	size_t in_start, in_end;
	uint8_t *out;
	size_t out_start, out_end;
};

/* Takes over `fd`, of one of the types above. Out of memory, or a descriptor of another type, ends the program. */
void channel_init(struct channel *c, int fd);
void channel_close(struct channel *c);

/* Reads what is there into the buffer. false when nothing came: there is nothing now, or the buffer is
 * full, or (eof or fault are set) nothing will ever come. */
bool channel_fill(struct channel *c);
/* The next whole frame, valid until the next channel_fill(); false when there is none yet or ever.
 * A length outside of 14..65550 sets `fault`. */
bool channel_take(struct channel *c, const uint8_t **frame, size_t *len);

/* Whether a frame of this length can be sent at all. */
bool channel_carries(const struct channel *c, size_t len);
/* Queues a frame (any length below 4 GiB: an attack may send wrong ones); false when the queue is
 * full. */
bool channel_put(struct channel *c, const void *frame, size_t len);
/* Queues bytes as they are, for attacks on a stream's framing; false on any other kind. */
bool channel_put_raw(struct channel *c, const void *bytes, size_t len);
/* Writes what the descriptor takes now. false when the peer is gone. May read, as channel_fill() does. */
bool channel_flush(struct channel *c);
bool channel_pending(const struct channel *c);
/* How long the owner may sleep in poll at most, -1 for as long as it likes: a full TAP does not say when it has room
 * again. */
int channel_patience_ms(const struct channel *c);

/* Ends this side. true: half of it, what the peer still sends can be read until its end. false: there is no such half.
 * Nothing can be sent to a datagram socket any more from now on, but read what is there and channel_drop() it, or the
 * peer cannot notice; a TAP must be deleted first. */
bool channel_end(struct channel *c);
/* Closes the descriptor; what was read can still be taken. */
void channel_drop(struct channel *c);

#endif
