/* SPDX-License-Identifier: ISC */
/* judge_steps.c: what the statements of a case say about its tape, and how a backend has to end. */
#include "harness/judge_part.h"

#include "harness/event_pattern.h"
#include "harness/match.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Statements are judged with the variables they ran with: a conversation goes on behind them. */
static const struct recipe_vars *vars_of(const struct judge_item *it, size_t step)
{
	return it->steps && it->steps[step].reached ? &it->steps[step].vars : &it->vars;
}

static bool is_wire(enum step_kind kind)
{
	return kind == STEP_WIRE || kind == STEP_MAY_WIRE;
}

bool judge_step_means(const struct judge_item *it, size_t step, const struct seen *s)
{
	const struct step *st = &it->scn_case->steps[step];

	return match(&st->recipe, vars_of(it, step), s) &&
	       (!is_wire(st->kind) || judge_has_clean_tail(s) ||
	        recipe_find(&st->recipe, KEY_ETH_PAD));
}

bool judge_steps_let_cross(const struct judge_item *it, const struct seen *s)
{
	for (size_t i = 0; i < it->scn_case->step_count; i++)
		if (is_wire(it->scn_case->steps[i].kind) && judge_step_means(it, i, s))
			return true;
	return false;
}

enum tape_kind judge_step_tape(enum step_kind kind)
{
	bool beside = kind == STEP_BESIDE_GUEST || kind == STEP_NONE_BESIDE;
	bool sends = kind == STEP_GUEST_SENDS || kind == STEP_NONE_SENDS;

	return kind == STEP_WIRE         ? TAPE_WIRE_OUT
	       : sends                   ? TAPE_GUEST_OUT
	       : kind == STEP_PEER_SENDS ? TAPE_WIRE_IN
	       : beside                  ? TAPE_BESIDE_IN
	                                 : TAPE_GUEST_IN;
}

static uint64_t count_frames(const struct judge *j, const struct judge_item *it, size_t step)
{
	const struct step *st = &it->scn_case->steps[step];
	enum tape_kind kind = judge_step_tape(st->kind);
	uint64_t n = 0;

	for (size_t i = it->from; i < j->tape->count; i++) {
		const struct tape_entry *e = &j->tape->entries[i];
		struct seen s;

		if (e->kind != kind)
			continue;
		decode(e->data, e->len, &s);
		if (judge_is_sentinel(j, &s) || !judge_step_means(it, step, &s))
			continue;
		n++;
		if (st->kind == STEP_NONE_GUEST || st->kind == STEP_NONE_BESIDE)
			tape_comment(j->tape, i, true, "must not reach the guest");
		if (st->kind == STEP_NONE_SENDS)
			tape_comment(j->tape, i, true, "must not leave the guest");
	}
	return n;
}

static uint64_t count_events(const struct judge *j, const struct judge_item *it, size_t step)
{
	const struct step *st = &it->scn_case->steps[step];
	uint64_t n = 0;

	for (size_t i = it->from; i < j->tape->count; i++) {
		const struct tape_entry *e = &j->tape->entries[i];
		struct event ev;
		char why[256];

		if (e->kind != TAPE_EVENT ||
		    !event_parse((const char *)e->data, e->len, &ev, why) ||
		    !event_pattern_matches(&st->event, &ev))
			continue;
		n += event_weight(&ev);
		if (st->kind == STEP_NONE_EVENT)
			tape_comment(j->tape, i, true, "must not be said");
	}
	return n;
}

/* How often the statement wants to be met; false when it does not count. */
static bool wanted_count(const struct step *st, struct scn_range *out)
{
	bool counted = st->kind == STEP_WIRE || st->kind == STEP_GUEST || st->kind == STEP_EVENT ||
	               st->kind == STEP_PEER_SENDS || st->kind == STEP_BESIDE_GUEST ||
	               st->kind == STEP_GUEST_SENDS;
	bool none = st->kind == STEP_NONE_GUEST || st->kind == STEP_NONE_EVENT ||
	            st->kind == STEP_NONE_BESIDE || st->kind == STEP_NONE_SENDS;

	*out = none ? (struct scn_range){0} : st->count;
	return none || (counted && st->has_count);
}

void judge_counts(struct judge *j, struct judge_item *it)
{
	for (size_t i = 0; i < it->scn_case->step_count && !*it->failure; i++) {
		const struct step *st = &it->scn_case->steps[i];
		bool event = st->kind == STEP_EVENT || st->kind == STEP_NONE_EVENT;
		struct scn_range wanted;
		uint64_t n;

		if (!wanted_count(st, &wanted))
			continue;
		n = event ? count_events(j, it, i) : count_frames(j, it, i);
		n += it->steps ? it->steps[i].counted : 0;
		if (n >= wanted.least && n <= wanted.most)
			continue;
		if (st->kind == STEP_PEER_SENDS)
			snprintf(it->vacuous, sizeof(it->vacuous),
			         "the attack was not carried out: line %u: `%.120s` was seen %llu "
			         "time%s",
			         st->line, st->text, (unsigned long long)n, n == 1 ? "" : "s");
		else
			snprintf(it->failure, sizeof(it->failure),
			         "line %u: `%.240s` was %s %llu time%s", st->line, st->text,
			         event ? "said" : "seen", (unsigned long long)n, n == 1 ? "" : "s");
	}
}

