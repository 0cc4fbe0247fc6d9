/* SPDX-License-Identifier: ISC */
/* gate_side.h: one socket of a connection, the guest's or the upstream one, and what epoll said of it.
 *
 * Edge-triggered: what epoll says is remembered until a call says otherwise, and nothing is asked
 * twice. Writability is asked for only while a write was refused.
 */
#ifndef REF_GATE_SIDE_H
#define REF_GATE_SIDE_H

#include "ref/buf.h"

struct gate_side {
	int fd; /* -1: none */
	int epoll;
	uint64_t token;
	bool readable, writable;
	bool asks;  /* epoll tells when it is writable */
	bool ends;  /* the peer's half has ended; what is there is to be read yet */
	bool hung;  /* both directions are over, or it failed */
	bool eof;   /* the peer's half has ended, and all of it was read */
	bool reset; /* by an error, which is not an end: nothing can be said about what was sent */
	bool shut;  /* our half was ended */
	bool deaf;  /* a write has failed: the peer reads no more, but may have said something */
};

/* Watches `fd`, nonblocking, with `token` as epoll's data. `connecting`: not to be read or written
 * before epoll has said that it is writable. False, and fd is closed, when epoll refuses it. */
bool gate_side_open(struct gate_side *side, int epoll, int fd, uint64_t token, bool connecting);

/* What epoll said. */
void gate_side_event(struct gate_side *side, uint32_t events);

/* Reads until there is no room or nothing more; says how many bytes. Sets eof or reset. */
size_t gate_side_read(struct gate_side *side, struct buf *to);

/* Writes until all is written or the socket is full; says how many bytes. Sets deaf. */
size_t gate_side_write(struct gate_side *side, struct buf *from);

/* Ends our half. */
void gate_side_shut(struct gate_side *side);

/* The error of a connect that has come to its end, 0 when it worked. */
int gate_side_error(const struct gate_side *side);

/* Closes the descriptor if there is one; with `reset` a peer over TCP gets a RST. */
void gate_side_close(struct gate_side *side, bool reset);

#endif
