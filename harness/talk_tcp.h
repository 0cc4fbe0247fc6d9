/* SPDX-License-Identifier: ISC */
/* talk_tcp.h: the guest's TCP in a conversation. The frame channel loses nothing, so there is no retransmission, and what
 * comes out of order is not kept: its sender says it again. Pure: segments go out by a callback, time does not exist. RFC 9293.
 *
 * Memory that is not there ends the program, as everywhere in the harness.
 */
#ifndef HARNESS_TALK_TCP_H
#define HARNESS_TALK_TCP_H

#include "harness/decode.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TALK_TCP_WINDOW 65535
#define TALK_TCP_MSS    1400 /* fits any guest's MTU but the smallest, for which it is made smaller */
#define TALK_HEARD_MAX  (8u << 20)

/* Bytes in their order. */
struct talk_bytes {
	uint8_t *p;
	size_t n, room;
};

void talk_bytes_add(struct talk_bytes *b, const void *p, size_t n);
/* Forgets the first `n`. */
void talk_bytes_drop(struct talk_bytes *b, size_t n);
void talk_bytes_free(struct talk_bytes *b);

enum talk_tcp_flag { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16 };

struct talk_segment {
	uint8_t flags;
	uint32_t seq, ack;
	uint16_t mss; /* of a SYN */
	const uint8_t *p;
	size_t n;
};

struct talk_tcp {
	uint32_t una, next; /* of our bytes: the first not acknowledged, the next to be sent */
	uint32_t heard_to;  /* the next of theirs */
	uint32_t window;    /* theirs: how far beyond `una` may be sent */
	size_t mss;
	bool open;      /* their SYN has come */
	bool ended;     /* we have sent FIN, or RST */
	bool aborted;   /* by RST */
	bool their_end; /* they have sent FIN */
	bool reset;     /* they have sent RST */
	struct talk_bytes heard;
	const char *fault; /* how they broke the protocol: a constant phrase, or NULL */

	void (*emit)(void *arg, const struct talk_segment *s);
	void *arg;
};

/* Sends the SYN. The rest of *t is set by the caller: emit, arg, mss. */
void talk_tcp_open(struct talk_tcp *t, uint32_t first);
/* A segment of theirs. */
void talk_tcp_hear(struct talk_tcp *t, const struct seen *s);
/* How many bytes may be sent now. */
size_t talk_tcp_room(const struct talk_tcp *t);
/* Sends at most one segment's worth; returns how many bytes went. */
size_t talk_tcp_say(struct talk_tcp *t, const uint8_t *p, size_t n);
/* All that was sent has been acknowledged. */
bool talk_tcp_is_acked(const struct talk_tcp *t);
/* The way out is closed: they, or we, have ended it. */
bool talk_tcp_is_over(const struct talk_tcp *t);
void talk_tcp_end(struct talk_tcp *t);
void talk_tcp_abort(struct talk_tcp *t);

#endif
