/* SPDX-License-Identifier: ISC */
/* judge_talk.c: what crossed the wire while conversations were played: whose it is, and whether it may.
 *
 * The rows of a talk play one after the other, so what crosses is of the row that plays. Segments without payload are of
 * the row in which their connection was opened: a kernel acknowledges and ends when it likes. What holds another row's
 * nonce is that row's.
 */
#include "harness/judge_part.h"

#include "harness/addr.h"
#include "harness/events.h"

#include <stdio.h>
#include <string.h>

#define TCP_SYN 2
#define TCP_ACK 16

#define ICMP_UNREACHABLE 3

static bool is_talk(const struct judge_item *it)
{
	return it->row && it->row->talk;
}

/* The row that played at this place of the tape, or NULL: what crosses when all are over is anybody's. */
static struct judge_item *playing(struct judge *j, size_t entry)
{
	struct judge_item *last = NULL;

	for (size_t i = 0; i < j->count; i++)
		if (is_talk(&j->items[i]) && j->items[i].from && j->items[i].from <= entry)
			last = &j->items[i];
	return last && last->until && entry >= last->until ? NULL : last;
}

/* Where the frame's connection was opened; `entry` when that is not on the tape. */
static size_t opened_at(const struct judge *j, size_t entry, const struct seen *s)
{
	for (size_t i = entry; i-- > 0;) {
		const struct tape_entry *e = &j->tape->entries[i];
		struct seen first;

		if (e->kind != TAPE_WIRE_OUT)
			continue;
		decode(e->data, e->len, &first);
		if (first.kind == SEEN_TCP && (first.tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN &&
		    first.sport == s->sport && first.dport == s->dport && first.ip_dst == s->ip_dst)
			return i;
	}
	return entry;
}

struct judge_item *judge_talk_owner(struct judge *j, size_t entry, const struct seen *s)
{
	if (!j->count || !is_talk(&j->items[0]))
		return NULL;
	for (size_t i = 0; i < j->count; i++)
		if (judge_holds(s->frame, j->items[i].vars.nonce))
			return &j->items[i];
	if (s->kind == SEEN_TCP && !s->payload.n && !(s->tcp_flags & TCP_SYN))
		entry = opened_at(j, entry, s);
	return playing(j, entry);
}

void judge_talk_claim(struct judge *j)
{
	for (size_t i = 0; i < j->tape->count && j->count && is_talk(&j->items[0]); i++) {
		struct tape_entry *e = &j->tape->entries[i];
		const struct judge_item *it = e->row == TAPE_NO_ROW ? playing(j, i) : NULL;

		if (it && e->kind != TAPE_NOTE && !e->comment)
			e->row = (int)(it - j->items);
	}
}

static bool is_one_of(const struct endpoint *list, unsigned count, const struct seen *s)
{
	for (unsigned i = 0; i < count; i++)
		if (list[i].ip == s->ip_dst && (list[i].any_port || list[i].port == s->dport))
			return true;
	return false;
}

bool judge_talk_is_kernel_error(const struct judge *j, size_t entry, const struct seen *s)
{
	bool to_resolver = false;

	if (!j->suite || s->kind != SEEN_ICMP || s->icmp_type != ICMP_UNREACHABLE || s->fault ||
	    s->vlan_count || s->ip_src != LAB_PROVIDER_IP || !judge_has_clean_tail(s))
		return false;
	for (unsigned i = 0; i < j->suite->resolver_count; i++)
		to_resolver |= j->suite->resolvers[i].ip == s->ip_dst;
	for (size_t i = entry; to_resolver && i-- > 0;) {
		const struct tape_entry *e = &j->tape->entries[i];

		if (e->kind == TAPE_WIRE_IN && s->payload.n &&
		    e->len >= JUDGE_ETH_LEN + s->payload.n &&
		    !memcmp(e->data + JUDGE_ETH_LEN, s->payload.p, s->payload.n))
			return true;
	}
	return false;
}

bool judge_talk_lets_cross(const struct judge *j, const struct judge_item *it, const struct seen *s)
{
	const struct suite *suite = j->suite;
	bool asks = it->row->verdict == ROW_ASK, passes = it->row->verdict == ROW_PASS;

	if ((s->kind != SEEN_TCP && s->kind != SEEN_UDP) || s->fault || s->vlan_count || !suite ||
	    !judge_has_clean_tail(s) || s->ip_src != LAB_PROVIDER_IP)
		return false;
	return (passes && is_one_of(suite->origins, suite->origin_count, s)) ||
	       ((passes || asks) && is_one_of(suite->resolvers, suite->resolver_count, s));
}

/* What a row is about: of names, a question to a resolver; else only an origin counts. */
bool judge_talk_is_crossing(const struct judge *j, const struct judge_item *it,
                            const struct seen *s)
{
	const struct suite *suite = j->suite;
	bool origin = is_one_of(suite->origins, suite->origin_count, s);
	bool about_names = it->row->talk->to.dst.port == 53;

	return (origin || about_names) &&
	       (s->kind == SEEN_UDP || (s->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN);
}

/* ---- what the backend said ---- */

/* The event is about the guest's end of the row's conversation. */
static bool is_about(const struct event *ev, const struct seen *sent)
{
	return ev->src == sent->ip_src && ev->sport == sent->sport;
}

/* Most events are another row's; that is seen before they are read. */
static bool may_matter(const struct tape_entry *e, const char *port)
{
	return memmem(e->data, e->len, port, strlen(port)) ||
	       memmem(e->data, e->len, "suppressed", strlen("suppressed"));
}

/* Looks through all events: whether one says that the row's conversation came to nothing (denied by the policy, or failed
 * for the world's doing), and whether one is as the row wants it. */
static void look_at_events(const struct judge *j, const struct judge_item *it, bool *denied,
                           bool *wanted, bool *suppressed)
{
	struct seen sent;
	char why[256], port[8];

	*denied = *wanted = *suppressed = false;
	if (!judge_sent_frame(j, it, &sent))
		return;
	snprintf(port, sizeof(port), "%u", sent.sport);
	for (size_t i = 0; i < j->tape->count; i++) {
		const struct tape_entry *e = &j->tape->entries[i];
		struct event ev;

		if (e->kind != TAPE_EVENT || !may_matter(e, port) ||
		    !event_parse((const char *)e->data, e->len, &ev, why))
			continue;
		*suppressed |= ev.suppressed > 0;
		if (!is_about(&ev, &sent))
			continue;
		*denied |= event_denies(&ev) || !strcmp(ev.verdict, "failed");
		*wanted |= it->row->talk->has_event &&
		           event_pattern_matches(&it->row->talk->event, &ev);
	}
}

enum result judge_talk_events(const struct judge *j, const struct judge_item *it, const char **why)
{
	bool denied, wanted, suppressed;
	bool denial = it->row->verdict == ROW_DROP || it->row->verdict == ROW_ASK;

	look_at_events(j, it, &denied, &wanted, &suppressed);
	if (j->audit_due && denial && !denied && !suppressed) {
		*why = "denied, but no event with its port says so";
		return RESULT_AUDIT_GAP;
	}
	if (it->row->talk->has_event && !wanted && !suppressed) {
		*why = "no event with its port is like that in the column `event`";
		return RESULT_FAIL;
	}
	return RESULT_PASS;
}
