/* SPDX-License-Identifier: ISC */
/* scenario_table.c: the table of an attack, one packet a row.
 *
 * A bar ends a cell, except behind a backslash and, in the recipe's column, inside of a string. The
 * other columns are prose or names, where a quote is nothing special.
 */
#include "harness/scenario_parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct cell {
	const char *p, *end; /* without the blanks around it */
};

static const char *const column_words[COLUMN_COUNT + 1] = {
        [COLUMN_ID] = "id",         [COLUMN_RECIPE] = "recipe", [COLUMN_VERDICT] = "verdict",
        [COLUMN_WHY] = "why",       [COLUMN_FLAGS] = "flags",   [COLUMN_REQ] = "req",
        [COLUMN_SAYS] = "says",     [COLUMN_HEARS] = "hears",   [COLUMN_TO] = "to",
        [COLUMN_ORIGIN] = "origin", [COLUMN_EVENT] = "event",
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The columns of a conversation that a frame does not have. */
static bool is_of_talk(enum scn_column column)
{
	return column == COLUMN_SAYS || column == COLUMN_HEARS || column == COLUMN_TO ||
	       column == COLUMN_ORIGIN || column == COLUMN_EVENT;
}

/* Whether a table has such a column at all. */
static bool may_have(const struct scn_case *c, enum scn_column column)
{
	return c->talk ? column != COLUMN_RECIPE : !is_of_talk(column);
}

static struct cell trim(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	while (end > p && is_blank(end[-1]))
		end--;
	return (struct cell){p, end};
}

static void lex_cell(struct parse *p, const char *line, struct cell c)
{
	lex_init_window(&p->lx, line, c.p, c.end, p->lx.line, p->diag);
}

static void error_at(struct parse *p, const char *line, const char *at, size_t width,
                     const char *text)
{
	diag_error(p->diag, p->lx.line, (unsigned)(at - line) + 1, (unsigned)width, "%s", text);
}

/* The bar that ends the cell starting at `s`, or `end`. *open is set to a quote without its
 * partner. */
static const char *find_bar(const char *s, const char *end, bool strings, const char **open)
{
	*open = NULL;
	for (; s < end; s++) {
		if (*s == '\\' && s + 1 < end)
			s++;
		else if (*s == '"' && strings)
			*open = *open ? NULL : s;
		else if (*s == '|' && !*open)
			return s;
	}
	return end;
}

/* Whether a quote begins a string in this column, and is not prose. */
static bool has_strings(enum scn_column column)
{
	return column == COLUMN_RECIPE || is_of_talk(column);
}

/* Cuts a line into cells; returns how many, 0 after an error that leaves nothing to look at. */
static unsigned split(struct parse *p, const char *line, size_t len, struct cell *cells)
{
	const struct scn_table *t = &p->table;
	const char *end = line + len;
	const char *s = (const char *)memchr(line, '|', len) + 1;
	unsigned count = 0;

	for (;;) {
		bool recipe = count < t->count && has_strings(t->columns[count]);
		struct cell rest = trim(s, end);
		const char *bar, *open;

		if (rest.p == end || (t->has_header && count == t->count && *rest.p == '#'))
			return count;
		bar = find_bar(s, end, recipe, &open);
		if (open) {
			error_at(p, line, open, (size_t)(end - open), "string without end");
			return 0;
		}
		if (count == SCN_COLUMNS_MAX) {
			error_at(p, line, rest.p, 1, "a table has at most 16 columns");
			return 0;
		}
		cells[count++] = trim(s, bar);
		if (bar == end) {
			error_at(p, line, rest.end, 1, "the line must end with '|'");
			return count;
		}
		s = bar + 1;
	}
}

static bool has_column(const struct scn_table *t, enum scn_column column)
{
	for (unsigned i = 0; i < t->count; i++)
		if (t->columns[i] == column)
			return true;
	return false;
}

static enum scn_column read_column(struct parse *p)
{
	const struct scn_case *c = scn_open_case(p);
	const char *words[COLUMN_COUNT + 1] = {0};
	unsigned column = 0, count = 0;
	const char *word = p->lx.word;

	if (!lex_next(&p->lx)) {
		lex_error(&p->lx, "a column without a name");
		return COLUMN_UNKNOWN;
	}
	for (; column < COLUMN_COUNT; column++)
		if (may_have(c, (enum scn_column)column))
			words[count++] = column_words[column];
	column = 0;
	while (column < COLUMN_COUNT &&
	       (strcmp(word, column_words[column]) != 0 || !may_have(c, (enum scn_column)column)))
		column++;
	if (column == COLUMN_COUNT) {
		const char *meant = lex_unknown(&p->lx, "column", words);

		/* Not complained about again as a column that is missing. */
		for (column = 0; column < COLUMN_COUNT; column++)
			if (meant == column_words[column])
				break;
	}
	if (column < COLUMN_COUNT && has_column(&p->table, (enum scn_column)column)) {
		lex_error(&p->lx, "column '%s' stands here twice", column_words[column]);
		column = COLUMN_COUNT;
	}
	scn_end(p);
	return column < COLUMN_COUNT ? (enum scn_column)column : COLUMN_UNKNOWN;
}

static void read_header(struct parse *p, const char *line, size_t len)
{
	struct scn_table *t = &p->table;
	struct cell cells[SCN_COLUMNS_MAX];
	unsigned count = split(p, line, len, cells);
	size_t errors = p->diag->count;

	for (unsigned i = 0; i < count; i++) {
		lex_cell(p, line, cells[i]);
		t->columns[t->count] = read_column(p);
		t->count++;
	}
	t->has_header = true;
	if (p->diag->count != errors)
		return;
	for (unsigned column = 0; column < COLUMN_REQ; column++)
		if (!has_column(t, (enum scn_column)column) &&
		    may_have(scn_open_case(p), (enum scn_column)column))
			diag_error(p->diag, p->lx.line, 0, 0, "the table has no column '%s'",
			           column_words[column]);
}

/* |---|:--:| as Markdown has it below the header */
static bool is_rule(const char *line, size_t len)
{
	bool dash = false;

	for (size_t i = 0; i < len; i++) {
		if (!memchr("|-: \t", line[i], 5))
			return false;
		dash |= line[i] == '-';
	}
	return dash;
}

static void load_flags_from(struct parse *p, FILE *f, const char *path)
{
	char text[256];
	unsigned count = 0, line = 0;

	while (fgets(text, sizeof(text), f)) {
		size_t n = strcspn(text, " \t\r\n");
		size_t good = 0;

		line++;
		if (!n || text[0] == '#')
			continue;
		while (good < n &&
		       (isupper((unsigned char)text[good]) ||
		        (good && (isdigit((unsigned char)text[good]) || text[good] == '-'))))
			good++;
		if (good < n || n >= SCN_FLAG_MAX || count == SCN_FLAGS_MAX ||
		    !strchr(text, '\n')) {
			diag_error(p->diag, 0, 0, 0, "%s:%u: not a flag, or one too many", path,
			           line);
			break;
		}
		memcpy(p->flag_text[count], text, n);
		p->flags[count] = p->flag_text[count];
		count++;
	}
}

/* flags.txt beside the file, or one folder up. */
static void load_flags(struct parse *p)
{
	static const char *const names[] = {"/flags.txt", "/../flags.txt"};

	p->has_flags = true;
	for (unsigned i = 0; i < 2; i++) {
		char path[PATH_MAX + 32];
		FILE *f;

		snprintf(path, sizeof(path), "%s%s", p->dir, names[i]);
		f = fopen(path, "re");
		if (!f)
			continue;
		load_flags_from(p, f, path);
		fclose(f);
		return;
	}
	diag_error(p->diag, 0, 0, 0, "there is no flags.txt beside this file nor one folder up");
}

static bool is_flag(const struct parse *p, const char *word)
{
	for (unsigned i = 0; p->flags[i]; i++)
		if (!strcmp(p->flags[i], word))
			return true;
	return false;
}

static char *read_flags(struct parse *p)
{
	char text[SCN_LINE_MAX + 1] = "";
	size_t len = 0;

	if (!p->has_flags)
		load_flags(p);
	if (!lex_peek(&p->lx))
		lex_error(&p->lx, "a row has at least one flag; BASIC when nothing else fits");
	while (lex_next(&p->lx)) {
		if (p->flags[0] && !is_flag(p, p->lx.word))
			lex_unknown(&p->lx, "flag", p->flags);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len ? " " : "",
		                        p->lx.word);
		if (len >= sizeof(text))
			len = sizeof(text) - 1;
	}
	return scn_copy(text, len);
}

