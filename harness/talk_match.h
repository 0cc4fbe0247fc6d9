/* SPDX-License-Identifier: ISC */
/* talk_match.h: what is heard in a conversation, compared with what has to be. Pure. */
#ifndef HARNESS_TALK_MATCH_H
#define HARNESS_TALK_MATCH_H

#include "bytes/rd.h"
#include "harness/talk.h"

#include <stdbool.h>
#include <stddef.h>

enum talk_fit {
	TALK_FITS,   /* *used bytes are what was meant */
	TALK_MORE,   /* cannot be said yet */
	TALK_DIFFERS /* it is something else; `why` says what */
};

/* Whether all of `bytes` fits the glob: `*` stands for any bytes. */
bool talk_glob(const char *glob, struct rd bytes);

/* The response that begins `heard`, as its head frames it; `head_only`: it has no body, whatever its head says. `over`:
 * nothing follows any more. On TALK_FITS *used is its length. Lenient about what does not matter for its length. */
enum talk_fit talk_response(struct rd heard, bool head_only, bool over, size_t *used);

/* The word LIKE or HEAD (its text expanded in `glob`) at the beginning of what was heard. `why` has 256 bytes. */
enum talk_fit talk_like(const char *glob, bool head_only, struct rd heard, bool over, size_t *used,
                        char *why);

/* TLS records as they were heard over plain TCP: the first is a fatal alert (`number`, TALK_ALERT_NONE: any), or a
 * ServerHello. */
enum talk_fit talk_plain_alert(unsigned number, struct rd heard, size_t *used, char *why);
enum talk_fit talk_server_hello(struct rd heard, size_t *used, char *why);

/* What was heard, for a message: printable, cut. Returns `out`. */
char *talk_show(struct rd heard, char *out, size_t size);

#endif
