/* SPDX-License-Identifier: ISC */
/* agent_asked.c: bytes as what requests to a guest are made of. */
#include "fuzz/rig/agent_rules.h"

#include "fuzz/fuzz.h"

#include <string.h>

#define TEXT_MAX 300

struct asked {
	uint32_t id, number;
	uint8_t small;
	uint16_t medium;
	char text[TEXT_MAX + 1];
	struct rd rest;
};

/* In a room of `size` bytes. */
static bool put(struct wr *w, uint8_t type, const struct asked *a)
{
	switch (type) {
	case AGENT_RUN:
		return agent_put_run(w, a->id, a->number, a->text);
	case AGENT_SPAWN:
		return agent_put_spawn(w, a->id, a->text);
	case AGENT_KILL:
		return agent_put_kill(w, a->id, a->number);
	case AGENT_FRAME:
		return agent_put_frame(w, a->id, a->text, a->rest.p, a->rest.n);
	case AGENT_POWEROFF:
		return agent_put_poweroff(w, a->id);
	case AGENT_BURST:
		return agent_put_burst(w, a->id, a->text, a->rest);
	case AGENT_SNIFF:
		return agent_put_sniff(w, a->id, a->text, a->medium, a->number);
	case AGENT_PUT:
		return agent_put_put(w, a->id, a->text, a->medium, a->small & 1, a->rest);
	case AGENT_GET:
		return agent_put_get(w, a->id, a->text, a->number);
	case AGENT_REPORT:
		return agent_put_report(w, a->id);
	case AGENT_RESTORED:
		return agent_put_restored(w, a->id, a->medium, a->number, a->rest);
	default:
		return agent_put_network(w, a->id, a->small);
	}
}

/* Whether the protocol has such a request. */
static bool is_legal(uint8_t type, const struct asked *a)
{
	const size_t len = strlen(a->text);
	const bool name = len >= 1 && len <= 15, path = a->text[0] == '/' && len <= 255;
	const bool timeout = a->number >= 1 && a->number <= 600000;

	switch (type) {
	case AGENT_RUN:
		return len && timeout;
	case AGENT_SPAWN:
		return len;
	case AGENT_FRAME:
		return name && a->rest.n && a->rest.n <= 65550;
	case AGENT_BURST:
		return name && a->rest.n && a->rest.n <= 65550 + 15 - len;
	case AGENT_SNIFF:
		return name && timeout && a->medium >= 1 && a->medium <= 1000;
	case AGENT_PUT:
		return path && a->medium <= 07777 && a->rest.n <= 61440;
	case AGENT_GET:
		return path;
	case AGENT_RESTORED:
		return a->number < 1000000000 && a->rest.n >= 16 && a->rest.n <= 256;
	case AGENT_NETWORK:
		return a->small >= 1 && a->small <= 3;
	default:
		return true;
	}
}

/* FRAMES of the bytes, as many as fit: each behind its length, which follows from `number`. */
static struct rd frames_of(struct rd r, uint32_t number, struct wr *w)
{
	struct rd bytes = r, frames, frame;
	bool fits = true;

	while (r.n && fits) {
		const size_t n = 1 + number % 97 < r.n ? 1 + number % 97 : r.n, before = w->len;

		fits = rd_sub(&r, n, &frame) && w->size - before >= n + 4;
		HOLDS("a frame is added where there is room",
		      agent_add_frame(w, frame.p, n) == fits);
		HOLDS("a frame is added whole or not at all",
		      w->len == before + (fits ? n + 4 : 0));
	}
	for (frames = rd_of(w->p, w->len); agent_next_frame(&frames, &frame);) {
		HOLDS("a frame is what was added", frame.n && !memcmp(frame.p, bytes.p, frame.n));
		HOLDS("frames are no more bytes than were added", rd_skip(&bytes, frame.n));
	}
	HOLDS("all frames that were added are there", !frames.n);
	return rd_of(w->p, w->len);
}

void agent_rules_ask(struct rd r)
{
	static uint8_t room[AGENT_WIRE_MAX], frames[1024];
	struct wr w = wr_of(room, sizeof(room)), of_frames = wr_of(frames, sizeof(frames));
	struct asked a = {0};
	uint8_t type = 0, len = 0;
	struct rd text = {0};

	if (!rd_u8(&r, &type) || !rd_u32(&r, &a.id) || !rd_u24(&r, &a.number) ||
	    !rd_u8(&r, &a.small) || !rd_u16(&r, &a.medium) || !rd_u8(&r, &len) ||
	    !rd_sub(&r, len + (len > 250 ? 10U : 0U), &text))
		return;
	type = 1 + type % 12;
	memcpy(a.text, text.n ? text.p : (const uint8_t *)"", text.n);
	a.rest = type == AGENT_BURST ? frames_of(r, a.number, &of_frames) : r;
	if (!put(&w, type, &a)) {
		HOLDS("a request is refused just where the protocol has none such",
		      !is_legal(type, &a));
		HOLDS("a refused request leaves nothing behind", !w.len);
		return;
	}
	HOLDS("a request is taken just where the protocol has such", is_legal(type, &a));
	HOLDS("a request has the form of its type",
	      agent_rules_is_request(rd_of(room, w.len), type, a.id));
	w = wr_of(room, w.len - 1);
	HOLDS("a request is not written where there is no room", !put(&w, type, &a) && !w.len);
}
