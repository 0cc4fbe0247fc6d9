/* SPDX-License-Identifier: ISC */
/* events.c: JSON lines, checked with jansson. */
#include "harness/events.h"

#include "harness/addr.h"
#include "harness/escape.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define SEQ_MAX ((json_int_t)1 << 53) /* what every JSON reader can hold exactly */

const char *const event_kind_words[EVENT_KIND_COUNT + 1] = {
        "ready", "allow", "drop", "violation", "terminate", "conn",
        "dns",   "http",  "log",  "bye",       NULL,
};

void events_init(struct events *e)
{
	*e = (struct events){.next_seq = -1};
}

static bool read_kind(const json_t *root, enum event_kind *out)
{
	const char *s = json_string_value(json_object_get(root, "ev"));

	for (int i = 0; s && i < EVENT_KIND_COUNT; i++)
		if (!strcmp(s, event_kind_words[i])) {
			*out = (enum event_kind)i;
			return true;
		}
	return false;
}

/* Optional fields: absent is fine, present and of the wrong type is not. IPv6 addresses and MACs
 * may stand in an address field too; the harness compares only IPv4 and leaves 0 otherwise. */
static bool read_ip(const json_t *root, const char *key, uint32_t *out)
{
	const json_t *v = json_object_get(root, key);

	if (!v)
		return true;
	if (!json_is_string(v))
		return false;
	addr_parse_ip4(json_string_value(v), out);
	return true;
}

static bool read_port(const json_t *root, const char *key, uint16_t *out)
{
	const json_t *v = json_object_get(root, key);

	if (!v)
		return true;
	if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > 65535)
		return false;
	*out = (uint16_t)json_integer_value(v);
	return true;
}

/* A member that is a string, else "". What its type should be is not this reader's business. */
static void copy_word(const json_t *root, const char *key, char *out, size_t size)
{
	const char *s = json_string_value(json_object_get(root, key));

	snprintf(out, size, "%s", s ? s : "");
}

/* What a gate decides upon. */
static void read_request(const json_t *root, struct event *out)
{
	const json_t *status = json_object_get(root, "status");

	copy_word(root, "verdict", out->verdict, sizeof(out->verdict));
	copy_word(root, "detail", out->detail, sizeof(out->detail));
	copy_word(root, "name", out->name, sizeof(out->name));
	copy_word(root, "host", out->host, sizeof(out->host));
	copy_word(root, "path", out->path, sizeof(out->path));
	copy_word(root, "type", out->type, sizeof(out->type));
	copy_word(root, "method", out->method, sizeof(out->method));
	out->status = json_is_integer(status) ? json_integer_value(status) : -1;
}

bool event_denies(const struct event *ev)
{
	bool decided = ev->kind == EVENT_DNS || ev->kind == EVENT_CONN || ev->kind == EVENT_HTTP;

	return ev->kind == EVENT_DROP || ev->kind == EVENT_VIOLATION ||
	       (decided && !strcmp(ev->verdict, "deny"));
}

bool event_parse(const char *line, size_t len, struct event *out, char *why)
{
	char clean[JSON_ERROR_TEXT_LENGTH];
	json_error_t err;
	json_t *root = json_loadb(line, len, JSON_REJECT_DUPLICATES, &err);
	const json_t *v, *seq, *proto, *suppressed;

	*out = (struct event){0};
	*why = '\0';
	if (!json_is_object(root)) {
		snprintf(why, 256, "is not a JSON object (column %d: %.120s)",
		         root ? 1 : err.column,
		         root ? "another type"
		              : escape_line(err.text, strlen(err.text), clean, sizeof(clean)));
		json_decref(root);
		return false;
	}
	v = json_object_get(root, "v");
	seq = json_object_get(root, "seq");
	proto = json_object_get(root, "proto");
	suppressed = json_object_get(root, "suppressed");
	if (!json_is_integer(v) || json_integer_value(v) != 1)
		snprintf(why, 256, "has no \"v\":1");
	else if (!read_kind(root, &out->kind))
		snprintf(why, 256, "has no known \"ev\"");
	else if (seq && (!json_is_integer(seq) || json_integer_value(seq) < 0 ||
	                 json_integer_value(seq) > SEQ_MAX))
		snprintf(why, 256, "has a \"seq\" that is no integer from 0 to 2^53");
	else if (!read_ip(root, "src", &out->src) || !read_ip(root, "dst", &out->dst) ||
	         !read_port(root, "sport", &out->sport) || !read_port(root, "dport", &out->dport) ||
	         (proto && !json_is_string(proto)))
		snprintf(why, 256, "has a malformed proto, src, sport, dst or dport");
	out->seq = seq ? json_integer_value(seq) : -1;
	copy_word(root, "proto", out->proto, sizeof(out->proto));
	copy_word(root, "reason", out->reason, sizeof(out->reason));
	copy_word(root, "rule", out->rule, sizeof(out->rule));
	read_request(root, out);
	if (json_is_integer(suppressed) && json_integer_value(suppressed) > 0)
		out->suppressed = json_integer_value(suppressed);
	json_decref(root);
	return !*why;
}

