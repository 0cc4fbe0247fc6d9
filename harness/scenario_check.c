/* SPDX-License-Identifier: ISC */
/* scenario_check.c: what can be judged only when a case or a suite is complete, and the expected
 * verdicts against the oracle. */
#include "harness/frame.h"
#include "harness/scenario_parse.h"

#include <string.h>

/* The gateway's MAC is the backend's own business; any address does for the oracle. */
#define PLACEHOLDER_GW_MAC "\x52\x55\xc0\xa8\x64\x01"

static void complain(struct parse *p, struct scn_place at, const char *what, const char *text)
{
	diag_error(p->diag, at.line, at.column, at.width, "%s%s", what, text);
}

/* What the oracle says about the frame of `r`; false with a phrase in `why` (160 bytes) when there
 * is no such frame. */
static bool ask_oracle(const struct parse *p, const struct recipe *r, enum oracle_verdict *verdict,
                       const char **reason, char *why)
{
	const struct recipe_vars vars = {.nonce = "0lint0", .pcap_dir = p->suite->pcap_dir};
	struct oracle oracle = p->oracle;
	struct frame_link link;
	uint8_t frame[FRAME_MAX];
	struct seen seen;
	size_t len;

	memcpy(link.src, LAB_VM_MAC, sizeof(link.src));
	memcpy(link.dst, PLACEHOLDER_GW_MAC, sizeof(link.dst));
	len = frame_build(r, &vars, &link, frame, why);
	if (!len)
		return false;
	decode(frame, len, &seen);
	oracle.has_gateway_mac = true;
	memcpy(oracle.gateway_mac, link.dst, sizeof(oracle.gateway_mac));
	*verdict = oracle_judge(&oracle, &seen, reason);
	return true;
}

static const char *oracle_word(enum oracle_verdict v)
{
	return v == ORACLE_DROP     ? "drop"
	       : v == ORACLE_PASS   ? "pass"
	       : v == ORACLE_ANSWER ? "answer"
	                            : "terminate";
}

static bool agrees(enum oracle_verdict oracle, enum row_verdict row)
{
	switch (row) {
	case ROW_DROP:
		return oracle == ORACLE_DROP;
	case ROW_PASS:
		return oracle == ORACLE_PASS;
	case ROW_ANSWER:
		return oracle == ORACLE_ANSWER;
	case ROW_TERMINATE:
		return oracle == ORACLE_TERMINATE;
	case ROW_REFUSE:
	case ROW_READY:
	case ROW_ASK:
		break; /* no frame */
	}
	return false;
}

void scn_require(struct parse *p, const char *what, const char *capability)
{
	struct suite *s = p->suite;

	for (unsigned i = 0; i < s->needs_count; i++)
		if (!strcmp(s->needs[i], capability))
			return;
	lex_error(&p->lx, "%s needs a backend with %s: say so with `needs` above the first case",
	          what, capability);
	/* Said once; the tree is thrown away. */
	if (s->needs_count < SCN_NEEDS_MAX)
		snprintf(s->needs[s->needs_count++], SCN_NAME_MAX, "%s", capability);
}

/* $NAT stands for what the last matched `wire` was, $SEQ and $ACK for the last matched `guest tcp`, so there must be
 * one. */
void scn_check_variables(struct parse *p, const struct recipe *r, struct scn_place at)
{
	const struct scn_case *c = scn_open_case(p);
	bool wire = false, tcp = false;

	for (size_t i = 0; i < c->step_count; i++) {
		const struct step *s = &c->steps[i];

		wire |= s->kind == STEP_WIRE;
		tcp |= s->kind == STEP_GUEST && s->recipe.kind == RECIPE_TCP;
	}
	if (!wire && recipe_uses_nat(r))
		complain(p, at, "", "$NAT is not known here: no `wire` statement stands above");
	if (!tcp && recipe_uses_sequence(r))
		complain(p, at, "",
		         "$SEQ and $ACK are not known here: no `guest tcp` statement stands above");
}

/* What a row's verdict takes for granted. */
static void require_for_row(struct parse *p, const struct row *row)
{
	bool passes = row->verdict == ROW_PASS;

	if (row->verdict == ROW_TERMINATE)
		scn_require(p, "the verdict `terminate`", "terminate");
	if (passes && row->recipe.kind == RECIPE_TCP)
		scn_require(p, "TCP that passes", "allow.tcp4");
	if (passes && row->recipe.kind == RECIPE_ICMP)
		scn_require(p, "ICMP that passes", "icmp.outside");
}

/* False, with an error the first time, when nobody can say what becomes of one frame. */
static bool is_certain(struct parse *p, struct scn_place verdict, const char *what)
{
	if (oracle_is_certain(&p->oracle))
		return true;
	if (!p->told_uncertain)
		complain(p, verdict, what,
		         "with a sampling rate between 0 and 1 no verdict is certain; use `flood` "
		         "and `count` in a case");
	p->told_uncertain = true;
	return false;
}

void scn_check_row(struct parse *p, const struct row *row, const char *what,
                   struct scn_place recipe, struct scn_place verdict)
{
	enum oracle_verdict oracle;
	const char *reason = "";
	char why[160] = "";

