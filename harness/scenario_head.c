/* SPDX-License-Identifier: ISC */
/* scenario_head.c: the statements at file level, from `suite` to `attack`. */
#include "harness/caps.h"
#include "harness/scenario_parse.h"

#include <stdlib.h>
#include <string.h>

/* A statement that may stand in a file once: false, with an error, the second time. */
static bool is_first(struct parse *p, const char *word, struct scn_place *place)
{
	if (place->line) {
		lex_error(&p->lx, "'%s' stands already in line %u", word, place->line);
		return false;
	}
	*place = scn_here(p);
	return true;
}

/* The file's name without folder and ending: what the suite must be called, because that is how it
 * is found. */
static bool is_file_name(const char *path, const char *name)
{
	const char *base = strrchr(path, '/');
	size_t len = strlen(name);

	base = base ? base + 1 : path;
	return !strncmp(base, name, len) && !strcmp(base + len, ".scn");
}

void scn_suite(struct parse *p)
{
	char name[SCN_NAME_MAX];

	if (!is_first(p, "suite", &p->suite_name) || !scn_name(p, "suite name", name))
		return;
	if (!is_file_name(p->suite->path, name))
		lex_error(&p->lx, "suite '%s' belongs into a file called %s.scn", name, name);
	memcpy(p->suite->name, name, sizeof(name));
	scn_end(p);
}

void scn_policy(struct parse *p)
{
	size_t errors;

	if (!is_first(p, "policy", &p->policy))
		return;
	if (!lex_next(&p->lx)) {
		lex_error(&p->lx, "the path of the policy is missing");
		return;
	}
	p->policy = scn_here(p);
	errors = p->diag->count;
	p->suite->policy = scn_file(p, "policy");
	if (p->diag->count == errors && !p->imported) /* an importer's policy counts */
		p->has_oracle = oracle_load(p->suite->policy, &p->oracle, p->no_oracle);
	scn_end(p);
}

void scn_organisation(struct parse *p)
{
	if (!is_first(p, "organisation", &p->organisation))
		return;
	if (!lex_next(&p->lx)) {
		lex_error(&p->lx, "the path of the organisation's policy is missing");
		return;
	}
	p->suite->organisation = scn_file(p, "organisation's policy");
	scn_end(p);
}

void scn_planes(struct parse *p)
{
	unsigned planes = 0;

	if (!is_first(p, "planes", &p->planes))
		return;
	if (!lex_peek(&p->lx))
		lex_error(&p->lx, "'planes' is followed by " SCN_PLANE_WORDS);
	while (lex_next(&p->lx))
		scn_add_plane(p, &planes);
	if (planes)
		p->suite->planes = planes;
}

void scn_needs(struct parse *p)
{
	struct suite *s = p->suite;

	if (!lex_peek(&p->lx))
		lex_error(&p->lx, "'needs' is followed by capabilities such as allow.udp4");
	while (lex_peek(&p->lx)) {
		char name[SCN_NAME_MAX];

		if (!scn_name(p, "capability", name))
			continue;
		if (!caps_is_known(name))
			lex_unknown(&p->lx, "capability", caps_known);
		for (unsigned i = 0; i < s->needs_count; i++)
			if (!strcmp(s->needs[i], name))
				lex_error(&p->lx, "'%s' is needed twice", name);
		if (s->needs_count == SCN_NEEDS_MAX) {
			lex_error(&p->lx, "a suite needs at most %d capabilities", SCN_NEEDS_MAX);
			return;
		}
		memcpy(s->needs[s->needs_count++], name, sizeof(name));
	}
}