/* ---- how the backend has to end ---- */

bool judge_wants_end(const struct judge_item *it)
{
	if (it->row)
		return it->row->verdict == ROW_TERMINATE || it->row->start;
	return case_ends(it->scn_case) != NULL;
}

bool judge_wants_kill(const struct judge_item *it)
{
	const struct step *ends = it->row ? NULL : case_ends(it->scn_case);

	return ends && ends->ends == ENDS_KILLED;
}

/* The event at a place of the tape; empty when there is none. */
static struct event event_at(const struct judge *j, size_t entry)
{
	struct event ev = {0};
	char why[256];

	if (entry < j->tape->count && j->tape->entries[entry].kind == TAPE_EVENT)
		event_parse((const char *)j->tape->entries[entry].data, j->tape->entries[entry].len,
		            &ev, why);
	return ev;
}

/* The reason of the `bye`; "" when nothing was said. */
static struct event find_bye(const struct judge *j)
{
	for (size_t i = j->tape->count; i-- > 0;) {
		struct event ev = event_at(j, i);

		if (ev.kind == EVENT_BYE)
			return ev;
	}
	return (struct event){0};
}

/* The violation names the row's frame, as far as it names any. */
static bool violation_fits(const struct judge *j, const struct judge_item *it,
                           const struct event *violation)
{
	const struct tape_entry *sent;
	struct seen s;

	if (!it->row || it->sent == JUDGE_NOT_SENT)
		return true;
	sent = &j->tape->entries[it->sent];
	decode(sent->data, sent->len, &s);
	return !violation->dst || !s.ip_dst || violation->dst == s.ip_dst;
}

static bool ends_by_policy(const struct judge *j, const struct judge_item *it, const char *reason,
                           char *why, size_t size)
{
	struct event violation = event_at(j, j->violation);

	if (!j->terminated)
		snprintf(why, size, "the VM was not ended: the backend %s", j->process_text);
	else if (*reason && strcmp(reason, violation.reason) != 0)
		snprintf(why, size, "the backend %s, not %s", j->process_text, reason);
	else if (!violation_fits(j, it, &violation))
		snprintf(why, size, "the backend ended the VM for another frame than this one");
	else
		return true;
	return false;
}

static bool ends_clean(const struct judge *j, const char *reason, char *why, size_t size)
{
	struct event bye = find_bye(j);

	if (!j->ended_early || j->signalled || j->exit_code)
		snprintf(why, size, "the backend %s, and not cleanly by itself", j->process_text);
	else if (*reason && strcmp(reason, bye.reason) != 0)
		snprintf(why, size, "the backend ended with the reason '%.40s', not %s", bye.reason,
		         reason);
	else
		return true;
	return false;
}

/* A policy that has to be refused, or taken. */
static bool starts_as_it_must(const struct judge *j, enum row_verdict verdict, char *why,
                              size_t size)
{
	bool refused = !j->ready && !j->signalled && j->exit_code == JUDGE_EXIT_POLICY;

	if (verdict == ROW_READY && (!j->ready || j->ended_early || j->signalled || j->exit_code))
		snprintf(why, size, "the backend %s with a policy that it has to take",
		         j->process_text);
	else if (verdict == ROW_REFUSE && j->ready)
		snprintf(why, size, "the backend got ready with a policy that it has to refuse");
	else if (verdict == ROW_REFUSE && !refused)
		snprintf(why, size, "the backend %s, and did not refuse the policy with %d",
		         j->process_text, JUDGE_EXIT_POLICY);
	else if (verdict == ROW_REFUSE && !j->named)
		snprintf(why, size,
		         "the backend refused the policy, but its message does not name "
		         "the file");
	else
		return true;
	return false;
}

bool judge_end_fits(const struct judge *j, const struct judge_item *it, char *why, size_t size)
{
	const struct step *ends = it->row ? NULL : case_ends(it->scn_case);

	if (it->row && it->row->start)
		return starts_as_it_must(j, it->row->verdict, why, size);
	if (!ends || ends->ends == ENDS_VIOLATION)
		return ends_by_policy(j, it, ends ? ends->reason : "", why, size);
	if (ends->ends == ENDS_CLEAN)
		return ends_clean(j, ends->reason, why, size);
	if (ends->ends == ENDS_KILLED) {
		snprintf(why, size, "the backend %s, and was not killed", j->process_text);
		return j->ended_early && j->signalled && j->exit_code == SIGKILL;
	}
	if (j->ended_early && !j->signalled && j->exit_code && !j->terminated &&
	    j->exit_code != JUDGE_EXIT_SANITIZER)
		return true;
	snprintf(why, size, "the backend %s, and did not give up by itself", j->process_text);
	return false;
}
