/* SPDX-License-Identifier: ISC */
/* exchange_play.c: an exchange with a guest, an upstream and somebody who decides around it. */
#include "fuzz/fuzz.h"
#include "fuzz/rig/exchange_talk.h"

enum { GUEST_IN, GUEST_OUT, UP_IN, UP_OUT, QUEUES };

struct player {
	const struct talk *talk;
	struct talk_way way;
	struct exchange ex;
	struct buf queues[QUEUES];
	struct exchange_io io;
	bool live;    /* an upstream connection stands */
	bool dropped; /* one did, and what is still said on it is not heard */
	bool over;
	size_t ups;                   /* upstream connections */
	size_t ends[TALK_REQUESTS];   /* where the bytes of each end */
	size_t firsts[TALK_REQUESTS]; /* which of the requests is the first of each */
	uint64_t allowed[TALK_REQUESTS + 1];
	size_t allowed_count;
	struct talk_flow log, to_guest, to_up;
};

static void start(struct player *p, const struct talk *talk, struct talk_way way)
{
	static uint8_t memory[QUEUES][TALK_ROOM];

	p->talk = talk;
	p->way = way;
	p->live = p->dropped = p->over = false;
	p->ups = p->allowed_count = p->log.n = p->to_guest.n = p->to_up.n = 0;
	for (size_t i = 0; i < QUEUES; i++)
		p->queues[i] = buf_of(memory[i],
		                      i == GUEST_OUT || i == UP_OUT ? way.room : EXCHANGE_BUF_MIN);
	p->io = (struct exchange_io){.guest_in = &p->queues[GUEST_IN],
	                             .guest_out = &p->queues[GUEST_OUT],
	                             .up_in = &p->queues[UP_IN],
	                             .up_out = &p->queues[UP_OUT]};
	exchange_start(&p->ex, talk->tls ? TALK_NAME : NULL, talk->tls ? 443 : 80, talk->body_max);
}

static void allow(struct player *p, bool upgrade)
{
	const struct exchange_request *request = &p->ex.request;

	HOLDS("a connection is there when none was asked for", request->new_upstream != p->live);
	HOLDS("a new connection begins with nothing on its way", p->live || !buf_len(p->io.up_out));
	HOLDS("requests are as many as fit", p->allowed_count < TALK_REQUESTS);
	p->allowed[p->allowed_count++] = talk_key(request->method, request->host, request->path);
	if (!p->live)
		p->firsts[p->ups++] = p->allowed_count - 1;
	p->live = true;
	exchange_allow(&p->ex, upgrade);
}

static void decide(struct player *p)
{
	const struct exchange_request *request = &p->ex.request;

	HOLDS("a request is decided in its phase", p->ex.phase == EXCHANGE_ASKED);
	HOLDS("inside TLS a request is for the name of TLS",
	      !p->talk->tls || !strcmp(request->host, TALK_NAME));
	talk_log_request(&p->log, request->method, request->host, request->path, request->websocket,
	                 request->new_upstream);
	if (!strncmp(request->path, "/no", 3)) {
		exchange_refuse(&p->ex, 403, "request-denied");
		exchange_refuse(&p->ex, 500, "too-late"); /* for another word */
	} else if (strncmp(request->path, "/wait", 5) != 0)
		allow(p, !strncmp(request->path, "/ws", 3));
}

static bool read_one(struct talk_flow *to, struct buf *from, size_t most)
{
	const size_t n = buf_len(from) < most ? buf_len(from) : most;

	talk_put(to, rd_of(buf_bytes(from).p, n));
	buf_take(from, n);
	return n;
}

static bool read_out(struct player *p, size_t most)
{
	const bool guest = read_one(&p->to_guest, p->io.guest_out, most);

	HOLDS("nothing goes upstream but to a connection that was asked for",
	      p->live || !buf_len(p->io.up_out));
	return read_one(&p->to_up, p->io.up_out, most) || guest;
}

/* Nothing is left to do: to ask again changes nothing. */
static void rest(struct player *p)
{
	const enum exchange_phase phase = p->ex.phase;
	size_t before[QUEUES];

	for (size_t i = 0; i < QUEUES; i++)
		before[i] = buf_len(&p->queues[i]);
	HOLDS("more is wanted until there is more",
	      exchange_step(&p->ex, &p->io) == EXCHANGE_MORE && p->ex.phase == phase);
	for (size_t i = 0; i < QUEUES; i++)
		HOLDS("a step for nothing moves nothing", buf_len(&p->queues[i]) == before[i]);
}

static void drop(struct player *p)
{
	HOLDS("what is dropped was there", p->live);
	HOLDS("a connection that is dropped leaves nothing behind",
	      !buf_len(p->io.up_in) && !buf_len(p->io.up_out));
	talk_text(&p->log, "drop; ");
	p->ends[p->ups - 1] = p->to_up.n;
	p->live = false;
	p->dropped = true;
	p->io.up_eof = false;
}

static void end(struct player *p, enum exchange_said said)
{
	talk_text(&p->log, said == EXCHANGE_CLOSE ? "close; " : "abort; ");
	read_out(p, TALK_ROOM);
	exchange_refuse(&p->ex, 500, "too-late");
	exchange_allow(&p->ex, true);
	HOLDS("an end is final", exchange_step(&p->ex, &p->io) == said);
	HOLDS("nothing is said after the end", !buf_len(p->io.guest_out) && !buf_len(p->io.up_out));
	p->over = true;
}