void scn_sentinel(struct parse *p)
{
	struct suite *s = p->suite;
	const char *from;

	if (!is_first(p, "sentinel", &p->sentinel))
		return;
	if (!lex_peek(&p->lx)) {
		lex_error(&p->lx, "'sentinel' is followed by a recipe");
		return;
	}
	from = p->lx.line_start + p->lx.column - 1;
	p->sentinel = scn_here(p);
	if (!recipe_parse(&p->lx, false, 0, NULL, p->diag, &s->sentinel))
		return;
	s->has_sentinel = true;
	if (s->sentinel.kind == RECIPE_RUN)
		lex_error(&p->lx, "the sentinel is a packet, not a program");
	scn_end(p);
	s->sentinel_text = scn_copy(from, (size_t)(p->lx.line_start + p->lx.column - 1 - from));
}

/* The name of a case is known: remember it, and complain when it is not new. */
static void add_case_name(struct parse *p, const char *name)
{
	unsigned before = scn_set_add(&p->case_names, name, p->lx.line);

	if (before)
		lex_error(&p->lx, "'%s' is already the name of the case in line %u", name, before);
}

/* A new case at the end of the suite, or NULL with an error. */
static struct scn_case *add_case(struct parse *p)
{
	struct suite *s = p->suite;

	if (s->case_count == SCN_CASES_MAX) {
		lex_error(&p->lx, "a suite has at most %d cases", SCN_CASES_MAX);
		return NULL;
	}
	s->cases = scn_grow(s->cases, s->case_count, sizeof(*s->cases));
	return &s->cases[s->case_count++];
}

/* The clauses behind a case's name: req ID..., planes PLANE... */
static void read_clauses(struct parse *p, struct scn_case *c)
{
	static const char *const words[] = {"req", "planes", NULL};
	static const char *const talk_words[] = {"req", "planes", "to", NULL};
	enum { NONE, REQ, PLANES } clause = NONE;
	unsigned planes = 0;

	while (lex_next(&p->lx)) {
		if (lex_is(&p->lx, "req")) {
			clause = REQ;
		} else if (lex_is(&p->lx, "planes")) {
			clause = PLANES;
		} else if (c->talk && lex_is(&p->lx, "to")) {
			clause = NONE;
			scn_talk_to(p);
		} else if (clause == REQ) {
			scn_add_req(p, &c->req);
		} else if (clause == PLANES) {
			scn_add_plane(p, &planes);
			if (planes & ~p->suite->planes)
				lex_error(&p->lx, "the suite does not have plane %s", p->lx.word);
			planes &= p->suite->planes;
		} else {
			lex_unknown(&p->lx, "word", c->talk ? talk_words : words);
		}
	}
	if (planes)
		c->planes = planes;
	else if (clause == PLANES && p->diag->count == p->case_errors)
		lex_error(&p->lx, "'planes' is followed by " SCN_PLANE_WORDS);
}

static void begin_case(struct parse *p, bool attack, bool talk)
{
	struct scn_case *c;

	scn_end_case(p);
	c = add_case(p);
	if (!c)
		return;
	p->in_case = true;
	p->case_is_used = false;
	p->case_errors = p->diag->count;
	p->table = (struct scn_table){0};
	scn_set_free(&p->row_names);

	c->line = p->lx.line;
	c->attack = attack;
	c->talk = talk;
	c->planes = p->suite->planes & (talk ? (unsigned)PLANE_WIRE : PLANES_ALL);
	if (!c->planes)
		lex_error(&p->lx, "a talk is for the wire plane, which the suite does not have");
	c->target = attack ? 0 : scn_next_target(p);
	if (scn_name(p, "case name", c->name))
		add_case_name(p, c->name);
	p->case_name = scn_here(p);
	read_clauses(p, c);
	if (!c->req.count && p->diag->count == p->case_errors)
		diag_error(p->diag, c->line, p->case_name.column, p->case_name.width,
		           "the case cites no requirement: add `req AREA-NNN`");
}

void scn_begin_case(struct parse *p, bool attack)
{
	begin_case(p, attack, false);
}

void scn_begin_talk(struct parse *p)
{
	begin_case(p, true, true);
}

