/* SPDX-License-Identifier: ISC */
/* batch_talk_part.h: how the files batch_talk*.c share the playing of a conversation; nobody else includes this.
 *
 *   batch_talk.c       the row from its first frame to its end, frames and the wait for them
 *   batch_talk_say.c   what the guest says
 *   batch_talk_hear.c  what it hears
 */
#ifndef HARNESS_BATCH_TALK_PART_H
#define HARNESS_BATCH_TALK_PART_H

#include "harness/batch_steps.h"

#include "harness/talk_dns.h"
#include "harness/talk_frame.h"
#include "harness/talk_match.h"
#include "harness/talk_tls.h"

#define TALKING_DATAGRAMS_MAX 16
#define TALKING_TEXT_MAX      4096

struct talking {
	struct batch *b;
	struct judge_item *it;
	int number;
	const struct talk_to *to;
	struct talk_ends ends;
	struct talk_tcp tcp;
	struct talk_tls *tls;
	enum talk_tls_state state;
	struct talk_bytes cipher; /* TLS: to be sent */
	struct talk_bytes plain;  /* TLS: what was heard */
	struct talk_bytes datagrams[TALKING_DATAGRAMS_MAX];
	unsigned datagram_count;
	size_t at;          /* the tape has been looked at up to here */
	size_t first_frame; /* the guest's, or JUDGE_NOT_SENT */
	int patience_ms;
	bool swallows; /* the last word takes whatever comes */
	uint8_t query[TALK_DNS_MAX];
	size_t query_len;
};

/* A line about the conversation in words: TLS shows none. */
void talking_tell(struct talking *k, const char *what, struct rd bytes);

/* A frame of the guest's. */
void talking_inject(struct talking *k, const uint8_t *frame, size_t len);
/* Looks at what is new on the tape. */
void talking_take(struct talking *k);
/* Until `done`, or patience ends, or the backend: whether it is done. */
bool talking_wait(struct talking *k, int timeout_ms, bool (*done)(const struct talking *k));
/* Sends what TLS has to say, as far as the backend takes it. */
void talking_flush(struct talking *k);
/* Asks the backend whether it has decided about all, where it can be asked. */
void talking_settle(struct talking *k);

/* Says all of it, as far as the backend takes it; false with a phrase in `why` (256 bytes) when it cannot be said. */
bool talking_say(struct talking *k, const struct talk_word *list, size_t count, char *why);
/* Ends the guest's direction. */
void talking_end(struct talking *k);

/* Hears all of it; false with a phrase in `why`. */
bool talking_hear(struct talking *k, const struct talk_word *list, size_t count, char *why);
/* What was heard and not asked for yet; over UDP the first datagram. */
struct talk_bytes *talking_heard(struct talking *k);
/* The first datagram is done with. */
void talking_forget(struct talking *k);

#endif
