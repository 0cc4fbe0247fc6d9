/* SPDX-License-Identifier: ISC */
/* profile.c: see profile.h. */
#include "harness/profile.h"

#include "harness/caps.h"
#include "harness/lex.h"

#include <stdio.h>
#include <string.h>

enum clause { CLAUSE_NONE, CLAUSE_SUITES, CLAUSE_MODES, CLAUSE_NEEDS, CLAUSE_UNKNOWN };

static const char *const clause_words[] = {"suites", "modes", "needs", NULL};
static const char *const first_words[] = {"profile", NULL};
static const char *const mode_words[] = {"direct", "sampled", "conntrack", "filtered", NULL};

static bool has(const struct profile_words *list, const char *word)
{
	for (unsigned i = 0; i < list->count; i++)
		if (!strcmp(list->word[i], word))
			return true;
	return false;
}

static bool is_one_of(const char *word, const char *const *words)
{
	while (*words && strcmp(*words, word))
		words++;
	return *words;
}

static void add_word(struct lex *lx, const char *what, unsigned most, struct profile_words *list)
{
	if (lx->string || !lx->len || lx->len >= SCN_NAME_MAX)
		lex_error(lx, "'%.64s' is no name", lx->word);
	else if (has(list, lx->word))
		lex_error(lx, "%s '%s' stands here twice", what, lx->word);
	else if (list->count == most)
		lex_error(lx, "a profile has at most %u of these", most);
	else {
		list->column[list->count] = lx->column;
		memcpy(list->word[list->count++], lx->word, lx->len + 1);
	}
}

static void add(struct lex *lx, enum clause clause, struct profile *p)
{
	switch (clause) {
	case CLAUSE_SUITES:
		add_word(lx, "suite", PROFILE_SUITES_MAX, &p->suites);
		break;
	case CLAUSE_MODES:
		if (!is_one_of(lx->word, mode_words))
			lex_unknown(lx, "mode", mode_words);
		else
			add_word(lx, "mode", PROFILE_MODES_MAX, &p->modes);
		break;
	case CLAUSE_NEEDS:
		if (!caps_is_known(lx->word))
			lex_unknown(lx, "capability", caps_known);
		else
			add_word(lx, "capability", PROFILE_NEEDS_MAX, &p->needs);
		break;
	case CLAUSE_NONE:
		lex_unknown(lx, "word", clause_words);
		break;
	case CLAUSE_UNKNOWN: /* what stands behind a word that is none */
		break;
	}
}

static void read_profile(struct lex *lx, struct profile *p)
{
	enum clause clause = CLAUSE_NONE;
	size_t errors = lx->diag->count;

	*p = (struct profile){.line = lx->line};
	if (!is_one_of(lx->word, first_words)) {
		lex_unknown(lx, "word", first_words);
		return;
	}
	if (!lex_next(lx) || lx->string || lx->len >= sizeof(p->name) ||
	    is_one_of(lx->word, clause_words)) {
		lex_error(lx, "the name of the profile is missing");
		return;
	}
	memcpy(p->name, lx->word, lx->len + 1);
	while (lex_next(lx)) {
		if (lex_is(lx, "suites"))
			clause = CLAUSE_SUITES;
		else if (lex_is(lx, "modes"))
			clause = CLAUSE_MODES;
		else if (lex_is(lx, "needs"))
			clause = CLAUSE_NEEDS;
		else
			add(lx, clause, p);
		if (clause == CLAUSE_NONE)
			clause = CLAUSE_UNKNOWN;
	}
	if (lx->diag->count != errors)
		return;
	if (!p->suites.count)
		lex_error(lx, "a profile names its suites: `suites SUITE...`");
	if (!p->modes.count)
		lex_error(lx, "a profile names its modes: `modes MODE...`");
}

void profile_parse(const char *path, const char *text, size_t len, struct diag *diag,
                   struct profiles *out)
{
	unsigned number = 1;
	struct lex lx;