/* An end by policy has an order of its own. NULL when the event is in its place. */
static const char *check_policy_order(const struct events *e, const struct event *ev)
{
	if (ev->kind == EVENT_TERMINATE && e->terminated)
		return "says \"terminate\" again";
	if (ev->kind == EVENT_TERMINATE && !e->violated)
		return "is a \"terminate\" without a \"violation\"";
	if (ev->kind == EVENT_VIOLATION && e->terminated)
		return "is a \"violation\" behind \"terminate\"";
	if (ev->kind == EVENT_ALLOW && e->violated)
		return "is an \"allow\" behind a \"violation\"";
	if (ev->kind == EVENT_BYE && e->violated && !e->terminated)
		return "is a \"bye\" behind a \"violation\", without \"terminate\"";
	return NULL;
}

static void check_order(struct events *e, const struct event *ev)
{
	const char *policy = check_policy_order(e, ev);

	if (e->bye)
		snprintf(e->fault, sizeof(e->fault), "event line %u comes behind \"bye\"",
		         e->count);
	else if (e->count == 1 && ev->kind != EVENT_READY)
		snprintf(e->fault, sizeof(e->fault), "event line 1 is not \"ready\"");
	else if (e->count > 1 && ev->kind == EVENT_READY)
		snprintf(e->fault, sizeof(e->fault), "event line %u says \"ready\" again",
		         e->count);
	else if (e->next_seq >= 0 && ev->seq != e->next_seq)
		snprintf(e->fault, sizeof(e->fault),
		         "event line %u has seq %lld where %lld was due: lines are missing or "
		         "doubled",
		         e->count, (long long)ev->seq, (long long)e->next_seq);
	else if (policy)
		snprintf(e->fault, sizeof(e->fault), "event line %u %s", e->count, policy);
	if (ev->kind == EVENT_VIOLATION && !e->violated)
		escape_line(ev->reason, strlen(ev->reason), e->violation, sizeof(e->violation));
	e->violated |= ev->kind == EVENT_VIOLATION;
	e->terminated |= ev->kind == EVENT_TERMINATE;
	if (ev->seq >= 0)
		e->next_seq = ev->seq + 1;
	e->ready |= ev->kind == EVENT_READY;
	e->bye |= ev->kind == EVENT_BYE;
}

void events_feed(struct events *e, const char *bytes, size_t n,
                 void (*on_line)(void *arg, const char *line, size_t len, const struct event *ev),
                 void *arg)
{
	struct event ev;
	char why[256];

	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != '\n') {
			if (e->len == EVENT_LINE_MAX) {
				if (!*e->fault)
					snprintf(e->fault, sizeof(e->fault),
					         "event line %u is longer than 4096 bytes",
					         e->count + 1);
				continue; /* its rest is forgotten */
			}
			e->line[e->len++] = bytes[i];
			continue;
		}
		e->line[e->len] = '\0';
		e->count++;
		if (event_parse(e->line, e->len, &ev, why)) {
			if (!*e->fault)
				check_order(e, &ev);
			on_line(arg, e->line, e->len, &ev);
		} else {
			if (!*e->fault)
				snprintf(e->fault, sizeof(e->fault), "event line %u %.200s",
				         e->count, why);
			on_line(arg, e->line, e->len, NULL);
		}
		e->len = 0;
	}
}
