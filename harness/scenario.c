/* SPDX-License-Identifier: ISC */
/* scenario.c: reads a scenario file line by line and hands each statement to whoever knows it. */
#include "harness/scenario_parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *row_verdict_name(enum row_verdict v)
{
	static const char *const names[] = {[ROW_DROP] = "drop",     [ROW_PASS] = "pass",
	                                    [ROW_ANSWER] = "answer", [ROW_TERMINATE] = "terminate",
	                                    [ROW_REFUSE] = "refuse", [ROW_READY] = "ready",
	                                    [ROW_ASK] = "ask"};

	return names[v];
}

bool step_expects(enum step_kind kind)
{
	switch (kind) {
	case STEP_WIRE:
	case STEP_GUEST:
	case STEP_MAY_WIRE:
	case STEP_NONE_GUEST:
	case STEP_RUN:
	case STEP_EVENT:
	case STEP_NONE_EVENT:
	case STEP_STATS:
	case STEP_MEMORY:
	case STEP_ENDS:
	case STEP_PEER_SAYS:
	case STEP_PEER_SENDS:
	case STEP_BESIDE_GUEST:
	case STEP_BESIDE_ENDS:
	case STEP_NONE_BESIDE:
	case STEP_HEARS:
	case STEP_GUEST_OFF:
	case STEP_GUEST_SENDS:
	case STEP_NONE_SENDS:
		return true;
	case STEP_BOOT:
	case STEP_GUEST_REBOOT:
	case STEP_INJECT:
	case STEP_WORLD:
	case STEP_TALK:
	case STEP_SAYS:
	case STEP_SERVE:
	case STEP_PEER:
	case STEP_IMPAIR:
	case STEP_KILL:
	case STEP_LIMIT:
	case STEP_BESIDE_POLICY:
	case STEP_BESIDE_INJECT:
	case STEP_CYCLE:
	case STEP_EARLY:
	case STEP_FLOOD:
	case STEP_CHANNEL:
	case STEP_POLICY:
	case STEP_SYNC:
	case STEP_CLOCK:
	case STEP_UPLINK:
	case STEP_STOP:
	case STEP_CONT:
	case STEP_AUDIT:
	case STEP_KIND_COUNT:
		break;
	}
	return false;
}

const struct step *case_ends(const struct scn_case *c)
{
	const struct step *last = c->step_count ? &c->steps[c->step_count - 1] : NULL;

	return last && last->kind == STEP_ENDS ? last : NULL;
}

const struct scn_boot *case_boot(const struct scn_case *c)
{
	size_t i = 0;

	while (i < c->step_count &&
	       (c->steps[i].kind == STEP_SERVE || c->steps[i].kind == STEP_PEER ||
	        c->steps[i].kind == STEP_PEER_SAYS))
		i++;
	return i < c->step_count && c->steps[i].kind == STEP_BOOT ? c->steps[i].boot : NULL;
}

const char *plane_name(enum scn_plane p)
{
	return p == PLANE_WIRE ? "wire" : p == PLANE_KERNEL ? "kernel" : "vm";
}

/* Statements, in the order of a file. */
enum level { LEVEL_HEAD, LEVEL_CASE, LEVEL_STEP };

enum statement {
	ST_SUITE,
	ST_POLICY,
	ST_PLANES,
	ST_ORGANISATION,
	ST_NEEDS,
	ST_SENTINEL,
	ST_ORIGIN,
	ST_RESOLVER,
	ST_IMPORT,
	ST_CASE,
	ST_ATTACK,
	ST_TALK,
	ST_VARY,
	ST_NONE,
	ST_MAY,
	ST_BESIDE,
	ST_STEPS, /* from here on they are steps and nothing else */
	ST_COUNT = ST_STEPS + STEP_POLICY
};

