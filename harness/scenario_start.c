/* SPDX-License-Identifier: ISC */
/* scenario_start.c: rows whose recipe is `start`: a policy that the backend must refuse, or take. */
#include "harness/scenario_parse.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SIZE_MOST 200000000

static const char *const start_words[] = {
        [START_NOTHING] = "nothing", [START_DIRECTORY] = "directory",
        [START_DEVICE] = "device",   [START_FIFO] = "fifo",
        [START_FILE] = NULL,
};

/* What the words of start_words say, or a file. */
static bool read_what(struct parse *p, struct scn_start *start)
{
	unsigned i = 0;

	if (!lex_next(&p->lx)) {
		lex_error(&p->lx, "'start' is followed by the path of a policy, or by nothing, "
		                  "directory, device or fifo");
		return false;
	}
	while (start_words[i] && !lex_is(&p->lx, start_words[i]))
		i++;
	start->what = (enum start_what)i;
	if (start->what != START_FILE)
		return true;
	if (!strpbrk(p->lx.word, "./")) {
		lex_unknown(&p->lx, "kind of policy", start_words);
		return false;
	}
	start->policy = scn_file(p, "policy");
	return true;
}

bool scn_read_start(struct parse *p, struct row *row)
{
	struct scn_start *start = scn_alloc(sizeof(*start));
	unsigned size;

	row->start = start;
	lex_next(&p->lx); /* `start` */
	if (!read_what(p, start))
		return false;
	if (lex_peek(&p->lx) && lex_is(&p->lx, "organisation")) {
		lex_next(&p->lx);
		if (lex_next(&p->lx))
			start->organisation = scn_file(p, "organisation's policy");
		else
			lex_error(&p->lx, "'organisation' is followed by a file");
	}
	if (lex_peek(&p->lx) && lex_is(&p->lx, "size")) {
		lex_next(&p->lx);
		if (start->what != START_FILE)
			lex_error(&p->lx, "only a file has a size");
		start->has_size = scn_number(p, "size", 0, SIZE_MOST, &size);
		start->size = start->has_size ? size : 0;
	}
	return scn_end(p);
}

/* Whether the oracle takes the file for a policy, and nothing of it is cut off. */
static bool is_policy(const struct scn_start *start, char *why)
{
	struct oracle *o = scn_alloc(sizeof(*o));
	struct stat st = {0};
	bool is = false;

	if (start->what != START_FILE)
		snprintf(why, 256, "there is no file");
	else if (start->has_size && (stat(start->policy, &st) || st.st_size > start->size))
		snprintf(why, 256, "its end is cut off");
	else
		is = oracle_load(start->policy, o, why);
	free(o);
	return is;
}

void scn_check_start(struct parse *p, const struct row *row, struct scn_place recipe,
                     struct scn_place verdict)
{
	bool about_start = row->verdict == ROW_REFUSE || row->verdict == ROW_READY;
	char why[256] = "";

	if (!row->start && !about_start)
		return;
	if (!row->start || !about_start)
		diag_error(
		        p->diag, verdict.line, verdict.column, verdict.width,
		        "`start` goes with the verdicts refuse and ready, and they with `start`");
	else if (scn_open_case(p)->planes != PLANE_WIRE && !p->imported)
		diag_error(p->diag, recipe.line, recipe.column, recipe.width,
		           "`start` needs a backend of its own: write `planes wire` behind the "
		           "attack's name");
	else if (row->start->organisation && !p->imported)
		scn_require(p, "an organisation's policy", "organisation");
	else if (row->verdict == ROW_READY && !is_policy(row->start, why))
		diag_error(p->diag, recipe.line, recipe.column, recipe.width,
		           "no backend can take this policy: %s", why);
}

bool scn_refuses_only(const struct scn_case *c)
{
	bool refuses = false, takes = false;

	for (size_t i = 0; i < c->row_count; i++) {
		refuses |= c->rows[i].verdict == ROW_REFUSE;
		takes |= c->rows[i].verdict == ROW_READY;
	}
	return refuses && !takes;
}
