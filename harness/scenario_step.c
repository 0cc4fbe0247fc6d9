/* SPDX-License-Identifier: ISC */
/* scenario_step.c: the statements of a case: what they share, and those about frames and programs.
 * Those about the backend itself are scenario_control.c's. */
#include "harness/scenario_parse.h"

#include <stdlib.h>
#include <string.h>

const char *const scn_clause_words[] = {"count", "within", "vary", NULL};

enum clause { CLAUSE_COUNT, CLAUSE_WITHIN, CLAUSE_VARY, CLAUSE_NONE };

/* Bits 1 << enum clause that a statement may have behind it. */
static unsigned clauses_of(enum step_kind kind)
{
	switch ((int)kind) {
	case STEP_WIRE:
	case STEP_GUEST:
	case STEP_EVENT:
	case STEP_PEER_SENDS:
	case STEP_GUEST_SENDS:
	case STEP_BESIDE_GUEST:
		return 1u << CLAUSE_COUNT | 1u << CLAUSE_WITHIN;
	case STEP_FLOOD:
		return 1u << CLAUSE_VARY | 1u << CLAUSE_WITHIN;
	case STEP_STATS:
	case STEP_ENDS:
	case STEP_PEER_SAYS:
	case STEP_BESIDE_ENDS:
	case STEP_GUEST_OFF:
	case STEP_GUEST_REBOOT:
		return 1u << CLAUSE_WITHIN;
	default:
		return 0;
	}
}

static void read_vary(struct parse *p, struct step *s)
{
	static const char *const words[] = {"sport", "dport", "dst", "seq", NULL};
	enum recipe_kind kind = s->recipe.kind;
	unsigned i = 0;

	if (!lex_next(&p->lx)) {
		lex_error(&p->lx, "'vary' is followed by sport, dport, dst or seq");
		return;
	}
	while (words[i] && !lex_is(&p->lx, words[i]))
		i++;
	if (!words[i]) {
		lex_unknown(&p->lx, "field to vary", words);
		return;
	}
	s->vary = (enum flood_vary)(i + 1);
	if (kind != RECIPE_TCP && (kind != RECIPE_UDP || s->vary == VARY_SEQ) &&
	    (s->vary != VARY_DST || (kind != RECIPE_ICMP && kind != RECIPE_IP4)))
		lex_error(&p->lx, "this packet has no field '%s'", p->lx.word);
}

static bool is_about_power(enum step_kind kind)
{
	return kind == STEP_GUEST_OFF || kind == STEP_GUEST_REBOOT;
}

static unsigned most_within(enum step_kind kind)
{
	return kind == STEP_FLOOD     ? SCN_FLOOD_MS_MAX
	       : is_about_power(kind) ? SCN_OFF_MS_MAX
	                              : SCN_WITHIN_MS_MAX;
}

static void read_clause(struct parse *p, struct step *s, enum clause clause)
{
	switch (clause) {
	case CLAUSE_COUNT:
		s->has_count = true;
		if (scn_range(p, "count", SCN_FLOOD_MAX, &s->count) && !s->count.most)
			lex_error(&p->lx, "nothing at all is asked for with `none`, or by leaving "
			                  "the statement out");
		break;
	case CLAUSE_WITHIN:
		scn_duration(p, "within", most_within(s->kind), &s->within_ms);
		break;
	case CLAUSE_VARY:
		read_vary(p, s);
		break;
	case CLAUSE_NONE:
		break;
	}
}

static enum clause find_clause(const struct lex *lx)
{
	unsigned i = 0;

	while (scn_clause_words[i] && !lex_is(lx, scn_clause_words[i]))
		i++;
	return (enum clause)i;
}