/* Steps that begin with a word of their own stand behind the others, in the order of enum step_kind. */
static const char *const statement_words[ST_COUNT + 1] = {
        [ST_SUITE] = "suite",
        [ST_POLICY] = "policy",
        [ST_PLANES] = "planes",
        [ST_ORGANISATION] = "organisation",
        [ST_NEEDS] = "needs",
        [ST_SENTINEL] = "sentinel",
        [ST_ORIGIN] = "origin",
        [ST_RESOLVER] = "resolver",
        [ST_IMPORT] = "import",
        [ST_CASE] = "case",
        [ST_ATTACK] = "attack",
        [ST_TALK] = "talk",
        [ST_VARY] = "vary",
        [ST_NONE] = "none",
        [ST_MAY] = "may",
        [ST_BESIDE] = "beside",
        [ST_STEPS + STEP_INJECT] = "inject",
        [ST_STEPS + STEP_WORLD] = "world",
        [ST_STEPS + STEP_WIRE] = "wire",
        [ST_STEPS + STEP_GUEST] = "guest",
        [ST_STEPS + STEP_RUN] = "run",
        [ST_STEPS + STEP_SERVE] = "serve",
        [ST_STEPS + STEP_PEER] = "peer",
        [ST_STEPS + STEP_IMPAIR] = "impair",
        [ST_STEPS + STEP_BOOT] = "boot",
        [ST_STEPS + STEP_FLOOD] = "flood",
        [ST_STEPS + STEP_CHANNEL] = "channel",
        [ST_STEPS + STEP_EVENT] = "event",
        [ST_STEPS + STEP_SYNC] = "sync",
        [ST_STEPS + STEP_CLOCK] = "clock",
        [ST_STEPS + STEP_STATS] = "stats",
        [ST_STEPS + STEP_MEMORY] = "memory",
        [ST_STEPS + STEP_UPLINK] = "uplink",
        [ST_STEPS + STEP_STOP] = "stop",
        [ST_STEPS + STEP_CONT] = "cont",
        [ST_STEPS + STEP_AUDIT] = "audit",
        [ST_STEPS + STEP_KILL] = "kill",
        [ST_STEPS + STEP_LIMIT] = "limit",
        [ST_STEPS + STEP_CYCLE] = "cycle",
        [ST_STEPS + STEP_EARLY] = "early",
        [ST_STEPS + STEP_SAYS] = "says",
        [ST_STEPS + STEP_HEARS] = "hears",
        [ST_STEPS + STEP_ENDS] = "ends",
};

/* `policy` stands at the head of a file, and changes the policy in a case; `serve` serves a suite, or a case. */
static enum level level_of(const struct parse *p, enum statement st)
{
	if (st == ST_POLICY && p->suite->case_count)
		return LEVEL_STEP;
	if (st == ST_STEPS + STEP_SERVE && !p->suite->case_count)
		return LEVEL_HEAD;
	return st <= ST_RESOLVER ? LEVEL_HEAD : st <= ST_VARY ? LEVEL_CASE : LEVEL_STEP;
}

static enum statement find_statement(const char *word)
{
	unsigned st = 0;

	while (st < ST_COUNT && strcmp(word, statement_words[st]) != 0)
		st++;
	return (enum statement)st;
}

/* False, with an error, when the statement cannot stand here at all. */
static bool is_in_place(struct parse *p, enum statement st)
{
	const char *word = statement_words[st];
	enum level level = level_of(p, st);

	if (level == LEVEL_HEAD && p->suite->case_count) {
		lex_error(&p->lx, "'%s' belongs above the first case", word);
		return false;
	}
	if (level != LEVEL_STEP)
		return true;
	if (!p->in_case) {
		lex_error(&p->lx, "'%s' belongs below a `case`", word);
		return false;
	}
	p->case_is_used = true;
	if (scn_open_case(p)->attack) {
		lex_error(&p->lx, "'%s' belongs below a `case`; %s has a table", word,
		          scn_open_case(p)->talk ? "a `talk`" : "an `attack`");
		return false;
	}
	return true;
}

static void read_none(struct parse *p)
{
	if (lex_next(&p->lx) && lex_is(&p->lx, "guest"))
		scn_step(p, scn_none_guest_kind(p));
	else if (lex_is(&p->lx, "event"))
		scn_step(p, STEP_NONE_EVENT);
	else if (lex_is(&p->lx, "beside") && lex_next(&p->lx) && lex_is(&p->lx, "guest"))
		scn_step(p, STEP_NONE_BESIDE);
	else if (lex_is(&p->lx, "wire"))
		lex_error(&p->lx, "'none wire' holds in every case: what no `wire` statement "
		                  "allows fails it");
	else
		lex_error(&p->lx, "'none' is followed by 'guest', 'beside guest' or 'event'");
}

static void read_beside(struct parse *p)
{
	static const char *const words[] = {"policy", "inject", "guest", "ends", NULL};
	static const enum step_kind kinds[] = {STEP_BESIDE_POLICY, STEP_BESIDE_INJECT,
	                                       STEP_BESIDE_GUEST, STEP_BESIDE_ENDS};
	unsigned i = 0;

	if (!lex_next(&p->lx)) {
		lex_error(&p->lx, "'beside' is followed by policy, inject, guest or ends");
		return;
	}
	while (words[i] && !lex_is(&p->lx, words[i]))
		i++;
	if (words[i])
		scn_step(p, kinds[i]);
	else
		lex_unknown(&p->lx, "word", words);
}

/* `talk to ...` in a case of statements; else a table begins. */
static bool is_talk_step(struct parse *p)
{
	if (!p->in_case || scn_open_case(p)->attack || !lex_peek(&p->lx) || !lex_is(&p->lx, "to"))
		return false;
	p->case_is_used = true;
	return true;
}

