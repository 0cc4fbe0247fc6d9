/* SPDX-License-Identifier: ISC */
/* serve_request.c: reads what the harness asks of the guest's agent. The harness is trusted here, but one with
 * a bug should get an ERROR, not a guest with strange habits. */
#include "vm-images/serve_request.h"

#include <string.h>

static bool take_text(struct rd text, size_t max, struct rd *out)
{
	*out = text;
	return text.n && text.n <= max && !memchr(text.p, 0, text.n);
}

static bool take_path(struct rd path, struct rd *out)
{
	return take_text(path, AGENT_PATH_MAX, out) && path.p[0] == '/';
}

static bool take_interface(struct rd *body, struct rd *out)
{
	struct rd name;

	return rd_vec8(body, &name) && take_text(name, AGENT_IFNAME_MAX, out);
}

static bool take_time(struct rd *body, uint32_t *ms)
{
	return rd_u32(body, ms) && *ms && *ms <= AGENT_TIMEOUT_MAX;
}

static bool take_frame(struct rd frame, struct rd *out)
{
	*out = frame;
	return frame.n && frame.n <= AGENT_FRAME_MAX;
}

/* All of them before the first is sent. */
static bool take_frames(struct rd frames, struct rd *out)
{
	struct rd frame;
	uint32_t len;

	*out = frames;
	while (frames.n)
		if (!rd_u32(&frames, &len) || !rd_sub(&frames, len, &frame) ||
		    !take_frame(frame, &frame))
			return false;
	return out->n;
}

static bool take_put(struct rd body, struct serve_request *q)
{
	uint8_t append;
	struct rd path;

	if (!rd_u8(&body, &append) || append > 1 || !rd_u16(&body, &q->mode) || q->mode > 07777 ||
	    !rd_vec16(&body, &path) || !take_path(path, &q->text))
		return false;
	q->append = append;
	q->data = body;
	return body.n <= AGENT_CHUNK_MAX;
}

static bool take_restored(struct rd body, struct serve_request *q)
{
	if (!rd_u32(&body, &q->number) || !rd_u32(&body, &q->nanoseconds) ||
	    q->nanoseconds >= 1000000000)
		return false;
	q->data = body;
	return body.n >= AGENT_ENTROPY_MIN && body.n <= AGENT_ENTROPY_MAX;
}

static bool take_network(struct rd body, struct serve_request *q)
{
	uint8_t todo;

	if (!rd_u8(&body, &todo) || body.n)
		return false;
	q->number = todo;
	return todo && !(todo & ~(AGENT_DO_SETUP | AGENT_DO_DHCP));
}

static bool take_body(struct rd body, struct serve_request *q)
{
	switch (q->type) {
	case AGENT_RUN:
		return take_time(&body, &q->number) && take_text(body, AGENT_COMMAND_MAX, &q->text);
	case AGENT_SPAWN:
		return take_text(body, AGENT_COMMAND_MAX, &q->text);
	case AGENT_KILL:
		return rd_u32(&body, &q->number) && !body.n;
	case AGENT_FRAME:
		return take_interface(&body, &q->text) && take_frame(body, &q->data);
	case AGENT_BURST:
		return take_interface(&body, &q->text) && take_frames(body, &q->data);
	case AGENT_SNIFF:
		return take_interface(&body, &q->text) && rd_u16(&body, &q->count) && q->count &&
		       q->count <= AGENT_SNIFF_MAX && take_time(&body, &q->number) && !body.n;
	case AGENT_PUT:
		return take_put(body, q);
	case AGENT_GET:
		return rd_u32(&body, &q->number) && take_path(body, &q->text);
	case AGENT_RESTORED:
		return take_restored(body, q);
	case AGENT_NETWORK:
		return take_network(body, q);
	default: /* REPORT and POWEROFF */
		return !body.n;
	}
}

static const char *needs(uint8_t type)
{
	static const char *const texts[] = {
	        [AGENT_RUN] = "bad RUN: needs 1..600000 ms and a command without NUL",
	        [AGENT_SPAWN] = "bad SPAWN: needs a command without NUL",
	        [AGENT_KILL] = "bad KILL: needs a pid",
	        [AGENT_FRAME] = "bad FRAME: needs an interface and 1..65550 bytes",
	        [AGENT_POWEROFF] = "bad POWEROFF: needs nothing",
	        [AGENT_BURST] = "bad BURST: needs an interface and frames of 1..65550 bytes",
	        [AGENT_SNIFF] = "bad SNIFF: needs an interface, 1..1000 frames, 1..600000 ms",
	        [AGENT_PUT] = "bad PUT: needs an absolute path and a mode",
	        [AGENT_GET] = "bad GET: needs an absolute path",
	        [AGENT_REPORT] = "bad REPORT: needs nothing",
	        [AGENT_RESTORED] = "bad RESTORED: needs a time and 16..256 random bytes",
	        [AGENT_NETWORK] = "bad NETWORK: asks for nothing known",
	};

	return type < sizeof(texts) / sizeof(texts[0]) ? texts[type] : NULL;
}

enum serve_status serve_request_read(struct rd *in, struct serve_request *out)
{
	struct rd r = *in, message;
	uint32_t len;

	*out = (struct serve_request){0};
	if (!rd_u32(&r, &len))
		return SERVE_MORE;
	if (len < AGENT_HEAD_MIN || len > AGENT_LENGTH_MAX) {
		out->why = "bad length: the port cannot be followed any further";
		return SERVE_LOST;
	}
	if (!rd_sub(&r, len, &message))
		return SERVE_MORE;
	*in = r;
	if (rd_u8(&message, &out->type) && rd_u32(&message, &out->id) && needs(out->type) &&
	    take_body(message, out))
		return SERVE_TAKEN;
	out->why = needs(out->type) ? needs(out->type) : "there is no such request";
	return SERVE_REFUSED;
}

void serve_request_text(const struct serve_request *q, char *room)
{
	if (q->text.n)
		memcpy(room, q->text.p, q->text.n);
	room[q->text.n] = 0;
}
