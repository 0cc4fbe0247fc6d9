/* SPDX-License-Identifier: ISC */
/* http_rules.c: rules out of a text, and what they say, one by one. */
#include "fuzz/rig/http_rules.h"

#include "ref/policy_http.h"
#include "ref/policy_name.h"

#include <stdlib.h>

/* ---- the text ---- */

static struct rd cut(struct rd *text, char at)
{
	const uint8_t *end = text->n ? memchr(text->p, at, text->n) : NULL;
	const size_t n = end ? (size_t)(end - text->p) : text->n;
	const struct rd front = rd_of(text->p, n);

	*text = end ? rd_of(end + 1, text->n - n - 1) : rd_of(NULL, 0);
	return front;
}

/* False when it is empty, too long or holds a NUL. */
static bool copy(char *to, size_t size, struct rd word)
{
	if (!word.n || word.n >= size || memchr(word.p, 0, word.n))
		return false;
	memcpy(to, word.p, word.n);
	to[word.n] = '\0';
	return true;
}

static bool has(struct rd flags, char flag)
{
	return flags.n && memchr(flags.p, flag, flags.n);
}

static bool copy_domain(char to[POLICY_NAME_MAX + 1], bool *below, struct rd word)
{
	*below = word.n > 2 && word.p[0] == '*' && word.p[1] == '.';
	if (*below)
		word = rd_of(word.p + 2, word.n - 2);
	return copy(to, POLICY_NAME_MAX + 1, word);
}

static void take_name(struct rules *out, struct rd flags, struct rd line)
{
	struct policy_name *name = &out->names[out->web.name_count];

	*name = (struct policy_name){.block = has(flags, 'b'),
	                             .organisation = has(flags, 'o'),
	                             .index = (uint16_t)out->web.name_count};
	if (out->web.name_count < RULES_MAX &&
	    copy_domain(name->name, &name->below, cut(&line, ' ')))
		out->web.name_count++;
}

static void take_rule(struct rules *out, struct rd flags, struct rd line)
{
	struct policy_http *rule = &out->rules[out->web.rule_count];
	struct rd methods, path;

	*rule = (struct policy_http){.block = has(flags, 'b'),
	                             .organisation = has(flags, 'o'),
	                             .websocket = has(flags, 'w') && !has(flags, 'b'),
	                             .index = (uint16_t)out->web.rule_count};
	if (!copy_domain(rule->domain, &rule->below, cut(&line, ' ')))
		return;
	methods = cut(&line, ' ');
	path = cut(&line, ' ');
	rule->prefix = path.n && path.p[path.n - 1] == '*';
	if (rule->prefix)
		path.n--;
	if (path.n && !copy(rule->path, sizeof(rule->path), path))
		return;
	while (methods.n && methods.p[0] != '-' && rule->method_count < POLICY_METHODS_MAX)
		if (copy(rule->methods[rule->method_count], sizeof(rule->methods[0]),
		         cut(&methods, ',')))
			rule->method_count++;
	out->web.rule_count++;
}

static int by_name(const void *a, const void *b)
{
	return policy_name_compare(a, b);
}

static int by_domain(const void *a, const void *b)
{
	return policy_http_compare(a, b);
}

void rules_read(struct rd text, struct rules *out)
{
	memset(&out->web, 0, sizeof(out->web));
	out->web.names = out->names;
	out->web.rules = out->rules;
	while (text.n) {
		struct rd line = cut(&text, '\n');
		const struct rd what = cut(&line, ' ');

		if (!what.n)
			continue;
		if (what.p[0] == 'd')
			out->web.default_allow = true;
		if (what.p[0] == 'n' && out->web.name_count < RULES_MAX)
			take_name(out, what, line);
		if (what.p[0] == 'r' && out->web.rule_count < RULES_MAX)
			take_rule(out, what, line);
	}
	qsort(out->names, out->web.name_count, sizeof(out->names[0]), by_name);
	qsort(out->rules, out->web.rule_count, sizeof(out->rules[0]), by_domain);
}

bool rules_next(struct rd *text, struct rules_request *out)
{
	while (text->n) {
		struct rd line = cut(text, '\n');
		const struct rd what = cut(&line, ' ');

		if (!what.n || what.p[0] != '?' ||
		    !copy(out->host, sizeof(out->host), cut(&line, ' ')))
			continue;
		out->method = cut(&line, ' ');
		out->path = cut(&line, ' ');
		return true;
	}
	return false;
}

/* ---- what they say ---- */

static bool is(struct rd word, const char *text)
{
	return word.n == strlen(text) && (!word.n || !memcmp(word.p, text, word.n));
}

static bool is_of_domain(const struct policy_http *rule, const char *host)
{
	const size_t all = strlen(host), n = strlen(rule->domain);

	if (!rule->below)
		return !strcmp(host, rule->domain);
	return all > n && host[all - n - 1] == '.' && !strcmp(host + all - n, rule->domain);
}

static bool covers(const struct policy_http *rule, const struct rules_request *request)
{
	const size_t n = strlen(rule->path);
	bool method = !rule->method_count;

	for (unsigned i = 0; i < rule->method_count; i++)
		method = method || is(request->method, rule->methods[i]);
	if (!method || !is_of_domain(rule, request->host))
		return false;
	if (!rule->prefix)
		return is(request->path, rule->path);
	return !n || (request->path.n >= n && !memcmp(request->path.p, rule->path, n));
}

/* Of several the organisation's, then the one with the longest domain, then the first of the file. */
static const struct policy_http *better(const struct policy_http *a, const struct policy_http *b)
{
	if (!a || !b)
		return a ? a : b;
	if (a->organisation != b->organisation)
		return a->organisation ? a : b;
	if (strlen(a->domain) != strlen(b->domain))
		return strlen(a->domain) > strlen(b->domain) ? a : b;
	return a->index < b->index ? a : b;
}

struct rules_verdict rules_decide(const struct rules *rules, const struct rules_request *request,
                                  bool name_allowed)
{
	const struct policy_http *block = NULL, *allow = NULL;
	bool closed[2] = {false}, allows[2] = {false}, upgrades[2] = {false}, open = name_allowed;

	if (!name_allowed)
		return (struct rules_verdict){0};
	for (size_t i = 0; i < rules->web.rule_count; i++) {
		const struct policy_http *rule = &rules->rules[i];
		const unsigned set = rule->organisation;

		if (!is_of_domain(rule, request->host))
			continue;
		closed[set] = closed[set] || !rule->block;
		if (!covers(rule, request))
			continue;
		if (rule->block)
			block = better(block, rule);
		else
			allow = better(allow, rule);
		allows[set] = allows[set] || !rule->block;
		upgrades[set] = upgrades[set] || (!rule->block && rule->websocket);
	}
	for (unsigned set = 0; set < 2; set++)
		open = open && (!closed[set] || allows[set]);
	if (block || !open)
		return (struct rules_verdict){.rule = block};
	return (struct rules_verdict){.allowed = true,
	                              .websocket = (upgrades[0] || upgrades[1]) &&
	                                           (!closed[0] || upgrades[0]) &&
	                                           (!closed[1] || upgrades[1]),
	                              .rule = allow};
}
