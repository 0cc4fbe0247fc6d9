/* SPDX-License-Identifier: ISC */
/* event_rules.c: a backend's event stream, held to its form a second time. */
#include "fuzz/rig/event_rules.h"

#include "fuzz/fuzz.h"
#include "fuzz/rig/contract.h"

#include <jansson.h>
#include <string.h>

/* --- a line --- */

static bool is_port(const json_t *value)
{
	json_int_t port;

	return contract_integer(value, 0, 65535, &port);
}

static bool is_string(const json_t *value)
{
	return !value || json_is_string(value);
}

static int kind_of(const json_t *root)
{
	static const char *const kinds[] = {"ready",     "allow", "drop", "violation",
	                                    "terminate", "conn",  "dns",  "http",
	                                    "log",       "bye",   NULL};

	return contract_choice(json_object_get(root, "ev"), kinds);
}

static bool is_event(const json_t *root)
{
	const json_t *v = json_object_get(root, "v");
	json_int_t number;

	return json_is_object(root) && v && contract_integer(v, 1, 1, &number) &&
	       kind_of(root) >= 0 &&
	       contract_integer(json_object_get(root, "seq"), 0, INT64_C(9007199254740992),
	                        &number) &&
	       is_port(json_object_get(root, "sport")) && is_port(json_object_get(root, "dport")) &&
	       is_string(json_object_get(root, "src")) && is_string(json_object_get(root, "dst")) &&
	       is_string(json_object_get(root, "proto"));
}

static void hold_ip(const json_t *root, const char *key, uint32_t read)
{
	const char *text = json_string_value(json_object_get(root, key));
	uint32_t ip = 0;

	HOLDS("an address is read where it is one of IPv4",
	      read == (text && contract_ip4(text, &ip) ? ip : 0));
}

/* Words are cut to the room that there is. */
static void hold_word(const json_t *root, const char *key, const char *read, size_t size)
{
	const char *text = json_string_value(json_object_get(root, key));
	const size_t len = text ? strlen(text) : 0, kept = len < size ? len : size - 1;

	HOLDS("a word is read, or its beginning",
	      strlen(read) == kept && (!kept || memcmp(read, text, kept) == 0));
}

static void hold_words(const json_t *root, const struct event *ev)
{
	hold_word(root, "proto", ev->proto, sizeof(ev->proto));
	hold_word(root, "reason", ev->reason, sizeof(ev->reason));
	hold_word(root, "rule", ev->rule, sizeof(ev->rule));
	hold_word(root, "verdict", ev->verdict, sizeof(ev->verdict));
	hold_word(root, "detail", ev->detail, sizeof(ev->detail));
	hold_word(root, "name", ev->name, sizeof(ev->name));
	hold_word(root, "host", ev->host, sizeof(ev->host));
	hold_word(root, "path", ev->path, sizeof(ev->path));
	hold_word(root, "type", ev->type, sizeof(ev->type));
	hold_word(root, "method", ev->method, sizeof(ev->method));
}

static void hold_event(const json_t *root, const struct event *ev)
{
	const json_t *seq = json_object_get(root, "seq"), *status = json_object_get(root, "status");
	const json_int_t more = json_integer_value(json_object_get(root, "suppressed"));
	const char *verdict = json_string_value(json_object_get(root, "verdict"));
	const bool denied = verdict && strcmp(verdict, "deny") == 0;

	HOLDS("an event is of the kind that it says", (int)ev->kind == kind_of(root));
	HOLDS("an event has the number that it says, or none",
	      ev->seq == (seq ? json_integer_value(seq) : -1));
	HOLDS("an event has the ports that it says",
	      ev->sport == json_integer_value(json_object_get(root, "sport")) &&
	              ev->dport == json_integer_value(json_object_get(root, "dport")));
	HOLDS("an event has the status that it says, or none",
	      ev->status == (json_is_integer(status) ? json_integer_value(status) : -1));
	HOLDS("an event stands for as many as it says", ev->suppressed == (more > 0 ? more : 0));
	HOLDS("a denial is a drop, a violation, or what was decided so",
	      event_denies(ev) == (ev->kind == EVENT_DROP || ev->kind == EVENT_VIOLATION ||
	                           (denied && ev->kind >= EVENT_CONN && ev->kind <= EVENT_HTTP)));
	hold_ip(root, "src", ev->src);
	hold_ip(root, "dst", ev->dst);
	hold_words(root, ev);
}

/* --- the order --- */

static bool in_its_place(const struct event_rules *r, const struct event *ev)
{
	const bool first = r->lines == 1;

	if (r->ended || first != (ev->kind == EVENT_READY))
		return false;
	if (r->numbered && ev->seq != r->seq + 1)
		return false;
	if (ev->kind == EVENT_TERMINATE)
		return r->violated && !r->terminated;
	if (ev->kind == EVENT_VIOLATION)
		return !r->terminated;
	if (ev->kind == EVENT_ALLOW)
		return !r->violated;
	return ev->kind != EVENT_BYE || r->terminated || !r->violated;
}

static void take(struct event_rules *r, const struct event *ev)
{
	if (!in_its_place(r, ev))
		r->broken = true;
	r->violated = r->violated || ev->kind == EVENT_VIOLATION;
	r->terminated = r->terminated || ev->kind == EVENT_TERMINATE;
	r->ended = r->ended || ev->kind == EVENT_BYE;
	if (ev->seq >= 0) {
		r->numbered = true;
		r->seq = ev->seq;
	}
}

void event_rules_line(struct event_rules *rules, struct rd line, const struct event *ev)
{
	const char *text = line.n ? (const char *)line.p : "";
	json_t *root = json_loadb(text, line.n, JSON_REJECT_DUPLICATES, NULL);

	rules->lines++;
	HOLDS("a line is an event just where it has the form of one",
	      (ev != NULL) == is_event(root));
	if (ev)
		hold_event(root, ev);
	if (!ev)
		rules->broken = true;
	else if (!rules->broken)
		take(rules, ev);
	json_decref(root);
}

/* --- what is shown --- */

/* jansson takes well-formed UTF-8 only, and prints other controls than C1 as escapes. */
bool event_rules_is_plain(const char *text)
{
	json_t *string = json_string(text);
	bool plain = string != NULL;

	json_decref(string);
	for (const unsigned char *p = (const unsigned char *)text; plain && *p; p++)
		plain = *p >= ' ' && *p != 0x7f && !(*p == 0xc2 && p[1] < 0xa0);
	return plain;
}
