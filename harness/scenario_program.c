/* SPDX-License-Identifier: ISC */
/* scenario_program.c: the statements run, serve, peer and impair. */
#include "harness/scenario_parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PERCENT     (IMPAIR_WHOLE / 100)
#define SEED_MAX    99999999
#define DECIMAL_MAX 4 /* of a percentage: IMPAIR_WHOLE has no more */

/* The next word, which must be a string. */
static char *read_string(struct parse *p, const char *what)
{
	if (lex_next(&p->lx) && p->lx.string)
		return scn_copy(p->lx.word, p->lx.len);
	lex_error(&p->lx, "%s needs a string in quotes", what);
	return NULL;
}

/* The current word is a command for the guest. */
static void check_command(struct parse *p, const char *command)
{
	static const char *const folders[] = {"$LAB", "$TMP", "${LAB", "${TMP"};

	if (!(scn_open_case(p)->planes & PLANE_VM))
		return;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (strstr(command, folders[i])) {
			lex_error(&p->lx,
			          "$LAB and $TMP are folders of this machine, which a guest "
			          "in a VM does not see");
			return;
		}
}

/* The current word begins a clause that may stand here once; *seen says whether it has. */
static void note_clause(struct parse *p, bool *seen)
{
	if (*seen)
		lex_error(&p->lx, "'%s' stands here twice", p->lx.word);
	*seen = true;
}

bool scn_read_run(struct parse *p, struct step *s)
{
	static const char *const words[] = {"exit", "output", "within", NULL};
	bool has_exit = false, has_output = false, has_within = false;
	unsigned code = 0;

	if (scn_open_case(p)->planes & PLANE_WIRE)
		lex_error(&p->lx, "`run` needs a guest: write `planes kernel`, `planes vm` or both "
		                  "behind the case's name");
	s->within_ms = SCN_RUN_MS;
	s->command = read_string(p, "run");
	if (s->command)
		check_command(p, s->command);
	while (lex_next(&p->lx)) {
		if (lex_is(&p->lx, "exit")) {
			note_clause(p, &has_exit);
			scn_number(p, "exit", 0, 255, &code);
		} else if (lex_is(&p->lx, "output")) {
			note_clause(p, &has_output);
			free(s->output);
			s->output = read_string(p, "output");
		} else if (lex_is(&p->lx, "within")) {
			note_clause(p, &has_within);
			scn_duration(p, "within", SCN_RUN_MS_MAX, &s->within_ms);
		} else {
			lex_unknown(&p->lx, "word", words);
			break;
		}
	}
	s->exit_code = (int)code;
	return s->command != NULL;
}

bool scn_read_serve(struct parse *p, struct step *s)
{
	static const char *const words[] = {"tcp", "udp", NULL};
	const struct suite *suite = p->suite;
	const struct scn_case *c = suite->case_count ? scn_open_case(p) : NULL;
	unsigned port = 0;

	s->command = read_string(p, "serve");
	if (!s->command)
		return false;
	if (!lex_next(&p->lx)) {
		lex_error(&p->lx,
		          "'serve' ends with 'tcp' or 'udp' and the port that it listens on");
		return true;
	}
	if (!lex_is(&p->lx, "tcp") && !lex_is(&p->lx, "udp"))
		lex_unknown(&p->lx, "protocol", words);
	s->tcp = lex_is(&p->lx, "tcp");
	if (!scn_number(p, "the port", 1, 65535, &port))
		return true;
	s->port = (uint16_t)port;
	for (size_t i = 0; i < suite->serve_count; i++)
		if (suite->serves[i].tcp == s->tcp && suite->serves[i].port == s->port)
			lex_error(&p->lx, "line %u serves this port already",
			          suite->serves[i].line);
	for (size_t i = 0; c && i < c->step_count; i++)
		if (c->steps[i].kind == STEP_SERVE && c->steps[i].tcp == s->tcp &&
		    c->steps[i].port == s->port)
			lex_error(&p->lx, "line %u serves this port already", c->steps[i].line);
	scn_end(p);
	return true;
}

