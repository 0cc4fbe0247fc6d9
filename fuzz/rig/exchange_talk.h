/* SPDX-License-Identifier: ISC */
/* exchange_talk.h: conversations over one guest connection, for the fuzz target exchange: as an input
 * has them, as the exchange (ref/exchange.h) has them, and as a model says they must be.
 *
 * An input is at most TALK_MAX bytes; more is not looked at. Its first byte is struct talk's flags.
 * Then lines follow, each behind a byte that says who speaks; bytes in front of the first line belong
 * to the guest. All that a line leads to happens before the next one.
 *
 * The one who decides refuses paths that begin with /no, allows upgrades of those that begin with /ws,
 * says nothing about those that begin with /wait, and allows the rest.
 */
#ifndef FUZZ_RIG_EXCHANGE_TALK_H
#define FUZZ_RIG_EXCHANGE_TALK_H

#include "bytes/wr.h"
#include "fuzz/rig/http_reader.h"
#include "ref/exchange.h"

#define TALK_MAX      12000
#define TALK_ROOM     65536
#define TALK_NAME     "ok.test"
#define TALK_REQUESTS 512 /* the shortest one has more than 24 bytes */

enum talk_who {
	TALK_GUEST = 0xf8,
	TALK_UP = 0xf9,
	TALK_GUEST_END = 0xfa, /* no more of the guest; text behind it is not said */
	TALK_UP_END = 0xfb,
	TALK_ALLOW = 0xfc, /* /wait is allowed after all, with an upgrade */
	TALK_LATE = 0xfd,  /* somebody's time is up; with text behind it no words say so */
};

struct talk {
	bool tls; /* flags 1: inside TLS that was made for TALK_NAME, on port 443, else on 80 */
	uint64_t body_max; /* flags 6: 0, 5, 100 or 1000 */
	struct rd lines;
};

struct talk_line {
	uint8_t who;
	struct rd text;
};

struct talk talk_of(struct rd input);

/* The next line; false behind the last. */
bool talk_next(struct rd *lines, struct talk_line *line);

/* What comes of a conversation. Messages are flat: a head, the payload of its body without chunks, and
 * TALK_END where the body is complete. */
#define TALK_END 0xff

struct talk_flow {
	uint8_t bytes[TALK_ROOM];
	size_t n;
};

/* One upstream connection: where its bytes begin in the flow, and how many of them it must have got:
 * what was said in a line in which it was dropped may have been on its way. */
struct talk_up {
	size_t from, must;
};

struct talk_result {
	struct talk_flow log, to_guest, to_up;
	struct talk_up ups[TALK_REQUESTS];
	size_t up_count;
	struct http1_asked asked[TALK_REQUESTS]; /* of each final reply to the guest */
	size_t asked_count;
	bool up_open;    /* the last connection was neither dropped nor broken off */
	size_t head_max; /* the longest head that went out, refusals not counted */
};

void talk_put(struct talk_flow *flow, struct rd bytes);
void talk_text(struct talk_flow *flow, const char *text);

/* Entries of the log, the same for both. */
void talk_log_request(struct talk_flow *log, const char *method, const char *host, const char *path,
                      bool websocket, bool new_upstream);
void talk_log_fault(struct talk_flow *log, enum exchange_fault fault, enum http1_reason detail);

/* What the model says of it. */
void talk_model(const struct talk *talk, struct talk_result *out);

/* How the exchange gets it: lines in pieces, its queues towards others of a size. */
struct talk_way {
	size_t piece; /* bytes of a piece, or 0: a line is cut in two at a place of its own */
	size_t slow; /* nobody reads but when nothing else goes on, and then so many bytes; 0: all */
	size_t room;
	bool stubborn; /* nobody reads before the last line */
};

/* Plays it, and ends the program where it is not as the model says. With NULL for the model, which knows
 * nothing of readers that do not read, only what upstream gets is looked at. */
void talk_play(const struct talk *talk, struct talk_way way, const struct talk_result *model);

/* The messages of raw bytes, flat: what one upstream connection got, what the guest got. Every head
 * must be one to the second reader. */
void talk_split_requests(struct rd raw, const uint64_t *allowed, size_t *next,
                         struct talk_flow *out);
void talk_split_replies(struct rd raw, const struct talk_result *model, struct talk_flow *out);

/* A number for a request, to compare. */
uint64_t talk_key(const char *method, const char *host, const char *path);

#endif
