/* SPDX-License-Identifier: ISC */
/* link.h: the frame channel to the guest: Ethernet frames over whatever cable there is.
 *
 * SPEC, as the contract writes it:
 *	fd:N                      a connected unix socket (stream, datagram or seqpacket), or a TAP
 *	                          descriptor (IFF_TAP | IFF_NO_PI, the latter being the caller's
 *	                          word); the descriptor says itself which
 *	stream-listen:unix:PATH   binds PATH, accepts exactly one peer; removes PATH when closed
 *	stream-connect:unix:PATH  connects to PATH
 *	dgram:unix:LOCAL,REMOTE   connects to REMOTE, then binds LOCAL; removes LOCAL when closed
 *	seqpacket:unix:PATH       as stream-listen, with message boundaries
 *	tap:IFNAME                a TAP in refnat's own network namespace, made if it is not there
 * PATH, LOCAL and REMOTE have 1..LINK_PATH_MAX characters; LOCAL and REMOTE hold no comma.
 *
 * Opening. link_open() does everything that makes or names a descriptor; afterwards only accept4,
 * recv, send, read, write, close and, for the path, unlink are called. Whoever connects waits up to
 * patience_ms for the other side to be there: a REMOTE need not exist before refnat, but before
 * the wait is over. LOCAL appears when REMOTE is connected and not earlier, so there is no moment
 * in which anybody but REMOTE could put a frame into it: Linux lets a connected datagram socket
 * take from its peer only. A socket file that stands in the way is replaced when no socket is
 * bound to it any more; anything else there is refused.
 *
 * Framing. On a stream it is QEMU's `-netdev stream`, see framing.h: a length of 0 or above
 * LINK_FRAME_MAX, or an end in mid-frame, ends the channel. On the other three one message is one
 * frame; one above LINK_FRAME_MAX is handed out with its first LINK_FRAME_MAX bytes, which is too big
 * for every MTU. Frames shorter than an Ethernet header are handed out, down to 0 bytes for a
 * datagram: refusing them is the verdict's business. An empty seqpacket message cannot be told from
 * the end of file and is taken as that.
 *
 * The end. A stream or seqpacket peer that closes is seen at once, and what it sent before is still
 * read. A TAP ends when its interface is removed; while the interface is down, frames wait. A
 * datagram peer that goes away leaves no trace: no event, no end of file. The next frame sent to it
 * fails, and nothing else tells, so such a link_needs_probe(): the caller sends a frame now and
 * then. That failing send also makes the kernel discard what the peer sent and nobody read yet, so
 * read before you send.
 *
 * Theory of operation. Both directions have one buffer of LINK_BUFFER_SIZE, in which every frame
 * stands behind its length, whatever the cable. link_fill() does one large recv from a stream, or
 * takes message after message; link_next() hands out whole frames in place, valid until the next
 * link_fill(), which moves the unfinished remainder to the front. Frames for the guest are built in
 * place too: link_reserve() lends room, link_commit() queues what was put there, link_flush()
 * sends. When the guest does not read, link_reserve() says no; the buffer never grows and never
 * loses a frame.
 */
#ifndef REF_LINK_H
#define REF_LINK_H

#include "bytes/rd.h"
#include "bytes/wr.h"
#include "ref/framing.h"

#define LINK_PREFIX_LEN  FRAMING_PREFIX_LEN
#define LINK_FRAME_MAX   FRAMING_FRAME_MAX
#define LINK_BUFFER_SIZE 262144
#define LINK_FILL_FRAMES 512  /* messages that one link_fill() takes at most */
#define LINK_PATH_MAX    107  /* sun_path without its end */
#define LINK_PATIENCE_MS 4000 /* less than the 5 s that a backend has to get ready */

enum link_kind { LINK_FD, LINK_LISTEN, LINK_CONNECT, LINK_DGRAM, LINK_SEQPACKET, LINK_TAP };