enum step_kind scn_peer_kind(struct parse *p)
{
	const struct scn_case *c = scn_open_case(p);
	bool says = lex_peek(&p->lx) && lex_is(&p->lx, "says"), started = false;

	if (!says && !lex_is(&p->lx, "sends"))
		return STEP_PEER;
	lex_next(&p->lx);
	for (size_t i = 0; i < c->step_count; i++)
		started |= c->steps[i].kind == STEP_PEER;
	if (!started)
		lex_error(&p->lx, "no `peer \"COMMAND\"` stands above");
	return says ? STEP_PEER_SAYS : STEP_PEER_SENDS;
}

bool scn_read_peer(struct parse *p, struct step *s)
{
	bool says = s->kind == STEP_PEER_SAYS;
	char *text = read_string(p, says ? "'peer says'" : "peer");

	*(says ? &s->output : &s->command) = text;
	if (text && says)
		scn_clauses(p, s);
	else if (text)
		scn_end(p);
	return text != NULL;
}

/* The next word as a percentage with up to 4 decimals, in parts of IMPAIR_WHOLE. */
static bool read_percent(struct parse *p, const char *what, uint32_t *out)
{
	uint32_t n = 0, unit = PERCENT;
	bool ok = lex_next(&p->lx) && !p->lx.string && isdigit((unsigned char)*p->lx.word);
	const char *s = p->lx.word;

	for (; ok && isdigit((unsigned char)*s) && n <= IMPAIR_WHOLE; s++)
		n = n * 10 + (uint32_t)(*s - '0') * PERCENT;
	if (ok && *s == '.')
		for (s++; isdigit((unsigned char)*s) && unit > 1; s++)
			n += (uint32_t)(*s - '0') * (unit /= 10);
	ok = ok && !strcmp(s, "%") && s[-1] != '.' && n >= 1 && n <= IMPAIR_WHOLE;
	if (!ok)
		lex_error(&p->lx, "%s needs a percentage such as 1%% or 0.5%%, at most %d decimals",
		          what, DECIMAL_MAX);
	*out = ok ? n : 0;
	return ok;
}

bool scn_read_impair(struct parse *p, struct step *s)
{
	static const char *const words[] = {"loss", "reorder", "duplicate", "seed", NULL};
	struct impair_rates *r = &s->impair;
	const struct scn_case *c = scn_open_case(p);
	bool has_loss = false, has_reorder = false, has_duplicate = false, has_seed = false;

	if (c->planes != PLANE_KERNEL)
		lex_error(&p->lx, "only the kernel plane has a cable that can be spoilt: write "
		                  "`planes kernel` behind the case's name");
	for (size_t i = 0; i < c->step_count; i++)
		if (c->steps[i].kind == STEP_IMPAIR)
			lex_error(&p->lx, "the cable is spoilt in line %u already",
			          c->steps[i].line);
	r->seed = 1;
	while (lex_next(&p->lx)) {
		if (lex_is(&p->lx, "loss")) {
			note_clause(p, &has_loss);
			read_percent(p, "loss", &r->loss);
		} else if (lex_is(&p->lx, "reorder")) {
			note_clause(p, &has_reorder);
			read_percent(p, "reorder", &r->reorder);
		} else if (lex_is(&p->lx, "duplicate")) {
			note_clause(p, &has_duplicate);
			read_percent(p, "duplicate", &r->duplicate);
		} else if (lex_is(&p->lx, "seed")) {
			note_clause(p, &has_seed);
			scn_number(p, "seed", 0, SEED_MAX, &r->seed);
		} else {
			lex_unknown(&p->lx, "word", words);
			break;
		}
	}
	if (r->loss + r->reorder + r->duplicate > IMPAIR_WHOLE)
		lex_error(&p->lx, "loss, reorder and duplicate are together at most 100%%");
	else if (!(r->loss | r->reorder | r->duplicate) && p->diag->count == p->case_errors)
		lex_error(&p->lx, "'impair' is followed by 'loss', 'reorder' or 'duplicate'");
	return true;
}
