/* SPDX-License-Identifier: ISC */
/* policy_load_http.c: the rules for requests. */
#include "ref/http1_path.h"
#include "ref/policy_http.h"
#include "ref/policy_load_parts.h"

#include <stdlib.h>

static void check_id(struct schema *s, json_t *value)
{
	struct loader *l = s->context;

	policy_load_get_id(s, value, l->http->id);
}

static void check_domain(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	const char *text = schema_get_string(s, value);

	if (text)
		policy_load_get_name(s, text, l->http->domain, &l->http->below);
}

static void check_method(struct schema *s, const json_t *value)
{
	static const char legal[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	struct loader *l = s->context;
	struct policy_http *rule = l->http;
	const char *text = schema_get_string(s, value);
	const size_t len = text ? strlen(text) : 0;

	if (!text)
		return;
	if (!len || len > POLICY_METHOD_MAX || strspn(text, legal) != len) {
		schema_bad(s, "must have 1..%d characters of A-Z 0-9 - _", POLICY_METHOD_MAX);
		return;
	}
	for (size_t i = 0; i < rule->method_count; i++)
		if (strcmp(rule->methods[i], text) == 0)
			schema_bad(s, "%s is in the list already", text);
	memcpy(rule->methods[rule->method_count++], text, len + 1);
}

static void check_methods(struct schema *s, json_t *value)
{
	const size_t count = json_array_size(value);

	if (!count || count > POLICY_METHODS_MAX) {
		schema_bad(s, "must be an array of 1..%d methods; without the key all are meant",
		           POLICY_METHODS_MAX);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		schema_push(s, NULL, i);
		check_method(s, json_array_get(value, i));
		schema_pop(s);
	}
}

/* Writes the path as requests are compared with it; what they could never look like is refused. */
static void take_path(struct schema *s, const char *text, struct policy_http *rule)
{
	struct wr w = wr_of(rule->path, POLICY_PATH_MAX);
	const enum http1_reason reason = http1_path_normalise(rd_of(text, strlen(text)), &w);

	if (reason == HTTP1_PATH_LONG) {
		schema_bad(s, "is longer than %d characters when normalised", POLICY_PATH_MAX);
	} else if (reason) {
		schema_bad(s, "no request with such a path is ever allowed (%s)",
		           http1_reason_word(reason));
	} else {
		rule->prefix = rule->path[w.len - 1] == '*';
		rule->path[w.len - rule->prefix] = '\0';
	}
}

static void check_path(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	const char *text = schema_get_string(s, value);

	if (!text)
		return;
	if (strcmp(text, "*") == 0)
		l->http->prefix = true;
	else if (*text != '/')
		schema_bad(s, "must begin with a slash, or be * for all paths");
	else if (strpbrk(text, "?#"))
		schema_bad(s, "must end where the query begins, which no rule looks at");
	else
		take_path(s, text, l->http);
}

static void check_action(struct schema *s, json_t *value)
{
	static const char *const actions[] = {"allow", "block"};
	struct loader *l = s->context;

	l->http->block = schema_get_choice(s, value, actions, POLICY_LOAD_COUNT(actions)) == 1;
}

static void check_upgrade(struct schema *s, json_t *value)
{
	static const char *const protocols[] = {"websocket"};
	struct loader *l = s->context;

	/* The table has `action` in front of this. */
	l->http->websocket = schema_get_choice(s, value, protocols, POLICY_LOAD_COUNT(protocols)) ==
	                     0;
	if (l->http->block)
		schema_bad(s, "a rule that blocks allows no upgrade");
}

static void check_rule(struct schema *s, json_t *value)
{
	static const struct schema_field fields[] = {
	        {"id", true, check_id},
	        {"domain", true, check_domain},
	        {"methods", false, check_methods},
	        {"path", false, check_path},
	        {"action", true, check_action},
	        {"upgrade", false, check_upgrade},
	};
	struct loader *l = s->context;

	if (!json_object_get(value, "path"))
		l->http->prefix = true;
	schema_check_object(s, value, fields, POLICY_LOAD_COUNT(fields));
}

static int compare_ids(const void *a, const void *b)
{
	const struct policy_http *one = a, *other = b;
	int order = strcmp(one->id, other->id);

	if (order)
		return order;
	return (one->index > other->index) - (one->index < other->index);
}

/* The organisation's rules stand in front of the user's, and may have the same names. */
static void check_ids(struct schema *s)
{
	struct loader *l = s->context;
	struct policy_web *web = &l->policy->web;
	struct policy_http *rules = web->rules;

	qsort(rules, web->rule_count, sizeof(*rules), compare_ids);
	for (size_t i = 1; i < web->rule_count; i++) {
		if (!*rules[i].id || strcmp(rules[i].id, rules[i - 1].id) != 0 ||
		    rules[i].organisation != rules[i - 1].organisation)
			continue;
		schema_push(s, NULL, rules[i].index);
		schema_bad(s, "the id %s is another rule's", rules[i].id);
		schema_pop(s);
	}
}

void policy_load_check_rules(struct schema *s, json_t *value)
{
	struct loader *l = s->context;
	struct policy_web *web = &l->policy->web;
	const size_t count = json_array_size(value);

	if (!json_is_array(value)) {
		schema_bad(s, "must be an array");
		return;
	}
	if (count > POLICY_HTTP_MAX) {
		schema_bad(s, "has %zu rules, more than %d", count, POLICY_HTTP_MAX);
		return;
	}
	web->rules = policy_load_grow(s, NULL, 0, count, sizeof(*web->rules));
	if (!web->rules)
		return;
	web->rule_count = count;
	for (size_t i = 0; i < count; i++) {
		schema_push(s, NULL, i);
		l->http = &web->rules[i];
		l->http->index = (uint16_t)i;
		l->http->organisation = policy_load_is_organisation(s);
		check_rule(s, json_array_get(value, i));
		schema_pop(s);
	}
	check_ids(s);
}

static int compare_rules(const void *a, const void *b)
{
	return policy_http_compare(a, b);
}

void policy_load_sort_rules(struct loader *l)
{
	struct policy_web *web = &l->policy->web;

	for (size_t i = 0; i < web->rule_count; i++)
		if (!web->rules[i].organisation)
			web->rules[i].index -= (uint16_t)l->merge->rules;
	if (web->rule_count)
		qsort(web->rules, web->rule_count, sizeof(*web->rules), compare_rules);
}
