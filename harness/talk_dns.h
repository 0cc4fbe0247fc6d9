/* SPDX-License-Identifier: ISC */
/* talk_dns.h: DNS messages of a conversation: queries are made, answers are compared. Pure; RFC 1035. */
#ifndef HARNESS_TALK_DNS_H
#define HARNESS_TALK_DNS_H

#include "bytes/rd.h"
#include "harness/talk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TALK_DNS_MAX 1500 /* bytes of a query */

/* Makes the query; `id` unless it says another. Its length, 0 with a phrase in `why` (256 bytes). */
size_t talk_dns_query(const struct talk_query *q, const struct recipe_vars *vars, uint16_t id,
                      uint8_t *out, char *why);

/* Whether `message` is the answer meant to `query` (a message, for its id and first question). Else a phrase in `why`. */
bool talk_dns_fits(const struct talk_reply *r, struct rd query, struct rd message, char *why);

#endif
