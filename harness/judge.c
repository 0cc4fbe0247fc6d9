/* SPDX-License-Identifier: ISC */
/* judge.c: from a tape to verdicts.
 *
 * Theory of operation. First every entry of the tape is looked at once: what came out of the
 * backend is either the sentinel, or something an item asked for, or it is traced to the item that
 * caused it: by the item's nonce in its bytes, by the item's own target address, by its
 * destination, or because there is no other item. What cannot be traced is a doubt that concerns
 * all. What the backend said is looked at next (judge_events.c). Then each item is judged by what was
 * found, the worst first.
 */
#include "harness/judge_part.h"

#include "harness/addr.h"
#include "harness/decode.h"
#include "harness/events.h"
#include "harness/match.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SHORTEST_FRAME 60 /* without its checksum, which no capture shows */

static const char *item_name(const struct judge_item *it)
{
	return it->row ? it->row->id : it->scn_case->name;
}

/* ---- whose is it? ---- */

bool judge_holds(struct rd bytes, const char *text)
{
	return *text && bytes.n && memmem(bytes.p, bytes.n, text, strlen(text));
}

bool judge_sent_frame(const struct judge *j, const struct judge_item *it, struct seen *out)
{
	if (!it || it->sent == JUDGE_NOT_SENT)
		return false;
	decode(j->tape->entries[it->sent].data, j->tape->entries[it->sent].len, out);
	return true;
}

static bool same_destination(const struct seen *a, const struct seen *b)
{
	if (b->kind == SEEN_ARP) /* the uplink's kernel looks for whom the leak is meant */
		return a->ip_dst && a->ip_dst == b->arp_tpa;
	return a->ip_dst && a->ip_dst == b->ip_dst && a->ip_proto == b->ip_proto &&
	       a->dport == b->dport;
}

void judge_doubt(struct judge *j, bool all, const char *fmt, ...)
{
	va_list ap;

	for (size_t i = 0; i < j->count && all; i++)
		j->items[i].suspect = true;
	if (j->doubt)
		return;
	j->doubt = true;
	va_start(ap, fmt);
	vsnprintf(j->doubt_text, sizeof(j->doubt_text), fmt, ap);
	va_end(ap);
}

/* The item that caused the frame, by what is its alone; or NULL. */
static struct judge_item *trace_by_mark(struct judge *j, const struct seen *s)
{
	if (j->count == 1)
		return &j->items[0];
	for (size_t i = 0; i < j->count; i++)
		if (judge_holds(s->frame, j->items[i].vars.nonce))
			return &j->items[i];
	for (size_t i = 0; i < j->count; i++) {
		const struct row *row = j->items[i].row;

		if (row && row->target && (s->ip_dst == row->target || s->arp_tpa == row->target))
			return &j->items[i];
	}
	return NULL;
}

/* The only item that sent something to where the frame goes, or NULL; *candidates is how many did, and when
 * there are several they become suspects. */
static struct judge_item *trace_by_destination(struct judge *j, const struct seen *s,
                                               unsigned *candidates)
{
	struct judge_item *last = NULL;
	struct seen sent;

	*candidates = 0;
	for (size_t i = 0; i < j->count; i++) {
		if (!judge_sent_frame(j, &j->items[i], &sent) || !same_destination(&sent, s))
			continue;
		if (last)
			last->suspect = j->items[i].suspect = true;
		last = &j->items[i];
		++*candidates;
	}
	return *candidates == 1 ? last : NULL;
}

/* ---- what came out of the backend ---- */

bool judge_is_sentinel(const struct judge *j, const struct seen *s)
{
	return j->has_sentinel &&
	       (judge_holds(s->payload, j->pre_nonce) || judge_holds(s->payload, j->post_nonce));
}

bool judge_has_clean_tail(const struct seen *s)
{
	for (size_t i = s->frame.n - s->trailing; i < s->frame.n; i++)
		if (s->frame.p[i])
			return false;
	return !s->trailing || s->frame.n <= SHORTEST_FRAME;
}

/* The sentinel on its way out, as it must look. */
static bool is_sentinel_out(const struct judge *j, const struct seen *s)
{
	return judge_is_sentinel(j, s) && s->kind == SEEN_UDP && !s->fault && !s->vlan_count &&
	       judge_has_clean_tail(s) && s->ip_src == LAB_PROVIDER_IP &&
	       s->ip_dst == j->sentinel->dst.ip && s->dport == j->sentinel->dst.port;
}