static void read_may(struct parse *p)
{
	if (lex_next(&p->lx) && lex_is(&p->lx, "wire"))
		scn_step(p, STEP_MAY_WIRE);
	else
		lex_error(&p->lx, "'may' is followed by 'wire'");
}

static void read_statement(struct parse *p, enum statement st)
{
	switch ((int)st) {
	case ST_SUITE:
		scn_suite(p);
		break;
	case ST_POLICY:
		if (p->suite->case_count)
			scn_step(p, STEP_POLICY);
		else
			scn_policy(p);
		break;
	case ST_PLANES:
		scn_planes(p);
		break;
	case ST_ORGANISATION:
		scn_organisation(p);
		break;
	case ST_NEEDS:
		scn_needs(p);
		break;
	case ST_SENTINEL:
		scn_sentinel(p);
		break;
	case ST_IMPORT:
		scn_import(p);
		break;
	case ST_ORIGIN:
	case ST_RESOLVER:
		scn_origin(p, st == ST_RESOLVER);
		break;
	case ST_TALK:
		if (is_talk_step(p))
			scn_step(p, STEP_TALK);
		else
			scn_begin_talk(p);
		break;
	case ST_STEPS + STEP_SERVE:
		if (p->suite->case_count)
			scn_step(p, STEP_SERVE);
		else
			scn_head_serve(p);
		break;
	case ST_CASE:
	case ST_ATTACK:
		scn_begin_case(p, st == ST_ATTACK);
		break;
	case ST_VARY:
		scn_vary(p);
		break;
	case ST_NONE:
		read_none(p);
		break;
	case ST_MAY:
		read_may(p);
		break;
	case ST_BESIDE:
		read_beside(p);
		break;
	default:
		scn_step(p, (enum step_kind)(st - ST_STEPS));
		break;
	}
}

/* The current word as a statement. What looks misspelt is read as what was meant, so that the rest
 * of the line, and the lines that belong to it, are still looked at. */
static enum statement read_statement_word(struct parse *p)
{
	enum statement st = p->lx.string ? ST_COUNT : find_statement(p->lx.word);
	const char *meant;

	if (st < ST_COUNT)
		return st;
	meant = lex_unknown(&p->lx, "statement", statement_words);
	return meant ? find_statement(meant) : ST_COUNT;
}

/* False, with an error, when the line has bytes that text does not have. */
static bool is_text(struct parse *p, const char *line, size_t len)
{
	static const char mark[] = "\xef\xbb\xbf";

	if (p->lx.line == 1 && len >= 3 && !memcmp(line, mark, 3)) {
		diag_error(p->diag, 1, 1, 3, "the file starts with a byte order mark");
		return false;
	}
	for (size_t i = 0; i < len;) {
		size_t n = diag_char_len(line + i, len - i);
		unsigned byte = (unsigned char)line[i];

		if (!n) {
			diag_error(p->diag, p->lx.line, (unsigned)i + 1, 1,
			           byte < 0x80 ? "control character 0x%02x"
			                       : "byte 0x%02x is not UTF-8 text",
			           byte);
			return false;
		}
		i += n;
	}
	return true;
}

static void read_table_line(struct parse *p, const char *line, size_t len, size_t indent)
{
	p->case_is_used = true;
	if (!p->in_case || !scn_open_case(p)->attack)
		diag_error(p->diag, p->lx.line, (unsigned)indent + 1, 1,
		           "a table belongs below an `attack` or a `talk`");
	else
		scn_table_line(p, line, len);
}

static void read_line(struct parse *p, const char *line, size_t len, unsigned number)
{
	size_t indent = 0;

	lex_init(&p->lx, line, len, number, p->diag);
	if (len > SCN_LINE_MAX) {
		diag_error(p->diag, number, 0, 0, "a line has at most %d bytes", SCN_LINE_MAX);
		return;
	}
	if (!is_text(p, line, len))
		return;
	while (indent < len && (line[indent] == ' ' || line[indent] == '\t'))
		indent++;
	if (indent < len && line[indent] == '|') {
		read_table_line(p, line, len, indent);
	} else if (lex_next(&p->lx)) {
		enum statement st = read_statement_word(p);

		if (st < ST_COUNT && is_in_place(p, st))
			read_statement(p, st);
	}
}

static void read_lines(struct parse *p, const char *text, size_t len)
{
	unsigned number = 1;

	while (len) {
		const char *newline = memchr(text, '\n', len);
		size_t whole = newline ? (size_t)(newline - text) + 1 : len;
		size_t line_len = newline ? whole - 1 : len;

		if (newline && line_len && text[line_len - 1] == '\r')
			line_len--;
		read_line(p, text, line_len, number++);
		text += whole;
		len -= whole;
	}
}

