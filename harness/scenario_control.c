/* SPDX-License-Identifier: ISC */
/* scenario_control.c: the statements of a case that are about the backend itself: its events, its
 * policy, its clock, its counters, its end. */
#include "harness/proc_tree.h"
#include "harness/recipe_parse.h"
#include "harness/scenario_parse.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

const char *const stats_words[] = {
        [STATS_FRAMES] = "frames",     [STATS_FORWARDED] = "forwarded",
        [STATS_ANSWERED] = "answered", [STATS_DROPPED] = "dropped",
        [STATS_REPLIES] = "replies",   [STATS_REPLIES_DROPPED] = "replies_dropped",
        [STATS_FLOWS] = "flows",       [STATS_FLOWS_LIVE] = "flows_live",
        [STATS_TCP_LIVE] = "tcp_live", [STATS_SUPPRESSED] = "suppressed",
        [STATS_FIELD_COUNT] = NULL,
};

/* The next word as one of `words`; their number, with an error, when it is none. */
static unsigned read_word(struct parse *p, const char *what, const char *const *words)
{
	unsigned i = 0;

	if (!lex_next(&p->lx)) {
		lex_error(&p->lx, "the %s is missing", what);
		while (words[i])
			i++;
		return i;
	}
	while (words[i] && !lex_is(&p->lx, words[i]))
		i++;
	if (!words[i])
		lex_unknown(&p->lx, what, words);
	return i;
}

/* Does a policy that is in force at some time of the case have this rule? */
static bool is_known_rule(struct parse *p, const char *rule)
{
	const struct scn_case *c = scn_open_case(p);
	struct oracle *o;
	char why[256];
	bool known = !p->has_oracle || oracle_has_rule(&p->oracle, rule);

	o = scn_alloc(sizeof(*o));
	for (size_t i = 0; i < c->step_count && !known; i++)
		known = c->steps[i].kind == STEP_POLICY &&
		        oracle_load(c->steps[i].policy, o, why) && oracle_has_rule(o, rule);
	free(o);
	return known;
}

static bool read_event(struct parse *p, struct step *s)
{
	struct scn_place place;

	scn_require(p, "an event", "audit.jsonl");
	lex_peek(&p->lx);
	place = scn_here(p);
	if (!event_pattern_parse(&p->lx, scn_open_case(p)->target, scn_clause_words, &s->event))
		return false;
	if (*s->event.rule && !is_known_rule(p, s->event.rule))
		diag_error(p->diag, place.line, place.column, place.width,
		           "no policy of this case has a rule '%s'", s->event.rule);
	scn_clauses(p, s);
	return true;
}

static bool is_json_object(const char *path)
{
	json_t *root = json_load_file(path, 0, NULL);
	bool is = json_is_object(root);

	json_decref(root);
	return is;
}

static bool is_policy(const char *path, char *why)
{
	struct oracle *o = scn_alloc(sizeof(*o));
	bool is = oracle_load(path, o, why);

	free(o);
	return is;
}

static bool read_policy(struct parse *p, struct step *s)
{
	char why[256] = "";
	size_t errors = p->diag->count;
	struct scn_place place;
	bool ok;

	scn_require(p, "`policy` in a case", "ctl.policy");
	if (!lex_next(&p->lx)) {
		lex_error(&p->lx, "the path of the policy is missing");
		return false;
	}
	place = scn_here(p);
	s->policy = scn_file(p, "policy");
	ok = p->diag->count == errors;
	if (lex_next(&p->lx)) {
		static const char *const words[] = {"refused", NULL};

		s->refused = lex_is(&p->lx, "refused");
		if (!s->refused)
			lex_unknown(&p->lx, "word", words);
		scn_end(p);
	}
	if (ok && (s->refused ? !is_json_object(s->policy) : !is_policy(s->policy, why)))
		diag_error(p->diag, place.line, place.column, place.width,
		           s->refused ? "this is no JSON object: the harness itself would refuse it"
		                      : "no backend can take over this policy: %s",
		           why);
	return true;
}

static bool read_beside_policy(struct parse *p, struct step *s)
{
	char why[256] = "";
	size_t errors = p->diag->count;

	if (!lex_next(&p->lx)) {
		lex_error(&p->lx, "the path of the policy is missing");
		return false;
	}
	s->policy = scn_file(p, "policy");
	if (p->diag->count == errors && !is_policy(s->policy, why))
		lex_error(&p->lx, "no backend can take this policy: %s", why);
	return scn_end(p);
}

static bool read_stats(struct parse *p, struct step *s)
{
	unsigned field;

	scn_require(p, "`stats`", "ctl.stats");
	field = read_word(p, "counter", stats_words);
	if (!stats_words[field])
		return false;
	s->stats = (enum stats_field)field;
	if (!scn_range(p, stats_words[field], INT64_MAX, &s->count))
		return false;
	scn_clauses(p, s);
	return true;
}

/* memory below N MB */
static bool read_memory(struct parse *p, struct step *s)
{
	static const char *const below[] = {"below", NULL}, *const unit[] = {"MB", NULL};
	unsigned megabytes;

	if (!below[read_word(p, "word", below)])
		return false;
	if (!scn_number(p, "memory", 1, 65536, &megabytes))
		return false;
	s->number = megabytes;
	return unit[read_word(p, "unit", unit)] != NULL;
}