bool judge_lets_cross(const struct seen *sent, const struct seen *wire)
{
	bool icmp = sent->kind == SEEN_ICMP;

	if (wire->kind != sent->kind || wire->fault || wire->vlan_count ||
	    !judge_has_clean_tail(wire) || wire->ip_src != LAB_PROVIDER_IP ||
	    wire->ip_dst != sent->ip_dst || wire->dport != sent->dport ||
	    (icmp && (wire->icmp_type != sent->icmp_type || wire->icmp_code != sent->icmp_code)))
		return false;
	if (sent->kind == SEEN_TCP && !wire->payload.n)
		return true;
	return wire->payload.n == sent->payload.n &&
	       (!wire->payload.n || !memcmp(wire->payload.p, sent->payload.p, wire->payload.n));
}

bool judge_is_crossing(const struct seen *wire)
{
	return wire->kind != SEEN_TCP || wire->tcp_flags & 2;
}

static bool row_lets_cross(const struct judge *j, const struct judge_item *it, const struct seen *s)
{
	struct seen sent;

	return it->row->verdict == ROW_PASS && !it->row->talk && judge_sent_frame(j, it, &sent) &&
	       judge_lets_cross(&sent, s);
}

/* The item that lets the frame cross, or NULL. Segments of TCP carry no mark of their row: they belong to the one
 * that was sent last. */
static struct judge_item *allowing_item(struct judge *j, size_t entry, const struct seen *s)
{
	struct judge_item *last = NULL;

	for (size_t i = 0; i < j->count; i++) {
		struct judge_item *it = &j->items[i];

		if (!(it->row ? row_lets_cross(j, it, s) : judge_steps_let_cross(it, s)))
			continue;
		if (!it->row || s->kind != SEEN_TCP)
			return it;
		if (it->sent < entry)
			last = it;
	}
	return last;
}

static void note_leak(struct judge *j, struct judge_item *culprit, size_t entry, bool host,
                      const struct seen *s)
{
	bool follows = judge_holds(s->frame, culprit->follower);
	char line[DECODE_LINE];

	tape_comment(j->tape, entry, true, "LEAK %s %s", follows ? "behind" : "of",
	             item_name(culprit));
	if (!culprit->leaked)
		snprintf(culprit->detail, sizeof(culprit->detail), "%s%s: %s",
		         follows ? "what was queued behind it " : "",
		         host ? JUDGE_REACHED_HOST : JUDGE_CROSSED, decode_line(s, line));
	culprit->leaked = true;
}

static void judge_wire(struct judge *j, size_t entry, bool host)
{
	struct tape_entry *e = &j->tape->entries[entry];
	struct judge_item *culprit, *allowing;
	unsigned candidates = 0;
	struct seen s;
	char line[DECODE_LINE];

	decode(e->data, e->len, &s);
	if (!host && is_sentinel_out(j, &s)) {
		unsigned *seen = judge_holds(s.payload, j->pre_nonce) ? &j->pre_crossed
		                                                      : &j->post_crossed;

		++*seen;
		tape_comment(j->tape, entry, *seen > 1, *seen > 1 ? "sentinel AGAIN" : "sentinel");
		if (*seen > 1)
			judge_doubt(j, true,
			            "a datagram that was sent once crossed the wire %u times",
			            *seen);
		return;
	}
	if (!host && judge_talk_is_kernel_error(j, entry, &s)) {
		tape_comment(j->tape, entry, false, "the provider's kernel says that nobody waits");
		return;
	}
	culprit = judge_talk_owner(j, entry, &s);
	if (culprit && !host && judge_talk_lets_cross(j, culprit, &s)) {
		culprit->crossed += judge_talk_is_crossing(j, culprit, &s);
		e->row = (int)(culprit - j->items);
		tape_comment(j->tape, entry, false, "allowed by %s", item_name(culprit));
		return;
	}
	if (culprit) {
		e->row = (int)(culprit - j->items);
		note_leak(j, culprit, entry, host, &s);
		return;
	}
	allowing = host ? NULL : allowing_item(j, entry, &s);
	if (allowing) {
		allowing->crossed += judge_is_crossing(&s);
		e->row = (int)(allowing - j->items);
		tape_comment(j->tape, entry, false, "allowed by %s", item_name(allowing));
		return;
	}
	culprit = trace_by_mark(j, &s);
	if (!culprit)
		culprit = trace_by_destination(j, &s, &candidates);
	/* What no row accounts for, the guest did that the case has booted. */
	if (!culprit && !candidates && j->items && !j->items[0].row &&
	    case_boot(j->items[0].scn_case))
		culprit = &j->items[0];
	if (!culprit) {
		tape_comment(j->tape, entry, true, "LEAK that names no row");
		judge_doubt(j, !candidates, "%s, which names no row, %s", decode_line(&s, line),
		            host ? "reached the provider host" : "crossed the wire");
		return;
	}
	e->row = (int)(culprit - j->items);
	note_leak(j, culprit, entry, host, &s);
}

