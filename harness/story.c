/* SPDX-License-Identifier: ISC */
/* story.c: evidence_tell() and evidence_brief(), one case told to a person. */
#include "harness/story.h"
#include "harness/escape.h"
#include "harness/evidence.h"
#include "harness/timeline.h"

#include <string.h>

#define COLUMNS     100
#define TITLE_WIDTH 64 /* requirement ids stand behind it */
#define WORD_WIDTH  10 /* "expected", "sends", the result */
#define ELIDE_ABOVE 60 /* longer tapes lose their middle */
#define ELIDE_KEEP  25 /* entries kept at each end */

#define ELSE_NOTHING "nothing else crosses the wire"

struct story {
	const struct evidence *e;
	FILE *to;
	bool colour;
};

static const char *sgr(const struct story *s, const char *code)
{
	return s->colour ? code : "";
}

#define BOLD   "\033[1m"
#define DIM    "\033[2m"
#define RED    "\033[31m"
#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define NORMAL "\033[0m"

/* Prints `text` broken at spaces, each further line indented by `indent`; the first begins there
 * already. */
static void print_wrapped(const struct story *s, const char *text, unsigned indent)
{
	char plain[4096];
	size_t column = indent;
	const char *p = escape_line(text, strlen(text), plain, sizeof(plain));

	for (;;) {
		size_t word;

		p += strspn(p, " ");
		word = strcspn(p, " ");
		if (!word)
			break;
		if (column > indent && column + 1 + word > COLUMNS) {
			fprintf(s->to, "\n%*s", (int)indent, "");
			column = indent;
		}
		if (column > indent) {
			putc(' ', s->to);
			column++;
		}
		fwrite(p, 1, word, s->to);
		column += word;
		p += word;
	}
	putc('\n', s->to);
}

static void print_labelled(const struct story *s, const char *label, const char *text)
{
	fprintf(s->to, "  %-*s", WORD_WIDTH, label);
	print_wrapped(s, text, 2 + WORD_WIDTH);
}

static void tell_talk(const struct story *s,
                      void (*print)(const struct story *s, const char *label, const char *text))
{
	const struct talk *t = s->e->row->talk;
	const char *to = t->to_text ? t->to_text : s->e->scn_case->to_text;

	if (to)
		print(s, "to", to);
	print(s, "says", t->says_text);
	print(s, "hears", t->hears_text);
}

static void tell_title(const struct story *s)
{
	const struct outcome *o = s->e->outcome;
	char name[OUTCOME_NAME_MAX];

	fprintf(s->to, "%s%-*s%s", sgr(s, BOLD), TITLE_WIDTH, outcome_name(o, name),
	        sgr(s, NORMAL));
	for (unsigned i = 0; i < o->req.count; i++)
		fprintf(s->to, " %s", o->req.id[i]);
	putc('\n', s->to);
	if (!s->e->row)
		return;
	if (s->e->row->why) {
		fputs("  ", s->to);
		print_wrapped(s, s->e->row->why, 2);
	}
	if (s->e->row->talk)
		tell_talk(s, print_labelled);
	else if (s->e->row->text)
		print_labelled(s, "sends", s->e->row->text);
}

/* Whether entry `i` belongs to what is told. */
static bool is_told(const struct story *s, size_t i)
{
	const struct tape_entry *entry = &s->e->tape->entries[i];

	if (timeline_is_housekeeping(entry))
		return false;
	return !s->e->row || s->e->item == TAPE_NO_ROW || entry->row == TAPE_NO_ROW ||
	       entry->row == s->e->item;
}

static void tell_elided(const struct story *s, size_t n)
{
	if (n)
		fprintf(s->to, "%s%*s... %zu %s ...%s\n", sgr(s, DIM), TIMELINE_TEXT_COLUMN, "", n,
		        n == 1 ? "entry" : "entries", sgr(s, NORMAL));
}

/* Whether the judge says of it what it said of the entry before: one of them tells enough. */
static bool repeats(const struct tape_entry *e, const char *before)
{
	return !e->bad && (!e->comment || (before && !strcmp(e->comment, before)));
}

static void tell_tape(const struct story *s)
{
	const struct timeline_style style = {.columns = COLUMNS, .colour = s->colour};
	const struct tape *t = s->e->tape;
	size_t told = 0, at = 0, elided = 0;
	const char *before = NULL;

	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		told += is_told(s, i);
	if (told)
		putc('\n', s->to);
	for (size_t i = 0; i < t->count; i++) {
		bool middle = told > ELIDE_ABOVE && at >= ELIDE_KEEP && at < told - ELIDE_KEEP;

		if (!is_told(s, i))
			continue;
		at++;
		if (middle && repeats(&t->entries[i], before)) {
			elided++;
			continue;
		}
		if (t->entries[i].comment)
			before = t->entries[i].comment;
		tell_elided(s, elided);
		elided = 0;
		timeline_write(t, i, &style, s->to);
	}
}