void scn_clauses(struct parse *p, struct step *s)
{
	unsigned allowed = clauses_of(s->kind), seen = 0;

	s->within_ms = SCN_WITHIN_MS;
	if (s->kind == STEP_FLOOD)
		s->within_ms = SCN_FLOOD_MS;
	if (s->kind == STEP_BESIDE_ENDS || (s->kind == STEP_ENDS && s->ends == ENDS_VIOLATION))
		s->within_ms = SCN_TERMINATE_MS;
	if (s->kind == STEP_PEER_SAYS || s->kind == STEP_PEER_SENDS)
		s->within_ms = SCN_PEER_MS;
	if (is_about_power(s->kind))
		s->within_ms = SCN_OFF_MS;
	while (lex_next(&p->lx)) {
		enum clause clause = find_clause(&p->lx);

		if (clause == CLAUSE_NONE) {
			lex_unknown(&p->lx, "word", scn_clause_words);
			return;
		}
		if (!(allowed >> clause & 1))
			lex_error(&p->lx, "'%s' does not fit this statement", p->lx.word);
		else if (seen >> clause & 1)
			lex_error(&p->lx, "'%s' stands here twice", p->lx.word);
		seen |= 1u << clause;
		read_clause(p, s, clause);
	}
}

/* Finds the clauses behind a recipe that could not be read. */
static bool find_clauses(struct lex *lx)
{
	while (lex_peek(lx)) {
		if (find_clause(lx) != CLAUSE_NONE)
			return true;
		lex_next(lx);
	}
	return false;
}

static bool read_packet(struct parse *p, struct step *s)
{
	bool pattern = s->kind == STEP_WIRE || s->kind == STEP_GUEST || s->kind == STEP_MAY_WIRE ||
	               s->kind == STEP_NONE_GUEST || s->kind == STEP_PEER_SENDS ||
	               s->kind == STEP_NONE_BESIDE || s->kind == STEP_BESIDE_GUEST ||
	               s->kind == STEP_GUEST_SENDS || s->kind == STEP_NONE_SENDS;
	unsigned count = 0;
	struct scn_place place;

	if (s->kind == STEP_FLOOD && scn_number(p, "flood", 1, SCN_FLOOD_MAX, &count))
		s->number = count;
	if (!lex_peek(&p->lx)) {
		lex_error(&p->lx, "a %s is missing", pattern ? "pattern" : "recipe");
		return false;
	}
	place = scn_here(p);
	if (!recipe_parse(&p->lx, pattern, scn_open_case(p)->target, scn_clause_words, p->diag,
	                  &s->recipe)) {
		if (find_clauses(&p->lx))
			scn_clauses(p, s);
		return false;
	}
	scn_clauses(p, s);
	if (s->recipe.kind == RECIPE_RUN) {
		diag_error(p->diag, place.line, place.column, place.width,
		           "`run` in a case is a statement of its own");
		recipe_free(&s->recipe);
		return false;
	}
	scn_check_variables(p, &s->recipe, place);
	return true;
}

static bool is_beside(enum step_kind kind)
{
	return kind == STEP_BESIDE_POLICY || kind == STEP_BESIDE_INJECT ||
	       kind == STEP_BESIDE_GUEST || kind == STEP_BESIDE_ENDS || kind == STEP_NONE_BESIDE;
}

/* The second VM is there from its policy on. */
static void check_beside(struct parse *p, enum step_kind kind)
{
	const struct scn_case *c = scn_open_case(p);
	bool there = false;

	if (!is_beside(kind))
		return;
	for (size_t i = 0; i < c->step_count; i++)
		there |= c->steps[i].kind == STEP_BESIDE_POLICY;
	if (there && kind == STEP_BESIDE_POLICY)
		lex_error(&p->lx, "there is one second VM at most");
	else if (!there && kind != STEP_BESIDE_POLICY)
		lex_error(&p->lx, "there is no second VM yet: `beside policy FILE` brings it");
}

/* What is done to a backend would be done to all cases of a guest, which share one; and only the harness itself can send
 * what no kernel does, or as fast. */
