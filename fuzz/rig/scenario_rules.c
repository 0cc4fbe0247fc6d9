/* SPDX-License-Identifier: ISC */
/* scenario_rules.c: what must be true of every scenario that was taken. */
#include "fuzz/rig/scenario_rules.h"

#include "fuzz/fuzz.h"
#include "fuzz/rig/complaints.h"
#include "fuzz/rig/event_rules.h"

#include <ctype.h>
#include <string.h>

/* --- complaints --- */

/* The bytes of the line, without its end; 0 where there is no such line. *n is 1 more. */
static size_t line_room(struct rd text, unsigned line)
{
	const uint8_t *end;

	for (; line > 1; line--) {
		end = text.n ? memchr(text.p, '\n', text.n) : NULL;
		if (!end || !rd_skip(&text, (size_t)(end - text.p) + 1))
			return 0;
	}
	end = text.n ? memchr(text.p, '\n', text.n) : NULL;
	return 1 + (end ? (size_t)(end - text.p) : text.n);
}

static void hold_complaint(const struct diag_error *e, struct rd text)
{
	const size_t room = line_room(text, e->line);

	HOLDS("a complaint has words, fit for a terminal",
	      *e->text && event_rules_is_plain(e->text));
	HOLDS("a complaint names a line that there is, or the file", !e->line || room);
	HOLDS("a complaint about the file names no column", e->line || !e->column);
	HOLDS("a complaint names a column of its line, or the line", e->column <= room);
	HOLDS("what is underlined is in its line",
	      e->width && (e->width == 1 || e->column + e->width <= room + 1));
}

void scenario_rules_complaints(const struct diag *diag, struct rd text)
{
	const size_t kept = diag->count < DIAG_ERROR_MAX ? diag->count : DIAG_ERROR_MAX;
	const size_t len = strlen(diag->path);
	size_t placed = 0;

	for (size_t i = 0; i < kept; i++)
		hold_complaint(&diag->errors[i], text);
	diag_print(diag, complaints_begin());
	for (const char *at = complaints_text(); (at = strstr(at, ": error: ")); at++)
		placed++;
	HOLDS("what is printed begins with the file",
	      !strncmp(complaints_text(), diag->path, len) && complaints_text()[len] == ':');
	HOLDS("each complaint is printed", placed >= kept);
}

bool scenario_rules_same_complaints(const struct diag *a, const struct diag *b)
{
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count && i < DIAG_ERROR_MAX; i++)
		same = a->errors[i].line == b->errors[i].line &&
		       a->errors[i].column == b->errors[i].column &&
		       a->errors[i].width == b->errors[i].width &&
		       !strcmp(a->errors[i].text, b->errors[i].text);
	return same;
}

/* --- the tree --- */

static bool is_name(const char *name)
{
	return (islower((unsigned char)*name) || isdigit((unsigned char)*name)) &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-")] == '\0' &&
	       strlen(name) < SCN_NAME_MAX;
}

/* AREA-NNN */
static bool is_requirement(const char *id)
{
	const size_t area = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

	return area && id[area] == '-' && strspn(id + area + 1, "0123456789") == 3 && !id[area + 4];
}

static void hold_requirements(const struct req_list *list, unsigned least)
{
	HOLDS("requirements are as many as there must be, and may",
	      list->count >= least && list->count <= SCN_REQ_MAX);
	for (unsigned i = 0; i < list->count; i++)
		HOLDS("a requirement is AREA-NNN", is_requirement(list->id[i]));
}

static void hold_target(uint32_t target)
{
	const uint32_t low = target & 255;

	HOLDS("$T is an address of its net that a machine can have",
	      target >> 17 == UINT32_C(0xc6120000) >> 17 && low != 0 && low != 255);
}

static void hold_step(const struct step *step)
{
	HOLDS("a step is of a kind that there is, and was written",
	      step->kind < STEP_KIND_COUNT && step->text && *step->text && step->line);
	HOLDS("no step waits for longer than any may", step->within_ms <= SCN_RUN_MS_MAX);
	HOLDS("a count has its ends in order",
	      !step->has_count || step->count.least <= step->count.most);
}