/* Moves an attack of another suite to the end of this one, or to what only `boot attack` plays. */
static void take_over(struct parse *p, const struct suite *other, struct scn_case *from,
                      bool for_boot)
{
	struct suite *s = p->suite;
	struct scn_case *c;
	char what[3 * SCN_NAME_MAX + 8];

	add_case_name(p, from->name);
	if (!for_boot && !(from->planes & p->suite->planes))
		lex_error(&p->lx, "'%s' runs on no plane of this suite", from->name);
	from->planes &= p->suite->planes;
	for (size_t i = 0; i < from->row_count; i++) {
		struct row *row = &from->rows[i];

		snprintf(what, sizeof(what), "%s/%s/%s: ", other->name, from->name, row->id);
		scn_check_row(p, row, what, scn_here(p), scn_here(p));
	}
	if (for_boot) {
		s->tables = scn_grow(s->tables, s->table_count, sizeof(*s->tables));
		s->tables[s->table_count++] = *from;
		*from = (struct scn_case){0};
		return;
	}
	c = add_case(p);
	if (!c)
		return;
	*c = *from;
	c->line = p->lx.line;
	*from = (struct scn_case){0};
	/* It is closed as if its rows had been written here. */
	p->in_case = true;
	p->case_is_used = true;
	p->case_errors = p->diag->count;
	p->case_name = scn_here(p);
	scn_end_case(p);
}

static void import_file(struct parse *p, const char *path, bool for_boot)
{
	struct diag *diag = scn_alloc(sizeof(*diag));
	char *source;
	struct suite *other = scn_load_import(path, diag, &source, p);
	size_t before = p->suite->case_count + p->suite->table_count;

	if (!other && !diag->errors[0].line) {
		lex_error(&p->lx, "%.100s: %.160s", path, diag->errors[0].text);
	} else if (!other) {
		lex_error(&p->lx, "%.100s has %zu error%s, the first in line %u: %.120s", path,
		          diag->count, diag->count == 1 ? "" : "s", diag->errors[0].line,
		          diag->errors[0].text);
	} else {
		for (size_t i = 0; i < other->case_count; i++)
			if (other->cases[i].attack && !other->cases[i].talk)
				take_over(p, other, &other->cases[i], for_boot);
		if (p->suite->case_count + p->suite->table_count == before)
			lex_error(&p->lx, "suite '%s' has no attack to import", other->name);
	}
	scenario_free(other);
	free(source);
	free(diag);
}

/* What may stand behind the suite's name: `for boot`. */
static bool read_for_boot(struct parse *p)
{
	static const char *const words[] = {"for", NULL};

	if (!lex_peek(&p->lx))
		return false;
	lex_next(&p->lx);
	if (!lex_is(&p->lx, "for"))
		lex_unknown(&p->lx, "word", words);
	else if (lex_next(&p->lx) && lex_is(&p->lx, "boot"))
		return true;
	else
		lex_error(&p->lx, "'for' is followed by 'boot'");
	return false;
}

void scn_import(struct parse *p)
{
	struct lex at, rest;
	bool for_boot;
	char name[SCN_NAME_MAX];
	char path[PATH_MAX];

	scn_end_case(p);
	if (p->imported) {
		lex_error(&p->lx, "a suite that is imported cannot import another");
		return;
	}
	if (!scn_name(p, "suite name", name))
		return;
	at = p->lx;
	for_boot = read_for_boot(p);
	rest = p->lx;
	p->lx = at;
	if (is_file_name(p->suite->path, name)) {
		lex_error(&p->lx, "a suite cannot import itself");
	} else if ((size_t)snprintf(path, sizeof(path), "%s/%s.scn", p->dir, name) >=
	           sizeof(path)) {
		lex_error(&p->lx, "this path is too long");
	} else {
		import_file(p, path, for_boot);
	}
	p->lx = rest;
	scn_end(p);
}
