/* SPDX-License-Identifier: ISC */
/* scenario_talk.c: tables of conversations, and the statements at the head of a file that are for them. */
#include "harness/scenario_parse.h"

#include "harness/recipe_parse.h"

#include <stdlib.h>
#include <string.h>

/* ---- the head of a file ---- */

void scn_head_serve(struct parse *p)
{
	struct suite *s = p->suite;
	struct step step = {.kind = STEP_SERVE, .line = p->lx.line};

	step.text = scn_copy(p->lx.line_start, (size_t)(p->lx.end - p->lx.line_start));
	if (!scn_read_serve(p, &step)) {
		scn_free_step(&step);
		return;
	}
	s->serves = scn_grow(s->serves, s->serve_count, sizeof(*s->serves));
	s->serves[s->serve_count++] = step;
}

/* The next word as an address, whose port may be open. */
static bool read_origin(struct parse *p, struct endpoint *out)
{
	struct recipe r = {.pattern = true};
	struct recipe_parser rp = {.lx = &p->lx, .diag = p->diag, .r = &r, .ok = true};

	lex_next(&p->lx);
	if (!recipe_endpoint(&rp, true, out))
		return false;
	if (!out->nat && !out->any_ip)
		return true;
	lex_error(&p->lx, "an address with a port, or with `*` for any, stands here");
	return false;
}

void scn_origin(struct parse *p, bool resolver)
{
	struct suite *s = p->suite;
	struct endpoint *list = resolver ? s->resolvers : s->origins;
	unsigned *count = resolver ? &s->resolver_count : &s->origin_count;

	if (!lex_peek(&p->lx))
		lex_error(&p->lx, "addresses with ports follow, such as 99.0.0.10:443");
	while (lex_peek(&p->lx)) {
		struct endpoint e;

		if (!read_origin(p, &e))
			return;
		if (*count == SCN_ORIGINS_MAX) {
			lex_error(&p->lx, "a suite has at most %d of them", SCN_ORIGINS_MAX);
			return;
		}
		list[(*count)++] = e;
	}
}

/* ---- statements of a case ---- */

/* The conversation that is open, or NULL. */
static const struct talk_to *open_talk_of(const struct scn_case *c)
{
	for (size_t i = c->step_count; i-- > 0;)
		if (c->steps[i].kind == STEP_TALK)
			return &c->steps[i].talk->to;
	return NULL;
}

bool scn_read_talk(struct parse *p, struct step *s)
{
	const struct scn_case *c = scn_open_case(p);
	const struct talk_to *to = open_talk_of(c);
	struct scn_place at = scn_here(p);
	bool ok;

	s->talk = scn_alloc(sizeof(*s->talk));
	if (s->kind == STEP_TALK) {
		lex_next(&p->lx); /* `to` */
		return talk_to_parse(&p->lx, c->target, NULL, &s->talk->to);
	}
	if (!to)
		lex_error(&p->lx, "nobody is talked to yet: `talk to ...` stands above");
	ok = s->kind == STEP_SAYS ? talk_says_parse(&p->lx, to, &s->talk->says)
	                          : talk_hears_parse(&p->lx, to, &s->talk->hears);
	if (!ok || !to)
		return false;
	if (!talk_has(&s->talk->says, TALK_THEN) && !talk_has(&s->talk->hears, TALK_THEN))
		return true;
	diag_error(p->diag, at.line, at.column, at.width,
	           "`then` is for tables; in a case there is another statement");
	return false;
}

/* ---- tables ---- */

bool scn_talk_to(struct parse *p)
{
	static const char *const stop[] = {"req", "planes", NULL};
	struct scn_case *c = scn_open_case(p);
	struct talk_to to;
	size_t from;

	if (c->to) {
		lex_error(&p->lx, "'to' is a second one");
		return false;
	}
	from = (size_t)(p->lx.p - p->lx.line_start);
	c->to = scn_alloc(sizeof(*c->to));
	c->to->dst.ip = LAB_CONSUMER_IP; /* after an error, so that the rows are still looked at */
	if (!talk_to_parse(&p->lx, 0, stop, &to)) {
		while (lex_next(&p->lx))
			;
		return false;
	}
	*c->to = to;
	while (p->lx.line_start[from] == ' ')
		from++;
	c->to_text = scn_copy(p->lx.line_start + from, p->lx.column + p->lx.width - 1 - from);
	return true;
}