/* ---- verdicts ---- */

static void decide(struct judge_item *it, enum result r, const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));
static void decide(struct judge_item *it, enum result r, const char *fmt, ...)
{
	va_list ap;

	it->result = r;
	va_start(ap, fmt);
	vsnprintf(it->detail, sizeof(it->detail), fmt, ap);
	va_end(ap);
}

/* A conversation whose every word was heard. */
static void judge_talk(const struct judge *j, struct judge_item *it)
{
	const char *why = "";
	enum result r;

	if (it->row->verdict == ROW_PASS && !it->crossed) {
		decide(it, RESULT_FAIL, "nothing reached an origin");
		return;
	}
	r = judge_talk_events(j, it, &why);
	if (r != RESULT_PASS)
		decide(it, r, "%s", why);
}

/* The row's own requirement, all else being well. */
static void judge_row(const struct judge *j, struct judge_item *it)
{
	bool tcp = recipe_proto(&it->row->recipe) == 6;

	if (it->row->talk) {
		judge_talk(j, it);
		return;
	}

	/* The provider's kernel may repeat its SYN. */
	if (it->row->verdict == ROW_PASS &&
	    (tcp ? it->crossed < it->times : it->crossed != it->times))
		decide(it, RESULT_FAIL,
		       !it->crossed     ? "did not cross the wire (seen %u times)"
		       : it->times == 1 ? "crossed the wire %u times instead of once"
		                        : "crossed the wire %u times, but was sent %u times",
		       it->crossed, it->times);
	else if (it->row->verdict == ROW_ANSWER && it->answered < it->times)
		decide(it, RESULT_FAIL, "the backend did not answer");
}

/* What is wrong with how the process lived and ended, while it ran this item alone. */
static bool judge_process(const struct judge *j, struct judge_item *it)
{
	bool wants_end = judge_wants_end(it);

	if (j->crashed && (!wants_end || (j->signalled && !judge_wants_kill(it))))
		decide(it, RESULT_CRASH, "the backend %s", j->process_text);
	else if (j->terminated && !wants_end)
		decide(it, RESULT_FAIL, "the backend %s", j->process_text);
	else if (j->hung)
		decide(it, RESULT_HANG, "the backend did not end within 2 s of its channel's end");
	else
		return true;
	return false;
}

/* Nothing of it is left on the tape: has it been dropped, or only not been looked at yet? */
static void judge_silence(const struct judge *j, struct judge_item *it)
{
	bool alone = j->count == 1;

	if (it->result != RESULT_PASS || !it->row ||
	    (it->row->verdict != ROW_DROP && it->row->verdict != ROW_ASK))
		return;
	if (j->undecided)
		decide(it, RESULT_VACUOUS,
		       "its ordering is not fifo and it offers no ctl.sync that answers, so "
		       "nobody knows whether it had decided about this");
	else if (j->audit_due && alone && !j->audited_drops && !it->row->talk)
		decide(it, RESULT_AUDIT_GAP, "dropped, but no event says so");
}