struct link_spec {
	enum link_kind kind;
	int fd;                         /* LINK_FD */
	char path[LINK_PATH_MAX + 1];   /* PATH, LOCAL or IFNAME */
	char remote[LINK_PATH_MAX + 1]; /* LINK_DGRAM */
	int patience_ms;                /* LINK_CONNECT, LINK_DGRAM; 0: try once */
};

/* What carries the frames; of an fd:N only the descriptor knows. */
enum link_carrier { LINK_OVER_STREAM, LINK_OVER_DGRAM, LINK_OVER_SEQPACKET, LINK_OVER_TAP };

enum link_status {
	LINK_OK,         /* link_fill: bytes came; link_next: a frame */
	LINK_MORE,       /* nothing now */
	LINK_CLOSED,     /* the peer closed between two frames, or the interface is gone */
	LINK_CUT,        /* the peer closed within a frame */
	LINK_BAD_LENGTH, /* 0 or above LINK_FRAME_MAX; nothing behind it is looked at */
	LINK_ERROR,      /* the descriptor failed; errno says how */
};

struct link {
	enum link_carrier carrier;
	int fd;                       /* the peer, or -1 before link_accept() */
	int listener;                 /* or -1 */
	char path[LINK_PATH_MAX + 1]; /* to remove when closed; empty: nothing */
	uint8_t *in, *out;
	size_t in_start, in_end;   /* bytes received and not handed out yet */
	size_t out_start, out_end; /* bytes queued and not sent yet */
	bool ended;                /* messages only: nothing more will come */
	bool deaf;                 /* the peer will not read again; what is queued is discarded */
};

/* 0 and *out, with patience_ms at LINK_PATIENCE_MS, or EXITS_USAGE with the reason printed. */
int link_parse_spec(const char *text, struct link_spec *out);

/* "fd:N" */
bool link_parse_fd(const char *text, int *fd);

/* 0, or EXITS_ENVIRONMENT with the reason printed and nothing left open but an fd:N. An fd:N is the
 * link's from then on. A TAP becomes nonblocking, for everybody who shares the descriptor, and its
 * offloads are switched off. Blocks for patience_ms at most. */
int link_open(struct link *link, const struct link_spec *spec);

/* Takes the one peer of a listening link. LINK_OK, LINK_MORE or LINK_ERROR. */
enum link_status link_accept(struct link *link);

/* Takes what is there, without blocking: one recv from a stream, LINK_FILL_FRAMES messages at most
 * otherwise; there may be more. LINK_OK, LINK_MORE, LINK_CLOSED, LINK_CUT or LINK_ERROR. */
enum link_status link_fill(struct link *link);

/* The next whole frame: 1..LINK_FRAME_MAX bytes from a stream, 0..LINK_FRAME_MAX otherwise. LINK_OK,
 * LINK_MORE, LINK_BAD_LENGTH, or LINK_CLOSED when that was the last and link_fill() saw the end. */
enum link_status link_next(struct link *link, struct rd *frame);

/* Room for one frame of up to `n` bytes (at most LINK_FRAME_MAX); false: the guest does not read.
 */
bool link_reserve(struct link *link, size_t n, struct wr *out);

/* Queues the frame of `n` bytes (1 or more) that stands at the start of the room lent last. */
void link_commit(struct link *link, size_t n);

/* Whether link_reserve() would lend `n` bytes. */
bool link_has_room(const struct link *link, size_t n);
bool link_has_output(const struct link *link);

/* Whether only a frame sent now and then can tell that the peer is gone. */
bool link_needs_probe(const struct link *link);

/* Sends what the peer takes now. LINK_OK (all gone, or discarded because the peer is deaf),
 * LINK_MORE (the rest waits until the descriptor is writable), LINK_CLOSED (the peer of a datagram
 * socket or the interface of a TAP is gone) or LINK_ERROR. */
enum link_status link_flush(struct link *link);

/* Closes everything, removes the socket's path, frees the buffers. */
void link_close(struct link *link);

#endif