	out->count = 0;
	snprintf(out->path, sizeof(out->path), "%s", path);
	diag_init(diag, path, text, len);
	for (const char *p = text, *end = text + len, *next; p < end; p = next, number++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t errors = diag->count;
		struct profile *new = &out->list[out->count];

		next = newline ? newline + 1 : end;
		lex_init(&lx, p, (size_t)((newline ? newline : end) - p), number, diag);
		if (!lex_next(&lx))
			continue;
		if (out->count == PROFILES_MAX) {
			lex_error(&lx, "there are at most %d profiles", PROFILES_MAX);
			return;
		}
		read_profile(&lx, new);
		if (diag->count == errors && profile_find(out, new->name))
			diag_error(diag, number, 0, 0, "profile '%s' stands already in line %u",
			           new->name, profile_find(out, new->name)->line);
		out->count += diag->count == errors;
	}
}

const struct profile *profile_find(const struct profiles *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++)
		if (!strcmp(all->list[i].name, name))
			return &all->list[i];
	return NULL;
}

/* ---- against the suites ---- */

static void check_suite(const struct profile *p, unsigned i, const struct suite *s,
                        const char *mode, struct diag *diag)
{
	unsigned width = (unsigned)strlen(s->name);

	if (*mode && !has(&p->modes, mode))
		diag_error(diag, p->line, p->suites.column[i], width,
		           "suite %s is played in mode %s, which the profile does not name",
		           s->name, mode);
	for (unsigned k = 0; k < s->needs_count; k++)
		if (!has(&p->needs, s->needs[k]))
			diag_error(diag, p->line, p->suites.column[i], width,
			           "suite %s needs %s, which the profile does not name", s->name,
			           s->needs[k]);
}

static void check_profile(const struct profile *p, const struct selection *sel, size_t count,
                          const char *const *modes, struct diag *diag)
{
	for (unsigned i = 0; i < p->suites.count; i++) {
		size_t k = 0;

		while (k < count && strcmp(sel[k].suite->name, p->suites.word[i]))
			k++;
		if (k < count)
			check_suite(p, i, sel[k].suite, modes[k], diag);
		else
			diag_error(diag, p->line, p->suites.column[i],
			           (unsigned)strlen(p->suites.word[i]), "there is no suite '%s'",
			           p->suites.word[i]);
	}
}

void profile_check(const struct profiles *all, const struct selection *sel, size_t count,
                   const char *const *modes, struct diag *diag)
{
	for (size_t i = 0; i < all->count; i++)
		check_profile(&all->list[i], sel, count, modes, diag);
}

/* ---- against the backend ---- */

static unsigned must_have(const struct profile *p, const struct word_list *described,
                          const char *what, const char *word, struct results *r)
{
	struct outcome *o;

	if (word_list_has(described, word))
		return 0;
	o = results_add(r);
	snprintf(o->id, sizeof(o->id), "profile/%s", p->name);
	snprintf(o->row, sizeof(o->row), "%.14s-%.48s", what, word);
	o->result = RESULT_FAIL;
	snprintf(o->detail, sizeof(o->detail), "promises less than the profile asks: no %s %s",
	         what, word);
	return 1;
}

unsigned profile_judge(const struct profile *p, const struct backend *b, enum scn_plane plane,
                       struct results *r)
{
	unsigned missing = must_have(p, &b->planes, "plane", plane_name(plane), r);

	for (unsigned i = 0; i < p->modes.count; i++)
		missing += must_have(p, &b->modes, "mode", p->modes.word[i], r);
	for (unsigned i = 0; i < p->needs.count; i++)
		missing += must_have(p, &b->caps, "capability", p->needs.word[i], r);
	return missing;
}

enum result profile_verdict(const struct profile *p, bool written, char *why, size_t size)
{
	char old[160];

	if (!p || !written)
		return RESULT_SKIP;
	snprintf(old, sizeof(old), "%s", why);
	snprintf(why, size, "promises less than profile %s asks: %s", p->name, old);
	return RESULT_FAIL;
}