/* What is left to be said when nothing that concerns everybody is wrong. */
static void judge_own(const struct judge *j, struct judge_item *it)
{
	bool alone = j->count == 1;
	char why[256];

	if (*it->vacuous) {
		decide(it, it->not_applicable ? RESULT_NA : RESULT_VACUOUS, "%s", it->vacuous);
	} else if (*it->failure) {
		decide(it, RESULT_FAIL, "%s", it->failure);
	} else if (judge_wants_end(it) && !judge_end_fits(j, it, why, sizeof(why))) {
		decide(it, RESULT_FAIL, "%s", why);
	} else if (j->has_sentinel && !j->post_ok && alone && !judge_wants_end(it)) {
		decide(it, RESULT_FAIL, "allowed traffic no longer flows after it");
	} else if (alone && j->doubt) {
		decide(it, RESULT_FAIL, "%.480s", j->doubt_text);
	} else {
		/* What a crash kept from being sent has to be run alone. */
		if (it->row && (it->sent != JUDGE_NOT_SENT || alone))
			judge_row(j, it);
		judge_silence(j, it);
	}
}

static void judge_item(const struct judge *j, struct judge_item *it)
{
	it->result = RESULT_PASS;
	if (it->leaked)
		it->result = it->lied ? RESULT_LIE : RESULT_FAIL; /* detail names the frame */
	else if (j->lost_frames)
		decide(it, RESULT_ENV, "the capture lost %u frames, so nothing is proved",
		       j->lost_frames);
	else if (it->answered_wrongly)
		decide(it, RESULT_FAIL,
		       JUDGE_ANSWERED ", which only happens to a frame that was believed");
	else if (it->slandered)
		decide(it, RESULT_LIE,
		       "crossed the wire as it must, but an event says that it was dropped");
	else if (it->told)
		decide(it, RESULT_FAIL, "an event of the backend repeats payload bytes");
	else if (j->count == 1 && !judge_process(j, it))
		return;
	else if (j->channel_fault)
		decide(it, RESULT_FAIL, "%s", j->channel_fault);
	else if (*j->events_fault)
		decide(it, RESULT_FAIL, "contract: %s", j->events_fault);
	else if (*j->unserved)
		decide(it, it->not_applicable ? RESULT_NA : RESULT_VACUOUS, "%s", j->unserved);
	else if (j->has_sentinel && !j->pre_ok)
		decide(it, RESULT_VACUOUS,
		       "allowed traffic did not flow before it, so a drop proves nothing");
	else
		judge_own(j, it);
}

/* What is wrong with the process as a whole concerns every item of a batch. */
static void doubt_process(struct judge *j)
{
	uint64_t due = 0;

	for (size_t i = 0; i < j->count; i++)
		due += j->items[i].row && j->items[i].row->verdict == ROW_DROP &&
		       !j->items[i].row->talk && j->items[i].sent != JUDGE_NOT_SENT;
	if (*j->invented)
		judge_doubt(j, true, "an event denies what nobody sent: %s", j->invented);
	if (j->count == 1)
		return;
	if (j->crashed || j->terminated)
		judge_doubt(j, true, "the backend %s", j->process_text);
	if (j->hung)
		judge_doubt(j, true, "the backend did not end within 2 s of its channel's end");
	if (j->has_sentinel && j->pre_ok && !j->post_ok)
		judge_doubt(j, true, "allowed traffic no longer flowed after the batch");
	if (j->audit_due && j->pre_ok && j->audited_drops < due)
		judge_doubt(j, true, "%llu frames had to be dropped, but the events tell of %llu",
		            (unsigned long long)due, (unsigned long long)j->audited_drops);
}

void judge(struct judge *j)
{
	if (!j->items || !j->count)
		return;
	for (size_t i = 0; i < j->tape->count; i++) {
		enum tape_kind kind = j->tape->entries[i].kind;

		if (kind == TAPE_WIRE_OUT || kind == TAPE_HOST)
			judge_wire(j, i, kind == TAPE_HOST);
		else if (kind == TAPE_GUEST_IN)
			judge_guest(j, i);
		else if (kind == TAPE_GUEST_OUT)
			judge_guest_asks(j, i);
	}
	for (size_t i = 0; i < j->tape->count; i++)
		if (j->tape->entries[i].kind == TAPE_EVENT)
			judge_event(j, i);
	judge_talk_claim(j);
	doubt_process(j);
	for (size_t i = 0; i < j->count; i++) {
		if (!j->items[i].row)
			judge_counts(j, &j->items[i]);
		judge_item(j, &j->items[i]);
	}
}
