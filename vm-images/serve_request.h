/* SPDX-License-Identifier: ISC */
/* serve_request.h: what the harness asks of the guest's agent, read from bytes. Pure: serve.c carries it
 * out. The protocol is in agent_proto.h. */
#ifndef VM_IMAGES_SERVE_REQUEST_H
#define VM_IMAGES_SERVE_REQUEST_H

#include "bytes/rd.h"
#include "vm-images/agent_proto.h"

#include <stdbool.h>
#include <stdint.h>

enum serve_status {
	SERVE_TAKEN,
	SERVE_MORE,    /* not a whole message yet */
	SERVE_REFUSED, /* a whole message, and no request: it is answered by an ERROR */
	SERVE_LOST,    /* a length that cannot be: nobody knows where the next message begins */
};

/* Which fields hold is said by the type. Windows point into the bytes that it was read from. */
struct serve_request {
	uint8_t type; /* AGENT_RUN .. AGENT_NETWORK */
	uint32_t id;  /* 0 when LOST */
	struct rd
	        text; /* RUN, SPAWN: command. PUT, GET: absolute path. FRAME, BURST, SNIFF: interface.
	                   At least one byte, and no NUL */
	struct rd data; /* FRAME: frame. BURST: FRAMES, as long as they say. PUT: bytes of the file.
	                   RESTORED: random bytes */
	uint32_t number;      /* RUN, SNIFF: time, ms. KILL: pid. GET: offset. RESTORED: seconds.
	                    NETWORK: AGENT_DO_* */
	uint32_t nanoseconds; /* RESTORED */
	uint16_t count;       /* SNIFF: frames */
	uint16_t mode;        /* PUT */
	bool append;          /* PUT */
	const char *why;      /* REFUSED, LOST: a constant phrase for the ERROR */
};

/* Takes one message off `in`. TAKEN and REFUSED: `in` stands behind it. MORE and LOST leave `in` as it
 * was. Refused: unknown types, bodies too short or too long, everything beyond the bounds of
 * agent_proto.h. */
enum serve_status serve_request_read(struct rd *in, struct serve_request *out);

/* Copies command, path or interface, terminated. `room` is of that one's greatest length, and one
 * byte more. */
void serve_request_text(const struct serve_request *q, char *room);

#endif
