/* SPDX-License-Identifier: ISC */
/* exchange_anew.h: heads as the model of conversations says that they are written anew, for exchange_model.c. */
#ifndef FUZZ_RIG_EXCHANGE_ANEW_H
#define FUZZ_RIG_EXCHANGE_ANEW_H

#include "fuzz/rig/exchange_talk.h"

/* Whether the target is *, or means it: an absolute-form of OPTIONS without a path. */
bool anew_is_asterisk(const struct reader_head *head);

void anew_request(struct talk_flow *to, const struct reader_head *head, bool websocket);

void anew_reply(struct talk_flow *to, const struct reader_head *reply, bool chunked, bool close);

/* `head`: it answers HEAD. */
void anew_refusal(struct talk_flow *to, unsigned status, const char *why, bool head);

#endif
