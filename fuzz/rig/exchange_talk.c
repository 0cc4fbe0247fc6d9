/* SPDX-License-Identifier: ISC */
/* exchange_talk.c: conversations as inputs have them, and what comes of them. */
#include "fuzz/rig/exchange_talk.h"

#include <stdio.h>

struct talk talk_of(struct rd input)
{
	static const uint64_t body_max[] = {0, 5, 100, 1000};
	struct talk talk = {0};
	uint8_t flags = 0;

	if (!rd_u8(&input, &flags))
		return talk;
	talk.tls = flags & 1;
	talk.body_max = body_max[flags >> 1 & 3];
	talk.lines = rd_of(input.p, input.n < TALK_MAX ? input.n : TALK_MAX);
	return talk;
}

static bool is_speaker(uint8_t c)
{
	return c >= TALK_GUEST && c <= TALK_LATE;
}

bool talk_next(struct rd *lines, struct talk_line *line)
{
	size_t n = 0;

	if (!lines->n)
		return false;
	line->who = TALK_GUEST;
	if (is_speaker(lines->p[0])) {
		line->who = lines->p[0];
		*lines = rd_of(lines->p + 1, lines->n - 1);
	}
	while (n < lines->n && !is_speaker(lines->p[n]))
		n++;
	line->text = rd_of(lines->p, n);
	*lines = rd_of(lines->p + n, lines->n - n);
	return true;
}

void talk_put(struct talk_flow *flow, struct rd bytes)
{
	if (bytes.n > sizeof(flow->bytes) - flow->n)
		return; /* the same for all who write it */
	if (bytes.n)
		memcpy(flow->bytes + flow->n, bytes.p, bytes.n);
	flow->n += bytes.n;
}

void talk_text(struct talk_flow *flow, const char *text)
{
	talk_put(flow, rd_of(text, strlen(text)));
}

void talk_log_request(struct talk_flow *log, const char *method, const char *host, const char *path,
                      bool websocket, bool new_upstream)
{
	talk_text(log, method);
	talk_text(log, " ");
	talk_text(log, host);
	talk_text(log, " ");
	talk_text(log, path);
	talk_text(log, websocket ? " websocket" : "");
	talk_text(log, new_upstream ? " new; " : "; ");
}

void talk_log_fault(struct talk_flow *log, enum exchange_fault fault, enum http1_reason detail)
{
	static const char *const faults[] = {"none",    "malformed", "host",  "address",
	                                     "upgrade", "large",     "reply", "cut"};

	talk_text(log, faults[fault]);
	talk_text(log, " ");
	talk_text(log, http1_reason_word(detail));
	talk_text(log, "; ");
}

uint64_t talk_key(const char *method, const char *host, const char *path)
{
	uint64_t key = READER_MIX_START;

	key = reader_mix(key, rd_of(method, strlen(method) + 1));
	key = reader_mix(key, rd_of(host, strlen(host) + 1));
	return reader_mix(key, rd_of(path, strlen(path) + 1));
}
