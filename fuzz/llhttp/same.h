/* SPDX-License-Identifier: ISC */
/* same.h: holds refnat's reading of a message against llhttp's (fuzz/diff_llhttp.c says which differences
 * are intended), and ends the program where one is not. */
#ifndef FUZZ_LLHTTP_SAME_H
#define FUZZ_LLHTTP_SAME_H

#include "ref/http1_reply.h"

/* Only what refnat accepts is compared. */
void llhttp_same_request(struct rd bytes);
void llhttp_same_reply(struct rd bytes, struct http1_asked asked);

#endif