static char *join(const char *dir, const char *rest)
{
	size_t size = strlen(dir) + strlen(rest) + 1;
	char *path = scn_alloc(size);

	snprintf(path, size, "%s%s", dir, rest);
	return path;
}

static bool set_folder(struct parse *p, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 1;

	if (len >= sizeof(p->dir)) {
		diag_error(p->diag, 0, 0, 0, "this path is too long");
		return false;
	}
	memcpy(p->dir, slash ? path : ".", len);
	p->dir[len] = '\0';
	return true;
}

static struct suite *parse_text(const char *path, const char *text, size_t len, struct diag *diag,
                                const struct parse *importer)
{
	struct scn_totals totals = {0};
	struct parse *p = scn_alloc(sizeof(*p));
	struct suite *suite = scn_alloc(sizeof(*suite));

	diag_init(diag, path, text, len);
	p->suite = suite;
	suite->planes = PLANES_ALL;
	p->diag = diag;
	p->imported = importer != NULL;
	p->totals = importer ? importer->totals : &totals;
	if (len > SCN_FILE_MAX) {
		diag_error(diag, 0, 0, 0, "a scenario has at most %u bytes", SCN_FILE_MAX);
	} else if (set_folder(p, path)) {
		suite->path = scn_copy(path, strlen(path));
		suite->dir = scn_copy(p->dir, strlen(p->dir));
		suite->pcap_dir = join(p->dir, "/../pcaps");
		read_lines(p, text, len);
		scn_end_case(p);
		scn_check_suite(p);
	}
	scn_set_free(&p->case_names);
	scn_set_free(&p->row_names);
	free(p);
	if (!diag->count)
		return suite;
	scenario_free(suite);
	return NULL;
}

struct suite *scenario_parse(const char *path, const char *text, size_t len, struct diag *diag)
{
	return parse_text(path, text, len, diag, NULL);
}

/* The text of a file, one byte more than SCN_FILE_MAX at most; NULL with errno. */
static char *read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	size_t size = 0;
	char *text = NULL;
	int error;

	*len = 0;
	if (!f)
		return NULL;
	do {
		if (*len == size) {
			char *larger;

			size = size ? 2 * size : 16384;
			larger = scn_alloc(size + 1);
			if (*len)
				memcpy(larger, text, *len);
			free(text);
			text = larger;
		}
		errno = 0;
		*len += fread(text + *len, 1, size - *len, f);
	} while (!feof(f) && !ferror(f) && *len <= SCN_FILE_MAX);
	error = ferror(f) ? errno : 0;
	fclose(f);
	if (!error)
		return text;
	free(text);
	errno = error;
	return NULL;
}

static struct suite *load(const char *path, struct diag *diag, char **source,
                          const struct parse *importer)
{
	size_t len;

	*source = read_file(path, &len);
	if (*source)
		return parse_text(path, *source, len, diag, importer);
	diag_init(diag, path, NULL, 0);
	diag_error(diag, 0, 0, 0, "cannot be read: %s", strerror(errno));
	return NULL;
}

struct suite *scenario_load(const char *path, struct diag *diag, char **source)
{
	return load(path, diag, source, NULL);
}

struct suite *scn_load_import(const char *path, struct diag *diag, char **source,
                              const struct parse *importer)
{
	return load(path, diag, source, importer);
}

void scn_free_row(struct row *row)
{
	recipe_free(&row->recipe);
	if (row->start) {
		free(row->start->policy);
		free(row->start->organisation);
	}
	free(row->start);
	talk_free(row->talk);
	free(row->text);
	free(row->why);
	free(row->flags);
}

void scn_free_step(struct step *s)
{
	recipe_free(&s->recipe);
	free(s->text);
	free(s->command);
	free(s->output);
	free(s->policy);
	free(s->hex);
	scn_free_boot(s->boot);
	talk_free(s->talk);
}

void scn_free_case(struct scn_case *c)
{
	for (size_t i = 0; i < c->step_count; i++)
		scn_free_step(&c->steps[i]);
	for (size_t i = 0; c->attack && i < c->row_count; i++)
		scn_free_row(&c->rows[i]); /* else they are another's */
	free(c->steps);
	free(c->rows);
	free(c->to);
	free(c->to_text);
}

void scenario_free(struct suite *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->case_count; i++)
		scn_free_case(&s->cases[i]);
	for (size_t i = 0; i < s->table_count; i++)
		scn_free_case(&s->tables[i]);
	for (size_t i = 0; i < s->serve_count; i++)
		scn_free_step(&s->serves[i]);
	free(s->serves);
	free(s->tables);
	if (s->has_sentinel)
		recipe_free(&s->sentinel);
	free(s->cases);
	free(s->sentinel_text);
	free(s->policy);
	free(s->organisation);
	free(s->pcap_dir);
	free(s->dir);
	free(s->path);
	free(s);
}