static void read_to(struct parse *p, struct talk *t, uint32_t target)
{
	const char *from = p->lx.p;

	if (!lex_peek(&p->lx))
		return;
	if (talk_to_parse(&p->lx, target, NULL, &t->to))
		t->to_text = scn_copy(from, (size_t)(p->lx.end - from));
}

/* The row's own, or its table's. */
static struct talk *open_talk(const struct scn_case *c, struct row *row)
{
	if (row->talk)
		return row->talk;
	row->talk = scn_alloc(sizeof(*row->talk));
	if (c->to)
		row->talk->to = *c->to;
	return row->talk;
}

void scn_talk_cell(struct parse *p, struct row *row, enum scn_column column)
{
	const struct scn_case *c = scn_open_case(p);
	struct talk *t = open_talk(c, row);
	const struct talk_to *to = t->to_text || c->to ? &t->to : NULL;
	const char *from = p->lx.p;

	switch ((int)column) {
	case COLUMN_TO:
		read_to(p, t, row->target);
		break;
	case COLUMN_SAYS:
		t->says_text = scn_copy(from, (size_t)(p->lx.end - from));
		talk_words_free(&t->says);
		talk_says_parse(&p->lx, to, &t->says);
		break;
	case COLUMN_HEARS:
		t->hears_text = scn_copy(from, (size_t)(p->lx.end - from));
		talk_words_free(&t->hears);
		talk_hears_parse(&p->lx, to, &t->hears);
		break;
	case COLUMN_ORIGIN:
		talk_words_free(&t->origin);
		talk_origin_parse(&p->lx, &t->origin);
		break;
	case COLUMN_EVENT:
		t->has_event = lex_peek(&p->lx);
		if (t->has_event)
			event_pattern_parse(&p->lx, row->target, NULL, &t->event);
		break;
	default:
		break;
	}
}

static void complain(struct parse *p, struct scn_place at, const char *text)
{
	diag_error(p->diag, at.line, at.column, at.width, "%s", text);
}

/* Each turn waits for something, or the next would begin at once. */
static bool hears_in_each_turn(const struct talk *t)
{
	for (size_t n = 0; n < talk_turns(&t->hears); n++) {
		size_t end, from = talk_turn(&t->hears, n, &end);

		if (from == end)
			return false;
		for (size_t i = from; i < end; i++)
			if (t->hears.list[i].kind == TALK_NOTHING && end - from > 1)
				return false;
	}
	return true;
}

/* The last turn is what the verdict is about: silence tells a guest nothing. */
static bool ends_in_silence(const struct talk *t)
{
	return t->hears.list[t->hears.count - 1].kind == TALK_NOTHING;
}

void scn_check_talk(struct parse *p, const struct row *row, struct scn_place says,
                    struct scn_place hears, struct scn_place verdict)
{
	const struct talk *t = row->talk;
	const struct suite *s = p->suite;
	bool denied = row->verdict == ROW_DROP || row->verdict == ROW_ASK;

	if (!t->to.dst.ip)
		complain(p, says,
		         "nobody is named to whom this is said: write `to tcp A:P` behind the "
		         "talk's name, or into a column `to`");
	else if (talk_turns(&t->says) != talk_turns(&t->hears))
		complain(p, hears, "what is said and what is heard have as many `then` each");
	else if (!hears_in_each_turn(t))
		complain(p, hears, "each turn hears something, or `nothing` alone");
	else if (ends_in_silence(t) && t->to.proto != TALK_UDP)
		complain(p, hears,
		         "whoever talks over TCP is told in the end: a reply, an alert, `end` or "
		         "`reset`");
	else if (row->verdict == ROW_PASS && !s->origin_count && !s->resolver_count)
		complain(p, verdict, "nothing may cross: write `origin A:P` above the first case");
	else if (row->verdict == ROW_ASK && !s->resolver_count)
		complain(p, verdict,
		         "nobody may be asked: write `resolver A:P` above the first case");
	else if (denied && talk_has(&t->origin, TALK_GOT))
		complain(p, verdict, "what is denied never gets to an origin");
	else if (talk_has(&t->origin, TALK_GOT) && !s->serve_count)
		complain(p, verdict,
		         "nobody prints what an origin gets: `serve` one above the first case");
}

bool scn_denies_only(const struct scn_case *c)
{
	bool denies = false, grants = false;

	for (size_t i = 0; c->talk && i < c->row_count; i++) {
		enum row_verdict v = c->rows[i].verdict;

		denies |= v == ROW_DROP || v == ROW_ASK;
		grants |= v == ROW_PASS || v == ROW_ANSWER;
	}
	return denies && !grants;
}