static enum row_verdict read_talk_verdict(struct parse *p)
{
	static const char *const words[] = {"drop", "ask", "answer", "pass", NULL};
	static const enum row_verdict verdicts[] = {ROW_DROP, ROW_ASK, ROW_ANSWER, ROW_PASS};
	unsigned v = 0;

	if (!lex_next(&p->lx)) {
		lex_error(&p->lx, "the verdict is missing: drop, ask, answer or pass");
		return ROW_DROP;
	}
	while (words[v] && !lex_is(&p->lx, words[v]))
		v++;
	if (!words[v])
		lex_unknown(&p->lx, "verdict of a talk", words);
	scn_end(p);
	return words[v] ? verdicts[v] : ROW_DROP;
}

static enum row_verdict read_verdict(struct parse *p)
{
	static const char *const words[] = {"drop",   "pass",  "answer", "terminate",
	                                    "refuse", "ready", NULL};
	unsigned v = 0;

	if (scn_open_case(p)->talk)
		return read_talk_verdict(p);

	if (!lex_next(&p->lx)) {
		lex_error(&p->lx,
		          "the verdict is missing: drop, pass, answer, terminate, refuse or ready");
		return ROW_DROP;
	}
	while (words[v] && !lex_is(&p->lx, words[v]))
		v++;
	if (!words[v]) {
		lex_unknown(&p->lx, "verdict", words);
		return ROW_DROP;
	}
	if (v == ROW_TERMINATE && scn_open_case(p)->planes & ~(unsigned)PLANE_WIRE && !p->imported)
		lex_error(&p->lx, "a guest lives longer than a row: write `planes wire` behind the "
		                  "attack's name");
	scn_end(p);
	return (enum row_verdict)v;
}

