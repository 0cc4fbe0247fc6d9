/* SPDX-License-Identifier: ISC */
/* scenario_boot.c: `boot`, which gives a case a guest of its own, and the statements that only such a case has. */
#include "harness/boot_setup.h"
#include "harness/scenario_parse.h"

#include <stdlib.h>
#include <string.h>

enum clause {
	CLAUSE_SETUP,
	CLAUSE_WITHOUT,
	CLAUSE_ATTACK,
	CLAUSE_IMAGE,
	CLAUSE_APPEND,
	CLAUSE_NONE,
};

static const char *const clause_words[] = {
        [CLAUSE_SETUP] = "setup", [CLAUSE_WITHOUT] = "without", [CLAUSE_ATTACK] = "attack",
        [CLAUSE_IMAGE] = "image", [CLAUSE_APPEND] = "append",   [CLAUSE_NONE] = NULL};

static enum clause find_clause(const struct lex *lx)
{
	unsigned i = 0;

	while (clause_words[i] && !lex_is(lx, clause_words[i]))
		i++;
	return (enum clause)i;
}

/* The next word, which must be a string with something in it. */
static void read_string(struct parse *p, const char *what, const char *like, char **out)
{
	free(*out);
	*out = NULL;
	if (lex_peek(&p->lx) && find_clause(&p->lx) == CLAUSE_NONE)
		lex_next(&p->lx);
	if (p->lx.string && p->lx.len)
		*out = scn_copy(p->lx.word, p->lx.len);
	else
		lex_error(&p->lx, "'%s' needs a string in quotes, such as \"%s\"", what, like);
}

/* ---- setup "OPTIONS" ---- */

/* The current word. */
static void check_setup(struct parse *p, const char *options)
{
	struct guest_config *g = scn_alloc(sizeof(*g));
	char why[GUEST_WHY_MAX] = "";

	if (!boot_setup_parse(g,
	                      &(struct boot_setup){.options = options,
	                                           .policy = p->suite->policy,
	                                           .dir = p->dir},
	                      why))
		lex_error(&p->lx, "%s", why);
	guest_config_wipe(g);
	free(g);
}

/* ---- attack NAME... ---- */

static const struct scn_case *find_table(struct parse *p, const char *name)
{
	const struct suite *s = p->suite;
	size_t all = s->case_count + s->table_count, n = 0;
	const char **names = scn_alloc((all + 1) * sizeof(*names));
	const struct scn_case *found = NULL;

	for (size_t i = 0; i < all; i++) {
		const struct scn_case *c = i < s->case_count ? &s->cases[i]
		                                             : &s->tables[i - s->case_count];

		if (!c->attack || c->talk)
			continue;
		names[n++] = c->name;
		if (!strcmp(c->name, name))
			found = c;
	}
	if (!found && n)
		lex_unknown(&p->lx, "attack table above", names);
	else if (!found)
		lex_error(&p->lx, "no attack table stands above: write one, or `import` it");
	free(names);
	return found;
}

/* Only what is ready before the guest is can be the first that it sends. */
static bool can_be_first(struct parse *p, const struct scn_case *table)
{
	for (size_t i = 0; i < table->row_count; i++) {
		const struct row *row = &table->rows[i];

		if (!row->start && row->recipe.kind != RECIPE_RUN && row->verdict != ROW_TERMINATE)
			continue;
		lex_error(&p->lx, "row '%s' of '%s' cannot be sent by a guest that boots: %s",
		          row->id, table->name,
		          row->start                       ? "it starts a backend"
		          : row->recipe.kind == RECIPE_RUN ? "it runs a program"
		                                           : "it ends the VM");
		return false;
	}
	return true;
}

/* The rows of a table, called TABLE.ROW. They stay the table's own, and so do their $T addresses: the two never share a
 * backend. */
static void take_rows(struct parse *p, const struct scn_case *table)
{
	struct scn_case *c = scn_open_case(p);

	for (size_t i = 0; i < table->row_count; i++) {
		struct row row = table->rows[i];
		int n = snprintf(row.id, sizeof(row.id), "%s.%s", table->name, table->rows[i].id);

		if (n >= SCN_NAME_MAX) {
			lex_error(&p->lx, "'%s.%s' is longer than a row's name may be (%d letters)",
			          table->name, table->rows[i].id, SCN_NAME_MAX - 1);
			return;
		}
		if (++p->totals->rows > SCN_ROWS_MAX) {
			lex_error(&p->lx, "a suite has at most %d rows", SCN_ROWS_MAX);
			return;
		}
		c->rows = scn_grow(c->rows, c->row_count, sizeof(*c->rows));
		c->rows[c->row_count++] = row;
	}
}

static bool is_taken(const struct scn_case *c, const struct scn_case *table)
{
	for (size_t i = 0; i < c->row_count; i++)
		if (c->rows[i].text == table->rows[0].text)
			return true;
	return false;
}

static void read_attack(struct parse *p, struct scn_boot *b)
{
	bool any = false;

	while (lex_peek(&p->lx) && find_clause(&p->lx) == CLAUSE_NONE) {
		const struct scn_case *table;
		char name[SCN_NAME_MAX];

		any = true;
		if (!scn_name(p, "name of an attack", name)) /* the word is read all the same */
			continue;
		table = find_table(p, name);
		if (!table || !table->row_count || !can_be_first(p, table))
			continue;
		if (is_taken(scn_open_case(p), table))
			lex_error(&p->lx, "'%s' stands here twice", name);
		else
			take_rows(p, table);
	}
	if (!any)
		lex_error(&p->lx,
		          "'attack' is followed by names of attack tables that stand above");
	b->attacked = true;
}

