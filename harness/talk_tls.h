/* SPDX-License-Identifier: ISC */
/* talk_tls.h: the guest's TLS in a conversation: OpenSSL over memory, nothing of its own. */
#ifndef HARNESS_TALK_TLS_H
#define HARNESS_TALK_TLS_H

#include "harness/talk.h"
#include "harness/talk_tcp.h"

enum talk_tls_state {
	TALK_TLS_SHAKING,
	TALK_TLS_OPEN,
	TALK_TLS_ENDED, /* they have sent close_notify */
	TALK_TLS_FAILED /* by their alert, or by our own doubts */
};

struct talk_tls;

/* A client for `to`. `dir` holds filter-ca.pem and world-ca.pem. NULL with a phrase in `why` (256 bytes). */
struct talk_tls *talk_tls_new(const struct talk_to *to, const char *dir, char *why);
void talk_tls_free(struct talk_tls *t);

/* Takes what came over TCP, puts what was said to the end of `heard`, and what is to be sent to `out`. */
enum talk_tls_state talk_tls_step(struct talk_tls *t, struct talk_bytes *in,
                                  struct talk_bytes *heard, struct talk_bytes *out);
/* One record, or several where there is too much for one. False, with a phrase in `why`, when it cannot be said. */
bool talk_tls_say(struct talk_tls *t, const uint8_t *p, size_t n, struct talk_bytes *out,
                  char *why);
/* close_notify. */
void talk_tls_end(struct talk_tls *t, struct talk_bytes *out);

/* The fatal alert that was heard, or TALK_ALERT_NONE. */
unsigned talk_tls_alert(const struct talk_tls *t);
/* Why it failed, in words. */
const char *talk_tls_why(const struct talk_tls *t);

#endif