static void hold_row(const struct row *row, uint32_t *last)
{
	HOLDS("a row has a name and a line, a verdict and a reason",
	      is_name(row->id) && row->line && row->verdict <= ROW_ASK && row->why && *row->why &&
	              row->flags);
	HOLDS("each row has a target of its own", row->target > *last);
	*last = row->target;
	hold_target(row->target);
	hold_requirements(&row->req, 0);
}

static void hold_case(const struct scn_case *c, const struct suite *s, uint32_t *last)
{
	HOLDS("a case has a name and a line, and planes of its suite's",
	      is_name(c->name) && c->line && c->planes && !(c->planes & ~s->planes));
	HOLDS("a case has rows or steps",
	      c->attack ? c->row_count > 0 && !c->step_count : c->step_count > 0);
	hold_requirements(&c->req, 1);
	for (size_t i = 0; i < c->step_count; i++)
		hold_step(&c->steps[i]);
	for (size_t i = 0; c->attack && i < c->row_count; i++)
		hold_row(&c->rows[i], last);
	for (const struct scn_case *other = s->cases; other < c; other++)
		HOLDS("no two cases have one name", strcmp(other->name, c->name) != 0);
}

void scenario_rules_tree(const struct suite *s)
{
	uint32_t last = 0;

	HOLDS("a suite has a name, a policy and planes",
	      is_name(s->name) && s->policy && s->planes && s->planes <= PLANES_ALL);
	HOLDS("a suite has cases, and not too many",
	      s->case_count >= 1 && s->case_count <= SCN_CASES_MAX);
	HOLDS("lists are no longer than they may be", s->needs_count <= SCN_NEEDS_MAX &&
	                                                      s->origin_count <= SCN_ORIGINS_MAX &&
	                                                      s->resolver_count <= SCN_ORIGINS_MAX);
	for (size_t i = 0; i < s->case_count; i++)
		hold_case(&s->cases[i], s, &last);
}

/* --- two of them --- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_case(const struct scn_case *a, const struct scn_case *b)
{
	bool same = !strcmp(a->name, b->name) && a->line == b->line && a->planes == b->planes &&
	            a->attack == b->attack && a->talk == b->talk && a->target == b->target &&
	            a->step_count == b->step_count && a->row_count == b->row_count &&
	            a->req.count == b->req.count;

	for (size_t i = 0; same && i < a->step_count; i++)
		same = a->steps[i].kind == b->steps[i].kind &&
		       a->steps[i].line == b->steps[i].line &&
		       a->steps[i].number == b->steps[i].number &&
		       a->steps[i].within_ms == b->steps[i].within_ms &&
		       same_text(a->steps[i].text, b->steps[i].text);
	for (size_t i = 0; same && i < a->row_count; i++)
		same = !strcmp(a->rows[i].id, b->rows[i].id) &&
		       a->rows[i].line == b->rows[i].line &&
		       a->rows[i].verdict == b->rows[i].verdict &&
		       a->rows[i].target == b->rows[i].target &&
		       same_text(a->rows[i].text, b->rows[i].text) &&
		       same_text(a->rows[i].why, b->rows[i].why);
	return same;
}

bool scenario_rules_same(const struct suite *a, const struct suite *b)
{
	bool same = !strcmp(a->name, b->name) && same_text(a->policy, b->policy) &&
	            same_text(a->organisation, b->organisation) && a->planes == b->planes &&
	            a->needs_count == b->needs_count &&
	            same_text(a->sentinel_text, b->sentinel_text) &&
	            a->case_count == b->case_count && a->table_count == b->table_count &&
	            a->serve_count == b->serve_count;

	for (size_t i = 0; same && i < a->case_count; i++)
		same = same_case(&a->cases[i], &b->cases[i]);
	return same;
}
