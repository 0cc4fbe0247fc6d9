/* SPDX-License-Identifier: ISC */
/* event_pattern.h: which of the backend's events a statement means.
 *
 *   drop udp src $VM:4000 dst $T:53 reason not-allowed
 *   allow rule consumer
 *   violation reason wrong-source-ip
 *   http host ok.test method GET path /a verdict deny reason request-denied status 403
 *   dns name no.test type A verdict deny
 *
 * A kind, and behind it in any order, each once: a protocol, `src` and `dst` (an address, with or
 * without a port; `*` leaves open), `reason` and `rule`; of dns, conn and http also the words that
 * follow here in struct event_pattern. What is not named may be anything; what is
 * named must stand in the event.
 */
#ifndef HARNESS_EVENT_PATTERN_H
#define HARNESS_EVENT_PATTERN_H

#include "harness/events.h"
#include "harness/recipe.h"

struct event_pattern {
	enum event_kind kind;
	char proto[16], reason[EVENT_WORD_MAX], rule[EVENT_WORD_MAX]; /* "": any */
	struct endpoint src, dst;
	char name[EVENT_TEXT_MAX], host[EVENT_TEXT_MAX], path[EVENT_TEXT_MAX];
	char type[EVENT_WORD_MAX], method[EVENT_WORD_MAX], verdict[EVENT_WORD_MAX];
	char detail[EVENT_WORD_MAX];
	bool has_status;
	int64_t status;
};

/* The closed list of docs/backends.md, "Reasons"; ends with NULL. A misspelt reason would make a
 * `none event` that nothing can ever break. */
extern const char *const event_reasons[];

/* Reads words up to the end of the line, or to one of `stop`, as recipe_parse() does. Errors go to
 * lx->diag; false after at least one. */
bool event_pattern_parse(struct lex *lx, uint32_t target, const char *const *stop,
                         struct event_pattern *out);

bool event_pattern_matches(const struct event_pattern *p, const struct event *ev);

/* How many denials, or other happenings, the event stands for: 1, and those it suppressed. */
uint64_t event_weight(const struct event *ev);

#endif