/* Prose, with \| for a bar. */
static char *read_why(struct parse *p, struct cell c)
{
	char *why = scn_copy(c.p, (size_t)(c.end - c.p));
	char *to = why;

	if (c.p == c.end)
		lex_error(&p->lx, "a row says why it has this verdict");
	for (const char *from = why; *from; from++)
		if (from[0] != '\\' || from[1] != '|')
			*to++ = *from;
	*to = '\0';
	return why;
}

static void read_id(struct parse *p, struct row *row)
{
	unsigned before;

	if (!scn_name(p, "row id", row->id))
		return;
	before = scn_set_add(&p->row_names, row->id, row->line);
	if (before)
		lex_error(&p->lx, "'%s' is already the id of the row in line %u", row->id, before);
	scn_end(p);
}

static bool read_recipe(struct parse *p, struct row *row, struct cell c)
{
	row->text = scn_copy(c.p, (size_t)(c.end - c.p));
	if (!lex_peek(&p->lx)) {
		lex_error(&p->lx, "the recipe is missing");
		return false;
	}
	if (lex_is(&p->lx, "start"))
		return scn_read_start(p, row);
	if (!recipe_parse(&p->lx, false, row->target, NULL, p->diag, &row->recipe))
		return false;
	scn_end(p);
	if (row->recipe.kind == RECIPE_RUN && !(scn_open_case(p)->planes & PLANES_GUEST)) {
		lex_cell(p, p->lx.line_start, c);
		lex_next(&p->lx);
		lex_error(&p->lx,
		          "`run` needs a guest, and this attack is for the wire plane alone");
	}
	return true;
}

/* The whole of a cell. */
static struct scn_place place_of(const struct parse *p, struct cell c)
{
	struct scn_place at = scn_here(p);

	at.column = (unsigned)(c.p - p->lx.line_start) + 1;
	at.width = (unsigned)(c.end - c.p);
	return at;
}