static void run(struct player *p)
{
	while (!p->over) {
		const enum exchange_said said = exchange_step(&p->ex, &p->io);

		for (size_t i = 0; i < QUEUES; i++)
			HOLDS("a queue holds what it has room for",
			      buf_len(&p->queues[i]) <= p->queues[i].size);
		switch (said) {
		case EXCHANGE_MORE:
			if (!p->way.slow)
				rest(p);
			if (p->way.stubborn || !read_out(p, p->way.slow ? p->way.slow : TALK_ROOM))
				return;
			break;
		case EXCHANGE_REQUEST:
			decide(p);
			break;
		case EXCHANGE_FAULT:
			talk_log_fault(&p->log, p->ex.fault, p->ex.detail);
			break;
		case EXCHANGE_DROP:
			drop(p);
			break;
		case EXCHANGE_CLOSE:
		case EXCHANGE_ABORT:
			end(p, said);
			break;
		}
	}
}

static size_t piece_of(const struct player *p, struct rd text)
{
	if (p->way.piece)
		return p->way.piece;
	return 1 + (size_t)(reader_mix(READER_MIX_START, text) % text.n);
}

/* Upstream's line is not cut while another request, or the end, waits: what comes behind a reply, and
 * later than that request, is its reply to anybody. */
static void say(struct player *p, struct buf *to, struct rd text, bool whole)
{
	size_t some = whole ? text.n : text.n ? piece_of(p, text) : 0;

	while (text.n && !p->over && !(p->dropped && to == p->io.up_in)) {
		some = some < text.n ? some : text.n;
		HOLDS("what is said has room", buf_put(to, rd_of(text.p, some)));
		text = rd_of(text.p + some, text.n - some);
		run(p);
		if (!p->way.piece)
			some = text.n;
	}
}

static void hear(struct player *p, const struct talk_line *line)
{
	const bool hears_up = (p->live || p->ex.phase == EXCHANGE_ASKED) && !p->io.up_eof;

	p->dropped = false;
	if (line->who == TALK_GUEST && !p->io.guest_eof)
		say(p, p->io.guest_in, line->text, false);
	if (line->who == TALK_UP && hears_up)
		say(p, p->io.up_in, line->text, buf_len(p->io.guest_in) || p->io.guest_eof);
	if (line->who == TALK_GUEST_END)
		p->io.guest_eof = true;
	if (line->who == TALK_UP_END && hears_up)
		p->io.up_eof = true;
	if (line->who == TALK_ALLOW && p->ex.phase == EXCHANGE_ASKED)
		allow(p, true);
	if (line->who == TALK_LATE)
		exchange_refuse(&p->ex, line->text.n ? 499 : 504, line->text.n ? "" : "too-slow");
	run(p);
}

static void same_up(const struct player *p, const struct talk_result *model, size_t i,
                    const struct talk_flow *flat)
{
	const size_t start = model->ups[i].from;
	const size_t end = i + 1 < p->ups ? model->ups[i + 1].from : model->to_up.n;

	HOLDS("upstream gets all that it must",
	      flat->n >= model->ups[i].must && flat->n <= end - start);
	HOLDS("upstream gets what the model says",
	      !memcmp(flat->bytes, model->to_up.bytes + start, flat->n));
}

/* What upstream got are the requests that were allowed, whoever read when. */
static void check_up(const struct player *p, const struct talk_result *model)
{
	static struct talk_flow flat;
	size_t from = 0;

	HOLDS("as many upstream connections as the model has", !model || p->ups == model->up_count);
	for (size_t i = 0; i < p->ups; i++) {
		size_t next = p->firsts[i];

		flat.n = 0;
		talk_split_requests(rd_of(p->to_up.bytes + from, p->ends[i] - from), p->allowed,
		                    &next, &flat);
		HOLDS("upstream gets no request of another connection",
		      i + 1 == p->ups || next <= p->firsts[i + 1]);
		from = p->ends[i];
		if (model)
			same_up(p, model, i, &flat);
	}
}

static void same_result(const struct player *p, const struct talk_result *model)
{
	static struct talk_flow flat;

	HOLDS("what happens is what the model says",
	      p->log.n == model->log.n && !memcmp(p->log.bytes, model->log.bytes, p->log.n));
	flat.n = 0;
	talk_split_replies(rd_of(p->to_guest.bytes, p->to_guest.n), model, &flat);
	HOLDS("the guest gets what the model says",
	      flat.n == model->to_guest.n && !memcmp(flat.bytes, model->to_guest.bytes, flat.n));
}

void talk_play(const struct talk *talk, struct talk_way way, const struct talk_result *model)
{
	static struct player p;
	struct rd lines = talk->lines;
	struct talk_line line;

	start(&p, talk, way);
	while (!p.over && talk_next(&lines, &line))
		hear(&p, &line);
	p.way.stubborn = false;
	run(&p);
	if (p.live)
		p.ends[p.ups - 1] = p.to_up.n;
	p.allowed[p.allowed_count] = 0;
	if (model)
		same_result(&p, model);
	check_up(&p, model);
}
