/* SPDX-License-Identifier: ISC */
/* judge_events.c: what the backend said, compared with what was seen. Its events acquit nobody; they convict it when they
 * say what is not so. */
#include "harness/judge_part.h"

#include "harness/addr.h"
#include "harness/decode.h"
#include "harness/events.h"

#include <stdio.h>
#include <string.h>

static bool event_names(const struct event *ev, const struct seen *sent)
{
	return ev->dst && ev->dst == sent->ip_dst && ev->src == sent->ip_src &&
	       ev->sport == sent->sport && ev->dport == sent->dport;
}

/* How many frames with these endpoints the guest has sent. */
static unsigned count_sent(const struct judge *j, const struct seen *sent)
{
	unsigned n = 0;

	for (size_t i = 0; i < j->tape->count; i++) {
		const struct tape_entry *e = &j->tape->entries[i];
		struct seen s;

		if (e->kind != TAPE_GUEST_OUT)
			continue;
		decode(e->data, e->len, &s);
		n += s.ip_dst == sent->ip_dst && s.ip_src == sent->ip_src &&
		     s.ip_proto == sent->ip_proto && s.sport == sent->sport &&
		     s.dport == sent->dport;
	}
	return n;
}

/* What the event says was dropped is what crossed, as it should, and no other frame can be meant. */
static bool slanders(const struct judge *j, const struct judge_item *it, const struct event *ev)
{
	struct seen sent;

	return it->row && it->row->verdict == ROW_PASS && !it->row->talk && it->crossed &&
	       !it->slandered && judge_sent_frame(j, it, &sent) && event_names(ev, &sent) &&
	       count_sent(j, &sent) == 1;
}

/* So that a flood of events takes no time to speak of. Behind these a backend is believed. */
#define COMPARED_MAX 4096

/* Somebody sent a frame from this endpoint: the guest, or the world. */
static bool was_sent(const struct judge *j, const struct event *ev)
{
	for (size_t i = 0; i < j->tape->count; i++) {
		const struct tape_entry *e = &j->tape->entries[i];
		struct seen s;

		if (e->kind != TAPE_GUEST_OUT && e->kind != TAPE_WIRE_IN)
			continue;
		decode(e->data, e->len, &s);
		if (s.ip_src == ev->src && (s.sport == ev->sport || s.fault))
			return true;
	}
	return false;
}

/* With all frames on the tape, a denied UDP datagram or TCP segment must be one of them: else denials that were not told
 * could be made up for by others that never happened. */
static bool is_invented(const struct judge *j, const struct event *ev)
{
	if (!j->audit_due || !ev->src || !ev->dst || !ev->sport || !ev->dport)
		return false;
	if (strcmp(ev->proto, "udp") != 0 && strcmp(ev->proto, "tcp") != 0)
		return false;
	for (size_t i = 0; i < j->count; i++) {
		const struct judge_item *it = &j->items[i];

		for (size_t k = 0; it->steps && k < it->scn_case->step_count; k++)
			if (it->scn_case->steps[k].kind == STEP_FLOOD || it->steps[k].counted)
				return false; /* only samples are kept */
	}
	return !was_sent(j, ev);
}

static void note_invention(struct judge *j, size_t entry, const struct event *ev)
{
	char src[ADDR_TEXT], dst[ADDR_TEXT];

	tape_comment(j->tape, entry, true, "INVENTED: nobody sent this");
	snprintf(j->invented, sizeof(j->invented), "%s %s:%u > %s:%u", ev->proto,
	         addr_ip4(ev->src, src), ev->sport, addr_ip4(ev->dst, dst), ev->dport);
}

/* Names and paths are what these are about. */
static bool may_repeat(const struct event *ev)
{
	return ev->kind == EVENT_DNS || ev->kind == EVENT_CONN || ev->kind == EVENT_HTTP;
}

void judge_event(struct judge *j, size_t entry)
{
	const struct tape_entry *e = &j->tape->entries[entry];
	struct rd text = rd_of(e->data, e->len);
	struct event ev;
	struct seen sent;
	char why[256];
	bool parsed = event_parse((const char *)e->data, e->len, &ev, why);

	for (size_t i = 0; i < j->count && !(parsed && may_repeat(&ev)); i++) {
		struct judge_item *it = &j->items[i];

		if (*it->vars.nonce &&
		    memmem(text.p, text.n, it->vars.nonce, strlen(it->vars.nonce))) {
			it->told = true;
			tape_comment(j->tape, entry, true, "repeats payload bytes of a frame");
		}
	}
	if (!parsed || (ev.kind != EVENT_DROP && !(may_repeat(&ev) && event_denies(&ev))))
		return;
	if (ev.kind == EVENT_DROP && !*j->invented && j->compared++ < COMPARED_MAX &&
	    is_invented(j, &ev))
		note_invention(j, entry, &ev);
	for (size_t i = 0; i < j->count; i++) {
		struct judge_item *it = &j->items[i];

		if (it->leaked && judge_sent_frame(j, it, &sent) && event_names(&ev, &sent)) {
			it->lied = true;
			tape_comment(j->tape, entry, true, "a LIE: the wire saw these bytes");
		}
		if (slanders(j, it, &ev)) {
			it->slandered = true;
			tape_comment(j->tape, entry, true, "a LIE: it crossed the wire");
		}
	}
}