static const char *talk_expectation(enum row_verdict v)
{
	return v == ROW_DROP   ? "drop: the guest is told, and nothing crosses the wire"
	       : v == ROW_PASS ? "pass: it reaches an origin, and nobody else"
	       : v == ROW_ASK
	               ? "ask: the guest is told, and nothing crosses the wire but questions "
	                 "to the resolver"
	               : "answer: nothing crosses the wire, the backend itself answers";
}

const char *story_row_expectation(const struct row *row)
{
	if (row->talk)
		return talk_expectation(row->verdict);
	switch (row->verdict) {
	case ROW_DROP:
		return "drop: nothing crosses the wire, nobody answers";
	case ROW_PASS:
		return "pass: it crosses once, from the provider's address, payload byte for byte";
	case ROW_ANSWER:
		return "answer: nothing crosses the wire, the backend itself answers";
	case ROW_TERMINATE:
		return "terminate: nothing of it and of what is queued behind it crosses the wire, "
		       "the backend says so and ends";
	case ROW_REFUSE:
		return "refuse: the backend exits with 91 before it is ready, says which file is "
		       "at fault, and nothing crosses the wire";
	case ROW_READY:
		return "ready: the backend takes the policy";
	case ROW_ASK:
		break;
	}
	return "?";
}

static void tell_expectation(const struct story *s)
{
	const struct scn_case *c = s->e->scn_case;
	const char *label = "expected";

	if (s->e->row) {
		print_labelled(s, label, story_row_expectation(s->e->row));
		return;
	}
	for (size_t i = 0; c && i < c->step_count; i++) {
		if (!step_expects(c->steps[i].kind))
			continue;
		print_labelled(s, label, c->steps[i].text);
		label = "";
	}
	print_labelled(s, label, ELSE_NOTHING);
}

void story_write_expectation(const struct evidence *e, FILE *to)
{
	if (e->row) {
		fputs(story_row_expectation(e->row), to);
		return;
	}
	for (size_t i = 0; e->scn_case && i < e->scn_case->step_count; i++)
		if (step_expects(e->scn_case->steps[i].kind))
			fprintf(to, "%s\n", e->scn_case->steps[i].text);
	fputs(ELSE_NOTHING, to);
}

/* What a plain pass means, for outcomes that say nothing more. */
static const char *pass_in_words(const struct row *row)
{
	if (!row)
		return "every statement held";
	if (row->talk)
		return row->verdict == ROW_PASS     ? "it reached the origin"
		       : row->verdict == ROW_ANSWER ? "the backend answered; nothing crossed"
		       : row->verdict == ROW_ASK
		               ? "the guest was told; at most the resolver was asked"
		               : "the guest was told; nothing crossed";
	switch (row->verdict) {
	case ROW_DROP:
		return "nothing crossed; allowed traffic flowed before and after";
	case ROW_PASS:
		return "it crossed once, unchanged";
	case ROW_ANSWER:
		return "the backend answered; nothing crossed";
	case ROW_TERMINATE:
		return "nothing crossed; the backend ended the VM";
	case ROW_REFUSE:
		return "the backend refused it; nothing crossed";
	case ROW_READY:
		return "the backend was ready with it, and ended cleanly";
	case ROW_ASK:
		break;
	}
	return "";
}

static void tell_verdict(const struct story *s)
{
	const struct outcome *o = s->e->outcome;
	const char *colour = !result_is_expected(o->result) ? RED
	                     : o->result == RESULT_PASS     ? GREEN
	                                                    : YELLOW;
	const char *detail = o->detail;

	if (!detail[0] && o->result == RESULT_PASS)
		detail = pass_in_words(s->e->row);
	fprintf(s->to, "  %s%-*s%s ", sgr(s, colour), WORD_WIDTH - 1, result_name(o->result),
	        sgr(s, NORMAL));
	print_wrapped(s, detail, 2 + WORD_WIDTH);
}

void evidence_tell(const struct evidence *e, FILE *to, bool colour)
{
	const struct story s = {.e = e, .to = to, .colour = colour};

	tell_title(&s);
	tell_tape(&s);
	putc('\n', to);
	tell_expectation(&s);
	tell_verdict(&s);
}

/* Further lines of evidence_brief() stand below its title. */
static void print_brief(const struct story *s, const char *label, const char *text)
{
	fprintf(s->to, "            %-*s", WORD_WIDTH, label);
	print_wrapped(s, text, 12 + WORD_WIDTH);
}

void evidence_brief(const struct evidence *e, FILE *to, bool colour)
{
	const struct story s = {.e = e, .to = to, .colour = colour};
	const struct outcome *o = e->outcome;
	char name[OUTCOME_NAME_MAX];

	fprintf(to, "  %s%-9s%s %s\n", sgr(&s, RED), result_name(o->result), sgr(&s, NORMAL),
	        outcome_name(o, name));
	if (e->row && e->row->talk)
		tell_talk(&s, print_brief);
	else if (e->row && e->row->text)
		print_brief(&s, "sends", e->row->text);
	if (e->row)
		print_brief(&s, "expected", story_row_expectation(e->row));
	print_brief(&s, "found", o->detail);
	fprintf(to, "            %-*s", WORD_WIDTH, "again");
	evidence_command(e, to);
	putc('\n', to);
}
