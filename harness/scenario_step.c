/* SPDX-License-Identifier: ISC */
/* scenario_step.c: the statements of a case. */
#include "harness/scenario_parse.h"

#include <stdlib.h>
#include <string.h>

#define STEP_COUNT_MAX 100000

static const char *const clause_words[] = {"count", "within", NULL};

/* `count` and `within` behind a pattern. */
static void read_clauses(struct parse *p, struct step *s)
{
	bool waits = s->kind == STEP_WIRE || s->kind == STEP_GUEST;
	bool has_within = false;

	s->within_ms = SCN_WITHIN_MS;
	while (lex_next(&p->lx)) {
		bool *seen = lex_is(&p->lx, "count") ? &s->has_count : &has_within;

		if (!lex_is(&p->lx, "count") && !lex_is(&p->lx, "within")) {
			lex_unknown(&p->lx, "word", clause_words);
			return;
		}
		if (!waits)
			lex_error(&p->lx, "'%s' fits `wire` and `guest` only", p->lx.word);
		else if (*seen)
			lex_error(&p->lx, "'%s' stands here twice", p->lx.word);
		if (seen == &s->has_count)
			scn_number(p, "count", 1, STEP_COUNT_MAX, &s->count);
		else
			scn_duration(p, "within", SCN_WITHIN_MS_MAX, &s->within_ms);
		*seen = true;
	}
}

/* Finds the clauses behind a recipe that could not be read. */
static bool find_clauses(struct lex *lx)
{
	while (lex_peek(lx)) {
		if (lex_is(lx, "count") || lex_is(lx, "within"))
			return true;
		lex_next(lx);
	}
	return false;
}

/* $NAT stands for what the last matched `wire` was, so there must be one. */
static void check_nat(struct parse *p, const struct step *s, struct scn_place recipe)
{
	const struct scn_case *c = scn_open_case(p);

	if (!s->recipe.src.nat && !s->recipe.dst.nat)
		return;
	for (size_t i = 0; i < c->step_count; i++)
		if (c->steps[i].kind == STEP_WIRE)
			return;
	diag_error(p->diag, recipe.line, recipe.column, recipe.width,
	           "$NAT is not known here: no `wire` statement stands above");
}

static bool read_packet(struct parse *p, struct step *s)
{
	bool pattern = s->kind != STEP_INJECT && s->kind != STEP_WORLD;
	struct scn_place place;

	if (!lex_peek(&p->lx)) {
		lex_error(&p->lx, "a %s is missing", pattern ? "pattern" : "recipe");
		return false;
	}
	place = scn_here(p);
	if (!recipe_parse(&p->lx, pattern, scn_open_case(p)->target, clause_words, p->diag,
	                  &s->recipe)) {
		if (find_clauses(&p->lx))
			read_clauses(p, s);
		return false;
	}
	read_clauses(p, s);
	if (s->recipe.kind == RECIPE_RUN) {
		diag_error(p->diag, place.line, place.column, place.width,
		           "`run` in a case is a statement of its own");
		recipe_free(&s->recipe);
		return false;
	}
	check_nat(p, s, place);
	return true;
}

/* The next word, which must be a string. */
static char *read_string(struct parse *p, const char *what)
{
	if (lex_next(&p->lx) && p->lx.string)
		return scn_copy(p->lx.word, p->lx.len);
	lex_error(&p->lx, "%s needs a string in quotes", what);
	return NULL;
}

static bool read_run(struct parse *p, struct step *s)
{
	static const char *const words[] = {"exit", "output", NULL};
	unsigned code = 0;

	if (scn_open_case(p)->planes & PLANE_WIRE)
		lex_error(&p->lx, "`run` needs a guest: write `planes vm` behind the case's name");
	s->command = read_string(p, "run");
	while (lex_next(&p->lx)) {
		if (lex_is(&p->lx, "exit")) {
			scn_number(p, "exit", 0, 255, &code);
		} else if (lex_is(&p->lx, "output") && !s->output) {
			s->output = read_string(p, "output");
		} else {
			lex_unknown(&p->lx, "word", words);
		}
	}
	s->exit_code = (int)code;
	return s->command != NULL;
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
	if (!(kind == STEP_RUN ? read_run(p, &s) : read_packet(p, &s))) {
		free(s.command);
		free(s.output);
		return;
	}
	while (*from == ' ' || *from == '\t')
		from++;
	s.text = scn_copy(from, (size_t)(p->lx.line_start + p->lx.column - 1 - from));
	c->steps = scn_grow(c->steps, c->step_count, sizeof(*c->steps));
	c->steps[c->step_count++] = s;
}