static void check_plane(struct parse *p, enum step_kind kind)
{
	bool packet = kind < STEP_FLOOD || kind == STEP_MAY_WIRE || kind == STEP_NONE_GUEST ||
	              kind == STEP_NONE_SENDS;
	bool own = case_boot(scn_open_case(p));
	bool wire = kind == STEP_FLOOD || kind == STEP_CHANNEL || kind == STEP_EARLY ||
	            kind == STEP_CYCLE || kind == STEP_TALK || kind == STEP_SAYS ||
	            kind == STEP_HEARS || is_beside(kind);

	if (packet || (own && !wire) ||
	    !(scn_open_case(p)->planes & (wire ? ~(unsigned)PLANE_WIRE : PLANE_VM)))
		return;
	lex_error(&p->lx,
	          "'%s' does not work on the %s plane%s: write `planes wire` behind the case's "
	          "name%s",
	          kind == STEP_TALK ? "talk to" : p->lx.word, wire ? "kernel and vm" : "vm",
	          wire ? "s" : "", wire ? "" : ", or begin it with `boot`");
}

/* Nothing can happen behind the backend's end. */
static void check_end(struct parse *p)
{
	const struct step *ends = case_ends(scn_open_case(p));

	if (ends)
		lex_error(&p->lx, "nothing can follow `ends` in line %u", ends->line);
}

/* It is done before everything else, so it stands above everything else. */
static void check_early(struct parse *p, enum step_kind kind)
{
	const struct scn_case *c = scn_open_case(p);

	if (kind == STEP_CYCLE && c->step_count)
		lex_error(&p->lx, "'cycle' is the first statement of its case");
	if (kind == STEP_EARLY && c->step_count && c->steps[c->step_count - 1].kind != STEP_EARLY)
		lex_error(&p->lx, "'early' stands above all other statements of its case");
}

/* What stands behind the statement's own word. */
static bool read_step(struct parse *p, struct step *s)
{
	switch ((int)s->kind) {
	case STEP_GUEST:
		s->kind = scn_guest_kind(p);
		if (s->kind == STEP_GUEST || s->kind == STEP_GUEST_SENDS)
			return read_packet(p, s);
		scn_clauses(p, s);
		return true;
	case STEP_INJECT:
	case STEP_WORLD:
	case STEP_WIRE:
	case STEP_MAY_WIRE:
	case STEP_NONE_GUEST:
	case STEP_FLOOD:
	case STEP_EARLY:
	case STEP_BESIDE_INJECT:
	case STEP_BESIDE_GUEST:
	case STEP_NONE_BESIDE:
	case STEP_NONE_SENDS:
		return read_packet(p, s);
	case STEP_RUN:
		return scn_read_run(p, s);
	case STEP_SERVE:
		return scn_read_serve(p, s);
	case STEP_PEER:
		s->kind = scn_peer_kind(p);
		return s->kind == STEP_PEER_SENDS ? read_packet(p, s) : scn_read_peer(p, s);
	case STEP_IMPAIR:
		return scn_read_impair(p, s);
	case STEP_BOOT:
		return scn_read_boot(p, s);
	case STEP_TALK:
	case STEP_SAYS:
	case STEP_HEARS:
		return scn_read_talk(p, s);
	default:
		return scn_control(p, s);
	}
}

void scn_step(struct parse *p, enum step_kind kind)
{
	struct scn_case *c = scn_open_case(p);
	struct step s = {.kind = kind, .line = p->lx.line};
	const char *from = p->lx.line_start;

	if (++p->totals->steps > SCN_STEPS_MAX) {
		if (p->totals->steps == SCN_STEPS_MAX + 1)
			lex_error(&p->lx, "a suite has at most %d statements", SCN_STEPS_MAX);
		return;
	}
	check_plane(p, kind);
	check_end(p);
	check_early(p, kind);
	check_beside(p, kind);
	scn_check_boot(p, kind);
	if (!read_step(p, &s)) {
		scn_free_step(&s);
		return;
	}
	while (*from == ' ' || *from == '\t')
		from++;
	s.text = scn_copy(from, (size_t)(p->lx.line_start + p->lx.column - 1 - from));
	c->steps = scn_grow(c->steps, c->step_count, sizeof(*c->steps));
	c->steps[c->step_count++] = s;
}