	if (p->imported)
		return;
	/* A program's frames are known only when it has run, what a conversation comes to is not in one frame,
	 * and the oracle reads one policy. */
	if (row->start || row->talk || row->recipe.kind == RECIPE_RUN || !p->has_oracle ||
	    p->suite->organisation || !is_certain(p, verdict, what))
		return;
	if (!ask_oracle(p, &row->recipe, &oracle, &reason, why))
		complain(p, recipe, what, why);
	else if (!agrees(oracle, row->verdict))
		diag_error(p->diag, verdict.line, verdict.column, verdict.width,
		           "%sthe policy says %s (%s), the row expects %s", what,
		           oracle_word(oracle), reason, row_verdict_name(row->verdict));
	else
		require_for_row(p, row);
}

static void check_sentinel(struct parse *p)
{
	enum oracle_verdict oracle;
	const char *reason = "";
	char why[160] = "";

	if (!p->suite->has_sentinel || !p->has_oracle)
		return;
	if (p->suite->sentinel.kind != RECIPE_UDP || p->suite->sentinel.dst.ip != LAB_CONSUMER_IP ||
	    p->suite->sentinel.dst.port != LAB_CONSUMER_PORT)
		diag_error(
		        p->diag, p->sentinel.line, p->sentinel.column, p->sentinel.width,
		        "the sentinel must go to $CONSUMER by UDP: only there somebody answers it");
	else if (!ask_oracle(p, &p->suite->sentinel, &oracle, &reason, why))
		complain(p, p->sentinel, "", why);
	else if (oracle != ORACLE_PASS)
		diag_error(p->diag, p->sentinel.line, p->sentinel.column, p->sentinel.width,
		           "the sentinel must pass, but the policy says %s (%s)",
		           oracle_word(oracle), reason);
}

/* Would the case pass behind a backend that forwards nothing at all? */
static bool could_be_vacuous(const struct scn_case *c)
{
	bool proves = false;

	for (size_t i = 0; i < c->row_count; i++)
		if (c->rows[i].verdict == ROW_DROP || c->rows[i].verdict == ROW_TERMINATE ||
		    c->rows[i].verdict == ROW_ASK)
			return true;
	for (size_t i = 0; i < c->step_count; i++)
		proves |= (c->steps[i].kind == STEP_WIRE || c->steps[i].kind == STEP_GUEST ||
		           c->steps[i].kind == STEP_BESIDE_GUEST) &&
		          (!c->steps[i].has_count || c->steps[i].count.least);
	return !c->attack && c->step_count && !proves;
}

/* A peer that nobody has seen at work attacks nobody. */
static bool has_idle_peer(const struct scn_case *c)
{
	bool idle = false;

	for (size_t i = 0; i < c->step_count; i++)
		if (c->steps[i].kind == STEP_PEER || c->steps[i].kind == STEP_PEER_SENDS)
			idle = c->steps[i].kind == STEP_PEER;
	return idle;
}

void scn_end_case(struct parse *p)
{
	const struct scn_case *c;

	if (!p->in_case)
		return;
	p->in_case = false;
	c = scn_open_case(p);
	if (!p->case_is_used)
		complain(p, p->case_name, "",
		         c->talk     ? "the talk has no rows"
		         : c->attack ? "the attack has no rows"
		                     : "the case has no statements");
	else if (c->attack && !c->row_count && p->diag->count == p->case_errors)
		complain(p, p->case_name, "", "the table has a header and no rows");
	else if (scn_refuses_only(c) && p->diag->count == p->case_errors)
		complain(p, p->case_name, "",
		         "a backend that refuses everything would pass: add a row with `ready`");
	else if (scn_denies_only(c) && p->diag->count == p->case_errors)
		complain(p, p->case_name, "",
		         "a backend that denies everything would pass: add a row with `pass` or "
		         "`answer`, as close as possible to those that are denied");
	else if (p->diag->count == p->case_errors && has_idle_peer(c))
		complain(
		        p, p->case_name, "",
		        "nothing proves that the peer attacks: the case needs `peer sends PATTERN` "
		        "behind `peer`");
	scn_vary_check(p);
	scn_vary_clear(p);
	/* What is bad in the case itself is left out of it, so nothing else follows from it. */
	if (p->diag->count == p->case_errors && !p->vacuous.line && could_be_vacuous(c)) {
		p->vacuous = p->case_name;
		memcpy(p->vacuous_name, c->name, sizeof(p->vacuous_name));
	}
}

void scn_check_suite(struct parse *p)
{
	const struct suite *s = p->suite;
	bool has_rows = false;

	for (size_t i = 0; i < s->case_count; i++)
		has_rows |= s->cases[i].attack;
	if (!p->suite_name.line)
		diag_error(p->diag, 0, 0, 0, "there is no `suite` statement");
	if (!p->policy.line)
		diag_error(p->diag, 0, 0, 0, "there is no `policy` statement");
	if (!s->case_count)
		diag_error(p->diag, 0, 0, 0, "there is no case");
	if (p->imported)
		return;
	if (s->organisation)
		scn_require(p, "an organisation's policy", "organisation");
	if (p->no_oracle[0] && (has_rows || s->has_sentinel))
		diag_error(p->diag, p->policy.line, p->policy.column, p->policy.width,
		           "the policy cannot be used to check the verdicts: %s", p->no_oracle);
	check_sentinel(p);
	if (p->vacuous.line && !p->sentinel.line)
		diag_error(p->diag, p->vacuous.line, p->vacuous.column, p->vacuous.width,
		           "'%s' would pass if nothing worked at all: the suite needs a `sentinel`",
		           p->vacuous_name);
}
