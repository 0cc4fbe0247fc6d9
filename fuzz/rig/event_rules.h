/* SPDX-License-Identifier: ISC */
/* event_rules.h: a backend's event stream, held to its form a second time (harness/events.h): the order
 * of the lines as a list of rules, the members of a line straight out of jansson.
 */
#ifndef FUZZ_RIG_EVENT_RULES_H
#define FUZZ_RIG_EVENT_RULES_H

#include "bytes/rd.h"
#include "harness/events.h"

/* What the order of lines depends on. Zeroed, nothing has come. */
struct event_rules {
	unsigned lines;
	bool broken; /* a line was not in its place, or was none; then nothing is judged any more */
	bool violated, terminated, ended, numbered;
	int64_t seq; /* of the line before */
};

/* Takes a line, without its end, which is cut where it is too long; `ev` is what events_feed()
 * made of it, NULL for none. HOLDS() that this is right. */
void event_rules_line(struct event_rules *rules, struct rd line, const struct event *ev);

/* Whether a text is UTF-8 (RFC 3629) without anything that a terminal would obey. */
bool event_rules_is_plain(const char *text);

#endif
