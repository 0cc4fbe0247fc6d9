/* SPDX-License-Identifier: ISC */
/* talk_hello.h: a ClientHello as bytes, right but for what its keys say. Pure; RFC 8446, RFC 6066. */
#ifndef HARNESS_TALK_HELLO_H
#define HARNESS_TALK_HELLO_H

#include "harness/talk.h"

#include <stddef.h>
#include <stdint.h>

#define TALK_HELLO_BYTES (1u << 17)

/* Its records, and what follows them, in `out` (TALK_HELLO_BYTES). The length; 0 with a phrase in `why` (256 bytes).
 * *segment is how many bytes a segment may have at most, or 0. $NONCE in names is replaced. */
size_t talk_hello_build(const struct talk_hello *h, const struct recipe_vars *vars, uint8_t *out,
                        size_t *segment, char *why);

#endif
