/* SPDX-License-Identifier: ISC */
/* link.h: the frame channel to the guest: Ethernet frames over a stream socket.
 *
 * SPEC, as the contract writes it:
 *	fd:N                      an open stream socket
 *	stream-listen:unix:PATH   binds PATH, accepts exactly one peer; removes PATH when closed
 *	stream-connect:unix:PATH  connects to PATH
 * Framing is QEMU's `-netdev stream`: four bytes of big-endian length, then the frame. A length of 0
 * or above LINK_FRAME_MAX, or an end in mid-frame, ends the channel. Shorter frames than an Ethernet
 * header are handed out: refusing them is the verdict's business.
 *
 * Theory of operation. Both directions have one buffer of LINK_BUFFER_SIZE. link_fill() does one
 * large recv; link_next() hands out whole frames in place, valid until the next link_fill(), which
 * moves the unfinished remainder to the front. Frames for the guest are built in place too:
 * link_reserve() lends room, link_commit() queues what was put there, link_flush() sends. When the
 * guest does not read, link_reserve() says no; the buffer never grows and never loses a frame.
 */
#ifndef REF_LINK_H
#define REF_LINK_H

#include "bytes/rd.h"
#include "bytes/wr.h"

#define LINK_PREFIX_LEN  4
#define LINK_FRAME_MAX   65550
#define LINK_BUFFER_SIZE 262144
#define LINK_PATH_MAX    107 /* sun_path without its end */

enum link_kind { LINK_FD, LINK_LISTEN, LINK_CONNECT };

struct link_spec {
	enum link_kind kind;
	int fd;           /* LINK_FD */
	const char *path; /* the other two; points into the text that was parsed */
};

enum link_status {
	LINK_OK,         /* link_fill: bytes came; link_next: a frame */
	LINK_MORE,       /* nothing now */
	LINK_CLOSED,     /* the peer closed between two frames */
	LINK_CUT,        /* the peer closed within a frame */
	LINK_BAD_LENGTH, /* 0 or above LINK_FRAME_MAX; nothing behind it is looked at */
	LINK_ERROR,      /* the socket failed; errno says how */
};

struct link {
	int fd;                       /* the peer, or -1 before link_accept() */
	int listener;                 /* or -1 */
	char path[LINK_PATH_MAX + 1]; /* to remove when closed; empty: nothing */
	uint8_t *in, *out;
	size_t in_start, in_end;   /* bytes received and not handed out yet */
	size_t out_start, out_end; /* bytes queued and not sent yet */
	bool deaf;                 /* the peer will not read again; what is queued is discarded */
};

/* 0 and *out, or the exit code: EXITS_USAGE when malformed, EXITS_UNIMPLEMENTED for a kind of the
 * contract that refnat does not speak yet. Prints the reason. */
int link_parse_spec(const char *text, struct link_spec *out);

/* "fd:N" */
bool link_parse_fd(const char *text, int *fd);

/* 0, or EXITS_ENVIRONMENT with the reason printed and nothing left open. */
int link_open(struct link *link, const struct link_spec *spec);

/* Takes the one peer of a listening link. LINK_OK, LINK_MORE or LINK_ERROR. */
enum link_status link_accept(struct link *link);

/* One recv, without blocking. LINK_OK, LINK_MORE, LINK_CLOSED, LINK_CUT or LINK_ERROR. */
enum link_status link_fill(struct link *link);

/* The next whole frame, 1..LINK_FRAME_MAX bytes. LINK_OK, LINK_MORE or LINK_BAD_LENGTH. */
enum link_status link_next(struct link *link, struct rd *frame);

/* Room for one frame of up to `n` bytes (at most LINK_FRAME_MAX); false: the guest does not read.
 */
bool link_reserve(struct link *link, size_t n, struct wr *out);

/* Queues the frame of `n` bytes (1 or more) that stands at the start of the room lent last. */
void link_commit(struct link *link, size_t n);

/* Whether link_reserve() would lend `n` bytes. */
bool link_has_room(const struct link *link, size_t n);
bool link_has_output(const struct link *link);

/* Sends what the socket takes now. LINK_OK (all gone or peer deaf), LINK_MORE or LINK_ERROR. */
enum link_status link_flush(struct link *link);

/* Closes everything, removes the socket's path, frees the buffers. */
void link_close(struct link *link);

#endif
