/* SPDX-License-Identifier: ISC */
/* policy_http.c: all rules of a request's domain are looked at, so their order decides nothing. */
#include "ref/policy_http.h"

#include "ref/policy_name.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static_assert(offsetof(struct policy_http, domain) == 0,
              "policy_name_search() finds domains there");

/* What the rules of one file say. */
struct set {
	bool closed;                     /* a rule allows something in this domain */
	bool websocket;                  /* a rule that covers the request allows the upgrade */
	const struct policy_http *allow; /* the closest rule that covers the request */
};

struct findings {
	struct rd method, path;
	const struct policy_http *block;
	struct set user, organisation;
};

int policy_http_compare(const struct policy_http *a, const struct policy_http *b)
{
	const int order = strcmp(a->domain, b->domain);

	if (order)
		return order;
	if (a->below != b->below)
		return a->below ? 1 : -1;
	if (a->organisation != b->organisation)
		return a->organisation ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static bool is_text(struct rd bytes, const char *text)
{
	return bytes.n == strlen(text) && (!bytes.n || memcmp(bytes.p, text, bytes.n) == 0);
}

static bool covers(const struct policy_http *rule, struct rd method, struct rd path)
{
	bool known = rule->method_count == 0;

	for (size_t i = 0; i < rule->method_count && !known; i++)
		known = is_text(method, rule->methods[i]);
	if (rule->prefix && path.n > strlen(rule->path))
		path.n = strlen(rule->path);
	return known && is_text(path, rule->path);
}

static void take_rule(const struct policy_http *rule, struct findings *found)
{
	struct set *set = rule->organisation ? &found->organisation : &found->user;
	const bool covered = covers(rule, found->method, found->path);

	if (rule->block) {
		if (covered && (!found->block || rule->organisation > found->block->organisation))
			found->block = rule;
		return;
	}
	set->closed = true;
	if (!covered)
		return;
	if (!set->allow)
		set->allow = rule;
	set->websocket = set->websocket || rule->websocket;
}

static void find(const struct policy_web *web, const char *host, struct findings *found)
{
	const char *domain = host;

	while (domain) {
		size_t i = policy_name_search(web->rules, web->rule_count, sizeof(*web->rules),
		                              domain);

		for (; i < web->rule_count && strcmp(web->rules[i].domain, domain) == 0; i++)
			if (web->rules[i].below == (domain != host))
				take_rule(&web->rules[i], found);
		domain = memchr(domain, '.', strlen(domain));
		if (domain)
			domain++;
	}
}

static bool allows(const struct set *set)
{
	return !set->closed || set->allow;
}

static bool decide(const struct policy_web *web, const char *host, struct findings *found)
{
	if (policy_name_decide(web, host, NULL) == NAME_DENIED)
		return false;
	find(web, host, found);
	return !found->block && allows(&found->user) && allows(&found->organisation);
}

bool policy_http_decide(const struct policy_web *web, const char *host, struct rd method,
                        struct rd normal_path, const struct policy_http **rule)
{
	struct findings found = {.method = method, .path = normal_path};
	const bool allowed = decide(web, host, &found);
	const struct policy_http *allow = found.organisation.allow ? found.organisation.allow
	                                                           : found.user.allow;

	if (rule)
		*rule = allowed ? allow : found.block;
	return allowed;
}

bool policy_http_allows_websocket(const struct policy_web *web, const char *host, struct rd method,
                                  struct rd normal_path)
{
	struct findings found = {.method = method, .path = normal_path};

	return decide(web, host, &found) &&
	       (found.user.websocket || found.organisation.websocket) &&
	       (!found.user.closed || found.user.websocket) &&
	       (!found.organisation.closed || found.organisation.websocket);
}