/* ---- boot ---- */

static bool is_absolute(const char *paths)
{
	for (const char *s = paths; *s; s += strcspn(s, ","), s += *s == ',')
		if (*s != '/')
			return false;
	return true;
}

static void read_clause(struct parse *p, struct scn_boot *b, enum clause clause)
{
	switch (clause) {
	case CLAUSE_SETUP:
		read_string(p, "setup", "--packages prebuilt", &b->setup);
		if (b->setup && p->suite->policy)
			check_setup(p, b->setup);
		break;
	case CLAUSE_WITHOUT:
		read_string(p, "without", "/bin/nft", &b->without);
		if (b->without && !is_absolute(b->without))
			lex_error(&p->lx,
			          "'without' names files from the root, separated by commas");
		break;
	case CLAUSE_ATTACK:
		read_attack(p, b);
		break;
	case CLAUSE_IMAGE:
		scn_name(p, "name of an image", b->image);
		break;
	case CLAUSE_APPEND:
		read_string(p, "append", "loglevel=7", &b->append);
		break;
	case CLAUSE_NONE:
		break;
	}
}

/* What is fixed when a guest starts cannot be changed in one that goes on. */
static void check_restored(struct parse *p, const struct scn_boot *b, struct scn_place at)
{
	const char *late = b->without ? "without" : b->append ? "append" : NULL;

	if (b->restored && late)
		diag_error(p->diag, at.line, at.column, at.width,
		           "a restored guest has booted already: '%s' goes with `boot cold`", late);
}

bool scn_read_boot(struct parse *p, struct step *s)
{
	struct scn_boot *b = s->boot = scn_alloc(sizeof(*b));
	struct scn_place at = scn_here(p);
	unsigned seen = 0;

	if (lex_peek(&p->lx) && (lex_is(&p->lx, "cold") || lex_is(&p->lx, "restored"))) {
		lex_next(&p->lx);
		b->restored = lex_is(&p->lx, "restored");
	}
	while (lex_next(&p->lx)) {
		enum clause clause = find_clause(&p->lx);

		if (clause == CLAUSE_NONE) {
			lex_unknown(&p->lx, "word", clause_words);
			break;
		}
		if (seen >> clause & 1)
			lex_error(&p->lx, "'%s' stands here twice", p->lx.word);
		seen |= 1u << clause;
		read_clause(p, b, clause);
	}
	check_restored(p, b, at);
	return true;
}

/* On the wire plane the guest is the harness. */
static void check_sends(struct parse *p)
{
	if (scn_open_case(p)->planes & PLANE_WIRE)
		lex_error(&p->lx,
		          "`guest sends` needs a guest: write `planes kernel`, `planes vm` or "
		          "both behind the case's name");
}

enum step_kind scn_none_guest_kind(struct parse *p)
{
	if (!lex_peek(&p->lx) || !lex_is(&p->lx, "sends"))
		return STEP_NONE_GUEST;
	lex_next(&p->lx);
	check_sends(p);
	return STEP_NONE_SENDS;
}

enum step_kind scn_guest_kind(struct parse *p)
{
	bool off = lex_peek(&p->lx) && lex_is(&p->lx, "off");

	if (lex_is(&p->lx, "sends")) {
		lex_next(&p->lx);
		check_sends(p);
		return STEP_GUEST_SENDS;
	}
	if (!off && !lex_is(&p->lx, "reboot"))
		return STEP_GUEST;
	lex_next(&p->lx);
	if (!case_boot(scn_open_case(p)))
		lex_error(&p->lx, "`guest %s` needs a guest of its own: begin the case with `boot`",
		          off ? "off" : "reboot");
	return off ? STEP_GUEST_OFF : STEP_GUEST_REBOOT;
}

/* What the world has begun before the guest is there. */
static bool is_outside(enum step_kind kind)
{
	return kind == STEP_SERVE || kind == STEP_PEER || kind == STEP_PEER_SAYS;
}

void scn_check_boot(struct parse *p, enum step_kind kind)
{
	const struct scn_case *c = scn_open_case(p);
	const struct step *last = c->step_count ? &c->steps[c->step_count - 1] : NULL;
	bool guest = kind == STEP_RUN || kind == STEP_INJECT;

	if (kind == STEP_BOOT && last && !is_outside(last->kind))
		lex_error(&p->lx, "'boot' is the first statement of its case: only 'serve' and "
		                  "'peer' may stand above it");
	if (kind == STEP_BOOT && c->planes != PLANE_VM)
		lex_error(&p->lx, "`boot` works on the vm plane only: write `planes vm` behind the "
		                  "case's name");
	if (kind == STEP_ENDS && c->row_count)
		lex_error(&p->lx, "'ends' does not go with `boot attack`: who is ended does not "
		                  "send the other rows");
	for (size_t i = 0; guest && i < c->step_count; i++)
		if (c->steps[i].kind == STEP_GUEST_OFF)
			lex_error(&p->lx, "the guest is off since line %u", c->steps[i].line);
}

void scn_free_boot(struct scn_boot *b)
{
	if (!b)
		return;
	free(b->setup);
	free(b->without);
	free(b->append);
	free(b);
}