static bool read_channel(struct parse *p, struct step *s)
{
	static const char *const words[] = {"hex", "split", "cut", "close", NULL};
	unsigned act = read_word(p, "attack on the channel", words);
	struct scn_place place;

	if (!words[act])
		return false;
	s->channel = (enum channel_act)act;
	if (s->channel == ACT_CLOSE)
		return true;
	scn_require(p, "an attack on the framing", "frames.stream");
	if (!lex_peek(&p->lx)) {
		lex_error(&p->lx, s->channel == ACT_BYTES ? "the bytes are missing"
		                                          : "a recipe is missing");
		return false;
	}
	place = scn_here(p);
	if (s->channel == ACT_BYTES) {
		uint8_t bytes[RECIPE_TEXT_MAX / 2];
		size_t len;

		lex_next(&p->lx);
		if (!recipe_hex(p->lx.word, bytes, sizeof(bytes), &len) || !len)
			lex_error(&p->lx, "not pairs of hexadecimal digits");
		s->hex = scn_copy(p->lx.word, p->lx.len);
		return true;
	}
	if (!recipe_parse(&p->lx, false, scn_open_case(p)->target, NULL, p->diag, &s->recipe))
		return false;
	scn_check_variables(p, &s->recipe, place);
	return true;
}

/* kill, kill process N, kill process last */
static bool read_kill(struct parse *p, struct step *s)
{
	static const char *const words[] = {"process", NULL};
	unsigned number = 0;

	if (!lex_peek(&p->lx))
		return true;
	if (!words[read_word(p, "word", words)])
		return false;
	if (lex_peek(&p->lx) && lex_is(&p->lx, "last")) {
		lex_next(&p->lx);
		s->number = PROC_TREE_LAST;
		return true;
	}
	if (!scn_number(p, "process", 1, 64, &number))
		return false;
	s->number = number;
	return true;
}

/* limit files N, limit memory N MB */
static bool read_limit(struct parse *p, struct step *s)
{
	static const char *const words[] = {"files", "memory", NULL}, *const unit[] = {"MB", NULL};
	unsigned what = read_word(p, "limit", words), number;

	if (!words[what] || !scn_number(p, words[what], 0, 100000000, &number))
		return false;
	s->limit = (enum limit_what)what;
	s->number = number;
	return s->limit == LIMIT_FILES || unit[read_word(p, "unit", unit)] != NULL;
}

/* Nothing but a `kill` above makes the harness kill it. */
static void check_killed(struct parse *p)
{
	const struct scn_case *c = scn_open_case(p);

	for (size_t i = 0; i < c->step_count; i++)
		if (c->steps[i].kind == STEP_KILL)
			return;
	lex_error(&p->lx, "no `kill` stands above, and a backend that kills itself has crashed");
}

static bool read_ends(struct parse *p, struct step *s)
{
	static const char *const words[] = {"clean", "violation", "failed", "killed", NULL};
	unsigned how = read_word(p, "way to end", words);

	if (!words[how])
		return false;
	s->ends = (enum ends_how)how;
	if (s->ends == ENDS_VIOLATION)
		scn_require(p, "`ends violation`", "terminate");
	if (s->ends == ENDS_KILLED)
		check_killed(p);
	if (s->ends != ENDS_FAILED && s->ends != ENDS_KILLED && lex_peek(&p->lx) &&
	    !lex_is(&p->lx, "within")) {
		unsigned reason = read_word(p, "reason", event_reasons);

		if (event_reasons[reason])
			snprintf(s->reason, sizeof(s->reason), "%s", event_reasons[reason]);
	}
	scn_clauses(p, s);
	return true;
}

/* beside ends violation [REASON] */
static bool read_beside_ends(struct parse *p, struct step *s)
{
	static const char *const words[] = {"violation", NULL};

	scn_require(p, "`beside ends`", "terminate");
	if (!words[read_word(p, "way to end", words)])
		return false;
	s->ends = ENDS_VIOLATION;
	if (lex_peek(&p->lx) && !lex_is(&p->lx, "within")) {
		unsigned reason = read_word(p, "reason", event_reasons);

		if (event_reasons[reason])
			snprintf(s->reason, sizeof(s->reason), "%s", event_reasons[reason]);
	}
	scn_clauses(p, s);
	return true;
}

static bool read_switch(struct parse *p, const char *what, const char *const words[3],
                        unsigned *out)
{
	*out = read_word(p, what, words);
	return words[*out] != NULL;
}

bool scn_control(struct parse *p, struct step *s)
{
	static const char *const uplink[] = {"down", "up", NULL};
	static const char *const audit[] = {"stall", "close", NULL};
	unsigned word = 0;
	bool ok = true;

	switch ((int)s->kind) {
	case STEP_EVENT:
	case STEP_NONE_EVENT:
		return read_event(p, s);
	case STEP_POLICY:
		return read_policy(p, s);
	case STEP_STATS:
		return read_stats(p, s);
	case STEP_ENDS:
		return read_ends(p, s);
	case STEP_BESIDE_POLICY:
		return read_beside_policy(p, s);
	case STEP_BESIDE_ENDS:
		return read_beside_ends(p, s);
	case STEP_CHANNEL:
		ok = read_channel(p, s);
		break;
	case STEP_MEMORY:
		ok = read_memory(p, s);
		break;
	case STEP_CYCLE:
		ok = scn_number(p, "cycle", 2, 1000, &word);
		s->number = word;
		break;
	case STEP_KILL:
		ok = read_kill(p, s);
		break;
	case STEP_LIMIT:
		ok = read_limit(p, s);
		break;
	case STEP_SYNC:
		scn_require(p, "`sync`", "ctl.sync");
		break;
	case STEP_CLOCK:
		scn_require(p, "`clock`", "ctl.clock");
		ok = scn_time(p, "clock", &s->number);
		break;
	case STEP_UPLINK:
		ok = read_switch(p, "state of the uplink", uplink, &word);
		s->up = word == 1;
		break;
	case STEP_AUDIT:
		ok = read_switch(p, "attack on the audit", audit, &word);
		s->audit = (enum audit_act)word;
		break;
	default: /* stop, cont */
		break;
	}
	return ok && scn_end(p);
}