/* Reads every cell whatever the others are like. */
static void read_row(struct parse *p, struct row *row, const char *line, const struct cell *cells)
{
	const struct scn_table *t = &p->table;
	struct scn_place recipe = {0}, verdict = {0}, hears = {0};
	size_t errors = p->diag->count;

	for (unsigned i = 0; i < t->count; i++)
		if (t->columns[i] == COLUMN_TO) { /* says what the others may hold */
			lex_cell(p, line, cells[i]);
			scn_talk_cell(p, row, COLUMN_TO);
		}
	for (unsigned i = 0; i < t->count; i++) {
		lex_cell(p, line, cells[i]);
		switch (t->columns[i]) {
		case COLUMN_ID:
			read_id(p, row);
			break;
		case COLUMN_RECIPE:
			recipe = scn_here(p);
			recipe.width = (unsigned)(cells[i].end - cells[i].p);
			if (!read_recipe(p, row, cells[i]))
				row->recipe = (struct recipe){0};
			break;
		case COLUMN_VERDICT:
			verdict = scn_here(p);
			verdict.width = (unsigned)(cells[i].end - cells[i].p);
			row->verdict = read_verdict(p);
			break;
		case COLUMN_WHY:
			row->why = read_why(p, cells[i]);
			break;
		case COLUMN_FLAGS:
			row->flags = read_flags(p);
			break;
		case COLUMN_REQ:
			while (lex_next(&p->lx))
				scn_add_req(p, &row->req);
			break;
		case COLUMN_SAYS:
			row->text = scn_copy(cells[i].p, (size_t)(cells[i].end - cells[i].p));
			recipe = place_of(p, cells[i]);
			scn_talk_cell(p, row, COLUMN_SAYS);
			break;
		case COLUMN_HEARS:
			hears = place_of(p, cells[i]);
			scn_talk_cell(p, row, COLUMN_HEARS);
			break;
		case COLUMN_ORIGIN:
		case COLUMN_EVENT:
			scn_talk_cell(p, row, t->columns[i]);
			break;
		case COLUMN_TO:
		case COLUMN_COUNT:
		case COLUMN_UNKNOWN:
			break;
		}
	}
	if (p->diag->count == errors && row->talk)
		scn_check_talk(p, row, recipe, hears, verdict);
	if (p->diag->count == errors)
		scn_check_start(p, row, recipe, verdict);
	if (p->diag->count == errors)
		scn_check_row(p, row, "", recipe, verdict);
}

/* The header's columns and the row's cells are the same number. */
static bool fits_header(struct parse *p, const char *line, const struct cell *cells, unsigned count)
{
	unsigned columns = p->table.count;
	const char *at;

	if (!count || count == columns)
		return count > 0;
	at = count > columns ? cells[columns].p : cells[count - 1].end;
	diag_error(p->diag, p->lx.line, (unsigned)(at - line) + 1, 1,
	           "the row has %u cells, the header has %u", count, columns);
	return false;
}

/* One row, with the values of what varies in it. */
static void read_one_row(struct parse *p, const char *line, size_t len)
{
	struct scn_case *c = scn_open_case(p);
	struct cell cells[SCN_COLUMNS_MAX];
	struct row row = {.line = p->lx.line};
	unsigned count;
	size_t errors = p->diag->count;

	if (++p->totals->rows > SCN_ROWS_MAX) {
		if (p->totals->rows == SCN_ROWS_MAX + 1)
			lex_error(&p->lx, "a suite has at most %d rows", SCN_ROWS_MAX);
		return;
	}
	row.target = scn_next_target(p);
	count = split(p, line, len, cells);
	if (!fits_header(p, line, cells, count))
		return;
	read_row(p, &row, line, cells);
	if (p->diag->count != errors) {
		scn_free_row(&row);
		return;
	}
	c->rows = scn_grow(c->rows, c->row_count, sizeof(*c->rows));
	c->rows[c->row_count++] = row;
}

/* A row, or all those that it stands for. */
static void read_row_line(struct parse *p, const char *line, size_t len)
{
	struct cell cells[SCN_COLUMNS_MAX];
	unsigned count = 0, mask = 0;
	size_t errors = p->diag->count;

	if (p->vary_count)
		count = split(p, line, len, cells);
	for (unsigned pass = 0; pass < 2; pass++) /* the id first: it says what varies */
		for (unsigned i = 0; i < count && i < p->table.count; i++)
			if ((p->table.columns[i] == COLUMN_ID) == !pass &&
			    !scn_vary_marks(p, line, cells[i].p, cells[i].end, !pass, &mask))
				return;
	if (p->diag->count != errors)
		return;
	if (mask)
		scn_vary_rows(p, line, len, mask, read_one_row);
	else
		read_one_row(p, line, len);
}

void scn_table_line(struct parse *p, const char *line, size_t len)
{
	struct scn_table *t = &p->table;

	if (!t->has_header) {
		read_header(p, line, len);
	} else if (!t->has_rule && !scn_open_case(p)->row_count && is_rule(line, len)) {
		t->has_rule = true;
	} else {
		read_row_line(p, line, len);
	}
}
